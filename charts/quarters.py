"""One figure quarter by quarter: dots with intervals, a plan or target if there is one, and what happened when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import pandas as pd
import plotly.graph_objects as go

from charts import theme
from charts.theme import UNIT
from domain import quarters as calendar
from domain.types import ReleasedRow

PLOT = 28 * UNIT
NO_RETURN = "nothing sent for this quarter"


def quarters(
    rows: Sequence[ReleasedRow],
    *,
    unit: str,
    title: str,
    subtitle: str,
    footer: str,
    plan: Mapping[str, float] | None = None,
    plan_words: str = "planned",
    target: float | None = None,
    target_words: str = "target",
    notes: Mapping[str, str] | None = None,
    signs: Mapping[str, str] | None = None,
    key: str = "",
) -> go.Figure:
    """One dot with a 95% interval per quarter. `group` of a row, and the keys of `plan`, `notes` and `signs`, are quarter names (`2025-26 Q3`).

    Quarters between the first and the last of which nothing is known keep their place, so that a gap is seen as a gap. Dots of neighbouring
    quarters are joined by a light line; nothing is joined across a gap. `customdata` of every dot is the quarter's name.
    """
    names = _names([*(row.group for row in rows), *(plan or {})])
    place = {name: i for i, name in enumerate(names)}
    found = {row.group: row for row in rows}
    shown = [row for name in names if (row := found.get(name)) and not row.hidden and row.value is not None]
    quiet = [name for name in names if (row := found.get(name)) and (row.hidden or row.value is None)]
    low, high = _range(shown, plan, target, unit)
    hover = {name: f"<b>{theme.plain(months(name))}</b><br>{theme.wrap(_words(found.get(name), plan, name, plan_words, unit), 44)}" for name in names}
    data: list[dict[str, object]] = []
    estimate = theme.COLOURS["estimate"]
    lines_y = [(row.value if (row := found.get(name)) and not row.hidden else None) for name in names]
    data.append(theme.path(range(len(names)), lines_y, estimate, 1.5, opacity=0.45, connectgaps=False))
    bars = [(place[row.group], row.lower, row.upper) for row in shown if row.lower is not None and row.upper is not None]
    ends_x, ends_y = [v for x, _, _ in bars for v in (x, x, None)], [v for _, a, b in bars for v in (a, b, None)]
    data.append(theme.path(ends_x, ends_y, estimate, 4, opacity=theme.INTERVAL))
    if plan:
        planned = [name for name in names if name in plan]
        data.append({"type": "scatter", "mode": "lines+markers", "hoverinfo": "skip", "x": [place[n] for n in planned], "y": [plan[n] for n in planned],
                     "line": {"color": theme.LINE, "width": 1.5, "dash": "4px,4px", "shape": "hvh"},
                     "marker": {"symbol": "line-ew-open", "size": 14, "color": theme.LINE, "line": {"width": 2}}, "cliponaxis": False})  # fmt: skip
    mark = {row.group: theme.sign(signs[row.group]) for row in shown if signs and row.group in signs}
    colours = [mark[row.group].colour if row.group in mark else estimate for row in shown]
    symbols = [mark[row.group].symbol if row.group in mark else "circle" for row in shown]
    codes = [row.group for row in shown]
    data.append(theme.marks([place[c] for c in codes], [row.value for row in shown], codes, [hover[c] for c in codes], size=11, color=colours, symbol=symbols))
    if quiet:
        floor = low + (high - low) * 0.04
        signs_shown = [theme.HIDDEN_SIGN if found[n].hidden else "–" for n in quiet]
        data.append(theme.hidden_marks([place[n] for n in quiet], [floor] * len(quiet), quiet, [hover[n] for n in quiet], signs_shown))
    annotations, shapes, above = [], [], UNIT
    if shown:  # the last figure is written out: direct labels before legends
        last = shown[-1]
        value = last.value or 0.0
        annotations.append(theme.note(place[last.group], value, f"<b>{theme.number(value, unit)}</b>", xanchor="left", yanchor="middle", xshift=UNIT))
    if low <= 0 <= high and unit != "%":
        shapes.append(theme.rule(y=0))
    if target is not None:
        shapes.append(theme.rule(y=target, dash="6px,3px", width=1.5))
        annotations.append(theme.note(0, target, theme.plain(f"{target_words} {theme.number(target, unit)}"), xref="paper", xanchor="left", yanchor="bottom"))
    if plan:
        first = next(n for n in names if n in plan)
        words = theme.plain(f"{plan_words} {theme.number(plan[first], unit)}")
        annotations.append(theme.note(place[first], plan[first], words, xanchor="left", yanchor="bottom", xshift=-UNIT))
    for name, text in (notes or {}).items():
        if name in place:
            wrapped = theme.wrap(text, 22)
            above = max(above, theme.lines(wrapped) * 16 + UNIT)
            side = "center" if len(text) <= 2 else "left" if place[name] < len(names) / 2 else "right"
            shapes.append(theme.rule(x=place[name], dash="1px,3px"))
            annotations.append(theme.note(place[name], 1, wrapped, yref="paper", yanchor="bottom", xanchor=side, align=side, font={"size": theme.FOOTER}))
    if any(found[n].hidden for n in quiet):
        footer = theme.told(footer)
    every = max(1, -(-len(names) // 5))  # at most five tick labels, counted back from the last, so that they stand apart at 390 pixels
    ticked = names[::-1][::every][::-1]
    made = theme.layout(
        title, subtitle, footer, key=key, plot=PLOT, left=5 * UNIT, right=5 * UNIT, above=above, below=6 * UNIT, annotations=annotations, shapes=shapes,
        xaxis=theme.axis(
            range=[-0.5, len(names) - 0.5], showgrid=False, tickangle=0, ticklabelstandoff=UNIT,
            tickvals=[place[n] for n in ticked], ticktext=[short(n) for n in ticked],
        ),
        yaxis=theme.axis(range=[low, high], ticksuffix="%" if unit == "%" else "", nticks=6),
    )  # fmt: skip
    return theme.figure(data, made)


@lru_cache(maxsize=1024)  # a calendar of returns asks for the same few in every cell
def months(name: str) -> str:
    """`October to December 2025` for `2025-26 Q3`; any other name as it is."""
    quarter = calendar.quarter_named(name)
    return quarter.months() if quarter else name


def short(name: str) -> str:
    """`Oct–Dec` over `2025`, for a tick."""
    quarter = calendar.quarter_named(name)
    if quarter is None:
        return theme.wrap(name, 10)
    return f"{calendar.MONTHS[quarter.start.month - 1][:3]}–{calendar.MONTHS[quarter.end.month - 1][:3]}<br>{quarter.end.year}"


def _names(given: Sequence[str]) -> list[str]:
    """Every quarter from the first to the last given; names that are not quarters keep their order."""
    found = [calendar.quarter_named(name) for name in given]
    if not found or any(q is None for q in found):
        return list(dict.fromkeys(given))
    known = sorted(q for q in found if q is not None)
    names = [known[0]]
    while names[-1] < known[-1]:
        names.append(names[-1].next())
    return [str(q) for q in names]


def _range(shown: Sequence[ReleasedRow], plan: Mapping[str, float] | None, target: float | None, unit: str) -> tuple[float, float]:
    if unit == "%":
        return 0.0, 100.0
    ends = [v for row in shown for v in (row.value, row.lower, row.upper) if v is not None]
    ends += [*(plan or {}).values(), *([target] if target is not None else [])]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    pad = (high - low or 1.0) * 0.1
    return (low - pad if low < 0 else 0.0), high + pad


def _words(row: ReleasedRow | None, plan: Mapping[str, float] | None, name: str, plan_words: str, unit: str) -> str:
    words = theme.row_words(row, unit) if row else NO_RETURN
    return f"{words}; {plan_words} {theme.number(plan[name], unit)}" if plan and name in plan else words


def alt_text(
    rows: Sequence[ReleasedRow],
    *,
    unit: str,
    title: str,
    subtitle: str = "",
    plan: Mapping[str, float] | None = None,
    plan_words: str = "planned",
    notes: Mapping[str, str] | None = None,
) -> str:
    """The chart in words: its finding, then each quarter by its months, with the note that stands over it."""
    found = {row.group: row for row in rows}
    names = _names([*found, *(plan or {})])
    noted = {name: f"; note {text}" for name, text in (notes or {}).items()}
    items = [f"{months(n)}: {_words(found.get(n), plan, n, plan_words, unit)}{noted.get(n, '')}" for n in names]
    return theme.said(f"Dots with 95% intervals, {len(names)} quarters", title, subtitle, items)


def table(rows: Sequence[ReleasedRow], *, unit: str, plan: Mapping[str, float] | None = None, plan_words: str = "planned") -> pd.DataFrame:
    """The figures behind the chart: one row per quarter, months in words."""
    found = {row.group: row for row in rows}
    names = _names([*found, *(plan or {})])
    made = theme.tabled([(months(n), found.get(n)) for n in names], unit, "Quarter")
    if plan:
        made[plan_words.capitalize()] = theme.frame({"": [plan.get(n, "not in the plan") for n in names]})[""]
    return made
