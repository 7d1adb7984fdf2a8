"""The same calls on a dask cluster: a real scheduler and two workers on loopback, without a shared disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
from loopback import Cluster, made_up_authority

from jalur.runner import reports
from jalur.runner import work as execute

pytestmark = pytest.mark.slow
READS = (
    "import os, pathlib, time\ndata = pathlib.Path(os.environ['JALUR_DATA'])",
    "print(programme, vintage, seed, len((data / 'proxies.csv').read_bytes()))",
    "print(sorted(path.name for path in data.iterdir()))\ntime.sleep(0.3)",
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    running = Cluster(tmp_path_factory.mktemp("cluster"))
    for _ in range(2):
        running.add_worker()
    running.wait_for_workers(2)
    yield running
    running.close()


def command(notebooks: Path, out: Path, *more: str) -> list[str]:
    asked = ["--programme", "umkm_onboarding", "ekatalog_umkm", "--vintage", "2022-03-31", "2022-12-31", "2023-12-31"]
    names = [path.stem for path in sorted(notebooks.glob("*.ipynb"))]
    fixed = ["--notebooks", str(notebooks), "--out", str(out), "--only", *names, "--set", "seed=1,2"]
    return [sys.executable, "-m", "jalur", "report", *fixed, *asked, *more]


def test_a_cluster_gives_the_bytes_of_this_machine(tmp_path, cluster):
    notebooks = tiny.folder(tmp_path / "nb", n01_a=READS, n02_b=READS)
    for out, more in ((tmp_path / "here", ()), (tmp_path / "there", ("--scheduler", cluster.address))):
        done = subprocess.run(command(notebooks, out, *more), capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
    assert tiny.contents(tmp_path / "here") == tiny.contents(tmp_path / "there")
    assert len(tiny.contents(tmp_path / "there")) == 24
    again = subprocess.run(command(notebooks, tmp_path / "there"), capture_output=True, text=True, timeout=60)
    assert again.returncode == 0
    assert "done" not in again.stderr


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    running = Cluster(folder, (1, 1), made_up_authority(folder))
    for _ in range(2):
        running.add_worker()
    running.wait_for_workers(2)
    yield running
    running.close()


@pytest.mark.parametrize("way", ["options", "configuration"])
def test_an_encrypted_cluster_gives_the_same_bytes_with_one_worker_killed(tmp_path, encrypted, way):
    authority, certificate, key = map(str, encrypted.certificates)
    notebooks = tiny.folder(tmp_path / "nb", n01_a=READS, n02_b=READS)
    names = {"CA_FILE": authority, "CLIENT__CERT": certificate, "CLIENT__KEY": key}
    configured = {f"DASK_DISTRIBUTED__COMM__TLS__{name}": path for name, path in names.items()}
    given = ("--tls", authority, certificate, key) if way == "options" else ()
    asked = command(notebooks, tmp_path / "there", "--scheduler", encrypted.address, *given)
    environment = {**os.environ, **(configured if way == "configuration" else {})}
    with subprocess.Popen(asked, stdout=-1, stderr=-1, text=True, env=environment) as run:
        if way == "configuration":
            assert "done" in run.stderr.readline()
            os.killpg(encrypted.workers[0].pid, signal.SIGKILL)
        shown, errors = run.communicate(timeout=300)
    assert run.returncode == 0, shown + errors
    here = subprocess.run(command(notebooks, tmp_path / "here"), capture_output=True, timeout=300)
    assert here.returncode == 0
    assert tiny.contents(tmp_path / "here") == tiny.contents(tmp_path / "there")


@pytest.mark.parametrize("address", ["without certificates", "of another authority"])
def test_an_encrypted_cluster_refuses_in_a_sentence(tmp_path, encrypted, address):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="1")
    given = ("--tls", *map(str, made_up_authority(tmp_path))) if address == "of another authority" else ()
    asked = command(notebooks, tmp_path / "out", "--scheduler", encrypted.address, *given)
    done = subprocess.run(asked, capture_output=True, text=True, timeout=100)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("jalur: ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_scheduler_without_workers_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "cluster").mkdir()
    alone = Cluster(tmp_path / "cluster")
    try:
        asked = command(tiny.folder(tmp_path / "nb", n01_a="1"), tmp_path / "out", "--scheduler", alone.address)
        done = subprocess.run(asked, capture_output=True, text=True, timeout=100)
    finally:
        alone.close()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"jalur: the dask scheduler at {alone.address} has no workers; start one with: dask worker {alone.address}\n"
    )
    assert not (tmp_path / "out").exists()


def test_a_failure_on_a_cluster_is_named(tmp_path, cluster):
    notebooks = tiny.folder(tmp_path / "nb", n01_a="raise ValueError('odd')", n02_b="import os\nos._exit(3)", n03_c="1")
    done = subprocess.run(
        command(notebooks, tmp_path / "out", "--scheduler", cluster.address),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    assert "cell 3: ValueError: odd" in done.stdout
    assert "its process ended with exit code 3" in done.stdout
    assert len(tiny.contents(tmp_path / "out")) == 12


def test_a_packed_data_folder_is_the_same_bytes_whatever_its_times(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "one.csv").write_text("1")
        os.utime(tmp_path / name / "sub" / "one.csv", (0, len(name) * 10**9))
    assert execute.pack(tmp_path / "a") == execute.pack(tmp_path / "b")


def killed_in_the_middle(folder, address, process):
    """Exit code and output of 48 pieces of work on a cluster, one process of which is killed after the eighth."""
    notebooks = tiny.folder(folder / "nb", n01_a=READS, n02_b=READS, n03_c=READS, n04_d=READS)
    asked = command(notebooks, folder / "out", "--scheduler", address)
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        try:
            told = [run.stderr.readline() for _ in range(8)]
            assert all("done" in line for line in told), told
            os.killpg(process.pid, signal.SIGKILL)
            shown, errors = run.communicate(timeout=300)
        finally:
            run.kill()
    return run.returncode, shown, errors


def test_a_worker_killed_in_the_middle_costs_nothing(tmp_path, cluster):
    out = tmp_path / "out"
    code, shown, errors = killed_in_the_middle(tmp_path, cluster.address, cluster.workers[0])
    assert code == 0, shown + errors
    assert "Traceback" not in errors
    assert len(tiny.contents(out)) == 48
    assert shown.count(" 4     0        0") == 12


def test_a_lost_scheduler_is_told_and_what_was_done_stays(tmp_path):
    (tmp_path / "cluster").mkdir()
    alone = Cluster(tmp_path / "cluster")
    try:
        alone.add_worker()
        alone.wait_for_workers(1)
        code, shown, errors = killed_in_the_middle(tmp_path, alone.address, alone.scheduler)
    finally:
        alone.close()
    assert code == 1, shown + errors
    assert "the scheduler was lost" in shown
    assert [line for line in errors.splitlines() if not line.startswith("[")] == []
    assert 8 <= len(tiny.contents(tmp_path / "out")) < 48


def test_a_notebook_goes_without_its_outputs_and_nothing_else_is_lost():
    import nbformat

    notebook = tiny.notebook("print(1)")
    notebook.cells[1] |= {"outputs": [nbformat.v4.new_output("stream", text="1\n")], "execution_count": 7}
    sent = nbformat.reads(reports.without_outputs(nbformat.writes(notebook).encode()).decode(), as_version=4)
    notebook.cells[1] |= {"outputs": [], "execution_count": None}
    assert sent == notebook
