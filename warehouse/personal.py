"""Everything that is kept about one person or past a date, for answering requests and for retention. Reads only; `erasure` takes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb

from domain import fields
from warehouse import arrivals, erasure, ledger
from warehouse.connect import Store

PEOPLE_SHEETS = tuple(s for s in fields.SHEETS if any(f.kind == "person" for f in s.fields))
Rows = dict[str, list[dict[str, Any]]]  # sheet name -> rows by column


def code_name(store: Store, person: str) -> str:
    """The readable label of a person (32 hex characters of the keyed hash); empty when there is none."""
    with store.reading() as cursor:
        row = cursor.execute("select name from code_name where person = cast($p as uuid)", {"p": person}).fetchone()
    return row[0] if row else ""


def named_people(store: Store, providers: Sequence[str]) -> dict[str, str]:
    """Person (32 hex characters of the keyed hash) -> code name, of everybody at the services of these providers."""
    with store.reading() as cursor:
        rows = cursor.execute(
            """select distinct replace(cast(c.person as varchar), '-', ''), c.name from code_name c join people p on p.person = c.person
            join services s on s.service_code = p.service_code where s.provider_code in (select unnest($providers))""",
            {"providers": list(providers) or [""]},
        ).fetchall()
    return dict(rows)


def rows_of(store: Store, person: str) -> Rows:
    """The rows that count now and are about somebody, by sheet, without the person columns."""
    with store.reading() as cursor:
        return {s.name: rows for s in PEOPLE_SHEETS if (rows := _rows(cursor, f"from {s.table}", s.table, person))}


def earlier_rows(store: Store, person: str) -> Rows:
    """The rows about somebody in the ledger's uploads that are not what counts now: changed since, or taken back."""
    found: Rows = {}
    with store.reading() as cursor:
        for upload_id, happened_at in cursor.execute("select upload_id, happened_at from upload where kind = 'upload' order by position").fetchall():
            for sheet in PEOPLE_SHEETS:
                path = ledger.parquet(store.ledger, upload_id, sheet.table)
                if path is None:
                    continue
                quoted = str(path).replace("'", "''")
                stored = (
                    f"from (select {arrivals.typed(sheet)} from read_parquet('{quoted}') except select {arrivals.listed(sheet.columns)} from {sheet.table})"
                )
                for row in _rows(cursor, stored, sheet.table, person):
                    found.setdefault(sheet.name, []).append({"sent": happened_at, **row})
    return found


def _rows(cursor: duckdb.DuckDBPyConnection, source: str, table: str, person: str) -> list[dict[str, Any]]:
    shown = [f.column for f in fields.BY_TABLE[table].fields if f.kind != "person"]
    order = ", ".join(f'"{c}"' for c in ("service_code", *filter(None, [arrivals.RECORD_DATE.get(table)])))
    cursor.execute(f"select {arrivals.listed(shown)} {source} where person = cast($p as uuid) order by {order}", {"p": person})
    return [dict(zip(shown, row, strict=True)) for row in cursor.fetchall()]


def held_rows(store: Store, person: str) -> int:
    """How many rows about somebody wait for a correction."""
    with store.reading() as cursor:
        if "held" not in erasure.people_tables(cursor):
            return 0
        row = cursor.execute("select count(*) from held where person = cast($p as uuid)", {"p": person}).fetchone()
    return row[0] if row else 0


def barred(store: Store, digest: str, kind: str = "person") -> tuple[bool, date | None]:
    """(whether this person or story must not come back, what is dated before which day; None: nothing may)."""
    with store.reading() as cursor:
        marks = erasure.marks(cursor)
    return (kind, digest) in marks, marks.get((kind, digest))


def has_story(store: Store, service: str, ref: str) -> bool:
    with store.reading() as cursor:
        row = cursor.execute("select count(*) from stories where service_code = $s and story_ref = $r", {"s": service, "r": ref}).fetchone()
    return bool(row and row[0])


def past(store: Store, before: date) -> tuple[list[str], list[tuple[str, str]]]:
    """(people of whom nothing is dated on or after a day, stories told before it with nobody named): what retention would take out.

    The latest of anything recorded about a person counts; somebody whose time with a service was never ended counts by the last thing recorded.
    """
    dates = [("people", "greatest(started_on, coalesce(ended_on, started_on))"), *((t, d) for t, d in arrivals.RECORD_DATE.items() if t != "people")]
    union = " union all ".join(f"select person, {day} as day from {table} where person is not null" for table, day in dates)
    with store.reading() as cursor:
        people = cursor.execute(f"select person from ({union}) group by person having max(day) < $before", {"before": before}).fetchall()
        stories = cursor.execute("select service_code, story_ref from stories where person is null and date < $before", {"before": before}).fetchall()
    return [str(p).replace("-", "") for (p,) in people], [(s, r) for s, r in stories]
