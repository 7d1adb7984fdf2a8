"""``jalur learn-prior FOLDER``: learn the prior weights from series of many kinds, each kind counting alike.

The folder holds ``kinds/open_kinds.csv``, a table of series (`jalur.record.series` says what it holds and refuses
impossible rows), and may hold official targets with known outcomes (`jalur.record.outside`).

Learned are weights of all kinds alike, for a programme of a kind never seen, and, drawn towards them, the weights of
each class of kinds. A class gets weights of its own only if three or more independent kinds stand behind it and if
those weights forecast its kinds better than the weights of all, each tie of kinds (`TIES`) left out in turn. The same
is learned for other shapes of the curve. The computation is deterministic; between machines sums are rounded
differently, and prior weights agree to about 0.001 in total variation.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jalur.engine.prior import ClassWeights, Prior, to_dict
from jalur.errors import InputError
from jalur.files import write_whole
from jalur.record import outside
from jalur.record.objective import (
    HORIZONS,
    Origins,
    Task,
    Weights,
    fit_weights,
    grid,
    log_weights,
    mixture_cdf,
    observe,
    scores,
)
from jalur.record.series import Series, read_series

Array = npt.NDArray[np.float64]

WEIGHTS_VERSION = "2.0"
SHAPES: tuple[str | tuple[str, float], ...] = ("logistic", ("bass", 30.0), "saturating", "line")
FAMILIES = ("gompertz", *SHAPES)  # the first is the engine's own

# Kinds that are not independent of each other: same programmes, same countries, same survey.
TIES = (
    ("dtp3", "mcv1", "mcv2", "hepb3", "pab_tetanus", "pcv3", "rotavirus"),
    ("wind_share_power", "solar_share_power", "bioenergy_share_power"),
    ("broadband_per_100", "fast_broadband_per_100", "it_household_broadband"),
    ("it_online_buyers", "it_ebanking", "it_social_networks", "it_egov_forms"),
    ("gm_crops_us", "gm_stacked_us"),
)
_DIGITAL = ("internet_users", *TIES[2], *TIES[3], "us_technology", "electric_share_car_sales")
# Of each class its kinds, and the kin from which it learns as well.
CLASS_KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "digital": (_DIGITAL, ()),
    "durables": (("us_technology", "electric_share_car_sales"), (*_DIGITAL, *TIES[4])),
    "coverage": ((*TIES[0], "preprimary_participation"), ()),
    "energy": ((*TIES[1], "nuclear_share_primary"), ()),
    "finance": (("atms_per_100k", "it_ebanking"), ()),
    "transport": (("paved_roads", "electric_share_car_sales"), ()),
    "institutions": (
        ("women_in_parliament", "preprimary_participation"),
        ("paved_roads", "atms_per_100k", "nuclear_share_primary"),
    ),
    "production": (TIES[4], _DIGITAL),
}
LEAST_TIES = 3

LEAST_HISTORY = 5
LOWEST, HIGHEST = 0.05, 0.80  # share of the capacity at a usable origin
# Shares and stocks that rise and then fall for good: learned from where they are adopted, that is where the last five
# figures grew by `GROWN`. Kinds that go up and down around a growing level (vaccination) are learned from everywhere.
RISE_AND_FALL = frozenset({*TIES[1], "nuclear_share_primary", "paved_roads"})
GROWN = 1.15
MOST_SERIES, MOST_ORIGINS = 110, 4  # of one kind, and of one series


@dataclass(frozen=True)
class Learned:
    """Weights learned on one grid: those of all kinds, those of the classes that earned them, and their trials.

    `trials` holds, for each class with enough ties, the score of its kinds with the weights of all and with its own,
    each tie left out in turn.
    """

    everyone: Weights
    classes: dict[str, Weights]
    trials: dict[str, tuple[float, float]]


def tie(kind: str) -> str:
    """Return the name of the tie that a kind belongs to: its first kind."""
    return next((several[0] for several in TIES if kind in several), kind)


def learning_tasks(series: Iterable[Series]) -> list[Task]:
    """Return the learning tasks of series: an even choice of the series of each kind and of the origins of each.

    Parameters
    ----------
    series : iterable of Series
        As `jalur.record.series.read_series` gives them, in the order of group and name.
    """
    found: dict[str, list[tuple[Series, list[int]]]] = {}
    for one in series:
        usable = _usable(one)
        if usable:
            found.setdefault(one.group, []).append((one, usable))
    out = []
    for several in found.values():
        # An even choice over the sorted names, the same every time.
        for one, usable in (several[j] for j in _even(len(several), MOST_SERIES)):
            for i in (usable[k] for k in _even(len(usable), MOST_ORIGINS)):
                later = one.y[i + 1 : i + 1 + HORIZONS]
                out.append(Task(one.group, one.name, one.t[: i + 1], one.y[: i + 1], one.capacity, later))
    return out


def _usable(series: Series) -> list[int]:
    """Positions with enough history, a level in the middle range, and three more years in a row."""
    t, y, ahead = series.t, series.y, 1 + np.arange(HORIZONS)
    falls = series.group in RISE_AND_FALL
    return [
        i
        for i in range(LEAST_HISTORY - 1, len(t) - HORIZONS)
        if LOWEST <= y[i] / series.capacity <= HIGHEST
        and np.allclose(t[i + 1 : i + 1 + HORIZONS] - t[i], ahead, atol=0.05)
        and not (falls and y[i] < GROWN * y[i - LEAST_HISTORY + 1])
    ]


def _even(n: int, most: int) -> list[int]:
    return sorted({int(k) for k in np.linspace(0, n - 1, min(n, most)).round()}) if n else []


def ties_alike(origins: Origins, use: npt.NDArray[np.bool_]) -> Array:
    """Weights of origins: ties count alike, in a tie its kinds, in a kind its series."""
    v = np.zeros(len(use))
    single = series_alike(origins, use)
    for kind in np.unique(origins.kind[use]):
        of = use & (origins.kind == kind)
        together = len({k for k in origins.kind[use] if tie(k) == tie(kind)})
        v[of] = single[of] / single[of].sum() / together
    return v / v.sum()


def series_alike(origins: Origins, use: npt.NDArray[np.bool_]) -> Array:
    """Weights of origins: each series counts once, whatever its number of origins."""
    key = np.char.add(np.char.add(origins.kind, "\n"), origins.series)
    _, which, count = np.unique(key, return_inverse=True, return_counts=True)
    v = np.where(use, 1 / count[which], 0.0)
    return v / v.sum()


def learn_weights(
    origins: Origins, prior: Prior, *, without: Iterable[str] = (), use: npt.NDArray[np.bool_] | None = None,
    earned: Iterable[str] | None = None, start: Weights | None = None, tick: Callable[[], None] = lambda: None,
) -> Learned:  # fmt: skip
    """Learn the weights of all kinds and of the classes.

    Parameters
    ----------
    origins : Origins
    prior : Prior
        The grid.
    without : iterable of str
        Ties that are left out, to score the weights on them.
    use : array of bool, optional
        Origins to use; default all.
    earned : iterable of str, optional
        Classes that get weights; default: those that earn them in the trial described at the module's top.
    start : Weights, optional
        Where the search for the weights of all starts.
    tick : callable
        Called after each class.
    """
    ties = np.array([tie(k) for k in origins.kind])
    seen = ~np.isin(ties, list(without)) if use is None else use & ~np.isin(ties, list(without))
    everyone = fit_weights(origins, prior, ties_alike(origins, seen), start=start)
    trials: dict[str, tuple[float, float]] = {}
    if earned is None:
        left_out: dict[str, Weights] = {}
        for name in CLASS_KINDS:
            trial = _trial(name, origins, prior, seen, ties, everyone, left_out)
            trials |= {} if trial is None else {name: trial}
            tick()
        earned = [name for name, (plain, own) in trials.items() if own < plain]
    classes = {}
    for name in earned:
        of = seen & np.isin(origins.kind, sum(CLASS_KINDS[name], ()))
        if of.any():
            classes[name] = fit_weights(origins, prior, series_alike(origins, of), towards=everyone)
    return Learned(everyone, classes, trials)


def _trial(
    name: str, origins: Origins, prior: Prior, seen: npt.NDArray[np.bool_], ties: npt.NDArray[np.str_],
    start: Weights, left_out: dict[str, Weights],
) -> tuple[float, float] | None:  # fmt: skip
    """Score the kinds of a class with the weights of all and with its own; None for too few ties or no kind of it."""
    core, kin = CLASS_KINDS[name]
    of = seen & np.isin(origins.kind, (*core, *kin))
    if len(np.unique(ties[of])) < LEAST_TIES or not (of & np.isin(origins.kind, core)).any():
        return None
    losses: dict[str, tuple[float, float]] = {}
    for one in np.unique(ties[of & np.isin(origins.kind, core)]):
        out = ties == one
        if one not in left_out:
            left_out[one] = fit_weights(origins, prior, ties_alike(origins, seen & ~out), start=start)
        plain = left_out[one]
        own = fit_weights(origins, prior, series_alike(origins, of & ~out), towards=plain)
        for kind in np.unique(origins.kind[out & seen & np.isin(origins.kind, core)]):
            tasks = origins.take(seen & (origins.kind == kind))
            mean = [float(scores(tasks, mixture_cdf(tasks, prior, w)).mean()) for w in (plain, own)]
            losses[kind] = (mean[0], mean[1])
    plain_, own_ = np.mean(list(losses.values()), axis=0)
    return float(plain_), float(own_)


def weighted(prior: Prior, learned: Learned, origins: Origins) -> Prior:
    """Return the grid with learned weights."""
    classes = {}
    for name, own in learned.classes.items():
        kinds = set(origins.kind) & set(sum(CLASS_KINDS[name], ()))
        classes[name] = ClassWeights(log_weights(own, prior), own.power, len(kinds), len({tie(k) for k in kinds}))
    ranges = {}
    for name in ("pace", "scatter"):
        low, high = np.quantile(getattr(origins, name), [0.01, 0.99])
        ranges[name] = (float(low), float(high))
    return replace(prior, log_weight=log_weights(learned.everyone, prior), power=learned.everyone.power,
                   classes=classes, ranges=ranges, version=WEIGHTS_VERSION)  # fmt: skip


def leave_ties_out(
    origins: Origins, prior: Prior, classes: Iterable[str], ties: Iterable[str] | None = None
) -> dict[str, Prior]:
    """Return, for each tie, the weights that are learned without it; the search starts from nothing.

    Parameters
    ----------
    origins : Origins
    prior : Prior
        The grid.
    classes : iterable of str
        Classes that get weights of their own.
    ties : iterable of str, optional
        Default: all.

    Returns
    -------
    dict of str to Prior
        Empty where there is one tie only: nothing would be left to learn from.
    """
    names, every = tuple(classes), sorted({tie(k) for k in origins.kind})
    if len(every) < 2:
        return {}
    return {
        one: weighted(prior, learn_weights(origins, prior, without=[one], earned=names), origins)
        for one in every
        if ties is None or one in set(ties)
    }


def table_in(folder: str | Path) -> Path:
    """Return the table of series in a folder of benchmarks; the path itself where it is no such folder."""
    table = Path(folder) / "kinds" / "open_kinds.csv"
    return table if table.is_file() else Path(folder)


def tasks_from(path: str | Path) -> list[Task]:
    """Read a table of series and return its learning tasks.

    Raises
    ------
    InputError
        If the table is refused (`jalur.record.series.read_table`) or no origin is usable.
    """
    tasks = learning_tasks(read_series(path))
    if not tasks:
        raise InputError(
            f"{path} has no usable origin: needed are five values up to a level of 5 to 80 % of the capacity "
            "and a value for each of the next three years"
        )
    return tasks


def learn(folder: str | Path, out: str | Path | None = None, progress: bool = True) -> tuple[Prior, ...]:
    """Learn the prior weights, for each shape of the growth curve by itself.

    Parameters
    ----------
    folder : path
        See the module's text; a table of series alone is as good.
    out : path, optional
        Weights file to write. Where the folder holds official targets (``targets``), what they say of targets of
        other programmes is learned as well, by weights that have not seen their kind, and written beside it as
        ``outside.json``.
    progress : bool
        Show a progress bar on standard error.

    Returns
    -------
    tuple of Prior
        The engine's own first, then one for each of `SHAPES`.
    """
    tasks = tasks_from(table_in(folder))
    targets = Path(folder) / "targets"
    asked = out is not None and (targets / "targets.csv").is_file()
    priors: list[Prior] = []
    trials: dict[str, tuple[float, float]] = {}
    view: dict[str, Any] | None = None
    with _bar(len(tasks) * len(FAMILIES) + len(CLASS_KINDS), progress) as tick:
        for family in FAMILIES:
            laws = grid(family)
            origins = observe(tasks, laws, tick)
            # The engine's own curve decides which classes have weights; the other shapes follow it.
            learned = learn_weights(origins, laws, earned=priors[0].classes if priors else None, tick=tick)
            if not priors:
                trials = learned.trials
            priors.append(weighted(laws, learned, origins))
            if asked and view is None:
                unseen = leave_ties_out(origins, laws, learned.classes, outside.TIE_OF.values())
                view = outside.learn_from(targets, priors[0], unseen)
    if out is not None:
        series = {(t.kind, t.series) for t in tasks}
        learned_from = {k: sum(kind == k for kind, _ in series) for k in sorted({t.kind for t in tasks})}
        tried = {name: [round(x, 4) for x in pair] for name, pair in trials.items()}
        more = {"learned_from": learned_from, "origins": len(tasks), "class_trials": tried}
        _write(Path(out), to_dict(priors[0], priors[1:], **more))
        if view is not None:
            _write(Path(out).with_name("outside.json"), view)
    return tuple(priors)


def _write(path: Path, data: dict[str, Any]) -> None:
    write_whole(path, (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


@contextmanager
def _bar(total: int, show: bool) -> Iterator[Callable[[], None]]:
    if not show:
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("origins", total=total)
        yield lambda: bar.advance(task)


def run(folder: str | Path, out: str | Path | None = None) -> int:
    """Learn the weights and write them to `out`, or to standard output; returns the exit code."""
    prior, *shapes = learn(folder, out)
    if out is None:
        print(json.dumps(to_dict(prior, shapes), indent=1))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of the module: ``FOLDER [--out FILE]``."""
    import argparse

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(arguments)
    try:
        return run(given.folder, given.out)
    except InputError as error:
        print(f"jalur: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
