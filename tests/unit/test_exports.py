"""Files read back as they were written: numbers as numbers, hidden as a word, nothing a spreadsheet would run, and the words about the figures."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import load_workbook

from domain.types import Metric, Released, ReleasedRow, Scope
from exports import files
from metrics.registry import METRICS

RATE = METRICS["reliable-improvement"]
ROWS = (
    ReleasedRow("S1", 34, 52, 65.38461538461539, 51.8, 76.85),
    ReleasedRow("=S2", None, None, None, None, None, hidden=True),
    ReleasedRow("S3", None, 7, None, None, None, too_few=True),
    ReleasedRow("S4", 0, 12, 0.0, 0.0, 24.25, still_open=True),
)
TOTAL = ReleasedRow("", 40, 71, 56.33802816901409, 44.8, 67.3)


def released(**more: Any) -> Released:
    given = {"notes": ("From 3 of 5 services.",), "data_version": 12, "data_date": date(2026, 3, 31), "widened": "Shown for the whole year."}
    return Released(RATE.id, Scope(start=date(2025, 4, 1), end=date(2026, 3, 31)), "inside", ROWS, TOTAL, **{**given, **more})


def read_csv(content: bytes) -> tuple[list[dict[str, str]], list[str]]:
    """The rows and the lines about them."""
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    return [r for r in rows if r["metric"] != "about"], [r["group"] for r in rows if r["metric"] == "about"]


def read_xlsx(content: bytes, sheet: str) -> list[list[Any]]:
    return load_workbook(io.BytesIO(content)).get_sheet_by_name(sheet).to_python()


def csv_of(answer: Released, metric: Metric, labels: dict[str, str] | None = None, **more: Any) -> bytes:
    return files.csvs_bytes([(answer, metric, labels or {})], **more)


def test_csv_reads_back() -> None:
    rows, _ = read_csv(csv_of(released(), RATE, labels={"S1": "Riverside, “Counselling” – £"}))
    assert [r["group"] for r in rows] == ["S1", "'=S2", "S3", "S4", "all"]
    assert rows[0]["name"] == "Riverside, “Counselling” – £"
    assert float(rows[0]["value"]) == ROWS[0].value and int(rows[0]["numerator"]) == 34
    assert rows[3]["numerator"] == "0" and rows[3]["value"] == "0" and rows[3]["people"] == "still with the service"
    assert {r["metric"] for r in rows} == {"reliable-improvement"}


def test_hidden_is_a_word_and_never_blank_or_zero() -> None:
    rows, _ = read_csv(csv_of(released(), RATE))
    numbers = ("numerator", "denominator", "value", "lower", "upper")
    assert {rows[1][c] for c in numbers} == {"hidden"} and rows[1]["hidden"] == "yes"
    assert [rows[2][c] for c in numbers] == ["too few", "7", "too few", "too few", "too few"]
    assert all(value != "" for r in rows for value in r.values())


def test_every_row_of_a_csv_has_the_same_columns() -> None:
    lines = list(csv.reader(io.StringIO(csv_of(released(), RATE).decode("utf-8-sig"), newline="")))
    assert len({len(line) for line in lines}) == 1
    assert csv_of(released(), RATE).startswith(b"\xef\xbb\xbf")


def test_means_carry_their_n() -> None:
    gain = METRICS["mean-change"]
    answer = Released(gain.id, Scope(measure="PHQ-9"), "own", (ReleasedRow("S1", None, 52, 4.25, 2.1, 6.4),), None)
    rows, about = read_csv(csv_of(answer, gain))
    assert rows[0]["n"] == "52" and rows[0]["value"] == "4.25" and rows[0]["unit"] == "points" and "numerator" not in rows[0]
    assert any("PHQ-9" in line for line in about) and files.POLICY_WORDS["own"] in about


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_file_says_what_its_figures_are(kind: str) -> None:
    if kind == "csv":
        _, lines = read_csv(csv_of(released(), RATE, follow_up="71% of people due a second score have one."))
    else:
        about = files.about(released(), RATE, follow_up="71% of people due a second score have one.")
        lines = [row[0] for row in read_xlsx(files.xlsx_bytes({"Figures": files.frame(released(), RATE)}, about), files.ABOUT_SHEET)]
    said = "\n".join(lines)
    for words in (
        RATE.question, RATE.numerator_words, RATE.denominator_words, RATE.method, RATE.source, "April 2025 to March 2026", "n: 71 people",
        "71% of people due", "Shown for the whole year.", "From 3 of 5 services.", files.POLICY_WORDS["inside"],
        "Data up to 31 March 2026, data version 12.", "Hidden does not mean zero.", "Never for payment or for choosing cuts.",
    ):  # fmt: skip
        assert words in said, words


def test_a_hidden_total_is_not_told_by_the_lines_about_it() -> None:
    covered = Released(RATE.id, Scope(), "inside", ROWS, ReleasedRow("", None, None, None, None, None, hidden=True))
    assert "n: hidden." in files.about(covered, RATE)


def test_xlsx_reads_back_with_numbers_as_numbers() -> None:
    content = files.xlsx_bytes({"Figures": files.frame(released(), RATE)}, files.about(released(), RATE))
    rows = read_xlsx(content, "Figures")
    head = rows[0]
    assert rows[1][head.index("value")] == ROWS[0].value and rows[1][head.index("numerator")] == 34
    assert rows[2][head.index("value")] == "hidden" and rows[4][head.index("numerator")] == 0
    assert load_workbook(io.BytesIO(content)).sheet_names == [files.ABOUT_SHEET, "Figures"]


def test_a_frame_with_a_hidden_column_has_no_blank_hidden_cell() -> None:
    frame = pd.DataFrame({"group": ["a", "b"], "value": [1.5, None], "hidden": [False, True]})
    assert read_xlsx(files.xlsx_bytes({"x": frame}, ["about"]), "x")[1:] == [["a", 1.5, False], ["b", "hidden", True]]


DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", " =1", "\u200b=1", "\ufeff@x", "\n=1"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_that_would_begin_a_formula_is_inert(text: str) -> None:
    assert files.inert(text).startswith("'")
    rows, about = read_csv(csv_of(released(notes=(text,)), RATE, labels={"S1": text}))
    assert rows[0]["name"].startswith("'") and any(line == files.inert(text) for line in about)
    content = files.xlsx_bytes({"Figures": pd.DataFrame({"words": [text]}), text: pd.DataFrame({text: [1]})}, [text])
    book = openpyxl.load_workbook(io.BytesIO(content))
    kinds = {(cell.data_type, str(cell.value)[:1]) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert all(kind != "f" and start not in tuple("=+-@\t\r＝＋－＠") for kind, start in kinds)


@pytest.mark.parametrize("value", [-1, -1.5, 0, 3, True, None, "%", "34 of 52", "Oct–Dec", "'quoted", ""])
def test_numbers_and_plain_words_are_left_alone(value: Any) -> None:
    assert files.inert(value) == value


@given(st.text(max_size=30))
def test_no_text_begins_a_formula_or_breaks_a_file(text: str) -> None:
    made = files.inert(text)
    assert not made or made[0] not in "=+-@\t\r\n＝＋－＠"
    frame = pd.DataFrame({"words": [text]})
    book = openpyxl.load_workbook(io.BytesIO(files.xlsx_bytes({"x": frame}, [text])))
    assert book["x"]["A2"].data_type in ("s", "inlineStr", "n")


def test_names_of_sheets_are_made_fit_and_different() -> None:
    frame = pd.DataFrame({"a": [1]})
    names = load_workbook(io.BytesIO(files.xlsx_bytes({"A/B: [c]?": frame, "a b   c": frame, "x" * 40: frame, "x" * 41: frame}, []))).sheet_names
    assert len(names) == len({n.lower() for n in names}) == 5 and all(len(n) <= 31 and not set(n) & set("[]:*?/\\") for n in names)


def test_the_same_figures_make_the_same_file_and_others_another() -> None:
    frame, about = files.frame(released(), RATE), files.about(released(), RATE)
    one, again, other = (files.xlsx_bytes({"Figures": f}, about) for f in (frame, frame.copy(), frame.iloc[:2]))
    assert one == again != other
    with zipfile.ZipFile(io.BytesIO(one)) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert packed.testzip() is None


def test_a_file_name_ends_in_eight_characters_of_its_content() -> None:
    content = csv_of(released(), RATE)
    assert files.file_name("reliable-improvement", content, "csv") == f"reliable-improvement-{hashlib.sha256(content).hexdigest()[:8]}.csv"
    assert files.file_name("../a b/ü", b"", ".xlsx") == "a-b-e3b0c442.xlsx"


def test_no_author_travels_with_a_workbook() -> None:
    book = openpyxl.load_workbook(io.BytesIO(files.xlsx_bytes({"x": pd.DataFrame({"a": [1]})}, [])))
    assert book.properties.creator == "So What?" and book.properties.lastModifiedBy is None
