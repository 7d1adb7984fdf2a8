"""The notebooks' single import: opens a study from the parameters and shows its charts, tables and sentences.

No statistics here: each method asks the package one question and hands the answer to a chart, a table or the catalogue.
In a notebook::

    import helpers
    study = helpers.open_study("umkm_onboarding", "2022-03-31")
    study.verdict_sentence()
    study.without("2022-03-28-kkukm-17.59").verdict_sentence()
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from jalur import ledger
from jalur.study.base import Sentences
from jalur.study.evidence import CurveViews, EvidenceViews
from jalur.study.reach import ReachViews, ScenarioViews
from jalur.study.record import RecordViews
from jalur.verdict.case import Case
from jalur.words.format import Format


@dataclass(frozen=True)
class Study(EvidenceViews, CurveViews, ReachViews, ScenarioViews, RecordViews):
    """One programme at one vintage, in one language, with the choices of the parameters cell."""

    def without(self, *rows: str) -> Study:
        """The same study with rows left out, by id."""
        return replace(self, case=self.case.without(*rows))

    def with_figures(self, extra: pd.DataFrame) -> Study:
        """The same study with rows added, in the columns of observations.csv."""
        return replace(self, case=self.case.with_figures(extra))

    def at(self, vintage: str) -> Study:
        """The same study at another vintage."""
        return replace(self, case=self.case.at(vintage))

    def findings(self, of: str) -> Sentences:
        """What a notebook found: evidence, curves, reachability, record or scenarios."""
        return Sentences(getattr(self, f"_found_{of}")())

    def explorer(self) -> Any:
        """Sliders over the live engine that start from this study (`jalur.study.explore`)."""
        from jalur.study.explore import App  # widgets are needed by one notebook only

        return App(self.case, self.fmt)

    def stamp(self) -> Sentences:
        """Versions, data and seed behind the results."""
        v = self.verdict
        words = {
            "version": v.package_version,
            "engine": v.engine_version,
            "data": v.data_hash[:12],
            "vintage": v.vintage,
        }
        return Sentences([self.fmt.say("nb.stamp", seed=v.seed, draws=v.draws, **words)])


def open_study(
    programme: str = "umkm_onboarding",
    vintage: str = "2022-03-31",
    *,
    lang: str = "en",
    seed: int = 0,
    draws: int = 20_000,
    capacity: str = "",
    capacity_share: float = 1.0,
    data: str = "",
) -> Study:
    """Open one programme at one vintage; the arguments are the parameters of every notebook.

    Raises
    ------
    InputError
        A parameter that does not fit: what was given and what is allowed.
    """
    known = ledger.load(programme, data or None)
    case = Case.of(known, vintage, capacity=capacity, capacity_share=capacity_share, seed=seed, draws=draws)
    return Study(case, Format(lang))
