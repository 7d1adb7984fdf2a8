"""The command line: ``jalur report | verdict | check | new | add | import | learn-prior``.

Exit codes: 0 all well; 1 something failed or a check found a fault, the rest is done; 2 refused before anything was
started (bad input, output folder in use), with one sentence; 130 interrupted. What a command does lives in its own
module.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jalur import command_line
from jalur.errors import InputError, shown
from jalur.runner.request import DEFAULT_PROGRAMME, LANGUAGES

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
REPOSITORY = Path(__file__).resolve().parents[2]


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
    _streams()
    try:
        arguments = command_line.parse(argv, _FUNCTIONS)
        code: int = arguments.command(arguments) if arguments else 0
        sys.stdout.flush()
        return code
    except InputError as error:
        print(f"jalur: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except SystemExit as stop:  # --help and --version
        return int(stop.code or 0)
    except BrokenPipeError:  # the reader of the output has gone
        _no_more_output()
        return 1
    except OSError as error:  # a full disk, a folder that has gone: no fault of the input, and none of the program
        _no_more_output()
        print(f"jalur: cannot read or write {error.filename or 'the output'}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("jalur: interrupted; finished files are whole, run the same command again for the rest", file=sys.stderr)
        return 130


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


# report


def _report(arguments: argparse.Namespace) -> int:
    from jalur.runner import reports
    from jalur.runner import request as matrix
    from jalur.runner.progress import end_table, table

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
    return _available(data) if names and "all" in names else names


def _available(data: Path) -> list[str]:
    return sorted(path.parent.name for path in data.glob("*/programme.yml") if not path.parent.name.startswith("_"))


def _known_programmes(names: Sequence[str], data: Path) -> None:
    known = _available(data)
    for name in names:
        if name not in known:
            raise InputError(f"unknown programme {name!r}; in {data} there are: {', '.join(known) or 'none'}")


# verdict


def _verdict(arguments: argparse.Namespace) -> int:
    if arguments.lang not in LANGUAGES:
        raise InputError(f"unknown language {arguments.lang!r}; there are: {', '.join(LANGUAGES)}")
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
        print(sentence(answer(case).to_dict(), arguments.lang))
    return 0


# check, new, add, import, learn-prior


def _check(arguments: argparse.Namespace) -> int:
    from jalur.ledger import check

    return check.run(arguments.data, links=arguments.links, update_hashes=arguments.update_hashes)


def _new(arguments: argparse.Namespace) -> int:
    if arguments.xlsx:
        from jalur.ledger import bulk

        return bulk.run_template(arguments.name)
    from jalur.ledger import edit as ledger_edit

    return ledger_edit.run_new(arguments.name, arguments.data)


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


def _import(arguments: argparse.Namespace) -> int:
    from jalur.ledger import bulk

    return bulk.run(arguments.file, arguments.data, arguments.map, arguments.split_by, arguments.dry_run)


def _learn_prior(arguments: argparse.Namespace) -> int:
    from jalur.record import learn as learn_prior

    out = arguments.out
    if out is not None and (out.is_dir() or not out.parent.is_dir() or out.resolve() == arguments.series.resolve()):
        raise InputError(
            f"--out is {shown(str(out))}; allowed is a file in a folder that exists, other than the series"
        )  # before the minutes of learning
    return learn_prior.run(arguments.series, out)


_FUNCTIONS = {
    "report": _report,
    "verdict": _verdict,
    "check": _check,
    "new": _new,
    "add": _add,
    "import": _import,
    "learn-prior": _learn_prior,
}
