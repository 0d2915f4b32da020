"""One page to look at and listen to a stimulus set, for the experimenter."""

import base64
import io
import os
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.progress import Report, silently
from models.sounds.cochleagram import cochleagrams
from models.sounds.pictures import cochleagram_png
from models.sounds.sound import SAMPLE_RATE
from stimuli import manifest
from stimuli.errors import StimuliError
from stimuli.files.media import decode_pictures, decode_sound
from stimuli.files.sounds import Waveform
from stimuli.manifest import CATCH, CATCH_SILENCE, REAL, Clip, Manifest

LINKED = ("exemplar", "distance", "file", "made")  # what is shown of a sound's source, in this order
PICTURE_WIDTH = 480  # pixels, at most
OF_PAIRS = {
    "kind": "pairs",
    "what": "stimuli",
    "warning": "This page shows which sound is real. It is for the experimenter: keep it from "
    "participants.",
    "hint": "Click a row to hear it, the picture to hear it again. The dashed line is the impact; all "
    "cochleagrams of a clip share one scale.",
}
OF_SILENT_CLIPS = {
    "kind": "silent",
    "what": "silent clips",
    "warning": "This page shows what is known already. It is for the experimenter: keep it from "
    "annotators.",
    "hint": "Left the clip that annotators see, which has no sound; right its picture at the impact, "
    "with a ring where somebody has noted it before.",
}


def write_preview(
    folder: Path,
    out: Path,
    *,
    n_clips: int | None = 12,
    embed: bool | None = None,
    report: Report = silently,
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
    report : callable
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
    shown = []
    for done, clip in enumerate(clips, start=1):
        section = _silent_section if clip.silent else _section
        shown.append(section(clip, folder, None if embed else out))
        report("Drawing", done, len(clips))
    facts = {
        "clips": f"{len(result.clips)} of {len(result.video_ids)} videos, {len(clips)} shown",
        **(_facts_of_silent_clips if manifest.is_annotation(result) else _facts_of_pairs)(result),
        "dataset": str(result.dataset.get("root")),
    }
    rows = [f"<div><dt>{escape(key)}</dt><dd>{escape(text)}</dd></div>" for key, text in facts.items()]
    page = Template(files("stimuli.checking").joinpath("preview.html").read_text(encoding="utf-8"))
    text = page.substitute(
        OF_SILENT_CLIPS if manifest.is_annotation(result) else OF_PAIRS,
        title=escape(folder.resolve().name),
        facts="\n".join(rows),
        clips="\n".join(shown),
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


def _facts_of_pairs(result: Manifest) -> dict[str, str]:
    tells = result.audit.get("tells", [])
    return {
        "pairs": str(sum(len(clip.variants) for clip in result.clips)),
        "variants": ", ".join(result.variants),
        "seed": str(result.seed),
        "level": str(result.options.get("level")),
        "leak audit": "; ".join(tells) or f"nothing tells in {result.audit.get('n_pairs', 0)} pairs",
    }


def _facts_of_silent_clips(result: Manifest) -> dict[str, str]:
    n_placed = sum(clip.silent is not None and clip.silent.x is not None for clip in result.clips)
    return {
        "length": f"up to {result.options.get('clip_s')} s, silent",
        "labels known": f"for {sum(any(_labels(clip)) for clip in result.clips)} clips",
        "places known": f"for {n_placed} clips",
        "seed": str(result.seed),
    }


def _section(clip: Clip, folder: Path, page: Path | None) -> str:
    """Show a clip's stimuli, the real one first; the page links to them, or holds them (None)."""
    paths = {name: manifest.media_path(folder, one) for name, one in clip.stimuli.items()}
    sounds = {name: _sound(clip, path) for name, path in paths.items()}
    stack = cochleagrams(np.stack(list(sounds.values())), sample_rate=SAMPLE_RATE).cpu().numpy()
    top = float(np.quantile(stack, 0.999))
    pictures = {
        name: cochleagram_png(one, scale=1, maximum=top) for name, one in zip(sounds, stack, strict=True)
    }
    names = [REAL, *(name for name in clip.stimuli if name != REAL)]
    rows = [_row(clip, name, pictures[name], _address(paths[name], page)) for name in names]
    images = decode_pictures(paths[REAL].read_bytes())
    return f"""<section class=clip>
<div class=screen><video poster="{_jpeg(images[len(images) // 2])}" preload=none playsinline
style="aspect-ratio: {clip.width} / {clip.height}"></video></div>
<div class=side>
<h2>{escape(clip.video_id)} <small>at {clip.impact_s:.3f} s</small>{_chips(clip)}</h2>
<p class=facts>{clip.n_frames} pictures, {clip.frame_rate:.2f} a second, {clip.width} by {clip.height},
{clip.duration_s:.3f} s</p>
<ul>
{"".join(rows)}</ul>
</div>
</section>"""


def _sound(clip: Clip, path: Path) -> Waveform:
    return decode_sound(path.read_bytes()).waveform[: round(clip.duration_s * SAMPLE_RATE)]


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
src="{_data_uri(picture, kind="image/png")}"></span>
<span class=level>{stimulus.level_dbfs:.1f} dBFS{apart}</span>
<span class=source>{escape(_source(stimulus.source)) or "recorded"}</span>
</button></li>
"""


def _source(source: Mapping[str, Any]) -> str:
    shown = [f"{key} {_short(source[key])}" for key in LINKED if key in source]
    return ", ".join(shown) or ", ".join(f"{key} {_short(value)}" for key, value in source.items())


def _short(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _silent_section(clip: Clip, folder: Path, page: Path | None) -> str:
    """Show a clip beside its picture at the impact, with the place and the labels that are known."""
    if clip.silent is None:
        raise ValueError(f"clip {clip.id} has no silent file")
    path = manifest.media_path(folder, clip.silent)
    images = decode_pictures(path.read_bytes())
    at_s = clip.impact_s - clip.start_s
    struck = images[min(round(at_s * clip.frame_rate), len(images) - 1)]
    size = f"{clip.n_frames} pictures, {clip.width} by {clip.height}"
    x, y = clip.silent.x, clip.silent.y
    cross = ""
    if x is not None and y is not None:
        cross = f'<span class=cross style="left:{100 * x:.1f}%;top:{100 * y:.1f}%"></span>'
    return f"""<section class=clip>
<h2>{escape(clip.video_id)} <small>at {clip.impact_s:.3f} s</small></h2>
<div class=pair>
<figure><video src="{escape(_address(path, page))}" muted loop autoplay playsinline></video>
<figcaption>{clip.duration_s:.2f} s, {size}</figcaption></figure>
<figure><div class=still><img src="{_jpeg(struck)}"
alt="picture at the impact">{cross}</div>
<figcaption>impact, {at_s:.2f} s into the clip</figcaption></figure>
</div>
<p>{_chips(clip) or "<span class=none>no label known</span>"}</p>
</section>"""


def _chips(clip: Clip) -> str:
    return "".join(f"<span class=chip>{escape(label)}</span>" for label in _labels(clip) if label)


def _labels(clip: Clip) -> tuple[str | None, ...]:
    return clip.material, clip.action, clip.reaction


def _jpeg(image: NDArray[np.uint8]) -> str:
    """Encode a picture (uint8 RGB [shape=(height, width, 3)]) for a page that needs no other file."""
    picture, target = Image.fromarray(image), io.BytesIO()
    picture.thumbnail((PICTURE_WIDTH, picture.height))
    picture.save(target, "jpeg", quality=90)
    return _data_uri(target.getvalue(), kind="image/jpeg")


def _data_uri(data: bytes, *, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _address(path: Path, page: Path | None) -> str:
    """Give a video file's address on a page that links to it, or that holds it (None)."""
    if page is None:
        return _data_uri(path.read_bytes(), kind="video/mp4")
    return Path(os.path.relpath(path.resolve(), page.resolve().parent)).as_posix()
