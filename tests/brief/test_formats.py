"""The brief in other formats: the numbers of the verdict, headings, header rows, words for pictures, the same bytes."""

import io
import itertools
import json
import re
import sys

import docx
import openpyxl
import pptx
import pytest
from brief_cases import cases
from brief_pages import export, material, study
from docx.oxml.ns import qn
from PIL import Image

from jalur import charts
from jalur.brief import formats
from jalur.brief import sections as brief
from jalur.errors import InputError
from jalur.words.format import LANGUAGES, Format
from jalur.words.tables import plain

CASES = cases()


@pytest.fixture(scope="module", params=LANGUAGES)
def lang(request):
    return request.param


@pytest.fixture(scope="module")
def real():
    return study("umkm_onboarding", "2022-03-31").material


@pytest.fixture(scope="module")
def made(real, lang):
    return formats.files_of(real, lang, formats.FORMATS)


def opened(made, lang):
    names = {"docx": docx.Document, "pptx": pptx.Presentation, "xlsx": openpyxl.load_workbook}
    return {kind: read(io.BytesIO(made[f"brief.{lang}.{kind}"])) for kind, read in names.items()}


def test_the_document_says_the_chances_of_the_verdict(made, lang, real):
    fmt, document = Format(lang), opened(made, lang)["docx"]
    table = document.tables[0]
    shown = [[cell.text for cell in row.cells] for row in table.rows][1:]
    assert [row[1] for row in shown] == [fmt.percent(m.probability) for m in real.verdict.milestones]
    text = " ".join(paragraph.text for paragraph in document.paragraphs)
    assert fmt.percent(real.verdict.joint_probability) in text


def test_the_document_has_headings_header_rows_links_and_words_for_its_pictures(made, lang, real):
    document = opened(made, lang)["docx"]
    levels = [int(p.style.name[-1]) for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    assert len(document.tables) >= 6
    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    pictures = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert len(pictures) == 4
    assert all(len(words) > 30 for words in pictures)
    links = {rel.target_ref for rel in document.part.rels.values() if rel.is_external}
    assert real.programme.path.url in links
    assert document.core_properties.language.startswith(lang)


def test_every_slide_has_a_title_and_keeps_what_it_shows_inside(made, lang, real):
    fmt, deck = Format(lang), opened(made, lang)["pptx"]
    said, chances = [], []
    for slide in deck.slides:
        assert slide.shapes.title.text.strip()
        for shape in slide.shapes:
            assert 0 <= shape.left <= shape.left + shape.width <= deck.slide_width
            assert 0 <= shape.top <= shape.top + shape.height <= deck.slide_height
            if shape.has_text_frame:
                said.append(shape.text_frame.text)
                assert len(shape.text_frame.text) <= formats.SLIDE_LETTERS
            if shape.has_table:
                assert shape.table.first_row
                chances += [row.cells[1].text for row in shape.table.rows]
            if shape.shape_type == pptx.enum.shapes.MSO_SHAPE_TYPE.PICTURE:
                assert len(shape._element.nvPicPr.cNvPr.get("descr")) > 30
    assert {fmt.percent(m.probability) for m in real.verdict.milestones} <= set(chances)
    assert fmt.percent(real.verdict.joint_probability) in " ".join(said)


def test_the_numbers_of_the_workbook_are_those_of_the_verdict_and_no_text_is_a_formula(made, lang, real):
    about, targets, fan, figures = opened(made, lang)["xlsx"].worksheets
    v = json.loads(real.verdict.to_json())
    assert about["B3"].value == v["joint_probability"]
    rows = list(targets.iter_rows(min_row=2, values_only=True))
    assert [row[:3] for row in rows] == [(m["date"], m["target"], m["probability"]) for m in v["milestones"]]
    assert [list(row[5:7]) for row in rows] == [m["interval_90"] for m in v["milestones"]]
    assert [row for row in fan.iter_rows(min_row=2, values_only=True)] == [tuple(row.values()) for row in v["fan"]]
    assert [row[4] for row in figures.iter_rows(min_row=2, values_only=True)] == v["figures_used"]
    for sheet in (about, targets, fan, figures):
        assert all(cell.font.bold for cell in sheet[1])
        assert sheet.freeze_panes == "B2"
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_a_text_that_starts_like_a_formula_stays_a_text(real):
    planted = brief.Material(real.verdict, real.programme, real.figures.assign(url="=HYPERLINK(1)"))
    book = openpyxl.load_workbook(io.BytesIO(formats.to_xlsx(planted, "en")))
    cell = book.worksheets[3]["F2"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")


def test_the_card_has_the_size_for_a_shared_link_and_its_words_in_the_file(made, lang, real):
    card = Image.open(io.BytesIO(made[f"brief.{lang}.png"]))
    assert card.size == (1200, 630)
    assert Format(lang).percent(real.verdict.joint_probability) in card.text["Description"]


@pytest.mark.parametrize("name", sorted(CASES))
def test_nothing_overlaps_on_the_card_of_any_shape_of_verdict(name, lang):
    case, fmt = CASES[name], Format(lang)
    asked = plain(brief.text.question(case.verdict, case.programme, fmt))
    said = plain(brief.text.sentence(case.verdict, fmt))
    figure, alt = charts.card_chart(case.verdict, case.figures, fmt, asked, said)
    assert charts.overlaps(figure) == []
    assert said in alt


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_shape_of_verdict_is_written_in_every_format(name, lang):
    found = formats.files_of(material(CASES[name]), lang, formats.FORMATS)
    assert len(found) == len(formats.FORMATS)
    document = docx.Document(io.BytesIO(found[f"brief.{lang}.docx"]))
    words = " ".join(p.text for p in document.paragraphs)
    assert not re.search(r"</?\w+>|&\w+;|None", words)


def test_same_material_same_bytes(made, lang, real):
    again = formats.files_of(real, lang, ("docx", "pptx", "xlsx", "png"))
    for name, content in again.items():
        assert content == made[name], name


def test_a_missing_package_is_one_sentence(monkeypatch, real):
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(InputError, match=r"brief\.en\.docx needs the package docx: pip install 'jalur\[office\]'"):
        formats.files_of(real, "en", ("docx",))


def test_the_page_tells_machines_the_chances_and_the_claim(real, lang):
    html = export(brief.sections(real, lang), lang)
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    data, claim = json.loads(text)["@graph"]
    assert (data["@type"], claim["@type"]) == ("Dataset", "Claim")
    chances = [one["value"] for one in data["variableMeasured"]]
    assert chances == [*(m.probability for m in real.verdict.milestones), real.verdict.joint_probability]
    assert claim["appearance"]["url"] == real.programme.path.url
    assert "og:image" not in html


def test_no_text_of_the_data_ends_the_element_for_machines(real, lang):
    from dataclasses import replace

    title = dict.fromkeys(LANGUAGES, "</script><script>alert(1)</script>")
    planted = replace(real, programme=replace(real.programme, title=title))
    html = export(brief.sections(planted, lang), lang)
    assert "<script>alert" not in html
