"""Trip-wires: what they say holds when the figure comes."""

import pytest

from jalur.errors import InputError
from jalur.monitor import next_count, trip_wires
from jalur.verdict.case import Case

DAY = "2022-06-30"


@pytest.fixture(scope="module")
def case(programme):
    return Case.of(programme, "2022-03-31")


@pytest.fixture(scope="module")
def wires(case):
    return trip_wires(case, DAY)


def test_a_figure_at_the_wire_brings_the_chance_there_and_one_below_does_not(case, wires):
    reached = [wire for wire in wires if wire.level is not None]
    assert len(reached) >= 2
    step = 10.0 ** -dict(next_count(case, DAY, 19e6).figures.iloc[-1])["decimals"]
    for wire in reached:
        there, below = (next_count(case, DAY, level) for level in (wire.level, wire.level - step))
        assert there.together(there.path.times, there.path.levels) >= wire.chance
        assert below.together(below.path.times, below.path.levels) < wire.chance


def test_wires_rise_with_the_chance_and_are_less_likely(wires):
    reached = [wire for wire in wires if wire.level is not None]
    assert [w.level for w in reached] == sorted(w.level for w in reached)
    assert [w.likely for w in wires] == sorted((w.likely for w in wires), reverse=True)
    assert {w.likely for w in wires if w.level is None} <= {0.0, 1.0}


def test_a_chance_that_every_count_keeps_has_no_level(case):
    (wire,) = trip_wires(case.with_targets([("2024-12-31", 18e6)]), DAY, cuts=(0.05,))
    assert wire.level is None
    assert wire.likely == 1.0


def test_another_body_has_wires_of_its_own(case, wires):
    others = trip_wires(case, DAY, body="Kemenko Marves")
    assert [w.level for w in others] != [w.level for w in wires]


@pytest.mark.parametrize("day", ["2022-03-01", "2025-01-01"])
def test_a_day_before_the_last_figure_or_after_the_path_is_refused(case, day):
    with pytest.raises(InputError, match="allowed is a day after the last figure"):
        trip_wires(case, day)


def test_a_body_without_a_figure_is_refused(case):
    with pytest.raises(InputError, match=r"the body is 'Nobody'; allowed is one whose figures are used: .*KemenKopUKM"):
        trip_wires(case, DAY, body="Nobody")
