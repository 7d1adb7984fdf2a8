"""verdict.json against its schema, for every national programme at five vintages."""

import dataclasses
import json
import typing
from importlib.resources import files

import jsonschema
import pytest

from jalur.verdict import model as verdict
from jalur.verdict import projection
from jalur.verdict.case import Case
from jalur.verdict.judge import answer, judge
from jalur.words.format import Format
from jalur.words.sentences import sentence

SCHEMA = json.loads((files("jalur.verdict") / "schema" / "verdict.json").read_text(encoding="utf-8"))
PROGRAMMES = ("umkm_onboarding", "modern_cooperatives", "ekatalog_umkm", "ekatalog_products")
VINTAGES = ("2021-12-31", "2022-03-31", "2022-12-31", "2023-12-31", "2024-12-31")


@pytest.mark.parametrize("vintage", VINTAGES)
@pytest.mark.parametrize("name", PROGRAMMES)
def test_every_verdict_is_valid(programmes, name, vintage):
    found = judge(Case.of(programmes(name), vintage), sensitivity=vintage == "2022-03-31")
    data = json.loads(found.to_json())
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    if found.joint_probability is None:
        assert data["reason"]
        reached = found.reached and found.in_time
        assert data["probability_class"] == ("already_reached" if reached else "not_assessed")
    else:
        assert data["reason"] is None
        assert found.joint_probability <= min(m.probability for m in found.milestones) + 1e-12


def test_the_schema_refuses_what_is_not_a_verdict(programmes):
    data = json.loads(judge(Case.of(programmes("modern_cooperatives"), "2024-12-31")).to_json())
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for change in ({"joint_probability": 1.2}, {"vintage": "soon"}, {"surprise": 1}, {"figures_used": "all"}):
        assert list(validator.iter_errors({**data, **change}))
    assert list(validator.iter_errors({key: x for key, x in data.items() if key != "reason"}))


def test_the_schema_describes_every_field_of_every_result():
    for name, part in {"Verdict": SCHEMA, **SCHEMA["$defs"]}.items():
        fields = [f.name for f in dataclasses.fields(getattr(verdict, name))]
        assert part["required"] == fields
        assert list(part["properties"]) == fields
        assert all(part["properties"][f]["description"] for f in fields)
        assert typing.get_type_hints(getattr(verdict, name)).keys() == part["properties"].keys()


# one number and one word for a chance, wherever it stands


@pytest.mark.parametrize(
    ("probability", "name"),
    [
        (None, "not_assessed"),
        (1.0, "very_likely"),
        (0.9, "very_likely"),
        (0.8999, "likely"),
        (0.66, "likely"),
        (0.551, "uncertain_met"),
        (0.55, "uncertain_even"),
        (0.45, "uncertain_even"),
        (0.449, "uncertain_missed"),
        (0.33, "uncertain_missed"),
        (0.3299, "unlikely"),
        (0.1, "unlikely"),
        (0.0999, "very_unlikely"),
        (0.0, "very_unlikely"),
    ],
)
def test_classes_at_their_cut_offs(probability, name):
    assert verdict.probability_class(probability) == name


@pytest.mark.parametrize(
    ("chance", "name", "printed"),
    [
        (0.89996, "very_likely", "90%"),
        (0.89994, "likely", "90%"),
        (0.65996, "likely", "66%"),
        (0.09996, "unlikely", "10%"),
        (0.99504, ">99%", ">99%"),
        (0.99496, ">99%", ">99%"),
        (0.99494, "very_likely", "99%"),
        (0.00496, "very_unlikely", "1%"),
        (0.00494, "very_unlikely", "<1%"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "id"])
def test_a_chance_is_one_number_and_one_word_everywhere(monkeypatch, programme, chance, name, printed, lang):
    monkeypatch.setattr(Case, "together", lambda *given: chance)
    case, fmt = Case.of(programme, "2022-03-31"), Format(lang)
    found = judge(case, sensitivity=False)
    data = json.loads(found.to_json())
    assert found.joint_probability == data["joint_probability"] == round(chance, 4)
    name = "very_likely" if name == ">99%" else name
    assert found.probability_class == data["probability_class"] == answer(case).probability_class == name
    for number in (found.joint_probability, data["joint_probability"]):
        assert fmt.percent(number) == printed
        assert fmt.short_class(number) == fmt.say(f"class.{name}")
    said = fmt.html(
        f"verdict.sentence.{name}",
        clause=fmt.counted("verdict.clause", 3),
        p=printed,
        odds=fmt.odds(found.joint_probability),
    )
    assert sentence(found, fmt) == said


def test_a_target_that_is_printed_as_certain_is_settled(programme):
    """What is printed as more than 99 % counts as met, no less and no more."""
    case = Case.of(programme, "2022-03-31")
    for chance, status in ((0.99504, "met"), (0.99496, "met"), (0.99494, "open")):
        step = projection.milestone(case, 2, chance)
        assert (step.status, Format("en").percent(step.probability) == ">99%") == (status, status == "met")
