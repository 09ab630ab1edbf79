"""The life-cycle of a return, the conversation about it and the negotiation of a plan: on a real store, through the real doors."""

from __future__ import annotations

import io
import itertools
import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from access import conversation, desk, intake, plans, quarter_hour, return_page, returns, seminars, target_plans
from access.conversation import Question
from domain import settings
from domain.errors import Refused, Shown
from domain.quarters import Quarter
from domain.types import Event, Viewer
from tests.conftest import ADMINISTRATOR, COMMISSIONER, manager_of, workbook
from tests.second_opinion import plain
from warehouse import backup
from warehouse import store as writes
from warehouse.connect import Store

MANAGER, STRANGER = manager_of("P1"), manager_of("P2")
PRESENTER = Viewer("test presenter", "presenter", session="test")
Q1, Q2 = Quarter(2025, 1), Quarter(2025, 2)
TODAY = date(2025, 7, 10)  # ten days after the first quarter ended
LINES = {"M1": 12, "M2": 11, "M3": 10, "M4": 9, "T1": 8}  # a ladder that narrows: nothing to ask about it
SERVICES = [
    ["service code", "service name", "provider code", "provider name", "service type"],
    ["S1", "The Elms", "P1", "Elm Trust", "counselling"],
    ["S2", "The Oaks", "P2", "Oak Trust", "counselling"],
]
MILESTONES = ["service code", "year", "ref", "kind", "what people will achieve", "counted as", "Q1", "Q2", "Q3", "Q4"]


def milestones() -> list[list[Any]]:
    rows: list[list[Any]] = [MILESTONES]
    for service, year in (("S1", "2024-25"), ("S1", "2025-26"), ("S2", "2025-26")):
        for ref, n in LINES.items():
            kind = "milestone" if ref.startswith("M") else "performance target"
            rows.append([service, year, ref, kind, f"People take step {ref}", "newly in the quarter", n, n, n, n])
    return rows


def figures(**other: float) -> dict[str, dict[str, Any]]:
    """A typed return near its plan, with some figures otherwise."""
    near = {"M1": 14, "M2": 10, "M3": 11, "M4": 8, "T1": 9}
    return {ref: {"actual": n} for ref, n in (near | other).items()}


def sent(store: Store, service: str, quarter: Quarter, typed: dict[str, dict[str, Any]]) -> str:
    """A return as an upload stores it, without reading a file. Returns the upload's id."""
    rows = [{"service_code": service, "year": quarter.year, "quarter": quarter.number, "ref": ref, **given} for ref, given in typed.items()]
    event = Event("upload", "test manager", "manager", conversation.now())
    return writes.commit(store, {"quarterly_return": plain.table("quarterly_return", rows)}, event).upload_id


def load(store: Store, sheets: dict[str, Any], viewer: Viewer = COMMISSIONER, today: date = TODAY) -> intake.Received:
    received = intake.receive(store, [("return.xlsx", workbook(sheets))], viewer, today)
    if not received.blocked:
        intake.send(store, received, viewer)
    return received


@pytest.fixture(scope="module")
def shelf(made_once: Callable[[str, Callable[[Store], object]], Path]) -> Path:
    """A folder with the database of `planned` in it, filled once and closed."""
    return made_once("planned", five_lines_each)


def five_lines_each(store: Store) -> None:
    with pytest.MonkeyPatch.context() as patch:
        _clock(patch)(datetime(2025, 6, 1))
        assert not load(store, {"Services": SERVICES, "Milestones": milestones()}).findings


def _clock(patch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """The time at which things are kept; each change comes a second after the last. Returns how to set it."""
    at = [datetime(2025, 7, 10, 9)]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            at[0] += timedelta(seconds=1)
            return at[0]

    patch.setattr(conversation, "datetime", Clock)
    patch.setattr(intake, "datetime", Clock)
    return lambda moment: at.__setitem__(0, moment)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    return _clock(monkeypatch)


@pytest.fixture
def planned(own_database: Path, shelf: Path, clock: Callable[[datetime], None]) -> Iterator[Store]:
    """Two providers, each with a service and a plan of five lines; S1 is in its second plan year. Everything came on 1 June 2025."""
    shutil.copytree(shelf, own_database.parent, dirs_exist_ok=True)
    store = Store(own_database, settings.load())
    yield store
    store.close()


def standing(store: Store, quarter: Quarter = Q1, today: date = TODAY, viewer: Viewer = COMMISSIONER) -> returns.Return:
    return returns.one(store, viewer, "S1", quarter, today)


# ---- from draft to locked and back -----------------------------------------------------------------------------------------------------------


def test_a_return_goes_from_draft_to_locked_and_is_opened_again_with_a_reason(planned: Store) -> None:
    states = [standing(planned).state]
    return_page.save_draft(planned, MANAGER, "S1", Q1, figures(M1=3), TODAY)
    states.append(standing(planned).state)
    assert return_page.form(planned, MANAGER, "S1", Q1).lines[0].actual == 3 and not desk.plan_lines(planned, MANAGER, "S1", 2025)[0].actual
    return_page.send(planned, MANAGER, "S1", Q1, figures(M1=3), TODAY)
    states.append(standing(planned).state)
    assert return_page.form(planned, MANAGER, "S1", Q1).saved_at is None  # the draft is done with
    assert conversation.put_all(planned, COMMISSIONER, "S1", Q1) == 1
    states.append(standing(planned).state)
    (question,) = conversation.questions(planned, MANAGER)
    return_page.answer(planned, MANAGER, question, TODAY, reason="we do not know")
    returns.accept(planned, COMMISSIONER, "S1", Q1, TODAY)
    states.append(standing(planned).state)
    returns.lock(planned, COMMISSIONER, "S1", Q1, TODAY)
    states.append(standing(planned).state)
    with pytest.raises(Shown, match="Say why"):
        returns.reopen(planned, COMMISSIONER, "S1", Q1, "  ", TODAY)
    returns.reopen(planned, COMMISSIONER, "S1", Q1, "Two people were counted twice.", TODAY)
    states.append(standing(planned).state)
    assert states == ["not sent", "draft", "sent", "asked about", "accepted", "locked", "reopened"]
    return_page.send(planned, MANAGER, "S1", Q1, figures(M1=5), TODAY)
    assert standing(planned).state == "sent" and standing(planned).timeliness == "on time"
    events = [e.kind for e in writes.audited(planned)]
    for kind in ("return draft", "question", "answer", "return accepted", "return locked", "return reopened"):
        assert kind in events
    assert len(events) == len(writes.uploads(planned))  # no change without its event


@pytest.mark.parametrize(
    ("came", "agreed", "told"),
    [
        (None, None, "missing"), ("2025-07-30", None, "on time"), ("2025-07-31", None, "late"), ("2025-08-20", date(2025, 8, 20), "on time"),
        ("2025-08-21", date(2025, 8, 20), "late"),
    ],
)  # fmt: skip
def test_due_thirty_days_after_the_quarter_or_on_the_agreed_day(
    planned: Store, clock: Callable[[datetime], None], came: str | None, agreed: date | None, told: str
) -> None:
    if agreed:
        returns.ask_for_date(planned, MANAGER, "S1", Q1, agreed, "Our system is being replaced.", TODAY)
        assert standing(planned).asked_for == agreed
        returns.agree_date(planned, COMMISSIONER, "S1", Q1, agreed, TODAY)
        assert standing(planned).asked_for is None
    if came:
        clock(datetime.fromisoformat(came))
        sent(planned, "S1", Q1, figures())
        # what is sent again later does not make it late
        clock(datetime(2025, 9, 1))
        sent(planned, "S1", Q1, figures(M1=15))
    assert standing(planned, today=date(2025, 9, 2)).timeliness == told
    assert standing(planned, today=date(2025, 7, 30), viewer=MANAGER).due_on == agreed or date(2025, 7, 30)


def test_not_due_before_its_day_and_nothing_is_expected_of_a_quarter_that_has_not_ended(planned: Store) -> None:
    assert standing(planned, today=date(2025, 7, 30)).timeliness == "not due yet"
    assert {r.quarter for r in returns.calendar(planned, COMMISSIONER, date(2025, 6, 30), year=2025)} == set()
    assert {r.service for r in returns.calendar(planned, COMMISSIONER, TODAY, year=2025)} == {"S1", "S2"}


def test_what_was_due_before_the_first_upload_is_neither_on_time_nor_late(planned: Store) -> None:
    sent(planned, "S1", Quarter(2024, 3), figures())
    assert standing(planned, Quarter(2024, 3)).timeliness == "came with the history"
    assert standing(planned, Quarter(2024, 4)).timeliness == "missing"


def test_nothing_to_report_is_one_tick_and_figures_take_its_place(planned: Store) -> None:
    returns.nothing_to_report(planned, MANAGER, "S1", Q1, TODAY)
    assert standing(planned).nothing_to_report and standing(planned).state == "sent" and standing(planned).timeliness == "on time"
    return_page.send(planned, MANAGER, "S1", Q1, figures(), TODAY)
    assert not standing(planned).nothing_to_report and standing(planned).is_in
    with pytest.raises(Shown, match="Figures are in"):
        returns.nothing_to_report(planned, MANAGER, "S1", Q1, TODAY)


def test_only_what_changes_is_sent(planned: Store) -> None:
    """A workbook that holds last quarter too, unchanged, must not open what was accepted."""
    return_page.send(planned, MANAGER, "S1", Q1, figures(), TODAY)
    returns.accept(planned, COMMISSIONER, "S1", Q1, TODAY)
    head = ["service code", "year", "quarter", "ref", "actual"]
    rows = [["S1", "2025-26", q, ref, given["actual"]] for q in (1, 2) for ref, given in figures().items()]
    load(planned, {"Quarterly return": [head, *rows]}, MANAGER, date(2025, 10, 5))
    assert standing(planned).state == "accepted" and standing(planned, Q2, date(2025, 10, 5)).state == "sent"


def test_a_locked_return_changes_for_no_file_and_no_taking_back(planned: Store) -> None:
    upload = return_page.send(planned, MANAGER, "S1", Q1, figures(), TODAY)
    assert not isinstance(upload, list)
    returns.accept(planned, COMMISSIONER, "S1", Q1, TODAY)
    returns.lock(planned, COMMISSIONER, "S1", Q1, TODAY)
    with pytest.raises(Shown, match="locked"):
        return_page.send(planned, MANAGER, "S1", Q1, figures(M1=1), TODAY)
    head = ["service code", "year", "quarter", "ref", "actual"]
    received = load(planned, {"Quarterly return": [head, ["S1", "2025-26", 1, "M1", 1]]}, MANAGER)
    assert [f.code for f in received.findings] == ["locked-return"] and received.blocked
    with pytest.raises(Shown, match="locked"):
        intake.undo(planned, upload.upload_id, MANAGER)
    assert next(line.actual for line in desk.plan_lines(planned, MANAGER, "S1", 2025) if line.ref == "M1" and line.quarter == "Q1") == 14
    returns.reopen(planned, COMMISSIONER, "S1", Q1, "A figure was wrong.", TODAY)
    intake.undo(planned, upload.upload_id, MANAGER)


def test_taking_an_upload_back_takes_its_steps_back(planned: Store) -> None:
    first = sent(planned, "S1", Q1, figures())
    second = sent(planned, "S1", Q1, figures(M1=15))
    intake.undo(planned, second, MANAGER)
    assert standing(planned).state == "sent"
    intake.undo(planned, first, MANAGER)
    assert standing(planned).state == "not sent" and standing(planned).sent_on is None


# ---- the same after a rebuild ----------------------------------------------------------------------------------------------------------------


def everything(store: Store) -> dict[str, Any]:
    return {
        "calendar": returns.calendar(store, COMMISSIONER, date(2025, 11, 1)),
        "questions": conversation.questions(store, COMMISSIONER),
        "talks": conversation.talks(store, COMMISSIONER),
        "form": return_page.form(store, MANAGER, "S1", Q2),
        "plan": target_plans.of(store, MANAGER, "S1", 2026),
    }


def test_a_rebuild_gives_the_same_steps_questions_drafts_and_plans(planned: Store) -> None:
    sent(planned, "S1", Q1, figures(M1=2))
    taken = sent(planned, "S1", Q1, figures(M1=3))
    intake.undo(planned, taken, MANAGER)
    (asked,) = conversation.to_ask(planned, MANAGER, ["S1"], Q1)
    return_page.answer(planned, MANAGER, asked, TODAY, "staffing", "Two posts were empty.", readers="seminar")
    returns.agree_date(planned, COMMISSIONER, "S1", Q2, date(2025, 11, 20), TODAY)
    returns.accept(planned, COMMISSIONER, "S1", Q1, TODAY)
    return_page.save_draft(planned, MANAGER, "S1", Q2, {"M1": {"actual": 4, "explanation": "Half of the quarter."}}, TODAY)
    conversation.ring_me(planned, MANAGER, "S1", "About next year.")
    assert target_plans.save(planned, MANAGER, "S1", 2026, [line | {"q1": 13} for line in target_plans.of(planned, MANAGER, "S1", 2026).lines], {}, TODAY) == []
    before, path, version = everything(planned), planned.path, planned.data_version
    planned.close()
    again = backup.rebuild(path, settings.load())
    try:
        assert everything(again) == before and again.data_version == version
    finally:
        again.close()


def test_a_conversation_changes_no_figure_and_so_no_data_version(planned: Store) -> None:
    sent(planned, "S1", Q1, figures(M1=2))
    version = planned.data_version
    conversation.put_all(planned, COMMISSIONER, "S1", Q1)
    conversation.ring_me(planned, MANAGER, "S1")
    returns.accept(planned, COMMISSIONER, "S1", Q1, TODAY)
    assert planned.data_version == version


# ---- the conversation ------------------------------------------------------------------------------------------------------------------------


def test_at_most_three_questions_a_return_and_none_twice(planned: Store) -> None:
    sent(planned, "S1", Q1, figures(M1=1, M2=1, M3=2, M4=3, T1=1))
    asked = conversation.to_ask(planned, MANAGER, ["S1"], Q1)
    assert len(asked) == 3 and {q.about for q in asked} == {"gap"}
    return_page.answer(planned, MANAGER, asked[0], TODAY, reason="demand")
    left = conversation.to_ask(planned, MANAGER, ["S1"], Q1)
    assert {q.ref for q in left} == {q.ref for q in asked[1:]}
    assert conversation.put_all(planned, COMMISSIONER, "S1", Q1) == 2 and conversation.to_ask(planned, COMMISSIONER, ["S1"], Q1) == []


def test_an_explanation_sent_with_the_figure_is_not_asked_for(planned: Store) -> None:
    sent(planned, "S1", Q1, figures() | {"M1": {"actual": 1, "explanation": "The group did not run."}})
    assert conversation.to_ask(planned, MANAGER, ["S1"], Q1) == []


def test_an_answer_travels_with_the_figure(planned: Store) -> None:
    sent(planned, "S1", Q1, figures(M1=1))
    (asked,) = conversation.to_ask(planned, MANAGER, ["S1"], Q1)
    return_page.answer(planned, MANAGER, asked, TODAY, "staffing", "Two posts were empty.", readers="seminar")
    line = next(x for x in desk.plan_lines(planned, PRESENTER, "S1", 2025) if x.ref == "M1" and x.quarter == "Q1")
    assert (line.words, line.reason) == ("Two posts were empty.", "staffing")
    assert standing(planned).state == "sent"


def test_counted_is_remembered_for_the_year(planned: Store) -> None:
    for quarter in (Q1, Q2):
        sent(planned, "S1", quarter, {ref: {"actual": n} for ref, n in LINES.items()})
    first = conversation.to_ask(planned, MANAGER, ["S1"], Q1)
    assert [q.about for q in first] == ["matches"] and "counted, or carried over" in first[0].words
    with pytest.raises(Shown, match="Only the service"):
        conversation.answer(planned, COMMISSIONER, first[0], kind="counted")
    return_page.answer(planned, MANAGER, first[0], TODAY, kind="counted")
    assert conversation.to_ask(planned, MANAGER, ["S1"], Q1) == conversation.to_ask(planned, MANAGER, ["S1"], Q2) == []


def test_whose_turn_it_is(planned: Store) -> None:
    sent(planned, "S1", Q1, figures(M1=1))
    conversation.put_all(planned, COMMISSIONER, "S1", Q1)

    def now() -> Question:
        return conversation.questions(planned, COMMISSIONER)[0]

    turns = [now().waits_for]
    return_page.answer(planned, MANAGER, now(), TODAY, reason="we do not know")
    turns.append(now().waits_for)
    conversation.answer(planned, COMMISSIONER, now(), words="Could you ask the people who left?", kind="again")
    turns.append(now().waits_for)
    return_page.answer(planned, MANAGER, now(), TODAY, words="They moved away.")
    conversation.answer(planned, COMMISSIONER, now(), kind="enough")
    turns.append(now().waits_for)
    assert turns == ["provider", "commissioner", "provider", ""]
    with pytest.raises(Shown, match="closed"):
        return_page.answer(planned, MANAGER, now(), TODAY, words="And one more thing.")


def test_a_service_may_ask_too_and_either_may_close(planned: Store) -> None:
    conversation.ask(planned, MANAGER, "S1", Q1, "Do people on the waiting list count?")
    (question,) = conversation.questions(planned, COMMISSIONER)
    assert (question.asked_by, question.waits_for) == ("provider", "commissioner")
    assert any("1 question waits for you" in told for told in quarter_hour.waiting(planned, COMMISSIONER, TODAY))
    conversation.answer(planned, MANAGER, question, kind="closed")
    assert not conversation.questions(planned, COMMISSIONER)[0].open


def test_a_question_should_be_answered_within_fifteen_working_days() -> None:
    assert conversation.working_days_after(date(2025, 7, 10), 15) == date(2025, 7, 31)
    assert conversation.working_days_after(date(2025, 7, 11), 1) == date(2025, 7, 14)  # a Friday


def test_ring_me_waits_until_a_call(planned: Store) -> None:
    conversation.ring_me(planned, MANAGER, "S1")
    assert [t.service for t in conversation.to_ring(planned, COMMISSIONER)] == ["S1"]
    conversation.log_talk(planned, COMMISSIONER, "S1", "call", date(2025, 7, 10), "About the new form.")
    assert conversation.to_ring(planned, COMMISSIONER) == []


@pytest.mark.parametrize("words", ["Ask Ann on 0151 496 0123 about it", "write to ann@example.org", "NHS number 943 476 5919"])
def test_no_identifier_is_kept_in_words(planned: Store, words: str) -> None:
    for attempt in (
        lambda: conversation.ask(planned, MANAGER, "S1", Q1, words),
        lambda: conversation.ring_me(planned, MANAGER, "S1", words),
        lambda: return_page.save_draft(planned, MANAGER, "S1", Q1, {"M1": {"explanation": words}}, TODAY),
        lambda: returns.agree_date(planned, COMMISSIONER, "S1", Q1, date(2025, 8, 1), TODAY) or conversation.ask(planned, COMMISSIONER, "S1", Q1, words),
    ):
        with pytest.raises(Shown) as told:
            attempt()
        assert words not in str(told.value)


# ---- who may ---------------------------------------------------------------------------------------------------------------------------------

ASKED: list[Callable[[Store, Viewer], Any]] = [
    lambda s, v: return_page.form(s, v, "S1", Q1),
    lambda s, v: returns.one(s, v, "S1", Q1, TODAY),
    lambda s, v: return_page.prefilled(s, v, "S1", Q1),
    lambda s, v: return_page.send(s, v, "S1", Q1, figures(), TODAY),
    lambda s, v: return_page.save_draft(s, v, "S1", Q1, figures(), TODAY),
    lambda s, v: returns.nothing_to_report(s, v, "S1", Q1, TODAY),
    lambda s, v: returns.ask_for_date(s, v, "S1", Q1, date(2025, 9, 1), "Why.", TODAY),
    lambda s, v: conversation.ask(s, v, "S1", Q1, "A question."),
    lambda s, v: conversation.ring_me(s, v, "S1"),
    lambda s, v: conversation.log_talk(s, v, "S1", "call", date(2025, 7, 1)),
    lambda s, v: conversation.questions(s, v, ["S1"]),
    lambda s, v: conversation.talks(s, v, ["S1"]),
    lambda s, v: target_plans.of(s, v, "S1", 2026),
    lambda s, v: target_plans.save(s, v, "S1", 2026, [{"ref": "M1"}], {}, TODAY),
    lambda s, v: target_plans.propose(s, v, "S1", 2026, "With them."),
    lambda s, v: target_plans.beside(s, v, "S1", 2026),
]
DECIDED: list[Callable[[Store, Viewer], Any]] = [
    lambda s, v: returns.accept(s, v, "S1", Q1, TODAY),
    lambda s, v: returns.lock(s, v, "S1", Q1, TODAY),
    lambda s, v: returns.reopen(s, v, "S1", Q1, "Why.", TODAY),
    lambda s, v: returns.agree_date(s, v, "S1", Q1, date(2025, 9, 1), TODAY),
    lambda s, v: returns.note_read(s, v, "S1", Q1, TODAY),
    lambda s, v: seminars.note(s, v, date(2025, 7, 1), "Spring seminar", [], TODAY),
    lambda s, v: conversation.put_all(s, v, "S1", Q1),
    lambda s, v: target_plans.agree(s, v, "S1", 2026, TODAY),
    lambda s, v: target_plans.send_back(s, v, "S1", 2026, "A word."),
]


def test_another_provider_presenters_and_administrators_have_no_part_in_it(planned: Store) -> None:
    events = len(writes.audited(planned))
    for viewer, attempt in itertools.product((STRANGER, PRESENTER, ADMINISTRATOR, manager_of()), ASKED + DECIDED):
        with pytest.raises(Refused):
            attempt(planned, viewer)
    for attempt in DECIDED:
        with pytest.raises(Refused):
            attempt(planned, MANAGER)
    for viewer in (PRESENTER, ADMINISTRATOR):
        for whole in (
            lambda v: returns.calendar(planned, v, TODAY),
            lambda v: quarter_hour.quarter_in_an_hour(planned, v, TODAY),
            lambda v: conversation.talks(planned, v),
        ):
            with pytest.raises(Refused):
                whole(viewer)
    assert len(writes.audited(planned)) == events
    assert {r.service for r in returns.calendar(planned, STRANGER, TODAY)} == {"S2"}


# ---- seminars --------------------------------------------------------------------------------------------------------------------------------


def test_a_seminar_is_noted_with_the_returns_shown_there(planned: Store) -> None:
    sent(planned, "S1", Q1, figures())
    conversation.ring_me(planned, MANAGER, "S1")
    version = planned.data_version
    seminars.note(planned, COMMISSIONER, date(2025, 7, 3), "Lessons Learned", [("S1", Q1)], TODAY)
    assert standing(planned).shown_at == ("Lessons Learned, 3 July 2025",)
    assert returns.state_sentence(standing(planned)).endswith("Shown at Lessons Learned, 3 July 2025.")
    seminars.note(planned, COMMISSIONER, date(2025, 6, 2), "A first one", [], TODAY)
    assert [(s.title, s.shown) for s in seminars.held(planned, MANAGER)] == [("Lessons Learned, 3 July 2025", (("S1", Q1),)), ("A first one, 2 June 2025", ())]
    assert [s.shown for s in seminars.held(planned, STRANGER)] == [(), ()]  # what others showed is theirs
    assert seminars.days(planned) == [date(2025, 6, 2), date(2025, 7, 3)] and planned.data_version == version
    assert [t.service for t in conversation.to_ring(planned, COMMISSIONER)] == ["S1"]  # a seminar is no call
    assert [t.kind for t in conversation.talks(planned, COMMISSIONER)] == ["ring me"]
    with pytest.raises(Shown, match="on the list already"):
        seminars.note(planned, COMMISSIONER, date(2025, 7, 3), "Lessons Learned", [("S1", Q1)], TODAY)
    with pytest.raises(Shown, match="still to come"):
        seminars.note(planned, COMMISSIONER, date(2025, 7, 11), "Lessons Learned", [], TODAY)
    with pytest.raises(Shown, match="is not in"):
        seminars.note(planned, COMMISSIONER, date(2025, 7, 3), "Lessons Learned", [("S2", Q1)], TODAY)
    with pytest.raises(Shown, match="seem to hold"):
        seminars.note(planned, COMMISSIONER, date(2025, 7, 3), "With jo.bloggs@example.org", [], TODAY)
    assert [e.kind for e in writes.audited(planned)].count("seminar") == 2
    planned.close()
    again = backup.rebuild(planned.path, planned.settings)
    assert standing(again).shown_at and len(seminars.days(again)) == 2
    again.close()


# ---- this quarter in an hour -----------------------------------------------------------------------------------------------------------------


def test_this_quarter_in_an_hour(planned: Store) -> None:
    today = date(2025, 8, 5)
    hour = quarter_hour.quarter_in_an_hour(planned, COMMISSIONER, today)
    assert (hour.quarter, hour.expected, hour.received) == (Q1, 2, 0) and [r.service for r in hour.missing] == ["S1", "S2"]
    sent(planned, "S1", Q1, figures(M1=1, M2=1))
    sent(planned, "S2", Q1, figures() | {"M3": {"actual": 11, "learning": "Ask early."}})
    hour = quarter_hour.quarter_in_an_hour(planned, COMMISSIONER, today)
    assert [(w.service, w.kind) for w in hour.conversations] == [("S1", "gap")]  # one conversation, however many gaps
    assert [(t.service, t.words) for t in hour.thanks] == [("S2", "Wrote down what they learned: “Ask early.”")]
    assert hour.missing == [] and hour.nothing_to_ask == ["S2"]
    with pytest.raises(Refused):
        quarter_hour.accept_all_with_nothing_to_ask(planned, STRANGER, today)
    assert quarter_hour.accept_all_with_nothing_to_ask(planned, COMMISSIONER, today) == ["S2"]
    assert quarter_hour.quarter_in_an_hour(planned, COMMISSIONER, today).nothing_to_ask == [] and standing(planned).state == "sent"
    conversation.ring_me(planned, MANAGER, "S1", "About M1.")
    assert quarter_hour.quarter_in_an_hour(planned, COMMISSIONER, today).conversations[0].kind == "ring me"


# ---- the prefilled workbook ------------------------------------------------------------------------------------------------------------------


def test_the_prefilled_workbook_opens_only_what_happened_and_reads_back(planned: Store) -> None:
    return_page.send(planned, MANAGER, "S1", Q1, figures(), TODAY)
    today = date(2025, 10, 10)
    book = openpyxl.load_workbook(io.BytesIO(return_page.prefilled(planned, MANAGER, "S1", Q2, "The Elms")))
    page = book["Quarterly return"]
    heads = [c.value for c in page[1]]
    assert page.protection.sheet
    row = {head: cell for head, cell in zip(heads, page[2], strict=True)}
    assert (row["ref*"].value, row["Projection"].value, row["Year to date before this quarter"].value) == ("M1", 12, 14)
    opened = {head for head, cell in row.items() if not cell.protection.locked}
    assert opened == {"actual*", "out of", "explanation", "reason", "learning", "who may read this", "verified how", "verified by"}
    for n, given in enumerate(figures(M1=1).values()):
        page.cell(2 + n, heads.index("actual*") + 1, given["actual"])
    page.cell(2, heads.index("explanation") + 1, "The group did not run.")
    page.cell(2, heads.index("reason") + 1, "staffing")
    out = io.BytesIO()
    book.save(out)
    received = intake.receive(planned, [("filled.xlsx", out.getvalue())], MANAGER, today)
    assert not received.blocked, received.findings
    assert received.preview["Quarterly return"] == {"new": 5, "changed": 0, "unchanged": 0, "gone": 0}
    intake.send(planned, received, MANAGER)
    (gap,) = [g for g in plans.gaps(planned, COMMISSIONER, ["S1"], 2025, 2) if g.ref == "M1"]
    assert (gap.actual, gap.reason, gap.explanation) == (1, "staffing", "The group did not run.")


def test_the_prefilled_workbook_sent_as_it_came_asks_for_figures(planned: Store) -> None:
    received = intake.receive(planned, [("empty.xlsx", return_page.prefilled(planned, MANAGER, "S1", Q1))], MANAGER, TODAY)
    assert received.blocked and {f.column for f in received.findings if f.severity != "look"} == {"I"}


# ---- plans -----------------------------------------------------------------------------------------------------------------------------------


def test_a_plan_is_drafted_proposed_returned_and_agreed(planned: Store) -> None:
    beginning = target_plans.of(planned, MANAGER, "S1", 2026)
    assert beginning.state == "none" and {line["ref"] for line in beginning.lines} == set(LINES)
    lines = [line | {"q2": 14} if line["ref"] == "M1" else line for line in beginning.lines]
    assert target_plans.save(planned, MANAGER, "S1", 2026, lines, {"the service": "A quiet house."}, TODAY) == []
    with pytest.raises(Shown, match="how people"):
        target_plans.propose(planned, MANAGER, "S1", 2026, " ")
    target_plans.propose(planned, MANAGER, "S1", 2026, "We asked the Tuesday group.")
    with pytest.raises(Shown, match="with your commissioner"):
        target_plans.save(planned, MANAGER, "S1", 2026, lines, {}, TODAY)
    target_plans.send_back(planned, COMMISSIONER, "S1", 2026, "Could July to September be bolder?")
    lines = [line | {"q2": 16} if line["ref"] == "M1" else line for line in lines]
    target_plans.save(planned, MANAGER, "S1", 2026, lines, {"the service": "A quiet house."}, TODAY)
    target_plans.propose(planned, MANAGER, "S1", 2026, "They said it could.")
    assert target_plans.changes(target_plans.of(planned, COMMISSIONER, "S1", 2026)) == ["M1, July to September 2026: 14 became 16."]
    assert desk.plan_years(planned, COMMISSIONER, "S1") == [2025, 2024]  # nothing is in force before it is agreed
    target_plans.agree(planned, COMMISSIONER, "S1", 2026, TODAY)
    agreed = target_plans.of(planned, MANAGER, "S1", 2026)
    assert agreed.state == "agreed" and [v.step for v in agreed.versions] == ["drafted", "proposed", "returned", "drafted", "proposed", "agreed"]
    assert {(x.ref, x.quarter): x.projection for x in desk.plan_lines(planned, MANAGER, "S1", 2026)}["M1", "Q2"] == 16


def test_an_agreed_plan_changes_by_agreement_and_from_a_later_quarter(planned: Store) -> None:
    lines = target_plans.of(planned, MANAGER, "S1", 2026).lines
    target_plans.save(planned, MANAGER, "S1", 2026, lines, {}, TODAY)
    target_plans.propose(planned, MANAGER, "S1", 2026, "With the Tuesday group.")
    target_plans.agree(planned, COMMISSIONER, "S1", 2026, TODAY)
    changed = [row if row[2] != "M1" else [*row[:6], 1, 1, 1, 1] for row in milestones()[6:11]]
    received = load(planned, {"Milestones": [MILESTONES, *[[row[0], "2026-27", *row[2:]] for row in changed]]}, MANAGER)
    assert [f.code for f in received.findings] == ["agreed-plan"] and received.blocked
    later = date(2026, 7, 10)
    sent(planned, "S1", Quarter(2026, 1), figures())
    new = [line | {"q3": 6, "q4": 6} if line["ref"] == "M1" else line for line in lines]
    with pytest.raises(Shown, match="Let the change begin in July to September 2026"):
        target_plans.save(planned, MANAGER, "S1", 2026, new, {}, later)
    assert target_plans.save(planned, MANAGER, "S1", 2026, new, {}, later, from_quarter=3) == []
    target_plans.propose(planned, MANAGER, "S1", 2026, "The house is smaller now.")
    target_plans.agree(planned, COMMISSIONER, "S1", 2026, later)
    assert [x.projection for x in desk.plan_lines(planned, MANAGER, "S1", 2026) if x.ref == "M1"] == [12, 12, 6, 6]


def test_a_line_in_two_versions_is_shown_once(planned: Store) -> None:
    head = [*MILESTONES[:2], "from quarter", *MILESTONES[2:]]
    rows = [["S1", "2025-26", 3, "M1", "milestone", "People take step M1", "newly in the quarter", None, None, 5, 5]]
    load(planned, {"Milestones": [head, *rows]})
    found = [(x.quarter, x.projection) for x in desk.plan_lines(planned, MANAGER, "S1", 2025) if x.ref == "M1"]
    assert found == [("Q1", 12), ("Q2", 12), ("Q3", 5), ("Q4", 5)]


def test_a_draft_with_something_wrong_is_told_and_not_kept(planned: Store) -> None:
    lines = [line | {"q1": -3} for line in target_plans.of(planned, MANAGER, "S1", 2026).lines]
    found = target_plans.save(planned, MANAGER, "S1", 2026, lines, {}, TODAY)
    assert any(f.severity != "look" for f in found) and target_plans.of(planned, MANAGER, "S1", 2026).state == "none"


def test_beside_a_plan_stand_last_year_and_the_likely_range(planned: Store) -> None:
    for n in (1, 2, 3, 4):
        sent(planned, "S1", Quarter(2025, n), figures())
    rows = {row["ref"]: row for row in target_plans.beside(planned, MANAGER, "S1", 2026)}
    assert (rows["M1"]["last year"], rows["M1"]["this plan"]) == (56, 48) and rows["M1"]["low"] < 56 < rows["M1"]["high"]


def test_the_ledger_of_an_older_version_still_opens(tmp_path: Path) -> None:
    """A database made before there were steps: its returns count as sent when their upload came."""
    store = Store(tmp_path / "old.duckdb", settings.load())
    load(store, {"Services": SERVICES, "Milestones": milestones()})
    return_page.send(store, MANAGER, "S1", Q1, figures(), TODAY)
    with store.writing() as cursor:
        cursor.execute("delete from return_step")
    assert standing(store).state == "sent" and standing(store).sent_on == date.today()
    store.close()
