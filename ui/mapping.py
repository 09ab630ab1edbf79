"""One screen for everything only the sender knows about a file: what a sheet, a column, a word, a date means. Asked once, kept per provider."""

from __future__ import annotations

from typing import Any

import streamlit as st

from access import intake, mappings
from data_loaders.questions import Mapping, Question
from domain.types import Viewer
from ui import session, words

GROUPS = {
    "sheet": "Which sheet is which",
    "wide": "Scores side by side",
    "wide-date": "When the scores were taken",
    "column": "Which column is which",
    "dates": "Day or month first",
    "value": "What your words mean",
    "bare-quarter": "Years and quarters",
}


def known(viewer: Viewer) -> Mapping:
    """What the provider of this session's file has answered before: a manager's own; for others, of whoever the file is from."""
    return mappings.of(session.store(), viewer, st.session_state.get("mapping-provider", "") if viewer.role != "manager" else "")


def whose(received: intake.Received, viewer: Viewer) -> bool:
    """For somebody who sends for several: notes whose file it is where only one provider has sent such layouts. True: read it again, with their answers."""
    if viewer.role == "manager" or st.session_state.get("mapping-layouts") == received.layouts:
        return False
    before, provider = st.session_state.get("mapping-provider", ""), mappings.provider_for(session.store(), viewer, received.layouts)
    st.session_state["mapping-layouts"], st.session_state["mapping-provider"] = received.layouts, provider
    return provider != before


def ask(received: intake.Received, viewer: Viewer) -> dict[str, str] | None:
    """Shows the questions, if there are any. On the one button the answers are kept for the provider and handed back: read the files again with them."""
    if not received.questions:
        return None
    providers = mappings.providers(session.store(), viewer)
    st.header("Only you can say this", anchor=False)
    n = len(received.questions)
    st.markdown(f"{words.capital(words.count(n, 'question'))} about this layout. We keep your answers, so the next file like this one asks nothing.")
    with st.form("mapping", border=False):
        provider = _whose(providers, viewer)
        answers: dict[str, str] = {}
        for kind, title in GROUPS.items():
            asked = [q for q in received.questions if q.kind == kind]
            if asked:
                st.subheader(title, anchor=False)
            for question in asked:
                _one(question, answers)
        sent = st.form_submit_button("Use these answers", type="primary")
    if not sent:
        return None
    if not provider:
        st.warning("Say whose file this is, so that the answers are kept for them.")
        return None
    open_ones = [q for q in received.questions if q.needed and q.id not in answers]
    if open_ones:
        first = words.plain(open_ones[0].ask)
        st.warning(f"{words.capital(words.count(len(open_ones), 'answer'))} still to choose. First: {first}")
        return None
    mappings.keep(session.store(), viewer, provider, answers)
    if viewer.role != "manager":
        st.session_state["mapping-provider"] = provider
    return answers


def _whose(providers: dict[str, str], viewer: Viewer) -> str:
    if viewer.role == "manager" and len(viewer.providers) == 1:
        return viewer.providers[0]
    before = st.session_state.get("mapping-provider", "")
    codes = list(providers)
    index = codes.index(before) if before in codes else 0 if len(codes) == 1 else None
    chosen: Any = st.selectbox(
        "Whose file is it?", codes, index=index, format_func=lambda code: providers[code], placeholder="Choose the provider", key="mapping-whose"
    )
    return chosen or ""


def _one(question: Question, answers: dict[str, str]) -> None:
    shown = dict(question.options)
    values = list(shown)
    index = values.index(question.suggested) if question.suggested in values else None
    where = f"{question.sheet}: " if question.kind not in ("sheet", "wide", "bare-quarter") else ""
    asked = words.plain(f"{where}{question.ask}")
    chosen: Any = st.selectbox(asked, values, index=index, format_func=shown.__getitem__, placeholder="Choose one", key=f"mapping-{question.id}")
    notes = [question.why, f"For example {words.joined(question.samples)}." if question.samples else ""]
    if any(notes):
        st.caption(words.plain(" ".join(note for note in notes if note)))
    if chosen is not None:
        answers[question.id] = chosen
