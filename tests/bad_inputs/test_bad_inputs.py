"""Every faulty input of the corpus is refused in one sentence that names the place, and nothing is written."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from bad_inputs import command_cases
from bad_inputs.ledger_cases import BASE, CASES, OBS, Case

from jalur import cli, ledger
from jalur.errors import InputError
from jalur.ledger import check


@pytest.fixture
def base(tmp_path: Path) -> Path:
    shutil.copytree(BASE, tmp_path / "data")
    return tmp_path / "data"


def test_the_base_is_good(base: Path) -> None:
    study = ledger.load("study", base)
    assert list(ledger.select(study, "2022-01-01")["id"]) == ["obs-1", "obs-2", "obs-4", "obs-6"]
    assert [c.units for c in study.capacities] == [10_000, 7_000]


def test_the_corpus_is_large_and_names_each_case_once() -> None:
    assert len(CASES) + len(command_cases.CASES) >= 250
    for cases in (CASES, command_cases.CASES):
        assert len({case.name for case in cases}) == len(cases)


def content(folder: Path) -> dict[Path, bytes | None]:
    """Every file below a folder with its bytes, but for the lock of an output folder, which stays there empty."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size}


@pytest.mark.parametrize("case", command_cases.CASES, ids=lambda case: case.name.encode("unicode_escape").decode())
def test_a_command_is_refused_in_one_sentence(case, tmp_path, monkeypatch, capsys) -> None:
    command_cases.prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JALUR_DATA", raising=False)
    words = list(case.words)
    if words[0] not in ("init", "learn-prior") and len(words) > 1 and "--data" not in words and words[0] != "--data":
        words[1:1] = ["--data", "data"]
    if words[0] == "report" and "--out" not in words:
        words[1:1] = ["--out", "reports"]
    before = content(tmp_path)
    assert cli.main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.fullmatch(r"jalur: .+\n", shown.err), shown.err
    for fragment in case.said:
        assert fragment in shown.err
    assert content(tmp_path) == before


def run(*words: str, folder: Path, **streams) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "jalur", *words]
    return subprocess.run(command, cwd=folder, check=False, text=True, timeout=100, **streams)


@pytest.mark.parametrize("words", [("verdict",), ("verdict", "--json"), ("check",), ("report", "--plan")], ids=" ".join)
def test_an_output_that_cannot_be_written_ends_in_a_sentence(words, tmp_path) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        ended = run(*words, folder=tmp_path, stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 1
    assert ended.stderr == "jalur: cannot read or write the output: No space left on device\n"
    assert not list(tmp_path.iterdir())


def test_a_reader_that_has_gone_leaves_no_traceback(tmp_path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = run("verdict", "--json", folder=tmp_path, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (1, "")


@pytest.mark.parametrize("stream", ["<&-", ">&-", "2>&-"])
def test_a_closed_stream_is_no_fault(stream, tmp_path) -> None:
    line = f"{sys.executable} -m jalur verdict {stream}"
    ended = subprocess.run(["sh", "-c", line], cwd=tmp_path, check=False, text=True, capture_output=True, timeout=100)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.count("\n") == (0 if stream == ">&-" else 1)


@pytest.mark.slow
def test_a_command_that_is_interrupted_says_so(tmp_path) -> None:
    command = [sys.executable, "-m", "jalur", "report", "--jobs", "1", "--out", "reports"]
    # A shell starts what runs in its background with interrupts ignored, and the tests may run there.
    program = (
        "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "runpy.run_module('jalur', run_name='__main__')"
    )
    command[1:3] = ["-c", program]
    with subprocess.Popen(command, cwd=tmp_path, stdout=-3, stderr=subprocess.PIPE, text=True) as running:
        assert "done" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
    assert running.returncode == 130
    assert said.endswith("jalur: interrupted; finished files are whole, run the same command again for the rest\n")
    assert "Traceback" not in said
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".part"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_refused_in_one_sentence(base: Path, case: Case) -> None:
    path = base / case.file
    changed = case.change(path.read_bytes())
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    before = {p: p.stat().st_mtime_ns for p in base.rglob("*")}
    with pytest.raises(InputError) as caught:
        ledger.load("study", base)
    sentence = str(caught.value)
    for fragment in case.said:
        assert fragment in sentence
    assert "\n" not in sentence
    assert "given" in sentence
    assert "allowed" in sentence
    assert {p: p.stat().st_mtime_ns for p in base.rglob("*")} == before


@pytest.mark.parametrize("case", CASES[::12], ids=lambda case: case.name)
def test_the_gate_of_the_data_finds_the_same(base: Path, case: Case) -> None:
    (base / case.file).write_bytes(case.change((base / case.file).read_bytes()))
    with pytest.raises(InputError) as caught:
        ledger.load("study", base)
    assert set(caught.value.faults) <= set(check.faults(base))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../study", "small letters"),
        ("study/../study", "small letters"),
        ("/etc", "small letters"),
        ("Study", "small letters"),
        ("", "small letters"),
        ("a" * 65, "at most 64"),
        ("study\n", "small letters"),
        ("con fig", "small letters"),
        ("nowhere", "known are: study"),
    ],
)
def test_names_of_programmes(base: Path, name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        ledger.load(name, base)


@pytest.mark.parametrize(
    "vintage", ["2022-13-01", "2022-02-30", "31-03-2022", "", "yesterday", "2999-01-01", "2022-3-1"]
)
def test_vintages(base: Path, vintage: str) -> None:
    study = ledger.load("study", base)
    with pytest.raises(InputError, match=r"vintage is .*allowed is"):
        ledger.select(study, vintage)


def test_a_vintage_before_all_data_knows_no_figure(base: Path) -> None:
    assert ledger.select(ledger.load("study", base), "1999-01-01").empty


@pytest.mark.parametrize("missing", ["study/observations.csv", "study/targets.csv"])
def test_missing_files(base: Path, missing: str) -> None:
    (base / missing).unlink()
    with pytest.raises(InputError, match=re.escape(f"{missing}: given no such file")):
        ledger.load("study", base)


def test_no_data_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"which is no folder"):
        ledger.load("study", tmp_path / "none")


def test_a_folder_in_the_place_of_a_table(base: Path) -> None:
    (base / OBS).unlink()
    (base / OBS).mkdir()
    with pytest.raises(InputError, match="not a file"):
        ledger.load("study", base)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: raw.replace(b"\n", b"\r\n"),
        lambda raw: raw.rstrip(b"\n"),
        lambda raw: raw + b"\n\n" + b"," * 19 + b"\n",
        lambda raw: raw.replace(b"obs-1,", b'"obs-1", ').replace(b"id,as_of", b" id , as_of"),
        lambda raw: b"\n".join(b",".join(reversed(line.split(b","))) for line in raw.split(b"\n") if line),
        lambda raw: raw.replace(b",first", b",<script>alert(1)</script> & \xc3\xa9"),
    ],
    ids=["byte order mark", "CRLF", "no end of line", "blank lines", "quotes and spaces", "columns reversed", "HTML"],
)
def test_harmless_differences_are_read(base: Path, change) -> None:
    plain = ledger.load("study", base).observations
    (base / OBS).write_bytes(change((base / OBS).read_bytes()))
    read = ledger.load("study", base).observations
    assert read.drop(columns="note").equals(plain.drop(columns="note"))


def test_a_header_alone_is_a_table_without_rows(base: Path) -> None:
    for table in ("observations", "targets"):
        path = base / "study" / f"{table}.csv"
        path.write_bytes(path.read_bytes().split(b"\n", 1)[0] + b"\n")
    manifest = base / "study" / "programme.yml"
    manifest.write_text(manifest.read_text().split("path:")[0])
    study = ledger.load("study", base)
    assert ledger.select(study, "2022-01-01").empty
    assert study.path is None
    assert ledger.rejected(study, "2022-01-01").empty
    assert ledger.conflicts(study.observations).empty
    assert ledger.lags(study.observations).empty
    assert ledger.known_vintages(study) == []


def test_several_faults_are_counted(base: Path) -> None:
    raw = (base / OBS).read_bytes()
    (base / OBS).write_bytes(raw.replace(b",observation,", b",guess,"))
    with pytest.raises(
        InputError, match=r"row 2, column role.*\(5 more faults; `jalur check` lists them all\)"
    ) as caught:
        ledger.load("study", base)
    assert [fault.row for fault in caught.value.faults] == [2, 3, 5, 6, 7, 8]
