"""The command `models denoise`."""

from pathlib import Path

import click

from models.commands.failures import failures_told
from models.commands.options import PATH


@click.command()
@click.argument("source", type=PATH)
@click.option(
    "-o",
    "--out",
    type=PATH,
    help="The WAV file to write; of a dataset, the folder for them, by default the dataset itself.",
)
@click.option(
    "--noise-share",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.2,
    show_default=True,
    help="Share of the track, its quietest part, that the noise is learned from.",
)
@click.option(
    "--floor",
    "floor_db",
    type=click.FloatRange(max=0),
    default=-18.0,
    show_default=True,
    help="Most that anything is turned down (dB).",
)
def denoise(source: Path, out: Path | None, noise_share: float, floor_db: float) -> None:
    """Take steady noise out of SOURCE, a sound or video file or a dataset of raw microphone tracks.

    Of a dataset, each <id>_mic recording gets an <id>_denoised.wav, which from then on is the sound that
    is read; those that have one are left alone.
    """
    from models.sounds.denoising import DenoiseOptions
    from models.videos.denoised import denoise_dataset, denoise_file

    with failures_told():
        options = DenoiseOptions(noise_share=noise_share, floor_db=floor_db)
        if source.is_dir():
            for path in denoise_dataset(source, out or source, options=options):
                click.echo(path)
            return
        if out is None:
            raise click.ClickException(f"where to? give the WAV file for {source.name} as -o FILE.wav")
        denoise_file(source, out, options=options)
