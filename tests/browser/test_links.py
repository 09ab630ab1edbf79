"""Links in a real Chromium: four clicks down and four steps back, a view saved and opened again, the menu keeping the filters, and somebody else's link."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from access import bookmarks, intake, record
from domain import settings
from domain.types import Viewer
from tests.browser.test_pages_journey import click_mark
from tests.conftest import ADMINISTRATOR, COMMISSIONER, Server, settled, three_sheets, workbook
from warehouse.connect import Store


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on two counselling services, with journeys open to commissioners."""
    folder = tmp_path_factory.mktemp("links")
    store = Store(folder / "own.duckdb", settings.load())
    other = three_sheets(40, "S2", "P2", "d", 2)
    other["Services"][1][4] = "community support"
    for sheets in (three_sheets(40), other):
        received = intake.receive(store, [("return.xlsx", workbook(sheets))], COMMISSIONER)
        intake.send(store, received, COMMISSIONER)
    record.allow_inside(store, ADMINISTRATOR, "a review", "as agreed", "the controller")
    store.close()
    running = Server(folder)
    try:
        yield running.wait()
    finally:
        running.stop()


def seen(page: Any) -> tuple[str, str, list[str]]:
    """(address, title, narrowings) of the view on screen."""
    settled(page)
    chips = page.locator(".st-key-chips button").all_inner_texts()
    return page.url, page.get_by_role("heading", level=1).inner_text(), [text.replace("close", "").strip() for text in chips]


def test_four_clicks_down_and_four_steps_back(served: Server, page: Any) -> None:
    page.goto(f"{served.url}/?from=2025-04-01&to=2026-03-31&v=1")
    page.get_by_text("people improved").first.wait_for()
    views = [seen(page)]

    page.get_by_role("combobox", name="Which services").click()
    page.keyboard.type("counselling")
    page.wait_for_timeout(300)
    page.keyboard.press("Enter")
    page.locator(".st-key-chips").get_by_text("counselling", exact=False).first.wait_for()
    views.append(seen(page))
    assert "service_type=counselling" in page.url

    click_mark(page, "S1")
    page.get_by_role("heading", name="The Elms", level=1).wait_for()
    views.append(seen(page))

    click_mark(page, "2025-26 Q1")
    page.get_by_role("heading", name="Cohorts", level=1).wait_for()
    views.append(seen(page))
    assert "is-end_quarter=2025-26" in page.url

    page.get_by_role("button", name="Open the journeys of these people").click()
    page.get_by_role("heading", name="Journeys", level=1).wait_for()
    page.get_by_text("coded records of real people").wait_for()
    assert "is-end_quarter=2025-26" in page.url and "service=S1" in page.url, "the group came all the way down"

    for view in reversed(views):  # one press for each click, though Streamlit writes page and link apart
        page.go_back()
        page.get_by_role("heading", name=view[1], level=1).wait_for()
        settled(page)
        page.wait_for_url(view[0])
        assert seen(page) == view


def test_filters_stay_when_the_menu_is_used_and_back_is_not_caught(served: Server, page: Any) -> None:
    page.goto(f"{served.url}/service?service=S1&from=2025-04-01&to=2026-03-31&v=1")
    page.get_by_role("heading", name="The Elms", level=1).wait_for()
    settled(page)
    start = page.url
    page.get_by_text("Explore", exact=True).click()
    page.get_by_role("menuitem", name="Cohorts").click()
    page.get_by_role("heading", name="Cohorts", level=1).wait_for()
    settled(page)
    assert "service=S1" in page.url and "from=2025-04-01" in page.url
    page.get_by_role("button", name="Ended in 2025-26").click()
    settled(page)
    assert "from=" not in page.url and "service=S1" in page.url
    for _ in range(2):  # the chip, then the menu
        page.go_back()
        settled(page)
    page.wait_for_url(start)
    page.get_by_role("heading", name="The Elms", level=1).wait_for()


def test_a_view_is_saved_and_opened_again(served: Server, page: Any) -> None:
    page.goto(f"{served.url}/cohorts?service=S1&is-gender=female&v=1")
    page.get_by_role("heading", name="Cohorts", level=1).wait_for()
    settled(page)
    page.get_by_role("button", name="Views").click()
    page.get_by_role("textbox", name="Name of this view").fill("Women at The Elms")
    page.get_by_role("button", name="Save this view").click()
    page.get_by_text("Saved as Women at The Elms").wait_for()
    page.goto(f"{served.url}/compare")
    page.get_by_role("heading", level=1).wait_for()
    settled(page)
    page.get_by_role("button", name="Views").click()
    page.get_by_role("link", name="Women at The Elms").click()
    page.get_by_role("heading", name="Cohorts", level=1).wait_for()
    settled(page)
    assert "is-gender=female" in page.url and "service=S1" in page.url
    page.get_by_role("button", name="women").wait_for()


def test_somebody_elses_link_is_narrowed_and_says_so(served: Server, page: Any) -> None:
    page.goto(f"{served.url}/journeys?service=S1&v=1")
    page.get_by_text("You opened this link as a commissioner").wait_for()
    settled(page)
    page.get_by_text("Presenter", exact=True).click()
    page.get_by_text("which are not shown to a presenter").wait_for()
    settled(page)
    assert page.locator(".js-plotly-plot").count() == 0
    page.get_by_role("link", name="Open the same group on Cohorts").click()
    page.get_by_role("heading", name="Cohorts", level=1).wait_for()
    settled(page)
    assert "service=S1" in page.url


def test_a_saved_picture_says_what_it_shows(served: Server, page: Any) -> None:
    page.goto(f"{served.url}/service?service=S1")
    card = page.locator(".st-key-card-improved")
    card.locator(".js-plotly-plot").wait_for()
    settled(page)
    with page.expect_download() as saved:
        card.locator(".modebar-btn").first.click()
    assert saved.value.suggested_filename == "so-what-improved.svg"
    drawn = ElementTree.parse(saved.value.path()).getroot()
    texts = " ".join("".join(text.itertext()) for text in drawn.iterfind("{*}g/{*}text"))
    assert card.locator("strong").first.inner_text() in texts and "By the quarter in which people ended" in texts and "data up to" in texts
    assert drawn.find("{*}svg") is not None, "the chart itself"


def test_owner_of_a_view_in_local_mode() -> None:
    """What the page saves under is what the desk looks under: user, role and providers."""
    assert bookmarks.owner(Viewer("local manager", "manager", ("P2", "P1"))) == "local manager|manager|P1|P2"
