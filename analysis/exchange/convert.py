"""Which formats there are, and the way from one to another."""

from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.exchange import amt, bids, psych_ds, reseval
from experiment_server.exports import records
from experiment_server.exports.records import Record, RecordsError

RESPONSES = "responses"
WRITERS: dict[str, Callable[[Sequence[Record], Path], int]] = {
    RESPONSES: records.write,
    "amt": amt.write,
    "reseval": reseval.write,
    "psych-ds": psych_ds.write,
    "bids": bids.write,
}


def convert(source: Path, out: Path, *, of: str, to: str, n_practice: int = amt.N_PRACTICE) -> int:
    """Read responses in one format and write them in another; return what was written, in rows.

    Parameters
    ----------
    source, out : Path
        A file; a file for `RESPONSES` and ``amt``, a folder for all others.
    of, to : str
        `RESPONSES` or ``amt``, and one of `WRITERS`.
    n_practice : int
        For ``amt``: trials at the beginning of each row that were practice.

    Raises
    ------
    AnalysisError
        If the source can't be read.
    """
    try:
        found = amt.read(source, n_practice=n_practice) if of == "amt" else records.read(source)
    except FileNotFoundError:
        raise AnalysisError(f"no file {source}") from None
    except (RecordsError, UnicodeDecodeError) as error:
        raise AnalysisError(str(error)) from error
    out.parent.mkdir(parents=True, exist_ok=True)
    return WRITERS[to](found, out)
