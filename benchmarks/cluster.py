"""Sizes for docs/cluster.md: the 24 reports on this machine and on a dask cluster of two workers on loopback.

    .venv/bin/python benchmarks/cluster.py

Makes the same 24 reports (48 briefs, every notebook) three times: here with one process at a time, through the
scheduler, and through the scheduler with one worker killed when a third is done. Prints what each part costs, what is
sent, how much memory a worker takes, and whether the bytes are the same. About ten minutes.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "support"))

from bench_reports import PROGRAMMES, VINTAGES, Bench  # noqa: E402
from loopback import Cluster  # noqa: E402
from measure import ENVIRONMENT, Steps  # noqa: E402

from jalur.runner import reports  # noqa: E402
from jalur.runner import request as matrix  # noqa: E402
from jalur.runner import work as execute  # noqa: E402

ASKED = ["--programme", *PROGRAMMES, "--vintage", *VINTAGES]
UNTIMED = ("manifest.json", ".jalur.lock")


def contents(out: Path) -> dict[str, bytes]:
    """Every file but those that hold a time."""
    files = [path for path in out.rglob("*") if path.is_file() and path.name not in UNTIMED]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


def parts(out: Path) -> dict[str, list[dict]]:
    """Entries of the manifests by the name of the part."""
    found: dict[str, list[dict]] = {}
    for path in out.rglob("manifest.json"):
        for name, entry in json.loads(path.read_text())["work"].items():
            found.setdefault(name, []).append(entry)
    return dict(sorted(found.items()))


def sent() -> list[int]:
    """Bytes of each call that goes to a worker."""
    notebooks = matrix.read_notebooks(HERE.parent / "notebooks")
    options = reports.Options(out=Path(), data=HERE.parent / "data")
    packed = execute.pack(options.data)
    asked = matrix.reports(notebooks, programmes=PROGRAMMES, vintages=VINTAGES)
    works = [task.work for report in asked for task in reports.tasks_of(report, notebooks, options)]
    return [len(packed), *(len(pickle.dumps(reports.packed_work(work, packed))) for work in works)]


class Memory(threading.Thread):
    """Largest memory (MiB) of each worker with all of its processes, shared pages counted once."""

    def __init__(self, workers: list[subprocess.Popen]) -> None:
        super().__init__(daemon=True)
        self._workers = [psutil.Process(worker.pid) for worker in workers]
        self._over = threading.Event()
        self.most = [0.0] * len(workers)

    def run(self) -> None:
        """Look every other second."""
        while not self._over.wait(2):
            for k, worker in enumerate(self._workers):
                self.most[k] = max(self.most[k], self._now(worker))

    @staticmethod
    def _now(worker: psutil.Process) -> float:
        total = 0
        for process in (worker, *worker.children(recursive=True)):
            try:
                total += process.memory_full_info().pss
            except psutil.Error:  # a process that has just ended
                continue
        return total / 2**20

    def stop(self) -> list[float]:
        """Largest values so far."""
        self._over.set()
        self.join()
        return self.most


def run(bench: Bench, name: str, *more: str, kill: subprocess.Popen | None = None) -> float:
    """Seconds for the 24 reports; with `kill`, that worker ends when a third of the briefs are there."""
    command = bench.report_command(name, *ASKED, *more)
    started = time.perf_counter()
    with open(bench.folder / f"{name}.txt", "w") as shown:
        process = subprocess.Popen(command, env=ENVIRONMENT, stdout=shown, stderr=shown)
        while process.poll() is None:
            time.sleep(0.2)
            if kill is not None and len(list((bench.folder / name).rglob("brief.*.html"))) >= 16:
                os.killpg(kill.pid, signal.SIGKILL)
                kill = None
    if process.returncode or kill is not None:
        raise SystemExit((bench.folder / f"{name}.txt").read_text()[-2000:])
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    step = Steps(5)
    with tempfile.TemporaryDirectory(prefix="jalur-cluster-") as name:
        bench = Bench(Path(name))
        step("one bare papermill run, three times")
        bench.bare()
        bare = [bench.bare() for _ in range(3)]
        step("24 reports here, one process at a time")
        before = os.times()
        alone = run(bench, "here", "--jobs", "1")
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        here = contents(bench.folder / "here")
        bare += [bench.bare() for _ in range(3)]
        (bench.folder / "cluster").mkdir()
        cluster = Cluster(bench.folder / "cluster", threads=(1, 1))
        try:
            cluster.add_worker()
            cluster.add_worker()
            cluster.wait_for_workers(2)
            step("the same through the scheduler, two workers of one thread")
            memory = Memory(cluster.workers)
            memory.start()
            together = run(bench, "there", "--scheduler", cluster.address)
            most = memory.stop()
            step("the same once more, one worker killed in the middle")
            killed = run(bench, "killed", "--scheduler", cluster.address, kill=cluster.workers[0])
        finally:
            cluster.close()
        step("comparing")
        found, middle = parts(bench.folder / "here"), statistics.median(bare)
        print(f"one bare papermill run: {middle:.2f} s")
        whole = 0.0
        for part, entries in found.items():
            seconds = [entry["seconds"] for entry in entries]
            whole += statistics.mean(seconds)
            peak = max(entry["peak_mib"] for entry in entries)
            print(
                f"{part:18} n={len(seconds)} mean {statistics.mean(seconds):.2f} s "
                f"({min(seconds):.2f} to {max(seconds):.2f}), at most {peak:.0f} MiB"
            )
        print(f"a report: {whole:.2f} s, {whole / middle:.2f} bare papermill runs; briefs only: {briefs(found):.2f} s")
        elsewhere = sum(e["seconds"] for entries in parts(bench.folder / "there").values() for e in entries)
        print(f"all parts together: {24 * whole:.0f} s here, {elsewhere:.0f} s on the cluster")
        print(f"processor time of the whole run here: {spent:.0f} s")
        print(f"wall: {alone:.0f} s here with one, {together:.0f} s on two workers, {killed:.0f} s with one killed")
        data, *calls = sent()
        print(f"sent: data {data:,} bytes; a call {min(calls):,} to {max(calls):,}; all {sum(calls):,}")
        back = sum(map(len, here.values()))
        print(f"back: {back:,} bytes in {len(here)} files, {back / 24:,.0f} a report")
        print(f"memory of a worker with its processes: {', '.join(f'{x:.0f} MiB' for x in most)}")
        for other in ("there", "killed"):
            files = contents(bench.folder / other)
            count = sum(file.endswith(".html") for file in files)
            print(f"{other}: {count} briefs, bytes {'the same' if files == here else 'DIFFERENT'}")


def briefs(found: dict[str, list[dict]]) -> float:
    """Mean seconds of a report's two briefs."""
    return sum(statistics.mean(e["seconds"] for e in found[name]) for name in found if name.startswith("brief"))


if __name__ == "__main__":
    main()
