"""What a report was made from, so that an unchanged one is left alone and a half-made one is finished.

``manifest.json`` beside a report lists its parameters, the versions, the hashes of data and files, and how long each
piece of work took. It is the only file with a time in it. A piece of work is up to date when the hash of its inputs is
the one noted and every file it made still has the bytes noted.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

import jalur
from jalur.files import sha256, shipped, write_whole

NAME = "manifest.json"
SCHEMA_VERSION = "1.1"
LIBRARIES = (
    "babel",
    "ipython",
    "matplotlib",
    "nbconvert",
    "nbformat",
    "numpy",
    "pandas",
    "papermill",
    "pyyaml",
    "scipy",
    "scoringrules",
    "statsmodels",
)


def moment() -> str:
    """Now in UTC, or the moment that the environment variable SOURCE_DATE_EPOCH names."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    return now.replace(microsecond=0).isoformat()


@lru_cache(maxsize=1)
def environment() -> dict[str, Any]:
    """Versions and hashes of everything but notebook, parameters and data that decides the bytes of a report."""
    package = Path(jalur.__file__).parent
    sources = sorted(
        p for p in package.rglob("*") if p.is_file() and "__pycache__" not in p.parts and p.suffix != ".pyc"
    )
    sources += [p for p in (package.parent / "helpers.py",) if p.is_file()]
    digest = hashlib.sha256()
    for path in sources:
        digest.update(f"{path.relative_to(package.parent).as_posix()} {sha256(path.read_bytes())}\n".encode())
    lock = shipped("requirements.lock")
    return {
        "package": {"name": "jalur", "version": jalur.__version__, "source_sha256": digest.hexdigest()},
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
        "lock_sha256": sha256(lock.read_bytes()) if lock.is_file() else None,
    }


class DataHashes:
    """Hashes of the files of a data folder, each computed once; a folder's hash is that of its list of names.

    A worker takes them as it reads, so that a result is stamped with what it was made from, however the data change
    later; `changed` then says whether they did so before it was finished.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, str | None] = {}

    def of(self, name: str) -> str | None:
        """Hash of a file, or of the names in a folder (`name` ends with a slash); None where there is none."""
        if name not in self._known:
            path = self.folder / name
            if name.endswith("/"):
                listed = sorted(os.listdir(path)) if path.is_dir() else None
                self._known[name] = sha256("\n".join(listed).encode()) if listed is not None else None
            else:
                self._known[name] = _hash_of(path)
        return self._known[name]

    def known(self) -> dict[str, str | None]:
        """Every hash that was asked for, in the order of the names."""
        return dict(sorted(self._known.items()))

    def changed(self) -> bool:
        """Whether any of the files or folders is no longer as it was when it was asked for first."""
        now = DataHashes(self.folder)
        return any(now.of(name) != digest for name, digest in self._known.items())

    def everything(self) -> tuple[str, ...]:
        """Every file and folder; for work whose reading could not be watched."""
        names = [p.relative_to(self.folder).as_posix() + ("/" if p.is_dir() else "") for p in self.folder.rglob("*")]
        return ("./", *sorted(names))


def _hash_of(path: Path) -> str | None:
    try:
        return sha256(path.read_bytes())
    except OSError:
        return None


def inputs_hash(parts: Mapping[str, Any]) -> str:
    """Hash of what decides a piece of work apart from the data; `parts` must be plain data."""
    return sha256(json.dumps({**parts, **environment()}, sort_keys=True, ensure_ascii=False).encode())


def _plain_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,200}", name):
        raise ValueError("a plain file name is allowed")
    return name


Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, AfterValidator(_plain_name)]


class Entry(BaseModel):
    """One piece of work: how it ended, from which inputs and data, and the files that it made in this folder."""

    status: Literal["done", "failed"]
    reason: str | None = None
    inputs_sha256: Hash | None
    data_sha256: dict[str, Hash | None]
    files_sha256: dict[FileName, Hash]
    seconds: float | None = None
    peak_mib: float | None = None
    finished: str | None = None


class Content(BaseModel):
    """What jalur reads back of a manifest; the rest is for people and other programs."""

    schema_version: Literal["1.1"]
    work: dict[str, Entry]


@dataclass
class Manifest:
    """The manifest of one report folder, read once and written after every piece of work."""

    folder: Path
    work: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest there, or an empty one where there is none, or one that is not as jalur writes it."""
        try:
            return cls(folder, Content.model_validate_json((folder / NAME).read_bytes()).work)
        except (OSError, ValueError):
            return cls(folder)

    def up_to_date(self, name: str, inputs: str, data: DataHashes) -> bool:
        """Whether a piece of work need not be done: same inputs, same data, every file whole."""
        noted = self.work.get(name)
        if noted is None or noted.status != "done" or noted.inputs_sha256 != inputs:
            return False
        return not self.outdated(name, data) and all(self._whole(*pair) for pair in noted.files_sha256.items())

    def outdated(self, name: str, data: DataHashes) -> bool:
        """Whether the data are no longer those that a piece of work read."""
        noted = self.work[name].data_sha256
        return any(data.of(file) != digest for file, digest in noted.items())

    def _whole(self, file: str, digest: str) -> bool:
        try:
            return sha256((self.folder / file).read_bytes()) == digest
        except OSError:
            return False

    def superseded(self, name: str, files: Iterable[str]) -> list[Path]:
        """Files of an earlier run of a piece of work that it no longer makes, but for those changed since."""
        noted = self.work[name].files_sha256 if name in self.work else {}
        return [self.folder / file for file in set(noted) - set(files) if self._whole(file, noted[file])]

    def note(self, name: str, entry: Entry, heading: Mapping[str, Any]) -> None:
        """Put one piece of work into the manifest and write it."""
        self.work = dict(sorted({**self.work, name: entry}.items()))
        content = {
            "schema_version": SCHEMA_VERSION,
            **heading,
            **environment(),
            "written": moment(),
            "work": {each: noted.model_dump(exclude_unset=True) for each, noted in self.work.items()},
        }
        write_whole(self.folder / NAME, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def done(
    inputs: str, files: Mapping[str, bytes], data: Mapping[str, str | None], seconds: float, peak_mib: float
) -> Entry:
    """Entry of a finished piece of work. With SOURCE_DATE_EPOCH set, nothing that differs from run to run is noted."""
    hashes = {name: sha256(content) for name, content in files.items()}
    entry = Entry(status="done", inputs_sha256=inputs, data_sha256=dict(data), files_sha256=hashes)
    if not os.environ.get("SOURCE_DATE_EPOCH", "").isdigit():
        entry.seconds, entry.peak_mib, entry.finished = round(seconds, 3), round(peak_mib, 1), moment()
    return entry


def failed(reason: str) -> Entry:
    """Entry of a piece of work that failed; files of an earlier run are kept but no longer vouched for."""
    return Entry(status="failed", reason=reason, inputs_sha256=None, data_sha256={}, files_sha256={})
