"""Variants by name: ours and other people's, all through the same entry points.

Names are read from the installed packages' metadata, so that listing them imports nothing.
"""

import difflib
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from models.backend import Backend
from models.errors import ModelsError, UnavailableError

if TYPE_CHECKING:  # names are listed without loading torch
    from models.context import Context

GROUP = "visually_indicated_sounds.backends"
OURS = "visually-indicated-sounds"
ORDER = (  # the paper's tables, top to bottom: Fig. 5a, then the oracles of Fig. 6a
    "full",
    "scratch",
    "no-spacetime",
    "parametric",
    "no-rnn",
    "image-match",
    "spacetime-match",
    "image-spacetime-match",
    "random",
    "full-material",
    "match-material",
    "random-material",
    "real-match",
)


def variant_names() -> tuple[str, ...]:
    """List the names of all installed variants: the paper's in its order, then others by name."""
    return tuple(sorted(_entry_points(), key=_rank))


def load(name: str, context: "Context") -> Backend:
    """Build a variant for a dataset.

    Parameters
    ----------
    name : str
        One of `variant_names`.
    context : Context
        The dataset and how to work on it.

    Raises
    ------
    ModelsError
        If there is no such variant, or the package that offers it can't be imported.
    UnavailableError
        If it can't run on this dataset.
    """
    points = _entry_points()
    if name not in points:
        raise ModelsError(_unknown(name, tuple(sorted(points, key=_rank))))
    try:
        make = points[name].load()
    except (ImportError, AttributeError) as error:
        raise ModelsError(
            f"variant {name!r} can't be imported from {points[name].value} ({error}); install or mend "
            "the package that offers it"
        ) from error
    backend: Backend = make(context)
    return backend


def available(context: "Context") -> dict[str, str | None]:
    """Tell which variants can run on a dataset.

    Each is built, so that what they share is made now and kept in the context.

    Returns
    -------
    dict of str to (str or None)
        By name, in the order of `variant_names`: None if it can run, else the reason why not.
    """
    return {name: _reason(name, context) for name in variant_names()}


def _reason(name: str, context: "Context") -> str | None:
    try:
        load(name, context)
    except UnavailableError as error:
        return str(error)
    except ModelsError as error:
        if isinstance(error.__cause__, ImportError | AttributeError):
            return str(error)
        raise
    return None


def _entry_points() -> dict[str, EntryPoint]:
    points: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        other = points.get(point.name)
        if other is not None and other.value != point.value:
            raise ModelsError(
                f"two packages offer a variant named {point.name!r}: {_owner(other)} and "
                f"{_owner(point)}; remove one of them"
            )
        points[point.name] = point
    return points


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value


def _rank(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def _unknown(name: str, names: tuple[str, ...]) -> str:
    if not names:
        return (
            f"no variant named {name!r}, nor any other: this package's entry points are missing; "
            f"install it (pip install {OURS})"
        )
    near = difflib.get_close_matches(name, names, n=1)
    guess = f"; did you mean {near[0]!r}?" if near else ";"
    return f"no variant named {name!r}{guess} available: {', '.join(names)}"
