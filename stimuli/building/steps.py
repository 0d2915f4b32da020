"""The steps that every video goes through: decode, synthesize, encode; a few videos at a time.

Decoding and encoding run in worker processes or on a cluster, synthesis here. The three are chained
generators, each of which holds a few videos at most, so that memory does not grow with the dataset.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from models.pool import Pool
from models.progress import Report
from models.videos.dataset import Video
from stimuli.building.assembly import Made, encode_video
from stimuli.building.catch import with_catch_sounds
from stimuli.building.options import Options, derived_rng
from stimuli.building.recordings import PreparedVideo, prepare_video
from stimuli.building.variants import Variants, synthesize
from stimuli.manifest import Manifest, Skipped


@dataclass(frozen=True, kw_only=True)
class Steps:
    """The steps of one build.

    Attributes
    ----------
    variants : Variants
        What makes the sounds.
    options : Options
        The build's.
    media : Path
        Where stimuli are written.
    report : callable
        Called as ``report(step, done, total)``.
    """

    variants: Variants
    options: Options
    media: Path
    report: Report

    def run(self, videos: Sequence[Video], *, n_videos: int) -> Iterator[tuple[str, Manifest]]:
        """Take videos through all steps.

        Parameters
        ----------
        videos : sequence of Video
            Those that are not finished.
        n_videos : int
            All of the set, for the report.

        Yields
        ------
        (str, Manifest)
            A video's id and what it gave, as a manifest of that video alone.
        """
        before = n_videos - len(videos)
        covers = self.variants.externals if self.options.common_clips else ()
        prepare = partial(prepare_video, options=self.options, covers=covers)
        encode = partial(
            encode_video, folder=self.media, level=self.options.level, bitrate=self.options.bitrate
        )
        for step in ("Decoding", "Synthesizing", "Encoding"):
            self.report(step, before, n_videos)
        with Pool(self.options.workers, cluster=self.options.cluster) as pool:
            made = self._made(pool.map(prepare, videos), before, n_videos)
            for done, result in enumerate(pool.map(encode, made), start=before + 1):
                self.report("Encoding", done, n_videos)
                yield result

    def _made(
        self, prepared: Iterator[PreparedVideo | Skipped], before: int, n_videos: int
    ) -> Iterator[Made]:
        for done, video in enumerate(prepared, start=before + 1):
            self.report("Decoding", done, n_videos)
            yield self._synthesized(video)
            self.report("Synthesizing", done, n_videos)

    def _synthesized(self, video: PreparedVideo | Skipped) -> Made:
        if isinstance(video, Skipped):
            return Made(video_id=video.what.removeprefix("video "), facts={}, skipped=(video,))
        needed = [of.name for of in self.variants.externals] if self.options.common_clips else []
        made = synthesize(self.variants, video, seed=self.options.seed, needed=needed)
        if not made.works:
            reason = Skipped(what=f"video {video.id}", reason=_without_sound(made.silent))
            return Made(video_id=video.id, facts={}, skipped=(reason,))
        facts = {
            "impacts": video.n_impacts,
            "usable": video.n_usable,
            "uneven": video.n_uneven,
            "clips": len(made.works),
            "silent": dict(made.silent),
        }
        works = made.works
        if self.options.catch:
            works = with_catch_sounds(works, rng=derived_rng(self.options.seed, "catch", video.id))
        return Made(video_id=video.id, facts={video.id: facts}, works=works)


def _without_sound(silent: Mapping[str, int]) -> str:
    counts = ", ".join(f"{name} in {count}" for name, count in silent.items())
    return "no variant has a sound for its clips" + (f" (silent: {counts})" if counts else "")
