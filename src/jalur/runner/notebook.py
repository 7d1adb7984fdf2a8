"""A papermill engine that runs the cells of a notebook in the process it is called from.

A fresh Jupyter kernel spends seconds on imports that a worker has already paid for. This engine gives the cells an
IPython shell of their own inside the worker's forked child (see `jalur.runner.workers`), collects what they show as
notebook
outputs, and leaves the rest (parameters, metadata, errors, order) to papermill. The results are those of a kernel;
the tests run the same notebook both ways and compare.
"""

from __future__ import annotations

import io
import json
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import nbformat
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import activate_matplotlib
from jupyter_client.jsonutil import json_default
from matplotlib_inline.backend_inline import configure_inline_support
from papermill.engines import Engine, papermill_engines
from traitlets import Type
from traitlets.config import Config

ENGINE_NAME = "jalur-inprocess"
FIGURES = "module://matplotlib_inline.backend_inline"  # what a kernel sets


class _Collector:
    """Outputs of the running cell, in the order in which they appeared; text of one stream is kept together."""

    def __init__(self) -> None:
        self.outputs: list[Any] = []
        self._clear_next = False

    def add(self, output: Any) -> None:
        if self._clear_next:
            self.outputs.clear()
            self._clear_next = False
        last = self.outputs[-1] if self.outputs else None
        if (
            output.output_type == "stream"
            and last is not None
            and last.output_type == "stream"
            and last.name == output.name
        ):
            last.text += output.text
        else:
            self.outputs.append(output)

    def clear(self, wait: bool) -> None:
        if wait:
            self._clear_next = True
        else:
            self.outputs.clear()


class _Stream(io.TextIOBase):
    """Standard output or error of the notebook: every write becomes a stream output."""

    def __init__(self, name: str, shell: NotebookShell) -> None:
        self._name, self._shell = name, shell

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text:
            self._shell.collector.add(nbformat.v4.new_output("stream", name=self._name, text=text))
        return len(text)


def _as_sent(bundle: dict | None) -> Any:
    """A bundle of representations as a kernel sends it: images in base64, dates as text, tuples as lists."""
    return nbformat.from_dict(json.loads(json.dumps(bundle or {}, default=json_default)))


class _Publisher(DisplayPublisher):
    """What `display` shows; an update replaces the earlier output of the same display id."""

    def publish(
        self,
        data: dict,
        metadata: dict | None = None,
        source: Any = None,
        *,
        transient: dict | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        display_id = (transient or {}).get("display_id")
        if update and display_id:
            for shown, output in self.shell.updatable:
                if shown == display_id:
                    output.data, output.metadata = _as_sent(data), _as_sent(metadata)
            return
        output = nbformat.v4.new_output("display_data", data=_as_sent(data), metadata=_as_sent(metadata))
        if display_id:
            self.shell.updatable.append((display_id, output))
        self.shell.collector.add(output)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.collector.clear(wait)


class _Hook(DisplayHook):
    """The value of a cell's last expression, with the cell's execution count."""

    def write_output_prompt(self) -> None:
        return

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        data, metadata = _as_sent(format_dict), _as_sent(md_dict)
        output = nbformat.v4.new_output(
            "execute_result", data=data, metadata=metadata, execution_count=self.prompt_count
        )
        self.shell.collector.add(output)  # type: ignore[union-attr]

    def finish_displayhook(self) -> None:
        self._is_active = False


class NotebookShell(InteractiveShell):
    """An IPython shell whose display, result and error go to a collector instead of a terminal or a kernel's socket."""

    collector: _Collector
    updatable: list[tuple[str, Any]]

    display_pub_class = Type(_Publisher)
    displayhook_class = Type(_Hook)

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        error = nbformat.v4.new_output("error", ename=str(etype.__name__), evalue=str(evalue), traceback=list(stb))
        self.collector.add(error)

    def enable_gui(self, gui: Any = None) -> None:
        """A notebook that runs unattended has no window to draw in."""


@contextmanager
def _shell() -> Iterator[NotebookShell]:
    """A shell without history, start-up files or a profile on disk, and with figures drawn as a kernel draws them."""
    before = sys.stdout, sys.stderr, sys.modules["__main__"]
    config = Config()
    config.HistoryManager.enabled = False
    with tempfile.TemporaryDirectory(prefix="jalur-ipython-") as folder:
        NotebookShell.clear_instance()
        shell = NotebookShell.instance(config=config, ipython_dir=folder)
        shell.collector, shell.updatable = _Collector(), []
        try:
            sys.stdout, sys.stderr = _Stream("stdout", shell), _Stream("stderr", shell)
            activate_matplotlib(FIGURES)
            configure_inline_support(shell, FIGURES)
            yield shell
        finally:
            sys.stdout, sys.stderr, sys.modules["__main__"] = before
            NotebookShell.clear_instance()


class InProcessEngine(Engine):
    """Runs the code cells of a notebook one after the other in this process; `register` makes papermill know it."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **_: Any) -> None:
        """Execute every code cell of ``nb_man.nb``; stop at the first error, which papermill then raises."""
        with _shell() as shell:
            for index, cell in enumerate(nb_man.nb.cells):
                if cell.cell_type != "code" or not cell.source.strip():
                    nb_man.cell_start(cell, index)
                    nb_man.cell_complete(cell, cell_index=index)
                    continue
                if not cls._run_cell(shell, nb_man, cell, index):
                    break
        nb_man.nb.metadata["language_info"] = language_info()

    @staticmethod
    def _run_cell(shell: NotebookShell, nb_man: Any, cell: Any, index: int) -> bool:
        shell.collector = collector = _Collector()
        nb_man.cell_start(cell, index)
        cell.execution_count = shell.execution_count
        result = shell.run_cell(cell.source, store_history=True, silent=False)
        cell.outputs = collector.outputs
        failed = result.error_before_exec or result.error_in_exec
        if failed is not None:
            nb_man.cell_exception(cell, cell_index=index, exception=failed)
        nb_man.cell_complete(cell, cell_index=index)
        return failed is None


def language_info() -> dict[str, Any]:
    """What an IPython kernel says about its language, as papermill stores it in the notebook."""
    return {
        "codemirror_mode": {"name": "ipython", "version": sys.version_info.major},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": platform.python_version(),
    }


def register() -> str:
    """Make the engine known to papermill; returns its name."""
    papermill_engines.register(ENGINE_NAME, InProcessEngine)
    return ENGINE_NAME
