"""How the engine came to what it says: each law's weight before and after the figures, and each figure's surprise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from jalur.engine.figures import LARGEST, SMALLEST, Figures
from jalur.engine.outlook import condition
from jalur.engine.posterior import OFFSET_SD, WILD_FACTOR, WILD_SHARE, posterior
from jalur.engine.prior import Prior, load

Array = npt.NDArray[np.float64]

FEWEST = 3  # dates that must have gone before a figure for it to be expected
_EDGE = 1e-9  # probabilities are kept this far from 0 and 1


@dataclass(frozen=True)
class Innovations:
    """How each figure compares with what the earlier ones let expect; arrays of shape (figures,).

    Attributes
    ----------
    ids : tuple of str
    t : array
        Dates as decimal years.
    pit : array
        Probability that had been given to a figure at or below the published one (probability integral transform):
        even between 0 and 1 where the engine is right.
    z : array
        The same as a standard normal deviate.
    """

    ids: tuple[str, ...]
    t: Array
    pit: Array
    z: Array


def innovations(
    figures: Figures,
    capacity: float,
    *,
    reporting_error: float,
    reference_source: str | None = None,
    prior: Prior | None = None,
    kind_class: str | None = None,
    wild: float = WILD_SHARE,
) -> Innovations:
    """Compare each figure with what was to be expected of it from the figures of earlier dates alone.

    The engine is run anew for every figure. The expected law is the working model's law of the level on the figure's
    date, widened by the error of the figure: its rounding, the reporting error, and for other bodies than the reference
    the spread of their offsets. Floors ("at least") are not compared.

    Parameters
    ----------
    figures : Figures
    capacity : float
    reporting_error, reference_source, prior, kind_class, wild
        See `jalur.engine.condition`.
    """
    ids: list[str] = []
    dates: list[float] = []
    pit: list[float] = []
    levels = ~figures.floor
    for i in np.flatnonzero(levels):
        date = float(figures.t[i])
        earlier = np.flatnonzero(figures.t < date - 1e-9)
        if len(np.unique(figures.t[earlier][levels[earlier]])) < FEWEST:
            continue
        outlook = condition(
            _some(figures, earlier), capacity, reporting_error=reporting_error, reference_source=reference_source,
            net=True, prior=prior, kind_class=kind_class, wild=wild,
        )  # fmt: skip
        mixture, level = outlook.mixture(date), max(float(figures.y[i]), float(figures.half_width[i]) / 2)
        offset = OFFSET_SD if reference_source in figures.source and figures.source[i] != reference_source else 0.0
        share = np.clip(level / mixture.capacity, SMALLEST, LARGEST)
        z, slope = np.empty_like(share), np.empty_like(share)
        for k, link in enumerate(mixture.links):
            of = mixture.family == k
            z[of], slope[of] = link.to_link(share[of]), link.slope(share[of]) / mixture.capacity[of]
        error = figures.half_width[i] ** 2 / 3 + ((reporting_error**2 + offset**2) * level**2)
        below = np.zeros_like(share)
        for chance, factor in ((1 - wild, 1.0), (wild, WILD_FACTOR**2)):
            below += chance * ndtr((z - mixture.mean) / np.sqrt(mixture.sd**2 + factor * error * slope**2))
        ids.append(figures.ids[i])
        dates.append(date)
        pit.append(float(np.clip(below @ mixture.weight, _EDGE, 1 - _EDGE)))
    return Innovations(tuple(ids), np.array(dates), np.array(pit), ndtri(np.array(pit)))


def _some(figures: Figures, kept: npt.NDArray[np.intp]) -> Figures:
    """The figures at some positions."""
    return replace(
        figures, t=figures.t[kept], y=figures.y[kept], half_width=figures.half_width[kept], floor=figures.floor[kept],
        source=tuple(figures.source[i] for i in kept), ids=tuple(figures.ids[i] for i in kept),
    )  # fmt: skip


@dataclass(frozen=True)
class Weight:
    """Weight of all laws that share one value of one parameter, before and after the figures."""

    parameter: str
    value: float
    before: float
    after: float


def weights(
    figures: Figures,
    capacity: float,
    parameters: Sequence[str],
    *,
    reporting_error: float,
    reference_source: str | None = None,
    prior: Prior | None = None,
    kind_class: str | None = None,
) -> tuple[Weight, ...]:
    """Weights of the growth laws by the values of their parameters, before and after the figures.

    Parameters
    ----------
    figures : Figures
    capacity : float
    parameters : sequence of str
        Of `jalur.engine.prior.PARAMETERS`; one that has a single value says nothing and is left out.
    reporting_error, reference_source, prior, kind_class
        See `jalur.engine.condition`.
    """
    prior = (load() if prior is None else prior).for_class(kind_class)
    run = posterior(figures, capacity, prior, reporting_error=reporting_error, reference_source=reference_source)
    logs = np.log(prior.weight) + prior.power * run.filtered.log_likelihood
    after = np.exp(logs - logs.max())
    after /= after.sum()
    found = []
    for name in parameters:
        column = getattr(prior, name)
        values = np.unique(column)
        if len(values) > 1:
            for value in values:
                of = column == value
                found.append(Weight(name, float(value), float(prior.weight[of].sum()), float(after[of].sum())))
    return tuple(found)
