"""Crisis contacts and the time in which they came. Exact, and may not be shown: access.desk asks, access.disclosure releases."""

from __future__ import annotations

import duckdb
import pandas as pd

from domain.types import Metric, Moments, Scope
from warehouse import queries
from warehouse.connect import Store


def moments(store: Store, cursor: duckdb.DuckDBPyConnection, metric: Metric, scope: Scope, shared_only: bool) -> Moments:
    """Crisis contacts and days observed, one row per group (and whether still open): sums `events` and `days`; n is stays.

    A stay is observed from its first day to its last, or to the data date where it is still open. Services that record no crisis contacts are not counted.
    """
    version, day = queries.versions(cursor)
    rows = queries.source(store, scope, shared_only, day, metric.mart)
    found = queries.run(
        cursor,
        f"""select {queries.group_of(scope)} as grp, {queries.still_open(scope)} as still_open, count(*) as n, count(distinct person) as people,
            sum(crises)::double as events, sum({_DAYS})::double as days
        from {rows.sql} where {rows.conditions()} group by 1, 2 order by 1, 2""",
        rows.parameters | {"as_of": queries.as_of(scope, day), "data_day": day},
    )
    return Moments(
        metric.id, scope, tuple((r["grp"], bool(r["still_open"])) for r in found), tuple(r["n"] for r in found), tuple(r["people"] for r in found),
        {"events": tuple(r["events"] for r in found), "days": tuple(r["days"] for r in found)}, version, day,
    )  # fmt: skip


def early_and_late(store: Store, cursor: duckdb.DuckDBPyConnection, metric: Metric, scope: Scope, shared_only: bool) -> pd.DataFrame:
    """One row per person observed beyond the 90th day: person, early_events, early_days (days 0 to 89), late_events, late_days."""
    _, day = queries.versions(cursor)
    rows = queries.source(store, scope.with_(by=""), shared_only, day, metric.mart)
    found = queries.run(
        cursor,
        f"""select person::varchar as person, sum(early)::double as early_events, sum(90)::double as early_days, sum(late)::double as late_events,
            sum({_DAYS} - 90)::double as late_days
        from {rows.sql} where {rows.conditions()} and {_DAYS} > 90 group by 1 order by 1""",
        rows.parameters | {"data_day": day},
    )
    return pd.DataFrame(found, columns=["person", "early_events", "early_days", "late_events", "late_days"])


def unlinked(store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope) -> int:
    """Crisis contacts of the scope's services that belong to nobody's time with them."""
    found = queries.run(
        cursor,
        """select count(*) as n from contacts c join services v using (service_code) where c.kind = 'crisis contact'
            and ($all or c.service_code in (select unnest($services)))
            and ($any or v.provider_code in (select unnest($providers)))
            and ($entry = '' or $value = case $entry when 'service_type' then v.service_type when 'provider' then v.provider_code
                when 'sector' then coalesce(v.sector, 'not stated') else coalesce(v.locality, 'not stated') end)
            and not exists (
                select 1 from episode e where e.service = c.service_code and e.person = c.person
                and c.date >= e.started_on and c.date <= coalesce(e.ended_on, date '9999-12-31')
            )""",
        {
            "all": not scope.services, "services": list(scope.services) or [""], "any": not scope.providers, "providers": list(scope.providers) or [""],
            "entry": scope.entry, "value": scope.value,
        },
    )  # fmt: skip
    return int(found[0]["n"])


_DAYS = "(least(coalesce(ended_on, $data_day), $data_day) - started_on + 1)"  # the first day and the last both count
