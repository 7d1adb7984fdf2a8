"""Files written whole or not at all, their hashes, and results that several processes of one run need.

The notebooks of a report stand alone: each computes what it shows from its parameters and the data. Several of them
ask the very same question, though, so the runner gives their processes a common temporary folder (the environment
variable JALUR_MEMO); there the answer is kept under the hash of everything it depends on, for as long as the run lasts.
Without the folder, as in JupyterLab, everything is simply computed.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

PARTIAL = ".part"
FOLDER_VARIABLE = "JALUR_MEMO"
Result = TypeVar("Result")


def sha256(content: bytes) -> str:
    """Hash of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all: to a temporary name in the same folder, then renamed."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        with open(partial, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def remove_partial(folder: Path) -> None:
    """Remove what a killed run left under temporary names in a report's folder."""
    for path in folder.glob(f".*{PARTIAL}"):
        path.unlink(missing_ok=True)


def once(name: str, inputs: Any, compute: Callable[[], Result]) -> Result:
    """``compute()``, or what another process of this run got from the same inputs.

    Parameters
    ----------
    name : str
        What is computed.
    inputs : object
        Everything that decides the result, apart from the package itself; must be picklable.
    compute : callable
        Pure; its result must be picklable.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return compute()
    path = Path(folder) / f"{name}-{_hash(inputs)}"
    try:
        return pickle.loads(path.read_bytes())
    except FileNotFoundError:
        result = compute()
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        partial.write_bytes(pickle.dumps(result))
        partial.replace(path)
    except OSError:  # a full or vanished temporary folder costs time, not the result
        partial.unlink(missing_ok=True)
    return result


def _hash(inputs: Any) -> str:
    """Hash of a value, whichever of its parts happen to be one object in this process and two in another."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer)
    pickler.fast = True  # writes every part out instead of pointing back to one written before
    pickler.dump(inputs)
    return sha256(buffer.getvalue())
