"""Scenarios in the notebook: other growth curves, those who leave, the swings."""

from dataclasses import replace
from itertools import pairwise

import pytest

import helpers
from jalur.study.scenarios import found
from jalur.verdict import measured, scenarios
from jalur.verdict import model as v
from jalur.words.format import Format

EN = Format("en")
NAMES = {
    "en": ["Gompertz (this verdict)", "Logistic", "Bass", "Saturating exponential", "Straight line"],
    "id": ["Gompertz (penilaian ini)", "Logistik", "Bass", "Eksponensial jenuh", "Garis lurus"],
}


@pytest.fixture(scope="module")
def net_study():
    study = helpers.open_study("umkm_onboarding", "2022-03-31")
    return replace(study, case=replace(study.case, programme=replace(study.programme, net=True)))


@pytest.mark.parametrize("lang", ["en", "id"])
def test_every_curve_has_its_chances_and_its_score(lang):
    study, fmt = helpers.open_study("umkm_onboarding", "2022-03-31", lang=lang), Format(lang)
    table = study.scenarios.shapes().table
    assert [row[0] for row in table.rows] == NAMES[lang]
    assert {len(row) for row in table.rows} == {len(table.head)} == {6}
    shapes = study.verdict.sensitivity.shapes
    for row, shape in zip(table.rows[1:], shapes, strict=True):
        assert row[1:-1] == tuple(fmt.percent(p) for p in (*shape.probabilities, shape.joint_probability))
        score = measured.record()["jalur_variants"][f"shape_{shape.name}"]["scaled_crps"]
        assert row[-1] == fmt.number(score, 2)


def test_a_curve_without_a_measured_score_has_a_dash(monkeypatch):
    record = measured.record()
    variants = {name: scores for name, scores in record["jalur_variants"].items() if name != "shape_bass"}
    monkeypatch.setattr(measured, "record", lambda: record | {"jalur_variants": variants})
    rows = helpers.open_study("umkm_onboarding", "2022-03-31").scenarios.shapes().table.rows
    assert [row[0] for row in rows if row[-1] == "\u2013"] == ["Bass"]


def test_without_a_chance_there_is_nothing_to_compare():
    study = helpers.open_study("modern_cooperatives", "2024-12-31")
    assert study.scenarios.shapes().table == study.scenarios.tornado().table
    assert "Bass" not in str(study.scenarios.shapes().table)


def test_the_swing_over_the_curves_is_that_of_the_verdict():
    study = helpers.open_study("umkm_onboarding", "2022-03-31")
    (swing,) = (s for s in study.scenarios.swings if s.choice == "shape")
    assert (swing.low, swing.high) == study.verdict.sensitivity.range_shapes[-1]
    assert (swing.low_name, swing.high_name) == ("line", "bass")
    assert "growth curve: 49% (Straight line) \u2013 54% (Bass)" in study.scenarios.tornado().alt


# those who leave


def test_if_all_stay_the_chances_are_those_of_the_verdict(half_past, half_past_verdict):
    """Also those of the whole path, in which a target whose day has come still counts."""
    rows = scenarios.by_retention(half_past)
    past, ahead = half_past_verdict.milestones
    assert past.status == "past"
    assert 0.1 < past.probability < 0.9  # else it could be left out of the path without a trace
    assert rows[0].rate == 1
    assert rows[0].probabilities == (past.probability, ahead.probability)
    assert rows[0].joint_probability == half_past_verdict.joint_probability
    for before, row in pairwise(rows):
        assert row.probabilities[0] == past.probability  # who leaves after the vintage does not change that day
        assert row.probabilities[1] < before.probabilities[1]
        assert row.joint_probability <= min(*row.probabilities, before.joint_probability)


def test_the_table_of_those_who_leave_begins_with_the_verdict(half_past):
    study = replace(helpers.open_study(vintage=half_past.vintage), case=half_past)
    chances = [EN.percent(m.probability) for m in study.verdict.milestones]
    first = study.scenarios.retention().table.rows[0]
    assert list(first) == ["100%", *chances, EN.percent(study.verdict.joint_probability)]


def test_from_a_net_count_nobody_is_taken_off_again(net_study):
    table = net_study.scenarios.retention().table
    assert table.rows == ((EN.say("nb.word.net_already"),),)
    assert len(net_study.scenarios.levers().table.rows) == 2  # staying active is no lever beside it


# findings


def swing(low, high):
    return scenarios.Swing("capacity", low, high, "", "x")


def influence(verdict, change):
    """The verdict with a figure whose absence moves the last chance."""
    none = v.Sensitivity((), (), (), None, None, None, None, None, None, "row-1", change)
    return replace(verdict, sensitivity=none, levers=None)


def test_where_nothing_moves_it_says_so(half_past_verdict):
    said = found(influence(half_past_verdict, 0.001), [swing(0.0001, 0.004)], EN, "")
    assert said == ["No choice moves the chance of the last target by a point or more."]


def test_where_a_choice_moves_but_no_figure_does(half_past_verdict):
    said = found(influence(half_past_verdict, -0.004), [swing(0.2, 0.5)], EN, "")
    assert said[0] == "The widest swing comes from the choice of capacity: 20% to 50%."
    assert said[1] == "No single figure moves the chance of the last target by a point or more."
    said = found(influence(half_past_verdict, 0.05), [swing(0.2, 0.5)], EN, "")
    assert "row-1" in said[1]


def test_the_data_hold_every_variant_and_the_verdict_itself():
    study = helpers.open_study()
    rows = study.scenarios.figures()
    assert len(rows.data) == len(study.figures) + 1 > len(rows.table.rows)
    dates = [m.date for m in study.verdict.milestones]
    assert rows.data.loc[rows.data["name"] == "", dates].iloc[0].tolist() == [
        m.probability for m in study.verdict.milestones
    ]
    capacities = study.scenarios.capacities().data.set_index("name")
    assert capacities["whole"].to_dict() == pytest.approx(
        {c.name: c.joint_probability for c in study.verdict.capacities}
    )
    bars = study.scenarios.tornado().data
    assert ((bars["high"] - bars["low"]).diff().dropna() <= 1e-12).all()
    faster = study.scenarios.faster().data.set_index("speed")["whole"]
    assert faster[0] == pytest.approx(study.verdict.joint_probability, abs=1e-4)
