"""The tables of the study file: each key with its meaning, unit, allowed values and default."""

import re
from dataclasses import dataclass

from experiment_server.studies.toml_text import key, one_of, within

PAIRS, ANNOTATION = TASKS = ("2afc", "annotation")  # what participants do
PRACTICE, MAIN = "practice", "main"  # the two phases of a session
PRACTICE_VIDEOS = ("apart", "reuse")
DOORS = ("link", "panel", "prolific", "mturk")
TARGETS = ("new videos", "these clips")
HEADPHONES = {
    "none": (),
    "huggins": ("huggins",),
    "antiphase": ("antiphase",),
    "both": ("huggins", "antiphase"),
}  # the kinds of test that each word stands for
MAX_TRIALS = 1000  # a typing slip, not a study, asks one person for more
FRAME_ANCESTOR = re.compile(r"https?://[\w.*:-]+", re.ASCII)
PANEL_RETURN = re.compile(r"(https://[\w.:-]+([/?#][!-~]*)?)?", re.ASCII)  # none in the host to fill in


def pair_of(contrast: str) -> tuple[str, ...]:
    """Split a declared contrast, ``"full : random"``, into its variants: two, if it is one."""
    names = tuple(name.strip() for name in contrast.split(":"))
    return names if all(names) and len(set(names)) == len(names) else ()


def _is_return(address: str) -> bool:
    return PANEL_RETURN.fullmatch(address) is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Trials:
    """What each participant is shown; each field's metadata is its explanation in the file."""

    main: int = key(
        "Main trials of each participant, 1 or more. Each video is shown to a participant at most "
        "once, so this can't be more than there are videos (less the practice trials, unless "
        'practice_videos = "reuse").',
        allowed=within(0, MAX_TRIALS),
    )
    practice: int = key(
        "Practice trials before them, after which the right answer is revealed; 0 or more. The "
        "paper has 5.",
        default=5,
        allowed=within(0, MAX_TRIALS),
    )
    practice_videos: str = key(
        'Where practice trials come from. "apart": from videos that the participant does not see '
        'again. "reuse": also from other clips of videos that come again in main trials, when '
        "there are too few videos to keep apart; never the same clip.",
        default="apart",
        allowed=one_of(PRACTICE_VIDEOS),
    )
    variants: tuple[str, ...] = key(
        "Variants to compare with the real sound, by name; [] for all in the stimulus set. Each "
        "participant gets every variant equally often, or as nearly as the numbers allow.",
        default=(),
        allowed=lambda names: len(set(names)) == len(names),
    )
    replays: int = key(
        "How many times a participant may play a pair again before answering; 0 or more.",
        default=0,
        allowed=within(0),
    )
    cue_ms: int = key(
        'How long the words "Sound 1" and "Sound 2" stand on the blank screen before each sound '
        "(milliseconds), 0 to 5000.",
        default=800,
        allowed=within(0, 5000),
    )
    catch: int = key(
        "Catch trials among the main ones, with a sound that nobody takes for the real one (silence, a "
        "steady tone); they look like the others, come in addition to `main`, need videos of their own, "
        "and stay out of the fool rates. 0 or more; the stimulus set must hold catch sounds.",
        default=0,
        allowed=within(0, MAX_TRIALS),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Recruiting:
    """Through which doors people come, and where they are sent in the end."""

    doors: tuple[str, ...] = key(
        'How people may arrive, one or more of: "link" (anybody with the address), "panel" (any panel, '
        'by the panel keys below), "prolific", "mturk".',
        default=("link",),
        allowed=lambda doors: bool(doors) and set(doors) <= set(DOORS),
    )
    participants: int = key(
        "Close the door to new ones when so many people are complete or under way; 0 for no limit.",
        default=0,
        allowed=within(0),
    )
    lease_minutes: int = key(
        "Who does nothing for so long gives the place in the design back (and may still come back); 1 "
        "to 1440.",
        default=30,
        allowed=within(1, 1440),
    )
    panel_id: str = key(
        'Panel: name of the address parameter that holds the person\'s id, such as "participantId".',
        default="",
    )
    panel_return: str = key(
        "Panel: address to which people are sent in the end, {person}, {session} (the parameter of the "
        'name "session", if there is one), {outcome} (complete, screened_out, failed_media or '
        "withdrawn) and {code} filled in; it must begin with https://.",
        default="",
        allowed=_is_return,
    )
    panel_return_others: str = key(
        "Panel: address, made in the same way, for those who did not come to the end (all outcomes but "
        'complete); "" for the same as panel_return.',
        default="",
        allowed=_is_return,
    )
    prolific_complete: str = key("Prolific: completion code of those who finish.", default="")
    prolific_screened_out: str = key(
        "Prolific: completion code of those who do not pass the headphone test (of type "
        "FIXED_SCREEN_OUT_PAYMENT, so that they are paid).",
        default="",
    )
    prolific_failed_media: str = key(
        "Prolific: completion code of those whose browser would not play the clips.", default=""
    )
    prolific_withdrawn: str = key("Prolific: completion code of those who stop.", default="")
    frame_ancestors: tuple[str, ...] = key(
        "Sites (beside MTurk's, where that is a door) that may show the study in a frame, such as "
        '"https://panel.example".',
        default=(),
        allowed=lambda sites: all(FRAME_ANCESTOR.fullmatch(site) for site in sites),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Screening:
    """What people are asked to do, or to have, before the instructions."""

    mobile: str = key(
        'Telephones and tablets: "exclude" or "allow".',
        default="exclude",
        allowed=one_of(("exclude", "allow")),
    )
    sound_check: bool = key(
        "Whether a page plays a noise, at the level of the clips, with which people set their volume; "
        "never in an annotation study, which is silent.",
        default=True,
    )
    headphones: str = key(
        'Headphone test: "none", "huggins" (Milne et al. 2021), "antiphase" (Woods et al. 2017), or '
        '"both", one after the other; "none" in an annotation study.',
        default="none",
        allowed=one_of(HEADPHONES),
    )
    headphone_trials: int = key(
        "Trials of each kind of headphone test, 1 to 24.", default=6, allowed=within(1, 24)
    )
    headphone_pass: int = key(
        "Right answers, of those of each kind, that pass. Milne et al. ask for 6 of 6, Woods et al. for "
        "5 of 6.",
        default=5,
        allowed=within(1),
    )
    headphone_attempts: int = key(
        "How often the test may be taken; who does not pass is thanked and paid. 1 to 5.",
        default=2,
        allowed=within(1, 5),
    )
    media_failures: int = key(
        "After so many presentations that failed or stalled a participant is thanked and paid; 1 or "
        "more.",
        default=3,
        allowed=within(1),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Pay:
    """What each ending of a session is worth; shown on the dashboard, and used when people are paid."""

    currency: str = key(
        "Three letters.", default="USD", allowed=lambda text: re.fullmatch("[A-Z]{3}", text) is not None
    )
    complete_cents: int = key("For those who finish (cents).", default=0, allowed=within(0))
    screened_out_cents: int = key(
        "For those who do not pass the headphone test (cents).", default=0, allowed=within(0)
    )
    failed_media_cents: int = key(
        "For those whose clips would not play (cents).", default=0, allowed=within(0)
    )
    withdrawn_cents: int = key("For those who stop (cents).", default=0, allowed=within(0))

    def cents(self, state: str) -> int:
        """Tell what it is worth to have come so far, in a participant's `state`; 0 while under way."""
        return int(getattr(self, f"{state}_cents", 0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Exclusions:
    """Whose answers, and which of them, the analysis leaves out; pay does not depend on these rules."""

    catch_percent: int = key(
        "Leave out who gets less than this share of their catch trials right (percent); 0 for no rule. "
        "Who had no catch trial stays.",
        default=50,
        allowed=within(0, 100),
    )
    headphones: bool = key(
        "Leave out who did not pass the headphone test; who had none stays.", default=True
    )
    fast_ms: int = key(
        "Leave out answers given sooner than this after the end of the second clip (milliseconds); 0 "
        "for no rule.",
        default=100,
        allowed=within(0),
    )
    fast_percent: int = key(
        "Leave out who gives this share of their answers, or more, too fast (percent), 1 to 100; 0 for "
        "no rule.",
        default=50,
        allowed=within(0, 100),
    )
    slow_ms: int = key(
        "Leave out answers that took longer than this (milliseconds); 0 for no rule.",
        default=0,
        allowed=within(0),
    )
    hidden_ms: int = key(
        "Leave out answers of trials during which the page was out of sight for so long or longer "
        "(milliseconds); 0 for no rule.",
        default=500,
        allowed=within(0),
    )
    stalls: int = key(
        "Leave out answers of trials whose playback halted so often or oftener; 0 for no rule.",
        default=3,
        allowed=within(0),
    )
    side_percent: int = key(
        "Leave out who names the same interval in this share of their answers, or more (percent), 51 "
        "to 100; 0 for no rule. It acts from 10 answers on.",
        default=95,
        allowed=lambda percent: percent == 0 or 50 < percent <= 100,
    )
    repeated: bool = key(
        "Leave out what a person answered when the panel let them in a second time; their first session "
        "stays.",
        default=True,
    )
    least_answers: int = key(
        "Leave out who has fewer answers than this after the rules above; 0 for no rule.",
        default=0,
        allowed=within(0),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """What the analysis will ask, declared before the answers are seen."""

    contrasts: tuple[str, ...] = key(
        'The comparisons to be tested, as "first : second"; [] for every two variants. Their p values '
        "are adjusted together (Holm).",
        default=(),
        allowed=lambda texts: all(len(pair_of(text)) == 2 for text in texts),
    )
    margin_points: int = key(
        "How near to 50 % a fool rate must lie to be called equivalent to chance (percentage points), 1 "
        "to 49.",
        default=5,
        allowed=within(1, 49),
    )
    target: str = key(
        'Whom and what the results are to be about: "new videos" (new people and new videos), or "these '
        'clips" (new people, and the clips of this stimulus set only).',
        default="new videos",
        allowed=one_of(TARGETS),
    )
