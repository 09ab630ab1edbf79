"""The return as one page: its lines with what is drafted or stored, kept as it is typed, sent through the same door as a file, or taken as a workbook."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from access import conversation, intake, planned, returns
from access.conversation import Question
from data_loaders import return_template
from domain import codes
from domain.errors import Shown
from domain.quarters import Quarter
from domain.types import Event, Upload, Viewer
from warehouse import returns as kept
from warehouse import store as writes
from warehouse.connect import Store

FIGURES = ("actual", "out_of")
WORDS = ("explanation", "learning", "verified_how", "verified_by")
CHOICES = {"reason": codes.REASONS, "who_may_read_this": codes.READERS}


@dataclass(frozen=True)
class Form:
    """The one-page return: its lines with what is stored, drafted, or still open."""

    service: str
    quarter: Quarter
    lines: tuple[return_template.Line, ...]
    saved_at: datetime | None = None  # of the draft shown; None: what is stored, or nothing yet
    findings: tuple[Any, ...] = field(default=())


def form(store: Store, viewer: Viewer, service: str, quarter: Quarter) -> Form:
    """The plan's lines of a quarter with projection and year to date, and what is drafted or stored of each."""
    conversation.check_may_see(store, viewer, service)
    here = planned.services(store, viewer, "return-form", [service])
    rows = [r for s in here for r in s.rows.values()]
    with store.reading() as cursor:
        draft = next((d for d in kept.kept(cursor, "return_draft", [service]) if (d["year"], d["quarter"]) == (quarter.year, quarter.number)), None)
        stored = {r["ref"]: r for r in kept.rows_of(cursor, service, quarter.year, quarter.number)}
    typed: dict[str, dict[str, Any]] = json.loads(draft["content"]) if draft else stored
    figures = {(f.year, f.quarter, f.ref): f for s in here for f in s.figures}
    lines = []
    for r in rows:
        if (r["year"], r["quarter"]) == (quarter.year, quarter.number):
            t = typed.get(r["ref"], {})
            before = figures.get((quarter.year, quarter.number - 1, r["ref"]))
            lines.append(
                return_template.Line(
                    r["ref"], r["what"], r["counted_as"], r["projection"], before.to_date_actual if before else None,
                    t.get("out_of"), t.get("actual"), t.get("explanation") or "", t.get("reason") or "", t.get("learning") or "",
                    t.get("who_may_read_this") or "", t.get("verified_how") or "",
                )
            )  # fmt: skip
    return Form(service, quarter, tuple(lines), draft["happened_at"] if draft else None)


def returned(store: Store, viewer: Viewer, service: str, quarter: Quarter) -> list[str]:
    """The refs for which figures are in, in order. Raises Refused where the viewer may not look."""
    conversation.check_may_see(store, viewer, service)
    with store.reading() as cursor:
        return [r["ref"] for r in kept.rows_of(cursor, service, quarter.year, quarter.number)]


def additions(store: Store, viewer: Viewer, service: str, quarter: Quarter) -> list[str]:
    """A sentence for each figure that is in and is no line of the plan: it is kept, and offered as an addition to the plan."""
    conversation.check_may_see(store, viewer, service)
    here = planned.services(store, viewer, "return-form", [service])
    lines = {ref for s in here for year, number, ref in s.rows if (year, number) == (quarter.year, quarter.number)}
    with store.reading() as cursor:
        rows = kept.rows_of(cursor, service, quarter.year, quarter.number)
    return [
        f"{r['ref']}: {r['actual']:g} were counted, and the plan has no such line. Propose it on Target plan and the figure joins it."
        for r in rows
        if r["ref"] not in lines
    ]


def prefilled(store: Store, viewer: Viewer, service: str, quarter: Quarter, name: str = "") -> bytes:
    """The return workbook of a service and quarter, prefilled from its plan. Raises Shown where there is no plan for the quarter."""
    lines = form(store, viewer, service, quarter).lines
    if not lines:
        raise Shown("There is no plan for this quarter yet. Draft one on Target plan, or take a blank workbook on Upload.")
    return return_template.prefilled(service, name or service, quarter, lines)


def save_draft(store: Store, viewer: Viewer, service: str, quarter: Quarter, typed: Mapping[str, Mapping[str, Any]], today: date) -> None:
    """Keeps what was typed so far ({ref: column -> value}) as the draft of a return. It counts nowhere.

    Raises Shown where the return is locked or words hold somebody's identifiers.
    """
    conversation.check_speaks(store, viewer, service)
    returns.check_open(returns.one(store, viewer, service, quarter, today))
    content = json.dumps({ref: _cleaned(given) for ref, given in typed.items()}, sort_keys=True)
    row = {"service_code": service, "year": quarter.year, "quarter": quarter.number, "content": content}
    detail = {"returns": [f"{service} {quarter}"]}
    writes.keep(store, {"return_draft": [row]}, Event("return draft", viewer.user, viewer.role, conversation.now(), detail))


def _cleaned(given: Mapping[str, Any]) -> dict[str, Any]:
    kept_: dict[str, Any] = {}
    for column in FIGURES:
        if given.get(column) is not None:
            kept_[column] = float(given[column])
    for column in WORDS:
        if given.get(column):
            kept_[column] = conversation.screened(str(given[column]))
    for column, choices in CHOICES.items():
        if given.get(column):
            if given[column] not in choices:
                raise Shown("Choose from the list, or leave it blank.")
            kept_[column] = given[column]
    return kept_


def send(store: Store, viewer: Viewer, service: str, quarter: Quarter, typed: Mapping[str, Mapping[str, Any]], today: date) -> Upload | list[Any]:
    """Sends a return typed on the page through the same door as a file. Returns the upload, or the findings that stand in its way.

    Lines without a figure are left out: blank is missing. Raises Shown where nothing was typed.
    """
    conversation.check_speaks(store, viewer, service)
    returns.check_open(returns.one(store, viewer, service, quarter, today))
    rows = [
        {"service_code": service, "year": quarter.year, "quarter": quarter.number, "ref": ref, **given}
        for ref, given in typed.items()
        if given.get("actual") is not None
    ]
    if not rows:
        raise Shown("No line has a figure yet. If there is nothing to report this quarter, tick that instead; 0 is a figure too.")
    return _send(store, viewer, rows, today)


def _send(store: Store, viewer: Viewer, rows: Sequence[Mapping[str, Any]], today: date) -> Upload | list[Any]:
    received = intake.receive(store, [("typed on the page.xlsx", return_template.typed({"Quarterly return": rows}))], viewer, today)
    return received.findings if received.blocked else intake.send(store, received, viewer)


def answer(store: Store, viewer: Viewer, question: Question, today: date, reason: str = "", words: str = "", kind: str = "answer", readers: str = "") -> str:
    """An answer as conversation.answer keeps it; a service's answer about one of its figures also goes into the return, so that it travels with the figure."""
    answered = conversation.answer(store, viewer, question, reason, words, kind, readers)
    if kind == "answer" and viewer.role == "manager" and question.ref and question.about != conversation.HOW:
        with store.reading() as cursor:
            rows = kept.rows_of(cursor, question.service, question.quarter.year, question.quarter.number)
            locked = (question.service, question.quarter.year, question.quarter.number) in kept.locked(cursor)
        if not locked and any(r["ref"] == question.ref for r in rows):
            told = [_explained(r, reason, words.strip(), readers) if r["ref"] == question.ref else r for r in rows]
            _send(store, viewer, told, today)
    return answered


def _explained(row: Mapping[str, Any], reason: str, words: str, readers: str) -> dict[str, Any]:
    said = " ".join(part for part in (row["explanation"], words) if part)
    return {**row, "explanation": said or None, "reason": reason or row["reason"], "who_may_read_this": readers or row["who_may_read_this"]}
