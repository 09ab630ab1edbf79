"""Answering a person who asks what is kept about them, or asks us to take it out.

The reference is typed unseen and stays in no link, log or event: only in the session's memory, until *Done* or the end of the session.
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from access import desk, requests, rules
from domain import errors, quarters
from domain.types import Viewer
from exports import files, person
from ui import session, words


def show(viewer: Viewer) -> None:
    """Find, a copy (managers), and erase, for one person at a time."""
    providers = {code: name for code, name in desk.providers(session.store()).items() if viewer.role == "administrator" or code in viewer.providers}
    if not providers:
        st.markdown("There is no provider here yet.")
        return
    st.markdown(
        "Somebody may ask what is kept about them, for a copy of it, or that it be taken out. Make sure first that it is they who ask. "
        "The reference their provider uses for them stands in the memory of this session until you press *Done with this request*, and is written nowhere."
    )
    with st.form("request-ask", clear_on_submit=True):
        provider = st.selectbox("Provider", list(providers), format_func=providers.__getitem__)
        ref = st.text_input("The provider's reference for the person", type="password", autocomplete="off")
        asked = st.form_submit_button("Find what is kept")
    if asked and provider:
        try:
            kept = requests.find(session.store(), viewer, provider, ref)
            st.session_state["request"] = (viewer, provider, ref.strip(), kept)
        except errors.Shown as shown:
            st.session_state.pop("request", None)
            st.warning(words.plain(shown))
    whose, *answer = st.session_state.get("request") or (None,)
    if whose == viewer:  # an answer belongs to the one who asked
        _answer(viewer, *answer)


def _answer(viewer: Viewer, provider: str, ref: str, kept: requests.Kept) -> None:
    st.markdown(f"**{words.plain(kept.words())}**")
    if kept.sheets:
        frame = pd.DataFrame(
            [{"Sheet": s["sheet"], "Rows": s["rows"], "From": s["first"], "To": s["last"], "Services": ", ".join(s["services"])} for s in kept.sheets]
        )
        st.dataframe(frame, hide_index=True, alt="What is kept, by sheet")
    if rules.can(requests.check_copies, viewer, provider) and not kept.nothing:
        form = st.segmented_control("A copy for the person", list(person.FORMS), default=None, key="request-form")
        if form:
            content = person.made(requests.copy(session.store(), viewer, provider, ref), form)
            st.download_button(
                "Download the copy", content, files.file_name("copy-of-your-record", content, form), person.FORMS[form], on_click="ignore", key="request-copy"
            )
    because = st.radio("Take them out because", list(requests.BECAUSE), format_func=lambda why: requests.BECAUSE[why], key="request-because")
    sure = st.checkbox("Yes: this person goes from everything, for good, and what is sent about them later is left out", key="request-sure")
    st.button("Erase this person", disabled=not sure, on_click=_erase, args=(viewer, provider, ref, because), key="request-erase")
    st.button("Done with this request", on_click=st.session_state.pop, args=("request", None), key="request-done")


def _erase(viewer: Viewer, provider: str, ref: str, because: str) -> None:
    requests.erase(session.store(), viewer, provider, ref, because)
    for key in ("request", "request-sure"):
        st.session_state.pop(key, None)
    st.toast("They are out of everything, and out of the earlier uploads. The database file is written anew when the app next starts.")


def retention(viewer: Viewer) -> None:
    """How long records are kept, who is past it, and the button that takes them out."""
    past = requests.past_retention(session.store(), viewer)
    if past is None:
        st.warning(
            "**How long records of people are kept has not been decided.** The controller sets SO_WHAT_RETENTION_YEARS; until then nothing is taken out."
        )
        return
    before, people, stories = past
    if not people and not stories:
        st.markdown(f"Nobody is past the retention time: something was recorded about everybody since {quarters.british(before)}.")
        return
    told = words.joined(filter(None, [words.count(people, "person", "people") if people else "", words.count(stories, "story", "stories") if stories else ""]))
    st.markdown(f"Nothing was recorded since {quarters.british(before)} about {told}.")
    sure = st.checkbox("Yes: they go from everything, for good", key="retain-sure")
    st.button("Take them out", disabled=not sure, on_click=_retain, args=(viewer,), key="retain")


def _retain(viewer: Viewer) -> None:
    requests.retain(session.store(), viewer)
    st.session_state.pop("retain-sure", None)
    st.toast("They are out of everything.")
