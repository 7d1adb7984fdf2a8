"""Speed of the fitted curves against scipy and lmfit, all measured in one run.

    python benchmarks/bench_curves.py

Processor time, so that other programs on the machine matter little; of several turns the fastest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import curve_fit

from jalur.curves import bootstrap, fit

REPLICATES = 1000
TIMES = np.linspace(0.0, 10.0, 50)
LEVELS = 100 / (1 + np.exp(-(TIMES - 5))) + np.random.default_rng(1).normal(0, 2, TIMES.size)


@dataclass(frozen=True)
class Row:
    """One comparison: what was done, seconds for us and for the other, who the other was."""

    task: str
    ours: float
    other: float
    against: str

    @property
    def ratio(self) -> float:
        """How many times faster ours is."""
        return self.other / self.ours


def logistic(t: np.ndarray, capacity: float, growth: float, midpoint: float) -> np.ndarray:
    """The curve as a user of scipy would write it."""
    return capacity / (1 + np.exp(-growth * (t - midpoint)))


def seconds(work: Callable[[], object], turns: int) -> float:
    """Processor time of the fastest of several turns."""
    taken = []
    for _ in range(turns):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return min(taken)


def measure() -> list[Row]:
    """All comparisons."""
    found = bootstrap("logistic", TIMES, LEVELS, REPLICATES, seed=3)
    resamples, start = found.resamples(), found.estimate

    def loop() -> list[np.ndarray]:
        return [curve_fit(logistic, TIMES, levels, p0=start)[0] for levels in resamples]

    apart = float(np.max(np.abs(np.array(loop()) / found.params - 1)))
    if apart > 1e-5:
        raise AssertionError(f"the two bootstraps differ by {apart:.1e}: their times cannot be compared")
    batched = seconds(lambda: bootstrap("logistic", TIMES, LEVELS, REPLICATES, seed=3), 7)
    rows = [
        Row(
            f"{REPLICATES:,} bootstrap replicates of a logistic, 50 points", batched, seconds(loop, 3), "curve_fit loop"
        )
    ]
    rows.append(_against_lmfit(batched, resamples, start))
    profile = seconds(lambda: fit("logistic", TIMES, LEVELS).profile_intervals, 7)
    rows.append(Row("fit with profile intervals of three parameters", profile, *_lmfit_intervals(start)))
    return rows


def _lmfit_result(levels: np.ndarray, start: np.ndarray) -> tuple[object, object]:
    import lmfit

    params = lmfit.Parameters()
    for name, value in zip(("capacity", "growth", "midpoint"), start, strict=True):
        params.add(name, value=float(value))
    minimizer = lmfit.Minimizer(lambda p: logistic(TIMES, p["capacity"], p["growth"], p["midpoint"]) - levels, params)
    return minimizer, minimizer.minimize(method="leastsq")


def _against_lmfit(batched: float, resamples: np.ndarray, start: np.ndarray) -> Row:
    some = resamples[:100]
    taken = seconds(lambda: [_lmfit_result(levels, start) for levels in some], 2) * len(resamples) / len(some)
    return Row(f"{REPLICATES:,} bootstrap replicates (lmfit: 100, scaled up)", batched, taken, "lmfit loop")


def _lmfit_intervals(start: np.ndarray) -> tuple[float, str]:
    import lmfit

    return seconds(lambda: lmfit.conf_interval(*_lmfit_result(LEVELS, start), sigmas=[0.95]), 3), "lmfit conf_interval"


def section() -> str:
    """The part of the README about curves, in Markdown."""
    lines = [
        "## Fitted curves",
        "",
        "Processor time, the fastest of several turns; the bootstraps are checked to give the same estimates.",
        "",
        "| Task | Ours, ms | Other, ms | Times faster | Against |",
        "|---|---:|---:|---:|---|",
    ]
    lines += [
        f"| {row.task} | {1e3 * row.ours:.1f} | {1e3 * row.other:.1f} | {row.ratio:.1f} | {row.against} |"
        for row in measure()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(section())
