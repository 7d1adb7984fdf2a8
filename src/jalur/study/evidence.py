"""What was published, by whom, when, and where it conflicts: the notebook on evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from jalur import charts, ledger
from jalur.dates import half_width, records
from jalur.ledger.tables import read_table
from jalur.study.base import DASH, Listing, Picture, Room, Sentences, frame, maybe, named, signed, table, typed
from jalur.words import office
from jalur.words.format import Format, Scale
from jalur.words.tables import Table, link

ROW = [
    "id",
    "as_of",
    "reported_on",
    "value",
    "decimals",
    "qualifier",
    "kind",
    "definition",
    "role",
    "speaker_org",
    "url",
]


class Evidence(Room):
    """What was published, by whom, when, and where it conflicts."""

    VIEWS = (
        "published",
        "figures",
        "bodies",
        "lags",
        "conflicts",
        "definitions",
        "left_out",
        "targets",
        "explain",
        "findings",
    )

    def published(self) -> Picture:
        """All levels known at the vintage, used or not, by date and body.

        Data: the rows of the ledger (id, as_of, reported_on, value in units, decimals as stated, qualifier, kind,
        definition, role, speaker_org, url) and used (whether the verdict uses the row).
        """
        programme, known = self.subject.programme, self.subject.known
        levels = known[(known["kind"] == "level") & (known["unit"] == programme.unit)]
        used = list(self.subject.figures["id"])
        chart = charts.evidence_chart(levels, used, self.fmt, programme.reference_source)
        return self.picture(chart, levels[ROW].assign(used=levels["id"].isin(used)))

    def figures(self) -> Listing:
        """The figures used, each with the address of its page.

        Data: id, as_of, reported_on, value (units), decimals (as stated, of single units), qualifier, kind, definition,
        role, speaker_org, url.
        """
        figures = self.subject.figures
        return Listing(figures_table(figures, self.fmt, self.subject.programme.definitions), figures[ROW])

    def bodies(self) -> Listing:
        """Each issuing body beside the reference body.

        Data: body, figures, pairs (figures with one of the reference body within 45 days), median, lowest, highest
        (gap as a share of the reference body's level).
        """
        gaps = self._gaps()
        kinds = dict(body="text", figures="count", pairs="count", median="number", lowest="number", highest="number")
        shown = bodies_table(gaps, self.fmt, self.subject.programme.reference_source)
        return Listing(shown, frame((astuple(g) for g in gaps), **kinds))

    def lags(self) -> Listing:
        """Days from the reference date to the report, by body.

        Data: one row a figure: id, as_of, reported_on, lag_days, speaker_org, url.
        """
        lags = ledger.lags(self.subject.figures)
        return Listing(lags_table(lags, self.fmt), lags)

    def conflicts(self) -> Listing:
        """Figures for the same period that differ beyond rounding.

        Data: one row a pair: period_start, period_end, id_low, id_high, value_low, value_high, difference (units),
        relative (difference over the lower value), body_low, body_high, definition_low, definition_high, url_low,
        url_high, same_body.
        """
        pairs = ledger.conflicts(self.subject.figures)
        numbers = dict.fromkeys(("value_low", "value_high", "difference", "relative"), "number")
        data = typed(pairs, period_start="date", period_end="date", **numbers, same_body="flag")
        return Listing(conflicts_table(pairs, self.fmt, self.subject.scale), data)

    def definitions(self) -> Picture | Listing:
        """The official count beside surveys, by year.

        Data: year, official, survey (units), known (whether both had been published by the vintage).
        """
        rows, _ = definition_rows(self.subject.programme, self.subject.question.vintage)
        names = dict(year="count", official="number", survey="number", known="flag")
        data = frame(([row[name] for name in names] for row in rows), **names)
        if not rows:
            return self.nothing(data)
        return self.picture(charts.definition_chart(rows, self.fmt, self.subject.programme.noun[self.fmt.lang]), data)

    def left_out(self) -> Listing:
        """Rows known at the vintage that are not used, by reason.

        Data: id, code (role, kind, definition, unit, before_start, or asked where the study was told to leave the row
        out), as_of, reported_on, value (units), qualifier, kind, definition, role, speaker_org, url.
        """
        rows = self._unused()
        return Listing(left_out_table(rows, self.fmt), rows)

    def targets(self) -> Listing:
        """Earlier targets of the programme whose date had passed: set when, by whom, and what became of them.

        Data: target_date, target (units), stated_on (first), bodies, times (stated), ids, status (met, missed, open),
        outcome (units), outcome_date, short (share of the target that was missing).
        """
        found = self.subject.earlier
        lists = {name: [", ".join(names) for names in found[name]] for name in ("bodies", "ids")}
        kinds = dict(target_date="date", target="number", stated_on="date", times="count", status="text")
        data = typed(found.assign(**lists), **kinds, outcome="number", outcome_date="date", short="number")
        if not len(found):
            return self.nothing(data)
        targets = self.subject.programme.targets
        pages = dict(zip(targets["id"], targets["url"], strict=True))
        return Listing(office.earlier_table(self.fmt, found, pages), data)

    def explain(self, row: str | None = None) -> Listing:
        """One figure in full; the last one used where no id is given.

        Parameters
        ----------
        row : str, optional
            An id of the ledger, as the tables of figures show it.

        Data: field, content (as in the ledger).

        Raises
        ------
        InputError
            An id that the ledger does not have.
        """
        figures, kinds = self.subject.figures, dict(field="text", content="text")
        if row is None and not len(figures):
            return self.nothing(frame([], **kinds))
        wanted = row or figures["id"].iloc[-1]
        found = ledger.explain(self.subject.programme, wanted, self.subject.question.vintage)
        used = wanted in set(figures["id"])
        return Listing(explanation_table(found, used, self.fmt), frame(found.fields.items(), **kinds))

    def findings(self) -> Sentences:
        """What the notebook found."""
        figures, reference = self.subject.figures, self.subject.programme.reference_source
        pairs, lags = ledger.conflicts(figures), ledger.lags(figures)
        return Sentences(found(figures, pairs, lags, self._gaps(), len(self._unused()), reference, self.fmt))

    def _gaps(self) -> tuple[BodyGap, ...]:
        return body_gaps(self.subject.figures, self.subject.programme.reference_source)

    def _unused(self) -> pd.DataFrame:
        """Known rows that are not used. A row published later is none of them, whatever else would keep it out."""
        known = self.subject.known
        rows = known.loc[~known["id"].isin(self.subject.figures["id"]), [name for name in ROW if name != "decimals"]]
        codes = ledger.rejected(self.subject.programme, self.subject.question.vintage).set_index("id")["code"]
        rows.insert(1, "code", rows["id"].map(codes).fillna("asked"))
        return rows.reset_index(drop=True)


# counts

NEAR_DAYS = 45
YEAR_END_DAYS = 45


@dataclass(frozen=True)
class BodyGap:
    """How the figures of one body compare with the reference body's nearest ones.

    Attributes
    ----------
    body : str
    figures : int
        Figures of this body.
    pairs : int
        How many of them have a figure of the reference body within `NEAR_DAYS`.
    median, lowest, highest : float or None
        Gap as a share of the reference body's level; None without a pair.
    """

    body: str
    figures: int
    pairs: int
    median: float | None
    lowest: float | None
    highest: float | None


def body_gaps(figures: pd.DataFrame, reference: str | None) -> tuple[BodyGap, ...]:
    """Compare each issuing body with the reference body, date by date.

    Parameters
    ----------
    figures : DataFrame
        Columns speaker_org, as_of, value, qualifier, as of `jalur.ledger.selection.select`.
    reference : str or None
        The body whose count the others are measured against; without it no gaps are given.

    Returns
    -------
    tuple of BodyGap
        The body with most figures first. Floors ("at least") are not compared.
    """
    points = figures[figures["qualifier"] != "at_least"]
    ours = points[points["speaker_org"] == reference].sort_values("as_of")
    rows = []
    for body, group in figures.groupby("speaker_org"):
        gaps: list[float] = []
        for row in records(points[(points["speaker_org"] == body) & (body != reference)]):
            away = (ours["as_of"] - row.as_of).abs()
            if len(away) and away.min().days <= NEAR_DAYS:
                gaps.append(float(row.value / ours.loc[away.idxmin(), "value"] - 1))
        gap = pd.Series(gaps, dtype=float)
        spread = (float(gap.median()), float(gap.min()), float(gap.max())) if gaps else (None, None, None)
        rows.append(BodyGap(str(body), len(group), len(gaps), *spread))
    return tuple(sorted(rows, key=lambda r: (-r.figures, r.body)))


def definition_rows(programme: Any, vintage: str) -> tuple[list[dict[str, Any]], str]:
    """The official count at each year's end beside the first comparison that the programme declares.

    Parameters
    ----------
    programme : jalur.ledger.programme.Programme
    vintage : str
        ISO date; a row whose figures were published later is marked as not known.

    Returns
    -------
    rows : list of dict
        year, official (the reference body's figure nearest to the year's end, or None), survey, known, decimals,
        sources (line in both languages, publisher, url, row, later): as `jalur.charts.definition_chart` takes them.
    who : str
        Who made the comparison; empty without one.
    """
    if not programme.comparisons:
        return [], ""
    found = _comparison(programme, programme.comparisons[0].rows)
    official = ledger.select(programme, dt.date.today())
    official = official[
        official["speaker_org"] == (programme.reference_source or official["speaker_org"].mode().iloc[0])
    ]
    day, rows = pd.Timestamp(vintage), []
    for row in records(found):
        away = (official["as_of"] - row.as_of).abs()
        ours = official.loc[away.idxmin()] if len(away) and away.min().days <= YEAR_END_DAYS else None
        known = row.known_on <= day and (ours is None or ours["reported_on"] <= day)
        line = {lang: f"{Format(lang).level(row.value)}, {row.as_of.year}, {row.body}" for lang in ("en", "id")}
        source = {"line": line, "publisher": row.publisher, "url": row.url, "row": row.id, "later": row.known_on > day}
        rows.append(
            {
                "year": row.as_of.year,
                "official": None if ours is None else float(ours["value"]),
                "survey": float(row.value),
                "known": bool(known),
                "decimals": None if ours is None else min(max(int(ours["decimals"]) + 6, 0), 2),
                "sources": [source],
            }
        )
    return rows, found["body"].iloc[0].split()[0] if len(found) else ""


def _comparison(programme: Any, ids: tuple[str, ...]) -> pd.DataFrame:
    """Rows of a comparison from the programme's own table and the shared ones, by year.

    A row whose day of publication is not shown counts as known a year after its date: surveys take that long.
    """
    data = programme.folder.parent
    own = programme.observations.rename(columns={"speaker_org": "body"}).assign(known_on=lambda f: f["reported_on"])
    shared = []
    for file in ("denominators.csv", "proxies.csv"):
        if (data / file).exists():
            frame, _ = read_table(data / file, "denominators", file)
            days = [pd.Period(text).end_time.normalize() if text else None for text in frame["reported_on"]]
            late = frame["as_of"] + pd.DateOffset(years=1)
            known = pd.Series(days, index=frame.index, dtype="datetime64[ns]").fillna(late)
            shared.append(frame.rename(columns={"source_org": "body"}).assign(known_on=known))
    table = pd.concat(
        [part[["id", "as_of", "value", "body", "publisher", "url", "known_on"]] for part in (own, *shared)]
    )
    return table[table["id"].isin(ids)].sort_values("as_of").reset_index(drop=True)


# tables


def figures_table(frame: pd.DataFrame, fmt: Format, definitions: dict[str, dict[str, str]]) -> Table:
    """Figures with date, body, definition and the address of the page."""
    rows = []
    for row in records(frame):
        rows.append(
            (
                fmt.day(row.as_of),
                fmt.day(row.reported_on),
                fmt.stated(row),
                fmt.body(row.speaker_org, start=True),
                named(fmt, definitions, row.definition),
                link(row.url, row.id),
            )
        )
    caption = fmt.counted("nb.caption.figures", len(frame)) if rows else fmt.say("nb.caption.nothing")
    return table(fmt, caption, ("as_of", "published", "value", "who", "definition", "row"), rows, (2,))


def bodies_table(gaps: Iterable[Any], fmt: Format, reference: str | None) -> Table:
    """Issuing bodies beside the reference body."""
    rows = []
    for g in gaps:
        percent = lambda x: signed(fmt, 100 * x, 1) + "%"  # noqa: E731 - used twice in this row only
        spread = DASH if g.lowest is None else fmt.say("nb.word.to", low=percent(g.lowest), high=percent(g.highest))
        middle = fmt.say("nb.word.reference") if g.body == reference else maybe(g.median, percent)
        rows.append((fmt.body(g.body, start=True), fmt.number(g.figures), fmt.number(g.pairs), middle, spread))
    return table(fmt, fmt.say("nb.caption.bodies"), ("who", "figures", "pairs", "gap", "gap_range"), rows, (1, 2, 3, 4))


def lags_table(frame: pd.DataFrame, fmt: Format) -> Table:
    """Lags by issuing body: how many figures, the middle and the longest lag."""
    rows = [
        (
            fmt.body(str(body), start=True),
            fmt.number(len(g)),
            fmt.number(g["lag_days"].median()),
            link(g["url"].iloc[0], days_in_words(g["lag_days"].max(), fmt)),
        )
        for body, g in sorted(frame.groupby("speaker_org"), key=lambda pair: -len(pair[1]))
    ]
    return table(fmt, fmt.say("nb.caption.lags"), ("who", "figures", "median_lag", "longest"), rows, (1, 2, 3))


def days_in_words(days: float, fmt: Format) -> str:
    """A number of days: "one day", "12 days"."""
    return fmt.counted("nb.word.days", round(days))


def conflicts_table(frame: pd.DataFrame, fmt: Format, scale: Scale) -> Table:
    """Pairs of conflicting figures with links to both pages."""
    rows = []
    for row in records(frame):
        low = Markup("{} ({})").format(link(row.url_low, scale.trimmed(row.value_low)), fmt.body(row.body_low))
        high = Markup("{} ({})").format(link(row.url_high, scale.trimmed(row.value_high)), fmt.body(row.body_high))
        rows.append((fmt.short_day(row.period_end), low, high, f"{fmt.number(100 * row.relative, 1)}%"))
    return table(fmt, fmt.say("nb.caption.conflicts"), ("period", "lower", "higher", "difference"), rows, (3,))


def left_out_table(frame: pd.DataFrame, fmt: Format) -> Table:
    """Rows left out, by reason, with examples that lead to their pages."""
    reasons = [f"nb.role.{row.role}" if row.code == "role" else f"nb.code.{row.code}" for row in records(frame)]
    rows = []
    for reason, group in sorted(frame.groupby(pd.Series(reasons, index=frame.index)), key=lambda pair: -len(pair[1])):
        examples = Markup(", ").join(link(r.url, r.id) for r in records(group.head(3)))
        rows.append((fmt.say(str(reason)), fmt.number(len(group)), examples))
    return table(fmt, fmt.say("nb.caption.left_out"), ("reason", "rows", "examples"), rows, (1,))


def explanation_table(found: Any, used: bool, fmt: Format) -> Table:
    """What the ledger knows about one figure, in words; raw columns are in the data of the view."""
    row = {name: value for name, value in found.fields.items() if value is not None}

    def day(name: str) -> str:
        known = row.get(f"{name}_precision", "day")
        return fmt.day(row[name]) + ("" if known == "day" else f" ({fmt.say(f'nb.word.known_by.{known}')})")

    half = half_width(row["decimals"])
    written: dict[str, str] = {
        "value": f"{fmt.number(row['value'], max(row['decimals'], 0))} {row['unit']}",
        "rounding": "\u00b1" + fmt.number(half, 0 if half >= 1 else row["decimals"] + 1),
        "qualifier": fmt.say(f"nb.qualifier.{row['qualifier']}"),
        "kind": fmt.say(f"nb.kind.{row['kind']}"),
        **{name: day(name) for name in ("as_of", "reported_on", "flow_since") if name in row},
        "speaker_org": fmt.body(row["speaker_org"], start=True),
        "url": link(row["url"], row["url"]),
        "role": fmt.say(f"nb.role.{row['role']}"),
    }
    written["definition"] = row["definition"].replace("_", " ")
    written |= {name: row[name] for name in ("publisher", "repeats", "upstream", "note") if name in row}
    if found.repeated_by:
        written["repeated_by"] = ", ".join(found.repeated_by)
    why = "" if used else f": {fmt.say('nb.code.' + (found.code or 'asked'))}"
    written["used"] = fmt.say(f"nb.word.{'yes' if used else 'no'}") + why
    order = ("value", "rounding", "qualifier", "kind", "flow_since", "as_of", "reported_on", "speaker_org", "publisher",
             "url", "definition", "role", "repeats", "repeated_by", "upstream", "note", "used")  # fmt: skip
    rows = [(fmt.say(f"nb.field.{name}"), written[name]) for name in order if name in written]
    return table(fmt, fmt.say("nb.caption.explain", id=found.id), ("field", "content"), rows)


# findings


def found(
    figures: pd.DataFrame,
    conflicts: pd.DataFrame,
    lags: pd.DataFrame,
    gaps: Iterable[Any],
    left_out: int,
    reference: str | None,
    fmt: Format,
) -> list[str]:
    """Findings about the published figures."""
    say, many = fmt.say, "one" if len(figures) == 1 else "many"
    if not len(figures):
        return [say("nb.caption.nothing")]
    said = [
        say(
            f"nb.finding.figures.{many}",
            n=fmt.number(len(figures)),
            bodies=fmt.number(figures["speaker_org"].nunique()),
        )
    ]
    ahead = max((g for g in gaps if g.median is not None), key=lambda g: g.median, default=None)
    if ahead is not None and ahead.median > 0.01 and reference:
        said.append(
            say(
                "nb.finding.bodies_ahead",
                body=fmt.body(ahead.body, start=True),
                gap=f"{fmt.number(100 * ahead.median, 1)}%",
                reference=fmt.body(reference),
            )
        )
    if len(conflicts):
        many = "one" if len(conflicts) == 1 else "many"
        widest = f"{fmt.number(100 * conflicts['relative'].max(), 1)}%"
        said.append(say(f"nb.finding.conflicts.{many}", n=fmt.number(len(conflicts)), widest=widest))
    else:
        said.append(say("nb.finding.no_conflicts"))
    middle, longest = (days_in_words(x, fmt) for x in (lags["lag_days"].median(), lags["lag_days"].max()))
    key = "nb.finding.lag" if lags["lag_days"].median() >= 0.5 else "nb.finding.lag_same_day"
    said.append(say(key, median=middle, longest=longest))
    if left_out:
        said.append(say(f"nb.finding.left_out.{'one' if left_out == 1 else 'many'}", n=fmt.number(left_out)))
    return said
