"""A small set of silent clips, and the steps of those who label them on the site."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from server_samples import Visitor, encode

from experiment_server import tokens
from experiment_server.exports import labels
from experiment_server.folders import drafts, folder
from stimuli.manifest import MEDIA_FOLDER, Clip, Manifest, SilentFile, write

FRAME_RATE = 25  # Hz
N_FRAMES = 50
IMPACT_S = 1.0
KNOWN = (("wood", "hit", "static"), ("water", "scratch", "splash"), (None, None, None))
LABEL = {"material": "wood", "action": "hit", "reaction": "static", "x": 0.25, "y": 0.75}


def write_silent_set(
    target: Path,
    *,
    n_videos: int = 4,
    clips_per_video: int = 3,
    width: int = 160,
    height: int = 90,
    is_playable: bool = False,
) -> Path:
    """Write a set of silent clips; where nothing plays it, its media are noise."""
    (target / MEDIA_FOLDER).mkdir(parents=True)
    rng = np.random.default_rng(1)
    clips = []
    for index in range(n_videos * clips_per_video):
        content = (
            encode(_pictures(index, width, height), frame_rate=FRAME_RATE)
            if is_playable
            else rng.bytes(300 + index)
        )
        media = rng.bytes(8).hex() + ".mp4"
        (target / MEDIA_FOLDER / media).write_bytes(content)
        clip = _clip(index, index // clips_per_video, media, content)
        clips.append(replace(clip, width=width, height=height))
    write(Manifest(seed=1, options={}, dataset={}, versions={}, variants={}, clips=tuple(clips)), target)
    return target


def _clip(index: int, video: int, media: str, content: bytes) -> Clip:
    material, action, reaction = KNOWN[index % 3]
    is_known = material is not None
    return Clip(
        id=f"clip-{index:03d}",
        video_id=f"video-{video:03d}",
        impact_s=5.0 + index,
        start_s=5.0 + index - IMPACT_S,
        duration_s=N_FRAMES / FRAME_RATE,
        n_frames=N_FRAMES,
        frame_rate=float(FRAME_RATE),
        width=0,
        height=0,
        video_sha256="0" * 64,
        material=material,
        action=action,
        reaction=reaction,
        stimuli={},
        silent=SilentFile(
            media=media,
            sha256=hashlib.sha256(content).hexdigest(),
            n_bytes=len(content),
            x=0.3 if is_known else None,
            y=0.6 if is_known else None,
        ),
    )


def _pictures(index: int, width: int, height: int) -> NDArray[np.uint8]:
    """Draw a stick that comes down on a table, and is there at the impact alone."""
    frames = np.full((N_FRAMES, height, width, 3), 205 - 8 * (index % 6), np.uint8)
    frames[:, 2 * height // 3 :] = (150, 110, 70)
    side = height // 5
    for number, frame in enumerate(frames):
        away = min(1.0, abs(number / FRAME_RATE - IMPACT_S))
        top = round((2 * height / 3 - side) * (1 - away))
        left = width // 4 + round(away * width / 4)
        frame[top : top + side, left : left + side // 2] = (60, 60, 160)
    return frames


def make_annotation_study(
    tmp_path: Path,
    *,
    impacts: int = 4,
    votes: int = 2,
    annotation: Mapping[str, Any] | None = None,
    recruiting: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    stimuli: Path | None = None,
    **contents: Any,
) -> Path:
    """Make an annotation study on a small set; return its folder. It has no limit of places."""
    stimuli = stimuli or write_silent_set(tmp_path / "set", **contents)
    new = drafts.new_annotation_study(tmp_path / "study", stimuli, seed=7, impacts=impacts, votes=votes)
    changed = replace(
        new,
        annotation=replace(new.annotation, **(annotation or {})),
        recruiting=replace(new.recruiting, participants=0, **(recruiting or {})),
        **(changes or {}),
    )
    folder.create(tmp_path / "study", changed)
    return tmp_path / "study"


def robot_of(study: Path) -> str:
    """Sign for a robot of a study's experimenter."""
    return tokens.robot_token(tokens.read_key(study))


def votes_of(study: Path) -> Counter[str]:
    """Count the votes of each clip."""
    return Counter(row.clip for row in labels.read_study(study) if row.is_answered)


class Annotator(Visitor):
    """A participant's page in an annotation study, as far as the server sees it."""

    def begin(self, **how: Any) -> "Annotator":
        """Agree to take part, and read the instructions."""
        self.enrol(**how)
        assert self.post("begin").get_json() == {"page": "annotate"}
        return self

    def label(self, shown: Mapping[str, Any], **changes: Any) -> Any:
        """Label an impact."""
        given = {"nonce": shown["nonce"], "rt_ms": 5200.5, "replays": 2, **LABEL, **changes}
        return self.post("label", **given)

    def label_all(self, most: int = 1000) -> list[dict[str, Any]]:
        """Label what is still due, up to so many; return what was shown."""
        shown: list[dict[str, Any]] = []
        while len(shown) < most and (due := self.next())["page"] == "annotate":
            shown.append(due["labelling"])
            assert self.label(shown[-1]).status_code == 200
        return shown
