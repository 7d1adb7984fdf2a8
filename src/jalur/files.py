"""Files written whole or not at all, folders held alone, and results that several processes of one run need.

The notebooks of a report stand alone: each computes what it shows from its parameters and the data. Several of them
ask the very same question, though, so the runner gives their processes a common temporary folder (the environment
variable JALUR_MEMO); there the answer is kept under the hash of everything it depends on, for as long as the run lasts.
Without the folder, as in JupyterLab, everything is simply computed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import pickle
import pwd
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

PARTIAL, LOCK = ".part", ".jalur.lock"
FOLDER_VARIABLE = "JALUR_MEMO"
Result = TypeVar("Result")


def sha256(content: bytes) -> str:
    """Hash of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all: to a temporary name in the same folder, then renamed.

    A file that stands there keeps its permissions, and its owner and group where the system allows that; where a link
    stands, the file that it leads to is written.
    """
    path = path.resolve() if path.is_symlink() else path
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        with open(partial, "xb") as file:
            if path.exists():
                _take_over(file.fileno(), path.stat())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _take_over(handle: int, former: os.stat_result) -> None:
    """Give an open file the owner, group and permissions of another, as far as the system allows."""
    for owner, group in ((former.st_uid, -1), (-1, former.st_gid)):
        with contextlib.suppress(PermissionError):
            os.fchown(handle, owner, group)
    os.fchmod(handle, stat.S_IMODE(former.st_mode))


class HeldError(Exception):
    """A folder is held by somebody else; the message says by whom."""


@contextlib.contextmanager
def locked(folder: Path, wait: float) -> Iterator[None]:
    """Hold a folder alone, for as long as the block lasts.

    The lock is a file in the folder that it guards, there only as long as it is held, with the permissions of the
    folder: whoever may write there may take it. It names its holder.

    Parameters
    ----------
    folder : Path
    wait : float
        Seconds to wait for another holder.

    Raises
    ------
    HeldError
        If the folder is still held after that.
    OSError
        If nothing can be written there.
    """
    path, until = folder / LOCK, time.monotonic() + wait
    while (handle := _hold(path, folder.stat())) is None:
        if time.monotonic() >= until:
            raise HeldError(_holder(path))
        time.sleep(0.02)
    try:
        os.pwrite(handle, f"{_user()} on {os.uname().nodename}, process {os.getpid()}".encode(), 0)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _hold(path: Path, folder: os.stat_result) -> int | None:
    """Take a lock, or None where somebody else has it; the open file holds it until it is closed."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with contextlib.suppress(PermissionError):
            os.fchown(handle, -1, folder.st_gid)
        os.fchmod(handle, folder.st_mode & 0o666)
    except FileExistsError:
        try:
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:  # just given back
            return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(handle).st_ino == path.stat().st_ino:  # else it was given back and made anew meanwhile
            os.ftruncate(handle, 0)
            return handle
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(handle)
    return None


def _holder(path: Path) -> str:
    """Return the name that stands in a lock."""
    with contextlib.suppress(OSError):
        return " ".join(path.read_text("utf-8", errors="replace")[:200].split()) or "another run"
    return "another run"


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without a name
        return f"user {os.getuid()}"


def remove_partial(folder: Path) -> None:
    """Remove what a killed run left under temporary names in a report's folder."""
    for path in folder.glob(f".*{PARTIAL}"):
        path.unlink(missing_ok=True)


def shipped(name: str) -> Path:
    """A folder or file that travels with the package: in the repository it stands at the top, in a wheel inside."""
    package = Path(__file__).resolve().parent
    inside = package / "example" / name
    return inside if inside.exists() else package.parents[1] / name


def default_folder(name: str) -> Path:
    """The folder ``data`` or ``notebooks``: what JALUR_DATA or JALUR_NOTEBOOKS names, one here, or the shipped one.

    One in the working folder counts if it holds what `jalur init` lays out.
    """
    named = os.environ.get(f"JALUR_{name.upper()}")
    if named:
        return Path(named)
    here = Path.cwd() / name
    marks = {"notebooks": "brief.ipynb", "data": "*/programme.yml"}
    return here if any(here.glob(marks[name])) else shipped(name)


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
    except Exception:  # noqa: BLE001 - not there, or not whole: computed as if nobody had
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
