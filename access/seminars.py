"""The list of Lessons Learned seminars: when each was held, and which returns were shown there. The commissioner notes them; both sides read them.

Their number is a line of the commissioner's own plan (access.own_plan), and each return says at which it was shown (access.returns).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from access import conversation, planned, returns
from domain.errors import Refused, Shown
from domain.quarters import Quarter, british
from domain.types import Event, Viewer
from warehouse import returns as kept
from warehouse import store as writes
from warehouse.connect import Store

PLACE, KIND = "(the commissioner)", "seminar"  # whose table row it is in place of a service, and the kind of talk


@dataclass(frozen=True)
class Seminar:
    """One seminar: its day, its name, and the returns (service, quarter) shown there, of those the viewer may know of."""

    held_on: date
    name: str
    shown: tuple[tuple[str, Quarter], ...] = ()

    @property
    def title(self) -> str:
        return f"{self.name}, {british(self.held_on)}"


def note(store: Store, viewer: Viewer, held_on: date, name: str, shown: Sequence[tuple[str, Quarter]], today: date) -> Seminar:
    """Notes that a seminar was held and which returns were shown there, as one change. Noted again, only what is new is added.

    Raises Refused for anybody but the commissioner; Shown for a day still to come, a name that is none or says who somebody is, a return that is not in,
    or nothing new.
    """
    if viewer.role != "commissioner":
        raise Refused("Seminars are noted by the commissioner. You see here which there were, and at which your returns were shown.")
    if held_on > today:
        raise Shown("That day is still to come. Note the seminar once it has been held.")
    held = Seminar(held_on, conversation.screened(name))
    here = [returns.one(store, viewer, service, quarter, today) for service, quarter in dict.fromkeys(shown)]
    if missing := next((r for r in here if not r.is_in), None):
        raise Shown(f"The return of {missing.service} for {missing.quarter.months()} is not in, so it cannot have been shown.")
    steps = [
        {"service_code": r.service, "year": r.quarter.year, "quarter": r.quarter.number, "step": "shown", "reason": held.title, "due_on": None}
        for r in here
        if held.title not in r.shown_at
    ]
    known = any((s.held_on, s.name) == (held.held_on, held.name) for s in _kept(store))
    if known and not steps:
        raise Shown("That seminar is on the list already.")
    talk = [] if known else [{"service_code": PLACE, "kind": KIND, "happened_on": held.held_on, "words": held.name}]
    rows = {name: of for name, of in (("talk", talk), ("return_step", steps)) if of}
    detail = {"held_on": held_on.isoformat(), "returns": [f"{r.service} {r.quarter}" for r in here]}
    writes.keep(store, rows, Event(KIND, viewer.user, viewer.role, conversation.now(), detail))
    return Seminar(held.held_on, held.name, tuple((r.service, r.quarter) for r in here))


def held(store: Store, viewer: Viewer) -> list[Seminar]:
    """Every seminar noted, newest first, with the returns shown there: a manager's own, a commissioner's all. Raises Refused for others."""
    planned.check_sees_plans(viewer)
    with store.reading() as cursor:
        steps = [s for s in kept.kept(cursor, "return_step", conversation.own_services(store, viewer)) if s["step"] == "shown"]
    shown: dict[str, list[tuple[str, Quarter]]] = {}
    for s in steps:
        shown.setdefault(s["reason"] or "", []).append((s["service_code"], Quarter(s["year"], s["quarter"])))
    found = [Seminar(s.held_on, s.name, tuple(shown.get(s.title, ()))) for s in _kept(store)]
    return sorted(found, key=lambda s: s.held_on, reverse=True)


def days(store: Store) -> list[date]:
    """The day of each seminar noted, oldest first: a count that says nothing of any service."""
    return sorted(s.held_on for s in _kept(store))


def _kept(store: Store) -> list[Seminar]:
    with store.reading() as cursor:
        rows = kept.kept(cursor, "talk", [PLACE])
    return [Seminar(r["happened_on"], r["words"]) for r in rows if r["kind"] == KIND]
