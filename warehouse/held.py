"""Rows that wait: kept with their upload so that nothing sent is forgotten, without anything that says who or what was written.

A held row keeps where it stood (file, sheet, row), which rules hold it, its service, the person's keyed hash, its coded cells (dates, scores, words
of closed lists) and digests of its natural key. A later upload settles it by holding the same key, or by holding the same row of the same sheet of
the same file with the same parts of the key that could be relied on; a later return of the same quarter settles the quarter's rows, and a later file
that is complete for some dates the rows dated in between. And somebody may say that a row is no longer needed (store.settle).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from domain import fields
from domain.types import Field, Sheet
from warehouse import ledger
from warehouse.connect import Store
from warehouse.keys import RECORD_DATE, key_of, slot, typed

TABLE = "held"  # the name of its Parquet file in the ledger's folder of an upload
CODED = ("date", "quarter", "year", "time", "choice", "measure", "score", "number", "integer", "money")
COLUMNS = ("file", "sheet", "row", "table_name", "provider", "service_code", "person", "key", "sound", "codes", "cells")


@dataclass(frozen=True)
class Held:
    """One row that waits. `cells` are its coded columns by heading, as text."""

    upload_id: str
    happened_at: datetime
    file: str
    sheet: str
    row: int
    table: str
    service: str
    codes: tuple[str, ...]
    cells: dict[str, str]


def made(store: Store, waiting: dict[str, pa.Table], provider_of: dict[str, str], sender: str = "") -> pa.Table | None:
    """One row per held row as the ledger keeps it; None where there are none. `waiting` are masked tables with `codes` and `unsound`.

    `sender` is the provider of rows whose service nobody knows.
    """
    parts = []
    with store.reading() as cursor:
        cursor.execute("create or replace temp table provider_of as select unnest($s) as service_code, unnest($p) as provider",
                       {"s": list(provider_of) or [""], "p": list(provider_of.values()) or [""]})  # fmt: skip
        for name, table in waiting.items():
            if not table.num_rows:
                continue
            sheet = fields.BY_TABLE[name]
            cursor.register("held_rows", table)
            person = 'cast("person" as varchar)' if "person" in sheet.columns else "cast(null as varchar)"
            rows = cursor.execute(
                f"""select file, sheet, row, '{name}' as table_name, coalesce(p.provider, $sender) as provider, p.service_code, {person} as person,
                    case when {_whole(sheet)} then {key_of(sheet)} end as key, {_sound(sheet)} as sound, codes, {_cells(sheet)} as cells
                from (select {typed(sheet)}, file, sheet, row, codes, ';' || replace(unsound, '; ', ';') || ';' as unsound from held_rows) h
                left join provider_of p using (service_code)""",
                {"sender": sender},
            ).to_arrow_table()
            cursor.unregister("held_rows")
            parts.append(rows)
    return pa.concat_tables(parts) if parts else None


def _whole(sheet: Sheet) -> str:
    """SQL: whether every part of the natural key is there and was understood."""
    there = [f'"{c}" is not null' for c in sheet.key if sheet.field(c).required]
    return " and ".join([*there, *(f"not contains(unsound, ';{c};')" for c in sheet.key)])


def _sound(sheet: Sheet, stored: bool = False) -> str:
    """SQL: the parts of the natural key that can be relied on, each as column=digest. Of a stored row that is all of them.

    `unsound` names what was not understood, and with a tilde what was but may be the mistake (a person nobody knows).
    """
    parts = []
    for c in sheet.key:
        said = _digest(c)
        if not stored:
            there = f'"{c}" is not null and ' if sheet.field(c).required else ""
            said = f"case when {there}not contains(unsound, ';{c};') and not contains(unsound, ';{c}~;') then {said} end"
        parts.append(said)
    return f"list_filter([{', '.join(parts)}], lambda x: x is not null)"


def _digest(column: str) -> str:
    return f"""'{column}=' || left(md5(coalesce(cast("{column}" as varchar), '')), 16)"""


def _cells(sheet: Sheet) -> str:
    coded = [f for f in sheet.fields if (f.kind in CODED and not f.personal) or f.kind == "category"]
    pairs = ", ".join(f"'{f.name.replace(chr(39), chr(39) * 2)}': {_said(f)}" for f in coded)
    return f"cast(to_json({{{pairs}}}) as varchar)" if coded else "'{}'"


def _said(f: Field) -> str:
    if f.kind == "score":  # as it was written: 99, not 99.000
        return f"""regexp_replace(regexp_replace(cast("{f.column}" as varchar), '0+$', ''), '[.]$', '')"""
    if f.kind == "category":  # somebody's own words stay out
        return f'case when "{f.column}" in ({", ".join(_text(c) for c in f.choices)}) then cast("{f.column}" as varchar) end'
    return f'cast("{f.column}" as varchar)'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def arrived(cursor: duckdb.DuckDBPyConnection, root: Path, record: dict[str, Any]) -> None:
    """Inside the caller's transaction: what this upload settles of earlier ones' rows, and its own rows that wait. First storing and rebuilding share this."""
    upload_id = record["upload_id"]
    path = ledger.parquet(root, upload_id, TABLE)
    if _any(cursor):
        _settle(cursor, root, record, path)
    if path:
        listed = ", ".join(c if c != "person" else "cast(person as uuid) as person" for c in COLUMNS)
        cursor.execute(f"insert into held by name select $id as upload_id, {listed} from read_parquet($path)", {"id": upload_id, "path": str(path)})


def _any(cursor: duckdb.DuckDBPyConnection) -> bool:
    row = cursor.execute("select count(*) from (select 1 from held limit 1)").fetchone()
    return bool(row and row[0])


def _settle(cursor: duckdb.DuckDBPyConnection, root: Path, record: dict[str, Any], path: Path | None) -> None:
    for sheet in fields.SHEETS:
        stored = ledger.parquet(root, record["upload_id"], sheet.table)
        if stored:
            has_file = "file" in {row[0] for row in cursor.execute("select name from parquet_schema($p)", {"p": str(stored)}).fetchall()}
            cursor.execute(
                f"""create or replace temp table settling as select {"file" if has_file else "'' as file"}, sheet, row, {key_of(sheet)} as key,
                    {_sound(sheet, stored=True)} as sound from (select {typed(sheet)}, sheet, row, {"file" if has_file else "'' as file"}
                    from read_parquet('{_quoted(stored)}'))"""
            )
            _settled_by(cursor, sheet.table, record["upload_id"], "select * from settling")
            if sheet.loading == "quarter":
                parts = ", ".join(map(_digest, slot(sheet)))
                cursor.execute(
                    f"""insert into held_settled select h.upload_id, h.file, h.sheet, h.row, h.table_name, $v from held h
                    where h.table_name = '{sheet.table}' and exists (
                        select 1 from (select distinct [{parts}] as parts from (select {typed(sheet)} from read_parquet('{_quoted(stored)}'))) n
                        where list_has_all(h.sound, n.parts))""",
                    {"v": record["upload_id"]},
                )
            if (days := record["detail"].get("complete")) and sheet.table in RECORD_DATE:
                cursor.execute(
                    f"""insert into held_settled select h.upload_id, h.file, h.sheet, h.row, h.table_name, $v from held h
                    where h.table_name = '{sheet.table}' and h.service_code in (select service_code from read_parquet('{_quoted(stored)}'))
                    and try_cast(json_extract_string(h.cells, $heading) as date) between cast($first as date) and cast($last as date)""",
                    {"v": record["upload_id"], "heading": f'$."{sheet.field(RECORD_DATE[sheet.table]).name}"', "first": days[0], "last": days[1]},
                )
            cursor.execute("drop table settling")
        if path:
            again = f"select file, sheet, row, key, sound from read_parquet('{_quoted(path)}') where table_name = '{sheet.table}'"
            _settled_by(cursor, sheet.table, record["upload_id"], again)


def _settled_by(cursor: duckdb.DuckDBPyConnection, table: str, upload_id: str, arrived_rows: str) -> None:
    cursor.execute(
        f"""insert into held_settled
        select distinct h.upload_id, h.file, h.sheet, h.row, h.table_name, $v from held h semi join ({arrived_rows}) n on n.key = h.key where h.table_name = $t
        union select distinct h.upload_id, h.file, h.sheet, h.row, h.table_name, $v from held h
        join ({arrived_rows}) n on n.sheet = h.sheet and n.row = h.row and (n.file = h.file or len(h.sound) > 1)
            and (list_has_all(n.sound, h.sound) or list_has_all(h.sound, n.sound))
        where h.table_name = $t""",
        {"v": upload_id, "t": table},
    )


def mark_settled(cursor: duckdb.DuckDBPyConnection, change_id: str, rows: list[list[Any]]) -> None:
    """Inside the caller's transaction: these rows (upload, file, sheet, row, table) wait no longer, because of this change."""
    for upload_id, file, sheet, row, table in rows:
        cursor.execute("insert into held_settled values (?, ?, ?, ?, ?, ?)", [upload_id, file, sheet, row, table, change_id])


def waiting(store: Store, providers: tuple[str, ...] | None = None) -> list[Held]:
    """The rows that wait, newest upload first; with `providers`, only theirs."""
    with store.reading() as cursor:
        return waiting_as_of(cursor, providers)


def waiting_as_of(cursor: duckdb.DuckDBPyConnection, providers: tuple[str, ...] | None = None) -> list[Held]:
    """The same as this cursor sees it, also in the middle of a rehearsal."""
    rows = cursor.execute(
        """select h.upload_id, u.happened_at, h.file, h.sheet, h.row, h.table_name, h.service_code, h.codes, h.cells
        from held h join upload u on u.upload_id = h.upload_id and u.state = 'live'
        where ($all or h.provider in (select unnest($providers))) and not exists (
            select 1 from held_settled s join upload v on v.upload_id = s.settled_by and v.state = 'live'
            where s.upload_id = h.upload_id and s.file = h.file and s.sheet = h.sheet and s.row = h.row and s.table_name = h.table_name)
        order by u.position desc, h.file, h.sheet, h.row""",
        {"all": providers is None, "providers": list(providers or ()) or [""]},
    ).fetchall()
    return [
        Held(i, at, file, sheet, row, table, service or "", tuple(codes.split("; ")), {k: v for k, v in json.loads(cells).items() if v is not None})
        for i, at, file, sheet, row, table, service, codes, cells in rows
    ]


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
