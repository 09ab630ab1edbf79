"""A small service's quarters and years are added up from one question: they must say what each says when it is asked by itself."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from access import exact
from domain.types import Event, Scope
from metrics.registry import FAMILIES, METRICS
from tests import conftest
from tests.second_opinion import plain
from warehouse import connect, queries
from warehouse import store as writes
from warehouse.connect import Store

TOGETHER = [FAMILIES[name] for name in exact.TOGETHER]
PERIODS = [(None, None), (date(2025, 4, 1), date(2026, 3, 31)), (date(2025, 7, 1), date(2025, 9, 30)), (date(2025, 7, 1), None), (None, date(2025, 9, 30))]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A made-up store whose services are all small, with people who came back."""
    opened = Store(tmp_path_factory.mktemp("stays") / "store.duckdb", conftest.ONE_THREAD)
    data = plain.made_up(7)
    writes.commit(opened, {name: plain.table(name, rows) for name, rows in data.items()}, Event("upload", "test", "administrator", datetime(2026, 3, 31)))
    yield opened
    opened.close()


@pytest.mark.parametrize("measure", ["", "PHQ-9"])
@pytest.mark.parametrize("by", ["", "end_quarter"])
@pytest.mark.parametrize("shared_only", [True, False])
def test_a_service_quarter_by_quarter_is_what_each_period_says(store, shared_only, by, measure):
    mean = METRICS["mean-change"] if measure else None
    told = again = 0
    for service in queries.about(store.cursor()):
        for start, end in PERIODS:
            for cohort in ((), (("gender", "female"),)):
                scope = Scope(services=(service,), start=start, end=end, by=by, measure=measure, cohort=cohort)
                with store.reading() as cursor:
                    at = queries.versions(cursor)
                    stays = queries.stays(store, cursor, TOGETHER, mean, queries.whole_time(scope), shared_only, at)
                    asked = queries.together(store, cursor, TOGETHER, mean, scope, shared_only, at)
                assert stays.rows is not None
                assert queries.together_from(stays, TOGETHER, mean, scope) == asked, scope
                told += sum(asked[0]["change"].people["base"])
                again += len({row[3] for row in stays.rows if not row[2]})
    assert told > 100 and again > 0, "people counted, some of them with several stays"


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope(services=("S1", "S2")),
        Scope(services=("S1",), basis="started"),
        Scope(services=("S1",), start=date(2025, 4, 2)),
        Scope(services=("S1",), by="gender"),
        Scope(services=("S1",), cohort=(("end_quarter", "2025-26 Q1"),)),
    ],
)
def test_only_whole_quarters_of_ending_of_one_service_come_from_one_question(scope):
    assert queries.whole_time(scope) is None


def test_a_service_with_a_tally_is_asked_each_time(monkeypatch, tmp_path):
    monkeypatch.setattr(connect, "TALLIED_FROM", 1)
    large = Store(tmp_path / "large.duckdb", conftest.ONE_THREAD)
    data = plain.made_up(7)
    writes.commit(large, {name: plain.table(name, rows) for name, rows in data.items()}, Event("upload", "test", "administrator", datetime(2026, 3, 31)))
    service = next(iter(queries.about(large.cursor())))
    with large.reading() as cursor:
        assert queries.stays(large, cursor, TOGETHER, None, Scope(services=(service,)), True, queries.versions(cursor)).rows is None
    large.close()
