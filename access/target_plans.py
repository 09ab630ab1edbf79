"""A target plan between draft and agreement: drafted, proposed with a word on how people shaped it, agreed or returned with a comment, in versions.

A draft is checked as a workbook's sheets are, and kept apart: only an agreed plan becomes lines that quarters are judged by, and it becomes them through
the same door as a file. Of an agreed plan's lines, those that change from a later quarter are new versions of themselves; nothing earlier is rewritten.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from access import conversation, intake, plan_versions, plans
from data_loaders import return_template, values
from domain import codes, fields, plan_templates
from domain.errors import Refused, Shown
from domain.quarters import Quarter, british, year_name
from domain.types import Event, Finding, Viewer
from warehouse import returns as kept
from warehouse import store as writes
from warehouse.connect import Store

LINE = tuple(f.column for f in fields.BY_NAME["Milestones"].fields if f.column not in ("service_code", "year", "from_quarter"))
QUARTERS = ("q1", "q2", "q3", "q4")
STEPS = ("drafted", "proposed", "returned", "agreed")


@dataclass(frozen=True)
class Version:
    """One step of the negotiation: who did it, when, the word that went with it, and the plan as it then stood."""

    step: str
    side: str
    happened_at: datetime
    words: str  # how people shaped it (proposed), or the comment (returned, agreed)
    from_quarter: int
    lines: tuple[dict[str, Any], ...]
    sections: dict[str, str]
    who: str = ""


@dataclass(frozen=True)
class TargetPlan:
    """A service's plan for a year as it stands between the two sides. `state`: none, in force, or one of STEPS."""

    service: str
    year: int
    state: str
    from_quarter: int
    lines: tuple[dict[str, Any], ...]  # column of the Milestones sheet -> value
    sections: dict[str, str]
    versions: tuple[Version, ...]
    developmental: bool  # the service's first plan year
    before: tuple[dict[str, Any], ...] = ()  # the lines of the plan year before, as they stood at its end
    before_sections: tuple[tuple[str, str], ...] = ()

    @property
    def open(self) -> bool:
        """Whether it may be edited now."""
        return self.state != "proposed"


def of(store: Store, viewer: Viewer, service: str, year: int) -> TargetPlan:
    """The plan of a service for a year: the version being negotiated, else what is in force, else the lines of the plan before it to begin from.

    Raises Refused where the viewer may not look.
    """
    conversation.check_may_see(store, viewer, service)
    with store.reading() as cursor:
        rows = [r for r in kept.kept(cursor, "plan_version", [service]) if r["year"] == year and r["step"] in STEPS]
        years = {y for _, y, _ in kept.expected(cursor, [service])}
        last = max((y for y in years if y < year), default=year)  # to begin from, where the year has none of its own
        stored, before = kept.lines_of(cursor, service, year), kept.lines_of(cursor, service, last)
        earlier = in_order(kept.words_of(cursor, service, last)) if last < year else {}
        sections = in_order(kept.words_of(cursor, service, year)) or earlier
    versions = tuple(_version(r) for r in rows)
    first = not any(y < year for y in years)
    past = (tuple(in_force(before)), tuple(earlier.items())) if last < year else ((), ())
    if versions and versions[-1].step != "agreed":
        v = versions[-1]
        return TargetPlan(service, year, v.step, v.from_quarter, v.lines, v.sections, versions, first, *past)
    state = "agreed" if versions else "in force" if stored else "none"
    lines = in_force(stored) if stored else in_force(before)
    return TargetPlan(service, year, state, 1, tuple(lines), sections, versions, first, *past)


def _version(r: Mapping[str, Any]) -> Version:
    content = json.loads(r["content"])
    sections = in_order(content["sections"])
    side, start = conversation.side_of(r["role"]), r["from_quarter"] or 1
    return Version(r["step"], side, r["happened_at"], r["words"] or "", start, tuple(content["lines"]), sections, r["user_name"] or "")


def in_order(sections: Mapping[str, str]) -> dict[str, str]:
    """The sections in the order of the plan."""
    return {s: sections[s] for s in codes.SECTIONS if s in sections}


def in_force(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The lines of a year as they stand at its end: the latest version of each, without those another has replaced and those that speak of no quarter."""
    latest = {r["ref"]: r for r in sorted(rows, key=lambda r: r["from_quarter"] or 1)}
    replaced = {r["replaces_ref"] for r in latest.values() if r["replaces_ref"] and r["replaces_ref"] != r["ref"]}
    return [{c: r[c] for c in LINE} for ref, r in latest.items() if ref not in replaced and any(r[q] is not None for q in QUARTERS)]


def save(
    store: Store, viewer: Viewer, service: str, year: int, lines: Sequence[Mapping[str, Any]], sections: Mapping[str, str], today: date, from_quarter: int = 1
) -> list[Finding]:
    """Keeps a draft if its lines can stand; returns what was found in them (as for an uploaded sheet; blocking ones mean it was not kept).

    Raises Shown while the plan is with the commissioner, or where it would rewrite what quarters already returned are judged by.
    """
    conversation.check_speaks(store, viewer, service)
    current = of(store, viewer, service, year)
    if not current.open and viewer.role == "manager":
        raise Shown("The plan is with your commissioner. You can change it when it comes back, or ask them to send it back.")
    with store.reading() as cursor:
        told = [q for _, y, q in kept.held(cursor, [service]) if y == year]
    if current.state == "agreed" and told and from_quarter <= max(told):
        later = f"Let the change begin in {Quarter(year, max(told) + 1).months()}." if max(told) < 4 else "Make it part of next year's plan."
        raise Shown(f"Quarters up to {Quarter(year, max(told)).months()} have been returned under the agreed plan and stay judged by it. {later}")
    cleaned = [_line(line) for line in lines if any(v not in (None, "") for v in line.values())]
    if not cleaned:
        raise Shown("There is no line yet. Write one thing people will achieve, and how many in each quarter.")
    words = {section: text.strip() for section, text in sections.items() if section in codes.SECTIONS and text and text.strip()}
    asked = _about_lines(cleaned, {line["ref"] for line in current.before})
    if any(f.severity != "look" for f in asked):
        return asked
    received = intake.receive(store, [_workbook(store, service, year, cleaned, words, from_quarter)], viewer, today)
    # A file may not change an agreed plan; a draft may, because nothing follows from it until it is agreed.
    found = asked + [_in_words(f, cleaned) for f in received.findings if f.code != "agreed-plan"]
    if not any(f.severity != "look" for f in found):
        _keep(store, viewer, service, year, from_quarter, "drafted", "", {"lines": cleaned, "sections": words})
    return found


def _about_lines(lines: Sequence[Mapping[str, Any]], last_year: set[str]) -> list[Finding]:
    """What only a plan as a whole can tell: a reference twice, one that takes the place of nothing, a line without any projection."""
    told = []
    for ref, n in Counter(line["ref"] for line in lines if line["ref"]).items():
        if n > 1:
            fix = "Give each line a reference of its own, such as M1, M2, T1, or take one of them out."
            told.append(Finding("holds", "duplicate-ref", f"{n} lines have the reference {ref}.", fix, f"Line {ref}"))
    known = {line["ref"] for line in lines} | last_year
    for line in lines:
        instead = line["replaces_ref"]
        if instead and (instead == line["ref"] or instead not in known):
            what = "itself" if instead == line["ref"] else f"{instead}, and there is no such line this year or last"
            fix = "Leave 'in place of' blank, or type the reference of the line whose history it carries on."
            told.append(Finding("look", "replaces-nothing", f"{line['ref']} takes the place of {what}.", fix, f"Line {line['ref']}"))
        if all(line[q] is None for q in QUARTERS):
            fix = "Write your honest best guess for each quarter it is in the contract; blank means it is not. A first guess is a fine place to begin."
            told.append(Finding("look", "no-projection", f"{line['ref'] or 'A line'} has no figure for any quarter yet.", fix, f"Line {line['ref'] or '?'}"))
    return told


def _in_words(f: Finding, lines: Sequence[Mapping[str, Any]]) -> Finding:
    """A finding about a plan typed on the page, by line instead of by a cell of a workbook nobody has seen."""
    if f.sheet != "Milestones" or f.row is None or not 2 <= f.row < len(lines) + 2:
        return f
    return replace(f, sheet=f"Line {lines[f.row - 2]['ref'] or f.row - 1}", row=None, column="", file="")


def _line(given: Mapping[str, Any]) -> dict[str, Any]:
    kept_: dict[str, Any] = {}
    for column in LINE:
        value = given.get(column)
        value = value.strip() if isinstance(value, str) else value
        # A table on screen gives nan for an empty number.
        kept_[column] = None if value in (None, "") or value != value else value
    for column in ("ref", "replaces_ref"):  # as the reader of a file has them: m1 and M1 are one line
        kept_[column] = values.normal_reference(str(kept_[column])) if kept_[column] is not None else None
    return kept_


def _workbook(store: Store, service: str, year: int, lines: Sequence[Mapping[str, Any]], sections: Mapping[str, str], from_quarter: int) -> tuple[str, bytes]:
    """The plan as the workbook it stands for. From a later quarter only what differs from the version before is a new row."""
    first = from_quarter if from_quarter > 1 else None
    with store.reading() as cursor:
        before = {r["ref"]: r for r in in_force(kept.lines_of(cursor, service, year))}
    rows = [line for line in lines if first is None or any(_differs(line.get(c), before.get(line["ref"], {}).get(c)) for c in LINE)]
    # A line that was left out ends: it is not in the contract from that quarter on.
    gone = [{**r, **dict.fromkeys(QUARTERS)} for ref, r in before.items() if ref not in {x["ref"] for x in lines} | {x["replaces_ref"] for x in lines}]
    at = {"service_code": service, "year": year, "from_quarter": first}
    if not rows and not gone:
        start = Quarter(year, from_quarter).months()
        raise Shown(f"Every line is as in the plan in force, so nothing would change from {start}. Change a line, or choose another quarter.")
    sheets: dict[str, list[dict[str, Any]]] = {"Milestones": [{**line, **at} for line in [*rows, *gone]]}
    if sections:
        sheets["Target plan"] = [{**at, "section": section, "text": text} for section, text in sections.items()]
    return "plan typed on the page.xlsx", return_template.typed(sheets)


def _differs(a: Any, b: Any) -> bool:
    return a != b and not (a in (None, "") and b in (None, ""))


def propose(store: Store, viewer: Viewer, service: str, year: int, how: str) -> None:
    """The manager proposes the saved draft, with a word on how people who use the service shaped it."""
    conversation.check_speaks(store, viewer, service)
    if viewer.role != "manager":
        raise Refused("It is for the service's manager to propose its plan: people who use the service shape it there.")
    current = of(store, viewer, service, year)
    if current.state not in ("drafted", "returned"):
        raise Shown("There is no draft to propose. Save one first.")
    if not how.strip():
        raise Shown("Say in a line how people who use the service shaped this plan. 'Not yet' is an honest answer.")
    _check_complete(current)
    _keep(store, viewer, service, year, current.from_quarter, "proposed", conversation.screened(how), _content(current))


def _check_complete(current: TargetPlan) -> None:
    """Raises Shown while the draft is still a template: words to fill, or no figure at all."""
    if not any(line[q] is not None for line in current.lines for q in QUARTERS):
        raise Shown("No line has a figure yet. Write your honest best guess for each quarter, save the draft, and propose it then.")
    for section, text in current.sections.items():
        if gaps := plan_templates.to_fill(text):
            raise Shown(
                f"“{section}” still has words of the template to fill: {', '.join(gaps[:3])}. Fill them in or take them out, save, and propose it then."
            )


def send_back(store: Store, viewer: Viewer, service: str, year: int, comment: str) -> None:
    """The commissioner returns a proposed plan with a comment."""
    conversation.check_commissions(store, viewer, service)
    current = _proposed(store, viewer, service, year)
    if not comment.strip():
        raise Shown("Say what you would like to talk about, so that the service knows why it comes back.")
    _keep(store, viewer, service, year, current.from_quarter, "returned", conversation.screened(comment), _content(current))


def agree(store: Store, viewer: Viewer, service: str, year: int, today: date, comment: str = "") -> None:
    """The commissioner agrees a proposed plan: its lines are now those the quarters are judged by.

    Raises Shown where it is not proposed, or something in it can no longer stand.
    """
    conversation.check_commissions(store, viewer, service)
    current = _proposed(store, viewer, service, year)
    received = intake.receive(store, [_workbook(store, service, year, current.lines, current.sections, current.from_quarter)], viewer, today)
    if received.blocked:
        raise Shown(f"The plan cannot stand as it is: {received.findings[0].message} Send it back with a comment.")
    intake.send(store, received, viewer)
    words = conversation.screened(comment) if comment.strip() else ""
    _keep(store, viewer, service, year, current.from_quarter, "agreed", words, _content(current))


def _proposed(store: Store, viewer: Viewer, service: str, year: int) -> TargetPlan:
    current = of(store, viewer, service, year)
    if current.state != "proposed":
        raise Shown("This plan has not been proposed, so there is nothing to decide yet.")
    return current


def _content(current: TargetPlan) -> dict[str, Any]:
    return {"lines": list(current.lines), "sections": current.sections}


def _keep(store: Store, viewer: Viewer, service: str, year: int, from_quarter: int, step: str, words: str, content: Mapping[str, Any]) -> None:
    row = {
        "service_code": service, "year": year, "from_quarter": from_quarter, "step": step, "words": words or None,
        "content": json.dumps(content, sort_keys=True, default=str),
    }  # fmt: skip
    detail = {"plan": f"{service} {year_name(year)}"}
    writes.keep(store, {"plan_version": [row]}, Event(f"plan {step}", viewer.user, viewer.role, conversation.now(), detail))


def state_sentence(found: TargetPlan) -> str:
    """Where the plan stands, in words."""
    if found.state in ("none", "in force") or not found.versions:
        told = (
            "There is no plan for this year yet. Below are the lines of the plan before it, to begin from."
            if found.lines
            else "There is no plan for this year yet."
        )
        return "This plan came as a workbook and is in force. It has not been agreed here." if found.state == "in force" else told
    last = found.versions[-1]
    when = british(last.happened_at.date())
    return {
        "drafted": f"A draft, saved on {when}. It counts nowhere until it is proposed and agreed.",
        "proposed": f"Proposed on {when}. It waits for the commissioner.",
        "returned": f"Sent back on {when}: “{last.words}”",
        "agreed": f"Agreed on {when}" + (f", from {Quarter(found.year, last.from_quarter).months()}." if last.from_quarter > 1 else "."),
    }[last.step]


def changes(found: TargetPlan) -> list[str]:
    """What the latest version changed since the one before it that both sides saw (proposed, returned or agreed): a sentence each."""
    earlier = [v for v in found.versions if v.step != "drafted" and (list(v.lines) != list(found.lines) or v.sections != found.sections)]
    if not earlier:
        return []
    was = earlier[-1]
    return plan_versions.differences(was.lines, found.lines, found.year, was.sections, found.sections)


def since_last_year(found: TargetPlan) -> list[str]:
    """What the plan as it stands changes against the plan of the year before: a sentence each."""
    return plan_versions.differences(found.before, found.lines, found.year, dict(found.before_sections), found.sections) if found.before else []


def changes_of(found: TargetPlan, n: int) -> list[str]:
    """What version `n` (from 0) changed against the one before it; the first one against the plan of the year before."""
    now = found.versions[n]
    if n == 0:
        return plan_versions.differences(found.before, now.lines, found.year, dict(found.before_sections), now.sections) if found.before else []
    was = found.versions[n - 1]
    told = plan_versions.differences(was.lines, now.lines, found.year, was.sections, now.sections)
    if was.from_quarter != now.from_quarter:
        told.insert(0, f"It holds from {Quarter(found.year, now.from_quarter).months()}.")
    return told


def beside(store: Store, viewer: Viewer, service: str, year: int) -> list[dict[str, Any]]:
    """What both sides see while they talk: a row per line of last year's plan with its year's figure, what was planned, and the likely range."""
    found = plans.reality_check(store, viewer, [service], year)
    wanted = {line["ref"]: line for line in of(store, viewer, service, year).lines}
    rows = []
    for c in found:
        figures = [wanted[c.ref][q] for q in QUARTERS if wanted[c.ref][q] is not None] if c.ref in wanted else []
        # A running total's year is its last figure; what is new in each quarter adds up.
        running = bool(figures) and wanted[c.ref]["counted_as"] == "running total"
        rows.append(
            {
                "ref": c.ref, "what": c.what, "last year": c.actual, "low": c.low, "high": c.high,
                "this plan": (figures[-1] if running else sum(figures)) if figures else None, "sentence": c.sentence,
            }
        )  # fmt: skip
    return rows
