"""What a page says when there is nothing to show: why, and where to go next. Never an empty page."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from domain.types import Scope
from ui import pick, session


def portfolio() -> NoReturn:
    """No service at all: the first thing to do."""
    st.markdown("There is nothing here yet. The first return brings in the services, and the figures follow from it.")
    if session.viewer().role in ("commissioner", "manager"):
        st.page_link(session.PAGES["upload"], label="Send a first return", icon=":material/upload_file:", query_params=session.query())
    raise session.Ended


def choose_service(page: str, scope: Scope) -> NoReturn:
    """No one service chosen: the list to choose from."""
    cards = session.services()
    if not cards:
        portfolio()
    st.markdown("Choose a service to see its people, its results, its plan and its words.")
    options = {card.code: f"{card.name} ({card.service_type}, {card.provider_name})" for card in cards}
    pick.box("Service", options, "choose-service", lambda code: session.go(page, scope.with_(services=(code,), entry="", value="")))
    raise session.Ended


def no_verdict() -> None:
    """No figure about improvement: why, and what there is instead."""
    st.markdown(
        "We cannot say yet who improved clearly: nobody here has two scores on a questionnaire whose wobble is known. "
        "Each service's own page shows what there is: average gains, follow-up, plan and words."
    )
