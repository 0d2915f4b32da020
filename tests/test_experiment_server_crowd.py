"""Two hundred people at once, a bad network, killed workers: nothing that was acknowledged is lost."""

import os
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from crowd import Ledger, Page, Participant
from gunicorn_site import gunicorn
from server_samples import VARIANTS, make_study
from sqlalchemy import func, select, text

from experiment_server import tokens
from experiment_server.commands.control import read_numbers
from experiment_server.database import db, queries
from experiment_server.database.tables import COMPLETE, Event, Response, Trial
from experiment_server.folders import folder
from experiment_server.studies.sections import MAIN

CROWD = int(os.environ.get("CROWD", "200"))  # `make crowd` sends more
TRIALS = int(os.environ.get("CROWD_TRIALS", "4"))
LEAVE = 0.1  # share of people who go away without a word


def test_a_crowd_on_a_bad_network_loses_nothing_and_stays_balanced(tmp_path, database, capsys):
    study = make_study(
        tmp_path,
        trials={"main": TRIALS, "practice": 0},
        recruiting={"participants": CROWD},
        n_videos=TRIALS + 2,
        clips_per_video=1,
    )
    ledger = Ledger()
    began = time.monotonic()
    with gunicorn(study) as site:
        wreck = threading.Thread(target=break_things, args=(site, ledger))
        wreck.start()
        waves = [go(site, ledger, CROWD, seed=1)]
        wreck.join()
        ledger.count("turned away", turned_away(site))
        while left := waves[-1]:
            end_leases(study, left)
            waves.append(go(site, ledger, len(left), seed=1 + len(waves)))
        ledger.count("turned away", turned_away(site))
    assert ledger.counts["turned away"] == 2
    assert ledger.counts["workers killed"] == 1
    assert ledger.counts["sites killed and started again"] == 1
    with db.opened(folder.read(study).database_url) as engine:
        with db.reading(engine) as session:
            check_answers(session, ledger)
            check_events(session)
            balance = check_balance(session)
        check_constraints(engine)
    numbers = read_numbers(study, now=datetime.now(UTC))
    assert (numbers.variant_spread, numbers.interval_spread) == spreads(balance)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{database}: {CROWD} at once, {sum(map(len, waves))} left and were replaced, "
            f"{time.monotonic() - began:.0f} s; {len(ledger.acknowledged)} answers acknowledged and "
            f"kept once; {dict(ledger.counts)}; real sound first and second by variant: {balance}\n"
        )


def go(site, ledger, n, *, seed):
    """Send people all at once; return the tokens of those who left."""
    people = [Participant(site.url, ledger, f"{seed}-{index}") for index in range(n)]
    leaves = [
        person.chance.randrange(TRIALS) if person.chance.random() < LEAVE else None for person in people
    ]
    with ThreadPoolExecutor(n) as pool:
        done = [
            pool.submit(person.take_part, leave_after=leave)
            for person, leave in zip(people, leaves, strict=True)
        ]
    tokens_ = [each.result() for each in done]
    return [token for token, leave in zip(tokens_, leaves, strict=True) if leave is not None]


def break_things(site, ledger):
    """Kill a worker after a quarter of the answers, and everything after half of them."""
    wait_for(ledger, CROWD * TRIALS // 4)
    site.kill_worker()
    ledger.count("workers killed")
    wait_for(ledger, CROWD * TRIALS // 2)
    site.kill()
    site.start()
    ledger.count("sites killed and started again")


def wait_for(ledger, n):
    deadline = time.monotonic() + 600
    while len(ledger.acknowledged) < n and time.monotonic() < deadline:
        time.sleep(0.02)


def turned_away(site):
    """Let one more person come, for whom there is no place."""
    with Page(site.url) as page:
        status, reply = page.enrol()
    assert (status, reply["reason"]) == (403, "full")
    return 1


def end_leases(study, left):
    """Let the minutes pass after which the places of those who left are free again."""
    names = {tokens.participant_of(tokens.read_key(study), token) for token in left}
    with db.opened(folder.read(study).database_url) as engine, db.writing(engine) as session:
        for name in names:
            participant = session.scalars(queries.participant_named(name)).one()
            assert participant.state == "active"
            participant.lease_utc = participant.consented_utc


def check_answers(session, ledger):
    kept = {
        nonce: chosen
        for nonce, chosen in session.execute(
            select(Trial.nonce, Response.response_interval).join(Trial.response)
        )
    }
    assert session.scalar(select(func.count()).select_from(Response)) == len(kept)
    assert {nonce: kept.get(nonce) for nonce in ledger.acknowledged} == ledger.acknowledged
    assert all(chosen in ledger.sent[nonce] for nonce, chosen in kept.items())
    assert len(kept) == len(ledger.acknowledged), "everybody insists until there is a reply"


def check_events(session):
    """Make sure that what was done twice was noted once."""
    answered = select(Event.trial_id, func.count()).where(Event.kind == "answered")
    noted = dict(session.execute(answered.group_by(Event.trial_id)).all())
    assert noted == dict.fromkeys(session.scalars(select(Response.trial_id)), 1)
    ends = select(Event.participant_id, func.count()).where(Event.kind == COMPLETE)
    assert set(dict(session.execute(ends.group_by(Event.participant_id)).all()).values()) == {1}


def check_balance(session):
    """Count the real sounds first and second of each variant over those who are complete."""
    trials = [
        trial for trial in session.scalars(queries.all_trials()) if trial.participant.state == COMPLETE
    ]
    assert Counter(Counter(trial.participant_id for trial in trials).values()) == {TRIALS: CROWD}
    assert all(trial.response and trial.phase == MAIN for trial in trials)
    counts = Counter((trial.variant, trial.real_interval) for trial in trials)
    balance = {variant: (counts[variant, 1], counts[variant, 2]) for variant in VARIANTS}
    assert max(spreads(balance)) <= 1
    return balance


def spreads(balance):
    totals = [sum(pair) for pair in balance.values()]
    return max(totals) - min(totals), max(abs(first - second) for first, second in balance.values())


def check_constraints(engine):
    """Make sure that the rules hold of the rows themselves, whatever the constraints say."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").first() is None
        for columns in ("participant_id, phase, video", "participant_id, clip", "nonce"):
            twice = f"SELECT count(*) FROM trials GROUP BY {columns} HAVING count(*) > 1"
            assert connection.execute(text(twice)).first() is None
        twice = "SELECT count(*) FROM responses GROUP BY trial_id HAVING count(*) > 1"
        assert connection.execute(text(twice)).first() is None
