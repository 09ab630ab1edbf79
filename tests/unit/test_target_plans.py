"""Target plans: what may not stand in them, what each version changed, and what stands beside them, on a real store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from access import conversation, intake, own_plan, plan_beside, plan_drafts, plan_versions, seminars, target_plans
from domain import settings
from domain.errors import Refused, Shown
from domain.quarters import Quarter
from domain.types import Viewer
from metrics import plan
from tests.conftest import COMMISSIONER, manager_of, workbook
from tests.unit.test_returns import LINES, MILESTONES, figures, sent
from warehouse import store as writes
from warehouse.connect import Store

MANAGER = manager_of("P1")
TODAY = date(2026, 2, 10)
QUARTERS = target_plans.QUARTERS


def row(ref: str = "M1", **given: Any) -> dict[str, Any]:
    """A line of a plan nobody has anything to ask about, with some columns otherwise."""
    whole = dict.fromkeys(target_plans.LINE) | {
        "ref": ref, "kind": "milestone", "what_people_will_achieve": f"People take step {ref}", "what_changes": "behaviour", "direction": "improve",
        "counted_as": "newly in the quarter", "q1": 12.0, "q2": 12.0, "q3": 12.0, "q4": 12.0,
    }  # fmt: skip
    return whole | given


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """S1 to S6 of six providers, all counselling but S6; plans for two years and every return of the first; S5 is ten times the size of the rest."""
    store = Store(tmp_path_factory.mktemp("plans") / "test.duckdb", settings.Settings())
    head = ["service code", "service name", "provider code", "provider name", "service type"]
    services = [[f"S{n}", f"House {n}", f"P{n}", f"Trust {n}", "counselling" if n < 6 else "training"] for n in range(1, 7)]
    rows = [
        [f"S{n}", year, ref, "milestone" if ref[0] == "M" else "performance target", f"People take step {ref}", "newly in the quarter", *[size * k] * 4]
        for n in range(1, 7)
        for k in [100 if n == 5 else 1]
        for year in ("2024-25", "2025-26")
        for ref, size in LINES.items()
    ]
    sheets = {"Services": [head, *services], "Milestones": [MILESTONES, *rows]}
    received = intake.receive(store, [("plan.xlsx", workbook(sheets))], COMMISSIONER, TODAY)
    assert not received.findings, received.findings
    intake.send(store, received, COMMISSIONER)
    for n in (1, 2, 3, 4, 6):
        for quarter in (Quarter(2024, q) for q in (1, 2, 3, 4)):
            sent(store, f"S{n}", quarter, figures())
    yield store
    store.close()


# ---- what may not stand in a plan ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "code", "where", "way"),
    [
        ([row(q2=-3)], "out-of-range", "Line M1", "Check the figure"),
        ([row(q2=2.5)], "not-a-whole-number", "Line M1", "choose 'percent'"),
        ([row(baseline=-1)], "out-of-range", "Line M1", "Type the number of people"),
        ([row(out_of=10)], "more-than-out-of", "Line M1", "Raise 'out of'"),
        ([row(out_of=30.5)], "not-a-whole-number", "Line M1", "Type a whole number"),
        ([row(counted_as="percent", out_of=20, q3=120)], "out-of-range", "Line M1", "Type the percentage"),
        ([row(kind=None)], "required", "Line M1", "A milestone on the way, or a performance target"),
        ([row(counted_as=None)], "required", "Line M1", "How the figure is counted"),
        ([row(), row("m1 ", q1=9)], "duplicate-ref", "Line M1", "Give each line a reference of its own"),
        ([row(ref=None)], "required", "Line 1", "A short reference"),
    ],
)
def test_a_plan_that_cannot_be_right_is_told_by_line_with_a_way_forward_and_not_kept(
    lines: list[dict[str, Any]], code: str, where: str, way: str, portfolio: Store
) -> None:
    before = target_plans.of(portfolio, MANAGER, "S1", 2026)
    found = [f for f in target_plans.save(portfolio, MANAGER, "S1", 2026, lines, {}, TODAY) if f.severity != "look"]
    assert (code, where) in {(f.code, f.cell) for f in found}, found
    assert any(way in f.fix for f in found), found
    assert target_plans.of(portfolio, MANAGER, "S1", 2026) == before  # nothing stored is lost


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        ([row(counted_as="percent")], "percent-of-what", "M1: a percentage, and 'out of' is blank."),
        ([row(counted_as="running total", q1=5, q2=9, q3=7, q4=12)], "total-falls", "less than the quarter before"),
        ([row(replaces_ref="X9")], "replaces-nothing", "no such line this year or last"),
        ([row(replaces_ref="M1")], "replaces-nothing", "takes the place of itself"),
        ([row(), row("M2", **dict.fromkeys(QUARTERS))], "no-projection", "M2 has no figure"),
    ],
)
def test_what_may_stand_and_is_worth_a_look(lines: list[dict[str, Any]], code: str, said: str, portfolio: Store) -> None:
    (found,) = target_plans.save(portfolio, manager_of("P2"), "S2", 2026, lines, {}, TODAY)
    assert (found.severity, found.code) == ("look", code) and said in found.message and found.fix
    assert target_plans.of(portfolio, manager_of("P2"), "S2", 2026).state == "drafted"


@pytest.mark.parametrize("counted_as", ["newly in the quarter", "running total", "in that position at quarter end"])
def test_as_many_as_out_of_may_stand(counted_as: str, portfolio: Store) -> None:
    assert target_plans.save(portfolio, manager_of("P2"), "S2", 2026, [row(counted_as=counted_as, out_of=12)], {}, TODAY) == []


def test_an_average_may_be_less_than_whole_and_below_nought_before(portfolio: Store) -> None:
    assert target_plans.save(portfolio, manager_of("P2"), "S2", 2026, [row(counted_as="average", baseline=-0.5, q1=5.5)], {}, TODAY) == []


# ---- versions --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ([row()], []),
        ([row(q2=14.0, q4=None)], ["M1, July to September 2026: 12 became 14.", "M1, January to March 2027: 12 became not in the contract."]),
        ([row(counted_as="percent", out_of=20.0)], ["M1, counted as: “newly in the quarter” became “percent”.", "M1, out of: nothing became 20."]),
        ([row(what_people_will_achieve="People stay")], ["M1 now reads: People stay."]),
        ([row("M1a", replaces_ref="M1", q1=9.0)], ["M1a is new in place of M1: People take step M1a.", "M1a, April to June 2026: 12 became 9."]),
        ([row(), row("T1")], ["T1 is new: People take step T1."]),
        ([row("T1")], ["T1 is new: People take step T1.", "M1 was taken out."]),
    ],
)
def test_what_a_version_changed_line_by_line_in_words(new: list[dict[str, Any]], told: list[str]) -> None:
    assert plan_versions.differences([row()], new, 2026) == told


def test_what_a_version_changed_in_the_words() -> None:
    old = {"the service": "A house. It is open.", "how we will know": "We ask."}
    new = {"the service": "A house. It is open all night.", "the people it serves": "Anybody."}
    assert plan_versions.differences([row()], [row()], 2026, old, new) == [
        "“the service” now also says: “It is open all night.”", "“the service” no longer says: “It is open.”", "“the people it serves” is new.",
        "The words of “how we will know” were taken out.",
    ]  # fmt: skip


def test_versions_say_who_when_from_which_quarter_and_what_changed(portfolio: Store) -> None:
    manager = manager_of("P3")
    target_plans.save(portfolio, manager, "S3", 2026, [row()], {"the service": "A house."}, TODAY)
    target_plans.propose(portfolio, manager, "S3", 2026, "With the Tuesday group.")
    target_plans.agree(portfolio, COMMISSIONER, "S3", 2026, TODAY)
    sent(portfolio, "S3", Quarter(2026, 1), {"M1": {"actual": 12}})
    changed = [row("M1a", replaces_ref="M1", q1=None, q2=None, q3=6.0, q4=6.0)]
    assert target_plans.save(portfolio, manager, "S3", 2026, changed, {"the service": "A house."}, date(2026, 8, 1), 3) == []
    target_plans.propose(portfolio, manager, "S3", 2026, "The house is smaller.")
    target_plans.agree(portfolio, COMMISSIONER, "S3", 2026, date(2026, 8, 1))
    found = target_plans.of(portfolio, manager, "S3", 2026)
    assert [(v.step, v.side, v.from_quarter) for v in found.versions] == [
        ("drafted", "provider", 1), ("proposed", "provider", 1), ("agreed", "commissioner", 1),
        ("drafted", "provider", 3), ("proposed", "provider", 3), ("agreed", "commissioner", 3),
    ]  # fmt: skip
    assert found.versions[2].who == COMMISSIONER.user and found.versions[0].who == manager.user
    told = target_plans.changes_of(found, 3)
    assert told[:2] == ["It holds from October to December 2026.", "M1A is new in place of M1: People take step M1a."]
    first = target_plans.changes_of(found, 0)
    assert "M2 was taken out." in first and "“the service” is new." in first
    assert {line["ref"] for line in found.lines} == {"M1A"}


def test_a_line_left_out_of_a_plan_that_came_as_a_workbook_is_out_of_the_contract_once_agreed(portfolio: Store) -> None:
    manager = manager_of("P6")
    lines = [line for line in target_plans.of(portfolio, manager, "S6", 2025).lines if line["ref"] != "M2"]
    assert target_plans.of(portfolio, manager, "S6", 2025).state == "in force"
    target_plans.save(portfolio, manager, "S6", 2025, lines, {}, TODAY)
    target_plans.propose(portfolio, manager, "S6", 2025, "Nobody found M2 worth counting.")
    target_plans.agree(portfolio, COMMISSIONER, "S6", 2025, TODAY)
    assert {line["ref"] for line in target_plans.of(portfolio, manager, "S6", 2025).lines} == set(LINES) - {"M2"}


def test_a_change_from_a_later_quarter_that_changes_nothing_is_said(portfolio: Store) -> None:
    lines = target_plans.of(portfolio, manager_of("P2"), "S2", 2025).lines
    with pytest.raises(Shown, match="nothing would change from October to December 2025"):
        target_plans.save(portfolio, manager_of("P2"), "S2", 2025, lines, {}, TODAY, 3)


# ---- the workbook ----------------------------------------------------------------------------------------------------------------------------


def test_the_workbook_of_another_plan_is_not_read_into_this_one(portfolio: Store) -> None:
    content = plan_drafts.workbook(portfolio, MANAGER, "S1", 2026)
    with pytest.raises(Shown, match="no line of this service's plan for 2027-28"):
        plan_drafts.from_workbook(portfolio, MANAGER, "S1", 2027, "plan.xlsx", content, TODAY)
    found = plan_drafts.from_workbook(portfolio, manager_of("P2"), "S2", 2026, "plan.xlsx", content, TODAY)
    assert {f.code for f in found} == {"other-provider"}
    with pytest.raises(Refused):
        plan_drafts.from_workbook(portfolio, manager_of("P2"), "S1", 2026, "plan.xlsx", content, TODAY)


# ---- beside a plan ---------------------------------------------------------------------------------------------------------------------------


def test_beside_each_line_stand_last_year_the_range_and_past_projections(portfolio: Store) -> None:
    manager = manager_of("P4")
    found = {r.ref: r for r in plan_beside.lines(portfolio, manager, "S4", 2025)}
    m1 = found["M1"]
    assert (m1.last_plan, m1.last_actual, m1.agreed, m1.proposed) == (48, 56, 48, None)
    assert m1.low is not None and m1.high is not None and m1.low < 56 < m1.high
    assert (m1.low, m1.high) == plan.reality_check([14, 14, 14, 14]) and [a for _, a in m1.quarters] == [14] * 4
    assert m1.past == ("2024-25: cannot tell",) and "The 48 in the plan" in m1.sentence
    lines = [row("M1b", replaces_ref="M1", counted_as="running total", q1=15.0, q2=30.0, q3=45.0, q4=60.0)]
    target_plans.save(portfolio, manager, "S4", 2026, lines, {}, TODAY)
    after = {r.ref: r for r in plan_beside.lines(portfolio, manager, "S4", 2026)}
    assert after["M1B"].proposed == 60 and after["M1B"].last_plan == 48 and after["M1B"].low == m1.low  # a running total's year is its last figure
    assert after["M2"].proposed is None and after["M2"].last_plan == 44  # no longer in the plan, still there to look back on


@pytest.mark.parametrize(
    ("line", "year"),
    [
        (row(), 48), (row(counted_as="running total", q4=30.0), 30), (row(counted_as="in that position at quarter end", q4=9.0), 9),
        (row(counted_as="percent", q1=60.0, q2=None, q3=None, q4=80.0), 70), (row(**dict.fromkeys(QUARTERS)), None),
    ],
)  # fmt: skip
def test_what_a_line_says_of_its_year(line: dict[str, Any], year: float | None) -> None:
    assert plan_beside.year_of(line) == year


def drafted(*lines: dict[str, Any]) -> target_plans.TargetPlan:
    return target_plans.TargetPlan("S1", 2026, "drafted", 1, lines, {}, (), False)


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        ([row(q1=5.0, q2=10.0, q3=15.0, q4=20.0)], ["M1: These figures only rise (5, 10, 15, 20)"]),
        ([row(counted_as="running total", q1=5.0, q2=10.0, q3=15.0, q4=20.0)], []),
        ([row(), row("M2", q4=20.0)], ["M2 after M1: 56 since the year began"]),
        ([row(), row("M2", q1=14.0, q2=10.0, q3=10.0, q4=10.0)], ["M2 after M1 by the end of June 2026: 14 since the year began"]),
        ([row(counted_as="running total", q1=12.0, q2=24.0, q3=36.0, q4=48.0), row("M2")], []),  # one a total, the other not: the same people
        ([row("T1", kind="performance target", q4=30.0), row("M1")], ["T1 after M1"]),
        ([row(), row("M2", counted_as="percent", out_of=20.0, q1=80.0)], []),
    ],
)
def test_figures_that_only_rise_and_ladders_that_widen_are_asked_about(lines: list[dict[str, Any]], asked: list[str]) -> None:
    told = plan_beside.doubts(drafted(*lines))
    assert len(told) == len(asked) and all(t.startswith(a) for t, a in zip(told, asked, strict=True)), told


def test_like_services_are_ratios_of_three_other_providers_for_a_manager_and_lines_for_a_commissioner(portfolio: Store) -> None:
    manager = plan_beside.like_services(portfolio, MANAGER, "S1", 2025)
    # S2, S3, S4: 57 of 56 a quarter in milestones each; S5 has sent nothing.
    near = figures()
    milestones = round(100 * sum(near[r]["actual"] for r in LINES if r[0] == "M") / sum(n for r, n in LINES.items() if r[0] == "M"))
    assert manager.told[0] == f"In 2024-25 3 other providers together counted {milestones}% of what they had planned in their milestones."
    assert manager.lines == () and manager.services == 0
    seen = plan_beside.like_services(portfolio, COMMISSIONER, "S1", 2025)
    assert {x.service for x in seen.lines} == {"S2", "S3", "S4"} and len(seen.lines) == 3 * len(LINES) and seen.services == 3
    alone = plan_beside.like_services(portfolio, manager_of("P6"), "S6", 2025)
    assert alone.told == ("Too few other providers of training have a plan and returns for 2024-25 to compare with.",)


def test_like_services_are_not_told_where_one_provider_is_nearly_all_of_them(portfolio: Store) -> None:
    sent(portfolio, "S5", Quarter(2024, 1), {ref: {"actual": 100 * n} for ref, n in LINES.items()})
    assert plan_beside.like_services(portfolio, MANAGER, "S1", 2025).told[0].startswith("Too few other providers")


def test_nobody_else_looks_at_what_stands_beside_a_plan(portfolio: Store) -> None:
    presenter, administrator = (Viewer("x", role, session="test") for role in ("presenter", "administrator"))  # type: ignore[arg-type]
    for viewer in (manager_of("P2"), presenter, administrator):
        for look in (plan_beside.lines, plan_beside.like_services):
            with pytest.raises(Refused):
                look(portfolio, viewer, "S1", 2025)
        with pytest.raises(Refused):
            plan_drafts.workbook(portfolio, viewer, "S1", 2025)


# ---- the commissioner's own plan -------------------------------------------------------------------------------------------------------------


def test_the_commissioners_own_plan_takes_its_figures_from_the_records(store: Store) -> None:
    head = ["service code", "service name", "provider code", "provider name", "service type"]
    services = [[f"S{n}", f"House {n}", f"P{n}", f"Trust {n}", "counselling"] for n in range(1, 5)]
    rows = [[f"S{n}", "2025-26", "M1", "milestone", "People take step M1", "newly in the quarter", 12, 12, 12, 12] for n in range(1, 5)]
    received = intake.receive(store, [("p.xlsx", workbook({"Services": [head, *services], "Milestones": [MILESTONES, *rows]}))], COMMISSIONER, TODAY)
    intake.send(store, received, COMMISSIONER)
    with store.writing() as cursor:  # everything came on 1 June 2025
        cursor.execute("update upload set happened_at = timestamp '2025-06-01'")
    on = {"S1": "2025-07-20", "S2": "2025-07-30", "S3": "2025-08-02"}  # due on 30 July; S4 sends nothing
    for service in on:
        sent(store, service, Quarter(2025, 1), {"M1": {"actual": 12}})
    ids = [conversation.ask(store, manager_of("P1"), "S1", Quarter(2025, 1), f"Question {n}?") for n in range(3)]
    for question in conversation.questions(store, COMMISSIONER)[:2]:
        conversation.answer(store, COMMISSIONER, question, words="Yes.")
    lines = target_plans.of(store, COMMISSIONER, "S1", 2025).lines
    target_plans.save(store, manager_of("P1"), "S1", 2025, lines, {}, date(2025, 6, 1))
    target_plans.propose(store, manager_of("P1"), "S1", 2025, "Not yet.")
    target_plans.agree(store, COMMISSIONER, "S1", 2025, date(2025, 6, 1))
    with store.writing() as cursor:
        for service, day in on.items():
            cursor.execute("update return_step set happened_at = $d::timestamp where service_code = $s", {"d": day, "s": service})
        cursor.execute("update question set happened_at = timestamp '2025-07-07'")
        cursor.execute("update answer set happened_at = timestamp '2025-07-28' where question_id = $q", {"q": ids[0]})  # the fifteenth working day
        cursor.execute("update answer set happened_at = timestamp '2025-07-29' where question_id = $q", {"q": ids[1]})
        cursor.execute("update plan_version set happened_at = timestamp '2025-07-01'")
    found = own_plan.of(store, COMMISSIONER, 2025, date(2025, 9, 30))
    told = {ref: found.of(ref, 2) for ref in ("C1", "C2", "C3", "C4")}
    assert {ref: f.of for ref, f in told.items() if f} == {"C1": "2 of 4", "C2": "1 of 3", "C3": "1 of 4", "C4": ""}
    assert told["C4"] and told["C4"].actual is None and "not the same as none held" in told["C4"].note
    seminars.note(store, COMMISSIONER, date(2025, 7, 2), "Lessons Learned", [], date(2025, 9, 30))
    with_one = own_plan.of(store, MANAGER, 2025, date(2025, 12, 31))
    told_of = {n: with_one.of("C4", n) for n in (1, 2, 3)}
    assert {n: f.actual for n, f in told_of.items() if f} == {1: None, 2: 1, 3: 0}  # before the first that was noted, nobody knows
    assert own_plan.sentence(own_plan.of(store, COMMISSIONER, 2025, date(2025, 9, 30))).endswith("1 of 4 plans are agreed, 1 seminar held.")
    assert own_plan.sentence(found).endswith("2 of 4 returns due came on time, 1 of 3 questions were answered in time, 1 of 4 plans are agreed.")
    early = own_plan.of(store, COMMISSIONER, 2025, date(2025, 7, 28)).of("C2", 2)
    assert early and early.of == "1 of 2"  # the third may still be answered in time; the second was answered by then only in hindsight
    # A manager sees what three other providers stand behind, and nothing that would tell about one of them.
    manager = own_plan.of(store, MANAGER, 2025, date(2025, 9, 30))
    assert {ref: bool(f and f.of) for ref in ("C1", "C2", "C3") for f in [manager.of(ref, 2)]} == {"C1": True, "C2": False, "C3": True}


def test_only_the_commissioner_writes_their_plan_and_everybody_reads_it(store: Store) -> None:
    words = {"how we will know": "From our records."}
    for viewer in (MANAGER, Viewer("x", "presenter", session="test"), Viewer("x", "administrator", session="test")):
        with pytest.raises(Refused, match="commissioner's own plan"):
            own_plan.save(store, viewer, 2025, {"C1": {"q1": 90}}, words, TODAY)
        assert not own_plan.of(store, viewer, 2025, TODAY).written
    with pytest.raises(Shown, match="No line has a figure"):
        own_plan.save(store, COMMISSIONER, 2025, {}, words, TODAY)
    for wrong in ({"C1": {"q1": 120}}, {"C1": {"q1": -1}}, {"C4": {"q1": 1.5}}):
        with pytest.raises(Shown):
            own_plan.save(store, COMMISSIONER, 2025, wrong, words, TODAY)
    with pytest.raises(Shown, match=r"words of the template to fill: \[where\]"):
        own_plan.save(store, COMMISSIONER, 2025, {"C1": {"q1": 90}}, {"the service": "We plan in [where]."}, TODAY)
    own_plan.save(store, COMMISSIONER, 2025, {"C1": {"q1": 90}}, words, TODAY)
    own_plan.save(store, COMMISSIONER, 2025, {"C1": {"q1": 95}}, words, TODAY)
    found = own_plan.of(store, MANAGER, 2025, TODAY)
    assert found.written and found.sections == words and [v.changed for v in found.versions] == [(), ("C1, April to June 2025: 90 became 95.",)]
    assert [e.kind for e in writes.audited(store)].count("own plan") == 2
