"""Charts of the brief: the fan, the pace, the record of earlier projections, the definition gap.

Each takes results (a verdict, published figures) and the format of a language and returns the figure and its alt text
in that language. ``narrow=True`` draws the phone version: same data, fewer words, 92 mm wide. See `jalur.chart_parts`
for the grammar of marks and colours.
"""

from jalur.chart_axes import plain, scale_of
from jalur.chart_fan import fan_chart
from jalur.chart_pace import definition_chart, pace_chart, pace_scale, stages, stretch_name
from jalur.chart_parts import overlaps, png, svg
from jalur.chart_record import record_chart

__all__ = [
    "definition_chart", "fan_chart", "overlaps", "pace_chart", "pace_scale", "plain", "png", "record_chart", "scale_of",
    "stages", "stretch_name", "svg",
]  # fmt: skip
