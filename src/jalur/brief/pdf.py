"""Prints a finished page to PDF with a Chromium or Chrome that is already installed. Nothing is downloaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from jalur.errors import InputError

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
    with tempfile.TemporaryDirectory(prefix="jalur-pdf-") as folder:
        source = Path(folder) / "page.html"
        source.write_bytes(page)
        return brief_pdf(source)


def brief_pdf(html_path: str | Path) -> bytes:
    """Print an HTML file; see `print_to_pdf`."""
    browser = find_browser()
    if browser is None:
        raise PrinterMissing(
            f"no Chromium or Chrome was found to print the PDF; install one or name it in JALUR_BROWSER ({STILL_THERE})"
        )
    with tempfile.TemporaryDirectory(prefix="jalur-pdf-") as folder:
        target = Path(folder) / "page.pdf"
        command = [
            browser,
            *FLAGS,
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={target}",
            Path(html_path).resolve().as_uri(),
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
