"""Speed of the runner: whole commands, as a user starts them, in wall time.

The measure is one bare ``papermill`` run of a notebook that only imports pandas, matplotlib and statsmodels: what any
report costs before it says anything. Each turn measures both sides one after the other, since other programs on the
machine move both.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from measure import ENVIRONMENT, Row, Steps, wall

PROGRAMMES = ("umkm_onboarding", "modern_cooperatives", "ekatalog_umkm", "ekatalog_products")
VINTAGES = ("2021-12-31", "2022-03-31", "2022-12-31", "2023-06-30", "2023-12-31", "2024-12-31")
BRIEFS = len(PROGRAMMES) * len(VINTAGES) * 2
MATRIX = ["--programme", *PROGRAMMES, "--vintage", *VINTAGES, "--only", "brief"]
IMPORTS = "import pandas\nimport matplotlib.pyplot\nimport statsmodels.api"
MAIN_TURNS, VERDICT_TURNS, START_TURNS, MATRIX_TURNS = 5, 9, 3, 3
STEPS = 1 + MAIN_TURNS + VERDICT_TURNS + START_TURNS + 2 * MATRIX_TURNS + 1
PAPERMILL = "one bare papermill run"
SCIPY = "`import pandas, scipy.stats`"


@dataclass
class Matrix:
    """One run of the 48 briefs: wall time, and memory (MiB) of the work in the order in which it ended."""

    seconds: float
    peaks: list[float]
    server: list[tuple[int, float]] = field(default_factory=list)  # briefs done so far, memory of the warm process

    @property
    def of_the_work(self) -> tuple[float, float]:
        """Largest memory of a brief's process around the 10th and up to the 48th: medians of eight."""
        return statistics.median(self.peaks[6:14]), statistics.median(self.peaks[-8:])

    @property
    def of_the_server(self) -> tuple[float, float]:
        """Memory of the warm process at the 10th brief and at the end."""
        return next(mib for done, mib in self.server if done >= 10), self.server[-1][1]


class Bench:
    """The commands, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        cell = {"cell_type": "code", "id": "imports", "metadata": {}, "execution_count": None, "outputs": []}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        content = {"cells": [{**cell, "source": IMPORTS}], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        (folder / "imports.ipynb").write_text(json.dumps(content))
        (folder / "nothing").mkdir()
        content["cells"] = [{**cell, "source": 'programme: str = "x"', "metadata": {"tags": ["parameters"]}}]
        (folder / "nothing" / "01_nothing.ipynb").write_text(json.dumps(content))

    def bare(self) -> float:
        """The measure."""
        command = ["-m", "papermill", "imports.ipynb", "out.ipynb", "--no-progress-bar"]
        return wall([sys.executable, *command], self.folder)

    def report(self, name: str, *more: str) -> float:
        """Reports into an empty folder of this name."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return wall(self.report_command(name, *more), self.folder)

    def report_command(self, name: str, *more: str) -> list[str]:
        """The command that makes them."""
        return [sys.executable, "-m", "jalur", "report", "--out", str(self.folder / name), *more]

    def verdict(self, *more: str) -> float:
        """The verdict of the default study, without a notebook."""
        return wall([sys.executable, "-m", "jalur", "verdict", *more], self.folder)

    def imports(self) -> float:
        """What the verdict is measured against."""
        return wall([sys.executable, "-c", "import pandas, scipy.stats"], self.folder)

    def matrix(self, jobs: int) -> Matrix:
        """The 48 briefs with so many workers."""
        out = self.folder / f"matrix-{jobs}"
        shutil.rmtree(out, ignore_errors=True)
        command = self.report_command(out.name, *MATRIX, "--jobs", str(jobs))
        server: list[tuple[int, float]] = []
        started = time.perf_counter()
        run = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert run.stderr is not None
        for done, _ in enumerate(run.stderr, start=1):  # one line a finished brief
            with contextlib.suppress(OSError, StopIteration, ValueError):
                server.append((done, _resident(_warm_process(run.pid))))
        if run.wait():
            raise SystemExit(f"{' '.join(command)} ended with exit code {run.returncode}")
        seconds = time.perf_counter() - started
        work: list[dict[str, Any]] = []
        for path in out.rglob("manifest.json"):
            work += json.loads(path.read_text())["work"].values()
        assert len(work) == BRIEFS
        return Matrix(seconds, [e["peak_mib"] for e in sorted(work, key=lambda e: e["finished"])], server)

    def again(self) -> float:
        """The same matrix once more: everything is up to date."""
        command = self.report_command("matrix-2", *MATRIX)
        started = time.perf_counter()
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - started
        assert done.stdout.count(" 0     2        0") == BRIEFS // 2, done.stdout
        return seconds


def _warm_process(runner: int) -> int:
    """Process id of the fork server: the largest child of the runner, whose other one keeps track of its resources."""
    children = map(int, Path(f"/proc/{runner}/task/{runner}/children").read_text().split())
    return max(children, key=_resident)


def _resident(pid: int) -> float:
    """Resident memory in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def measure(step: Steps) -> tuple[list[Row], list[str]]:
    """All ratios, and sentences on what they rest on."""
    with tempfile.TemporaryDirectory(prefix="jalur-bench-") as name:
        bench = Bench(Path(name))
        step("reading files into memory once, not measured")
        for once in (bench.bare, bench.imports, bench.verdict, lambda: bench.report("main")):
            once()
        main, verdict, whole, start = [], [], [], []
        bare = []
        for turn in range(MAIN_TURNS):
            step(f"main job, turn {turn + 1}")
            bare.append(bench.bare())
            main.append((bench.report("main"), bare[-1]))
        for turn in range(VERDICT_TURNS):
            step(f"verdict, turn {turn + 1}")
            imports = bench.imports()
            verdict.append((bench.verdict(), imports))
            whole.append((bench.verdict("--json"), imports))
        for turn in range(START_TURNS):
            step(f"start of the workers, turn {turn + 1}")
            bare.append(bench.bare())
            nothing = ("--notebooks", str(bench.folder / "nothing"), "--only", "01_nothing")
            start.append((bench.report("start", *nothing), bare[-1]))
        turns = []
        for turn in range(MATRIX_TURNS):
            pair = {}
            for jobs in (2, 1) if turn % 2 == 0 else (1, 2):
                step(f"{BRIEFS} briefs with {jobs} worker{'s' if jobs > 1 else ''}, turn {turn + 1}")
                bare.append(bench.bare())
                pair[jobs] = bench.matrix(jobs)
            turns.append((pair[2], pair[1]))
        step("the same briefs again")
        again = bench.again()
    return _rows(main, verdict, whole, start, turns, bare, again), _notes(turns, bare)


def _rows(
    main: list[tuple[float, float]],
    verdict: list[tuple[float, float]],
    whole: list[tuple[float, float]],
    start: list[tuple[float, float]],
    turns: list[tuple[Matrix, Matrix]],
    bare: list[float],
    again: float,
) -> list[Row]:
    middle = statistics.median(bare)
    each = [(two.seconds / BRIEFS, middle) for two, _ in turns]
    rows = [
        Row.of("main job: `jalur report`, eight notebooks, both briefs", PAPERMILL, main, 2.3),
        Row.of("`jalur verdict`, the whole process", SCIPY, verdict, 1.2),
        Row.of("`jalur verdict --json`, with every figure left out in turn", SCIPY, whole),
        Row.of("start of the workers: `jalur report` of an empty notebook", PAPERMILL, start),
        Row.of(f"{BRIEFS} briefs with two workers", "with one worker", [(t.seconds, o.seconds) for t, o in turns], 0.6),
        Row.of("one of these briefs, two workers", PAPERMILL, each, 0.25),
        Row(f"the same {BRIEFS} again, all up to date", again, "three seconds", 3.0, again / 3.0, 1.0),
    ]
    alone = turns[-1][1]
    for what, (tenth, last) in (("a brief's process", alone.of_the_work), ("the warm process", alone.of_the_server)):
        text = f"memory of {what} at the {BRIEFS}th brief, one worker"
        rows.append(Row(text, last, "at the 10th", tenth, last / tenth, 1.1, "MiB"))
    return rows


def _notes(turns: list[tuple[Matrix, Matrix]], bare: list[float]) -> list[str]:
    spread = f"{min(bare):.1f} to {max(bare):.1f} s"
    peak = max(max(run.peaks) for pair in turns for run in pair)
    return [
        f"The bare papermill run took {statistics.median(bare):.1f} s (median of {len(bare)}, {spread}).",
        f"{BRIEFS} briefs are {len(PROGRAMMES)} programmes at {len(VINTAGES)} vintages in two languages; the largest "
        f"process of any of them used {peak:.0f} MiB.",
    ]
