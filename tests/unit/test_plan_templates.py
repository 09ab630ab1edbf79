"""The templates, the worked plan and their files: data that hold together, and a workbook our own reader has nothing to ask about."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from access import intake, plan_beside, plan_drafts, target_plans
from domain import codes, plan_templates
from domain.errors import Shown
from exports import plan_files
from metrics import plan
from tests.conftest import COMMISSIONER, ROOT, workbook
from warehouse.connect import Store

LIBRARY = plan_templates.library()
TODAY = date(2026, 2, 10)


@pytest.mark.parametrize("name", codes.SERVICE_TYPES)
def test_every_type_of_service_has_a_whole_template(name: str) -> None:
    made = LIBRARY.templates[name]
    assert tuple(made.sections) == tuple(made.notes) == tuple(LIBRARY.guidance) == codes.SECTIONS and made.about
    assert 3 <= len(made.lines) <= 7 and {line.kind for line in made.lines} == set(codes.LINE_KINDS)
    for line in made.lines:
        assert not line.figures, "figures are for the service to set"
        assert line.note and line.verification and line.row()["q1"] is None
    assert any(plan_templates.to_fill(text) for text in made.sections.values())


def test_no_words_are_used_twice() -> None:
    texts = [t for m in LIBRARY.templates.values() for t in (*m.sections.values(), *m.notes.values(), *(x.what for x in m.lines), m.about)]
    assert len(texts) - len(set(texts)) <= 4  # a section may end alike; whole templates are not copies of one another


def test_only_the_gaps_of_the_templates_count_as_gaps() -> None:
    assert plan_templates.to_fill("We are [Name] in [where]; open on [request], see [1].") == ["[Name]", "[where]"]


def test_the_worked_plan_shows_every_way_of_counting_and_asks_nothing() -> None:
    worked = LIBRARY.worked
    assert worked.service["service_type"] == "support at home" and tuple(worked.sections) == codes.SECTIONS
    assert {x.counted_as for x in worked.lines} == set(codes.COUNTED_AS) and {x.direction for x in worked.lines} == set(codes.DIRECTIONS)
    assert {x.what_changes for x in worked.lines} == set(codes.WHAT_CHANGES)
    assert all({*plan_templates.QUARTERS, "baseline"} <= set(x.figures) for x in worked.lines)
    assert all("out_of" in x.figures for x in worked.lines if x.counted_as in (plan.STOCK, plan.PERCENT))
    assert not any(plan_templates.to_fill(text) for text in worked.sections.values())
    found = target_plans.TargetPlan("X", worked.year, "drafted", 1, tuple(x.row() for x in worked.lines), dict(worked.sections), (), True)
    assert plan_beside.doubts(found) == []


def test_the_worked_plan_as_a_workbook_is_read_back_with_no_findings(store: Store) -> None:
    received = intake.receive(store, [("worked.xlsx", plan_files.worked_book())], COMMISSIONER, TODAY)
    assert received.findings == [] and not received.blocked
    assert received.rows == {"Services": 1, "Target plan": 5, "Milestones": len(LIBRARY.worked.lines)}
    intake.send(store, received, COMMISSIONER)
    found = target_plans.of(store, COMMISSIONER, str(LIBRARY.worked.service["service_code"]), LIBRARY.worked.year)
    assert {line["ref"]: line for line in found.lines} == {x.ref: x.row() for x in LIBRARY.worked.lines}
    assert found.sections == LIBRARY.worked.sections and found.developmental


def test_every_template_can_be_the_draft_of_a_service_and_go_through_its_workbook(store: Store) -> None:
    head = ["service code", "service name", "provider code", "provider name", "service type"]
    rows = [[f"S{n}", name, "P1", "Elm Trust", name] for n, name in enumerate(codes.SERVICE_TYPES)]
    intake.send(store, intake.receive(store, [("s.xlsx", workbook({"Services": [head, *rows]}))], COMMISSIONER, TODAY), COMMISSIONER)
    for code, *_, name in rows:
        found = plan_drafts.begin_from_template(store, COMMISSIONER, code, 2026, TODAY)
        assert {f.code for f in found} == {"no-projection"}, name  # every line, and nothing else
        drafted = target_plans.of(store, COMMISSIONER, code, 2026)
        assert drafted.state == "drafted" and len(drafted.lines) == len(LIBRARY.templates[name].lines) == len(found)
        if name not in ("counselling", "advocacy", "other"):
            continue  # three workbooks stand for the rest
        content = plan_drafts.workbook(store, COMMISSIONER, code, 2026)
        assert {f.code for f in plan_drafts.from_workbook(store, COMMISSIONER, code, 2026, "plan.xlsx", content, TODAY)} == {"no-projection"}
        again = target_plans.of(store, COMMISSIONER, code, 2026)
        assert (again.lines, again.sections) == (drafted.lines, drafted.sections)


def broken(change: Callable[[str], str], tmp_path: Path) -> Path:
    path = tmp_path / "templates.toml"
    path.write_text(change(plan_templates.FILE.read_text(encoding="utf-8")), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.replace('type = "advocacy"', 'type = "advocating"'), "none for advocacy"),
        (lambda t: t.replace('counted_as = "percent"', 'counted_as = "per cent"', 1), "'per cent' is not one of"),
        (lambda t: t.replace('"how we will know" = "What anyone', '"how" = "What anyone'), "five sections"),
        (lambda t: t.replace('ref = "M2"', 'ref = "M1"', 1), "two lines of one reference"),
        (lambda t: t.replace("[worked]", "[worked", 1), "could not be read"),
        (lambda t: t.replace('verification = "The day of asking', 'check = "The day of asking'), "lack 'verification'"),
    ],
)
def test_a_broken_file_says_what_is_wrong(change: Callable[[str], str], told: str, tmp_path: Path) -> None:
    with pytest.raises(Shown, match=told):
        plan_templates.load(broken(change, tmp_path))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(Shown, match=r"nowhere\.toml, could not be opened"):
        plan_templates.load(tmp_path / "nowhere.toml")


def test_the_documents_hold_every_word_of_the_plan() -> None:
    page: Any = plan_files.worked_page()
    assert all(text in page for text in LIBRARY.worked.sections.values()) and all(x.what in page for x in LIBRARY.worked.lines)


def test_the_workbook_is_made_without_a_screen() -> None:
    """The worked plan needs no database and no Streamlit: a command line or a document can hand it out."""
    code = "import sys; from exports import plan_files; plan_files.worked_book(); assert 'streamlit' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0


def test_a_site_may_have_templates_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = tmp_path / "ours.toml"
    text = plan_templates.FILE.read_text(encoding="utf-8")
    line = LIBRARY.templates["counselling"].lines[0].what
    ours.write_text(text.replace(line, "People come to the garden room", 1), encoding="utf-8")
    try:
        with monkeypatch.context() as site:
            site.setenv("SO_WHAT_PLAN_TEMPLATES", str(ours))
            plan_templates.library.cache_clear()
            assert plan_templates.template_for("counselling").lines[0].what == "People come to the garden room"
    finally:
        plan_templates.library.cache_clear()
    assert plan_templates.template_for("counselling").lines[0].what == line
