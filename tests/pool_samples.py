"""Work for pools; a module of its own, for worker processes import it and should start fast."""

import os
import signal

import numpy as np

from models.errors import ModelsError


def doubled(number: int) -> tuple[int, int]:
    return 2 * number, os.getpid()


def larger(picture: np.ndarray) -> np.ndarray:
    return picture + 1


def dying(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def failing(number: int) -> int:
    raise ModelsError(f"number {number} can't be used")
