"""Selecting people on one chart of Cohorts so that the others follow. A click, a box of points and the boxes beside them all do the same.

Under `own` any selection of people, kept in this session and never in the link. Elsewhere one group of the fixed menu, which is the link itself.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from domain.types import BREAKDOWNS, Released, Scope, Viewer
from ui import labels, scope_bar, session, words

RESULTS = {"improved": "clearly better", "same": "about the same", "worsened": "clearly worse"}
MENU_ONLY = (
    "A selection here follows one breakdown of the menu at a time, one group of it at a time: combining them, or picking out any people one likes, "
    "could single somebody out. Only a service itself can select among its own people freely."
)
COARSE = 10  # points: questionnaires at least so wide are chosen by whole points
OWN = "These are your own people, so any selection will do: click bars (with Shift for several), draw a box round points, or use the boxes here."


def free(viewer: Viewer) -> bool:
    """Whether any selection of people may be made: by those whose own people they are."""
    return viewer.role == "manager"


def picked(viewer: Viewer) -> dict[str, tuple[str, ...]]:
    """The selection of this session: what -> values, as `Scope.picked` has it. One made through other eyes, or in another database, does not count."""
    whose, chosen = st.session_state.get("picked", (None, {}))
    return dict(chosen) if free(viewer) and whose == (session.database(), viewer.providers) else {}


def keep(viewer: Viewer, what: str, values: tuple[str, ...]) -> None:
    """For callbacks: one part of the selection from now on; no values take it away."""
    kind = what.partition(":")[0]
    others = {name: chosen for name, chosen in picked(viewer).items() if name.partition(":")[0] != kind}
    st.session_state["picked"] = ((session.database(), viewer.providers), others | ({what: values} if values else {}))


def clear() -> None:
    st.session_state.pop("picked", None)


def applied(scope: Scope, viewer: Viewer, but: str = "") -> Scope:
    """The scope narrowed to the people selected, leaving out what the chart `but` itself selects, so that it goes on showing what could be selected."""
    chosen = sorted((what, values) for what, values in picked(viewer).items() if what.partition(":")[0] != but)
    return scope.with_(picked=tuple(chosen))


def show(scope: Scope, by: str, viewer: Viewer, table: Released) -> None:
    """What is selected, in words, and one click that clears it; the boxes that do what clicks do; and how far a selection may go."""
    if not free(viewer):
        _menu(scope, by, table)
        return
    chosen = picked(viewer)
    with st.container(key="crossfilter", gap="small"):
        if chosen:
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                st.markdown(f"**Only some people:** {words.plain(said(chosen))}")
                st.button("Show everyone again", icon=":material/close:", key="crossfilter-clear", on_click=clear)
        called = labels.of(table)
        options = {row.group: called[row.group] for row in labels.ordered(table)}
        with st.container(horizontal=True, gap="small"):
            _several(f"Only these groups, by {BREAKDOWNS[by]}", options, chosen.get(by, ()), by, viewer)
            what = f"change:{scope.measure}"
            _several("Only people who are", RESULTS, chosen.get(what, ()), what, viewer)
        st.caption(OWN)


def _menu(scope: Scope, by: str, table: Released) -> None:
    with st.container(key="crossfilter", gap="small"):
        if scope.cohort:
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                said_of = words.joined(scope_bar.in_words(name, value) for name, value in scope.cohort)
                st.markdown(f"**Only some people:** {words.plain(said_of)}")
                st.button("Show everyone again", icon=":material/close:", key="crossfilter-clear", on_click=session.go, args=("cohorts", everyone(scope, by)))
        st.caption(MENU_ONLY)


def everyone(scope: Scope, by: str) -> Scope:
    for name, _ in scope.cohort:
        scope = scope_bar.without(scope, name)
    return scope.with_(by=by)


def _several(label: str, options: dict[str, str], current: tuple[str, ...], what: str, viewer: Viewer) -> None:
    # The selection decides; the box only shows it. A key that names it keeps an earlier view's choice from coming back.
    key = f"several-{what}-{abs(hash(current)):x}"
    st.multiselect(
        label, list(options), default=[value for value in current if value in options], format_func=lambda value: options[value], key=key,
        on_change=lambda: keep(viewer, what, tuple(st.session_state[key])), placeholder="Everyone", width=360, select_all=False,
    )  # fmt: skip


def bars(by: str, viewer: Viewer) -> Any:
    """What selecting bars does: the groups of the bars are kept; selecting none clears them."""
    return lambda points: keep(viewer, by, tuple(dict.fromkeys(str(code) for point in points if (code := _first(point.get("customdata"))))))


def points(measure: str, viewer: Viewer) -> Any:
    """What a box of points does: the people with those first and last scores are kept; an empty one clears them."""
    return lambda chosen: keep(
        viewer, f"scores:{measure}", tuple(sorted({f"{point['x']:g}:{point['y']:g}" for point in chosen if "x" in point and "y" in point}))
    )


def _first(customdata: Any) -> str:
    found = customdata[0] if isinstance(customdata, (list, tuple)) and customdata else customdata
    return "" if found is None else str(found)


def said(chosen: dict[str, tuple[str, ...]]) -> str:
    """The selection in words: `gender: female or male · clearly better · 12 pairs of first and last PHQ-9`."""
    parts = []
    for what, values in chosen.items():
        kind, _, measure = what.partition(":")
        if kind == "change":
            parts.append(" or ".join(RESULTS[value] for value in values))
        elif kind == "scores":
            parts.append(f"{words.count(len(values), 'pair')} of first and last {measure}")
        else:
            parts.append(f"{BREAKDOWNS[kind]}: {' or '.join(labels.named(kind, value, session.names()) for value in values)}")
    return " · ".join(parts)


def by_score(measure_code: str, lowest: float, highest: float, all_points: list[tuple[float, float, int]], viewer: Viewer) -> None:
    """The keyboard twin of a box of points: from which to which first and last score."""
    step = 1.0 if highest - lowest >= COARSE else 0.1  # as fine as an arrow key is of use, whatever steps the questionnaire has
    what = f"scores:{measure_code}"
    current = picked(viewer).get(what, ())
    pairs = [tuple(float(part) for part in value.split(":")) for value in current]
    ends = [[min(p[i] for p in pairs), max(p[i] for p in pairs)] if pairs else [lowest, highest] for i in (0, 1)]
    keys = [f"slide-{side}-{measure_code}" for side in ("first", "last")]

    def within() -> tuple[str, ...]:
        """The pairs between the ends of both sliders; none where that is all of them."""
        first, last = (st.session_state[key] for key in keys)
        inside = tuple(sorted(f"{a:g}:{b:g}" for a, b, _ in all_points if first[0] <= a <= first[1] and last[0] <= b <= last[1]))
        return inside if len(inside) < len(all_points) else ()

    # The selection decides; but a slider that somebody moves keeps its key and its place, or the keyboard would lose it at every step.
    if not all(key in st.session_state for key in keys) or within() != current:
        st.session_state.update(zip(keys, map(tuple, ends), strict=True))
    with st.container(horizontal=True, gap="large"):
        for key, side in zip(keys, ("First score from, to", "Last score from, to"), strict=True):
            st.slider(side, lowest, highest, step=step, format="%g", key=key, on_change=lambda: keep(viewer, what, within()), width=300)
