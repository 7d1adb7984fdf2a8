"""A brief that travels: the same sections as a document, slides, a workbook, a card and a piece to embed.

Every writer takes the same blocks (headings, words, tables, pictures with their words), which come from the contexts of
the page's own sections: one wording, one number. The workbook holds numbers as numbers besides. Equal inputs give equal
bytes: no file knows when it was written.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from markupsafe import Markup

from jalur import charts
from jalur.brief.portfolio import plain_page
from jalur.brief.sections import SECTIONS, Material, contexts, picture
from jalur.errors import InputError
from jalur.verdict.model import FanRow
from jalur.words.format import Format
from jalur.words.sentences import question, sentence
from jalur.words.tables import Table, plain

FORMATS = ("docx", "pptx", "xlsx", "png", "embed")
EPOCH = (1980, 1, 1, 0, 0, 0)  # the day of every part of an archive
MM_AN_INCH = 25.4
DPI = 200
SLIDE_ROWS, SLIDE_LETTERS = 11, 900  # of a table or of words that one slide holds


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the title."""

    level: int
    text: str


@dataclass(frozen=True)
class Words:
    """A paragraph, or an item of a list; `url` is where it leads."""

    text: str
    item: bool = False
    url: str = ""


@dataclass(frozen=True)
class Image:
    """A chart as PNG, its words, and its width in mm."""

    png: bytes
    alt: str
    width: float


Block = Heading | Words | Image | Table


def files_of(material: Material, lang: str, formats: Iterable[str]) -> dict[str, bytes]:
    """The brief in other formats.

    Parameters
    ----------
    material : Material
    lang : str
    formats : iterable of str
        Of `FORMATS`.

    Returns
    -------
    dict of str to bytes
        Name of the file -> content: ``brief.en.docx``, ``embed.en.html`` and so on.

    Raises
    ------
    InputError
        For a format whose package is not installed.
    """
    writers: dict[str, Callable[[Material, str], bytes]] = {
        "docx": to_docx, "pptx": to_pptx, "xlsx": to_xlsx, "png": to_card, "embed": to_embed,
    }  # fmt: skip
    names = {kind: f"embed.{lang}.html" if kind == "embed" else f"brief.{lang}.{kind}" for kind in writers}
    found = {}
    for kind in dict.fromkeys(formats):
        try:
            found[names[kind]] = writers[kind](material, lang)
        except ImportError as error:
            raise InputError(f"{names[kind]} needs the package {error.name}: pip install 'jalur[office]'") from error
    return found


def _format(material: Material, lang: str) -> Format:
    return Format(lang).counting(material.verdict.unit, material.verdict.direction)


# blocks


def blocks(material: Material, lang: str) -> list[Block]:
    """The brief from its title to its sources, in the order of the page."""
    given = contexts(material, lang, _drawn)
    found: list[Block] = []
    for name in SECTIONS:
        found += [block for block in _SECTIONS[name](given[name]) if block]
    return found


def _drawn(chart: Callable[[bool], tuple[Any, str]]) -> Image:
    figure, alt = chart(False)
    return Image(charts.png(figure, DPI), alt.replace("\u00a0", " "), figure.get_size_inches()[0] * MM_AN_INCH)


def _words(*texts: Any, **look: Any) -> Iterator[Words]:
    yield from (Words(plain(text), **look) for text in texts if text)


def _question(c: dict[str, Any]) -> Iterator[Block]:
    yield Heading(1, plain(c["question"]))
    yield from _words(c["say"]("page.known", cutoff=c["cutoff"]), f"{c['say']('limits.head')}. {c['limits']}")


def _verdict(c: dict[str, Any]) -> Iterator[Block]:
    yield Heading(2, c["say"]("formats.verdict"))
    yield from _words(c["sentence"], c["reasons"], f"{c['condition_head']} {c['condition']}".strip())


def _milestones(c: dict[str, Any]) -> Iterator[Block]:
    if not c["cards"]:
        return
    say, names = c["say"], ("p", "word", "middle", "span", "needed")
    head = (
        "milestones.target",
        "whatif.chance",
        "formats.word",
        "formats.middle",
        "formats.range",
        "milestones.needed",
    )
    rows = tuple((plain(m["head"]), *(plain(m[name]) or "\u2013" for name in names)) for m in c["cards"])
    yield Table(plain(c["caption"]), tuple(say(key) for key in head), rows, frozenset({1, 3, 4, 5}))


def _fan(c: dict[str, Any]) -> Iterator[Block]:
    yield Heading(2, plain(c["title"]))
    yield from _words(c["sub"])
    yield c["chart"]
    yield from _words(c["note"])
    yield from c["tables"]


def _take(c: dict[str, Any]) -> Iterator[Block]:
    say = c["say"]
    yield Heading(2, say("take.title"))
    yield from _words(c["sentences"])
    if c["pace"] or c["pace_table"]:
        yield Heading(3, plain(c["pace_title"]))
        yield from _words(c["pace_sub"])
        if c["pace"]:
            yield c["pace"]
        if c["pace_table"]:
            yield c["pace_table"]
    if c["levels"]:
        yield Heading(3, plain(c["levels_title"]))
        rows = [(name, *row) for name, row in c["levels"]] + [(say("take.official"), *c["targets"])]
        yield Table(
            plain(c["levels_sub"]), (say("take.confidence"), *c["official"]), tuple(rows), _numbers(c["official"])
        )
    elif c["arithmetic"]:
        yield Heading(3, say("take.arithmetic_title"))
        head = tuple(say(key) for key in ("table.target", "take.per_month", "take.per_year"))
        yield Table(plain(c["arithmetic_caption"]), head, tuple(c["arithmetic"]), frozenset({1, 2}))
    yield from _words(*c["levers"], item=True)


def _numbers(columns: Sequence[Any]) -> frozenset[int]:
    return frozenset(range(1, len(columns) + 1))


def _change(c: dict[str, Any]) -> Iterator[Block]:
    say = c["say"]
    yield Heading(2, say("change.title"))
    yield from _words(f"{plain(c['lead'])} {plain(c['influential'])}".strip(), c["moved"], c["news"])
    if c["base_row"]:
        columns = [*c["columns"], *([say("change.whole")] if len(c["columns"]) > 1 else [])]
        cases = [c["base_row"], *(case for _, cases in c["groups"] for case in cases)]
        rows = tuple((plain(name), *row) for name, row in cases)
        yield Table(plain(c["caption"]), (say("change.assumption"), *columns), rows, _numbers(columns))
    if c["missing"]:
        yield Heading(3, say("change.missing_title"))
        yield from _words(*c["missing"], item=True)
    if c["definition"]:
        yield Heading(3, say("definition.title"))
        yield from _words(c["definition"]["text"], plain(c["definition"]["sub"]) + plain(c["definition"]["cite"]))
        yield c["definition"]["chart"]
        yield c["definition"]["table"]
    yield Heading(2, say("labels.title"))
    if c["labels"]:
        head = tuple(say(f"labels.{key}") for key in ("method", "value", "rule", "says"))
        rows = tuple(row[:4] for row in c["labels"])
        yield Table(f"{c['labels_caption']}. {plain(c['labels_from'])}", head, rows, frozenset({1, 2}))
    yield from _words(c["labels_text"])


def _record(c: dict[str, Any]) -> Iterator[Block]:
    yield Heading(2, c["say"]("record.title"))
    if not c["chart"]:
        yield from _words(c["say"]("record.nothing"))
        return
    yield from _words(f"{c['say']('definition.later')}: {plain(c['title'])}", c["sub"])
    yield c["chart"]
    yield from _words(c["note"])
    yield c["table"]


def _trust(c: dict[str, Any]) -> Iterator[Block]:
    say = c["say"]
    yield Heading(2, say("sure.title"))
    yield from _words(c["said"])
    if c["bars_rows"]:
        rows = tuple((plain(label), words) for label, _, words, _ in c["bars_rows"])
        yield Table(say("sure.caption"), (say("labels.method"), say("labels.value")), rows, frozenset({1}))
    yield Heading(2, say("method.title"))
    yield from _words(*c["steps"], item=True)


def _sources(c: dict[str, Any]) -> Iterator[Block]:
    yield Heading(2, c["say"]("sources.title"))
    for number, source in enumerate(c["items"], 1):
        yield Words(f"[{number}] {plain(source.line)}: {source.publisher}", True, source.url if source.linked else "")
    yield from _words(c["note"], f"{c['say']('sources.params')}: {plain(c['parameters'])}")


_SECTIONS: dict[str, Callable[[dict[str, Any]], Iterator[Block]]] = {
    "question": _question, "verdict": _verdict, "milestones": _milestones, "fan": _fan, "take": _take,
    "change": _change, "record": _record, "trust": _trust, "sources": _sources,
}  # fmt: skip


# a document


def to_docx(material: Material, lang: str) -> bytes:
    """The brief as a Word document: heading styles, repeated header rows, pictures with alternative texts."""
    import docx
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    document = docx.Document()
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(18)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(10)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "Arial")
    language = normal.element.rPr.makeelement(qn("w:lang"), {qn("w:val"): _region(lang)})
    normal.element.rPr.append(language)
    for block in blocks(material, lang):
        if isinstance(block, Heading):
            document.add_heading(block.text, block.level)
        elif isinstance(block, Words):
            paragraph = document.add_paragraph(style="List Bullet" if block.item else None)
            _linked(paragraph, block)
        elif isinstance(block, Image):
            shape = document.add_picture(io.BytesIO(block.png), width=Mm(min(block.width, 174)))
            shape._inline.docPr.set("descr", block.alt)
        else:
            _docx_table(document, block)
    _properties(document.core_properties, material, lang)
    out = io.BytesIO()
    document.save(out)
    return _timeless(out.getvalue())


def _linked(paragraph: Any, block: Words) -> None:
    """The words of a paragraph, as a link where they lead somewhere."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml.ns import qn

    run = paragraph.add_run(block.text)
    if block.url:
        known = paragraph.part.relate_to(block.url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        link = paragraph._p.makeelement(qn("w:hyperlink"), {qn("r:id"): known})
        run.font.underline = True
        paragraph._p.append(link)
        link.append(run._r)


def _docx_table(document: Any, table: Table) -> None:
    """A caption and a table whose first row is a header that every page repeats."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn

    document.add_paragraph(plain(table.caption), style="Caption")
    made = document.add_table(rows=1 + len(table.rows), cols=len(table.head), style="Table Grid")
    for r, row in enumerate((table.head, *table.rows)):
        for k, cell in enumerate(row):
            paragraph = made.cell(r, k).paragraphs[0]
            paragraph.add_run(plain(cell)).bold = r == 0 or k == 0
            if k in table.numeric:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    properties = made.rows[0]._tr.get_or_add_trPr()
    properties.append(properties.makeelement(qn("w:tblHeader"), {qn("w:val"): "true"}))
    document.add_paragraph()


# slides


def to_pptx(material: Material, lang: str) -> bytes:
    """The brief as slides: a title on each, tables with header rows, pictures with alternative texts."""
    import pptx
    from pptx.util import Mm

    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = Mm(338.7), Mm(190.5)
    title, rest = "", blocks(material, lang)
    for block in rest:
        if isinstance(block, Heading):
            title = block.text if block.level != 3 else title
            if block.level == 1:
                _first_slide(deck, title, material, lang)
        elif isinstance(block, Words):
            _say_on_slide(deck, title, block)
        elif isinstance(block, Image):
            slide = _slide(deck, title)
            shape = slide.shapes.add_picture(io.BytesIO(block.png), Mm(20), Mm(38))
            scale = min(Mm(298) / shape.width, Mm(142) / shape.height)
            shape.width, shape.height = int(shape.width * scale), int(shape.height * scale)
            shape._element.nvPicPr.cNvPr.set("descr", block.alt)
        else:
            for start in range(0, max(len(block.rows), 1), SLIDE_ROWS):
                _pptx_table(_slide(deck, title), block, start)
    _properties(deck.core_properties, material, lang)
    out = io.BytesIO()
    deck.save(out)
    return _timeless(out.getvalue())


def _first_slide(deck: Any, title: str, material: Material, lang: str) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    _place(slide.shapes.title, 20, 30, 298, 60, 32)
    slide.shapes.title.text = title
    _place(slide.placeholders[1], 20, 100, 298, 60, 22)
    slide.placeholders[1].text = plain(sentence(material.verdict, _format(material, lang)))


def _slide(deck: Any, title: str) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    _place(slide.shapes.title, 20, 8, 298, 26, 24)
    slide.shapes.title.text = title
    return slide


def _place(shape: Any, left: float, top: float, width: float, height: float, size: float) -> None:
    from pptx.util import Mm, Pt

    shape.left, shape.top, shape.width, shape.height = Mm(left), Mm(top), Mm(width), Mm(height)
    shape.text_frame.word_wrap = True
    shape.text_frame.paragraphs[0].font.size = Pt(size)


def _say_on_slide(deck: Any, title: str, block: Words) -> None:
    """Words go on the last slide of their heading for as long as there is room, else on a new one."""
    from pptx.util import Mm, Pt

    last = deck.slides[len(deck.slides) - 1] if len(deck.slides) else None
    box = None
    if last is not None and last.shapes.title.text == title and len(last.shapes) == 2:
        shape = last.shapes[1]
        if shape.name == "words" and len(shape.text_frame.text) + len(block.text) <= SLIDE_LETTERS:
            box = shape
    if box is None:
        box = _slide(deck, title).shapes.add_textbox(Mm(20), Mm(38), Mm(298), Mm(140))
        box.name = "words"
        box.text_frame.word_wrap = True
        paragraph = box.text_frame.paragraphs[0]
    else:
        paragraph = box.text_frame.add_paragraph()
    run = paragraph.add_run()
    run.text = ("\u2022 " if block.item else "") + block.text
    run.font.size, paragraph.space_after = Pt(16), Pt(6)
    if block.url:
        run.hyperlink.address = block.url


def _pptx_table(slide: Any, table: Table, start: int) -> None:
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Mm, Pt

    rows = (table.head, *table.rows[start : start + SLIDE_ROWS])
    shape = slide.shapes.add_table(len(rows), len(table.head), Mm(20), Mm(38), Mm(298), Mm(9 * len(rows)))
    shape.name = plain(table.caption)
    shape._element.nvGraphicFramePr.cNvPr.set("descr", plain(table.caption))
    shape.table.first_row, shape.table.first_col = True, True
    for r, row in enumerate(rows):
        for k, cell in enumerate(row):
            frame = shape.table.cell(r, k).text_frame
            frame.text = plain(cell)
            frame.paragraphs[0].font.size = Pt(12)
            if k in table.numeric:
                frame.paragraphs[0].alignment = PP_ALIGN.RIGHT


# a workbook


def to_xlsx(material: Material, lang: str) -> bytes:
    """The numbers of the verdict as a workbook: header rows, chances as shares, levels in single units."""
    import openpyxl
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    fmt, book = _format(material, lang), openpyxl.Workbook()
    book.remove(book.active)
    for name, head, rows in _sheets(material, fmt):
        sheet = book.create_sheet(name)
        for r, row in enumerate((head, *rows), 1):
            for k, value in enumerate(row, 1):
                cell = sheet.cell(r, k)
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"  # a text that starts with = is no formula
                    cell.alignment = Alignment(wrap_text=True, vertical="top")
                if r == 1:
                    cell.font = Font(bold=True)
                elif isinstance(value, float):
                    cell.number_format = "0%" if abs(value) <= 1 else "#,##0"
        sheet.freeze_panes = "B2"
        sheet.auto_filter.ref = sheet.dimensions
        for k, column in enumerate(zip(head, *rows, strict=True), 1):
            longest = max(len(str(value)) for value in column)
            sheet.column_dimensions[get_column_letter(k)].width = min(max(longest + 2, 10), 60)
    _properties(book.properties, material, lang)
    out = io.BytesIO()
    book.save(out)
    return _timeless(out.getvalue(), f"{material.verdict.vintage}T00:00:00Z")


Sheet = tuple[str, tuple[str, ...], list[tuple[Any, ...]]]


def _sheets(material: Material, fmt: Format) -> Iterator[Sheet]:
    """Name, header row and rows of each sheet."""
    v, say = material.verdict, fmt.say
    about = [
        (say("formats.sentence"), plain(sentence(v, fmt))), (say("portfolio.chance"), v.joint_probability),
        (say("portfolio.vintage"), v.vintage), (say("formats.unit"), v.unit), (say("formats.engine"), v.engine_version),
        (say("formats.data"), v.data_hash),
    ]  # fmt: skip
    yield say("formats.verdict"), (say("formats.field"), say("formats.content")), about
    head = ("table.date", "table.target", "whatif.chance", "formats.word", "formats.middle", "table.low", "table.high",
            "milestones.needed")  # fmt: skip
    rows = [
        (m.date, m.target, m.probability, say(f"class.{m.probability_class}"), m.median,
         *(m.interval_90 or (None, None)), m.required_monthly_additions)
        for m in v.milestones
    ]  # fmt: skip
    yield say("formats.targets"), tuple(say(key) for key in head), rows
    names = [f.name for f in fields(FanRow)]
    yield say("chart.projected"), (say("table.date"), *names[1:]), [tuple(getattr(r, n) for n in names) for r in v.fan]
    columns = ("as_of", "reported_on", "value", "speaker_org", "id", "url")
    keys = ("table.as_of", "table.published", "table.value", "table.who", "table.row", "formats.page")
    figures = [
        tuple(str(row[name])[:10] if name in columns[:2] else row[name] for name in columns)
        for row in material.figures[list(columns)].to_dict("records")
    ]
    yield say("formats.figures"), tuple(say(key) for key in keys), figures


# a card and a piece to embed


def to_card(material: Material, lang: str) -> bytes:
    """The verdict as a picture of 1200 x 630 pixels, for a link that is shared; its words stand in the file."""
    fmt = _format(material, lang)
    v = material.verdict
    asked = plain(question(v, material.programme, fmt))
    figure, alt = charts.card_chart(v, material.figures, fmt, asked, plain(sentence(v, fmt)))
    return charts.png(figure, charts.CARD_DPI, {"Title": asked, "Description": alt})


def to_embed(material: Material, lang: str) -> bytes:
    """The fan alone, as a page for a frame in another one; nothing is loaded, a link leads to the brief."""
    fmt, v = _format(material, lang), material.verdict
    asked = plain(question(v, material.programme, fmt))

    def fan(narrow: bool) -> tuple[Any, str]:
        return charts.fan_chart(v, material.figures, fmt, narrow, material.programme.reference_source)

    link = Markup('<p class="note"><a href="brief.{}.html" target="_top">{}</a></p>').format(lang, fmt.say("page.kind"))
    return plain_page(lang, asked, [sentence(v, fmt)], [picture(fan), link])


# what every file says of itself


def _region(lang: str) -> str:
    return {"en": "en-GB", "id": "id-ID"}[lang]


def _properties(properties: Any, material: Material, lang: str) -> None:
    v = material.verdict
    properties.title = plain(question(v, material.programme, _format(material, lang)))
    properties.creator = properties.author = "jalur"
    properties.language = _region(lang)
    properties.created = properties.modified = datetime.fromisoformat(v.vintage)


def _timeless(archive: bytes, modified: str = "") -> bytes:
    """The same archive with one day for every part, so that equal inputs give equal bytes.

    openpyxl writes the moment of saving over what it was told; `modified` is put in its place.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in sorted(old.namelist()):
            content = old.read(part)
            if modified and part == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + modified.encode(), content)
            new.writestr(zipfile.ZipInfo(part, EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
