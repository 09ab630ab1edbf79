"""Small workbooks for tests: ordinary ones by openpyxl, hostile ones part by part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import openpyxl
import pyarrow as pa

from benchmarks import intake
from data_loaders import reader_child
from data_loaders.check import Checked, Known, check
from data_loaders.read import Workbook, question, read, understood
from data_loaders.recognise import recognise
from domain import measures
from domain.settings import Settings
from domain.types import Finding

TODAY = date(2026, 1, 15)
KNOWN = Known({"SVC001": "ORG01", "SVC002": "ORG02", "SVC003": "ORG01"}, measures.all_measures(), TODAY)

PEOPLE = ("person ref*", "service code*", "started on*", "ended on")
ASSESSMENTS = ("person ref*", "service code*", "date*", "measure*", "score*")


def book(sheets: dict[str, Iterable[Iterable[Any]]], change: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    """A workbook with these sheets, rows from A1; `change` may do more to it before it is saved."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(list(row))
    if change:
        change(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def raw_book(
    rows: str = "",
    strings: str | None = None,
    workbook: str | None = None,
    sheet: str | None = None,
    more: dict[str, str | bytes] | None = None,
    without: tuple[str, ...] = (),
) -> bytes:
    """A workbook from the XML of its rows, or of other parts; `more` adds or replaces parts."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": intake._TYPES,
        "_rels/.rels": intake._RELS,
        "xl/workbook.xml": workbook or intake._WORKBOOK,
        "xl/_rels/workbook.xml.rels": intake._WORKBOOK_RELS,
        "xl/worksheets/sheet1.xml": sheet
        or f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{intake._MAIN}"><sheetData>{rows}</sheetData></worksheet>',
        "xl/styles.xml": intake._STYLES,
        "xl/sharedStrings.xml": strings or f'<sst xmlns="{intake._MAIN}" count="0" uniqueCount="0"></sst>',
    }
    parts |= more or {}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            if name not in without:
                archive.writestr(name, text)
    return out.getvalue()


def text_cell(address: str, text: str) -> str:
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'


def opened(content: bytes, name: str = "return.xlsx", **settings: Any) -> Workbook:
    return read(name, content, Settings().replaced(**settings))


def opened_here(content: bytes, name: str = "return.xlsx") -> Workbook:
    """The same without the process, for files that do no harm: a tenth of the time."""
    limits = Settings()
    said, batches = reader_child.answer(content, question(name, "zip" if content.startswith(b"PK") else "text", limits))
    return understood(Workbook(name, "", (), ()), said, [pa.Table.from_batches([batch]) for batch in batches], limits)


def through(*files: bytes, known: Known = KNOWN, here: bool = True, **settings: Any) -> tuple[Checked, list[Finding]]:
    """Files of one upload read, recognised and checked; all findings together. `here`: in this process, for files that do no harm, read as the other does."""
    found, findings = [], []
    for n, content in enumerate(files, start=1):
        some, told = recognise(opened_here(content, f"file{n}.xlsx") if here else opened(content, f"file{n}.xlsx", **settings))
        found += some
        findings += told
    checked = check(found, known)
    return checked, findings + checked.findings


def codes(findings: Iterable[Finding]) -> set[str]:
    return {f.code for f in findings}
