"""The real notebooks for every programme: none fails, whatever its figures can carry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny

from jalur import ledger
from jalur.runner import reports
from jalur.runner import request as matrix
from jalur.runner.exports import noted_sentence

pytestmark = pytest.mark.slow
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CASES = [(name, "2022-12-31") for name in ledger.programmes()] + [("modern_cooperatives", "2021-12-31")]


@pytest.mark.parametrize(("programme", "vintage"), CASES)
def test_every_notebook_of_every_programme(programme, vintage, tmp_path):
    read = matrix.read_notebooks(NOTEBOOKS)
    asked = matrix.reports(read, programmes=[programme], vintages=[vintage])
    made = reports.make(asked, read, reports.Options(out=tmp_path, data=tiny.DATA), progress=False)
    assert {line.status for line in made.lines} == {"done"}, [line for line in made.lines if line.status != "done"]
    folder = tmp_path / programme / vintage
    verdict = json.loads((folder / "verdict.json").read_text())
    assert (verdict["programme"], verdict["vintage"]) == (programme, vintage)
    for lang in matrix.LANGUAGES:
        sentence = noted_sentence(folder, lang)
        page = (folder / f"brief.{lang}.html").read_text().replace("\u00a0", " ")
        assert sentence.partition(":")[0] in page
        assert str(tmp_path) not in page
