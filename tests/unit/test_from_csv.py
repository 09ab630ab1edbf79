"""Statistics over an analyst's own CSV: what goes in, what comes out, and what is said when it will not do."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from commands.main import main

DATA = Path(__file__).parent.parent / "golden" / "data"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def ran(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as end:  # words the command line does not know
            code = int(end.code or 0)
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return code, told.out, told.err

    return ran


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def written(content: str | bytes) -> Path:
        path = tmp_path / "own.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def table(out: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(out))


def heading(out: str) -> list[str]:
    return next(csv.reader(io.StringIO(out)))


RCI = ("--id", "person_id", "--pre", "phq9_pre", "--post", "phq9_post", "--better", "lower", "--reliability", "0.89")


@pytest.mark.parametrize("kind", ["a", "c"])
def test_rci_prints_what_clinicalsignificance_says(run: Run, kind: str):
    code, out, err = run("rci", "--from-csv", DATA / "persons.csv", *RCI, "--functional-mean", "2.91", "--functional-sd", "3.52", "--cutoff", kind)
    assert code == 0
    assert heading(out) == ["id", "pre", "post", "change", "rci", "category"]
    wanted = pd.read_csv(DATA / "rci_combined.csv").query("instrument == 'phq9' and cutoff_type == @kind")
    found = table(out).set_index("id").loc[wanted["person_id"]]
    assert len(table(out)) == len(wanted) == 391
    assert found["category"].tolist() == wanted["category"].str.lower().tolist()
    np.testing.assert_allclose(found["rci"], wanted["rci"], rtol=1e-9)
    assert (found["change"] == wanted["change"].to_numpy()).all()
    assert "23 of 414 people" in err


def test_rci_without_a_cutoff_has_three_categories(run: Run):
    _, out, _ = run("rci", "--from-csv", DATA / "persons.csv", *RCI)
    wanted = pd.read_csv(DATA / "reliable_change_index.csv").query("instrument == 'phq9'")
    assert table(out).set_index("id").loc[wanted["person_id"], "category"].tolist() == wanted["category"].str.lower().tolist()


def test_spc_prints_one_row_per_line(run: Run):
    code, out, _ = run("spc", "--from-csv", DATA / "spc_series.csv", "--series", "series", "--date", "month", "--value", "value", "--better", "higher")
    assert code == 0
    assert heading(out) == ["series", "date", "value", "mean", "lower", "upper", "signal", "rule", "direction"]
    found = table(out)
    given = pd.read_csv(DATA / "spc_series.csv")
    assert found["date"].tolist() == given["month"].tolist()
    assert set(found["rule"].dropna()) == {"outside", "trend", "two_of_three", "shift"}
    assert set(found["direction"]) == {"better", "worse", "neither"}
    assert (found["rule"].notna() == found["signal"]).all()
    theirs = (
        pd.read_csv(DATA / "spc_points.csv").query("scenario == 'base' and improvement_direction == 'increase' and not screen_outliers").set_index("series")
    )
    mine = found.groupby("series")[["mean", "lower", "upper"]].first()
    np.testing.assert_allclose(mine, theirs.loc[mine.index, ["mean", "lpl", "upl"]], rtol=1e-9)


def test_spc_says_what_is_on_trial_and_what_is_missing(run: Run, file: Any):
    path = file("s,d,v\na,01/01/2025,1\na,01/02/2025,2\na,01/04/2025,\na,01/05/2025,3\n")
    code, out, err = run("spc", "--from-csv", path, "--series", "s", "--date", "d", "--value", "v", "--better", "lower")
    assert code == 0 and len(table(out)) == 4
    assert "on trial" in err and "periods are missing" in err
    assert table(out)["value"].isna().tolist() == [False, False, True, False]


def test_spc_rebased_needs_its_reason(run: Run):
    asked = ("spc", "--from-csv", DATA / "spc_series.csv", "--series", "series", "--date", "month", "--value", "value", "--better", "higher")
    assert run(*asked, "--rebase", "2024-04-01")[0] == 2
    code, _, err = run(*asked, "--rebase", "2030-04-01", "--reason", "a redesign")
    assert code == 2 and "nothing can be re-based" in err
    code, out, err = run(*asked, "--rebase", "2024-04-01", "--reason", "a redesign")
    assert code == 0 and table(out).groupby("series")["mean"].nunique().max() == 2
    one = table(out).groupby("series")["mean"].agg(["first", "last"]).round(1)
    name = one.index[one["first"] != one["last"]][0]
    assert f"{name}: Before a redesign the figures averaged {one['first'][name]:.1f}, since then {one['last'][name]:.1f}." in err


def test_spc_says_whether_a_target_will_be_met(run: Run):
    asked = ("spc", "--from-csv", DATA / "spc_series.csv", "--series", "series", "--date", "month", "--value", "value", "--better", "higher")
    _, _, err = run(*asked, "--target", "-1000")
    assert err.count("will be met every time") > 30 and "will not be met" not in err
    assert run(*asked, "--target", "soon")[0] == 2


def test_wilson_prints_percent_in_full(run: Run):
    code, out, _ = run("wilson", "--from-csv", DATA / "wilson.csv", "--numerator", "x", "--denominator", "n", "--confidence", "0.998")
    assert code == 0 and heading(out) == ["numerator", "denominator", "value", "lower", "upper"]
    wanted = pd.read_csv(DATA / "wilson.csv")
    np.testing.assert_allclose(table(out)["lower"], 100 * wanted["lower99_8cl"], rtol=1e-9, atol=1e-10)


def test_nobody_at_all_is_blank(run: Run, file: Any):
    _, out, _ = run("wilson", "--from-csv", file("x,n\n0,0\n1,4\n"), "--numerator", "x", "--denominator", "n")
    assert out.splitlines()[1] == "0,0,,,"
    _, out, _ = run("wilson", "--from-csv", file("x,n\n0,0\n"), "--numerator", "x", "--denominator", "n", "--format", "json")
    assert json.loads(out) == [{"numerator": 0, "denominator": 0, "value": None, "lower": None, "upper": None}]


def test_funnel_names_what_lies_beyond_998(run: Run, file: Any):
    lines = "".join(f"U{i},{50 + i % 3},100\n" for i in range(12))
    path = file(f"unit,x,n\n{lines}High,95,100\nLow,5,100\n")
    code, out, err = run("funnel", "--from-csv", path, "--group", "unit", "--numerator", "x", "--denominator", "n")
    assert code == 0 and "starts a conversation" in err
    assert heading(out) == ["group", "numerator", "denominator", "value", "lower95", "upper95", "lower998", "upper998", "outlier"]
    found = table(out).set_index("group")
    assert found.index[found["outlier"]].tolist() == ["High", "Low"]


def test_funnel_widens_where_units_differ_beyond_chance(run: Run, file: Any):
    d = pd.read_csv(DATA / "funnel_proportions.csv").query("dataset == 'prop_overdispersed'")
    asked = ("funnel", "--from-csv", file(d.to_csv(index=False)), "--group", "institution", "--numerator", "numerator", "--denominator", "denominator")
    (_, narrow, _), (_, wide, err) = run(*asked), run(*asked, "--overdispersion")
    assert (table(wide)["upper998"] > table(narrow)["upper998"]).all() and (table(wide)["lower998"] <= table(narrow)["lower998"]).all()
    assert "tau squared): 0.0043" in err
    few = ("funnel", "--from-csv", file(d.head(9).to_csv(index=False)), *asked[3:], "--overdispersion")
    assert "Fewer than 10 units" in run(*few)[2]


def test_survival_prints_medians(run: Run):
    asked = ("survival", "--from-csv", DATA / "time_to_improvement.csv", "--time", "weeks", "--event", "event")
    for interval in ("log", "log-log"):
        code, out, err = run(*asked, "--group", "service", "--interval", interval)
        assert code == 0 and heading(out) == ["group", "n", "events", "median", "lower", "upper"] and "chi-squared 13.53 on 5, p = 0.0189" in err
        wanted = pd.read_csv(DATA / "km_quantiles.csv").query("conf_type == @interval and conf_level == 0.95 and grouping == 'service' and quantile == 0.5")
        np.testing.assert_array_equal(table(out)[["median", "lower", "upper"]], wanted[["weeks", "lower", "upper"]])
    assert run(*asked)[1].splitlines()[1].startswith("all,400,")


def test_talking_therapies_prints_counts(run: Run):
    pairs = ("--pair", "phq9_pre,phq9_post,PHQ-9", "--pair", "gad7_pre,gad7_post,gad7")
    code, out, _ = run("talking-therapies", "--from-csv", DATA / "persons.csv", "--id", "person_id", *pairs, "--group", "service")
    assert code == 0
    names = "finished,paired,at_caseness,not_at_caseness,recovery,reliable_improvement,reliable_recovery,reliable_deterioration,no_reliable_change"
    assert heading(out) == ["group", *names.split(",")]
    found, wanted = table(out).set_index("group"), pd.read_csv(DATA / "tt_summary.csv").set_index("group")
    for name in ("recovery", "reliable_improvement", "reliable_recovery", "reliable_deterioration", "no_reliable_change"):
        assert (found[name] == wanted.loc[found.index, name]).all()
    assert found["finished"].sum() == 414 and found["paired"].sum() == 391


def test_goals_of_each_person(run: Run, file: Any):
    path = file("p,s,w\na,1,1\nb,2,\na,0,2\na,-1,3\na,2,1\nc,,1\n")
    code, out, err = run("gas", "--from-csv", path, "--id", "p", "--score", "s", "--weight", "w")
    assert code == 0 and "1 of 6 goals" in err
    assert out == "id,goals,t\na,4,50\nb,1,70\n"


WILSON = ("--numerator", "x", "--denominator", "n")
WRONG = [
    ("a column that is not there", "wilson", "a,n\n1,2\n", WILSON, "There is no column x. The columns are: a, n."),
    ("not a number", "wilson", "x,n\n1,2\nOlga,2\n", WILSON, "Line 3, column x: the cell is not a number."),
    ("a blank count", "wilson", "x,n\n,2\n", WILSON, "Line 2, column x: the cell is blank."),
    ("half a person", "wilson", "x,n\n1.5,2\n", WILSON, "Line 2, column x: the cell is not a whole number."),
    ("more than all", "wilson", "x,n\n3,2\n4,2\n", WILSON, "Line 2, column x: the cell is more than its n. So is 1 further."),
    ("fewer than nobody", "wilson", "x,n\n-3,2\n", WILSON, "is less than 0"),
    ("infinitely many", "wilson", "x,n\ninf,2\n", WILSON, "is not a number"),
    ("nothing in it", "wilson", "", WILSON, "is empty"),
    ("headings alone", "wilson", "x,n\n", WILSON, "has headings and no lines"),
    ("ragged", "wilson", "x,n\n1,2\n1,2,3,4\n", WILSON, "could not be read as CSV"),
    ("wider than its headings", "wilson", "x,n\n1,2,3\n1,2,3\n", WILSON, "could not be read as CSV"),
    ("the same heading twice is told apart", "wilson", "n,n\n1,2\n", WILSON, "There is no column x"),
    ("a date that is none", "spc", "s,d,v\na,soon,1\n", ("--series", "s", "--date", "d", "--value", "v", "--better", "higher"), "is not a date"),
    (
        "two values on a day", "spc", "s,d,v\na,2025-01-01,1\na,2025-01-01,2\n", ("--series", "s", "--date", "d", "--value", "v", "--better", "higher"),
        "Line 3: this series already has a value on that day.",
    ),
    ("half an event", "survival", "t,e\n1,0.5\n", ("--time", "t", "--event", "e"), "is neither 1 (it happened) nor 0 (not yet)"),
    ("time backwards", "survival", "t,e\n-1,1\n", ("--time", "t", "--event", "e"), "is less than 0"),
    ("a level off the scale", "gas", "p,s\na,3\n", ("--id", "p", "--score", "s"), "is more than 2"),
    (
        "everybody alike", "rci", "i,a,b\nx,5,1\ny,5,2\n", ("--id", "i", "--pre", "a", "--post", "b", "--better", "lower", "--reliability", "0.9"),
        "scores that differ",
    ),
    (
        "a cut-off without its numbers", "rci", "i,a,b\nx,5,1\ny,6,2\n",
        ("--id", "i", "--pre", "a", "--post", "b", "--better", "lower", "--reliability", "0.9", "--cutoff", "c"), "needs --functional-mean",
    ),
    ("an unknown questionnaire", "talking-therapies", "i,a,b\n", ("--id", "i", "--pair", "a,b,XYZ"), "XYZ is not a questionnaire we know"),
    ("a reliability that is none", "rci", "i\n", ("--id", "i", "--pre", "a", "--post", "b", "--better", "lower", "--reliability", "1.2"), "between 0 and 1"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "content", "options", "said"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_what_will_not_do_is_said_in_a_sentence(run: Run, file: Any, command: str, content: str, options: tuple[str, ...], said: str):
    code, out, err = run(command, "--from-csv", file(content), *options)
    assert (code, out) == (2, "")
    assert said in err
    assert "Olga" not in err


def test_a_file_that_is_not_there(run: Run, tmp_path: Path):
    code, _, err = run("wilson", "--from-csv", tmp_path / "none.csv", *WILSON)
    assert code == 2 and err.startswith("none.csv could not be opened.")
    assert run("wilson", "--from-csv", tmp_path, *WILSON)[0] == 2


def test_windows_text_and_a_byte_order_mark_are_read(run: Run, file: Any):
    asked = ("--group", "g", "--numerator", "x", "--denominator", "n")
    _, out, _ = run("funnel", "--from-csv", file("g,x,n\nCaf\xe9,1,2\nB,1,2\n".encode("cp1252")), *asked)
    assert out.splitlines()[1].startswith("Café,1,2,")
    _, out, _ = run("funnel", "--from-csv", file("\ufeffg,x,n\r\nB,1,2\r\n".encode()), *asked)
    assert out.splitlines()[1].startswith("B,1,2,")


def test_text_that_a_spreadsheet_would_run_is_made_inert(run: Run, file: Any):
    _, out, _ = run("gas", "--from-csv", file("p,s\n=1+1,0\n-12,0\n"), "--id", "p", "--score", "s")
    assert [line.split(",")[0] for line in out.splitlines()] == ["id", "'=1+1", "-12"]


def test_other_text_files_are_read_by_their_content(run: Run, file: Any):
    for content in ("x,n\n1,2\n".encode("utf-16"), b"x;n\n1;2\n", b"x\tn\n1\t2\n"):
        code, out, _ = run("wilson", "--from-csv", file(content), *WILSON)
        assert code == 0 and out.splitlines()[1].startswith("1,2,50,")
    code, out, err = run("wilson", "--from-csv", file(b"PK\x03\x04\x00\x00"), *WILSON)
    assert (code, out) == (2, "") and "is not a text file" in err


def test_blank_lines_are_no_people_and_lines_keep_their_numbers(run: Run, file: Any):
    columns = ("--id", "id", "--pre", "a", "--post", "b", "--better", "lower", "--reliability", "0.89")
    _, out, err = run("rci", "--from-csv", file("id,a,b\n\n1,9,3\n,,\n2,14,3\n"), *columns)
    assert len(out.splitlines()) == 3 and "no pair" not in err
    assert "Line 5, column a" in run("rci", "--from-csv", file("id,a,b\n\n1,9,3\n\n2,x,3\n"), *columns)[2]
    assert "Line 4, column x" in run("wilson", "--from-csv", file("x,n\n1,2\n\n3,2\n"), *WILSON)[2]


def test_the_same_person_twice_is_said(run: Run, file: Any):
    pair = ("--id", "id", "--pair", "a,b,PHQ-9")
    assert "1 line repeats the id of an earlier line" in run("talking-therapies", "--from-csv", file("id,a,b\n1,12,3\n1,9,3\n"), *pair)[2]
    assert run("talking-therapies", "--from-csv", file("id,a,b\n1,12,3\n2,9,3\n"), *pair)[2] == ""


def test_a_curve_of_a_file(run: Run):
    asked = ("survival", "--from-csv", DATA / "time_to_improvement.csv", "--time", "weeks", "--event", "event")
    code, out, _ = run(*asked, "--curve", "--group", "service")
    assert code == 0 and heading(out) == ["group", "time", "survival", "lower", "upper"]
    medians, curve = table(run(*asked, "--group", "service")[1]).set_index("group")["median"], table(out)
    assert set(curve["group"]) == set(medians.index)
    for group, of in curve.groupby("group"):
        assert of["survival"].is_monotonic_decreasing and (of.loc[of["survival"] <= 0.5, "time"].min() == medians[group] or pd.isna(medians[group]))


@pytest.mark.parametrize(
    ("options", "said"),
    [(("--by", "gender"), "--by is about stored data"), (("--metric", "recovery"), "--metric is about stored data"),
     (("--policy", "own"), "--policy is about stored data"), (("--from", "2025-04-01"), "--from is about stored data")],
)  # fmt: skip
def test_an_option_without_any_bearing_is_refused(run: Run, file: Any, options: tuple[str, ...], said: str):
    code, out, err = run("funnel", "--from-csv", file("g,x,n\nA,1,2\n"), "--group", "g", "--numerator", "x", "--denominator", "n", *options)
    assert (code, out) == (2, "") and said in err
    assert "--group is about a CSV file" in run("survival", "--group", "service")[2]
    assert "--mixed is about a CSV file" in run("talking-therapies", "--mixed", "worse")[2]
