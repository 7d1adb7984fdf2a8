"""Tables of the brief: numbers that a formula blows up are cut off, not printed with all their digits."""

import pytest

from jalur.brief import tables
from jalur.verdict.model import LabelRow
from jalur.words.format import LANGUAGES, Format


def row(value):
    return LabelRow("un2026", value, "on_track", True, "value >= 0.95", None, None, None, None, None, None)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("value", "start"), [(1.535519e27, ">1"), (-3e20, "<\u22121"), (999.4, "999"), (None, "\u2013")]
)
def test_a_label_of_astronomical_value_is_cut_off(lang, value, start):
    shown = tables.labels([row(value)], Format(lang))[0][1]
    assert shown.startswith(start)
    assert len(shown) <= 8
