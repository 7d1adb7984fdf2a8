"""A result as a picture with its words: one grammar of marks and colours, the alt text in the reader's language."""

from jalur.charts.axes import plain, scale_of
from jalur.charts.curves import curves_chart, passage_chart, profile_chart
from jalur.charts.evidence import evidence_chart
from jalur.charts.fan import fan_chart
from jalur.charts.measures import coverage_chart, reliability_chart, tornado_chart
from jalur.charts.pace import definition_chart, pace_chart, pace_scale, stages, stretch_name
from jalur.charts.parts import overlaps, png, svg
from jalur.charts.record import record_chart

__all__ = [
    "coverage_chart",
    "curves_chart",
    "definition_chart",
    "evidence_chart",
    "fan_chart",
    "overlaps",
    "pace_chart",
    "pace_scale",
    "passage_chart",
    "plain",
    "png",
    "profile_chart",
    "record_chart",
    "reliability_chart",
    "scale_of",
    "stages",
    "stretch_name",
    "svg",
    "tornado_chart",
]
