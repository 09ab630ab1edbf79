"""Everybody can use it: axe on every page, every page at phone width, and a path from the Overview to the journeys by the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest

from access import intake, record
from domain import settings
from tests.conftest import ADMINISTRATOR, COMMISSIONER, Server, settled, three_sheets, workbook
from ui import frame
from warehouse.connect import Store

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
SEEN_AS = {"manager": "Manager of a provider", "administrator": "Administrator"}
OPENED = {"service": "?service=S1", "cohorts": "?service=S1", "journeys": "?service=S1"}
# (page, whose eyes): all that a commissioner has, then what only others have. Read from the menu, so a new page is looked at from its first day.
COMMISSIONERS = [(name, "commissioner") for pages in frame.MENU.values() for name, _, _, roles in pages if "commissioner" in roles]
OTHERS = [(name, roles[0]) for pages in frame.MENU.values() for name, _, _, roles in pages if "commissioner" not in roles]
LOOKED_AT = [*COMMISSIONERS, *OTHERS]

# What Streamlit itself causes: rule id -> (a part of what is struck, why it is not ours). docs/accessibility.md says what each means for people.
STREAMLITS: dict[str, tuple[str, str]] = {}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on two services, with journeys open to commissioners."""
    folder = tmp_path_factory.mktemp("accessible")
    store = Store(folder / "own.duckdb", settings.load())
    for sheets in (three_sheets(40), three_sheets(40, "S2", "P2", "d", 2)):
        intake.send(store, intake.receive(store, [("return.xlsx", workbook(sheets))], COMMISSIONER), COMMISSIONER)
    record.allow_inside(store, ADMINISTRATOR, "a review", "as agreed", "the controller")
    store.close()
    running = Server(folder)
    try:
        yield running.wait()
    finally:
        running.stop()


@pytest.fixture(scope="module")
def looking(browser: Any) -> Iterator[Any]:
    """A page into which axe may be put: the app's own policy refuses scripts from elsewhere. One for the module, so that the browser keeps its files."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", color_scheme="light", bypass_csp=True, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def opened(page: Any, url: str, name: str, role: str) -> None:
    """A page of the menu, drawn to its end, through the eyes of a role."""
    page.goto(f"{url}/{name}{OPENED.get(name, '')}")
    page.locator(".st-key-foot").wait_for()
    settled(page)
    if role in SEEN_AS:
        page.get_by_text(SEEN_AS[role], exact=True).click()
        settled(page)
    page.get_by_role("heading", level=1).wait_for()
    settled(page)


def found(page: Any) -> list[tuple[str, str, str]]:
    """(rule, where, what axe says) of every serious or critical violation that is not Streamlit's own."""
    page.evaluate(AXE)
    result = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    assert len(result["passes"]) > 20, "axe looked at the page"
    return [
        (violation["id"], " ".join(map(str, node["target"])), node["html"][:300] + node["failureSummary"][:300])
        for violation in result["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if violation["id"] not in STREAMLITS or STREAMLITS[violation["id"]][0] not in node["html"]
    ]


@pytest.mark.parametrize(("name", "role"), LOOKED_AT)
def test_axe_finds_nothing_serious_of_ours_and_a_phone_needs_no_sideways_scrolling(served: Server, looking: Any, name: str, role: str) -> None:
    looking.set_viewport_size({"width": 1440, "height": 900})
    opened(looking, served.url, name, role)
    assert found(looking) == []

    looking.set_viewport_size({"width": 390, "height": 844})
    looking.wait_for_timeout(300)
    settled(looking)
    assert looking.evaluate("() => document.scrollingElement.scrollWidth <= innerWidth + 1"), "the page is wider than a phone"
    main = "document.querySelector('[data-testid=stMain]')"
    assert looking.evaluate(f"{main}.scrollWidth <= {main}.clientWidth + 1"), "the page's body, which is what Streamlit scrolls, is wider than a phone"
    assert looking.get_by_text("Something went wrong").count() == 0
    assert looking.locator("[data-testid=stException]").count() == 0
