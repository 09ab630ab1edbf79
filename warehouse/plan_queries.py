"""Reads for plan against return: the lines in force in each quarter, what was returned of them, and what is known of the service.

Contract figures, exact. access.plans asks and decides who may see what.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

FEW = 10  # services that are looked for by name: of more, every row is read


def plan_figures(cursor: duckdb.DuckDBPyConnection, services: Sequence[str]) -> list[dict[str, Any]]:
    """One row per service, plan year, quarter and line in force when the quarter began, with what was returned of it (nothing: not returned).

    Of several versions of a line the latest that holds from this quarter or an earlier one; a line ends where another takes its place.
    `projection_before` is what the same version says of the quarter before, so that its running totals can be differenced.
    """
    return _rows(
        cursor,
        """with line as (
            select *, coalesce(from_quarter, 1) as holds_from from milestones where list_contains($services, service_code)
        ),
        in_force as (
            select l.*, q.quarter from line l cross join (select unnest([1, 2, 3, 4]) as quarter) q
            where l.holds_from <= q.quarter and not exists (
                select 1 from line n where n.service_code = l.service_code and n.year = l.year and n.replaces_ref = l.ref and n.ref <> l.ref
                and n.holds_from > l.holds_from and n.holds_from <= q.quarter
            )
            qualify row_number() over (partition by l.service_code, l.year, l.ref, q.quarter order by l.holds_from desc) = 1
        )
        select f.service_code as service, f.year, f.quarter, f.ref, f.replaces_ref, f.kind, f.what_people_will_achieve as what, f.counted_as,
            coalesce(f.direction, 'improve') as direction, f.out_of as plan_out_of, [f.q1, f.q2, f.q3, f.q4][f.quarter] as projection,
            case when f.quarter > 1 then [f.q1, f.q2, f.q3, f.q4][f.quarter - 1] end as projection_before,
            r.actual, r.out_of, r.explanation, r.reason, r.learning, r.who_may_read_this as readers, v.places::double as places
        from in_force f join services v using (service_code)
        left join quarterly_return r on r.service_code = f.service_code and r.year = f.year and r.quarter = f.quarter and r.ref = f.ref
        order by service, f.year, f.kind, f.ref, f.quarter""",
        {"services": list(services) or [""]},
    )


def fingerprints(cursor: duckdb.DuckDBPyConnection, services: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Service code -> a value that differs whenever a row its figures are read from does: its plan, its returns, and the service itself."""
    found: dict[str, tuple[Any, ...]] = {}
    only = f"where service_code in ({', '.join('?' * len(services))})" if len(services) <= FEW else ""
    for table in ("services", "milestones", "quarterly_return"):
        sql = f"select service_code, count(*), sum(hash(t)) from {table} t {only} group by 1"
        for code, rows, said in cursor.execute(sql, list(services) if only else None).fetchall():
            found[code] = (*found.get(code, ()), table, rows, said)
    return found


def first_plan_years(cursor: duckdb.DuckDBPyConnection, services: Sequence[str]) -> dict[str, int]:
    """Service code -> the first plan year it has lines for: its developmental year."""
    found = _rows(
        cursor,
        "select service_code, min(year) as year from milestones where list_contains($services, service_code) group by 1",
        {"services": list(services) or [""]},
    )
    return {r["service_code"]: r["year"] for r in found}


def _rows(cursor: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    cursor.execute(sql, parameters)
    names = [d[0] for d in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
