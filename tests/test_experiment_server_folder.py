"""A study's folder: made whole or not at all, its owner's alone, and never served damaged."""

import stat

import pytest
from server_samples import Visitor, make_study, serving_site

from experiment_server import tokens
from experiment_server.database import db
from experiment_server.errors import StudyError
from experiment_server.folders import folder


@pytest.mark.parametrize("name", ["what?", "50%", "100%25", "a#b", "x?mode=ro", "my study"])
def test_a_folder_may_have_any_name(tmp_path, name):
    study = make_study(tmp_path / name)
    assert (study / db.DATABASE_NAME).is_file()
    with serving_site(study) as app:
        assert Visitor(app).begin().next()["page"] == "trial"
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_a_study_is_made_whole_or_not_at_all(tmp_path):
    with pytest.raises(StudyError, match="stimulus set has 3 videos"):
        make_study(tmp_path, n_videos=3)
    assert not (tmp_path / "study").exists()


def test_a_study_is_never_overwritten(tmp_path):
    study = make_study(tmp_path)
    with pytest.raises(StudyError, match="exists already"):
        folder.create(study, folder.read(study).study)


def test_nobody_else_on_the_machine_reads_who_took_part(tmp_path):
    study = make_study(tmp_path)
    with serving_site(study) as app:
        Visitor(app).begin()
        files = list(study.glob("study.sqlite*"))
        assert len(files) == 3  # database, log, index of the log
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_the_secret_key_is_its_owners_alone(tmp_path, monkeypatch):
    study = make_study(tmp_path)
    assert stat.S_IMODE((study / tokens.KEY_NAME).stat().st_mode) == 0o600
    monkeypatch.setenv(tokens.KEY_VARIABLE, "a key from the environment")
    assert tokens.read_key(study) == "a key from the environment"
    monkeypatch.setenv(tokens.KEY_VARIABLE, "short")
    with pytest.raises(StudyError, match="16 characters"):
        tokens.read_key(study)


def test_damaged_media_are_found_before_a_participant_finds_them(tmp_path):
    study = make_study(tmp_path)
    victim = next((tmp_path / "set" / "media").iterdir())
    victim.write_bytes(b"short")
    with pytest.raises(StudyError, match=victim.name), serving_site(study):
        pass


def test_another_stimulus_set_under_a_running_study_is_refused(tmp_path):
    study = make_study(tmp_path)
    with serving_site(study) as app:
        Visitor(app).enrol()
    path = tmp_path / "set" / "manifest.json"
    path.write_text(path.read_text().replace('"seed": 1,', '"seed": 2,'))
    with pytest.raises(StudyError, match="put the old set back"), serving_site(study):
        pass


def test_a_missing_database_is_not_replaced_by_an_empty_one(tmp_path):
    study = make_study(tmp_path)
    (study / db.DATABASE_NAME).unlink()
    with pytest.raises(StudyError, match=r"no database .*study\.sqlite"), serving_site(study):
        pass
    assert not (study / db.DATABASE_NAME).exists()
