"""From what is asked to finished report folders: skip what is up to date, have the rest done, write it whole.

Work goes through the `concurrent.futures` Executor interface, to local threads that each drive a clean process
(`jalur.runner.work.run`), or to a dask cluster. Workers return bytes; only this module writes, and only below the
output folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from jalur.errors import InputError, plain, shown
from jalur.files import remove_partial, sha256, write_whole
from jalur.runner import manifest
from jalur.runner import work as execute
from jalur.runner.manifest import DataHashes, Manifest
from jalur.runner.request import Notebook, Report
from jalur.runner.work import Outcome, Work
from jalur.runner.workers import WORKERS

LOCK = ".jalur.lock"
VERDICT_PARAMETERS = {"seed": 0, "draws": 20_000, "capacity": "", "capacity_share": 1.0}  # and their defaults
SCHEDULER_LOST = "the scheduler was lost"
ROUNDS = 2  # a run whose data change on the way makes what had been read before once more


@dataclass(frozen=True)
class Options:
    """How a run works; the fields are the options of ``jalur report``."""

    out: Path
    data: Path
    jobs: int = 0
    scheduler: str | None = None
    tls: Sequence[Path] = ()
    force: bool = False
    pdf: bool = False
    card: bool = False
    fresh_kernel: bool = False
    timeout: float | None = None
    prior: Path | None = None
    verdict: bool = True
    notebooks: bool = True


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
class Line:
    """One piece of work in the end table: its report, its name, ``done``, ``skipped`` or ``failed``, and why."""

    report: str
    name: str
    status: str
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Result:
    """What a run did: a line a piece of work."""

    lines: tuple[Line, ...]

    @property
    def failed(self) -> bool:
        """Whether any piece of work failed."""
        return any(line.status == "failed" for line in self.lines)


def tasks_of(report: Report, notebooks: Sequence[Notebook], options: Options) -> list[Task]:
    """The work of one report: the verdict, each notebook once, and the brief once a language."""
    works = []
    if options.verdict:
        defaults = {
            name: p.default
            for notebook in notebooks
            for name, p in notebook.parameters.items()
            if name in VERDICT_PARAMETERS
        }
        chosen = {name: value for name, value in report.settings.items() if name in VERDICT_PARAMETERS}
        # What the engine would take anyway is left out, so that it does not matter which notebooks name it.
        choices = {name: v for name, v in {**defaults, **chosen}.items() if v != VERDICT_PARAMETERS[name]}
        parameters = {"programme": report.programme, "vintage": report.vintage, **choices}
        works.append(Work("verdict", "verdict", parameters, None, str(options.data), timeout=options.timeout))
    for notebook in notebooks if options.notebooks else ():
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
            works.append(replace(work, pdf=options.pdf, card=options.card) if brief else work)
    weights = options.prior.read_bytes() if options.prior else None
    return [_task(report, replace(work, prior=weights)) for work in works]


def _task(report: Report, work: Work) -> Task:
    parts: dict[str, Any] = {
        "kind": work.kind,
        "name": work.name,
        "parameters": work.parameters,
        "notebook": sha256(work.notebook) if work.notebook else None,
    }
    if work.card:
        parts["card"] = True
    if work.prior is not None:
        parts["prior"] = sha256(work.prior)
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
        return not task.work.pdf or f"{task.work.name}.pdf" in known.work[task.work.name].files_sha256

    def outdated(self, tasks: Sequence[Task]) -> list[Task]:
        """Pieces of work whose data have changed since they were read."""
        self.data = DataHashes(self.data.folder)
        return [task for task in tasks if self.manifest(task.report).outdated(task.work.name, self.data)]

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
        for path in known.superseded(name, outcome.files):
            path.unlink(missing_ok=True)  # a page in PDF that no longer belongs to the page in HTML
        entry = manifest.done(task.inputs, outcome.files, outcome.data, outcome.seconds, outcome.peak_mib)
        known.note(name, entry, self._heading(task.report))

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
        The output folder is in use or cannot be written, the data of every report are wrong, or the scheduler does not
        answer. Nothing has been started or written then. What goes wrong later is a failed line of the result, and so
        are the reports of a programme whose data are wrong, where others can be made.
    """
    outside_data(options)
    tasks = [task for report in reports for task in tasks_of(report, notebooks, options)]
    lines = {id(task): Line(task.report.label, task.work.name, "skipped", "up to date") for task in tasks}
    to_do = _to_do(tasks, Store(options))
    if to_do:
        with ExitStack() as stack:
            if not options.scheduler:
                WORKERS.start()  # its imports go on while the data are checked here
            faults = _data_faults(to_do, options)
            if len(faults) == len(reports):
                raise next(iter(faults.values()))
            lines |= {id(t): _refused(t, faults[t.report.folder]) for t in to_do if t.report.folder in faults}
            tasks_left = [task for task in tasks if task.report.folder not in faults]
            if not options.scheduler and options.verdict and options.prior is None:
                execute.look_ahead(task.work for task in tasks_left if task.work.kind == "verdict")
            executor, slots = stack.enter_context(_executor(options))
            stack.enter_context(locked(options.out))
            for report in reports:
                remove_partial(options.out / report.folder)
            store = Store(options)  # what another run has made since then is left alone
            to_do = _to_do(tasks_left, store)
            for _ in range(ROUNDS):
                packed = execute.pack(options.data) if options.scheduler else None
                bar = stack.enter_context(Progress(len(to_do) if progress else 0))
                for task, outcome in _outcomes(executor, to_do, slots, packed, bar):
                    lines[id(task)] = store.keep(task, outcome)
                    if progress:
                        bar.finished(lines[id(task)])
                to_do = store.outdated([task for task in to_do if lines[id(task)].status == "done"])
                if not to_do:
                    break
            for task in to_do:
                lines[id(task)] = replace(lines[id(task)], reason="the data went on changing; run it again")
    return Result(tuple(lines[id(task)] for task in tasks))


def _to_do(tasks: Sequence[Task], store: Store) -> list[Task]:
    return _in_turn([task for task in tasks if not store.up_to_date(task)])


def _refused(task: Task, error: InputError) -> Line:
    return Line(task.report.label, task.work.name, "failed", str(error))


def outside_data(options: Options) -> None:
    """Refuse an output folder among the data."""
    out, data = options.out.resolve(), options.data.resolve()
    if out == data or data in out.parents:
        raise InputError(
            f"--out is {shown(str(options.out), 200)}, within the data folder; allowed is a folder outside of it"
        )


def _in_turn(tasks: Sequence[Task]) -> list[Task]:
    """The first piece of every report, then the second, and so on: pieces that share results do not run at once."""
    turns: Counter[Path] = Counter()
    order = []
    for task in tasks:
        order.append(turns[task.report.folder])
        turns[task.report.folder] += 1
    return [task for _, task in sorted(zip(order, tasks, strict=True), key=lambda pair: pair[0])]


def _data_faults(tasks: Sequence[Task], options: Options) -> dict[Path, InputError]:
    """What is wrong with the data of a report, by its folder; a capacity that its programme lacks is refused."""
    from jalur import ledger
    from jalur.verdict.case import Case

    @cache
    def programme(name: str) -> Any:
        try:
            return ledger.load(name, options.data)
        except InputError as error:
            return error

    faults: dict[Path, InputError] = {}
    for report in {task.report.folder: task.report for task in tasks}.values():
        chosen = {name: value for name, value in report.settings.items() if name in VERDICT_PARAMETERS}
        read = programme(report.programme)
        if isinstance(read, InputError):
            faults[report.folder] = read
        else:
            _ = Case.of(read, report.vintage, **chosen).capacity  # an unknown name is a fault of what is asked
    return faults


@contextmanager
def _executor(options: Options) -> Iterator[tuple[Executor, int]]:
    """Where the work goes, and how much of it runs at once."""
    if options.scheduler:
        from jalur.runner.workers import connected

        with connected(options.scheduler, options.tls) as (executor, slots):
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
    return replace(work, notebook=notebook, data=data, environment=manifest.environment())


def _outcome(future: Future) -> Outcome:
    if future.cancelled():
        return Outcome(error=SCHEDULER_LOST)
    error = future.exception()
    if error is None:
        return future.result()
    reason = execute.reason_of(error)
    if isinstance(error, (ImportError, AttributeError, TypeError)):  # it could not even read what it is asked
        return Outcome(error=f"the worker has no jalur, or another version ({reason}); install the same one everywhere")
    return Outcome(error=f"the worker was lost: {reason}")


# what a run says: a bar in a terminal, plain lines in a file or a log


class Progress:
    """Context manager that shows how far a run is.

    Parameters
    ----------
    total : int
        Pieces of work to do.
    stream : text file, optional
        Standard error by default, so that standard output holds results only.
    """

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._total, self._stream = total, stream or sys.stderr
        self._count = 0
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        if self._total and self._stream.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                TextColumn("{task.description}"),
            )
            self._bar = Bar(*columns, console=Console(file=self._stream), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("starting", total=self._total)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def working_on(self, text: str) -> None:
        """Name the piece of work that has been running longest."""
        if self._bar is not None:
            from rich.markup import escape

            self._bar.update(self._task, description=escape(plain(text)))

    def finished(self, line: Line) -> None:
        """Count a finished piece of work."""
        self._count += 1
        if self._bar is not None:
            self._bar.advance(self._task)
        else:
            took = f" ({line.seconds:.1f} s)" if line.status == "done" else f": {plain(line.reason)}"
            print(
                f"[{self._count:>{len(str(self._total))}}/{self._total}] {line.status} {line.report} {line.name}{took}",
                file=self._stream,
                flush=True,
            )


def table(rows: Sequence[Sequence[Any]], header: Sequence[str], stream: TextIO) -> None:
    """Print a small table: drawn in a terminal, aligned columns of text elsewhere."""
    texts = [[plain(cell) for cell in row] for row in rows]
    if stream.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        drawn = Table(*header)
        for row in texts:
            drawn.add_row(*(Text(cell) for cell in row))
        Console(file=stream).print(drawn)
        return
    widths = [max(len(row[k]) for row in [list(header), *texts]) for k in range(len(header))]
    for row in [list(header), *texts]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), file=stream)


def end_table(lines: Iterable[Line], stream: TextIO) -> None:
    """Print how many pieces of each report were done, skipped and failed, and why they failed."""
    lines = list(lines)
    counts: dict[str, Counter] = {}
    for line in lines:
        counts.setdefault(line.report, Counter())[line.status] += 1
    rows = [(report, count["done"], count["skipped"], count["failed"]) for report, count in counts.items()]
    table(rows, ("report", "done", "skipped", "failed"), stream)
    failures = [(line.report, line.name, line.reason) for line in lines if line.status == "failed"]
    if failures:
        print(file=stream)
        table(failures, ("report", "failed", "reason"), stream)
