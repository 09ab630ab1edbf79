"""Statistics over stored data from the command line: the same words as over a CSV file, every number from figures that may be seen."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from commands.main import main
from domain.quarters import Quarter
from domain.settings import Settings
from domain.types import OWN_BREAKDOWNS, Event
from tests.second_opinion import plain
from warehouse import store as writes
from warehouse.connect import Store

FEW_QUARTER = 5  # of S1: three people only
IMPROVED = [6, 5, 7, 6, 5, 1, 6, 7, 5, 6, 6, 5, 7, 6]  # of 12 people a quarter
Run = Callable[..., tuple[int, str, str]]


def portfolio() -> dict[str, list[dict[str, Any]]]:
    """S1: 12 people in each of 14 quarters, three in one of them. S2, S4: 30 and 40 people. S3: three. In S4 ten more died before a second score."""
    services = [
        {"service_code": s, "service_name": f"Service {s}", "provider_code": p, "provider_name": f"Provider {p}", "service_type": "counselling",
         "locality": "North", "sector": "voluntary"}
        for s, p in (("S1", "P1"), ("S2", "P1"), ("S3", "P2"), ("S4", "P3"))
    ]  # fmt: skip
    people: list[dict[str, Any]] = []
    scores: list[dict[str, Any]] = []

    def add(service: str, ended: date, gain: int | None, how: str = "as planned") -> None:
        person, started = f"{len(people):032x}", ended - timedelta(days=84)
        about = {"gender": ("female", "male")[len(people) % 2], "main_need": ("anxiety", "depression")[len(people) % 2]}
        people.append({"person": person, "service_code": service, "started_on": started, "ended_on": ended, "how_it_ended": how, **about})
        taken = [(started, 18)] if gain is None else [(started, 18), (started + timedelta(days=35), 18 - gain), (ended, 18 - gain)]
        scores.extend({"person": person, "service_code": service, "date": d, "measure": "PHQ-9", "score": s} for d, s in taken)

    for i, improved in enumerate(IMPROVED):
        quarter = Quarter(2022 + i // 4, i % 4 + 1)
        for n in range(3 if i == FEW_QUARTER else 12):
            add("S1", quarter.start + timedelta(days=n), 8 if n < improved else 1)
    for service, n, better in (("S2", 30, 24), ("S3", 3, 3), ("S4", 40, 20)):
        for k in range(n):
            add(service, date(2025, 5, 1) + timedelta(days=k), 8 if k < better else 1)
    for k in range(10):
        add("S4", date(2025, 5, 1) + timedelta(days=k), None, "died")
    for k in range(8):
        add("S4", date(2025, 5, 1) + timedelta(days=k), None, "stopped coming")
    return {"services": services, "people": people, "assessments": scores}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("statistics") / "store.duckdb"
    store = Store(path, Settings())
    tables = {name: plain.table(name, rows) for name, rows in portfolio().items()}
    writes.commit(store, tables, Event("upload", "test", "administrator", datetime(2025, 12, 31)))
    store.close()
    return path


@pytest.fixture
def run(database: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def ran(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([*(str(a) for a in arguments), "--database", str(database)])
        told = capsys.readouterr()
        return code, told.out, told.err

    return ran


def rows(out: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(out)))


# ---- charts by quarter -----------------------------------------------------------------------------------------------------------------------


def test_a_chart_by_quarter_from_the_figures_one_may_see(run: Run) -> None:
    code, out, err = run("spc", "--metric", "reliable-improvement", "--by", "service", "--measure", "PHQ-9")
    assert code == 0
    assert list(rows(out)[0]) == ["series", "date", "value", "mean", "lower", "upper", "signal", "rule", "direction"]
    mine = [r for r in rows(out) if r["series"] == "S1"]
    assert [r["date"] for r in mine] == [str(Quarter(2022 + i // 4, i % 4 + 1).start) for i in range(14)]
    shown = {r["group"]: r for r in rows(run("reliable-improvement", "--service", "S1", "--by", "end_quarter", "--measure", "PHQ-9")[1])}
    assert mine[FEW_QUARTER]["value"] == "" and shown["2023-24 Q2"]["hidden"] == "true"
    for i, row in enumerate(mine):
        figure = shown[str(Quarter(2022 + i // 4, i % 4 + 1))]
        assert row["value"] == figure["value"] == "" or float(row["value"]) == pytest.approx(float(figure["value"]))
    known = [float(r["value"]) for r in mine if r["value"]]
    ranges = [abs(float(b["value"]) - float(a["value"])) for a, b in pairwise(mine) if a["value"] and b["value"]]
    mean, reach = sum(known) / len(known), 2.66 * sum(ranges) / len(ranges)
    assert (float(mine[0]["mean"]), float(mine[0]["upper"])) == pytest.approx((mean, mean + reach))
    assert "quarters with too few people are missing" in err and "S1: " in err


def test_under_twelve_quarters_limits_are_on_trial(run: Run) -> None:
    _, _, err = run("spc", "--by", "service", "--measure", "PHQ-9", "--service", "S4")
    assert "limits on trial, from fewer than 12 quarters" in err


def test_a_chart_may_be_based_afresh_with_its_reason(run: Run) -> None:
    code, out, err = run("spc", "--service", "S1", "--measure", "PHQ-9", "--rebase", "2024-04-01", "--reason", "a new pathway", "--format", "json")
    told = json.loads(out)
    assert code == 0 and "Before a new pathway the figures averaged" in err
    assert "will not be met" in run("spc", "--metric", "reliable-improvement", "--service", "S1", "--measure", "PHQ-9", "--target", "101")[2]
    assert told[0]["mean"] != told[-1]["mean"]
    assert run("spc", "--service", "S1", "--rebase", "2024-04-01")[0] == 2


@pytest.mark.parametrize(
    ("asked", "why"),
    [(("spc", "--by", "gender"), "two characteristics"), (("spc", "--basis", "measured"), "who started"), (("spc", "--by", "end_quarter"), "points"),
     (("funnel", "--metric", "mean-change", "--measure", "PHQ-9"), "average"), (("equity",), "--by"), (("equity", "--by", "measure"), "several"),
     (("survival", "--measure", "PHQ-9", "--basis", "measured"), "who started"), (("funnel", "--metric", "time-to-improvement"), "curve"),
     (("funnel", "--metric", "crisis-rate"), "count of events"), (("equity", "--metric", "goal-progress", "--by", "outcome_area"), "several"),
     (("funnel", "--metric", "goal-progress", "--by", "outcome_area"), "several"),
     (("spc", "--metric", "goal-progress", "--by", "outcome_area", "--policy", "own"), "for each part of life"),
     (("spc", "--measure", "PHQ-9", "--by", "first_band", "--policy", "own"), "for each first score")],
)  # fmt: skip
def test_what_cannot_be_answered_is_a_sentence(run: Run, asked: tuple[str, ...], why: str) -> None:
    code, out, err = run(*asked)
    assert (code, out) == (1, "") and why in err


@pytest.mark.parametrize("by", ["measure", "perspective", "role", "start_quarter", *OWN_BREAKDOWNS])
def test_every_breakdown_is_answered_or_refused_in_a_sentence(run: Run, by: str) -> None:
    for command in (("equity",), ("funnel",), ("spc",), ("survival",), ("casemix",), ("reliable-improvement", "--missing", "bounds")):
        code, out, err = run(*command, "--measure", "PHQ-9", "--by", by, "--policy", "own")
        assert (code == 0 and out.splitlines()) or (code == 1 and not out and err.strip().endswith("."))


def test_options_of_a_file_need_the_file(run: Run) -> None:
    code, out, err = run("spc", "--series", "service")
    assert (code, out) == (2, "") and "--from-csv" in err


# ---- groups side by side ---------------------------------------------------------------------------------------------------------------------


def test_a_funnel_of_services(run: Run) -> None:
    code, out, err = run("funnel", "--measure", "PHQ-9")
    told = {r["group"]: r for r in rows(out)}
    assert code == 0
    assert list(rows(out)[0]) == ["group", "numerator", "denominator", "value", "lower95", "upper95", "lower998", "upper998", "outlier"]
    figures = {r["group"]: r for r in rows(run("reliable-improvement", "--by", "service", "--measure", "PHQ-9")[1]) if r["hidden"] == "false"}
    assert set(told) == set(figures) and len(told) >= 2
    assert all(told[g]["numerator"] == figures[g]["numerator"] and told[g]["denominator"] == figures[g]["denominator"] for g in told)
    assert "left out here and of the whole" in err and "starts a conversation" in err


def test_equity_compares_with_everybody_else_shown(run: Run) -> None:
    code, out, err = run("equity", "--by", "gender", "--measure", "PHQ-9")
    female, male = rows(out)
    assert code == 0
    x, n, y, m = (int(female[k]) for k in ("numerator", "denominator", "rest_numerator", "rest_denominator"))
    assert (y, m) == (int(male["numerator"]), int(male["denominator"]))
    assert float(female["difference"]) == pytest.approx(100 * (x / n - y / m))
    assert float(female["ratio"]) == pytest.approx((x / n) / (y / m))
    assert female["comparisons"] == "1" and "gender" in err


@pytest.mark.parametrize(
    ("asked", "policy"),
    [(("funnel",), "inside"), (("funnel",), "outside"), (("equity", "--by", "service"), "outside"), (("spc", "--by", "service"), "inside"),
     (("survival", "--by", "service"), "outside"), (("time-to-improvement", "--by", "service", "--curve"), "inside"),
     (("reliable-improvement", "--missing", "bounds", "--by", "service"), "outside")],
    ids=lambda case: case if isinstance(case, str) else case[0],
)  # fmt: skip
def test_nothing_hidden_shows(run: Run, asked: tuple[str, ...], policy: str) -> None:
    """The three people of S3 have no number anywhere, and no total has them in it."""
    code, out, _ = run(*asked, "--measure", "PHQ-9", "--policy", policy)
    assert code == 0 and rows(out)
    for row in rows(out):
        numbers = [row[k] for k in ("numerator", "denominator", "value", "n", "events", "median", "survival") if k in row]
        assert row.get("group", row.get("series")) != "S3" or not any(numbers)
    if asked[0] in ("funnel", "equity"):
        listed = rows(run("reliable-improvement", "--by", "service", "--measure", "PHQ-9", "--policy", policy)[1])
        hidden = {r["group"] for r in listed if r["hidden"] == "true"}
        assert "S3" in hidden and hidden.isdisjoint(r["group"] for r in rows(out))
    if asked[0] == "equity":
        whole = sum(int(r["denominator"]) for r in rows(out))
        assert {int(r["denominator"]) + int(r["rest_denominator"]) for r in rows(out)} == {whole}
    if policy == "outside":
        counts = [int(r[k]) for r in rows(out) for k in ("numerator", "denominator", "n", "events") if r.get(k)]
        assert all(c % 5 == 0 for c in counts)


# ---- how long it took ------------------------------------------------------------------------------------------------------------------------


def test_time_to_improvement_of_ones_own_people_is_exact(run: Run) -> None:
    code, out, err = run("survival", "--measure", "PHQ-9", "--by", "service", "--policy", "own")
    told = {r["group"]: r for r in rows(out)}
    assert code == 0 and list(rows(out)[0]) == ["group", "n", "events", "median", "lower", "upper", "one_score"]
    assert (told["S2"]["n"], told["S2"]["events"], float(told["S2"]["median"])) == ("30", "24", 5)
    assert (told["S4"]["n"], told["S4"]["events"], told["S4"]["one_score"]) == ("58", "20", "18")
    assert "S3" not in told and "Half of 30 people" in err


def test_everybody_else_sees_steps_of_four_weeks(run: Run) -> None:
    told = rows(run("survival", "--measure", "PHQ-9", "--by", "service", "--curve")[1])
    assert told and all(float(r["time"]) % 4 == 0 for r in told)
    medians = {r["group"]: r["median"] for r in rows(run("time-to-improvement", "--measure", "PHQ-9", "--by", "service")[1])}
    assert medians == {"S1": "", "S4": "8"}  # five weeks, told at the end of its step; S2 is hidden with S3, which alone would follow from the whole


# ---- people without a second score -----------------------------------------------------------------------------------------------------------


def test_missing_counted_as_not_improved_and_the_bounds(run: Run) -> None:
    asked = ("reliable-improvement", "--measure", "PHQ-9", "--service", "S4")
    (paired,) = rows(run(*asked, "--missing", "paired")[1])
    assert (paired["numerator"], paired["denominator"], paired["way"]) == ("20", "40", "paired only")
    (cautious,) = rows(run(*asked, "--missing", "not-improved")[1])
    assert (cautious["numerator"], cautious["denominator"]) == ("20", "48")  # the ten who died stand apart
    assert "counted as not improved: 20 of 48, 42%." in run(*asked, "--missing", "not-improved")[2]
    low, high = rows(run(*asked, "--missing", "bounds")[1])
    assert [(r["numerator"], r["denominator"]) for r in (low, high)] == [("20", "48"), ("28", "48")]


def test_missing_of_those_who_began_in_the_clinical_range(run: Run) -> None:
    asked = ("--measure", "PHQ-9", "--service", "S4", "--missing", "bounds")  # everybody began at 18; none ended below 10
    for metric in ("recovery", "reliable-recovery"):
        low, high = rows(run(metric, *asked, "--policy", "own")[1])
        assert [(r["numerator"], r["denominator"]) for r in (low, high)] == [("0", "48"), ("8", "48")]
        assert [r["hidden"] for r in rows(run(metric, *asked)[1])] == ["true", "true"]  # nobody is too few to show


def test_rates_as_if_people_had_begun_alike(run: Run) -> None:
    code, out, err = run("casemix", "--standardise", "reliable-improvement", "--measure", "PHQ-9", "--policy", "own")
    told = {r["group"]: r for r in rows(out)}
    assert code == 0 and "as it would be" in err
    # Everybody began in one band, so each service's rate is its own
    assert float(told["S4"]["crude"]) == float(told["S4"]["value"]) == 50 and float(told["S2"]["value"]) == 80


def test_a_scheme_without_people_says_so(run: Run) -> None:
    code, out, err = run("talking-therapies", "--by", "service")
    assert code == 0 and rows(out) == [] and "No service of this type" in err
    code, _, err = run("crisis-rate", "--early-late")
    assert code == 1 and "Too few" in err
    code, out, _ = run("goal-progress", "--by", "outcome_area")
    assert code == 0 and rows(out) == []


def test_effect_sizes_by_their_standard(run: Run) -> None:
    asked = ("effect-size", "--metric", "effect-size", "--measure", "PHQ-9", "--by", "provider", "--policy", "own")
    (srm,) = [r for r in rows(run(*asked, "--standard", "change")[1]) if r["group"] == "P3"]
    gains = [8] * 20 + [1] * 20
    mean = sum(gains) / 40
    spread = (sum((g - mean) ** 2 for g in gains) / 39) ** 0.5
    assert srm["n"] == "40" and float(srm["value"]) == pytest.approx(mean / spread)


def test_the_nhs_convention_divides_by_englands_spread(run: Run) -> None:
    asked = ("--measure", "PHQ-9", "--by", "service", "--policy", "own")
    gain = {r["group"]: r for r in rows(run("mean-change", *asked)[1])}
    code, out, _ = run("effect-size", *asked, "--standard", "nhs", "--national-sd", "6.1")
    told = {r["group"]: r for r in rows(out)}
    assert code == 0 and told.keys() == gain.keys() and told["S2"]["value"]
    assert all(float(r["value"]) == pytest.approx(float(gain[g]["value"]) / 6.1) and r["lower"] == r["upper"] == "" for g, r in told.items() if r["value"])
    for half in (("--standard", "nhs"), ("--national-sd", "6.1"), ("--standard", "first", "--national-sd", "6.1")):
        code, out, err = run("effect-size", *asked, *half)
        assert (code, out) == (1, "") and "--national-sd" in err
    with pytest.raises(SystemExit):
        run("effect-size", *asked, "--standard", "nhs", "--national-sd", "0")


def test_casemix_stands_side_by_side(run: Run) -> None:
    code, out, err = run("casemix", "--measure", "PHQ-9")
    assert code == 0 and "did not begin alike" in err
    told = [r for r in rows(out) if r["group"] == "S4"]
    assert {r["mean_first_score"] for r in told} == {"18"}
    assert sum(float(r["share"]) for r in told) == pytest.approx(100)
    assert not any(r["people"] for r in rows(out) if r["group"] == "S3")


def test_each_statistic_is_audited(run: Run, database: Path) -> None:
    run("survival", "--measure", "PHQ-9", "--policy", "outside")
    store = Store(database, Settings())
    try:
        newest = writes.audited(store)[0]
    finally:
        store.close()
    assert (newest.kind, newest.detail["metric"], newest.detail["policy"]) == ("ask", "time-to-improvement", "outside")
