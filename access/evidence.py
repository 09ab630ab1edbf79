"""Evidence checked: how a figure of a return was verified, when, and with what result. The service and its commissioner may record it, at any time.

It changes no figure, so a locked return may be checked too. What the return itself says of its verification (*verified how*) stands in the return.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from access import conversation
from domain.errors import Shown
from domain.quarters import Quarter, british
from domain.types import Event, Viewer
from warehouse import returns as kept
from warehouse import store as writes
from warehouse.connect import Store

RESULTS = ("the figure stands", "the figure was corrected", "it could not be checked")


@dataclass(frozen=True)
class Checked:
    """One check of one figure."""

    service: str
    quarter: Quarter
    ref: str
    how: str
    on: date
    result: str
    side: Literal["provider", "commissioner", "app"]

    @property
    def words(self) -> str:
        """`Checked on 3 May 2025 by the commissioner: "tenancies seen". The figure stands.`"""
        who = "the service" if self.side == "provider" else "the commissioner"
        return f"Checked on {british(self.on)} by {who}: “{self.how.rstrip('.')}”. {self.result[:1].upper()}{self.result[1:]}."


def record(store: Store, viewer: Viewer, service: str, quarter: Quarter, ref: str, how: str, on: date | None, result: str, today: date) -> None:
    """Records one check of one returned figure.

    Raises Refused for a service that is not the viewer's, Shown where the figure is not there, the day is missing or still to come, the result is not
    one of RESULTS, or the words say who somebody is.
    """
    conversation.check_speaks(store, viewer, service)
    if result not in RESULTS:
        raise Shown(f"Choose what came of it: {', '.join(RESULTS)}.")
    if on is None or on > today:
        raise Shown("Choose the day on which it was checked; it cannot be still to come.")
    with store.reading() as cursor:
        if ref not in {r["ref"] for r in kept.rows_of(cursor, service, quarter.year, quarter.number)}:
            raise Shown(f"There is no figure for {ref} in {quarter.months()} yet. Send the return first, then say how it was checked.")
    row = {
        "service_code": service, "year": quarter.year, "quarter": quarter.number, "ref": ref, "how": conversation.screened(how), "checked_on": on,
        "result": result,
    }  # fmt: skip
    detail = {"about": f"{service} {quarter} {ref}", "result": result}
    writes.keep(store, {"evidence": [row]}, Event("figure checked", viewer.user, viewer.role, conversation.now(), detail))


def of(store: Store, viewer: Viewer, service: str, quarter: Quarter | None = None) -> list[Checked]:
    """Every check of a service's figures (of one quarter), in the order in which they were recorded. Raises Refused where the viewer may not look."""
    conversation.check_may_see(store, viewer, service)
    with store.reading() as cursor:
        rows = kept.kept(cursor, "evidence", [service])
    found = [
        Checked(r["service_code"], Quarter(r["year"], r["quarter"]), r["ref"], r["how"] or "", r["checked_on"], r["result"], conversation.side_of(r["role"]))
        for r in rows
    ]
    return [c for c in found if quarter in (None, c.quarter)]
