"""Earlier versions of what was sent: what each changed, two compared, and one brought back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from access import intake, versions
from domain import errors
from domain.types import Viewer
from ui import session, words

WHEN = {"When": st.column_config.DatetimeColumn("When", format="D MMM YYYY, HH:mm")}
WHAT = {"new": "new", "changed": "changed", "gone": "no longer there"}


def show(viewer: Viewer, services: Sequence[str] = ()) -> None:
    """The uploads of these services (none: all the viewer may know of), newest first; for a manager also what each changed, compare and bring back."""
    if not any(u.kind == "upload" for u in intake.uploads(session.store(), viewer)):
        return
    opened = st.expander("Earlier versions: what each changed, compare, restore", key="versions", on_change="rerun")
    if not opened.open:  # what each changed is worked out from the ledger: only for who asks
        return
    with opened:
        found = versions.listed(session.store(), viewer, services)
        if not found:
            st.markdown("Nothing has been sent for this service yet.")
            return
        st.dataframe(table(found, session.names()), hide_index=True, alt="Uploads, newest first, and what each changed", column_config=WHEN)
        if viewer.role != "manager":
            st.caption("What exactly changed is for the provider's own eyes: a difference could say something of one person.")
            return
        titles = {v.upload.upload_id: _title(v) for v in found}
        first, second = st.columns(2)
        one = first.selectbox("Look into", list(titles), format_func=titles.__getitem__, key="version-one")
        other = second.selectbox(
            "Compare it with", [i for i in titles if i != one], None, format_func=titles.__getitem__, placeholder="what was there before it", key="version-two"
        )
        changes = versions.compare(session.store(), viewer, one, other) if other else versions.what_changed(session.store(), viewer, one)
        differences(changes)
        _bring_back(viewer, one, titles[one])


def table(found: Sequence[versions.Version], names: Mapping[str, str]) -> pd.DataFrame:
    """One row per upload."""
    return pd.DataFrame(
        [
            {
                "When": v.upload.happened_at,
                "What": "an earlier version, brought back" if v.restores else ", ".join(v.upload.files) or "typed in",
                "Changed": said(v.changes) if v.changes else words.count(sum(v.upload.rows.values()), "row"),
                "Services": ", ".join(names.get(code, code) for code in v.services),
                "State": {"live": "in use", "undone": "taken back"}.get(v.upload.state, v.upload.state),
            }
            for v in found
        ]
    )


def said(changes: Mapping[str, versions.Difference]) -> str:
    """`People: 3 new. Assessments: 4 changed, 1 no longer there.`"""
    parts = []
    for sheet, d in changes.items():
        counts = [f"{n} {word}" for n, word in ((d.new, "new"), (d.changed, "changed"), (d.gone, "no longer there")) if n]
        if counts:
            parts.append(f"{sheet}: {', '.join(counts)}.")
    return " ".join(parts) or "Nothing: it said what was there already."


def differences(changes: Mapping[str, versions.Difference]) -> None:
    """What differs, sheet by sheet, with the cells. People are never shown, nor their words."""
    st.markdown(f"**{words.plain(said(changes))}**")
    for sheet, d in changes.items():
        if not d.cells:
            continue
        frame = pd.DataFrame([{"": WHAT[c["what"]], "Where": c["about"], "Column": c["column"], "Before": c["before"], "After": c["after"]} for c in d.cells])
        st.markdown(f"{sheet}{f', the first {len(d.cells)}' if len(d.cells) < d.new + d.changed + d.gone else ''}")
        st.dataframe(frame, hide_index=True, alt=f"What differs on {sheet}, cell by cell")


def _bring_back(viewer: Viewer, upload_id: str, title: str) -> None:
    """What bringing it back would change, and the button; or why it cannot be."""
    try:
        preview = versions.would_change(session.store(), viewer, upload_id)
    except errors.Shown as shown:
        st.caption(words.plain(shown))
        return
    counts = [(sheet, of["new"], of["changed"], of["gone"]) for sheet, of in preview.items() if of["new"] or of["changed"] or of["gone"]]
    if not counts:
        st.caption("All of this version is what counts now.")
        return
    told = words.joined(f"{new} new, {changed} changed and {gone} gone on {sheet}" for sheet, new, changed, gone in counts)
    st.markdown(f"Bringing it back makes {told}. Records that only later uploads hold stay, and what was erased stays out.")
    st.button(
        "Restore this version", key="version-restore", on_click=_restore, args=(viewer, upload_id), help=f"Sends {title} once more, as a change of its own."
    )


def _restore(viewer: Viewer, upload_id: str) -> None:
    try:
        versions.restore(session.store(), viewer, upload_id)
    except errors.Shown as shown:
        st.toast(str(shown))
        return
    st.toast("That version is back. It can be taken back like any upload.")


def _title(version: versions.Version) -> str:
    upload = version.upload
    return f"{upload.happened_at:%d %b %Y %H:%M} · {'brought back' if version.restores else ', '.join(upload.files) or 'typed in'}"
