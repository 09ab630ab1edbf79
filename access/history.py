"""What happened to returns before this database: the days on which they came, and what was asked, answered and decided. One change per day, dated as it was.

For loading the past of a partnership that kept its conversation elsewhere; the sample's past is put in through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from access import conversation
from domain.errors import Refused, Shown
from domain.types import Event, Viewer
from warehouse import returns as kept
from warehouse import store as writes
from warehouse.connect import Store


@dataclass(frozen=True)
class Past:
    """What one side did at one time: rows of the tables of warehouse.returns, by table."""

    happened_at: datetime
    side: Literal["manager", "commissioner"]
    rows: dict[str, list[dict[str, Any]]]


def keep(store: Store, viewer: Viewer, past: Sequence[Past]) -> int:
    """Keeps what happened, in its order, each with its own audit event. Returns how many changes.

    Raises Refused unless a commissioner asks, Shown for a table that is not of the life-cycle or words that say who somebody is.
    """
    if viewer.role != "commissioner":
        raise Refused("The past of the returns is put in by the commissioner.")
    for change in past:
        if unknown := set(change.rows) - set(kept.TABLES):
            raise Shown(f"'{sorted(unknown)[0]}' is no part of the life-cycle of a return.")
        for row in (row for rows in change.rows.values() for row in rows):
            for words in (row.get("words"), row.get("reason") if row.get("step") == "reopened" else None):
                if words:
                    conversation.screened(words)
    for change in sorted(past, key=lambda p: p.happened_at):
        about = {table: len(rows) for table, rows in change.rows.items()}
        writes.keep(store, change.rows, Event("from the past", viewer.user, change.side, change.happened_at, about))
    return len(past)


def begun(store: Store) -> bool:
    """Whether anything of a return's life is kept here yet."""
    return any(upload.kind == "conversation" for upload in writes.uploads(store))
