"""Form of the committed notebooks: what a reader, a runner and a comparison rely on."""

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest

from jalur.runner import request as matrix
from jalur.runner.work import export_html
from jalur.words import format as wording

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [
    "00_engine", "01_evidence", "02_growth_curves", "03_reachability", "04_track_record", "05_scenarios", "06_compare",
    "brief", "explore",
]  # fmt: skip
# Numbers in prose are choices of method (the level of a range, a threshold), never results: those come from the data.
METHOD = r"(?:50, 80 and 90|50 and 80|10|30|90) %|more than 0\.2|within 45 days|30 of 100"
ALLOWED = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Import)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def text(cell):
    return "".join(cell["source"])


def cells(book, kind):
    return [cell for cell in book["cells"] if cell["cell_type"] == kind]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def book(path):
    return read(path)


def test_all_notebooks_are_there():
    assert [path.stem for path in NOTEBOOKS] == NAMES


def test_it_was_executed_once_from_top_to_bottom_without_a_complaint(book):
    """Counts 1 to n: without them nbval compares nothing at all, and a reader cannot trust the order."""
    code = cells(book, "code")
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [out for cell in code for out in cell["outputs"]]
    assert outputs
    assert {out["output_type"] for out in outputs} == {"execute_result"}
    # Every cell after the import shows something: a result that is not stored cannot be compared.
    assert all(cell["outputs"] for cell in code[2:])


def test_it_is_short_and_plain(book):
    """No function, class, loop, branch or path in a cell: as soon as one is wanted, it moves into the package."""
    assert len(book["cells"]) <= 40
    for cell in cells(book, "code"):
        lines = text(cell).splitlines()
        assert len(lines) <= 18, text(cell)
        assert not any(line.rstrip().endswith(";") for line in lines)
        assert "print(" not in text(cell)
        tree = ast.parse(text(cell))
        assert all(isinstance(node, ALLOWED) for node in tree.body), text(cell)
        if "parameters" not in cell["metadata"].get("tags", ()):
            strings = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
            assert not any("/" in s or "\\" in s for s in strings)


def test_it_imports_only_helpers(book):
    trees = [ast.parse(text(cell)) for cell in cells(book, "code")]
    names = [a.name for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    assert names == ["helpers"]


def test_parameters_are_declared_once_typed_and_explained(book):
    tagged = [cell for cell in cells(book, "code") if "parameters" in cell["metadata"].get("tags", ())]
    assert len(tagged) == 1
    assert tagged[0] is cells(book, "code")[0]
    declared = matrix.declared_parameters(book)
    assert len(declared) == len(text(tagged[0]).splitlines())
    for one in declared.values():
        assert one.type in ("str", "int", "float", "bool", "list", "dict")
        assert one.help, one.name


def test_every_notebook_takes_the_same_parameters():
    declared = [matrix.declared_parameters(read(path)).values() for path in NOTEBOOKS]
    first, *others = [[(one.name, one.type, one.default) for one in found] for found in declared]
    assert len(first) == 8
    assert all(other == first for other in others)


def test_one_title_then_the_limits_before_any_number(path, book):
    markdown = [text(cell) for cell in cells(book, "markdown")]
    headings = [line for words in markdown for line in words.splitlines() if re.match(r"# ", line)]
    assert headings == [markdown[0].splitlines()[0]]
    assert "limits" in markdown[1].splitlines()[0].lower()
    # The brief's question section carries the limits of the claim.
    assert text(cells(book, "code")[2]) == ('study.section("question")' if path.stem == "brief" else "study.limits()")


def test_the_last_cell_says_with_which_versions_it_ran(path, book):
    last = book["cells"][-1]
    assert text(last) == ('study.section("sources")' if path.stem == "brief" else "study.stamp()")
    assert "engine" in json.dumps(last["outputs"])


def test_no_result_is_typed_into_prose(book):
    for cell in cells(book, "markdown"):
        assert not re.search(r"\d", re.sub(METHOD, "", text(cell))), text(cell)


def test_metadata_says_nothing_about_the_machine(book):
    assert set(book["metadata"]) == {"kernelspec", "language_info", "title"}
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    assert book["metadata"]["language_info"] == {"name": "python"}
    for cell in book["cells"]:
        assert set(cell["metadata"]) <= {"tags"}
        assert re.fullmatch(r"[\w-]+", cell["id"])
    assert len({cell["id"] for cell in book["cells"]}) == len(book["cells"])


def test_outputs_hold_no_path_of_a_machine_and_no_object_address(book):
    for cell in cells(book, "code"):
        for out in cell["outputs"]:
            words = json.dumps({kind: data for kind, data in out["data"].items() if kind != "image/png"})
            assert not re.search(r"(?<![\w.])/(?:home|root|tmp|work|usr|Users)/", words)
            assert not re.search(r"0x[0-9a-f]{6,}", words)
            assert str(ROOT) not in words


def test_every_chart_has_its_words(book):
    for cell in cells(book, "code"):
        for out in cell["outputs"]:
            if "image/png" in out["data"]:
                words = "".join(out["data"]["text/plain"])
                assert len(words) > 60
                assert out["metadata"]["image/png"]["alt"] == words


def test_the_text_is_the_catalogue_s(path, book):
    """A report in another language takes the same cells from the catalogue; a text of one's own would stay English."""
    known = wording.prose("en").get(path.stem)
    if path.stem == "explore":  # executed by no report
        assert known is None
        return
    assert {cell["id"]: text(cell) for cell in cells(book, "markdown")} == known


def test_the_page_of_the_brief_is_light():
    """A phone on a slow line reads it: at most 400 kB, all pictures in it."""
    book = nbformat.read(ROOT / "notebooks" / "brief.ipynb", as_version=4)
    page = export_html(book, "en")
    assert page.count(b"data:image/svg+xml,") >= 6
    assert len(page) <= 400_000
