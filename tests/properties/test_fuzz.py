"""Good workbooks spoiled at random, in their bytes and in their cells, through the real way in: no traceback, no hang, no partial commit.

Five seconds; with CI=true, a minute. A failure names the seed: SO_WHAT_FUZZ_SEED repeats it.
"""

from __future__ import annotations

import io
import os
import random
import time
import zipfile
from pathlib import Path

import pytest

from access import intake
from data_loaders import preflight, sheet_xml
from domain.settings import Settings
from tests.conftest import ADMINISTRATOR, three_sheets, workbook
from tests.unit import old_books
from warehouse.connect import Store

SECONDS = 60 if os.environ.get("CI", "").lower() in ("1", "true") else 5
SEED = int(os.environ.get("SO_WHAT_FUZZ_SEED", random.randrange(10**9)))
LIMITS = {"reader_seconds": 15, "reader_memory_mb": 800, "largest_unpacked_mb": 50}
NASTY = [
    None, "", " ", "\u00a0", 0, -1, 1e308, 1e-300, 99999999999, True, "=1/0", "=A1", "#REF!", "NaN", "inf", "1_000", "0x10", "12%", "£5", "1,5", "１２",
    "2025-13-45", "31/02/2025", "0000-00-00", "2025-04-07T10:00:00Z", 45000, 60, -5, 2958466, "Q3", "2025Q3", "'; DROP TABLE people; --", "=cmd|' /C calc'!A0",
    "@SUM(1)", "<script>", "\u202eabc", "\u200b", "é" * 40_000, "a\nb\rc", "\ufffd", "😀", "S1", "PHQ-9", "person ref", "total", "x" * 300, "9434765919",
    "-", "–", "n/a", "c001", "C001 ", "c001\t", "_x0000_", "_x000D_", "1e400", "12:60", "female", "as planned", "\U0010ffff",
]  # fmt: skip
XML = [
    b"<", b">", b'"', b"&", b"&amp;", b"</row>", b"<row>", b'<row r="0">', b'<c r="A0">', b'<c r="XFD1048576"><v>1</v></c>', b"<v></v>", b"<v/>", b'<c t="s">',
    b't="e"', b't="x"', b' r="-1"', b"<f>1+1</f>", b"\x00", b"\xff\xfe", b"<!--", b"<![CDATA[", b"]]>", b"<?xml?>",
    b"<!DOCTYPE a>", b'hidden="1"', b"99999999999",
    b"<mergeCell ref='A1:ZZZ9'/>", b"</sheetData>", b"<is><t>x</t></is>", b"<x:c>",
]  # fmt: skip


@pytest.mark.slow
def test_spoiled_workbooks_never_break_the_way_in(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    store = Store(tmp_path / "store.duckdb", Settings().replaced(**LIMITS))
    began, tried, sent, slowest = time.monotonic(), 0, 0, 0.0
    good = _good()
    try:
        _once(store, "good.xlsx", workbook(three_sheets(people=20)), rng)
        while time.monotonic() - began < SECONDS or tried < 10:
            tried += 1
            name, content = _spoiled(good, rng)
            started = time.monotonic()
            sent += _once(store, name, content, rng)
            slowest = max(slowest, time.monotonic() - started)
    except Exception as error:
        raise AssertionError(f"seed {SEED}, file {tried}") from error
    finally:
        store.close()
    assert slowest < 2 * LIMITS["reader_seconds"] + 15, f"seed {SEED}: one file took {slowest:.0f} s"
    again = Store(tmp_path / "store.duckdb", Settings())  # and what was kept can be opened
    assert len(intake.uploads(again, ADMINISTRATOR)) >= 1
    again.close()
    print(f"seed {SEED}: {tried} files, {sent} sent in part or whole, slowest {slowest:.1f} s")


@pytest.mark.slow
def test_spoiled_xml_is_refused_or_surveyed() -> None:
    """The look at the raw parts alone, thousands of times: it ends with facts or with a Refusal, never with another exception."""
    rng = random.Random(SEED)
    content = workbook(three_sheets(people=20))
    began, tried = time.monotonic(), 0
    while time.monotonic() - began < SECONDS / 5:
        tried += 1
        spoiled = _respoiled(content, rng)
        try:
            package, _, sheets, _ = preflight.open_package(spoiled, 50 << 20)
            for sheet in sheets:
                sheet_xml.survey(package, sheet)
        except preflight.Refusal as refusal:
            assert refusal.code, f"seed {SEED}"
        except Exception as error:
            raise AssertionError(f"seed {SEED}, file {tried}") from error
    assert tried > 20


def _once(store: Store, name: str, content: bytes, rng: random.Random) -> int:
    """1 when something was stored. Whatever happens, the store holds all or nothing of it."""
    before, version = _counts(store), store.data_version
    received = intake.receive(store, [(name, content)], ADMINISTRATOR)
    assert _counts(store) == before and store.data_version == version, "checking stored something"
    for finding in received.findings:
        assert finding.message and finding.fix and "Traceback" not in finding.message
    if received.unreadable or received.stopped:
        assert not received.tables or not received.sendable
    if not received.sendable or rng.random() < 0.2:
        return 0
    intake.send(store, received, ADMINISTRATOR, hold_back=True)
    if received.unchanged:
        assert _counts(store) == before
        return 0
    grown = {sheet: p["new"] - p["gone"] for sheet, p in received.preview.items()}
    after = _counts(store)
    for sheet, table in (("Services", "services"), ("People", "people"), ("Assessments", "assessments")):
        assert after[table] - before[table] == grown.get(sheet, 0), f"partly stored: {sheet}"
    return 1


def _counts(store: Store) -> dict[str, int]:
    with store.reading() as cursor:
        return {table: cursor.execute(f"select count(*) from {table}").fetchone()[0] for table in ("services", "people", "assessments")}


def _good() -> list[tuple[str, bytes]]:
    sheets = three_sheets(people=12)
    grid = sheets["Assessments"]
    text = "\n".join(",".join(map(str, row)) for row in grid)
    return [
        ("a.xlsx", workbook(sheets)), ("c5.xlsx", workbook(sheets, "C5")), ("a.csv", text.encode()), ("b.csv", text.replace(",", ";").encode("utf-16")),
        ("a.xls", old_books.xls("Assessments", grid)), ("a.xlsb", old_books.xlsb("Assessments", grid)), ("a.ods", old_books.ods("Assessments", grid)),
    ]  # fmt: skip


def _spoiled(good: list[tuple[str, bytes]], rng: random.Random) -> tuple[str, bytes]:
    way = rng.randrange(4)
    if way == 0:  # cells
        sheets = three_sheets(people=rng.randrange(1, 15), prefix=rng.choice("cdef"))
        for _ in range(rng.randrange(1, 8)):
            rows = rng.choice(list(sheets.values()))
            row = rng.choice(rows)
            row[rng.randrange(len(row))] = rng.choice(NASTY)
        if rng.random() < 0.3:
            rng.shuffle(rng.choice(list(sheets.values())))
        return "cells.xlsx", workbook(sheets, rng.choice(["A1", "A1", "B3"]))
    name, content = rng.choice(good)
    if way == 1 and content.startswith(b"PK"):  # parts, packed again so that their check sums hold
        return name, _respoiled(content, rng)
    return name, _bytes(content, rng, [])


def _respoiled(content: bytes, rng: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        names = source.namelist()
        chosen = rng.choice([n for n in names if "sheet" in n or "Strings" in n or n.endswith(".bin") or n == "content.xml"] or names)
        chosen = chosen if rng.random() < 0.7 else rng.choice(names)
        for name in names:
            part = source.read(name)
            if name == chosen:
                if rng.random() < 0.05:
                    continue
                part = _bytes(part, rng, XML)
            target.writestr(name, part)
    return out.getvalue()


def _bytes(content: bytes, rng: random.Random, words: list[bytes]) -> bytes:
    made = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        if not made:
            break
        at, how = rng.randrange(len(made)), rng.randrange(6)
        size = rng.choice([1, 2, 8, 100])
        if how == 0:
            made[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            made[at : at + size] = rng.randbytes(size)
        elif how == 2:
            del made[at : at + size]
        elif how == 3:
            made[at:at] = made[at : at + size]
        elif how == 4 and words:
            made[at:at] = rng.choice(words)
        else:
            del made[at + rng.randrange(len(made)) :]
    return bytes(made)
