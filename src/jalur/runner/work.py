"""One piece of work, anywhere: parameters and bytes in, bytes out. Nothing here writes into the report folder.

`run` is what both executors call, local threads and the workers of a dask cluster alike. It hands the work to a clean
process of this machine (`jalur.runner.workers`), where `run_pickled` executes a notebook through papermill, exports the
brief with nbconvert, or computes the verdict.
"""

from __future__ import annotations

import copy
import io
import itertools
import os
import pickle
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any

from jalur.errors import InputError
from jalur.files import FOLDER_VARIABLE, sha256
from jalur.runner.manifest import DataHashes, environment
from jalur.runner.workers import WORKERS, WorkerDied, WorkerTimeout

DATA_VARIABLE, PRIOR_VARIABLE = "JALUR_DATA", "JALUR_PRIOR"  # read by `jalur.ledger.selection.default_data`
LAST_LINE = 400  # characters of an error message that are kept as the reason of a failure


@dataclass(frozen=True)
class Work:
    """Everything that one piece of work needs, so that no disk has to be shared.

    Attributes
    ----------
    kind : str
        ``notebook``, ``brief`` (notebook and HTML page) or ``verdict``.
    name : str
        Stem of the files that come back, for instance ``01_evidence`` or ``brief.id``.
    parameters : dict
        Parameters of the notebook.
    notebook : bytes, optional
        The source notebook; None for a verdict.
    data : str or bytes
        The data folder: its path on this machine, or a zip archive of it.
    fresh_kernel : bool
        Execute in a Jupyter kernel of its own instead of in the worker.
    timeout : float, optional
        Seconds allowed.
    pdf : bool
        Print the exported page to PDF as well.
    card : bool
        Have the page name the picture beside it (``brief.en.png``) as the one for a shared link.
    prior : bytes, optional
        Prior weights other than the shipped ones, as `jalur learn-prior` writes them.
    environment : dict, optional
        Versions of the caller; a worker with others refuses the work, since its results could differ.
    """

    kind: str
    name: str
    parameters: dict[str, Any]
    notebook: bytes | None
    data: str | bytes
    fresh_kernel: bool = False
    timeout: float | None = None
    pdf: bool = False
    card: bool = False
    environment: dict[str, Any] | None = None
    prior: bytes | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of a piece of work: the files as bytes, or the reason why there are none.

    Attributes
    ----------
    files : dict of str to bytes
        File name -> content; empty after a failure.
    error : str, optional
        One sentence; None after success.
    seconds : float
        Time in the worker.
    peak_mib : float
        Largest resident memory of the worker's process.
    data : dict of str to str
        Hashes of the files and folders (with a slash at the end) of the data folder as they were read; None for what
        was not there.
    changed : bool
        Whether any of them changed before the work was done: it must be done again.
    notes : tuple of str
        What the reader of the end table should know, such as a PDF that could not be printed.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    error: str | None = None
    seconds: float = 0.0
    peak_mib: float = 0.0
    data: dict[str, str | None] = field(default_factory=dict)
    changed: bool = False
    notes: tuple[str, ...] = ()


def look_ahead(works: Iterable[Work]) -> None:
    """Compute verdicts that will be asked for, for as long as the fork server is still busy with its imports.

    The first pieces of a run all need the same verdict, and the caller has nothing else to do meanwhile. What goes
    wrong here is left to the piece of work that asks again, which has its own process, time limit and message.
    """
    from jalur import files
    from jalur.runner.exports import verdict_of

    for work in works:
        if WORKERS.ready:
            return
        os.environ[files.FOLDER_VARIABLE] = str(WORKERS.memo)
        try:
            verdict_of({**work.parameters, "data": work.data})
        except Exception:  # noqa: BLE001  see above
            return
        finally:
            del os.environ[files.FOLDER_VARIABLE]


def run(work: Work) -> Outcome:
    """Run one piece of work in a clean process; one that dies, or whose data change meanwhile, is replaced once.

    Never raises for what goes wrong inside: the reason is in the outcome.
    """
    started = time.perf_counter()
    reason = ""
    for _attempt in range(2):
        try:
            outcome: Outcome = pickle.loads(WORKERS.call(run_pickled, pickle.dumps(work), work.timeout))
        except WorkerTimeout as error:
            return Outcome(error=f"stopped: {error} (--timeout)", seconds=time.perf_counter() - started)
        except WorkerDied as error:
            reason = str(error)
            continue
        if not outcome.changed:
            return outcome
        reason = "the data changed before it was done"
    return Outcome(error=f"tried twice, and each time {reason}", seconds=time.perf_counter() - started)


def run_pickled(work: bytes) -> bytes:
    """Body of a process: the outcome of the pickled work, pickled."""
    return pickle.dumps(_guarded(pickle.loads(work)))


def _guarded(work: Work) -> Outcome:
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="jalur-work-") as folder:
        data = _unpacked(work.data, Path(folder) / "data")
        os.environ[DATA_VARIABLE] = str(data)
        _use_prior(work.prior, Path(folder) / "prior.json")
        os.chdir(folder)
        used = _ReadFiles(data)
        if work.fresh_kernel and work.notebook:  # whose reading cannot be watched
            for name in used.data.everything():
                used.data.of(name)
        try:
            _same_environment(work.environment)
            with used:
                outcome = _KINDS[work.kind](work)
        except InputError as error:
            outcome = Outcome(error=str(error))
        except Exception as error:  # noqa: BLE001  whatever a notebook raises is the reason of its own failure
            outcome = Outcome(error=reason_of(error))
        changed = used.data.changed()
        os.chdir("/")
    took = time.perf_counter() - started
    return replace(outcome, seconds=took, peak_mib=_peak_mib(), data=used.data.known(), changed=changed)


def _use_prior(weights: bytes | None, path: Path) -> None:
    """Have the engine of this process take these weights, and results that others got with the same ones alone."""
    os.environ.pop(PRIOR_VARIABLE, None)
    if weights is None:
        return
    path.write_bytes(weights)
    os.environ[PRIOR_VARIABLE] = str(path)
    if os.environ.get(FOLDER_VARIABLE):
        kept = Path(os.environ[FOLDER_VARIABLE]) / sha256(weights)
        kept.mkdir(exist_ok=True)
        os.environ[FOLDER_VARIABLE] = str(kept)


def _peak_mib() -> float:
    """Largest resident memory of this process so far; 0 where the platform does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _same_environment(expected: dict[str, Any] | None) -> None:
    own = environment()
    if expected is None or own == expected:
        return
    versions = [{"python": e["python"], "jalur": e["package"]["version"], **e["libraries"]} for e in (own, expected)]
    other = [
        f"{name} {v} instead of {versions[1].get(name)}"
        for name, v in versions[0].items()
        if v != versions[1].get(name)
    ]
    raise InputError(
        f"this worker has {', '.join(other) or 'another version of jalur'}; install the same ones everywhere"
    )


def reason_of(error: BaseException) -> str:
    """One line that names what failed: for a notebook the cell and the error in it."""
    if type(error).__name__ == "PapermillExecutionError":
        line = f"cell {error.exec_count}: {error.ename}: {error.evalue}"  # type: ignore[attr-defined]
    elif type(error).__name__ == "DeadKernelError":
        line = "the kernel died"
    else:
        line = f"{type(error).__name__}: {error}"
    line = " ".join(line.split())
    return line if len(line) <= LAST_LINE else line[: LAST_LINE - 1] + "…"


def pack(folder: Path) -> bytes:
    """Zip archive of a data folder for workers without a shared disk; the same bytes for the same content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.writestr(
                zipfile.ZipInfo(path.relative_to(folder).as_posix()), path.read_bytes(), zipfile.ZIP_DEFLATED
            )
    return buffer.getvalue()


def _unpacked(data: str | bytes, target: Path) -> Path:
    if isinstance(data, str):
        return Path(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(target)
    return target


class _ReadFiles:
    """Takes the hash of every file and folder of the data folder as it is opened, by Python's audit hook."""

    def __init__(self, folder: Path) -> None:
        self.data = DataHashes(folder)
        self._root = os.path.join(os.path.realpath(folder), "")
        self._active = False
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple) -> None:
        if (
            not self._active
            or event not in ("open", "os.listdir", "os.scandir")
            or not isinstance(arguments[0], (str, os.PathLike))
        ):
            return
        path = os.path.realpath(arguments[0]) + ("" if event == "open" else os.sep)
        if path.startswith(self._root):
            self._active = False  # taking the hash opens the file as well
            self.data.of(path[len(self._root) :] or "./")
            self._active = True

    def __enter__(self) -> None:
        self._active = True

    def __exit__(self, *_: object) -> None:
        self._active = False


def _run_notebook(work: Work) -> Outcome:
    return Outcome(files={f"{work.name}.ipynb": _text(_executed(work))})


def _run_brief(work: Work) -> Outcome:
    notebook = _executed(work)
    lang = work.parameters.get("lang", "en")
    page = export_html(notebook, lang, f"{work.name}.png" if work.card else "")
    files = {f"{work.name}.ipynb": _text(notebook), f"{work.name}.html": page}
    notes: tuple[str, ...] = ()
    if work.pdf:
        from jalur.brief.page import PrinterMissing, print_to_pdf

        try:
            files[f"{work.name}.pdf"] = print_to_pdf(page)
        except PrinterMissing as error:
            notes = (str(error),)
    return Outcome(files=files, notes=notes)


def _run_verdict(work: Work) -> Outcome:
    from jalur.runner.exports import quantiles_csv, verdict_of

    verdict = verdict_of(work.parameters)
    return Outcome({"verdict.json": (verdict.to_json() + "\n").encode(), "quantiles.csv": quantiles_csv(verdict)})


_KINDS: dict[str, Callable[[Work], Outcome]] = {"notebook": _run_notebook, "brief": _run_brief, "verdict": _run_verdict}


@contextmanager
def _quiet_papermill() -> Iterator[None]:
    import logging

    logger = logging.getLogger("papermill")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _executed(work: Work) -> Any:
    """The executed notebook, by papermill, without a trace of when and where it ran."""
    import nbformat
    import papermill

    from jalur.runner import notebook as inprocess

    assert work.notebook is not None
    source = nbformat.reads(work.notebook.decode("utf-8"), as_version=4)
    speak(source, work.name.partition(".")[0], work.parameters.get("lang", "en"))
    options: dict[str, Any] = (
        {"engine_name": None, "execution_timeout": work.timeout}
        if work.fresh_kernel
        else {"engine_name": inprocess.register()}
    )
    with _quiet_papermill():
        notebook = papermill.execute_notebook(
            source,
            None,
            parameters=work.parameters,
            progress_bar=False,
            kernel_name="python3",
            start_timeout=120,
            **options,
        )
    return without_traces(notebook)


def speak(notebook: Any, name: str, lang: str) -> None:
    """Put the text between the outputs into a language, in place; text that is not the catalogue's stays as it is.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
    name : str
        Of the notebook, as `jalur.words.format.prose` has it.
    lang : str
    """
    from jalur.words.format import LANGUAGES, prose

    if lang not in LANGUAGES:
        return  # the parameters cell refuses it, and says what is allowed
    known, wanted = prose("en").get(name, {}), prose(lang).get(name, {})
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source == known.get(cell.get("id")):
            cell.source = wanted[cell["id"]]


def without_traces(notebook: Any) -> Any:
    """Remove times, paths and random ids that papermill and nbclient leave, so that equal inputs give equal bytes."""
    notebook.metadata["papermill"] = {"parameters": notebook.metadata.get("papermill", {}).get("parameters", {})}
    notebook.metadata.pop("widgets", None)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if cell.metadata.get("tags") == []:
            del cell.metadata["tags"]
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"
        if cell.cell_type == "code":
            cell["outputs"] = _joined_streams(cell.outputs)
    return notebook


def _joined_streams(outputs: list[Any]) -> list[Any]:
    """Texts between two other outputs as one a stream, standard output first: how a kernel cuts them is chance."""
    joined: list[Any] = []
    for is_stream, group in itertools.groupby(outputs, key=lambda output: output.output_type == "stream"):
        if not is_stream:
            joined += group
            continue
        texts: dict[str, Any] = {}
        for output in group:
            if output.name in texts:
                texts[output.name]["text"] += output.text
            else:
                texts[output.name] = output
        joined += [texts[name] for name in sorted(texts, reverse=True)]
    return joined


def _text(notebook: Any) -> bytes:
    import nbformat

    return (nbformat.writes(notebook) + "\n").encode("utf-8")


def export_html(notebook: Any, lang: str, card: str = "") -> bytes:
    """The page of an executed brief: the project's template, no code, no prompts.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
    lang : str
        ``id`` or ``en``; becomes the language of the page.
    card : str
        Name of the picture for a shared link; empty for none.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="jalur",
        extra_template_basedirs=[str(resources.files("jalur.brief") / "templates")],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        language_code=lang,
    )
    if card:
        notebook = copy.deepcopy(notebook)
        notebook.metadata["jalur"] = {"card": card}
    page, _ = exporter.from_notebook_node(notebook)
    return page.encode("utf-8")
