import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from models.sounds.filterbank import centre_frequencies
from models.sounds.pictures import channel_of, cochleagram_png, draw_cochleagram, save_cochleagrams


@pytest.fixture
def low_tone():
    """A cochleagram with one bright step in a low channel."""
    picture = np.zeros((45, 42))
    picture[30, 5] = 1.0
    return picture


def read_png(data):
    return imread(io.BytesIO(data), format="png")


def test_the_image_has_time_along_and_low_frequencies_at_the_bottom(low_tone):
    pixels = read_png(cochleagram_png(low_tone, scale=1))
    assert pixels.shape[:2] == (42, 45)
    row, column = np.unravel_index(pixels.sum(axis=2).argmax(), (42, 45))
    assert (row, column) == (42 - 1 - 5, 30)


def test_scale_repeats_pixels(low_tone):
    small, large = (read_png(cochleagram_png(low_tone, scale=scale)) for scale in (1, 4))
    assert np.array_equal(small.repeat(4, axis=0).repeat(4, axis=1), large)


def test_the_same_cochleagram_gives_the_same_bytes_that_name_no_program(low_tone):
    data = cochleagram_png(low_tone)
    assert data == cochleagram_png(low_tone.copy())
    assert b"atplotlib" not in data


def test_a_shared_maximum_makes_louder_brighter(low_tone):
    own = read_png(cochleagram_png(0.5 * low_tone))
    shared = read_png(cochleagram_png(0.5 * low_tone, maximum=1.0))
    assert own.max(axis=(0, 1)).sum() > shared.max(axis=(0, 1)).sum()
    assert np.array_equal(own, read_png(cochleagram_png(low_tone)))


def test_silence_is_one_dark_colour():
    pixels = read_png(cochleagram_png(np.zeros((45, 42))))
    assert np.all(pixels == pixels[0, 0])
    assert pixels[0, 0, :3].max() < 0.1


def test_frequencies_stand_at_their_channels():
    centres = centre_frequencies()
    assert channel_of(centres[0]) == pytest.approx(1)
    assert channel_of(centres[-1]) == pytest.approx(40)
    ax = Figure().subplots()
    draw_cochleagram(ax, np.zeros((45, 42)), start_s=2.0, impact_s=2.25)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["100", "300", "1k", "3k", "10k"]
    assert ax.get_yticks()[2] == pytest.approx(channel_of(1000))
    assert ax.get_xlim() == pytest.approx((2.0 - 0.5 / 90, 2.5 - 0.5 / 90))


def test_a_sheet_holds_every_cochleagram(tmp_path, low_tone):
    save_cochleagrams(tmp_path / "sheet.png", {str(n): low_tone for n in range(5)}, columns=3)
    one_row = tmp_path / "row.png"
    save_cochleagrams(one_row, {str(n): low_tone for n in range(3)}, columns=3)
    assert imread(tmp_path / "sheet.png").shape[0] > 1.5 * imread(one_row).shape[0]
    with pytest.raises(ValueError, match="no cochleagrams"):
        save_cochleagrams(tmp_path / "none.png", {})
