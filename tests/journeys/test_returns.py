"""A manager and a commissioner through a whole quarter, on the pages: plan, return, question, answer, accepted, locked, opened again with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from access import conversation, intake, returns, target_plans
from domain.quarters import year_name
from tests.conftest import COMMISSIONER, manager_of, workbook
from tests.journeys.test_pages_roles import said
from tests.unit.test_returns import LINES, MILESTONES, SERVICES
from warehouse.connect import Store

PAGE, PLAN = "returns/my_returns.py", "returns/target_plan.py"
NEAR = {"M1": 14, "M2": 8, "M3": 13, "M4": 22, "T1": 10}


@pytest.fixture
def begun(store: Store) -> Store:
    """S1 has had a plan for two years; the quarter that ended last is open."""
    year = conversation.latest_ended(date.today()).year
    rows = [
        ["S1", year_name(y), ref, "milestone", f"People take step {ref}", "newly in the quarter", n, n, n, n]
        for y in (year - 1, year)
        for ref, n in LINES.items()
    ]
    received = intake.receive(store, [("plan.xlsx", workbook({"Services": SERVICES, "Milestones": [MILESTONES, *rows]}))], COMMISSIONER)
    assert not received.findings
    intake.send(store, received, COMMISSIONER)
    return store


def test_a_quarter_from_the_plan_to_an_accepted_return_and_back(begun: Store, app: Callable[..., Any]) -> None:
    today, manager = date.today(), manager_of("P1")
    quarter = conversation.latest_ended(today)
    key = f"S1-{quarter.year}-{quarter.number}"

    def seen(role: str, page: str = PAGE) -> Any:
        at = app(role=role, provider="P1", page=page, service="S1", **{"from": quarter.start.isoformat(), "to": quarter.end.isoformat()})
        assert not at.exception and not at.error, said(at)
        return at

    # The manager is told what is due, saves a draft, and sends the return on one page.
    at = seen("manager")
    assert "Not sent yet." in said(at) and f"Due on {returns.british(quarter.end)}" not in said(at)
    for ref, n in (NEAR | {"M1": 2}).items():
        at.number_input(f"actual-{key}-{ref}").set_value(n)
    at.button(f"save-{key}").click().run()
    assert "Saved as a draft." in said(at) and returns.one(begun, manager, "S1", quarter, today).state == "draft"
    at.button(f"send-{key}").click().run()
    assert "Your" in said(at) and returns.one(begun, manager, "S1", quarter, today).state == "sent"

    # There and then, the one gap is asked about. The commissioner puts it; the manager answers; the commissioner accepts, locks and opens again.
    assert "You expected 12 people to take step M1" in said(at)
    at = seen("commissioner")
    assert "You expected 12 people to take step M1" in said(at)
    at.button("put-all").click().run()
    assert returns.one(begun, manager, "S1", quarter, today).state == "asked about"
    at = seen("manager")
    assert "1 question waits for you." in said(at)
    reply = next(b for b in at.button if b.label == "Answer")
    suffix = reply.key.removeprefix("answer-")
    at.selectbox(f"reason-{suffix}").set_value("staffing")
    at.text_area(f"said-{suffix}").set_value("Two posts were empty.")
    reply.click().run()
    assert "Thank you, that is kept." in said(at)
    at = seen("commissioner")
    assert "Two posts were empty." in said(at)
    at.button(f"accept-{key}").click().run()
    assert "Accepted." in said(at)
    at.button(f"lock-{key}").click().run()
    assert returns.one(begun, manager, "S1", quarter, today).state == "locked"
    locked = seen("manager")
    assert "Accepted and locked." in said(locked) and not any(b.label == "Send this return" for b in locked.button)
    at.button(f"reopen-{key}").click().run()
    assert "Say why it is opened again" in said(at)
    at.text_input(f"reopen-why-{key}").set_value("A figure was counted twice.")
    at.button(f"reopen-{key}").click().run()
    assert returns.one(begun, manager, "S1", quarter, today).state == "reopened"
    at = seen("manager")
    assert "Opened again: A figure was counted twice." in said(at) and any(b.label == "Send this return" for b in at.button)


def test_a_plan_is_proposed_and_agreed_on_its_page(begun: Store, app: Callable[..., Any]) -> None:
    today, manager = date.today(), manager_of("P1")
    year = conversation.latest_ended(today).year + 1
    assert target_plans.save(begun, manager, "S1", year, target_plans.of(begun, manager, "S1", year).lines, {}, today) == []

    def seen(role: str) -> Any:
        at = app(role=role, provider="P1", page=PLAN, service="S1")
        assert at.selectbox("plan-year-S1").value == year  # the year after the latest plan
        assert not at.exception and not at.error, said(at)
        return at

    at = seen("manager")
    assert "A draft, saved on" in said(at)
    at.button(f"propose-S1-{year}").click().run()
    assert "how people who use the service shaped this plan" in said(at)
    at.text_area(f"how-S1-{year}").set_value("With the Tuesday group.")
    at.button(f"propose-S1-{year}").click().run()
    assert "It waits for the commissioner." in said(at) and not any(b.label == "Agree this plan" for b in at.button)
    at = seen("commissioner")
    assert "With the Tuesday group." in said(at)
    at.button(f"agree-plan-S1-{year}").click().run()
    assert "Agreed on" in said(at) and target_plans.of(begun, manager, "S1", year).state == "agreed"


def test_accept_all_with_nothing_to_ask(begun: Store, app: Callable[..., Any]) -> None:
    today, manager = date.today(), manager_of("P1")
    quarter = conversation.latest_ended(today)
    returns.send(begun, manager, "S1", quarter, {ref: {"actual": n} for ref, n in NEAR.items()}, today)
    at = app(page=PAGE)
    assert not at.exception and not at.error, said(at)
    assert "1 return is in of" in said(at)
    at.button("accept-all").click().run()
    assert "1 return accepted." in said(at) and returns.one(begun, manager, "S1", quarter, today).state == "accepted"
    assert not any(b.key == "accept-all" for b in at.button)


@pytest.mark.parametrize("page", [PAGE, PLAN])
@pytest.mark.parametrize("role", ["commissioner", "manager"])
def test_with_nothing_there_the_pages_say_what_to_do_first(role: str, page: str, app: Callable[..., Any]) -> None:
    at = app(role=role, page=page)
    assert not at.exception and not at.error, said(at)
    assert "There is nothing here yet." in said(at)


@pytest.mark.parametrize("page", [PAGE, PLAN])
def test_presenters_and_administrators_have_no_such_page(begun: Store, page: str, app: Callable[..., Any]) -> None:
    for role in ("presenter", "administrator"):
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            app(role=role, page=page)
