"""Scores by fortnight from their tally against the same counted score by score: every scope, and what several stays, late scores and small services do."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from domain.settings import Settings
from domain.types import Event, Scope
from metrics.registry import FAMILIES, METRICS
from tests.second_opinion import plain
from warehouse import connect, queries, tallies
from warehouse import store as writes
from warehouse.connect import Store

YEAR = {"start": date(2025, 4, 1), "end": date(2026, 3, 31)}
QUARTER = {"start": date(2025, 7, 1), "end": date(2025, 9, 30)}
SCOPES = [
    Scope(measure="PHQ-9", **period, **more)
    for period in ({}, YEAR, QUARTER, {"end": date(2025, 6, 30)})
    for more in (
        {}, {"by": "gender"}, {"by": "age_band"}, {"by": "start_quarter"}, {"by": "end_quarter"}, {"cohort": (("gender", "female"),)},
        {"basis": "started"}, {"basis": "started", "by": "main_need"},
    )
]  # fmt: skip


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """A made-up store in which the larger services are counted from their tally and the others are not. Some scores were taken after their stay ended."""
    data = plain.made_up(11)
    late = [r | {"date": r["date"] + timedelta(days=days), "score": (r["score"] + 1) % 20} for r in data["assessments"][::9] for days in (13, 21, 100)]
    data["assessments"] = data["assessments"] + late
    large, connect.TALLIED_FROM = connect.TALLIED_FROM, 90
    store = Store(tmp_path_factory.mktemp("fortnights") / "store.duckdb", Settings(score_window_days=200))
    writes.commit(store, {name: plain.table(name, rows) for name, rows in data.items()}, Event("upload", "test", "administrator", datetime(2026, 3, 31)))
    connect.TALLIED_FROM = large
    yield store
    store.close()


def curves(store: Store, scope: Scope, shared: bool) -> dict[int, tuple[object, ...]]:
    with store.reading() as cursor:
        found = queries.trajectories(store, cursor, scope, shared)
    return {k: (m.groups, m.n, m.people, *(tuple(round(v, 6) for v in m.sums[name]) for name in ("gain", "gain2"))) for k, m in found.items()}


@pytest.mark.parametrize("scope", SCOPES, ids=lambda s: f"{s.basis} {s.start} {s.end} {s.by} {s.cohort}")
def test_the_tally_says_what_the_scores_say(loaded, scope, monkeypatch):
    from_tally = [curves(loaded, scope, shared) for shared in (False, True)]
    monkeypatch.setattr(tallies, "holds_fortnights", lambda *_: False)
    assert from_tally == [curves(loaded, scope, shared) for shared in (False, True)]
    assert from_tally[0]


def test_some_scores_are_late_and_some_people_have_several_stays(loaded):
    """Or the test above would say nothing of them."""
    with loaded.reading() as cursor:
        assert cursor.execute("select count(*) from fortnight_tally where seen <> ''").fetchone()[0] > 10
        assert cursor.execute("select count(*) from one_by_one where mart = 'trajectory'").fetchone()[0] > 10
        assert cursor.execute("select count(*) from fortnight_tally where n = 0 or once < n").fetchone()[0] > 0
        assert set(tallies.sizes(cursor, "").values()) == {True, False}


@pytest.mark.parametrize("by", ["", "end_quarter", "gender"])
@pytest.mark.parametrize("period", [{}, YEAR])
def test_asked_together_or_apart_families_and_means_are_the_same(loaded, by, period):
    scope, families = Scope(measure="PHQ-9", by=by, **period), [FAMILIES["change"], FAMILIES["second score"]]
    mean = METRICS["mean-change"]
    with loaded.reading() as cursor:
        counts, moments = queries.together(loaded, cursor, families, mean, scope, True)
        for family, metric in zip(families, ("reliable-improvement", "follow-up-rate"), strict=True):
            alone = queries.counts(loaded, cursor, METRICS[metric], family, scope, True)
            both = counts[family.id]
            assert (both.groups, both.cells, both.people, both.total_people) == (alone.groups, alone.cells, alone.people, alone.total_people)
            assert alone.groups
        alone = queries.moments(loaded, cursor, mean, scope, True)
    assert moments is not None and (moments.groups, moments.n, moments.people) == (alone.groups, alone.n, alone.people)
    assert {name: pytest.approx(values) for name, values in moments.sums.items()} == alone.sums
