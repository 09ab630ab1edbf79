"""A short tour of the made-up data for whoever opens the app for the first time: a card with a step, *Next* and *Skip*; kept per session."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from domain.types import ROLES
from ui import session, words

LOOK = ("commissioner", "manager", "presenter")


@dataclass(frozen=True)
class Step:
    """One thing to look at, on one page; where the link leads when this step is next."""

    page: str
    title: str
    said: str
    roles: tuple[str, ...] = LOOK


STEPS = (
    Step(
        "overview", "What people gained",
        "The large sentence answers before any chart does: how many people improved by more than the questionnaire's own wobble, with its likely range. "
        "Under it, every service with its own range. Click a dot, or choose in the box below the chart.",
    ),
    Step(
        "service", "One service on one page",
        "Plan against return, change from first score to last, and the service's own words. Every title says what the chart found, and "
        "'Explain this number' opens where it comes from. This is one of many: the box under the chart of the Overview opens any other.",
    ),
    Step(
        "cohorts", "Groups of people",
        "People who began in the same quarter, or share a characteristic, side by side. Narrow with the boxes; each narrowing becomes a button that "
        "takes it away again, and the address in your browser always opens the same view.",
    ),
    Step(
        "journeys", "Coded lives",
        "One small line per person, under a code name. A commissioner sees bands and fortnights of people drawn by chance; a manager sees their own people, "
        "with goals and crises. Here everybody is made up; with your own data they would be coded records of real people.",
        ("commissioner", "manager"),
    ),
    Step("my-returns", "Where the figures come from", "Each quarter's return: when it came, what was asked, what was answered.", ("commissioner", "manager")),
    Step(
        "handbook", "Every word explained",
        "How each number is counted and why some are hidden. When you are ready, 'Start with your own' at the top opens an empty database of your own.", ROLES,
    ),
)  # fmt: skip


def show(page: str) -> None:
    """The card, on the made-up data only, until it is skipped or at its end; on a page that is not of the step, only the way to it."""
    role = session.viewer().role
    if session.database() != "sample" or st.session_state.get("tour-done") or role not in LOOK:
        return
    steps = [step for step in STEPS if role in step.roles]
    at = min(st.session_state.get("tour", 0), len(steps) - 1)
    step, begun = steps[at], "tour" in st.session_state
    with st.container(key="tour", gap="small"):
        if not begun:
            st.markdown(f"**First time here?** {words.count(len(steps), 'step')} through the made-up data, about two minutes.")
        elif page == step.page:
            st.markdown(f"**{at + 1} of {len(steps)} · {step.title}.** {words.plain(step.said)}")
        else:
            st.markdown(f"**The tour waits at {at + 1} of {len(steps)} · {step.title}.** Look round as long as you like.")
        with st.container(horizontal=True, gap="small"):
            if not begun:
                st.button("Take the tour", key="tour-next", on_click=_to, args=(0, steps[0].page), type="primary")
            elif page != step.page:
                st.button("Go on with the tour", key="tour-next", on_click=_to, args=(at, step.page))
            elif at + 1 < len(steps):
                after = steps[at + 1]
                st.button(f"Next: {after.title[:1].lower()}{after.title[1:]}", key="tour-next", on_click=_to, args=(at + 1, after.page), type="primary")
            st.button("End the tour" if begun and at + 1 == len(steps) else "Skip the tour", key="tour-skip", on_click=_done, type="tertiary")


def _to(at: int, page: str) -> None:
    st.session_state["tour"] = at
    shown = next((card.code for card in session.services() if card.speaks == "records"), None) if page == "service" else None
    session.go(page, session.EVERYTHING.with_(services=(shown,)) if shown else session.EVERYTHING)


def _done() -> None:
    st.session_state["tour-done"] = True
