"""The commissioner's own target plan on screen: everybody reads it, the commissioner writes it, the app's own records give its figures."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from access import own_plan, returns, seminars
from access.own_plan import QUARTERS, OwnFigure, OwnPlan
from domain import codes
from domain.quarters import Quarter, british, quarter_of, year_name
from domain.types import Viewer
from ui import conversation, session, tables, words


def show(viewer: Viewer) -> None:
    """The plan of the running year: a sentence, its lines by quarter, its words; for the commissioner also the form to write it."""
    today = conversation.today()
    now = quarter_of(today).year
    st.subheader("The commissioner's own target plan", anchor=False)
    year = st.selectbox("Plan year", [now + 1, now, now - 1], 1, format_func=year_name, key="own-plan-year", width=200)
    plan = _of(str(session.store().path), (viewer.role, viewer.providers), year, today, session.change())
    st.markdown(words.plain(own_plan.sentence(plan)))
    tables.wide(table(plan), "The commissioner's own plan: one row per line, one column per quarter")
    st.caption(words.plain(plan.about))
    if notes := dict.fromkeys(f"{f.ref}: {f.note}" for f in plan.figures if f.note and f.note != own_plan.NOTHING):
        st.caption(words.plain(" ".join(notes)))
    if plan.written:
        with st.expander("The plan in words"):
            for section, text in plan.sections.items():
                st.markdown(f"**{words.capital(section)}.** {words.plain(text)}")
    if viewer.role == "commissioner":
        _write(plan, viewer, today)
    if viewer.role in ("commissioner", "manager"):
        _seminars(viewer, today)
    if plan.versions:
        with st.expander(f"Versions of this plan ({len(plan.versions)})"):
            for v in reversed(plan.versions):
                st.markdown(words.plain(f"{british(v.happened_at.date())}, by {v.who}."))
                st.markdown("\n".join(f"- {words.plain(line)}" for line in v.changed) or "The first version, or nothing changed.")


@st.cache_data(max_entries=50, show_spinner=False)
def _of(path: str, key: tuple[str, tuple[str, ...]], year: int, today: date, version: int) -> OwnPlan:
    return own_plan.of(session.opened(path), Viewer(f"local {key[0]}", *key), year, today)  # type: ignore[arg-type]


def table(plan: OwnPlan) -> pd.DataFrame:
    """One row per line, one column per quarter: what the records say and, in brackets, what was planned."""
    rows = []
    for line in plan.lines:
        row: dict[str, Any] = {"Line": f"{line['ref']}: {line['what_people_will_achieve']}"}
        for n, q in enumerate(QUARTERS, start=1):
            row[_short(Quarter(plan.year, n))] = _cell(plan.of(line["ref"], n), line[q], line["counted_as"])
        rows.append(row)
    return pd.DataFrame(rows)


def _short(quarter: Quarter) -> str:
    """`Apr to Jun` for `April to June 2026`."""
    return " to ".join(month[:3] for month in quarter.months().split(" to "))


def _cell(f: OwnFigure | None, projection: float | None, counted_as: str) -> str:
    unit = "%" if counted_as == "percent" else ""
    planned = f" (planned {projection:g}{unit})" if projection is not None else ""
    if f is None:
        return f"not begun{planned}"
    if f.actual is None:
        return ("none in this quarter" if f.note == own_plan.NOTHING else "not known here") + planned
    return f"{f.actual:.0f}{unit}, {f.of}{planned}" if unit else f"{f.actual:.0f}{planned}"


def _seminars(viewer: Viewer, today: date) -> None:
    """The Lessons Learned seminars held so far; for the commissioner also the form to note one."""
    store, names = session.store(), session.names()
    opened = st.expander("Lessons Learned seminars", key="seminars", on_change="rerun")
    if not opened.open:
        return
    with opened:
        for s in seminars.held(store, viewer):
            shown = ", ".join(f"{names.get(code, code)} ({quarter.months()})" for code, quarter in s.shown)
            st.markdown(f"**{words.plain(s.title)}.** {words.plain(f'Shown there: {shown}.') if shown else ''}")
        if viewer.role != "commissioner":
            return
        found = {(r.service, r.quarter): r for r in returns.calendar(store, viewer, today) if r.is_in}
        with st.form("seminar", border=False):
            held_on = st.date_input("Held on", today, max_value=today, format="DD/MM/YYYY", key="seminar-day")
            name = st.text_input("What it was called", placeholder="Lessons Learned, north of the city", key="seminar-name")
            shown_there = st.multiselect(
                "Returns shown there", sorted(found, key=lambda at: (-at[1].year, -at[1].number, at[0])), key="seminar-shown",
                format_func=lambda at: f"{names.get(at[0], at[0])}, {at[1].months()}", help="Each says from then on at which seminar it was shown",
            )  # fmt: skip
            if st.form_submit_button("Note this seminar"):
                conversation.attempt("Noted. It counts in your own plan.", seminars.note, store, viewer, held_on, name, shown_there, today)


def _write(plan: OwnPlan, viewer: Viewer, today: date) -> None:
    opened, begun = st.expander("Change this plan" if plan.written else "Write this plan", key="own-write", on_change="rerun"), f"own-writing-{plan.year}"
    if not (opened.open or st.session_state.get(begun)):
        return
    st.session_state[begun] = True  # once opened the form stays, so that what was typed is still there when it is closed and opened again
    with opened:
        given = pd.DataFrame(
            [{"What": x["what_people_will_achieve"], "Line": x["ref"], "baseline": x["baseline"], **{q: x[q] for q in QUARTERS}} for x in plan.lines]
        )
        given = given.astype({c: "float64" for c in ("baseline", *QUARTERS)})
        columns = {q: st.column_config.NumberColumn(_short(Quarter(plan.year, n)), min_value=0, width=112) for n, q in enumerate(QUARTERS, start=1)}
        columns["baseline"] = st.column_config.NumberColumn("Baseline", min_value=0, width=112)
        columns |= {"What": st.column_config.TextColumn("What people will achieve", width=tables.WORDS), "Line": st.column_config.TextColumn(width=72)}
        edited = st.data_editor(
            given, hide_index=True, disabled=["Line", "What"], column_config=columns, key=f"own-lines-{plan.year}-{len(plan.versions)}",
            alt="What the commissioner plans for each quarter: C1 to C3 in percent, C4 a number", row_height=tables.height(given["What"]),
            height="content", placeholder="",
        )  # fmt: skip
        sections = {s: st.text_area(words.capital(s), plan.sections.get(s, ""), key=f"own-section-{plan.year}-{s}") for s in codes.SECTIONS}
        if st.button("Save our plan", key=f"own-save-{plan.year}", help="Everybody who uses the app can read it"):
            figures = {r["Line"]: {c: r[c] for c in ("baseline", *QUARTERS)} for r in edited.to_dict("records")}
            conversation.attempt("Saved. Everybody can read it.", own_plan.save, session.store(), viewer, plan.year, figures, sections, today)
