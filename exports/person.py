"""A copy of everything kept about one person, for them to take away: JSON, CSV or a workbook. It leaves the house by the person's own hand."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from openpyxl import Workbook

from domain import fields
from exports.files import inert

FORMS = {"json": "application/json", "csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def made(copy: dict[str, Any], form: str) -> bytes:
    """The copy that access.requests.copy gives, as a file of one of FORMS. In a CSV a line is one value: when, sheet, row, column, value."""
    return {"json": _json, "csv": _csv, "xlsx": _xlsx}[form](copy)


def _json(copy: dict[str, Any]) -> bytes:
    named = {part: {sheet: [_named(sheet, row) for row in rows] for sheet, rows in copy[part].items()} for part in ("now", "earlier")}
    return json.dumps({"about": copy["about"], **named}, ensure_ascii=False, indent=1, default=str).encode()


def _csv(copy: dict[str, Any]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["kept", "sheet", "row", "what", "value"])
    for part in ("now", "earlier"):
        for sheet, rows in copy[part].items():
            for n, row in enumerate(rows, start=1):
                writer.writerows([part, sheet, n, what, inert(value)] for what, value in _named(sheet, row).items() if value is not None)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(copy: dict[str, Any]) -> bytes:
    book = Workbook()
    first = book.active
    first.title = "About this copy"
    for name, value in copy["about"].items():
        first.append([name, inert(value)])
    for part, title in (("now", "{}"), ("earlier", "{} earlier")):
        for sheet, rows in copy[part].items():
            page = book.create_sheet(title.format(sheet)[:31])
            heads = list(_named(sheet, rows[0]))
            page.append(heads)
            for row in rows:
                page.append([inert(value) for value in _named(sheet, row).values()])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _named(sheet: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row under the headings of the workbook."""
    names = {f.column: f.name for f in fields.BY_NAME[sheet].fields}
    return {names.get(column, column): value for column, value in row.items()}
