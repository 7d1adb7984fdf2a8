"""A capacity that grows: a constant one is the limit, later counts are unknown, its uncertainty is in the answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jalur import ledger
from jalur.errors import InputError
from jalur.ledger.levels import Count
from jalur.verdict import growing
from jalur.verdict.case import Case
from jalur.verdict.growing import PLACES, Growing, Population
from jalur.verdict.judge import judge
from jalur.verdict.scenarios import Futures

FOREIGN = Path(__file__).parents[1] / "foreign" / "data"
DAY = "2024-06-30"


@pytest.fixture(scope="module")
def mobile() -> ledger.Programme:
    return ledger.load("mobile_billions", FOREIGN)


def with_counts(programme: ledger.Programme, *counts: tuple[int, float]) -> ledger.Programme:
    """The programme with other counts of those eligible: (year, units), each published half a year later."""
    made = tuple(Count(dt.date(year, 12, 31), units, dt.date(year + 1, 6, 30)) for year, units in counts)
    return replace(programme, capacities=(replace(programme.capacities[0], counts=made),))


def constant(programme: ledger.Programme, units: float) -> ledger.Programme:
    return replace(programme, capacities=(replace(programme.capacities[0], counts=(), units=units),))


def test_one_that_does_not_grow_and_is_certain_is_a_constant(mobile: ledger.Programme, monkeypatch) -> None:
    monkeypatch.setattr(growing, "USUAL_SD", 0.0)
    still = Case.of(with_counts(mobile, (2012, 8e9), (2017, 8e9), (2022, 8e9)), DAY)
    flat = Case.of(constant(mobile, 8e9), DAY)
    assert still.capacity == pytest.approx(8e9, rel=1e-12)
    assert still.chances == flat.chances
    assert still.joint == flat.joint
    for t in (2024.5, 2027.0, 2031.0):
        assert still.state().probability(t, 6e9) == pytest.approx(flat.state().probability(t, 6e9), abs=1e-9)
        q = [0.05, 0.5, 0.95]
        assert still.state().quantile(t, q) == pytest.approx(flat.state().quantile(t, q), rel=1e-6)


def test_a_count_that_grows_with_its_capacity_keeps_its_share(mobile: ledger.Programme, monkeypatch) -> None:
    monkeypatch.setattr(growing, "USUAL_SD", 0.0)
    eligible = Population(np.array([2013.0, 2023.0]), np.array([7e9, 9e9]))
    flat, rows = Case.of(constant(mobile, 9e9), DAY), mobile.observations.copy()
    years = [growing.decimal_year(day) for day in rows["as_of"]]
    rows["value"] *= eligible.middle(years) / 9e9
    grown = with_counts(replace(mobile, observations=rows), (2012, 7e9), (2022, 9e9))
    then = Case.of(grown, DAY)
    ahead = then.population.middle(flat.path.times) / 9e9
    for t, level, factor in zip(flat.path.times, flat.path.levels, ahead, strict=True):
        expected = flat.state().probability(t, level)
        assert then.state().probability(t, level * factor) == pytest.approx(expected, abs=0.01)


def test_a_count_published_later_is_not_known(mobile: ledger.Programme) -> None:
    assert len(Case.of(mobile, DAY).population.times) == 3
    assert len(Case.of(mobile, "2023-06-29").population.times) == 2
    early = Case.of(mobile, "2018-06-29")
    assert (early.population, early.capacity, early.problem.code) == (None, None, "no_capacity")
    before = Case.of(with_counts(mobile, (2012, 7.13e9), (2017, 7.6e9)), "2023-03-31")
    after = Case.of(with_counts(mobile, (2012, 7.13e9), (2017, 7.6e9), (2022, 12e9)), "2023-03-31")
    assert before.chances == after.chances


def test_what_is_not_known_about_the_capacity_widens_the_answer(mobile: ledger.Programme, monkeypatch) -> None:
    case = Case.of(mobile, DAY)
    low, high = case.capacity_80
    assert low < case.capacity < high
    widths = []
    for sd in (0.0, 0.01, 0.1):
        monkeypatch.setattr(growing, "USUAL_SD", sd)
        ends = Case.of(mobile, DAY).state().quantile(2031.0, [0.05, 0.95])
        widths.append(ends[1] - ends[0])
    assert widths[0] < widths[1] < widths[2]


def test_the_number_of_those_eligible_is_a_count_at_a_count_and_unsure_beyond() -> None:
    counted = Population(np.array([2010.0, 2015.0, 2020.0]), np.array([100.0, 120.0, 130.0]))
    assert counted.middle([2010, 2015, 2020]) == pytest.approx([100, 120, 130])
    assert counted.sd([2010, 2015, 2020]) == pytest.approx([0, 0, 0])
    assert counted.sd([2012.5])[0] > 0
    assert list(counted.sd([2021, 2023, 2030])) == sorted(counted.sd([2021, 2023, 2030]))
    assert counted.sd([2005.0])[0] == pytest.approx(counted.sd([2025.0])[0])
    assert counted.middle([2030.0])[0] == pytest.approx(130 * (130 / 100))
    assert np.mean(PLACES) == pytest.approx(0)
    assert np.mean(PLACES**2) == pytest.approx(1, abs=1e-3)


def test_ranges_of_the_capacity_hold_what_they_say() -> None:
    """Walks with a drift, seen on five dates, foretold five years on: the 80 % range holds about four in five."""
    rng, held = np.random.default_rng(3), []
    for _ in range(400):
        drift, spread = rng.normal(0.015, 0.01), rng.choice([0.005, 0.01, 0.02])
        steps = drift * 2 + spread * np.sqrt(2.0) * rng.standard_normal(4)
        seen = Population(2010 + 2.0 * np.arange(5), np.exp(np.r_[0, np.cumsum(steps)]))
        truth = np.log(seen.units[-1]) + drift * 5 + spread * np.sqrt(5) * rng.standard_normal()
        off = truth - np.log(seen.middle([2023.0])[0])
        held.append(abs(off) < 1.2816 * seen.sd([2023.0])[0])
    assert 0.72 < np.mean(held) < 0.88


@pytest.mark.parametrize("net", [True, False])
def test_the_law_agrees_with_itself(mobile: ledger.Programme, net: bool) -> None:
    case = Case.of(replace(mobile, net=net), DAY, draws=4000)
    state = case.state()
    assert isinstance(state, Growing)
    for t in (2025.0, 2027.0, 2031.0):
        levels = state.quantile(t, [0.1, 0.5, 0.9])
        assert state.cdf(t, levels) == pytest.approx([0.1, 0.5, 0.9], abs=1e-6)
        drawn = state.draws([t], n=8000, seed=1)[0]
        assert [np.mean(drawn < level) for level in levels] == pytest.approx([0.1, 0.5, 0.9], abs=0.03)
    assert case.joint <= min(case.chances) + 1e-12
    if not net:
        medians = [state.quantile(t, 0.5) for t in (2024.5, 2026.0, 2028.0, 2031.0)]
        assert medians == sorted(medians)
        assert (np.diff(state.draws([2024.5, 2026.0, 2031.0], n=500), axis=0) >= 0).all()


def test_the_whole_verdict_and_the_sliders(mobile: ledger.Programme) -> None:
    case = Case.of(mobile, DAY, draws=2000)
    found = judge(case)
    assert found.capacity.units == pytest.approx(case.population.middle(case.path.times[-1])[0], rel=1e-6)
    assert found.capacity.as_of == "2022-12-31"
    assert found.capacity.units_80[0] < found.capacity.units < found.capacity.units_80[1]
    assert found.levers.capacity_factor == {}
    assert "exceeds_capacity" not in {m.status for m in found.milestones}
    moved = Futures(case).verdict(0.0, 1.0)
    assert [m.probability for m in moved.milestones] == [m.probability for m in found.milestones]
    for a, b in zip(moved.milestones, found.milestones, strict=True):
        assert a.median == pytest.approx(b.median, rel=0.01)
    half = Case.of(mobile, DAY, capacity_share=0.8)
    assert half.capacity == pytest.approx(0.8 * case.capacity)
    assert half.joint < case.joint


def test_figures_beyond_the_smallest_capacity_carry_no_chance(mobile: ledger.Programme) -> None:
    case = Case.of(mobile, DAY, capacity_share=0.5)
    assert case.problem.code == "figures_exceed_capacity"


def test_a_falling_path_has_no_growing_capacity(tmp_path: Path) -> None:
    import shutil

    folder = Path(shutil.copytree(FOREIGN, tmp_path / "data"))
    file = folder / "mobile_billions" / "programme.yml"
    file.write_text(file.read_text().replace("net: true", "net: true\ndirection: down"))
    with pytest.raises(InputError, match="given direction: down; allowed: growing: false"):
        ledger.load("mobile_billions", folder)
