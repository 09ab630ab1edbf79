"""Versions of uploads: what each changed, two compared, one brought back; A, B, A again."""

from __future__ import annotations

from datetime import date

import pytest

from access import desk, intake, requests, versions
from domain.errors import Refused, Shown
from domain.types import Scope, Viewer
from tests.conftest import ADMINISTRATOR, COMMISSIONER, copy_of, manager_of, three_sheets, workbook
from warehouse import backup
from warehouse import store as writes

TODAY = date(2026, 3, 31)
MACHINE = Viewer("root", "administrator", (), "command line")
MANAGER = manager_of("P1")


def receive(store, sheets, viewer=ADMINISTRATOR):
    return intake.receive(store, [("return.xlsx", workbook(sheets))], viewer, TODAY)


def sent(store, sheets, viewer=ADMINISTRATOR):
    received = receive(store, sheets, viewer)
    assert not received.blocked, received.findings
    return intake.send(store, received, viewer)


def counts(changes):
    return {sheet: (d.new, d.changed, d.gone) for sheet, d in changes.items() if d.any}


def send_three(store):
    """A: six people. B: scores fall less. C: one more person and a quarter's return."""
    sent(store, three_sheets(people=6))
    sent(store, {"Assessments": three_sheets(people=6, fall=3)["Assessments"]})
    more = three_sheets(people=7)
    sent(store, {"People": more["People"], "Quarterly return": [["service code", "year", "quarter", "ref", "actual"], ["S1", "2025-26", 1, "M1", 4]]})


@pytest.fixture
def three(own_database, made_once):
    store = copy_of(made_once("three-versions", send_three), own_database)
    c, b, a = (u for u in writes.uploads(store) if u.kind == "upload")
    yield store, a, b, c
    store.close()


def test_each_upload_says_what_it_changed(three):
    store, a, b, c = three
    told = {v.upload.upload_id: counts(v.changes) for v in versions.listed(store, MANAGER, ("S1",))}
    assert told == {
        a.upload_id: {"Services": (1, 0, 0), "People": (6, 0, 0), "Assessments": (12, 0, 0)}, b.upload_id: {"Assessments": (0, 4, 0)},
        c.upload_id: {"People": (1, 0, 0), "Quarterly return": (1, 0, 0)},
    }  # fmt: skip
    assert [v.upload.upload_id for v in versions.listed(store, MANAGER)] == [c.upload_id, b.upload_id, a.upload_id]
    assert all(v.changes == {} for v in versions.listed(store, COMMISSIONER))


def test_changed_cells_are_shown_and_people_never(three):
    store, a, b, _ = three
    cells = versions.what_changed(store, MANAGER, b.upload_id)["Assessments"].cells
    assert {(cell["column"], cell["before"], cell["after"]) for cell in cells} == {("score", "10", "15")} and len(cells) == 4
    assert all("2025-06-20" in cell["about"] and "PHQ-9" in cell["about"] for cell in cells)
    with store.reading() as cursor:
        people = [str(p) for (p,) in cursor.execute("select person from people").fetchall()]
    assert not any(p in repr((cells, versions.compare(store, MANAGER, a.upload_id, b.upload_id))) for p in people)


def test_two_versions_are_compared_whatever_came_between(three):
    store, a, b, c = three
    assert counts(versions.compare(store, MANAGER, a.upload_id, c.upload_id)) == {
        "People": (1, 0, 0), "Assessments": (0, 4, 0), "Quarterly return": (1, 0, 0),
    }  # fmt: skip
    assert versions.compare(store, MANAGER, c.upload_id, a.upload_id) == versions.compare(store, MANAGER, a.upload_id, c.upload_id)
    intake.undo(store, b.upload_id, ADMINISTRATOR)
    d = sent(store, {"People": three_sheets(people=8)["People"]})
    assert counts(versions.compare(store, MANAGER, c.upload_id, d.upload_id)) == {"People": (1, 0, 0), "Assessments": (0, 4, 0)}
    assert counts(versions.what_changed(store, MANAGER, d.upload_id)) == {"People": (1, 0, 0)}


def test_looking_changes_nothing(three):
    store, a, _, c = three

    def everything():
        with store.reading() as cursor:
            return [
                cursor.execute(f"select count(*), sum(hash(t)::hugeint) from (select * from {t}) t").fetchone()
                for t in ("people", "assessments", "upload", "outcome")
            ]

    before = everything()
    versions.listed(store, MANAGER)
    versions.compare(store, MANAGER, a.upload_id, c.upload_id)
    versions.would_change(store, MANAGER, a.upload_id)
    assert everything() == before


def test_a_b_a_again_brings_a_back_exactly(store):
    def figures():
        return [desk.ask(store, MACHINE, m, Scope(measure="PHQ-9"), policy="own").rows for m in ("reliable-improvement", "mean-change")]

    a = sent(store, three_sheets(people=24))
    as_a = figures()
    sent(store, {"Assessments": three_sheets(people=24, fall=2)["Assessments"]})
    assert figures() != as_a
    assert receive(store, three_sheets(people=24)).restores == a.upload_id
    assert versions.would_change(store, MANAGER, a.upload_id)["Assessments"]["changed"] == 16
    back = versions.restore(store, MANAGER, a.upload_id)
    assert figures() == as_a and writes.details(store)[back.upload_id]["restores"] == a.upload_id
    assert versions.listed(store, MANAGER)[0].restores == a.upload_id
    with pytest.raises(Shown, match="nothing to bring back"):
        versions.restore(store, MANAGER, a.upload_id)
    intake.undo(store, back.upload_id, ADMINISTRATOR)
    assert figures() != as_a


def test_an_upload_taken_back_can_be_brought_back(three):
    store, _, b, _ = three
    intake.undo(store, b.upload_id, ADMINISTRATOR)
    assert versions.restore(store, MANAGER, b.upload_id).rows == {"assessments": 12}


def test_a_first_upload_taken_back_is_still_its_managers_to_bring_back(store):
    first = sent(store, three_sheets(people=6), MANAGER)
    intake.undo(store, first.upload_id, MANAGER)
    assert writes.known_services(store) == {}
    (version,) = versions.listed(store, MANAGER)
    assert version.upload.state == "undone" and counts(version.changes)["People"] == (6, 0, 0)
    assert [u.kind for u in intake.uploads(store, MANAGER)] == ["undo", "upload"] and intake.uploads(store, manager_of("P2")) == []
    with pytest.raises(Shown):
        versions.restore(store, manager_of("P2"), first.upload_id)
    assert receive(store, three_sheets(people=6), MANAGER).restores == first.upload_id  # sent again, it is offered as that version
    back = versions.restore(store, MANAGER, first.upload_id)
    assert back.rows == {"services": 1, "people": 6, "assessments": 12} and writes.known_services(store) == {"S1": "P1"}
    assert versions.listed(store, MANAGER)[0].restores == first.upload_id


def test_a_code_another_provider_has_taken_since_is_nobodys_to_bring_back(store):
    first = sent(store, three_sheets(people=6), MANAGER)
    intake.undo(store, first.upload_id, MANAGER)
    sent(store, three_sheets(people=4, provider="P2", prefix="d"), manager_of("P2"))
    for viewer, seen in ((MANAGER, 0), (manager_of("P2"), 1)):
        assert len(intake.uploads(store, viewer)) == seen
        with pytest.raises(Shown):
            versions.restore(store, viewer, first.upload_id)


def test_what_was_erased_is_not_brought_back(three):
    store, a, b, _ = three
    requests.erase(store, MANAGER, "P1", "c001")
    assert versions.restore(store, MANAGER, a.upload_id).rows["people"] == 5
    assert requests.find(store, MANAGER, "P1", "c001").nothing
    assert counts(versions.compare(store, MANAGER, a.upload_id, b.upload_id)) == {"Assessments": (0, 3, 0)}


@pytest.mark.parametrize("viewer", [COMMISSIONER, manager_of("P2"), Viewer("p", "presenter"), ADMINISTRATOR])
def test_only_the_provider_sees_what_changed(three, viewer):
    store, a, b, _ = three
    for ask in (lambda: versions.what_changed(store, viewer, a.upload_id), lambda: versions.compare(store, viewer, a.upload_id, b.upload_id),
                lambda: versions.restore(store, viewer, a.upload_id)):  # fmt: skip
        with pytest.raises(Shown):
            ask()
    if viewer.role == "presenter":
        with pytest.raises(Refused):
            versions.listed(store, viewer)


def test_a_locked_return_is_not_changed_by_an_earlier_upload(three, monkeypatch):
    store, _, _, c = three
    heads = ["service code", "year", "quarter", "ref", "actual"]
    sent(store, {"Quarterly return": [heads, ["S1", "2025-26", 1, "M1", 9]]})
    from datetime import datetime

    from domain.types import Event

    step = {"service_code": "S1", "year": 2025, "quarter": 1, "step": "locked"}
    writes.keep(store, {"return_step": [step]}, Event("locked", "c", "commissioner", datetime.now()))
    with pytest.raises(Shown, match="is locked"):
        versions.restore(store, MANAGER, c.upload_id)


def test_a_manager_brings_a_first_upload_back_on_the_page(store, app):
    first = sent(store, three_sheets(people=6), MANAGER)
    intake.undo(store, first.upload_id, MANAGER)
    path = store.path
    store.close()
    at = app(role="manager", provider="P1", page="returns/upload.py")
    assert not at.exception
    versions_ = next(e for e in at.expander if "Earlier versions" in e.label)
    at.session_state["versions"] = True
    at.run()
    assert not at.exception, versions_
    at.button("version-restore").click().run()
    assert not at.exception and "That version is back" in str([t.value for t in at.toast])
    from ui import session

    assert writes.known_services(session.opened(str(path))) == {"S1": "P1"}


# ---- on the page -----------------------------------------------------------------------------------------------------------------------------


def test_the_list_is_on_the_upload_page_and_restores(three, app):
    store, *_ = three
    path = store.path
    store.close()
    at = app(role="manager", provider="P1", page="returns/upload.py")
    assert not at.exception and any("Earlier versions" in e.label for e in at.expander)
    from ui import versions as shown

    assert shown.said({"People": versions.Difference(3, 1, 0)}) == "People: 3 new, 1 changed."
    from pathlib import Path

    from ui import session

    opened = session.opened(str(path))
    assert opened.path == Path(path)
    frame = shown.table(versions.listed(opened, MANAGER), {"S1": "The Elms"})
    assert list(frame["Changed"])[-1] == "Services: 1 new. People: 6 new. Assessments: 12 new." and set(frame["Services"]) == {"The Elms"}


def test_what_the_check_told_of_the_content_is_what_a_rebuild_finds(store):
    kept = sent(store, three_sheets(people=24))
    store.close()
    rebuilt = backup.rebuild(store.path, store.settings)  # which reads the rows back from the ledger, and has nobody's word for it
    assert [(u.upload_id, u.content) for u in writes.uploads(rebuilt)] == [(kept.upload_id, kept.content)]
    assert kept.content
    rebuilt.close()
