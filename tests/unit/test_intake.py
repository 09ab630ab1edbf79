"""The only way in, whole: cross-references against file and store, other providers, another key, what is unchanged, what may be undone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from access import desk, intake
from domain.errors import Refused, Shown, WrongKey
from domain.types import Scope, Viewer
from tests.conftest import ADMINISTRATOR, copy_of, manager_of, three_sheets, workbook

TODAY = date(2026, 3, 31)
MACHINE = Viewer("root", "administrator", (), "command line")


def receive(store, sheets, viewer=ADMINISTRATOR, at="A1", today=TODAY):
    return intake.receive(store, [("return.xlsx", workbook(sheets, at))], viewer, today)


def sent(store, sheets, viewer=ADMINISTRATOR):
    received = receive(store, sheets, viewer)
    assert not received.blocked, received.findings
    return intake.send(store, received, viewer)


def cells(received):
    return {(f.code, f.cell) for f in received.findings}


def test_people_are_kept_only_as_keyed_hashes(store):
    sheets = three_sheets(people=12, prefix="VERYOWNREF")
    sent(store, sheets)
    store.close()
    held = b"".join(p.read_bytes() for p in store.path.parent.rglob("*") if p.is_file())
    assert b"VERYOWNREF" not in held and b"veryownref" not in held
    assert (store.path.parent / "person.key").stat().st_mode & 0o777 == 0o600


def test_somebody_unknown_stops_the_file_and_is_not_named(store):
    sheets = three_sheets(people=3)
    sheets["Assessments"].append(["stranger-7", "S1", "2025-05-01", "PHQ-9", 9])
    received = receive(store, sheets, at="C5")
    assert ("unknown-person", "Assessments!C12") in cells(received)
    assert received.blocked and "stranger-7" not in repr(received.findings).casefold()
    with pytest.raises(Shown, match="nothing has been sent"):
        intake.send(store, received, ADMINISTRATOR)
    assert store.data_version <= 2 and not intake.uploads(store, ADMINISTRATOR)


def test_people_sent_before_are_known(store):
    sheets = three_sheets(people=12)
    sent(store, {name: sheets[name] for name in ("Services", "People")})
    received = receive(store, {"Assessments": sheets["Assessments"]})
    assert not received.blocked and received.preview["Assessments"]["new"] == 24


def test_a_score_far_from_the_stay_is_kept_but_told(store):
    sheets = three_sheets(people=3)
    sheets["Assessments"].append(["c000", "S1", "2025-12-01", "PHQ-9", 9])
    received = receive(store, sheets)
    assert ("outside-stay", "Assessments!C8") in cells(received) and not received.blocked
    intake.send(store, received, ADMINISTRATOR)
    with store.reading() as cursor:
        assert cursor.execute("select (select count(*) from assessments), (select count(*) from score)").fetchone() == (7, 6)


@pytest.mark.parametrize("days, inside", [(-28, True), (-29, False)])
def test_the_window_is_28_days(store, days, inside):
    sheets = three_sheets(people=1)
    sheets["Assessments"].append(["c000", "S1", date(2025, 4, 7) + timedelta(days=days), "PHQ-9", 9])
    assert ("outside-stay" not in {f.code for f in receive(store, sheets).findings}) is inside


def test_a_review_of_no_goal_stops_the_file(store):
    sheets = three_sheets(people=2)
    sheets["Goals"] = [["person ref", "service code", "goal ref", "agreed on", "outcome area"], ["c000", "S1", "G1", "2025-04-10", "skills"]]
    sheets["Goal reviews"] = [
        ["person ref", "service code", "goal ref", "date", "level"],
        ["c000", "S1", "G1", "2025-05-10", 1],
        ["c001", "S1", "G1", "2025-05-10", 1],
    ]
    assert ("unknown-goal", "Goal reviews!C3") in cells(receive(store, sheets))


def test_more_than_out_of_is_asked_of_counts_not_of_percentages(store):
    sheets = three_sheets(people=2)
    plan = ["service code", "year", "ref", "kind", "what people will achieve", "counted as"]
    sheets["Milestones"] = [plan, *(["S1", "2025-26", ref, "milestone", "Begin", how] for ref, how in (("M1", "newly in the quarter"), ("M2", "percent")))]
    sheets["Quarterly return"] = [["service code", "year", "quarter", "ref", "actual", "out of"], *(["S1", "2025-26", 1, ref, 85, 13] for ref in ("M1", "M2"))]
    told = [f for f in receive(store, sheets).findings if f.code == "more-than-out-of"]
    assert [(f.cell, f.severity) for f in told] == [("Quarterly return!E2", "look")]


def test_a_manager_cannot_send_for_another_provider(store):
    sent(store, three_sheets(service="S1", provider="P1"))
    received = receive(store, three_sheets(service="S1", provider="P2", prefix="d"), manager_of("P2"))
    assert received.blocked and "other-provider" in {f.code for f in received.findings}
    received = receive(store, three_sheets(service="S2", provider="P1", prefix="d"), manager_of("P2"))
    assert received.blocked and "other-provider" in {f.code for f in received.findings}
    with pytest.raises(Refused):
        receive(store, three_sheets(), Viewer("p", "presenter"))


def test_a_manager_undoes_only_their_own(store):
    theirs = sent(store, three_sheets(service="S1", provider="P1"), manager_of("P1"))
    own = sent(store, three_sheets(service="S2", provider="P2", prefix="d"), manager_of("P2"))
    assert [u.upload_id for u in intake.uploads(store, manager_of("P2"))] == [own.upload_id]
    with pytest.raises(Refused, match="another provider"):
        intake.undo(store, theirs.upload_id, manager_of("P2"))
    intake.undo(store, own.upload_id, manager_of("P2"))
    assert {r.group for r in desk.ask(store, MACHINE, "reliable-improvement", Scope(by="service"), policy="own").rows} == {"S1"}


def test_the_same_again_is_unchanged_only_while_it_is_what_counts(store):
    first, second = three_sheets(fall=8), three_sheets(fall=2)
    upload = sent(store, first)
    again = receive(store, first)
    assert again.unchanged and intake.send(store, again, ADMINISTRATOR).upload_id == upload.upload_id
    sent(store, {"Assessments": second["Assessments"]})
    restoring = receive(store, first)
    assert not restoring.unchanged and restoring.restores == upload.upload_id
    assert restoring.preview["Assessments"]["changed"] == 16


def test_nothing_is_kept_under_another_key(store):
    sent(store, three_sheets())
    (store.path.parent / "person.key").write_bytes(b"x" * 32)
    with pytest.raises(WrongKey, match="another person key"):
        receive(store, three_sheets(people=30))


def test_a_missing_key_is_told_and_no_new_one_takes_its_place(store):
    sent(store, three_sheets())
    (store.path.parent / "person.key").unlink()
    with pytest.raises(WrongKey, match="is missing"):
        receive(store, three_sheets(people=30))
    assert not (store.path.parent / "person.key").exists()


def test_unchanged_names_the_upload_that_said_the_same(store):
    first = sent(store, three_sheets())
    sent(store, three_sheets(service="S2", prefix="d"))
    again = receive(store, three_sheets())
    assert again.unchanged and intake.send(store, again, ADMINISTRATOR).upload_id == first.upload_id


def test_what_was_checked_is_what_is_sent(store):
    sent(store, three_sheets())
    waiting = receive(store, three_sheets(people=30))
    sent(store, three_sheets(service="S2", prefix="d"))
    with pytest.raises(Shown, match="Check them again"):
        intake.send(store, waiting, ADMINISTRATOR)


def test_a_file_name_is_never_a_path(store):
    received = intake.receive(store, [("../../etc/cron.d/x\x07.xlsx", workbook(three_sheets()))], ADMINISTRATOR, TODAY)
    assert intake.send(store, received, ADMINISTRATOR).files == ("x.xlsx",)


def test_load_then_undo_restores_every_metric_exactly(store):
    sent(store, three_sheets())

    def figures():
        asked = [
            (m, Scope(by=by, measure="PHQ-9"))
            for m in ("reliable-improvement", "recovery", "follow-up-rate", "mean-change")
            for by in ("", "gender", "service")
        ]
        return [(r.rows, r.total) for r in (desk.ask(store, MACHINE, m, scope, policy="own") for m, scope in asked)]

    before = figures()
    upload = sent(store, three_sheets(people=30, fall=3))
    assert figures() != before
    intake.undo(store, upload.upload_id, ADMINISTRATOR)
    assert figures() == before


def test_order_of_rows_and_splitting_change_nothing(store, made_once, tmp_path):
    sheets = three_sheets(people=20)
    sent(store, sheets)
    other = copy_of(made_once("empty", lambda _: None), tmp_path / "other" / "test.duckdb")
    turned = {name: [rows[0], *reversed(rows[1:])] for name, rows in sheets.items()}
    sent(other, {"Services": turned["Services"], "People": turned["People"]})
    half = len(turned["Assessments"]) // 2
    for part in (turned["Assessments"][1:half], turned["Assessments"][half:]):
        sent(other, {"Assessments": [turned["Assessments"][0], *part]})
    released = [desk.ask(s, MACHINE, "reliable-improvement", Scope(by="gender"), policy="own").rows for s in (store, other)]
    other.close()
    assert released[0] == released[1] and len(released[0]) == 2
