"""What moved a verdict: the bars add up, whatever the order, and nothing new moves nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jalur.errors import InputError
from jalur.monitor import previous_vintage, what_moved
from jalur.monitor.changes import EXACT, shapley
from jalur.verdict.case import Case

VINTAGES = ("2022-03-31", "2022-12-31")


def worth(table):
    return lambda made: float(sum(table[frozenset(part)] for part in subsets(made)))


def subsets(made):
    items = sorted(made)
    return [[items[i] for i in range(len(items)) if bits >> i & 1] for bits in range(1, 2 ** len(items))]


@settings(max_examples=25, deadline=None)
@given(st.integers(1, EXACT + 2), st.integers(0, 2**32 - 1))
def test_shares_add_up_and_agree_with_the_formula(n, seed):
    """The value of each set is a sum of dividends, of which every player gets an equal part (Harsanyi 1963)."""
    rng = np.random.default_rng(seed)
    players = [f"p{k}" for k in range(n)]
    dividends = {frozenset(part): rng.normal() for part in subsets(set(players))}
    value = worth(dividends)
    shares, exact = shapley(players, value)
    assert sum(shares.values()) == pytest.approx(value(frozenset(players)), abs=1e-9)
    assert exact == (n <= EXACT)
    if exact:
        right = {p: sum(d / len(part) for part, d in dividends.items() if p in part) for p in players}
        assert shares == pytest.approx(right, abs=1e-9)


def test_a_player_who_does_nothing_gets_nothing():
    shares, _ = shapley(["a", "idle", "b"], lambda made: float(len(made - {"idle"}) ** 2))
    assert shares["idle"] == 0
    assert shares["a"] == shares["b"] == 2


@pytest.fixture(scope="module")
def change(programme):
    return what_moved(*(Case.of(programme, day) for day in VINTAGES))


def test_the_bars_lead_from_one_chance_to_the_other(change, programme):
    assert change.after - change.before == pytest.approx(sum(bar.points for bar in change.bars), abs=1e-9)
    assert change.before == pytest.approx(Case.of(programme, VINTAGES[0]).joint, abs=5e-5)
    assert change.after == pytest.approx(Case.of(programme, VINTAGES[1]).joint, abs=5e-5)
    assert change.frame()["running"].iloc[-1] == pytest.approx(change.after, abs=1e-9)


def test_every_new_figure_stands_in_one_bar(change, programme):
    before, after = (set(Case.of(programme, day).figures["id"]) for day in VINTAGES)
    rows = [row for bar in change.bars for row in bar.rows]
    assert sorted(rows) == sorted(after - before)
    assert len({(bar.day, bar.body) for bar in change.bars}) == len(change.bars)


def test_the_order_of_the_rows_decides_nothing(programme):
    before, after = Case.of(programme, "2023-06-30"), Case.of(programme, "2023-12-31")
    shuffled = after.figures.sample(frac=1, random_state=3).sort_values("as_of", kind="stable").reset_index(drop=True)
    usual, other = what_moved(before, after), what_moved(before, after.with_exactly(shuffled))
    assert [b.rows for b in usual.bars] == [tuple(sorted(b.rows, key=usual.bars[i].rows.index)) for i, b in
                                            enumerate(other.bars)]  # fmt: skip
    assert [b.points for b in usual.bars] == pytest.approx([b.points for b in other.bars], abs=1e-12)


def test_another_target_and_another_capacity_are_bars_of_their_own(programme):
    before = Case.of(programme, "2022-03-31")
    after = before.with_capacity("likely_online").with_targets([("2024-12-31", 25_000_000.0)])
    change = what_moved(before, after)
    assert [bar.kind for bar in change.bars] == ["targets", "capacity"]
    assert change.bars[0].points > 0 > change.bars[1].points
    assert what_moved(after, before).bars[0].points == pytest.approx(-change.bars[0].points, abs=1e-9)


def test_nothing_new_is_no_bar(programme):
    change = what_moved(Case.of(programme, "2022-12-30"), Case.of(programme, "2022-12-31"))
    assert change.bars == ()
    assert change.before == change.after
    assert not change.class_changed


def test_where_there_is_no_chance_there_is_nothing_to_compare(programme):
    with pytest.raises(InputError, match="there is no chance at 2017-12-31"):
        what_moved(Case.of(programme, "2017-12-31"), Case.of(programme, "2022-12-31"))


@pytest.mark.parametrize(
    ("vintage", "before"), [("2022-03-31", "2021-12-31"), ("2022-12-31", "2022-03-31"), ("2021-05-10", "2021-03-31")]
)
def test_a_vintage_is_compared_with_the_one_before_it_in_the_replay_or_a_quarter_before(programme, vintage, before):
    assert previous_vintage(Case.of(programme, vintage)) == before
