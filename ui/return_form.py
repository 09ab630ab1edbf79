"""The one-page return: every change is kept as a draft as it is typed, one tick says there is nothing to report, and a later date can be asked for."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from typing import Any

import streamlit as st

from access import evidence, return_page, returns
from domain import codes, errors
from domain.quarters import british
from domain.types import Scope, Viewer
from ui import conversation, session, words

COUNTED = ("newly in the quarter", "running total", "in that position at quarter end")  # in people, so in whole numbers
KEYS = {
    "actual": "actual", "out_of": "outof", "reason": "why", "who_may_read_this": "who", "explanation": "words", "learning": "learned",
    "verified_how": "checked",
}  # fmt: skip


def one_page(viewer: Viewer, r: returns.Return, name: str) -> None:
    """The return as one page, its workbook, nothing to report, a later date. Nothing where it is locked."""
    store = session.store()
    if r.state == "locked":
        return
    form = return_page.form(store, viewer, r.service, r.quarter)
    if not form.lines:
        st.markdown("There is no plan for this quarter, so there are no lines to fill in. Draft a plan first, or send a workbook.")
        st.page_link(session.PAGES["target-plan"], label="Target plan", icon=":material/flag:", query_params=session.query(Scope(services=(r.service,))))
        return
    key = f"{r.service}-{r.quarter.year}-{r.quarter.number}"
    if not r.is_in and st.checkbox("Nothing to report this quarter", key=f"nothing-{key}", help="This tick is your return"):
        told = "Thank you. That is your return."
        conversation.attempt(told, returns.nothing_to_report, store, viewer, r.service, r.quarter, conversation.today())
    with st.expander("Change this return" if r.is_in else "Fill in this return", expanded=not r.is_in):
        st.caption("Whatever you type is kept as a draft. Nobody but you and your commissioner can see a draft, and it counts nowhere until you send it.")
        for line in form.lines:
            _line(viewer, r, line, key, form)
        with st.container(horizontal=True, vertical_alignment="center"):
            sends = st.button("Send this return", type="primary", key=f"send-{key}")
            _mark(key, form)
        if sends:
            told = f"Thank you. Your {r.quarter.months()} return is in. We will show you what becomes of it."
            conversation.attempt(told, return_page.send, store, viewer, r.service, r.quarter, _typed(form, key), conversation.today())
    with st.container(horizontal=True):
        # Made when it is asked for, and so named by the version it is of and not by its content
        file = re.sub(r"[^A-Za-z0-9_-]+", "-", f"return-{r.service}-{r.quarter}-version-{session.change()}") + ".xlsx"
        content = partial(return_page.prefilled, store, viewer, r.service, r.quarter, name)
        st.download_button("Take it as a workbook", content, file_name=file, on_click="ignore", key=f"prefilled-{key}")
    if not r.is_in:
        _later(viewer, r, key)


# ---- kept as it is filled --------------------------------------------------------------------------------------------------------------------


def _line(viewer: Viewer, r: returns.Return, line: Any, key: str, form: return_page.Form) -> None:
    """One line of the page. Only what happened and the words about it are open."""
    per = "%" if line.counted_as == "percent" else ""
    expected = f"you expected {line.projection:g}{per}" if line.projection is not None else "nothing was projected"
    so_far = f"; {line.to_date:g}{per} so far this year" if line.to_date is not None else ""
    with st.container(border=True):
        st.markdown(f"**{words.plain(line.ref)}: {words.plain(line.what)}** ({line.counted_as}; {expected}{so_far})")
        saves = {"on_change": _save, "args": (viewer, r, form, key)}
        at = {column: f"{start}-{key}-{line.ref}" for column, start in KEYS.items()}
        figure, out_of, reason, readers = st.columns([1, 1, 2, 2])
        with figure:
            _number("What happened", line.actual, line.counted_as in COUNTED, at["actual"], saves)
        with out_of:
            _number("Out of", line.out_of, line.counted_as in (*COUNTED, "percent"), at["out_of"], saves)
        reason.selectbox("Reason", codes.REASONS, _index(codes.REASONS, line.reason), key=at["reason"], placeholder="If it helps", **saves)
        readers.selectbox(
            "Who may read this", codes.READERS, _index(codes.READERS, line.readers), key=at["who_may_read_this"], placeholder="You and your commissioner",
            help="Your words about this line. Left blank, they stay between you and your commissioner.", **saves,
        )  # fmt: skip
        told, learned = st.columns(2)
        told.text_area("What lies behind it", line.explanation, key=at["explanation"], height=80, **saves)
        learned.text_area("What you learned", line.learning, key=at["learning"], height=80, **saves)
        st.text_input("How it was checked", line.verified_how, key=at["verified_how"], placeholder="If it was", help="For example: tenancies seen", **saves)


def _number(label: str, value: float | None, whole: bool, key: str, saves: dict[str, Any]) -> None:
    """A box for a number; people come in whole numbers, unless a fraction is already there."""
    if whole and (value is None or float(value).is_integer()):
        st.number_input(label, 0, None, None if value is None else int(value), step=1, key=key, **saves)
    else:
        st.number_input(label, 0.0, None, None if value is None else float(value), step=1.0, format="%g", key=key, **saves)


def _index(options: tuple[str, ...], value: str) -> int | None:
    return options.index(value) if value in options else None


def _typed(form: return_page.Form, key: str) -> dict[str, dict[str, Any]]:
    """{ref: column -> value} of what stands on the page; a line's own value where its box is not there yet."""
    held = {"who_may_read_this": "readers"}
    return {line.ref: {c: st.session_state.get(f"{KEYS[c]}-{key}-{line.ref}", getattr(line, held.get(c, c)) or None) for c in KEYS} for line in form.lines}


def _save(viewer: Viewer, r: returns.Return, form: return_page.Form, key: str) -> None:
    """For callbacks: what stands on the page is the draft. Of several changes in one run the first keeps them all."""
    typed = _typed(form, key)
    if st.session_state.get(f"kept-{key}") == typed:
        if st.session_state.get(f"mark-{key}", "").startswith("Not saved"):  # what could not be kept is gone again
            st.session_state[f"mark-{key}"] = "Saved, as it was before"
        return
    try:
        return_page.save_draft(session.store(), viewer, r.service, r.quarter, typed, conversation.today())
    except errors.Shown as problem:
        st.session_state[f"mark-{key}"] = f"Not saved: {problem}"
        return
    st.session_state[f"kept-{key}"] = typed
    st.session_state[f"mark-{key}"] = f"Saved, {datetime.now():%H:%M}"


def _mark(key: str, form: return_page.Form) -> None:
    """The quiet mark beside the button."""
    mark = st.session_state.get(f"mark-{key}", "")
    if mark.startswith("Not saved"):
        st.warning(words.plain(mark))
    elif mark:
        st.caption(f":material/check: {words.plain(mark)}")
    elif form.saved_at:
        st.caption(f":material/check: Your draft of {british(form.saved_at.date())}, {form.saved_at:%H:%M}.")


def _later(viewer: Viewer, r: returns.Return, key: str) -> None:
    with st.expander("Something got in the way: ask for a later date"), st.form(f"later-{key}", border=False):
        if r.asked_for:
            st.caption(f"You asked for {british(r.asked_for)}.")
        day = st.date_input("By when", value=None, key=f"day-{key}", format="DD/MM/YYYY")
        why = st.text_area("What got in the way", key=f"got-{key}", height=80)
        if st.form_submit_button("Ask for this date", key=f"ask-later-{key}") and day:
            told = "Asked. Your commissioner sees it on their first page."
            conversation.attempt(told, returns.ask_for_date, session.store(), viewer, r.service, r.quarter, day, why, conversation.today())


# ---- evidence --------------------------------------------------------------------------------------------------------------------------------


def checked(viewer: Viewer, r: returns.Return) -> None:
    """Evidence checked: what was recorded of this return's figures, and a form to record more. For the service and its commissioner."""
    store = session.store()
    refs = return_page.returned(store, viewer, r.service, r.quarter)
    if not refs:
        return
    found = evidence.of(store, viewer, r.service, r.quarter)
    key = f"{r.service}-{r.quarter.year}-{r.quarter.number}"
    with st.expander(f"Evidence checked ({len(found)})" if found else "Evidence checked"):
        st.markdown("\n".join(f"- **{words.plain(c.ref)}**: {words.plain(c.words)}" for c in found))
        with st.form(f"evidence-{key}", border=False, clear_on_submit=True):
            ref = st.selectbox("Which figure", refs, key=f"evidence-ref-{key}")
            how = st.text_input("How it was checked", key=f"evidence-how-{key}", help="For example: tenancies seen. A role, never a name.")
            on = st.date_input("When", value=None, key=f"evidence-on-{key}", format="DD/MM/YYYY")
            result = st.selectbox("With what result", evidence.RESULTS, key=f"evidence-result-{key}")
            if st.form_submit_button("Record this check", key=f"evidence-send-{key}"):
                conversation.attempt("Recorded.", evidence.record, store, viewer, r.service, r.quarter, ref, how, on, result, conversation.today())
