"""The programme's own record: targets of the past, when they were set, and whether they were met."""

from __future__ import annotations

import pandas as pd

from jalur import ledger
from jalur.dates import iso
from jalur.record.replay import outcome
from jalur.verdict.case import Case

COLUMNS = ("target_date", "target", "stated_on", "bodies", "times", "ids", "status", "outcome", "outcome_date", "short")


def earlier_targets(case: Case) -> pd.DataFrame:
    """Targets in the programme's own unit whose date had passed by the vintage, one a row for each date and level.

    Parameters
    ----------
    case : Case

    Returns
    -------
    DataFrame
        target_date, stated_on (first time) and outcome_date : ISO dates; target, outcome : units; bodies and ids :
        tuples of str; times : how often it was stated; status : ``met``, ``missed`` or ``open`` (not settled by what
        was published by the vintage); short : share of the target that was missing, 0 where it was met. Sorted by
        date and level. Targets of the path that is judged stand in it as well, once their date has passed.
    """
    stated = case.programme.targets
    day = pd.Timestamp(case.vintage)
    rows = stated[
        (stated["unit"] == case.programme.unit) & (stated["target_date"] <= day) & (stated["stated_on"] <= day)
    ]
    known = ledger.select(case.programme, case.vintage)
    found = []
    for _, group in rows.groupby(["target_date", "value"], sort=True):
        date, target = group["target_date"].iloc[0], float(group["value"].iloc[0])
        end = outcome(case.programme, iso(date), target, known)
        short = 0.0 if end.status == "met" else 1 - end.value / target if end.value is not None else None
        bodies = tuple(dict.fromkeys(group.sort_values("stated_on", kind="stable")["speaker_org"]))
        found.append((iso(date), target, iso(group["stated_on"].min()), bodies, len(group),
                      tuple(group["id"]), end.status, end.value, end.date, short))  # fmt: skip
    return pd.DataFrame(found, columns=list(COLUMNS))
