"""Lines of an office: every case has its sentence in both languages, and the numbers in it are those given."""

import pytest

from jalur.monitor import Bar, Change, Claim, HonestPath, TripWire, earlier_targets
from jalur.monitor.claims import Beside
from jalur.verdict.case import Case
from jalur.words import office
from jalur.words.format import LANGUAGES, Format


@pytest.fixture(params=LANGUAGES)
def fmt(request):
    return Format(request.param)


BARS = (
    Bar("targets", (), "", "", (20e6, 25e6), 0.05),
    Bar("capacity", (), "", "", (48e6,), -0.1),
    Bar("new", ("a", "b"), "2022-05-12", "KemenKopUKM", (18.5e6, 18.5e6), -0.00004),
    Bar("withdrawn", ("c",), "2022-06-12", "Kominfo", (19e6,), 0.012),
)


def test_a_change_of_class_is_said_and_every_bar_has_its_points(fmt):
    change = Change("p", ("2022-03-31", "2022-12-31"), 0.40, 0.28, BARS, True)
    lines = office.change_lines(fmt, change, "Title")
    assert "40%" in lines[0]
    assert "28%" in lines[0]
    assert fmt.say("class.unlikely") in lines[1]
    assert len(lines) == 3 + len(BARS)
    assert "+5" in lines[2]
    assert "\u221210" in lines[3]
    assert "0.0" in lines[4].replace(",", ".")
    assert "+0" not in lines[4]
    assert lines[4].count(fmt.exact(18.5e6)) == 1


def test_no_news_is_said_in_words(fmt):
    change = Change("p", ("2022-03-31", "2022-04-30"), 0.40, 0.40, (), True)
    assert office.change_lines(fmt, change, "Title")[-1] == fmt.say("office.change.none")


def test_a_wire_names_its_count_its_word_and_how_likely_it_is(fmt):
    wires = (
        TripWire(0.1, None, 1.0),
        TripWire(0.33, 18.7e6, 0.6),
        TripWire(0.5, 19.6e6, 0.21),
        TripWire(0.9, None, 0.0),
    )
    always, likely, even, never = office.wire_lines(fmt, wires, "2022-06-30")
    assert "10%" in always
    assert fmt.exact(18.7e6) in likely
    assert fmt.say("class.uncertain_missed") in likely
    assert "60%" in likely
    assert fmt.exact(19.6e6) in even
    assert "90%" in never
    assert len({always, likely, even, never}) == 4


def test_a_claim_that_leaves_no_chance_says_so(fmt):
    beside = (
        Beside("x", "2023-11-01", "Kominfo", 22e6, "contradicts"),
        Beside("y", "2022-01-01", "Kominfo", 27e6, "repeats"),
    )
    claim = Claim(27e6, "2023-12-04", "KemenKopUKM", 0.99, (21.7e6, 26.8e6), True, 0.13, None, beside)
    lines = office.claim_lines(fmt, claim)
    assert fmt.say("office.claim.unread") in lines
    assert any(line.strip().startswith("x") and fmt.exact(22e6) in line for line in lines)
    assert any(line.strip().startswith("y") for line in lines)


def test_a_promise_is_rounded_down(fmt):
    paths = (
        HonestPath(0.8, "all", ("2022-12-31", "2024-12-31"), (18_190_000.0, 23_990_000.0), 0.5, 0.8),
        HonestPath(0.9, "every", ("2022-12-31", "2024-12-31"), None, None, None),
        HonestPath(0.9, "all", ("2022-12-31", "2024-12-31"), None, None, None),
    )
    row, every, one = office.promise_lines(fmt, paths, {"all": "ALL"})
    assert "18.1" in row.replace(",", ".")
    assert "23.9" in row.replace(",", ".")
    assert "ALL" in row
    assert "ALL" not in every
    assert "ALL" in one


def test_every_earlier_target_is_a_line(fmt, programme):
    table = earlier_targets(Case.of(programme, "2024-12-31"))
    lines = office.target_lines(fmt, table, "2024-12-31")
    assert len(lines) == len(table)
    assert any("16%" in line for line in lines)
    assert office.target_lines(fmt, table.iloc[:0], "2017-01-01") == [
        fmt.say("office.target.none", day=fmt.day("2017-01-01"))
    ]


def test_the_score_of_a_register(fmt):
    lines = [{"kind": "outcome", "chance": 0.8, "met": True}, {"kind": "outcome", "chance": 0.4, "met": True}]
    assert "0.200" in office.score_line(fmt, lines).replace(",", ".")
    assert office.score_line(fmt, []) == fmt.say("office.register.unsettled")


WIRES = (TripWire(0.1, None, 1.0), TripWire(0.33, 18.7e6, 0.6), TripWire(0.5, 19.6e6, 0.2), TripWire(0.66, 26.4e6, 0.0))


@pytest.mark.parametrize(
    ("chance", "level", "low"),
    [(0.4, 19.6e6, 18.7e6), (0.2, 18.7e6, None), (0.55, 26.4e6, 18.7e6), (0.7, None, 26.4e6)],
)
def test_the_next_count_names_the_level_above_and_below(fmt, chance, level, low):
    said = office.next_sentence(fmt, WIRES, "2022-06-30", chance)
    levels = {18.7e6, 19.6e6, 26.4e6}
    assert {x for x in levels if fmt.exact(x) in said} == {x for x in (level, low) if x}
    assert fmt.say("class.unlikely") in said or low != 18.7e6
    assert (fmt.say("office.next.even") in said) is (level == 19.6e6)
    assert fmt.say("office.next.none", day=fmt.day("2022-06-30")) == office.next_sentence(fmt, (), "2022-06-30", chance)


def test_what_moved_it_most_is_named_where_it_is_worth_it(fmt):
    days = ("2022-03-31", "2022-12-31")
    said = office.moved_sentence(fmt, Change("p", days, 0.40, 0.28, BARS, True))
    assert office.bar_words(fmt, BARS[1]) in said
    assert said.startswith(fmt.say("office.moved.text", day=fmt.day(days[0]), before="40%", after="28%"))
    little = office.moved_sentence(fmt, Change("p", days, 0.40, 0.40, BARS[2:3], True))
    assert office.bar_words(fmt, BARS[2]) not in little
    assert office.moved_sentence(fmt, Change("p", days, 0.4, 0.4, (), True)) == fmt.say(
        "office.moved.none", day=fmt.day(days[0])
    )


def test_earlier_targets_are_counted_and_listed_with_their_pages(fmt, programme):
    targets = earlier_targets(Case.of(programme, "2024-12-31"))
    said = office.earlier_sentence(fmt, targets)
    for status in ("met", "missed", "open"):
        assert str((targets["status"] == status).sum()) in said
    pages = dict(zip(programme.targets["id"], programme.targets["url"], strict=True))
    table = office.earlier_table(fmt, targets, pages)
    assert len(table.rows) == len(targets)
    for row, ids in zip(table.rows, targets["ids"], strict=True):
        assert f'href="{pages[ids[0]]}"' in row[2].replace("&amp;", "&")


def test_a_table_of_wires_says_where_every_count_or_none_is_enough(fmt):
    table = office.wire_table(fmt, (*WIRES, TripWire(0.9, None, 0.0)), "2022-06-30")
    assert [row[1] for row in table.rows] == [
        fmt.say("office.wire_word.always"), *(fmt.exact(w.level) for w in WIRES[1:]), fmt.say("office.wire_word.never")
    ]  # fmt: skip
