"""What the verdict rests on: every source and figure left out in turn, other evidence, other shapes of growth."""

from __future__ import annotations

from collections.abc import Iterable

from jalur.engine import prior
from jalur.verdict import model as v
from jalur.verdict.case import Case


def variant(case: Case, kind: str, name: str, *, joint: bool = True) -> v.Variant:
    """The probabilities of a case, as one row of a sensitivity table; None where the figures cannot carry any.

    Parameters
    ----------
    case : Case
        Already changed in the way that `kind` and `name` describe.
    kind, name : str
        What was changed, for the table.
    joint : bool
        Whether the joint probability is wanted; it costs a set of paths.
    """
    if case.problem:
        return v.Variant(kind, name, len(case.figures), (None,) * len(case.path.dates), None)
    return v.Variant(kind, name, len(case.figures), case.chances, case.joint if joint else None)


def leave_out(case: Case) -> v.Sensitivity:
    """Leave each issuing body and each figure out in turn, and let the growth curve have another shape.

    The most influential figure is the one whose absence moves the chance of the last milestone most.
    Probabilities of single dates are exact, so the ranges carry no simulation noise.
    """
    base, joint = case.chances, case.joint
    bodies = sorted(set(case.figures["speaker_org"]))
    sources = tuple(variant(case.without_sources(body), "source", body) for body in bodies if len(bodies) > 1)
    lesser = {row: case.without(row) for row in case.figures["id"]}
    singles = tuple(variant(less, "figure", row, joint=False) for row, less in lesser.items())
    known = [s for s in singles if s.probabilities[-1] is not None]
    strongest = max(known, key=lambda s: abs((s.probabilities[-1] or 0) - base[-1]), default=None)
    ends = [variant(lesser[s.name], "figure", s.name) for s in _extremes(known)]
    shapes = by_shape(case)
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
        most_influential_change=(strongest.probabilities[-1] or 0) - base[-1] if strongest else None,
    )


def by_shape(case: Case) -> tuple[v.Variant, ...]:
    """The probabilities with each other shape of the growth curve, with weights learned for it."""
    return tuple(variant(case.with_prior(laws), "shape", laws.links[0].family) for laws in prior.load_shapes())


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
