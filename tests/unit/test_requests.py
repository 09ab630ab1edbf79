"""Access, erasure, objection, withdrawn consent and retention: through the desk and through the command line."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
from datetime import date

import pytest
from openpyxl import load_workbook

from access import intake, requests
from domain import settings
from domain.errors import Refused, Shown
from domain.types import Viewer
from exports import person
from tests.conftest import ADMINISTRATOR, COMMISSIONER, copy_of, manager_of, three_sheets, workbook
from warehouse import store as writes
from warehouse.connect import Store

TODAY = date(2026, 3, 31)
MACHINE = Viewer("root", "administrator", (), "command line")
MANAGER = manager_of("P1")


def send(store, sheets):
    received = intake.receive(store, [("return.xlsx", workbook(sheets))], ADMINISTRATOR, TODAY)
    assert not received.blocked, received.findings
    return intake.send(store, received, ADMINISTRATOR)


@pytest.fixture
def filled(own_database, made_once):
    store = copy_of(made_once("with-stories", send_people_and_stories), own_database)
    yield store
    store.close()


def send_people_and_stories(store):
    sheets = three_sheets(people=6)
    sheets["Stories"] = [
        ["service code", "story ref", "date", "voice", "outcome area", "story", "consent", "given on", "person ref"],
        ["S1", "ST1", "2025-06-01", "the person", "feeling safe", "The garden gave her the evenings back.", "commissioner", "2025-06-01", "c001"],
        ["S1", "ST2", "2025-06-02", "the person", "feeling safe", "+The kettle is always on.", "commissioner", "2025-06-02", None],
    ]
    from domain import codes

    sheets["Stories"][1][3] = sheets["Stories"][2][3] = codes.VOICES[0]
    sheets["Stories"][1][4] = sheets["Stories"][2][4] = codes.OUTCOME_AREAS[0]
    send(store, sheets)
    send(store, {"Assessments": [sheets["Assessments"][0], ["c001", "S1", "2025-06-20", "PHQ-9", 6]]})


def test_find_says_where_and_how_much_and_nothing_else(filled):
    kept = requests.find(filled, MANAGER, "P1", " C001 ")
    assert {s["sheet"]: (s["rows"], s["first"], s["last"], s["services"]) for s in kept.sheets} == {
        "People": (1, date(2025, 4, 7), date(2025, 4, 7), ["S1"]), "Assessments": (2, date(2025, 4, 7), date(2025, 6, 20), ["S1"]),
        "Stories": (1, date(2025, 6, 1), date(2025, 6, 1), ["S1"]),
    }  # fmt: skip
    assert kept.earlier == 1 and kept.code_name and not kept.barred
    assert "c001" not in repr(kept).casefold() and "garden" not in repr(kept)
    assert requests.find(filled, MANAGER, "P1", "nobody").nothing


def test_what_was_taken_back_is_found_and_erased_too(store):
    upload = send(store, three_sheets(people=6))
    intake.undo(store, upload.upload_id, ADMINISTRATOR)
    assert writes.known_services(store) == {}
    kept = requests.find(store, MANAGER, "P1", "c001")
    assert kept.earlier == 3 and not kept.sheets and not kept.nothing
    requests.erase(store, MANAGER, "P1", "c001")
    assert requests.find(store, MANAGER, "P1", "c001").nothing and requests.find(store, MANAGER, "P1", "c002").earlier == 3
    with pytest.raises(Shown, match="no such provider"):
        requests.find(store, ADMINISTRATOR, "P9", "c001")


@pytest.mark.parametrize("viewer", [COMMISSIONER, manager_of("P2"), Viewer("p", "presenter")])
def test_who_may_not_answer(filled, viewer):
    for ask in (requests.find, requests.copy, requests.erase, requests.let_back):
        with pytest.raises(Refused):
            ask(filled, viewer, "P1", "c001")
    with pytest.raises(Refused):
        requests.withdraw_story(filled, viewer, "S1", "ST1")
    with pytest.raises(Refused):
        requests.retain(filled, viewer)


def test_an_administrator_hands_out_no_scores_on_screen(filled):
    with pytest.raises(Refused, match="manager makes it"):
        requests.copy(filled, ADMINISTRATOR, "P1", "c001")
    assert requests.copy(filled, MACHINE, "P1", "c001")["now"]


@pytest.mark.parametrize("form", list(person.FORMS))
def test_a_copy_holds_everything_and_nobody_else(filled, form):
    content = person.made(requests.copy(filled, MANAGER, "P1", "c001"), form)
    if form == "json":
        told = json.loads(content)
        assert [row["score"] for row in told["now"]["Assessments"]] == ["18.000", "6.000"] and [r["score"] for r in told["earlier"]["Assessments"]] == [
            "10.000"
        ]
        assert told["now"]["Stories"][0]["story"].startswith("The garden")
    elif form == "csv":
        lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        assert {(line["kept"], line["value"]) for line in lines if line["what"] == "score"} == {("now", "18.000"), ("now", "6.000"), ("earlier", "10.000")}
    else:
        book = load_workbook(io.BytesIO(content))
        assert book.sheetnames == ["About this copy", "People", "Assessments", "Stories", "Assessments earlier"]
        assert book["Assessments"].max_row == 3
    assert b"kettle" not in content and b"c001" not in content


def test_erasing_leaves_an_event_without_a_trace_of_whom(filled):
    requests.erase(filled, MANAGER, "P1", "c001", "objection")
    kept = requests.find(filled, MANAGER, "P1", "c001")
    assert kept.nothing and kept.barred and "left out" in kept.words()
    event = next(e for e in writes.audited(filled) if e.kind == "erasure")
    assert event.detail["what"] == "objection" and event.detail["provider"] == "P1" and "c001" not in repr(writes.audited(filled)).casefold()
    assert requests.let_back(filled, MANAGER, "P1", "c001").kind == "erasure"
    with pytest.raises(Shown, match="Nobody with this reference"):
        requests.let_back(filled, MANAGER, "P1", "c002")


def test_a_story_whose_consent_was_withdrawn_comes_back_only_with_a_new_one(filled):
    requests.withdraw_story(filled, MANAGER, "S1", "st2", today=date(2026, 1, 10))
    with pytest.raises(Shown, match="no such story"):
        requests.withdraw_story(filled, MANAGER, "S1", "ST2")
    from domain import codes

    heads = ["service code", "story ref", "date", "voice", "outcome area", "story", "consent", "given on"]
    row = ["S1", "ST2", "2025-06-02", codes.VOICES[0], codes.OUTCOME_AREAS[0], "The kettle.", "commissioner", "2025-06-02"]
    received = intake.receive(filled, [("s.xlsx", workbook({"Stories": [heads, row]}))], ADMINISTRATOR, TODAY)
    assert not received.preview and "erased" in {f.code for f in received.findings}
    send(filled, {"Stories": [heads, [*row[:-1], "2026-02-01"]]})
    assert {u.kind for u in writes.uploads(filled)} == {"upload", "erasure"}


def test_retention_waits_for_the_controller_and_then_takes_out_who_is_past_it(filled):
    with pytest.raises(Shown, match="has not been decided"):
        requests.retain(filled, ADMINISTRATOR)
    assert requests.past_retention(filled, ADMINISTRATOR) is None
    send(filled, {"People": [["person ref", "service code", "started on"], ["c002", "S1", "2026-01-05"]]})
    path = filled.path
    filled.close()
    store = Store(path, settings.Settings().replaced(retention_years=8))
    assert requests.past_retention(store, ADMINISTRATOR, date(2033, 1, 1)) == (date(2025, 1, 1), 0, 0)
    assert requests.past_retention(store, ADMINISTRATOR, date(2033, 12, 1)) == (date(2025, 12, 1), 5, 1)
    assert requests.retain(store, ADMINISTRATOR, date(2033, 12, 1)).kind == "erasure"
    assert requests.retain(store, ADMINISTRATOR, date(2033, 12, 1)) is None
    assert not requests.find(store, MANAGER, "P1", "c002").nothing and requests.find(store, MANAGER, "P1", "c001").nothing
    store.close()


# ---- the command line ------------------------------------------------------------------------------------------------------------------------


def run(monkeypatch, *words, typed=""):
    from commands.main import main

    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main(list(words))
    return code, out.getvalue()


def test_find_export_and_erase_without_a_screen(filled, tmp_path, monkeypatch):
    path = filled.path
    filled.close()
    code, said = run(monkeypatch, "find", "--provider", "P1", typed="c001\n")
    assert code == 0 and "4 rows of S1" in said and "Assessments\t2\t2025-04-07 to 2025-06-20\tS1" in said
    assert run(monkeypatch, "find", "--provider", "elm trust", typed="c001\n") == (code, said)
    code, said = run(monkeypatch, "find", "--provider", "P1", "--json", typed="c001\n")
    assert json.loads(said)["earlier"] == 1
    out = tmp_path / "copy.json"
    code, said = run(monkeypatch, "export", "--provider", "P1", str(out), typed="c001\n")
    assert code == 0 and out.stat().st_mode & 0o077 == 0 and json.loads(out.read_text())["now"]["People"]
    assert run(monkeypatch, "export", "--provider", "P1", str(out), typed="c001\n")[0] == 1
    assert run(monkeypatch, "erase", "--provider", "P1", typed="c001\nno\n")[0] == 1
    code, said = run(monkeypatch, "erase", "--provider", "P1", typed="c001\nyes\n")
    assert code == 0 and "out of everything" in said and "c001" not in said
    code, said = run(monkeypatch, "find", "--provider", "P1", typed="c001\n")
    assert "Nothing is kept" in said and "taken out before" in said
    code, said = run(monkeypatch, "retain", "--yes")
    assert code == 1 and "has not been decided" in said
    assert not (path.with_name(path.name + ".tidy")).exists()


def test_the_reference_is_never_a_word_of_the_command_line(monkeypatch):
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "find", "--provider", "P1", "c001")
    assert ended.value.code == 2
    with pytest.raises(SystemExit):
        run(monkeypatch, "erase", "--provider", "P1", "--person", "c001")


# ---- on the page -----------------------------------------------------------------------------------------------------------------------------


def test_administration_finds_and_erases_and_keeps_no_reference(filled, app):
    filled.close()
    at = app(role="administrator", page="about/administration.py")
    at.text_input[0].set_value("c001")
    next(b for b in at.button if b.label == "Find what is kept").click().run()
    assert not at.exception and any("4 rows of S1" in m.value for m in at.markdown)
    assert not any(b.label == "Download the copy" for b in at.get("download_button"))
    at.checkbox(key="request-sure").check().run()
    at.button(key="request-erase").click().run()
    assert not at.exception and "c001" not in str(at.query_params)
    assert any("has not been decided" in w.value for w in at.warning)
    from ui import session

    store = session.opened(str(filled.path))
    assert requests.find(store, MANAGER, "P1", "c001").barred and "c001" not in repr(writes.audited(store)).casefold()
