"""What may be wrong in the cells of a return, one row each: every one gets its finding in plain words, and nothing personal is in any message.

Files that are broken or hostile as a whole are in test_bad_input_table.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.unit.books import ASSESSMENTS, KNOWN, PEOPLE, TODAY, book, raw_book, text_cell, through

# Words that stand in personal columns below; no message may repeat any of them.
SECRETS = ("ZQX-77", "Zebedee", "9434765919", "943 476 5919", "QQ123456C", "AB123456C", "zebedee@example.org", "07700 900123", "L8 7TS", "3/4/1980")


def assessment(*cells: Any, heads: tuple[str, ...] = ASSESSMENTS) -> bytes:
    good = ("ZQX-77", "SVC001", date(2025, 5, 1), "PHQ-9", 12)
    return book({"Assessments": [heads, good, cells]})


def people(*cells: Any, heads: tuple[str, ...] = PEOPLE) -> bytes:
    return book({"People": [heads, ("ZQX-78", "SVC001", date(2025, 4, 1), None), cells]})


def returned(*cells: Any, heads: tuple[str, ...] = ("service code", "year", "quarter", "ref", "actual", "explanation")) -> bytes:
    return book({"Quarterly return": [heads, cells]})


def head(rows: str) -> str:
    return '<row r="1">' + "".join(text_cell(f"{letter}1", name) for letter, name in zip("ABCDE", ASSESSMENTS, strict=True)) + "</row>" + rows


def row(score: str, day: str = '<c r="C2" s="1"><v>45000</v></c>') -> str:
    return head(f'<row r="2">{text_cell("A2", "ZQX-77")}{text_cell("B2", "SVC001")}{day}{text_cell("D2", "PHQ-9")}{score}</row>')


CASES: list[tuple[str, Callable[[], bytes], str]] = [
    # -- not a return
    ("no cells", lambda: book({"People": []}), "empty-file"),
    ("headings only", lambda: book({"People": [PEOPLE]}), "empty-file"),
    ("no sheet recognised", lambda: book({"Budget": [["Zebedee", "tea"], ["x", 3]]}), "no-sheet"),
    ("required column missing", lambda: book({"Assessments": [ASSESSMENTS[:4], ("ZQX-77", "SVC001", date(2025, 5, 1), "PHQ-9")]}), "missing-column"),
    ("heading twice", lambda: assessment(heads=(*ASSESSMENTS, "score")), "duplicate-column"),
    ("two columns for one field", lambda: book({"Assessments": [("client id", "service code", "date", "measure", "total", "result")]}), "duplicate-column"),
    ("name column", lambda: people("ZQX-77", "SVC001", date(2025, 4, 1), None, "Zebedee", heads=(*PEOPLE, "First name")), "identifier-column"),
    ("date of birth column", lambda: people("ZQX-77", "SVC001", date(2025, 4, 1), None, date(1980, 4, 3), heads=(*PEOPLE, "D.O.B.")), "identifier-column"),
    ("nhs number column", lambda: people("ZQX-77", "SVC001", date(2025, 4, 1), None, 9434765919, heads=(*PEOPLE, "NHS No")), "identifier-column"),
    ("postcode column", lambda: people("ZQX-77", "SVC001", date(2025, 4, 1), None, "L8 7TS", heads=(*PEOPLE, "Post Code")), "identifier-column"),
    ("nhs number as the ref column", lambda: people(9434765919, "SVC001", date(2025, 4, 1), None, heads=("NHS number", *PEOPLE[1:])), "identifier-column"),
    # -- cells
    ("required cell blank", lambda: assessment("ZQX-77", "SVC001", None, "PHQ-9", 3), "required"),
    ("score out of range", lambda: assessment("ZQX-77", "SVC001", date(2025, 6, 1), "PHQ-9", 99), "out-of-range"),
    ("score below range", lambda: assessment("ZQX-77", "SVC001", date(2025, 6, 1), "PHQ-9", -1), "out-of-range"),
    ("half a point", lambda: assessment("ZQX-77", "SVC001", date(2025, 6, 1), "PHQ-9", 3.5), "not-a-whole-number"),
    ("unknown measure", lambda: assessment("ZQX-77", "SVC001", date(2025, 6, 1), "Happiness-3", 3), "unknown-measure"),
    ("unknown subscale", lambda: assessment("ZQX-77", "SVC001", date(2025, 6, 1), "PHQ-9", 3, "sleep", heads=(*ASSESSMENTS, "subscale")), "unknown-subscale"),
    ("unknown service", lambda: assessment("ZQX-77", "SVC009", date(2025, 6, 1), "PHQ-9", 3), "unknown-service"),
    ("service of another provider", lambda: book({"Services": [("service code", "service name", "provider code", "provider name", "service type"), ("svc002", "A", "ORG01", "B", "counselling")]}), "other-provider"),
    ("end before start", lambda: people("ZQX-77", "SVC001", date(2025, 4, 1), date(2025, 3, 1)), "end-before-start"),
    ("future date", lambda: people("ZQX-77", "SVC001", date(2026, 4, 1), None), "future-date"),
    ("future quarter", lambda: returned("SVC001", "2026-27", "2", "M1", 3, None), "future-date"),
    ("impossible date", lambda: people("ZQX-77", "SVC001", "31/02/2025", None), "impossible-date"),
    ("serial as date of 1900", lambda: raw_book(row('<c r="E2"><v>5</v></c>', '<c r="C2" s="1"><v>60</v></c>')), "impossible-date"),
    ("bare number as date", lambda: raw_book(row('<c r="E2"><v>5</v></c>', '<c r="C2"><v>45000</v></c>')), "not-a-date"),
    ("american dates", lambda: book({"People": [PEOPLE, ("ZQX-77", "SVC001", "04/13/2025", None), ("ZQX-78", "SVC001", "04/03/2025", None)]}), "ambiguous-date"),
    ("mixed dates", lambda: book({"People": [PEOPLE, ("ZQX-77", "SVC001", "04/13/2025", None), ("ZQX-78", "SVC001", "14/03/2025", None)]}), "ambiguous-date"),
    ("text in a number", lambda: assessment("ZQX-77", "SVC001", date(2025, 6, 1), "PHQ-9", "twelve"), "not-a-number"),
    ("percent as text", lambda: returned("SVC001", "2025-26", "2", "M1", "12%", None), "not-a-number"),
    ("dash for nothing", lambda: returned("SVC001", "2025-26", "2", "M1", "–", None), "not-a-number"),
    ("infinity", lambda: raw_book(row('<c r="E2"><v>1e400</v></c>')), "not-a-number"),
    ("not a number", lambda: raw_book(row('<c r="E2"><v>NaN</v></c>')), "not-a-number"),
    ("#REF!", lambda: raw_book(row('<c r="E2" t="e"><v>#REF!</v></c>')), "formula-error"),
    ("formula without a value", lambda: assessment("ZQX-77", "SVC001", date(2025, 6, 1), "PHQ-9", "=1+1"), "uncalculated"),
    ("word not in the list", lambda: people("ZQX-77", "SVC001", date(2025, 4, 1), None, "vanished", heads=(*PEOPLE, "how it ended")), "not-in-list"),
    ("bare quarter", lambda: returned("SVC001", None, "2025Q3", "M1", 3, None), "ambiguous-quarter"),
    ("quarter without a year", lambda: book({"Activity": [("service code", "quarter"), ("SVC001", 3)]}), "required"),
    ("year and quarter disagree", lambda: returned("SVC001", "2025-26", "2024-25 Q3", "M1", 3, None), "conflict"),
    ("nhs number as person ref", lambda: assessment("943 476 5919", "SVC001", date(2025, 6, 1), "PHQ-9", 3), "looks-like-nhs-number"),
    ("nhs number as a number", lambda: assessment(9434765919, "SVC001", date(2025, 6, 1), "PHQ-9", 3), "looks-like-nhs-number"),
    ("national insurance number", lambda: assessment("AB123456C", "SVC001", date(2025, 6, 1), "PHQ-9", 3), "looks-like-nhs-number"),
    ("e-mail as person ref", lambda: assessment("zebedee@example.org", "SVC001", date(2025, 6, 1), "PHQ-9", 3), "looks-like-nhs-number"),
    ("name as person ref", lambda: assessment("Zebedee Roundabout", "SVC001", date(2025, 6, 1), "PHQ-9", 3), "identifier-in-text"),
    ("telephone in a text", lambda: returned("SVC001", "2025-26", "2", "M1", 3, "ring 07700 900123 after six"), "identifier-in-text"),
    ("postcode in a text", lambda: returned("SVC001", "2025-26", "2", "M1", 3, "moved to L8 7TS"), "identifier-in-text"),
    ("birth date in a text", lambda: returned("SVC001", "2025-26", "2", "M1", 3, "dob 3/4/1980"), "identifier-in-text"),
    ("e-mail in a text", lambda: returned("SVC001", "2025-26", "2", "M1", 3, "zebedee@example.org"), "identifier-in-text"),
    ("ref turned into a date", lambda: assessment(date(2025, 3, 1), "SVC001", date(2025, 6, 1), "PHQ-9", 3), "excel-changed-id"),
    ("ref in powers of ten", lambda: assessment("1.2E+11", "SVC001", date(2025, 6, 1), "PHQ-9", 3), "excel-changed-id"),
    ("ref of twenty digits", lambda: assessment("12345678901234567890", "SVC001", date(2025, 6, 1), "PHQ-9", 3), "excel-changed-id"),
    ("too long", lambda: returned("SVC001", "2025-26", "2", "M1", 3, "word " * 900), "too-long"),
    ("two scores on one day", lambda: assessment("ZQX-77", "SVC001", date(2025, 5, 1), "PHQ-9", 13), "conflict"),
    ("the same person twice", lambda: book({"People": [PEOPLE, ("ZQX-77", "SVC001", date(2025, 4, 1), None), ("zqx-77 ", "svc001", date(2025, 4, 1), date(2025, 5, 1))]}), "conflict"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "code"), [pytest.param(m, c, id=name) for name, m, c in CASES])
def test_bad_input_gets_its_finding(make: Callable[[], bytes], code: str) -> None:
    checked, findings = through(make(), here=True)
    told = [f for f in findings if f.code == code]
    assert told, f"expected {code}, got {[(f.code, f.message) for f in findings]}"
    assert any(f.severity != "look" for f in told)
    words = json.dumps([(f.message, f.fix, f.sheet, f.column) for f in findings], ensure_ascii=False)
    assert not [secret for secret in SECRETS if secret.lower() in words.lower()]
    assert all(f.message.endswith((".", "…")) and f.fix for f in findings)
    assert all(f.file == "file1.xlsx" for f in findings)
    del checked


def test_the_same_files_without_the_fault_are_clean() -> None:
    """So that no case above can pass because everything is refused."""
    for content in (
        assessment("ZQX-77", "SVC001", date(2025, 6, 1), "PHQ-9", 3),
        people("ZQX-77", "SVC001", date(2025, 4, 1), date(2025, 5, 1)),
        returned("SVC001", "2025-26", "2", "M1", 3, "words"),
        raw_book(row('<c r="E2"><v>5</v></c>')),
        raw_book(head('<row r="1048576"><c r="A1048576"><v>1</v></c></row>')),
    ):
        checked, findings = through(content, here=True)
        assert not [f for f in findings if f.code not in ("required", "unknown-service")] and checked.tables
    assert KNOWN.today == TODAY
