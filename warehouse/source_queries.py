"""Where figures came from: which rows of which uploads stand behind a scope. Exact, and for access.sources alone."""

from __future__ import annotations

import json
from typing import Any

import duckdb

from domain.types import Scope
from warehouse import queries
from warehouse.connect import Store


def rows_behind(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope) -> list[dict[str, Any]]:
    """Every row of the sheets People and Assessments behind the stays of a scope, as the live marts count them: upload_id, table, sheet, row.

    Of the scores those on the first and the last day of each pair are meant, on the scope's questionnaire or on the ones the service is mainly for.
    """
    _, day = queries.versions(cursor)
    rows = queries.source(store, scope.with_(by=""), False, day)
    asked = "o.measure = $measure and o.subscale = $subscale" if scope.measure else "o.main and o.subscale = ''"
    return queries.run(
        cursor,
        f"""with stay as (select distinct service, person, started_on from {rows.sql} where {rows.conditions()}),
        pair as (
            select o.service, o.person, o.measure, o.subscale, o.perspective, o.first_on, o.last_on
            from outcome o join stay using (service, person, started_on) where o.has_first and {asked}
        )
        select distinct 'people' as name, p.upload_id, p.sheet, p.row
        from people p join stay s on s.person = p.person and s.service = p.service_code and s.started_on = p.started_on
        union all
        select distinct 'assessments' as name, a.upload_id, a.sheet, a.row
        from assessments a join pair o on a.person = o.person and a.service_code = o.service and a.measure = o.measure
            and coalesce(a.subscale, '') = o.subscale and coalesce(a.perspective, 'person') = o.perspective and a.date in (o.first_on, o.last_on)
        order by all""",
        rows.parameters,
    )


def rows_of_stays(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, mart: str, tables: tuple[str, ...]) -> list[dict[str, Any]]:
    """Every row of some sheets about the people of a scope counted in another mart (goals, courses, contacts): upload_id, name (table), sheet, row.

    Whoever was with a service more than once has the rows of all those times.
    """
    _, day = queries.versions(cursor)
    rows = queries.source(store, scope.with_(by=""), False, day, mart)
    found = " union all ".join(
        f"select distinct '{table}' as name, t.upload_id, t.sheet, t.row from {table} t join stay s on s.person = t.person and s.service = t.service_code"
        for table in tables
    )
    return queries.run(
        cursor, f"with stay as (select distinct service, person from {rows.sql} where {rows.conditions()}) {found} order by all", rows.parameters
    )


def uploads(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Every live upload, newest first: upload_id, happened_at, files, services, row_counts (sheet table -> rows), detail."""
    found = queries.run(
        cursor,
        "select upload_id, happened_at, files, services, row_counts, detail from upload "
        "where kind = 'upload' and state = 'live' order by happened_at desc, upload_id",
        {},
    )
    return [r | {name: json.loads(r[name] or "null") or {} for name in ("files", "services", "row_counts", "detail")} for r in found]
