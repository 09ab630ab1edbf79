"""Statistics over stored data: charts, funnels, comparisons and curves, every line and limit of them from protected figures alone.

Figures come from `desk.ask` (its rights, its audit, its policies), so a limit, a signal or a tail never says more than the figures beside it do. What is
hidden is left out and said. Only the curve of time to improvement needs more than counts: its stays are protected by access.curves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import pandas as pd

from access import curves, desk, disclosure, rules
from domain import quarters
from domain.errors import Shown
from domain.types import BREAKDOWNS, CHARACTERISTICS, ENTRIES, OWN_BREAKDOWNS, Event, Metric, Policy, Released, ReleasedRow, Scope, Viewer
from metrics import effects, equity, funnel, missing, reading, spc, standardise, survival
from metrics.registry import METRICS
from warehouse import queries, survival_queries
from warehouse import store as writes
from warehouse.connect import Store

TIME = "time-to-improvement"  # a curve: its figure is a median
OVERLAPPING = ("measure", "perspective", "outcome_area")  # breakdowns in which one person stands in several groups
NAMED = {**BREAKDOWNS, **OWN_BREAKDOWNS}
SPC_COLUMNS = ("series", "date", "value", "mean", "lower", "upper", "signal", "rule", "direction", "trial")
LEAST = 10  # people a comparison needs on each side
OPEN_NOTE = "People still with the service are not in these figures."
NO_CHANGE_NOTE = "Figures stay as they were before the latest uploads until enough people's results differ."
WHO: dict[str, str] = {
    "reliable-improvement": f"improved {reading.WOBBLE}", "headline": "improved clearly on what their service is mainly for",
    "reliable-deterioration": "scored clearly worse than at the start", "no-reliable-change": "stayed about the same",
    "recovery": "moved out of the clinical range",
    "reliable-recovery": "moved out of the clinical range and are clearly better", "maintained": "stayed as well as they were",
    "first-score-rate": "have a first score", "follow-up-rate": "have a second score", "no-second-score": "have no second score",
}  # fmt: skip
Missing = Literal["paired", "not-improved", "bounds"]
MISSING: dict[Missing, tuple[str, ...]] = {
    "paired": (missing.WAYS[0],), "not-improved": (missing.WAYS[1],), "bounds": missing.WAYS[2:],
}  # fmt: skip
OVER_CHANGE = ("reliable-improvement", "headline", "reliable-deterioration", "no-reliable-change")  # out of everybody with two scores
OVER_RANGE = ("recovery", "reliable-recovery")  # out of everybody with two scores who began in the clinical range
# Metric -> who of those it could be about has no second score, and how many have one
UNSEEN = dict.fromkeys(OVER_CHANGE, ("no-second-score", "follow-up-rate")) | {
    **dict.fromkeys(OVER_RANGE, ("recovery-no-second-score", "recovery-follow-up")),
    "maintained": ("maintained-no-second-score", "maintained-follow-up"),
}  # fmt: skip
Standard = Literal["first", "change", "hedges", "nhs"]
NO_FIRST = "People without a first score are among them: nobody knows where they began, so they may have begun in the clinical range, and left it or not."


@dataclass(frozen=True)
class Figures:
    """A statistic: `rows` (columns as its door says), `said` in plain words, `notes` on what is hidden or rounded; all of it may be seen.

    `curve` is there where there is more to draw than the rows tell.
    """

    rows: pd.DataFrame
    said: tuple[str, ...]
    notes: tuple[str, ...]
    policy: Policy
    data_version: int
    data_date: date | None
    curve: pd.DataFrame | None = None
    hidden: tuple[str, ...] = ()  # groups that are hidden, and groups with too few people, where those are told
    too_few: tuple[str, ...] = ()
    scope: Scope | None = None  # as it was answered


def spc_charts(
    store: Store, viewer: Viewer, metric_id: str, scope: Scope, policy: Policy | None = None, *, screen: bool = False, baseline: int | None = None,
    rebase: Iterable[spc.Rebase] = (), target: float | None = None,
) -> Figures:  # fmt: skip
    """The XmR chart of a metric by quarter, one series per group of `scope.by` (or `all`): a row per series and quarter, oldest first.

    series, date (first day of the quarter), value, mean, lower, upper (percent, points or standard deviations), signal, rule, direction, trial. The quarter
    is that of ending, or of starting where the scope says so. `target` (same units) is said to be met as things are, missed, or either. A
    quarter whose figure is hidden or has too few people is a missing period, with a blank value.
    Raises Shown for the basis `measured` (its quarters are not steps) and for a breakdown by quarter.
    """
    metric = _metric(metric_id)
    if scope.basis == "measured":
        raise Shown("A chart by quarter follows the people who ended, or who started, in each quarter (--basis ended or started).")
    step = "end_quarter" if scope.basis == "ended" else "start_quarter"
    groups, notes, hidden = _groups(store, viewer, metric_id, scope, policy)
    parts, left_out, last = [], hidden, None
    for name, narrowed in groups:
        released = desk.ask(store, viewer, metric_id, narrowed.with_(by=step), policy)
        notes += released.notes
        points = _by_quarter(released)
        last = released
        if points and any(not math.isnan(v) for _, v in points):
            parts.append(pd.DataFrame({"series": name, "date": [q.start for q, _ in points], "value": [v for _, v in points]}))
        else:
            left_out += 1
    notes += _left_out(left_out, "series")
    if not parts or last is None:
        return _empty(SPC_COLUMNS, ("There are no figures yet.",), notes, last, policy or rules.policy_for(viewer))
    frame = pd.concat(parts, ignore_index=True)
    try:
        charted = spc.charts(frame, metric.better, screen=screen, baseline=baseline, rebase=tuple(rebase))
    except ValueError as error:
        raise Shown(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
    trial, gaps = charted.loc[charted["trial"], "series"].nunique(), charted.loc[charted["value"].isna(), "series"].nunique()
    if trial:
        notes += (f"{trial:,} series: limits on trial, from fewer than {spc.ENOUGH} quarters.",)
    if gaps:
        notes += (f"{gaps:,} series: quarters with too few people are missing. A run stops there, and the range across is not counted.",)
    newest = quarters.quarter_of(max(frame["date"]))
    if last.data_date and last.data_date < newest.end:
        notes += (f"{newest.months()} is not over: the data end on {quarters.british(last.data_date)}.",)
    unit = "%" if metric.unit == "%" else f" {metric.unit}"
    reasons = "; ".join(r.reason for r in rebase)
    targets = {} if target is None else dict.fromkeys(frame["series"].unique(), target)
    verdicts = spc.verdicts(charted, targets, metric.better).to_dict("records")
    decimals = 0 if unit == "%" else 1
    said = tuple(f"{v['series']}: {reading.spc(v, unit, decimals, reasons)}" for v in verdicts)
    both = spc.before_after(charted).to_dict("records")
    said += tuple(f"{r['series']}: {reading.before_after(r, unit, decimals, reasons)}" for r in both)
    return Figures(_whole_outside(charted[list(SPC_COLUMNS)], last.policy, 1), said, _once(notes), last.policy, last.data_version, last.data_date)


def funnels(store: Store, viewer: Viewer, metric_id: str, scope: Scope, policy: Policy | None = None, *, overdispersion: bool = False) -> Figures:
    """The funnel of a proportion, one row per group of `scope.by` (service unless named), around all shown groups together.

    group, numerator, denominator, value, lower95, upper95, lower998, upper998 (percent), stands_out (beyond the 99.8% limits). Raises Shown for a mean
    and for a breakdown in which one person stands in several groups.
    """
    metric = _metric(metric_id, "A funnel")
    scope = _apart(scope.with_(by=scope.by or "service"), "A funnel")
    released = desk.ask(store, viewer, metric_id, scope, policy)
    units, notes = _counted(released)
    found = funnel.proportions(units["numerator"], units["denominator"], overdispersion, units["group"])
    rows = found.rows.copy()
    for name in ("value", "lower95", "upper95", "lower998", "upper998"):
        rows[name] = 100 * rows[name]
    if overdispersion and not found.estimated:
        notes += (f"Fewer than {funnel.LEAST_UNITS} groups: how much more than by chance they differ cannot be estimated, so the limits are those of chance.",)
    said = (f"{metric.title}. {reading.funnel(found, _plural(scope.by))}",)
    columns = ["group", "numerator", "denominator", "value", "lower95", "upper95", "lower998", "upper998", "stands_out"]
    rows = _whole_outside(rows[columns], released.policy, 0)
    return Figures(rows, said, _once(notes), released.policy, released.data_version, released.data_date)


def against_rest(store: Store, viewer: Viewer, metric_id: str, scope: Scope, policy: Policy | None = None) -> Figures:
    """Each group of `scope.by` beside everybody else shown, a row per group with anybody in it; people with nothing stated are a group of their own.

    group, numerator, denominator, value, lower, upper, rest_numerator, rest_denominator, rest_value, difference, difference_lower, difference_upper (percent
    and percentage points), ratio, ratio_lower, ratio_upper, judged (10 people on each side), differs (by more than all comparisons together would by chance),
    comparisons. Raises Shown without a breakdown, for a mean, and where one person stands in several groups.
    """
    metric = _metric(metric_id, "A comparison of groups")
    if not scope.by:
        raise Shown(f"Say which groups to compare (--by), such as gender. Choose one of: {', '.join(n for n in BREAKDOWNS if n not in OVERLAPPING)}.")
    scope = _apart(scope, "A comparison of groups")
    released = desk.ask(store, viewer, metric_id, scope, policy)
    counted, notes = _counted(released)
    found = equity.against_rest(counted)
    said = (reading.equity(found, WHO.get(metric_id, metric.title), NAMED[scope.by]),)
    rows = found.rename(columns={"differs": "alone", "differs_of_many": "differs"})
    rows["judged"] = (rows["denominator"] >= LEAST) & (rows["rest_denominator"] >= LEAST)
    rows["differs"] &= rows["judged"]
    for name in ("value", "lower", "upper", "rest_value", "difference", "difference_lower", "difference_upper"):
        rows[name] = 100 * rows[name]
    columns = [
        "group", "numerator", "denominator", "value", "lower", "upper", "rest_numerator", "rest_denominator", "rest_value", "difference",
        "difference_lower", "difference_upper", "ratio", "ratio_lower", "ratio_upper", "judged", "differs", "comparisons",
    ]  # fmt: skip
    rows = _whole_outside(rows[columns], released.policy, 0, but=("ratio", "ratio_lower", "ratio_upper"))
    return Figures(rows, said, _once(notes), released.policy, released.data_version, released.data_date)


def time_to_improvement(store: Store, viewer: Viewer, scope: Scope, policy: Policy | None = None, interval: survival.Interval = "log-log") -> Figures:
    """How long it took half of the people to improve clearly, a row per group of `scope.by` (or `all`).

    group, n, events, median, lower, upper (weeks), one_score. n are stays with a first score; one_score those of them with no other, who tell nothing of
    time (blank where a few are left out). `curve` has the share not yet improved, group, time, survival, lower, upper: every four weeks outside `own`,
    where medians and tests come from those steps too.
    Refused and Shown as `desk.ask`; Shown without a questionnaire or its reliable change.
    """
    scope, table, policy, notes, found, version, day = _times(store, viewer, scope, policy)
    rows, picked = found.rows, [g for g in found.alone if table is scope or g == scope.cohort[0][1]]
    rows = rows[rows["group"].isin(picked)].reset_index(drop=True)
    medians = survival.medians(rows["weeks"], rows["event"], rows["group"], interval) if len(rows) else _no_medians()
    medians["one_score"] = pd.array([found.alone[g] for g in medians["group"]], dtype="Int64")
    said = tuple(f"{m['group']}: {reading.survival(m)}" for m in medians.to_dict("records"))
    if not len(medians):
        said = (reading.hidden() if found.hidden else reading.too_few("in this period"),)
    if len(medians) > 1:
        said += (reading.survival_groups(survival.log_rank(rows["weeks"], rows["event"], rows["group"])),)
    drawn = [_curve(name, of, policy, interval) for name, of in rows.groupby("group", sort=True)]
    if table is scope:
        notes += _left_out(len(found.hidden) + len(found.too_few), "group")
    if set(found.stayed) & set(picked):
        notes += (NO_CHANGE_NOTE,)
    if any(found.alone[g] is None for g in picked):
        notes += ("Where only a few people have a single score they are left out.",)
    if policy != "own":
        notes += ("Times are told in steps of four weeks, several together where a step would be a few people's.",)
    if policy == "outside":
        notes += (disclosure.ROUNDED_NOTE,)
    curve = pd.concat(drawn, ignore_index=True) if drawn else pd.DataFrame(columns=["group", "time", "survival", "lower", "upper"])
    hidden, few = (tuple(g for g in names if table is scope or g == scope.cohort[0][1]) for names in (found.hidden, found.too_few))
    return Figures(medians, said, _once(notes), policy, version, day, curve, hidden, few, scope)


def medians(
    store: Store, viewer: Viewer, scope: Scope, policy: Policy | None = None
) -> tuple[list[tuple[str, int, int, float, float, float]], tuple[str, ...], tuple[str, ...], Scope, Policy, tuple[str, ...], int, date | None]:
    """Time to improvement as one figure a group, for `desk.ask`: (group, n, events, median, lower, upper), hidden, too few, scope, policy, notes, data."""
    told = time_to_improvement(store, viewer, scope, policy)
    rows = [(r["group"], r["n"], r["events"], r["median"], r["lower"], r["upper"]) for r in told.rows.to_dict("records")]
    return rows, told.hidden, told.too_few, told.scope or scope, told.policy, (*told.said, *told.notes), told.data_version, told.data_date


def _times(
    store: Store, viewer: Viewer, scope: Scope, policy: Policy | None
) -> tuple[Scope, Scope, Policy, tuple[str, ...], curves.Protected, int, date | None]:
    """The protected steps of time to improvement: scope, release table, policy, notes, steps, data version and date."""
    scope, policy, notes = _admitted(store, viewer, TIME, scope, policy)
    if scope.by == "measure":
        raise Shown("How long improvement took is told for one questionnaire at a time. Choose a questionnaire (--measure) and another breakdown.")
    table = desk.table_of(scope)
    threshold = store.settings.outside_threshold
    key = desk.table_key(table, "time")
    with store.lock:  # what was shown and what is remembered of it are one step
        with store.reading() as cursor:
            times = survival_queries.times(store, cursor, table, policy != "own")
            version, day = queries.versions(cursor)
            earlier = queries.shown(cursor, policy, key) if policy != "own" else ""
        found = curves.protect(times, policy, threshold, earlier, table.by not in OVERLAPPING)
        if policy != "own":
            writes.remember(store, policy, key, found.remembered, version)
    return scope, table, policy, notes, found, version, day


def with_missing(store: Store, viewer: Viewer, metric_id: str, scope: Scope, policy: Policy | None = None, way: Missing = "bounds") -> Figures:
    """An outcome rate with the people who have no second score counted as `way` says, a row per group and way of counting.

    group, way, numerator, denominator, value, lower, upper (percent), hidden, still_open. People who died or moved away stand apart and are in no row; only
    the bounds, which take nobody for better or worse, hold them too where their number is too small to set apart. Otherwise hidden where the number
    without a second score is. Of recovery the missing are those who began in the clinical range, and whoever has no first score: they may have, and NHS
    Talking Therapies counts them so ("finished, but for those not at caseness"). Of maintained the missing are those who set out to stay as well.
    Raises Shown for other figures: whether somebody unseen belongs to them is not known.
    """
    metric = _metric(metric_id, "This way of counting")
    if metric_id not in UNSEEN and way != "paired":
        raise Shown(f"Whether people without a second score belong to '{metric_id}' is not known. This can be asked of: {', '.join(UNSEEN)}.")
    unseen, followed_up = UNSEEN.get(metric_id, ("", ""))
    if metric_id == "headline":  # as the desk takes it: over the service's main questionnaires, whatever else was asked
        scope = scope.with_(measure="", subscale="", perspective="")
    released = desk.ask(store, viewer, metric_id, scope, policy)
    without = desk.ask(store, viewer, unseen, scope, policy) if way != "paired" else released
    absent, notes = _absent(without), released.notes + without.notes
    if way == "bounds" and any(absent.get((row.group, row.still_open)) is None for row in _rows(released)):
        followed = desk.ask(store, viewer, followed_up, scope, policy)
        everybody: dict[tuple[str, bool], int | None] = {
            (r.group, r.still_open): r.denominator - r.numerator for r in _rows(followed) if r.numerator is not None and r.denominator is not None
        }
        absent = everybody | {key: n for key, n in absent.items() if n is not None}
        notes += ("In some rows people who died or moved away are counted too: too few to set apart without showing who they are.",)
    rows: list[dict[str, Any]] = []
    for row in _rows(released):
        known = _ways(row, absent.get((row.group, row.still_open)), way, released.policy)
        rows += known or [_hidden_way(row, name) for name in MISSING[way]]
    columns = ["group", "way", "numerator", "denominator", "value", "lower", "upper", "hidden", "still_open"]
    said: tuple[str, ...] = ()
    if way != "paired":
        said = (f"{metric.title}, with people who have no second score counted too. People who died or moved away stand apart.",)
    if metric_id in OVER_RANGE and way != "paired":
        said += (NO_FIRST,)
    if metric_id in ("reliable-improvement", "headline") and way == "not-improved" and len(rows) == 1:
        said += (reading.missing_not_improved(rows[0]["numerator"], rows[0]["denominator"], about=released.policy == "outside"),)
    return Figures(
        pd.DataFrame(rows, columns=columns), said, _once(notes), released.policy, released.data_version, released.data_date
    )  # fmt: skip


def effect_sizes(
    store: Store, viewer: Viewer, scope: Scope, policy: Policy | None = None, standard: Standard = "first", national_sd: float | None = None
) -> Figures:
    """The average gain in standard deviations, a row per group: group, n, value, lower, upper, hidden, too_few, still_open.

    `first`: of first scores (Becker). `hedges`: the same without its small-sample excess. `change`: of gains (SRM). `nhs`: `national_sd`, England's of first
    scores on that questionnaire, as in the NHS's annual reports, without an interval. Asked as `desk.ask` of effect-size.
    """
    if (standard == "nhs") != (national_sd is not None):
        raise Shown("The NHS's effect size needs England's standard deviation of first scores: give both --standard nhs and --national-sd.")
    released = desk.ask(store, viewer, "mean-change" if standard in ("change", "nhs") else "effect-size", scope, policy)
    rows = []
    for row in _rows(released):
        value: tuple[float | None, ...] = (row.value, row.lower, row.upper)
        n = row.denominator or 0
        if row.value is not None and standard == "hedges":
            value = tuple(v * effects.hedges_j(n) if v is not None else None for v in value) if n >= 3 else (None,) * 3
        if row.value is not None and standard == "change":
            spread = dict(row.extra).get("standard deviation") or 0.0
            gain = {"gain": n * row.value, "gain2": (n - 1) * spread**2 + n * row.value**2}
            value = effects.srm(n, gain) if spread else (None,) * 3
        if row.value is not None and national_sd is not None:
            value = (effects.national_effect_size(row.value, national_sd), None, None)
        if released.policy == "outside":
            value = tuple(None if v is None else round(v, 1) for v in value)
        rows.append(
            {
                "group": row.group, "n": row.denominator, **dict(zip(("value", "lower", "upper"), value, strict=True)), "hidden": row.hidden,
                "too_few": row.too_few, "still_open": row.still_open,
            }
        )  # fmt: skip
    frame = pd.DataFrame(rows, columns=["group", "n", "value", "lower", "upper", "hidden", "too_few", "still_open"])
    frame["n"] = frame["n"].astype("Int64")
    return Figures(frame, (), released.notes, released.policy, released.data_version, released.data_date)


def casemix(store: Store, viewer: Viewer, scope: Scope, policy: Policy | None = None) -> Figures:
    """What services' people were like at the start, side by side: a row per service and main need.

    group (service), n, mean_first_score (of people with two scores on the scope's questionnaire; blank where too few), need, people, share (percent of
    the people whose need is shown). A hidden need is left out and said. Raises Shown without a questionnaire.
    """
    scores = desk.ask(store, viewer, "mean-change", scope.with_(by="service"), policy)
    notes, rows, hidden = scores.notes, [], 0
    for row in (r for r in scores.rows if not r.still_open):
        needs = desk.ask(store, viewer, "first-score-rate", scope.with_(by="main_need", services=(row.group,), entry="", value=""), policy)
        seen = [n for n in needs.rows if not n.still_open and not n.hidden and n.denominator]
        hidden += sum(n.hidden for n in needs.rows if not n.still_open)
        notes += needs.notes
        whole = sum(n.denominator or 0 for n in seen)
        first = {"group": row.group, "n": row.denominator, "mean_first_score": dict(row.extra).get("mean first score")}
        told = [{**first, "need": n.group, "people": n.denominator, "share": 100 * (n.denominator or 0) / whole} for n in seen]
        rows += told or [{**first, "need": "", "people": None, "share": math.nan}]
    notes += _left_out(hidden, "main need")
    frame = pd.DataFrame(rows, columns=["group", "n", "mean_first_score", "need", "people", "share"])
    for name in ("n", "people"):
        frame[name] = frame[name].astype("Int64")
    said = ("Before services are compared: their people did not begin alike. Differences between services below may be differences between their people.",)
    frame = _whole_outside(frame, scores.policy, 0, but=("mean_first_score",))
    return Figures(frame, said, _once(notes), scores.policy, scores.data_version, scores.data_date)


def standardised(store: Store, viewer: Viewer, metric_id: str, scope: Scope, policy: Policy | None = None) -> Figures:
    """A rate as it would be if each service's people had begun as all people of the scope did, band of first scores by band: a row per service.

    group, numerator, denominator, crude, value, lower, upper (percent), covered (percent of all people in bands of which the service's figures are shown).
    Worked from protected figures by band; blank where bands with more than a tenth of all people are hidden. Optional, and beside the casemix only.
    Raises Shown for a mean, without a questionnaire, and where it has no published bands.
    """
    metric = _metric(metric_id, "Standardisation")
    if metric.mart or metric_id == "headline":
        raise Shown("People are taken by their first score on one questionnaire, and this figure is about none. Choose another, such as reliable-improvement.")
    banded = scope.with_(by="first_band")
    whole = desk.ask(store, viewer, metric_id, banded, policy)
    listed = desk.ask(store, viewer, metric_id, whole.scope.with_(by="service"), policy)
    notes = whole.notes + listed.notes
    everybody = [row for row in whole.rows if not row.still_open and not row.hidden and row.denominator]
    if not everybody:
        return _empty(("group", "numerator", "denominator", "crude", "value", "lower", "upper", "covered"), (reading.hidden(),), notes, whole, whole.policy)
    parts = []
    for service in (row.group for row in listed.rows if not row.still_open and row.denominator):
        bands = desk.ask(store, viewer, metric_id, whole.scope.with_(services=(service,), entry="", value=""), policy)
        parts += [(service, r.group, r.numerator, r.denominator) for r in bands.rows if not r.still_open and not r.hidden and r.denominator]
    counted = pd.DataFrame(parts, columns=["group", "band", "numerator", "denominator"])
    standard = pd.DataFrame([(row.group, row.denominator) for row in everybody], columns=["band", "people"])
    rows = standardise.direct(counted, standard)
    for name in ("crude", "value", "lower", "upper", "covered"):
        rows[name] = 100 * rows[name]
    said = (
        f"{metric.title}, as it would be if every service's people had begun as all of them did on {whole.scope.measure}. "
        "Only how people began is evened out, not their needs, their lives or who was followed up.",
    )
    blank = int(rows["value"].isna().sum()) + sum(r.hidden or r.group not in set(counted["group"]) for r in listed.rows if not r.still_open)
    notes += _left_out(blank, "service")
    return Figures(_whole_outside(rows, whole.policy, 0), said, _once(notes), whole.policy, whole.data_version, whole.data_date)


# ---- who is asked about ----------------------------------------------------------------------------------------------------------------------


def _metric(metric_id: str, what: str = "") -> Metric:
    metric = METRICS.get(metric_id)
    if metric is None:
        raise Shown(f"There is no metric '{metric_id}'. The Handbook and 'metrics' list them.")
    if metric.kind == "curve":
        raise Shown(f"'{metric_id}' is told as a curve and its median: ask it itself. Choose another figure, such as reliable-improvement.")
    if what and metric.kind != "proportion":
        is_a = "an average" if metric.kind == "mean" else "a count of events over time"
        raise Shown(f"{what} needs people who are counted out of others; '{metric_id}' is {is_a}. Choose another, such as reliable-improvement.")
    return metric


def _admitted(store: Store, viewer: Viewer, what: str, scope: Scope, policy: Policy | None) -> tuple[Scope, Policy, tuple[str, ...]]:
    """Rights, menu and audit exactly as for a rate over the same people."""
    _, scope, policy, notes = desk.admitted(store, viewer, what, scope, policy)
    if len(scope.cohort) > 1 and policy != "own":
        raise Shown("One characteristic at a time: combining them could single people out.")
    if viewer.session == rules.COMMAND_LINE:
        detail = {"metric": what, "policy": policy, "scope": scope.describe(), "by": scope.by}
        writes.note_event(store, Event("ask", viewer.user, viewer.role, datetime.now(), detail))
    return scope, policy, notes


def _apart(scope: Scope, what: str) -> Scope:
    if scope.by in OVERLAPPING:
        raise Shown(f"{what} needs groups without people in common; by {NAMED[scope.by]} one person may stand in several.")
    return scope


def _groups(store: Store, viewer: Viewer, metric_id: str, scope: Scope, policy: Policy | None) -> tuple[list[tuple[str, Scope]], tuple[str, ...], int]:
    """The groups of `scope.by` that may be seen, each as a scope of its own; what was said of them; how many are hidden."""
    whole = scope.with_(by="")
    if not scope.by:
        return [(_name(scope), whole)], (), 0
    if scope.by in ("start_quarter", "end_quarter"):
        raise Shown("Quarters are the points of these charts. Break down by something else, such as service.")
    if scope.by in OWN_BREAKDOWNS:
        raise Shown(f"A chart by quarter is not told for each {NAMED[scope.by]}. Break down by something else, such as service.")
    if scope.by == "service" and scope.services:
        return [(s, whole.with_(services=(s,))) for s in scope.services], (), 0
    if scope.by in ENTRIES and (scope.services or scope.entry):
        raise Shown(f"Name services, or break down by {BREAKDOWNS[scope.by]}: both at once is not on the menu.")
    listed = desk.ask(store, viewer, metric_id, scope, policy)
    if scope.by in CHARACTERISTICS and scope.by != "perspective" and listed.policy != "own":
        raise Shown(f"A chart by quarter for each {BREAKDOWNS[scope.by]} combines two characteristics, which could single people out. Break down by service.")
    rows = [row for row in listed.rows if not row.still_open]
    seen = [row.group for row in rows if not row.hidden and not row.too_few]
    return [(g, _narrowed(whole, scope.by, g)) for g in seen], listed.notes, len(rows) - len(seen)


def _narrowed(scope: Scope, by: str, group: str) -> Scope:
    if by == "service":
        return scope.with_(services=(group,), entry="", value="")
    if by in ENTRIES:
        return scope.with_(entry=by, value=group)
    return scope.with_(**{by: group}) if by in OVERLAPPING else scope.where(by, group)


def _name(scope: Scope) -> str:
    return scope.services[0] if len(scope.services) == 1 else scope.value or "all"


def _plural(by: str) -> str:
    return f"{by}s" if by in ("service", "provider", "sector") else "groups"


# ---- protected rows --------------------------------------------------------------------------------------------------------------------------


def _rows(released: Released) -> list[ReleasedRow]:
    return list(released.rows) or ([released.total] if released.total else [])


def _counted(released: Released) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """group, numerator, denominator of the groups shown with anybody in them, people still with the service aside; and what is said of the others."""
    ended = [row for row in released.rows if not row.still_open]
    seen = [row for row in ended if not row.hidden and row.denominator]
    frame = pd.DataFrame(
        {"group": [r.group for r in seen], "numerator": [r.numerator for r in seen], "denominator": [r.denominator for r in seen]}
    ).astype({"numerator": int, "denominator": int})  # fmt: skip
    notes = released.notes + _left_out(sum(r.hidden for r in ended), "group")
    return frame, notes + ((OPEN_NOTE,) if len(ended) < len(released.rows) else ())


def _by_quarter(released: Released) -> list[tuple[quarters.Quarter, float]]:
    """Every quarter from the first to the last with its figure, not-a-number where there is none to show."""
    found = {}
    for row in released.rows:
        quarter = quarters.quarter_named(row.group)
        if quarter and not row.still_open:
            found[quarter] = math.nan if row.hidden or row.value is None else float(row.value)
    out, quarter = [], min(found, default=None)
    while quarter is not None and quarter <= max(found):
        out.append((quarter, found.get(quarter, math.nan)))
        quarter = quarter.next()
    return out


def _absent(without: Released) -> dict[tuple[str, bool], int | None]:
    return {(row.group, row.still_open): None if row.hidden else row.numerator for row in _rows(without)}


def _ways(row: ReleasedRow, absent: int | None, way: Missing, policy: Policy) -> list[dict[str, Any]]:
    if row.hidden or row.numerator is None or row.denominator is None or (absent is None and way != "paired"):
        return []
    due = row.denominator + (absent or 0 if way != "paired" else 0)
    counted = missing.ways(row.numerator, row.denominator, due)
    told = counted[counted["way"].isin(MISSING[way])]
    out = []
    for r in told.to_dict("records"):
        value = [None if math.isnan(r[k]) else round(100 * r[k]) if policy == "outside" else 100 * r[k] for k in ("value", "lower", "upper")]
        numbers = {"numerator": int(r["numerator"]), "denominator": int(r["denominator"]), **dict(zip(("value", "lower", "upper"), value, strict=True))}
        out.append({"group": row.group, "way": r["way"], **numbers, "hidden": False, "still_open": row.still_open})
    return out


def _hidden_way(row: ReleasedRow, way: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("numerator", "denominator", "value", "lower", "upper"))
    return {"group": row.group, "way": way, **nothing, "hidden": True, "still_open": row.still_open}


def _curve(name: object, rows: pd.DataFrame, policy: Policy, interval: survival.Interval) -> pd.DataFrame:
    points = survival.curve(rows["weeks"], rows["event"], interval)
    drawn = points if policy == "own" else survival.on_grid(points)
    return drawn.assign(group=name)[["group", "time", "survival", "lower", "upper"]]


def _no_medians() -> pd.DataFrame:
    return pd.DataFrame({"group": pd.Series(dtype=object), "n": pd.Series(dtype=int), "events": pd.Series(dtype=int), "median": [], "lower": [], "upper": []})


def _left_out(n: int, what: str) -> tuple[str, ...]:
    if not n:
        return ()
    many = what if n == 1 or what == "series" else f"{what}s"
    return (f"{n:,} {many} hidden, or with too few people, {'is' if n == 1 else 'are'} left out here and of the whole. Hidden does not mean zero.",)


def _whole_outside(rows: pd.DataFrame, policy: Policy, decimals: int, but: tuple[str, ...] = ()) -> pd.DataFrame:
    """Whole percent for readers outside (one decimal where a line is drawn through them), as every rate they see."""
    if policy != "outside":
        return rows
    fractions = [c for c in rows.columns if c not in but and pd.api.types.is_float_dtype(rows[c])]
    return rows.assign(**{c: rows[c].round(decimals) for c in fractions}, **{c: rows[c].round(2) for c in but})


def _once(notes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(n for n in notes if n))


def _empty(columns: tuple[str, ...], said: tuple[str, ...], notes: tuple[str, ...], last: Released | None, policy: Policy) -> Figures:
    shown = last.policy if last else policy
    return Figures(pd.DataFrame(columns=list(columns)), said, _once(notes), shown, last.data_version if last else 0, last.data_date if last else None)
