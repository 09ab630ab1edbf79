"""Services with their plans and what was returned of them, for whoever may see them: the rows every question about a plan begins from.

Contract figures, exact: managers see their own services, commissioners all, presenters none here, a local command line any (and each of its
questions is audited). What is read and worked out of a service is remembered until the next change of the store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from access import rules
from domain.errors import Refused, Shown
from domain.quarters import Quarter, year_name
from domain.types import Event, Viewer
from metrics import plan
from warehouse import plan_queries
from warehouse import store as writes
from warehouse.connect import Store

Made = TypeVar("Made")
# Of each service the fingerprint of the rows that were last read, and what was worked out of them
_BEFORE: WeakKeyDictionary[Store, dict[str, tuple[Any, Planned | None]]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Planned:
    """One service's figures of every plan year, with the row each came from."""

    code: str
    figures: list[plan.Figure]
    rows: dict[tuple[int, int, str], dict[str, Any]]
    first_year: int
    memory: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, name: str, make: Callable[[Planned], Made]) -> Made:
        """What `make` gives of this service, worked out once between two changes of the store."""
        if name not in self.memory:
            self.memory[name] = make(self)
        made: Made = self.memory[name]
        return made

    def row(self, f: plan.Figure) -> dict[str, Any]:
        return self.rows[f.year, f.quarter, f.ref]

    def lines(self, year: int) -> list[list[plan.Figure]]:
        """The figures of a year line by line, in order of the ladder: milestones first, then performance targets, each by ref."""
        found: dict[tuple[int, str], list[plan.Figure]] = defaultdict(list)
        for f in self.figures:
            if f.year == year:
                found[f.line].append(f)
        return sorted(found.values(), key=lambda those: (self.row(those[-1])["kind"], those[-1].ref))

    def years(self) -> list[int]:
        return sorted({f.year for f in self.figures})


def check_sees_plans(viewer: Viewer) -> None:
    """Plans and returns are between a provider and its commissioner: presenters show what was agreed for a seminar instead."""
    rules.check_sees_groups(viewer)
    if viewer.role == "presenter":
        raise Refused("Questions about plans are between a service and its commissioner. A seminar shows what both have agreed to show.")


def services(store: Store, viewer: Viewer, asked: str, codes: Sequence[str], year: int | None = None, quarter: int | None = None) -> list[Planned]:
    """The services a viewer asks about (none named: all) and may see, with their figures; those without any plan are left out.

    A question from the command line is put on record first, as `asked`. Raises Refused or Shown for a service that is not the viewer's to see.
    """
    check_sees_plans(viewer)
    owner = store.remembered("providers", lambda: writes.known_services(store))
    for code in codes:
        if code not in owner:
            raise Shown("There is no such service. It may have been renamed; the Overview lists them all.")
        if viewer.role == "manager" and owner[code] not in viewer.providers:
            raise Refused("That service belongs to another provider. You can see your own services here.")
    wanted = sorted(set(codes) or {c for c, provider in owner.items() if viewer.role != "manager" or provider in viewer.providers})
    if viewer.session == rules.COMMAND_LINE:
        detail = {"metric": asked, "services": sorted(set(codes)), "year": "" if year is None else year_name(year), "quarter": quarter or ""}
        writes.note_event(store, Event("ask", viewer.user, viewer.role, datetime.now(), detail))
    return [found for found in read(store, wanted) if found is not None]


def read(store: Store, codes: Sequence[str]) -> list[Planned | None]:
    """The services named; None for one without a plan. Only those nobody has asked for since the last change are read."""
    held: dict[str, Planned | None] = store.remembered("planned", dict)
    missing = [code for code in codes if code not in held]
    if missing:
        before = _BEFORE.setdefault(store, {})
        with store.reading() as cursor:
            # A change elsewhere leaves most plans as they were: what was read of the very same rows, and worked out of them, stands
            now = plan_queries.fingerprints(cursor, missing)
            made = {code: before[code][1] for code in missing if code in before and before[code][0] == now.get(code)}
            anew = [code for code in missing if code not in made]
            rows = plan_queries.plan_figures(cursor, anew) if anew else []
            first = plan_queries.first_plan_years(cursor, anew) if anew else {}
        by_key: dict[str, dict[tuple[int, int, str], dict[str, Any]]] = defaultdict(dict)
        for r in rows:
            by_key[r["service"]][r["year"], r["quarter"], r["ref"]] = r
        figures: dict[str, list[plan.Figure]] = defaultdict(list)
        for f in plan.figures(rows):
            figures[f.service].append(f)
        made |= {code: Planned(code, figures[code], by_key[code], first[code]) if code in first else None for code in anew}
        before |= {code: (now.get(code), made[code]) for code in anew}
        # Into the memory of before the read: where the store changed meanwhile, that one is no longer asked.
        held |= made
    return [held[code] for code in codes]


@dataclass(frozen=True)
class ByQuarter(Generic[Made]):
    """What is said of one service quarter by quarter: all of it in order as ((plan year, quarter), what), and by quarter."""

    all: list[tuple[tuple[int, int], Made]]
    at: dict[tuple[int, int], list[Made]]

    @staticmethod
    def of(these: Iterable[tuple[Quarter, Made]]) -> ByQuarter[Made]:
        ordered = [((quarter.year, quarter.number), what) for quarter, what in these]
        at: dict[tuple[int, int], list[Made]] = {}
        for when, what in ordered:
            at.setdefault(when, []).append(what)
        return ByQuarter(ordered, at)

    def wanted(self, year: int | None, quarter: int | None) -> list[Made]:
        """What is said of the quarters asked for: one quarter, a plan year, a quarter of every year, or all."""
        if year is not None and quarter is not None:
            return self.at.get((year, quarter), [])
        return [what for (y, q), what in self.all if year in (None, y) and quarter in (None, q)]
