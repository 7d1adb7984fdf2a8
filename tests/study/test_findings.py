"""What the notebooks say at their end, and the table of those who leave: true also where much is settled already."""

from dataclasses import replace
from itertools import pairwise

import pandas as pd
import pytest

import helpers
from jalur.ledger import edit as ledger_edit
from jalur.ledger import programme as programme_reader
from jalur.study import findings as notebook_findings
from jalur.study import tables as notebook_tables
from jalur.verdict import model as v
from jalur.verdict import scenarios
from jalur.verdict.case import Case
from jalur.verdict.judge import judge
from jalur.words.format import Format

EN, ID = Format("en"), Format("id")
VINTAGE = "2024-03-31"
PATH = (("2023-06-30", 22.6e6), ("2024-12-31", 25.5e6))  # one past and open to doubt, one to come


@pytest.fixture(scope="module")
def case(programme):
    return Case.of(programme, VINTAGE, targets=PATH)


@pytest.fixture(scope="module")
def verdict(case):
    return judge(case, sensitivity=False)


@pytest.fixture(scope="module")
def net_study():
    study = helpers.open_study("umkm_onboarding", "2022-03-31")
    return replace(study, case=replace(study.case, programme=replace(study.programme, net=True)))


def with_chances(verdict, *rows):
    """The verdict with other chances and statuses of its milestones."""
    milestones = [replace(m, probability=p, status=s) for m, (p, s) in zip(verdict.milestones, rows, strict=True)]
    return replace(verdict, milestones=tuple(milestones))


# those who leave


def test_if_all_stay_the_chances_are_those_of_the_verdict(case, verdict):
    """Also those of the whole path, in which a target whose day has come still counts."""
    rows = scenarios.by_retention(case)
    past, ahead = verdict.milestones
    assert past.status == "past"
    assert 0.1 < past.probability < 0.9  # else it could be left out of the path without a trace
    assert rows[0].rate == 1
    assert rows[0].probabilities == (past.probability, ahead.probability)
    assert rows[0].joint_probability == verdict.joint_probability
    for before, row in pairwise(rows):
        assert row.probabilities[0] == past.probability  # who leaves after the vintage does not change that day
        assert row.probabilities[1] < before.probabilities[1]
        assert row.joint_probability <= min(*row.probabilities, before.joint_probability)


def test_the_table_of_those_who_leave_begins_with_the_verdict(case):
    study = replace(helpers.open_study(vintage=VINTAGE), case=case)
    chances = [EN.percent(m.probability) for m in study.verdict.milestones]
    first = study.retention_table().rows[0]
    assert list(first) == ["100%", *chances, EN.percent(study.verdict.joint_probability)]


def test_from_a_net_count_nobody_is_taken_off_again(net_study):
    table = net_study.retention_table()
    assert table.rows == ((EN.say("nb.word.net_already"),),)
    assert len(net_study.levers_table().rows) == 2  # staying active is no lever beside it


@pytest.mark.parametrize(("net", "said"), [(False, "no source subtracts"), (True, "already subtracted")])
def test_the_limits_say_whether_exits_are_subtracted(programme, verdict, net, said):
    first = notebook_findings.limits(verdict, replace(programme, net=net), pd.DataFrame(), EN, {})[0]
    assert said in first


# reachability


@pytest.mark.parametrize(
    ("past", "named"),
    [(0.15, "22.6 million"), (0.6, "25.5 million"), (0.001, "25.5 million"), (0.999, "25.5 million")],
)
def test_the_least_likely_target_may_be_one_whose_day_has_come(verdict, past, named):
    changed = with_chances(verdict, (past, "past"), (0.23, "open"))
    said = notebook_findings.reachability(changed, "", EN, EN.scale(3e7))[1]
    assert said.replace("\u00a0", " ").startswith(f"The least likely target is {named} by")


def test_the_pace_column_says_that_it_is_the_models(verdict):
    assert verdict.current_pace is not None
    recent = replace(verdict, last_figure=v.Figure("x", "2024-03-10", 25e6))
    old = replace(verdict, last_figure=v.Figure("x", "2023-07-31", 25e6))
    for fmt, model, day in ((EN, "by the model", "31 July 2023"), (ID, "menurut model", "31 Juli 2023")):
        assert model in notebook_tables.pace(recent, fmt).head[1]
        assert day not in notebook_tables.pace(recent, fmt).caption
        assert day in notebook_tables.pace(old, fmt).caption


@pytest.mark.parametrize(
    ("years", "said"), [(1, "×1.30 in 1 year"), (3, "×1.30 in 3 years"), (0.5, "×1.30 in 0.5 years")]
)
def test_one_year_is_no_years(years, said):
    assert notebook_tables.stretch(1.3, years, EN) == said


# curves


def test_the_independence_of_residuals_is_said_of_a_curve():
    study = helpers.open_study("umkm_onboarding", "2022-03-31")
    best = min(study.fits, key=lambda name: study.fits[name].aicc)
    said = study.findings("curves")[-1]
    assert "Durbin-Watson" in said
    assert EN.say(f"chart.curve.{best}") in said


# track record


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ([True], "the only 90% range held what"),
        ([False], "the only 90% range did not hold what"),
        ([True, False], "1 of 2 ranges"),
        ([], "no outcome has been published"),
    ],
)
def test_one_range_is_not_counted_among_ranges(held, said):
    replayed = pd.DataFrame({"held_90": pd.Series(held, dtype=object), "ahead": [True] * len(held)})
    assert said in notebook_findings.record({}, replayed, EN)[-1]


# scenarios


def swing(low, high):
    return scenarios.Swing("capacity", low, high, "", "x")


def influence(verdict, change):
    """The verdict with a figure whose absence moves the last chance."""
    none = v.Sensitivity((), (), (), None, None, None, None, None, None, "row-1", change)
    return replace(verdict, sensitivity=none, levers=None)


def test_where_nothing_moves_it_says_so(verdict):
    said = notebook_findings.scenarios(influence(verdict, 0.001), [swing(0.0001, 0.004)], EN, "")
    assert said == ["No choice moves the chance of the last target by a point or more."]


def test_where_a_choice_moves_but_no_figure_does(verdict):
    said = notebook_findings.scenarios(influence(verdict, -0.004), [swing(0.2, 0.5)], EN, "")
    assert said[0] == "The widest swing comes from the choice of capacity: 20% to 50%."
    assert said[1] == "No single figure moves the chance of the last target by a point or more."
    said = notebook_findings.scenarios(influence(verdict, 0.05), [swing(0.2, 0.5)], EN, "")
    assert "row-1" in said[1]


# the body the others are measured against


def test_a_reference_body_needs_a_row_only_where_there_are_rows(tmp_path):
    folder = ledger_edit.new("study", tmp_path)
    manifest, table = folder / "programme.yml", folder / "observations.csv"
    manifest.write_text(manifest.read_text().replace("Example Agency #", "Exmple Agency #"))
    read, faults = programme_reader.read("study", tmp_path)
    assert read is None
    assert [f.column for f in faults] == ["reference_source"]
    assert "'Exmple Agency'" in str(faults[0])
    assert "Example Agency" in str(faults[0])
    table.write_text(table.read_text().splitlines()[0] + "\n")
    read, faults = programme_reader.read("study", tmp_path)
    assert faults == []
