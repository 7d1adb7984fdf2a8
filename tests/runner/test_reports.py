"""Making reports: the same results in every way of running, only what changed is made again."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
import tiny

from jalur.errors import InputError
from jalur.runner import manifest
from jalur.runner import work as execute
from jalur.runner.workers import WORKERS, Workers
from jalur.words.format import prose

SHOWS_EVERYTHING = (
    "import sys\nimport pandas as pd, matplotlib.pyplot as plt",
    "print('one'); print('two', file=sys.stderr); print('three')",
    "fig, ax = plt.subplots()\nax.plot([1, 2, seed])\nprint(vintage, share)",
    "pd.DataFrame({'a': [1, 2]})",
    "from IPython.display import HTML, SVG, clear_output, display, update_display\n"
    "display(HTML('<b>first</b>'), display_id='here')\n3",
    "update_display(HTML('<b>second</b>'), display_id='here')\n_ + 1",
    "print('gone'); clear_output(); print('stays')",
    "print('gone'); clear_output(wait=True); display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))",
    "from IPython.display import Image\nImage(b'\\x89PNG\\r\\n\\x1a\\n' + bytes(30), alt='nothing')",
    "",
    "!echo from a shell",
    "%precision 2\n1 / 3",
    "sorted({'b', 'a'}), __name__, type(get_ipython()).__mro__[-1].__name__",
    "'no output';",
    "class Shown:\n    def _repr_markdown_(self): return '**shown**'\nShown",
    "Shown()._repr_markdown_(), [plt.get_backend(), plt.isinteractive()]",
)


@pytest.mark.slow
def test_a_worker_gives_the_bytes_of_a_fresh_kernel(tmp_path):
    notebooks = tiny.folder(tmp_path / "nb", n01_a=SHOWS_EVERYTHING)
    for way, fresh in (("worker", False), ("kernel", True)):
        result = tiny.run(notebooks, tmp_path / way, fresh_kernel=fresh)
        assert tiny.status(result) == {"01_a": "done"}, result.lines
    (worker,), (kernel,) = (list(tiny.contents(tmp_path / way).values()) for way in ("worker", "kernel"))
    for ours, theirs in zip(json.loads(worker)["cells"], json.loads(kernel)["cells"], strict=True):
        assert ours == theirs
    assert worker == kernel
    worker = json.loads(worker)
    counts = [cell["execution_count"] for cell in worker["cells"] if "".join(cell["source"])]
    assert counts == list(range(1, len(counts) + 1))


def test_same_bytes_with_one_worker_and_with_two(tmp_path):
    notebooks = tiny.folder(tmp_path / "nb", n01_a=SHOWS_EVERYTHING[:4], n02_b="print(seed)", n03_c="print({'b', 'a'})")
    asked = {"settings": {"seed": ["1", "2"]}}
    for jobs in (1, 2):
        assert not tiny.run(notebooks, tmp_path / str(jobs), asked=asked, jobs=jobs).failed
    assert tiny.contents(tmp_path / "1") == tiny.contents(tmp_path / "2")
    assert len(tiny.contents(tmp_path / "1")) == 6


@pytest.mark.slow
def test_same_bytes_where_nothing_can_be_forked(tmp_path, monkeypatch):
    notebooks = tiny.folder(tmp_path / "nb", n01_a=SHOWS_EVERYTHING[:4], n02_b="print({'b', 'a'})", brief=BRIEF)
    for method in ("forkserver", "spawn"):
        monkeypatch.setenv("JALUR_START_METHOD", method)
        if method == "spawn":
            monkeypatch.delattr(os, "fork")
        assert not tiny.run(notebooks, tmp_path / method, asked={"langs": ["en"]}, verdict=True).failed
    assert tiny.contents(tmp_path / "forkserver") == tiny.contents(tmp_path / "spawn")
    assert len(tiny.contents(tmp_path / "spawn")) == 6


def test_a_start_method_that_is_not_there_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("JALUR_START_METHOD", "thread")
    with pytest.raises(InputError, match="JALUR_START_METHOD is 'thread'; allowed here: forkserver, spawn"):
        tiny.run(tiny.folder(tmp_path / "nb", n01_a="1"), tmp_path / "out")


def test_no_trace_of_when_and_where(tmp_path, out):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="import os; len(os.getcwd()) > 0")
    tiny.run(notebooks, out)
    ((_, content),) = tiny.contents(out).items()
    text = content.decode()
    assert str(tmp_path) not in text
    assert "/tmp" not in text
    for word in ("start_time", "duration", "input_path", "output_path", "iopub"):
        assert word not in text
    assert json.loads(content)["metadata"]["papermill"]["parameters"]["programme"] == "umkm_onboarding"


def test_each_notebook_starts_clean(tmp_path, out):
    leaves = "import builtins, os, json\nbuiltins.left = 1\nos.environ['LEFT'] = '1'\njson.left = 1"
    looks = "import builtins, os, json\nprint(hasattr(builtins, 'left'), 'LEFT' in os.environ, hasattr(json, 'left'))"
    notebooks = tiny.folder(tmp_path / "nb", n01_a=leaves, n02_b=looks)
    tiny.run(notebooks, out, jobs=1)
    (second,) = (content for name, content in tiny.contents(out).items() if "02_b" in name)
    assert b"False False False" in second


def test_an_unchanged_report_is_left_alone_without_a_worker(tmp_path, out, monkeypatch):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="print(1)")
    assert tiny.status(tiny.run(notebooks, out)) == {"01_a": "done"}
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.*")}
    monkeypatch.setattr(Workers, "start", lambda _: pytest.fail("a worker was started"))
    assert tiny.status(tiny.run(notebooks, out)) == {"01_a": "skipped"}
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.*") if path.name != ".jalur.lock"} == {
        path: when for path, when in before.items() if path.name != ".jalur.lock"
    }


def test_what_changed_is_made_again_and_nothing_else(tmp_path, out):
    data = shutil.copytree(tiny.DATA, tmp_path / "data")
    reads = "import os, pathlib\nprint(len((pathlib.Path(os.environ['JALUR_DATA']) / 'proxies.csv').read_bytes()))"
    lists = "import os\nprint(len(os.listdir(os.environ['JALUR_DATA'])))"
    notebooks = tiny.folder(tmp_path / "nb", n01_a=reads, n02_b="print(2)", n03_c=lists)

    def again(**options):
        return tiny.status(tiny.run(notebooks, out, data=data, **options))

    everything = ("01_a", "02_b", "03_c")
    assert again() == dict.fromkeys(everything, "done")
    assert again() == dict.fromkeys(everything, "skipped")
    with open(data / "proxies.csv", "a") as file:
        file.write("\n")
    assert again() == {"01_a": "done", "02_b": "skipped", "03_c": "skipped"}
    (data / "_new").mkdir()
    assert again() == {"01_a": "skipped", "02_b": "skipped", "03_c": "done"}
    tiny.folder(notebooks, n02_b="print(3)")
    assert again() == {"01_a": "skipped", "02_b": "done", "03_c": "skipped"}
    (damaged,) = out.rglob("01_a.ipynb")
    damaged.write_bytes(damaged.read_bytes()[:-10])
    assert again() == {"01_a": "done", "02_b": "skipped", "03_c": "skipped"}
    (lost,) = out.rglob("03_c.ipynb")
    lost.unlink()
    assert again() == {"01_a": "skipped", "02_b": "skipped", "03_c": "done"}
    (noted,) = out.rglob(manifest.NAME)
    noted.write_text("{")
    assert again() == dict.fromkeys(everything, "done")
    assert again(force=True) == dict.fromkeys(everything, "done")


def test_another_package_version_makes_everything_again(tmp_path, out, monkeypatch):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="print(1)")
    tiny.run(notebooks, out)
    changed = {**manifest.environment(), "lock_sha256": "another"}
    monkeypatch.setattr(manifest, "environment", lambda: changed)
    assert tiny.status(tiny.run(notebooks, out)) == {"01_a": "done"}


def test_a_failing_cell_is_the_failure_of_its_notebook_alone(tmp_path, out):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="raise ValueError('the number\\nis odd')", n02_b="print(2)")
    result = tiny.run(notebooks, out)
    assert result.failed
    assert tiny.status(result) == {"01_a": "failed", "02_b": "done"}
    assert result.lines[0].reason == "cell 3: ValueError: the number is odd"
    assert [name.rpartition("/")[2] for name in tiny.contents(out)] == ["02_b.ipynb"]
    work = json.loads((out / "umkm_onboarding/2022-03-31/manifest.json").read_text())["work"]
    assert (work["01_a"]["status"], work["01_a"]["reason"]) == ("failed", "cell 3: ValueError: the number is odd")
    tiny.folder(notebooks, n01_a="print(1)")
    assert tiny.status(tiny.run(notebooks, out)) == {"01_a": "done", "02_b": "skipped"}


def test_manifest_says_what_a_report_was_made_from(tmp_path, out):
    reads = "import os, pathlib\nprint(len((pathlib.Path(os.environ['JALUR_DATA']) / 'proxies.csv').read_bytes()))"
    notebooks = tiny.folder(tmp_path / "nb", n01_a=reads)
    tiny.run(notebooks, out, asked={"settings": {"share": ["0.5"]}})
    noted = json.loads((out / "umkm_onboarding/2022-03-31/share-0.5/manifest.json").read_text())
    assert (noted["programme"], noted["vintage"], noted["scenario"]) == ("umkm_onboarding", "2022-03-31", "share-0.5")
    assert noted["parameters"] == {"share": 0.5}
    assert noted["package"]["name"] == "jalur"
    assert set(noted["libraries"]) >= {"pandas", "papermill", "nbconvert", "scipy", "statsmodels", "matplotlib"}
    entry = noted["work"]["01_a"]
    proxies = (tiny.DATA / "proxies.csv").read_bytes()
    assert entry["data_sha256"] == {"proxies.csv": manifest.sha256(proxies)}
    assert entry["seconds"] > 0
    assert entry["peak_mib"] > 10


def test_source_date_epoch_makes_the_manifest_the_same_too(tmp_path, monkeypatch):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="print(1)")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1648684800")
    for way in ("a", "b"):
        tiny.run(notebooks, tmp_path / way)
    first, second = (tiny.contents(tmp_path / way, without=(".jalur.lock",)) for way in ("a", "b"))
    assert first == second
    assert any(b'"written": "2022-03-31T00:00:00+00:00"' in content for content in first.values())


def test_no_new_file_hides_an_older_one_that_no_longer_belongs(tmp_path, out):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="print(1)")
    tiny.run(notebooks, out)
    folder = out / "umkm_onboarding/2022-03-31"
    (folder / "01_a.pdf").write_bytes(b"old")
    (folder / "01_a.txt").write_bytes(b"mine")
    (tmp_path / "precious.txt").write_bytes(b"mine")
    noted = json.loads((folder / manifest.NAME).read_text())
    files = noted["work"]["01_a"]["files_sha256"]
    files |= {"01_a.pdf": manifest.sha256(b"old"), "01_a.txt": manifest.sha256(b"another")}
    (folder / manifest.NAME).write_text(json.dumps(noted))
    tiny.run(notebooks, out, force=True)
    assert not (folder / "01_a.pdf").exists()
    assert (folder / "01_a.txt").read_bytes() == b"mine"
    files["../../../precious.txt"] = manifest.sha256(b"mine")
    (folder / manifest.NAME).write_text(json.dumps(noted))
    assert tiny.status(tiny.run(notebooks, out)) == {"01_a": "done"}
    assert (tmp_path / "precious.txt").read_bytes() == b"mine"


CHANGES = (
    "import os, pathlib, time\nfile = pathlib.Path(os.environ['JALUR_DATA']) / 'proxies.csv'\n"
    "mark = pathlib.Path({mark!r}) / str(time.time_ns())\nprint(len(file.read_bytes()))\nmark.touch()\n"
    "if len(os.listdir(mark.parent)) <= {times}:\n    file.write_bytes(file.read_bytes() + b'\\n')"
)


@pytest.mark.parametrize(("times", "status"), [(1, "done"), (9, "failed")])
@pytest.mark.parametrize("fresh_kernel", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_data_that_change_while_a_piece_runs_make_it_again(tmp_path, out, times, status, fresh_kernel):
    data = shutil.copytree(tiny.DATA, tmp_path / "data")
    (tmp_path / "marks").mkdir()
    changes = CHANGES.format(mark=str(tmp_path / "marks"), times=times)
    notebooks = tiny.folder(tmp_path / "nb", n01_a=changes)
    result = tiny.run(notebooks, out, data=data, fresh_kernel=fresh_kernel)
    assert tiny.status(result) == {"01_a": status}
    assert len(os.listdir(tmp_path / "marks")) == 2
    if status == "failed":
        assert result.lines[0].reason == "tried twice, and each time the data changed before it was done"
        return
    size = (data / "proxies.csv").stat().st_size
    assert f'"{size}\\n"' in next(out.rglob("01_a.ipynb")).read_text()
    assert tiny.status(tiny.run(notebooks, out, data=data, fresh_kernel=fresh_kernel)) == {"01_a": "skipped"}


def test_what_was_read_before_the_data_changed_is_made_again_in_the_same_run(tmp_path, out):
    data = shutil.copytree(tiny.DATA, tmp_path / "data")
    reads = "import os, pathlib\nprint(len((pathlib.Path(os.environ['JALUR_DATA']) / 'proxies.csv').read_bytes()))"
    changes = (
        "import os\nif not os.path.exists({mark!r}):\n    open({mark!r}, 'w')\n    open({file!r}, 'a').write('\\n')"
    )
    later = changes.format(mark=str(tmp_path / "mark"), file=str(data / "proxies.csv"))
    notebooks = tiny.folder(tmp_path / "nb", n01_a=reads, n02_b=later)
    assert not tiny.run(notebooks, out, data=data, jobs=1).failed
    size = (data / "proxies.csv").stat().st_size
    assert f'"{size}\\n"' in next(out.rglob("01_a.ipynb")).read_text()


def test_an_output_folder_among_the_data_is_refused_and_nothing_is_written(tmp_path):
    data = shutil.copytree(tiny.DATA, tmp_path / "data")
    before = tiny.contents(tmp_path, without=())
    notebooks = tiny.folder(tmp_path / "nb", n01_a="1")
    for out in (data, data / "reports", tmp_path / "x" / ".." / "data"):
        with pytest.raises(InputError, match="within the data folder"):
            tiny.run(notebooks, out, data=data)
    assert tiny.contents(data, without=()) == {name.removeprefix("data/"): c for name, c in before.items()}


def broken(tmp_path, *names):
    data = shutil.copytree(tiny.DATA, tmp_path / "data")
    for name in names:
        (data / name / "observations.csv").write_text("no,table\n")
    return data


def test_a_programme_with_faulty_data_fails_alone(tmp_path, out):
    data = broken(tmp_path, "ekatalog_umkm")
    notebooks = tiny.folder(tmp_path / "nb", n01_a="print(1)")
    asked = {"programmes": ["umkm_onboarding", "ekatalog_umkm"]}
    for status in ("done", "skipped"):
        result = tiny.run(notebooks, out, data=data, asked=asked)
        assert [line.status for line in result.lines] == [status, "failed"]
        assert result.lines[1].reason.startswith("ekatalog_umkm/observations.csv")
    assert not (out / "ekatalog_umkm").exists()


def test_where_all_data_are_faulty_nothing_is_written(tmp_path, out):
    data = broken(tmp_path, "ekatalog_umkm", "ekatalog_products")
    asked = {"programmes": ["ekatalog_products", "ekatalog_umkm"]}
    with pytest.raises(InputError, match="ekatalog_products/observations"):
        tiny.run(tiny.folder(tmp_path / "nb", n01_a="1"), out, data=data, asked=asked)
    assert not out.exists()


def test_the_verdict_alone_and_a_full_report_agree_on_what_is_up_to_date(tmp_path, out):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="draws: int = 20_000")
    assert set(tiny.status(tiny.run(notebooks, out, verdict=True)).values()) == {"done"}
    assert tiny.status(tiny.run(notebooks, out, verdict=True, notebooks=False)) == {"verdict": "skipped"}
    assert set(tiny.status(tiny.run(notebooks, out, verdict=True)).values()) == {"skipped"}


def test_the_warm_process_has_one_thread_so_that_forking_it_is_safe():
    WORKERS.start()
    probe = execute.Work("notebook", "x", {}, nbformat.writes(tiny.notebook("1")).encode(), str(tiny.DATA))
    outcome = pickle.loads(WORKERS.call(execute.run_pickled, pickle.dumps(probe)))
    threads = os.listdir(f"/proc/{WORKERS.server}/task")
    assert outcome.error is None
    assert len(threads) == 1


def test_what_several_processes_ask_is_computed_once(tmp_path, out):
    marks = tmp_path / "marks"
    marks.mkdir()
    asks = (
        "import pathlib, os\nfrom jalur import files, ledger\nfrom jalur.verdict.case import Case",
        f"compute = lambda: (pathlib.Path({str(marks)!r}) / str(os.getpid())).write_text('x')",
        "inputs = Case.of(ledger.load(programme), vintage)\nprint(files.once('mark', inputs, compute))",
    )
    notebooks = tiny.folder(tmp_path / "nb", n01_a=asks, n02_b=asks, n03_c=asks)
    assert not tiny.run(notebooks, out, jobs=1).failed
    assert len(list(marks.iterdir())) == 1
    tiny.run(notebooks, out, jobs=1, asked={"vintages": ["2022-12-31"]})
    assert len(list(marks.iterdir())) == 2


def test_pieces_of_one_report_take_turns_with_those_of_the_others(tmp_path):
    from jalur.runner import reports
    from jalur.runner import request as matrix

    read = matrix.read_notebooks(tiny.folder(tmp_path / "nb", n01_a="1", n02_b="2"))
    asked = matrix.reports(read, vintages=["2022-03-31", "2022-12-31"])
    options = reports.Options(out=tmp_path, data=tiny.DATA, verdict=False)
    tasks = [task for report in asked for task in reports.tasks_of(report, read, options)]
    assert [task.work.name for task in reports._in_turn(tasks)] == ["01_a", "01_a", "02_b", "02_b"]


def test_the_memory_of_a_run_is_optional(monkeypatch):
    from jalur import files

    monkeypatch.delenv(files.FOLDER_VARIABLE, raising=False)
    assert files.once("x", 1, lambda: 2) == 2


def test_a_vanished_memory_costs_time_and_nothing_else(monkeypatch, tmp_path):
    from jalur import files

    monkeypatch.setenv(files.FOLDER_VARIABLE, str(tmp_path / "gone"))
    assert files.once("x", 1, lambda: 2) == 2


BRIEF = (
    "from IPython.display import HTML",
    "HTML(f'<section class=\"verdict\"><h1>{programme} {vintage} {lang}</h1></section>')",
)


def test_a_brief_in_each_language(tmp_path, out):
    notebooks = tiny.folder(tmp_path / "nb", brief=BRIEF)
    assert tiny.status(tiny.run(notebooks, out)) == {"brief.id": "done", "brief.en": "done"}
    made = {name.rpartition("/")[2]: content.decode() for name, content in tiny.contents(out).items()}
    assert set(made) == {"brief.id.html", "brief.id.ipynb", "brief.en.html", "brief.en.ipynb"}
    for lang in ("id", "en"):
        page = made[f"brief.{lang}.html"]
        assert f'<html lang="{lang}"' in page
        assert f"<h1>umkm_onboarding 2022-03-31 {lang}</h1>" in page
        assert "IPython" not in page
    assert tiny.status(tiny.run(notebooks, out, asked={"langs": ["id"]})) == {"brief.id": "skipped"}


@pytest.mark.slow
def test_without_a_browser_the_page_is_there_and_a_sentence_says_why_no_pdf(tmp_path, out, monkeypatch):
    notebooks = tiny.folder(tmp_path / "nb", brief=BRIEF)
    monkeypatch.setenv("JALUR_BROWSER", str(tmp_path / "no-browser"))
    monkeypatch.setenv("JALUR_START_METHOD", "spawn")  # the fork server keeps the environment of its start
    result = tiny.run(notebooks, out, asked={"langs": ["en"]}, pdf=True)
    assert tiny.status(result) == {"brief.en": "done"}
    assert "PDF" in result.lines[0].reason
    assert len(list(out.rglob("brief.en.html"))) == 1
    assert not list(out.rglob("*.pdf"))


def test_equal_questions_have_one_key_whichever_objects_they_are_made_of():
    from jalur import files

    text = "umkm_onboarding"
    other = "".join(list(text))
    assert text is not other
    assert files._hash((text, text)) == files._hash((text, other))
    assert files._hash((text, "a")) != files._hash((text, "b"))


def test_the_caller_looks_ahead_while_the_workers_start(tmp_path, monkeypatch):
    from jalur import files
    from jalur.runner import exports

    asked = []
    monkeypatch.setattr(exports, "verdict_of", lambda parameters: asked.append((parameters, os.environ["JALUR_MEMO"])))
    works = [execute.Work("verdict", "verdict", {"programme": str(n)}, None, "data") for n in range(3)]

    server = SimpleNamespace(memo=tmp_path, ready=False)
    monkeypatch.setattr(execute, "WORKERS", server)
    execute.look_ahead(works)
    assert [parameters["programme"] for parameters, _ in asked] == ["0", "1", "2"]
    assert asked[0] == ({"programme": "0", "data": "data"}, str(tmp_path))
    assert files.FOLDER_VARIABLE not in os.environ
    server.ready = True
    execute.look_ahead(works)
    assert len(asked) == 3


def test_what_goes_wrong_while_looking_ahead_is_left_to_the_work_itself(tmp_path, monkeypatch):
    from jalur import files
    from jalur.runner import exports

    def fail(_):
        raise ValueError("odd")

    monkeypatch.setattr(exports, "verdict_of", fail)
    execute.look_ahead([execute.Work("verdict", "verdict", {"programme": "x"}, None, "data")])
    assert files.FOLDER_VARIABLE not in os.environ


@pytest.mark.slow
def test_the_verdict_of_the_caller_is_found_by_the_worker(tmp_path, out):
    """The two processes must make the same key of the same question, though their objects differ."""
    notebooks = tiny.folder(tmp_path / "nb", n01_a=KEPT)  # in a process of its own, which has time to look ahead
    command = [sys.executable, "-m", "jalur", "report", "--notebooks", str(notebooks), "--jobs", "1", "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    (shown,) = (content.decode() for name, content in tiny.contents(out).items() if name.endswith("01_a.ipynb"))
    assert "kept: 1" in shown


KEPT = "import os\nprint('kept:', len(os.listdir(os.environ['JALUR_MEMO'])))"


def test_the_text_between_outputs_is_put_into_the_language_asked_for():
    """Text that someone has rewritten stays as it is, and so does a notebook that the catalogue does not know."""
    english, indonesian = prose("en")["00_engine"], prose("id")["00_engine"]
    ids = list(english)
    cells = [nbformat.v4.new_markdown_cell(english[name], id=name) for name in ids]
    cells[1].source += " My own remark."
    book = nbformat.v4.new_notebook(cells=[*cells, nbformat.v4.new_code_cell("1 + 1")])
    for name, lang, wanted in (("mine", "id", english), ("00_engine", "en", english), ("00_engine", "id", indonesian)):
        execute.speak(book, name, lang)
        said = [cell.source for cell in book.cells if cell.cell_type == "markdown"]
        assert said == [wanted[ids[0]], english[ids[1]] + " My own remark.", *(wanted[one] for one in ids[2:])]
    assert book.cells[-1].source == "1 + 1"
