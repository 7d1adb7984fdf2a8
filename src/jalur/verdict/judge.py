"""Is the path reachable, how likely, by when, at what pace? Turns a `Case` into a `Verdict`.

The statistics live in `jalur.engine`; here they are put beside the official path, the capacities and the official-style
labels. Nothing published after the vintage is used, and where the figures cannot carry a probability none is given.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from jalur import __version__, ledger
from jalur.dates import decimal_year, months_between
from jalur.engine import ENGINE_VERSION
from jalur.verdict import labels, measured, outside, pace, projection
from jalur.verdict import model as v
from jalur.verdict.case import Case, figure_of
from jalur.verdict.sensitivity import leave_out


def judge(case: Case, *, sensitivity: bool = True) -> v.Verdict:
    """Answer a question in full.

    Parameters
    ----------
    case : Case
    sensitivity : bool
        Whether each source and each figure is left out in turn (about one engine run a figure) and other growth
        curves are tried.

    Returns
    -------
    Verdict
        With probabilities None and a `reason` where the figures cannot carry any.

    Raises
    ------
    InputError
        A choice that does not exist (capacity, row id, body, date), naming what is allowed.
    """
    capacities = _capacities(case)
    known = replace(
        answer(case),
        base=_base(case),
        published_pace=pace.published_pace(case.figures),
        labels=_labels(case),
        capacity=next((c for c in capacities if c.used), None),
        capacities=capacities,
    )
    if case.problem:
        return known
    spread = _capacity_range(capacities)
    return replace(
        known,
        capacity_range=spread,
        data_cannot_tell=spread is not None and spread > v.CAPACITY_TOLERANCE,
        sensitivity=leave_out(case) if sensitivity else None,
        without_class=_without_class(case),
        **projection.project(case),
    )


def answer(case: Case) -> v.Verdict:
    """The part of a verdict that its sentence needs, at a tenth of the work of `judge` and with the same values.

    Returns
    -------
    Verdict
        Without ranges, levers, labels, other capacities and sensitivity.
    """
    problem, steps = case.problem, range(len(case.path.dates))
    return v.Verdict(
        programme=case.programme.name,
        vintage=case.vintage,
        unit=case.programme.unit,
        direction=case.programme.direction,
        announced=case.announced,
        announced_after_vintage=case.announced is not None and case.announced > case.vintage,
        figures_used=tuple(case.figures["id"]),
        last_figure=case.last_figure,
        milestones=tuple(
            _arithmetic(case, k) if problem else projection.milestone(case, k, case.chances[k]) for k in steps
        ),
        joint_probability=None if problem else case.joint,
        reason_code=problem.code if problem else None,
        reason=problem.sentence if problem else None,
        capacity=None if case.capacity is None else _capacity(case, used=True),
        kind_class=case.programme.kind_class,
        outside=_outside(case),
        scope=_scope(case),
        seed=case.question.seed,
        draws=case.question.draws,
        engine_version=ENGINE_VERSION,
        package_version=__version__,
        data_hash=ledger.data_hash(case.programme),
    )


def _without_class(case: Case) -> float | None:
    """The joint chance by the weights of all kinds alike; None where the declared class has no weights of its own."""
    state = case.state()
    plain = state.without_class
    if plain is state:
        return None
    return float(plain.joint_probability(case.path.times.tolist(), case.path.levels.tolist(), seed=case.question.seed))


def _rising(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Dates (decimal years) and levels that grow, one a date: the complement of a level that is to fall."""
    last = case.figures[case.figures["qualifier"] != "at_least"].groupby("as_of")["value"].last()
    levels = last.to_numpy(float)
    if case.falls and case.ceiling is not None:
        levels = case.ceiling - levels
    return np.array([decimal_year(day) for day in last.index]), levels


def _outside(case: Case) -> v.Outside | None:
    """How often official targets were met that asked for as much as the last target; None where nothing lies ahead.

    With one or two dates the engine gives no chance, and this stands alone.
    """
    alone = case.problem is not None
    if case.problem and (case.problem.code != "few_figures" or case.falls):
        return None
    t, y = _rising(case)
    target = float(case.path.targets[-1])
    target = case.ceiling - target if case.falls and case.ceiling is not None else target
    if not len(t) or case.path.times[-1] <= max(t[-1], case.now) or y[-1] >= target or case.out_of_reach(target):
        return None
    ratio = outside.stretch(t, y, target, float(case.path.times[-1])) if len(t) > 1 else None
    found = outside.outside_view(ratio)
    if found is None:
        return None
    together = None if alone or not _pool_helps(case) else outside.combine(case.chances[-1], found)
    return v.Outside(
        found.share, found.low, found.high, *_finite(ratio, found.stretch_from, found.stretch_to),
        met=found.met, cases=found.cases, families=found.families, combined=together, alone=alone,
    )  # fmt: skip


def _finite(
    ratio: float | None, low: float | None, high: float | None
) -> tuple[float | None, bool, float | None, float | None]:
    """Stretch, whether the count stood still, and the ends of the counted stretches; None for what is infinite."""
    ends = [None if x is None or np.isinf(x) else x for x in (ratio, low, high)]
    return ends[0], ratio is not None and bool(np.isinf(ratio)), ends[1], ends[2]


def _corners(case: Case) -> tuple[str, ...]:
    """Corners of the scope for which something was measured on official targets."""
    t, y = _rising(case)
    return outside.corners(t, y, case.capacity) if case.capacity and len(t) >= outside.FEWEST else ()


def _pool_helps(case: Case) -> bool:
    """Whether engine and outside view together had the lower Brier score on targets in the same corners."""
    found = [outside.measured(name) for name in _corners(case) or (outside.MIDDLE,)]
    return bool(found) and all(one is not None and one.brier_combined < one.brier for one in found)


def _scope(case: Case) -> tuple[v.ScopeNote, ...]:
    """Where the series lies outside of what was learned, with the coverage measured there."""
    if case.problem:
        return ()
    corners, notes = _corners(case), []
    for name in dict.fromkeys((*corners, *(flag for flag in case.state().scope.names if flag not in outside.CORNERS))):
        one = outside.measured(name) if name in corners else None
        notes.append(v.ScopeNote(name, *((one.cases, one.families, one.holds) if one else (None, None, None))))
    return tuple(notes)


def _arithmetic(case: Case, k: int) -> v.Milestone:
    """Milestone `k` with the arithmetic that can be given without a probability."""
    day, target, last = case.path.dates[k], case.path.targets[k], case.last_figure
    past = day <= case.vintage
    known = v.Milestone(
        date=day,
        target=target,
        target_id=case.path.ids[k],
        status=_status(case, k),
    )
    required = None if last is None or past else pace.required_pace(last.date, last.value, day, target, case.ceiling)
    if required is None:
        return known
    since, level = projection.stage_start(case, k)
    months = months_between(since, day)
    return replace(
        known,
        required=required,
        required_monthly_additions=required.monthly_additions,
        stage_from=since,
        stage_required_monthly_additions=(target - level) / months if months > 0 else None,
    )


def _status(case: Case, k: int) -> str:
    """Status of milestone `k` by the last figure alone."""
    target, last = case.path.targets[k], case.last_figure
    if case.path.dates[k] <= case.vintage:
        return "past"
    if case.out_of_reach(target):
        return "exceeds_capacity"
    return "met" if last is not None and case.reaches(last.value, target) else "open"


def _base(case: Case) -> v.Figure | None:
    """Where progress starts: the last figure at the announcement once there are later ones, else the first figure."""
    figures, path = case.figures, case.programme.path
    if not len(figures):
        return None
    if path:
        then = figures[figures["as_of"] <= pd.Timestamp(path.announced)]
        if 0 < len(then) < len(figures):
            return figure_of(then.iloc[-1])
    return figure_of(figures.iloc[0])


def _capacities(case: Case) -> tuple[v.CapacityCase, ...]:
    """The probabilities under every named capacity, and under the one of the question where it has no name."""
    share, rows = case.question.capacity_share, []
    for declared in case.programme.capacities:
        used = declared is case.declared
        rows.append(_with_chances(case if used else case.with_capacity(declared.name, share), used))
    if case.declared is None and case.capacity is not None:
        rows.append(_with_chances(case, used=True))
    return tuple(rows)


def _with_chances(case: Case, used: bool) -> v.CapacityCase:
    """The capacity of a case with its probabilities."""
    row = _capacity(case, used)
    if case.problem:
        return replace(row, note=case.problem.code)
    return replace(row, probabilities=case.chances, joint_probability=case.joint)


def _capacity(case: Case, used: bool) -> v.CapacityCase:
    """The capacity of a case without its probabilities."""
    record, share = case.declared, case.question.capacity_share
    assert case.capacity is not None
    return v.CapacityCase(
        name=record.name if record else "given",
        units=case.capacity,
        share=share * record.share if record else share,
        as_of=case.counted_on,
        source=record.source if record else "given by the analyst",
        url=record.url if record else "",
        used=used,
        probabilities=(None,) * len(case.path.dates),
        units_80=case.capacity_80,
    )


def _capacity_range(capacities: tuple[v.CapacityCase, ...]) -> float | None:
    """Largest move of any milestone's or the joint probability across the named capacities.

    A capacity under which no chance can be given, since the published figures exceed it, is ruled out and no choice.
    """
    known = [c for c in capacities if c.joint_probability is not None]
    rows = [[*(p or 0.0 for p in c.probabilities), c.joint_probability or 0.0] for c in known]
    return max(max(column) - min(column) for column in zip(*rows, strict=True)) if len(rows) > 1 else None


def _labels(case: Case) -> tuple[v.LabelRow, ...]:
    """Official-style labels for the last target, from the base to the last published figure."""
    figures, path, base, now = case.figures, case.path, _base(case), case.last_figure
    if base is None or now is None or figures["as_of"].nunique() < 2 or not path.dates:
        return ()
    target = (path.dates[-1], path.targets[-1])
    series = [(d.date().isoformat(), float(x)) for d, x in zip(figures["as_of"], figures["value"], strict=True)]
    rows = []
    for row in labels.official_labels((base.date, base.value), (now.date, now.value), target, series):
        past = measured.label_record(row.method, (now.date, now.value), target)
        counts = (past["cases"], past["on_track"], past["hit_rate"], past["base_rate"]) if past else (None,) * 4
        stretch = (past["stretch"], past["horizon"]) if past else (None, None)
        rows.append(v.LabelRow(row.method, row.value, row.label, row.on_track, row.rule, *stretch, *counts))
    return tuple(rows)
