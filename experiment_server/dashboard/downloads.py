"""The export as one file to download."""

import tempfile
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from experiment_server.exports import export


def responses(study_folder: Path) -> IO[bytes]:
    """Pack what `experiment-server export` writes into a zip file, which is gone once it is closed.

    Raises
    ------
    StudyError
        If the study can't be exported.
    """
    data = export.read_study(study_folder)
    packed = tempfile.TemporaryFile()  # noqa: SIM115 - the reply closes it
    with tempfile.TemporaryDirectory() as folder:
        export.write(data, Path(folder))
        with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.write(path, f"{data.name}/{path.name}")
    packed.seek(0)
    return packed
