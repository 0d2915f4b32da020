"""Everything that recognition needs of a dataset, from its videos and networks into one folder."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.clips.exemplars import ExemplarBank
from models.context import Context
from models.errors import ModelsError, UnavailableError
from models.evaluation.testing import FEATURES, HeldOut, Measured, measure, read_held_out
from models.files import new_folder
from models.recognition import sight
from models.recognition.folder import ALL, TEST, TRAIN, FolderWriter, LabelledClip, VideoFacts
from models.sounds.cochleagram import cochleagrams
from models.sounds.filterbank import DEFAULT_BANK, Bank, centre_frequencies
from models.sounds.sound import CLIP_STEPS, ENVELOPE_RATE, MARGIN_STEPS
from models.variants.predicted import Predicted
from models.videos.annotations import read_scenes
from models.videos.video import probe

CHUNK = 256  # clips whose sounds are in memory at a time
N_BANDS = (2, 5, 10, 20, 80)  # of the channels study, beside the 40 that everything else uses
Parts = tuple[tuple[ExemplarBank, NDArray[np.intp]], ...]
"""Training and test clips: banks, and which of their clips have a label."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What to gather.

    Attributes
    ----------
    variants : tuple of str
        Those whose sounds are to be recognised.
    n_bands : tuple of int
        Numbers of band-pass filters of the channels study, beside the usual 40.
    seed : int
        Of sounds that involve chance.
    """

    variants: tuple[str, ...]
    n_bands: tuple[int, ...] = N_BANDS
    seed: int = 0


def gather(context: Context, out: Path, request: Request) -> dict[str, str]:
    """Write the folder that `analysis recognition` reads.

    Clips without any label are left out; the counts of videos and impacts include them.

    Parameters
    ----------
    context : Context
        The dataset, its cache and checkpoints.
    out : Path
        Folder to make.
    request : Request
        What to gather.

    Returns
    -------
    dict of str to str
        By name of what could not be had: why.

    Raises
    ------
    ModelsError
        If no clip has a label, there is no test clip, a number of filters is below 1, or `out` holds
        something.
    """
    bands = sorted({n for n in request.n_bands if n != DEFAULT_BANK.n_bands})
    if bands and bands[0] < 1:
        raise ModelsError(f"numbers of filters are {bands}; give at least 1 each")
    unavailable: dict[str, str] = {}
    with new_folder(out) as folder:
        writer = FolderWriter(folder)
        test = read_held_out(context)
        banks = (context.exemplars, test.bank)
        parts = tuple((bank, _labelled(bank)) for bank in banks)
        if not any(len(rows) for _, rows in parts):
            raise ModelsError(
                f"no clip of {context.dataset.root} has a label; write them into <id>_times.txt as "
                "'onset_s material action reaction'"
            )
        _write_sounds(writer, parts, bands, context.device)
        seen = _write_sights(writer, context, parts, unavailable)
        for made in measure(context, test, request.variants, seed=request.seed, unavailable=unavailable):
            _write_prediction(writer, made, test, parts[1][1])
        writer.finish(
            _clips(parts), _videos(context, parts), facts=_facts(context, seen), unavailable=unavailable
        )
    return unavailable


def _labelled(bank: ExemplarBank) -> NDArray[np.intp]:
    known = [bool(i.material or i.action or i.reaction) for i in bank.impacts]
    return np.flatnonzero(known)


def _write_sounds(writer: FolderWriter, parts: Parts, bands: Sequence[int], device: str) -> None:
    writer.write(
        "sound", (bank.cochleagrams[rows] for bank, rows in parts), rows=ALL, kind="sound",
        n_bands=DEFAULT_BANK.n_bands,
    )  # fmt: skip
    for n_bands in bands:
        heard = (_with_bands(bank, n_bands=n_bands, device=device)[rows] for bank, rows in parts)
        writer.write(f"sound-{n_bands}", heard, rows=ALL, kind="channels", n_bands=n_bands)


def _with_bands(bank: ExemplarBank, *, n_bands: int, device: str) -> NDArray[np.float32]:
    """Compute the clips' cochleagrams with another number of filters, between the same limits.

    "We varied the number of band-pass filters and adjusted their frequency spacing accordingly"
    (Fig. A1). Returns float32 [shape=(n_clips, 45, n_bands + 2)].
    """
    filters = Bank(n_bands=n_bands, low_hz=DEFAULT_BANK.low_hz, high_hz=DEFAULT_BANK.high_hz)
    parts = []
    for start in range(0, len(bank), CHUNK):
        rows = range(start, min(start + CHUNK, len(bank)))
        windows = np.stack([bank.waveform(row) for row in rows])
        whole = cochleagrams(windows, device=device, bank=filters)
        parts.append(whole[:, MARGIN_STEPS : MARGIN_STEPS + CLIP_STEPS].cpu().numpy())
    return np.concatenate(parts)


def _write_sights(
    writer: FolderWriter, context: Context, parts: Parts, unavailable: dict[str, str]
) -> bool:
    """Write image features and thumbnails; returns whether there are any."""
    try:
        seen = [(sight.look_at(context, bank), rows) for bank, rows in parts]
    except UnavailableError as error:
        unavailable["image"] = str(error)
        return False
    for name in ("image", "crop"):
        _write_rows(writer, name, [getattr(found, name)[rows] for found, rows in seen], unavailable)
    writer.write_thumbnails([found.thumbnails[row] for found, rows in seen for row in rows])
    try:
        learnt = [sight.learnt_by_sound(context, bank)[rows] for bank, rows in parts]
        _write_rows(writer, "audio-supervised", learnt, unavailable)
    except UnavailableError as error:
        unavailable["audio-supervised"] = str(error)
    return True


def _write_rows(
    writer: FolderWriter, name: str, parts: list[NDArray[np.float32]], unavailable: dict[str, str]
) -> None:
    if any(np.isfinite(part[:, :1]).any() for part in parts):
        writer.write(name, parts, rows=ALL, kind="sight")
    elif name == "crop":
        unavailable[name] = "no <id>_positions.txt says where impacts are seen"
    else:
        unavailable[name] = "no clip has usable pictures"


def _write_prediction(
    writer: FolderWriter, made: Measured, test: HeldOut, rows: NDArray[np.intp]
) -> None:
    network = made.backend.network if isinstance(made.backend, Predicted) else None
    if made.basis == FEATURES and made.variant != network:
        return  # those that share a network share its predictions
    whole = np.full((len(test.bank), *made.heard.cochleagrams.shape[1:]), np.nan, np.float32)
    whole[made.heard.rows] = made.heard.cochleagrams
    name = f"predicted-{made.variant}" + ("-features" if made.basis == FEATURES else "")
    writer.write(
        name, [whole[rows]], rows=TEST, kind="predicted", variant=made.variant, basis=made.basis,
        network=made.network,
    )  # fmt: skip


def _clips(parts: Parts) -> list[LabelledClip]:
    return [
        LabelledClip(
            id=bank.ids[row],
            video=bank.video_ids[row],
            part=part,
            **asdict(bank.impacts[row]),
        )
        for part, (bank, rows) in zip((TRAIN, TEST), parts, strict=True)
        for row in rows
    ]


def _videos(context: Context, parts: Parts) -> list[VideoFacts]:
    scenes = read_scenes(context.dataset.root)
    detected = Counter(name for bank, _ in parts for name in bank.video_ids)
    test = {video.id for video in context.dataset.test}
    return [
        VideoFacts(
            id=video.id,
            part=TEST if video.id in test else TRAIN,
            duration_s=probe(video.pictures).duration_s,
            n_impacts=detected[video.id] if video.impacts is None else len(video.impacts),
            scene=scenes.get(video.id),
        )
        for video in context.dataset.videos
    ]


def _facts(context: Context, seen: bool) -> dict[str, Any]:
    network = context.image_network if seen else None
    return {
        "dataset": context.dataset.root.name,
        "split": context.dataset.split,
        "n_steps": CLIP_STEPS,
        "rate_hz": ENVELOPE_RATE,
        "centres_hz": centre_frequencies().tolist(),
        "image_network": network
        and {"name": network.name, "sha256": network.digest, "size": network.image_size},
    }
