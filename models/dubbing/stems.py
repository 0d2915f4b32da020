"""What a dub is made of, as files for a sound editor: the track, each sound, and a list of them."""

import csv
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.sounds.mixing import Placed
from models.sounds.sound import SAMPLE_RATE
from models.sounds.waves import WaveFile

TRACK, LIST = "mix.wav", "impacts.csv"
COLUMNS = ("impact_s", "file", "starts_s", "duration_s", "source")


class Stems(ExitStack):
    """A folder of stems, filled while the dub is made; complete when the context is left.

    Parameters
    ----------
    folder : Path
        Made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._track = self.enter_context(closing(WaveFile(folder / TRACK)))
        file = self.enter_context((folder / LIST).open("w", encoding="utf-8", newline=""))
        self._rows = csv.writer(file)
        self._rows.writerow(COLUMNS)

    def each(self, sounds: Iterable[Placed]) -> Iterator[Placed]:
        """Write each sound to a file of its own as it passes through."""
        for number, sound in enumerate(sounds, start=1):
            name = f"impact-{number:05d}.wav"
            with closing(WaveFile(self._folder / name)) as file:
                file.write(sound.waveform)
            start_s, duration_s = sound.start / SAMPLE_RATE, len(sound.waveform) / SAMPLE_RATE
            times = f"{start_s:.6f}", f"{duration_s:.6f}"
            self._rows.writerow([f"{sound.impact_s:.6f}", name, *times, json.dumps(sound.source)])
            yield sound

    def track(self, pieces: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """Write the track as it passes through."""
        for piece in pieces:
            self._track.write(piece)
            yield piece
