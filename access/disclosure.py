"""The one door through which figures about groups leave: exact `Counts` and `Moments` in, `Released` out.

Three policies. *own*: a provider's own figures, nothing hidden or rounded. *inside*: groups of 1 to 4 people are hidden, and cells with 0 to 4 people in or
outside them where they are about an outcome (1 to 4 otherwise). *outside*: everything under a threshold, zero included; counts are rounded to 5, and rates
and intervals come from the rounded counts. What is hidden is planned in `hiding_plans` and looked up here; what was shown is kept by `shown_before`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from access.hiding_plans import FEWEST, FEWEST_FOR_A_MEAN, HIDDEN_NOTE, MeansPlan, Plan, plan_means
from domain.types import Counts, Metric, Moments, Policy, Released, ReleasedRow, Scope
from metrics import effects, intervals

ROUNDED_TO = 5
DAYS_IN_A_MONTH = 30.4375
DOMINANT = 0.8
PROVIDERS = 3

ROUNDED_NOTE = "Counts are rounded to 5; rates and their ranges come from the rounded counts."


# ---- counts: the release ---------------------------------------------------------------------------------------------------------------------


def release(counts: Counts, plan: Plan, metric: Metric, notes: Iterable[str] = (), widened: str = "") -> Released:
    """The protected rates of one metric: a row per group and one for the total, in percent (own, inside unrounded; outside whole).

    A rate is shown when its base is, and all cells of its numerator are, or all the other cells are: then it follows from what is shown anyway.
    """
    rows = []
    for i, (name, still_open) in enumerate(plan.counts.groups):
        figures = {c: plan.counts.cells[c][i] for c in plan.counts.cells}
        hidden = {c for c in figures if plan.hidden_cells[c][i]}
        rows.append(_rate(name, still_open, figures, hidden, plan.hidden_base[i], metric, plan.policy))
    total = None
    if plan.totals is not None:
        hidden = {c for c, is_hidden in plan.hidden_total_cells.items() if is_hidden}
        total = _rate("total", False, plan.totals, hidden, plan.hidden_total_base, metric, plan.policy)
    said = (*notes, *plan.notes, *((ROUNDED_NOTE,) if plan.policy == "outside" else ()))
    return Released(metric.id, counts.scope, plan.policy, tuple(rows), total, tuple(dict.fromkeys(said)), counts.data_version, counts.data_date, widened)


def _rate(name: str, still_open: bool, figures: Mapping[str, int], hidden: set[str], hidden_base: bool, metric: Metric, policy: Policy) -> ReleasedRow:
    wanted, others = set(metric.cells), set(figures) - set(metric.cells)
    if hidden_base or (wanted & hidden and others & hidden):
        return ReleasedRow(name, None, None, None, None, None, hidden=True, still_open=still_open)
    numerator, n = sum(figures[c] for c in wanted), sum(figures.values())
    if policy == "outside":
        numerator, n = _rounded(numerator), _rounded(n)
    if not n:
        return ReleasedRow(name, numerator, n, None, None, None, still_open=still_open)
    value, lower, upper = (100 * p for p in intervals.wilson(numerator, n))
    if policy == "outside":
        value, lower, upper = (float(round(p)) for p in (value, lower, upper))
    return ReleasedRow(name, numerator, n, value, lower, upper, still_open=still_open)


def _rounded(n: float) -> int:
    return ROUNDED_TO * round(n / ROUNDED_TO)


# ---- means -----------------------------------------------------------------------------------------------------------------------------------


def release_means(
    moments: Moments, policy: Policy, metric: Metric, threshold: int, groups_partition: bool = True, notes: Iterable[str] = (), widened: str = "",
    same_people: Plan | None = None, plan: MeansPlan | None = None,
) -> Released:  # fmt: skip
    """The protected means of one metric (points, or standard deviations for effect-size): a row per group and one for the total.

    Give `plan` from plan_means where an earlier version was shown. `extra` has the mean first and last score and the standard deviation of gains, where known.
    """
    plan = plan or plan_means(moments, policy, threshold, None, groups_partition, same_people)
    rows = []
    for i, (name, still_open) in enumerate(plan.moments.groups):
        figures = {k: v[i] for k, v in plan.moments.sums.items()} | {"n": plan.moments.n[i]}
        if plan.hidden[i] or plan.too_few[i]:
            rows.append(ReleasedRow(name, None, None, None, None, None, hidden=not plan.too_few[i], too_few=plan.too_few[i], still_open=still_open))
        else:
            rows.append(_mean(name, still_open, figures, metric, plan.policy))
    total = None
    if plan.total is not None:
        few = plan.total["people"] < FEWEST_FOR_A_MEAN
        if plan.hidden_total or few:
            total = ReleasedRow("total", None, None, None, None, None, hidden=not few, too_few=few)
        else:
            total = _mean("total", False, plan.total, metric, plan.policy)
    said = (*notes, *plan.notes, *((ROUNDED_NOTE,) if plan.policy == "outside" else ()))
    return Released(metric.id, moments.scope, plan.policy, tuple(rows), total, tuple(dict.fromkeys(said)), moments.data_version, moments.data_date, widened)


def _mean(name: str, still_open: bool, figures: Mapping[str, float], metric: Metric, policy: Policy) -> ReleasedRow:
    n = int(figures["n"])
    taken = metric.cells[0] if metric.cells[0] in figures else "gain"
    answer = effects.effect_size(n, figures) if metric.id == "effect-size" else intervals.mean_t(n, figures[taken], figures[f"{taken}2"])
    extra: list[tuple[str, float | None]] = []
    if "first" in figures and "last" in figures:
        extra += [("mean first score", figures["first"] / n), ("mean last score", figures["last"] / n)]
    extra.append(("standard deviation", intervals.sd(n, figures["gain"], figures["gain2"])))
    outside = policy == "outside"

    def told(x: float | None) -> float | None:
        if x is None or math.isnan(x):
            return None
        return round(float(x), 1) if outside else float(x)

    value, lower, upper = (told(x) for x in answer)
    return ReleasedRow(name, None, _rounded(n) if outside else n, value, lower, upper, still_open=still_open, extra=tuple((k, told(v)) for k, v in extra))


def release_curve(curves: Mapping[int, Moments], scope: Scope, policy: Policy, metric: Metric, threshold: int, notes: Iterable[str] = ()) -> Released:
    """One cohort's curve (group = fortnight), each fortnight planned with the other cohorts and the whole curve that stands beside it.

    The whole curve is shown elsewhere, so where a fortnight's plan would have hidden the total every cohort's point goes instead.
    """
    wanted = (scope.cohort[0][1], False)
    rows: list[ReleasedRow] = []
    version, day = 0, None
    for fortnight, moments in sorted(curves.items()):
        version, day = moments.data_version, moments.data_date
        if wanted not in moments.groups:
            continue
        plan = plan_means(moments, policy, threshold)
        at = plan.moments.groups.index(wanted)
        if plan.hidden[at] or plan.too_few[at] or plan.hidden_total:
            rows.append(ReleasedRow(str(fortnight), None, None, None, None, None, hidden=not plan.too_few[at], too_few=plan.too_few[at]))
        else:
            figures = {k: v[at] for k, v in plan.moments.sums.items()} | {"n": plan.moments.n[at]}
            rows.append(_mean(str(fortnight), False, figures, metric, policy))
    said = (*notes, *((HIDDEN_NOTE,) if any(r.hidden for r in rows) else ()), *((ROUNDED_NOTE,) if policy == "outside" else ()))
    return Released(metric.id, scope, policy, tuple(rows), None, tuple(dict.fromkeys(said)), version, day)


# ---- rates over time, and medians -------------------------------------------------------------------------------------------------------------


def whole_rows(plan: Plan) -> Plan:
    """The plan with every group hidden of which a cell is: for a figure that shows all of a group or nothing."""
    hidden = tuple(base or any(plan.hidden_cells[c][i] for c in plan.hidden_cells) for i, base in enumerate(plan.hidden_base))
    return replace(plan, hidden_base=hidden)


def release_rates(moments: Moments, plan: MeansPlan, metric: Metric, people: Plan, notes: Iterable[str] = (), widened: str = "") -> Released:
    """Events per 100 person-months, a row per group and one for the total: numerator events, denominator person-months (whole), exact Poisson interval.

    `people` is the plan of who had any: where one of its totals is hidden, so is the rate's. Outside, rates come from events and months rounded to 5.
    """
    rows = []
    for i, (name, still_open) in enumerate(plan.moments.groups):
        few = plan.too_few[i]
        if plan.hidden[i] or few:
            rows.append(ReleasedRow(name, None, None, None, None, None, hidden=not few, too_few=few, still_open=still_open))
        else:
            rows.append(_per_months(name, still_open, {k: v[i] for k, v in plan.moments.sums.items()}, plan.policy))
    total = None
    if plan.total is not None:
        few = plan.total["people"] < FEWEST_FOR_A_MEAN
        if few or plan.hidden_total or people.hidden_total_base or any(people.hidden_total_cells.values()):
            total = ReleasedRow("total", None, None, None, None, None, hidden=not few, too_few=few)
        else:
            total = _per_months("total", False, plan.total, plan.policy)
    hidden = any(r.hidden for r in rows) or (total is not None and total.hidden)
    said = (*notes, *plan.notes, *((HIDDEN_NOTE,) if hidden else ()), *((ROUNDED_NOTE,) if plan.policy == "outside" else ()))
    return Released(metric.id, moments.scope, plan.policy, tuple(rows), total, tuple(dict.fromkeys(said)), moments.data_version, moments.data_date, widened)


def _per_months(name: str, still_open: bool, figures: Mapping[str, float], policy: Policy) -> ReleasedRow:
    events, months = int(figures["events"]), figures["days"] / DAYS_IN_A_MONTH
    if policy == "outside":
        events, months = _rounded(events), float(_rounded(months))
    if not months:
        return ReleasedRow(name, events, 0, None, None, None, still_open=still_open)
    value, lower, upper = (100 * float(v) / months for v in intervals.exact_poisson(events))
    if policy == "outside":
        value, lower, upper = (round(v, 1) for v in (value, lower, upper))
    return ReleasedRow(name, events, round(months), value, lower, upper, still_open=still_open)


def about_so_many(n: int, policy: Policy) -> str:
    """A count beside a figure: as it is, rounded for readers outside, `a few` under 5."""
    if 0 < n < FEWEST:
        return "a few"
    return f"about {_rounded(n):,}" if policy == "outside" else f"{n:,}"


def release_medians(
    medians: Iterable[tuple[str, int, int, float, float, float]], hidden: Iterable[str], few: Iterable[str], scope: Scope, policy: Policy, notes: Iterable[str],
    version: int, day: date | None, metric: Metric,
) -> Released:  # fmt: skip
    """Medians of protected curves (access.curves) in weeks, a row per group: name, n, how many improved, median and its interval.

    A median that was not reached is blank.
    """

    def told(x: float) -> float | None:
        return None if math.isnan(x) else round(float(x), 1) if policy == "outside" else float(x)

    rows = [ReleasedRow(str(g), int(events), int(n), told(value), told(lower), told(upper)) for g, n, events, value, lower, upper in medians]
    rows += [ReleasedRow(str(g), None, None, None, None, None, hidden=True) for g in hidden]
    rows += [ReleasedRow(str(g), None, None, None, None, None, too_few=True) for g in few]
    return Released(metric.id, scope, policy, tuple(sorted(rows, key=lambda r: r.group)), None, tuple(notes), version, day)


# ---- small doors -----------------------------------------------------------------------------------------------------------------------------


def only(released: Released, scope: Scope, group: str) -> Released:
    """The rows of one group out of a released table (none, if it is not there), as the answer to a question about that group; no total."""
    return replace(released, scope=scope, rows=tuple(row for row in released.rows if row.group == group), total=None)


def nothing(metric: str, scope: Scope, policy: Policy, notes: Iterable[str], counts: Counts | Moments) -> Released:
    """A release without any figure, where the group asked about is hidden."""
    return Released(metric, scope, policy, (), None, (*notes, HIDDEN_NOTE), counts.data_version, counts.data_date)


def dominated(providers: Mapping[str, int]) -> bool:
    """Whether fewer than three providers stand behind a figure, or one has more than 80% of its people: then a neighbour may not see it."""
    people = [n for n in providers.values() if n > 0]
    return len(people) < PROVIDERS or max(people) > DOMINANT * sum(people)
