"""A total score beside its parts: below one another, side by side, on different sheets, in different files."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from data_loaders import sums
from data_loaders.check import check
from data_loaders.questions import Mapping
from data_loaders.recognise import understand
from tests.unit.books import ASSESSMENTS, KNOWN, PEOPLE, book, opened_here, through

DAY = date(2025, 5, 1)
HONOS = [("behaviour", 3), ("impairment", 2), ("symptoms", 5), ("social", 4)]  # which add up to 14


def test_a_total_beside_all_its_parts_must_be_their_sum() -> None:
    heads = (*ASSESSMENTS, "subscale")
    parts = [("behaviour", 3), ("impairment", 2), ("symptoms", 5), ("social", 4)]
    day = "2025-06-02"
    rows = [
        *[("C1", "SVC001", DAY, "HoNOS", n, part) for part, n in parts], ("C1", "SVC001", DAY, "HoNOS", 15, None),
        *[("C2", "SVC001", DAY, "HoNOS", n, part) for part, n in parts], ("C2", "SVC001", DAY, "HoNOS", 14, "Total"),
        *[("C3", "SVC001", DAY, "HoNOS", n, part) for part, n in parts[:3]], ("C3", "SVC001", DAY, "HoNOS", 40, None),  # a part is missing: nobody can say
        *[("C1", "SVC001", day, "HoNOS", n, part) for part, n in parts], ("C4", "SVC001", DAY, "HoNOS", 9, None),
        ("C1", "SVC001", DAY, "PHQ-9", 12, None), *[("C1", "SVC001", DAY, "DIALOG", 7, part) for part in ("medication", "treatment")],
    ]  # fmt: skip
    checked, _ = through(book({"Assessments": [heads, *rows]}))
    (finding,) = checked.findings
    assert (finding.code, finding.cell, finding.severity) == ("total-differs", "Assessments!E6", "look")
    assert finding.message == "The total of HoNOS here is 15; its parts on that day add up to 14." and checked.tables["assessments"].num_rows == len(rows)


def test_which_questionnaires_add_up() -> None:
    assert {code for code, m in KNOWN.measures.items() if sums.adds_up(m)} == {"WSAS", "HoNOS", "IES-R"}  # CORE-OM, DIALOG and GBO are means


def _totals(count: int, *, total: int = 14, day: Any = DAY, **more: Any) -> list[tuple[Any, ...]]:
    return [(f"C{n}", "SVC001", day, "HoNOS", total if n != 2 else 15, *more.values()) for n in range(1, count + 1)]


def _parts(count: int, *extra: Any) -> list[tuple[Any, ...]]:
    return [(f"C{n}", "SVC001", DAY, "HoNOS", score, part, *extra) for n in range(1, count + 1) for part, score in HONOS]


def _differing(findings: list[Any]) -> list[tuple[str, str, str]]:
    return [(f.file, f.cell, f.message) for f in findings if f.code == "total-differs"]


def test_totals_on_one_sheet_are_held_against_parts_on_another() -> None:
    sheets = {"Assessments": [ASSESSMENTS, *_totals(3)], "Assessments parts": [(*ASSESSMENTS, "subscale"), *_parts(3)]}
    checked, _ = through(book(sheets))
    message = "The total of HoNOS here is 15; its parts on that day (from row 6 of 'Assessments parts') add up to 14."
    assert _differing(checked.findings) == [("file1.xlsx", "Assessments!E3", message)] and not checked.waits("assessments").any()


@pytest.mark.parametrize("turned", [False, True])
def test_totals_in_one_file_are_held_against_parts_in_another(turned: bool) -> None:
    files = [
        ("totals.xlsx", book({"Assessments": [ASSESSMENTS, *_totals(3)]})),
        ("parts.xlsx", book({"Assessments": [(*ASSESSMENTS, "subscale"), *_parts(3)]})),
    ]
    found = understand([opened_here(content, name) for name, content in (reversed(files) if turned else files)]).found
    message = "The total of HoNOS here is 15; its parts on that day (from row 6 of 'Assessments' in parts.xlsx) add up to 14."
    assert _differing(check(found, KNOWN).findings) == [("totals.xlsx", "Assessments!E3", message)]


def test_a_part_sent_twice_counts_once_and_a_part_that_contradicts_itself_not_at_all() -> None:
    heads = (*ASSESSMENTS, "subscale")
    twice = {"Assessments": [heads, *_parts(2)], "Assessments again": [heads, *_parts(2), ("C2", "SVC001", DAY, "HoNOS", 15, None)]}
    assert [cell for _, cell, _ in _differing(through(book(twice))[0].findings)] == ["Assessments again!E10"]
    twice["Assessments again"][5] = ("C2", "SVC001", DAY, "HoNOS", 4, "behaviour")
    assert not _differing(through(book(twice))[0].findings)


@pytest.mark.parametrize(
    ("of_totals", "of_parts", "told"),
    [(None, "start", True), ("start", None, True), ("start", "start", True), ("end", "start", False), (None, None, True)],
)  # fmt: skip
def test_where_one_sheet_says_at_which_point_and_the_other_does_not_the_day_decides(of_totals: str | None, of_parts: str | None, told: bool) -> None:
    sheets = {
        "Assessments": [(*ASSESSMENTS, "occasion"), *_totals(3, at=of_totals)],
        "Assessments parts": [(*ASSESSMENTS, "subscale", "occasion"), *_parts(3, of_parts)],
    }
    assert [cell for _, cell, _ in _differing(through(book(sheets))[0].findings)] == ["Assessments!E3"] * told


def test_a_start_and_an_end_on_one_day_are_held_against_their_own_parts() -> None:
    end = [("C1", "SVC001", DAY, "HoNOS", score - 1, part, "end") for part, score in HONOS]
    rows = [*_parts(1, "start"), *end, ("C1", "SVC001", DAY, "HoNOS", 14, None, "start"), ("C1", "SVC001", DAY, "HoNOS", 11, None, "end")]
    checked, _ = through(book({"Assessments": [(*ASSESSMENTS, "subscale", "occasion"), *rows]}))
    assert _differing(checked.findings) == [("file1.xlsx", "Assessments!E11", "The total of HoNOS here is 11; its parts on that day add up to 10.")]


def test_scores_side_by_side_are_held_against_their_parts_at_the_total_s_own_cell() -> None:
    heads = ("person ref", "service code", *(f"HoNOS {at}{f' - {part}' if part else ''}" for at in ("start", "end") for part in (None, *dict(HONOS))))
    people = [PEOPLE, *[(f"C{n}", "SVC001", date(2025, 6, 1), date(2025, 8, 1)) for n in range(1, 4)]]
    start, end = [14, 3, 2, 5, 4], [8, 2, 1, 3, 2]
    rows = [("C1", "SVC001", *start, *end), ("C2", "SVC001", *start, 9, *end[1:]), ("C3", "SVC001", *start, 9, None, *end[2:])]
    answers = {"wide||": "yes", "wide-date||start": "started_on", "wide-date||end": "ended_on"}
    workbook = opened_here(book({"People": people, "Scores": [heads, *rows]}))
    asked = understand([workbook]).questions
    answered = {q.id: answers[f"{q.kind}||{q.id.split('|', 2)[2]}"] for q in asked}
    found = understand([workbook], Mapping(answered)).found
    checked = check(found, KNOWN)
    assert checked.tables["assessments"].num_rows == 29
    assert _differing(checked.findings) == [("return.xlsx", "Scores!H3", "The total of HoNOS here is 9; its parts on that day add up to 8.")]


def test_answers_in_one_file_and_another_total_in_the_other_contradict_each_other() -> None:
    answers = [("person ref", "service code", "date", *(f"PHQ9_{n}" for n in range(1, 10))), ("C1", "SVC001", DAY, *[1] * 9), ("C2", "SVC001", DAY, *[2] * 9)]
    totals = [ASSESSMENTS, ("C1", "SVC001", DAY, "PHQ-9", 9), ("C2", "SVC001", DAY, "PHQ-9", 17)]
    files = [opened_here(book({"Answers": answers}), "answers.xlsx"), opened_here(book({"Assessments": totals}), "totals.xlsx")]
    asked = understand(files).questions
    checked = check(understand(files, Mapping({q.id: "yes" for q in asked})).found, KNOWN)
    conflicts = [(f.file, f.cell, f.severity) for f in checked.findings if f.code == "conflict"]
    assert [q.kind for q in asked] == ["wide"] and conflicts == [("answers.xlsx", "Answers row 3", "holds")]
    assert "Row 3 of 'Assessments' in totals.xlsx and this row are for the same person" in next(f.message for f in checked.findings if f.code == "conflict")
    assert checked.tables["assessments"].num_rows == 3 and int(checked.waits("assessments").sum()) == 2
