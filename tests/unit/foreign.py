"""Spreadsheets as managers print them: titles, merged headings in two rows, dates as text, totals and notes below. Made here, nobody's."""

from __future__ import annotations

import io
from typing import Any

import openpyxl


def messy(quarter: int = 0, people: int = 12, service: str = "") -> bytes:
    """One sheet, a row per person, PHQ-9 and GAD-7 at start and end under merged headings. `quarter` moves dates and references on by so many quarters."""
    made = openpyxl.Workbook()
    page = made.active
    page.title = "Client list"
    page["A1"], page["A2"] = "The Elms: people we worked with", "Printed by the office"
    for cells, text in (("A4:B4", "Client"), ("C4:E4", "Dates"), ("F4:G4", "PHQ-9"), ("H4:I4", "GAD-7")):
        page.merge_cells(cells)
        page[cells.split(":")[0]] = text
    headings = ["Refrence", "Sex", "Started", "Finished", "Why ended", "Start", "End", "Start", "End"] + (["Service"] if service else [])
    month, year = 1 + 3 * quarter, 2024
    page.append(headings)
    for n in range(people):
        row: list[Any] = [
            f"EL-{100 * quarter + n:03d}", "M" if n % 2 else "F", f"{7 + n % 9:02d}/{month:02d}/{year}", f"{13 + n % 9:02d}/{month + 2:02d}/{year}",
            "As planned" if n % 3 else "Stopped comming", 18 - n % 4, 9 if n % 3 else 17, 15, 7 if n % 3 else 14,
        ]  # fmt: skip
        page.append(row + ([service] if service else []))
    page.append(["Total", None, None, None, None, 15 * people])
    page.append([])
    page.append(["Note: scores are those of the first and the last session."])
    page.append(["Prepared by the office"])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def sheet(name: str, rows: list[tuple[Any, ...]]) -> bytes:
    """A workbook of one sheet."""
    made = openpyxl.Workbook()
    page = made.active
    page.title = name
    for row in rows:
        page.append(list(row))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()
