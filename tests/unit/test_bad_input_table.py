"""Broken and hostile files, one row each, made here and read by the real reading process: each gets its finding in plain words and leaves nothing behind.

90 files are refused and 12 are read with a word of warning; what is wrong in single cells is in test_bad_input (53 cases), and what a layout does that
nobody may miss in test_layouts_said: more than 150 bad inputs in all.
"""

from __future__ import annotations

import io
import random
import struct
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks import intake
from data_loaders.read import Workbook, belongs, read, safe_name
from domain.settings import Settings
from tests.unit import test_bad_input as cells
from tests.unit.books import PEOPLE, book, raw_book, text_cell
from tests.unit.old_books import compound, ods, protected, xls, xlsb, zipped

MAIN = intake._MAIN
SHEET = f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
LAUGHS = "<!DOCTYPE l [<!ENTITY l0 'ha'>" + "".join(f"<!ENTITY l{i} '{f'&l{i - 1};' * 10}'>" for i in range(1, 10)) + "]>"
ONE = '<row r="1"><c r="A1"><v>1</v></c></row>'
GRID: Any = [["person ref", "score"], ["P1", 12.0], ["P2", 3.0]]
MACRO_TYPES = intake._TYPES.replace("openxmlformats-officedocument.spreadsheetml.sheet.main", "ms-excel.sheet.macroEnabled.main")
OUTSIDE = intake._WORKBOOK_RELS.replace('Target="worksheets/sheet1.xml"', 'Target="http://127.0.0.1:9/s.xml" TargetMode="External"')


def sheet(inside: str, before: str = "") -> bytes:
    return raw_book(sheet=f'{before}<worksheet xmlns="{MAIN}">{inside}</worksheet>')


def flipped() -> bytes:
    content = bytearray(book({"People": [PEOPLE, *[(f"P{i}", "SVC001", i, None) for i in range(500)]]}))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    content[info.header_offset + 30 + len(info.filename) + info.compress_size // 2] ^= 0x10
    return bytes(content)


def wrong_check_sum() -> bytes:
    content = bytearray(raw_book(ONE))
    where = content.find(b"PK\x01\x02", content.find(b"PK\x01\x02") + 4)
    content[where + 16] ^= 0xFF
    return bytes(content)


def lying_size() -> bytes:
    """A part that says it is 10 bytes long and is 5 MB."""
    content = bytearray(zipped(("[Content_Types].xml", b"A" * 5_000_000)))
    struct.pack_into("<I", content, content.find(b"PK\x01\x02") + 24, 10)
    return bytes(content)


def twice_the_same_part() -> bytes:
    out = io.BytesIO(raw_book(ONE))
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning):
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    return out.getvalue()


def endless_chain() -> bytes:
    """A compound file whose directory goes round in a circle."""
    content = bytearray(xls("People", GRID))
    struct.pack_into("<I", content, 512 + 4, 1)
    return bytes(content)


def locked() -> bytes:
    return protected(book({"People": [PEOPLE, ("P1", "SVC001", 1, None)]}), "Sesame1")


def bomb(kind: str) -> bytes:
    """Small files that unpack to more than the limit given to the case."""
    if kind == "one cell":
        return raw_book(f'<row r="1">{text_cell("A1", "A" * 3_000_000)}</row>')
    if kind == "rows":
        return raw_book("".join(f'<row r="{r}"><c r="A{r}"><v>1</v></c></row>' for r in range(1, 80_000)))
    if kind == "space":
        return raw_book(sheet=f'<worksheet xmlns="{MAIN}"><sheetData>' + " " * 3_000_000 + "</sheetData></worksheet>")
    if kind == "xlsb":
        return zipped(("[Content_Types].xml", intake._TYPES.replace("sheet.main+xml", "x")), ("xl/workbook.bin", b"\0" * 3_000_000))
    return zipped(("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<a>" + " " * 3_000_000 + "</a>"))


def many_strings() -> bytes:
    """Ten million shared strings, packed small."""
    strings = f'<sst xmlns="{MAIN}" count="10000000" uniqueCount="10000000">' + "<si><t/></si>" * 10_000_000 + "</sst>"
    return raw_book('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings=strings)


SMALL = {"largest_unpacked_mb": 2}
CASES: list[tuple[str, str, Callable[[], bytes], str, dict[str, Any]]] = [
    # -- no workbook at all
    ("empty file", "a.xlsx", lambda: b"", "empty-file", {}),
    ("zeros only", "a.xlsx", lambda: b"\x00" * 5000, "empty-file", {}),
    ("blanks only", "a.csv", lambda: b" \r\n\t\r\n", "empty-file", {}),
    ("byte order mark only", "a.csv", lambda: b"\xef\xbb\xbf", "not-a-workbook", {}),
    ("a line of text", "a.txt", lambda: b"hello there", "not-a-workbook", {}),
    ("a letter", "a.txt", lambda: b"Dear Sir\n\nplease find\nenclosed\n", "not-a-workbook", {}),
    ("web page", "a.xls", lambda: b"<html><table><tr><td>x</td></tr></table></html>", "not-a-workbook", {}),
    ("web page in UTF-16", "a.xls", lambda: "<html><table>".encode("utf-16"), "not-a-workbook", {}),
    ("Excel 2003 XML", "a.xls", lambda: b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "not-a-workbook", {}),
    ("bare XML", "a.xlsx", lambda: b'<?xml version="1.0"?><a>1,2</a>', "not-a-workbook", {}),
    ("JSON", "a.csv", lambda: b'{"a": 1, "b": 2}\n{"a": 1, "b": 2}', "not-a-workbook", {}),
    ("PDF", "a.xlsx", lambda: b"%PDF-1.7 ...", "not-a-workbook", {}),
    ("picture", "a.xlsx", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "not-a-workbook", {}),
    ("random bytes", "a.xlsx", lambda: random.Random(3).randbytes(4000), "not-a-workbook", {}),
    ("program", "evil.exe", lambda: b"MZ\x90\x00\x03" + bytes(300) + b"This program, it said, cannot\n" * 9, "not-a-workbook", {}),
    ("plain zip", "a.zip", lambda: zipped(("a.txt", b"x")), "not-a-workbook", {}),
    ("zip of workbooks", "a.zip", lambda: zipped(("a.xlsx", raw_book(ONE)), ("b.xlsx", raw_book(ONE))), "not-a-workbook", {}),
    ("zip in zip", "a.xlsx", lambda: zipped(("b.zip", zipped(("a.txt", b"x")))), "not-a-workbook", {}),
    ("Word document", "a.xlsx", lambda: raw_book(more={"[Content_Types].xml": intake._TYPES.replace("spreadsheetml.sheet.main", "wordprocessingml.document.main")}), "not-a-workbook", {}),
    ("presentation", "a.xlsx", lambda: raw_book(more={"[Content_Types].xml": intake._TYPES.replace("spreadsheetml.sheet.main", "presentationml.presentation.main")}), "not-a-workbook", {}),
    ("OpenDocument text", "a.odt", lambda: zipped(("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "<a/>")), "not-a-workbook", {}),
    ("old Word document", "a.doc", lambda: compound("WordDocument", b"x" * 5000), "damaged", {}),
    # -- passwords
    ("password, none given", "a.xlsx", lambda: locked(), "password", {}),
    ("password, wrong", "a.xlsx", lambda: locked(), "password", {"password": "sesame1"}),
    ("password and broken", "a.xlsx", lambda: locked()[:6000], "damaged", {"password": "Sesame1"}),
    ("protected and no workbook inside", "a.xlsx", lambda: protected(raw_book(more={"[Content_Types].xml": intake._TYPES.replace("spreadsheetml.sheet.main", "wordprocessingml.document.main"), "x": random.Random(1).randbytes(5000)}), "Sesame1"), "not-a-workbook", {"password": "Sesame1"}),
    ("says it is protected, and is not", "a.xlsx", lambda: compound("EncryptedPackage", b"x" * 5000), "damaged", {"password": "x"}),
    ("protected OpenDocument", "a.ods", lambda: zipped(("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", b"x"), ("META-INF/manifest.xml", "<m><encryption-data/></m>")), "password", {}),
    # -- damaged
    ("truncated", "a.xlsx", lambda: book({"People": [PEOPLE]})[:-300], "damaged", {}),
    ("only its first half", "a.xlsx", lambda: (c := book({"People": [PEOPLE]}))[: len(c) // 2], "damaged", {}),
    ("one bit flipped", "a.xlsx", flipped, "damaged", {}),
    ("wrong check sum", "a.xlsx", wrong_check_sum, "damaged", {}),
    ("zip head and nothing more", "a.xlsx", lambda: b"PK\x03\x04" + bytes(50), "damaged", {}),
    ("sheet missing", "a.xlsx", lambda: raw_book(without=("xl/worksheets/sheet1.xml",)), "damaged", {}),
    ("workbook part missing", "a.xlsx", lambda: raw_book(without=("xl/workbook.xml",)), "damaged", {}),
    ("relations missing", "a.xlsx", lambda: raw_book(without=("xl/_rels/workbook.xml.rels",)), "damaged", {}),
    ("part twice", "a.xlsx", twice_the_same_part, "damaged", {}),
    ("part twice but for capitals", "a.xlsx", lambda: raw_book(ONE, more={"XL/worksheets/Sheet1.xml": SHEET}), "damaged", {}),
    ("part name with ..", "a.xlsx", lambda: raw_book(more={"../evil.xml": b"x"}), "damaged", {}),
    ("absolute part name", "a.xlsx", lambda: raw_book(more={"/etc/evil.xml": b"x"}), "damaged", {}),
    ("part name of Windows", "a.xlsx", lambda: raw_book(more={"C:\\evil.xml": b"x"}), "damaged", {}),
    ("size that lies", "a.xlsx", lying_size, "damaged", {}),
    ("entities in a sheet", "a.xlsx", lambda: raw_book(sheet=ENTITIES + SHEET), "damaged", {}),
    ("a billion laughs in the strings", "a.xlsx", lambda: raw_book(strings=LAUGHS + f'<sst xmlns="{MAIN}"><si><t>&l9;</t></si></sst>'), "damaged", {}),
    ("a billion laughs in the workbook", "a.xlsx", lambda: raw_book(workbook=LAUGHS + intake._WORKBOOK), "damaged", {}),
    ("a billion laughs in the types", "a.xlsx", lambda: raw_book(more={"[Content_Types].xml": LAUGHS + intake._TYPES}), "damaged", {}),
    ("file as entity", "a.xlsx", lambda: raw_book(sheet='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + SHEET), "damaged", {}),
    ("definitions from outside", "a.xlsx", lambda: raw_book(strings=f'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><sst xmlns="{MAIN}"/>'), "damaged", {}),
    ("entities in OpenDocument", "a.ods", lambda: ods("People", GRID, extra=LAUGHS), "damaged", {}),
    ("UTF-16 part", "a.xlsx", lambda: raw_book(more={"xl/worksheets/sheet1.xml": SHEET.encode("utf-16")}), "damaged", {}),
    ("part that says it is in another encoding", "a.xlsx", lambda: sheet("<sheetData/>", '<?xml version="1.0" encoding="UTF-7"?>'), "damaged", {}),
    ("sheet from outside", "a.xlsx", lambda: raw_book(more={"xl/_rels/workbook.xml.rels": OUTSIDE}), "damaged", {}),
    ("broken XML in a sheet", "a.xlsx", lambda: sheet('<sheetData><row r="1"><c r="A1"><v>1</row>'), "damaged", {}),
    ("broken XML in the workbook", "a.xlsx", lambda: raw_book(workbook="<workbook"), "damaged", {}),
    ("shared string that is not there", "a.xlsx", lambda: raw_book('<row r="1"><c r="A1" t="s"><v>99</v></c></row>'), "damaged", {}),
    ("uniqueCount that lies", "a.xlsx", lambda: raw_book(strings=f'<sst xmlns="{MAIN}" count="1" uniqueCount="4294967295"><si><t>x</t></si></sst>'), "damaged", {}),
    ("the same cell twice", "a.xlsx", lambda: raw_book('<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>'), "cells-lost", {}),
    ("old workbook going in circles", "a.xls", endless_chain, "reader-failed", {"reader_memory_mb": 600, "reader_seconds": 10}),
    ("old workbook cut off", "a.xls", lambda: xls("People", GRID)[:900], "damaged", {}),
    ("binary workbook with nonsense", "a.xlsb", lambda: zipped(("[Content_Types].xml", intake._TYPES.replace("sheet.main+xml", "x")), ("_rels/.rels", intake._RELS), ("xl/workbook.bin", b"\x9c\x01\xff\xff\xff\xff\x0f")), "damaged", {}),
    ("OpenDocument with nonsense", "a.ods", lambda: zipped(("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<a><b></a>")), "damaged", {}),
    ("UTF-8 that breaks off", "a.csv", lambda: b"\xef\xbb\xbfa,b\n1,\xff\n", "damaged", {}),
    ("UTF-16 that breaks off", "a.csv", lambda: "a,b\n1,2\n".encode("utf-16") + b"\x00", "damaged", {}),
    ("quotation mark left open", "a.csv", lambda: b'a,b\n1,"2\n3,4\n', "damaged", {}),
    ("quotation mark out of place", "a.csv", lambda: b'a,b\n1,"2"x\n3,4\n', "damaged", {}),
    ("commas inside most texts", "a.csv", lambda: b"a,b,c\n1,well, then,3\n1,so, it, was,3\n1,or, so, it, seemed,3\n", "ragged-row", {}),
    ("zeros inside a text", "a.csv", lambda: b"a,b\n1,2\n" * 900 + b"\x00,1\n", "not-a-workbook", {}),
    # -- too large
    ("A1 and XFD1048576", "a.xlsx", lambda: raw_book(ONE + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "far-cell", {}),
    ("16,384 columns", "a.xlsx", lambda: book({"People": [[1] * 16_384]}), "far-cell", {}),
    ("column ZZZZZZZZ", "a.xlsx", lambda: raw_book('<row r="1"><c r="A1"><v>1</v></c><c r="ZZZZZZZZ1"><v>1</v></c></row>'), "far-cell", {}),
    ("row 4294967295", "a.xlsx", lambda: raw_book(ONE + '<row r="4294967295"><c r="A4294967295"><v>1</v></c></row>'), "far-cell", {}),
    ("row 4294967295, first", "a.xlsx", lambda: raw_book('<row r="4294967295"><c r="A4294967295"><v>1</v></c></row>' + ONE), "far-cell", {}),
    ("far cell under a near row", "a.xlsx", lambda: raw_book('<row r="1"><c r="A1"><v>1</v></c><c r="B4294967295"><v>1</v></c></row>'), "far-cell", {}),
    ("far cell with a prefix", "a.xlsx", lambda: raw_book(sheet=f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'), "far-cell", {}),
    ("wide and deep", "a.xlsx", lambda: raw_book(ONE + '<row r="1048576"><c r="AZ1048576"><v>1</v></c></row>'), "far-cell", {}),
    ("far cell on a hidden sheet", "a.xlsx", lambda: raw_book(ONE + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', workbook=intake._WORKBOOK.replace("sheetId", 'state="hidden" sheetId')), "far-cell", {}),
    ("text of 30,000 columns", "a.csv", lambda: b",".join([b"x"] * 30_000) + b"\n" + b",".join([b"1"] * 30_000), "far-cell", {}),
    ("a cell that unpacks to 3 MB", "a.xlsx", lambda: bomb("one cell"), "too-large", SMALL),
    ("rows that unpack to 3 MB", "a.xlsx", lambda: bomb("rows"), "too-large", SMALL),
    ("blanks that unpack to 3 MB", "a.xlsx", lambda: bomb("space"), "too-large", SMALL),
    ("binary workbook that unpacks to 3 MB", "a.xlsb", lambda: bomb("xlsb"), "too-large", SMALL),
    ("OpenDocument that unpacks to 3 MB", "a.ods", lambda: bomb("ods"), "too-large", SMALL),
    ("ten million shared strings", "a.xlsx", many_strings, "too-large", {}),
    ("file over the limit", "a.xlsx", lambda: raw_book(more={"xl/media/a.bin": random.Random(1).randbytes(1_200_000)}), "too-large", {"largest_file_mb": 1}),
    ("101 sheets", "a.xlsx", lambda: book({f"S{i}": [["x"]] for i in range(101)}), "too-large", {}),
    ("OpenDocument rows repeated for ever", "a.ods", lambda: ods("People", GRID, ' table:number-rows-repeated="4000000000"'), "reader-failed", {"reader_memory_mb": 500, "reader_seconds": 2}),
    ("100,001 errors", "a.xlsx", lambda: raw_book("".join(f'<row r="{r}"><c r="A{r}" t="e"><v>#N/A</v></c></row>' for r in range(1, 100_002))), "too-many-errors", {}),
    ("reading takes too long", "a.xlsx", lambda: raw_book(ONE), "reader-failed", {"reader_seconds": 0}),
    ("reading takes too much memory", "a.xlsx", lambda: raw_book(ONE), "reader-failed", {"reader_memory_mb": 40}),
    ("no sheet with cells", "a.xlsx", lambda: raw_book(more={"xl/_rels/workbook.xml.rels": intake._WORKBOOK_RELS.replace("/worksheet", "/chartsheet")}), "empty-file", {}),
]  # fmt: skip

# Read, and something is said.
TOLD: list[tuple[str, str, Callable[[], bytes], str]] = [
    ("macros", "a.xlsm", lambda: raw_book(ONE, more={"xl/vbaProject.bin": b"x", "[Content_Types].xml": MACRO_TYPES}), "macros-not-run"),
    ("macros under another name", "a.xlsx", lambda: raw_book(ONE, more={"xl/vbaProject.bin": b"x"}), "macros-not-run"),
    ("old macro sheet", "a.xlsm", lambda: raw_book(ONE, more={"xl/macrosheets/sheet1.xml": "<a/>"}), "macros-not-run"),
    ("old workbook", "a.xls", lambda: xls("People", GRID), "errors-unseen"),
    ("binary workbook", "a.xlsb", lambda: xlsb("People", GRID), "errors-unseen"),
    ("OpenDocument", "a.ods", lambda: ods("People", GRID), "errors-unseen"),
    ("workbook called csv", "a.csv", lambda: raw_book(ONE), "wrong-ending"),
    ("text called xlsx", "a.xlsx", lambda: b"a,b\n1,2\n", "wrong-ending"),
    ("old workbook called xlsx", "a.xlsx", lambda: xls("People", GRID), "wrong-ending"),
    ("OpenDocument called xls", "a.xls", lambda: ods("People", GRID), "wrong-ending"),
    ("Windows text", "a.csv", lambda: "a,b\ncafé,£2\n".encode("cp1252"), "encoding-guessed"),
    ("figures from other files", "a.xlsx", lambda: raw_book(ONE, more={"xl/externalLinks/externalLink1.xml": "<a/>"}), "outside-links"),
]  # fmt: skip


def opened(name: str, content: bytes, password: str | None = None, **settings: Any) -> Workbook:
    return read(name, content, Settings().replaced(**settings), password)


def test_there_are_at_least_eighty() -> None:
    assert len({name for name, *_ in CASES}) == len(CASES) >= 80
    assert __doc__ and f"{len(CASES)} files are refused and {len(TOLD)} are read" in __doc__ and f"({len(cells.CASES)} cases)" in __doc__


@pytest.mark.parametrize(("name", "make", "code", "how"), [pytest.param(*rest, id=title) for title, *rest in CASES])
def test_bad_files_are_refused_in_a_sentence(name: str, make: Callable[[], bytes], code: str, how: dict[str, Any]) -> None:
    began = time.monotonic()
    workbook = opened(name, make(), **how)
    assert [f.code for f in workbook.findings] == [code], [f.message for f in workbook.findings]
    told = workbook.findings[0]
    assert told.severity == "stops" and not workbook.sheets and told.file == name
    assert told.message.endswith((".", "…")) and told.fix.endswith(".") and "{" not in told.message + told.fix
    assert "esame" not in repr(workbook)  # the password is nowhere
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(("name", "make", "code"), [pytest.param(*rest, id=title) for title, *rest in TOLD])
def test_odd_files_are_read_and_something_is_said(name: str, make: Callable[[], bytes], code: str) -> None:
    workbook = opened(name, make())
    assert code in [f.code for f in workbook.findings] and not workbook.unreadable
    assert {f.severity for f in workbook.findings} == {"look"}
    assert workbook.sheets[0].filled == sum(len(c) - c.null_count for c in workbook.sheets[0].table.columns) > 0


def test_the_same_files_without_the_fault_are_read() -> None:
    """So that no case above can pass because everything is refused."""
    assert opened("a.xlsx", raw_book(ONE)).findings == ()
    assert opened("a.csv", b'a,b,c\n1,2,3\n1,"well, then",3\n').findings == ()
    assert opened("a.xlsx", locked(), "Sesame1").findings == ()
    assert opened("a.xlsx", bomb("rows")).sheets[0].filled == 79_999
    assert opened("a.xlsx", raw_book(ONE + '<row r="1048576"><c r="A1048576"><v>1</v></c></row>')).sheets[0].filled == 2


def test_much_that_is_styled_and_empty_is_nothing() -> None:
    rows = "".join(f'<row r="{r}" s="1"><c r="A{r}" s="1"/><c r="I{r}" s="1"/></row>' for r in range(2, 200_002))
    far = '<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    workbook = opened("a.xlsx", raw_book(ONE + rows + far))
    assert workbook.findings == () and (workbook.sheets[0].table.num_columns, workbook.sheets[0].filled) == (1, 1)


def test_strict_workbooks_are_read_or_refused_but_never_empty() -> None:
    """ISO 29500 Strict has other namespaces for the same things."""
    strict = {"http://schemas.openxmlformats.org/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
              "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "http://purl.oclc.org/ooxml/officeDocument/relationships"}  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw_book(ONE))) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            text = source.read(name).decode()
            for loose, exact in strict.items():
                text = text.replace(loose, exact)
            target.writestr(name, text)
    workbook = opened("a.xlsx", out.getvalue())
    assert workbook.unreadable or workbook.sheets[0].filled == 1


def test_a_declared_dimension_is_not_believed() -> None:
    workbook = opened("a.xlsx", sheet(f'<dimension ref="A1:XFD1048576"/><sheetData>{ONE}</sheetData>'))
    assert workbook.findings == () and workbook.sheets[0].filled == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../../etc/cron.d/x.xlsx", "x.xlsx"), ("C:\\Users\\x\\a.xlsx", "a.xlsx"), ("a\x07\x00b\n.xlsx", "ab.xlsx"), ("\u202exslx.exe", "xslx.exe"),
        ("", "file"), ("..", ".."), ("a" * 300 + ".xlsx", "a" * 120), ("CON.xlsx", "CON.xlsx"), ("<img src=x>.xlsx", "<img src=x>.xlsx"),
    ],
)  # fmt: skip
def test_a_file_name_is_only_ever_shown(name: str, shown: str) -> None:
    assert safe_name(name) == shown
    workbook = opened(name, b"")
    assert workbook.name == shown and workbook.findings[0].file == shown


def test_of_a_folder_only_what_people_put_there_is_read() -> None:
    names = ["Q1/a.xlsx", "Q1/~$a.xlsx", ".DS_Store", "Q1/.~lock.a.ods#", "desktop.ini", "Thumbs.db", "__MACOSX/._a.xlsx", "b.csv"]
    assert [name for name in names if belongs(name)] == ["Q1/a.xlsx", "b.csv"]


TEXTS = [(mark + encoding, mark, encoding) for mark, encoding in (("", "utf-8"), ("\ufeff", "utf-8"), ("\ufeff", "utf-16-le"), ("\ufeff", "utf-16-be"), ("", "utf-16-le"), ("", "cp1252"))]  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_arrives_whatever_its_encoding_and_delimiter(delimiter: str) -> None:
    from data_loaders.delimited import decoded, sheets

    rows = [
        ["Return of the café", "", ""],
        ["person ref", "note", "score"],
        ["007", f'said "5{delimiter}5"', "1.50"],
        ["P£2", "two\nlines", ""],
        ["", " ", "3"],
    ]
    out = io.StringIO()
    import csv

    csv.writer(out, delimiter=delimiter).writerows(rows)
    for _, mark, encoding in TEXTS:
        content = (mark + out.getvalue()).encode(encoding)
        assert decoded(content)[1] == ("utf-16" if encoding.startswith("utf-16") else encoding)
        said, [batch] = sheets(content, "People")
        assert [[cell or "" for cell in row.values()] for row in batch.to_pylist()] == rows
        assert said["sheets"][0]["written"] == 11 and said["sheets"][0]["name"] == "People"
    workbook = opened("People.csv", out.getvalue().encode())
    assert workbook.sheets[0].filled == 10 and workbook.findings == ()
