"""The command line: what each command takes, and what it does.

Exit codes: 0 all well; 1 something failed or a check found a fault, the rest is done; 2 refused before anything was
started (bad input, output folder in use), with one sentence; 130 interrupted, 143 or 129 told to end by a signal.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from jalur.dates import number, whole
from jalur.errors import InputError, plain, shown
from jalur.files import default_folder, write_whole
from jalur.office import COMMANDS, Command, index_files
from jalur.runner.request import DEFAULT_PROGRAMME, DEFAULT_VINTAGE, LANGUAGES

FORMATS = ("pdf", "docx", "pptx", "xlsx", "png", "embed")
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


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
    with _stopped_in_order():
        return _run(argv)


class _Stopped(KeyboardInterrupt):
    """The process was told to end by a signal, its only argument."""


@contextlib.contextmanager
def _stopped_in_order() -> Iterator[None]:
    """Have what ends a process (a closed terminal, `kill`) end it as Ctrl-C does, with nothing left behind.

    A signal that the caller ignores, as `nohup` does, stays ignored. Compiled modules may swallow what is raised
    while they are imported, so it is raised again until it is on its way out.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    told: list[int] = []

    def stop(number: int, frame: object) -> None:
        if isinstance(sys.exc_info()[1], _Stopped):  # something is being put in order
            return
        if not told:
            told.append(number)
            signal.signal(signal.SIGALRM, stop)
            signal.setitimer(signal.ITIMER_REAL, 0.5, 0.5)
        raise _Stopped(told[0])

    taken = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) is signal.SIG_DFL]
    for one in taken:
        signal.signal(one, stop)
    try:
        yield
    finally:
        if told:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for one in taken:
            signal.signal(one, signal.SIG_DFL)


def _run(argv: Sequence[str] | None) -> int:
    for name in ONE_THREAD:  # sums in the same order as in the workers, on every machine
        os.environ.setdefault(name, "1")
    _streams()
    try:
        arguments = _parse(argv)
        code: int = arguments.command(arguments) if arguments else 0
        sys.stdout.flush()
        return code
    except InputError as error:
        print(f"jalur: {plain(' '.join(str(error).split()))}", file=sys.stderr)
        return 2
    except SystemExit as stop:  # --help and --version
        return int(stop.code or 0)
    except BrokenPipeError:  # the reader of the output has gone
        _no_more_output()
        return 1
    except OSError as error:  # a full disk, a folder that has gone: no fault of the input, and none of the program
        _no_more_output()
        place = plain(error.filename or "the output")
        print(f"jalur: cannot read or write {place}: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as stop:
        with contextlib.suppress(OSError):  # the terminal may have gone
            print(
                "jalur: interrupted; finished files are whole, run the same command again for the rest", file=sys.stderr
            )
        return 128 + (int(stop.args[0]) if isinstance(stop, _Stopped) else int(signal.SIGINT))


def _streams() -> None:
    """Give a closed stream (`>&-`) a place to write to, and show what an encoding lacks by its number."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - it lasts as long as the process
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _no_more_output() -> None:
    """Let what is still in the buffer go nowhere; else the interpreter would complain at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# reading the command line


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, like those of every other bad input."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see: {self.prog} --help)")


def _parse(argv: Sequence[str] | None) -> argparse.Namespace | None:
    """Arguments with the function as `command`, words and options in any order; None where only help was asked for."""
    import jalur

    parser = _Parser(
        prog="jalur", description="Is an official adoption path reachable, how likely, and what would it take?"
    )
    parser.add_argument("--version", action="version", version=f"jalur {jalur.__version__}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    for name, command in {**_COMMANDS, **COMMANDS}.items():
        summary = command.summary
        one = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        one.set_defaults(command=command.run)
        command.options(one)
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


def _text(text: str) -> str:
    if not text.strip():  # such as an unset variable of a script, which would mean that the option was not given
        raise ValueError
    return text


_text.__name__ = "text"


def _data_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=_path, metavar="DIR", help="data folder (default: data/ here, else the shipped one)"
    )


def _prior_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--prior", type=_path, metavar="FILE", help="prior weights as learn-prior writes them")


def _prior(path: Path | None) -> Path | None:
    """The weights to use instead of the shipped ones, by option or by the variable JALUR_PRIOR; read once to check."""
    path = path or (Path(os.environ["JALUR_PRIOR"]) if os.environ.get("JALUR_PRIOR") else None)
    if path is None:
        return None
    from jalur.engine import prior

    prior.load_shapes(path)  # a fault is told here, before anything is started
    return path.absolute()


# report


def _report_options(parser: argparse.ArgumentParser) -> None:
    _data_option(parser)
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
    parser.add_argument("--out", type=_path, metavar="DIR", help="output folder (default: reports/ here)")
    parser.add_argument("--notebooks", type=_path, metavar="DIR", help="run the notebooks of another folder")
    parser.add_argument(
        "--jobs", type=_positive(int), default=0, metavar="N", help="processes at once (default: the cores)"
    )
    parser.add_argument(
        "--scheduler",
        type=_text,
        metavar="ADDRESS",
        help="hand the work to a dask cluster, e.g. tcp://host:8786 (docs/cluster.md)",
    )
    parser.add_argument(
        "--tls",
        nargs=3,
        type=_path,
        default=(),
        metavar=("AUTHORITY", "CERTIFICATE", "KEY"),
        help="files for a scheduler at tls:// (default: dask's configuration)",
    )
    _prior_option(parser)
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
        "--format",
        nargs="+",
        action="extend",
        default=[],
        choices=FORMATS,
        metavar="KIND",
        help=f"the briefs in other formats as well: {', '.join(FORMATS)} (png: a card for a shared link)",
    )
    parser.add_argument(
        "--fresh-kernel", action="store_true", help="a Jupyter kernel for each notebook (slower, same results)"
    )


def _report(arguments: argparse.Namespace) -> int:
    from importlib.util import find_spec

    if find_spec("papermill") is None:
        raise InputError("a report needs the packages of the notebooks: pip install 'jalur[notebooks]'")
    from jalur.runner import reports
    from jalur.runner import request as matrix

    only = [name for name in arguments.only if name != "verdict"]
    notebooks = matrix.read_notebooks(arguments.notebooks or default_folder("notebooks"), only)
    options = reports.Options(
        out=(arguments.out or Path("reports")).absolute(),
        data=_data_folder(arguments).absolute(),
        jobs=arguments.jobs,
        scheduler=arguments.scheduler,
        tls=arguments.tls,
        prior=_prior(arguments.prior),
        force=arguments.force,
        pdf=arguments.pdf or "pdf" in arguments.format,
        card="png" in arguments.format,
        fresh_kernel=arguments.fresh_kernel,
        timeout=arguments.timeout,
        verdict=not arguments.only or "verdict" in arguments.only,
        notebooks=bool(only or not arguments.only),
    )
    asked = matrix.reports(
        notebooks,
        programmes=_programmes(arguments.programme, options.data),
        vintages=arguments.vintage,
        langs=arguments.lang,
        settings=matrix.settings_from_text(arguments.set),
        files=arguments.params,
    )
    reports.outside_data(options)
    _known_programmes([report.programme for report in asked], options.data)
    if arguments.plan:
        to_do, up_to_date = reports.plan(asked, notebooks, options)
        rows = [
            (task.report.label, task.work.name, word)
            for word, tasks in (("run", to_do), ("skip", up_to_date))
            for task in tasks
        ]
        reports.table(rows, ("report", "work", "plan"), sys.stdout)
        return 0
    result = reports.make(asked, notebooks, options)
    reports.end_table(result.lines, sys.stdout)
    for line in result.lines:
        if line.status == "done" and line.reason:
            print(f"\n{line.report} {line.name}: {plain(line.reason)}")
    if options.prior is not None:
        print(
            f"\nWith the prior weights of {plain(options.prior)}; the track record was measured with the shipped ones."
        )
    made = {line.report for line in result.lines if line.name == "verdict" and line.status != "failed"}
    _print_results(asked, made, options.out)
    failed = {line.report for line in result.lines if line.status == "failed"}
    for report in (report for report in asked if report.label not in failed):
        _write_formats(report, [kind for kind in arguments.format if kind != "pdf"], options)
    if len(asked) > 1 and made:
        _write_index(options)
    return 1 if result.failed else 0


def _write_formats(report: Any, formats: Sequence[str], options: Any) -> None:
    """The brief of a report in other formats, made from the same study as its page."""
    if not formats:
        return
    from jalur import ledger
    from jalur.brief.formats import files_of
    from jalur.runner.reports import VERDICT_PARAMETERS
    from jalur.study import Study
    from jalur.verdict.case import Case
    from jalur.words.format import Format

    if options.prior is not None:
        os.environ["JALUR_PRIOR"] = str(options.prior)
    chosen = {name: value for name, value in report.settings.items() if name in VERDICT_PARAMETERS}
    case = Case.of(ledger.load(report.programme, options.data), report.vintage, **chosen)
    for lang in report.langs:
        fmt = Format(lang).counting(case.programme.unit, case.programme.direction)
        for name, content in files_of(Study(case, fmt).material, lang, formats).items():
            write_whole(options.out / report.folder / name, content)
            print(f"  {plain(options.out / report.folder / name)}")


def _write_index(options: Any) -> None:
    """All reports of the output folder on one page; a verdict that cannot be read is named, nothing else is lost."""
    try:
        for name, content in index_files(options.out, options.data).items():
            write_whole(options.out / name, content)
    except InputError as error:
        print(f"jalur: the page of all reports was not made: {plain(str(error))}", file=sys.stderr)
        return
    print()
    for lang in LANGUAGES:
        print(f"  {plain(options.out / f'index.{lang}.html')}")


def _print_results(asked: Sequence[Any], made: set[str], out: Path, most: int = 4) -> None:
    """Verdict sentence and place of the briefs, for the first few reports."""
    from jalur.runner.exports import noted_sentence

    for report in asked[:most]:
        print()
        for lang in reversed(report.langs) if report.label in made else ():
            print(plain(noted_sentence(out / report.folder, lang) or ""))
        for lang in report.langs:
            page = out / report.folder / f"brief.{lang}.html"
            if page.is_file():
                print(f"  {plain(page)}")
    if len(asked) > most:
        print(f"\n… and {len(asked) - most} more reports in {plain(out)}")


def _data_folder(arguments: argparse.Namespace) -> Path:
    folder: Path = arguments.data or default_folder("data")
    if not folder.is_dir():
        raise InputError(f"no data folder at {folder}; give one with --data")
    return folder


def _programmes(names: Sequence[str] | None, data: Path) -> Sequence[str] | None:
    return _available(data) if names and "all" in names else names


def _available(data: Path) -> list[str]:
    return sorted(path.parent.name for path in data.glob("*/programme.yml") if not path.parent.name.startswith("_"))


def _known_programmes(names: Sequence[str], data: Path) -> None:
    known = _available(data)
    for name in names:
        if name not in known:
            raise InputError(f"unknown programme {name!r}; in {data} there are: {', '.join(known) or 'none'}")


# verdict


def _verdict_options(parser: argparse.ArgumentParser) -> None:
    _data_option(parser)
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
    _prior_option(parser)


def _verdict(arguments: argparse.Namespace) -> int:
    if arguments.lang not in LANGUAGES:
        raise InputError(f"unknown language {arguments.lang!r}; there are: {', '.join(LANGUAGES)}")
    weights = _prior(arguments.prior)
    if weights is not None:
        os.environ["JALUR_PRIOR"] = str(weights)
    from jalur import ledger
    from jalur.runner.exports import sentence
    from jalur.verdict.case import Case
    from jalur.verdict.judge import answer, judge

    case = Case.of(
        ledger.load(arguments.programme, arguments.data),
        arguments.vintage,
        capacity=arguments.capacity,
        capacity_share=arguments.capacity_share,
        without_sources=arguments.without_source,
        drop=arguments.drop,
        seed=arguments.seed,
        draws=arguments.draws,
    )
    if arguments.json:
        print(judge(case).to_json())
    else:
        print(sentence(answer(case), arguments.lang))
    return 0


# init, check, new, add, import, learn-prior


def _init_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=_path, metavar="DIR", help="a folder that is new or empty")


def _init(arguments: argparse.Namespace) -> int:
    from jalur.runner.exports import lay_out

    names = lay_out(arguments.folder)
    print(f"{plain(arguments.folder)}: {', '.join(names)}")
    print(f"next: cd {plain(arguments.folder)}, then `jalur report`, or `jupyter lab notebooks`")
    return 0


def _check_options(parser: argparse.ArgumentParser) -> None:
    _data_option(parser)
    parser.add_argument("--links", action="store_true", help="check the addresses as well: well-formed, one a claim")
    parser.add_argument(
        "--update-hashes", action="store_true", help="write datapackage.json anew if nothing else is wrong"
    )


def _check(arguments: argparse.Namespace) -> int:
    from jalur.ledger import check

    return check.run(arguments.data, links=arguments.links, update_hashes=arguments.update_hashes)


def _new_options(parser: argparse.ArgumentParser) -> None:
    _data_option(parser)
    parser.add_argument("name", metavar="NAME", help="small letters, digits and _: the name of the folder")
    parser.add_argument(
        "--xlsx", action="store_true", help="write NAME.xlsx, a workbook to fill in and import, into the working folder"
    )


def _new(arguments: argparse.Namespace) -> int:
    if arguments.xlsx:
        from jalur.ledger import bulk

        return bulk.run_template(arguments.name)
    from jalur.ledger import edit as ledger_edit

    return ledger_edit.run_new(arguments.name, arguments.data)


def _add_options(parser: argparse.ArgumentParser) -> None:
    _data_option(parser)
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


def _add(arguments: argparse.Namespace) -> int:
    from jalur.ledger import edit as ledger_edit

    names = [word for word in arguments.words if "=" not in word] or [DEFAULT_PROGRAMME]
    if len(names) > 1:
        raise InputError(
            f"figure of {shown(names[0])} is given as {shown(names[1])}; "
            "allowed is COLUMN=VALUE, such as value='20.76 million'"
        )
    figure = [word for word in arguments.words if "=" in word]
    return ledger_edit.run_add(names[0], figure, arguments.data, force=arguments.force)


def _import_options(parser: argparse.ArgumentParser) -> None:
    _data_option(parser)
    parser.add_argument("file", type=_path, metavar="FILE", help="a table, long or wide, that ends in .csv or .xlsx")
    parser.add_argument("--map", type=_path, metavar="MAP.yml", help="which column holds what (docs/import.md)")
    parser.add_argument(
        "--split-by", metavar="COLUMN", help="heading of the column whose values are programmes of their own"
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")


def _import(arguments: argparse.Namespace) -> int:
    from jalur.ledger import bulk

    return bulk.run(arguments.file, arguments.data, arguments.map, arguments.split_by, arguments.dry_run)


def _learn_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "series",
        type=Path,
        metavar="FOLDER",
        help="holds kinds/open_kinds.csv, and official targets if there are any; or one table of series "
        "(columns: group, series, year, value_percent, capacity)",
    )
    parser.add_argument("--out", type=_path, metavar="FILE", help="where the weights go (default: print them)")


def _learn_prior(arguments: argparse.Namespace) -> int:
    from jalur.record import learn as learn_prior

    out = arguments.out
    if out is not None and (out.is_dir() or not out.parent.is_dir() or out.resolve() == arguments.series.resolve()):
        raise InputError(
            f"--out is {shown(str(out))}; allowed is a file in a folder that exists, other than the series"
        )  # before the minutes of learning
    return learn_prior.run(arguments.series, out)


_COMMANDS = {
    "report": Command("execute the notebooks and write the briefs", _report_options, _report),
    "verdict": Command("print the verdict, without a notebook", _verdict_options, _verdict),
    "init": Command("lay out a folder with the notebooks and the example data", _init_options, _init),
    "check": Command("check the data", _check_options, _check),
    "new": Command("start the folder of a programme of your own", _new_options, _new),
    "add": Command("add a published figure to a ledger", _add_options, _add),
    "import": Command("make programmes from a table of another office", _import_options, _import),
    "learn-prior": Command(
        "learn the prior weights, and the outside view, from series with known outcomes", _learn_options, _learn_prior
    ),
}
