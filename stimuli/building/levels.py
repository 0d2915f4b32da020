"""How loud the stimuli of a clip are to be: the two policies."""

from collections.abc import Callable, Mapping

from stimuli.files.sounds import SILENT_DBFS, Waveform, peak_dbfs, rms_dbfs
from stimuli.manifest import REAL

CEILING_DBFS = -1.0  # no peak is encoded above it: from -0.45 dBFS on FFmpeg's AAC dims sounds

Policy = Callable[[Mapping[str, Waveform]], dict[str, float]]


def keep(sounds: Mapping[str, Waveform]) -> dict[str, float]:
    """Keep the levels as they are, as the paper did: every sound is turned down by the same 1 dB.

    Only a sound whose peaks exceed full scale is turned down by more, to `CEILING_DBFS`.

    Returns
    -------
    dict of str to float
        Gain of each sound (dB).
    """
    return {name: CEILING_DBFS - max(0.0, peak_dbfs(sound)) for name, sound in sounds.items()}


def match(sounds: Mapping[str, Waveform]) -> dict[str, float]:
    """Bring all sounds of a clip to one level: the real sound's, or the highest that all can reach.

    A sound whose peaks would pass `CEILING_DBFS` at the real sound's level pulls the whole clip
    down with it, the real sound too, so that the sounds are equal whatever their peaks. Sounds below
    `SILENT_DBFS` can't be brought anywhere and are left out of the result.

    Returns
    -------
    dict of str to float
        Gain of each sound that can be heard (dB).
    """
    levels = {name: rms_dbfs(waveform) for name, waveform in sounds.items()}
    heard = {name: level for name, level in levels.items() if level > SILENT_DBFS}
    reach = [level + CEILING_DBFS - peak_dbfs(sounds[name]) for name, level in heard.items()]
    target = min([levels[REAL], *reach])
    return {name: target - level for name, level in heard.items()}


POLICIES: Mapping[str, Policy] = {"keep": keep, "match": match}
