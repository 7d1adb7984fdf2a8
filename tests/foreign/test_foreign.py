"""Programmes of other shapes: checked without a fault, judged, and both pages written."""

from __future__ import annotations

from pathlib import Path

import pytest

from jalur import ledger
from jalur.ledger import check
from jalur.verdict.case import Case
from jalur.verdict.judge import answer

ASKED = {
    "electric_cars": "2024-06-30",
    "eu_cloud": "2023-12-31",
    "jan_dhan": "2024-06-30",
    "mobile_billions": "2024-06-30",
    "offline_share": "2024-06-30",
}


def test_nothing_is_wrong_with_them(foreign: Path) -> None:
    assert ledger.programmes(foreign) == sorted(ASKED)
    assert check.faults(foreign, links=True) == []


@pytest.mark.parametrize("name", ASKED)
def test_each_carries_a_chance(foreign: Path, name: str) -> None:
    found = answer(Case.of(ledger.load(name, foreign), ASKED[name]))
    assert found.reason is None
    assert found.joint_probability is not None


def test_the_level_of_the_cars_is_their_running_sum(foreign: Path) -> None:
    cars = ledger.load("electric_cars", foreign)
    known = cars.observations[cars.observations["reported_on"] <= ASKED["electric_cars"]]
    case = Case.of(cars, ASKED["electric_cars"])
    assert list(case.figures["value"]) == list(38_400 + known["value"].cumsum())
    assert case.last_figure is not None
    assert case.last_figure.value > 10 * known["value"].max()  # a month was judged as the level
