"""check and load without a screen: what is ready goes ahead, the marked workbook, folders, and files that are complete for some dates."""

from __future__ import annotations

import json
from typing import Any

import openpyxl
import pytest

from commands.main import main
from tests.conftest import three_sheets, workbook


@pytest.fixture
def run(capsys: Any) -> Any:
    def call(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


def test_hold_back_sends_what_is_ready_and_marked_shows_the_rest(run: Any, written: Any, tmp_path: Any) -> None:
    sheets = three_sheets(people=6)
    sheets["Assessments"][2][4] = 99
    path, out = written(sheets), tmp_path / "marked.xlsx"
    code, said, told = run("check", path, "--marked", out)
    assert code == 1 and "1 row needs you; start with Assessments!E3" in told and "load --hold-back" in said
    book = openpyxl.load_workbook(out)
    assert book["Assessments"]["E3"].comment.text.startswith("Score is 99") and book.sheetnames[0] == "What needs you"
    assert run("load", path)[0] == 1 and run("waiting")[1] == ""
    code, said, _ = run("load", path, "--hold-back", "--json")
    stored = json.loads(said)
    assert code == 0 and stored["waiting"] == {"Assessments": 1} and stored["rows"] == {"Services": 1, "People": 6, "Assessments": 11}
    assert run("waiting")[1].split("\t")[:5] == ["return.xlsx", "Assessments", "3", "S1", "out-of-range"]


def test_complete_dates_take_out_what_is_not_there(run: Any, written: Any) -> None:
    sheets = three_sheets(people=6)
    run("load", written(sheets))
    del sheets["Assessments"][-1]
    path = written(sheets, "later.xlsx")
    assert json.loads(run("load", path, "--json")[1])["unchanged"] is True
    assert run("load", path, "--complete-from", "2025-04-01")[0] == 1
    assert json.loads(run("load", path, "--complete-from", "2025-04-01", "--complete-to", "2025-06-30", "--json")[1])["unchanged"] is False


def test_a_folder_is_one_upload(run: Any, tmp_path: Any) -> None:
    folder = tmp_path / "quarter" / "inner"
    folder.mkdir(parents=True)
    (folder / "a.xlsx").write_bytes(workbook(three_sheets(people=3)))
    (folder.parent / "b.xlsx").write_bytes(workbook(three_sheets(people=3, service="S2", prefix="d")))
    (folder.parent / "~$b.xlsx").write_bytes(b"a lock of Office")
    assert json.loads(run("load", folder.parent, "--json")[1])["rows"] == {"Services": 2, "People": 6, "Assessments": 12}
    assert len(run("uploads")[1].splitlines()) == 1
