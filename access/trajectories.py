"""Scores over time for each group of a breakdown, and how far people lie apart: the same people, the same doors and the same plan as `desk.trajectory`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import pandas as pd

from access import desk, disclosure, exact
from domain.errors import Shown
from domain.types import CHARACTERISTICS, Policy, Released, Scope, Viewer
from metrics.registry import FAMILIES, METRICS
from warehouse import course_queries, queries
from warehouse.connect import Store

SHARES = {"q10": 0.10, "q25": 0.25, "q50": 0.50, "q75": 0.75, "q90": 0.90}
BEYOND = 5  # people who must stand beyond a quantile: n >= 5 / min(q, 1 - q)
FEW_NOTE = "A line is drawn only where at least five people stand beyond it."


@dataclass(frozen=True)
class Fan:
    """`rows`: week, n, q10 … q90 (points; not-a-number where too few stand beyond it), one per fortnight whose mean may be shown."""

    rows: pd.DataFrame
    scope: Scope
    policy: Policy
    notes: tuple[str, ...]
    data_version: int
    data_date: date | None


def fan(store: Store, viewer: Viewer, scope: Scope, policy: Policy | None = None) -> Fan:
    """Quantiles of scores by fortnight since the start. Refused and Shown as `desk.trajectory`.

    A fortnight whose mean may not be shown has no quantile. Outside, people are counted to fives and scores told in whole points.

    It keeps no memory of its own of what was shown. What protects it: everybody but the provider reads a service as it was last released, and that stands
    still until the results of five of its people differ (warehouse/marts/released.sql), so two versions never differ by one or two people's scores; time is
    told in whole fortnights; five people stand beyond every line; periods and services are those of the release menu; and which fortnights are
    shown at all follows the remembered plan of the means.
    """
    released = desk.trajectory(store, viewer, scope, policy)
    people = {int(row.group): row.denominator for row in released.rows if row.value is not None and row.denominator}
    columns = ["week", "n", *SHARES]
    if not people:
        return Fan(pd.DataFrame(columns=columns), released.scope, released.policy, released.notes, released.data_version, released.data_date)
    asked = released.scope.narrowed_to(viewer) if released.policy == "own" else released.scope
    with store.reading() as cursor:
        found = course_queries.quantiles(store, cursor, asked, released.policy != "own", tuple(SHARES.values()))
    rows = []
    for r in found:
        n = people.get(int(r["fortnight"]))
        if n is None:
            continue
        enough = min(n, int(r["people"]))
        at = [float(v) if enough >= BEYOND / min(q, 1 - q) else math.nan for v, q in zip(r["at"], SHARES.values(), strict=True)]
        told = [round(v) if released.policy == "outside" and v == v else v for v in at]
        rows.append([2 * int(r["fortnight"]), n, *told])
    notes = (*released.notes, FEW_NOTE)
    return Fan(pd.DataFrame(rows, columns=columns), released.scope, released.policy, notes, released.data_version, released.data_date)


def by_group(store: Store, viewer: Viewer, scope: Scope, policy: Policy | None = None) -> dict[str, Released]:
    """Mean scores by fortnight for every group of `scope.by` that may be shown, by name of the group. Refused and Shown as `desk.trajectory`.

    Shown too without a characteristic to break down by. A group whose own count is hidden has no curve either.
    """
    if scope.by not in CHARACTERISTICS or scope.by == "perspective":
        raise Shown("Scores over time are set side by side for starting quarters and characteristics. Choose one of them.")
    metric, scope, policy, notes = desk.admitted(store, viewer, "mean-change", scope, policy)
    with store.reading() as cursor:
        if policy == "own":
            groups = None
        else:
            counts = exact.counted(store, cursor, METRICS["reliable-improvement"], FAMILIES["change"], scope, True)
            plan = desk.planned_counts(store, counts, policy, desk.table_key(counts.scope, "change"))
            table = disclosure.release(counts, plan, METRICS["reliable-improvement"])
            groups = [row.group for row in table.rows if row.denominator is not None and not row.still_open]
        curves = queries.trajectories(store, cursor, scope, policy != "own")
    if groups is None:
        groups = sorted({group for moments in curves.values() for group, _ in moments.groups})
    whole = scope.with_(by="")
    found = {
        g: disclosure.release_curve(curves, whole.where(scope.by, g), policy, metric, store.settings.outside_threshold, notes) for g in dict.fromkeys(groups)
    }
    return {group: released for group, released in found.items() if any(row.value is not None for row in released.rows)}
