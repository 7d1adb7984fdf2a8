"""A question asks the same however it is written; a case prepares it once."""

import pickle
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from jalur.engine import prior
from jalur.errors import InputError
from jalur.verdict import case as module
from jalur.verdict.case import Case, Question
from jalur.verdict.judge import judge

MARCH = "2022-03-31"
ROW = "2022-03-28-kkukm-17.59"


@pytest.fixture
def case(programme):
    return Case.of(programme, MARCH)


# the question


def test_a_question_is_a_key_however_it_is_written():
    written = Question(date(2022, 3, 31), capacity="", drop=["a"], only_sources=["b"], targets=[("2024-12-31", 3)])
    same = Question(MARCH, drop=("a",), only_sources=("b",), targets=((date(2024, 12, 31), 3.0),))
    assert written == same
    assert {written: 1}[same] == 1
    assert Question(MARCH, drop="a").drop == ("a",)


def test_two_targets_for_one_day_are_refused(programme):
    case = Case.of(programme, "2022-03-31").with_targets([("2023-12-31", 24e6), ("2023-12-31", 26e6)])
    with pytest.raises(InputError, match="two targets of the path are for 2023-12-31; allowed is one a day"):
        judge(case)


def test_targets_are_kept_in_the_order_of_their_dates():
    asked = Question(MARCH, targets=[("2024-12-31", 30e6), ("2022-12-31", 20e6)])
    assert asked.targets == (("2022-12-31", 20e6), ("2024-12-31", 30e6))


@pytest.mark.parametrize("vintage", ["31 March", "2999-12-31", 20220331, None])
def test_a_vintage_that_is_none_is_refused_where_it_is_asked(vintage):
    with pytest.raises(InputError, match=r"vintage is .*allowed is a da"):
        Question(vintage)


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"since": "once"}, "since is 'once'"),
        ({"targets": [("soon", 1.0)]}, "target date is 'soon'"),
        ({"capacity_share": 0.0}, "capacity_share is 0.0"),
        ({"seed": -1}, "seed is -1"),
        ({"draws": 10}, "draws is 10"),
    ],
)
def test_a_choice_out_of_range_is_refused_where_it_is_asked(choice, said):
    with pytest.raises(InputError, match=said):
        Question(MARCH, **choice)


def test_rows_that_are_added_tell_two_questions_apart(programme):
    added = programme.observations[programme.observations["id"] == ROW].assign(id="another")
    plain, asked = Question(MARCH), Question(MARCH, extra=added)
    assert plain != asked
    assert asked == Question(MARCH, extra=added.copy())
    assert hash(asked) == hash(Question(MARCH, extra=added.copy()))
    assert asked != Question(MARCH, extra=added.assign(value=18e6))
    assert len(Case(programme, asked).figures) == len(Case(programme, plain).figures) + 1
    assert replace(asked, seed=1).extra == asked.extra


def test_added_rows_pass_the_checks_of_the_ledger(programme):
    added = programme.observations[programme.observations["id"] == ROW]
    with pytest.raises(InputError, match="extra rows"):
        _ = Case.of(programme, MARCH, extra=added).figures  # the id is taken
    with pytest.raises(InputError, match="no column 'as_of'"):
        _ = Case.of(programme, MARCH, extra=added.drop(columns="as_of")).figures


# the case


@pytest.mark.parametrize(
    ("name", "vintage", "choices", "code"),
    [
        ("umkm_onboarding", "2019-01-01", {}, "no_figures"),
        ("umkm_onboarding", MARCH, {"targets": []}, "no_path"),
        ("umkm_onboarding", MARCH, {"targets": [("2019-01-01", 1e6)]}, "target_before_figures"),
        ("umkm_onboarding", MARCH, {"capacity": 1e6}, "figures_exceed_capacity"),
        ("modern_cooperatives", "2024-01-31", {}, "few_figures"),
    ],
)
def test_why_there_is_no_probability(programmes, name, vintage, choices, code):
    found = Case.of(programmes(name), vintage, **choices).problem
    assert found.code == code
    assert "{" not in found.sentence


def test_a_capacity_that_the_figures_reach_is_not_said_to_be_exceeded(programme):
    largest = Case.of(programme, MARCH).figures["value"].max()
    found = Case.of(programme, MARCH, capacity=float(largest)).problem
    assert found.code == "figures_exceed_capacity"
    assert "reach or exceed the capacity" in found.sentence


def test_without_a_capacity_there_is_no_probability(programme):
    case = Case.of(replace(programme, capacities=()), MARCH)
    assert (case.declared, case.capacity, case.problem.code) == (None, None, "no_capacity")
    with pytest.raises(InputError, match="no dated capacity"):
        case.state()


def test_the_engine_is_asked_once_for_each_set_of_past_dates(case, monkeypatch):
    calls = []
    monkeypatch.setattr(module, "condition", lambda *given, past_t, **more: calls.append(past_t))
    assert case.state() is case.state()
    assert case.state([case.first]) is case.state((case.first,))
    assert calls == [(), (case.first,)]


def test_milestones_before_the_last_figure_are_kept(programme):
    late = Case.of(programme, "2024-12-31")
    assert late.state().past_t == tuple(t for t in late.path.times if t < late.last)
    assert len(late.state().past_t) == 2


def test_leaving_out_is_the_selection_without_the_rows(case):
    for less in (case.without(ROW), case.without_sources("Kominfo"), case.without(ROW).without_sources("Kominfo")):
        pd.testing.assert_frame_equal(less.figures, less.question.select(less.programme))
        assert len(less.figures) < len(case.figures)
    assert case.without(ROW).question.drop == (ROW,)
    with pytest.raises(InputError, match="drop is 'nothing'"):
        _ = case.without("nothing").figures


def test_one_choice_is_changed_and_the_rest_stays(case, programme):
    changed = case.without(ROW)
    assert changed.with_capacity("likely_online", 0.5).capacity == pytest.approx(
        0.5 * next(c.units for c in programme.capacities if c.name == "likely_online")
    )
    assert changed.with_capacity(40e6).capacity == 40e6
    other = changed.at("2023-12-31")
    assert (other.vintage, other.question.drop) == ("2023-12-31", (ROW,))
    assert other.last > case.last  # selected anew
    assert changed.with_targets([("2025-12-31", 35e6)]).announced is None
    laws = prior.load_shapes()[0]
    assert changed.with_prior(laws).chances != changed.chances
    assert changed.with_prior(laws).without_sources("Kominfo").prior is laws


def test_equal_cases_have_equal_bytes(programme):
    fresh, used = Case.of(programme, MARCH), Case.of(programme, MARCH)
    assert used.joint is not None
    assert pickle.dumps(used) == pickle.dumps(fresh)
    assert len(pickle.loads(pickle.dumps(used)).figures) == len(used.figures)
