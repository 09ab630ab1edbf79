"""The second door: one line per person. Pseudonymous personal data whatever is hidden, so it has its own rules and its own audit event."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from access import disclosure, hiding_plans, intake, rules
from data_loaders import mask
from data_loaders.values import normal_reference
from domain.errors import Refused, Shown
from domain.types import Event, Measure, Scope, Viewer
from metrics.registry import FAMILIES, METRICS
from warehouse import personal, queries
from warehouse import store as writes
from warehouse.connect import Store

MOST = 24  # lines on one screen
ORDERS = {
    "": "by code name", "gained": "most gained first", "no movement": "least movement first", "set back": "most set back first", "longest": "longest first",
}  # fmt: skip
SWITCH = "journeys_inside"
MARKS = {"goals": "goal agreed", "changes_of_support": "change of support", "moves": "change of support", "crises": "crisis", "stories": "story"}
MOST_REFS = 2000  # typed or pasted at once


@dataclass(frozen=True)
class Journey:
    """One coded line: weeks since the start and scores. Inside, weeks are fortnights and scores the middle of their band."""

    label: str
    weeks: tuple[float, ...]
    scores: tuple[float, ...]
    words: str = ""
    beside: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    marks: tuple[tuple[str, float, str], ...] = ()  # (one of MARKS, week, words) on the time axis; under `own` alone


@dataclass(frozen=True)
class Journeys:
    """What the second door lets through for one viewing."""

    measure: Measure
    cohort: int | None  # how many people the cohort holds; None where even that stays hidden
    sentence: str
    banded: bool
    journeys: tuple[Journey, ...]
    bands: tuple[tuple[str, float, float], ...] = ()


def allowed_inside(store: Store) -> dict[str, str]:
    """Purpose, lawful basis and approver once recorded; empty while journeys are off for commissioners."""
    text = store.site(SWITCH)
    return json.loads(text) if text else {}


def allow_inside(store: Store, viewer: Viewer, purpose: str, lawful_basis: str, approver: str) -> None:
    """Opens journeys to commissioners of this database, recording why and on whose word. Administrators only; all three are needed."""
    rules.check_administers(viewer)
    if not (purpose.strip() and lawful_basis.strip() and approver.strip()):
        raise Shown("Say the purpose, the lawful basis and who approved it: all three are recorded before journeys open.")
    value = {"purpose": purpose.strip(), "lawful_basis": lawful_basis.strip(), "approver": approver.strip()}
    writes.decide(store, SWITCH, value, Event("journeys opened to commissioners", viewer.user, viewer.role, datetime.now()))


def close_inside(store: Store, viewer: Viewer) -> None:
    """Closes journeys to commissioners again. Administrators only."""
    rules.check_administers(viewer)
    writes.decide(store, SWITCH, {}, Event("journeys closed to commissioners", viewer.user, viewer.role, datetime.now()))


def open_journeys(store: Store, viewer: Viewer, scope: Scope, order: str = "", seed: str = "") -> Journeys:
    """The journeys of a cohort, as this viewer may see them, and one audit event per viewer, cohort and session.

    Own: real code names, days, exact scores, goals, crises and stories beside them. Inside: at least 10 people, people drawn by a seed fixed
    for the data version, order and labels drawn per viewing (`seed`), fortnights and bands, nothing beside them. Outside: never.
    Raises Refused or Shown with the reason in words.
    """
    rules.check_sees_groups(viewer)
    policy = rules.policy_for(viewer)
    if policy == "outside":
        raise Refused("Single people's lines are never shown outside the service and its commissioner. The bars on Cohorts say the same for the group.")
    if not scope.measure:
        raise Shown("Choose a questionnaire: a journey is one person's scores on it.")
    journeys = _own(store, viewer, scope, order) if policy == "own" else _inside(store, viewer, scope, seed)
    _audit_once(store, viewer, scope, policy)
    return journeys


def _own(store: Store, viewer: Viewer, scope: Scope, order: str) -> Journeys:
    provider_of = writes.known_services(store)
    if any(provider_of.get(s) not in viewer.providers for s in scope.services):
        raise Refused("Those journeys belong to another provider's service.")
    scope = scope.narrowed_to(viewer)
    measure = _measure(store, scope)
    with store.reading() as cursor:
        stays = queries.journey_people(store, cursor, scope, shared_only=False)
        rows = queries.journeys(store, cursor, scope, stays)
        lines = _lines(rows)
        chosen = sorted(lines, key=lambda line: _rank(line, order, measure))[:MOST]
        beside = queries.beside_journeys(cursor, [line["stay"] for line in chosen]) if chosen else {}
    drawn = tuple(replace(_drawn(line, measure, beside), label=label) for line, label in zip(chosen, _told_apart(chosen), strict=True))
    shown = f"{len(drawn)} of {len(stays)}" if len(stays) > len(drawn) else f"{len(stays)}"
    sentence = f"{shown} of your people's journeys on the {measure.code}, {ORDERS.get(order, ORDERS[''])}. These are coded records of real people."
    return Journeys(measure, len(stays), sentence, False, drawn)


def _told_apart(lines: list[dict[str, Any]]) -> list[str]:
    """The code name of each line. Somebody who came twice has two lines of one name: those say when they began, or the wrong one would open."""
    names = [line["name"] or "unnamed" for line in lines]
    began, where = [f", {line['stay'][2]:%b %Y}" for line in lines], [f" ({line['stay'][0]})" for line in lines]
    for more in (began, where):
        often = Counter(names)
        names = [name if often[name] == 1 else name + said for name, said in zip(names, more, strict=True)]
    return names


def _drawn(line: dict[str, Any], measure: Measure, beside: dict[str, list[dict[str, Any]]]) -> Journey:
    """One of one's own people's lines, with what stands on its time axis."""
    started = line["stay"][2]
    own = {name: [r for r in rows if (r["service"], r["person"], r["started_on"]) == line["stay"]] for name, rows in beside.items()}
    marks = sorted((round((r["date"] - started).days / 7, 1), MARKS[name], _mark(name, r)) for name, rows in own.items() if name in MARKS for r in rows)
    weeks = tuple(round(d / 7, 1) for d in line["days"])
    return Journey(line["name"] or "unnamed", weeks, tuple(line["scores"]), _said(line, measure), own, tuple((kind, week, said) for week, kind, said in marks))


def _mark(name: str, row: dict[str, Any]) -> str:
    """A mark in a few words of closed lists; what people wrote stands under the line, not on it."""
    said = {"goals": row.get("outcome_area"), "crises": row.get("kind"), "moves": "moved to another service"}.get(name)
    return f"{MARKS[name]}: {said}" if said and said != MARKS[name] else MARKS[name]


def _inside(store: Store, viewer: Viewer, scope: Scope, seed: str) -> Journeys:
    if not allowed_inside(store):
        raise Refused(
            "Journeys are closed in this database. They open to commissioners once an administrator has recorded the purpose, "
            "the lawful basis and who approved it."
        )
    if len(scope.cohort) > 1:
        raise Shown("One characteristic at a time: combining them could single people out. Remove one and try again.")
    measure = _measure(store, scope)
    with store.reading() as cursor:
        scope, _ = rules.snapped(scope.with_(by=""), queries.about(cursor))
        stays = queries.journey_people(store, cursor, scope, shared_only=True)
        people = {person for _, person, _ in stays}
        if len(people) < store.settings.journey_cohort or not _cohort_shown(store, cursor, scope):
            raise Shown(
                f"This cohort is too small for its journeys to be shown without somebody being recognised: at least {store.settings.journey_cohort} "
                "people are needed. Widen the period or remove a characteristic. That is no mark against the service."
            )
        version, _ = queries.versions(cursor)
        # Who is drawn is fixed by the scope and data, so that looking again shows nobody new; order and labels are drawn anew per viewing.
        who = random.Random(f"{version}|{scope.to_query()}")
        chosen = who.sample(stays, min(MOST, len(stays)))
        rows = queries.journeys(store, cursor, scope, chosen)
    bands = _bands(measure)
    lines = _lines(rows)
    viewing = random.Random(seed or None)
    viewing.shuffle(lines)
    drawn = tuple(Journey(f"Person {chr(65 + i)}" if i < 26 else f"Person {i + 1}", *_banded(line, bands)) for i, line in enumerate(lines))
    sentence = (
        f"{len(drawn)} people drawn by chance from this cohort, on the {measure.code}: fortnights since they began, and bands instead of scores. "
        "These are coded records of real people."
    )
    return Journeys(measure, None, sentence, True, drawn, bands)


def _cohort_shown(store: Store, cursor: Any, scope: Scope) -> bool:
    """Whether the number of people in the cohort may itself be shown: a cohort hidden on Cohorts has no journeys either."""
    if not scope.cohort:
        return True
    name, value = scope.cohort[0]
    metric = METRICS["reliable-improvement"]
    counts = queries.counts(store, cursor, metric, FAMILIES["change"], scope.with_(by=name, cohort=()), True)
    plan = hiding_plans.plan(counts, "inside", store.settings.outside_threshold, None)
    rows = disclosure.only(disclosure.release(counts, plan, metric), scope, value).rows
    return bool(rows) and rows[0].denominator is not None


def _measure(store: Store, scope: Scope) -> Measure:
    measure = store.measures.get(scope.measure)
    if measure is None:
        raise Shown(f"There is no questionnaire '{scope.measure}'. The Handbook lists them.")
    return measure


def _lines(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    lines: dict[tuple[Any, ...], dict[str, Any]] = {}
    for r in rows:
        stay = (r["service"], r["person"], r["started_on"])
        line = lines.setdefault(stay, {"stay": stay, "name": r["name"], "days": [], "fortnights": [], "scores": []})
        line["days"].append(r["days"])
        line["fortnights"].append(r["fortnight"])
        line["scores"].append(r["score"])
    return list(lines.values())


def _gain(line: dict[str, Any], measure: Measure) -> float:
    change = line["scores"][-1] - line["scores"][0]
    return change if measure.better == "higher" else -change


def _rank(line: dict[str, Any], order: str, measure: Measure) -> Any:
    name = line["name"] or ""
    if order == "gained":
        return -_gain(line, measure), name
    if order == "no movement":
        return abs(_gain(line, measure)), name
    if order == "set back":
        return _gain(line, measure), name
    return (-line["days"][-1], name) if order == "longest" else name


def _said(line: dict[str, Any], measure: Measure) -> str:
    first, last = line["scores"][0], line["scores"][-1]
    return f"{measure.code} from {first:g} to {last:g} over {round((line['days'][-1] - line['days'][0]) / 7)} weeks"


def _bands(measure: Measure) -> tuple[tuple[str, float, float], ...]:
    """The measure's own bands, else five equal ones."""
    if measure.bands:
        return tuple((words, float(low), float(high)) for words, low, high in measure.bands)
    low, width = float(measure.lowest), float(measure.highest - measure.lowest) / 5
    return tuple((f"{low + i * width:g} to {low + (i + 1) * width:g}", low + i * width, low + (i + 1) * width) for i in range(5))


def _banded(line: dict[str, Any], bands: tuple[tuple[str, float, float], ...]) -> tuple[tuple[float, ...], tuple[float, ...], str]:
    """Fortnights (as weeks) and the middle of each score's band; one value a fortnight, the latest."""
    latest = dict(zip(line["fortnights"], line["scores"], strict=True))
    weeks = tuple(float(2 * f) for f in sorted(latest))
    scores = tuple(_middle(Decimal(str(latest[f])), bands) for f in sorted(latest))
    return weeks, scores, ""


def _middle(score: Decimal, bands: tuple[tuple[str, float, float], ...]) -> float:
    held = [b for b in bands if b[1] <= float(score)] or [bands[0]]
    _, low, high = held[-1]
    return (low + high) / 2


def _audit_once(store: Store, viewer: Viewer, scope: Scope, policy: str) -> None:
    detail = {"cohort": scope.describe(), "session": viewer.session, "policy": policy, "providers": list(viewer.providers)}
    already = any(e.kind == "journeys" and e.user == viewer.user and e.detail == detail for e in writes.audited(store, 1000))
    if not already:
        writes.note_event(store, Event("journeys", viewer.user, viewer.role, datetime.now(), detail))


# ---- references and code names ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Named:
    """One line somebody typed: a reference with its code name, or a code name with the reference it belongs to among those typed. Kept nowhere."""

    ref: str  # as typed; empty where none of those typed is this person's
    code_name: str  # empty where nobody here has this reference
    asked: bool = False  # the code name itself was typed


def check_names(viewer: Viewer) -> None:
    """Only those who hold the references: managers, for their own provider's people."""
    if viewer.role != "manager" or not any(viewer.providers):
        raise Refused("References belong to the provider who gave them. Only the manager of a provider can match their own to code names.")


def code_names(store: Store, viewer: Viewer, typed: str) -> tuple[Named, ...]:
    """References and code names, one to a line or cell, matched: a row for each, in the order typed, each once.

    Only keyed hashes are stored, so a code name is turned back by hashing the references typed with it: where code names are among the lines, only
    they are answered. Nothing typed is kept; the audit event says how many were asked and found. Raises Refused or Shown.
    """
    check_names(viewer)
    lines = list(dict.fromkeys(part.strip() for line in typed.splitlines() for part in line.split("\t") if part.strip()))
    if not lines:
        raise Shown("Type or paste your references, one on a line.")
    if len(lines) > MOST_REFS:
        raise Shown(f"That is more than {MOST_REFS:,} lines. Paste them in smaller parts.")
    given = personal.named_people(store, viewer.providers)
    people = {name.casefold(): name for name in given.values()}
    wanted = [people[line.casefold()] for line in lines if line.casefold() in people]
    key = intake.person_key(store)
    refs = [(line, _name_of(key, viewer.providers, line, given)) for line in lines if line.casefold() not in people]
    if wanted:
        ref_of = {name: ref for ref, name in refs if name}
        found = tuple(Named(ref_of.get(name, ""), name, True) for name in dict.fromkeys(wanted))
    else:
        found = tuple(Named(ref, name) for ref, name in refs)
    about = {"providers": list(viewer.providers), "asked": len(lines), "found": sum(bool(each.ref and each.code_name) for each in found)}
    writes.note_event(store, Event("code names matched", viewer.user, viewer.role, datetime.now(), about))
    return found


def _name_of(key: bytes, providers: Sequence[str], ref: str, given: dict[str, str]) -> str:
    if not normal_reference(ref):
        return ""
    return next((given[person] for provider in providers if (person := mask.person_hash(key, provider, ref)) in given), "")
