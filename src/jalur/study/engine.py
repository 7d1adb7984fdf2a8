"""How the engine thinks: the notebook that opens it.

Laws and weights, what is borrowed, futures one by one, the surprise in each figure, what other powers and classes would
say. Every number is the engine's own for the programme of the study.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from jalur import charts, files
from jalur.dates import calendar_day, records
from jalur.engine import Figures, Outlook, Prior, figures_from, load
from jalur.engine.diagnostics import Innovations, innovations, weights
from jalur.study.base import DASH, Listing, Picture, Room, Sentences, frame, maybe, table
from jalur.study.scenarios import chances_table
from jalur.verdict.case import Case
from jalur.verdict.falling import Falling, complement
from jalur.verdict.growing import PLACES, Growing, scaled
from jalur.words.format import Format
from jalur.words.tables import Table

FUTURES = 20
QUARTERS = 4  # points a year of a future
PARAMETERS = ("pace_own", "pace_scatter", "level_noise", "reversion", "jump_rate")
POWERS = (0.0, 1.0)  # beside the one that is used: the figures ignored, and Bayes' rule
EVEN = 0.05  # a p-value below this says that the transforms are not even


class Engine(Room):
    """How the engine thinks."""

    VIEWS = ("scale", "weights", "futures", "innovations", "checks", "powers", "classes", "scope", "findings")

    def scale(self) -> Listing:
        """What the series says about itself, what is typical of others, what is used, and how much of it is borrowed.

        Data: name (pace or scatter), own, typical, used (link units a unit of the series' clock; for the scatter per
        root of it), monthly_own, monthly_used (the pace as units a month at the last level; missing for the scatter),
        borrowed (share of the logarithm of the pace, and of the square of the scatter, that comes from other series),
        clock (years that count as one unit of time).
        """
        kinds = dict(name="text", own="number", typical="number", used="number", monthly_own="number")
        kinds |= dict(monthly_used="number", borrowed="number", clock="number")
        data = frame(() if self._state is None else scale_rows(self._state, self._prior), **kinds)
        return Listing(scale_table(data, self.fmt), data) if len(data) else self.nothing(data)

    def weights(self) -> Listing:
        """How the figures move the weights of the growth laws, by each parameter of a law.

        Data: parameter, value, before, after (shares of the weight of all laws).
        """
        kinds = dict(parameter="text", value="number", before="number", after="number")
        case = self.subject.case
        rows = () if self._state is None else weights(risen(case), case.capacity or 0.0, PARAMETERS,
                                                      **self._arguments)  # fmt: skip
        data = frame(((w.parameter, w.value, w.before, w.after) for w in rows), **kinds)
        return Listing(weights_table(data, self.fmt), data) if len(data) else self.nothing(data)

    def futures(self) -> Picture | Listing:
        """Twenty futures, one after another: the same draws that chances are counted from.

        Data: future (1 to 20), date, level (units), met (whether this future meets every target still ahead on time).
        """
        data = self._futures
        if not len(data):
            return self.nothing(data)
        ahead = self._ahead
        figures = self.subject.figures
        falls = self.subject.case.falls
        return self.picture(charts.futures_chart(data, figures, ahead, self.fmt, falls), data)

    def innovations(self) -> Picture | Listing:
        """How far each figure was from what the earlier ones let expect, and whether such surprises are even.

        Data: id, date, pit (probability that had been given to a figure at or below this one), z (the same as a
        standard normal deviate).
        """
        found = self._innovations
        kinds = dict(id="text", date="date", pit="number", z="number")
        rows = () if found is None else zip(found.ids, map(calendar_day, found.t), found.pit, found.z, strict=True)
        data = frame(rows, **kinds)
        return self.picture(charts.innovation_chart(data, self.fmt), data) if len(data) else self.nothing(data)

    def checks(self) -> Listing:
        """The surprises in numbers, beside what they would be if the engine were right.

        Data: name (cases, mean, spread, within_50, within_90, autocorrelation, even), value, expected.
        """
        found = self._innovations
        rows = [] if found is None or len(found.pit) < FEWEST_CHECKED else check_rows(found)
        data = frame(rows, name="text", value="number", expected="number")
        return Listing(checks_table(data, self.fmt), data) if len(data) else self.nothing(data)

    def powers(self) -> Listing:
        """What the engine would say if it trusted the working model less or more: the power of the likelihood.

        Data: power, used (whether the verdict has it), laws (effective number of growth laws), one column a target
        (named by its date), whole, low_90, high_90 (units, on the date of the last target).
        """
        dates = {day: "number" for day in self.subject.path.dates}
        kinds = dict(power="number", used="flag", laws="number", **dates, whole="number", low_90="number")
        data = frame(self._powers, **kinds, high_90="number")
        return Listing(powers_table(data, self.subject.verdict, self.fmt), data) if len(data) else self.nothing(data)

    def classes(self) -> Listing:
        """What the declared class of the programme does: the chance with it, without it, and with each other class.

        Data: name (of the class; empty: no class), used (whether the verdict has it), kinds (of series behind its
        weights), one column a target (named by its date), whole.
        """
        dates = {day: "number" for day in self.subject.path.dates}
        data = frame(self._classes, name="text", used="flag", kinds="count", **dates, whole="number")
        if not len(data):
            return self.nothing(data)
        return Listing(classes_table(data, self.subject.verdict, self.fmt), data)

    def scope(self) -> Sentences:
        """Where the programme lies outside of what the weights were learned on."""
        if self._state is None:
            return Sentences([self.fmt.say("nb.caption.nothing")])
        return Sentences([self.fmt.say(f"nb.scope.{name}") for name in self._state.scope.names or ("inside",)])

    def findings(self) -> Sentences:
        """What the notebook found."""
        fmt = self.fmt
        if self._state is None:
            return Sentences([fmt.say("nb.finding.no_engine")])
        borrowed = self.scale().data.set_index("name")["borrowed"]
        said = [
            fmt.say("nb.finding.borrowed", pace=fmt.percent(borrowed["pace"]), scatter=fmt.percent(borrowed["scatter"]))
        ]
        said += surprise_words(self.checks().data, fmt)
        said += power_words(self.powers().data, fmt) + class_words(self.classes().data, fmt)
        return Sentences([*said, *self.scope()])

    # what the engine says

    @cached_property
    def _state(self) -> Outlook | None:
        return opened(self.subject.case)

    @cached_property
    def _prior(self) -> Prior:
        case = self.subject.case
        return (case.prior or load()).for_class(case.programme.kind_class)

    @property
    def _arguments(self) -> dict[str, Any]:
        case = self.subject.case
        return {
            "reporting_error": case.programme.reporting_error, "reference_source": case.programme.reference_source,
            "prior": case.prior, "kind_class": case.programme.kind_class,
        }  # fmt: skip

    @cached_property
    def _ahead(self) -> list[tuple[str, float]]:
        """Targets that lie after the last figure."""
        case = self.subject.case
        return [
            (day, target)
            for day, target, t in zip(case.path.dates, case.path.targets, case.path.times, strict=True)
            if t > case.last
        ]

    @cached_property
    def _futures(self) -> pd.DataFrame:
        kinds = dict(future="count", date="date", level="number", met="flag")
        if self._state is None or not self._ahead:
            return frame((), **kinds)
        case = self.subject.case
        steps = int(np.ceil((case.path.times[-1] - case.last) * QUARTERS))
        between = [case.last + k / QUARTERS for k in range(1, steps)]
        due = [float(t) for t in case.path.times if t > case.last]
        times = np.array(sorted({*between, *due}))
        levels = case.state().draws(times.tolist(), FUTURES, case.question.seed)
        at = [int(np.flatnonzero(times == t)[0]) for t in due]
        met = np.all(
            [levels[k] <= x if case.falls else levels[k] >= x for k, (_, x) in zip(at, self._ahead, strict=True)],
            axis=0,
        )
        days = [calendar_day(t) for t in times]
        exact = dict(zip(due, (day for day, _ in self._ahead), strict=True))
        days = [exact.get(float(t), day) for t, day in zip(times, days, strict=True)]
        return frame(
            ((n + 1, day, levels[k, n], bool(met[n])) for n in range(FUTURES) for k, day in enumerate(days)), **kinds
        )

    @cached_property
    def _innovations(self) -> Innovations | None:
        case = self.subject.case
        if self._state is None:
            return None
        return files.once(
            "innovations",
            case,
            lambda: innovations(risen(case), case.capacity or 0.0, **self._arguments),
        )

    @cached_property
    def _powers(self) -> list[tuple[Any, ...]]:
        if self._state is None:
            return []
        case, own, rows = self.subject.case, self._prior, []
        for power in sorted({POWERS[0], own.power, POWERS[1]}):
            other = case.with_prior(replace(own, power=power, classes={}))
            state = opened(other)
            assert state is not None
            low, high = other.state().quantile(other.path.times[-1], [0.05, 0.95])
            many = 1 / float((state.weight**2).sum())
            rows.append((power, power == own.power, many, *other.chances, other.joint, float(low), float(high)))
        return rows

    @cached_property
    def _classes(self) -> list[tuple[Any, ...]]:
        if self._state is None:
            return []
        case, rows = self.subject.case, []
        prior = case.prior or load()
        for name in (None, *prior.class_names):
            other = of_class(case, name)
            kinds = prior.classes[name].kinds if name else None
            rows.append((name or "", name == self._state.class_used, kinds, *other.chances, other.joint))
        return rows


def opened(case: Case) -> Outlook | None:
    """The engine's posterior of a case; None without a chance.

    Of a level that falls, that of its complement; under a capacity that grows, that at the middle of what it may be.
    """
    if case.problem is not None:
        return None
    state = case.state()
    if isinstance(state, Growing):
        return state.parts[len(PLACES) // 2]
    return state.rest if isinstance(state, Falling) else state


def risen(case: Case) -> Figures:
    """The figures as the posterior of `opened` reads them."""
    figures = case.figures
    if case.population is not None:
        unit = (case.capacity or 0.0) / case.question.capacity_share
        figures = scaled(figures, case.population, float(PLACES[len(PLACES) // 2]), unit)
    elif case.falls:
        figures = complement(figures, case.ceiling or 0.0)
    return figures_from(figures)


FEWEST_CHECKED = 5  # surprises, for a check of them to say anything


def of_class(case: Case, name: str | None) -> Case:
    """The same case for a programme that had declared another class, or none."""
    made = replace(case, programme=replace(case.programme, kind_class=name))
    vars(made)["figures"] = case.figures
    return made


# rows


def scale_rows(state: Outlook, prior: Prior) -> list[tuple[Any, ...]]:
    """Pace and scatter of the series, in its own clock and, for the pace, in units a month at the last level."""
    scale, units = state.scale, prior.units
    share = min(max(scale.level, 1e-6), 1 - 1e-6)
    link = state.laws.links[int(np.bincount(state.laws.family, weights=state.weight).argmax())]
    monthly = state.capacity / float(link.slope(share)) / 12  # units a month for one link unit a year
    own, used = scale.pace * scale.tempo, scale.steady_pace
    # The scatter that is used is a mean of squares: what is left of it when the typical part is taken off is its own.
    borrowed = 1 - scale.own_share
    rest = scale.scatter**2 - borrowed * units.typical_scatter**2
    own_scatter = float(np.sqrt(max(rest, 0.0) / scale.own_share)) if scale.own_share > 0 else None
    return [
        ("pace", own, units.typical_pace, used, scale.pace * monthly, used / scale.tempo * monthly,
         1 - units.own_share, scale.tempo),
        ("scatter", own_scatter, units.typical_scatter, scale.scatter, None, None, borrowed, scale.tempo),
    ]  # fmt: skip


def check_rows(found: Innovations) -> list[tuple[Any, ...]]:
    """Numbers of the surprises beside what they would be if the engine were right."""
    pit, z = found.pit, found.z
    within = [float(np.mean(np.abs(pit - 0.5) <= share / 2)) for share in (0.5, 0.9)]
    apart = z - z.mean()
    square = float((apart**2).sum())
    lag = float((apart[1:] * apart[:-1]).sum() / square) if square > 0 else 0.0
    return [
        ("cases", float(len(pit)), None),
        ("mean", float(z.mean()), 0.0),
        ("spread", float(z.std(ddof=1)), 1.0),
        ("within_50", within[0], 0.5),
        ("within_90", within[1], 0.9),
        ("autocorrelation", lag, 0.0),
        ("even", float(stats.kstest(pit, "uniform").pvalue), None),
    ]


# tables


def scale_table(data: pd.DataFrame, fmt: Format) -> Table:
    """Own, typical and used values, and the share that is borrowed."""
    rows = [
        (
            fmt.say(f"nb.scale.{row.name}"),
            maybe(row.own, lambda x: fmt.number(x, 3)),
            fmt.number(row.typical, 3),
            fmt.number(row.used, 3),
            fmt.percent(row.borrowed),
            DASH if pd.isna(row.monthly_used) else fmt.amount(row.monthly_used),
        )
        for row in records(data)
    ]
    caption = fmt.say("nb.caption.scale", clock=fmt.number(12 * data["clock"].iloc[0], 1))
    return table(fmt, caption, ("quantity", "own", "typical", "taken", "borrowed", "a_month"), rows, range(1, 6))


def weights_table(data: pd.DataFrame, fmt: Format) -> Table:
    """One row a value of a parameter: weight before and after the figures."""
    rows = [
        (
            fmt.say(f"nb.law.{row.parameter}"),
            fmt.number(row.value, 2),
            fmt.percent(row.before),
            fmt.percent(row.after),
        )
        for row in records(data)
    ]
    return table(fmt, fmt.say("nb.caption.weights"), ("law", "value_of", "before", "after"), rows, (1, 2, 3))


def checks_table(data: pd.DataFrame, fmt: Format) -> Table:
    """The surprises in numbers."""

    def write(name: str, value: float) -> str:
        if name.startswith("within"):
            return fmt.percent(value, certain=True)
        return fmt.number(value, 0 if name == "cases" else 2)

    rows = [
        (
            fmt.say(f"nb.check.{row.name}"),
            write(row.name, row.value),
            DASH if pd.isna(row.expected) else write(row.name, row.expected),
        )
        for row in records(data)
    ]
    return table(fmt, fmt.say("nb.caption.checks"), ("measure", "value", "expected"), rows, (1, 2))


def variants(data: pd.DataFrame, names: Sequence[str], verdict: Any, fmt: Format, caption: str, first: str) -> Table:
    """A table of chances, one row a variant of the engine."""
    dates = [m.date for m in verdict.milestones]
    rows = [
        (name, [row[day] for day in dates], row["whole"])
        for name, row in zip(names, data.to_dict("records"), strict=True)
    ]
    return chances_table(rows, verdict, fmt, fmt.say(f"nb.caption.{caption}"), first)


def powers_table(data: pd.DataFrame, verdict: Any, fmt: Format) -> Table:
    """Chances by the power of the likelihood, with the effective number of laws and the range of the last target."""
    scale = fmt.scale(float(data["high_90"].max()))
    names = [power_name(row.power, row.used, fmt) for row in records(data)]
    plain = variants(data, names, verdict, fmt, "powers", "power")
    more = [(fmt.number(row.laws), scale.span(row.low_90, row.high_90)) for row in records(data)]
    head = (*plain.head, fmt.say("nb.head.laws"), f"{fmt.say('nb.head.range90')}, {scale.word}".rstrip(", "))
    rows = tuple((*row, *extra) for row, extra in zip(plain.rows, more, strict=True))
    return replace(plain, head=head, rows=rows, numeric=frozenset(range(1, len(head))))


def power_name(power: float, used: bool, fmt: Format) -> str:
    """A power in words: 0 ignores the figures in the weights, 1 is Bayes' rule, the other is the verdict's."""
    key = "used" if used else "zero" if power == 0 else "one"
    return fmt.say(f"nb.power.{key}", power=fmt.number(power, 2))


def classes_table(data: pd.DataFrame, verdict: Any, fmt: Format) -> Table:
    """Chances by class."""
    names = [
        (fmt.say(f"nb.kind_class.{row.name}") if row.name else fmt.say("nb.word.no_class"))
        + (f" ({fmt.say('nb.word.this_brief')})" if row.used else "")
        for row in records(data)
    ]
    return variants(data, names, verdict, fmt, "classes", "kind_class")


# findings


def surprise_words(data: pd.DataFrame, fmt: Format) -> list[str]:
    """Whether the figures surprised the engine as often as they should."""
    if not len(data):
        return [fmt.say("nb.finding.few_surprises")]
    value: Mapping[str, float] = dict(zip(data["name"], data["value"], strict=True))
    inside = round(value["within_90"] * value["cases"])
    said = [fmt.say("nb.finding.surprises", held=fmt.number(inside), all=fmt.number(value["cases"]))]
    key = "uneven" if value["even"] < EVEN else "even"
    said.append(fmt.say(f"nb.finding.{key}", p=fmt.number(value["even"], 2)))
    return said


def power_words(data: pd.DataFrame, fmt: Format) -> list[str]:
    """From the lowest to the highest power: what becomes of the chance of the whole path."""
    first, last = data.iloc[0], data.iloc[-1]
    return [fmt.say("nb.finding.powers", zero=fmt.percent(first["whole"]), one=fmt.percent(last["whole"]))]


def class_words(data: pd.DataFrame, fmt: Format) -> list[str]:
    """What the class that was used does to the chance of the whole path."""
    used, none = data[data["used"]], data[data["name"] == ""]
    if not len(used) or used["name"].iloc[0] == "":
        return [fmt.say("nb.finding.no_class")]
    name = fmt.say(f"nb.kind_class.{used['name'].iloc[0]}")
    before, after = (fmt.percent(rows["whole"].iloc[0]) for rows in (none, used))
    if before == after:
        return [fmt.say("nb.finding.class_same", name=name)]
    return [fmt.say("nb.finding.class", name=name, before=before, after=after)]
