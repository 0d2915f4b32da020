"""Asking once: the books are written before and after every call that pays or posts.

A program may stop at any point. Whoever runs the same command again finds the operation by its
token. One that is done is left alone; of one that was intended the recruiter is asked first
whether it happened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from experiment_server.payables import DONE, INTENDED, REFUSED, Books, Operation
from mturk.errors import RefusedError, UnsureError

ATTEMPTS = 3  # of one run, when no answer comes


@dataclass(frozen=True, kw_only=True, slots=True)
class Till:
    """Where a market's operations go through.

    Attributes
    ----------
    books : Books
        The study's books.
    market : str
        Whom it is asked of.
    now : callable
        Tells the time.
    dry : bool
        Whether nothing is written, since nothing is really asked.
    """

    books: Books
    market: str
    now: Callable[[], datetime]
    dry: bool = False

    def operation(self, kind: str, *parts: object, **known: Any) -> Operation:
        """Describe an operation of this market; kind and parts make its name, the rest does not."""
        token = self.books.token(self.market, kind, *parts)
        return Operation(token=token, market=self.market, kind=kind, **known)

    def once(
        self,
        operation: Operation,
        *,
        send: Callable[[], str | None],
        find: Callable[[Operation], str | None],
    ) -> str | None:
        """Do an operation, unless it is done already.

        Parameters
        ----------
        operation : Operation
            What is asked.
        send : callable
            Asks, and returns what the recruiter calls it, if it has a name.
        find : callable
            Says what an earlier call led to; None if it surely led to nothing.

        Returns
        -------
        str or None
            What the recruiter calls it.

        Raises
        ------
        RefusedError
            If the recruiter said no.
        UnsureError
            If it can't be told whether it is done; the next run finds out.
        """
        if self.dry:
            return send()
        for _ in range(ATTEMPTS):
            known = self.books.find(operation.token)
            if known is not None and known.state == DONE:
                return known.ref
            if known is not None and known.state == INTENDED and (found := find(known)) is not None:
                return self._finish(operation, DONE, found)
            self.books.begin(operation, now=self.now())
            try:
                ref = send()
            except UnsureError:
                continue
            except RefusedError as error:
                ref = find(self.books.find(operation.token) or operation) if error.may_be_done else None
                if ref is None:
                    self._finish(operation, REFUSED, None)
                    raise
            return self._finish(operation, DONE, ref)
        raise UnsureError(
            f"no clear answer on {operation.kind} {operation.participant or operation.batch or ''}; "
            "run the same command again, which finds out first"
        )

    def _finish(self, operation: Operation, state: str, ref: str | None) -> str | None:
        self.books.finish(operation.token, state=state, ref=ref, now=self.now())
        return ref
