"""A reality check drawn: for each line of a plan the range a year like the quarters before it falls in, what was counted last year, and what is proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from charts import theme
from charts.theme import UNIT

LINE_HEIGHT, MARK_HEIGHT, GAP = 18, 22, 14  # pixels: a line of the label, the lane of the bar, the space to the next line
LOW, HIGH = -0.01, 1.06
LAST, PROPOSED, AGREED = "last year", "proposed", "agreed"
SYMBOLS = {LAST: "circle", PROPOSED: "diamond", AGREED: "diamond-open"}


@dataclass(frozen=True)
class Lane:
    """One line of a plan: its words, the likely range of a year, and the years' figures to set beside it. None: not known."""

    ref: str
    what: str
    low: float | None
    high: float | None
    last_year: float | None = None
    proposed: float | None = None
    agreed: float | None = None

    @property
    def figures(self) -> dict[str, float]:
        named = {LAST: self.last_year, PROPOSED: self.proposed, AGREED: self.agreed if self.agreed != self.proposed else None}
        return {name: value for name, value in named.items() if value is not None}


def reality(lanes: Sequence[Lane], *, title: str, subtitle: str, footer: str, key: str = "") -> go.Figure:
    """One lane per line, each on a scale of its own that begins at nought: the range as a bar, last year, the proposal and what was agreed as marks.

    `customdata` of every mark is the line's reference. A lane without a range says so in words.
    """
    label_y: list[float] = []
    label_text: list[str] = []
    value_y: list[float] = []
    value_text: list[str] = []
    bars: list[tuple[float, float, float]] = []
    marks: list[tuple[float, float, str, str, str]] = []  # x, y, ref, hover, which
    tracks: list[dict[str, object]] = []
    y = float(UNIT)
    for lane in lanes:
        scale = max([*lane.figures.values(), lane.high or 0.0, 1.0])
        wrapped = theme.wrap(f"{lane.ref}: {lane.what}", theme.SUBTITLE_WRAP)
        height = theme.lines(wrapped) * LINE_HEIGHT
        label_y.append(y + height / 2)
        label_text.append(wrapped)
        y += height
        at = y + MARK_HEIGHT / 2
        hover = f"<b>{theme.wrap(f'{lane.ref}: {lane.what}', 36)}</b><br>{theme.wrap(_said(lane), 44)}"
        tracks += [theme.rule(y=at, color=theme.GRID), theme.rule(x=0, y0=at - UNIT, y1=at + UNIT)]  # the upright stroke is nought
        if lane.low is not None and lane.high is not None:
            bars.append((lane.low / scale, lane.high / scale, at))
        for name, value in lane.figures.items():
            marks.append((value / scale, at, lane.ref, hover, name))
        y += MARK_HEIGHT
        value_y.append(y + LINE_HEIGHT / 2)
        value_text.append(theme.wrap(_said(lane), theme.SUBTITLE_WRAP))
        y += theme.lines(value_text[-1]) * LINE_HEIGHT + GAP
    data: list[dict[str, object]] = []
    xs = [v for low, high, _ in bars for v in (low, high, None)]
    ys = [v for _, _, at in bars for v in (at, at, None)]
    data.append(theme.path(xs, ys, theme.COLOURS["estimate"], 12, opacity=theme.INTERVAL * 0.7))
    for name, symbol in SYMBOLS.items():
        of = [m for m in marks if m[4] == name]
        if of:
            colour = theme.COLOURS["nothing"] if name == LAST else theme.COLOURS["estimate"]
            data.append(theme.marks([m[0] for m in of], [m[1] for m in of], [m[2] for m in of], [m[3] for m in of], size=14, color=colour, symbol=symbol))
    plot = int(max(y - GAP + UNIT, 5 * UNIT))
    made = theme.layout(
        title, subtitle, footer, key=key, plot=plot, below=UNIT, shapes=tracks,
        xaxis=theme.blank_axis(LOW, HIGH), yaxis=theme.side_labels([*label_y, *value_y], [*label_text, *value_text], "left", plot),
    )  # fmt: skip
    return theme.figure(data, made)


def _said(lane: Lane) -> str:
    """`likely 42 to 58 · last year 50 (●) · proposed 60 (◆)`."""
    likely = f"likely {_n(lane.low)} to {_n(lane.high)}" if lane.low is not None and lane.high is not None else "too few quarters for a range"
    shapes = {LAST: "●", PROPOSED: "◆", AGREED: "◇"}
    return " · ".join([likely, *(f"{shapes[name]} {name} {_n(value)}" for name, value in lane.figures.items())])


def _n(value: float | None) -> str:
    return "not known" if value is None else f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def alt_text(lanes: Sequence[Lane], *, title: str, subtitle: str = "") -> str:
    """The chart in words: its finding, then each line with its range and figures."""
    return theme.said(f"Bars of the likely range with marks, {len(lanes)} lines", title, subtitle, [f"{lane.ref}: {_said(lane)}" for lane in lanes])


def table(lanes: Sequence[Lane]) -> pd.DataFrame:
    """The figures behind the chart: one row per line, words where there is no figure."""
    return theme.frame(
        {
            "Line": [f"{lane.ref}: {lane.what}" for lane in lanes],
            "Last year": [_cell(lane.last_year) for lane in lanes],
            "Likely from": [_cell(lane.low) for lane in lanes],
            "Likely to": [_cell(lane.high) for lane in lanes],
            "Proposed": [_cell(lane.proposed) for lane in lanes],
            "Agreed": [_cell(lane.agreed) for lane in lanes],
        }
    )


def _cell(value: float | None) -> float | str:
    return "not known" if value is None else value
