"""The commissioner's own target plan: written by the commissioner, read by everybody, its actuals taken from this app's own records.

It is kept among the versions of plans under a place no service can have, with a step of its own, so that no door to a service's plan opens on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from access import conversation, disclosure, plan_versions, returns, seminars, target_plans
from domain import codes, plan_templates
from domain.errors import Refused, Shown
from domain.quarters import Quarter, quarter_of, year_name
from domain.types import Event, Viewer
from metrics import plan
from warehouse import returns as kept
from warehouse import store as writes
from warehouse.connect import Store

STEP = "own"
QUARTERS = ("q1", "q2", "q3", "q4")
RECORDS = Viewer("the app's own records", "commissioner", session="own plan")
NO_SEMINARS = "No seminar of that time has been noted here, so nothing is counted. That is not the same as none held."
NOTHING = "Nothing of the kind in this quarter."
TOO_FEW = "Fewer than three other providers stand behind this figure, so it would tell about one of them."


@dataclass(frozen=True)
class OwnVersion:
    """One version of the commissioner's plan."""

    happened_at: datetime
    who: str
    lines: tuple[dict[str, Any], ...]
    sections: dict[str, str]
    changed: tuple[str, ...]


@dataclass(frozen=True)
class OwnFigure:
    """One line in one quarter. `actual` is a percentage or a count; `of` says `38 of 42`; `note` stands in place of a figure there is none of."""

    ref: str
    quarter: Quarter
    projection: float | None
    actual: float | None
    out_of: int | None
    of: str
    note: str
    to_ask: bool  # far from the projection by the same rule as any plan


@dataclass(frozen=True)
class OwnPlan:
    """The plan of a year: what was written (or the template to begin from) and, for each line and quarter that has begun, what the records say."""

    year: int
    written: bool
    lines: tuple[dict[str, Any], ...]
    sections: dict[str, str]
    figures: tuple[OwnFigure, ...]
    versions: tuple[OwnVersion, ...]
    about: str

    def of(self, ref: str, number: int) -> OwnFigure | None:
        return next((f for f in self.figures if f.ref == ref and f.quarter.number == number), None)


def check_writes(viewer: Viewer) -> None:
    """The commissioner writes their own plan; everybody may read it."""
    if viewer.role != "commissioner":
        raise Refused("This is the commissioner's own plan: they write it, and everybody may read it and ask about it.")


def of(store: Store, viewer: Viewer, year: int, today: date) -> OwnPlan:
    """The commissioner's plan for a year with what the app's own records say of each line. Everybody may read it; managers never one other provider's part."""
    made = plan_templates.library().commissioner
    with store.reading() as cursor:
        rows = [r for r in kept.kept(cursor, "plan_version", [seminars.PLACE]) if r["year"] == year and r["step"] == STEP]
    versions: list[OwnVersion] = []
    for r in rows:
        content = json.loads(r["content"])
        before = versions[-1] if versions else None
        changed = plan_versions.differences(before.lines, content["lines"], year, before.sections, content["sections"]) if before else []
        versions.append(OwnVersion(r["happened_at"], r["user_name"] or "", tuple(content["lines"]), target_plans.in_order(content["sections"]), tuple(changed)))
    last = versions[-1] if versions else None
    lines = last.lines if last else tuple(made.rows())
    figures = _figures(store, viewer, year, lines, today)
    return OwnPlan(year, last is not None, lines, last.sections if last else dict(made.sections), figures, tuple(versions), made.about)


def save(store: Store, viewer: Viewer, year: int, projections: Mapping[str, Mapping[str, float | None]], sections: Mapping[str, str], today: date) -> None:
    """Keeps a version of the commissioner's plan: {ref: quarter or baseline -> figure} and the words. The lines are those the records can speak of.

    Raises Refused for anybody else, Shown where a figure cannot be right or the words hold somebody's identifiers.
    """
    check_writes(viewer)
    lines = []
    for row in plan_templates.library().commissioner.rows():
        given = projections.get(row["ref"], {})
        figures = {c: _figure(row, c, given.get(c)) for c in (*QUARTERS, "baseline")}
        lines.append({**row, **figures})
    if not any(line[q] is not None for line in lines for q in QUARTERS):
        raise Shown("No line has a figure yet. An honest best guess for each quarter is enough to begin with.")
    words = {s: conversation.screened(text) for s, text in sections.items() if s in codes.SECTIONS and text and text.strip()}
    for section, text in words.items():
        if gaps := plan_templates.to_fill(text):
            raise Shown(f"“{section}” still has words of the template to fill: {', '.join(gaps[:3])}. Fill them in or take them out, and save again.")
    row = {
        "service_code": seminars.PLACE, "year": year, "from_quarter": quarter_of(today).number if quarter_of(today).year == year else 1, "step": STEP,
        "words": None, "content": json.dumps({"lines": lines, "sections": words}, sort_keys=True),
    }  # fmt: skip
    detail = {"plan": f"the commissioner's own {year_name(year)}"}
    writes.keep(store, {"plan_version": [row]}, Event("own plan", viewer.user, viewer.role, conversation.now(), detail))


def _figure(row: Mapping[str, Any], column: str, value: float | None) -> float | None:
    if value is None or value != value:
        return None
    if value < 0 or (row["counted_as"] == plan.PERCENT and value > 100):
        raise Shown(f"{row['ref']}: {value:g} cannot be right. A percentage runs from 0 to 100, and nobody holds fewer than no seminars.")
    if row["counted_as"] == plan.FLOW and value % 1:
        raise Shown(f"{row['ref']}: {value:g} is not a whole number.")
    return float(value)


def sentence(found: OwnPlan) -> str:
    """The latest quarter that has begun in a sentence; without a plan, that there is none yet."""
    numbers = {f.quarter.number for f in found.figures}
    told = [
        f"{f.of} {words}"
        for ref, words in (("C1", "returns due came on time"), ("C2", "questions were answered in time"), ("C3", "plans are agreed"))
        if numbers and (f := found.of(ref, max(numbers))) and f.of
    ]
    begun = "" if found.written else f"There is no plan for {year_name(found.year)} yet; the commissioner writes it. "
    if numbers and (c4 := found.of("C4", max(numbers))) and c4.of:
        told.append(f"{c4.of} held")
    when = f"{Quarter(found.year, max(numbers)).months()}: " if told else ""
    return f"{begun}{when}{', '.join(told)}{'.' if told else ''}" or f"Nothing is known of {year_name(found.year)} yet."


# ---- what the records say --------------------------------------------------------------------------------------------------------------------


def _figures(store: Store, viewer: Viewer, year: int, lines: Sequence[Mapping[str, Any]], today: date) -> tuple[OwnFigure, ...]:
    owner = writes.known_services(store)
    due = [r for r in returns.calendar(store, RECORDS, today) if r.timeliness in ("on time", "late", "missing")]
    asked = [q for q in conversation.questions(store, RECORDS) if q.asked_by == "provider" and q.asked_at]
    made, held, agreed = [], seminars.days(store), _agreements(store, year, owner)
    for quarter in (Quarter(year, n) for n in (1, 2, 3, 4)):
        if quarter.start > today:
            continue
        counts: dict[str, list[tuple[str, bool]]] = {
            "C1": [(owner.get(r.service, ""), r.timeliness == "on time") for r in due if quarter.start <= r.due_on <= quarter.end],
            "C2": _answered(asked, quarter, today, store.settings.answer_working_days, owner),
            "C3": _agreed(*agreed, quarter, today, owner),
        }
        for line in lines:
            made.append(_seminars(line, quarter, held, today) if line["ref"] == "C4" else _one(line, quarter, counts[line["ref"]], viewer))
    return tuple(made)


def _seminars(line: Mapping[str, Any], quarter: Quarter, held: Sequence[date], today: date) -> OwnFigure:
    """How many seminars were held in a quarter. Before the first that was ever noted, nobody knows."""
    projection = line[QUARTERS[quarter.number - 1]]
    if not held or quarter.end < held[0]:
        return OwnFigure(line["ref"], quarter, projection, None, None, "", NO_SEMINARS, False)
    n = sum(quarter.start <= day <= min(quarter.end, today) for day in held)
    material = quarter.end < today and plan.gap(projection, n, plan.FLOW).material
    return OwnFigure(line["ref"], quarter, projection, n, None, f"{n} seminar{'s' if n != 1 else ''}", "", material)


def _one(line: Mapping[str, Any], quarter: Quarter, counted: list[tuple[str, bool]], viewer: Viewer) -> OwnFigure:
    projection = line[QUARTERS[quarter.number - 1]]
    if not counted:
        return OwnFigure(line["ref"], quarter, projection, None, 0, "", NOTHING, False)
    if viewer.role not in ("commissioner", "administrator"):
        behind: dict[str, int] = {}
        for provider, _ in counted:
            if provider not in viewer.providers:
                behind[provider] = behind.get(provider, 0) + 1
        if disclosure.dominated(behind):
            return OwnFigure(line["ref"], quarter, projection, None, None, "", TOO_FEW, False)
    kept_word, n = sum(good for _, good in counted), len(counted)
    actual = 100 * kept_word / n
    gap = plan.gap(projection, actual, plan.PERCENT, n)
    return OwnFigure(line["ref"], quarter, projection, actual, n, f"{kept_word} of {n}", "", gap.material)


def _answered(asked: Sequence[conversation.Question], quarter: Quarter, today: date, days: int, owner: Mapping[str, str]) -> list[tuple[str, bool]]:
    """(provider, answered in time) for each question of a service asked in the quarter that was answered or whose time is up."""
    found = []
    for q in asked:
        assert q.asked_at is not None
        if not quarter.start <= q.asked_at.date() <= quarter.end:
            continue
        by = conversation.working_days_after(q.asked_at.date(), days)
        first = next((t for t in q.turns if t.side == "commissioner"), None)
        closed_by_them = first is None and not q.open  # the service took its question back
        if closed_by_them or (first is None and today <= by):
            continue
        found.append((owner.get(q.service, ""), first is not None and first.happened_at.date() <= by))
    return found


def _agreements(store: Store, year: int, owner: Mapping[str, str]) -> tuple[list[dict[str, Any]], set[str]]:
    """The versions kept of the services' plans for the year, and the services with a plan for it in force."""
    with store.reading() as cursor:
        versions = [v for v in kept.kept(cursor, "plan_version", sorted(owner)) if v["year"] == year]
        return versions, {s for s, y, _ in kept.expected(cursor, sorted(owner)) if y == year}


def _agreed(
    versions: Sequence[Mapping[str, Any]], planned: set[str], quarter: Quarter, today: date, owner: Mapping[str, str]
) -> list[tuple[str, bool]]:  # fmt: skip
    """(provider, agreed) for each service with a plan for the year, drafted or in force, as at the end of the quarter (or today, if that is earlier)."""
    at = min(quarter.end, today)
    known = [v for v in versions if v["happened_at"].date() <= at]
    agreed = {v["service_code"] for v in known if v["step"] == "agreed"}
    return [(owner[s], s in agreed) for s in sorted(planned | {v["service_code"] for v in known})]
