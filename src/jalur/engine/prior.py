"""The prior: a grid of growth laws with weights learned from real adoption series.

A cell of the grid is one growth law. On the link scale ``z = g(N / K)`` it reads, in continuous time,

    dz = b dt + level_noise * pace dW1 + dJ          db = -reversion (b - pace) dt + slope_noise * pace dW2

with jumps J at `jump_rate` a year, each N(0, (jump_size * pace)^2). All noise is counted in units of the pace, so a
fast growth law is also an uncertain one. The pace itself lies between the cell's common pace and the series' own
recent pace (geometric mean, see `Prior.paced`): a fast adopter is expected to stay faster than others, and to slow
down towards them. The weights ship as ``prior.json``; `jalur.record.learn` learns them. The file also holds weights of
the same growth laws with other shapes of the curve, each learned by itself: `load_shapes`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jalur.engine.links import Link, link
from jalur.errors import InputError

Array = npt.NDArray[np.float64]

PARAMETERS = ("pace", "slope_noise", "level_noise", "reversion", "jump_rate", "jump_size", "capacity_share")
SLOWEST = 0.03  # link units a year: the least own pace that counts
QUARTER = 0.25
HIGHEST_POWER = 10


@dataclass(frozen=True)
class Prior:
    """Grid of growth laws and their prior weights; arrays have shape (cells,).

    Attributes
    ----------
    links : tuple of Link
        Families in use.
    family : array of int
        Index into `links`.
    pace : array
        Common pace: link units a year.
    slope_noise, level_noise : array
        In units of the pace (per square root of a year).
    reversion : array
        Speed of reversion, per year.
    jump_rate, jump_size : array
        Jumps a year; standard deviation of a jump in units of the pace.
    capacity_share : array
        Multiple of the given capacity at which the curve saturates (1 in the shipped prior).
    log_weight : array
        Logarithm of the prior weight, up to a constant.
    power : float
        Power of the likelihood in the posterior (1 is Bayes' rule; less than 1 trusts the working model less).
    discount : float
        Weight of a year-old log-likelihood increment relative to one of today.
    slope_spread : float
        Standard deviation of the slope at the first figure, in units of the pace.
    own_share : float
        Share of the series' own recent pace in the pace to which the slope reverts, on the logarithmic scale; with 0
        the prior does not look at the figures.
    half_life : float
        Years in which an increment's weight in the own pace halves.
    version : str
        Version of the weights.
    """

    links: tuple[Link, ...]
    family: npt.NDArray[np.intp]
    pace: Array
    slope_noise: Array
    level_noise: Array
    reversion: Array
    jump_rate: Array
    jump_size: Array
    capacity_share: Array
    log_weight: Array
    power: float = 1.0
    discount: float = 1.0
    slope_spread: float = 0.5
    own_share: float = 0.0
    half_life: float = 1.0
    version: str = "custom"

    def __len__(self) -> int:
        return len(self.pace)

    @cached_property
    def weight(self) -> Array:
        """Prior weights, adding up to 1."""
        w = np.exp(self.log_weight - self.log_weight.max())
        return w / w.sum()

    def take(self, cells: npt.NDArray[np.intp]) -> Prior:
        """Return the prior restricted to some cells."""
        return replace(self, **{name: getattr(self, name)[cells] for name in ("family", *PARAMETERS, "log_weight")})

    def paced(self, t: Array, z: Array) -> Prior:
        """Return the prior with each cell's pace drawn towards the series' own recent pace.

        Parameters
        ----------
        t : array, shape (n, cells)
            Dates of the figures in each cell's clock.
        z : array, shape (n, cells)
            Figures on the link scale.

        Returns
        -------
        Prior
            With pace ``common**(1 - own_share) * own**own_share``. The own pace is the mean of the increments,
            weighted by ``0.5**(age / half_life)``; a quarter of a year at the common pace is added to it, so that
            figures a few days apart do not make a pace, and it is bounded below smoothly by `SLOWEST`.
        """
        if self.own_share == 0 or len(t) < 2:
            return self
        weight = 0.5 ** ((t[-1] - t[1:]) / self.half_life)
        own = (weight * np.diff(z, axis=0)).sum(axis=0) + QUARTER * self.pace
        own /= (weight * np.diff(t, axis=0)).sum(axis=0) + QUARTER
        own = np.hypot(np.maximum(own, 0.0), SLOWEST)
        return replace(self, pace=self.pace ** (1 - self.own_share) * own**self.own_share)


def make(
    *,
    families: tuple[str | tuple[str, float], ...] = ("gompertz",),
    family: npt.ArrayLike = 0,
    pace: npt.ArrayLike,
    slope_noise: npt.ArrayLike,
    level_noise: npt.ArrayLike,
    reversion: npt.ArrayLike,
    jump_rate: npt.ArrayLike = 0.0,
    jump_size: npt.ArrayLike = 0.0,
    capacity_share: npt.ArrayLike = 1.0,
    log_weight: npt.ArrayLike = 0.0,
    power: float = 1.0,
    discount: float = 1.0,
    slope_spread: float = 0.5,
    own_share: float = 0.0,
    half_life: float = 1.0,
    version: str = "custom",
) -> Prior:
    """Build a prior; parameters broadcast against each other. See `Prior` for their meaning.

    Raises
    ------
    InputError
        If a parameter is out of range.
    """
    columns = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(x, float)) for x in (
            pace, slope_noise, level_noise, reversion, jump_rate, jump_size, capacity_share, log_weight, family))
    )  # fmt: skip
    pace_, slope_, level_, reversion_, rate_, size_, share_, weight_ = (np.array(c, float) for c in columns[:-1])
    checks = {"pace": pace_ > 0, "slope_noise": slope_ >= 0, "level_noise": level_ >= 0, "reversion": reversion_ > 0,
              "jump_rate": rate_ >= 0, "jump_size": size_ >= 0, "capacity_share": share_ > 0}  # fmt: skip
    for name, good in checks.items():
        if not np.all(good):
            raise InputError(f"the prior's {name} must be {'zero or more' if 'noise' in name else 'positive'}")
    if not (0 <= power <= HIGHEST_POWER and 0 <= discount <= 1):
        raise InputError("the prior's power must lie in [0, 10] and its discount in [0, 1]")
    if not (0 <= own_share <= 1 and half_life > 0):
        raise InputError("the prior's own_share must lie in [0, 1] and its half_life be positive")
    links = tuple(link(f) if isinstance(f, str) else link(*f) for f in families)
    family = np.array(columns[-1], np.intp)
    cells = (pace_, slope_, level_, reversion_, rate_, size_, share_, weight_)
    settings = (float(power), float(discount), float(slope_spread), float(own_share), float(half_life))
    return Prior(links, family, *cells, *settings, version)


def from_dict(data: dict) -> Prior:
    """Build a prior from the content of a weights file (see `to_dict`)."""
    try:
        cells = data["cells"]
        prior = make(
            families=tuple(f if isinstance(f, str) else (f[0], float(f[1])) for f in data["families"]),
            family=cells["family"],
            **{name: cells[name] for name in (*PARAMETERS, "log_weight")},
            power=data["power"],
            discount=data["discount"],
            slope_spread=data["slope_spread"],
            own_share=data["own_share"],
            half_life=data["half_life"],
            version=str(data["version"]),
        )
        if not all(np.isfinite(getattr(prior, name)).all() for name in (*PARAMETERS, "log_weight")):
            raise ValueError("every number must be finite")
        if not 0 <= prior.family.min() <= prior.family.max() < len(prior.links):
            raise ValueError(f"there are {len(prior.links)} families")
        return prior
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise InputError(f"the prior weights file is incomplete or malformed: {error}") from error


def to_dict(prior: Prior, shapes: Sequence[Prior] = (), **more: object) -> dict:
    """Return the prior as plain data for a weights file.

    `shapes` are priors of one family each that differ from it in nothing but family, weights and power; `more` adds
    descriptive entries.
    """
    cells = {"family": prior.family.tolist()}
    cells |= {name: getattr(prior, name).tolist() for name in PARAMETERS}
    cells["log_weight"] = _rounded(prior.log_weight)
    families = [_family(link_) for link_ in prior.links]
    others = [
        {"family": _family(one.links[0]), "power": round(one.power, 6), "log_weight": _rounded(one.log_weight)}
        for one in shapes
    ]
    return {"version": prior.version, **more, "power": round(prior.power, 6), "discount": prior.discount,
            "slope_spread": prior.slope_spread, "own_share": prior.own_share, "half_life": prior.half_life,
            "families": families, "cells": cells, "shapes": others}  # fmt: skip


def _family(link_: Link) -> str | list[str | float]:
    return link_.family if link_.shape is None else [link_.family, link_.shape]


def _rounded(log_weight: Array) -> list[float]:
    return [round(float(x), 6) for x in log_weight]


FILE_VARIABLE = "JALUR_PRIOR"


def _given(path: str | Path | None) -> str | None:
    """The file to read: the one named, else that of the environment variable JALUR_PRIOR, else None."""
    return str(path) if path is not None else os.environ.get(FILE_VARIABLE) or None


def load(path: str | Path | None = None) -> Prior:
    """Read a weights file; without a path that of the variable JALUR_PRIOR, or the one that ships with the package.

    Raises
    ------
    InputError
        If the file cannot be read or is malformed.
    """
    return _load(_given(path))


@lru_cache(maxsize=8)
def _load(path: str | None) -> Prior:
    return from_dict(_read(path))


def load_shapes(path: str | Path | None = None) -> tuple[Prior, ...]:
    """Read the priors with other shapes of the growth curve from a weights file; none where it holds none.

    Raises
    ------
    InputError
        If the file cannot be read or is malformed.
    """
    return _load_shapes(_given(path))


@lru_cache(maxsize=8)
def _load_shapes(path: str | None) -> tuple[Prior, ...]:
    data = _read(path)
    base = from_dict(data)
    try:
        return tuple(
            replace(
                base,
                links=(_link(shape["family"]),),
                family=np.zeros(len(base), np.intp),
                power=_power(shape["power"]),
                log_weight=_weights(shape["log_weight"], len(base)),
            )
            for shape in data.get("shapes", ())
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InputError(f"the prior weights file is incomplete or malformed: {error}") from error


def _power(value: float) -> float:
    if not 0 <= float(value) <= HIGHEST_POWER:
        raise ValueError(f"a shape has the power {value}; allowed is 0 to {HIGHEST_POWER}")
    return float(value)


def _weights(values: Sequence[float], cells: int) -> Array:
    if len(values) != cells:
        raise ValueError(f"a shape has {len(values)} weights for {cells} growth laws")
    return np.array(values, float)


def _link(family: str | Sequence) -> Link:
    return link(family) if isinstance(family, str) else link(family[0], float(family[1]))


def _read(path: str | None) -> dict:
    try:
        source = resources.files("jalur.engine").joinpath("prior.json") if path is None else Path(path)
        content = json.loads(source.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"the prior weights file {path or 'prior.json'} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise InputError(
            f"the prior weights file {path or 'prior.json'} holds no weights as `jalur learn-prior` writes them"
        )
    return content
