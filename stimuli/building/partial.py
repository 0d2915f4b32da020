"""An unfinished set on disk: ``<out>.partial`` holds what is done, video by video, until all is.

``set/`` becomes the stimulus set; ``done/<digest of the id>.video/manifest.json`` says what a finished
video gave, in the manifest's own format; ``build.json`` holds the digest of all that shapes the set. A
changed option or input gives another digest, and the build starts anew.
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from stimuli import manifest
from stimuli.building.assembly import NAME_DIGITS, UNFINISHED
from stimuli.manifest import MEDIA_FOLDER, Manifest

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

    def result(self, video_id: str) -> Manifest | None:
        """Read what a video gave; None if it isn't finished."""
        try:
            found = manifest.read(self._done(video_id))
        except manifest.ManifestError:
            return None
        return found if all((self.media / name).is_file() for name in found.media()) else None

    def keep(self, video_id: str, result: Manifest) -> None:
        """Write down what a video gave, when its media are in place."""
        done = self._done(video_id)
        writing = done.with_suffix(UNFINISHED)
        shutil.rmtree(writing, ignore_errors=True)
        shutil.rmtree(done, ignore_errors=True)
        writing.mkdir(parents=True)
        manifest.write(result, writing)
        writing.rename(done)

    def finish(self, result: Manifest) -> None:
        """Turn the folder into the finished set: one rename, so that it is there whole or not at all."""
        manifest.write(result, self.folder / "set")
        (self.folder / "set").rename(self.out)
        self.discard()

    def tidy(self, media: Sequence[str]) -> None:
        """Drop what an interrupted run left, and give all media files one time and one mode."""
        wanted = set(media)
        for path in sorted(self.media.iterdir()):
            if path.name in wanted:
                os.utime(path, (TIME_OF_ALL, TIME_OF_ALL))
                path.chmod(0o644)
            else:
                path.unlink()

    def discard(self) -> None:
        """Remove the folder and all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _done(self, video_id: str) -> Path:
        # A digest, since a long name that has its letters written as codes is no file name any more.
        return self.folder / "done" / (sha256(video_id.encode()).hexdigest()[:NAME_DIGITS] + ".video")


def open_partial(out: Path, *, digest: str) -> Partial:
    """Go on with the unfinished set for `out` if it has this digest, or start one.

    Parameters
    ----------
    out : Path
        Where the finished set will stand.
    digest : str
        Of all that shapes the set.
    """
    partial = Partial(folder=out.with_name(out.name + ".partial"), out=out)
    state = partial.folder / STATE_NAME
    if not state.is_file() or json.loads(state.read_text(encoding="utf-8") or "{}") != {
        "digest": digest
    }:
        partial.discard()
        partial.media.mkdir(parents=True)
        state.write_text(json.dumps({"digest": digest}), encoding="utf-8")
    return partial
