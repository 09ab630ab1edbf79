"""How a line is counted as a question: asked within three of a return, listed beyond, put in one click, answered by the service, once a plan year."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from access import conversation, plan_doubts, quarter_hour, return_page
from domain.errors import Shown
from domain.quarters import Quarter
from tests.conftest import ADMINISTRATOR, COMMISSIONER, manager_of
from tests.unit.test_returns import MANAGER, MILESTONES, PRESENTER, Q1, SERVICES, TODAY, load, sent, standing
from warehouse.connect import Store

FLOW = "newly in the quarter"
PLAN = {  # ref: (kind, counted as, four quarters)
    "M1": ("milestone", FLOW, (12, 12, 12, 12)),
    "M2": ("milestone", FLOW, (20, 20, 20, 20)),  # more people than the step before
    "M3": ("milestone", FLOW, (5, 10, 15, 20)),  # may be running totals
    "T1": ("performance target", "percent", (80, 80, 80, 80)),  # of nobody knows how many
}
SENT = {"M1": 1, "M2": 19, "M3": 6, "T1": 40}


def raising_questions(store: Store) -> None:
    rows = [
        ["S1", year, ref, kind, f"People take step {ref}", counted, *four] for year in ("2024-25", "2025-26") for ref, (kind, counted, four) in PLAN.items()
    ]
    assert not load(store, {"Services": SERVICES, "Milestones": [MILESTONES, *rows]}).blocked
    sent(store, "S1", Q1, {ref: {"actual": n} for ref, n in SENT.items()})


@pytest.fixture
def doubted(copied: Callable[..., Store]) -> Store:
    """S1 with a plan and a first return that raise a question of each kind; it is the service's second plan year."""
    return copied(raising_questions)


def candidates(store: Store, quarter: Quarter = Q1) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    asked, rest = conversation.asked_and_listed(store, MANAGER, "S1", quarter)
    return [(q.about, q.ref) for q in asked], [(q.about, q.ref) for q in rest]


def test_each_kind_of_doubt_is_found_once(doubted: Store) -> None:
    found = plan_doubts.doubts(doubted, COMMISSIONER, ["S1"], 2025)
    assert [(d.ref, d.about, d.quarter) for d in found] == [("M3", "the plan", Q1), ("M2", "the plan", Q1), ("T1", "the returns", Q1)]
    assert "running totals since April" in found[0].question and "or do the two count different things?" in found[1].question
    assert found[2].question.startswith("“People take step T1”: you expected 80% and sent 40%. Out of how many people?")


def test_the_gap_comes_first_then_how_lines_are_counted_and_the_rest_is_listed(doubted: Store) -> None:
    asked, rest = candidates(doubted)
    assert asked == [("gap", "M1"), ("how counted", "M3"), ("how counted", "M2")] and rest == [("how counted", "T1")]
    assert [w.kind for w in quarter_hour.quarter_in_an_hour(doubted, COMMISSIONER, TODAY, Q1).conversations] == ["gap"]


def test_the_commissioner_puts_one_in_a_click_and_it_still_counts_as_one_of_three(doubted: Store) -> None:
    _, rest = conversation.asked_and_listed(doubted, COMMISSIONER, "S1", Q1)
    conversation.ask(doubted, COMMISSIONER, "S1", Q1, rest[0].words, rest[0].ref, rest[0].about)
    (put,) = conversation.questions(doubted, MANAGER, ["S1"], Q1)
    assert (put.about, put.ref, put.asked_by, put.waits_for) == ("how counted", "T1", "commissioner", "provider")
    assert candidates(doubted) == ([("gap", "M1"), ("how counted", "M3")], [("how counted", "M2")]) and standing(doubted).state == "asked about"


def test_an_answer_closes_the_turn_and_stays_out_of_the_figures_explanation(doubted: Store) -> None:
    asked, rest = conversation.asked_and_listed(doubted, MANAGER, "S1", Q1)
    return_page.answer(doubted, MANAGER, rest[0], TODAY, words="Of 20 people.")  # one that is only listed may be answered too
    return_page.answer(doubted, MANAGER, asked[1], TODAY, words="No, we take on more groups each quarter.")
    assert {(q.ref, q.waits_for) for q in conversation.questions(doubted, MANAGER)} == {("T1", "commissioner"), ("M3", "commissioner")}
    assert not any(line.explanation for line in return_page.form(doubted, MANAGER, "S1", Q1).lines)
    sent(doubted, "S1", Quarter(2025, 2), {ref: {"actual": n} for ref, n in (SENT | {"M3": 11}).items()})
    asked_, rest_ = candidates(doubted, Quarter(2025, 2))
    assert ("how counted", "M2") in [*asked_, *rest_] and not {("how counted", "M3"), ("how counted", "T1")} & {*asked_, *rest_}  # once a plan year
    assert candidates(doubted)[1] == []  # asked with the latest return, not with every one


def test_whose_it_is_to_put(doubted: Store) -> None:
    for viewer in (MANAGER, manager_of("P2"), PRESENTER, ADMINISTRATOR):
        with pytest.raises(Shown):
            conversation.ask(doubted, viewer, "S1", Q1, "Out of how many?", "T1", conversation.HOW)
    with pytest.raises(Shown, match="in your own words"):
        conversation.ask(doubted, COMMISSIONER, "S1", Q1, "Why?", "T1", "whatever")


def test_a_question_goes_with_what_raised_it(doubted: Store) -> None:
    row = ["S1", "2025-26", "Q1", "T1", 40, 20]
    head = ["service code", "year", "quarter", "ref", "actual", "out of"]
    others = [["S1", "2025-26", "Q1", ref, n, None] for ref, n in SENT.items() if ref != "T1"]
    assert not load(doubted, {"Quarterly return": [head, *others, row]}).blocked
    assert "T1" not in {d.ref for d in plan_doubts.doubts(doubted, MANAGER, ["S1"], 2025)}
