"""Made-up data folders of an office's size: ``python benchmarks/office.py FOLDER`` writes two of them.

``FOLDER/many`` has 2,000 programmes of 24 figures each, ``FOLDER/long`` one programme with 100,000 rows, of which a
third are statements of their own and the others repeats, as in the shipped ledger. The figures come from a fixed seed.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import sys
from pathlib import Path

from jalur.ledger import datapackage
from jalur.ledger.tables import columns

PROGRAMMES, ROWS_EACH, LONG = 2_000, 24, 100_000
FIRST, LAST = dt.date(2019, 1, 31), dt.date(2024, 12, 31)
MANIFEST = """\
title: {{en: Merchants of place {name}, id: Pedagang di tempat {name}}}
noun: {{en: merchants, id: pedagang}}
unit: merchants
selection: {{definitions: [registered]}}
capacities:
  - name: all_firms
    title: {{en: all firms, id: semua usaha}}
    units: {capacity}
    as_of: 2018-12-31
    source: made up
    assumption: true
    default: true
path:
  announced: 2022-03-31
  milestones: [{name}-goal-1, {name}-goal-2]
"""


def write_programme(data: Path, name: str, rows: int, seed: int) -> None:
    """Write the folder of one made-up programme: a count that grows towards a capacity, told by three bodies."""
    chance = random.Random(seed)
    capacity = chance.randrange(50_000, 500_000, 1_000)
    days = sorted(FIRST + (LAST - FIRST) * chance.random() for _ in range(rows))
    table, level, told = [], 0.05 * capacity, ("", "")
    for number, day in enumerate(days):
        level += (0.6 * capacity - level) * 1.2 * chance.random() / rows
        value, reported = str(round(level)), day + dt.timedelta(days=chance.randrange(0, 15))
        repeat = number % 3 > 0
        if not repeat:
            told = (f"{name}-{number:06d}", value)
        table.append(
            {
                "id": f"{name}-{number:06d}",
                "as_of": day.isoformat(),
                "as_of_precision": "day",
                "reported_on": reported.isoformat(),
                "reported_precision": "day",
                "value": told[1],
                "unit": "merchants",
                "qualifier": "exact",
                "kind": "level",
                "definition": "registered",
                "role": "repeat" if repeat else "observation",
                "repeats": told[0] if repeat else "",
                "lag_days": str((reported - day).days),
                "decimals": "0",
                "speaker_org": f"Body {chance.randrange(3)}",
                "publisher": "Paper",
                "url": f"https://example.org/{name}/{number}",
                "note": "Made up",
            }
        )
    targets = [
        {
            "id": f"{name}-goal-{k}",
            "target_date": f"{2022 + k}-12-31",
            "value": str(round(capacity * (0.3 + 0.1 * k))),
            "unit": "merchants",
            "stated_on": "2022-03-31",
            "speaker_org": "Body 0",
            "publisher": "Paper",
            "url": f"https://example.org/{name}/goal",
            "note": "Made up",
        }
        for k in (1, 2)
    ]
    folder = data / name
    folder.mkdir(parents=True)
    (folder / "programme.yml").write_text(MANIFEST.format(name=name.replace("_", "-"), capacity=capacity), "utf-8")
    for kind, lines in (("observations", table), ("targets", targets)):
        text = io.StringIO()
        writer = csv.DictWriter(text, columns(kind), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
        (folder / f"{kind}.csv").write_text(text.getvalue(), "utf-8")


def office(folder: Path, programmes: int = PROGRAMMES, rows: int = ROWS_EACH) -> Path:
    """Write a data folder of many small programmes."""
    for number in range(programmes):
        write_programme(folder, f"p{number:04d}", rows, number)
    datapackage.update(folder)
    return folder


def long_ledger(folder: Path, rows: int = LONG) -> Path:
    """Write a data folder of one programme with many rows."""
    write_programme(folder, "long", rows, 0)
    datapackage.update(folder)
    return folder


if __name__ == "__main__":
    place = Path(sys.argv[1])
    print(office(place / "many"), long_ledger(place / "long"))
