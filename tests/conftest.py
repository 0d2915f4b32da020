import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def greatest_hits() -> Path:
    """Real Greatest Hits videos, which are not part of this project."""
    beside = Path(__file__).parents[2] / "shared" / "data" / "greatest_hits_sample"
    folder = Path(os.environ.get("GREATEST_HITS_SAMPLE", beside))
    if not folder.is_dir():
        pytest.skip("no real videos: set GREATEST_HITS_SAMPLE to a folder in the published layout")
    return folder
