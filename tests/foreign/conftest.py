"""The programmes from elsewhere as a data folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jalur.ledger import datapackage


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the programmes from elsewhere, described and hashed."""
    folder = Path(shutil.copytree(Path(__file__).parent / "data", tmp_path_factory.mktemp("foreign") / "data"))
    datapackage.update(folder)
    return folder
