"""Numbers, dates and sentences in both languages."""

import re
from pathlib import Path

import pytest
from sentence_parts import sentences_of, words_of

from jalur.errors import InputError
from jalur.verdict.model import probability_class
from jalur.words import format as wording
from jalur.words.format import Format

SOURCE = Path(wording.__file__).parents[1]
EN, ID = Format("en"), Format("id")
NB = "\u00a0"


def test_the_catalogues_have_the_same_keys_and_placeholders():
    read = wording.catalogues()
    assert wording.mismatches(read) == []
    assert len(read["en"]) > 300


def test_a_missing_key_and_a_wrong_placeholder_are_found():
    planted = {"en": {"a": "{x} of {y}", "b": "text"}, "id": {"a": "{x} dari {z}"}}
    found = wording.mismatches(planted)
    assert len(found) == 2
    assert "b: only in en" in found


def test_an_unknown_language_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="en, id"):
        Format("fr")


@pytest.mark.parametrize(
    ("value", "decimals", "english", "indonesian"),
    [
        (17.25, 1, "17.3", "17,3"),  # half up; Babel alone gives 17.2
        (28.05, 1, "28.1", "28,1"),
        (-0.04, 1, "0.0", "0,0"),  # no minus before a zero
        (-65.4, 0, "\u221265", "\u221265"),
        (1234567.0, 0, "1,234,567", "1.234.567"),
        (0.5, 0, "1", "1"),
    ],
)
def test_number(value, decimals, english, indonesian):
    assert EN.number(value, decimals) == english
    assert ID.number(value, decimals) == indonesian


@pytest.mark.parametrize(
    ("method", "arguments", "english", "indonesian"),
    [
        ("level", (17.59e6,), f"17.6{NB}million", f"17,6{NB}juta"),
        ("level", (1.043e6,), f"1.04{NB}million", f"1,04{NB}juta"),
        ("level", (337_400,), f"337{NB}thousand", f"337{NB}ribu"),
        ("level", (12_340,), f"12.3{NB}thousand", f"12,3{NB}ribu"),
        ("level", (443,), "443", "443"),
        ("exact", (30e6,), f"30{NB}million", f"30{NB}juta"),
        ("exact", (18.6e6,), f"18.6{NB}million", f"18,6{NB}juta"),
        ("exact", (500_000,), f"500{NB}thousand", f"500{NB}ribu"),
        ("exact", (278_971,), "278,971", "278.971"),
        ("exact", (250,), "250", "250"),
        ("published", (17.59e6, -4), f"17.59{NB}million", f"17,59{NB}juta"),
        ("published", (8e6, -6), f"8{NB}million", f"8{NB}juta"),
        ("published", (25_292_701, 0), f"25.29{NB}million", f"25,29{NB}juta"),
        ("published", (52_000, -3), f"52{NB}thousand", f"52{NB}ribu"),
        ("published", (80_717, 0), "80,717", "80.717"),
        ("amount", (374_123,), f"374{NB}thousand", f"374{NB}ribu"),
        ("amount", (8_333,), "8,330", "8.330"),
        ("amount", (8.3,), "8.3", "8,3"),
        ("percent", (0.355,), "36%", "36%"),
        ("percent", (0.0049,), "<1%", "<1%"),
        ("percent", (0.005,), "1%", "1%"),
        ("percent", (0.9949,), "99%", "99%"),
        ("percent", (0.995,), ">99%", ">99%"),
        ("percent", (0.0, True), "0%", "0%"),
        ("percent", (1.0, True), "100%", "100%"),
        ("percent_span", (0.331, 0.389), "33\u201339%", "33\u201339%"),
        ("percent_span", (0.331, 0.334), "33%", "33%"),
        ("percent_span", (0.001, 0.2), "<1% to 20%", "<1% hingga 20%"),
        ("day", ("2022-03-31",), "31 March 2022", "31 Maret 2022"),
        ("short_day", ("2021-12-31",), "31 Dec 2021", "31 Des 2021"),
        ("by", ("2024-12-31",), "the end of 2024", "akhir 2024"),
        ("by", ("2024-08-17",), "17 August 2024", "17 Agustus 2024"),
        ("brief_date", ("2024-12-31",), "2024", "2024"),
        ("deadlines", (["2022-12-31", "2023-12-31"],), "the end of 2022 and 2023", "akhir 2022 dan 2023"),
        ("path", ([20e6, 24e6, 30e6],), f"20 \u2192 24 \u2192 30{NB}million", f"20 \u2192 24 \u2192 30{NB}juta"),
        ("path", ([250, 400, 500],), "250 \u2192 400 \u2192 500", "250 \u2192 400 \u2192 500"),
        ("path", ([486_500, 900_000],), f"486,500 \u2192 900{NB}thousand", f"486.500 \u2192 900{NB}ribu"),
    ],
)
def test_formats(method, arguments, english, indonesian):
    assert getattr(EN, method)(*arguments) == english
    assert getattr(ID, method)(*arguments) == indonesian


def test_a_list_of_decimals_is_separated_by_semicolons_where_the_comma_is_the_decimal_mark():
    assert EN.joined(["2020", "2021", "2022"]) == "2020, 2021 and 2022"
    assert ID.joined(["2020", "2021", "2022"]) == "2020, 2021, dan 2022"
    assert ID.joined(["2,87", "2,99"]) == "2,87; 2,99"


def parts_of(key):
    """Numerator, denominator, and whether the words say that the chance is a little less."""
    over, under, less = re.fullmatch(r"(\d+)_(\d+)(_under)?", key).groups()
    return int(over), int(under), bool(less)


def test_odds_in_words_never_leave_the_class_of_the_verdict():
    for myriad in range(10_001):
        p = myriad / 10_000
        over, under, less = parts_of(next(key for bound, key in wording.ODDS if p < bound))
        assert probability_class(over / under - (0.01 if less else 0)) == probability_class(p), p


def test_odds_in_words_are_near_the_probability():
    lower = 0.0
    for bound, key in wording.ODDS:
        over, under, less = parts_of(key)
        assert lower - 0.011 <= over / under <= bound + (0.01 if less else 0), key
        lower = bound
    assert EN.odds(0.34) == "about one in three"
    assert ID.odds(0.34) == "sekitar satu dari tiga"
    assert EN.odds(0.93) == "about nineteen in twenty"
    assert EN.odds(1.0) == "more than 199 in 200"
    assert ID.odds(0.0) == "kurang dari satu dari dua ratus"


def test_odds_agree_with_the_per_cent_that_is_printed_beside_them():
    for permille in range(1, 1000):
        p = permille / 1000
        over, under, _ = parts_of(next(key for bound, key in wording.ODDS if p < bound))
        assert abs(over / under - p) <= (0.016 if not 0.06 < p < 0.94 else 0.06), p


def test_a_body_has_a_name_in_each_language_or_keeps_its_own():
    assert (EN.body("Presiden"), ID.body("Presiden")) == ("the President", "Presiden")
    assert ID.body("Bank Indonesia North Sumatra") == "Bank Indonesia Sumatera Utara"
    assert EN.body("KemenKopUKM") == ID.body("KemenKopUKM") == "KemenKopUKM"


def test_a_scale_gives_way_to_a_smaller_one_before_digits_are_lost():
    scale = EN.scale(1e6)
    assert scale.fitting(2e5) is scale
    assert scale.fitting(26_400).words(26_400) == f"26.4{NB}thousand"
    assert EN.scale(500).fitting(3).words(3) == EN.scale(500).words(3)


@pytest.mark.parametrize(
    ("count", "past", "english", "indonesian"),
    [
        (1, False, "the target is met", "target tercapai"),
        (2, False, "both milestones are met", "kedua target tercapai"),
        (3, False, "all three milestones are met", "ketiga target tercapai"),
        (3, True, "all three milestones were met", "ketiga target tercapai"),
        (12, False, "all 12 milestones are met", "ke12 target tercapai"),
    ],
)
def test_the_verdict_sentence_counts_the_milestones(count, past, english, indonesian):
    assert str(EN.verdict(0.342, count, past=past)) == (
        f"Uncertain, and more likely missed than met: the chance that {english} on time is 34%, about one in three."
    )
    assert indonesian in str(ID.verdict(0.342, count, past=past))


def test_the_number_may_be_set_in_bold_and_values_are_escaped():
    assert "<b>34%</b>" in EN.verdict(0.342, 3, emphasis=True)
    assert "&lt;1%" in EN.verdict(0.0004, 3)
    assert "&lt;script&gt;" in EN.html("take.from_nothing") + EN.html("change.without", source="<script>")


@pytest.mark.parametrize("lang", wording.LANGUAGES)
def test_no_sentence_of_the_catalogue_reaches_25_words(lang):
    filled = {"clause": "all three milestones are met", "odds": "about one in three", "noun": "UMKM"}
    for key, text in wording.catalogues()[lang].items():
        if key.startswith(("nb.", "alt.", "sources.list")):
            continue
        text = re.sub(r"\{(\w+)\}", lambda m: filled.get(m.group(1), "17,5"), text)
        for sentence in sentences_of(text):
            assert len(words_of(sentence)) < 25, (key, sentence)


ENGLISH = {
    "the",
    "of",
    "and",
    "with",
    "from",
    "that",
    "this",
    "are",
    "was",
    "were",
    "been",
    "which",
    "while",
    "into",
    "than",
    "then",
    "only",
    "more",
    "less",
    "each",
    "every",
    "path",
    "target",
    "targets",
    "milestone",
    "chance",
    "likely",
    "unlikely",
    "million",
    "thousand",
    "table",
    "chart",
    "figure",
    "figures",
    "published",
    "projected",
    "source",
    "sources",
    "known",
    "later",
    "month",
    "months",
    "year",
    "end",
    "draws",
    "seed",
    "language",
    "version",
    "notebook",
    "click",
}


def test_no_english_word_stands_in_the_indonesian_catalogue():
    allowed = {"target", "jalur"}  # loan words that the dictionary of Indonesian holds
    for key, text in wording.catalogues()["id"].items():
        if key in ("page.other", "nb.stamp"):
            continue
        plain = re.sub(r"\{\w+\}|<[^>]+>", " ", text).lower()
        found = set(re.findall(r"[a-z]+", plain)) & (ENGLISH - allowed)
        assert not found, (key, found)


def test_indonesian_never_abbreviates_a_magnitude():
    for key, text in wording.catalogues()["id"].items():
        assert not re.search(r"\b(jt|rb|M)\b", text), key
    for value in (1e4, 5e5, 1e6, 1.75e7, 6.5e7):
        for method in (ID.level, ID.exact, ID.amount):
            assert re.search(r"\b(juta|ribu)$", method(value)), (method, value)


def keys_said():
    """Literal catalogue keys in the package and its templates, and the prefixes of those that are put together."""
    text = "".join(p.read_text(encoding="utf-8") for p in [*SOURCE.rglob("*.py"), *SOURCE.rglob("*.j2")])
    called = r"\b(?:say|fmt\.html|counted)\(\s*f?[\"]([\w.]+\w)[\"]\s*[,)]"
    literal = set(re.findall(called, text)) | set(re.findall(r"say\('([\w.]+\w)'[,)]", text))
    quoted = set(re.findall(r"\"([a-z_]+(?:\.[a-z_0-9]+)+)\"", text))
    prefixes = set(re.findall(r"f?\"([a-z_]+\.(?:[a-z_]+\.?)*)\{", text)) | set(
        re.findall(r"\"([a-z_]+\.(?:[a-z_]+\.)*)\" \+", text)
    )
    prefixes |= {"lever.effort_", "lever.reach_"}  # put together by the steps a lever needs
    prefixes |= {"falling.", "shares.", "magnitude."}  # which stand in for others
    return literal, quoted, prefixes


@pytest.mark.parametrize("lang", wording.LANGUAGES)
def test_a_falling_path_has_sentences_of_its_own_with_the_same_values(lang):
    words = wording.catalogues()[lang]
    own = {key.removeprefix("falling."): said for key, said in words.items() if key.startswith("falling.")}
    assert len(own) > 60
    assert set(own) <= set(words)
    for key, said in own.items():
        assert said != words[key], key
        assert wording.placeholders(said) <= wording.placeholders(words[key]), key
    down = wording.Format(lang).counting("people", "down")
    assert down.say("chart.goal", target="15") == "≤ 15"
    assert down.say("status.met") == wording.Format(lang).say("status.met")
    assert wording.Format(lang).counting("people", "up").say("chart.goal", target="15") == "15"


@pytest.mark.parametrize("lang", wording.LANGUAGES)
def test_shares_have_sentences_of_their_own_with_the_same_values(lang):
    words = wording.catalogues()[lang]
    own = {key.removeprefix("shares."): said for key, said in words.items() if key.startswith("shares.")}
    assert len(own) > 15
    assert set(own) <= set(words)
    for key, said in own.items():
        assert said != words[key], key
        assert wording.placeholders(said) <= wording.placeholders(words[key]), key


def test_shares_are_written_in_per_cent_and_their_changes_in_points():
    en, id = EN.counting("percent"), ID.counting("percent")
    assert (en.exact(75), en.exact(74.5), en.level(62.61), en.level(0.457)) == ("75%", "74.5%", "62.6%", "0.46%")
    assert en.level(100) == "100%"
    assert en.published(41.0, 1) == "41.0%"
    assert [en.amount(x).replace("\u00a0", " ") for x in (0.0412, 0.35, 1.234, 12.34, 0)] == [
        "0.04 points",
        "0.35 points",
        "1.2 points",
        "12.3 points",
        "0.0 points",
    ]
    assert id.amount(0.0041).replace("\u00a0", " ") == "0,0041 poin"
    assert en.scale(75).unit("of homes") == "% of homes"
    assert en.path([22, 15]) == "22% \u2192 15%"
    assert EN.amount(0.0412) == "0.0"  # a count has no use for them


def said(fmt, value):
    return [words.replace("\u00a0", " ") for words in (fmt.exact(value), fmt.level(value), fmt.amount(value))]


def test_large_numbers_have_the_words_of_the_language():
    assert said(EN, 7e9) == ["7 billion", "7.00 billion", "7.00 billion"]
    assert said(ID, 2.5e12) == ["2,5 triliun", "2,50 triliun", "2,50 triliun"]
    assert EN.exact(1.1255e9).replace("\u00a0", " ") == "1,125.5 million"
    assert ID.published(4.312e9, -6).replace("\u00a0", " ") == "4,31 miliar"


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("en_IN", ["57 crore", "57.0 crore", "57.00 crore"]),
        ("hi_IN", ["57 करोड़", "57.0 करोड़", "57.00 करोड़"]),
        ("de_DE", ["570 Millionen", "570,0 Millionen", "570,00 Millionen"]),
    ],
)
def test_large_numbers_follow_the_locale(locale, written):
    fmt = wording.Format("en")
    fmt.locale = locale
    assert said(fmt, 5.7e8) == written
    assert fmt.number(12345678) == {"de_DE": "12.345.678"}.get(locale, "1,23,45,678")
    assert fmt.exact(1.2e5).replace("\u00a0", " ").split()[0] == {"de_DE": "120"}.get(locale, "1.2")


def test_the_word_of_a_magnitude_is_in_the_plural_of_its_number():
    fmt = wording.Format("en")
    fmt.locale = "de_DE"
    assert [fmt.exact(x).replace("\u00a0", " ") for x in (1e6, 2e6)] == ["1 Million", "2 Millionen"]


def test_every_key_that_is_said_exists_and_every_entry_is_said():
    literal, quoted, prefixes = keys_said()
    known = set(wording.catalogues()["en"])
    plural = {key.rpartition(".")[0] for key in known if key.endswith((".one", ".two", ".many"))}
    assert {key for key in literal if key not in known | plural} == set()
    unused = {
        key
        for key in known
        if key not in literal | quoted
        and key.rpartition(".")[0] not in literal | quoted
        and not any(key.startswith(prefix) for prefix in prefixes)
        and not key.startswith("nb.")
    }
    assert unused == set()


def test_the_text_between_outputs_is_there_in_every_language():
    """Same notebooks and cells; code, formulas and numbers of the method are the same in both, and no mark is left."""
    english, indonesian = wording.prose("en"), wording.prose("id")
    assert {name: set(cells) for name, cells in english.items()} == {
        name: set(cells) for name, cells in indonesian.items()
    }
    for name, cells in english.items():
        for cell, text in cells.items():
            other = indonesian[name][cell]
            assert other != text, (name, cell)
            assert not re.search(r"\[(?:ask|views)\]", text + other)
            for pattern in (r"\$\$.*?\$\$", r"\d+(?:\.\d+)?", r"^#+ ", r"study\.[\w.]+"):
                found, wanted = (sorted(re.findall(pattern, words, re.M | re.S)) for words in (other, text))
                assert found == wanted, (name, cell, pattern)
