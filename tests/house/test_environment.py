"""One source of versions: pyproject.toml, requirements.lock and environment.yml agree and name no machine."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
PYTHONS = ("3.11", "3.12", "3.13")


def lock_entries():
    """Requirement and hashes of every entry of the lock."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.M))
    for line in filter(None, map(str.strip, joined.splitlines())):
        words, *hashes = line.split("--hash=")
        yield Requirement(words.strip()), [h.strip() for h in hashes]


def marker_environment(python):
    major, minor = python.split(".")
    return {
        "python_version": python,
        "python_full_version": f"{major}.{minor}.9",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "extra": "",
    }


def locked(python):
    """Versions by name that the lock gives for a Python version on Linux."""
    here = marker_environment(python)
    found = {}
    for requirement, _ in lock_entries():
        if requirement.marker is None or requirement.marker.evaluate(here):
            name = canonicalize_name(requirement.name)
            assert name not in found, f"two versions of {name} for Python {python}"
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            found[name] = pin.version
    return found


def declared():
    """Every direct dependency: of the package, its extras and its dependency groups."""
    project = PROJECT["project"]
    lists = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *PROJECT["dependency-groups"].values(),
    ]
    every = [Requirement(words) for one in lists for words in one]
    return [one for one in every if one.name != "jalur"]  # an extra that takes in another one


def test_every_extra_that_a_locked_package_asks_for_is_in_the_lock():
    """Else pip looks for the newest version of that package, and set-up breaks on the day when one is published."""
    here = marker_environment(".".join(map(str, sys.version_info[:2])))
    entries = {canonicalize_name(r.name): r for r, _ in lock_entries() if r.marker is None or r.marker.evaluate(here)}
    asked = []
    for name, entry in entries.items():
        for line in metadata.requires(name) or ():
            wanted = Requirement(line)
            own = ("", *entry.extras)
            if wanted.extras and (
                wanted.marker is None or any(wanted.marker.evaluate({**here, "extra": extra}) for extra in own)
            ):
                asked.append(wanted.name)
                assert wanted.extras <= entries[canonicalize_name(wanted.name)].extras, f"{name} needs {line}"
    assert "coverage" in asked


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_satisfies_every_declared_range(python):
    versions = locked(python)
    for requirement in declared():
        name = canonicalize_name(requirement.name)
        assert name in versions, f"{requirement.name} is declared but not locked for Python {python}"
        assert requirement.specifier.contains(versions[name]), f"{requirement} but {versions[name]} is locked"


def test_every_declared_dependency_of_the_package_has_a_lower_bound():
    for words in PROJECT["project"]["dependencies"]:
        assert [s.operator for s in Requirement(words).specifier][:1] == [">="], words


def test_every_entry_of_the_lock_is_pinned_and_hashed():
    entries = list(lock_entries())
    assert len(entries) > 100
    for requirement, hashes in entries:
        assert [s.operator for s in requirement.specifier] == ["=="], requirement
        assert requirement.url is None
        assert hashes, f"{requirement} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes)


def test_the_declared_pythons_are_those_that_the_lock_resolves_for():
    classifiers = [c for c in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", c)]
    assert [c.rpartition(" ")[2] for c in classifiers] == list(PYTHONS)
    assert PROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"
    assert PROJECT["tool"]["mypy"]["python_version"] == PYTHONS[0]
    assert PROJECT["tool"]["ruff"]["target-version"] == "py" + PYTHONS[0].replace(".", "")


def test_conda_takes_python_and_pip_from_the_forge_and_the_rest_from_the_lock():
    assert CONDA["channels"] == ["conda-forge", "nodefaults"]
    *forge, section = CONDA["dependencies"]
    assert forge == [f"python={PYTHONS[0]}", "pip"]
    assert section == {"pip": ["-r requirements.lock"]}


def tracked():
    """Text files that are handed on: those of git, or all but the ignored ones in an export without it."""
    run = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = run.stdout.decode().split("\0") if run.returncode == 0 else []
    found = [ROOT / name for name in names if name]
    if not found:
        kept = ("data", "docs", "notebooks", "params", "src", "tests", "benchmarks")
        found = [p for folder in kept for p in (ROOT / folder).rglob("*") if p.is_file()]
        found += [p for p in ROOT.iterdir() if p.is_file()]
    return [p for p in found if p.is_file() and p.suffix not in (".png", ".pdf", ".pyc", ".xlsx")]


def test_no_file_names_an_index_or_a_place_on_this_machine():
    """The lock must install from wherever the reader's pip looks; a path of this machine helps nobody."""
    index = re.compile(r"--(?:extra-)?index-url|--trusted-host|pythonhosted\.org|https?://[^\s\"'<>]*/simple\b")
    for path in tracked():
        if path == Path(__file__):
            continue
        words = path.read_text(encoding="utf-8")
        assert not index.search(words), f"{path}: {index.search(words).group()}"
        assert str(ROOT) + "/" not in words, path
        assert str(Path.home()) + "/." not in words, path
    assert "://" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_resolves_with_hashes_for_every_declared_python(python, tmp_path):
    """Wheels for that version exist, their hashes are in the lock, and nothing outside the lock is needed."""
    uv = Path(sys.executable).with_name("uv")
    words = ["pip", "install", "--dry-run", "--require-hashes", "--only-binary", ":all:"]
    where = ["--python-version", f"{python}.9", "--target", tmp_path / "nowhere", "-r", ROOT / "requirements.lock"]
    command = [uv, *words, *where]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    said = dict(re.findall(r"^ \+ ([\w.-]+)==(\S+)$", run.stderr + run.stdout, flags=re.M))
    assert {canonicalize_name(name): version for name, version in said.items()} == locked(python)


READ_BY_PIP = """
import json, sys
from pip._internal.network.session import PipSession
from pip._internal.req import parse_requirements
found = parse_requirements(sys.argv[1], session=PipSession())
print(json.dumps([[r.requirement, r.options.get("hashes", {}).get("sha256", [])] for r in found]))
"""


@pytest.mark.slow
def test_what_conda_does_gives_the_versions_of_the_lock(tmp_path):
    """Conda writes the pip section to a file beside environment.yml and hands it to pip there; then the project itself.

    The file is read by the pip of the new environment, from where conda would start it. What it names is then installed
    by uv, which takes seconds; that pip installs the lock with its hashes as well is shown by each set-up with make.
    """
    here = tmp_path / "copy"
    here.mkdir()
    for name in ("environment.yml", "requirements.lock", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, here)
    shutil.copytree(ROOT / "src", here / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True, timeout=300)
    python = tmp_path / "env" / "bin" / "python"
    (here / "condaenv.requirements.txt").write_text("\n".join(CONDA["dependencies"][-1]["pip"]) + "\n")

    def run(*words):
        done = subprocess.run(words, cwd=here, capture_output=True, text=True, check=False, timeout=500)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    read = json.loads(run(python, "-c", READ_BY_PIP, "condaenv.requirements.txt"))
    assert {str(Requirement(words)): sorted(hashes) for words, hashes in read} == {
        str(requirement): sorted(h.removeprefix("sha256:") for h in hashes) for requirement, hashes in lock_entries()
    }
    uv = Path(sys.executable).with_name("uv")
    run(uv, "pip", "install", "--python", python, "--require-hashes", "-r", "condaenv.requirements.txt")
    comment = (ROOT / "environment.yml").read_text(encoding="utf-8")
    last = re.search(r"&& pip (install --no-deps -e \.)$", comment, flags=re.M)
    assert last, "environment.yml says how to install the project"
    run(python, "-m", "pip", *last.group(1).split(), "--quiet", "--no-input")
    assert "No broken requirements found" in run(python, "-m", "pip", "check")
    listed = json.loads(run(python, "-m", "pip", "list", "--format", "json"))
    found = {canonicalize_name(row["name"]): row["version"] for row in listed}
    assert found.pop("jalur") == PROJECT["project"]["version"]
    expected = locked(f"{sys.version_info.major}.{sys.version_info.minor}")
    assert {name: version for name, version in found.items() if name in expected} == expected
    assert set(found) - set(expected) <= {"pip", "setuptools"}  # what a new environment starts with
    said = subprocess.run(
        [python, "-m", "jalur", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["jalur", PROJECT["project"]["version"]]


@pytest.mark.slow
def test_a_file_that_is_not_the_locked_one_is_not_installed(tmp_path):
    """The hashes count for uv as they do for pip: with those of one package changed, nothing of it is installed."""
    name = "zipp"
    line = next(str(r) + "".join(f" --hash={h[:-1]}{'1' if h[-1] == '0' else '0'}" for h in hashes)
                for r, hashes in lock_entries() if r.name == name)  # fmt: skip
    (tmp_path / "changed.lock").write_text(line + "\n")
    uv = Path(sys.executable).with_name("uv")
    where = ["--target", tmp_path / "place", "--no-cache", "-r", tmp_path / "changed.lock"]
    run = subprocess.run(
        [uv, "pip", "install", "--require-hashes", *where], capture_output=True, text=True, check=False, timeout=300
    )
    assert run.returncode != 0
    assert "ash" in run.stderr
    assert not (tmp_path / "place" / name).exists()
