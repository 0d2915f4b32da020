"""Messages of recruiters: signed, heard once, harmless in any order, and never needed."""

import base64
import json
import socket
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from server_samples import Visitor, make_study
from sqlalchemy import select

from experiment_server.app import create_app
from experiment_server.database.books import Notice
from experiment_server.database.tables import Participant
from experiment_server.notices import prolific, sns
from experiment_server.web import serving

TOPIC = "arn:aws:sns:us-east-1:123456789012:study"
HOST = "https://sns.us-east-1.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-0123abcd.pem"
SECRET = "a secret of Prolific's and ours"
MTURK = {"assignmentId": "3AB", "hitId": "2CD", "workerId": "A1Z"}
PROLIFIC = {"PROLIFIC_PID": "5b3", "STUDY_ID": "60d", "SESSION_ID": "77e"}


@pytest.fixture(scope="module")
def amazon():
    """A key and a certificate such as SNS has, made here."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key, certificate_of(key, days=1)


def certificate_of(key, *, days):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    ends = datetime.now(UTC) + timedelta(days=days)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.not_valid_before(ends - timedelta(days=30)).not_valid_after(ends)
    made = builder.public_key(key.public_key()).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def fetched():
    return []


@pytest.fixture
def app(tmp_path, amazon, fetched):
    study = make_study(tmp_path, recruiting={"doors": ("mturk", "prolific")})

    def fetch(address):
        fetched.append(address)
        return amazon[1]

    settings = {"SNS_TOPIC": TOPIC, "SNS_FETCH": fetch, "PROLIFIC_SECRET": SECRET}
    made = create_app({"STUDY": study, "TESTING": True, **settings})
    yield made
    serving.close(made)


def sign(key, message, version="2"):
    kind = {"1": hashes.SHA1(), "2": hashes.SHA256()}[version]
    message = {**message, "SignatureVersion": version}
    signature = key.sign(sns.text_to_sign(message), padding.PKCS1v15(), kind)
    return {**message, "Signature": base64.b64encode(signature).decode()}


def event(kind="AssignmentReturned", *, after_s=1.0, **changes):
    at = datetime.now(UTC) + timedelta(seconds=after_s)
    told = {"EventType": kind, "EventTimestamp": at.isoformat(), "HITId": "2CD", "AssignmentId": "3AB"}
    return {**told, **changes}


def notification(*events, number=1, **changes):
    plain = {
        "Type": "Notification",
        "MessageId": f"message-{number}",
        "TopicArn": TOPIC,
        "Message": json.dumps({"EventDocVersion": "2006-05-05", "Events": list(events)}),
        "Timestamp": "2026-11-22T12:00:00.000Z",
        "SigningCertURL": CERTIFICATE,
    }
    return {**plain, **changes}


def tell(app, message):
    return app.test_client().post("/hooks/mturk", data=json.dumps(message), content_type="text/plain")


def people(app):
    with app.app_context(), serving.current().engine.connect() as connection:
        return connection.execute(select(Participant.lease_utc, Participant.state)).all()


def n_notices(app):
    with app.app_context(), serving.current().engine.connect() as connection:
        return len(connection.execute(select(Notice.id)).all())


def is_lapsed(app):
    ((lease, _),) = people(app)
    return lease < datetime.now(UTC) + timedelta(minutes=5)


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_returned_assignment_frees_its_place(database, app, amazon, version):
    Visitor(app).begin(arrival=MTURK)
    assert tell(app, sign(amazon[0], notification(event()), version)).get_json() == {"new": True}
    assert is_lapsed(app)


def test_the_same_message_twice_acts_once(app, amazon):
    visitor = Visitor(app).begin(arrival=MTURK)
    message = sign(amazon[0], notification(event()))
    tell(app, message)
    visitor.next()  # the worker is there all the same
    assert tell(app, message).get_json() == {"new": False}
    assert n_notices(app) == 1
    assert not is_lapsed(app)


def test_a_message_that_comes_late_does_no_harm(app, amazon):
    visitor = Visitor(app).begin(arrival=MTURK)
    tell(app, sign(amazon[0], notification(event(after_s=-60))))
    assert not is_lapsed(app)
    tell(app, sign(amazon[0], notification(event("AssignmentSubmitted"), number=2)))
    assert not is_lapsed(app)
    assert visitor.next()["page"] == "trial"


def test_who_goes_on_after_a_wrong_message_is_taken_on_again(app, amazon):
    visitor = Visitor(app).begin(arrival=MTURK)
    tell(app, sign(amazon[0], notification(event())))
    visitor.take_all()
    ((_, state),) = people(app)
    assert state == "complete"


def test_an_assignment_that_another_worker_has_now_is_another_matter(app, amazon):
    Visitor(app).begin(arrival=MTURK)
    tell(app, sign(amazon[0], notification(event(WorkerId="AOTHER"))))
    assert not is_lapsed(app)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"TopicArn": TOPIC + "s"}, "another topic"),
        ({"SigningCertURL": "https://sns.us-east-1.amazonaws.com.evil.example/x.pem"}, "certificate"),
        ({"SigningCertURL": CERTIFICATE.replace("us-east-1", "us-west-2")}, "certificate"),
        ({"SigningCertURL": CERTIFICATE.replace("https", "http")}, "certificate"),
        ({"Type": "Other"}, "type"),
    ],
)
def test_what_is_not_of_our_topic_is_refused(app, amazon, fetched, changes, reason):
    message = notification(event(), **changes)
    signed = sign(amazon[0], {**message, "Type": "Notification"})
    reply = tell(app, {**signed, "Type": message["Type"]})
    assert (reply.status_code, reason in reply.get_json()["error"]) == (403, True)
    assert not fetched
    assert n_notices(app) == 0


@pytest.mark.parametrize("name", ["Message", "MessageId", "Timestamp", "Subject", "Signature"])
def test_what_was_changed_under_way_is_refused(app, amazon, name):
    signed = sign(amazon[0], notification(event(), Subject="of MTurk"))
    reply = tell(app, {**signed, name: "9" + signed[name][1:]})
    assert reply.status_code == 403
    assert "signature" in reply.get_json()["error"]


def test_another_key_signs_nothing(app):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert tell(app, sign(other, notification(event()))).status_code == 403


def test_a_certificate_that_is_out_of_date_vouches_for_nothing(amazon):
    message = sign(amazon[0], notification(event()))
    expired = certificate_of(amazon[0], days=-1)
    with pytest.raises(sns.NoticeError, match="out of date"):
        sns.check(message, topic=TOPIC, fetch=lambda _: expired, now=datetime.now(UTC))


def test_a_subscription_of_our_topic_is_confirmed_at_sns_alone(app, amazon, fetched):
    plain = notification(Type="SubscriptionConfirmation", Token="t", Message="You have chosen")
    for address in (f"{HOST}/?Action=ConfirmSubscription", "https://evil.example/?Action=x"):
        tell(app, sign(amazon[0], {**plain, "SubscribeURL": address}))
    assert fetched == [CERTIFICATE, f"{HOST}/?Action=ConfirmSubscription"]


def test_a_certificate_that_is_none_vouches_for_nothing(amazon):
    message = sign(amazon[0], notification(event()))
    with pytest.raises(sns.NoticeError, match="is no certificate"):
        sns.check(message, topic=TOPIC, fetch=lambda _: b"<html>", now=datetime.now(UTC))


def test_while_sns_is_out_of_reach_its_message_is_asked_for_again_in_one_line(
    app, amazon, monkeypatch, caplog
):
    del app.config["SNS_FETCH"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]  # where nobody listens
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
    Visitor(app).begin(arrival=MTURK)
    caplog.clear()
    reply = tell(app, sign(amazon[0], notification(event())))
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "2")
    assert "send the message again" in reply.get_json()["error"]
    (line,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert line.getMessage().startswith(f"{CERTIFICATE} can't be had (")
    assert line.exc_info is None
    assert n_notices(app) == 0
    assert not is_lapsed(app)


def prolific_message(app, told, *, secret=SECRET, timestamp=None):
    body = json.dumps(told).encode()
    timestamp = timestamp or str(datetime.now(UTC).timestamp() + 1)
    headers = {
        prolific.SIGNATURE: prolific.sign(body, timestamp=timestamp, secret=secret),
        prolific.TIMESTAMP: timestamp,
    }
    return app.test_client().post("/hooks/prolific", data=body, headers=headers)


CHANGED = {
    "event_type": "submission.status.change",
    "resource_id": "77e",
    "status": "RETURNED",
    "participant_id": "5b3",
}


def test_a_returned_submission_frees_its_place(app):
    Visitor(app).begin(arrival=PROLIFIC)
    assert prolific_message(app, CHANGED).get_json() == {"new": True}
    assert is_lapsed(app)


def test_prolifics_messages_twice_late_or_of_other_things_do_no_harm(app):
    visitor = Visitor(app).begin(arrival=PROLIFIC)
    assert prolific_message(app, CHANGED, timestamp="1700000000").get_json() == {"new": True}
    assert prolific_message(app, CHANGED, timestamp="1700000000").get_json() == {"new": False}
    prolific_message(app, {**CHANGED, "status": "AWAITING REVIEW"})
    prolific_message(app, {"event_type": "study.status.change", "status": "COMPLETED"})
    assert not is_lapsed(app)
    assert visitor.next()["page"] == "trial"


def test_prolifics_secret_is_needed(app):
    assert prolific_message(app, CHANGED, secret="guessed").status_code == 403
    assert app.test_client().post("/hooks/prolific", json=CHANGED).status_code == 403
    assert n_notices(app) == 0


def test_nothing_is_heard_where_nothing_is_expected(tmp_path):
    made = create_app({"STUDY": make_study(tmp_path), "TESTING": True})
    try:
        for place in ("mturk", "prolific"):
            assert made.test_client().post(f"/hooks/{place}", json={}).status_code == 404
    finally:
        serving.close(made)


@pytest.mark.parametrize("body", ["", "[]", "{", "null", '{"Type": 1}', "[" * 100_000])
def test_nonsense_is_refused(app, body):
    assert app.test_client().post("/hooks/mturk", data=body).status_code in (400, 403, 413)
