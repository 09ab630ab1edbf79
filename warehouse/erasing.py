"""Doing an erasure whole: the list beside the database, the tables, every earlier change of the ledger; and finishing what was interrupted or restored."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from domain import fields
from domain.types import Event, Upload
from warehouse import arrivals, erasure, ledger
from warehouse import store as writes
from warehouse.connect import Store


def erase(store: Store, what: str, marked: Sequence[erasure.Mark], event: Event) -> Upload:
    """Takes people or stories out of the store, its marts, frozen figures, drafts and every earlier change of the ledger, for good.

    `what` is one of erasure.WHAT. The marks go on the list beside the database first, so that whatever interrupts this is finished when the database
    is next opened. The database file keeps deleted rows in its free space until it is opened the next time, or `tidy` is called.
    """
    entry = {
        "erasure_id": f"{event.happened_at:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}", "what": what, "happened_at": event.happened_at.isoformat(),
        "user": event.user, "role": event.role,
        "marks": [{"kind": m.kind, "digest": m.digest, "before": m.before.isoformat() if m.before else None} for m in marked],
    }  # fmt: skip
    with store.lock:
        erasure.note(store.path, entry)
        made = writes.erased(store, entry, event)
        _rewrite(store)
        erasure.wants_tidying(store.path).touch()
        return made


def catch_up(store: Store) -> list[str]:
    """When a database is opened: what is on the list of erasures and not in it (a restored backup, an interrupted erasure) is done now.

    Returns a sentence for each thing done.
    """
    told = []
    with store.lock:
        wanted = erasure.listed(store.path)
        with store.reading() as cursor:
            own = erasure.entries_of(cursor)
        known = {entry["erasure_id"] for entry in own}
        for entry in own:  # the list may have been lost, or the ledger moved here from elsewhere
            if entry["erasure_id"] not in {line["erasure_id"] for line in wanted}:
                erasure.note(store.path, {"happened_at": "", "user": "", "role": "", **entry})
        for entry in wanted:
            if entry["erasure_id"] not in known:
                event = Event("erasure", entry["user"], entry["role"], datetime.now(), {"again": entry["erasure_id"], "what": entry["what"]})
                writes.erased(store, entry, event)
                told.append(f"An erasure made after this copy of the data was applied to it again ({entry['erasure_id']}).")
                erasure.wants_tidying(store.path).touch()
        if {entry["erasure_id"] for entry in [*wanted, *own]} - erasure.rewritten(store.ledger):
            _rewrite(store)
    return told


def _rewrite(store: Store) -> None:
    """Earlier changes of the ledger without what was erased; their content is said anew, so that *the same again* is still known."""
    with store.reading() as cursor:
        entries = erasure.entries_of(cursor)
    touched = erasure.rewrite(store.ledger, erasure.folded(entries))
    store.notices += [f"{name} could not be cleaned of what was erased. Delete it." for name in erasure.tidy_copies(store.path, erasure.folded(entries))]
    with store.writing() as cursor:
        for upload_id in touched:
            told = []
            for sheet in fields.SHEETS:
                if path := ledger.parquet(store.ledger, upload_id, sheet.table):
                    cursor.execute(
                        f"create or replace temp view said_now as select {arrivals.typed(sheet)} from read_parquet('{str(path).replace(chr(39), chr(39) * 2)}')"
                    )
                    told.append(arrivals.said(cursor, sheet, "said_now")[0])
            cursor.execute("update upload set content = $content where upload_id = $id", {"content": arrivals.content(told), "id": upload_id})
        cursor.execute("drop view if exists said_now")
    erasure.note_rewritten(store.ledger, [entry["erasure_id"] for entry in entries])
