"""From what is asked to finished report folders: skip what is up to date, have the rest done, write it whole.

Work goes through the `concurrent.futures` Executor interface, to local threads that each drive a clean process
(`jalur.runner.work.run`), or to a dask cluster. Workers return bytes; only this module writes, and only below the
output folder.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jalur.errors import InputError
from jalur.files import remove_partial, sha256, write_whole
from jalur.runner import manifest
from jalur.runner import work as execute
from jalur.runner.manifest import DataHashes, Manifest
from jalur.runner.progress import Line, Progress
from jalur.runner.request import Notebook, Report
from jalur.runner.work import Outcome, Work
from jalur.runner.workers import WORKERS

LOCK = ".jalur.lock"
VERDICT_PARAMETERS = ("seed", "draws", "capacity", "capacity_share")
SCHEDULER_LOST = "the scheduler was lost"


@dataclass(frozen=True)
class Options:
    """How a run works; the fields are the options of ``jalur report``."""

    out: Path
    data: Path
    jobs: int = 0
    scheduler: str | None = None
    force: bool = False
    pdf: bool = False
    fresh_kernel: bool = False
    timeout: float | None = None
    verdict: bool = True


@dataclass(frozen=True)
class Task:
    """A piece of work, the report it belongs to, and the hash of its inputs."""

    report: Report
    work: Work
    inputs: str

    @property
    def label(self) -> str:
        """How it is called while it runs."""
        return f"{self.report.label} {self.work.name}"


@dataclass(frozen=True)
class Result:
    """What a run did: a line a piece of work, and the verdict sentences by report folder and language."""

    lines: tuple[Line, ...]
    sentences: Mapping[Path, Mapping[str, str]]

    @property
    def failed(self) -> bool:
        """Whether any piece of work failed."""
        return any(line.status == "failed" for line in self.lines)


def tasks_of(report: Report, notebooks: Sequence[Notebook], options: Options) -> list[Task]:
    """The work of one report: the verdict, each notebook once, and the brief once a language."""
    tasks = []
    if options.verdict:
        defaults = {
            name: p.default
            for notebook in notebooks
            for name, p in notebook.parameters.items()
            if name in VERDICT_PARAMETERS
        }
        chosen = {name: value for name, value in report.settings.items() if name in VERDICT_PARAMETERS}
        parameters = {"programme": report.programme, "vintage": report.vintage, **defaults, **chosen}
        tasks.append(
            _task(report, Work("verdict", "verdict", parameters, None, str(options.data), timeout=options.timeout))
        )
    for notebook in notebooks:
        brief = notebook.name == "brief"
        for lang in report.langs if brief else ("en" if "en" in report.langs else report.langs[0],):
            own = {"programme": report.programme, "vintage": report.vintage, "lang": lang}
            parameters = {
                **{name: value for name, value in own.items() if name in notebook.parameters},
                **report.settings,
            }
            name = f"brief.{lang}" if brief else notebook.name
            work = Work(
                "brief" if brief else "notebook",
                name,
                parameters,
                notebook.content,
                str(options.data),
                options.fresh_kernel,
                options.timeout,
            )
            tasks.append(_task(report, replace(work, pdf=options.pdf) if brief else work))
    return tasks


def _task(report: Report, work: Work) -> Task:
    parts = {
        "kind": work.kind,
        "name": work.name,
        "parameters": work.parameters,
        "notebook": sha256(work.notebook) if work.notebook else None,
    }
    return Task(report, work, manifest.inputs_hash(parts))


class Store:
    """The output folder: what is up to date in it, and the only place that writes into it."""

    def __init__(self, options: Options) -> None:
        self._out, self._force, self._pdf = options.out, options.force, options.pdf
        self.data = DataHashes(options.data)
        self._manifests: dict[Path, Manifest] = {}

    def manifest(self, report: Report) -> Manifest:
        """Manifest of a report's folder, read once."""
        if report.folder not in self._manifests:
            self._manifests[report.folder] = Manifest.read(self._out / report.folder)
        return self._manifests[report.folder]

    def up_to_date(self, task: Task) -> bool:
        """Whether a piece of work may be skipped."""
        known = self.manifest(task.report)
        if self._force or not known.up_to_date(task.work.name, task.inputs, self.data):
            return False
        return not task.work.pdf or f"{task.work.name}.pdf" in known.content["work"][task.work.name]["files_sha256"]

    def keep(self, task: Task, outcome: Outcome) -> Line:
        """Write what came of a piece of work, and note it in the manifest."""
        name, report = task.work.name, task.report
        reason = outcome.error
        if reason is None:
            try:
                self._write(task, outcome)
                return Line(report.label, name, "done", "; ".join(outcome.notes), outcome.seconds)
            except OSError as error:
                reason = f"cannot write to {self._out / report.folder}: {error.strerror or error}"
        with contextlib.suppress(OSError):  # the reason is in the table in any case
            if (self._out / report.folder).is_dir():
                self.manifest(report).note(name, manifest.failed(reason), self._heading(report))
        return Line(report.label, name, "failed", reason)

    def _write(self, task: Task, outcome: Outcome) -> None:
        folder, name = self._out / task.report.folder, task.work.name
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in outcome.files.items():
            write_whole(folder / file, content)
        known = self.manifest(task.report)
        for file in set(known.content.get("work", {}).get(name, {}).get("files_sha256", {})) - set(outcome.files):
            (folder / file).unlink(missing_ok=True)  # a page in PDF that no longer belongs to the page in HTML
        used = outcome.data_used if outcome.data_used is not None else self.data.everything()
        entry = manifest.done(task.inputs, outcome.files, used, self.data, outcome.seconds, outcome.peak_mib)
        known.note(
            name,
            {**entry, **({"sentences": outcome.sentences} if outcome.sentences else {})},
            self._heading(task.report),
        )

    @staticmethod
    def _heading(report: Report) -> dict[str, Any]:
        settings = dict(report.settings)
        return {
            "programme": report.programme,
            "vintage": report.vintage,
            "languages": list(report.langs),
            "scenario": report.scenario,
            "parameters": settings,
        }

    def sentences(self, report: Report) -> dict[str, str]:
        """Verdict sentences noted when the verdict of a report was computed."""
        noted = self.manifest(report).content.get("work", {}).get("verdict", {})
        return noted.get("sentences", {}) if isinstance(noted, dict) else {}


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the output folder for this run; InputError if another run holds it or it cannot be written."""
    from filelock import FileLock, Timeout

    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / LOCK)
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"another run is writing into {out}; wait until it has ended, or give another folder with --out"
        ) from None
    except OSError as error:
        raise InputError(f"cannot write into the output folder {out}: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()


def plan(reports: Sequence[Report], notebooks: Sequence[Notebook], options: Options) -> tuple[list[Task], list[Task]]:
    """Work to do and work that is up to date, without starting anything."""
    store = Store(options)
    tasks = [task for report in reports for task in tasks_of(report, notebooks, options)]
    fresh = [store.up_to_date(task) for task in tasks]
    return [t for t, ok in zip(tasks, fresh, strict=True) if not ok], [
        t for t, ok in zip(tasks, fresh, strict=True) if ok
    ]


def make(
    reports: Sequence[Report], notebooks: Sequence[Notebook], options: Options, *, progress: bool = True
) -> Result:
    """Make every report that is not up to date.

    Parameters
    ----------
    reports : sequence of Report
    notebooks : sequence of Notebook
        Executed for each report.
    options : Options
    progress : bool
        Show a bar or lines on standard error.

    Raises
    ------
    InputError
        The output folder is in use or cannot be written, the data of a programme are wrong, or the scheduler does not
        answer. Nothing has been started then. What goes wrong later is a failed line of the result.
    """
    with locked(options.out), ExitStack() as stack:
        store = Store(options)
        for report in reports:
            remove_partial(options.out / report.folder)
        tasks = [task for report in reports for task in tasks_of(report, notebooks, options)]
        to_do = _in_turn([task for task in tasks if not store.up_to_date(task)])
        waiting = {id(task) for task in to_do}
        lines = {
            id(task): Line(task.report.label, task.work.name, "skipped", "up to date")
            for task in tasks
            if id(task) not in waiting
        }
        if to_do:
            if not options.scheduler:
                WORKERS.start()  # its imports go on while the data are checked here
            _check_data(to_do, options)
            if not options.scheduler and options.verdict:
                execute.look_ahead(task.work for task in to_do if task.work.kind == "verdict")
            executor, slots = stack.enter_context(_executor(options))
            packed = execute.pack(options.data) if options.scheduler else None
            bar = stack.enter_context(Progress(len(to_do) if progress else 0))
            for task, outcome in _outcomes(executor, to_do, slots, packed, bar):
                lines[id(task)] = store.keep(task, outcome)
                if progress:
                    bar.finished(lines[id(task)])
        return Result(
            tuple(lines[id(task)] for task in tasks), {report.folder: store.sentences(report) for report in reports}
        )


def _in_turn(tasks: Sequence[Task]) -> list[Task]:
    """The first piece of every report, then the second, and so on: pieces that share results do not run at once."""
    turns: Counter[Path] = Counter()
    order = []
    for task in tasks:
        order.append(turns[task.report.folder])
        turns[task.report.folder] += 1
    return [task for _, task in sorted(zip(order, tasks, strict=True), key=lambda pair: pair[0])]


def _check_data(tasks: Sequence[Task], options: Options) -> None:
    from jalur import ledger
    from jalur.verdict.case import Case

    names = dict.fromkeys(task.report.programme for task in tasks)
    programmes = {name: ledger.load(name, options.data) for name in names}
    for report in {task.report.folder: task.report for task in tasks}.values():
        chosen = {name: value for name, value in report.settings.items() if name in VERDICT_PARAMETERS}
        _ = Case.of(programmes[report.programme], report.vintage, **chosen).capacity  # an unknown name is refused


@contextmanager
def _executor(options: Options) -> Iterator[tuple[Executor, int]]:
    """Where the work goes, and how much of it runs at once."""
    if options.scheduler:
        from jalur.runner.cluster import connected

        with connected(options.scheduler) as (executor, slots):
            yield executor, slots
        return
    slots = options.jobs or cores()
    executor = ThreadPoolExecutor(slots, thread_name_prefix="jalur")
    try:
        yield executor, slots
    except BaseException:
        WORKERS.stop()  # ends what still runs, so that an interrupted run does not wait for it
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _outcomes(
    executor: Executor, tasks: Sequence[Task], slots: int, packed: bytes | None, bar: Progress
) -> Iterator[tuple[Task, Outcome]]:
    """Outcomes as they come; only a few pieces are handed over at a time, so that a large run stays small in memory."""
    waiting = list(reversed(tasks))
    running: dict[Future, Task] = {}
    while waiting or running:
        while waiting and len(running) < 2 * slots + 2:
            task = waiting.pop()
            work = task.work if packed is None else packed_work(task.work, packed)
            running[executor.submit(execute.run, work)] = task
        bar.working_on(next(iter(running.values())).label)
        done = wait(running, return_when=FIRST_COMPLETED).done
        for future in done:
            yield running.pop(future), _outcome(future)
        if any(future.cancelled() for future in done):  # by dask; what is handed over now would never come back
            yield from ((task, Outcome(error=SCHEDULER_LOST)) for task in (*running.values(), *reversed(waiting)))
            return


def without_outputs(notebook: bytes) -> bytes:
    """The source of a notebook for a worker elsewhere: the stored outputs, most of its bytes, are made anew there."""
    content = json.loads(notebook)
    for cell in content.get("cells", ()):
        if cell.get("cell_type") == "code":
            cell |= {"outputs": [], "execution_count": None}
    return json.dumps(content, ensure_ascii=False).encode("utf-8")


def packed_work(work: Work, data: bytes) -> Work:
    """The same work for another machine: with the data folder as an archive, and only for the package of this one."""
    notebook = without_outputs(work.notebook) if work.notebook else None
    return replace(work, notebook=notebook, data=data, package=manifest.environment()["package"]["source_sha256"])


def _outcome(future: Future) -> Outcome:
    if future.cancelled():
        return Outcome(error=SCHEDULER_LOST)
    error = future.exception()
    return future.result() if error is None else Outcome(error=f"the worker was lost: {execute.reason_of(error)}")
