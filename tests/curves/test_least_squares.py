"""Least squares for any function: derivatives, hard functions, bad input."""

import math

import numpy as np
import pytest

from jalur.curves.least_squares import (
    Problem,
    central_differences,
    complex_step,
    extrapolated_differences,
    fit_function,
    widen,
)
from jalur.errors import InputError

X = np.linspace(0.5, 12.0, 25)


def saturating(x, ceiling, rate):
    return ceiling * (1 - np.exp(-rate * x))


def noisy(f, *params, size=0.5, seed=1):
    return f(X, *params) + size * np.random.default_rng(seed).standard_normal(X.size)


def test_agrees_with_the_normal_equations_of_a_straight_line():
    y = noisy(lambda x, a, b: a + b * x, 3.0, 0.7)
    fitted = fit_function(lambda x, a, b: a + b * x, X, y, [1.0, 1.0])
    design = np.column_stack([np.ones(X.size), X])
    expected = np.linalg.lstsq(design, y, rcond=None)[0]
    residuals = y - design @ expected
    covariance = residuals @ residuals / (X.size - 2) * np.linalg.inv(design.T @ design)
    assert fitted.params == pytest.approx(expected, rel=1e-12)
    assert fitted.residuals == pytest.approx(residuals, abs=1e-12)
    assert fitted.covariance == pytest.approx(covariance, rel=1e-10)
    assert fitted.residual_sum_of_squares == pytest.approx(residuals @ residuals, rel=1e-12)


def test_predictors_of_any_shape():
    other = np.cos(X)
    y = noisy(lambda x, a, b: a * x + b * other, 2.0, 5.0)
    rows = fit_function(lambda x, a, b: a * x[0] + b * x[1], np.array([X, other]), y, [1, 1])
    columns = fit_function(lambda x, a, b: a * x[:, 0] + b * x[:, 1], np.column_stack([X, other]), y, [1, 1])
    named = fit_function(lambda x, a, b: a * x["s"] + b * x["t"], {"s": X, "t": other}, y, [1, 1])
    assert rows.params == pytest.approx(columns.params, rel=1e-12)
    assert rows.params == pytest.approx(named.params, rel=1e-12)


def test_parameters_as_one_array_when_the_function_takes_two_arguments():
    y = noisy(saturating, 40.0, 0.3)
    spread = fit_function(saturating, X, y, [30.0, 0.5])
    packed = fit_function(lambda x, b: saturating(x, b[0], b[1]), X, y, [30.0, 0.5])
    assert packed.params == pytest.approx(spread.params, rel=1e-12)


def test_functions_without_complex_numbers_reach_the_same_digits():
    y = noisy(saturating, 40.0, 0.3)
    expected = fit_function(saturating, X, y, [30.0, 0.5])

    def with_math(x, ceiling, rate):
        return np.array([ceiling * (1 - math.exp(-rate * v)) for v in x])

    def drops_the_imaginary_part(x, ceiling, rate):
        return np.real(saturating(x, ceiling, rate))

    def analytic(x, ceiling, rate):
        return np.column_stack([1 - np.exp(-rate * x), ceiling * x * np.exp(-rate * x)])

    for other in (with_math, drops_the_imaginary_part):
        fitted = fit_function(other, X, y, [30.0, 0.5])
        assert fitted.params == pytest.approx(expected.params, rel=1e-9)
        assert fitted.standard_errors == pytest.approx(expected.standard_errors, rel=1e-9)
    fitted = fit_function(with_math, X, y, [30.0, 0.5], jac=analytic)
    assert fitted.standard_errors == pytest.approx(expected.standard_errors, rel=1e-9)


def test_overflow_on_the_way_is_a_rejected_step_and_not_an_error():
    y = noisy(lambda x, a, b: a * np.exp(b * x), 2.0, 0.4)
    overflows = []

    def growth(x, a, b):
        with np.errstate(over="ignore"):
            value = a * np.exp(b * x)
        overflows.append(not np.all(np.isfinite(value)))
        return value

    def raising(x, a, b):
        return a * np.array([math.exp(b * v) for v in x])

    for start in ([5.0, -5.0], [1e-3, 20.0]):
        overflows.clear()
        fitted = fit_function(growth, X, y, start)
        assert any(overflows)
        assert fitted.converged
        assert fitted.params == pytest.approx([2.0, 0.4], rel=0.05)
        assert fit_function(raising, X, y, start).params == pytest.approx(fitted.params, rel=1e-8)


def test_parameters_that_differ_by_seven_powers_of_ten():
    """A model like NIST's MGH10, whose published start is off by factors of 65 to 350."""
    x = np.arange(50.0, 125.0, 5.0)
    truth = np.array([0.0056, 6181.0, 345.0])

    def model(x, a, b, c):
        return a * np.exp(b / (x + c))

    y = model(x, *truth) * (1 + 1e-3 * np.sin(9 * x))
    far = fit_function(model, x, y, [2.0, 400000.0, 25000.0])
    near = fit_function(model, x, y, truth)
    assert far.converged
    assert far.params == pytest.approx(near.params, rel=1e-9)
    assert far.residual_sum_of_squares < np.sum((y - model(x, *truth)) ** 2)


def test_a_start_on_a_flat_spot_is_left():
    """From here the peak is out of sight: residuals do not depend on two of the three parameters."""
    y = noisy(lambda x, a, m, s: a * np.exp(-(((x - m) / s) ** 2)), 9.0, 6.0, 1.0, size=0.1)
    fitted = fit_function(lambda x, a, m, s: a * np.exp(-(((x - m) / s) ** 2)), X, y, [1.0, 20.0, 0.5])
    assert fitted.params[:2] == pytest.approx([9.0, 6.0], rel=0.05)


def test_exact_data_keep_their_digits_in_extended_precision():
    """Residuals of 1e-14 beside levels of 2: in double precision a tenth of the sum of squares would be rounding."""
    x = np.round(np.arange(0.0, 1.2, 0.05), 2)

    def model(x, a, b, c, d, e, f):
        return a * np.exp(-b * x) + c * np.exp(-d * x) + e * np.exp(-f * x)

    y = np.round(model(x, 0.1, 1.0, 0.9, 3.0, 1.5, 5.0), 13)
    fitted = fit_function(model, x, y, [1.2, 0.3, 5.6, 5.5, 6.5, 7.6])
    assert fitted.params == pytest.approx([0.1, 1.0, 0.9, 3.0, 1.5, 5.0], rel=1e-7)
    decimals = [np.array([np.longdouble(f"{v:.13f}") for v in values]) for values in (x, y)]
    exact = decimals[1] - model(decimals[0], *fitted.params.astype(np.longdouble))
    assert fitted.residual_sum_of_squares == pytest.approx(float(exact @ exact), rel=1e-4)
    assert widen(np.array([0.1]))[0] == np.longdouble("0.1")


def test_rounding_errors_of_a_nearly_exact_fit_are_averaged_out():
    truth = np.array([40.0, 0.3], dtype=np.longdouble)
    ordinary = Problem(saturating, X, noisy(saturating, 40.0, 0.3), [40.0, 0.3])
    assert np.array_equal(ordinary.residuals_averaged(truth), ordinary.residuals_wide(truth))

    exact = Problem(saturating, X, saturating(X, 40.0, 0.3), [40.0, 0.3])
    nearby = [truth + k * np.spacing(truth) for k in range(-20, 21)]
    plain = [float(np.sum(exact.residuals_wide(b) ** 2)) for b in nearby]
    averaged = [float(np.sum(exact.residuals_averaged(b) ** 2)) for b in nearby]
    # The sums change smoothly with the parameters; what is left after second differences is rounding.
    assert np.std(np.diff(averaged, 2)) < np.std(np.diff(plain, 2)) / 3


def test_points_that_are_not_finite_look_bad_but_finite_to_the_search():
    def raises(x, a):
        raise OverflowError("math range error")

    for f in (lambda x, a: np.full(x.size, np.inf) * a, lambda x, a: 1e300 * a * x, raises):
        residuals = Problem(f, X, X, [1.0]).residuals(np.array([1.0]))
        assert np.isfinite(residuals @ residuals)
        assert residuals @ residuals > 1e200


def test_a_parameter_without_influence_has_no_finite_error():
    y = noisy(saturating, 40.0, 0.3)
    fitted = fit_function(lambda x, a, b, c: saturating(x, a, b) + 0 * c, X, y, [30.0, 0.5, 1.0])
    assert np.isinf(fitted.standard_errors[2])
    assert np.all(np.isfinite(fitted.standard_errors[:2]))


def test_derivatives_against_the_formula():
    b = np.array([40.0, 0.3])
    exact = np.column_stack([1 - np.exp(-b[1] * X), b[0] * X * np.exp(-b[1] * X)])
    by_step = complex_step(lambda v: saturating(X, *v), b)
    assert by_step == pytest.approx(exact, rel=1e-14)
    assert extrapolated_differences(lambda v: saturating(X, *v), b) == pytest.approx(exact, rel=1e-12)
    assert central_differences(lambda v: saturating(X, *v), b) == pytest.approx(exact, rel=1e-7)
    assert complex_step(lambda v: [math.exp(w) for w in v], b) is None


@pytest.mark.parametrize(
    ("x", "y", "start", "message"),
    [
        (X[:2], [1.0, 2.0], [1.0, 1.0], "2 values are too few for 2 parameters: at least 3"),
        (X, np.full(X.size, np.nan), [1.0, 1.0], "y must be finite: item 0 is nan"),
        (X, np.ones(X.size), [1.0, np.inf], "start must be finite: item 1 is inf"),
        (X, np.ones(X.size), [], "start must be a list of numbers"),
        (X, ["many"] * X.size, [1.0, 1.0], "y must be a list of numbers"),
        (X[:5], np.ones(X.size), [1.0, 1.0], "shape (5,), but y has shape (25,)"),
    ],
)
def test_bad_input_is_one_sentence(x, y, start, message):
    with pytest.raises(InputError) as caught:
        fit_function(saturating, x, y, start)
    assert message in str(caught.value)


def test_nowhere_finite_and_wrong_jacobian_are_said():
    y = noisy(saturating, 40.0, 0.3)
    with pytest.raises(InputError, match="no finite values at the start or near it"):
        fit_function(lambda x, a, b: np.full(x.shape, np.nan) * a * b, X, y, [1.0, 1.0])
    with pytest.raises(InputError, match=r"jac returns shape \(2, 25\), expected \(25, 2\)"):
        fit_function(saturating, X, y, [30.0, 0.5], jac=lambda x, a, b: np.ones((2, x.size)))
