"""Speaking to Mechanical Turk by boto3: for real, or only showing what would be asked."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    ParamValidationError,
)
from botocore.validate import ParamValidator

from mturk.markets.recruiter import RecruitingError, RefusedError, UnsureError

REGION = "us-east-1"  # the only one that MTurk had
ENDPOINTS = {
    "mturk": "https://mturk-requester.us-east-1.amazonaws.com",
    "mturk-sandbox": "https://mturk-requester-sandbox.us-east-1.amazonaws.com",
}  # by market
ATTEMPTS = 6  # botocore's own, with growing pauses, where MTurk asks to slow down
TIMEOUT_S = 20
PAGE = 100  # the most that a list has on a page
READS = ("Get", "List")
NOTHING_DONE = ("ThrottlingException", "RequestThrottled", "Throttling", "TooManyRequestsException")

Reply = dict[str, Any]


class Wire(Protocol):
    """Asks MTurk."""

    def ask(self, operation: str, **params: Any) -> Reply:
        """Ask for an operation of MTurk's API by its name there."""


class TurkWire:
    """MTurk itself, or what speaks its protocol at another address."""

    def __init__(
        self, market: str, *, endpoint: str | None = None, timeout_s: float | None = None
    ) -> None:
        timeout_s = timeout_s or TIMEOUT_S
        self._client = boto3.client(
            "mturk",
            region_name=REGION,
            endpoint_url=endpoint or ENDPOINTS[market],
            config=Config(
                retries={"mode": "standard", "max_attempts": ATTEMPTS},
                connect_timeout=timeout_s,
                read_timeout=timeout_s,
            ),
        )
        self._methods = {
            self._client.meta.method_to_api_mapping[name]: name
            for name in self._client.meta.method_to_api_mapping
        }

    def ask(self, operation: str, **params: Any) -> Reply:
        """Ask, and tell a no from not knowing.

        Raises
        ------
        RefusedError
            If MTurk said no.
        UnsureError
            If no answer came, or MTurk failed.
        RecruitingError
            If the request can't be, or there are no credentials.
        """
        try:
            reply: Reply = getattr(self._client, self._methods[operation])(**params)
        except ClientError as error:
            raise _meaning(operation, error) from error
        except HTTPClientError as error:
            raise UnsureError(f"MTurk did not answer {operation}: {error}") from error
        except (BotoCoreError, ParamValidationError) as error:
            raise RecruitingError(f"MTurk can't be asked for {operation}: {error}") from error
        return reply

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


class DryWire:
    """Shows each request that would change something, checked against MTurk's service model."""

    def __init__(self, real: Wire, model: Any, show: Callable[[str], None]) -> None:
        self._real, self._model, self._show = real, model, show

    def ask(self, operation: str, **params: Any) -> Reply:
        """Show a request that would change something; ask for one that only reads."""
        if operation.startswith(READS):
            return self._real.ask(operation, **params)
        wrong = ParamValidator().validate(params, self._model.operation_model(operation).input_shape)
        if wrong.has_errors():
            raise RecruitingError(f"{operation} can't be: {wrong.generate_report()}")
        self._show(f"{operation} {json.dumps(params, indent=2, default=_shown, ensure_ascii=False)}")
        return {
            "HIT": {"HITId": "NOTPOSTED"},
            "HITTypeId": "NOTMADE",
            "QualificationType": {"QualificationTypeId": "NOTMADE"},
        }


def service_model() -> Any:
    """Return botocore's description of MTurk's API."""
    return boto3.session.Session()._session.get_service_model("mturk")


def pages(wire: Wire, operation: str, of: str, **params: Any) -> Iterator[Reply]:
    """List everything under a reply's key `of`, page by page.

    Raises
    ------
    UnsureError
        If a page is cut off each time: a list that seems short must pass for no fact.
    """
    token: dict[str, str] = {}
    while True:
        reply = _whole_page(wire, operation, of, MaxResults=PAGE, **params, **token)
        yield from reply[of]
        if not reply.get("NextToken"):
            return
        token = {"NextToken": reply["NextToken"]}


def _whole_page(wire: Wire, operation: str, of: str, **params: Any) -> Reply:
    """Ask again for a page that was cut off, which botocore takes for an empty reply."""
    for _ in range(ATTEMPTS):
        reply = wire.ask(operation, **params)
        if of in reply and reply.get("NumResults", len(reply[of])) == len(reply[of]):
            return reply
    raise UnsureError(f"MTurk sent half a reply to {operation}, {ATTEMPTS} times; try again later")


def _meaning(operation: str, error: ClientError) -> RecruitingError:
    code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    sentence = f"MTurk refused {operation}: {code}: {text}"
    if code in NOTHING_DONE:
        return UnsureError(f"MTurk is too busy for {operation}; try again in a minute")
    if status >= 500 or code == "ServiceFault":
        return UnsureError(f"MTurk failed at {operation}: {code}: {text}")
    return RefusedError(sentence, may_be_done=code == "RequestError")


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
