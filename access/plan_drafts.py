"""Where the draft of a plan may begin: the template of the service's type, or the plan's workbook, downloaded, filled in and dropped back."""

from __future__ import annotations

from datetime import date
from typing import Any

from access import conversation, desk, intake, target_plans
from data_loaders import return_template
from domain import plan_templates
from domain.errors import Shown
from domain.quarters import year_name
from domain.types import Finding, Viewer
from warehouse.connect import Store


def template_of(store: Store, viewer: Viewer, service: str) -> plan_templates.Template:
    """The template of the service's type: words with gaps to fill, and specimen lines without figures."""
    conversation.check_may_see(store, viewer, service)
    card = next(card for card in desk.services(store, viewer) if card.code == service)
    return plan_templates.template_for(card.service_type)


def begin_from_template(store: Store, viewer: Viewer, service: str, year: int, today: date) -> list[Finding]:
    """Keeps the template of the service's type as the draft; its projections are for the service to set. Raises Shown where a plan may not be edited."""
    made = template_of(store, viewer, service)
    return target_plans.save(store, viewer, service, year, made.rows(), made.sections, today)


def workbook(store: Store, viewer: Viewer, service: str, year: int, name: str = "") -> bytes:
    """The plan as it stands as a workbook to edit: guidance, the five sections, one row per line. It is read back by `from_workbook` and on Upload."""
    current, made = target_plans.of(store, viewer, service, year), template_of(store, viewer, service)
    lines, sections = (current.lines, current.sections) if current.lines else (made.rows(), made.sections)
    return return_template.plan_book(service, name or service, year, lines, sections, current.from_quarter, made)


def from_workbook(store: Store, viewer: Viewer, service: str, year: int, name: str, content: bytes, today: date) -> list[Finding]:
    """Reads a plan's workbook into the draft, through the same checks as any file. Returns what was found; blocking findings mean it was not kept.

    Raises Shown where it holds no line of this service's plan for the year.
    """
    conversation.check_speaks(store, viewer, service)
    received = intake.receive(store, [(name, content)], viewer, today)
    found = [f for f in received.findings if f.code != "agreed-plan"]
    if any(f.severity != "look" for f in found):
        return found

    def mine(table: str) -> list[dict[str, Any]]:
        rows = received.tables[table].to_pylist() if table in received.tables else []
        return sorted((r for r in rows if (r["service_code"], r["year"]) == (service, year)), key=lambda r: r["from_quarter"] or 1)

    rows = mine("milestones")
    if not rows:
        raise Shown(f"This workbook holds no line of this service's plan for {year_name(year)}. Download the workbook here, fill it in, and drop it back.")
    start = rows[-1]["from_quarter"] or 1
    lines = [{c: r[c] for c in target_plans.LINE} for r in {r["ref"]: r for r in rows}.values()]
    words = {r["section"]: r["text"] for r in mine("target_plan")} or target_plans.of(store, viewer, service, year).sections
    others = {(r["service_code"], r["year"]) for t in ("milestones", "target_plan") if t in received.tables for r in received.tables[t].to_pylist()}
    if others - {(service, year)}:
        fix = "Open the plan they belong to and drop the workbook there, or send it on Upload."
        found.append(Finding("look", "left-aside", "This workbook also holds lines of another plan. They were left aside.", fix))
    kept = target_plans.save(store, viewer, service, year, lines, words, today, start)
    return [*(f for f in found if f.code not in {k.code for k in kept}), *kept]
