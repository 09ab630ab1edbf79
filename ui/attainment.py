"""Attainment on the Overview: what services counted over what they planned, by sector and by type, and what each contributes to the strategic goal."""

from __future__ import annotations

import streamlit as st

from access import attainment, conversation, desk
from charts import attainment as chart
from domain import quarters
from domain.types import Scope, Viewer
from ui import contract_card, figure_card, session, words

READING = (
    "Performance targets counted in people, for the year so far; percents and averages stand on the services' own pages. Where services differ more than "
    "chance would have it, the range is wider. About the guesses in the plans as much as about the work: a high figure may be a cautious plan."
)


@st.cache_data(max_entries=50, show_spinner=False)
def _of_year(path: str, role: str, providers: tuple[str, ...], version: int) -> attainment.OfAYear | None:
    return attainment.of_year(session.opened(path), Viewer("local", role, providers))  # type: ignore[arg-type]


def of_year(viewer: Viewer) -> attainment.OfAYear | None:
    """The latest plan year with a return, remembered until the next change of anything."""
    store = session.store()
    conversation.own_services(store, viewer)  # the right is checked on every call, outside the cache
    return _of_year(str(store.path), viewer.role, viewer.providers, session.change())


def by_group(viewer: Viewer, scope: Scope) -> None:
    """By sector and by service type, each a card; nothing where nothing was planned or returned, or one service speaks for itself."""
    found = of_year(viewer)
    if found is None or len(found.services) < 2 or scope.entry:
        return
    st.header("What was planned, and what was reached", anchor=False)
    for kind, called in attainment.KINDS.items():
        groups = [chart.Group(words.capital(g.name), g.services, g.actual, g.projection, 100 * g.ratio, 100 * g.lower, 100 * g.upper)
                  for g in found.groups if g.kind == kind]  # fmt: skip
        if not groups:
            continue
        title, subtitle = _title(groups, called), f"Counted over planned, by {called} · performance targets, {quarters.year_name(found.year)} so far"
        without = f" {words.capital(words.count(found.without, 'service'))} with a return {'has' if found.without == 1 else 'have'} no such target."
        explain = (
            "Counted: people, on the performance targets of the plans, in the year so far (a position: at its latest quarter end).",
            "Out of: what the plans projected for the same quarters.",
            "How sure: exact Poisson range of the sum, widened by how much the services themselves differ (quasi-Poisson).",
            "Sources: Garwood (1936), Biometrika 28:437-442; McCullagh and Nelder (1989), section 6.2.",
        )
        contract_card.show(
            f"attainment-{kind}", chart.attainment(groups, **figure_card.BARE), chart.alt_text(groups, title=title, subtitle=subtitle),
            chart.table(groups, words.capital(called)), title=title, subtitle=subtitle, reading=READING, note=without.strip() if found.without else "",
            explain=explain,
        )  # fmt: skip


def _title(groups: list[chart.Group], called: str) -> str:
    """What the ranges allow to be said, and no more."""
    apart = [g for g in groups if g.lower is not None and g.upper is not None and (g.lower > 100 or g.upper < 100)]
    if not apart:
        return f"Every {called} may be as planned: all ranges hold 100%"
    above, below = [g.name for g in apart if g.percent > 100], [g.name for g in apart if g.percent < 100]
    said = [f"{words.joined(above)}: more than planned" if above else "", f"{words.joined(below)}: fewer than planned" if below else ""]
    return "; ".join(part for part in said if part)


def contributions(viewer: Viewer, cards: list[desk.ServiceCard]) -> None:
    """What each plan contributes to the strategic goal, in the services' own words, with what was reached where that may be seen."""
    told = [card for card in cards if card.contribution]
    if not told:
        return
    found = of_year(viewer) if viewer.role != "presenter" else None
    reached = {a.name: f" *{a.actual:,.0f} of {a.projection:,.0f} planned so far.*" for a in (found.services if found else ())}
    with st.expander(f"What each plan contributes to the strategic goal ({words.count(len(told), 'service')})"):
        kind = ""
        for card in told:
            if card.service_type != kind:
                kind = card.service_type
                st.markdown(f"**{words.capital(kind)}**")
            st.markdown(f"- **{words.plain(card.name)}**: {words.plain(card.contribution)}{reached.get(card.code, '')}")


def show(viewer: Viewer, scope: Scope, cards: list[desk.ServiceCard]) -> None:
    """Both: attainment for whoever sees plans, and the contributions for everybody."""
    if viewer.role != "presenter":
        by_group(viewer, scope)
    contributions(viewer, cards)
