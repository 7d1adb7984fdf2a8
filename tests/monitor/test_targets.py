"""Earlier targets use only what was known at the vintage; an honest path has the chance it was made for."""

import pytest

from jalur.errors import InputError
from jalur.monitor import earlier_targets, honest_paths
from jalur.verdict.case import Case


def test_targets_whose_date_has_passed(programme):
    table = earlier_targets(Case.of(programme, "2024-12-31")).set_index(["target_date", "target"])
    assert table.loc[("2020-12-31", 10e6), "status"] == "met"
    missed = table.loc[("2023-12-31", 30e6)]
    assert missed["status"] == "missed"
    assert missed["times"] == 6
    assert 0.1 < missed["short"] < 0.2
    assert missed["stated_on"] == "2021-01-11"


def test_a_target_that_is_a_misprint_is_not_held_against_its_body(programme):
    rows = programme.targets.set_index("id")
    assert rows.loc["tgt-042", "note"].startswith("Misprint")
    table = earlier_targets(Case.of(programme, "2024-12-31"))
    assert "tgt-042" not in {row for ids in table["ids"] for row in ids}
    assert "tgt-043" in {row for ids in table["ids"] for row in ids}


def test_nothing_said_or_published_later_counts(programme):
    early = earlier_targets(Case.of(programme, "2022-12-26"))
    assert early["target_date"].max() <= "2022-12-26"
    row = early[early["target_date"] == "2022-05-31"].iloc[0]
    assert row["status"] == "missed"
    eve = earlier_targets(Case.of(programme, "2022-05-31"))
    assert (eve["stated_on"] <= "2022-05-31").all()
    assert "2022-12-27" not in set(early["outcome_date"].dropna())


@pytest.fixture(scope="module")
def case(programme):
    return Case.of(programme, "2022-03-31")


@pytest.fixture(scope="module")
def paths(case):
    return honest_paths(case)


def test_given_back_the_verdict_says_what_was_asked_for(case, paths):
    for path in paths:
        if path.capacity == "every" or path.levels is None:
            continue
        again = case.with_capacity(path.capacity).with_targets(tuple(zip(path.dates, path.levels, strict=True)))
        assert again.joint == pytest.approx(path.chance, abs=0.005)
        assert again.joint == path.said


def test_more_certain_is_less_ambitious(paths):
    for name in {path.capacity for path in paths}:
        shares = [p.share for p in sorted(paths, key=lambda p: -p.chance) if p.capacity == name]
        assert shares == sorted(shares)


def test_the_path_for_every_capacity_keeps_the_chance_under_each(case, paths):
    every = next(p for p in paths if p.capacity == "every" and p.chance == 0.8)
    chances = []
    for name in {p.capacity for p in paths} - {"every"}:
        one = case.with_capacity(name).with_targets(tuple(zip(every.dates, every.levels, strict=True)))
        chances.append(one.joint)
    assert min(chances) == pytest.approx(0.8, abs=0.005)


def test_the_shape_is_the_announced_one(case, paths):
    start = case.figures["value"].iloc[-1]
    wanted = [(x - start) / (case.path.levels[-1] - start) for x in case.path.levels]
    for path in paths:
        got = [(x - start) / (path.levels[-1] - start) for x in path.levels]
        assert got == pytest.approx(wanted, abs=1e-5)


def test_a_capacity_that_the_figures_rule_out_promises_nothing(programme):
    names = {path.capacity for path in honest_paths(Case.of(programme, "2023-12-31"), (0.8,))}
    assert names == {"all_umkm", "likely_online", "every"}


def test_a_path_that_is_behind_is_refused(case):
    with pytest.raises(InputError, match="every target is reached by the last figure"):
        honest_paths(case.with_targets([("2024-12-31", 1e6)]))
