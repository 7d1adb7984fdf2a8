"""Sentences follow from the verdict: properties over generated verdicts and over the programmes of the ledger."""

import re
from dataclasses import replace
from html import unescape
from unittest.mock import Mock

import pytest
from brief_cases import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from verdicts import made

from jalur.brief import tables
from jalur.verdict import Verdict
from jalur.verdict.case import Case
from jalur.verdict.judge import judge
from jalur.verdict.model import CAPACITY_TOLERANCE
from jalur.words import sentences as text
from jalur.words.format import LANGUAGES, Format

CASES = cases()
FORMATS = [Format(lang) for lang in LANGUAGES]
SMALL, NONE_BELOW = "<1%", re.compile(r"[Nn]o wider capacity|Kapasitas yang lebih luas saja")
chance = st.integers(0, 10_000).map(lambda n: n / 10_000)
factor = st.one_of(st.none(), st.just(1.0), st.floats(1.01, 1.99))


def plain(words: object) -> str:
    return unescape(str(words)).replace("\u00a0", " ")


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    """A verdict on a path of one to three targets whose parts agree with each other, as those of a judged case do."""
    base = CASES["umkm"].plain
    count = draw(st.integers(1, 3))
    steps, last = [], base["last_figure"]["value"]
    for m in base["milestones"][:count]:
        median = draw(st.floats(0.9 * last, 2.0 * m["target"]))
        steps.append(m | {"probability": draw(chance), "median": median})
    joint = draw(st.floats(0, 1)) * min(m["probability"] for m in steps)
    rows = []
    for k, (case, units) in enumerate(zip(base["capacities"], (65e6, 48e6, draw(st.floats(18e6, 40e6))), strict=True)):
        none = k > 0 and draw(st.booleans()) and draw(st.booleans())  # the figures exceed it
        chances = [m["probability"] for m in steps] if k == 0 else [draw(chance) for _ in steps]
        chances = [0.0 if m["target"] > units else p for m, p in zip(steps, chances, strict=True)]
        whole = joint if k == 0 else min(chances) * draw(st.floats(0, 1))
        known = {"probabilities": [None] * count, "joint_probability": None, "note": "figures_exceed_capacity"}
        rows.append(case | {"units": units, "probabilities": chances, "joint_probability": whole, "note": None})
        rows[-1] |= known if none else {}
    live = [[*c["probabilities"], c["joint_probability"]] for c in rows if c["joint_probability"] is not None]
    moved = max(max(column) - min(column) for column in zip(*live, strict=True)) if len(live) > 1 else None
    spans = {f"range_{kind}s": [sorted((draw(chance), draw(chance))) for _ in steps] for kind in ("source", "figure")}
    labels = [row | {"on_track": draw(st.booleans()), "hit_rate": draw(chance)} for row in base["labels"]]
    half = draw(factor)
    tried = sorted(draw(st.lists(chance, min_size=16, max_size=16)))
    levers = base["levers"] | {
        "capacity_factor": {"0.5": half, "0.8": None if half is None else draw(factor)},
        "capacity_factor_limit": draw(st.floats(1.05, 9.0)),
        "faster": [[10.0 * (k - 5), p] for k, p in enumerate(tried)],
    }
    return made(
        base
        | {
            "milestones": steps,
            "joint_probability": joint,
            "capacity": rows[0],
            "capacities": rows,
            "capacity_range": moved,
            "data_cannot_tell": moved is not None and moved > CAPACITY_TOLERANCE,
            "sensitivity": base["sensitivity"] | spans,
            "labels": labels,
            "levers": levers,
        }
    )


def check_reach(v: Verdict, programme: object, fmt: Format) -> None:
    """A lever claims nothing of what was not tried, and one yardstick serves speed and slider."""
    said = [plain(line) for line in text.levers(v, programme, fmt)]
    reach = [line for line in said if {"en": "Reach", "id": "Jangkauan"}[fmt.lang] in line]
    assert not any(NONE_BELOW.search(line) for line in said)
    if v.levers and v.levers.capacity_factor and v.levers.capacity_factor.get("0.5") is None:
        (named,) = re.findall(r"[\d.,]+(?= (?:times|kali))", reach[0])
        assert float(named.replace(",", ".")) <= v.levers.capacity_factor_limit + 1e-9
    speed = [line for line in said if {"en": "Speed", "id": "Kecepatan"}[fmt.lang] in line]
    if speed and v.levers:
        percents = [fmt.percent(p) for _, p in v.levers.faster]
        assert any(f"{x} " in speed[0] or speed[0].endswith(f"{x}.") for x in percents), speed


def check_capacities(v: Verdict, programme: object, fmt: Format) -> None:
    """A capacity that the figures exceed is ruled out and nothing else; what matters most has the largest span."""
    head, lines = text.condition(v, programme, fmt)
    said = plain(" ".join(lines))
    for c in v.capacities:
        if c.joint_probability is None:
            words = {"name": text.capacity_title(c.name, programme, fmt), "capacity": fmt.level(c.units)}
            assert plain(fmt.say("condition.ruled_out", **words)) in said
    live = [[*c.probabilities, c.joint_probability] for c in v.capacities if c.joint_probability is not None]
    moved = max(max(column) - min(column) for column in zip(*live, strict=True)) if len(live) > 1 else 0.0
    if fmt.say("condition.cannot_tell") in lines:
        assert moved > CAPACITY_TOLERANCE
    spans = {"capacity": moved}
    ahead = [m.date > v.vintage for m in v.milestones]
    for kind in ("source", "figure", "shape"):
        rows = list(getattr(v.sensitivity, f"range_{kind}s", None) or ()) if v.sensitivity else []
        rows = [row for row, later in zip(rows, ahead, strict=False) if later] or rows
        joint = getattr(v.sensitivity, f"joint_range_{kind}s", None) if v.sensitivity else None
        spans[kind] = max([b - a for a, b in (*rows, *([joint] if joint else []))], default=0.0)
    most = text.change_sentence(v, fmt)
    for kind, span in spans.items():
        if most == fmt.say(f"change.{kind}_most"):
            assert span == pytest.approx(max(spans.values()))
        if head.startswith(fmt.say(f"change.{kind}_most")) or (
            kind == "capacity" and head == fmt.say("condition.head")
        ):
            assert span == pytest.approx(max(spans.values()))


def check_labels(v: Verdict, fmt: Format) -> None:
    """Others' formulas are our calculation; the rate printed is that of every formula that says on track here."""
    said = plain(" ".join(text.labels_sentences(v, fmt)))
    rows = [row for row in v.labels if row.on_track is not None]
    if rows:
        assert {"en": "our calculation", "id": "hitungan kami"}[fmt.lang] in said
    rates = [row.hit_rate for row in rows if row.on_track and row.hit_rate is not None and row.cases]
    if rates:
        assert plain(fmt.percent_span(min(rates), max(rates))) in said


def check_pace(v: Verdict, programme: object, fmt: Format) -> None:
    """Need and projection start from one level: the projection gives less exactly where it stops short."""
    for sentence in map(plain, text.reasons(v, programme, fmt)):
        assert not re.search(r"starts lower|Proyeksi berangkat|^The step from|^Tahap dari", sentence)
    wanted = [m for m in v.milestones if m.status == "open" and v.sign * (m.required_monthly_additions or 0) > 0]
    for m in wanted:
        given_ = text.projected_pace(v, m)
        if given_ is None or m.median is None:
            continue
        needed = v.sign * m.required_monthly_additions
        if abs(m.median / m.target - 1) > 1e-4:
            assert (given_ >= needed) == v.reaches(m.median, m.target)


def check_impossible(v: Verdict, programme: object, fmt: Format) -> None:
    """A target beyond a capacity is impossible with it, never a small chance."""
    for name, rows in tables.sensitivity(v, programme, fmt, Mock(capacity=lambda c: "")):
        if name != fmt.say("change.capacity_group"):
            continue
        others = [c for c in v.capacities if not c.used]
        for c, (_, cells) in zip(others, rows, strict=True):
            shown = v.milestones[-tables.COLUMNS :]
            beyond = [v.direction != "down" and m.target > c.units and c.joint_probability is not None for m in shown]
            for out, cell in zip(beyond, cells, strict=False):
                assert not (out and cell in (SMALL, "0%"))
            if any(beyond) and len(shown) > 1:
                assert cells[-1] not in (SMALL, "0%")


def check_levels(v: Verdict, fmt: Format) -> None:
    """Half a chance is no promise, and no row of single dates is headed as a path."""
    assert all(name != "50%" for name, _ in tables.levels(v.milestones, fmt.scale(30e6), fmt))
    assert {"en": "that date alone", "id": "tanggal itu saja"}[fmt.lang] in fmt.say("take.levels_sub_plain")


def check_all(v: Verdict, programme: object) -> None:
    for fmt in (one.counting(v.unit, v.direction) for one in FORMATS):
        check_reach(v, programme, fmt)
        if v.joint_probability is not None:
            check_capacities(v, programme, fmt)
            check_impossible(v, programme, fmt)
        check_labels(v, fmt)
        check_pace(v, programme, fmt)
        check_levels(v, fmt)


CHECKS = {
    "reach": check_reach,
    "capacities": check_capacities,
    "pace": check_pace,
    "impossible": check_impossible,
    "labels": lambda v, programme, fmt: check_labels(v, fmt),
    "levels": lambda v, programme, fmt: check_levels(v, fmt),
}


@pytest.mark.parametrize("name", CHECKS)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
@given(verdict=verdicts())
def test_sentences_follow_from_any_verdict(name: str, verdict: Verdict) -> None:
    for fmt in FORMATS:
        CHECKS[name](verdict, CASES["umkm"].programme, fmt)


REAL = [
    ("umkm_onboarding", ("2021-06-30", "2022-03-31", "2022-12-31", "2023-12-31", "2024-12-31")),
    ("ekatalog_products", ("2022-03-31", "2022-10-31")),
    ("ekatalog_umkm", ("2022-10-31", "2023-06-30")),
    ("modern_cooperatives", ("2022-06-30", "2024-10-31")),
    ("jakarta_jakpreneur", ("2021-03-31", "2021-12-31", "2022-06-30")),
    ("sumut_qris", ("2021-06-30", "2021-10-31", "2021-12-31")),
    ("bali_qris", ("2021-10-31", "2022-03-31", "2022-12-31")),
]


@pytest.mark.parametrize(("name", "vintage"), [(name, day) for name, days in REAL for day in days])
def test_sentences_follow_from_the_programmes_of_the_ledger(programmes, name: str, vintage: str) -> None:
    programme = programmes(name)
    check_all(judge(Case.of(programme, vintage), sensitivity=True), programme)


def test_a_refuted_capacity_is_ruled_out_and_no_dependence(programmes) -> None:
    umkm, fmt = programmes("umkm_onboarding"), Format("en")
    found = judge(Case.of(umkm, "2024-12-31"), sensitivity=False)
    refuted = replace(found.capacities[0], used=False, joint_probability=None, probabilities=(None,) * 3)
    others = tuple(c for c in found.capacities if c.joint_probability is not None)
    assert found.capacity_range == max(
        max(column) - min(column)
        for column in zip(*([*c.probabilities, c.joint_probability] for c in others), strict=True)
    )
    head, lines = text.condition(replace(found, capacities=(*others, refuted)), umkm, fmt)
    assert "ruled out" in lines[-1]
    assert head != fmt.say("condition.head")
