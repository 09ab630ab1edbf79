"""The desk: the only way out for figures about groups. It checks the right, narrows, counts, and lets `disclosure` release."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from access import disclosure, exact, hiding_plans, planned, rules, shown_before
from domain import codes, quarters
from domain.errors import Refused, Shown
from domain.types import BREAKDOWNS, Counts, Event, Family, Metric, Moments, Policy, Released, Scope, Viewer
from metrics.registry import FAMILIES, METRICS
from warehouse import crisis_queries, queries
from warehouse import store as writes
from warehouse.connect import Store

ENOUGH = 10  # people: fewer, and a scope is widened
NOT_COUNTS = ("percent", "average")  # lines whose figure is no number of people, so nobody is left over from it
FEWEST = 5  # people: fewer in or outside a provider's own total are hidden inside
PEERS = 3  # other providers that must stand behind an aggregate a manager sees
CONSENT_SEEN = {"own": ("this service", "commissioner", "seminar", "public"), "inside": ("commissioner", "seminar", "public"), "outside": ("seminar", "public")}
READERS_SEEN = {"own": None, "inside": None, "outside": ("seminar", "public")}


@dataclass(frozen=True)
class State:
    """What every page and file says of itself: which data, up to when, under which rules."""

    data_version: int
    data_date: date | None
    rules_hash: str
    name: str


@dataclass(frozen=True)
class ServiceCard:
    """One commissioned service: contract facts, and what it has to speak with (records, totals, returns or nothing)."""

    code: str
    name: str
    provider: str
    provider_name: str
    service_type: str
    sector: str
    locality: str
    annual_funding: float | None
    places: int | None
    main_result: str
    contribution: str
    speaks: str
    latest_return: str
    carers: bool = False  # whether it also works with carers, whose outcomes are their own


@dataclass(frozen=True)
class Period:
    """One entry of the period menu."""

    label: str
    start: date | None
    end: date | None


@dataclass(frozen=True)
class PlanLine:
    """One plan line in one quarter. `figures` is words where exact figures may not leave; `words` is the explanation this audience may read."""

    ref: str
    kind: str
    what: str
    counted_as: str
    direction: str
    quarter: str
    months: str
    projection: float | None
    actual: float | None
    figures: str
    words: str
    reason: str
    learning: str


@dataclass(frozen=True)
class OwnTotal:
    """One total a service worked out itself, for one period. All numbers are None where one of them could point at people."""

    start: date
    end: date
    indicator: str
    numerator: float | None
    denominator: float | None
    percent: float | None
    hidden: bool = False


@dataclass(frozen=True)
class Story:
    """A short consented account, without whose it is."""

    service: str
    ref: str
    date: date
    voice: str
    area: str
    text: str
    enabled_by: str


def ask(store: Store, viewer: Viewer, metric_id: str, scope: Scope, policy: Policy | None = None, widen: bool = False) -> Released:
    """The protected figures of one metric: a row per group, and a total where groups make a whole.

    Under `widen`, a scope of one service with fewer than 10 people is widened (plan year, contract so far, like services) and says so.
    Raises Refused where the viewer may not look, Shown where the question cannot be answered as asked.
    """
    if metric_id in METRICS and METRICS[metric_id].kind == "curve":
        from access import statistics  # here: its other doors ask this one

        return disclosure.release_medians(*statistics.medians(store, viewer, scope, policy), METRICS[metric_id])
    metric, scope, policy, notes = admitted(store, viewer, metric_id, scope, policy)
    if viewer.session == rules.COMMAND_LINE:
        detail = {"metric": metric_id, "policy": policy, "scope": scope.describe(), "by": scope.by}
        writes.note_event(store, Event("ask", viewer.user, viewer.role, datetime.now(), detail))
    shared_only = policy != "own"
    with _when_needed(store) as cursor:
        widened, why = (scope, "") if not widen or policy == "own" else _widened(store, cursor, metric, scope)
        if metric.kind == "mean":
            return _means(store, cursor, metric, widened, policy, notes, why)
        counts = exact.counted(store, cursor, metric, FAMILIES[metric.family], table_of(widened), shared_only)
        if metric.kind == "rate":
            return _per_time(store, cursor, metric, widened, policy, notes, why, counts)
    released = _release(store, counts, metric, policy, notes, why)
    return _picked(released, widened)


class _Later:
    """A cursor whose read transaction begins with the first question put to it: most of what a page asks is remembered, and asks none."""

    def __init__(self, begin: Callable[[], Any]) -> None:
        self._begin = begin

    def __getattr__(self, name: str) -> Any:
        if "_cursor" not in self.__dict__:
            self._cursor = self._begin()
        return getattr(self._cursor, name)


@contextmanager
def _when_needed(store: Store) -> Iterator[Any]:
    with ExitStack() as stack:
        yield _Later(lambda: stack.enter_context(store.reading()))


def admitted(store: Store, viewer: Viewer, metric_id: str, scope: Scope, policy: Policy | None) -> tuple[Metric, Scope, Policy, tuple[str, ...]]:
    rules.check_sees_groups(viewer)
    metric = METRICS.get(metric_id)
    if metric is None:
        raise Shown(f"There is no metric '{metric_id}'. The Handbook and 'metrics' list them.")
    check_breakdown(metric, scope)
    policy = policy or rules.policy_for(viewer)
    rules.check_policy(viewer, policy)
    notes: tuple[str, ...] = ()
    scope = _in_one_wording(store, scope)
    if viewer.role == "manager":
        elsewhere = [s for s in scope.services if _provider_of(store).get(s) not in viewer.providers]
        if elsewhere:
            raise Refused("That service belongs to another provider. You can see your own services here, and like services taken together.")
        scope = scope.narrowed_to(viewer)
    if metric.mart:  # counted without any questionnaire, or with those it names itself
        scope = scope.with_(measure="", subscale="", perspective="")
    if not scope.measure and scope.by != "measure" and (metric.needs_measure or scope.by in ("perspective", "first_band")):
        scope, notes = _on_the_only_one(store, scope)
    if metric.id == "headline":
        scope = scope.with_(measure="", subscale="", perspective="")
    if policy != "own":
        about = _about(store)
        scope, snapped = rules.snapped(scope, about)
        notes += snapped
        notes += (hiding_plans.STAYED_NOTE,) if _waits(store, scope, about) else ()
    return metric, scope, policy, notes


def check_breakdown(metric: Metric, scope: Scope) -> None:
    """Raises Shown where the metric cannot be broken down as asked."""
    if not scope.by:
        return
    own = {"outcome_area": metric.mart == "goal", "first_band": not metric.mart and metric.id != "headline"}
    if scope.by not in BREAKDOWNS and not own.get(scope.by, False):
        listed = [*BREAKDOWNS, *(name for name, may in own.items() if may)]
        raise Shown(f"'{scope.by}' is not a breakdown of this figure. Choose one of: {', '.join(listed)}.")
    if metric.mart and scope.by in ("measure", "perspective"):
        raise Shown(f"This is not counted by questionnaire. Choose one of: {', '.join(n for n in BREAKDOWNS if n not in ('measure', 'perspective'))}.")


def _on_the_only_one(store: Store, scope: Scope) -> tuple[Scope, tuple[str, ...]]:
    """The scope on the only questionnaire in use there, and a note that says so; unchanged where there are several or none."""
    about = _about(store)
    mine = {s: a for s, a in about.items() if not scope.providers or a["provider"] in scope.providers}
    chosen = scope.services or tuple(s for s, a in mine.items() if not scope.entry or a[scope.entry] == scope.value)
    used = _most_used(store, chosen)
    if len(used) != 1:
        return scope, ()
    return scope.with_(measure=used[0]), (f"On {used[0]}, the only questionnaire in use here.",)


def _waits(store: Store, scope: Scope, about: dict[str, dict[str, str]]) -> bool:
    """Whether newer figures of a service in the scope wait until enough people's results differ."""

    def asked() -> set[str]:
        with store.reading() as cursor:
            return queries.waiting(cursor)

    waiting: set[str] = store.remembered("waiting", asked)
    chosen = set(scope.services) or {s for s, a in about.items() if not scope.entry or a[scope.entry] == scope.value}
    return bool(waiting & chosen)


def _in_one_wording(store: Store, scope: Scope) -> Scope:
    """The same question in the one wording that names its release table: two wordings would be two memories of what was shown, one older than the other.

    Raises Shown for a service or a perspective that does not exist.
    """
    known = _provider_of(store)
    if any(s not in known for s in scope.services):
        raise Shown("There is no such service. It may have been renamed; the Overview lists them all.")
    if scope.perspective and scope.perspective not in codes.PERSPECTIVES:
        raise Shown(f"'{scope.perspective}' is nobody's view. Choose one of: {', '.join(codes.PERSPECTIVES)}.")
    scope = scope.with_(services=tuple(sorted(set(scope.services))))
    if scope.by == "perspective":
        scope = scope.with_(perspective="")
    measure = store.measures.get(scope.measure)
    if measure is None:  # the headline has a view and a score of its own
        return scope if scope.measure or scope.by == "measure" else scope.with_(perspective="", subscale="")
    return scope.with_(perspective="") if scope.perspective == measure.headline_perspective else scope


def table_of(scope: Scope) -> Scope:
    """The release table a question is looked up in: a cohort is one row of the table broken down by its characteristic."""
    if scope.cohort and not scope.by:
        return scope.with_(by=scope.cohort[0][0], cohort=()) if len(scope.cohort) == 1 else scope
    return scope


def _picked(released: Released, scope: Scope) -> Released:
    """The row of the cohort asked for, out of the table that holds it."""
    if not scope.cohort or scope.by or len(scope.cohort) != 1:
        return released
    return disclosure.only(released, scope, scope.cohort[0][1])


def _release(store: Store, counts: Counts, metric: Metric, policy: Policy, notes: tuple[str, ...], why: str) -> Released:
    key = table_key(counts.scope, metric.family)
    plan = planned_counts(store, counts, policy, key)
    return disclosure.release(counts, plan, metric, notes=notes, widened=why)


def planned_counts(store: Store, counts: Counts, policy: Policy, key: str) -> hiding_plans.Plan:
    partition, threshold = counts.scope.by not in exact.OVERLAPPING, store.settings.outside_threshold
    if policy == "own":
        return hiding_plans.plan(counts, policy, threshold, None, partition)

    def planned() -> hiding_plans.Plan:
        with store.reading() as cursor:
            shown = queries.shown(cursor, policy, key)
        before = shown_before.earlier(shown)
        plan = hiding_plans.plan(counts, policy, threshold, before, partition)
        if plan.shown != before:
            writes.remember(store, policy, key, shown_before.remembered(plan.shown), counts.data_version)
        return plan

    with store.lock:  # what was shown, the plan and what is remembered of it are one step, whoever else asks
        # The same counts planned against what was just shown give the same plan: all metrics of a family take the one
        return exact.kept(store, "planned tables", (policy, key, threshold, counts.data_version), planned)


def _means(store: Store, cursor: Any, metric: Metric, scope: Scope, policy: Policy, notes: tuple[str, ...], why: str) -> Released:
    if len(scope.cohort) > 1 and policy != "own":
        raise Shown("One characteristic at a time: combining them could single people out.")
    moments = exact.summed(store, cursor, metric, table_of(scope), policy != "own")
    partition = table_of(scope).by not in exact.OVERLAPPING
    # Every mean of the same people (average gain, gain in standard deviations) is planned in one table, so that none tells the other's secret
    plan = _planned_means(store, moments, policy, table_key(moments.scope, metric.family), partition)
    return _picked(disclosure.release_means(moments, policy, metric, store.settings.outside_threshold, partition, notes, why, plan=plan), scope)


def _per_time(
    store: Store, cursor: Any, metric: Metric, scope: Scope, policy: Policy, notes: tuple[str, ...], why: str, counts: Counts
) -> Released:  # fmt: skip
    """Events over time: shown where enough people stand behind it, and enough of them have had any event and have had none."""
    if len(scope.cohort) > 1 and policy != "own":
        raise Shown("One characteristic at a time: combining them could single people out.")
    table, partition = table_of(scope), table_of(scope).by not in exact.OVERLAPPING
    moments = crisis_queries.moments(store, cursor, metric, table, policy != "own")
    people = planned_counts(store, counts, policy, table_key(table, metric.family))
    plan = _planned_means(store, moments, policy, table_key(table, f"{metric.family} time"), partition, disclosure.whole_rows(people))
    unlinked = crisis_queries.unlinked(store, cursor, scope)
    if unlinked:
        many = str(unlinked) if policy == "own" else disclosure.about_so_many(unlinked, policy)
        notes += (f"Beside these, crisis contacts that belong to nobody's time with the service: {many}. They are in no rate.",)
    return _picked(disclosure.release_rates(moments, plan, metric, people, notes, why), scope)


def _planned_means(
    store: Store, moments: Moments, policy: Policy, key: str, partition: bool, same_people: hiding_plans.Plan | None = None
) -> hiding_plans.MeansPlan:  # fmt: skip
    if policy == "own":
        return hiding_plans.plan_means(moments, policy, store.settings.outside_threshold, None, partition)
    with store.lock:
        with store.reading() as cursor:
            shown = queries.shown(cursor, policy, key)
        before = shown_before.earlier(shown)
        plan = hiding_plans.plan_means(moments, policy, store.settings.outside_threshold, before, partition, same_people)
        if plan.shown != before:
            writes.remember(store, policy, key, shown_before.remembered(plan.shown), moments.data_version)
    return plan


def table_key(scope: Scope, family: str) -> str:
    """The name of one release table: the same question asked in any words has the same key."""
    parts = [family, *scope.services, scope.entry, scope.value, scope.start, scope.end, scope.basis, scope.measure, scope.subscale, scope.perspective, scope.by]
    return json.dumps([*[str(p or "") for p in parts], *[list(pair) for pair in scope.cohort], list(scope.providers)])


def _widened(store: Store, cursor: Any, metric: Metric, scope: Scope) -> tuple[Scope, str]:
    """The smallest widening of a one-service scope that holds 10 people, and why; the scope itself where it needs none or none helps."""
    if len(scope.services) != 1:
        return scope, ""
    wide = scope.with_(by="", cohort=())
    if _people(store, cursor, metric, wide) >= ENOUGH:
        return scope, ""
    named = quarters.period_name(scope.start, scope.end)
    tries: list[tuple[Scope, str]] = []
    year = quarters.year_dates(quarters.quarter_of(scope.end).year) if scope.start and scope.end else (None, None)
    if scope.start and (scope.start, scope.end) != year:
        tries.append((scope.with_(start=year[0], end=year[1]), f"the whole year from {quarters.period_name(*year)}"))
    if scope.start:
        tries.append((scope.with_(start=None, end=None), "the contract so far"))
    like = _about(store).get(scope.services[0], {}).get("service_type", "")
    if like:
        tries.append((scope.with_(services=(), entry="service_type", value=like, start=year[0], end=year[1]), f"this service with like services ({like})"))
    for candidate, words in tries:
        if _people(store, cursor, metric, candidate.with_(by="", cohort=())) >= ENOUGH:
            return candidate, f"Fewer than {ENOUGH} people have two scores in {named}, so we show {words} instead. That is no mark against the service."
    return scope, ""


def _people(store: Store, cursor: Any, metric: Metric, scope: Scope) -> int:
    family = FAMILIES.get(metric.family) or Family(metric.family, metric.denominator, {}, True)
    return sum(exact.counted(store, cursor, metric, family, scope, True).people["base"])


def peers(store: Store, viewer: Viewer, metric_id: str, scope: Scope) -> Released:
    """A metric over other providers' like services taken together, for a manager: one figure, at least three providers, none over 80%.

    Raises Shown where fewer providers stand behind it.
    """
    rules.check_sees_groups(viewer)
    metric = METRICS[metric_id]
    if metric.kind != "proportion":
        raise Shown("Other providers' people are shown together as a rate, such as reliable-improvement.")
    if metric.mart:
        scope = scope.with_(measure="", subscale="", perspective="")
    scope, notes = rules.snapped(scope.with_(services=(), by="", cohort=(), providers=()), _about(store))
    others = tuple(sorted({p for p in _provider_of(store).values() if p not in viewer.providers}))
    scope = scope.with_(providers=others)
    family = FAMILIES[metric.family]
    with store.reading() as cursor:
        shares = {provider: n for _, provider, n in queries.provider_people(store, cursor, scope, family.base, True, metric.mart)}
        if len(shares) < PEERS or disclosure.dominated(shares):
            raise Shown("Too few other providers have figures like these, so a comparison would show one provider's people. There is none to show.")
        counts = exact.counted(store, cursor, metric, family, scope, True)
    return _release(store, counts, metric, "inside", notes, "")


def trajectory(store: Store, viewer: Viewer, scope: Scope, policy: Policy | None = None) -> Released:
    """Mean score by fortnights since the start (group = fortnight number), each from at least 10 people, with its interval."""
    metric, scope, policy, notes = admitted(store, viewer, "mean-change", scope.with_(by=""), policy)
    with store.reading() as cursor:
        if scope.cohort and policy != "own":
            # A cohort whose own row is hidden has no curve either
            counts = exact.counted(store, cursor, METRICS["reliable-improvement"], FAMILIES["change"], table_of(scope), True)
            people = planned_counts(store, counts, policy, table_key(counts.scope, "change"))
            row = disclosure.only(disclosure.release(counts, people, METRICS["reliable-improvement"]), scope, scope.cohort[0][1])
            if not row.rows or row.rows[0].denominator is None:
                return disclosure.nothing("trajectory", scope, policy, notes, counts)
            curves = queries.trajectories(store, cursor, table_of(scope), True)
            return disclosure.release_curve(curves, scope, policy, metric, store.settings.outside_threshold, notes)
        moments = queries.trajectory(store, cursor, scope, policy != "own")
    plan = _planned_means(store, moments, policy, table_key(scope, "trajectory"), False)
    return disclosure.release_means(moments, policy, metric, store.settings.outside_threshold, False, notes, plan=plan)


def first_and_last(store: Store, viewer: Viewer, scope: Scope) -> Any:
    """Points of first against last score, with how many people share each (own services only; elsewhere the journeys' door is the way)."""
    rules.check_sees_groups(viewer)
    if rules.policy_for(viewer) != "own":
        raise Refused("First-against-last scores of single people are seen only by the service itself. Elsewhere: the bars on this page.")
    admitted(store, viewer, "mean-change", scope, "own")
    with store.reading() as cursor:
        return queries.first_and_last(store, cursor, scope.narrowed_to(viewer)).to_pandas()


def state(store: Store) -> State:
    """Data version and date, rules, and the name of the database."""
    day = store.site("data_date")
    return State(store.data_version, date.fromisoformat(day) if day else None, store.site("rules_hash"), store.path.stem)


def services(store: Store, viewer: Viewer) -> list[ServiceCard]:
    """The services a viewer may know of, by type then name: a manager's own, everybody's otherwise."""
    return [card for card in every_service(store) if viewer.role != "manager" or card.provider in viewer.providers]


def every_service(store: Store) -> tuple[ServiceCard, ...]:
    """All services, whoever asks: for what is worked out of many and then protected."""
    return store.remembered("cards", lambda: _cards(store))


def _cards(store: Store) -> tuple[ServiceCard, ...]:
    with store.reading() as cursor:
        return tuple(_card(r) for r in queries.services(cursor, {service for service, _, _ in _used(store)}))


def _card(r: dict[str, Any]) -> ServiceCard:
    speaks = "records" if r["has_pairs"] else "totals" if r["has_totals"] else "returns" if r["has_returns"] else "nothing"
    latest = r["latest_return"]
    return ServiceCard(
        r["service_code"], r["service_name"], r["provider_code"], r["provider_name"], r["service_type"], r["sector"] or "not stated",
        r["locality"] or "not stated", float(r["annual_funding"]) if r["annual_funding"] is not None else None, r["places"], r["main_result"] or "",
        r["contribution_to_the_strategic_goal"] or "", speaks, str(quarters.Quarter(latest // 10, latest % 10)) if latest else "",
        bool(r["has_carers"]),
    )  # fmt: skip


def providers(store: Store) -> dict[str, str]:
    """Provider code -> name, by name."""
    found = {card.provider: card.provider_name for card in every_service(store)}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def periods(store: Store) -> list[Period]:
    """The period menu, newest first: all, each plan year, each quarter the data reach into."""
    first, last = store.remembered("periods", lambda: _first_and_last_day(store))
    menu = [Period("All the time we have", None, None)]
    if first and last:
        begin, finish = quarters.quarter_of(first), quarters.quarter_of(last)
        years = range(finish.year, begin.year - 1, -1)
        menu += [Period(f"{quarters.year_name(y)} (April to March)", *quarters.year_dates(y)) for y in years]
        quarter = finish
        while quarter >= begin:
            menu.append(Period(f"{quarter} ({quarter.months()})", quarter.start, quarter.end))
            quarter = quarter.previous()
    return menu


def measures_used(store: Store, viewer: Viewer, scope: Scope) -> list[str]:
    """Codes of the questionnaires with pairs in the scope's services, most used first."""
    rules.check_sees_groups(viewer)
    cards = services(store, viewer)
    allowed = {c.code for c in cards}
    chosen = sorted(s for s in scope.services if s in allowed) or sorted(c.code for c in cards if _in_entry(c, scope))
    return _most_used(store, chosen)


def _used(store: Store) -> list[tuple[str, str, int]]:
    """(service, questionnaire, pairs), asked once between two changes."""

    def asked() -> list[tuple[str, str, int]]:
        with store.reading() as cursor:
            return queries.measures_used(cursor)

    found: list[tuple[str, str, int]] = store.remembered("measures used", asked)
    return found


def _most_used(store: Store, chosen: Collection[str]) -> list[str]:
    """The questionnaires with pairs in these services, most used first."""
    these, pairs = set(chosen), Counter[str]()
    for service, measure, n in _used(store):
        if service in these:
            pairs[measure] += n
    return sorted(pairs, key=lambda measure: (-pairs[measure], measure))


def _first_and_last_day(store: Store) -> tuple[date | None, date | None]:
    with store.reading() as cursor:
        return queries.periods(cursor)


def _in_entry(card: ServiceCard, scope: Scope) -> bool:
    return not scope.entry or getattr(card, scope.entry) == scope.value


def activity(store: Store, viewer: Viewer, service: str) -> list[dict[str, Any]]:
    """What a service returned as done, a row per quarter: contract figures, seen by its manager and its commissioner.

    Raises Refused for anyone else.
    """
    _check_contract(store, viewer, service)
    if rules.policy_for(viewer) == "outside":
        return []
    return [dict(r) for r in _activity(store, service)]


def _activity(store: Store, service: str) -> list[dict[str, Any]]:
    def asked() -> list[dict[str, Any]]:
        with store.reading() as cursor:
            return queries.people_by_quarter(cursor, service)

    found: list[dict[str, Any]] = store.remembered(f"activity {service}", asked)
    return found


def indicators(store: Store, viewer: Viewer, service: str) -> list[OwnTotal]:
    """The provider's own totals of a service, a row per period and indicator, newest first: contract figures, never added to counts of records.

    Own: as sent. Inside: as sent, unless 1 to 4 people have it or have it not. Outside: only where both are at least the threshold, rounded to 5.
    Raises Refused or Shown for a service the viewer may not see.
    """
    _check_contract(store, viewer, service)
    policy = rules.policy_for(viewer)
    with store.reading() as cursor:
        rows = queries.indicators(cursor, service)
    return [_own_total(r, policy, max(FEWEST, store.settings.outside_threshold)) for r in rows]


def _own_total(r: dict[str, Any], policy: Policy, threshold: int) -> OwnTotal:
    have, of = r["numerator"], r["denominator"]
    parts = [have] if of is None else [have, of - have]
    few = any(0 < part < FEWEST for part in parts) if policy == "inside" else policy == "outside" and any(part < threshold for part in parts)
    if few:
        return OwnTotal(r["period_start"], r["period_end"], r["indicator"], None, None, None, hidden=True)
    if policy == "outside":
        have, of = (None if n is None else float(disclosure.ROUNDED_TO * math.floor(n / disclosure.ROUNDED_TO + 0.5)) for n in (have, of))
    return OwnTotal(r["period_start"], r["period_end"], r["indicator"], have, of, 100 * have / of if of else None)


def plan_years(store: Store, viewer: Viewer, service: str) -> list[int]:
    """Plan years with lines for the service, newest first."""
    _check_contract(store, viewer, service)

    def asked() -> list[int]:
        with store.reading() as cursor:
            return queries.plan_years(cursor, service)

    return list(store.remembered(f"plan years {service}", asked))


def plan_lines(store: Store, viewer: Viewer, service: str, year: int) -> list[PlanLine]:
    """Plan against return, a row per line and quarter. Exact inside; outside exact only where no small number shows, otherwise words."""
    return plan_lines_by_year(store, viewer, service).get(year, [])


def plan_lines_by_year(store: Store, viewer: Viewer, service: str) -> dict[int, list[PlanLine]]:
    """The same for every plan year with lines, by year."""
    _check_contract(store, viewer, service)
    policy = rules.policy_for(viewer)
    rows = [r for s in planned.read(store, [service]) if s is not None for r in s.rows.values()]
    supported = {(r["year"], r["quarter"]): r["people_supported"] for r in _activity(store, service)}
    found: dict[int, list[PlanLine]] = {}
    for r in rows:
        found.setdefault(r["year"], []).append(_line(r, policy, supported.get((r["year"], r["quarter"]))))
    return found


def _line(r: dict[str, Any], policy: Policy, supported: int | None) -> PlanLine:
    quarter = quarters.Quarter(2000, r["quarter"])
    projection, actual, readers = r["projection"], r["actual"], r["readers"] or "provider and commissioner"
    figures = "" if actual is not None or projection is None else "nothing returned yet"
    if policy == "outside" and not _safe_outside(projection, actual, None if r["counted_as"] in NOT_COUNTS else r["out_of"] or r["plan_out_of"], supported):
        figures, projection, actual = _in_words(projection, actual), None, None
    may_read = READERS_SEEN[policy] is None or readers in (READERS_SEEN[policy] or ())
    words = (r["explanation"] or "") if may_read else ("The service has explained this to its commissioner." if r["explanation"] else "")
    return PlanLine(
        r["ref"], r["kind"], r["what"], r["counted_as"], r["direction"] or "improve", f"Q{r['quarter']}",
        f"{quarters.MONTHS[quarter.start.month - 1]} to {quarters.MONTHS[quarter.end.month - 1]}", projection, actual, figures, words,
        (r["reason"] or "") if may_read else "", (r["learning"] or "") if may_read else "",
    )  # fmt: skip


def _safe_outside(projection: float | None, actual: float | None, out_of: float | None, supported: int | None) -> bool:
    left_over = [out_of - actual] if out_of is not None and actual is not None else []
    figures = [f for f in (projection, actual, *left_over) if f is not None]
    return bool(figures) and all(f >= 5 for f in figures) and (supported or 0) >= ENOUGH


def _in_words(projection: float | None, actual: float | None) -> str:
    if actual is None:
        return "nothing returned yet"
    if projection is None:
        return "returned; nothing was planned for this quarter"
    if abs(actual - projection) < max(2, 0.2 * projection):
        return "about as planned"
    return "more than planned" if actual > projection else "fewer than planned"


def stories(store: Store, viewer: Viewer, service: str = "") -> list[Story]:
    """Consented stories this viewer may read, newest first: of one service, or of all they may see."""
    if service:
        _check_contract(store, viewer, service)
    codes = [service] if service else [c.code for c in services(store, viewer)]
    if not codes:
        return []
    with store.reading() as cursor:
        rows = queries.stories(cursor, codes, CONSENT_SEEN[rules.policy_for(viewer)])
    return [Story(r["service_code"], r["story_ref"], r["date"], r["voice"], r["outcome_area"], r["story"], r["what_enabled_it"] or "") for r in rows]


def _check_contract(store: Store, viewer: Viewer, service: str) -> None:
    rules.check_sees_groups(viewer)
    known = _provider_of(store)
    if service not in known:
        raise Shown("There is no such service. It may have been renamed; the Overview lists them all.")
    if viewer.role == "manager" and known[service] not in viewer.providers:
        raise Refused("That service belongs to another provider. You can see your own services here.")


def _provider_of(store: Store) -> dict[str, str]:
    return store.remembered("providers", lambda: writes.known_services(store))


def _about(store: Store) -> dict[str, dict[str, str]]:
    def asked() -> dict[str, dict[str, str]]:
        with store.reading() as cursor:
            return queries.about(cursor)

    return store.remembered("about", asked)


def thresholds(store: Store) -> dict[str, dict[str, Any]]:
    """Measure code -> the reliable-change threshold in force, published or computed (with n, standard deviation and date)."""
    with store.reading() as cursor:
        return {r["measure"]: r for r in queries.thresholds(cursor)}


def recompute_thresholds(store: Store, viewer: Viewer, today: date) -> list[str]:
    """Computes a threshold for every questionnaire with a published reliability but no published threshold, from at least 50 first scores.

    Jacobson and Truax (1991): 1.96 · √2 · SD · √(1 − reliability). Returns a sentence per questionnaire. Administrators only.
    """
    from metrics.change import reliable_change_threshold

    rules.check_administers(viewer)
    told = []
    for m in store.measures.values():
        if m.reliable_change is not None or m.reliability is None:
            continue
        with store.reading() as cursor:
            n, sd = queries.first_scores(cursor, m.code)
        if n < 50 or not sd:
            told.append(f"{m.code}: {n} first scores; at least 50 are needed before a threshold means anything.")
            continue
        value = round(reliable_change_threshold(sd, float(m.reliability)), 3)
        detail = {"measure": m.code, "value": value, "n": n, "sd": sd, "reliability": float(m.reliability), "computed_on": today.isoformat()}
        writes.decide(store, "threshold", detail, Event("threshold", viewer.user, viewer.role, datetime.now(), {"measure": m.code}))
        told.append(f"{m.code}: a change of more than {value:g} points counts, from {n} first scores (standard deviation {sd:.2f}).")
    return told
