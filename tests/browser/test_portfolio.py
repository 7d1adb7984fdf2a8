"""The page of all programmes in a real Chromium: accessible, by keyboard alone, on a phone, in print."""

import io
import json

import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe

from jalur import office
from jalur.verdict.case import Case
from jalur.verdict.judge import judge
from jalur.words.format import LANGUAGES

NAMES = ("umkm_onboarding", "modern_cooperatives", "sumut_qris")
DAYS = ("2021-12-31", "2022-12-31", "2023-12-31")


@pytest.fixture(scope="module")
def files(programmes, tmp_path_factory):
    root = tmp_path_factory.mktemp("reports")
    for name in NAMES:
        for day in DAYS:
            folder = root / name / day
            folder.mkdir(parents=True)
            verdict = judge(Case.of(programmes(name), day), sensitivity=False)
            (folder / "verdict.json").write_text(verdict.to_json(), encoding="utf-8")
    return office.index_files(root)


@pytest.fixture
def opened(open_page, files):
    def open_(lang, **look):
        return open_page(files[f"index.{lang}.html"].decode("utf-8"), f"index.{lang}.html", **look)

    return open_


def shown(page):
    return page.evaluate("[...document.querySelectorAll('tbody tr')].filter(r => r.offsetHeight).length")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_accessible_loads_nothing_and_fits_a_phone(opened, lang):
    for width, dark in ((1100, False), (360, True), (360, False), (1100, True)):
        page = opened(lang, width=width, dark=dark)
        assert page.said == []
        assert all(address == page.url or address.startswith("data:") for address in page.asked)
        assert shown(page) == len(NAMES)
        page.uncheck("input[name=latest]")
        assert shown(page) == len(NAMES) * len(DAYS)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
        assert found.violations_count == 0, found.generate_report()


def test_it_is_sorted_and_filtered_with_the_keyboard_alone(opened, files):
    page = opened("en")
    page.keyboard.press("Tab")  # the other language
    page.keyboard.press("Tab")
    page.keyboard.type("UMKM in")
    assert shown(page) == 1
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # all days
    assert shown(page) == len(NAMES) * len(DAYS)
    for _ in range(4):  # the table, two text columns, the chance
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.get_attribute("thead th:nth-child(3)", "aria-sort") == "ascending"
    values = page.evaluate("[...document.querySelectorAll('tbody td:nth-child(3)')].map(c => c.dataset.value)")
    known = [float(value) for value in values if value]
    rows = json.loads(files["index.json"])["verdicts"]
    assert known == sorted(row["chance"] for row in rows if row["chance"] is not None)
    assert all(not value for value in values[len(known) :])
    page.keyboard.press("Enter")
    assert page.get_attribute("thead th:nth-child(3)", "aria-sort") == "descending"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_whole_without_scripts_and_in_print(opened, lang):
    page = opened(lang, scripts=False)
    assert shown(page) == len(NAMES) * len(DAYS)
    assert not page.is_visible("form")
    sheets = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True))).pages
    text = "".join(sheet.extract_text() for sheet in sheets)
    assert float(sheets[0].mediabox.width) > float(sheets[0].mediabox.height)
    assert text.count("2023") >= len(NAMES)
