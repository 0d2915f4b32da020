from pathlib import Path

import pytest
from media_samples import sample_sound

from models.videos.dataset import Impact, Video
from models.videos.impacts import impacts_of

CLICKS = (0.6, 1.5, 2.4)
WAVEFORM = sample_sound(3.0, clicks_s=CLICKS)


def video(impacts):
    return Video(id="a", pictures=Path("a.mp4"), sound=Path("a.mp4"), impacts=impacts)


def test_without_annotation_every_onset_is_an_impact():
    times = [impact.time_s for impact in impacts_of(video(None), WAVEFORM)]
    assert times == pytest.approx(CLICKS, abs=0.02)


def test_an_annotation_moves_to_the_peak_beside_it_and_keeps_its_labels():
    (impact,) = impacts_of(video((Impact(time_s=1.47, material="wood"),)), WAVEFORM)
    assert impact.time_s == pytest.approx(1.5, abs=0.02)
    assert impact.material == "wood"


def test_an_annotation_far_from_every_peak_stays():
    assert impacts_of(video((Impact(time_s=2.0),)), WAVEFORM) == (Impact(time_s=2.0),)


def test_a_silent_video_has_the_impacts_that_people_gave_it():
    annotated = (Impact(time_s=1.0),)
    assert impacts_of(video(annotated), 0 * WAVEFORM) == annotated
    assert impacts_of(video(None), 0 * WAVEFORM) == ()
