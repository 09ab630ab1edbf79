"""Everybody can use it: axe on every page, in light and dark and with boxes open, every page at phone width, and a path by the keyboard alone."""

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

# What Streamlit itself causes: rule id -> (the part of the page it lies in, why it is not ours). docs/accessibility.md says what each means for people.
STREAMLITS: dict[str, tuple[str, str]] = {
    "list": ("[data-testid=stSidebarNav]", "at phone width Streamlit draws the menu in the sidebar, with its headings between the list items"),
    "listitem": ("[data-testid=stSidebarNav]", "the same menu: its list items stand in a box inside the list"),
}

WITHIN = "([struck, part]) => document.querySelector(struck).closest(part) !== null"


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


@pytest.fixture(scope="module")
def in_the_dark(browser: Any) -> Iterator[Any]:
    """The same in dark colours."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", color_scheme="dark", bypass_csp=True, reduced_motion="reduce")
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
        if violation["id"] not in STREAMLITS or not page.evaluate(WITHIN, [node["target"][-1], STREAMLITS[violation["id"]][0]])
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


def everything_open(page: Any) -> int:
    """Opens every box of the page that opens, and those that appear in it; how many there were."""
    closed = "[data-testid=stMain] details:not([open]) > summary"
    many = 0
    while more := page.evaluate("(closed) => [...document.querySelectorAll(closed)].filter((e) => e.offsetParent).map((e) => e.click()).length", closed):
        many += more
        assert many < 100, "a box that closes again"
        page.wait_for_timeout(300)
        settled(page)
    return many


@pytest.mark.parametrize("name", ["", "service", "cohorts"])
def test_in_the_dark_with_every_box_open_axe_finds_nothing_serious_of_ours(served: Server, in_the_dark: Any, name: str) -> None:
    opened(in_the_dark, served.url, name, "commissioner")
    assert in_the_dark.evaluate("() => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme") == "dark"
    assert everything_open(in_the_dark) >= 1
    assert found(in_the_dark) == []


@pytest.mark.parametrize("colours", ["looking", "in_the_dark"])
def test_with_a_journey_open_axe_finds_nothing_serious_of_ours(served: Server, colours: str, request: pytest.FixtureRequest) -> None:
    page = request.getfixturevalue(colours)
    page.set_viewport_size({"width": 1440, "height": 900})
    opened(page, served.url, "journeys", "commissioner")
    chosen(page, "Open one large")
    page.get_by_role("dialog").wait_for()
    settled(page)
    assert found(page) == []


def test_with_the_menu_open_a_phone_has_only_what_streamlit_causes(served: Server, looking: Any) -> None:
    looking.set_viewport_size({"width": 390, "height": 844})
    opened(looking, served.url, "", "commissioner")
    if not looking.locator("[data-testid=stSidebarNav]").is_visible():
        looking.locator("[data-testid=stExpandSidebarButton]").click()
    looking.locator("[data-testid=stSidebarNav]").wait_for()
    assert found(looking) == []


def tabbed(page: Any, target: Any, most: int = 120) -> None:
    """Tab is pressed until the target has the focus; a target that Tab does not reach fails."""
    target.wait_for()
    for _ in range(most):
        if target.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{most} presses of Tab do not reach {target}")


def chosen(page: Any, label: str, typed: str = "") -> None:
    """The box beside a chart, which opens what a click on a mark opens: the option that is typed, or the first."""
    tabbed(page, page.get_by_role("combobox", name=label))
    page.keyboard.press("ArrowDown")
    page.get_by_role("option").first.wait_for()
    if typed:
        page.keyboard.type(typed)
        page.get_by_role("option", name=typed).first.wait_for()
    page.keyboard.press("Enter")


def tables_open(page: Any) -> int:
    """Each chart's table is opened by the keyboard alone; how many charts there were. A chart without its table fails."""
    charts = page.locator("[class*=st-key-card-]:has(.js-plotly-plot)")
    charts.first.wait_for()
    settled(page)
    for card in charts.all():
        tab = card.get_by_role("tab", name="Chart")
        tabbed(page, tab)
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        card.locator("[data-testid=stDataFrame]").wait_for(state="visible")
        card.locator("[data-testid=stDataFrame] [role=grid] [role=gridcell]").first.wait_for(state="attached")  # what a screen reader reads of the canvas
    return int(charts.count())


def test_from_the_overview_to_the_journeys_by_keyboard_alone(served: Server, looking: Any) -> None:
    looking.set_viewport_size({"width": 1440, "height": 900})
    opened(looking, served.url, "", "commissioner")
    assert tables_open(looking) >= 1
    chosen(looking, "Open a service", "The Elms")
    looking.get_by_role("heading", name="The Elms", level=1).wait_for()
    settled(looking)
    assert tables_open(looking) >= 2
    chosen(looking, "Open the people of a quarter")
    looking.get_by_role("heading", name="Cohorts", level=1).wait_for()
    settled(looking)
    assert tables_open(looking) >= 1
    tabbed(looking, looking.get_by_role("button", name="Open the journeys of these people"))
    looking.keyboard.press("Enter")
    looking.get_by_role("heading", name="Journeys", level=1).wait_for()
    settled(looking)
    chosen(looking, "Open one large")
    looking.get_by_role("dialog").wait_for()
    settled(looking)
    looking.keyboard.press("Escape")
    looking.get_by_role("dialog").wait_for(state="detached")


def test_a_slider_that_selects_people_keeps_the_keyboard(served: Server, looking: Any) -> None:
    looking.set_viewport_size({"width": 1440, "height": 900})
    opened(looking, served.url, "cohorts", "manager")
    slider = looking.get_by_role("slider", name="Last score from, to").first
    tabbed(looking, slider)
    for _ in range(12):  # of the scores at the end, 10 and 17, only 17 is left
        looking.keyboard.press("ArrowRight")
    looking.get_by_text("1 pair of first and last PHQ-9").wait_for()
    settled(looking)
    assert slider.evaluate("e => e === document.activeElement"), "the slider lost the keyboard"
    again = looking.get_by_role("button", name="Show everyone again")
    again.focus()
    looking.keyboard.press("Enter")
    again.wait_for(state="detached")
