"""Bytes of a workbook -> its sheets as tables of text. The parsing happens in a child process under limits; this process survives whatever it does."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from domain.settings import ROOT, Settings
from domain.types import Finding

SAVE_AS = "Open it in Excel or LibreOffice, choose Save As, then Excel Workbook (.xlsx), and send that."
SAVE_AGAIN = "Open it in Excel, save it again under a new name, and send that."

# (message, what to do) for each reason a workbook is not read; a detail `why` picks a more exact sentence.
WORDS: dict[str, tuple[str, str]] = {
    "empty-file": ("The file is empty.", "Choose the workbook again; if it opens empty in Excel too, use an earlier copy."),
    "not-a-workbook": ("This is {what}, not an Excel workbook (.xlsx).", SAVE_AS),
    "password": (
        "The workbook is protected by a password, so we cannot read it.",
        "In Excel: File, Info, Protect Workbook, Encrypt with Password; clear the password, save, and send it again.",
    ),
    "macros": ("The workbook holds macros (small programs). We read only workbooks without them.", SAVE_AS),
    "too-large": ("The workbook is larger than we can read: {limit}.", "Send it in parts, for example one year or one service at a time."),
    "damaged": ("The workbook is damaged or incomplete, so we cannot read it.", SAVE_AGAIN),
    "far-cell": (
        "There is something in cell {cell} of the sheet '{sheet}', far outside any table we could read.",
        "Delete the rows below and the columns to the right of your table (select them, then Delete), save, and send it again. "
        "We read up to column GR and row 1,048,576.",
    ),
    "reader-failed": (
        "We could not read this workbook: it asks for more memory or time than a return needs.",
        "Copy your tables into a fresh workbook (paste values only), save, and send that.",
    ),
}  # fmt: skip
WHY: dict[str, str] = {
    "parts-twice": "The workbook holds the same part twice, so it is not clear which one you mean.",
    "unsafe-name": "The workbook holds a part with an unsafe name.",
    "encoding": "The workbook is written in an unusual text encoding that we do not read.",
    "dtd": "The workbook holds definitions (a DTD) that no spreadsheet program writes; we do not open those.",
    "external": "The workbook takes a sheet from somewhere outside itself; we read only what is inside.",
    "strings": "The workbook says it holds far more text than it does, so it is not safe to open.",
}


@dataclass(frozen=True)
class RawSheet:
    """One visible sheet as text. Rows and columns are counted as Excel shows them, from 1; `table` begins at (first_row, first_column)."""

    name: str
    hidden: bool
    first_row: int
    first_column: int
    table: pa.Table  # every column string (null = blank), one row per Excel row from the first that holds something; no columns when hidden or empty
    error_cells: tuple[tuple[int, int, str], ...]  # (row, column, '#REF!')
    uncalculated: tuple[tuple[int, int], ...]  # formula cells without a cached value


@dataclass(frozen=True)
class Workbook:
    """One file as read. `findings` say why it could not be read; then there are no sheets."""

    name: str
    sha256: str
    sheets: tuple[RawSheet, ...]
    findings: tuple[Finding, ...]


def read(name: str, content: bytes, settings: Settings) -> Workbook:
    """The sheets of one workbook, one table each. Never raises for what is in the file: every refusal is a finding in plain words."""
    digest = hashlib.sha256(content).hexdigest()

    def refused(code: str, **detail: str) -> Workbook:
        message, fix = WORDS.get(code, WORDS["reader-failed"])
        limits = {"sheets": "it has more than 100 sheets", "strings": "it holds more than five million different texts"}
        detail.setdefault("limit", limits.get(detail.get("why", ""), f"unpacked it is over {settings.largest_unpacked_mb} MB"))
        detail.setdefault("what", "another kind of file")
        told = WHY.get(detail.get("why", "")) or message.format(**{"cell": "", "sheet": "", **detail})
        finding = Finding("stops", code, told, fix, sheet=detail.get("sheet", ""), file=name)
        return Workbook(name, digest, (), (finding,))

    if not content.strip(b"\x00 \r\n\t"):
        return refused("empty-file")
    if len(content) > settings.largest_file_mb << 20:
        return refused("too-large", limit=f"it is {len(content) / (1 << 20):.0f} MB and we read up to {settings.largest_file_mb} MB")
    if not content.startswith(b"PK\x03\x04"):
        code, what = _other_kind(content)
        return refused(code, what=what)
    status, out = _child(content, settings, "read")
    if status != 0 and status != "time":
        # It died without a word. A second child only looks, tag by tag, so that the reason can be given.
        status, out = _child(content, settings, "look")
    if status != 0:
        return refused("reader-failed")
    try:
        head, _, rest = out.partition(b"\n")
        answer = json.loads(head)
        if "refused" in answer:
            return refused(str(answer["refused"]), **{str(k): str(v) for k, v in answer.get("detail", {}).items()})
        return Workbook(name, digest, _sheets(answer["sheets"], pa.BufferReader(rest)), ())
    except (ValueError, KeyError, pa.ArrowException):
        return refused("reader-failed")


def _sheets(listed: list[dict[str, Any]], source: pa.BufferReader) -> tuple[RawSheet, ...]:
    found = []
    for sheet in listed:
        table = pa.table({}) if sheet["hidden"] else pa.ipc.open_stream(source).read_all()
        table = table.rename_columns([str(i) for i in range(table.num_columns)])
        begins = [place for column in table.columns if (place := pc.index(pc.is_valid(column), True).as_py()) >= 0]
        table = table.slice(min(begins)) if begins else pa.table({})
        found.append(
            RawSheet(
                sheet["name"],
                sheet["hidden"],
                min(begins, default=0) + 1,
                sheet["first_column"],
                table,
                tuple((r, c, e) for r, c, e in sheet["errors"]),
                tuple((r, c) for r, c in sheet["uncalculated"]),
            )
        )
    return tuple(found)


def _child(content: bytes, settings: Settings, mode: str) -> tuple[int | str, bytes]:
    """(exit code, answer) of one reading process; ('time', b'') when it had to be stopped."""
    # A fresh interpreter, not a fork: the server has threads. Nothing of our environment goes with it.
    environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    environment |= {"ARROW_DEFAULT_MEMORY_POOL": "system", "PYTHONNODEBUGRANGES": "1"}
    head = f"{settings.reader_memory_mb} {settings.reader_seconds} {settings.largest_unpacked_mb} {mode}\n".encode()
    with subprocess.Popen(
        [sys.executable, "-m", "data_loaders.reader_child"], cwd=ROOT, env=environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        try:
            out, _ = child.communicate(head + content, timeout=settings.reader_seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return "time", b""
    return child.returncode, out


def _other_kind(content: bytes) -> tuple[str, str]:
    """(code, what it is) of bytes that are not a zip."""
    head = content[:2048].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in content:
            return "password", "a protected workbook"
        return "not-a-workbook", "an old Excel file (.xls)"
    if head.startswith(b"%pdf"):
        return "not-a-workbook", "a PDF"
    if b"urn:schemas-microsoft-com:office:spreadsheet" in head:
        return "not-a-workbook", "an Excel 2003 XML file"
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<head")) or b"<html" in head:
        return "not-a-workbook", "a web page (HTML)"
    if b"\x00" not in content[:2048] and (b"," in head or b";" in head or b"\t" in head):
        return "not-a-workbook", "a text file (CSV)"
    return "not-a-workbook", "another kind of file"
