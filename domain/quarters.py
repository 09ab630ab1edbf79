"""Plan years and quarters: April to March unless a setting says otherwise. Quarter 3 of 2025-26 is October to December 2025."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
YEAR_STARTS_IN = 4

_YEAR = re.compile(r"^(?:FY\s*)?(\d{4})\s*[-/–]\s*(\d{2}|\d{4})$", re.I)
_SHORT_YEAR = re.compile(r"^(\d{2})\s*[-/–]\s*(\d{2})$")


@dataclass(frozen=True, order=True)
class Quarter:
    """One quarter of a plan year. `year` is the calendar year in which the plan year starts; `number` is 1 to 4."""

    year: int
    number: int

    @property
    def start(self) -> date:
        return _starts(self.year, self.number, YEAR_STARTS_IN)

    @property
    def end(self) -> date:
        return _ends(self.year, self.number, YEAR_STARTS_IN)

    def next(self) -> Quarter:
        return Quarter(self.year, self.number + 1) if self.number < 4 else Quarter(self.year + 1, 1)

    def previous(self) -> Quarter:
        return Quarter(self.year, self.number - 1) if self.number > 1 else Quarter(self.year - 1, 4)

    def __str__(self) -> str:
        return f"{year_name(self.year)} Q{self.number}"

    def months(self) -> str:
        """`October to December 2025`: quarters are always shown with their months."""
        return f"{MONTHS[self.start.month - 1]} to {MONTHS[self.end.month - 1]} {self.end.year}"


@lru_cache(maxsize=1024)
def _starts(year: int, number: int, first_month: int) -> date:
    month = first_month + 3 * (number - 1)
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


@lru_cache(maxsize=1024)
def _ends(year: int, number: int, first_month: int) -> date:
    return _starts(*((year, number + 1) if number < 4 else (year + 1, 1)), first_month) - timedelta(days=1)


def year_name(year: int) -> str:
    """`2025-26` for the plan year that starts in 2025."""
    return f"{year}-{(year + 1) % 100:02d}"


def year_dates(year: int) -> tuple[date, date]:
    """First and last day of the plan year that starts in `year`."""
    return Quarter(year, 1).start, Quarter(year, 4).end


def quarter_of(day: date) -> Quarter:
    """The quarter a date falls in."""
    months = (day.year * 12 + day.month - 1) - (YEAR_STARTS_IN - 1)
    return Quarter(months // 12, months % 12 // 3 + 1)


def parse_year(text: str) -> int | None:
    """The starting year of `2025-26`, `2025/26`, `2025-2026` or `25/26`; None when it is not a plan year (`2025` alone is ambiguous)."""
    text = text.strip()
    if match := _YEAR.match(text):
        year, after = int(match[1]), int(match[2]) % 100
    elif match := _SHORT_YEAR.match(text):
        year, after = 2000 + int(match[1]), int(match[2])
    else:
        return None
    return year if (year + 1) % 100 == after else None


def parse_quarter(text: str) -> tuple[int | None, int] | None:
    """(starting year or None, quarter number) of `2025-26 Q3`, `Q3 25/26`, `Q3` or `3`; None when it is neither.

    A bare `2025Q3` is None: it may mean the calendar or the plan year, so it is asked about, never guessed.
    """
    text = re.sub(r"\s+", " ", text.strip())
    if match := re.match(r"^(?:Q(?:uarter)?\s*)?([1-4])(?:\.0)?$", text, re.I):
        return None, int(match[1])
    if match := re.match(r"^(.*?)[ ,]*Q(?:uarter)?\s*([1-4])$", text, re.I):
        year, number = parse_year(match[1]), int(match[2])
    elif match := re.match(r"^Q(?:uarter)?\s*([1-4])[ ,]*(.*)$", text, re.I):
        year, number = parse_year(match[2]), int(match[1])
    else:
        return None
    return None if year is None else (year, number)


@lru_cache(maxsize=1024)  # charts ask for the same few names again and again
def quarter_named(text: str) -> Quarter | None:
    """The Quarter of a full name such as `2025-26 Q3`, else None."""
    found = parse_quarter(text)
    return Quarter(found[0], found[1]) if found and found[0] is not None else None


def british(day: date) -> str:
    """`3 April 2025`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def period_name(start: date | None, end: date | None) -> str:
    """A period in words: `2025-26`, `October to December 2025`, `all the time we have`, else its two dates."""
    if start is None and end is None:
        return "all the time we have"
    if start is None:
        assert end is not None
        return f"up to {british(end)}"
    if end is None:
        return f"since {british(start)}"
    quarter = quarter_of(start)
    if (start, end) == (quarter.start, quarter.end):
        return quarter.months()
    if (start, end) == year_dates(quarter.year):
        return f"April {quarter.year} to March {quarter.year + 1}"
    return f"{british(start)} to {british(end)}"
