"""Average score by time since the start, with its interval, the cut-off and the bands of the questionnaire."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from charts import theme
from charts.theme import UNIT
from domain.types import Measure, ReleasedRow

PLOT = 32 * UNIT
BAND_WRAP = 10  # characters


def trajectory(
    weeks: Sequence[float],
    rows: Sequence[ReleasedRow],
    measure: Measure,
    *,
    title: str,
    subtitle: str,
    footer: str,
    key: str = "",
    code: str = "",
    whole_range: bool = True,
) -> go.Figure:
    """A line of means (`value`, `lower`, `upper`, n in `denominator`) at the given weeks since the start, one row per fortnight.

    A hidden fortnight breaks the line and shows its own sign. `customdata` of each dot is `code`, else the row's group. The axis spans the
    measure unless `whole_range` is false; the number of people is written at both ends, for they are seldom the same people.
    """
    both = sorted(zip(weeks, rows, strict=True), key=lambda p: p[0])
    shown = [(week, row) for week, row in both if not row.hidden and row.value is not None]
    quiet = [(week, row) for week, row in both if row.hidden or row.value is None]
    low, high = _range([row for _, row in shown], measure, whole_range)
    colour = theme.COLOURS["estimate"]
    data: list[dict[str, object]] = []
    for run in _runs(both):
        ranged = [(week, row) for week, row in run if row.lower is not None and row.upper is not None]
        x = [week for week, _ in ranged]
        y = [row.upper for _, row in ranged] + [row.lower for _, row in ranged[::-1]]
        data.append(theme.path(x + x[::-1], y, colour, 0, fill="toself", fillcolor="rgba(17,128,125,0.25)"))
        data.append(theme.path([week for week, _ in run], [row.value for _, row in run], colour, 2))
    data.append(
        theme.marks(
            [w for w, _ in shown], [r.value for _, r in shown], [code or r.group for _, r in shown],
            [f"<b>{_when(w)}</b><br>{theme.plain(theme.row_words(r, 'points'))}" for w, r in shown], size=8, color=colour,
        )
    )  # fmt: skip
    if quiet:
        words = [f"<b>{_when(w)}</b><br>{theme.plain(theme.value_words(r, 'points'))}" for w, r in quiet]
        signs = [theme.HIDDEN_SIGN if r.hidden else "–" for _, r in quiet]
        floor = low + (high - low) * 0.04
        data.append(theme.hidden_marks([w for w, _ in quiet], [floor] * len(quiet), [code or r.group for _, r in quiet], words, signs))
    shapes, annotations = scale(measure, low, high)
    last_week = max(weeks, default=0.0) or 2.0
    for (week, row), side in [(shown[0], "left"), (shown[-1], "right")] if len(shown) > 1 else [(p, "left") for p in shown]:
        assert row.value is not None
        top = row.upper if row.upper is not None else row.value
        text = f"<b>{theme.number(row.value, 'points')}</b>" + (f"<br>{row.denominator:,} people" if row.denominator is not None else "")
        annotations.append(theme.note(week, top, text, xanchor=side, yanchor="bottom", align=side, yshift=4, font={"size": theme.TICK}))
    if any(row.hidden for _, row in quiet):
        footer = theme.told(footer)
    annotations.append(theme.corner(0, 1, axis_words(measure), yshift=4, xshift=-4 * UNIT))
    annotations.append(theme.corner(1, 0, "weeks since the start", yshift=-3 * UNIT))
    made = theme.layout(
        title, subtitle, footer, key=key, plot=PLOT, left=4 * UNIT, right=margin_for(measure), above=3 * UNIT, below=6 * UNIT,
        shapes=shapes, annotations=annotations, xaxis=theme.axis(range=[-last_week * 0.03, last_week * 1.04], nticks=8, showgrid=False),
        yaxis=theme.axis(range=[low, high], nticks=6, showgrid=not measure.bands),
    )  # fmt: skip
    return theme.figure(data, made)


def scale(measure: Measure, low: float, high: float) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Lines and words for the cut-off and the bands of a measure, on a vertical axis from `low` to `high`.

    The words of the bands stand to the right of the plot, where no score can be.
    """
    shapes: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    half = float(measure.step) / 2
    for words, start, stop in measure.bands:
        bottom, top = max(float(start) - half, low), min(float(stop) + half, high)
        if top <= low or bottom >= high:
            continue
        if bottom > low:
            shapes.append(theme.rule(y=bottom, color=theme.GRID))
        wrapped = theme.wrap(words, BAND_WRAP)
        if (top - bottom) / (high - low) * PLOT >= 15 * theme.lines(wrapped):
            small = {"font": {"size": theme.FOOTER}, "opacity": 0.85}
            annotations.append(theme.note(1, (bottom + top) / 2, wrapped, xref="paper", xanchor="left", yanchor="middle", xshift=4, **small))
    if measure.cutoff is not None and low < float(measure.cutoff) < high:
        at = float(measure.cutoff) + (-half if measure.clinical_side == "at or above" else half)
        shapes.append(theme.rule(y=at, dash="4px,4px", width=1.5))
        said = theme.plain(f"cut-off {theme.number(float(measure.cutoff))}")
        annotations.append(theme.note(0, at, said, xref="paper", xanchor="left", yanchor="bottom", font={"size": theme.FOOTER}))
    return shapes, annotations


def margin_for(measure: Measure) -> int:
    """Pixels to the right of the plot for the words of the measure's bands."""
    longest = max((len(line) for words, _, _ in measure.bands for line in theme.wrap(words, BAND_WRAP).split("<br>")), default=0)
    return longest * 7 + UNIT if longest else UNIT


def axis_words(measure: Measure) -> str:
    return theme.plain(f"{measure.code}, {theme.number(float(measure.lowest))} to {theme.number(float(measure.highest))}: {measure.better} is better")


def _runs(both: Sequence[tuple[float, ReleasedRow]]) -> list[list[tuple[float, ReleasedRow]]]:
    """Neighbouring fortnights that may be shown, so that no line crosses a hidden one."""
    runs: list[list[tuple[float, ReleasedRow]]] = [[]]
    for week, row in both:
        if row.hidden or row.value is None:
            runs.append([])
        else:
            runs[-1].append((week, row))
    return [run for run in runs if run]


def _range(shown: Sequence[ReleasedRow], measure: Measure, whole_range: bool) -> tuple[float, float]:
    low, high = float(measure.lowest), float(measure.highest)
    ends = [v for row in shown for v in (row.value, row.lower, row.upper) if v is not None]
    if whole_range or not ends:
        return low, high
    pad = (max(ends) - min(ends) or 1.0) * 0.25
    return max(low, min(ends) - pad), min(high, max(ends) + pad)


def _when(week: float) -> str:
    return "at the start" if week == 0 else f"{theme.number(week)} {'week' if week == 1 else 'weeks'} after the start"


def alt_text(weeks: Sequence[float], rows: Sequence[ReleasedRow], measure: Measure, *, title: str, subtitle: str = "") -> str:
    """The chart in words: its finding, then the mean at each fortnight."""
    items = [f"{_when(week)}: {theme.row_words(row, 'points')}" for week, row in zip(weeks, rows, strict=True)]
    return theme.said(f"Average {measure.code} over time with 95% intervals; {measure.better} is better", title, subtitle, items)


def table(weeks: Sequence[float], rows: Sequence[ReleasedRow]) -> pd.DataFrame:
    """The figures behind the chart: one row per fortnight. Hidden cells say `hidden`."""
    made = theme.table(rows, {}, "points", "Weeks since the start")
    made["Weeks since the start"] = list(weeks)
    return made
