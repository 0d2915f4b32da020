"""How long the whole report takes, and how much memory, by the number of trials.

python benchmarks/report.py --out /tmp/report-bench
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.planning.simulate import ACTIONS, MATERIALS, ORDINARY, REACTIONS, draw
from experiment_server.simulation.listeners import PAPER_FOOL_RATES

SIZES = (  # participants, trials each, videos
    (200, 50, 244),
    (2_000, 50, 244),
    (20_000, 50, 977),
)
VARIANTS = 9


def write_responses(path: Path, *, n_participants: int, n_trials: int, n_videos: int) -> None:
    """Write the CSV of a made-up study."""
    rng = np.random.default_rng(1)
    rates = dict(list(PAPER_FOOL_RATES.items())[:VARIANTS])
    drawn = draw(
        rates, n_participants=n_participants, n_trials=n_trials, n_videos=n_videos, spread=ORDINARY,
        rng=rng,
    )  # fmt: skip
    n = drawn.fooled.size
    participant, video, clip = drawn.participant.ravel(), drawn.video.ravel(), drawn.clip.ravel()
    real, fooled = drawn.real.ravel(), drawn.fooled.ravel()
    names = np.char.add("p", np.char.zfill(np.arange(n_participants).astype(str), 5))
    videos = np.char.add("video-", np.char.zfill(np.arange(n_videos).astype(str), 4))
    frame = pd.DataFrame({
        "study": "bench", "study_sha256": "none", "stimulus_set": "none", "recruiter": "link",
        "participant": names[participant], "participant_state": "complete", "simulated": 1,
        "participant_seed": 0, "headphones_passed": 1,
        "trial": np.char.add("t", np.arange(n).astype(str)), "phase": "main",
        "position": np.tile(np.arange(1, n_trials + 1), n_participants),
        "clip": np.char.add(np.char.add(videos[video], "-"), clip.astype(str)), "video": videos[video],
        "impact_s": 1.0, "material": np.array(MATERIALS)[video % len(MATERIALS)],
        "action": np.array(ACTIONS)[(clip % 3 == 0).astype(int)],
        "reaction": np.array(REACTIONS)[(video + clip // 4) % len(REACTIONS)],
        "variant": np.array(list(rates))[drawn.variant.ravel()], "real_interval": real,
        "response_interval": np.where(fooled, 3 - real, real), "fooled": fooled.astype(int),
        "rt_ms": np.round(900 * np.exp(rng.normal(0, 0.6, n)), 1), "hidden_ms": 0.0, "stalls": 0,
        "replays": 0, "presentations": 1, "presented_utc": "2026-01-01T12:00:00+00:00",
        "answered_utc": "2026-01-01T12:00:05+00:00", "practice_revealed": 0,
    })  # fmt: skip
    frame.to_csv(path, index=False)


def main() -> None:
    """Write each study, report it in a process of its own, and print a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    print(f"{'trials':>9}  {'seconds':>7}  {'on CPU':>7}  {'peak GiB':>8}  sections")
    for n_participants, n_trials, n_videos in SIZES:
        path = out / f"responses-{n_participants}.csv"
        write_responses(path, n_participants=n_participants, n_trials=n_trials, n_videos=n_videos)
        command = ["report", "--responses", str(path), "--out", str(out / f"report-{n_participants}")]
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        run = subprocess.run(
            [sys.executable, "-c", "from analysis.cli import main; main()", *command],
            capture_output=True,
            text=True,
            check=True,
        )
        seconds = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        peak = used.ru_maxrss / 2**20  # from kilobytes
        sections = next(line for line in run.stdout.splitlines() if line.startswith("Time (s)"))
        on_cpu = used.ru_utime - before
        print(
            f"{n_participants * n_trials:>9}  {seconds:>7.1f}  {on_cpu:>7.1f}  {peak:>8.2f}  {sections}"
        )


if __name__ == "__main__":
    main()
