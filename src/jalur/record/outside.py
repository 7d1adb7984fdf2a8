"""Learn the outside view from official targets with known outcomes, and score it on classes it has not seen.

`jalur learn-prior FOLDER` runs this where the folder holds ``targets/targets.csv`` and ``targets/series.csv``. The
engine is asked with weights that have not seen the kind of series that a target belongs to (`TIE_OF`).

Three things are learned: the law of "met" by stretch (`jalur.verdict.outside`), the weight of the engine in the pool,
and what the engine's ranges held in each corner of the scope. Everything is scored twice: the reference class left out,
and its whole programme family left out (the four vaccine goals are one family, the three COVID-19 goals another).

The law maximises, over intercept a, slope b and spread tau between families,

    sum_f log E_u exp( c_f sum_{i in f} log P(met_i | a + b log stretch_i + u) ) + log prior,     u ~ N(0, tau^2)

with c_f = min(1, 12 / cases of the family): targets of one family share their deadline and their shocks, and without
it two goals of one tracker would decide the slope. The covariance of (a, b) comes from the curvature at the maximum.

The weight of the engine minimises the Brier score of the pool, each family counting alike, with the view of each
training family taken from the others; a quadratic penalty holds it near 0.8.

Only counts, shares and weights are written; no row of the targets.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logsumexp

from jalur.engine.outlook import ENGINE_VERSION
from jalur.engine.prior import Prior
from jalur.errors import InputError
from jalur.record.backtest import Forecast, forecast_with
from jalur.verdict import outside

Array = npt.NDArray[np.float64]

# Reference classes of official targets by the beginning of their name, and the tie of kinds they belong to.
TIE_OF = {
    "vaccine": "dtp3", "eu_res": "wind_share_power", "power_cap": "wind_share_power",
    "electric_cars": "electric_share_car_sales", "national_broad": "broadband_per_100",
}  # fmt: skip
LEFT_OUT = ("indonesia",)  # reference classes of the shipped programme itself: scored, never learned from

FAMILIES = ("covid", "vaccine")  # reference classes that begin alike are one family; each other class is its own
KIND_CLASS = {
    "digital": "digital", "finance": "finance", "energy": "energy", "transport": "transport", "health": "coverage",
    "other": "institutions",
}  # fmt: skip
FEW_EACH = 12.0  # a family counts as so many independent targets at most
# Intercept, slope. The intercept is held near "one half at the recent pace": eight families cannot tell their mean
# apart from it, and a free one always errs away from the family left out (leaving out the one that met most lowers it).
PRIOR_MEAN, PRIOR_SD = np.array([0.0, -0.5]), np.array([0.15, 0.4])
PRIOR_SPREAD = 1.0  # scale of the half-normal prior of the spread between families, log odds
# The engine was measured on 27 kinds of series, the pool on eight families: the weight stays near the engine unless
# they object loudly. (Without the penalty, leaving one family out moves it between 0.2 and 0.8.)
WEIGHT_PRIOR, WEIGHT_PENALTY = 0.8, 0.2
ENGINE_STEPS = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True)
class Target:
    """One official target as it stood on the day of its announcement, and what became of it."""

    id: str
    reference_class: str
    kind: str
    adoption: bool
    t: Array = field(repr=False)
    y: Array = field(repr=False)
    ends: tuple[float, ...]
    goal: float
    capacity: float
    outcome: float
    met: bool
    announced: float

    @property
    def family(self) -> str:
        """Programme family: targets that share deadline, figures and shocks."""
        return next((f for f in FAMILIES if self.reference_class.startswith(f)), self.reference_class)


# --- reading --------------------------------------------------------------------------------------------------------


def decimal_year(day: str) -> float:
    """Turn ``2021-10-07`` into a decimal year; four digits stand for the year itself."""
    if len(day) == 4:
        return float(day)
    d = dt.date.fromisoformat(day)
    first = dt.date(d.year, 1, 1)
    return d.year + (d - first).days / (dt.date(d.year + 1, 1, 1) - first).days


def read_targets(folder: Path) -> list[Target]:
    """Read `targets.csv` and `series.csv`, each series as known on the day of the announcement.

    Raises
    ------
    InputError
        If a file is missing.
    """
    try:
        with (folder / "targets.csv").open(encoding="utf-8", newline="") as f:
            targets = list(csv.DictReader(f))
        series: dict[str, list[dict[str, str]]] = {}
        with (folder / "series.csv").open(encoding="utf-8", newline="") as f:
            for row in csv.DictReader(f):
                series.setdefault(row["series_id"], []).append(row)
    except OSError as error:
        raise InputError(f"official targets cannot be read from {folder}: {error}") from error
    return list(_targets(targets, series))


def _targets(targets: Sequence[dict[str, str]], series: dict[str, list[dict[str, str]]]) -> Iterator[Target]:
    for row in targets:
        if not row["capacity"]:
            continue
        known = _known(row, series[row["series_id"]])
        annual = all(len(one["date"]) == 4 for one in series[row["series_id"]])
        points: dict[float, float] = {}
        for one in sorted(known, key=lambda one: decimal_year(one["date"])):
            points.setdefault(decimal_year(one["date"]), float(one["value"]))
        yield Target(
            id=row["id"], reference_class=row["reference_class"], kind=row["kind"],
            adoption=row["adoption_like"] == "yes", t=np.array(list(points)), y=np.array(list(points.values())),
            ends=_ends(row, annual), goal=float(row["target_value"]), capacity=float(row["capacity"]),
            outcome=float(row["outcome_value"]), met=row["met"] == "yes",
            announced=decimal_year(row["announced_on"]),
        )  # fmt: skip


def _known(row: dict[str, str], figures: list[dict[str, str]]) -> list[dict[str, str]]:
    """Figures known on the day: by date of publication, or up to the day or year in `known_through`."""
    through = row["known_through"]
    if not through:
        day = row["announced_on"]
        return [f for f in figures if f["published"] <= day and f["date"] <= day]
    return [f for f in figures if f["date"][: len(through)] <= through]


def _ends(row: dict[str, str], annual: bool) -> tuple[float, ...]:
    last = float(row["target_date"][:4])
    if row["window"] == "2":
        return (last - 1, last)
    # The goal of the SADC protocol was read off in the year after its date.
    if row["id"].startswith("sadc_"):
        return (2016.0,)
    return (last,) if annual else (decimal_year(row["target_date"]),)


# --- what the engine said -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cases:
    """Targets with their stretch and what the engine said, one entry a target."""

    targets: tuple[Target, ...]
    family: npt.NDArray[np.str_]
    cls: npt.NDArray[np.str_]
    met: Array
    stretch: Array
    chance: Array
    inside: Array
    below: Array
    above: Array
    scope: tuple[tuple[str, ...], ...]

    def take(self, chosen: npt.NDArray[np.bool_]) -> Cases:
        """Return some of the cases."""
        kept = np.flatnonzero(chosen)
        return Cases(
            targets=tuple(self.targets[i] for i in kept),
            family=self.family[kept],
            cls=self.cls[kept],
            met=self.met[kept],
            stretch=self.stretch[kept],
            chance=self.chance[kept],
            inside=self.inside[kept],
            below=self.below[kept],
            above=self.above[kept],
            scope=tuple(self.scope[i] for i in kept),
        )


def unseen_engine(prior: Prior, unseen: Mapping[str, Prior], *, declare: bool = True) -> Callable[[Target], Forecast]:
    """Return the engine's forecast for each target, by weights that have not seen its kind of series.

    Parameters
    ----------
    prior : Prior
        Weights for targets of no kind that was learned from.
    unseen : mapping of str to Prior
        For each tie of kinds (`TIE_OF`), the weights that have not seen it.
    declare : bool
        Whether the class of kinds of a target is declared to the engine.
    """

    def choose(one: Target) -> Forecast:
        tie = next((tie for start, tie in TIE_OF.items() if one.reference_class.startswith(start)), "")
        kind_class = KIND_CLASS[one.kind] if declare else None
        return partial(forecast_with, unseen.get(tie, prior), kind_class=kind_class)

    return choose


def ask(targets: Sequence[Target], choose: Callable[[Target], Forecast], draws: int = 2000) -> Cases:
    """Let a forecast answer every target as of its day.

    Parameters
    ----------
    targets : sequence of Target
    choose : callable
        Returns the forecast for a target: ``(t, y, future_t, capacity, draws, seed)`` to draws of shape
        (dates, draws).
    draws : int
    """
    chance, inside, below, above = [], [], [], []
    for one in targets:
        paths = choose(one)(one.t, one.y, one.ends, one.capacity, draws, 0)
        level = paths.mean(axis=0)
        low, high = np.quantile(level, [0.05, 0.95])
        chance.append(float((level >= one.goal).mean()))
        inside.append(low <= one.outcome <= high)
        below.append(one.outcome < low)
        above.append(one.outcome > high)
    return Cases(
        tuple(targets), np.array([x.family for x in targets]), np.array([x.reference_class for x in targets]),
        np.array([x.met for x in targets], float),
        np.array([outside.stretch(x.t, x.y, x.goal, x.ends) for x in targets]),
        np.array(chance), np.array(inside, float), np.array(below, float), np.array(above, float),
        tuple(outside.corners(x.t, x.y, x.capacity) for x in targets),
    )  # fmt: skip


# --- the law of "met" by stretch ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Law:
    """Log odds of "met": intercept + slope log(stretch) + N(0, spread^2) by family."""

    coefficients: Array
    spread: float
    covariance: Array

    def as_dict(self) -> dict[str, Any]:
        """Return what `jalur.verdict.outside` reads."""
        return {
            "intercept": round(float(self.coefficients[0]), 4), "slope": round(float(self.coefficients[1]), 4),
            "between_families": round(self.spread, 4), "covariance": self.covariance.round(5).tolist(),
        }  # fmt: skip

    def share(self, stretch: Array) -> Array:
        """Chance of "met" in a family never seen, by stretch."""
        x = np.column_stack([np.ones(len(stretch)), log_stretch(stretch)])
        sd = np.sqrt(self.spread**2 + np.einsum("ij,jk,ik->i", x, self.covariance, x))
        return expit((x @ self.coefficients)[:, None] + sd[:, None] * outside.NODES) @ outside.MASSES


def log_stretch(stretch: Array) -> Array:
    """Log of the stretch, held to what the cases can tell."""
    return np.log(np.clip(stretch, outside.LEAST, outside.MOST))


def fit_law(cases: Cases) -> Law:
    """Learn the law; each programme family is one draw of the spread."""
    x = np.column_stack([np.ones(len(cases.met)), log_stretch(cases.stretch)])
    names, member = np.unique(cases.family, return_inverse=True)
    share = np.minimum(1.0, FEW_EACH / np.bincount(member))[member]
    sign = 2 * cases.met - 1
    one_family = (member[:, None] == np.arange(len(names))).T.astype(float)

    def loss(q: Array) -> float:
        spread = math.exp(q[2])
        eta = (x @ q[:2])[:, None] + spread * outside.NODES
        inner = one_family @ (share[:, None] * log_expit(sign[:, None] * eta))
        evidence = logsumexp(inner, axis=1, b=outside.MASSES).sum()
        held = 0.5 * (((q[:2] - PRIOR_MEAN) / PRIOR_SD) ** 2).sum()
        # Half-normal spread, on its log.
        return float(-evidence + held + 0.5 * (spread / PRIOR_SPREAD) ** 2 - q[2])

    best = minimize(loss, np.array([*PRIOR_MEAN, math.log(0.8)]), method="BFGS")
    # To ask for more cannot help; where a few cases say so, it is chance.
    coefficients = np.array([best.x[0], min(best.x[1], 0.0)])
    return Law(coefficients, math.exp(best.x[2]), _curvature(loss, best.x)[:2, :2])


def _curvature(loss: Callable[[Array], float], at: Array, step: float = 1e-3) -> Array:
    """Inverse of the Hessian by central differences (BFGS's own estimate depends on its path)."""
    n = len(at)
    e = np.eye(n) * step
    hessian = np.array([
        [(loss(at + e[i] + e[j]) - loss(at + e[i] - e[j]) - loss(at - e[i] + e[j]) + loss(at - e[i] - e[j]))
         / (4 * step * step) for j in range(n)] for i in range(n)
    ])  # fmt: skip
    return np.linalg.inv(hessian)


# --- the pool -------------------------------------------------------------------------------------------------------


def unseen_share(cases: Cases, group: npt.NDArray[np.str_]) -> Array:
    """Return the outside view of each case, learned without its group."""
    share = np.empty(len(cases.met))
    for name in np.unique(group):
        share[group == name] = fit_law(cases.take(group != name)).share(cases.stretch[group == name])
    return share


def fit_pool(cases: Cases, share: Array) -> dict[str, float]:
    """Learn the weight of the engine in the pool, each family counting alike."""
    error = np.array([(outside.pooled(cases.chance, share, w) - cases.met) ** 2 for w in ENGINE_STEPS])
    score = alike(error, cases.family) + WEIGHT_PENALTY * (ENGINE_STEPS - WEIGHT_PRIOR) ** 2
    return {"weight": round(float(ENGINE_STEPS[score.argmin()]), 2)}


def alike(error: Array, family: npt.NDArray[np.str_]) -> Array:
    """Mean over families of the mean within each."""
    return np.mean([error[:, family == name].mean(axis=1) for name in np.unique(family)], axis=0)


def cross_fit(cases: Cases, group: npt.NDArray[np.str_]) -> tuple[Array, Array, Array]:
    """Outside view, pooled chance and weight of each case, nothing learned from its group."""
    share, both, used = (np.empty(len(cases.met)) for _ in range(3))
    for name in np.unique(group):
        there = group == name
        rest = cases.take(~there)
        pool = fit_pool(rest, unseen_share(rest, rest.family))
        share[there] = fit_law(rest).share(cases.stretch[there])
        used[there] = pool["weight"]
        both[there] = outside.pooled(cases.chance[there], share[there], used[there])
    return share, both, used


# --- scores and the file --------------------------------------------------------------------------------------------


def parts(cases: Cases) -> dict[str, npt.NDArray[np.bool_]]:
    """Parts of the targets that are scored by themselves."""

    def starts(*names: str) -> npt.NDArray[np.bool_]:
        return np.array([c.startswith(names) for c in cases.cls])

    adoption = np.array([t.adoption for t in cases.targets])
    return {
        "all": np.ones(len(cases.met), bool), "adoption, yearly": adoption & ~starts("covid"),
        "fast (weekly)": starts("covid"), "plateau (vaccines)": starts("vaccine"),
        "single targets": ~starts("covid", "eu_res", "vaccine", "art_81", "sadc"),
    }  # fmt: skip


def scores(cases: Cases, columns: dict[str, Array]) -> dict[str, dict[str, float]]:
    """Brier scores by part of several columns of chances."""
    table = {}
    for name, there in parts(cases).items():
        if there.any():
            met = cases.met[there]
            row = {"n": int(there.sum()), "met": met.mean(), "constant": ((met - met.mean()) ** 2).mean()}
            row |= {k: float(((p[there] - met) ** 2).mean()) for k, p in columns.items()}
            row["90 % holds"] = cases.inside[there].mean()
            table[name] = {k: round(float(v), 3) for k, v in row.items()}
    for level, group in (("each class alike", cases.cls), ("each family alike", cases.family)):
        row = {k: float(alike(((p - cases.met) ** 2)[None], group)[0]) for k, p in columns.items()}
        table[level] = {"n": len(np.unique(group))} | {k: round(v, 3) for k, v in row.items()}
    return table


def counts(cases: Cases) -> dict[str, Any]:
    """Cases and cases met by class and bin of the stretch."""
    place = np.array([outside.BINS.index(outside.bin_name(s)) for s in cases.stretch], dtype=int)
    table = {}
    for name in np.unique(cases.cls):
        there = cases.cls == name
        every, met = (
            np.bincount(place[there], weight, minlength=len(outside.BINS)).astype(int).tolist()
            for weight in (None, cases.met[there])
        )
        table[str(name)] = {"family": str(cases.family[there][0]), "cases": every, "met": met}
    return table


def corner_record(cases: Cases, both: Array) -> dict[str, Any]:
    """What the engine's ranges held in each corner of the scope, in none of them, and everywhere."""
    record = {}
    masks = {name: np.array([name in scope for scope in cases.scope]) for name in outside.CORNERS}
    masks["none"] = np.array([not scope for scope in cases.scope])
    masks["all"] = np.ones(len(cases.met), bool)
    for name, there in masks.items():
        if there.any():
            met = cases.met[there]
            shown = {
                "holds": cases.inside[there].mean(), "below": cases.below[there].mean(),
                "above": cases.above[there].mean(), "said": cases.chance[there].mean(), "happened": met.mean(),
                "brier": ((cases.chance[there] - met) ** 2).mean(), "brier_combined": ((both[there] - met) ** 2).mean(),
            }  # fmt: skip
            record[name] = {
                "cases": int(there.sum()), "classes": len(np.unique(cases.cls[there])),
                "families": len(np.unique(cases.family[there])),
            } | {k: round(float(v), 3) for k, v in shown.items()}  # fmt: skip
    return record


def learn(cases: Cases, engine: str, left_out: Sequence[str] = LEFT_OUT) -> dict[str, Any]:
    """Learn what ships: counts, law, pool and the record by corner.

    Parameters
    ----------
    cases : Cases
    engine : str
        Version of the engine that was asked, for the record.
    left_out : sequence of str
        Reference classes of the shipped programme itself: scored, never learned from.
    """
    used = cases.take(~np.isin(cases.cls, left_out))
    law = fit_law(used)
    by_class, by_family = (cross_fit(cases, group) for group in (cases.cls, cases.family))
    x = log_stretch(used.stretch)
    mean = alike(x[None], used.family)[0]
    return {
        "engine": engine, "bins": list(outside.BINS), "classes": counts(used),
        "left_out": counts(cases.take(np.isin(cases.cls, left_out))), "law": law.as_dict(),
        "stretches": {
            "log_mean": round(float(mean), 4),
            "log_sd": round(float(np.sqrt(alike(((x - mean) ** 2)[None], used.family)[0])), 4),
        },
        "pool": fit_pool(used, unseen_share(used, used.family)),
        "corners": corner_record(cases, by_family[1]),
        "scores": {
            level: scores(cases, {"engine": cases.chance, "outside view": share, "together": both})
            for level, (share, both, _) in (("class left out", by_class), ("family left out", by_family))
        },
    }  # fmt: skip


def learn_from(folder: str | Path, prior: Prior, unseen: Mapping[str, Prior]) -> dict[str, Any]:
    """Learn the outside view from a folder of official targets; see `unseen_engine` and `learn`."""
    return learn(ask(read_targets(Path(folder)), unseen_engine(prior, unseen)), ENGINE_VERSION)
