"""``jalur learn-prior SERIES.csv``: learn the prior weights from adoption series, and cross-fit them.

`jalur.record.series` says what the table holds and refuses impossible rows. The result is a weights
file (`jalur.engine.prior.load` reads it), which also holds weights for the other shapes of the curve
(`jalur.record.objective.SHAPES`). The computation is deterministic; between machines sums are rounded differently, and
prior weights agree to about 0.001 in total variation.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jalur.engine.prior import Prior, to_dict
from jalur.errors import InputError
from jalur.record.objective import (
    SHAPES,
    Origins,
    crps_terms,
    fit_weights,
    grid,
    mixture_cdf,
    observe,
    origin_weights,
    usable,
)
from jalur.record.series import Series, read_series

Array = npt.NDArray[np.float64]

WEIGHTS_VERSION = "1.0"
# How much one series counts, by group; others count 1. The broadband series approach a ceiling of one line a household
# that is itself a guess, and many level off far below it: they say little about growth towards a known capacity.
GROUP_WEIGHT = {"broadband_per_100": 1 / 24}
FAMILIES = ("gompertz", *SHAPES)  # the first is the engine's own
STRETCHES = (1.15, 1.3, 1.5, 1.75)  # targets as multiples of the level, three years ahead


def learn(series_csv: str | Path, out: str | Path | None = None, progress: bool = True) -> tuple[Prior, ...]:
    """Learn the prior weights from a table of adoption series, for each shape of the growth curve by itself.

    Parameters
    ----------
    series_csv : path
        See `jalur.record.series` for the columns.
    out : path, optional
        Weights file to write.
    progress : bool
        Show a progress bar on standard error.

    Returns
    -------
    tuple of Prior
        The engine's own first, then one for each of `jalur.record.objective.SHAPES`.
    """
    series = read_series(series_csv)
    _check_usable(series, series_csv)
    learned, count = [], 0
    with _bar(len(series) * len(FAMILIES), progress) as tick:
        for family in FAMILIES:
            laws = grid(family)
            origins = observe(series, laws, tick)
            learned.append(replace(fit_weights(origins, laws, GROUP_WEIGHT), version=WEIGHTS_VERSION))
            count = len(origins.level)
    if out is not None:
        learned_from = {g: sum(s.group == g for s in series) for g in sorted({s.group for s in series})}
        text = json.dumps(to_dict(learned[0], learned[1:], learned_from=learned_from, origins=count), indent=1)
        Path(out).write_text(text + "\n", encoding="utf-8")
    return tuple(learned)


def _check_usable(series: list[Series], source: str | Path) -> None:
    if not any(usable(s) for s in series):
        raise InputError(
            f"{source} has no usable origin: needed are five values up to a level of 5 to 80 % of the capacity "
            "and a value for each of the next three years"
        )


@contextmanager
def _bar(total: int, show: bool) -> Iterator[Callable[[], None]]:
    if not show:
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("series", total=total)
        yield lambda: bar.advance(task)


# --- cross-fitting ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """How forecasts did at origins whose series the weights had not seen.

    `scaled_crps` is divided by the mean step of the last six values; `reliability` holds (said, happened, cases) of
    five bins of the probability of the stretched targets.
    """

    learned_on: str
    scored_on: str
    origins: int
    scaled_crps: float
    in_50: float
    in_90: float
    brier_skill: float
    reliability: tuple[tuple[float, float, int], ...]


def half(name: str) -> int:
    """Half of the series to which a name belongs, 0 or 1, by its MD5."""
    return int(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest(), 16) % 2


def crossfit(series_csv: str | Path, progress: bool = True) -> list[Score]:
    """Score weights on series, and on kinds of series, that they were not learned from.

    Every usable origin counts; series count once. First by halves of the series (each half is forecast with weights
    learned on the other), per group; then by group: weights learned on all other groups, each counting alike.
    """
    series = read_series(series_csv)
    _check_usable(series, series_csv)
    prior = grid()
    with _bar(len(series), progress) as tick:
        origins = observe(series, prior, tick)
    groups = sorted(set(origins.group))
    halves = np.array([half(name) for name in origins.name])
    cdf = np.empty(origins.cdf.shape[:-1])
    for h in (0, 1):
        learned = fit_weights(origins.take(halves != h), prior, GROUP_WEIGHT)
        cdf[halves == h] = mixture_cdf(origins.take(halves == h), learned)
    out = [
        _score("the other half of the series", group, origins.take(origins.group == group), cdf[origins.group == group])
        for group in groups
    ]
    for group in groups:
        if len(groups) < 2:
            break
        inside = origins.group == group
        rest = origins.take(~inside)
        share = {g: 1.0 / max(len(set(rest.name[rest.group == g])), 1) for g in groups}
        held_out = origins.take(inside)
        learned_on = " + ".join(g for g in groups if g != group)
        out.append(_score(learned_on, group, held_out, mixture_cdf(held_out, fit_weights(rest, prior, share))))
    return out


def _score(learned_on: str, scored_on: str, origins: Origins, cdf: Array) -> Score:
    weight = origin_weights(origins, {})
    width, above = crps_terms(origins)
    crps = (width * cdf * cdf - 2 * above * cdf + above).sum(axis=2).mean(axis=1) / origins.step
    middle = 0.5 * (origins.edges[..., 1:] + origins.edges[..., :-1])
    rank = np.array([
        [np.interp(y, m, f) for y, m, f in zip(*row, strict=True)]
        for row in zip(origins.outcome, middle, cdf, strict=True)
    ])  # fmt: skip
    case = []
    for i, level in enumerate(origins.level):
        for k, stretch in enumerate(STRETCHES):
            target = stretch * level
            if target < 0.95 * origins.capacity[i]:
                said = 1 - np.interp(target, middle[i, -1], cdf[i, -1])
                case.append((k, said, origins.outcome[i, -1] >= target, weight[i]))
    stretch_, said, happened, w = np.array(case, float).T
    base = np.zeros_like(said)
    for k in np.unique(stretch_):
        of = stretch_ == k
        base[of] = np.average(happened[of], weights=w[of])
    skill = 1 - np.average((said - happened) ** 2, weights=w) / np.average((base - happened) ** 2, weights=w)
    bins = np.minimum((said * 5).astype(int), 4)
    reliability = tuple(
        (float(np.average(said[b], weights=w[b])), float(np.average(happened[b], weights=w[b])), int(b.sum()))
        for b in (bins == k for k in range(5)) if b.any()
    )  # fmt: skip
    in_50, in_90 = (float(weight @ (np.abs(rank - 0.5) <= mass / 2).mean(axis=1)) for mass in (0.5, 0.9))
    return Score(learned_on, scored_on, len(crps), float(weight @ crps), in_50, in_90, float(skill), reliability)


def run(series_csv: str | Path, out: str | Path | None = None) -> int:
    """Learn the weights and write them to `out`, or to standard output; returns the exit code."""
    prior, *shapes = learn(series_csv, out)
    if out is None:
        print(json.dumps(to_dict(prior, shapes), indent=1))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of the module: ``SERIES.csv [--out FILE] [--cross-fit]``; the latter prints scores as JSON."""
    import argparse

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("series", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cross-fit", action="store_true", help="score the weights on series they have not seen")
    given = parser.parse_args(arguments)
    try:
        if given.cross_fit:
            print(json.dumps([asdict(score) for score in crossfit(given.series)], indent=1))
            return 0
        return run(given.series, given.out)
    except InputError as error:
        print(f"jalur: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
