"""Plans: stored before anything is shown, drawn again from their seeds, even over all who come."""

from collections import Counter

import numpy as np
import pytest
from server_samples import VARIANTS, Visitor, make_study, records_of, rows_of, serving_site

from experiment_server.database import db, tables
from experiment_server.participation.enrolment import participant_seed
from experiment_server.planning import design
from experiment_server.studies.study import STUDY_NAME


@pytest.mark.usefixtures("database")
def test_every_plan_is_stored_before_anything_is_shown_and_can_be_drawn_again(app, study):
    for _ in range(3):
        Visitor(app).begin()
    opened = app.extensions["experiment_server"].opened
    with db.opened(opened.database_url) as engine, db.reading(engine) as session:
        for number, participant in enumerate(session.query(tables.Participant).order_by("id")):
            assert participant.seed == participant_seed(7, number)
            drawn = design.draw_plan(
                opened.videos,
                opened.study.trials,
                filled=participant.filled_before,
                rng=np.random.default_rng(participant.seed),
            )
            stored = [
                (t.phase, t.position, t.video, t.clip, t.variant, t.real_interval, t.is_catch)
                for t in participant.trials
            ]
            assert stored == [
                (t.phase, t.position, t.video, t.clip, t.variant, t.real_interval, t.is_catch)
                for t in drawn
            ]


def test_only_who_has_read_the_instructions_takes_a_slot(app, study):
    visitor = Visitor(app).enrol()
    assert rows_of(study, tables.Trial) == []
    visitor.post("begin")
    assert len(rows_of(study, tables.Trial)) == 6
    assert visitor.post("begin").get_json() == {"page": "trial"}
    assert len(rows_of(study, tables.Trial)) == 6


def test_variants_stay_even_over_all_who_come(app, study):
    for _ in range(5):
        Visitor(app).begin()
    counts = Counter(r.variant for r in records_of(study) if r.phase == "main")
    assert sum(counts.values()) == 20
    assert max(counts.values()) - min(counts.values()) <= 1


def test_intervals_of_each_variant_stay_even_over_all_who_come(tmp_path):
    study = make_study(tmp_path, trials={"main": 5, "practice": 0})
    with serving_site(study) as app:
        for _ in range(9):
            Visitor(app).begin()
    for variant in VARIANTS:
        counts = Counter(r.real_interval for r in records_of(study) if r.variant == variant)
        assert abs(counts[1] - counts[2]) <= 1


def test_an_edited_study_file_leaves_those_under_way_their_plans(tmp_path):
    study = make_study(tmp_path)
    with serving_site(study) as app:
        visitor = Visitor(app).begin()
    path = study / STUDY_NAME
    path.write_text(path.read_text().replace("main = 4", "main = 3"))
    with serving_site(study) as app:
        visitor.client = app.test_client()
        assert [t["count"] for t in visitor.take_all()] == [2, 2, 4, 4, 4, 4]
