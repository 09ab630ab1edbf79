"""The only way in: files to findings and a preview, and on the sender's word to the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from access import rules
from data_loaders import check, mask, read, recognise
from domain import fields
from domain.errors import Shown, WrongKey
from domain.quarters import Quarter, year_name
from domain.types import Event, Finding, Upload, Viewer
from warehouse import arrivals, returns
from warehouse import store as writes
from warehouse.connect import Store

UNREADABLE = ("not-a-workbook", "empty-file", "password", "macros", "too-large", "damaged", "far-cell", "reader-failed")
STRANGERS = {
    "person": (
        "stops", "unknown-person", "refers to somebody who is not on a People sheet for this service.",
        "Add the person to the People sheet, or correct the reference.",
    ),
    "more": ("look", "more-than-out-of", "has a figure larger than what it is out of.", "Check both figures."),
    "goal": ("stops", "unknown-goal", "reviews a goal that is not on a Goals sheet.", "Add the goal to the Goals sheet, or correct its reference."),
    "outside": (
        "look", "outside-stay", "is dated more than 28 days outside the person's time with the service. It is kept, but counted nowhere.",
        "Check the date, and the person's first and last day.",
    ),
}  # fmt: skip
LISTED = 200  # findings of one kind listed one by one; the rest are counted


@dataclass(frozen=True)
class Received:
    """What was understood of some files, before anything is stored. `tables` are checked and hold no person refs, only keyed hashes."""

    files: tuple[str, ...]
    findings: list[Finding]
    understood: list[str]  # a sentence per sheet
    rows: dict[str, int]  # by sheet
    preview: dict[str, dict[str, int]]  # by sheet: new, changed, unchanged, gone
    tables: dict[str, pa.Table] = field(default_factory=dict, repr=False)
    unreadable: bool = False
    restores: str = ""  # the earlier upload with this very content, when it is no longer what counts
    data_version: int = 0
    key_fingerprint: str = ""

    @property
    def blocked(self) -> bool:
        """Until intake is widened, one blocking finding stops the lot."""
        return self.unreadable or any(f.severity in ("stops", "holds") for f in self.findings)

    @property
    def unchanged(self) -> bool:
        """Everything in these files is already what counts."""
        return bool(self.preview) and not any(p["new"] or p["changed"] or p["gone"] for p in self.preview.values())


def receive(store: Store, files: list[tuple[str, bytes]], viewer: Viewer, today: date | None = None, complete: tuple[date, date] | None = None) -> Received:
    """Reads, recognises, checks and de-identifies files, and says what sending them would change. Stores nothing.

    Problems in the files are findings, all told together; raises Refused where the viewer may not upload, WrongKey under another person key.
    """
    rules.check_uploads(viewer)
    key = _key(store)
    names = tuple(name for name, _ in files)
    findings: list[Finding] = []
    found = []
    for name, data in files:
        workbook = read.read(name, data, store.settings)
        findings += workbook.findings
        if not any(f.severity == "stops" for f in workbook.findings):
            recognised, told = recognise.recognise(workbook)
            found += recognised
            findings += told
    unreadable = any(f.code in UNREADABLE for f in findings)
    services = writes.known_services(store)
    allowed = viewer.providers if viewer.role == "manager" else None
    checked = check.check(found, check.Known(services, store.measures, today or date.today(), allowed))
    findings += checked.findings
    rows = {sheet.name: checked.tables[sheet.table].num_rows for sheet in fields.SHEETS if sheet.table in checked.tables}
    understood = [_understood(f.named, f.sheet.name, rows.get(f.sheet.name, 0)) for f in found]
    if unreadable or any(f.severity == "stops" for f in findings):
        return Received(names, findings, understood, rows, {}, unreadable=unreadable)
    masked = mask.mask(checked.tables, mask.providers_of(checked.tables, services), key)
    version = store.data_version
    arrival = arrivals.examine(store, masked, complete)
    findings += _strangers(arrival.strangers, found)
    findings += _settled(store, masked, viewer)
    restores = _restores(store, arrival.content)
    return Received(names, findings, understood, rows, arrival.preview, masked, False, restores, version, mask.fingerprint(key))


def send(store: Store, received: Received, viewer: Viewer, complete: tuple[date, date] | None = None) -> Upload:
    """Stores what was received, as one change. What was unchanged is not stored again: the live upload that said the same is returned, else the latest.

    Raises Shown where something still blocks it, or where the data changed since the check.
    """
    rules.check_uploads(viewer)
    with store.lock:  # nobody else's figures may come between the look at what changed and the change
        return _send(store, received, viewer, complete)


def _send(store: Store, received: Received, viewer: Viewer, complete: tuple[date, date] | None) -> Upload:
    if received.blocked:
        raise Shown("Some rows still need you, so nothing has been sent. Correct them in the workbook and drop it here again.")
    if not received.tables:
        raise Shown("There is nothing to send in these files.")
    if received.data_version != store.data_version:
        raise Shown("Somebody else sent figures since these were checked. Check them again, so that what you see is what will change.")
    live = [u for u in writes.uploads(store) if u.kind == "upload" and u.state == "live"]
    if received.unchanged and live:
        return next((u for u in live if u.upload_id == received.restores), live[0])
    event = Event("upload", viewer.user, viewer.role, datetime.now(), {"files": len(received.files), "rows": sum(received.rows.values())})
    tables = {name: t.drop_columns(["file"]) if "file" in t.column_names else t for name, t in received.tables.items()}
    return writes.commit(store, tables, event, [_safe_name(n) for n in received.files], received.key_fingerprint, complete)


def undo(store: Store, upload_id: str, viewer: Viewer) -> Upload:
    """Takes one upload back and returns the change that did so. Raises Refused for another provider's, Shown where there is none."""
    rules.check_undoes(viewer, set())
    if viewer.role == "manager" and upload_id not in {u.upload_id for u in uploads(store, viewer)}:
        rules.check_undoes(viewer, {"another provider"})
    with store.reading() as cursor:
        if returns.returns_from(cursor, upload_id) & returns.locked(cursor):
            raise Shown("This upload holds a return that has been accepted and locked. Ask your commissioner to open it again and say why, then take it back.")
    return writes.undo(store, upload_id, Event("undo", viewer.user, viewer.role, datetime.now(), {"upload": upload_id}))


def uploads(store: Store, viewer: Viewer) -> list[Upload]:
    """Every upload and undo the viewer may know of, newest first: a manager those that touched only their own services."""
    rules.check_uploads(viewer)
    found = [u for u in writes.uploads(store) if u.kind in ("upload", "undo")]
    if viewer.role != "manager":
        return found
    provider_of, touched = writes.known_services(store), writes.services_touched(store)
    own = set(viewer.providers)
    return [u for u in found if {provider_of.get(s, "") for s in touched.get(u.upload_id, [])} <= own]


def _key(store: Store) -> bytes:
    path, stored = store.path.parent / "person.key", store.site("key_fingerprint")
    if stored and not path.exists():  # a new key made here would only hide that the right one is missing
        raise WrongKey(
            "The person key this database was filled under is missing, so the same people would look like strangers. "
            "Put your copy of person.key beside the database, then try again. Nothing has been stored."
        )
    key = mask.load_key(path)
    if stored and stored != mask.fingerprint(key):
        raise WrongKey(
            "This database was filled under another person key, so the same people would look like strangers. "
            "Put the right person.key beside the database, then try again. Nothing has been stored."
        )
    return key


def _settled(store: Store, tables: dict[str, pa.Table], viewer: Viewer) -> list[Finding]:
    """Findings for what both sides have settled already: a locked return may not change; an agreed plan changes by agreement, not by a file."""
    told: list[Finding] = []
    with store.reading() as cursor:
        if returns.RETURN.table in tables and (locked := returns.locked(cursor)):
            for service, year, number in returns.changes_to_returns(cursor, tables[returns.RETURN.table]):
                if (service, year, number) in locked:
                    message = f"The return of {service} for {Quarter(year, number).months()} is locked, and this file says something else."
                    fix = "Ask your commissioner to open it again and say why, or leave that quarter out."
                    told.append(Finding("stops", "locked-return", message, fix, returns.RETURN.name))
        if "milestones" in tables and viewer.role == "manager":
            for service, year in returns.changes_to_agreed(cursor, tables["milestones"]):
                message = f"The plan of {service} for {year_name(year)} was agreed, and this file changes a line of it."
                fix = "Propose the change on the page Target plan, from the quarter in which it begins, or leave those rows out."
                told.append(Finding("stops", "agreed-plan", message, fix, "Milestones"))
    return told


def _understood(named: str, sheet: str, rows: int) -> str:
    as_what = f"'{named}'" if named.strip().lower() == sheet.lower() else f"'{named}' as {sheet}"
    return f"We read {as_what}: {rows:,} row{'s' if rows != 1 else ''}."


def _strangers(strangers: list[arrivals.Stranger], found: list[Any]) -> list[Finding]:
    columns = {(f.file, f.named): f for f in found}
    told: list[Finding] = []
    listed: dict[tuple[str, str, str], int] = {}
    for table, file, named, row, what in strangers:
        severity, code, message, fix = STRANGERS[what]
        seen = listed[(file, named, what)] = listed.get((file, named, what), 0) + 1
        if seen <= LISTED:
            at = columns.get((file, named))
            wanted = {"person": "person", "goal": "goal_ref", "outside": "date", "more": "actual"}[what]
            column = recognise.letters(at.raw.first_column + at.columns[wanted]) if at and wanted in at.columns else ""
            told.append(Finding(severity, code, f"{fields.BY_TABLE[table].name} row {row} {message}", fix, named, row, column, file))  # type: ignore[arg-type]
    for (file, named, what), count in listed.items():
        if count > LISTED:
            severity, code, message, fix = STRANGERS[what]
            told.append(Finding(severity, code, f"{count - LISTED:,} more rows: each {message}", fix, named, None, "", file, count - LISTED))  # type: ignore[arg-type]
    return told


def _restores(store: Store, content: str) -> str:
    same = [u for u in writes.uploads(store) if u.kind == "upload" and u.content == content]
    return same[0].upload_id if same else ""


def _safe_name(name: str) -> str:
    """A file's own name without its path and without anything a screen or a log could stumble over; it is shown, never opened."""
    plain = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in plain if c.isprintable())[:120] or "file"
