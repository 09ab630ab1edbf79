"""The milestone ladder: successive lines of a plan year as bars, what was planned as a mark on each, and how many of every ten came to the next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from charts import theme
from charts.theme import UNIT

ROW, BAR = 10 * UNIT, 2 * UNIT
LINE, MOST = 2 * UNIT, 2  # pixels of a further line over a bar; lines at the most, the whole being in the hover and the table


@dataclass(frozen=True)
class Rung:
    """One step: what was counted and planned since the year began, and (from the second on) this step over the one before, counted and planned."""

    ref: str
    what: str
    actual: float
    projection: float | None
    ratio: float | None = None
    planned_ratio: float | None = None


def ladder(rungs: Sequence[Rung], *, title: str, subtitle: str, footer: str, key: str = "") -> go.Figure:
    """One bar per step, first step on top. Steps need not be taken by the same people, so nothing is drawn as a share of a whole."""
    heads = [theme.wrap(f"{r.ref}: {r.what}", theme.SUBTITLE_WRAP).split("<br>") for r in rungs]
    heads = [lines if len(lines) <= MOST else [*lines[: MOST - 1], f"{lines[MOST - 1]} …"] for lines in heads]
    more = LINE * (max((len(lines) for lines in heads), default=1) - 1)
    row = ROW + more
    plot = len(rungs) * row
    highest = max([v for r in rungs for v in (r.actual, r.projection) if v is not None], default=1.0) or 1.0
    middle = [n * row + more + 5 * UNIT for n in range(len(rungs))]
    shapes = [
        theme.block(0, r.actual, y - BAR / 2, y + BAR / 2, fillcolor=theme.COLOURS["estimate"]) | {"layer": "above"} for r, y in zip(rungs, middle, strict=True)
    ]
    shapes += [
        theme.rule(x=r.projection, y0=y - BAR * 0.8, y1=y + BAR * 0.8, width=3) | {"yref": "y", "layer": "above"}
        for r, y in zip(rungs, middle, strict=True) if r.projection is not None
    ]  # fmt: skip
    annotations = []
    for r, y, lines in zip(rungs, middle, heads, strict=True):
        annotations.append(theme.note(0, y - BAR / 2, "<br>".join(lines), xanchor="left", yanchor="bottom", yshift=2))
        annotations.append(theme.note(0, y + BAR / 2, f"<b>{theme.number(r.actual)}</b>{_next(r)}", xanchor="left", yanchor="top", yshift=-2))
    hover = [theme.wrap(_words(r), 44) for r in rungs]
    marks = theme.marks([r.actual for r in rungs], middle, [r.ref for r in rungs], hover, size=20, color="rgba(0,0,0,0)")
    made = theme.layout(
        title, subtitle, footer, key=key, plot=plot, right=UNIT, below=UNIT, annotations=annotations, shapes=shapes,
        xaxis=theme.blank_axis(0, highest * 1.05), yaxis=theme.blank_axis(plot, 0),
    )  # fmt: skip
    return theme.figure([marks], made)


def _next(r: Rung) -> str:
    planned = f", {theme.number(r.projection)} planned" if r.projection is not None else ""
    return planned + (f" · {theme.number(10 * r.ratio, 'per')} for every 10 above" if r.ratio is not None else "")


def _words(r: Rung) -> str:
    planned = f", {theme.number(r.projection)} planned" if r.projection is not None else ""
    step = f"; {theme.number(10 * r.ratio, 'per')} for every 10 of the step before" if r.ratio is not None else ""
    hoped = f" ({theme.number(10 * r.planned_ratio, 'per')} planned)" if r.ratio is not None and r.planned_ratio is not None else ""
    return f"{r.ref}, {r.what}: {theme.number(r.actual)} since the year began{planned}{step}{hoped}"


def alt_text(rungs: Sequence[Rung], *, title: str, subtitle: str = "") -> str:
    """The ladder in words, step by step."""
    return theme.said(f"Bars, {len(rungs)} steps", title, subtitle, [_words(r) for r in rungs])


def table(rungs: Sequence[Rung]) -> pd.DataFrame:
    """One row per step."""
    return theme.frame(
        {
            "Line": [r.ref for r in rungs],
            "What people will achieve": [r.what for r in rungs],
            "Counted": [r.actual for r in rungs],
            "Planned": [r.projection if r.projection is not None else "not in the plan" for r in rungs],
            "For every 10 before": [round(10 * r.ratio, 1) if r.ratio is not None else "" for r in rungs],
            "Planned for every 10": [round(10 * r.planned_ratio, 1) if r.planned_ratio is not None else "" for r in rungs],
        }
    )
