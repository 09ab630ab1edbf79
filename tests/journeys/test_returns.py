"""A manager and a commissioner through a whole quarter, on the pages: plan, return, question, answer, accepted, locked, opened again with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from access import conversation, intake, return_page, returns, target_plans
from domain.quarters import year_name
from tests.conftest import COMMISSIONER, manager_of, workbook
from tests.journeys.test_pages_roles import said
from tests.unit.test_doubts import doubted  # noqa: F401 (a fixture)
from tests.unit.test_returns import LINES, MILESTONES, SERVICES
from warehouse import store as writes
from warehouse.connect import Store

PAGE, PLAN = "returns/my_returns.py", "returns/target_plan.py"
NEAR = {"M1": 14, "M2": 10, "M3": 11, "M4": 8, "T1": 9}


def plans_of_two_years(store: Store) -> None:
    year = conversation.latest_ended(date.today()).year
    rows = [
        ["S1", year_name(y), ref, "milestone", f"People take step {ref}", "newly in the quarter", n, n, n, n]
        for y in (year - 1, year)
        for ref, n in LINES.items()
    ]
    received = intake.receive(store, [("plan.xlsx", workbook({"Services": SERVICES, "Milestones": [MILESTONES, *rows]}))], COMMISSIONER)
    assert not received.findings
    intake.send(store, received, COMMISSIONER)


@pytest.fixture
def begun(copied: Callable[..., Store]) -> Store:
    """S1 has had a plan for two years; the quarter that ended last is open."""
    return copied(plans_of_two_years)


def plan_of_last_year(store: Store) -> None:
    year = conversation.latest_ended(date.today()).year
    rows = [["S1", year_name(year - 1), ref, "milestone", f"People take step {ref}", "newly in the quarter", n, n, n, n] for ref, n in LINES.items()]
    received = intake.receive(store, [("plan.xlsx", workbook({"Services": SERVICES, "Milestones": [MILESTONES, *rows]}))], COMMISSIONER)
    assert not received.findings
    intake.send(store, received, COMMISSIONER)


@pytest.fixture
def second_year(copied: Callable[..., Store]) -> Store:
    """S1 had a plan last year; that of the year of the quarter that ended last is still to be agreed."""
    return copied(plan_of_last_year)


def test_a_quarter_from_the_plan_to_an_accepted_return_and_back(second_year: Store, app: Callable[..., Any]) -> None:
    begun, today, manager = second_year, date.today(), manager_of("P1")
    quarter = conversation.latest_ended(today)
    key = f"S1-{quarter.year}-{quarter.number}"

    def seen(role: str, page: str = PAGE) -> Any:
        at = app(role=role, provider="P1", page=page, service="S1", **{"from": quarter.start.isoformat(), "to": quarter.end.isoformat()})
        assert not at.exception and not at.error, said(at)
        return at

    # The plan of the year: drafted from last year's, proposed with a word on how people shaped it, agreed by the commissioner.
    drafted = target_plans.of(begun, manager, "S1", quarter.year)
    assert drafted.state == "none" and target_plans.save(begun, manager, "S1", quarter.year, drafted.lines, {}, today) == []
    at = app(role="manager", provider="P1", page=PLAN, service="S1")
    at.text_area(f"how-S1-{quarter.year}").set_value("With the Tuesday group.")
    at.button(f"propose-S1-{quarter.year}").click().run()
    at = app(role="commissioner", page=PLAN, service="S1")
    at.button(f"agree-plan-S1-{quarter.year}").click().run()
    assert not at.exception and target_plans.of(begun, manager, "S1", quarter.year).state == "agreed", said(at)

    # The manager is told on the first page what is due, and fills in the return on one page: each change is kept as it is typed, with a quiet mark.
    first = app(role="manager", provider="P1", page="explore/overview.py")
    assert "What waits for you" in said(first) or returns.one(begun, manager, "S1", quarter, today).timeliness == "not due yet"
    at = seen("manager")
    assert "Not sent yet." in said(at) and f"Due on {returns.british(quarter.end)}" not in said(at)
    at.number_input(f"actual-{key}-M1").set_value(2).run()
    assert "Saved, " in said(at) and returns.one(begun, manager, "S1", quarter, today).state == "draft"
    at.text_area(f"words-{key}-M1").set_value("Ring Ann on 0151 496 0123.").run()
    assert "Not saved: These words seem to hold" in said(at)  # what was kept before stays
    assert return_page.form(begun, manager, "S1", quarter).lines[0].actual == 2
    at.text_area(f"words-{key}-M1").set_value("").run()
    assert "Saved, " in said(at)
    away = seen("manager")  # the page left and opened again: what was typed is there
    assert away.number_input(f"actual-{key}-M1").value == 2
    for ref, n in (NEAR | {"M1": 2}).items():
        at.number_input(f"actual-{key}-{ref}").set_value(n)
    drafts = sum(e.kind == "return draft" for e in writes.audited(begun))
    at.run()
    assert sum(e.kind == "return draft" for e in writes.audited(begun)) == drafts + 1  # several boxes changed at once are one change
    at.button(f"send-{key}").click().run()
    assert "Your" in said(at) and returns.one(begun, manager, "S1", quarter, today).state == "sent"

    # How a figure was checked, when, and with what result, is recorded beside it.
    at.selectbox(f"evidence-ref-{key}").set_value("M2")
    at.text_input(f"evidence-how-{key}").set_value("Sign-in book counted twice.")
    at.date_input(f"evidence-on-{key}").set_value(today)
    at.button(f"evidence-send-{key}").click().run()
    assert "Recorded." in said(at) and "Sign-in book counted twice" in said(at)

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

    # What it was opened for is put right, sent and accepted; the explanation stands with the figure on the service's page.
    at.number_input(f"actual-{key}-M1").set_value(3).run()
    at.button(f"send-{key}").click().run()
    assert returns.one(begun, manager, "S1", quarter, today).state == "sent"
    at = seen("commissioner")
    at.button(f"accept-{key}").click().run()
    assert returns.one(begun, manager, "S1", quarter, today).state == "accepted"
    at = seen("commissioner", "explore/service.py")
    assert "Two posts were empty." in said(at) and "Evidence checked" in said(at)
    kinds = [e.kind for e in writes.audited(begun)]
    for kind in (
        "plan proposed",
        "plan agreed",
        "return draft",
        "upload",
        "figure checked",
        "question",
        "answer",
        "return accepted",
        "return locked",
        "return reopened",
    ):
        assert kind in kinds, kind


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


def test_one_tick_is_a_return(begun: Store, app: Callable[..., Any]) -> None:
    today, manager = date.today(), manager_of("P1")
    quarter = conversation.latest_ended(today)
    at = app(role="manager", provider="P1", page=PAGE, service="S1", **{"from": quarter.start.isoformat(), "to": quarter.end.isoformat()})
    at.checkbox(f"nothing-S1-{quarter.year}-{quarter.number}").check().run()
    assert not at.exception and "Thank you. That is your return." in said(at)
    assert returns.one(begun, manager, "S1", quarter, today).nothing_to_report


def test_the_commissioners_first_page_opens_with_the_quarter(begun: Store, app: Callable[..., Any]) -> None:
    today, manager = date.today(), manager_of("P1")
    quarter = conversation.latest_ended(today)
    return_page.send(begun, manager, "S1", quarter, {ref: {"actual": n} for ref, n in NEAR.items()}, today)
    at = app(page="explore/overview.py")
    assert not at.exception and not at.error, said(at)
    assert f"{quarter.months()} in an hour" in said(at) and "1 return is in of" in said(at)
    at.button("accept-all").click().run()
    assert "1 return accepted." in said(at) and returns.one(begun, manager, "S1", quarter, today).state == "accepted"
    presenter = app(role="presenter", page="explore/overview.py")
    assert not presenter.exception and "in an hour" not in said(presenter) and "planned so far" not in said(presenter)


def test_accept_all_with_nothing_to_ask(begun: Store, app: Callable[..., Any]) -> None:
    today, manager = date.today(), manager_of("P1")
    quarter = conversation.latest_ended(today)
    return_page.send(begun, manager, "S1", quarter, {ref: {"actual": n} for ref, n in NEAR.items()}, today)
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


def test_how_a_line_is_counted_is_asked_in_one_click_and_answered(doubted: Store, app: Callable[..., Any]) -> None:  # noqa: F811
    """Three are asked there and then, the fourth is listed; each is one click for the commissioner, and the service answers in the same place."""

    def seen(role: str) -> Any:
        at = app(role=role, provider="P1", page=PAGE, service="S1", **{"from": "2025-04-01", "to": "2025-06-30"})
        assert not at.exception and not at.error, said(at)
        return at

    at = seen("manager")
    assert "Are they running totals since April?" in said(at) and "Can people take the second without the first" in said(at)
    assert [b.label for b in at.button].count("Answer") == 4 and "Also seen, in case you would like to say something (1)" in [e.label for e in at.expander]
    at = seen("commissioner")
    assert [b.label for b in at.button].count("Ask this one") == 4
    at.button("put-rest-how counted-T1").click().run()
    assert "Asked. The service sees it on its first page." in said(at)
    at = seen("manager")
    assert "1 question waits for you." in said(at) or "questions wait for you." in said(at)
    (question,) = conversation.questions(doubted, manager_of("P1"), ["S1"])
    key = f"{question.question_id}-T1-0"
    at.text_area(f"said-{key}").set_value("Of 20 people at the summer meeting.")
    at.button(f"answer-{key}").click().run()
    assert "Thank you, that is kept." in said(at) and "Of 20 people at the summer meeting." in said(seen("commissioner"))
