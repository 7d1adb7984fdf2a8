"""Sentences of the brief: which sentence of the catalogue a verdict calls for, with its numbers.

Everything here is a choice between catalogue entries by what the verdict holds; no sentence is fixed and no number is
computed beyond differences and ratios of numbers in the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd
from markupsafe import Markup

from jalur.dates import months_between
from jalur.verdict.model import (
    CAPACITY_TOLERANCE,
    CapacityCase,
    LabelRow,
    Milestone,
    Verdict,
    ruled_out,
    sure,
)
from jalur.words.format import Format, Scale, capital

STEADY_POINTS = 0.1  # assumptions that move the chance by less than this do not change the verdict
RIGHT_AT = 0.005  # a middle projection this near to its target, as a share, is neither above nor below


def counted_things(programme: Any, fmt: Format) -> str:
    """What is counted and where: "UMKM in the digital marketplace"."""
    return " ".join(part for part in (programme.noun[fmt.lang], programme.subject[fmt.lang]) if part)


def question(verdict: Verdict, programme: Any, fmt: Format) -> str:
    """The question of the brief, its only first-level heading."""
    noun, subject, steps = programme.noun[fmt.lang], programme.subject[fmt.lang], verdict.milestones
    if not steps:
        return fmt.say("question.none", noun=noun, subject=subject).replace("  ", " ")
    last, whole_years = steps[-1], all(m.date.endswith("12-31") for m in steps)
    values = {"noun": noun, "subject": subject}
    if len(steps) == 1:
        words = fmt.say("question.one", targets=fmt.exact(last.target), when=fmt.by(last.date), **values)
    elif len(steps) <= (4 if whole_years else 2):
        when = fmt.deadlines(m.date for m in steps)
        words = fmt.say("question.path", targets=fmt.path(m.target for m in steps), when=when, **values)
    else:  # too long to name every step
        count, target = fmt.spelled(len(steps)), fmt.exact(last.target)
        words = fmt.say("question.long", n=count, target=target, when=fmt.by(last.date), **values)
    return words.replace("  ", " ")


def reached(verdict: Verdict) -> bool:
    """Whether the last published figure already stands at the last target or beyond it."""
    return verdict.reached


def status_word(milestone: Milestone, verdict: Verdict, fmt: Format) -> str:
    """The verdict of one milestone in a few words."""
    p, last = milestone.probability, verdict.last_figure
    if milestone.status == "exceeds_capacity":
        return fmt.say("status.exceeds_capacity")
    if p is None:
        return fmt.say("status.met" if milestone.status == "met" else "class.not_assessed")
    if sure(p) and (milestone.status == "past" or (last and verdict.reaches(last.value, milestone.target))):
        return fmt.say("status.met")
    if ruled_out(p) and milestone.status == "past":
        return fmt.say("status.missed")
    return fmt.short_class(p)


def missing(verdict: Verdict, fmt: Format) -> str:
    """Why no probability can be given, as the end of a sentence."""
    code, cutoff = verdict.reason_code, fmt.day(verdict.vintage)
    if code == "few_figures":
        count = len(verdict.figures_used)
        return (
            fmt.say("verdict.reason.few_dates", cutoff=cutoff)
            if count > 2
            else fmt.counted("verdict.reason.few_figures", count, cutoff=cutoff)
        )
    capacity = verdict.capacity
    return fmt.say(f"verdict.reason.{code}", cutoff=cutoff, capacity=fmt.level(capacity.units) if capacity else "")


def need(verdict: Verdict) -> Milestone | None:
    """The milestone that asks for most units a month from the last figure; None where nothing is left to do or known.

    The path needs all its milestones, so it needs the largest of their paces; of equal ones the later date is named.
    """
    sign = verdict.sign
    ahead = [m for m in verdict.milestones if sign * (m.required_monthly_additions or 0.0) > 0]
    return max(ahead, key=lambda m: (sign * m.required_monthly_additions, m.date), default=None)


def projected_pace(verdict: Verdict, milestone: Milestone) -> float | None:
    """Units a month towards the target by which the middle projection leads from the last figure to a milestone.

    It starts from the level and on the day from which the needed pace is counted, so that the two can be compared: it
    is the smaller one exactly where the middle projection stops short of the target.
    """
    last = verdict.last_figure
    if last is None or milestone.median is None or milestone.date <= last.date:
        return None
    return verdict.sign * (milestone.median - last.value) / months_between(last.date, milestone.date)


def sentence(verdict: Verdict, fmt: Format, emphasis: bool = False) -> Markup:
    """The verdict in one sentence (two where no probability can be given).

    Parameters
    ----------
    verdict : jalur.verdict.Verdict
    fmt : Format
    emphasis : bool
        Set the probability in bold.
    """
    p, steps = verdict.joint_probability, verdict.milestones
    if p is None and verdict.probability_class == "already_reached":
        there = fmt.html("verdict.met", target=fmt.exact(steps[-1].target), date=fmt.day(verdict.last_figure.date))
        return Markup("{} {}").format(there, fmt.html("verdict.met_unassessed", missing=missing(verdict, fmt)))
    if p is None:
        pace, last = need(verdict), verdict.last_figure
        tail = fmt.say("verdict.no_probability_short")
        if pace:
            needed = fmt.amount(verdict.sign * pace.required_monthly_additions)
            tail = fmt.say("verdict.no_probability", need=needed)
        elif reached(verdict):
            words = {"value": fmt.exact(last.value), "date": fmt.day(last.date)}
            tail += " " + fmt.say("verdict.above", target=fmt.exact(steps[-1].target), **words)
        tail = " ".join([tail, *outside(verdict, fmt)])
        return Markup("{} {}").format(fmt.html("verdict.not_assessed", missing=missing(verdict, fmt)), tail)
    if reached(verdict) and sure(p):
        return fmt.html("verdict.met", target=fmt.exact(steps[-1].target), date=fmt.day(verdict.last_figure.date))
    beyond = [m for m in steps if m.status == "exceeds_capacity"]
    if beyond:
        return fmt.html(
            "verdict.exceeds_capacity",
            target=fmt.exact(beyond[-1].target),
            capacity=fmt.level(verdict.capacity.units),
        )
    past = steps[-1].date <= verdict.vintage
    return fmt.verdict(p, len(steps), past=past, emphasis=emphasis)


def outside(verdict: Verdict, fmt: Format) -> list[str]:
    """How often official targets elsewhere were met that asked for about as much, and what follows for this one."""
    view = verdict.outside
    if view is None:
        return []
    low, high = (
        None if x is None else fmt.number(x, 0 if x % 1 == 0 else 1) for x in (view.stretch_from, view.stretch_to)
    )
    asked = "standing" if view.standing else "above" if high is None else "between" if view.stretch_from else "up_to"
    kind = "any" if low is high is None and not view.standing else asked
    ends = {"low": low, "high": high}
    counts = {"cases": fmt.number(view.cases), "met": fmt.number(view.met)}
    said = [fmt.say(f"sure.outside.{kind}", **counts, **ends)]
    share, last = fmt.percent(view.share), verdict.milestones[-1].probability
    if view.alone:
        span = {"low": fmt.percent(view.low), "high": fmt.percent(view.high)}
        return [*said, fmt.say("sure.outside_alone", share=share, **span)]
    if view.combined is not None:
        return [*said, fmt.say("sure.outside_together", share=share, p=fmt.percent(view.combined))]
    return [*said, fmt.say("sure.outside_share", share=share, p=fmt.percent(last))]


def scope(verdict: Verdict, fmt: Format) -> list[str]:
    """Where the series lies outside of what was learned, each with the coverage measured there."""
    said = []
    for note in verdict.scope:
        said.append(fmt.say(f"sure.scope.{note.name}"))
        if note.holds is not None:
            said.append(fmt.say("sure.scope_held", cases=fmt.number(note.cases), holds=fmt.percent(note.holds)))
    if verdict.scope and all(note.holds is None for note in verdict.scope):
        said.append(fmt.say("sure.scope_unmeasured"))
    return said


def class_part(verdict: Verdict, fmt: Format) -> list[str]:
    """What the declared class contributes to the chance of the path."""
    if verdict.without_class is None or verdict.kind_class is None:
        return []
    name = fmt.say(f"sure.class_name.{verdict.kind_class}")
    return [fmt.say("sure.class", name=name, p=fmt.percent(verdict.without_class))]


def reasons(verdict: Verdict, programme: Any, fmt: Format) -> list[str]:
    """One to three sentences on why: what is settled, which milestone is next, which is hardest."""
    steps, said = verdict.milestones, []
    if verdict.joint_probability is None:
        if verdict.reason_code in ("few_figures", "no_figures"):
            said.append(fmt.say("verdict.what_needed"))
        return said
    if reached(verdict) and not sure(verdict.joint_probability):
        said.append(fmt.say("verdict.passed_unsure"))
    past = [m for m in steps if m.status == "past"]
    if steps and len(past) == len(steps):
        return [fmt.counted("verdict.past", len(past)), *said]
    done = sum(sure(m.probability) for m in past)
    gone = sum(ruled_out(m.probability) for m in past)
    if done:
        said.append(capital(fmt.counted("verdict.reached", done)))
    if gone:
        said.append(capital(fmt.counted("verdict.missed", gone)))
    ahead = [m for m in steps if m.status == "open"]
    if len(ahead) > 1:
        m = ahead[0]
        said.append(
            fmt.say(
                "verdict.next",
                target=fmt.exact(m.target),
                when=fmt.by(m.date),
                word=fmt.short_class(m.probability),
                p=fmt.percent(m.probability),
            )
        )
    wanted = (m for m in ahead if verdict.sign * (m.required_monthly_additions or 0.0) > 0)
    hard = min(wanted, key=lambda m: m.probability, default=None)
    given = None if hard is None else projected_pace(verdict, hard)
    if hard is not None and given is not None:
        said.append(_hardest(verdict, hard, given, programme, fmt))
    return said


def _hardest(verdict: Verdict, hard: Milestone, given: float, programme: Any, fmt: Format) -> str:
    """What the milestone with the smallest chance takes, and what the middle projection gives from the same level."""
    values = dict(
        target=fmt.exact(hard.target),
        when=fmt.by(hard.date),
        needed=fmt.amount(abs(hard.required_monthly_additions)),
        noun=programme.noun[fmt.lang],
    )
    if given <= 0:
        return fmt.say("verdict.hardest_below", when=values["when"], last=fmt.exact(verdict.last_figure.value))
    projected = fmt.amount(given)
    if verdict.reaches(hard.median, hard.target):
        return fmt.say("verdict.hardest_enough", projected=projected, **values)
    gap = fmt.amount(abs(hard.target - hard.median))
    return fmt.say("verdict.hardest_short", projected=projected, gap=gap, **values)


def capacity_title(name: str, programme: Any, fmt: Format) -> str:
    """Words for a named capacity; the name itself where none are declared."""
    return next((c.title[fmt.lang] for c in programme.capacities if c.name == name), name)


def condition(verdict: Verdict, programme: Any, fmt: Format) -> tuple[str, list[str]]:
    """What the probability assumes about who can join: a head (may be empty) and sentences."""
    used, others = verdict.capacity, [c for c in verdict.capacities if not c.used]
    if verdict.joint_probability is None or not used:
        return "", []
    noun = programme.noun[fmt.lang]
    p = fmt.percent(verdict.joint_probability, certain=verdict.probability_class == "impossible")
    level = fmt.level(used.units)
    grows: list[str] = []
    if used.units_80:
        low, high = (fmt.level(end) for end in used.units_80)
        grows = [fmt.say("condition.grows", when=fmt.by(verdict.milestones[-1].date), low=low, high=high)]
    if not others:
        return "", [fmt.say("condition.single", p=p, capacity=level, noun=noun), *grows]
    said = [fmt.say("condition.base", p=p, capacity=level, noun=noun), *grows]

    def named(case: CapacityCase) -> dict[str, str]:
        return {"name": capacity_title(case.name, programme, fmt), "capacity": fmt.level(case.units)}

    out = [fmt.say("condition.ruled_out", **named(c)) for c in others if c.joint_probability is None]
    live = [c for c in others if c.joint_probability is not None]
    if not live:
        return "", [*said, *out]
    if not verdict.data_cannot_tell:
        moved = verdict.capacity_range or 0.0
        key, count = "condition.steady_point" if moved < 0.005 else "condition.steady", len(verdict.milestones)
        steady = fmt.counted(key, count, points=fmt.number(100 * moved))
        head = fmt.say("condition.head_steady" if moved <= STEADY_POINTS else "condition.head_some")
        return head, [*said, steady, *out]
    shown = [[*c.probabilities, c.joint_probability] for c in (used, *live)]
    spans = [max(column) - min(column) for column in zip(*shown, strict=True)]
    # Where the chance of the whole path moves less than that of a milestone, the milestone is what cannot be told.
    k = max(range(len(spans)), key=lambda i: (spans[i] > CAPACITY_TOLERANCE and i == len(spans) - 1, spans[i]))
    target = verdict.milestones[-1].target
    if k < len(verdict.milestones):
        m = verdict.milestones[k]
        words, target = {"target": fmt.exact(m.target), "when": fmt.by(m.date)}, m.target
        said.append(fmt.say("condition.step", p=fmt.percent(m.probability), **words))
    for case, chances in zip(live, shown[1:], strict=True):
        if beyond(verdict, case, target):
            said.append(fmt.say("condition.case_beyond", target=fmt.exact(target), **named(case)))
        else:
            said.append(fmt.say("condition.case", p=fmt.percent(chances[k]), **named(case)))
    return _condition_head(verdict, fmt), [*said, fmt.say("condition.cannot_tell"), *out]


def beyond(verdict: Verdict, case: CapacityCase, target: float) -> bool:
    """Whether a target cannot be reached under a capacity, whatever the growth; one that grows itself bars nothing."""
    return verdict.direction != "down" and case.units_80 is None and target > case.units


def _condition_head(verdict: Verdict, fmt: Format) -> str:
    """What the verdict depends on: who can join, after whatever moves it more."""
    spans = moves(verdict)
    most = max(spans, key=lambda key: spans[key])
    if most == "change.capacity_most":
        return fmt.say("condition.head")
    return f"{fmt.say(most)} {fmt.say('condition.head_too')}"


def fan_title(verdict: Verdict, figures: pd.DataFrame, fmt: Format) -> str:
    """The finding of the fan chart."""
    steps = verdict.milestones
    if reached(verdict):
        return fmt.say("fan.title.met")
    if verdict.joint_probability is None:
        return fmt.say("fan.title.published" if len(figures) else "fan.title.nothing")
    ahead = [m for m in steps if m.date > verdict.vintage]
    if not ahead:
        there = verdict.reaches(steps[-1].median, steps[-1].target)
        return fmt.say("fan.title.past_above" if there else "fan.title.past_below")
    # "Every target" and "the target" would speak of those that have passed, too.
    every, only = ("", "_one") if len(ahead) == len(steps) else ("_ahead", "_last")
    end = every if len(ahead) > 1 else only
    at = [m for m in ahead if abs(m.median / m.target - 1) < RIGHT_AT]
    above = [m for m in ahead if verdict.reaches(m.median, m.target) and m not in at]
    below = [m for m in ahead if not verdict.reaches(m.median, m.target) and m not in at]
    if at:  # too near to say on which side
        if above and not below:
            return fmt.say("fan.title.mixed_at", passed=targets(above, fmt), missed=targets(at, fmt))
        if len(ahead) == 1:
            return fmt.say(f"fan.title.at{end}")
        below = [m for m in ahead if m not in above]
    if not below:
        return fmt.say(f"fan.title.above{end}")
    if not above:
        return fmt.say(f"fan.title.below{end}")
    return fmt.say("fan.title.mixed", passed=targets(above, fmt), missed=targets(below, fmt))


def targets(milestones: Sequence[Milestone], fmt: Format) -> str:
    """A list of targets: "20 and 24 million"; the magnitude word stands once where all share it."""
    words = [fmt.exact(m.target) for m in milestones]
    tails = {w.rpartition("\u00a0")[2] if "\u00a0" in w else "" for w in words}
    if len(tails) == 1 and "" not in tails:
        words = [w.rpartition("\u00a0")[0] for w in words[:-1]] + words[-1:]
    return fmt.joined(words)


def moves(verdict: Verdict) -> dict[str, float]:
    """By how much each kind of choice moves a chance at most: that of a milestone ahead or of the whole path.

    Who can join counts with all milestones, as in the condition of the verdict, so that the two agree; a capacity that
    the figures have ruled out is no choice.

    Returns
    -------
    dict
        Key of the sentence that names the kind -> share.
    """
    found, given = {}, verdict.sensitivity
    if verdict.capacity_range is not None:
        found["change.capacity_most"] = verdict.capacity_range
    for kind in ("source", "figure", "shape"):
        spans = list(getattr(given, f"range_{kind}s", None) or ())
        pairs = zip(verdict.milestones, spans, strict=False)  # no spans at all where no variant has a chance
        ahead = [span for m, span in pairs if m.date > verdict.vintage] or spans
        known = [high - low for low, high in (*ahead, *filter(None, [getattr(given, f"joint_range_{kind}s", None)]))]
        if known:
            found[f"change.{kind}_most"] = max(known)
    return found


def change_sentence(verdict: Verdict, fmt: Format) -> str:
    """Which choice about the evidence moves a chance most."""
    if verdict.milestones[-1].probability is None:
        return fmt.say("change.missing_text")
    spans = moves(verdict)
    if not spans or max(spans.values()) <= STEADY_POINTS:
        return fmt.say("change.little")
    return fmt.say(max(spans, key=lambda key: spans[key]))


def label_records(verdict: Verdict) -> list[LabelRow]:
    """The formulas that say on track here and have a record of past cases, which they put on track as well."""
    return [row for row in verdict.labels if row.on_track and row.hit_rate is not None and row.cases]


def labels_sentences(verdict: Verdict, fmt: Format) -> list[str]:
    """What others' progress formulas say of the last target, and how often they came true."""
    rows = [row for row in verdict.labels if row.on_track is not None]
    if not rows:
        last, steps = verdict.last_figure, verdict.milestones
        late = last and steps and last.date >= steps[-1].date
        return [fmt.say("labels.too_late" if late else "labels.nothing")]
    on, p = sum(row.on_track for row in rows), verdict.milestones[-1].probability
    if on == len(rows):
        said = [fmt.counted("labels.all_on", on)]
    elif on:
        said = [capital(fmt.counted("labels.some_on", on, all=fmt.spelled(len(rows))))]
    else:
        said = [fmt.say("labels.none_on")]
    if p is not None:
        said.append(fmt.say("labels.disagree", p=fmt.percent(p)))
    measured = label_records(verdict)
    if measured:
        rates, bases = ([getattr(row, name) for row in measured] for name in ("hit_rate", "base_rate"))
        hit, base = (fmt.percent_span(min(shares), max(shares)) for shares in (rates, bases))
        said.append(fmt.say("labels.hits", hit=hit, base=base))
    return said


def take_sentences(verdict: Verdict, programme: Any, fmt: Format, last: Markup | None) -> list[Markup]:
    """What it would take: from where, how much a month, how fast lately; `last` is the cited last figure."""
    said: list[Markup] = []
    steps, noun = verdict.milestones, programme.noun[fmt.lang]
    hard, base = need(verdict), verdict.base
    final = next((m for m in reversed(steps) if m.required_monthly_additions), steps[-1] if steps else None)
    if final is not None and last is not None:
        values = dict(last=last, date=fmt.day(verdict.last_figure.date), target=fmt.exact(final.target))
        if reached(verdict):
            said.append(fmt.html("take.from_met", **values))
        elif all(m.date <= verdict.vintage for m in steps):
            gap = fmt.exact(verdict.sign * (final.target - verdict.last_figure.value))
            said.append(fmt.html(f"take.all_past.{'one' if len(steps) == 1 else 'many'}", gap=gap, **values))
        elif hard:  # the number belongs to the milestone that asks for most
            values |= {
                "target": fmt.exact(hard.target),
                "need": fmt.amount(verdict.sign * hard.required_monthly_additions),
            }
            said.append(fmt.html("take.from", when=fmt.by(hard.date), noun=noun, **values))
    elif final is not None and base is None:
        steps_known = sum(m.date > verdict.vintage for m in steps) > 1
        said.append(fmt.html("take.from_none" if steps_known else "take.from_nothing"))
    sign = verdict.sign
    pairs = {months: sign * pace for months, _, pace in verdict.published_pace}
    if pairs:
        said.append(_recent(pairs, fmt))
    wanted = [m.required_monthly_additions for m in steps]
    stages = [sign * pace for pace in wanted if pace is not None]
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


def pace_sub(noun: str, scale: Scale, fmt: Format) -> str:
    """What the pace chart counts."""
    return fmt.say("take.pace_sub" if scale.word else "take.pace_sub_plain", noun=noun, unit=scale.word)


def pace_title(verdict: Verdict, fmt: Format) -> str:
    """The finding of the pace chart."""
    rows = [m for m in verdict.milestones if m.required_monthly_additions is not None]
    if not rows or any(projected_pace(verdict, m) is None for m in rows):
        return fmt.say("take.pace_title.published" if rows else "take.pace_title.recent")
    needed = [verdict.sign * m.required_monthly_additions for m in rows]
    given = [projected_pace(verdict, m) for m in rows]
    if all(g >= n for g, n in zip(given, needed, strict=True)):
        return fmt.say("take.pace_title.enough")
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
        key = "short" if short[0] is verdict.milestones[-1] else "short_one"
    return fmt.say(f"take.pace_title.{key}")


def levers(verdict: Verdict, programme: Any, fmt: Format) -> list[Markup]:
    """Speed, effort, reach and time, one entry each, where they can be given."""
    if verdict.joint_probability is None:
        return []
    said, noun = [], programme.noun[fmt.lang]
    given, cutoff = verdict.levers, fmt.day(verdict.vintage)
    if given:
        aim = fmt.counted("lever.aim", len(verdict.milestones))
        said += [_speed(given.faster, aim, fmt)]
        said += [_two_steps("lever.effort", given.extra_monthly_additions, fmt, fmt.amount, noun, aim, cutoff=cutoff)]
    if given and given.capacity_factor:
        limit = fmt.number(int(10 * given.capacity_factor_limit) / 10, 1).removesuffix(".0").removesuffix(",0")
        said += [_two_steps("lever.reach", given.capacity_factor, fmt, _factor(fmt), noun, aim, limit=limit)]
    passage = verdict.first_passage
    if passage and not reached(verdict):
        target, never = fmt.exact(passage.target), passage.never_share
        horizon = passage.horizon[:4]
        if passage.median is None:
            said.append(fmt.html("lever.time_never", target=target, never=fmt.percent(never), horizon=horizon))
        elif not ruled_out(never):
            said.append(
                fmt.html(
                    "lever.time",
                    target=target,
                    median=fmt.month(passage.median),
                    never=fmt.percent(never),
                    horizon=horizon,
                )
            )
        else:
            said.append(fmt.html("lever.time_sure", target=target, median=fmt.month(passage.median)))
    return [line for line in said if line]


def _speed(faster: Sequence[tuple[float, float]], aim: str, fmt: Format) -> Markup:
    """The smallest speed tried that gives even odds of the whole path, or the largest slowdown that still does."""
    chances = dict(faster)
    today = chances.get(0.0)
    if today is None or sure(today) or (ruled_out(today) and max(chances.values()) == 0):
        return Markup("")
    even = [percent for percent, p in chances.items() if p >= 0.5]
    if today >= 0.5:
        slow = min(even)
        return _at_speed("speed_safe", slow, chances[slow], aim, fmt) if slow < 0 else Markup("")
    if even:
        return _at_speed("speed", min(even), chances[min(even)], aim, fmt)
    return _at_speed("speed_none", max(chances), chances[max(chances)], aim, fmt)


def _at_speed(key: str, percent: float, chance: float, aim: str, fmt: Format) -> Markup:
    return fmt.html(f"lever.{key}", percent=f"{fmt.number(abs(percent))}%", p=fmt.percent(chance), aim=aim)


def _factor(fmt: Format) -> Any:
    """Writes a factor, with the second decimal where one alone would round it to 1."""
    return lambda x: fmt.number(x, 1 if x >= 1.05 else 2)


def _two_steps(
    key: str, changes: Mapping[str, float | None], fmt: Format, write: Any, noun: str, aim: str, **more: str
) -> Markup:
    """A lever with its least change for 50 % and for 80 %; a step already taken is not printed."""
    half, most = changes.get("0.5"), changes.get("0.8")
    neutral = 1.0 if key == "lever.reach" else 0.0
    moved = {name: x for name, x in (("half", half), ("most", most)) if x is not None and x > neutral + 1e-9}
    if key == "lever.reach" and (half == 1.0 and most == 1.0):
        return Markup("")
    if len(moved) == 2:
        return fmt.html(f"{key}_two", half=write(half), most=write(most), noun=noun, aim=aim, **more)
    if moved:
        return fmt.html(
            f"{key}_{next(iter(moved))}", noun=noun, aim=aim, **{name: write(x) for name, x in moved.items()}, **more
        )
    if key == "lever.effort" and most is not None:
        return fmt.html("lever.effort_none", aim=aim)
    return fmt.html("lever.reach_none", aim=aim, **more) if key == "lever.reach" and half is None else Markup("")
