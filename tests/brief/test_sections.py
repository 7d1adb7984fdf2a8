"""The brief: every shape of verdict gives a page that is complete, escaped, worded, and the same in both languages."""

import base64
import hashlib
import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser
from unittest.mock import Mock

import pandas as pd
import pytest
from brief_cases import cases
from brief_pages import export, material
from markupsafe import Markup, escape
from sentence_parts import sentences_of, words_of
from verdicts import made

from jalur.brief import sections as brief
from jalur.brief import tables as brief_tables
from jalur.dates import months_between
from jalur.monitor import Bar, Change, TripWire
from jalur.verdict.case import Case
from jalur.verdict.judge import judge
from jalur.verdict.model import CAPACITY_TOLERANCE
from jalur.words import office
from jalur.words import sentences as brief_text
from jalur.words.format import LANGUAGES, Format

CASES = cases()
VOID = {"meta", "link", "br", "img", "source", "input", "line", "circle", "rect", "path", "hr"}


class Checker(HTMLParser):
    """Headings, images, links and texts of a page; complains about tags that do not close."""

    def __init__(self):
        super().__init__()
        self.open, self.headings, self.images, self.links, self.blocks, self.ids = [], [], [], [], [], []
        self.quiet = 0

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if attrs.get("id"):
            self.ids.append(attrs["id"])
        if tag == "img":
            self.images.append(attrs)
        if tag == "a":
            self.links.append(attrs)
        if tag in ("style", "script", "svg"):
            self.quiet += 1
        if tag in ("p", "li", "caption", "figcaption", "td", "th", "summary", "h1", "h2", "h3"):
            self.blocks.append("")
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open, tag
        assert self.open.pop() == tag, tag
        if tag in ("style", "script", "svg"):
            self.quiet -= 1

    def handle_data(self, data):
        if not self.quiet and self.blocks:
            self.blocks[-1] += data


def checked(html):
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    return checker


@pytest.fixture(scope="module", params=sorted(CASES))
def pages(request):
    case = CASES[request.param]
    return case, {lang: export(brief.sections(material(case), lang), lang) for lang in LANGUAGES}


def test_headings_images_links_and_sentences(pages):
    _, html = pages
    for lang in LANGUAGES:
        found = checked(html[lang])
        assert found.headings.count("h1") == 1
        levels = [int(h[1]) for h in found.headings]
        assert levels[0] == 1
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
        alts = [image["alt"] for image in found.images]
        assert alts
        assert all(len(alt) > 30 for alt in alts)
        assert len(set(alts)) == len(alts)
        assert len(set(found.ids)) == len(found.ids)
        for link in found.links:
            if link["href"].startswith("http"):
                assert link["rel"] == "noopener noreferrer"
            elif link["href"].startswith("#"):
                assert link["href"][1:] in found.ids
        for block in found.blocks:
            for sentence in sentences_of(" ".join(block.split())):
                assert len(words_of(sentence)) < 25, (lang, sentence)


def test_the_page_stands_alone(pages):
    _, html = pages
    for lang in LANGUAGES:
        page = html[lang]
        assert f'<html lang="{lang}">' in page
        assert not re.search(r'(?:src|srcset|href)="(?:https?:)?//(?!example\.org)', page.replace(" ", ""))
        for filler in (
            "No description has been provided",
            "papermill",
            "MathJax",
            "require.js",
            "mermaid",
            "import this",
            "In [",
            "Out [",
        ):
            assert filler not in page, filler
        assert 'http-equiv="Content-Security-Policy"' in page
        policy = re.search(r"default-src[^\"]+", page).group(0)
        script = re.search(r"<script>(.*?)</script>", page, re.S).group(1)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert policy.startswith("default-src 'none'")
        assert f"script-src 'sha256-{digest}'" in policy
        assert page.count("<script>") == page.count('<script type="application/ld+json">') == 1
        assert page.count("<script") == 2
        other = {"en": "id", "id": "en"}[lang]
        assert f'href="brief.{other}.html"' in page
        assert 'href="01_evidence.ipynb"' in page
        title, heading = (re.search(f"<{tag}>(.*?)</{tag}>", page, re.S).group(1) for tag in ("title", "h1"))
        assert title == " ".join(heading.split())
        said = re.search('<meta content="([^"]*)" name="description"', page).group(1)
        for shown in ('<p class="sentence">(.*?)</p>', '<span class="known">(.*?)</span>'):
            words = re.sub("<[^>]+>", "", re.search(shown, page, re.S).group(1))
            assert " ".join(words.split()) in said


def numbers(html):
    """Digits of the visible text and of the alt texts, without separators."""
    html = re.sub(r"<(style|script|svg)\b.*?</\1>", " ", html, flags=re.S)
    alts = " ".join(re.findall(r'alt="([^"]*)"', html))
    plain = re.sub(r"<[^>]+>", " ", html)
    return sorted(re.findall(r"\d+", re.sub(r"(?<=\d)[.,](?=\d)", "", plain + alts)))


def test_both_languages_have_the_same_headings_and_numbers(pages):
    _, html = pages
    assert checked(html["en"]).headings == checked(html["id"]).headings
    assert numbers(html["en"]) == numbers(html["id"])


def test_a_probability_is_shown_only_where_there_is_one(pages):
    case, html = pages
    p = case.plain["joint_probability"]
    for lang in LANGUAGES:
        fmt, page = Format(lang), html[lang]
        if p is None:
            assert 'class="odds"' not in page
            assert 'class="dots"' not in page
            assert 'class="what-if"' not in page
            assert fmt.say("verdict.no_probability_short")[:-1].split(";")[0] in page
            assert fmt.say("method.steps.none") in page
            assert fmt.number(case.plain["draws"]) not in page.split('id="method"')[1].split("</section>")[0]
        else:
            none = any(m.impossible for m in case.verdict.milestones)  # a chance of exactly 0 is said to be 0
            shown = fmt.percent(p, certain=none).replace("<", "&lt;").replace(">", "&gt;")
            assert f'<b aria-hidden="true">{shown}</b>' in page
            assert (fmt.say("verdict.dots_none") in page) == none
            for m in case.verdict.milestones:
                shown = fmt.percent(m.probability, certain=m.impossible).replace("<", "&lt;").replace(">", "&gt;")
                assert f"<b>{shown}</b>" in page
        for m in case.plain["milestones"]:
            assert fmt.exact(m["target"]) in page


def test_the_slider_table_holds_the_levers_of_the_verdict(pages):
    case, html = pages
    for lang in LANGUAGES:
        rows = re.findall(r'<tr data-percent="(-?\d+)">.*?<td class="num">(.*?)</td>', html[lang], re.S)
        levers = case.verdict.levers
        wanted = [] if not levers else [(str(int(x)), Format(lang).percent(p)) for x, p in levers.faster]
        assert [(x, p.replace("&lt;", "<").replace("&gt;", ">")) for x, p in rows] == wanted


BAD = "<script>alert(1)</script>"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_text_from_data_is_escaped(lang):
    case = CASES["umkm"]
    frame = case.figures.assign(speaker_org=BAD, publisher=BAD, note=BAD, url="javascript:alert(1)")
    frame.loc[frame.index[0], "url"] = 'https://example.org/"><script>alert(1)</script>'
    verdict = case.plain | {"programme": BAD, "data_hash": BAD}
    verdict["capacities"] = [
        c | {"name": BAD, "source": BAD, "url": "javascript:alert(2)"} for c in verdict["capacities"]
    ]
    programme = case.programme
    nasty = type(programme)(
        **(vars(programme) | {"title": {lang: BAD}, "noun": {lang: BAD}, "subject": {lang: BAD}, "capacities": ()})
    )
    given = replace(material(case), verdict=made(verdict), figures=frame, programme=nasty, notebooks=(BAD,))
    page = export(brief.sections(given, lang), lang)
    assert page.count("<script") == 2
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="javascript:' not in page
    checked(page)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("umkm", "fan.title.mixed"),
        ("very_likely", "fan.title.above"),
        ("hopeless", "fan.title.below"),
        ("met", "fan.title.met"),
        ("one", "fan.title.published"),
        ("none", "fan.title.nothing"),
        ("shop", "fan.title.below_one"),
        ("all_past", "fan.title.past_below"),
    ],
)
def test_the_headline_of_the_fan_follows_the_outcome(name, key):
    case, fmt = CASES[name], Format("en")
    title = brief_text.fan_title(case.verdict, case.figures, fmt)
    if key == "fan.title.mixed":
        assert title == "The middle projection passes 20 and 24\u00a0million, but stops short of 30\u00a0million"
    else:
        assert title == fmt.say(key)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        (
            "umkm",
            "Uncertain, and more likely missed than met: the chance that all three milestones are met on time is 35%",
        ),
        ("very_likely", "Very likely:"),
        ("hopeless", "Very unlikely: the chance that all three milestones are met on time is &lt;1%"),
        ("all_past", "Very unlikely: the chance that all three milestones were met on time is 3%"),
        ("shop", "Very unlikely: the chance that the target is met on time is 8%"),
        ("two", "Uncertain, and more likely missed than met: the chance that both milestones are met"),
        ("met", "Already reached: the published count passed the last target, 200\u00a0thousand"),
        ("impossible", "Impossible with this capacity: 30\u00a0million is more than the 26.3\u00a0million"),
        ("no_capacity", "Cannot be assessed: no dated capacity is known. We give no probability; arithmetic alone"),
        ("one", "Cannot be assessed: only one usable figure was published by 31 January 2024."),
        ("none", "Cannot be assessed: no usable figure was published by 31 March 2022. We give no probability"),
        ("no_path", "Cannot be assessed: no official path with dated targets is on record."),
    ],
)
def test_the_verdict_sentence_follows_the_outcome(name, start):
    assert str(brief_text.sentence(made(CASES[name].verdict), Format("en"))).startswith(start)


def test_without_a_figure_the_steps_between_the_targets_are_given():
    page = export(brief.sections(material(CASES["none"]), "en"), "en")
    assert "250 \u2192 400, 2023" in page
    assert "12.5" in page or ">13<" in page


def test_a_chance_that_moves_with_the_capacity_is_said_to_be_unknown():
    page = export(brief.sections(material(CASES["umkm"]), "en"), "en")
    assert "The data cannot tell which is right." in page
    page = export(brief.sections(material(CASES["very_likely"]), "en"), "en")
    assert "The data cannot tell" not in page


def test_the_sections_come_in_the_order_of_the_page():
    assert tuple(brief.sections(material(CASES["umkm"]), "en")) == brief.SECTIONS


def test_same_material_same_page():
    first, second = (export(brief.sections(material(CASES["umkm"]), "id"), "id") for _ in range(2))
    assert first == second


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_projection_below_the_last_figure_is_explained_and_gives_no_pace(lang):
    case, fmt = CASES["shop"], Format(lang)
    step, last = case.plain["milestones"][0], case.plain["last_figure"]["value"]

    def said(median):
        verdict = made(case.plain | {"milestones": [step | {"median": median}]})
        return brief_text.reasons(verdict, case.programme, fmt)[0]

    days = {"when": fmt.by(step["date"]), "last": fmt.exact(last)}
    assert said(0.98 * last) == fmt.say("verdict.hardest_below", **days)
    assert fmt.amount(step["target"] - 1.1 * last) in said(1.1 * last)  # how far it ends short of the target
    assert fmt.amount(0.1 * step["target"]) not in said(1.1 * step["target"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_long_path_is_a_list_and_its_wide_tables_say_what_they_leave_out(lang):
    case, fmt = CASES["yearly"], Format(lang)
    parts = brief.sections(material(case), lang)
    steps, listed = case.plain["milestones"], parts["milestones"].html
    assert listed.count('<th scope="row">') == len(steps) == 8
    assert all(fmt.percent(m["probability"]) in listed for m in steps)
    change = parts["change"].html
    columns = [fmt.say("change.column", target=fmt.exact(m["target"]), when=fmt.brief_date(m["date"])) for m in steps]
    assert [name in change for name in columns] == [False] * 2 + [True] * 6
    cells = [row.count("<td") for row in change.partition("</table>")[0].split("<tr")[2:]]
    assert set(cells) == {0, 7}  # group heads, and rows with six targets and the whole path
    said = {"en": "the last six of eight targets", "id": "enam target terakhir dari delapan"}[lang]
    assert said in change
    assert said in parts["take"].html
    assert "<img" not in parts["take"].html  # eight stretches are a table
    assert said not in brief.sections(material(CASES["many"]), lang)["change"].html


def test_who_can_join_changes_little_only_where_it_moves_the_chance_by_ten_points_at_most():
    case, fmt = CASES["very_likely"], Format("en")
    heads = {}
    for moved in (0.001, 0.1, 0.18):
        verdict = case.plain | {"capacity_range": moved}
        head, lines = brief_text.condition(made(verdict), case.programme, fmt)
        heads[moved] = head, lines[-1]
    assert heads[0.001][0] == heads[0.1][0] == fmt.say("condition.head_steady")
    assert heads[0.18][0] == fmt.say("condition.head_some")
    assert "less than a point" in heads[0.001][1]
    assert "by 18 points at most" in heads[0.18][1]


@pytest.mark.parametrize(
    ("labels", "on", "said"),
    [
        (1, 1, "By the only formula that applies (our calculation)"),
        (2, 2, "By both formulas (our calculation)"),
        (4, 4, "By all four formulas (our calculation)"),
        (4, 1, "By one of four formulas (our calculation)"),
        (4, 3, "By three of four formulas (our calculation)"),
        (4, 0, "By none of the formulas (our calculation)"),
    ],
)
def test_labels_are_counted_in_good_grammar(labels, on, said):
    case = CASES["umkm"]
    given = [row | {"on_track": k < on} for k, row in enumerate(case.plain["labels"][:labels])]
    assert brief_text.labels_sentences(made(case.plain | {"labels": given}), Format("en"))[0].startswith(said)


def test_a_path_whose_deadlines_have_passed_promises_nothing():
    fmt, parts = Format("en"), brief.sections(material(CASES["all_past"]), "en")
    assert fmt.say("take.levels_title_past") in parts["take"].html
    assert fmt.say("take.levels_title") not in parts["take"].html
    assert fmt.say("take.pace_title.recent") in parts["take"].html


def test_without_a_figure_no_circle_is_explained_and_no_empty_row_is_shown():
    fmt, parts = Format("en"), brief.sections(material(CASES["none"]), "en")
    assert fmt.say("fan.note_targets") in parts["fan"].html
    assert "Circles" not in parts["fan"].html
    assert fmt.say("milestones.needed") not in parts["milestones"].html
    assert fmt.say("milestones.needed") in brief.sections(material(CASES["one"]), "en")["milestones"].html


def test_a_projection_far_below_its_target_keeps_its_digits():
    case = CASES["shop"]
    step = case.plain["milestones"][0]
    levels = {"0.5": 26_400.0, "0.8": 22_100.0, "0.9": 21_300.0}
    low = step | {"median": 26_400.0, "interval_90": [21_000.0, 67_000.0], "levels": levels}
    parts = brief.sections(replace(material(case), verdict=made(case.plain | {"milestones": [low]})), "id")
    assert "26,4\u00a0ribu" in parts["milestones"].html
    assert "21,0\u201367,0" in parts["milestones"].html
    assert re.search(r"22,1</td>.*21,3</td>.*1\.000</td>", parts["take"].html, re.S)


def test_bodies_are_named_in_the_language_of_the_page():
    case = CASES["umkm"]
    for lang, name in (("en", "Without the President"), ("id", "Tanpa Presiden")):
        sources = [row | {"name": "Presiden"} for row in case.plain["sensitivity"]["sources"]]
        verdict = case.plain | {"sensitivity": case.plain["sensitivity"] | {"sources": sources}}
        assert name in brief.sections(replace(material(case), verdict=made(verdict)), lang)["change"].html


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "en",
            "Already reached: the published count passed the last target, 1 million, by 23 December 2022. "
            "We give no probability: no dated capacity is known.",
        ),
        (
            "id",
            "Sudah tercapai: angka yang diumumkan melampaui target terakhir, 1 juta, paling lambat 23 Desember 2022. "
            "Kami tidak menyebut peluang: kapasitas bertanggal tidak diketahui.",
        ),
    ],
)
def test_a_target_that_is_reached_is_said_to_be_without_a_probability_too(programmes, lang, said):
    fmt, products = Format(lang), programmes("ekatalog_products")
    found = {v: judge(Case.of(products, v)) for v in ("2022-06-30", "2022-12-31")}
    words = {v: str(brief_text.sentence(one, fmt)) for v, one in found.items()}
    assert words["2022-12-31"].replace("\u00a0", " ") == said
    assert found["2022-12-31"].probability_class == "already_reached"
    assert found["2022-06-30"].probability_class == "not_assessed"
    assert said[:15] not in words["2022-06-30"]


def test_a_figure_later_than_the_last_target_does_not_say_that_it_was_reached_in_time(programmes):
    found = judge(Case.of(programmes("ekatalog_products"), "2023-12-31", targets=[("2022-06-30", 1e6)]))
    late = replace(found, last_figure=replace(found.last_figure, date="2022-07-01"))
    assert (late.probability_class, late.joint_probability) == ("not_assessed", None)
    said = brief_text.sentence(late, Format("en"))
    assert "Cannot be assessed" in said
    assert "has reached the target of 1\u00a0million" in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_path_whose_dates_have_passed_says_how_far_the_last_figure_is_below(programmes, lang):
    fmt, cooperatives = Format(lang), programmes("modern_cooperatives")
    given = judge(Case.of(cooperatives, "2024-12-31")).to_dict()
    said = " ".join(brief_text.take_sentences(made(given), cooperatives, fmt, Markup("400")))
    assert said == fmt.say("take.all_past.many", last="400", date=fmt.day("2023-12-31"), gap="100", target="500")
    umkm = programmes("umkm_onboarding")
    passed = judge(Case.of(umkm, "2024-12-31"), sensitivity=False).to_dict()
    whole = " ".join(brief_text.take_sentences(made(passed), umkm, fmt, Markup("25")))
    assert fmt.exact(5e6) in whole  # not "5.00 million" beside targets of "30 million"
    earlier = judge(Case.of(cooperatives, "2024-10-31")).to_dict()
    assert said not in " ".join(brief_text.take_sentences(made(earlier), cooperatives, fmt, Markup("400")))


def test_labels_that_come_too_late_are_not_said_to_lack_figures(programmes):
    fmt, products = Format("en"), programmes("ekatalog_products")
    late, early = (judge(Case.of(products, v)).to_dict() for v in ("2024-12-31", "2021-12-31"))
    assert brief_text.labels_sentences(made(late), fmt) == [fmt.say("labels.too_late")]
    assert brief_text.labels_sentences(made(early), fmt) == [fmt.say("labels.nothing")]


def test_the_range_over_other_growth_curves_stands_below_that_over_single_figures():
    case, fmt = CASES["umkm"], Format("en")
    groups = brief_tables.sensitivity(case.verdict, case.programme, fmt, Mock())
    (*_, figures, curves) = groups[-1][1]
    assert (figures[0], curves[0]) == ("Any one figure left out", "Any of four other growth curves")
    given = case.plain["sensitivity"]
    spans = [*given["range_shapes"], given["joint_range_shapes"]]
    assert curves[1] == [fmt.percent_span(*span) for span in spans]
    assert curves[1] != figures[1]
    wide = given | {"range_shapes": [[0.0, 1.0]] * len(given["range_shapes"])}
    moved = brief_text.change_sentence(made(case.plain | {"sensitivity": wide}), fmt)
    assert moved == fmt.say("change.shape_most")


def test_a_figure_above_the_target_with_less_than_certainty_is_explained():
    case, fmt = CASES["met"], Format("en")
    said = fmt.say("verdict.passed_unsure")
    doubted = case.plain | {"joint_probability": 0.81}
    assert said in brief_text.reasons(made(doubted), case.programme, fmt)
    assert said not in brief_text.reasons(case.verdict, case.programme, fmt)
    past = doubted | {"milestones": [m | {"status": "past"} for m in case.plain["milestones"]]}
    assert brief_text.reasons(made(past), case.programme, fmt) == [fmt.say("verdict.past.one"), said]


def plain(words):
    return str(words).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "put on track, 57% were met, by formula"),
        ("id", "sesuai jalur, 57% mencapai target"),
    ],
)
def test_past_cases_are_those_of_a_label_that_says_on_track_here(lang, said):
    case = CASES["umkm"]
    labels = [row | {"on_track": row["method"] == "escap"} for row in case.plain["labels"]]
    labels[2] |= {"on_track_cases": 300, "hit_rate": 0.57}
    some = case.plain | {"labels": labels}
    html = brief.sections(replace(material(case), verdict=made(some)), lang)["change"].html
    assert said in html
    assert "57%</td>" in html or ">57%<" in html
    assert "31%" not in html.partition('id="labels"')[2]
    none = case.plain | {"labels": [row | {"on_track": False} for row in labels]}
    html = brief.sections(replace(material(case), verdict=made(none)), lang)["change"].html.partition('id="labels"')[2]
    assert Format(lang).say("labels.hit_all") not in html
    assert "57%" not in html
    assert len(brief_text.labels_sentences(made(none), Format(lang))) == 2


def moved_by_capacity(*chances):
    """A path whose capacities give these chances of its milestones and of all of them."""
    verdict = CASES["umkm"].plain
    rows = [
        c | {"probabilities": list(given[:-1]), "joint_probability": given[-1]}
        for c, given in zip(verdict["capacities"], chances, strict=True)
    ]
    steps = [m | {"probability": p} for m, p in zip(verdict["milestones"], chances[0], strict=False)]
    moved = max(max(column) - min(column) for column in zip(*chances, strict=True))
    return verdict | {
        "milestones": steps,
        "capacity": rows[0],
        "capacities": rows,
        "joint_probability": chances[0][-1],
        "capacity_range": moved,
        "data_cannot_tell": moved > CAPACITY_TOLERANCE,
    }


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "en",
            "The chance of 24 million by the end of 2023 is then 62%. With all online_umkm (48.3 million) it is 31%.",
        ),
        ("id", "peluang 24 juta pada akhir 2023 adalah 62%. Untuk semua online_umkm (48,3 juta), peluangnya 31%."),
    ],
)
def test_where_the_whole_path_hardly_moves_the_milestone_that_moves_most_is_named(lang, said):
    fmt, programme = Format(lang), CASES["umkm"].programme
    hidden = moved_by_capacity((0.9, 0.62, 0.001, 0.001), (0.8, 0.31, 0.0, 0.0), (0.8, 0.4, 0.0, 0.0))
    head, lines = brief_text.condition(made(hidden), programme, fmt)
    assert head == fmt.say("condition.head")
    assert said in plain(" ".join(lines))
    assert fmt.percent(0.0) not in " ".join(lines[1:])
    open_path = moved_by_capacity((0.9, 0.62, 0.5, 0.4), (0.8, 0.31, 0.2, 0.1), (0.8, 0.4, 0.2, 0.1))
    assert plain(brief_text.condition(made(open_path), programme, fmt)[1][1]).endswith(
        ("it is 10%.", "peluangnya 10%.")
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_choice_that_matters_most_agrees_with_the_condition(lang):
    fmt, case = Format(lang), CASES["umkm"]
    hidden = moved_by_capacity((0.9, 0.62, 0.001, 0.001), (0.8, 0.31, 0.0, 0.0), (0.8, 0.4, 0.0, 0.0))
    still = dict.fromkeys(("range_sources", "range_figures", "range_shapes"), [[0.5, 0.55]] * 3)
    joint = {f"joint_{key}": [0.0, 0.01] for key in still}
    hidden |= {"sensitivity": case.plain["sensitivity"] | still | joint}
    assert brief_text.change_sentence(made(hidden), fmt) == fmt.say("change.capacity_most")
    first = hidden | {"sensitivity": hidden["sensitivity"] | {"range_sources": [[0.1, 0.9], [0.5, 0.6], [0.0, 0.0]]}}
    assert brief_text.change_sentence(made(first), fmt) == fmt.say("change.source_most")
    settled = first | {"vintage": case.plain["milestones"][0]["date"]}
    assert brief_text.change_sentence(made(settled), fmt) == fmt.say("change.capacity_most")
    quiet = moved_by_capacity(*[(0.9, 0.62, 0.001, 0.001)] * 3) | {"sensitivity": hidden["sensitivity"]}
    assert brief_text.change_sentence(made(quiet), fmt) == fmt.say("change.little")


@pytest.mark.parametrize(
    ("lang", "one", "many"),
    [
        ("en", "the chance moves by 8 points at most", "the chance of each milestone moves by 8 points at most"),
        ("id", "peluangnya bergeser paling banyak 8 poin", "peluang tiap target bergeser paling banyak 8 poin"),
    ],
)
def test_a_path_of_one_target_has_no_hardest_milestone(lang, one, many):
    fmt, case = Format(lang), CASES["very_likely"]
    given = case.plain | {"capacity_range": 0.08}
    assert many in brief_text.condition(made(given), case.programme, fmt)[1][-1]
    alone = given | {"milestones": given["milestones"][:1]}
    assert one in brief_text.condition(made(alone), case.programme, fmt)[1][-1]


@pytest.mark.parametrize(
    ("lang", "said", "alone"),
    [
        ("en", "reaching 250 by the end of 2023 takes 361 more", "the path needs 361 more a month"),
        ("id", "diperlukan rata-rata tambahan 361", "jalur ini membutuhkan tambahan 361 per bulan"),
    ],
)
def test_the_needed_pace_is_the_largest_of_the_path_and_names_its_milestone(lang, said, alone):
    case, fmt = CASES["no_capacity"], Format(lang)
    paces = ((250.0, "2023-12-31", 361.0), (400.0, "2024-12-31", 321.0), (500.0, "2025-12-31", None))
    steps = [
        m | {"target": x, "date": day, "required_monthly_additions": pace}
        for m, (x, day, pace) in zip(case.plain["milestones"], paces, strict=True)
    ]
    verdict = case.plain | {"milestones": steps, "last_figure": case.plain["last_figure"] | {"value": 100.0}}
    assert alone in brief_text.sentence(made(verdict), fmt)
    assert said in " ".join(brief_text.take_sentences(made(verdict), case.programme, fmt, Markup("100")))
    reached = verdict | {"milestones": [m | {"required_monthly_additions": -1.0} for m in steps]}
    assert brief_text.need(made(reached)) is None


@pytest.mark.parametrize(
    ("lang", "many", "one"),
    [
        ("en", "stops short of every remaining target", "stops short of the last target"),
        ("id", "tidak sampai ke satu pun target yang tersisa", "tidak sampai ke target terakhir"),
    ],
)
def test_the_headline_speaks_of_the_targets_that_remain(lang, many, one):
    case, fmt = CASES["hopeless"], Format(lang)

    def title(vintage, factor=1.0):
        steps = [m | {"median": factor * m["median"]} for m in case.plain["milestones"]]
        return brief_text.fan_title(made(case.plain | {"vintage": vintage, "milestones": steps}), case.figures, fmt)

    assert title("2022-03-31") == fmt.say("fan.title.below")
    assert title("2022-12-31").endswith(many)
    assert title("2023-12-31").endswith(one)
    assert title("2022-12-31", 9.0) == fmt.say("fan.title.above_ahead")
    assert title("2023-12-31", 9.0) == fmt.say("fan.title.above_last")
    end = case.plain["milestones"][-1]
    assert title("2023-12-31", end["target"] / end["median"]) == fmt.say("fan.title.at_last")


@pytest.mark.parametrize(("lang", "more"), [("en", "more than {}"), ("id", "lebih dari {}")])
def test_a_floor_is_quoted_as_more_than_its_number(lang, more):
    case, fmt = CASES["umkm"], Format(lang)
    frame = case.figures.assign(qualifier="approx")
    ends = frame.index[[0, -1]]
    words = {k: fmt.published(frame["value"][k], frame["decimals"][k]) for k in ends}
    stated = brief.sections(replace(material(case), figures=frame), lang)
    assert more.format(words[ends[1]]) not in " ".join(map(str, stated.values()))
    frame.loc[ends, "qualifier"] = "at_least"
    parts = brief.sections(replace(material(case), figures=frame), lang)
    for k in ends:
        assert f"{more.format(words[k])}</td>" in parts["fan"].html  # the table of all figures
    labels = plain(parts["change"].html.partition('id="labels"')[2])
    assert plain(more.format(fmt.exact(frame["value"][ends[0]]))) in labels
    assert plain(more.format(words[ends[1]])) in labels
    assert f"{more.format(words[ends[1]])}<sup>" in parts["take"].html
    assert f"{more.format(words[ends[1]])}, " in parts["change"].html  # the most influential figure
    listed = parts["sources"].html.partition('id="source-')[2]
    assert f"{more.format(words[ends[1]])}, {fmt.short_day(frame['as_of'][ends[1]])}" in listed


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("short", "last", "key"),
    [
        ((True, True, True), True, "short_every"),
        ((True,), True, "short_path"),
        ((False, True, True), True, "short_most"),
        ((True, True, False, False), True, "short_some"),
        ((False, False, True), True, "short"),
        ((False, False, True), False, "short_one"),  # the target above the capacity has no stretch
        ((True, False, False), True, "short_one"),
    ],
)
def test_the_title_of_the_pace_chart_says_of_which_stretches_it_is_true(lang, short, last, key):
    fmt, step = Format(lang), CASES["umkm"].plain["milestones"][0]
    needed, last_figure = [5.0, 4.0, 6.0, 5.0], {"id": "row", "date": "2021-12-31", "value": 0.0}
    months = months_between(last_figure["date"], step["date"])
    steps = [
        step | {"required_monthly_additions": n, "target": n * months, "median": (n + (-1 if less else 1)) * months}
        for n, less in zip(needed, short, strict=False)
    ]
    if not last:
        steps.append(step | {"status": "exceeds_capacity", "required_monthly_additions": None})
    given = made({"milestones": steps, "last_figure": last_figure})
    assert brief_text.pace_title(given, fmt) == fmt.say(f"take.pace_title.{key}")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_record_counts_the_ranges_that_it_shows(lang):
    fmt = Format(lang)
    days = [f"202{k}-12-31" for k in range(4)]
    row = {"vintage": "2019-12-31", "ahead": True, "probability": 0.5}
    rows = [row | {"date": day, "target": 10.0 + k, "held_90": k > 1} for k, day in enumerate(days)]
    said = brief_tables.record_title(pd.DataFrame(rows), fmt)
    assert said == fmt.say("record.headline.some_held", held="2", all="3")  # the first of four targets has no panel


@pytest.mark.parametrize(
    ("paces", "en", "id_"),
    [
        (
            (400, 300),
            "brought 400 a month, the last six 300.",
            "rata-rata 400 per bulan; dalam enam bulan terakhir 300.",
        ),
        (
            (407, -33),
            "over the last six the count fell by 33 a month.",
            "enam bulan terakhir jumlahnya turun 33 per bulan.",
        ),
        (
            (-83, -133),
            "the count fell by 83 a month, over the last six by 133.",
            "jumlahnya turun 83 per bulan, dalam enam",
        ),
        ((-83, 20), "the count fell by 83 a month; the last six brought 20", "turun 83 per bulan, tetapi enam bulan"),
        (
            (-83, None),
            "Over the last twelve months the count fell by 83",
            "Dalam dua belas bulan terakhir jumlahnya turun 83",
        ),
        ((None, -33), "Over the last six months the count fell by 33", "Dalam enam bulan terakhir jumlahnya turun 33"),
    ],
)
def test_a_count_that_shrank_is_said_to_have_fallen(paces, en, id_):
    case = CASES["umkm"]
    given = [[months, "2021-03-17", x] for months, x in zip((12, 6), paces, strict=True) if x is not None]
    verdict = case.plain | {"published_pace": given}
    for lang, words in (("en", en), ("id", id_)):
        said = " ".join(brief_text.take_sentences(made(verdict), case.programme, Format(lang), None))
        assert words in said
        assert "\u2212" not in said
    steps = [m | {"stage_required_monthly_additions": 5.0 + k} for k, m in enumerate(verdict["milestones"])]
    falling = "the count is falling" in " ".join(
        brief_text.take_sentences(made(verdict | {"milestones": steps}), case.programme, Format("en"), None)
    )
    assert falling == (paces[1] is not None and paces[1] < 0)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_moved_the_verdict_and_what_would_stand_in_the_section_on_change(lang):
    case, fmt = CASES["umkm"], Format(lang)
    wires = ("2022-06-30", (TripWire(0.33, 18.6e6, 0.6), TripWire(0.5, 19.6e6, 0.2)))
    moved = Change(
        "p", ("2021-12-31", "2022-03-31"), 0.5, 0.4, (Bar("new", ("a",), "2022-01-02", "<b>", (1e6,), -0.1),), True
    )
    html = brief.sections(material(case, wires=wires, moved=moved), lang)["change"].html
    without = brief.sections(material(case), lang)["change"].html
    told = escape(office.moved_sentence(fmt, moved))
    ahead = escape(office.next_sentence(fmt, wires[1], wires[0], case.verdict.joint_probability))
    said = f'<p class="news"><span class="screen">{told} </span>{ahead}</p>\n'
    assert said in html
    assert html.replace(said, "") == without
