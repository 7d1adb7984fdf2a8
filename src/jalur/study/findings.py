"""What the notebooks say at their end: sentences of the catalogue, filled with results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from jalur.verdict import model as v
from jalur.words.format import Format, Scale

POINT = 0.01  # a change of a chance below this is none that a reader of whole per cent can see


def limits(verdict: v.Verdict, programme: Any, figures: pd.DataFrame, fmt: Format, record: dict[str, Any]) -> list[str]:
    """The limits of the claim, before any number."""
    say, when = fmt.say, fmt.day(verdict.vintage)
    said = [say("nb.limits.count_net" if programme.net else "nb.limits.count")]
    if len(figures):
        ends = {"first": fmt.month(figures["as_of"].min()), "last": fmt.month(figures["as_of"].max())}
        many = "one" if len(figures) == 1 else "many"
        said.append(say(f"nb.limits.figures.{many}", n=fmt.number(len(figures)), vintage=when, **ends))
    else:
        said.append(say("nb.limits.none", vintage=when))
    if verdict.announced_after_vintage and verdict.announced:
        said.append(say("nb.limits.later", date=fmt.day(verdict.announced)))
    if verdict.capacity is not None and verdict.joint_probability is not None:
        name = capacity_name(verdict.capacity.name, programme, fmt)
        said.append(
            say(
                "nb.limits.capacity",
                capacity=fmt.level(verdict.capacity.units),
                noun=programme.noun[fmt.lang],
                name=name,
            )
        )
    if verdict.data_cannot_tell and verdict.capacity_range is not None:
        said.append(say("nb.limits.cannot_tell", points=fmt.number(100 * verdict.capacity_range)))
    if "jalur" in record.get("methods", {}):
        said.append(say("nb.limits.record", ours=fmt.percent(record["methods"]["jalur"]["coverage_90"])))
    if verdict.reason_code:
        said.append(say("nb.limits.not_assessed", reason=verdict_reason(verdict, fmt)))
    return said


def coverage(record: dict[str, Any]) -> dict[str, Any] | None:
    """The measured coverage that the brief quotes: ours, the logistic curve's, and where we are furthest off."""
    methods = record.get("methods", {})
    if "jalur" not in methods:
        return None
    ours = methods["jalur"]
    worst = max(ours["reliability"], key=lambda row: abs(row["said"] - row["happened"]))
    peers = {name: methods[name]["coverage_90"] for name in ("line", "logistic") if name in methods}
    return {
        "tasks": ours["tasks"],
        "ours": ours["coverage_90"],
        "peers": peers,
        "said": worst["said"],
        "happened": worst["happened"],
    }


def verdict_reason(verdict: v.Verdict, fmt: Format) -> str:
    """Why no probability is given, in the reader's language."""
    from jalur.words import sentences as brief_text

    return str(brief_text.missing(verdict.to_dict(), fmt))


def capacity_name(name: str, programme: Any, fmt: Format) -> str:
    """Title of a named capacity; the name itself where it is not declared."""
    return next((c.title[fmt.lang] for c in programme.capacities if c.name == name), name)


def evidence(
    figures: pd.DataFrame,
    conflicts: pd.DataFrame,
    lags: pd.DataFrame,
    gaps: Iterable[Any],
    left_out: int,
    reference: str | None,
    fmt: Format,
) -> list[str]:
    """Findings about the published figures."""
    say, many = fmt.say, "one" if len(figures) == 1 else "many"
    if not len(figures):
        return [say("nb.caption.nothing")]
    said = [
        say(
            f"nb.finding.figures.{many}",
            n=fmt.number(len(figures)),
            bodies=fmt.number(figures["speaker_org"].nunique()),
        )
    ]
    ahead = max((g for g in gaps if g.median is not None), key=lambda g: g.median, default=None)
    if ahead is not None and ahead.median > 0.01 and reference:
        said.append(
            say(
                "nb.finding.bodies_ahead",
                body=fmt.body(ahead.body, start=True),
                gap=f"{fmt.number(100 * ahead.median, 1)}%",
                reference=fmt.body(reference),
            )
        )
    if len(conflicts):
        many = "one" if len(conflicts) == 1 else "many"
        widest = f"{fmt.number(100 * conflicts['relative'].max(), 1)}%"
        said.append(say(f"nb.finding.conflicts.{many}", n=fmt.number(len(conflicts)), widest=widest))
    else:
        said.append(say("nb.finding.no_conflicts"))
    days = {"median": fmt.number(lags["lag_days"].median()), "longest": fmt.number(lags["lag_days"].max())}
    said.append(say("nb.finding.lag", **days))
    if left_out:
        said.append(say(f"nb.finding.left_out.{'one' if left_out == 1 else 'many'}", n=fmt.number(left_out)))
    return said


def curves(fits: dict[str, Any], scale: Scale, fmt: Format) -> list[str]:
    """Findings about the fitted curves."""
    if not fits:
        return [fmt.say("nb.finding.too_few")]
    name, best = min(fits.items(), key=lambda pair: pair[1].aicc)
    family = fmt.say(f"chart.curve.{name}")
    typical = (best.residual_sum_of_squares / max(best.degrees_of_freedom, 1)) ** 0.5
    said = [fmt.say("nb.finding.best", family=family, value=scale.words(typical, 2))]
    if "logistic" in fits:
        logistic, found = fits["logistic"], fmt.say("chart.curve.logistic")
        low, high = logistic.profile_intervals["capacity"]
        if high is None:
            start = low if low is not None else float(max(logistic.y))
            said.append(fmt.say("nb.finding.ceiling_open", family=found, low=scale.words(start)))
        elif low is not None:
            said.append(fmt.say("nb.finding.ceiling", family=found, low=scale.words(low), high=scale.words(high)))
    watson = best.diagnostics().durbin_watson
    key = "nb.finding.correlated" if abs(watson - 2) > 0.5 else "nb.finding.independent"
    said.append(fmt.say(key, family=family, value=fmt.number(watson, 2)))
    return said


def reachability(verdict: v.Verdict, sentence: str, fmt: Format, scale: Scale) -> list[str]:
    """Findings about the path."""
    said = [sentence]
    chances = [(m.probability, m) for m in verdict.milestones if m.probability is not None]
    # Targets whose day has come count as well, as long as the figures leave open whether they were met.
    ahead = [(p, m) for p, m in chances if m.status in ("open", "exceeds_capacity")]
    unsettled = [(p, m) for p, m in chances if m.status == "past" and not (v.sure(p) or v.ruled_out(p))] + ahead
    if unsettled:
        _, hardest = min(unsettled, key=lambda pair: pair[0])
        said.append(
            fmt.say(
                "nb.finding.hardest",
                target=fmt.exact(hardest.target),
                when=fmt.by(hardest.date),
                p=fmt.percent(hardest.probability or 0.0),
            )
        )
    if ahead:
        last = ahead[-1][1]
        if last.stage_required_monthly_additions is not None and last.stage_projected_monthly_additions is not None:
            needed, projected = (
                fmt.amount(last.stage_required_monthly_additions),
                fmt.amount(last.stage_projected_monthly_additions),
            )
            said.append(fmt.say("nb.finding.pace", needed=needed, projected=projected))
    passage = verdict.first_passage
    if passage is not None and passage.median is not None and passage.median > verdict.vintage:
        words = {
            "target": fmt.exact(passage.target),
            "median": fmt.month(passage.median),
            "never": fmt.percent(passage.never_share),
        }
        said.append(fmt.say("nb.finding.passage", horizon=passage.horizon[:4], **words))
    return said


def record(measured: dict[str, Any], replayed: pd.DataFrame, fmt: Format) -> list[str]:
    """Findings about the track record."""
    methods, said = measured.get("methods", {}), []
    if "jalur" in methods and "logistic" in methods:
        ours, theirs = (fmt.percent(methods[name]["coverage_90"]) for name in ("jalur", "logistic"))
        said.append(fmt.say("nb.finding.coverage", ours=ours, logistic=theirs))
        worst = max(methods["jalur"]["reliability"], key=lambda row: abs(row["said"] - row["happened"]))
        said.append(
            fmt.say("nb.finding.reliability", said=fmt.percent(worst["said"]), happened=fmt.percent(worst["happened"]))
        )
    held = [
        bool(x)
        for x, ahead in zip(replayed["held_90"], replayed["ahead"], strict=True)
        if x is not None and not pd.isna(x) and ahead
    ]
    if len(held) == 1:
        said.append(fmt.say("nb.finding.replay.only_held" if held[0] else "nb.finding.replay.only_missed"))
    elif held:
        said.append(fmt.say("nb.finding.replay.several", held=fmt.number(sum(held)), all=fmt.number(len(held))))
    else:
        said.append(fmt.say("nb.finding.replay_none"))
    return said


def scenarios(verdict: v.Verdict, swings: Sequence[Any], fmt: Format, reason: str) -> list[str]:
    """Findings about the scenarios."""
    if not swings:
        return [reason]
    say, top = fmt.say, swings[0]
    moves = top.high - top.low >= POINT
    ends = {"low": fmt.percent(top.low), "high": fmt.percent(top.high)}
    said = [
        say("nb.finding.widest", choice=say(f"nb.choice.{top.choice}"), **ends)
        if moves
        else say("nb.finding.nothing_moves")
    ]
    found = verdict.sensitivity
    change = found.most_influential_change if found is not None else None
    if moves and found is not None and found.most_influential and change is not None and abs(change) < POINT:
        said.append(say("nb.finding.no_figure_moves"))
    elif moves and found is not None and found.most_influential and change is not None:
        before = verdict.milestones[-1].probability or 0.0
        after = before + change
        said.append(
            say(
                "nb.finding.influential",
                id=found.most_influential,
                before=fmt.percent(before),
                after=fmt.percent(after),
            )
        )
    extra = verdict.levers.extra_monthly_additions["0.5"] if verdict.levers else None
    if extra is not None and extra > 0:
        said.append(say("nb.finding.effort", extra=fmt.amount(extra)))
    return said
