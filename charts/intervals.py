"""A dot with its interval for each group, one under the other, with the total as a labelled line. For comparing fairly: no ranking is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from charts import theme
from charts.theme import UNIT
from domain.types import ReleasedRow

LINE_HEIGHT, MARK_HEIGHT, GAP = 18, 18, 12  # pixels: a line of the label, the dot's own lane, the space to the next group


def intervals(
    rows: Sequence[ReleasedRow],
    labels: Mapping[str, str],
    *,
    unit: str,
    title: str,
    subtitle: str,
    footer: str,
    total: ReleasedRow | None = None,
    total_words: str = "All",
    sections: Mapping[str, str] | None = None,
    signs: Mapping[str, str] | None = None,
    zero_words: str = "no change",
    yardstick: tuple[float, str] | None = None,
    key: str = "",
) -> go.Figure:
    """One dot with a 95% interval per row, in the order given; rows of one section stand together under its heading, sections in order of first row.

    `unit` is `%` (axis 0 to 100) or a word such as `points` (axis round zero, which is labelled). `signs` maps a group to a change
    (`improved`, `same`, `worsened`, `mixed`) where the caller has concluded something; other dots are in the neutral colour. `yardstick` is a published
    figure and its words, drawn as a solid line through all rows.
    `customdata` of every mark is the group. Hidden rows keep their place, with their own sign and words.
    """
    low, high = _range(rows, total, unit)
    span = high - low
    head_y: list[float] = []
    head_text: list[str] = []
    label_y: list[float] = []
    label_text: list[str] = []
    value_y: list[float] = []
    value_text: list[str] = []
    bar_colour: list[tuple[str, list[float | None], list[float | None]]] = []
    dots: list[tuple[float, float, str, str, theme.Sign | None]] = []
    quiet: list[tuple[float, str, str, str]] = []  # rows without a dot: y, code, hover, words
    tracks: list[dict[str, object]] = []
    y = float(UNIT)
    section = None
    for row in _in_sections(rows, sections):
        if sections is not None and sections.get(row.group, "") != section:
            section = sections.get(row.group, "")
            y += UNIT if head_y else 0
            head_y.append(y + 10)
            head_text.append(f'<b><span style="font-size:{theme.TITLE}px">{theme.plain(section[:1].upper() + section[1:] or "Other")}</span></b>')
            y += 28
        name = theme.label_of(row, labels)
        wrapped = theme.wrap(name, theme.LABEL_WRAP)
        hover = f"<b>{theme.wrap(name, 36)}</b><br>{theme.wrap(theme.row_words(row, unit), 44)}"
        height = theme.lines(wrapped) * LINE_HEIGHT
        label_y.append(y + height / 2)
        label_text.append(wrapped)
        shown = not row.hidden and row.value is not None
        if shown and row.value is not None:
            value_y.append(y + height / 2)
            value_text.append(" · ".join(filter(None, (theme.number(row.value, unit), theme.count_words(row)))))
        y += height
        lane = y + MARK_HEIGHT / 2
        if row.value is not None and shown:
            mark = theme.sign(signs[row.group]) if signs and row.group in signs else None
            colour = mark.colour if mark else theme.COLOURS["estimate"]
            if row.lower is not None and row.upper is not None:
                bar_colour.append((colour, [row.lower, row.upper, None], [lane, lane, None]))
            dots.append((row.value, lane, row.group, hover, mark))
            tracks.append(theme.rule(y=lane, color=theme.GRID))
        else:
            quiet.append((lane, row.group, hover, f"{theme.HIDDEN_SIGN} hidden" if row.hidden else theme.value_words(row, unit)))
        y += MARK_HEIGHT + GAP
    data: list[dict[str, object]] = []
    for colour in dict.fromkeys(c for c, _, _ in bar_colour):
        bars_x = [v for c, xs, _ in bar_colour if c == colour for v in xs]
        bars_y = [v for c, _, ys in bar_colour if c == colour for v in ys]
        data.append(theme.path(bars_x, bars_y, colour, 5, opacity=theme.INTERVAL, yaxis="y2"))
    data.append(
        theme.marks(
            [d[0] for d in dots], [d[1] for d in dots], [d[2] for d in dots], [d[3] for d in dots],
            size=13, color=[d[4].colour if d[4] else theme.COLOURS["estimate"] for d in dots], symbol=[d[4].symbol if d[4] else "circle" for d in dots],
        )
    )  # fmt: skip
    if quiet:
        at, code, hover_text, _ = zip(*quiet, strict=True)
        data.append(theme.marks([low + span * 0.03] * len(quiet), at, code, hover_text, size=18, color="rgba(0,0,0,0)"))  # unseen, so that it can be opened
        label_y += at
        label_text += [f'<span style="font-size:{theme.TICK}px">{theme.plain(words)}</span>' for *_, words in quiet]
    plot = int(max(y - GAP + UNIT, 5 * UNIT))
    annotations, shapes = [], [*tracks]
    if unit != "%":
        shapes.append(theme.rule(x=0))
        annotations.append(theme.note(0, 0, theme.plain(zero_words), yref="paper", yanchor="top", xanchor="left" if -low < span / 3 else "center"))
    above = 3 * UNIT
    if total is not None and not total.hidden and total.value is not None:
        above += 3 * UNIT
        if total.lower is not None and total.upper is not None:
            shapes.append(theme.block(total.lower, total.upper, 0, plot))
        shapes.append(theme.rule(x=total.value, y0=-UNIT, y1=plot, dash="4px,4px", width=1.5))
        where = (total.value - low) / span
        anchor = "left" if where < 0.4 else "right" if where > 0.6 else "center"
        words = theme.plain(f"{total_words}: {theme.value_words(total, unit)}")
        annotations.append(theme.note(total.value, 1, words, yref="paper", yanchor="bottom", yshift=3 * UNIT, xanchor=anchor))
    if yardstick is not None:
        at, words = yardstick
        shapes.append(theme.rule(x=at, y0=-UNIT, y1=plot, width=1.5, color=theme.COLOURS["neither"]))
        where = (at - low) / span
        anchor = "left" if where < 0.4 else "right" if where > 0.6 else "center"
        said = f'<span style="color:{theme.COLOURS["neither"]}">┃</span> {theme.plain(words)}'
        annotations.append(theme.note(at, 1, said, yref="paper", yanchor="bottom", yshift=above, xanchor=anchor))
        above += 3 * UNIT
    ticks = {"tickvals": [0, 25, 50, 75, 100], "ticktext": ["0%", "25", "50", "75", "100"]} if unit == "%" else {"nticks": 6}
    if any(row.hidden for row in rows):
        footer = theme.told(footer)
    made = theme.layout(
        title, subtitle, footer, key=key, plot=plot, above=above, below=UNIT if unit == "%" else 3 * UNIT, annotations=annotations, shapes=shapes,
        xaxis=theme.axis(range=[low, high], side="top", **ticks), yaxis=theme.side_labels([*label_y, *head_y], [*label_text, *head_text], "left", plot),
        yaxis2=theme.side_labels(value_y, value_text, "right", plot, overlaying="y"),
    )  # fmt: skip
    return theme.figure(data, made)


def _in_sections(rows: Sequence[ReleasedRow], sections: Mapping[str, str] | None) -> list[ReleasedRow]:
    if sections is None:
        return list(rows)
    order = list(dict.fromkeys(sections.get(row.group, "") for row in rows))
    return sorted(rows, key=lambda row: order.index(sections.get(row.group, "")))


def _range(rows: Sequence[ReleasedRow], total: ReleasedRow | None, unit: str) -> tuple[float, float]:
    if unit == "%":
        return -3.0, 105.0
    shown = [row for row in [*rows, *([total] if total else [])] if not row.hidden]
    ends = [v for row in shown for v in (row.value, row.lower, row.upper) if v is not None]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    pad = (high - low or 1.0) * 0.06
    return low - pad, high + pad


def alt_text(rows: Sequence[ReleasedRow], labels: Mapping[str, str], *, unit: str, title: str, subtitle: str = "", total: ReleasedRow | None = None) -> str:
    """The chart in words: its finding, what kind it is, the total, then each group with its range."""
    items = [f"All: {theme.row_words(total, unit)}"] if total else []
    items += [f"{theme.label_of(row, labels)}: {theme.row_words(row, unit)}" for row in rows]
    return theme.said(f"Dots with 95% intervals, {len(rows)} groups", title, subtitle, items)


def table(
    rows: Sequence[ReleasedRow],
    labels: Mapping[str, str],
    *,
    unit: str,
    total: ReleasedRow | None = None,
    sections: Mapping[str, str] | None = None,
    first: str = "Group",
) -> pd.DataFrame:
    """The figures behind the chart: one row per group in the chart's order, the total last. Hidden cells say `hidden`."""
    ordered = _in_sections(rows, sections)
    made = theme.table(ordered, labels, unit, first, total)
    if sections is not None:
        made.insert(0, "Type", [sections.get(row.group, "") for row in ordered] + ([""] if total else []))
    return made
