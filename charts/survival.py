"""How long improvement took: the share of people who had improved clearly, by weeks since their first score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from charts import multiples, theme
from charts.theme import UNIT

PLOT = 30 * UNIT


def survival(
    curve: pd.DataFrame, medians: pd.DataFrame, labels: Mapping[str, str], *, title: str, subtitle: str, footer: str, key: str = "", order: Sequence[str] = ()
) -> go.Figure:
    """`curve` has group, time (weeks), survival, lower, upper (shares not yet improved); drawn is the share improved, with its range.

    One group has the whole width; several stand side by side in the `order` given, each with its own range. The week by which half had improved is marked.
    """
    groups = [g for g in (list(order) or list(dict.fromkeys(curve["group"]))) if g in set(curve["group"])]
    last = float(curve["time"].max()) if len(curve) else 1.0
    found = {str(r["group"]): r for r in theme.records(medians)}
    data: list[dict[str, object]] = []
    shapes: list[dict[str, object]] = []
    annotations: list[dict[str, Any]] = []
    for i, group in enumerate(groups):
        axes = multiples.on(i)
        of = curve[curve["group"] == group].sort_values("time")
        data += [{**trace, **axes} for trace in _traces(of, group, labels)]
        middle = float(found[group]["median"]) if group in found else math.nan
        if not math.isnan(middle):
            shapes.append({**theme.rule(x=middle, y0=0, y1=50, dash="2px,3px"), "xref": axes["xaxis"], "yref": axes["yaxis"]})
            text = theme.plain(f"half by week {middle:.0f}")
            annotations.append({**theme.note(middle, 0, text, xanchor="left", yanchor="bottom", xshift=4), "xref": axes["xaxis"], "yref": axes["yaxis"]})
    xaxis = {"range": [0, last * 1.03], "nticks": 6, "showgrid": False}
    yaxis = {"range": [0, 100], "tickvals": [0, 50, 100], "ticktext": ["0%", "50%", "100%"]}
    if len(groups) > 1:
        made, heads = multiples.layout_of([labels.get(g, g) for g in groups], [_people(found.get(g)) for g in groups], xaxis, yaxis)
        annotations += heads
        plot, above, below = multiples.height(len(groups)), 0, 3 * UNIT
    else:
        made, plot, above, below = {"xaxis": theme.axis(**xaxis), "yaxis": theme.axis(**yaxis)}, PLOT, 3 * UNIT, 6 * UNIT
        annotations.append(theme.corner(0, 1, "people who had improved clearly", yshift=UNIT, xshift=-5 * UNIT))
    annotations.append(theme.corner(1, 0, "weeks since the first score", yshift=-3 * UNIT if len(groups) < 2 else 0))
    layout = theme.layout(
        title, subtitle, footer, key=key, plot=plot, left=5 * UNIT, right=UNIT, above=above, below=below, shapes=shapes, annotations=annotations, **made
    )
    return theme.figure(data, layout)


def _traces(of: pd.DataFrame, group: str, labels: Mapping[str, str]) -> list[dict[str, object]]:
    time, share = [0.0, *of["time"]], [0.0, *(100 * (1 - v) for v in of["survival"])]
    ranged = of[of["lower"].notna() & of["upper"].notna()]
    steps_x, low = _steps([0.0, *ranged["time"]], [0.0, *(100 * (1 - v) for v in ranged["upper"])])
    _, high = _steps([0.0, *ranged["time"]], [0.0, *(100 * (1 - v) for v in ranged["lower"])])
    colour = theme.COLOURS["estimate"]
    line = theme.path(time, share, colour, 2)
    name = theme.wrap(labels.get(group, "Everyone" if group == "all" else group), 36)
    hover = [f"<b>{name}</b><br>by week {t:.0f}: {theme.number(v, '%')} had improved clearly" for t, v in zip(time, share, strict=True)]
    return [
        theme.path(steps_x + steps_x[::-1], high + low[::-1], colour, 0, fill="toself", fillcolor="rgba(17,128,125,0.22)"),
        {**line, "line": {"color": colour, "width": 2, "shape": "hv"}, "hoverinfo": "text", "hovertext": hover},
    ]


def _steps(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """The corners of a line that holds each value until the next time."""
    out_x, out_y = [x[0]], [y[0]]
    for i in range(1, len(x)):
        out_x += [x[i], x[i]]
        out_y += [y[i - 1], y[i]]
    return out_x, out_y


def _people(median: Mapping[str, Any] | None) -> str:
    return f"{int(median['n']):,} people" if median else ""


def weeks(median: Mapping[str, Any]) -> str:
    """`9 weeks (7 to 12)`, or that half have not got there yet."""
    if math.isnan(median["median"]):
        return "not half of them yet"
    ends = [f"{v:.0f}" if not math.isnan(v) else "not known" for v in (median["lower"], median["upper"])]
    return f"{median['median']:.0f} weeks ({ends[0]} to {ends[1]})"


def alt_text(medians: pd.DataFrame, labels: Mapping[str, str], *, title: str, subtitle: str = "") -> str:
    """The chart in words: by when half of each group had improved clearly."""
    rows = theme.records(medians)
    items = [f"{labels.get(r['group'], 'Everyone' if r['group'] == 'all' else r['group'])}: {_people(r)}, half by {weeks(r)}" for r in rows]
    return theme.said("Share of people who had improved clearly, in steps, by weeks since the first score", title, subtitle, items)


def table(medians: pd.DataFrame, labels: Mapping[str, str], first: str = "Group") -> pd.DataFrame:
    """The figures behind the chart: one row per group."""
    rows = theme.records(medians)
    return theme.frame(
        {
            first: [labels.get(r["group"], "Everyone" if r["group"] == "all" else r["group"]) for r in rows],
            "People with a first score": [int(r["n"]) for r in rows],
            "Improved clearly so far": [int(r["events"]) for r in rows],
            "Half had improved by": [weeks(r) for r in rows],
            "Only one score": ["a few, left out" if pd.isna(r["one_score"]) else f"{int(r['one_score']):,}" for r in rows],
        }
    )
