"""How often verdicts like this one are right: the notebook on the track record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import pandas as pd

from jalur import charts, files, ledger
from jalur.brief import tables as brief_tables
from jalur.dates import records
from jalur.record import calibration, replay
from jalur.study.base import Listing, Picture, Room, Sentences, chance, ends, frame, maybe, stretch, table, typed
from jalur.verdict import measured
from jalur.words.format import Format, capital
from jalur.words.tables import Table

SIMULATED = 100  # programmes of the simulation check in the notebook; the tests of the package draw four times as many
LABEL_HORIZON = 3.0  # years
LEAST_CASES = 5  # of a kind in a fifth of the chances, to be shown as a dot


class Record(Room):
    """How often verdicts like this one are right."""

    VIEWS = (
        "reliability", "coverage", "scores", "official_classes", "official_stretches", "recovered_levels",
        "recovered_targets", "hit_rates", "replay", "vintages", "regional", "findings",
    )  # fmt: skip

    def reliability(self) -> Picture:
        """What was said against what happened on kinds of series never seen; a small dot is one kind.

        Data: kind (empty: all, each counting alike), said, happened, low_95, high_95 (shares), cases.
        """
        ours = measured.record()["methods"]["jalur"]
        kinds = {
            name: [row for row in scores["reliability"] if row["cases"] >= LEAST_CASES]
            for name, scores in ours["by_group"].items()
        }
        rows = (
            (name, b["said"], b["happened"], *ends(b.get("happened_95")), b["cases"])
            for name, bins in {"": ours["reliability"], **kinds}.items()
            for b in bins
        )
        columns = dict(kind="text", said="number", happened="number", low_95="number", high_95="number", cases="count")
        dots = [row for bins in kinds.values() for row in bins]
        chart = charts.reliability_chart(ours["reliability"], self.fmt, parts_of=dots)
        return self.picture(chart, frame(rows, **columns))

    def coverage(self) -> Picture:
        """Share of outcomes inside the 90 % range, ours and the baselines'; a small dot is one kind of series.

        Data: method, kind (empty: all, each counting alike), coverage_90.
        """
        methods = measured.record()["methods"]
        rows = [
            (name, kind, scores["coverage_90"])
            for name, m in methods.items()
            for kind, scores in {"": m, **m["by_group"]}.items()
        ]
        named = [(self.fmt.say(f"nb.method.{name}"), m["coverage_90"]) for name, m in methods.items()]
        dots = [[kind["coverage_90"] for kind in m["by_group"].values()] for m in methods.values()]
        data = frame(rows, method="text", kind="text", coverage_90="number")
        return self.picture(charts.coverage_chart(named, self.fmt, parts_of=dots), data)

    def scores(self) -> Listing:
        """Scores of each method on the same forecasts.

        Data: method, scaled_crps (lower is better), coverage_50, coverage_90, brier_skill, auc.
        """
        record, names = measured.record(), ("scaled_crps", "coverage_50", "coverage_90", "brier_skill", "auc")
        rows = ((method, *(m[name] for name in names)) for method, m in record["methods"].items())
        return Listing(scores_table(record, self.fmt), frame(rows, method="text", **dict.fromkeys(names, "number")))

    def official_classes(self) -> Listing:
        """What became of official targets, by class, and what would have been said of them on their day.

        Data: name (of the class), cases, met (share), said (mean chance), coverage_90, and the Brier scores of the
        engine, of the engine with the outside view, and of the straight line: brier, brier_combined, brier_line.
        """
        return self._official("class")

    def official_stretches(self) -> Listing:
        """The same by how many times the recent pace a target asked for.

        Data: name (of the stretch), cases, met, said, coverage_90, brier, brier_combined, brier_line.
        """
        return self._official("stretch")

    def _official(self, by: str) -> Listing:
        parts = measured.record()["official_targets"][f"by_{by}"]
        rows = (
            (name, row["cases"], row["met"], row["said"], row["coverage_90"]["engine"],
             *(row["brier"][key] for key in ("engine", "combined", "line")))
            for name, row in parts.items()
        )  # fmt: skip
        numbers = ("met", "said", "coverage_90", "brier", "brier_combined", "brier_line")
        data = frame(rows, name="text", cases="count", **dict.fromkeys(numbers, "number"))
        return Listing(official_table(data, self.fmt, by), data)

    def recovered_levels(self) -> Listing:
        """Whether our ranges hold the truth of programmes drawn from the model's own laws as often as they say.

        Data: ahead (years after the last figure), coverage_50, coverage_90, p_uniform.
        """
        found = self._simulated
        rows = zip(found.ahead, found.coverage(0.5), found.coverage(0.9), found.p_uniform(), strict=True)
        kinds = dict.fromkeys(("ahead", "coverage_50", "coverage_90", "p_uniform"), "number")
        return Listing(recovered_levels_table(found, self.fmt), frame(rows, **kinds))

    def recovered_targets(self) -> Listing:
        """Whether the targets of the same programmes are met as often as was said.

        Data: stretch (target over last figure), ahead (years), said (mean chance), met (share).
        """
        found = self._simulated
        rows = (
            (by, found.ahead[-1], said.mean(), met.mean())
            for by, said, met in zip(found.stretches, found.said.T, found.happened.T, strict=True)
        )
        kinds = dict.fromkeys(("stretch", "ahead", "said", "met"), "number")
        return Listing(recovered_targets_table(found, self.fmt), frame(rows, **kinds))

    def hit_rates(self) -> Listing:
        """How often a label "on track" came true over three years; shown for the stretch most like this programme's.

        Data: all stretches and horizons: method, stretch (target over base), horizon (years), cases, on_track (cases so
        labelled), hit_rate, base_rate.
        """
        record = measured.record()
        kinds = dict(method="text", stretch="number", horizon="number", cases="count", on_track="count")
        kinds |= dict(hit_rate="number", base_rate="number")
        data = frame(([row[name] for name in kinds] for row in record["labels"]), **kinds)
        own = next((row.stretch for row in self.subject.verdict.labels if row.stretch is not None), None)
        return Listing(hits_table(record, self.fmt, own), data)

    def replay(self) -> Picture | Listing:
        """What would have been said at each vintage, beside what was published later.

        Data: one row a vintage and target, as `jalur.record.replay.replay` gives it: vintage, date, target, ahead,
        probability, median, low_50 to high_90 (units), reason, outcome, outcome_value (units), held_90 and others.
        """
        data = typed_replay(self.replayed)
        if not len(data) or not data["probability"].notna().any():
            return self.nothing(data)
        return self.picture(charts.record_chart(self.replayed, self.fmt, self.subject.question.vintage), data)

    def vintages(self) -> Listing:
        """The replay as a table; the data are those of `replay`."""
        data = typed_replay(self.replayed)
        if not len(data):
            return self.nothing(data)
        return Listing(brief_tables.record(self.replayed, self.subject.scale, self.fmt), data)

    def regional(self) -> Listing:
        """Regional targets, judged before they fell due.

        Data: as `replay`, with programme and stated_on in front; only cases that were still open and got a chance.
        """
        data = self._regional
        here = sorted(set(data["programme"])) if len(data) else []
        folder = self.subject.programme.folder.parent
        titles = {name: ledger.load(name, folder).title[self.fmt.lang] for name in here}
        return Listing(regional_table(data, self.fmt, titles), typed_replay(data))

    def findings(self) -> Sentences:
        """What the notebook found."""
        return Sentences(found(measured.record(), self.replayed, self._regional, self.fmt))

    @cached_property
    def replayed(self) -> pd.DataFrame:
        """Verdicts at earlier and later vintages beside what was published since."""
        programme = self.subject.programme
        vintages = replay.vintages_of(programme, self.subject.question.vintage)
        return files.once("replay", (programme, vintages), lambda: replay.replay(programme, vintages))

    @cached_property
    def _regional(self) -> pd.DataFrame:
        data = self.subject.programme.folder.parent
        here = [name for name in replay.REGIONAL_PROGRAMMES if (data / name).is_dir()]
        if not here:
            return frame([], programme="text", probability="number", outcome="text")
        rows = replay.regional_record(here, data)
        return rows[~rows["reached"].astype(bool) & rows["probability"].notna()].reset_index(drop=True)

    @cached_property
    def _simulated(self) -> calibration.Calibration:
        return calibration.calibrate(SIMULATED, seed=self.subject.question.seed)


def typed_replay(data: pd.DataFrame) -> pd.DataFrame:
    """A replay with dates as dates, and numbers as numbers where a column holds none."""
    days = ("vintage", "date", "last_date", "outcome_date", "stated_on")
    numbers = ["last_value", "target", "probability", "median", "outcome_value"]
    numbers += [f"{end}_{share}" for end in ("low", "high") for share in (50, 80, 90)]
    return typed(data, **dict.fromkeys(days, "date"), **dict.fromkeys(numbers, "number"))


# tables


def scores_table(record: Mapping[str, Any], fmt: Format) -> Table:
    """Scores of each method on the same forecasts."""
    rows = [
        (
            fmt.say(f"nb.method.{name}"),
            fmt.number(m["scaled_crps"], 2),
            fmt.percent(m["coverage_50"]),
            fmt.percent(m["coverage_90"]),
            fmt.number(m["brier_skill"], 2),
            fmt.number(m["auc"], 2),
        )
        for name, m in record["methods"].items()
    ]
    tasks = record["tasks"]
    caption = fmt.say("nb.caption.scores", origins=fmt.number(tasks["origins"]), series=fmt.number(tasks["series"]))
    return table(fmt, caption, ("method", "crps", "cover50", "cover90", "skill", "auc"), rows, range(1, 6))


def official_table(data: pd.DataFrame, fmt: Format, by: str) -> Table:
    """What became of official targets, and what the engine would have said on their day.

    Parameters
    ----------
    data : DataFrame
        As `Record.official_classes` gives it.
    fmt : Format
    by : str
        ``class`` or ``stretch``.
    """
    rows = [
        (
            fmt.say(f"nb.official_{by}.{row.name.replace(' ', '_').replace('.', '_')}"),
            fmt.number(row.cases),
            *(fmt.percent(share) for share in (row.met, row.said, row.coverage_90)),
            *(fmt.number(score, 2) for score in (row.brier, row.brier_combined, row.brier_line)),
        )
        for row in records(data)
    ]
    columns = ("official_class" if by == "class" else "asked", "cases", "share_met", "mean_chance", "cover90",
               "brier", "brier_combined", "brier_line")  # fmt: skip
    return table(fmt, fmt.say(f"nb.caption.official_{by}"), columns, rows, range(1, 8))


def hits_table(record: Mapping[str, Any], fmt: Format, own: float | None, horizon: float = LABEL_HORIZON) -> Table:
    """Hit rates of the official labels on the measured stretch nearest to a programme's own; the base rate beside each.

    Parameters
    ----------
    record : mapping
        As `jalur.verdict.measured.record` gives it.
    own : float or None
        Stretch of the programme (target over base); without one every stretch is shown.
    horizon : float
        Years.
    """
    found = [row for row in record["labels"] if row["horizon"] == horizon]
    if own is not None and found:
        nearest = min({row["stretch"] for row in found}, key=lambda x: abs(x - own))
        found = [row for row in found if row["stretch"] == nearest]
    rows = [
        (
            fmt.say(f"labels.name.{row['method']}"),
            stretch(row["stretch"], row["horizon"], fmt),
            fmt.number(row["cases"]),
            fmt.number(row["on_track"]),
            maybe(row["hit_rate"], fmt.percent),
            fmt.percent(row["base_rate"]),
        )
        for row in found
    ]
    columns = ("method", "stretch", "cases", "labelled", "hit", "base_rate")
    return table(fmt, fmt.say("nb.caption.hits"), columns, rows, range(2, 6))


def regional_table(frame: pd.DataFrame, fmt: Format, titles: Mapping[str, str]) -> Table:
    """Regional targets judged before they fell due, beside the outcome."""
    rows = []
    for row in records(frame):
        end = fmt.say(f"nb.word.{'still_open' if row.outcome == 'open' else row.outcome}")
        value = "" if row.outcome_value is None or pd.isna(row.outcome_value) else f" ({fmt.level(row.outcome_value)})"
        name = titles.get(row.programme, row.programme)
        target = f"{fmt.exact(row.target)}, {fmt.brief_date(row.date)}"
        spread = fmt.scale(row.high_90).span(row.low_90, row.high_90)
        rows.append((name, fmt.short_day(row.vintage), target, chance(fmt, row.probability), spread, end + value))
    columns = ("programme", "vintage", "target", "chance", "range90", "outcome")
    return table(fmt, fmt.say("nb.caption.regional"), columns, rows, (3, 4))


def recovered_levels_table(found: Any, fmt: Format) -> Table:
    """How often our ranges held the true level of simulated programmes, by date, and whether its ranks are even."""
    half, most, p = found.coverage(0.5), found.coverage(0.9), found.p_uniform()
    rows = [
        (_when(ahead, fmt), fmt.percent(half[i]), fmt.percent(most[i]), fmt.number(float(p[i]), 2))
        for i, ahead in enumerate(found.ahead)
    ]
    caption = fmt.say("nb.caption.simulation", n=fmt.number(len(found.rank)))
    return table(fmt, caption, ("date_of", "cover50", "cover90", "uniform"), rows, range(1, 4))


def recovered_targets_table(found: Any, fmt: Format) -> Table:
    """Mean chance of targets of simulated programmes beside the share that was met."""
    rows = [
        (stretch(by, found.ahead[-1], fmt), *(fmt.percent(float(x.mean())) for x in (found.said[:, i], met)))
        for i, (by, met) in enumerate(zip(found.stretches, found.happened.T, strict=True))
    ]
    return table(fmt, fmt.say("nb.caption.simulated_targets"), ("stretch", "mean_chance", "share_met"), rows, (1, 2))


def _when(years: float, fmt: Format) -> str:
    word = "at_last" if years == 0 else "before_last" if years < 0 else "after_last"
    return fmt.say(f"nb.word.{word}", years=fmt.number(abs(years), 2))


# findings


def found(measured: Mapping[str, Any], replayed: pd.DataFrame, regional: pd.DataFrame, fmt: Format) -> list[str]:
    """Findings about the track record."""
    methods, said = measured.get("methods", {}), []
    if "jalur" in methods and "logistic" in methods:
        ours, theirs = (fmt.percent(methods[name]["coverage_90"]) for name in ("jalur", "logistic"))
        said.append(fmt.say("nb.finding.coverage", ours=ours, logistic=theirs))
        worst = max(methods["jalur"]["reliability"], key=lambda row: abs(row["said"] - row["happened"]))
        said.append(
            fmt.say("nb.finding.reliability", said=fmt.percent(worst["said"]), happened=fmt.percent(worst["happened"]))
        )
    held = [
        bool(x)
        for x, ahead in zip(replayed["held_90"], replayed["ahead"], strict=True)
        if x is not None and not pd.isna(x) and ahead
    ]
    if len(held) == 1:
        said.append(fmt.say("nb.finding.replay.only_held" if held[0] else "nb.finding.replay.only_missed"))
    elif held:
        said.append(fmt.say("nb.finding.replay.several", held=fmt.number(sum(held)), all=fmt.number(len(held))))
    else:
        said.append(fmt.say("nb.finding.replay_none"))
    return said + _regional_said(regional, fmt)


def _regional_said(regional: pd.DataFrame, fmt: Format) -> list[str]:
    """How the regional cases that are settled came out, beside the chances that were given."""
    settled = regional[regional["outcome"].isin(["met", "missed"])]
    if not len(settled):
        return []
    met = settled["outcome"] == "met"
    words = {"met": fmt.number(int(met.sum())), "all": fmt.number(len(settled))}
    said = [fmt.say("nb.finding.regional", mean=fmt.percent(settled["probability"].mean()), **words)]
    wrong = settled[met != (settled["probability"] >= 0.5)]
    if len(wrong):
        chances = fmt.joined([fmt.percent(p) for p in sorted(wrong["probability"])])
        said.append(capital(fmt.counted("nb.finding.regional_wrong", len(wrong), chances=chances)))
    return said
