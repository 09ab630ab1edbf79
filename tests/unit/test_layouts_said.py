"""What a layout does that nobody may miss: rows that are too long, a second table on a sheet, hidden columns. Said, and nothing lost in silence."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook, load_workbook

from access import intake
from data_loaders import cells
from data_loaders.check import check
from data_loaders.questions import About, Mapping
from data_loaders.recognise import recognise, understand
from exports import marked
from tests.conftest import ADMINISTRATOR
from tests.unit.books import ASSESSMENTS, KNOWN, PEOPLE, book, opened_here, raw_book, text_cell

HEAD = "person ref,service code,started on,ended on,gender\n"
GOOD = [f"P{n},SVC001,2025-04-{n:02d},,female\n" for n in range(1, 7)]
LONG = "P9,SVC001,2025-05-01,,female, and then, some\n"


def read(content, name="People.csv"):
    workbook = opened_here(content, name)
    found, told = recognise(workbook)
    return workbook, found, check(found, KNOWN), told


def test_a_row_that_is_too_long_waits_and_the_others_go():
    workbook, found, checked, told = read((HEAD + "".join(GOOD[:3]) + LONG + "".join(GOOD[3:])).encode())
    [finding] = checked.findings
    assert (finding.severity, finding.code, finding.sheet, finding.row) == ("holds", "ragged-row", "People", 5)
    assert finding.message == "Row 5 has 7 cells and the headings 5, so we cannot tell which belongs where." and "quotation marks" in finding.fix
    assert not told
    ready, waiting = checked.parted()
    assert ready["people"].num_rows == 6 and "P9" not in ready["people"]["person"].to_pylist()
    [row] = waiting["people"].to_pylist()
    assert row["codes"] == "ragged-row" and row["row"] == 5 and row["person"] is None and row["started_on"] is None  # no cell of it is taken for anything
    [count] = cells.counted([workbook], found, checked, ready, waiting, set())
    assert (count.filled, count.stored, count.held, count.outside) == (5 + 6 * 4 + 6, 6 * 4, 6, 5)


def test_where_most_rows_are_too_long_the_headings_are_wrong_and_the_file_stops():
    workbook = opened_here((HEAD + "".join(GOOD[0].strip() + "," * n + "x\n" for n in range(1, 5))).encode(), "People.csv")
    [finding] = workbook.findings
    assert (finding.severity, finding.code, finding.row) == ("stops", "ragged-row", 2) and finding.message.startswith("Most rows")


def test_a_row_that_is_too_short_is_blank_at_its_end():
    _, _, checked, _ = read((HEAD + "".join(GOOD) + "P8,SVC001,2025-05-01\n").encode())
    assert not checked.findings and checked.tables["people"].num_rows == 7


def below(second, gap=1):
    return book({"People": [PEOPLE, *[(f"P{n}", "SVC001", f"2025-04-0{n}", None) for n in range(1, 5)], *[()] * gap, *second]})


def test_a_second_table_below_is_said_and_only_the_first_is_read():
    content = below([ASSESSMENTS, ("P1", "SVC001", "2025-04-09", "PHQ-9", 12), ("P2", "SVC001", "2025-04-09", "PHQ-9", 11)])
    _, found, checked, told = read(content, "a.xlsx")
    [finding] = [f for f in told if f.code != "unknown-column"]
    assert (finding.severity, finding.code) == ("look", "second-table") and "A second table begins in row 7; only the first was read." in finding.message
    assert [f.sheet.name for f in found] == ["People"]
    assert checked.tables["people"].num_rows == 4 and not checked.findings


def test_a_second_table_without_a_blank_row_between_is_not_taken_in_silence():
    _, _, checked, _ = read(below([ASSESSMENTS, ("P1", "SVC001", "2025-04-09", "PHQ-9", 12)], gap=0), "a.xlsx")
    assert checked.waits("people").sum() >= 1 and any(f.severity == "holds" and f.row == 6 for f in checked.findings)


def side_by_side(*tables, gap=1, name="Sheet1"):
    return book({name: _rows(*tables, gap=gap)})


def _rows(*tables, gap=1):
    height = max(map(len, tables))
    blank = (None,) * gap
    rows = []
    for n in range(height):
        row = ()
        for table in tables:
            row += (blank if row else ()) + (tuple(table[n]) if n < len(table) else (None,) * len(table[0]))
        rows.append(row)
    return rows


PERSONS = [PEOPLE, *[(f"P{n}", "SVC001", f"2025-04-0{n}", None) for n in range(1, 5)]]
SCORES = [ASSESSMENTS, *[(f"P{n}", "SVC001", f"2025-04-1{n}", "PHQ-9", 12) for n in range(1, 4)]]


@pytest.mark.parametrize("name", ["Sheet1", "People", "Assessments"])
def test_a_second_table_beside_the_first_is_read_too(name):
    workbook, found, checked, told = read(side_by_side(PERSONS, SCORES, name=name), "a.xlsx")
    [finding] = told
    assert (finding.severity, finding.code) == ("look", "second-table")
    assert (
        finding.message
        == f"The sheet '{name}' holds more than one table side by side: the one from column A as People and the one from column F as Assessments."
    )
    assert not checked.findings and (checked.tables["people"].num_rows, checked.tables["assessments"].num_rows) == (4, 3)
    assert [one.letter("score") for one in found if one.sheet.name == "Assessments"] == ["J"]
    ready, waiting = checked.parted()
    [count] = cells.counted([workbook], found, checked, ready, waiting, set())
    assert (count.filled, count.stored, count.outside) == (4 + 5 + 4 * 3 + 3 * 5, 4 * 3 + 3 * 5, 9)


def test_what_is_wrong_in_a_second_table_is_told_at_its_own_cell():
    _, _, checked, _ = read(side_by_side(PERSONS, [*SCORES, ("P4", "SVC001", "2025-04-14", "PHQ-9", 99)]), "a.xlsx")
    [finding] = checked.findings
    assert (finding.severity, finding.sheet, finding.column, finding.row) == ("holds", "Sheet1", "J", 5)


MORE = [ASSESSMENTS, *[(f"P{n}", "SVC001", f"2025-05-1{n}", "PHQ-9", 20 - n) for n in range(1, 6)]]


def test_two_tables_of_the_same_kind_beside_each_other_are_both_read_and_their_cells_add_up():
    workbook, found, checked, told = read(side_by_side(SCORES, MORE, PERSONS, SCORES[:2]), "a.xlsx")
    [finding] = told
    assert (finding.severity, finding.code) == ("look", "second-table")
    said = "the one from column A as Assessments and the one from column G as Assessments and the one from column M as People"
    assert said in finding.message and "from column R as Assessments" in finding.message
    assert [(f.code, f.message.split("The first is ")[-1]) for f in checked.findings] == [("duplicate-row", "row 2, the same as row 2 of 'Sheet1'.")]
    scores = checked.tables["assessments"]
    assert scores.num_rows == 3 + 5 and set(scores["sheet"].to_pylist()) == {"Sheet1", "Sheet1 [from column G]"}
    assert [one.letter("score") for one in found if one.sheet.name == "Assessments"] == ["E", "K", "V"]
    ready, waiting = checked.parted()
    [count] = cells.counted([workbook], found, checked, ready, waiting, set())
    assert (count.sheet, count.filled) == ("Sheet1", 5 * 4 + 5 * 6 + 4 + 3 * 4 + 5 * 2)
    assert (count.stored, count.repeated, count.held, count.outside) == (5 * 3 + 5 * 5 + 3 * 4, 5, 0, 5 + 5 + 4 + 5)
    [stopped] = cells.counted([workbook], found, checked, {}, {}, {"a.xlsx"})
    assert (stopped.held, stopped.outside) == (5 * 3 + 5 * 5 + 3 * 4 + 5, 19)


def test_what_is_wrong_in_the_second_of_a_kind_is_told_at_its_own_cell_and_waits_apart(store):
    wrong = [MORE[0], ("P9", "SVC001", "2025-05-11", "PHQ-9", 99), *MORE[2:]]
    first = [SCORES[0], ("P1", "SVC001", "2025-04-11", "PHQ-9", 98), *SCORES[2:]]
    people = [PEOPLE, *[(f"P{n}", "SVC001", "2025-04-01", None) for n in range(1, 10)]]
    services = [("service code", "service name", "provider code", "provider name", "service type"), ("SVC001", "The Elms", "ORG01", "Elm Trust", "counselling")]
    content = book({"Services": [services[0], services[1]], "People": people, "Scores": _rows(first, wrong)})
    received = intake.receive(store, [("a.xlsx", content)], ADMINISTRATOR)
    assert [(f.code, f.cell) for f in received.findings if f.severity == "holds"] == [("out-of-range", "Scores!E2"), ("out-of-range", "Scores!K2")]
    assert {(c.sheet, c.stored, c.held, c.outside) for c in received.cells} >= {("Scores", 5 * 2 + 5 * 4, 5 * 2, 5 + 5)}
    made = marked.workbook("a.xlsx", content, received.findings, store.settings, received.marks["a.xlsx"])
    sheet = load_workbook(io.BytesIO(made.content))["Scores"]
    assert made.cells == 2 and all(sheet[at].comment for at in ("E2", "K2")) and not sheet["K3"].comment
    intake.send(store, received, ADMINISTRATOR, hold_back=True)
    one, other = intake.waiting(store, ADMINISTRATOR)
    assert (one.row, other.row) == (2, 2) and {one.sheet, other.sheet} == {"Scores", "Scores [from column G]"}
    intake.no_longer_needed(store, [one], ADMINISTRATOR)
    assert intake.waiting(store, ADMINISTRATOR) == [other]


def test_foreign_headings_that_stand_again_beside_are_a_table_of_their_own():
    heads = ("Client ID", "Seen on", "PHQ9 score")
    tables = [[heads, *[(f"P{n}", f"2025-0{month}-1{n}", 10 + n) for n in range(1, 4)]] for month in (4, 5)]
    workbook = opened_here(side_by_side(*tables), "a.xlsx")
    about = About({"SVC001": "The Elms"})
    asked = understand([workbook], about=about)
    assert "the one from column A and the one from column E" in next(f.message for f in asked.findings if f.code == "second-table")
    made = understand([workbook], Mapping({q.id: q.suggested or q.options[0][0] for q in asked.questions}), about)
    checked = check(made.found, KNOWN)
    assert checked.tables["assessments"].num_rows == 6 and {f.letter("score") for f in made.found} == {"C", "G"}


def test_a_row_that_stands_in_two_files_names_the_other_one():
    people = [PEOPLE, ("P1", "SVC001", "2025-04-01", None)]
    files = [opened_here(book({"People": people}), "april.xlsx"), opened_here(book({"People": people, "People 2": people}), "may.xlsx")]
    [finding] = check(understand(files).found, KNOWN).findings
    assert finding.count == 2 and (finding.file, finding.cell) == ("may.xlsx", "People row 2")
    assert finding.message.endswith("The first is row 2, the same as row 2 of 'People' in april.xlsx.")
    later = [PEOPLE, ("P1", "SVC001", "2025-04-01", "2025-06-02"), ("P2", "SVC001", "2025-04-02", None), ("P2", "SVC001", "2025-04-02", "2025-05-02")]
    differing = check(understand([files[0], opened_here(book({"Clients": later}), "june.xlsx")]).found, KNOWN).findings
    places = "row 2 of 'People' in april.xlsx", "row 3"
    assert [f.message for f in differing] == [f"This row and {at} have the same person ref, service code, started on but differ elsewhere." for at in places]


@pytest.mark.parametrize("second", [[("person ref", "date of birth"), ("P1", "1980-01-01")], [("service code", "visits"), ("SVC001", 12)]])
def test_a_table_beside_that_cannot_be_read_too_is_said_with_its_column(second):
    _, found, checked, told = read(side_by_side(PERSONS, second), "a.xlsx")
    [finding] = told
    assert (finding.code, finding.column) == ("second-table", "F") and "The one from column F on was not read." in finding.message
    assert "a sheet of its own" in finding.fix and [f.sheet.name for f in found] == ["People"] and checked.tables["people"].num_rows == 4


def test_an_empty_column_inside_a_table_does_not_part_it():
    people = [("person ref", "service code"), *[(f"P{n}", "SVC001") for n in range(1, 4)]]
    rest = [("started on", "gender"), *[("2025-04-01", "female")] * 3]
    _, found, checked, told = read(side_by_side(people, rest, [("PHQ9 start", "PHQ9 end"), *[(12, 8)] * 3]), "a.xlsx")
    assert "second-table" not in {f.code for f in told} and checked.tables["people"].num_rows == 3 and {f.sheet.name for f in found} >= {"People"}
    _, _, checked, told = read(side_by_side([*PERSONS], [("gender",), *[("female",)] * 4], SCORES), "a.xlsx")
    assert checked.tables["people"]["gender"].null_count == 0 and checked.tables["assessments"].num_rows == 3


def test_empty_columns_everywhere_are_there_for_the_look():
    """And a hundred of them are looked through once, not once for each."""
    people = [[(heading,), *[(row[n],) for row in PERSONS[1:]]] for n, heading in enumerate(PEOPLE)]
    _, _, checked, told = read(side_by_side(*people, *[[(f"ours {n}",)] for n in range(90)]), "a.xlsx")
    assert "second-table" not in {f.code for f in told} and checked.tables["people"].num_rows == 4


def test_headings_that_stand_again_do_not_end_the_table():
    _, _, checked, told = read(below([PEOPLE, ("P8", "SVC001", "2025-04-09", None)]), "a.xlsx")
    assert [f.code for f in told] == ["headings-again"] and "row 7" in told[0].message
    assert checked.tables["people"].num_rows == 5 and not checked.findings


def test_a_table_above_the_one_that_was_read_is_said():
    content = book({"Sheet1": [("person ref", "gender"), ("P1", "female"), (), PEOPLE, ("P1", "SVC001", "2025-04-09", None)]})
    _, _, checked, told = read(content, "a.xlsx")
    assert checked.tables["people"].num_rows == 1
    assert [f.message for f in told if f.code == "second-table"] == [
        "The sheet 'Sheet1' holds more than one table: the one from row 4 was read, the one from row 1 was not."
    ]


def test_blank_rows_and_words_inside_a_table_are_no_second_table():
    rows = [PEOPLE, ("P1", "SVC001", "2025-04-09", None), (), ("P2", "SVC001", "2025-04-09", None), (), ("Note: score and date follow",)]
    _, _, checked, told = read(book({"People": rows}), "a.xlsx")
    assert checked.tables["people"].num_rows == 2 and [f.code for f in told] == ["note-left-out"]


def hide(*columns):
    def change(made: Workbook) -> None:
        for column in columns:
            made["People"].column_dimensions[column].hidden = True

    return change


def test_hidden_columns_are_said_and_read():
    content = book({"People": [PEOPLE, ("P1", "SVC001", "2025-04-09", "2025-05-09")]}, hide("B", "D", "F"))
    _, _, checked, told = read(content, "a.xlsx")
    [finding] = told
    assert (finding.severity, finding.code, finding.column, finding.count) == ("look", "hidden-columns", "B", 2)
    assert finding.message == "Columns B, D of 'People' are hidden and were read like the others."
    assert checked.tables["people"]["ended_on"].null_count == 0


def test_what_a_merged_cell_hides_is_said() -> None:
    def merge(made: Workbook) -> None:
        for area in ("A1:D1", "C3:D4"):
            made["People"].merged_cells.add(area)  # its own way to merge would drop what stands below

    content = book({"People": [("Our people",), PEOPLE, ("P1", "SVC001", "2025-04-09", None), ("P2", "SVC001", "2025-04-10", "2025-06-01")]}, merge)
    _, _, _, told = read(content, "a.xlsx")
    assert [f.message for f in told if f.code == "under-merge"] == ["Merged cells of 'People' hide 2 cells that hold something (C4, D4). It was read."]


def test_rows_out_of_order_are_read_in_order() -> None:
    rows = {r: "".join(text_cell(f"{c}{r}", v) for c, v in zip("ABC", line, strict=True)) for r, line in enumerate((PEOPLE[:3], *(
        (f"P{n}", "SVC001", f"2025-04-0{n}") for n in (1, 2, 3))), 1)}  # fmt: skip
    content = raw_book("".join(f'<row r="{r}">{rows[r]}</row>' for r in (3, 1, 4, 2)))
    workbook = opened_here(content, "a.xlsx")
    assert workbook.sheets[0].table.column(0).to_pylist()[1:] == ["P1", "P2", "P3"]


def test_a_hidden_column_of_names_stops_the_file_all_the_same():
    _, _, _, told = read(book({"People": [(*PEOPLE, "name"), ("P1", "SVC001", "2025-04-09", None, "Ann")]}, hide("E")), "a.xlsx")
    assert {f.code: f.severity for f in told} == {"hidden-columns": "look", "identifier-column": "stops"}
