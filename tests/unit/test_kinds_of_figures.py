"""Figures that are no rate of a questionnaire: medians, rates over time, goals and courses at the desk, in sentences and in files."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from access import desk, rules, schemes, statistics, trajectories
from domain import settings
from domain.errors import Shown
from domain.settings import Settings
from domain.types import Event, Scope, Viewer
from exports import files
from metrics import rates, reading
from metrics.registry import METRICS
from tests import conftest
from tests.second_opinion import plain
from tests.second_opinion.test_goals_and_courses import beside
from warehouse import store as writes
from warehouse.connect import Store

MACHINE = Viewer("root", "administrator", (), rules.COMMAND_LINE)
COMMISSIONER = Viewer("c", "commissioner", (), "s1")
AT = datetime(2026, 3, 31)
OWN_ONLY = ["lower_by_person", "upper_by_person"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    data = plain.made_up(31, 700, 6)
    beside(data, 32)
    store = Store(tmp_path_factory.mktemp("kinds") / "store.duckdb", conftest.ONE_THREAD)
    writes.commit(store, {n: plain.table(n, rows) for n, rows in data.items()}, Event("upload", "t", "manager", AT))
    yield store
    store.close()


@pytest.mark.parametrize("policy", ["own", "inside", "outside"])
@pytest.mark.parametrize("metric", METRICS)
def test_every_figure_is_answered_said_and_filed(store: Store, metric: str, policy: Any) -> None:
    for by in ("", "service", "gender"):
        told = desk.ask(store, MACHINE, metric, Scope(measure="PHQ-9", by=by), policy)
        rows = [*told.rows, *([told.total] if told.total else [])]
        assert rows or metric.startswith("maintained")
        for row in rows:
            assert not (row.hidden and (row.value is not None or row.numerator is not None or row.denominator is not None))
            said = reading.sentence(METRICS[metric], row, about=policy == "outside")
            assert said.endswith((".", "?")) and "nan" not in said and "None" not in said.split()[:1]
        frame = files.frame(told, METRICS[metric])
        assert len(frame) == len(rows) and files.csvs_bytes([(told, METRICS[metric], {})]).startswith(b"\xef\xbb\xbf")


def test_the_figure_of_a_curve_is_its_median(store: Store) -> None:
    for policy in ("own", "inside", "outside"):
        curve = statistics.time_to_improvement(store, MACHINE, Scope(measure="PHQ-9", by="service"), policy)
        figure = desk.ask(store, MACHINE, "time-to-improvement", Scope(measure="PHQ-9", by="service"), policy)
        medians = {r["group"]: r for r in curve.rows.to_dict("records")}
        shown = [r for r in figure.rows if not r.hidden and not r.too_few]
        assert {r.group for r in shown} == set(medians) and len(shown) >= 3
        for row in shown:
            assert (row.denominator, row.numerator) == (medians[row.group]["n"], medians[row.group]["events"])
            assert row.value is None or row.value == pytest.approx(medians[row.group]["median"], abs=0.06)
    with pytest.raises(Shown, match="curve"):
        statistics.spc_charts(store, MACHINE, "time-to-improvement", Scope())


def test_parts_of_life_stand_side_by_side_without_a_total(store: Store) -> None:
    told = desk.ask(store, COMMISSIONER, "goal-progress", Scope(by="outcome_area"))
    assert told.total is None and len(told.rows) == 3
    with pytest.raises(Shown, match="breakdown"):
        desk.ask(store, COMMISSIONER, "reliable-improvement", Scope(by="outcome_area"))
    with pytest.raises(Shown, match="questionnaire"):
        desk.ask(store, COMMISSIONER, "goal-progress", Scope(by="measure"))
    with pytest.raises(Shown, match="ended or started"):
        desk.ask(store, COMMISSIONER, "goal-progress", Scope(basis="measured"))


def test_first_scores_in_bands(store: Store) -> None:
    own = desk.ask(store, MACHINE, "first-score-rate", Scope(measure="PHQ-9", by="first_band"), "own")
    assert [r.group for r in own.rows] == sorted(r.group for r in own.rows) and {"10 to 14, moderate", "not stated"} <= {r.group for r in own.rows}
    assert all(r.value == (0 if r.group == "not stated" else 100) for r in own.rows)
    with pytest.raises(Shown, match="bands"):
        desk.ask(store, MACHINE, "reliable-improvement", Scope(measure="SWEMWBS", by="first_band"), "own")


def test_a_rate_over_time_needs_people_with_and_without_an_event(store: Store) -> None:
    exact = {r.group: r for r in desk.ask(store, MACHINE, "crisis-rate", Scope(by="service"), "own").rows}
    inside = {r.group: r for r in desk.ask(store, MACHINE, "crisis-rate", Scope(by="service"), "inside").rows}
    assert exact and all(r.value is not None and r.lower <= r.value <= r.upper for r in exact.values() if not r.too_few)
    small = desk.ask(store, MACHINE, "crisis-rate", Scope(by="service", start=date(2025, 4, 1), end=date(2025, 6, 30)), "inside")
    assert any(r.hidden or r.too_few for r in small.rows)
    assert any(not r.hidden for r in inside.values())
    with pytest.raises(Shown, match="Too few"):
        schemes.early_against_later(store, MACHINE, Scope(services=("S1",), start=date(2025, 4, 1), end=date(2025, 6, 30)), "inside")


def test_a_ratio_of_rates_is_exact_and_turns_with_its_order() -> None:
    value, lower, upper = rates.ratio(10, 20, 40, 20)  # held against poisson.test in tests/golden
    assert value == 0.25 and lower < value < upper < 1
    assert tuple(1 / v for v in rates.ratio(40, 20, 10, 20)) == pytest.approx((value, upper, lower))
    assert rates.ratio(0, 10, 5, 10)[0] == 0 and rates.ratio(0, 10, 5, 10)[1] == 0


def _person(i: int, service: str = "S1") -> dict:
    return {"person": f"{i:032x}", "service_code": service, "started_on": date(2025, 4, 1), "ended_on": date(2025, 9, 30), "how_it_ended": "as planned"}


def test_goals_too_stay_as_shown_until_five_people_differ(tmp_path: Any) -> None:
    store = Store(tmp_path / "s.duckdb", Settings())
    services = [
        {"service_code": "S1", "service_name": "One", "provider_code": "P1", "provider_name": "P", "service_type": "counselling", "main_result": "goals"}
    ]
    people = [_person(i) for i in range(40)]

    def goals(n: int) -> dict[str, list[dict]]:
        who = [{"person": p["person"], "service_code": "S1", "goal_ref": "G1"} for p in people[:n]]
        return {
            "goals": [w | {"agreed_on": date(2025, 4, 2), "outcome_area": "skills", "scale": "GBO", "baseline": 2, "target": 8} for w in who],
            "goal_reviews": [w | {"date": date(2025, 4, 2) + timedelta(days=60), "level": 6 if i % 2 else 2} for i, w in enumerate(who)],
        }

    def send(tables: dict[str, list[dict]]) -> None:
        writes.commit(store, {n: plain.table(n, rows) for n, rows in tables.items()}, Event("upload", "t", "manager", AT))

    def shown() -> int | None:
        return desk.ask(store, COMMISSIONER, "goal-progress", Scope()).rows[0].denominator

    send({"services": services, "people": people} | goals(20))
    assert shown() == 20
    send(goals(23))
    assert shown() == 20 and desk.ask(store, MACHINE, "goal-progress", Scope(), "own").rows[0].denominator == 23
    send(goals(32))
    assert shown() == 32
    store.close()


def test_what_keeps_no_memory_of_its_own_stays_with_the_released_records(tmp_path: Any) -> None:
    """A fan of scores and early against later: three more people change nothing for a commissioner, five do; the provider sees all at once."""
    store = Store(tmp_path / "s.duckdb", Settings())
    services = [
        {"service_code": "S1", "service_name": "One", "provider_code": "P1", "provider_name": "P", "service_type": "counselling", "main_result": "PHQ-9"}
    ]
    people = [_person(i) for i in range(40)]

    def records(n: int) -> dict[str, list[dict]]:
        who = [{"person": p["person"], "service_code": "S1"} for p in people[:n]]
        scores = [
            w | {"date": date(2025, 4, 1) + timedelta(days=d), "measure": "PHQ-9", "score": 10 if i < 30 else 27} for i, w in enumerate(who) for d in (0, 60)
        ]
        crises = [w | {"date": date(2025, 4, 1) + timedelta(days=d), "kind": "crisis contact"} for i, w in enumerate(who) for d in (10, 120) if i % 2]
        return {"people": people[:n], "assessments": scores, "contacts": crises}

    def shown(viewer: Viewer, policy: Any) -> tuple[list[dict], list[dict]]:
        spread = trajectories.fan(store, viewer, Scope(measure="PHQ-9"), policy).rows
        return spread.to_dict("records"), schemes.early_against_later(store, viewer, Scope(), policy).rows.drop(columns=OWN_ONLY).to_dict("records")

    def send(n: int) -> None:
        tables = {"services": services} | records(n)
        writes.commit(store, {name: plain.table(name, rows) for name, rows in tables.items()}, Event("upload", "t", "manager", AT))

    send(30)
    first = shown(COMMISSIONER, None)
    send(33)
    assert repr(shown(COMMISSIONER, None)) == repr(first)
    assert all(repr(a) != repr(b) for a, b in zip(shown(MACHINE, "own"), first, strict=True))
    send(36)
    assert all(repr(a) != repr(b) for a, b in zip(shown(COMMISSIONER, None), first, strict=True))
    store.close()


def test_what_missing_people_may_be_is_counted_of_those_it_is_about(store: Store) -> None:
    """Of recovery: whoever has no second score and began in the clinical range, or may have, in plain loops over the mart."""
    with store.reading() as cursor:
        rows = cursor.execute(
            "select paired, clinical_first, clinical_last, how_it_ended, has_first from outcome where measure = 'PHQ-9' and subscale = '' and "
            "perspective = 'person' and role = 'person' and ended_on is not null"
        ).fetchall()
    among = [r for r in rows if r[1] or not r[4]]
    assert any(not r[4] for r in rows)  # people without a first score: nobody knows where they began
    recovered = sum(bool(p and not last) for p, _, last, _, _ in among)
    due = sum(bool(p or how not in ("died", "moved away")) for p, _, _, how, _ in among)
    told = statistics.with_missing(store, MACHINE, "recovery", Scope(measure="PHQ-9"), "own", "not-improved").rows.iloc[0]
    assert (told["numerator"], told["denominator"]) == (recovered, due) and due > recovered > 20
    low, high = statistics.with_missing(store, MACHINE, "recovery", Scope(measure="PHQ-9"), "own").rows["value"]
    assert low == pytest.approx(100 * recovered / due) and high == pytest.approx(100 * (recovered + sum(not r[0] for r in among)) / due)


def test_mixed_change_has_two_known_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SO_WHAT_MIXED_CHANGE", "worse")
    assert settings.load().mixed_change == "worse"
    monkeypatch.setenv("SO_WHAT_MIXED_CHANGE", "better")
    with pytest.raises(Shown, match="no change, worse"):
        settings.load()


def test_standardised_rates_say_whom_they_cover(store: Store) -> None:
    told = statistics.standardised(store, MACHINE, "reliable-improvement", Scope(measure="PHQ-9"), "own")
    assert len(told.rows) >= 4 and (told.rows["covered"] > 80).all() and told.said[0].count("as it would be") == 1
    plainly = {r.group: r for r in desk.ask(store, MACHINE, "reliable-improvement", Scope(measure="PHQ-9", by="service"), "own").rows}
    for row in told.rows.to_dict("records"):
        assert row["denominator"] == plainly[row["group"]].denominator and row["crude"] == pytest.approx(plainly[row["group"]].value)
    with pytest.raises(Shown, match="first score"):
        statistics.standardised(store, MACHINE, "goal-progress", Scope(measure="PHQ-9"))
