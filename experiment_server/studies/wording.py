"""A study's texts with its numbers filled in, and the consent text as people agree to it."""

import hashlib
import math
import re

from experiment_server.studies.sections import ANNOTATION, HEADPHONES
from experiment_server.studies.study import Study

# How long a session takes, for the estimate that the consent page gives (s).
SECONDS_A_TRIAL = 9  # two cues and clips of half a second, and time to decide
SECONDS_A_HEADPHONE_TRIAL = 8  # three sounds of a second with gaps, and time to decide
SECONDS_OF_SOUND_CHECK = 20
SECONDS_AN_IMPACT = 20  # a clip of two seconds, seen some times; one click and three choices
SECONDS_BESIDE = 90  # consent, instructions, thanks


def fill(text: str, **values: object) -> str:
    """Put values in a text's braces; braces with other words in them stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], found[0])), text)


def numbers(study: Study) -> dict[str, int]:
    """Count what the texts' braces speak of; catch trials count as main ones, which they look like."""
    screening = study.screening
    return {
        "practice": study.trials.practice,
        "main": study.trials.main + study.trials.catch,
        "headphones": screening.headphone_trials * len(HEADPHONES[screening.headphones]),
        "impacts": study.annotation.impacts,
        "minutes": minutes(study),
    }


def minutes(study: Study) -> int:
    """Estimate how long a session takes (minutes, rounded up)."""
    if study.task == ANNOTATION:
        return math.ceil((SECONDS_BESIDE + SECONDS_AN_IMPACT * study.annotation.impacts) / 60)
    trials, screening = study.trials, study.screening
    kinds = len(HEADPHONES[screening.headphones])
    seconds = (
        SECONDS_BESIDE
        + SECONDS_OF_SOUND_CHECK * screening.sound_check
        + SECONDS_A_HEADPHONE_TRIAL * screening.headphone_trials * kinds
        + SECONDS_A_TRIAL * (trials.practice + trials.main + trials.catch)
    )
    return math.ceil(seconds / 60)


def consent_text(study: Study) -> str:
    """Return the consent text word for word as the page shows it."""
    return fill(study.texts.consent, **numbers(study))


def consent_sha256(study: Study) -> str:
    """Name the version of the consent text: SHA-256 of `consent_text`, 64 hexadecimal digits."""
    return hashlib.sha256(consent_text(study).encode()).hexdigest()
