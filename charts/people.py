"""People in proportion: a hundred small figures, so that a percentage is seen as people."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from charts import theme
from charts.theme import UNIT
from domain.types import ReleasedRow

PARTS = ("improved", "same", "worsened")
ACROSS = 20
ROW = 17  # pixels: twenty fit 350


def people(
    improved: ReleasedRow | None,
    same: ReleasedRow | None,
    worsened: ReleasedRow | None,
    *,
    title: str,
    subtitle: str,
    footer: str,
    key: str = "",
    dots: int = 100,
) -> go.Figure:
    """`dots` marks shared out by the released rates (largest remainders); what is hidden is shown by its own sign, never left out.

    `customdata` of each mark is the part it belongs to: improved, same, worsened or hidden.
    """
    rows = dict(zip(PARTS, (improved, same, worsened), strict=True))
    shares = share_out({part: row.value for part, row in rows.items() if row and not row.hidden and row.value is not None}, dots)
    order = [part for part in (*PARTS, "hidden") for _ in range(shares.get(part, 0))]
    x, y = [i % ACROSS for i in range(len(order))], [i // ACROSS for i in range(len(order))]
    data = []
    for part in dict.fromkeys(order):
        where = [i for i, p in enumerate(order) if p == part]
        hover = [theme.wrap(_part_words(part, rows.get(part)), 40)] * len(where)
        at, down, codes = [x[i] for i in where], [y[i] for i in where], [part] * len(where)
        if part == "hidden":
            data.append(theme.hidden_marks(at, down, codes, hover, [theme.HIDDEN_SIGN] * len(where), size=15))
        else:
            data.append(theme.marks(at, down, codes, hover, size=11, symbol=theme.sign(part).symbol, color=theme.sign(part).colour))
    keyed = []
    for part in dict.fromkeys([*PARTS, *order]):
        colour = theme.COLOURS["hidden"] if part == "hidden" else theme.sign(part).colour
        shape = theme.HIDDEN_SIGN if part == "hidden" else theme.sign(part).shape
        count = f"<b>{shares.get(part, 0)} in {dots}</b> " if part in shares else ""
        keyed.append(f'<span style="color:{colour}">{shape}</span> {count}' + theme.wrap(_part_words(part, rows.get(part)), 44))
    text = "<br>".join(keyed)
    rows_of_dots = -(-dots // ACROSS)
    made = theme.layout(
        title, subtitle, footer, key=key, plot=rows_of_dots * ROW, above=theme.lines(text) * 18 + UNIT, below=UNIT,
        annotations=[theme.corner(0, 1, text, yshift=UNIT)],
        xaxis=theme.blank_axis(-0.6, ACROSS - 0.4, scaleanchor="y", constrain="domain", constraintoward="left"),
        yaxis=theme.blank_axis(rows_of_dots - 0.5, -0.5),
    )  # fmt: skip
    return theme.figure(data, made)


def share_out(values: dict[str, float], dots: int) -> dict[str, int]:
    """Percentages as whole dots that add up: largest remainders first; what the percentages leave under 100 is `hidden` if a part is missing.

    Three known parts fill every dot even where rounding makes them add up to 99 or 101.
    """
    known = len(values) == len(PARTS)
    whole = sum(values.values()) if known else max(100.0, sum(values.values()))
    if whole <= 0:
        return {"hidden": dots}
    exact = {part: value / whole * dots for part, value in values.items()}
    if not known:
        exact["hidden"] = dots - sum(exact.values())
    made = {part: int(share) for part, share in exact.items()}
    for part in sorted(exact, key=lambda p: made[p] - exact[p])[: dots - sum(made.values())]:
        made[part] += 1
    return made


def _part_words(part: str, row: ReleasedRow | None) -> str:
    if part == "hidden":
        return theme.HIDDEN_WORDS
    if row is None or row.hidden or row.value is None:
        return f"{theme.sign(part).words}: {'hidden' if row and row.hidden else theme.value_words(row, '%')}"
    return f"{theme.sign(part).words}" + (f" ({theme.count_words(row)} people)" if theme.count_words(row) else "")


def alt_text(improved: ReleasedRow | None, same: ReleasedRow | None, worsened: ReleasedRow | None, *, title: str, subtitle: str = "") -> str:
    """The chart in words: its finding, then each part."""
    rows = zip(PARTS, (improved, same, worsened), strict=True)
    return theme.said("A hundred marks in proportion", title, subtitle, [f"{theme.sign(p).words}: {theme.row_words(r, '%')}" for p, r in rows])


def table(improved: ReleasedRow | None, same: ReleasedRow | None, worsened: ReleasedRow | None) -> pd.DataFrame:
    """The figures behind the chart: one row per part."""
    rows = zip(PARTS, (improved, same, worsened), strict=True)
    return theme.tabled([(theme.sign(part).words, row) for part, row in rows], "%", "Part")
