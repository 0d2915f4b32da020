from fractions import Fraction

import av
import numpy as np
import pytest
from media_samples import late_after_a_second, rewritten, sample_sound, write_video, write_wav

from models.errors import ModelsError
from models.sounds.sound import SAMPLE_RATE
from models.videos.video import frames_per_clip, probe, read_clips, read_sound


@pytest.mark.parametrize(
    ("rate", "frames"), [(30_000 / 1001, 15), (30, 15), (25, 13), (24, 13), (60, 31)]
)
def test_a_clip_is_an_odd_number_of_frames_in_half_a_second(rate, frames):
    assert frames_per_clip(rate) == frames
    assert abs(frames / rate - 0.5) < 1.01 / rate


def test_a_file_says_what_it_holds(tmp_path):
    info = probe(
        write_video(tmp_path / "a.mp4", rate=25, size=(80, 48), n_channels=2, sample_rate=48_000)
    )
    assert (info.frame_rate, info.width, info.height) == (25, 80, 48)
    assert (info.sample_rate, info.n_channels) == (48_000, 2)
    assert info.duration_s == pytest.approx(2, abs=0.05)


def test_a_hole_in_the_sound_shifts_nothing_after_it(tmp_path):
    def keep(packet):
        return packet.stream.type == "video" or not 1.2 < packet.pts * packet.time_base < 1.7

    source = write_video(tmp_path / "a.mp4", seconds=4, clicks_s=[1.0, 3.0])
    whole = read_sound(rewritten(source, tmp_path / "whole.mkv"))
    holed = read_sound(rewritten(source, tmp_path / "holed.mkv", keep=keep))
    middle, end = (
        slice(round(a * SAMPLE_RATE), round(b * SAMPLE_RATE)) for a, b in ((1.3, 1.6), (2, 3.9))
    )
    assert np.abs(holed[middle]).max() == 0 < np.abs(whole[middle]).max()
    assert np.argmax(np.abs(holed[end])) == pytest.approx(np.argmax(np.abs(whole[end])), abs=100)


def test_uneven_pictures_say_when_each_is_shown(tmp_path):
    whole = write_video(tmp_path / "a.mp4", rate=25)
    (clip,) = read_clips(rewritten(whole, tmp_path / "b.mp4", shift=late_after_a_second), [0.95])
    assert np.diff(clip.times_s).min() == pytest.approx(1 / 25, abs=1e-3)
    assert np.diff(clip.times_s).max() == pytest.approx(1 / 25 + 0.1, abs=1e-3)


@pytest.mark.parametrize("height", [None, 40])
@pytest.mark.parametrize(("degrees", "corner"), [(90, (-1, 0)), (-90, (0, -1)), (180, (-1, -1))])
def test_a_turned_video_is_shown_upright(tmp_path, degrees, corner, height):
    path = tmp_path / "a.mp4"
    image = np.full((48, 80, 3), 40, np.uint8)
    image[:16, :16] = 250  # the upper left corner as coded
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 80, 48, "yuv420p"
        stream.set_display_rotation(degrees)
        for _ in range(30):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    (clip,) = read_clips(path, [0.6], height=height)
    shown = clip.images[0]
    assert shown.shape[0] <= (height or 80)
    assert (shown.shape[0] > shown.shape[1]) == (abs(degrees) == 90)
    assert shown[corner].mean() > 200
    assert shown[0, 0].mean() < 100


def test_pixels_are_made_square(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 72, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for _ in range(30):
            image = np.zeros((48, 72, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    (clip,) = read_clips(path, [0.6])
    assert clip.images.shape[1:3] == (48, 96)


@pytest.mark.parametrize("sample_rate", [22_050, 44_100, 48_000])
def test_sound_keeps_its_time_whatever_its_rate(tmp_path, sample_rate):
    video = write_video(tmp_path / "a.mp4", clicks_s=[1.2], sample_rate=sample_rate, n_channels=2)
    waveform = read_sound(video)
    assert waveform.dtype == np.float32
    assert np.argmax(np.abs(waveform) > 0.1) / SAMPLE_RATE == pytest.approx(1.2, abs=0.002)


def test_sound_without_loss_comes_back(tmp_path):
    waveform = sample_sound(1.0, clicks_s=[0.3])
    path = write_wav(tmp_path / "a.wav", waveform, sample_rate=SAMPLE_RATE)
    np.testing.assert_allclose(read_sound(path), waveform, atol=1 / 32_767)


def test_clips_are_centred_on_their_times(tmp_path):
    clicks = [0.5, 1.2]
    video = write_video(tmp_path / "a.mp4", clicks_s=clicks)
    clips = sorted(read_clips(video, clicks), key=lambda clip: clip.index)
    for clip, click in zip(clips, clicks, strict=True):
        assert clip.images.shape == (15, 48, 64, 3)
        assert clip.start_s + 7 * 1001 / 30_000 == pytest.approx(click, abs=0.5 * 1001 / 30_000)
        assert brightness_below(clip.images[7]) > brightness_below(clip.images[0]) + 10


def brightness_below(image):
    """The square of the sample pictures jumps into the lower half when it strikes."""
    return image[24:].mean()


def test_clips_may_overlap_and_come_in_any_order(tmp_path):
    video = write_video(tmp_path / "a.mp4", rate=Fraction(30))
    found = {clip.index: clip.start_s for clip in read_clips(video, [1.0, 0.9, 1.0])}
    assert found[0] == found[2] == pytest.approx(1.0 - 7 / 30)
    assert found[1] == pytest.approx(0.9 - 7 / 30)


def test_a_clip_that_would_reach_over_an_end_is_left_out(tmp_path):
    video = write_video(tmp_path / "a.mp4", seconds=2)
    assert [clip.index for clip in read_clips(video, [0.1, 1.0, 1.95, 5.0])] == [1]


def test_pictures_are_only_ever_made_smaller(tmp_path):
    video = write_video(tmp_path / "a.mp4", size=(64, 48))
    heights = {h: next(read_clips(video, [1.0], height=h)).images.shape[1:3] for h in (24, 480)}
    assert heights == {24: (24, 32), 480: (48, 64)}


def test_what_is_no_video_is_refused_by_name(tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_text("not a video")
    with pytest.raises(ModelsError, match=r"notes\.mp4 can't be read"):
        probe(path)
    with pytest.raises(ModelsError, match=r"mute\.mp4 has no sound"):
        read_sound(write_video(tmp_path / "mute.mp4", sound=False))
    with pytest.raises(ModelsError, match=r"dark\.mp4 has no pictures"):
        list(read_clips(write_video(tmp_path / "dark.mp4", pictures=False), [1.0]))
