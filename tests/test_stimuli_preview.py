import re

import pytest
from stimuli_samples import build_small, write_small_dataset

from stimuli import manifest
from stimuli.checking.preview import spread, write_preview
from stimuli.errors import StimuliError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("preview")
    build_small(write_small_dataset(root / "d"), root / "set")
    return root / "set"


def test_a_page_elsewhere_holds_every_medium_itself(folder, tmp_path):
    write_preview(folder, tmp_path / "p.html", n_clips=3)
    page = (tmp_path / "p.html").read_text()
    assert len(re.findall(r'data-src="data:video/mp4;base64,', page)) == 9
    assert not re.findall(r'(?:src|href)="(?!data:)', page)


def test_a_page_in_the_set_links_to_media_that_are_there(folder):
    page = folder / "preview.html"
    write_preview(folder, page, n_clips=None)
    linked = re.findall(r'data-src="([^"]+)"', page.read_text())
    assert len(linked) == 24
    assert all((folder / address).is_file() for address in linked)
    page.unlink()


def test_the_page_says_whose_it_is_and_shows_every_variant(folder, tmp_path):
    write_preview(folder, tmp_path / "p.html", n_clips=1)
    page = (tmp_path / "p.html").read_text()
    assert "keep it from participants" in page
    assert [page.count(f'alt="cochleagram of {name}"') for name in ("real", "random", "real-match")] == [
        1
    ] * 3


def test_clips_are_shown_from_as_many_videos_as_possible(folder):
    result = manifest.read(folder)
    assert {clip.video_id for clip in spread(result, n_clips=2)} == {"q1", "q2"}
    assert spread(result, n_clips=None) == list(result.clips)


def test_a_page_that_can_not_be_written_is_told(folder, tmp_path):
    with pytest.raises(StimuliError, match="give another --out"):
        write_preview(folder, tmp_path / "no" / "p.html", n_clips=1)
