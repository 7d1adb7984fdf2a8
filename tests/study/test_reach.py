"""Reachability in the notebook: true also where much is settled already."""

from dataclasses import replace

import pytest

import helpers
from jalur.study.reach import currencies_table, found
from jalur.verdict import model as v
from jalur.words.format import Format

EN, ID = Format("en"), Format("id")


def with_chances(verdict, *rows):
    """The verdict with other chances and statuses of its milestones."""
    milestones = [replace(m, probability=p, status=s) for m, (p, s) in zip(verdict.milestones, rows, strict=True)]
    return replace(verdict, milestones=tuple(milestones))


@pytest.mark.parametrize(
    ("past", "named"),
    [(0.15, "22.6 million"), (0.6, "25.5 million"), (0.001, "25.5 million"), (0.999, "25.5 million")],
)
def test_the_least_likely_target_may_be_one_whose_day_has_come(half_past_verdict, past, named):
    changed = with_chances(half_past_verdict, (past, "past"), (0.23, "open"))
    said = found(changed, "", EN, EN.scale(3e7))[1]
    assert said.replace("\u00a0", " ").startswith(f"The least likely target is {named} by")


def test_the_pace_column_says_that_it_is_the_models(half_past_verdict):
    assert half_past_verdict.current_pace is not None
    recent = replace(half_past_verdict, last_figure=v.Figure("x", "2024-03-10", 25e6))
    old = replace(half_past_verdict, last_figure=v.Figure("x", "2023-07-31", 25e6))
    for fmt, model, day in ((EN, "by the model", "31 July 2023"), (ID, "menurut model", "31 Juli 2023")):
        assert model in currencies_table(recent, fmt).head[1]
        assert day not in currencies_table(recent, fmt).caption
        assert day in currencies_table(old, fmt).caption


def test_the_data_are_the_numbers_of_the_verdict():
    study = helpers.open_study()
    verdict, rows = study.verdict, study.reach.milestones().data
    assert rows["probability"].tolist() == [m.probability for m in verdict.milestones]
    assert rows["low_90"].tolist() == [m.interval_90[0] for m in verdict.milestones]
    fan = study.reach.fan().data
    assert fan["q50"].tolist() == [row.q50 for row in verdict.fan]
    assert fan["date"].dt.strftime("%Y-%m-%d").tolist() == [row.date for row in verdict.fan]
    pace = study.reach.pace().data
    required = [m.stage_required_monthly_additions for m in verdict.milestones]
    assert pace["required"].dropna().tolist() == pytest.approx(required, rel=1e-6)
    levels = study.reach.levels().data
    assert levels["level"].tolist() == [x for m in verdict.milestones for x in m.levels.values()]
    currencies = study.reach.currencies().data
    now = currencies[currencies["until"].isna()].set_index("currency")["value"]
    assert now["monthly_additions"] == verdict.current_pace.monthly_additions
    assert study.reach.passage().data["share"].tolist() == [share for _, share in verdict.first_passage.distribution]
