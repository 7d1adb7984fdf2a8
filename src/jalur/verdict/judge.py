"""Is the path reachable, how likely, by when, at what pace? Turns a `Case` into a `Verdict`.

The statistics live in `jalur.engine`; here they are put beside the official path, the capacities and the official-style
labels. Nothing published after the vintage is used, and where the figures cannot carry a probability none is given.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from jalur import __version__, ledger
from jalur.dates import months_between
from jalur.engine import ENGINE_VERSION
from jalur.verdict import labels, measured, pace, projection
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
        seed=case.question.seed,
        draws=case.question.draws,
        engine_version=ENGINE_VERSION,
        package_version=__version__,
        data_hash=ledger.data_hash(case.programme),
    )


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
