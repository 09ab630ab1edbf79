"""The one-page form: drafts without references, the same check as for a file, nothing lost of what was stored, and the page itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from access import intake, people_form, requests
from domain.errors import Refused, Shown
from domain.quarters import Quarter
from tests.conftest import ADMINISTRATOR, COMMISSIONER, copy_of, manager_of, three_sheets, workbook

TODAY = date(2026, 3, 31)
MANAGER = manager_of("P1")
Q1 = Quarter(2025, 1)


def send(store, sheets):
    received = intake.receive(store, [("return.xlsx", workbook(sheets))], ADMINISTRATOR, TODAY)
    assert not received.blocked, received.findings
    return intake.send(store, received, ADMINISTRATOR)


@pytest.fixture
def begun(own_database, made_once):
    store = copy_of(made_once("one-service", lambda empty: send(empty, {"Services": three_sheets()["Services"]})), own_database)
    yield store
    store.close()


def typed(store, form, people=(), scores=()):
    """The form with people [(ref, started, ended, how)] and scores [(ref, date, measure, score)] typed into it."""
    hashed = {ref: people_form.who(store, MANAGER, "S1", ref, form.names) for ref in {row[0] for row in [*people, *scores]}}
    rows = [dict(zip(("person", "started_on", "ended_on", "how_it_ended"), (hashed[r[0]], *r[1:]), strict=True)) for r in people]
    return replace(
        form, people=[*form.people, *rows], scores=[*form.scores, *({"person": hashed[r[0]], "date": r[1], "measure": r[2], "score": r[3]} for r in scores)]
    )


PEOPLE = [("C-014", date(2025, 4, 7), None, None), ("C-015", date(2025, 4, 9), date(2025, 6, 20), "as planned")]
SCORES = [("C-014", date(2025, 4, 7), "PHQ-9", 18.0), ("C-015", date(2025, 4, 9), "PHQ-9", 15.0), ("C-015", date(2025, 6, 20), "PHQ-9", 6.0)]


def test_what_is_typed_is_checked_like_a_file_and_sent(begun):
    form = typed(begun, people_form.opened(begun, MANAGER, "S1", Q1), PEOPLE, SCORES)
    received = people_form.check(begun, MANAGER, form, TODAY)
    assert not received.blocked, received.findings
    assert received.preview == {
        "People": {"new": 2, "changed": 0, "unchanged": 0, "gone": 0},
        "Assessments": {"new": 3, "changed": 0, "unchanged": 0, "gone": 0},
    }
    people_form.send(begun, MANAGER, form, received)
    by_file = intake.receive(begun, [("r.xlsx", workbook({
        "People": [["person ref", "service code", "started on"], ["c-014", "S1", "2025-04-07"]],
        "Assessments": [["person ref", "service code", "date", "measure", "score"], ["c-014", "S1", "2025-04-07", "PHQ-9", 18]],
    }))], MANAGER, TODAY)  # fmt: skip
    assert by_file.unchanged, "somebody typed is the same person as in a file under the same reference"


def test_a_draft_holds_no_reference_and_comes_back_with_code_names(begun):
    form = people_form.save(begun, MANAGER, typed(begun, people_form.opened(begun, MANAGER, "S1", Q1), [("VERYOWNREF-7", date(2025, 4, 7), None, None)]))
    assert people_form.opened(begun, MANAGER, "S1", Q1).people == [
        {"person": form.people[0]["person"], "started_on": date(2025, 4, 7), "ended_on": None, "how_it_ended": None}
    ]
    again = people_form.opened(begun, MANAGER, "S1", Q1)
    (name,) = again.names.values()
    assert people_form.who(begun, MANAGER, "S1", f" {name.lower()} ", again.names) == people_form.who(begun, MANAGER, "S1", "veryownref-7", again.names)
    begun.close()
    held = b"".join(p.read_bytes() for p in begun.path.parent.rglob("*") if p.is_file())
    assert b"veryownref" not in held.lower()


def test_the_code_name_shown_is_the_one_given(begun):
    form = typed(begun, people_form.opened(begun, MANAGER, "S1", Q1), PEOPLE, SCORES)
    shown = people_form.names(begun, [row["person"] for row in form.people])
    people_form.send(begun, MANAGER, form, people_form.check(begun, MANAGER, form, TODAY))
    assert people_form.names(begun, [row["person"] for row in form.people]) == shown
    assert set(people_form.opened(begun, MANAGER, "S1", Q1).names.items()) == set(shown.items())


def test_what_the_form_does_not_show_is_not_lost(begun):
    sheets = three_sheets(people=3)
    sheets["People"][0] += ["deprivation quintile", "role", "cares for (ref)"]
    for row in sheets["People"][1:]:
        row += ["2", "carer", "c099"]
    send(begun, sheets)
    form = people_form.opened(begun, MANAGER, "S1", Q1)
    assert len(form.people) == 3 and len(form.scores) == 6
    assert people_form.check(begun, MANAGER, form, TODAY).unchanged
    changed = replace(form, scores=[{**row, "score": 1.0} if i == 0 else row for i, row in enumerate(form.scores)])
    received = people_form.check(begun, MANAGER, changed, TODAY)
    assert received.preview["People"]["unchanged"] == 3 and received.preview["Assessments"]["changed"] == 1


def test_findings_say_which_line(begun):
    form = typed(begun, people_form.opened(begun, MANAGER, "S1", Q1), PEOPLE, [("C-014", date(2025, 4, 7), "PHQ-9", 99.0)])
    received = people_form.check(begun, MANAGER, form, TODAY)
    assert received.blocked and "Scores, line 1, score" in {people_form.line(f) for f in received.findings}
    with pytest.raises(Shown):
        people_form.send(begun, MANAGER, form, received)
    assert people_form.opened(begun, MANAGER, "S1", Q1).saved_at is None


@pytest.mark.parametrize("ref", ["Jo Bloggs", "943 476 5919", "jo@example.org", "AB123456C", "x" * 300])
def test_names_and_numbers_used_elsewhere_are_refused_without_being_repeated(begun, ref):
    with pytest.raises(Shown) as told:
        people_form.who(begun, MANAGER, "S1", ref, {})
    assert ref not in str(told.value)


@pytest.mark.parametrize("viewer", [COMMISSIONER, manager_of("P2"), ADMINISTRATOR])
def test_only_the_services_own_manager_types(begun, viewer):
    with pytest.raises(Refused):
        people_form.opened(begun, viewer, "S1", Q1)
    with pytest.raises(Refused):
        people_form.who(begun, viewer, "S1", "c1", {})


def test_somebody_erased_goes_from_a_draft_too(begun):
    people_form.save(begun, MANAGER, typed(begun, people_form.opened(begun, MANAGER, "S1", Q1), PEOPLE, SCORES))
    requests.erase(begun, MANAGER, "P1", "C-015")
    form = people_form.opened(begun, MANAGER, "S1", Q1)
    assert len(form.people) == 1 and len(form.scores) == 1
    form = typed(begun, form, PEOPLE[1:], SCORES[1:])
    assert "erased" in {f.code for f in people_form.check(begun, MANAGER, form, TODAY).findings}


# ---- the page --------------------------------------------------------------------------------------------------------------------------------


def edit(at, place, **changes):
    """Types into a table of the page, as the browser would say it; AppTest has no hand for tables yet."""
    table = [t for t in at.get("dataframe") if "typed-" in t.proto.id][place]
    states = at._tree.get_widget_states()
    for other in [w for w in states.widgets if w.id == table.proto.id]:
        states.widgets.remove(other)
    widget = states.widgets.add()
    widget.id = table.proto.id
    widget.string_value = json.dumps({"edited_rows": {}, "added_rows": [], "deleted_rows": [], **changes})
    at._run(states)
    assert not at.exception, at.exception


def test_the_page_types_checks_and_sends(begun, app):
    begun.close()
    at = app(role="manager", provider="P1", page="returns/type_it_in.py")
    assert not at.exception and at.title[0].value == "Type people and scores"
    quarter = at.selectbox(key="typed-quarter").value
    start, middle = quarter.start.isoformat(), quarter.start.replace(day=20).isoformat()
    edit(at, 0, added_rows=[{"who": "OWNREF-1", "started_on": start}])
    assert any("Saved" in c.value for c in at.caption)
    label = next(t for t in at.get("table"))
    assert "OWNREF-1" in str(label.value) if hasattr(label, "value") else True
    from ui import session  # the page's own store, through the same door

    names = next(iter(at.session_state["typed-forms"].values()))["labels"]
    (shown,) = names.values()
    assert shown.endswith("(OWNREF-1)")
    edit(at, 1, added_rows=[{"who": shown, "date": middle, "measure": "PHQ-9", "score": 12}])
    at.button(key="typed-check").click().run()
    assert not at.exception and at.button(key="typed-send")
    at.button(key="typed-send").click().run()
    assert not at.exception
    assert session.PAGES["type-it-in"] == "returns/type_it_in.py"
    form = next(iter(at.session_state["typed-forms"].values()))["form"]
    assert len(form.people) == 1 and form.scores[0]["score"] == 12.0 and form.saved_at is None


def test_the_page_refuses_a_name_and_keeps_none(begun, app):
    begun.close()
    at = app(role="manager", provider="P1", page="returns/type_it_in.py")
    edit(at, 0, added_rows=[{"who": "Jo Bloggs", "started_on": "2026-07-01"}])
    assert any("looks like a name" in w.value for w in at.warning)
    held = b"".join(p.read_bytes() for p in begun.path.parent.rglob("*") if p.is_file())
    assert b"Bloggs" not in held


def test_a_manager_without_a_service_is_told_what_to_do(store, app):
    store.close()
    at = app(role="manager", provider="P1", page="returns/type_it_in.py")
    assert not at.exception and any("no service of yours" in m.value for m in at.markdown)
