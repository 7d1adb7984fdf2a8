"""Proof that comparing notebooks with their stored outputs can fail, and when it cannot.

A comparison that never fails proves nothing. The canaries are compared as `make test` compares the notebooks.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CANARIES = Path(__file__).parent / "canary"

pytestmark = pytest.mark.slow


def compared(path, folder):
    """Exit code and output of the comparison, with the options of `make nbval`."""
    here = shutil.copy(path, folder)
    options = re.search(r"--nbval.*", (ROOT / "Makefile").read_text(encoding="utf-8")).group()
    words = [word for word in options.split() if word.startswith("--nbval") or word.endswith(".cfg")]
    assert words[0] == "--nbval", words  # strict: --nbval-lax would compare marked cells only
    words = [str(ROOT / word) if word.endswith(".cfg") else word for word in words]
    command = [sys.executable, "-m", "pytest", *words, "-q", "-p", "no:cacheprovider", here]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    return run.returncode, run.stdout


@pytest.mark.parametrize(
    ("name", "code", "words"), [("wrong", 1, "1 failed"), ("right", 0, "1 passed"), ("stripped", 0, "1 passed")]
)
def test_a_wrong_stored_output_fails_and_a_stripped_notebook_would_not(tmp_path, name, code, words):
    found, said = compared(CANARIES / f"{name}.ipynb", tmp_path)
    assert found == code, said
    assert words in said
    if code:
        assert "45" in said
        assert "44" in said


def test_a_changed_number_in_a_real_notebook_is_found(tmp_path):
    """The same with a notebook of the project: one digit of a stored sentence changed."""
    book = json.loads((ROOT / "notebooks" / "03_reachability.ipynb").read_text(encoding="utf-8"))
    book["cells"] = book["cells"][:7]
    output = book["cells"][6]["outputs"][0]["data"]
    stored = "".join(output["text/plain"])
    percent = re.search(r"(\d+)%", stored).group(1)
    output["text/plain"] = [stored.replace(f"{percent}%", f"{int(percent) + 1}%")]
    path = tmp_path / "source" / "changed.ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps(book), encoding="utf-8")
    found, said = compared(path, tmp_path)
    assert found == 1, said
    assert "1 failed, 3 passed" in said
