"""The policy brief as sections: results in, accessible HTML out, in the language asked for.

The notebook brief.ipynb shows one section a cell; the template in `jalur/brief/templates` lays them out as two pages.
All text that comes from data is escaped (jinja's autoescape and markupsafe); numbers come from the verdict alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from jalur import charts
from jalur.brief import tables as rows
from jalur.brief.tables import Sources
from jalur.charts import parts as chart_parts
from jalur.charts import record as chart_record
from jalur.monitor import Change, TripWire
from jalur.verdict.model import Figure, Milestone, Verdict, ruled_out, sure
from jalur.words import office
from jalur.words import sentences as text
from jalur.words.format import Format, Scale, capital
from jalur.words.tables import plain

ROWS = 6  # stretches that the pace chart shows; more of them are a table
METHOD_MADE = "2026"  # a brief as of an earlier day uses a method, and quotes scores, that are later than its figures
PICTURE = Markup(
    '<picture class="chart"><source media="(max-width: 640px)" srcset="{}">'
    '<img src="{}" width="{}" height="{}" alt="{}"></picture>'
)
DOT = Markup('<circle{} cx="{}" cy="{}" r="3.9"/>')
DOTS = Markup('<svg class="dots" viewBox="0 0 200 50" aria-hidden="true" focusable="false">{}</svg>')
STRIP = Markup(
    '<svg class="strip" viewBox="0 0 220 22" aria-hidden="true" focusable="false">'
    '<line class="rule" x1="0" x2="220" y1="15" y2="15"/>'
    '<rect class="wide" x="{}" y="10" width="{}" height="10"/><rect class="half" x="{}" y="10" width="{}" height="10"/>'
    '<line class="middle" x1="{}" x2="{}" y1="9" y2="21"/><path class="target" d="M{} 1l5.5 6.5-5.5 6.5-5.5-6.5z"/>'
    '<text x="0" y="9">{}</text><text x="220" y="9" text-anchor="end">{}</text></svg>'
)
SECTIONS = ("question", "verdict", "milestones", "fan", "take", "change", "record", "trust", "sources")


@dataclass(frozen=True)
class Material:
    """Everything a brief is written from.

    Attributes
    ----------
    verdict : jalur.verdict.Verdict
    programme : jalur.ledger.programme.Programme
    figures : DataFrame
        The published figures used (columns of the ledger).
    record : DataFrame, optional
        Vintage replay (`jalur.record.replay.replay`); None or empty leaves the section with a sentence that says so.
    measured : mapping, optional
        Measured coverage: tasks, ours, peers {name: share}, said, happened (shares); None where it is not known.
    definitions : sequence of mapping
        Rows for `jalur.charts.definition_chart`; may be empty.
    survey : str
        Who made the comparison.
    total : int, optional
        Usable figures on record up to today, known by the vintage or not.
    notebooks : sequence of str
        File names of the executed notebooks beside the brief.
    wires : (str, sequence of jalur.monitor.TripWire), optional
        Date of the next count, and its trip-wires.
    moved : jalur.monitor.Change, optional
        What moved the verdict since the vintage before.
    earlier : DataFrame, optional
        Earlier targets (`jalur.monitor.earlier_targets`).
    """

    verdict: Verdict
    programme: Any
    figures: pd.DataFrame
    record: pd.DataFrame | None = None
    measured: Mapping[str, Any] | None = None
    definitions: Sequence[Mapping[str, Any]] = ()
    survey: str = ""
    total: int | None = None
    notebooks: Sequence[str] = ()
    wires: tuple[str, Sequence[TripWire]] | None = None
    moved: Change | None = None
    earlier: pd.DataFrame | None = None


@dataclass(frozen=True)
class Section:
    """One part of the brief; shows itself in a notebook.

    Attributes
    ----------
    name : str
        One of `SECTIONS`.
    html : str
    about : mapping of str to str
        What the finished page says of itself: lang, title, known and data (for machines) from the first section,
        sentence from the second. It travels as metadata of the cell's output, where `jalur.brief.page.Page` finds it.
    """

    name: str
    html: str
    about: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<section {self.name} of the brief>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        return {"text/html": self.html, "text/plain": repr(self)}, {"jalur": dict(self.about)} if self.about else {}


def environment() -> jinja2.Environment:
    """Templates of the sections, with autoescape on for everything."""
    loader = jinja2.PackageLoader("jalur.brief", "templates/sections")
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def sections(material: Material, lang: str) -> dict[str, Section]:
    """All sections of the brief in the order of the page.

    Parameters
    ----------
    material : Material
    lang : str
        ``en`` or ``id``.

    Returns
    -------
    dict of str to Section
        Keys are `SECTIONS`.
    """
    fmt = Format(lang).counting(material.verdict.unit, material.verdict.direction)
    page = _Page(material, fmt, picture)
    env = environment()
    html = {name: env.get_template(f"{name}.html.j2").render(page.context(name)) for name in SECTIONS}
    return {name: Section(name, html[name].strip() + "\n", page.about(name)) for name in SECTIONS}


Draw = Callable[[Callable[[bool], chart_parts.Chart]], Any]


def contexts(material: Material, lang: str, draw: Draw) -> dict[str, dict[str, Any]]:
    """What the template of each section gets, with charts as `draw` makes them; for other forms than the page."""
    page = _Page(material, Format(lang).counting(material.verdict.unit, material.verdict.direction), draw)
    return {name: page.context(name) for name in SECTIONS}


class _Page:
    """The context of each section; citations are numbered in the order of the page."""

    def __init__(self, material: Material, fmt: Format, draw: Draw) -> None:
        self.material, self.fmt, self.draw = material, fmt, draw
        self.v = material.verdict
        self.programme, self.figures = material.programme, material.figures
        self.sources = Sources(self.v, self.programme, self.figures, fmt)
        self.scale = charts.scale_of(self.v, self.figures, fmt)
        self.assessed = self.v.joint_probability is not None
        self.noun = self.programme.noun[fmt.lang]
        self.cite = {"path": self.sources.path()}

    def context(self, name: str) -> dict[str, Any]:
        """Values of the template of one section."""
        return getattr(self, "sources_list" if name == "sources" else name)()

    def about(self, name: str) -> dict[str, str]:
        """What a section says of the page as a whole, as plain text."""
        if name == "question":
            known = self.fmt.say("page.known", cutoff=self.fmt.day(self.v.vintage))
            data = json_ld(self.v, self.programme, self.fmt)
            said = {"lang": self.fmt.lang, "title": text.question(self.v, self.programme, self.fmt), "known": known}
            said["data"] = data
        elif name == "verdict":
            said = {"sentence": text.sentence(self.v, self.fmt).striptags()}
        else:
            said = {}
        return {key: words.replace("\u00a0", " ") for key, words in said.items()}

    def base(self, **more: Any) -> dict[str, Any]:
        """What every section may use."""
        fmt = self.fmt
        return {
            "fmt": fmt,
            "say": fmt.say,
            "lang": fmt.lang,
            "v": self.v,
            "assessed": self.assessed,
            "cutoff": fmt.day(self.v.vintage),
            "noun": self.noun,
        } | more

    def stated(self, figure: Figure) -> str:
        """A figure of the verdict with the digits it was published with."""
        row = self.figures[self.figures["id"] == figure.id]
        return self.fmt.stated(row.iloc[0]) if len(row) else self.fmt.level(figure.value)

    def fitting(self, *steps: Milestone) -> Scale:
        """The magnitude of the page, or a smaller one where the projection is far below its targets."""
        return self.scale.fitting(max(m.median or 0.0 for m in steps))

    def question(self) -> dict[str, Any]:
        """Running head, the question, the limits."""
        v, fmt = self.v, self.fmt
        explained = f"limits.explained.{self.noun}"  # an abbreviation that not every reader knows
        limits = [fmt.say(explained)] if fmt.has(explained) else []
        limits.append(fmt.say(f"limits.{self.programme.source_kind}"))
        if v.vintage < METHOD_MADE:
            limits.append(fmt.say("limits.method", cutoff=fmt.day(v.vintage)))
        if base := self.programme.selection.base:
            limits.append(fmt.say("limits.summed", base=fmt.exact(base.value), date=fmt.day(base.date)))
        if v.announced_after_vintage and v.announced:
            limits.append(fmt.say("limits.announced_later", date=fmt.day(v.announced)))
        return self.base(
            title=self.programme.title[fmt.lang],
            question=text.question(v, self.programme, fmt),
            limits=" ".join(limits),
        )

    def verdict(self) -> dict[str, Any]:
        """The answer, its reasons and its condition, the what-if table."""
        v, fmt, p = self.v, self.fmt, self.v.joint_probability
        head, lines = text.condition(v, self.programme, fmt)
        caption = ""
        if p is not None:
            count, hundred = len(v.milestones), int(fmt.percent(p).strip("<>%"))
            none = v.probability_class == "impossible"
            caption = (
                fmt.say("verdict.dots_none")
                if none
                else fmt.say("verdict.dots_few")
                if ruled_out(p)
                else fmt.say("verdict.dots_most")
                if sure(p)
                else ""
            )
            key = "one" if count == 1 else "two" if count == 2 else "many"
            caption = caption or fmt.say(f"verdict.dots.{key}", n=hundred, count=fmt.spelled(count))
        return self.base(
            sentence=text.sentence(v, fmt, emphasis=True),
            number="" if p is None else fmt.percent(p, certain=v.probability_class == "impossible"),
            dots=None if p is None else dots(p),
            dots_caption=caption,
            reasons=" ".join(text.reasons(v, self.programme, fmt)),
            condition_head=head,
            condition=" ".join(lines),
            faster=rows.faster(v, fmt),
        )

    def milestones(self) -> dict[str, Any]:
        """The targets at a glance."""
        fmt, steps = self.fmt, self.v.milestones
        ranges = [m.interval_90 for m in steps if m.interval_90]
        bounds = [m.target for m in steps] + [x for r in ranges for x in r]
        ticks = chart_parts.ticks_to(max(bounds), 8) if bounds else [0.0, 1.0]
        low = max((t for t in ticks if t <= min(bounds) * 0.98), default=0.0) if bounds else 0.0
        high = min(ticks[-1], 2.4 * max((m.target for m in steps), default=ticks[-1]))
        cards = []
        for m in steps:
            p = m.probability
            cards.append(
                {
                    "head": fmt.say("milestones.head", target=fmt.exact(m.target), when=fmt.by(m.date)),
                    "p": "" if p is None else fmt.percent(p, certain=m.impossible),
                    "word": text.status_word(m, self.v, fmt),
                    "middle": "" if m.median is None else self.fitting(m).words(m.median),
                    "span": "" if m.interval_90 is None else self.fitting(m).span(*m.interval_90),
                    "strip": "" if m.median is None else strip(m, low, high, self.scale),
                    "needed": fmt.amount(self.v.sign * m.required_monthly_additions)
                    if m.required_monthly_additions is not None
                    else "\u2013",
                }
            )
        caption = fmt.counted("milestones.caption", len(steps)) if steps else ""
        pace_known = any(m.required_monthly_additions is not None for m in steps)
        return self.base(cards=cards, caption=capital(caption), pace_known=pace_known)

    def fan(self) -> dict[str, Any]:
        """The chart of everything, with its tables."""
        fmt, thing = self.fmt, text.counted_things(self.programme, self.fmt)
        key = "fan.sub" if self.scale.word else "fan.sub_plain"
        notes = [fmt.html("fan.note_marks" if len(self.figures) else "fan.note_targets") + self.cite["path"]]
        if self.v.fan:
            notes.append(fmt.html("fan.note_lines"))
        if (self.figures["qualifier"] == "at_least").any():
            notes.append(fmt.html("fan.note_floor"))

        def chart(narrow: bool) -> chart_parts.Chart:
            return charts.fan_chart(self.v, self.figures, fmt, narrow, self.programme.reference_source)

        return self.base(
            title=text.fan_title(self.v, self.figures, fmt),
            sub=capital(fmt.say(key, noun=thing, unit=self.scale.word)),
            chart=self.draw(chart),
            note=Markup(" ").join(notes),
            tables=[t for t in (rows.fan(self.v, self.scale, fmt), rows.figures(self.figures, fmt)) if t.rows],
        )

    def take(self) -> dict[str, Any]:
        """Pace, levels, levers; the arithmetic alone where no probability can be given."""
        fmt, v = self.fmt, self.v
        last = self.sources.last_figure()
        pace = charts.pace_scale(v, fmt)
        arithmetic_caption, arithmetic = rows.arithmetic(v, fmt)
        stretches = len(charts.stages(v))
        has_pace = bool(v.published_pace or stretches) and stretches <= ROWS
        last_ones = v.milestones[-rows.COLUMNS :]
        scale = self.fitting(*last_ones) if last_ones else self.scale
        levels_key = "take.levels_sub" if scale.word else "take.levels_sub_plain"
        past = bool(last_ones) and last_ones[-1].date <= v.vintage

        def chart(narrow: bool) -> chart_parts.Chart:
            return charts.pace_chart(v, fmt, self.noun, narrow)

        return self.base(
            sentences=Markup(" ").join(text.take_sentences(v, self.programme, fmt, last)),
            pace_title=text.pace_title(v, fmt),
            pace_sub=capital(text.pace_sub(self.noun, pace, fmt)),
            pace=self.draw(chart) if has_pace else None,
            pace_table=rows.pace(v, pace, fmt),
            levels=rows.levels(last_ones, scale, fmt),
            levels_title=fmt.say("take.levels_title_past" if past else "take.levels_title"),
            levels_sub=fmt.say(levels_key, unit=scale.word) + rows.cut(v, fmt),
            official=[fmt.brief_date(m.date) for m in last_ones],
            targets=[scale.trimmed(m.target) for m in last_ones],
            arithmetic=arithmetic,
            arithmetic_caption=arithmetic_caption,
            levers=text.levers(v, self.programme, fmt),
        )

    def change(self) -> dict[str, Any]:
        """What could change the verdict: assumptions, definition, official labels."""
        fmt, v, given = self.fmt, self.v, self.material.definitions
        columns = [
            fmt.say("change.column", target=fmt.exact(m.target), when=fmt.brief_date(m.date))
            for m in v.milestones[-rows.COLUMNS :]
        ]
        definition = None
        if given:
            scale = fmt.scale(max(x for r in given for x in (r["official"], r["survey"]) if x is not None))

            def chart(narrow: bool) -> chart_parts.Chart:
                return charts.definition_chart(given, fmt, self.noun, narrow)

            definition = {
                "text": fmt.say("definition.text", who=self.material.survey),
                "sub": fmt.say("definition.sub", unit=scale.unit(self.noun)),
                "cite": self.sources.definitions(given),
                "chart": self.draw(chart),
                "table": rows.definition(given, scale, fmt),
                "later": any(not r["known"] for r in given),
            }
        labels = [row for row in v.labels if row.on_track is not None]
        base = v.base
        final = v.milestones[-1] if v.milestones else None
        hits = text.label_records(v)
        shares = [(fmt.say(f"labels.name.{row.method}"), row.hit_rate, "ink") for row in hits]
        shares += [(fmt.say("labels.hit_all"), row.base_rate, "grey") for row in hits[-1:]]
        base_row = rows.base_row(v, fmt, self.noun, self.sources) if self.assessed else None  # cites first
        return self.base(
            lead=text.change_sentence(v, fmt) if self.assessed else fmt.say("change.missing_text"),
            caption=fmt.say("change.caption") + rows.cut(v, fmt),
            columns=columns,
            groups=rows.sensitivity(v, self.programme, fmt, self.sources) if self.assessed else [],
            base_row=base_row,
            missing=[] if self.assessed else rows.missing(v, fmt),
            influential=rows.influential(v, self.figures, fmt) if self.assessed else "",
            moved=office.moved_sentence(fmt, self.material.moved) if self.material.moved else "",
            news=self._news(),
            definition=definition,
            labels=rows.labels(labels, fmt),
            labels_caption=fmt.say("labels.caption", target=fmt.exact(final.target), when=fmt.by(final.date))
            if final
            else "",
            labels_from=fmt.say(
                "labels.from",
                base=rows.floored(fmt.exact(base.value), self.figures, base.id, fmt),
                base_date=fmt.short_day(base.date),
                last=self.stated(v.last_figure),
            )
            if base and v.last_figure and labels
            else "",
            labels_text=" ".join(text.labels_sentences(v, fmt)),
            hit=[(name, share, fmt.percent(share), colour) for name, share, colour in shares if share is not None],
        )

    def _news(self) -> str:
        """What the next count would do to the verdict, and what became of earlier targets."""
        given, fmt, said = self.material, self.fmt, []
        if given.wires is not None and self.v.joint_probability is not None:
            day, wires = given.wires
            said.append(office.next_sentence(fmt, wires, day, self.v.joint_probability))
        if given.earlier is not None and len(given.earlier):
            said.append(office.earlier_sentence(fmt, given.earlier))
        return " ".join(said)

    def record(self) -> dict[str, Any]:
        """What would have been said at other dates, beside what was published later."""
        fmt, record = self.fmt, self.material.record
        if record is not None and len(record):
            reported = self.programme.observations.set_index("id")["reported_on"]
            record = record.assign(outcome_reported=record["outcome_id"].map(reported))
        if record is None or not len(record) or not record["probability"].notna().any():
            return self.base(chart=None, title="", sub="", note="", table=None)

        def chart(narrow: bool) -> chart_parts.Chart:
            return chart_record.record_chart(record, fmt, self.v.vintage, narrow)

        scale = fmt.scale(max(record["target"]))
        return self.base(
            title=rows.record_title(record, fmt),
            sub=fmt.say("record.sub" if scale.word else "record.sub_plain", unit=scale.word),
            chart=self.draw(chart),
            note=" ".join(rows.record_notes(record, self.v.vintage, fmt)),
            table=rows.record(record, scale, fmt),
        )

    def trust(self) -> dict[str, Any]:
        """Measured coverage, and the method in plain words."""
        fmt, measured = self.fmt, self.material.measured
        bars, said = [], []
        if measured:
            said.append(fmt.say("sure.text", tasks=fmt.number(measured["tasks"]), ours=fmt.percent(measured["ours"])))
            bars.append((fmt.say("sure.ours"), measured["ours"], fmt.percent(measured["ours"]), "blue"))
            for name, share in measured["peers"].items():
                words = fmt.say(f"sure.peer_name.{name}")
                bars.append((words, share, fmt.percent(share), "grey"))
            if measured.get("said") is not None:
                said.append(
                    fmt.say(
                        "sure.weakness", said=fmt.percent(measured["said"]), happened=fmt.percent(measured["happened"])
                    )
                )
        else:
            said.append(fmt.say("sure.none"))
        own = [] if self.v.outside and self.v.outside.alone else text.outside(self.v, fmt)
        said += [*text.scope(self.v, fmt), *text.class_part(self.v, fmt), *own, fmt.say("sure.limits")]
        count = len(self.v.figures_used)
        known = fmt.counted("method.figures", count)
        keys = (1, 2, 3, 4) if self.assessed else (1, 2, "none")
        steps = [fmt.say(f"method.steps.{k}", draws=fmt.number(self.v.draws), figures=known) for k in keys]
        scale = [(fmt.say(f"method.scale_cut.{k}"), fmt.say(f"method.scale_word.{k}")) for k in range(1, 6)]
        return self.base(said=" ".join(said), bars_rows=bars, steps=steps, scale=scale)

    def sources_list(self) -> dict[str, Any]:
        """Numbered links to ledger rows, the data note, parameters and versions."""
        fmt, v = self.fmt, self.v
        total = self.material.total or 0
        note = fmt.say(
            "sources.note",
            used=fmt.number(len(v.figures_used)),
            total=fmt.number(max(total, len(v.figures_used))),
            cutoff=fmt.day(v.vintage),
        )
        if not v.figures_used:
            note = fmt.say("sources.note_none", cutoff=fmt.day(v.vintage))
        items = self.sources.listed()
        later = fmt.say("sources.later", cutoff=fmt.day(v.vintage)) if any(s.later for s in items) else ""
        capacity = fmt.level(v.capacity.units) if v.capacity else fmt.say("sources.no_capacity")
        values = {
            "programme": v.programme,
            "vintage": v.vintage,
            "figures": fmt.counted("method.figures", len(v.figures_used)),
            "capacity": capacity,
            "draws": fmt.number(v.draws),
            "seed": v.seed,
            "engine": v.engine_version,
            "version": v.package_version,
            "data": v.data_hash[:12],
        }
        return self.base(
            items=items,
            note=f"{later} {note}".strip(),
            parameters=fmt.say("sources.list", **values),
            notebooks=list(self.material.notebooks),
        )


def json_ld(v: Verdict, programme: Any, fmt: Format) -> str:
    """What the page says of itself to machines (schema.org): a Dataset with the chances, a Claim for the target.

    Parameters
    ----------
    v : jalur.verdict.Verdict
    programme : jalur.ledger.programme.Programme
    fmt : Format

    Returns
    -------
    str
        JSON.
    """
    title = programme.title[fmt.lang]
    heads = [fmt.say("milestones.head", target=fmt.exact(m.target), when=fmt.by(m.date)) for m in v.milestones]
    chances = [
        *zip(heads, (m.probability for m in v.milestones), strict=True),
        (fmt.say("portfolio.chance"), v.joint_probability),
    ]
    measured = [{"@type": "PropertyValue", "name": name, "value": p} for name, p in chances if p is not None]
    graph: list[dict[str, Any]] = [
        {
            "@type": "Dataset", "name": title, "inLanguage": fmt.lang, "description": plain(text.sentence(v, fmt)),
            "dateModified": v.vintage, "version": v.data_hash[:12],
            "creator": {"@type": "Organization", "name": "jalur"},
            "variableMeasured": measured,
            "distribution": [
                {"@type": "DataDownload", "contentUrl": name, "encodingFormat": kind}
                for name, kind in (("verdict.json", "application/json"), ("quantiles.csv", "text/csv"))
            ],
        }
    ]  # fmt: skip
    path = getattr(programme, "path", None)
    if path and v.milestones:
        claim = {
            "@type": "Claim", "inLanguage": fmt.lang, "text": f"{title}: {'; '.join(heads)}",
            "author": {"@type": "Organization", "name": fmt.body(path.speaker, start=True)},
            "datePublished": path.announced.isoformat(), "appearance": {"@type": "CreativeWork", "url": path.url},
        }  # fmt: skip
        graph.append(claim)
    return json.dumps({"@context": "https://schema.org", "@graph": graph}, ensure_ascii=False, allow_nan=False)


def picture(chart: Any) -> Markup:
    """Wide and phone version of a chart as one image with one alt text; `chart(narrow)` draws it."""
    wide, alt = chart(False)
    narrow, _ = chart(True)
    width, height = (round(v * 96) for v in wide.get_size_inches())
    # Markup: every character that an attribute could mind is written as %XX
    inline = [Markup(chart_parts.data_address(fig)) for fig in (wide, narrow)]
    return PICTURE.format(inline[1], inline[0], width, height, alt.replace("\u00a0", " "))


def dots(share: float) -> Markup:
    """One hundred dots, filled column by column, so that they read as a bar. Decorative: words stand below."""
    met = round(100 * share)
    on, off = Markup(' class="on"'), Markup("")
    circles = (DOT.format(on if k < met else off, k // 5 * 10 + 5, k % 5 * 10 + 5) for k in range(100))
    return DOTS.format(Markup("").join(circles))


def strip(milestone: Milestone, low: float, high: float, scale: Any) -> Markup:
    """Small range bar of a milestone: 90 % and 50 % range, middle, target. Decorative: the cell says it in words."""

    def x(value: float) -> float:
        return round(min(max((value - low) / (high - low), 0.0), 1.0) * 220, 1)

    assert milestone.median is not None
    assert milestone.interval_50 is not None
    assert milestone.interval_90 is not None
    (a, b), (c, d), target = milestone.interval_90, milestone.interval_50, x(milestone.target)
    middle = x(milestone.median)
    return STRIP.format(
        x(a),
        f"{max(x(b) - x(a), 1):.1f}",
        x(c),
        f"{max(x(d) - x(c), 1):.1f}",
        middle,
        middle,
        min(max(target, 5.5), 214.5),
        scale.trimmed(low) if target > 24 else "",
        scale.trimmed(high) if target < 196 else "",
    )
