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
