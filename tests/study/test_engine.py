"""The engine opened: what is borrowed, futures, surprises, powers and classes, all as the verdict has them."""

from pathlib import Path

import numpy as np
import pytest

import helpers
from jalur.engine import load
from jalur.study.engine import FUTURES, of_class
from jalur.words.format import Format

EN = Format("en")


@pytest.fixture(scope="module")
def study():
    return helpers.open_study()


def test_the_pace_that_is_used_lies_between_its_own_and_the_typical_one(study):
    rows = study.engine.scale().data.set_index("name")
    own, typical, used = rows.loc["pace", ["own", "typical", "used"]]
    assert min(own, typical) <= used <= max(own, typical) * 1.05
    assert used == pytest.approx(np.hypot(own, 0.03) ** 0.7 * typical**0.3, rel=1e-9)
    assert rows.loc["pace", "borrowed"] == pytest.approx(0.3)
    own, typical, used, borrowed = rows.loc["scatter", ["own", "typical", "used", "borrowed"]]
    assert used**2 == pytest.approx((1 - borrowed) * own**2 + borrowed * typical**2)


def test_futures_are_met_as_their_paths_say(study):
    data = study.engine.futures().data
    assert data["future"].nunique() == FUTURES
    for _, rows in data.groupby("future"):
        levels = dict(zip(rows["date"].dt.date.astype(str), rows["level"], strict=True))
        met = all(levels[day] >= target for day, target in zip(study.path.dates, study.path.targets, strict=True))
        assert rows["met"].all() == met == rows["met"].any()
        assert rows["level"].is_monotonic_increasing  # the count cannot fall
    share = data.groupby("future")["met"].first().mean()
    assert share == pytest.approx(study.verdict.joint_probability, abs=0.25)


def test_the_power_and_the_class_that_are_used_give_the_verdict(study):
    dates = list(study.path.dates)
    said = [m.probability for m in study.verdict.milestones]
    for rows in (study.engine.powers().data, study.engine.classes().data):
        used = rows[rows["used"]]
        assert len(used) == 1
        assert used[dates].iloc[0].tolist() == pytest.approx(said)
        assert used["whole"].iloc[0] == pytest.approx(study.verdict.joint_probability)
        assert rows["whole"].nunique() > 1
    assert study.engine.powers().data["power"].tolist()[::2] == [0.0, 1.0]
    laws = study.engine.powers().data["laws"]
    assert laws.is_monotonic_decreasing  # the more the figures count, the fewer laws are left


def test_without_a_class_every_kind_counts_alike(study):
    rows = study.engine.classes().data.set_index("name")
    assert set(rows.index) == {"", *load().class_names}
    plain = of_class(study.case, None)
    assert rows.loc["", "whole"] == pytest.approx(plain.joint)
    state = study.case.state()
    assert plain.state().weight.tolist() == state.without_class.weight.tolist()


def test_the_surprises_are_those_of_the_figures_that_came_later(study):
    data, checks = study.engine.innovations().data, study.engine.checks().data.set_index("name")["value"]
    assert set(data["id"]) < set(study.figures["id"])
    assert checks["cases"] == len(data)
    assert checks["within_90"] == pytest.approx((data["z"].abs() < 1.6449).mean())
    assert f"{round(checks['within_90'] * len(data))} of {len(data)}" in " ".join(study.engine.findings())


def test_the_scope_names_what_is_unusual(study):
    said = " ".join(study.engine.scope())
    names = study.case.state().scope.names
    assert names
    for name in names:
        assert EN.say(f"nb.scope.{name}") in said
    assert EN.say("nb.scope.inside") not in said


def test_without_a_chance_the_engine_has_nothing_to_show():
    few = helpers.open_study("modern_cooperatives", "2024-12-31")
    for name in few.engine.VIEWS:
        assert getattr(few.engine, name)() is not None
    assert few.engine.powers().data.empty
    assert few.engine.findings() == [EN.say("nb.finding.no_engine")]


def test_a_level_that_falls_is_opened_by_its_complement():
    """A future meets a falling target from above, and the chances are those of the verdict."""
    falls = helpers.open_study("offline_share", "2022-12-31", data=str(Path(__file__).parents[1] / "foreign" / "data"))
    assert falls.case.falls
    data = falls.engine.futures().data
    wide = data.assign(day=data["date"].dt.date.astype(str)).pivot_table(index="future", columns="day", values="level")
    met = (wide[list(falls.path.dates)] <= list(falls.path.targets)).all(axis=1)
    assert data.groupby("future")["met"].first().tolist() == met.tolist()
    assert wide.iloc[:, -1].max() < falls.figures["value"].max()
    for rows in (falls.engine.powers().data, falls.engine.classes().data):
        assert rows.loc[rows["used"], "whole"].iloc[0] == pytest.approx(falls.verdict.joint_probability)
    assert len(falls.engine.innovations().data) > 0


def test_a_capacity_that_grows_is_opened_at_the_middle_of_what_it_may_be():
    grows = helpers.open_study(
        "mobile_billions", "2022-12-31", data=str(Path(__file__).parents[1] / "foreign" / "data")
    )
    assert grows.case.population is not None
    for rows in (grows.engine.powers().data, grows.engine.classes().data):
        assert rows.loc[rows["used"], "whole"].iloc[0] == pytest.approx(grows.verdict.joint_probability)
    found = grows.engine.innovations().data
    assert 0 < len(found) < len(grows.figures)
    assert found["z"].abs().max() < 4
