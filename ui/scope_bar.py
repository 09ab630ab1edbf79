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
    """Every narrowing in words, each a button that takes it away: `Ended in 2025-26`, `PHQ-9`, `women`, `supported accommodation`."""
    fixed = {"compare": ENTRIES, "service": ("services",), "journeys": ("measure",)}.get(page, ())  # what such a page is about: there is always one
    removable = [(part, text) for part, text in narrowings(scope) if part not in fixed]
    if not removable:
        return
    with st.container(horizontal=True, gap="small", key="chips"):
        for n, (part, text) in enumerate(removable):
            st.button(
                words.plain(words.capital(text) if n == 0 else text),
                icon=":material/close:",
                key=f"chip-{page}-{part}",
                help="Take this away",
                on_click=lambda part=part: session.go(page, without(scope, part)),
            )


def narrowings(scope: Scope) -> list[tuple[str, str]]:
    """(part, words) for each way in which the scope is less than everything, in the order a person would say them."""
    names, found = session.names(), []
    if scope.start or scope.end or scope.basis != "ended":
        verb = {"ended": "ended", "started": "started", "measured": "measured"}[scope.basis]
        period = _year(scope) or quarters.period_name(scope.start, scope.end)
        dated = scope.start or scope.end
        found.append(
            (
                "period",
                f"{verb} in {period}"
                if scope.start and scope.end
                else f"{verb} {period}"
                if dated
                else f"everyone {'who ' if scope.basis != 'measured' else ''}{verb}",
            )
        )
    if scope.measure:
        found.append(("measure", " ".join(filter(None, (scope.measure, scope.subscale)))))
    found += [(name, in_words(name, value)) for name, value in scope.cohort]
    if scope.perspective:
        found.append(("perspective", f"as seen by the {scope.perspective}"))
    if scope.entry and scope.value:
        found.append((scope.entry, names.get(scope.value, scope.value)))
    if scope.services:
        found.append(("services", words.joined(names.get(code, code) for code in scope.services)))
    return found


def period_said(scope: Scope) -> str:
    """`2025-26` or `October to December 2025`; nothing where the scope is about all the time there is."""
    return _year(scope) or (quarters.period_name(scope.start, scope.end) if scope.start or scope.end else "")


def _year(scope: Scope) -> str:
    """`2025-26` for a whole plan year; nothing for any other period."""
    if scope.start is None or scope.end is None:
        return ""
    year = quarters.quarter_of(scope.start).year
    return quarters.year_name(year) if (scope.start, scope.end) == quarters.year_dates(year) else ""


def in_words(characteristic: str, value: str) -> str:
    """A characteristic of people as one says it: `women`, `aged 25 to 34`, `started in January to March 2026`."""
    if value == "not stated":
        return f"{BREAKDOWNS[characteristic].split(' (')[0]} not stated"
    if characteristic == "gender":
        return {"female": "women", "male": "men"}.get(value, f"gender: {value}")
    if characteristic == "age_band":
        return f"aged {value.replace('-', ' to ')}" if value[:1].isdigit() else value
    if characteristic in ("start_quarter", "end_quarter"):
        quarter = quarters.quarter_named(value)
        return f"{'started' if characteristic == 'start_quarter' else 'ended'} in {quarter.months() if quarter else value}"
    if characteristic == "role":
        return {"carer": "carers", "person": "not carers"}.get(value, value)
    if characteristic == "deprivation_quintile":
        return f"neighbourhood deprivation {value} of 5 (1 = most deprived)"
    return f"{BREAKDOWNS[characteristic]}: {value}"


def without(scope: Scope, part: str) -> Scope:
    """The scope with one narrowing taken away."""
    if part == "services":
        return replace(scope, services=())
    if part == "period":
        return replace(scope, start=None, end=None, basis="ended")
    if part == "measure":
        return replace(scope, measure="", subscale="", perspective="")
    if part in ENTRIES and part == scope.entry:
        return replace(scope, entry="", value="")
    if part == "perspective" and scope.perspective:
        return replace(scope, perspective="")
    return scope.without(part)
