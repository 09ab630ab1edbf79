"""The sender's own file back: what is marked is marked, and nothing else is touched."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font

from access import intake
from data_loaders import read
from domain.errors import Shown
from domain.settings import Settings
from domain.types import Finding
from exports import marked
from tests.conftest import ADMINISTRATOR, three_sheets, workbook

ORANGE, BLUE = "FFFFD9A8", "FFDDEBF7"


def finding(cell, severity="holds", sheet="Assessments", message="Score is 99.", fix="Type the total.", file="r.xlsx"):
    column, row = cell.rstrip("0123456789"), cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return Finding(severity, "out-of-range", message, fix, sheet, int(row) if row else None, column, file)


def book(change=None):
    made = openpyxl.load_workbook(io.BytesIO(workbook({**three_sheets(people=3), "Other": [["a", 5], ["b", "=B1*2"]]})))
    made["Assessments"]["E3"].font = Font(bold=True, color="FF112233")
    made["Assessments"]["E3"].number_format = "0.0"
    made["Assessments"].column_dimensions["A"].width = 31
    made["Other"]["A1"].comment = Comment("my own note", "me")
    made["Other"].print_area = "A1:B2"
    made.active = 3
    if change:
        change(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def opened(made):
    return openpyxl.load_workbook(io.BytesIO(made.content))


def test_problem_cells_are_coloured_and_say_what_to_do():
    findings = [finding("E3"), finding("C9", message="'date' is blank."), finding("E2", "look"), finding("4"), finding("A1", sheet="Other")]
    made = marked.workbook("r.xlsx", book(), findings, Settings())
    back = opened(made)
    sheet = back["Assessments"]
    assert made.cells == 5 and made.extension == "xlsx" and back.sheetnames[0] == "What needs you" and back.active.title == "What needs you"
    assert {c: sheet[c].fill.fgColor.rgb for c in ("E3", "C9", "E2", "A4")} == {"E3": ORANGE, "C9": ORANGE, "E2": BLUE, "A4": ORANGE}
    assert sheet["E3"].comment.text == "Score is 99. Type the total." and sheet["C9"].value is None
    assert (sheet["E3"].font.b, sheet["E3"].font.color.rgb, sheet["E3"].number_format) == (True, "FF112233", "0.0")
    assert back["Other"]["A1"].comment.text == "my own note" and back["Other"]["A1"].fill.fgColor.rgb == ORANGE
    rows = list(back["What needs you"].values)
    assert rows[0][:3] == ("Where", "What is there", "What to do") and rows[1][0] == "Assessments!E3" and len(rows) == 6


def test_everything_else_is_untouched():
    before, made = book(), marked.workbook("r.xlsx", book(), [finding("E3")], Settings())
    first, second = openpyxl.load_workbook(io.BytesIO(before)), opened(made)
    for sheet in first.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert second[sheet.title][cell.coordinate].value == cell.value
    assert second["Other"]["B2"].value == "=B1*2" and second["Other"].print_area == first["Other"].print_area
    assert second["Assessments"].column_dimensions["A"].width == 31
    old, new = zipfile.ZipFile(io.BytesIO(before)), zipfile.ZipFile(io.BytesIO(made.content))
    same = [name for name in old.namelist() if name.startswith("xl/worksheets/sheet") and old.read(name) == new.read(name)]
    assert len(same) >= 2, "sheets without a mark are the same byte for byte"


def test_macros_are_kept_and_the_name_says_so():
    out = io.BytesIO(book())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"not run")
    made = marked.workbook("r.xlsm", out.getvalue(), [finding("E3", file="r.xlsm")], Settings())
    assert made.extension == "xlsm" and zipfile.ZipFile(io.BytesIO(made.content)).read("xl/vbaProject.bin") == b"not run"


@pytest.mark.parametrize("name", ["r.csv", "r.txt"])
def test_text_comes_back_as_a_workbook_with_the_same_cells(name):
    content = b"person ref,service code,date,measure,score\nc1,S1,2025-01-01,PHQ-9,99\nc2,S1,,=1+1,3\n"
    made = marked.workbook(name, content, [finding("E2", sheet="r", file=name), finding("C3", sheet="r", file=name)], Settings())
    sheet = opened(made)["r"]
    assert [[c.value for c in row] for row in sheet.iter_rows()] == [
        ["person ref", "service code", "date", "measure", "score"], ["c1", "S1", "2025-01-01", "PHQ-9", "99"], ["c2", "S1", None, "=1+1", "3"],
    ]  # fmt: skip
    assert sheet["D3"].data_type in ("s", "inlineStr") and sheet["E2"].fill.fgColor.rgb == ORANGE and sheet["C3"].comment and "fresh" in made.note


@pytest.mark.parametrize("words", ["=cmd|' /C calc'!A0", "@SUM(A1)", "+1", "<b>&\"'", "\x00\x01control", "x" * 40_000])
def test_what_findings_say_is_text_whatever_it_looks_like(words):
    made = marked.workbook("r.xlsx", book(), [finding("E3", message=words, fix="")], Settings())
    cell = opened(made)["What needs you"]["B2"]
    assert cell.data_type in ("s", "inlineStr") and cell.value.startswith(words.replace("\x00\x01", "")[:30])


def test_a_marked_file_can_be_mended_and_sent_again(store):
    sheets = three_sheets(people=3)
    sheets["Assessments"][1][4] = 99
    received = intake.receive(store, [("r.xlsx", workbook(sheets))], ADMINISTRATOR)
    made = marked.workbook("r.xlsx", workbook(sheets), received.findings, Settings(), received.marks["r.xlsx"])
    back = opened(made)
    back["Assessments"]["E2"] = 9
    out = io.BytesIO()
    back.save(out)
    again = intake.receive(store, [("r-marked.xlsx", out.getvalue())], ADMINISTRATOR)
    assert not again.findings and again.ready == {"Services": 1, "People": 3, "Assessments": 6}


def test_every_cell_that_shares_a_finding_is_coloured(store):
    sheets = three_sheets(people=4)
    for row in sheets["Assessments"][1:]:
        row[3] = "A test of our own"
    received = intake.receive(store, [("r.xlsx", workbook(sheets))], ADMINISTRATOR)
    made = marked.workbook("r.xlsx", workbook(sheets), received.findings, Settings(), received.marks["r.xlsx"])
    sheet = opened(made)["Assessments"]
    assert {sheet[f"D{n}"].fill.fgColor.rgb for n in range(2, 10)} == {ORANGE} and sheet["D9"].comment


def test_rows_without_addresses_and_empty_sheets_take_marks():
    from tests.unit.books import raw_book, text_cell

    made = marked.workbook("r.xlsx", raw_book(f'<row><c t="inlineStr"><is><t>x</t></is></c></row><row r="5">{text_cell("B5", "y")}</row><row r="7"/>'),
                           [finding(c, sheet=name) for name in _names(raw_book()) for c in ("A1", "A5", "C5", "B6", "A7", "Z9")], Settings())  # fmt: skip
    sheet = opened(made).worksheets[1]
    assert made.cells == 6 and {sheet[c].fill.fgColor.rgb for c in ("A1", "A5", "C5", "B6", "A7", "Z9")} == {ORANGE}
    assert sheet["B5"].value == "y" and sheet["B5"].fill.fgColor.rgb != ORANGE


def _names(content):
    return openpyxl.load_workbook(io.BytesIO(content)).sheetnames


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"\x00" * 50])
def test_what_cannot_be_opened_is_said(content):
    with pytest.raises(Shown, match="could not be opened"):
        marked.workbook("r.xlsx", content, [finding("E3")], Settings())


def test_the_marked_file_is_a_workbook_our_reader_takes():
    made = marked.workbook("r.xlsx", book(), [finding("E3")], Settings())
    again = read.read("m.xlsx", made.content, Settings())
    assert not again.unreadable and next(s.name for s in again.sheets) == "What needs you"
