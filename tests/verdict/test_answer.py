"""The short answer of ``jalur verdict`` says what the whole verdict says."""

from __future__ import annotations

import pytest

from jalur.runner import exports
from jalur.verdict.case import Case
from jalur.verdict.judge import answer, judge

CASES = [
    ("umkm_onboarding", "2022-03-31"),
    ("umkm_onboarding", "2023-12-31"),
    ("umkm_onboarding", "2024-12-31"),
    ("ekatalog_umkm", "2022-10-31"),
    ("ekatalog_products", "2022-12-31"),
    ("modern_cooperatives", "2022-12-31"),
    ("modern_cooperatives", "2021-12-31"),
    ("bali_qris", "2021-06-30"),
]


@pytest.mark.parametrize(("name", "vintage"), CASES)
def test_same_numbers_and_sentence(programmes, name, vintage):
    case = Case.of(programmes(name), vintage)
    short, whole = answer(case).to_dict(), judge(case, sensitivity=False).to_dict()
    assert short["reason_code"] == whole["reason_code"]
    assert len(short["milestones"]) == len(whole["milestones"])
    for ours, theirs in zip(short["milestones"], whole["milestones"], strict=True):
        assert {
            key: theirs[key] for key in ("date", "status", "probability", "probability_class")
        }.items() <= ours.items()
    assert short["joint_probability"] == whole["joint_probability"]
    for lang in ("id", "en"):
        assert exports.sentence(short, lang) == exports.sentence(whole, lang)
        assert "<" not in exports.sentence(short, lang).replace("<1%", "")
