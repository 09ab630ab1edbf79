"""Writes: every change is a ledger folder, then one transaction with its rows, marts, ledger row and audit event, then a line in the log."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from domain import fields
from domain.errors import Shown
from domain.types import Event, Upload
from warehouse import arrivals, code_names, erasure, held, ledger, returns
from warehouse.connect import Store, build_marts, set_site, version_of


def commit(
    store: Store,
    tables: dict[str, pa.Table],
    event: Event,
    files: Sequence[str] = (),
    key_fingerprint: str = "",
    complete: tuple[date, date] | None = None,
    waiting: pa.Table | None = None,
    restores: str = "",
    letters: dict[str, dict[str, str]] | None = None,
    content: str = "",
) -> Upload:
    """Keeps checked and de-identified tables as one change and returns it.

    `tables` maps a sheet's table to its rows (columns of the sheet, `sheet` and `row`). With `complete`, records dated in between that
    the file does not hold are gone. `waiting` are rows held back (held.made), kept beside them. `letters` (sheet as it
    was called -> column -> Excel's letter) say where its cells stood. `content` is arrivals.content of these tables, where that is known already.
    What was erased and must not come back is left out. Whatever fails, the store is as it was.
    """
    detail: dict[str, Any] = {"files": list(files), "complete": [d.isoformat() for d in complete] if complete else None, "key_fingerprint": key_fingerprint}
    if restores:
        detail["restores"] = restores
    if letters:
        detail["columns"] = letters
    if waiting is not None and waiting.num_rows:
        tables, detail["waiting"] = {**tables, held.TABLE: waiting}, waiting.num_rows
    return _change(store, "upload", tables, event, detail, content)


@contextmanager
def rehearsed(
    store: Store, tables: dict[str, pa.Table], event: Event, complete: tuple[date, date] | None = None, waiting: pa.Table | None = None, marts: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor that sees the store as it would be after `commit` of the same, with its `marts` or without; then nothing of it is kept.

    It is `replay` itself, over a ledger of its own that stands inside the real one for as long as this takes.
    """
    store.ledger.mkdir(parents=True, exist_ok=True)
    # Inside the ledger under a hidden name: what a crash leaves of it is gone when the database next opens (ledger.recover).
    with store.lock, tempfile.TemporaryDirectory(dir=store.ledger, prefix=".rehearsal-") as folder, store.reading() as cursor:
        tables, _ = erasure.without_all({name: table for name, table in tables.items() if table.num_rows}, erasure.marks(cursor))
        held_rows = {held.TABLE: waiting} if waiting is not None and waiting.num_rows else {}
        record = {
            "upload_id": "rehearsal", "kind": "upload", "happened_at": event.happened_at.isoformat(), "user": event.user, "role": event.role,
            "detail": {"files": [], "complete": [d.isoformat() for d in complete] if complete else None, "key_fingerprint": ""},
            "rows": {name: table.num_rows for name, table in tables.items()},
        }  # fmt: skip
        ledger.write(Path(folder), "rehearsal", {**tables, **held_rows}, record)
        replay(store, cursor, record, marts, Path(folder))
        yield cursor


def undo(store: Store, upload_id: str, event: Event) -> Upload:
    """Takes one upload back: what it touched is recomputed from the uploads that remain, in their order. Returns the change that did so.

    Raises Shown where there is no such live upload.
    """
    if not any(u.upload_id == upload_id and u.state == "live" and u.kind == "upload" for u in uploads(store)):
        raise Shown(f"There is no live upload {upload_id}. 'uploads' lists them.")
    return _change(store, "undo", {}, event, {"undoes": upload_id})


def decide(store: Store, name: str, value: dict[str, Any], event: Event) -> Upload:
    """Keeps one decision of the site (who may open journeys and why, a computed threshold …) as a change like any other."""
    return _change(store, "decision", {}, event, {"name": name, "value": value})


def keep(store: Store, rows: dict[str, list[dict[str, Any]]], event: Event) -> Upload:
    """Keeps rows of the life-cycle tables (warehouse.returns.TABLES: steps, questions, answers, calls, drafts, plan versions) as one change.

    No figure changes, so the data version stays and nothing cached or shown is made anew. `event.kind` says what was done.
    """
    return _change(store, "conversation", {}, event, {"kept": rows, "what": event.kind})


def settle(store: Store, rows: Sequence[held.Held], event: Event) -> Upload:
    """Rows that wait are no longer needed: from now on they do not. A change like any other, though no figure changes."""
    return _change(store, "settled", {}, event, {"settles": [[w.upload_id, w.file, w.sheet, w.row, w.table] for w in rows]})


def _change(store: Store, kind: str, tables: dict[str, pa.Table], event: Event, detail: dict[str, Any], content: str = "") -> Upload:
    with store.lock:
        if tables:
            with store.reading() as cursor:
                tables, left_out = erasure.without_all(tables, erasure.marks(cursor))
            content = "" if left_out else content
        upload_id = f"{event.happened_at:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        record = {
            "upload_id": upload_id, "kind": kind, "happened_at": event.happened_at.isoformat(), "user": event.user, "role": event.role,
            "detail": detail, "rows": {name: table.num_rows for name, table in tables.items() if name != held.TABLE},
        }  # fmt: skip
        ledger.write(store.ledger, upload_id, tables, record)
        try:
            with store.writing() as cursor:
                replay(store, cursor, {**record, "content": content})
                audit(
                    cursor,
                    Event(event.kind if kind == "conversation" else kind, event.user, event.role, event.happened_at, {**event.detail, "upload_id": upload_id}),
                )
        except BaseException:
            ledger.discard(store.ledger, upload_id)
            raise
        ledger.log(store.ledger, upload_id)
        store.tally_soon()
        return next(u for u in uploads(store) if u.upload_id == upload_id)


def replay(store: Store, cursor: duckdb.DuckDBPyConnection, record: dict[str, Any], marts: bool = True, root: Path | None = None) -> None:
    """Does one change of the ledger inside the caller's transaction. Rehearsing, first storing and rebuilding share this path."""
    root = root or store.ledger
    kind, detail, upload_id = record["kind"], record["detail"], record["upload_id"]
    tables: list[str] | None = list(record["rows"])
    last = cursor.execute("select coalesce(max(position), 0) + 1 from upload").fetchone()
    position = last[0] if last else 1
    about = detail  # what is said of the change beside its figures; the words of a conversation stand in their own tables alone
    if kind == "upload":
        _check_key(cursor, detail.get("key_fingerprint", ""))
        if path := ledger.parquet(root, upload_id, returns.RETURN.table):
            returns.arrived(cursor, path, record, position)
        services = _apply(root, cursor, record, None)
        held.arrived(cursor, root, record)
    elif kind == "undo":
        services, tables = _undo(store, cursor, detail["undoes"])
        returns.taken_back(cursor, detail["undoes"])
    elif kind == "conversation":
        services, about = [], {"what": detail["what"]}
        returns.put(cursor, record, position)
    elif kind == "settled":
        services, tables, about = [], [], {"rows": len(detail["settles"])}
        held.mark_settled(cursor, upload_id, detail["settles"])
    elif kind == "erasure":
        services, tables, about = erasure.apply(cursor, detail, datetime.fromisoformat(record["happened_at"])), None, {"what": detail["what"]}
    else:
        services, tables = [], None
        _decide(cursor, detail["name"], detail["value"])
    cursor.execute(
        "insert into upload values (?, ?, ?, ?, ?, ?, ?, ?, ?, 'live', ?, ?)",
        [
            upload_id, kind, datetime.fromisoformat(record["happened_at"]), record["user"], record["role"], json.dumps(detail.get("files") or []),
            record.get("content", ""), json.dumps(record["rows"]), json.dumps(services), json.dumps(about), position,
        ],
    )  # fmt: skip
    if kind not in ("conversation", "settled"):
        set_site(cursor, "data_version", str(version_of(cursor) + 1))
    if kind in ("upload", "undo") and (out := erasure.marks(cursor)):
        erasure.remove(cursor, out)
    if marts and (services or kind == "decision"):
        build_marts(cursor, store.settings, services if kind != "decision" else None, tables)
    if tables is None or "people" in tables:
        code_names.give(cursor)


def erased(store: Store, entry: dict[str, Any], event: Event) -> Upload:
    """Does one erasure (see erasing, which also sees to the ledger) to the tables, as a change like any other."""
    return _change(store, "erasure", {}, event, entry)


def without_erased(store: Store, tables: dict[str, pa.Table]) -> tuple[dict[str, pa.Table], dict[str, int]]:
    """(checked tables without people and stories that were erased and must not come back, by sheet name how many rows that leaves out)."""
    with store.reading() as cursor:
        kept, left_out = erasure.without_all(tables, erasure.marks(cursor))
    return kept, {fields.BY_TABLE[name].name: n for name, n in left_out.items()}


def _check_key(cursor: duckdb.DuckDBPyConnection, fingerprint: str) -> None:
    row = cursor.execute("select value from site where name = 'key_fingerprint'").fetchone()
    if row is None and fingerprint:
        set_site(cursor, "key_fingerprint", fingerprint)


def _apply(root: Path, cursor: duckdb.DuckDBPyConnection, record: dict[str, Any], only: list[str] | None, tables: Sequence[str] | None = None) -> list[str]:
    """Puts one upload's tables in place; with `only` and `tables`, just those services' rows of those. Returns the services touched."""
    touched: set[str] = set()
    told: list[str] = []
    if only is not None:
        cursor.execute("create or replace temp table only_these as select unnest($only) as service_code", {"only": only})
    days = record["detail"].get("complete")
    complete = (date.fromisoformat(days[0]), date.fromisoformat(days[1])) if days else None
    held_back = _held_keys(root, cursor, record["upload_id"])
    for sheet in fields.SHEETS:
        path = ledger.parquet(root, record["upload_id"], sheet.table)
        if path is None or (tables is not None and sheet.table not in tables):
            continue
        rows = f"select {arrivals.typed(sheet)}, '{record['upload_id']}' as upload_id, sheet, row from read_parquet('{_quoted(path)}')"
        if only is None:
            cursor.execute(f"create or replace temp view incoming as {rows}")
        else:
            cursor.execute(f"create or replace temp view incoming as select * from ({rows}) where service_code in (select service_code from only_these)")
        arrivals.place(cursor, sheet, "incoming", complete, held_back)
        if record.get("content"):
            touched |= {row[0] for row in cursor.execute("select distinct service_code from incoming").fetchall()}
            continue
        text, services = arrivals.said(cursor, sheet, "incoming")
        touched |= services
        told.append(text)
    cursor.execute("drop view if exists incoming")
    record["content"] = record.get("content") or arrivals.content(told)
    return sorted(touched)


def _held_keys(root: Path, cursor: duckdb.DuckDBPyConnection, upload_id: str) -> bool:
    """Makes `held_key` for an upload of the ledger: what is stored under the keys of its rows that wait stays. Returns whether there are any."""
    path = ledger.parquet(root, upload_id, held.TABLE)
    if path:
        cursor.execute(f"create or replace temp table held_key as select table_name, key from read_parquet('{_quoted(path)}') where key is not null")
    return path is not None


def _undo(store: Store, cursor: duckdb.DuckDBPyConnection, undone: str) -> tuple[list[str], list[str]]:
    """Recomputes what an upload touched; returns its services and tables."""
    row = cursor.execute("select services from upload where upload_id = $id", {"id": undone}).fetchone()
    services = json.loads(row[0]) if row else []
    cursor.execute("update upload set state = 'undone' where upload_id = $id", {"id": undone})
    undone_tables = [s.table for s in fields.SHEETS if ledger.parquet(store.ledger, undone, s.table)]
    for table in undone_tables:
        cursor.execute(f"delete from {table} where service_code in (select unnest($services))", {"services": services})
    live = cursor.execute("select upload_id from upload where kind = 'upload' and state = 'live' order by position").fetchall()
    for (upload_id,) in live:
        record = ledger.read_event(store.ledger, upload_id)
        if any(ledger.parquet(store.ledger, upload_id, table) for table in undone_tables):
            _apply(store.ledger, cursor, record, services, undone_tables)
    return services, undone_tables


def as_of(store: Store, cursor: duckdb.DuckDBPyConnection, services: list[str], tables: Sequence[str], position: int) -> None:
    """Puts the rows of some services as they stood after the change at `position`, inside a transaction that the caller rolls back."""
    for table in tables:
        cursor.execute(f"delete from {table} where service_code in (select unnest($services))", {"services": services or [""]})
    live = cursor.execute(
        """select upload_id from upload where kind = 'upload' and position <= $p
        and upload_id not in (select json_extract_string(detail, '$.undoes') from upload where kind = 'undo' and position <= $p) order by position""",
        {"p": position},
    ).fetchall()
    for (upload_id,) in live:
        put_in_place(store, cursor, upload_id, services, tables)


def put_in_place(store: Store, cursor: duckdb.DuckDBPyConnection, upload_id: str, services: list[str], tables: Sequence[str]) -> None:
    """Puts the rows one upload holds of some services in place, as when it came, inside a transaction that the caller rolls back."""
    if any(ledger.parquet(store.ledger, upload_id, table) for table in tables):
        _apply(store.ledger, cursor, ledger.read_event(store.ledger, upload_id), services, tables)


def _quoted(path: Path) -> str:
    # A view takes no parameters. The path is the ledger's own, never a user's
    return str(path).replace("'", "''")


def _decide(cursor: duckdb.DuckDBPyConnection, name: str, value: dict[str, Any]) -> None:
    if name == "threshold":
        cursor.execute("delete from threshold where measure = $measure and computed", {"measure": value["measure"]})
        cursor.execute(
            "insert into threshold values ($measure, $value, true, $n, $sd, $reliability, $computed_on)",
            {k: value[k] for k in ("measure", "value", "n", "sd", "reliability", "computed_on")},
        )
    else:
        set_site(cursor, name, json.dumps(value))


def known_services(store: Store) -> dict[str, str]:
    """Service code -> provider code of every service stored."""
    with store.reading() as cursor:
        return services_of(cursor)


def services_of(cursor: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The same as this cursor sees it, also in the middle of a rehearsal."""
    return dict(cursor.execute("select service_code, provider_code from services").fetchall())


def uploads(store: Store) -> list[Upload]:
    """Every change, newest first."""
    with store.reading() as cursor:
        rows = cursor.execute("select upload_id, kind, happened_at, user_name, files, content, row_counts, state from upload order by position desc").fetchall()
    return [Upload(i, k, at, user, tuple(json.loads(files)), content, json.loads(counts), state) for i, k, at, user, files, content, counts, state in rows]


def audit(cursor: duckdb.DuckDBPyConnection, event: Event) -> None:
    """Adds one event inside the caller's transaction."""
    cursor.execute(
        "insert into audit values (?, ?, ?, ?, ?)",
        [event.happened_at, event.kind, event.user, event.role, json.dumps(event.detail, sort_keys=True, default=str)],
    )


def note_event(store: Store, event: Event) -> None:
    """Adds one event that changes nothing else: a question asked at the command line, a journey opened."""
    with store.writing() as cursor:
        audit(cursor, event)


def audited(store: Store, newest: int = 200) -> list[Event]:
    """The newest events first."""
    with store.reading() as cursor:
        rows = cursor.execute(
            "select kind, user_name, role, happened_at, detail from audit order by happened_at desc limit $newest", {"newest": newest}
        ).fetchall()
    return [Event(kind, user, role, at, json.loads(detail)) for kind, user, role, at, detail in rows]


def remember(store: Store, policy: str, table_key: str, figures: str, data_version: int) -> None:
    """Keeps what was shown of one release table, so that a later version cannot be subtracted from it. No event: nothing about the data changes."""
    with store.reading() as cursor:
        row = cursor.execute("select figures from shown where policy = $p and table_key = $k", {"p": policy, "k": table_key}).fetchone()
    if row and row[0] == figures:
        return
    with store.writing(forget=False) as cursor:
        cursor.execute("delete from shown where policy = $p and table_key = $k", {"p": policy, "k": table_key})
        cursor.execute("insert into shown values ($p, $k, $f, $v, $now)", {"p": policy, "k": table_key, "f": figures, "v": data_version, "now": datetime.now()})


def details(store: Store) -> dict[str, dict[str, Any]]:
    """Change id -> what is said of it beside its figures (files, complete, restores, undoes …)."""
    with store.reading() as cursor:
        return {i: json.loads(detail) for i, detail in cursor.execute("select upload_id, detail from upload").fetchall()}


def services_touched(store: Store) -> dict[str, list[str]]:
    """Change id -> codes of the services whose figures it touched."""
    with store.reading() as cursor:
        return {i: json.loads(services) for i, services in cursor.execute("select upload_id, services from upload").fetchall()}
