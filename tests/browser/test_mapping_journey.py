"""A spreadsheet that is not ours, in a real Chromium: its questions answered once, sent, and the next quarter's file sent without a question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.conftest import Server, settled, workbook
from tests.unit.foreign import messy

SERVICES = [
    ["service code", "service name", "provider code", "provider name", "service type"],
    ["S1", "The Elms", "P1", "Elm Trust", "counselling"],
    ["S2", "The Oaks", "P1", "Elm Trust", "counselling"],
]


def drop(page: Any, path: Path) -> None:
    settled(page)
    page.set_input_files("input[type=file]", str(path))


def choose(page: Any, label: str, option: str) -> None:
    """Picks an option of the box whose label holds these words."""
    settled(page)
    box = page.get_by_role("combobox", name=label).first
    box.scroll_into_view_if_needed()
    box.focus()
    box.press("ArrowDown")
    page.get_by_role("option", name=option).first.click()
    settled(page)


def test_a_foreign_layout_is_mapped_once_and_the_next_quarter_asks_nothing(server: Server, page: Any, tmp_path: Path) -> None:
    files = {"services.xlsx": workbook({"Services": SERVICES}), "first.xlsx": messy(0), "second.xlsx": messy(1)}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    page.goto(f"{server.url}/upload")
    drop(page, tmp_path / "services.xlsx")
    page.get_by_text("We read 'Services': 2 rows.").wait_for()
    page.get_by_role("button", name="Send this return").click()
    page.get_by_text("Thank you.").first.wait_for()
    page.get_by_text("Manager of a provider").click()

    drop(page, tmp_path / "first.xlsx")
    page.get_by_role("heading", name="Only you can say this").wait_for()
    settled(page)
    assert "EL-000" not in page.content(), "no reference of a person is shown as a sample"
    page.get_by_text("Its heading is 80% like 'client ref'.").wait_for()
    choose(page, "Which service are these rows about?", "The Elms")
    page.get_by_role("button", name="Use these answers").click()
    page.get_by_text("We read 'Client list' as People: 12 rows.").wait_for()
    page.get_by_text("We read 'Client list' as Assessments: 48 rows.").wait_for()
    assert page.get_by_role("heading", name="Only you can say this").count() == 0
    page.get_by_role("button", name="Send this return").click()
    page.get_by_text("Thank you.").first.wait_for()

    drop(page, tmp_path / "second.xlsx")
    page.get_by_text("We read 'Client list' as Assessments: 48 rows.").wait_for()
    settled(page)
    assert page.get_by_role("heading", name="Only you can say this").count() == 0, "nothing is asked twice"
    page.get_by_role("button", name="Send this return").click()
    page.get_by_text("Thank you.").first.wait_for()
    settled(page)
    assert page.get_by_text("Something went wrong").count() == 0
