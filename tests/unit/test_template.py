"""The template: made from the one definition, and what is typed into it comes through clean."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date

import openpyxl
import pytest

from data_loaders.template import example, template
from domain import fields
from tests.unit.books import codes, through

ALL = tuple(s.name for s in fields.SHEETS)


def filled(sheets: Sequence[str]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(template(sheets)))
    for name in sheets:
        for column, f in enumerate(fields.BY_NAME[name].fields, start=1):
            book[name].cell(2, column, example(f))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("sheets", [fields.STARTER_SHEETS, ALL])
def test_what_is_typed_into_the_template_comes_through_clean(sheets: Sequence[str]) -> None:
    checked, findings = through(filled(sheets))
    assert findings == []
    assert {name: table.num_rows for name, table in checked.tables.items()} == {fields.BY_NAME[name].table: 1 for name in sheets}
    for name in sheets:
        line = checked.tables[fields.BY_NAME[name].table].to_pylist()[0]
        for f in fields.BY_NAME[name].fields:
            typed = example(f)
            if isinstance(typed, date) or f.choices:
                assert line[f.column] == typed
            assert (line[f.column] is None) == (typed == "")


def test_an_empty_template_is_recognised_and_said_to_be_empty() -> None:
    _, findings = through(template())
    assert codes(findings) == {"empty-file"}


def test_headings_mark_what_is_needed_and_every_column_is_explained() -> None:
    book = openpyxl.load_workbook(io.BytesIO(template(ALL)))
    assert book.sheetnames == ["Read me", *ALL, "Lists"] and book["Lists"].sheet_state == "hidden"
    words = {(row[0], row[2]) for row in book["Read me"].iter_rows(values_only=True)}
    for sheet in fields.SHEETS:
        page = book[sheet.name]
        assert [cell.value for cell in page[1]] == [f"{f.name}*" if f.required else f.name for f in sheet.fields]
        assert page.freeze_panes == "A2"
        for f, cell in zip(sheet.fields, page[1], strict=True):
            assert cell.comment is not None and (not f.help or f.help in cell.comment.text)
            assert (f.name, f.help or None) in words


def test_drop_downs_offer_exactly_the_words_of_the_lists() -> None:
    book = openpyxl.load_workbook(io.BytesIO(template(ALL)))
    for sheet in fields.SHEETS:
        page = book[sheet.name]
        offered = {}
        for check in page.data_validations.dataValidation:
            first = str(check.sqref).split(":")[0].rstrip("0123456789")
            column = openpyxl.utils.column_index_from_string(first)
            offered[sheet.fields[column - 1].column] = check
        for f in sheet.fields:
            if not f.choices:
                continue
            place = offered[f.column].formula1.removeprefix("Lists!").replace("$", "")
            assert tuple(str(cell.value) for (cell,) in book["Lists"][place]) == f.choices
            assert offered[f.column].errorStyle == ("stop" if f.kind == "choice" else "information")
        assert {f.column for f in sheet.fields if f.kind in ("date", "score", "integer", "money", "number")} <= set(offered)
        assert all(len(check.prompt or "") <= 255 and len(check.promptTitle or "") <= 32 and len(check.error or "") <= 225 for check in offered.values())


def test_references_are_text_so_that_excel_keeps_their_zeros() -> None:
    page = openpyxl.load_workbook(io.BytesIO(template()))["People"]
    assert page.column_dimensions["A"].number_format == "@" and page.column_dimensions["C"].number_format == "dd/mm/yyyy"


def test_an_unknown_sheet_is_an_error() -> None:
    with pytest.raises(KeyError):
        template(["Nothing"])
