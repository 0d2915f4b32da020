"""What the maker of a set should know, in lines for the screen; the manifest has every detail."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.videos.dataset import Problem
from stimuli.manifest import Manifest, Skipped

NAMED = 3  # so many of a kind are named one by one; more are summed up in a line
TEST, TRAINING, VARIANT, FILE = "video", "training video", "variant", "file"  # stand before the name

Facts = Mapping[str, Any]
"""What the manifest says of a video."""


def problem_skipped(problem: Problem) -> Skipped:
    """Put what is odd about a dataset into the manifest: a recording that is lost, or a file."""
    if problem.lost is not None:
        return Skipped(what=f"{TEST} {problem.lost}", reason=f"{problem.file} {problem.message}")
    return Skipped(what=f"{FILE} {problem.file}", reason=problem.message)


def is_video(skipped: Skipped) -> bool:
    """Tell whether a recording was lost, and not a variant or a line of some file."""
    return _kind(skipped) in (TEST, TRAINING)


def told(skipped: Sequence[Skipped]) -> list[str]:
    """Say what was left out and what is odd; many things of one kind and reason share a line."""
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for item in skipped:
        alike[_kind(item), item.reason].append(item.what)
    lines = []
    for (kind, reason), items in alike.items():
        verb = "note" if kind == FILE else "left out"
        many = [f"{len(items)} {kind}s, {items[0].removeprefix(kind + ' ')} the first"]
        lines += [f"{verb}: {item}: {reason}" for item in (items if len(items) <= NAMED else many)]
    return lines


def notes_on(result: Manifest) -> tuple[str, ...]:
    """Say in sentences what a set has less of than one might think."""
    videos: Mapping[str, Facts] = result.dataset["videos"]
    wanted: int = result.options["clips_per_video"]
    return (*_few(videos, wanted), *_uneven(videos), *_silent(videos), *_gaps(result))


def _kind(skipped: Skipped) -> str:
    return next(kind for kind in (TRAINING, TEST, VARIANT, FILE) if skipped.what.startswith(kind + " "))


def _few(videos: Mapping[str, Facts], wanted: int) -> Iterator[str]:
    few = {video_id: facts for video_id, facts in videos.items() if facts["clips"] < wanted}
    if len(few) > NAMED:
        counts = sorted({facts["clips"] for facts in few.values()})
        span = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]} each"
        yield f"{len(few)} videos have fewer than {wanted} clips: {span}"
        return
    for video_id, facts in few.items():
        yield (
            f"video {video_id}: {facts['clips']} clips, fewer than {wanted}: "
            f"{facts['usable']} of its {facts['impacts']} impacts can be used"
        )


def _uneven(videos: Mapping[str, Facts]) -> Iterator[str]:
    uneven = {video_id: facts for video_id, facts in videos.items() if facts["uneven"]}
    where = "impacts lie where the frame rate varies; no clip is made of them"
    if len(uneven) > NAMED:
        of, among = (sum(facts[key] for facts in uneven.values()) for key in ("uneven", "impacts"))
        yield f"{len(uneven)} videos: {of} of {among} {where}"
        return
    for video_id, facts in uneven.items():
        yield f"video {video_id}: {facts['uneven']} of {facts['impacts']} {where}"


def _silent(videos: Mapping[str, Facts]) -> Iterator[str]:
    counts: Counter[str] = Counter()
    for facts in videos.values():
        counts.update(facts["silent"])
    for name, count in counts.items():
        yield f"variant {name}: silent in {count} clips, which counts as having no sound for them"


def _gaps(result: Manifest) -> Iterator[str]:
    for name in result.variants:
        count = sum(name in clip.stimuli for clip in result.clips)
        if count < len(result.clips):
            yield f"variant {name}: has a sound for {count} of {len(result.clips)} clips"
