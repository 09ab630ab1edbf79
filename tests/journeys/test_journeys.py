"""Journeys as each policy shows them: own people with what happened beside them, others banded and drawn by chance, and outside never."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from access import intake, record
from domain.errors import Refused, Shown
from domain.types import Scope, Viewer
from tests.conftest import ADMINISTRATOR, COMMISSIONER, manager_of, three_sheets, workbook
from warehouse import store as writes
from warehouse.connect import Store

SCOPE = Scope(services=("S1",), measure="PHQ-9")
OWN = manager_of("P1")


def with_more() -> dict[str, list[list[Any]]]:
    """24 people; c000 has a goal, a change of support, a crisis, and two stories; c001 has a second stay's worth of nothing."""
    sheets = three_sheets()
    sheets["Goals"] = [
        ["person ref", "service code", "goal ref", "agreed on", "outcome area", "in the person's words", "kind", "scale", "baseline"],
        ["c000", "S1", "G1", "2025-04-14", "seeing people", "to have tea with somebody", "improve", "GBO", 2],
    ]
    sheets["Goal reviews"] = [
        ["person ref", "service code", "goal ref", "date", "level", "progress", "adapted support"],
        ["c000", "S1", "G1", "2025-05-12", 4, "on track", "moved it to the morning"],
        ["c000", "S1", "G1", "2025-06-09", 6, "on track", None],
    ]
    sheets["Contacts"] = [
        ["person ref", "service code", "date", "kind", "response"],
        ["c000", "S1", "2025-05-05", "crisis contact", "attended"],
        ["c000", "S1", "2025-05-06", "planned contact", "attended"],
        ["c000", "S1", "2026-01-06", "crisis contact", "attended"],  # long after this stay: not on its axis
    ]
    sheets["Stories"] = [
        ["service code", "story ref", "date", "voice", "outcome area", "story", "person ref", "consent", "given on"],
        ["S1", "T1", "2025-06-16", "person", "seeing people", "I had tea twice.", "c000", "seminar", "2025-06-16"],
    ]
    return sheets


def with_another(store: Store) -> None:
    for sheets in (with_more(), three_sheets(30, "S2", "P2", "d", 2)):
        received = intake.receive(store, [("return.xlsx", workbook(sheets))], COMMISSIONER)
        assert not received.blocked, received.findings
        intake.send(store, received, COMMISSIONER)


@pytest.fixture
def loaded(copied: Callable[..., Store]) -> Store:
    """The people of `with_more`, and thirty of another provider."""
    return copied(with_another)


def name_of(store: Store, ref: str) -> str:
    return record.code_names(store, OWN, ref)[0].code_name


def test_what_happened_stands_on_the_time_axis_of_ones_own_people(loaded: Store) -> None:
    label = name_of(loaded, "c000")
    drawn = record.open_journeys(loaded, OWN, SCOPE)
    assert "coded records of real people" in drawn.sentence
    theirs = next(journey for journey in drawn.journeys if journey.label == label)
    assert [(kind, week) for kind, week, _ in theirs.marks] == [("goal agreed", 1.0), ("crisis", 4.0), ("change of support", 5.0), ("story", 10.0)]
    assert "moved it to the morning" not in str(theirs.marks), "people's own words stand under the line, not on it"
    assert theirs.beside["changes_of_support"][0]["adapted_support"] == "moved it to the morning"
    assert all(not journey.marks for journey in drawn.journeys if journey.label != label)


@pytest.mark.parametrize("order", ["gained", "no movement", "set back", "longest"])
def test_orders_of_ones_own_people(loaded: Store, order: str) -> None:
    """Every third person falls by 1 point, the others by 8: PHQ-9 is better when lower."""
    gains = [journey.scores[0] - journey.scores[-1] for journey in record.open_journeys(loaded, OWN, SCOPE, order).journeys]
    wanted = {"gained": sorted(gains, reverse=True), "no movement": sorted(gains, key=abs), "set back": sorted(gains), "longest": gains}[order]
    assert gains == wanted and len(gains) == 24


def test_inside_is_banded_drawn_by_chance_and_bare(loaded: Store) -> None:
    record.allow_inside(loaded, ADMINISTRATOR, "a review", "as agreed", "the controller")
    first, again = (record.open_journeys(loaded, COMMISSIONER, SCOPE, "gained", seed) for seed in ("1", "2"))
    assert first.banded and first.cohort is None
    middles = {(low + high) / 2 for _, low, high in first.bands}
    for journey in first.journeys:
        assert journey.label.startswith("Person ") and not journey.beside and not journey.marks and not journey.words
        assert set(journey.scores) <= middles and all(week % 2 == 0 for week in journey.weeks)
    lines = [[j.scores for j in drawn.journeys] for drawn in (first, again)]
    assert sorted(lines[0]) == sorted(lines[1]), "looking again shows nobody new"
    assert lines[0] != lines[1], "the order is drawn for each viewing, also where another was asked for"


def test_outside_never(loaded: Store) -> None:
    with pytest.raises(Refused, match="never shown outside"):
        record.open_journeys(loaded, Viewer("p", "presenter", session="s"), SCOPE)


def test_one_event_for_each_viewer_cohort_and_session(loaded: Store) -> None:
    record.allow_inside(loaded, ADMINISTRATOR, "a review", "as agreed", "the controller")

    def events() -> int:
        return sum(event.kind == "journeys" for event in writes.audited(loaded))

    for order in ("", "gained", ""):
        record.open_journeys(loaded, OWN, SCOPE, order)
    assert events() == 1
    record.open_journeys(loaded, OWN, SCOPE.with_(basis="started"))
    assert events() == 2, "another cohort"
    record.open_journeys(loaded, Viewer(OWN.user, "manager", ("P1",), session="another"), SCOPE)
    assert events() == 3, "another session"
    for seed in ("1", "2"):
        record.open_journeys(loaded, COMMISSIONER, SCOPE, seed=seed)
    assert events() == 4, "another viewer"
    whole = Scope(measure="PHQ-9")
    for providers in (("P1",), ("P2",)):  # without a sign-in managers share a name
        record.open_journeys(loaded, Viewer("local manager", "manager", providers, session="one"), whole)
    assert events() == 6


# ---- references and code names ---------------------------------------------------------------------------------------------------------------


def test_references_to_code_names_and_back(loaded: Store) -> None:
    there = record.code_names(loaded, OWN, " C000 \nc001\tnobody\nc000\n\n")
    assert [each.ref for each in there] == ["C000", "c001", "nobody", "c000"]
    assert there[0].code_name == there[3].code_name != there[1].code_name and there[2].code_name == ""
    label = there[1].code_name
    back = record.code_names(loaded, OWN, "\n".join([label.upper(), *(f"c{n:03d}" for n in range(24))]))
    assert back == (record.Named("c001", label, True),)
    assert record.code_names(loaded, OWN, f"{label}\nc005") == (record.Named("", label, True),), "a code name alone cannot be turned back"


def test_only_those_who_hold_the_references_may_match_them(loaded: Store) -> None:
    for viewer in (COMMISSIONER, ADMINISTRATOR, Viewer("p", "presenter"), Viewer("m", "manager", ("",))):
        with pytest.raises(Refused):
            record.code_names(loaded, viewer, "c000")
    label = name_of(loaded, "c000")
    assert record.code_names(loaded, manager_of("P2"), f"c000\n{label}") == (record.Named("c000", ""), record.Named(label, "")), (
        "another provider's are strangers"
    )
    for typed, why in (("  \n", "Type or paste"), ("\n".join(f"r{n}" for n in range(2001)), "smaller parts")):
        with pytest.raises(Shown, match=why):
            record.code_names(loaded, OWN, typed)


def test_nothing_typed_is_kept(loaded: Store, app: Callable[..., Any]) -> None:
    at = app(role="manager", provider="P1", page="explore/journeys.py", service="S1")
    at.session_state["code-names"] = True
    at.run()
    at.text_area[0].set_value("c000\nzz-not-here")
    next(b for b in at.button if b.label == "Match them").click().run()
    assert not at.exception and not at.error
    shown = "".join(table.value.to_string() for table in at.table)
    assert "c000" in shown and "nobody here has this reference" in shown
    at.run()  # the next click: the answer is gone
    assert not any("c000" in table.value.to_string() for table in at.table)
    held = repr(at.session_state.to_dict())
    assert "c000" not in held and "zz-not-here" not in held
    assert "c000" not in str({name: at.query_params[name] for name in at.query_params})
    events = [event for event in writes.audited(loaded) if event.kind == "code names matched"]
    assert events[0].detail == {"providers": ["P1"], "asked": 2, "found": 1}
    for path in [*loaded.ledger.rglob("*.json"), *loaded.ledger.rglob("*.jsonl")]:
        assert "zz-not-here" not in path.read_text()


# ---- on the page -----------------------------------------------------------------------------------------------------------------------------


def test_the_page_under_own_opens_a_line_with_its_rows_of_marks(loaded: Store, app: Callable[..., Any]) -> None:
    label = name_of(loaded, "c000")
    at = app(role="manager", provider="P1", page="explore/journeys.py", service="S1")
    assert [s.label for s in at.selectbox].count("Order") == 1
    next(s for s in at.selectbox if s.label == "Open one large").select(label).run()
    assert not at.exception and not at.error
    opened = json.loads(at.get("plotly_chart")[-1].proto.spec)
    assert [text.split(" ")[1] for text in opened["layout"]["yaxis2"]["ticktext"]] == ["goals", "support", "crises", "stories"]
    text = "\n".join(m.value for m in at.markdown).replace("\\", "")
    assert "12 May 2025: goal: G1; adapted support: moved it to the morning" in text and "I had tea twice." in text


def test_the_page_inside_offers_no_order_no_names_and_no_download(loaded: Store, app: Callable[..., Any]) -> None:
    record.allow_inside(loaded, ADMINISTRATOR, "a review", "as agreed", "the controller")
    at = app(page="explore/journeys.py", service="S1")
    assert not at.exception and not at.error
    assert "coded records of real people" in "\n".join(m.value for m in at.markdown)
    assert "Order" not in [s.label for s in at.selectbox] and not [e for e in at.expander if "Find somebody" in e.label]
    next(s for s in at.selectbox if s.label == "Open one large").select("Person A").run()
    assert not at.exception and not at.error
    assert not at.get("download_button") and not at.dataframe, "a data frame offers its own download"
    assert not any("yaxis2" in json.loads(chart.proto.spec)["layout"] for chart in at.get("plotly_chart"))
