"""Pictures of the default brief for the documents, in both languages, as on a desk and as on a phone.

    make screenshots

The pages are made from the repository's data and photographed in the Chromium that the browser tests use.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from jalur.brief import page as paper

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
VIEWS = {"desktop": (1280, "change"), "phone": (390, "take")}  # width, and the section before which the picture ends


def main() -> None:
    """Make the reports, open them and write the pictures."""
    browser_path = paper.find_browser()
    if browser_path is None:
        raise SystemExit("No Chromium or Chrome was found: no picture was taken.")
    with tempfile.TemporaryDirectory(prefix="jalur-pictures-") as out, sync_playwright() as playwright:
        subprocess.run([sys.executable, "-m", "jalur", "report", "--out", out], check=True)
        browser = playwright.chromium.launch(executable_path=browser_path, args=list(paper.FLAGS))
        for page_file in sorted(Path(out).rglob("brief.*.html")):
            for view, (width, end) in VIEWS.items():
                page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="light")
                page.goto(page_file.as_uri())
                picture = FOLDER / f"{page_file.stem}.{view}.png"
                height = int(page.evaluate(f"document.getElementById('{end}').getBoundingClientRect().top"))
                page.screenshot(path=picture, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})
                page.close()
                print(f"{picture.relative_to(FOLDER.parents[1])}: {picture.stat().st_size // 1024} kB")
        browser.close()


if __name__ == "__main__":
    main()
