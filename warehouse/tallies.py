"""Where a scope's counts can be read from sums made beforehand: whole quarters, at most one characteristic, ended or started.

People with one stay of a large service are counted in `tally` when the marts are built. Whoever has several, or is with a smaller service, stands in
`one_by_one` and is counted a person at a time, so that distinct people stay exact. Scores of large services by fortnight are summed in `fortnight_tally`.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from domain.quarters import quarter_of
from domain.types import Scope

AT_ONCE = 150_000  # rows of *outcome* whose tally is made in one step: fewer, and every step reads the whole mart for little; more, and writers wait
MARTS = Path(__file__).parent / "marts"
SPLITS = ("age_band", "gender", "ethnic_group", "deprivation_quintile", "main_need")
# The sums behind a mean: column of the tally -> its value for one stay.
SUMS = {
    "first": "first_score", "last": "last_score", "gain": "gain", "first2": "first_score * first_score", "last2": "last_score * last_score",
    "gain2": "gain * gain", "first_last": "first_score * last_score",
}  # fmt: skip


def holds(scope: Scope, base: str) -> bool:
    """Whether the tally can answer: whole quarters, one characteristic at most, and a base that asks for no single day of a stay still open."""
    if scope.picked or scope.by == "first_band" or scope.basis == "measured" or (scope.basis == "started" and "_on" in base) or len(_split(scope)) > 1:
        return False
    return _begins(scope) and _finishes(scope) and not (_split(scope) and _other_quarter(scope))


def holds_fortnights(scope: Scope, data_date: date | None) -> bool:
    """Whether scores by fortnight can be had from their tally: where people still there are counted, only up to the day the data end."""
    return holds(scope, "") and (scope.basis == "ended" or scope.end is None or (data_date is not None and scope.end >= data_date))


def _begins(scope: Scope) -> bool:
    return scope.start is None or quarter_of(scope.start).start == scope.start


def _finishes(scope: Scope) -> bool:
    return scope.end is None or quarter_of(scope.end).end == scope.end


def _split(scope: Scope) -> set[str]:
    """The characteristics of people a scope asks about."""
    return {name for name in (scope.by, *(name for name, _ in scope.cohort)) if name in SPLITS}


def _other_quarter(scope: Scope) -> bool:
    """Whether a scope asks about the quarter in which people began and about that in which they ended."""
    other = "start_quarter" if scope.basis == "ended" else "end_quarter"
    return other in (scope.by, *(name for name, _ in scope.cohort))


def sizes(cursor: duckdb.DuckDBPyConnection, copy: str) -> dict[str, bool]:
    """Code of every service with a questionnaire in use -> whether it is counted from its tally, in the live copy ("") or the one everybody else sees.

    Nothing while a tally is still to be made.
    """
    if cursor.execute("from tally_due limit 1").fetchone():
        return {}
    found: dict[str, bool] = {}
    for service, large in cursor.execute(f"select service, large from used{copy}").fetchall():
        found[service] = found.get(service, False) or large
    return found


def make(cursor: duckdb.DuckDBPyConnection) -> None:
    """Sums the counts of the services in `touched` anew, in both copies of their marts."""
    for copy in copies(cursor):
        cursor.execute((MARTS / "tally.sql").read_text().format(copy=copy))


def copies(cursor: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The copies of the marts that hold something of the services in `touched`: the live one, and the frozen one of services that wait or waited."""
    held = ("outcome", "used", "tally", "one_by_one", "fortnight_tally")
    frozen = [f"exists (from {mart}_frozen where service in (from touched))" for mart in held]
    row = cursor.execute(f"select {' or '.join(frozen)}").fetchone()
    return ("", "_frozen") if row and row[0] else ("",)


def put_off(cursor: duckdb.DuckDBPyConnection) -> None:
    """The services in `touched` get their tally later (`next_due`)."""
    cursor.execute("insert into tally_due select service_code from touched where service_code not in (from tally_due)")


def wanted(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether any service is large enough to be counted from a tally; until one is, nobody asks for any."""
    row = cursor.execute("select exists (from used where large) or exists (from used_frozen where large)").fetchone()
    return bool(row and row[0])


def is_due(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether a tally is still to be made."""
    row = cursor.execute("select exists (from tally_due)").fetchone()
    return bool(row and row[0]) and wanted(cursor)


def next_due(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Makes the tally of the next services put off, as many as have AT_ONCE rows together, inside the caller's transaction. Returns whether any were."""
    if not is_due(cursor):
        return False
    cursor.execute(
        f"""create or replace temp table touched as select service as service_code from (
            select service, sum(n) over (order by service) - n as before
            from (select service, count(o.service) as n from (select distinct service from tally_due) left join outcome o using (service) group by service)
        ) where before < {AT_ONCE}"""
    )
    make(cursor)
    cursor.execute("delete from tally_due where service in (from touched)")
    return True


def cut(scope: Scope) -> tuple[str, str]:
    """(split, along): which of its sets of sums a tally is asked for."""
    split = next(iter(_split(scope)), "")
    return split, "" if not split else "start_quarter" if scope.basis == "started" else "end_quarter"


def period(scope: Scope, parameters: dict[str, object]) -> list[str]:
    """The conditions of a scope's period, in quarters; fills in the parameters they need."""
    column = "end_quarter" if scope.basis == "ended" else "start_quarter"
    where = [f"{column} is not null"]
    if scope.start:
        where.append(f"{column} >= $from_quarter")
        parameters["from_quarter"] = str(quarter_of(scope.start))
    if scope.end:
        where.append(f"{column} <= $to_quarter")
        parameters["to_quarter"] = str(quarter_of(scope.end))
    return where


def fortnights(scope: Scope, copy: str, where: str, group: str, smaller: str) -> str:
    """SQL for one row per fortnight and group: fortnight, grp, n, people, gain, gain2 (sums of scores and of their squares).

    `where` are the conditions of the scope. `smaller` is SQL for the scores of services without a tally (grp, fortnight, person, score), or empty.
    """
    split, along = cut(scope)
    known = "(seen = '' or seen <= $to_quarter)" if scope.end else "true"
    rest = (
        f"union all select grp, fortnight, count(*), count(distinct person), sum(score), sum(score * score) from ({smaller}) group by 1, 2" if smaller else ""
    )
    return f"""with each as (
            select {group} as grp, person, bit_or(fortnights) as bits from one_by_one{copy} where mart = 'trajectory' and {known} and {where} group by 1, 2
        ),
        found as (
            select {group} as grp, fortnight::integer as fortnight, sum(n) as n, sum(once) as people, sum(total) as gain, sum(squares) as gain2
            from fortnight_tally{copy} where split = '{split}' and along = '{along}' and {known} and {where} group by 1, 2
            union all
            select grp, k, 0, count(*), 0, 0 from each, (select unnest(range(27))::integer as k) where bits & (1::integer << k) <> 0 group by 1, 2
            {rest}
        )
        select fortnight, grp, sum(n)::bigint as n, sum(people)::bigint as people, sum(gain)::double as gain, sum(gain2)::double as gain2
        from found group by 1, 2 having sum(n) > 0 order by 1, 2"""
