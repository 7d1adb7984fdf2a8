"""Claims and trip-wires: the outlier stands out, and what a wire says holds when the figure comes."""

import pytest

from jalur.errors import InputError
from jalur.monitor import check_claim, leave_each_out, next_count, next_date, trip_wires
from jalur.verdict.case import Case


def claim_of(programme, row_id, vintage):
    case = Case.of(programme, vintage)
    row = case.figures[case.figures["id"] == row_id].iloc[0]
    return check_claim(case.without(row_id), row)


def test_the_27_million_of_december_2023_stand_out(programme):
    claim = claim_of(programme, "2023-12-04-ekon-27", "2023-12-31")
    assert claim.stands_out
    assert claim.share_below > 0.975
    assert claim.range_95[1] < 27e6
    assert claim.chance_after > claim.chance_before + 0.2


def test_the_count_at_the_end_of_2022_does_not(programme):
    claim = claim_of(programme, "2022-12-27-kkukm-20.76", "2022-12-31")
    assert not claim.stands_out
    assert claim.range_95[0] < 20.76e6 < claim.range_95[1]
    assert claim.chance_after == Case.of(programme, "2022-12-31").joint


def test_share_below_rises_with_the_claim(programme):
    case = Case.of(programme, "2022-12-31")
    row = case.figures.iloc[-1].copy()
    less = case.without(row["id"])
    shares = []
    for value in (19e6, 20e6, 21e6, 22e6, 24e6):
        row["value"] = value
        shares.append(check_claim(less, row).share_below)
    assert shares == sorted(shares)
    assert shares[0] < 0.05
    assert shares[-1] > 0.95


def test_figures_beside_a_claim_say_how_they_relate(programme):
    case = Case.of(programme, "2022-06-30")
    row = case.figures[case.figures["id"] == "2022-05-12-kkukm-18.5"].iloc[0]
    beside = {b.id: b.relation for b in check_claim(case.without(row["id"]), row).beside}
    assert beside["2022-03-31-marves-18.5"] == "repeats"
    assert "agrees" in beside.values()
    far = row.copy()
    far["value"] = 27e6
    relations = {b.relation for b in check_claim(case.without(row["id"]), far).beside}
    assert relations == {"contradicts"}


def test_where_no_figure_is_near_in_time_the_nearest_stands_beside_the_claim(programme):
    case = Case.of(programme, "2023-12-04")
    row = case.figures[case.figures["id"] == "2023-12-04-ekon-27"].iloc[0]
    (nearest,) = check_claim(case.without(row["id"]), row).beside
    assert nearest.relation == "nearest"
    assert nearest.date < "2023-09-04"


def test_about_one_figure_in_twenty_lies_beyond_the_95_per_cent_range(programme):
    checked = leave_each_out(Case.of(programme, "2024-12-31"))
    assert len(checked) > 45
    assert 0.0 < checked["stands_out"].mean() <= 0.1
    assert "2023-12-04-ekon-27" in set(checked.loc[checked["stands_out"], "id"])


def test_a_claim_for_a_day_before_the_first_figure_is_refused(programme):
    case = Case.of(programme, "2022-03-31")
    row = case.figures.iloc[5].copy()
    row["as_of"] = case.figures["as_of"].min().replace(year=2017)
    with pytest.raises(InputError, match=r"the claim is for 2017-.*allowed is a day from the first figure on"):
        check_claim(case, row)


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


@pytest.mark.parametrize(("vintage", "day"), [("2022-03-31", "2022-06-30"), ("2022-05-02", "2022-06-30"),
                                              ("2024-12-31", None), ("2017-12-31", None)])  # fmt: skip
def test_the_next_count_is_for_the_next_end_of_a_quarter_within_the_path(programme, vintage, day):
    assert next_date(Case.of(programme, vintage)) == day
