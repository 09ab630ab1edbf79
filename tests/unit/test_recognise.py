"""Recognising: whose sheet is whose, where its headings stand, and what is not wanted in it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from data_loaders.recognise import IDENTIFIER_HEADINGS, letters, plain, recognise
from domain import fields
from tests.unit.books import ASSESSMENTS, PEOPLE, book, codes, opened_here, through

LINE = ("C1", "SVC001", date(2025, 5, 1), "PHQ-9", 12)


def test_letters() -> None:
    assert [letters(n) for n in (1, 26, 27, 52, 703)] == ["A", "Z", "AA", "AZ", "AAA"]


@pytest.mark.parametrize("heading", ["Person Ref *", "person\nref", " PERSON REF", "Person-ref:", "person_ref", "client\xa0ID", "Service User ID"])
def test_headings_are_known_whatever_their_dress(heading: str) -> None:
    found, findings = recognise(opened_here(book({"Assessments": [(heading, *ASSESSMENTS[1:]), LINE]})))
    assert found[0].columns["person"] == 0 and not findings


def test_a_table_at_c5_under_titles_has_excels_addresses() -> None:
    def shift(made: Any) -> None:
        page = made["Assessments"]
        page.insert_rows(1, 4)
        page.insert_cols(1, 2)
        page["C1"] = "Scores for the commissioner"
        page["C8"] = "C3"

    bad = ("C2", "SVC001", date(2025, 5, 1), "PHQ-9", 99)
    found, findings = recognise(opened_here(book({"Assessments": [ASSESSMENTS, LINE, bad]}, shift)))
    assert (found[0].header_row, findings) == (5, [])
    checked, _ = through(book({"Assessments": [ASSESSMENTS, LINE, bad]}, shift))
    assert [f.cell for f in checked.findings if f.code == "out-of-range"] == ["Assessments!G7"]
    assert {f.cell for f in checked.findings if f.code == "required"} == {f"Assessments!{c}8" for c in "DEFG"}


def test_a_sheet_with_another_name_is_known_by_its_headings() -> None:
    found, findings = recognise(opened_here(book({"Sheet1": [("client ref", "service", "assessment date", "questionnaire", "total score"), LINE]})))
    assert found[0].sheet.name == "Assessments" and found[0].named == "Sheet1" and not findings


@pytest.mark.parametrize("sheet", [s.name for s in fields.SHEETS])
@pytest.mark.parametrize("named", [True, False])
def test_every_sheet_of_the_return_is_known_by_its_own_headings(sheet: str, named: bool) -> None:
    heads = [f.name for f in fields.BY_NAME[sheet].fields]
    found, findings = recognise(opened_here(book({sheet.upper() if named else "Tabelle1": [heads, ["x"] * len(heads)]})))
    assert [f.sheet.name for f in found] == [sheet] and not findings
    assert found[0].columns == {f.column: i for i, f in enumerate(fields.BY_NAME[sheet].fields)}


def test_columns_may_stand_in_any_order() -> None:
    found, _ = recognise(opened_here(book({"Assessments": [ASSESSMENTS[::-1], LINE[::-1]]})))
    assert found[0].columns == {"score": 0, "measure": 1, "date": 2, "service_code": 3, "person": 4}


def test_our_own_name_beats_what_others_call_it() -> None:
    found, findings = recognise(opened_here(book({"Assessments": [(*ASSESSMENTS, "result"), (*LINE, 4)]})))
    assert found[0].columns["score"] == 4
    assert [(f.code, f.severity, f.column) for f in findings] == [("unknown-column", "look", "F")]


def test_duplicate_names_both_columns() -> None:
    _, findings = recognise(opened_here(book({"Assessments": [(*ASSESSMENTS, "Score"), (*LINE, 4)]})))
    assert [(f.code, f.severity) for f in findings] == [("duplicate-column", "stops")]
    assert "Columns E and F" in findings[0].message


def test_missing_columns_are_all_told_with_what_would_do() -> None:
    _, findings = recognise(opened_here(book({"Assessments": [("person ref", "date"), LINE[:2]]})))
    assert {f.message.split("'")[1] for f in findings if f.code == "missing-column"} == {"service code", "measure", "score"}
    assert all("also understand" in f.fix for f in findings)


def test_the_quarter_may_stand_for_the_year() -> None:
    _, findings = recognise(opened_here(book({"Quarterly return": [("service code", "quarter", "ref", "actual"), ("SVC001", "2025-26 Q1", "M1", 3)]})))
    assert not findings
    _, findings = recognise(opened_here(book({"Quarterly return": [("service code", "ref", "actual"), ("SVC001", "M1", 3)]})))
    assert codes(findings) == {"missing-column"} and len(findings) == 2


@pytest.mark.parametrize(
    "heading",
    ["Name", "First Name", "Surname", "Client name", "Name of person", "DOB", "Date of Birth", "Birthdate", "NHS No.", "NHS number", "CHI number", "Postcode",
     "Post code",     "Address", "E-mail", "Email address", "Phone", "Telephone number", "Mobile", "NI number", "Initials", "Worker name"],
)  # fmt: skip
def test_identifying_columns_stop_the_file(heading: str) -> None:
    _, findings = recognise(opened_here(book({"People": [(*PEOPLE, heading), ("C1", "SVC001", date(2025, 5, 1), None, "x")]})))
    assert [(f.code, f.severity, f.column) for f in findings] == [("identifier-column", "stops", "E")]


@pytest.mark.parametrize(
    "heading", ["service name", "Project name", "nominated lead role", "number of visits", "phoned ahead", "team", "renamed from", "addressed", "age group"]
)
def test_harmless_headings_are_not_taken_for_identifiers(heading: str) -> None:
    assert not IDENTIFIER_HEADINGS.search(plain(heading))


def test_no_heading_of_ours_is_an_identifier() -> None:
    """Or the template would refuse itself the day a heading is not recognised."""
    ours = {plain(text) for s in fields.SHEETS for f in s.fields for text in (f.name, *f.synonyms)} - {"name"}
    assert [text for text in ours if IDENTIFIER_HEADINGS.search(text)] == []


def test_hidden_and_unknown_sheets_are_said_and_our_own_passed_over() -> None:
    def hide(made: Any) -> None:
        made["Lists"].sheet_state = made["Old"].sheet_state = "hidden"

    content = book({"Read me": [["x"]], "Assessments": [ASSESSMENTS, LINE], "Lists": [["x"]], "Old": [["y"]], "Budget": [["z"]]}, hide)
    found, findings = recognise(opened_here(content))
    assert len(found) == 1
    assert {(f.code, f.severity, f.sheet) for f in findings} == {("hidden-sheet", "look", "Old"), ("unused-sheet", "look", "Budget")}


def test_a_column_without_a_heading_is_said_only_when_it_holds_something() -> None:
    _, findings = recognise(opened_here(book({"Assessments": [(*ASSESSMENTS, None, "subscale"), (*LINE, None, None)]})))
    assert not findings
    _, findings = recognise(opened_here(book({"Assessments": [(*ASSESSMENTS, None, "subscale"), (*LINE, "Zebedee", None)]})))
    assert [(f.code, f.column) for f in findings] == [("unknown-column", "F")] and "Zebedee" not in str(findings)
