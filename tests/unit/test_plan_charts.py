"""Charts of contract figures: what is drawn, what is said of it, and that a figure which may not be shown is nowhere in any of them."""

from __future__ import annotations

import json

from access import desk
from charts import attainment, ladder, plan_lines, returns_calendar
from charts.returns_calendar import Cell
from ui import service_plan

BARE = {"title": "", "subtitle": "", "footer": ""}


def points(*actuals: float | None) -> tuple[plan_lines.Point, ...]:
    names = [f"{year} Q{q}" for year in ("2024-25", "2025-26") for q in (1, 2, 3, 4)]
    return tuple(plan_lines.Point(name, 10.0 * (1 + i % 4), actual) for i, (name, actual) in enumerate(zip(names, actuals, strict=False)))


def test_a_projection_is_a_line_and_what_happened_are_points() -> None:
    total = plan_lines.Panel("M1", "People move in", "running total", points(9, 20, 33, 41, 12))
    share = plan_lines.Panel("T2", "People are heard", "percent", (plan_lines.Point("2025-26 Q1", 80.0, 75.0, "", "Six were asked."),))
    made = plan_lines.plan_lines([total, share], **BARE)
    lines = [t for t in made.data if t.mode == "lines"]
    marks = [t for t in made.data if t.mode == "markers"]
    assert [list(m.y) for m in marks] == [[9, 20, 33, 41, 12], [75]]
    assert list(lines[0].y) == [10, 20, 30, 40, None, 10]  # a running total begins anew with its year: the line is broken there
    assert marks[1].marker.symbol == ("diamond",) and "Six were asked." in marks[1].hovertext[0]
    assert marks[0].customdata[-1] == "M1 2025-26 Q1"
    assert made.layout.yaxis2.ticksuffix == "%"
    said = plan_lines.alt_text([total, share], title="Two lines")
    assert "M1, People move in: April to June 2025 12 happened, expected 10." in said and "75% happened, expected 80%. Six were asked." in said
    assert plan_lines.table([total])["Happened"].tolist()[:2] == [9, 20]


def test_words_stand_for_figures_that_may_not_be_shown() -> None:
    hidden = plan_lines.Panel("M1", "People move in", "newly in the quarter", (plan_lines.Point("2025-26 Q1", None, None, "about as planned"),))
    open_ = plan_lines.Panel("M2", "People stay", "newly in the quarter", (plan_lines.Point("2025-26 Q1", 30.0, 31.0),))
    drawn = json.dumps(plan_lines.plan_lines([hidden, open_], **BARE).to_plotly_json(), default=str)
    assert "about as planned" in drawn and "31" in drawn
    assert "about as planned" in plan_lines.alt_text([hidden], title="x") and "about as planned" in plan_lines.table([hidden])["Happened"].tolist()
    assert service_plan.words_table([hidden]).to_dict("records") == [{"What people will achieve": "People move in", "Apr to Jun 2025": "about as planned"}]


def test_panels_are_the_lines_of_the_latest_plan_first_each_with_its_past() -> None:
    def line(ref: str, quarter: str, projection: float | None, actual: float | None, figures: str = "") -> desk.PlanLine:
        return desk.PlanLine(
            ref, "milestone", f"{ref} words", "newly in the quarter", "improve", quarter, "April to June", projection, actual, figures, "", "", ""
        )

    held = {2024: [line("M1", "Q1", 5, 6), line("OLD", "Q1", 3, 3)], 2025: [line("M1", "Q1", 5, 4), line("M1", "Q2", 5, None, "nothing returned yet")]}
    found = service_plan.panels(held)
    assert [p.ref for p in found] == ["M1", "OLD"]
    assert [(p.quarter, p.actual, p.said) for p in found[0].points] == [("2024-25 Q1", 6, ""), ("2025-26 Q1", 4, ""), ("2025-26 Q2", None, "")]
    assert service_plan.summary(found[:1]) == "The latest figure beside its plan"
    assert service_plan.summary(found) == "All 2 latest figures are about as planned"


def test_the_ladder_says_how_many_of_ten_and_never_a_share() -> None:
    rungs = [ladder.Rung("M1", "People ask", 40, 50), ladder.Rung("M2", "People come", 30, 30, 0.75, 0.6)]
    made = ladder.ladder(rungs, **BARE)
    drawn = json.dumps(made.to_plotly_json(), default=str)
    assert "7.5 for every 10 above" in drawn and "40</b>, 50 planned" in drawn and "%" not in drawn
    assert [s.x1 for s in made.layout.shapes if s.type == "rect"] == [40, 30]
    assert "30 since the year began, 30 planned; 7.5 for every 10 of the step before (6.0 planned)" in ladder.alt_text(rungs, title="Steps")
    assert ladder.table(rungs)["For every 10 before"].tolist() == ["", "7.5"]


def test_the_names_of_the_ladders_steps_break_into_two_lines_and_every_bar_makes_room_for_them() -> None:
    short = ladder.ladder([ladder.Rung("M1", "People ask", 40, 50), ladder.Rung("M2", "People come", 30, 30)], **BARE)
    long = ladder.ladder(
        [ladder.Rung("M1", "People come to a first session within three weeks of asking", 40, 50), ladder.Rung("M2", "People come", 30, 30)], **BARE
    )
    assert any(a.text == "M1: People come to a first session within three<br>weeks of asking" for a in long.layout.annotations)
    assert long.layout.height == short.layout.height + 2 * ladder.LINE
    longest = ladder.ladder([ladder.Rung("M1", "People " + "say what they want and need " * 6, 40, 50)], **BARE)
    assert next(a.text for a in longest.layout.annotations if a.text.startswith("M1")).count("<br>") == ladder.MOST - 1


def test_attainment_has_its_range_and_a_line_as_planned() -> None:
    groups = [attainment.Group("Voluntary", 19, 673, 627, 107.3, 91.6, 125.0), attainment.Group("Statutory", 1, 0, 4, 0.0, None, None)]
    made = attainment.attainment(groups, **BARE)
    assert [t.mode for t in made.data] == ["lines", "markers"] and list(made.data[0].x) == [91.6, 125.0, None]
    assert any(s.x0 == 100 and s.x1 == 100 for s in made.layout.shapes)
    assert "Voluntary, 19 services: 673 counted, 627 planned, 107% (likely between 92% and 125%)" in attainment.alt_text(groups, title="x")
    assert attainment.table(groups, "Sector")["Likely to"].tolist() == ["125.0", "too few to say"]


def test_the_calendar_says_the_same_in_shape_colour_and_words() -> None:
    cells = [
        Cell("S1", "The Elms", "2025-26 Q1", "on time", "accepted"), Cell("S1", "The Elms", "2025-26 Q2", "late", "sent"),
        Cell("S2", "The Oaks", "2025-26 Q1", "missing", "not sent"), Cell("S2", "The Oaks", "2025-26 Q2", "not due yet", "draft"),
    ]  # fmt: skip
    made = returns_calendar.returns_calendar(cells, **BARE)
    assert {(t.marker.symbol, t.marker.color) for t in made.data} == {returns_calendar.MARKS[c.timeliness][:2] for c in cells}
    assert {code for t in made.data for code in t.customdata} == {"S1|2025-26 Q1", "S1|2025-26 Q2", "S2|2025-26 Q1", "S2|2025-26 Q2"}
    assert returns_calendar.told(cells) == "1 on time, 1 late and 1 missing"
    said = returns_calendar.alt_text(cells, title="Returns")
    assert "The Oaks, April to June 2025: missing." in said and "The Elms, July to September 2025: late." in said and "on time" not in said
    table = returns_calendar.table(cells)
    assert table["Service"].tolist() == ["The Elms", "The Oaks"] and table["April to June 2025"].tolist() == ["● on time, accepted", "○ missing"]
