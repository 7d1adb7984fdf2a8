"""The command line: ``jalur report | verdict | check | new | add | learn-prior``.

Exit codes: 0 all well; 1 something failed or a check found a fault, the rest is done; 2 refused before anything was
started (bad input, output folder in use), with one sentence; 130 interrupted. What a command does lives in its own
module.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from jalur.errors import InputError
from jalur.matrix import DEFAULT_PROGRAMME, DEFAULT_VINTAGE, LANGUAGES

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
REPOSITORY = Path(__file__).resolve().parents[2]


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, like those of every other bad input."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see: {self.prog} --help)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process by default.

    Returns
    -------
    int
        The exit code, see above.
    """
    for name in ONE_THREAD:  # sums in the same order as in the workers, on every machine
        os.environ.setdefault(name, "1")
    parser = _build()
    try:
        arguments = parser.parse_args(argv)
        if arguments.command is None:
            parser.print_help()
            return 0
        code = arguments.command(arguments)
        sys.stdout.flush()
        return code
    except InputError as error:
        print(f"jalur: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except SystemExit as stop:  # --help and --version
        return int(stop.code or 0)
    except BrokenPipeError:  # the reader of the output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("jalur: interrupted; finished files are whole, run the same command again for the rest", file=sys.stderr)
        return 130


def _build() -> argparse.ArgumentParser:
    import jalur

    parser = _Parser(
        prog="jalur", description="Is an official adoption path reachable, how likely, and what would it take?"
    )
    parser.add_argument("--version", action="version", version=f"jalur {jalur.__version__}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    _report_options(_command(commands, "report", _report, "execute the notebooks and write the briefs"))
    _verdict_options(_command(commands, "verdict", _verdict, "print the verdict, without a notebook"))
    _check_options(_command(commands, "check", _check, "check the data"))
    _new_options(_command(commands, "new", _new, "start the folder of a programme of your own"))
    _add_options(_command(commands, "add", _add, "add a published figure to a ledger"))
    _learn_options(_command(commands, "learn-prior", _learn_prior, "learn the prior weights from adoption series"))
    return parser


def _command(commands: Any, name: str, function: Any, summary: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    parser.set_defaults(command=function)
    parser.add_argument("--data", type=Path, metavar="DIR", help="data folder (default: data/ of the repository)")
    return parser


# report


def _report_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--programme", nargs="+", metavar="NAME", help=f"programmes, or all (default: {DEFAULT_PROGRAMME})"
    )
    parser.add_argument(
        "--vintage",
        nargs="+",
        metavar="DATE",
        help=f"use what had been published by this day (default: {DEFAULT_VINTAGE})",
    )
    parser.add_argument("--lang", nargs="+", metavar="LANG", help="languages of the brief (default: id en)")
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
        type=Path,
        default=[],
        metavar="FILE",
        help="parameter files (params/*.yml), each a scenario",
    )
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="brief, 01_evidence, …, or verdict (default: all)"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="output folder (default: reports/)")
    parser.add_argument("--notebooks", type=Path, metavar="DIR", help="run the notebooks of another folder")
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


def _positive(kind: type) -> Any:
    def read(text: str) -> Any:
        value = kind(text)
        if not 0 < value < 1e9:
            raise ValueError
        return value

    read.__name__ = f"positive {kind.__name__}"
    return read


def _report(arguments: argparse.Namespace) -> int:
    from jalur import matrix, reports
    from jalur.progress import end_table, table

    only = [name for name in arguments.only if name != "verdict"]
    notebooks = matrix.read_notebooks(arguments.notebooks or REPOSITORY / "notebooks", only)
    options = reports.Options(
        out=(arguments.out or REPOSITORY / "reports").absolute(),
        data=_data_folder(arguments).absolute(),
        jobs=arguments.jobs,
        scheduler=arguments.scheduler,
        force=arguments.force,
        pdf=arguments.pdf,
        fresh_kernel=arguments.fresh_kernel,
        timeout=arguments.timeout,
        verdict=not arguments.only or "verdict" in arguments.only,
    )
    asked = matrix.reports(
        notebooks,
        programmes=_programmes(arguments.programme, options.data),
        vintages=arguments.vintage,
        langs=arguments.lang,
        settings=matrix.settings_from_text(arguments.set),
        files=arguments.params,
    )
    run_notebooks = notebooks if only or not arguments.only else []
    _known_programmes([report.programme for report in asked], options.data)
    if arguments.plan:
        to_do, up_to_date = reports.plan(asked, run_notebooks, options)
        rows = [
            (task.report.label, task.work.name, word)
            for word, tasks in (("run", to_do), ("skip", up_to_date))
            for task in tasks
        ]
        table(rows, ("report", "work", "plan"), sys.stdout)
        return 0
    result = reports.make(asked, run_notebooks, options)
    end_table(result.lines, sys.stdout)
    for line in result.lines:
        if line.status == "done" and line.reason:
            print(f"\n{line.report} {line.name}: {line.reason}")
    _print_results(asked, result, options.out)
    return 1 if result.failed else 0


def _print_results(asked: Sequence[Any], result: Any, out: Path, most: int = 4) -> None:
    """Verdict sentence and place of the briefs, for the first few reports."""
    for report in asked[:most]:
        print()
        sentences = result.sentences.get(report.folder, {})
        for lang in reversed(report.langs):
            if lang in sentences:
                print(sentences[lang])
        for lang in report.langs:
            page = out / report.folder / f"brief.{lang}.html"
            if page.is_file():
                print(f"  {page}")
    if len(asked) > most:
        print(f"\n… and {len(asked) - most} more reports in {out}")


def _data_folder(arguments: argparse.Namespace) -> Path:
    if arguments.data is not None:
        folder = arguments.data
    else:
        folder = Path(os.environ["JALUR_DATA"]) if os.environ.get("JALUR_DATA") else REPOSITORY / "data"
    if not folder.is_dir():
        raise InputError(f"no data folder at {folder}; give one with --data")
    return folder


def _programmes(names: Sequence[str] | None, data: Path) -> Sequence[str] | None:
    return _available(data) if names == ["all"] else names


def _available(data: Path) -> list[str]:
    return sorted(path.parent.name for path in data.glob("*/programme.yml") if not path.parent.name.startswith("_"))


def _known_programmes(names: Sequence[str], data: Path) -> None:
    known = _available(data)
    for name in names:
        if name not in known:
            raise InputError(f"unknown programme {name!r}; in {data} there are: {', '.join(known) or 'none'}")


# verdict


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
        type=float,
        default=1.0,
        metavar="X",
        help="share of the capacity that can ever join (default: 1)",
    )
    parser.add_argument(
        "--without-source", nargs="+", default=[], metavar="BODY", help="leave out figures of these issuing bodies"
    )
    parser.add_argument("--drop", nargs="+", default=[], metavar="ID", help="leave out these rows of the ledger")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the joint draws (default: 0)")
    parser.add_argument("--draws", type=int, default=20_000, metavar="N", help="number of joint draws (default: 20000)")


def _verdict(arguments: argparse.Namespace) -> int:
    if arguments.lang not in LANGUAGES:
        raise InputError(f"unknown language {arguments.lang!r}; there are: {', '.join(LANGUAGES)}")
    from jalur import exports, ledger, reach
    from jalur.question import Question

    programme = ledger.load(arguments.programme, arguments.data)
    question = Question(
        vintage=ledger.vintage_day(arguments.vintage).isoformat(),
        capacity=arguments.capacity,
        capacity_share=arguments.capacity_share,
        without_sources=tuple(arguments.without_source),
        drop=tuple(arguments.drop),
        seed=arguments.seed,
        draws=arguments.draws,
    )
    if arguments.json:
        print(reach.judge(programme, question).to_json())
    else:
        print(exports.sentence(exports.answer(programme, question), arguments.lang))
    return 0


# check, new, add, learn-prior


def _check_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--links", action="store_true", help="check the addresses as well: well-formed, one a claim")
    parser.add_argument(
        "--update-hashes", action="store_true", help="write datapackage.json anew if nothing else is wrong"
    )


def _check(arguments: argparse.Namespace) -> int:
    from jalur import check

    return check.run(arguments.data, links=arguments.links, update_hashes=arguments.update_hashes)


def _new_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="small letters, digits and _: the name of the folder")


def _new(arguments: argparse.Namespace) -> int:
    from jalur import ledger_edit

    return ledger_edit.run_new(arguments.name, arguments.data)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "programme",
        nargs="?",
        default=DEFAULT_PROGRAMME,
        metavar="NAME",
        help=f"programme (default: {DEFAULT_PROGRAMME})",
    )
    parser.add_argument(
        "fields",
        nargs="*",
        metavar="COLUMN=VALUE",
        help="columns of the figure; what is missing is asked for in a terminal",
    )


def _add(arguments: argparse.Namespace) -> int:
    from jalur import ledger_edit

    return ledger_edit.run_add(arguments.programme, arguments.fields, arguments.data)


def _learn_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "series", type=Path, metavar="SERIES.csv", help="columns: group, series, year, value_percent, capacity"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the weights go (default: print them)")


def _learn_prior(arguments: argparse.Namespace) -> int:
    from jalur import learn_prior

    return learn_prior.run(arguments.series, arguments.out)
