"""The notebooks' single import: opens a study from the parameters.

In a notebook::

    import helpers
    study = helpers.open_study("umkm_onboarding", "2022-03-31")
    study.reach.fan()          # shows itself
    study.reach.fan().data     # the numbers behind it, a DataFrame
    study.without("2022-03-28-kkukm-17.59").reach.sentence()
"""

from __future__ import annotations

from jalur import ledger
from jalur.study import Study
from jalur.verdict.case import Case
from jalur.words.format import Format


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

    Parameters
    ----------
    programme : str
        Folder name below the data folder.
    vintage : str
        ISO date; only figures published by this day are used.
    lang : str
        ``en`` or ``id``.
    seed, draws : int
        For the joint draws.
    capacity : str
        Name of a declared capacity, or a number of units; empty for the declared default.
    capacity_share : float
        Share of the capacity that can ever join, above 0 and at most 1.
    data : str
        Data folder; empty for the repository's own.

    Raises
    ------
    InputError
        A parameter that does not fit: what was given and what is allowed.
    """
    known = ledger.load(programme, data or None)
    case = Case.of(known, vintage, capacity=capacity, capacity_share=capacity_share, seed=seed, draws=draws)
    return Study(case, Format(lang).counting(known.unit, known.direction))
