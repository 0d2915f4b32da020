"""A video's pictures as a grid in time, on which clips are laid."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from models.errors import ModelsError
from models.sounds.sound import SAMPLE_RATE
from models.videos.dataset import Impact, Video
from models.videos.video import frames_per_clip
from stimuli.files.colours import Colours, colours_of
from stimuli.files.media import encode_pictures, samples_in_clip
from stimuli.manifest import Clip

UNEVEN = 0.25  # of the time that a picture lasts: 8 ms at 30 Hz


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
        return samples_in_clip(self.n_frames, self.rate)

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

    def is_whole(self, centre: int) -> bool:
        """Tell whether the clip round a picture lies wholly in the video."""
        return len(self.span(centre)) == self.n_frames

    def steady(self, impacts: Iterable[tuple[int, Impact]]) -> list[tuple[int, Impact]]:
        """Keep impacts, each with its nearest picture, whose clips' pictures come evenly."""
        return [(centre, impact) for centre, impact in impacts if self._steady(centre, impact.time_s)]

    def _steady(self, centre: int, time_s: float) -> bool:
        span = self.span(centre)
        near = abs(float(self.times_s[centre]) - time_s) <= 1 / self.rate
        return near and even(self.times_s[span.start : span.stop], rate=self.rate)

    def encoded(self, images: NDArray[np.uint8]) -> bytes:
        """Encode a clip's pictures, see `stimuli.files.media.encode_pictures`."""
        return encode_pictures(images, rate=self.rate, colours=self.colours)

    def clip(self, video: Video, impact: Impact, images: NDArray[np.uint8], *, start_s: float) -> Clip:
        """Say what the manifest says of the clip round an impact, its files aside.

        Parameters
        ----------
        video : Video
            The recording.
        impact : Impact
            The impact, or what a clip that is not centred on one is named and labelled by.
        images : ndarray of uint8 [shape=(n_frames, height, width, 3)]
            Its pictures.
        start_s : float
            Time of the first of them in the recording (s).
        """
        n_frames, height, width = images.shape[:3]
        return Clip(
            id=clip_id(video.id, impact),
            video_id=video.id,
            impact_s=impact.time_s,
            start_s=start_s,
            duration_s=n_frames / self.rate,
            n_frames=n_frames,
            frame_rate=self.rate,
            width=width // 2 * 2,
            height=height // 2 * 2,
            video_sha256="",
            material=impact.material,
            action=impact.action,
            reaction=impact.reaction,
            stimuli={},
        )


def grid_of(video: Video, *, clip_s: float) -> Grid:
    """Read when a video's pictures are shown, without decoding any.

    Parameters
    ----------
    video : Video
        The recording.
    clip_s : float
        Length of the clips that are to be cut (s).

    Raises
    ------
    ModelsError
        If it can't be read, has no pictures, or does not say how many a second.
    """
    name = video.pictures.name
    try:
        with av.open(str(video.pictures)) as container:
            stream = container.streams.video[0]
            rate, base = float(stream.average_rate or 0), stream.time_base or Fraction(1)
            colours = colours_of(stream)
            packets = container.demux(stream)
            times = [float(p.pts * base) for p in packets if p.pts is not None and not p.is_discard]
    except IndexError:
        raise ModelsError(f"{name} has no pictures") from None
    except (av.FFmpegError, OSError) as error:
        raise ModelsError(f"{name} can't be read as a media file: {error}") from error
    if not rate or not times:
        raise ModelsError(f"{name} has no pictures, or does not say how many a second")
    n_frames = frames_per_clip(rate, clip_s=clip_s)
    return Grid(times_s=np.sort(times), rate=rate, n_frames=n_frames, colours=colours)


def even(times_s: NDArray[np.float64], *, rate: float) -> bool:
    """Tell whether pictures can be shown at a steady rate without leaving their sound.

    Parameters
    ----------
    times_s : ndarray of float64 [shape=(n_frames,)]
        When each picture of a clip is shown in the recording (s).
    rate : float
        Pictures a second in the clip (Hz).

    Returns
    -------
    bool
        False if one would come more than `UNEVEN` of a picture early or late against the sound, which
        is cut out in the recording's own time.
    """
    steady = times_s[0] + np.arange(len(times_s)) / rate
    return bool(np.abs(times_s - steady).max() <= UNEVEN / rate)


def clip_id(video_id: str, impact: Impact) -> str:
    """Name the clip round an impact: ``<video id>_<time in ms>``."""
    return f"{video_id}_{round(1000 * impact.time_s):06d}"
