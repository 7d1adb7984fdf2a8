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
    short, whole = answer(case), judge(case, sensitivity=False)
    assert (short.reason_code, short.joint_probability) == (whole.reason_code, whole.joint_probability)
    for ours, theirs in zip(short.milestones, whole.milestones, strict=True):
        for name in ("date", "target", "status", "probability", "probability_class"):
            assert getattr(ours, name) == getattr(theirs, name), name
    for lang in ("id", "en"):
        assert exports.sentence(short, lang) == exports.sentence(whole, lang)
        assert "<" not in exports.sentence(short, lang).replace("<1%", "")
