"""The page of recognition, and the section of it that a report takes in."""

from collections.abc import Mapping, Sequence

from analysis import formats
from analysis.inference.bootstrap import FEW_VIDEOS, N_RESAMPLES
from analysis.recognition import counts, figures, tasks, walk
from analysis.recognition.bench import N_SHUFFLES, SIGHTS
from analysis.recognition.data import RecognitionData
from analysis.recognition.printed import FULL, SCRATCH
from analysis.recognition.results import Recognition, Result
from analysis.recognition.svm import C_VALUES, CHOICE_ROWS, N_FOLDS
from analysis.recognition.tasks import KINDS, MATERIAL
from analysis.rendering.environment import render as fill

CONFUSIONS = {  # as in the paper, by features: the figure's name, where it is printed, what it shows
    "sound": ("confusion-sound", "Fig. 3b", "real sounds"),
    SCRATCH: ("confusion-scratch", "Fig. 5b", "sounds predicted by the network trained from scratch"),
    FULL: ("confusion-full", "Fig. A1b", "sounds predicted by the pretrained network"),
    "audio-supervised": ("confusion-pictures", "Fig. 5c", "features of the network trained by sound"),
}


def draw_figures(found: Recognition, data: RecognitionData) -> dict[str, str]:
    """Draw all figures that there is something to draw of, SVG by name."""
    drawn = {}
    if found.of("sound", MATERIAL):
        drawn["sounds"] = figures.sounds(found)
    if any(r.features in SIGHTS for r in found.results):
        drawn["sights"] = figures.sights(found)
    for features, (name, _, what) in CONFUSIONS.items():
        if result := found.of(features, MATERIAL):
            ordered = result.confusion.ordered(found.order.classes)
            drawn[name] = figures.confusions(name, ordered, description=f"Confusions of {what}")
    if found.channels:
        drawn["channels"] = figures.channels(found)
    if any(found.means.values()):
        drawn["mean-cochleagrams"] = figures.means(
            found.means, rate_hz=data.rate_hz, centres_hz=data.centres_hz
        )
    if found.walks:
        drawn["walk"] = walk.draw(data, found.walks)
    return drawn


def render(section: str, found: Recognition, *, provenance: Mapping[str, str]) -> str:
    """Make the page round a section."""
    return fill(
        "recognition.html",
        title=f"What the sounds tell: {found.dataset}",
        found=found,
        section=section,
        provenance=provenance.items(),
    )


def render_section(found: Recognition, data: RecognitionData, drawn: Mapping[str, str]) -> str:
    """Make the section: figures and tables, without a page round them."""
    return fill(
        "recognition_section.html",
        found=found,
        figures=drawn,
        findings=_findings(found),
        sounds=_sound_rows(found),
        kinds=[kind for kind in KINDS if found.of("sound", kind)],
        sights=[r for r in found.results if r.kind == MATERIAL and _is_sight(r)],
        confusions=[
            (drawn[name], where, what, found.of(features, MATERIAL))
            for features, (name, where, what) in CONFUSIONS.items()
            if name in drawn
        ],
        walks=[_strip(data, path) for path in found.walks],
        paper=counts.PAPER,
        hard=tasks.HARD,
        soft=tasks.SOFT,
        per_class=tasks.PER_CLASS,
        few_videos=FEW_VIDEOS,
        n_resamples=N_RESAMPLES,
        n_shuffles=N_SHUFFLES,
        c_values=", ".join(f"{value:g}" for value in C_VALUES),
        n_folds=N_FOLDS,
        choice_rows=CHOICE_ROWS,
    )


def _is_sight(result: Result) -> bool:
    return not result.features.startswith("predicted-")


def _findings(found: Recognition) -> list[str]:
    """Say the main numbers in sentences."""
    names = (
        ("sound", "From real sounds"),
        (FULL, "From the sounds that the full system predicts"),
        (SCRATCH, "From those of the network trained from scratch"),
        ("image", "From ImageNet features of the pictures"),
    )
    told = [(start, found.of(features, MATERIAL)) for features, start in names]
    return [
        f"{start}, material is recognised with {formats.percent(result.estimate.value)} class-averaged "
        f"accuracy (95%: {formats.interval(result.estimate)}; chance {formats.percent(result.chance)}"
        + (f"; Owens et al. {result.printed:g}%)." if result.printed is not None else ").")
        for start, result in told
        if result is not None
    ]


def _sound_rows(found: Recognition) -> list[tuple[str, list[Result | None]]]:
    """Set real and predicted sounds one below the other, a column for each kind."""
    kinds = [kind for kind in KINDS if found.of("sound", kind)]
    names = dict.fromkeys(r.features for r in found.results if r.features not in SIGHTS)
    rows = []
    for features in names:
        results = [found.of(features, kind) for kind in kinds]
        label = next(result.label for result in results if result)
        rows.append((label, results))
    return rows


def _strip(data: RecognitionData, path: Sequence[int]) -> list[tuple[str, str]]:
    """Give a walk's pictures as addresses that hold them, with what they show."""
    return [(walk.uri(data.thumbnail(clip)), walk.caption(data, clip)) for clip in path]
