"""The whole way in a real Chromium: a workbook goes in, and a click at a time leads from the Overview to one coded line; a copied link reopens a view."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.clicks import MARK
from tests.conftest import Server, settled, three_sheets, workbook


def click_mark(page: Any, code: str) -> None:
    for _ in range(100):  # the policy forbids a waiting function inside the page, so the waiting is done here
        if page.evaluate(MARK, code):
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(500)  # the plot has been scrolled to; let it come to rest
    x, y = page.evaluate(MARK, code)
    page.mouse.click(x, y)
    settled(page)


@pytest.fixture
def complaints(page: Any) -> Iterator[list[str]]:
    """What the browser complains of: anything the content security policy blocks, and scripts that fail."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if "Content Security Policy" in message.text else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert found == []


def test_from_a_workbook_to_one_coded_line_and_back_by_a_link(start_server: Callable[..., Server], page: Any, complaints: list[str], tmp_path: Path) -> None:
    server = start_server()
    file = tmp_path / "return.xlsx"
    file.write_bytes(workbook(three_sheets(40)))

    page.goto(f"{server.url}/upload")
    settled(page)
    page.set_input_files("input[type=file]", str(file))
    page.get_by_text("What will change").wait_for()
    page.get_by_text("We read 'Assessments': 80 rows.").wait_for()
    page.get_by_role("button", name="Send this return").click()
    page.get_by_text("Thank you. Your return is in").wait_for()

    page.get_by_text("Manager of a provider").click()  # a manager sees their own people's lines
    page.get_by_test_id("stSidebar").get_by_text("Provider", exact=True).wait_for()
    settled(page)
    page.get_by_role("link", name="See the overview").click()
    page.get_by_text("26 of 40 people improved").wait_for()
    settled(page)
    click_mark(page, "S1")
    page.get_by_role("heading", name="The Elms").wait_for()
    assert "service=S1" in page.url

    settled(page)
    click_mark(page, "2025-26 Q1")
    page.get_by_role("heading", name="Cohorts", exact=True).wait_for()
    settled(page)
    assert "is-end_quarter=2025-26" in page.url
    cohorts = page.url
    page.get_by_role("button", name="Open the journeys of these people").click()  # a click on a bar selects people for the other charts
    page.get_by_role("heading", name="Journeys", exact=True).wait_for()
    settled(page)
    journeys = page.url
    assert "is-end_quarter=2025-26" in journeys

    label = page.evaluate("() => document.querySelector('.js-plotly-plot')._fullData.filter(t => t.customdata && t.hoverinfo !== 'skip')[0].customdata[0]")
    click_mark(page, label)
    page.get_by_role("dialog").get_by_text(label, exact=True).first.wait_for()
    assert page.url == journeys, "an opened journey is never in the link"

    # The copied link of the cohort, in somebody else's browser: the same view; the journeys' link stays closed to them.
    stranger = page.context.browser.new_page()
    try:
        stranger.goto(cohorts)
        settled(stranger)
        stranger.get_by_role("heading", name="Cohorts", exact=True).wait_for()
        stranger.get_by_role("button", name="The Elms").wait_for()
        stranger.get_by_role("button", name="ended in April to June 2025").wait_for()
        stranger.goto(journeys)
        settled(stranger)
        stranger.get_by_text("Journeys are closed in this database").wait_for()
        assert label not in stranger.content()
    finally:
        stranger.close()

    page.keyboard.press("Escape")
    settled(page)
    assert page.get_by_role("dialog").count() == 0


def test_a_file_with_a_mistake_is_told_where_and_stores_nothing(server: Server, page: Any, complaints: list[str], tmp_path: Path) -> None:
    sheets = three_sheets(12)
    sheets["Assessments"][3][4] = 99
    file = tmp_path / "wrong.xlsx"
    file.write_bytes(workbook(sheets))
    page.goto(f"{server.url}/upload")
    settled(page)
    page.set_input_files("input[type=file]", str(file))
    page.get_by_text("start here").wait_for()
    page.get_by_text("Assessments!E4").first.wait_for()
    page.get_by_text("Nothing has been sent yet").wait_for()
    assert page.get_by_role("button", name="Send this return").count() == 0
    page.goto(server.url)
    settled(page)
    page.get_by_text("There is nothing here yet").wait_for()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_sample_is_made_up_says_so_and_fits_the_screen(sample: Server, page: Any, complaints: list[str], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for address in ("/", "/service?service=LAN-1", "/service?service=ROW-1", "/cohorts?service=LAN-1", "/journeys?service=LAN-1", "/upload", "/handbook"):
        page.goto(f"{sample.url}{address}{'&' if '?' in address else '?'}data=sample")
        page.get_by_text("Nobody watches these scores").wait_for(timeout=240_000)
        settled(page)
        page.get_by_text("Made-up data.").wait_for()
        assert page.get_by_text("Something went wrong").count() == 0, address
        main = "document.querySelector('[data-testid=stMain]')"
        assert page.evaluate(f"{main}.scrollWidth <= {main}.clientWidth"), f"{address} is wider than the screen"


def test_on_a_projector_the_first_screen_holds_the_answer_and_no_button_is_cut(sample: Server, page: Any, complaints: list[str]) -> None:
    """1280 × 720 with letters half as large again is 853 × 480."""
    page.goto(f"{sample.url}/?data=sample")
    page.get_by_text("Nobody watches these scores").wait_for(timeout=240_000)
    settled(page)
    page.get_by_text("Presenter", exact=True).click()
    settled(page)
    if page.get_by_role("button", name="Skip the tour").count():
        page.get_by_role("button", name="Skip the tour").click()
        settled(page)
    page.set_viewport_size({"width": 853, "height": 480})
    page.wait_for_timeout(300)
    words = page.get_by_role("button", name="Start with your own").locator("p")
    assert words.evaluate("e => e.scrollWidth <= e.clientWidth")
    answer = page.locator('[class*="st-key-lead-"] p').first.bounding_box()
    assert answer is not None and answer["y"] + answer["height"] < 480


def test_ones_own_database_is_empty_and_never_mixed_with_the_sample(sample: Server, page: Any, complaints: list[str]) -> None:
    page.goto(f"{sample.url}/?data=sample")
    page.get_by_text("Nobody watches these scores").wait_for(timeout=240_000)
    settled(page)
    page.get_by_role("button", name="Start with your own").click()
    page.get_by_text("There is nothing here yet").wait_for()
    settled(page)
    assert page.get_by_text("Made-up data.").count() == 0
    page.get_by_role("button", name="Back to the made-up data").click()
    page.get_by_text("Made-up data.").wait_for()
    assert "data=sample" in page.url


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose sample database is made by its first visitor."""
    running = Server(tmp_path_factory.mktemp("sample"))
    try:
        yield running.wait()
    finally:
        running.stop()
