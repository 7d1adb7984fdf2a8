"""The notebooks and the example study that travel with the package, laid out as a folder to work in."""

from __future__ import annotations

import shutil
from pathlib import Path

from jalur.errors import InputError, shown
from jalur.files import shipped

PARTS = ("notebooks", "data", "params", "environment.yml", "requirements.lock")


def lay_out(folder: Path) -> list[str]:
    """Copy notebooks, data, parameter files and the list of packages into a folder that is new or empty.

    Returns
    -------
    list of str
        What was laid out.

    Raises
    ------
    InputError
        The folder holds something already: nothing is overwritten.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"the folder is {shown(str(folder))}, which is not empty; allowed is one that is new or empty")
    folder.mkdir(parents=True, exist_ok=True)
    for name in PARTS:
        source = shipped(name)
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copyfile(source, folder / name)
    return list(PARTS)
