"""Tables: scoped headers, a caption, everything escaped, links that cannot reach back."""

import re

import pandas as pd
import pytest
from markupsafe import Markup

from jalur.study import tables as notebook_tables
from jalur.study.counts import BodyGap
from jalur.words.format import Format
from jalur.words.tables import Table, from_frame, link

TABLE = Table(
    "Caption & more", ("Name", "Value"), (("<script>alert(1)</script>", "1"), ("b", Markup("<b>2</b>"))), frozenset({1})
)


def test_headers_are_scoped_and_no_corner_is_empty():
    html = TABLE.html()
    assert html.count('scope="col"') == 2
    assert html.count('scope="row"') == 2
    assert not re.search(r"<th[^>]*>\s*</th>", html)
    assert "<caption>Caption &amp; more</caption>" in html


def test_text_is_escaped_and_markup_is_kept():
    html = TABLE.html()
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<b>2</b>" in html


def test_numeric_columns_are_marked_in_head_and_body():
    assert TABLE.html().count('class="num"') == 3


def test_the_frame_holds_the_plain_texts():
    frame = TABLE.frame()
    assert list(frame.columns) == ["Name", "Value"]
    assert frame["Value"].tolist() == ["1", "2"]


def test_a_frame_becomes_a_table():
    table = from_frame(pd.DataFrame({"who": ["a", None], "n": [1, 2]}), "c", numeric=["n"])
    assert table.rows == (("a", "1"), ("", "2"))
    assert table.numeric == {1}


def test_links_carry_no_referrer_and_no_opener():
    assert 'rel="noopener noreferrer"' in link("https://example.org/?a=1&b=2", "page")
    assert "a=1&amp;b=2" in link("https://example.org/?a=1&b=2", "page")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "", " https://x"])
def test_other_addresses_are_not_linked(url):
    assert link(url, "<b>page</b>") == "&lt;b&gt;page&lt;/b&gt;"


def test_bodies_have_their_names_in_the_language_of_the_notebook():
    gaps = [BodyGap(body, 2, 0, None, None, None) for body in ("Presiden", "idEA")]
    for lang, name in (("en", "The President"), ("id", "Presiden")):
        rows = notebook_tables.bodies(gaps, Format(lang), None).rows
        assert [row[0] for row in rows] == [name, "idEA"]  # a proper name keeps its small letter
