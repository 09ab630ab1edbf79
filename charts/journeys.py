"""One line per person. Coded records of real people: only `access.record.open_journeys` hands them out, and nothing here knows who they are.

A journey is a mapping: `label` (the code name drawn for this viewing), `weeks` and `scores` of equal length, and, if known, `words` (a short line
such as `clearly better, 14 weeks`) and `change` (`improved`, `same`, `worsened`, `mixed`). Where scores are banded they are the middles of their
bands, and `bands` (words, from, to) gives the vertical axis its words, so that no finer number is shown than was released. `marks` (kind, week,
words) are what else happened: of one's own people only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from charts import theme, trajectory
from charts.theme import UNIT
from domain.types import Measure

Journey = Mapping[str, Any]
Bands = Sequence[tuple[str, float, float]]
PANEL, HEAD, GUTTER = 88, 40, 16  # pixels: the plot of one panel, the words above it, the space between rows
WIDE = 0.9  # of a column that the panel itself takes
LANE = 26  # pixels of a row of marks under an opened line
# What stands on the time axis: a symbol each, the same as a character, and the row's name. None of them is a verdict; only a crisis has a colour.
MARKS = {
    "goal agreed": ("circle-open", "○", "goals"),
    "change of support": ("diamond", "◆", "support"),
    "crisis": ("x", "✕", "crises"),
    "story": ("star", "★", "stories"),
}


def small_multiples(
    journeys: Sequence[Journey], measure: Measure, *, title: str, subtitle: str, footer: str, bands: Bands = (), columns: int = 3, key: str = ""
) -> go.Figure:
    """A grid of small lines on shared axes, in the order given, each with its first score's reliable-change band and the cut-off.

    All panels lie in one pair of axes, which keeps clicking exact and drawing quick. `customdata` of every mark is the journey's label.
    """
    low, high = float(measure.lowest), float(measure.highest)
    earliest, longest = _span(journeys)
    rows = -(-len(journeys) // columns) if journeys else 1
    pitch = HEAD + PANEL + GUTTER
    plot = rows * pitch - GUTTER
    line_x: list[float | None] = []
    line_y: list[float | None] = []
    dots: list[tuple[float, float, str, str]] = []
    ends: list[tuple[float, float, str, str, theme.Sign]] = []
    beside: list[tuple[float, float, str, str, str]] = []
    shapes: list[dict[str, object]] = []
    annotations: list[dict[str, Any]] = []

    def across(column: int, week: float) -> float:
        return column + 0.02 + (WIDE - 0.04) * (week - earliest) / (longest - earliest)

    def down(row: int, score: float) -> float:
        return row * pitch + HEAD + PANEL * (high - score) / (high - low)

    for i, journey in enumerate(journeys):
        row, column = divmod(i, columns)
        sign = theme.sign(journey.get("change"))
        shapes += _panel(column, row, journey, measure, down)
        label, said = theme.wrap(str(journey["label"]), 14), theme.wrap(str(journey.get("words", "")), 20)
        second = f'<br><span style="font-size:11px">{theme.signed(sign, said.split("<br>")[0])}</span>' if said else ""
        annotations.append(theme.note(column, row * pitch + HEAD - 6, f"<b>{label}</b>{second}", xanchor="left", yanchor="bottom", borderpad=0))
        points = sorted(zip(journey["weeks"], journey["scores"], strict=True))
        for week, score in points:
            hover = f"<b>{label}</b><br>{theme.plain(_point(week, score, bands))}" + (f"<br>{sign.shape} {said}" if said else "")
            line_x.append(across(column, week))
            line_y.append(down(row, float(score)))
            dots.append((across(column, week), down(row, float(score)), str(journey["label"]), hover))
        line_x.append(None)
        line_y.append(None)
        for kind, week, words in journey.get("marks", ()):
            hover = f"<b>{label}</b><br>{theme.plain(f'{_week(week)}: {words}')}"
            beside.append((across(column, week), down(row, low) + 7, str(journey["label"]), hover, kind))
        if points:
            x, y, code, hover = dots.pop()
            ends.append((x, y, code, hover, sign))
    ink = theme.COLOURS["nothing"]
    data = [
        theme.path(line_x, line_y, ink, 1.5),
        theme.marks([d[0] for d in dots], [d[1] for d in dots], [d[2] for d in dots], [d[3] for d in dots], size=5, color=ink),
        theme.marks(
            [e[0] for e in ends], [e[1] for e in ends], [e[2] for e in ends], [e[3] for e in ends], size=11,
            color=[e[4].colour for e in ends], symbol=[e[4].symbol for e in ends],
        ),
    ]  # fmt: skip
    if beside:
        data.append(
            theme.marks([b[0] for b in beside], [b[1] for b in beside], [b[2] for b in beside], [b[3] for b in beside], **_symbols([b[4] for b in beside], 7))
        )
    for row in range(rows):
        top, foot = (bands[-1][0], bands[0][0]) if bands else (theme.number(high), theme.number(low))
        for words, score, anchor in ((top, high, "top"), (foot, low, "bottom")):
            text = theme.wrap(words, 9)
            small = {"xshift": -4, "borderpad": 0, "font": {"size": 11}, "opacity": 0.85}
            annotations.append(theme.note(0, down(row, score), text, xref="paper", xanchor="right", yanchor=anchor, align="right", **small))
    said_key = [f"a panel is {theme.number(round(longest - earliest))} weeks wide, the same for all; {measure.code}: {measure.better} is better"]
    if measure.reliable_change is not None:
        said_key.append("grey band: too small a change to be sure of")
    if measure.cutoff is not None:
        said_key.append(f"dashes: cut-off {theme.number(float(measure.cutoff))}")
    if beside:
        said_key.append("under a line " + ", ".join(f"{shape} {kind}" for kind, (_, shape, _) in MARKS.items() if kind in {b[4] for b in beside}))
    text = theme.wrap("; ".join(said_key) + ".", theme.FOOTER_WRAP)
    annotations.append(theme.corner(0, 1, text[:1].upper() + text[1:], xshift=-_left(bands), yshift=UNIT, font={"size": theme.FOOTER}))
    made = theme.layout(
        title, subtitle, footer, key=key, plot=plot, left=_left(bands), above=theme.lines(text) * 16 + UNIT, below=UNIT, shapes=shapes, annotations=annotations,
        xaxis=theme.blank_axis(0, columns - (1 - WIDE)), yaxis=theme.blank_axis(plot, 0),
    )  # fmt: skip
    return theme.figure(data, made, keep=False)


def _span(journeys: Sequence[Journey]) -> tuple[float, float]:
    """(first, last) week of anything on these lines: a first score may be from before the first day."""
    weeks = [week for j in journeys for week in (*j["weeks"], *(at for _, at, _ in j.get("marks", ())))]
    earliest = min([0, *weeks])
    return earliest, max([earliest + 1, *weeks])


def _symbols(kinds: Sequence[str], size: int) -> dict[str, Any]:
    colours = [theme.COLOURS["concern" if kind == "crisis" else "nothing"] for kind in kinds]
    return {"symbol": [MARKS[kind][0] for kind in kinds], "color": colours, "size": size}


def _left(bands: Bands) -> int:
    return 8 * UNIT if bands else 3 * UNIT


def _panel(column: int, row: int, journey: Journey, measure: Measure, down: Any) -> list[dict[str, object]]:
    """Floor and ceiling of one panel, the band round its first score, and the cut-off."""
    low, high = float(measure.lowest), float(measure.highest)
    across = {"x0": column, "x1": column + WIDE}
    made = [theme.rule(y=down(row, at), color=theme.GRID, **across) for at in (low, high)]
    if measure.reliable_change is not None and journey["scores"]:
        first = float(min(zip(journey["weeks"], journey["scores"], strict=True))[1])
        width = float(measure.reliable_change)
        made.append(theme.block(column, column + WIDE, down(row, min(high, first + width)), down(row, max(low, first - width))))
    if measure.cutoff is not None:
        made.append(theme.rule(y=down(row, float(measure.cutoff)), dash="3px,3px", **across))
    return made


def one(journey: Journey, measure: Measure, *, title: str, subtitle: str, footer: str, bands: Bands = (), key: str = "") -> go.Figure:
    """One journey opened large: each score at its week since the start, bands or numbers on the axis, the reliable-change band labelled.

    Under the scores a row for each kind of mark there is."""
    low, high = float(measure.lowest), float(measure.highest)
    sign = theme.sign(journey.get("change"))
    points = sorted(zip(journey["weeks"], (float(s) for s in journey["scores"]), strict=True))
    earliest, longest = _span([journey])
    lanes = [kind for kind in MARKS if kind in {mark[0] for mark in journey.get("marks", ())}]
    label = str(journey["label"])
    hover = [f"<b>{theme.wrap(label, 30)}</b><br>{theme.plain(_point(week, score, bands))}" for week, score in points]
    x, y = [week for week, _ in points], [score for _, score in points]
    data = [
        theme.path(x, y, theme.COLOURS["nothing"], 2),
        theme.marks(
            x, y, [label] * len(x), hover, size=[9] * (len(x) - 1) + [15], color=[theme.COLOURS["nothing"]] * (len(x) - 1) + [sign.colour],
            symbol=["circle"] * (len(x) - 1) + [sign.symbol],
        ),
    ]  # fmt: skip
    for kind in lanes:
        own = [(week, words) for each, week, words in journey["marks"] if each == kind]
        hovers = [theme.plain(f"{_week(week)}: {words}") for week, words in own]
        marks = theme.marks([week for week, _ in own], [lanes.index(kind)] * len(own), [label] * len(own), hovers, **_symbols([kind] * len(own), 12))
        data.append({**marks, "yaxis": "y2"})
    shapes, annotations = trajectory.scale(measure, low, high)
    if bands:  # the words are on the axis instead
        annotations = [a for a in annotations if str(a["text"]).startswith("cut-off")]
        shapes = [s for s in shapes if "dash" in s["line"]]  # type: ignore[operator]
        shapes += [theme.rule(y=start, color=theme.GRID) for _, start, _ in bands[1:]]
    if measure.reliable_change is not None and points:
        top, foot = min(high, y[0] + float(measure.reliable_change)), max(low, y[0] - float(measure.reliable_change))
        shapes.append(theme.block(0, 1, foot, top, xref="paper"))
        annotations.append(theme.note(0.5, top, "too small a change to be sure of", xref="paper", xanchor="center", yanchor="top", font={"size": theme.FOOTER}))
    if points and (journey.get("words") or journey.get("change")):  # banded scores carry no verdict
        said = theme.signed(sign, theme.wrap(str(journey.get("words") or sign.words), 22), bold=True)
        anchor, shift = ("bottom", 12) if y[-1] < (low + high) / 2 else ("top", -12)
        annotations.append(theme.note(x[-1], y[-1], said, xanchor="right", yanchor=anchor, align="right", yshift=shift))
    left = 11 * UNIT if bands else 9 * UNIT if lanes else 4 * UNIT
    annotations.append(theme.corner(0, 1, trajectory.axis_words(measure), yshift=4, xshift=-left))
    annotations.append(theme.corner(1, 0, "weeks since they began", yshift=-3 * UNIT))
    ticks: dict[str, Any] = {"nticks": 6}
    if bands:
        ticks = {"tickvals": [(start + stop) / 2 for _, start, stop in bands], "ticktext": [theme.wrap(words, 12) for words, _, _ in bands], "showgrid": False}
    plot, room = trajectory.PLOT + len(lanes) * LANE, (longest - earliest) * 0.04
    share = len(lanes) * LANE / plot  # of the height, for the rows of marks under the scores
    under: dict[str, Any] = {}
    if lanes:
        named = [f"{MARKS[kind][1]} {MARKS[kind][2]}" for kind in lanes]
        rows = {"tickvals": list(range(len(lanes))), "ticktext": named, "gridcolor": theme.GRID}
        under["yaxis2"] = theme.axis(range=[len(lanes) - 0.4, -0.9], domain=[0, share], anchor="x", **rows)
    made = theme.layout(
        title, subtitle, footer, key=key, plot=plot, left=left, right=UNIT if bands else trajectory.margin_for(measure),
        above=3 * UNIT, below=6 * UNIT, shapes=shapes, annotations=annotations, **under,
        xaxis=theme.axis(range=[earliest - room, longest + room], nticks=8, showgrid=False, **({"anchor": "y2"} if lanes else {})),
        yaxis=theme.axis(range=[low, high], **({"domain": [share, 1]} if lanes else {}), **ticks),
    )  # fmt: skip
    return theme.figure(data, made, keep=False)


def _score_words(score: float, bands: Bands) -> str:
    """The band's words, or the number where there are no bands."""
    for words, start, stop in bands:
        if start <= score <= stop:
            return words
    return theme.number(float(score))


def _point(week: float, score: float, bands: Bands) -> str:
    return f"{_week(week)}: {_score_words(float(score), bands)}"


def _week(week: float) -> str:
    if week == 0:
        return "when they began"
    return f"week {theme.number(week)}" if week > 0 else f"{theme.number(-week)} weeks before they began"


def _line(journey: Journey, bands: Bands) -> str:
    points = sorted(zip(journey["weeks"], journey["scores"], strict=True))
    said = f"{journey['label']}: " + ", ".join(_point(week, score, bands) for week, score in points)
    happened = "; ".join(f"{_week(week)}: {words}" for _, week, words in journey.get("marks", ()))
    return "; ".join(filter(None, (said, happened, journey.get("words"))))


def alt_text(journeys: Sequence[Journey], measure: Measure, *, title: str, subtitle: str = "", bands: Bands = ()) -> str:
    """The chart in words: its finding, then each coded record's scores."""
    kind = f"{len(journeys)} small lines of {measure.code}, where {measure.better} is better; coded records of real people"
    return theme.said(kind, title, subtitle, [_line(j, bands) for j in journeys])


def table(journeys: Sequence[Journey], bands: Bands = ()) -> pd.DataFrame:
    """The scores behind the chart: one row per coded record and score; words where scores are banded."""
    points = [(j["label"], week, score) for j in journeys for week, score in sorted(zip(j["weeks"], j["scores"], strict=True))]
    return theme.frame(
        {
            "Code name": [label for label, _, _ in points],
            "Weeks since they began": [week for _, week, _ in points],
            "Score": [_score_words(float(score), bands) if bands else score for _, _, score in points],
        }
    )
