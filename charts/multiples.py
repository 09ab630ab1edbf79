"""Small charts of one kind side by side, two in a row on any screen, each under its own name: the places, axes and headings they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from charts import theme
from charts.theme import UNIT

ACROSS = 2
PANEL, HEAD, GAP = 16 * UNIT, 5 * UNIT, 4 * UNIT  # pixels: the plot of one panel, the room above it for its name, and below it for ticks


def height(n: int) -> int:
    """Pixels that `n` panels take, headings included."""
    return -(-n // ACROSS) * (PANEL + HEAD + GAP)


def layout_of(names: Sequence[str], below: Sequence[str], xaxis: dict[str, Any], yaxis: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(axes, annotations) of a panel per name: `xaxis1`, `yaxis1` … share their ranges. `below` stands under each name, in smaller words."""
    whole = float(height(len(names)) or 1)
    axes: dict[str, Any] = {}
    notes: list[dict[str, Any]] = []
    for i, name in enumerate(names):
        row, column = divmod(i, ACROSS)
        top = row * (PANEL + HEAD + GAP) + HEAD
        domain_y = [1 - (top + PANEL) / whole, 1 - top / whole]
        domain_x = [column * 0.52, column * 0.52 + 0.48]
        end = "" if i == 0 else str(i + 1)
        axes[f"xaxis{end}"] = theme.axis(**xaxis, domain=domain_x, anchor=f"y{end}")
        axes[f"yaxis{end}"] = theme.axis(**{**yaxis, **({} if column == 0 else {"showticklabels": False})}, domain=domain_y, anchor=f"x{end}")
        text = f"<b>{theme.wrap(name, 22)}</b>" + (f'<br><span style="font-size:{theme.FOOTER}px">{theme.plain(below[i])}</span>' if below[i] else "")
        notes.append(theme.note(domain_x[0], domain_y[1], text, xref="paper", yref="paper", xanchor="left", yanchor="bottom", borderpad=0))
    return axes, notes


def on(i: int) -> dict[str, str]:
    """The axes of panel `i`, for a trace."""
    end = "" if i == 0 else str(i + 1)
    return {"xaxis": f"x{end}", "yaxis": f"y{end}"}
