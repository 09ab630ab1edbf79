"""Writes: every change is a ledger folder, then one transaction with its rows, marts, ledger row and audit event, then a line in the log."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from domain import fields
from domain.errors import Shown
from domain.types import Event, Sheet, Upload
from warehouse import code_names, ledger
from warehouse.connect import Store, build_marts, set_site, version_of

PROVENANCE = ("upload_id", "sheet", "row")
# The date that says whether a record lies in the dates a file is complete for.
RECORD_DATE = {
    "people": "started_on", "assessments": "date", "goals": "agreed_on", "goal_reviews": "date", "contacts": "date", "stories": "date",
}  # fmt: skip


def commit(
    store: Store,
    tables: dict[str, pa.Table],
    event: Event,
    files: Sequence[str] = (),
    key_fingerprint: str = "",
    complete: tuple[date, date] | None = None,
    content: str = "",
) -> Upload:
    """Keeps checked and de-identified tables as one change and returns it.

    `tables` maps a sheet's table to its rows (columns of the sheet, `sheet` and `row`). With `complete`, records dated in between that
    the file does not hold are gone. `content` is their content_hash where it is known already. Whatever fails, the store is as it was.
    """
    detail = {"files": list(files), "complete": [d.isoformat() for d in complete] if complete else None, "key_fingerprint": key_fingerprint}
    return _change(store, "upload", tables, event, detail, content)


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


def _change(store: Store, kind: str, tables: dict[str, pa.Table], event: Event, detail: dict[str, Any], content: str = "") -> Upload:
    with store.lock:
        upload_id = f"{event.happened_at:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        record = {
            "upload_id": upload_id, "kind": kind, "happened_at": event.happened_at.isoformat(), "user": event.user, "role": event.role,
            "detail": detail, "rows": {name: table.num_rows for name, table in tables.items()}, "content": content or content_hash(tables),
        }  # fmt: skip
        ledger.write(store.ledger, upload_id, tables, record)
        try:
            with store.writing() as cursor:
                replay(store, cursor, record)
                audit(cursor, Event(kind, event.user, event.role, event.happened_at, {**event.detail, "upload_id": upload_id}))
        except BaseException:
            ledger.discard(store.ledger, upload_id)
            raise
        ledger.log(store.ledger, upload_id)
        return next(u for u in uploads(store) if u.upload_id == upload_id)


def replay(store: Store, cursor: duckdb.DuckDBPyConnection, record: dict[str, Any], marts: bool = True) -> None:
    """Does one change of the ledger inside the caller's transaction. First storing and rebuilding share this path."""
    kind, detail, upload_id = record["kind"], record["detail"], record["upload_id"]
    tables: list[str] | None = list(record["rows"])
    if kind == "upload":
        _check_key(cursor, detail.get("key_fingerprint", ""))
        services = _apply(store, cursor, record, None)
    elif kind == "undo":
        services, tables = _undo(store, cursor, detail["undoes"])
    else:
        services, tables = [], None
        _decide(cursor, detail["name"], detail["value"])
    position = cursor.execute("select coalesce(max(position), 0) + 1 from upload").fetchone()
    cursor.execute(
        "insert into upload values (?, ?, ?, ?, ?, ?, ?, ?, ?, 'live', ?, ?)",
        [
            upload_id, kind, datetime.fromisoformat(record["happened_at"]), record["user"], record["role"], json.dumps(detail.get("files") or []),
            record["content"], json.dumps(record["rows"]), json.dumps(services), json.dumps(detail), position[0] if position else 1,
        ],
    )  # fmt: skip
    set_site(cursor, "data_version", str(version_of(cursor) + 1))
    if marts and (services or kind == "decision"):
        build_marts(cursor, store.settings, services if kind != "decision" else None, tables)
    if tables is None or "people" in tables:
        code_names.give(cursor)


def _check_key(cursor: duckdb.DuckDBPyConnection, fingerprint: str) -> None:
    row = cursor.execute("select value from site where name = 'key_fingerprint'").fetchone()
    if row is None and fingerprint:
        set_site(cursor, "key_fingerprint", fingerprint)


def _apply(store: Store, cursor: duckdb.DuckDBPyConnection, record: dict[str, Any], only: list[str] | None, tables: Sequence[str] | None = None) -> list[str]:
    """Puts one upload's tables in place; with `only` and `tables`, just those services' rows of those. Returns the services touched."""
    touched: set[str] = set()
    complete = record["detail"].get("complete")
    for sheet in fields.SHEETS:
        path = ledger.parquet(store.ledger, record["upload_id"], sheet.table)
        if path is None or (tables is not None and sheet.table not in tables):
            continue
        where = "where service_code in (select unnest($only))" if only is not None else ""
        cursor.execute(
            f"create or replace temp table incoming as select {_typed(sheet)}, $id as upload_id, sheet, row from read_parquet($path) {where}",
            {"id": record["upload_id"], "path": str(path)} | ({"only": only} if only is not None else {}),
        )
        if sheet.loading == "quarter":
            cursor.execute(f"delete from {sheet.table} t using (select distinct {_listed(_slot(sheet))} from incoming) n where {_same(_slot(sheet))}")
        else:
            if complete and sheet.table in RECORD_DATE:
                cursor.execute(
                    f"delete from {sheet.table} where service_code in (select distinct service_code from incoming) "
                    f"and {RECORD_DATE[sheet.table]} between $first and $last",
                    {"first": date.fromisoformat(complete[0]), "last": date.fromisoformat(complete[1])},
                )
            cursor.execute(f"delete from {sheet.table} t using incoming n where {_same(sheet.key)}")
        cursor.execute(f"insert into {sheet.table} by name select * from incoming")
        touched |= {row[0] for row in cursor.execute("select distinct service_code from incoming").fetchall()}
    return sorted(touched)


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
            _apply(store, cursor, record, services, undone_tables)
    return services, undone_tables


def _decide(cursor: duckdb.DuckDBPyConnection, name: str, value: dict[str, Any]) -> None:
    if name == "threshold":
        cursor.execute("delete from threshold where measure = $measure and computed", {"measure": value["measure"]})
        cursor.execute(
            "insert into threshold values ($measure, $value, true, $n, $sd, $reliability, $computed_on)",
            {k: value[k] for k in ("measure", "value", "n", "sd", "reliability", "computed_on")},
        )
    else:
        set_site(cursor, name, json.dumps(value))


def _typed(sheet: Sheet) -> str:
    """The sheet's columns as the store types them: a keyed hash comes as text and is kept as its 128 bits."""
    return ", ".join(f'cast("{f.column}" as {fields.sql_type(f)}) as "{f.column}"' for f in sheet.fields)


def _arrive(cursor: duckdb.DuckDBPyConnection, table: pa.Table, sheet: Sheet, name: str) -> None:
    """Makes an upload's rows askable under a name, as they would be stored."""
    cursor.register(f"arrived_{name}", table)
    kept = [c for c in ("file", "sheet", "row") if c in table.column_names]
    cursor.execute(f"create or replace temp table {name} as select {', '.join([_typed(sheet), *kept])} from arrived_{name}")
    cursor.unregister(f"arrived_{name}")


def _slot(sheet: Sheet) -> tuple[str, ...]:
    """What a quarter sheet replaces: its rows for a service and quarter (or period)."""
    return ("service_code", "period_start", "period_end") if sheet.table == "indicators" else ("service_code", "year", "quarter")


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{c}"' for c in columns)


def _same(columns: Sequence[str]) -> str:
    # service_code is never null, and a plain equality lets the join hash on it first
    return " and ".join(f't."{c}" = n."{c}"' if c == "service_code" else f't."{c}" is not distinct from n."{c}"' for c in columns)


def content_hash(tables: dict[str, pa.Table]) -> str:
    """SHA-256 of what the rows say, in whatever order and file they came."""
    sha = hashlib.sha256()
    for name in sorted(tables):
        kept = tables[name].select([c for c in tables[name].column_names if c not in ("sheet", "row", "file")])
        kept = kept.sort_by([(c, "ascending") for c in kept.column_names]).combine_chunks()
        sha.update(name.encode())
        for column in kept.columns:
            for chunk in column.chunks:
                for buffer in chunk.buffers():
                    sha.update(buffer if buffer is not None else b"-")
    return sha.hexdigest()


def preview(store: Store, tables: dict[str, pa.Table], complete: tuple[date, date] | None = None) -> dict[str, dict[str, int]]:
    """What sending would change: per sheet name the rows new, changed, unchanged and gone. Nothing is written."""
    counted: dict[str, dict[str, int]] = {}
    with store.reading() as cursor:
        for sheet in fields.SHEETS:
            if sheet.table not in tables or not tables[sheet.table].num_rows:
                continue
            _arrive(cursor, tables[sheet.table], sheet, "incoming")
            others = [c for c in sheet.columns if c not in sheet.key]
            differs = " or ".join(f't."{c}" is distinct from n."{c}"' for c in others) or "false"
            new, changed, unchanged = _three(cursor, f"""
                select count(*) filter (where t.row is null), count(*) filter (where t.row is not null and ({differs})),
                    count(*) filter (where t.row is not null and not ({differs}))
                from incoming n left join {sheet.table} t on {_same(sheet.key)}""")  # fmt: skip
            gone = 0
            if sheet.loading == "quarter":
                gone = _one(cursor, f"""
                    select count(*) from {sheet.table} o where exists (select 1 from incoming i where {_pair(_slot(sheet))})
                    and not exists (select 1 from incoming i where {_pair(sheet.key)})""")  # fmt: skip
            elif complete and sheet.table in RECORD_DATE:
                gone = _one(cursor, f"""
                    select count(*) from {sheet.table} o where o.service_code in (select service_code from incoming)
                    and o.{RECORD_DATE[sheet.table]} between $first and $last and not exists (select 1 from incoming i where {_pair(sheet.key)})""",
                    {"first": complete[0], "last": complete[1]})  # fmt: skip
            counted[sheet.name] = {"new": new, "changed": changed, "unchanged": unchanged, "gone": gone}
    return counted


def _pair(columns: Sequence[str]) -> str:
    return " and ".join(f'o."{c}" is not distinct from i."{c}"' for c in columns)


def _three(cursor: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, int, int]:
    row = cursor.execute(sql).fetchone()
    return (row[0], row[1], row[2]) if row else (0, 0, 0)


def _one(cursor: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None) -> int:
    row = cursor.execute(sql, parameters or {}).fetchone()
    return int(row[0]) if row else 0


def strangers(store: Store, tables: dict[str, pa.Table]) -> list[tuple[str, str, str, int, str]]:
    """Rows that refer to something nobody knows, in the upload or in the store: (table, file, sheet as named, row, what).

    `what` is person (no People row for that person and service), goal (a review of no goal) or outside (a score more than the window
    outside every stay: kept, but not counted).
    """
    found: list[tuple[str, str, str, int, str]] = []
    window = store.settings.score_window_days
    with store.reading() as cursor:
        people = "select person, service_code, started_on, ended_on from people"
        goals = "select person, service_code, goal_ref from goals"
        for name in ("people", "goals"):
            if name in tables:
                _arrive(cursor, tables[name], fields.BY_TABLE[name], f"new_{name}")
        if "people" in tables:
            people = f"""{people} o where not exists (select 1 from new_people i where {_pair(fields.BY_TABLE["people"].key)})
                union all select person, service_code, started_on, ended_on from new_people"""
        if "goals" in tables:
            goals += " union all select person, service_code, goal_ref from new_goals"
        if "quarterly_return" in tables:
            found += _more_than_out_of(cursor, tables)
        for name in ("assessments", "goals", "goal_reviews", "contacts", "stories"):
            if name not in tables:
                continue
            _arrive(cursor, tables[name], fields.BY_TABLE[name], "incoming")
            rows = cursor.execute(
                f"select file, sheet, row, 'person' from incoming i where person is not null and not exists "
                f"(select 1 from ({people}) p where p.person = i.person and p.service_code = i.service_code)"
            ).fetchall()
            if name == "goal_reviews":
                rows += cursor.execute(
                    f"select file, sheet, row, 'goal' from incoming i where not exists (select 1 from ({goals}) g "
                    "where g.person = i.person and g.service_code = i.service_code and g.goal_ref = i.goal_ref)"
                ).fetchall()
            if name == "assessments":
                rows += cursor.execute(
                    f"""select i.file, i.sheet, i.row, 'outside'
                    from (select * from incoming i semi join ({people}) k on k.person = i.person and k.service_code = i.service_code) i
                    anti join ({people}) p on p.person = i.person and p.service_code = i.service_code
                        and i.date >= p.started_on - {window} and i.date <= coalesce(p.ended_on, date '9999-12-31') + {window}"""
                ).fetchall()
            found += [(name, file, sheet, row, what) for file, sheet, row, what in rows]
    return sorted(found, key=lambda f: (f[1], f[2], f[3]))


def _more_than_out_of(cursor: duckdb.DuckDBPyConnection, tables: dict[str, pa.Table]) -> list[tuple[str, str, str, int, str]]:
    """Returned counts larger than what they are out of; lines counted as percent or average are no counts. Only the plan tells which is which."""
    _arrive(cursor, tables["quarterly_return"], fields.BY_TABLE["quarterly_return"], "incoming")
    lines = "select service_code, year, ref, counted_as from milestones"
    if "milestones" in tables:
        _arrive(cursor, tables["milestones"], fields.BY_TABLE["milestones"], "new_milestones")
        lines += " union all select service_code, year, ref, counted_as from new_milestones"
    rows = cursor.execute(
        f"select file, sheet, row from incoming i where i.actual > i.out_of and exists (select 1 from ({lines}) m "
        "where m.service_code = i.service_code and m.year = i.year and m.ref = i.ref and m.counted_as not in ('percent', 'average'))"
    ).fetchall()
    return [("quarterly_return", file, sheet, row, "more") for file, sheet, row in rows]


def known_services(store: Store) -> dict[str, str]:
    """Service code -> provider code of every service stored."""
    with store.reading() as cursor:
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
    with store.writing() as cursor:
        cursor.execute("delete from shown where policy = $p and table_key = $k", {"p": policy, "k": table_key})
        cursor.execute("insert into shown values ($p, $k, $f, $v, $now)", {"p": policy, "k": table_key, "f": figures, "v": data_version, "now": datetime.now()})


def services_touched(store: Store) -> dict[str, list[str]]:
    """Change id -> codes of the services whose figures it touched."""
    with store.reading() as cursor:
        return {i: json.loads(services) for i, services in cursor.execute("select upload_id, services from upload").fetchall()}
