"""Verdicts from their JSON form, so that a test can change any part of one."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any

from jalur.verdict.model import Verdict


def made(plain: Verdict | dict[str, Any]) -> Verdict:
    """The verdict with this JSON form (as `Verdict.to_dict` gives it); parts that are not given are None."""
    return plain if isinstance(plain, Verdict) else _read(Verdict, plain)


def _read(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, types.UnionType):
        kind = next(one for one in typing.get_args(kind) if one is not type(None))
    if dataclasses.is_dataclass(kind):
        if isinstance(value, kind):
            return value
        hints = typing.get_type_hints(kind)
        return kind(**{f.name: _read(hints[f.name], value.get(f.name)) for f in dataclasses.fields(kind) if f.init})
    if typing.get_origin(kind) is tuple:
        parts = typing.get_args(kind)
        kinds = [parts[0]] * len(value) if parts[-1] is Ellipsis else parts
        return tuple(_read(one, item) for one, item in zip(kinds, value, strict=True))
    return value
