"""Fitted curves in the notebook: what is said of them, and what one can go on from."""

import numpy as np
import pytest

import helpers
from jalur.errors import InputError
from jalur.study.curves import FAMILIES
from jalur.words.format import Format

EN = Format("en")


@pytest.fixture(scope="module")
def study():
    return helpers.open_study()


def test_the_independence_of_residuals_is_said_of_a_curve(study):
    fitted = study.curves.fitted
    best = min(fitted, key=lambda name: fitted[name].aicc)
    said = study.curves.findings()[-1]
    assert "Durbin-Watson" in said
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
