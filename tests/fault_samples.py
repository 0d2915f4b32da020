"""What tests of faults share: a page on a site, and what the site has kept."""

from contextlib import contextmanager

from crowd import Page, answer_of
from server_samples import serving_site
from sqlalchemy import select

from experiment_server.app import RETRY_AFTER_S
from experiment_server.database import db
from experiment_server.database.tables import Response, Trial
from experiment_server.folders import folder
from experiment_server.web import server

SENTENCE = "The database can't be reached now; the page will try again."


@contextmanager
def site_of(study):
    with serving_site(study) as app, server.running(app) as url, Page(url) as page:
        yield app, page.begin()


def kept_answers(study):
    """List what stands in the database: nonce and interval of every answer."""
    with db.opened(folder.read(study).database_url) as engine, db.reading(engine) as session:
        rows = session.execute(select(Trial.nonce, Response.response_interval).join(Trial.response))
        return {nonce: interval for nonce, interval in rows}


def assert_asked_for_patience(page, status, reply):
    assert (status, reply) == (503, {"error": SENTENCE})
    assert page.headers["Retry-After"] == str(RETRY_AFTER_S)


def answered(trial):
    return answer_of(trial, 1)


def acknowledge(page, interval=1):
    """Answer the trial that is due; return what the site has acknowledged."""
    trial = page.due()["trial"]
    status, reply = page.answer(trial, interval)
    assert (status, reply["kept"]) == (200, True)
    return {trial["nonce"]: interval}
