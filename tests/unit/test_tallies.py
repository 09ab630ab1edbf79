"""Sums made beforehand: made with a small change, put off by a large one, and the same figures with them, without them and after a rebuild."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime

import pytest

from domain.settings import Settings
from domain.types import Event, Scope
from metrics.registry import FAMILIES, METRICS
from tests.second_opinion import plain
from warehouse import backup, connect, queries, tallies
from warehouse import store as writes
from warehouse.connect import Store

TALLIED = ("tally", "used", "one_by_one", "fortnight_tally")


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A store whose services all count as large."""
    monkeypatch.setattr(connect, "TALLIED_FROM", 1)
    store = Store(tmp_path / "store.duckdb", Settings())
    yield store
    store.close()


def event():
    return Event("upload", "test", "administrator", datetime(2026, 3, 31))


def sent(store, data=None):
    writes.commit(store, {name: plain.table(name, rows) for name, rows in (data or plain.made_up(3)).items()}, event())


def figures(store, shared=False):
    """Every metric that is counted, by age, as the provider or everybody else sees it."""
    with store.reading() as cursor:
        counted = [metric for metric in METRICS.values() if metric.family in FAMILIES]
        return {m.id: replace(queries.counts(store, cursor, m, FAMILIES[m.family], Scope(by="age_band"), shared), data_version=0) for m in counted}


def rows(store):
    tables = [f"{name}{copy}" for name in TALLIED for copy in ("", "_frozen")]
    with store.reading() as cursor:
        return {name: cursor.execute(f"select count(*), sum(hash(t)::hugeint) from (from {name}) t").fetchone() for name in tables}


def due(store):
    with store.reading() as cursor:
        return {row[0] for row in cursor.execute("from tally_due").fetchall()}


def put_off(monkeypatch):
    """A change so large that its tally is made later, and nobody who makes it by themselves."""
    monkeypatch.setattr(connect, "TALLY_LATER", 1)
    monkeypatch.setattr(Store, "tally_soon", lambda self: None)


def test_a_tally_put_off_gives_the_same_figures_before_and_after(large, tmp_path, monkeypatch):
    sent(large)
    made, shown = rows(large), figures(large)
    assert made["tally"][0] and not due(large)

    put_off(monkeypatch)
    later = Store(tmp_path / "later" / "store.duckdb", Settings())
    sent(later)
    assert due(later) and not rows(later)["tally"][0]
    with later.reading() as cursor:
        assert tallies.sizes(cursor, "") == {}, "until it is made nothing may lean on it"
    assert figures(later) == shown
    later.tally()
    assert not due(later) and rows(later) == made and figures(later) == shown
    later.close()


def test_a_tally_put_off_is_made_in_the_background_and_when_the_store_opens_again(large, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        put_off(patched)
        sent(large)
    assert due(large)
    large.close()
    opened = Store(large.path, Settings())
    for thread in opened._tallying:
        thread.join()
    assert not due(opened) and rows(opened)["tally"][0]
    opened.close()


def test_a_store_closed_while_its_tally_is_made_finishes_it_later(large, tmp_path, monkeypatch):
    monkeypatch.setattr(connect, "TALLY_LATER", 1)
    sent(large)
    large.close()  # at whatever point the thread is
    opened = Store(large.path, Settings())
    for thread in opened._tallying:
        thread.join()
    assert not due(opened) and rows(opened)["tally"][0]
    opened.close()


def test_a_large_service_that_waits_shows_the_same_after_a_rebuild(large, tmp_path):
    data = plain.made_up(3)
    sent(large, data)
    before = figures(large, shared=True)
    last = max(data["assessments"], key=lambda score: (score["person"], score["date"]))
    writes.commit(large, {"assessments": plain.table("assessments", [{**last, "score": 27 - last["score"]}])}, event())
    with large.reading() as cursor:
        assert cursor.execute("select count(*) from waiting").fetchone() != (0,), "one person's new score makes the service wait"
    assert figures(large, shared=True) == before
    made = rows(large)
    large.close()

    copy = tmp_path / "copy"
    shutil.copytree(large.path.parent, copy, ignore=shutil.ignore_patterns("later", "copy"))
    rebuilt = backup.rebuild(copy / "store.duckdb", Settings())
    assert rows(rebuilt) == made
    assert figures(rebuilt, shared=True) == before
    rebuilt.close()


def test_the_first_large_service_brings_the_tally_of_the_small_ones_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr(Store, "tally_soon", lambda self: None)
    store = Store(tmp_path / "store.duckdb", Settings())
    sent(store)
    shown = figures(store)
    assert due(store) and rows(store)["one_by_one"] == (0, None), "nobody asks, so nothing is made"
    with store.reading() as cursor:
        largest = cursor.execute("select service, count(*) from outcome group by service, measure, perspective order by 2 desc limit 1").fetchone()
    monkeypatch.setattr(connect, "TALLIED_FROM", largest[1])
    with store.writing() as cursor:
        connect.build_marts(cursor, store.settings, [largest[0]])
    store.tally()
    assert not due(store) and rows(store)["tally"][0] and rows(store)["one_by_one"][0]
    assert figures(store) == shown
    store.close()
