"""The only way in: files to findings and a preview, and on the sender's word to the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from access import return_checks, rules, settled, strange
from data_loaders import cells as counting
from data_loaders import check, mask, read, recognise
from domain import fields
from domain.errors import Shown, WrongKey
from domain.quarters import Quarter, year_name
from domain.types import Event, Finding, Upload, Viewer
from warehouse import arrivals, held, mappings, returns, versions
from warehouse import store as writes
from warehouse.connect import Store

Progress = Callable[[str, float], None]  # a stage in words, and how much of the whole is done (0 to 1)


@dataclass(frozen=True)
class Received:
    """What was understood of some files, before anything is stored. `tables` are checked and hold no person refs, only keyed hashes."""

    files: tuple[str, ...]
    findings: list[Finding]
    understood: list[str]  # a sentence per sheet
    rows: dict[str, int]  # rows read, by sheet
    preview: dict[str, dict[str, int]]  # by sheet: new, changed, unchanged, gone
    tables: dict[str, pa.Table] = field(default_factory=dict, repr=False)
    unreadable: bool = False
    restores: str = ""  # the earlier upload with this very content, when it is no longer what counts
    data_version: int = 0
    key_fingerprint: str = ""
    changed: dict[str, list[arrivals.Changed]] = field(default_factory=dict, repr=False)  # by sheet: the first changed cells
    waiting: pa.Table | None = field(default=None, repr=False)  # rows held back, as the ledger keeps them (warehouse.held)
    wait_already: bool = False  # the same rows wait from an earlier upload
    cells: tuple[counting.Cells, ...] = ()  # where every filled cell of every sheet ended
    stopped: tuple[str, ...] = ()  # files of which nothing is taken
    complete: tuple[date, date] | None = None
    questions: tuple[recognise.Question, ...] = ()  # what only the sender knows (ui.mapping.ask); the answers go back into `receive`
    layouts: frozenset[str] = frozenset()
    marks: dict[str, list[tuple[str, int, str]]] = field(default_factory=dict, repr=False)  # file -> cells not understood: (sheet, row, column letters)
    settles: int = 0  # rows that wait now and would not once this is sent; told where nothing else would change
    letters: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)  # sheet as it was called -> column of ours -> Excel's letter
    content: str = ""  # a hash of what the rows that are ready say

    @property
    def blocked(self) -> bool:
        """Whether anything needs the sender. What is ready can be sent all the same, if they say so: `sendable`."""
        return self.unreadable or any(f.severity in ("stops", "holds") for f in self.findings)

    @property
    def sendable(self) -> bool:
        """Whether some rows are ready."""
        return any(table.num_rows for table in self.tables.values())

    @property
    def ready(self) -> dict[str, int]:
        """Rows that are ready, by sheet."""
        return {sheet.name: self.tables[sheet.table].num_rows for sheet in fields.SHEETS if sheet.table in self.tables and self.tables[sheet.table].num_rows}

    @property
    def waits(self) -> dict[str, int]:
        """Rows that wait, by sheet."""
        if self.waiting is None:
            return {}
        counted = {row["values"]: row["counts"] for row in self.waiting["table_name"].value_counts().to_pylist()}
        return {sheet.name: counted[sheet.table] for sheet in fields.SHEETS if sheet.table in counted}

    @property
    def unchanged(self) -> bool:
        """Everything in these files is already what counts, and what waits is waiting already."""
        still = not any(p["new"] or p["changed"] or p["gone"] for p in self.preview.values())
        return bool(self.preview) and still and (self.waiting is None or self.wait_already) and not self.settles


def receive(
    store: Store, files: list[tuple[str, bytes]], viewer: Viewer, today: date | None = None, complete: tuple[date, date] | None = None,
    *, answers: Mapping[str, str] | None = None, passwords: Mapping[str, str] | None = None, mapping: recognise.Mapping | None = None,
    progress: Progress | None = None, stand_ins: Mapping[str, str] | None = None,
) -> Received:  # fmt: skip
    """Reads, recognises, checks and de-identifies files, and says what sending them would change. Stores nothing.

    Problems in the files are findings, all told together. One that stops a file stops that file alone; one that holds a row holds that row alone.
    `passwords` open protected workbooks, by file name; `progress` is told each stage; `stand_ins` are references that stand for keyed hashes known
    already (the one-page form). Raises Refused where the viewer may not upload, WrongKey under
    another person key.
    """
    rules.check_uploads(viewer)
    key = person_key(store)
    tell = progress or (lambda stage, share: None)
    files = _named(files)
    findings: list[Finding] = []
    workbooks: list[read.Workbook] = []
    for n, (name, data) in enumerate(files):
        share = 0.6 * n / len(files)
        tell(f"Reading {name}", share)
        workbooks.append(read.read(name, data, store.settings, (passwords or {}).get(name), lambda said, at=share: tell(said, at)))  # type: ignore[misc]
    unreadable = any(workbook.unreadable for workbook in workbooks)
    services = writes.known_services(store)
    own = viewer.providers if viewer.role == "manager" else None
    called = mappings.service_names(store)
    about = recognise.About({code: called.get(code, code) for code, p in services.items() if own is None or p in own}, store.measures, today or date.today())
    tell("Finding the tables", 0.6)
    understood = recognise.understand(workbooks, (mapping or recognise.Mapping()).with_(dict(answers or {})), about)
    found = understood.found
    findings += understood.findings
    tell("Checking every row", 0.65)
    known = check.Known(services, store.measures, today or date.today(), own, understood.bare_quarter)
    checked, first, told, stopped = _checked(found, known, {f.file for f in findings if f.severity == "stops"})
    findings += told
    rows = {sheet.name: first.tables[sheet.table].num_rows for sheet in fields.SHEETS if sheet.table in first.tables}
    sentences = list(dict.fromkeys(_understood(f.named, f.sheet.name, rows_of) for f in found if (rows_of := _rows_of(first, f)) is not None))
    names = tuple(name for name, _ in files)
    ready, held_back = checked.parted()
    provider_of = mask.providers_of(ready, services)
    ready, held_back = mask.mask(ready, provider_of, key, stand_ins), mask.mask(held_back, provider_of, key, stand_ins)
    ready, left_out = writes.without_erased(store, ready)
    held_back, _ = writes.without_erased(store, held_back)
    findings += [_erased(sheet, n) for sheet, n in left_out.items()]
    tell("Comparing with what is here", 0.8)
    version = store.data_version
    findings += _settled(store, ready, held_back, viewer)
    findings += return_checks.told(store, ready, held_back, found, _wait)
    arrival = _agreed(store, ready, held_back, complete, findings, found)
    waiting = held.made(store, held_back, provider_of, viewer.providers[0] if len(viewer.providers) == 1 else "")
    findings.sort(key=lambda f: (check.SEVERITIES[f.severity], f.file, f.sheet, f.row is None, f.row or 0, len(f.column), f.column))
    tell("Done", 1.0)
    made = Received(
        names, findings, sentences, rows, arrival.preview, _bare(ready), unreadable, _restores(store, arrival.content) if arrival.preview else "", version,
        mask.fingerprint(key), arrival.cells, waiting, _wait_already(store, waiting), counting.counted(workbooks, found, checked, ready, held_back, stopped),
        tuple(name for name in names if name in stopped), complete, tuple(understood.questions), understood.layouts,
        _marks(first, found), letters=_letters(one for one in found if one.file not in stopped), content=arrival.content,
    )  # fmt: skip
    return replace(made, settles=_settles(store, made, viewer)) if made.unchanged else made


def ready() -> None:
    """Gets ready to read while somebody chooses their files. Returns at once."""
    read.wake()


def send(store: Store, received: Received, viewer: Viewer, complete: tuple[date, date] | None = None, *, hold_back: bool = False) -> Upload:
    """Stores what was received, as one change. What was unchanged is not stored again: the live upload that said the same is returned, else the latest.

    With `hold_back`, the rows that are ready are stored and the others wait beside them. Raises Shown where something needs the sender and they did
    not say so, or where the data changed since the check.
    """
    rules.check_uploads(viewer)
    with store.lock:  # nobody else's figures may come between the look at what changed and the change
        return _send(store, received, viewer, complete or received.complete, hold_back)


def _send(store: Store, received: Received, viewer: Viewer, complete: tuple[date, date] | None, hold_back: bool) -> Upload:
    if received.blocked and not hold_back:
        raise Shown("Some rows still need you, so nothing has been sent. Correct them in the workbook and drop it here again.")
    if not received.sendable:
        raise Shown("There is nothing to send in these files.")
    if received.data_version != store.data_version:
        raise Shown("Somebody else sent figures since these were checked. Check them again, so that what you see is what will change.")
    live = [u for u in writes.uploads(store) if u.kind == "upload" and u.state == "live"]
    if received.unchanged and live:
        return next((u for u in live if u.upload_id == received.restores), live[0])
    event = Event("upload", viewer.user, viewer.role, datetime.now(), {"files": len(received.files), "rows": sum(received.ready.values())})
    tables = {name: table for name, table in received.tables.items() if table.num_rows}
    taken = [name for name in received.files if name not in received.stopped]
    return writes.commit(store, tables, event, taken, received.key_fingerprint, complete, received.waiting, letters=received.letters, content=received.content)


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
    behind, own = versions.providers_behind(store), set(viewer.providers)
    return [u for u in found if behind[u.upload_id] <= own]


def waiting(store: Store, viewer: Viewer) -> list[held.Held]:
    """The rows that wait for somebody to look at them, newest upload first: a manager's own only."""
    rules.check_uploads(viewer)
    return held.waiting(store, viewer.providers if viewer.role == "manager" else None)


def no_longer_needed(store: Store, rows: Sequence[held.Held], viewer: Viewer) -> Upload:
    """Rows that wait are let go: they were a mistake, or are in another file. Raises Shown where one of them waits no longer, or for somebody else."""
    rules.check_uploads(viewer)
    with store.lock:
        if not rows or not set(map(_place, rows)) <= set(map(_place, waiting(store, viewer))):
            raise Shown("Those rows wait no longer. The list shows those that do.")
        return writes.settle(store, rows, Event("settled", viewer.user, viewer.role, datetime.now(), {"rows": len(rows)}))


def _place(row: held.Held) -> tuple[str, str, str, int, str]:
    return row.upload_id, row.file, row.sheet, row.row, row.table


# ---- the steps of receiving ------------------------------------------------------------------------------------------------------------------


def _checked(found: list[recognise.Found], known: check.Known, stopped: set[str]) -> tuple[check.Checked, check.Checked, list[Finding], set[str]]:
    """(the files that go on, checked together; everything checked together; findings; the files that stop).

    Everything is checked first, so that a file that stops is told all it needs at once; then what remains is checked without it, because a row may
    have leaned on one of its rows.
    """
    first = checked = check.check(found, known)
    told: list[Finding] = []
    stopped = set(stopped)
    while stop := ({f.file for f in checked.findings if f.severity == "stops"} | stopped) & {f.file for f in found}:
        told += [f for f in checked.findings if f.file in stop]
        stopped |= stop
        found = [f for f in found if f.file not in stop]
        checked = check.check(found, known)
    return checked, first, told + checked.findings, stopped


def _agreed(
    store: Store, ready: dict[str, pa.Table], waiting: dict[str, pa.Table], complete: tuple[date, date] | None, findings: list[Finding],
    found: list[recognise.Found],
) -> arrivals.Arrival:  # fmt: skip
    """What sending the ready rows would change. Rows that refer to somebody nobody knows are moved to those that wait, and what leaned on them after them."""
    while True:
        arrival = arrivals.examine(store, ready, complete, waiting)
        held_back = [one for one in arrival.strange if strange.WORDS[one.what].severity == "holds"]
        for one in held_back or arrival.strange:
            findings += strange.findings(one, ready[one.table], found)
        if not held_back:
            return arrival
        for table in dict.fromkeys(one.table for one in held_back):
            here = [one for one in held_back if one.table == table]
            codes = np.full(ready[table].num_rows, "", dtype=object)
            doubt = codes.copy()
            for one in here:
                words = strange.WORDS[one.what]
                codes[one.at] = [f"{code}; {words.code}".removeprefix("; ") for code in codes[one.at]]
                doubt[one.at] = [f"{c}; {words.column}~".removeprefix("; ") for c in doubt[one.at]]
            _wait(ready, waiting, table, codes, doubt)


def _wait(ready: dict[str, pa.Table], waiting: dict[str, pa.Table], table: str, codes: np.ndarray, doubt: np.ndarray) -> None:
    """Moves the rows with a code from those that are ready to those that wait."""
    moved = codes != ""
    rows = ready[table].filter(pa.array(moved))
    rows = rows.append_column("codes", pa.array(codes[moved].tolist(), pa.string())).append_column("unsound", pa.array(doubt[moved].tolist(), pa.string()))
    waiting[table] = pa.concat_tables([waiting[table], rows]) if table in waiting else rows
    ready[table] = ready[table].filter(pa.array(~moved))


def _settled(store: Store, ready: dict[str, pa.Table], waiting: dict[str, pa.Table], viewer: Viewer) -> list[Finding]:
    """What both sides have settled already waits: a locked return may not change; an agreed plan changes by agreement, not by a file."""
    told: list[Finding] = []
    sheet = returns.RETURN
    stands = settled.against(store, viewer, ready)
    for service, year, number in stands.locked:
        message = f"The return of {service} for {Quarter(year, number).months()} is locked, and this file says something else."
        fix = "Ask your commissioner to open it again and say why, or leave that quarter out."
        told += _all_wait(ready, waiting, sheet.table, {"service_code": service, "year": year, "quarter": number}, "locked-return", message, fix)
    for service, year in stands.agreed:
        message = f"The plan of {service} for {year_name(year)} was agreed, and this file changes a line of it."
        fix = "Propose the change on the page Target plan, from the quarter in which it begins, or leave those rows out."
        told += _all_wait(ready, waiting, "milestones", {"service_code": service, "year": year}, "agreed-plan", message, fix)
    return told


def _all_wait(
    ready: dict[str, pa.Table], waiting: dict[str, pa.Table], name: str, where: dict[str, Any], code: str, message: str, fix: str
) -> list[Finding]:  # fmt: skip
    table = ready[name]
    hit = np.ones(table.num_rows, dtype=bool)
    for column, value in where.items():
        hit &= pc.equal(table[column], value).fill_null(False).to_numpy()
    if not hit.any():
        return []
    row = table.slice(int(hit.argmax()), 1).select(["row", "sheet", "file"]).to_pylist()[0]
    _wait(ready, waiting, name, np.where(hit, code, "").astype(object), np.full(table.num_rows, "", dtype=object))
    return [Finding("holds", code, message, fix, row["sheet"], row["row"], "", row["file"], int(hit.sum()))]


def _marks(checked: check.Checked, found: list[recognise.Found]) -> dict[str, list[tuple[str, int, str]]]:
    """Every cell that was not understood, also where one finding tells of many, for the marked workbook: at most 10,000 of a column."""
    letters = {(one.file, one.named, one.sheet.table, column): one.letter(column) for one in found for column in one.columns}
    made: dict[str, list[tuple[str, int, str]]] = {}
    for table, columns in checked.unsound.items():
        for column, mask_ in columns.items():
            rows = checked.tables[table].select(["file", "sheet", "row"]).take(pa.array(np.flatnonzero(mask_)[:10_000])).to_pydict()
            for file, named, row in zip(rows["file"], rows["sheet"], rows["row"], strict=True):
                if letter := letters.get((file, named, table, column)):
                    made.setdefault(file, []).append((named, row, letter))
    return made


def _settles(store: Store, received: Received, viewer: Viewer) -> int:
    """How many rows that wait would wait no longer: a file that changes nothing else may still hold their quarter, or be complete for their dates."""
    before = set(map(_told, held.waiting(store)))
    if not before:
        return 0
    event = Event("upload", viewer.user, viewer.role, datetime.now())
    with writes.rehearsed(store, received.tables, event, received.complete, received.waiting, marts=False) as cursor:
        return len(before - set(map(_told, held.waiting_as_of(cursor))))


def _told(row: held.Held) -> tuple[str, str, int, str, str]:
    return row.file, row.sheet, row.row, row.table, "; ".join(row.codes)


def _letters(found: Iterable[recognise.Found]) -> dict[str, dict[str, str]]:
    """Where the columns stood, so that a figure can name its cells. Where two tables of one sheet differ (scores side by side), neither is said."""
    made: dict[str, dict[str, str]] = {}
    for one in found:
        for column in one.columns:
            if letter := one.letter(column):
                here = made.setdefault(one.named, {})
                here[column] = letter if here.get(column, letter) == letter else ""
    return {named: {column: letter for column, letter in here.items() if letter} for named, here in made.items()}


def _bare(ready: dict[str, pa.Table]) -> dict[str, pa.Table]:
    return {name: table.drop_columns(["cells"]) for name, table in ready.items()}


def _wait_already(store: Store, waiting: pa.Table | None) -> bool:
    if waiting is None:
        return False
    now = set(map(_told, held.waiting(store)))
    return {tuple(row.values()) for row in waiting.select(["file", "sheet", "row", "table_name", "codes"]).to_pylist()} <= now


def person_key(store: Store) -> bytes:
    """The key that scrambles references. Raises WrongKey where it is missing or another than the one this database was filled under."""
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


def _erased(sheet: str, n: int) -> Finding:
    message = f"{n} row{'s' if n != 1 else ''} of people who were taken out at their request {'are' if n != 1 else 'is'} left out."
    return Finding("look", "erased", message, "There is nothing to do. If somebody came back and agreed, an administrator can let them back.", sheet)


def _rows_of(checked: check.Checked, found: recognise.Found) -> int | None:
    table = checked.tables.get(found.sheet.table)
    if table is None:
        return None
    here = pc.and_(pc.equal(table["file"], found.file), pc.equal(table["sheet"], found.named))
    return int(pc.sum(here).as_py() or 0)


def _understood(named: str, sheet: str, rows: int) -> str:
    as_what = f"'{named}'" if named.strip().lower() == sheet.lower() else f"'{named}' as {sheet}"
    return f"We read {as_what}: {rows:,} row{'s' if rows != 1 else ''}."


def _restores(store: Store, content: str) -> str:
    same = [u for u in writes.uploads(store) if u.kind == "upload" and u.content == content]
    return same[0].upload_id if same else ""


def _named(files: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Each file under a name of its own that is safe to show: two files of one name would be taken for one."""
    made: dict[str, bytes] = {}
    for name, data in files:
        stem = safe = read.safe_name(name)
        again = 1
        while safe in made:
            again += 1
            safe = f"{stem} ({again})"
        made[safe] = data
    return list(made.items())
