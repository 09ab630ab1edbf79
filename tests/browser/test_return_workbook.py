"""A return by workbook in a real Chromium: download it prefilled, fill it with openpyxl, send it, and see it as sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl

from domain.quarters import quarter_of, year_name
from tests.conftest import Server, settled, workbook
from tests.unit.test_returns import LINES, MILESTONES, SERVICES

ACTUALS = {"M1": 14, "M2": 10, "M3": 11, "M4": 8, "T1": 9}


def test_the_prefilled_workbook_is_downloaded_filled_and_sent(start_server: Callable[..., Server], page: Any, tmp_path: Path) -> None:
    server, quarter = start_server(), quarter_of(date.today()).previous()
    rows = [
        ["S1", year_name(year), ref, "milestone", f"People take step {ref}", "newly in the quarter", n, n, n, n]
        for year in (quarter.year - 1, quarter.year)
        for ref, n in LINES.items()
    ]
    plan = tmp_path / "plan.xlsx"
    plan.write_bytes(workbook({"Services": SERVICES, "Milestones": [MILESTONES, *rows]}))
    send(page, server, plan)

    page.get_by_text("Manager of a provider").click()
    settled(page)
    go(page, "My returns")
    page.get_by_text("Not sent yet.").wait_for()
    settled(page)
    with page.expect_download() as coming:
        page.get_by_role("button", name="Take it as a workbook").click()
    taken = tmp_path / coming.value.suggested_filename
    coming.value.save_as(taken)
    fill(taken)

    go(page, "Upload")
    upload(page, taken)
    go(page, "My returns")
    page.get_by_text("Sent, and not looked at yet.").wait_for()


def go(page: Any, name: str) -> None:
    """By the menu, so that the session, and with it the role, stays."""
    page.get_by_test_id("stTopNavSection").filter(has_text="Returns").click()
    page.get_by_test_id("stTopNavDropdownLink").filter(has_text=name).click()
    settled(page)


def fill(path: Path) -> None:
    """Types what happened into the open cells, as a manager would; every other cell stays as it came."""
    book = openpyxl.load_workbook(path)
    sheet = book["Quarterly return"]
    heads = {cell.value: cell.column for cell in sheet[1]}
    refs = {sheet.cell(row, heads["ref*"]).value: row for row in range(2, sheet.max_row + 1)}
    for ref, n in ACTUALS.items():
        cell = sheet.cell(refs[ref], heads["actual*"])
        assert not cell.protection.locked
        cell.value = n
    book.save(path)


def send(page: Any, server: Server, file: Path) -> None:
    page.goto(f"{server.url}/upload")
    settled(page)
    upload(page, file)


def upload(page: Any, file: Path) -> None:
    page.set_input_files("input[type=file]", str(file))
    page.get_by_text("What will change").wait_for()
    settled(page)
    page.get_by_role("button", name="Send this return").click()
    page.get_by_text("Your return is in").wait_for()
    settled(page)
