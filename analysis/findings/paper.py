"""What Owens et al. (CVPR 2016) print about the variants that this project names after their rows."""

from dataclasses import dataclass

BASELINE = "random"  # the row that every other one has to beat


@dataclass(frozen=True, slots=True)
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
    "full": Printed("Full system", "5a", 40.01, 1.66),
    "scratch": Printed("Trained from scratch", "5a", 36.46, 1.68),
    "no-spacetime": Printed("No spacetime", "5a", 37.88, 1.67),
    "parametric": Printed("Parametric synthesis", "5a", 34.66, 1.62),
    "no-rnn": Printed("No RNN", "5a", 29.96, 1.55),
    "image-match": Printed("Image match", "5a", 32.98, 1.59),
    "spacetime-match": Printed("Spacetime match", "5a", 31.92, 1.56),
    "image-spacetime-match": Printed("Image + spacetime match", "5a", 33.77, 1.58),
    "random": Printed("Random impact sound", "5a", 19.77, 1.34),
    "full-material": Printed("Full system + material", "6a", 41.82, 1.46),
    "match-material": Printed("Image match + material", "6a", 38.20, 1.47),
    "random-material": Printed("Random + material", "6a", 35.36, 1.42),
    "real-match": Printed("Real sound match", "6a", 46.90, 1.49),
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
