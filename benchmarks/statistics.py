"""How fast the statistics are: beside the recorded timings of the R packages, and beside a straightforward pandas or numpy version run here.

The R timings were taken on two cores of another machine, start-up excluded, and only set the order of size: NHSRplotthedots 0.2.2, `ptd_spc` on
1,000 series of 36 points; PHEindicatormethods 2.1.0, `phe_proportion` on a million rows at 95% and 99.8%; clinicalsignificance 3.0.0, `cs_distribution`
on a million people.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.measured import Ratio, seconds
from metrics import change, intervals, spc

R_SPC, R_WILSON, R_RCI = 1.95, 0.20, 4.7
MILLION = 1_000_000


def ratios() -> list[Ratio]:
    """SPC of 1,000 series × 36 points, Wilson of a million rows at two levels, and the classification of a million people."""
    rng = np.random.default_rng(1)
    months = np.tile(pd.date_range("2022-04-01", periods=36, freq="MS"), 1_000)
    series = pd.DataFrame({"series": np.repeat(np.arange(1_000), 36), "date": months, "value": np.round(rng.normal(50, 5, 36_000), 1)})
    n = rng.integers(1, 500, MILLION)
    x = rng.binomial(n, 0.4)
    first, last = rng.integers(0, 28, MILLION).astype(float), rng.integers(0, 28, MILLION).astype(float)
    service = rng.integers(0, 100, MILLION)
    people = pd.DataFrame({"first": first, "last": last, "service": service})

    def classified() -> None:
        change.categories(first, last, "lower", 6, cutoff=10)

    def by_rows() -> None:
        """The way an analyst would write it: a function for one person, over the rows (of a hundredth of the people)."""
        people.head(MILLION // 100).apply(_one, axis=1)

    def selected() -> None:
        """The same with boolean columns of pandas, over everybody."""
        better, worse = people["first"] - people["last"] >= 6, people["last"] - people["first"] >= 6
        words = pd.Series("unchanged", index=people.index, dtype=object)
        words[better], words[worse] = "improved", "deteriorated"
        words[better & (people["first"] >= 10) & (people["last"] < 10)] = "recovered"
        words[worse & (people["first"] < 10) & (people["last"] >= 10)] = "harmed"

    ours, rows, columns = seconds(classified), 100 * seconds(by_rows, 1), seconds(selected)
    return [
        Ratio("XmR charts of 1,000 series of 36 points", seconds(lambda: spc.charts(series, "higher")), "NHSRplotthedots, recorded", R_SPC, 0.1),
        Ratio(
            "Wilson, a million rows at 95% and 99.8%", seconds(lambda: [intervals.wilson(x, n, c) for c in (0.95, 0.998)]),
            "PHEindicatormethods, recorded", R_WILSON, 4, "R is fast here too; ours checks and clips every row.",
        ),
        Ratio("five categories for a million people", ours, "clinicalsignificance, recorded", R_RCI, 0.2),
        Ratio("five categories for a million people", ours, "pandas row by row (a hundredth, times a hundred)", rows, 0.05),
        Ratio("five categories for a million people", ours, "pandas column by column", columns, 1.5, "Both are a handful of passes over the columns."),
    ]  # fmt: skip


def _one(row: pd.Series) -> str:
    gained = row["first"] - row["last"]
    if gained >= 6:
        return "recovered" if row["first"] >= 10 > row["last"] else "improved"
    if gained <= -6:
        return "harmed" if row["first"] < 10 <= row["last"] else "deteriorated"
    return "unchanged"
