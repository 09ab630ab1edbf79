"""The parts of My returns: which return, where it stands, questions and answers, calls, what became of each, and the commissioner's own steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from access import conversation, plans, return_page, returns
from access.conversation import Question
from domain import codes, errors
from domain.quarters import Quarter, british, quarter_of
from domain.types import Finding, Scope, Viewer
from ui import findings, pick, session, tables, words

SIDES = {"provider": "The service", "commissioner": "The commissioner", "app": "So What?"}
ASKED = "Asked. The service sees it on its first page."
SAID = {"answer": "", "counted": "The figures were counted. ", "again": "Asks again: ", "enough": "Thank you, that is enough. ", "closed": "Closed. "}


def today() -> date:
    return date.today()


def done() -> None:
    """What the last press of a button did, said once at the top of the page."""
    if told := st.session_state.pop("told", ""):
        st.success(words.plain(told))


def attempt(told: str, doing: Callable[..., Any], *given: Any, **named: Any) -> None:
    """Does one thing and begins the page anew with what was done; what cannot be done is said where it was asked for."""
    try:
        result = doing(*given, **named)
    except errors.Shown as problem:
        st.warning(words.plain(problem))
        return
    if isinstance(result, list) and result and isinstance(result[0], Finding):
        findings.show(result, {})
        return
    st.session_state["told"] = told
    st.rerun()


# ---- which service and quarter ---------------------------------------------------------------------------------------------------------------


def chosen(viewer: Viewer, scope: Scope) -> tuple[str, list[returns.Return], returns.Return | None]:
    """The service and its returns, newest first, and the return the page is about; boxes to choose others. Empty: choose a service first."""
    names = {card.code: card.name for card in session.services()}
    code = scope.services[0] if len(scope.services) == 1 else next(iter(names)) if len(names) == 1 or (viewer.role == "manager" and names) else ""
    if not code:
        return "", [], None
    found = returns.calendar(session.store(), viewer, today(), [code])[::-1]
    if not found:
        now = conversation.latest_ended(today())
        found = [returns.one(session.store(), viewer, code, now, today())]
    wanted = quarter_of(scope.start) if scope.start else None
    this = next((r for r in found if r.quarter == wanted), found[0])
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        if viewer.role == "manager" and len(names) > 1:
            pick.box("Another service", {c: n for c, n in names.items() if c != code}, "service-box", lambda c: _go(scope, c, this.quarter))
        options = {str(n): f"{r.quarter.months()} ({r.quarter})" for n, r in enumerate(found) if r.quarter != this.quarter}
        if options:
            pick.box("Another quarter", options, f"quarter-box-{code}", lambda n: _go(scope, code, found[int(n)].quarter))
    st.subheader(words.plain(f"{names.get(code, code)}, {this.quarter.months()}"), anchor=False)
    return code, found, this


def _go(scope: Scope, code: str, quarter: Quarter) -> None:
    session.go("my-returns", scope.with_(services=(code,), entry="", value="", start=quarter.start, end=quarter.end, cohort=(), by=""))


def back(scope: Scope) -> None:
    """From one return to the whole quarter."""
    wider = scope.with_(services=())
    st.page_link(session.PAGES["my-returns"], label="All returns of the quarter", icon=":material/arrow_back:", query_params=session.query(wider))


def where_it_stands(r: returns.Return) -> None:
    st.markdown(words.plain(returns.state_sentence(r)))
    st.caption(words.plain(returns.due_sentence(r, conversation.side_of(session.viewer().role))))
    for told in return_page.additions(session.store(), session.viewer(), r.service, r.quarter):
        st.info(words.plain(told))


# ---- questions -------------------------------------------------------------------------------------------------------------------------------


def questions(viewer: Viewer, r: returns.Return) -> None:
    """Every question about a return with what was said to it; forms for whoever's turn it is, and for the commissioner each of the app's in one click."""
    store, side = session.store(), conversation.side_of(viewer.role)
    put = conversation.questions(store, viewer, [r.service], r.quarter)
    ready, rest = conversation.asked_and_listed(store, viewer, r.service, r.quarter) if r.is_in else ([], [])
    if put or ready:
        st.subheader("Questions and answers", anchor=False)
    for n, q in enumerate([*put, *ready]):
        with st.container(border=True):
            _told(q)
            if q.waits_for == side and q.open:
                _reply(viewer, q, f"{q.question_id or q.about}-{q.ref}-{n}")
            elif q.open and q.question_id:
                by = f", it is hoped by {british(q.answer_by)}" if q.answer_by else ""
                st.caption(f"Waits for {'the service' if q.waits_for == 'provider' else 'the commissioner'}{by}.")
                if st.button("Close this question", key=f"close-{q.question_id}"):
                    attempt("Closed.", conversation.answer, store, viewer, q, kind="closed")
            elif q.open and side == "commissioner" and len(ready) > 1:
                _put(viewer, q, f"{q.about}-{q.ref}")
    if ready and side == "commissioner":
        label = "Ask the service this" if len(ready) == 1 else f"Ask the service these {len(ready)}"
        if st.button(label, key="put-all"):
            attempt(ASKED, conversation.put_all, store, viewer, r.service, r.quarter)
    _rest(viewer, rest)


def _put(viewer: Viewer, q: Question, key: str) -> None:
    """One click: the commissioner asks the service this one."""
    if st.button("Ask this one", key=f"put-{key}"):
        attempt(ASKED, conversation.ask, session.store(), viewer, q.service, q.quarter, q.words, q.ref, q.about)


def _rest(viewer: Viewer, rest: Sequence[Question]) -> None:
    """What there would be to ask beyond three questions: listed for both sides, to be asked or answered by whoever wants to."""
    if not rest:
        return
    with st.expander(f"Also seen, in case you would like to say something ({len(rest)})"):
        for n, q in enumerate(rest):
            _told(q)
            if viewer.role == "manager":
                _reply(viewer, q, f"rest-{q.about}-{q.ref}-{n}")
            else:
                _put(viewer, q, f"rest-{q.about}-{q.ref}")


def _told(q: Question) -> None:
    st.markdown(f"**{words.plain(q.words)}**")
    if not q.question_id:
        st.caption("So What? would ask this. It is kept once somebody puts it or answers it.")
        if q.about == conversation.HOW:
            link = session.query(Scope(services=(q.service,)))
            st.page_link(session.PAGES["target-plan"], label="Put it right on Target plan", icon=":material/flag:", query_params=link)
    elif q.asked_by != "app" and q.asked_at:
        st.caption(f"{SIDES[q.asked_by]}, {british(q.asked_at.date())}")
    for t in q.turns:
        said = " ".join(part for part in (f"{SAID[t.kind]}{t.words}".strip(), f"({t.reason})" if t.reason else "") if part)
        st.markdown(f"{SIDES[t.side]}, {british(t.happened_at.date())}: {words.plain(said)}")


def _reply(viewer: Viewer, q: Question, key: str) -> None:
    store, provider = session.store(), viewer.role == "manager"
    with st.form(f"reply-{key}", border=False):
        reason = st.selectbox("Reason", codes.REASONS, index=None, placeholder="Choose the nearest", key=f"reason-{key}") if provider else None
        said = st.text_area("In your words", key=f"said-{key}", height=80, help="Without anything that says who somebody is.")
        readers = st.selectbox("Who may read these words", codes.READERS, key=f"readers-{key}") if provider and q.ref and q.about != conversation.HOW else None
        with st.container(horizontal=True):
            sent = st.form_submit_button("Answer" if provider or q.asked_by == "provider" else "Ask again", type="primary", key=f"answer-{key}")
            counted = q.about == "matches" and provider and st.form_submit_button("They were counted", key=f"counted-{key}")
            enough = not provider and q.asked_by != "provider" and st.form_submit_button("Thank you, that is enough", key=f"enough-{key}")
    if counted:
        attempt("Thank you. We will not ask again this year.", return_page.answer, store, viewer, q, today(), kind="counted")
    if enough:
        attempt("Thank you said, and the question closed.", conversation.answer, store, viewer, q, kind="enough")
    if sent:
        kind = "answer" if provider or q.asked_by == "provider" else "again"
        attempt("Thank you, that is kept.", return_page.answer, store, viewer, q, today(), reason=reason or "", words=said, kind=kind, readers=readers or "")


def speak(viewer: Viewer, r: returns.Return) -> None:
    """Ask a question, ask to be rung, note a call or a visit."""
    store = session.store()
    with st.expander("Ask a question, or talk"):
        with st.form("ask", clear_on_submit=True, border=False):
            said = st.text_area("Your question", key="ask-words", height=80)
            if st.form_submit_button("Ask", key="ask-send"):
                attempt("Asked.", conversation.ask, store, viewer, r.service, r.quarter, said)
        if viewer.role == "manager" and st.button("Please ring me", key="ring-me", icon=":material/call:"):
            attempt("Your commissioner sees on their first page that you would like to be rung.", conversation.ring_me, store, viewer, r.service)
        with st.form("talk", border=False):
            kind, on = st.radio("We spoke", ("call", "visit"), horizontal=True, key="talk-kind"), st.date_input("On", key="talk-on", format="DD/MM/YYYY")
            about = st.text_input("About what", key="talk-about")
            if st.form_submit_button("Note it", key="talk-send"):
                attempt("Noted.", conversation.log_talk, store, viewer, r.service, kind, on, about)
        for t in conversation.talks(store, viewer, [r.service])[-5:][::-1]:
            st.caption(words.plain(f"{words.capital(t.kind)}, {british(t.happened_on)}, {SIDES[t.side].lower()}. {t.words}"))


# ---- what became of each ---------------------------------------------------------------------------------------------------------------------


def history(found: list[returns.Return]) -> None:
    """One row per return of a service: when it was due and sent, and what became of it."""
    st.subheader("What became of each return", anchor=False)
    rows = [
        {
            "Quarter": f"{r.quarter.months()} ({r.quarter})",
            "Due": british(r.due_on),
            "Sent": british(r.sent_on) if r.sent_on and r.timeliness != "came with the history" else "",
            "On time": r.timeliness,
            "Now": "nothing to report" if r.nothing_to_report else r.state,
            "Read": british(r.read_on) if r.read_on else "",
            "Shown at": "; ".join(r.shown_at),
        }
        for r in found
    ]
    made = pd.DataFrame(rows)
    st.dataframe(made.drop(columns=[c for c in ("Read", "Shown at") if not made[c].any()]), hide_index=True, alt="Returns of this service, newest first")


# ---- the commissioner's side -----------------------------------------------------------------------------------------------------------------


def decide(viewer: Viewer, r: returns.Return) -> None:
    """What the service sent against its plan, and the commissioner's own steps: accept, lock, open again, agree a date."""
    store = session.store()
    returns.note_read(store, viewer, r.service, r.quarter, today())
    figures(viewer, r)
    key = f"{r.service}-{r.quarter.year}-{r.quarter.number}"
    if r.state in ("sent", "asked about") and st.button("Accept this return", type="primary", key=f"accept-{key}"):
        attempt("Accepted.", returns.accept, store, viewer, r.service, r.quarter, today())
    if r.is_in and r.timeliness in ("came with the history", "late"):
        with st.form(f"came-{key}", border=False):
            told = "On paper or by e-mail, before it was here"
            day = st.date_input("It reached us another way, on", value=None, key=f"came-day-{key}", format="DD/MM/YYYY", help=told)
            if st.form_submit_button("Note the day it came", key=f"came-{key}-send") and day:
                attempt("Noted. It is on time or late by that day.", returns.note_came, store, viewer, r.service, r.quarter, day, today())
    if r.state == "accepted" and st.button("Lock it", key=f"lock-{key}", help="No more changes, unless you open it again and say why"):
        attempt("Locked.", returns.lock, store, viewer, r.service, r.quarter, today())
    if r.state in ("accepted", "locked"):
        with st.form(f"reopen-{key}", border=False):
            why = st.text_input("Open it again because", key=f"reopen-why-{key}")
            if st.form_submit_button("Open this return again", key=f"reopen-{key}"):
                attempt("Opened again. The service sees why.", returns.reopen, store, viewer, r.service, r.quarter, why, today())
    if not r.is_in:
        with st.form(f"date-{key}", border=False):
            day = st.date_input("Agree a new date", value=r.asked_for, key=f"agree-day-{key}", format="DD/MM/YYYY")
            if r.asked_for:
                st.caption(words.plain(f"The service asks for {british(r.asked_for)}: {r.asked_why}"))
            if st.form_submit_button("Agree this date", key=f"agree-{key}") and day:
                attempt("Agreed. Sent by then, it counts as on time.", returns.agree_date, store, viewer, r.service, r.quarter, day, today())


def figures(viewer: Viewer, r: returns.Return) -> None:
    """Projection and figure of each line of the return, with the words about it; what chance would do stands behind *Explain these figures*."""
    found = plans.gaps(session.store(), viewer, [r.service], r.quarter.year, r.quarter.number)
    if not any(g.actual is not None for g in found):
        return
    rows = [
        {
            "Line": f"{g.ref}: {g.what}", "Expected": _figure(g.projection), "Happened": _figure(g.actual),
            "In the service's words": " ".join(part for part in (g.explanation, f"({g.reason})" if g.reason else "") if part),
        }
        for g in found
    ]  # fmt: skip
    tables.wide(pd.DataFrame(rows), "The return against its plan, line by line")
    if chances := [f"- **{words.plain(g.ref)}**: {words.plain(g.chance)}" for g in found if g.chance]:
        with st.expander("Explain these figures"):
            st.markdown(words.plain(plans.chance_gaps(found)))
            st.markdown("\n".join(chances))


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
