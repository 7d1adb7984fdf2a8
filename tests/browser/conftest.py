"""A real Chromium for the tests of the page. Where none is installed the tests say so; in CI they must run."""

import os
from pathlib import Path

import pytest

from jalur.brief.page import FLAGS, find_browser


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium_path():
    found = find_browser()
    if found is None:
        words = "no Chromium or Chrome is installed: the browser tests did not run"
        if os.environ.get("JALUR_REQUIRE_BROWSER"):
            pytest.fail(words)
        pytest.skip(words)
    return found


@pytest.fixture(scope="session")
def chromium(chromium_path):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, tmp_path):
    """Open a page from a file; collects every request and console message."""
    opened = []

    def open_(html, name="brief.en.html", width=1100, dark=False, scripts=True):
        path = tmp_path / name
        path.write_text(html, encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            bypass_csp=False,
        )
        page = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto(path.as_uri())
        opened.append(context)
        return page

    yield open_
    for context in opened:
        context.close()
