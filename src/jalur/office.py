"""Commands of an office that watches programmes: diff, tripwires, claim, promise, targets, seal, resolve, register."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jalur.dates import iso, number, parse_date, today, vintage_day
from jalur.errors import InputError, shown
from jalur.files import write_whole

if TYPE_CHECKING:
    import pandas as pd

    from jalur.monitor import Change
    from jalur.verdict.case import Case
    from jalur.words.format import Format

REGISTER = "register.jsonl"
PICTURES = (".html", ".svg", ".png")  # endings of what `jalur diff --out` writes
LARGEST = 1e15  # figure that a claim may hold, as for a capacity
CLASS_CHANGED = 3  # exit code of `jalur diff`, for a timer


@dataclass(frozen=True)
class Command:
    """A command: what the list of commands says of it, its options, and what it does (which returns the exit code)."""

    summary: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def _programme(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    parser.add_argument("programme", metavar="PROGRAMME", nargs=nargs, help="name of the programme's folder")


def _common(parser: argparse.ArgumentParser, *, form: bool = True) -> None:
    parser.add_argument("--data", type=_given_path, metavar="DIR", help="data folder (default: JALUR_DATA, else data/)")
    parser.add_argument("--lang", default="en", metavar="LANG", help="language of what is printed: id or en")
    if form:
        parser.add_argument("--json", action="store_true", help="print the numbers as JSON")


def _vintage(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--vintage", metavar="DATE", help="use what had been published by this day (default: today)")


def _capacity(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--capacity", type=_given_text, metavar="NAME", help="a capacity named in programme.yml, or a number of units"
    )


def _given_text(text: str) -> str:
    if not text.strip():  # such as an unset variable of a script, which would mean that the option was not given
        raise ValueError
    return text


_given_text.__name__ = "text"


def _given_path(text: str) -> Path:
    if not text.strip():
        raise ValueError
    return Path(text)


_given_path.__name__ = "path"


def _case(arguments: argparse.Namespace, vintage: str | None, **choices: Any) -> Case:
    from jalur import ledger
    from jalur.verdict.case import Case

    programme = ledger.load(arguments.programme, arguments.data)
    return Case.of(programme, today().isoformat() if vintage is None else vintage, **choices)


def _format(arguments: argparse.Namespace, case: Case | None = None) -> Format:
    from jalur.words.format import Format

    fmt = Format(arguments.lang)
    return fmt.counting(case.programme.unit, case.programme.direction) if case else fmt


def _print(arguments: argparse.Namespace, numbers: Any, lines: Callable[[], Sequence[str]]) -> None:
    if arguments.json:
        print(json.dumps(numbers, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print("\n".join(lines()))


def _diff_options(parser: argparse.ArgumentParser) -> None:
    _programme(parser)
    parser.add_argument("first", metavar="DATE1", help="the earlier day: what had been published by then")
    parser.add_argument("second", metavar="DATE2", help="the later day")
    _capacity(parser)
    parser.add_argument(
        "--out", type=_given_path, metavar="FILE", help="write the waterfall: FILE.html (with its table), .svg or .png"
    )
    _common(parser)


def _diff(arguments: argparse.Namespace) -> int:
    from jalur.monitor import what_moved
    from jalur.words import office

    fmt = _format(arguments)
    days = [parse_date(day, "a day to compare").isoformat() for day in (arguments.first, arguments.second)]
    if days[0] > days[1]:
        raise InputError(f"the days are {days[0]} and {days[1]}; allowed is the earlier one first")
    kind = arguments.out.suffix.lower() if arguments.out else None
    if kind not in (None, *PICTURES):
        raise InputError(f"--out is {shown(str(arguments.out))}; allowed is a name that ends in {', '.join(PICTURES)}")
    before, after = (_case(arguments, day, capacity=arguments.capacity) for day in days)
    change = what_moved(before, after)
    title = before.programme.title[fmt.lang]
    if kind:
        write_whole(arguments.out, _pictured(fmt, change, title, kind))
    numbers = asdict(change) | {"classes": change.classes, "class_changed": change.class_changed}
    _print(arguments, numbers, lambda: office.change_lines(fmt, change, title))
    return CLASS_CHANGED if change.class_changed else 0


def _pictured(fmt: Format, change: Change, title: str, kind: str) -> bytes:
    """The waterfall as a picture, or as a page with its words and its table."""
    from jalur import charts
    from jalur.brief import portfolio
    from jalur.brief.sections import picture
    from jalur.words import office

    if kind != ".html":
        figure, _ = charts.waterfall_chart(change, fmt)
        return charts.svg(figure) if kind == ".svg" else charts.png(figure)
    lead = [line for line in office.change_lines(fmt, change, title) if not line.startswith(" ")]
    parts = [
        picture(lambda narrow: charts.waterfall_chart(change, fmt, narrow)),
        office.change_table(fmt, change).html(),
    ]
    return portfolio.plain_page(fmt.lang, title, lead, parts)


def _wire_options(parser: argparse.ArgumentParser) -> None:
    _programme(parser)
    parser.add_argument("--on", required=True, metavar="DATE", help="day of the next count")
    parser.add_argument("--by", metavar="BODY", help="issuing body of that count (default: the reference body)")
    _vintage(parser)
    _capacity(parser)
    _common(parser)


def _wires(arguments: argparse.Namespace) -> int:
    from jalur.monitor import trip_wires
    from jalur.words import office

    case = _case(arguments, arguments.vintage, capacity=arguments.capacity)
    fmt = _format(arguments, case)
    wires = trip_wires(case, arguments.on, arguments.by)
    day = parse_date(arguments.on, "the day of the next count").isoformat()
    _print(arguments, [asdict(wire) for wire in wires], lambda: office.wire_lines(fmt, wires, day))
    return 0


def _claim_options(parser: argparse.ArgumentParser) -> None:
    _programme(parser)
    parser.add_argument("figure", metavar="FIGURE", help="the claim as it was said, such as '27 juta'")
    parser.add_argument("--as-of", required=True, metavar="DATE", help="day that the claim speaks of")
    parser.add_argument("--by", required=True, metavar="BODY", help="issuing body, as the ledger writes it")
    parser.add_argument(
        "--vintage", metavar="DATE", help="set it against what had been published by this day (default: the same day)"
    )
    _capacity(parser)
    _common(parser)


def _claim(arguments: argparse.Namespace) -> int:
    from jalur.monitor import check_claim
    from jalur.words import office

    day = parse_date(arguments.as_of, "as-of").isoformat()
    case = _case(arguments, day if arguments.vintage is None else arguments.vintage, capacity=arguments.capacity)
    fmt = _format(arguments, case)
    row = claimed(case, arguments.figure, day, arguments.by)
    itself = case.figures[(case.figures["as_of"] == row["as_of"]) & (case.figures["speaker_org"] == arguments.by)]
    itself = itself[(itself["value"] - row["value"]).abs() <= 1e-9 * row["value"]]
    claim = check_claim(case.without(*itself["id"]) if len(itself) else case, row)
    _print(arguments, asdict(claim), lambda: office.claim_lines(fmt, claim))
    return 0


def claimed(case: Case, figure: str, day: str, body: str) -> pd.Series:
    """A claim as a row of the ledger.

    Parameters
    ----------
    case : Case
        Its figures say which bodies there are.
    figure : str
        As it was said: "27 juta", "20.76 million".
    day : str
        ISO date that it speaks of.
    body : str

    Raises
    ------
    InputError
        For a figure that cannot be read, a body without a row in the ledger, or where no figure is used.
    """
    import pandas as pd

    from jalur.ledger.spoken import read_figure

    stated = read_figure(figure, case.programme.unit)
    if float(stated.value) > LARGEST:
        raise InputError(f"the claim is {shown(figure)}; allowed is a figure up to {LARGEST:g}")
    bodies = sorted(set(case.programme.observations["speaker_org"]))
    if body not in bodies:
        raise InputError(f"the body is {shown(body)}; allowed is one of the ledger's: {', '.join(bodies)}")
    if not len(case.figures):
        raise InputError(f"no figure of {case.programme.name} had been published by {case.vintage}")
    row = case.figures.iloc[-1].copy()
    row["id"], row["speaker_org"] = f"claim-{iso(day)}", body
    row["as_of"] = row["reported_on"] = pd.Timestamp(day)
    row["value"], row["decimals"], row["qualifier"] = float(stated.value), stated.decimals, stated.qualifier
    return row


def _chance(text: str) -> float:
    return number(text)


_chance.__name__ = "number"


def _promise_options(parser: argparse.ArgumentParser) -> None:
    _programme(parser)
    parser.add_argument(
        "--chance",
        type=_chance,
        nargs="+",
        default=[0.9, 0.8, 0.5],
        metavar="P",
        help="chances that the promised path is to have (default: 0.9 0.8 0.5)",
    )
    _vintage(parser)
    _common(parser)


def _promise(arguments: argparse.Namespace) -> int:
    from jalur.monitor import honest_paths
    from jalur.words import office

    for chance in arguments.chance:
        if not 0 < chance < 1:
            raise InputError(f"the chance is {chance:g}; allowed is a number between 0 and 1")
    case = _case(arguments, arguments.vintage)
    fmt = _format(arguments, case)
    paths = honest_paths(case, tuple(arguments.chance))
    titles = {c.name: c.title[fmt.lang] for c in case.programme.capacities}
    _print(arguments, [asdict(path) for path in paths], lambda: office.promise_lines(fmt, paths, titles, case.falls))
    return 0


def _target_options(parser: argparse.ArgumentParser) -> None:
    _programme(parser)
    _vintage(parser)
    _common(parser)


def _targets(arguments: argparse.Namespace) -> int:
    from jalur.monitor import earlier_targets
    from jalur.words import office

    case = _case(arguments, arguments.vintage)
    fmt = _format(arguments, case)
    table = earlier_targets(case)
    plain = table.astype(object).where(table.notna(), None).to_dict("records")
    _print(arguments, plain, lambda: office.target_lines(fmt, table, case.vintage))
    return 0


def _plan_options(parser: argparse.ArgumentParser) -> None:
    _programme(parser)
    parser.add_argument("--levers", type=_given_path, metavar="FILE", help="default: levers.yml of the programme")
    _vintage(parser)
    _capacity(parser)
    _common(parser)


def _plan(arguments: argparse.Namespace) -> int:
    from jalur.monitor import deliveries, read_parts, sums
    from jalur.words import office

    case = _case(arguments, arguments.vintage, capacity=arguments.capacity)
    fmt = _format(arguments, case)
    parts = read_parts(case, arguments.levers)
    totals, given = sums(case, parts), deliveries(case, parts)
    numbers = {"parts": list(map(asdict, parts)), "sums": list(map(asdict, totals))}
    numbers["deliveries"] = list(map(asdict, given))
    _print(arguments, numbers, lambda: office.plan_lines(fmt, parts, totals, given))
    return 0


def _register_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--register", type=_given_path, default=Path(REGISTER), metavar="FILE", help=f"default: {REGISTER}"
    )


def _index_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=_given_path, metavar="REPORTS", help="a folder that `jalur report` wrote")
    parser.add_argument("--data", type=_given_path, metavar="DIR", help="data folder, for the titles of the programmes")


def _index(arguments: argparse.Namespace) -> int:
    for name, content in index_files(arguments.folder, arguments.data).items():
        write_whole(arguments.folder / name, content)
        print(f"  {arguments.folder / name}")
    return 0


def index_files(folder: Path, data: Path | None = None) -> dict[str, bytes]:
    """The page of all programmes in a folder of reports and its changes as Atom, in every language; CSV and JSON.

    Raises
    ------
    InputError
        Where no verdict stands in the folder, or one cannot be read.
    """
    from jalur import ledger
    from jalur.brief import portfolio
    from jalur.words.format import LANGUAGES

    verdicts = portfolio.read(folder)
    titles = {}
    for name in {row.programme for row in verdicts.rows}:
        with contextlib.suppress(InputError):  # a report outlives its programme; its name then stands for the title
            titles[name] = ledger.load(name, data).title
    pages = {f"index.{lang}.html": portfolio.to_html(verdicts, lang, titles) for lang in LANGUAGES}
    pages |= {f"index.{lang}.atom": portfolio.to_atom(verdicts, lang, titles) for lang in LANGUAGES}
    return {**pages, "index.csv": portfolio.to_csv(verdicts), "index.json": portfolio.to_json(verdicts)}


def _day(arguments: argparse.Namespace) -> str:
    """The vintage, today if none was given."""
    return today().isoformat() if arguments.vintage is None else vintage_day(arguments.vintage).isoformat()


def _seal_options(parser: argparse.ArgumentParser) -> None:
    _programme(parser, "+")
    _vintage(parser)
    _register_option(parser)
    _common(parser, form=False)


def _seal(arguments: argparse.Namespace) -> int:
    from jalur import ledger
    from jalur.monitor import seal
    from jalur.verdict.case import Case
    from jalur.verdict.judge import answer
    from jalur.words.format import capital

    fmt = _format(arguments)
    day = _day(arguments)
    verdicts = [answer(Case.of(ledger.load(name, arguments.data), day)) for name in arguments.programme]
    added = seal(arguments.register, verdicts)
    print(capital(fmt.counted("office.register.sealed", len(added), file=arguments.register)))
    return 0


def _resolve_options(parser: argparse.ArgumentParser) -> None:
    _vintage(parser)
    _register_option(parser)
    parser.add_argument("--page", type=_given_path, metavar="FILE", help="write the register as a page as well (.html)")
    _common(parser, form=False)


def _resolve(arguments: argparse.Namespace) -> int:
    from jalur import ledger
    from jalur.monitor import resolve, verify
    from jalur.verdict.case import Case
    from jalur.words import office
    from jalur.words.format import capital

    fmt = _format(arguments)
    if not arguments.register.exists():
        raise InputError(
            f"--register is {shown(str(arguments.register))}, which is no file; allowed is one that `jalur seal` wrote"
        )
    day = _day(arguments)
    names = sorted({line["programme"] for line in verify(arguments.register) if line["kind"] == "verdict"})
    added = resolve(arguments.register, {name: Case.of(ledger.load(name, arguments.data), day) for name in names})
    print(capital(fmt.counted("office.register.settled", len(added), file=arguments.register)))
    lines = verify(arguments.register)
    print(office.score_line(fmt, lines))
    if arguments.page:
        write_whole(arguments.page, register_page(fmt, lines))
    return 0


def register_page(fmt: Format, lines: Sequence[dict[str, Any]]) -> bytes:
    """A register as a page that stands alone: its score, every miss, every chance with its seal."""
    from jalur.brief import portfolio
    from jalur.words import office

    say = fmt.say
    lead = [office.score_line(fmt, lines), say("office.register.page.chain", n=fmt.number(len(lines)))]
    parts = [table.html() for table in office.register_tables(fmt, lines)]
    return portfolio.plain_page(fmt.lang, say("office.register.page.title"), lead, parts)


COMMANDS = {
    "diff": Command("what moved the verdict between two days (exit code 3: its class changed)", _diff_options, _diff),
    "tripwires": Command("which next count would change the verdict", _wire_options, _wires),
    "claim": Command("set a claim against everything else that was known", _claim_options, _claim),
    "promise": Command("paths of the announced shape that could honestly be promised", _promise_options, _promise),
    "targets": Command("earlier targets of a programme and what became of them", _target_options, _targets),
    "plan": Command("a plan in parts: whether they add up, and what follows if they deliver", _plan_options, _plan),
    "index": Command("all reports of a folder on one page, with its numbers as CSV and JSON", _index_options, _index),
    "seal": Command("append verdicts to a register that shows any later change", _seal_options, _seal),
    "resolve": Command("settle what has come due in a register, and score it", _resolve_options, _resolve),
}
