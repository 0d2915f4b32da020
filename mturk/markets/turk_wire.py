"""Speaking to Mechanical Turk by boto3: for real, or only showing what would be asked."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.validate import ParamValidator

from mturk.errors import RecruitingError, RefusedError, UnsureError

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
NOT_MADE = {
    "HIT": {"HITId": "NOTPOSTED"},
    "HITTypeId": "NOTMADE",
    "QualificationType": {"QualificationTypeId": "NOTMADE"},
}  # the answer to what is only shown

Reply = dict[str, Any]


class TurkWire:
    """MTurk itself, or what speaks its protocol at another address.

    Parameters
    ----------
    market : str
        "mturk" or "mturk-sandbox".
    endpoint : str or None
        Another address in place of the market's.
    show : callable or None
        Is shown each request that would change something, in place of asking for it.
    """

    def __init__(
        self, market: str, *, endpoint: str | None = None, show: Callable[[str], None] | None = None
    ) -> None:
        self._show = show
        self._client = boto3.client(
            "mturk",
            region_name=REGION,
            endpoint_url=endpoint or ENDPOINTS[market],
            config=Config(
                retries={"mode": "standard", "max_attempts": ATTEMPTS},
                connect_timeout=TIMEOUT_S,
                read_timeout=TIMEOUT_S,
            ),
        )

    def ask(self, operation: str, **params: Any) -> Reply:
        """Ask for an operation of MTurk's API by its name there, and tell a no from not knowing.

        Raises
        ------
        RefusedError
            If MTurk said no.
        UnsureError
            If no answer came, or MTurk failed.
        RecruitingError
            If the request can't be, or there are no credentials.
        """
        if self._show and not operation.startswith(READS):
            wanted = self._client.meta.service_model.operation_model(operation).input_shape
            wrong = ParamValidator().validate(params, wanted)
            if wrong.has_errors():
                raise RecruitingError(f"{operation} can't be: {wrong.generate_report()}")
            text = json.dumps(params, indent=2, default=datetime.isoformat, ensure_ascii=False)
            self._show(f"{operation} {text}")
            return NOT_MADE
        try:
            reply: Reply = getattr(self._client, xform_name(operation))(**params)
        except ClientError as error:
            raise _meaning(operation, error) from error
        except HTTPClientError as error:
            raise UnsureError(f"MTurk did not answer {operation}: {error}") from error
        except BotoCoreError as error:
            raise RecruitingError(f"MTurk can't be asked for {operation}: {error}") from error
        return reply

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


def pages(wire: TurkWire, operation: str, of: str, **params: Any) -> Iterator[Reply]:
    """List everything under a reply's key `of`, page by page.

    botocore's own paginators take a page that was cut off for an empty one, and the last.

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


def _whole_page(wire: TurkWire, operation: str, of: str, **params: Any) -> Reply:
    for _ in range(ATTEMPTS):
        reply = wire.ask(operation, **params)
        if of in reply and reply.get("NumResults", len(reply[of])) == len(reply[of]):
            return reply
    raise UnsureError(f"MTurk sent half a reply to {operation}, {ATTEMPTS} times; try again later")


def _meaning(operation: str, error: ClientError) -> RecruitingError:
    code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in NOTHING_DONE:
        return UnsureError(f"MTurk is too busy for {operation}; try again in a minute")
    if status >= 500 or code == "ServiceFault":
        return UnsureError(f"MTurk failed at {operation}: {code}: {text}")
    return RefusedError(f"MTurk refused {operation}: {code}: {text}", may_be_done=code == "RequestError")
