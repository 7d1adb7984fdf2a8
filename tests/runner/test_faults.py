"""What goes wrong in between: named failures for one piece of work, the rest done, nothing half written."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
import tiny

from jalur import files
from jalur.errors import InputError
from jalur.runner import manifest, reports
from jalur.runner import work as execute
from jalur.runner.workers import (
    FIXED_ENVIRONMENT,
    FOLDER,
    HELD,
    WORKERS,
    WorkerDied,
    WorkerTimeout,
    own_folder,
)

REPORT = Path("umkm_onboarding/2022-03-31")


def line(result, name):
    return next(line for line in result.lines if line.name == name)


def test_a_notebook_that_hangs_is_stopped(tmp_path):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="import time\nwhile True: time.sleep(1)", n02_b="print(2)")
    started = time.monotonic()
    result = tiny.run(notebooks, tmp_path / "out", timeout=3)
    assert time.monotonic() - started < 60
    assert tiny.status(result) == {"01_a": "failed", "02_b": "done"}
    assert line(result, "01_a").reason == "stopped: no result after 3 s (--timeout)"


def test_a_process_that_dies_fails_alone_and_says_how(tmp_path):
    notebooks = tiny.folder(
        tmp_path / "nb", n01_a="import os\nos._exit(7)", n02_b="print(2)", n03_c="import os\nos.abort()"
    )
    result = tiny.run(notebooks, tmp_path / "out")
    assert tiny.status(result) == {"01_a": "failed", "02_b": "done", "03_c": "failed"}
    assert line(result, "01_a").reason == "tried twice, and each time its process ended with exit code 7"
    assert line(result, "03_c").reason == "tried twice, and each time its process was killed by SIGABRT"


def test_a_killed_worker_is_replaced_once(tmp_path):
    mark = tmp_path / "first-try"
    dies_once = (
        f"import os, pathlib, signal\nmark = pathlib.Path({str(mark)!r})\nfirst = not mark.exists()\nmark.touch()\n"
    )
    notebooks = tiny.folder(tmp_path / "nb", n01_a=dies_once + "first and os.kill(os.getpid(), signal.SIGKILL)")
    result = tiny.run(notebooks, tmp_path / "out")
    assert mark.exists()
    assert tiny.status(result) == {"01_a": "done"}


def test_a_killed_warm_process_is_replaced(tmp_path):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="print(1)")
    tiny.run(notebooks, tmp_path / "first")
    killed = WORKERS.server
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: not alive(killed))
    assert tiny.status(tiny.run(notebooks, tmp_path / "out")) == {"01_a": "done"}
    assert WORKERS.server != killed


@pytest.mark.slow
def test_a_kernel_that_dies_fails_alone(tmp_path):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="import os\nos._exit(7)", n02_b="print(2)")
    result = tiny.run(notebooks, tmp_path / "out", fresh_kernel=True)
    assert tiny.status(result) == {"01_a": "failed", "02_b": "done"}
    assert line(result, "01_a").reason == "the kernel died"


def test_a_report_folder_that_cannot_be_written_fails_alone(tmp_path):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="print(1)")
    out = tmp_path / "out"
    (out / "umkm_onboarding").mkdir(parents=True)
    (out / "umkm_onboarding" / "2022-12-31").write_text("a file where the folder should be")
    result = tiny.run(notebooks, out, asked={"vintages": ["2022-03-31", "2022-12-31"]})
    assert [line.status for line in result.lines] == ["done", "failed"]
    assert result.lines[1].reason.startswith(f"cannot write to {out / 'umkm_onboarding/2022-12-31'}: ")
    assert (out / "umkm_onboarding" / "2022-12-31").read_text() == "a file where the folder should be"


def test_an_output_folder_that_cannot_be_made_is_refused(tmp_path):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="print(1)")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write into the output folder"):
        tiny.run(notebooks, tmp_path / "file" / "out")


def test_a_full_disk_fails_what_no_longer_fits(tmp_path, monkeypatch):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="print(1)", n02_b="print('x' * 100_000)")
    out = tmp_path / "out"
    write = files.write_whole

    def nearly_full(path, content):
        if len(content) > 50_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, content)

    monkeypatch.setattr(reports, "write_whole", nearly_full)
    result = tiny.run(notebooks, out)
    assert tiny.status(result) == {"01_a": "done", "02_b": "failed"}
    assert line(result, "02_b").reason == f"cannot write to {out / REPORT}: No space left on device"
    monkeypatch.setattr(reports, "write_whole", write)
    assert tiny.status(tiny.run(notebooks, out)) == {"01_a": "skipped", "02_b": "done"}


def test_a_disk_that_is_full_from_the_start_is_a_failure_and_no_crash(tmp_path, monkeypatch):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="print(1)")

    def full(path, content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(reports, "write_whole", full)
    result = tiny.run(notebooks, tmp_path / "out")
    assert tiny.status(result) == {"01_a": "failed"}
    assert tiny.contents(tmp_path / "out") == {}


def test_two_runs_do_not_write_into_one_folder(tmp_path):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="print(1)")
    with (
        reports.locked(tmp_path / "out"),
        pytest.raises(InputError, match="another run is writing into"),
    ):
        tiny.run(notebooks, tmp_path / "out")
    assert tiny.status(tiny.run(notebooks, tmp_path / "out")) == {"01_a": "done"}


def test_a_worker_says_when_the_caller_has_another_version():
    own = manifest.environment()
    package = {**own["package"], "source_sha256": "another"}
    for changed, said in (
        ({"package": package}, "another version of jalur"),
        ({"python": "3.99.0"}, f"python {own['python']} instead of 3.99.0"),
        ({"libraries": {**own["libraries"], "numpy": "0"}}, f"numpy {own['libraries']['numpy']} instead of 0"),
    ):
        work = execute.Work("notebook", "x", {}, b"{}", str(tiny.DATA), environment={**own, **changed})
        assert execute.run(work).error == f"this worker has {said}; install the same ones everywhere"


def in_flight(code: str) -> tuple[threading.Thread, list[Exception]]:
    """A thread that has this work done, and what came of it."""
    ended: list[Exception] = []

    def call():
        work = execute.Work("notebook", "x", {}, tiny_bytes(code), str(tiny.DATA))
        try:
            WORKERS.call(execute.run_pickled, execute.pickle.dumps(work))
        except (WorkerDied, WorkerTimeout) as error:
            ended.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    return thread, ended


def test_work_in_flight_ends_when_the_run_is_stopped_and_none_is_begun(tmp_path):
    WORKERS.start()
    mark = tmp_path / "pid"
    thread, ended = in_flight(f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)")
    pid = int(wait_for(lambda: mark.is_file() and mark.read_text()))
    WORKERS.stop()
    thread.join(20)
    assert ended
    wait_for(lambda: not alive(pid))
    thread, ended = in_flight("1")
    thread.join(20)
    assert str(ended[0]) == "the run was stopped"
    WORKERS.start()


DETACHED = """\
import subprocess, sys
start = "import subprocess; print(subprocess.Popen(['sleep', '600'], stdout=-3, start_new_session=True).pid)"
pid = subprocess.check_output([sys.executable, "-c", start], start_new_session=True, text=True)
open({mark!r}, "w").write(pid)
{then}
"""
SLEEPS = "import time\ntime.sleep(600)"


@pytest.mark.slow
@pytest.mark.parametrize("method", ["forkserver", "spawn"])
@pytest.mark.parametrize(("then", "timeout"), [("", None), (SLEEPS, 8)], ids=["done", "hangs"])
def test_a_detached_process_of_a_notebook_ends_with_it(tmp_path, monkeypatch, method, then, timeout):
    monkeypatch.setenv("JALUR_START_METHOD", method)
    mark = tmp_path / "pid"
    notebooks = tiny.folder(tmp_path / "nb", n01_a=DETACHED.format(mark=str(mark), then=then))
    tiny.run(notebooks, tmp_path / "out", timeout=timeout)
    pid = int(mark.read_text())
    wait_for(lambda: not alive(pid), 5)


RUNS = "import sys, tiny; from pathlib import Path; nb, out = map(Path, sys.argv[1:]); tiny.run(nb, out)"


@pytest.fixture
def temporary():
    """A folder for temporary files with a short name: the fork server's socket lies below it."""
    with tempfile.TemporaryDirectory(prefix="j", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_whole_group_leaves_nothing_behind(temporary, tmp_path, number):
    notebooks = tiny.folder(tmp_path / "nb", n01_a=SLEEPS)
    command = [sys.executable, "-m", "jalur", "report", "--notebooks", str(notebooks), "--only", "01_a"]
    environment = os.environ | {"TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [*command, "--out", str(tmp_path / "out")],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as run:
        wait_for(lambda: any(temporary.iterdir()), 30)  # the server has hardly begun, and still belongs to the group
        os.killpg(run.pid, number)
        said = run.stderr.read().decode()
    assert run.returncode == 128 + number
    assert said == "jalur: interrupted; finished files are whole, run the same command again for the rest\n"
    wait_for(lambda: not any(temporary.iterdir()), 10)


@pytest.mark.slow
def test_a_long_folder_for_temporary_files_is_no_hindrance(tmp_path):
    """Its name would not fit into the address of the fork server's socket."""
    place = tmp_path / ("x" * 100)
    place.mkdir()
    notebooks = tiny.folder(tmp_path / "nb", n01_a="print(1)")
    environment = os.environ | {"TMPDIR": str(place), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", RUNS, str(notebooks), str(tmp_path / "out")]
    subprocess.run(command, check=True, env=environment, timeout=120)
    assert len(tiny.contents(tmp_path / "out")) == 1
    assert not any(place.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "then"),  # nobody adopts the orphans of a process that crashed where there is no fork server
    [("forkserver", "import os\nos._exit(3)"), ("forkserver", SLEEPS), ("spawn", SLEEPS)],
    ids=["crash", "killed", "killed-spawn"],
)
def test_a_detached_process_does_not_outlive_a_run_that_ends_badly(temporary, tmp_path, method, then):
    """Its process crashes, or the caller is killed by kill -9; the temporary folder goes as well."""
    mark = tmp_path / "pid"
    notebooks = tiny.folder(tmp_path / "nb", n01_a=DETACHED.format(mark=str(mark), then=then))
    environment = {
        **os.environ,
        "JALUR_START_METHOD": method,
        "TMPDIR": str(temporary),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    command = [sys.executable, "-c", RUNS, str(notebooks), str(tmp_path / "out")]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as run:
        pid = int(wait_for(lambda: mark.is_file() and mark.read_text(), 60))
        if then == SLEEPS:
            run.kill()
    wait_for(lambda: not alive(pid), 10)
    if method == "forkserver":
        wait_for(lambda: not list(temporary.glob("jalur-*")), 10)


@pytest.mark.slow
def test_a_daemon_may_have_work_done(tmp_path):
    """A worker of dask is one, and daemons may not start processes."""
    code = (
        "import multiprocessing, sys\n"
        "def life(*given):\n    exec(RUNS)\n"
        f"RUNS = {RUNS!r}\n"
        "if __name__ == '__main__':\n"
        "    daemon = multiprocessing.get_context('fork').Process(target=life, daemon=True)\n"
        "    daemon.start(); daemon.join(); sys.exit(daemon.exitcode)\n"
    )
    notebooks = tiny.folder(tmp_path / "nb", n01_a="print(1)")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run(
        [sys.executable, "-c", code, str(notebooks), str(tmp_path / "out")], check=True, env=environment, timeout=120
    )
    assert len(tiny.contents(tmp_path / "out")) == 1


def tiny_bytes(code: str) -> bytes:
    import nbformat

    return nbformat.writes(tiny.notebook(code)).encode()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition, seconds=30.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("waited in vain")


class Prewarmed:
    """Starts runners whose imports are done (see prewarmed.py), so that kills fall where there is work."""

    def __init__(self) -> None:
        script = Path(__file__).parents[1] / "support" / "prewarmed.py"
        environment = {**os.environ, **FIXED_ENVIRONMENT}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen([sys.executable, str(script)], env=environment, **pipes)
        assert self._process.stdout.readline() == "ready\n"

    def start(self, arguments: list[str]) -> int:
        """Process id of a new runner."""
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate("\n", timeout=30)


def whole_and_as_expected(out: Path, expected: dict[str, bytes]) -> None:
    """Every file that is there under its name has all of its bytes, and every manifest can be read."""
    for name, content in tiny.contents(out).items():
        if not name.endswith(files.PARTIAL):
            assert content == expected[name], name
    for path in out.rglob(manifest.NAME):
        json.loads(path.read_text())


@pytest.mark.slow
def test_a_runner_killed_at_any_moment_leaves_whole_files_and_is_finished_by_running_again(tmp_path):
    """Twenty-five kills at random moments of a run of twelve pieces of work, five more of a cold start; then the rest.

    The twenty-five are spread evenly over the time in which pieces are made, those of the cold start over all of it.
    """
    sources = {
        f"n0{k}_x": f"import time\ntime.sleep(0.05)\nprint({k}, seed)\nprint('x' * 200_000)" for k in range(1, 5)
    }
    notebooks = tiny.folder(tmp_path / "nb", **sources)
    undisturbed, out = tmp_path / "undisturbed", tmp_path / "out"
    only = ["--only", *(n.stem for n in notebooks.iterdir())]
    arguments = ["report", "--notebooks", str(notebooks), *only, "--set", "seed=1,2,3", "--jobs", "2", "--out"]
    command = [sys.executable, "-m", "jalur", *arguments]
    started = time.monotonic()
    subprocess.run([*command, str(undisturbed)], check=True, capture_output=True)
    cold = time.monotonic() - started
    expected = tiny.contents(undisturbed)
    assert len(expected) == 12

    prewarmed, moments = Prewarmed(), random.Random(20220331)
    started = time.monotonic()
    first = prewarmed.start([*arguments, str(tmp_path / "first")])
    wait_for(lambda: not alive(first))
    warm = time.monotonic() - started
    assert tiny.contents(tmp_path / "first") == expected
    left = []
    for turn in moments.sample(range(25), 25):
        runner = prewarmed.start([*arguments, str(out)])
        time.sleep((turn + moments.random()) / 25 * warm)
        os.kill(runner, signal.SIGKILL)
        wait_for(lambda runner=runner: not alive(runner))
        whole_and_as_expected(out, expected)
        left.append(len(tiny.contents(out)))
        if left[-1] > 8:  # begin again, so that later kills find work to do
            for path in out.rglob("*.ipynb"):
                path.unlink()
    prewarmed.close()
    assert len(set(left)) > 3, left  # the kills did fall into the work
    for turn in range(5):
        runner = subprocess.Popen([*command, str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep((turn + moments.random()) / 5 * cold)
        runner.kill()
        runner.wait()
        whole_and_as_expected(out, expected)
    subprocess.run([*command, str(out)], check=True, capture_output=True)
    assert tiny.contents(out) == expected


def test_the_next_run_removes_the_folder_of_one_that_was_killed_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    alive_one, held = own_folder()
    killed, other = tmp_path / f"{FOLDER}killed", tmp_path / f"{FOLDER}other"
    for folder in (killed, other):
        folder.mkdir()
    (killed / HELD).touch()
    (killed / "memo").mkdir()
    outside = tmp_path / "outside"
    outside.touch()
    (other / HELD).symlink_to(outside)
    mine, own = own_folder()
    assert sorted(tmp_path.glob(f"{FOLDER}*")) == sorted([alive_one, other, mine])
    os.close(held)
    os.close(own)
    os.close(own_folder()[1])
    assert not alive_one.exists()
    assert not mine.exists()
