"""The command line from end to end, on real files and a real database: template, check, load, figures, undo, backup, restore, rebuild."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from commands.main import main
from metrics import registry
from tests.conftest import ROOT, three_sheets, workbook

KEYS = ["severity", "code", "sheet", "row", "column", "message", "fix"]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], own_database: Path) -> Callable[..., tuple[int, str, str]]:
    """`run("check", path)` is (exit code, what went to stdout, what went to stderr)."""

    def ran(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(a) for a in arguments])
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return code, told.out, told.err

    return ran


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a database into which `load` has put 24 people of one service, two thirds of whom are clearly better; and the id of that upload."""
    folder = tmp_path_factory.mktemp("loaded")
    (folder / "return.xlsx").write_bytes(workbook(three_sheets()))
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main(["load", str(folder / "return.xlsx"), "--json", "--database", str(folder / "data" / "test.duckdb")]) == 0
    return folder / "data", json.loads(out.getvalue())["upload_id"]


@pytest.fixture
def loaded(shelf: tuple[Path, str], own_database: Path) -> str:
    """The id of that upload, which is in the test's own copy of the database."""
    shutil.copytree(shelf[0], own_database.parent, dirs_exist_ok=True)
    return shelf[1]


def rows(out: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(out)))


# ---- no database there -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("find", "--provider", "P1"), ("export", "--provider", "P1", "copy.json"), ("erase", "--provider", "P1", "--yes"), ("retain", "--yes"),
        ("uploads",), ("waiting",), ("undo", "some-upload"), ("backup", "copied"), ("rebuild",), ("recompute",), ("reliable-improvement",), ("plan-gaps",),
        ("funnel", "--metric", "reliable-improvement"), ("talking-therapies",),
    ],
    ids=lambda command: command[0],
)  # fmt: skip
def test_a_mistyped_database_is_a_sentence_and_makes_nothing(
    run: Any, command: tuple[str, ...], tmp_path: Path, loaded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", None)  # nobody is asked for a reference first
    before = sorted(tmp_path.rglob("*"))
    code, out, err = run(*command, "--database", tmp_path / "data" / "tset.duckdb")
    assert (code, out) == (2, "") and err.startswith("There is no database at ") and "tset.duckdb" in err and len(err.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before


# ---- template --------------------------------------------------------------------------------------------------------------------------------


def test_a_blank_template_filled_in_is_clean(run: Any, tmp_path: Path) -> None:
    out = tmp_path / "blank.xlsx"
    assert run("template", out, "--sheets", "Services", "People", "Assessments")[0] == 0
    book = load_workbook(out)
    for name, table in three_sheets(people=3).items():
        sheet = book[name]
        header = next(r for r in sheet.iter_rows() if any(str(c.value or "").rstrip("* ") == table[0][0] for c in r))
        column_of = {str(c.value).rstrip("* "): c.column for c in header if c.value}
        for down, row in enumerate(table[1:], 1):
            for heading, value in zip(table[0], row, strict=True):
                sheet.cell(header[0].row + down, column_of[heading], value)
    book.save(out)
    code, said, _ = run("check", out, "--json")
    assert [f for f in json.loads(said) if f["severity"] != "look"] == []
    assert code == 0


def test_the_starter_template_holds_three_sheets(run: Any, tmp_path: Path) -> None:
    run("template", tmp_path / "t.xlsx")
    assert {"Quarterly return", "People", "Assessments"} <= set(load_workbook(tmp_path / "t.xlsx").sheetnames)
    assert "Stories" not in load_workbook(tmp_path / "t.xlsx").sheetnames


def test_a_template_that_cannot_be_written_is_a_sentence(run: Any, tmp_path: Path) -> None:
    code, _, err = run("template", tmp_path / "no such folder" / "t.xlsx")
    assert code == 1 and "could not be written" in err


# ---- check -----------------------------------------------------------------------------------------------------------------------------------


def test_check_stores_nothing_and_makes_no_database(run: Any, written: Any, own_database: Path) -> None:
    code, out, _ = run("check", written(three_sheets()))
    assert code == 0 and "Nothing stops this return" in out
    assert not own_database.exists() and not own_database.parent.exists()


def test_check_names_the_cell_even_when_the_table_begins_at_c5(run: Any, written: Any) -> None:
    sheets = three_sheets(people=3)
    sheets["Assessments"][2][4] = 99
    code, out, _ = run("check", written(sheets, at="C5"), "--json")
    assert code == 1
    findings = json.loads(out)
    assert all(list(finding) == KEYS for finding in findings)
    worst = next(f for f in findings if f["severity"] != "look")
    assert (worst["sheet"], worst["row"], worst["column"]) == ("Assessments", 7, "G")  # header in row 5; the second record; the fifth column from C
    assert "27" in worst["message"]


def test_check_in_words_begins_with_one(run: Any, written: Any) -> None:
    sheets = three_sheets(people=3)
    sheets["Assessments"][1][4] = 99
    code, out, err = run("check", written(sheets))
    assert code == 1 and "start with Assessments!E2" in err and "Assessments!E2" in out


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04 broken"], ids=["empty", "text", "broken"])
def test_what_cannot_be_read_is_told_with_exit_code_2(run: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.xlsx"
    path.write_bytes(content)
    code, out, _ = run("check", path, "--json")
    assert code == 2
    assert json.loads(out)[0]["severity"] == "stops" and json.loads(out)[0]["fix"]


def test_a_file_that_is_not_there(run: Any, tmp_path: Path) -> None:
    for command in ("check", "load"):
        code, out, _ = run(command, tmp_path / "gone.xlsx", "--json")
        assert code == 2 and "there is no such file" in out


def test_a_personal_value_is_never_repeated(run: Any, written: Any) -> None:
    sheets = three_sheets(people=3)
    sheets["People"][0].append("surname")
    for n, row in enumerate(sheets["People"][1:]):
        row.append(f"Quillfeather{n}")
    sheets["Assessments"][1][0] = "943 476 5919"
    code, out, err = run("check", written(sheets), "--json")
    assert "Quillfeather" not in out + err and "943 476 5919" not in out + err and "9434765919" not in out + err
    assert code == 1


# ---- load and figures ------------------------------------------------------------------------------------------------------------------------


def test_load_says_what_it_stored(run: Any, written: Any) -> None:
    code, out, _ = run("load", written(three_sheets()), "--json")
    told = json.loads(out)
    assert code == 0
    assert set(told) == {"upload_id", "rows", "findings", "unchanged"}
    assert told["rows"] == {"Services": 1, "People": 24, "Assessments": 48} and told["unchanged"] is False


def test_a_blocked_load_stores_nothing(run: Any, written: Any) -> None:
    sheets = three_sheets()
    sheets["Assessments"][1][4] = 99
    code, out, _ = run("load", written(sheets), "--json")
    assert code == 1 and json.loads(out)["upload_id"] is None and json.loads(out)["rows"] == {}
    assert run("uploads")[1] == ""


def test_the_same_again_is_unchanged(run: Any, written: Any, loaded: str) -> None:
    code, out, _ = run("load", written(three_sheets(), "again.xlsx"), "--json")
    assert code == 0 and json.loads(out)["unchanged"] is True
    assert len(run("uploads")[1].splitlines()) == 1


def test_a_figure_under_own_is_exact(run: Any, loaded: str) -> None:
    code, out, _ = run("reliable-improvement", "--measure", "PHQ-9", "--by", "service", "--policy", "own")
    (row,) = rows(out)
    assert code == 0
    assert (row["group"], row["numerator"], row["denominator"], row["hidden"]) == ("S1", "16", "24", "false")
    assert float(row["value"]) == pytest.approx(100 * 16 / 24, abs=1e-9)
    # Wilson by hand: (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)
    z, n, p = 1.959963984540054, 24, 16 / 24
    middle, half = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    assert float(row["lower"]) == pytest.approx(100 * (middle - half) / (1 + z * z / n), abs=1e-6)
    assert float(row["upper"]) == pytest.approx(100 * (middle + half) / (1 + z * z / n), abs=1e-6)


def test_json_holds_what_csv_holds(run: Any, loaded: str) -> None:
    asked = ("reliable-improvement", "--measure", "PHQ-9", "--by", "service", "--policy", "own")
    from_csv, from_json = rows(run(*asked)[1]), json.loads(run(*asked, "--format", "json")[1])
    assert [{"group", "numerator", "denominator", "value", "lower", "upper", "hidden"} <= set(row) for row in from_json] == [True]
    assert from_json[0]["hidden"] is False and from_json[0]["numerator"] == int(from_csv[0]["numerator"])
    assert from_json[0]["value"] == pytest.approx(float(from_csv[0]["value"]))


def test_a_mean_has_n(run: Any, loaded: str) -> None:
    code, out, _ = run("mean-change", "--measure", "PHQ-9", "--by", "service", "--policy", "own")
    (row,) = rows(out)
    assert code == 0 and row["n"] == "24" and "numerator" not in row
    assert float(row["value"]) == pytest.approx((16 * 8 + 8 * 1) / 24)


def test_the_period_may_be_a_quarter(run: Any, loaded: str) -> None:
    asked = ("reliable-improvement", "--measure", "PHQ-9", "--by", "service", "--policy", "own")
    assert [r["denominator"] for r in rows(run(*asked, "--from", "2025-26 Q1", "--to", "2025-26 Q1")[1])] == ["24"]
    assert [r["denominator"] for r in rows(run(*asked, "--from", "2025-07-01", "--to", "2025-09-30")[1]) if r["denominator"] not in ("", "0")] == []


def test_inside_is_what_one_gets_without_asking(run: Any, written: Any) -> None:
    run("load", written(three_sheets(people=3)))
    (row,) = rows(run("reliable-improvement", "--measure", "PHQ-9", "--by", "service")[1])
    assert row["hidden"] == "true" and row["numerator"] == row["denominator"] == row["value"] == ""


def test_every_metric_can_be_asked(run: Any, loaded: str) -> None:
    listed = [line.split("\t")[0] for line in run("metrics")[1].splitlines()]
    assert listed == list(registry.METRICS)
    for metric in listed:
        code, out, err = run(metric, "--measure", "PHQ-9", "--policy", "own")
        assert code == 0, (metric, out, err)
        nobody = metric.startswith("maintained") or registry.METRICS[metric].mart  # who set out to stay as well; no goals, courses or contacts here
        assert len(rows(out)) == (0 if nobody else 1), (metric, out, err)


def test_each_ask_is_audited(run: Any, loaded: str, own_database: Path) -> None:
    from domain import settings
    from warehouse import store as writes
    from warehouse.connect import Store

    run("follow-up-rate", "--by", "gender", "--policy", "outside")
    opened = Store(own_database, settings.load())
    try:
        asked = [e for e in writes.audited(opened) if e.kind == "ask"]
    finally:
        opened.close()
    assert len(asked) == 1
    assert (asked[0].role, asked[0].detail["metric"], asked[0].detail["policy"]) == ("administrator", "follow-up-rate", "outside")


def test_a_question_that_cannot_be_answered_is_a_sentence(run: Any, loaded: str) -> None:
    code, _, err = run("mean-change", "--measure", "NO-SUCH", "--policy", "own")
    assert code == 1 and "NO-SUCH" in err


# ---- taking back, keeping safe ---------------------------------------------------------------------------------------------------------------


def test_undo_takes_it_back(run: Any, loaded: str) -> None:
    assert loaded in run("uploads")[1]
    assert run("undo", loaded)[0] == 0
    answer = rows(run("reliable-improvement", "--measure", "PHQ-9", "--by", "service", "--policy", "own")[1])
    assert [r for r in answer if r["denominator"] not in ("", "0")] == []
    code, _, err = run("undo", loaded)
    assert code == 1 and "uploads" in err


ASKED = ("reliable-improvement", "--measure", "PHQ-9", "--by", "gender", "--policy", "own")


def test_a_backup_brings_back_what_was(run: Any, loaded: str, tmp_path: Path) -> None:
    before = run(*ASKED)[1]
    assert run("backup", tmp_path / "kept")[0] == 0
    run("undo", loaded)
    assert run(*ASKED)[1] != before
    assert run("restore", tmp_path / "kept")[0] == 0
    assert run(*ASKED)[1] == before


def test_a_rebuild_answers_the_same(run: Any, written: Any, loaded: str, own_database: Path) -> None:
    run("load", written(three_sheets(people=12, service="S2", prefix="d"), "second.xlsx"))
    before = run(*ASKED)[1], run("uploads")[1]
    assert run("rebuild")[0] == 0
    assert (run(*ASKED)[1], run("uploads")[1]) == before
    own_database.unlink()
    assert run("rebuild")[0] == 0
    assert (run(*ASKED)[1], run("uploads")[1]) == before


# ---- as a program --------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def holder(own_database: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the database, as the app does."""
    own_database.parent.mkdir(parents=True, exist_ok=True)
    code = (
        "import sys; from pathlib import Path; from domain import settings; from warehouse.connect import Store;"
        "store = Store(Path(sys.argv[1]), settings.load()); print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(own_database)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "held\n"
    yield process
    assert process.stdin
    process.stdin.close()
    process.wait(10)


def test_while_the_app_holds_the_database_load_ends_with_3(holder: object, written: Any, own_database: Path) -> None:
    path = written(three_sheets(people=3))
    ran = subprocess.run([sys.executable, "so_what.py", "load", str(path), "--database", str(own_database)], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 3 and ran.stdout == "" and len(ran.stderr.strip().splitlines()) == 1 and "Traceback" not in ran.stderr


def test_a_fault_of_ours_is_a_reference_and_repeats_nothing(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loaded: str, own_database: Path) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Quillfeather")

    monkeypatch.setattr("commands.opened.viewer", broken)  # our own mistake, wherever it may be
    code, out, err = run("uploads")
    assert code == 70 and "Reference" in err and "Quillfeather" not in out + err
    log = (own_database.parent / "so-what.log").read_text(encoding="utf-8")
    assert "RuntimeError" in log and "Quillfeather" not in log


def test_a_cell_that_a_spreadsheet_would_run_is_inert(run: Any, written: Any) -> None:
    sheets = three_sheets(people=24)
    for row in sheets["People"][1:]:
        row[5] = "=1+1" if row[5] == "male" else "@sum"
    path = written({name: [[cell if cell != "=1+1" else "+1+1" for cell in row] for row in table] for name, table in sheets.items()})
    run("load", path)
    groups = [r["group"] for r in rows(run("reliable-improvement", "--measure", "PHQ-9", "--by", "gender", "--policy", "own")[1])]
    assert len(groups) == 2 and all(group[0] == "'" for group in groups)


def test_words_the_command_line_does_not_know(run: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        run("reliable-improvement", "--from", "last Tuesday")
    assert ended.value.code == 2


def test_workbooks_sent_together_are_one_upload(run: Any, tmp_path: Path) -> None:
    sheets = three_sheets()
    for name in sheets:
        (tmp_path / f"{name}.xlsx").write_bytes(workbook({name: sheets[name]}))
    code, out, err = run("load", *(tmp_path / f"{name}.xlsx" for name in sheets), "--json")
    assert code == 0, out + err
    assert len(run("uploads")[1].splitlines()) == 1
