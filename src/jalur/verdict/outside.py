"""The outside view: how often official targets were met that asked for as much, whatever the programme.

The engine looks at one series. The outside view looks at none: it takes official targets with known outcomes, asks how
much faster than the recent pace each one wanted its programme to go (its *stretch*) and counts how many were met.

The law behind the counts
-------------------------
Targets of one programme family share their deadline and their shocks: of 145 targets for COVID-19 vaccination one
learns little more than of a few. So the families are the cases, and a logistic law with a level of its own for each
family is learned (`jalur.record.outside`):

    log odds of "met" = a + b log(stretch) + u_family,      u_family ~ N(0, tau^2),      b <= 0

A programme of a family never seen gets the whole spread of u: its share is the mean of that law over u and over what is
not known of (a, b), and `low` and `high` are its 5 % and 95 % points. Logit-normal means have no closed form; they are
taken by Gauss-Hermite quadrature.

Together with the engine
------------------------
The two are pooled on the scale of log odds, w logit(p) + (1 - w) logit(share), as Satopää et al. (2014, International
Journal of Forecasting 30) do for probabilities of one event; w is learned on targets of other families.

Nothing here is about one target: `outside.json` holds counts and weights only.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, ndtri

from jalur.errors import InputError

__all__ = [
    "BINS",
    "CORNERS",
    "STANDING",
    "Corner",
    "OutsideView",
    "bin_name",
    "combine",
    "corners",
    "load",
    "outside_view",
    "stretch",
]

Array = npt.NDArray[np.float64]

EDGES = (0.5, 1.0, 1.5, 2.0, 3.0, 6.0)
STANDING = "standing still"
BINS = ("up to 0.5", "0.5 to 1", "1 to 1.5", "1.5 to 2", "2 to 3", "3 to 6", "6 and more", STANDING)
_ENDS = (*zip((0.0, *EDGES), (*EDGES, math.inf), strict=True), (math.inf, math.inf))

RECENT = 3.0  # years over which the recent pace is taken
RECENT_SHORT = 60 / 365.25  # years, where the figures span no more than SHORT
SHORT = 1.5  # years

# Log odds are taken within these: beyond them neither the engine's chances nor the counts can be told apart by the
# outcomes at hand (one surprise in a hundred), and a single one would outvote everything else in the pool.
_CERTAIN = 0.01
# Outside these stretches the cases are too few to tell more from still more. No growth counts as the largest stretch,
# so that the view does not jump when a small pace becomes none.
LEAST, MOST = 0.25, 6.0

NODES, MASSES = np.polynomial.hermite_e.hermegauss(31)
MASSES = MASSES / MASSES.sum()

# Named as in `jalur.engine`'s scope; sentences for people stand in the catalogue of words.
FAR, WEEKLY, PLATEAU, FEW = "pace_outside", "fast", "plateau", "few_figures"
CORNERS = (FAR, WEEKLY, PLATEAU, FEW)
MIDDLE = "none"  # of the corners: the usual case
FEWEST, FEW_UP_TO = 3, 5
WEEKLY_GAP = 0.1  # years: the median gap of weekly and fortnightly figures lies below
# A plateau: at half the capacity or more, and either slow (share of the capacity a year; the median of the origins
# learned from) or falling in every fifth step.
PLATEAU_LEVEL, PLATEAU_PACE, PLATEAU_FALLS = 0.5, 0.02, 0.2
PACE_LEARNED = (-0.08, 0.14)  # share of the capacity a year: the middle 98 % of the origins the engine learned from


@dataclass(frozen=True)
class OutsideView:
    """How often official targets of this stretch were met.

    Attributes
    ----------
    share : float
        Chance that a target of a programme family never seen is met, by its stretch alone.
    low, high : float
        5 % and 95 % points of the share met in a family never seen.
    stretch : float or None
        Required over recent pace; infinite without growth, None where no recent pace is known.
    stretch_bin : str or None
        One of `BINS`; None with `stretch`.
    stretch_from, stretch_to : float or None
        The bin's ends; both infinite where the programme stands still, None with `stretch`.
    met, cases : int
        Targets met, and targets, in that bin; in all bins without a stretch.
    classes, families : int
        Reference classes, and programme families, that these cases come from.
    mean_of_families : float or None
        Share met in the bin, each family counting alike; None without cases.
    """

    share: float
    low: float
    high: float
    stretch: float | None
    stretch_bin: str | None
    stretch_from: float | None
    stretch_to: float | None
    met: int
    cases: int
    classes: int
    families: int
    mean_of_families: float | None


@dataclass(frozen=True)
class Corner:
    """What was measured on official targets in one corner of the scope.

    Attributes
    ----------
    name : str
        One of `CORNERS`.
    cases, classes, families : int
    holds : float
        Share of the outcomes within the engine's 90 % range.
    below, above : float
        Share of the outcomes below and above it.
    said, happened : float
        Mean of the engine's chances, and share of the targets met.
    brier : float
        Of the engine's chance alone.
    brier_combined : float
        Of the engine's chance together with the outside view, the family left out.
    """

    name: str
    cases: int
    classes: int
    families: int
    holds: float
    below: float
    above: float
    said: float
    happened: float
    brier: float
    brier_combined: float


# --- the stretch of a target ----------------------------------------------------------------------------------------


def stretch(
    t: Sequence[float] | Array, y: Sequence[float] | Array, target: float, due: float | Sequence[float]
) -> float:
    """Return how many times the recent pace a target asks for.

    Required pace: from the last figure to the target. Recent pace: from the last figure that is at least three years
    older than the latest one to the latest (sixty days, where all figures span no more than a year and a half; the
    first figure, where none is that old).

    Parameters
    ----------
    t, y : sequence of float
        Dates (decimal years, increasing) and levels, in the unit of the target; two at least.
    target : float
        Level to be reached.
    due : float or sequence of float
        Date of the target, after the last figure; several dates where their mean level is the target.

    Returns
    -------
    float
        Dimensionless. Infinite where there was no growth; zero or less where the target is already reached.

    Raises
    ------
    InputError
        With fewer than two dates, dates not increasing, values not finite, or a target due before the last figure.
    """
    dates, levels = _series(t, y)
    if len(dates) < 2:
        raise InputError(f"a recent pace needs figures of two dates at least, not {len(dates)}")
    due_on = float(np.mean(due))
    if not (math.isfinite(due_on) and math.isfinite(target)):
        raise InputError(f"a target needs a date and a level that are finite numbers, not {due!r} and {target!r}")
    if due_on <= dates[-1]:
        raise InputError(f"the target is due at {due_on:.3f}, not after the last figure ({dates[-1]:.3f})")
    if target <= levels[-1]:
        return float((target - levels[-1]) / max(abs(levels[-1]), 1e-300))
    required = (target - levels[-1]) / (due_on - dates[-1])
    recent = recent_pace(dates, levels)
    return float(required / recent) if recent > 0 else math.inf


def recent_pace(t: Sequence[float] | Array, y: Sequence[float] | Array) -> float:
    """Pace of the last three years (or sixty days, see `stretch`), in units of `y` a year."""
    dates, levels = _series(t, y)
    back = RECENT if dates[-1] - dates[0] > SHORT else RECENT_SHORT
    old = np.flatnonzero(dates <= dates[-1] - back + 1e-6)
    start = old[-1] if len(old) else 0
    return float((levels[-1] - levels[start]) / (dates[-1] - dates[start]))


def _series(t: Sequence[float] | Array, y: Sequence[float] | Array) -> tuple[Array, Array]:
    dates, levels = np.asarray(t, float), np.asarray(y, float)
    if dates.ndim != 1 or dates.shape != levels.shape:
        raise InputError(f"dates and levels must be two lists of one length, not {dates.shape} and {levels.shape}")
    if not (np.isfinite(dates).all() and np.isfinite(levels).all()):
        raise InputError("dates and levels must be finite numbers")
    if np.any(np.diff(dates) <= 0):
        raise InputError("dates must increase, one figure a date")
    return dates, levels


def bin_name(ratio: float) -> str:
    """Return the bin of a stretch above zero; an infinite one is a programme that stands still."""
    if math.isnan(ratio) or ratio <= 0:
        raise InputError(f"a stretch must be above zero, not {ratio!r}: a target already reached has none")
    return STANDING if math.isinf(ratio) else BINS[int(np.searchsorted(EDGES, ratio, side="right"))]


# --- the view -------------------------------------------------------------------------------------------------------


def outside_view(
    ratio: float | None, *, without: Collection[str] = (), data: Mapping[str, Any] | None = None
) -> OutsideView | None:
    """Return the share of official targets met at this stretch.

    Parameters
    ----------
    ratio : float or None
        From `stretch`. None where fewer than two dates are known: the share over all stretches, as they occur.
    without : collection of str
        Reference classes not to be counted, the programme's own above all. (The law itself never saw the classes that
        `data` lists as ``left_out``.)
    data : mapping, optional
        As `load` returns it; by default the shipped file.

    Returns
    -------
    OutsideView or None
        None where the target is already reached: the official targets all lay above the level of their day.

    Raises
    ------
    InputError
        If the stretch is not a number.
    """
    data = load() if data is None else data
    if ratio is not None and math.isnan(ratio):
        raise InputError("a stretch must be a number, not nan")
    if ratio is not None and ratio <= 0:
        return None
    chosen = range(len(BINS)) if ratio is None else (BINS.index(bin_name(ratio)),)
    counted = _count(data, chosen, frozenset(without))
    mean, sd = _log_odds(data, ratio)
    reach = float(ndtri(0.95)) * sd
    return OutsideView(
        share=float(expit(mean + sd * NODES) @ MASSES),
        low=float(expit(mean - reach)), high=float(expit(mean + reach)),
        stretch=ratio, stretch_bin=None if ratio is None else BINS[chosen[0]],
        stretch_from=None if ratio is None else _ENDS[chosen[0]][0],
        stretch_to=None if ratio is None else _ENDS[chosen[0]][1], **counted,
    )  # fmt: skip


def _log_odds(data: Mapping[str, Any], ratio: float | None) -> tuple[float, float]:
    """Mean and standard deviation of the log odds of "met" in a family never seen."""
    law, usual = data["law"], data["stretches"]
    # An unknown stretch is one of those that occur: their spread adds to that between families.
    x = np.array([1.0, usual["log_mean"] if ratio is None else math.log(min(max(ratio, LEAST), MOST))])
    unknown = law["slope"] * usual["log_sd"] if ratio is None else 0.0
    unsure = float(x @ np.asarray(law["covariance"], float) @ x)
    mean = float(x @ np.array([law["intercept"], law["slope"]]))
    return mean, math.sqrt(law["between_families"] ** 2 + unsure + unknown**2)


def _count(data: Mapping[str, Any], bins: Sequence[int], without: frozenset[str]) -> dict[str, Any]:
    met = cases = classes = 0
    families: dict[str, list[int]] = {}
    for name, one in data["classes"].items():
        n = sum(one["cases"][i] for i in bins)
        if name in without or n == 0:
            continue
        m = sum(one["met"][i] for i in bins)
        met, cases, classes = met + m, cases + n, classes + 1
        both = families.setdefault(one["family"], [0, 0])
        both[0] += m
        both[1] += n
    shares = [m / n for m, n in families.values()]
    return {
        "met": met, "cases": cases, "classes": classes, "families": len(families),
        "mean_of_families": float(np.mean(shares)) if shares else None,
    }  # fmt: skip


def combine(chance: float | None, view: OutsideView | None, *, data: Mapping[str, Any] | None = None) -> float:
    """Pool the engine's chance with the outside view, on the scale of log odds.

    Parameters
    ----------
    chance : float or None
        The engine's. None where it gives none (fewer than three dates): the outside view answers alone.
    view : OutsideView or None
        None where there is none: the engine's chance stands.
    data : mapping, optional
        As `load` returns it; by default the shipped file.

    Returns
    -------
    float
        Between the two (the engine's held to 0.01 to 0.99), increasing in both.

    Raises
    ------
    InputError
        If the chance is no probability, or there is neither chance nor view.
    """
    if chance is not None and not 0 <= chance <= 1:
        raise InputError(f"a chance must lie between 0 and 1, not {chance!r}")
    if view is None:
        if chance is None:
            raise InputError("neither a chance from the engine nor an outside view: nothing to combine")
        return float(chance)
    if chance is None:
        return view.share
    pool = (load() if data is None else data)["pool"]
    return float(pooled(chance, view.share, pool["weight"]))


def pooled(chance: npt.ArrayLike, share: npt.ArrayLike, weight: npt.ArrayLike) -> Array:
    """Pool two arrays of probabilities: log odds, `weight` on the first."""
    held = np.clip(np.asarray(chance, float), _CERTAIN, 1 - _CERTAIN)
    w = np.asarray(weight, float)
    return expit(w * logit(held) + (1 - w) * logit(np.asarray(share, float)))


# --- corners of the scope -------------------------------------------------------------------------------------------


def corners(t: Sequence[float] | Array, y: Sequence[float] | Array, capacity: float) -> tuple[str, ...]:
    """Say in which corners of the scope a series lies, where the engine's ranges held less (or other) than they say.

    Parameters
    ----------
    t, y : sequence of float
        Dates (decimal years, increasing) and levels, three at least.
    capacity : float
        In the unit of `y`.

    Returns
    -------
    tuple of str
        Of `CORNERS`, in their order; empty in the usual case.

    Raises
    ------
    InputError
        With fewer than three dates (no chance is given there), or a capacity that is not above zero.
    """
    dates, levels = _series(t, y)
    if len(dates) < FEWEST:
        raise InputError(f"a chance needs figures of {FEWEST} dates at least, not {len(dates)}")
    if not (math.isfinite(capacity) and capacity > 0):
        raise InputError(f"the capacity must be above zero, not {capacity!r}")
    pace = recent_pace(dates, levels) / capacity
    found = {
        FAR: not PACE_LEARNED[0] <= pace <= PACE_LEARNED[1],
        WEEKLY: dates[-1] - dates[0] <= SHORT and float(np.median(np.diff(dates))) <= WEEKLY_GAP,
        PLATEAU: levels[-1] >= PLATEAU_LEVEL * capacity
        and (pace <= PLATEAU_PACE or float(np.mean(np.diff(levels) < 0)) >= PLATEAU_FALLS),
        FEW: len(dates) <= FEW_UP_TO,
    }
    return tuple(name for name in CORNERS if found[name])


def measured(name: str, data: Mapping[str, Any] | None = None) -> Corner | None:
    """Return what was measured in a corner; None where no official target lay in it."""
    if name not in (*CORNERS, MIDDLE):
        raise InputError(f"no corner of the scope is called {name!r}; there are {', '.join(CORNERS)}")
    one = (load() if data is None else data)["corners"].get(name)
    return None if one is None else Corner(name=name, **one)


@lru_cache(maxsize=4)
def load(path: str | Path | None = None) -> Mapping[str, Any]:
    """Read counts and weights; without a path, those that ship with the package.

    Raises
    ------
    InputError
        If the file cannot be read, or lacks a part.
    """
    source = Path(__file__).with_name("outside.json") if path is None else Path(path)
    try:
        data = json.loads(source.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"the outside view cannot be read from {source}: {error}") from error
    missing = {"bins", "classes", "law", "pool", "stretches", "corners"} - set(data)
    if missing or tuple(data["bins"]) != BINS:
        fault = f"lacks {', '.join(sorted(missing))}" if missing else "has other bins of the stretch"
        raise InputError(f"the outside view in {source} {fault}; learn it again")
    return data
