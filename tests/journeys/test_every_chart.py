"""Every chart of every page, walked on the made-up sample: its words, its table, its four kinds of file, and *Explain this number*. AppTest, the real desk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from access import desk
from domain.types import Scope
from tests.conftest import COMMISSIONER, copy_of
from tests.journeys.test_pages_roles import said
from ui import figure_card, journeys, sample, tables
from warehouse.connect import Store

# Where charts stand: (page, through whose eyes, what its address says, what is set before it is drawn, how many charts at least)
WALK: tuple[tuple[str, str, dict[str, str], dict[str, Any], int], ...] = (
    ("explore/overview.py", "commissioner", {}, {}, 2),
    ("explore/overview.py", "presenter", {}, {}, 1),
    ("explore/service.py", "commissioner", {"service": "LAN-1"}, {}, 4),
    ("explore/service.py", "manager", {"service": "LAN-1"}, {}, 5),
    ("explore/service.py", "presenter", {"service": "LAN-1"}, {}, 3),
    ("explore/service.py", "commissioner", {"service": "CAR-1"}, {}, 2),
    ("explore/compare.py", "commissioner", {}, {}, 2),
    ("explore/cohorts.py", "commissioner", {"service": "LAN-1", "by": "gender"}, {"how-long": True}, 3),
    ("explore/cohorts.py", "manager", {"service": "LAN-1"}, {"over-time-way": "fan", "how-long": True}, 5),
    ("explore/cohorts.py", "presenter", {"service": "LAN-1"}, {"over-time-way": "start_quarter"}, 4),
    ("explore/journeys.py", "manager", {"service": "LAN-1"}, {}, 1),
    ("returns/my_returns.py", "commissioner", {}, {}, 1),
    ("returns/reality_check.py", "manager", {"service": "LAN-1"}, {}, 1),
)
PLAIN_TABLE = ("explore/journeys.py", "returns/reality_check.py")  # theirs is no data frame, which offers itself as a file


@pytest.fixture
def filled(own_database: Path, made_once: Callable[..., Path]) -> Iterator[Store]:
    """The sample as one's own database: no page knows the difference but by its banner."""
    store = copy_of(made_once("sample", sample.ensure), own_database)
    yield store
    store.cursor().execute("pragma disable_checkpoint_on_shutdown")  # nobody opens the file again
    store.close()


def key(element: Any) -> str:
    """The key an element was given, as Streamlit keeps it at the end of its id."""
    return str(element.proto.id).split("-", 2)[-1]


def keys(at: Any, *kinds: str) -> set[str]:
    return {key(e) for kind in kinds for e in at.get(kind)}


def opened(at: Any) -> list[str]:
    """The page with the table and the explanation of every chart open, also of those that stand in an explanation; the charts by what they are called."""
    shown: list[str] = []
    for _ in range(2):
        shown = [key(chart).removeprefix("chart-") for chart in at.get("plotly_chart")]
        for view in shown:
            at.session_state[f"sides-{view}"] = "Table"
            at.session_state[f"explain-{view}"] = True
            at.session_state[f"table-{view}"] = True
        at.run()
        assert not at.exception and not at.error
    return [key(chart).removeprefix("chart-") for chart in at.get("plotly_chart")]


@pytest.mark.parametrize(("page", "role", "query", "chosen", "least"), WALK)
def test_every_chart_has_its_words_its_table_its_files_and_its_explanation(
    filled: Store, app: Callable[..., Any], page: str, role: str, query: dict[str, str], chosen: dict[str, Any], least: int
) -> None:
    at = app(role=role, provider="LAN" if role == "manager" else "", page=page, **query)
    for name, value in chosen.items():
        at.session_state[name] = value
    at.run()
    views = opened(at)
    assert len(views) >= least, views
    buttons, boxes = keys(at, "download_button"), keys(at, "expander", "expandable")
    frames = [frame.proto.alt for frame in at.dataframe]
    for chart, view in zip(at.get("plotly_chart"), views, strict=True):
        assert len(chart.proto.alt) > 40, view
        saved = json.loads(chart.proto.config)
        assert saved["modeBarButtons"][0][-1] == "toImage" and saved["toImageButtonOptions"]["format"] == "svg", view
        assert {f"{kind}-{view}" for kind in ("csv", "xlsx", "html")} <= buttons, view
        inside = view.startswith(("spc-", "funnel-"))  # it stands in an explanation itself
        table = "one row per" if inside else chart.proto.alt
        assert any(table in alt for alt in frames) or (page in PLAIN_TABLE and len(at.table)), view
        assert inside or f"explain-{view}" in boxes, view


def test_lines_of_other_organisations_people_have_an_explanation_and_a_table_and_no_file(filled: Store, app: Callable[..., Any]) -> None:
    at = app(page="explore/journeys.py", service="LAN-1")
    (view,) = opened(at)
    assert not at.get("download_button") and not at.dataframe, "a data frame offers itself as a file"
    assert not json.loads(at.get("plotly_chart")[0].proto.config)["displayModeBar"]
    assert len(at.table) == 1 and f"explain-{view}" in keys(at, "expander", "expandable")
    assert journeys.NOT_SAVED in said(at) and "Hidden: exact days and scores." in said(at)


def test_scores_of_single_people_go_into_files_only_from_ones_own_figures(filled: Store) -> None:
    inside = desk.ask(filled, COMMISSIONER, "mean-change", Scope(services=("LAN-1",), measure="CORE-10"))
    assert inside.policy == "inside"
    with pytest.raises(AssertionError):
        figure_card.show("change", None, "", pd.DataFrame(), [inside], title="", subtitle="", as_drawn=True)


def test_rows_of_a_table_to_edit_are_high_enough_for_their_longest_words() -> None:
    long = "People set down in their own words what they hope will change, and say each quarter how near they have come to it"
    assert tables.height([]) == tables.height(["", None, "short"]) == tables.LEAST > 4 * 17, "under 4 rem Streamlit breaks no line"
    assert tables.height([long]) >= tables.LINE * len(long) / tables.LETTERS > tables.LEAST
