"""Returns at a glance: services down, quarters across, a mark for on time, late or missing. Shape and colour say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from charts import theme
from charts.quarters import months
from charts.theme import UNIT

ROW, NAMES, LONGEST = 22, 22 * UNIT, 27  # pixels of a row and of the names; characters of a name
MARKS = {
    "on time": ("circle", theme.COLOURS["estimate"], 10, "●"),
    "late": ("diamond", theme.COLOURS["neither"], 12, "◆"),
    "missing": ("circle-open", theme.COLOURS["concern"], 13, "○"),
    "not due yet": ("line-ew-open", theme.COLOURS["hidden"], 7, "–"),
    "came with the history": ("circle", theme.GRID, 7, "·"),
}


@dataclass(frozen=True)
class Cell:
    """One return: its service's code and name, its quarter (`2025-26 Q3`), when it came and what has become of it."""

    service: str
    name: str
    quarter: str
    timeliness: str
    state: str

    @property
    def words(self) -> str:
        return self.timeliness if self.state in ("sent", "not sent") else f"{self.timeliness}, {self.state}"


def returns_calendar(cells: Sequence[Cell], *, title: str, subtitle: str, footer: str, key: str = "") -> go.Figure:
    """One row per service in the order given, one column per quarter. `customdata` of a mark is `service|quarter`."""
    rows, columns = _rows(cells), sorted({c.quarter for c in cells})
    y = {code: n * ROW + ROW / 2 for n, code in enumerate(rows)}
    x = {quarter: n for n, quarter in enumerate(columns)}
    plot = len(rows) * ROW
    data = []
    named = {code: f"<b>{theme.wrap(name, 40)}</b><br>" for code, name in rows.items()}  # a name stands in many cells
    called = {quarter: f"{theme.plain(months(quarter))}: " for quarter in columns}
    said = {words: theme.plain(words) for words in {c.words for c in cells}}
    for timeliness, (symbol, colour, size, _) in MARKS.items():
        those = [c for c in cells if c.timeliness == timeliness]
        if those:
            hover = [named[c.service] + called[c.quarter] + said[c.words] for c in those]
            codes = [f"{c.service}|{c.quarter}" for c in those]
            made = theme.marks([x[c.quarter] for c in those], [y[c.service] for c in those], codes, hover, size=size, color=colour, symbol=symbol)
            made["marker"] = {**made["marker"], "line": {"width": 3 if "open" in symbol else 0, "color": colour}}
            data.append(made)
    annotations = [
        {**theme.note(0, y[code], theme.plain(_short(name)), xanchor="left", yanchor="middle", xshift=-NAMES), "xref": "paper"} for code, name in rows.items()
    ]
    # above the years there is room for the button that saves the chart, which else lies on the last of them on a phone
    starts = [q for q in columns if q.endswith("Q1")] or columns[:1]
    shapes = [theme.rule(x=x[q] - 0.5, dash="2px,3px") for q in starts if x[q]]
    shapes += theme.blocks(-0.5, len(columns) - 0.5, [(n * ROW, (n + 1) * ROW) for n in range(1, len(rows), 2)])
    annotations += [theme.note(x[q] - 0.4, 1, f"{q[:7]}", yref="paper", xanchor="left", yanchor="bottom", yshift=2) for q in starts]
    made = theme.layout(
        title, subtitle, footer, key=key, plot=plot, left=NAMES, above=6 * UNIT, below=UNIT, annotations=annotations, shapes=shapes,
        xaxis=theme.blank_axis(-0.5, len(columns) - 0.5), yaxis=theme.blank_axis(plot, 0),
    )  # fmt: skip
    return theme.figure(data, made)


def _rows(cells: Sequence[Cell]) -> dict[str, str]:
    return {c.service: c.name for c in cells}


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1].rstrip()}…"


def told(cells: Sequence[Cell]) -> str:
    """`464 on time, 9 late and 2 missing`: the finding in words."""
    counts = [(sum(c.timeliness == t for c in cells), t) for t in ("on time", "late", "missing")]
    *most, last = [f"{n:,} {t}" for n, t in counts]
    return f"{', '.join(most)} and {last}"


def alt_text(cells: Sequence[Cell], *, title: str, subtitle: str = "") -> str:
    """What was late or is missing, return by return; everything else came on time or is told in the table."""
    items = [f"{c.name}, {months(c.quarter)}: {c.words}" for c in cells if c.timeliness in ("missing", "late")]
    return theme.said(f"A grid of {len(_rows(cells))} services by {len({c.quarter for c in cells})} quarters", title, subtitle, items)


def table(cells: Sequence[Cell]) -> pd.DataFrame:
    """One row per service, one column per quarter, in a sign and words."""
    names = _rows(cells)
    columns = {q: months(q) for q in sorted({c.quarter for c in cells}, reverse=True)}
    rows = {code: dict.fromkeys(columns, "") for code in names}
    for c in cells:
        rows[c.service][c.quarter] = f"{MARKS[c.timeliness][3]} {c.words}"
    return pd.DataFrame([{"Service": names[code], **{columns[q]: text for q, text in row.items()}} for code, row in rows.items()])
