"""Verdicts of many shapes for the tests of the brief: sizes of programmes, numbers of milestones, every outcome.

The numbers are made up by a simple rule; only their shape matters here. The real programmes are tested beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from verdicts import made

from jalur.verdict import Verdict

URL = "https://example.org/page/"


@dataclass
class Case:
    """One programme at one vintage, as the charts and the brief take it."""

    name: str
    plain: dict[str, Any]
    figures: pd.DataFrame
    programme: Any
    extra: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict; `plain` is its JSON form, which a test may change."""
        return made(self.plain)


def figures(
    start: str, end: str, first: float, last: float, count: int, decimals: int, bodies: tuple[str, ...]
) -> pd.DataFrame:
    days = pd.date_range(start, end, periods=count) if count > 1 else pd.to_datetime([end] * count)
    levels = np.linspace(first, last, count) if count != 1 else np.array([last])
    return pd.DataFrame(
        {
            "id": [f"row-{k:03d}" for k in range(count)],
            "as_of": days.normalize(),
            "reported_on": days.normalize() + pd.Timedelta(days=3),
            "value": [round(float(x), decimals) for x in levels],
            "decimals": decimals,
            "qualifier": ["at_least" if k % 7 == 5 else "approx" for k in range(count)],
            "kind": "level",
            "definition": "count",
            "role": "observation",
            "speaker_org": [bodies[(k * 7) % 5 % len(bodies)] for k in range(count)],
            "publisher": "ANTARA",
            "url": [URL + str(k) for k in range(count)],
            "note": "",
        }
    )


def _fan(vintage: str, end: str, level: float, slope: float, width: float) -> list[dict[str, Any]]:
    rows, day, last = [], date.fromisoformat(vintage), date.fromisoformat(end)
    while day < last:
        rows.append(day)
        day = (day.replace(day=1) + timedelta(days=62)).replace(day=1) - timedelta(days=1)
        if day <= rows[-1]:
            day = rows[-1] + timedelta(days=31)
    rows.append(last)
    out = []
    for d in rows:
        t = (d - rows[0]).days / 365.25
        mid, sd = level + slope * t, width * (0.1 + t) * level
        z = {"q05": -1.64, "q10": -1.28, "q25": -0.67, "q50": 0.0, "q75": 0.67, "q90": 1.28, "q95": 1.64}
        out.append({"date": d.isoformat()} | {k: max(level * 0.97, mid + s * sd) for k, s in z.items()})
    return out


def case(
    name: str,
    vintage: str = "2022-03-31",
    targets: tuple[tuple[str, float], ...] = (("2022-12-31", 20e6), ("2023-12-31", 24e6), ("2024-12-31", 30e6)),
    data: pd.DataFrame | None = None,
    capacity: float | None = 65.47e6,
    probabilities: tuple[float, ...] = (0.776, 0.632, 0.356),
    joint: float | None = 0.346,
    reason: str | None = None,
    noun: str = "UMKM",
    subject: tuple[str, str] = ("in the digital marketplace", "di pasar digital"),
    slope: float = 4e6,
    width: float = 0.1,
    cannot_tell: bool = True,
    names: tuple[str, ...] = ("all_umkm", "online_umkm", "nonfarm_umk"),
) -> Case:
    """A verdict in the shape of `jalur.verdict.model.Verdict.to_dict`."""
    frame = (
        figures("2020-05-12", "2022-03-28", 8e6, 17.59e6, 30, -4, ("KemenKopUKM", "Kemenko Marves", "Presiden", "BPS"))
        if data is None
        else data
    )
    known = joint is not None
    last = (
        None
        if not len(frame)
        else {
            "id": frame["id"].iloc[-1],
            "date": frame["as_of"].iloc[-1].date().isoformat(),
            "value": float(frame["value"].iloc[-1]),
        }
    )
    level = last["value"] if last else 0.0
    end = max((d for d, _ in targets), default=vintage)
    fan = _fan(vintage, end, level, slope, width) if known and end > vintage else []
    milestones = []
    previous = (last["date"], level) if last else None
    for k, (day, target) in enumerate(targets):
        row = next((r for r in fan if r["date"] >= day), None)
        past, p = day <= vintage, probabilities[k] if known else None
        ahead = not past and previous is not None
        months = max((date.fromisoformat(day) - date.fromisoformat(previous[0])).days / 30.4375, 0.1) if ahead else 1
        status = "past" if past else "met" if known and p > 0.995 else "open"
        if capacity is not None and target > capacity:
            status = "exceeds_capacity"
        stage = (target - previous[1]) / months if ahead and status == "open" else None
        since = previous[0] if previous else None
        if status == "open":
            previous = (day, target)
        need = (
            (target - level) / max((date.fromisoformat(day) - date.fromisoformat(last["date"])).days / 30.4375, 0.1)
            if last and not past
            else None
        )
        q = row or ({f"q{n:02d}": level for n in (5, 10, 25, 50, 75, 90, 95)} if known else None)
        milestones.append(
            {
                "date": day,
                "target": target,
                "target_id": f"tgt-{k + 1:03d}",
                "status": status,
                "probability": p,
                "probability_class": "",
                "median": q and q["q50"],
                "interval_50": q and [q["q25"], q["q75"]],
                "interval_80": q and [q["q10"], q["q90"]],
                "interval_90": q and [q["q05"], q["q95"]],
                "required": None if need is None else {"monthly_additions": need, "cagr": 0.21, "link_slope": None},
                "required_monthly_additions": need,
                "stage_from": since if stage else None,
                "stage_required_monthly_additions": stage,
                "stage_projected_monthly_additions": slope / 12 * (1 - 0.15 * k) if stage and known else None,
                "stage_projected_monthly_additions_80": [slope / 12 * 0.4, slope / 12 * 1.6]
                if stage and known
                else None,
                "acceleration": 1.27 if stage and known else None,
                "levels": q and {"0.5": q["q50"], "0.8": q["q25"], "0.9": q["q10"]},
            }
        )
    used = None
    if capacity:
        shares = (1.0, 0.737, 0.401)
        capacities = [
            {
                "name": n,
                "units": capacity * s,
                "share": s,
                "as_of": "2019-12-31",
                "source": "KemenKopUKM",
                "url": URL + "cap",
                "used": s == 1.0,
                "probabilities": [x * s if known else None for x in probabilities[: len(targets)]],
                "joint_probability": joint * s if known else None,
                "note": None if known else reason,
            }
            for n, s in zip(names, shares, strict=False)
        ]
        used = capacities[0]
    else:
        capacities = []
    bodies = sorted(set(frame["speaker_org"]))
    singles = list(probabilities[: len(targets)])
    verdict = {
        "schema_version": "1.1",
        "programme": name,
        "vintage": vintage,
        "unit": noun,
        "announced": "2022-03-28",
        "announced_after_vintage": vintage < "2022-03-28",
        "base": None
        if last is None
        else {
            "id": frame["id"].iloc[0],
            "date": frame["as_of"].iloc[0].date().isoformat(),
            "value": float(frame["value"].iloc[0]),
        },
        "figures_used": list(frame["id"]),
        "last_figure": last,
        "milestones": milestones,
        "joint_probability": joint,
        "probability_class": "",
        "reason_code": reason,
        "reason": reason,
        "current_pace": None,
        "published_pace": [[12, "2021-03-17", slope / 9], [6, "2021-10-01", slope / 14]] if len(frame) > 8 else [],
        "first_passage": None
        if not known or not targets
        else {
            "target": targets[-1][1],
            "median": "2025-09-30",
            "interval_50": ["2024-08-31", "2031-12-31"],
            "interval_80": ["2023-12-31", None],
            "never_share": 0.238,
            "horizon": "2034-12-31",
            "distribution": [["2023-12-31", 0.1], ["2024-12-31", 0.35], ["2030-12-31", 0.7]],
        },
        "levers": None
        if not fan
        else {
            "extra_monthly_additions": {"0.5": slope / 60, "0.8": slope / 25},
            "capacity_factor": {"0.5": 1.4, "0.8": None},
            "capacity_factor_limit": 2.0,
            "faster": [[float(x), min(max(joint * (1 + x / 120), 0), 1)] for x in range(-50, 110, 10)],
        },
        "labels": [
            {
                "method": m,
                "value": x,
                "label": "on_track",
                "on_track": True,
                "rule": r,
                "stretch": "1.50 to 2.00 times, 2 to 4 years",
                "cases": 616,
                "on_track_cases": 418,
                "hit_rate": 0.31,
                "base_rate": 0.27,
            }
            for m, x, r in (
                ("eurostat", 1.58, "value >= 0.95"),
                ("un2026", 2.19, "value >= 0.95"),
                ("escap", -0.19, "value <= 0.1"),
                ("jmp", 0.88, "value <= 1"),
            )
        ]
        if len(frame) > 1 and targets
        else [],
        "capacity": used,
        "capacities": capacities,
        "capacity_range": 0.3 if cannot_tell and known else 0.1 if known else None,
        "data_cannot_tell": bool(cannot_tell and known),
        "sensitivity": None
        if not known
        else {
            "sources": [
                {
                    "kind": "source",
                    "name": b,
                    "figures": len(frame) - 3,
                    "probabilities": [min(x + 0.04, 1) for x in singles],
                    "joint_probability": min(joint + 0.05, 1),
                }
                for b in bodies
            ],
            "figures": [],
            "shapes": [
                {
                    "kind": "shape",
                    "name": name,
                    "figures": len(frame),
                    "probabilities": singles,
                    "joint_probability": joint,
                }
                for name in ("logistic", "bass", "saturating", "line")
            ],
            "range_sources": [[max(x - 0.05, 0), min(x + 0.04, 1)] for x in singles],
            "range_figures": [[max(x - 0.03, 0), min(x + 0.03, 1)] for x in singles],
            "range_shapes": [[max(x - 0.08, 0), min(x + 0.06, 1)] for x in singles],
            "joint_range_shapes": [joint * 0.9, min(joint * 1.15, 1)],
            "joint_range_sources": [joint * 0.8, min(joint * 1.2, 1)],
            "joint_range_figures": [joint * 0.95, min(joint * 1.1, 1)],
            "most_influential": frame["id"].iloc[-1],
            "most_influential_change": -0.02,
        },
        "kind_class": "digital",
        "without_class": joint * 0.9 if known else None,
        "outside": {
            "share": 0.42,
            "low": 0.09,
            "high": 0.82,
            "stretch": 1.7,
            "standing": False,
            "stretch_from": 1.5,
            "stretch_to": 2.0,
            "met": 17,
            "cases": 28,
            "families": 5,
            "combined": 0.4 if known else None,
            "alone": not known,
        }
        if targets and targets[-1][0] > vintage and (known or reason == "few_figures")
        else None,
        "scope": [{"name": "fast", "cases": 148, "families": 2, "holds": 0.845}] if cannot_tell and known else [],
        "fan": fan,
        "fitted": []
        if not known
        else [
            {"date": d.date().isoformat(), "level": float(x)}
            for d, x in zip(frame["as_of"], frame["value"], strict=True)
        ],
        "seed": 0,
        "draws": 20000,
        "engine_version": "1",
        "package_version": "0.1.0",
        "data_hash": "0f" * 32,
    }
    programme = SimpleNamespace(
        name=name,
        title={"en": "Digital UMKM", "id": "UMKM digital"},
        noun={"en": noun, "id": "koperasi modern" if "coop" in noun else noun},
        subject=dict(zip(("en", "id"), subject, strict=True)),
        unit=noun,
        source_kind="announcement",
        selection=SimpleNamespace(base=None),
        reference_source=bodies[0] if bodies else None,
        capacities=tuple(
            SimpleNamespace(
                name=c["name"],
                title={"en": "all " + c["name"], "id": "semua " + c["name"]},
                units=c["units"],
                as_of=c["as_of"],
                source=c["source"],
                url=c["url"],
                share=c["share"],
            )
            for c in capacities
        ),
        observations=frame,
    )
    return Case(name, verdict, frame, programme)


def cases() -> dict[str, Case]:
    """Every shape that the brief must hold."""
    many = ("Bank Indonesia Sumatera Utara", "Pemprov Sumatera Utara", "Dinas Koperasi")
    shop = dict(noun="UMKM", subject=("in the government e-catalogue", "di e-katalog pemerintah"))
    coop = dict(noun="modern cooperatives", subject=("", ""))
    none = figures("2022-01-01", "2022-01-01", 0, 0, 0, 0, ("KemenKopUKM",))
    one = figures("2023-12-31", "2023-12-31", 400, 400, 1, 0, ("KemenKopUKM",))
    path = (("2022-12-31", 250.0), ("2023-12-31", 400.0), ("2024-12-31", 500.0))
    found = [
        case("umkm"),
        case("very_likely", probabilities=(0.999, 0.97, 0.95), joint=0.94, slope=7e6, cannot_tell=False),
        case("hopeless", probabilities=(0.1, 0.02, 0.001), joint=0.0004, slope=0.4e6),
        case("wide", width=1.5),
        case(
            "half_past",
            vintage="2023-06-30",
            probabilities=(1.0, 0.6, 0.2),
            joint=0.19,
            data=figures(
                "2020-05-12",
                "2023-06-21",
                8e6,
                22.8e6,
                46,
                -5,
                ("KemenKopUKM", "Kemenko Marves", "Kemenko Perekonomian"),
            ),
        ),
        case(
            "all_past",
            vintage="2025-06-30",
            probabilities=(1.0, 0.9, 0.03),
            joint=0.03,
            data=figures(
                "2020-05-12", "2024-08-03", 8e6, 25e6, 53, -5, ("KemenKopUKM", "Kemenko Marves", "Kemenko Perekonomian")
            ),
        ),
        case(
            "shop",
            vintage="2022-10-31",
            targets=(("2022-12-31", 1e6),),
            probabilities=(0.08,),
            joint=0.08,
            capacity=65e6,
            slope=3e5,
            width=0.3,
            data=figures("2021-12-31", "2022-10-20", 46000, 310000, 7, 0, ("LKPP", "KemenKopUKM")),
            names=("all",),
            cannot_tell=False,
            **shop,
        ),
        case(
            "met",
            vintage="2022-10-31",
            targets=(("2022-12-31", 200000.0),),
            probabilities=(0.9999,),
            joint=0.9999,
            capacity=1e6,
            slope=4e4,
            data=figures("2018-02-28", "2022-09-20", 20000, 330000, 18, 0, ("Dinas PPKUKM DKI", "Pemprov DKI")),
            noun="registrants",
            names=("adults",),
            subject=("of Jakpreneur in Jakarta", "Jakpreneur di Jakarta"),
            cannot_tell=False,
        ),
        case(
            "two",
            vintage="2021-08-31",
            targets=(("2021-12-31", 486500.0), ("2022-12-31", 900000.0)),
            probabilities=(0.97, 0.4),
            joint=0.4,
            capacity=3e6,
            slope=3e5,
            data=figures("2020-01-31", "2021-08-20", 21000, 398000, 11, 0, many),
            noun="merchants",
            names=("firms", "shops"),
            subject=("with QRIS in North Sumatra", "pengguna QRIS di Sumatera Utara"),
            cannot_tell=False,
        ),
        case(
            "near",
            vintage="2022-03-31",
            targets=(("2022-05-31", 18e6), ("2022-08-17", 19e6), ("2022-12-31", 20e6)),
            probabilities=(0.5, 0.46, 0.4),
            joint=0.38,
        ),
        case(
            "many",
            targets=tuple((f"{y}-12-31", 18e6 + 2e6 * (y - 2021)) for y in range(2022, 2028)),
            probabilities=(0.8, 0.7, 0.6, 0.5, 0.4, 0.3),
            joint=0.3,
        ),
        case(
            "yearly",
            targets=tuple((f"{y}-12-31", 18e6 + 2e6 * (y - 2021)) for y in range(2022, 2030)),
            probabilities=tuple(0.9 - 0.1 * k for k in range(8)),
            joint=0.2,
        ),
        case("impossible", capacity=26.26e6, probabilities=(0.5, 0.012, 0.0), joint=0.0),
        case(
            "no_capacity",
            targets=path,
            data=figures("2021-12-31", "2023-12-31", 150, 400, 4, 0, ("KemenKopUKM",)),
            capacity=None,
            joint=None,
            reason="no_capacity",
            vintage="2022-12-31",
            **coop,
        ),
        case(
            "one", targets=path, data=one, capacity=None, joint=None, reason="few_figures", vintage="2024-01-31", **coop
        ),
        case(
            "none", targets=path, data=none, capacity=127000.0, joint=None, reason="no_figures", names=("all",), **coop
        ),
        case("no_path", targets=(), joint=None, reason="no_path", probabilities=()),
        case(
            "small",
            targets=path,
            data=figures("2020-12-31", "2022-03-15", 25, 140, 8, 0, ("KemenKopUKM", "LPDB-KUMKM")),
            capacity=127000.0,
            names=("all",),
            slope=110,
            width=0.3,
            cannot_tell=False,
            **coop,
        ),
    ]
    return {c.name: c for c in found}
