"""All programmes on one page: the rows of the verdicts, the numbers beside it, and pages that stand alone."""

import csv
import io
import json
import re
import time
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from jalur.brief import portfolio
from jalur.errors import InputError
from jalur.verdict.case import Case
from jalur.verdict.judge import judge
from jalur.words.format import LANGUAGES, Format

DAYS = ("2021-12-31", "2022-03-31", "2022-12-31")


@pytest.fixture(scope="module")
def verdicts(programme, programmes):
    none = judge(Case.of(programmes("modern_cooperatives"), DAYS[0]), sensitivity=False)
    return [*(judge(Case.of(programme, day), sensitivity=False) for day in DAYS), none]


@pytest.fixture(scope="module")
def reports(verdicts, tmp_path_factory):
    root = tmp_path_factory.mktemp("reports")
    for verdict in verdicts:
        folder = root / verdict.programme / verdict.vintage
        folder.mkdir(parents=True)
        (folder / "verdict.json").write_text(verdict.to_json(), encoding="utf-8")
    (root / "umkm_onboarding" / DAYS[0] / "brief.en.html").write_text("<p>", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def found(reports):
    return portfolio.read(reports)


def test_a_row_says_what_its_verdict_says(found, verdicts):
    by_key = {(v.programme, v.vintage): v for v in verdicts}
    assert len(found.rows) == len(verdicts)
    for row in found.rows:
        verdict = by_key[row.programme, row.vintage]
        assert row.chance == verdict.joint_probability
        assert row.word == verdict.probability_class
        assert row.target == verdict.milestones[-1].target
        assert row.required == verdict.milestones[-1].required_monthly_additions


def test_changes_and_the_latest_follow_the_days(found):
    rows = [row for row in found.rows if row.programme == "umkm_onboarding"]
    assert [row.vintage for row in rows] == list(DAYS)
    assert rows[0].change is None
    assert rows[2].change == pytest.approx(rows[2].chance - rows[1].chance, abs=1e-4)
    assert [row.latest for row in rows] == [False, False, True]


def test_the_number_expected_is_the_sum_of_the_latest_chances(found):
    rows = tuple(
        replace(found.rows[0], programme=f"p{k}", chance=p, latest=True, variant="")
        for k, p in enumerate((0.9, 0.5, 0.2))
    )
    expected = portfolio.Portfolio(rows, ((),) * 3, ((),) * 3).expected()
    assert expected == {"of": 3, "expected": pytest.approx(1.6), "low": 1, "high": 2}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_stands_alone_and_links_only_to_what_is_there(found, lang):
    html = portfolio.to_html(found, lang, {"umkm_onboarding": {"en": "<b>T & T</b>", "id": "<b>T & T</b>"}}).decode(
        "utf-8"
    )
    assert "&lt;b&gt;T &amp; T&lt;/b&gt;" in html
    assert not re.findall(r"(?:src|href)=.https?:", html)
    links = re.findall(r'href="([^"]+brief[^"]+)"', html)
    assert links == [f"umkm_onboarding/{DAYS[0]}/brief.en.html"]
    assert html.count("<tr") == len(found.rows) + 1


def test_csv_and_json_hold_the_same_rows(found):
    table = list(csv.DictReader(io.StringIO(portfolio.to_csv(found).decode("utf-8"))))
    data = json.loads(portfolio.to_json(found))["verdicts"]
    assert [row["chance"] for row in table] == ["" if d["chance"] is None else str(d["chance"]) for d in data]
    assert [d["vintage"] for d in data] == [row.vintage for row in found.rows]


NS = {"a": "http://www.w3.org/2005/Atom"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_feed_of_changes_is_atom_and_says_what_changed(found, lang):
    """What RFC 4287 asks of a feed and its entries, and one entry for each change."""
    feed = ElementTree.fromstring(portfolio.to_atom(found, lang, {"umkm_onboarding": {lang: "A & B"}}))
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    entries = feed.findall("a:entry", NS)
    for one in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert len(one.findall(f"a:{name}", NS)) == 1
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", one.findtext("a:updated", None, NS))
        assert re.fullmatch(r"urn:jalur:[\w:/.%-]+", one.findtext("a:id", None, NS))
        links = [link.get("rel") for link in one.findall("a:link", NS)]
        assert sorted(set(links)) == sorted(links)
        assert "alternate" in links
    assert feed.findtext("a:author/a:name", None, NS)
    assert len({one.findtext("a:id", None, NS) for one in entries}) == len(entries) == 2
    days = [one.findtext("a:updated", None, NS) for one in entries]
    assert days == sorted(days, reverse=True)
    assert feed.findtext("a:updated", None, NS) == days[0] == f"{DAYS[2]}T00:00:00Z"
    rows = [row for row in found.rows if row.programme == "umkm_onboarding"]
    fmt = Format(lang)
    assert entries[0].findtext("a:title", None, NS) == fmt.say(
        "office.change.entry", title="A & B", before=fmt.percent(rows[1].chance), after=fmt.percent(rows[2].chance)
    )


def test_what_is_no_verdict_is_refused_by_its_path(tmp_path):
    with pytest.raises(InputError, match=r"no verdict\.json below"):
        portfolio.read(tmp_path)
    bad = tmp_path / "p" / "2022-03-31" / "verdict.json"
    bad.parent.mkdir(parents=True)
    for text in ("[]", "{", '{"programme": 3}', "[" * 3000):
        bad.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=r"verdict\.json cannot be read as a verdict"):
            portfolio.read(tmp_path)


@pytest.mark.slow
def test_five_hundred_reports_take_seconds_and_little_room(verdicts, tmp_path):
    text = verdicts[1].to_json()
    for k in range(500):
        folder = tmp_path / f"p{k // 5:03d}" / f"20{10 + k % 5}-12-31"
        folder.mkdir(parents=True)
        (folder / "verdict.json").write_text(text, encoding="utf-8")
    start = time.process_time()
    page = portfolio.to_html(portfolio.read(tmp_path), "en")
    assert time.process_time() - start <= 2
    assert len(page) <= 1_500_000
