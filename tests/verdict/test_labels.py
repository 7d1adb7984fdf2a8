"""Official-style labels: hand-checked values, boundaries, and cases in which a rule says nothing."""

import datetime as dt
import math

import pytest

from jalur.verdict import labels

BASE = ("2022-03-28", 17.59)
TARGET = ("2024-12-31", 30.0)
NOW = [("2022-12-27", 20.76), ("2023-06-30", 22.8), ("2023-12-04", 27.0)]


@pytest.mark.parametrize(("now", "ratio"), list(zip(NOW, (1.16, 1.08, 1.36), strict=True)))
def test_eurostat_ratio_of_the_official_path(now, ratio):
    label = labels.eurostat(BASE, now, TARGET)
    assert round(label.value, 2) == ratio
    assert (label.label, label.on_track, label.rule) == ("on_track", True, "value >= 0.95")


@pytest.mark.parametrize(("now", "ratio"), list(zip(NOW, (1.19, 1.09, 1.44), strict=True)))
def test_un_ratio_of_the_official_path(now, ratio):
    label = labels.un2026(BASE, now, TARGET)
    assert round(label.value, 2) == ratio
    assert (label.label, label.on_track) == ("on_track", True)


def test_eurostat_and_un_by_hand():
    # base 100, +10 % a year so far, +20 % a year asked for over two years: 100 -> 144
    assert labels.eurostat((2020.0, 100), (2021.0, 110), (2022.0, 144)).value == pytest.approx(0.5)
    # 110 grows to 121: 21 of 44
    assert labels.un2026((2020.0, 100), (2021.0, 110), (2022.0, 144)).value == pytest.approx(21 / 44)


def test_jmp_by_hand():
    # 10 in one year so far, 34 needed in one year
    label = labels.jmp((2020.0, 100), (2021.0, 110), (2022.0, 144))
    assert label.value == pytest.approx(3.4)
    assert (label.label, label.on_track) == ("acceleration_needed", False)


def test_escap_by_hand():
    # weights 1, 2, 3 on (0, 0), (1, 3), (2, 3): slope 1.2, value at 4 = 2.5 + 1.2 * (4 - 4/3) = 5.7
    series = [(2000.0, 0.0), (2001.0, 3.0), (2002.0, 3.0)]
    label = labels.escap(series[0], series[-1], (2004.0, 10.0), series)
    assert label.value == pytest.approx((10 - 5.7) / 10)
    assert (label.label, label.on_track) == ("accelerate", False)
    assert label.current_status == pytest.approx(3.0)


def test_escap_line_agrees_with_numpy_on_irregular_dates():
    import numpy as np

    rng = np.random.default_rng(4)
    t = np.sort(rng.uniform(2010, 2020, 12))
    y = 5 + 2 * (t - 2010) + rng.normal(size=12)
    weight = t - t[0] + np.diff(t).mean()
    expected = np.polyval(np.polyfit(t - 2010, y, 1, w=np.sqrt(weight)), 15.0)
    series = list(zip(t.tolist(), y.tolist(), strict=True))
    gap = labels.escap(series[0], series[-1], (2025.0, 60.0), series).value
    assert gap == pytest.approx((60 - expected) / (60 - y[0]), abs=1e-9)


def test_escap_without_series_goes_through_base_and_now():
    assert labels.escap((2020.0, 10), (2021.0, 12), (2025.0, 20)).value == pytest.approx(0.0, abs=1e-12)


def test_escap_refuses_a_figure_from_the_future():
    with pytest.raises(ValueError, match="later than the current"):
        labels.escap((2020.0, 1), (2021.0, 2), (2025.0, 9), [(2020.0, 1), (2021.0, 2), (2022.0, 3)])


def _un_case(ratio):
    """Base 100, target 200, dated so that nothing is left to project: the ratio is the way covered."""
    return (2020.0, 100.0), (2021.0, 100.0 + 100.0 * ratio), (2021.0, 200.0)


@pytest.mark.parametrize(
    ("ratio", "label"),
    [
        (1.0, "on_track"), (0.9500001, "on_track"), (0.9499, "moderate"), (0.5, "moderate"), (0.4999, "marginal"),
        (0.25, "marginal"), (0.0999, "stagnation"), (0.0, "stagnation"), (-0.001, "regression"),
    ],
)  # fmt: skip
def test_un_bounds(ratio, label):
    assert labels.un2026(*_un_case(ratio)).label == label


@pytest.mark.parametrize(
    ("value", "bounds", "label"),
    [(0.95, (0.95, 0.60, 0.0), "on_track"), (0.60, (0.95, 0.60, 0.0), "acceleration_needed"),
     (0.0, (0.95, 0.60, 0.0), "limited"), (-1e-12, (0.95, 0.60, 0.0), "moving_away")],
)  # fmt: skip
def test_a_bound_belongs_to_the_better_label(value, bounds, label):
    assert labels._step(value, bounds, labels.LABELS["eurostat"]) == label


@pytest.mark.parametrize(
    ("now", "label", "on_track"),
    [(9.0, "maintain", True), (8.99, "accelerate", False), (0.0, "accelerate", False), (-0.01, "reverse", False)],
)
def test_escap_bounds(now, label, on_track):
    # seen from the target date itself the line ends at the current value: gap = (10 - now) / 10
    got = labels.escap((2020.0, 0.0), (2021.0, now), (2021.0, 10.0))
    assert (got.label, got.on_track) == (label, on_track)


def test_jmp_factor_of_exactly_one_is_on_track():
    label = labels.jmp((2020.0, 0.0), (2021.0, 1.0), (2022.0, 2.0))
    assert (label.value, label.label, label.on_track) == (1.0, "on_track", True)


def test_decreasing_target_is_judged_in_its_own_direction():
    base, target = (2020.0, 100.0), (2022.0, 64.0)
    good, bad = (2021.0, 80.0), (2021.0, 110.0)
    assert labels.eurostat(base, good, target).value == pytest.approx(1.0)
    assert labels.un2026(base, good, target).value == pytest.approx(1.0)
    assert labels.jmp(base, good, target).on_track
    assert labels.escap(base, good, target).current_status == pytest.approx(10 * 20 / 36)
    assert [label.label for label in labels.official_labels(base, bad, target)] == [
        "moving_away", "regression", "reverse", "reversal_needed",
    ]  # fmt: skip
    assert not any(label.on_track for label in labels.official_labels(base, bad, target))


def test_falling_figures_under_a_rising_target():
    got = labels.official_labels((2020.0, 10.0), (2021.0, 9.0), (2023.0, 20.0))
    assert [label.label for label in got] == ["moving_away", "regression", "reverse", "reversal_needed"]
    assert got[3].value < 0
    assert got[3].on_track is False


@pytest.mark.parametrize(
    ("base", "now", "target", "reason"),
    [
        (("2022-03-28", 1), ("2022-03-28", 2), ("2024-12-31", 3), "no_time_passed"),
        (("2022-03-28", 1), ("2022-01-01", 2), ("2024-12-31", 3), "no_time_passed"),
        (("2022-03-28", 1), ("2022-04-01", 2), ("2022-03-28", 3), "target_not_after_base"),
        (("2022-03-28", 1), ("2025-01-01", 2), ("2024-12-31", 3), "target_date_past"),
        (("2022-03-28", 5), ("2023-01-01", 6), ("2024-12-31", 5), "target_is_base"),
    ],
)
def test_cases_in_which_no_rule_says_anything(base, now, target, reason):
    for label in labels.official_labels(base, now, target):
        assert (label.value, label.label, label.on_track, label.reason) == (None, "not_defined", None, reason)


def test_growth_rates_need_a_positive_base_but_straight_lines_do_not():
    got = labels.official_labels((2020.0, 0.0), (2021.0, 1.0), (2022.0, 2.0))
    assert [label.reason for label in got] == ["not_positive", "not_positive", None, None]
    assert got[2].label == "maintain"
    assert got[3].label == "on_track"


def test_value_now_zero():
    got = labels.official_labels((2020.0, 5.0), (2021.0, 0.0), (2022.0, 10.0))
    assert [label.label for label in got] == ["moving_away", "regression", "reverse", "reversal_needed"]
    assert all(math.isfinite(label.value) for label in got)


def test_target_zero_is_a_fall_of_everything():
    assert labels.eurostat((2020.0, 4.0), (2021.0, 2.0), (2022.0, 0.0)).value == pytest.approx(0.5)


def test_on_the_target_date_jmp_has_no_time_left():
    assert labels.jmp((2020.0, 1.0), (2022.0, 2.0), (2022.0, 3.0)).reason == "no_time_left"


def test_no_change_and_target_met():
    assert labels.jmp((2020.0, 1.0), (2021.0, 1.0), (2022.0, 3.0)).label == "no_progress"
    met = labels.jmp((2020.0, 1.0), (2021.0, 3.0), (2022.0, 3.0))
    assert (met.label, met.on_track) == ("met", True)


def test_escap_needs_two_dates():
    got = labels.escap((2020.0, 1.0), (2021.0, 2.0), (2022.0, 3.0), [(2021.0, 2.0), (2021.0, 2.1)])
    assert got.reason == "too_few_figures"


def test_growth_in_one_day_stays_finite():
    got = labels.official_labels(("2022-01-01", 1e-9), ("2022-01-02", 1e9), ("2024-12-31", 2e9))
    assert all(math.isfinite(label.value) for label in got)


def test_dates_in_any_form_agree():
    as_dates = labels.eurostat((dt.date(2022, 3, 28), 17.59), (dt.datetime(2022, 12, 27, 9), 20.76), TARGET)
    assert as_dates == labels.eurostat(BASE, NOW[0], TARGET)
    with pytest.raises(ValueError, match="mix"):
        labels.years_between(2020.0, "2022-03-28")


def test_not_a_number_is_refused():
    with pytest.raises(ValueError, match="finite"):
        labels.eurostat((2020.0, math.nan), (2021.0, 1.0), (2022.0, 2.0))


def test_every_label_is_a_declared_code():
    for now in (-5.0, 0.0, 0.5, 1.0, 1.2, 1.5, 2.0, 3.0, 4.0):
        for label in labels.official_labels((2020.0, 1.0), (2021.0, now), (2022.0, 3.0)):
            assert label.label in (*labels.LABELS[label.method], "not_defined")
            assert label.reason is None or label.reason in labels.REASONS
            assert list(label.to_dict())[:5] == ["method", "value", "label", "on_track", "rule"]
