"""Programmes of other shapes: checked without a fault, judged, and both pages written."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from brief_pages import export

import helpers
from jalur import ledger
from jalur.brief import sections as brief
from jalur.ledger import check
from jalur.verdict.case import Case
from jalur.verdict.judge import answer
from jalur.words.format import LANGUAGES

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


@cache
def study(data: Path, name: str, lang: str) -> Any:
    return helpers.open_study(name, ASKED[name], lang=lang, data=str(data))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ASKED)
def test_both_pages_are_written(foreign: Path, name: str, lang: str) -> None:
    page = export(brief.sections(study(foreign, name, lang).material, lang), lang)
    words = re.sub(r"<(style|script|svg)\b.*?</\1>|<[^>]+>", " ", page, flags=re.S)
    assert study(foreign, name, lang).case.programme.title[lang] in words
    assert not re.search(r"\b(None(?! of)|nan|inf)\b", words)
    goals = {"en": "at most", "id": "paling banyak"}[lang]
    assert (goals in words) == (name == "offline_share")
    grows = {"en": "That number grows", "id": "Jumlah itu bertambah"}[lang]
    assert (grows in words) == (name == "mobile_billions")
    sums = {"en": "running sum", "id": "penjumlahan berjalan"}[lang]
    assert (sums in words) == (name == "electric_cars")
