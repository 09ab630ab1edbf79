"""The Handbook's statistics and England's yardstick: words, formula and source of each, held against docs/statistics.md and the code that works them."""

from __future__ import annotations

import re
from datetime import date

import pytest

from commands.main import parser
from domain.settings import ROOT
from metrics import handbook, talking_therapies

DOCS = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
HEADINGS = [re.sub(r" \(.*\)$", "", line[3:]) for line in DOCS.splitlines() if line.startswith("## ")]


def test_every_section_of_the_documentation_is_in_the_handbook_and_the_other_way_round() -> None:
    assert {e.heading for e in handbook.ENTRIES} == set(HEADINGS) - {"England's yardstick"}  # told with NHS Talking Therapies


@pytest.mark.parametrize("entry", handbook.ENTRIES, ids=lambda e: e.title)
def test_an_entry_has_words_a_formula_and_a_source(entry: handbook.Entry) -> None:
    assert all((entry.title, entry.words, entry.formula, entry.source)) and entry.words.endswith(".")
    assert re.search(r"\(\d{4}\)|NHS England", entry.source)


def test_where_we_differ_on_purpose_the_handbook_says_so() -> None:
    """docs/statistics.md tells each difference at length, tests/golden pins it."""
    sections = re.split(r"^## ", DOCS, flags=re.M)[1:]
    told = {re.sub(r" \(.*\)$", "", text.splitlines()[0]) for text in sections if "Differs on purpose" in text}
    assert len(told) >= 5 and told <= {e.heading for e in handbook.ENTRIES if e.differs}


def test_every_command_named_is_one() -> None:
    known = next(a for a in parser()._actions if a.choices and "spc" in a.choices).choices
    assert known is not None
    assert [e.command for e in handbook.ENTRIES if e.command and e.command.split(" ")[0] not in known] == []
    assert len({e.title for e in handbook.ENTRIES}) == len(handbook.ENTRIES)


@pytest.mark.parametrize(("metric", "first", "last"), [("recovery", 50.8, 50.5), ("reliable-recovery", 48.3, 47.5), ("reliable-improvement", 66.4, 67.5)])
def test_england_by_year(metric: str, first: float, last: float) -> None:
    line = talking_therapies.england(metric)
    assert line is not None and line.metric == metric
    assert [p.year for p in line.points] == list(talking_therapies.ENGLAND) == sorted(p.year for p in line.points)
    assert (line.points[0].value, line.points[-1].value) == (first, last)  # as NHS England prints them
    assert (line.points[-1].start, line.points[-1].end) == (date(2024, 4, 1), date(2025, 3, 31))
    assert "two scores or not" in line.note and "NHS England" in line.source
    assert all(p.value == pytest.approx(100 * p.numerator / p.denominator, abs=0.0501) for p in line.points)


def test_there_is_no_yardstick_for_what_england_does_not_publish() -> None:
    assert talking_therapies.england("follow-up-rate") is None
