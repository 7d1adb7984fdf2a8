"""Form of the committed notebooks, and proof that comparing their outputs can fail."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0b]*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_form(path):
    book = json.loads(path.read_text(encoding="utf-8"))
    code = [c for c in book["cells"] if c["cell_type"] == "code"]
    assert [c["execution_count"] for c in code] == list(range(1, len(code) + 1))
    assert sum("parameters" in c["metadata"].get("tags", []) for c in code) == 1
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    assert len(book["cells"]) <= 34
    outputs = [o for c in code for o in c["outputs"]]
    assert outputs
    assert not [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]
    assert max(len("".join(c["source"]).splitlines()) for c in code) <= 18


def test_all_notebooks_are_there():
    assert len(NOTEBOOKS) == 6


@pytest.mark.parametrize(("count", "code"), [(1, 1), (None, 0)])
def test_a_wrong_stored_output_fails_and_a_stripped_notebook_would_not(tmp_path, count, code):
    cell = {"cell_type": "code", "execution_count": count, "id": "a", "metadata": {}, "source": "1 + 1"}
    stored = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "3"}}
    cell["outputs"] = [stored] if count else []
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {"cells": [cell], "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    path = tmp_path / "canary.ipynb"
    path.write_text(json.dumps(book), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", "-q", str(path)]
    assert subprocess.run(command, capture_output=True, cwd=tmp_path, check=False).returncode == code
