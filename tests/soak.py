"""`make soak`: studies are built, served, attacked, paid and reported in a loop, and nothing may grow.

    python tests/soak.py [--minutes 60] [--out soak]

Two sites, on SQLite and on PostgreSQL, are started once and live through all of it; another one is made,
killed and thrown away in every round. docs/robustness.md says what is done and by which rule it fails.
"""

import json
import os
import platform
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import click
import psycopg
from soak_growth import Course, as_table, courses, held, processes_with
from soak_round import build, live
from soak_sites import KINDS, LongLived, PostgresServer, database, serving_postgres
from stimuli_samples import write_small_dataset

GOOD = "Nothing grew, and nothing was lost."
SETTLE_S = 2.0  # in which the sites let go of connections that were hung up
CONNECTIONS = (
    2 * 8
)  # one for each thread of both workers (deploy/gunicorn.conf.py), taken when first needed
LISTENING = 3  # sockets: of gunicorn's master and each worker
ROOMS = {
    "database connections": CONNECTIONS,
    f"site on {KINDS[1]}: sockets": CONNECTIONS + LISTENING,
}
VIDEOS = tuple(f"q{number}" for number in range(6))


class Soak:
    """One run: its folder, its long-lived sites, and what was measured after each round."""

    def __init__(self, place: Path, postgres: PostgresServer, sites: list[LongLived]) -> None:
        self.place, self.postgres, self.sites = place, postgres, sites
        self.counts: Counter[str] = Counter()
        self.hours: list[float] = []
        self.measured: list[dict[str, float]] = []
        self.began = time.monotonic()

    def go(self, minutes: float) -> None:
        """Make rounds until the time is over."""
        while time.monotonic() < self.began + 60 * minutes:
            number = len(self.hours)
            study = self.place / "round"
            study.mkdir()
            self.counts.update(live(number, study, self.place / "dataset", self.postgres))
            shutil.rmtree(study)
            for site in self.sites:
                self.counts.update(site.visit(number))
            time.sleep(SETTLE_S)
            self.hours.append((time.monotonic() - self.began) / 3600)
            self.measured.append(self.measure())
            click.echo(f"round {number + 1}, minute {60 * self.hours[-1]:.0f}: {dict(self.counts)}")

    def measure(self) -> dict[str, float]:
        """Measure everything that could grow."""
        taken = {
            f"site on {site.kind}: {what}": n for site in self.sites for what, n in site.held().items()
        }
        taken |= {f"this program: {what}": n for what, n in held([os.getpid()]).items()}
        with psycopg.connect(self.postgres.get_uri()) as connection:
            rows = connection.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchall()
        taken["database connections"] = rows[0][0]
        taken["processes"] = processes_with(f"TMPDIR={tempfile.gettempdir()}")
        taken["temporary files"] = sum(1 for _ in Path(tempfile.gettempdir()).rglob("*"))
        taken["files of studies and caches"] = sum(1 for _ in self.place.rglob("*"))
        return taken

    def problems(self, rows: list[Course]) -> list[str]:
        """Say what must not be."""
        found = [f"{row.what} grows by {row.per_hour:.1f} an hour" for row in rows if row.grows]
        found += [f"{self.counts[what]} {what}" for what in ("lost", "cents off") if self.counts[what]]
        return found


def report(soak: Soak, problems: list[str], out: Path) -> None:
    """Write the table as Markdown, and all measurements as JSON."""
    rows = courses(soak.hours, soak.measured, ROOMS) if soak.measured else []
    problems += soak.problems(rows)
    counted = "\n".join(f"- {what}: {n:,}" for what, n in soak.counts.items())
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    head = f"{len(soak.hours)} rounds in {60 * soak.hours[-1]:.0f} minutes; {machine}" if rows else ""
    ending = "\n".join(f"    {line}" for problem in problems for line in problem.splitlines())
    out.mkdir(parents=True, exist_ok=True)
    (out / "soak.md").write_text(f"{head}\n\n{as_table(rows)}\n\n{counted}\n\n{ending or GOOD}\n")
    measured = {"hours": soak.hours, "measured": soak.measured, "counts": soak.counts}
    (out / "soak.json").write_text(json.dumps({**measured, "problems": problems}, indent=1))
    click.echo((out / "soak.md").read_text())


@click.command()
@click.option("--minutes", default=60.0, show_default=True, help="How long rounds are begun.")
@click.option("--out", type=click.Path(path_type=Path), default="soak", show_default=True)
def main(minutes: float, out: Path) -> None:
    """Let studies live for an hour, and exit with 1 if anything grows or is lost."""
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="soak-") as name, serving_postgres() as postgres:
        place = Path(name) / "studies"
        place.mkdir()
        set_temporary(Path(name) / "tmp")
        dataset = write_small_dataset(place / "dataset", test=VIDEOS)
        stimuli = build(dataset, place / "set", seed=1)
        with database(KINDS[1], postgres) as url:
            addresses = zip(KINDS, ("", url), strict=True)
            sites = [LongLived(kind, at, place / kind, stimuli) for kind, at in addresses]
            soak = Soak(place, postgres, sites)
            try:
                soak.go(minutes)
            except Exception:  # of whatever kind: it is reported, beside what was measured until then
                problems.append(traceback.format_exc())
                problems += [site.site.log.read_text()[-2000:] for site in sites]
            finally:
                for site in sites:
                    site.stop()
            report(soak, problems, out)
    sys.exit(bool(problems))


def set_temporary(place: Path) -> None:
    """Have this program, and all that it starts, put temporary files into a folder of their own."""
    place.mkdir()
    os.environ["TMPDIR"] = str(place)
    tempfile.tempdir = str(place)


if __name__ == "__main__":
    main()
