"""The sender's own file back: every problem cell coloured, with what to do beside it, and a first sheet that lists the findings.

A workbook (.xlsx, .xlsm) is changed in its XML, byte by byte where a cell is marked and nowhere else, so that formats, formulas, charts and macros stay
as they are; openpyxl would lose some of them. Any other file (text, .xls, .xlsb, .ods) comes back as a fresh .xlsx with the same cells. Both happen in a
process of their own under the reader's limits (`exports.marking`), because the file is as hostile now as when it was read. Nothing about anybody is
added: only what the findings say, as text that no spreadsheet runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from data_loaders.found import on_sheet
from domain.errors import Shown
from domain.settings import ROOT, Settings
from domain.types import Finding

MOST_LISTED = 2000  # findings on the first sheet
MOST_MARKED = 20_000  # cells coloured; the first 2,000 of a sheet get a note of their own
EFFECT = {"stops": "Stops the file", "holds": "Holds back a row", "look": "Please look"}


@dataclass(frozen=True)
class Marked:
    """The marked workbook. `extension` is xlsx, or xlsm where macros were kept; `note` says what else the sender should know."""

    content: bytes
    extension: str
    cells: int
    note: str = ""


def workbook(
    name: str, content: bytes, findings: Iterable[Finding], settings: Settings, more: Sequence[tuple[str, int, str]] = (), password: str | None = None
) -> Marked:
    """The file `name` with its findings. `more` are further cells (sheet, row, column letters) that share a finding told once.

    Raises Shown where the file could not be opened to be marked.
    """
    told = [f for f in findings if f.file == name]
    marks: dict[str, dict[str, list[str]]] = {}
    for f in told:
        if f.sheet and f.row:
            _mark(marks, on_sheet(f.sheet), f"{f.column}{f.row}", f.severity, f"{f.message} {f.fix}".strip())
    shared = {(on_sheet(f.sheet), f.column): f for f in told if f.count > 1 or f.row is None}
    for sheet, row, column in ((on_sheet(named), row, column) for named, row, column in more):
        if f"{column}{row}" not in marks.get(sheet, {}):
            same = shared.get((sheet, column))
            _mark(marks, sheet, f"{column}{row}", same.severity if same else "holds", same.fix if same else "See the list on the first sheet.")
    listed = [[f.cell or name, f.message, f.fix, EFFECT[f.severity], str(f.count)] for f in told[:MOST_LISTED]]
    if len(told) > MOST_LISTED:
        listed.append(["", f"And {len(told) - MOST_LISTED:,} more. Mend these first and check the file again.", "", "", ""])
    asked = {
        "memory_mb": settings.reader_memory_mb, "seconds": settings.reader_seconds, "unpacked_mb": settings.largest_unpacked_mb,
        "password": password, "stem": name.rsplit(".", 1)[0][:31], "marks": marks, "listed": listed,
    }  # fmt: skip
    said, made = _child(asked, content, settings.reader_seconds)
    if "extension" not in said:
        raise Shown("This file could not be opened to be marked. The list of what was found says what to mend.")
    return Marked(made, said["extension"], said["cells"], said["note"])


def _mark(marks: dict[str, dict[str, list[str]]], sheet: str, cell: str, severity: str, words: str) -> None:
    cells = marks.setdefault(sheet, {})
    if cell in cells:
        worse = min(cells[cell][0], severity, key=list(EFFECT).index)
        cells[cell] = [worse, f"{cells[cell][1]}\n{words}"]
    elif sum(map(len, marks.values())) < MOST_MARKED:
        cells[cell] = [severity, words]


def _child(asked: dict[str, Any], content: bytes, seconds: int) -> tuple[dict[str, Any], bytes]:
    environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    environment |= {"ARROW_DEFAULT_MEMORY_POOL": "system", "PYTHONNODEBUGRANGES": "1"}
    head = json.dumps(asked).encode() + b"\n"
    with subprocess.Popen(
        [sys.executable, "-m", "exports.marking"], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        try:
            out, _ = child.communicate(head + content, timeout=seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return {}, b""
    first, _, rest = out.partition(b"\n")
    try:
        return json.loads(first), rest
    except ValueError:
        return {}, b""
