"""Time to improvement and groups beside everybody else, from stored data, again in plain loops; and what the protected steps of a curve promise."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from access import curves, desk, statistics
from access.rules import COMMAND_LINE
from domain.errors import Refused
from domain.types import Event, Scope, Viewer
from tests import conftest
from tests.second_opinion import plain
from warehouse import store as writes
from warehouse import survival_queries
from warehouse.connect import Store

MACHINE = Viewer("root", "administrator", (), COMMAND_LINE)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    data = plain.made_up(11, 900, 6)
    for i, row in enumerate(data["people"]):
        row["how_it_ended"] = (None, "died", "as planned", "moved away", "stopped coming")[i % 5] if row["ended_on"] else None
    store = Store(tmp_path_factory.mktemp("statistics") / "store.duckdb", conftest.ONE_THREAD)
    writes.commit(store, {n: plain.table(n, rows) for n, rows in data.items()}, Event("upload", "test", "administrator", datetime(2026, 3, 31)))
    stays = plain.episodes(data)
    plain.place(data, stays)
    yield store, stays
    store.close()


def walked(scores: list[tuple], better: str, threshold: Any) -> tuple[int, int, bool] | None:
    """(days, event, alone) of one stay, by walking along its scores; None without any."""
    if not scores:
        return None
    ordered = sorted(scores, key=lambda s: (s[0], plain.RANK[s[1]]))
    first_on, first = ordered[0][0], ordered[0][2]
    by_day = {day: score for day, _, score in ordered}  # the latest of a day
    days = sorted(by_day)
    reached = [day > first_on and ((by_day[day] - first) if better == "higher" else (first - by_day[day])) >= threshold for day in days]
    for i, day in enumerate(days):
        if reached[i] and (i == len(days) - 1 or reached[i + 1]):
            return (day - first_on).days, 1, False
    return (days[-1] - first_on).days, 0, len(days) == 1


@pytest.mark.parametrize(("measure", "basis", "by"), [("PHQ-9", "ended", "service"), ("GAD-7", "started", "gender"), ("PHQ-9", "started", "")])
def test_times_are_those_of_plain_loops(loaded: Any, measure: str, basis: str, by: str) -> None:
    store, stays = loaded
    m = store.measures[measure]
    want: dict[str, Counter] = defaultdict(Counter)
    for stay in stays:
        if stay["role"] != "person" or (basis == "ended" and stay["ended_on"] is None):
            continue
        if found := walked(stay["scores"].get((measure, "person"), []), m.better, m.reliable_change):
            want[stay[by] if by else "all"][found] += 1
    with store.reading() as cursor:
        times = survival_queries.times(store, cursor, Scope(measure=measure, basis=basis, by=by), False)
    got: dict[str, Counter] = defaultdict(Counter)
    for row in times.to_dict("records"):
        got[row["grp"]][(row["days"], row["event"], row["alone"])] += 1
    assert got == want
    assert sum(n for c in want.values() for (_, event, _), n in c.items() if event) >= 40


def test_the_median_is_that_of_plain_loops(loaded: Any) -> None:
    store, stays = loaded
    told = statistics.time_to_improvement(store, MACHINE, Scope(measure="PHQ-9"), "own")
    m = store.measures["PHQ-9"]
    found = [walked(s["scores"].get(("PHQ-9", "person"), []), m.better, m.reliable_change) for s in stays if s["role"] == "person" and s["ended_on"]]
    seen = [f for f in found if f]
    left, median = 1.0, math.nan
    for day in sorted({d for d, event, _ in seen if event}):
        at_risk = sum(d >= day for d, _, _ in seen)
        left *= 1 - sum(d == day and event for d, event, _ in seen) / at_risk
        if left < 0.5 and math.isnan(median):
            median = day / 7
    row = told.rows.iloc[0]
    assert (row["n"], row["events"], row["one_score"]) == (len(seen), sum(e for _, e, _ in seen), sum(alone for *_, alone in seen))
    assert row["median"] == pytest.approx(median) and not math.isnan(median)


@pytest.mark.parametrize("policy", ["inside", "outside"])
@pytest.mark.parametrize("by", ["service", "gender", "age_band"])
def test_equity_is_that_of_plain_loops_over_what_may_be_seen(loaded: Any, policy: Any, by: str) -> None:
    store, _ = loaded
    scope = Scope(measure="PHQ-9", by=by)
    told = statistics.against_rest(store, MACHINE, "reliable-improvement", scope, policy).rows
    shown = {r.group: (r.numerator, r.denominator) for r in desk.ask(store, MACHINE, "reliable-improvement", scope, policy).rows if not r.hidden}
    assert list(told["group"]) == list(shown) and len(shown) >= 2
    if by == "gender":
        assert "not stated" in shown
    for row in told.to_dict("records"):
        x, n = shown[row["group"]]
        rest = [shown[g] for g in shown if g != row["group"]]
        y, m = sum(a for a, _ in rest), sum(b for _, b in rest)
        assert (row["rest_numerator"], row["rest_denominator"]) == (y, m)
        decimals = 0 if policy == "outside" else 9
        assert row["difference"] == pytest.approx(round(100 * (x / n - y / m), decimals), abs=1e-6)
        if x and y:
            assert row["ratio"] == pytest.approx(round((x / n) / (y / m), 2 if policy == "outside" else 9), abs=1e-6)
    assert set(told["comparisons"]) == {1 if len(shown) == 2 else len(shown)}


def test_who_died_or_moved_away_is_in_no_row(loaded: Any) -> None:
    store, stays = loaded
    told = statistics.with_missing(store, MACHINE, "reliable-improvement", Scope(measure="PHQ-9"), "own", "not-improved").rows.iloc[0]
    used = {s["service"] for s in stays if ("PHQ-9", "person") in s["scores"]}
    m, improved, counted = store.measures["PHQ-9"], 0, 0
    for stay in stays:
        if stay["role"] != "person" or not stay["ended_on"] or stay["service"] not in used:
            continue
        pair = plain.first_last(stay["scores"].get(("PHQ-9", "person"), []))
        paired = pair is not None and pair[2] > pair[0]
        ended = max(stay["parts"], key=lambda p: p["started_on"])["how_it_ended"]
        counted += paired or ended not in ("died", "moved away")
        improved += bool(paired and pair and pair[1] - pair[3] >= m.reliable_change)
    assert (told["numerator"], told["denominator"]) == (improved, counted)


# ---- what the steps promise ------------------------------------------------------------------------------------------------------------------


@some.composite
def stays_of_groups(draw: Any) -> pd.DataFrame:
    rng = np.random.default_rng(draw(some.integers(0, 2**32 - 1)))
    parts = []
    for group in range(draw(some.integers(1, 4))):
        n = draw(some.integers(1, 60))
        alone = rng.random(n) < 0.2
        parts.append(
            pd.DataFrame(
                {"grp": f"G{group}", "person": [f"{group}-{i}" for i in range(n)], "days": np.where(alone, 0, rng.integers(1, 300, n)),
                 "event": np.where(alone, 0, rng.random(n) < draw(some.floats(0, 1))).astype(int), "alone": alone}
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


@settings(max_examples=60, deadline=None)
@given(stays_of_groups(), some.sampled_from(["inside", "outside"]))
def test_no_step_is_a_few_peoples(times: pd.DataFrame, policy: Any) -> None:
    found = curves.protect(times, policy, 5)
    size = times.groupby("grp").size()
    out_of_sight = {*found.hidden, *found.too_few}
    assert {g for g in size.index if size[g] < 10} <= out_of_sight
    assert out_of_sight == set(size.index) - set(found.rows["group"])
    if out_of_sight and len(size) > 1 and len(out_of_sight) < len(size):
        assert len(out_of_sight) >= 2 and sum(size[g] for g in out_of_sight) >= 10
    for group, rows in found.rows.groupby("group"):
        assert (rows["weeks"] % 4 == 0).all()
        several = rows[rows["weeks"] > 0]
        steps = several.groupby(["weeks", "event"]).size()
        assert (steps >= 5).all()
        mine = times[(times["grp"] == group) & ~times["alone"]]
        if policy == "inside":
            assert len(several) == len(mine)
            assert 0 <= mine["event"].sum() - several["event"].sum() < 5
        else:
            assert (steps % 5 == 0).all()
        assert found.alone[group] is None or found.alone[group] == 0 or found.alone[group] >= 5


def test_what_was_shown_stays_until_five_people_differ() -> None:
    times = pd.DataFrame({"grp": "G", "person": [str(i) for i in range(40)], "days": 30 + np.arange(40), "event": [1, 0] * 20, "alone": False})
    before = curves.protect(times, "inside", 5)
    for more, moves in ((1, False), (4, False), (5, True)):
        new = pd.DataFrame({"grp": "G", "person": [f"n{i}" for i in range(more)], "days": 40, "event": 1, "alone": False})
        after = curves.protect(pd.concat([times, new], ignore_index=True), "inside", 5, before.remembered)
        assert (len(after.rows) != len(before.rows)) == moves and (after.stayed == ("G",)) == (not moves)


# ---- who may ask -----------------------------------------------------------------------------------------------------------------------------

DOORS = {
    "charts": lambda store, viewer, scope: statistics.spc_charts(store, viewer, "reliable-improvement", scope),
    "funnel": lambda store, viewer, scope: statistics.funnels(store, viewer, "reliable-improvement", scope.with_(by="service")),
    "equity": lambda store, viewer, scope: statistics.against_rest(store, viewer, "reliable-improvement", scope.with_(by="gender")),
    "time": lambda store, viewer, scope: statistics.time_to_improvement(store, viewer, scope),
    "missing": lambda store, viewer, scope: statistics.with_missing(store, viewer, "reliable-improvement", scope),
    "effects": lambda store, viewer, scope: statistics.effect_sizes(store, viewer, scope),
    "casemix": lambda store, viewer, scope: statistics.casemix(store, viewer, scope),
}


@pytest.mark.parametrize("door", DOORS)
def test_rights_are_those_of_the_desk(loaded: Any, door: str) -> None:
    store, _ = loaded
    ask, scope = DOORS[door], Scope(measure="PHQ-9")
    with pytest.raises(Refused, match="no outcome figures"):
        ask(store, Viewer("a", "administrator", (), "s"), scope)
    with pytest.raises(Refused, match="another provider"):
        ask(store, Viewer("m", "manager", ("P1",), "s"), scope.with_(services=("S0",)))
    told = {role: ask(store, Viewer(role, role, ("P1",) if role == "manager" else (), "s"), scope) for role in ("manager", "commissioner", "presenter")}
    assert {role: t.policy for role, t in told.items()} == {"manager": "own", "commissioner": "inside", "presenter": "outside"}
    if door == "funnel":
        assert set(told["manager"].rows["group"]) <= {"S1", "S4"}  # the services of P1


def test_a_cohort_has_the_row_it_has_among_the_others(loaded: Any) -> None:
    store, _ = loaded
    among = statistics.time_to_improvement(store, MACHINE, Scope(measure="PHQ-9", by="gender"), "inside").rows
    alone = statistics.time_to_improvement(store, MACHINE, Scope(measure="PHQ-9", cohort=(("gender", "female"),)), "inside").rows
    assert len(alone) == 1
    pd.testing.assert_frame_equal(alone, among[among["group"] == "female"].reset_index(drop=True))
