"""The parts of the page *Type it in*. What is typed stays in this session; what is kept is a hash and a code name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from access import people_form as desk
from domain import codes, errors, fields, quarters
from domain.types import Viewer
from ui import findings, session, words

ABOUT = ("age_band", "gender", "ethnic_group", "main_need")
CHOICES = {
    "how_it_ended": codes.ENDINGS,
    "age_band": codes.AGE_BANDS,
    "gender": codes.GENDERS,
    "ethnic_group": codes.ETHNIC_GROUPS,
    "main_need": codes.MAIN_NEEDS,
}
SHOWN = {"people": ("who", "started_on", "ended_on", "how_it_ended"), "scores": ("who", "date", "measure", "score")}


def begin(viewer: Viewer) -> desk.Form:
    """Which service and which quarter, and what is there to begin with."""
    own = {card.code: card.name for card in session.services() if card.provider in viewer.providers}
    if not own:
        st.markdown("There is no service of yours here yet. Send a first workbook with a Services sheet, or ask your commissioner to.")
        st.page_link(session.PAGES["upload"], label="Send a first return", icon=":material/upload_file:", query_params=session.query())
        raise session.Ended
    asked = [code for code in session.scope().services if code in own]
    left, right = st.columns(2)
    with left:
        code = st.selectbox("Service", list(own), list(own).index(asked[0]) if asked else 0, format_func=lambda c: own[c], key="typed-service")
    with right:
        quarter = st.selectbox("Quarter", _quarters(), 1, format_func=lambda q: q.months(), key="typed-quarter")
    state = _state(viewer, code, quarter)
    return state["form"]


def people(viewer: Viewer, form: desk.Form) -> desk.Form:
    """The table of people; returns the form with what it says now."""
    state = _state(viewer, form.service, form.quarter)
    st.header("People", anchor=False)
    st.markdown("One line for each time somebody was with the service. Leave *Ended* blank while they are still with you.")
    more = st.toggle(
        "Also ask about age, gender, ethnic group and main need", key="typed-about", help="All optional. They help to see whether everybody gains alike."
    )
    typed = st.data_editor(
        state["people"], key=f"typed-people-{state['version']}", num_rows="dynamic", hide_index=True, column_order=[*SHOWN["people"], *(ABOUT if more else ())],
        column_config=_columns("people"), width="stretch", height=_height(len(state["people"])), placeholder="",
    )  # fmt: skip
    rows, told = _rows(viewer, form, state, typed)
    _say(told)
    return replace(form, people=rows, names=desk.names(session.store(), sorted({r["person"] for r in [*rows, *form.scores] if r.get("person")})))


def scores(viewer: Viewer, form: desk.Form) -> desk.Form:
    """The table of scores; people are chosen from those above."""
    state = _state(viewer, form.service, form.quarter)
    labels = {person: _label(state, form, person) for person in dict.fromkeys(row["person"] for row in [*form.people, *form.scores] if row.get("person"))}
    if state["labels"] != labels:  # a new choice of people needs a new table; it begins with what stood in the old one
        state["scores"] = _frame("scores", form.scores, labels)
        state["labels"], state["score_version"] = labels, state["score_version"] + 1
    st.header("Scores", anchor=False)
    if not labels:
        st.markdown("Type the people first; then their scores.")
        return form
    st.markdown("One line for each score on a date: the total of the form, not the answers.")
    typed = st.data_editor(
        state["scores"], key=f"typed-scores-{state['version']}-{state['score_version']}", num_rows="dynamic", hide_index=True, column_order=SHOWN["scores"],
        column_config=_columns("scores", list(labels.values())), width="stretch", height=_height(len(state["scores"])), placeholder="",
    )  # fmt: skip
    by_label = {label: person for person, label in labels.items()}
    rows = [_row(of, by_label.get(of.get("who") or "")) for of in typed.to_dict("records")]
    return replace(form, scores=[row for row in rows if any(v is not None for v in row.values())])


def saved(viewer: Viewer, form: desk.Form) -> None:
    """Keeps what changed since, and says so; below it, which reference became which code name, for this session's eyes."""
    state = _state(viewer, form.service, form.quarter)
    if (form.people, form.scores) != (state["form"].people, state["form"].scores):
        form = desk.save(session.store(), viewer, form)
        state["received"] = None
    state["form"] = form
    if form.saved_at:
        st.caption(f"Saved {form.saved_at:%d %B at %H:%M}. You can leave this page and come back.")
    typed = {person: ref for person, ref in state["typed"].items() if person in form.names}
    if typed:
        with st.expander(f"Who is who ({len(typed)}): note it down before you leave"):
            st.markdown("Your references are not kept, so next time you see the code names only. Typing a reference again always finds the same person.")
            frame = pd.DataFrame({"Your reference": list(typed.values()), "Code name": [form.names[p] for p in typed]})
            st.table(frame.set_index("Your reference"), alt="Your references and the code names they became")


def check_and_send(viewer: Viewer, form: desk.Form) -> None:
    """The same check as for a file; then what would change, and the one button that sends it."""
    state = _state(viewer, form.service, form.quarter)
    if not form.people and not form.scores:
        return
    with st.container(horizontal=True):
        asked = st.button("Check", key="typed-check")
        if form.saved_at:
            st.button("Start again", key="typed-clear", on_click=_clear, args=(viewer, form), help="Forgets what was typed and not sent.")
    if asked:
        with st.spinner("Checking …"):
            state["received"] = desk.check(session.store(), viewer, form)
    received = state["received"]
    if received is None:
        return
    findings.show([replace(f, sheet=desk.line(f), row=None, column="", file="") for f in received.findings], received.rows)
    if received.blocked:
        st.info("Nothing has been sent yet. Correct the lines above; it is checked again when you ask for it.")
    elif received.unchanged:
        st.info("All of this is already here, so there is nothing to send.")
    else:
        changes = [f"{of['new']} new and {of['changed']} changed on {sheet}" for sheet, of in received.preview.items() if of["new"] or of["changed"]]
        st.markdown(f"Sending this makes {words.joined(changes)}.")
        st.button("Send this return", type="primary", key="typed-send", on_click=_send, args=(viewer, form, received))


def _send(viewer: Viewer, form: desk.Form, received: Any) -> None:
    try:
        desk.send(session.store(), viewer, form, received)
    except errors.Shown as shown:
        st.toast(str(shown))
        return
    _forget(form)
    st.toast(f"Thank you. Your {form.quarter.months()} people and scores are in. You can take them back under Upload.")


def _clear(viewer: Viewer, form: desk.Form) -> None:
    desk.clear(session.store(), viewer, form)
    _forget(form)


def _forget(form: desk.Form) -> None:
    held = st.session_state["typed-forms"].get(_slot(form.service, form.quarter), {})
    st.session_state["typed-forms"][_slot(form.service, form.quarter)] = {"version": held.get("version", 0) + 1, "typed": held.get("typed", {})}


# ---- the session's memory of one form --------------------------------------------------------------------------------------------------------


def _slot(service: str, quarter: quarters.Quarter) -> str:
    return f"{session.database()}|{service}|{quarter}"


def _state(viewer: Viewer, service: str, quarter: quarters.Quarter) -> dict[str, Any]:
    """What this session holds of one form: the tables as they began, the references typed, the last check. The store holds none of the references."""
    forms = st.session_state.setdefault("typed-forms", {})
    state = forms.setdefault(_slot(service, quarter), {"version": 0, "typed": {}})
    if "form" not in state:
        form = desk.opened(session.store(), viewer, service, quarter)
        labels = {person: _label(state, form, person) for person in dict.fromkeys(row["person"] for row in [*form.people, *form.scores] if row.get("person"))}
        state |= {"form": form, "labels": labels, "score_version": 0, "received": None}
        state |= {"people": _frame("people", form.people, labels), "scores": _frame("scores", form.scores, labels)}
    return state


def _label(state: dict[str, Any], form: desk.Form, person: str) -> str:
    """The code name, with the reference beside it where this session typed it."""
    name = form.names.get(person, "")
    return f"{name} ({state['typed'][person]})" if person in state["typed"] else name


def _frame(kind: str, rows: list[desk.Row], labels: dict[str, str]) -> pd.DataFrame:
    """The rows as a table to type in: `who` is what is shown of a person, `person` is kept unseen."""
    sheet = fields.BY_TABLE["people" if kind == "people" else "assessments"]
    frame = pd.DataFrame(
        [{"who": labels.get(row.get("person") or ""), **row} for row in rows], columns=["who", *(desk.PEOPLE if kind == "people" else desk.SCORES)]
    )
    for f in sheet.fields:
        if f.column in frame:
            frame[f.column] = pd.to_datetime(frame[f.column]) if f.kind == "date" else frame[f.column].astype("float64" if f.kind == "score" else "object")
    frame["who"] = frame["who"].astype("object")
    return frame


def _rows(viewer: Viewer, form: desk.Form, state: dict[str, Any], typed: pd.DataFrame) -> tuple[list[desk.Row], list[str]]:
    """The rows of the people table with each person as a hash, and what is wrong with what was typed for one."""
    known = {person: name for person, name in form.names.items()} | desk.names(session.store(), list(state["typed"]))
    rows, told = [], []
    for n, of in enumerate(typed.to_dict("records"), start=1):
        who = str(of.get("who") or "").strip()
        person = of.get("person") if isinstance(of.get("person"), str) and who == state["labels"].get(of["person"], "") else None
        if person is None and who:
            by_label = {label: p for p, label in state["labels"].items()}
            try:
                person = by_label.get(who) or desk.who(session.store(), viewer, form.service, who, known)
            except errors.Shown as shown:
                told.append(f"Line {n}: {shown}")
            else:
                if person not in known and who not in by_label:
                    state["typed"][person] = who
        row = _row(of, person)
        if any(value is not None for value in row.values()):
            rows.append(row)
    return rows, told


def _row(of: dict[str, Any], person: str | None) -> desk.Row:
    plain = {
        c: None if v is None or (not isinstance(v, str) and pd.isna(v)) or v == "" else v.date() if isinstance(v, pd.Timestamp) else v for c, v in of.items()
    }
    return {c: v for c, v in plain.items() if c != "who"} | {"person": person}


def _say(told: list[str]) -> None:
    for sentence in told:
        st.warning(words.plain(sentence))


def _columns(kind: str, people: list[str] | None = None) -> dict[str, Any]:
    """What each column takes; a date cannot lie ahead."""
    today = date.today()
    if kind == "scores":
        return {
            "who": st.column_config.SelectboxColumn("Person", options=people or []),
            "date": st.column_config.DateColumn("Date", max_value=today, format="DD/MM/YYYY"),
            "measure": st.column_config.SelectboxColumn("Questionnaire", options=list(session.measures())),
            "score": st.column_config.NumberColumn("Score"),
        }
    lists = {c: st.column_config.SelectboxColumn(words.capital(fields.BY_TABLE["people"].field(c).name), options=list(of)) for c, of in CHOICES.items()}
    return {
        "who": st.column_config.TextColumn("Person", help="Your own reference, or the code name of somebody you have sent before. Never a name."),
        "started_on": st.column_config.DateColumn("Started", max_value=today, format="DD/MM/YYYY"),
        "ended_on": st.column_config.DateColumn("Ended", max_value=today, format="DD/MM/YYYY"),
        **lists,
    }


def _height(rows: int) -> Any:
    """As high as what is in it, so that the line to add to is in sight; with many, one that scrolls."""
    return "content" if rows <= 25 else "auto"


def _quarters() -> list[quarters.Quarter]:
    """This quarter and the five before it, newest first."""
    found = [quarters.quarter_of(date.today())]
    while len(found) < 6:
        found.append(found[-1].previous())
    return found
