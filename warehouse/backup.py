"""Backup, restore and rebuild. A backup is the database and its ledger in one folder; a rebuild makes the database again from the ledger alone."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import duckdb

from domain.errors import DatabaseBusy, Shown
from domain.settings import Settings
from warehouse import erasure, ledger
from warehouse.connect import Store, build_marts, set_site
from warehouse.store import replay

KEPT = (  # facts of the past that no replay can make again
    "audit", "shown", "waiting", "outcome_frozen", "headline_frozen", "score_frozen", "goal_frozen", "course_frozen", "contact_frozen",
    "contact_time_frozen", "people_draft",
)  # fmt: skip
ERASURES = "erasures.jsonl"


def backup(store: Store, out: Path) -> Path:
    """Writes a consistent copy of the database and the ledger to the folder `out` and checks that it opens. Returns `out`.

    The person key is not in it: keep `person.key` somewhere else, or the copy alone would identify people to whoever holds both.
    Raises Shown where `out` exists already.
    """
    out = Path(out)
    if out.exists():
        raise Shown(f"{out.name} exists already. Choose a new name, so that no backup is ever written over.")
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        with store.lock:  # nothing may be written between the copy of the database and that of the ledger
            cursor = store.cursor()
            try:
                cursor.execute(f"attach '{_quoted(temporary / 'store.duckdb')}' as copy_out")
                current = cursor.execute("select current_database()").fetchone()
                assert current
                cursor.execute(f'copy from database "{current[0]}" to copy_out')
                cursor.execute("detach copy_out")
            finally:
                cursor.close()
            if store.ledger.exists():
                shutil.copytree(store.ledger, temporary / "ledger")
            if erasure.list_of(store.path).exists():
                shutil.copy2(erasure.list_of(store.path), temporary / ERASURES)
        with duckdb.connect(str(temporary / "store.duckdb"), read_only=True) as check:
            row = check.execute("select count(*) from upload").fetchone()
        (temporary / "about.json").write_text(json.dumps({"made": datetime.now().isoformat(timespec="seconds"), "changes": row[0] if row else 0}))
        os.chmod(temporary, 0o700)
        temporary.rename(out)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return out


def restore(backup_folder: Path, database: Path, settings: Settings) -> Store:
    """Puts a backup in the place of the database and its ledger; what stood there is kept beside it. Returns the open store.

    Raises Shown where the folder is no backup or the database is held by another process.
    """
    source = Path(backup_folder)
    if not (source / "store.duckdb").exists():
        raise Shown(f"{source.name} is not a backup made by this program: it holds no store.duckdb.")
    _refuse_if_held(database)
    database.parent.mkdir(parents=True, exist_ok=True)
    temporary, copied = database.with_suffix(".restoring"), database.with_suffix(".restoring-ledger")
    try:
        shutil.rmtree(copied, ignore_errors=True)
        shutil.copy2(source / "store.duckdb", temporary)
        if (source / "ledger").exists():
            shutil.copytree(source / "ledger", copied)
        with duckdb.connect(str(temporary), read_only=True) as check:
            check.execute("select count(*) from upload").fetchone()
    except duckdb.Error:
        _remove(temporary, copied)
        raise Shown(f"The backup {source.name} is damaged and cannot be opened. Nothing was changed; use another one.") from None
    except BaseException:
        _remove(temporary, copied)
        raise
    _set_aside(database, "before-restore")
    if copied.exists():
        copied.rename(ledger.folder_of(database))
    temporary.rename(database)
    for entry in erasure.read_list(source / ERASURES):  # the list beside the database stays and grows: erasures made since the backup hold too
        erasure.note(database, entry)
    return Store(database, settings)


def _remove(file: Path, folder: Path) -> None:
    file.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def rebuild(database: Path, settings: Settings) -> Store:
    """Makes the database again from the ledger, change by change in the order of the log, then puts it in place. Returns the open store.

    Raises Shown where a change in the log is missing or was altered: the old database stays as it was.
    """
    root = ledger.folder_of(database)
    _refuse_if_held(database)
    _complete_log(database, root)
    lines = ledger.logged(root)
    for line in lines:
        if not (root / line["id"]).exists() or ledger.digest(root / line["id"]) != line["sha256"]:
            raise Shown(
                f"The ledger's change {line['id']} is missing or was altered since it was written. Nothing was changed. Restore the ledger from a backup."
            )
    fresh = database.with_suffix(".rebuilding.duckdb")
    for leftover in (fresh, Path(f"{fresh}.wal")):
        leftover.unlink(missing_ok=True)
    store = Store(fresh, settings)
    store.ledger = root
    try:
        with store.writing() as cursor:
            for line in lines:
                replay(store, cursor, ledger.read_event(root, line["id"]), marts=False)
        if database.exists():
            _carry_over(store, database)
        with store.writing() as cursor:
            out = erasure.marks(cursor)
            erasure.remove(cursor, out)
            build_marts(cursor, settings, None)
            erasure.remove(cursor, out)  # also from what was frozen in the old database
            set_site(cursor, "rules_hash", store.rules_hash())
    except BaseException:
        store.close()
        fresh.unlink(missing_ok=True)
        raise
    store.close()
    _set_aside(database, "before-rebuild", with_ledger=False)
    fresh.rename(database)
    shutil.rmtree(ledger.folder_of(fresh), ignore_errors=True)
    erasure.list_of(fresh).unlink(missing_ok=True)
    return Store(database, settings)


def _complete_log(database: Path, root: Path) -> None:
    """A change kept just before a crash may have a row and no log line yet; without one a rebuild would drop it."""
    if not database.exists():
        return
    with suppress(duckdb.Error), duckdb.connect(str(database)) as old:  # a database beyond reading is why one rebuilds
        ledger.recover(root, [row[0] for row in old.execute("select upload_id from upload order by position").fetchall()])


def _carry_over(store: Store, database: Path) -> None:
    """Audit events and the memory of what was shown exist only in the old database."""
    cursor = store.cursor()
    try:
        cursor.execute(f"attach '{_quoted(database)}' as old (read_only)")
        held = {row[0] for row in cursor.execute("select table_name from duckdb_tables() where database_name = 'old'").fetchall()}
        for table in (kept for kept in KEPT if kept in held):  # an older database has fewer
            cursor.execute(f"insert into {table} by name select * from old.{table}")
        cursor.execute("detach old")
    except duckdb.Error:
        store.notices.append("The old database could not be read, so its audit events could not be carried over.")
    finally:
        cursor.close()


def _set_aside(database: Path, why: str, with_ledger: bool = True) -> None:
    _refuse_if_held(database)
    if erasure.wants_tidying(database).exists() and database.exists() and erasure.tidy(database):  # a copy set aside is nobody's to tidy later
        erasure.wants_tidying(database).unlink(missing_ok=True)
    stamp = datetime.now().strftime("%Y%m%dT%H%M%S%f")
    kept = [database, Path(f"{database}.wal")] + ([ledger.folder_of(database)] if with_ledger else [])
    for path in kept:
        if path.exists():
            path.rename(path.with_name(f"{path.name}.{why}-{stamp}"))


def _refuse_if_held(database: Path) -> None:
    if not database.exists():
        return
    try:
        duckdb.connect(str(database)).close()
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise DatabaseBusy("The app is running and holds the database. Stop it first, then try again.") from None


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
