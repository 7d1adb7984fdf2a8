"""The outside view: stretch by hand, shares that fall with it, pools between their inputs, clear refusals."""

import copy
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jalur.errors import InputError
from jalur.verdict import outside
from jalur.verdict.model import Outside, ScopeNote
from jalur.words import sentences as text
from jalur.words.format import Format

CHANCES = st.floats(0, 1)
RATIOS = st.floats(1e-3, 1e4)


def data():
    return copy.deepcopy(dict(outside.load()))


class TestStretch:
    def test_required_pace_over_that_of_the_last_three_years(self):
        # 2 a year since 2019 (not 1 a year since 2015), 8 a year wanted.
        t, y = [2015, 2019, 2020, 2022], [10.0, 8.0, 12.0, 14.0]
        assert outside.stretch(t, y, 30, 2024) == pytest.approx(8 / 2)

    def test_sixty_days_where_the_figures_are_weekly(self):
        t = 2021 + np.arange(20) * 7 / 365.25
        y = np.arange(20.0) ** 2
        back = np.flatnonzero(t <= t[-1] - 60 / 365.25)[-1]
        pace = (y[-1] - y[back]) / (t[-1] - t[back])
        assert outside.stretch(t, y, y[-1] + 2, t[-1] + 0.5) == pytest.approx(4 / pace)

    def test_first_figure_where_none_is_three_years_old(self):
        assert outside.stretch([2020, 2022], [10.0, 14.0], 22, 2024) == pytest.approx(2.0)

    def test_mean_of_two_years_is_due_between_them(self):
        t, y = [2004, 2007], [5.0, 8.0]
        assert outside.stretch(t, y, 16, [2010, 2011]) == outside.stretch(t, y, 16, 2010.5)

    def test_no_growth_is_infinite_and_a_target_reached_is_not_above_zero(self):
        assert math.isinf(outside.stretch([2020, 2021], [5.0, 5.0], 6, 2022))
        assert outside.stretch([2020, 2021], [5.0, 6.0], 6, 2022) <= 0
        assert outside.stretch([2020, 2021], [5.0, 4.0], 3, 2022) < 0

    @given(st.floats(0.1, 50), st.floats(0.1, 50))
    def test_more_is_more_stretch(self, first, second):
        low, high = sorted((10 + first, 10 + second))
        one, other = (outside.stretch([2018, 2021], [5.0, 10.0], goal, 2024) for goal in (low, high))
        assert one <= other

    @given(st.floats(1e-3, 1e3))
    def test_unit_does_not_matter(self, unit):
        t, y = [2018, 2019, 2021], np.array([5.0, 7.0, 10.0])
        assert outside.stretch(t, y * unit, 20 * unit, 2024) == pytest.approx(outside.stretch(t, y, 20, 2024))

    @pytest.mark.parametrize(
        ("t", "y", "goal", "due", "words"),
        [
            ([2020], [5.0], 9, 2022, "two dates at least, not 1"),
            ([2020, 2020], [5.0, 6.0], 9, 2022, "must increase"),
            ([2020, 2021], [5.0, math.nan], 9, 2022, "finite"),
            ([2020, 2021], [5.0], 9, 2022, "one length"),
            ([2020, 2021], [5.0, 6.0], math.nan, 2022, "finite numbers"),
            ([2020, 2021], [5.0, 6.0], 9, 2021, "not after the last figure"),
        ],
    )
    def test_nonsense_is_refused_in_one_sentence(self, t, y, goal, due, words):
        with pytest.raises(InputError, match=words) as error:
            outside.stretch(t, y, goal, due)
        assert "\n" not in str(error.value)


class TestView:
    @given(RATIOS, RATIOS)
    def test_share_falls_with_stretch(self, first, second):
        low, high = sorted((first, second))
        assert outside.outside_view(high).share <= outside.outside_view(low).share + 1e-12
        assert outside.outside_view(math.inf).share <= outside.outside_view(high).share + 1e-12

    @given(st.one_of(st.none(), RATIOS, st.just(math.inf)))
    def test_share_lies_within_its_range_and_the_range_within_0_and_1(self, ratio):
        view = outside.outside_view(ratio)
        assert 0 < view.low < view.share < view.high < 1
        assert 0 <= view.met <= view.cases
        assert view.families <= view.classes <= view.cases

    def test_families_differ_so_much_that_one_range_is_wide(self):
        view = outside.outside_view(2.0)
        assert view.high - view.low > 0.4

    def test_no_stretch_counts_all_cases(self):
        shipped = outside.load()
        view = outside.outside_view(None)
        assert view.cases == sum(sum(one["cases"]) for one in shipped["classes"].values())
        assert view.stretch is None
        assert view.stretch_bin is None

    def test_bins_add_up_to_all(self):
        inside = [0.2, 0.7, 1.2, 1.7, 2.5, 4.0, 9.0, math.inf]
        views = [outside.outside_view(ratio) for ratio in inside]
        assert [view.stretch_bin for view in views] == list(outside.BINS)
        assert sum(view.cases for view in views) == outside.outside_view(None).cases

    def test_an_edge_belongs_to_the_bin_above(self):
        assert outside.bin_name(2.0) == "2 to 3"
        assert outside.bin_name(6.0) == "6 and more"
        view = outside.outside_view(2.0)
        assert (view.stretch_from, view.stretch_to) == (2.0, 3.0)

    def test_own_class_can_be_left_out_of_the_counts(self):
        name, one = next(iter(outside.load()["classes"].items()))
        without = outside.outside_view(None, without=[name])
        assert without.cases == outside.outside_view(None).cases - sum(one["cases"])

    def test_target_already_reached_has_no_view(self):
        assert outside.outside_view(0.0) is None
        assert outside.outside_view(-1.0) is None

    def test_not_a_number_is_refused(self):
        with pytest.raises(InputError, match="not nan"):
            outside.outside_view(math.nan)

    def test_own_data_is_used(self):
        other = data()
        other["law"]["intercept"] = 3.0
        assert outside.outside_view(1.0, data=other).share > outside.outside_view(1.0).share + 0.2


class TestCombine:
    @given(CHANCES, RATIOS)
    def test_lies_between_its_inputs(self, chance, ratio):
        view = outside.outside_view(ratio)
        held = min(max(chance, 0.01), 0.99)
        both = outside.combine(chance, view)
        assert min(held, view.share) - 1e-9 <= both <= max(held, view.share) + 1e-9

    @given(CHANCES, CHANCES, RATIOS)
    def test_increases_with_the_engine(self, first, second, ratio):
        view = outside.outside_view(ratio)
        low, high = sorted((first, second))
        assert outside.combine(low, view) <= outside.combine(high, view) + 1e-12

    def test_weight_moves_it_from_one_to_the_other(self):
        view = outside.outside_view(2.0)
        for weight, expected in ((0.0, view.share), (1.0, 0.9)):
            other = {**data(), "pool": {"weight": weight}}
            assert outside.combine(0.9, view, data=other) == pytest.approx(expected)

    def test_each_alone_where_the_other_is_missing(self):
        view = outside.outside_view(2.0)
        assert outside.combine(None, view) == view.share
        assert outside.combine(0.3, None) == 0.3

    @pytest.mark.parametrize("chance", [-0.1, 1.1, math.nan])
    def test_what_is_no_probability_is_refused(self, chance):
        with pytest.raises(InputError, match="between 0 and 1"):
            outside.combine(chance, outside.outside_view(2.0))

    def test_nothing_at_all_is_refused(self):
        with pytest.raises(InputError, match="nothing to combine"):
            outside.combine(None, None)


class TestCorners:
    def test_the_usual_case_lies_in_none(self):
        t = np.arange(2010, 2020)
        assert outside.corners(t, 5.0 + 4 * np.arange(10), 100) == ()

    def test_each_corner(self):
        years = np.arange(2010, 2020.0)
        weeks = 2021 + np.arange(20) * 7 / 365.25
        assert outside.FAR in outside.corners(years, 5.0 + 9.4 * np.arange(10), 60)
        assert outside.WEEKLY in outside.corners(weeks, 5 + 0.01 * np.arange(20), 100)
        assert outside.PLATEAU in outside.corners(years, 80 + 0.5 * np.arange(10), 100)
        assert outside.PLATEAU in outside.corners(years, [70, 74, 71, 75, 72, 76, 73, 77, 79, 82.0], 100)
        assert outside.corners(years[:4], [5.0, 9, 13, 17], 100) == (outside.FEW,)

    def test_low_and_still_is_no_plateau(self):
        assert outside.corners(np.arange(2010, 2020), np.full(10, 4.0), 100) == ()

    def test_too_few_dates_and_no_capacity_are_refused(self):
        with pytest.raises(InputError, match="3 dates at least, not 2"):
            outside.corners([2020, 2021], [1.0, 2.0], 100)
        with pytest.raises(InputError, match="capacity must be above zero"):
            outside.corners([2020, 2021, 2022], [1.0, 2.0, 3.0], 0)

    @pytest.mark.parametrize("name", outside.CORNERS)
    def test_record_of_a_corner_adds_up(self, name):
        corner = outside.measured(name)
        assert corner.holds + corner.below + corner.above == pytest.approx(1, abs=0.002)
        assert corner.families <= corner.classes <= corner.cases

    def test_no_such_corner(self):
        with pytest.raises(InputError, match="no corner"):
            outside.measured("moon")


class TestFile:
    def test_shipped_file_holds_counts_and_weights_only(self):
        text = json.dumps(outside.load())
        assert "outcome" not in text
        assert "series" not in text
        for one in outside.load()["classes"].values():
            assert len(one["met"]) == len(one["cases"]) == len(outside.BINS)
            assert all(0 <= m <= n for m, n in zip(one["met"], one["cases"], strict=True))

    def test_own_programme_is_left_out(self):
        shipped = outside.load()
        assert not set(shipped["left_out"]) & set(shipped["classes"])
        assert "indonesia" in shipped["left_out"]

    def test_unreadable_and_incomplete_files_are_refused(self, tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            outside.load(tmp_path / "none.json")
        (tmp_path / "part.json").write_text("{}")
        with pytest.raises(InputError, match="lacks bins"):
            outside.load(tmp_path / "part.json")
        (tmp_path / "bins.json").write_text(json.dumps({**outside.load(), "bins": ["few", "many"]}))
        with pytest.raises(InputError, match="other bins"):
            outside.load(tmp_path / "bins.json")


# what is said of it

OUTSIDE = Outside(0.42, 0.1, 0.8, 1.7, False, 1.5, 2.0, 17, 25, 4, None, False)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Of 25 official targets elsewhere that asked for 1.5 to 2 times the recent pace, 17 were met."),
        ({"stretch_from": 0.0, "stretch_to": 0.5}, "at most 0.5 times the recent pace"),
        ({"stretch_from": 6.0, "stretch_to": None}, "asked for 6 times the recent pace or more"),
        ({"stretch": None, "standing": True, "stretch_from": None, "stretch_to": None}, "whose count stood still"),
        ({"stretch": None, "stretch_from": None, "stretch_to": None}, "Of 25 official targets elsewhere, 17 were met."),
        ({"combined": 0.4567}, "has a chance of 42%; together with its own figures, 46%."),
        ({"alone": True}, "the chance is 42%, somewhere from 10% to 80%."),
    ],
)
def test_the_outside_view_is_told_by_its_stretch(verdict, changed, said):
    view = replace(OUTSIDE, **changed)
    assert said in " ".join(text.outside(replace(verdict, outside=view), Format("en"))).replace("\u00a0", " ")
    assert text.outside(replace(verdict, outside=None), Format("en")) == []


def test_the_scope_is_told_with_the_coverage_measured_there(verdict):
    notes = (ScopeNote("fast", 148, 2, 0.874), ScopeNote("early", None, None, None))
    said = text.scope(replace(verdict, scope=notes), Format("en"))
    assert said[1] == "On 148 official targets like this, our 90% range held 87% of outcomes."
    assert len(said) == 3
    alone = text.scope(replace(verdict, scope=notes[1:]), Format("en"))
    assert alone[-1] == "No official target like this has been measured."
    assert text.scope(replace(verdict, scope=()), Format("en")) == []
