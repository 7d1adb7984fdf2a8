"""Which reports are asked for: parameters checked against the notebooks, and every combination once.

Nothing here executes anything or imports a heavy module; a wrong name or type is refused before a run starts.
"""

from __future__ import annotations

import ast
import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jalur.dates import number, vintage_day, whole
from jalur.errors import InputError

LANGUAGES = ("id", "en")
DEFAULT_PROGRAMME, DEFAULT_VINTAGE = "umkm_onboarding", "2022-03-31"
OWN_OPTIONS = {"programme": "--programme", "vintage": "--vintage", "lang": "--lang", "data": "--data"}
NOTEBOOK_NAME = re.compile(r"\d\d_[a-z0-9_]+|brief")
MARKED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")  # a number with marks between its thousands
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a notebook as its `parameters` cell declares it: name, type, default and the comment beside it."""

    name: str
    type: str
    default: Any
    help: str


@dataclass(frozen=True)
class Notebook:
    """A source notebook: its stem, its bytes and its parameters by name."""

    name: str
    content: bytes
    parameters: Mapping[str, Parameter]


@dataclass(frozen=True)
class Report:
    """One folder of results: a programme at a vintage, the languages of its brief, and what was set differently."""

    programme: str
    vintage: str
    langs: tuple[str, ...]
    scenario: str
    settings: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        """Folder below the output folder."""
        return Path(self.programme) / self.vintage / self.scenario

    @property
    def label(self) -> str:
        """How the report is called in tables and progress lines."""
        return " ".join(part for part in (self.programme, self.vintage, self.scenario) if part)


def declared_parameters(notebook: Mapping[str, Any]) -> dict[str, Parameter]:
    """Parameters of a notebook, read from the cell tagged ``parameters`` (as `papermill.inspect_notebook` does).

    Parameters
    ----------
    notebook : mapping
        The parsed JSON of the notebook.
    """
    cells = (cell for cell in notebook.get("cells", ()) if "parameters" in cell.get("metadata", {}).get("tags", ()))
    source = next((cell["source"] for cell in cells), "")
    text = source if isinstance(source, str) else "".join(source)
    lines, found = text.splitlines(), {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            name, default, kind = node.target.id, ast.literal_eval(node.value), ast.unparse(node.annotation)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, default = node.targets[0].id, ast.literal_eval(node.value)
            kind = type(default).__name__
        else:
            continue
        comment = lines[node.end_lineno - 1][node.end_col_offset :].partition("#")[2].strip() if node.end_lineno else ""
        found[name] = Parameter(name, kind, default, comment)
    return found


def read_notebooks(folder: Path, only: Sequence[str] = ()) -> list[Notebook]:
    """The notebooks that a report executes: those numbered ``01_`` and so on, and ``brief``.

    Parameters
    ----------
    folder : Path
    only : sequence of str
        Stems to keep; empty for all.
    """
    paths = (
        {path.stem: path for path in sorted(folder.glob("*.ipynb")) if NOTEBOOK_NAME.fullmatch(path.stem)}
        if folder.is_dir()
        else {}
    )
    if not paths:
        raise InputError(
            f"no notebooks named 01_….ipynb or brief.ipynb in {folder}; give their folder with --notebooks"
        )
    unknown = [name for name in only if name not in paths]
    if unknown:
        raise InputError(f"no notebook {unknown[0]!r} in {folder}; there are: {', '.join(paths)}")
    return [_read_notebook(path) for name, path in paths.items() if not only or name in only]


def _read_notebook(path: Path) -> Notebook:
    content = path.read_bytes()
    try:
        return Notebook(path.stem, content, declared_parameters(json.loads(content)))
    except (ValueError, SyntaxError, AttributeError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a notebook that can be run: {error}") from error


def typed(parameter: Parameter, value: Any) -> Any:
    """`value` (text from the command line, or a YAML value) as the parameter's type; InputError if it is none."""
    try:
        result = _CASTS[parameter.type](value)
    except KeyError:
        raise InputError(
            f"parameter {parameter.name} has type {parameter.type}, which cannot be set from outside"
        ) from None
    except (ValueError, TypeError, SyntaxError):
        raise InputError(
            f"parameter {parameter.name} is {parameter.type} ({parameter.help or 'no description'}), not {value!r}"
        ) from None
    return result


def _str(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):  # a number of units stands bare in a file
        value = str(value)
    if not isinstance(value, str) or len(value) > 2000 or not value.isprintable():
        raise ValueError
    return value


def _int(value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError
    return whole(str(value))


def _float(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    return number(str(value))


def _bool(value: Any) -> bool:
    words = {"true": True, "yes": True, "false": False, "no": False}
    return (
        value
        if isinstance(value, bool)
        else words[value.lower()]
        if isinstance(value, str) and value.lower() in words
        else _fail()
    )


def _fail() -> Any:
    raise ValueError


def _literal(kind: type) -> Any:
    def cast(value: Any) -> Any:
        result = ast.literal_eval(value) if isinstance(value, str) else value
        return result if isinstance(result, kind) else _fail()

    return cast


_CASTS: dict[str, Any] = {
    "str": _str,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "list": _literal(list),
    "dict": _literal(dict),
}


def check(notebooks: Iterable[Notebook], settings: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """Values of every setting in the notebooks' types, each once; InputError for an unknown name or a wrong type."""
    checked: dict[str, list[Any]] = {}
    for name, values in settings.items():
        if name in OWN_OPTIONS:
            raise InputError(f"parameter {name} has an option of its own: use {OWN_OPTIONS[name]}")
        for notebook in notebooks:
            if name not in notebook.parameters:
                known = ", ".join(
                    f"{p.name} ({p.type})" for p in notebook.parameters.values() if p.name not in OWN_OPTIONS
                )
                raise InputError(f"unknown parameter {name!r} for {notebook.name}; known are: {known or 'none'}")
            checked[name] = list(
                {repr(v): v for v in (typed(notebook.parameters[name], value) for value in values)}.values()
            )
    return checked


def settings_from_text(texts: Iterable[str]) -> dict[str, list[str]]:
    """``name=v1,v2`` options as lists of texts; a list or dict in brackets is one value.

    What a comma may part from a number as well as in it, such as 65,465,497, is refused; semicolons are plain.
    """
    settings: dict[str, list[str]] = {}
    for text in texts:
        name, sign, values = text.partition("=")
        if not sign or not name.isidentifier():
            raise InputError(f"--set takes name=value or name=value1,value2, not {text!r}")
        if name in settings:
            raise InputError(f"parameter {name} is set twice; give its values together: --set {name}=value1,value2")
        settings[name] = [values] if values.startswith(("[", "{")) else _values(name, values)
    return settings


def _values(name: str, text: str) -> list[str]:
    """Values between commas, or between semicolons where there is one."""
    if ";" in text:
        return text.split(";")
    if MARKED.fullmatch(text):
        plain, several = text.replace(",", ""), text.replace(",", ";")
        raise InputError(
            f"--set {name}={text} can be one number or several; "
            f"write {name}={plain} for one, {name}='{several}' for several"
        )
    return text.split(",")


def settings_from_file(path: Path) -> dict[str, list[Any]]:
    """Values by parameter from a YAML file of ``params/``: ``name: value`` or ``name: [value1, value2]``."""
    from jalur.ledger.tables import read_yaml

    content, _, faults = read_yaml(path, str(path))
    if faults:
        raise InputError(str(faults[0]))
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a parameter file: it needs lines like capacity_share: [0.4, 0.6]")
    for name, value in content.items():
        if isinstance(value, dict) or value is None or value == []:
            raise InputError(f"{path}: {name} must be a value or a list of values, not {value!r}")
    return {name: value if isinstance(value, list) else [value] for name, value in content.items()}


def reports(
    notebooks: Sequence[Notebook],
    *,
    programmes: Sequence[str] | None = None,
    vintages: Sequence[str] | None = None,
    langs: Sequence[str] | None = None,
    settings: Mapping[str, Sequence[Any]] | None = None,
    files: Sequence[Path] = (),
) -> list[Report]:
    """Every combination that is asked for, once, in the order in which it is asked.

    Parameters
    ----------
    notebooks : sequence of Notebook
        Declare the parameters that may be set.
    programmes, vintages, langs : sequence of str, optional
        From the command line; they go before what a file says. Without any: the default study in both languages.
    settings : mapping of str to sequence, optional
        Further parameters; each value makes a scenario.
    files : sequence of Path
        Parameter files; each that sets more than programmes, vintages and languages is a scenario of its own, named
        after the file.
    """
    found: dict[Path, Report] = {}
    for path in files or (None,):
        asked = settings_from_file(path) if path else {}
        for name, values in (("programme", programmes), ("vintage", vintages), ("lang", langs)):
            asked[name] = list(values) if values else asked.get(name) or _DEFAULTS[name]
        in_file = check(notebooks, {k: v for k, v in asked.items() if k not in ("programme", "vintage", "lang")})
        varied = check(notebooks, settings or {})
        base = {name: values for name, values in in_file.items() if name not in varied}
        days = _unique(vintage_day(str(day)).isoformat() for day in asked["vintage"])
        tongues = tuple(_unique(_language(lang) for lang in asked["lang"]))
        names = _unique(_programme(name) for name in asked["programme"])
        for programme, day, ground, change in itertools.product(
            names, days, _combinations(base), _combinations(varied)
        ):
            several = {name: value for name, value in ground.items() if len(base[name]) > 1}
            named = _file_slug(path) if ground or change else ""  # a file of programmes and days is no scenario
            scenario = "__".join(part for part in (named, _scenario({**several, **change})) if part)
            report = Report(programme, day, tongues, scenario, {**ground, **change})
            if found.setdefault(report.folder, report).settings != report.settings:
                raise InputError(f"two different scenarios would both be called {scenario}; rename a parameter file")
    return list(found.values())


_DEFAULTS: dict[str, list[str]] = {
    "programme": [DEFAULT_PROGRAMME],
    "vintage": [DEFAULT_VINTAGE],
    "lang": list(LANGUAGES),
}


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _combinations(settings: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(settings, values, strict=True)) for values in itertools.product(*settings.values())]


def _language(lang: Any) -> str:
    if lang not in LANGUAGES:
        raise InputError(f"unknown language {lang!r}; there are: {', '.join(LANGUAGES)}")
    return str(lang)


def _programme(name: Any) -> str:
    if not isinstance(name, str) or not SLUG.fullmatch(name):
        raise InputError(f"{name!r} is not the name of a programme: small letters, digits, - and _ only")
    return name


def _file_slug(path: Path | None) -> str:
    if path is None:
        return ""
    if not SLUG.fullmatch(path.stem):
        raise InputError(
            f"{path}: the name of a parameter file names the scenario; use small letters, digits, - and _ only"
        )
    return path.stem


def _scenario(settings: Mapping[str, Any]) -> str:
    """Folder name of a scenario, ``capacity_share-0.4``; a value that is no slug is shortened and gets a hash."""
    parts = []
    for name, value in settings.items():
        text = str(value)
        slug = re.sub(r"_{2,}|[^a-z0-9._]+", "-", text.lower()).strip("-._")[:32] or "empty"
        changed = slug != text
        parts.append(f"{name}-{slug}" + (f"-{hashlib.sha256(text.encode()).hexdigest()[:6]}" if changed else ""))
    return "__".join(parts)
