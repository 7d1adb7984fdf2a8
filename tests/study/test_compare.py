"""Vintages and programmes side by side: every number is a verdict's own."""

import pandas as pd
import pytest

import helpers
from jalur.monitor import what_moved
from jalur.study.compare import STATEMENTS, latest_change
from jalur.verdict.judge import judge
from jalur.words.format import Format

EN = Format("en")


@pytest.fixture(scope="module")
def study():
    return helpers.open_study()


def test_a_vintage_is_the_verdict_of_that_day(study):
    rows = study.compare.vintages().data
    assert list(rows["vintage"].dt.date.astype(str)) == list(study.programme.replay)
    for row in rows.itertuples():
        verdict = judge(study.case.at(row.vintage.date().isoformat()))
        last = verdict.milestones[-1]
        assert row.whole == pytest.approx(verdict.joint_probability)
        assert row.probability == pytest.approx(last.probability)
        assert (row.low_90, row.high_90) == pytest.approx(last.interval_90, rel=1e-6)
        assert row.required == pytest.approx(last.required_monthly_additions)
        assert row.figures == len(verdict.figures_used)


def test_the_course_holds_each_target_and_the_whole_path(study):
    data = study.compare.course().data
    days, targets = data["vintage"].nunique(), len(study.path.dates)
    assert len(data) == days * (targets + 1)
    whole = data[data["date"].isna()].set_index("vintage")["probability"]
    single = data.dropna(subset=["date"]).groupby("vintage")["probability"].min()
    assert (whole <= single + 1e-9).all()
    assert "31 Mar 2022" in study.compare.course().alt.replace("\u00a0", " ")


def test_the_latest_statements_add_up_to_the_change_of_the_chance(study):
    change, data = study.compare.change, study.compare.moved().data
    assert 0 < len(data) <= STATEMENTS
    assert change.exact
    assert change.before + data["points"].sum() == pytest.approx(change.after)
    assert round(change.after, 4) == study.verdict.joint_probability
    assert data["running"].iloc[-1] == pytest.approx(change.after)
    # one more statement would be more than can be divided exactly, or leave no chance before it
    day = data["reported_on"].min() - pd.Timedelta(days=1)
    earlier = sorted(d for d in study.figures["reported_on"].unique() if d <= day)[-1]
    before = study.case.at((pd.Timestamp(earlier) - pd.Timedelta(days=1)).date().isoformat())
    assert len(what_moved(before, study.case).bars) > STATEMENTS


def test_what_moved_most_is_said(study):
    top = max(study.compare.change.bars, key=lambda bar: abs(bar.points))
    said = " ".join(study.compare.findings())
    assert EN.number(100 * abs(top.points), 1) in said
    assert EN.body(top.body, start=True) in said


def test_programmes_that_carry_no_chance_say_why_in_words(study):
    shown, data = study.compare.programmes(), study.compare.programmes().data
    assert data["programme"].iloc[0] == study.programme.name
    assert set(data["programme"]) >= {"bali_qris", "modern_cooperatives", "jakarta_jakpreneur"}
    for row, cells in zip(data.itertuples(), shown.table.rows, strict=True):
        assert pd.isna(row.whole) == (row.reason != "")
        assert (EN.say("nb.word.not_given") in cells) == (row.reason != "")
        if row.reason:
            assert EN.say(f"nb.reason.{row.reason}") in cells


def test_a_target_that_was_reached_needs_nothing_a_month(study):
    rows = {cells[0]: cells for cells in study.compare.programmes().table.rows}
    reached = rows["Entrepreneurs registered with the Jakarta programme"]
    assert EN.say("nb.word.met") in reached
    assert not any(cell.startswith("\u2212") for cells in rows.values() for cell in cells)


def test_a_range_is_a_share_of_the_target(study):
    data = study.compare.ranges().data.set_index("programme")
    last = study.verdict.milestones[-1]
    own = data.loc[study.programme.name]
    assert own["median"] == pytest.approx(last.median / last.target, rel=1e-6)
    assert own["probability"] == pytest.approx(last.probability)


def test_without_a_chance_there_is_nothing_that_moved():
    few = helpers.open_study("ekatalog_umkm", "2022-10-31")
    assert latest_change(few.case) is None or few.case.problem is None
    none = helpers.open_study("modern_cooperatives", "2024-12-31", lang="id")
    assert none.compare.change is None
    assert none.compare.moved().data.empty
    assert "kurang dari dua hari" in none.compare.findings()[0]
