"""Rows of an upload held against each other and against the store, by column: what they refer to, and what is unlikely beside it.

Asked inside `arrivals.examine`, over the views new_<table> (the upload) and the tables (the store).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from domain import fields
from warehouse.keys import same, slot

# A change this many times what the questionnaire's own wobble, or the person's own earlier ups and downs, would make. Three standard errors: 3 in 1,000.
UNLIKELY = 3
SCORES_BEFORE = 2  # earlier scores needed before a person has a history


@dataclass(frozen=True)
class Strange:
    """Rows of one table with the same thing to look at. `at` are their places in the table sent; `details` fill the words, one tuple a row."""

    table: str
    what: str
    at: np.ndarray
    details: list[tuple[Any, ...]]


def look(cursor: duckdb.DuckDBPyConnection, present: set[str], window: int, waiting: dict[str, pa.Table]) -> list[Strange]:
    """Everything strange in the upload, by table and kind.

    waits, person: the person's own row waits; no People row for that person and service. goal: a review of no goal. outside: a score more than
    `window` days outside every stay (kept, not counted). more: a returned count larger than what it is out of (percent and average lines are no counts).
    leap: see `_leaps`. records: see `_records`. again, overlap: see `_quarters`.
    """
    doubtful = "assessments" in present and _doubtful(cursor, present, window)
    found = [*_strangers(cursor, present if doubtful else present - {"assessments"}, waiting)]
    if "assessments" in present:
        found += [*([_outside(cursor, present)] if doubtful else []), _leaps(cursor)]
    if "activity" in present:
        found.append(_records(cursor, present))
    found += _quarters(cursor, present)
    return [one for one in found if len(one.at)]


def _asked(cursor: duckdb.DuckDBPyConnection, table: str, what: str, sql: str) -> Strange:
    rows = cursor.execute(f"{sql} order by 1").fetchall()
    return Strange(table, what, np.array([row[0] for row in rows], dtype=np.int64), [row[1:] for row in rows])


def _strangers(cursor: duckdb.DuckDBPyConnection, present: set[str], waiting: dict[str, pa.Table]) -> list[Strange]:
    people = _known("people", "person, service_code, started_on, ended_on", present)
    goals = _known("goals", "person, service_code, goal_ref", present)
    lines = _known("milestones", "service_code, year, ref, counted_as", present)
    cursor.execute("create or replace temp table waiting_people (person uuid, service_code varchar)")
    if "people" in waiting:
        cursor.register("waiting_rows", waiting["people"].select(["person", "service_code"]))
        cursor.execute("insert into waiting_people select cast(person as uuid), service_code from waiting_rows")
        cursor.unregister("waiting_rows")
    unknown = f"i.person is not null and not exists (select 1 from ({people}) p where p.person = i.person and p.service_code = i.service_code)"
    waits = "exists (select 1 from waiting_people w where w.person = i.person and w.service_code = i.service_code)"
    asked = {}
    for table in ("assessments", "goals", "goal_reviews", "contacts", "stories"):
        asked[table, "person"] = f"{unknown} and not {waits}"
        if "people" in waiting:
            asked[table, "waits"] = f"{unknown} and {waits}"
    asked["goal_reviews", "goal"] = f"""not exists (
        select 1 from ({goals}) g where g.person = i.person and g.service_code = i.service_code and g.goal_ref = i.goal_ref)"""
    asked["quarterly_return", "more"] = f"""i.actual > i.out_of and exists (
        select 1 from ({lines}) m where m.service_code = i.service_code and m.year = i.year and m.ref = i.ref
        and m.counted_as not in ('percent', 'average'))"""
    rows = {"assessments": "doubtful"}
    return [
        _asked(cursor, table, what, f"select i.nth from {rows.get(table, f'new_{table}')} i where {where}")
        for (table, what), where in asked.items()
        if table in present
    ]


def _doubtful(cursor: duckdb.DuckDBPyConnection, present: set[str], window: int) -> bool:
    """Makes `doubtful`: the scores that lie in no stay, so that the few can be asked why. Returns whether there are any."""
    people = _known("people", "person, service_code, started_on, ended_on", present)
    cursor.execute(
        f"""create or replace temp table doubtful as select i.nth, i.person, i.service_code from new_assessments i
        anti join ({people}) p on p.person = i.person and p.service_code = i.service_code
            and i.date >= p.started_on - {int(window)} and i.date <= coalesce(p.ended_on, date '9999-12-31') + {int(window)}"""
    )
    row = cursor.execute("select count(*) from doubtful").fetchone()
    return bool(row and row[0])


def _outside(cursor: duckdb.DuckDBPyConnection, present: set[str]) -> Strange:
    people = _known("people", "person, service_code, started_on, ended_on", present)
    return _asked(
        cursor, "assessments", "outside", f"select i.nth from doubtful i semi join ({people}) k on k.person = i.person and k.service_code = i.service_code"
    )


def _leaps(cursor: duckdb.DuckDBPyConnection) -> Strange:
    """A fall or rise beyond what the person's own history makes likely: total scores that differ from the one before by more than three times the larger of

    - the standard error of the difference of the questionnaire, its reliable change divided by 1.96 (Jacobson & Truax 1991), and
    - the root mean square of the person's own earlier changes from score to score (von Neumann and others 1941).

    Only for people with at least two earlier scores. Details: questionnaire, score before, score now.
    """
    return _asked(
        cursor,
        "assessments",
        "leap",
        f"""with mine as materialized (
            select nth, person, service_code, measure, perspective, date, occasion, score from new_assessments where subscale is null
            union all
            select null, person, service_code, measure, perspective, date, occasion, score from assessments t
            where subscale is null and (person, measure) in (select (person, measure) from new_assessments)
                and not exists (select 1 from new_assessments n where {same(fields.BY_TABLE["assessments"].key)})
        ), far as (  -- those whose scores lie far enough apart for any step to be one: the others need not be put in order
            select person, service_code, measure, perspective from (
                select person, service_code, measure, perspective, max(score) - min(score) as span from mine group by all having count(*) > {SCORES_BEFORE}
            ) join threshold t using (measure) where span > {UNLIKELY} * t.value / 1.96
        ), steps as (
            select m.*, lag(m.score) over w as before, row_number() over w as nr from mine m semi join far f on f.person = m.person
                and f.service_code = m.service_code and f.measure = m.measure and f.perspective is not distinct from m.perspective
            window w as (partition by m.person, m.service_code, m.measure, m.perspective order by m.date, m.occasion)
        ), spread as (
            select s.*, cast(s.score - s.before as double) as step, sqrt(avg(cast(s.score - s.before as double) ** 2) over (
                partition by s.person, s.service_code, s.measure, s.perspective order by s.date, s.occasion rows between unbounded preceding and 1 preceding
            )) as own from steps s
        )
        select nth, measure, cast(before as double), cast(score as double) from spread join threshold t using (measure)
        where nth is not null and nr > {SCORES_BEFORE} and abs(step) > {UNLIKELY} * greatest(cast(t.value as double) / 1.96, own)""",
    )


def _records(cursor: duckdb.DuckDBPyConnection, present: set[str]) -> Strange:
    """A quarter's *people started* or *people ended* that is not what the records of people say, where the service sends records at all.

    Details: heading, figure sent, figure by the records.
    """
    people = _known("people", "person, service_code, started_on, ended_on, role", present)
    return _asked(
        cursor,
        "activity",
        "records",
        f"""with days as (
            select nth, i.service_code, people_started, people_ended,
                make_date(year + (case when quarter = 4 then 1 else 0 end), [4, 7, 10, 1][quarter], 1) as begins
            from new_activity i where year is not null and quarter is not null
                and service_code in (select service_code from ({people}))
        ), counted as (
            select d.nth, any_value(d.people_started) as sent_started, any_value(d.people_ended) as sent_ended,
                count(distinct p.person) filter (where p.started_on >= d.begins and p.started_on < d.begins + interval 3 month) as started,
                count(distinct p.person) filter (where p.ended_on >= d.begins and p.ended_on < d.begins + interval 3 month) as ended
            from days d left join ({people}) p on p.service_code = d.service_code and p.role is distinct from 'carer' group by d.nth
        )
        select nth, 'people started', sent_started, started from counted where sent_started <> started
        union all select nth, 'people ended', sent_ended, ended from counted where sent_ended <> ended""",
    )


def _quarters(cursor: duckdb.DuckDBPyConnection, present: set[str]) -> list[Strange]:
    """again: a quarter (or period) that an earlier return holds, with other rows or figures; the first row of each is told. Details: service, year, quarter
    or first and last day. overlap: an indicator's period that shares days with another period of the same indicator without being it.
    """
    found = []
    for table in ("quarterly_return", "activity", "learning"):
        if table not in present:
            continue
        sheet = fields.BY_TABLE[table]
        listed = ", ".join(f'"{c}"' for c in sheet.columns)
        key = ", ".join(slot(sheet))
        found.append(
            _asked(
                cursor,
                table,
                "again",
                f"""with stored as (select * from {table} t semi join new_{table} n on {same(slot(sheet))}),
                differing as (
                    select {key} from (select {listed} from stored except select {listed} from new_{table})
                    union select {key} from (select {listed} from new_{table} except select {listed} from stored)
                )
                select min(n.nth), {", ".join(f"n.{c}" for c in slot(sheet))}
                from new_{table} n semi join stored t on {same(slot(sheet))} semi join differing d on {same(slot(sheet)).replace('t."', 'd."')}
                group by {", ".join(f"n.{c}" for c in slot(sheet))}""",
            )
        )
    if "indicators" in present:
        found.append(
            _asked(
                cursor,
                "indicators",
                "overlap",
                f"""select distinct n.nth, o.period_start, o.period_end from new_indicators n
                join ({_known("indicators", "service_code, indicator, period_start, period_end", present)}) o
                    on o.service_code = n.service_code and o.indicator = n.indicator and o.period_start <= n.period_end and o.period_end >= n.period_start
                where (o.period_start, o.period_end) <> (n.period_start, n.period_end)""",
            )
        )
    return found


def _known(table: str, columns: str, present: set[str]) -> str:
    """The rows of a table as they would be after the upload."""
    if table not in present:
        return f"select {columns} from {table}"
    return f"""select {columns} from {table} t where not exists (select 1 from new_{table} n where {same(fields.BY_TABLE[table].key)})
        union all select {columns} from new_{table}"""
