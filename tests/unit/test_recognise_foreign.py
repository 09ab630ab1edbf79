"""Spreadsheets as they really are: titles, headings in two rows, totals and notes, scores side by side. Found, asked about once, then certain."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from data_loaders import headings, recognise_values, wide
from data_loaders.check import Checked, Known, check
from data_loaders.questions import About, Mapping, layout_of, plain
from data_loaders.read import RawSheet, Workbook
from data_loaders.recognise import Understood, understand
from domain import measures
from tests.unit.books import opened
from tests.unit.foreign import messy

MEASURES = measures.all_measures()
NAMES = wide.names_of(MEASURES)
KNOWN = Known({"S1": "P1", "S2": "P1"}, MEASURES, date(2026, 1, 15))
ABOUT = About({"S1": "The Elms", "S2": "The Oaks"}, today=KNOWN.today)
ONE = About({"S1": "The Elms"}, today=KNOWN.today)


def raw(rows: list[tuple[Any, ...]], name: str = "Sheet1", **more: Any) -> Workbook:
    """A workbook as the reader hands it over: text or nothing in every cell."""
    width = max(map(len, rows))
    columns = zip(*(row + (None,) * (width - len(row)) for row in rows), strict=True)
    table = pa.table({str(i): pa.array([None if c is None else str(c) for c in column], pa.string()) for i, column in enumerate(columns)})
    return Workbook("file.xlsx", "", (RawSheet(name, False, 1, 1, table, (), (), **more),), ())


def answered(workbook: Workbook, about: About = ABOUT, **own: str) -> tuple[Understood, Mapping]:
    """Everything asked answered as suggested (`own` where the question's id holds the key), and the file understood again."""
    first = understand([workbook], Mapping(), about)
    answers = {q.id: next((a for key, a in own.items() if key in q.id), q.suggested or q.options[0][0]) for q in first.questions}
    return understand([workbook], Mapping(answers), about), Mapping(answers)


def rows(checked: Checked, table: str) -> list[dict[str, Any]]:
    return checked.tables[table].to_pylist()


# ---- where a table begins and ends


def test_a_messy_sheet_is_asked_about_once_and_read_whole() -> None:
    workbook = opened(messy(), "elms.xlsx")
    first = understand([workbook], Mapping(), ABOUT)
    assert {q.kind for q in first.questions} == {"column", "value", "wide", "wide-date"}, "everything on one screen"
    assert not any("EL-0" in repr(q) for q in first.questions), "no reference of a person is a sample"
    made, _ = answered(workbook, service_code="=S1")
    assert not made.questions and not [f for f in made.findings if f.severity == "stops"]
    checked = check(made.found, KNOWN)
    assert not [f for f in checked.findings if f.severity != "look"]
    people = rows(checked, "people")
    assert (len(people), people[0]["started_on"], people[0]["gender"], people[0]["how_it_ended"]) == (12, date(2024, 1, 7), "female", "stopped coming")
    assert {r["row"] for r in people} == set(range(6, 18)), "Excel's own rows, below five rows of titles and headings"
    scores = {(r["person"], r["measure"], r["occasion"]): (r["date"], int(r["score"])) for r in rows(checked, "assessments")}
    assert len(scores) == 48 and scores["EL-001", "PHQ-9", "start"] == (date(2024, 1, 8), 17) and scores["EL-001", "GAD-7", "end"] == (date(2024, 3, 14), 7)


def test_what_is_below_the_table_is_left_out_and_said() -> None:
    made, _ = answered(opened(messy(), "elms.xlsx"), service_code="=S1")
    assert {(f.code, f.row, f.count) for f in made.findings} == {("total-left-out", 18, 1), ("note-left-out", 20, 2)}


def test_the_next_quarter_asks_nothing_and_another_column_only_about_itself() -> None:
    _, mapping = answered(opened(messy(), "elms.xlsx"), service_code="=S1")
    again = understand([opened(messy(1), "elms 2.xlsx")], mapping, ABOUT)
    assert not again.questions and len(again.found) == 5


LONG = [("person ref", "service code", "date", "measure", "score")]


@pytest.mark.parametrize(
    ("below", "left"),
    [
        ([("Total", None, None, None, 30)], 1),
        ([(None,), ("Grand total:", None, None, None, 30), ("Source: our own records",)], 2),
        ([("Note: two people left early and were not asked again",)], 1),
        ([("C3", "S1", None, None, None)], 0),  # a row that lacks something is a row, and is told
        ([("TOTAL-1", "S1", "01/06/2025", "PHQ-9", 4)], 0),
    ],
)
def test_totals_and_notes_but_never_a_row(below: list[tuple[Any, ...]], left: int) -> None:
    lines = [*LONG, ("C1", "S1", "01/05/2025", "PHQ-9", 12), ("C2", "S1", "02/05/2025", "PHQ-9", 18), *below]
    made = understand([raw(lines, "Assessments")], Mapping(), ABOUT)
    assert sum(f.count for f in made.findings if f.code.endswith("left-out")) == left
    checked = check(made.found, KNOWN)
    assert checked.tables["assessments"].num_rows == 2 + (0 if left else 1)


def test_hidden_rows_are_said_and_not_used() -> None:
    lines = [*LONG, ("C1", "S1", "01/05/2025", "PHQ-9", 12), ("C2", "S1", "02/05/2025", "PHQ-9", 18)]
    book = raw(lines, "Assessments")
    if "hidden_rows" not in RawSheet.__dataclass_fields__:
        object.__setattr__(book.sheets[0], "hidden_rows", (3,))
    else:
        book = raw(lines, "Assessments", hidden_rows=(3,))
    made = understand([book], Mapping(), ABOUT)
    assert [(f.code, f.row) for f in made.findings] == [("hidden-rows", 3)]
    assert [r["person"] for r in rows(check(made.found, KNOWN), "assessments")] == ["C1"]


# ---- scores side by side


@pytest.mark.parametrize(
    ("heading", "means"),
    [
        ("PHQ9 start", ("PHQ-9", "score", "start", 0)), ("Final GAD-7 score", ("GAD-7", "score", "end", 0)),
        ("PHQ-9 (baseline)", ("PHQ-9", "score", "start", 0)),
        ("Date of first PHQ9", ("PHQ-9", "date", "start", 0)),
        ("CORE10 review 2", ("CORE-10", "score", "review", 2)), ("PHQ9_3", ("PHQ-9", "score", "", 3)),
        ("phq9 q3", ("PHQ-9", "answer", "", 3)), ("GAD7 6 month follow up", ("GAD-7", "score", "follow-up", 6)), ("W&SAS exit", ("WSAS", "score", "end", 0)),
        ("PHQ-9 favourite colour", None), ("started", None), ("PHQ9 start end", None), ("core hours", None),
    ],
)  # fmt: skip
def test_a_heading_is_wholly_understood_or_not_at_all(heading: str, means: tuple[Any, ...] | None) -> None:
    part = wide.parse(0, heading, NAMES)
    assert (part and (part.measure, part.role, part.occasion, part.number)) == means


def test_a_column_per_review_date() -> None:
    lines = [("Client ID", "Service", "PHQ-9 07/04/2025", "PHQ-9 05/05/2025", "GAD-7 05/05/2025"), ("C1", "S1", 18, 12, 9), ("C2", "S1", 15, None, None)]
    made, mapping = answered(raw(lines))
    assert not made.questions
    got = sorted((r["person"], r["measure"], r["date"], int(r["score"])) for r in rows(check(made.found, KNOWN), "assessments"))
    may = date(2025, 5, 5)
    assert got == [("C1", "GAD-7", may, 9), ("C1", "PHQ-9", date(2025, 4, 7), 18), ("C1", "PHQ-9", may, 12), ("C2", "PHQ-9", date(2025, 4, 7), 15)]
    later = [tuple(str(c).replace("/2025", "/2026") for c in lines[0]), *lines[1:]]
    assert not understand([raw(later)], mapping, ABOUT).questions, "other dates are the same layout"


def test_dates_beside_the_scores_and_days_of_another_sheet() -> None:
    lines = [("Client ID", "Service", "PHQ9 start", "PHQ9 start date", "PHQ9 end"), ("C1", "S1", 18, "08/04/2025", 12)]
    people = raw([("person ref", "service code", "started on", "ended on"), ("c1 ", "S1", "07/04/2025", "30/06/2025")], "People")
    scores = raw(lines, "Scores")
    both = Workbook("file.xlsx", "", people.sheets + scores.sheets, ())
    made, _ = answered(both)
    got = sorted((r["date"], int(r["score"]), r["occasion"]) for r in rows(check(made.found, KNOWN), "assessments"))
    assert got == [(date(2025, 4, 8), 18, "start"), (date(2025, 6, 30), 12, "end")]


def test_no_is_an_answer() -> None:
    made, _ = answered(raw([("Client ID", "Service", "PHQ9 start", "PHQ9 start date"), ("C1", "S1", 18, "08/04/2025")]), wide="no")
    assert not made.found and [f.code for f in made.findings] == ["left-out"]


def test_a_wrong_score_is_told_where_it_stands() -> None:
    lines = [("Client ID", "Service", "PHQ9 start", "PHQ9 start date"), ("C1", "S1", 99, "08/04/2025"), ("C2", "S1", 9, "08/04/2025")]
    made, _ = answered(raw(lines))
    assert [f.cell for f in check(made.found, KNOWN).findings if f.code == "out-of-range"] == ["Sheet1!C2"]


def test_order_of_rows_and_columns_changes_nothing() -> None:
    lines = [("Client ID", "Service", "PHQ9 start", "PHQ9 start date", "GAD7 start")]
    lines += [(f"C{n}", "S1", n % 28, f"{1 + n % 28:02d}/04/2025", n % 22) for n in range(40)]
    expected = None
    for seed in range(5):
        shuffled = random.Random(seed).sample(lines[1:], 40)
        order = [*random.Random(seed).sample(range(4), 4), 4]
        if order.index(3) < order.index(2):
            order = [0, 1, 2, 3, 4]
        made, _ = answered(raw([tuple(line[i] for i in order) for line in [lines[0], *shuffled]]), **{"wide-date": "phq9 start date"})
        got = sorted((r["person"], r["measure"], str(r["date"]), str(r["score"])) for r in rows(check(made.found, KNOWN), "assessments"))
        assert len(got) == 80 and expected in (None, got)
        expected = got


# ---- columns, words, dates


def test_the_only_service_is_certain_and_said() -> None:
    made = understand([raw([("person ref", "started on"), ("C1", "07/04/2025")], "People")], Mapping(), ONE)
    assert not made.questions and [f.code for f in made.findings] == ["one-service"]
    assert rows(check(made.found, KNOWN), "people")[0]["service_code"] == "S1"


def test_words_are_matched_asked_and_remembered() -> None:
    heads = ("service code", "service name", "provider code", "provider name", "service type")
    lines = [heads, ("S1", "The Elms", "P1", "Elm Trust", "Home Supp."), ("S2", "The Oaks", "P1", "Elm Trust", "counselling")]
    first = understand([raw(lines, "Services")], Mapping(), ABOUT)
    assert [(q.kind, q.suggested, q.needed) for q in first.questions] == [("value", "support at home", False)]
    made, _ = answered(raw(lines, "Services"))
    assert [r["service_type"] for r in rows(check(made.found, KNOWN), "services")] == ["support at home", "counselling"]


def test_a_word_that_may_say_who_somebody_is_is_not_asked_about() -> None:
    heads = ("person ref", "service code", "started on", "how it ended")
    made = understand([raw([heads, ("C1", "S1", "07/04/2025", "rang 07700 900123")], "People")], Mapping(), ABOUT)
    assert not made.questions


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["03/04/2025", "05/06/2025"], "either"), (["03/04/2025", "13/04/2025"], "day"), (["04/13/2025", "04/03/2025"], "month"),
        (["13/04/2025", "04/13/2025"], "mixed"), (["2025-04-13"], "either"),
    ],
)  # fmt: skip
def test_the_order_of_a_column_is_that_of_all_of_it(texts: list[str], order: str) -> None:
    assert recognise_values.order_of(texts) == order and recognise_values.order_of(texts[::-1]) == order


def test_month_first_is_asked_applied_and_remembered_for_days_that_read_both_ways() -> None:
    heads = ("person ref", "service code", "started on")
    american = [heads, ("C1", "S1", "04/13/2025"), ("C2", "S1", "04/03/2025")]
    first = understand([raw(american, "People")], Mapping(), ABOUT)
    assert [q.kind for q in first.questions] == ["dates"]
    made, mapping = answered(raw(american, "People"))
    assert [r["started_on"] for r in rows(check(made.found, KNOWN), "people")] == [date(2025, 4, 13), date(2025, 4, 3)]
    later = understand([raw([heads, ("C3", "S1", "05/06/2025")], "People")], mapping, ABOUT)
    assert rows(check(later.found, KNOWN), "people")[0]["started_on"] == date(2025, 5, 6)


def test_a_bare_quarter_is_asked_about_once() -> None:
    lines = [("service code", "quarter", "ref", "actual"), ("S1", "2025Q3", "M1", 4), ("S1", "2025Q3", "M2", 4)]
    first = understand([raw(lines, "Quarterly return")], Mapping(), ABOUT)
    assert [(q.kind, len(q.options)) for q in first.questions] == [("bare-quarter", 2)] and first.bare_quarter == ""
    assert understand([raw(lines, "Quarterly return")], Mapping({first.questions[0].id: "plan"}), ABOUT).bare_quarter == "plan"


def test_a_sheet_that_is_only_like_ours_is_asked_about() -> None:
    lines = [("Clnt Ref", "Servce code", "Start dte", "Finished"), ("C1", "S1", "07/04/2025", None)]
    first = understand([raw(lines, "Export")], Mapping(), ABOUT)
    assert {q.kind for q in first.questions} == {"sheet", "column"} and not first.found
    assert [f.code for f in first.findings if f.severity == "stops"] == ["to-answer"]
    left = understand([raw(lines, "Export")], Mapping({q.id: "-" for q in first.questions if q.kind == "sheet"}), ABOUT)
    assert not left.questions and not left.found and [f.code for f in left.findings] == ["left-out"]


def test_the_template_asks_nothing() -> None:
    made = understand([raw([*LONG, ("C1", "S1", "01/05/2025", "PHQ-9", 12)], "Assessments")], Mapping(), ABOUT)
    assert not made.questions and not made.findings and len(made.found) == 1


def test_a_layout_is_its_headings_in_any_order_and_any_date() -> None:
    one = layout_of(map(plain, ("PHQ-9 07/04/2025", "Ref")))
    assert one == layout_of(map(plain, ("Ref", "PHQ-9 2026-01-03"))) != layout_of(map(plain, ("Ref", "PHQ-9")))


def test_two_rows_of_headings_are_read_together() -> None:
    found = headings.heads(raw([("Client", None, "PHQ-9", None), ("Ref", "Team", "Start", "End"), ("C1", "S1", 3, 4)]).sheets[0])
    assert ("client ref", "client team", "phq 9 start", "phq 9 end") in [h.plain for h in found if h.two_rows]
