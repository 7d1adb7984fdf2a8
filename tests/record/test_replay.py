"""What became of a milestone, and verdicts at past vintages beside it."""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from jalur import ledger
from jalur.record import replay as module
from jalur.record.replay import outcome, regional_record, replay
from jalur.verdict.case import Case, Problem


def figures(*rows):
    """Rows of (date, value, body) or (date, value, body, qualifier), reported ten days later."""
    full = [(*row, "exact")[:4] for row in rows]
    days = pd.to_datetime([row[0] for row in full])
    return pd.DataFrame(
        {
            "id": [f"r{k}" for k in range(len(full))],
            "as_of": days,
            "reported_on": days + pd.Timedelta(days=10),
            "value": [float(row[1]) for row in full],
            "speaker_org": [row[2] for row in full],
            "qualifier": [row[3] for row in full],
        }
    )


@pytest.fixture
def ask(monkeypatch):
    def asked(*rows, net=False, day="2022-12-31", target=20.0):
        frame = figures(*rows)
        monkeypatch.setattr(module.ledger, "select", lambda programme, vintage: frame)
        programme = SimpleNamespace(reference_source="ministry", net=net, observations=frame, direction="up")
        return outcome(programme, day, target)

    return asked


def test_the_reference_source_settles_it_even_where_another_is_nearer(ask):
    got = ask(("2022-12-31", 25, "other"), ("2022-12-10", 19, "ministry"), ("2022-11-01", 26, "ministry"))
    assert (got.status, got.rule, got.value, got.date, got.id, got.source) == (
        "missed", "reference_figure", 19.0, "2022-12-10", "r1", "ministry",
    )  # fmt: skip


def test_the_nearest_figure_of_the_reference_source_counts(ask):
    assert ask(("2022-12-05", 19, "ministry"), ("2023-01-02", 20, "ministry")).id == "r1"


def test_a_target_reached_exactly_is_met(ask):
    assert ask(("2022-12-31", 20, "ministry")).status == "met"


def test_another_body_settles_it_without_the_reference_source(ask):
    got = ask(("2023-01-31", 21, "other"), ("2022-11-29", 19, "ministry"))
    assert (got.status, got.rule, got.id) == ("met", "other_figure", "r0")


def test_a_month_is_31_days_and_no_more(ask):
    assert ask(("2023-01-31", 21, "ministry")).rule == "reference_figure"
    assert ask(("2023-02-01", 21, "ministry")).status == "open"


def test_an_earlier_figure_at_the_target_means_met(ask):
    got = ask(("2022-06-30", 20, "other"))
    assert (got.status, got.rule) == ("met", "reached_before")


def test_a_later_figure_below_the_target_means_missed(ask):
    got = ask(("2023-06-30", 19, "other"))
    assert (got.status, got.rule) == ("missed", "below_after")


def test_a_count_that_may_fall_says_nothing_about_other_dates(ask):
    assert ask(("2022-06-30", 20, "other"), net=True).status == "open"
    assert ask(("2023-06-30", 19, "other"), net=True).status == "open"


def test_figures_that_settle_nothing(ask):
    got = ask(("2022-06-30", 19, "ministry"), ("2023-06-30", 21, "ministry"))
    assert (got.status, got.rule, got.value) == ("open", "none", None)


def test_at_least_is_a_floor(ask):
    assert ask(("2022-12-31", 19, "ministry", "at_least")).status == "open"
    assert ask(("2023-06-30", 19, "ministry", "at_least")).status == "open"
    assert ask(("2022-12-31", 20, "ministry", "at_least")).status == "met"


def test_outcomes_of_the_official_path(programme):
    got = [outcome(programme, f"{year}-12-31", level * 1e6) for year, level in ((2022, 20), (2023, 24), (2024, 30))]
    assert [x.status for x in got] == ["met", "met", "open"]
    assert [x.id for x in got] == ["2022-12-27-kkukm-20.76", "2023-12-31-kkukm-25.292701", None]


def test_replay_puts_what_was_said_beside_what_happened(programme):
    table = replay(programme, ["2022-12-31"], draws=2000)
    assert table["date"].tolist() == ["2022-12-31", "2023-12-31", "2024-12-31"]
    assert table["ahead"].tolist() == [False, True, True]
    assert table["outcome"].tolist() == ["met", "met", "open"]
    assert table["probability"].between(0, 1).all()
    assert (table["low_90"] <= table["low_50"]).all()
    assert (table["high_50"] <= table["high_90"]).all()
    row = table.iloc[1]
    assert row["held_90"] == (row["low_90"] <= row["outcome_value"] <= row["high_90"])
    assert table["held_90"].iloc[2] is None
    assert pd.Timestamp(row["last_date"]) <= pd.Timestamp("2022-12-31")
    assert row["outcome_value"] == 25292701


def test_replay_without_a_probability_says_why(programmes):
    table = replay(programmes("modern_cooperatives"), ["2024-01-01"])
    assert table["probability"].isna().all()
    assert table["low_90"].isna().all()
    assert table["reason"].notna().all()
    assert (table["held_90"].astype(object).isin([None])).all()


@pytest.mark.slow
def test_the_replay_says_what_the_verdict_says(programme):
    from jalur.verdict.judge import judge

    verdict = judge(Case.of(programme, "2023-06-30", draws=2000), sensitivity=False)
    table = replay(programme, ["2023-06-30"])
    for row, milestone in zip(table.itertuples(), verdict.milestones, strict=True):
        assert row.probability == milestone.probability
        assert row.probability_class == milestone.probability_class
        assert (row.low_90, row.high_90) == pytest.approx(milestone.interval_90)
        assert (row.low_50, row.high_50, row.median) == pytest.approx((*milestone.interval_50, milestone.median))
        assert (row.date, row.target, row.target_id) == (milestone.date, milestone.target, milestone.target_id)
    assert (row.last_id, row.last_value) == (verdict.last_figure.id, verdict.last_figure.value)


@pytest.mark.slow
def test_figures_reported_later_change_nothing_that_was_said(programme):
    known = ledger.as_of(programme.observations, "2022-03-31")
    said = [name for name in replay_columns() if not name.startswith(("outcome", "held"))]
    whole = replay(programme, ["2022-03-31"], draws=2000)
    bare = replay(replace(programme, observations=known), ["2022-03-31"], draws=2000)
    pd.testing.assert_frame_equal(whole[said], bare[said])
    assert set(bare["outcome"]) == {"open"}
    assert set(whole["outcome"]) == {"met", "open"}


def replay_columns():
    return [
        "vintage", "last_id", "last_date", "last_value", "date", "target", "target_id", "ahead", "reached",
        "probability", "probability_class", "median", "low_50", "high_50", "low_80", "high_80", "low_90", "high_90",
        "reason", "outcome", "outcome_rule", "outcome_value", "outcome_date", "outcome_id", "outcome_source",
        "held_50", "held_80", "held_90",
    ]  # fmt: skip


def test_columns_of_the_replay(programmes):
    assert list(replay(programmes("modern_cooperatives"), ["2024-01-01"]).columns) == replay_columns()


def test_regional_targets_are_judged_when_stated_and_at_half_years(programmes, monkeypatch):
    monkeypatch.setattr(Case, "problem", Problem("few_figures", "only the choice of targets is looked at"))
    table = regional_record(["jakarta_jakpreneur"])
    five_years = table[(table["target"] == 200_000) & (table["date"] == "2022-12-31")]
    assert set(five_years["stated_on"]) == {"2017-07-31"}  # the first statement; later ones are not counted again
    assert set(five_years["target_id"]) == {"tgt-116"}
    assert five_years["vintage"].tolist() == [
        "2017-07-31", "2018-06-30", "2018-12-31", "2019-06-30", "2020-12-31", "2021-06-30", "2021-12-31",
    ]  # fmt: skip
    # without the dates at which nothing new had been published
    assert set(five_years["outcome"]) == {"met"}
    assert five_years["reached"].tolist() == [False] * 5 + [True] * 2
    programme = programmes("jakarta_jakpreneur")
    levels = programme.targets[programme.targets["unit"] == programme.unit]  # not the additions a year
    assert set(table["target_id"]) <= set(levels["id"])
    assert list(table.columns) == ["programme", "stated_on", *replay_columns()]


@pytest.mark.slow
def test_regional_record_on_the_real_programmes():
    table = regional_record()
    assert set(table["programme"]) == set(module.REGIONAL_PROGRAMMES)
    assert set(table["outcome"]) <= {"met", "missed", "open"}
    assert table["probability"].dropna().between(0, 1).all()
    assert table.loc[table["probability"].isna(), "reason"].notna().all()
    assert (table["vintage"] >= table["stated_on"]).all()
    assert (table["vintage"] < table["date"]).all()
