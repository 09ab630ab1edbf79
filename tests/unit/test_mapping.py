"""What a provider answered: kept as a change, reused by that provider alone, in a rebuilt database too; and a mapping written by hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from access import intake, mappings
from commands.main import main
from data_loaders import questions
from data_loaders.questions import Mapping
from domain import settings
from domain.errors import Refused, Shown
from tests.conftest import ADMINISTRATOR, COMMISSIONER, manager_of, workbook
from tests.unit.foreign import messy
from warehouse import backup
from warehouse.connect import Store

SERVICES = [
    ["service code", "service name", "provider code", "provider name", "service type"],
    ["S1", "The Elms", "P1", "Elm Trust", "counselling"], ["S2", "The Oaks", "P1", "Elm Trust", "counselling"],
    ["S9", "Other", "P9", "Other Trust", "advocacy"],
]  # fmt: skip
P1 = manager_of("P1")


def services_only(store: Store) -> None:
    intake.send(store, intake.receive(store, [("services.xlsx", workbook({"Services": SERVICES}))], COMMISSIONER), COMMISSIONER)


@pytest.fixture
def ready(copied: Callable[..., Store]) -> Store:
    return copied(services_only)


def answers_of(received: intake.Received) -> dict[str, str]:
    return {q.id: q.suggested or ("=S1" if "service_code" in q.id else q.options[0][0]) for q in received.questions}


def test_answered_once_the_next_quarter_goes_without_a_question(ready: Store) -> None:
    first = intake.receive(ready, [("elms.xlsx", messy(0))], P1)
    assert first.questions and first.blocked and "to-answer" in {f.code for f in first.findings}
    mappings.keep(ready, P1, "P1", answers_of(first))
    known = mappings.of(ready, P1)
    again = intake.receive(ready, [("elms.xlsx", messy(0))], P1, mapping=known)
    assert not again.questions and not again.blocked and again.rows == {"People": 12, "Assessments": 48}
    intake.send(ready, again, P1)
    later = intake.receive(ready, [("elms.xlsx", messy(1))], P1, mapping=known)
    assert not later.questions and not later.blocked and later.preview["Assessments"]["new"] == 48
    assert all(c.filled == c.stored + c.held + c.repeated + c.blank + c.outside and c.outside >= 0 for c in later.cells)


def test_answers_survive_a_rebuild_and_do_not_make_a_new_data_version(ready: Store) -> None:
    before = ready.data_version
    mappings.keep(ready, P1, "P1", {"sheet|abc|": "people", "value|*|people.gender.w": "female"})
    assert ready.data_version == before
    assert mappings.keep(ready, P1, "P1", {"sheet|abc|": "people"}) is None, "nothing new, nothing kept"
    path = ready.path
    ready.close()
    rebuilt = backup.rebuild(path, settings.load())
    try:
        assert mappings.of(rebuilt, P1).answers == {"sheet|abc|": "people", "value|*|people.gender.w": "female"}
    finally:
        rebuilt.close()


def test_a_provider_answers_for_itself_alone(ready: Store) -> None:
    mappings.keep(ready, P1, "P1", {"sheet|abc|": "people"})
    other = manager_of("P9")
    assert not mappings.of(ready, other).answers and list(mappings.providers(ready, other)) == ["P9"]
    for refused in (lambda: mappings.of(ready, other, "P1"), lambda: mappings.keep(ready, other, "P1", {"a|b|c": "d"})):
        with pytest.raises(Refused):
            refused()
    with pytest.raises(Refused):
        mappings.of(ready, manager_of().__class__("x", "presenter"), "P1")


def test_for_somebody_who_sends_for_several_the_layout_tells_whose_file_it_is(ready: Store) -> None:
    mappings.keep(ready, P1, "P1", {"sheet|abc|": "people", "sheet|both|": "people"})
    mappings.keep(ready, manager_of("P9"), "P9", {"sheet|both|": "people"})
    assert mappings.provider_for(ready, COMMISSIONER, frozenset({"abc"})) == "P1"
    assert mappings.provider_for(ready, COMMISSIONER, frozenset({"both"})) == mappings.provider_for(ready, COMMISSIONER, frozenset({"none"})) == ""
    assert mappings.named(ready, ADMINISTRATOR, "elm trust") == "P1"
    with pytest.raises(Shown, match="Elm Trust"):
        mappings.named(ready, ADMINISTRATOR, "nobody")


def test_the_command_line_uses_what_a_provider_answered(ready: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mappings.keep(ready, P1, "P1", answers_of(intake.receive(ready, [("elms.xlsx", messy(0))], P1)))
    ready.close()
    file = tmp_path / "elms.xlsx"
    file.write_bytes(messy(1))
    command = [str(file), "--database", str(ready.path)]
    assert main(["check", *command]) == 1 and "Only you can say this" in capsys.readouterr().out
    assert main(["load", *command, "--provider", "Elm Trust"]) == 0
    assert "Assessments 48 rows" in capsys.readouterr().out


TOML = """
bare_quarter = "plan"

[values."People how it ended"]
"Stopped comming" = "stopped coming"

[sheets."Client list"]
is = "People"
scores = true
columns = { "Client Refrence" = "person ref", "Dates Finished" = "ended on", "Dates Why ended" = "how it ended" }
always = { "service code" = "S1" }
score_dates = { start = "started on", end = "ended on" }
"""


def test_a_mapping_by_hand_says_all_that_would_be_asked(ready: Store) -> None:
    received = intake.receive(ready, [("elms.xlsx", messy(0))], ADMINISTRATOR, mapping=questions.from_toml(TOML))
    assert not received.questions and not received.blocked, [f.message for f in received.findings if f.severity != "look"]
    assert received.rows == {"People": 12, "Assessments": 48}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = [", "could not be read"), ("other = 1", "no entry 'other'"), ("bare_quarter = 'both'", "plan or calendar"), ("sheets = 1", "table"),
        ("[sheets.A]\nis = 'Clients'", "no sheet of the return"), ("[sheets.A]\ncolumns = {a = 'b'}", "say which sheet"),
        ("[sheets.A]\nis = 'People'\ncolumns = {a = 'b'}", "no column of People"), ("[values.'People colour']\na = 'b'", "is no column"),
        ("[values.'People how it ended']\na = 'b'", "is not a word"), ("[sheets.A]\nis = 'People'\ndates = {a = 'b'}", "month first"),
        ("[sheets.A]\nis = 'People'\nscores = 'x'", "true or false"), ("[sheets.A]\nis = 'People'\nother = 1", "no entry 'other'"),
    ],
)  # fmt: skip
def test_a_mapping_that_is_wrong_says_where(text: str, told: str) -> None:
    with pytest.raises(Shown, match=told):
        questions.from_toml(text)


def test_the_layouts_own_answer_comes_before_the_sheets_and_everybodys() -> None:
    known = Mapping({"dates|*|on": "day", "dates|sheet a list|on": "month"})
    assert known.get("dates", "on", "f00", "A  list") == "month" and known.get("dates", "on", "f00", "B") == "day"
    assert known.with_({"dates|f00|on": "day"}).get("dates", "on", "f00", "A list") == "day" and known.get("sheet") is None


def test_the_example_in_the_docs_is_one(tmp_path: Path) -> None:
    text = (settings.ROOT / "docs" / "mapping.md").read_text(encoding="utf-8")
    example = text.split("```toml\n", 1)[1].split("```", 1)[0]
    assert questions.from_toml(example).answers
    shutil.rmtree(tmp_path)
