"""The return workbook of one service and quarter: the plan's lines, projections and the year to date stand in it and are locked; what happened is left open.

It is read back by the loader like any other return. The columns added for the reader's eye (what people will achieve, projection, year to date) are not
part of the return, and the loader says so and leaves them aside.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook as Book
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from data_loaders import template
from domain import codes, fields, plan_templates
from domain.quarters import Quarter, year_name

LOCKED = PatternFill("solid", fgColor="F2F2F2")
OPEN_FIELDS = ("actual", "out_of", "explanation", "reason", "learning", "who_may_read_this", "verified_how", "verified_by")
GIVEN = ("What people will achieve", "Counted as", "Projection", "Year to date before this quarter")
WIDTHS = {"actual": 10, "out_of": 10, "explanation": 46, "reason": 26, "learning": 36, "who_may_read_this": 26, "verified_how": 26, "verified_by": 18}
ROWS_OPEN = 20  # rows below the plan's lines for a line that is not in the plan yet


@dataclass(frozen=True)
class Line:
    """One line of the plan as the workbook shows it."""

    ref: str
    what: str
    counted_as: str
    projection: float | None
    to_date: float | None
    out_of: float | None = None
    actual: float | None = None
    explanation: str = ""
    reason: str = ""
    learning: str = ""
    readers: str = ""
    verified_how: str = ""


def prefilled(service: str, name: str, quarter: Quarter, lines: Sequence[Line]) -> bytes:
    """An .xlsx with a page of words and the sheet *Quarterly return*: one row per line, only what happened and the words about it open to typing."""
    book = Book()
    _words(book.active, name, quarter)
    sheet = fields.BY_NAME["Quarterly return"]
    page = book.create_sheet(sheet.name)
    keys = [f for f in sheet.fields if f.column in sheet.key]
    opened = [f for f in sheet.fields if f.column in OPEN_FIELDS]
    heads = [f.name + ("*" if f.required else "") for f in keys] + list(GIVEN) + [f.name + ("*" if f.required else "") for f in opened]
    helps = [f.help for f in keys] + ["From the plan. Not read back."] * len(GIVEN) + [f.help for f in opened]
    for index, (head, told) in enumerate(zip(heads, helps, strict=True), start=1):
        cell = page.cell(1, index, head)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        note = Comment(told, "So What?")
        note.width, note.height = 300, 100
        cell.comment = note
    for down, line in enumerate(lines, start=2):
        given = [service, year_name(quarter.year), quarter.number, line.ref, line.what, line.counted_as, line.projection, line.to_date]
        said = {
            "actual": line.actual, "out_of": line.out_of, "explanation": line.explanation, "reason": line.reason, "learning": line.learning,
            "who_may_read_this": line.readers,
        }  # fmt: skip
        for index, value in enumerate(given + [said.get(f.column) or (0 if said.get(f.column) == 0 else None) for f in opened], start=1):
            cell = page.cell(down, index, value)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if index <= len(given):
                cell.fill = LOCKED
            if index in (1, 2, 4):
                cell.number_format = "@"
            cell.protection = Protection(locked=index <= len(given))
    _open_rows(page, len(lines) + 2, service, quarter, len(heads))
    _lists(book, page, [f.column for f in opened], len(keys) + len(GIVEN), len(lines) + ROWS_OPEN + 1)
    for index, head in enumerate(heads, start=1):
        column = next((f.column for f in opened if head.startswith(f.name)), "")
        page.column_dimensions[get_column_letter(index)].width = 44 if head == GIVEN[0] else WIDTHS.get(column, 14)
    page.row_dimensions[1].height = 34
    page.freeze_panes = page.cell(2, len(keys) + 2)
    page.protection.sheet = True  # no password: it keeps a hand from slipping, nothing else
    page.protection.formatColumns = page.protection.formatRows = False
    book.active = 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _words(page: Worksheet, name: str, quarter: Quarter) -> None:
    page.title = "Read me"
    told = (
        f"{name}: {quarter.months()} ({quarter})",
        "On the sheet 'Quarterly return', each row is a line of your plan. Fill in what happened; grey cells come from the plan and are locked.",
        "Blank means not known. 0 means you counted, and there were none.",
        "A figure far from its projection is a question, not a fault: say what lies behind it in 'explanation'. 'We do not know' is a good answer.",
        "'Who may read this' decides who reads your words: you and your commissioner, a seminar, or anybody.",
        "Something to count that is not in the plan yet? Use the empty rows below the lines with a reference of its own; we will ask whether to add it.",
        "Never type a name, a date of birth, an NHS number, an address, a telephone number or an e-mail address, in any cell.",
        "Send the file on the page 'Upload'. Nothing is kept until you press 'Send this return'.",
    )
    for row, line in enumerate(told, start=1):
        cell = page.cell(row, 1, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.font = Font(bold=row == 1, size=16 if row == 1 else 11)
    page.column_dimensions["A"].width = 110


def _open_rows(page: Worksheet, first: int, service: str, quarter: Quarter, columns: int) -> None:
    """Rows for lines not in the plan: everything in them is open."""
    for row in range(first, first + ROWS_OPEN):
        for index in range(1, columns + 1):
            page.cell(row, index).protection = Protection(locked=False)


def _lists(book: Book, page: Worksheet, opened: Sequence[str], before: int, last: int) -> None:
    """Drop-downs for the reason and the readers, from a hidden sheet."""
    hidden = book.create_sheet("Lists")
    hidden.sheet_state = "hidden"
    for column, (name, words) in enumerate((("reason", codes.REASONS), ("who_may_read_this", codes.READERS)), start=1):
        for row, word in enumerate(words, start=1):
            hidden.cell(row, column, word)
        letter = get_column_letter(column)
        check = DataValidation(type="list", formula1=f"Lists!${letter}$1:${letter}${len(words)}", allow_blank=True)
        check.errorTitle, check.error = "Have another look", "Please choose one of the words in the list, or leave it blank."
        at = get_column_letter(before + opened.index(name) + 1)
        check.add(f"{at}2:{at}{last}")
        page.add_data_validation(check)


def plan_book(
    service: str,
    name: str,
    year: int,
    lines: Sequence[Mapping[str, Any]],
    sections: Mapping[str, str],
    from_quarter: int = 1,
    made: plan_templates.Template | None = None,
) -> bytes:
    """The .xlsx of a target plan to edit: a page of guidance (of `made`, where given), the five sections, and one row per line with drop-downs."""
    library = plan_templates.library()
    told = [
        f"{name}: target plan for {year_name(year)}",
        "On the sheet 'Target plan' stands the plan in words, a row for each of the five sections. On 'Milestones' each row is one line with its figures.",
        "Edit what you like, add rows below, save, and drop the file on the page Target plan. It becomes your draft; nothing counts until it is agreed.",
        f"How people who use the service shape it: {library.line_guidance['how']}",
        "",
        *([made.about] if made else []),
        *(f"{s[:1].upper()}{s[1:]}: {' '.join(filter(None, (library.guidance[s], made.notes.get(s, '') if made else '')))}" for s in codes.SECTIONS),
        "",
        *(f"{column.replace('_', ' ').capitalize()}: {words}" for column, words in library.line_guidance.items() if column != "how"),
        *(f"{line.ref}, {line.what}: {line.note}" for line in (made.lines if made else ())),
        "",
        "Never type a name, a date of birth, an NHS number, an address, a telephone number or an e-mail address, in any cell.",
    ]
    at = {"service_code": service, "year": year, "from_quarter": from_quarter if from_quarter > 1 else None}
    sheets = {
        "Target plan": [{**at, "section": s, "text": sections.get(s)} for s in codes.SECTIONS if sections.get(s)],
        "Milestones": [{**row, **at} for row in lines],
    }
    return template.filled(sheets, told)


def worked_book(worked: plan_templates.WorkedPlan) -> bytes:
    """The worked plan as a workbook: its service, its five sections, its lines with every figure."""
    at = {"service_code": worked.service["service_code"], "year": worked.year, "from_quarter": None}
    told = [
        f"{worked.service['service_name']}: target plan for {year_name(worked.year)}, worked through",
        "Made up from beginning to end, to show what a plan may look like. Nobody in it is real.",
        f"How people who use the service shaped it: {worked.shaped}",
        "",
        *(f"{line.ref}: {line.note}" for line in worked.lines),
    ]
    sheets = {
        "Services": [dict(worked.service)],
        "Target plan": [{**at, "section": section, "text": text} for section, text in worked.sections.items()],
        "Milestones": [{**line.row(), **at} for line in worked.lines],
    }
    return template.filled(sheets, told)


def typed(sheets: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """What was typed on a page as the workbook it stands for: {sheet name: rows of column -> value}, so that it goes through the same door as a file."""
    book = Book()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = fields.BY_NAME[name]
        page = book.create_sheet(name)
        page.append([f.name for f in sheet.fields])
        for row in rows:
            page.append([template.shown(f.kind, row.get(f.column)) for f in sheet.fields])
        for line in page.iter_rows(min_row=2):
            for cell in line:
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # '=1+1' stays what was typed and is never a formula
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
