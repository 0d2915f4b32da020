"""What is heard: real sounds with more or fewer filters, and variants' sounds for the test clips."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.clips.exemplars import ExemplarBank
from models.context import Context
from models.errors import ModelsError
from models.evaluation.testing import (
    FEATURES,
    SOUND,
    SOUNDLESS,
    Heard,
    HeldOut,
    hear,
    inverted,
    load_all,
    predict_held_out,
)
from models.sounds.cochleagram import cochleagrams
from models.sounds.filterbank import DEFAULT_BANK, Bank
from models.sounds.sound import CLIP_STEPS, MARGIN_STEPS
from models.variants.predicted import Predicted

CHUNK = 256  # clips at a time


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A variant's sounds for the test clips.

    Attributes
    ----------
    variant : str
        Its name.
    basis : {"features", "sound"}
        Whether these are the predicted sound features, as in the paper, or those of the waveform.
    network : str or None
        SHA-256 of the checkpoint, for variants that have one.
    heard : Heard
        Which clips, and their cochleagrams.
    """

    variant: str
    basis: str
    network: str | None
    heard: Heard


def with_bands(bank: ExemplarBank, *, n_bands: int, device: str) -> Iterator[NDArray[np.float32]]:
    """Compute the clips' cochleagrams with another number of filters, between the same limits.

    "We varied the number of band-pass filters and adjusted their frequency spacing accordingly"
    (Fig. A1).

    Yields
    ------
    ndarray of float32 [shape=(n_clips, 45, n_bands + 2)]
        Of some clips at a time, in the bank's order.
    """
    filters = Bank(n_bands=n_bands, low_hz=DEFAULT_BANK.low_hz, high_hz=DEFAULT_BANK.high_hz)
    for start in range(0, len(bank), CHUNK):
        rows = range(start, min(start + CHUNK, len(bank)))
        windows = np.stack([bank.waveform(row) for row in rows])
        whole = cochleagrams(windows, device=device, bank=filters)
        yield np.asarray(whole[:, MARGIN_STEPS : MARGIN_STEPS + CLIP_STEPS].cpu().numpy(), np.float32)


def predict(
    context: Context, test: HeldOut, variants: Sequence[str], *, seed: int, unavailable: dict[str, str]
) -> Iterator[Prediction]:
    """Let variants make sounds for all test clips; networks give their predictions as well.

    Parameters
    ----------
    context, test
        The dataset and its test clips.
    variants : sequence of str
        Names.
    seed : int
        Of sounds that involve chance.
    unavailable : dict of str to str
        Gets by variant the reason why it can't run.
    """
    backends, missing = load_all(variants, context)
    unavailable.update(missing)
    others = {name: b for name, b in backends.items() if not isinstance(b, Predicted)}
    for variant, backend in backends.items():
        if isinstance(backend, Predicted):
            yield from _of_network(variant, backend, context, test, seed)
    for variant, heard in hear(others, context, test, seed=seed).items():
        if len(heard.rows):
            yield Prediction(variant=variant, basis=SOUND, network=None, heard=heard)
        else:
            unavailable[variant] = SOUNDLESS.format(variant)


def _of_network(
    variant: str, backend: Predicted, context: Context, test: HeldOut, seed: int
) -> Iterator[Prediction]:
    predicted = predict_held_out(backend, context, test)
    digest = backend.predictor.checkpoint.digest
    if variant == backend.network:  # those that share a network share its predictions
        yield Prediction(variant=variant, basis=FEATURES, network=digest, heard=predicted)
    heard = inverted(variant, backend, predicted, test, seed=seed)
    if len(heard.rows):
        yield Prediction(variant=variant, basis=SOUND, network=digest, heard=heard)


def check_bands(numbers: Sequence[int]) -> tuple[int, ...]:
    """Sort numbers of filters; raises `ModelsError` if one is below 1."""
    if any(number < 1 for number in numbers):
        raise ModelsError(f"numbers of filters are {list(numbers)}; give at least 1 each")
    return tuple(sorted(set(numbers)))
