"""A small stimulus set for tests: a moving square with clicks, H.264 and AAC, equal sizes in a pair."""

import hashlib
import secrets
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from flask import Flask
from numpy.typing import NDArray
from sqlalchemy import select
from werkzeug.test import TestResponse

from experiment_server.app import create_app
from experiment_server.database import db, tables
from experiment_server.database.base import Base
from experiment_server.exports import export
from experiment_server.exports.records import Record
from experiment_server.folders import drafts, folder
from experiment_server.studies import wording
from experiment_server.studies.sections import Recruiting, Screening
from experiment_server.web import serving
from stimuli.manifest import MEDIA_FOLDER, REAL, Clip, Manifest, Stimulus, write

SAMPLE_RATE = 48_000  # Hz
FRAME_RATE = 30  # Hz
DURATION_S = 0.5
VARIANTS = ("image-match", "spacetime-match", "random")


def write_set(
    target: Path,
    *,
    n_videos: int = 12,
    clips_per_video: int = 2,
    variants: tuple[str, ...] = VARIANTS,
    catches: tuple[str, ...] = (),
    width: int = 160,
    height: int = 120,
    is_playable: bool = False,
) -> Path:
    """Write a stimulus set; where nothing plays it, its media are noise of equal sizes."""
    (target / MEDIA_FOLDER).mkdir(parents=True)
    rng = np.random.default_rng(1)
    clips = []
    for index in range(n_videos * clips_per_video):
        contents = {}
        for number, name in enumerate((REAL, *variants, *catches)):
            pitch_hz = 200 + 60 * number + 5 * index
            contents[name] = (
                encode(_pictures(index, width, height), _click(pitch_hz), frame_rate=FRAME_RATE)
                if is_playable
                else rng.bytes(600)
            )
        clips.append(_clip(target, index, index // clips_per_video, contents, rng))
    write(
        Manifest(
            seed=1,
            options={},
            dataset={},
            versions={},
            variants={name: {} for name in variants},
            clips=tuple(clips),
        ),
        target,
    )
    return target


def _clip(
    target: Path, index: int, video: int, contents: dict[str, bytes], rng: np.random.Generator
) -> Clip:
    size = max(map(len, contents.values())) + 8
    stimuli = {}
    for name, content in contents.items():
        padded = content + struct.pack(">I4s", size - len(content), b"free")
        padded += bytes(size - len(padded))
        media = rng.bytes(8).hex() + ".mp4"
        (target / MEDIA_FOLDER / media).write_bytes(padded)
        stimuli[name] = Stimulus(
            media=media,
            sha256=hashlib.sha256(padded).hexdigest(),
            n_bytes=size,
            level_dbfs=-20.0,
            peak_dbfs=-3.0,
            gain_db=0.0,
            sync_ms=0.0,
        )
    return Clip(
        id=f"clip-{index:03d}",
        video_id=f"video-{video:03d}",
        impact_s=1.5 + index,
        start_s=1.25 + index,
        duration_s=DURATION_S,
        n_frames=15,
        frame_rate=float(FRAME_RATE),
        width=160,
        height=120,
        video_sha256="0" * 64,
        material=("wood", "metal", None)[video % 3],
        action="hit",
        reaction=None,
        stimuli=stimuli,
    )


def _pictures(index: int, width: int, height: int) -> NDArray[np.uint8]:
    frames = np.full((15, height, width, 3), 200 - 10 * (index % 8), np.uint8)
    side = height // 4
    for number, frame in enumerate(frames):
        top = (height - side) * (7 - abs(number - 7)) // 7
        frame[top : top + side, width // 2 - side // 2 : width // 2 + side // 2] = (180, 60, 40)
    return frames


def _click(pitch_hz: float) -> NDArray[np.float32]:
    times_s = np.arange(round(SAMPLE_RATE * DURATION_S)) / SAMPLE_RATE
    since_s = times_s - DURATION_S / 2
    ring = np.sin(2 * np.pi * pitch_hz * since_s) * np.exp(-30 * np.abs(since_s)) * (since_s >= 0)
    return (0.5 * ring).astype(np.float32)


def encode(
    pictures: NDArray[np.uint8], waveform: NDArray[np.float32] | None = None, *, frame_rate: int
) -> bytes:
    """Encode pictures, and a waveform if there is one, as an MP4 file."""
    file = BytesIO()
    with av.open(file, "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=frame_rate)
        video.height, video.width = pictures.shape[1:3]
        video.pix_fmt = "yuv420p"
        video.options = {"preset": "ultrafast", "threads": "1"}
        sound = (
            None if waveform is None else container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        )
        for image in pictures:
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(video.encode())
        if sound is not None:
            frame = av.AudioFrame.from_ndarray(waveform[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, 0, Fraction(1, SAMPLE_RATE)
            container.mux(sound.encode(frame))
            container.mux(sound.encode())
    return file.getvalue()


def make_study(
    tmp_path: Path,
    *,
    trials: dict[str, Any] | None = None,
    recruiting: dict[str, Any] | None = None,
    screening: dict[str, Any] | None = None,
    changes: dict[str, Any] | None = None,
    stimuli: Path | None = None,
    **contents: Any,
) -> Path:
    """Make a study of four main and two practice trials on a small stimulus set; return its folder.

    It asks for nothing before the instructions. `changes` are of the study file's other keys.
    """
    stimuli = stimuli or write_set(tmp_path / "set", **contents)
    numbers = {"main": 4, "practice": 2, **(trials or {})}
    catch = numbers.pop("catch", 0)
    new = drafts.new_study(tmp_path / "study", stimuli, seed=7, **numbers)
    changed = replace(
        new,
        trials=replace(new.trials, catch=catch),
        recruiting=Recruiting(**(recruiting or {})),
        screening=Screening(**{"sound_check": False, **(screening or {})}),
        **(changes or {}),
    )
    folder.create(tmp_path / "study", changed)
    return tmp_path / "study"


@contextmanager
def serving_site(study: Path) -> Iterator[Flask]:
    """Make the application that serves a study, and let go of its database at the end."""
    app = create_app({"STUDY": study, "TESTING": True})
    try:
        yield app
    finally:
        serving.close(app)


def consent_of(app: Flask) -> str:
    """Name the consent text of the study that an application serves."""
    return wording.consent_sha256(app.extensions[serving.EXTENSION].opened.study)


class Visitor:
    """A participant's page, as far as the server sees it."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.headers: dict[str, str] = {}

    def enrol(self, *, arrival: Mapping[str, str] | None = None, robot: str = "") -> "Visitor":
        """Agree to take part."""
        reply = self.ask_in(arrival=arrival, robot=robot)
        assert reply.status_code == 201, reply.get_data(as_text=True)
        self.headers = {"Authorization": f"Bearer {reply.get_json()['token']}"}
        return self

    def ask_in(
        self,
        *,
        request: str | None = None,
        arrival: Mapping[str, str] | None = None,
        browser: Mapping[str, str] | None = None,
        robot: str = "",
    ) -> TestResponse:
        """Ask to take part, having agreed to the consent text; robots agree to nothing."""
        body = {
            "request": request or secrets.token_hex(16),
            "arrival": arrival or {},
            "browser": browser or {},
            **({} if robot else {"consent_sha256": consent_of(self.client.application)}),
        }
        headers = {"Authorization": f"Bearer {robot}"} if robot else {}
        return self.client.post("/api/participants", json=body, headers=headers)

    def begin(self, **how: Any) -> "Visitor":
        """Agree to take part, and read the instructions."""
        self.enrol(**how)
        assert self.post("begin").get_json() == {"page": "trial"}
        return self

    def next(self) -> Any:
        """Ask what is due."""
        return self.client.get("/api/next", headers=self.headers).get_json()

    def post(self, what: str, **body: Any) -> TestResponse:
        """Tell the server something."""
        return self.client.post(f"/api/{what}", json=body, headers=self.headers)

    def answer(self, trial: Mapping[str, Any], interval: Any = 1, **changes: Any) -> TestResponse:
        """Answer a trial."""
        body = {
            "nonce": trial["nonce"],
            "interval": interval,
            "rt_ms": 640.5,
            "replays": 0,
            **changes,
        }
        return self.post("answer", **body)

    def take_all(self) -> list[dict[str, Any]]:
        """Answer every trial that is still due; return the trials."""
        trials = []
        while (due := self.next())["page"] == "trial":
            trials.append(due["trial"])
            assert self.answer(due["trial"]).status_code == 200
        return trials


def records_of(study: Path) -> list[Record]:
    """Read a study's trials as the analysis would."""
    return export.read_study(study).records


def rows_of(study: Path, table: type[Base]) -> list[Any]:
    """Read a table of a study's database, in the order of its rows."""
    with db.opened(db.url_of(study)) as engine, db.reading(engine) as session:
        return list(session.scalars(select(table).order_by(*table.__table__.primary_key)))


def kinds_of(study: Path) -> list[str]:
    """Read the kinds of all events of a study, in order."""
    return [event.kind for event in rows_of(study, tables.Event)]
