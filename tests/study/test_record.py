"""The track record in the notebook: every case is shown and counted once."""

import pandas as pd
import pytest

import helpers
from jalur.record.calibration import calibrate
from jalur.study.record import found, hits_table, recovered_levels_table, recovered_targets_table
from jalur.verdict import measured
from jalur.words.format import Format

EN = Format("en")
NOTHING = pd.DataFrame({"outcome": [], "probability": []})
REPLAYED = pd.DataFrame({"held_90": pd.Series([], dtype=object), "ahead": []})


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
    assert said in found({}, replayed, NOTHING, EN)[-1]


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ([("met", 0.9), ("missed", 0.2)], ["Of 2 regional targets whose outcome is known, 1 were reached"]),
        ([("met", 0.1), ("open", 0.9)], ["Of 1 regional", "One of them came out against its chance, which was 10%"]),
        ([("met", 0.1), ("missed", 0.7)], ["mean chance given was 40%", "Two of them", "10% and 70%"]),
        ([("open", 0.9)], []),
    ],
)
def test_regional_cases_are_counted_where_their_outcome_is_known(cases, said):
    regional = pd.DataFrame(cases, columns=["outcome", "probability"])
    words = found({}, REPLAYED, regional, EN)[1:]
    assert len(words) == (
        0 if not said else 2 if any("came out" in " ".join(said) for _ in said) or "Two" in " ".join(said) else 1
    )
    for part in said:
        assert part in " ".join(words)


def test_the_regional_table_holds_the_cases_that_are_counted():
    view = helpers.open_study().record.regional()
    assert len(view.table.rows) == len(view.data)
    assert not view.data["reached"].any()
    assert view.data["probability"].notna().all()


def test_hit_rates_are_shown_for_the_stretch_of_the_programme():
    study, record = helpers.open_study(), measured.record()
    view = study.record.hit_rates()
    own = study.verdict.labels[0].stretch
    shown = {row[1] for row in view.table.rows}
    assert len(shown) == 1
    assert EN.number(own, 2) in shown.pop()
    assert len(view.table.rows) < 10 < len(view.data) == len(record["labels"])
    assert len(hits_table(record, EN, None).rows) > len(view.table.rows)


def test_the_tables_say_what_was_simulated():
    """Shares and p-values as computed, one row a date and one a target, in both languages the same numbers."""
    found = calibrate(20, seed=2)
    for lang, now in (("en", "at the last figure"), ("id", "pada angka terakhir")):
        fmt = Format(lang)
        levels, targets = recovered_levels_table(found, fmt), recovered_targets_table(found, fmt)
        assert [row[2] for row in levels.rows] == [fmt.percent(float(x)) for x in found.coverage(0.9)]
        assert levels.rows[found.ahead.index(0.0)][0] == now
        assert [row[2] for row in targets.rows] == [fmt.percent(float(x)) for x in found.happened.mean(axis=0)]
