"""What does not agree with the rest: unlikely changes, totals and their parts, quarters sent before."""

from __future__ import annotations

from datetime import date

import pytest

from access import intake
from tests.conftest import ADMINISTRATOR, three_sheets, workbook

TODAY = date(2026, 3, 31)
SCORES = ["person ref", "service code", "date", "measure", "score"]
ACTIVITY = ["service code", "year", "quarter", "people started", "people supported", "people ended"]
INDICATORS = ["service code", "period start", "period end", "indicator", "numerator", "denominator"]


def told(store, sheets, code):
    received = intake.receive(store, [("a.xlsx", workbook(sheets))], ADMINISTRATOR, TODAY)
    found = [f for f in received.findings if f.code == code]
    assert all(f.severity == "look" for f in found) and not received.blocked, received.findings
    return found


def sent(store, sheets):
    intake.send(store, intake.receive(store, [("earlier.xlsx", workbook(sheets))], ADMINISTRATOR, TODAY), ADMINISTRATOR)


def history(*scores):
    sheets = three_sheets(people=1)
    sheets["Assessments"] = [SCORES, *(["c000", "S1", date(2025, 4, 7 + n), "PHQ-9", score] for n, score in enumerate(scores))]
    return sheets


@pytest.mark.parametrize(
    ("scores", "unlikely"),
    [
        ((5, 6, 5, 24), True),
        ((20, 19, 20, 3), True),
        ((5, 24), False),  # one earlier score is no history, and change is what a service is for
        ((5, 6, 14), False),  # 8 points: within three standard errors (3 x 6 / 1.96 = 9.2)
        ((5, 6, 15), False),
        ((5, 6, 16), True),
        ((3, 20, 4, 21, 3), False),  # this person's scores move that far
    ],
)
def test_an_unlikely_rise_or_fall_is_worth_a_look(store, scores, unlikely):
    found = told(store, history(*scores), "unlikely-change")
    assert [f.cell for f in found] == ([f"Assessments!E{len(scores) + 1}"] if unlikely else [])
    if unlikely:
        assert f"PHQ-9 goes from {scores[-2]} to {scores[-1]} here" in found[0].message and "c000" not in found[0].message


def test_the_history_may_be_in_the_store(store):
    sent(store, history(5, 6, 5))
    sheets = {"Assessments": [SCORES, ["c000", "S1", "2025-05-20", "PHQ-9", 24]]}
    assert [f.cell for f in told(store, sheets, "unlikely-change")] == ["Assessments!E2"]


def test_a_part_is_not_larger_than_its_whole(store):
    sheets = three_sheets(people=2)
    sheets["Activity"] = [ACTIVITY, ["S1", "2025-26", 1, 2, 1, 2]]
    sheets["Indicators"] = [INDICATORS, ["S1", "2025-04-01", "2025-06-30", "In work", 12, 10]]
    found = told(store, sheets, "part-over-whole")
    assert [f.cell for f in found] == ["Activity!D2", "Activity!F2", "Indicators!E2"]
    assert found[2].message == "'numerator' (12) is more than 'denominator' (10)."


def test_totals_are_held_against_records(store):
    sheets = three_sheets(people=4)
    sheets["Activity"] = [ACTIVITY, ["S1", "2025-26", 1, 5, 9, 4]]
    (finding,) = told(store, sheets, "total-not-parts")
    assert finding.cell == "Activity!D2" and finding.message == "'people started' says 5; the records of people say 4."


def test_a_quarter_sent_before_is_said_only_when_it_differs(store):
    sheets = three_sheets(people=1)
    sheets["Activity"] = [ACTIVITY, ["S1", "2025-26", 1, 1, 1, 1]]
    sent(store, sheets)
    assert told(store, sheets, "sent-before") == []
    sheets["Activity"][1][4] = 8
    (finding,) = told(store, sheets, "sent-before")
    assert "S1 has sent figures for April to June 2025 before" in finding.message and finding.cell == "Activity!C2"


def test_periods_of_an_indicator_that_share_days(store):
    sheets = three_sheets(people=1)
    sheets["Indicators"] = [INDICATORS, ["S1", "2025-04-01", "2025-06-30", "In work", 2, 10]]
    sent(store, sheets)
    sheets["Indicators"] = [INDICATORS, ["S1", "2025-06-01", "2025-08-31", "In work", 2, 10], ["S1", "2025-07-01", "2025-09-30", "Housed", 2, 10]]
    assert [f.cell for f in told(store, sheets, "overlapping-period")] == ["Indicators!B2"]
