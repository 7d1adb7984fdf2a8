"""The house: who may import whom, nothing heavy at the door, few modules of one idea each, nothing twice."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "src").rglob("*.py"))
HEAVY = (
    "papermill",
    "matplotlib",
    "statsmodels",
    "scipy.stats",
    "jsonschema",
    "nbconvert",
    "distributed",
    "ipywidgets",
)


def lint_imports(*arguments):
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_no_programme_body_or_country_is_named_in_code():
    named, found = re.compile("UMKM|KemenKop|Indonesia"), []
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)  # whose examples may name some
        docs = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
        texts = (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))
        found += [(path.name, text) for text in texts if text not in docs and named.search(text)]
    pages = [path for kind in ("*.j2", "*.js", "*.css") for path in (ROOT / "src").rglob(kind)]
    assert pages
    found += [(path.name, "") for path in pages if named.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_imports_go_one_way():
    run = lint_imports()
    assert run.returncode == 0, run.stdout
    assert " 0 broken" in run.stdout


def test_the_contracts_are_few_lines_and_leave_nothing_out():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lines = text[text.index("[tool.importlinter]") :].split("\n[tool.", 1)[0].splitlines()
    assert len([line for line in lines if line.strip()]) <= 30
    rules = tomllib.loads(text)["tool"]["importlinter"]
    assert not rules.get("exclude_type_checking_imports")
    layers, *_ = (one for one in rules["contracts"] if one["type"] == "layers")
    assert layers["exhaustive"]
    assert "acyclic_siblings" in [one["type"] for one in rules["contracts"]]
    assert not any("ignore_imports" in one for one in rules["contracts"])


def test_an_import_in_the_wrong_direction_is_found(tmp_path):
    rules = tmp_path / "importlinter.ini"
    rules.write_text(
        "[importlinter]\nroot_package = jalur\n\n[importlinter:contract:wrong]\nname = wrong\ntype = layers\n"
        "layers =\n    jalur.engine\n    jalur.verdict\n"
    )
    run = lint_imports("--config", str(rules))
    assert run.returncode == 1
    assert "jalur.verdict.judge -> jalur.engine" in run.stdout


def imported(path):
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_the_helpers_and_the_runner_do_not_know_each_other():
    """The layers would let the helpers use the runner."""
    known = imported(ROOT / "src" / "jalur" / "helpers.py")
    assert any(name.startswith("jalur.study") for name in known)
    assert not [name for name in known if name.startswith(("jalur.runner", "jalur.cli"))]
    assert imported(ROOT / "src" / "helpers.py") == {
        "jalur.helpers",
        "jalur.helpers.Study",
        "jalur.helpers.open_study",
    }
    assert not any({"helpers", "jalur.helpers"} & imported(path) for path in MODULES if path.stem != "helpers")


def test_the_modules_are_few():
    assert len(list((ROOT / "src" / "jalur").rglob("*.py"))) <= 109


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT / "src").as_posix())
def test_a_module_is_short_and_says_what_it_is(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 700
    assert ast.get_docstring(ast.parse(text))
    assert "util" not in path.stem


def loaded(code):
    report = f"{code}; import sys; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    run = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True, timeout=120)
    return run.stdout.splitlines()[-1].split()


def test_importing_the_package_loads_nothing_heavy():
    assert loaded("import jalur, jalur.cli") == []


def test_a_verdict_on_the_command_line_loads_neither_charts_nor_notebooks():
    code = "from jalur.cli import main; import contextlib\nwith contextlib.suppress(SystemExit): main(['verdict'])\n0"
    assert loaded(code) == []


class Shape(ast.NodeTransformer):
    """Drop names and values of arguments and variables in place, so that only the shape of the code remains."""

    def visit_Name(self, node):
        return ast.copy_location(ast.Name("x", node.ctx), node)

    def visit_arg(self, node):
        return ast.copy_location(ast.arg("x"), node)


def shape(function):
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return [ast.dump(Shape().visit(statement)) for statement in body]


def twins(sources, least=3):
    found = defaultdict(list)
    for name, text in sources:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and len(same := shape(node)) >= least:
                found["\n".join(same)].append(f"{name}:{node.name}")
    return [names for names in found.values() if len(names) > 1]


def test_no_function_of_the_same_shape_stands_twice():
    assert twins((path.stem, path.read_text(encoding="utf-8")) for path in MODULES) == []


def test_a_copied_function_is_found():
    one = "def a(x, y):\n    z = x + y\n    w = z * 2\n    return w\n"
    other = "def b(p, q):\n    '''Words.'''\n    r = p + q\n    s = r * 2\n    return s\n"
    assert twins([("m", one), ("n", other)]) == [["m:a", "n:b"]]
    assert twins([("m", one), ("n", other.replace("*", "/"))]) == []


CASE = {"programme", "vintage", "question", "figures", "path", "capacity", "problem"}


def loose(sources):
    """Functions that take four pieces of a case, or three among more than six parameters."""
    for name, text in sources:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                of = node.args
                given = {argument.arg for argument in (*of.posonlyargs, *of.args, *of.kwonlyargs)} - {"self", "cls"}
                if len(given & CASE) >= (3 if len(given) > 6 else 4):
                    yield f"{name}:{node.name}"


def test_no_function_takes_a_case_in_pieces():
    room = ROOT / "src" / "jalur"
    modules = sorted(room.rglob("*.py"))
    found = list(loose((path.relative_to(room).as_posix(), path.read_text(encoding="utf-8")) for path in modules))
    assert found == ["helpers.py:open_study"]  # the parameters of every notebook, of which it makes the case


def test_a_case_in_pieces_is_found():
    long = "def f(programme, question, figures, *, a, b, c, d): ..."
    assert list(loose([("m", long), ("n", long.replace("figures", "x")), ("o", long.replace(", d", ""))])) == ["m:f"]
    assert list(loose([("m", "def f(programme, vintage, path, capacity): ...")])) == ["m:f"]
