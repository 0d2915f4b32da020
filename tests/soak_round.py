"""One study of `make soak`, from a folder of videos to a report and to the last cent."""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import click
from click.testing import CliRunner
from crowd import Ledger
from gunicorn_site import Gunicorn
from mturk_endpoint import serving
from mturk_market import BUSY, FAILS, LOST, Turk
from recruiting_samples import PAY, an_offer
from server_samples import make_study
from soak_sites import KINDS, TRIALS, PostgresServer, attack, database, lost, send_crowd, stored, used

from analysis.cli import main as analysis
from experiment_server.cli import main as experiment_server
from experiment_server.exports import records
from experiment_server.exports.export import RESPONSES_NAME
from mturk.cli import main as mturk
from mturk.offer import OFFER_NAME, write
from stimuli.cli import main as stimuli

PLACES = 12  # in HITs of nine and of three
SANDBOX = "https://workersandbox.mturk.com"
REWARD_CENTS, BONUS_CENTS, FEE_CENTS = 100, 50, 30  # each; a fifth of both on top
FAULTY = ("CreateHITWithHITType", "ApproveAssignment", "SendBonus", "ListBonusPayments", "ListHITs")
TRIES = 20  # of a command that a market's faults stop


def build(dataset: Path, out: Path, *, seed: int) -> Path:
    """Build a stimulus set of the variants that need no network, and check it."""
    run(
        *(stimuli, "build", "--dataset", dataset, "--out", out, "--models", "random,real-match"),
        *("--clips-per-video", 2, "--seed", seed, "--workers", 1, "--device", "cpu"),
        *("--cache", dataset.parent / "cache"),
    )
    run(stimuli, "check", out)
    return out


def run(command: click.Command, *words: object) -> str:
    """Run a command in this process, which lives as long as the soak."""
    done = CliRunner().invoke(command, [str(word) for word in words])
    if done.exit_code:
        raise AssertionError(f"{words}: {done.output[-2000:]}") from done.exception
    return done.output


def insist(command: click.Command, *words: object) -> None:
    """Run a command until it ends well, as a person does when a market does not answer."""
    for _ in range(TRIES - 1):
        if not CliRunner().invoke(command, [str(word) for word in words]).exit_code:
            return
    run(command, *words)


def live(number: int, place: Path, dataset: Path, postgres: PostgresServer) -> dict[str, int]:
    """Let one study live, with faults all along; return what was counted.

    Raises
    ------
    AssertionError
        If an answer, a row or a cent is missing or too much.
    """
    with database(KINDS[number % 2], postgres) as url, used(url):
        study = make_study(
            place,
            trials=TRIALS,
            stimuli=build(dataset, place / "set", seed=number),
            recruiting={"doors": ("mturk",)},
            changes={"pay": PAY},
        )
        write(an_offer(), study / OFFER_NAME)
        turk, chance, ledger = Turk(), Random(number), Ledger()
        turk.faults = [(name, chance.choice((BUSY, FAILS, LOST))) for name in chance.sample(FAULTY, 3)]
        with asked(turk):
            insist(mturk, "launch", study, "--participants", PLACES)
            assert [hit.places for hit in turk.hits.values()] == [9, 3]
            workers = recruit(turk, study, ledger, seed=number)
            counted = pay(turk, study, workers)
        kept = stored(url, study)
        assert len(kept) == len(ledger.acknowledged)
        run(experiment_server, "export", study, "--out", place / "export")
        rows = records.read(place / "export" / RESPONSES_NAME)
        assert sum(row.response_interval is not None for row in rows) == len(kept)
        run(analysis, "report", "--study", study, "--out", place / "report")
    counts = {"acknowledged": len(ledger.acknowledged), "stored": len(kept), "lost": lost(ledger, kept)}
    return {**counted, **counts, "requests sent again": ledger.counts["retries"]}


@contextmanager
def asked(turk: Turk) -> Iterator[None]:
    """Have `mturk` speak to a local market."""
    named = {"AWS_ACCESS_KEY_ID": "soak", "AWS_SECRET_ACCESS_KEY": "soak"}
    with serving(turk) as address:
        os.environ.update(named, MTURK_ENDPOINT=address)
        yield


def recruit(turk: Turk, study: Path, ledger: Ledger, *, seed: int) -> set[str]:
    """Let workers take part while the site is killed; return those who handed in."""
    taken = {}
    for hit in turk.hits.values():
        for _ in range(hit.places):
            worker = f"AWORKER{len(taken)}"
            assignment = turk.accept(hit.id, worker)
            assert assignment
            taken[worker] = (hit.id, assignment)
    arrivals = [
        {"workerId": worker, "hitId": hit, "assignmentId": assignment, "turkSubmitTo": SANDBOX}
        for worker, (hit, assignment) in taken.items()
    ]
    site = Gunicorn(study)
    try:
        wreck = threading.Thread(target=break_things, args=(site, ledger), daemon=True)
        wreck.start()
        tokens = send_crowd(site.url, ledger, arrivals, seed=f"round-{seed}")
        wreck.join()
        attack(site.url)
    finally:
        site.stop()
    done = {worker for worker, token in zip(taken, tokens, strict=True) if token}
    for worker, (hit_id, assignment) in taken.items():
        (turk.submit if worker in done else turk.give_back)(hit_id, assignment)
    return done


def break_things(site: Gunicorn, ledger: Ledger) -> None:
    """Kill a worker when a quarter of the answers is in, and everything after half of them."""
    n_answers = PLACES * sum(TRIALS.values())
    for share, deed in ((0.25, site.kill_worker), (0.5, site.kill)):
        deadline = time.monotonic() + 300
        while len(ledger.acknowledged) < share * n_answers and time.monotonic() < deadline:
            time.sleep(0.02)
        deed()
    site.start()


def pay(turk: Turk, study: Path, workers: set[str]) -> dict[str, int]:
    """Review, pay twice, and hold the market's own account against what is due, to the cent."""
    start_cents = turk.balance_cents
    run(mturk, "review", study)
    insist(mturk, "pay", study)
    run(mturk, "pay", study)
    assert "agree" in run(mturk, "reconcile", study)
    due = Counter(dict.fromkeys(workers, REWARD_CENTS + BONUS_CENTS))
    spent_cents = start_cents - turk.balance_cents
    off = sum(((turk.paid - due) + (due - turk.paid)).values())
    return {
        "people": PLACES,
        "cents paid": turk.paid.total(),
        "cents off": off + abs(spent_cents - due.total() - FEE_CENTS * len(workers)),
    }
