"""The tables of an annotation study: what people say of an impact, and the words that they read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from experiment_server.studies.sections import MAX_TRIALS
from experiment_server.studies.toml_text import key, within

MATERIAL, ACTION, REACTION = KINDS = ("material", "action", "reaction")  # what an impact is labelled by

# The classes of the published annotations, and those that were merged into them afterwards: "workers
# chose from finer-grained categories. We then merged similar, frequently confused categories" (Section
# 3; cardboard + paper, concrete + rock, cloth + cushion, rubber + plastic).
MATERIALS = (
    "cardboard", "carpet", "ceramic", "cloth", "concrete", "cushion", "dirt", "drywall", "glass",
    "grass", "gravel", "leaf", "metal", "paper", "plastic", "plastic-bag", "rock", "rubber", "tile",
    "water", "wood",
)  # fmt: skip
ACTIONS = ("hit", "scratch")
REACTIONS = (
    "static: nothing moves",
    "rigid-motion: it moves as a whole",
    "deform: it bends or gives way",
    "scatter: bits fly apart",
    "splash: liquid splashes",
)
_LISTS = (
    '; each as its name in the data or, where the page should say it otherwise, as "name: words on the '
    'page".'
)
LABEL = re.compile(r"(?!None$)[\w-]{1,64}")  # in `_times.txt` labels stand between spaces, or are None


def choices_of(texts: tuple[str, ...]) -> dict[str, str]:
    """Read choices, each ``"name"`` or ``"name: words"``; without words the name itself is shown."""
    parts = [(name.strip(), words.strip()) for name, _, words in (text.partition(":") for text in texts)]
    return {name: words or name.replace("-", " ") for name, words in parts}


def _are_choices(texts: tuple[str, ...]) -> bool:
    """Tell whether these are two choices or more, whose names can stand in a file of labels."""
    names = choices_of(texts)
    return len(names) == len(texts) > 1 and all(LABEL.fullmatch(name) for name in names)


@dataclass(frozen=True, kw_only=True, slots=True)
class Annotation:
    """What each participant labels, and by which choices."""

    impacts: int = key(
        "Impacts that each participant labels, 1 to 1000; not more than the stimulus set has.",
        default=20,
        allowed=within(1, MAX_TRIALS),
    )
    votes: int = key(
        "People who are to label each impact, 1 or more. Impacts that have fewer come first.",
        default=3,
        allowed=within(1),
    )
    materials: tuple[str, ...] = key(
        f"The materials to choose from, 2 or more{_LISTS}", default=MATERIALS, allowed=_are_choices
    )
    actions: tuple[str, ...] = key(
        f"The actions to choose from, 2 or more{_LISTS}", default=ACTIONS, allowed=_are_choices
    )
    reactions: tuple[str, ...] = key(
        f"The reactions to choose from, 2 or more{_LISTS}", default=REACTIONS, allowed=_are_choices
    )
    other: bool = key(
        "Whether people may say that they can't tell a label or the place; it counts as no label.",
        default=True,
    )
    click: bool = key("Whether people click the place of the impact on a still picture.", default=True)

    def choices(self, kind: str) -> dict[str, str]:
        """List the choices of one of `KINDS`: names in the data, and the words on the page."""
        return choices_of(getattr(self, f"{kind}s"))


@dataclass(frozen=True, kw_only=True, slots=True)
class AnnotationTexts:
    """The words on the annotation page, beside those that all pages share."""

    clip_heading: str = key("Above the clip that plays again and again", default="The clip")
    now: str = key("On the clip, at the moment of the impact", default="Now")
    pause_button: str = key("Button that halts the clip", default="Pause")
    resume_button: str = key("Button that lets it go on", default="Go on")
    place_heading: str = key("Above the still picture", default="Click the place of the impact")
    place_hint: str = key(
        "Below the still picture: how to do it by keyboard",
        default="Arrows move the cross (with Shift: farther), Enter sets it.",
    )
    place_label: str = key(
        "For screen readers: what the still picture is, with the place that is set",
        default="Still picture of the impact; cross at {x} % from the left, {y} % from the top",
    )
    unseen: str = key("Choice of those who can't see the place", default="I can't see it")
    material: str = key("Question after the material", default="What is struck or scratched?")
    action: str = key("Question after the action", default="What does the stick do?")
    reaction: str = key("Question after the reaction", default="What happens to the thing?")
    cant_tell: str = key("Choice of those who can't tell a label", default="can't tell")
    submit_button: str = key("Button that sends the answers", default="Submit")
    missing: str = key("Beside that button, while answers are missing", default="Still missing: {what}")
    missing_place: str = key("There: the place", default="place")
    missing_material: str = key("There: the material", default="material")
    missing_action: str = key("There: the action", default="action")
    missing_reaction: str = key("There: the reaction", default="reaction")
    complete: str = key("Beside that button, when nothing is missing", default="Everything is answered.")


# What the texts that all studies have begin with in an annotation study.
WORDS: Mapping[str, str] = {
    "title": "What is being struck?",
    "consent": "In this study you will watch very short silent videos of a stick striking or scratching "
    "things, and say what you see: which material it is, what the stick does, and what happens. It "
    "takes about {minutes} minutes.\n\n"
    "- You need no sound. A large screen and a mouse or keyboard are best.\n"
    "- Taking part is voluntary: you may stop at any time.\n"
    "- We keep your answers, their times and your kind of browser, under a random name. If a panel sent "
    "you, its id for you is kept apart from them, to pay you, and deleted afterwards. You may have your "
    "answers deleted.\n\n"
    "By going on you say that you are 18 or older, have read this, and agree to take part.",
    "refused_mobile": "This study needs a computer: what is to be seen is too small for telephones and "
    "tablets. Please open the same link on a laptop or desktop computer.",
    "instructions": "You will see one short silent video at a time, which plays again and again. A "
    "frame lights up at the moment of the impact that we ask about.\n\n"
    "- On the picture beside it, click the place where the stick touches the thing.\n"
    "- Then choose what the thing is made of, what the stick does, and what happens to the thing.\n"
    "- If several impacts are to be seen, answer for the one at which the frame lights up.\n"
    "- Each choice has a key; it stands beside it.",
    "without_practice": "There are {impacts} videos.",
    "main_progress": "Video {position} of {count}",
    "loading": "Loading the video …",
    "told_failed": "That video could not be played, so it does not count. It is no fault of yours.",
    "told_elsewhere": "That video was answered in another window. Let's go on with the next one.",
}
