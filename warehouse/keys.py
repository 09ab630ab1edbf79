"""What makes a row the same row again, as SQL: its columns as the store types them, its natural key, and what a quarter sheet replaces."""

from __future__ import annotations

from collections.abc import Sequence

from domain import fields
from domain.types import Sheet

# The date that says whether a record lies in the dates a file is complete for.
RECORD_DATE = {
    "people": "started_on", "assessments": "date", "goals": "agreed_on", "goal_reviews": "date", "contacts": "date", "stories": "date",
}  # fmt: skip


def typed(sheet: Sheet) -> str:
    """The sheet's columns as the store types them: a keyed hash comes as text and is kept as its 128 bits."""
    return ", ".join(f'cast("{f.column}" as {fields.sql_type(f)}) as "{f.column}"' for f in sheet.fields)


def slot(sheet: Sheet) -> tuple[str, ...]:
    """What a quarter sheet replaces: its rows for a service and quarter (or period)."""
    return ("service_code", "period_start", "period_end") if sheet.table == "indicators" else ("service_code", "year", "quarter")


def listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{c}"' for c in columns)


def same(columns: Sequence[str]) -> str:
    """Row t of the store is row n of the upload: blanks in a key match blanks."""
    # service_code is never null, and a plain equality lets the join hash on it first
    return " and ".join(f't."{c}" = n."{c}"' if c == "service_code" else f't."{c}" is not distinct from n."{c}"' for c in columns)


def key_of(sheet: Sheet, row: str = "") -> str:
    """SQL: one text for the natural key of a row. One-way, because some keys hold words."""
    return "md5(concat_ws('|', " + ", ".join(f"""coalesce(cast({row}"{c}" as varchar), '')""" for c in sheet.key) + "))"
