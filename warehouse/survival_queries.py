"""Time to reliable improvement, one row per person's stay. Exact, and may not be shown: access.statistics asks, access.curves protects."""

from __future__ import annotations

import duckdb
import pandas as pd

from domain.errors import Shown
from domain.types import Scope
from warehouse import queries
from warehouse.connect import Store


def times(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, shared_only: bool) -> pd.DataFrame:
    """One row per stay with a first score on the scope's questionnaire: grp, person, days (since the first score), event (0, 1), alone.

    The event is the first score with gain >= threshold (> where the threshold is computed) that holds at the next score or is the last; otherwise the
    stay is followed to its last score, and somebody with one score to day 0, marked `alone`. Of several scores on one day the first day's earliest and
    every other day's latest counts, as in the mart `outcome`; follow-ups after the end do not. Raises Shown without a questionnaire or its threshold.
    """
    _check(store, cursor, scope)
    _, day = queries.versions(cursor)
    rows = queries.source(store, scope, shared_only, day)
    found = queries.run(
        cursor,
        f"""with stay as (
            select {queries.group_of(scope)} as grp, service, person, started_on, measure, subscale, perspective
            from {rows.sql} where {rows.conditions()} and has_first
        ),
        -- one score per day
        daily as (
            select grp, service, person, started_on, date, arg_min(score, {queries.RANK}) as opening, arg_max(score, {queries.RANK}) as score
            from score{queries.suffix(shared_only)} join stay using (service, person, started_on, measure, subscale, perspective)
            where occasion <> 'follow-up' group by all
        ),
        gained as (
            select grp, service, person, started_on, date, min(date) over stay as first_on,
                case when $better = 'higher' then score - first_value(opening) over in_order else first_value(opening) over in_order - score end as gain
            from daily window stay as (partition by service, person, started_on), in_order as (partition by service, person, started_on order by date)
        ),
        reached as (
            select g.*, date > first_on and (gain > t.value or (not t.computed and gain = t.value)) as reached
            from gained g, threshold t where t.measure = $measure
        ),
        held as (
            select *, reached and coalesce(lead(reached) over (partition by service, person, started_on order by date), true) as holds from reached
        )
        select any_value(grp) as grp, person::varchar as person, coalesce(min(date) filter (holds), max(date)) - any_value(first_on) as days,
            bool_or(holds)::integer as event, count(*) = 1 as alone
        from held group by service, person, started_on order by all""",
        rows.parameters | {"better": store.measures[scope.measure].better},
    )
    frame = pd.DataFrame(found, columns=["grp", "person", "days", "event", "alone"])
    return frame.astype({"days": int, "event": int, "alone": bool})


def _check(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    if not scope.measure or scope.subscale:
        raise Shown("How long improvement took is told by the total of one questionnaire. Choose one (--measure PHQ-9).")
    if scope.basis == "measured":
        raise Shown("How long improvement took is told for people who ended, or who started, in a period (--basis ended or started).")
    if scope.measure in store.measures and not cursor.execute("select 1 from threshold where measure = $m", {"m": scope.measure}).fetchone():
        raise Shown(f"{scope.measure} has no published reliable change, and none has been worked out here yet, so nobody can be said to have improved clearly.")
