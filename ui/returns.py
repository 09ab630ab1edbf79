"""The parts of the Upload page: what was read, what is wrong, what would change, sending and taking back."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from access import intake
from data_loaders import template
from domain import errors, fields
from domain.types import Upload, Viewer
from exports import files
from ui import findings, session, words

NAMES = {sheet.table: sheet.name for sheet in fields.SHEETS}


def uploader_key() -> str:
    """A new key after every sending empties the box, and with it the memory the files take."""
    return f"files-{st.session_state.setdefault('sendings', 0)}"


def read(dropped: list[Any], viewer: Viewer) -> intake.Received:
    """What the files say. Read once for one set of files, not once for every click on the page."""
    key = (session.database(), tuple(file.file_id for file in dropped), viewer.role, viewer.providers)
    if st.session_state.get("received", (None, None))[0] != key:
        st.session_state.pop("sent", None)
        with st.spinner(f"Reading {words.count(len(dropped), 'file')} …"):
            received = intake.receive(session.store(), [(file.name, file.getvalue()) for file in dropped], viewer)
        st.session_state["received"] = (key, received)
    return st.session_state["received"][1]


def understood(received: intake.Received) -> None:
    """What was recognised, in sentences, so that a wrong guess is seen before anything is sent."""
    st.header("What we understood", anchor=False)
    st.markdown("\n".join(f"- {words.plain(sentence)}" for sentence in received.understood or ["We recognised nothing in it."]))


def show_findings(received: intake.Received) -> None:
    st.header("What needs you", anchor=False)
    findings.show(received.findings, received.rows)


def what_will_change(received: intake.Received) -> None:
    """One row per sheet: how many rows are new, changed, the same, and no longer there."""
    if not received.preview or received.blocked:
        return  # nothing can be sent, so nothing would change
    st.header("What will change", anchor=False)
    frame = pd.DataFrame(
        [
            {"Sheet": sheet, "New": of.get("new", 0), "Changed": of.get("changed", 0), "The same": of.get("unchanged", 0), "Gone": of.get("gone", 0)}
            for sheet, of in received.preview.items()
        ]
    )
    st.dataframe(frame, hide_index=True, alt="Rows that are new, changed, the same and gone, by sheet")


def offer_to_send(received: intake.Received, viewer: Viewer) -> None:
    """The one button that keeps anything, or the sentence that says why it is not offered yet."""
    if received.blocked:
        st.info("Nothing has been sent yet. Correct the file, save it, and drop it here again.")
        return
    if received.unchanged:
        st.info("All of this is already here, so there is nothing to send.")
        return
    if received.restores:
        st.markdown("The very same content was sent before and is no longer what counts. Sending it brings it back.")
    if st.button("Bring this return back" if received.restores else "Send this return", type="primary", key="send"):
        with st.status("Sending …", expanded=True) as status:
            st.write("It is written down first, then counted. You can leave this page open.")
            try:
                upload = intake.send(session.store(), received, viewer)
            except errors.Shown:
                st.session_state.pop("received", None)  # what was checked no longer holds: the next look reads the files again
                raise
            status.update(label="Sent", state="complete")
        st.session_state["sent"] = upload
        st.session_state["sendings"] += 1
        st.session_state.pop("received", None)
        st.rerun()


def thanks(viewer: Viewer) -> None:
    """After a sending: what is in, and the way to take it back."""
    sent: Upload | None = st.session_state.get("sent")
    if sent is None:
        return
    listed = words.joined(f"{words.count(n, 'row')} of {NAMES.get(table, table)}" for table, n in sent.rows.items() if n)
    st.success(f"Thank you. Your return is in: {listed or 'nothing new'}. It can be taken back here, and what it fed is on the pages under Explore.")
    with st.container(horizontal=True):
        st.page_link(session.PAGES["overview"], label="See the overview", icon=":material/home:", query_params=session.query())
        st.button("Take it back", key="undo-sent", on_click=take_back, args=(sent.upload_id, viewer))


def take_back(upload_id: str, viewer: Viewer) -> None:
    """For callbacks: undoes one upload and says so at the top of the page."""
    intake.undo(session.store(), upload_id, viewer)
    st.session_state.pop("sent", None)
    st.toast("Taken back. The figures are as they were before it.")


def how_to_begin() -> None:
    """For someone with nothing to drop yet: the blank workbook, with as many sheets as they like."""
    with st.expander("I have no workbook yet"):
        st.markdown("Take a blank one. Three sheets are enough to begin with; fill in what you have and leave the rest.")
        sheets = [sheet.name for sheet in fields.SHEETS]
        chosen = st.multiselect("Sheets", sheets, default=[name for name in sheets if name in fields.STARTER_SHEETS], key="template-sheets")
        if chosen:
            content = template.template(tuple(chosen))
            st.download_button(
                "Download a blank workbook", content, file_name=files.file_name("so-what-return", content, "xlsx"), on_click="ignore", key="template"
            )


def earlier(viewer: Viewer) -> None:
    """What was sent before, newest first; each can be taken back."""
    sent = [upload for upload in intake.uploads(session.store(), viewer) if upload.state == "live" and upload.kind == "upload"]
    if not sent:
        return
    with st.expander(f"Sent earlier ({len(sent)})"):
        st.dataframe(upload_table(sent), hide_index=True, alt="Uploads, newest first")
        chosen = st.selectbox(
            "Take one back",
            [upload.upload_id for upload in sent],
            index=None,
            format_func=lambda identity: next(_title(u) for u in sent if u.upload_id == identity),
            placeholder="Choose one",
            key="undo-which",
        )
        if chosen:
            st.markdown("The figures go back to what the other uploads say. It can be sent again at any time.")
            st.button("Take this one back", key="undo-earlier", on_click=take_back, args=(chosen, viewer))


def _title(upload: Upload) -> str:
    return f"{upload.happened_at:%d %b %Y %H:%M} · {', '.join(upload.files) or upload.kind} · {words.count(sum(upload.rows.values()), 'row')}"


def upload_table(uploads: list[Upload]) -> pd.DataFrame:
    """One row per upload."""
    return pd.DataFrame(
        [
            {
                "When": u.happened_at,
                "Files": ", ".join(u.files) or u.kind,
                "Rows": sum(u.rows.values()),
                "By": u.user,
                "State": {"live": "in use", "undone": "taken back"}.get(u.state, u.state),
                "Reference": u.upload_id,
            }
            for u in uploads
        ]
    )
