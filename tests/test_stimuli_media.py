import io
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_samples import sample_pictures, sample_sound, write_video

from models.backend import Sound
from models.sounds.sound import SAMPLE_RATE
from models.videos.dataset import Video
from stimuli.building.grid import grid_of
from stimuli.errors import StimuliError
from stimuli.files import media
from stimuli.files.aac import encode_sound, equalized, filled
from stimuli.files.boxes import metadata, nal_units, read_boxes, read_tracks, without_sound
from stimuli.files.sounds import excerpt, faded, laid

RATE = Fraction(30_000, 1001)
N_SAMPLES = media.samples_in_clip(15, RATE)


@pytest.fixture(scope="module")
def images():
    return np.stack(sample_pictures(15 / RATE, size=(64, 48), clicks_s=[0.25]))


@pytest.fixture(scope="module")
def pictures(images):
    return media.encode_pictures(images, rate=RATE)


@pytest.fixture(scope="module")
def waveforms():
    clicks = sample_sound(1.0, clicks_s=[0.25])[:N_SAMPLES]
    noise = 0.1 * np.random.default_rng(1).standard_normal(N_SAMPLES)
    return [clicks, noise.astype(np.float32), np.zeros(N_SAMPLES, np.float32)]


@pytest.fixture(scope="module")
def files(pictures, waveforms):
    packets = equalized([encode_sound(waveform) for waveform in waveforms])
    return [mux(pictures, of_one) for of_one in packets]


def mux(pictures, packets, *, n_samples=N_SAMPLES):
    return media.mux(pictures, packets, n_samples=n_samples, bitrate=192_000)


def test_files_of_a_clip_differ_in_the_coded_sound_alone(files):
    assert len(set(files)) == 3
    assert len({len(data) for data in files}) == 1
    assert len(set(map(without_sound, files))) == 1


def test_without_filling_the_sizes_would_tell(pictures, waveforms):
    assert len({len(mux(pictures, encode_sound(waveform))) for waveform in waveforms}) == 3


def test_filling_leaves_the_decoded_sound_as_it_was(pictures, waveforms, files):
    for waveform, data in zip(waveforms, files, strict=True):
        plain = media.decode_sound(mux(pictures, encode_sound(waveform)))
        assert np.array_equal(plain.waveform, media.decode_sound(data).waveform)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 900))
def test_a_packet_can_be_filled_to_any_size(extra):
    packet = encode_sound(np.zeros(2048, np.float32))[1]
    longer = filled(packet, len(packet) + extra)
    assert len(longer) == len(packet) + extra
    context = av.CodecContext.create("aac", "r")
    context.extradata = bytes.fromhex("120856e500")
    assert context.decode(av.Packet(longer))[0].samples == 1024


@pytest.mark.parametrize("packet", [b"", b"\0\0", b"\x12\x34\x50"])
def test_what_is_no_aac_packet_is_not_filled(packet):
    with pytest.raises(StimuliError, match="can't be filled"):
        filled(packet, 20)


def test_the_sound_is_in_sync_and_as_long_as_the_pictures(files, waveforms):
    for data, waveform in zip(files, waveforms, strict=True):
        decoded = media.decode_sound(data)
        assert media.sync_ms(decoded, waveform) == 0
        assert N_SAMPLES <= len(decoded.waveform) < N_SAMPLES + 1024
    tracks = {track.kind: track for track in read_tracks(files[0])}
    assert sum(tracks["soun"].durations) == N_SAMPLES + 1024
    assert tracks["soun"].edits == ((N_SAMPLES, 1024),)


@pytest.mark.parametrize("late", [-700, -1, 1, 441, 1024])
def test_a_shifted_sound_is_measured(waveforms, late):
    shifted = media.Decoded(start_s=0.0, waveform=np.roll(waveforms[1], late))
    assert media.sync_ms(shifted, waveforms[1]) == pytest.approx(1000 * late / SAMPLE_RATE, abs=1e-3)


def test_the_index_stands_in_front_and_nothing_describes_the_file(files):
    for data in files:
        boxes = read_boxes(data)
        assert [box.path for box in boxes if box.path in ("moov", "mdat")] == ["moov", "mdat"]
        assert metadata(data) == []
        assert not any(word in data for word in (b"Lavf", b"Lavc", b"x264"))


def test_pictures_are_framed_as_mp4_demands(files):
    track = read_tracks(files[0])[0]
    kinds = [[u[4] & 31 for u in nal_units(files[0][a:b])] for a, b in track.extents]
    assert kinds == [[5]] + [[1]] * 14
    with pytest.raises(StimuliError, match="lengths"):
        nal_units(bytes.fromhex("0000000165888413"))


def test_equal_pictures_give_equal_bytes_and_come_back(images, pictures, files):
    assert media.encode_pictures(images, rate=RATE) == pictures
    decoded = media.decode_pictures(files[0]).astype(float)
    assert decoded.shape == images.shape
    assert np.abs(decoded - images).mean() < 6


def test_colours_survive():
    flat = np.zeros((3, 32, 32, 3), np.uint8) + np.array([200, 60, 30], np.uint8)
    data = media.encode_pictures(flat, rate=25)
    assert np.abs(media.decode_pictures(data).astype(int) - flat).max() <= 4


def test_odd_sizes_are_cut_to_even_ones():
    data = media.encode_pictures(np.zeros((3, 33, 35, 3), np.uint8), rate=25)
    assert media.decode_pictures(data).shape == (3, 32, 34, 3)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_a_synthesized_impact_is_laid_on_the_clips_own(rate):
    waveform = np.zeros(rate, np.float32)
    waveform[rate // 2 : rate // 2 + rate // 100] = 0.5
    sound = Sound(waveform=waveform, sample_rate=rate, impact_s=0.5)
    on_clip = laid(sound, impact_s=0.2, n_samples=N_SAMPLES)
    assert len(on_clip) == N_SAMPLES
    assert np.argmax(on_clip > 0.25) == pytest.approx(0.2 * SAMPLE_RATE, abs=3)


@given(st.integers(-50, 50), st.integers(0, 60))
def test_an_excerpt_is_filled_with_silence(start, n_samples):
    waveform = np.arange(1, 31, dtype=np.float32)
    expected = [waveform[i] if 0 <= i < 30 else 0 for i in range(start, start + n_samples)]
    assert excerpt(waveform, start, n_samples).tolist() == expected


def test_fades_reach_zero_and_leave_the_middle():
    sound = faded(np.ones(2000, np.float32))
    assert sound[0] < 1e-3 and sound[-1] < 1e-3
    assert (sound[230:-230] == 1).all()


def test_picture_times_are_those_of_the_decoded_pictures(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=1.0)
    with av.open(str(path)) as container:
        decoded = [frame.time for frame in container.decode(video=0)]
    video = Video(id="a", pictures=path, sound=path, impacts=None)
    assert grid_of(video, clip_s=0.5).times_s == pytest.approx(decoded)


def test_a_cut_file_is_told():
    with pytest.raises(StimuliError, match="can't be decoded"):
        media.decode_sound(b"\0" * 100)
    with pytest.raises(StimuliError, match="doesn't fit"):
        read_boxes(io.BytesIO(b"\0\0\1\0moov").getvalue())
