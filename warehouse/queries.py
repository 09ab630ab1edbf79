"""Reads: one query per kind of metric, over the marts. Values travel only as parameters; conditions come from metrics' own entries.

Everything here is exact and may not be shown: access.desk asks, access.disclosure releases.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from domain.errors import Shown
from domain.types import CHARACTERISTICS, ENTRIES, Counts, Family, Metric, Moments, Scope
from warehouse.connect import Store

DIMENSIONS = (
    "service, provider, service_type, sector, locality, person, role, shares, started_on, ended_on, came_back, start_quarter, end_quarter, "
    "age_band, gender, ethnic_group, deprivation_quintile, main_need, how_it_ended, maintain, only_stay"
)


@dataclass(frozen=True)
class Source:
    """A FROM clause, its conditions and parameters: the rows a scope speaks about."""

    sql: str
    where: tuple[str, ...]
    parameters: dict[str, Any]

    def conditions(self) -> str:
        return " and ".join(self.where) or "true"


def versions(cursor: duckdb.DuckDBPyConnection) -> tuple[int, date | None]:
    """(data version, data date) as this read transaction sees them."""
    values = dict(cursor.execute("select name, value from site where name in ('data_version', 'data_date')").fetchall())
    day = values.get("data_date") or ""
    return int(values.get("data_version", 0)), date.fromisoformat(day) if day else None


def source(store: Store, scope: Scope, shared_only: bool, data_date: date | None) -> Source:
    """The rows of a scope: the outcome mart where a questionnaire is asked about, else the headline mart.

    `shared_only` leaves out people who said no to sharing their record, and takes each service as it was last released.
    Raises Shown for an unknown questionnaire or breakdown.
    """
    parameters: dict[str, Any] = {}
    where: list[str] = []
    use_outcome = bool(scope.measure) or scope.by == "measure"
    if scope.by == "perspective" and not scope.measure:
        raise Shown("Whose view it is can be compared for one questionnaire at a time. Choose a questionnaire as well (--measure).")
    mart = "outcome" if use_outcome else "headline"
    if use_outcome:
        where += ["subscale = $subscale"]
        parameters["subscale"] = scope.subscale
        if scope.measure:
            measure = store.measures.get(scope.measure)
            if measure is None:
                raise Shown(f"There is no questionnaire '{scope.measure}'. The Handbook lists them.")
            where += ["measure = $measure"]
            parameters["measure"] = scope.measure
        if scope.by != "perspective":
            if scope.perspective:
                where += ["perspective = $perspective"]
                parameters["perspective"] = scope.perspective
            elif scope.measure:
                where += ["perspective = $perspective"]
                parameters["perspective"] = store.measures[scope.measure].headline_perspective
            else:
                where += ["perspective = (select headline_perspective from measure m where m.code = measure)"]
    where += _who(scope, parameters, shared_only)
    where += _when(scope, parameters, data_date)
    sql = f"{mart}{suffix(shared_only)}" if scope.basis != "measured" else _measured(scope, mart, parameters, data_date, suffix(shared_only))
    return Source(sql, tuple(where), parameters)


def suffix(shared_only: bool) -> str:
    """Which copy of a mart is asked: the provider's own is live, everybody else's is as last released."""
    return "_released" if shared_only else ""


def _who(scope: Scope, parameters: dict[str, Any], shared_only: bool) -> list[str]:
    where = []
    if scope.services:
        where.append("service in (select unnest($services))")
        parameters["services"] = list(scope.services)
    if scope.providers:
        where.append("provider in (select unnest($providers))")
        parameters["providers"] = list(scope.providers)
    if scope.entry:
        if scope.entry not in ENTRIES:
            raise Shown("Services can be taken together by type, provider, sector or locality.")
        where.append(f"{scope.entry} = $entry")
        parameters["entry"] = scope.value
    for name, value in scope.cohort:
        if name not in CHARACTERISTICS or name == "perspective":
            raise Shown("That characteristic is not one people can be grouped by.")
        where.append(f"{name} = ${name}")
        parameters[name] = value
    if scope.by != "role" and not any(name == "role" for name, _ in scope.cohort):
        where.append("role = 'person'")  # carers have outcomes of their own and are never pooled unless asked
    if shared_only:
        where.append("shares <> 'no'")
    return where


def _when(scope: Scope, parameters: dict[str, Any], data_date: date | None) -> list[str]:
    if scope.basis == "measured":
        return []
    column = {"ended": "ended_on", "started": "started_on"}[scope.basis]
    where = [f"{column} is not null"]
    if scope.start:
        where.append(f"{column} >= $from_day")
        parameters["from_day"] = scope.start
    if scope.end:
        where.append(f"{column} <= $to_day")
        parameters["to_day"] = scope.end
    return where


def as_of(scope: Scope, data_date: date | None) -> date:
    """The last day of the period, or of the data if that is earlier."""
    return min(d for d in (scope.end, data_date, date(9999, 12, 31)) if d)


def _measured(scope: Scope, mart: str, parameters: dict[str, Any], data_date: date | None, copy: str) -> str:
    """Episodes with a score in the period. Ended by its end: first to last. Still open: from the last score before it (else the first in it) to
    the last within it, so that a later score never alters an earlier period. The columns are those of the mart.
    """
    parameters |= {"m_from": scope.start or date(1900, 1, 1), "m_to": as_of(scope, data_date)}
    outcome = f"""(
        with inside as (
            select service, person, started_on, measure, subscale, perspective,
                min(date) filter (date >= $m_from) as first_in, max(date) as last_in,
                arg_max(score, (date - date '1970-01-01') * 4 + {_RANK}) as last_value,
                coalesce(
                    arg_max(score, (date - date '1970-01-01') * 4 + {_RANK}) filter (date < $m_from),
                    arg_min(score, (date - date '1970-01-01') * 4 + {_RANK})
                ) as from_value,
                coalesce(max(date) filter (date < $m_from), min(date)) as from_on
            from score{copy} where date <= $m_to and occasion <> 'follow-up' group by all having count(*) filter (date >= $m_from) > 0
        ),
        told as (
            select o.* replace (
                    case when o.ended_on <= $m_to then o.first_on else i.from_on end as first_on,
                    case when o.ended_on <= $m_to then o.first_score else i.from_value end as first_score,
                    case when o.ended_on <= $m_to then o.last_on else i.last_in end as last_on,
                    case when o.ended_on <= $m_to then o.last_score else i.last_value end as last_score
                )
            from outcome{copy} o join inside i using (service, person, started_on, measure, subscale, perspective)
        ),
        gained as (
            select t.* replace (
                    t.last_on > t.first_on as paired,
                    case when t.last_on > t.first_on then
                        case when m.better = 'higher' then t.last_score - t.first_score else t.first_score - t.last_score end
                    end as gain,
                    case when t.last_on > t.first_on then (t.last_on - t.first_on) / 7.0 end as weeks
                ), m.cutoff, m.clinical_side, h.value as threshold, coalesce(h.computed, false) as computed
            from told t join measure m on m.code = t.measure left join threshold h on h.measure = t.measure and t.subscale = ''
        )
        select * exclude (cutoff, clinical_side, threshold, computed) replace (
            case when not paired or threshold is null then null when gain > threshold or (not computed and gain = threshold) then 'improved'
                when -gain > threshold or (not computed and -gain = threshold) then 'worsened' else 'same' end as change,
            case when subscale = '' and cutoff is not null then
                case clinical_side when 'at or above' then first_score >= cutoff else first_score <= cutoff end
            end as clinical_first,
            case when subscale = '' and cutoff is not null then
                case clinical_side when 'at or above' then last_score >= cutoff else last_score <= cutoff end
            end as clinical_last
        ) from gained
    )"""
    if mart == "outcome":
        return outcome
    return f"""(
        select {DIMENSIONS}, sum(n_scores) as n_scores, bool_or(has_first) as has_first, min(first_on) as first_on, max(last_on) as last_on,
            max(weeks) as weeks, bool_or(paired) as paired,
            case when not bool_or(change is not null) then null when bool_or(change = 'improved') and bool_or(change = 'worsened') then 'mixed'
                when bool_or(change = 'improved') then 'improved' when bool_or(change = 'worsened') then 'worsened' else 'same' end as change,
            bool_or(clinical_first) filter (paired) as clinical_first, bool_or(clinical_last) filter (paired) as clinical_last
        from {outcome} o where main and subscale = '' and perspective = (select headline_perspective from measure m where m.code = o.measure)
        group by {DIMENSIONS}
    )"""


_RANK = "case occasion when 'start' then 0 when '' then 1 when 'review' then 2 else 3 end"


def _group(scope: Scope) -> str:
    """The SQL of the group a row belongs to. Null characteristics are 'not stated'; no quarter of ending means still open."""
    if not scope.by:
        return "'all'"
    return f"coalesce({scope.by}, '{'still open' if scope.by == 'end_quarter' else 'not stated'}')"


def _open(scope: Scope) -> str:
    return {"ended": "false", "started": "ended_on is null", "measured": "(ended_on is null or ended_on > $as_of)"}[scope.basis]


def counts(store: Store, cursor: duckdb.DuckDBPyConnection, metric: Metric, family: Family, scope: Scope, shared_only: bool) -> Counts:
    """Exact counts of one metric's family: one row per group (and whether still open); cells of the family, and distinct people in each."""
    version, day = versions(cursor)
    rows = source(store, scope, shared_only, day)
    cells = {"base": "true"} | family.cells
    counted = ", ".join(f"count(*) filter ({condition}) as n_{i}, {_people(condition, i)}" for i, condition in enumerate(cells.values()))
    sql = f"""select {_group(scope)} as grp, {_open(scope)} as still_open, {counted}
        from {rows.sql} where {rows.conditions()} and {family.base} group by 1, 2 order by 1, 2"""
    found = _run(cursor, sql, rows.parameters | {"as_of": as_of(scope, day), "due_days": store.settings.follow_up_due_weeks * 7})
    ended = [r for r in found if not r["still_open"]]
    return Counts(
        metric.id,
        scope,
        tuple((r["grp"], bool(r["still_open"])) for r in found),
        {name: tuple(r[f"n_{i}"] for r in found) for i, name in enumerate(cells) if name != "base"},
        {name: tuple(r[f"once_{i}"] + r[f"again_{i}"] for r in found) for i, name in enumerate(cells)},
        # Whoever has several stays may stand in several groups; counting the largest such group only can never be too many
        total_people={name: sum(r[f"once_{i}"] for r in ended) + max(r[f"again_{i}"] for r in ended) for i, name in enumerate(cells)} if ended else {},
        data_version=version,
        data_date=day,
    )


def _people(condition: str, i: int) -> str:
    # Nearly everybody has one stay: only the others need the dear count of distinct people
    return f"count(*) filter (({condition}) and only_stay) as once_{i}, count(distinct person) filter (({condition}) and not only_stay) as again_{i}"


def moments(store: Store, cursor: duckdb.DuckDBPyConnection, metric: Metric, scope: Scope, shared_only: bool) -> Moments:
    """Exact n, sums and sums of squares of first, last and gain over paired rows: one per group (and whether still open).

    Points of different questionnaires are never added: without a questionnaire (and not by questionnaire) this raises Shown.
    """
    if not scope.measure and scope.by != "measure":
        raise Shown("An average is counted in the points of one questionnaire. Choose one (--measure PHQ-9), or break down by questionnaire.")
    version, day = versions(cursor)
    rows = source(store, scope, shared_only, day)
    sums = {
        "first": "first_score", "last": "last_score", "gain": "gain", "first2": "first_score * first_score", "last2": "last_score * last_score",
        "gain2": "gain * gain", "first_last": "first_score * last_score",
    }  # fmt: skip
    taken = ", ".join(f"coalesce(sum(({sql})::double), 0) as {name}" for name, sql in sums.items())
    found = _run(
        cursor,
        f"select {_group(scope)} as grp, {_open(scope)} as still_open, count(*) as n, count(distinct person) as people, {taken} "
        f"from {rows.sql} where {rows.conditions()} and {metric.denominator} group by 1, 2 order by 1, 2",
        rows.parameters | {"as_of": as_of(scope, day)},
    )
    return Moments(
        metric.id,
        scope,
        tuple((r["grp"], bool(r["still_open"])) for r in found),
        tuple(r["n"] for r in found),
        tuple(r["people"] for r in found),
        {name: tuple(r[name] for r in found) for name in sums},
        data_version=version,
        data_date=day,
    )


def trajectory(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, shared_only: bool, longest: int = 26) -> Moments:
    """Scores by fortnights since the start, one value (the latest) per person's stay and fortnight: groups are '0', '1', … as text."""
    if not scope.measure:
        raise Shown("Scores over time are shown for one questionnaire at a time. Choose a questionnaire.")
    version, day = versions(cursor)
    rows = source(store, scope.with_(by=""), shared_only, day)
    found = _run(
        cursor,
        f"""with one as (
            select s.fortnight, s.person, arg_max(s.score, s.date)::double as score
            from score{suffix(shared_only)} s join (
                select service, person, started_on, measure, subscale, perspective from {rows.sql} where {rows.conditions()}
            ) o
            using (service, person, started_on, measure, subscale, perspective)
            where s.fortnight <= $longest and s.date <= $as_of group by s.fortnight, s.service, s.person, s.started_on
        ) select fortnight, count(*) as n, count(distinct person) as people, sum(score) as gain, sum(score * score) as gain2
        from one group by 1 order by 1""",
        rows.parameters | {"longest": longest, "as_of": as_of(scope, day)},
    )
    return Moments(
        "trajectory", scope, tuple((str(r["fortnight"]), False) for r in found), tuple(r["n"] for r in found), tuple(r["people"] for r in found),
        {"gain": tuple(r["gain"] for r in found), "gain2": tuple(r["gain2"] for r in found)}, version, day,
    )  # fmt: skip


def trajectories(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, shared_only: bool, longest: int = 26) -> dict[int, Moments]:
    """As `trajectory`, for every group of the scope's breakdown: fortnight -> Moments with a row per group."""
    version, day = versions(cursor)
    rows = source(store, scope, shared_only, day)
    found = _run(
        cursor,
        f"""with one as (
            select o.grp, s.fortnight, s.person, arg_max(s.score, s.date)::double as score
            from score{suffix(shared_only)} s join (
                select {_group(scope)} as grp, service, person, started_on, measure, subscale, perspective from {rows.sql} where {rows.conditions()}
            ) o using (service, person, started_on, measure, subscale, perspective)
            where s.fortnight <= $longest and s.date <= $as_of group by o.grp, s.fortnight, s.service, s.person, s.started_on
        ) select fortnight, grp, count(*) as n, count(distinct person) as people, sum(score) as gain, sum(score * score) as gain2
        from one group by 1, 2 order by 1, 2""",
        rows.parameters | {"longest": longest, "as_of": as_of(scope, day)},
    )
    curves: dict[int, Moments] = {}
    for fortnight in sorted({r["fortnight"] for r in found}):
        here = [r for r in found if r["fortnight"] == fortnight]
        curves[fortnight] = Moments(
            "trajectory", scope, tuple((r["grp"], False) for r in here), tuple(r["n"] for r in here), tuple(r["people"] for r in here),
            {"gain": tuple(r["gain"] for r in here), "gain2": tuple(r["gain2"] for r in here)}, version, day,
        )  # fmt: skip
    return curves


def first_and_last(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope) -> pa.Table:
    """First and last score of paired rows, as counted points: first_score, last_score, n. For the provider's own eyes only."""
    _, day = versions(cursor)
    rows = source(store, scope.with_(by=""), False, day)
    sql, parameters = _bound(
        f"select first_score::double as first_score, last_score::double as last_score, count(*) as n from {rows.sql} "
        f"where {rows.conditions()} and paired group by 1, 2 order by 1, 2",
        rows.parameters,
    )
    return cursor.execute(sql, parameters).to_arrow_table()


def journey_people(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, shared_only: bool) -> list[tuple[str, Any, date]]:
    """(service, person, started_on) of every stay in the scope with at least two scores of its questionnaire, in a stable order."""
    _, day = versions(cursor)
    rows = source(store, scope.with_(by=""), shared_only, day)
    # A no to sharing counts at once here, even while the service's group figures wait
    willing = "and person not in (select person from episode where shares = 'no')" if shared_only else ""
    found = _run(cursor, f"select service, person, started_on from {rows.sql} where {rows.conditions()} and paired {willing} order by 1, 2, 3", rows.parameters)
    return [(r["service"], r["person"], r["started_on"]) for r in found]


def journeys(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, stays: Sequence[tuple[str, Any, date]]) -> list[dict[str, Any]]:
    """Scores of the stays named: one row per score, with the person's code name, days and fortnights since the start, and the date."""
    if not stays:
        return []
    measure = store.measures[scope.measure]
    _want(cursor, stays)
    found = _run(
        cursor,
        """select w.service, w.person, w.started_on, c.name, s.date, s.date - s.started_on as days, s.fortnight, s.score::double as score, s.occasion
        from wanted w join score s using (service, person, started_on) left join code_name c on c.person = w.person
        where s.measure = $measure and s.subscale = $subscale and s.perspective = $perspective order by 1, 2, 3, s.date""",
        {"measure": scope.measure, "subscale": scope.subscale, "perspective": scope.perspective or measure.headline_perspective},
    )
    return found


def beside_journeys(cursor: duckdb.DuckDBPyConnection, stays: Sequence[tuple[str, Any, date]]) -> dict[str, list[dict[str, Any]]]:
    """Goals, their reviews, crises and stories of the stays named. For the provider's own eyes only."""
    _want(cursor, stays)
    on = "w.service = x.service_code and w.person = x.person"
    told = {
        "goals": f"select x.person, x.agreed_on as date, x.outcome_area, x.in_the_persons_words as words, x.kind from wanted w join goals x on {on}",
        "reviews": f"select x.person, x.date, x.level, x.progress, x.adapted_support from wanted w join goal_reviews x on {on}",
        "crises": f"select x.person, x.date, x.kind, x.response from wanted w join contacts x on {on} where x.kind <> 'planned contact'",
        "stories": f"select x.person, x.date, x.story, x.what_enabled_it, x.consent from wanted w join stories x on {on}",
    }
    found = {name: _run(cursor, f"{sql} order by all", {}) for name, sql in told.items()}
    return found


def _want(cursor: duckdb.DuckDBPyConnection, stays: Sequence[tuple[str, Any, date]]) -> None:
    cursor.register("stays", pa.table({"service": [s for s, _, _ in stays], "person": [str(p) for _, p, _ in stays], "started_on": [d for _, _, d in stays]}))
    cursor.execute("create or replace temp table wanted as select service, person::uuid as person, started_on from stays")
    cursor.unregister("stays")


def provider_people(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, base: str, shared_only: bool) -> list[tuple[str, str, int]]:
    """(group, provider, distinct people in the base): for the rule that no provider may dominate what its neighbours see."""
    _, day = versions(cursor)
    rows = source(store, scope, shared_only, day)
    found = _run(
        cursor,
        f"""select {_group(scope)} as grp, provider, count(distinct person) as people
        from {rows.sql} where {rows.conditions()} and {base} group by 1, 2 order by 1, 2""",
        rows.parameters | {"as_of": as_of(scope, day), "due_days": store.settings.follow_up_due_weeks * 7},
    )
    return [(r["grp"], r["provider"], r["people"]) for r in found]


def services(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """One row per service, by type then name, with what it has to show: records (any score), totals (indicators), returns, or nothing."""
    return _run(
        cursor,
        """select v.*, exists (select 1 from outcome o where o.service = v.service_code and o.paired) as has_pairs,
            exists (select 1 from indicators i where i.service_code = v.service_code) as has_totals,
            exists (select 1 from quarterly_return r where r.service_code = v.service_code) as has_returns,
            (select count(distinct person) from episode e where e.service = v.service_code) as people,
            exists (select 1 from episode e where e.service = v.service_code and e.role = 'carer') as has_carers,
            (select max(year * 10 + quarter) from quarterly_return r where r.service_code = v.service_code) as latest_return
        from services v order by service_type, service_name, service_code""",
        {},
    )


def about(cursor: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Service code -> its provider, service_type, sector and locality: the entries of the release menu it belongs to."""
    found = _run(
        cursor,
        "select service_code, provider_code as provider, service_type, coalesce(sector, 'not stated') as sector, coalesce(locality, 'not stated') as locality "
        "from services order by 1",
        {},
    )
    return {r.pop("service_code"): r for r in found}


def periods(cursor: duckdb.DuckDBPyConnection) -> tuple[date | None, date | None]:
    """First and last day on which any stay began or ended, or any score was taken."""
    row = cursor.execute(
        "select min(d), max(d) from (select min(started_on) as d from episode union all select max(ended_on) from episode "
        "union all select max(started_on) from episode union all select max(date) from score)"
    ).fetchone()
    return (row[0], row[1]) if row else (None, None)


def measures_used(cursor: duckdb.DuckDBPyConnection, services: Sequence[str]) -> list[str]:
    """Codes of the questionnaires with at least one pair in these services (none named: in any), most used first."""
    found = _run(
        cursor,
        """select measure, count(*) as n from outcome
        where paired and subscale = '' and ($all or service in (select unnest($services))) group by 1 order by n desc, 1""",
        {"all": not services, "services": list(services) or [""]},
    )
    return [r["measure"] for r in found]


def people_by_quarter(cursor: duckdb.DuckDBPyConnection, service: str) -> list[dict[str, Any]]:
    """Activity as returned by the service: one row per quarter (contract figures)."""
    return _run(cursor, "select * exclude (upload_id, sheet, row) from activity where service_code = $service order by year, quarter", {"service": service})


def indicators(cursor: duckdb.DuckDBPyConnection, service: str) -> list[dict[str, Any]]:
    """A service's own totals: one row per period and indicator, newest period first (contract figures, never added to counts of records)."""
    return _run(
        cursor,
        """select period_start, period_end, indicator, numerator::double as numerator, denominator::double as denominator from indicators
        where service_code = $service order by period_end desc, period_start desc, indicator""",
        {"service": service},
    )


def plan_years(cursor: duckdb.DuckDBPyConnection, service: str) -> list[int]:
    found = _run(cursor, "select distinct year from milestones where service_code = $service order by 1 desc", {"service": service})
    return [r["year"] for r in found]


def stories(cursor: duckdb.DuckDBPyConnection, services: Sequence[str], consents: Sequence[str]) -> list[dict[str, Any]]:
    """Stories with one of these consents, newest first, without whose they are."""
    return _run(
        cursor,
        """select service_code, story_ref, date, voice, outcome_area, story, what_enabled_it, consent from stories
        where consent in (select unnest($consents)) and ($all or service_code in (select unnest($services))) order by date desc, story_ref""",
        {"consents": list(consents), "all": not services, "services": list(services) or [""]},
    )


def first_scores(cursor: duckdb.DuckDBPyConnection, measure: str) -> tuple[int, float | None]:
    """(n, standard deviation) of first total scores of a questionnaire across the whole portfolio, for a computed threshold."""
    row = cursor.execute(
        """select count(*), stddev_samp(first_score::double) from outcome o join measure m on m.code = o.measure
        where o.measure = $measure and subscale = '' and perspective = m.headline_perspective and has_first""",
        {"measure": measure},
    ).fetchone()
    return (row[0], row[1]) if row else (0, None)


def thresholds(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Every reliable-change threshold in force, published or computed."""
    return _run(cursor, "select * from threshold order by measure", {})


def waiting(cursor: duckdb.DuckDBPyConnection) -> set[str]:
    """Codes of the services whose newest figures wait until enough people's results differ."""
    return {row[0] for row in cursor.execute("select service from waiting").fetchall()}


def shown(cursor: duckdb.DuckDBPyConnection, policy: str, table_key: str) -> str:
    """What was last shown of one release table, as JSON, or nothing."""
    row = cursor.execute("select figures from shown where policy = $policy and table_key = $key", {"policy": policy, "key": table_key}).fetchone()
    return row[0] if row else ""


def _run(cursor: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    sql, used = _bound(sql, parameters)
    cursor.execute(sql, used)
    names = [d[0] for d in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _bound(sql: str, parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    # DuckDB refuses parameters a statement does not use
    asked = set(re.findall(r"\$(\w+)", sql))
    return sql, {name: value for name, value in parameters.items() if name in asked}
