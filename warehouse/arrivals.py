"""What an upload would meet in the store before anything is written: its rows as they would be stored, beside the rows that are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from domain import fields
from domain.types import Field, Sheet
from warehouse import crosschecks
from warehouse.connect import Store
from warehouse.keys import RECORD_DATE, key_of, listed, same, slot, typed

CHANGES_LISTED = 200  # changed cells of one sheet listed one by one


@dataclass(frozen=True)
class Changed:
    """One cell that would say something else afterwards. Columns that hold people or their words are never among them."""

    file: str
    sheet: str
    row: int
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Arrival:
    """`preview`: per sheet name the rows new, changed, unchanged and gone, and `cells`, the first changed ones. `strange`: what the rows do not agree with
    (see crosschecks). `content`: a hash of what the rows say, whatever their order and file.
    """

    preview: dict[str, dict[str, int]]
    strange: list[crosschecks.Strange]
    content: str
    cells: dict[str, list[Changed]] = field(default_factory=dict)


def examine(
    store: Store, tables: dict[str, pa.Table], complete: tuple[date, date] | None = None, waiting: dict[str, pa.Table] | None = None, *, crosscheck: bool = True
) -> Arrival:
    """What sending these checked tables would change, and what in them does not agree with the rest. Nothing is kept.

    The rows are put into tables of the store's own types, and what is stored is matched with them by the same conditions as in `place`: what passes
    here cannot fail in `store.commit`. `waiting` are the rows that are held back; what is stored under their keys stays.
    """
    with store.reading() as cursor:
        present = arrive(cursor, tables)
        held = held_keys(cursor, waiting or {})
        strange = crosschecks.look(cursor, {sheet.table for sheet in present}, store.settings.score_window_days, waiting or {}) if crosscheck else []
        preview = {sheet.name: _changes(cursor, sheet, complete, held) for sheet in present}
        cells = {sheet.name: _changed_cells(cursor, sheet) for sheet in present if preview[sheet.name]["changed"]}
        said_now = content(said(cursor, sheet, f"new_{sheet.table}")[0] for sheet in present)
    return Arrival(preview, strange, said_now, cells)


def arrive(cursor: duckdb.DuckDBPyConnection, tables: dict[str, pa.Table]) -> list[Sheet]:
    """Puts checked tables into temporary tables new_<table>, typed as the store types them, each row with `nth`, its place. Returns their sheets in order."""
    present = [sheet for sheet in fields.SHEETS if sheet.table in tables and tables[sheet.table].num_rows]
    for sheet in present:
        table = tables[sheet.table]
        # Copied, not scanned where they lie: a join may hand a filter to an Arrow scan that it cannot take (DuckDB 1.5, BLOOM_FILTER).
        cursor.register("arrived_rows", table.append_column("nth", pa.array(np.arange(table.num_rows))))
        file = "file" if "file" in table.column_names else "'' as file"
        cursor.execute(f"create or replace temp table new_{sheet.table} as select {typed(sheet)}, {file}, sheet, row, nth, '' as upload_id from arrived_rows")
        cursor.unregister("arrived_rows")
    return present


def held_keys(cursor: duckdb.DuckDBPyConnection, waiting: dict[str, pa.Table]) -> bool:
    """Makes the temporary table `held_key` (table_name, key) of the rows that are held back. Returns whether there are any."""
    cursor.execute("create or replace temp table held_key (table_name varchar, key varchar)")
    for name, table in waiting.items():
        sheet = fields.BY_TABLE[name]
        cursor.register("held_rows", table)
        cursor.execute(f"insert into held_key select '{name}', {key_of(sheet)} from (select {typed(sheet)} from held_rows)")
        cursor.unregister("held_rows")
    return any(table.num_rows for table in waiting.values())


def leaving(sheet: Sheet, arrived: str, complete: tuple[date, date] | None, held: bool) -> str:
    """SQL condition on rows t of the store: those that go because this sheet arrives, whether or not one of its rows takes their place.

    A quarter sheet replaces its quarter; a record sheet said to be complete replaces the records dated in between. What waits is not gone.
    """
    kept = f" and not exists (select 1 from held_key h where h.table_name = '{sheet.table}' and h.key = {key_of(sheet, 't.')})" if held else ""
    if sheet.loading == "quarter":
        return f"exists (select 1 from (select distinct {listed(slot(sheet))} from {arrived}) n where {same(slot(sheet))}){kept}"
    if complete and sheet.table in RECORD_DATE:
        first, last = (day.isoformat() for day in complete)
        day = RECORD_DATE[sheet.table]
        return f"t.service_code in (select service_code from {arrived}) and t.{day} between date '{first}' and date '{last}'{kept}"
    return "false"


def place(cursor: duckdb.DuckDBPyConnection, sheet: Sheet, arrived: str, complete: tuple[date, date] | None, held: bool) -> None:
    """Puts the rows of the view `arrived` (columns of the sheet, upload_id, sheet, row) in place, inside the caller's transaction."""
    if (going := leaving(sheet, arrived, complete, held)) != "false":
        cursor.execute(f"delete from {sheet.table} t where {going}")
    cursor.execute(f"delete from {sheet.table} t using {arrived} n where {same(sheet.key)}")
    cursor.execute(f"insert into {sheet.table} by name select {listed(sheet.columns)}, upload_id, sheet, row from {arrived}")


def content(told: Iterable[str]) -> str:
    """One hash over what `said` tells of each table."""
    return hashlib.sha256("|".join(sorted(told)).encode()).hexdigest()


def said(cursor: duckdb.DuckDBPyConnection, sheet: Sheet, table: str) -> tuple[str, set[str]]:
    """(what the rows of a table say, as a sum of row hashes: the same rows in any order give the same text; the services they are of)."""
    each = cursor.execute(f"select service_code, count(*), sum(hash({listed(sheet.columns)})) from {table} group by service_code").fetchall()
    return f"{sheet.table} {sum(n for _, n, _ in each)} {sum(int(hashes) for *_, hashes in each)}", {service for service, *_ in each}


def _changes(cursor: duckdb.DuckDBPyConnection, sheet: Sheet, complete: tuple[date, date] | None, held: bool) -> dict[str, int]:
    arrived = f"new_{sheet.table}"
    others = [c for c in sheet.columns if c not in sheet.key]
    differs = " or ".join(f't."{c}" is distinct from n."{c}"' for c in others) or "false"
    counted = cursor.execute(
        f"""select count(*) filter (where t.row is null), count(*) filter (where t.row is not null and ({differs})),
            count(*) filter (where t.row is not null and not ({differs}))
        from {arrived} n left join {sheet.table} t on {same(sheet.key)}"""
    ).fetchone()
    gone = 0
    if (going := leaving(sheet, arrived, complete, held)) != "false":
        row = cursor.execute(
            f"select count(*) from {sheet.table} t where {going} and not exists (select 1 from {arrived} n where {same(sheet.key)})"
        ).fetchone()
        gone = int(row[0]) if row else 0
    new, changed, unchanged = counted or (0, 0, 0)
    return {"new": new, "changed": changed, "unchanged": unchanged, "gone": gone}


def _changed_cells(cursor: duckdb.DuckDBPyConnection, sheet: Sheet) -> list[Changed]:
    """The first changed cells of a sheet in the order of its rows: from what to what. People's words are left out, other long words cut short."""
    shown = [f for f in sheet.fields if f.column not in sheet.key and not f.personal and f.kind != "person"]
    parts = [
        f"""select n.file, n.sheet, n.row, {place_} as across, '{f.column}' as changed, {_as_shown(f, "t")} as before, {_as_shown(f, "n")} as after
        from new_{sheet.table} n join {sheet.table} t on {same(sheet.key)} where t."{f.column}" is distinct from n."{f.column}" """
        for place_, f in enumerate(shown)
    ]
    if not parts:
        return []
    rows = cursor.execute(f"select * from ({' union all '.join(parts)}) order by file, sheet, row, across limit {CHANGES_LISTED}").fetchall()
    return [Changed(file, named, row, sheet.field(column).name, before or "", after or "") for file, named, row, _, column, before, after in rows]


def _as_shown(f: Field, row: str) -> str:
    value = f'{row}."{f.column}"'
    if f.kind == "score":
        return f"regexp_replace(regexp_replace(cast({value} as varchar), '0+$', ''), '[.]$', '')"
    if f.kind == "number":
        return f"format('{{:g}}', {value})"
    if f.kind == "date":
        return f"strftime({value}, '%-d %b %Y')"
    return f"case when length(cast({value} as varchar)) > 60 then left(cast({value} as varchar), 59) || '…' else cast({value} as varchar) end"
