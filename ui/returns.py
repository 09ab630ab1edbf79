"""The parts of the Upload page: what was read, what is wrong, what would change, sending and taking back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from access import intake, preview
from data_loaders import template
from data_loaders.read import belongs
from domain import errors, fields
from domain.types import ReleasedRow, Upload, Viewer
from exports import files, marked
from ui import findings, mapping, session, words

LISTED = 200  # rows of one list on screen
TYPES = ["xlsx", "xlsm", "xls", "xlsb", "ods", "csv", "tsv", "tab", "txt"]  # what a dialog offers; what a file is, its content says
NAMES = {sheet.table: sheet.name for sheet in fields.SHEETS}
ASKED_ABOVE = ("to-answer", "password")  # findings whose boxes stand above the list already


def uploader_key() -> str:
    """A new key after every sending empties the box, and with it the memory the files take."""
    return f"files-{st.session_state.setdefault('sendings', 0)}"


def folder() -> list[Any]:
    """The files of a whole folder that are worth reading; none where none was chosen. Hidden files, and the locks Office leaves, are passed over."""
    with st.expander("A whole folder at once"):
        dropped = st.file_uploader(
            "Every file in it, also those in folders inside", type=TYPES, accept_multiple_files="directory", key=f"folder-{uploader_key()}"
        )
        found = [file for file in dropped or () if belongs(file.name)]
        if dropped and not found:
            st.caption("There is nothing in that folder that we could read.")
        return found


def options() -> tuple[date, date] | None:
    """What else is to be said about the files: the days for which they hold everything, so that records they do not hold are gone."""
    with st.expander("These files hold everything for certain dates"):
        st.markdown("Only if so: records dated in between that are here already, and not in these files, are then taken out. They can be brought back.")
        if not st.checkbox("They are complete", key="complete"):
            return None
        first, last = st.columns(2)
        since = first.date_input("From", value=None, format="DD/MM/YYYY", key="complete-from")
        until = last.date_input("To", value=None, format="DD/MM/YYYY", key="complete-to")
        if since is None or until is None:
            st.caption("Give the first and the last day.")
            return None
        if since > until:
            st.warning("The first day is later than the last.")
            return None
        return since, until


def read(dropped: list[Any], viewer: Viewer, complete: tuple[date, date] | None = None) -> intake.Received:
    """What the files say. Read once for one set of files and answers, not once for every click on the page."""
    passwords = st.session_state.setdefault("passwords", {})
    known = mapping.known(viewer)  # other answers: another reading
    now = session.store().data_version
    key = (session.database(), tuple(file.file_id for file in dropped), viewer.role, viewer.providers, complete, tuple(sorted(passwords)), known, now)
    if st.session_state.get("received", (None, None))[0] != key:
        st.session_state.pop("sent", None)
        st.session_state.pop("marked", None)
        with st.status(f"Reading {words.count(len(dropped), 'file')} …", expanded=False) as status:
            bar = st.progress(0.0)

            def tell(stage: str, share: float) -> None:
                status.update(label=words.plain(stage))
                bar.progress(share)

            files_ = [(file.name, file.getvalue()) for file in dropped if belongs(file.name)]
            received = intake.receive(session.store(), files_, viewer, complete=complete, passwords=passwords, mapping=known, progress=tell)
            status.update(label=f"Read: {words.count(sum(received.rows.values()), 'row')}", state="complete")
        st.session_state["received"] = (key, received)
    return st.session_state["received"][1]


def unlock(received: intake.Received) -> None:
    """A box for the password of each file that asks for one. It stands in this session's memory until the files are sent, and nowhere else."""
    for f in [f for f in received.findings if f.code == "password"]:
        name = f.file
        with st.form(f"password-{name}", border=False):
            (st.warning if name in st.session_state.get("passwords", {}) else st.markdown)(words.plain(f"{f.message} {f.fix}"))
            typed = st.text_input(
                f"Password of {name}", type="password", help="It opens the file and is forgotten when you send it or leave; it is never stored."
            )
            if st.form_submit_button("Open the file") and typed:
                st.session_state["passwords"] = {**st.session_state.get("passwords", {}), name: typed}
                st.session_state.pop("received", None)
                st.rerun()


def understood(received: intake.Received) -> None:
    """What was recognised, in sentences, so that a wrong guess is seen before anything is sent; and where every filled cell ended."""
    if not received.understood and any(f.code in ASKED_ABOVE for f in received.findings):
        return
    st.header("What we understood", anchor=False)
    st.markdown("\n".join(f"- {words.plain(sentence)}" for sentence in received.understood or ["We recognised nothing in it."]))
    if received.cells:
        st.caption(counted(received))


def counted(received: intake.Received) -> str:
    """Every filled cell of the files in one line: read, waiting, said before, blank, no part of the return."""
    total = {name: sum(getattr(c, name) for c in received.cells) for name in ("filled", "stored", "held", "repeated", "blank", "outside")}
    parts = [
        f"{total['stored']:,} are ready", f"{total['held']:,} wait", f"{total['repeated']:,} repeat an earlier row" if total["repeated"] else "",
        f"{total['blank']:,} hold only spaces" if total["blank"] else "", f"{total['outside']:,} are headings, notes or other columns",
    ]  # fmt: skip
    return f"Of {words.count(total['filled'], 'filled cell')}, {words.joined(part for part in parts if part)}."


def show_findings(received: intake.Received, dropped: list[Any]) -> None:
    """What needs the sender, by rule, and their own files back with every problem cell coloured."""
    told = [f for f in received.findings if f.code not in ASKED_ABOVE]
    needs = any(f.severity != "look" for f in told)
    if not told and received.findings:
        return
    st.header("What needs you" if needs else "Worth a look" if told else "Nothing to ask", anchor=False)
    for name in received.stopped if len(received.files) > 1 else ():
        st.markdown(f"Nothing of **{words.plain(name)}** is taken until it is mended. The other files go on without it.")
    with st.container(key="findings-of-files"):
        findings.show(told, received.rows, received.waits, "return" if told else "", len(received.questions))
        _marked(received, dropped)


def _marked(received: intake.Received, dropped: list[Any]) -> None:
    """Two clicks, because making the copy takes as long as reading the file."""
    able = [name for name in received.files if any(f.file == name and f.row and f.severity != "look" for f in received.findings)]
    able = able or [name for name in received.files if any(f.file == name and f.row for f in received.findings)]
    if not able:
        return
    chosen = st.selectbox("Which file", able, key="mark-which") if len(able) > 1 else able[0]
    if st.button(
        "Mark my file", key="mark", help="Your own file back: every problem cell coloured, with what to do beside it, and a first sheet that lists it all."
    ):
        by_name = dict(zip(received.files, (file for file in dropped if belongs(file.name)), strict=True))
        with st.spinner("Colouring the cells …"):
            password = st.session_state.get("passwords", {}).get(chosen)
            content = by_name[chosen].getvalue()
            made = marked.workbook(chosen, content, received.findings, session.store().settings, received.marks.get(chosen, ()), password)
        st.session_state["marked"] = (chosen, made)
    name, made = st.session_state.get("marked", ("", None))
    if made and name == chosen:
        stem = f"{name.rsplit('.', 1)[0]}-marked"
        st.download_button(
            f"Download it ({words.count(made.cells, 'marked cell')})", made.content, file_name=files.file_name(stem, made.content, made.extension),
            type="primary", on_click="ignore", key="marked-file",
        )  # fmt: skip
        if made.note:
            st.caption(made.note)


def what_will_change(received: intake.Received, viewer: Viewer) -> None:
    """Rows new, changed, the same and gone by sheet; the cells that change; and for a manager the headline figures before and after."""
    if not received.preview or not received.sendable:
        return  # nothing can be sent, so nothing would change
    st.header("What will change", anchor=False)
    frame = pd.DataFrame(
        [
            {"Sheet": sheet, "New": of.get("new", 0), "Changed": of.get("changed", 0), "The same": of.get("unchanged", 0), "Gone": of.get("gone", 0)}
            for sheet, of in received.preview.items()
        ]
    )
    st.table(frame.set_index("Sheet"), border="horizontal", width="content", alt="Rows that are new, changed, the same and gone, by sheet")
    for sheet, cells in received.changed.items():
        n = received.preview[sheet]["changed"]
        with st.expander(f"What changes on {sheet}: {words.count(n, 'row')}"):
            if not cells:
                st.markdown("Only words about people change, and those are not shown here.")
                continue
            rows = [{"Row": str(c.row), "Column": c.column, "From": c.before or "blank", "To": c.after or "blank"} for c in cells]
            st.dataframe(pd.DataFrame(rows), hide_index=True, alt=f"Changed cells on {sheet}: row, column, from and to")
            if len(cells) >= LISTED:
                st.caption(f"The first {LISTED} changed cells.")
    _headline(received, viewer)


def _headline(received: intake.Received, viewer: Viewer) -> None:
    """The manager's own figures, exact, before and after: worked out as if it had been sent, and not kept."""
    if viewer.role != "manager" or received.unchanged:
        return
    key = st.session_state["received"][0]
    if st.session_state.get("headline", (None, None))[0] != key:
        with st.spinner("Working out your figures as they would be …"):
            st.session_state["headline"] = (key, preview.figures(session.store(), received, viewer))
    made = st.session_state["headline"][1]
    moved = [figure for figure in made if figure.moves]
    if not made:
        return
    st.subheader("Your figures before and after", anchor=False)
    if not moved:
        st.markdown("None of your headline figures moves.")
        return
    names = session.names()
    frame = pd.DataFrame(
        [{"Service": names.get(f.service, f.service), "Figure": f.title, "Before": _figure(f.before), "After": _figure(f.after)} for f in moved]
    )
    st.table(frame.map(words.plain).set_index("Service"), border="horizontal", alt="Headline figures of your services before and after sending")


def _figure(row: ReleasedRow | None) -> str:
    if row is None or not row.denominator or row.numerator is None:
        return "nobody yet"
    return f"{row.numerator:,} of {row.denominator:,}: {100 * row.numerator / row.denominator:.0f}%"


def offer_to_send(received: intake.Received, viewer: Viewer) -> None:
    """The one button that keeps anything, or the sentence that says why it is not offered yet."""
    waits = sum(received.waits.values())
    if not received.sendable:
        codes = {f.code for f in received.findings if f.severity == "stops"}
        first = (
            "Type the password above first." if "password" in codes else "Answer the questions above first." if received.questions
            else "Correct the file, save it, and drop it here again."
        )  # fmt: skip
        st.info(f"Nothing has been sent yet. {first}")
        return
    if received.unchanged:
        st.info(
            "All of this is already here, so there is nothing to send."
            if not waits
            else f"What is ready is already here; {words.count(waits, 'row still waits', 'rows still wait')} for you."
        )
        return
    n = sum(received.ready.values())
    if received.blocked:
        left = f"{words.count(waits, 'row waits', 'rows wait')} until you send the correction" if waits else "what stops is left out"
        st.markdown(f"Nothing has been sent yet. You can correct the file first, or send what is ready now: {words.count(n, 'row')} count, {left}.")
    if received.settles:
        st.markdown(f"The rows are here already; sending them settles {words.count(received.settles, 'row')} that waited.")
    if received.restores:
        st.markdown("The very same content was sent before and is no longer what counts. Sending it brings it back.")
    label = f"Send the {words.count(n, 'ready row')}" if received.blocked else "Bring this return back" if received.restores else "Send this return"
    if st.button(label, type="secondary" if received.blocked else "primary", key="send"):
        with st.status("Sending …", expanded=True) as status:
            st.write("It is written down first, then counted. You can leave this page open.")
            try:
                upload = intake.send(session.store(), received, viewer, hold_back=received.blocked)
            except errors.Shown:
                st.session_state.pop("received", None)  # what was checked no longer holds: the next look reads the files again
                raise
            status.update(label="Sent", state="complete")
        st.session_state["sent"], st.session_state["sent-waits"] = upload, waits
        st.session_state["sendings"] += 1
        for name in ("received", "passwords", "marked", "headline"):
            st.session_state.pop(name, None)
        st.rerun()


def waiting(viewer: Viewer) -> None:
    """The rows that wait for somebody, in one line, with where each stands and which rule holds it."""
    rows = intake.waiting(session.store(), viewer)
    if not rows:
        return
    with st.expander(f"{words.count(len(rows), 'held row waits', 'held rows wait')} for you"):
        st.markdown("They count as soon as a corrected file holds them. We kept where each stood and its coded columns, never a reference or your words.")
        frame = pd.DataFrame(
            [
                {
                    "Where": f"{w.sheet} row {w.row}",
                    "Why": "; ".join(findings.rule_in_words(code) for code in w.codes),
                    "What it holds": ", ".join(f"{column} {value}" for column, value in w.cells.items()),
                    "File": w.file,
                    "Sent": f"{w.happened_at:%d %b %Y}",
                }
                for w in rows[:LISTED]
            ]
        )
        st.dataframe(frame, hide_index=True, alt="Rows that wait: where, why, coded columns, file and day sent")
        if len(rows) > LISTED:
            st.caption(f"The newest {LISTED}.")
        _let_go(rows, viewer)


def _let_go(rows: list[Any], viewer: Viewer) -> None:
    """For rows that will never be corrected: a mistake, or in another file by now."""
    titles = {n: f"{w.sheet} row {w.row} of {w.file or 'what was typed'}" for n, w in enumerate(rows[:LISTED])}
    chosen = st.multiselect("No longer needed", list(titles), format_func=titles.__getitem__, key="let-go-which", placeholder="Choose rows")
    if chosen:
        st.button(
            f"Let {words.count(len(chosen), 'row')} go", key="let-go", on_click=_gone, args=([rows[n] for n in chosen], viewer),
            help="They wait no longer. Nothing that counts changes, and a later file may hold them again.",
        )  # fmt: skip


def _gone(rows: list[Any], viewer: Viewer) -> None:
    try:
        intake.no_longer_needed(session.store(), rows, viewer)
    except errors.Shown as shown:
        st.toast(str(shown))
        return
    for name in ("received", "let-go-which"):
        st.session_state.pop(name, None)
    st.toast(f"{words.capital(words.count(len(rows), 'row waits', 'rows wait'))} no longer.")


def thanks(viewer: Viewer) -> None:
    """After a sending: what is in, and the way to take it back."""
    sent: Upload | None = st.session_state.get("sent")
    if sent is None:
        return
    listed = words.joined(f"{words.count(n, 'row')} of {NAMES.get(table, table)}" for table, n in sent.rows.items() if n)
    st.success(f"Thank you. Your return is in: {listed or 'nothing new'}. It can be taken back here, and what it fed is on the pages under Explore.")
    if waits := st.session_state.get("sent-waits", 0):
        st.markdown(
            f"{words.capital(words.count(waits, 'row waits', 'rows wait'))} for you. Correct them in your file and send it again: what is right counts at once."
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(session.PAGES["overview"], label="See the overview", icon=":material/home:", query_params=session.query())
        st.button("Take it back", key="undo-sent", on_click=take_back, args=(sent.upload_id, viewer))


def take_back(upload_id: str, viewer: Viewer) -> None:
    """For callbacks: undoes one upload and says so at the top of the page; or why it stays, where one of its returns is locked."""
    try:
        intake.undo(session.store(), upload_id, viewer)
    except errors.Shown as shown:
        st.toast(str(shown))
        return
    st.session_state.pop("sent", None)
    st.toast("Taken back. The figures are as they were before it.")


def how_to_begin() -> None:
    """For someone with nothing to drop yet: the blank workbook, with as many sheets as they like."""
    intake.ready()
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
