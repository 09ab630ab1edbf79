"""Loading rules, undo, the ledger, rebuild, backup and restore, on real files."""

from __future__ import annotations

import inspect
import os
import shutil
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from domain import codes
from domain.errors import DatabaseBusy, Shown
from domain.quarters import Quarter, quarter_of
from domain.settings import Settings
from domain.types import Event
from tests.second_opinion import plain
from warehouse import arrivals, backup, ledger
from warehouse import store as writes
from warehouse.connect import MARTS, Store


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store.duckdb", Settings())
    yield store
    store.close()


def event(kind="upload"):
    return Event(kind, "test", "administrator", datetime(2026, 3, 31))


def commit(store, complete=None, **rows):
    return writes.commit(store, {name: plain.table(name, found) for name, found in rows.items()}, event(), complete=complete)


def contents(store, tables=("services", "people", "assessments", "quarterly_return", *MARTS)):
    with store.reading() as cursor:
        return {name: cursor.execute(f"select count(*), sum(hash(t)::hugeint) from (select * from {name}) t").fetchone() for name in tables}


SERVICE = {"service_code": "A", "service_name": "A", "provider_code": "P", "provider_name": "P", "service_type": "counselling", "main_result": "PHQ-9"}
PERSON = {"person": "0" * 32, "service_code": "A", "started_on": date(2025, 4, 10), "ended_on": date(2025, 8, 1)}


def score(day, value, **more):
    return {"person": "0" * 32, "service_code": "A", "date": day, "measure": "PHQ-9", "score": Decimal(value), **more}


def test_record_sheets_upsert_on_their_key(store):
    commit(store, services=[SERVICE], people=[PERSON], assessments=[score(date(2025, 4, 10), 20), score(date(2025, 7, 10), 12)])
    later = commit(store, assessments=[score(date(2025, 7, 10), 9)])
    with store.reading() as cursor:
        rows = cursor.execute("select date, score, upload_id = $id from assessments order by date", {"id": later.upload_id}).fetchall()
        outcome = cursor.execute("select first_score, last_score, gain, change from outcome").fetchall()
    assert rows == [(date(2025, 4, 10), Decimal("20"), False), (date(2025, 7, 10), Decimal("9"), True)]
    assert outcome == [(Decimal("20"), Decimal("9"), Decimal("11"), "improved")]


def test_blank_parts_of_a_key_match_blank(store):
    commit(store, services=[SERVICE], people=[PERSON], assessments=[score(date(2025, 4, 10), 20, subscale=None, perspective=None)])
    commit(store, assessments=[score(date(2025, 4, 10), 18, subscale=None, perspective=None)])
    assert contents(store, ("assessments",))["assessments"][0] == 1


def test_quarter_sheets_replace_their_quarter(store):
    line = {"service_code": "A", "year": 2025, "quarter": 1, "ref": "M1", "actual": 4.0}
    commit(store, services=[SERVICE], quarterly_return=[line, {**line, "ref": "M2"}, {**line, "quarter": 2}])
    commit(store, quarterly_return=[{**line, "actual": 5.0}])
    with store.reading() as cursor:
        rows = cursor.execute("select quarter, ref, actual from quarterly_return order by 1, 2").fetchall()
    assert rows == [(1, "M1", 5.0), (2, "M1", 4.0)]


def test_absent_records_go_only_when_the_file_is_complete(store):
    first = [score(date(2025, 4, 10), 20), score(date(2025, 5, 10), 15), score(date(2025, 7, 10), 12)]
    commit(store, services=[SERVICE], people=[PERSON], assessments=first)
    commit(store, assessments=[score(date(2025, 4, 10), 20)])
    assert contents(store, ("assessments",))["assessments"][0] == 3
    commit(store, complete=(date(2025, 4, 1), date(2025, 6, 30)), assessments=[score(date(2025, 4, 10), 20)])
    with store.reading() as cursor:
        assert [r[0] for r in cursor.execute("select date from assessments order by 1").fetchall()] == [date(2025, 4, 10), date(2025, 7, 10)]


def test_preview_foretells_what_commit_does(store):
    commit(store, services=[SERVICE], people=[PERSON], assessments=[score(date(2025, 4, 10), 20), score(date(2025, 7, 10), 12)])
    tables = {"assessments": plain.table("assessments", [score(date(2025, 4, 10), 20), score(date(2025, 7, 10), 11), score(date(2025, 7, 20), 9)])}
    assert arrivals.examine(store, tables).preview == {"Assessments": {"new": 1, "changed": 1, "unchanged": 1, "gone": 0}}
    writes.commit(store, tables, event())
    assert arrivals.examine(store, tables).preview == {"Assessments": {"new": 0, "changed": 0, "unchanged": 3, "gone": 0}}


def test_undo_recomputes_from_the_uploads_that_remain(store):
    data = plain.made_up(3, n_people=60)
    commit(store, services=data["services"], people=data["people"], assessments=data["assessments"][:200])
    before = contents(store)
    second = commit(store, assessments=[{**a, "score": Decimal(7)} for a in data["assessments"][100:]])
    third = commit(store, services=[{**data["services"][0], "service_name": "Renamed"}])
    after_third = contents(store)
    fourth = commit(store, people=data["people"][:5])
    writes.undo(store, fourth.upload_id, event("undo"))
    assert {t: v for t, v in contents(store).items() if t != "people"} == {t: v for t, v in after_third.items() if t != "people"}
    writes.undo(store, second.upload_id, event("undo"))
    writes.undo(store, third.upload_id, event("undo"))
    assert contents(store) == before
    with pytest.raises(Shown, match="no live upload"):
        writes.undo(store, second.upload_id, event("undo"))


def test_rebuild_gives_the_same_tables_and_keeps_the_audit(store, tmp_path):
    data = plain.made_up(4, n_people=60)
    commit(store, **data)
    gone = commit(store, assessments=[{**a, "score": Decimal(7)} for a in data["assessments"][:50]])
    writes.undo(store, gone.upload_id, event("undo"))
    writes.decide(store, "journeys_inside", {"purpose": "p"}, event("decision"))
    before, audited, version = contents(store), len(writes.audited(store)), store.data_version
    store.close()
    store = backup.rebuild(tmp_path / "store.duckdb", Settings())
    assert (contents(store), len(writes.audited(store)), store.site("journeys_inside")) == (before, audited, '{"purpose": "p"}')
    assert store.data_version >= version - 1
    store.close()


def test_rebuild_refuses_an_altered_ledger_and_changes_nothing(store, tmp_path):
    change = commit(store, services=[SERVICE], people=[PERSON])
    before = contents(store)
    store.close()
    with (store.ledger / change.upload_id / "event.json").open("a") as file:
        file.write(" ")
    with pytest.raises(Shown, match="altered"):
        backup.rebuild(tmp_path / "store.duckdb", Settings())
    store = Store(tmp_path / "store.duckdb", Settings())
    assert contents(store) == before
    store.close()


def test_backup_restores_database_and_ledger(store, tmp_path):
    commit(store, services=[SERVICE], people=[PERSON], assessments=[score(date(2025, 4, 10), 20)])
    before = contents(store)
    backup.backup(store, tmp_path / "kept")
    commit(store, assessments=[score(date(2025, 7, 10), 9)])
    with pytest.raises(Shown, match="exists already"):
        backup.backup(store, tmp_path / "kept")
    store.close()
    store = backup.restore(tmp_path / "kept", tmp_path / "store.duckdb", Settings())
    assert contents(store) == before and len(ledger.logged(store.ledger)) == 1
    commit(store, assessments=[score(date(2025, 7, 10), 9)])
    store.close()
    assert list(tmp_path.glob("store.duckdb.before-restore-*"))


def test_a_commit_that_fails_leaves_no_trace(store):
    commit(store, services=[SERVICE], people=[PERSON])
    before, folders = contents(store), sorted(p.name for p in store.ledger.iterdir())
    broken = plain.table("assessments", [score(date(2025, 4, 10), 20)]).drop_columns(["score"])
    with pytest.raises(Exception, match="score"):
        writes.commit(store, {"assessments": broken}, event())
    assert contents(store) == before and sorted(p.name for p in store.ledger.iterdir()) == folders
    commit(store, assessments=[score(date(2025, 4, 10), 20)])


def test_a_folder_without_a_row_is_set_aside_and_told(store, tmp_path):
    change = commit(store, services=[SERVICE])
    store.close()
    shutil.copytree(store.ledger / change.upload_id, store.ledger / "20260101T000000-stray")
    (store.ledger / ledger.LOG).write_text("")  # and a row whose line was lost
    store = Store(tmp_path / "store.duckdb", Settings())
    assert (store.ledger / "orphaned" / "20260101T000000-stray").exists()
    assert [line["id"] for line in ledger.logged(store.ledger)] == [change.upload_id]
    assert len(store.notices) == 2 and "send it again" in " ".join(store.notices)
    store.close()


def test_a_second_process_is_told_who_holds_the_database(store):
    import subprocess
    import sys

    from domain.settings import ROOT

    code = f"from pathlib import Path; from warehouse.connect import Store; from domain.settings import Settings; Store(Path({str(store.path)!r}), Settings())"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert DatabaseBusy.__name__ in ended.stderr and "Another program holds the database" in ended.stderr


def test_marts_follow_their_rules(tmp_path):
    path = tmp_path / "store.duckdb"
    store = Store(path, Settings())
    away = {**PERSON, "started_on": date(2025, 8, 25), "ended_on": date(2025, 9, 30)}
    commit(store, services=[SERVICE], people=[PERSON, away])
    assert contents(store, ("episode",))["episode"][0] == 1
    store.close()
    store = Store(path, Settings().replaced(came_back_days=7))
    assert contents(store, ("episode",))["episode"][0] == 2
    store.close()


def test_every_write_takes_its_event():
    for name, function in inspect.getmembers(writes, inspect.isfunction):
        if name in ("commit", "undo", "decide", "note_event"):
            assert "event" in inspect.signature(function).parameters


def test_a_damaged_backup_changes_nothing(store, tmp_path):
    commit(store, services=[SERVICE], people=[PERSON])
    before = contents(store)
    backup.backup(store, tmp_path / "kept")
    store.close()
    (tmp_path / "kept" / "store.duckdb").write_bytes(b"not a database" * 1000)
    with pytest.raises(Shown, match="damaged"):
        backup.restore(tmp_path / "kept", tmp_path / "store.duckdb", Settings())
    assert not list(tmp_path.glob("*restor*"))
    store = Store(tmp_path / "store.duckdb", Settings())
    assert contents(store) == before and len(ledger.logged(store.ledger)) == 1
    store.close()


def test_rebuild_keeps_a_change_whose_log_line_a_crash_cut_off(store, tmp_path):
    commit(store, services=[SERVICE])
    commit(store, people=[PERSON])
    before = contents(store)
    store.close()
    log = store.ledger / ledger.LOG
    log.write_text(log.read_text().splitlines(keepends=True)[0])
    store = backup.rebuild(tmp_path / "store.duckdb", Settings())
    assert contents(store) == before and len(ledger.logged(store.ledger)) == 2
    store.close()


def test_a_folder_made_for_the_database_is_its_owners_alone(tmp_path):
    Store(tmp_path / "new" / "store.duckdb", Settings()).close()
    assert os.name == "nt" or (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_a_column_new_in_the_workbook_is_added_to_an_older_database(tmp_path):
    store = Store(tmp_path / "store.duckdb", Settings())
    with store.writing() as cursor:
        cursor.execute("alter table people drop column main_need")
        cursor.execute("drop table learning")
        cursor.execute("delete from site where name = 'opened_as'")  # which an older version of the app wrote differently
    store.close()
    store = Store(tmp_path / "store.duckdb", Settings())
    with store.reading() as cursor:
        assert cursor.execute("select main_need from people").fetchall() == [] and cursor.execute("select source from learning").fetchall() == []
        names = [row[0] for row in cursor.execute("select name from migration").fetchall()]
    store.close()
    assert "column people.main_need" in names


def test_columns_of_fixed_words_know_every_word_a_sheet_may_hold(store):
    words = {
        "service_type_word": codes.SERVICE_TYPES, "sector_word": (*codes.SECTORS, "not stated"), "role_word": codes.ROLES, "shares_word": codes.SHARES,
        "ending_word": codes.ENDINGS, "perspective_word": codes.PERSPECTIVES, "occasion_word": (*codes.OCCASIONS, ""),
        "change_word": ("improved", "same", "worsened", "mixed"),
    }  # fmt: skip
    with store.reading() as cursor:
        for name, expected in words.items():
            assert cursor.execute(f"select enum_range(null::{name})").fetchone()[0] == sorted(expected), name
        quarters = cursor.execute("select enum_range(null::quarter_word)").fetchone()[0]
    assert quarters == sorted(quarters)
    assert {str(Quarter(1940, 1)), str(quarter_of(date(2026, 3, 31))), "1999-00 Q4"} <= set(quarters)


def test_a_database_of_the_older_format_opens_and_is_written_to(tmp_path):
    path = tmp_path / "store.duckdb"
    duckdb.connect(str(path), config={"storage_compatibility_version": "v1.0.0"}).close()
    with closing(Store(path, Settings())) as store:
        commit(store, **plain.made_up(4, n_people=20))
        with store.reading() as cursor:
            assert cursor.execute("select count(*) > 0 from outcome").fetchone() == (True,)
            assert "v1.0.0" in str(cursor.execute("select tags from duckdb_databases() where database_name = 'store'").fetchone())
    fresh = tmp_path / "new" / "store.duckdb"
    with closing(Store(fresh, Settings())) as store, store.reading() as cursor:
        assert "v1.5" in str(cursor.execute("select tags from duckdb_databases() where database_name = 'store'").fetchone())
