"""Official-style progress labels: what the usual monitors would say about a target.

Four rules of international statistics, each computed from three dated values: the base, the figure now and
the target. They are shown beside the probability, never instead of it: `jalur.record.measure` measures how often
a label "on track" was followed by reaching the target.

The functions take and give codes and numbers only; the words in both languages are in `jalur.words.format`.
Dates may be `datetime.date`, ISO strings or decimal years. Differences of dates are in years of 365.25 days.

Sources of the rules
--------------------
- Eurostat, *Sustainable development in the European Union*, annex on the assessment of indicator trends, for
  indicators with a quantitative target; the cut-offs as in Open SDG (``open-sdg/sdg-build``, progress measure).
- United Nations Statistics Division, *Progress Chart technical note*, 2026 edition: numerical targets.
- ESCAP Statistics Division, *Current Status Index* and *Anticipated Progress Index*
  (https://data.unescap.org/resource-guides/progress-assessment-methodology; papers SD/WP/04 and SD/WP/05, 2017).
- WHO/UNICEF Joint Monitoring Programme (JMP), *Progress on household drinking water, sanitation and hygiene*:
  factor by which the current annual change must be multiplied.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

from jalur.dates import DAYS_A_YEAR, to_date

METHODS = ("eurostat", "un2026", "escap", "jmp")

#: method -> (comparison, threshold) of the label that counts as "on track"
ON_TRACK_RULES: dict[str, tuple[str, float]] = {
    "eurostat": (">=", 0.95),
    "un2026": (">=", 0.95),
    "escap": ("<=", 0.10),
    "jmp": ("<=", 1.0),
}

#: method -> codes of its labels, best first; ``not_defined`` can occur for each
LABELS: dict[str, tuple[str, ...]] = {
    "eurostat": ("on_track", "acceleration_needed", "limited", "moving_away"),
    "un2026": ("on_track", "moderate", "marginal", "stagnation", "regression"),
    "escap": ("maintain", "accelerate", "reverse"),
    "jmp": ("met", "on_track", "acceleration_needed", "no_progress", "reversal_needed"),
}

#: codes of the reasons for ``not_defined``
REASONS = (
    "no_time_passed",  # the figure now is not later than the base
    "target_not_after_base",
    "target_date_past",  # the figure now is later than the target date
    "no_time_left",  # the figure now is of the target date: no annual change can be asked for
    "target_is_base",  # nothing to gain: the ratio would divide by zero
    "not_positive",  # growth rates need a positive base and no negative value
    "too_few_figures",  # a regression needs two different dates
)

Moment = date | str | float
Point = tuple[Moment, float]


@dataclass(frozen=True)
class Label:
    """What one official rule says.

    Attributes
    ----------
    method : str
        One of `METHODS`.
    value : float or None
        The number that the rule looks at (ratio, gap as a share of the whole way, factor); None when not defined.
    label : str
        Code of the label, one of ``LABELS[method]`` or ``"not_defined"``.
    on_track : bool or None
        Whether the label is the one that counts as on track; None when not defined.
    rule : str
        The condition for "on track", for example ``"value >= 0.95"``; as numbers in `ON_TRACK_RULES`.
    reason : str or None
        Why the rule gives nothing, one of `REASONS`; None when it does.
    current_status : float or None
        ESCAP only: way covered so far on a scale on which the base is 0 and the target 10.
    """

    method: str
    value: float | None
    label: str
    on_track: bool | None
    rule: str
    reason: str | None = None
    current_status: float | None = None

    def to_dict(self) -> dict[str, object]:
        """Plain dictionary, ready for JSON."""
        return asdict(self)


def years_between(start: Moment, end: Moment) -> float:
    """Years of 365.25 days from `start` to `end`; both dates (or ISO strings), or both decimal years."""
    if isinstance(start, (int, float)) and isinstance(end, (int, float)):
        return float(end) - float(start)
    return (_day(end) - _day(start)).days / DAYS_A_YEAR


def eurostat(base: Point, current: Point, target: Point) -> Label:
    """Ratio of the growth so far to the growth that the target asks for.

    ``R = CAGR(base -> now) / CAGR(base -> target)`` with ``CAGR = (end / start) ** (1 / years) - 1``.
    R >= 0.95: on track; 0.60 <= R < 0.95: acceleration needed; 0 <= R < 0.60: limited; R < 0: moving away.
    For a target below the base both rates are negative and the same rule holds.

    Parameters
    ----------
    base, current, target : tuple of (date, value)
        Values in any one unit; base positive, the others not negative.

    Returns
    -------
    Label
        With method ``"eurostat"``.
    """
    reason = _reason(base, current, target, growth=True)
    if reason:
        return _undefined("eurostat", reason)
    ratio = _growth(base, current) / _growth(base, target)
    return _label("eurostat", ratio, _step(ratio, (0.95, 0.60, 0.0), LABELS["eurostat"]))


def un2026(base: Point, current: Point, target: Point) -> Label:
    """Share of the way from base to target that constant growth would have covered on the target date.

    ``projected = now * (1 + CAGR(base -> now)) ** years_left``; ``ratio = (projected - base) / (target - base)``.
    >= 0.95: on track; 0.50-0.95: moderate; 0.10-0.50: marginal; 0-0.10: stagnation; < 0: regression
    (each lower bound belongs to the better label).

    Parameters and result as `eurostat`, with method ``"un2026"``.
    """
    reason = _reason(base, current, target, growth=True)
    if reason:
        return _undefined("un2026", reason)
    left = years_between(current[0], target[0])
    projected = current[1] * math.exp(min(_log_rate(base, current) * left, 600.0)) if current[1] > 0 else 0.0
    ratio = (projected - base[1]) / (target[1] - base[1])
    return _label("un2026", ratio, _step(ratio, (0.95, 0.50, 0.10, 0.0), LABELS["un2026"]))


def escap(base: Point, current: Point, target: Point, series: Iterable[Point] | None = None) -> Label:
    """Gap that a time-weighted straight line leaves on the target date, as a share of the whole way.

    ``gap = (Y - y_hat) / (Y - y0)``, y_hat the value of the line at the target date. Gap <= 0.10: maintain (the target
    is met or missed by no more than a tenth of the way); 0.10-1: accelerate; > 1: reverse (the line ends on the wrong
    side of the base). `Label.current_status` is ``10 * (y - y0) / |Y - y0|``, with the opposite sign for a target below
    the base.

    The weights rise in a straight line with time, from one mean gap between figures at the first figure to the
    whole span plus one gap at the last (1, 2, ... n for n yearly values): recent figures count more, as in ESCAP's
    weighted extrapolation. Without `series` the line goes through base and current.

    Parameters
    ----------
    base, current, target : tuple of (date, value)
    series : iterable of (date, value), optional
        Figures for the regression, none later than `current`.

    Raises
    ------
    ValueError
        If a figure of the series is later than the current one.
    """
    reason = _reason(base, current, target, growth=False)
    if reason:
        return _undefined("escap", reason)
    points = [base, current] if series is None else list(series)
    times = [years_between(base[0], moment) for moment, _ in points]
    values = [float(value) for _, value in points]
    if any(time > years_between(base[0], current[0]) + 1e-9 for time in times):
        raise ValueError("the series for the regression holds a figure later than the current one")
    if not points or max(times) - min(times) <= 0:
        return _undefined("escap", "too_few_figures")
    expected = _weighted_line(times, values, years_between(base[0], target[0]))
    way = target[1] - base[1]
    gap = (target[1] - expected) / way
    label = "maintain" if gap <= 0.10 else "accelerate" if gap <= 1.0 else "reverse"
    return _label("escap", gap, label, current_status=10.0 * (current[1] - base[1]) / way)


def jmp(base: Point, current: Point, target: Point) -> Label:
    """Acceleration factor: annual change needed from now on, divided by the annual change so far.

    ``factor = ((Y - y) / years_left) / ((y - y0) / years_passed)``. At most 1: on track; above 1: acceleration needed;
    negative because the values move the other way: reversal needed. A target already met is ``met`` (factor at most 0),
    no change so far is ``no_progress`` (no factor).

    Parameters and result as `eurostat`, with method ``"jmp"``; values of any sign.
    """
    reason = _reason(base, current, target, growth=False)
    left = years_between(current[0], target[0])
    if reason is None and left == 0:
        reason = "no_time_left"
    if reason:
        return _undefined("jmp", reason)
    direction = math.copysign(1.0, target[1] - base[1])
    needed = direction * (target[1] - current[1]) / left
    pace = direction * (current[1] - base[1]) / years_between(base[0], current[0])
    if needed <= 0:
        return _label("jmp", needed / pace, "met")
    if pace == 0:
        return Label("jmp", None, "no_progress", False, _rule("jmp"))
    factor = needed / pace
    label = "reversal_needed" if pace < 0 else "on_track" if factor <= 1.0 else "acceleration_needed"
    return _label("jmp", factor, label)


def official_labels(
    base: Point, current: Point, target: Point, series: Iterable[Point] | None = None
) -> tuple[Label, ...]:
    """All four labels, in the order of `METHODS`."""
    return (
        eurostat(base, current, target),
        un2026(base, current, target),
        escap(base, current, target, series),
        jmp(base, current, target),
    )


def _day(moment: Moment) -> date:
    if isinstance(moment, str | date):
        return to_date(moment)
    raise ValueError(f"cannot mix dates and decimal years: {moment!r} is neither a date nor an ISO string")


def _reason(base: Point, current: Point, target: Point, *, growth: bool) -> str | None:
    """First reason why a rule cannot be applied, or None."""
    values = (base[1], current[1], target[1])
    if not all(math.isfinite(value) for value in values):
        raise ValueError(f"base, current and target must be finite numbers, not {values}")
    if years_between(base[0], target[0]) <= 0:
        return "target_not_after_base"
    if years_between(base[0], current[0]) <= 0:
        return "no_time_passed"
    if years_between(current[0], target[0]) < 0:
        return "target_date_past"
    if target[1] == base[1]:
        return "target_is_base"
    if growth and (base[1] <= 0 or current[1] < 0 or target[1] < 0):
        return "not_positive"
    return None


def _log_rate(start: Point, end: Point) -> float:
    """Continuous growth rate a year; minus infinity when the end value is zero."""
    if end[1] <= 0:
        return -math.inf
    return math.log(end[1] / start[1]) / years_between(start[0], end[0])


def _growth(start: Point, end: Point) -> float:
    """Compound annual growth rate (a share, not per cent); capped far above any real rate so that it stays finite."""
    return math.expm1(min(_log_rate(start, end), 600.0))


def _weighted_line(times: list[float], values: list[float], at: float) -> float:
    """Value at time `at` of the straight line fitted by least squares with weights that rise with time."""
    first, last = min(times), max(times)
    gap = (last - first) / max(len(set(times)) - 1, 1)
    weights = [time - first + gap for time in times]
    total = math.fsum(weights)
    mean_time = math.fsum(w * t for w, t in zip(weights, times, strict=True)) / total
    mean_value = math.fsum(w * v for w, v in zip(weights, values, strict=True)) / total
    spread = math.fsum(w * (t - mean_time) ** 2 for w, t in zip(weights, times, strict=True))
    both = math.fsum(w * (t - mean_time) * (v - mean_value) for w, t, v in zip(weights, times, values, strict=True))
    return mean_value + both / spread * (at - mean_time)


def _step(value: float, bounds: tuple[float, ...], labels: tuple[str, ...]) -> str:
    """Label of the first bound that `value` reaches; a bound belongs to the better label."""
    for bound, label in zip(bounds, labels, strict=False):
        if value >= bound:
            return label
    return labels[-1]


def _rule(method: str) -> str:
    comparison, threshold = ON_TRACK_RULES[method]
    return f"value {comparison} {threshold:g}"


def _label(method: str, value: float, label: str, current_status: float | None = None) -> Label:
    comparison, threshold = ON_TRACK_RULES[method]
    on_track = value >= threshold if comparison == ">=" else value <= threshold
    if label == "reversal_needed":  # a negative factor is small, but the values move the wrong way
        on_track = False
    return Label(method, value, label, on_track, _rule(method), current_status=current_status)


def _undefined(method: str, reason: str) -> Label:
    return Label(method, None, "not_defined", None, _rule(method), reason=reason)
