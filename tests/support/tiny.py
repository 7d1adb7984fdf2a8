"""Small notebooks and runs for the tests of the runner: seconds instead of minutes, the same mechanics."""

from __future__ import annotations

from pathlib import Path

import nbformat

from jalur.runner import reports
from jalur.runner import request as matrix

PARAMETERS = """\
programme: str = "umkm_onboarding"  # which programme
vintage: str = "2022-03-31"  # day
lang: str = "en"  # language
seed: int = 0  # seed of the draws
share: float = 1.0  # share of the capacity
"""
DATA = Path(__file__).parents[2] / "data"


def notebook(*sources: str) -> nbformat.NotebookNode:
    """A notebook with the parameters cell and the given code cells."""
    cells = [nbformat.v4.new_code_cell(source) for source in (PARAMETERS, *sources)]
    cells[0].metadata["tags"] = ["parameters"]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def folder(where: Path, **sources: str | tuple[str, ...]) -> Path:
    """A folder of notebooks: ``n01_a="print(1)"`` becomes ``01_a.ipynb``, ``brief=...`` becomes ``brief.ipynb``."""
    where.mkdir(parents=True, exist_ok=True)
    for name, code in sources.items():
        cells = (code,) if isinstance(code, str) else code
        nbformat.write(notebook(*cells), where / f"{name.removeprefix('n')}.ipynb")
    return where


def run(folder: Path, out: Path, *, asked: dict | None = None, **options) -> reports.Result:
    """Make reports from a folder of notebooks, without the verdict."""
    read = matrix.read_notebooks(folder)
    wanted = matrix.reports(read, **(asked or {}))
    chosen = reports.Options(out=out, data=options.pop("data", DATA), verdict=options.pop("verdict", False), **options)
    return reports.make(wanted, read, chosen, progress=False)


def contents(out: Path, *, without: tuple[str, ...] = ("manifest.json", ".jalur.lock")) -> dict[str, bytes]:
    """Every file below a folder by its relative name."""
    files = (path for path in sorted(out.rglob("*")) if path.is_file() and path.name not in without)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


def status(result: reports.Result) -> dict[str, str]:
    """Status by name of the work; for runs with one report."""
    return {line.name: line.status for line in result.lines}
