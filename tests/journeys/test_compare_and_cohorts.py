"""Compare and Cohorts as each role meets them: what may be said of like services, and what selecting people does. AppTest, the real desk."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from access import intake
from tests.conftest import COMMISSIONER, three_sheets, workbook
from tests.journeys.test_pages_roles import said
from ui import crossfilter
from warehouse.connect import Store


def five_providers(store: Store) -> None:
    for n, fall in enumerate((8, 8, 8, 8, 1), 1):
        sheets = three_sheets(36, f"S{n}", f"P{n}", f"r{n}", fall)
        sheets["Services"][1][1] = f"Service {'EDCBA'[n - 1]}"
        received = intake.receive(store, [("return.xlsx", workbook(sheets))], COMMISSIONER)
        assert not received.blocked, received.findings
        intake.send(store, received, COMMISSIONER)


@pytest.fixture
def five(copied: Callable[..., Store]) -> Store:
    """Five providers with a counselling service of 36 each: two thirds improve at four of them, nobody at the fifth. Their names run against their codes."""
    return copied(five_providers)


def explained(at: Any, starts: str) -> Any:
    """The page with *Explain this number* of a card open."""
    key = next(e.proto.id.rsplit("-explain-", 1)[-1] for e in at.expander if f"explain-{starts}" in e.proto.id)
    at.session_state[f"explain-{key}"] = True
    return at.run()


def test_compare_sets_like_beside_like_by_name_and_refuses_a_ranking(five: Store, app: Callable[..., Any]) -> None:
    at = app(page="explore/compare.py")
    assert not at.exception and not at.error, said(at)
    text = said(at)
    assert "By service, no difference we can see" in text and "3 comparisons were made" in text
    spec = json.loads(at.get("plotly_chart")[0].proto.spec)
    marks = next(t for t in spec["data"] if t.get("customdata"))
    assert len(marks["customdata"]) == 3 and marks["customdata"] == sorted(marks["customdata"], reverse=True), "by name"
    assert "S5" not in marks["customdata"], "nobody improved there, which is hidden, and one more with it"
    assert "do not put these services in order" in text
    box = next(s for s in at.selectbox if s.label == "Which kind of service")
    assert box.options == ["Counselling"]


def test_a_manager_meets_other_providers_only_taken_together(five: Store, app: Callable[..., Any]) -> None:
    at = app(role="manager", provider="P1", page="explore/compare.py")
    assert not at.exception and not at.error, said(at)
    spec = json.loads(at.get("plotly_chart")[0].proto.spec)
    codes = [code for t in spec["data"] for code in t.get("customdata", [])]
    assert codes == ["S1", "others"]
    shown = said(at) + json.dumps(spec)
    assert not any(f"Service {letter}" in shown for letter in "ABCD")
    assert "24 of 36" in shown and "72 of 144" in shown


def test_under_inside_a_group_narrows_the_page_and_the_page_says_how_far_that_goes(five: Store, app: Callable[..., Any]) -> None:
    at = app(page="explore/cohorts.py", by="gender")
    assert crossfilter.MENU_ONLY in said(at)
    before = said(at)
    next(s for s in at.selectbox if s.label == "Look at one group").set_value("female").run()
    assert "female" in at.query_params["is-gender"] and "Only some people" in said(at) and said(at) != before
    next(b for b in at.button if b.label == "Show everyone again").click().run()
    assert "is-gender" not in at.query_params and "Only some people" not in said(at)


def test_under_own_any_selection_filters_the_page_is_in_no_link_and_one_click_clears_it(five: Store, app: Callable[..., Any]) -> None:
    at = app(role="manager", provider="P1", page="explore/cohorts.py", by="gender")
    assert "24 of 36 people improved" in said(at)
    next(m for m in at.multiselect if m.label == "Only these groups, by gender").set_value(["female"]).run()
    assert "12 of 18 people improved" in said(at) and not any("picked" in name for name in at.query_params)
    next(m for m in at.multiselect if m.label == "Only people who are").set_value(["improved"]).run()
    assert "12 people were picked out for how they fared" in said(at), said(at)[:400]
    next(b for b in at.button if b.label == "Show everyone again").click().run()
    assert "24 of 36 people improved" in said(at)


def test_a_selection_does_not_follow_another_pair_of_eyes(five: Store, app: Callable[..., Any]) -> None:
    at = app(role="manager", provider="P1", page="explore/cohorts.py", by="gender")
    next(m for m in at.multiselect if m.label == "Only these groups, by gender").set_value(["female"]).run()
    at.session_state["role"] = "commissioner"
    at.run()
    assert not at.exception and not at.error and "96 of 180 people improved" in said(at), said(at)[:400]


def test_people_without_a_second_score_can_be_counted_three_ways(five: Store, app: Callable[..., Any]) -> None:
    at = app(role="manager", provider="P1", page="explore/cohorts.py")
    at.session_state["cohorts-missing"] = "bounds"
    at.run()
    assert "if none of those unseen had: 24 of 36, 67%" in said(at) and "if all of those unseen had: 24 of 36" in said(at)


def test_explain_tells_the_owner_the_rows_and_everybody_else_the_uploads(five: Store, app: Callable[..., Any]) -> None:
    at = explained(app(role="manager", provider="P1", page="explore/cohorts.py", by="gender"), "groups")
    assert not at.exception and "From 1 upload" in said(at) and "Out of whom?" in said(at)
    cells = [frame.value for frame in at.dataframe if "Cells" in frame.value.columns]
    assert cells and "People!C2:D37" in cells[0]["Cells"].tolist()
    at = explained(app(page="explore/compare.py"), "compared")
    assert not at.exception and "Some counts behind this figure are hidden" in said(at)
    assert not [frame for frame in at.dataframe if "Cells" in frame.value.columns]
    assert "A funnel starts a conversation" in said(at)
