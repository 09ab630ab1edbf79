"""Bytes of a file -> its sheets as tables of text. The parsing happens in a child process under limits; this process survives whatever it does."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from data_loaders import reader_home
from data_loaders.delimited import MOST_RAGGED
from data_loaders.read_words import KINDS, NOTES, WHY, WORDS
from domain.settings import ROOT, Settings
from domain.types import Finding

Progress = Callable[[str], None]  # is told a sentence for each step, and while the step lasts
ENDINGS = {
    "xlsx": "xlsx", "xlsm": "xlsx", "xltx": "xlsx", "xltm": "xlsx", "xls": "xls", "xlt": "xls", "xlsb": "xlsb", "ods": "ods",
    "csv": "text", "tsv": "text", "tab": "text", "txt": "text",
}  # fmt: skip


@dataclass(frozen=True)
class RawSheet:
    """One sheet as text. Rows and columns are counted as Excel shows them, from 1; `table` begins at (first_row, first_column).

    `filled` is how many cells hold something: those of `table`, error cells and uncalculated formulas. Of a hidden sheet it is all that is known.
    """

    name: str
    hidden: bool
    first_row: int
    first_column: int
    table: pa.Table  # every column string (null = blank), one row per Excel row from the first that holds something; no columns when hidden or empty
    error_cells: tuple[tuple[int, int, str], ...]  # (row, column, '#REF!')
    uncalculated: tuple[tuple[int, int], ...]  # formula cells without a cached value
    filled: int = 0
    hidden_rows: tuple[int, ...] = ()  # also those a filter hides
    hidden_columns: tuple[int, ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()  # first row, first column, last row, last column
    ragged: tuple[tuple[int, int, int], ...] = ()  # rows of a text file with more cells than its headings: row, cells, cells of the headings


@dataclass(frozen=True)
class Workbook:
    """One file as read. `findings` say why it could not be read (one that stops: then there are no sheets), and what should be known about it (look)."""

    name: str
    sha256: str
    sheets: tuple[RawSheet, ...]
    findings: tuple[Finding, ...]
    kind: str = ""  # xlsx (also with macros), xls, xlsb, ods, text

    @property
    def unreadable(self) -> bool:
        return any(f.severity == "stops" for f in self.findings)


def safe_name(name: str) -> str:
    """A file's own name without its path and without anything a screen or a log could stumble over; it is shown, never opened."""
    plain = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in plain if c.isprintable())[:120] or "file"


def belongs(name: str) -> bool:
    """Whether a file of a folder is worth reading: not the hidden ones, nor the locks and notes that Office and the system leave beside workbooks."""
    plain = name.replace("\\", "/").rsplit("/", 1)[-1].lower()
    return bool(plain) and not plain.startswith((".", "~$", "~")) and plain not in ("desktop.ini", "thumbs.db") and not name.startswith("__MACOSX/")


def read(name: str, content: bytes, settings: Settings, password: str | None = None, progress: Progress | None = None) -> Workbook:
    """The sheets of one file, one table each. Never raises for what is in the file: every refusal is a finding in plain words.

    What the file is, its content says, not its name. A protected workbook gives the finding `password` until the right one comes along; it goes to the
    reading process and nowhere else. `progress` is told what is being read, once a second while it lasts.
    """
    name = safe_name(name)
    kind = _kind(content)
    blank = Workbook(name, hashlib.sha256(content).hexdigest(), (), (), kind)
    if refusal := _at_once(content, kind, settings, password):
        return _refused(blank, settings, **refusal)
    asked = question(name, kind, settings, password)
    say = _sayer(name, len(content), progress)
    status, out = _child(content, settings, asked, say)
    if status not in (0, "time") and kind == "zip":
        # It died without a word. A second child only looks, tag by tag, so that the reason can be given.
        status, out = _child(content, settings, {**asked, "mode": "look"}, say)
    try:
        head = out.find(b"\n")
        answer: dict[str, Any] = json.loads(out[:head]) if status == 0 else {"refused": "reader-failed"}
        source = pa.BufferReader(pa.py_buffer(memoryview(out)[head + 1 :]))  # no copy: the tables stand in the answer itself
        visible = [sheet for sheet in answer.get("sheets", ()) if not sheet["hidden"]]
        return understood(blank, answer, [pa.ipc.open_stream(source).read_all() for _ in visible], settings)
    except (ValueError, KeyError, TypeError, pa.ArrowException):
        return _refused(blank, settings, "reader-failed")


def wake() -> None:
    """Gets ready to read, so that the first file need not wait for that. Returns at once."""
    if reader_home.FORKS:
        reader_home.wake(_environment())


def _at_once(content: bytes, kind: str, settings: Settings, password: str | None) -> dict[str, str]:
    """Why the file is refused without waking a process; empty when it is not."""
    if not content.strip(b"\x00 \r\n\t"):
        return {"code": "empty-file"}
    if len(content) > settings.largest_file_mb << 20:
        return {"code": "too-large", "limit": f"it is {len(content) / (1 << 20):.0f} MB and we read up to {settings.largest_file_mb} MB"}
    if kind not in ("zip", "ole", "text"):
        return {"code": "not-a-workbook", "what": kind}
    if kind == "ole" and not password and "EncryptedPackage".encode("utf-16-le") in content:
        return {"code": "password"}
    return {}


def question(name: str, kind: str, settings: Settings, password: str | None = None) -> dict[str, Any]:
    """What the reading process is asked."""
    stem = name.rpartition(".")[0] or name
    return {
        "memory_mb": settings.reader_memory_mb, "seconds": settings.reader_seconds, "unpacked_mb": settings.largest_unpacked_mb, "mode": "read",
        "kind": kind, "stem": stem[:60], "password": password,
    }  # fmt: skip


def understood(blank: Workbook, answer: dict[str, Any], tables: list[pa.Table], settings: Settings) -> Workbook:
    """The workbook from the answer of the reading process and the tables of its visible sheets, in order."""
    if "refused" in answer:
        return _refused(blank, settings, str(answer["refused"]), **{str(k): str(v) for k, v in answer.get("detail", {}).items()})
    try:
        told = tuple(_notes(blank.name, answer))
        stopped = any(f.severity == "stops" for f in told)
        return replace(blank, sheets=() if stopped else _sheets(answer["sheets"], tables), findings=told, kind=answer["kind"])
    except _Lost as lost:
        return _refused(blank, settings, "cells-lost", sheet=lost.args[0], written=lost.args[1], read=lost.args[2])


def _refused(blank: Workbook, settings: Settings, code: str, **detail: str) -> Workbook:
    why = detail.get("why", "")
    code = code if code in WORDS else "reader-failed"
    message, fix = WHY.get((code, why), WORDS[code])
    limits = {"sheets": "it has more than 100 sheets", "strings": "it holds more than five million different texts"}
    limit = limits.get(why, f"unpacked it is over {settings.largest_unpacked_mb} MB")
    blanks = {"cell": "", "sheet": "", "row": "", "what": "another kind of file", "limit": limit, **detail}
    return replace(blank, findings=(Finding("stops", code, message.format(**blanks), fix, sheet=detail.get("sheet", ""), file=blank.name),))


def _notes(name: str, answer: dict[str, Any]) -> list[Finding]:
    """What should be known about a file that was read: macros, what cannot be seen in its format, a name that says something else."""
    kind = answer["kind"]
    told = [Finding("look", code, NOTES[code][0].format(what=KINDS[kind]), NOTES[code][1], file=name) for code in answer["notes"] if code in NOTES]
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ENDINGS.get(ending, kind) != kind:
        message, fix = NOTES["wrong-ending"]
        told.append(Finding("look", "wrong-ending", message.format(ending=ending, what=KINDS[kind]), fix, file=name))
    ragged = answer["sheets"][0].get("ragged", []) if answer["sheets"] else []
    if len(ragged) * 2 > answer.get("rows", 0) or len(ragged) > MOST_RAGGED:  # then it is the headings that are wrong, or the whole way it is cut
        row, cells, width = ragged[0]
        message, fix = WHY["ragged-row", "most"]
        told.append(Finding("stops", "ragged-row", message.format(row=row, cells=cells, width=width), fix, answer["sheets"][0]["name"], row, "", name))
    return told


class _Lost(Exception):
    """The parser returned fewer cells of a sheet than its XML holds."""


def _sheets(listed: list[dict[str, Any]], tables: list[pa.Table]) -> tuple[RawSheet, ...]:
    found = []
    visible = iter(tables)
    for sheet in listed:
        errors, uncalculated = (tuple(map(tuple, sheet.get(which, ()))) for which in ("errors", "uncalculated"))
        table, filled, first_row = pa.table({}), sheet["written"], sheet.get("first_row", 1)
        if not sheet["hidden"]:
            table, held = _blanked(next(visible))
            if sheet["written"] > held + len(errors):
                raise _Lost(sheet["name"], f"{sheet['written']:,}", f"{held + len(errors):,}")
            filled = sum(len(column) - column.null_count for column in table.columns) + len(errors) + len(uncalculated)
            begins = [place for column in table.columns if (place := pc.index(pc.is_valid(column), True).as_py()) >= 0]
            table = table.slice(min(begins)) if begins else pa.table({})
            first_row += min(begins, default=0)
        hidden_rows, hidden_columns, merged, ragged = (sheet.get(which, ()) for which in ("hidden_rows", "hidden_columns", "merged", "ragged"))
        found.append(
            RawSheet(
                sheet["name"], sheet["hidden"], first_row, sheet["first_column"], table, errors, uncalculated, filled, tuple(hidden_rows),
                tuple(hidden_columns), tuple(map(tuple, merged)), tuple(map(tuple, ragged)),
            )
        )  # fmt: skip
    return tuple(found)


def _blanked(table: pa.Table) -> tuple[pa.Table, int]:
    """(the table with texts of nothing but space as nulls, how many cells held anything at all)."""
    columns, held = [], 0
    for column in table.columns:
        held += len(column) - column.null_count
        column = column.combine_chunks().cast(pa.string())
        blank = pc.or_(pc.utf8_is_space(column), pc.equal(pc.binary_length(column), 0))
        if pc.any(blank).as_py():
            column = pc.if_else(pc.fill_null(blank, False), pa.scalar(None, pa.string()), column)
        columns.append(column)
    return pa.table(columns, names=table.column_names), held


def _sayer(name: str, size: int, progress: Progress | None) -> Callable[[float], None]:
    began = f"Reading {name} ({size / 1e6:.1f} MB)" if size >= 100_000 else f"Reading {name}"

    def say(seconds: float) -> None:
        if progress:
            progress(f"{began} …" if seconds < 1 else f"{began}: {seconds:.0f} seconds so far …")

    return say


def _child(content: bytes, settings: Settings, asked: dict[str, Any], say: Callable[[float], None]) -> tuple[int | str, bytes | bytearray]:
    """(exit code, answer) of one reading process; ('time', b'') when it had to be stopped."""
    # Never a fork of this process: the server has threads.
    return (_forked if reader_home.FORKS else _started)(content, settings, asked, say, _environment())


def _environment() -> dict[str, str]:
    """What reading processes know of ours: next to nothing."""
    ours = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    return ours | {"ARROW_DEFAULT_MEMORY_POOL": "system", "PYTHONNODEBUGRANGES": "1", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


def _forked(
    content: bytes, settings: Settings, asked: dict[str, Any], say: Callable[[float], None], environment: dict[str, str]
) -> tuple[int | str, bytes | bytearray]:
    """The same, of a fork of the process that has everything imported and holds nothing."""
    began, out = time.monotonic(), bytearray()
    to_say = [memoryview(json.dumps(asked).encode() + b"\n"), memoryview(content)]
    with reader_home.born(environment) as child:
        while True:
            past = time.monotonic() - began
            say(past)
            if past >= settings.reader_seconds:
                return "time", b""  # nobody listens any more: it ends at its first word, or by its own clock
            child.settimeout(max(min(1.0, settings.reader_seconds - past), 0.01))
            try:
                while to_say:
                    to_say[0] = to_say[0][child.send(to_say[0]) :]
                    if not to_say[0]:
                        to_say.pop(0)
                        if not to_say:
                            child.shutdown(socket.SHUT_WR)
                while some := child.recv(1 << 20):
                    out += some
                break
            except TimeoutError:
                continue
            except OSError:  # it died while it was spoken to
                return 1, b""
    if not out.endswith(reader_home.WHOLE):
        return 1, b""
    del out[-1:]
    return 0, out


def _started(
    content: bytes, settings: Settings, asked: dict[str, Any], say: Callable[[float], None], environment: dict[str, str]
) -> tuple[int | str, bytes | bytearray]:
    """The same, of an interpreter started for this file."""
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "data_loaders.reader_child"], cwd=ROOT, env=environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        given: bytes | None = json.dumps(asked).encode() + b"\n" + content
        while True:
            past = time.monotonic() - began
            say(past)
            try:
                out, _ = child.communicate(given, timeout=max(min(1.0, settings.reader_seconds - past), 0.01))
                return child.returncode, out
            except subprocess.TimeoutExpired:
                given = None  # what was not yet handed over is not asked for again
                if time.monotonic() - began >= settings.reader_seconds:
                    child.kill()
                    child.communicate()
                    return "time", b""


def _kind(content: bytes) -> str:
    """zip, ole (old or protected Office files) or text, else in words what it is."""
    if content.startswith(b"PK\x03\x04"):
        return "zip"
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    head = content[:2048].lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").replace(b"\x00", b"").lower()
    if head.startswith(b"%pdf"):
        return "a PDF"
    if b"urn:schemas-microsoft-com:office:spreadsheet" in head:
        return "an Excel 2003 XML file"
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<head")) or b"<html" in head:
        return "a web page (HTML)"
    if head.startswith((b"<?xml", b"{")):
        return "another kind of file"
    if head.startswith((b"\x89png", b"gif8", b"\xff\xd8\xff", b"\xd8", b"rar!", b"7z\xbc", b"\x1f\x8b")):
        return "another kind of file"
    return "text"
