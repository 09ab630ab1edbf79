"""Services by how many people they had, inside the limits of chance: the funnel. It starts a conversation and settles nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from charts import theme
from charts.theme import UNIT
from metrics.funnel import Funnel, lines

PLOT = 36 * UNIT
POINTS = 80  # places along each limit: more than a small chart can show apart


def funnel(found: Funnel, labels: Mapping[str, str], better: str, *, title: str, subtitle: str, footer: str, key: str = "") -> go.Figure:
    """One mark per unit of `found` (numerator over denominator, in percent), the whole as a line, and the limits of 95% and 99.8%.

    A unit beyond the 99.8% limits has the sign of better or worse (`better`: higher, lower or neither) and its name beside it. Limits step because
    people are whole. `customdata` of a mark is the unit.
    """
    rows = found.rows[found.rows["denominator"] > 0]
    most = float(rows["denominator"].max()) if len(rows) else 1.0
    edge = lines(found, _grid(most))
    n = edge["denominator"].tolist()
    data: list[dict[str, object]] = []
    for level, dash in (("998", "solid"), ("95", "4px,4px")):
        for side in ("lower", "upper"):
            made = theme.path(n, [100 * v for v in edge[f"{side}{level}"]], theme.LINE, 1.2)
            data.append({**made, "line": {"color": theme.LINE, "width": 1.2, "dash": dash, "shape": "linear"}})
    marks = [_sign(str(row["side"]), better) for row in theme.records(rows)]
    values = [100 * v for v in rows["value"]]
    data.append(
        theme.marks(
            rows["denominator"].tolist(), values, [str(g) for g in rows["group"]], [_hover(row, labels) for row in theme.records(rows)],
            size=11, color=[s.colour for s in marks], symbol=[s.symbol for s in marks],
        )
    )  # fmt: skip
    centre = 100 * found.centre
    annotations = [
        theme.note(0, centre, theme.plain(f"all: {theme.number(centre, '%')}"), xref="paper", xanchor="left", yanchor="bottom", xshift=UNIT),
        theme.corner(0, 1, "solid line: 99.8% of what chance gives · dashed: 95%", yshift=4, xshift=-4 * UNIT, font={"size": theme.FOOTER}),
        theme.corner(1, 0, "people", yshift=-3 * UNIT),
    ]
    for row in theme.records(rows[rows["side"] != ""]):
        name = theme.wrap(labels.get(str(row["group"]), str(row["group"])), 24)
        side = "right" if row["denominator"] > most / 2 else "left"
        annotations.append(theme.note(row["denominator"], 100 * row["value"], f"<b>{name}</b>", xanchor=side, yanchor="bottom", yshift=UNIT, align=side))
    made = theme.layout(
        title, subtitle, footer, key=key, plot=PLOT, left=5 * UNIT, right=2 * UNIT, above=4 * UNIT, below=6 * UNIT, annotations=annotations,
        shapes=[theme.rule(y=centre, width=1.5)], xaxis=theme.axis(range=[0, most * 1.06], nticks=6, showgrid=False),
        yaxis=theme.axis(range=[-3, 103], tickvals=[0, 25, 50, 75, 100], ticktext=["0%", "25%", "50%", "75%", "100%"]),
    )  # fmt: skip
    return theme.figure(data, made)


def _grid(most: float) -> list[int]:
    step = max(1, int(most / POINTS))
    return list(range(max(1, step // 2), int(most * 1.06) + step, step))


def _sign(side: str, better: str) -> theme.Sign:
    if not side:
        return theme.Sign("", theme.COLOURS["estimate"], "circle", "●", "within the limits")
    if better == "neither":
        return theme.sign("mixed")
    return theme.sign("improved" if (side == "high") == (better == "higher") else "worsened")


def where(row: Mapping[str, object]) -> str:
    """Where a unit lies, in words that do not judge."""
    if row["side"]:
        return f"{'higher' if row['side'] == 'high' else 'lower'} than chance would give"
    return "at the edge of what chance gives" if row["beyond95"] else "within what chance gives"


def _hover(row: Mapping[str, object], labels: Mapping[str, str]) -> str:
    name = theme.wrap(labels.get(str(row["group"]), str(row["group"])), 36)
    counts = f"{int(row['numerator']):,} of {int(row['denominator']):,}: {theme.number(100 * float(row['value']), '%')}"  # type: ignore[call-overload, arg-type]
    return f"<b>{name}</b><br>{counts}<br>{where(row)}"


def alt_text(found: Funnel, labels: Mapping[str, str], *, title: str, subtitle: str = "") -> str:
    """The chart in words: the whole, then each unit and where it lies."""
    rows = theme.records(found.rows[found.rows["denominator"] > 0])
    items = [f"All: {theme.number(100 * found.centre, '%')}"]
    items += [
        f"{labels.get(str(r['group']), str(r['group']))}: {theme.number(100 * r['value'], '%')} of {int(r['denominator'])} people, {where(r)}" for r in rows
    ]
    return theme.said(f"Funnel of {len(rows)} units with limits of 95% and 99.8%", title, subtitle, items)


def table(found: Funnel, labels: Mapping[str, str], first: str = "Service") -> pd.DataFrame:
    """The figures behind the chart: one row per unit, its limits in percent."""
    rows = found.rows[found.rows["denominator"] > 0]
    columns: dict[str, list[object]] = {
        first: [labels.get(str(g), str(g)) for g in rows["group"]],
        "How many": [int(v) for v in rows["numerator"]],
        "Out of": [int(v) for v in rows["denominator"]],
        "Percent": [round(100 * v, 1) for v in rows["value"]],
    }
    for level, words in (("95", "95%"), ("998", "99.8%")):
        columns[f"{words} limits"] = [
            f"{theme.number(100 * a, '%')} to {theme.number(100 * b, '%')}" for a, b in zip(rows[f"lower{level}"], rows[f"upper{level}"], strict=True)
        ]
    columns["Where it lies"] = [where(row) for row in theme.records(rows)]
    return theme.frame(columns)
