"""Inputs that nobody thought of: each is read or refused in one sentence, and nothing else.

A few seconds in `make test`. `make fuzz` sets JALUR_FUZZ to the number of seconds to be spent, shared by the tests; a
crash that is found becomes a case in `tests/bad_inputs`.
"""

import contextlib
import io
import json
import os
import shutil
import time

from bad_inputs import command_cases
from bad_inputs.ledger_cases import BASE, DEN, OBS, PRX, TGT, YML
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jalur import cli, dates, ledger
from jalur.engine import prior
from jalur.errors import InputError
from jalur.ledger.spoken import read_figure, read_period
from jalur.ledger.tables import read_yaml
from jalur.runner import manifest

# Seconds of `make fuzz`; without it every test has a few dozen examples, the same in every run.
LONG = float(os.environ.get("JALUR_FUZZ", "0"))
TESTS = 6
FEW = settings(
    max_examples=40,
    deadline=None,
    derandomize=not LONG,
    database=None,
    suppress_health_check=list(HealthCheck),
)

ODD = st.sampled_from([
    "", " ", "0", "-1", "nan", "inf", "1e400", "1_000", "٣", "３", "1,234", "1.234", "20,76 juta", "1/2", "=1+1", "@x",
    "\x00", "\x1b[31m", "\u200b", "\u202e", "\ufeff", "\udcff", "e\u0301", "a" * 300, "../x", "/etc/passwd", "~", "*",
    "2021-02-30", "9999-12-31", "0001-01-01", "2021-1-1", "20211231", "true", "null", "- x", "{", "[", "&a", "!!x", "%",
    "'", '"',
])  # fmt: skip
TEXT = st.one_of(ODD, st.text(max_size=20), st.lists(ODD, min_size=2, max_size=3).map("".join))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def tried(body, *strategies):
    """Try a body on examples, in `make fuzz` again and again until its share of the time is spent."""
    examples = 0

    def counted(values):
        nonlocal examples
        examples += 1
        body(*values)

    until = time.monotonic() + LONG / TESTS
    while True:
        FEW(given(st.tuples(*strategies))(counted))()
        if time.monotonic() >= until:
            break
    if LONG:
        print(f"{body.__name__}: {examples} examples")


def refused_or_read(call):
    """The result of a call; None where the input was refused."""
    with contextlib.suppress(InputError):
        return call()
    return None


def test_figures_and_days():
    def figure_or_day(text, unit, mark):
        read = refused_or_read(lambda: read_figure(text, unit, decimal=mark))
        if read is not None:
            assert float(read.value) >= 0
            assert "e" not in read.value.lower()
        with contextlib.suppress(ValueError):  # which says what is allowed, for the one who knows the place
            read_period(text)
        refused_or_read(lambda: dates.parse_date(text, "day"))

    digits = st.text("0123456789.,  -/%eE", max_size=14)
    words = st.sampled_from(["", " juta", " million", " ribu", " %", " Des 2020", " TW IV 2020", "31 "])
    written = st.builds(str.__add__, digits, words) | TEXT
    tried(figure_or_day, written, st.sampled_from(["UMKM", "percent"]), st.sampled_from([None, ",", "."]))


def test_yaml(tmp_path):
    path = tmp_path / "some.yml"

    def yaml(raw):
        path.write_bytes(raw)
        refused_or_read(lambda: read_yaml(path, "some.yml"))

    marks = st.text("abc012:-[]{}&*!|>%@`#?,'\" \n\t", max_size=60).map(str.encode)
    tried(yaml, st.binary(max_size=40) | marks | JSON.map(lambda x: json.dumps(x).encode("utf-8", "surrogatepass")))


def test_manifests(tmp_path):
    path = tmp_path / manifest.NAME
    (tmp_path / "precious").write_text("x", encoding="utf-8")

    def manifests(content):
        path.write_bytes(content)
        read = manifest.Manifest.read(tmp_path)
        assert all(path.parent == tmp_path for path in read.superseded("verdict", ()))
        assert (tmp_path / "precious").exists()

    entry = st.fixed_dictionaries({}, optional={
        "work": st.dictionaries(st.sampled_from(["verdict", "brief"]) | TEXT, JSON | st.fixed_dictionaries(
            {"status": ODD, "files_sha256": st.dictionaries(ODD, JSON, max_size=3)}), max_size=3),
        "schema_version": JSON, "languages": JSON, "vintage": JSON,
    })  # fmt: skip
    tried(
        manifests, (JSON | entry).map(lambda x: json.dumps(x).encode("utf-8", "surrogatepass")) | st.binary(max_size=30)
    )


def test_prior_weights():
    base = command_cases.WEIGHTS

    def weights(path, value):
        data = json.loads(json.dumps(base))
        place = data
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        refused_or_read(lambda: prior.from_dict(data))

    paths = st.sampled_from([(key,) for key in base] + [("cells", key) for key in base["cells"]])
    tried(weights, paths, JSON | st.lists(st.floats(), min_size=1, max_size=2))


def test_data_folders(tmp_path):
    shutil.copytree(BASE, tmp_path / "data")
    files = {name: (tmp_path / "data" / name).read_bytes() for name in (OBS, TGT, YML, DEN, PRX)}

    def folder(name, place, length, put):
        raw = files[name]
        start = int(place * len(raw))
        (tmp_path / "data" / name).write_bytes(
            raw[:start] + put.encode("utf-8", "surrogatepass") + raw[start + length :]
        )
        try:
            study = refused_or_read(lambda: ledger.load("study", tmp_path / "data"))
            if study is not None:
                ledger.select(study, "2022-01-01")
        finally:
            (tmp_path / "data" / name).write_bytes(raw)

    inside = st.sampled_from([",", "\n", '"', ";", "\r\n", ": ", "- "]) | TEXT
    tried(folder, st.sampled_from(sorted(files)), st.floats(0, 1), st.integers(0, 12), inside)


def test_command_lines(tmp_path, monkeypatch):
    command_cases.prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JALUR_DATA", raising=False)
    before = sorted(tmp_path.rglob("*"))

    def command(start, name, value):
        words = [*start.split(), name, value] if name else [*start.split(), value]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = cli.main(words)
        assert code in (0, 1, 2, 3)
        said = err.getvalue()
        assert "Traceback" not in said
        if code == 2:
            assert said.startswith("jalur: ")
            assert said.count("\n") == 1
            assert all(c.isprintable() or c in "\n\udcff" for c in said), said
        assert sorted(tmp_path.rglob("*")) == before

    starts = st.sampled_from([
        "verdict --data data --programme study --vintage 2021-12-31 --draws 100", "check --data data",
        "report --plan --data data --programme study", "targets study --data data --vintage 2021-12-31",
        "claim study 3000 --as-of 2021-12-31 --by Ministry --data data", "index reports_list", "learn-prior word.csv",
        "resolve --register register_text", "import word.csv --dry-run --data data",
    ])  # fmt: skip
    names = st.sampled_from([
        "", "--data", "--programme", "--vintage", "--lang", "--capacity", "--capacity-share", "--seed", "--prior",
        "--drop", "--set", "--only", "--params", "--scheduler", "--jobs", "--timeout", "--by", "--as-of", "--register",
        "--map",
        "--split-by", "--without-source", "--json",
    ])  # fmt: skip
    tried(command, starts, names, TEXT.filter(lambda text: "\x00" not in text))
