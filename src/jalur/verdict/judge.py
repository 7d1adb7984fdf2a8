"""Is the path reachable, how likely, by when, at what pace? Turns a programme at a vintage into a `Verdict`.

The statistics live in `jalur.engine.outlook`; here they are put beside the official path, the capacities and the
official-style labels. Nothing published after the vintage is used, and where the figures cannot carry a
probability none is given.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from jalur import __version__, ledger
from jalur.engine import outlook
from jalur.verdict import labels, measured, pace, projection
from jalur.verdict import model as v
from jalur.verdict import sensitivity as leave_out
from jalur.verdict.case import Question, TargetPath, capacity_of, iso, path_of, probabilities, why_not


def assess(programme: Any, vintage: str | date, *, sensitivity: bool = True, **choices: Any) -> v.Verdict:
    """Judge the official path of a programme by what was known at a vintage.

    Parameters
    ----------
    programme : jalur.ledger.programme.Programme
        As loaded by `jalur.ledger.selection.load`.
    vintage : str or date
        ISO date. Figures reported later are not used.
    sensitivity : bool
        Whether each source and each figure is left out in turn (about one engine run a figure) and other growth
        curves are tried.
    **choices
        Fields of `Question`.

    Returns
    -------
    Verdict
        With probabilities None and a `reason` where the figures cannot carry any.

    Raises
    ------
    InputError
        A choice that does not exist (capacity, row id, body, date), naming what is allowed.
    """
    question = Question(vintage=ledger.vintage_day(vintage).isoformat(), **choices)
    return judge(programme, question, sensitivity=sensitivity)


def judge(programme: Any, question: Question, *, sensitivity: bool = True) -> v.Verdict:
    """Answer a question that stands already; see `assess`."""
    path, figures = path_of(programme, question), question.select(programme)
    _, capacity = capacity_of(programme, question)
    problem = why_not(figures, path, capacity, question.vintage)
    last = _figure(figures.iloc[-1]) if len(figures) else None
    common = dict(
        schema_version=v.SCHEMA_VERSION,
        programme=programme.name,
        vintage=question.vintage,
        unit=programme.unit,
        announced=iso(programme.path.announced) if programme.path and question.targets is None else None,
        announced_after_vintage=bool(
            programme.path and question.targets is None and iso(programme.path.announced) > question.vintage
        ),
        base=_base(programme, figures),
        figures_used=tuple(figures["id"]),
        last_figure=last,
        published_pace=pace.published_pace(figures),
        labels=_labels(programme, figures, path),
        seed=question.seed,
        draws=question.draws,
        engine_version=outlook.ENGINE_VERSION,
        package_version=__version__,
        data_hash=ledger.data_hash(programme),
    )
    capacities = _capacities(programme, question, figures, path)
    used = next((c for c in capacities if c.used), None)
    if problem:
        milestones = tuple(_bare_milestone(question, path, k, last, capacity) for k in range(len(path.dates)))
        return v.Verdict(
            milestones=milestones,
            joint_probability=None,
            probability_class="not_assessed",
            reason_code=problem[0],
            reason=problem[1],
            current_pace=None,
            first_passage=None,
            levers=None,
            capacity=used,
            capacities=capacities,
            capacity_range=None,
            data_cannot_tell=False,
            sensitivity=None,
            fitted=(),
            fan=(),
            **common,
        )
    assert capacity is not None
    result = projection.project(programme, question, figures, path, capacity)
    spread = _capacity_range(capacities)
    left_out = None
    if sensitivity:
        joint, milestones = result["joint_probability"], result["milestones"]
        left_out = leave_out.leave_out(programme, question, figures, path, joint, milestones)
    return v.Verdict(
        reason_code=None,
        reason=None,
        capacity=used,
        capacities=capacities,
        capacity_range=spread,
        data_cannot_tell=spread is not None and spread > v.CAPACITY_TOLERANCE,
        sensitivity=left_out,
        **result,
        **common,
    )


def _figure(row: pd.Series) -> v.Figure:
    return v.Figure(row["id"], row["as_of"].date().isoformat(), float(row["value"]))


def _base(programme: Any, figures: pd.DataFrame) -> v.Figure | None:
    """Where progress starts: the last figure at the announcement once there are later ones, else the first figure."""
    if not len(figures):
        return None
    if programme.path:
        then = figures[figures["as_of"] <= pd.Timestamp(iso(programme.path.announced))]
        if 0 < len(then) < len(figures):
            return _figure(then.iloc[-1])
    return _figure(figures.iloc[0])


def _bare_milestone(
    question: Question, path: TargetPath, k: int, last: v.Figure | None, capacity: float | None
) -> v.Milestone:
    """A milestone with the arithmetic that can be given without a probability."""
    day, target = path.dates[k], path.targets[k]
    past = day <= question.vintage
    required = pace.required_pace(last.date, last.value, day, target, capacity) if last and not past else None
    before = [i for i in range(k) if path.dates[i] > question.vintage]
    since, level = (
        (path.dates[before[-1]], path.targets[before[-1]])
        if before
        else (last.date, last.value)
        if last
        else (None, None)
    )
    months = pace.months_between(since, day) if since else 0
    return v.Milestone(
        date=day,
        target=target,
        target_id=path.ids[k],
        status="past" if past else "exceeds_capacity" if capacity is not None and target > capacity else "open",
        probability=None,
        probability_class="not_assessed",
        median=None,
        interval_50=None,
        interval_80=None,
        interval_90=None,
        required=required,
        required_monthly_additions=required.monthly_additions if required else None,
        stage_from=since if required else None,
        stage_required_monthly_additions=(target - level) / months
        if required and level is not None and months > 0
        else None,
        stage_projected_monthly_additions=None,
        stage_projected_monthly_additions_80=None,
        acceleration=None,
        levels=None,
    )


def _capacities(
    programme: Any, question: Question, figures: pd.DataFrame, path: TargetPath
) -> tuple[v.CapacityCase, ...]:
    """The probabilities under every named capacity, and under the one of the question where it has no name."""
    chosen, units = capacity_of(programme, question)
    cases = [
        (c.name, c.units * question.capacity_share, c.share * question.capacity_share, c, c is chosen)
        for c in programme.capacities
    ]
    if chosen is None and units is not None:
        cases.append(("given", units, question.capacity_share, None, True))
    rows = []
    for name, level, share, record, used in cases:
        problem = why_not(figures, path, level, question.vintage)
        single, joint = (
            ((None,) * len(path.dates), None)
            if problem
            else probabilities(programme, figures, level, path, question.seed)
        )
        as_of = iso(record.as_of) if record is not None and record.as_of is not None else None
        source, url = (record.source, record.url) if record is not None else ("given by the analyst", "")
        rows.append(
            v.CapacityCase(name, level, share, as_of, source, url, used, single, joint, problem[0] if problem else None)
        )
    return tuple(rows)


def _capacity_range(capacities: tuple[v.CapacityCase, ...]) -> float | None:
    """Largest move of any milestone's or the joint probability across the named capacities.

    A capacity that the published figures already exceed counts as chance 0: under it the count could not grow at all.
    """
    rows = [[*(p or 0.0 for p in c.probabilities), c.joint_probability or 0.0] for c in capacities]
    return max(max(column) - min(column) for column in zip(*rows, strict=True)) if len(rows) > 1 else None


def _labels(programme: Any, figures: pd.DataFrame, path: TargetPath) -> tuple[v.LabelRow, ...]:
    """Official-style labels for the last target, from the base to the last published figure."""
    if figures["as_of"].nunique() < 2 or not path.dates:
        return ()
    base, now = _base(programme, figures), _figure(figures.iloc[-1])
    assert base is not None
    target = (path.dates[-1], path.targets[-1])
    series = [(d.date().isoformat(), float(x)) for d, x in zip(figures["as_of"], figures["value"], strict=True)]
    rows = []
    for row in labels.official_labels((base.date, base.value), (now.date, now.value), target, series):
        past = measured.label_record(row.method, (now.date, now.value), target)
        counts = (past["cases"], past["on_track"], past["hit_rate"], past["base_rate"]) if past else (None,) * 4
        stretch = (past["stretch"], past["horizon"]) if past else (None, None)
        rows.append(v.LabelRow(row.method, row.value, row.label, row.on_track, row.rule, *stretch, *counts))
    return tuple(rows)
