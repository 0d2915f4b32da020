"""The command `models`: datasets and video-to-sound models."""

import click

from models.commands.datasets import check_data, demo_data, denoise, write_labels
from models.commands.dub import dub
from models.commands.evaluate import evaluate
from models.commands.list_variants import list_variants
from models.commands.recognition_data import recognition_data
from models.commands.train import train
from models.processes import share_the_machine


@click.group(context_settings={"show_default": True})
@click.version_option(package_name="visually-indicated-sounds")
def main() -> None:
    """Datasets of impact videos, and the models that make sound for them."""
    share_the_machine()


for verb in (
    check_data,
    demo_data,
    denoise,
    dub,
    evaluate,
    list_variants,
    recognition_data,
    train,
    write_labels,
):
    main.add_command(verb)
