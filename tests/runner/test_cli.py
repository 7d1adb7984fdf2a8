"""The command line: exit codes, one sentence for what is refused, nothing heavy imported."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tiny

from jalur import cli
from jalur.runner import manifest, reports

REPOSITORY = Path(__file__).parents[2]
COMMANDS = ("report", "verdict", "init", "check", "new", "add", "import", "learn-prior")


@pytest.fixture
def notebooks(tmp_path):
    return tiny.folder(tmp_path / "nb", n01_a="print(seed)", n02_b="print(share)")


@pytest.fixture
def report(notebooks, tmp_path):
    """Run ``jalur report`` on two small notebooks."""

    def run(*arguments):
        given = ["--notebooks", str(notebooks), "--out", str(tmp_path / "out"), "--only", "01_a", "02_b", *arguments]
        return cli.main(["report", *given])

    return run


def one_sentence(capsys):
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.fullmatch(r"jalur: .+\n", shown.err), shown.err
    assert "Traceback" not in shown.err
    return shown.err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_screen(command, capsys):
    assert cli.main([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert len(text.splitlines()) <= 48
    assert text.startswith(f"usage: jalur {command}")


def test_without_a_command_the_help_is_shown(capsys):
    assert cli.main([]) == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in COMMANDS)


def test_version(capsys):
    import jalur

    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"jalur {jalur.__version__}\n"


FIGURE = {
    "value": "19.9 million",
    "as_of": "2022-03-30",
    "speaker_org": "KemenKopUKM",
    "publisher": "Example News",
    "url": "https://example.org/figure?a=1&b=2",
}
WORDS = ["umkm_onboarding", *(f"{column}={value}" for column, value in FIGURE.items())]


@pytest.mark.parametrize(
    ("before", "name"),
    [(0, 0), (6, 0), (0, 5), (3, 2), (1, 0), (0, None), (3, None)],
    ids=["words last", "words first", "name last", "name among", "name, option", "no name", "no name, option among"],
)
def test_words_and_options_stand_in_any_order(before, name, tmp_path, capsys):
    (tmp_path / "data").mkdir()
    for part in ("umkm_onboarding", "denominators.csv", "proxies.csv"):
        where = REPOSITORY / "data" / part
        (shutil.copytree if where.is_dir() else shutil.copy)(where, tmp_path / "data" / part)
    words = WORDS[1:]
    if name is not None:
        words.insert(name, WORDS[0])
    words[before:before] = ["--data", str(tmp_path / "data")]
    assert cli.main(["add", *words]) == 0
    assert "row 168: 2022-03-30-kkukm-19.9, 19900000 UMKM, role observation" in capsys.readouterr().out
    last = (tmp_path / "data" / "umkm_onboarding" / "observations.csv").read_text().splitlines()[-1]
    assert FIGURE["url"] in last


def test_an_option_given_twice_adds_to_the_first(report, capsys):
    assert report("--plan", "--vintage", "2021-12-31", "--vintage", "2022-12-31", "--programme", "all") == 0
    shown = capsys.readouterr().out
    assert len(set(re.findall(r"^\w+ 202[12]-12-31", shown, re.MULTILINE))) == 2 * len(known())
    assert cli.main(["verdict", "--drop", "2022-03-28-kkukm-17.59", "--drop", "nothing"]) == 2
    assert "drop is 'nothing'" in one_sentence(capsys)


def known():
    return [path.parent.name for path in (REPOSITORY / "data").glob("*/programme.yml")]


def test_a_report_ends_with_a_table(report, capsys):
    assert report() == 0
    shown = capsys.readouterr()
    assert re.search(r"umkm_onboarding 2022-03-31 +2 +0 +0\n", shown.out)
    assert re.search(r"\[2/2\] done umkm_onboarding 2022-03-31 0[12]_[ab] \(\d+\.\d s\)", shown.err)
    assert report() == 0
    shown = capsys.readouterr()
    assert re.search(r"umkm_onboarding 2022-03-31 +0 +2 +0\n", shown.out)
    assert shown.err == ""


def test_a_failure_gives_exit_code_one_and_its_reason(report, notebooks, capsys):
    tiny.folder(notebooks, n02_b="raise ValueError('odd [red]number[/]')")
    assert report() == 1
    shown = capsys.readouterr()
    assert re.search(r"umkm_onboarding 2022-03-31 +1 +0 +1\n", shown.out)
    assert "02_b    cell 3: ValueError: odd [red]number[/]" in shown.out


@pytest.fixture
def weights(tmp_path):
    """Prior weights under which growth is slow."""
    from jalur.engine import prior

    slow = prior.make(pace_own=0.3, slope_noise=0.1, level_noise=0.1, reversion=1.0)
    (tmp_path / "slow.json").write_text(json.dumps(prior.to_dict(slow)))
    return tmp_path / "slow.json"


def test_a_verdict_and_a_report_take_other_prior_weights(weights, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("JALUR_PRIOR", raising=False)
    out = tmp_path / "out"
    asked = ["report", "--only", "verdict", "--out", str(out)]
    chances = {}
    for name, given in (("own", ["--prior", str(weights)]), ("shipped", []), ("own again", ["--prior", str(weights)])):
        assert cli.main([*asked, *given]) == 0
        shown = capsys.readouterr().out
        assert ("With the prior weights of" in shown) == bool(given)
        assert " 1     0        0" in shown
        chances[name] = json.loads(next(out.rglob("verdict.json")).read_text())["joint_probability"]
        assert cli.main([*asked, *given]) == 0
        assert " 0     1        0" in capsys.readouterr().out
    assert chances["own"] == chances["own again"] != chances["shipped"]
    with monkeypatch.context() as patch:
        patch.setenv("JALUR_PRIOR", "")  # put back when this is over
        assert cli.main(["verdict", "--json", "--prior", str(weights)]) == 0
        assert json.loads(capsys.readouterr().out)["joint_probability"] == chances["own"]
    assert cli.main(["verdict", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["joint_probability"] == chances["shipped"]


def test_a_study_is_laid_out_and_nothing_is_overwritten(tmp_path, capsys, monkeypatch):
    folder = tmp_path / "a b ü"
    assert cli.main(["init", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "data",
        "environment.yml",
        "notebooks",
        "params",
        "requirements.lock",
    ]
    before = tiny.contents(folder)
    capsys.readouterr()
    assert cli.main(["init", str(folder)]) == 2
    assert "new or empty" in one_sentence(capsys)
    assert tiny.contents(folder) == before
    monkeypatch.chdir(folder)
    (folder / "data" / "umkm_onboarding" / "observations.csv").write_text("id\n")
    assert cli.main(["verdict"]) == 2  # the data of this folder are read, not those of the repository
    assert cli.main(["report", "--plan", "--only", "brief"]) == 0
    assert not (folder / "reports").exists()


STEERING = "\x1b[31m\x07\u202e\x9b"


def test_nothing_that_steers_a_terminal_is_printed(report, notebooks, tmp_path, capsys):
    tiny.folder(notebooks, n01_a=f"raise ValueError({STEERING!r})", n02_b="print(1)")
    assert report() == 1
    for arguments in (
        ["report", "--data", STEERING],
        ["report", "--set", STEERING],
        ["report", "--lang", STEERING],
        ["report", "--params", STEERING],
        ["report", "--out", str(tmp_path / "nb" / "01_a.ipynb" / STEERING)],
        ["verdict", "--capacity", STEERING],
        ["verdict", STEERING],
        ["check", "--data", STEERING],
        ["new", STEERING],
        ["add", f"value={STEERING}"],
        ["learn-prior", STEERING],
        ["init", str(tmp_path / "nb" / "01_a.ipynb" / STEERING)],
    ):
        assert cli.main(arguments) in (1, 2)
    shown = capsys.readouterr()
    assert "\\x1b[31m" in shown.out
    assert "\\x1b[31m" in shown.err
    assert not [c for c in shown.out + shown.err if c != "\n" and not c.isprintable()]


def test_a_fault_of_a_file_name_steers_no_terminal(tmp_path, capsys):
    shutil.copytree(REPOSITORY / "data", tmp_path / "data")
    observations = tmp_path / "data" / "umkm_onboarding" / "observations.csv"
    observations.rename(observations.with_name(f"{STEERING}.csv"))
    (tmp_path / "data" / "umkm_onboarding" / f"{STEERING}.yml").write_text(f"a: {STEERING!r}\n")
    assert cli.main(["check", "--data", str(tmp_path / "data")]) == 1
    shown = capsys.readouterr()
    assert not [c for c in shown.out + shown.err if c != "\n" and not c.isprintable()]


def test_the_sentence_is_that_of_the_verdict_and_of_nothing_else(tmp_path, capsys):
    out = tmp_path / "out"
    asked = ["report", "--only", "verdict", "--out", str(out)]
    assert cli.main(asked) == 0
    sentence = capsys.readouterr().out
    assert "51%" in sentence
    noted = next(out.rglob(manifest.NAME))
    content = json.loads(noted.read_text())
    content["work"]["verdict"]["sentences"] = {"en": "Very likely 99%\x1b[31m", "id": 3}
    noted.write_text(json.dumps(content))
    assert cli.main(asked) == 0
    again = capsys.readouterr().out
    assert again.partition("\n\n")[2] == sentence.partition("\n\n")[2]


def test_a_plan_says_what_would_run_and_touches_nothing(report, tmp_path, capsys):
    assert report("--plan", "--set", "seed=1,2") == 0
    shown = capsys.readouterr()
    assert len(re.findall(r"^umkm_onboarding 2022-03-31 seed-[12] +0[12]_[ab] +run$", shown.out, re.MULTILINE)) == 4
    assert not (tmp_path / "out").exists()
    assert report() == 0
    assert report("--plan") == 0
    assert len(re.findall(r"skip$", capsys.readouterr().out, re.MULTILINE)) == 2


def test_a_folder_in_use_is_refused(report, tmp_path, capsys):
    with reports.locked(tmp_path / "out"):
        assert report() == 2
    assert "another run is writing into" in one_sentence(capsys)


def test_a_run_that_is_interrupted_says_so(monkeypatch, report, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(reports, "make", stop)
    assert report() == 130
    assert "run the same command again" in capsys.readouterr().err


def test_a_bar_in_a_terminal_and_lines_elsewhere():
    import io

    from jalur.runner.reports import Line, Progress, end_table

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    lines = [Line("umkm 2022", "01_a", "done", seconds=1), Line("umkm 2022", "02_b", "failed", "[bold]reason[/]")]
    for stream, marks in (
        (Terminal(), ("━", "1/2", "02_b [bold]")),
        (io.StringIO(), ("[1/2] done umkm 2022 01_a (1.0 s)",)),
    ):
        with Progress(2, stream) as progress:
            progress.working_on("02_b [bold]")
            for line in lines:
                progress.finished(line)
                if progress._bar is not None:
                    progress._bar.refresh()
        end_table(lines, stream)
        shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())
        for mark in (*marks, "[bold]reason[/]"):
            assert mark in shown


IMPORTED = (
    "import sys; from jalur import cli; code = cli.main({arguments}); print(*sorted(sys.modules)); sys.exit(code)"
)


def modules_after(*arguments) -> set[str]:
    command = [sys.executable, "-c", IMPORTED.format(arguments=list(arguments))]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return set(shown.splitlines()[-1].split())


def test_the_verdict_imports_no_notebook_chart_or_test_library():
    modules = modules_after("verdict")
    assert not modules & {"papermill", "matplotlib", "scipy.stats", "statsmodels", "nbconvert", "jsonschema", "IPython"}


def test_a_run_with_nothing_to_do_imports_nothing_heavy(report, notebooks, tmp_path):
    assert report() == 0
    given = ["report", "--notebooks", str(notebooks), "--out", str(tmp_path / "out"), "--only", "01_a", "02_b"]
    assert not modules_after(*given) & {"papermill", "pandas", "numpy", "matplotlib", "rich", "nbformat"}


@pytest.mark.slow
def test_verdict_json_is_the_file_of_the_report(tmp_path, capsys):
    out = tmp_path / "out"
    assert cli.main(["report", "--only", "verdict", "--out", str(out), "--vintage", "2022-12-31"]) == 0
    capsys.readouterr()
    assert cli.main(["verdict", "--json", "--vintage", "2022-12-31"]) == 0
    folder = out / "umkm_onboarding" / "2022-12-31"
    assert capsys.readouterr().out == (folder / "verdict.json").read_text()
    header, *rows = (folder / "quantiles.csv").read_text().splitlines()
    assert header == "programme,vintage,target_date,unit,output_type,output_type_id,value"
    fan = json.loads((folder / "verdict.json").read_text())["fan"]
    assert len(rows) == 7 * len(fan) > 0
    assert rows[3].split(",")[2] == fan[0]["date"]
    assert float(rows[3].split(",")[-1]) == fan[0]["q50"]
    noted = json.loads((folder / manifest.NAME).read_text())["work"]["verdict"]
    assert any(name.startswith("umkm_onboarding/observations") for name in noted["data_sha256"])


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_a_csv_is_a_formula(text):
    import csv
    import io

    from jalur.runner.exports import csv_bytes

    (row,) = list(csv.reader(io.StringIO(csv_bytes(["a", "b"], [[text, -1.5]]).decode(), newline="")))[1:]
    assert row == ["'" + text.replace("\r", "\n"), "-1.5"]
