"""The desk and the second door: who may see what, the menu, widening, what stays hidden, and what is written down."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from access import desk, record, rules
from domain.errors import Refused, Shown
from domain.settings import Settings
from domain.types import Event, Scope, Viewer
from tests import conftest
from tests.second_opinion import plain
from warehouse import backup
from warehouse import store as writes
from warehouse.connect import Store

COMMISSIONER = Viewer("c", "commissioner", (), "s1")
PRESENTER = Viewer("p", "presenter", (), "s2")
MANAGER = Viewer("m", "manager", ("P1",), "s3")
ADMINISTRATOR = Viewer("a", "administrator", (), "s4")
MACHINE = Viewer("root", "administrator", (), rules.COMMAND_LINE)
ALL_OF = {"commissioner": COMMISSIONER, "presenter": PRESENTER, "manager": MANAGER, "administrator": ADMINISTRATOR}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("desk") / "store.duckdb", conftest.ONE_THREAD)
    data = plain.made_up(5, 1500, 8)
    data["milestones"] = [
        {"service_code": "S1", "year": 2025, "ref": ref, "kind": "milestone", "what_people_will_achieve": "begin",
         "counted_as": "newly in the quarter", "q1": q1, "q2": 12.0}
        for ref, q1 in (("M1", 12.0), ("M2", 3.0))
    ]  # fmt: skip
    data["quarterly_return"] = [
        {"service_code": "S1", "year": 2025, "quarter": 1, "ref": "M1", "actual": 12.0, "explanation": "Words for two.", "who_may_read_this": None},
        {"service_code": "S1", "year": 2025, "quarter": 1, "ref": "M2", "actual": 9.0, "explanation": "Words for all.", "who_may_read_this": "public"},
    ]  # fmt: skip
    data["activity"] = [{"service_code": "S1", "year": 2025, "quarter": 1, "people_supported": 40}]
    data["stories"] = [
        {"service_code": "S1", "story_ref": c, "date": date(2025, 5, 1), "voice": "person", "outcome_area": "skills", "story": c, "consent": c}
        for c in ("this service", "commissioner", "seminar", "public")
    ]  # fmt: skip
    writes.commit(store, {n: plain.table(n, rows) for n, rows in data.items()}, Event("upload", "t", "manager", datetime(2026, 3, 31)))
    yield store
    store.close()


@pytest.mark.parametrize("role, policy", [("commissioner", "own"), ("presenter", "own"), ("presenter", "inside")])
def test_nobody_asks_for_a_looser_policy(store, role, policy):
    with pytest.raises(Refused, match="in that much detail"):
        desk.ask(store, ALL_OF[role], "recovery", Scope(), policy=policy)


@pytest.mark.parametrize("scope", [Scope(services=("S1", "NOPE")), Scope(measure="PHQ-9", perspective="nobody")])
def test_what_does_not_exist_is_said_and_not_left_out(store, scope):
    with pytest.raises(Shown, match=r"no such service|nobody's view"):
        desk.ask(store, COMMISSIONER, "recovery", scope)


@pytest.mark.parametrize(
    "one, other",
    [
        (Scope(services=("S1",)), Scope(services=("S1", "S1"))),
        (Scope(services=("S1",)), Scope(services=("S1",), perspective="carer", subscale="any")),
        (Scope(services=("S1",), measure="PHQ-9"), Scope(services=("S1",), measure="PHQ-9", perspective="person")),
    ],
)
def test_the_same_question_in_other_words_is_the_same_table(store, one, other):
    first, second = (desk.ask(store, COMMISSIONER, "reliable-improvement", scope) for scope in (one, other))
    assert first.scope == second.scope and first.rows == second.rows


def test_administrators_see_no_figures_but_the_machine_itself_may_ask(store):
    for door in (lambda: desk.ask(store, ADMINISTRATOR, "recovery", Scope()), lambda: desk.stories(store, ADMINISTRATOR, "S1"),
                 lambda: desk.plan_lines(store, ADMINISTRATOR, "S1", 2025), lambda: desk.trajectory(store, ADMINISTRATOR, Scope(measure="PHQ-9")),
                 lambda: record.open_journeys(store, ADMINISTRATOR, Scope(measure="PHQ-9"))):  # fmt: skip
        with pytest.raises(Refused):
            door()
    before = len(writes.audited(store))
    assert desk.ask(store, MACHINE, "recovery", Scope(), policy="own").policy == "own"
    assert writes.audited(store)[0].kind == "ask" and len(writes.audited(store)) == before + 1


def test_managers_see_their_own_exactly_and_no_one_elses(store):
    released = desk.ask(store, MANAGER, "reliable-improvement", Scope(by="provider"))
    assert released.policy == "own" and [r.group for r in released.rows] == ["P1"]
    for door in (lambda: desk.ask(store, MANAGER, "recovery", Scope(services=("S0",))), lambda: desk.stories(store, MANAGER, "S0"),
                 lambda: desk.plan_lines(store, MANAGER, "S0", 2025), lambda: desk.activity(store, MANAGER, "S0"),
                 lambda: record.open_journeys(store, MANAGER, Scope(services=("S0",), measure="PHQ-9"))):  # fmt: skip
        with pytest.raises(Refused, match="another provider"):
            door()
    assert {s.provider for s in desk.services(store, MANAGER)} == {"P1"}
    with pytest.raises(Shown, match="Too few other providers"):
        desk.peers(store, MANAGER, "reliable-improvement", Scope())  # two others are not three
    with pytest.raises(Refused, match="Choose which provider"):
        desk.ask(store, Viewer("m", "manager"), "recovery", Scope())


def test_people_who_said_no_are_in_the_providers_own_totals_only(store):
    scope = Scope(by="provider", basis="started", measure="PHQ-9")
    own = {r.group: r.denominator for r in desk.ask(store, MACHINE, "first-score-rate", scope, policy="own").rows if not r.still_open}
    inside = {r.group: r.denominator for r in desk.ask(store, MACHINE, "first-score-rate", scope, policy="inside").rows if not r.still_open}
    with store.reading() as cursor:
        rows = cursor.execute(
            "select provider, count(*) from outcome where measure = 'PHQ-9' and subscale = '' and perspective = 'person' and role = 'person' "
            "and shares = 'no' and ended_on is not null group by 1"
        ).fetchall()
    said_no = dict(rows)
    assert said_no and MANAGER
    assert inside.keys() == own.keys()
    # Under `own` the machine still asks across providers, where nobody's no is overridden for others: own alone includes them
    assert {p: own[p] - inside[p] for p in own} == said_no


def test_periods_and_services_snap_to_the_menu(store):
    asked = Scope(start=date(2025, 7, 3), end=date(2025, 9, 12), services=("S1", "S4"))
    released = desk.ask(store, COMMISSIONER, "reliable-improvement", asked)
    assert (released.scope.start, released.scope.end) == (date(2025, 7, 1), date(2025, 9, 30))
    assert (released.scope.services, released.scope.entry) == ((), "provider")
    assert any("nearest period" in n for n in released.notes) and any("all 3 services of P1" in n for n in released.notes)
    assert desk.ask(store, MANAGER, "reliable-improvement", asked).scope.start == date(2025, 7, 3)


def test_one_characteristic_at_a_time(store):
    with pytest.raises(Shown, match="One characteristic at a time"):
        desk.ask(store, COMMISSIONER, "recovery", Scope().where("gender", "female").where("age_band", "18-24"))
    with pytest.raises(Shown, match="One characteristic at a time"):
        desk.ask(store, COMMISSIONER, "recovery", Scope(by="gender").where("age_band", "18-24"))


def test_a_cohort_is_a_row_of_its_table(store):
    table = desk.ask(store, COMMISSIONER, "reliable-improvement", Scope(by="gender"))
    cohort = desk.ask(store, COMMISSIONER, "reliable-improvement", Scope().where("gender", "female"))
    assert cohort.rows == tuple(r for r in table.rows if r.group == "female") and cohort.total is None


def test_a_small_scope_is_widened_and_says_so(store):
    small = Scope(services=("S1",), start=date(2025, 7, 1), end=date(2025, 9, 30))
    assert desk.ask(store, COMMISSIONER, "reliable-improvement", small).scope == small
    wide = desk.ask(store, COMMISSIONER, "reliable-improvement", small, widen=True)
    assert wide.scope != small and "Fewer than 10 people" in wide.widened and "no mark against" in wide.widened
    assert desk.ask(store, MANAGER, "reliable-improvement", small, widen=True).widened == ""


def test_averages_need_one_questionnaire(store):
    with pytest.raises(Shown, match="Choose one"):
        desk.ask(store, COMMISSIONER, "mean-change", Scope())
    assert desk.ask(store, COMMISSIONER, "mean-change", Scope(by="measure")).total is None


def test_without_a_choice_the_only_questionnaire_in_use_is_taken_and_said(tmp_path):
    store = Store(tmp_path / "s.duckdb", Settings())
    data = plain.made_up(5, 300, 2)
    data["assessments"] = [a for a in data["assessments"] if a["measure"] == "GAD-7"]
    writes.commit(store, {n: plain.table(n, rows) for n, rows in data.items()}, Event("upload", "t", "manager", datetime(2026, 3, 31)))
    alone = desk.ask(store, MACHINE, "mean-change", Scope(), policy="own")
    assert alone.rows == desk.ask(store, MACHINE, "mean-change", Scope(measure="GAD-7"), policy="own").rows and alone.rows[0].denominator
    assert alone.notes == ("On GAD-7, the only questionnaire in use here.",)
    assert desk.ask(store, MACHINE, "follow-up-rate", Scope(by="perspective"), policy="own").scope.measure == "GAD-7"
    store.close()


def test_unknown_words_are_told(store):
    for question in (("no-such", Scope()), ("recovery", Scope(measure="XYZ")), ("recovery", Scope(by="colour"))):
        with pytest.raises(Shown):
            desk.ask(store, COMMISSIONER, *question)


def test_carers_are_never_pooled_unless_asked(store):
    by_role = {r.group: r.denominator for r in desk.ask(store, MACHINE, "follow-up-rate", Scope(by="role", measure="PHQ-9"), policy="own").rows}
    alone = desk.ask(store, MACHINE, "follow-up-rate", Scope(measure="PHQ-9"), policy="own").rows[0].denominator
    assert by_role["carer"] > 0 and alone == by_role["person"]


def test_plan_lines_speak_by_audience(store):
    def lines(viewer):
        return {line.ref: line for line in desk.plan_lines(store, viewer, "S1", 2025) if line.quarter == "Q1"}

    inside, outside = lines(COMMISSIONER), lines(PRESENTER)
    assert (inside["M2"].projection, inside["M2"].actual, inside["M1"].words) == (3.0, 9.0, "Words for two.")
    assert (outside["M1"].projection, outside["M1"].actual) == (12.0, 12.0)
    assert (outside["M2"].projection, outside["M2"].actual, outside["M2"].figures) == (None, None, "more than planned")
    assert outside["M1"].words == "The service has explained this to its commissioner." and outside["M2"].words == "Words for all."


def test_stories_follow_their_consent(store):
    def told(viewer):
        return sorted(s.text for s in desk.stories(store, viewer, "S1"))

    assert told(MANAGER) == ["commissioner", "public", "seminar", "this service"]
    assert told(COMMISSIONER) == ["commissioner", "public", "seminar"] and told(PRESENTER) == ["public", "seminar"]


def test_journeys_are_closed_until_purpose_basis_and_approver_are_recorded(tmp_path):
    store = Store(tmp_path / "s.duckdb", Settings())
    data = plain.made_up(5, 1500, 4)
    writes.commit(store, {n: plain.table(n, rows) for n, rows in data.items()}, Event("upload", "t", "manager", datetime(2026, 3, 31)))
    scope = Scope(services=("S1",), measure="PHQ-9")
    with pytest.raises(Refused, match="closed"):
        record.open_journeys(store, COMMISSIONER, scope)
    with pytest.raises(Shown, match="all three"):
        record.allow_inside(store, ADMINISTRATOR, "why", "", "who")
    with pytest.raises(Refused):
        record.allow_inside(store, COMMISSIONER, "why", "on what", "who")
    record.allow_inside(store, ADMINISTRATOR, "why", "on what", "who")

    first = record.open_journeys(store, COMMISSIONER, scope, seed="1")
    again = record.open_journeys(store, COMMISSIONER, scope, seed="2")
    assert first.banded and len(first.journeys) >= 10
    assert sorted((j.weeks, j.scores) for j in first.journeys) == sorted((j.weeks, j.scores) for j in again.journeys), "who is drawn is fixed"
    assert [(j.weeks, j.scores) for j in first.journeys] != [(j.weeks, j.scores) for j in again.journeys], "order is drawn anew"
    middles = {(low + high) / 2 for _, low, high in first.bands}
    assert all(w % 2 == 0 for j in first.journeys for w in j.weeks) and all(s in middles for j in first.journeys for s in j.scores)
    with store.reading() as cursor:
        names = {r[0] for r in cursor.execute("select name from code_name").fetchall()}
    assert not names & {j.label for j in first.journeys} and not any(j.beside for j in first.journeys)
    opened = [e for e in writes.audited(store) if e.kind == "journeys"]
    assert len(opened) == 1, "one audit event per viewer, cohort and session"
    with pytest.raises(Shown, match="too small"):
        record.open_journeys(store, COMMISSIONER, scope.with_(start=date(2025, 7, 1), end=date(2025, 9, 30)))
    with pytest.raises(Refused, match="never shown"):
        record.open_journeys(store, PRESENTER, scope)
    own = record.open_journeys(store, Viewer("m", "manager", ("P1",), "s9"), scope, order="gained")
    assert not own.banded and {j.label.partition(",")[0] for j in own.journeys} <= names
    assert len({j.label for j in own.journeys}) == len(own.journeys), "somebody who came twice has two lines, told apart"
    gains = [j.scores[0] - j.scores[-1] for j in own.journeys]
    assert gains == sorted(gains, reverse=True)
    record.close_inside(store, ADMINISTRATOR)
    with pytest.raises(Refused, match="closed"):
        record.open_journeys(store, COMMISSIONER, scope)
    store.close()


def test_one_more_person_shows_in_no_other_wording_either(tmp_path):
    """Asked in another way (one questionnaire, by questionnaire, as measured, a year, a total, a mean), nothing tells the one new result."""
    store = Store(tmp_path / "s.duckdb", Settings())
    data = plain.made_up(11, 400, 2)
    writes.commit(store, {n: plain.table(n, rows) for n, rows in data.items()}, Event("upload", "t", "manager", datetime(2026, 3, 31)))
    year = {"start": date(2025, 4, 1), "end": date(2026, 3, 31)}
    asked = [
        (metric, Scope(measure=measure, by=by, basis=basis, **period))
        for metric in ("reliable-improvement", "mean-change")
        for measure, by in (("PHQ-9", ""), ("", "measure"), ("PHQ-9", "gender"), ("PHQ-9", "service"), ("", ""))
        for basis in ("ended", "measured")
        for period in ({}, year)
        if metric != "mean-change" or measure or by == "measure"
    ]

    def told(questions):
        return [(r.rows, r.total) for r in (desk.ask(store, COMMISSIONER, metric, scope) for metric, scope in questions)]

    before = told(asked[::2])  # half of the questions are asked before, the others for the first time after
    exact = desk.ask(store, MACHINE, "reliable-improvement", Scope(measure="PHQ-9"), policy="own").rows
    new = [{"person": f"{7000 + i:032x}", "service_code": "S0", "started_on": date(2025, 4, 1), "ended_on": date(2025, 8, 1)} for i in range(4)]
    scores = [
        {"person": p["person"], "service_code": "S0", "date": day, "measure": "PHQ-9", "score": value}
        for p in new for day, value in ((date(2025, 4, 1), Decimal(20)), (date(2025, 7, 1), Decimal(5)))
    ]  # fmt: skip
    later = Store(tmp_path / "later.duckdb", Settings())
    writes.commit(later, {n: plain.table(n, rows) for n, rows in data.items()}, Event("upload", "t", "manager", datetime(2026, 3, 31)))
    unasked_before = [(r.rows, r.total) for r in (desk.ask(later, COMMISSIONER, metric, scope) for metric, scope in asked[1::2])]
    later.close()
    writes.commit(
        store, {"people": plain.table("people", new), "assessments": plain.table("assessments", scores)}, Event("upload", "t", "m", datetime(2026, 3, 31))
    )
    assert desk.ask(store, MACHINE, "reliable-improvement", Scope(measure="PHQ-9"), policy="own").rows != exact
    assert told(asked[::2]) == before and told(asked[1::2]) == unasked_before
    assert any("as they were" in n for n in desk.ask(store, COMMISSIONER, "headline", Scope()).notes)
    store.close()
    store = backup.rebuild(store.path, Settings())  # and a rebuild from the ledger tells no more
    assert told(asked[::2]) == before and told(asked[1::2]) == unasked_before
    store.close()


def test_a_cohorts_curve_does_not_tell_the_few_it_leaves_out(tmp_path):
    store = Store(tmp_path / "s.duckdb", Settings())
    service = {"service_code": "S", "service_name": "S", "provider_code": "P", "provider_name": "P", "service_type": "counselling"}
    people = [
        {"person": f"{i:032x}", "service_code": "S", "started_on": date(2025, 4, 1), "ended_on": date(2025, 9, 1), "gender": gender}
        for i, gender in enumerate(["female"] * 30 + ["male"] * 12 + [None] * 3)
    ]
    scores = [
        {"person": p["person"], "service_code": "S", "date": date(2025, 4 + k, 1), "measure": "PHQ-9", "score": Decimal(20 - (8 * k if i % 3 else 0) + i % 2)}
        for i, p in enumerate(people) for k in (0, 2)
    ]  # fmt: skip
    tables = {"services": [service], "people": people, "assessments": scores}
    writes.commit(store, {n: plain.table(n, rows) for n, rows in tables.items()}, Event("upload", "t", "m", datetime(2026, 3, 31)))
    scope = Scope(services=("S",), measure="PHQ-9")
    whole = {r.group: r.denominator for r in desk.trajectory(store, COMMISSIONER, scope).rows}
    assert whole == {"0": 45, "4": 45}
    women = {r.group: r.denominator for r in desk.trajectory(store, COMMISSIONER, scope.where("gender", "female")).rows}
    men = {r.group: r.denominator for r in desk.trajectory(store, COMMISSIONER, scope.where("gender", "male")).rows}
    assert women == {"0": 30, "4": 30}
    assert set(men.values()) <= {None}, "45 - 30 - 12 would be the three who are not stated"
    store.close()


def test_a_shown_figure_stays_until_five_results_differ(tmp_path):
    store = Store(tmp_path / "s.duckdb", Settings())
    data = plain.made_up(11, 400, 2)
    writes.commit(store, {n: plain.table(n, rows) for n, rows in data.items()}, Event("upload", "t", "manager", datetime(2026, 3, 31)))
    scope = Scope(by="service", measure="PHQ-9")
    before = desk.ask(store, COMMISSIONER, "reliable-improvement", scope)
    exact = desk.ask(store, MACHINE, "reliable-improvement", scope, policy="own")
    extra = [{"person": f"{i + 5000:032x}", "service_code": "S0", "started_on": date(2025, 4, 1), "ended_on": date(2025, 8, 1)} for i in range(9)]
    scores = [
        {"person": p["person"], "service_code": "S0", "date": day, "measure": "PHQ-9", "score": Decimal(value)}
        for p in extra for day, value in ((date(2025, 4, 1), 20), (date(2025, 7, 1), 5))
    ]  # fmt: skip
    writes.commit(
        store,
        {"people": plain.table("people", extra[:3]), "assessments": plain.table("assessments", scores[:6])},
        Event("upload", "t", "manager", datetime(2026, 3, 31)),
    )
    three_more = desk.ask(store, COMMISSIONER, "reliable-improvement", scope)
    assert desk.ask(store, MACHINE, "reliable-improvement", scope, policy="own").rows != exact.rows
    assert three_more.rows == before.rows and three_more.total == before.total
    writes.commit(
        store,
        {"people": plain.table("people", extra), "assessments": plain.table("assessments", scores)},
        Event("upload", "t", "manager", datetime(2026, 3, 31)),
    )
    nine_more = desk.ask(store, COMMISSIONER, "reliable-improvement", scope)
    assert nine_more.rows != before.rows
    store.close()


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("manager", [(6.0, 9.0, 67), (2.0, 30.0, 7), (30.0, 30.0, 100), (3.0, None, None), (41.0, 58.0, 71)]),
        ("commissioner", [(None, None, None), (None, None, None), (30.0, 30.0, 100), (None, None, None), (41.0, 58.0, 71)]),
        ("presenter", [(None, None, None)] * 4 + [(40.0, 60.0, 67)]),
    ],
)
def test_a_providers_own_totals_are_exact_hidden_or_rounded_by_audience(tmp_path, role, expected):
    store = Store(tmp_path / "s.duckdb", Settings())
    data = plain.made_up(5, 40, 2)
    # 3 of 9 have it not; 2 of 30 have it; everybody has it; three without an "out of"; 41 and 17
    sent = [("a", 6, 9), ("b", 2, 30), ("c", 30, 30), ("d", 3, None), ("e", 41, 58)]
    data["indicators"] = [
        {"service_code": "S1", "period_start": date(2025, 7, 1), "period_end": date(2025, 9, 30), "indicator": name, "numerator": have, "denominator": of}
        for name, have, of in sent
    ]
    writes.commit(store, {n: plain.table(n, rows) for n, rows in data.items()}, Event("upload", "t", "manager", datetime(2026, 3, 31)))
    provider = writes.known_services(store)["S1"]
    viewer = Viewer("m", "manager", (provider,), "s3") if role == "manager" else ALL_OF[role]
    found = desk.indicators(store, viewer, "S1")
    assert [t.indicator for t in found] == ["a", "b", "c", "d", "e"]
    assert [(t.numerator, t.denominator, None if t.percent is None else round(t.percent)) for t in found] == expected
    assert [t.hidden for t in found] == [t.numerator is None for t in found]
    with pytest.raises(Refused):
        desk.indicators(store, ADMINISTRATOR, "S1")
    with pytest.raises(Refused, match="another provider"):
        desk.indicators(store, Viewer("m", "manager", ("P9",), "s3"), "S1")
    store.close()


def test_carers_and_people_stand_side_by_side_without_a_total(store):
    released = desk.ask(store, COMMISSIONER, "reliable-improvement", Scope(by="role", measure="PHQ-9"))
    assert {row.group for row in released.rows} == {"person", "carer"} and released.total is None
