"""The register: lines are sealed one after the other, any edited byte is found, what came due is settled."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jalur.errors import InputError
from jalur.monitor import brier, resolve, seal, verify
from jalur.verdict.case import Case
from jalur.verdict.judge import answer


@pytest.fixture(scope="module")
def register(programme, tmp_path_factory):
    path = tmp_path_factory.mktemp("register") / "register.jsonl"
    seal(path, [answer(Case.of(programme, day)) for day in ("2021-12-31", "2022-03-31", "2022-12-31")])
    resolve(path, {"umkm_onboarding": Case.of(programme, "2024-12-31")})
    return path


def test_lines_hold_what_was_said_and_what_became_of_it(register, programme):
    lines = verify(register)
    said = [line for line in lines if line["kind"] == "verdict"]
    assert [line["chance"] for line in said] == [Case.of(programme, line["vintage"]).joint for line in said]
    ends = [line for line in lines if line["kind"] == "outcome"]
    assert {(line["date"], line["met"]) for line in ends} == {("2022-12-31", True), ("2023-12-31", True)}
    # at 2022-12-31 the first date had come: nothing was forecast for it
    assert len([line for line in ends if line["date"] == "2022-12-31"]) == 2
    score, count = brier(lines)
    assert count == 5
    assert score == pytest.approx(sum((line["chance"] - line["met"]) ** 2 for line in ends) / 5)


def test_sealing_or_settling_again_adds_nothing(register, programme):
    before = register.read_bytes()
    assert seal(register, [answer(Case.of(programme, "2022-03-31"))]) == []
    assert resolve(register, {"umkm_onboarding": Case.of(programme, "2024-12-31")}) == []
    assert register.read_bytes() == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_edited_byte_is_found(register, tmp_path, data):
    raw = bytearray(register.read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != raw[at]))
    copy = tmp_path / "edited.jsonl"
    copy.write_bytes(raw)
    with pytest.raises(InputError, match=r"edited\.jsonl"):
        verify(copy)


@pytest.mark.parametrize("cut", [0, 1, -1])
def test_a_missing_line_is_found_unless_it_is_the_last(register, tmp_path, cut):
    lines = register.read_text(encoding="utf-8").splitlines(keepends=True)
    del lines[cut]
    copy = tmp_path / "short.jsonl"
    copy.write_text("".join(lines), encoding="utf-8")
    if cut == -1:
        assert len(verify(copy)) == len(lines)
    else:
        with pytest.raises(InputError, match="the line before is not the one"):
            verify(copy)


def test_a_forged_line_without_the_chain_is_found(register, tmp_path):
    lines = register.read_text(encoding="utf-8").splitlines()
    forged = json.loads(lines[0]) | {"chance": 0.99}
    copy = tmp_path / "forged.jsonl"
    copy.write_text("\n".join([json.dumps(forged, sort_keys=True), *lines[1:]]) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 1: not what was sealed"):
        verify(copy)


def test_a_verdict_without_a_chance_is_not_sealed(tmp_path, programme):
    with pytest.raises(InputError, match="gives no chance to seal"):
        seal(tmp_path / "r.jsonl", [answer(Case.of(programme, "2017-12-31"))])
    assert not (tmp_path / "r.jsonl").exists()
