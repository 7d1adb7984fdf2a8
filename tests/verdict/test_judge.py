"""The verdict on the real ledger and on small ones: nothing leaks, nothing is claimed that cannot be."""

import itertools
import json
from dataclasses import replace

import pandas as pd
import pytest

from jalur import ledger
from jalur.engine import figures_from, outlook, prior
from jalur.errors import InputError
from jalur.verdict import outside, sensitivity
from jalur.verdict.case import Case
from jalur.verdict.judge import judge

MARCH, DECEMBER = "2022-03-31", "2023-12-31"


def test_uses_exactly_the_figures_known_on_the_day(programme, verdict):
    known = programme.observations[programme.observations["reported_on"] <= MARCH]
    assert set(verdict.figures_used) <= set(known["id"])
    assert list(verdict.figures_used) == list(ledger.select(programme, MARCH)["id"])
    assert verdict.last_figure.id == "2022-03-28-kkukm-17.59"


def test_a_figure_reported_after_the_vintage_changes_no_number(programme, verdict):
    row = ledger.select(programme, MARCH).iloc[[-1]].copy()
    planted = row.assign(
        id="2022-03-30-planted-29",
        as_of=pd.Timestamp("2022-03-30"),
        value=29_000_000.0,
        reported_on=pd.Timestamp("2022-04-01"),
        lag_days=2,
    )
    later = judge(Case.of(programme, MARCH, extra=planted)).to_dict()
    assert later == verdict.to_dict()
    known = planted.assign(reported_on=pd.Timestamp("2022-03-31"), lag_days=1)
    sooner = judge(Case.of(programme, MARCH, extra=known), sensitivity=False)
    assert sooner.joint_probability > verdict.joint_probability


def test_joint_chance_is_never_above_the_smallest(verdict):
    single = [m.probability for m in verdict.milestones]
    assert 0 <= verdict.joint_probability <= min(single)
    assert verdict.joint_probability > single[0] * single[1] * single[2]  # the same futures, not independent ones


def test_ranges_are_nested_and_chances_fit_them(verdict):
    for m in verdict.milestones:
        ends = [
            m.interval_90[0],
            m.interval_80[0],
            m.interval_50[0],
            m.median,
            m.interval_50[1],
            m.interval_80[1],
            m.interval_90[1],
        ]
        assert ends == sorted(ends)
        assert (m.probability >= 0.5) == (m.median >= m.target)
        assert m.levels["0.9"] <= m.levels["0.8"] <= m.levels["0.5"] == m.median


def test_the_projection_of_a_count_that_cannot_fall_does_not_fall(verdict):
    for quantile in ("q05", "q50", "q95"):
        path = [getattr(row, quantile) for row in verdict.fan]
        assert all(b >= a * (1 - 1e-9) for a, b in itertools.pairwise(path))


def test_arithmetic_of_the_path(verdict):
    third = verdict.milestones[2]
    months = 1009 / 30.4375  # 28 March 2022 to 31 December 2024
    assert third.required_monthly_additions == pytest.approx((30e6 - 17.59e6) / months)
    assert third.stage_from == "2023-12-31"
    assert third.stage_required_monthly_additions == pytest.approx(6e6 / (366 / 30.4375))


def test_faster_futures_have_a_better_chance_and_no_change_is_the_verdict(verdict):
    table = dict(verdict.levers.faster)
    assert table[0.0] == verdict.joint_probability
    chances = [table[k] for k in sorted(table)]
    assert all(b >= a - 0.002 for a, b in itertools.pairwise(chances))


def test_extra_additions_lift_the_chance_to_what_they_promise(verdict):
    extra = verdict.levers.extra_monthly_additions
    assert 0 <= extra["0.5"] < extra["0.8"]
    assert (extra["0.5"] == 0) == (verdict.joint_probability >= 0.5)  # nothing is to be added where the chance is there


def test_capacities_that_move_the_chance_are_called_out(verdict):
    assert [c.name for c in verdict.capacities] == ["all_umkm", "likely_online", "nonfarm_micro_small"]
    assert verdict.capacities[0].joint_probability == verdict.joint_probability
    assert verdict.capacity_range > 0.2
    assert verdict.data_cannot_tell


def test_more_ambitious_targets_are_never_likelier(programme):
    def chance(level):
        found = judge(Case.of(programme, MARCH, targets=[("2024-12-31", level)]), sensitivity=False)
        return found.milestones[0].probability

    chances = [chance(level) for level in (20e6, 25e6, 30e6, 60e6, 70e6)]
    assert chances == sorted(chances, reverse=True)
    assert chances[-1] == 0


def test_most_influential_figure_at_the_end_of_2023(programme):
    found = judge(Case.of(programme, DECEMBER))
    assert found.sensitivity.most_influential == "2023-12-04-ekon-27"
    without = judge(Case.of(programme, DECEMBER, drop=["2023-12-04-ekon-27"]), sensitivity=False)
    with_, alone = found.milestones[-1].probability, without.milestones[-1].probability
    assert with_ - alone == pytest.approx(-found.sensitivity.most_influential_change)
    assert with_ > alone + 0.05


def test_leaving_out_only_what_exists(programme):
    with pytest.raises(InputError, match="nobody"):
        judge(Case.of(programme, MARCH, without_sources=["nobody"]))
    with pytest.raises(InputError, match="likely_online"):
        judge(Case.of(programme, MARCH, capacity="all_of_them"))
    with pytest.raises(InputError, match="capacity_share"):
        judge(Case.of(programme, MARCH, capacity_share=0.0))


def test_one_usable_figure_gives_arithmetic_and_a_reason(programmes):
    found = judge(Case.of(programmes("modern_cooperatives"), "2024-12-31"))
    assert found.reason_code == "few_figures"
    assert "only 1 usable figure" in found.reason
    assert found.joint_probability is None
    assert all(m.probability is None for m in found.milestones)
    assert found.fan == ()


def test_no_figure_at_all(programmes):
    found = judge(Case.of(programmes("modern_cooperatives"), "2021-12-31"))
    assert found.reason_code == "no_figures"
    assert found.last_figure is None
    assert found.figures_used == ()


def test_past_targets_are_judged_by_all_figures_and_need_no_pace(programme):
    found = judge(Case.of(programme, "2024-12-31"), sensitivity=False)
    assert [m.status for m in found.milestones] == ["past", "past", "past"]
    assert found.milestones[0].probability > 0.9
    assert found.milestones[2].probability < 0.1
    assert all(m.required is None for m in found.milestones)
    assert found.levers is None


def test_json_is_plain_and_repeatable(programme, verdict):
    again = judge(Case.of(programme, MARCH))
    assert again.to_json() == verdict.to_json()
    data = json.loads(verdict.to_json())
    assert data["milestones"][0]["target"] == 20_000_000
    assert isinstance(data["figures_used"], list)


def test_seed_changes_no_whole_per_cent(programme, verdict):
    other = judge(Case.of(programme, MARCH, seed=7), sensitivity=False)
    assert [m.probability for m in other.milestones] == [m.probability for m in verdict.milestones]
    assert round(100 * other.joint_probability) == round(100 * verdict.joint_probability)


def test_extra_units_do_not_come_from_beyond_the_capacity(programme):
    """A path to 70 million of 65.47 million cannot be lifted by any effort; one to 60 million can."""
    for target, possible in ((70e6, False), (60e6, True)):
        path = [("2024-12-31", 20e6), ("2026-12-31", target)]
        found = judge(Case.of(programme, MARCH, targets=path), sensitivity=False)
        assert all((x is not None) == possible for x in found.levers.extra_monthly_additions.values())


def test_the_range_of_a_required_pace_starts_where_the_pace_starts(programme):
    """Half a year after the last figure the level has grown, but the pace counts from that figure."""
    soon, later = (
        judge(Case.of(programme, day), sensitivity=False).milestones[-1].required for day in (DECEMBER, "2024-03-31")
    )
    assert later.monthly_additions == soon.monthly_additions
    assert later.monthly_additions_80 == pytest.approx(soon.monthly_additions_80, rel=0.02)


def test_leave_out_covers_every_source_and_figure(programme, verdict):
    found = verdict.sensitivity
    assert {s.name for s in found.sources} == set(ledger.select(programme, MARCH)["speaker_org"])
    assert {s.name for s in found.figures} == set(verdict.figures_used)
    for k, m in enumerate(verdict.milestones):
        low, high = found.range_figures[k]
        assert low <= m.probability <= high


def test_other_growth_curves_are_the_engine_with_other_weights(programme, verdict):
    found = verdict.sensitivity
    assert [s.name for s in found.shapes] == ["logistic", "bass", "saturating", "line"]
    case = Case.of(programme, MARCH)
    for shape, weights in zip(found.shapes, prior.load_shapes(), strict=True):
        state = outlook.condition(
            figures_from(case.figures), verdict.capacity.units, reporting_error=programme.reporting_error,
            reference_source=programme.reference_source, prior=weights, kind_class=programme.kind_class,
        )  # fmt: skip
        single = [state.probability(t, x) for t, x in zip(case.path.times, case.path.targets, strict=True)]
        assert shape.probabilities == tuple(round(p, 4) for p in single)
        assert shape.joint_probability <= min(shape.probabilities)
        assert shape.probabilities[-1] != verdict.milestones[-1].probability
    ends = [verdict.joint_probability, *(s.joint_probability for s in found.shapes)]
    assert found.joint_range_shapes == (min(ends), max(ends))
    for k, m in enumerate(verdict.milestones):
        low, high = found.range_shapes[k]
        assert low <= m.probability <= high


def test_a_variant_that_leaves_too_little_gives_no_chance(programme):
    row = sensitivity.variant(Case.of(programme, MARCH, only_sources=["idEA"]), "source", "idEA")
    assert row.probabilities == (None, None, None)


# what stands beside the chance


def test_the_class_contributes_what_the_weights_of_all_kinds_do_not_give(programme, verdict):
    assert verdict.kind_class == "digital"
    plain = judge(Case.of(replace(programme, kind_class=None), MARCH), sensitivity=False)
    assert verdict.without_class == plain.joint_probability != verdict.joint_probability
    assert plain.without_class is None
    finance = judge(Case.of(replace(programme, kind_class="finance"), MARCH), sensitivity=False)
    assert (finance.joint_probability, finance.without_class) == (plain.joint_probability, None)


def test_the_outside_view_counts_targets_of_the_same_stretch(verdict):
    view = verdict.outside
    assert view.stretch_from <= view.stretch <= view.stretch_to
    assert 0 < view.met < view.cases
    assert view.low < view.share < view.high
    assert not view.alone
    assert view.combined is None  # nothing was gained in the usual corner


def test_chance_and_outside_view_are_pooled_where_that_scored_better(programme, verdict):
    """Against a capacity of 35 million the pace lies outside of what was learned; there the pool scored better."""
    found = judge(Case.of(programme, MARCH, capacity=35e6), sensitivity=False)
    (note,) = found.scope
    one = outside.measured("pace_outside")
    assert (note.name, note.cases, note.families, note.holds) == (one.name, one.cases, one.families, one.holds)
    assert one.brier_combined < one.brier
    p = found.milestones[-1].probability
    assert p < found.outside.combined < found.outside.share
    assert found.outside.combined == pytest.approx(float(outside.pooled(p, found.outside.share, 0.64)), abs=1e-3)


def test_without_enough_dates_the_outside_view_answers_alone(programme):
    first = ledger.select(programme, MARCH)["id"].iloc[0]
    for rows in (1, 2):
        ids = ledger.select(programme, MARCH)["id"].tolist()
        found = judge(Case.of(programme, MARCH, drop=ids[rows:]), sensitivity=False)
        assert found.figures_used[0] == first
        assert found.joint_probability is None
        assert found.reason_code == "few_figures"
        assert found.outside.alone
        assert found.outside.high - found.outside.low > 0.5
        assert (found.outside.stretch is None) == (rows == 1)
    none = judge(Case.of(programme, MARCH, drop=ids), sensitivity=False)
    assert (none.reason_code, none.outside) == ("no_figures", None)


def test_nothing_is_said_from_outside_of_a_target_that_is_past_or_reached(programme):
    assert judge(Case.of(programme, "2025-03-31"), sensitivity=False).outside is None
    low = judge(Case.of(programme, MARCH, targets=[("2024-12-31", 10e6)]), sensitivity=False)
    assert low.outside is None
