"""verdict.json against its schema, for every national programme at five vintages."""

import dataclasses
import json
import typing
from importlib.resources import files

import jsonschema
import pytest

from jalur import ledger
from jalur.verdict import model as verdict
from jalur.verdict.case import Case
from jalur.verdict.judge import judge

SCHEMA = json.loads((files("jalur.verdict") / "schema" / "verdict.json").read_text(encoding="utf-8"))
PROGRAMMES = ("umkm_onboarding", "modern_cooperatives", "ekatalog_umkm", "ekatalog_products")
VINTAGES = ("2021-12-31", "2022-03-31", "2022-12-31", "2023-12-31", "2024-12-31")


@pytest.mark.parametrize("vintage", VINTAGES)
@pytest.mark.parametrize("name", PROGRAMMES)
def test_every_verdict_is_valid(name, vintage):
    found = judge(Case.of(ledger.load(name), vintage), sensitivity=vintage == "2022-03-31")
    data = json.loads(found.to_json())
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    if found.joint_probability is None:
        assert data["reason"]
        assert data["probability_class"] == "not_assessed"
    else:
        assert data["reason"] is None
        assert found.joint_probability <= min(m.probability for m in found.milestones) + 1e-12


def test_the_schema_refuses_what_is_not_a_verdict():
    data = json.loads(judge(Case.of(ledger.load("modern_cooperatives"), "2024-12-31")).to_json())
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
