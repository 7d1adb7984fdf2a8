"""Sentences of the brief on what the path would take: the needed pace, the published pace, the levers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from markupsafe import Markup

from jalur.words.format import Format, Scale
from jalur.words.sentences import Data, need, old_figure, reached


def take_sentences(verdict: Data, programme: Any, fmt: Format, last: Markup | None) -> list[Markup]:
    """What it would take: from where, how much a month, how fast lately; `last` is the cited last figure."""
    said: list[Markup] = []
    steps, noun = verdict["milestones"], programme.noun[fmt.lang]
    hard, base = need(verdict), verdict["base"]
    final = next((m for m in reversed(steps) if m["required_monthly_additions"]), steps[-1] if steps else None)
    if final is not None and last is not None:
        values = dict(last=last, date=fmt.day(verdict["last_figure"]["date"]), target=fmt.exact(final["target"]))
        if reached(verdict):
            said.append(fmt.html("take.from_met", **values))
        elif all(m["date"] <= verdict["vintage"] for m in steps):
            gap = fmt.exact(final["target"] - verdict["last_figure"]["value"])
            said.append(fmt.html(f"take.all_past.{'one' if len(steps) == 1 else 'many'}", gap=gap, **values))
        elif hard:  # the number belongs to the milestone that asks for most
            values |= {"target": fmt.exact(hard["target"]), "need": fmt.amount(hard["required_monthly_additions"])}
            said.append(fmt.html("take.from", when=fmt.by(hard["date"]), noun=noun, **values))
    elif final is not None and base is None:
        steps_known = sum(m["date"] > verdict["vintage"] for m in steps) > 1
        said.append(fmt.html("take.from_none" if steps_known else "take.from_nothing"))
    pairs = {row[0]: row[2] for row in verdict["published_pace"]}
    if pairs:
        said.append(_recent(pairs, fmt))
    stages = [m["stage_required_monthly_additions"] for m in steps if m["stage_required_monthly_additions"] is not None]
    rising = len(stages) > 1 and all(a < b for a, b in pairwise(stages))
    if rising and pairs.get(6, 0.0) < 0:
        said.append(fmt.html("take.rising_falling"))
    elif rising and 12 in pairs and 6 in pairs and pairs[6] < 0.9 * pairs[12]:
        said.append(fmt.html("take.rising_slowing"))
    elif rising:
        said.append(fmt.html("take.rising"))
    return said


def _recent(pairs: dict[int, float], fmt: Format) -> Markup:
    """How much the last months brought, or by how much the count fell; two windows where both are known."""
    words = {f"m{months}": fmt.amount(abs(pace)) for months, pace in pairs.items() if months in (12, 6)}
    fell = {months: pace < 0 for months, pace in pairs.items()}
    if len(words) == 2:
        turn = {(False, False): "", (False, True): "_turned", (True, False): "_back", (True, True): "_fell"}
        return fmt.html(f"take.recent_two{turn[fell[12], fell[6]]}", **words)
    months = next(iter(pairs))
    return fmt.html(f"take.recent_{months}{'_fell' if fell[months] else ''}", **words)


def pace_sub(verdict: Data, noun: str, scale: Scale, fmt: Format) -> str:
    """What the pace chart counts; from which days where the last figure is much older than the brief."""
    said = fmt.say("take.pace_sub" if scale.word else "take.pace_sub_plain", noun=noun, unit=scale.word)
    projected = any(m["stage_projected_monthly_additions"] is not None for m in verdict["milestones"])
    if not projected or not old_figure(verdict):
        return said
    days = {"last": fmt.day(verdict["last_figure"]["date"]), "cutoff": fmt.day(verdict["vintage"])}
    return f"{said}. {fmt.say('take.pace_dated', **days)}"


def pace_title(verdict: Data, fmt: Format) -> str:
    """The finding of the pace chart."""
    rows = [m for m in verdict["milestones"] if m["stage_required_monthly_additions"] is not None]
    needed = [m["stage_required_monthly_additions"] for m in rows]
    given = [m["stage_projected_monthly_additions"] for m in rows]
    if not rows or None in given:
        return fmt.say("take.pace_title.published" if rows else "take.pace_title.recent")
    if all(g >= n for g, n in zip(given, needed, strict=True)):
        there = all(m["median"] >= m["target"] for m in rows)
        return fmt.say("take.pace_title.enough" if there else "take.pace_title.mixed")
    up = len(rows) > 1 and all(a < b for a, b in pairwise(needed))
    down = len(rows) > 1 and all(a > b for a, b in pairwise(given))
    if up and down:
        return fmt.say("take.pace_title.falls")
    short = [m for m, g, n in zip(rows, given, needed, strict=True) if g < n]
    if len(short) == len(rows):
        key = "short_path" if len(rows) == 1 else "short_every"
    elif len(short) > 1:
        key = "short_most" if 2 * len(short) > len(rows) else "short_some"
    else:  # a target above the capacity has no stretch, so the last one shown need not be the last one
        key = "short" if short[0] is verdict["milestones"][-1] else "short_one"
    return fmt.say(f"take.pace_title.{key}")


def levers(verdict: Data, programme: Any, fmt: Format) -> list[Markup]:
    """Speed, effort, reach and time, one entry each, where they can be given."""
    if verdict["joint_probability"] is None:
        return []
    said, noun = [], programme.noun[fmt.lang]
    ahead = [m for m in verdict["milestones"] if m["status"] == "open" and m["acceleration"] is not None]
    if ahead:
        m = max(ahead, key=lambda m: (m["acceleration"], m["date"]))
        key = "lever.speed" if m["acceleration"] > 1 else "lever.speed_safe"
        if abs(m["acceleration"] - 1) < 0.05:
            key = "lever.speed_even"
        said.append(
            fmt.html(
                key,
                target=fmt.exact(m["target"]),
                factor=fmt.number(m["acceleration"], 1 if m["acceleration"] >= 1 else 2),
            )
        )
    given = verdict["levers"]
    if given:
        said += [_two_steps("lever.effort", given["extra_monthly_additions"], fmt, fmt.amount, noun)]
        said += [_two_steps("lever.reach", given["capacity_factor"], fmt, lambda x: fmt.number(x, 1), noun)]
    passage = verdict["first_passage"]
    if passage and not reached(verdict):
        target, never = fmt.exact(passage["target"]), passage["never_share"]
        horizon = passage["horizon"][:4]
        if passage["median"] is None:
            said.append(fmt.html("lever.time_never", target=target, never=fmt.percent(never), horizon=horizon))
        elif never >= 0.005:
            said.append(
                fmt.html(
                    "lever.time",
                    target=target,
                    median=fmt.month(passage["median"]),
                    never=fmt.percent(never),
                    horizon=horizon,
                )
            )
        else:
            said.append(fmt.html("lever.time_sure", target=target, median=fmt.month(passage["median"])))
    return [line for line in said if line]


def _two_steps(key: str, changes: Data, fmt: Format, write: Any, noun: str) -> Markup:
    """A lever with its least change for 50 % and for 80 %; a step already taken is not printed."""
    half, most = changes.get("0.5"), changes.get("0.8")
    neutral = 1.0 if key == "lever.reach" else 0.0
    moved = {name: x for name, x in (("half", half), ("most", most)) if x is not None and x > neutral + 1e-9}
    if key == "lever.reach" and (half == 1.0 and most == 1.0):
        return Markup("")
    if len(moved) == 2:
        return fmt.html(f"{key}_two", half=write(half), most=write(most), noun=noun)
    if moved:
        return fmt.html(f"{key}_{next(iter(moved))}", noun=noun, **{name: write(x) for name, x in moved.items()})
    if key == "lever.effort" and most is not None:
        return fmt.html("lever.effort_none")
    return fmt.html("lever.reach_none") if key == "lever.reach" and half is None else Markup("")
