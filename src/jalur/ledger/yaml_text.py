"""YAML as plain data: text, numbers, true and false, lists and mappings, and the line each of them stands on.

Tags, aliases and merge keys are refused, so a file can neither run code nor unfold into a bomb; dates stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from jalur.errors import Fault, shown
from jalur.ledger.tables import read_text

MAXIMUM_BYTES = 200_000
MAXIMUM_DEPTH = 12
Path_ = tuple[str | int, ...]
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,4})?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


class _Refused(Exception):
    """What is wrong with a YAML file, and the line it stands on."""

    def __init__(self, line: int, given: str, allowed: str) -> None:
        super().__init__(given)
        self.line, self.given, self.allowed = line, given, allowed


def read(path: Path, label: str) -> tuple[Any, dict[Path_, int], list[Fault]]:
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
    lines: dict[Path_, int] = {}
    try:
        value = _document(yaml.parse(text, Loader=yaml.SafeLoader), lines)
    except _Refused as problem:
        return None, {}, [Fault(label, problem.line, None, problem.given, problem.allowed)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return (
            None,
            {},
            [
                Fault(
                    label,
                    mark.line + 1 if mark else None,
                    None,
                    f"text that is not YAML ({error.problem})",
                    "YAML such as `unit: UMKM`",
                )
            ],
        )
    except yaml.YAMLError as error:
        return (
            None,
            {},
            [Fault(label, None, None, f"text that is not YAML ({str(error).splitlines()[0]})", "printable YAML text")],
        )
    return value, lines, []


def _line(event: yaml.Event) -> int:
    """Line of an event, counted from 1."""
    return event.start_mark.line + 1 if event.start_mark else 1


def _document(events: Iterator[yaml.Event], lines: dict[Path_, int]) -> Any:
    """Read the only document of a stream."""
    value, seen = None, False
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if seen:
                raise _Refused(_line(event), "a second document", "one document")
            value, seen = _node(next(events), events, (), lines), True
    return value


def _node(event: yaml.Event, events: Iterator[yaml.Event], path: Path_, lines: dict[Path_, int]) -> Any:
    """Turn the events of one node into a value."""
    line = _line(event)
    lines[path] = line
    if isinstance(event, yaml.AliasEvent):
        raise _Refused(line, f"the alias *{str(event.anchor)[:30]}", "values written out, no anchors and aliases")
    tag = getattr(event, "tag", None)
    if tag not in (None, "!"):
        raise _Refused(line, f"the tag {shown(tag)}", "values without tags")
    if len(path) > MAXIMUM_DEPTH:
        raise _Refused(line, f"nesting deeper than {MAXIMUM_DEPTH} levels", f"at most {MAXIMUM_DEPTH} levels")
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event)
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Any] = []
        for inner in events:
            if isinstance(inner, yaml.SequenceEndEvent):
                break
            items.append(_node(inner, events, (*path, len(items)), lines))
        return items
    mapping: dict[str, Any] = {}
    for inner in events:
        if isinstance(inner, yaml.MappingEndEvent):
            break
        here = _line(inner)
        if not isinstance(inner, yaml.ScalarEvent) or inner.tag not in (None, "!"):
            raise _Refused(here, "a key that is not plain text", "plain text as key")
        if inner.value in mapping:
            raise _Refused(here, f"the key {shown(inner.value)} a second time", "each key once")
        mapping[inner.value] = _node(next(events), events, (*path, inner.value), lines)
        lines[(*path, inner.value)] = here
    return mapping


def _scalar(event: yaml.ScalarEvent) -> Any:
    """Read a number or word if it stands without quotes, text otherwise."""
    text = event.value
    if event.style is not None or not event.implicit[0]:
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def dump_text(text: str) -> str:
    """Quote a text for use as a YAML scalar."""
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10_000).strip()


def schema_faults(value: Any, schema: dict[str, Any], lines: dict[Path_, int], label: str) -> list[Fault]:
    """Check a value against a JSON Schema that uses the keywords below, with the line of each fault.

    Known keywords: type, enum, required, properties, additionalProperties, items, minItems, pattern, minLength,
    maxLength, minimum, maximum, exclusiveMinimum and $ref into $defs.
    """
    definitions = schema.get("$defs", {})

    def at(path: Path_, given: str, allowed: str) -> Fault:
        known = path
        while known not in lines and known:
            known = known[:-1]
        return Fault(label, lines.get(known, 1), ".".join(map(str, path)) or None, given, allowed)

    def walk(value: Any, rule: dict[str, Any], path: Path_) -> Iterator[Fault]:
        if "$ref" in rule:
            rule = definitions[rule["$ref"].rsplit("/", 1)[1]]
        kinds = [rule["type"]] if isinstance(rule.get("type"), str) else rule.get("type", [])
        if kinds and not any(_is(value, kind) for kind in kinds):
            yield at(path, _shown(value), " or ".join(_kind_word(kind) for kind in kinds) + _example(rule))
        elif "enum" in rule and value not in rule["enum"]:
            yield at(path, _shown(value), "one of " + ", ".join(map(str, rule["enum"])))
        elif isinstance(value, dict):
            known = rule.get("properties", {})
            for key in rule.get("required", []):
                if key not in value:
                    yield at((*path, key), "nothing", f"the key {key}" + _example(known.get(key, {})))
            for key, inner in value.items():
                inner_rule = known.get(key, rule.get("additionalProperties", {}))
                if inner_rule is False:
                    yield at((*path, key), f"the unknown key {shown(key)}", "one of the keys " + ", ".join(known))
                else:
                    yield from walk(inner, inner_rule, (*path, key))
        elif isinstance(value, list):
            if len(value) < rule.get("minItems", 0):
                yield at(path, f"{len(value)} items", f"at least {rule['minItems']}")
            for position, inner in enumerate(value):
                yield from walk(inner, rule.get("items", {}), (*path, position))
        elif isinstance(value, str):
            if not rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", 10**9):
                yield at(
                    path,
                    _shown(value),
                    f"text of {rule.get('minLength', 0)} to {rule.get('maxLength', 'any number of')} characters",
                )
            elif "pattern" in rule and not re.search(rule["pattern"], value):
                yield at(path, _shown(value), rule.get("description", "") or f"text of the form {rule['pattern']}")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            low, high = rule.get("minimum", rule.get("exclusiveMinimum")), rule.get("maximum")
            below = low is not None and (value < low or (value == low and "exclusiveMinimum" in rule))
            if below or (high is not None and value > high) or value != value:
                bound = f"a number {'above' if 'exclusiveMinimum' in rule else 'from'} {low}" + (
                    f" to {high:g}" if high is not None else ""
                )
                yield at(path, _shown(value), bound)

    return list(walk(value, schema, ()))


def _is(value: Any, kind: str) -> bool:
    """Whether a value has a JSON type; true and false are not numbers."""
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _kind_word(kind: str) -> str:
    words = {
        "string": "text",
        "array": "a list",
        "object": "a mapping of keys",
        "boolean": "true or false",
        "null": "nothing",
    }
    return words.get(kind, f"a{'n' if kind == 'integer' else ''} {kind}")


def _example(rule: dict[str, Any]) -> str:
    return f", such as {rule['examples'][0]}" if rule.get("examples") else ""


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    return (
        shown(value)
        if isinstance(value, str | int | float)
        else f"a {'list' if isinstance(value, list) else 'mapping'}"
    )
