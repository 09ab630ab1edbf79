"""What must hold of every family of counts over stored data: its base is the sum of its cells, and nobody without a second score moves a paired rate."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from domain.types import Event, Scope
from metrics.registry import FAMILIES, METRICS
from tests import conftest
from tests.second_opinion import plain
from tests.second_opinion.test_goals_and_courses import beside
from warehouse import queries
from warehouse import store as writes
from warehouse.connect import Store, build_marts

SCOPES = [
    Scope(basis=basis, measure=measure, by="service") for basis in ("ended", "started", "measured") for measure in ("", "PHQ-9", "SWEMWBS")
]  # fmt: skip
PAIRED = ("change", "recovery", "maintained", "course change", "course recovery", "course pairs")
MARTS_OF = {m.family: m.mart for m in METRICS.values()}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    data = plain.made_up(5, 160, 6)
    data["services"][5]["main_result"] = "SWEMWBS; PHQ-9; maintained"
    beside(data, 5)
    made = Store(tmp_path_factory.mktemp("families") / "store.duckdb", conftest.ONE_THREAD)
    writes.commit(made, {n: plain.table(n, rows) for n, rows in data.items()}, Event("upload", "test", "administrator", datetime(2026, 3, 31)))
    yield made
    made.close()


@contextmanager
def joined_by(store: Store, people: list[list[dict[str, Any]]], service: str) -> Any:
    """A cursor that sees more people of a service, each with these scores, until it is left: nothing of them is kept."""
    started = date(2025, 5, 1)
    with store.reading() as cursor:
        for i, scores in enumerate(people):
            person = f"{10**9 + i:032x}"
            cursor.execute(
                "insert into people (person, service_code, started_on, ended_on, how_it_ended) values (?, ?, ?, ?, 'as planned')",
                [person, service, started, started + timedelta(days=120)],
            )
            for s in scores:
                cursor.execute(
                    "insert into assessments (person, service_code, date, measure, score, perspective, occasion) values (?, ?, ?, ?, ?, ?, ?)",
                    [person, service, started + timedelta(days=s["day"]), s["measure"], Decimal(s["score"]), s.get("view"), s.get("occasion")],
                )
        build_marts(cursor, store.settings, [service])
        yield cursor


def told(store: Store, cursor: Any, families: tuple[str, ...] = PAIRED) -> dict[Any, Any]:
    """Every cell of these families, and the sums behind the averages, by scope and group."""
    found: dict[Any, Any] = {}
    for scope in SCOPES:
        for name in families:
            metric = next(m for m in METRICS.values() if m.family == name)
            if metric.mart and (scope.basis == "measured" or scope.measure):
                continue
            c = queries.counts(store, cursor, metric, FAMILIES[name], scope, False)
            for i, group in enumerate(c.groups):
                found[(scope.basis, scope.measure, name, group)] = {cell: c.cells[cell][i] for cell in c.cells} | {"people": c.people["base"][i]}
        if scope.measure:
            m = queries.moments(store, cursor, METRICS["mean-change"], scope, False)
            for i, group in enumerate(m.groups):
                found[(scope.basis, scope.measure, "sums", group)] = (m.n[i], {k: v[i] for k, v in m.sums.items()})
    return found


BEFORE: dict[int, dict[Any, Any]] = {}  # the same in every example: what is added is never kept


def told_now(store: Store) -> dict[Any, Any]:
    with store.reading() as cursor:
        BEFORE[id(store)] = told(store, cursor)
    return BEFORE[id(store)]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_row_of_a_base_is_in_exactly_one_cell(store: Store, family: str) -> None:
    mart, rows = MARTS_OF[family], 0
    cells = " + ".join(f"coalesce(({condition})::int, 0)" for condition in FAMILIES[family].cells.values())
    scopes = [s for s in SCOPES if not mart or (s.basis != "measured" and not s.measure)]
    for scope in scopes:
        with store.reading() as cursor:
            _, day = queries.versions(cursor)
            source = queries.source(store, scope, False, day, mart)
            (found,) = queries.run(
                cursor,
                f"select count(*) as base, count(*) filter (({cells}) <> 1) as elsewhere from {source.sql} "
                f"where {source.conditions()} and {FAMILIES[family].base}",
                source.parameters | {"as_of": queries.as_of(scope, day), "due_days": 91, "mixed_is_worse": False},
            )
        assert found["elsewhere"] == 0, scope
        rows += found["base"]
    assert rows > 20


MEASURES = (("PHQ-9", 27), ("GAD-7", 21), ("SWEMWBS", 35))


@some.composite
def nobody_twice(draw: Any) -> list[dict[str, Any]]:
    """Scores of somebody who has no first and last: none, one day's, or later ones that never are a last (follow-ups, somebody else's view)."""
    scores = []
    for measure, highest in draw(some.sets(some.sampled_from(MEASURES))):
        day, score = draw(some.integers(0, 110)), some.integers(7, highest)
        scores.append({"measure": measure, "day": day, "score": draw(score), "occasion": draw(some.sampled_from((None, "start", "end", "review")))})
        if draw(some.booleans()):
            scores.append({"measure": measure, "day": day + 30, "score": draw(score), "occasion": "follow-up"})
        if draw(some.booleans()):
            scores.append({"measure": measure, "day": day, "score": draw(score), "view": "practitioner", "occasion": "end"})
    return scores


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=some.lists(nobody_twice(), min_size=1, max_size=6), service=some.sampled_from(["S0", "S2", "S5"]))
def test_adding_people_without_a_second_score_changes_no_paired_count(store: Store, people: list[list[dict[str, Any]]], service: str) -> None:
    before = BEFORE.get(id(store)) or told_now(store)
    with joined_by(store, people, service) as cursor:
        after = told(store, cursor)
        among = cursor.execute("select count(*) from episode where service = ? and started_on = date '2025-05-01'", [service]).fetchone()
    assert among[0] >= len(people)
    assert after == before  # of the courses too: nobody added had a treatment contact, so nobody finished one


def test_two_scores_without_a_cutoff_say_nothing_of_the_clinical_range(store: Store) -> None:
    """Somebody in the clinical range on PHQ-9 with one score there and two on SWEMWBS: in no recovery rate, and among those it may be missing."""
    wellbeing = [{"measure": "SWEMWBS", "day": 0, "score": 18}, {"measure": "SWEMWBS", "day": 90, "score": 27}]
    low = {"measure": "PHQ-9", "day": 0, "score": 18}
    families = ("recovery", "second score, recovery", "second score")

    def service_5(cursor: Any) -> dict[str, dict[str, int]]:
        found = told(store, cursor, families)
        return {name: found[("ended", "", name, ("S5", False))] for name in families}

    with store.reading() as cursor:
        before = service_5(cursor)
    people = [[*wellbeing, low], [*wellbeing], [*wellbeing, low | {"score": 4}], []]
    with joined_by(store, people, "S5") as cursor:
        after = service_5(cursor)
    assert after["recovery"] == before["recovery"]
    moved = {name: {cell: n - before[name][cell] for cell, n in cells.items()} for name, cells in after.items()}
    # The third began outside it. Of the second and the fourth nobody knows where they began.
    assert moved["second score, recovery"] == {"paired": 0, "none": 3, "died or moved away": 0, "people": 3}
    assert moved["second score"] == {"paired": 3, "none": 1, "died or moved away": 0, "people": 4}
