"""Honest paths: given back to the verdict they have the chance they were made for."""

import pytest

from jalur.errors import InputError
from jalur.monitor import honest_paths
from jalur.verdict.case import Case


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
