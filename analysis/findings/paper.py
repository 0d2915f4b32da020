"""What Owens et al. (CVPR 2016) print about the variants that this project names after their rows."""

from dataclasses import dataclass

BASELINE = "random"  # the row that every other one has to beat


@dataclass(frozen=True, kw_only=True, slots=True)
class Printed:
    """A row of the paper's table of fool rates.

    Attributes
    ----------
    label : str
        The row's name.
    figure : str
        Where it is printed: 5a, or 6a for the variants that are told the label or the true sound.
    percent, half_width : float or None
        The printed share (%) and its 95 % half-width (percentage points).
    """

    label: str
    figure: str
    percent: float
    half_width: float

    @property
    def is_oracle(self) -> bool:
        """Say whether the variant is told more than the silent video."""
        return self.figure == "6a"


ROWS = {  # in the paper's order
    "full": Printed(label="Full system", figure="5a", percent=40.01, half_width=1.66),
    "scratch": Printed(label="Trained from scratch", figure="5a", percent=36.46, half_width=1.68),
    "no-spacetime": Printed(label="No spacetime", figure="5a", percent=37.88, half_width=1.67),
    "parametric": Printed(label="Parametric synthesis", figure="5a", percent=34.66, half_width=1.62),
    "no-rnn": Printed(label="No RNN", figure="5a", percent=29.96, half_width=1.55),
    "image-match": Printed(label="Image match", figure="5a", percent=32.98, half_width=1.59),
    "spacetime-match": Printed(label="Spacetime match", figure="5a", percent=31.92, half_width=1.56),
    "image-spacetime-match": Printed(
        label="Image + spacetime match", figure="5a", percent=33.77, half_width=1.58
    ),
    "random": Printed(label="Random impact sound", figure="5a", percent=19.77, half_width=1.34),
    "full-material": Printed(
        label="Full system + material", figure="6a", percent=41.82, half_width=1.46
    ),
    "match-material": Printed(
        label="Image match + material", figure="6a", percent=38.20, half_width=1.47
    ),
    "random-material": Printed(label="Random + material", figure="6a", percent=35.36, half_width=1.42),
    "real-match": Printed(label="Real sound match", figure="6a", percent=46.90, half_width=1.49),
}

TESTS = {  # Section 6.2, two-sided t-tests; the best image-matching method is image + spacetime
    ("full", "random"): "< 0.001",
    ("scratch", "image-spacetime-match"): "0.02",
    ("full", "no-spacetime"): "0.08",
}

MATCHES = ("image-spacetime-match", "image-match", "spacetime-match")  # best first, as in Figure 5a


def label(variant: str) -> str:
    """Name a variant as the paper does; one that the paper has not keeps its own name."""
    return ROWS[variant].label if variant in ROWS else variant


def is_oracle(variant: str) -> bool:
    """Say whether the paper counts a variant among the oracles of Figure 6a."""
    return variant in ROWS and ROWS[variant].is_oracle


def in_order(variants: tuple[str, ...]) -> tuple[str, ...]:
    """Sort variants: the paper's models, others by name, the random baseline, the oracles."""
    return tuple(sorted(variants, key=_place))


def _place(variant: str) -> tuple[int, int, str]:
    group = 3 if is_oracle(variant) else 2 if variant == BASELINE else 0 if variant in ROWS else 1
    return group, list(ROWS).index(variant) if variant in ROWS else 0, variant
