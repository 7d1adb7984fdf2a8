"""What a series says about itself: its clock, its recent pace, its scatter, and how much evidence that is.

A growth law of the prior (`jalur.engine.prior`) is stated in units of the series, so that one set of weights serves
figures of years and of weeks, of quiet and of unsteady programmes. The units are

tempo
    years that count as one unit of time. A year for a series of four years and more; a quarter of the span for
    shorter ones, since a programme of months is steered, and changes its pace, in weeks. Never below the usual gap
    between two figures.
pace
    mean increment on the link scale per unit of time, the recent ones weighing more.
scatter
    root of the mean square of the increments around their mean pace, per root of the unit of time, less what the
    stated error of the figures explains, and drawn to the scatter of a typical series with the weight of a few
    increments. Increments of figures that are close together are taken over a quarter of the unit of time, so that
    sixty monthly figures are compared with five yearly ones on the same footing and simply hold more evidence.

The idea that noise is best counted in units of the series' own scatter was found by leave-kind-out trials (see
``docs/method.md``): noise in units of the pace held 69 % of the outcomes in its 90 % ranges on kinds of series that
the weights had not seen, noise in units of the scatter 91 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

LAG = 0.25  # units of time over which an increment is taken where the figures are closer than that
SPANS_A_YEAR = 4.0  # years of figures from which on the clock is the calendar's
FASTEST = 0.08  # years: the shortest unit of time
SLOWEST = 0.03  # link units a unit of time: the least own pace that counts
START = 0.25  # units of time for which the typical pace is added to the own one
_TINY = 1e-6


@dataclass(frozen=True)
class Units:
    """How the own pace and scatter are taken; part of the prior, the same for every series.

    Attributes
    ----------
    half_life, scatter_half_life : float
        Units of time in which the weight of an increment halves, in the pace and in the scatter. For short series at
        most a third, and a half, of the span.
    typical_pace, typical_scatter : float
        Link units a year, and per root of a year.
    increments : float
        Weight of the typical scatter, in increments.
    own_share : float
        Share of the own pace, on the logarithmic scale, in the pace that growth laws are multiples of.
    """

    half_life: float = 2.0
    scatter_half_life: float = 3.0
    typical_pace: float = 0.2
    typical_scatter: float = 0.08
    increments: float = 3.0
    own_share: float = 0.7


@dataclass(frozen=True)
class Scale:
    """Units of one series.

    Attributes
    ----------
    tempo : float
        Years that count as one unit of time.
    pace : float
        Own recent pace in link units a year; negative where the count fell.
    steady_pace : float
        The pace that growth laws are multiples of, in link units a unit of time: positive, the own pace drawn to the
        typical one.
    scatter : float
        In link units per root of a unit of time, drawn to the typical one.
    evidence : float
        Effective number of independent recent increments behind the scatter.
    own_share : float
        Share of the own increments in the scatter: ``evidence / (evidence + increments)``.
    level : float
        Last level as a share of the capacity.
    """

    tempo: float
    pace: float
    steady_pace: float
    scatter: float
    evidence: float
    own_share: float
    level: float


def measure(t: Array, z: Array, variance: Array, level: float, units: Units) -> Scale:
    """Measure a series.

    Parameters
    ----------
    t : array, shape (n,)
        Dates in years, nondecreasing.
    z : array, shape (n,)
        Figures on the link scale.
    variance : array, shape (n,)
        Variance of the figures' stated errors on the link scale.
    level : float
        Last level as a share of the capacity, passed on.
    units : Units
    """
    span = float(t[-1] - t[0])
    if len(t) < 2 or span <= _TINY:
        steady = _steady(units.typical_pace, units)
        return Scale(1.0, units.typical_pace, steady, units.typical_scatter, 0.0, 0.0, level)
    gaps = np.diff(t)
    tempo = float(min(1.0, max(span / SPANS_A_YEAR, np.median(gaps), FASTEST)))
    own, step, gap = t / tempo, np.diff(z), gaps / tempo
    age, long = own[-1] - own[1:], span / tempo
    recent = 0.5 ** (age / min(units.half_life, max(long / 3, 0.15)))
    weight = 0.5 ** (age / min(units.scatter_half_life, max(long / 2, 0.15)))
    pace = ((recent * step).sum() + START * units.typical_pace) / ((recent * gap).sum() + START)

    # Increments over a quarter of the unit of time, each counted by the part of it that is new.
    last = np.arange(1, len(t))
    first = np.searchsorted(own, own[1:] - LAG + _TINY, side="right") - 1
    first = np.minimum(np.maximum(first, 0), last - 1)
    time = own[last] - own[first]
    drift = (weight * step).sum() / (weight * gap).sum()
    square = np.maximum((z[last] - z[first] - drift * time) ** 2 - variance[last] - variance[first], 0.0)
    length = np.maximum(time, LAG)
    new = weight * np.minimum(1.0, gap / length)
    evidence = float(new.sum())
    prior = units.increments * units.typical_scatter**2
    scatter = float(np.sqrt(((new * square / length).sum() + prior) / (evidence + units.increments)))
    return Scale(tempo, float(pace / tempo), _steady(float(pace), units), scatter, evidence,
                 evidence / (evidence + units.increments), level)  # fmt: skip


def _steady(pace: float, units: Units) -> float:
    own = float(np.hypot(max(pace, 0.0), SLOWEST))
    return own**units.own_share * units.typical_pace ** (1 - units.own_share)
