"""Two schemes over stored data: NHS Talking Therapies, and crisis contacts early against later. Doors like those of access.statistics."""

from __future__ import annotations

import math

import pandas as pd

from access import desk, disclosure
from access.disclosure import DAYS_IN_A_MONTH, ROUNDED_TO
from access.hiding_plans import FEWEST, FEWEST_FOR_A_MEAN
from access.statistics import Figures
from domain.errors import Shown
from domain.types import Policy, Released, Scope, Viewer
from metrics import rates
from metrics.registry import METRICS
from warehouse import crisis_queries, queries
from warehouse.connect import Store

TALKING_THERAPIES = tuple(id for id in METRICS if METRICS[id].mart == "course")
SEED = 20260118


def talking_therapies(store: Store, viewer: Viewer, scope: Scope, policy: Policy | None = None) -> Figures:
    """Every rate of the scheme, a row per group of `scope.by` and rate: group, rate, numerator, denominator, value, lower, upper (percent), hidden, still_open.

    Of services of the type talking therapies. Refused and Shown as `desk.ask`.
    """
    rows: list[tuple[object, ...]] = []
    notes: tuple[str, ...] = ()
    last: Released | None = None
    for rate in TALKING_THERAPIES:
        last = desk.ask(store, viewer, rate, scope, policy)
        notes += last.notes
        for row in list(last.rows) or ([last.total] if last.total else []):
            rows.append((row.group, rate, row.numerator, row.denominator, row.value, row.lower, row.upper, row.hidden, row.still_open))
    assert last
    frame = pd.DataFrame(rows, columns=["group", "rate", "numerator", "denominator", "value", "lower", "upper", "hidden", "still_open"])
    frame = frame.astype({"numerator": "Int64", "denominator": "Int64"})
    frame = frame.sort_values(["group", "still_open"], kind="stable", ignore_index=True)
    said: tuple[str, ...] = () if len(frame) else ("No service of this type has ended a course of treatment yet.",)
    return Figures(frame, said, tuple(dict.fromkeys(notes)), last.policy, last.data_version, last.data_date)


def early_against_later(store: Store, viewer: Viewer, scope: Scope, policy: Policy | None = None) -> Figures:
    """Crisis contacts in the first 90 days (0 to 89) against later, of the people observed beyond them: a row for `early`, `later` and `later over early`.

    period, people, events, months, value (per 100 person-months; the ratio in the last row), lower, upper. The ratio is exact given the sum of the events;
    under `own` `lower_by_person` and `upper_by_person` hold the bootstrap over people. Elsewhere shown from 10 people of whom 5 had a crisis contact in each
    period and 5 had none in it, from the figures everybody sees; outside, from counts rounded to 5. Raises Shown where there are too few, or for a breakdown.

    It keeps no memory of its own of what was shown. What protects it: everybody but the provider reads a service's contacts as they were last released, which
    stand still until the results of five of its people differ (warehouse/marts/released.sql); there is no breakdown, so no group to subtract;
    periods and services are those of the release menu; and both periods need 5 people with a crisis contact and 5 without.
    """
    metric = METRICS["crisis-rate"]
    if scope.by or scope.cohort:
        raise Shown("Early against later is told for services, not for groups of people. Leave the breakdown out.")
    desk.ask(store, viewer, metric.id, scope, policy)  # rights and audit exactly as for the rate
    _, scope, policy, notes = desk.admitted(store, viewer, metric.id, scope, policy)
    with store.reading() as cursor:
        people = crisis_queries.early_and_late(store, cursor, metric, scope, policy != "own")
        version, day = queries.versions(cursor)
    _check_enough(people, policy, max(FEWEST, store.settings.outside_threshold))
    sums = {name: float(people[name].sum()) for name in people.columns if name != "person"}
    months = {when: sums[f"{when}_days"] / DAYS_IN_A_MONTH for when in ("early", "late")}
    events = {when: int(sums[f"{when}_events"]) for when in ("early", "late")}
    n = len(people)
    if policy == "outside":
        events = {when: _rounded(x) for when, x in events.items()}
        months, n = {when: float(_rounded(x)) for when, x in months.items()}, _rounded(n)
        notes += (disclosure.ROUNDED_NOTE,)
    rows = []
    for when, words in (("early", "early"), ("late", "later")):
        value, lower, upper = (100 * float(v) / months[when] for v in rates.poisson(events[when]))
        rows.append((words, n, events[when], round(months[when], 1), value, lower, upper, math.nan, math.nan))
    told = rates.ratio(events["late"], months["late"], events["early"], months["early"])
    by_person = rates.bootstrap(people, SEED) if policy == "own" else (math.nan, math.nan)
    rows.append(("later over early", n, events["early"] + events["late"], round(months["early"] + months["late"], 1), *told, *by_person))
    columns = ["period", "people", "events", "months", "value", "lower", "upper", "lower_by_person", "upper_by_person"]
    frame = pd.DataFrame(rows, columns=columns)
    if policy == "outside":
        frame = frame.round({"value": 2, "lower": 2, "upper": 2})
    return Figures(frame, (_said(told),), tuple(dict.fromkeys(notes)), policy, version, day)


def _check_enough(people: pd.DataFrame, policy: Policy, threshold: int) -> None:
    few = len(people) < FEWEST_FOR_A_MEAN
    if policy != "own":
        least = threshold if policy == "outside" else FEWEST
        for when in ("early_events", "late_events"):
            had = int((people[when] > 0).sum())
            few = few or min(had, len(people) - had) < least
    if few:
        raise Shown("Too few people were with the service beyond 90 days, or had a crisis contact, to set early against later. That is no mark against it.")


def _said(told: tuple[float, float, float]) -> str:
    value, lower, upper = told
    if math.isnan(value):
        return "No crisis contact was recorded, so early and later cannot be compared."
    if lower <= 1 <= upper:
        return "Crisis contacts came about as often later as in the first 90 days, as far as we can tell. That is not proof that nothing changed."
    word = "less" if value < 1 else "more"
    return (
        f"Crisis contacts came {word} often later than in the first 90 days: {value:.2f} times as often (likely between {lower:.2f} and {upper:.2f}). "
        "People often come in a crisis, and many settle with time whatever is done."
    )


def _rounded(n: float) -> int:
    return ROUNDED_TO * round(n / ROUNDED_TO)
