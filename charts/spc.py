"""The XmR chart of one series: points in time, their mean, the limits of the usual ups and downs, and every marked point with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from charts import theme
from charts.quarters import short
from charts.theme import UNIT
from domain import quarters

PLOT = 30 * UNIT
NOT_SHOWN = "not shown: too few people, or none"
RULES = {
    "outside": "outside the usual ups and downs", "trend": "seven or more rising or falling", "two_of_three": "two of three near the edge",
    "shift": "seven or more on one side of the mean",
}  # fmt: skip
Row = Mapping[str, Any] | pd.Series  # one row of the figures
SIGNS = {"better": "improved", "worse": "worsened", "neither": "mixed"}


def spc(rows: pd.DataFrame, *, unit: str, title: str, subtitle: str, footer: str, key: str = "") -> go.Figure:
    """`rows` are of one series, oldest first: date, value, mean, lower, upper, signal, rule, direction, trial.

    A missing value breaks the line and keeps its place. Limits from fewer than 12 points are drawn thinner and called trial limits. A marked point has
    the sign of better, worse or neither; its reason is in the hover and in the table.
    """
    found = rows.reset_index(drop=True)
    at = list(range(len(found)))
    values = [None if pd.isna(v) else float(v) for v in found["value"]]
    known = [i for i in at if values[i] is not None]
    trial = bool(found["trial"].any()) if len(found) else True
    low, high = _range(found, unit)
    data: list[dict[str, object]] = [theme.path(at, values, theme.COLOURS["estimate"], 1.5, opacity=0.5, connectgaps=False)]
    for name, dash, width in (("mean", "solid", 1.5), ("lower", "6px,4px", 1.0), ("upper", "6px,4px", 1.0)):
        line = theme.path(at, [None if pd.isna(v) else min(max(float(v), low), high) for v in found[name]], theme.LINE, width)
        data.append({**line, "line": {"color": theme.LINE, "width": width, "dash": dash, "shape": "hvh"}, "opacity": 0.7 if trial and name != "mean" else 1})
    signs = [theme.sign(SIGNS[str(found["direction"][i])]) if found["signal"][i] else None for i in known]
    data.append(
        theme.marks(
            known, [values[i] for i in known], [str(found["date"][i]) for i in known], [_hover(found, i, unit) for i in known], size=10,
            color=[s.colour if s else theme.COLOURS["estimate"] for s in signs], symbol=[s.symbol if s else "circle" for s in signs],
        )
    )  # fmt: skip
    annotations = []
    if known:
        last = found.iloc[known[-1]]
        for name, words in (("mean", "mean"), ("lower", "trial limit" if trial else "limit"), ("upper", "trial limit" if trial else "limit")):
            if not pd.isna(last[name]) and low <= last[name] <= high:
                text = theme.plain(f"{words} {theme.number(float(last[name]), unit)}")
                annotations.append(theme.note(0, float(last[name]), text, xref="paper", xanchor="left", yanchor="bottom", font={"size": theme.FOOTER}))
    every = max(1, -(-len(at) // 5))
    ticked = at[::-1][::every][::-1]
    made = theme.layout(
        title, subtitle, footer, key=key, plot=PLOT, left=5 * UNIT, right=2 * UNIT, above=UNIT, below=6 * UNIT, annotations=annotations,
        xaxis=theme.axis(
            range=[-0.5, len(at) - 0.5], showgrid=False, tickangle=0, ticklabelstandoff=UNIT, tickvals=ticked,
            ticktext=[short(str(quarters.quarter_of(found["date"][i]))) for i in ticked],
        ),
        yaxis=theme.axis(range=[low, high], ticksuffix="%" if unit == "%" else "", nticks=6),
    )  # fmt: skip
    return theme.figure(data, made)


def _range(rows: pd.DataFrame, unit: str) -> tuple[float, float]:
    if unit == "%":
        return 0.0, 100.0
    ends = [float(v) for name in ("value", "lower", "upper") for v in rows[name] if not pd.isna(v)] or [0.0, 1.0]
    pad = (max(ends) - min(ends) or 1.0) * 0.1
    return min(ends) - pad, max(ends) + pad


def _reason(row: Row) -> str:
    return RULES[str(row["rule"])] if row["signal"] else ""


def _hover(rows: pd.DataFrame, i: int, unit: str) -> str:
    row = rows.iloc[i]
    said = f"<b>{_months(row)}</b><br>{theme.number(float(row['value']), unit)}"
    return said + (f"<br>{_reason(row)}" if row["signal"] else "")


def _months(row: Row) -> str:
    return quarters.quarter_of(row["date"]).months()


def alt_text(rows: pd.DataFrame, *, unit: str, title: str, subtitle: str = "") -> str:
    """The chart in words: every quarter, and why a point is marked."""
    items: Sequence[str] = [
        ", ".join(filter(None, (f"{_months(row)}: {NOT_SHOWN if pd.isna(row['value']) else theme.number(float(row['value']), unit)}", _reason(row))))
        for row in theme.records(rows)
    ]
    return theme.said(f"Figures in time with their mean and limits, {len(rows)} quarters", title, subtitle, items)


def table(rows: pd.DataFrame, *, unit: str) -> pd.DataFrame:
    """The figures behind the chart: one row per quarter with its limits and, where it is marked, the reason."""
    value = "Percent" if unit == "%" else unit.capitalize()
    return theme.frame(
        {
            "Quarter": [_months(row) for row in theme.records(rows)],
            value: [NOT_SHOWN if pd.isna(v) else f"{float(v):.1f}" for v in rows["value"]],
            "Mean": [f"{float(v):.1f}" for v in rows["mean"]],
            "Lower limit": ["none yet" if pd.isna(v) else f"{float(v):.1f}" for v in rows["lower"]],
            "Upper limit": ["none yet" if pd.isna(v) else f"{float(v):.1f}" for v in rows["upper"]],
            "Marked": [_reason(row) or "no" for row in theme.records(rows)],
        }
    )
