"""Plan against return on the sample, loaded as anybody's files are: what each planted service raises, who may look, and the command line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from access import plan_doubts, plan_ladder, plans
from commands.main import main
from domain.errors import Refused, Shown
from domain.quarters import Quarter
from domain.types import Viewer
from metrics import plan
from sample_data import planted
from tests.conftest import ADMINISTRATOR, COMMISSIONER, copy_of, manager_of
from ui import sample
from warehouse import store as writes
from warehouse.connect import Store

EMPLOYMENT = {planted.CAUTIOUS, planted.AMBITIOUS}


@pytest.fixture(scope="module")
def filled(made_once: Callable[[str, Callable[[Store], object]], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The whole sample, loaded once through the same doors as anybody's files."""
    store = copy_of(made_once("sample", sample.ensure), tmp_path_factory.mktemp("sample") / "test.duckdb")
    yield store
    store.close()


# ---- what was planted ------------------------------------------------------------------------------------------------------------------------


def test_a_full_home_is_asked_about_its_last_figure_only(filled: Store) -> None:
    found = plans.gaps(filled, COMMISSIONER, [planted.FULL_HOME])
    assert [(g.ref, str(g.quarter), g.projection, g.actual, g.gap) for g in found if g.asked] == [("M1", "2025-26 Q4", 14, 11, -3)]
    asked = next(g for g in found if g.asked)
    assert asked.question.startswith("You expected 14 people to live in the home and say it is their home at the end of March; 11 of 14 did.")
    assert "thank you" in asked.question and asked.explanation.startswith("Three people moved on")
    assert not any(m.questioned for m in plans.matches(filled, COMMISSIONER, [planted.FULL_HOME]))
    assert {r.verdict for r in plans.realism(filled, COMMISSIONER, [planted.FULL_HOME]) if r.ref == "M1"} == {"about right"}


def test_a_copied_return_is_asked_about_and_was_explained(filled: Store) -> None:
    year, quarter = planted.COPIED_QUARTER
    (of_year,) = plans.matches(filled, COMMISSIONER, [planted.COPIED_RETURN], year)
    assert of_year.questioned and of_year.probability is not None and of_year.probability < 0.005 and of_year.figures == 24
    assert of_year.question == "July to September 2025: All six figures are the same as the plan. That can happen, and you have told us why. Thank you."
    returns = {q: plans.matches(filled, COMMISSIONER, [planted.COPIED_RETURN], year, q)[0] for q in (1, 2, 3, 4)}
    assert {q: (m.questioned, m.equal_to_plan == m.figures) for q, m in returns.items()} == {q: (q == quarter, q == quarter) for q in returns}


def test_nobody_else_has_figures_too_much_like_the_plan_or_the_quarter_before(filled: Store) -> None:
    asked = {(m.service, m.year) for m in plans.matches(filled, COMMISSIONER) if m.questioned}
    assert asked == {(planted.COPIED_RETURN, planted.COPIED_QUARTER[0])}


@pytest.mark.parametrize(("service", "verdict", "below"), [(planted.CAUTIOUS, "cautious", False), (planted.AMBITIOUS, "ambitious", True)])
def test_a_cautious_and_an_ambitious_service(filled: Store, service: str, verdict: str, below: bool) -> None:
    found = plans.realism(filled, COMMISSIONER, [service])
    assert len(found) == 12 and {r.verdict for r in found} == {verdict}
    assert all(f"The projection was {verdict}. About the guess, not about the work." in r.sentence for r in found)
    checks = plans.reality_check(filled, COMMISSIONER, [service])
    assert len(checks) == 4 and all(c.projection is not None and c.low is not None and c.high is not None for c in checks)
    assert all((c.projection or 0) > (c.high or 0) if below else (c.projection or 0) < (c.low or 0) for c in checks)


def test_hardly_anybody_else_is_cautious_or_ambitious(filled: Store) -> None:
    found = [r for r in plans.realism(filled, COMMISSIONER) if r.service not in EMPLOYMENT and r.lower is not None]
    far = [r for r in found if r.verdict in ("cautious", "ambitious")]
    assert len(found) > 300 and len(far) < 0.015 * len(found)


def test_two_become_one(filled: Store) -> None:
    gaps = {(g.ref, str(g.quarter)): g for g in plans.gaps(filled, COMMISSIONER, [planted.MERGED_INTO])}
    assert (gaps["M2A", "2025-26 Q3"].projection, gaps["M2A", "2025-26 Q3"].to_date_projection) == (21, 62)  # 62 so far, less the 41 of M2
    assert ("M2", "2025-26 Q3") not in gaps and ("M2A", "2025-26 Q2") not in gaps and ("M1", "2024-25 Q2") not in gaps
    assert gaps["T1", "2025-26 Q1"].probability is not None  # percent, and said out of how many
    (year,) = [r for r in plans.realism(filled, COMMISSIONER, [planted.MERGED_INTO], 2025) if r.ref == "M2A"]
    assert (year.projection, year.actual) == (84, 86)
    ends = {s.ref: s for s in plan_ladder.attainment(filled, COMMISSIONER, [planted.MERGED_INTO], 2025, 4) if s.span == "year"}
    assert (ends["M1"].projection, ends["M1"].actual) == (149, 136)


def test_questions_are_few(filled: Store) -> None:
    found = plans.gaps(filled, COMMISSIONER)
    returns = {(g.service, g.quarter) for g in found if g.actual is not None}
    asked: dict[Any, int] = {}
    for g in found:
        if g.asked:
            asked[g.service, g.quarter] = asked.get((g.service, g.quarter), 0) + 1
    assert max(asked.values()) == plan.MOST_QUESTIONS and len(asked) < 0.25 * len(returns)
    assert all(g.question.count("?") == 1 for g in found if g.asked)
    first = {g.quarter.number for g in found if g.asked and g.developmental}
    assert first == {4} and {g.quarter.year for g in found if g.asked and g.developmental and g.service == planted.CAUTIOUS} == {2023}
    tested = [g for g in found if g.by_chance is not None]
    assert f"Of these {len(tested):,} tested figures, about " in plans.chance_gaps(found)
    assert 0.03 < sum(g.by_chance or 0 for g in tested) / len(tested) < 0.045  # about 1 in 25 of the lines there are


def test_the_ladder_and_the_shape_of_plans(filled: Store) -> None:
    steps = plan_ladder.conversion(filled, COMMISSIONER, [planted.BETTER_SERVICE_LOWER_FIGURE], 2025, 4)
    assert [(s.ref, s.next_ref) for s in steps] == [("M1", "M2"), ("M2", "M3"), ("M3", "T1")]
    assert all(s.ratio == s.next_actual / s.actual and not s.widens for s in steps)
    (wide,) = [s for s in plan_ladder.conversion(filled, COMMISSIONER, [planted.CRISIS_HOUSE], 2025, 4) if s.widens]
    assert (wide.ref, wide.next_ref) == ("M1", "M2") and wide.sentence.endswith("or do the two count different things?")
    assert {d.about for d in plan_doubts.doubts(filled, COMMISSIONER)} == {"the plan"}  # nobody's returns look like running totals


# ---- who may look ----------------------------------------------------------------------------------------------------------------------------

DOORS = [plans.gaps, plans.matches, plans.realism, plans.reality_check, plan_ladder.attainment, plan_ladder.conversion, plan_doubts.doubts]


@pytest.mark.parametrize("door", DOORS, ids=lambda d: d.__name__)
def test_who_may_look(filled: Store, door: Callable[..., list[Any]]) -> None:
    for refused in (ADMINISTRATOR, Viewer("p", "presenter"), Viewer("m", "manager")):
        with pytest.raises(Refused):
            door(filled, refused)
    with pytest.raises(Refused, match="another provider"):
        door(filled, manager_of("HAR"), [planted.CAUTIOUS])
    with pytest.raises(Shown, match="no such service"):
        door(filled, COMMISSIONER, ["NOBODY"])
    assert {row.service for row in door(filled, manager_of("HAR", "BRI"))} <= {"HAR-1", "HAR-2", "BRI-1"}


def test_providers_see_no_probabilities(filled: Store) -> None:
    manager = manager_of("HAR", "BRI", "MCW")
    found = plans.gaps(filled, manager)
    assert any(g.asked for g in found) and all((g.probability, g.to_date_probability, g.by_chance, g.chance) == (None, None, None, "") for g in found)
    assert all(m.probability is None for m in plans.matches(filled, manager)) and plans.chance_gaps(found) == ""
    ours = {(g.service, g.ref, g.quarter): g for g in plans.gaps(filled, COMMISSIONER, ["HAR-1"])}
    assert all(g.material == ours[g.service, g.ref, g.quarter].material for g in found if g.service == "HAR-1")


# ---- the command line ------------------------------------------------------------------------------------------------------------------------

COLUMNS = {
    "plan-gaps": "service,ref,quarter,projection,actual,gap,probability,material",
    "plan-matches": "service,year,figures,equal_to_plan,equal_to_last_quarter,probability,questioned",
    "plan-realism": "service,ref,year,projection,actual,ratio,lower,upper,verdict",
    "reality-check": "service,ref,actual,low,high,projection",
    "milestone-attainment": "service,ref,quarter,span,projection,actual,ratio,lower,upper",
    "milestone-conversion": "service,ref,next_ref,quarter,actual,next_actual,ratio,planned_ratio,widens",
}


@pytest.fixture
def run(filled: Store, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """`run("plan-gaps", …)` is (exit code, stdout, stderr) on the sample."""

    def ran(command: str, *arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([command, "--database", str(filled.path), *arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return ran


@pytest.mark.parametrize("command", COLUMNS)
def test_columns_are_as_promised(run: Any, command: str) -> None:
    code, out, _ = run(command, "--service", planted.CAUTIOUS, "--year", "2025-26")
    assert code == 0 and out.splitlines()[0] == COLUMNS[command] and len(out.splitlines()) > 1
    code, out, _ = run(command, "--service", planted.CAUTIOUS, "--year", "2025-26", "--format", "json")
    assert code == 0 and list(json.loads(out)[0]) == COLUMNS[command].split(",")


def test_gaps_of_one_quarter(run: Any) -> None:
    for when in (["--quarter", "2025-26 Q4"], ["--quarter", "2025-26", "Q4"], ["--year", "2025-26", "--quarter", "4"]):
        code, out, err = run("plan-gaps", "--service", planted.FULL_HOME, *when)
        rows = list(csv.DictReader(io.StringIO(out)))
        assert code == 0 and {r["quarter"] for r in rows} == {"2025-26 Q4"}
        assert rows[0] == {
            "service": "HAR-1", "ref": "M1", "quarter": "2025-26 Q4", "projection": "14", "actual": "11", "gap": "-3", "probability": "0", "material": "true",
        }  # fmt: skip
        assert "HAR-1 M1 2025-26 Q4: You expected 14 people" in err and "by chance alone" in err


def test_matches_of_a_year(run: Any) -> None:
    _, out, _ = run("plan-matches", "--service", planted.COPIED_RETURN, "--year", "2025-26", "--format", "json")
    (row,) = json.loads(out)
    assert (row["service"], row["year"], row["figures"], row["equal_to_plan"], row["questioned"]) == ("MCW-1", "2025-26", 24, 9, True)


def test_words_it_does_not_know(run: Any) -> None:
    for wrong in (["--year", "2025"], ["--quarter", "2025Q3"], ["--year", "2024-25", "--quarter", "2025-26 Q3"]):
        with pytest.raises(SystemExit) as ended:
            run("plan-gaps", *wrong)
        assert ended.value.code == 2
    assert run("plan-gaps", "--service", "NOBODY")[0] == 1


def test_each_question_is_on_record(run: Any, filled: Store) -> None:
    run("plan-realism", "--service", planted.AMBITIOUS, "--year", "2024-25")
    newest = writes.audited(filled, 1)[0]
    assert (newest.kind, newest.detail) == ("ask", {"metric": "plan-realism", "services": ["STE-1"], "year": "2024-25", "quarter": ""})


def test_next_years_plan_is_not_needed_to_ask(filled: Store) -> None:
    found = plans.reality_check(filled, COMMISSIONER, [planted.AMBITIOUS], 2026)
    assert [(c.year, c.quarters, c.projection) for c in found] == [(2026, 12, None)] * 4
    assert [c.actual for c in found] == [r.actual for r in plans.realism(filled, COMMISSIONER, [planted.AMBITIOUS], 2025)]
    assert Quarter(2026, 1) not in {g.quarter for g in plans.gaps(filled, COMMISSIONER, [planted.AMBITIOUS])}
