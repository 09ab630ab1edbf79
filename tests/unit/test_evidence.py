"""What stands beside a figure and never changes it: evidence checked, the day a return came, the past put in, cost and attainment; who may see each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from access import attainment, conversation, cost, desk, evidence, history, intake, return_page, return_rates, returns
from domain import settings
from domain.errors import Refused, Shown
from domain.quarters import Quarter
from domain.types import Scope
from tests.conftest import ADMINISTRATOR, COMMISSIONER, manager_of, three_sheets, workbook
from tests.unit.test_returns import MANAGER, PRESENTER, Q1, STRANGER, TODAY, clock, figures, planned, sent, shelf, standing  # noqa: F401 (fixtures)
from warehouse import backup
from warehouse import store as writes
from warehouse.connect import Store

STANDS = "the figure stands"


# ---- evidence checked ------------------------------------------------------------------------------------------------------------------------


def test_how_when_and_with_what_result_by_either_side(planned: Store) -> None:  # noqa: F811
    sent(planned, "S1", Q1, figures())
    returns.accept(planned, COMMISSIONER, "S1", Q1, TODAY)
    returns.lock(planned, COMMISSIONER, "S1", Q1, TODAY)
    version = planned.data_version
    evidence.record(planned, MANAGER, "S1", Q1, "M1", "Tenancies seen.", date(2025, 7, 5), STANDS, TODAY)
    evidence.record(planned, COMMISSIONER, "S1", Q1, "M1", "Three of ten looked at together", date(2025, 7, 9), "it could not be checked", TODAY)
    told = [c.words for c in evidence.of(planned, MANAGER, "S1")]
    assert told == [
        "Checked on 5 July 2025 by the service: “Tenancies seen”. The figure stands.",
        "Checked on 9 July 2025 by the commissioner: “Three of ten looked at together”. It could not be checked.",
    ]
    assert planned.data_version == version and standing(planned).state == "locked"  # a locked return may be checked, and no figure changes
    assert evidence.of(planned, MANAGER, "S1", Quarter(2025, 2)) == []
    assert [e.kind for e in writes.audited(planned)][:2] == ["figure checked", "figure checked"]


@pytest.mark.parametrize(
    ("ref", "how", "on", "result", "said"),
    [
        ("M9", "Seen.", date(2025, 7, 5), STANDS, "no figure for M9"), ("M1", " ", date(2025, 7, 5), STANDS, "no words"),
        ("M1", "Seen.", None, STANDS, "Choose the day"), ("M1", "Seen.", date(2025, 7, 11), STANDS, "Choose the day"),
        ("M1", "Seen.", date(2025, 7, 5), "fine", "Choose what came of it"), ("M1", "Rang 0151 496 0123", date(2025, 7, 5), STANDS, "seem to hold"),
    ],
)  # fmt: skip
def test_what_cannot_be_recorded_is_told(planned: Store, ref: str, how: str, on: date | None, result: str, said: str) -> None:  # noqa: F811
    sent(planned, "S1", Q1, figures())
    with pytest.raises(Shown, match=said):
        evidence.record(planned, MANAGER, "S1", Q1, ref, how, on, result, TODAY)
    assert evidence.of(planned, MANAGER, "S1") == []


def test_it_is_the_same_after_a_rebuild(planned: Store) -> None:  # noqa: F811
    sent(planned, "S1", Q1, figures())
    evidence.record(planned, MANAGER, "S1", Q1, "M1", "Tenancies seen.", date(2025, 7, 5), STANDS, TODAY)
    returns.note_came(planned, COMMISSIONER, "S1", Q1, date(2025, 7, 4), TODAY)
    before, path = (evidence.of(planned, MANAGER, "S1"), standing(planned)), planned.path
    planned.close()
    again = backup.rebuild(path, settings.load())
    try:
        assert (evidence.of(again, MANAGER, "S1"), standing(again)) == before
    finally:
        again.close()


# ---- the day it came, and the past -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("on", "told"), [(date(2025, 1, 30), "on time"), (date(2025, 1, 31), "late")])
def test_what_came_with_the_history_is_judged_by_the_day_it_came(planned: Store, on: date, told: str) -> None:  # noqa: F811
    last = Quarter(2024, 3)
    sent(planned, "S1", last, figures())
    assert standing(planned, last).timeliness == "came with the history"
    with pytest.raises(Refused):
        returns.note_came(planned, MANAGER, "S1", last, on, TODAY)
    with pytest.raises(Shown, match="Choose a day after it"):
        returns.note_came(planned, COMMISSIONER, "S1", last, date(2024, 12, 31), TODAY)
    returns.note_came(planned, COMMISSIONER, "S1", last, on, TODAY)
    assert standing(planned, last).timeliness == told and standing(planned, last).sent_on == on
    with pytest.raises(Shown, match="not in yet"):
        returns.note_came(planned, COMMISSIONER, "S1", Quarter(2024, 4), on, TODAY)


def test_the_past_is_put_in_by_the_commissioner_each_change_with_its_event(planned: Store) -> None:  # noqa: F811
    sent(planned, "S1", Quarter(2024, 3), figures())
    slot = {"service_code": "S1", "year": 2024, "quarter": 3}
    past = [
        history.Past(datetime(2025, 2, 3), "commissioner", {"return_step": [slot | {"step": "accepted"}]}),
        history.Past(datetime(2025, 2, 1), "commissioner", {"return_step": [slot | {"step": "came", "due_on": date(2025, 1, 20)}]}),
    ]
    assert not history.begun(planned)
    with pytest.raises(Refused):
        history.keep(planned, MANAGER, past)
    events = len(writes.audited(planned))
    assert history.keep(planned, COMMISSIONER, past) == 2 and history.begun(planned)
    assert (standing(planned, Quarter(2024, 3)).state, standing(planned, Quarter(2024, 3)).timeliness) == ("accepted", "on time")
    assert len(writes.audited(planned)) == events + 2
    with pytest.raises(Shown, match="seem to hold"):
        history.keep(planned, COMMISSIONER, [history.Past(datetime(2025, 3, 1), "manager", {"talk": [{"words": "ring 0151 496 0123"}]})])
    with pytest.raises(Shown, match="no part of the life-cycle"):
        history.keep(planned, COMMISSIONER, [history.Past(datetime(2025, 3, 1), "manager", {"people": [{}]})])


# ---- cost ------------------------------------------------------------------------------------------------------------------------------------

ACTIVITY = ["service code", "year", "quarter", "people started", "people supported", "spend (£)", "hours to prepare this return"]


def costed(store: Store, people: int, fall: int = 8, quarters: tuple[int, ...] = (1, 2, 3, 4)) -> None:
    """One service whose people all ended in 2025-26 (every third about the same), spending £10,000 a quarter."""
    rows: list[list[Any]] = [ACTIVITY, *[["S1", "2025-26", q, 5, 20, 10_000, 2.5] for q in quarters]]
    received = intake.receive(store, [("return.xlsx", workbook(three_sheets(people, fall=fall) | {"Activity": rows}))], COMMISSIONER)
    assert not received.blocked, received.findings
    intake.send(store, received, COMMISSIONER)


def test_cost_for_each_person_and_each_gain_beside_follow_up(store: Store) -> None:
    costed(store, 24)
    (year,) = cost.by_year(store, COMMISSIONER, "S1")
    assert (year.year, year.spend, year.hours_preparing, year.follow_up) == (2025, 40_000, 10, 100)
    assert year.per_person is not None and year.per_person.people == 20 + 3 * 5 and year.per_person.value == 40_000 / 35
    assert year.per_gain is not None and year.per_gain.people == 16 and year.per_gain.value == 2_500
    assert cost.in_words(year.per_gain) == "£2,500 (likely £1,540 to £4,380; 16 people)"
    assert cost.NEVER == "Never for payment or for choosing cuts."


def test_a_hidden_count_of_gains_is_not_told_by_its_cost(store: Store) -> None:
    """12 people, 4 of whom did not gain: the commissioner may not know how many did, nor therefore what each cost; the service itself may."""
    costed(store, 12)
    scope = Scope(services=("S1",), start=date(2025, 4, 1), end=date(2026, 3, 31))
    assert desk.ask(store, COMMISSIONER, "headline", scope).rows[0].numerator is None
    (inside,), (own,) = cost.by_year(store, COMMISSIONER, "S1"), cost.by_year(store, manager_of("P1"), "S1")
    assert inside.hidden and inside.per_gain is None and inside.per_person is not None
    assert not own.hidden and own.per_gain is not None and own.per_gain.people == 8


def test_none_seen_is_more_than(store: Store) -> None:
    costed(store, 24, fall=1)
    (own,) = cost.by_year(store, manager_of("P1"), "S1")
    assert cost.in_words(own.per_gain) == "more than £10,800 (none seen)"  # 40,000 / 3.69
    (inside,) = cost.by_year(store, COMMISSIONER, "S1")
    assert inside.hidden and inside.per_gain is None  # nobody gained is itself what may not be told


def test_a_year_that_is_not_complete_has_no_cost_and_outside_there_is_none(store: Store) -> None:
    costed(store, 24, quarters=(1, 2, 3))
    assert cost.by_year(store, COMMISSIONER, "S1") == []
    assert len(cost.activity(store, COMMISSIONER, "S1")) == 3
    assert cost.activity(store, PRESENTER, "S1") == [] and cost.by_year(store, PRESENTER, "S1") == []
    for viewer in (manager_of("P2"), ADMINISTRATOR):
        with pytest.raises(Refused):
            cost.by_year(store, viewer, "S1")


# ---- attainment ------------------------------------------------------------------------------------------------------------------------------


def test_attainment_by_sector_and_type_counts_targets_in_people_only(planned: Store) -> None:  # noqa: F811
    sent(planned, "S1", Q1, figures(T1=13))
    sent(planned, "S2", Q1, figures(T1=3))
    found = attainment.of_year(planned, COMMISSIONER)
    assert found is not None and found.year == 2025 and found.without == 0
    assert [(a.name, a.actual, a.projection) for a in found.services] == [("S1", 13, 8), ("S2", 3, 8)]
    (group,) = [g for g in found.groups if g.kind == "service_type"]
    assert (group.name, group.services, group.ratio) == ("counselling", 2, 1) and group.spread == pytest.approx((5**2 + 5**2) / 8)
    assert group.lower < 1 < group.upper
    own = attainment.of_year(planned, MANAGER)
    assert own is not None and [a.name for a in own.services] == ["S1"]
    for viewer in (PRESENTER, ADMINISTRATOR, manager_of()):
        with pytest.raises(Refused):
            attainment.of_year(planned, viewer)
    with pytest.raises(Refused):
        attainment.of_year(planned, STRANGER, services=["S1"])


def test_nothing_returned_nothing_attained(planned: Store) -> None:  # noqa: F811
    assert attainment.of_year(planned, COMMISSIONER) is None


# ---- who may ---------------------------------------------------------------------------------------------------------------------------------


def test_evidence_is_between_the_service_and_its_commissioner(planned: Store) -> None:  # noqa: F811
    sent(planned, "S1", Q1, figures())
    for viewer in (STRANGER, PRESENTER, ADMINISTRATOR):
        with pytest.raises(Refused):
            evidence.record(planned, viewer, "S1", Q1, "M1", "Seen.", date(2025, 7, 5), STANDS, TODAY)
        with pytest.raises(Refused):
            evidence.of(planned, viewer, "S1")
        with pytest.raises(Refused):
            return_page.additions(planned, viewer, "S1", Q1)
    assert conversation.side_of("manager") == "provider"


# ---- returns on time and complete ------------------------------------------------------------------------------------------------------------


def test_on_time_out_of_due_and_complete_out_of_expected(planned: Store) -> None:  # noqa: F811
    """One of two returns of the quarter came, with four of its five figures: 1 of 2 on time, 4 of 10 there (Wilson's ranges by hand)."""
    sent(planned, "S1", Q1, {ref: given for ref, given in figures().items() if ref != "M4"})
    found = returns.calendar(planned, COMMISSIONER, date(2025, 8, 5), year=2025)
    rate = return_rates.timeliness(found)
    assert (rate.numerator, rate.denominator, rate.percent) == (1, 2, 50)
    assert rate.words == "1 of 2 returns came on time or by a date agreed: 50% (likely between 9% and 91%)."
    whole = return_rates.completeness(planned, COMMISSIONER, date(2025, 8, 5), year=2025)
    assert (whole.numerator, whole.denominator, round(whole.lower or 0), round(whole.upper or 0)) == (4, 10, 17, 69)
    assert return_rates.timeliness([]).words == "No returns were due."
    returns.agree_date(planned, COMMISSIONER, "S2", Q1, date(2025, 9, 1), TODAY)
    assert return_rates.timeliness(returns.calendar(planned, COMMISSIONER, date(2025, 8, 5), year=2025)).denominator == 1  # not due before the agreed day


def test_scores_count_towards_completeness(store: Store) -> None:
    """24 people with two scores each: 24 first scores and 24 second ones are there of 48 due."""
    costed(store, 24)
    rate = return_rates.completeness(store, COMMISSIONER, date(2026, 5, 1), ["S1"], 2025)
    assert (rate.numerator, rate.denominator) == (48, 48)


def test_the_day_it_is_due_is_a_setting(planned: Store) -> None:  # noqa: F811
    planned.settings = planned.settings.replaced(return_due_days=45)
    assert standing(planned).due_on == date(2025, 8, 14)
    sent(planned, "S1", Q1, figures())
    assert standing(planned, today=date(2025, 8, 20)).timeliness == "on time"
