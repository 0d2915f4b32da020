"""Mean cochleagrams of classes (Fig. 3a)."""

import numpy as np
from numpy.typing import NDArray

from analysis.recognition.data import RecognitionData

CHUNK = 2048  # clips read at a time


def mean_cochleagrams(data: RecognitionData, kind: str) -> dict[str, NDArray[np.float64]]:
    """Average the real sounds of each class, over training and test clips.

    Returns
    -------
    dict of str to (ndarray of float64 [shape=(n_steps, n_channels)])
        By class, in order of name.
    """
    names, codes = np.unique(data.labels[kind], return_inverse=True)
    shape = data.arrays["sound"].shape[1:]
    sums = np.zeros((len(names), int(np.prod(shape))))
    for start in range(0, len(data), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(data)))
        member = codes[rows][None, :] == np.arange(len(names))[:, None]  # (classes, clips)
        sums += member.astype(np.float32) @ data.rows("sound", rows)
    counts = np.bincount(codes, minlength=len(names))
    means = (sums / counts[:, None]).reshape(len(names), *shape)
    return {str(name): mean for name, mean in zip(names, means, strict=True) if name}
