"""Bad input: what was given, where, and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class InputError(ValueError):
    """Bad input by the user: one clear sentence, shown by the command line without a traceback.

    Attributes
    ----------
    faults : tuple of Fault
        Every fault found, where the input is a file; empty for other input.
    """

    def __init__(self, message: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> InputError:
        """Make the error that shows the first fault and says how many others there are."""
        faults = tuple(faults)
        message = str(faults[0])
        if len(faults) > 1:
            others = len(faults) - 1
            message += f" ({others} more {'fault' if others == 1 else 'faults'}; `jalur check` lists them all)"
        return cls(message, faults)


@dataclass(frozen=True)
class Fault:
    """One fault in one place of one file.

    Attributes
    ----------
    file : str
        Path below the data folder, with forward slashes.
    row : int or None
        Row as an editor or spreadsheet numbers it, the header being row 1; None for the file as a whole.
    column : str or None
        Column of a table, key of a YAML file; None for the row as a whole.
    given : str
        What stands there.
    allowed : str
        What may stand there.
    """

    file: str
    row: int | None
    column: str | None
    given: str
    allowed: str

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        return f"{place}: given {self.given}; allowed: {self.allowed}"


def plain(text: object) -> str:
    """Text for a terminal or a log: what would steer one (escape sequences, line ends, directions) by its number."""
    return "".join(c if c.isprintable() or c == " " else c.encode("unicode_escape").decode("ascii") for c in str(text))


def shown(value: object, limit: int = 60) -> str:
    """Quote a given value on one line, shortened, so that no input can break or flood a message."""
    text = repr(value) if isinstance(value, str) else repr(str(value))
    return text if len(text) <= limit else f"{text[: limit - 4]}...{text[0]}"


def meant(given: object, allowed: Iterable[str]) -> str:
    """End of a message that asks for the nearest allowed word; empty where none is near.

    Examples
    --------
    >>> meant("gompertzz", ("logistic", "gompertz"))
    "; did you mean 'gompertz'?"
    >>> meant("line", ("logistic", "gompertz"))
    ''
    """
    near = difflib.get_close_matches(str(given), list(allowed), 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def choice(given: str, allowed: Iterable[str], what: str) -> str:
    """One of a few allowed words; anything else is refused with those that are allowed and the nearest of them."""
    allowed = tuple(allowed)
    if given not in allowed:
        raise InputError(f"{what} is {shown(given)}; allowed: {', '.join(allowed)}{meant(given, allowed)}")
    return given
