"""The prior: a grid of growth laws in units of the series, with weights learned from real series of many kinds.

A cell of the grid is one growth law. On the link scale ``z = g(N / K)`` and in the clock of the series it reads

    dz = b dt + level_noise * s dW1 + dJ             db = -reversion (b - m) dt + slope_noise * |m| dW2
    m = pace_own * (pace of the series) + pace_scatter * s

with jumps J at `jump_rate` a unit of time, each N(0, (jump_size * s)^2). Clock, pace and scatter s are measured on the
series itself (`jalur.engine.scale`); `Prior.laws` turns the grid into growth laws in years and link units. A cell may
have the pace zero (a plateau) or a negative one (a count that falls).

The weights are learned with every kind of series counting alike (`log_weight`, `power`), for a programme of a kind
never seen; a declared class of kinds has weights of its own, drawn towards those of all (`classes`). They ship as
``prior.json``, which also holds the weights for other shapes of the curve, each learned by itself: `load_shapes`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from jalur.engine.links import Link, link
from jalur.engine.scale import Scale, Units
from jalur.errors import InputError

Array = npt.NDArray[np.float64]

KIND_CLASSES = ("digital", "durables", "coverage", "energy", "finance", "transport", "institutions", "production")
PARAMETERS = ("pace_own", "pace_scatter", "slope_noise", "level_noise", "reversion", "jump_rate", "jump_size",
              "capacity_share")  # fmt: skip
HIGHEST_POWER = 10
MOST = 1000  # of any parameter of a growth law; those that were learned stay below 100


@dataclass(frozen=True)
class ClassWeights:
    """Weights of the growth laws for one class of kinds.

    Attributes
    ----------
    log_weight : array, shape (cells,)
    power : float
        Power of the likelihood.
    kinds, ties : int
        Kinds of series behind them, and how many of those are independent of each other.
    """

    log_weight: Array
    power: float
    kinds: int = 0
    ties: int = 0


@dataclass(frozen=True)
class Laws:
    """Growth laws of one series in years and link units; arrays have shape (cells,).

    Attributes
    ----------
    links : tuple of Link
    family : array of int
        Index into `links`.
    pace : array
        Pace to which the slope reverts, per year.
    slope_sd, level_sd : array
        Noise of the slope and of the level, per root of a year.
    reversion, jump_rate : array
        Per year.
    jump_sd : array
        Standard deviation of a jump.
    start_sd : array
        Standard deviation of the slope at the first figure.
    capacity_share : array
    log_weight : array
        Logarithm of the prior weight, up to a constant.
    power : float
        Power of the likelihood in the posterior.
    discount : float
        Weight of a year-old log-likelihood increment relative to one of today.
    """

    links: tuple[Link, ...]
    family: npt.NDArray[np.intp]
    pace: Array
    slope_sd: Array
    level_sd: Array
    reversion: Array
    jump_rate: Array
    jump_sd: Array
    start_sd: Array
    capacity_share: Array
    log_weight: Array
    power: float
    discount: float

    def __len__(self) -> int:
        return len(self.pace)

    def take(self, cells: npt.NDArray[np.intp]) -> Laws:
        """Return the laws of some cells."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        taken: dict[str, Any] = {name: x[cells] for name, x in values.items() if isinstance(x, np.ndarray)}
        return replace(self, **taken)


@dataclass(frozen=True)
class Prior:
    """Grid of growth laws and their prior weights; arrays have shape (cells,).

    Attributes
    ----------
    links : tuple of Link
        Families in use.
    family : array of int
        Index into `links`.
    pace_own, pace_scatter : array
        The pace to which the slope reverts, in paces of the series and in its scatters.
    slope_noise : array
        In units of that pace.
    level_noise : array
        In units of the scatter.
    reversion : array
        Speed of reversion, per unit of time.
    jump_rate, jump_size : array
        Jumps a unit of time; standard deviation of a jump in units of the scatter.
    capacity_share : array
        Multiple of the given capacity at which the curve saturates (1 in the shipped prior).
    log_weight : array
        Logarithm of the prior weight, up to a constant.
    power : float
        Power of the likelihood in the posterior (1 is Bayes' rule; less than 1 trusts the working model less).
    discount : float
        Weight of a log-likelihood increment one unit of time old relative to one of today.
    slope_spread : float
        Standard deviation of the slope at the first figure, in units of ``hypot(pace, scatter)``.
    units : Units
    classes : mapping of str to ClassWeights
        Classes with weights of their own.
    ranges : mapping of str to (float, float)
        Where 98 % of the learning series lay: ``pace`` (link units a unit of time) and ``scatter``.
    version : str
    """

    links: tuple[Link, ...]
    family: npt.NDArray[np.intp]
    pace_own: Array
    pace_scatter: Array
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
    units: Units = field(default_factory=Units)
    classes: Mapping[str, ClassWeights] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    version: str = "custom"

    def __len__(self) -> int:
        return len(self.pace_own)

    @cached_property
    def weight(self) -> Array:
        """Prior weights, adding up to 1."""
        w = np.exp(self.log_weight - self.log_weight.max())
        return w / w.sum()

    @property
    def class_names(self) -> tuple[str, ...]:
        """Classes that have weights of their own."""
        return tuple(self.classes)

    def for_class(self, kind_class: str | None) -> Prior:
        """Return the prior with the weights of a class; itself for None and for a class without weights.

        Raises
        ------
        InputError
            If the class is none of `KIND_CLASSES`.
        """
        if kind_class is None:
            return self
        if kind_class not in KIND_CLASSES and kind_class not in self.classes:
            raise InputError(f"unknown kind class {kind_class!r}; allowed: {', '.join(KIND_CLASSES)}")
        own = self.classes.get(kind_class)
        return self if own is None else replace(self, log_weight=own.log_weight, power=own.power)

    def take(self, cells: npt.NDArray[np.intp]) -> Prior:
        """Return the prior restricted to some cells."""
        own = {name: getattr(self, name)[cells] for name in ("family", *PARAMETERS, "log_weight")}
        classes = {k: replace(c, log_weight=c.log_weight[cells]) for k, c in self.classes.items()}
        return replace(self, **own, classes=MappingProxyType(classes))

    def laws(self, scale: Sequence[Scale]) -> Laws:
        """Return the growth laws of one series.

        Parameters
        ----------
        scale : sequence of Scale
            The units of the series on each family's link, in the order of `links`.
        """
        column = {
            name: np.array([getattr(one, name) for one in scale])[self.family]
            for name in ("tempo", "steady_pace", "scatter")
        }
        year, scatter = 1 / column["tempo"], column["scatter"]
        pace = self.pace_own * column["steady_pace"] + self.pace_scatter * scatter
        return Laws(
            self.links, self.family,
            pace=pace * year,
            slope_sd=self.slope_noise * np.abs(pace) * year**1.5,
            level_sd=self.level_noise * scatter * year**0.5,
            reversion=self.reversion * year,
            jump_rate=self.jump_rate * year,
            jump_sd=self.jump_size * scatter,
            start_sd=self.slope_spread * np.hypot(pace, scatter) * year,
            capacity_share=self.capacity_share, log_weight=self.log_weight, power=self.power,
            discount=self.discount ** float(year[0]),
        )  # fmt: skip


def make(
    *,
    families: tuple[str | tuple[str, float], ...] = ("gompertz",),
    family: npt.ArrayLike = 0,
    pace_own: npt.ArrayLike,
    pace_scatter: npt.ArrayLike = 0.0,
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
    units: Units | None = None,
    classes: Mapping[str, ClassWeights] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    version: str = "custom",
) -> Prior:
    """Build a prior; parameters broadcast against each other. See `Prior` for their meaning.

    Raises
    ------
    InputError
        If a parameter is out of range.
    """
    given = (pace_own, pace_scatter, slope_noise, level_noise, reversion, jump_rate, jump_size, capacity_share,
             log_weight, family)  # fmt: skip
    columns = [np.array(c, float) for c in np.broadcast_arrays(*(np.atleast_1d(np.asarray(x, float)) for x in given))]
    values = dict(zip((*PARAMETERS, "log_weight"), columns[:-1], strict=True))
    for name in ("slope_noise", "level_noise", "jump_rate", "jump_size"):
        if np.any(values[name] < 0):
            raise InputError(f"the prior's {name} must be zero or more")
    for name in ("reversion", "capacity_share"):
        if np.any(values[name] <= 0):
            raise InputError(f"the prior's {name} must be positive")
    if not (0 <= power <= HIGHEST_POWER and 0 <= discount <= 1 and 0 <= slope_spread <= MOST):
        raise InputError("the prior's power must lie in [0, 10], its discount in [0, 1], its slope_spread in [0, 1000]")
    units = Units() if units is None else units
    if not (0 <= units.own_share <= 1 and units.half_life > 0 and units.scatter_half_life > 0):
        raise InputError("the prior's own_share must lie in [0, 1] and its half-lives be positive")
    if not (units.typical_pace > 0 and units.typical_scatter > 0 and units.increments > 0):
        raise InputError("the prior's typical pace, typical scatter and its increments must be positive")
    return Prior(
        links=tuple(_link(f) for f in families), family=np.array(columns[-1], np.intp), **values, power=float(power),
        discount=float(discount), slope_spread=float(slope_spread), units=units,
        classes=MappingProxyType(dict(classes or {})), ranges=MappingProxyType(dict(ranges or {})), version=version,
    )  # fmt: skip


def from_dict(data: dict) -> Prior:
    """Build a prior from the content of a weights file (see `to_dict`).

    Raises
    ------
    InputError
        If something is missing or malformed.
    """
    try:
        cells = data["cells"]
        _sound(cells, len(data["log_weight"]))
        prior = make(
            families=tuple(data["families"]),
            family=cells["family"],
            **{name: cells[name] for name in PARAMETERS},
            log_weight=data["log_weight"],
            power=data["power"],
            discount=data["discount"],
            slope_spread=data["slope_spread"],
            units=Units(**{f.name: float(data["units"][f.name]) for f in fields(Units)}),
            classes=_classes(data["classes"], len(data["log_weight"])),
            ranges={name: (float(low), float(high)) for name, (low, high) in data["ranges"].items()},
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


def _sound(cells: Mapping[str, Sequence[float]], laws: int) -> None:
    """ValueError unless every parameter is a list with a number for each growth law, none beyond all sense."""
    for name in ("family", *PARAMETERS):
        values = np.asarray(cells[name], float)
        if values.shape != (laws,):
            raise ValueError(f"{name} is not a list of {laws} numbers, one for each growth law")
        if np.any(np.abs(values) > MOST):
            raise ValueError(f"{name} is above {MOST:,.0f}")
        if name == "family" and np.any(values % 1):
            raise ValueError("a family is not a whole number")


def _classes(data: Mapping[str, dict], cells: int) -> dict[str, ClassWeights]:
    return {
        name: ClassWeights(_weights(one["log_weight"], cells), _power(one["power"]), int(one["kinds"]),
                           int(one["ties"]))
        for name, one in data.items()
    }  # fmt: skip


def to_dict(prior: Prior, shapes: Sequence[Prior] = (), **more: object) -> dict:
    """Return the prior as plain data for a weights file.

    `shapes` are priors of one family each that differ from it in nothing but family, weights and power; `more` adds
    descriptive entries.
    """
    cells = {"family": prior.family.tolist()}
    cells |= {name: getattr(prior, name).tolist() for name in PARAMETERS}
    return {
        "version": prior.version,
        **more,
        "discount": prior.discount,
        "slope_spread": prior.slope_spread,
        "units": {f.name: getattr(prior.units, f.name) for f in fields(Units)},
        "ranges": {name: [round(x, 5) for x in pair] for name, pair in prior.ranges.items()},
        "families": [_family(one) for one in prior.links],
        "cells": cells,
        **_weights_of(prior),
        "shapes": [{"family": _family(one.links[0]), **_weights_of(one)} for one in shapes],
    }


def _weights_of(prior: Prior) -> dict:
    classes = {
        name: {"kinds": c.kinds, "ties": c.ties, "power": round(c.power, 6), "log_weight": _rounded(c.log_weight)}
        for name, c in prior.classes.items()
    }
    return {"power": round(prior.power, 6), "log_weight": _rounded(prior.log_weight), "classes": classes}


def _family(one: Link) -> str | list[str | float]:
    return one.family if one.shape is None else [one.family, one.shape]


def _rounded(log_weight: Array) -> list[float]:
    return [round(float(x), 5) for x in log_weight]


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
                classes=MappingProxyType(_classes(shape["classes"], len(base))),
            )
            for shape in data.get("shapes", ())
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"the prior weights file is incomplete or malformed: {error}") from error


def _power(value: float) -> float:
    if not 0 <= float(value) <= HIGHEST_POWER:
        raise ValueError(f"a power of the likelihood is {value}; allowed is 0 to {HIGHEST_POWER}")
    return float(value)


def _weights(values: Sequence[float], cells: int) -> Array:
    if len(values) != cells:
        raise ValueError(f"there are {len(values)} weights for {cells} growth laws")
    weights = np.array(values, float)
    if not np.isfinite(weights).all():
        raise ValueError("every number must be finite")
    return weights


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
