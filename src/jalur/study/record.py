"""Views of a study: the track record, and the sections of the brief."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any

import pandas as pd

from jalur import charts as charts_evidence
from jalur import files, ledger
from jalur.brief import sections as brief
from jalur.brief import tables as brief_tables
from jalur.charts import record as chart_record
from jalur.record import calibration, replay
from jalur.study import counts as evidence
from jalur.study import findings as notebook_findings
from jalur.study import record_tables
from jalur.study.base import Shown, StudyBase
from jalur.verdict import measured
from jalur.words.tables import Table

NOTEBOOKS = (
    "01_evidence.ipynb",
    "02_growth_curves.ipynb",
    "03_reachability.ipynb",
    "04_track_record.ipynb",
    "05_scenarios.ipynb",
)

LEAST_CASES = 5  # of a kind in a fifth of the chances, to be shown as a dot
SIMULATED = 100  # programmes of the simulation check in the notebook; the tests of the package draw four times as many


class RecordViews(StudyBase):
    """How often verdicts like this one are right, and the sections of the brief."""

    @cached_property
    def _replayed(self) -> pd.DataFrame:
        """Verdicts at earlier and later vintages beside what was published since."""
        vintages = replay.vintages_of(self.programme, self.question.vintage)
        return files.once("replay", (self.programme, vintages), lambda: replay.replay(self.programme, vintages))

    def reliability_chart(self) -> Shown:
        """What was said against what happened on kinds of series never seen; a small dot is one kind."""
        ours = measured.record()["methods"]["jalur"]
        kinds = [
            row for kind in ours["by_group"].values() for row in kind["reliability"] if row["cases"] >= LEAST_CASES
        ]
        return Shown(*charts_evidence.reliability_chart(ours["reliability"], self.fmt, parts_of=kinds))

    def coverage_chart(self) -> Shown:
        """Share of outcomes inside the 90 % range, ours and the baselines'; a small dot is one kind of series."""
        methods = measured.record()["methods"]
        rows = [(self.fmt.say(f"nb.method.{name}"), m["coverage_90"]) for name, m in methods.items()]
        kinds = [[kind["coverage_90"] for kind in m["by_group"].values()] for m in methods.values()]
        return Shown(*charts_evidence.coverage_chart(rows, self.fmt, parts_of=kinds))

    def scores_table(self) -> Table:
        """Scores of each method on the same forecasts."""
        return record_tables.scores(measured.record(), self.fmt)

    def official_classes_table(self) -> Table:
        """What became of official targets, by class, and what would have been said of them on their day."""
        return record_tables.official(measured.record(), self.fmt, "class")

    def official_stretches_table(self) -> Table:
        """The same by how many times the recent pace a target asked for."""
        return record_tables.official(measured.record(), self.fmt, "stretch")

    def hit_rates_table(self) -> Table:
        """How often a label "on track" came true, by stretch."""
        return record_tables.hits(measured.record(), self.fmt)

    def replay_chart(self) -> Shown | Table:
        """What would have been said at each vintage, beside what was published later."""
        if not len(self._replayed) or not self._replayed["probability"].notna().any():
            return self._nothing
        return Shown(*chart_record.record_chart(self._replayed, self.fmt, self.question.vintage))

    def replay_table(self) -> Table:
        """The replay as a table."""
        if not len(self._replayed):
            return self._nothing
        return brief_tables.record(self._replayed, self.scale, self.fmt)

    def regional_table(self) -> Table:
        """Regional targets with a known outcome, judged before they fell due."""
        data = self.programme.folder.parent
        here = [name for name in replay.REGIONAL_PROGRAMMES if (data / name).is_dir()]
        if not here:
            return self._nothing
        titles = {name: ledger.load(name, data).title[self.fmt.lang] for name in here}
        return record_tables.regional(replay.regional_record(here, data), self.fmt, titles)

    @cached_property
    def _simulated(self) -> calibration.Calibration:
        return calibration.calibrate(SIMULATED, seed=self.question.seed)

    def simulated_levels_table(self) -> Table:
        """Whether our ranges hold the truth of programmes drawn from the model's own laws as often as they say."""
        return record_tables.simulated_levels(self._simulated, self.fmt)

    def simulated_targets_table(self) -> Table:
        """Whether the targets of the same programmes are met as often as was said."""
        return record_tables.simulated_targets(self._simulated, self.fmt)

    def _found_record(self) -> list[str]:
        return notebook_findings.record(measured.record(), self._replayed, self.fmt)

    @cached_property
    def _sections(self) -> dict[str, Any]:
        return brief.sections(self._material, self.fmt.lang)

    @property
    def _material(self) -> brief.Material:
        definitions, who = evidence.definition_rows(self.programme, self.question.vintage)
        return brief.Material(
            verdict=self.verdict,
            programme=self.programme,
            figures=self.figures,
            record=self._replayed,
            measured=notebook_findings.coverage(measured.record()),
            definitions=definitions,
            survey=who,
            total=len(ledger.select(self.programme, dt.date.today())),
            notebooks=NOTEBOOKS,
        )

    def section(self, name: str) -> Any:
        """One section of the brief: question, verdict, milestones, fan, take, change, record, trust or sources."""
        return self._sections[name]
