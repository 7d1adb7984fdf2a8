"""A plan in parts: what adds up and what does not, what was known when, and what follows if the parts deliver."""

import pytest

from jalur.errors import InputError
from jalur.monitor import deliveries, read_parts, sums
from jalur.verdict.case import Case


@pytest.fixture(scope="module")
def case(programme):
    return Case.of(programme, "2022-12-31")


@pytest.fixture(scope="module")
def parts(case):
    return read_parts(case)


def test_the_parts_of_2023_add_up_and_those_of_2024_do_not(case, parts):
    first, second = sums(case, parts)
    assert (first.parts, first.whole, first.gap) == (4e6, 4e6, 0)
    assert (second.parts, second.whole) == (5.8e6, 6e6)
    assert second.gap == pytest.approx(0.2e6)


def test_nothing_stated_later_is_part_of_the_plan(programme):
    early = Case.of(programme, "2022-10-31")
    assert read_parts(early) == ()
    with pytest.raises(InputError, match="no part of the plan had been stated by 2022-10-31"):
        deliveries(early, ())


def test_levels_are_the_last_figure_and_what_is_delivered(case, parts):
    last = case.figures["value"].iloc[-1]
    half, full, more = deliveries(case, parts)
    assert full.levels == pytest.approx((last, last + 4e6, last + 9.8e6), rel=1e-9)
    assert half.levels == pytest.approx((last, last + 2e6, last + 4.9e6), rel=1e-9)
    assert full.reached == (True, True, True)
    assert half.reached == (True, False, False)
    assert half.likely > full.likely > more.likely
    assert half.path < full.path < more.path


def test_a_share_of_one_part_alone_counts_for_as_much(case, parts, tmp_path):
    file = tmp_path / "own.yml"
    file.write_text(
        "parts:\n"
        "  - {title: {en: a}, units: 4000000.0, date: '2023-12-31', delivers: 0.5}\n"
        "  - {title: {en: b}, units: 2900000.0, date: '2024-12-31'}\n"
    )
    (own,) = deliveries(case, read_parts(case, file), (1.0,))
    (half,) = deliveries(case, parts, (0.5,))
    assert own.levels == pytest.approx(half.levels, rel=1e-12)
    assert own.path == half.path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("parts: []\n", "parts: List should have at least 1 item"),
        ("parts:\n  - {title: {en: a}, wrong: 1}\n", "parts.0.wrong: Extra inputs are not permitted"),
        ("parts:\n  - {title: {en: a}, target: tgt-999}\n", "the target is 'tgt-999'; allowed is an id of targets.csv"),
        ("parts:\n  - {title: {en: a}, units: 4.0}\n", "neither a target nor units and a date"),
        ("parts:\n  - {title: {en: a}, target: tgt-036, start: '2024-01-01'}\n", "allowed is a day before 2023-12-31"),
        ("parts:\n  - {title: {en: a}, target: tgt-036, start: soon}\n", "'soon'"),
        ("parts: [\n", "not YAML"),
    ],
)
def test_a_bad_plan_is_refused_in_one_sentence(case, tmp_path, text, said):
    file = tmp_path / "levers.yml"
    file.write_text(text)
    with pytest.raises(InputError) as error:
        read_parts(case, file)
    assert said in str(error.value)


def test_a_plan_that_is_not_there_is_named(case, tmp_path):
    with pytest.raises(InputError, match="there is no plan in parts at"):
        read_parts(case, tmp_path / "none.yml")


def test_more_than_the_capacity_cannot_be_delivered(case, parts):
    with pytest.raises(InputError, match="the capacity is lower"):
        deliveries(case, parts, (9.0,))
