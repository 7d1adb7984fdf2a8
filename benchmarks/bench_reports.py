"""Speed of the runner as ratios, all measured in one run on the machine at hand.

    python benchmarks/bench_reports.py [--quick]

The measure is the wall time of one bare ``papermill`` run of a notebook that only imports pandas, matplotlib and
statsmodels: what any report costs before it says anything. It is taken before, between and after the other
measurements, and its median is used, since other programs on the machine move it. ``--quick`` leaves out the matrix.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PROGRAMMES = ("umkm_onboarding", "modern_cooperatives", "ekatalog_umkm", "ekatalog_products")
VINTAGES = ("2021-12-31", "2022-03-31", "2022-12-31", "2023-06-30", "2023-12-31", "2024-12-31")
IMPORTS = "import pandas\nimport matplotlib.pyplot\nimport statsmodels.api"


@dataclass(frozen=True)
class Row:
    """One ratio: what was measured, the two times in seconds, and the aim for their ratio."""

    task: str
    ours: float
    other: float
    against: str
    aim: float

    @property
    def ratio(self) -> float:
        """Ours as a share of the other."""
        return self.ours / self.other


def wall(command: Sequence[str], cwd: Path) -> float:
    """Seconds that a command takes; it must succeed."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return time.perf_counter() - started


def report(out: Path, *more: str) -> list[str]:
    """The command that makes reports into a folder."""
    return [sys.executable, "-m", "jalur", "report", "--out", str(out), *more]


class Bench:
    """The measurements, with a bare papermill run between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bare_times: list[float] = []
        self.notebook = folder / "imports.ipynb"
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        cell = {"cell_type": "code", "id": "imports", "metadata": {}, "execution_count": None, "outputs": []}
        content = {"cells": [{**cell, "source": IMPORTS}], "metadata": {"kernelspec": kernel}, "nbformat": 4}
        content["metadata"]["language_info"] = {"name": "python"}
        self.notebook.write_text(json.dumps({**content, "nbformat_minor": 5}))

    def bare(self) -> None:
        """Take the measure once more."""
        files = [str(self.notebook), str(self.folder / "out.ipynb")]
        self.bare_times.append(wall([sys.executable, "-m", "papermill", *files, "--no-progress-bar"], self.folder))

    def timed(self, command: Sequence[str], turns: int = 1) -> float:
        """Median seconds of a command, with the measure taken before each turn."""
        taken = []
        for _ in range(turns):
            self.bare()
            taken.append(wall(command, self.folder))
        return statistics.median(taken)

    def main_job(self) -> float:
        """All notebooks and both briefs of the default study, into an empty folder."""
        out = self.folder / "main"
        taken = []
        for _ in range(3):
            shutil.rmtree(out, ignore_errors=True)
            taken.append(self.timed(report(out)))
        return statistics.median(taken)

    def warm_up(self) -> float:
        """From nothing to the first result of a worker, a notebook without content."""
        nothing = self.folder / "nothing"
        nothing.mkdir()
        content = json.loads(self.notebook.read_text())
        content["cells"][0] |= {"source": 'programme: str = "x"', "metadata": {"tags": ["parameters"]}}
        (nothing / "01_nothing.ipynb").write_text(json.dumps(content))
        return self.timed(report(self.folder / "out", "--notebooks", str(nothing), "--only", "01_nothing"))

    def matrix(self, jobs: int) -> tuple[float, list[dict]]:
        """Seconds for 48 briefs with so many workers, and what the manifests say of each."""
        out = self.folder / f"matrix-{jobs}"
        asked = ["--programme", *PROGRAMMES, "--vintage", *VINTAGES, "--only", "brief", "--jobs", str(jobs)]
        self.bare()
        seconds = wall(report(out, *asked), self.folder)
        work = [e for path in out.rglob("manifest.json") for e in json.loads(path.read_text())["work"].values()]
        assert len(work) == len(PROGRAMMES) * len(VINTAGES) * 2
        return seconds, sorted(work, key=lambda entry: entry["finished"])

    def again(self) -> float:
        """The same matrix once more: everything is up to date."""
        asked = ["--programme", *PROGRAMMES, "--vintage", *VINTAGES, "--only", "brief"]
        return wall(report(self.folder / "matrix-2", *asked), self.folder)


def measure(quick: bool = False) -> tuple[list[Row], list[str]]:
    """All ratios, and sentences on what they rest on."""
    with tempfile.TemporaryDirectory(prefix="jalur-bench-") as name:
        bench = Bench(Path(name))
        main, warm = bench.main_job(), bench.warm_up()
        verdict = bench.timed([sys.executable, "-m", "jalur", "verdict"], turns=5)
        imports = bench.timed([sys.executable, "-c", "import pandas, scipy.stats"], turns=5)
        one = two = again = None
        notes = []
        if not quick:
            two, work = bench.matrix(2)
            one, _ = bench.matrix(1)
            again = bench.again()
            tenth, last = (statistics.median(e["peak_mib"] for e in work[k : k + 6]) for k in (7, 42))
            notes.append(
                f"Peak memory of a worker's process: {tenth:.0f} MiB around the 10th brief, {last:.0f} MiB at the 48th."
            )
        bare = statistics.median(bench.bare_times)
    papermill, briefs = "one bare papermill run", len(PROGRAMMES) * len(VINTAGES) * 2
    rows = [
        Row("main job: six notebooks, both briefs", main, bare, papermill, 2.0),
        Row("`jalur verdict`, the whole process", verdict, imports, "`import pandas, scipy.stats`", 1.2),
        Row("start of the workers to a first result", warm, bare, papermill, 1.0),
    ]
    if one is not None and two is not None and again is not None:
        rows += [
            Row(f"{briefs} briefs with two workers", two, one, "the same with one", 0.6),
            Row("one brief of these, two workers", two / briefs, bare, papermill, 0.25),
            Row("second run, everything up to date", again, 3.0, "three seconds", 1.0),
        ]
    spread = f"{min(bench.bare_times):.1f} to {max(bench.bare_times):.1f} s"
    notes.append(f"The bare papermill run took {bare:.1f} s (median of {len(bench.bare_times)}, {spread}).")
    return rows, notes


def section(quick: bool = False) -> str:
    """The measurements as a section in Markdown."""
    rows, notes = measure(quick)
    lines = ["## Runner", "", "| task | s | against | s | ratio | aim |", "|---|---:|---|---:|---:|---:|"]
    lines += [f"| {r.task} | {r.ours:.2f} | {r.against} | {r.other:.2f} | {r.ratio:.2f} | ≤ {r.aim:g} |" for r in rows]
    return "\n".join([*lines, "", *notes]) + "\n"


if __name__ == "__main__":
    print(section("--quick" in sys.argv))
