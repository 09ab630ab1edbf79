"""No page is empty: with nothing at all, and with a service of which nothing but its name is known, every role is told why and what to do next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access import intake
from tests.conftest import COMMISSIONER, workbook
from tests.journeys.test_pages_roles import said
from ui import frame, session, words
from warehouse.connect import Store

SERVICES = [["service code", "service name", "provider code", "provider name", "service type"], ["S1", "The Elms", "P1", "Elm Trust", "counselling"]]
ROLES = ("commissioner", "manager", "presenter", "administrator")
TEACHES = (
    "Send",
    "upload",
    "Upload",
    "second score",
    "two scores",
    "return",
    "no two services of one kind",
    "nobody to count here yet",
)  # what is missing, or what to do
BLANK = 60  # fewer characters than this beside the title and what stands on every page teach nobody anything


def pages(role: str) -> list[str]:
    return [name for section in frame.MENU.values() for name, _, _, roles in section if role in roles]


def taught(at: Any) -> str:
    """What a page says beyond its title and what stands on every page."""
    return "\n".join(line for line in said(at).splitlines() if words.STANDING not in line and "Data up to" not in line and line != at.title[0].value)


@pytest.mark.parametrize("role", ROLES)
def test_with_nothing_at_all(app: Callable[..., Any], role: str) -> None:
    at = app(role=role)
    for name in pages(role):
        at.switch_page(session.PAGES[name]).run()
        assert not at.exception and not at.error, name
        assert len(at.title) == 1 and words.STANDING in said(at), name
        assert len(taught(at)) > BLANK, name
        assert not [b for b in at.button if (b.key or "").startswith("tour")], "the tour is of the made-up data"
        if name in frame.EXPLORES:
            assert "There is nothing here yet" in said(at), name
            assert "upload" in taught(at).lower() or "return" in taught(at).lower(), name


@pytest.mark.parametrize("role", ROLES)
def test_with_a_service_of_which_nothing_is_known(store: Store, app: Callable[..., Any], role: str) -> None:
    intake.send(store, intake.receive(store, [("services.xlsx", workbook({"Services": SERVICES}))], COMMISSIONER), COMMISSIONER)
    at = app(role=role, provider="P1")
    for name in pages(role):
        at.switch_page(session.PAGES[name])
        at.query_params["service"] = "S1"
        at.run()
        assert not at.exception and not at.error, (name, said(at))
        assert len(at.title) == 1 and words.STANDING in said(at), name
        assert len(taught(at)) > BLANK, name
        if name in ("service", "cohorts", "journeys", "overview", "compare"):
            assert not at.get("plotly_chart"), f"{name}: a chart of nothing"
            assert any(word in taught(at) for word in TEACHES), (name, taught(at))
