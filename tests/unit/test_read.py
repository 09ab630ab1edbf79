"""Reading: what Excel shows is what arrives, at the address Excel shows; whatever a file does, this process goes on."""

from __future__ import annotations

import io
import os
import threading
from datetime import datetime
from typing import Any

import pytest
import python_calamine
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from benchmarks.intake import make_assessments
from data_loaders import reader_home
from data_loaders.read import read, wake
from domain.settings import Settings
from tests.conftest import three_sheets, workbook
from tests.unit.books import book, opened, opened_here, raw_book, text_cell

LETTERS = "ABCDEFGHIJ"


def cells(content: bytes) -> list[list[Any]]:
    return [list(row.values()) for row in opened(content).sheets[0].table.to_pylist()]


def test_values_arrive_as_excel_holds_them() -> None:
    content = book({"S": [["text", 3, 3.5, True, datetime(2025, 1, 2), "  "], ["007", 0, 0.1, False, datetime(2025, 1, 2, 10, 30), None]]})
    assert cells(content) == [["text", "3", "3.5", "true", "2025-01-02 00:00:00", None], ["007", "0", "0.1", "false", "2025-01-02 10:30:00", None]]


def test_a_workbook_of_1904_has_the_dates_excel_shows() -> None:
    rows = '<row r="1"><c r="A1" s="1"><v>44197</v></c></row>'
    since_1904 = raw_book(rows, workbook=raw_workbook('<workbookPr date1904="1"/>'))
    assert cells(since_1904) == [["2025-01-02 00:00:00"]]
    assert cells(raw_book(rows)) == [["2021-01-01 00:00:00"]]


def raw_workbook(extra: str) -> str:
    from benchmarks import intake

    return intake._WORKBOOK.replace("<sheets>", f"{extra}<sheets>")


def test_error_cells_and_uncalculated_formulas_are_found_by_address() -> None:
    content = raw_book(
        '<row r="2"><c r="B2"><v>1</v></c><c r="C2" t="e"><f>A1/0</f><v>#DIV/0!</v></c><c r="D2" t="e"><v>#REF!</v></c></row>'
        '<row r="3"><c r="B3"><f>1+1</f></c><c r="C3"><f>1+1</f><v>2</v></c>'
        '<c r="D3"><f t="shared" si="0"/><v></v></c><c r="E3" t="str"><f>""</f><v></v></c></row>'
        '<row r="4"><c r="B4" t="inlineStr"><is><t>t="e"&lt;v&gt;#REF!</t></is></c></row>'
    )
    sheet = opened(content).sheets[0]
    assert set(sheet.error_cells) == {(2, 3, "#DIV/0!"), (2, 4, "#REF!")}
    assert set(sheet.uncalculated) == {(3, 2), (3, 4)}
    assert (sheet.first_row, sheet.first_column) == (2, 2)


def test_a_table_at_c5_begins_there() -> None:
    content = raw_book('<row r="1"><c r="A1" s="1"/></row><row r="5"><c r="B5" s="1"/><c r="C5"><v>1</v></c></row><row r="6"><c r="D6"><v>2</v></c></row>')
    sheet = opened(content).sheets[0]
    start = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).start
    assert (sheet.first_row, sheet.first_column) == (5, 3) == (start[0] + 1, start[1] + 1)


def test_hidden_sheets_are_named_but_not_read() -> None:
    def hide(made: Any) -> None:
        made["B"].sheet_state = "veryHidden"

    sheets = opened(book({"A": [["x"]], "B": [["secret"]], "C": [["y"]]}, hide)).sheets
    assert [(s.name, s.hidden, s.table.num_rows) for s in sheets] == [("A", False, 1), ("B", True, 0), ("C", False, 1)]


CELL = st.sampled_from(
    [
        "value",
        "text",
        "empty text",
        "styled",
        "nothing",
        "nothing",
        "nothing",
        "error",
        "formula",
        "formula without value",
        "formula giving nothing",
        "formula with v",
        "formula with v /",
    ]
)
XML = {
    "value": "<v>5</v>", "text": "<is><t>x</t></is>", "empty text": "<is><t></t></is>", "styled": None, "error": "<v>#REF!</v>",
    "formula": "<f>1+1</f><v>2</v>",    "formula without value": "<f>1+1</f>", "formula giving nothing": "<f>A1</f><v></v>",
    "formula with v": "<f>1+1</f><v></v>", "formula with v /": "<f>1+1</f><v />",
}  # fmt: skip
KIND = {"text": ' t="inlineStr"', "empty text": ' t="inlineStr"', "error": ' t="e"', "formula giving nothing": ' t="str"'}


def drawn(grid: list[list[str]], layout: str) -> bytes:
    """The grid as XML: as Excel writes it, with prefixes, with attributes the other way round, with line breaks, or with rows in another order."""
    prefix = "x:" if layout == "prefixed" else ""
    gap = "\n  " if layout == "indented" else ""
    rows = []
    for r, line in enumerate(grid, start=1):
        inside = ""
        for c, kind in enumerate(line):
            if kind == "nothing":
                continue
            name = f'r="{LETTERS[c]}{r}"'
            attributes = f"{KIND.get(kind, '')} {name}" if layout == "turned" else f' {name} s="0"{KIND.get(kind, "")}'
            content = XML[kind]
            if content is None:
                inside += f"{gap}<{prefix}c{attributes}/>"
            else:
                content = content.replace("</", f"</{prefix}").replace("<", f"<{prefix}").replace(f"<{prefix}/{prefix}", f"</{prefix}")
                inside += f"{gap}<{prefix}c{attributes}>{gap}{content}{gap}</{prefix}c>"
        rows.append(f'{gap}<{prefix}row r="{r}">{inside}</{prefix}row>')
    if layout == "disordered":
        rows.reverse()
    space = ':x="' if prefix else '="'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return raw_book(sheet=f'<{prefix}worksheet xmlns{space}{main}"><{prefix}sheetData>{"".join(rows)}</{prefix}sheetData></{prefix}worksheet>')


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(CELL, min_size=1, max_size=6), min_size=1, max_size=6), st.sampled_from(["excel", "prefixed", "turned", "indented", "disordered"]))
@example([["styled", "value"], ["formula with v /"]], "indented")  # `<v />` and then a line break is no value
def test_every_cell_stands_where_another_reader_says(grid: list[list[str]], layout: str) -> None:
    content = drawn(grid, layout)
    theirs = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    workbook = opened_here(content)
    assert not workbook.findings
    ours = workbook.sheets[0]
    seen = {
        (ours.first_row + r, ours.first_column + c): cell
        for r, line in enumerate(ours.table.to_pylist())
        for c, cell in enumerate(line.values())
        if cell is not None
    }
    start = theirs.start or (0, 0)
    expected = {
        (start[0] + 1 + r, start[1] + 1 + c): str(cell).removesuffix(".0")
        for r, line in enumerate(theirs.to_python(skip_empty_area=True))
        for c, cell in enumerate(line)
        if cell != ""
    }
    assert seen == expected
    wrong = {(r, c + 1, "#REF!") for r, line in enumerate(grid, 1) for c, kind in enumerate(line) if kind == "error"}
    assert set(ours.error_cells) == wrong
    assert set(ours.uncalculated) == {(r, c + 1) for r, line in enumerate(grid, 1) for c, kind in enumerate(line) if kind.startswith("formula with")}
    assert ours.filled == len(seen) + len(wrong) + len(ours.uncalculated)


def test_hidden_rows_and_columns_and_merged_cells_are_told() -> None:
    def change(made: Any) -> None:
        page = made["S"]
        page.row_dimensions[2].hidden = page.row_dimensions[4].hidden = True
        page.column_dimensions["C"].hidden = True
        page.merge_cells("A1:C1")
        page.merge_cells("B5:B6")

    usual = book({"S": [["title"], *([f"r{n}", n, n] for n in range(2, 7))], "Other": [[1]]}, change)
    prefixed = raw_book(
        sheet='<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<x:cols><x:col min="3" max="3" hidden="1"/></x:cols><x:sheetData>'
        '<x:row r="2" hidden="1"><x:c r="A2"><x:v>1</x:v></x:c></x:row><x:row hidden="true" r="4"><x:c r="A4"><x:v>1</x:v></x:c></x:row></x:sheetData>'
        '<x:mergeCells><x:mergeCell ref="A1:C1"/><x:mergeCell ref="B5:B6"/></x:mergeCells></x:worksheet>'
    )
    for content in (usual, prefixed):
        sheet = opened(content).sheets[0]
        assert (sheet.hidden_rows, sheet.hidden_columns, sheet.merged) == ((2, 4), (3,), ((1, 1, 1, 3), (5, 2, 6, 2)))
    other = opened(usual).sheets[1]
    assert (other.hidden_rows, other.hidden_columns, other.merged) == ((), (), ())


def test_every_filled_cell_is_counted_and_blank_texts_are_not() -> None:
    def hide(made: Any) -> None:
        made["B"].sheet_state = "hidden"

    content = book({"A": [["x", "  ", None], [1, "=1+1", "\u00a0"], [None, "#REF!", 0]], "B": [["x", "y"], [None, 3]]}, hide)
    sheets = opened(content).sheets
    assert [(s.filled, s.hidden) for s in sheets] == [(5, False), (3, True)]
    assert sheets[0].error_cells == ((3, 2, "#REF!"),) and sheets[0].uncalculated == ((2, 2),)


def test_progress_is_told_while_it_lasts() -> None:
    said: list[str] = []
    read("a/b/return.xlsx", book({"A": [["x"]]}), Settings(), progress=said.append)
    assert said[0] == "Reading return.xlsx …"


def test_cells_without_addresses_follow_one_another() -> None:
    content = raw_book('<row><c><v>5</v></c><c><v>6</v></c></row><row><c t="e"><v>#N/A</v></c></row>')
    sheet = opened(content).sheets[0]
    assert cells(content) == [["5", "6"], [None, None]]
    assert sheet.error_cells == ((2, 1, "#N/A"),)


def test_a_table_far_below_and_beside_many_rows_is_placed() -> None:
    rows = "".join(f'<row r="{r}">{text_cell(f"AB{r}", "x")}<c r="AC{r}"><v>{r}</v></c></row>' for r in range(300, 3000))
    sheet = opened(raw_book(rows)).sheets[0]
    assert (sheet.first_row, sheet.first_column, sheet.table.num_rows, sheet.table.num_columns) == (300, 28, 2700, 2)


def test_a_sheet_of_several_blocks_is_read_whole() -> None:
    sheet = opened(make_assessments(40_000)).sheets[0]  # 11 MB of XML: three blocks
    assert (sheet.first_row, sheet.first_column, sheet.table.num_rows) == (1, 1, 40_001)


def test_where_processes_cannot_fork_an_interpreter_is_started_for_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    content = workbook(three_sheets(people=3))
    forked = read("a.xlsx", content, Settings())
    monkeypatch.setattr(reader_home, "FORKS", False)
    started = read("a.xlsx", content, Settings())
    assert len(started.sheets) == 3 and started == forked


def test_a_reading_process_is_born_again_when_their_home_was_ended() -> None:
    if not reader_home.FORKS:
        return  # every file has an interpreter of its own there, as in the test above
    content = workbook(three_sheets(people=3))
    read("a.xlsx", content, Settings())
    home = reader_home._HOME[0][0]
    assert os.listdir(f"/proc/{home.pid}/task") == [str(home.pid)], "it forks, and so must have one thread"
    home.kill()
    home.wait()
    assert len(read("a.xlsx", content, Settings()).sheets) == 3


@pytest.mark.parametrize("limit", [{"reader_seconds": 0}, {"reader_memory_mb": 40}])
def test_a_child_that_hangs_or_runs_out_of_memory_is_a_finding(limit: dict[str, int]) -> None:
    content = book({"A": [["x"]]})
    workbook = opened(content, **limit)
    assert [f.code for f in workbook.findings] == ["reader-failed"]
    assert opened(content).sheets[0].table.num_rows == 1  # and the next file is read


def test_the_child_gets_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONSTARTUP", "/nonexistent")
    monkeypatch.setenv("PYTHONHOME", "/nonexistent")  # a child that inherited this could not start
    assert opened(book({"A": [["x"]]})).sheets[0].table.num_rows == 1


def test_threads_may_read_at_the_same_time() -> None:
    content = book({"A": [["x"], ["y"]]})
    rows: list[int] = []
    threads = [threading.Thread(target=lambda: rows.append(opened(content).sheets[0].table.num_rows)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows == [2, 2, 2]


def test_nothing_is_left_on_disk(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    opened(book({"A": [["x"]]}))
    assert os.listdir(tmp_path) == []


def test_the_digest_is_of_the_bytes() -> None:
    import hashlib

    content = book({"A": [["x"]]})
    assert opened(content).sha256 == hashlib.sha256(content).hexdigest()


def test_the_first_file_finds_the_reading_process_awake() -> None:
    reader_home._leave()
    wake()
    awake = [process.pid for process, _ in reader_home._HOME]
    assert len(awake) == int(reader_home.FORKS)
    assert not read("a.csv", b"a,b\n1,2\n", Settings()).findings
    assert [process.pid for process, _ in reader_home._HOME] == awake  # and nobody started another
