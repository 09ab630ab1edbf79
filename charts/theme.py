"""One look for every chart: colours, signs, words for hidden figures, wrapping, and the layout they share.

Colours follow NHS England's Making Data Count: blue improvement, orange concern, grey nothing to conclude, purple neither. Never red against
green, and a shape or a word always says the same. Each colour has at least 4.5:1 against white (so white words can stand on it) and at least
3.9:1 against the dark page, so that one figure is right on both; words take the page's own colour, which only the browser knows.
Plotly draws text where it is told and does not wrap it, so texts are wrapped here for the narrowest screen, 390 pixels.
"""

from __future__ import annotations

import hashlib
import html
import pickle
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from domain.types import ReleasedRow

FAMILY = '"Atkinson Hyperlegible Next", "Atkinson Hyperlegible", system-ui, sans-serif'  # its digits are tabular: see pages/static/fonts/OFL.txt
COLOURS = {
    "improvement": "#1f74c0",
    "concern": "#bd520b",
    "nothing": "#6b7480",
    "neither": "#8a5cc2",
    "estimate": "#11807d",  # an estimate about which nothing is being concluded: the accent
    "hidden": "#757d89",
}
ON_COLOUR = "#ffffff"  # words on a bar of one of the colours above, and on a hover label
INK = "#1f2933"
GRID = "rgba(128,134,145,0.22)"
LINE = "rgba(128,134,145,0.85)"  # zero lines, cut-offs and targets
BAND = "rgba(128,134,145,0.16)"
INTERVAL = 0.85  # opacity of intervals: lighter than estimates, and still at least 3 to 1 on the light page and on the dark one

# Once per page, in a <style>: words on a chart take the page's own text colour, in light and dark, whenever it changes. Streamlit's own grey
# for them has 3.7:1 on white, Plotly's is lost on the dark page. Spans with a colour of their own keep it, and so do words on bars.
# The accent is too dark to be read as text on the dark page, and must be, for white words stand on it: where Streamlit writes in it, the text
# colour is used.
CSS = """
.js-plotly-plot .annotation-text, .js-plotly-plot .xtick text, .js-plotly-plot .x2tick text, .js-plotly-plot .ytick text, .js-plotly-plot .y2tick text
{ fill: currentColor !important; }
[data-testid="stButtonGroup"] button[data-selected="true"], [data-testid="stTab"][data-selected="true"] { color: inherit !important; }
"""

HIDDEN_SIGN = "◌"
HIDDEN_WORDS = "hidden so that nobody can be recognised"
HIDDEN = f"{HIDDEN_SIGN} {HIDDEN_WORDS}"
TOO_FEW_WORDS = "too few people to say"
NOTHING_WORDS = "nothing to show yet"

UNIT = 8  # the rhythm: every distance is a multiple of it
TITLE, SUBTITLE, LABEL, TICK, FOOTER = 16, 14, 14, 13, 12  # pixels
TITLE_WRAP, SUBTITLE_WRAP, FOOTER_WRAP, LABEL_WRAP = 40, 48, 56, 30  # characters that fit 350 pixels


@dataclass(frozen=True)
class Sign:
    """How a conclusion is shown: colour, marker symbol, the same shape as a character, and the words."""

    code: str
    colour: str
    symbol: str
    shape: str
    words: str


SIGNS: dict[str, Sign] = {
    "improved": Sign("improved", COLOURS["improvement"], "triangle-up", "▲", "clearly better"),
    "same": Sign("same", COLOURS["nothing"], "circle", "●", "about the same"),
    "worsened": Sign("worsened", COLOURS["concern"], "triangle-down", "▼", "clearly worse"),
    "mixed": Sign("mixed", COLOURS["neither"], "diamond", "◆", "better on one questionnaire, worse on another"),
    "": Sign("", COLOURS["nothing"], "circle-open", "○", "no verdict yet"),
}


def sign(change: str | None) -> Sign:
    """The sign of a change (`improved`, `same`, `worsened`, `mixed`); anything else has no verdict."""
    return SIGNS.get(change or "", SIGNS[""])


def signed(sign: Sign, words: str = "", bold: bool = False) -> str:
    """The shape in its colour, then its words (or others, already plain) in the page's own."""
    said = words or plain(sign.words)
    return f'<span style="color:{sign.colour}">{sign.shape}</span> ' + (f"<b>{said}</b>" if bold else said)


def plain(text: str) -> str:
    """Text from a workbook as Plotly must have it: its own tags and entities are not obeyed, control characters are gone."""
    return html.escape(text if text.isprintable() else "".join(c for c in text if c.isprintable() or c == "\n"), quote=False)


@lru_cache(maxsize=8192)  # hundreds of hover texts on a page, the same again on its next run
def wrap(text: str, width: int) -> str:
    """The text in lines of at most `width` characters, joined by <br>. Long words are broken rather than clipped; given line breaks stay."""
    lines: list[str] = []
    for part in text.splitlines():
        lines += textwrap.wrap(part, width, break_long_words=True) or [""]
    return "<br>".join(plain(line) for line in lines)


def lines(wrapped: str) -> int:
    """How many lines a wrapped text takes; none for no text."""
    return wrapped.count("<br>") + 1 if wrapped else 0


def number(value: float, unit: str = "") -> str:
    """A number as it is said: whole percentages, whole people, one decimal otherwise, a true minus sign, never minus nothing."""
    whole = unit == "%" or (unit in ("", "people") and value == int(value))
    text = f"{value:,.0f}" if whole else f"{value:,.1f}"
    if text.startswith("-") and not any(c in "123456789" for c in text):
        text = text[1:]
    return text.replace("-", "−") + ("%" if unit == "%" else "")


def value_words(row: ReleasedRow | None, unit: str) -> str:
    """`65% (52% to 77%)`, `4.2 points (2.1 to 6.3)`, or the words for a figure that is hidden, too few or not there."""
    if row is None:
        return NOTHING_WORDS
    if row.hidden:
        return HIDDEN
    if row.value is None:
        return TOO_FEW_WORDS if row.too_few else NOTHING_WORDS
    words = number(row.value, unit) + ("" if unit in ("", "%") else f" {unit}")
    return words if row.lower is None or row.upper is None else f"{words} ({number(row.lower, unit)} to {number(row.upper, unit)})"


def told(footer: str) -> str:
    """The footer with what the sign of a hidden figure means; nothing where there is no footer, for then the page says it, once."""
    return f"{HIDDEN}. Hidden does not mean zero.\n{footer}" if footer else ""


def count_words(row: ReleasedRow | None) -> str:
    """`34 of 52`, `52 people`, or nothing when the counts are not shown."""
    if row is None or row.hidden or row.denominator is None:
        return ""
    if row.numerator is None:
        return f"{row.denominator:,} people"
    return f"{row.numerator:,} of {row.denominator:,}"


def row_words(row: ReleasedRow | None, unit: str) -> str:
    """Value, range and counts in one line, as hover, alt text and tables say them."""
    return ", ".join(filter(None, (value_words(row, unit), count_words(row))))


def label_of(row: ReleasedRow, labels: Mapping[str, str]) -> str:
    """The group's name; people still with the service form a group of their own."""
    return labels.get(row.group, row.group or "not stated") + (" · still with the service" if row.still_open else "")


def cell(row: ReleasedRow | None, value: float | None) -> float | str:
    """A number of a released row for a data table, or the word that stands in its place. Never blank or zero for hidden."""
    if row is None:
        return NOTHING_WORDS
    if row.hidden:
        return "hidden"
    if value is None:
        return TOO_FEW_WORDS if row.too_few else NOTHING_WORDS
    return round(value, 1) if isinstance(value, float) else value


def frame(columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """A table for the screen. A column in which any cell is a word becomes words throughout: Arrow, and so st.dataframe, has no mixed columns."""
    return pd.DataFrame({name: [str(v) for v in cells] if any(isinstance(v, str) for v in cells) else list(cells) for name, cells in columns.items()})


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, each by the names of its columns: as `to_dict` gives them, at a third of its cost."""
    columns = {str(name): column.tolist() for name, column in frame.items()}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def table(rows: Sequence[ReleasedRow], labels: Mapping[str, str], unit: str, first: str = "Group", total: ReleasedRow | None = None) -> pd.DataFrame:
    """The data table behind a chart of released rows: one row per group (and the total last), hidden cells as `hidden`."""
    return tabled([*((label_of(row, labels), row) for row in rows), *([("All", total)] if total else [])], unit, first)


def tabled(named: Sequence[tuple[str, ReleasedRow | None]], unit: str, first: str) -> pd.DataFrame:
    """The same of rows that already have their names; None is a row about which nothing is known yet."""
    rows = [row for _, row in named]
    value = {"%": "Percent", "": "Value"}.get(unit, unit.capitalize())
    columns: dict[str, list[Any]] = {first: [name for name, _ in named]}
    if unit == "%" or any(row and row.numerator is not None for row in rows):
        columns["How many"] = [cell(row, row.numerator if row else None) for row in rows]
        columns["Out of"] = [cell(row, row.denominator if row else None) for row in rows]
    else:
        columns["People"] = [cell(row, row.denominator if row else None) for row in rows]
    columns[value] = [cell(row, row.value if row else None) for row in rows]
    columns["Likely from"] = [cell(row, row.lower if row else None) for row in rows]
    columns["Likely to"] = [cell(row, row.upper if row else None) for row in rows]
    return frame(columns)


def listed(items: Sequence[str], most: int = 12) -> str:
    """Items as sentences for alt text; what is left over is counted and sent to the table."""
    more = len(items) - most
    return " ".join(f"{item}." for item in items[:most]) + (f" And {more} more, in the table." if more > 0 else "")


def said(kind: str, title: str, subtitle: str, items: Sequence[str], most: int = 12) -> str:
    """Alt text: what it shows, for whom, what kind of chart, then its values."""
    opening = " ".join(f"{part.rstrip('. ')}." for part in (title, subtitle, kind) if part)
    return f"{opening} {listed(items, most)}".strip()


def note(x: float | str, y: float | str, text: str, **more: Any) -> dict[str, Any]:
    """A piece of text on a figure, without an arrow. `text` must have been through wrap or plain."""
    return {"x": x, "y": y, "text": text, "showarrow": False, "font": {"size": TICK}, "align": "left", **more}


def layout(
    title: str,
    subtitle: str,
    footer: str,
    *,
    key: str,
    plot: int,
    left: int = 0,
    right: int = 0,
    above: int = 0,
    below: int = 3 * UNIT,
    annotations: Sequence[Mapping[str, Any]] = (),
    **more: Any,
) -> dict[str, Any]:
    """A layout with the title and subtitle above and the footer below a plot of `plot` pixels.

    `above` and `below` are the pixels that tick labels need; empty texts take no room (a page may write them itself). `key` travels in
    `layout.meta` with the unwrapped texts, so that a test can tell which figure is on screen and an export can name its slide.
    """
    head, sub, foot = wrap(title, TITLE_WRAP), wrap(subtitle, SUBTITLE_WRAP), wrap(footer, FOOTER_WRAP)
    head_height = lines(head) * 21 + (lines(sub) * 18 + 4 if sub else 0)
    top = head_height + (2 * UNIT if head_height else 0) + above
    foot_height = lines(foot) * 16 + (UNIT if foot else 0)
    bottom = below + foot_height
    texts = [dict(a) for a in annotations]
    common = {"showarrow": False, "align": "left", "xref": "paper", "yref": "paper", "x": 0, "xanchor": "left", "xshift": -left, "borderpad": 0}
    # Annotations, not layout.title: Plotly places a title of several lines by its last one, and clips the first.
    if head:
        texts.append({**common, "name": "title", "y": 1, "yanchor": "top", "yshift": top, "text": f"<b>{head}</b>", "font": {"size": TITLE}})
    if sub:
        texts.append({**common, "name": "subtitle", "y": 1, "yanchor": "top", "yshift": top - lines(head) * 21 - 4, "text": sub, "font": {"size": SUBTITLE}})
    if foot:
        texts.append({**common, "name": "footer", "y": 0, "yanchor": "bottom", "yshift": -bottom, "text": foot, "font": {"size": FOOTER}, "opacity": 0.8})
    return {
        "template": {},  # an empty one: Streamlit fills it with the page's colours and fonts, and elsewhere nothing of Plotly's own shows through
        "font": {"family": FAMILY, "size": TICK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "height": top + plot + bottom,
        "margin": {"l": left, "r": right, "t": top, "b": bottom, "pad": 0, "autoexpand": False},
        "showlegend": False,
        "hovermode": "closest",
        "hoverdistance": 24,  # a thumb is wider than a dot
        "dragmode": False,  # a drag on a phone scrolls the page
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": LINE, "activecolor": COLOURS["estimate"]},
        "hoverlabel": {"align": "left", "bgcolor": INK, "bordercolor": INK, "font": {"family": FAMILY, "size": TICK, "color": ON_COLOUR}},
        "meta": {"key": key, "title": title, "subtitle": subtitle, "footer": footer},
        "annotations": texts,
        **more,
    }


def axis(**more: Any) -> dict[str, Any]:
    """An axis that neither zooms nor widens its margin, with faint grid lines and no line of its own."""
    made = {
        "fixedrange": True, "automargin": False, "showline": False, "zeroline": False, "showgrid": True, "gridcolor": GRID, "gridwidth": 1,
        "ticks": "", "ticklabeloverflow": "allow", "tickfont": {"size": TICK}, "title": {"text": ""},
    }  # fmt: skip
    return {**made, **more}


def blank_axis(low: float, high: float, **more: Any) -> dict[str, Any]:
    """An axis that only places things."""
    return axis(range=[low, high], showgrid=False, showticklabels=False, **more)


def rule(*, x: float | None = None, y: float | None = None, dash: str = "", width: float = 1, color: str = LINE, **more: Any) -> dict[str, Any]:
    """A straight line behind the marks: upright at `x` or level at `y`, across the whole plot unless its other ends are given."""
    if y is not None:
        ends = {"x0": 0, "x1": 1, "y0": y, "y1": y, **({} if "x0" in more else {"xref": "paper"})}
    else:
        ends = {"x0": x, "x1": x, "y0": 0, "y1": 1, **({} if "y0" in more else {"yref": "paper"})}
    return {"type": "line", **ends, "line": {"color": color, "width": width, **({"dash": dash} if dash else {})}, "layer": "below", **more}


def block(x0: Any, x1: Any, y0: Any, y1: Any, **more: Any) -> dict[str, Any]:
    """A pale grey rectangle behind the marks."""
    return {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "fillcolor": BAND, "line": {"width": 0}, "layer": "below", **more}


def blocks(x0: float, x1: float, levels: Sequence[tuple[float, float]]) -> list[dict[str, Any]]:
    """Such rectangles between the same x at several levels, as one shape; none where there is no level."""
    drawn = " ".join(f"M {x0:g},{y0:g} H {x1:g} V {y1:g} H {x0:g} Z" for y0, y1 in levels)
    return [{"type": "path", "path": drawn, "fillcolor": BAND, "line": {"width": 0}, "layer": "below"}] if levels else []


def path(x: Sequence[Any], y: Sequence[Any], color: str, width: float, **more: Any) -> dict[str, Any]:
    """A line that cannot be clicked; None breaks it."""
    return {"type": "scatter", "mode": "lines", "x": list(x), "y": list(y), "line": {"color": color, "width": width}, "hoverinfo": "skip", **more}


def corner(x: int, y: int, text: str, **more: Any) -> dict[str, Any]:
    """A text at a corner of the plot (0 or 1 each way), outside it unless shifted."""
    return note(x, y, text, xref="paper", yref="paper", xanchor="right" if x else "left", yanchor="bottom" if y else "top", borderpad=0, **more)


MOST_FIGURES = 300
CHECKED = False  # whether Plotly checks every property of a figure: tens of milliseconds on a page, so only the tests ask for it
_FIGURES: dict[bytes, go.Figure] = {}


class _Plain(go.Figure):
    """A figure of plain traces and a layout, shown and never altered: Plotly builds its objects only for whoever asks for more than these."""

    def __init__(self, plain: dict[str, Any]) -> None:
        object.__setattr__(self, "_plain", plain)

    def to_dict(self) -> dict[str, Any]:
        return self._plain  # nothing in it is an array or is ever altered, so nobody who asks for the whole of it needs a copy

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_data_objs" in self.__dict__:  # built already, and has no such thing
            raise AttributeError(name)
        go.Figure.__init__(self, self.__dict__["_plain"], _validate=False)
        return getattr(self, name)


def figure(data: Sequence[Mapping[str, Any]], made: Mapping[str, Any], keep: bool = True) -> go.Figure:
    """The figure of plain traces and a layout. The same words and numbers give the same figure again: it is shown, never altered.

    Without `keep` nothing stays in memory: for figures of single people.
    """
    plain = {"data": [dict(trace) for trace in data], "layout": dict(made)}
    if not keep:
        return go.Figure(plain, _validate=CHECKED)
    key = hashlib.sha256(pickle.dumps(plain)).digest()
    found = _FIGURES.get(key)
    if found is None:
        found = _FIGURES[key] = go.Figure(plain, _validate=True) if CHECKED else _Plain(plain)
        while len(_FIGURES) > MOST_FIGURES:
            _FIGURES.pop(next(iter(_FIGURES)), None)
    return found


def marks(x: Sequence[Any], y: Sequence[Any], codes: Sequence[str], hover: Sequence[str], **marker: Any) -> dict[str, Any]:
    """Markers one can click: `customdata` is the stable code of each. Hover texts must have been through wrap or plain."""
    return {
        "type": "scatter", "mode": "markers", "x": list(x), "y": list(y), "customdata": list(codes), "hovertext": list(hover), "hoverinfo": "text",
        "cliponaxis": False, "marker": {"opacity": 1, "line": {"width": 0}, **marker},
        "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip


def side_labels(places: Sequence[float], texts: Sequence[str], side: str, plot: int, **more: Any) -> dict[str, Any]:
    """A vertical axis, counted downwards in pixels, whose tick labels are words inside the plot, at its left or right edge.

    Cheaper than an annotation each, and unlike a trace of texts it does not fade when a mark is clicked.
    """
    return axis(
        range=[plot, 0], showgrid=False, side=side, ticklabelposition="inside", tickvals=list(places), ticktext=list(texts), tickfont={"size": LABEL}, **more
    )


def hidden_marks(
    x: Sequence[Any], y: Sequence[Any], codes: Sequence[str], hover: Sequence[str], signs: Sequence[str], position: str = "middle center", size: int = 18
) -> dict[str, Any]:
    """The sign of a hidden figure (or the words in its place) over an unseen mark, so that what is hidden can still be opened and asked about."""
    made = marks(x, y, codes, hover, size=size, color="rgba(0,0,0,0)")
    ink = {"color": COLOURS["hidden"]}
    return {
        **made, "mode": "markers+text", "text": list(signs), "textposition": position, "textfont": {"size": size, **ink},
        "selected": {"marker": {"opacity": 1}, "textfont": ink}, "unselected": {"marker": {"opacity": 1}, "textfont": ink},
    }  # fmt: skip
