"""*Views*: save this view under a name, open one saved before, delete it. Each viewer has their own; opening narrows like any link."""

from __future__ import annotations

import streamlit as st

from access import bookmarks
from domain import errors
from ui import session, words

SAID = "bookmark-said"


def show(page: str) -> None:
    """The popover. What it holds is worked out only while it is open."""
    opened = st.popover("Views", icon=":material/bookmarks:", key="views", on_change="rerun", width="stretch")
    with opened:
        if not opened.open:
            return
        saved = bookmarks.of(session.store(), session.viewer())
        st.markdown(
            "**Saved views**" if saved else "**No saved views yet.** Choose services, a period or a group on any page, then save what you see under a name."
        )
        for each in saved:
            _one(each)
        if saved:
            with st.expander("Delete a view"):
                for each in saved:
                    label = words.plain(f"Delete {each.name}")
                    st.button(label, icon=":material/delete:", key=f"delete-view-{each.name}", on_click=_delete, args=(each.name,), type="tertiary")
        with st.form("save-view", clear_on_submit=True, border=False):
            name = st.text_input("Name of this view", max_chars=bookmarks.LONGEST, placeholder="Counselling, women, 2025-26", autocomplete="off")
            if st.form_submit_button("Save this view"):
                _save(name, page)
        if said := st.session_state.pop(SAID, ""):
            st.markdown(words.plain(said))
        st.caption("A view is the page and its choices, never the figures: it opens with today's. Views are yours alone; to share one, copy the address.")


def _one(each: bookmarks.Bookmark) -> None:
    if each.page not in session.PAGES:
        return
    here = {"data": session.database()} if session.database() != session.first_database() else {}
    st.page_link(session.PAGES[each.page], label=words.plain(each.name), query_params={**each.query, **here})


def _save(name: str, page: str) -> None:
    try:
        bookmarks.save(session.store(), session.viewer(), name, page, {key: st.query_params.get_all(key) for key in st.query_params})
    except errors.Shown as shown:
        st.warning(words.plain(shown))
        return
    st.session_state[SAID] = f"Saved as {' '.join(name.split())}."
    st.rerun()


def _delete(name: str) -> None:
    bookmarks.delete(session.store(), session.viewer(), name)
    st.session_state[SAID] = f"{name} is deleted."
