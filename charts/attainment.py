"""Attainment: what was counted over what was planned, group by group, with its range and a line where both are the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from charts import theme
from charts.theme import UNIT

ROW = 6 * UNIT


@dataclass(frozen=True)
class Group:
    """A group of services: people counted and planned on their targets, the ratio in percent and its 95% range (None: too little to say)."""

    name: str
    services: int
    actual: float
    projection: float
    percent: float
    lower: float | None
    upper: float | None


def attainment(groups: Sequence[Group], *, title: str, subtitle: str, footer: str, key: str = "") -> go.Figure:
    """One row per group: a dot, its range lighter, and a labelled line at 100% (as planned)."""
    plot = len(groups) * ROW + UNIT
    middle = [n * ROW + 5 * UNIT for n in range(len(groups))]
    ends = [v for g in groups for v in (g.percent, g.lower, g.upper) if v is not None]
    low, high = min([60.0, *ends]), max([140.0, *ends])
    pad = (high - low) * 0.06
    colour = theme.COLOURS["estimate"]
    bars = [(g.lower, g.upper, y) for g, y in zip(groups, middle, strict=True) if g.lower is not None and g.upper is not None]
    x, y_ = [v for a, b, _ in bars for v in (a, b, None)], [v for _, _, y in bars for v in (y, y, None)]
    hover = [theme.wrap(_words(g), 44) for g in groups]
    data = [
        theme.path(x, y_, colour, 5, opacity=theme.INTERVAL),
        theme.marks([g.percent for g in groups], middle, [g.name for g in groups], hover, size=11, color=colour),
    ]
    annotations = [
        {**theme.note(0, y, theme.plain(f"{g.name}, {_services(g)}"), xanchor="left", yanchor="bottom", yshift=UNIT), "xref": "paper"}
        for g, y in zip(groups, middle, strict=True)
    ]
    annotations += [
        {**theme.note(1, y, f"<b>{theme.number(g.percent, '%')}</b>", xanchor="right", yanchor="bottom", yshift=UNIT), "xref": "paper"}
        for g, y in zip(groups, middle, strict=True)
    ]
    annotations.append(theme.note(100, 1, "as planned", yref="paper", xanchor="center", yanchor="bottom"))
    made = theme.layout(
        title, subtitle, footer, key=key, plot=plot, above=3 * UNIT, below=3 * UNIT, left=2 * UNIT, right=2 * UNIT, annotations=annotations,
        shapes=[theme.rule(x=100, width=1.5)],
        xaxis=theme.axis(range=[low - pad, high + pad], ticksuffix="%", nticks=5, zeroline=False), yaxis=theme.blank_axis(plot, 0),
    )  # fmt: skip
    return theme.figure(data, made)


def _services(g: Group) -> str:
    return f"{g.services} service{'s' if g.services != 1 else ''}"


def _words(g: Group) -> str:
    likely = f" (likely between {theme.number(g.lower, '%')} and {theme.number(g.upper, '%')})" if g.lower is not None and g.upper is not None else ""
    return f"{g.name}, {_services(g)}: {theme.number(g.actual)} counted, {theme.number(g.projection)} planned, {theme.number(g.percent, '%')}{likely}"


def alt_text(groups: Sequence[Group], *, title: str, subtitle: str = "") -> str:
    """The chart in words, group by group."""
    return theme.said(f"Dots with 95% intervals, {len(groups)} groups", title, subtitle, [_words(g) for g in groups])


def table(groups: Sequence[Group], first: str) -> pd.DataFrame:
    """One row per group."""
    return theme.frame(
        {
            first: [g.name for g in groups],
            "Services": [g.services for g in groups],
            "Counted": [g.actual for g in groups],
            "Planned": [g.projection for g in groups],
            "Percent of the plan": [round(g.percent, 1) for g in groups],
            "Likely from": [round(g.lower, 1) if g.lower is not None else "too few to say" for g in groups],
            "Likely to": [round(g.upper, 1) if g.upper is not None else "too few to say" for g in groups],
        }
    )
