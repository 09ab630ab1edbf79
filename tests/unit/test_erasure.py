"""Erasure on real files: nothing of the person is left in any of them, and nothing that is done afterwards brings anything back."""

from __future__ import annotations

import shutil
import uuid
from datetime import date, datetime

import pyarrow.parquet as pq
import pytest

from access import intake
from data_loaders import mask
from domain.settings import Settings
from domain.types import Event
from tests.conftest import ADMINISTRATOR, copy_of, three_sheets, workbook
from warehouse import backup, erasing, erasure, ledger
from warehouse import store as writes
from warehouse.connect import Store

TODAY = date(2026, 3, 31)


def send(store, sheets):
    received = intake.receive(store, [("return.xlsx", workbook(sheets))], ADMINISTRATOR, TODAY)
    assert not received.blocked, received.findings
    return intake.send(store, received, ADMINISTRATOR)


def person(store, ref="c003", provider="P1"):
    return mask.person_hash((store.path.parent / "person.key").read_bytes(), provider, ref)


def erase(store, what="erased", before=None, ref="c003"):
    mark = erasure.Mark("person", erasure.person_digest(person(store, ref)), before)
    return erasing.erase(store, what, [mark], Event("erasure", "test", "administrator", datetime.now(), {"what": what}))


def traces(folder, hexed):
    """Files under a folder in which the hash stands in any of the ways in which it is kept."""
    number = uuid.UUID(hexed).int
    flipped = number ^ (1 << 127)  # the database keeps the first bit turned, so that UUIDs sort
    forms = [
        hexed.encode(),
        str(uuid.UUID(hexed)).encode(),
        number.to_bytes(16, "big"),
        number.to_bytes(16, "little"),
        flipped.to_bytes(16, "big"),
        flipped.to_bytes(16, "little"),
    ]
    # compressed, it is kept in parts: eight bytes of it are as telling
    forms += [form[:8] for form in forms[2:]] + [form[8:] for form in forms[2:]]

    def holds(path):
        told = path.read_bytes()
        if path.suffix == ".parquet":  # compressed: what its cells say counts, not only its bytes
            cells = str(pq.read_table(path).to_pylist()).replace("-", "")
            return hexed in cells or any(form in told for form in forms)
        return any(form in told for form in forms)

    return sorted(p.name for p in folder.rglob("*") if p.is_file() and holds(p))


def rows_of(store, hexed):
    with store.reading() as cursor:
        return {t: n for t in erasure.people_tables(cursor) if (n := cursor.execute(f"select count(*) from {t} where person = $p", {"p": hexed}).fetchone()[0])}


def reopened(store):
    store.close()
    return Store(store.path, Settings())


def send_twice(store):
    send(store, three_sheets(people=12))
    send(store, three_sheets(people=12, fall=3))


@pytest.fixture
def sent_once(own_database, made_once):
    store = copy_of(made_once("twelve-people", lambda empty: send(empty, three_sheets(people=12))), own_database)
    yield store
    store.close()


@pytest.fixture
def sent_twice(own_database, made_once):
    store = copy_of(made_once("twelve-people-twice", send_twice), own_database)
    yield store
    store.close()


def test_nothing_is_left_in_any_table_or_file(sent_once):
    store = sent_once
    send(store, {"Assessments": [*three_sheets(people=12)["Assessments"], ["c003", "S1", "2025-05-12", "PHQ-9", 12]]})
    who = person(store)
    assert set(rows_of(store, who)) >= {"people", "assessments", "episode", "score", "outcome", "headline", "code_name"}
    store = reopened(store)
    assert "people.parquet" in traces(store.path.parent, who) and store.path.name in traces(store.path.parent, who)
    others = {t: n for t, n in rows_of(store, person(store, "c004")).items() if not t.endswith("_frozen")}
    erase(store)
    assert rows_of(store, who) == {} and rows_of(store, person(store, "c004")) == others
    store = reopened(store)
    assert traces(store.path.parent, who) == []
    assert rows_of(store, who) == {}
    store.close()


def test_a_database_that_is_being_read_is_not_written_anew_under_its_readers(sent_once):
    store = sent_once
    erase(store)
    assert erasure.tidy(store.path) is False
    send(store, three_sheets(people=12, service="S2", prefix="d"))
    store = reopened(store)
    with store.reading() as cursor:
        assert cursor.execute("select count(*) from people").fetchone()[0] == 11 + 12
    assert not erasure.wants_tidying(store.path).exists()
    store.close()


@pytest.mark.parametrize("again", ["rebuild", "undo", "restore backup", "the same file", "a fuller file", "an older list"])
def test_nothing_brings_anybody_back(sent_twice, tmp_path, again):
    store = sent_twice
    second, first = writes.uploads(store)
    who, safe = person(store), tmp_path / "kept"
    backup.backup(store, safe)
    assert traces(safe, who)
    erase(store)
    path = store.path
    if again == "rebuild":
        store.close()
        store = backup.rebuild(path, Settings())
    elif again == "undo":
        writes.undo(store, second.upload_id, Event("undo", "t", "administrator", datetime.now()))
    elif again == "restore backup":
        store.close()
        store = backup.restore(safe, path, Settings())
        assert any("applied to it again" in notice for notice in store.notices)
    elif again == "the same file":
        received = intake.receive(store, [("r.xlsx", workbook(three_sheets(people=12)))], ADMINISTRATOR, TODAY)
        intake.send(store, received, ADMINISTRATOR)
    elif again == "a fuller file":
        send(store, three_sheets(people=20))
    else:
        erasure.list_of(path).unlink()
    store = reopened(store)
    assert rows_of(store, who) == {}
    assert traces(path.parent, who) == []
    with store.reading() as cursor:
        n = cursor.execute("select count(*) from people").fetchone()[0]
    assert n == (19 if again == "a fuller file" else 11)
    store = reopened(store)  # and once more: what was done is not done again
    assert not store.notices and traces(path.parent, who) == []
    store.close()
    store = backup.rebuild(path, Settings())  # the ledger and its log agree after all of it
    assert rows_of(store, who) == {} and first.upload_id in {u.upload_id for u in writes.uploads(store)}
    store.close()


def test_marts_and_frozen_figures_are_without_them_at_once(store):
    send(store, three_sheets())
    send(store, {"Assessments": [["person ref", "service code", "date", "measure", "score"], ["c003", "S1", "2025-06-20", "PHQ-9", 2]]})
    who = person(store)
    with store.reading() as cursor:
        assert cursor.execute("select service from waiting").fetchall() == [("S1",)]
    assert "outcome_frozen" in rows_of(store, who)
    erase(store)
    assert rows_of(store, who) == {}
    with store.reading() as cursor:
        assert cursor.execute("select count(*) from outcome").fetchone()[0] == 23
        assert cursor.execute("select count(*) from outcome_released").fetchone()[0] == 23


def test_a_carer_stays_and_no_longer_says_for_whom(store):
    sheets = three_sheets(people=4)
    sheets["People"][0].append("cares for (ref)")
    for row in sheets["People"][1:]:
        row.append("c003" if row[0] == "c001" else None)
    send(store, sheets)
    who = person(store)
    erase(store)
    with store.reading() as cursor:
        assert cursor.execute("select count(*), count(cares_for) from people").fetchone() == (3, 0)
    store = reopened(store)
    assert traces(store.path.parent, who) == []
    store.close()


def test_what_is_older_than_a_day_goes_and_what_came_later_stays(store):
    sheets = three_sheets(people=6)
    sheets["People"].append(["c003", "S1", "2026-01-10", None, None, "male"])
    sheets["Assessments"].append(["c003", "S1", "2026-01-10", "PHQ-9", 11])
    send(store, sheets)
    who = person(store)
    erase(store, "retention", date(2026, 1, 1))
    assert rows_of(store, who)["people"] == 1 and rows_of(store, who)["assessments"] == 1 and rows_of(store, who)["code_name"] == 1
    store.close()
    store = backup.rebuild(store.path, Settings())
    assert rows_of(store, who)["people"] == 1
    store.close()


def test_let_back_is_the_only_way_in_again_and_only_for_what_is_new(store):
    send(store, three_sheets(people=6))
    erase(store)
    later = {"People": [["person ref", "service code", "started on"], ["c003", "S1", "2026-02-02"]]}
    assert writes.uploads(store)[0].kind == "erasure"
    received = intake.receive(store, [("r.xlsx", workbook(later))], ADMINISTRATOR, TODAY)
    assert [f.message for f in received.findings if f.code == "erased"] == ["1 row of people who were taken out at their request is left out."]
    assert not received.preview
    erase(store, erasure.LET_BACK, date(2026, 1, 1))
    sheets = three_sheets(people=6)
    sheets["People"].append(["c003", "S1", "2026-02-02", None, None, None])
    received = intake.receive(store, [("r.xlsx", workbook({"People": sheets["People"]}))], ADMINISTRATOR, TODAY)
    intake.send(store, received, ADMINISTRATOR)
    assert rows_of(store, person(store))["people"] == 1


def test_marks_only_grow_stronger_unless_somebody_is_let_back():
    def entry(what, before):
        return {"what": what, "marks": [{"kind": "person", "digest": "d", "before": before}]}

    key = ("person", "d")
    assert erasure.folded([entry("retention", "2025-01-01"), entry("erased", None), entry("retention", "2026-01-01")]) == {key: None}
    assert erasure.folded([entry("retention", "2025-01-01"), entry("retention", "2024-01-01")]) == {key: date(2025, 1, 1)}
    assert erasure.folded([entry("erased", None), entry(erasure.LET_BACK, "2026-01-01")]) == {key: date(2026, 1, 1)}


def test_an_interrupted_erasure_is_finished_when_the_database_opens(sent_once, monkeypatch):
    store = sent_once
    [first] = writes.uploads(store)
    who = person(store)
    whole = ledger.replace
    done = []

    def stops_after_one(file, content):
        if done:
            raise OSError("no space left")
        done.append(file)
        whole(file, content)

    monkeypatch.setattr(ledger, "replace", stops_after_one)
    with pytest.raises(OSError, match="no space"):
        erase(store)
    monkeypatch.undo()
    writes.undo(store, first.upload_id, Event("undo", "t", "administrator", datetime.now()))  # reads the files in between
    assert rows_of(store, who) == {}
    store = reopened(store)
    erasure.wants_tidying(store.path).touch()
    store = reopened(store)
    assert traces(store.path.parent, who) == []
    store.close()
    backup.rebuild(store.path, Settings()).close()


def test_copies_set_aside_are_cleaned_too(sent_once, tmp_path):
    store = sent_once
    who, path = person(store), store.path
    backup.backup(store, tmp_path / "kept")
    store.close()
    store = backup.rebuild(path, Settings())
    store.close()
    store = backup.restore(tmp_path / "kept", path, Settings())
    shutil.copytree(next(store.ledger.glob("2*")), store.ledger / "orphaned" / "stray")
    assert any("before-rebuild" in name for name in traces(path.parent, who))
    erase(store)
    store = reopened(store)
    assert traces(path.parent, who) == []
    assert not store.notices
    store.close()
