"""Improved, about the same and worse as parts of one bar for each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from charts import theme
from charts.theme import UNIT
from domain.types import ReleasedRow

PARTS = ("improved", "same", "worsened")
LINE_HEIGHT, BAR, GAP = 18, 24, 14  # pixels
NARROWEST = 12  # percent of a bar that holds its own label at 390 pixels


def proportions(
    improved: Sequence[ReleasedRow],
    same: Sequence[ReleasedRow],
    worsened: Sequence[ReleasedRow],
    labels: Mapping[str, str],
    *,
    title: str,
    subtitle: str,
    footer: str,
    key: str = "",
) -> go.Figure:
    """One bar per group, in the order of `improved`; the three parts are the released rates of the same group.

    A part that is hidden has no length of its own: what the shown parts leave over is hatched and says `hidden`. `customdata` is the group.
    """
    groups = _joined(improved, same, worsened)
    data: list[dict[str, object]] = []
    label_y, label_text, count_text, unknowns = [], [], [], []
    bars: dict[str, list[tuple[float, float, float, str, str, str]]] = {part: [] for part in (*PARTS, "hidden")}
    y = 0.0
    for row, parts in groups:
        name = theme.label_of(row, labels)
        wrapped = theme.wrap(name, theme.LABEL_WRAP)
        hover = f"<b>{theme.wrap(name, 36)}</b><br>" + "<br>".join(theme.wrap(line, 44) for line in _lines(parts))
        height = theme.lines(wrapped) * LINE_HEIGHT
        label_y.append(y + height / 2)
        label_text.append(wrapped)
        n = _people(parts)
        count_text.append(f"{n:,} people" if n is not None else "")
        y += height + 2
        middle = y + BAR / 2
        at = 0.0
        for part in PARTS:
            found = parts[part]
            if found is not None and not found.hidden and found.value is not None:
                shape = theme.sign(part).shape if found.value >= NARROWEST / 2 else ""
                text = f"{shape} {theme.number(found.value, '%')}" if found.value >= NARROWEST else shape
                bars[part].append((at, found.value, middle, row.group, hover, text))
                at += found.value
        unknown = [r for r in parts.values() if r is None or r.hidden or r.value is None]
        if unknown:
            covered = any(r is not None and r.hidden for r in unknown)
            left = max(0.0, 100.0 - at)
            bars["hidden"].append((at, left, middle, row.group, hover, ""))
            said = f"{theme.HIDDEN_SIGN} hidden" if covered else theme.value_words(unknown[0], "%")
            unknowns.append(theme.note(at, middle, f"<b>{theme.plain(said)}</b>", xanchor="left", yanchor="middle", xshift=4))
        y += BAR + GAP
    for part in (*PARTS, "hidden"):
        found_bars = bars[part]
        if not found_bars:
            continue
        marker: dict[str, object] = {"color": theme.SIGNS[part].colour if part in theme.SIGNS else "rgba(128,134,145,0.25)", "line": {"width": 0}}
        if part == "hidden":
            marker["pattern"] = {"shape": "/", "fgcolor": theme.COLOURS["hidden"], "bgcolor": "rgba(0,0,0,0)", "size": 7, "solidity": 0.12}
        data.append({
            "type": "bar", "orientation": "h", "base": [b[0] for b in found_bars], "x": [b[1] for b in found_bars], "y": [b[2] for b in found_bars],
            "width": BAR, "customdata": [b[3] for b in found_bars], "hovertext": [b[4] for b in found_bars], "hoverinfo": "text",
            "text": [b[5] for b in found_bars], "textposition": "inside", "insidetextanchor": "middle", "textangle": 0, "constraintext": "none",
            "textfont": {"color": theme.ON_COLOUR, "size": theme.TICK}, "marker": marker, "name": part,
            "selected": {"marker": {"opacity": 1}, "textfont": {"color": theme.ON_COLOUR}},
            "unselected": {"marker": {"opacity": 1}, "textfont": {"color": theme.ON_COLOUR}}, "yaxis": "y2",
        })  # fmt: skip
    plot = int(max(y - GAP, 3 * UNIT))
    data.append(theme.path([None], [None], theme.GRID, 1))  # an axis is drawn only if something lies on it
    keys = [theme.sign(part) for part in PARTS]
    legend = "&nbsp;&nbsp;&nbsp;".join(f'<span style="color:{s.colour}">{s.shape}</span> {s.words}' for s in keys)
    if any(r is not None and r.hidden for _, parts in groups for r in parts.values()):
        footer = theme.told(footer)
    made = theme.layout(
        title, subtitle, footer, key=key, plot=plot, above=3 * UNIT, below=UNIT, barmode="overlay", bargap=0,
        annotations=[*unknowns, theme.corner(0, 1, legend, yshift=UNIT)],
        xaxis=theme.blank_axis(0, 100), yaxis=theme.side_labels(label_y, label_text, "left", plot),
        yaxis2=theme.side_labels(label_y, count_text, "right", plot, overlaying="y"),
    )  # fmt: skip
    return theme.figure(data, made)


def _joined(
    improved: Sequence[ReleasedRow], same: Sequence[ReleasedRow], worsened: Sequence[ReleasedRow]
) -> list[tuple[ReleasedRow, dict[str, ReleasedRow | None]]]:
    """One entry per group (people still with the service apart), with its three parts."""
    found = {part: {(r.group, r.still_open): r for r in rows} for part, rows in zip(PARTS, (improved, same, worsened), strict=True)}
    order = dict.fromkeys((r.group, r.still_open) for rows in (improved, same, worsened) for r in rows)
    first = {k: next(rows[k] for rows in found.values() if k in rows) for k in order}
    return [(first[k], {part: found[part].get(k) for part in PARTS}) for k in order]


def _people(parts: Mapping[str, ReleasedRow | None]) -> int | None:
    """Out of how many, if any part may say so."""
    return next((r.denominator for r in parts.values() if r and not r.hidden and r.denominator is not None), None)


def _lines(parts: Mapping[str, ReleasedRow | None]) -> list[str]:
    return [f"{theme.sign(part).words}: {theme.row_words(row, '%')}" for part, row in parts.items()]


def alt_text(
    improved: Sequence[ReleasedRow], same: Sequence[ReleasedRow], worsened: Sequence[ReleasedRow], labels: Mapping[str, str], *, title: str, subtitle: str = ""
) -> str:
    """The chart in words: its finding, then each group's three parts."""
    groups = _joined(improved, same, worsened)
    items = [f"{theme.label_of(row, labels)}: {'; '.join(_lines(parts))}" for row, parts in groups]
    return theme.said(f"Bars in three parts, {len(groups)} groups", title, subtitle, items, most=8)


def table(
    improved: Sequence[ReleasedRow], same: Sequence[ReleasedRow], worsened: Sequence[ReleasedRow], labels: Mapping[str, str], first: str = "Group"
) -> pd.DataFrame:
    """The figures behind the chart: one row per group; people and percent for each part. Hidden cells say `hidden`."""
    groups = _joined(improved, same, worsened)
    columns: dict[str, list[object]] = {first: [theme.label_of(row, labels) for row, _ in groups]}
    for part in PARTS:
        words = theme.sign(part).words.capitalize()
        found = [parts[part] for _, parts in groups]
        columns[words] = [theme.cell(row, row.numerator if row else None) for row in found]
        columns[f"{words}, percent"] = [theme.cell(row, row.value if row else None) for row in found]
    columns["Out of"] = [_people(parts) or theme.cell(parts["improved"], None) for _, parts in groups]
    return theme.frame(columns)
