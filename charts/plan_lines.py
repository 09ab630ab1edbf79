"""Plan against return, a small picture per line: the projection as a line, what happened as points, quarter by quarter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from charts import theme
from charts.quarters import months, short
from charts.theme import UNIT

PANEL, GAP = 11 * UNIT, 8 * UNIT  # pixels of a picture, and between two: room for two lines of words
TOTAL = "running total"
WORDS_WRAP = 44


@dataclass(frozen=True)
class Point:
    """One quarter (`2025-26 Q3`) of a line. `said` stands for figures that may not be shown; `words` is the explanation this audience may read."""

    quarter: str
    projection: float | None
    actual: float | None
    said: str = ""
    words: str = ""


@dataclass(frozen=True)
class Panel:
    """One line of the plan through time, in the order of its quarters."""

    ref: str
    what: str
    counted_as: str
    points: tuple[Point, ...]

    @property
    def per(self) -> str:
        return "%" if self.counted_as == "percent" else ""


def plan_lines(panels: Sequence[Panel], *, title: str, subtitle: str, footer: str, key: str = "") -> go.Figure:
    """Small pictures under one another, each with its own scale from nothing, over the same quarters. A diamond has words of explanation."""
    names = quarters_of(panels)
    place = {name: i for i, name in enumerate(names)}
    data: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    shapes, axes = [], {}
    whole = len(panels) * (PANEL + GAP)
    for n, panel in enumerate(panels):
        axis, bottom = "y" if n == 0 else f"y{n + 1}", 1 - (n * (PANEL + GAP) + GAP + PANEL) / whole
        top = bottom + PANEL / whole
        highest = max([v for p in panel.points for v in (p.projection, p.actual) if v is not None], default=1.0) or 1.0
        axes[f"yaxis{n + 1 if n else ''}"] = theme.axis(domain=[bottom, top], range=[0, highest * 1.15], nticks=3, ticksuffix=panel.per, anchor="x")
        known = [p for p in panel.points if p.actual is not None]
        x, y = _planned(panel, place)
        data.append({**theme.path(x, y, theme.LINE, 2, connectgaps=False), "yaxis": axis, "line": {"color": theme.LINE, "width": 2, "dash": "6px,4px"}})
        hover = [f"<b>{theme.plain(months(p.quarter))}</b><br>{theme.wrap(_words(p, panel.per), WORDS_WRAP)}" for p in known]
        symbols = ["diamond" if p.words else "circle" for p in known]
        codes = [f"{panel.ref} {p.quarter}" for p in known]
        marks = theme.marks(
            [place[p.quarter] for p in known], [p.actual for p in known], codes, hover, size=10, color=theme.COLOURS["estimate"], symbol=symbols
        )
        data.append({**marks, "yaxis": axis})
        if said := [p for p in panel.points if p.said and p.actual is None]:
            told = [f"<b>{theme.plain(months(p.quarter))}</b><br>{theme.wrap(_words(p, panel.per), WORDS_WRAP)}" for p in said]
            hidden = theme.hidden_marks(
                [place[p.quarter] for p in said], [highest * 0.12] * len(said), [f"{panel.ref} {p.quarter}" for p in said], told, ["–"] * len(said)
            )
            data.append({**hidden, "yaxis": axis})
        head = theme.wrap(f"{panel.ref}: {panel.what}", WORDS_WRAP)
        lines = head.split("<br>")
        head = head if len(lines) <= 2 else f"{lines[0]}<br>{lines[1]} …"
        annotations.append(theme.note(0, top, head, xref="paper", yref="paper", xanchor="left", yanchor="bottom", yshift=4, xshift=-5 * UNIT))
        if known:
            last = known[-1]
            text = f"<b>{theme.number(last.actual or 0.0, panel.per)}</b>"
            annotations.append({**theme.note(place[last.quarter], last.actual or 0.0, text, xanchor="left", xshift=UNIT), "yref": axis})
        shapes.append(theme.rule(x=-0.5, x1=len(names) - 0.5, y0=bottom, y1=bottom) | {"xref": "paper", "x0": 0, "x1": 1, "yref": "paper"})
    every = max(1, -(-len(names) // 5))
    ticked = names[::-1][::every][::-1]
    made = theme.layout(
        title, subtitle, footer, key=key, plot=whole, left=5 * UNIT, right=5 * UNIT, below=5 * UNIT, annotations=annotations, shapes=shapes,
        xaxis=theme.axis(
            range=[-0.5, max(len(names) - 0.5, 0.5)], showgrid=False, tickangle=0, ticklabelstandoff=UNIT, anchor="free", position=0,
            tickvals=[place[q] for q in ticked], ticktext=[short(q) for q in ticked],
        ),
        **axes,
    )  # fmt: skip
    return theme.figure(data, made)


def quarters_of(panels: Sequence[Panel]) -> list[str]:
    """Every quarter any line speaks of, by date."""
    return sorted({p.quarter for panel in panels for p in panel.points})


def _planned(panel: Panel, place: dict[str, int]) -> tuple[list[float | None], list[float | None]]:
    """The projection as a line; broken where nothing was projected, and where a running total begins anew with its year."""
    x: list[float | None] = []
    y: list[float | None] = []
    for p in panel.points:
        if panel.counted_as == TOTAL and p.quarter.endswith("Q1") and x:
            x.append(None)
            y.append(None)
        x.append(place[p.quarter])
        y.append(p.projection)
    return x, y


def _words(p: Point, per: str) -> str:
    expected = f"expected {theme.number(p.projection, per)}" if p.projection is not None else "nothing was projected"
    happened = p.said if p.said and p.actual is None else "nothing returned yet" if p.actual is None else f"{theme.number(p.actual, per)} happened"
    told = happened if p.said and p.actual is None and p.projection is None else f"{happened}, {expected}"
    return f"{told}. {p.words}".strip() if p.words else told


def alt_text(panels: Sequence[Panel], *, title: str, subtitle: str = "") -> str:
    """The pictures in words: each line with its latest quarter; the rest is in the table."""
    items = []
    for panel in panels:
        last = next((p for p in reversed(panel.points) if p.actual is not None or p.said), None)
        told = f"{months(last.quarter)} {_words(last, panel.per)}" if last else "nothing returned yet"
        items.append(f"{panel.ref}, {panel.what}: {told}")
    return theme.said(f"{len(panels)} small charts, projection as a line and what happened as points", title, subtitle, items)


def table(panels: Sequence[Panel]) -> pd.DataFrame:
    """One row per line and quarter: expected, happened, and the words this audience may read."""
    columns: dict[str, list[object]] = {"Line": [], "What people will achieve": [], "Quarter": [], "Expected": [], "Happened": [], "In the service's words": []}
    for panel in panels:
        for p in panel.points:
            happened: object = p.actual if p.actual is not None else p.said or "nothing returned yet"
            cells = (panel.ref, panel.what, months(p.quarter), p.projection if p.projection is not None else "not in the plan", happened, p.words)
            for name, value in zip(columns, cells, strict=True):
                columns[name].append(value)
    return theme.frame({name: [f"{v:g}" if isinstance(v, float) else v for v in cells] for name, cells in columns.items()})
