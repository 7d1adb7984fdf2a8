"""An office's size: two thousand programmes, and one with a hundred thousand rows; wall time of whole commands."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import office
from measure import ENVIRONMENT, Row, Steps, wall

STEPS = 6
FIGURE = ("value=123,456", "as_of=2025-01-15", "speaker_org=Body 1", "publisher=Paper", "url=https://example.org/")


def measure(step: Steps) -> tuple[list[Row], list[str]]:
    """Times of adding, asking and checking against fixed aims, and the memory of a check against a hundredth of it."""
    with tempfile.TemporaryDirectory() as place:
        step("an office: making its data")
        few = office.office(Path(place) / "few", office.PROGRAMMES // 100)
        many, long = office.office(Path(place) / "many"), office.long_ledger(Path(place) / "long")
        size = f"{office.PROGRAMMES:,} programmes"

        def timed(task: str, seconds: float, *words: str) -> Row:
            step(f"an office: {task}")
            taken = sorted(wall([sys.executable, "-m", "jalur", *words], Path(place)) for _ in range(3))[1]
            return Row(task, taken, f"{seconds:g} s", seconds, taken / seconds, 1)

        asked = ("--vintage", "2023-06-30", "--data")
        rows = [
            timed(f"`jalur verdict` beside {size}", 0.6, "verdict", "--programme", "p0007", *asked, str(many)),
            timed(f"`jalur verdict` on {office.LONG:,} rows", 5, "verdict", "--programme", "long", *asked, str(long)),
            timed(f"`jalur check` of {size}", 20, "check", "--data", str(many)),
            timed(f"`jalur add` beside {size}", 1, "add", "p0007", "--data", str(many), *FIGURE),
        ]
        step("an office: memory of a check")
        used, other = _memory(many), _memory(few)
        rows.append(
            Row(f"memory of `jalur check`, {size}", used, "a hundredth of them", other, used / other, 1.2, "MiB")
        )
    return rows, [
        f"The programmes of the office are made up, {office.ROWS_EACH} figures each (`benchmarks/office.py`)."
    ]


def _memory(data: Path) -> float:
    """Largest memory of a check, in MiB; it must find something or nothing, and not break."""
    code = "import resource, sys; from jalur.ledger import check; check.faults(sys.argv[1]); "
    code += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    run = subprocess.run(
        [sys.executable, "-c", code, str(data)], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return float(run.stdout)
