"""The sounds of recordings with their steady noise taken out, as files."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from models.errors import ModelsError
from models.files import whole_file
from models.sounds.denoising import DenoiseOptions, denoise
from models.sounds.waves import WaveFile
from models.videos.dataset import read_dataset
from models.videos.video import probe, read_sound

RAW, DENOISED = "_mic", "_denoised.wav"  # at the end of names, after the id


def denoise_file(source: Path, out: Path, *, options: DenoiseOptions) -> None:
    """Denoise the sound of a file into a WAV file of the same rate, whole or not at all.

    Raises
    ------
    ModelsError
        If the source has no sound or can't be read.
    """
    rate = probe(source).sample_rate if source.exists() else None
    if rate is None:
        raise ModelsError(f"{source} has no sound; give a sound or video file")
    waveform = denoise(read_sound(source, sample_rate=rate), sample_rate=rate, options=options)
    with whole_file(out) as partial, closing(WaveFile(partial, sample_rate=rate)) as file:
        file.write(waveform)


def denoise_dataset(root: Path, out: Path, *, options: DenoiseOptions) -> Iterator[Path]:
    """Write an ``<id>_denoised.wav`` for each recording of a dataset that has a raw track alone.

    Yields
    ------
    Path
        Each file when it is written.

    Raises
    ------
    ModelsError
        If the folder holds no raw track.
    """
    raw = [v for v in read_dataset(root).videos if v.sound.stem == f"{v.id}{RAW}"]
    if not raw:
        raise ModelsError(f"no recording of {root} has a sound named <id>{RAW} and no denoised one")
    for video in raw:
        path = out / f"{video.id}{DENOISED}"
        denoise_file(video.sound, path, options=options)
        yield path
