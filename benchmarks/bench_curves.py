"""Speed of the fitted curves against scipy and lmfit; processor time, the fastest of several turns."""

from __future__ import annotations

import numpy as np
from measure import Row, Steps, processor
from scipy.optimize import curve_fit

from jalur.curves.growth import bootstrap, fit

STEPS = 3
REPLICATES = 1000
TIMES = np.linspace(0.0, 10.0, 50)
LEVELS = 100 / (1 + np.exp(-(TIMES - 5))) + np.random.default_rng(1).normal(0, 2, TIMES.size)


def logistic(t: np.ndarray, capacity: float, growth: float, midpoint: float) -> np.ndarray:
    """The curve as a user of scipy would write it."""
    return capacity / (1 + np.exp(-growth * (t - midpoint)))


def measure(step: Steps) -> tuple[list[Row], list[str]]:
    """All comparisons; the two bootstraps must give the same estimates."""
    step("bootstrap of a logistic: jalur and curve_fit")
    found = bootstrap("logistic", TIMES, LEVELS, REPLICATES, seed=3)
    resamples, start = found.resamples(), found.estimate

    def loop() -> list[np.ndarray]:
        return [curve_fit(logistic, TIMES, levels, p0=start)[0] for levels in resamples]

    apart = float(np.max(np.abs(np.array(loop()) / found.params - 1)))
    if apart > 1e-5:
        raise AssertionError(f"the two bootstraps differ by {apart:.1e}: their times cannot be compared")
    ours = processor(lambda: bootstrap("logistic", TIMES, LEVELS, REPLICATES, seed=3), 7)
    task = f"{REPLICATES:,} bootstrap replicates of a logistic, 50 points"
    theirs = processor(loop, 3)
    rows = [Row(task, ours, "a loop of `curve_fit`", theirs, ours / theirs, 1 / 8)]
    step("bootstrap of a logistic: lmfit")
    some = resamples[:100]
    theirs = processor(lambda: [_lmfit_result(levels, start) for levels in some], 2) * len(resamples) / len(some)
    rows.append(Row(task, ours, "a loop of lmfit (100, scaled up)", theirs, ours / theirs))
    step("profile intervals: jalur and lmfit")
    import lmfit

    ours = processor(lambda: fit("logistic", TIMES, LEVELS).profile_intervals, 7)
    theirs = processor(lambda: lmfit.conf_interval(*_lmfit_result(LEVELS, start), sigmas=[0.95]), 3)
    rows.append(
        Row("fit with profile intervals of three parameters", ours, "lmfit `conf_interval`", theirs, ours / theirs)
    )
    return rows, [f"The estimates of the two bootstraps differ by at most {apart:.0e} (relative)."]


def _lmfit_result(levels: np.ndarray, start: np.ndarray) -> tuple[object, object]:
    import lmfit

    params = lmfit.Parameters()
    for name, value in zip(("capacity", "growth", "midpoint"), start, strict=True):
        params.add(name, value=float(value))
    minimizer = lmfit.Minimizer(lambda p: logistic(TIMES, p["capacity"], p["growth"], p["midpoint"]) - levels, params)
    return minimizer, minimizer.minimize(method="leastsq")
