"""Who may do and see what. `check_…` raises the sentence the person reads; `can_…` is the same rule as a yes or no."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from domain import quarters
from domain.errors import Refused, Shown
from domain.types import Policy, Scope, Viewer

COMMAND_LINE = "command line"  # the session of a local command line: administrator of the machine itself


def check_sees_groups(viewer: Viewer) -> None:
    """Everyone but an administrator sees figures about groups."""
    if viewer.role == "administrator" and viewer.session != COMMAND_LINE:
        raise Refused("Administrators look after the app and see no outcome figures. Use 'View as' to look with somebody else's eyes.")
    if viewer.role == "manager" and not viewer.providers:
        raise Refused("Choose which provider you are looking for: a manager sees their own services.")


def check_uploads(viewer: Viewer) -> None:
    if viewer.role not in ("manager", "commissioner", "administrator"):
        raise Refused("Uploading is for the managers who hold the figures. A presenter shows what is already here.")


def check_undoes(viewer: Viewer, uploaded_by_providers: set[str]) -> None:
    check_uploads(viewer)
    if viewer.role == "manager" and not uploaded_by_providers <= set(viewer.providers):
        raise Refused("That upload holds figures of another provider, so you cannot take it back. Ask your commissioner.")


def check_administers(viewer: Viewer) -> None:
    if viewer.role != "administrator":
        raise Refused("This is for administrators.")


def check_policy(viewer: Viewer, policy: Policy) -> None:
    """A viewer may ask for a stricter policy than theirs, never for a looser one."""
    if viewer.session == COMMAND_LINE:
        return
    allowed = {"manager": ("own", "inside", "outside"), "commissioner": ("inside", "outside"), "presenter": ("outside",), "administrator": ()}[viewer.role]
    if policy not in allowed:
        raise Refused("You may not see these figures in that much detail. Leave the policy out to see what you may.")


def can(check: Callable[..., None], *arguments: Any) -> bool:
    """The rule as a yes or no: `can(check_uploads, viewer)`."""
    try:
        check(*arguments)
    except Shown:
        return False
    return True


def policy_for(viewer: Viewer) -> Policy:
    """The policy under which a viewer looks where nothing stricter is asked for."""
    if viewer.session == COMMAND_LINE:
        return "inside"
    return {"manager": "own", "commissioner": "inside", "presenter": "outside", "administrator": "outside"}[viewer.role]  # type: ignore[return-value]


def snapped(scope: Scope, about: dict[str, dict[str, str]]) -> tuple[Scope, tuple[str, ...]]:
    """The scope on the release menu, and in words what that changed.

    `about` maps a service code to its service_type, provider, sector and locality. Periods widen to the quarter, plan year or all that holds
    them; several services widen to the smallest entry of the menu that holds them all; one characteristic at a time.
    Raises Shown where more than one characteristic is combined.
    """
    notes = []
    start, end = _menu_period(scope.start, scope.end)
    if (start, end) != (scope.start, scope.end):
        notes.append(f"Shown for {quarters.period_name(start, end)}, the nearest period on the menu, so that figures cannot be compared to single people out.")
        scope = scope.with_(start=start, end=end)
    if len(scope.services) > 1:
        scope, note = _menu_entry(scope, about)
        notes.append(note)
    if scope.entry and scope.services:
        scope = scope.with_(entry="", value="")
    if len(scope.cohort) + bool(scope.by and scope.cohort) > 1:
        raise Shown("One characteristic at a time: combining them could single people out. Remove one and try again.")
    return scope, tuple(notes)


def _menu_period(start: date | None, end: date | None) -> tuple[date | None, date | None]:
    if start is None or end is None:
        if start is None and end is None:
            return None, None
        return None, None  # "since" and "up to" are not on the menu
    first, last = quarters.quarter_of(start), quarters.quarter_of(end)
    if first == last:
        return first.start, first.end
    if first.year == last.year:
        return quarters.year_dates(first.year)
    return None, None


def _menu_entry(scope: Scope, about: dict[str, dict[str, str]]) -> tuple[Scope, str]:
    chosen = [about[s] for s in scope.services if s in about]
    sizes = []
    for entry in ("provider", "locality", "service_type", "sector"):
        values = {a[entry] for a in chosen}
        if len(values) == 1:
            value = values.pop()
            sizes.append((sum(a[entry] == value for a in about.values()), entry, value))
    if sizes:
        size, entry, value = min(sizes)
        widened = scope.with_(services=(), entry=entry, value=value)
        note = (
            ""
            if size == len(set(scope.services))
            else f"Shown for all {size} services of {value}, the smallest group on the menu that holds the ones you chose."
        )
        return widened, note
    return scope.with_(services=(), entry="", value=""), "Shown for the whole portfolio, the smallest group on the menu that holds the services you chose."
