"""Statistics for pages: asked as `session.ask` asks, with rights checked on every call and only the arithmetic remembered."""

from __future__ import annotations

from typing import Any

import streamlit as st

from access import desk, referred, rules, sources, statistics, trajectories
from domain import errors
from domain.types import Scope, Viewer
from ui import session

DOORS: dict[str, Any] = {
    "spc": statistics.spc_charts, "funnel": statistics.funnels, "rest": statistics.against_rest, "time": statistics.time_to_improvement,
    "missing": statistics.with_missing, "standardised": statistics.standardised, "casemix": statistics.casemix, "fan": trajectories.fan,
    "by group": trajectories.by_group, "came from": sources.came_from, "referred": referred.out_of_referred, "trajectory": desk.trajectory,
    "first and last": desk.first_and_last,
}  # fmt: skip
NO_METRIC = ("time", "casemix", "fan", "by group", "trajectory", "first and last")  # doors that ask about no metric


def ask(door: str, metric: str, scope: Scope, **how: Any) -> Any:
    """What a door of DOORS answers (its own docstring says what). Raises Refused and Shown as that door does."""
    looking, now = session.viewer(), session.state()
    rules.check_sees_groups(looking)
    key = (looking.role, looking.providers)
    asked = (str(session.store().path), key, door, metric, scope.narrowed_to(looking), tuple(sorted(how.items())), now.data_version, now.rules_hash)
    return _answer(repr(asked), asked)


def told(door: str, metric: str, scope: Scope, **how: Any) -> Any:
    """The same, or the sentence (as text) that says why there is no answer."""
    try:
        return ask(door, metric, scope, **how)
    except errors.Shown as why:
        return str(why)


@st.cache_data(max_entries=1000, show_spinner=False)
def _answer(everything: str, _asked: tuple[Any, ...]) -> Any:
    """`everything` is the whole of `_asked` as text, the viewer's right in it: see session.ask."""
    path, (role, providers), door, metric, scope, how, _, _ = _asked
    viewer = Viewer(f"local {role}", role, providers)  # type: ignore[arg-type]
    return DOORS[door](session.opened(path), viewer, *(() if door in NO_METRIC else (metric,)), scope, **dict(how))
