"""Tables: scoped headers, a caption, everything escaped, links that cannot reach back."""

import re

import pytest
from markupsafe import Markup

from jalur.words.tables import Table, link

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


def test_alignment_is_written_into_every_cell_where_asked():
    html = TABLE.html(aligned=True)
    assert html.count('style="text-align:left"') == 3
    assert html.count('style="text-align:right"') == 3
    assert "style=" not in TABLE.html()


def test_as_text_it_is_a_caption_and_columns():
    assert str(TABLE).splitlines()[0] == "Caption & more"
    assert "Name Value" in str(TABLE)


def test_the_frame_holds_the_plain_texts():
    frame = TABLE.frame()
    assert list(frame.columns) == ["Name", "Value"]
    assert frame["Value"].tolist() == ["1", "2"]


def test_links_carry_no_referrer_and_no_opener():
    assert 'rel="noopener noreferrer"' in link("https://example.org/?a=1&b=2", "page")
    assert "a=1&amp;b=2" in link("https://example.org/?a=1&b=2", "page")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "", " https://x"])
def test_other_addresses_are_not_linked(url):
    assert link(url, "<b>page</b>") == "&lt;b&gt;page&lt;/b&gt;"
