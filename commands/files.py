"""Returns from the command line: a blank workbook, check, load, what was sent, and taking it back."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from access import intake
from commands import opened
from data_loaders import template as blank
from domain.errors import Shown
from domain.fields import SHEETS
from domain.types import Finding

KEYS = ("severity", "code", "sheet", "row", "column", "message", "fix")
WORDS = {"stops": "stops the file", "holds": "holds back rows", "look": "please look"}


def template(asked: argparse.Namespace) -> int:
    """Writes a blank return workbook with the sheets asked for."""
    _write(asked.out, blank.template(tuple(asked.sheets)))
    print(f"A blank return with {_listed(asked.sheets)} is in {asked.out}.")
    return 0


def check(asked: argparse.Namespace) -> int:
    """Prints every finding; stores nothing. Where there is no database yet, the file is checked on its own and none is made."""
    settings = opened.settings_of(asked)
    files, absent = _read(asked.files)
    if absent:
        return _tell(absent, asked.json, 2)
    if settings.database.exists():
        with opened.store(settings) as store:
            received = intake.receive(store, files, opened.viewer())
    else:
        with tempfile.TemporaryDirectory() as folder:
            alone = Path(folder) / "check.duckdb"
            with opened.store(settings.replaced(database=alone)) as store:
                received = intake.receive(store, files, opened.viewer())
    return _tell(received.findings, asked.json, _code(received), received.rows)


def load(asked: argparse.Namespace) -> int:
    """Checks and stores; prints what was stored. A file with a finding that stops it stores nothing."""
    files, absent = _read(asked.files)
    if absent:
        return _told(asked.json, None, {}, absent, False, 2)
    with opened.store(opened.settings_of(asked)) as store:
        received = intake.receive(store, files, opened.viewer())
        code = _code(received)
        upload = intake.send(store, received, opened.viewer()) if code == 0 else None
    return _told(asked.json, upload.upload_id if upload else None, received.rows, received.findings, received.unchanged, code)


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
    """(name, content) of each file, and a finding for each that cannot be opened."""
    files, absent = [], []
    for path in paths:
        try:
            files.append((path.name, path.read_bytes()))
        except OSError as error:
            why = {FileNotFoundError: "there is no such file", IsADirectoryError: "it is a folder"}.get(type(error), "this user may not read it")
            fix = "Look at the name, and close the file in Excel if it is open there."
            absent.append(Finding("stops", "unreadable", f"{path.name} could not be opened: {why}.", fix, file=path.name))
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


def _tell(findings: list[Finding], as_json: bool, code: int, rows: dict[str, int] | None = None) -> int:
    if as_json:
        print(json.dumps(_as_keys(findings), ensure_ascii=False, indent=1, default=str))
        return code
    _in_words(findings)
    if code == 0:
        print(f"Nothing stops this return{_counted(rows or {})}. Send it with 'load'.")
    return code


def _told(as_json: bool, upload_id: str | None, rows: dict[str, int], findings: list[Finding], unchanged: bool, code: int) -> int:
    if as_json:
        answer = {"upload_id": upload_id, "rows": rows if code == 0 else {}, "findings": _as_keys(findings), "unchanged": unchanged}
        print(json.dumps(answer, ensure_ascii=False, indent=1, default=str))
        return code
    _in_words(findings)
    if code:
        print("Nothing has been sent yet.")
    elif unchanged:
        print("This is what we already have: nothing changed.")
    else:
        print(f"Thank you. It is in{_counted(rows)}. To take it back: undo {upload_id}")
    return code


def _counted(rows: dict[str, int]) -> str:
    return ": " + ", ".join(f"{sheet} {n} row{'s' if n != 1 else ''}" for sheet, n in rows.items()) if rows else ""


def _in_words(findings: list[Finding]) -> None:
    needing = [f for f in findings if f.severity != "look"]
    if needing:
        first = needing[0].cell or "the first"
        print(f"{len(needing)} thing{'s need' if len(needing) != 1 else ' needs'} you; start with {first}.", file=sys.stderr)
    for finding in sorted(findings, key=lambda f: list(WORDS).index(f.severity)):
        more = f" ({finding.count} cells)" if finding.count > 1 else ""
        print(f"{finding.cell}: {finding.message} {finding.fix}{more} [{WORDS[finding.severity]}]".strip(": "))
