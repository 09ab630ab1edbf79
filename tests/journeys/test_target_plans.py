"""Target plan, Reality check and the commissioner's own plan, on the pages, for both sides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from access import conversation, intake, own_plan, plan_drafts, seminars, target_plans
from domain.quarters import Quarter, quarter_of, year_name
from tests.conftest import COMMISSIONER, manager_of, workbook
from tests.journeys.test_pages_roles import said
from tests.unit.test_returns import LINES, MILESTONES, SERVICES, figures, sent
from ui import session
from warehouse.connect import Store

PLAN, CHECK = "returns/target_plan.py", "returns/reality_check.py"


def two_years_of_returns(store: Store) -> None:
    last = conversation.latest_ended(date.today())
    rows = [
        [service, year_name(y), ref, "milestone", f"People take step {ref}", "newly in the quarter", n, n, n, n]
        for service in ("S1", "S2")
        for y in (last.year - 1, last.year)
        for ref, n in LINES.items()
    ]
    received = intake.receive(store, [("plan.xlsx", workbook({"Services": SERVICES, "Milestones": [MILESTONES, *rows]}))], COMMISSIONER)
    intake.send(store, received, COMMISSIONER)
    for service in ("S1", "S2"):
        for year, number in [(last.year - 1, n) for n in (1, 2, 3, 4)] + [(last.year, n) for n in range(1, last.number + 1)]:
            sent(store, service, Quarter(year, number), figures())


@pytest.fixture
def begun(copied: Callable[..., Store]) -> Store:
    """S1 and S2 have plans for the last two plan years; both returned everything up to the quarter that ended last."""
    return copied(two_years_of_returns)


def seen(app: Callable[..., Any], role: str, page: str, **query: Any) -> Any:
    at = app(role=role, provider="P1", page=page, **query)
    assert not at.exception and not at.error, said(at)
    return at


def test_a_plan_from_the_template_to_agreement(begun: Store, app: Callable[..., Any]) -> None:
    """Begun from the template, refused while nothing is filled in, proposed, returned, changed in the workbook, proposed again and agreed."""
    manager, today = manager_of("P1"), date.today()
    year = conversation.latest_ended(today).year + 1
    at = seen(app, "manager", PLAN, service="S1")
    assert at.selectbox("plan-year-S1").value == year and "Start from the template for counselling" in [b.label for b in at.button]
    at.button(f"template-S1-{year}").click().run()
    assert "The template is your draft now." in said(at) and "has no figure for any quarter yet" in said(at)
    drafted = target_plans.of(begun, manager, "S1", year)
    assert drafted.state == "drafted" and all(line[q] is None for line in drafted.lines for q in target_plans.QUARTERS) and len(drafted.sections) == 5

    at.text_area(f"how-S1-{year}").set_value("With the Tuesday group.")
    at.button(f"propose-S1-{year}").click().run()
    assert "No line has a figure yet." in said(at)
    lines = [line | dict.fromkeys(target_plans.QUARTERS, 10 + n) for n, line in enumerate(drafted.lines) if line["counted_as"] == "newly in the quarter"]
    assert not [f for f in target_plans.save(begun, manager, "S1", year, lines, drafted.sections, today) if f.severity != "look"]
    at = seen(app, "manager", PLAN, service="S1")
    assert "Can people take the second without the first" in said(at)  # the figures rise up the ladder
    at.text_area(f"how-S1-{year}").set_value("With the Tuesday group.")
    at.button(f"propose-S1-{year}").click().run()
    assert "words of the template to fill: [Name]" in said(at)
    words = {s: f"About {s}, in our own words." for s in drafted.sections}
    target_plans.save(begun, manager, "S1", year, lines, words, today)
    at = seen(app, "manager", PLAN, service="S1")
    at.text_area(f"how-S1-{year}").set_value("With the Tuesday group.")
    at.button(f"propose-S1-{year}").click().run()
    assert "It waits for the commissioner." in said(at)

    at = seen(app, "commissioner", PLAN, service="S1")
    assert "With the Tuesday group." in said(at) and not any(b.label.startswith("Save") for b in at.button)
    at.button(f"return-plan-S1-{year}").click().run()
    assert "Say what you would like to talk about" in said(at)
    at.text_area(f"comment-S1-{year}").set_value("Could autumn be bolder?")
    at.button(f"return-plan-S1-{year}").click().run()
    assert "Could autumn be bolder?" in said(at)

    content = plan_drafts.workbook(begun, manager, "S1", year)
    assert plan_drafts.from_workbook(begun, manager, "S1", year, "plan.xlsx", content, today) == []
    at = seen(app, "manager", PLAN, service="S1")
    at.text_area(f"how-S1-{year}").set_value("The group said so again.")
    at.button(f"propose-S1-{year}").click().run()
    at = seen(app, "commissioner", PLAN, service="S1")
    at.button(f"agree-plan-S1-{year}").click().run()
    assert "Agreed on" in said(at) and target_plans.of(begun, manager, "S1", year).state == "agreed"
    told = said(at)
    assert "Versions (8)" in [e.label for e in at.expander] and "by the commissioner (local commissioner)" in told and "M1 now reads" in told


def test_what_stands_beside_a_plan_for_each_side(begun: Store, app: Callable[..., Any]) -> None:
    manager = seen(app, "manager", PLAN, service="S1")
    assert "Beside it: last year and the likely range" in said(manager) and "Too few other providers of counselling" in said(manager)
    commissioner = seen(app, "commissioner", PLAN, service="S1")
    assert "Like services: counselling" in said(commissioner) and any(e.label.startswith("Their lines in") for e in commissioner.expander)
    assert not any(e.label.startswith("Their lines in") for e in manager.expander)


@pytest.mark.parametrize("role", ["manager", "commissioner"])
def test_the_reality_check_of_one_service(role: str, begun: Store, app: Callable[..., Any]) -> None:
    at = seen(app, role, CHECK, service="S1")
    assert "Nothing is planned for" in said(at) or "likely range" in said(at)
    assert len(at.dataframe) == 1 and next(iter(at.table[0].value.index)) == "M1: People take step M1"
    assert {"Download CSV", "Download Excel"} <= {b.label for b in at.get("download_button")}
    at = seen(app, "manager", CHECK, service="S2")
    assert "Part of this link is not open to you" in said(at) and "The Oaks" not in said(at)


def tabled(at: Any) -> str:
    return str([t.value.to_dict() for t in at.table])


def test_with_no_service_chosen_stand_the_worked_plan_and_the_commissioners_own(begun: Store, app: Callable[..., Any]) -> None:
    year = quarter_of(date.today()).year
    at = seen(app, "commissioner", PLAN)
    assert "Kettle and Key" in said(at) and "The commissioner's own target plan" in said(at) and "There is no plan for" in said(at)
    assert not any(b.label == "Save our plan" for b in at.button), "the form is built when it is opened"
    at.session_state["own-write"] = True
    at.run()
    at.button(f"own-save-{year}").click().run()
    assert "No line has a figure yet." in said(at)
    own_plan.save(
        session.opened(str(begun.path)),
        COMMISSIONER,
        year,
        {"C1": {"q1": 90, "q2": 90}, "C4": {"q1": 1}},
        {"how we will know": "From our records."},
        date.today(),
    )
    at = seen(app, "commissioner", "returns/my_returns.py")
    assert "The commissioner's own target plan" in said(at) and "planned 90%" in tabled(at)
    at = seen(app, "manager", PLAN)  # a manager of one service need not choose it, and finds the commissioner's plan below their own
    assert "The Elms" in said(at) and "Choose a service" not in said(at) and at.selectbox("plan-year-S1").value
    assert "From our records." in said(at) and "Save our plan" not in {b.label for b in at.button} and "planned 90%" in tabled(at)
    assert "The Elms" in said(seen(app, "manager", CHECK))


def test_a_seminar_is_noted_on_the_page_and_counts(begun: Store, app: Callable[..., Any]) -> None:
    at = seen(app, "commissioner", "returns/my_returns.py")
    at.session_state["seminars"] = True
    at.run()
    at.text_input("seminar-name").set_value("Lessons Learned, north")
    next(b for b in at.button if b.label == "Note this seminar").click().run()
    assert not at.exception and "Noted. It counts in your own plan." in said(at) and "1 seminar held" in said(at)
    assert [s.name for s in seminars.held(begun, COMMISSIONER)] == ["Lessons Learned, north"]
    at = seen(app, "manager", PLAN)
    at.session_state["seminars"] = True
    at.run()
    assert "Lessons Learned, north" in said(at) and "Note this seminar" not in {b.label for b in at.button}


@pytest.mark.parametrize("role", ["presenter", "administrator"])
def test_others_have_no_reality_check(role: str, begun: Store, app: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        app(role=role, page=CHECK)
