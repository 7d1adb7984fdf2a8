"""Made-up series of adoption with known outcomes, for the tests of the track record."""

import numpy as np
import pandas as pd


def series(name, first, values, capacity=100.0, group="kind"):
    """One yearly series from a first year on, as rows of a tidy table."""
    years = np.arange(first, first + len(values), dtype=float)
    return pd.DataFrame(
        {"group": group, "series": name, "year": years, "value_percent": np.array(values, float), "capacity": capacity}
    )


def three_series():
    """Three series of two kinds, one of them with another capacity."""
    return pd.concat(
        [
            series("a", 2000, [0.0, 1, 2, 4, 8, 16, 32, 50, 60, 70, 85, 90]),
            series("b", 2001, [10, 20, 30, 40, 50, 60, 65, 70]),
            series("e", 1990, [3, 6, 9, 12, 15, 18, 21, 24, 27, 30], capacity=50.0, group="other"),
        ],
        ignore_index=True,
    )


def official_targets(folder, kind):
    """Write one series and two official targets on it, of two classes; `kind` is that of the second."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"s,{year},{5 + 2 * (year - 2003)},{year + 1}-05-01" for year in range(2003, 2016)]
    (folder / "series.csv").write_text("series_id,date,value,published\n" + "\n".join(rows) + "\n", encoding="utf-8")
    (folder / "targets.csv").write_text(
        "id,reference_class,kind,adoption_like,series_id,announced_on,known_through,target_date,target_value,window,"
        "capacity,outcome_value,met\n"
        "one,a,other,yes,s,2010-06-30,2009,2013,40,1,100,25,no\n"
        f"two,b,{kind},yes,s,2010-06-30,2009,2013,21,1,100,25,yes\n",
        encoding="utf-8",
    )
