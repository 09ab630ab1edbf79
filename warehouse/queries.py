"""Reads: one query per kind of metric, over the marts. Values travel only as parameters; conditions come from metrics' own entries.

Everything here is exact and may not be shown: access.desk asks, access.disclosure releases.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from domain.errors import Shown
from domain.quarters import quarter_of
from domain.types import CHARACTERISTICS, ENTRIES, Counts, Family, Measure, Metric, Moments, Scope
from warehouse import count_queries, picked, tallies
from warehouse.connect import Store

DIMENSIONS = (
    "service, provider, service_type, sector, locality, person, role, shares, started_on, ended_on, came_back, start_quarter, end_quarter, "
    "age_band, gender, ethnic_group, deprivation_quintile, main_need, how_it_ended, maintain, only_stay"
)


LONGEST = 26  # fortnights since the start: a year


@dataclass(frozen=True)
class Source:
    """A FROM clause, its conditions and parameters: the rows a scope speaks about."""

    sql: str
    where: tuple[str, ...]
    parameters: dict[str, Any]
    mart: str = ""
    copy: str = ""  # which copy of the marts: "" is live, "_released" as everybody but the provider sees it
    tallied: bool = False  # the rows of `mart` are counted from their tally and from `one_by_one`, see warehouse.tallies
    large: bool = False  # and any of the services has a tally

    def conditions(self) -> str:
        return " and ".join(self.where) or "true"


Version = tuple[int, date | None]


def versions(cursor: duckdb.DuckDBPyConnection) -> Version:
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
    of what will be counted) and the cursor that will count, the conditions may be those of the tally.
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
    if base is not None and cursor is not None and tallies.holds(scope, base) and (sizes := tallies.sizes(cursor, copy)):
        where += tallies.period(scope, parameters)
        large = any(sizes.get(code) for code in scope.services or sizes)
        return Source("", tuple(where), parameters, mart, copy, tallied=True, large=large)
    where += _when(scope, parameters, data_date)
    parameters |= _bands(store, scope)
    sql = f"{mart}{copy}" if scope.basis != "measured" else _measured(scope, mart, parameters, data_date, copy)
    return Source(sql, tuple(where), parameters, mart, copy)


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


def counts(
    store: Store, cursor: duckdb.DuckDBPyConnection, metric: Metric, family: Family, scope: Scope, shared_only: bool, at: Version | None = None
) -> Counts:
    """Exact counts of one metric's family: one row per group (and whether still open); cells of the family, and distinct people in each.

    `at` is what `versions` says in this transaction, where that was asked already.
    """
    version, day = at or versions(cursor)
    rows = source(store, scope, shared_only, day, metric.mart, family.base, cursor)
    cells = {"base": "true"} | family.cells
    found = _counted(cursor, rows, scope, family.base, list(cells.values()), _asked(store, scope, day))
    return _as_counts(metric.id, scope, found, cells, 0, version, day)


def together(
    store: Store, cursor: duckdb.DuckDBPyConnection, families: Sequence[Family], mean: Metric | None, scope: Scope, shared_only: bool,
    at: Version | None = None,
) -> tuple[dict[str, Counts], Moments | None]:  # fmt: skip
    """What `counts` gives for several families over the same rows, by family, and `moments` of a metric, with one question: half the work of a small one.

    The metric of the counts is the family's own name.
    """
    version, day = at or versions(cursor)
    base, cells = _cells_of(families, mean)
    rows = source(store, scope, shared_only, day, "", base, cursor)
    found = _counted(cursor, rows, scope, base, cells, _asked(store, scope, day), list(tallies.SUMS) if mean else ())
    return _apart(found, families, mean, scope, version, day)


@dataclass(frozen=True)
class Stays:
    """The stays of one small service, by the quarter in which they ended and the cells of some families; None where a service is counted from its tally."""

    rows: tuple[count_queries.Row, ...] | None
    version: int
    day: date | None


def whole_time(scope: Scope) -> Scope | None:
    """The scope whose `stays` answer for this one too: of one service, the same for all quarters. None where only a question of its own can tell."""
    if len(scope.services) != 1 or scope.basis != "ended" or scope.picked or scope.by not in ("", "end_quarter"):
        return None
    if any(name in ("end_quarter", "perspective") for name, _ in scope.cohort) or not tallies.holds(scope, ""):
        return None
    return scope.with_(start=None, end=None, by="")


def stays(
    store: Store, cursor: duckdb.DuckDBPyConnection, families: Sequence[Family], mean: Metric | None, scope: Scope, shared_only: bool, at: Version
) -> Stays:  # fmt: skip
    """What `together` counts of a scope of `whole_time`, before it is added up: a small service's quarters and years all come from one question."""
    version, day = at
    base, cells = _cells_of(families, mean)
    rows = source(store, scope, shared_only, day, "", base, cursor)
    if rows.large:
        return Stays(None, version, day)
    table, where = (f"one_by_one{rows.copy}", f"mart = '{rows.mart}' and {rows.conditions()}") if rows.tallied else (rows.sql, rows.conditions())
    sums = tallies.SUMS if mean else {}
    sql = count_queries.one_by_one(table, f"{where} and {base}", group_of(scope.with_(by="end_quarter")), "false", cells, sums)
    return Stays(tuple(cursor.execute(*bound(sql, rows.parameters | _asked(store, scope, day))).fetchall()), version, day)


def together_from(
    stays: Stays, families: Sequence[Family], mean: Metric | None, scope: Scope
) -> tuple[dict[str, Counts], Moments | None]:  # fmt: skip
    """What `together` gives, from the `stays` of the scope's `whole_time`."""
    first = str(quarter_of(scope.start)) if scope.start else ""
    last = str(quarter_of(scope.end)) if scope.end else ""

    def group(quarter: str) -> str | None:
        if (first and quarter < first) or (last and quarter > last):
            return None
        return quarter if scope.by else "all"

    _, cells = _cells_of(families, mean)
    found = count_queries.folded(count_queries.regrouped(stays.rows or (), group), len(cells), list(tallies.SUMS) if mean else ())
    return _apart(found, families, mean, scope, stays.version, stays.day)


def _cells_of(families: Sequence[Family], mean: Metric | None) -> tuple[str, list[str]]:
    """The base of several families (and a mean) together, and the cells of each in turn, its own base first."""
    bases = [f.base for f in families] + ([mean.denominator] if mean else [])
    of = [cell for f in families for cell in (f.base, *(f"({f.base}) and ({cell})" for cell in f.cells.values()))]
    return f"({' or '.join(f'({base})' for base in bases)})", of + ([mean.denominator] if mean else [])


def _apart(
    found: Sequence[dict[str, Any]], families: Sequence[Family], mean: Metric | None, scope: Scope, version: int, day: date | None
) -> tuple[dict[str, Counts], Moments | None]:  # fmt: skip
    made, first = {}, 0
    for family in families:
        cells = ("base", *family.cells)
        made[family.id] = _as_counts(family.id, scope, [r for r in found if r[f"n_{first}"]], cells, first, version, day)
        first += len(cells)
    return made, _as_moments(mean.id, scope, [r for r in found if r[f"n_{first}"]], first, version, day) if mean else None


def _as_counts(metric: str, scope: Scope, found: Sequence[dict[str, Any]], cells: Iterable[str], at: int, version: int, day: date | None) -> Counts:
    """Rows as Counts: the cells, `base` first, in the columns numbered from `at`."""
    ended, place = [r for r in found if not r["still_open"]], {name: at + i for i, name in enumerate(cells)}
    return Counts(
        metric,
        scope,
        tuple((r["grp"], bool(r["still_open"])) for r in found),
        {name: tuple(r[f"n_{i}"] for r in found) for name, i in place.items() if name != "base"},
        {name: tuple(r[f"once_{i}"] + r[f"again_{i}"] for r in found) for name, i in place.items()},
        # Whoever has several stays may stand in several groups; counting the largest such group only can never be too many
        total_people={name: sum(r[f"once_{i}"] for r in ended) + max(r[f"again_{i}"] for r in ended) for name, i in place.items()} if ended else {},
        data_version=version,
        data_date=day,
    )


def _as_moments(metric: str, scope: Scope, found: Sequence[dict[str, Any]], at: int, version: int, day: date | None) -> Moments:
    return Moments(
        metric,
        scope,
        tuple((r["grp"], bool(r["still_open"])) for r in found),
        tuple(r[f"n_{at}"] for r in found),
        tuple(r[f"once_{at}"] + r[f"again_{at}"] for r in found),
        {name: tuple(r[name] for r in found) for name in tallies.SUMS},
        data_version=version,
        data_date=day,
    )


def _asked(store: Store, scope: Scope, day: date | None) -> dict[str, Any]:
    """What conditions of the registry may ask for: see metrics.registry."""
    weeks, mixed = store.settings.follow_up_due_weeks, store.settings.mixed_change
    return {"as_of": as_of(scope, day), "due_days": weeks * 7, "mixed_is_worse": mixed == "worse"}


def _counted(
    cursor: duckdb.DuckDBPyConnection, rows: Source, scope: Scope, base: str, cells: Sequence[str], asked: dict[str, Any], sums: Sequence[str] = (),
    group: str = "",
) -> list[dict[str, Any]]:  # fmt: skip
    """One row per group and whether still open: for each cell stays (n_0 …), people with one stay (once_0 …) and with several (again_0 …),
    and sums among the stays of the last cell."""
    group, where = group or group_of(scope), f"{rows.conditions()} and {base}"
    if rows.tallied:
        sql = count_queries.added_up(scope, rows.mart, rows.copy, where, group, cells, sums, rows.large)
    else:
        sql = count_queries.a_person_at_a_time(rows.sql, where, group, still_open(scope), cells, {name: tallies.SUMS[name] for name in sums})
    return count_queries.folded(cursor.execute(*bound(sql, rows.parameters | asked)).fetchall(), len(cells), sums)


def moments(store: Store, cursor: duckdb.DuckDBPyConnection, metric: Metric, scope: Scope, shared_only: bool, at: Version | None = None) -> Moments:
    """Exact n, sums and sums of squares of first, last and gain over paired rows: one per group (and whether still open).

    Points of different questionnaires are never added: without a questionnaire (and not by questionnaire) this raises Shown.
    """
    if not metric.mart and not scope.measure and scope.by != "measure":
        raise Shown("An average is counted in the points of one questionnaire. Choose one (--measure PHQ-9), or break down by questionnaire.")
    version, day = at or versions(cursor)
    rows = source(store, scope, shared_only, day, metric.mart, metric.denominator, cursor)
    found = _counted(cursor, rows, scope, metric.denominator, ["true"], {"as_of": as_of(scope, day)}, list(tallies.SUMS))
    return _as_moments(metric.id, scope, found, 0, version, day)


def trajectory(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, shared_only: bool, longest: int = LONGEST) -> Moments:
    """Scores by fortnights since the start, one value (the latest) per person's stay and fortnight: groups are '0', '1', … as text."""
    if not scope.measure:
        raise Shown("Scores over time are shown for one questionnaire at a time. Choose a questionnaire.")
    version, day = versions(cursor)
    found = _fortnights(store, cursor, scope.with_(by=""), shared_only, day, longest)
    return Moments(
        "trajectory", scope, tuple((str(r["fortnight"]), False) for r in found), tuple(r["n"] for r in found), tuple(r["people"] for r in found),
        {"gain": tuple(r["gain"] for r in found), "gain2": tuple(r["gain2"] for r in found)}, version, day,
    )  # fmt: skip


def _fortnights(
    store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, shared_only: bool, day: date | None, longest: int
) -> list[dict[str, Any]]:  # fmt: skip
    """One row per fortnight and group: fortnight, grp, n, people, and the sums of scores and of their squares (gain, gain2)."""
    tallied = longest == LONGEST and not (shared_only and waiting(cursor)) and tallies.holds_fortnights(scope, day)
    rows = source(store, scope, shared_only, day, base="true" if tallied else None, cursor=cursor)
    if rows.tallied and not rows.large:
        rows = source(store, scope, shared_only, day, cursor=cursor)
    asked = {"longest": longest, "as_of": as_of(scope, day)}
    if rows.tallied:
        smaller = [code for code, large in tallies.sizes(cursor, rows.copy).items() if not large and code in (scope.services or (code,))]
        rest = source(store, scope, shared_only, day, cursor=cursor) if smaller else None
        named = {f"smaller_{i}": code for i, code in enumerate(smaller)}
        sql = tallies.fortnights(scope, rows.copy, rows.conditions(), group_of(scope), by_fortnight(scope, rest, shared_only, list(named)) if rest else "")
        return run(cursor, sql, rows.parameters | (rest.parameters if rest else {}) | named | asked)
    sql = f"""with one as ({by_fortnight(scope, rows, shared_only)})
        select fortnight, grp, count(*) as n, count(distinct person) as people, sum(score) as gain, sum(score * score) as gain2
        from one group by 1, 2 order by 1, 2"""
    return run(cursor, sql, rows.parameters | asked)


def by_fortnight(scope: Scope, rows: Source, shared_only: bool, only: Sequence[str] = ()) -> str:
    """SQL for one row per stay and fortnight since its start: grp, fortnight, person, score (the latest by $as_of). `rows` are those of one questionnaire.

    `only` are names of parameters that hold services: no others are looked at.
    """
    alike = [name for name in ("measure", "subscale", "perspective") if name in rows.parameters]
    these = f"service in ({', '.join(f'${name}' for name in only)})" if only else _these(scope, {}) if scope.services else ""
    asked = [f"{name} = ${name}" for name in alike] + ([these] if these else [])
    beside = "service, person, started_on" + ("" if "perspective" in alike else ", perspective")
    return f"""
        select o.grp, s.fortnight, s.person, arg_max(s.score, s.date)::double as score
        from (select * from score{rows.copy} where {" and ".join(asked)} and fortnight <= $longest and date <= $as_of) s
        join (select {group_of(scope)} as grp, {beside} from {rows.sql} where {rows.conditions()}) o using ({beside})
        group by o.grp, s.fortnight, s.service, s.person, s.started_on"""


def trajectories(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, shared_only: bool, longest: int = LONGEST) -> dict[int, Moments]:
    """As `trajectory`, for every group of the scope's breakdown: fortnight -> Moments with a row per group."""
    version, day = versions(cursor)
    found = _fortnights(store, cursor, scope, shared_only, day, longest)
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
    found = _counted(cursor, rows, scope, base, ["true"], _asked(store, scope, day), group=f"[{group_of(scope)}, provider]")
    people: dict[tuple[str, str], int] = {}
    for r in found:
        group = (r["grp"][0], r["grp"][1])
        people[group] = people.get(group, 0) + r["once_0"] + r["again_0"]
    return [(grp, provider, n) for (grp, provider), n in people.items()]


def services(cursor: duckdb.DuckDBPyConnection, pairs: Collection[str]) -> list[dict[str, Any]]:
    """One row per service, by type then name, with what it has to show: records (the services named in `pairs`), totals (indicators), returns, or nothing."""

    # Small questions: together in one they take DuckDB longer to think through than to answer
    def codes(sql: str) -> set[str]:
        return {row[0] for row in cursor.execute(sql).fetchall()}

    totals = codes("select distinct service_code from indicators")
    carers = codes("select distinct service from episode where role = 'carer'")
    latest = dict(cursor.execute("select service_code, max(year * 10 + quarter) from quarterly_return group by 1").fetchall())
    found = run(cursor, "select * from services", {})
    found.sort(key=lambda r: [(r[column] is None, r[column] or "") for column in ("service_type", "service_name", "service_code")])
    return [
        r | {"has_pairs": code in pairs, "has_totals": code in totals, "has_returns": code in latest, "has_carers": code in carers}
        | {"latest_return": latest.get(code)} for r in found for code in (r["service_code"],)
    ]  # fmt: skip


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


def measures_used(cursor: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int]]:
    """(service, questionnaire, pairs) for every service and questionnaire with at least one pair."""
    return cursor.execute("select service, measure, pairs from used where pairs > 0").fetchall()


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
