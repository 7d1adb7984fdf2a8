"""What fitted growth curves say, and what they cannot say: the notebook on growth curves.

The curves describe a programme's figures and never enter a verdict. Everything here is `jalur.curves` applied to the
ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from jalur import charts, curves
from jalur.dates import decimal_year
from jalur.errors import InputError, choice, shown
from jalur.study.base import DASH, Listing, Picture, Room, Sentences, frame, maybe, table
from jalur.verdict.model import Interval
from jalur.words.format import Format, Scale
from jalur.words.tables import Table

FAMILIES = ("logistic", "gompertz", "richards", "bass", "weibull", "saturating")
MOST_USED = ("logistic", "gompertz")
REPLICATES = 1000


class Curves(Room):
    """What fitted growth curves say, and what they cannot say."""

    VIEWS = ("lines", "fits", "ceiling", "diagnostics", "claims", "findings")

    @cached_property
    def fitted(self) -> dict[str, curves.FitResult]:
        """Every growth curve that the figures can carry, by family."""
        return fit_all(self.subject.figures)

    def fit(self, family: str) -> curves.FitResult:
        """One fitted curve, to go on from: params, standard_errors, profile(level), predict(years), residuals.

        Parameters
        ----------
        family : str
            logistic, gompertz, richards, bass, weibull or saturating.

        Raises
        ------
        InputError
            Another family, or one for which there are too few figures.
        """
        if choice(family, FAMILIES, "family") not in self.fitted:
            carried = ", ".join(self.fitted) or "none"
            raise InputError(f"the figures are too few for the family {shown(family)}; fitted: {carried}")
        return self.fitted[family]

    def lines(self) -> Picture | Listing:
        """The fitted curves beside the figures and the targets.

        Data: family, date (ends of months from the first figure to the last target), level (units), beyond (whether
        the date lies after the last figure).
        """
        figures, path = self.subject.figures, self.subject.path
        data = curve_levels(self.fitted, figures, self._last_date)
        if not self.fitted:
            return self.nothing(data)
        targets = [{"date": d, "target": x} for d, x in zip(path.dates, path.targets, strict=True)]
        chart = charts.curves_chart(figures, self.fitted, self.fmt, self._last_date, targets)
        return self.picture(chart, data)

    def fits(self) -> Listing:
        """Ceiling, standard error, profile interval and fit of every family.

        Data: one row a parameter: family, parameter, estimate, error (standard error), low and high (95 % profile
        interval; missing on a side that never closes), at_limit (whether it ran to the end of its range), residual
        (typical, units), aicc. Levels are in units, rates per year, times in decimal years.
        """
        kinds = dict(family="text", parameter="text", estimate="number", error="number", low="number", high="number")
        kinds |= dict(at_limit="flag", residual="number", aicc="number")
        rows = (
            (family, name, value, fit.standard_errors[name], *fit.profile_intervals[name], name in fit.at_limit,
             typical_residual(fit), fit.aicc)
            for family, fit in self.fitted.items()
            for name, value in fit.params.items()
        )  # fmt: skip
        return Listing(curves_table(self.fitted, self.fmt, self.subject.scale), frame(rows, **kinds))

    def ceiling(self) -> Picture | Listing:
        """How much worse the logistic and the Gompertz curve fit as the ceiling is held at each value.

        Data: family, ceiling (units), worsening (n log(RSS) over its smallest value along the profile).
        """
        figures, chosen = self.subject.figures, [name for name in MOST_USED if name in self.fitted]
        profiles = {}
        if chosen:
            top = float(figures["value"].max())
            largest = max([c.units for c in self.subject.programme.capacities] or [3 * top])
            profiles = {name: ceiling_profile(figures, name, max(largest, 1.5 * top)) for name in chosen}
        rows = ((name, *pair) for name, profile in profiles.items() for pair in zip(*profile, strict=True))
        data = frame(rows, family="text", ceiling="number", worsening="number")
        if not profiles:
            return self.nothing(data)
        return self.picture(charts.profile_chart(profiles, self.fmt, self.subject.programme.noun[self.fmt.lang]), data)

    def diagnostics(self) -> Listing:
        """Tests whether the residuals of each curve are independent.

        Data: family, durbin_watson, ljung_box_p, jarque_bera_p.
        """
        found = {family: fit.diagnostics() for family, fit in self.fitted.items()}
        rows = [(family, d.durbin_watson, d.ljung_box_p_value, d.jarque_bera_p_value) for family, d in found.items()]
        kinds = dict(family="text", durbin_watson="number", ljung_box_p="number", jarque_bera_p="number")
        return Listing(diagnostics_table(rows, self.fmt), frame(rows, **kinds))

    def claims(self) -> Listing:
        """What the bootstrap of a fitted curve and the engine say about the last target's date.

        Data: method, median, low_90, high_90 (units).
        """
        last = self.subject.verdict.milestones[-1] if self.subject.verdict.milestones else None
        engine = (last.median, last.interval_90) if last and last.median is not None and last.interval_90 else None
        rows = bootstrap_claims(self.subject.figures, self._last_date) if self.fitted else ()
        numbers = [(c.method, c.median, *c.interval_90) for c in rows]
        if engine is not None:
            numbers.append(("jalur", engine[0], *engine[1]))
        data = frame(numbers, method="text", median="number", low_90="number", high_90="number")
        return Listing(claims_table(rows, engine, self.fmt, self.subject.scale, self._last_date), data)

    def findings(self) -> Sentences:
        """What the notebook found."""
        assumed = self.subject.verdict.capacity
        return Sentences(found(self.fitted, self.subject.scale, self.fmt, assumed.units if assumed else None))

    @property
    def _last_date(self) -> str:
        return self.subject.path.dates[-1] if self.subject.path.dates else self.subject.question.vintage


# fits


def points(figures: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Dates as decimal years and levels, without floors ("at least"), which least squares cannot use."""
    stated = figures[figures["qualifier"] != "at_least"]
    return np.array([decimal_year(d) for d in stated["as_of"]]), stated["value"].to_numpy(float)


def fit_all(figures: pd.DataFrame) -> dict[str, curves.FitResult]:
    """Every family that the figures can carry, with a free ceiling, by name."""
    t, y = points(figures)
    found = {}
    for family in FAMILIES:
        try:
            found[family] = curves.fit(family, t, y)
        except InputError:  # too few figures for this family's parameters: it has nothing to describe
            continue
    return found


def typical_residual(fit: curves.FitResult) -> float:
    """Root of the residual sum of squares over its degrees of freedom, in units."""
    return float((fit.residual_sum_of_squares / max(fit.degrees_of_freedom, 1)) ** 0.5)


def curve_levels(fitted: Mapping[str, curves.FitResult], figures: pd.DataFrame, until: str) -> pd.DataFrame:
    """Levels of every fitted curve at ends of months from the first figure to a day."""
    kinds = dict(family="text", date="date", level="number", beyond="flag")
    if not fitted:
        return frame([], **kinds)
    first, last = figures["as_of"].min(), figures["as_of"].max()
    days = pd.date_range(first, max(pd.Timestamp(until), last), freq="ME")
    years = np.array([decimal_year(day) for day in days])
    return frame(
        (
            (family, day, level, day > last)
            for family, fit in fitted.items()
            for day, level in zip(days, fit.predict(years), strict=True)
        ),
        **kinds,
    )


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


def bootstrap_claims(
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


# tables


def curves_table(found: Mapping[str, Any], fmt: Format, scale: Scale) -> Table:
    """Each family: the ceiling with standard error and profile interval, the typical residual, AICc."""
    rows = []
    for name, fit in found.items():
        low, high = fit.profile_intervals["capacity"]
        error = fit.standard_errors["capacity"]
        open_ = fmt.say("nb.word.open")
        sides = (open_ if low is None else scale.number(low), open_ if high is None else scale.number(high))
        ceiling = open_ if "capacity" in fit.at_limit else scale.number(fit.params["capacity"])
        rows.append(
            (
                fmt.say(f"chart.curve.{name}"),
                ceiling,
                scale.number(error) if pd.notna(error) and error < 10 * fit.params["capacity"] else DASH,
                fmt.say("nb.word.to", low=sides[0], high=sides[1]),
                scale.number(typical_residual(fit), 2),
                fmt.number(fit.aicc, 1) if isfinite(fit.aicc) else DASH,  # no correction with this few figures
            )
        )
    return table(
        fmt, fmt.say("nb.caption.curves"), ("family", "ceiling", "error", "profile", "rss", "aicc"), rows, range(1, 6)
    )


def claims_table(
    rows_: Iterable[Any], engine: tuple[float, tuple[float, float]] | None, fmt: Format, scale: Scale, when: str
) -> Table:
    """What the bootstrap of fitted curves and the engine say about one date."""
    rows = [(fmt.say(f"chart.curve.{c.method}"), scale.number(c.median), scale.span(*c.interval_90)) for c in rows_]
    if engine is not None:
        rows.append((fmt.say("nb.word.engine"), scale.number(engine[0]), scale.span(*engine[1])))
    return table(fmt, fmt.say("nb.caption.claims", when=fmt.day(when)), ("method", "middle", "range90"), rows, (1, 2))


def diagnostics_table(rows: Iterable[tuple[str, float | None, float | None, float | None]], fmt: Format) -> Table:
    """Residual diagnostics of each fit."""
    body = [
        (fmt.say(f"chart.curve.{name}"), *(maybe(x, lambda x: fmt.number(x, 2)) for x in numbers))
        for name, *numbers in rows
    ]
    return table(fmt, fmt.say("nb.caption.diagnostics"), ("family", "durbin", "ljung", "jarque"), body, (1, 2, 3))


# findings


def found(fitted: Mapping[str, curves.FitResult], scale: Scale, fmt: Format, assumed: float | None = None) -> list[str]:
    """Findings about the fitted curves; `assumed` is the capacity of the verdict, in units."""
    if not fitted:
        return [fmt.say("nb.finding.too_few")]
    name, best = min(fitted.items(), key=lambda pair: pair[1].aicc)
    family = fmt.say(f"chart.curve.{name}")
    said = [fmt.say("nb.finding.best", family=family, value=scale.words(typical_residual(best), 2))]
    for one in dict.fromkeys((name, "logistic")):
        if one in fitted:
            said += _ceiling_said(one, fitted[one], scale, fmt, assumed)
    watson = best.diagnostics().durbin_watson
    key = "nb.finding.correlated" if abs(watson - 2) > 0.5 else "nb.finding.independent"
    said.append(fmt.say(key, family=family, value=fmt.number(watson, 2)))
    return said


def _ceiling_said(family: str, fit: curves.FitResult, scale: Scale, fmt: Format, assumed: float | None) -> list[str]:
    """Where a curve would put the ceiling, and whether the capacity of the verdict lies there."""
    words, (low, high) = fmt.say(f"chart.curve.{family}"), fit.profile_intervals["capacity"]
    if high is None:
        start = low if low is not None else float(max(fit.y))
        return [fmt.say("nb.finding.ceiling_open", family=words, low=scale.words(start))]
    bottom = low if low is not None else float(max(fit.y))
    said = [fmt.say("nb.finding.ceiling", family=words, low=scale.words(bottom), high=scale.words(high))]
    if assumed is not None and not bottom <= assumed <= high:
        said.append(fmt.say("nb.finding.ceiling_excludes", capacity=scale.words(assumed)))
    return said
