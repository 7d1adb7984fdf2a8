"""The finished page: the outputs of brief.ipynb as one page that stands alone, and its print on paper.

nbconvert runs `Page` as a preprocessor (named in the template's conf.json) and the template only lays out what it
finds in the resources, so that any exporter with ``template_name="jalur"`` gives the same page. Nothing is loaded from
elsewhere: the content security policy allows inline style, images in data addresses, and the one script by its hash.

A Chromium or Chrome that is already installed prints the page to PDF; nothing is downloaded.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import Preprocessor

from jalur.errors import InputError
from jalur.words.format import LANGUAGES, Format

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{script}'; "
    "base-uri 'none'; form-action 'none'"
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--no-pdf-header-footer",
    "--hide-scrollbars",
    "--window-size=1280,1800",  # the desktop layout, so that print starts from it
)
STILL_THERE = "the HTML page is there and prints the same"
TIMEOUT = 120  # seconds


def hash_of(script: str) -> str:
    """Value of a hash source for an inline script."""
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def asset(name: str) -> str:
    """A file of the template folder as text."""
    return (files("jalur.brief") / "templates" / "jalur" / name).read_text(encoding="utf-8")


class Page(Preprocessor):
    """Fills ``resources["jalur"]``: language, title, description, data, card, style, script, policy."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Read language, title and description from what the sections say of themselves (`Section.about`)."""
        outputs = [output for cell in nb.cells if cell.cell_type == "code" for output in cell.outputs]
        about = dict(pair for output in outputs for pair in output.get("metadata", {}).get("jalur", {}).items())
        given = nb.metadata.get("papermill", {}).get("parameters", {}).get("lang")
        lang = about.get("lang") or (given if given in LANGUAGES else LANGUAGES[0])
        fmt, script = Format(lang), asset("what_if.js").strip()
        resources["jalur"] = {
            "lang": lang,
            "title": about.get("title", ""),
            "description": f"{about.get('sentence', '')} {about.get('known', '')}.".strip(),
            "data": about.get("data", "").replace("<", "\\u003c"),  # so that no text in it ends the script element
            "card": nb.metadata.get("jalur", {}).get("card", ""),
            "css": asset("brief.css")
            .replace("{{folio}}", fmt.say("page.folio"))
            .replace("{{of}}", fmt.say("page.folio_of")),
            "script": script,
            "policy": POLICY.format(script=hash_of(script)),
        }
        return nb, resources


class PrinterMissing(InputError):
    """No browser that could print is installed, or it printed nothing; the HTML page is not affected."""


def find_browser() -> str | None:
    """Path of an installed Chromium or Chrome; the environment variable JALUR_BROWSER goes first."""
    named = os.environ.get("JALUR_BROWSER")
    if named:
        return shutil.which(named)
    return next((path for path in (*map(shutil.which, BROWSERS), *map(shutil.which, MAC)) if path), None)


def print_to_pdf(page: bytes) -> bytes:
    """Print a page that stands alone.

    Parameters
    ----------
    page : bytes
        HTML.

    Returns
    -------
    bytes
        The PDF; paper size and margins are those of the page's own style.

    Raises
    ------
    PrinterMissing
        No browser, or one that failed.
    """
    browser = find_browser()
    if browser is None:
        raise PrinterMissing(
            f"no Chromium or Chrome was found to print the PDF; install one or name it in JALUR_BROWSER ({STILL_THERE})"
        )
    with tempfile.TemporaryDirectory(prefix="jalur-pdf-") as folder:
        source, target = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_bytes(page)
        command = [
            browser,
            *FLAGS,
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={target}",
            source.as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PrinterMissing(
                f"{browser} could not print the PDF ({type(error).__name__}); {STILL_THERE}"
            ) from error
        if not target.exists() or not target.stat().st_size:
            raise PrinterMissing(f"{browser} printed nothing (exit code {done.returncode}); {STILL_THERE}")
        return target.read_bytes()
