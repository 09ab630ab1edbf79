"""Returns from the command line: a blank workbook, check, load, what was sent, and taking it back."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
import tempfile
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from access import intake, mappings
from commands import opened
from commands.figures import first_day, last_day
from data_loaders import questions
from data_loaders import template as blank
from data_loaders.read import belongs
from domain.errors import Shown
from domain.fields import SHEETS
from domain.settings import Settings
from domain.types import Finding
from exports import marked
from warehouse.connect import Store

KEYS = ("severity", "code", "sheet", "row", "column", "message", "fix")
WORDS = {"stops": "stops the file", "holds": "holds back rows", "look": "please look"}


def about_files(made: argparse.ArgumentParser) -> None:
    """What `check` and `load` both take: the files and what is to be said about them."""
    made.add_argument("files", nargs="+", type=Path, metavar="FILE", help="workbooks and delimited text, or folders of them: one upload")
    made.add_argument("--provider", metavar="NAME", help="whose files these are, by code or name: what they said of their layout before is used")
    made.add_argument("--mapping", type=Path, metavar="FILE", help="a TOML file that says what the sheets, columns and words mean (docs/mapping.md)")
    made.add_argument("--marked", type=Path, metavar="OUT.xlsx", help="write the file back with every problem cell coloured and what to do beside it")
    made.add_argument("--complete-from", type=first_day, metavar="D", help="the files hold every record from this day …")
    made.add_argument("--complete-to", type=last_day, metavar="D", help="… to this day: records dated in between that they do not hold are gone")


def template(asked: argparse.Namespace) -> int:
    """Writes a blank return workbook with the sheets asked for."""
    _write(asked.out, blank.template(tuple(asked.sheets)))
    print(f"A blank return with {_listed(asked.sheets)} is in {asked.out}.")
    return 0


def check(asked: argparse.Namespace) -> int:
    """Prints every finding; stores nothing. Where there is no database yet, the files are checked on their own and none is made."""
    settings = opened.settings_of(asked, may_be_new=True)
    _check_marked(asked)
    files, absent = _read(asked.files)
    if absent:
        return _tell(absent, asked.json, 2)
    if settings.database.exists():
        with opened.store(settings) as store:
            received, passwords = _receive(store, files, asked)
    else:
        with tempfile.TemporaryDirectory() as folder:
            alone = Path(folder) / "check.duckdb"
            with opened.store(settings.replaced(database=alone)) as store:
                received, passwords = _receive(store, files, asked)
    _mark(asked, files, received, settings, passwords)
    return _tell(received.findings, asked.json, _code(received), received)


def load(asked: argparse.Namespace) -> int:
    """Checks and stores; prints what was stored. Where something needs the sender nothing is stored, unless --hold-back lets what is ready go ahead."""
    _check_marked(asked)
    files, absent = _read(asked.files)
    if absent:
        return _told(asked, None, None, absent, 2)
    settings = opened.settings_of(asked, may_be_new=True)
    with opened.store(settings) as store:
        received, passwords = _receive(store, files, asked)
        code = _code(received)
        goes = code == 0 or (asked.hold_back and received.sendable)
        upload = intake.send(store, received, opened.viewer(), hold_back=asked.hold_back) if goes else None
    _mark(asked, files, received, settings, passwords)
    return _told(asked, upload.upload_id if upload else None, received, received.findings, code)


def waiting(asked: argparse.Namespace) -> int:
    """One line per row that waits, with tabs between: file, sheet, row, service, which rules hold it, when it was sent."""
    with opened.store(opened.settings_of(asked)) as store:
        for row in intake.waiting(store, opened.viewer()):
            print(row.file, row.sheet, row.row, row.service, ", ".join(row.codes), f"{row.happened_at:%Y-%m-%d %H:%M}", sep="\t")
    return 0


def _receive(store: Store, files: list[tuple[str, bytes]], asked: argparse.Namespace) -> tuple[intake.Received, dict[str, str]]:
    """The files as received, and the passwords: a protected file asks for its own at the prompt, where there is one to ask."""
    passwords: dict[str, str] = {}
    while True:
        received = intake.receive(store, files, opened.viewer(), complete=_complete(asked), passwords=passwords, **chosen(store, asked))
        locked = [f.file for f in received.findings if f.code == "password" and f.file not in passwords]
        if not locked or not sys.stdin.isatty():
            return received, passwords
        passwords |= {name: getpass.getpass(f"Password of {name}: ") for name in locked}


def chosen(store: Store, asked: argparse.Namespace) -> dict[str, Any]:
    """What the command line says about the layout of the files: --provider NAME (what they answered before), --mapping FILE, which comes before it."""
    known = questions.NOTHING
    if getattr(asked, "provider", None):
        known = mappings.of(store, opened.viewer(), mappings.named(store, opened.viewer(), asked.provider))
    if getattr(asked, "mapping", None):
        try:
            known = known.with_(questions.from_toml(asked.mapping.read_text(encoding="utf-8")).answers)
        except (OSError, UnicodeDecodeError):
            raise Shown(f"The mapping {asked.mapping} could not be opened.") from None
    return {"mapping": known} if known.answers else {}


def _complete(asked: argparse.Namespace) -> tuple[date, date] | None:
    first, last = asked.complete_from, asked.complete_to
    if (first is None) != (last is None):
        raise Shown("Give both --complete-from and --complete-to: the first and the last day for which the file holds everything.")
    if first and last and first > last:
        raise Shown("--complete-from is later than --complete-to. Give the first day and then the last.")
    return (first, last) if first and last else None


def _check_marked(asked: argparse.Namespace) -> None:
    """Raises Shown, before anything is read or stored, where the marked workbook could not be written or would take the place of the file itself."""
    if not asked.marked:
        return
    if asked.marked.suffix.lower() not in (".xlsx", ".xlsm"):
        raise Shown(f"The marked workbook is an Excel file: name it so, for instance {asked.marked.stem or 'marked'}.xlsx.")
    if not asked.marked.parent.is_dir():
        raise Shown(f"{asked.marked} could not be written. Is the folder there?")
    given = {path.resolve() for path in asked.files} | {inside.resolve() for path in asked.files if path.is_dir() for inside in path.rglob("*")}
    made = {path.with_suffix(suffix).resolve() for n in range(len(given) + 1) for suffix in (".xlsx", ".xlsm") for path in (_marked_as(asked.marked, n),)}
    if made & given:
        raise Shown("The marked workbook would take the place of the file itself. Give it another name.")


def _marked_as(path: Path, n: int) -> Path:
    """The name of the marked workbook of the n-th of several files; of the only one (0) it is the name given."""
    return path.with_stem(f"{path.stem}-{n}") if n else path


def _mark(asked: argparse.Namespace, files: list[tuple[str, bytes]], received: intake.Received, settings: Settings, passwords: dict[str, str]) -> None:
    """Writes the marked workbook: OUT.xlsx for one file; OUT-1.xlsx, OUT-2.xlsx … for several, in the order in which they were given.

    One that cannot be made is said, and the findings are told all the same. A workbook with macros keeps the ending it needs, .xlsm.
    """
    if not asked.marked:
        return
    for n, (name, content) in enumerate(zip(received.files, (content for _, content in files), strict=True), start=1):
        try:
            made = marked.workbook(name, content, received.findings, settings, received.marks.get(name, ()), passwords.get(name))
            path = _marked_as(asked.marked, n if len(files) > 1 else 0).with_suffix(f".{made.extension}")
            _write(path, made.content)
        except Shown as shown:
            print(f"{name}: {shown}", file=sys.stderr)
            continue
        print(f"{name} with {made.cells} marked cell{'s' if made.cells != 1 else ''} is in {path}. {made.note}".strip(), file=sys.stderr)


def uploads(asked: argparse.Namespace) -> int:
    """One line per upload, newest last, with tabs between: id, when, what, state, rows, files."""
    with opened.store(opened.settings_of(asked)) as store:
        for upload in sorted(intake.uploads(store, opened.viewer()), key=lambda u: u.happened_at):
            rows = ", ".join(f"{sheet.name} {upload.rows[sheet.table]}" for sheet in SHEETS if sheet.table in upload.rows)
            print(upload.upload_id, f"{upload.happened_at:%Y-%m-%d %H:%M}", upload.kind, upload.state, rows, "; ".join(upload.files), sep="\t")
    return 0


def undo(asked: argparse.Namespace) -> int:
    """Takes an upload back; what stood before it stands again."""
    with opened.store(opened.settings_of(asked)) as store:
        intake.undo(store, asked.upload_id, opened.viewer())
    print(f"Taken back: {asked.upload_id}. What stood before it stands again.")
    return 0


def _code(received: Any) -> int:
    return 2 if received.unreadable else 1 if received.blocked else 0


def _read(paths: list[Path]) -> tuple[list[tuple[str, bytes]], list[Finding]]:
    """(name, content) of each file, and of each file inside each folder, and a finding for each that cannot be opened."""
    files, absent = [], []
    inside = [found for path in paths for found in (sorted(p for p in path.rglob("*") if p.is_file() and belongs(p.name)) if path.is_dir() else [path])]
    for path in inside:
        try:
            files.append((path.name, path.read_bytes()))
        except OSError as error:
            why = {FileNotFoundError: "there is no such file"}.get(type(error), "this user may not read it")
            fix = "Look at the name, and close the file in Excel if it is open there."
            absent.append(Finding("stops", "unreadable", f"{path.name} could not be opened: {why}.", fix, file=path.name))
    if not inside:
        named, fix = _listed([path.name or str(path) for path in paths]), "Give the folder the files are in."
        absent.append(Finding("stops", "no-files", f"There is nothing in {named} that we could read.", fix, file=paths[0].name))
    return files, absent


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError:
        raise Shown(f"{path} could not be written. Is the folder there, and is the file closed in Excel?") from None


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _as_keys(findings: list[Finding]) -> list[dict[str, Any]]:
    return [{key: asdict(finding)[key] for key in KEYS} for finding in findings]


def _tell(findings: list[Finding], as_json: bool, code: int, received: intake.Received | None = None) -> int:
    if as_json:
        print(json.dumps(_as_keys(findings), ensure_ascii=False, indent=1, default=str))
        return code
    _in_words(findings, received)
    if received and received.restores and received.sendable and not received.unchanged:
        print(f"The very same content was sent before ({received.restores}) and is no longer what counts. 'load' brings it back.")
    if code == 0:
        print(f"Nothing stops this return{_counted(received.ready if received else {})}. Send it with 'load'.")
    elif received and received.sendable:
        print(f"Ready{_counted(received.ready)}. 'load --hold-back' sends these and lets the others wait.")
    return code


def _told(asked: argparse.Namespace, upload_id: str | None, received: intake.Received | None, findings: list[Finding], code: int) -> int:
    rows = received.ready if received and upload_id else {}
    unchanged = bool(received and received.unchanged)
    if asked.json:
        answer = {"upload_id": upload_id, "rows": rows, "findings": _as_keys(findings), "unchanged": unchanged}
        if received and received.waits:
            answer["waiting"] = received.waits if upload_id else {}
        print(json.dumps(answer, ensure_ascii=False, indent=1, default=str))
        return 0 if upload_id else code
    _in_words(findings, received)
    if not upload_id:
        print("Nothing has been sent yet.")
    elif unchanged:
        print("This is what we already have: nothing changed.")
    else:
        waits = sum(received.waits.values()) if received else 0
        more = f" {waits:,} row{'s wait' if waits != 1 else ' waits'} for you; 'waiting' lists them." if waits else ""
        again = f" It says what {received.restores} said, and counts again." if received and received.restores else ""
        print(f"Thank you. It is in{_counted(rows)}.{again}{more} To take it back: undo {upload_id}")
    return 0 if upload_id else code


def _counted(rows: dict[str, int]) -> str:
    return ": " + ", ".join(f"{sheet} {n} row{'s' if n != 1 else ''}" for sheet, n in rows.items()) if rows else ""


def _in_words(findings: list[Finding], received: intake.Received | None = None) -> None:
    needing = [f for f in findings if f.severity != "look"]
    if needing:
        first = next((f for f in needing if not f.code.startswith("waits-")), needing[0])
        waits = sum(received.waits.values()) if received else 0
        n = f"{waits:,} row{'s need' if waits != 1 else ' needs'} you" if waits else f"{len(needing)} thing{'s need' if len(needing) != 1 else ' needs'} you"
        print(f"{n}; start with {first.cell or 'the first'}.", file=sys.stderr)
    several = len({f.file for f in findings if f.file}) > 1 or (received is not None and len(received.files) > 1)
    for finding in sorted(findings, key=lambda f: list(WORDS).index(f.severity)):
        more = f" ({finding.count} cells)" if finding.count > 1 else ""
        where = f"{finding.file}, {finding.cell}" if several and finding.file and finding.cell != finding.file else finding.cell
        print(f"{where}: {finding.message} {finding.fix}{more} [{WORDS[finding.severity]}]".strip(": "))
