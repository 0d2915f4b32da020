"""How recruiting says that something was not done."""


class RecruitingError(Exception):
    """Recruiting can't go on; the message says why and what to do."""


class RefusedError(RecruitingError):
    """The recruiter said no: this call did nothing.

    Attributes
    ----------
    may_be_done : bool
        Whether the reason may be that an earlier call did it.
    """

    def __init__(self, sentence: str, *, may_be_done: bool = False) -> None:
        super().__init__(sentence)
        self.may_be_done = may_be_done


class UnsureError(RecruitingError):
    """No answer came, or none that settles it: what was asked may be done or not."""
