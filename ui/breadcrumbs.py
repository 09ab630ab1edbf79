"""The way back: portfolio › type › service › cohort › people, each a link that widens. Period and questionnaire stay."""

from __future__ import annotations

import streamlit as st

from domain.types import Scope
from ui import scope_bar, session, words


def trail(scope: Scope, here: str) -> list[tuple[str, str, Scope]]:
    """(words, page, scope) from the widest to the page one is on."""
    everything = scope.with_(services=(), entry="", value="", cohort=(), by="")
    steps = [("All services", "overview", everything)]
    if len(scope.services) == 1:
        name = session.names().get(scope.services[0], scope.services[0])
        kind = next((card.service_type for card in session.services() if card.code == scope.services[0]), "")
        if kind:
            steps.append((words.capital(kind), "overview", everything.with_(entry="service_type", value=kind)))
        steps.append((name, "service", scope.with_(entry="", value="", cohort=(), by="")))
    elif scope.entry and scope.value:
        steps.append((words.capital(session.names().get(scope.value, scope.value)), "overview", scope.with_(services=(), cohort=(), by="")))
    if here in ("cohorts", "journeys"):
        steps.append(("Cohorts", "cohorts", scope.with_(cohort=())))
    if here == "journeys":
        who = words.capital(words.joined(scope_bar.in_words(part, value) for part, value in scope.cohort)) if scope.cohort else "Everyone in it"
        steps.append((who, "journeys", scope))
    return steps


def show(scope: Scope, here: str) -> None:
    """One line of links at the top of a page; the last is where one is."""
    *back, last = trail(scope, here)
    if not back:
        return
    with st.container(horizontal=True, gap="small", key="breadcrumbs", vertical_alignment="center"):
        for label, page, wider in back:
            st.page_link(session.PAGES[page], label=words.plain(label), query_params=session.query(wider))
            st.markdown("›", width="content")
        st.markdown(words.plain(last[0]), width="content")
