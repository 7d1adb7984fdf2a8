"""The choices of the explorer as a parameter file of `jalur report`."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from jalur import files, ledger
from jalur.errors import InputError
from jalur.verdict.case import Case
from jalur.words.format import Format


def slug(words: str) -> str:
    """File name without ending: small letters, digits and hyphens; empty where `words` holds neither.

    Examples
    --------
    >>> slug("What if 60% can join?")
    'what-if-60-can-join'
    """
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:60].rstrip("-")


def parameters(case: Case) -> dict[str, Any]:
    """What a report is asked for: programme and vintage, and capacity, seed and draws where they are not the usual."""
    question = case.question
    values: dict[str, Any] = {"programme": case.programme.name, "vintage": case.vintage}
    if question.capacity:
        values["capacity"] = question.capacity
    if question.capacity_share != 1:
        values["capacity_share"] = round(question.capacity_share, 4)
    plain = {one.name: one.default for one in dataclasses.fields(question)}
    return values | {
        name: getattr(question, name) for name in ("seed", "draws") if getattr(question, name) != plain[name]
    }


def command(programme: Any, file: Path) -> str:
    """The command that runs a parameter file; it names the data folder where that is not the repository's."""
    data = programme.folder.parent
    home = ledger.default_data()
    shown = file.relative_to(home.parent).as_posix() if file.is_relative_to(home.parent) else str(file)
    return f"jalur report --params {shown}" + ("" if data == home else f" --data {data}")


def write(folder: Path, name: str, case: Case, remarks: Sequence[str], fmt: Format) -> tuple[Path, str]:
    """Write a parameter file whole and return it with the command that runs it.

    Parameters
    ----------
    folder : Path
        Is made where it does not exist.
    name : str
        Becomes the file's name as a slug; a file of that name with other content is left alone.
    case : Case
    remarks : sequence of str
        Choices that a report does not have; written as comments.
    fmt : Format

    Raises
    ------
    InputError
        A name without letters and digits, a name that is taken, a folder that cannot be written.
    """
    stem = slug(name)
    if not stem:
        raise InputError(fmt.say("explore.name_needed"))
    path = folder / f"{stem}.yml"
    head = [fmt.say("explore.comment"), *remarks]
    text = "".join(f"# {line}\n" for line in head) + yaml.safe_dump(parameters(case), sort_keys=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_text(encoding="utf-8") != text:
            raise InputError(fmt.say("explore.taken", file=path.name))
        files.write_whole(path, text.encode())
    except OSError as error:
        raise InputError(fmt.say("explore.no_programme_file", folder=folder, why=error.strerror)) from error
    return path, command(case.programme, path)
