"""A site over HTTP into whose plans, events and answers the experimenter can look, for tests."""

from contextlib import contextmanager

from server_samples import serving_site
from sqlalchemy import func, select

from experiment_server import tokens
from experiment_server.database import db, queries
from experiment_server.database.tables import Event, Response
from experiment_server.web import server, serving


@contextmanager
def site_of(study):
    with serving_site(study) as app, server.running(app) as url:
        yield Site(app, url)


class Site:
    def __init__(self, app, url):
        here = app.extensions[serving.EXTENSION]
        self.url, self.engine, self.key = url, here.engine, here.key

    def name_of(self, page):
        return tokens.participant_of(self.key, page.token)

    def pairs(self, page):
        """Read a participant's plan, as only the experimenter can: nonce -> variant, real interval."""
        with db.reading(self.engine) as session:
            participant = session.scalars(queries.participant_named(self.name_of(page))).one()
            return {trial.nonce: (trial.variant, trial.real_interval) for trial in participant.trials}

    def count(self, *conditions):
        with db.reading(self.engine) as session:
            return session.scalar(select(func.count()).select_from(Event).where(*conditions))

    def n_answers(self):
        with db.reading(self.engine) as session:
            return session.scalar(select(func.count()).select_from(Response))
