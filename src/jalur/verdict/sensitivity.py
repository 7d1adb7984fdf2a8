"""What the verdict rests on: every source and figure left out in turn, other evidence, other shapes of growth."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from jalur.engine.prior import Prior, load_shapes
from jalur.verdict import model as v
from jalur.verdict.case import Question, TargetPath, capacity_of, probabilities, why_not


def variant(
    programme: Any,
    question: Question,
    path: TargetPath,
    kind: str,
    name: str,
    *,
    figures: pd.DataFrame | None = None,
    joint: bool = True,
    prior: Prior | None = None,
) -> v.Variant:
    """The probabilities of a question, as one row of a sensitivity table; None where the figures cannot carry any.

    Parameters
    ----------
    programme : jalur.ledger.programme.Programme
    question : Question
        Already changed in the way that `kind` and `name` describe, but for the figures where they are given.
    path : TargetPath
    kind, name : str
        What was changed, for the table.
    figures : DataFrame, optional
        The figures to use; those that the question selects by default.
    joint : bool
        Whether the joint probability is wanted; it costs a set of draws.
    prior : Prior, optional
        Other growth laws than the shipped ones.
    """
    chosen = question.select(programme) if figures is None else figures
    _, capacity = capacity_of(programme, question)
    if why_not(chosen, path, capacity, question.vintage) or capacity is None:
        return v.Variant(kind, name, len(chosen), tuple(None for _ in path.dates), None)
    single, together = probabilities(programme, chosen, capacity, path, question.seed, joint, prior)
    return v.Variant(kind, name, len(chosen), single, together)


def leave_out(
    programme: Any,
    question: Question,
    figures: pd.DataFrame,
    path: TargetPath,
    joint: float,
    milestones: tuple[v.Milestone, ...],
) -> v.Sensitivity:
    """Leave each issuing body and each figure out in turn, and let the growth curve have another shape.

    The most influential figure is the one whose absence moves the chance of the last milestone most.
    Probabilities of single dates are exact, so the ranges carry no simulation noise.
    """
    base = tuple(m.probability for m in milestones)

    def without(column: str, name: str, joint: bool) -> v.Variant:
        kept = figures[figures[column] != name]
        kind = "source" if column == "speaker_org" else "figure"
        return variant(programme, question, path, kind, name, figures=kept, joint=joint)

    bodies = sorted(set(figures["speaker_org"]))
    sources = tuple(without("speaker_org", body, True) for body in bodies if len(bodies) > 1)
    singles = tuple(without("id", row, False) for row in figures["id"])
    known = [s for s in singles if s.probabilities[-1] is not None]
    strongest = max(known, key=lambda s: abs((s.probabilities[-1] or 0) - (base[-1] or 0)), default=None)
    ends = [without("id", s.name, True) for s in _extremes(known)]
    shapes = by_shape(programme, question, figures, path)
    return v.Sensitivity(
        sources=sources,
        figures=singles,
        shapes=shapes,
        range_sources=_ranges(base, sources),
        range_figures=_ranges(base, singles),
        range_shapes=_ranges(base, shapes),
        joint_range_sources=_range([joint, *(s.joint_probability for s in sources)]),
        joint_range_figures=_range([joint, *(s.joint_probability for s in ends)]),
        joint_range_shapes=_range([joint, *(s.joint_probability for s in shapes)]),
        most_influential=strongest.name if strongest else None,
        most_influential_change=(strongest.probabilities[-1] or 0) - (base[-1] or 0) if strongest else None,
    )


def by_shape(programme: Any, question: Question, figures: pd.DataFrame, path: TargetPath) -> tuple[v.Variant, ...]:
    """The probabilities with each other shape of the growth curve, with weights learned for it."""
    return tuple(
        variant(programme, question, path, "shape", prior.links[0].family, figures=figures, prior=prior)
        for prior in load_shapes()
    )


def _extremes(rows: list[v.Variant]) -> list[v.Variant]:
    """The rows with the lowest and highest chance of any milestone: candidates for the ends of the joint range."""
    found: dict[str, v.Variant] = {}
    for k in range(len(rows[0].probabilities) if rows else 0):
        ordered = sorted(rows, key=lambda s: s.probabilities[k] or 0)
        found |= {ordered[0].name: ordered[0], ordered[-1].name: ordered[-1]}
    return list(found.values())


def _range(values: Iterable[float | None]) -> v.Interval | None:
    known = [x for x in values if x is not None]
    return (min(known), max(known)) if known else None


def _ranges(base: tuple[float | None, ...], rows: tuple[v.Variant, ...]) -> tuple[v.Interval, ...] | None:
    spans = [_range([base[k], *(s.probabilities[k] for s in rows)]) for k in range(len(base))]
    return tuple(s for s in spans if s is not None) or None
