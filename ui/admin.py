"""The parts of the Administration page. Nothing here is an outcome figure."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from access import desk, intake, record, rules
from domain.types import Viewer
from ui import returns, session, words
from warehouse import store as kept

MOST = 500  # events on one screen
WHEN = {"When": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"), "Rows": st.column_config.NumberColumn(format="localized")}


def summary(viewer: Viewer) -> str:
    """What an administrator wants to know first."""
    rules.check_administers(viewer)
    sent = [upload for upload in intake.uploads(session.store(), viewer) if upload.state == "live" and upload.kind == "upload"]
    now = session.state()
    journeys = "open to commissioners" if record.allowed_inside(session.store()) else "closed to commissioners"
    until = f", with data up to {words.day(now.data_date)} (version {now.data_version})" if now.data_date else ""
    return words.plain(
        f"{words.capital(words.count(len(sent), 'return is', 'returns are'))} in use{until}. Journeys are {journeys}. Administrators see no outcome figures."
    )


def uploads(viewer: Viewer) -> None:
    """Every upload and every taking back, newest first."""
    found = intake.uploads(session.store(), viewer)
    if not found:
        st.markdown("Nothing has been sent yet.")
        return
    st.dataframe(returns.upload_table(found), hide_index=True, alt="Uploads, newest first", column_config=WHEN)


def audit(viewer: Viewer) -> None:
    """Who did what, and when; never anything about one person."""
    rules.check_administers(viewer)
    events = kept.audited(session.store(), MOST)
    if not events:
        st.markdown("Nothing has happened yet.")
        return
    st.markdown(f"The latest {words.count(len(events), 'event')}: uploads, takings back, decisions, and every opening of journeys.")
    st.dataframe(audit_table(events), hide_index=True, alt="Events, newest first", column_config=WHEN)


def audit_table(events: list) -> pd.DataFrame:
    """One row per event."""
    return pd.DataFrame(
        [
            {"When": e.happened_at, "What": e.kind, "Who": e.user, "As": e.role, "About": "; ".join(f"{name}: {value}" for name, value in e.detail.items())}
            for e in events
        ]
    )


def journeys(viewer: Viewer) -> None:
    """The switch that opens journeys to commissioners: purpose, lawful basis and approver, all three."""
    st.markdown(
        "Journeys are one line per person: coded records of real people, personal information whatever is hidden. They open to commissioners only "
        "once it is written down what for, on which lawful basis, and who approved it. Managers always see their own people's."
    )
    given = record.allowed_inside(session.store())
    if given:
        st.table(pd.DataFrame({"what": ["Purpose", "Lawful basis", "Approved by"], "says": list(given.values())}).set_index("what"), hide_header=True)
        st.button("Close journeys to commissioners", on_click=record.close_inside, args=(session.store(), viewer))
        return
    with st.form("journeys"):
        purpose = st.text_input("What for", help="For example: to see in the quarterly review how people's courses differ.")
        basis = st.text_input("On which lawful basis", help="As your data protection officer words it.")
        approver = st.text_input("Approved by (a role, not a name)")
        if st.form_submit_button("Open journeys to commissioners"):
            record.allow_inside(session.store(), viewer, purpose, basis, approver)
            st.rerun()


def thresholds(viewer: Viewer) -> None:
    """The clear change of each questionnaire, published or computed here, and the button that computes the missing ones."""
    found = desk.thresholds(session.store())
    rows = [
        {
            "Questionnaire": code,
            "Clear change": float(of["value"]),
            "From": f"computed here on {of['computed_on']} from {of['n']} first scores" if of.get("computed") else "published",
        }
        for code, of in found.items()
    ]
    st.markdown(
        "A change of at least this many points counts as clear. Computed ones change only when you say so here, so that figures do not move by themselves."
    )
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Clear change by questionnaire")
    if st.button("Recompute thresholds"):
        for sentence in desk.recompute_thresholds(session.store(), viewer, date.today()) or ["Every questionnaire has a published one."]:
            st.markdown(f"- {words.plain(sentence)}")
