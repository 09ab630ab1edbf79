"""The one-page form for people and scores: what is there to begin with, the draft as it is typed, and the same check and sending as for a file.

A reference typed here is turned into the keyed hash at once. The draft holds hashes and code names, never a reference, so another day a manager finds
their people by code name, or by typing the reference again, which always finds the same person. The references typed are known to the session that
typed them and to nobody else.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from access import intake, rules
from data_loaders import mask, screen
from data_loaders.values import normal_reference
from domain import fields
from domain.errors import Refused, Shown
from domain.quarters import Quarter
from domain.types import Event, Upload, Viewer
from warehouse import people_drafts as drafts
from warehouse import store as writes
from warehouse.connect import Store

Row = dict[str, Any]
# Every column of the sheets is carried, also those the form does not show, so that what is sent again as it was loses nothing.
PEOPLE = tuple(c for c in fields.BY_TABLE["people"].columns if c != "service_code")
SCORES = tuple(c for c in fields.BY_TABLE["assessments"].columns if c != "service_code")
REFERENCES = ("person", "cares_for")
NAMED = "This looks like {what}. Use your own reference, such as C-014: it is scrambled at once, but a name or number used elsewhere does not belong here."


@dataclass(frozen=True)
class Form:
    """One service's quarter on one page. `person` of a row is a keyed hash; `names` maps hashes to code names. `saved_at` None: nothing saved yet."""

    service: str
    quarter: Quarter
    people: list[Row]
    scores: list[Row]
    names: dict[str, str]
    saved_at: datetime | None = None


def check_types(store: Store, viewer: Viewer, service: str) -> None:
    """Whoever types may send for the service: its own manager."""
    rules.check_uploads(viewer)
    if viewer.role != "manager" or writes.known_services(store).get(service, "") not in viewer.providers:
        raise Refused("Only the manager of this service types its people and scores. Choose a service of your own.")


def opened(store: Store, viewer: Viewer, service: str, quarter: Quarter) -> Form:
    """The draft where there is one; else the people who were with the service in the quarter and their scores in it, as they are stored."""
    check_types(store, viewer, service)
    saved = drafts.read(store, service, quarter.year, quarter.number)
    if saved:
        content, at = saved
        people, scores = _dated(content["people"], fields.BY_TABLE["people"]), _dated(content["scores"], fields.BY_TABLE["assessments"])
    else:
        at = None
        people, scores = drafts.stored(store, service, quarter.start, quarter.end, PEOPLE, SCORES)
    return Form(service, quarter, people, scores, names(store, [row["person"] for row in [*people, *scores] if row.get("person")]), at)


def names(store: Store, people: Sequence[str]) -> dict[str, str]:
    """Keyed hash -> code name: the one given, or the one it will be given unless somebody is given it first."""
    return drafts.names(store, sorted(set(people)))


def who(store: Store, viewer: Viewer, service: str, typed: str, known: dict[str, str]) -> str:
    """The keyed hash of what was typed: a code name of `known` (hash -> code name), else a reference. Raises Shown where it is neither but a name or number
    used elsewhere; the message does not repeat it."""
    check_types(store, viewer, service)
    text = " ".join(typed.split())
    by_name = {name.casefold(): person for person, name in known.items()}
    if text.casefold() in by_name:
        return by_name[text.casefold()]
    if trouble := screen.reference_trouble(text):
        raise Shown(NAMED.format(what=trouble))
    if len(text) > fields.BY_TABLE["people"].field("person").longest:
        raise Shown("This reference is longer than can be kept. Use a short one, such as C-014.")
    return mask.person_hash(intake.person_key(store), writes.known_services(store)[service], normal_reference(text))


def save(store: Store, viewer: Viewer, form: Form, now: datetime | None = None) -> Form:
    """Keeps what has been typed so far. Nothing is sent, nothing is counted; the draft is not in the ledger."""
    check_types(store, viewer, form.service)
    at = now or datetime.now()
    detail = {"service": form.service, "quarter": str(form.quarter), "people": len(form.people), "scores": len(form.scores)}
    drafts.write(
        store, form.service, form.quarter.year, form.quarter.number, json.dumps({"people": form.people, "scores": form.scores}, default=str),
        Event("people typed", viewer.user, viewer.role, at, detail),
    )  # fmt: skip
    return replace(form, saved_at=at)


def line(finding: Any) -> str:
    """Where a finding is on the form: `People, line 2, started on`."""
    table = {"People": "people", "Assessments": "assessments"}.get(finding.sheet.split(" ")[0], "")
    if not table:
        return finding.sheet
    columns = [*(PEOPLE if table == "people" else SCORES), "service_code"]
    place = ord(finding.column) - ord("A") if len(finding.column) == 1 else -1
    what = fields.BY_TABLE[table].field(columns[place]).name if 0 <= place < len(columns) else ""
    shown = {"people": "People", "assessments": "Scores"}[table]
    return ", ".join(filter(None, (shown, f"line {finding.row - 1}" if finding.row else "", what)))


def clear(store: Store, viewer: Viewer, form: Form) -> None:
    """Forgets the draft."""
    check_types(store, viewer, form.service)
    drafts.clear(
        store,
        form.service,
        form.quarter.year,
        form.quarter.number,
        Event("people draft cleared", viewer.user, viewer.role, datetime.now(), {"service": form.service}),
    )


def check(store: Store, viewer: Viewer, form: Form, today: date | None = None) -> intake.Received:
    """What the same intake as for a file makes of the form: findings by row of the two tables, and what sending would change. Stores nothing."""
    check_types(store, viewer, form.service)
    people, scores = _filled(form.people), _filled(form.scores)
    if not people and not scores:
        raise Shown("There is nobody on the form yet. Add a first line above.")
    persons = dict.fromkeys(row[c] for row in [*people, *scores] for c in REFERENCES if row.get(c))
    stand_ins = {person: f"FORM-{n}" for n, person in enumerate(persons, start=1)}
    files = []
    for name, table, rows, columns in (("People.csv", "people", people, PEOPLE), ("Assessments.csv", "assessments", scores, SCORES)):
        if rows:
            files.append((name, _as_csv(table, rows, columns, form.service, stand_ins)))
    return intake.receive(store, files, viewer, today, stand_ins={ref: person for person, ref in stand_ins.items()})


def send(store: Store, viewer: Viewer, form: Form, received: intake.Received) -> Upload:
    """Sends what was checked, as one change, and forgets the draft. Raises Shown where something still needs the sender."""
    check_types(store, viewer, form.service)
    upload = intake.send(store, received, viewer)
    clear(store, viewer, form)
    return upload


def _filled(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if any(value not in (None, "") for value in row.values())]


def _as_csv(table: str, rows: Sequence[Row], columns: Sequence[str], service: str, stand_ins: dict[str, str]) -> bytes:
    """The rows as a file of the workbook's own headings: what reads files reads the form. Nothing of it is written to disk."""
    sheet = fields.BY_TABLE[table]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([sheet.field(c).name for c in (*columns, "service_code")])
    for row in rows:
        cells = [stand_ins.get(row.get(c) or "", "") if c in REFERENCES else row.get(c) for c in columns]
        writer.writerow([*("" if cell is None else cell.isoformat() if isinstance(cell, date) else cell for cell in cells), service])
    return out.getvalue().encode()


def _dated(rows: Sequence[Row], sheet: Any) -> list[Row]:
    """Dates of a draft as dates again."""
    dates = {f.column for f in sheet.fields if f.kind == "date"}
    return [{c: date.fromisoformat(v[:10]) if c in dates and v else v for c, v in row.items()} for row in rows]
