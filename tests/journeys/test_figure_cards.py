"""A figure's card as it stands on a page: of what is closed nothing is made or sent, and what is opened is complete. AppTest, the real desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access import intake
from tests.conftest import COMMISSIONER, three_sheets, workbook
from tests.journeys.test_pages_roles import said
from warehouse.connect import Store


def one_service(store: Store) -> None:
    received = intake.receive(store, [("return.xlsx", workbook(three_sheets(36)))], COMMISSIONER)
    assert not received.blocked, received.findings
    intake.send(store, received, COMMISSIONER)


@pytest.fixture
def page(copied: Callable[..., Store], app: Callable[..., Any]) -> Any:
    """The Service page, on which stand several cards."""
    copied(one_service)
    return app(page="explore/service.py", service="S1")


def view(at: Any, starts: str) -> str:
    """The name a card has in the keys of what belongs to it."""
    return next(box.proto.id.rsplit("-explain-", 1)[-1] for box in at.expander if f"explain-{starts}" in box.proto.id)


def test_a_table_is_sent_when_it_is_opened_and_no_other_with_it(page: Any) -> None:
    charts = len(page.get("plotly_chart"))
    assert charts > 1 and not page.dataframe and not page.get("download_button")
    page.session_state[f"sides-{view(page, 'parts')}"] = "Table"
    page.run()
    assert not page.exception and len(page.get("plotly_chart")) == charts, "the chart stays beside its table"
    assert len(page.dataframe) == 1 and [b.label for b in page.get("download_button")] == ["Download CSV", "Download Excel", "Download page (HTML)"]


def test_an_explanation_is_sent_when_it_is_opened(page: Any) -> None:
    assert any(box.label == "Explain this number" for box in page.expander) and "Out of whom:" not in said(page)
    page.session_state[f"explain-{view(page, 'parts')}"] = True
    page.run()
    assert not page.exception and "Out of whom:" in said(page) and "How sure:" in said(page)
