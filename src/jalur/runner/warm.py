"""What the fork server of `jalur.runner.workers` imports: with it, a process of a piece of work starts at once.

Importing this module does nothing but where the environment says that this is the server.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import os
import pkgutil
import shutil
import sys
from pathlib import Path

import jalur
from jalur.runner.workers import READY, SERVER_VARIABLE, adopt_orphans, end_descendants, leave_terminal

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
    "psutil",
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
NOT_PRELOADED = (
    "jalur.__main__",
    "jalur.cli",
    "jalur.helpers",
    "jalur.study.explore",
)  # the last brings the widgets of one notebook


def preload() -> None:
    """Import what the work needs; a module that is not there is left to the work that asks for it."""
    # jsonschema compiles a grammar for a format of addresses that nobody checks here: two seconds of every start.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    caller = os.getppid()
    own = [module.name for module in pkgutil.walk_packages(jalur.__path__, "jalur.")]
    for name in (*PRELOADED, *(name for name in own if name not in NOT_PRELOADED)):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
        if os.getppid() != caller:  # which was killed meanwhile: nobody will ask for anything
            sys.exit()
    _rehearse()
    gc.collect()
    gc.freeze()  # the children share these pages; a collection in one would copy them


def _rehearse() -> None:
    """Export an empty page: the patterns and schemas that this compiles are a tenth of a brief, and stay the same."""
    import nbformat

    from jalur.runner.work import export_html

    with contextlib.suppress(Exception):  # whatever is wrong is told by the work that needs it
        export_html(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("-")]), "en")


def main(home: Path) -> None:
    """Make this process the server: away from the terminal, with its imports done, and tidy at its end.

    Parameters
    ----------
    home : Path
        Temporary folder of the run. It is removed when the server ends, which it does when its caller is gone; what a
        killed process left behind lies in it as well.
    """
    leave_terminal()
    adopt_orphans()
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    atexit.register(end_descendants)  # what a notebook detached from a process that crashed
    preload()
    (home / READY).write_text(str(os.getpid()))


if SERVER_VARIABLE in os.environ:
    main(Path(os.environ.pop(SERVER_VARIABLE)))
