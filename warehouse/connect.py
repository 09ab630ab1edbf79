"""Opening the store: one DuckDB file, one process, a cursor per query, numbered migrations, marts that follow their rules."""

from __future__ import annotations

import atexit
import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from domain import fields
from domain.errors import DatabaseBusy, Shown
from domain.measures import all_measures
from domain.settings import Settings
from domain.types import Measure
from warehouse import ledger, tallies

HERE = Path(__file__).parent
MARTS = ("episode", "score", "outcome", "headline", "goal", "course", "contact", "contact_time")  # in the order in which they build on each other
RELEASED = ("outcome", "goal", "contact", "contact_time")  # what the others say of a person, these say too (marts/released.sql)
RELEASED_AFTER = 5  # people whose results differ before anyone but the provider sees a service's new figures (DESIGN: "a shown figure stays")
STORAGE = "v1.5.0"  # DuckDB's file format of a new database: packs words in two thirds of the time the oldest takes; older files are read as they are
TALLY_LATER = 20_000  # rows of *outcome* touched from which the tally is made after the change is kept, and not before
TALLIED_FROM = 750  # stays of a service from which its counts are summed beforehand
_STAYS = {"services", "people", "milestones", "goals"}
FOLLOWS: dict[str, set[str]] = {  # mart -> the sheets it follows from
    "episode": _STAYS, "score": _STAYS | {"assessments"}, "outcome": _STAYS | {"assessments"}, "headline": _STAYS | {"assessments"},
    "goal": _STAYS | {"goal_reviews"}, "course": _STAYS | {"assessments", "contacts"}, "contact": _STAYS | {"contacts"},
    "contact_time": _STAYS | {"contacts"},
}  # fmt: skip


class Store:
    """One open database. Ask `cursor()` for every query; writes go through `writing()`, one at a time."""

    def __init__(self, path: Path, settings: Settings, measures: dict[str, Measure] | None = None) -> None:
        self.path = Path(path)
        self.settings = settings
        self.measures = measures or all_measures()
        self.ledger = ledger.folder_of(self.path)
        self.lock = threading.RLock()
        self._tallying: list[threading.Thread] = []
        self._closing = False
        self._memory: dict[str, Any] = {}  # small answers asked for again and again, until the next change
        self._changes = 0
        self.notices: list[str] = []
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # records of people: for whoever runs the app
        self._connection = _open(self.path, settings)
        self._connection = self._tidied()
        try:
            self._bring_up_to_date()
            self.notices += self._recover()
            self.notices += self._catch_up()
            self._refresh_marts()
            self.tally_soon()
        except BaseException:
            self._connection.close()
            raise

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of its own for one query or one read transaction; close it (or use `reading()`)."""
        return self._connection.cursor()

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read transaction: everything asked inside sees one data version."""
        cursor = self.cursor()
        try:
            cursor.begin()
            yield cursor
        finally:
            cursor.rollback()
            cursor.close()

    @contextmanager
    def writing(self, forget: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction under the process-wide write lock: all of it is kept or none of it. Without `forget`, what `remembered` holds stays true."""
        with self.lock:
            cursor = self.cursor()
            try:
                cursor.begin()
                try:
                    yield cursor
                    cursor.commit()
                except BaseException:
                    _rollback(cursor)
                    raise
            finally:
                if forget:
                    self._changes, self._memory = self._changes + 1, {}
                cursor.close()

    def remembered(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, asked once between two changes of the store. It must not be altered by whoever gets it."""
        memory, before = self._memory, self._changes
        if name not in memory:
            made = make()
            if before != self._changes:  # the store changed meanwhile: what was made may already be old
                return made
            memory[name] = made
        return memory[name]

    def site(self, name: str, default: str = "") -> str:
        """One of the store's own values: data_version, data_date, key_fingerprint, rules_hash, journeys …"""
        return self.remembered("site", self._site).get(name) or default

    def _site(self) -> dict[str, str]:
        with self.reading() as cursor:
            return dict(cursor.execute("select name, value from site").fetchall())

    @property
    def data_version(self) -> int:
        return int(self.site("data_version", "0"))

    def tally(self) -> None:
        """Makes the tallies that were put off, if any is wanted: a few services at a time, so that nobody who wants to write waits long."""
        while not self._closing:
            with self.writing() as cursor:
                if not tallies.next_due(cursor):
                    return

    def tally_soon(self) -> None:
        """The same in the background. Until it is done every figure is counted a stay at a time: slower, and the same."""
        with self.reading() as cursor:
            due = tallies.is_due(cursor)
        if due:  # beside a thread still at work another finds nothing left to do; one about to end might no longer see what is new
            if not self._tallying:
                atexit.register(self._stop_tallying)  # a process that ends must not pull the database from under the thread
            begun = threading.Thread(target=self._tally_quietly, name="tally", daemon=True)
            self._tallying = [*filter(threading.Thread.is_alive, self._tallying), begun]
            begun.start()

    def _tally_quietly(self) -> None:
        with suppress(duckdb.Error):  # what is not done now is done when the store is next opened
            self.tally()

    def _stop_tallying(self) -> None:
        self._closing = True
        for thread in self._tallying:
            thread.join()
        atexit.unregister(self._stop_tallying)

    def close(self) -> None:
        self._stop_tallying()
        self._connection.close()

    def rules_hash(self) -> str:
        """Changes when a measure, a setting that shapes the marts, or the marts' SQL changes."""
        shaping = [self.settings.came_back_days, self.settings.score_window_days, self.settings.mixed_change]
        text = json.dumps(
            [repr(sorted(self.measures.items())), shaping, [(HERE / "marts" / f"{m}.sql").read_text() for m in ("before", *MARTS, "released", "used", "tally")]]
        )
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _recover(self) -> list[str]:
        with self.lock, self.reading() as cursor:
            stored = [row[0] for row in cursor.execute("select upload_id from upload order by position").fetchall()]
        return ledger.recover(self.ledger, stored)

    def _catch_up(self) -> list[str]:
        from warehouse import erasing  # it makes changes like any other, and so stands above this file

        return erasing.catch_up(self)

    def _tidied(self) -> duckdb.DuckDBPyConnection:
        """The connection, after the file was written anew if an erasure asked for that: deleted rows stay in a database's free space until then."""
        from warehouse import erasure

        asked = erasure.wants_tidying(self.path)
        if not asked.exists():
            return self._connection
        self._connection.close()
        if erasure.tidy(self.path):
            asked.unlink(missing_ok=True)
        return _open(self.path, self.settings)

    def _bring_up_to_date(self) -> None:
        """Migrations, new columns and measures; nothing where this very code opened the database last."""
        steps = sorted(file.name for file in (HERE / "migrations").glob("*.sql"))
        said = json.dumps([steps, [[s.table, *s.columns] for s in fields.SHEETS], sorted(map(repr, self.measures.values()))])
        wanted = hashlib.sha256(said.encode()).hexdigest()
        with suppress(duckdb.CatalogException):  # a new database has no table yet
            if self.site("opened_as") == wanted:
                return
        with self.writing() as cursor:
            migrate(cursor)
            load_measures(cursor, self.measures)
            set_site(cursor, "opened_as", wanted)

    def _refresh_marts(self) -> None:
        wanted = self.rules_hash()
        if self.site("rules_hash") == wanted:
            return
        with self.writing() as cursor:
            if cursor.execute("select count(*) from services").fetchone() != (0,) or cursor.execute("select count(*) from episode").fetchone() != (0,):
                build_marts(cursor, self.settings, None)
            set_site(cursor, "rules_hash", wanted)
            # Figures may differ although no upload came: a new version, so that nothing cached under the old rules is served.
            set_site(cursor, "data_version", str(version_of(cursor) + 1))


def _open(path: Path, settings: Settings) -> duckdb.DuckDBPyConnection:
    try:
        connection = duckdb.connect(
            str(path), config={"threads": settings.database_threads, "memory_limit": settings.database_memory, "storage_compatibility_version": STORAGE}
        )
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise DatabaseBusy(
                "Another program holds the database, most likely the app itself. Close it, or do this from inside the app, then try again."
            ) from None
        raise Shown("The database file could not be opened. It may be damaged: keep it, and rebuild from the ledger with 'rebuild'.") from error
    # Nothing the store does needs the outside world, and nothing in a file may make it reach for it.
    connection.execute("set autoinstall_known_extensions = false; set autoload_known_extensions = false; set preserve_insertion_order = false")
    # Trying FSST on every column of words costs time in a file of the older format, and the other ways pack such words as tightly.
    connection.execute("set disabled_compression_methods = 'fsst'")
    # An upload is safe once its log is written; folding the log into the file may wait until there is more of it, or the store is closed.
    connection.execute("set checkpoint_threshold = '256MB'")
    return connection


def _rollback(cursor: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.Error):  # a failed commit has already ended the transaction
        cursor.rollback()


def migrate(cursor: duckdb.DuckDBPyConnection) -> None:
    """Brings an older database up to date; each step and its record are one transaction (the caller's)."""
    cursor.execute("create table if not exists migration (name varchar, happened_at timestamp)")
    done = {row[0] for row in cursor.execute("select name from migration").fetchall()}
    files = [(file.stem, file.read_text()) for file in sorted((HERE / "migrations").glob("*.sql"))]
    for name, sql in [*((name, sql) for name, sql in files if name not in done), *_sheet_steps(cursor)]:
        cursor.execute(sql)
        cursor.execute("insert into migration values ($name, $now)", {"name": name, "now": datetime.now()})


def _sheet_steps(cursor: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """(name, SQL) for each sheet, or column of a sheet, that is new in domain/fields since this database was last opened."""
    rows = cursor.execute("select table_name, column_name from duckdb_columns() where not internal").fetchall()
    held: dict[str, set[str]] = {}
    for table, column in rows:
        held.setdefault(table, set()).add(column)
    steps = []
    for sheet in fields.SHEETS:
        columns = {f.column: fields.sql_type(f) for f in sheet.fields} | {"upload_id": "VARCHAR", "sheet": "VARCHAR", "row": "INTEGER"}
        if sheet.table not in held:
            listed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            steps.append((f"sheet {sheet.table}", f"create table {sheet.table} ({listed})"))
        else:
            new = [(column, kind) for column, kind in columns.items() if column not in held[sheet.table]]
            steps += [(f"column {sheet.table}.{column}", f'alter table {sheet.table} add column "{column}" {kind}') for column, kind in new]
    return steps


def load_measures(cursor: duckdb.DuckDBPyConnection, measures: dict[str, Measure]) -> None:
    """Puts the measures where the marts can join them. Published thresholds are replaced; computed ones stay until recomputed."""
    cursor.execute("delete from measure")
    rows = [
        [m.code, m.name, m.better, m.lowest, m.highest, m.cutoff, m.clinical_side, m.headline_perspective, _float(m.reliability)] for m in measures.values()
    ]
    cursor.execute(f"insert into measure values {', '.join(['(?, ?, ?, ?, ?, ?, ?, ?, ?)'] * len(rows))}", [value for row in rows for value in row])
    published = [[m.code, m.reliable_change] for m in measures.values() if m.reliable_change is not None]
    cursor.execute("delete from threshold where not computed or measure in (select unnest($codes))", {"codes": [code for code, _ in published]})
    if published:  # a published value beats a computed one
        each = ", ".join(["(?, ?, false, null, null, null, null)"] * len(published))
        cursor.execute(f"insert into threshold values {each}", [value for row in published for value in row])


def _float(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]


def build_marts(cursor: duckdb.DuckDBPyConnection, settings: Settings, services: list[str] | None, tables: Iterable[str] | None = None) -> None:
    """Rebuilds the marts of the services named and of their providers' others (None: of all), inside the caller's transaction.

    With `tables`, only the marts that follow from those sheets. A person is known within one provider, so whether a stay is somebody's only
    one can change for all of a provider's services.
    """
    wanted = MARTS if tables is None else tuple(mart for mart in MARTS if FOLLOWS[mart] & set(tables))
    cursor.execute(
        """create or replace temp table touched as select service_code from services where $all or provider_code in (
            select provider_code from services where service_code in (select unnest($codes))
            union select provider from episode where service in (select unnest($codes))
        ) union select unnest($codes)""",
        {"all": services is None, "codes": services or [""]},
    )
    values = {"came_back_days": settings.came_back_days, "score_window_days": settings.score_window_days, "released_after": RELEASED_AFTER}
    seen = bool(wanted) and _seen(cursor)
    steps = ("before", *wanted, "released") if seen else wanted
    for step in steps:
        if step == MARTS[0] and services is None:  # also rows of services that are no more
            for mart in (*MARTS, "tally", "one_by_one", "fortnight_tally", "used"):
                cursor.execute(f"delete from {mart}")
        cursor.execute((HERE / "marts" / f"{step}.sql").read_text().format(**values))
    if steps:  # a service may have begun or ceased to wait
        used = (HERE / "marts" / "used.sql").read_text()
        for copy in tallies.copies(cursor):
            cursor.execute(used.format(copy=copy, tallied_from=TALLIED_FROM))
        many = cursor.execute("select count(*) from outcome where service in (from touched)").fetchone()
        if not tallies.wanted(cursor) or (many and many[0] >= TALLY_LATER):
            tallies.put_off(cursor)
        else:
            tallies.make(cursor)
    set_site(cursor, "data_date", str(data_date(cursor) or ""))


def _seen(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether there are figures of the services touched that anybody may have seen, and so may have to stay as they were."""
    held = [f"exists (select 1 from {mart} where service in (select service_code from touched))" for mart in ("waiting", *RELEASED)]
    row = cursor.execute(f"select {' or '.join(held)}").fetchone()
    return bool(row and row[0])


def data_date(cursor: duckdb.DuckDBPyConnection) -> Any:
    """Up to when the data speak: the latest day on which anything was recorded, or the end of the latest quarter returned."""
    row = cursor.execute(
        """
        select coalesce(
            (select max(day) from (
                select max(started_on) as day from people union all select max(ended_on) from people union all select max(date) from assessments
                union all select max(date) from goal_reviews union all select max(agreed_on) from goals union all select max(date) from contacts
            )),
            (select max(make_date(year + case when quarter = 4 then 1 else 0 end, [6, 9, 12, 3][quarter], [30, 30, 31, 31][quarter]))
             from (select year, quarter from quarterly_return union all select year, quarter from activity) where year is not null)
        )
        """
    ).fetchone()
    return row[0] if row else None


def set_site(cursor: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    cursor.execute("delete from site where name = $name", {"name": name})
    cursor.execute("insert into site values ($name, $value)", {"name": name, "value": value})


def version_of(cursor: duckdb.DuckDBPyConnection) -> int:
    """The data version as this transaction sees it."""
    row = cursor.execute("select value from site where name = 'data_version'").fetchone()
    return int(row[0]) if row else 0
