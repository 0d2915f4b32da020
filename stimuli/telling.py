"""What the command `stimuli` says of what it did."""

from pathlib import Path

import click

from stimuli.building.notes import told
from stimuli.building.sets import Built
from stimuli.checking.findings import Checked


def tell_built(built: Built, out: Path) -> None:
    """Say what a build of pairs came to."""
    result = built.manifest
    _tell_made(built, out)
    n_pairs = sum(len(clip.variants) for clip in result.clips)
    click.echo(
        f"{out}: {len(result.clips)} clips of {len(result.video_ids)} videos, {n_pairs} pairs, "
        f"{len(result.variants)} variants: {', '.join(result.variants)}"
    )
    if n_caught := sum(bool(clip.catches) for clip in result.clips):
        click.echo(f"  catch sounds (silence, a tone) for {n_caught} of the clips")
    _tell_notes(built)
    click.echo(f"  leak audit: nothing tells real from synthesized in {result.audit['n_pairs']} pairs")


def tell_silent(built: Built, out: Path) -> None:
    """Say what a build of silent clips came to."""
    result = built.manifest
    _tell_made(built, out)
    click.echo(f"{out}: {len(result.clips)} silent clips of {len(result.video_ids)} videos")
    _tell_notes(built)


def _tell_made(built: Built, out: Path) -> None:
    if not built.made:
        click.echo(f"{out} was built already from the same dataset and options; nothing was done.")


def _tell_notes(built: Built) -> None:
    for line in told(built.manifest.skipped):
        click.echo(f"  {line}", err=True)
    for note in built.notes:
        click.echo(f"  note: {note}", err=True)


def tell_checked(checked: Checked) -> None:
    """Say what a check found."""
    click.echo(checked.summary())
    for finding in checked.findings:
        click.echo(f"  {finding}", err=True)
