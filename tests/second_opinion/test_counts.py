"""Every first metric, by every breakdown and basis, against plain loops on generated data."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

import pytest

from domain.types import Event, Scope
from metrics.registry import FAMILIES, METRICS
from tests import conftest
from tests.second_opinion import plain
from warehouse import connect, queries, tallies
from warehouse import store as writes
from warehouse.connect import Store

BREAKDOWNS = (
    "", "service", "provider", "sector", "service_type", "locality", "start_quarter", "end_quarter", "gender", "age_band", "main_need", "role", "measure",
)  # fmt: skip
PERIODS = [(None, None), (date(2025, 4, 1), date(2026, 3, 31)), (date(2025, 7, 1), date(2025, 9, 30))]


@pytest.fixture(scope="module", params=[1, pytest.param(1_000_000, marks=pytest.mark.slow)], ids=["tallied", "row by row"])
def loaded(tmp_path_factory, request):
    """A made-up store, its rows and stays. Once as small services are counted, a row at a time, and once as large ones are, from their tally."""
    data = plain.made_up(7)
    tallied_from, connect.TALLIED_FROM = connect.TALLIED_FROM, request.param
    request.addfinalizer(lambda: setattr(connect, "TALLIED_FROM", tallied_from))
    store = Store(tmp_path_factory.mktemp("plain") / "store.duckdb", conftest.ONE_THREAD)
    event = Event("upload", "test", "administrator", datetime(2026, 3, 31))
    writes.commit(store, {name: plain.table(name, rows) for name, rows in data.items()}, event)
    stays = plain.episodes(data)
    plain.place(data, stays)
    yield store, data, stays
    store.close()


def in_period(stay, basis, start, end):
    day = {"ended": stay["ended_on"], "started": stay["started_on"]}[basis]
    return day is not None and (start is None or day >= start) and (end is None or day <= end)


def verdict(measure, gain):
    if measure.reliable_change is None:
        return None
    return "improved" if gain >= measure.reliable_change else "worsened" if -gain >= measure.reliable_change else "same"


def clinical(measure, score):
    if measure.cutoff is None:
        return None
    return score >= measure.cutoff if measure.clinical_side == "at or above" else score <= measure.cutoff


def one_measure(store, stay, code, view, basis, start, end, data_date):
    """(paired, change, clinical first, clinical last, gain, first, last, has first) on one questionnaire, by the rules of the basis."""
    measure = store.measures[code]
    scores = stay["scores"].get((code, view), [])
    if basis == "measured":
        start, last_day = start or date.min, min(d for d in (end, data_date) if d)
        inside = [s for s in scores if start <= s[0] <= last_day]
        if not inside:
            return None
        if stay["ended_on"] is None or stay["ended_on"] > last_day:
            before = [s for s in scores if s[0] < start]
            first = max(before, key=lambda s: (s[0], plain.RANK[s[1]])) if before else min(inside, key=lambda s: (s[0], plain.RANK[s[1]]))
            last = max(inside, key=lambda s: (s[0], plain.RANK[s[1]]))
            found = (first[0], first[2], last[0], last[2])
        else:
            found = plain.first_last(scores)
    else:
        found = plain.first_last(scores)
    if found is None:
        return False, None, None, None, None, None, None, False
    paired = found[2] > found[0]
    gain = (found[3] - found[1]) * (1 if measure.better == "higher" else -1) if paired else None
    return paired, verdict(measure, gain) if paired else None, clinical(measure, found[1]), clinical(measure, found[3]), gain, found[1], found[3], True


def used_by(stays):
    """Which questionnaires (headline perspective) each service uses, from its scores."""
    used = defaultdict(set)
    for stay in stays:
        for code, view in stay["scores"]:
            if view == "person":
                used[stay["service"]].add(code)
    return used


def main_measures(store, data, stays):
    used, found = used_by(stays), {}
    for s in data["services"]:
        named = [m.strip() for m in (s["main_result"] or "").split(";")]
        listed = [m for m in named if m in store.measures]
        used[s["service_code"]] |= set(listed)
        found[s["service_code"]] = listed or [m for m in used[s["service_code"]] if store.measures[m].reliable_change is not None]
    return used, found


def expected(store, data, stays, scope, data_date):
    """{(group, still open): [row, …]} where a row is what one stay says under the scope."""
    used, main = main_measures(store, data, stays)
    told = defaultdict(list)
    for stay in stays:
        if scope.by != "role" and stay["role"] != "person":
            continue
        if stay["shares_record"] == "no":
            continue
        if scope.basis != "measured" and not in_period(stay, scope.basis, scope.start, scope.end):
            continue
        last_day = min(d for d in (scope.end, data_date) if d)
        is_open = {"ended": False, "started": stay["ended_on"] is None, "measured": stay["ended_on"] is None or stay["ended_on"] > last_day}[scope.basis]
        codes = [scope.measure] if scope.measure else sorted(used[stay["service"]]) if scope.by == "measure" else main[stay["service"]]
        codes = [c for c in codes if c in used[stay["service"]]]
        rows = {c: one_measure(store, stay, c, "person", scope.basis, scope.start, scope.end, data_date) for c in codes}
        rows = {c: r for c, r in rows.items() if r is not None}
        if not rows:
            continue
        if scope.measure or scope.by == "measure":
            for code, row in rows.items():
                told[(code if scope.by == "measure" else stay.get(scope.by, "all"), is_open)].append((stay, row))
        else:
            changes = {r[1] for r in rows.values() if r[1] is not None}
            change = (
                None if not changes else "mixed" if {"improved", "worsened"} <= changes else next((c for c in ("improved", "worsened") if c in changes), "same")
            )
            pairs = [r for r in rows.values() if r[0]]
            first = any(r[2] for r in pairs) if any(r[2] is not None for r in pairs) else None
            last = any(r[3] for r in pairs) if any(r[3] is not None for r in pairs) else None
            told[(stay.get(scope.by, "all"), is_open)].append((stay, (bool(pairs), change, first, last, None, None, None, any(r[7] for r in rows.values()))))
    return told, last_day


def cells_of(metric, row, stay, last_day):
    paired, change, first, last, *_, has_first = row
    if metric.family == "change":
        return {"improved": "improved", "worsened": "worsened", "same": "same", "mixed": "same"}.get(change) if paired else None
    if metric.family == "recovery":
        if not (paired and first):
            return None
        return "not recovered" if last else "reliably recovered" if change == "improved" else "recovered only"
    if metric.family == "first score":
        return "with" if has_first else "without"
    due = (stay["ended_on"] is not None and stay["ended_on"] <= last_day) or (last_day - stay["started_on"]).days >= 91
    apart = "died or moved away" if stay.get("how_it_ended") in ("died", "moved away") else "none"
    return ("paired" if paired else apart) if due else None


@pytest.mark.parametrize("basis", ["ended", "started", "measured"])
@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("measure", ["", "PHQ-9", "SWEMWBS"])
def test_counts_agree_with_plain_loops(loaded, basis, period, measure):
    store, data, stays = loaded
    checked = 0
    for by in BREAKDOWNS:
        if basis == "measured" and connect.TALLIED_FROM == 1 and by not in ("", "service", "measure"):
            # The tally holds no scope of this basis: every breakdown is asked "row by row", and here the same question need not be answered again.
            assert not any(tallies.holds(Scope(basis=basis, start=period[0], end=period[1], measure=measure, by=by), f.base) for f in FAMILIES.values())
            continue
        scope = Scope(basis=basis, start=period[0], end=period[1], measure=measure, by=by)
        with store.reading() as cursor:
            _, data_date = queries.versions(cursor)
        told, last_day = expected(store, data, stays, scope, data_date)
        for id in ("reliable-improvement", "reliable-recovery", "first-score-rate", "follow-up-rate"):
            metric = METRICS[id]
            with store.reading() as cursor:
                counts = queries.counts(store, cursor, metric, FAMILIES[metric.family], scope, True)
            want = defaultdict(lambda: defaultdict(int))
            people = defaultdict(set)
            for group, rows in told.items():
                for stay, row in rows:
                    cell = cells_of(metric, row, stay, last_day)
                    if cell:
                        want[group][cell] += 1
                        people[group].add(stay["person"])
            got = {g: {c: counts.cells[c][i] for c in counts.cells if counts.cells[c][i]} for i, g in enumerate(counts.groups)}
            assert got == {g: dict(c) for g, c in want.items()}, (id, by)
            assert {g: counts.people["base"][i] for i, g in enumerate(counts.groups)} == {g: len(p) for g, p in people.items()}
            checked += sum(sum(c.values()) for c in got.values())
    assert checked > 20


@pytest.mark.parametrize("basis", ["ended", "measured"])
def test_sums_agree_with_plain_loops(loaded, basis):
    store, data, stays = loaded
    for by in ("", "service", "gender"):
        scope = Scope(basis=basis, measure="PHQ-9", by=by)
        with store.reading() as cursor:
            moments = queries.moments(store, cursor, METRICS["mean-change"], scope, True)
            _, data_date = queries.versions(cursor)
        told, _ = expected(store, data, stays, scope, data_date)
        want = {g: [(r[4], r[5], r[6]) for _, r in rows if r[0]] for g, rows in told.items()}
        want = {g: rows for g, rows in want.items() if rows}
        assert dict(zip(moments.groups, moments.n, strict=True)) == {g: len(rows) for g, rows in want.items()}
        for i, group in enumerate(moments.groups):
            assert moments.sums["gain"][i] == float(sum(r[0] for r in want[group]))
            assert moments.sums["first_last"][i] == float(sum(r[1] * r[2] for r in want[group]))
            assert moments.sums["gain2"][i] == float(sum(r[0] ** 2 for r in want[group]))


def test_a_later_score_never_alters_an_earlier_period(loaded, tmp_path):
    store, data, _ = loaded
    scope = Scope(basis="measured", start=date(2025, 4, 1), end=date(2025, 6, 30), measure="PHQ-9", by="service")
    early = Store(tmp_path / "early.duckdb", conftest.ONE_THREAD)
    # The same people and services, without any score after the period: the period's figures must already be the same.
    kept = [a for a in data["assessments"] if a["date"] <= date(2025, 6, 30)]
    tables = {"services": data["services"], "people": data["people"], "assessments": kept}
    writes.commit(early, {n: plain.table(n, rows) for n, rows in tables.items()}, Event("upload", "test", "administrator", datetime(2026, 3, 31)))
    figures = []
    for one in (store, early):
        with one.reading() as cursor:
            counts = queries.counts(one, cursor, METRICS["reliable-improvement"], FAMILIES["change"], scope, True)
        figures.append({g: tuple(counts.cells[c][i] for c in counts.cells) for i, g in enumerate(counts.groups) if g[1]})
    early.close()
    assert figures[0] and figures[0] == figures[1]


def test_cells_and_conditions_say_the_same(loaded):
    store, _, _ = loaded
    for metric in METRICS.values():
        if metric.kind != "proportion":
            continue
        family = FAMILIES[metric.family]
        union = " or ".join(f"({family.cells[c]})" for c in metric.cells)
        for mart in (metric.mart,) if metric.mart else ("outcome", "headline"):
            with store.reading() as cursor:
                sql = f"select count(*) from {mart} where {family.base} and ({metric.numerator}) is distinct from ({union})"
                row = cursor.execute(sql.replace("$as_of", "date '2026-03-31'").replace("$due_days", "91").replace("$mixed_is_worse", "false")).fetchone()
            assert row[0] == 0, metric.id
