"""The blank workbook a provider fills in, made from the workbook's one definition: nothing here is typed twice."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from openpyxl import Workbook as Book
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from domain import fields, measures
from domain.quarters import year_name
from domain.types import Field, Sheet

ROWS = 5000  # rows below the headings that get formats and drop-downs; more may be typed
NEEDED = PatternFill("solid", fgColor="DCE6F1")
OPTIONAL = PatternFill("solid", fgColor="F2F2F2")
WIDTHS = {"text": 44, "name": 24, "choice": 22, "category": 20, "date": 13, "list": 24, "person": 15, "code": 15}
AS_TEXT = ("code", "person", "year", "list")  # or Excel turns 007 into 7 and 10/11 into a date
NUMBERS = ("number", "integer", "money", "score")

HOW = (
    "How to fill this in",
    "Fill in only the sheets you need; leave the others as they are. Any service and any number of rows may stand together.",
    "A column marked * is needed in every row. Leave a cell blank if you do not know: blank means not known, 0 means none were counted.",
    "Write dates day first: 03/04/2025 is 3 April 2025. Quarter 1 is April to June, 2 July to September, 3 October to December, 4 January to March.",
    "Never type a name, a date of birth, an NHS number, an address, a telephone number or an e-mail address, in any cell.",
    "For each person use your own reference. It is scrambled before anything is kept; keep your own list of who is who.",
    "You may move or leave out columns that are not marked *, and add title rows above the headings. Please keep the headings' words.",
    "When you send the file, it is checked first; you will be told which cell needs you. Nothing is kept until you press Send this return.",
)


def example(f: Field) -> object:
    """A made-up value of one field, as it would be typed."""
    special: dict[str, object] = {
        "service_code": "SVC001", "provider_code": "ORG01", "moved_to_service": "SVC001", "continues": "SVC001", "main_result": "PHQ-9; GAD-7",
        "person": "C0001", "cares_for": "C0002", "deprivation_quintile": "2", "contract_to": date(2026, 3, 31), "contract_from": date(2025, 4, 1),
        "started_on": date(2025, 4, 3), "ended_on": date(2025, 9, 25), "period_start": date(2025, 4, 1), "period_end": date(2025, 6, 30),
        "date": date(2025, 4, 3), "recorded_on": date(2025, 4, 4), "given_on": date(2025, 4, 4), "scale": "GBO", "numerator": 12,
        "denominator": 30, "subscale": "",
        "out_of": 20, "actual": 12, "worker": "W7", "score": 17,
    }  # fmt: skip
    by_kind: dict[str, object] = {
        "code": "M1", "text": "In your own words, without anything that says who.", "name": "North locality", "measure": "PHQ-9", "score": 17, "number": 2,
        "integer": 12, "money": 25000, "date": date(2025, 4, 3), "time": "09:30", "year": "2025-26", "quarter": 1,
    }  # fmt: skip
    if f.column in special:
        return special[f.column]
    return f.choices[0] if f.choices else by_kind[f.kind]


def template(sheets: Sequence[str] = fields.STARTER_SHEETS) -> bytes:
    """An .xlsx with a Read me sheet, one sheet for each named definition, and a hidden sheet with the lists behind the drop-downs.

    Raises KeyError for a name that is no sheet of the workbook.
    """
    book = Book()
    chosen = [fields.BY_NAME[name] for name in sheets]
    _read_me(book.active, chosen)
    lists: dict[tuple[str, ...], str] = {}
    for sheet in chosen:
        _one(book.create_sheet(sheet.name), sheet, lists)
    return _saved(book, lists)


def filled(sheets: Mapping[str, Sequence[Mapping[str, Any]]], told: Sequence[str]) -> bytes:
    """The same with rows in it: {sheet name: rows of column -> value}, below a Read me of the lines `told`. Everything may be typed over."""
    book = Book()
    _told(book.active, told)
    lists: dict[tuple[str, ...], str] = {}
    for name, rows in sheets.items():
        sheet = fields.BY_NAME[name]
        page = book.create_sheet(name)
        _one(page, sheet, lists)
        for down, row in enumerate(rows, start=2):
            for across, f in enumerate(sheet.fields, start=1):
                _fill(page, down, across, f, row.get(f.column))
    return _saved(book, lists)


def _fill(page: Worksheet, row: int, column: int, f: Field, value: Any) -> None:
    cell = page.cell(row, column, shown(f.kind, value))
    if isinstance(cell.value, str):
        cell.data_type = "s"  # '=1+1' stays what was typed and is never a formula
        cell.alignment = Alignment(wrap_text=f.kind == "text", vertical="top")
    if f.kind in AS_TEXT:
        cell.number_format = "@"


def shown(kind: str, value: Any) -> Any:
    """A stored value as it is typed into a workbook: a plan year by its name, whole numbers without a point."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return year_name(value) if kind == "year" and isinstance(value, int) else value


def _told(page: Worksheet, told: Sequence[str]) -> None:
    page.title = "Read me"
    for row, line in enumerate(told, start=1):
        cell = page.cell(row, 1, line)
        cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.font = Font(bold=row == 1, size=16 if row == 1 else 11)
    page.column_dimensions["A"].width = 110


def _saved(book: Book, lists: dict[tuple[str, ...], str]) -> bytes:
    """The bytes of a workbook whose drop-downs have their hidden sheet."""
    hidden = book.create_sheet("Lists")
    hidden.sheet_state = "hidden"
    for column, words in enumerate(lists, start=1):
        for row, word in enumerate(words, start=1):
            hidden.cell(row, column, int(word) if word.isdigit() else word)  # so that a typed 1 is the 1 of the list
    book.active = 0
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _read_me(page: Worksheet, chosen: list[Sheet]) -> None:
    page.title = "Read me"
    for row, line in enumerate(HOW, start=1):
        page.cell(row, 1, line).alignment = Alignment(wrap_text=True, vertical="top")
        page.merge_cells(start_row=row, start_column=1, end_row=row, end_column=5)
        page.row_dimensions[row].height = 32
    page["A1"].font = Font(bold=True, size=16)
    row = len(HOW) + 2
    for sheet in chosen:
        page.cell(row, 1, sheet.name).font = Font(bold=True, size=13)
        page.cell(row, 2, sheet.purpose)
        for column, heading in enumerate(("Column", "Needed", "What it is", "What may stand there", "For example"), start=1):
            page.cell(row + 1, column, heading).font = Font(bold=True)
        row += 2
        for f in sheet.fields:
            told: tuple[object, ...] = (f.name, "yes" if f.required else "", f.help, _allowed(f), example(f))
            for column, value in enumerate(told, start=1):
                cell = page.cell(row, column, value)
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                if isinstance(value, date):
                    cell.number_format = "dd/mm/yyyy"
            row += 1
        row += 1
    for letter, width in zip("ABCDE", (30, 9, 60, 50, 26), strict=True):
        page.column_dimensions[letter].width = width


def _allowed(f: Field) -> str:
    if f.choices:
        return ", ".join(f.choices) + (", or your own words" if f.kind == "category" else "")
    if f.kind == "measure":
        return ", ".join(measures.all_measures())
    limits = [f"{word} {value:g}" for word, value in (("from", f.lowest), ("to", f.highest)) if value is not None]
    words = {
        "score": "a number within the questionnaire's range", "integer": "a whole number", "number": "a number", "money": "pounds, digits only",
        "date": "a date, day first",
        "time": "a time such as 09:30", "year": "a plan year such as 2025-26", "quarter": "1, 2, 3 or 4, or 2025-26 Q3", "code": "a short code",
        "person": "your own reference",
        "list": "codes with semicolons between",
    }  # fmt: skip
    return " ".join([words.get(f.kind, f"words, up to {f.longest:,} characters"), *limits])


def _one(page: Worksheet, sheet: Sheet, lists: dict[tuple[str, ...], str]) -> None:
    for index, f in enumerate(sheet.fields, start=1):
        letter = get_column_letter(index)
        head = page.cell(1, index, f"{f.name}*" if f.required else f.name)
        head.font = Font(bold=f.required)
        head.fill = NEEDED if f.required else OPTIONAL
        head.alignment = Alignment(wrap_text=True, vertical="top")
        note = Comment(f"{f.help}\n{_allowed(f)}".strip(), "So What?")
        note.width, note.height = 320, 120
        head.comment = note
        page.column_dimensions[letter].width = WIDTHS.get(f.kind, 12)
        form = "dd/mm/yyyy" if f.kind == "date" else "hh:mm" if f.kind == "time" else "@" if f.kind in AS_TEXT else None
        if form:
            # The format of the whole column, not of thousands of empty cells.
            page.column_dimensions[letter].number_format = form
        if check := _validation(f, lists):
            check.add(f"{letter}2:{letter}{ROWS + 1}")
            page.add_data_validation(check)
    page.row_dimensions[1].height = 34
    page.freeze_panes = "A2"


def _validation(f: Field, lists: dict[tuple[str, ...], str]) -> DataValidation | None:
    """What Excel itself says while a cell is typed: kind, and never the last word (the checker accepts a little more)."""
    words = f.choices or (tuple(measures.all_measures()) if f.kind == "measure" else ("1", "2", "3", "4") if f.kind == "quarter" else ())
    if words:
        if words not in lists:
            letter = get_column_letter(len(lists) + 1)
            lists[words] = f"Lists!${letter}$1:${letter}${len(words)}"
        made = DataValidation(type="list", formula1=lists[words], allow_blank=True)
        made.errorStyle = "stop" if f.kind == "choice" else "information"
        made.error = (
            f"Please choose one of the words in the list for '{f.name}'."
            if f.kind == "choice"
            else f"'{f.name}' is usually one of the words in the list. Keep yours?"
        )
    elif f.kind == "date":
        made = DataValidation(type="date", operator="between", formula1="DATE(1800,1,1)", formula2="DATE(2200,1,1)", allow_blank=True)
        made.error = "Please type a date, day first, such as 03/04/2025."
    elif f.kind in NUMBERS:
        low, high = f.lowest if f.lowest is not None else -1e9, f.highest if f.highest is not None else 1e12
        made = DataValidation(
            type="whole" if f.kind == "integer" else "decimal", operator="between", formula1=f"{low:.0f}", formula2=f"{high:.0f}", allow_blank=True
        )
        made.error = f"Please type {_allowed(f)}, or leave it blank if it is not known."
    else:
        return None
    made.errorTitle = "Have another look"
    made.showErrorMessage = True
    made.promptTitle, made.prompt = f.name[:32], f.help[:255] or None
    made.showInputMessage = bool(f.help)
    return made
