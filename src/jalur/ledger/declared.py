"""What programme.yml may hold, as models, and the words for what does not fit them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from jalur import dates
from jalur.errors import Fault, shown
from jalur.ledger.tables import Place, unclean

SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")
LARGEST = 1e15
PERCENT, WHOLE = "percent", 100.0  # the unit of figures that are shares, and all of the eligible
REPORTING_ERROR = 0.02  # share of the level: what two bodies typically differ by on the same day, after rounding
Item = TypeVar("Item")


def _refused(allowed: str, **more: str) -> PydanticCustomError:
    """Return the fault of one value, with the words of what may stand there."""
    return PydanticCustomError("refused", "{allowed}", {"allowed": allowed, **more})


def _text(longest: int, pattern: str = ".*", words: str = "") -> AfterValidator:
    """Return the check of a text: printable, not too long, and of a form that `words` describe."""
    form = re.compile(pattern)

    def check(text: str) -> str:
        if not 0 < len(text) <= longest:
            raise _refused(f"text of 1 to {longest} characters")
        if (problem := unclean(text)) is not None:
            raise _refused(problem)
        if not form.fullmatch(text):
            raise _refused(words)
        return text

    return AfterValidator(check)


def _number(low: float, high: float, above: bool = False) -> AfterValidator:
    """Return the check of a number; `above`: `low` itself is not allowed."""

    def check(value: float) -> float:
        if low < value <= high or (value == low and not above):
            return value
        raise _refused(f"a number {'above' if above else 'from'} {low:g} to {high:g}")

    return AfterValidator(check)


def _day(given: object) -> dt.date:
    """Read a date that has come: nothing in programme.yml but the rows it names may lie ahead."""
    try:
        day = dates.written_day(given if isinstance(given, str) else "")
    except ValueError as error:
        raise _refused(str(error)) from None
    if day > dates.today():
        raise _refused(f"a day until today, {dates.today()}")
    return day


def _once(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Refuse an empty list, and one that names a thing twice: it would count twice."""
    if not items:
        raise _refused("at least one", given="0 items")
    twice = next((item for place, item in enumerate(items) if item in items[:place]), None)
    if twice is not None:
        raise _refused("each once", given=f"{shown(str(twice))} twice")
    return items


Words200 = Annotated[str, _text(200)]
Slug = Annotated[str, _text(64, SLUG.pattern, "a name in small letters, digits and _, such as all_umkm")]
Unit = Annotated[str, _text(40, "[A-Za-z][A-Za-z_]*", "the unit of the figures and targets, letters and _ only")]
Address = Annotated[str, _text(500, r'https?://[^\s<>"]+', "an address that begins with http:// or https://")]
ContextId = Annotated[str, _text(9, "[DP][0-9]{3,5}", "a row id of denominators.csv or proxies.csv, such as D020")]
RowId = Annotated[str, _text(80, "[A-Za-z0-9][A-Za-z0-9._-]*", "a row id of targets.csv, such as tgt-001")]
Day = Annotated[dt.date, BeforeValidator(_day)]
Many = Annotated[tuple[Item, ...], Field(strict=False), AfterValidator(_once)]
Any_ = Annotated[tuple[Item, ...], Field(strict=False)]
Role = Literal["observation", "repeat", "stale", "other_scope", "backcast", "derived", "misprint"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Words(_Part):
    en: Words200
    id: Words200


class _FlowBase(_Part):
    date: Day = Field(examples=["2022-12-31"])
    value: Annotated[float, _number(0, LARGEST)]
    source: Annotated[str, _text(300)] = Field(examples=["Example Agency"])
    url: Address | None = None
    known_on: Day | None = None


class SelectionEntry(_Part):
    """Which figures are used, and what flows are added to."""

    definitions: Many[Slug] = Field(examples=["[registrants]"])
    roles: Many[Role] = ("observation",)
    kinds: Many[Literal["level", "flow"]] = ("level",)
    since: Day | None = None
    base: _FlowBase | None = Field(None, examples=["{date: 2022-12-31, value: 21000, source: Example Agency}"])


class CapacityEntry(_Part):
    """A capacity: an amount, or rows of denominators.csv."""

    name: Slug
    title: _Words
    denominators: Many[ContextId] | None = None
    units: Annotated[float, _number(0, LARGEST, above=True)] | None = None
    as_of: Day | None = None
    known_on: Day | None = None
    source: Annotated[str, _text(300)] | None = None
    url: Address | None = None
    assumption: bool = False
    share: Annotated[float, _number(0, 1, above=True)] | None = None
    share_from: ContextId | None = None
    default: bool = False
    growing: bool = False


class _Base(_Part):
    date: Day
    value: Annotated[float, _number(0, LARGEST)]


class PathEntry(_Part):
    """The official path and the rows of its targets."""

    announced: Day = Field(examples=["2022-03-28"])
    speaker: Words200 = ""
    url: Address | None = None
    base: _Base | None = None
    milestones: Many[RowId] = Field(examples=["[tgt-001]"])


class Period(_Part):
    """A stretch of time that is told apart."""

    name: Literal["before", "surge", "after"]
    start: Day


class ComparisonEntry(_Part):
    """Rows that are shown beside the programme's own."""

    name: Slug
    title: _Words
    rows: Many[Annotated[str, _text(80)]]


# What a programme may say it is, so that it is forecast by series of its own class.
KindClass = Literal["digital", "durables", "coverage", "energy", "finance", "transport", "institutions", "production"]

# What stands behind the figures: officials who announce them, a public register, or a survey.
SourceKind = Literal["announcement", "register", "survey"]


class Manifest(_Part):
    """The content of programme.yml; its template explains every key."""

    title: _Words = Field(examples=["{en: ..., id: ...}"])
    noun: _Words = Field(examples=["{en: ..., id: ...}"])
    subject: _Words | None = None
    unit: Unit = Field(examples=["registrants"])
    selection: SelectionEntry = Field(examples=["{definitions: [registrants]}"])
    capacities: Any_[CapacityEntry] = Field(examples=["[]"])
    reference_source: Words200 | None = None
    reporting_error: Annotated[float, _number(0, 0.5)] = REPORTING_ERROR
    net: bool = False
    direction: Literal["up", "down"] = "up"
    kind_class: KindClass | None = None
    source_kind: SourceKind = "announcement"
    path: PathEntry | None = None
    replay: Any_[Day] = ()
    periods: Any_[Period] = ()
    definitions: dict[str, _Words] = {}
    comparisons: Any_[ComparisonEntry] = ()


_KINDS = {
    "string_type": "text",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "model_type": "a mapping of keys",
    "dict_type": "a mapping of keys",
}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Find the models in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def manifest_faults(error: ValidationError, at: Callable[..., Fault]) -> Iterator[Fault]:
    """Say what pydantic found in the words of every other fault."""
    for found in error.errors(include_url=False):
        place: Place = found["loc"]
        kind, context, key = found["type"], found.get("ctx", {}), str(place[-1]) if place else ""
        model: type[BaseModel] = Manifest
        for part in place[:-1]:
            if part in model.model_fields:
                model = next(_models(model.model_fields[str(part)].annotation), model)
        examples = model.model_fields[key].examples if key in model.model_fields else None
        example = f", such as {examples[0]}" if examples else ""
        if kind == "missing":
            yield at(place, "nothing", f"the key {key}{example}")
        elif kind == "extra_forbidden":
            yield at(place, f"the unknown key {shown(key)}", "one of the keys " + ", ".join(model.model_fields))
        elif kind == "literal_error":
            yield at(place, _shown(found["input"]), "one of " + ", ".join(re.findall("'(.*?)'", context["expected"])))
        elif kind == "refused":
            yield at(place, context.get("given", _shown(found["input"])), context["allowed"])
        else:
            yield at(place, _shown(found["input"]), _KINDS.get(kind, found["msg"]) + example)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    return f"a {'list' if isinstance(value, list) else 'mapping'}" if isinstance(value, list | dict) else shown(value)
