"""Comparing bodies: by hand on a small ledger."""

import pandas as pd
import pytest

from jalur.study.counts import body_gaps


def test_gap_is_measured_to_the_nearest_figure_of_the_reference():
    figures = pd.DataFrame(
        [
            ("ours", "2021-01-01", 100.0, "approx"),
            ("ours", "2021-03-01", 200.0, "approx"),
            ("other", "2021-02-20", 220.0, "approx"),  # nearest: 200, ahead by a tenth
            ("other", "2021-07-01", 999.0, "approx"),  # no figure within 45 days
            ("other", "2021-01-02", 500.0, "at_least"),  # a floor is not compared
        ],
        columns=["speaker_org", "as_of", "value", "qualifier"],
    ).assign(as_of=lambda f: pd.to_datetime(f["as_of"]))
    other, ours = body_gaps(figures, "ours")
    assert (other.body, other.figures, other.pairs) == ("other", 3, 1)
    assert other.median == pytest.approx(0.1)
    assert ours.body == "ours"
    assert ours.median is None


def test_without_a_reference_no_gap_is_given():
    figures = pd.DataFrame(
        {"speaker_org": ["a"], "as_of": pd.to_datetime(["2021-01-01"]), "value": [1.0], "qualifier": ["exact"]}
    )
    assert body_gaps(figures, None)[0].median is None
