"""Each group beside everybody else: the difference of a rate in percentage points with its range, round a line of no difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from charts import intervals, theme

UNIT_WORDS = "percentage points"


@dataclass(frozen=True)
class Dot:
    """One group's difference, with what a chart of dots asks of a row; worked out from protected figures, and none itself."""

    group: str
    value: float | None
    lower: float | None
    upper: float | None
    too_few: bool
    numerator: int | None = None
    denominator: int | None = None
    hidden: bool = False
    still_open: bool = False


def differences(rows: pd.DataFrame, labels: Mapping[str, str], better: str, *, title: str, subtitle: str, footer: str, key: str = "") -> go.Figure:
    """`rows` of access.statistics.against_rest: one dot per group; only a difference beyond what so many comparisons bring about by chance has a sign."""
    signs = {str(r["group"]): _sign(r, better) for r in theme.records(rows) if r["differs"]}
    return intervals.intervals(
        _rows(rows), labels, unit=UNIT_WORDS, title=title, subtitle=subtitle, footer=footer, signs=signs, zero_words="the same as everybody else", key=key
    )


def _sign(row: Mapping[str, object], better: str) -> str:
    if better == "neither":
        return "mixed"
    return "improved" if (float(row["difference"]) > 0) == (better == "higher") else "worsened"  # type: ignore[arg-type]


def _rows(rows: pd.DataFrame) -> list[Any]:
    """The differences as rows of a chart of dots; what is not judged has no dot and says why."""
    made = []
    for r in theme.records(rows):
        judged = bool(r["judged"]) and not pd.isna(r["difference"])
        ends = (r["difference"], r["difference_lower"], r["difference_upper"]) if judged else (None, None, None)
        made.append(Dot(str(r["group"]), *ends, too_few=not judged))
    return made


def alt_text(rows: pd.DataFrame, labels: Mapping[str, str], *, title: str, subtitle: str = "") -> str:
    """The chart in words: each group and its difference from everybody else."""
    items = [f"{labels.get(row.group, row.group)}: {theme.row_words(row, UNIT_WORDS)}" for row in _rows(rows)]
    return theme.said(f"Differences from everybody else with 95% intervals, {len(items)} groups", title, subtitle, items)


def table(rows: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """The figures behind the chart: one row per group, with its rate, everybody else's, the difference and the ratio."""

    def span(row: Mapping[str, float], name: str, digits: int) -> str:
        if pd.isna(row[name]):
            return "cannot be said"
        low, high = row[f"{name}_lower"], row[f"{name}_upper"]
        return f"{row[name]:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})".replace("-", "−")

    found = theme.records(rows)
    return theme.frame(
        {
            "Group": [labels.get(str(r["group"]), str(r["group"])) for r in found],
            "How many": [f"{int(r['numerator']):,} of {int(r['denominator']):,}" for r in found],
            "Percent": [theme.number(r["value"], "%") for r in found],
            "Everybody else": [
                f"{theme.number(r['rest_value'], '%')}, {int(r['rest_numerator']):,} of {int(r['rest_denominator']):,}" if r["rest_denominator"] else "nobody"
                for r in found
            ],
            "Difference in percentage points": [span(r, "difference", 0) if r["judged"] else theme.TOO_FEW_WORDS for r in found],
            "Ratio": [span(r, "ratio", 2) if r["judged"] else theme.TOO_FEW_WORDS for r in found],
            "More than chance": ["yes" if r["differs"] else "no" if r["judged"] else "not judged" for r in found],
        }
    )
