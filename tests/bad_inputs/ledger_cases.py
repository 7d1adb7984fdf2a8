"""Faulty data folders: each case changes one thing in `ledger_base` and says what the message must name.

`said` holds fragments of the one sentence: the file, the row as an editor numbers it, the column, what was given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BASE = Path(__file__).parent / "ledger_base"
OBS, TGT, YML = "study/observations.csv", "study/targets.csv", "study/programme.yml"
DEN, PRX = "denominators.csv", "proxies.csv"
Change = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Case:
    """One faulty input: the file changed, how, and the fragments that the message must hold."""

    name: str
    kind: str
    file: str
    change: Change
    said: tuple[str, ...]


def cell(row: int, column: str, value: str) -> Change:
    """Put a value into one cell, the row as an editor numbers it; no cell of the base is quoted."""

    def change(raw: bytes) -> bytes:
        lines = raw.decode().splitlines()
        position = lines[0].split(",").index(column)
        cells = lines[row - 1].split(",")
        cells[position] = value
        lines[row - 1] = ",".join(cells)
        return ("\n".join(lines) + "\n").encode()

    return change


def cells(row: int, **values: str) -> Change:
    """Put values into several cells of one row."""

    def change(raw: bytes) -> bytes:
        for column, value in values.items():
            raw = cell(row, column, value)(raw)
        return raw

    return change


def swap(old: str, new: str) -> Change:
    """Replace a text that stands once."""

    def change(raw: bytes) -> bytes:
        assert raw.count(old.encode()) == 1, (old, raw.count(old.encode()))
        return raw.replace(old.encode(), new.encode())

    return change


def whole(content: bytes | str) -> Change:
    """Replace the file."""
    return lambda raw: content.encode() if isinstance(content, str) else content


def without_column(name: str) -> Change:
    """Take a column out of every row."""

    def change(raw: bytes) -> bytes:
        rows = [line.split(",") for line in raw.decode().splitlines()]
        position = rows[0].index(name)
        return ("\n".join(",".join(c for i, c in enumerate(r) if i != position) for r in rows) + "\n").encode()

    return change


def more_column(name: str) -> Change:
    """Add a column to every row."""
    return lambda raw: b"".join(
        line + (f",{name}\n" if number == 0 else ",x\n").encode() for number, line in enumerate(raw.splitlines())
    )


def big(raw: bytes) -> bytes:
    """Grow the file beyond what is read, sparsely where the file system can."""
    return raw + b"\n" * 50_000_001


BOMB = "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\ntitle: *c\n"
LONG = "9" * 400
CASES = [
    # encoding and structure of tables
    Case(
        "broken UTF-8", "encoding", OBS, lambda raw: raw.replace(b"first", b"f\xe9rst"), (OBS, "row 2", "0xE9", "UTF-8")
    ),
    Case("UTF-16", "encoding", OBS, lambda raw: raw.decode().encode("utf-16"), (OBS, "row 1", "UTF-8")),
    Case("zero byte", "encoding", TGT, lambda raw: raw.replace(b"old", b"o\x00d"), (TGT, "row 4", "zero byte")),
    Case("a spreadsheet file", "encoding", OBS, whole(b"PK\x03\x04\x14\x00\x06\x00\x08\x00\xff\xfe"), (OBS, "UTF-8")),
    Case("empty file", "structure", OBS, whole(""), (OBS, "an empty file", "the columns id,as_of")),
    Case("blank file", "structure", TGT, whole("\n \n"), (TGT, "an empty file")),
    Case("semicolons", "structure", OBS, lambda raw: raw.replace(b",", b";"), (OBS, "row 1", "semicolons", "commas")),
    Case("tabs", "structure", TGT, lambda raw: raw.replace(b",", b"\t"), (TGT, "row 1", "tabs", "commas")),
    Case("missing column", "structure", OBS, without_column("role"), (OBS, "row 1", "column role", "no column 'role'")),
    Case("missing column of context", "structure", DEN, without_column("url"), (DEN, "row 1", "no column 'url'")),
    Case("extra column", "structure", OBS, more_column("colour"), (OBS, "row 1", "unknown column 'colour'")),
    Case("duplicate column", "structure", OBS, more_column("note"), (OBS, "row 1", "two columns 'note'")),
    Case("no header", "structure", TGT, lambda raw: raw.split(b"\n", 1)[1], (TGT, "row 1", "no column 'id'")),
    Case("too few cells", "structure", OBS, swap("https://example.org/6,\nobs-7", "obs-7"), (OBS, "row 7", "cells")),
    Case("decimal comma", "structure", OBS, cell(3, "value", "1500,5"), (OBS, "row 3", "21 cells", "20 cells", "17,5")),
    Case("quoted decimal comma", "number", OBS, cell(3, "value", '"1500,5"'), (OBS, "row 3", "column value", "1500,5")),
    Case("open quote", "structure", OBS, swap(",first", ',"first'), (OBS, "row", "CSV")),
    Case("too big", "size", OBS, big, (OBS, "bytes", "at most 50,000,000 bytes")),
    # cells
    Case("not a number", "number", OBS, cell(3, "value", "many"), (OBS, "row 3", "column value", "'many'", "a number")),
    Case(
        "thousands separator", "number", OBS, cell(3, "value", "1.500.000"), (OBS, "row 3", "column value", "1.500.000")
    ),
    Case("hexadecimal", "number", OBS, cell(3, "value", "0x10"), (OBS, "row 3", "column value", "'0x10'")),
    Case("negative", "number", OBS, cell(3, "value", "-1500"), (OBS, "row 3", "column value", "'-1500'", "from 0")),
    Case("NaN", "number", OBS, cell(3, "value", "NaN"), (OBS, "row 3", "column value", "'NaN'")),
    Case("infinite", "number", OBS, cell(3, "value", "inf"), (OBS, "row 3", "column value", "'inf'")),
    Case("1e308", "number", OBS, cell(3, "value", "1e308"), (OBS, "row 3", "column value", "1e308", "1e+15")),
    Case("1e999", "number", OBS, cell(3, "value", "1e999"), (OBS, "row 3", "column value", "finite")),
    Case("digits of another script", "number", OBS, cell(3, "value", "١٥٠٠"), (OBS, "row 3", "column value")),
    Case("number of 400 digits", "number", OBS, cell(3, "decimals", LONG), (OBS, "row 3", "column decimals", "999...")),
    Case(
        "fraction where whole", "number", OBS, cell(3, "decimals", "-2.5"), (OBS, "row 3", "column decimals", "whole")
    ),
    Case("empty value", "number", OBS, cell(3, "value", ""), (OBS, "row 3", "column value", "nothing")),
    Case(
        "impossible day",
        "date",
        OBS,
        cell(3, "as_of", "2021-02-29"),
        (OBS, "row 3", "column as_of", "2021-02-29", "exists"),
    ),
    Case("month 13", "date", TGT, cell(2, "target_date", "2021-13-01"), (TGT, "row 2", "column target_date", "exists")),
    Case("day first", "date", OBS, cell(3, "as_of", "15/06/2020"), (OBS, "row 3", "column as_of", "YYYY-MM-DD")),
    Case(
        "date with time", "date", OBS, cell(3, "reported_on", "2020-06-15T10:00"), (OBS, "row 3", "column reported_on")
    ),
    Case("year 1066", "date", OBS, cells(3, as_of="1066-10-14"), (OBS, "row 3", "column as_of", "1990-01-01")),
    Case(
        "unknown role",
        "word",
        OBS,
        cell(3, "role", "guess"),
        (OBS, "row 3", "column role", "'guess'", "observation, repeat"),
    ),
    Case(
        "unknown kind", "word", OBS, cell(3, "kind", "Level"), (OBS, "row 3", "column kind", "'Level'", "level, flow")
    ),
    Case(
        "definition with spaces", "word", OBS, cell(3, "definition", "all firms"), (OBS, "row 3", "column definition")
    ),
    Case("id with a slash", "word", OBS, cell(3, "id", "../obs"), (OBS, "row 3", "column id", "'../obs'")),
    Case("no publisher", "word", OBS, cell(3, "publisher", ""), (OBS, "row 3", "column publisher", "nothing")),
    Case("endless note", "size", OBS, cell(3, "note", "x" * 2001), (OBS, "row 3", "column note", "2000 characters")),
    Case("no address", "address", OBS, cell(3, "url", "example.org"), (OBS, "row 3", "column url", "http")),
    Case(
        "javascript address",
        "address",
        OBS,
        cell(3, "url", "javascript:alert(1)"),
        (OBS, "row 3", "column url", "http"),
    ),
    Case(
        "address with markup", "address", OBS, cell(3, "url", "https://e.org/<b>"), (OBS, "row 3", "column url", "http")
    ),
    Case("formula", "injection", OBS, cell(3, "note", "=1+1"), (OBS, "row 3", "column note", "'=1+1'", "formula")),
    Case(
        "formula by plus", "injection", OBS, cell(3, "publisher", "+A1"), (OBS, "row 3", "column publisher", "formula")
    ),
    Case(
        "formula by at",
        "injection",
        TGT,
        cell(2, "publisher", "@SUM(A1)"),
        (TGT, "row 2", "column publisher", "formula"),
    ),
    Case("formula by minus", "injection", TGT, cell(2, "note", "-2+3"), (TGT, "row 2", "column note", "formula")),
    Case("reversed writing", "injection", OBS, cell(3, "note", "a\u202eb"), (OBS, "row 3", "column note", "printable")),
    Case("escape sequence", "injection", OBS, cell(3, "note", "\x1b[2Jx"), (OBS, "row 3", "column note", "printable")),
    *(
        Case(
            f"{name} in a body",
            "injection",
            OBS,
            cell(3, "speaker_org", f"Agen{unseen}cy"),
            (OBS, "row 3", "column speaker_org", f"U+{ord(unseen):04X}"),
        )
        for name, unseen in (
            ("zero-width space", "\u200b"),
            ("word joiner", "\u2060"),
            ("soft hyphen", "\xad"),
            ("blank that does not break", "\xa0"),
            ("zero-width joiner", "\u200d"),
            ("private character", "\ue000"),
            ("wide blank", "\u3000"),
        )
    ),
    Case(
        "accent apart from its letter",
        "injection",
        OBS,
        cell(3, "speaker_org", "Age\u0301ncy"),
        (OBS, "row 3", "column speaker_org", "NFC"),
    ),
    Case(
        "soft hyphen in a note of targets",
        "injection",
        TGT,
        cell(2, "note", "a\xadb"),
        (TGT, "row 2", "column note", "U+00AD"),
    ),
    Case(
        "word joiner in context",
        "injection",
        DEN,
        cell(2, "source_org", "B\u2060PS"),
        (DEN, "row 2", "column source_org", "U+2060"),
    ),
    Case(
        "figure of the future",
        "date",
        OBS,
        cells(3, as_of="2098-01-01", reported_on="2098-01-01"),
        (OBS, "row 3", "column as_of", "2098-01-01", "today"),
    ),
    Case(
        "reported in the future",
        "date",
        OBS,
        cell(3, "reported_on", "2099-01-01"),
        (OBS, "row 3", "column reported_on", "today"),
    ),
    Case(
        "flow from the future",
        "date",
        OBS,
        cell(6, "flow_since", "2099-01-01"),
        (OBS, "row 6", "column flow_since", "today"),
    ),
    Case(
        "target stated in the future",
        "date",
        TGT,
        cell(2, "stated_on", "2099-01-01"),
        (TGT, "row 2", "column stated_on", "today"),
    ),
    Case("count of the future", "date", DEN, cell(2, "as_of", "2099-12-31"), (DEN, "row 2", "column as_of", "_target")),
    Case(
        "count reported in the future",
        "date",
        DEN,
        cell(2, "reported_on", "2099-01"),
        (DEN, "row 2", "column reported_on", "'2099-01'", "today"),
    ),
    Case(
        "month 13 of publication",
        "date",
        DEN,
        cell(2, "reported_on", "2019-13"),
        (DEN, "row 2", "column reported_on", "exists"),
    ),
    Case(
        "day 31 of June of publication",
        "date",
        PRX,
        cell(2, "reported_on", "2019-06-31"),
        (PRX, "row 2", "column reported_on", "exists"),
    ),
    # rules between cells and rows
    Case("duplicate id", "reference", OBS, cell(4, "id", "obs-2"), (OBS, "row 4", "column id", "'obs-2'", "row 3")),
    Case("duplicate target", "reference", TGT, cell(4, "id", "goal-1"), (TGT, "row 4", "column id", "row 2")),
    Case(
        "reported before reference",
        "rule",
        OBS,
        cell(3, "reported_on", "2020-06-01"),
        (OBS, "row 3", "column reported_on", "2020-06-01", "2020-06-15"),
    ),
    Case(
        "reported before reference, lag to match",
        "rule",
        OBS,
        cells(3, reported_on="2020-06-14", lag_days="-1"),
        (OBS, "row 3", "column reported_on"),
    ),
    Case(
        "wrong lag", "rule", OBS, cell(2, "lag_days", "9"), (OBS, "row 2", "column lag_days", "given 9", "10, the days")
    ),
    Case(
        "month not at its end",
        "rule",
        OBS,
        cells(2, as_of="2020-03-30", lag_days="11"),
        (OBS, "row 2", "column as_of", "last day of the month"),
    ),
    Case(
        "year not at its end",
        "rule",
        OBS,
        cells(5, as_of="2020-12-30", lag_days="21"),
        (OBS, "row 5", "column as_of", "31 December"),
    ),
    Case(
        "finer than stated",
        "rule",
        OBS,
        cell(3, "value", "1550.5"),
        (OBS, "row 3", "column decimals", "given -2", "1550.5"),
    ),
    Case("flow without start", "rule", OBS, cell(6, "flow_since", ""), (OBS, "row 6", "column flow_since", "nothing")),
    Case(
        "flow that starts at its end",
        "rule",
        OBS,
        cell(6, "flow_since", "2021-04-01"),
        (OBS, "row 6", "column flow_since"),
    ),
    Case("level with a start", "rule", OBS, cell(3, "flow_since", "2020-01-01"), (OBS, "row 3", "column flow_since")),
    Case(
        "more than 100 percent",
        "rule",
        OBS,
        cell(8, "value", "126"),
        (OBS, "row 8", "column value", "given 126", "100 percent"),
    ),
    Case("wrong unit", "rule", OBS, cell(3, "unit", "people"), (OBS, "row 3", "column unit", "'people'", "UMKM")),
    Case("repeat of nothing", "reference", OBS, cell(4, "repeats", ""), (OBS, "row 4", "column repeats", "nothing")),
    Case(
        "repeat of an unknown row",
        "reference",
        OBS,
        cell(4, "repeats", "obs-9"),
        (OBS, "row 4", "column repeats", "'obs-9'"),
    ),
    Case(
        "repeat of itself",
        "reference",
        OBS,
        cell(4, "repeats", "obs-3"),
        (OBS, "row 4", "column repeats", "another row"),
    ),
    Case(
        "chain of repeats",
        "reference",
        OBS,
        cells(7, role="repeat", repeats="obs-3"),
        (OBS, "row 7", "column repeats", "not itself a repeat"),
    ),
    Case(
        "repeats without the role",
        "reference",
        OBS,
        cell(3, "repeats", "obs-1"),
        (OBS, "row 3", "column repeats", "observation"),
    ),
    # a capacity that grows
    *(
        Case(name, "capacity", YML, swap(old, new), (YML, place, *said))
        for name, old, new, place, said in (
            (
                "a capacity that grows by one count",
                "denominators: [D001]\n    default",
                "denominators: [D001]\n    growing: true\n    default",
                "capacities.0.growing",
                ("1 rows for 1 dates", "one series for two dates or more"),
            ),
            (
                "a capacity that grows by two series of one day",
                "denominators: [D001]\n    default",
                "denominators: [D001, P001]\n    growing: true\n    default",
                "capacities.0.growing",
                ("2 rows for 1 dates",),
            ),
            (
                "a capacity that grows by no count",
                "denominators: [D001]\n    default",
                "units: 9000\n    as_of: 2020-01-01\n    source: x\n    growing: true\n    default",
                "capacities.0.growing",
                ("0 rows for 0 dates",),
            ),
        )
    ),
    # the direction of the path
    Case(
        "a target below the one before it",
        "direction",
        TGT,
        cell(3, "value", "2500"),
        (TGT, "row 3", "column value", "2500, below the target before it, goal-1, 3000", "above it", "direction: down"),
    ),
    Case(
        "a path below its base",
        "direction",
        TGT,
        lambda raw: cell(2, "value", "2000")(cell(3, "value", "1500")(raw)),
        (TGT, "row 2", "column value", "2000, below the base of 2021-01-31, 2100", "direction: down"),
    ),
    Case(
        "a path that rises where it is to fall",
        "direction",
        YML,
        swap("net: false", "net: true\ndirection: down"),
        (TGT, "row 2", "column value", "3000, above the base of 2021-01-31, 2100", "below it", "direction: up"),
    ),
    Case(
        "an unknown direction",
        "direction",
        YML,
        swap("net: false", "net: true\ndirection: sideways"),
        (YML, "row 20", "column direction", "'sideways'", "one of up, down"),
    ),
    # flows that are added up
    *(
        Case(name, "flow", file, swap("roles: [observation]\n  definitions: [registered]", text), said)
        for name, file, text, said in (
            (
                "flows without a base",
                YML,
                "kinds: [flow]\n  definitions: [added]",
                (YML, "row 5", "selection.kinds", "flows without a base", "selection.base"),
            ),
            (
                "levels and flows together",
                YML,
                "kinds: [level, flow]\n  definitions: [registered]",
                (YML, "row 5", "selection.kinds", "levels and flows together", "either [level]", "or [flow]"),
            ),
            (
                "a base for levels",
                YML,
                "base: {date: 2020-06-14, value: 900, source: Agency}\n  definitions: [registered]",
                (YML, "row 5", "selection.base", "given a base", "no base"),
            ),
            (
                "a base without a source",
                YML,
                "kinds: [flow]\n  base: {date: 2020-06-14, value: 900}\n  definitions: [added]",
                (YML, "row 6", "selection.base.source", "nothing", "such as Example Agency"),
            ),
            (
                "flows of two definitions",
                YML,
                "kinds: [flow]\n  base: {date: 2020-06-14, value: 900, source: A}\n  definitions: [added, registered]",
                (YML, "row 7", "selection.definitions", "2 definitions of flows", "never added up"),
            ),
            (
                "a base of the future",
                YML,
                "kinds: [flow]\n  base: {date: 2090-06-14, value: 900, source: Agency}\n  definitions: [added]",
                (YML, "row 6", "selection.base.date", "2090-06-14", "a day until today"),
            ),
            (
                "a gap after the base",
                YML,
                "kinds: [flow]\n  base: {date: 2020-05-31, value: 900, source: Agency}\n  definitions: [added]",
                (OBS, "row 6", "column flow_since", "2020-06-15, a gap after the base of 2020-05-31", "2020-06-01"),
            ),
            (
                "an overlap with the base",
                YML,
                "kinds: [flow]\n  base: {date: 2020-06-30, value: 900, source: Agency}\n  definitions: [added]",
                (OBS, "row 6", "column flow_since", "2020-06-15, an overlap with the base of 2020-06-30", "2020-07-01"),
            ),
        )
    ),
    # programme.yml
    Case("not YAML", "yaml", YML, swap("unit: UMKM", "unit: [UMKM"), (YML, "row", "not YAML")),
    Case("tabs in YAML", "yaml", YML, swap("  roles", "\troles"), (YML, "row 5", "not YAML")),
    Case("YAML bomb", "yaml", YML, whole(BOMB), (YML, "row 2", "alias", "written out")),
    Case(
        "YAML tag that runs code",
        "yaml",
        YML,
        swap("unit: UMKM", "unit: !!python/object/apply:os.system ['true']"),
        (YML, "row 3", "tag", "python"),
    ),
    Case(
        "YAML tag of any kind", "yaml", YML, swap("unit: UMKM", "unit: !secret UMKM"), (YML, "row 3", "tag", "!secret")
    ),
    Case("merge key", "yaml", YML, swap("unit: UMKM", "unit: UMKM\n<<: {net: true}"), (YML, "row 4", "'<<'")),
    Case("two documents", "yaml", YML, lambda raw: raw + b"---\na: 1\n", (YML, "second document")),
    Case("nesting without end", "yaml", YML, whole("a: " + "[" * 500 + "]" * 500), (YML, "row 1", "12 levels")),
    Case("huge YAML", "size", YML, lambda raw: raw + b"#" * 200_001, (YML, "bytes", "200,000")),
    Case("list instead of keys", "yaml", YML, whole("- a\n- b\n"), (YML, "row 1", "a list", "mapping")),
    Case("empty YAML", "yaml", YML, whole(""), (YML, "nothing", "mapping")),
    Case("unknown key", "yaml", YML, swap("net: false", "nett: false"), (YML, "row 19", "nett", "unknown key")),
    Case(
        "another kind of source",
        "yaml",
        YML,
        swap("net: false", "source_kind: rumour"),
        (YML, "row 19", "source_kind", "rumour", "announcement, register, survey"),
    ),
    Case("key twice", "yaml", YML, swap("net: false", "unit: UMKM"), (YML, "row 19", "'unit'", "once")),
    Case("missing key", "yaml", YML, swap("noun: {en: UMKM, id: UMKM}\n", ""), (YML, "column noun", "nothing")),
    Case(
        "one language",
        "yaml",
        YML,
        swap("title: {en: Study, id: Studi}", "title: {en: Study}"),
        (YML, "row 1", "column title.id"),
    ),
    Case(
        "text where number",
        "yaml",
        YML,
        swap("error: 0.02", "error: small"),
        (YML, "row 18", "reporting_error", "'small'", "number"),
    ),
    Case(
        "yes where true",
        "yaml",
        YML,
        swap("net: false", "net: no"),
        (YML, "row 19", "column net", "'no'", "true or false"),
    ),
    Case(
        "error above one half", "yaml", YML, swap("error: 0.02", "error: 2"), (YML, "row 18", "reporting_error", "0.5")
    ),
    Case("NaN in YAML", "yaml", YML, swap("error: 0.02", "error: .nan"), (YML, "row 18", "reporting_error", "number")),
    Case(
        "impossible day in YAML",
        "date",
        YML,
        swap("announced: 2021-02-01", "announced: 2021-02-30"),
        (YML, "row 21", "path.announced", "exists"),
    ),
    Case(
        "unknown definition",
        "reference",
        YML,
        swap("[registered]", "[registred]"),
        (YML, "row 6", "'registred'", "registered"),
    ),
    Case(
        "unknown reference body",
        "reference",
        YML,
        swap("reference_source: Agency", "reference_source: Agenci"),
        (YML, "row 17", "column reference_source", "'Agenci'", "speaker_org: Agency"),
    ),
    Case(
        "no default capacity",
        "yaml",
        YML,
        swap("    default: true\n", ""),
        (YML, "capacities", "0 capacities", "exactly one"),
    ),
    Case("capacity twice", "yaml", YML, swap("name: online", "name: counted"), (YML, "row 13", "'counted'", "once")),
    Case(
        "capacity from nowhere",
        "yaml",
        YML,
        swap("denominators: [D001]\n    default", "units: 9000\n    default"),
        (YML, "capacities.0.as_of", "nothing"),
    ),
    Case(
        "capacity below the last figure",
        "rule",
        YML,
        swap("denominators: [D001]\n    default", "units: 2500\n    as_of: 2020-01-01\n    source: x\n    default"),
        (YML, "row 9", "2,500", "at least the largest selected figure, 2,600"),
    ),
    Case(
        "capacity by an unknown row",
        "reference",
        YML,
        swap("denominators: [D001]\n    default", "denominators: [D009]\n    default"),
        (YML, "row 9", "'D009'", "denominators.csv"),
    ),
    Case(
        "share above one",
        "yaml",
        YML,
        swap("share_from: P001", "share: 1.5"),
        (YML, "row 16", "capacities.1.share", "1.5"),
    ),
    Case(
        "share from a count",
        "rule",
        YML,
        swap("share_from: P001", "share_from: P002"),
        (YML, "row 16", "P002 in people", "percent"),
    ),
    *(
        Case(f"{name} in the future", "date", YML, swap(old, new), (YML, place, "2090-01-01", "a day until today"))
        for name, old, new, place in (
            ("announcement", "announced: 2021-02-01", "announced: 2090-01-01", "path.announced"),
            ("base", "date: 2021-01-31", "date: 2090-01-01", "path.base.date"),
            ("first day", "since: 2020-01-01", "since: 2090-01-01", "selection.since"),
            ("replay", "net: false", "net: false\nreplay: [2090-01-01]", "replay.0"),
            ("period", "net: false", "net: false\nperiods: [{name: before, start: 2090-01-01}]", "periods.0.start"),
            (
                "capacity",
                "denominators: [D001]\n    default",
                "units: 9000\n    as_of: 2090-01-01\n    source: x\n    default",
                "capacities.0.as_of",
            ),
            (
                "day from which a capacity is known",
                "denominators: [D001]\n    default",
                "units: 9000\n    as_of: 2020-01-01\n    known_on: 2090-01-01\n    source: x\n    default",
                "capacities.0.known_on",
            ),
        )
    ),
    *(
        Case(f"{name} twice", "reference", YML, swap(old, new), (YML, place, "twice", "each once"))
        for name, old, new, place in (
            (
                "denominator",
                "denominators: [D001]\n    default",
                "denominators: [D001, D001]\n    default",
                "capacities.0.denominators",
            ),
            ("role", "roles: [observation]", "roles: [observation, observation]", "selection.roles"),
            ("kind", "roles: [observation]", "kinds: [level, level]", "selection.kinds"),
            ("definition", "[registered]", "[registered, registered]", "selection.definitions"),
            ("milestone", "[goal-1, goal-2]", "[goal-1, goal-2, goal-2]", "path.milestones"),
            (
                "row of a comparison",
                "net: false",
                "net: false\ncomparisons: [{name: a, title: {en: a, id: a}, rows: [P001, P001]}]",
                "comparisons.0.rows",
            ),
        )
    ),
    Case(
        "unseen character in the reference body",
        "injection",
        YML,
        swap("reference_source: Agency", "reference_source: Agen\u200bcy"),
        (YML, "reference_source", "U+200B"),
    ),
    Case(
        "underscores in units",
        "number",
        YML,
        swap("denominators: [D001]\n    default", "units: 9_000\n    as_of: 2020-01-01\n    source: x\n    default"),
        (YML, "capacities.0.units", "'9_000'", "a number"),
    ),
    Case(
        "digits of another script in units",
        "number",
        YML,
        swap("denominators: [D001]\n    default", "units: ٩٠٠٠\n    as_of: 2020-01-01\n    source: x\n    default"),
        (YML, "capacities.0.units", "a number"),
    ),
    Case(
        "a word for true in the place of a number",
        "yaml",
        YML,
        swap("error: 0.02", "error: true"),
        (YML, "reporting_error", "true", "a number"),
    ),
    Case(
        "unknown milestone",
        "reference",
        YML,
        swap("[goal-1, goal-2]", "[goal-1, goal-9]"),
        (YML, "row 23", "'goal-9'", "targets.csv"),
    ),
    Case(
        "target before the announcement",
        "rule",
        YML,
        swap("[goal-1, goal-2]", "[goal-3, goal-2]"),
        (YML, "row 23", "goal-3 for 2020-12-31", "2021-02-01"),
    ),
    Case(
        "target in another unit",
        "rule",
        YML,
        swap("[goal-1, goal-2]", "[goal-1, goal-4]"),
        (YML, "row 23", "goal-4 in percent", "UMKM"),
    ),
    Case(
        "target without a date",
        "rule",
        YML,
        swap("[goal-1, goal-2]", "[goal-1, goal-5]"),
        (YML, "row 23", "goal-5 without"),
    ),
    Case(
        "milestones out of order",
        "rule",
        YML,
        swap("[goal-1, goal-2]", "[goal-2, goal-1]"),
        (YML, "row 23", "goal-1 for 2021-12-31", "rising"),
    ),
    Case(
        "base after the first milestone",
        "rule",
        YML,
        swap("date: 2021-01-31", "date: 2022-01-31"),
        (YML, "row 23", "goal-1 for 2021-12-31", "2022-01-31"),
    ),
    Case(
        "replay on an impossible day",
        "date",
        YML,
        swap("net: false", "net: false\nreplay: [2021-02-30]"),
        (YML, "row 20", "replay.0", "exists"),
    ),
    Case(
        "period on an impossible day",
        "date",
        YML,
        swap("net: false", "net: false\nperiods: [{name: before, start: 2021-02-30}]"),
        (YML, "row 20", "periods.0.start", "exists"),
    ),
    Case(
        "periods out of order",
        "rule",
        YML,
        swap(
            "net: false", "net: false\nperiods: [{name: before, start: 2021-03-01}, {name: surge, start: 2021-02-01}]"
        ),
        (YML, "row 20", "periods.1.start", "rising"),
    ),
    Case(
        "capacities of context broken", "number", DEN, cell(2, "value", "ten"), (DEN, "row 2", "column value", "'ten'")
    ),
    Case("context without precision", "word", PRX, cell(3, "note", "people"), (PRX, "row 3", "column note", "quarter")),
]
