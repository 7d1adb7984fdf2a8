"""Commands and options: what each command takes, read from the command line; what it does stands in `jalur.cli`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from jalur.dates import number, whole
from jalur.errors import InputError
from jalur.runner.request import DEFAULT_PROGRAMME, DEFAULT_VINTAGE


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, like those of every other bad input."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see: {self.prog} --help)")


def parse(argv: Sequence[str] | None, functions: Mapping[str, Callable[..., int]]) -> argparse.Namespace | None:
    """Read the arguments of a command; its words and options may stand in any order.

    Parameters
    ----------
    argv : sequence of str or None
        Arguments without the program's name; those of the process if None.
    functions : mapping of str to callable
        What runs each command, by its name.

    Returns
    -------
    argparse.Namespace or None
        With the function as `command`; None where no command was given, and the help has been printed.
    """
    parser = _build(functions)
    arguments, rest = parser.parse_known_args(argv)
    if arguments.command is None and not rest:
        parser.print_help()
        return None
    if "words" in arguments:  # argparse takes the words before the first option that follows them, and leaves the rest
        arguments.words += [word for word in rest if not word.startswith("-")]
        rest = [word for word in rest if word.startswith("-")]
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return arguments


def _build(functions: Mapping[str, Callable[..., int]]) -> argparse.ArgumentParser:
    import jalur

    parser = _Parser(
        prog="jalur", description="Is an official adoption path reachable, how likely, and what would it take?"
    )
    parser.add_argument("--version", action="version", version=f"jalur {jalur.__version__}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    for name, (options, summary) in _COMMANDS.items():
        one = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        one.set_defaults(command=functions[name])
        one.add_argument("--data", type=_path, metavar="DIR", help="data folder (default: data/ of the repository)")
        options(one)
    return parser


def _path(text: str) -> Path:
    if not text.strip():  # such as an unset variable of a script, which would mean the working folder
        raise ValueError
    return Path(text)


_path.__name__ = "path"


def _whole(text: str) -> int:
    return whole(text)


def _number(text: str) -> float:
    return number(text)


_whole.__name__, _number.__name__ = "int", "float"  # argparse names them in its messages


def _positive(kind: type) -> Any:
    def read(text: str) -> Any:
        value = whole(text) if kind is int else number(text)
        if not 0 < value < 1e9:
            raise ValueError
        return value

    read.__name__ = f"positive {kind.__name__}"
    return read


def _report_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--programme",
        nargs="+",
        action="extend",
        metavar="NAME",
        help=f"programmes, or all (default: {DEFAULT_PROGRAMME})",
    )
    parser.add_argument(
        "--vintage",
        nargs="+",
        action="extend",
        metavar="DATE",
        help=f"use what had been published by this day (default: {DEFAULT_VINTAGE})",
    )
    parser.add_argument(
        "--lang", nargs="+", action="extend", metavar="LANG", help="languages of the brief (default: id en)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=V1,V2",
        help="a parameter of the notebooks; each value is a scenario",
    )
    parser.add_argument(
        "--params",
        nargs="+",
        action="extend",
        type=Path,
        default=[],
        metavar="FILE",
        help="parameter files (params/*.yml), each a scenario",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="brief, 01_evidence, …, or verdict (default: all)",
    )
    parser.add_argument("--out", type=_path, metavar="DIR", help="output folder (default: reports/)")
    parser.add_argument("--notebooks", type=_path, metavar="DIR", help="run the notebooks of another folder")
    parser.add_argument(
        "--jobs", type=_positive(int), default=0, metavar="N", help="processes at once (default: the cores)"
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="hand the work to a dask cluster, e.g. tcp://host:8786 (docs/cluster.md)"
    )
    parser.add_argument(
        "--timeout",
        type=_positive(float),
        default=600.0,
        metavar="SECONDS",
        help="allowed for one notebook (default: 600)",
    )
    parser.add_argument("--plan", action="store_true", help="print what would run, and stop")
    parser.add_argument("--force", action="store_true", help="make again what is up to date")
    parser.add_argument("--pdf", action="store_true", help="print the briefs to PDF as well (needs Chromium or Chrome)")
    parser.add_argument(
        "--fresh-kernel", action="store_true", help="a Jupyter kernel for each notebook (slower, same results)"
    )


def _verdict_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--programme", default=DEFAULT_PROGRAMME, metavar="NAME", help=f"programme (default: {DEFAULT_PROGRAMME})"
    )
    parser.add_argument(
        "--vintage",
        default=DEFAULT_VINTAGE,
        metavar="DATE",
        help=f"use what had been published by this day (default: {DEFAULT_VINTAGE})",
    )
    parser.add_argument("--lang", default="en", metavar="LANG", help="language of the sentence: id or en (default: en)")
    parser.add_argument("--json", action="store_true", help="print the whole verdict as JSON (what verdict.json holds)")
    parser.add_argument("--capacity", metavar="NAME", help="a capacity named in programme.yml, or a number of units")
    parser.add_argument(
        "--capacity-share",
        type=_number,
        default=1.0,
        metavar="X",
        help="share of the capacity that can ever join (default: 1)",
    )
    parser.add_argument(
        "--without-source",
        nargs="+",
        action="extend",
        default=[],
        metavar="BODY",
        help="leave out figures of these issuing bodies",
    )
    parser.add_argument(
        "--drop", nargs="+", action="extend", default=[], metavar="ID", help="leave out these rows of the ledger"
    )
    parser.add_argument("--seed", type=_whole, default=0, metavar="N", help="seed of the joint draws (default: 0)")
    parser.add_argument(
        "--draws", type=_whole, default=20_000, metavar="N", help="number of joint draws (default: 20000)"
    )


def _check_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--links", action="store_true", help="check the addresses as well: well-formed, one a claim")
    parser.add_argument(
        "--update-hashes", action="store_true", help="write datapackage.json anew if nothing else is wrong"
    )


def _new_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="small letters, digits and _: the name of the folder")
    parser.add_argument(
        "--xlsx", action="store_true", help="write NAME.xlsx, a workbook to fill in and import, into the working folder"
    )


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs="*",
        metavar="NAME | COLUMN=VALUE",
        help=f"the programme (default: {DEFAULT_PROGRAMME}) and columns of the figure, in any order; "
        "what is missing is asked for in a terminal",
    )
    parser.add_argument(
        "--force", action="store_true", help="append a figure that is hard to believe beside those before it"
    )


def _import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=_path, metavar="FILE", help="a table, long or wide, that ends in .csv or .xlsx")
    parser.add_argument("--map", type=_path, metavar="MAP.yml", help="which column holds what (docs/import.md)")
    parser.add_argument(
        "--split-by", metavar="COLUMN", help="heading of the column whose values are programmes of their own"
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")


def _learn_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "series", type=Path, metavar="SERIES.csv", help="columns: group, series, year, value_percent, capacity"
    )
    parser.add_argument("--out", type=_path, metavar="FILE", help="where the weights go (default: print them)")


_COMMANDS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], str]] = {
    "report": (_report_options, "execute the notebooks and write the briefs"),
    "verdict": (_verdict_options, "print the verdict, without a notebook"),
    "check": (_check_options, "check the data"),
    "new": (_new_options, "start the folder of a programme of your own"),
    "add": (_add_options, "add a published figure to a ledger"),
    "import": (_import_options, "make programmes from a table of another office"),
    "learn-prior": (_learn_options, "learn the prior weights from adoption series"),
}
