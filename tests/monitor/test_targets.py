"""The record of earlier targets uses only what was known at the vintage."""

from jalur.monitor import earlier_targets
from jalur.verdict.case import Case


def test_targets_whose_date_has_passed(programme):
    table = earlier_targets(Case.of(programme, "2024-12-31")).set_index(["target_date", "target"])
    assert table.loc[("2020-12-31", 10e6), "status"] == "met"
    missed = table.loc[("2023-12-31", 30e6)]
    assert missed["status"] == "missed"
    assert missed["times"] == 6
    assert 0.1 < missed["short"] < 0.2
    assert missed["stated_on"] == "2021-01-11"


def test_nothing_said_or_published_later_counts(programme):
    early = earlier_targets(Case.of(programme, "2022-12-26"))
    assert early["target_date"].max() <= "2022-12-26"
    row = early[early["target_date"] == "2022-05-31"].iloc[0]
    assert row["status"] == "missed"
    eve = earlier_targets(Case.of(programme, "2022-05-31"))
    assert (eve["stated_on"] <= "2022-05-31").all()
    assert "2022-12-27" not in set(early["outcome_date"].dropna())
