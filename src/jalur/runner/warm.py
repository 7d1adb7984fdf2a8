"""The warm process behind `jalur.runner.workers.WarmServer`: imports once, forks a child per call.

Run as ``python -m jalur.runner.warm``.
The argument is a temporary folder for this process and its children. Standard input is a socket to the caller: each
request is one byte with a file descriptor beside it; ``f`` forks a child that talks over that descriptor, ``s`` tells
over it how a child ended. End of file means that the caller is gone.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pkgutil
import shutil
import signal
import socket
import sys
import tempfile
import threading
from multiprocessing.connection import Connection
from pathlib import Path

import jalur
from jalur.files import FOLDER_VARIABLE
from jalur.runner.workers import FORK, MEMO, READY, STATUS

# What notebooks, export and engine need, besides the package's own modules. The helpers of the notebooks are imported
# by the notebooks themselves, since they may want to know the shell they are imported in.
PRELOADED = (
    "pandas",
    "scipy.optimize",
    "scipy.special",
    "scipy.stats",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_svg",
    "matplotlib_inline.backend_inline",
    "papermill",
    "nbclient",
    "nbconvert",
    "statsmodels.regression.linear_model",
    "statsmodels.stats.diagnostic",
    "statsmodels.stats.stattools",
    # What the first cell, the first picture and the first page would import.
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.PpmImagePlugin",
    "jinja2.ext",
    "bdb",
    "encodings.unicode_escape",
    "encodings.utf_8_sig",
    "resource",
)


def preload() -> None:
    """Import what the work needs; a module that is not there is left to the work that asks for it."""
    # jsonschema compiles a grammar for a format of addresses that nobody checks here: two seconds of every start.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    own = (f"jalur.{module.name}" for module in pkgutil.iter_modules(jalur.__path__) if module.name != "__main__")
    for name in (*PRELOADED, *own):
        try:
            importlib.import_module(name)
        except ImportError as error:
            print(f"jalur: {name} is not preloaded: {error}", file=sys.stderr)
    _rehearse()
    gc.collect()
    gc.freeze()  # the children share these pages; a collection in one would copy them


def _rehearse() -> None:
    """Export an empty page: the patterns and schemas that this compiles are a tenth of a brief, and stay the same."""
    import nbformat

    from jalur.runner.work import export_html

    with contextlib.suppress(Exception):  # whatever is wrong is told by the work that needs it
        export_html(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("-")]), "en")


def serve(control: socket.socket) -> None:
    """Answer requests until the caller is gone."""
    ended: dict[int, int] = {}
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        _reap(ended)
        if not request or not descriptors:
            return
        connection = Connection(descriptors[0])
        if request == FORK:
            if os.fork() == 0:
                control.close()
                _child(connection)
        elif request == STATUS:
            _tell(connection, ended)
        connection.close()


def _reap(ended: dict[int, int]) -> None:
    try:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            ended[pid] = os.waitstatus_to_exitcode(status)
    except ChildProcessError:
        return


def _tell(connection: Connection, ended: dict[int, int]) -> None:
    try:
        pid = int(connection.recv_bytes())
        if pid not in ended:
            ended[pid] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        connection.send_bytes(str(ended[pid]).encode())
    except (EOFError, OSError):
        return


def _child(connection: Connection) -> None:
    """Life of a child: own process group, no terminal, one piece of work, end."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    empty = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(empty, descriptor)
    code = 1
    try:
        connection.send_bytes(str(os.getpid()).encode())
        work = connection.recv_bytes()
        threading.Thread(target=_end_with_caller, args=(connection,), daemon=True).start()
        from jalur.runner.work import run_pickled

        connection.send_bytes(run_pickled(work))
        code = 0
    finally:
        os._exit(code)  # whatever happened: a child must never go on as a second server


def _end_with_caller(connection: Connection) -> None:
    try:
        connection.recv_bytes()
    except (EOFError, OSError):
        os.killpg(os.getpid(), signal.SIGKILL)


def main(home: Path) -> None:
    """Life of the warm process: imports, then requests over standard input until the caller is gone.

    Parameters
    ----------
    home : Path
        Temporary folder of this process and its children; removed at the end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's business
    with socket.socket(fileno=os.dup(0)) as caller:
        try:
            preload()
            # What a killed child leaves behind lies in here as well, and goes with the server.
            os.environ["TMPDIR"] = tempfile.tempdir = str(home)
            os.environ[FOLDER_VARIABLE] = str(home / MEMO)
            (home / READY).touch()
            serve(caller)
        finally:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
