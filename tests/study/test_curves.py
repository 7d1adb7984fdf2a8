"""Fitted curves in the notebook: what is said of them, and what one can go on from."""

import numpy as np
import pytest

import helpers
from jalur import curves
from jalur.dates import calendar_day
from jalur.errors import InputError
from jalur.study.curves import FAMILIES, degenerate, normal_quantiles, points, stated
from jalur.words.format import Format

EN = Format("en")


@pytest.fixture(scope="module")
def study():
    return helpers.open_study()


def test_the_independence_of_residuals_is_said_of_a_curve(study):
    fitted = study.curves.fitted
    best = min(fitted, key=lambda name: fitted[name].aicc)
    said = next(words for words in study.curves.findings() if "Durbin-Watson" in words)
    assert EN.say(f"chart.curve.{best}") in said
    # the number that is said stands in the table
    row = study.curves.diagnostics().data.set_index("family").loc[best]
    assert EN.number(row["durbin_watson"], 2) in said


def test_a_curve_that_leaves_out_the_assumed_capacity_is_said_to(study):
    """The best curve ends far below the capacity of the verdict; with a smaller capacity nothing is to be said."""
    left_out = [
        words for words in study.curves.findings() if "leaves out the capacity of 65.5" in words.replace("\u00a0", " ")
    ]
    ends = {name: fit.profile_intervals["capacity"] for name, fit in study.curves.fitted.items()}
    best = min(study.curves.fitted, key=lambda name: study.curves.fitted[name].aicc)
    outside = [
        name for name in dict.fromkeys((best, "logistic")) if not ends[name][0] <= study.capacity <= ends[name][1]
    ]
    assert len(left_out) == len(outside) > 0
    inside = study.with_capacity(sum(ends["logistic"]) / 2).curves.findings()
    assert sum("leaves out" in words for words in inside) == len(left_out) - 1


def test_a_fit_can_be_taken_further(study):
    logistic = study.curves.fit("logistic")
    rows = study.curves.fits().data
    own = rows[rows["family"] == "logistic"].set_index("parameter")
    assert own["estimate"].to_dict() == logistic.params
    assert own.loc["capacity", ["low", "high"]].tolist() == list(logistic.profile_intervals["capacity"])
    lines = study.curves.lines().data
    line = lines[lines["family"] == "logistic"]
    assert np.all(np.diff(line["level"]) > 0)
    assert line["level"].iloc[-1] == pytest.approx(float(logistic.predict(2024 + 365 / 366)), rel=1e-3)
    assert line["beyond"].any()
    assert not line["beyond"].all()


def test_the_profile_is_lowest_at_the_fit(study):
    profile = study.curves.ceiling().data
    for family in ("logistic", "gompertz"):
        own = profile[profile["family"] == family]
        assert own["worsening"].min() == 0
        best = own.loc[own["worsening"].idxmin(), "ceiling"]
        assert best == pytest.approx(study.curves.fit(family).params["capacity"], rel=0.1)


def test_without_enough_figures_a_fit_is_refused_with_what_there_is():
    few = helpers.open_study("ekatalog_umkm", "2022-10-31")
    with pytest.raises(InputError, match="too few for the family 'logistic'; fitted: none"):
        few.curves.fit("logistic")
    with pytest.raises(InputError, match=", ".join(FAMILIES)):
        few.curves.fit("spline")


def test_every_parameter_of_every_family_is_shown_with_its_error(study):
    shown, data = study.curves.parameters(), study.curves.parameters().data
    assert len(shown.table.rows) == len(data) == sum(len(fit.params) for fit in study.curves.fitted.values())
    assert {"growth", "midpoint", "innovation", "imitation", "launch", "shape", "scale", "rate"} <= set(
        data["parameter"]
    )
    row = next(row for row in shown.table.rows if row[:2] == ("Logistic", "midpoint"))
    assert row[2] == EN.short_month(calendar_day(study.curves.fit("logistic").params["midpoint"]))
    assert all(row[3] not in ("inf", "nan") for row in shown.table.rows)


def test_a_degenerate_fit_is_warned_of_and_a_sound_one_is_not():
    """A straight line puts no ceiling on a curve; a Bass curve without innovation is a logistic one."""
    t = np.linspace(2010, 2020, 41)
    logistic = curves.FAMILIES["logistic"].curve(t, 30e6, 0.9, 2015.0)
    rough = logistic + 1e5 * np.resize([1, -1, 0.5, -0.5], t.shape)
    fitted = {family: curves.fit(family, t, rough) for family in ("logistic", "bass")}
    assert [row[:2] for row in degenerate(fitted)] == [("bass", "twin")]
    straight = {"logistic": curves.fit("logistic", t, 1e6 * (t - 2009) + 1e5 * np.resize([1, -1], t.shape))}
    assert degenerate(straight) == []
    flat = {"saturating": curves.fit("saturating", t, 1e6 * (t - 2009) ** 1.3)}
    assert degenerate(flat) == [("saturating", "limit", "capacity")]
    early = {"gompertz": curves.fit("gompertz", t[:8], logistic[:8] + 2e4 * np.resize([1, -1], 8))}
    assert degenerate(early)[0][1] in ("limit", "loose")


def test_the_warnings_name_what_the_figures_do_not_identify(study):
    said = " ".join(study.curves.warnings())
    for family, fit in study.curves.fitted.items():
        if fit.at_limit:
            assert f"{EN.say(f'chart.curve.{family}')}: the ceiling ran to the end" in said
    assert "Logistic:" not in said


def test_a_ceiling_held_at_a_capacity_fits_worse_than_the_best_curve(study):
    held = study.curves.held().data
    assert set(held.loc[held["chosen"], "units"]) == {study.capacity}
    best = min(fit.aicc for fit in study.curves.fitted.values())
    t, y = points(study.figures)
    row = held[(held["family"] == "gompertz") & held["chosen"]].iloc[0]
    assert row["rise"] == pytest.approx(curves.fit("gompertz", t, y, capacity=row["units"]).aicc - best)
    least = held[held["chosen"]]["rise"].min()
    assert any(f"worse by {EN.number(least, 1)}" in words for words in study.curves.findings())


def test_residuals_are_those_of_the_fit(study):
    left, ordered = study.curves.residuals().data, study.curves.normality().data
    for family, fit in study.curves.fitted.items():
        assert left.loc[left["family"] == family, "residual"].tolist() == fit.residuals.tolist()
        own = ordered[ordered["family"] == family]
        assert own["residual"].tolist() == sorted(fit.residuals)
        assert own["expected"].mean() == pytest.approx(0, abs=1)
    normal, _ = normal_quantiles(np.array([-1.0, 0.0, 1.0]))
    assert normal == pytest.approx([-0.967422, 0, 0.967422], abs=1e-6)  # quantiles at 1/6, 1/2, 5/6


def test_a_method_is_judged_by_later_figures_that_it_has_not_seen(study):
    """A figure that was published later, however wild, moves the error of a forecast but not the forecast."""
    data = study.curves.left_future().data
    assert set(data["method"]) == {*study.curves.fitted, "jalur", "last"}
    first = data[data["method"] == "gompertz"].iloc[0]
    seen = study.at(first["vintage"].date().isoformat())
    assert len(stated(seen.figures)) == first["figures"]
    later = stated(study.figures)
    later = later[later["as_of"] > seen.figures["as_of"].max()]
    t, y = points(later)
    off = seen.curves.fit("gompertz").predict(t) - y
    assert first["forecasts"] == len(y)
    assert first["error"] == pytest.approx(np.abs(off).mean())
    assert first["bias"] == pytest.approx(off.mean())
    carried = data[data["method"] == "last"].iloc[0]
    assert carried["bias"] == pytest.approx((stated(seen.figures)["value"].iloc[-1] - y).mean())
