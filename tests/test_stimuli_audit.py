import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from stimuli.checking.audit import ALPHA, audit, chance_of
from stimuli.checking.evidence import Evidence
from stimuli.manifest import REAL

VARIANTS = (REAL, "a", "b", "c")


def evidence(
    n_clips, *, name=lambda clip, variant: "x", size=lambda clip, variant: 1.0, variants=VARIANTS
):
    return [
        Evidence(
            clip=f"{clip:03d}",
            variant=variant,
            outside={"name": name(clip, variant), "size": size(clip, variant)},
            inside={"level": float(variant == REAL)},
        )
        for clip in range(n_clips)
        for variant in variants
    ]


@given(st.integers(0, 40), st.integers(0, 40))
def test_with_even_chances_it_is_the_sign_test(hits, misses):
    expected = binomtest(hits, hits + misses).pvalue if hits + misses else 1.0
    assert chance_of(hits, [0.5] * (hits + misses)) == pytest.approx(expected)


def test_unequal_chances_are_summed_over_all_outcomes():
    assert chance_of(2, [0.1, 0.2]) == pytest.approx(2 * 0.02)
    assert chance_of(0, [0.1, 0.2]) == 1.0


def test_equal_evidence_tells_nothing_however_the_sound_differs():
    found = audit(evidence(50))
    assert found.tells == ()
    assert found.outside["size"].accuracy == 0.5
    assert found.inside["level"].accuracy == 1.0


def test_one_unequal_clip_is_enough_to_fail_a_set():
    found = audit(evidence(50, size=lambda clip, variant: float(clip == 7 and variant == "a")))
    assert found.outside["size"].n_unequal == 1
    assert "size" in found.tells[0]


@pytest.mark.parametrize("sign", ["0", "2"])
def test_names_in_order_tell(sign):
    found = audit(
        evidence(30, name=lambda clip, variant: f"{sign if variant == REAL else '1'}{variant}")
    )
    assert found.outside["name"].accuracy == 1.0
    assert any("name" in tell for tell in found.tells)


def test_a_value_that_marks_the_real_one_tells_though_it_is_neither_highest_nor_lowest():
    def name(clip, variant):
        if variant == REAL:
            return "m"
        return ("a", "z")[(VARIANTS.index(variant) + clip) % 2]

    found = audit(evidence(40, name=name, variants=(REAL, "a", "b")))
    assert found.outside["name"].p < ALPHA


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_opaque_names_hardly_ever_tell(seed, n_clips):
    rng = np.random.default_rng(seed)
    found = audit(evidence(n_clips, name=lambda clip, variant: rng.bytes(8).hex()))
    assert found.outside["name"].p > ALPHA / 10


def test_the_audit_of_nothing_finds_nothing():
    assert audit([]).tells == ()
