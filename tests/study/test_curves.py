"""Other growth curves in the notebooks: the table and the bar of the swings, with and without chances."""

import pytest

import helpers
from jalur.verdict import measured
from jalur.words.format import Format

NAMES = {
    "en": ["Gompertz (this verdict)", "Logistic", "Bass", "Saturating exponential", "Straight line"],
    "id": ["Gompertz (penilaian ini)", "Logistik", "Bass", "Eksponensial jenuh", "Garis lurus"],
}


@pytest.mark.parametrize("lang", ["en", "id"])
def test_every_curve_has_its_chances_and_its_score(lang):
    study, fmt = helpers.open_study("umkm_onboarding", "2022-03-31", lang=lang), Format(lang)
    table = study.shapes_table()
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
    rows = helpers.open_study("umkm_onboarding", "2022-03-31").shapes_table().rows
    assert [row[0] for row in rows if row[-1] == "\u2013"] == ["Bass"]


def test_without_a_chance_there_is_nothing_to_compare():
    study = helpers.open_study("modern_cooperatives", "2024-12-31")
    assert study.shapes_table() == study.tornado_chart()
    assert "Bass" not in str(study.shapes_table())


def test_the_swing_over_the_curves_is_that_of_the_verdict():
    study = helpers.open_study("umkm_onboarding", "2022-03-31")
    (swing,) = (s for s in study.swings if s.choice == "shape")
    assert (swing.low, swing.high) == study.verdict.sensitivity.range_shapes[-1]
    assert (swing.low_name, swing.high_name) == ("saturating", "bass")
    assert "growth curve: 35% (Saturating exponential) \u2013 50% (Bass)" in study.tornado_chart().alt
