"""One page to look at and listen to a stimulus set, for the experimenter."""

from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from models.progress import Report
from models.sounds.cochleagram import cochleagrams
from models.sounds.pictures import cochleagram_png
from models.sounds.sound import SAMPLE_RATE
from stimuli import manifest
from stimuli.checking.pictures import address_of, data_uri, jpeg
from stimuli.checking.silent_preview import silent_facts, silent_section
from stimuli.errors import StimuliError
from stimuli.files.media import decode_pictures, decode_sound
from stimuli.manifest import CATCH, CATCH_SILENCE, REAL, Clip, Manifest, Stimulus

LINKED = ("exemplar", "distance", "file", "made")  # what is shown of a sound's source, in this order


def write_preview(
    folder: Path,
    out: Path,
    *,
    n_clips: int | None = 12,
    embed: bool | None = None,
    report: Report | None = None,
) -> None:
    """Write the page.

    Parameters
    ----------
    folder : Path
        A stimulus set.
    out : Path
        The page.
    n_clips : int or None
        How many clips to show, from as many videos as there are; None for all.
    embed : bool or None
        Whether the page holds the media or links to them; None: it links if it lies in `folder`.
    report : callable, optional
        Called as ``report(step, done, total)``.

    Raises
    ------
    StimuliError
        If the set can't be read or the page can't be written.
    """
    result = manifest.read(folder)
    clips = spread(result, n_clips=n_clips)
    if embed is None:
        embed = not out.resolve().is_relative_to(folder.resolve())
    silent = manifest.is_annotation(result)
    section = silent_section if silent else _section
    sections = []
    for done, clip in enumerate(clips, start=1):
        sections.append(section(clip, folder, None if embed else out))
        if report is not None:
            report("Drawing", done, len(clips))
    name = "preview_silent.html" if silent else "preview.html"
    page = Template(files("stimuli").joinpath(name).read_text(encoding="utf-8"))
    facts = (silent_facts if silent else _facts)(result, len(clips))
    rows = [f"<div><dt>{escape(key)}</dt><dd>{escape(text)}</dd></div>" for key, text in facts.items()]
    text = page.substitute(
        title=escape(folder.resolve().name), facts="\n".join(rows), clips="\n".join(sections)
    )
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StimuliError(f"{out} can't be written ({error}); give another --out") from error


def spread(result: Manifest, *, n_clips: int | None) -> list[Clip]:
    """Choose clips from as many videos as possible: one of each, then a second, and so on.

    Of each video the clip with catch sounds comes first.
    """
    by_video = [
        sorted(result.clips_of(video_id), key=lambda clip: not clip.catches)
        for video_id in result.video_ids
    ]
    ranked = [(rank, clip) for clips in by_video for rank, clip in enumerate(clips)]
    chosen = [clip for _, clip in sorted(ranked, key=lambda item: item[0])][:n_clips]
    return sorted(chosen, key=lambda clip: clip.id)


def _facts(result: Manifest, n_shown: int) -> dict[str, str]:
    n_pairs = sum(len(clip.variants) for clip in result.clips)
    tells = result.audit.get("tells", [])
    return {
        "clips": f"{len(result.clips)} of {len(result.video_ids)} videos, {n_shown} shown",
        "pairs": str(n_pairs),
        "variants": ", ".join(result.variants),
        "seed": str(result.seed),
        "level": str(result.options.get("level")),
        "leak audit": "; ".join(tells) or f"nothing tells in {result.audit.get('n_pairs', 0)} pairs",
        "dataset": str(result.dataset.get("root")),
    }


def _section(clip: Clip, folder: Path, page: Path | None) -> str:
    sounds = {name: _sound(clip, stimulus, folder) for name, stimulus in clip.stimuli.items()}
    stack = cochleagrams(np.stack(list(sounds.values())), sample_rate=SAMPLE_RATE).cpu().numpy()
    top = float(np.quantile(stack, 0.999))
    pictures = {
        name: cochleagram_png(one, scale=1, maximum=top) for name, one in zip(sounds, stack, strict=True)
    }
    names = [REAL, *(name for name in clip.stimuli if name != REAL)]
    paths = {name: manifest.media_path(folder, clip.stimuli[name]) for name in names}
    rows = [_row(clip, name, pictures[name], address_of(paths[name], page)) for name in names]
    images = decode_pictures(paths[REAL].read_bytes())
    poster = data_uri(jpeg(images[len(images) // 2]), kind="image/jpeg")
    labels = [label for label in (clip.material, clip.action, clip.reaction) if label]
    chips = "".join(f"<span class=chip>{escape(label)}</span>" for label in labels)
    return f"""<section class=clip>
<div class=screen><video poster="{poster}" preload=none playsinline
style="aspect-ratio: {clip.width} / {clip.height}"></video></div>
<div class=side>
<h2>{escape(clip.video_id)} <small>at {clip.impact_s:.3f} s</small>{chips}</h2>
<p class=facts>{clip.n_frames} pictures, {clip.frame_rate:.2f} a second, {clip.width} by {clip.height},
{clip.duration_s:.3f} s</p>
<ul>
{"".join(rows)}</ul>
</div>
</section>"""


def _sound(clip: Clip, stimulus: Stimulus, folder: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    decoded = decode_sound(manifest.media_path(folder, stimulus).read_bytes())
    return decoded.waveform[: round(clip.duration_s * SAMPLE_RATE)]


def _row(clip: Clip, name: str, picture: bytes, address: str) -> str:
    stimulus = clip.stimuli[name]
    apart = (
        "" if name in (REAL, CATCH_SILENCE) else f" ({stimulus.level_dbfs - clip.real.level_dbfs:+.1f})"
    )
    impact = 100 * (clip.impact_s - clip.start_s) / clip.duration_s
    kind = "real" if name == REAL else "catch" if name in CATCH else "synthesized"
    return f"""<li><button type=button class={kind} data-src="{escape(address)}">
<span class=name>{escape(name)}</span>
<span class=map style="--impact:{impact:.1f}%"><img alt="cochleagram of {escape(name)}"
src="{data_uri(picture, kind="image/png")}"></span>
<span class=level>{stimulus.level_dbfs:.1f} dBFS{apart}</span>
<span class=source>{escape(_source(stimulus.source)) or "recorded"}</span>
</button></li>
"""


def _source(source: Mapping[str, Any]) -> str:
    shown = [f"{key} {_short(source[key])}" for key in LINKED if key in source]
    return ", ".join(shown) or ", ".join(f"{key} {_short(value)}" for key, value in source.items())


def _short(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
