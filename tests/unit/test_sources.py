"""Where figures came from, selections of one's own people, fans and small curves: what the owner gets in full and everybody else does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from access import desk, intake, referred, sources, statistics, trajectories, versions
from domain.errors import Refused, Shown
from domain.types import Scope
from tests.conftest import COMMISSIONER, copy_of, manager_of, three_sheets, workbook
from warehouse.connect import Store

OWN = manager_of("P1")
EVERYONE = Scope()


def send(store: Store, sheets: dict[str, list[list[object]]], name: str = "return.xlsx") -> None:
    received = intake.receive(store, [(name, workbook(sheets))], COMMISSIONER)
    assert not received.blocked, received.findings
    intake.send(store, received, COMMISSIONER)


def send_two(store: Store) -> None:
    send(store, three_sheets(40), "first.xlsx")
    send(store, three_sheets(30, "S2", "P2", "d", 2), "second.xlsx")


@pytest.fixture
def loaded(own_database: Path, made_once: Callable[..., Path]) -> Iterator[Store]:
    """40 people of P1 (20 women, 20 men; two thirds fall by 8 on PHQ-9) and 30 of P2, in a file each."""
    store = copy_of(made_once("two-providers", send_two), own_database)
    yield store
    store.close()


def test_ones_own_figures_are_told_down_to_the_rows(loaded: Store) -> None:
    found = sources.came_from(loaded, OWN, "reliable-improvement", EVERYONE)
    assert found.policy == "own"
    told = {part.sheet: part for part in found.parts}
    assert told["Assessments"].rows == tuple(range(2, 82)), "the first and the last score of each of 40 people"
    assert told["People"].rows == tuple(range(2, 42))
    assert {part.files for part in found.parts} == {("first.xlsx",)}, "nothing of the other provider's file"
    assert told["People"].cells == "People!C2:D41" and told["Assessments"].cells == "Assessments!E2:E81"


def test_a_group_of_ones_own_people_has_only_its_rows(loaded: Store) -> None:
    found = sources.came_from(loaded, OWN, "reliable-improvement", EVERYONE.where("gender", "female"))
    people = next(part for part in found.parts if part.sheet == "People")
    assert people.rows == tuple(range(3, 42, 2)) and people.cells.startswith("People!C3:D3, C5:D5, C7:D7")


def test_cells_are_those_of_the_file_whatever_its_layout(store: Store) -> None:
    """Columns elsewhere, a title above, and Excel's own name of the sheet; brought back, it still says so."""
    sheets = three_sheets(12)
    send(store, {"Services": sheets.pop("Services")})
    scores = [["", *row[:2], "", *row[2:]] for row in sheets.pop("Assessments")]
    sent = intake.receive(store, [("a.xlsx", workbook(sheets)), ("b.xlsx", workbook({"Scores of ours": [["Our scores"], [], *scores]}))], COMMISSIONER)
    assert not sent.blocked, sent.findings
    upload = intake.send(store, sent, COMMISSIONER)

    def cells() -> list[str]:
        return [p.cells for p in sources.came_from(store, OWN, "reliable-improvement", EVERYONE).parts if p.sheet == "Scores of ours"]

    assert cells() == ["Scores of ours!G4:G27"]
    intake.undo(store, upload.upload_id, OWN)
    versions.restore(store, OWN, upload.upload_id)
    assert cells() == ["Scores of ours!G4:G27"]


def test_where_scores_stand_side_by_side_the_rows_alone_are_said(store: Store) -> None:
    people = [["person ref", "service code", "started on", "ended on", "PHQ9 start", "PHQ9 end"]]
    people += [[f"c{n:03d}", "S1", "2025-04-07", "2025-06-20", 18, 9] for n in range(12)]
    book = [("a.xlsx", workbook({"Services": three_sheets()["Services"], "People": people}))]
    asked = intake.receive(store, book, COMMISSIONER)
    sent = intake.receive(store, book, COMMISSIONER, answers={q.id: q.suggested for q in asked.questions})
    intake.send(store, sent, COMMISSIONER)
    parts = sources.came_from(store, OWN, "reliable-improvement", EVERYONE).parts
    assert {p.cells for p in parts} == {"People!C2:D13", "People, rows 2 to 13"}


def test_others_learn_the_day_and_the_sheets_and_no_row(loaded: Store) -> None:
    found = sources.came_from(loaded, COMMISSIONER, "reliable-improvement", EVERYONE)
    assert {part.sheet for part in found.parts} == {"People", "Assessments"} and len({part.upload_id for part in found.parts}) == 2
    assert all(part.rows == () and part.files == () and part.cells == "" for part in found.parts)


def test_where_a_count_is_hidden_nothing_of_the_uploads_is_told(store: Store) -> None:
    send(store, three_sheets(12, fall=1))  # nobody improved: none of 12 is hidden inside
    assert desk.ask(store, COMMISSIONER, "reliable-improvement", EVERYONE).rows[0].hidden
    found = sources.came_from(store, COMMISSIONER, "reliable-improvement", EVERYONE)
    assert found.parts == () and found.why_not == sources.HIDDEN


@pytest.mark.parametrize(
    ("rows", "letters", "said"),
    [
        ([17], (), "Assessments, row 17"), ([3, 2, 4, 9], (), "Assessments, rows 2 to 4 and 9"), ([5, 7, 9], (), "Assessments, rows 5, 7 and 9"),
        ([12, 13, 14, 17], ("E",), "Assessments!E12:E14, E17"), ([2, 3], ("C", "D"), "Assessments!C2:D3"), ([2], ("C", "D"), "Assessments!C2:D2"),
        ([2], ("AA", "Z"), "Assessments!Z2:AA2"),
    ],
)  # fmt: skip
def test_cells_in_words(rows: list[int], letters: tuple[str, ...], said: str) -> None:
    assert sources.cells("Assessments", rows, letters) == said


@pytest.mark.parametrize(
    ("picked", "numerator", "denominator"),
    [
        ((("gender", ("female",)),), 13, 20),
        ((("gender", ("female", "male")),), 26, 40),
        ((("change:PHQ-9", ("improved",)),), 26, 26),
        ((("scores:PHQ-9", ("18:17",)),), 0, 14),
        ((("gender", ("male",)), ("scores:PHQ-9", ("18:10", "18:17"))), 13, 20),
    ],
)
def test_any_selection_of_ones_own_people_counts_just_them(loaded: Store, picked: tuple, numerator: int, denominator: int) -> None:
    answer = desk.ask(loaded, OWN, "reliable-improvement", EVERYONE.with_(picked=picked))
    assert (answer.rows[0].numerator, answer.rows[0].denominator) == (numerator, denominator)


@pytest.mark.parametrize("viewer", [COMMISSIONER, OWN])
def test_a_selection_is_refused_wherever_figures_are_protected(loaded: Store, viewer: object) -> None:
    asked = EVERYONE.with_(picked=(("gender", ("female",)),))
    with pytest.raises(Refused, match="Only a service itself"):
        desk.ask(loaded, viewer, "reliable-improvement", asked, policy="inside")
    with pytest.raises(Refused, match="Only a service itself"):
        statistics.against_rest(loaded, viewer, "reliable-improvement", asked.with_(by="gender"), policy="inside")


def test_a_selection_is_never_in_a_link_and_a_link_makes_none() -> None:
    asked = EVERYONE.with_(picked=(("gender", ("female",)),))
    assert asked.to_query() == EVERYONE.to_query()
    assert Scope.from_query({"picked": ["gender"], "gender": ["female"]}).picked == ()


def test_what_cannot_be_picked_by_is_said(loaded: Store) -> None:
    for picked in ((("person", ("x",)),), (("change:PHQ-9", ("x",)),), (("scores:PHQ-9", ("a:b",)),)):
        with pytest.raises(Shown, match="cannot be picked"):
            desk.ask(loaded, OWN, "reliable-improvement", EVERYONE.with_(picked=picked))


def test_a_fan_holds_back_a_line_beyond_which_fewer_than_five_stand(loaded: Store) -> None:
    own = trajectories.fan(loaded, OWN, EVERYONE.with_(measure="PHQ-9")).rows.set_index("week")
    assert own.loc[0, "n"] == 40 and own.loc[0, ["q25", "q50", "q75"]].tolist() == [18, 18, 18]
    assert own.loc[0, ["q10", "q90"]].isna().all(), "40 people: four beyond the tenth"
    inside = trajectories.fan(loaded, COMMISSIONER, EVERYONE.with_(measure="PHQ-9"))
    assert inside.policy == "inside" and inside.rows.set_index("week").loc[0, "q10"] == 18, "70 people: seven beyond it"
    assert trajectories.FEW_NOTE in inside.notes


def test_each_group_has_the_curve_it_would_have_alone(loaded: Store) -> None:
    for viewer in (OWN, COMMISSIONER):
        asked = EVERYONE.with_(measure="PHQ-9", by="gender")
        found = trajectories.by_group(loaded, viewer, asked)
        assert list(found) == ["female", "male"]
        for group, curve in found.items():
            assert curve.rows == desk.trajectory(loaded, viewer, asked.with_(by="").where("gender", group)).rows
    with pytest.raises(Shown, match="side by side"):
        trajectories.by_group(loaded, OWN, EVERYONE.with_(measure="PHQ-9", by="service"))


def test_a_rate_out_of_everybody_referred_says_that_they_are_not_the_same_people(store: Store) -> None:
    activity = [["service code", "year", "quarter", "referrals"], ["S1", "2025-26", "Q1", 65]]
    send(store, three_sheets(40) | {"Activity": activity})
    asked = EVERYONE.with_(services=("S1",))
    found = referred.out_of_referred(store, COMMISSIONER, "reliable-improvement", asked)
    assert found.rows[["numerator", "denominator"]].values.tolist() == [[26, 65]] and found.rows["value"][0] == pytest.approx(40)
    assert referred.NOT_THE_SAME in found.said[0]
    with pytest.raises(Shown, match="Choose one service"):
        referred.out_of_referred(store, COMMISSIONER, "reliable-improvement", EVERYONE)
    with pytest.raises(Shown, match="Hidden"):
        referred.out_of_referred(store, COMMISSIONER, "reliable-deterioration", asked)
