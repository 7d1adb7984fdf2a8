"""Fitted growth curves as a description of a programme's figures: which fit, what they cannot say.

The curves never enter a verdict. Everything here is `jalur.curves.growth` applied to the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jalur import curves
from jalur.dates import decimal_year
from jalur.errors import InputError
from jalur.verdict.model import Interval

FAMILIES = ("logistic", "gompertz", "richards", "bass", "weibull", "saturating")
REPLICATES = 1000


def points(figures: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Dates as decimal years and levels, without floors ("at least"), which least squares cannot use."""
    stated = figures[figures["qualifier"] != "at_least"]
    return np.array([decimal_year(d) for d in stated["as_of"]]), stated["value"].to_numpy(float)


def fits(figures: pd.DataFrame) -> dict[str, curves.FitResult]:
    """Every family that the figures can carry, with a free ceiling, by name."""
    t, y = points(figures)
    found = {}
    for family in FAMILIES:
        try:
            found[family] = curves.fit(family, t, y)
        except InputError:  # too few figures for this family's parameters: it has nothing to describe
            continue
    return found


def ceiling_profile(
    figures: pd.DataFrame, family: str, largest: float, steps: int = 40
) -> tuple[np.ndarray, np.ndarray]:
    """Rise of the criterion when the ceiling is held at each of several values.

    Parameters
    ----------
    figures : DataFrame
    family : str
    largest : float
        Largest ceiling tried, in units; the smallest is just above the highest figure.
    steps : int

    Returns
    -------
    ceilings, worsening : ndarray, shape (steps,)
        n log(RSS) over its smallest value along the profile: the rise of AICc at equal numbers of parameters. A rise
        of 3.84 is rejected at 5 % if errors were independent and normal.
    """
    t, y = points(figures)
    ceilings = np.geomspace(1.001 * y.max(), largest, steps)
    rss = np.array([curves.fit(family, t, y, capacity=c).residual_sum_of_squares for c in ceilings])
    return ceilings, len(y) * np.log(rss / rss.min())


@dataclass(frozen=True)
class Claim:
    """What a method says about one date: its middle and the 90 % range that it would print."""

    method: str
    median: float
    interval_90: Interval


def claims(
    figures: pd.DataFrame, when: str, families: tuple[str, ...] = ("logistic", "gompertz"), seed: int = 0
) -> tuple[Claim, ...]:
    """The bootstrap range of fitted curves on a date: the range that the usual tool would print.

    Residuals are resampled (`jalur.curves.growth.bootstrap`) and added to the refitted curve, so that the range covers
    a new figure and not only the curve. It assumes that the family is right and errors are independent.
    """
    t, y = points(figures)
    at, found = np.array([decimal_year(when)]), []
    rng = np.random.default_rng(seed)
    for family in families:
        try:
            again = curves.bootstrap(family, t, y, REPLICATES, seed)
        except InputError:
            continue
        levels = np.array([level_at(family, row, at) for row in again.params])
        levels = levels + rng.choice(curves.fit(family, t, y).residuals, size=levels.size)
        low, middle, high = np.nanquantile(levels, [0.05, 0.5, 0.95])
        found.append(Claim(family, float(middle), (float(low), float(high))))
    return tuple(found)


def level_at(family: str, params: np.ndarray, at: np.ndarray) -> float:
    """Level of a curve with these parameters on one date."""
    return float(curves.FAMILIES[family].curve(at, *params)[0])


def curve_rows(found: dict[str, curves.FitResult]) -> list[dict[str, Any]]:
    """One row a parameter of every fit: family, name, estimate, standard error, profile interval."""
    return [
        {
            "family": family,
            "parameter": name,
            "estimate": value,
            "error": fit.standard_errors[name],
            "profile": fit.profile_intervals[name],
            "at_limit": name in fit.at_limit,
        }
        for family, fit in found.items()
        for name, value in fit.params.items()
    ]
