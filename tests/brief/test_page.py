"""Printing without a browser, and with one that fails: a clear sentence, never a broken file."""

import pytest

from jalur.brief import page as paper
from jalur.errors import InputError


def test_without_a_browser_there_is_one_clear_sentence(monkeypatch, tmp_path):
    monkeypatch.delenv("JALUR_BROWSER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert paper.find_browser() is None
    with pytest.raises(InputError, match="no Chromium or Chrome was found") as raised:
        paper.print_to_pdf(b"<p>page</p>")
    assert "\n" not in str(raised.value)


def browser(folder, body):
    script = folder / "browser"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)
    return str(script)


def test_a_browser_that_prints_nothing_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("JALUR_BROWSER", browser(tmp_path, "exit 3"))
    with pytest.raises(paper.PrinterMissing, match=r"printed nothing \(exit code 3\)"):
        paper.print_to_pdf(b"<p>page</p>")


def test_a_browser_that_cannot_run_is_named(monkeypatch, tmp_path):
    script = tmp_path / "browser"
    script.write_bytes(b"\x7fELF but not really")
    script.chmod(0o755)
    monkeypatch.setenv("JALUR_BROWSER", str(script))
    with pytest.raises(paper.PrinterMissing, match="could not print"):
        paper.print_to_pdf(b"<p>page</p>")


def test_the_named_browser_gets_the_flags_that_keep_it_off_the_network(monkeypatch, tmp_path):
    record = tmp_path / "arguments"
    body = (
        f'for a in "$@"; do echo "$a" >> {record}; case "$a" in '
        '--print-to-pdf=*) printf "%s" "%PDF-x" > "${a#--print-to-pdf=}";; esac; done'
    )
    monkeypatch.setenv("JALUR_BROWSER", browser(tmp_path, body))
    assert paper.print_to_pdf(b"<p>page</p>") == b"%PDF-x"
    given = record.read_text().split("\n")
    assert {"--headless", "--no-sandbox", "--disable-background-networking", "--disable-sync"} <= set(given)
    assert any(a.startswith("--user-data-dir=") for a in given)
    assert given[-2].startswith("file://")
