"""Arithmetic of the path: hand-checked values."""

import numpy as np
import pandas as pd
import pytest

from jalur.verdict import pace


def figures(rows):
    frame = pd.DataFrame(rows, columns=["as_of", "value", "qualifier"])
    return frame.assign(as_of=pd.to_datetime(frame["as_of"]))


def test_months_are_a_twelfth_of_a_julian_year():
    assert pace.months_between("2021-01-01", "2022-01-01") == pytest.approx(365 / 30.4375)
    assert pace.months_between("2022-01-01", "2021-01-01") < 0


def test_required_pace_by_hand():
    needed = pace.required_pace("2022-03-28", 17.59e6, "2024-12-31", 30e6, capacity=65.47e6)
    days = 1009
    assert needed.monthly_additions == pytest.approx((30e6 - 17.59e6) / (days / 30.4375))
    assert needed.cagr == pytest.approx((30 / 17.59) ** (365.25 / days) - 1)
    odds = [x / (65.47 - x) for x in (17.59, 30)]
    assert needed.link_slope == pytest.approx(np.log(odds[1] / odds[0]) / (days / 365.25))
    assert needed.cagr_80 is None


def test_required_pace_is_undefined_where_it_has_no_meaning():
    assert pace.required_pace("2022-03-28", 1.0, "2022-03-28", 2.0) is None
    assert pace.required_pace("2022-03-28", 10.0, "2023-03-28", 30.0, capacity=20.0).link_slope is None
    assert pace.required_pace("2022-03-28", 0.0, "2023-03-28", 30.0).cagr is None


def test_required_pace_spread_follows_the_draws():
    draws = np.linspace(90, 110, 1001)
    needed = pace.required_pace("2022-01-01", 100, "2023-01-01", 220, levels=draws)
    low, high = needed.monthly_additions_80
    months = pace.months_between("2022-01-01", "2023-01-01")
    assert (low, high) == pytest.approx(((220 - 108) / months, (220 - 92) / months))
    assert low < needed.monthly_additions < high


def test_growth_of_joint_draws():
    start = np.array([90.0, 100.0, 110.0])
    grown = pace.growth(start, start + 12, 12.0, capacity=1000)
    assert grown.monthly_additions == pytest.approx(1.0)
    assert grown.cagr == pytest.approx(0.12)


def test_published_pace_uses_figures_old_enough_and_no_floor():
    frame = figures(
        [
            ("2021-01-31", 100, "approx"),
            ("2021-07-31", 160, "approx"),
            ("2021-12-15", 9999, "at_least"),
            ("2022-01-31", 220, "exact"),
        ]
    )
    found = {months: (since, value) for months, since, value in pace.published_pace(frame)}
    assert found[12][0] == "2021-01-31"
    assert found[12][1] == pytest.approx(120 / pace.months_between("2021-01-31", "2022-01-31"))
    assert found[6][0] == "2021-07-31"


def test_half_a_year_before_the_end_of_june_is_the_end_of_december():
    rows = [("2024-11-30", 5.40, "exact"), ("2024-12-31", 5.57, "exact"), ("2025-06-30", 6.42, "exact")]
    ((months, since, value),) = pace.published_pace(figures(rows), windows=(6,))
    assert (months, since) == (6, "2024-12-31")
    assert value == pytest.approx(0.85 / pace.months_between("2024-12-31", "2025-06-30"))
    early = [("2024-11-29", 5.40, "exact"), ("2024-12-31", 5.57, "exact"), ("2025-06-29", 6.42, "exact")]
    assert pace.published_pace(figures(early), windows=(6,))[0][1] == "2024-11-29"


def test_published_pace_needs_two_dates_and_a_figure_near_the_window():
    assert pace.published_pace(figures([("2022-01-31", 5, "exact")])) == ()
    far = figures([("2018-01-31", 1, "exact"), ("2022-01-31", 5, "exact")])
    assert pace.published_pace(far) == ()
