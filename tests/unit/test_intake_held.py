"""Rows that wait: what is ready goes ahead, what waits is kept without anything personal, and a later upload settles it."""

from __future__ import annotations

import shutil
from datetime import date, datetime

import pytest

from access import intake, preview
from domain.errors import Shown
from domain.settings import Settings
from domain.types import Event
from tests.conftest import ADMINISTRATOR, manager_of, three_sheets, workbook
from warehouse import backup
from warehouse import store as writes
from warehouse.connect import Store

TODAY = date(2026, 3, 31)
MANAGER = manager_of("P1")


def receive(store, *books, viewer=MANAGER, **more):
    return intake.receive(store, [(name, workbook(sheets)) for name, sheets in books], viewer, TODAY, **more)


def with_mistakes():
    """30 people: a score of 99, a row of People without a date, a stranger, and a row of a service that does not exist."""
    sheets = three_sheets(people=30)
    sheets["Assessments"][5][4] = 99
    sheets["People"][9][2] = "some day"
    sheets["Assessments"].append(["SECRETREF", "S1", "2025-05-01", "PHQ-9", 9])
    sheets["Assessments"].append(["c001", "NOWHERE", "2025-05-01", "PHQ-9", 9])
    return sheets


def waiting(store, viewer=MANAGER):
    return {(w.sheet, w.row): w.codes for w in intake.waiting(store, viewer)}


def test_good_rows_go_and_held_rows_wait(store):
    received = receive(store, ("a.xlsx", with_mistakes()))
    assert received.rows == {"Services": 1, "People": 30, "Assessments": 62}
    assert received.waits == {"People": 1, "Assessments": 5} and received.ready == {"Services": 1, "People": 29, "Assessments": 57}
    with pytest.raises(Shown, match="nothing has been sent"):
        intake.send(store, received, MANAGER)
    upload = intake.send(store, received, MANAGER, hold_back=True)
    assert upload.rows == {"services": 1, "people": 29, "assessments": 57}
    assert waiting(store) == {
        ("Assessments", 6): ("out-of-range",), ("People", 10): ("not-a-date",), ("Assessments", 62): ("unknown-person",),
        ("Assessments", 63): ("unknown-service",), ("Assessments", 18): ("waits-for-person",), ("Assessments", 19): ("waits-for-person",),
    }  # fmt: skip
    assert waiting(store, manager_of("P2")) == {} and len(waiting(store, ADMINISTRATOR)) == 6


def test_nothing_personal_is_kept_of_a_held_row(store):
    sheets = with_mistakes()
    sheets["Goals"] = [["person ref", "service code", "goal ref", "agreed on", "outcome area", "in the person's words"],
                       ["c001", "S1", "G1", "nonsense", "skills", "MYOWNWORDS about Ann Smith"]]  # fmt: skip
    intake.send(store, receive(store, ("a.xlsx", sheets)), MANAGER, hold_back=True)
    (goal,) = [w for w in intake.waiting(store, MANAGER) if w.table == "goals"]
    assert goal.cells == {"outcome area": "skills"} and goal.codes == ("not-a-date",)
    store.close()
    held = b"".join(p.read_bytes() for p in store.path.parent.rglob("*") if p.is_file())
    for secret in (b"SECRETREF", b"secretref", b"MYOWNWORDS", b"Ann Smith", b"NOWHERE"):
        assert secret not in held


def test_the_same_row_corrected_no_longer_waits(store):
    sheets = with_mistakes()
    intake.send(store, receive(store, ("a.xlsx", sheets)), MANAGER, hold_back=True)
    again = receive(store, ("a.xlsx", sheets))
    assert again.unchanged and again.wait_already
    sheets["Assessments"][5][4] = 12  # the same natural key
    sheets["People"][9][2] = "2025-04-07"  # the same row of the same sheet
    first = intake.send(store, receive(store, ("better.xlsx", sheets)), MANAGER, hold_back=True)
    assert waiting(store) == {("Assessments", 62): ("unknown-person",), ("Assessments", 63): ("unknown-service",)}
    sheets["Assessments"][-2][0] = "c002"  # the reference itself was the mistake
    sheets["Assessments"][-1][1] = "S1"
    second = intake.send(store, receive(store, ("better.xlsx", sheets)), MANAGER)
    assert waiting(store) == {}
    intake.undo(store, second.upload_id, MANAGER)
    assert len(waiting(store)) == 2
    intake.undo(store, first.upload_id, MANAGER)
    assert len(waiting(store)) == 6


def test_held_rows_survive_a_rebuild(store):
    sheets = with_mistakes()
    intake.send(store, receive(store, ("a.xlsx", sheets)), MANAGER, hold_back=True)
    sheets["Assessments"][5][4] = 12
    intake.send(store, receive(store, ("b.xlsx", sheets)), MANAGER, hold_back=True)
    before = intake.waiting(store, MANAGER)
    store.close()
    rebuilt = backup.rebuild(store.path, Settings())
    try:
        assert intake.waiting(rebuilt, MANAGER) == before and before
    finally:
        rebuilt.close()


def test_what_is_stored_under_a_held_key_stays(store):
    """A quarter is replaced by what arrives, but not by a row that waits."""
    heads = ["service code", "year", "quarter", "ref", "actual"]
    lines = [["S1", "2025-26", 1, ref, 5] for ref in ("M1", "M2", "M3")]
    sheets = {"Services": three_sheets()["Services"], "Quarterly return": [heads, *lines]}
    intake.send(store, receive(store, ("a.xlsx", sheets)), MANAGER)
    later = {"Quarterly return": [heads, ["S1", "2025-26", 1, "M1", 6], ["S1", "2025-26", 1, "M2", "many"]]}
    received = receive(store, ("b.xlsx", later))
    assert received.preview["Quarterly return"] == {"new": 0, "changed": 1, "unchanged": 0, "gone": 1}
    assert [(c.row, c.column, c.before, c.after) for c in received.changed["Quarterly return"]] == [(2, "actual", "5", "6")]
    intake.send(store, received, MANAGER, hold_back=True)
    with store.reading() as cursor:
        assert cursor.execute("select ref, actual from quarterly_return order by 1").fetchall() == [("M1", 6.0), ("M2", 5.0)]
    corrected = {"Quarterly return": [heads, ["S1", "2025-26", 1, "M1", 6]]}
    intake.send(store, receive(store, ("c.xlsx", corrected)), MANAGER)
    assert waiting(store) == {}  # a later return of the quarter says all there is to say


def test_one_bad_file_never_stops_the_others(store):
    bad = three_sheets(people=5, service="S2", prefix="d")
    bad["People"][0][0] = "date of birth"
    good = three_sheets(people=6)
    received = intake.receive(store, [("bad.xlsx", workbook(bad)), ("broken.xlsx", b"PK\x03\x04nonsense"), ("good.xlsx", workbook(good))], MANAGER, TODAY)
    assert received.stopped == ("bad.xlsx", "broken.xlsx") and received.ready == {"Services": 1, "People": 6, "Assessments": 12}
    upload = intake.send(store, received, MANAGER, hold_back=True)
    assert upload.files == ("good.xlsx",)


def test_two_rows_that_contradict_each_other_both_wait_in_any_order(store):
    sheets = three_sheets(people=4)
    sheets["Assessments"].append([*sheets["Assessments"][3][:4], 3])
    for rows in (sheets["Assessments"], [sheets["Assessments"][0], *reversed(sheets["Assessments"][1:])]):
        received = receive(store, ("a.xlsx", {**sheets, "Assessments": rows}))
        assert received.waits == {"Assessments": 2} and received.ready["Assessments"] == 7


def test_a_new_service_whose_own_row_waits_takes_its_rows_with_it(store):
    sheets = three_sheets(people=3)
    sheets["Services"][1][4] = "a kind of service nobody knows"
    received = receive(store, ("a.xlsx", sheets))
    assert not received.sendable and received.waits == {"Services": 1, "People": 3, "Assessments": 6}
    assert {f.code for f in received.findings} == {"not-in-list", "waits-for-service"}


def test_a_disputed_service_takes_no_rows(store):
    intake.send(store, receive(store, ("a.xlsx", three_sheets())), MANAGER)
    received = receive(store, ("b.xlsx", three_sheets(provider="P2", prefix="x")), viewer=ADMINISTRATOR)
    assert not received.sendable and "other-provider" in {f.code for f in received.findings}


def test_only_the_managers_own_figures_are_foretold_and_exactly(store):
    sheets = three_sheets(people=30)
    intake.send(store, receive(store, ("a.xlsx", sheets)), MANAGER)
    for row in sheets["Assessments"][2::2]:
        row[4] = 1  # everybody clearly better now
    received = receive(store, ("b.xlsx", sheets))
    version = store.data_version
    foretold = {f.metric: f for f in preview.figures(store, received, MANAGER)}
    assert store.data_version == version and preview.figures(store, received, ADMINISTRATOR) == []
    assert (foretold["reliable-improvement"].before.numerator, foretold["reliable-improvement"].after.numerator) == (20, 30)
    intake.send(store, received, MANAGER)
    now = {f.metric: f for f in preview.figures(store, receive(store, ("c.xlsx", sheets)), MANAGER)}
    assert {m: f.after for m, f in foretold.items()} == {m: f.before for m, f in now.items()}
    assert not (store.path.parent / ".rehearsal-").exists() and not list(store.path.parent.glob(".rehearsal-*"))


def test_every_stage_is_told_in_order(store):
    told = []
    receive(store, ("a.xlsx", three_sheets()), ("b.xlsx", three_sheets(service="S2", prefix="d")), progress=lambda stage, share: told.append((share, stage)))
    assert [share for share, _ in told] == sorted(share for share, _ in told) and told[-1] == (1.0, "Done")
    assert any("b.xlsx" in stage for _, stage in told)


def test_a_row_that_is_no_longer_needed_is_let_go_for_good(store):
    """A mistake, or a row that is in another file: said once, it waits no more, also after a rebuild; and nobody else can say so."""
    intake.send(store, receive(store, ("a.xlsx", with_mistakes())), MANAGER, hold_back=True)
    version = store.data_version
    strangers = [w for w in intake.waiting(store, MANAGER) if w.codes in (("unknown-person",), ("unknown-service",))]
    with pytest.raises(Shown, match="wait no longer"):
        intake.no_longer_needed(store, strangers, manager_of("P2"))
    change = intake.no_longer_needed(store, strangers, MANAGER)
    assert set(waiting(store)) == {("Assessments", 6), ("People", 10), ("Assessments", 18), ("Assessments", 19)}
    assert store.data_version == version, "no figure changes, so nothing is worked out anew"
    assert [(e.kind, e.user, e.detail["rows"]) for e in writes.audited(store) if e.kind == "settled"] == [("settled", "test manager", 2)]
    with pytest.raises(Shown, match="wait no longer"):
        intake.no_longer_needed(store, strangers, MANAGER)
    before = waiting(store)
    store.close()
    store = backup.rebuild(store.path, Settings())
    assert waiting(store) == before and change.upload_id in {u.upload_id for u in writes.uploads(store)}
    store.close()


def test_a_file_that_is_complete_for_some_dates_settles_what_waits_from_them(store):
    """The row of 20 June waits no more, wherever it stood, once a file holds all of June; the one of April still does. Undone, both wait again."""
    sheets = three_sheets(people=12)
    sheets["Assessments"][2][4] = 99  # 20 June
    sheets["Assessments"][5][4] = 99  # 7 April
    intake.send(store, receive(store, ("a.xlsx", sheets)), MANAGER, hold_back=True)
    assert set(waiting(store)) == {("Assessments", 3), ("Assessments", 6)}
    june = [row for row in three_sheets(people=12)["Assessments"][1:] if row[2] == "2025-06-20" and row[0] != "c000"]
    later = {"Other scores": [three_sheets()["Assessments"][0], *june]}
    send = intake.send(store, receive(store, ("b.xlsx", later), complete=(date(2025, 6, 1), date(2025, 6, 30))), MANAGER)
    assert set(waiting(store)) == {("Assessments", 6)}
    intake.undo(store, send.upload_id, MANAGER)
    assert set(waiting(store)) == {("Assessments", 3), ("Assessments", 6)}


def test_what_a_crash_leaves_of_a_rehearsal_is_gone_at_the_next_opening(store):
    received = receive(store, ("a.xlsx", three_sheets(people=12)))
    with writes.rehearsed(store, received.tables, Event("upload", "t", "manager", datetime.now())) as cursor:
        [left] = [p for p in store.path.parent.rglob(".rehearsal-*") if any(p.rglob("*.parquet"))]
        assert cursor.execute("select count(*) from people").fetchone() == (12,)
        shutil.copytree(left, left.with_name(".rehearsal-killed"))
    assert [p.name for p in store.path.parent.rglob(".rehearsal-*")] == [".rehearsal-killed"]
    store.close()
    Store(store.path, Settings()).close()
    assert not list(store.path.parent.rglob(".rehearsal-*"))
