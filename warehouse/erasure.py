"""Erasure, objection, withdrawn consent and retention: what is taken out of the store and of every earlier change of the ledger, and stays out.

A mark is a digest of the keyed hash (or of a story's service and ref), so the list of what must not come back does not itself hold the person.
The marks stand in three places: the table `erased`, a change of the ledger, and a list beside the database that no restored backup replaces.
Whatever is stored, replayed, undone or restored later is held against them. `erasing.erase` does the change; here is how.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from domain import fields
from warehouse import arrivals, ledger
from warehouse.connect import STORAGE

LET_BACK = "let back"  # the one entry that makes a mark weaker
WHAT = ("erased", "objection", "withdrawn consent", "retention", LET_BACK)
DRAFTS = "people_draft"
_REWRITTEN = "rewritten.jsonl"  # in the ledger: which erasures its earlier changes have been through

Marks = dict[tuple[str, str], date | None]  # (kind, digest) -> what is dated before this is out; None: everything


@dataclass(frozen=True)
class Mark:
    """One person or story that must not come back. `kind` is person or story; `before` None means whatever its date."""

    kind: str
    digest: str
    before: date | None = None


def person_digest(person: str) -> str:
    """The mark of a person: one-way from the 32 hex characters of the keyed hash."""
    return hashlib.sha256(f"so-what erased person {person.replace('-', '').lower()}".encode()).hexdigest()


def story_digest(service: str, ref: str) -> str:
    """The mark of a story."""
    return hashlib.sha256(f"so-what erased story {service}|{ref}".encode()).hexdigest()


# ---- the marks -------------------------------------------------------------------------------------------------------------------------------


def folded(entries: Iterable[Mapping[str, Any]]) -> Marks:
    """What must not come back after these entries in their order. Only *let back* makes a mark weaker."""
    marks: Marks = {}
    for entry in entries:
        for mark in entry["marks"]:
            key, before = (mark["kind"], mark["digest"]), date.fromisoformat(mark["before"]) if mark.get("before") else None
            if entry["what"] == LET_BACK or key not in marks:
                marks[key] = before
            elif marks[key] is not None:
                marks[key] = None if before is None else max(before, marks[key])  # type: ignore[type-var]
    return marks


def entries_of(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The erasures this database has been through, in order."""
    found: dict[str, dict[str, Any]] = {}
    for erasure_id, what, kind, digest, before in cursor.execute("select erasure_id, what, kind, digest, before from erased order by rowid").fetchall():
        entry = found.setdefault(erasure_id, {"erasure_id": erasure_id, "what": what, "marks": []})
        entry["marks"].append({"kind": kind, "digest": digest, "before": before.isoformat() if before else None})
    return list(found.values())


def marks(cursor: duckdb.DuckDBPyConnection) -> Marks:
    """What must not come back into this database."""
    return folded(entries_of(cursor))


def list_of(database: Path) -> Path:
    """The list of erasures beside the database: `so-what-erasures.jsonl`. A restored backup does not replace it."""
    return database.parent / f"{database.stem}-erasures.jsonl"


def listed(database: Path) -> list[dict[str, Any]]:
    """Every erasure on the list beside the database, in order."""
    return read_list(list_of(database))


def read_list(path: Path) -> list[dict[str, Any]]:
    """The erasures of a list wherever it is: beside a database or in a backup."""
    return _lines(path)


def note(database: Path, entry: Mapping[str, Any]) -> None:
    """Puts an erasure on the list, once, and syncs it: from now on every opening of the database sees to it."""
    if any(line["erasure_id"] == entry["erasure_id"] for line in listed(database)):
        return
    _append(list_of(database), {name: entry[name] for name in ("erasure_id", "what", "marks", "happened_at", "user", "role")})


def rewritten(root: Path) -> set[str]:
    """Ids of the erasures that every change of this ledger has been through."""
    return {line["erasure_id"] for line in _lines(root / _REWRITTEN)}


def note_rewritten(root: Path, erasure_ids: Iterable[str]) -> None:
    done = rewritten(root)
    for erasure_id in erasure_ids:
        if erasure_id not in done:
            _append(root / _REWRITTEN, {"erasure_id": erasure_id})


# ---- tables on their way in, and the ledger's ------------------------------------------------------------------------------------------------


def without(name: str, table: pa.Table, out: Marks) -> pa.Table:
    """The table of a sheet without the rows that must not come back; somebody else's mention of a person becomes blank."""
    if not out or not table.num_rows:
        return table
    keep = np.ones(table.num_rows, dtype=bool)
    if "person" in table.column_names:
        keep &= ~_out(table, "person", "person", arrivals.RECORD_DATE.get(name, ""), out)
    if name == "stories":
        refs = [story_digest(s or "", r or "") for s, r in zip(table["service_code"].to_pylist(), table["story_ref"].to_pylist(), strict=True)]
        given = table["given_on"].to_pylist() if "given_on" in table.column_names else [None] * len(refs)
        keep &= ~np.array([_is_out(("story", d), g, out) for d, g in zip(refs, given, strict=True)], dtype=bool)
    kept = table if keep.all() else table.filter(pa.array(keep))
    for other in _mentions(name):
        if other in kept.column_names and (gone := _out(kept, other, "person", "", out)).any():
            column = kept[other].combine_chunks()
            values = pa.array([None if hit else v for v, hit in zip(column.to_pylist(), gone.tolist(), strict=True)], column.type)
            kept = kept.set_column(kept.schema.get_field_index(other), kept.schema.field(other), values)
    return kept


def without_all(tables: Mapping[str, pa.Table], out: Marks) -> tuple[dict[str, pa.Table], dict[str, int]]:
    """(the tables without what must not come back, how many rows of each were left out)."""
    kept = {name: without(name, table, out) for name, table in tables.items()}
    return kept, {name: n for name, table in tables.items() if (n := table.num_rows - kept[name].num_rows)}


def _mentions(name: str) -> list[str]:
    """Columns of a sheet that hold somebody other than the person the row is about."""
    return [f.column for f in fields.BY_TABLE[name].fields if f.kind == "person" and f.column != "person"] if name in fields.BY_TABLE else []


def _out(table: pa.Table, column: str, kind: str, dated: str, out: Marks) -> np.ndarray:
    encoded = table[column].combine_chunks().cast(pa.string()).dictionary_encode()
    marked = [(kind, person_digest(person)) for person in encoded.dictionary.to_pylist()]
    hit = np.array([key in out for key in marked] + [False], dtype=bool)
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    rows = hit[codes]
    if dated in table.column_names:
        for i in np.flatnonzero(rows):
            rows[i] = _is_out(marked[codes[i]], table[dated][int(i)].as_py(), out)
    return rows


def _is_out(key: tuple[str, str], day: date | None, out: Marks) -> bool:
    if key not in out:
        return False
    before = out[key]
    return before is None or day is None or day < before


def rewrite(root: Path, out: Marks) -> list[str]:
    """Takes what must not come back out of every change of the ledger, orphaned ones too. Returns the ids of the changes rewritten.

    For each, the log first gets the new SHA-256, then the files are put in place one by one. A crash between leaves the rest to the next opening,
    which comes to the same files: what is taken out depends on the marks alone.
    """
    touched = []
    known = {line["id"]: line["sha256"] for line in ledger.logged(root)}
    for folder in sorted([*root.glob("*/"), *root.glob("orphaned/*/")]):
        if not (folder / "event.json").exists():
            continue
        contents = {}
        for file in sorted(folder.glob("*.parquet")):
            table = pq.read_table(file)
            kept = without(file.stem, table, out)
            if kept is not table:
                contents[file.name] = _parquet(kept)
        whole = {file.name: contents.get(file.name) or file.read_bytes() for file in folder.iterdir()} if contents else {}
        if folder.name in known and contents and ledger.digest_of(whole) != known[folder.name]:
            ledger.log_rewritten(root, folder.name, ledger.digest_of(whole))
        for name, content in contents.items():
            ledger.replace(folder / name, content)
        if contents:
            touched.append(folder.name)
    return touched


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="snappy")
    return sink.getvalue().to_pybytes()


# ---- the database ----------------------------------------------------------------------------------------------------------------------------


def apply(cursor: duckdb.DuckDBPyConnection, entry: Mapping[str, Any], happened_at: Any) -> list[str]:
    """Notes the marks of one erasure and takes out what they name, inside the caller's transaction. Returns the services that lost anything."""
    cursor.execute("delete from erased where erasure_id = $id", {"id": entry["erasure_id"]})
    rows = [[entry["erasure_id"], entry["what"], m["kind"], m["digest"], m.get("before"), happened_at] for m in entry["marks"]]
    cursor.executemany("insert into erased values (?, ?, ?, ?, ?, ?)", rows)
    return remove(cursor, marks(cursor))


def remove(cursor: duckdb.DuckDBPyConnection, out: Marks) -> list[str]:
    """Deletes what must not be here from every table that holds people, marts and frozen figures too. Returns the services that lost anything."""
    if not out:
        return []
    tables = people_tables(cursor)
    cursor.register("marks", pa.table({"kind": [k for k, _ in out], "digest": [d for _, d in out], "before": pa.array(out.values(), pa.date32())}))
    union = " union ".join(f"select person from {table}" for table in tables if table != "code_name") + " union select person from code_name"
    cursor.execute(
        f"""create or replace temp table going as
        select p.person, m.before from ({union}) p
        join marks m on m.kind = 'person' and m.digest = sha256('so-what erased person ' || replace(p.person::varchar, '-', ''))"""
    )
    cursor.execute("create or replace temp table stories_going as select * from marks where kind = 'story'")
    cursor.unregister("marks")
    touched: set[str] = set()
    for sheet in fields.SHEETS:
        dated = arrivals.RECORD_DATE.get(sheet.table, "")
        if sheet.table in tables:
            which = f"person in (select person from going where before is null or {dated} is null or {dated} < before)"
            touched |= {s for (s,) in cursor.execute(f"select distinct service_code from {sheet.table} where {which}").fetchall()}
            cursor.execute(f"delete from {sheet.table} where {which}")
        for other in _mentions(sheet.table):
            cursor.execute(f'update {sheet.table} set "{other}" = null where "{other}" in (select person from going)')
    told = """exists (select 1 from stories_going g where g.digest = sha256('so-what erased story ' || service_code || '|' || story_ref)
        and (g.before is null or given_on is null or given_on < g.before))"""
    touched |= {s for (s,) in cursor.execute(f"select distinct service_code from stories where {told}").fetchall()}
    cursor.execute(f"delete from stories where {told}")
    for table, is_dated in tables.items():
        if table not in fields.BY_TABLE and table != "code_name":
            old = "(g.before is null or t.started_on < g.before)" if is_dated else "true"
            cursor.execute(f"delete from {table} t using going g where t.person = g.person and {old}")
    cursor.execute("delete from code_name where person in (select person from going) and person not in (select person from people)")
    _drafts(cursor, out)
    cursor.execute("drop table going")
    cursor.execute("drop table stories_going")
    return sorted(touched)


def people_tables(cursor: duckdb.DuckDBPyConnection) -> dict[str, bool]:
    """Every table of the store with a person in it -> whether it says when their time with the service began."""
    cursor.execute(
        """select c.table_name, bool_or(c.column_name = 'started_on') from duckdb_columns() c join duckdb_tables() t using (database_oid, table_oid)
        where c.database_name = current_database() and not t.temporary
        group by 1 having bool_or(c.column_name = 'person' and c.data_type = 'UUID') order by 1"""
    )
    return dict(cursor.fetchall())


def _drafts(cursor: duckdb.DuckDBPyConnection, out: Marks) -> None:
    """Drafts of the one-page form hold people as hashes in their JSON: those who must not come back go from there too."""
    for rowid, content in cursor.execute(f"select rowid, content from {DRAFTS}").fetchall():
        draft = json.loads(content)
        kept = {name: [_unmentioned(row, out) for row in rows if not _marked(row.get("person"), out)] for name, rows in draft.items()}
        if kept != draft:
            cursor.execute(f"update {DRAFTS} set content = $content where rowid = $row", {"content": json.dumps(kept), "row": rowid})


def _unmentioned(row: dict[str, Any], out: Marks) -> dict[str, Any]:
    return {**row, "cares_for": None} if _marked(row.get("cares_for"), out) else row


def _marked(person: str | None, out: Marks) -> bool:
    return bool(person) and ("person", person_digest(person or "")) in out


def wants_tidying(database: Path) -> Path:
    """A file whose presence says that the database should be written anew when it is next opened."""
    return database.with_name(f"{database.name}.tidy")


def tidy(path: Path) -> bool:
    """Writes the database file anew, so that nothing of what was deleted is left in its free space. Nobody may hold it; False where somebody does."""
    fresh = path.with_suffix(".tidying")
    _remove(fresh)
    try:
        with duckdb.connect(str(path)) as old:
            old.execute("checkpoint")
            name = old.execute("select current_database()").fetchone()
            old.execute(f"attach '{_quoted(fresh)}' as tidied (storage_version '{STORAGE}')")
            old.execute(f'copy from database "{name[0] if name else ""}" to tidied')
            old.execute("detach tidied")
    except duckdb.Error:
        _remove(fresh)
        return False
    try:
        duckdb.connect(str(path), read_only=True).close()  # refused where this process still has it open for writing
    except duckdb.Error:
        _remove(fresh)
        return False
    os.replace(fresh, path)
    _remove(path.with_name(path.name + ".wal"))
    return True


def tidy_copies(database: Path, out: Marks) -> list[str]:
    """Does the same to what restores and rebuilds have set aside beside the database. Returns the names of those that could not be cleaned."""
    left = [log.name for log in sorted(database.parent.glob(f"{database.name}.wal.before-*"))]  # a log without its database cannot be read
    for copy in sorted(p for p in database.parent.glob(f"{database.name}.before-*") if not p.name.endswith((".wal", ".tidying"))):
        try:
            with duckdb.connect(str(copy)) as connection:
                connection.execute("begin")
                tables = {row[0] for row in connection.execute("select table_name from information_schema.tables").fetchall()}
                if DRAFTS not in tables:
                    connection.execute(f"create table {DRAFTS} (content varchar)")
                remove(connection, out)
                connection.execute("commit")
            if not tidy(copy):
                left.append(copy.name)
        except duckdb.Error:
            left.append(copy.name)
    for folder in sorted(database.parent.glob(f"{ledger.folder_of(database).name}.before-*/")):
        rewrite(folder, out)
    return left


# ---- small things ----------------------------------------------------------------------------------------------------------------------------


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    found = []
    for text in path.read_text().splitlines():
        with suppress(json.JSONDecodeError):  # half a line was never acknowledged
            found.append(json.loads(text))
    return found


def _append(path: Path, line: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ledger.end_line(path)
    with path.open("a") as file:
        file.write(json.dumps(line, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    # ATTACH takes no parameters. The path is the store's own, never a user's
    return str(path).replace("'", "''")
