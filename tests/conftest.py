"""What many tests need: the shipped programmes, each read once a process, and folders of one's own.

A programme is frozen, and no test changes its tables; whoever wants other rows works on a copy or takes `data`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from jalur import ledger
from jalur.verdict.case import Case
from jalur.verdict.judge import judge
from jalur.verdict.model import Verdict

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def programmes() -> Callable[[str], ledger.Programme]:
    """A shipped programme by its name."""
    return cache(ledger.load)


@pytest.fixture(scope="session")
def programme(programmes: Callable[[str], ledger.Programme]) -> ledger.Programme:
    """The programme that the notebooks show."""
    return programmes("umkm_onboarding")


@pytest.fixture(scope="session")
def verdict(programme: ledger.Programme) -> Verdict:
    """The verdict that the notebooks show, with its sensitivity."""
    return judge(Case.of(programme, "2022-03-31"))


@pytest.fixture(scope="session")
def half_past(programme: ledger.Programme) -> Case:
    """A path of two targets, one past and open to doubt, one to come."""
    return Case.of(programme, "2024-03-31", targets=(("2023-06-30", 22.6e6), ("2024-12-31", 25.5e6)))


@pytest.fixture(scope="session")
def half_past_verdict(half_past: Case) -> Verdict:
    """The verdict on that path, without its sensitivity."""
    return judge(half_past, sensitivity=False)


@pytest.fixture(scope="session")
def notebooks() -> tuple[Path, ...]:
    """The committed notebooks."""
    return tuple(sorted((ROOT / "notebooks").glob("*.ipynb")))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the shipped data, to be changed at will."""
    return Path(shutil.copytree(ledger.default_data(), tmp_path / "data"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder for reports, not yet there."""
    return tmp_path / "out"
