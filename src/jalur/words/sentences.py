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

from jalur.dates import to_date
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
OLD_FIGURE = 45  # days from the last figure to the date of the brief from which on two paces are dated


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


def old_figure(verdict: Verdict) -> bool:
    """Whether the last figure is so much older than the brief that paces from the one and the other differ."""
    last = verdict.last_figure
    return bool(last) and (to_date(verdict.vintage) - to_date(last.date)).days > OLD_FIGURE


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
    hard = min((m for m in ahead if m.stage_required_monthly_additions), key=lambda m: m.probability, default=None)
    if hard and verdict.sign * hard.stage_required_monthly_additions > 0:
        needed, given = (
            verdict.sign * x for x in (hard.stage_required_monthly_additions, hard.stage_projected_monthly_additions)
        )
        # The last figure may bear the date of a milestone that has passed; the stretch then starts at the figure.
        before = [m for m in steps if m.date == hard.stage_from and m.date > verdict.vintage]
        values = dict(
            target=fmt.exact(hard.target),
            needed=fmt.amount(needed),
            projected=fmt.amount(given),
            noun=programme.noun[fmt.lang],
        )
        key = "short" if given < needed else "enough"
        if key == "enough" and not verdict.reaches(
            hard.median, hard.target
        ):  # the projection does not start from the last figure
            key = "lower"
        if before:
            start, _, target = fmt.path([before[0].target, hard.target]).partition(" \u2192 ")
            said.append(fmt.say(f"verdict.step_{key}", **values | {"start": start, "target": target}))
        elif old_figure(verdict):  # what is needed counts from the figure, what is projected from the brief
            days = {"last": fmt.day(verdict.last_figure.date), "cutoff": fmt.day(verdict.vintage)}
            said.append(fmt.say("verdict.hardest_dated", when=fmt.by(hard.date), **values | days))
        else:
            said.append(fmt.say(f"verdict.hardest_{key}", when=fmt.by(hard.date), **values))
    return said


def capacity_title(name: str, programme: Any, fmt: Format) -> str:
    """Words for a named capacity; the name itself where none are declared."""
    return next((c.title[fmt.lang] for c in programme.capacities if c.name == name), name)


def condition(verdict: Verdict, programme: Any, fmt: Format) -> tuple[str, list[str]]:
    """What the probability assumes about who can join: a head (may be empty) and sentences."""
    used, others = verdict.capacity, [c for c in verdict.capacities if not c.used]
    if verdict.joint_probability is None or not used:
        return "", []
    noun, p = programme.noun[fmt.lang], fmt.percent(verdict.joint_probability)
    level = fmt.level(used.units)
    grows: list[str] = []
    if used.units_80:
        low, high = (fmt.level(end) for end in used.units_80)
        grows = [fmt.say("condition.grows", when=fmt.by(verdict.milestones[-1].date), low=low, high=high)]
    if not others:
        return "", [fmt.say("condition.single", p=p, capacity=level, noun=noun), *grows]
    if not verdict.data_cannot_tell:
        moved = verdict.capacity_range or 0.0
        key, count = "condition.steady_point" if moved < 0.005 else "condition.steady", len(verdict.milestones)
        steady = fmt.counted(key, count, points=fmt.number(100 * moved))
        head = fmt.say("condition.head_steady" if moved <= STEADY_POINTS else "condition.head_some")
        return head, [fmt.say("condition.base", p=p, capacity=level, noun=noun), *grows, steady]
    said = [fmt.say("condition.base", p=p, capacity=level, noun=noun), *grows]
    shown = [_chances(c) for c in (used, *others[:2])]
    spans = [max(column) - min(column) for column in zip(*shown, strict=True)]
    # Where the chance of the whole path hardly moves, the milestone that moves most is what cannot be told.
    k = len(spans) - 1 if spans[-1] > CAPACITY_TOLERANCE else max(range(len(spans)), key=lambda i: spans[i])
    if k < len(verdict.milestones):
        m = verdict.milestones[k]
        words = {"target": fmt.exact(m.target), "when": fmt.by(m.date)}
        said.append(fmt.say("condition.step", p=fmt.percent(m.probability), **words))
    for case, chances in zip(others[:2], shown[1:], strict=True):
        key = "condition.case" if case.joint_probability is not None else "condition.case_impossible"
        chance = "" if case.joint_probability is None else fmt.percent(chances[k])
        said.append(
            fmt.say(key, name=capacity_title(case.name, programme, fmt), capacity=fmt.level(case.units), p=chance)
        )
    return fmt.say("condition.head"), [*said, fmt.say("condition.cannot_tell")]


def _chances(case: CapacityCase) -> list[float]:
    """Chance of each milestone and of the whole path; 0 under a capacity that the figures exceed already."""
    return [*(p or 0.0 for p in case.probabilities), case.joint_probability or 0.0]


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


def change_sentence(verdict: Verdict, fmt: Format) -> str:
    """Which choice about the evidence moves a chance most: that of a milestone ahead or of the whole path.

    Who can join counts with all milestones, as in the condition of the verdict, so that the two agree.
    """
    if verdict.milestones[-1].probability is None:
        return fmt.say("change.missing_text")
    moves, given = {}, verdict.sensitivity
    if len(verdict.capacities) > 1:
        columns = zip(*(_chances(c) for c in verdict.capacities), strict=True)
        moves["change.capacity_most"] = max(max(column) - min(column) for column in columns)
    for kind in ("source", "figure", "shape"):
        spans = list(getattr(given, f"range_{kind}s", None) or ())
        pairs = zip(verdict.milestones, spans, strict=False)  # no spans at all where no variant has a chance
        ahead = [span for m, span in pairs if m.date > verdict.vintage] or spans
        known = [high - low for low, high in (*ahead, *filter(None, [getattr(given, f"joint_range_{kind}s", None)]))]
        if known:
            moves[f"change.{kind}_most"] = max(known)
    if not moves or max(moves.values()) <= STEADY_POINTS:
        return fmt.say("change.little")
    return fmt.say(max(moves, key=lambda key: moves[key]))


def label_record(verdict: Verdict) -> LabelRow | None:
    """A label that says on track here and has a record of past cases; those cases were labelled on track as well."""
    rows = (row for row in verdict.labels if row.on_track)
    return next((row for row in rows if row.hit_rate is not None and row.cases), None)


def labels_sentences(verdict: Verdict, fmt: Format) -> list[str]:
    """Whether the official labels agree with the verdict, and how often such labels came true."""
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
    measured = label_record(verdict)
    if measured:
        said.append(
            fmt.say(
                "labels.hits",
                cases=fmt.number(measured.on_track_cases),
                hit=fmt.percent(measured.hit_rate),
                base=fmt.percent(measured.base_rate),
            )
        )
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
    wanted = [m.stage_required_monthly_additions for m in steps]
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


def pace_sub(verdict: Verdict, noun: str, scale: Scale, fmt: Format) -> str:
    """What the pace chart counts; from which days where the last figure is much older than the brief."""
    said = fmt.say("take.pace_sub" if scale.word else "take.pace_sub_plain", noun=noun, unit=scale.word)
    projected = any(m.stage_projected_monthly_additions is not None for m in verdict.milestones)
    if not projected or not old_figure(verdict):
        return said
    days = {"last": fmt.day(verdict.last_figure.date), "cutoff": fmt.day(verdict.vintage)}
    return f"{said}. {fmt.say('take.pace_dated', **days)}"


def pace_title(verdict: Verdict, fmt: Format) -> str:
    """The finding of the pace chart."""
    rows = [m for m in verdict.milestones if m.stage_required_monthly_additions is not None]
    if not rows or any(m.stage_projected_monthly_additions is None for m in rows):
        return fmt.say("take.pace_title.published" if rows else "take.pace_title.recent")
    needed = [verdict.sign * m.stage_required_monthly_additions for m in rows]
    given = [verdict.sign * m.stage_projected_monthly_additions for m in rows]
    if all(g >= n for g, n in zip(given, needed, strict=True)):
        there = all(verdict.reaches(m.median, m.target) for m in rows)
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
        key = "short" if short[0] is verdict.milestones[-1] else "short_one"
    return fmt.say(f"take.pace_title.{key}")


def levers(verdict: Verdict, programme: Any, fmt: Format) -> list[Markup]:
    """Speed, effort, reach and time, one entry each, where they can be given."""
    if verdict.joint_probability is None:
        return []
    said, noun = [], programme.noun[fmt.lang]
    ahead = [m for m in verdict.milestones if m.status == "open" and m.acceleration is not None]
    if ahead:
        m = max(ahead, key=lambda m: (m.acceleration, m.date))
        key = "lever.speed" if m.acceleration > 1 else "lever.speed_safe"
        if abs(m.acceleration - 1) < 0.05:
            key = "lever.speed_even"
        said.append(
            fmt.html(
                key,
                target=fmt.exact(m.target),
                factor=fmt.number(m.acceleration, 1 if m.acceleration >= 1 else 2),
            )
        )
    given = verdict.levers
    if given:
        said += [_two_steps("lever.effort", given.extra_monthly_additions, fmt, fmt.amount, noun)]
    if given and given.capacity_factor:
        said += [_two_steps("lever.reach", given.capacity_factor, fmt, lambda x: fmt.number(x, 1), noun)]
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


def _two_steps(key: str, changes: Mapping[str, float | None], fmt: Format, write: Any, noun: str) -> Markup:
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
