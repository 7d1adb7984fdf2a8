"""A result as a picture with its words: one grammar of marks and colours, the alt text in the reader's language."""

from jalur.charts.curves import curves_chart, profile_chart, residual_chart
from jalur.charts.evidence import definition_chart, evidence_chart
from jalur.charts.fan import CARD_DPI, card_chart, fan_chart, fan_svg, futures_chart, passage_chart
from jalur.charts.pace import pace_chart, pace_scale, stages, stretch_name, tornado_chart, waterfall_chart
from jalur.charts.parts import overlaps, pdf, png, scale_of, svg
from jalur.charts.record import (
    course_chart,
    coverage_chart,
    innovation_chart,
    ranges_chart,
    record_chart,
    reliability_chart,
)

__all__ = [
    "CARD_DPI",
    "card_chart",
    "course_chart",
    "coverage_chart",
    "curves_chart",
    "definition_chart",
    "evidence_chart",
    "fan_chart",
    "fan_svg",
    "futures_chart",
    "innovation_chart",
    "overlaps",
    "pace_chart",
    "pace_scale",
    "passage_chart",
    "pdf",
    "png",
    "profile_chart",
    "ranges_chart",
    "record_chart",
    "reliability_chart",
    "residual_chart",
    "scale_of",
    "stages",
    "stretch_name",
    "svg",
    "tornado_chart",
    "waterfall_chart",
]
