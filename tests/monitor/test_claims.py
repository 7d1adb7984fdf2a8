"""Claims: the outlier stands out, the next count in line does not, and one figure in twenty may."""

import pytest

from jalur.errors import InputError
from jalur.monitor import check_claim, leave_each_out
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
