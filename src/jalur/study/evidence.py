"""Views of a study: the published figures, and the growth curves fitted to them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from jalur import charts, ledger
from jalur import charts as charts_evidence
from jalur.study import counts as evidence
from jalur.study import findings as notebook_findings
from jalur.study import fits as describe
from jalur.study import record_tables
from jalur.study import tables as notebook_tables
from jalur.study.base import Shown, StudyBase
from jalur.words.tables import Table


class EvidenceViews(StudyBase):
    """What was published, by whom, when, and where it conflicts."""

    def figures_table(self) -> Table:
        """The figures used, each with the address of its page."""
        return notebook_tables.figures(self.figures, self.fmt, self.programme.definitions)

    def bodies_table(self) -> Table:
        """Each issuing body beside the reference body."""
        gaps = evidence.body_gaps(self.figures, self.programme.reference_source)
        return notebook_tables.bodies(gaps, self.fmt, self.programme.reference_source)

    def lags_table(self) -> Table:
        """Days from the reference date to the report, by body."""
        return notebook_tables.lags(ledger.lags(self.figures), self.fmt)

    def conflicts_table(self) -> Table:
        """Figures for the same period that differ beyond rounding."""
        return notebook_tables.conflicts(ledger.conflicts(self.figures), self.fmt, self.scale)

    def left_out_table(self) -> Table:
        """Rows known at the vintage that are not used, by reason."""
        rows = ledger.rejected(self.programme, self.question.vintage)
        return notebook_tables.left_out(rows[rows["code"] != "reported_later"], self.fmt)

    def explain(self, row: str | None = None) -> Table:
        """One figure in full; the last one used where no id is given."""
        if row is None and not len(self.figures):
            return notebook_tables.table(self.fmt, self.fmt.say("nb.caption.nothing"), ("field", "content"), [])
        found = ledger.explain(self.programme, row or self.figures["id"].iloc[-1], self.question.vintage)
        return notebook_tables.explanation(found, self.fmt)

    def evidence_chart(self) -> Shown:
        """All levels known at the vintage, used or not, by date and body."""
        levels = self.known[(self.known["kind"] == "level") & (self.known["unit"] == self.programme.unit)]
        used = list(self.figures["id"])
        return Shown(*charts_evidence.evidence_chart(levels, used, self.fmt, self.programme.reference_source))

    def definitions_chart(self) -> Shown | Table:
        """The official count beside surveys, by year."""
        rows, _ = evidence.definition_rows(self.programme, self.question.vintage)
        if not rows:
            return self._nothing
        return Shown(*charts.definition_chart(rows, self.fmt, self.programme.noun[self.fmt.lang]))

    def _found_evidence(self) -> list[str]:
        reference, frame = self.programme.reference_source, self.figures
        rows = ledger.rejected(self.programme, self.question.vintage)
        unused = int((rows["code"] != "reported_later").sum())
        gaps = evidence.body_gaps(frame, reference)
        return notebook_findings.evidence(
            frame, ledger.conflicts(frame), ledger.lags(frame), gaps, unused, reference, self.fmt
        )


class CurveViews(StudyBase):
    """What fitted growth curves say, and what they cannot say."""

    @cached_property
    def fits(self) -> dict[str, Any]:
        """Every growth curve that the figures can carry, by family."""
        return describe.fits(self.figures)

    @property
    def _last_date(self) -> str:
        return self.path.dates[-1] if self.path.dates else self.question.vintage

    def curves_chart(self) -> Shown | Table:
        """The fitted curves beside the figures and the targets."""
        if not self.fits:
            return self._nothing
        targets = [{"date": d, "target": x} for d, x in zip(self.path.dates, self.path.targets, strict=True)]
        return Shown(*charts_evidence.curves_chart(self.figures, self.fits, self.fmt, self._last_date, targets))

    def curves_table(self) -> Table:
        """Ceiling, standard error, profile interval and fit of every family."""
        return record_tables.curves(self.fits, self.fmt, self.scale)

    def ceiling_chart(self) -> Shown | Table:
        """How much worse the best fit gets as the ceiling is held at each value."""
        named = [c.units for c in self.programme.capacities] or [3 * float(self.figures["value"].max() or 1)]
        largest = max(max(named), 1.5 * float(self.figures["value"].max())) if len(self.figures) else 0.0
        chosen = [name for name in ("logistic", "gompertz") if name in self.fits]
        if not chosen:
            return self._nothing
        profiles = {name: describe.ceiling_profile(self.figures, name, largest) for name in chosen}
        return Shown(*charts_evidence.profile_chart(profiles, self.fmt, self.programme.noun[self.fmt.lang]))

    def diagnostics_table(self) -> Table:
        """Tests whether the residuals of the two most used curves are independent."""
        return record_tables.diagnostics(
            {k: self.fits[k] for k in ("logistic", "gompertz") if k in self.fits}, self.fmt
        )

    def curve_claims_table(self) -> Table:
        """What the bootstrap of a fitted curve and the engine say about the last target's date."""
        last = self.verdict.milestones[-1] if self.verdict.milestones else None
        engine = (last.median, last.interval_90) if last and last.median is not None and last.interval_90 else None
        rows = describe.claims(self.figures, self._last_date) if self.fits else ()
        return record_tables.claims(rows, engine, self.fmt, self.scale, self._last_date)

    def _found_curves(self) -> list[str]:
        return notebook_findings.curves(self.fits, self.scale, self.fmt)
