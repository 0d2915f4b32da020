"""Which impacts an annotator gets: votes come evenly. Pure."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from experiment_server.planning import impacts
from experiment_server.studies.annotation import Annotation
from stimuli import manifest


def clips_of(n):
    return [
        manifest.Clip(
            id=f"c{index}", video_id="v", impact_s=1.0, start_s=0.0, duration_s=2.0, n_frames=60,
            frame_rate=30.0, width=160, height=90, video_sha256="0" * 64, stimuli={},
        )
        for index in range(n)
    ]  # fmt: skip


@pytest.mark.parametrize(("n_clips", "n_impacts"), [(7, 3), (10, 10), (23, 20), (5, 1)])
def test_plans_drawn_one_after_the_other_give_all_impacts_votes_within_one(n_clips, n_impacts):
    clips, votes, rng = clips_of(n_clips), Counter(), np.random.default_rng(3)
    for _ in range(40):
        drawn = impacts.draw_plan(clips, n_impacts, votes=votes, rng=rng)
        assert [each.position for each in drawn] == list(range(1, n_impacts + 1))
        assert len({each.clip for each in drawn}) == n_impacts
        votes.update(each.clip for each in drawn)
        counts = [votes[clip.id] for clip in clips]
        assert max(counts) - min(counts) <= 1


def test_impacts_that_lack_votes_come_before_all_others():
    votes = {"c0": 3, "c1": 3, "c2": 0, "c3": 1, "c4": 2}
    drawn = impacts.draw_plan(clips_of(5), 3, votes=votes, rng=np.random.default_rng(1))
    assert {each.clip for each in drawn} == {"c2", "c3", "c4"}


def test_a_seed_gives_the_same_plan_and_others_other_ones():
    plans = [
        impacts.draw_plan(clips_of(20), 8, votes={}, rng=np.random.default_rng(seed))
        for seed in (1, 1, 2)
    ]
    assert plans[0] == plans[1] != plans[2]


@pytest.mark.parametrize(
    ("impact_s", "still_s"),
    # 30 pictures a second, 60 of them: the middle of the one that shows the impact
    [(1.0, 30.5 / 30), (0.99999999, 30.5 / 30), (1.02, 30.5 / 30), (0.0, 0.5 / 30), (2.0, 59.5 / 30)],
)
def test_the_still_picture_is_that_of_the_impact(impact_s, still_s):
    clip = replace(clips_of(1)[0], start_s=4.0, impact_s=4.0 + impact_s)
    assert impacts.still_s(clip) == pytest.approx(still_s)


def test_it_is_known_how_many_people_it_takes():
    assert impacts.people_wanted(100, Annotation(impacts=20, votes=3)) == 15
    assert impacts.people_wanted(101, Annotation(impacts=20, votes=3)) == 16
