"""What both sides have settled already and an upload, or an earlier one brought back, would change: locked returns, and plans that were agreed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa

from domain.types import Viewer
from warehouse import returns as kept
from warehouse.connect import Store


class Settled(NamedTuple):
    """`locked`: (service, year, quarter) of locked returns the tables would change; `agreed`: (service, year) of agreed plans a manager's would."""

    locked: list[tuple[str, int, int]]
    agreed: list[tuple[str, int]]


def against(store: Store, viewer: Viewer, tables: Mapping[str, pa.Table]) -> Settled:
    """What stands against storing these checked tables. A commissioner's may change a plan: it is they who agreed it."""
    with store.reading() as cursor:
        locked = kept.locked(cursor) if kept.RETURN.table in tables else set()
        changed = [slot for slot in kept.changes_to_returns(cursor, tables[kept.RETURN.table]) if slot in locked] if locked else []
        agreed = kept.changes_to_agreed(cursor, tables["milestones"]) if "milestones" in tables and viewer.role == "manager" else []
    return Settled(changed, agreed)
