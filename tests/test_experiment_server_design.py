"""Who sees what: the rules of the design hold for any stimulus set."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiment_server.errors import StudyError
from experiment_server.planning import balance, design
from experiment_server.planning.design import Video
from experiment_server.studies.sections import MAIN, PRACTICE, Trials
from stimuli.manifest import CATCH

NAMES = ("image-match", "spacetime-match", "random", "full")
untimed = settings(deadline=None)  # a busy machine breaks no promise
seeds = st.integers(0, 2**32 - 1)
options = st.frozensets(st.sampled_from(NAMES), min_size=1)


@st.composite
def sets(draw, *, every_variant=False):
    """Draw videos with one to four clips, each with some or all variants, and a design that fits."""
    of_clip = st.just(frozenset(NAMES)) if every_variant else options
    videos = tuple(
        Video(
            id=f"v{index}",
            clips={f"v{index}c{clip}": draw(of_clip) for clip in range(n_clips)},
            catches={f"v{index}c0": frozenset(CATCH)} if draw(st.booleans()) else {},
        )
        for index, n_clips in enumerate(draw(st.lists(st.integers(1, 4), min_size=2, max_size=14)))
    )
    n_able = sum(bool(video.catches) for video in videos)
    catch = draw(st.integers(0, min(n_able, len(videos) - 1)))
    main = draw(st.integers(1, len(videos) - catch))
    source = draw(st.sampled_from(["apart", "reuse"]))
    single = sum(len(video.clips) == 1 for video in videos)
    shown = main + catch
    most = len(videos) - (shown if source == "apart" else min(single, shown))
    practice = draw(st.integers(0, most))
    return videos, Trials(main=main, catch=catch, practice=practice, practice_videos=source)


def plan_of(videos, trials, seed, filled=None):
    design.check(videos, trials)
    return design.draw_plan(videos, trials, filled=filled or {}, rng=np.random.default_rng(seed))


def phase_of(plan, phase):
    return [trial for trial in plan if trial.phase == phase]


def scored(plan):
    return [trial for trial in phase_of(plan, MAIN) if not trial.is_catch]


def caught(plan):
    return [trial for trial in plan if trial.is_catch]


def is_even(values, among):
    counts = Counter({value: 0 for value in among}) + Counter()
    counts.update(values)
    uses = [counts[value] for value in among]
    return max(uses) - min(uses) <= 1


@untimed
@given(sets(), seeds)
def test_no_participant_sees_a_video_twice_in_a_phase_or_a_clip_twice_at_all(case, seed):
    videos, trials = case
    plan = plan_of(videos, trials, seed)
    for phase, count in ((MAIN, trials.main + trials.catch), (PRACTICE, trials.practice)):
        shown = [trial.video for trial in phase_of(plan, phase)]
        assert len(shown) == len(set(shown)) == count
    assert len({trial.clip for trial in plan}) == len(plan)


@untimed
@given(sets(), seeds)
def test_videos_kept_apart_for_practice_never_come_again(case, seed):
    videos, trials = case
    plan = plan_of(videos, trials, seed)
    both = {t.video for t in phase_of(plan, MAIN)} & {t.video for t in phase_of(plan, PRACTICE)}
    assert not both or trials.practice_videos == "reuse"


@untimed
@given(sets(), seeds)
def test_only_variants_that_the_clip_has_are_shown(case, seed):
    videos, trials = case
    clips = {clip: (video, names) for video in videos for clip, names in video.clips.items()}
    for trial in plan_of(videos, trials, seed):
        video, names = clips[trial.clip]
        assert trial.video == video.id
        assert trial.variant in (video.catches[trial.clip] if trial.is_catch else names)


@untimed
@given(sets(), seeds)
def test_practice_comes_first_and_positions_count_from_one(case, seed):
    videos, trials = case
    expected = [(PRACTICE, n + 1) for n in range(trials.practice)]
    expected += [(MAIN, n + 1) for n in range(trials.main + trials.catch)]
    assert [(t.phase, t.position) for t in plan_of(videos, trials, seed)] == expected


@untimed
@given(sets(), seeds)
def test_catch_trials_are_as_many_as_asked_among_the_main_ones_and_never_first(case, seed):
    videos, trials = case
    plan = plan_of(videos, trials, seed)
    assert (len(scored(plan)), len(caught(plan))) == (trials.main, trials.catch)
    assert all(trial.phase == MAIN and trial.position > 1 for trial in caught(plan))


@untimed
@given(sets(), seeds)
def test_catch_trials_have_videos_of_their_own(case, seed):
    videos, trials = case
    plan = plan_of(videos, trials, seed)
    own = {trial.video for trial in caught(plan)}
    assert not own & {trial.video for trial in scored(plan)}
    if trials.practice_videos == "apart":
        assert not own & {trial.video for trial in phase_of(plan, PRACTICE)}


@untimed
@given(sets(), seeds)
def test_catch_sounds_and_their_intervals_are_even(case, seed):
    trials = caught(plan_of(*case, seed))
    assert is_even([trial.variant for trial in trials], CATCH)
    assert is_even([trial.real_interval for trial in trials], (1, 2))


def test_a_catch_trial_comes_up_at_every_place_but_the_first():
    videos = tuple(
        Video(id=f"v{v}", clips={f"c{v}": frozenset(NAMES)}, catches={f"c{v}": frozenset(CATCH)})
        for v in range(6)
    )
    trials = Trials(main=4, practice=0, catch=2)
    plans = [plan_of(videos, trials, seed) for seed in range(300)]
    places = Counter(trial.position for plan in plans for trial in caught(plan))
    assert sorted(places) == [2, 3, 4, 5, 6]
    assert min(places.values()) > 80  # 120 expected, sd 8.5
    shown = Counter(trial.video for plan in plans for trial in caught(plan))
    assert min(shown.values()) > 65  # 100 expected


def test_catch_trials_take_the_videos_that_have_catch_sounds():
    videos = tuple(
        Video(
            id=f"v{v}",
            clips={f"c{v}": frozenset(NAMES)},
            catches={f"c{v}": frozenset(CATCH)} if v < 2 else {},
        )
        for v in range(6)
    )
    plan = plan_of(videos, Trials(main=4, practice=0, catch=2), 3)
    assert {trial.video for trial in caught(plan)} == {"v0", "v1"}


@untimed
@given(sets(every_variant=True), seeds)
def test_variants_and_intervals_are_even_within_a_participant(case, seed):
    videos, trials = case
    plan = plan_of(videos, trials, seed)
    for shown in (scored(plan), phase_of(plan, PRACTICE)):
        assert is_even([trial.variant for trial in shown], NAMES)
        assert is_even([trial.real_interval for trial in shown], (1, 2))
        for variant in NAMES:
            assert is_even([t.real_interval for t in shown if t.variant == variant], (1, 2))


@untimed
@given(sets(every_variant=True), seeds, st.integers(1, 12))
def test_variants_are_even_over_participants(case, seed, n_participants):
    videos, trials = case
    filled = Counter()
    for number in range(n_participants):
        earlier = {variant: (n // 2, n - n // 2) for variant, n in filled.items()}
        filled.update(t.variant for t in scored(plan_of(videos, trials, seed + number, earlier)))
        assert is_even(list(filled.elements()), NAMES)


@untimed
@given(sets(every_variant=True), seeds, st.integers(1, 12))
def test_intervals_are_even_within_each_variant_over_participants(case, seed, n_participants):
    videos, trials = case
    filled = {}
    for number in range(n_participants):
        for trial in scored(plan_of(videos, trials, seed + number, filled)):
            filled.setdefault(trial.variant, [0, 0])[trial.real_interval - 1] += 1
        assert all(abs(first - second) <= 1 for first, second in filled.values())


def test_intervals_stay_even_with_as_many_variants_as_the_paper_has():
    names = frozenset(f"variant-{n}" for n in range(13))
    videos = tuple(Video(id=f"v{v}", clips={f"c{v}": names}) for v in range(50))
    filled = {}
    for seed in range(40):
        plan = plan_of(videos, Trials(main=45, practice=0), seed, filled)
        assert is_even([trial.real_interval for trial in plan], (1, 2))
        for trial in plan:
            filled.setdefault(trial.variant, [0, 0])[trial.real_interval - 1] += 1
        assert all(abs(first - second) <= 1 for first, second in filled.values())


@untimed
@given(sets(), seeds)
def test_the_same_seed_gives_the_same_plan(case, seed):
    assert plan_of(*case, seed) == plan_of(*case, seed)


@settings(deadline=None, max_examples=60)
@given(st.lists(options, min_size=1, max_size=6), seeds)
def test_missing_variants_are_evened_out_as_far_as_any_choice_could(offers, seed):
    chosen = balance.assign_variants(offers, filled={}, rng=np.random.default_rng(seed))
    assert all(variant in names for variant, names in zip(chosen, offers, strict=True))
    assert unevenness(chosen) == min(map(unevenness, all_choices(offers)))


def all_choices(offers):
    if not offers:
        return [()]
    return [(name, *rest) for rest in all_choices(offers[1:]) for name in offers[0]]


def unevenness(chosen):
    return sum(n * n for n in Counter(chosen).values())


def test_each_clip_variant_and_order_comes_up():
    videos = tuple(
        Video(id=f"v{v}", clips={f"v{v}c{c}": frozenset(NAMES) for c in range(3)}) for v in range(4)
    )
    trials = Trials(main=2, practice=1)
    plans = [plan_of(videos, trials, seed) for seed in range(400)]
    firsts = Counter(phase_of(plan, MAIN)[0].clip for plan in plans)
    assert len(firsts) == 12
    assert max(firsts.values()) < 70  # 33 expected, sd 5.5
    shown = Counter((t.variant, t.real_interval) for plan in plans for t in phase_of(plan, MAIN))
    assert len(shown) == 8
    assert min(shown.values()) > 60  # 100 expected


def test_those_who_left_are_made_up_for_by_those_who_come():
    names = frozenset(f"variant-{n}" for n in range(13))
    videos = tuple(Video(id=f"v{v}", clips={f"c{v}": names}) for v in range(50))
    rng = np.random.default_rng(1)
    filled = {name: [0, 0] for name in names}
    for seed in range(60):
        plan = plan_of(videos, Trials(main=45, practice=0), seed, filled)
        if seed > 50 or rng.random() > 0.4:  # the caller counts no plan of who left
            for trial in plan:
                filled[trial.variant][trial.real_interval - 1] += 1
    assert max(map(sum, filled.values())) - min(map(sum, filled.values())) <= 1
    assert all(abs(first - second) <= 1 for first, second in filled.values())


@pytest.mark.parametrize(
    ("trials", "message"),
    [
        (
            Trials(main=7, practice=0),
            "main = 7 trials, but .* has 6 videos .*set main to 6 or less",
        ),
        (Trials(main=7, practice=2), "main = 7 trials, but .* set main to 4 or less"),
        (Trials(main=4, practice=3), r"need 7 videos, but the stimulus set has 6"),
        (Trials(main=6, practice=5, practice_videos="reuse"), "other clips for 4; lower"),
        (Trials(main=2, practice=0, catch=4), "catch = 4 .* 3 of the .* 6 videos have catch sounds"),
        (Trials(main=4, practice=0, catch=3), "main = 4 and catch = 3 trials, but .* has 6 videos"),
        (Trials(main=3, practice=2, catch=2), "practice = 2 trials need 7 videos"),
    ],
)
def test_a_design_that_does_not_fit_says_the_numbers(trials, message):
    clips = [2, 2, 2, 2, 1, 1]
    videos = [
        Video(
            id=f"v{v}",
            clips={f"v{v}c{c}": frozenset(NAMES) for c in range(n)},
            catches={f"v{v}c0": frozenset(CATCH)} if v < 3 else {},
        )
        for v, n in enumerate(clips)
    ]
    with pytest.raises(StudyError, match=message):
        design.check(videos, trials)


def test_six_videos_serve_two_practice_and_four_main_trials_or_reuse_them():
    videos = [
        Video(id=f"v{v}", clips={f"v{v}c{c}": frozenset(NAMES) for c in range(2)}) for v in range(6)
    ]
    assert len(plan_of(videos, Trials(main=4, practice=2), 1)) == 6
    assert len(plan_of(videos, Trials(main=6, practice=5, practice_videos="reuse"), 1)) == 11


def test_a_set_without_catch_sounds_says_how_to_make_them():
    videos = [Video(id=f"v{v}", clips={f"c{v}": frozenset(NAMES)}) for v in range(6)]
    with pytest.raises(StudyError, match=r"0 of the stimulus set's 6 videos .* stimuli build --catch"):
        design.check(videos, Trials(main=3, practice=0, catch=1))
