"""check and load without a screen: what is ready goes ahead, the marked workbook, folders, and files that are complete for some dates."""

from __future__ import annotations

import io
import json
import shutil
from typing import Any

import openpyxl
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

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


def test_a_folder_with_nothing_in_it_says_so(run: Any, tmp_path: Any) -> None:
    (tmp_path / "quarter").mkdir()
    (tmp_path / "quarter" / "~$a.xlsx").write_bytes(b"a lock of Office")
    code, said, _ = run("check", tmp_path / "quarter")
    assert code == 2 and "nothing in quarter that we could read" in said
    assert [f["code"] for f in json.loads(run("load", tmp_path / "quarter", "--json")[1])["findings"]] == ["no-files"]


def test_the_marked_workbook_never_takes_the_place_of_the_file(run: Any, written: Any, tmp_path: Any) -> None:
    path = written(three_sheets(people=6))
    before = path.read_bytes()
    for out, why in (
        (path, "take the place"),
        (tmp_path / "out.csv", "Excel file"),
        (tmp_path / "none" / "out.xlsx", "could not be written"),
        (tmp_path, "Excel"),
    ):
        code, said, told = run("load", path, "--marked", out)
        assert (code, said) == (1, "") and why in told
    (tmp_path / "in").mkdir()
    for name in ("out-1.xlsx", "b.xlsx"):
        (tmp_path / "in" / name).write_bytes(workbook(three_sheets(people=3)))
    assert "take the place" in run("check", tmp_path / "in", "--marked", tmp_path / "in" / "out.xlsx")[2]
    assert path.read_bytes() == before and run("uploads")[1] == ""


def test_findings_are_told_where_the_marked_workbook_cannot_be_made(run: Any, written: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    locked, out = tmp_path / "locked.xlsx", tmp_path / "out.xlsx"
    sheets = three_sheets(people=6)
    sheets["Assessments"][2][4] = 99
    with locked.open("wb") as file:
        OOXMLFile(io.BytesIO(workbook(sheets))).encrypt("hemlig", file)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, said, told = run("check", locked, "--marked", out)
    assert code == 2 and "protected by a password" in said and "could not be opened to be marked" in told and not out.exists()
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", terminal)
    monkeypatch.setattr("getpass.getpass", lambda prompt: "hemlig")
    code, _, told = run("check", locked, "--marked", out)
    assert code == 1 and "with 1 marked cell is in" in told and openpyxl.load_workbook(out)["Assessments"]["E3"].comment
    shutil.rmtree(tmp_path / "data", ignore_errors=True)


def test_an_earlier_version_is_offered_and_brought_back(run: Any, written: Any) -> None:
    a = written(three_sheets(people=6))
    first = json.loads(run("load", a, "--json")[1])["upload_id"]
    assert "brings it back" not in run("check", a)[1]
    run("load", written({"Assessments": three_sheets(people=6, fall=3)["Assessments"]}, "b.xlsx"))
    assert f"({first}) and is no longer what counts. 'load' brings it back." in run("check", a)[1]
    assert f"It says what {first} said, and counts again." in run("load", a)[1]
    assert "brings it back" not in run("check", a)[1]


def test_of_several_files_each_line_says_which(run: Any, written: Any) -> None:
    sheets = three_sheets(people=6)
    sheets["Assessments"][2][4] = 99
    one, other = written(sheets, "one.xlsx"), written(three_sheets(people=3, service="S2", prefix="d"), "other.xlsx")
    assert run("check", one, other)[1].startswith("one.xlsx, Assessments!E3: ") and run("check", one)[1].startswith("Assessments!E3: ")


def test_complete_dates_as_people_write_them(run: Any, written: Any) -> None:
    run("load", written(three_sheets(people=6)))
    sheets = three_sheets(people=6)
    del sheets["Assessments"][-1]
    said = run("load", written(sheets, "later.xlsx"), "--complete-from", "01/04/2025", "--complete-to", "2025-26 Q1", "--json")[1]
    assert json.loads(said)["unchanged"] is False
    with pytest.raises(SystemExit):
        run("load", written(sheets, "later.xlsx"), "--complete-from", "31/31/2025", "--complete-to", "2025-26")
