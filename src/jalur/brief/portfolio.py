"""All programmes at a glance: a folder of reports as one page a language, as CSV and JSON, and its news as Atom.

The page stands alone: no server, nothing loaded from elsewhere. Without its script the table is there, sorted by
programme and day; the script sorts and filters. Other pages of an office (what moved a verdict, the register) are
plain ones in the same dress.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import jinja2
import numpy as np
from markupsafe import Markup

from jalur.brief.page import POLICY, hash_of
from jalur.dates import decimal_year
from jalur.errors import InputError
from jalur.verdict.model import rounded
from jalur.words.format import LANGUAGES, Format

PLAIN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
FAN_WIDTH, FAN_HEIGHT = 120.0, 32.0
_FAN_POINTS = 13  # of a small fan; more cannot be told apart at this size


@dataclass(frozen=True)
class Row:
    """One verdict in the portfolio; None is what it does not give.

    Attributes
    ----------
    programme, vintage : str
    folder : str
        Of the report, from the index page.
    variant : str
        What was chosen other than by default, as the report's folder says; empty for the report itself.
    chance : float or None
        Of the whole path; `word` is the name of its class.
    word : str
    change : float or None
        Chance minus that of the same programme and variant at the vintage before.
    target : float or None
        The last target, units, on `target_date`.
    target_date : str or None
    middle : float or None
        Median of the count on that date, units.
    required, projected : float or None
        Units a month from the last figure to the last target, and of the projection's middle.
    unit : str
    reason : str or None
        Why there is no chance.
    latest : bool
        Whether no later vintage of the programme and variant stands in the folder.
    """

    programme: str
    vintage: str
    folder: str
    variant: str
    chance: float | None
    word: str
    change: float | None
    target: float | None
    target_date: str | None
    middle: float | None
    required: float | None
    projected: float | None
    unit: str
    reason: str | None
    latest: bool


@dataclass(frozen=True)
class Portfolio:
    """The rows by programme, variant and vintage, and the fans to draw with each."""

    rows: tuple[Row, ...]
    fans: tuple[tuple[tuple[str, float, float, float], ...], ...]
    pages: tuple[tuple[str, ...], ...]

    def expected(self) -> dict[str, Any]:
        """Of the latest verdicts with a chance: how many there are, how many are expected to be met, and the spread.

        Returns
        -------
        dict
            ``of`` (count), ``expected`` (sum of the chances), ``low`` and ``high``: the middle 80 % of the number met
            if the programmes were independent (Poisson binomial). They share an economy and the bodies that count, so
            the true spread is wider; nothing here measures by how much.
        """
        chances = [r.chance for r in self.rows if r.latest and not r.variant and r.chance is not None]
        law = np.ones(1)
        for p in chances:
            law = np.convolve(law, [1 - p, p])
        below = np.cumsum(law)
        low, high = (int(np.searchsorted(below, q)) for q in (0.1, 0.9))
        return {
            "of": len(chances),
            "expected": float(rounded(sum(chances))),
            "low": low,
            "high": min(high, len(chances)),
        }


def read(folder: str | Path) -> Portfolio:
    """Read every ``verdict.json`` below a folder of reports.

    Raises
    ------
    InputError
        Where there is none, or one that is no verdict, with its path.
    """
    root = Path(folder)
    paths = sorted(root.glob("*/*/**/verdict.json"))
    if not paths:
        raise InputError(f"no verdict.json below {root}; allowed is a folder that `jalur report` wrote")
    found = [(path, _verdict(path)) for path in paths]
    made = [_row(path.parent.relative_to(root), verdict) for path, verdict in found]
    order = sorted(range(len(made)), key=lambda i: (made[i].programme, made[i].variant, made[i].vintage))
    rows: list[Row] = []
    for place, i in enumerate(order):
        row = made[i]
        before = rows[-1] if rows and _same(rows[-1], row) else None
        last = place + 1 == len(order) or not _same(made[order[place + 1]], row)
        change = None
        if before is not None and before.chance is not None and row.chance is not None:
            change = rounded(row.chance - before.chance)
        rows.append(Row(**{**asdict(row), "change": change, "latest": last}))
    fans = tuple(_fan(found[i][1]) for i in order)
    pages = tuple(
        tuple(lang for lang in LANGUAGES if (found[i][0].with_name(f"brief.{lang}.html")).is_file()) for i in order
    )
    return Portfolio(tuple(rows), fans, pages)


def _same(one: Row, other: Row) -> bool:
    return (one.programme, one.variant) == (other.programme, other.variant)


def _verdict(path: Path) -> dict[str, Any]:
    try:
        verdict = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(verdict, dict) or not all(
            isinstance(verdict.get(key), str) for key in ("programme", "vintage", "probability_class", "unit")
        ):
            raise ValueError("it is no verdict")
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as a verdict ({error}); make the report again") from error
    return verdict


def _row(folder: Path, verdict: Mapping[str, Any]) -> Row:
    last = verdict["milestones"][-1] if verdict.get("milestones") else {}
    figure = verdict.get("last_figure") or {}
    projected = None
    if last.get("median") is not None and figure:
        months = 12 * (decimal_year(last["date"]) - decimal_year(figure["date"]))
        projected = rounded((last["median"] - figure["value"]) / months) if months > 0 else None
    return Row(
        programme=verdict["programme"], vintage=verdict["vintage"], folder=folder.as_posix(),
        variant="/".join(folder.parts[2:]), chance=verdict.get("joint_probability"),
        word=verdict["probability_class"], change=None, target=last.get("target"), target_date=last.get("date"),
        middle=last.get("median"), required=last.get("required_monthly_additions"), projected=projected,
        unit=verdict["unit"], reason=verdict.get("reason"), latest=False,
    )  # fmt: skip


def _fan(verdict: Mapping[str, Any]) -> tuple[tuple[str, float, float, float], ...]:
    fan = verdict.get("fan") or []
    if not fan:
        return ()
    keep = np.unique(np.linspace(0, len(fan) - 1, min(len(fan), _FAN_POINTS)).round().astype(int))
    return tuple((fan[i]["date"], fan[i]["q10"], fan[i]["q50"], fan[i]["q90"]) for i in keep)


def to_csv(portfolio: Portfolio) -> bytes:
    """The rows as CSV; chances are shares, levels single units, dates ISO; an empty cell is what is not given."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [f.name for f in fields(Row)]
    writer.writerow(names)
    for row in portfolio.rows:
        values = (getattr(row, name) for name in names)
        writer.writerow(["" if value is None else str(value).lower() if isinstance(value, bool) else value
                         for value in values])  # fmt: skip
    return out.getvalue().encode("utf-8")


def to_json(portfolio: Portfolio) -> bytes:
    """The rows and what is expected of all programmes, as JSON."""
    content = {"expected": portfolio.expected(), "verdicts": [asdict(row) for row in portfolio.rows]}
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8")


def to_html(portfolio: Portfolio, lang: str, titles: Mapping[str, Mapping[str, str]] | None = None) -> bytes:
    """The page in one language.

    Parameters
    ----------
    portfolio : Portfolio
    lang : str
    titles : mapping, optional
        Titles of the programmes by name and language; the name stands where there is none.
    """
    fmt, titles = Format(lang), titles or {}
    script, style = _asset("index.js").strip(), _asset("index.css").strip()
    rows = [
        _shown(fmt, row, fan, pages, titles)
        for row, fan, pages in zip(portfolio.rows, portfolio.fans, portfolio.pages, strict=True)
    ]
    expected = portfolio.expected()
    words = {key: fmt.number(expected[key]) for key in ("of", "low", "high")}
    summary, spread = fmt.say("portfolio.none"), ""
    if expected["of"]:
        summary = fmt.say("portfolio.expected", of=words["of"], number=fmt.number(expected["expected"], 1))
        spread = fmt.say("portfolio.dependence", low=words["low"], high=words["high"])
    html = _environment().get_template("index.html.j2").render(
        lang=lang, say=fmt.say, rows=rows, summary=summary, dependence=spread,
        script=Markup(script), style=Markup(style), policy=POLICY.format(script=hash_of(script)),
        others=[other for other in LANGUAGES if other != lang],
        names={other: Format(other).say("portfolio.language") for other in LANGUAGES},
    )  # fmt: skip
    return html.encode("utf-8")


def plain_page(lang: str, title: str, lead: Iterable[str], parts: Iterable[Markup]) -> bytes:
    """A page of pictures and tables that stands alone, without a script.

    Parameters
    ----------
    lang, title : str
    lead : iterable of str
        Sentences under the title; what is not Markup is escaped.
    parts : iterable of Markup
        What follows, one below the other.
    """
    html = _environment().get_template("plain.html.j2").render(
        lang=lang, title=title, lead=list(lead), parts=list(parts), style=Markup(_asset("index.css").strip()),
        policy=PLAIN_POLICY,
    )  # fmt: skip
    return html.encode("utf-8")


ATOM = "http://www.w3.org/2005/Atom"


def to_atom(portfolio: Portfolio, lang: str, titles: Mapping[str, Mapping[str, str]] | None = None) -> bytes:
    """The changes as an Atom feed (RFC 4287), the latest first: one entry for each verdict that is not the one before.

    Parameters
    ----------
    portfolio : Portfolio
    lang : str
    titles : mapping, optional
        As for `to_html`.
    """
    fmt, titles = Format(lang), titles or {}
    pairs = zip(portfolio.rows, portfolio.rows[1:], portfolio.pages[1:], strict=False)
    news = [(old, new, pages) for old, new, pages in pairs if _same(old, new) and (new.change or new.word != old.word)]
    news.sort(key=lambda one: (one[1].vintage, one[1].programme, one[1].variant), reverse=True)
    latest = max(row.vintage for row in portfolio.rows)
    feed = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": lang})
    _add(feed, "id", f"urn:jalur:portfolio:{lang}")
    _add(feed, "title", fmt.say("office.change.feed"))
    _add(feed, "updated", f"{latest}T00:00:00Z")
    _add(_add(feed, "author"), "name", "jalur")
    _add(feed, "link", rel="alternate", type="text/html", href=f"index.{lang}.html")
    _add(feed, "link", rel="self", type="application/atom+xml", href=f"index.{lang}.atom")
    for old, new, pages in news:
        entry = _add(feed, "entry")
        _add(entry, "id", f"urn:jalur:{quote(new.folder)}:{lang}")
        chances = [
            fmt.say("class.not_assessed") if one.chance is None else fmt.percent(one.chance) for one in (old, new)
        ]
        title = _title(fmt, new, titles)
        _add(entry, "title", fmt.say("office.change.entry", title=title, before=chances[0], after=chances[1]))
        _add(entry, "updated", f"{new.vintage}T00:00:00Z")
        words = {"day": fmt.day(new.vintage), "now": fmt.say(f"class.{new.word}")}
        if new.word == old.word:
            said = fmt.say("office.change.entry_same", **words)
        else:
            was = fmt.say(f"class.{old.word}")
            said = fmt.say("office.change.entry_new", previous=fmt.day(old.vintage), was=was, **words)
        _add(entry, "summary", said)
        page = _page(fmt, new, pages) or f"index.{lang}.html"
        _add(entry, "link", rel="alternate", type="text/html", href=quote(page))
    ElementTree.indent(feed)
    return ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True) + b"\n"


def _add(parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name, attributes)
    child.text = text
    return child


def _title(fmt: Format, row: Row, titles: Mapping[str, Mapping[str, str]]) -> str:
    title = titles.get(row.programme, {}).get(fmt.lang, row.programme)
    return title + (f" ({row.variant})" if row.variant else "")


def _page(fmt: Format, row: Row, known: Sequence[str]) -> str | None:
    """Address of the brief of a row, in the language of the page where there is one; None where there is no brief."""
    return f"{row.folder}/brief.{fmt.lang if fmt.lang in known else known[0]}.html" if known else None


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("jalur.brief", "templates/portfolio"), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )  # fmt: skip


def _asset(name: str) -> str:
    return (files("jalur.brief") / "templates" / "portfolio" / name).read_text(encoding="utf-8")


def _shown(
    fmt: Format,
    row: Row,
    fan: Sequence[tuple[str, float, float, float]],
    pages: Iterable[str],
    titles: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """The cells of a row: a text and, where the script sorts by a number, that number."""
    change = None
    if row.change is not None:
        points = fmt.number(100 * row.change)
        change = ("+" if row.change > 0 and points != "0" else "") + points
    return {
        "title": _title(fmt, row, titles),
        "link": _page(fmt, row, list(pages)),
        "vintage": fmt.short_day(row.vintage),
        "day": row.vintage,
        "chance": None if row.chance is None else fmt.percent(row.chance),
        "share": row.chance,
        "word": fmt.say(f"class.{row.word}"),
        "change": change,
        "moved": row.change,
        "target": "" if row.target is None else fmt.exact(row.target),
        "level": "" if row.target is None else row.target,
        "by": "" if row.target_date is None else fmt.brief_date(row.target_date),
        "middle": None if row.middle is None else fmt.level(row.middle),
        "required": None if row.required is None else fmt.amount(row.required),
        "projected": None if row.projected is None else fmt.amount(row.projected),
        "need": row.required,
        "pace": row.projected,
        "latest": row.latest,
        "fan": _picture(fmt, row, fan),
    }


def _picture(fmt: Format, row: Row, fan: Sequence[tuple[str, float, float, float]]) -> Markup:
    """A small fan: the middle 80 %, the median, and the last target as a mark; words stand in the row beside it."""
    if len(fan) < 2 or row.target is None or row.target_date is None:
        return Markup("")
    times = [decimal_year(day) for day, *_ in fan]
    top = max(row.target, *(high for *_, high in fan)) * 1.04
    low = min(min(q10 for _, q10, _, _ in fan), row.target) * 0.96
    due = decimal_year(row.target_date)
    first, end = min(times[0], due), max(times[-1], due)

    def at(t: float, level: float) -> str:
        x = 4 + (FAN_WIDTH - 8) * (t - first) / (end - first)
        return f"{x:.0f} {FAN_HEIGHT - 4 - (FAN_HEIGHT - 8) * (level - low) / (top - low):.1f}"

    upper = [at(t, q90) for t, (_, _, _, q90) in zip(times, fan, strict=True)]
    lower = [at(t, q10) for t, (_, q10, _, _) in zip(times, fan, strict=True)]
    middle = [at(t, q50) for t, (_, _, q50, _) in zip(times, fan, strict=True)]
    x, y = at(due, row.target).split()
    return Markup(
        '<svg viewBox="0 0 {w:.0f} {h:.0f}" aria-hidden="true" focusable="false"><path class="band" d="M{band}Z"/>'
        '<path class="middle" d="M{middle}"/><path class="mark" d="M{x} {y}m-4 0l4-4 4 4-4 4z"/></svg>'
    ).format(w=FAN_WIDTH, h=FAN_HEIGHT, band="L".join([*upper, *lower[::-1]]), middle="L".join(middle), x=x, y=y)
