"""Charts of the notebooks: evidence, fitted curves, capacity profile, first passage, tornado, reliability, coverage.

Same grammar of marks and colours as the brief (`jalur.chart_parts`). Each function takes results and the format of a
language and returns the figure and its alt text in that language.
"""

from jalur.chart_curves import curves_chart, passage_chart, profile_chart
from jalur.chart_evidence import evidence_chart
from jalur.chart_measures import coverage_chart, reliability_chart, tornado_chart

__all__ = [
    "coverage_chart", "curves_chart", "evidence_chart", "passage_chart", "profile_chart", "reliability_chart",
    "tornado_chart",
]  # fmt: skip
