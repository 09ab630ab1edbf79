"""Checking: exact values, every problem at once, each at its cell; what is doubtful is asked, never guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_loaders import screen, values
from data_loaders.check import check
from data_loaders.check_columns import ARROW
from data_loaders.check_repeats import group_of, repeated
from data_loaders.read import RawSheet, Workbook
from data_loaders.recognise import recognise
from domain import codes as lists
from domain import fields
from domain.types import Field
from tests.unit.books import ASSESSMENTS, KNOWN, PEOPLE, TODAY, book, codes, through

DAY = date(2025, 5, 1)


def field(kind: str, **more: Any) -> Field:
    return Field("S", "thing", kind, column=more.pop("column", "thing"), **more)


def column(sheet: str, name: str, texts: list[Any], others: dict[str, Any], known: Any = KNOWN) -> tuple[list[Any], list[Any]]:
    """One column filled with texts, the other columns the same in every row but for the references."""
    heads = [name, *others]
    rows = [[text, *(f"{v}{i}" if v == "C" else v for v in others.values())] for i, text in enumerate(texts)]
    checked, findings = through(book({sheet: [heads, *rows]}), known=known)
    table = checked.tables[fields.BY_NAME[sheet].table]
    return table.column(next(f.column for f in fields.BY_NAME[sheet].fields if f.name == name)).to_pylist(), findings


SCORES = {"person ref": "C", "service code": "SVC001", "date": DAY, "measure": "PHQ-9"}
RETURN = {"service code": "SVC001", "year": "2025-26", "quarter": 1, "ref": "C"}
STARTS = {"person ref": "C", "service code": "SVC001"}


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", "12"), ("−3", "-3"), ("１２", "12"), ("1,234", "1234"), ("12,345,678.5", "12345678.5"), (".5", "0.5"), ("+4", "4"), ("007", "7"), ("0", "0")],
)
def test_numbers_are_read_exactly(text: str, value: str) -> None:
    assert values.number(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["12%", "£5", "1.2E+11", "n/a", "-", "1,23", "1,2345", "12,34,567", "NaN", "inf", "0x10", "1_000", "5²", "1 2", "", "½", "true", "٣"]
)
def test_what_is_not_plainly_a_number_is_none(text: str) -> None:
    assert values.number(text) is None


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=3))
def test_any_decimal_survives_with_and_without_commas(value: Decimal) -> None:
    assert values.number(f"{value:f}") == value
    assert values.number(f"{value:,f}") == value


def test_zero_is_a_value_and_blank_is_missing() -> None:
    got, findings = column("Quarterly return", "out of", [0, None, "0", "  "], {**RETURN, "actual": 0})
    assert got == [0.0, None, 0.0, None] and codes(findings) <= {"out-of-range"}
    assert not [f for f in findings if f.severity != "look"]


def test_scores_are_decimals_and_sums_of_floats_are_mended() -> None:
    got, findings = column("Assessments", "score", [12, " 12\u00a0", "10.100000000000001", 0.1 + 0.2], {**SCORES, "measure": "CORE-10"})
    assert got == [Decimal("12.000"), Decimal("12.000"), Decimal("10.100"), Decimal("0.300")] and not findings


def test_the_message_says_what_is_there_and_what_is_allowed() -> None:
    checked, _ = through(
        book({"Assessments": [ASSESSMENTS, *[("C1", "SVC001", date(2025, 5, d), "phq9", 3) for d in range(1, 16)], ("C2", "SVC001", DAY, "phq9", 99)]})
    )
    (finding,) = checked.findings
    assert (finding.cell, finding.message, finding.fix) == ("Assessments!E17", "Score is 99; PHQ-9 runs from 0 to 27.", "Type the total from the form.")
    assert checked.blocked and finding.severity == "holds"


def test_subscales_have_their_own_range_and_total_means_none() -> None:
    heads = (*ASSESSMENTS, "subscale")
    rows = [
        ("C1", "SVC001", DAY, "WSAS", 9, "work"),
        ("C2", "SVC001", DAY, "WSAS", 8, "Work"),
        ("C3", "SVC001", DAY, "WSAS", 40, "Total"),
        ("C4", "SVC001", DAY, "WSAS", 3, "cooking"),
    ]
    checked, _ = through(book({"Assessments": [heads, *rows]}))
    assert [(f.code, f.cell) for f in checked.findings] == [("out-of-range", "Assessments!E2"), ("unknown-subscale", "Assessments!F5")]
    assert checked.tables["assessments"]["subscale"].to_pylist() == ["work", "work", None, None]


def test_raw_totals_become_metric_scores_where_there_is_a_table() -> None:
    got, findings = column("Assessments", "score", [35, 20, 18.59, 21.3, 4], {**SCORES, "measure": "SWEMWBS"})
    assert got[:4] == [Decimal("35.000"), Decimal("18.590"), Decimal("18.590"), Decimal("21.300")]
    assert [(f.code, f.severity, f.count) for f in findings] == [("out-of-range", "holds", 1), ("converted", "look", 1)]


def test_a_blank_perspective_is_the_one_the_measure_is_made_for() -> None:
    heads = (*ASSESSMENTS, "perspective")
    rows = [("C1", "SVC001", DAY, "PHQ-9", 9, None), ("C1", "SVC001", DAY, "HoNOS", 9, None), ("C1", "SVC001", DAY, "HoNOS", 8, "Carer")]
    checked, findings = through(book({"Assessments": [heads, *rows]}))
    usual = KNOWN.measures["HoNOS"].headline_perspective
    assert checked.tables["assessments"]["perspective"].to_pylist() == ["person", usual, "carer"] and not findings


@pytest.mark.parametrize("text", ["PHQ9", "phq 9", "PHQ-9", "Patient Health Questionnaire-9", " PHQ–9 "])
def test_measures_are_known_by_any_of_their_names(text: str) -> None:
    got, findings = column("Assessments", "measure", [text], {"person ref": "C", "service code": "SVC001", "date": DAY, "score": 3})
    assert got == ["PHQ-9"] and not findings


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("text", "day"),
    [(DAY, DAY), ("2025-05-01", DAY), ("01/05/2025", DAY), ("1.5.25", DAY), ("1 May 2025", DAY), ("1st Sept 2025", date(2025, 9, 1)), ("May 1, 2025", DAY),
     ("Thursday 1 May 2025", DAY),     ("03/04/2025", date(2025, 4, 3)), ("2025-05-01T09:30:00", DAY), ("1-May-25", DAY), ("29/02/2024", date(2024, 2, 29))],
)  # fmt: skip
def test_dates_are_day_first(text: Any, day: date) -> None:
    got, findings = column("People", "started on", [text], STARTS)
    assert got == [day] and not findings


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["03/04/2025", "13/04/2025"], set()),
        (["03/04/2025", "04/13/2025"], {"ambiguous-date"}),
        (["13/04/2025", "04/13/2025"], {"ambiguous-date"}),
        (["29/02/2025"], {"impossible-date"}),
        (["01/05/1925"], {"impossible-date"}),
        (["16/01/2026"], {"future-date"}),
        (["15/01/2026"], set()),
        (["spring"], {"not-a-date"}),
        (["45000"], {"not-a-date"}),
        ([date(2025, 3, 4), date(2025, 5, 6), date(2025, 7, 8), "13/04/2025", "14/04/2025", "30/04/2025"], {"ambiguous-date"}),
        ([date(2025, 3, 4), date(2025, 5, 26), date(2025, 7, 8), "13/04/2025", "14/04/2025", "30/04/2025"], set()),
    ],
)
def test_the_order_is_decided_from_the_whole_column(texts: list[Any], expected: set[str]) -> None:
    got, findings = column("People", "started on", texts, STARTS)
    assert codes(findings) == expected
    assert (None in got) == bool(expected)


def test_a_month_first_column_keeps_no_date_at_all() -> None:
    got, findings = column("People", "started on", ["04/13/2025", "04/03/2025"], STARTS)
    assert got == [None, None] and [f.row for f in findings] == [2, 3]


def test_contract_dates_may_lie_ahead_and_an_old_service_may_be_old() -> None:
    heads = ("service code", "service name", "provider code", "provider name", "service type", "contract to", "operating since")
    checked, findings = through(book({"Services": [heads, ("SVC009", "A", "ORG01", "B", "counselling", date(2027, 3, 31), "01/06/1869")]}))
    assert not findings and checked.tables["services"]["operating_since"].to_pylist() == [date(1869, 6, 1)]


def test_times() -> None:
    got, findings = column("Contacts", "time", [time(10, 30), "9.05", "2:15 pm", "25:00"], {**STARTS, "date": DAY, "kind": "planned contact"})
    assert got == [time(10, 30), time(9, 5), time(14, 15), None] and codes(findings) == {"not-a-time"}


# ---------------------------------------------------------------- quarters


def test_the_quarter_may_hold_the_year() -> None:
    checked, findings = through(book({"Activity": [("service code", "quarter", "referrals"), ("SVC001", "2025-26 Q3", 3), ("SVC003", "Q2 25/26", 4)]}))
    table = checked.tables["activity"]
    assert (table["year"].to_pylist(), table["quarter"].to_pylist(), findings) == ([2025, 2025], [3, 2], [])


@pytest.mark.parametrize(("bare", "expected"), [("", (None, None)), ("plan", (2025, 3)), ("calendar", (2025, 2))])
def test_a_bare_quarter_is_asked_about_once(bare: str, expected: tuple[int | None, int | None]) -> None:
    known = replace(KNOWN, bare_quarter=bare)
    checked, findings = through(book({"Activity": [("service code", "quarter"), ("SVC001", "2025Q3"), ("SVC003", "2025Q3")]}), known=known)
    assert (checked.tables["activity"]["year"][0].as_py(), checked.tables["activity"]["quarter"][0].as_py()) == expected
    asked = [f for f in findings if f.code == "ambiguous-quarter"]
    assert len(asked) == (0 if bare else 1) and all(
        f.count == 2 and "October to December 2025" in f.message and "July to September 2025" in f.message for f in asked
    )
    assert codes(findings) == {f.code for f in asked}


def test_the_quarter_we_are_in_may_be_sent_and_the_next_may_not() -> None:
    _, findings = through(book({"Activity": [("service code", "year", "quarter"), ("SVC001", "2025-26", 4), ("SVC001", "2026-27", 1)]}))
    assert [(f.code, f.row) for f in findings] == [("future-date", 3)]


# ---------------------------------------------------------------- words


def test_choices_take_any_case_and_the_usual_synonyms() -> None:
    got, findings = column("People", "shares record", ["YES", "n", "Not  asked", "true", "No."], {**STARTS, "started on": DAY})
    assert got == ["yes", "no", "not asked", "yes", "no"] and not findings
    got, findings = column("People", "gender", ["F", "Man", "non binary", "unknown", "Two-spirit", "Two-spirit"], {**STARTS, "started on": DAY})
    assert got == ["female", "male", "non-binary", "not stated", "Two-spirit", "Two-spirit"]
    assert [(f.code, f.severity, f.count) for f in findings] == [("own-words", "look", 2)] and "spirit" not in str(findings)


def test_ages_become_bands() -> None:
    got, findings = column("People", "age band", [17, 18, "24", 75, "25–34", "75+"], {**STARTS, "started on": DAY})
    assert got == ["under 18", "18-24", "18-24", "75 and over", "25-34", "75+"]
    assert {(f.code, f.count) for f in findings} == {("age-banded", 4), ("own-words", 1)}


def test_every_choice_of_every_field_is_accepted_as_it_stands() -> None:
    for sheet in fields.SHEETS:
        for f in sheet.fields:
            if f.choices:
                assert values.choices(f, list(f.choices)) == (list(f.choices), {}), f.name
    assert values.choice_words(fields.BY_NAME["Milestones"].field("counted_as"))["cumulative"] == lists.COUNTED_AS[1]


def test_a_wrong_word_is_told_once_with_its_count_and_what_is_allowed() -> None:
    _, findings = column("People", "how it ended", ["gone"] * 5 + ["died"], {**STARTS, "started on": DAY})
    (finding,) = findings
    assert (finding.code, finding.count, finding.row) == ("not-in-list", 5, 2) and "'gone'" in finding.message and "as planned" in finding.message


def test_main_result_is_a_list_of_what_we_know() -> None:
    good = values.lists(field("list", column="main_result"), ["phq9; GAD-7", "Goals", "milestones;maintained"], KNOWN.measures)
    assert good == (["PHQ-9; GAD-7", "goals", "milestone; maintained"], {})
    assert values.lists(field("list", column="main_result"), ["joy"], KNOWN.measures)[1][0].code == "not-in-list"


def test_references_are_compared_without_case_and_kept_as_text() -> None:
    checked, findings = through(
        book(
            {"People": [PEOPLE, (" c-007 ", "svc001", DAY, None), ("C\uff0d008", "SVC001", DAY, None), (7, "SVC001", DAY, None), ("007", "SVC001", DAY, None)]}
        )
    )
    assert checked.tables["people"]["person"].to_pylist() == ["C-007", "C-008", "7", "007"]
    assert checked.tables["people"]["service_code"].to_pylist() == ["SVC001"] * 4 and not findings


def test_invisible_characters_are_taken_out_and_text_is_otherwise_kept() -> None:
    got, _ = column("Quarterly return", "explanation", ["=1+1", "'; DROP TABLE x", "a\u202eb\u200bc", " <b>x</b>\ny 👩‍⚕️ "], {**RETURN, "actual": 1})
    assert got[1:] == ["'; DROP TABLE x", "abc", "<b>x</b>\ny 👩‍⚕️"]


# ---------------------------------------------------------------- identifiers


@pytest.mark.parametrize(
    ("digits", "good"), [("9434765919", True), ("9434765918", False), ("0101701234", False), ("943476591", False), ("4010232137", True), ("٩٤٣٤٧٦٥٩١٩", False)]
)
def test_the_check_digit(digits: str, good: bool) -> None:
    assert screen.nhs_check_digit(digits) == good


@given(st.integers(0, 10**9 - 1))
def test_at_most_one_tenth_digit_makes_a_number_valid(nine: int) -> None:
    assert sum(screen.nhs_check_digit(f"{nine:09d}{d}") for d in range(10)) in (0, 1)


@pytest.mark.parametrize(
    "text",
    [
        "rang 943 476 5919",
        "NI AB 12 34 56 C",
        "mail jo.b@nhs.uk",
        "on 0151 496 0123",
        "+44 7700 900123",
        "lives at L8 7TS",
        "at ec1a 1bb now",
        "d.o.b. unknown",
        "born 3.4.80",
        "DOB: x",
    ],
)
def test_identifiers_in_text_are_found(text: str) -> None:
    assert screen.identifiers(text) and screen.screen(pa.array(["fine", text, "well"])) == {1: screen.identifiers(text)}


@pytest.mark.parametrize(
    "text",
    [
        "PHQ-9 fell from 18 to 9",
        "M1 2nd quarter",
        "12 of 20 people",
        "born in Liverpool",
        "2025-26 Q3",
        "between 10 and 12 000 pounds",
        "room A1 2 on floor 3",
        "1 2 3 4 5 6 7 8",
    ],
)
def test_ordinary_words_are_not_taken_for_identifiers(text: str) -> None:
    assert screen.identifiers(text) == []


@pytest.mark.parametrize("ref", ["C1", "MC-0007", "0012345", "Client 12", "2025/113", "ABC", "A.B.12", "1234567890"])
def test_ordinary_references_pass(ref: str) -> None:
    assert screen.reference_trouble(ref) == ""


def test_every_text_column_is_screened() -> None:
    for sheet in fields.SHEETS:
        texts = [f for f in sheet.fields if f.kind in ("text", "name")]
        if not texts:
            continue
        from data_loaders.template import example

        heads = [f.name for f in sheet.fields]
        line = ["ring 07700 900123" if f in texts else example(f) for f in sheet.fields]
        _, findings = through(book({sheet.name: [heads, line]}))
        assert {f.column for f in findings if f.code == "identifier-in-text"} == {chr(65 + i) for i, f in enumerate(sheet.fields) if f in texts}, sheet.name


# ---------------------------------------------------------------- services


def test_services_of_the_same_upload_are_known_whatever_the_file() -> None:
    services = book(
        {"Services": [("service code", "service name", "provider code", "provider name", "service type"), ("svc050", "New", "org01", "Org", "advocacy")]}
    )
    people = book({"People": [PEOPLE, ("C1", "SVC050", DAY, None)]})
    checked, findings = through(people, services)
    assert not findings and set(checked.tables) == {"services", "people"}
    _, findings = through(people)
    assert codes(findings) == {"unknown-service"}


def test_a_manager_sends_only_their_own() -> None:
    known = replace(KNOWN, allowed_providers=("org01",))
    _, findings = through(
        book({"People": [PEOPLE, ("C1", "SVC001", DAY, None), ("C1", "SVC002", DAY, None), ("C2", "SVC002", DAY, None), ("C2", "SVC01", DAY, None)]}),
        known=known,
    )
    assert [(f.code, f.cell, f.count) for f in findings] == [("other-provider", "People!B3", 2), ("unknown-service", "People!B5", 1)]
    assert "SVC001" in findings[1].fix and "SVC002" not in findings[1].fix
    service = ("SVC060", "New", "ORG02", "Org", "advocacy")
    _, findings = through(book({"Services": [("service code", "service name", "provider code", "provider name", "service type"), service]}), known=known)
    assert [(f.code, f.cell) for f in findings] == [("other-provider", "Services!C2")]


# ---------------------------------------------------------------- the same row twice


def assessments(*rows: tuple[Any, ...]) -> bytes:
    return book({"Assessments": [("person ref", "service code", "date", "measure", "score", "occasion", "recorded on"), *rows]})


def test_identical_rows_are_merged_and_said() -> None:
    line = ("C1", "SVC001", DAY, "PHQ-9", 9, "start", None)
    checked, findings = through(assessments(line, line), assessments(line))
    assert checked.tables["assessments"].num_rows == 1 and not checked.blocked
    assert [(f.code, f.severity, f.count, f.row) for f in findings] == [("duplicate-row", "look", 2, 3)]


@pytest.mark.parametrize(
    ("second", "conflict"),
    [
        (("C1", "SVC001", DAY, "PHQ-9", 8, "start", None), True),
        (("C1", "SVC001", DAY, "PHQ-9", 8, "end", None), False),
        (("C1", "SVC001", DAY, "PHQ-9", 8, "review", None), True),
        (("c1 ", "svc001", DAY, "phq9", 8, None, None), True),
        (("C1", "SVC001", DAY, "PHQ-9", 9, "end", None), False),
        (("C1", "SVC003", DAY, "PHQ-9", 8, "start", None), True),  # another service of the same provider: the same person
        (("C1", "SVC002", DAY, "PHQ-9", 8, "start", None), False),  # another provider: another person
        (("C2", "SVC001", DAY, "PHQ-9", 8, "start", None), False),
        (("C1", "SVC001", date(2025, 5, 2), "PHQ-9", 8, "start", None), False),
        (("C1", "SVC001", DAY, "GAD-7", 8, "start", None), False),
        (("C1", "SVC001", DAY, "PHQ-9", 9, "start", date(2025, 5, 2)), True),  # the same score, recorded twice differently
    ],
)
def test_two_scores_on_one_day(second: tuple[Any, ...], conflict: bool) -> None:
    checked, findings = through(assessments(("C1", "SVC001", DAY, "PHQ-9", 9, "start", None), second))
    assert [(f.code, f.row) for f in findings] == ([("conflict", 3)] if conflict else [])
    assert checked.blocked == conflict and "C1" not in str(findings)


def test_start_and_end_with_a_third_score_is_a_conflict() -> None:
    lines = [("C1", "SVC001", DAY, "PHQ-9", s, o, None) for s, o in ((9, "start"), (8, "end"), (7, "review"))]
    _, findings = through(assessments(*lines))
    assert [(f.code, f.row) for f in findings] == [("conflict", 3), ("conflict", 4)]


def test_conflicts_name_the_other_file() -> None:
    _, findings = through(assessments(("C1", "SVC001", DAY, "PHQ-9", 9, "start", None)), assessments(("C1", "SVC001", DAY, "PHQ-9", 8, "start", None)))
    assert [(f.code, f.file) for f in findings] == [("conflict", "file2.xlsx")] and "file1.xlsx" in findings[0].message


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", None]), st.integers(0, 2)), max_size=30))
def test_groups_are_those_of_a_plain_loop(rows: list[tuple[str, str | None, int]]) -> None:
    table = pa.table({str(i): pa.array([row[i] for row in rows], pa.int32() if i == 2 else pa.string()) for i in range(3)})
    group = group_of(table, ("0", "1", "2"))
    assert all((group[i] == group[j]) == (rows[i] == rows[j]) for i in range(len(rows)) for j in range(len(rows)))
    assert repeated(group).tolist() == [i for i, row in enumerate(rows) if rows.count(row) > 1]


def test_groups_do_not_overflow() -> None:
    wide = pa.table({str(i): pa.array([str(n) for n in range(2000)]) for i in range(9)})  # 2001 to the power of 9 is far beyond 64 bits
    assert len(np.unique(group_of(wide, tuple(map(str, range(9)))))) == 2000


# ---------------------------------------------------------------- all at once


def test_all_findings_come_together_and_long_lists_are_counted() -> None:
    rows = [(f"C{i}", "SVC001", DAY, "PHQ-9", 99) for i in range(300)] + [("C1", "SVC001", "never", "PHQ-9", None)]
    checked, _ = through(book({"Assessments": [ASSESSMENTS, *rows]}))
    scores = [f for f in checked.findings if f.code == "out-of-range"]
    assert len(scores) == 201 and sum(f.count for f in scores) == 300 and "100 more" in scores[-1].message
    assert [f.cell for f in checked.findings if f.code in ("not-a-date", "required")] == ["Assessments!C302", "Assessments!E302"]


def test_blank_rows_are_passed_over_and_rows_keep_excels_numbers() -> None:
    checked, findings = through(book({"People": [PEOPLE, ("C1", "SVC001", DAY, None), (None,) * 4, ("  ", None, None, None), ("C2", "SVC001", DAY, None)]}))
    assert checked.tables["people"]["row"].to_pylist() == [2, 5] and not findings


def test_tables_have_the_columns_and_types_of_the_store() -> None:
    checked, _ = through(book({"People": [PEOPLE, ("C1", "SVC001", DAY, None)]}))
    table = checked.tables["people"]
    assert table.column_names == [*fields.BY_NAME["People"].columns, "row", "sheet", "file"]
    assert table.schema.field("started_on").type == pa.date32() and table.schema.field("row").type == pa.int32()
    assert table.to_pylist()[0]["role"] == "person" and table["file"].to_pylist() == ["file1.xlsx"] and table["sheet"].to_pylist() == ["People"]


def test_worst_findings_come_first() -> None:
    _, findings = through(book({"People": [(*PEOPLE, "team"), ("9434765919", "SVC001", "never", None, "x")]}))
    checked, _ = through(book({"People": [(*PEOPLE, "gender"), ("9434765919", "SVC001", "never", None, "own")]}))
    assert [f.severity for f in checked.findings] == ["stops", "holds", "look"]
    assert "unknown-column" in codes(findings) and TODAY.year == 2026


JUNK = st.sampled_from(
    [None, None, "C1", "C2", "SVC001", "svc002", "SVC999", "ORG01", "2025-05-01 00:00:00", "31/12/2024", "13/13/2025",
     "PHQ-9", "SWEMWBS", "WSAS", "work", "12", "0", "-3.5", "1e400",
     "999999999999999999999999", "Q3", "2025Q3", "2025-26 Q2", "2025-26", "person", "yes", "male", "counselling", "GAS",
     "met", "A; B", "9434765919", "x" * 12000, "\u202e", "١٢"]
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_whatever_stands_in_a_sheet_is_answered_and_never_stored_half_typed(data: st.DataObject) -> None:
    sheet = data.draw(st.sampled_from(fields.SHEETS))
    heads = data.draw(st.lists(st.sampled_from([f.name for f in sheet.fields]), min_size=1, unique=True))
    rows = data.draw(st.lists(st.lists(JUNK, min_size=len(heads), max_size=len(heads)), max_size=6))
    table = pa.table({str(i): pa.array([head, *(row[i] for row in rows)], pa.string()) for i, head in enumerate(heads)})
    broken = data.draw(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 9)), max_size=3))
    raw = RawSheet(sheet.name, False, 3, 2, table, tuple((*cell, "#REF!") for cell in broken), tuple(broken))
    found, told = recognise(Workbook("f.xlsx", "", (raw,), ()))
    checked = check(found, KNOWN)
    for name, made in checked.tables.items():
        assert [made.schema.field(f.column).type for f in fields.BY_TABLE[name].fields] == [ARROW[fields.sql_type(f)] for f in fields.BY_TABLE[name].fields]
        assert all(4 <= row <= 3 + len(rows) for row in made["row"].to_pylist())
    assert all(f.row is None or f.row >= 3 for f in (*told, *checked.findings)) and "9434765919" not in str((told, checked.findings))


def test_formulas_without_a_value_are_told_even_below_the_last_filled_row() -> None:
    checked, _ = through(book({"Assessments": [ASSESSMENTS, ("C1", "SVC001", DAY, "PHQ-9", "=1+1"), ('="C"&1', '="SVC"&1', "=1", '="PHQ-9"', "=1")]}))
    assert {f.cell for f in checked.findings if f.code == "uncalculated"} == {"Assessments!E2", *(f"Assessments!{c}3" for c in "ABCDE")}
    assert codes(checked.findings) == {"uncalculated"}  # each cell is told once, not as blank too
