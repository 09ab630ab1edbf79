"""What a page says when there is nothing to show: why, and where to go next. Never an empty page."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from domain.types import Scope
from ui import links, pick, scope_bar, session

SHOWS = {
    "reality-check": "Choose a service to see what a year like the last ones would bring, beside what is planned.",
    "target-plan": "Choose a service to see its plan, or to write one together.",
}


def portfolio() -> NoReturn:
    """No service at all: the first thing to do."""
    st.markdown("There is nothing here yet. The first return brings in the services, and the figures follow from it.")
    if not send("Send a first return"):
        st.markdown("A commissioner, or the manager of a provider, sends it under Returns.")
    raise session.Ended


def send(label: str = "Upload a return") -> bool:
    """The way to where figures come from, for those who may send them; says whether it is there."""
    may = session.viewer().role in ("commissioner", "manager")
    if may:
        st.page_link(session.PAGES["upload"], label=label, icon=":material/upload_file:", query_params=session.query())
    return may


def choose_service(page: str, scope: Scope) -> NoReturn:
    """No one service chosen: the list to choose from."""
    cards = session.services()
    if not cards:
        portfolio()
    st.markdown(SHOWS.get(page, "Choose a service to see its people, its results, its plan and its words."))
    options = {card.code: f"{card.name} ({card.service_type}, {card.provider_name})" for card in cards}
    pick.box("Service", options, "choose-service", lambda code: session.go(page, scope.with_(services=(code,), entry="", value="")))
    raise session.Ended


def no_scores(about: str) -> NoReturn:
    """Nobody has two scores: for which period, what the page would show, and the way to send some."""
    period = scope_bar.period_said(links.here())
    st.markdown(f"**No assessments{f' for {period}' if period else ''} yet: upload a return.** {about}")
    send()
    raise session.Ended


def no_verdict() -> None:
    """No figure about improvement: for which period, why, what would bring one, and what there is instead."""
    period = scope_bar.period_said(links.here())
    st.markdown(
        f"**No pairs of assessments{f' for {period}' if period else ''} yet.** We cannot say who improved clearly: nobody here has two scores on a "
        "questionnaire whose wobble is known. A return with an Assessments sheet, a first score and a later one for each person, would change that. "
        "Each service's own page shows what there is: average gains, follow-up, plan and words."
    )
    send()
