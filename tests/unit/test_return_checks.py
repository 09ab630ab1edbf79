"""Bad input of returns, each row of the list: a finding with a way forward, and nothing stored is lost by any of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from access import intake, plans, return_page, returns
from access.intake import Received
from domain.quarters import Quarter
from domain.types import Finding
from tests.conftest import COMMISSIONER, workbook
from tests.unit.test_returns import MANAGER, MILESTONES, Q1, TODAY, clock, figures, planned, sent, shelf  # noqa: F401 (fixtures)
from warehouse.connect import Store

HEAD = ["service code", "year", "quarter", "ref", "actual", "out of"]


def received(store: Store, rows: list[list[Any]], today: date = TODAY) -> Received:
    return intake.receive(store, [("return.xlsx", workbook({"Quarterly return": [HEAD, *rows]}))], MANAGER, today)


def percent_line(store: Store) -> None:
    """A line in percent of nobody knows how many, for 2025-26."""
    row = ["S1", "2025-26", "T2", "performance target", "People would tell a friend to come here", "percent", 80, 80, 80, 80]
    found = intake.receive(store, [("plan.xlsx", workbook({"Milestones": [MILESTONES, row]}))], COMMISSIONER, TODAY)
    assert [f.code for f in found.findings] == ["percent-of-what"] and not found.blocked  # the plan is asked too
    intake.send(store, found, COMMISSIONER)


def ended_early(store: Store) -> None:
    """From the third quarter the plan projects nothing: out of contract."""
    rows = [["S1", "2025-26", 3, ref, "milestone", f"People take step {ref}", "newly in the quarter", None, None, None, None] for ref in figures()]
    head = [*MILESTONES[:2], "from quarter", *MILESTONES[2:]]
    intake.send(store, intake.receive(store, [("plan.xlsx", workbook({"Milestones": [head, *rows]}))], COMMISSIONER, TODAY), COMMISSIONER)


BAD: dict[str, tuple[Callable[[Store], None] | None, list[list[Any]], date, str, str, str]] = {
    # what: (before, rows, today, code, severity, a word of the way forward)
    "a return with no plan": (None, [["S1", "2023-24", 1, "M1", 3, None]], TODAY, "no-plan", "look", "draft the plan"),
    "a quarter still to come": (None, [["S1", "2025-26", 3, "M1", 3, None]], TODAY, "future-date", "holds", "Check the year"),
    "a closed quarter": (ended_early, [["S1", "2025-26", 3, "M1", 3, None]], date(2026, 1, 9), "quarter-not-in-contract", "look", "propose a version"),
    "a ref not in the plan": (None, [["S1", "2025-26", 1, "M9", 3, None]], TODAY, "not-in-the-plan", "look", "propose it"),
    "fewer than none": (None, [["S1", "2025-26", 1, "M1", -3, None]], TODAY, "out-of-range", "holds", "type it again"),
    "half a person": (None, [["S1", "2025-26", 1, "M1", 3.5, None]], TODAY, "not-a-whole-number", "holds", "number of people"),
    "out of half a person": (None, [["S1", "2025-26", 1, "M1", 3, 7.5]], TODAY, "not-a-whole-number", "holds", "number of people"),
    "more than out of": (None, [["S1", "2025-26", 1, "M1", 5, 3]], TODAY, "more-than-out-of", "look", "Check both"),
    "two actuals for one line": (None, [["S1", "2025-26", 1, "M1", 5, None], ["S1", "2025-26", 1, "M1", 6, None]], TODAY, "conflict", "holds", "Keep the one"),
    "a percent of nobody knows how many": (percent_line, [["S1", "2025-26", 1, "T2", 60, None]], TODAY, "percent-of-what", "look", "how many were asked"),
    "a percent over 100": (percent_line, [["S1", "2025-26", 1, "T2", 140, 20]], TODAY, "out-of-range", "holds", "Type the percentage"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_each_is_a_finding_with_a_way_forward_and_loses_nothing(planned: Store, what: str) -> None:  # noqa: F811
    before, rows, today, code, severity, way = BAD[what]
    if before:
        before(planned)
    sent(planned, "S1", Q1, figures())
    kept = figures_of(planned)
    found = received(planned, rows, today)
    told = next(f for f in found.findings if f.code == code)
    assert told.severity == severity and way in told.fix and told.cell.startswith("Quarterly return")
    assert figures_of(planned) == kept  # a look stores nothing
    assert found.blocked == any(f.severity in ("stops", "holds") for f in found.findings)
    if found.blocked:
        with pytest.raises(Exception, match="nothing has been sent"):
            intake.send(planned, found, MANAGER)
    else:
        upload = intake.send(planned, found, MANAGER)
        intake.undo(planned, upload.upload_id, MANAGER)
    assert figures_of(planned) == kept


def figures_of(store: Store) -> dict[tuple[str, str], float | None]:
    return {(g.ref, str(g.quarter)): g.actual for g in plans.gaps(store, MANAGER, ["S1"]) if g.actual is not None}


def test_a_clean_return_has_no_findings(planned: Store) -> None:  # noqa: F811
    """Tested the other way too: what is right is not asked about."""
    assert received(planned, [["S1", "2025-26", 1, ref, given["actual"], None] for ref, given in figures().items()]).findings == []


def test_the_same_files_plan_counts_as_the_plan(planned: Store) -> None:  # noqa: F811
    """A plan and its return in one workbook: no ref of the new plan is a stranger."""
    row = ["S1", "2025-26", "M9", "milestone", "People take step M9", "newly in the quarter", 4, 4, 4, 4]
    book = workbook({"Milestones": [MILESTONES, row], "Quarterly return": [HEAD, ["S1", "2025-26", 1, "M9", 3, None]]})
    assert intake.receive(planned, [("both.xlsx", book)], MANAGER, TODAY).findings == []


def test_a_stray_figure_is_kept_offered_as_an_addition_and_joins_its_line_when_it_is_agreed(planned: Store) -> None:  # noqa: F811
    intake.send(planned, received(planned, [["S1", "2025-26", 1, "M1", 14, None], ["S1", "2025-26", 1, "M9", 3, None]]), MANAGER)
    (told,) = return_page.additions(planned, MANAGER, "S1", Q1)
    assert told.startswith("M9: 3 were counted") and "Propose it on Target plan" in told
    row = ["S1", "2025-26", "M9", "milestone", "People take step M9", "newly in the quarter", 4, 4, 4, 4]
    intake.send(planned, intake.receive(planned, [("plan.xlsx", workbook({"Milestones": [MILESTONES, row]}))], COMMISSIONER, TODAY), COMMISSIONER)
    assert return_page.additions(planned, MANAGER, "S1", Q1) == []
    assert figures_of(planned)["M9", "2025-26 Q1"] == 3


def test_several_returns_at_once_and_a_bad_one_stops_no_other(planned: Store) -> None:  # noqa: F811
    good = workbook({"Quarterly return": [HEAD, *[["S1", "2025-26", 1, ref, given["actual"], None] for ref, given in figures().items()]]})
    older = workbook({"Quarterly return": [HEAD, ["S1", "2024-25", 4, "M1", 11, None]]})
    found = intake.receive(planned, [("q1.xlsx", good), ("broken.xlsx", b"not a workbook at all"), ("q4.xlsx", older)], MANAGER, TODAY)
    assert {f.file for f in found.findings if f.severity == "stops"} == {"broken.xlsx"}
    intake.send(planned, found, MANAGER, hold_back=True)
    assert figures_of(planned) == {(ref, "2025-26 Q1"): given["actual"] for ref, given in figures().items()} | {("M1", "2024-25 Q4"): 11}


def test_a_row_that_waits_lets_the_others_through(planned: Store) -> None:  # noqa: F811
    found = received(planned, [["S1", "2025-26", 1, "M1", 14, None], ["S1", "2025-26", 1, "M2", 3.5, None]])
    held: list[Finding] = [f for f in found.findings if f.severity == "holds"]
    assert [(f.code, f.cell) for f in held] == [("not-a-whole-number", "Quarterly return!E3")]
    intake.send(planned, found, MANAGER, hold_back=True)
    assert figures_of(planned) == {("M1", "2025-26 Q1"): 14}
    assert returns.one(planned, MANAGER, "S1", Quarter(2025, 1), TODAY).is_in
