from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stimuli.building.grid import UNEVEN, Grid, even
from stimuli.building.sampling import most_apart, sample_clips
from stimuli.files.colours import BT709

centres = st.lists(st.integers(0, 400), unique=True, max_size=40)
spans = st.integers(0, 12).map(lambda half: 2 * half + 1)
counts = st.integers(1, 20)
seeds = st.integers(0, 2**32)


def overlaps(chosen, n_frames):
    times = sorted(chosen)
    return sum(b - a < n_frames for a, b in pairwise(times))


def largest_apart(times, n_frames):
    """Size of the largest subset without overlap, by trying each time as the first one taken."""
    times = sorted(times)
    best = [0] * (len(times) + 1)
    for i in reversed(range(len(times))):
        later = [j for j in range(i + 1, len(times)) if times[j] >= times[i] + n_frames]
        best[i] = max(best[i + 1], 1 + (best[later[0]] if later else 0))
    return best[0]


@given(centres, spans)
def test_the_greedy_count_is_the_largest_possible(times, n_frames):
    assert most_apart(times, n_frames=n_frames) == largest_apart(times, n_frames)


@given(centres, spans, counts, seeds)
def test_as_many_clips_as_asked_for_or_all_there_are(times, n_frames, count, seed):
    chosen = sample_clips(times, n_frames=n_frames, count=count, rng=np.random.default_rng(seed))
    assert len(chosen) == len(set(chosen)) == min(count, len(times))
    assert set(chosen) <= set(times)
    assert chosen == sorted(chosen)


@given(centres, spans, counts, seeds)
def test_clips_never_overlap_where_the_video_allows_it(times, n_frames, count, seed):
    taken = sample_clips(times, n_frames=n_frames, count=count, rng=np.random.default_rng(seed))
    if largest_apart(times, n_frames) >= min(count, len(times)):
        assert overlaps(taken, n_frames) == 0
    else:
        assert largest_apart(taken, n_frames) == largest_apart(times, n_frames)


@given(centres, spans, counts, seeds)
def test_the_same_seed_draws_the_same_clips(times, n_frames, count, seed):
    draws = [
        sample_clips(times, n_frames=n_frames, count=count, rng=np.random.default_rng(seed))
        for _ in range(2)
    ]
    assert draws[0] == draws[1]


@given(centres, spans, st.integers(1, 400))
def test_whole_clips_lie_wholly_in_the_video(times, n_frames, n_total):
    grid = Grid(times_s=np.arange(n_total) / 30, rate=30, n_frames=n_frames, colours=BT709)
    for centre in times:
        first, last = centre - n_frames // 2, centre + n_frames // 2
        assert grid.is_whole(centre) == (first >= 0 and last <= n_total - 1)


def test_every_subset_without_overlap_is_equally_likely():
    times, n_frames, rng = [0, 2, 4, 6, 8, 11], 5, np.random.default_rng(1)
    draws = [tuple(sample_clips(times, n_frames=n_frames, count=2, rng=rng)) for _ in range(7000)]
    possible = [(one, other) for one in times for other in times if other - one >= n_frames]
    counts = np.array([draws.count(pair) for pair in possible])
    expected = len(draws) / len(possible)
    assert counts.sum() == len(draws)
    # chi-squared with 6 degrees of freedom: 22.5 is passed once in a thousand
    assert len(possible) == 7
    assert ((counts - expected) ** 2 / expected).sum() < 22.5


@given(st.floats(10, 120), st.integers(1, 14), st.floats(-2 * UNEVEN, 2 * UNEVEN), st.floats(0, 1000))
def test_a_clip_is_even_if_no_picture_is_a_quarter_of_its_time_off(rate, late, by, start_s):
    times = start_s + np.arange(15) / rate
    assert even(times, rate=rate)
    times[late] += by / rate
    if abs(abs(by) - UNEVEN) > 1e-6:
        assert even(times, rate=rate) == (abs(by) < UNEVEN)


def test_pictures_at_another_rate_than_the_videos_are_not_even():
    assert not even(np.arange(15) / 30, rate=28.5)
    assert even(np.round(np.arange(15) / 30, 3), rate=30)  # some containers round to milliseconds
