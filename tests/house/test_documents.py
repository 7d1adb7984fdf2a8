"""What the documents and docstrings point to exists: paths, modules and names, links, the rooms and their sentences."""

import ast
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "jalur"
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "data" / "README.md", ROOT / "benchmarks" / "README.md"]
)
SCRIPTS = [ROOT / "Makefile", ROOT / ".pre-commit-config.yaml", ROOT / "pyproject.toml", ROOT / ".ci" / "run"]
SOURCES = sorted(
    path
    for folder in ("src", "tests", "benchmarks", "tools")
    for path in (ROOT / folder).rglob("*.py")
    if path != Path(__file__)
)
PATH = re.compile(r"(?<![\w/.~^-])((?:src|tests|docs|data|notebooks|params|benchmarks|tools|\.ci|\.jupyter)/[\w./*-]*)")
NAME = re.compile(r"(?<![\w/.-])(jalur(?:\.[A-Za-z_]\w*)+)")


def name(path):
    return path.relative_to(ROOT).as_posix()


def quoted(text):
    """What stands in backticks."""
    return re.findall(r"`+([^`\n]+)`+", text)


def lost_paths(text, root=ROOT):
    """Paths of the repository that lead nowhere; what git ignores is made by a command and may be missing."""
    made = [line.strip("/") for line in (root / ".gitignore").read_text(encoding="utf-8").splitlines()]
    found = [path.rstrip("./") for path in PATH.findall(text)]
    return [path for path in found if path not in made and not list(root.glob(path or "."))]


def lost_names(text):
    """Dotted names of the package that do not exist."""
    lost = []
    for dotted in NAME.findall(text):
        try:
            pkgutil.resolve_name(dotted)
        except (ImportError, AttributeError):
            lost.append(dotted)
    return lost


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_paths_and_names_in_a_document_exist(path):
    words = "\n".join(quoted(path.read_text(encoding="utf-8")))
    assert lost_paths(words) == []
    assert lost_names(words) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_paths_in_a_script_exist(path):
    assert lost_paths(path.read_text(encoding="utf-8")) == []


def test_names_in_comments_and_docstrings_exist():
    lost = {name(path): lost_names("\n".join(quoted(path.read_text(encoding="utf-8")))) for path in SOURCES}
    assert {path: names for path, names in lost.items() if names} == {}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_between_documents_lead_somewhere(path):
    links = re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))
    local = [link.partition("#")[0] for link in links if "://" not in link and not link.startswith(("#", "mailto:"))]
    assert [link for link in local if not (path.parent / link).exists()] == []


@pytest.mark.slow
def test_every_benchmark_and_tool_can_be_imported():
    """Nothing else runs them, so a module that has moved would be missed."""
    for folder in ("benchmarks", "tools"):
        names = [path.stem for path in (ROOT / folder).glob("*.py")]
        assert names
        code = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
        command = [sys.executable, "-c", code]
        run = subprocess.run(command, cwd=ROOT / folder, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr


def test_what_leads_nowhere_is_found():
    said = "see `src/jalur/nowhere.py`, `jalur.engine.outlook.forecast`, `jalur.engine.nothing` and `.jalur.lock`"
    assert lost_paths(said) == ["src/jalur/nowhere.py"]
    assert lost_names(said) == ["jalur.engine.nothing"]
    assert lost_paths("`docs/*.md` and `docs/*.txt`, /srv/src/x, ~/data/x") == ["docs/*.txt"]


def rooms():
    """Docstring of each room's `__init__`."""
    files = sorted(PACKAGE.glob("*/__init__.py"))
    return {path.parent.name: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) for path in files}


def test_a_room_says_in_one_sentence_what_it_holds():
    assert len(rooms()) == 11
    for room, sentence in rooms().items():
        assert sentence, room
        assert re.fullmatch(r"[^\n]+[^.\n]\.", sentence), room
        assert not re.search(r"[.!?] ", sentence), room


def test_the_rooms_in_the_documents_are_those_of_the_package():
    text = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `(\w+)/` \| (.+) \|$", text, flags=re.MULTILINE)) == rooms()
