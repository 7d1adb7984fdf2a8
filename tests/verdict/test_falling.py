"""A level that is to fall: the same chances as its complement that rises, and every number in its own direction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jalur import ledger
from jalur.monitor import check_claim, earlier_targets, honest_paths, trip_wires
from jalur.record.replay import outcome
from jalur.verdict.case import Case, Question
from jalur.verdict.judge import answer, judge
from jalur.verdict.scenarios import Explorer

FOREIGN = Path(__file__).parents[1] / "foreign" / "data"
DAY, CLOSE = "2024-06-30", dict(rel=0, abs=1e-9)


@pytest.fixture(scope="module")
def offline() -> ledger.Programme:
    return ledger.load("offline_share", FOREIGN)


def turned(programme: ledger.Programme, whole: float = 100.0) -> ledger.Programme:
    """The complement of a programme, leading the other way."""
    path = programme.path
    assert path is not None
    assert path.base_value is not None
    steps = tuple(replace(m, value=whole - m.value) for m in path.milestones)
    figures = programme.observations.assign(value=whole - programme.observations["value"])
    return replace(
        programme,
        observations=figures,
        path=replace(path, milestones=steps, base_value=whole - path.base_value),
        direction="up",
    )


@pytest.fixture(scope="module")
def pair(offline: ledger.Programme) -> tuple[Case, Case]:
    """The falling share, and the share with internet, which rises."""
    return Case.of(offline, DAY), Case.of(turned(offline), DAY)


def test_chances_are_those_of_the_rising_complement(pair: tuple[Case, Case]) -> None:
    down, up = (case.state() for case in pair)
    for t in (2024.5, 2026.0, 2029.0, 2040.0):
        for level in (5.0, 15.0, 22.0, 27.3, 40.0):
            assert down.probability(t, level) == pytest.approx(up.probability(t, 100 - level), **CLOSE)
            below = 1 - up.cdf(t, 100 - level)
            assert down.cdf(t, level) == pytest.approx(np.atleast_1d(below), **CLOSE)
        for q in (0.05, 0.5, 0.9):
            assert down.quantile(t, q) == pytest.approx(100 - up.quantile(t, 1 - q), rel=0, abs=1e-6)
    assert pair[0].chances == pair[1].chances
    assert pair[0].joint == pair[1].joint
    times, levels = pair[0].path.times, pair[0].path.levels
    assert pair[0].together(times, levels) == pytest.approx(pair[1].together(times, 100 - levels), **CLOSE)


@pytest.mark.parametrize("net", [True, False])
@pytest.mark.parametrize("share", [1.0, 0.95])
def test_every_part_of_the_verdict_is_that_of_the_complement(offline, net: bool, share: float) -> None:
    falls = replace(offline, net=net)
    down, up = (judge(Case.of(p, DAY, capacity_share=share)) for p in (falls, turned(falls)))
    assert (down.direction, up.direction) == ("down", "up")
    for a, b in zip(down.milestones, up.milestones, strict=True):
        assert (a.probability, a.status) == (b.probability, b.status)
        assert a.target == 100 - b.target
        assert a.median == pytest.approx(100 - b.median, abs=2e-5)
        for name in ("interval_50", "interval_80", "interval_90"):
            assert getattr(a, name) == pytest.approx([100 - x for x in reversed(getattr(b, name))], abs=2e-5)
        assert a.required_monthly_additions == pytest.approx(-b.required_monthly_additions, abs=2e-4)
        assert a.stage_projected_monthly_additions == pytest.approx(-b.stage_projected_monthly_additions, abs=2e-4)
        assert a.required_monthly_additions < 0
        for chance, level in a.levels.items():
            assert level == pytest.approx(100 - b.levels[chance], abs=2e-5)
        assert a.levels["0.5"] < a.levels["0.8"] < a.levels["0.9"]  # what can be promised with more certainty is more
        assert a.acceleration == b.acceleration
    assert down.published_pace[0][2] == pytest.approx(-up.published_pace[0][2], abs=2e-4)
    assert down.first_passage.distribution == up.first_passage.distribution
    assert [row.q95 for row in down.fan] == pytest.approx([100 - row.q05 for row in up.fan], abs=2e-5)
    assert down.levers.extra_monthly_additions == up.levers.extra_monthly_additions
    assert down.levers.faster == up.levers.faster
    assert down.levers.capacity_factor == {}
    assert [v.probabilities for v in down.sensitivity.figures] == [v.probabilities for v in up.sensitivity.figures]
    assert down.base.value == 30
    assert not {row.label for row in down.labels} & {"moving_away", "regression", "reverse", "reversal_needed"}
    assert all(row.hit_rate is None for row in down.labels)  # measured on levels that rise


def test_the_sliders_move_a_falling_level_down(offline: ledger.Programme) -> None:
    sliders, question = Explorer(Case.of(offline, DAY)), Question(vintage=DAY)
    still, faster = sliders.verdict(question), sliders.verdict(question, extra=0.2)
    assert [m.probability for m in still.milestones] == pytest.approx(list(Case.of(offline, DAY).chances), abs=1e-4)
    assert faster.joint_probability > still.joint_probability
    for a, b in zip(still.milestones, faster.milestones, strict=True):
        assert b.median < a.median
        assert a.interval_90[0] < a.median < a.interval_90[1]
    mirror = Explorer(Case.of(turned(offline), DAY)).verdict(question, extra=0.2)
    assert faster.joint_probability == mirror.joint_probability


def test_a_count_falls_from_its_capacity_or_without_one_from_its_base(offline: ledger.Programme) -> None:
    shops = replace(offline, unit="shops", observations=offline.observations.assign(unit="shops"))
    counted = Case.of(shops, DAY)
    assert (counted.capacity, counted.ceiling) == (100, 100)
    assert counted.chances == Case.of(offline, DAY).chances
    bare = Case.of(replace(shops, capacities=(), path=replace(shops.path, base_value=60.0)), DAY)
    assert (bare.capacity, bare.ceiling, bare.problem) == (60, 60, None)
    assert bare.state().quantile(2030.0, 0.999) <= 60
    beyond = Case.of(replace(shops, capacities=()), DAY)  # the base of 30 lies below the first figures
    assert beyond.problem.code == "figures_exceed_capacity"
    assert "from which 30 could ever leave" in beyond.problem.sentence


def test_a_target_below_what_can_be_left_is_impossible(offline: ledger.Programme) -> None:
    found = answer(Case.of(offline, DAY, capacity_share=0.8))  # a fifth of all can never leave
    assert [m.status for m in found.milestones] == ["open", "exceeds_capacity"]
    assert found.milestones[1].probability == found.joint_probability == 0
    assert found.probability_class == found.milestones[1].probability_class == "impossible"


def test_a_floor_is_no_ceiling_on_what_has_left(offline: ledger.Programme) -> None:
    rows = offline.observations.copy()
    rows.loc[rows.index[4], "qualifier"] = "at_least"
    without = Case.of(offline, DAY).without("offline-05")
    assert Case.of(replace(offline, observations=rows), DAY).chances == without.chances


def test_outcomes_are_read_in_the_direction_of_the_path(offline: ledger.Programme) -> None:
    assert outcome(offline, "2023-12-31", 28.0).status == "met"
    assert outcome(offline, "2023-12-31", 27.0).status == "missed"
    never_back = replace(offline, net=False)
    assert outcome(never_back, "2022-06-30", 34.0).status == "met"  # 33.1 half a year before
    assert outcome(never_back, "2022-06-30", 29.0).status == "missed"  # still 30.0 half a year after
    floors = never_back.observations.assign(qualifier="at_least")
    assert outcome(never_back, "2023-12-31", 28.0, floors).status == "open"
    assert outcome(never_back, "2023-12-31", 27.0, floors).status == "missed"


def test_a_falling_level_that_is_down_is_already_reached(offline: ledger.Programme) -> None:
    reached = Case.of(replace(offline, capacities=()), DAY, targets=[("2026-12-31", 28.0)])
    found = answer(replace(reached, programme=replace(reached.programme, path=None)))
    assert (found.joint_probability, found.reason_code) == (None, "no_capacity")
    assert found.probability_class == "already_reached"
    assert found.milestones[0].status == "met"


def test_rows_of_the_ledger_stay_as_they_were_published(pair: tuple[Case, Case]) -> None:
    down, up = pair
    pd.testing.assert_series_equal(down.figures["value"], 100 - up.figures["value"])
    assert down.last_figure.value == 27.4


def test_the_next_count_must_fall_to_change_the_verdict(pair: tuple[Case, Case]) -> None:
    down, up = (trip_wires(case, "2024-12-31") for case in pair)
    assert [wire.level is None for wire in down] == [wire.level is None for wire in up]
    levels = [wire.level for wire in down if wire.level is not None]
    assert levels == sorted(levels, reverse=True)
    for a, b in zip(down, up, strict=True):
        if a.level is not None:
            assert a.level == pytest.approx(100 - b.level, abs=0.11)  # one step of the rounding
            assert a.likely == pytest.approx(b.likely, abs=0.01)


def test_a_promise_of_a_fall_is_no_more_than_the_path_asks_for_at_even_odds(pair: tuple[Case, Case]) -> None:
    down, up = (honest_paths(case, (0.8, 0.5)) for case in pair)
    for a, b in zip(down, up, strict=True):
        assert a.share == pytest.approx(b.share, abs=1e-9)
        assert a.levels == tuple(100 - x for x in b.levels)
    assert down[0].levels[-1] > down[1].levels[-1] > 15


def test_a_claim_and_earlier_targets_are_read_downwards(pair: tuple[Case, Case], offline: ledger.Programme) -> None:
    row = {"id": "x", "as_of": pd.Timestamp("2024-06-30"), "reported_on": pd.Timestamp("2024-06-30")}
    claims = [
        check_claim(case, pd.Series({**case.figures.iloc[-1], **row, "value": value}))
        for case, value in zip(pair, (26.1, 73.9), strict=True)
    ]
    assert claims[0].share_below == pytest.approx(1 - claims[1].share_below, abs=2e-4)
    assert claims[0].range_95 == pytest.approx([100 - x for x in reversed(claims[1].range_95)], abs=1e-3)
    assert claims[0].chance_after == claims[1].chance_after
    due = offline.targets.assign(target_date=pd.Timestamp("2023-12-31"))
    found = earlier_targets(Case.of(replace(offline, targets=due), DAY)).iloc[0]
    assert (found["status"], found["target"], found["outcome"]) == ("missed", 15.0, 27.4)
    assert found["short"] == pytest.approx(27.4 / 15 - 1)
