"""What the groups of a breakdown are called, in which order they stand, and the words every chart of a page shares."""

from __future__ import annotations

from access import desk
from domain import quarters
from domain.types import Released, ReleasedRow, Scope
from ui import session, words


def of(released: Released) -> dict[str, str]:
    """Group -> words: names for services and providers, months for quarters, the group itself otherwise."""
    return named_rows(released, session.names())


def named_rows(released: Released, names: dict[str, str]) -> dict[str, str]:
    """The same from names given, for what is cached and so may not ask who is looking."""
    return {row.group: named(released.scope.by, row.group, names) for row in released.rows}


def named(by: str, group: str, names: dict[str, str]) -> str:
    if by in ("start_quarter", "end_quarter"):
        quarter = quarters.quarter_named(group)
        return quarter.months() if quarter else words.capital(group)
    if by == "deprivation_quintile":
        return {"1": "1 (most deprived fifth)", "5": "5 (least deprived fifth)"}.get(group, group)
    return names.get(group, group) if by in ("service", "provider") else words.capital(group)


def within(name: str) -> str:
    """A group's words inside a sentence: months keep their capital, other words lose it."""
    return name if quarters.quarter_named(name) or name[:3] in {month[:3] for month in quarters.MONTHS} or name[:1].isdigit() else name[:1].lower() + name[1:]


def ordered(released: Released) -> list[ReleasedRow]:
    """Rows in the order in which people look for them: quarters by date, services by type and name, the rest by name; never by result."""
    by, called = released.scope.by, of(released)
    if by == "service":
        place = {card.code: number for number, card in enumerate(session.services())}
        return sorted(released.rows, key=lambda row: (place.get(row.group, len(place)), row.group, row.still_open))
    if by in ("start_quarter", "end_quarter"):
        return sorted(released.rows, key=lambda row: (quarters.quarter_named(row.group) is None, row.group, row.still_open))
    return sorted(released.rows, key=lambda row: (row.group in ("not stated", "other"), called[row.group].lower(), row.still_open))


def footer(released: Released, alone: bool = True) -> str:
    """How many people (where one answer stands `alone` in the figure), source, date: under every chart."""
    total = released.total
    n = f"{total.denominator:,} people. " if alone and total and total.denominator is not None else ""
    return f"{n}Returns of the services, data up to {words.day(released.data_date)}, version {released.data_version}."


def is_year(period: desk.Period) -> bool:
    """Whether an entry of the period menu is a plan year."""
    return period.start is not None and (period.start, period.end) == quarters.year_dates(quarters.quarter_of(period.start).year)


def who(scope: Scope, period: bool = True) -> str:
    """For whom and (unless the chart's own axis says so) when, as the subtitle of a chart."""
    return " · ".join(text for part, text in scope.with_(by="").chips(session.names()) if period or part != "period")


def whole(released: Released) -> ReleasedRow | None:
    """The one row for everybody of a scope without a breakdown; people still with the service stand apart from it."""
    return next((row for row in released.rows if not row.still_open), released.total)
