"""Time of one probabilistic forecast against what an analyst would use instead; processor time, fastest of some turns.

Each side gets the same twelve annual series of twenty points and gives 2,000 joint draws on the five years after. The
curve fits are logistic with a free ceiling; their draws come from the covariance of the parameters.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable

import numpy as np
from bench_curves import logistic
from measure import ENVIRONMENT, Row, Steps, processor
from scipy.optimize import OptimizeWarning, curve_fit

from jalur.engine.outlook import forecast
from jalur.record.backtest import damped_ets

STEPS = 5
YEARS, AHEAD, DRAWS, SERIES, TURNS = np.arange(2000.0, 2020.0), np.arange(2020.0, 2025.0), 2000, 12, 3
START = (80.0, 0.4, 2012.0)
ANSWER_AIM = 0.15  # seconds
# In a process of its own, so that nothing of an earlier answer is remembered.
ANSWER = """
import time
from jalur import ledger
from jalur.verdict.case import Case
programme = ledger.load("umkm_onboarding")
case = Case.of(programme, programme.observations["reported_on"].max().date().isoformat())
count = len(case.figures)
begin = time.process_time()
assert case.chances and case.joint is not None
print(count, time.process_time() - begin)
"""


def series() -> list[np.ndarray]:
    """Adoption that has passed its midpoint, with noise; never below a thousandth."""
    rng = np.random.default_rng(7)
    return [np.maximum(logistic(YEARS, 85, 0.45, 2014) + rng.normal(0, 0.8, YEARS.size), 1e-3) for _ in range(SERIES)]


def ours(y: np.ndarray) -> np.ndarray:
    """The engine."""
    return forecast(YEARS, y, AHEAD, 100.0, DRAWS, 0)


def ets(y: np.ndarray) -> np.ndarray:
    """Exponential smoothing with a damped trend by statsmodels, as in the track record."""
    return damped_ets(YEARS, y, AHEAD, 100.0, DRAWS, 0)


def scipy_fit(y: np.ndarray) -> np.ndarray:
    """A logistic by `scipy.optimize.curve_fit`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OptimizeWarning)
        found, covariance = curve_fit(logistic, YEARS, y, p0=START, maxfev=20_000)
    return _drawn(y, found, covariance)


def lmfit_fit(y: np.ndarray) -> np.ndarray:
    """The same by lmfit."""
    import lmfit

    model = lmfit.Model(logistic)
    result = model.fit(y, t=YEARS, **dict(zip(("capacity", "growth", "midpoint"), START, strict=True)))
    return _drawn(y, np.array(list(result.best_values.values())), result.covar)


def _drawn(y: np.ndarray, found: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(0)
    parameters = rng.multivariate_normal(found, covariance, DRAWS)
    error = np.std(y - logistic(YEARS, *found), ddof=3) * rng.standard_normal((len(AHEAD), DRAWS))
    return logistic(AHEAD[:, None], *parameters.T) + error


def _answer() -> tuple[int, float]:
    """Number of figures, and processor time of the first answer; the middle of five processes."""
    told = []
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", ANSWER], env=ENVIRONMENT, capture_output=True, text=True, check=True
        )
        told.append(done.stdout.split())
    return int(told[0][0]), sorted(float(seconds) for _, seconds in told)[2]


OTHERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "`scipy.optimize.curve_fit`": scipy_fit,
    "lmfit": lmfit_fit,
    "statsmodels ETS": ets,
}


def measure(step: Steps) -> tuple[list[Row], list[str]]:
    """All comparisons."""
    known = series()

    def seconds(method: Callable[[np.ndarray], np.ndarray]) -> float:
        for drawn in map(method, known):  # also imports what is imported late
            assert drawn.shape == (len(AHEAD), DRAWS)
            assert np.isfinite(drawn).all()
        return processor(lambda: [method(y) for y in known], TURNS) / len(known)

    step("one forecast: jalur")
    mine = seconds(ours)
    rows = []
    for name, method in OTHERS.items():
        step(f"one forecast: {name}")
        theirs = seconds(method)
        rows.append(Row("one forecast: 20 points, 5 years ahead, 2,000 draws", mine, name, theirs, mine / theirs))
    step("the chances on the real ledger")
    count, taken = _answer()
    task = f"chances on the real ledger ({count} figures), each target and all together, after import"
    rows.append(Row(task, taken, f"{1e3 * ANSWER_AIM:g} ms", ANSWER_AIM, taken / ANSWER_AIM, 1.0))
    note = (
        "A curve fit is quicker than the engine because it tells less: one family, one ceiling, no shocks; "
        "how often its ranges hold is in notebook 04."
    )
    return rows, [note] if rows[0].ratio > 1 else []
