"""Every sentence a participant reads, with the English that a new study starts from."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any


def _text(meaning: str, default: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """The words on the pages; a blank line starts a new paragraph, a line with ``- `` a list item.

    Each field's metadata says where the words stand. Words in braces are filled in by the page and
    may stand anywhere in the sentence.
    """

    title: str = _text("Name of the study, on top of every page", "Real or fake sound?")
    consent_heading: str = _text("Consent page: heading", "Welcome")
    consent: str = _text(
        "Consent page: what people agree to. Replace it with the text your ethics board approved",
        "In this study you will watch pairs of very short videos of a stick striking or scratching "
        "things, and judge their sounds. It takes about {minutes} minutes.\n\n"
        "- You need sound. Headphones in a quiet room are best.\n"
        "- Taking part is voluntary: you may stop at any time by closing the page.\n"
        "- We keep your answers and response times under a random name, and nothing that says who "
        "you are.\n\n"
        "By going on you say that you are 18 or older, have read this, and agree to take part.",
    )
    consent_button: str = _text("Consent page: button", "I agree, let's start")
    instructions_heading: str = _text("Instructions page: heading", "What to do")
    instructions: str = _text(
        "Instructions page: what to do",
        "You will see the same short video twice, with two different sounds. One is the real sound "
        "that was recorded with the video; the other one was made by a computer.\n\n"
        "- Play the pair: first Sound 1, then Sound 2.\n"
        "- Then choose the one that you think is real. If you are not sure, guess.\n"
        "- Keys: space plays the pair, 1 and 2 choose.",
    )
    with_practice: str = _text(
        "Instructions page: what comes, in a study with practice",
        "We start with {practice} practice pairs, after which you are told the right answer. Then "
        "come {main} pairs without.",
    )
    without_practice: str = _text(
        "Instructions page: what comes, in a study without practice (practice = 0)",
        "There are {main} pairs.",
    )
    instructions_button: str = _text("Instructions page: button", "Start")
    sound_1: str = _text("Name of the first sound of a pair", "Sound 1")
    sound_2: str = _text("Name of the second sound of a pair", "Sound 2")
    question: str = _text("Trial page: the question", "Which one had the real sound?")
    play_button: str = _text("Trial page: button that starts a pair", "Play")
    replay_button: str = _text("Trial page: button that plays the pair again", "Play again")
    replays_left: str = _text("Trial page: how often it may still be played", "{count} left")
    loading: str = _text("Trial page: while the videos load", "Loading the videos …")
    ready: str = _text("Trial page: before the pair plays", "Press Play or the space bar.")
    listen: str = _text("Trial page: while the pair plays", "Watch and listen.")
    saving: str = _text("Trial page: while the answer is sent", "Saving your answer …")
    practice_progress: str = _text("Trial page: progress in practice", "Practice {position} of {count}")
    main_progress: str = _text("Trial page: progress", "Pair {position} of {count}")
    right: str = _text("Practice: after a right answer", "Right! {sound} was the real one.")
    wrong: str = _text("Practice: after a wrong answer", "Not quite: {sound} was the real one.")
    next_button: str = _text("Practice: button that goes on", "Next pair")
    practice_over_heading: str = _text("After the practice: heading", "The practice is over")
    practice_over: str = _text(
        "After the practice: what comes now",
        "Now come {main} pairs. You will not be told the right answers any more.",
    )
    practice_over_button: str = _text("After the practice: button", "Go on")
    blocked: str = _text(
        "Trial page: when the browser did not let the video play",
        "Your browser held the video back. Press Play once more.",
    )
    offline: str = _text(
        "Any page: when the server can't be reached; the page goes on trying by itself",
        "The connection is lost. Your answer is kept here and sent as soon as it is back; "
        "please leave this page open.",
    )
    failed: str = _text(
        "Any page: when something can't be loaded, before a button that tries again",
        "Something could not be loaded. Please check your connection and try again.",
    )
    retry_button: str = _text("Any page: button that tries again", "Try again")
    thanks_heading: str = _text("Last page: heading", "Thank you!")
    thanks: str = _text(
        "Last page: what happens now", "All your answers are saved. You may close this page."
    )
    code_label: str = _text("Last page: what the completion code is", "Your completion code")
    copy_button: str = _text("Last page: button that copies the code", "Copy")
    copied: str = _text("Last page: after the code was copied", "Copied")
    bad_link: str = _text(
        "Any page: when the link is incomplete or not from this study",
        "This link is not complete. Please open the link that you were given once more.",
    )
    no_javascript: str = _text(
        "Any page: when the browser runs no JavaScript",
        "This page needs JavaScript. Please switch it on, or open the page in another browser.",
    )


MEANINGS = {f.name: f.metadata["meaning"] for f in dataclasses.fields(Texts)}
