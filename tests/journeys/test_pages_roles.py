"""Pages as each role meets them, on a small return loaded through intake. AppTest: the real router, the real desk, no browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from access import desk, intake
from domain.types import Scope
from tests import conftest
from tests.conftest import COMMISSIONER, three_sheets, workbook
from ui import words
from warehouse.connect import Store

PAGES = ["explore/overview.py", "explore/service.py", "explore/cohorts.py", "explore/journeys.py", "returns/upload.py", "about/handbook.py"]


def said(at: Any) -> str:
    """Everything written on the page, as one text without Markdown's escapes."""
    parts = [str(e.value) for kind in ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success") for e in getattr(at, kind)]
    return "\n".join(parts).replace("\\", "")


def two_providers(store: Store) -> None:
    for sheets in (three_sheets(), three_sheets(30, "S2", "P2", "d", 2)):
        received = intake.receive(store, [("return.xlsx", workbook(sheets))], COMMISSIONER)
        assert not received.blocked, received.findings
        intake.send(store, received, COMMISSIONER)


@pytest.fixture
def loaded(copied: Callable[..., Store]) -> Store:
    """Two providers with a counselling service each: 24 people and 30."""
    return copied(two_providers)


@pytest.mark.parametrize("role", ["commissioner", "manager", "presenter"])
def test_the_overview_opens_with_what_people_gained(loaded: Store, app: Callable[..., Any], role: str) -> None:
    at = app(role=role, provider="P1")
    assert not at.exception and not at.error
    assert at.title[0].value == "So what did people gain?"
    # 16 of 24 people of S1 fall by 8 points (PHQ-9: 6 is a clear change); nobody of S2 does.
    answer = desk.ask(loaded, COMMISSIONER if role != "manager" else conftest.manager_of("P1"), "reliable-improvement", Scope(by="service"))
    assert answer.total is not None
    expected = {"commissioner": "16 of 54 people improved", "manager": "16 of 24 people improved", "presenter": "About 15 of about 55 people improved"}[role]
    assert expected in said(at)
    assert words.STANDING in said(at) and "Data up to 20 June 2025" in said(at)


def test_a_manager_sees_no_other_providers_service(loaded: Store, app: Callable[..., Any]) -> None:
    at = app(role="manager", provider="P1", page="explore/service.py", service="S2")
    at.query_params["service"] = "S2"
    at.run()
    assert not at.exception and not at.error
    assert "Part of this link is not open to you" in said(at)
    assert [s.options for s in at.selectbox if s.label == "Service"] == [["The Elms (counselling, Elm Trust)"]]


def test_of_two_services_with_one_name_the_right_one_opens(loaded: Store, app: Callable[..., Any]) -> None:
    box = next(s for s in app().selectbox if s.label == "Open a service")
    assert box.options == ["The Elms (S1)", "The Elms (S2)"]


def test_a_manager_of_no_provider_sees_nothing(loaded: Store, app: Callable[..., Any]) -> None:
    at = app(role="manager", provider="P9")
    # The box under View as puts a real provider in the place of one that does not exist; until it has, nothing is shown.
    assert at.session_state["provider"] in ("P1", "P2")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", ["commissioner", "manager", "presenter", "administrator"])
def test_every_page_of_a_role_speaks_and_never_breaks(loaded: Store, app: Callable[..., Any], role: str, page: str) -> None:
    from ui import frame, session

    served = [session.PAGES[name] for section in frame.MENU.values() for name, _, _, roles in section if role in roles]
    if page not in served:
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            app(role=role, provider="P1", page=page)
        return
    at = app(role=role, provider="P1", page=page)
    at.query_params["service"] = "S1"
    at.run()
    assert not at.exception and not at.error, said(at)
    assert len(at.title) == 1
    assert words.STANDING in said(at)


def test_on_an_empty_database_no_page_is_empty(app: Callable[..., Any], own_database: Path) -> None:
    for page in PAGES:
        at = app(page=page)
        assert not at.exception and not at.error, page
        assert "There is nothing here yet" in said(at) or page in ("returns/upload.py", "about/handbook.py")


def test_small_groups_say_so_and_plan_and_words_stand_in(store: Store, app: Callable[..., Any]) -> None:
    received = intake.receive(store, [("return.xlsx", workbook(three_sheets(6)))], COMMISSIONER)
    intake.send(store, received, COMMISSIONER)
    at = app(page="explore/service.py")
    at.query_params["service"] = "S1"
    at.run()
    assert not at.exception and not at.error
    assert "no mark against" in said(at)
    assert "4 of 6" not in said(at) and not at.get("plotly_chart")


def test_text_of_a_workbook_is_shown_as_plain_characters() -> None:
    assert words.plain("# a *b* [c](http://d) :red[e] $f$ <g>") == r"\# a \*b\* \[c\](http\://d) \:red\[e\] \$f\$ \<g\>"
    assert words.plain("24 of 40: 60% (likely between 45% and 74%).") == "24 of 40: 60% (likely between 45% and 74%)."
    assert words.plain("- 1") == r"\- 1" and words.plain("1. a") == r"1\. a"


def query_of(at: Any) -> dict[str, list[str]]:
    """The link of the page as Scope reads it."""
    return {name: value if isinstance(value, list) else [value] for name in at.query_params for value in [at.query_params[name]]}


# ---- the scope and the link ------------------------------------------------------------------------------------------------------------------


def test_the_link_holds_the_scope_and_the_page_shows_it(loaded: Store, app: Callable[..., Any]) -> None:
    scope = Scope(services=("S1",), measure="PHQ-9", basis="started").where("gender", "female")
    at = app(page="explore/cohorts.py")
    for name, value in scope.to_query().items():
        at.query_params[name] = value
    at.run()
    assert not at.exception and not at.error
    chips = [b.label for b in at.button if b.key and b.key.startswith("chip-")]
    assert chips == ["Everyone who started", "PHQ-9", "women", "The Elms"]
    boxes = {s.label: s.value for s in at.selectbox}
    assert boxes["Which people"] == "started" and boxes["Questionnaire"] == "PHQ-9"
    # Taking a chip away writes the link again without it, and leaves the rest.
    next(b for b in at.button if b.key == "chip-cohorts-gender").click().run()
    assert not at.exception
    assert Scope.from_query(query_of(at)).with_(by="") == scope.without("gender")


def test_unknown_parts_of_a_link_are_dropped_and_said(loaded: Store, app: Callable[..., Any]) -> None:
    at = app(page="explore/service.py")
    at.query_params["service"] = "NOT-A-CODE"
    at.query_params["measure"] = "NO-SUCH"
    at.run()
    assert not at.exception and not at.error
    assert said(at).count("Part of this link is not open to you") == 1
    assert "NOT-A-CODE" not in said(at)


def test_the_keyboard_twin_does_what_a_click_does(loaded: Store, app: Callable[..., Any]) -> None:
    at = app()
    next(s for s in at.selectbox if s.label == "Open a service").select("S1").run()
    assert not at.exception
    assert at.title[0].value == "The Elms"
    assert Scope.from_query(query_of(at)).services == ("S1",)


# ---- journeys --------------------------------------------------------------------------------------------------------------------------------


def test_journeys_are_closed_to_commissioners_until_it_is_written_down_why(loaded: Store, app: Callable[..., Any]) -> None:
    at = app(page="explore/journeys.py")
    at.query_params["service"] = "S1"
    at.run()
    assert "Journeys are closed in this database" in said(at)
    assert not at.get("plotly_chart")
    admin = app(role="administrator", page="about/administration.py")
    for label, text in (
        ("What for", "quarterly review"),
        ("On which lawful basis", "as agreed"),
        ("Approved by (a role, not a name)", "data protection officer"),
    ):
        next(t for t in admin.text_input if t.label == label).set_value(text)
    next(b for b in admin.button if b.label == "Open journeys to commissioners").click().run()
    assert not admin.exception and not admin.error
    at = app(page="explore/journeys.py")
    at.query_params["service"] = "S1"
    at.run()
    assert "people drawn by chance from this cohort" in said(at) and "coded records of real people" in said(at)
    assert len(at.get("plotly_chart")) == 1


def test_an_opened_journey_is_in_the_session_and_never_in_the_link(loaded: Store, app: Callable[..., Any]) -> None:
    at = app(role="manager", provider="P1", page="explore/journeys.py")
    at.query_params["service"] = "S1"
    at.run()
    box = next(s for s in at.selectbox if s.label == "Open one large")
    label = box.options[0]
    box.select(label).run()
    assert not at.exception and not at.error
    assert label not in str({name: at.query_params[name] for name in at.query_params})
    assert len(at.get("plotly_chart")) == 2


# ---- the sample and one's own ----------------------------------------------------------------------------------------------------------------


def test_ones_own_database_carries_no_banner_and_offers_the_way_back(app: Callable[..., Any]) -> None:
    at = app()
    assert "Made-up data" not in said(at)
    assert "Back to the made-up data" in [b.label for b in at.button]
