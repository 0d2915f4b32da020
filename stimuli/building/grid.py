"""A video's pictures as a grid in time, on which clips are laid."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelsError
from models.sounds.sound import SAMPLE_RATE
from models.videos.dataset import Impact, Video
from models.videos.video import frames_per_clip, probe
from stimuli.building.sampling import even
from stimuli.files.colours import Colours, colours_of
from stimuli.files.media import exact_rate, picture_times, samples_in_clip


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """When a video's pictures are shown, and how clips are cut from them.

    Attributes
    ----------
    times_s : ndarray of float64 [shape=(n_pictures,)]
        When each picture is shown (s).
    rate : float
        Pictures a second (Hz).
    n_frames : int
        Pictures in a whole clip, odd.
    colours : Colours
        What the pictures are coded by.
    """

    times_s: NDArray[np.float64]
    rate: float
    n_frames: int
    colours: Colours

    @property
    def n_samples(self) -> int:
        """Samples of sound that last as long as a whole clip."""
        return samples_in_clip(self.n_frames, exact_rate(self.rate))

    def nearest(self, time_s: float) -> int:
        """Find the picture shown nearest to a time."""
        return int(np.argmin(np.abs(self.times_s - time_s)))

    def anchored(self, impact: Impact, time_s: float) -> Impact:
        """Put an impact's labels on the picture nearest to a time."""
        return replace(impact, time_s=float(self.times_s[self.nearest(time_s)]))

    def first_sample(self, centre: int) -> int:
        """Sample of the recording that is heard with the first picture of a clip."""
        return round(float(self.times_s[centre - self.n_frames // 2]) * SAMPLE_RATE)

    def span(self, centre: int) -> range:
        """List the pictures of the clip round a picture, as far as the video has them."""
        half = self.n_frames // 2
        return range(max(centre - half, 0), min(centre + half + 1, len(self.times_s)))

    def even(self, centre: int, time_s: float) -> bool:
        """Tell whether the clip's pictures come steadily, and one of them at its impact."""
        span = self.span(centre)
        near = abs(float(self.times_s[centre]) - time_s) <= 1 / self.rate
        return near and even(self.times_s[span.start : span.stop], rate=self.rate)


def grid_of(video: Video, *, clip_s: float) -> Grid:
    """Read when a video's pictures are shown.

    Parameters
    ----------
    video : Video
        The recording.
    clip_s : float
        Length of the clips that are to be cut (s).

    Raises
    ------
    ModelsError
        If it has no pictures, or does not say how many a second.
    """
    rate = probe(video.pictures).frame_rate
    times = picture_times(video.pictures)
    if not rate or not times.size:
        raise ModelsError(f"{video.pictures.name} has no pictures, or does not say how many a second")
    n_frames = frames_per_clip(rate, clip_s=clip_s)
    return Grid(times_s=times, rate=rate, n_frames=n_frames, colours=colours_of(video.pictures))


def clip_id(video_id: str, impact: Impact) -> str:
    """Name the clip round an impact: ``<video id>_<time in ms>``."""
    return f"{video_id}_{round(1000 * impact.time_s):06d}"
