"""The parts of My returns: what is due and what waits, the one-page return, questions and answers, the calendar, and *This quarter in an hour*."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from access import conversation, plans, returns
from access.conversation import Question
from domain import codes, errors
from domain.quarters import Quarter, british, quarter_of, year_name
from domain.types import Finding, Scope, Viewer
from exports import files
from ui import findings, pick, session, words

SIDES = {"provider": "The service", "commissioner": "The commissioner", "app": "So What?"}
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


def waiting(viewer: Viewer) -> None:
    """What waits for the viewer, first."""
    told = returns.waiting(session.store(), viewer, today())
    if not told:
        st.markdown("Nothing waits for you.")
    names = session.names()
    for sentence in told[:5]:
        first, _, rest = sentence.partition(" ")
        st.markdown(f"- {words.plain(f'{names.get(first, first)} {rest}')}")
    if len(told) > 5:
        st.caption(f"And {words.count(len(told) - 5, 'more thing')}, in the calendar below.")


def back(scope: Scope) -> None:
    """From one return to the whole quarter."""
    wider = scope.with_(services=())
    st.page_link(session.PAGES["my-returns"], label="All returns of the quarter", icon=":material/arrow_back:", query_params=session.query(wider))


def where_it_stands(r: returns.Return) -> None:
    st.markdown(words.plain(returns.state_sentence(r)))
    st.caption(words.plain(returns.due_sentence(r)))


# ---- questions -------------------------------------------------------------------------------------------------------------------------------


def questions(viewer: Viewer, r: returns.Return) -> None:
    """Every question about a return with what was said to it; forms for whoever's turn it is."""
    store, side = session.store(), conversation.side_of(viewer.role)
    put = conversation.questions(store, viewer, [r.service], r.quarter)
    ready = conversation.to_ask(store, viewer, [r.service], r.quarter) if r.is_in else []
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
    if ready and side == "commissioner":
        label = "Ask the service this" if len(ready) == 1 else f"Ask the service these {len(ready)}"
        if st.button(label, key="put-all"):
            attempt("Asked. The service sees it on its first page.", conversation.put_all, store, viewer, r.service, r.quarter)


def _told(q: Question) -> None:
    st.markdown(f"**{words.plain(q.words)}**")
    if not q.question_id:
        st.caption("So What? would ask this. It is kept once somebody puts it or answers it.")
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
        readers = st.selectbox("Who may read these words", codes.READERS, key=f"readers-{key}") if provider and q.ref else None
        with st.container(horizontal=True):
            sent = st.form_submit_button("Answer" if provider or q.asked_by == "provider" else "Ask again", type="primary", key=f"answer-{key}")
            counted = q.about == "matches" and provider and st.form_submit_button("They were counted", key=f"counted-{key}")
            enough = not provider and q.asked_by != "provider" and st.form_submit_button("Thank you, that is enough", key=f"enough-{key}")
    if counted:
        attempt("Thank you. We will not ask again this year.", returns.answer, store, viewer, q, today(), kind="counted")
    if enough:
        attempt("Thank you said, and the question closed.", conversation.answer, store, viewer, q, kind="enough")
    if sent:
        kind = "answer" if provider or q.asked_by == "provider" else "again"
        attempt("Thank you, that is kept.", returns.answer, store, viewer, q, today(), reason=reason or "", words=said, kind=kind, readers=readers or "")


# ---- the one-page return ---------------------------------------------------------------------------------------------------------------------


def one_page(viewer: Viewer, r: returns.Return, name: str) -> None:
    """The return as one form, saved as a draft or sent; its workbook; nothing to report; a later date."""
    store = session.store()
    if r.state == "locked":
        return
    form = returns.form(store, viewer, r.service, r.quarter)
    if not form.lines:
        st.markdown("There is no plan for this quarter, so there are no lines to fill in. Draft a plan first, or send a workbook.")
        st.page_link(session.PAGES["target-plan"], label="Target plan", icon=":material/flag:", query_params=session.query(Scope(services=(r.service,))))
        return
    with st.expander("Change this return" if r.is_in else "Fill in this return", expanded=not r.is_in):
        if form.saved_at:
            st.caption(f"Your draft of {british(form.saved_at.date())}, {form.saved_at:%H:%M}. It counts nowhere until you send it.")
        key = f"{r.service}-{r.quarter.year}-{r.quarter.number}"
        with st.form(f"return-{key}", border=False):
            typed = {line.ref: _line(line, key) for line in form.lines}
            with st.container(horizontal=True):
                sends = st.form_submit_button("Send this return", type="primary", key=f"send-{key}")
                saves = st.form_submit_button("Save as a draft", key=f"save-{key}")
        if saves:
            attempt("Saved as a draft.", returns.save_draft, store, viewer, r.service, r.quarter, typed, today())
        if sends:
            told = f"Thank you. Your {r.quarter.months()} return is in. We will show you what becomes of it."
            attempt(told, returns.send, store, viewer, r.service, r.quarter, typed, today())
    with st.container(horizontal=True):
        content = returns.prefilled(store, viewer, r.service, r.quarter, name)
        file = files.file_name(f"return-{r.service}-{r.quarter}".replace(" ", "-"), content, "xlsx")
        st.download_button("Take it as a workbook", content, file_name=file, on_click="ignore", key=f"prefilled-{key}")
        if not r.is_in and st.button("Nothing to report this quarter", key=f"nothing-{key}"):
            attempt("Thank you. That is your return.", returns.nothing_to_report, store, viewer, r.service, r.quarter, today())
    if not r.is_in:
        _later(viewer, r, key)


def _line(line: Any, key: str) -> dict[str, Any]:
    """One line of the form. Only what happened and the words about it are open."""
    per = "%" if line.counted_as == "percent" else ""
    expected = f"you expected {line.projection:g}{per}" if line.projection is not None else "nothing was projected"
    so_far = f"; {line.to_date:g}{per} so far this year" if line.to_date is not None else ""
    st.markdown(f"**{words.plain(line.ref)}: {words.plain(line.what)}** ({line.counted_as}; {expected}{so_far})")
    figure, out_of, reason, readers = st.columns([1, 1, 2, 2])
    given: dict[str, Any] = {
        "actual": figure.number_input("What happened", 0.0, None, _number(line.actual), key=f"actual-{key}-{line.ref}", step=1.0, format="%g"),
        "out_of": out_of.number_input("Out of", 0.0, None, _number(line.out_of), key=f"outof-{key}-{line.ref}", step=1.0, format="%g"),
        "reason": reason.selectbox("Reason", codes.REASONS, _at(codes.REASONS, line.reason), key=f"why-{key}-{line.ref}", placeholder="If it helps"),
        "who_may_read_this": readers.selectbox(
            "Who may read this", codes.READERS, _at(codes.READERS, line.readers), key=f"who-{key}-{line.ref}", placeholder="You and your commissioner"
        ),
    }
    told, learned = st.columns(2)
    given["explanation"] = told.text_area("What lies behind it", line.explanation, key=f"words-{key}-{line.ref}", height=80)
    given["learning"] = learned.text_area("What you learned", line.learning, key=f"learned-{key}-{line.ref}", height=80)
    return given


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _at(options: tuple[str, ...], value: str) -> int | None:
    return options.index(value) if value in options else None


def _later(viewer: Viewer, r: returns.Return, key: str) -> None:
    with st.expander("Something got in the way: ask for a later date"), st.form(f"later-{key}", border=False):
        if r.asked_for:
            st.caption(f"You asked for {british(r.asked_for)}.")
        day = st.date_input("By when", value=None, key=f"day-{key}", format="DD/MM/YYYY")
        why = st.text_area("What got in the way", key=f"got-{key}", height=80)
        if st.form_submit_button("Ask for this date", key=f"later-{key}") and day:
            attempt(
                "Asked. Your commissioner sees it on their first page.", returns.ask_for_date, session.store(), viewer, r.service, r.quarter, day, why, today()
            )


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


@st.cache_data(max_entries=50, show_spinner="Looking through the quarter …")
def _hour(path: str, role: str, providers: tuple[str, ...], day: date, quarter: Quarter | None, version: int) -> returns.Hour:
    return returns.quarter_in_an_hour(session.opened(path), Viewer("local", role, providers), day, quarter)  # type: ignore[arg-type]


def in_an_hour(viewer: Viewer, scope: Scope) -> None:
    """Missing returns, the conversations worth having, thank-yous, and *accept all with nothing to ask*."""
    store, names = session.store(), session.names()
    conversation.own_services(store, viewer)  # the right is checked on every call, outside the cache
    wanted = quarter_of(scope.start) if scope.start else None
    hour = _hour(str(store.path), viewer.role, viewer.providers, today(), wanted, returns.version(store))
    st.subheader(f"{hour.quarter.months()} in an hour", anchor=False)
    st.markdown(
        f"**{words.capital(words.count(hour.received, 'return is', 'returns are'))} in of {hour.expected} expected; {hour.accepted} accepted.** "
        f"{words.capital(words.count(len(hour.conversations) + hour.more, 'conversation'))} worth having, and {len(hour.nothing_to_ask)} with nothing to ask."
    )
    if hour.missing:
        st.markdown("**Not in yet:** " + words.plain(words.joined(f"{names.get(r.service, r.service)} (due {british(r.due_on)})" for r in hour.missing)))
    for n, w in enumerate(hour.conversations):
        told, opens = st.columns([8, 1], vertical_alignment="center")
        told.markdown(f"**{words.plain(names.get(w.service, w.service))}** · {words.plain(w.words.partition(' What happened?')[0])}")
        at = w.question.quarter if w.question else hour.quarter
        opens.button("Open", key=f"open-{n}", on_click=_go, args=(scope, w.service, at), help="Opens this return and its questions")
    if hour.more:
        st.caption(f"{words.capital(words.count(hour.more, 'more'))}, in the calendar.")
    if hour.thanks:
        with st.expander(f"Thank-yous ({len(hour.thanks)})"):
            st.markdown("\n".join(f"- **{words.plain(names.get(t.service, t.service))}**: {words.plain(t.words)}" for t in hour.thanks))
    if hour.nothing_to_ask and st.button(f"Accept all {len(hour.nothing_to_ask)} with nothing to ask", type="primary", key="accept-all"):
        told = f"{words.capital(words.count(len(hour.nothing_to_ask), 'return'))} accepted."
        attempt(told, returns.accept_all_with_nothing_to_ask, store, viewer, today(), hour.quarter)


def calendar(viewer: Viewer, scope: Scope) -> None:
    """Services by quarters of a year: on time, late or missing, and where each return stands."""
    found = returns.calendar(session.store(), viewer, today())
    years = sorted({r.quarter.year for r in found}, reverse=True)
    if not years:
        st.markdown("No return is expected yet: no plan speaks of a quarter that has ended.")
        return
    st.subheader("The calendar", anchor=False)
    year = st.selectbox("Plan year", years, format_func=year_name, key="calendar-year", width=200)
    names = session.names()
    st.dataframe(
        calendar_table([r for r in found if r.quarter.year == year], names), alt=f"Returns of {year_name(year)}: one row per service", height="content"
    )
    known = {c: names[c] for c in sorted({r.service for r in found if r.quarter.year == year and r.service in names}, key=lambda c: names[c])}
    pick.box(
        "Open a return of",
        known,
        f"calendar-box-{year}",
        lambda code: _go(scope, code, max(r.quarter for r in found if (r.service, r.quarter.year) == (code, year))),
    )


SIGNS = {"on time": "● on time", "late": "◐ late", "missing": "○ missing", "not due yet": "· not due yet", "came with the history": "● in"}


def calendar_table(found: list[returns.Return], names: dict[str, str]) -> pd.DataFrame:
    """One row per service, one column per quarter, in a sign and words."""
    rows: dict[str, dict[str, str]] = {}
    for r in found:
        now = f", {r.state}" if r.is_in and r.state != "sent" else ""
        rows.setdefault(names.get(r.service, r.service), {})[r.quarter.months()] = f"{SIGNS[r.timeliness]}{now}"
    columns = {q.months(): " to ".join(month[:3] for month in q.months().split(" to ")) for q in sorted({r.quarter for r in found})}
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=list(columns)).fillna("").sort_index().rename(columns=columns)


def decide(viewer: Viewer, r: returns.Return) -> None:
    """What the service sent against its plan, and the commissioner's own steps: accept, lock, open again, agree a date."""
    store = session.store()
    returns.note_read(store, viewer, r.service, r.quarter, today())
    figures(viewer, r)
    key = f"{r.service}-{r.quarter.year}-{r.quarter.number}"
    if r.state in ("sent", "asked about") and st.button("Accept this return", type="primary", key=f"accept-{key}"):
        attempt("Accepted.", returns.accept, store, viewer, r.service, r.quarter, today())
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
    st.table(pd.DataFrame(rows).map(words.plain).set_index("Line"), border="horizontal", alt="The return against its plan, line by line")
    if chances := [f"- **{words.plain(g.ref)}**: {words.plain(g.chance)}" for g in found if g.chance]:
        with st.expander("Explain these figures"):
            st.markdown(words.plain(plans.chance_gaps(found)))
            st.markdown("\n".join(chances))


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
