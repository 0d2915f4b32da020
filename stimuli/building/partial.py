"""An unfinished set on disk: ``<out>.partial`` holds what is done, video by video, until all is.

``set/`` becomes the stimulus set; ``done/<digest of the id>.video/manifest.json`` says what a finished
video gave, in the manifest's own format; ``build.json`` holds the digest of all that shapes the set. A
changed option or input gives another digest, and the build starts anew.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from models.videos.dataset import Video
from stimuli import manifest
from stimuli.building.clips import VideoClips
from stimuli.files.names import NAME_DIGITS, UNFINISHED
from stimuli.manifest import MEDIA_FOLDER, Clip, Manifest, Skipped

STATE_NAME = "build.json"
TIME_OF_ALL = 946_684_800  # 1 January 2000, UTC: the time that all media files bear


@dataclass(frozen=True, kw_only=True, slots=True)
class Partial:
    """An unfinished set.

    Attributes
    ----------
    folder : Path
        ``<out>.partial``.
    out : Path
        Where the finished set will stand.
    """

    folder: Path
    out: Path

    @property
    def media(self) -> Path:
        """Where media files are written."""
        return self.folder / "set" / MEDIA_FOLDER

    def completed(
        self, videos: Sequence[Video], make: Callable[[Sequence[Video], int], Iterator[VideoClips[Clip]]]
    ) -> list[Manifest]:
        """Make what is not finished yet, and list what all videos gave, a manifest each, in their order.

        Parameters
        ----------
        videos : sequence of Video
            All of the set.
        make : callable
            Given those that are not finished, and how many are; each is kept as it comes.
        """
        results = {video.id: self._result(video.id) for video in videos}
        pending = [video for video in videos if results[video.id] is None]
        for made in make(pending, len(videos) - len(pending)):
            results[made.id] = self._kept(made)
        return [result for result in results.values() if result]

    def _result(self, video_id: str) -> Manifest | None:
        """Read what a video gave; None if it isn't finished."""
        try:
            found = manifest.read(self._done(video_id))
        except manifest.ManifestError:
            return None
        return found if all((self.media / name).is_file() for name in found.media()) else None

    def _kept(self, made: VideoClips[Clip]) -> Manifest:
        """Write down what a video gave, when its media are in place."""
        result, done = _manifest_of(made), self._done(made.id)
        writing = done.with_suffix(UNFINISHED)
        shutil.rmtree(writing, ignore_errors=True)
        shutil.rmtree(done, ignore_errors=True)
        writing.mkdir(parents=True)
        manifest.write(result, writing)
        writing.rename(done)
        return result

    def tidy(self, result: Manifest) -> None:
        """Drop what an interrupted run left, and give all media files one time and one mode."""
        wanted = set(result.media())
        for path in sorted(self.media.iterdir()):
            if path.name in wanted:
                os.utime(path, (TIME_OF_ALL, TIME_OF_ALL))
                path.chmod(0o644)
            else:
                path.unlink()

    def finish(self, result: Manifest) -> Manifest:
        """Turn the folder into the finished set: one rename, so that it is there whole or not at all."""
        manifest.write(result, self.folder / "set")
        (self.folder / "set").rename(self.out)
        self.discard()
        return result

    def discard(self) -> None:
        """Remove the folder and all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _done(self, video_id: str) -> Path:
        # A digest, since a long name that has its letters written as codes is no file name any more.
        return self.folder / "done" / (sha256(video_id.encode()).hexdigest()[:NAME_DIGITS] + ".video")


def open_partial(out: Path, begun: Manifest) -> Partial:
    """Go on with the unfinished set for `out` if it was begun in the same way, or start one.

    Parameters
    ----------
    out : Path
        Where the finished set will stand.
    begun : Manifest
        With all that shapes the set.
    """
    partial = Partial(folder=out.with_name(out.name + ".partial"), out=out)
    text = json.dumps({"digest": manifest.digest(begun)})
    state = partial.folder / STATE_NAME
    if not state.is_file() or state.read_text(encoding="utf-8") != text:
        partial.discard()
        partial.media.mkdir(parents=True)
        state.write_text(text, encoding="utf-8")
    return partial


def _manifest_of(made: VideoClips[Clip]) -> Manifest:
    lost = (Skipped(what=f"video {made.id}", reason=made.lost),) if made.lost else ()
    return Manifest(
        seed=0,
        options={},
        dataset={} if lost else {made.id: made.counts},
        versions={},
        variants={},
        clips=made.clips,
        skipped=lost,
    )
