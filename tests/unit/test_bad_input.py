"""Bad and hostile files, one row each: every one gets its finding in plain words, no exception, and nothing personal in any message."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from benchmarks import intake
from tests.unit.books import ASSESSMENTS, KNOWN, PEOPLE, TODAY, book, opened, raw_book, text_cell, through

# Words that stand in personal columns below; no message may repeat any of them.
SECRETS = ("ZQX-77", "Zebedee", "9434765919", "943 476 5919", "QQ123456C", "AB123456C", "zebedee@example.org", "07700 900123", "L8 7TS", "3/4/1980")


def assessment(*cells: Any, heads: tuple[str, ...] = ASSESSMENTS) -> bytes:
    good = ("ZQX-77", "SVC001", date(2025, 5, 1), "PHQ-9", 12)
    return book({"Assessments": [heads, good, cells]})


def people(*cells: Any, heads: tuple[str, ...] = PEOPLE) -> bytes:
    return book({"People": [heads, ("ZQX-78", "SVC001", date(2025, 4, 1), None), cells]})


def returned(*cells: Any, heads: tuple[str, ...] = ("service code", "year", "quarter", "ref", "actual", "explanation")) -> bytes:
    return book({"Quarterly return": [heads, cells]})


def zipped(*parts: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return out.getvalue()


def twice_the_same_part() -> bytes:
    content = raw_book('<row r="1"><c r="A1"><v>1</v></c></row>')
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning):
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    return out.getvalue()


def lying_size() -> bytes:
    """A part that says it is 10 bytes long and is 5 MB."""
    content = bytearray(zipped(("[Content_Types].xml", b"A" * 5_000_000)))
    where = content.find(b"PK\x01\x02")
    struct.pack_into("<I", content, where + 24, 10)
    return bytes(content)


def flipped() -> bytes:
    content = bytearray(book({"People": [PEOPLE, *[(f"P{i}", "SVC001", date(2025, 4, 1), None) for i in range(500)]]}))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    content[info.header_offset + 30 + len(info.filename) + info.compress_size // 2] ^= 0x10
    return bytes(content)


def cfb(streams: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504 + streams.encode("utf-16-le") + b"\x00" * 512


def head(rows: str) -> str:
    return '<row r="1">' + "".join(text_cell(f"{letter}1", name) for letter, name in zip("ABCDE", ASSESSMENTS, strict=True)) + "</row>" + rows


def row(score: str, day: str = '<c r="C2" s="1"><v>45000</v></c>') -> str:
    return head(f'<row r="2">{text_cell("A2", "ZQX-77")}{text_cell("B2", "SVC001")}{day}{text_cell("D2", "PHQ-9")}{score}</row>')


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
MAIN = f'<worksheet xmlns="{intake._MAIN}"><sheetData/></worksheet>'

CASES: list[tuple[str, Callable[[], bytes], str, dict[str, Any]]] = [
    # -- no workbook at all
    ("empty file", lambda: b"", "empty-file", {}),
    ("zeros only", lambda: b"\x00" * 5000, "empty-file", {}),
    ("text", lambda: b"hello there", "not-a-workbook", {}),
    ("csv renamed", lambda: b"person ref,service code\nZQX-77,SVC001\n", "not-a-workbook", {}),
    ("html renamed", lambda: b"<html><table><tr><td>Zebedee</td></tr></table></html>", "not-a-workbook", {}),
    ("excel 2003 xml", lambda: b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "not-a-workbook", {}),
    ("pdf", lambda: b"%PDF-1.7 ...", "not-a-workbook", {}),
    ("old xls", lambda: cfb("Workbook"), "not-a-workbook", {}),
    ("plain zip", lambda: zipped(("a.txt", b"x")), "not-a-workbook", {}),
    ("zip in zip", lambda: zipped(("b.zip", zipped(("a.txt", b"x")))), "not-a-workbook", {}),
    ("word document", lambda: raw_book(more={"[Content_Types].xml": intake._TYPES.replace("spreadsheetml.sheet.main", "wordprocessingml.document.main")}), "not-a-workbook", {}),
    ("opendocument", lambda: zipped(("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", b"<a/>")), "not-a-workbook", {}),
    ("xlsb", lambda: raw_book(more={"[Content_Types].xml": intake._TYPES.replace("spreadsheetml.sheet.main+xml", "x"), "xl/workbook.bin": b"x"}), "not-a-workbook", {}),
    ("password", lambda: cfb("EncryptedPackage"), "password", {}),
    ("macros", lambda: raw_book(more={"xl/vbaProject.bin": b"x"}), "macros", {}),
    ("macro content type", lambda: raw_book(more={"[Content_Types].xml": intake._TYPES.replace("openxmlformats-officedocument.spreadsheetml.sheet.main", "ms-excel.sheet.macroEnabled.main")}), "macros", {}),
    # -- damaged
    ("truncated", lambda: book({"People": [PEOPLE]})[:-300], "damaged", {}),
    ("one bit flipped", flipped, "damaged", {}),
    ("part missing", lambda: raw_book(without=("xl/worksheets/sheet1.xml",)), "damaged", {}),
    ("no workbook part", lambda: raw_book(without=("xl/workbook.xml",)), "damaged", {}),
    ("part twice", twice_the_same_part, "damaged", {}),
    ("unsafe part name", lambda: raw_book(more={"../evil.xml": b"x"}), "damaged", {}),
    ("absolute part name", lambda: raw_book(more={"/etc/evil.xml": b"x"}), "damaged", {}),
    ("size that lies", lying_size, "damaged", {}),
    ("entities in a sheet", lambda: raw_book(sheet=ENTITIES + MAIN), "damaged", {}),
    ("entities in the workbook", lambda: raw_book(workbook=ENTITIES + intake._WORKBOOK), "damaged", {}),
    ("outside entity", lambda: raw_book(strings=f'<!DOCTYPE x SYSTEM "file:///etc/passwd"><sst xmlns="{intake._MAIN}"/>'), "damaged", {}),
    ("utf-16 part", lambda: raw_book(more={"xl/worksheets/sheet1.xml": MAIN.encode("utf-16")}), "damaged", {}),
    ("sheet from outside", lambda: raw_book(more={"xl/_rels/workbook.xml.rels": intake._WORKBOOK_RELS.replace('Target="worksheets/sheet1.xml"', 'Target="http://example.org/s.xml" TargetMode="External"')}), "damaged", {}),
    ("broken xml in a sheet", lambda: raw_book(sheet=f'<worksheet xmlns="{intake._MAIN}"><sheetData><row r="1"><c r="A1"><v>1</row>'), "damaged", {}),
    ("uniqueCount that lies", lambda: raw_book(strings=f'<sst xmlns="{intake._MAIN}" count="1" uniqueCount="4294967295"><si><t>x</t></si></sst>'), "damaged", {}),
    # -- too large
    ("far cell", lambda: raw_book('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "far-cell", {}),
    ("far column", lambda: raw_book('<row r="1"><c r="A1"><v>1</v></c><c r="ZZZZZZZZ1"><v>1</v></c></row>'), "far-cell", {}),
    ("far row", lambda: raw_book('<row r="1"><c r="A1"><v>1</v></c></row><row r="4294967295"><c r="A4294967295"><v>1</v></c></row>'), "far-cell", {}),
    ("far row, first", lambda: raw_book('<row r="4294967295"><c r="A4294967295"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>'), "far-cell", {}),
    ("far cell under a near row", lambda: raw_book('<row r="1"><c r="A1"><v>1</v></c><c r="B4294967295"><v>1</v></c></row>'), "far-cell", {}),
    ("far cell with a prefix", lambda: raw_book(sheet=f'<x:worksheet xmlns:x="{intake._MAIN}"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'), "far-cell", {}),
    ("wide and deep", lambda: raw_book('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="AZ1048576"><v>1</v></c></row>'), "far-cell", {}),
    ("zip bomb", lambda: raw_book(head('<row r="2">' + text_cell("A2", "A" * 3_000_000) + "</row>")), "too-large", {"largest_unpacked_mb": 2}),
    ("file over the limit", lambda: raw_book(more={"xl/media/a.bin": bytes(range(256)) * 5000 + __import__("random").Random(1).randbytes(1_200_000)}), "too-large", {"largest_file_mb": 1}),
    ("many sheets", lambda: book({f"S{i}": [["x"]] for i in range(101)}), "too-large", {}),
    # -- not a return
    ("no cells", lambda: book({"People": []}), "empty-file", {}),
    ("headings only", lambda: book({"People": [PEOPLE]}), "empty-file", {}),
    ("no sheet recognised", lambda: book({"Budget": [["Zebedee", "tea"], ["x", 3]]}), "no-sheet", {}),
    ("required column missing", lambda: book({"Assessments": [ASSESSMENTS[:4], ("ZQX-77", "SVC001", date(2025, 5, 1), "PHQ-9")]}), "missing-column", {}),
    ("heading twice", lambda: assessment(heads=(*ASSESSMENTS, "score")), "duplicate-column", {}),
    ("two columns for one field", lambda: book({"Assessments": [("client id", "service code", "date", "measure", "total", "result")]}), "duplicate-column", {}),
    ("name column", lambda: people("ZQX-77", "SVC001", date(2025, 4, 1), None, "Zebedee", heads=(*PEOPLE, "First name")), "identifier-column", {}),
    ("date of birth column", lambda: people("ZQX-77", "SVC001", date(2025, 4, 1), None, date(1980, 4, 3), heads=(*PEOPLE, "D.O.B.")), "identifier-column", {}),
    ("nhs number column", lambda: people("ZQX-77", "SVC001", date(2025, 4, 1), None, 9434765919, heads=(*PEOPLE, "NHS No")), "identifier-column", {}),
    ("postcode column", lambda: people("ZQX-77", "SVC001", date(2025, 4, 1), None, "L8 7TS", heads=(*PEOPLE, "Post Code")), "identifier-column", {}),
    ("nhs number as the ref column", lambda: people(9434765919, "SVC001", date(2025, 4, 1), None, heads=("NHS number", *PEOPLE[1:])), "identifier-column", {}),
    # -- cells
    ("required cell blank", lambda: assessment("ZQX-77", "SVC001", None, "PHQ-9", 3), "required", {}),
    ("score out of range", lambda: assessment("ZQX-77", "SVC001", date(2025, 6, 1), "PHQ-9", 99), "out-of-range", {}),
    ("score below range", lambda: assessment("ZQX-77", "SVC001", date(2025, 6, 1), "PHQ-9", -1), "out-of-range", {}),
    ("half a point", lambda: assessment("ZQX-77", "SVC001", date(2025, 6, 1), "PHQ-9", 3.5), "not-a-whole-number", {}),
    ("unknown measure", lambda: assessment("ZQX-77", "SVC001", date(2025, 6, 1), "Happiness-3", 3), "unknown-measure", {}),
    ("unknown subscale", lambda: assessment("ZQX-77", "SVC001", date(2025, 6, 1), "PHQ-9", 3, "sleep", heads=(*ASSESSMENTS, "subscale")), "unknown-subscale", {}),
    ("unknown service", lambda: assessment("ZQX-77", "SVC009", date(2025, 6, 1), "PHQ-9", 3), "unknown-service", {}),
    ("service of another provider", lambda: book({"Services": [("service code", "service name", "provider code", "provider name", "service type"), ("svc002", "A", "ORG01", "B", "counselling")]}), "other-provider", {}),
    ("end before start", lambda: people("ZQX-77", "SVC001", date(2025, 4, 1), date(2025, 3, 1)), "end-before-start", {}),
    ("future date", lambda: people("ZQX-77", "SVC001", date(2026, 4, 1), None), "future-date", {}),
    ("future quarter", lambda: returned("SVC001", "2026-27", "2", "M1", 3, None), "future-date", {}),
    ("impossible date", lambda: people("ZQX-77", "SVC001", "31/02/2025", None), "impossible-date", {}),
    ("serial as date of 1900", lambda: raw_book(row('<c r="E2"><v>5</v></c>', '<c r="C2" s="1"><v>60</v></c>')), "impossible-date", {}),
    ("bare number as date", lambda: raw_book(row('<c r="E2"><v>5</v></c>', '<c r="C2"><v>45000</v></c>')), "not-a-date", {}),
    ("american dates", lambda: book({"People": [PEOPLE, ("ZQX-77", "SVC001", "04/13/2025", None), ("ZQX-78", "SVC001", "04/03/2025", None)]}), "ambiguous-date", {}),
    ("mixed dates", lambda: book({"People": [PEOPLE, ("ZQX-77", "SVC001", "04/13/2025", None), ("ZQX-78", "SVC001", "14/03/2025", None)]}), "ambiguous-date", {}),
    ("text in a number", lambda: assessment("ZQX-77", "SVC001", date(2025, 6, 1), "PHQ-9", "twelve"), "not-a-number", {}),
    ("percent as text", lambda: returned("SVC001", "2025-26", "2", "M1", "12%", None), "not-a-number", {}),
    ("dash for nothing", lambda: returned("SVC001", "2025-26", "2", "M1", "–", None), "not-a-number", {}),
    ("infinity", lambda: raw_book(row('<c r="E2"><v>1e400</v></c>')), "not-a-number", {}),
    ("not a number", lambda: raw_book(row('<c r="E2"><v>NaN</v></c>')), "not-a-number", {}),
    ("#REF!", lambda: raw_book(row('<c r="E2" t="e"><v>#REF!</v></c>')), "formula-error", {}),
    ("formula without a value", lambda: assessment("ZQX-77", "SVC001", date(2025, 6, 1), "PHQ-9", "=1+1"), "uncalculated", {}),
    ("word not in the list", lambda: people("ZQX-77", "SVC001", date(2025, 4, 1), None, "vanished", heads=(*PEOPLE, "how it ended")), "not-in-list", {}),
    ("bare quarter", lambda: returned("SVC001", None, "2025Q3", "M1", 3, None), "ambiguous-quarter", {}),
    ("quarter without a year", lambda: book({"Activity": [("service code", "quarter"), ("SVC001", 3)]}), "required", {}),
    ("year and quarter disagree", lambda: returned("SVC001", "2025-26", "2024-25 Q3", "M1", 3, None), "conflict", {}),
    ("nhs number as person ref", lambda: assessment("943 476 5919", "SVC001", date(2025, 6, 1), "PHQ-9", 3), "looks-like-nhs-number", {}),
    ("nhs number as a number", lambda: assessment(9434765919, "SVC001", date(2025, 6, 1), "PHQ-9", 3), "looks-like-nhs-number", {}),
    ("national insurance number", lambda: assessment("AB123456C", "SVC001", date(2025, 6, 1), "PHQ-9", 3), "looks-like-nhs-number", {}),
    ("e-mail as person ref", lambda: assessment("zebedee@example.org", "SVC001", date(2025, 6, 1), "PHQ-9", 3), "looks-like-nhs-number", {}),
    ("name as person ref", lambda: assessment("Zebedee Roundabout", "SVC001", date(2025, 6, 1), "PHQ-9", 3), "identifier-in-text", {}),
    ("telephone in a text", lambda: returned("SVC001", "2025-26", "2", "M1", 3, "ring 07700 900123 after six"), "identifier-in-text", {}),
    ("postcode in a text", lambda: returned("SVC001", "2025-26", "2", "M1", 3, "moved to L8 7TS"), "identifier-in-text", {}),
    ("birth date in a text", lambda: returned("SVC001", "2025-26", "2", "M1", 3, "dob 3/4/1980"), "identifier-in-text", {}),
    ("e-mail in a text", lambda: returned("SVC001", "2025-26", "2", "M1", 3, "zebedee@example.org"), "identifier-in-text", {}),
    ("ref turned into a date", lambda: assessment(date(2025, 3, 1), "SVC001", date(2025, 6, 1), "PHQ-9", 3), "excel-changed-id", {}),
    ("ref in powers of ten", lambda: assessment("1.2E+11", "SVC001", date(2025, 6, 1), "PHQ-9", 3), "excel-changed-id", {}),
    ("ref of twenty digits", lambda: assessment("12345678901234567890", "SVC001", date(2025, 6, 1), "PHQ-9", 3), "excel-changed-id", {}),
    ("too long", lambda: returned("SVC001", "2025-26", "2", "M1", 3, "word " * 900), "too-long", {}),
    ("two scores on one day", lambda: assessment("ZQX-77", "SVC001", date(2025, 5, 1), "PHQ-9", 13), "conflict", {}),
    ("the same person twice", lambda: book({"People": [PEOPLE, ("ZQX-77", "SVC001", date(2025, 4, 1), None), ("zqx-77 ", "svc001", date(2025, 4, 1), date(2025, 5, 1))]}), "conflict", {}),
]  # fmt: skip


@pytest.mark.parametrize(("make", "code", "settings"), [pytest.param(m, c, s, id=name) for name, m, c, s in CASES])
def test_bad_input_gets_its_finding(make: Callable[[], bytes], code: str, settings: dict[str, Any]) -> None:
    checked, findings = through(make(), **settings)
    told = [f for f in findings if f.code == code]
    assert told, f"expected {code}, got {[(f.code, f.message) for f in findings]}"
    assert any(f.severity != "look" for f in told)
    words = json.dumps([(f.message, f.fix, f.sheet, f.column) for f in findings], ensure_ascii=False)
    assert not [secret for secret in SECRETS if secret.lower() in words.lower()]
    assert all(f.message.endswith((".", "…")) and f.fix for f in findings)
    assert all(f.file == "file1.xlsx" for f in findings)
    del checked


def test_the_same_files_without_the_fault_are_clean() -> None:
    """So that no case above can pass because everything is refused."""
    for content in (
        assessment("ZQX-77", "SVC001", date(2025, 6, 1), "PHQ-9", 3),
        people("ZQX-77", "SVC001", date(2025, 4, 1), date(2025, 5, 1)),
        returned("SVC001", "2025-26", "2", "M1", 3, "words"),
        raw_book(row('<c r="E2"><v>5</v></c>')),
        raw_book(head('<row r="1048576"><c r="A1048576"><v>1</v></c></row>')),
    ):
        checked, findings = through(content)
        assert not [f for f in findings if f.code not in ("required", "unknown-service")] and checked.tables
    assert KNOWN.today == TODAY


def test_a_declared_dimension_is_not_believed_either_way() -> None:
    sheet = f'<worksheet xmlns="{intake._MAIN}"><dimension ref="A1:XFD1048576"/><sheetData>{row(chr(60) + "c r=" + chr(34) + "E2" + chr(34) + "><v>5</v></c>")}</sheetData></worksheet>'
    workbook = opened(raw_book(sheet=sheet))
    assert not workbook.findings and workbook.sheets[0].table.num_rows == 2
