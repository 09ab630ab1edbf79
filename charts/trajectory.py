"""Average score by time since the start, with its interval, the cut-off and the bands of the questionnaire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from charts import multiples, theme
from charts.theme import UNIT
from domain.types import Measure, ReleasedRow

PLOT = 32 * UNIT
BAND_WRAP = 12  # characters


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


# ---- a line for each group, side by side -----------------------------------------------------------------------------------------------------


def by_group(
    curves: Mapping[str, Sequence[ReleasedRow]], labels: Mapping[str, str], measure: Measure, everyone: Sequence[ReleasedRow] = (), *,
    title: str, subtitle: str, footer: str, key: str = "",
) -> go.Figure:  # fmt: skip
    """A panel per group, in the order given: its means and their range by weeks since the start, over everybody's line in grey.

    The group of a row is its fortnight. Hidden fortnights break the line. `customdata` of every dot is the group of people.
    """
    weeks = [2.0 * int(row.group) for rows in curves.values() for row in rows if row.value is not None]
    low, high = _range([row for rows in curves.values() for row in rows if row.value is not None], measure, False)
    data: list[dict[str, object]] = []
    colour = theme.COLOURS["estimate"]
    for i, (group, rows) in enumerate(curves.items()):
        axes = multiples.on(i)
        both = [(2.0 * int(row.group), row) for row in rows]
        whole = [(2.0 * int(row.group), row.value) for row in everyone if row.value is not None and low <= row.value <= high]
        if whole:
            data.append({**theme.path([w for w, _ in whole], [v for _, v in whole], theme.LINE, 1.5), **axes})
        for run in _runs(both):
            ranged = [(week, row) for week, row in run if row.lower is not None and row.upper is not None]
            x = [week for week, _ in ranged]
            y = [min(row.upper, high) for _, row in ranged if row.upper is not None] + [max(row.lower, low) for _, row in ranged[::-1] if row.lower is not None]
            data.append({**theme.path(x + x[::-1], y, colour, 0, fill="toself", fillcolor="rgba(17,128,125,0.22)"), **axes})
            data.append({**theme.path([week for week, _ in run], [row.value for _, row in run], colour, 2), **axes})
        shown = [(week, row) for week, row in both if not row.hidden and row.value is not None]
        name = theme.wrap(labels.get(group, group), 36)
        hover = [f"<b>{name}</b><br>{_when(w)}: {theme.plain(theme.row_words(r, 'points'))}" for w, r in shown]
        data.append({**theme.marks([w for w, _ in shown], [r.value for _, r in shown], [group] * len(shown), hover, size=6, color=colour), **axes})
    last = max(weeks, default=2.0)
    axes, notes = multiples.layout_of(
        [labels.get(g, g) for g in curves], [_began(rows) for rows in curves.values()],
        {"range": [-last * 0.03, last * 1.05], "nticks": 5, "showgrid": False}, {"range": [low, high], "nticks": 4},
    )  # fmt: skip
    notes.append(theme.corner(1, 0, "weeks since the start"))
    made = theme.layout(
        title, subtitle, footer, key=key, plot=multiples.height(len(curves)), left=4 * UNIT, right=UNIT, above=0, below=3 * UNIT, annotations=notes, **axes
    )
    return theme.figure(data, made)


def _began(rows: Sequence[ReleasedRow]) -> str:
    first = next((row for row in rows if row.value is not None), None)
    return f"{first.denominator:,} people at first" if first and first.denominator is not None else ""


def groups_alt_text(curves: Mapping[str, Sequence[ReleasedRow]], labels: Mapping[str, str], measure: Measure, *, title: str, subtitle: str = "") -> str:
    """The panels in words: where each group began and where it is at the last time shown."""
    items = []
    for group, rows in curves.items():
        shown = [row for row in rows if row.value is not None]
        ends = [f"{theme.row_words(row, 'points')} {_when(2.0 * int(row.group))}" for row in (shown[:1] + shown[-1:] if len(shown) > 1 else shown)]
        items.append(f"{labels.get(group, group)}: {', then '.join(ends) or theme.NOTHING_WORDS}")
    return theme.said(f"Average {measure.code} over time, {len(curves)} small charts; {measure.better} is better", title, subtitle, items)


def groups_table(curves: Mapping[str, Sequence[ReleasedRow]], labels: Mapping[str, str]) -> pd.DataFrame:
    """The figures behind the panels: one row per group and fortnight. Hidden cells say `hidden`."""
    named = [(labels.get(group, group), row) for group, rows in curves.items() for row in rows]
    made = theme.tabled([(name, row) for name, row in named], "points", "Group")
    made.insert(1, "Weeks since the start", [2 * int(row.group) for _, row in named])
    return made


# ---- how far people lie apart ----------------------------------------------------------------------------------------------------------------

BANDS = (("q10", "q90", 0.12, "8 in 10 people"), ("q25", "q75", 0.26, "half of the people"))


def fan(rows: pd.DataFrame, measure: Measure, *, title: str, subtitle: str, footer: str, key: str = "") -> go.Figure:
    """The middle score and, where enough people stand behind them, the bands that hold half and eight in ten of the people, by weeks since the start.

    `rows`: week, n, q10, q25, q50, q75, q90; not-a-number where too few people stand beyond a line.
    """
    low, high = float(measure.lowest), float(measure.highest)
    colour = theme.COLOURS["estimate"]
    data: list[dict[str, object]] = []
    for bottom, top, strength, _ in BANDS:
        for run in _unbroken(rows, (bottom, top)):
            x = run["week"].tolist()
            data.append(
                theme.path(x + x[::-1], run[top].tolist() + run[bottom].tolist()[::-1], colour, 0, fill="toself", fillcolor=f"rgba(17,128,125,{strength})")
            )
    for run in _unbroken(rows, ("q50",)):
        data.append(theme.path(run["week"].tolist(), run["q50"].tolist(), colour, 2))
    middle = rows[rows["q50"].notna()]
    hover = [f"<b>{_when(r['week'])}</b><br>{theme.plain(fan_words(r))}" for r in theme.records(middle)]
    data.append(theme.marks(middle["week"].tolist(), middle["q50"].tolist(), [str(w) for w in middle["week"]], hover, size=6, color=colour))
    shapes, annotations = scale(measure, low, high)
    annotations.append(theme.corner(0, 1, axis_words(measure), yshift=4, xshift=-4 * UNIT))
    annotations.append(theme.corner(1, 0, "weeks since the start", yshift=-3 * UNIT))
    if len(middle):
        first = middle.iloc[0]
        annotations.append(theme.note(first["week"], first["q50"], "the middle person", xanchor="left", yanchor="bottom", yshift=4))
    last = float(rows["week"].max()) if len(rows) else 2.0
    made = theme.layout(
        title, subtitle, footer, key=key, plot=PLOT, left=4 * UNIT, right=margin_for(measure), above=3 * UNIT, below=6 * UNIT, shapes=shapes,
        annotations=annotations, xaxis=theme.axis(range=[-last * 0.03, last * 1.04], nticks=8, showgrid=False),
        yaxis=theme.axis(range=[low, high], nticks=6, showgrid=not measure.bands),
    )  # fmt: skip
    return theme.figure(data, made)


def _unbroken(rows: pd.DataFrame, names: Sequence[str]) -> list[pd.DataFrame]:
    """Runs of neighbouring fortnights in which all of these may be shown."""
    known = rows[list(names)].notna().all(axis=1) if len(rows) else rows["week"].notna()
    run = (~known).cumsum()
    return [part for _, part in rows[known].groupby(run[known])]


def fan_words(row: Mapping[str, float]) -> str:
    """`middle 11; half between 8 and 15; 8 in 10 between 4 and 19; 84 people`."""
    said = [f"middle {theme.number(row['q50'], 'points')}"] if row["q50"] == row["q50"] else [theme.TOO_FEW_WORDS]
    for bottom, top, _, words in reversed(BANDS):
        if row[bottom] == row[bottom] and row[top] == row[top]:
            said.append(f"{words} between {theme.number(row[bottom])} and {theme.number(row[top])}")
    return "; ".join([*said, f"{int(row['n']):,} people"])


def fan_alt_text(rows: pd.DataFrame, measure: Measure, *, title: str, subtitle: str = "") -> str:
    """The fan in words, fortnight by fortnight."""
    items = [f"{_when(row['week'])}: {fan_words(row)}" for row in theme.records(rows)]
    return theme.said(f"How far people's {measure.code} scores lie apart over time; {measure.better} is better", title, subtitle, items)


def fan_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The figures behind the fan: one row per fortnight; a line with too few people beyond it says so."""
    names = {"q10": "1 in 10 below", "q25": "a quarter below", "q50": "the middle", "q75": "a quarter above", "q90": "1 in 10 above"}
    columns: dict[str, Sequence[object]] = {"Weeks since the start": [int(w) for w in rows["week"]], "People": [int(n) for n in rows["n"]]}
    for name, words in names.items():
        columns[words.capitalize()] = [theme.TOO_FEW_WORDS if v != v else round(float(v), 1) for v in rows[name]]
    return theme.frame(columns)
