"""YAML as plain data: text, numbers, true and false, lists and mappings, and the line each of them stands on.

Tags, aliases, merge keys and a key given twice are refused, so a file can neither run code nor unfold into a bomb nor
say two things; dates stay text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer, ComposerError

from jalur.errors import Fault, shown
from jalur.ledger.tables import read_text

MAXIMUM_BYTES = 200_000
MAXIMUM_DEPTH = 12
Place = tuple[str | int, ...]
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,4})?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where libyaml is at hand


class _Refused(Exception):
    """What is wrong with a YAML file, and the line it stands on."""

    def __init__(self, mark: Any, given: str, allowed: str) -> None:
        super().__init__(given)
        self.line, self.given, self.allowed = mark.line + 1, given, allowed


class _Loader(*((Composer, _SafeLoader) if _SafeLoader is not yaml.SafeLoader else (_SafeLoader,))):  # type: ignore[misc]
    """A safe loader that refuses what stands for something else than itself."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - plain words stay text here; `_plain` reads them

    def __init__(self, text: str) -> None:
        Composer.__init__(self)
        _SafeLoader.__init__(self, text)
        self.depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose the next node of the text."""
        event: Any = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            given = f"the alias *{str(event.anchor)[:30]}"
            raise _Refused(event.start_mark, given, "values written out, no anchors and aliases")
        if event.tag not in (None, "!"):
            raise _Refused(event.start_mark, f"the tag {shown(event.tag)}", "values without tags")
        if self.depth > MAXIMUM_DEPTH:
            given, allowed = f"nesting deeper than {MAXIMUM_DEPTH} levels", f"at most {MAXIMUM_DEPTH} levels"
            raise _Refused(event.start_mark, given, allowed)
        self.depth += 1
        node = Composer.compose_node(self, parent, index)
        self.depth -= 1
        return node


def read(path: Path, label: str) -> tuple[Any, dict[Place, int], list[Fault]]:
    """Read one YAML file.

    Parameters
    ----------
    path : Path
        UTF-8, at most 200 kB.
    label : str
        How messages name the file.

    Returns
    -------
    value : object
        None where there are faults.
    lines : dict
        Line of each value by its path of keys and list positions.
    faults : list of Fault
    """
    text, faults = read_text(path, label, MAXIMUM_BYTES)
    if faults:
        return None, {}, faults
    lines: dict[Place, int] = {(): 1}
    row, allowed = None, "YAML such as `unit: UMKM`"
    try:
        node = _Loader(text).get_single_node()
        return (None if node is None else _value(node, (), lines)), lines, []
    except _Refused as problem:
        row, given, allowed = problem.line, problem.given, problem.allowed
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        row, given = mark.line + 1 if mark else None, f"text that is not YAML ({error.problem})"
        if isinstance(error, ComposerError):  # the only thing left for it to refuse
            given, allowed = "a second document", "one document"
    except yaml.YAMLError as error:
        given, allowed = f"text that is not YAML ({str(error).splitlines()[0]})", "printable YAML text"
    return None, {}, [Fault(label, row, None, given, allowed)]


def _value(node: Any, place: Place, lines: dict[Place, int]) -> Any:
    """Turn a node into a value, noting the line of it and of all in it."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style else _plain(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_value(inner, (*place, position), lines) for position, inner in enumerate(node.value)]
    mapping: dict[str, Any] = {}
    for key, inner in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _Refused(key.start_mark, "a key that is not plain text", "plain text as key")
        if key.value in mapping:
            raise _Refused(key.start_mark, f"the key {shown(key.value)} a second time", "each key once")
        lines[(*place, key.value)] = key.start_mark.line + 1
        mapping[key.value] = _value(inner, (*place, key.value), lines)
    return mapping


def _plain(text: str) -> Any:
    """Read a number or word that stands without quotes; anything else is text."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
