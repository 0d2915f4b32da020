"""What nobody should send, and a look at whether it did harm."""

import json

from server_samples import Visitor
from sqlalchemy import select

from experiment_server.database.schema import METADATA
from experiment_server.web import serving

PRODUCT = "54173879"  # 7919 * 6841, if anything computes it
PAYLOADS = (
    # SQL
    "' OR '1'='1",
    "'; DROP TABLE participants; --",
    "x'); DELETE FROM responses; --",
    '" UNION SELECT name, seed FROM participants --',
    "1; UPDATE trials SET real_interval = 1",
    "\\' OR 1=1 #",
    # paths
    "../secret.key",
    "../../study/secret.key",
    "..%2f..%2fsecret.key",
    "%2e%2e/%2e%2e/etc/passwd",
    "....//....//etc/passwd",
    "..\\..\\secret.key",
    "/etc/passwd",
    "file:///etc/passwd",
    "level.wav/../../secret.key",
    # headers
    "x\r\nSet-Cookie: injected=1",
    "x%0d%0aSet-Cookie:%20injected=1",
    "x\nLocation: https://injected.example",
    # templates and formats
    "{{7919*6841}}",
    "{{config}}",
    "${7919*6841}",
    "#{7919*6841}",
    "<%= 7919*6841 %>",
    "{% debug %}",
    "{0.__class__.__init__.__globals__}",
    "%(key)s%n%s",
    "$(id)`id`",
    # pages
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "javascript:alert(1)",
    "</title><svg onload=alert(1)>",
    # texts that are hard to keep
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e\u2066",
    "\U0010ffff",
    "A" * 10_000,
    "",
)
ODDITIES = (
    *PAYLOADS,
    None,
    True,
    -1,
    0,
    3,
    2**63,
    1e308,
    float("inf"),
    float("nan"),
    [],
    {},
    [[]],
    {"a": {}},
)


class Attack:
    """Sends things, and looks whether they did harm."""

    def __init__(self, app):
        self.app, self.visitor = app, Visitor(app).begin()
        self.trial = self.visitor.next()["trial"]
        here = app.extensions[serving.EXTENSION]
        self.engine, self.key = here.engine, here.key
        self.before = self.rows()
        self.sent = 0

    def rows(self):
        """Read what nothing sent here may change."""
        kept = ("trials", "responses", "study_states", "consent_texts", "headphone_trials")
        with self.engine.connect() as connection:
            tables = {name: METADATA.tables[name] for name in kept}
            return {
                name: connection.execute(
                    select(*(c for c in table.c if c.name != "presentations")).order_by(
                        *table.primary_key
                    )
                ).all()
                for name, table in tables.items()
            }

    def get(self, path, payload, **how):
        return self.check(self.visitor.client.get(path, **how), payload)

    def post(self, path, payload, body, **how):
        content = json.dumps(body)
        headers = {**self.visitor.headers, "Content-Type": "application/json", **how}
        return self.check(self.visitor.client.post(path, data=content, headers=headers), payload)

    def check(self, reply, payload):
        self.sent += 1
        text = (
            reply.get_data(as_text=True)
            if reply.mimetype.startswith(("text/", "application/json"))
            else ""
        )
        assert reply.status_code < 500, (reply.request.path, payload, text[:300])
        assert PRODUCT not in text
        assert self.key not in text
        assert "root:" not in text
        assert "injected" not in str(reply.headers.get("Set-Cookie", ""))
        assert reply.headers.get("Location", "/").startswith(("/", "http://localhost/")), payload
        if reply.mimetype == "text/html" and isinstance(payload, str) and set(payload) & set("<>\"'"):
            assert payload not in text, "shown unescaped"
        return reply

    def end(self, *, least):
        assert self.rows() == self.before, "something was changed"
        assert self.sent >= least
        assert self.visitor.next()["trial"] == self.trial
        assert self.visitor.answer(self.trial).status_code == 200
