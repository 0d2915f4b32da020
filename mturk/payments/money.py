"""Asking once: the books are written before and after every call that pays or posts.

A program may stop at any point. Whoever runs the same command again finds the operation by its
token. One that is done is left alone; of one that was intended the recruiter is asked first
whether it happened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from experiment_server.payables import DONE, INTENDED, REFUSED, Books, Operation
from mturk.markets.recruiter import RefusedError, UnsureError

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

    def token(self, kind: str, *parts: object) -> str:
        """Name an operation of this market."""
        return self.books.token(self.market, kind, *parts)

    def once(
        self,
        operation: Operation,
        *,
        send: Callable[[], str],
        find: Callable[[Operation], str | None],
    ) -> str | None:
        """Do an operation, unless it is done already.

        Parameters
        ----------
        operation : Operation
            What is asked.
        send : callable
            Asks, and returns what the recruiter calls it.
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
            if known is not None and known.state == INTENDED:
                found = find(known)
                if found is not None:
                    self._finish(operation, found)
                    return found
            self.books.begin(operation, now=self.now())
            try:
                ref = send()
            except UnsureError:
                continue
            except RefusedError as error:
                found = self._found(operation, find) if error.may_be_done else None
                if found is None:
                    self.books.finish(operation.token, state=REFUSED, ref=None, now=self.now())
                    raise
                ref = found
            self._finish(operation, ref)
            return ref
        raise UnsureError(
            f"no clear answer on {operation.kind} {operation.participant or operation.batch or ''}; "
            "run the same command again, which finds out first"
        )

    def _found(self, operation: Operation, find: Callable[[Operation], str | None]) -> str | None:
        known = self.books.find(operation.token)
        return find(known) if known is not None else None

    def _finish(self, operation: Operation, ref: str) -> None:
        self.books.finish(operation.token, state=DONE, ref=ref, now=self.now())
