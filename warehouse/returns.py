"""What is kept about a return beside its figures: its steps, questions and answers, calls, drafts, and the versions of a plan.

Writes go through `store.keep`; here is what a kept change does to the tables, and the reads. access.returns decides who may do and see what.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from domain import fields
from warehouse import arrivals

STAMP = ("change_id", "position", "happened_at", "user_name", "role")
TABLES: dict[str, tuple[str, ...]] = {
    "return_step": ("service_code", "year", "quarter", "step", "reason", "due_on"),
    "question": ("question_id", "service_code", "year", "quarter", "ref", "about", "words", "asked_by"),
    "answer": ("question_id", "kind", "reason", "words", "readers"),
    "talk": ("service_code", "kind", "happened_on", "words"),
    "return_draft": ("service_code", "year", "quarter", "content"),
    "plan_version": ("service_code", "year", "from_quarter", "step", "words", "content"),
    "mapping": ("provider_code", "question", "answer"),
    "evidence": ("service_code", "year", "quarter", "ref", "how", "checked_on", "result"),
    "bookmark": ("owner", "name", "page", "query"),
}
RETURN = fields.BY_TABLE["quarterly_return"]
SLOT = ("service_code", "year", "quarter")
AT_ONCE = 200  # rows in one statement
FEW = 10  # services that are looked for by name: of more every row is read and those of others passed over, which takes the database less thought


# ---- what a change does, inside the caller's transaction -------------------------------------------------------------------------------------


def put(cursor: duckdb.DuckDBPyConnection, record: dict[str, Any], position: int) -> None:
    """Adds the rows of one kept change. A draft takes the place of the one before it."""
    for table, rows in record["detail"]["kept"].items():
        columns = (*STAMP, *TABLES[table])
        if table == "return_draft":
            for row in rows:
                cursor.execute("delete from return_draft where service_code = $service_code and year = $year and quarter = $quarter", {c: row[c] for c in SLOT})
        for some in (rows[n : n + AT_ONCE] for n in range(0, len(rows), AT_ONCE)):  # a statement for each row takes seconds for the past of a portfolio
            values = [value for row in some for value in (*_stamp(record, position), *(row.get(c) for c in TABLES[table]))]
            places = ", ".join([f"({', '.join('?' * len(columns))})"] * len(some))
            cursor.execute(f"insert into {table} ({', '.join(columns)}) values {places}", values)


def arrived(cursor: duckdb.DuckDBPyConnection, path: Path, record: dict[str, Any], position: int) -> None:
    """Before an upload is put in place: a step *sent* for every return of which it changes anything. Drafts of those are done with."""
    columns = arrivals.listed(RETURN.columns)
    cursor.execute(f"create or replace temp table sending as select {arrivals.typed(RETURN)} from read_parquet($path)", {"path": str(path)})
    cursor.execute(
        f"""create or replace temp table sent_now as select distinct service_code, year, quarter from (
            (select {columns} from sending except select {columns} from quarterly_return)
            union all
            (select {columns} from quarterly_return t semi join sending n on {arrivals.same(SLOT)} except select {columns} from sending)
        )"""
    )
    cursor.execute("insert into return_step select ?, ?, ?, ?, ?, service_code, year, quarter, 'sent', null, null from sent_now", _stamp(record, position))
    cursor.execute(f"delete from return_draft t using sent_now n where {arrivals.same(SLOT)}")
    cursor.execute("drop table sending")
    cursor.execute("drop table sent_now")


def taken_back(cursor: duckdb.DuckDBPyConnection, upload_id: str) -> None:
    """The steps an upload made are gone with it; what people did since (asked, answered, accepted) stays."""
    cursor.execute("delete from return_step where change_id = $id", {"id": upload_id})


def _stamp(record: dict[str, Any], position: int) -> list[Any]:
    return [record["upload_id"], position, datetime.fromisoformat(record["happened_at"]), record["user"], record["role"]]


# ---- reads -----------------------------------------------------------------------------------------------------------------------------------


def expected(cursor: duckdb.DuckDBPyConnection, services: Sequence[str]) -> set[tuple[str, int, int]]:
    """(service, plan year, quarter) for which a plan projects anything: a return is expected."""
    where, named = _these(services)
    cursor.execute(
        f"""select service_code, year, coalesce(from_quarter, 1), q1 is not null, q2 is not null, q3 is not null, q4 is not null from milestones
        where {where} group by all""",
        named,
    )
    asked = set(services)
    return {(s, y, q) for s, y, first, *given in cursor.fetchall() if s in asked for q in (1, 2, 3, 4) if q >= first and given[q - 1]}


def held(cursor: duckdb.DuckDBPyConnection, services: Sequence[str]) -> dict[tuple[str, int, int], datetime]:
    """(service, plan year, quarter) of every return whose figures are here -> when the upload that holds them came."""
    where, named = _these(services)
    cursor.execute(
        f"""select service_code, year, quarter, min(u.happened_at) from quarterly_return r left join upload u using (upload_id)
        where {where} group by all""",
        named,
    )
    asked = set(services)
    return {(s, y, q): at for s, y, q, at in cursor.fetchall() if s in asked}


def began(cursor: duckdb.DuckDBPyConnection) -> datetime | None:
    """When the first upload came: what was due before then was sent by other ways, and its day is not known here."""
    row = cursor.execute("select min(happened_at) from upload where kind = 'upload'").fetchone()
    return row[0] if row else None


def latest(cursor: duckdb.DuckDBPyConnection) -> int:
    """The number of the latest change of any kind: what is remembered of returns and conversations holds until the next."""
    row = cursor.execute("select coalesce(max(position), 0) from upload").fetchone()
    return int(row[0]) if row else 0


def kept(cursor: duckdb.DuckDBPyConnection, table: str, services: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of one of TABLES about these services, in the order in which they were kept."""
    assert table in TABLES and "service_code" in TABLES[table]
    where, named = _these(services)
    found = _rows(cursor, f"select * from {table} where {where} order by position{', year, quarter' if 'quarter' in TABLES[table] else ''}", named)
    asked = set(services)
    return [r for r in found if r["service_code"] in asked]


def answers(cursor: duckdb.DuckDBPyConnection, services: Sequence[str]) -> list[dict[str, Any]]:
    """Every answer to a question about these services, in order."""
    return _rows(
        cursor,
        "select a.* from answer a join question q using (question_id) where list_contains($services, service_code) order by a.position",
        {"services": _codes(services)},
    )


def rows_of(cursor: duckdb.DuckDBPyConnection, service: str, year: int, quarter: int) -> list[dict[str, Any]]:
    """The stored rows of one return, by ref."""
    return _rows(
        cursor,
        f"select {arrivals.listed(RETURN.columns)} from quarterly_return where service_code = $s and year = $y and quarter = $q order by ref",
        {"s": service, "y": year, "q": quarter},
    )


def learned(cursor: duckdb.DuckDBPyConnection, year: int, quarter: int) -> dict[str, str]:
    """Service -> the first thing its return of the quarter says was learned."""
    cursor.execute(
        "select service_code, min_by(learning, ref) from quarterly_return where year = $y and quarter = $q and learning is not null group by 1",
        {"y": year, "q": quarter},
    )
    return dict(cursor.fetchall())


def lines_of(cursor: duckdb.DuckDBPyConnection, service: str, year: int) -> list[dict[str, Any]]:
    """The lines of a service's plan year as stored, every version of each, by kind, ref and first quarter."""
    columns = arrivals.listed(fields.BY_TABLE["milestones"].columns)
    return _rows(
        cursor,
        f"select {columns} from milestones where service_code = $s and year = $y order by kind, ref, coalesce(from_quarter, 1)",
        {"s": service, "y": year},
    )


def words_of(cursor: duckdb.DuckDBPyConnection, service: str, year: int) -> dict[str, str]:
    """Section -> the latest text of the plan for the year."""
    cursor.execute(
        "select section, max_by(text, coalesce(from_quarter, 1)) from target_plan where service_code = $s and year = $y group by 1", {"s": service, "y": year}
    )
    return dict(cursor.fetchall())


def changes_to_returns(cursor: duckdb.DuckDBPyConnection, table: Any) -> list[tuple[str, int, int]]:
    """(service, year, quarter) of every return of which this checked table would change anything. Nothing is written."""
    columns = arrivals.listed(RETURN.columns)
    cursor.register("arrived", table)
    try:
        cursor.execute(f"create or replace temp table sending as select {arrivals.typed(RETURN)} from arrived")
    finally:
        cursor.unregister("arrived")
    cursor.execute(
        f"""select distinct service_code, year, quarter from (
            (select {columns} from sending except select {columns} from quarterly_return)
            union all
            (select {columns} from quarterly_return t semi join sending n on {arrivals.same(SLOT)} except select {columns} from sending)
        ) order by all"""
    )
    return [(s, y, q) for s, y, q in cursor.fetchall()]


def returns_from(cursor: duckdb.DuckDBPyConnection, upload_id: str) -> set[tuple[str, int, int]]:
    """(service, year, quarter) of the returns whose stored figures came with an upload."""
    cursor.execute("select distinct service_code, year, quarter from quarterly_return where upload_id = $id", {"id": upload_id})
    return {(s, y, q) for s, y, q in cursor.fetchall()}


def locked(cursor: duckdb.DuckDBPyConnection) -> set[tuple[str, int, int]]:
    """(service, year, quarter) of the returns that are locked and not opened again since."""
    cursor.execute(
        """select service_code, year, quarter from return_step where step in ('locked', 'reopened')
        group by all having max_by(step, position) = 'locked'"""
    )
    return {(s, y, q) for s, y, q in cursor.fetchall()}


def changes_to_agreed(cursor: duckdb.DuckDBPyConnection, table: Any) -> list[tuple[str, int]]:
    """(service, year) of every agreed plan of which this checked Milestones table would change, or add to, a line of the agreed version or an earlier one."""
    sheet = fields.BY_TABLE["milestones"]
    columns = arrivals.listed(sheet.columns)
    cursor.register("arrived", table)
    try:
        cursor.execute(f"create or replace temp table planning as select {arrivals.typed(sheet)} from arrived")
    finally:
        cursor.unregister("arrived")
    cursor.execute(
        f"""select distinct service_code, year from (select {columns} from planning except select {columns} from milestones) c
        where exists (select 1 from plan_version v where v.step = 'agreed' and v.service_code = c.service_code and v.year = c.year) order by all"""
    )
    return [(s, y) for s, y in cursor.fetchall()]


def _these(services: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The condition on the services asked about, and its parameters; true of all rows where they are many, for whoever asks to choose from."""
    if len(services) > FEW:
        return "true", {}
    named = {f"service_{i}": code for i, code in enumerate(services)}
    return f"service_code in ({', '.join(f'${name}' for name in named)})" if named else "false", named


def _codes(services: Sequence[str]) -> list[str]:
    return list(services) or [""]


def _rows(cursor: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    cursor.execute(sql, parameters)
    names = [d[0] for d in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
