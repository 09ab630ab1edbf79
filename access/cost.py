"""What a service cost beside its own past: by year, for each person supported and for each clear gain. On the Service page only, never across services.

Spend and people supported are contract figures of the return. The count of gains is the released one: where it is hidden, so is the cost of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from access import desk
from domain import quarters
from domain.types import ReleasedRow, Scope, Viewer
from metrics import cost
from metrics.cost import Cost
from warehouse import returns as kept
from warehouse.connect import Store

NEVER = cost.NEVER
pounds = cost.pounds
READING = (
    "People supported: those of the first quarter and those who started later in the year. A clear gain: somebody who ended in the year and improved clearly "
    "on what the service is mainly for. People without a second score are not among them, so the true figure is lower if others gained too. "
    "The ranges are those of counting people; what was spent is taken as it was sent."
)
ACTIVITY = {
    "referrals": "Referrals", "people_started": "People started", "people_supported": "People supported", "people_ended": "People ended",
    "contact_hours": "Contact hours", "opening_hours": "Opening hours", "staff": "Staff (WTE)", "spend": "Spend (£)",
    "hours_to_prepare_this_return": "Hours to prepare the return",
}  # fmt: skip


@dataclass(frozen=True)
class YearCost:
    """One complete plan year of one service. `hidden`: a count of gains exists and may not be shown to this viewer, so neither may its cost."""

    year: int
    spend: float
    hours_preparing: float | None
    per_person: Cost | None
    per_gain: Cost | None
    hidden: bool
    follow_up: float | None  # percent of those due a second score who have one; None: hidden or nobody due


def by_year(store: Store, viewer: Viewer, service: str) -> list[YearCost]:
    """A row per plan year of which every quarter expected says what was spent, newest first. Outside the partnership: none.

    Raises Refused or Shown for a service the viewer may not see.
    """
    rows = activity(store, viewer, service)
    with store.reading() as cursor:
        expected = {(y, q) for _, y, q in kept.expected(cursor, [service])}
    found = []
    for year in sorted({r["year"] for r in rows}, reverse=True):
        told = [r for r in rows if r["year"] == year]
        wanted = {q for y, q in expected if y == year} or {1, 2, 3, 4}
        if {r["quarter"] for r in told if r["spend"] is not None} >= wanted:
            found.append(_year(store, viewer, service, year, told))
    return found


def _year(store: Store, viewer: Viewer, service: str, year: int, told: list[dict[str, Any]]) -> YearCost:
    start, end = quarters.year_dates(year)
    scope = Scope(services=(service,), start=start, end=end)
    pooled = any(card.code == service and card.carers for card in desk.services(store, viewer))  # carers' gains are never added to people's
    gained, followed = (_row(desk.ask(store, viewer, metric, scope).rows) for metric in ("headline", "follow-up-rate"))
    spend = float(sum(r["spend"] for r in told if r["spend"] is not None))
    people, hours = cost.supported_in_a_year(told), [r["hours_to_prepare_this_return"] for r in told if r["hours_to_prepare_this_return"] is not None]
    gained = None if pooled else gained
    seen = gained is not None and gained.numerator is not None
    return YearCost(
        year, spend, float(sum(hours)) if hours else None, None if people is None else cost.each(spend, people),
        cost.each(spend, gained.numerator) if gained is not None and gained.numerator is not None else None,
        gained is not None and not seen, followed.value if followed is not None else None,
    )  # fmt: skip


def _row(rows: tuple[ReleasedRow, ...]) -> ReleasedRow | None:
    return next((row for row in rows if not row.still_open), None)


def activity(store: Store, viewer: Viewer, service: str) -> list[dict[str, Any]]:
    """What was done, a row per quarter in order: referrals, people, hours, staff, spend, hours to prepare the return. Outside: none.

    Raises Refused or Shown for a service the viewer may not see.
    """
    return sorted(desk.activity(store, viewer, service), key=lambda r: (r["year"], r["quarter"]))


def in_words(found: Cost | None) -> str:
    """`£412 (likely £380 to £449; 142 people)`, `more than £3,300 (none seen)`; nothing where there is no cost."""
    if found is None:
        return ""
    if found.value is None or found.upper is None:
        return f"more than {pounds(found.lower)} (none seen)"
    return f"{pounds(found.value)} (likely {pounds(found.lower)} to {pounds(found.upper)}; {found.people:,} {'person' if found.people == 1 else 'people'})"
