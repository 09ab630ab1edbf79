"""Answers one by one: added up, with the measure's own rule where some are missing, and said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_loaders import items
from data_loaders.check import check
from data_loaders.found import letters
from domain import measures
from tests.unit.test_recognise_foreign import KNOWN, MEASURES, answered, raw, rows


def added(code: str, *lines: tuple[Any, ...], total: bool = False) -> items.Totals:
    n = MEASURES[code].items or 0
    heads = tuple(f"{code}_{i}" for i in range(1, n + 1)) + (("total",) if total else ())
    sheet = raw([heads, *lines]).sheets[0]
    answers = {i + 1: i for i in range(n)}
    return items.totals(sheet, 0, MEASURES[code], answers, n if total else None, lambda index: letters(index + 1), "Sheet1", "file.xlsx")


@pytest.mark.parametrize(
    ("code", "answers", "total"),
    [
        ("PHQ-9", (1, 2, 3, 0, 1, 2, 3, 0, 1), "13"), ("GAD-7", (3,) * 7, "21"), ("WSAS", (8,) * 5, "40"), ("CORE-10", (4,) * 10, "40"),
        ("CORE-10", (2, 2, 2, 2, 2, 2, 2, 2, 2, None), "20"), ("CORE-10", (1, 1, 1, 1, 1, 1, 1, 1, 2, None), "11.111"),
        ("CORE-10", (2, 2, 2, 2, 2, 2, 2, 2, None, None), None), ("PHQ-9", (1, 2, 3, 0, 1, 2, 3, 0, None), None), ("GAD-7", (None,) * 7, None),
        ("WSAS", (9, 4, 4, 4, 4), "16"), ("WSAS", ("n/a", 4, 4, 4, 4), "16"), ("WSAS", (None, 4, 4, 4, 4), None), ("WSAS", (4, 9, 4, 4, 4), None),
        ("PHQ-9", (4, 0, 0, 0, 0, 0, 0, 0, 0), None), ("PHQ-9", ("x", 0, 0, 0, 0, 0, 0, 0, 0), None), ("GAD-7", (1.5, 0, 0, 0, 0, 0, 0), None),
    ],
)  # fmt: skip
def test_totals(code: str, answers: tuple[Any, ...], total: str | None) -> None:
    assert added(code, answers).column.to_pylist()[1] == total


@pytest.mark.parametrize(
    ("code", "answers", "told"),
    [
        ("PHQ-9", (1,) * 9, {"items-totalled"}), ("PHQ-9", (1,) * 8 + (None,), {"items-missing"}), ("PHQ-9", (7,) * 9, {"out-of-range"}),
        ("CORE-10", (1,) * 9 + (None,), {"items-totalled", "items-prorated"}), ("WSAS", (9, 1, 1, 1, 1), {"items-totalled", "items-not-applicable"}),
        ("GAD-7", (None,) * 7, set()),
    ],
)  # fmt: skip
def test_what_was_done_is_said(code: str, answers: tuple[Any, ...], told: set[str]) -> None:
    made = added(code, answers)
    assert {f.code for f in made.findings} | {t.code for _, t in made.troubles} == told


def test_the_rule_for_missing_answers_names_its_source() -> None:
    assert all("20" in rule.source for rule in items.RULES.values())
    assert "CORE System Trust" in next(f.message for f in added("CORE-10", (1,) * 9 + (None,)).findings if f.code == "items-prorated")


def test_a_total_that_is_not_the_sum_of_its_parts_is_held_and_a_right_one_kept() -> None:
    made = added("GAD-7", (1,) * 7 + (8,), (1,) * 7 + (7,), (None,) * 7 + (12,), total=True)
    assert [(row, t.code) for row, t in made.troubles] == [(2, "total-differs")]
    assert made.column.to_pylist()[2:] == ["7", "12"]


def test_answers_of_a_sheet_become_scores() -> None:
    heads = ("Client ID", "Service", "Assessment date", *(f"PHQ9_{n}" for n in range(1, 10)), *(f"GAD7 Q{n}" for n in range(1, 8)))
    lines = [heads, ("C1", "S1", "07/04/2025", *[2] * 9, *[1] * 7), ("C2", "S1", "08/04/2025", *[1] * 8, None, *[3] * 7)]
    made, _ = answered(raw(lines))
    checked = check(made.found, KNOWN)
    got = {(r["person"], r["measure"]): r["score"] for r in rows(checked, "assessments")}
    assert (got["C1", "PHQ-9"], got["C1", "GAD-7"], got["C2", "GAD-7"]) == (18, 7, 21)
    assert [f.row for f in checked.findings if f.code == "items-missing"] == [3]
    assert [f.code for f in made.findings if f.code.startswith("items")] == ["items-totalled", "items-totalled"]


@given(st.lists(st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=9, max_size=9), min_size=1, max_size=6))
def test_a_total_is_the_sum_of_nine_answers_or_nothing(answers: list[list[int | None]]) -> None:
    got = added("PHQ-9", *map(tuple, answers)).column.to_pylist()[1:]
    assert got == [str(sum(a)) if None not in a else None for a in answers]  # type: ignore[arg-type]


def test_the_answers_we_add_up_are_those_of_measures_whose_range_they_make() -> None:
    for code, highest in items.ITEMS.items():
        measure = measures.all_measures()[code]
        assert (measure.items or 0) * highest == measure.highest
