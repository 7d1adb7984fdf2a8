"""What was published, by whom and when: tables read and checked, figures selected as known on a day, and edited."""

from jalur.ledger.levels import Base, Selection
from jalur.ledger.programme import Capacity, Comparison, OfficialPath, Programme, Target
from jalur.ledger.selection import (
    Explanation,
    as_of,
    conflicts,
    data_hash,
    default_data,
    explain,
    known_vintages,
    lags,
    load,
    programmes,
    rejected,
    select,
)

__all__ = [
    "Base",
    "Capacity",
    "Comparison",
    "Explanation",
    "OfficialPath",
    "Programme",
    "Selection",
    "Target",
    "as_of",
    "conflicts",
    "data_hash",
    "default_data",
    "explain",
    "known_vintages",
    "lags",
    "load",
    "programmes",
    "rejected",
    "select",
]
