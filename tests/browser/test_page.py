"""The brief in a real Chromium: accessible, offline, fit for a phone, two pages in print, the verdict's numbers."""

import io
import re

import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from brief_cases import cases
from brief_pages import export, material, real_page, study

from jalur.brief import page as paper
from jalur.brief import sections as brief
from jalur.words.format import LANGUAGES, Format

CASES = cases()
REAL = [
    ("umkm_onboarding", "2022-03-31"),
    ("umkm_onboarding", "2023-12-31"),
    ("ekatalog_umkm", "2022-03-31"),
    ("ekatalog_umkm", "2022-10-31"),
    ("modern_cooperatives", "2022-03-31"),
    ("modern_cooperatives", "2024-01-31"),
    ("jakarta_jakpreneur", "2021-12-31"),
]


def case_page(name, lang):
    return export(brief.sections(material(CASES[name]), lang), lang)


PAGES = [pytest.param("real", key, id="-".join(key)) for key in REAL] + [
    pytest.param("case", name, id=name)
    for name in ("very_likely", "half_past", "two", "near", "no_path", "none", "wide")
]


KEPT = ("record", "measured", "definitions", "survey", "wires", "moved", "earlier")


def long_page(lang):
    """Eight targets with everything else that a page can hold: the hardest to keep on two sheets."""
    real = study("umkm_onboarding", "2022-03-31").material
    kept = {name: getattr(real, name) for name in KEPT}
    case = cases()["yearly"]
    case.programme.observations = real.programme.observations
    return export(brief.sections(material(case, **kept), lang), lang)


def html_of(kind, key, lang):
    if kind == "long":
        return long_page(lang)
    return real_page(*key, lang) if kind == "real" else case_page(key, lang)


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("kind", "key"), PAGES)
def test_the_page_is_accessible_offline_and_fits_a_phone(open_page, kind, key, lang):
    html = html_of(kind, key, lang)
    for width, dark in ((1100, False), (360, True), (360, False), (1100, True)):
        page = open_page(html, f"brief.{lang}.html", width=width, dark=dark)
        assert page.asked == [page.url] or all(u.startswith("data:") for u in page.asked[1:]), page.asked
        assert page.said == []
        assert page.evaluate("document.documentElement.lang") == lang
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
        assert found.violations_count == 0, found.generate_report()
        broken = page.evaluate("[...document.images].filter(i => !i.complete || !i.naturalWidth).length")
        assert broken == 0
        # A caption stands first or last in its figure; HTML allows it nowhere else.
        ends = "c => c === c.parentElement.firstElementChild || c === c.parentElement.lastElementChild"
        assert page.evaluate(f"[...document.querySelectorAll('figcaption')].every({ends})")


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("kind", "key"), [*PAGES, pytest.param("long", "", id="long")])
def test_it_prints_on_two_a4_pages(open_page, kind, key, lang):
    page = open_page(html_of(kind, key, lang))
    reader = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    assert len(reader.pages) == 2
    for sheet in reader.pages:
        assert float(sheet.mediabox.width) == pytest.approx(595, abs=2)
        assert float(sheet.mediabox.height) == pytest.approx(842, abs=2)


@pytest.mark.slow
@pytest.mark.parametrize("key", REAL, ids="-".join)
def test_the_numbers_are_those_of_the_verdict_in_both_languages(open_page, key):
    verdict = study(*key).verdict
    for lang in LANGUAGES:
        fmt, page = Format(lang), open_page(real_page(*key, lang))
        shown = page.evaluate("document.querySelector('.odds b')?.textContent ?? ''")
        p = verdict.joint_probability
        assert shown == ("" if p is None else fmt.percent(p))
        chances = page.eval_on_selector_all(".milestones .chance td b", "cells => cells.map(c => c.textContent)")
        assert chances == [fmt.percent(m.probability) for m in verdict.milestones if m.probability is not None]
        ids = page.eval_on_selector_all(".fan .listing:last-of-type a", "links => links.map(a => a.textContent)")
        assert tuple(ids) == verdict.figures_used


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_slider_changes_the_number_and_agrees_with_the_engine(open_page, lang):
    opened = study("umkm_onboarding", "2022-03-31")
    fmt, page = Format(lang), open_page(real_page("umkm_onboarding", "2022-03-31", lang))
    slider, chance = page.locator("input[type=range]"), page.locator(".slider .chance")
    assert slider.is_visible()
    assert page.get_by_label(fmt.say("whatif.label")).count() == 1
    assert chance.text_content() == fmt.percent(opened.verdict.joint_probability)
    times, now = opened.path.times, opened.case.now
    seen = set()
    levels = [x for x, _ in opened.verdict.levers.faster]
    slider.focus()
    for percent in (-50.0, 30.0, 100.0):
        steps = levels.index(percent) - int(slider.input_value())
        for _ in range(abs(steps)):
            page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
        sped = now + (times - now) * (1 + percent / 100)
        engine = opened.case.together(sped, opened.path.levels)
        assert chance.text_content() == fmt.percent(engine), percent
        assert chance.text_content() in slider.get_attribute("aria-valuetext")
        seen.add(chance.text_content())
    assert len(seen) == 3


def test_without_scripts_the_table_stands_in_for_the_slider(open_page):
    page = open_page(case_page("umkm", "en"), scripts=False)
    assert not page.locator("input[type=range]").is_visible()
    page.locator(".what-if summary").click()
    assert page.locator(".what-if tbody tr").count() == 16


def test_the_policy_stops_a_script_that_was_planted(open_page):
    html = case_page("umkm", "en").replace("</main>", "<script>document.title = 'planted'</script></main>")
    html = html.replace("</main>", '<img src="https://example.org/x.png" alt="x"></main>')
    page = open_page(html)
    assert page.title() != "planted"
    assert any("Content Security Policy" in words for words in page.said)
    assert page.asked[:1] == [page.url]
    assert page.evaluate("[...document.images].at(-1).naturalWidth") == 0


def test_the_language_switch_and_the_notebooks_lie_beside_the_page(open_page):
    page = open_page(case_page("umkm", "id"), "brief.id.html")
    assert page.locator("a.switch").get_attribute("href") == "brief.en.html"
    assert page.locator('a[href="01_evidence.ipynb"]').count() == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_installed_browser_prints_the_pdf(chromium_path, lang):
    reader = pypdf.PdfReader(io.BytesIO(paper.print_to_pdf(case_page("umkm", lang).encode())))
    assert len(reader.pages) == 2
    words = " ".join(sheet.extract_text() for sheet in reader.pages)
    assert re.search(r"35\s*%", words)
    assert {"en": "Page 1 of 2", "id": "Halaman 1 dari 2"}[lang] in words
