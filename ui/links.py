"""What a link does beyond naming a view: filters that stay when the menu is used, what somebody who opened one is told, and pages closed to them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlencode

import streamlit as st

from access import rules
from domain.types import Scope, Viewer
from ui import session, words

# Where a link to a page that is closed to the viewer leads instead, and why
INSTEAD = {
    "journeys": ("cohorts", "Journeys are coded records of single people, which are not shown to {role}. Cohorts shows the same people as a group."),
}
CLOSED = "The page this link leads to, {title}, is not open to {role}."
WHO = {"commissioner": "a commissioner", "manager": "a manager of a provider", "presenter": "a presenter", "administrator": "an administrator"}
SEES = {
    "own": "it shows your own services only, exactly; others appear only taken together.",
    "inside": "small numbers are hidden so that nobody can be recognised, and periods are those of the menu.",
    "outside": "people are counted to the nearest 5, small numbers are hidden, periods are those of the menu, and no single person's line is shown.",
}


def here() -> Scope:
    """The scope as the link has it, before anything is dropped."""
    return Scope.from_query({key: st.query_params.get_all(key) for key in st.query_params})


def carried(page: str, explores: bool) -> None:
    """The menu leaves everything behind that a link says. On a page that explores, what the page before was about is put back into the link.

    Links of ours always say which data they were made from, so a bare address is the menu's or the first of a visit. The same page chosen again
    begins afresh, and so Back is never caught.
    """
    before, about = st.session_state.get("carried", (page, ""))
    bare = "v" not in st.query_params and here() == session.EVERYTHING
    if bare and explores and page != before and about:
        kept = Scope.from_query(parse_qs(about))
        if page == "overview":
            kept = kept.with_(services=(), cohort=(), by="")
        if kept.with_(by="") != session.EVERYTHING:
            st.query_params.from_dict(
                {**{key: st.query_params.get_all(key) for key in st.query_params}, **session.query(kept)}
            )  # at once: each writing is a step for Back
            bare = False
    if explores or not bare:
        about = _text(here())
    st.session_state["carried"] = (page, about)


def _text(scope: Scope) -> str:
    return urlencode(scope.to_query(), doseq=True)


def arrived(viewer: Viewer) -> None:
    """To somebody whose visit began with a link: how it is narrowed for them, for as long as they are on what it opened."""
    now = (st.context.url or "", _text(here()))
    first = st.session_state.setdefault("arrived", now if "v" in st.query_params else None)
    if first == now and viewer.role != "administrator":
        st.caption(words.plain(f"You opened this link as {WHO[viewer.role]}: {SEES[rules.policy_for(viewer)]}"))


def closed(name: str, title: str, begins: str) -> Callable[[], None]:
    """What stands under the address of a page that is not of this role's menu: why, and the nearest that is."""

    def page() -> None:
        viewer = session.viewer()
        st.title(title, anchor=False)
        nearest, said = INSTEAD.get(name, (begins, CLOSED))
        if viewer.role == "administrator":
            nearest, said = begins, CLOSED
        st.markdown(words.plain(said.format(title=title, role=WHO[viewer.role])))
        to_figures = viewer.role != "administrator"
        label = "Open the same group on Cohorts" if nearest == "cohorts" else "Go to where you begin"
        st.page_link(session.PAGES[nearest], label=label, icon=":material/arrow_forward:", query_params=session.query(here()) if to_figures else None)

    page.__name__ = f"closed_{name.replace('-', '_')}"
    return page
