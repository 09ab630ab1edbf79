"""A rate out of everybody who was referred: people counted from records over a total of the return. They are not quite the same people, and it says so."""

from __future__ import annotations

import pandas as pd

from access import desk, statistics
from domain import quarters
from domain.errors import Shown
from domain.types import Policy, Scope, Viewer
from metrics.intervals import wilson
from metrics.registry import METRICS
from warehouse.connect import Store

NOT_THE_SAME = "Referrals are the service's own totals for the same quarters; some of these people were referred before, and some referred are still waiting."


def out_of_referred(store: Store, viewer: Viewer, metric_id: str, scope: Scope, policy: Policy | None = None) -> statistics.Figures:
    """One row: group, way, numerator, denominator, value, lower, upper (percent): people of the metric out of all referred in the scope's quarters.

    For one service whose return says how many were referred in every quarter of the period. Refused as `desk.ask`; Shown where there is no such figure.
    """
    metric = METRICS[metric_id]
    if metric_id not in statistics.OVER_CHANGE:
        raise Shown("Only people who are better, worse or about the same can be set beside everybody who was referred.")
    if len(scope.services) != 1 or scope.cohort or scope.picked:
        raise Shown("How many were referred is told by each service for all its people together. Choose one service, and no group of its people.")
    released = desk.ask(store, viewer, metric_id, scope.with_(by=""), policy)
    row = next((row for row in released.rows if not row.still_open), None)
    if row is None or row.hidden or row.numerator is None:
        raise Shown("Hidden so that nobody can be recognised, here or by subtraction. Hidden does not mean zero.")
    start, end = released.scope.start, released.scope.end
    told = [
        r["referrals"]
        for r in desk.activity(store, viewer, scope.services[0])
        if (start is None or quarters.Quarter(r["year"], r["quarter"]).start >= start) and (end is None or quarters.Quarter(r["year"], r["quarter"]).end <= end)
    ]
    if not told or any(n is None for n in told):
        raise Shown("The service's returns do not say how many people were referred in every quarter of this period.")
    n = int(sum(told))
    if row.numerator > n:
        raise Shown("Fewer people were referred in this period than are counted here, so a share of them would mean nothing.")
    value, lower, upper = (100 * float(v) for v in wilson(row.numerator, n))
    found = pd.DataFrame(
        [{"group": "all", "way": "everybody referred", "numerator": row.numerator, "denominator": n, "value": value, "lower": lower, "upper": upper}]
    )
    said = (f"{metric.title}, out of everybody referred. {NOT_THE_SAME}",)
    return statistics.Figures(found, said, released.notes, released.policy, released.data_version, released.data_date)
