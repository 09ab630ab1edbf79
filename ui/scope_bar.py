"""What a page is about, as choices one can change and narrowings one can take away. Every choice only writes the link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from access import desk
from domain import quarters
from domain.types import BASES, BREAKDOWNS, ENTRIES, Scope
from ui import pick, portfolio, session, words

HEADLINE = "All questionnaires"


def show(page: str, scope: Scope, *, breakdowns: tuple[str, ...] = (), measure: bool = True, basis: bool = True, entries: bool = False) -> None:
    """Period, basis, questionnaire and breakdown, then the narrowings as chips. `breakdowns` are the ones this page offers."""
    with st.container(horizontal=True, gap="small", key="scope-bar", vertical_alignment="bottom"):
        _period(page, scope)
        if entries:
            options = portfolio.entries(session.services(), session.names())
            _select(
                "Which services",
                options,
                (scope.entry, scope.value),
                f"entry-{page}",
                lambda chosen: session.go(page, replace(scope, entry=chosen[0], value=chosen[1])),
            )
        if basis:
            _choice(page, scope, "Which people", dict(zip(BASES, (f"{words.BASES[b]} in it" for b in BASES), strict=True)), "basis")
        if measure:
            used, called = desk.measures_used(session.store(), session.viewer(), scope), session.measures()
            options = {"": HEADLINE} | {code: called.get(code, code) for code in dict.fromkeys([*used, *filter(None, [scope.measure])])}
            _choice(page, scope, "Questionnaire", options, "measure", also={"subscale": "", "perspective": ""})
        if breakdowns:
            _choice(page, scope, "Side by side, by", {name: BREAKDOWNS[name] for name in breakdowns}, "by")
    _chips(page, scope)


def _period(page: str, scope: Scope) -> None:
    menu = desk.periods(session.store())
    options: dict[tuple[Any, Any], str] = {(p.start, p.end): p.label for p in menu}
    current = (scope.start, scope.end)
    options.setdefault(current, words.capital(quarters.period_name(*current)))
    _select("Period", options, current, f"period-{page}", lambda chosen: session.go(page, replace(scope, start=chosen[0], end=chosen[1])))


def _choice(page: str, scope: Scope, label: str, options: dict[str, str], part: str, also: dict[str, str] | None = None) -> None:
    current = getattr(scope, part) or next(iter(options))
    options = options if current in options else {current: BREAKDOWNS.get(current, current), **options}
    _select(label, options, current, f"{part}-{page}", lambda chosen: session.go(page, replace(scope, **{part: chosen}, **(also or {}))))


def _select(label: str, options: dict[Any, str], current: Any, key: str, chosen: Callable[[Any], None]) -> None:
    # The link decides; the box only shows it. A key that names the current choice keeps a stale choice of an earlier view from coming back.
    key, options = f"{key}-{current}", pick.distinct(options)
    st.selectbox(
        label,
        list(options),
        index=list(options).index(current),
        format_func=lambda option: options[option],
        key=key,
        on_change=lambda: chosen(st.session_state[key]),
        width=260,
    )


def _chips(page: str, scope: Scope) -> None:
    """The narrowings to services, groups and characteristics, each a button that takes it away."""
    shown_above = ("period", "measure", *ENTRIES) if page == "overview" else ("period", "measure", "services") if page == "service" else ("period", "measure")
    removable = [(part, text) for part, text in scope.chips(session.names()) if part not in shown_above]
    if not removable:
        return
    with st.container(horizontal=True, gap="small", key="chips"):
        for part, text in removable:
            st.button(
                words.plain(words.capital(text)),
                icon=":material/close:",
                key=f"chip-{page}-{part}",
                help="Take this away",
                on_click=lambda part=part: session.go(page, without(scope, part)),
            )


def without(scope: Scope, part: str) -> Scope:
    """The scope with one narrowing taken away."""
    if part == "services":
        return replace(scope, services=())
    if part in ENTRIES and part == scope.entry:
        return replace(scope, entry="", value="")
    if part == "perspective" and scope.perspective:
        return replace(scope, perspective="")
    return scope.without(part)
