"""What must hold of every upload: each cell ends somewhere, what passed the check cannot fail, order and splitting change nothing, undo is exact."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from access import desk, intake
from domain.types import Scope
from tests.conftest import ADMINISTRATOR, copy_of, draws, nothing, workbook
from warehouse.connect import Store

TODAY = date(2026, 3, 31)
BAD = {"score": (99, "many", -1), "date": ("no day", "31/02/2025", None), "measure": ("A test of our own", None), "person": (None, "stranger-9"),
       "service": ("NOWHERE", None)}  # fmt: skip
METRICS = ("reliable-improvement", "recovery", "follow-up-rate", "first-score-rate")


def return_of(seed: int, people: int = 25, wrong: int = 8) -> tuple[dict[str, list[list]], dict[str, int]]:
    """A workbook drawn at random with titles, an unknown column, blanks, repeated rows and mistakes; and how many filled cells of each sheet are outside."""
    rng = random.Random(seed)
    services = [["service code", "service name", "provider code", "provider name", "service type"],
                *(["S" + str(n), f"Service {n}", "P1", "Elm Trust", "counselling"] for n in (1, 2))]  # fmt: skip
    persons = [["person ref", "service code", "started on", "ended on", "gender", "our notes"]]
    scores = [["person ref", "service code", "date", "measure", "score", "occasion"]]
    for n in range(people):
        begun = date(2025, 4, 1) + timedelta(days=rng.randrange(60))
        service = rng.choice(("S1", "S2"))
        persons.append([f"c{n:03d}", service, begun, begun + timedelta(days=70) if rng.random() < 0.7 else None, rng.choice(("female", "male", None)), "x"])
        for k in range(rng.randrange(4)):
            scores.append([f"c{n:03d}", service, begun + timedelta(days=20 * k), rng.choice(("PHQ-9", "GAD-7")), rng.randrange(22), None])
    for _ in range(wrong if len(scores) > 1 else 0):
        row, (kind, values) = rng.choice(scores[1:]), rng.choice(list(BAD.items()))
        row[{"person": 0, "service": 1, "date": 2, "measure": 3, "score": 4}[kind]] = rng.choice(values)
    scores += [list(row) for row in rng.sample(scores[1:], min(3, len(scores) - 1))]
    outside = {"Services": 5, "People": 6 + people, "Assessments": 6}
    return {"Services": services, "People": persons, "Assessments": scores}, outside


def filled(rows: list[list]) -> int:
    return sum(value is not None for row in rows for value in row)


def receive(store: Store, sheets: dict[str, list[list]], name: str = "a.xlsx", **more) -> intake.Received:
    return intake.receive(store, [(name, workbook(sheets))], ADMINISTRATOR, TODAY, **more)


def figures(store: Store) -> list:
    by = ("", "gender", "measure")
    return [desk.ask(store, ADMINISTRATOR_AT_DESK, metric, Scope(by=b), policy="own").rows for metric in METRICS for b in by]


ADMINISTRATOR_AT_DESK = ADMINISTRATOR.__class__("root", "administrator", (), "command line")


@pytest.fixture(scope="module")
def unwritten(made_once, tmp_path_factory) -> Iterator[Store]:
    """One empty store for the tests that only look: receiving stores nothing."""
    opened = copy_of(made_once("empty", nothing), tmp_path_factory.mktemp("looking") / "test.duckdb")
    yield opened
    with opened.reading() as cursor:
        assert cursor.execute("select count(*) from upload").fetchone() == (0,)
    opened.close()


@pytest.mark.parametrize("seed", draws(*range(12)))
def test_every_cell_ends_somewhere_and_the_counts_add_up(unwritten, seed):
    store = unwritten
    sheets, outside = return_of(seed)
    received = receive(store, sheets)
    for cells in received.cells:
        assert cells.filled == filled(sheets[cells.sheet])
        assert cells.filled == cells.stored + cells.held + cells.repeated + cells.blank + cells.outside
        assert cells.outside == outside[cells.sheet]
        assert min(cells.stored, cells.held, cells.repeated, cells.blank) >= 0
    assert {c.sheet for c in received.cells} == set(sheets)
    waits = sum(received.waits.values())
    assert sum(received.ready.values()) + waits == sum(received.rows.values())


@pytest.mark.parametrize("seed", draws(*range(12, 18)))
def test_what_passed_the_check_is_stored_as_foretold(store, seed):
    """The preview is kept word for word, and whatever was drawn, storing what was said to be ready never fails."""
    intake.send(store, receive(store, return_of(seed, wrong=0)[0]), ADMINISTRATOR, hold_back=True)
    sheets, _ = return_of(seed + 1000)
    received = receive(store, sheets, "b.xlsx", complete=(date(2025, 4, 1), date(2025, 5, 1)) if seed % 2 else None)
    with store.reading() as cursor:
        before = {t: cursor.execute(f"select count(*) from {t}").fetchone()[0] for t in ("people", "assessments")}
    upload = intake.send(store, received, ADMINISTRATOR, hold_back=True)
    with store.reading() as cursor:
        after = {t: cursor.execute(f"select count(*) from {t}").fetchone()[0] for t in ("people", "assessments")}
    for table, sheet in (("people", "People"), ("assessments", "Assessments")):
        said = received.preview[sheet]
        assert after[table] == before[table] + said["new"] - said["gone"]
        assert upload.rows[table] == received.ready[sheet] == said["new"] + said["changed"] + said["unchanged"]
    again = receive(store, sheets, "b.xlsx")
    assert again.unchanged, "what was sent is here, and what waited waits"
    assert len(intake.waiting(store, ADMINISTRATOR)) == sum(received.waits.values())


@pytest.mark.parametrize("seed", draws(31, 32))
def test_order_and_splitting_change_nothing(store, made_once, tmp_path, seed):
    """Rows in any order, and a record sheet in two uploads, give the same figures and the same rows that wait."""
    sheets, _ = return_of(seed)
    sheets["Assessments"] = [sheets["Assessments"][0], *dict.fromkeys(map(tuple, sheets["Assessments"][1:]))]
    intake.send(store, receive(store, sheets), ADMINISTRATOR, hold_back=True)
    other = copy_of(made_once("empty", nothing), tmp_path / "other" / "test.duckdb")
    rng = random.Random(seed)
    turned = {name: [rows[0], *rng.sample(rows[1:], len(rows) - 1)] for name, rows in sheets.items()}
    half = len(turned["Assessments"]) // 2
    intake.send(other, receive(other, {n: turned[n] for n in ("Services", "People")}), ADMINISTRATOR, hold_back=True)
    for n, part in enumerate((turned["Assessments"][1:half], turned["Assessments"][half:])):
        intake.send(other, receive(other, {"Assessments": [turned["Assessments"][0], *part]}, f"{n}.xlsx"), ADMINISTRATOR, hold_back=True)
    assert figures(store) == figures(other)
    kinds = [sorted((w.table, w.codes) for w in intake.waiting(s, ADMINISTRATOR)) for s in (store, other)]
    other.close()
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("seed", draws(41, 42))
def test_undo_is_exact_and_a_b_a_offers_a_again(store, seed):
    a, _ = return_of(seed, wrong=0)
    b = {name: [list(row) for row in rows] for name, rows in a.items()}
    for row in b["Assessments"][1:]:
        row[4] += 3
    b["Assessments"][1][4] = 99
    first = intake.send(store, receive(store, a), ADMINISTRATOR, hold_back=True)
    before, waited = figures(store), intake.waiting(store, ADMINISTRATOR)
    second = intake.send(store, receive(store, b, "b.xlsx"), ADMINISTRATOR, hold_back=True)
    again = receive(store, a)
    assert not again.unchanged and again.restores == first.upload_id
    intake.undo(store, second.upload_id, ADMINISTRATOR)
    assert figures(store) == before and intake.waiting(store, ADMINISTRATOR) == waited
    assert receive(store, a).unchanged
