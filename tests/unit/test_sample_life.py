"""The made-up life of the returns, loaded as the app loads it: on time, late and missing; asked, answered, reopened; and who raises what, both ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from access import conversation, own_plan, plan_doubts, plans, quarter_hour, returns, seminars
from domain.quarters import Quarter
from sample_data import life, planted
from tests.conftest import COMMISSIONER, copy_of
from ui import sample
from warehouse import store as writes
from warehouse.connect import Store

TODAY = date(2026, 6, 1)  # after the last quarter was due


@pytest.fixture(scope="module")
def filled(made_once: Callable[[str, Callable[[Store], object]], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The whole sample, loaded once through the same doors as anybody's files."""
    store = copy_of(made_once("sample", sample.ensure), tmp_path_factory.mktemp("sample") / "test.duckdb")
    yield store
    store.close()


@pytest.fixture(scope="module")
def found(filled: Store) -> dict[tuple[str, Quarter], returns.Return]:
    return {(r.service, r.quarter): r for r in returns.calendar(filled, COMMISSIONER, TODAY)}


def test_late_are_those_planted_and_missing_are_those_not_in_yet(found: dict[tuple[str, Quarter], returns.Return]) -> None:
    counted = Counter(r.timeliness for r in found.values())
    late = {(s, (q.year, q.number)) for (s, q), r in found.items() if r.timeliness == "late"}
    missing = {s for (s, q), r in found.items() if r.timeliness == "missing"}
    assert late == set(planted.LATE) and missing == set(planted.NOT_IN_YET)
    assert set(counted) == {"on time", "late", "missing"} and counted["on time"] > 400
    for (service, at), days in planted.LATE.items():
        r = found[service, Quarter(*at)]
        assert r.sent_on is not None and (r.sent_on - r.due_on).days == days


def test_a_date_agreed_beforehand_counts_as_on_time(found: dict[tuple[str, Quarter], returns.Return]) -> None:
    r = found[planted.MERGED_INTO, Quarter(*planted.AGREED_LATE_QUARTER)]
    assert (r.timeliness, r.due_on, r.date_agreed) == ("on time", planted.AGREED_LATE_DATE, True)
    assert r.sent_on is not None and r.sent_on > date(2025, 1, 30)


def test_decided_but_for_the_last_quarter_and_one_opened_again(found: dict[tuple[str, Quarter], returns.Return]) -> None:
    states = {(s, q): r.state for (s, q), r in found.items()}
    again = [(s, (q.year, q.number)) for (s, q), state in states.items() if state == "reopened"]
    assert again == list(planted.REOPENED) and found[again[0][0], Quarter(*again[0][1])].reason.startswith("These are copies")
    assert {state for (_, q), state in states.items() if q.year < 2025} == {"locked"}
    assert {state for (_, q), state in states.items() if q.year == 2025 and q.number < 4} == {"accepted", "reopened"}
    assert {state for (_, q), state in states.items() if q == Quarter(2025, 4)} == {"sent", "not sent"}


def test_questions_were_asked_and_answered_and_one_answer_waits(filled: Store) -> None:
    asked = {q.question_id: q for q in conversation.questions(filled, COMMISSIONER)}
    assert len(asked) == len(life.ASKED) and {q.asked_by for q in asked.values()} == {"app", "commissioner", "provider"}
    assert [(q.service, q.waits_for) for q in asked.values() if q.open] == [(planted.FULL_HOME, "commissioner")]
    assert max(len(q.turns) for q in asked.values()) == 4  # asked again, answered again, and enough
    assert [t.service for t in conversation.to_ring(filled, COMMISSIONER)] == [planted.RINGS]
    assert len([e for e in writes.audited(filled, 500) if e.kind == "from the past"]) == len(life.changes())


def test_the_hour_of_the_last_quarter_is_an_hour(filled: Store) -> None:
    hour = quarter_hour.quarter_in_an_hour(filled, COMMISSIONER, TODAY)
    assert (hour.quarter, hour.expected, hour.received) == (Quarter(2025, 4), 40, 38)
    assert {r.service for r in hour.missing} == set(planted.NOT_IN_YET)
    assert len(hour.conversations) <= quarter_hour.MOST_CONVERSATIONS and hour.conversations[0].kind == "ring me"
    assert {w.service for w in hour.conversations} >= {planted.RINGS, planted.FULL_HOME}
    assert len(hour.nothing_to_ask) > 20 and len(hour.thanks) >= 5


# ---- who raises what, both ways --------------------------------------------------------------------------------------------------------------


def test_only_the_copied_return_is_too_much_like_anything(filled: Store) -> None:
    """Planted: MCW-1. Nobody else's figures are questioned, neither like the plan nor like the quarter before."""
    asked = [(m.service, m.year) for m in plans.matches(filled, COMMISSIONER) if m.questioned]
    assert asked == [(planted.COPIED_RETURN, planted.COPIED_QUARTER[0])]


def test_only_the_planted_two_are_cautious_and_ambitious_throughout(filled: Store) -> None:
    """Every line of theirs in every year; of nobody else more than one line of a year, and of all lines together fewer than chance would bring."""
    told: dict[tuple[str, int], list[str]] = {}
    for r in plans.realism(filled, COMMISSIONER):
        told.setdefault((r.service, r.year), []).append(r.verdict)
    for service, verdict in ((planted.CAUTIOUS, "cautious"), (planted.AMBITIOUS, "ambitious")):
        assert all(set(told[service, year]) == {verdict} for year in planted.YEARS)
    others = {at: those for at, those in told.items() if at[0] not in (planted.CAUTIOUS, planted.AMBITIOUS)}
    strange = [sum(v in ("cautious", "ambitious") for v in those) for those in others.values()]
    assert max(strange) <= 1 and sum(strange) < 0.015 * sum(map(len, others.values()))


def test_a_full_home_is_asked_about_its_three_empty_rooms_and_nothing_else(filled: Store) -> None:
    asked = [(g.ref, str(g.quarter)) for g in plans.gaps(filled, COMMISSIONER, [planted.FULL_HOME]) if g.asked]
    assert asked == [(planted.FULL_HOME_LINE, "2025-26 Q4")]
    last = [g for g in plans.gaps(filled, COMMISSIONER, [planted.FULL_HOME]) if (g.ref, str(g.quarter)) == asked[0]]
    assert [(g.projection, g.actual) for g in last] == [(planted.FULL_HOME_PLACES, planted.FULL_HOME_LAST)]


def test_only_the_crisis_house_is_asked_how_its_lines_are_counted(filled: Store) -> None:
    """Planted: a ladder that widens, once a year. Nobody else's plan or returns raise a doubt."""
    doubts = plan_doubts.doubts(filled, COMMISSIONER)
    assert [(d.service, d.year, d.ref, d.about) for d in doubts] == [(planted.CRISIS_HOUSE, year, "M2", "the plan") for year in planted.YEARS]


def test_seminars_were_held_and_returns_say_at_which(filled: Store, found: dict[tuple[str, Quarter], returns.Return]) -> None:
    held = seminars.held(filled, COMMISSIONER)
    assert [s.held_on for s in held] == sorted((day for day, *_ in life.SEMINARS), reverse=True) and all(len(s.shown) == 2 for s in held)
    assert found[planted.CRISIS_HOUSE, Quarter(2025, 2)].shown_at == ("Lessons Learned: before a crisis, 20 November 2025",)
    third = own_plan.of(filled, COMMISSIONER, 2025, TODAY).of("C4", 3)
    assert third and third.actual == 1


def test_the_same_life_every_time() -> None:
    assert life.changes() == life.changes()
