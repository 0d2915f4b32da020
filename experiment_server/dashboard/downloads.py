"""The export as one file to download."""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from experiment_server.exports import export
from experiment_server.web.serving import Serving


def responses(here: Serving, *, now: datetime) -> IO[bytes]:
    """Pack what `experiment-server export` writes into a zip file, which is gone once it is closed.

    Raises
    ------
    StudyError
        If participants saw another stimulus set than the one being served.
    """
    data = export.read_opened(here.engine, here.opened, now=now)
    packed = tempfile.TemporaryFile()  # noqa: SIM115 - the reply closes it
    with tempfile.TemporaryDirectory() as folder:
        export.write(data, Path(folder))
        with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.write(path, f"{data.name}/{path.name}")
    packed.seek(0)
    return packed
