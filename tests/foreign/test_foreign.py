"""Programmes of other shapes: checked without a fault, judged, and both pages written."""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from brief_pages import export

import helpers
from jalur import ledger
from jalur.brief import sections as brief
from jalur.errors import InputError
from jalur.ledger import check
from jalur.study.explore import App
from jalur.verdict.case import Case
from jalur.verdict.judge import answer, judge
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


def test_no_rising_curve_is_fitted_to_a_level_that_falls(foreign: Path) -> None:
    opened = study(foreign, "offline_share", "en")
    assert opened.curves.fitted == {}
    assert "none is fitted to a level that is to fall" in str(opened.curves.findings())
    assert set(opened.curves.left_future().data["method"]) == {"last", "jalur"}
    with pytest.raises(InputError, match="a level that is to fall is not fit for the family"):
        opened.curves.fit("logistic")


def test_programmes_that_lead_both_ways_stand_side_by_side(foreign: Path) -> None:
    for name in ("offline_share", "eu_cloud"):
        found = study(foreign, name, "en").compare.programmes()
        rows = found.data.set_index("programme")
        assert rows.loc["offline_share", "required"] < 0 < rows.loc["eu_cloud", "required"]
        shown = str(found)
        assert "≤ 15" in shown
        assert "≤ 75" not in shown


def test_the_sliders_speak_of_leaving_where_a_programme_falls(foreign: Path, tmp_path: Path) -> None:
    app = App(study(foreign, "jan_dhan", "en").case, study(foreign, "jan_dhan", "en").fmt, tmp_path)
    assert app.capacity.description == "Who can join"
    app.programme.value = "offline_share"
    assert app.capacity.description == "Who can leave"
    assert app.retention.disabled
    app.programme.value = "jan_dhan"
    assert app.capacity.description == "Who can join"
    assert not app.retention.disabled


def text_of(foreign: Path, name: str, lang: str) -> str:
    """The text of a brief, charts' alternative texts included."""
    study = helpers.open_study(name, ASKED[name], lang=lang, data=str(foreign))
    html = "".join(section.html for section in brief.sections(study.material, lang).values())
    html = re.sub('<img[^>]*alt="([^"]*)"[^>]*>', " \\1 ", html)
    return re.sub("<[^>]+>", " ", html).replace("\u00a0", " ")


@pytest.mark.parametrize(("lang", "points"), [("en", "points"), ("id", "poin")])
@pytest.mark.parametrize("name", ["eu_cloud", "offline_share"])
def test_a_share_is_said_in_per_cent_and_its_change_in_points(foreign: Path, name: str, lang: str, points: str) -> None:
    said = text_of(foreign, name, lang)
    assert re.search(rf"0[.,][0-9]{{2}} {points}", said)
    assert not re.search(r"0[.,]0 (extra|more|of|perusahaan|penduduk)", said)
    assert not re.search(r"1[0-9][1-9](\.[0-9])?%|100[.,]0%", said)


def test_no_lever_widens_a_share_beyond_all_of_the_eligible(foreign: Path) -> None:
    case = Case.of(ledger.load("eu_cloud", foreign), ASKED["eu_cloud"], capacity=100)
    whole = judge(case).levers
    half = judge(case.asking(capacity=80.0)).levers
    assert whole is not None
    assert whole.capacity_factor == {}
    assert half is not None
    assert half.capacity_factor_limit == pytest.approx(100 / 80)
    with pytest.raises(InputError, match="per cent of the eligible up to 100"):
        _ = Case.of(ledger.load("eu_cloud", foreign), ASKED["eu_cloud"], capacity=120).capacity


def test_a_capacity_beyond_all_of_the_eligible_is_refused(foreign: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(foreign, tmp_path / "data"))
    file = folder / "eu_cloud" / "programme.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("units: 100\n", "units: 120\n"), encoding="utf-8")
    with pytest.raises(InputError, match="120 in percent"):
        ledger.load("eu_cloud", folder)


@pytest.mark.parametrize(("lang", "words"), [("en", "7 billion subscriptions"), ("id", "7 miliar langganan")])
def test_billions_are_said_as_such(foreign: Path, lang: str, words: str) -> None:
    said = text_of(foreign, "mobile_billions", lang)
    assert words in said
    assert "000 million" not in said
    assert "000 juta" not in said


LIMITS = {
    "announcement": ("announced by officials", "pernyataan pejabat"),
    "register": ("published from a register", "data registrasi"),
    "survey": ("estimates from a survey", "perkiraan dari survei"),
}


@pytest.mark.parametrize(
    ("name", "kind"), [("eu_cloud", "survey"), ("electric_cars", "register"), ("mobile_billions", "announcement")]
)
def test_the_limits_say_what_stands_behind_the_figures(foreign: Path, name: str, kind: str) -> None:
    for place, lang in enumerate(("en", "id")):
        said = text_of(foreign, name, lang)
        assert [other for other, words in LIMITS.items() if words[place] in said] == [kind]
    first = str(study(foreign, name, "en").limits())
    assert {"survey": "survey", "register": "register", "announcement": "officials"}[kind] in first
