"""Which file of a folder holds whose sound: the layouts that later systems write.

A file is known by its name, as it is or without what other systems append to it: ``_generated`` and
``_with_audio`` (HunyuanVideo-Foley), ``_to_<condition>`` and ``_trim_to_2s_from_3.0667`` (CondFoleyGen),
``_denoised`` and ``_mic`` (the published recordings, if those were the input), ``_2`` for the third ten
seconds (Video-Foley), a space for each ``+`` (FoleyCrafter). ``map.csv`` says the rest, see
`variants.import_map`. Some systems keep what they were told beside what they generated; that is passed
over (`ASIDE`).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import ModelsError
from models.variants.import_map import MAP, Claim, Piece, read_map
from models.videos.dataset import Dataset
from models.videos.video import probe

SOUNDS = (".wav", ".flac", ".m4a", ".mp3", ".ogg", ".opus", ".aac")
PICTURES = (".mp4", ".mov", ".mkv", ".webm")  # only their sound is taken, where there is no sound file
ENDINGS = (
    *("_generated", "_with_audio"),
    *("_new_fps", "_resized", "_resize"),
    *("_denoised_thumb", "_denoised", "_mic"),
)
# SyncFusion keeps the sound it was conditioned on as <name>_cond.wav; CondFoleyGen has folders of the
# condition and of the true sound, by the same names as what it generated.
ASIDE = re.compile(r".*_cond|.*_(cond|orig)_video(_\d+)?")
TRIMMED = re.compile(r"(?P<name>.+?)_trim_to_\d+s_from_(?P<start>\d+(\.\d+)?)(_.*)?")
NUMBERED = re.compile(r"(?P<name>.+)_(?P<index>\d{1,2})")
SEGMENT_S = 10.0  # "10s" in Video-Foley's preprocess/extract_audio_and_video.py
SEGMENT_SLACK_S = 0.1  # codecs fill their last frame
CLIP = re.compile(r"(?P<video>.+)_(?P<ms>\d{6,})")  # how `stimuli build` names clips
SHOWN = 3  # names in a message


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """Where the sounds lie.

    Attributes
    ----------
    videos : dict of str to tuple of Piece
        By video id: one file for the whole of it, or some for stretches, in order of time.
    clips : dict of str to Piece
        By clip id.
    """

    videos: Mapping[str, tuple[Piece, ...]]
    clips: Mapping[str, Piece]


def read_folder(folder: Path, dataset: Dataset) -> Sources:
    """Find out which file holds whose sound, without decoding any.

    Parameters
    ----------
    folder : Path
        With folders in it, if need be, and with a ``map.csv`` where names don't tell.
    dataset : Dataset
        The recordings that the sounds are for.

    Raises
    ------
    ModelsError
        If there is nothing for this dataset, if two files claim the same sound, if one is a recording
        of the dataset itself, or if a line of the map can't be used.
    """
    paths = _sound_paths(folder)
    _check_originals(paths, dataset)
    ids = _known_ids(dataset)
    mapped = read_map(folder / MAP, paths, ids, CLIP) if (folder / MAP).exists() else ()
    seen = {claim.piece.path for claim in mapped}
    named = [claim for path in paths if path not in seen and (claim := _named(path, ids))]
    if not (mapped or named):
        raise ModelsError(_nothing(folder, paths, dataset))
    _check_segments(named)
    taken = {claim.target for claim in mapped}
    return _sources([*mapped, *(claim for claim in named if claim.target not in taken)], folder)


def _readings(stem: str) -> Iterator[tuple[str, float | None, bool]]:
    """Read a file name in every way that it may be meant, as it is first.

    Parameters
    ----------
    stem : str
        The name without its suffix.

    Yields
    ------
    name : str
        Of a video or clip, perhaps.
    offset_s : float or None
        Time of the video at which the file then begins (s), if the name says so.
    numbered : bool
        Whether that follows from the number of a ten-second segment.
    """
    yield stem, None, False
    trimmed = TRIMMED.fullmatch(stem)
    if trimmed:
        for name in _bare(trimmed["name"]):
            yield name, float(trimmed["start"]), False
        return
    for name in _bare(stem.partition("_to_")[0]):
        yield name, None, False
        numbered = NUMBERED.fullmatch(name)
        if numbered:
            for bare in _bare(numbered["name"]):
                yield bare, SEGMENT_S * int(numbered["index"]), True


def _bare(name: str) -> Iterator[str]:
    """Take one ending after the other off a name."""
    yield name
    while ending := next((e for e in ENDINGS if name.endswith(e) and name != e), None):
        name = name.removesuffix(ending)
        yield name


def check_folder(folder: Path) -> None:
    """Check that there is such a folder.

    Raises
    ------
    ModelsError
        If there is none.
    """
    if not folder.is_dir():
        raise ModelsError(f"no folder {folder}; give the folder that holds the ready-made sounds")


def _sound_paths(folder: Path) -> list[Path]:
    check_folder(folder)
    paths = [path for path in sorted(folder.rglob("*")) if _is_sound(path, folder)]
    if not paths:
        raise ModelsError(
            f"no sound in {folder}; expected one file per video, <video id>.wav, or per clip, "
            f"<clip id>.wav (or {' '.join((*SOUNDS, *PICTURES)[1:])})"
        )
    return paths


def _is_sound(path: Path, folder: Path) -> bool:
    within = path.relative_to(folder)
    aside = any(ASIDE.fullmatch(part) for part in (*within.parts[:-1], path.stem))
    kind = path.suffix.lower() in (*SOUNDS, *PICTURES)
    return kind and not aside and not path.name.startswith(".") and path.is_file()


def _check_originals(paths: Iterable[Path], dataset: Dataset) -> None:
    own = {file.resolve() for video in dataset.videos for file in (video.pictures, video.sound)}
    for path in paths:
        if path.resolve() in own:
            raise ModelsError(
                f"{path} is a recording of the dataset, so that its sound is the real one; give a "
                "folder that holds only what was synthesized"
            )


def _known_ids(dataset: Dataset) -> dict[str, str]:
    """Map every way to write a video's id to it: as it is, or with a space for each plus sign."""
    ids = [video.id for video in dataset.videos]
    spaced = Counter(_spaced(video_id) for video_id in ids)
    found = {_spaced(video_id): video_id for video_id in ids if spaced[_spaced(video_id)] == 1}
    return found | {video_id: video_id for video_id in ids}


def _spaced(name: str) -> str:
    return name.replace("+", " ")


def _named(path: Path, ids: Mapping[str, str]) -> Claim | None:
    for name, offset_s, numbered in _readings(path.stem):
        piece = Piece(path=path, offset_s=offset_s)
        if name in ids:
            return Claim(target=ids[name], is_clip=False, piece=piece, numbered=numbered)
        clip = CLIP.fullmatch(name)
        if clip and clip["video"] in ids and offset_s is None:
            return Claim(target=f"{ids[clip['video']]}_{clip['ms']}", is_clip=True, piece=piece)
    return None


def _nothing(folder: Path, paths: Sequence[Path], dataset: Dataset) -> str:
    files = [path.relative_to(folder).as_posix() for path in paths]
    return (
        f"none of the {len(files)} sounds in {folder} ({_some(files)}) is named after a video of the "
        f"dataset ({_some([video.id for video in dataset.videos])}) or after a clip; rename them, or "
        f"write {folder / MAP} with a line 'file,video_id,offset_s' on top and a line for each file, "
        "offset_s being the time of the video at which the file begins"
    )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")


def _check_segments(claims: Iterable[Claim]) -> None:
    for claim in claims:
        path = claim.piece.path
        if claim.numbered and (duration_s := probe(path).duration_s) > SEGMENT_S + SEGMENT_SLACK_S:
            raise ModelsError(
                f"{path} has a number, as segments of {SEGMENT_S:g} s have, but lasts {duration_s:.1f} "
                f"s; name it after its video, {claim.target}, or say in {MAP} where it begins"
            )


def _sources(claims: Iterable[Claim], folder: Path) -> Sources:
    videos: dict[str, list[Piece]] = defaultdict(list)
    clips: dict[str, list[Piece]] = defaultdict(list)
    for claim in claims:
        (clips if claim.is_clip else videos)[claim.target].append(claim.piece)
    return Sources(
        videos={target: _stretches(target, pieces, folder) for target, pieces in videos.items()},
        clips={target: _only(target, pieces, folder) for target, pieces in clips.items()},
    )


def _stretches(target: str, pieces: Sequence[Piece], folder: Path) -> tuple[Piece, ...]:
    """Put a video's files in order of time, one for each time that they begin at."""
    by_start: dict[float | None, list[Piece]] = defaultdict(list)
    for piece in pieces:
        by_start[piece.offset_s].append(piece)
    if None in by_start and len(by_start) > 1:
        one, other, *_ = (of[0] for of in by_start.values())
        raise ModelsError(_two(target, one, other, folder))
    found = [_only(target, of, folder) for of in by_start.values()]
    return tuple(sorted(found, key=lambda piece: piece.offset_s or 0.0))


def _only(target: str, pieces: Sequence[Piece], folder: Path) -> Piece:
    """Choose among files for the same thing: a sound file before a video with that sound."""
    sounds = [piece for piece in pieces if piece.path.suffix.lower() in SOUNDS]
    kept = sounds or pieces
    if len(kept) > 1:
        raise ModelsError(_two(target, kept[0], kept[1], folder))
    return kept[0]


def _two(target: str, one: Piece, other: Piece, folder: Path) -> str:
    names = [piece.path.relative_to(folder).as_posix() for piece in (one, other)]
    return (
        f"both {names[0]} and {names[1]} in {folder} are for {target}; remove one, give a folder that "
        f"holds one of them, or say in {folder / MAP} which to take"
    )
