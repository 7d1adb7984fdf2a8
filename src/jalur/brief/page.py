"""Turns the outputs of brief.ipynb into one page that stands alone: its style, its script, its security policy.

nbconvert runs `Page` as a preprocessor (named in the template's conf.json) and the template only lays out what it
finds in the resources, so that any exporter with ``template_name="jalur"`` gives the same page. Nothing is loaded from
elsewhere: the content security policy allows inline style, images in data addresses, and the one script by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

from nbconvert.preprocessors import Preprocessor

from jalur.words.format import LANGUAGES, Format

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{script}'; "
    "base-uri 'none'; form-action 'none'"
)


class _Finder(HTMLParser):
    """Text of the first element of a kind, and of the first with a class."""

    def __init__(self, tag: str, css: str = "") -> None:
        super().__init__(convert_charrefs=True)
        self.tag, self.css, self.depth, self.done, self.words = tag, css, 0, False, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.depth and tag == self.tag:
            self.depth += 1
        elif (
            not self.done
            and not self.depth
            and tag == self.tag
            and (not self.css or self.css in (dict(attrs).get("class") or "").split())
        ):
            self.depth = 1

    def handle_endtag(self, tag: str) -> None:
        if self.depth and tag == self.tag:
            self.depth -= 1
            self.done = self.depth == 0

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.words += data


def text_of(html: str, tag: str, css: str = "") -> str:
    """Text of the first `tag` (with class `css`, where given) in a page; empty where there is none."""
    finder = _Finder(tag, css)
    finder.feed(html)
    return " ".join(finder.words.split())


def hash_of(script: str) -> str:
    """Value of a hash source for an inline script."""
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def asset(name: str) -> str:
    """A file of the template folder as text."""
    return (files("jalur.brief") / "templates" / "jalur" / name).read_text(encoding="utf-8")


class Page(Preprocessor):
    """Fills ``resources["jalur"]``: language, title, description, style, script, policy."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Read language, title and description from the notebook's own outputs."""
        html = "\n".join(
            "".join(output["data"]["text/html"])
            for cell in nb.cells
            if cell.cell_type == "code"
            for output in cell.outputs
            if "text/html" in output.get("data", {})
        )
        given = nb.metadata.get("papermill", {}).get("parameters", {}).get("lang")
        marked = next((lang for lang in LANGUAGES if f'data-lang="{lang}"' in html), None)
        lang = marked or (given if given in LANGUAGES else "en")
        fmt, script = Format(lang), asset("what_if.js").strip()
        resources["jalur"] = {
            "lang": lang,
            "title": text_of(html, "h1"),
            "description": f"{text_of(html, 'p', 'sentence')} {text_of(html, 'span', 'known')}.".strip(),
            "css": asset("brief.css")
            .replace("{{folio}}", fmt.say("page.folio"))
            .replace("{{of}}", fmt.say("page.folio_of")),
            "script": script,
            "policy": POLICY.format(script=hash_of(script)),
        }
        return nb, resources
