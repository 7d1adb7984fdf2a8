"""Pages of the brief for the tests: sections of a case or of a real study, exported through the template."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from nbformat.v4 import new_code_cell, new_notebook, new_output

from jalur.brief import sections as brief


def material(case: Any, **more: Any) -> brief.Material:
    return brief.Material(
        case.verdict, case.programme, case.figures, notebooks=("01_evidence.ipynb",), total=53, **more
    )


def export(sections: dict[str, Any], lang: str) -> str:
    """What nbconvert makes of a notebook with these sections as outputs."""
    from jalur.runner.work import export_html

    cells = [new_code_cell("import this")]
    for count, section in enumerate(sections.values(), start=1):
        data, about = section._repr_mimebundle_()
        shown = new_output("execute_result", data, metadata=about, execution_count=count)
        cells.append(new_code_cell("study.section(name)", outputs=[shown], execution_count=count))
    return export_html(new_notebook(cells=cells), lang).decode("utf-8")


@lru_cache(maxsize=64)
def study(name: str, vintage: str) -> Any:
    import helpers

    return helpers.open_study(name, vintage)


@lru_cache(maxsize=64)
def real_page(name: str, vintage: str, lang: str) -> str:
    """The brief of a real programme."""
    return export(brief.sections(study(name, vintage).material, lang), lang)
