"""What an upload would meet in the store before anything is written: its rows as they would be stored, beside the rows that are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from domain import fields
from domain.types import Sheet
from warehouse.connect import Store

# The date that says whether a record lies in the dates a file is complete for.
RECORD_DATE = {
    "people": "started_on", "assessments": "date", "goals": "agreed_on", "goal_reviews": "date", "contacts": "date", "stories": "date",
}  # fmt: skip
Stranger = tuple[str, str, str, int, str]  # table, file, sheet as named, row, what is strange


@dataclass(frozen=True)
class Arrival:
    """`preview`: per sheet name the rows new, changed, unchanged and gone. `strangers`: rows that refer to something nobody knows.
    `content`: a hash of what the rows say, whatever their order and file.
    """

    preview: dict[str, dict[str, int]]
    strangers: list[Stranger]
    content: str


def examine(store: Store, tables: dict[str, pa.Table], complete: tuple[date, date] | None = None) -> Arrival:
    """What sending these checked tables would change and what in them nobody knows. Nothing is written."""
    with store.reading() as cursor:
        present = [sheet for sheet in fields.SHEETS if sheet.table in tables and tables[sheet.table].num_rows]
        for sheet in present:
            cursor.register(f"arrived_{sheet.table}", tables[sheet.table])
            cursor.execute(f"create or replace temp view new_{sheet.table} as select {typed(sheet)}, file, sheet, row from arrived_{sheet.table}")
        preview = {sheet.name: _changes(cursor, sheet, complete) for sheet in present}
        strange = _strangers(cursor, {sheet.table for sheet in present}, store.settings.score_window_days)
        return Arrival(preview, strange, content(said(cursor, sheet, f"new_{sheet.table}") for sheet in present))


def content(told: Iterable[str]) -> str:
    """One hash over what `said` tells of each table."""
    return hashlib.sha256("|".join(sorted(told)).encode()).hexdigest()


def said(cursor: duckdb.DuckDBPyConnection, sheet: Sheet, table: str) -> str:
    """What the rows of a table say, as a sum of row hashes: the same rows in any order give the same text."""
    row = cursor.execute(f"select count(*), coalesce(sum(hash({listed(sheet.columns)})::hugeint), 0) from {table}").fetchone()
    return f"{sheet.table} {row[0]} {row[1]}" if row else sheet.table


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


def _changes(cursor: duckdb.DuckDBPyConnection, sheet: Sheet, complete: tuple[date, date] | None) -> dict[str, int]:
    arrived = f"new_{sheet.table}"
    others = [c for c in sheet.columns if c not in sheet.key]
    differs = " or ".join(f't."{c}" is distinct from n."{c}"' for c in others) or "false"
    counted = cursor.execute(
        f"""select count(*) filter (where t.row is null), count(*) filter (where t.row is not null and ({differs})),
            count(*) filter (where t.row is not null and not ({differs}))
        from {arrived} n left join {sheet.table} t on {same(sheet.key)}"""
    ).fetchone()
    gone = 0
    if sheet.loading == "quarter":
        gone = _one(
            cursor,
            f"""select count(*) from {sheet.table} t where exists (select 1 from {arrived} n where {same(slot(sheet))})
            and not exists (select 1 from {arrived} n where {same(sheet.key)})""",
        )
    elif complete and sheet.table in RECORD_DATE:
        gone = _one(
            cursor,
            f"""select count(*) from {sheet.table} t where t.service_code in (select service_code from {arrived})
            and t.{RECORD_DATE[sheet.table]} between $first and $last and not exists (select 1 from {arrived} n where {same(sheet.key)})""",
            {"first": complete[0], "last": complete[1]},
        )
    new, changed, unchanged = counted or (0, 0, 0)
    return {"new": new, "changed": changed, "unchanged": unchanged, "gone": gone}


def _one(cursor: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None) -> int:
    row = cursor.execute(sql, parameters or {}).fetchone()
    return int(row[0]) if row else 0


def _strangers(cursor: duckdb.DuckDBPyConnection, present: set[str], window: int) -> list[Stranger]:
    """Rows that refer to something nobody knows, in the upload or in the store.

    person: no People row for that person and service. goal: a review of no goal. outside: a score more than the window outside every stay (kept, but
    not counted). more: a returned count larger than what it is out of (lines counted as percent or average are no counts).
    """
    people = _known("people", "person, service_code, started_on, ended_on", present)
    goals = _known("goals", "person, service_code, goal_ref", present)
    lines = _known("milestones", "service_code, year, ref, counted_as", present)
    asked = {
        (table, "person"): f"""i.person is not null and not exists (
            select 1 from ({people}) p where p.person = i.person and p.service_code = i.service_code)"""
        for table in ("assessments", "goals", "goal_reviews", "contacts", "stories")
    }
    asked["goal_reviews", "goal"] = f"""not exists (
        select 1 from ({goals}) g where g.person = i.person and g.service_code = i.service_code and g.goal_ref = i.goal_ref)"""
    asked["quarterly_return", "more"] = f"""i.actual > i.out_of and exists (
        select 1 from ({lines}) m where m.service_code = i.service_code and m.year = i.year and m.ref = i.ref
        and m.counted_as not in ('percent', 'average'))"""
    found: list[Stranger] = []
    for (table, what), condition in asked.items():
        if table in present:
            rows = cursor.execute(f"select file, sheet, row from new_{table} i where {condition}").fetchall()
            found += [(table, file, sheet, row, what) for file, sheet, row in rows]
    if "assessments" in present:
        rows = cursor.execute(
            f"""select i.file, i.sheet, i.row
            from (select * from new_assessments i semi join ({people}) k on k.person = i.person and k.service_code = i.service_code) i
            anti join ({people}) p on p.person = i.person and p.service_code = i.service_code
                and i.date >= p.started_on - {window} and i.date <= coalesce(p.ended_on, date '9999-12-31') + {window}"""
        ).fetchall()
        found += [("assessments", file, sheet, row, "outside") for file, sheet, row in rows]
    return sorted(found, key=lambda f: (f[1], f[2], f[3], f[4]))


def _known(table: str, columns: str, present: set[str]) -> str:
    """The rows of a table as they would be after the upload."""
    if table not in present:
        return f"select {columns} from {table}"
    return f"""select {columns} from {table} t where not exists (select 1 from new_{table} n where {same(fields.BY_TABLE[table].key)})
        union all select {columns} from new_{table}"""
