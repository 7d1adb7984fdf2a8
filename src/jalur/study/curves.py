"""What fitted growth curves say, and what they cannot say: the notebook on growth curves.

The curves describe a programme's figures and never enter a verdict. Everything here is `jalur.curves` applied to the
ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from jalur import charts, curves
from jalur.dates import calendar_day, decimal_year, records
from jalur.errors import InputError, choice, shown
from jalur.study.base import DASH, Listing, Picture, Room, Sentences, frame, maybe, table
from jalur.verdict.case import Case
from jalur.verdict.model import Interval
from jalur.words.format import Format, Scale
from jalur.words.tables import Table

FAMILIES = ("logistic", "gompertz", "richards", "bass", "weibull", "saturating")
MOST_USED = ("logistic", "gompertz")
REPLICATES = 1000
RATE_DECIMALS = 4  # of rates and shapes below a tenth
FIRST_YEAR, LAST_YEAR = 1900, 2200  # dates outside are written as none: no month says anything there


class Curves(Room):
    """What fitted growth curves say, and what they cannot say."""

    VIEWS = (
        "lines", "fits", "parameters", "warnings", "ceiling", "held", "residuals", "normality", "diagnostics", "claims",
        "left_future", "findings",
    )  # fmt: skip

    @cached_property
    def fitted(self) -> dict[str, curves.FitResult]:
        """Every growth curve that the figures can carry, by family."""
        return {} if self.subject.case.falls else fit_all(self.subject.figures)

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
            falls = self.subject.case.falls
            why = "a level that is to fall is not fit" if falls else "the figures are too few"
            raise InputError(f"{why} for the family {shown(family)}; fitted: {carried}")
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

        Data: as `parameters`: family, parameter, estimate, error, low, high, at_limit, residual, aicc.
        """
        return Listing(curves_table(self.fitted, self.fmt, self.subject.scale), self.parameters().data)

    def parameters(self) -> Listing:
        """Every parameter of every family with its standard error and profile interval.

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
        return Listing(parameters_table(self.fitted, self.fmt, self.subject.scale), frame(rows, **kinds))

    def warnings(self) -> Sentences:
        """Which fits are degenerate, and why: their numbers must not be read as estimates."""
        said = [self._warning(family, code, name) for family, code, name in degenerate(self.fitted)]
        return Sentences(said or [self.fmt.say("nb.warning.none")])

    def _warning(self, family: str, code: str, name: str) -> str:
        say = self.fmt.say
        other = f"chart.curve.{name}" if code == "twin" else f"nb.parameter.{name}"
        return say(f"nb.warning.{code}", family=say(f"chart.curve.{family}"), parameter=say(other))

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

    def held(self) -> Listing:
        """How much worse each curve fits when its ceiling is held at a named capacity.

        Data: family, name (of the capacity), units, rise (of AICc against the best curve with a free ceiling), chosen
        (whether the verdict assumes this capacity). Capacities that the figures exceed are left out.
        """
        rows = ceilings_held(self.fitted, self.subject.figures, self._capacities)
        assumed = self.subject.case.declared
        kinds = dict(family="text", name="text", units="number", rise="number", chosen="flag")
        data = frame(((*row, bool(assumed and assumed.name == row[1])) for row in rows), **kinds)
        titles = {c.name: c.title[self.fmt.lang] for c in self.subject.programme.capacities}
        return Listing(held_table(data, titles, self.fmt), data)

    @property
    def _capacities(self) -> dict[str, float]:
        return {c.name: c.units for c in self.subject.programme.capacities}

    def residuals(self) -> Picture | Listing:
        """What each curve leaves over at each figure.

        Data: family, date, residual (units; the figure less the curve).
        """
        rows = [
            (family, day, left)
            for family, fit in self.fitted.items()
            for day, left in zip(stated(self.subject.figures)["as_of"], fit.residuals, strict=True)
        ]
        data = frame(rows, family="text", date="date", residual="number")
        return self._panels({name: (fit.t, fit.residuals) for name, fit in self.fitted.items()}, data)

    def normality(self) -> Picture | Listing:
        """The residuals of each curve in order of size, against those of a normal law of the same spread.

        Data: family, expected (quantile of the normal law, units), residual (units).
        """
        panels = {name: normal_quantiles(fit.residuals) for name, fit in self.fitted.items()}
        rows = ((name, *pair) for name, both in panels.items() for pair in zip(*both, strict=True))
        return self._panels(panels, frame(rows, family="text", expected="number", residual="number"), True)

    def _panels(self, panels: Mapping[str, Any], data: pd.DataFrame, quantiles: bool = False) -> Picture | Listing:
        if not panels:
            return self.nothing(data)
        noun = self.subject.programme.noun[self.fmt.lang]
        return self.picture(charts.residual_chart(panels, self.fmt, noun, quantiles), data)

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

    def left_future(self) -> Listing:
        """How each curve would have foretold this programme's later figures, beside the engine and the last figure.

        Each method sees what had been published by a day, and is compared with the figures whose reference date lies
        later.

        Data: one row a method and day: method (a family, jalur, or last for the last figure carried on), vintage,
        figures (seen), forecasts (later figures), error (mean absolute, units), relative (the same as a share of the
        figure), bias (mean of forecast less figure, units).
        """
        return Listing(left_future_table(self._left_future, self.fmt, self.subject.scale), self._left_future)

    @cached_property
    def _left_future(self) -> pd.DataFrame:
        return left_future(self.subject.case)

    def findings(self) -> Sentences:
        """What the notebook found."""
        assumed = self.subject.verdict.capacity
        said = found(self.fitted, self.subject.scale, self.fmt, assumed.units if assumed else None)
        if self.fitted:
            said += held_at(self.held().data, self.fmt) + foretold(self._left_future, self.fmt)
        return Sentences(said)

    @property
    def _last_date(self) -> str:
        return self.subject.path.dates[-1] if self.subject.path.dates else self.subject.question.vintage


# fits


def stated(figures: pd.DataFrame) -> pd.DataFrame:
    """The figures without floors ("at least"), which least squares cannot use."""
    return figures[figures["qualifier"] != "at_least"]


def points(figures: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Dates as decimal years and levels, without floors."""
    rows = stated(figures)
    return np.array([decimal_year(d) for d in rows["as_of"]]), rows["value"].to_numpy(float)


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


LOOSE = 0.5  # a standard error above this share of a rate, a shape or a ceiling says that little is known of it
TWINS = 1e-3  # curves whose levels differ by less than this share of the typical residual are one curve


def degenerate(fitted: Mapping[str, curves.FitResult]) -> list[tuple[str, str, str]]:
    """Fits whose numbers are no estimates: (family, code, parameter or twin), at most one a family.

    Codes: limit (a parameter ran to the end of its range), flat (the curve does not change along it), twin (the same
    curve as a family with fewer parameters), loose (a standard error above half of the estimate).
    """
    rows = []
    for family, fit in fitted.items():
        twin = next((name for name, other in fitted.items() if _is_twin(fit, other)), None)
        flat = [name for name, error in fit.standard_errors.items() if not isfinite(error)]
        loose = [
            name
            for name, role in curves.FAMILIES[family].roles.items()
            if role not in ("time", "launch") and fit.standard_errors[name] > LOOSE * fit.params[name]
        ]
        if fit.at_limit:
            rows.append((family, "limit", fit.at_limit[0]))
        elif twin is not None:
            rows.append((family, "twin", twin))
        elif flat:
            rows.append((family, "flat", flat[0]))
        elif loose:
            rows.append((family, "loose", max(loose, key=lambda name: fit.standard_errors[name] / fit.params[name])))
    return rows


def _is_twin(fit: curves.FitResult, simpler: curves.FitResult) -> bool:
    """Whether a curve with fewer parameters gives the same levels at the figures."""
    apart = float(np.abs(fit.residuals - simpler.residuals).max())
    return len(simpler.params) < len(fit.params) and apart < TWINS * typical_residual(simpler)


def ceilings_held(
    fitted: Mapping[str, curves.FitResult], figures: pd.DataFrame, capacities: Mapping[str, float]
) -> list[tuple[str, str, float, float]]:
    """Each curve with its ceiling held at each capacity: family, name, units, rise of AICc over the best free fit."""
    t, y = points(figures)
    best = min((fit.aicc for fit in fitted.values()), default=0.0)
    if not isfinite(best):
        return []  # no correction with this few figures: nothing to compare
    return [
        (family, name, units, curves.fit(family, t, y, capacity=units).aicc - best)
        for family in fitted
        for name, units in capacities.items()
        if units > y.max()
    ]


def normal_quantiles(residuals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of a normal law with the residuals' spread at (k - 0.5) / n, and the residuals in order (Hazen)."""
    ordered = np.sort(residuals)
    places = (np.arange(len(ordered)) + 0.5) / len(ordered)
    return float(np.std(ordered, ddof=1)) * ndtri(places), ordered


CUTS = (0.5, 0.6, 0.7, 0.8, 0.9)  # shares of the span of the figures that a method sees


def left_future(case: Case) -> pd.DataFrame:
    """Forecasts of this programme's own later figures, from what had been published by each of several days.

    Parameters
    ----------
    case : jalur.verdict.case.Case

    Returns
    -------
    DataFrame
        In the columns of `Curves.left_future`. A family is missing at a day whose figures are too few for it.
    """
    kinds = dict(method="text", vintage="date", figures="count", forecasts="count")
    kinds |= dict(error="number", relative="number", bias="number")
    figures = stated(case.figures)
    rows: list[Sequence[Any]] = []
    if not len(figures):
        return frame(rows, **kinds)
    first, span = figures["as_of"].min(), figures["as_of"].max() - figures["as_of"].min()
    for day in dict.fromkeys((first + cut * span).normalize() for cut in CUTS):
        seen = case.at(day.date().isoformat())
        known = stated(seen.figures)
        later = figures[figures["as_of"] > known["as_of"].max()] if len(known) else figures[:0]
        if not len(later):
            continue
        t, y = points(later)
        for method, forecast in forecasts(seen, t).items():
            off = forecast - y
            rows.append((method, day, len(known), len(y), np.abs(off).mean(), (np.abs(off) / y).mean(), off.mean()))
    return frame(rows, **kinds)


def forecasts(case: Case, t: np.ndarray) -> dict[str, np.ndarray]:
    """Levels on the dates `t` (decimal years) by the last figure carried on, every fitted curve, and the engine.

    The curves rise, so that none is fitted to a level that is to fall.
    """
    found = {"last": np.full(t.shape, float(stated(case.figures)["value"].iloc[-1]))}
    fitted = {} if case.falls else fit_all(case.figures)
    found |= {family: fit.predict(t) for family, fit in fitted.items()}
    if case.problem is None:
        state, days = case.state(()), np.unique(t)
        middle = dict(zip(days, [state.quantile(float(day), 0.5) for day in days], strict=True))
        found["jalur"] = np.array([middle[day] for day in t])
    return found


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


def parameters_table(found: Mapping[str, curves.FitResult], fmt: Format, scale: Scale) -> Table:
    """Each parameter in its own unit: levels in the scale of the programme, dates as months, the others as numbers."""
    open_, rows = fmt.say("nb.word.open"), []
    for family, fit in found.items():
        for name, role in curves.FAMILIES[family].roles.items():
            write = parameter_writer(role, fmt, scale)
            value, error = fit.params[name], fit.standard_errors[name]
            low, high = (open_ if end is None else write(end) for end in fit.profile_intervals[name])
            spread = parameter_writer("duration" if role in ("time", "launch") else role, fmt, scale)
            rows.append(
                (
                    fmt.say(f"chart.curve.{family}"),
                    fmt.say(f"nb.parameter.{name}"),
                    open_ if name in fit.at_limit else write(value),
                    spread(error) if isfinite(error) and error < 10 * max(abs(value), 1) else DASH,
                    fmt.say("nb.word.to", low=low, high=high),
                )
            )
    caption = fmt.say("nb.caption.parameters", unit=scale.word) if scale.word else fmt.say("nb.caption.parameters_bare")
    return table(fmt, caption, ("family", "parameter", "estimate", "error", "profile"), rows, (2, 3, 4))


def parameter_writer(role: str, fmt: Format, scale: Scale) -> Callable[[float], str]:
    """How a parameter is written: a level in the scale of the programme, a date as a month, others with digits."""
    if role == "level":
        return scale.number
    if role in ("time", "launch"):
        return lambda year: fmt.short_month(calendar_day(year)) if FIRST_YEAR <= year < LAST_YEAR else DASH

    def digits(value: float) -> str:
        smallest = 10.0**-RATE_DECIMALS
        if 0 < value < smallest / 2:
            return f"<{fmt.number(smallest, RATE_DECIMALS)}"
        return fmt.number(value, 2 if value >= 0.1 else RATE_DECIMALS)

    return digits


def held_table(data: pd.DataFrame, titles: Mapping[str, str], fmt: Format) -> Table:
    """One row a curve, one column a capacity: the rise of AICc."""
    names = list(dict.fromkeys(data["name"]))
    units = dict(zip(data["name"], data["units"], strict=True))
    cells = {(row.family, row.name): fmt.number(row.rise, 1) for row in records(data)}
    rows = [
        (fmt.say(f"chart.curve.{family}"), *(cells[family, name] for name in names))
        for family in dict.fromkeys(data["family"])
    ]
    head = (fmt.say("nb.head.family"), *(f"{titles[name]}: {fmt.level(units[name])}" for name in names))
    body = tuple(rows) or ((fmt.say("nb.caption.nothing"),),)
    return Table(fmt.say("nb.caption.held"), head, body, frozenset(range(1, len(head))))


def left_future_table(data: pd.DataFrame, fmt: Format, scale: Scale) -> Table:
    """One row a method, one column a day: the mean absolute error; the mean over the days that all methods have."""
    days = list(dict.fromkeys(data["vintage"]))
    cells = {(row.method, row.vintage): row.error for row in records(data)}
    methods = dict.fromkeys(data["method"])
    rows = [
        (method_name(name, fmt), *(scale.number(cells[name, day], 2) if (name, day) in cells else DASH for day in days))
        for name in sorted(methods, key=lambda name: overall(data, name))
    ]
    head = (fmt.say("nb.head.method"), *(fmt.short_day(day) for day in days))
    body = tuple(rows) or ((fmt.say("nb.caption.nothing"),),)
    return Table(fmt.say("nb.caption.left_future", unit=scale.word), head, body, frozenset(range(1, len(head))))


def overall(data: pd.DataFrame, method: str) -> float:
    """Mean relative error of a method over the days on which every method has a forecast; infinite without one."""
    wide = compared(data)
    return float(wide[method].mean()) if len(wide) else float("inf")


def compared(data: pd.DataFrame) -> pd.DataFrame:
    """Relative errors, one column a method, one row a day on which every method has a forecast."""
    return data.pivot_table(index="vintage", columns="method", values="relative").dropna()


def method_name(method: str, fmt: Format) -> str:
    """A method of the comparison in words."""
    words = {"jalur": "nb.word.engine", "last": "nb.word.last_figure"}
    return fmt.say(words.get(method, f"chart.curve.{method}"))


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


def held_at(data: pd.DataFrame, fmt: Format) -> list[str]:
    """How much worse the best curve fits with its ceiling at the capacity that the verdict assumes."""
    assumed = data[data["chosen"]]
    if not len(assumed):
        return []
    best = min(records(assumed), key=lambda row: row.rise)
    family, level = fmt.say(f"chart.curve.{best.family}"), fmt.level(best.units)
    return [fmt.say("nb.finding.held", family=family, capacity=level, rise=fmt.number(best.rise, 1))]


def foretold(data: pd.DataFrame, fmt: Format) -> list[str]:
    """Which method foretold the later figures of this programme best, and which worst."""
    methods = [name for name in dict.fromkeys(data["method"]) if isfinite(overall(data, name))]
    if len(methods) < 2:
        return []
    ranked = sorted(methods, key=lambda name: overall(data, name))
    days = len(compared(data))
    ends = {
        end: f"{method_name(name, fmt)} ({fmt.percent(overall(data, name), certain=True)})"
        for end, name in (("best", ranked[0]), ("worst", ranked[-1]))
    }
    return [fmt.counted("nb.finding.foretold", days, **ends)]


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
