"""Clicks and their keyboard twin. A click on a mark and a choice in the box beside it do the same: write the link and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Literal

import streamlit as st

Width = int | Literal["stretch", "content"]


Selects = tuple[Callable[[list[dict[str, Any]]], None], tuple[str, ...]]  # what a selection does with its points (none: cleared); points, box


def chart(
    figure: Any, alt: str, key: str, chosen: Callable[[str], None] | None = None, width: Width = "stretch", save: str = "", selects: Selects | None = None
) -> None:
    """A chart whose marks carry a stable code as customdata. `chosen(code)` is called once, in the callback, when a mark is clicked.

    With `save`, a name, the chart has one button of Plotly's own that saves it as SVG in the browser. With `selects` several marks can be selected.
    """

    def clicked() -> None:
        points = st.session_state[key]["selection"]["points"]
        code = _code(points[0].get("customdata")) if points else ""
        if code and chosen:
            chosen(code)

    def selected() -> None:
        if selects:
            selects[0](list(st.session_state[key]["selection"]["points"]))

    more: dict[str, Any] = {"on_select": clicked, "selection_mode": "points"} if chosen else {}
    if selects:
        more = {"on_select": selected, "selection_mode": selects[1]}
    st.plotly_chart(figure, key=key, alt=alt, width=width, config=buttons(save, ("select2d",) if selects and "box" in selects[1] else ()), **more)


def buttons(save: str = "", more: tuple[str, ...] = ()) -> dict[str, Any]:
    """Plotly's settings: no buttons but the one that saves the chart as SVG under the name `save`, and `more` of Plotly's own."""
    if not save and not more:
        return {"displayModeBar": False, "scrollZoom": False}
    named = {"toImageButtonOptions": {"format": "svg", "filename": save}} if save else {}
    shown = [[*more, *(["toImage"] if save else [])]]
    return {"displayModeBar": True, "displaylogo": False, "modeBarButtons": shown, "scrollZoom": False, **named}


def _code(customdata: Any) -> str:
    first = customdata[0] if isinstance(customdata, (list, tuple)) and customdata else customdata
    return "" if first is None else str(first)


def box(label: str, options: dict[str, str], key: str, chosen: Callable[[str], None]) -> None:
    """The keyboard twin: a box of the same codes, in words."""

    def changed() -> None:
        if code := st.session_state[key]:
            chosen(code)

    shown = distinct(options)
    st.selectbox(label, list(shown), index=None, format_func=lambda code: shown[code], key=key, on_change=changed, placeholder="Choose one")


def distinct(options: dict[Any, str]) -> dict[Any, str]:
    """The options with no two alike: a box answers with the words chosen, so of two services of one name it would open the wrong one."""
    often = Counter(options.values())
    return {code: label if often[label] == 1 else f"{label} ({code})" for code, label in options.items()}
