"""First score against last: who is clearly better, about the same, clearly worse. For a viewer's own people only; the caller decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go

from charts import theme
from charts.theme import UNIT
from domain.types import Measure

PLOT = 42 * UNIT


def binned(pairs: Iterable[tuple[float, float]]) -> list[tuple[float, float, int]]:
    """(first, last, how many people) for each pair of scores that occurs, in order of first then last."""
    return [(first, last, n) for (first, last), n in sorted(Counter(pairs).items())]


def verdict(first: float, last: float, measure: Measure) -> str:
    """`improved`, `same`, `worsened`, or nothing where the measure has no reliable change. A gain equal to the threshold is an improvement."""
    if measure.reliable_change is None:
        return ""
    gain = Decimal(str(last)) - Decimal(str(first))
    gain = gain if measure.better == "higher" else -gain
    return "improved" if gain >= measure.reliable_change else "worsened" if gain <= -measure.reliable_change else "same"


def change(
    points: Sequence[tuple[float, float, int]], measure: Measure, *, title: str, subtitle: str, footer: str, key: str = "", selectable: bool = False
) -> go.Figure:
    """One mark for each pair of scores, its area by the number of people, with the diagonal of no change, the reliable-change band and the cut-off.

    `points` are (first, last, n), as `binned` makes them. `customdata` of a mark is its verdict: improved, same or worsened. Where marks are `selectable`
    the others grow faint while some are selected.
    """
    low, high = float(measure.lowest), float(measure.highest)
    pad = (high - low) * 0.03
    ends = [low - pad, high + pad]
    most = max((n for _, _, n in points), default=1)
    data: list[dict[str, object]] = []
    if measure.reliable_change is not None:
        edge = _edge(measure)
        band_x = [ends[0], ends[1], ends[1], ends[0], ends[0]]
        band_y = [ends[0] + edge, ends[1] + edge, ends[1] - edge, ends[0] - edge, ends[0] + edge]
        data.append(theme.path(band_x, band_y, theme.BAND, 0, fill="toself", fillcolor=theme.BAND))
    data.append(theme.path(ends, ends, theme.LINE, 1))
    for code in ("improved", "same", "worsened", ""):
        chosen = [p for p in points if verdict(p[0], p[1], measure) == code]
        if not chosen:
            continue
        sign = theme.sign(code)
        hover = [f"from {theme.number(f)} to {theme.number(last)}: {sign.words}<br>{n:,} {'person' if n == 1 else 'people'}" for f, last, n in chosen]
        data.append(
            theme.marks(
                [p[0] for p in chosen], [p[1] for p in chosen], [code] * len(chosen), hover, symbol=sign.symbol, color=sign.colour,
                size=[7 + 13 * ((n / most) ** 0.5) if most > 1 else 9 for _, _, n in chosen],
            )
        )  # fmt: skip
        data[-1]["marker"] = {**data[-1]["marker"], "opacity": 0.8}  # type: ignore[dict-item]
        if selectable:
            data[-1]["unselected"] = {"marker": {"opacity": 0.2}}
    shapes, annotations = [], []
    if measure.cutoff is not None:
        at = float(measure.cutoff) + (-0.5 if measure.clinical_side == "at or above" else 0.5) * float(measure.step)
        shapes += [theme.rule(x=at, dash="4px,4px", y0=ends[0], y1=ends[1]), theme.rule(y=at, dash="4px,4px", x0=ends[0], x1=ends[1])]
        words = theme.plain(f"cut-off {theme.number(float(measure.cutoff))}")
        annotations.append(theme.note(at, ends[1], words, xanchor="left", yanchor="top", font={"size": theme.FOOTER}))
    better, worse = ((ends[1], ends[0], "right", "bottom"), (ends[0], ends[1], "left", "top"))
    if measure.better == "higher":
        better, worse = worse, better
    for (x, y, side, foot), code in ((better, "improved"), (worse, "worsened")):
        sign = theme.sign(code)
        # without a reliable change there is no verdict to name, only the direction
        text = theme.signed(sign, bold=True) if measure.reliable_change is not None else f"<b>{'towards better' if code == 'improved' else 'towards worse'}</b>"
        inwards = {"xshift": -UNIT if side == "right" else UNIT, "yshift": UNIT if foot == "bottom" else -3 * UNIT}
        annotations.append(theme.note(x, y, text, xanchor=side, yanchor=foot, align=side, **inwards))
    if measure.reliable_change is not None:
        sign = theme.sign("same")
        # in the corner of those who were well and stayed well, which is seldom crowded
        low_corner = {"xanchor": "left", "yanchor": "bottom", "xshift": 4, "yshift": 3 * UNIT}
        high_corner = {"xanchor": "right", "yanchor": "top", "xshift": -4, "yshift": -3 * UNIT}
        at, where = (ends[0], low_corner) if measure.better == "lower" else (ends[1], high_corner)
        annotations.append(theme.note(at, at, theme.signed(sign, bold=True), **where))
    annotations.append(theme.corner(0, 1, "last score", xshift=-4 * UNIT, yshift=4))
    annotations.append(theme.corner(0, 0, f"first score ({measure.better} is better)", yshift=-3 * UNIT))
    made = theme.layout(
        title, subtitle, footer, key=key, plot=PLOT, left=4 * UNIT, above=3 * UNIT, below=6 * UNIT, shapes=shapes, annotations=annotations,
        xaxis=theme.axis(range=ends, nticks=7, showgrid=False, constrain="domain", constraintoward="left"),
        yaxis=theme.axis(range=ends, nticks=7, showgrid=False, scaleanchor="x", constrain="domain", constraintoward="top"),
    )  # fmt: skip
    return theme.figure(data, made)


def _edge(measure: Measure) -> float:
    """Half the width of the band: a change of exactly the threshold lies outside it, so the edge is half a step nearer."""
    assert measure.reliable_change is not None
    return float(measure.reliable_change) - (float(measure.step) / 2 if measure.reliable_change % measure.step == 0 else 0.0)


def counts(points: Sequence[tuple[float, float, int]], measure: Measure) -> dict[str, int]:
    """How many people are in each region, by verdict; regions without anyone are left out."""
    found: Counter[str] = Counter()
    for first, last, n in points:
        found[verdict(first, last, measure)] += n
    return {code: found[code] for code in ("improved", "same", "worsened", "") if found[code]}


def alt_text(points: Sequence[tuple[float, float, int]], measure: Measure, *, title: str, subtitle: str = "") -> str:
    """The chart in words: its finding and how many people are in each region."""
    items = [f"{theme.sign(code).words}: {n:,} people" for code, n in counts(points, measure).items()]
    return theme.said(f"First score against last on {measure.code}, where {measure.better} is better", title, subtitle, items)


def table(points: Sequence[tuple[float, float, int]], measure: Measure) -> pd.DataFrame:
    """The figures behind the chart: one row per pair of scores."""
    return theme.frame(
        {
            "First score": [first for first, _, _ in points],
            "Last score": [last for _, last, _ in points],
            "Change": [theme.sign(verdict(first, last, measure)).words for first, last, _ in points],
            "People": [n for _, _, n in points],
        }
    )
