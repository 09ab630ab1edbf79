"""What uploads changed: states of the store before and after, made again from the ledger in a transaction that is rolled back, and compared row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from domain import fields
from domain.errors import Shown
from domain.types import Sheet
from warehouse import ledger
from warehouse import store as writes
from warehouse.connect import Store
from warehouse.keys import listed, same

LISTED = 200  # differences of one sheet told one by one


@dataclass(frozen=True)
class Difference:
    """One sheet between two states: rows by what became of them, and the first cells: what (new, changed, gone), about, column, before, after."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    same: int = 0
    cells: list[dict[str, str]] = field(default_factory=list)

    @property
    def any(self) -> bool:
        return bool(self.new or self.changed or self.gone)


def between(store: Store, first: str, second: str, services: Sequence[str]) -> dict[str, Difference]:
    """By sheet name, how the rows of these services differ between just after one upload and just after another. Nothing is kept.

    Raises Shown where there is no such upload.
    """
    with store.lock, store.reading() as cursor:
        before, after = sorted((_position(cursor, first), _position(cursor, second)))
        return _compared(store, cursor, before, after, list(services))


def made_by(store: Store, upload_id: str, services: Sequence[str]) -> dict[str, Difference]:
    """By sheet name, what one upload changed when it came."""
    with store.lock, store.reading() as cursor:
        at = _position(cursor, upload_id)
        tables = [s.table for s in fields.SHEETS if ledger.parquet(store.ledger, upload_id, s.table)]
        return _compared(store, cursor, at - 1, at, list(services), tables)


def each(store: Store, upload_ids: Sequence[str], services: Sequence[str]) -> dict[str, dict[str, Difference]]:
    """Upload id -> what it changed, without cells: one pass through the ledger for all of them."""
    found: dict[str, dict[str, Difference]] = {}
    codes, tables = list(services), _every_table()
    with store.lock, store.reading() as cursor:
        changes = cursor.execute("select upload_id, kind, position from upload where kind in ('upload', 'undo') order by position").fetchall()
        writes.as_of(store, cursor, codes, tables, -1)
        for upload_id, kind, position in changes:
            if kind == "undo":
                writes.as_of(store, cursor, codes, tables, position)
                continue
            own = [s for s in fields.SHEETS if ledger.parquet(store.ledger, upload_id, s.table)]
            if upload_id in upload_ids:
                _copy(cursor, own, codes, "before")
            writes.put_in_place(store, cursor, upload_id, codes, tables)
            if upload_id in upload_ids:
                _copy(cursor, own, codes, "after")
                found[upload_id] = {s.name: d for s in own if (d := _difference(cursor, s, cells=False)).any or d.same}
    return found


def tables_of(store: Store, upload_id: str) -> tuple[dict[str, pa.Table], tuple[date, date] | None, str]:
    """(the checked tables an upload stored, the dates it was complete for, the fingerprint of the key it was sent under)."""
    record = ledger.read_event(store.ledger, upload_id)
    found = {s.table: pq.read_table(path) for s in fields.SHEETS if (path := ledger.parquet(store.ledger, upload_id, s.table))}
    days = record["detail"].get("complete")
    return found, (date.fromisoformat(days[0]), date.fromisoformat(days[1])) if days else None, record["detail"].get("key_fingerprint", "")


def providers_behind(store: Store) -> dict[str, set[str]]:
    """Change id -> codes of the providers whose services it touched, an empty one for a service nobody knows.

    A service that a change took out again (its only upload was taken back) is still its provider's: the ledger says whose it was. Of one that was taken
    back and is another's by now, both are told.
    """
    now, touched = writes.known_services(store), writes.services_touched(store)
    changes = {u.upload_id: u for u in writes.uploads(store) if u.kind in ("upload", "undo")}
    undoes = {i: str(detail.get("undoes") or i) for i, detail in writes.details(store).items() if i in changes}
    state_of = {i: u.state for i, u in changes.items()}
    found: dict[str, set[str]] = {}
    once: dict[str, str] | None = None
    for i in changes:
        behind = {s: {now[s]} if s in now else set() for s in touched.get(i, [])}
        if state_of.get(undoes.get(i, i)) == "undone":
            held = _services_in(store, undoes.get(i, i))
            for s in behind:
                behind[s] |= {held[s]} if s in held else set()
        for s, of in behind.items():
            if not of:
                once = once_known(store) if once is None else once
                of.add(once.get(s, ""))
        found[i] = set().union(*behind.values()) if behind else set()
    return found


def once_known(store: Store) -> dict[str, str]:
    """Service code -> provider code, of every service that any upload of the ledger tells of; the latest word counts."""
    found: dict[str, str] = {}
    for upload in sorted((u for u in writes.uploads(store) if u.kind == "upload"), key=lambda u: u.happened_at):
        found |= _services_in(store, upload.upload_id)
    return found


def _services_in(store: Store, upload_id: str) -> dict[str, str]:
    path = ledger.parquet(store.ledger, upload_id, "services")
    rows = pq.read_table(path, columns=["service_code", "provider_code"]).to_pylist() if path else []
    return {str(r["service_code"]): str(r["provider_code"]) for r in rows}


def _every_table() -> list[str]:
    return [s.table for s in fields.SHEETS]


def _position(cursor: duckdb.DuckDBPyConnection, upload_id: str) -> int:
    row = cursor.execute("select position from upload where upload_id = $id and kind = 'upload'", {"id": upload_id}).fetchone()
    if row is None:
        raise Shown("There is no such upload. The list shows those there are.")
    return int(row[0])


def _compared(
    store: Store, cursor: duckdb.DuckDBPyConnection, before: int, after: int, services: list[str], tables: Sequence[str] | None = None
) -> dict[str, Difference]:
    wanted = list(tables if tables is not None else _every_table())
    sheets = [s for s in fields.SHEETS if s.table in wanted]
    for position, name in ((before, "before"), (after, "after")):
        writes.as_of(store, cursor, services, wanted, position)
        _copy(cursor, sheets, services, name)
    return {s.name: d for s in sheets if (d := _difference(cursor, s)).any or d.same}


def _copy(cursor: duckdb.DuckDBPyConnection, sheets: Sequence[Sheet], services: list[str], name: str) -> None:
    for sheet in sheets:
        cursor.execute(
            f"create or replace temp table {name}_{sheet.table} as select {listed(sheet.columns)}, row from {sheet.table} "
            "where service_code in (select unnest($services))",
            {"services": services or [""]},
        )


def _difference(cursor: duckdb.DuckDBPyConnection, sheet: Sheet, cells: bool = True) -> Difference:
    others = [c for c in sheet.columns if c not in sheet.key]
    differs = " or ".join(f't."{c}" is distinct from n."{c}"' for c in others) or "false"
    joined = f"from before_{sheet.table} t full join after_{sheet.table} n on {same(sheet.key)}"
    both = "t.service_code is not null and n.service_code is not null"
    row = cursor.execute(
        f"""select count(*) filter (where t.service_code is null), count(*) filter (where {both} and ({differs})),
            count(*) filter (where n.service_code is null), count(*) filter (where {both} and not ({differs})) {joined}"""
    ).fetchone()
    new, changed, gone, same_rows = row or (0, 0, 0, 0)
    told = _cells(cursor, sheet, joined, differs, others) if cells and (new or changed or gone) else []
    return Difference(new, changed, gone, same_rows, told)


def _cells(cursor: duckdb.DuckDBPyConnection, sheet: Sheet, joined: str, differs: str, others: list[str]) -> list[dict[str, str]]:
    """The first LISTED differing cells. People are never shown, nor what they said: of those only that it changed."""
    about = [f for f in sheet.fields if f.column in sheet.key and not f.personal and f.kind not in ("person", "text")]
    plain = [sheet.field(c) for c in others if sheet.field(c).kind != "person"]
    columns = [f'coalesce(n."{f.column}", t."{f.column}")' for f in about]
    pairs = [part for f in plain for part in (f't."{f.column}"', f'n."{f.column}"')]
    what = "case when t.service_code is null then 'new' when n.service_code is null then 'gone' else 'changed' end"
    cursor.execute(
        f"select {what}, {', '.join([*columns, *pairs])} {joined} where t.service_code is null or n.service_code is null or {differs} "
        f"order by coalesce(n.row, t.row) limit {LISTED}"
    )
    told: list[dict[str, str]] = []
    for kind, *values in cursor.fetchall():
        line = ", ".join(_said(v) for v in values[: len(columns)] if v is not None)
        if kind != "changed":
            told.append({"what": kind, "about": line, "column": "the whole row", "before": "", "after": ""})
            continue
        rest = values[len(columns) :]
        for i, f in enumerate(plain):
            old, now = rest[2 * i], rest[2 * i + 1]
            if old != now:
                words = f.personal or f.kind == "text"
                told.append({
                    "what": kind, "about": line, "column": f.name, "before": "(words)" if words and old is not None else _said(old),
                    "after": "(other words)" if words and now is not None else _said(now),
                })  # fmt: skip
        if all(rest[2 * i] == rest[2 * i + 1] for i in range(len(plain))):
            told.append({"what": kind, "about": line, "column": "whom it is about", "before": "", "after": ""})
    return told[:LISTED]


def _said(value: Any) -> str:
    if value is None:
        return ""
    return f"{value.normalize():f}" if hasattr(value, "normalize") else f"{value:g}" if isinstance(value, float) else str(value)
