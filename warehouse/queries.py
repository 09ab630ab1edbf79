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
from domain.types import CHARACTERISTICS, ENTRIES, Counts, Family, Measure, Metric, Moments, Scope
from warehouse import picked, tallies
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
    tallied: bool = False  # each row stands for `n` stays

    def conditions(self) -> str:
        return " and ".join(self.where) or "true"

    def count(self, condition: str) -> str:
        """SQL for the number of stays that meet a condition."""
        return f"coalesce(sum(n) filter ({condition}), 0)::bigint" if self.tallied else f"count(*) filter ({condition})"


def versions(cursor: duckdb.DuckDBPyConnection) -> tuple[int, date | None]:
    """(data version, data date) as this read transaction sees them."""
    values = dict(cursor.execute("select name, value from site where name in ('data_version', 'data_date')").fetchall())
    day = values.get("data_date") or ""
    return int(values.get("data_version", 0)), date.fromisoformat(day) if day else None


def source(
    store: Store, scope: Scope, shared_only: bool, data_date: date | None, own_mart: str = "", base: str | None = None,
    cursor: duckdb.DuckDBPyConnection | None = None,
) -> Source:  # fmt: skip
    """The rows of a scope: those of `own_mart`, or the outcome mart where a questionnaire is asked about, else the headline mart.

    `shared_only` leaves out people who said no to sharing their record, and takes each service as it was last released. With `base` (the condition
    of what will be counted) and the cursor that will count, the rows may be those of the tally, each for several stays.
    Raises Shown for an unknown questionnaire or breakdown.
    """
    parameters: dict[str, Any] = {}
    where: list[str] = []
    if own_mart:
        if scope.basis == "measured":
            raise Shown("This is counted for the people who ended, or who started, in a period (--basis ended or started).")
        where += [*_who(scope, parameters, shared_only), *_when(scope, parameters, data_date)]
        return Source(f"{own_mart}{suffix(shared_only)}", tuple(where), parameters)
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
    # Where nothing waits, what everybody sees is what is there, and the view over both copies need not be asked
    copy = suffix(shared_only) if cursor is None or waiting(cursor) else ""
    if base is not None and cursor is not None and tallies.holds(scope, base) and (tallied := tallies.services(cursor, copy)):
        where += tallies.period(scope, parameters)
        return Source(tallies.source(scope, mart, copy, tallied, parameters), tuple(where), parameters, tallied=True)
    where += _when(scope, parameters, data_date)
    parameters |= _bands(store, scope)
    sql = f"{mart}{copy}" if scope.basis != "measured" else _measured(scope, mart, parameters, data_date, copy)
    return Source(sql, tuple(where), parameters)


def suffix(shared_only: bool) -> str:
    """Which copy of a mart is asked: the provider's own is live, everybody else's is as last released."""
    return "_released" if shared_only else ""


def _who(scope: Scope, parameters: dict[str, Any], shared_only: bool) -> list[str]:
    where = []
    if scope.services:
        where.append(_these(scope, parameters))
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
    where += picked.conditions(scope, parameters, shared_only)
    if scope.by != "role" and not any(name == "role" for name, _ in scope.cohort):
        where.append("role = 'person'")  # carers have outcomes of their own and are never pooled unless asked
    if shared_only:
        where.append("shares <> 'no'")
    return where


def _these(scope: Scope, parameters: dict[str, Any]) -> str:
    """The condition on the services of a scope. One by one, so that DuckDB passes over whole blocks of rows that hold none of them."""
    named = {f"service_{i}": code for i, code in enumerate(scope.services)}
    parameters |= named
    return f"service in ({', '.join(f'${name}' for name in named)})"


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
                arg_max(score, (date - date '1970-01-01') * 4 + {RANK}) as last_value,
                coalesce(
                    arg_max(score, (date - date '1970-01-01') * 4 + {RANK}) filter (date < $m_from),
                    arg_min(score, (date - date '1970-01-01') * 4 + {RANK})
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
            case when subscale <> '' or cutoff is null then false
                when clinical_side = 'at or above' then first_score >= cutoff else first_score <= cutoff end as clinical_first,
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
            case when bool_or(paired and clinical_last is not null) then bool_or(clinical_first) filter (paired)
                when bool_or(clinical_first) then true when bool_or(clinical_first is null) then null else false end as clinical_first,
            bool_or(clinical_last) filter (paired) as clinical_last
        from {outcome} o where main and subscale = '' and perspective = (select headline_perspective from measure m where m.code = o.measure)
        group by {DIMENSIONS}
    )"""


RANK = "case occasion when 'start' then 0 when '' then 1 when 'review' then 2 else 3 end"


# The words of the band that holds the first score: bands stand in order, each with its highest score
_BAND = """coalesce(
    case when has_first then list_extract($band_words, 1 + length(list_filter($band_tops, x -> x::decimal(9, 3) < first_score))) end, 'not stated'
)"""


def _bands(store: Store, scope: Scope) -> dict[str, Any]:
    """The parameters of a breakdown by first score. Raises Shown where the questionnaire has no published bands."""
    if scope.by != "first_band":
        return {}
    measure = store.measures.get(scope.measure)
    if measure is None or scope.subscale:
        raise Shown("First scores are those of one questionnaire's total. Choose one (--measure PHQ-9).")
    if not measure.bands:
        raise Shown(f"{measure.code} has no published bands, so its first scores cannot be taken together. The Handbook lists those that have.")
    bands = sorted(measure.bands, key=lambda band: band[1])
    return {"band_words": [band_words(measure, i) for i in range(len(bands))], "band_tops": [str(top) for _, _, top in bands[:-1]]}


def band_words(measure: Measure, place: int) -> str:
    """The words of one band, lowest first: `10 to 14, moderate`."""
    words, low, high = sorted(measure.bands, key=lambda band: band[1])[place]
    return f"{low.normalize():f} to {high.normalize():f}, {words}"


def group_of(scope: Scope) -> str:
    """The SQL of the group a row belongs to. Null characteristics are 'not stated'; no quarter of ending means still open."""
    if not scope.by:
        return "'all'"
    if scope.by == "first_band":
        return _BAND
    return f"coalesce({scope.by}, '{'still open' if scope.by == 'end_quarter' else 'not stated'}')"


def still_open(scope: Scope) -> str:
    return {"ended": "false", "started": "ended_on is null", "measured": "(ended_on is null or ended_on > $as_of)"}[scope.basis]


def counts(store: Store, cursor: duckdb.DuckDBPyConnection, metric: Metric, family: Family, scope: Scope, shared_only: bool) -> Counts:
    """Exact counts of one metric's family: one row per group (and whether still open); cells of the family, and distinct people in each."""
    version, day = versions(cursor)
    rows = source(store, scope, shared_only, day, metric.mart, family.base, cursor)
    cells = {"base": "true"} | family.cells
    counted = ", ".join(f"{rows.count(condition)} as n_{i}, {_people(rows, condition, i)}" for i, condition in enumerate(cells.values()))
    sql = f"""select {group_of(scope)} as grp, {still_open(scope)} as still_open, {counted}
        from {rows.sql} where {rows.conditions()} and {family.base} group by 1, 2 order by 1, 2"""
    found = run(cursor, sql, rows.parameters | _asked(store, scope, day))
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


def _asked(store: Store, scope: Scope, day: date | None) -> dict[str, Any]:
    """What conditions of the registry may ask for: see metrics.registry."""
    weeks, mixed = store.settings.follow_up_due_weeks, store.settings.mixed_change
    return {"as_of": as_of(scope, day), "due_days": weeks * 7, "mixed_is_worse": mixed == "worse"}


def _people(rows: Source, condition: str, i: int) -> str:
    # Nearly everybody has one stay: only the others need the dear count of distinct people
    return f"{rows.count(f'({condition}) and only_stay')} as once_{i}, count(distinct person) filter (({condition}) and not only_stay) as again_{i}"


def moments(store: Store, cursor: duckdb.DuckDBPyConnection, metric: Metric, scope: Scope, shared_only: bool) -> Moments:
    """Exact n, sums and sums of squares of first, last and gain over paired rows: one per group (and whether still open).

    Points of different questionnaires are never added: without a questionnaire (and not by questionnaire) this raises Shown.
    """
    if not metric.mart and not scope.measure and scope.by != "measure":
        raise Shown("An average is counted in the points of one questionnaire. Choose one (--measure PHQ-9), or break down by questionnaire.")
    version, day = versions(cursor)
    rows = source(store, scope, shared_only, day, metric.mart, metric.denominator, cursor)
    taken = ", ".join(f"coalesce(sum({f'sum_{name}' if rows.tallied else f'({sql})::double'}), 0) as {name}" for name, sql in tallies.SUMS.items())
    found = run(
        cursor,
        f"select {group_of(scope)} as grp, {still_open(scope)} as still_open, {rows.count('true')} as n, {_people(rows, 'true', 0)}, {taken} "
        f"from {rows.sql} where {rows.conditions()} and {metric.denominator} group by 1, 2 order by 1, 2",
        rows.parameters | {"as_of": as_of(scope, day)},
    )
    return Moments(
        metric.id,
        scope,
        tuple((r["grp"], bool(r["still_open"])) for r in found),
        tuple(r["n"] for r in found),
        tuple(r["once_0"] + r["again_0"] for r in found),
        {name: tuple(r[name] for r in found) for name in tallies.SUMS},
        data_version=version,
        data_date=day,
    )


def trajectory(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, shared_only: bool, longest: int = 26) -> Moments:
    """Scores by fortnights since the start, one value (the latest) per person's stay and fortnight: groups are '0', '1', … as text."""
    if not scope.measure:
        raise Shown("Scores over time are shown for one questionnaire at a time. Choose a questionnaire.")
    version, day = versions(cursor)
    rows = source(store, scope.with_(by=""), shared_only, day)
    found = run(
        cursor,
        f"""with one as ({by_fortnight(scope.with_(by=""), rows, shared_only)})
        select fortnight, count(*) as n, count(distinct person) as people, sum(score) as gain, sum(score * score) as gain2 from one group by 1 order by 1""",
        rows.parameters | {"longest": longest, "as_of": as_of(scope, day)},
    )
    return Moments(
        "trajectory", scope, tuple((str(r["fortnight"]), False) for r in found), tuple(r["n"] for r in found), tuple(r["people"] for r in found),
        {"gain": tuple(r["gain"] for r in found), "gain2": tuple(r["gain2"] for r in found)}, version, day,
    )  # fmt: skip


def by_fortnight(scope: Scope, rows: Source, shared_only: bool) -> str:
    """SQL for one row per stay and fortnight since its start: grp, fortnight, person, score (the latest by $as_of). `rows` are those of one questionnaire."""
    alike = [name for name in ("measure", "subscale", "perspective") if name in rows.parameters]
    asked = [f"{name} = ${name}" for name in alike] + ([_these(scope, {})] if scope.services else [])
    beside = "service, person, started_on" + ("" if "perspective" in alike else ", perspective")
    return f"""
        select o.grp, s.fortnight, s.person, arg_max(s.score, s.date)::double as score
        from (select * from score{suffix(shared_only)} where {" and ".join(asked)} and fortnight <= $longest and date <= $as_of) s
        join (select {group_of(scope)} as grp, {beside} from {rows.sql} where {rows.conditions()}) o using ({beside})
        group by o.grp, s.fortnight, s.service, s.person, s.started_on"""


def trajectories(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, shared_only: bool, longest: int = 26) -> dict[int, Moments]:
    """As `trajectory`, for every group of the scope's breakdown: fortnight -> Moments with a row per group."""
    version, day = versions(cursor)
    rows = source(store, scope, shared_only, day)
    found = run(
        cursor,
        f"""with one as ({by_fortnight(scope, rows, shared_only)})
        select fortnight, grp, count(*) as n, count(distinct person) as people, sum(score) as gain, sum(score * score) as gain2
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
    sql, parameters = bound(
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
    found = run(cursor, f"select service, person, started_on from {rows.sql} where {rows.conditions()} and paired {willing} order by 1, 2, 3", rows.parameters)
    return [(r["service"], r["person"], r["started_on"]) for r in found]


def journeys(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, stays: Sequence[tuple[str, Any, date]]) -> list[dict[str, Any]]:
    """Scores of the stays named: one row per score, with the person's code name, days and fortnights since the start, and the date."""
    if not stays:
        return []
    measure = store.measures[scope.measure]
    _want(cursor, stays)
    found = run(
        cursor,
        """select w.service, w.person, w.started_on, c.name, s.date, s.date - s.started_on as days, s.fortnight, s.score::double as score, s.occasion
        from wanted w join score s using (service, person, started_on) left join code_name c on c.person = w.person
        where s.measure = $measure and s.subscale = $subscale and s.perspective = $perspective order by 1, 2, 3, s.date""",
        {"measure": scope.measure, "subscale": scope.subscale, "perspective": scope.perspective or measure.headline_perspective},
    )
    return found


def beside_journeys(cursor: duckdb.DuckDBPyConnection, stays: Sequence[tuple[str, Any, date]]) -> dict[str, list[dict[str, Any]]]:
    """Goals, reviews, changes of support, crises and consented stories of the stays named, within 28 days of each. For the provider's own eyes only.

    One row per thing, with the stay it belongs to (service, person, started_on) and its date.
    """
    _want(cursor, stays)
    on = """w.service = x.service_code and w.person = x.person
        join episode e on e.service = w.service and e.person = w.person and e.started_on = w.started_on
        and {day} between w.started_on - 28 and coalesce(e.ended_on, date '9999-01-01') + 28"""
    whose = "w.service, w.person, w.started_on"

    def told(table: str, columns: str, day: str = "x.date", where: str = "true") -> str:
        return f"select distinct {whose}, {day} as date, {columns} from wanted w join {table} x on {on.format(day=day)} where {where} order by all"

    asked = {
        "goals": told("goals", "x.goal_ref as goal, x.outcome_area, x.in_the_persons_words as words, x.kind", "x.agreed_on"),
        "reviews": told("goal_reviews", "x.goal_ref as goal, x.level, x.progress"),
        "changes_of_support": told("goal_reviews", "x.goal_ref as goal, x.adapted_support", where="x.adapted_support is not null"),
        "moves": told("people", "x.moved_to_service", "x.ended_on", "x.moved_to_service is not null and x.started_on <= x.ended_on"),
        "crises": told("contacts", "x.kind, x.response", where="x.kind <> 'planned contact'"),
        "stories": told("stories", "x.story, x.what_enabled_it, x.consent", where="x.consent is not null"),
    }
    return {name: run(cursor, sql, {}) for name, sql in asked.items()}


def _want(cursor: duckdb.DuckDBPyConnection, stays: Sequence[tuple[str, Any, date]]) -> None:
    cursor.register("stays", pa.table({"service": [s for s, _, _ in stays], "person": [str(p) for _, p, _ in stays], "started_on": [d for _, _, d in stays]}))
    cursor.execute("create or replace temp table wanted as select service, person::uuid as person, started_on from stays")
    cursor.unregister("stays")


def provider_people(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, base: str, shared_only: bool, mart: str = "") -> list[tuple[str, str, int]]:
    """(group, provider, distinct people in the base): for the rule that no provider may dominate what its neighbours see."""
    _, day = versions(cursor)
    rows = source(store, scope, shared_only, day, mart, base, cursor)
    found = run(
        cursor,
        f"""select {group_of(scope)} as grp, provider, {_people(rows, "true", 0)}
        from {rows.sql} where {rows.conditions()} and {base} group by 1, 2 order by 1, 2""",
        rows.parameters | _asked(store, scope, day),
    )
    return [(r["grp"], r["provider"], r["once_0"] + r["again_0"]) for r in found]


def services(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """One row per service, by type then name, with what it has to show: records (any score), totals (indicators), returns, or nothing."""
    return run(
        cursor,
        """with pairs as (select distinct service from tally where mart = 'outcome' and split = '' and paired
            union select service from outcome where paired and (not only_stay or service not in (select service from tally)))
        select v.*, v.service_code in (select service from pairs) as has_pairs,
            v.service_code in (select service_code from indicators) as has_totals,
            r.latest is not null as has_returns, v.service_code in (select service from episode where role = 'carer') as has_carers, r.latest as latest_return
        from services v left join (select service_code, max(year * 10 + quarter) as latest from quarterly_return group by 1) r using (service_code)
        order by service_type, service_name, service_code""",
        {},
    )


def about(cursor: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Service code -> its provider, service_type, sector and locality: the entries of the release menu it belongs to."""
    found = run(
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
    found = run(
        cursor,
        f"""select measure, sum(n) as n from (
            select service, measure, n from tally where mart = 'outcome' and split = '' and paired and subscale = ''
            union all select service, measure, 1 from outcome
            where paired and subscale = '' and (not only_stay or service not in (select service from tally))
        ) {"where service in (select unnest($services))" if services else ""} group by 1 order by n desc, 1""",
        {"services": list(services)},
    )
    return [r["measure"] for r in found]


def people_by_quarter(cursor: duckdb.DuckDBPyConnection, service: str) -> list[dict[str, Any]]:
    """Activity as returned by the service: one row per quarter (contract figures)."""
    return run(cursor, "select * exclude (upload_id, sheet, row) from activity where service_code = $service order by year, quarter", {"service": service})


def indicators(cursor: duckdb.DuckDBPyConnection, service: str) -> list[dict[str, Any]]:
    """A service's own totals: one row per period and indicator, newest period first (contract figures, never added to counts of records)."""
    return run(
        cursor,
        """select period_start, period_end, indicator, numerator::double as numerator, denominator::double as denominator from indicators
        where service_code = $service order by period_end desc, period_start desc, indicator""",
        {"service": service},
    )


def plan_years(cursor: duckdb.DuckDBPyConnection, service: str) -> list[int]:
    found = run(cursor, "select distinct year from milestones where service_code = $service order by 1 desc", {"service": service})
    return [r["year"] for r in found]


def stories(cursor: duckdb.DuckDBPyConnection, services: Sequence[str], consents: Sequence[str]) -> list[dict[str, Any]]:
    """Stories with one of these consents, newest first, without whose they are."""
    return run(
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
    return run(cursor, "select * from threshold order by measure", {})


def waiting(cursor: duckdb.DuckDBPyConnection) -> set[str]:
    """Codes of the services whose newest figures wait until enough people's results differ."""
    return {row[0] for row in cursor.execute("select service from waiting").fetchall()}


def shown(cursor: duckdb.DuckDBPyConnection, policy: str, table_key: str) -> str:
    """What was last shown of one release table, as JSON, or nothing."""
    row = cursor.execute("select figures from shown where policy = $policy and table_key = $key", {"policy": policy, "key": table_key}).fetchone()
    return row[0] if row else ""


def run(cursor: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    sql, used = bound(sql, parameters)
    cursor.execute(sql, used)
    names = [d[0] for d in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def bound(sql: str, parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    # DuckDB refuses parameters a statement does not use
    asked = set(re.findall(r"\$(\w+)", sql))
    return sql, {name: value for name, value in parameters.items() if name in asked}
