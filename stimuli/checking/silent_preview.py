"""What a page shows of a set of silent clips: each clip, its picture at the impact, what is known."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from stimuli import manifest
from stimuli.checking.pictures import address_of, data_uri, jpeg
from stimuli.files.media import decode_pictures
from stimuli.manifest import Clip, Manifest, SilentFile


def silent_facts(result: Manifest, n_shown: int) -> dict[str, str]:
    """List what stands at the head of the page.

    Parameters
    ----------
    result : Manifest
        The set's.
    n_shown : int
        Clips on the page.
    """
    n_known = sum(any((c.material, c.action, c.reaction)) for c in result.clips)
    n_placed = sum(c.silent is not None and c.silent.x is not None for c in result.clips)
    return {
        "clips": f"{len(result.clips)} of {len(result.video_ids)} videos, {n_shown} shown",
        "length": f"up to {result.options.get('clip_s')} s, silent",
        "labels known": f"for {n_known} clips",
        "places known": f"for {n_placed} clips",
        "seed": str(result.seed),
        "dataset": str(result.dataset.get("root")),
    }


def silent_section(clip: Clip, folder: Path, page: Path | None) -> str:
    """Show a clip beside its picture at the impact, with the place and the labels that are known.

    Parameters
    ----------
    clip : Clip
        One that has a silent file.
    folder : Path
        The set.
    page : Path or None
        The page that links to the clip; None if it is to hold it.
    """
    if clip.silent is None:
        raise ValueError(f"clip {clip.id} has no silent file")
    path = manifest.media_path(folder, clip.silent)
    images = decode_pictures(path.read_bytes())
    at_s = clip.impact_s - clip.start_s
    struck = images[min(round(at_s * clip.frame_rate), len(images) - 1)]
    size = f"{clip.n_frames} pictures, {clip.width} by {clip.height}"
    labels = [label for label in (clip.material, clip.action, clip.reaction) if label]
    return f"""<section class=clip>
<h2>{escape(clip.video_id)} <small>at {clip.impact_s:.3f} s</small></h2>
<div class=pair>
<figure><video src="{escape(address_of(path, page))}" muted loop autoplay playsinline></video>
<figcaption>{clip.duration_s:.2f} s, {size}</figcaption></figure>
<figure><div class=still><img src="{data_uri(jpeg(struck), kind="image/jpeg")}"
alt="picture at the impact">{_cross(clip.silent)}</div>
<figcaption>impact, {at_s:.2f} s into the clip</figcaption></figure>
</div>
<p>{_chips(labels)}</p>
</section>"""


def _cross(file: SilentFile) -> str:
    if file.x is None or file.y is None:
        return ""
    return f'<span class=cross style="left:{100 * file.x:.1f}%;top:{100 * file.y:.1f}%"></span>'


def _chips(labels: Sequence[str]) -> str:
    if not labels:
        return "<span class=none>no label known</span>"
    return "".join(f"<span class=chip>{escape(label)}</span>" for label in labels)
