"""Rat42 and Rat43 of NIST's Statistical Reference Datasets: six digits and more, from both published starts."""

import json
from pathlib import Path

import numpy as np
import pytest

from jalur.curves.growth import fit, fit_function

FOLDER = Path(__file__).parent / "nist"
MODELS = {
    "Rat42": lambda x, b1, b2, b3: b1 / (1 + np.exp(b2 - b3 * x)),
    "Rat43": lambda x, b1, b2, b3, b4: b1 / (1 + np.exp(b2 - b3 * x)) ** (1 / b4),
}


def dataset(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def digits(found, certified):
    """Smallest number of matching significant digits (NIST's log relative error)."""
    error = np.abs(np.asarray(found) - np.asarray(certified)) / np.abs(certified)
    return float(np.min(-np.log10(np.maximum(error, 1e-16))))


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", ["Rat42", "Rat43"])
def test_certified_values_from_both_starts(name, start):
    data = dataset(name)
    fitted = fit_function(MODELS[name], data["x"], data["y"], data["starts"][start])
    certified = data["certified"]
    assert digits(fitted.params, certified["params"]) > 9.5
    assert digits(fitted.standard_errors, certified["standard_deviations"]) > 9.5
    assert digits(fitted.residual_sum_of_squares, certified["residual_sum_of_squares"]) > 9.5
    assert fitted.degrees_of_freedom == certified["degrees_of_freedom"]
    assert fitted.converged


@pytest.mark.parametrize("name", ["Rat42", "Rat43"])
def test_typed_in_certified_values_are_consistent_with_the_data(name):
    data = dataset(name)
    certified = data["certified"]
    residuals = np.array(data["y"]) - MODELS[name](np.array(data["x"]), *certified["params"])
    assert digits(residuals @ residuals, certified["residual_sum_of_squares"]) > 9.5
    deviation = np.sqrt(residuals @ residuals / certified["degrees_of_freedom"])
    assert digits(deviation, certified["residual_standard_deviation"]) > 9.5


def test_logistic_and_richards_reach_the_same_minima():
    """b2 = growth * midpoint in Rat42; exp(b2) = shape * exp(growth * midpoint) and b4 = shape in Rat43."""
    data = dataset("Rat42")
    logistic = fit("logistic", data["x"], data["y"])
    p, certified = logistic.params, data["certified"]
    assert digits([p["capacity"], p["growth"] * p["midpoint"], p["growth"]], certified["params"]) > 9.5
    assert digits(logistic.standard_errors["growth"], certified["standard_deviations"][2]) > 9.5

    data = dataset("Rat43")
    richards = fit("richards", data["x"], data["y"])
    p, certified = richards.params, data["certified"]
    b2 = p["growth"] * p["midpoint"] + np.log(p["shape"])
    assert digits([p["capacity"], b2, p["growth"], p["shape"]], certified["params"]) > 8.5
    errors = [richards.standard_errors[name] for name in ("capacity", "growth", "shape")]
    assert digits(errors, [certified["standard_deviations"][k] for k in (0, 2, 3)]) > 8.5
    assert digits(richards.residual_sum_of_squares, certified["residual_sum_of_squares"]) > 9.5
