"""The shipped measures: every number sourced and sane; malformed files are told in words."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from domain import measures
from domain.errors import Shown
from domain.types import Measure

ALL = measures.all_measures()
EXPECTED = ("PHQ-9", "GAD-7", "WSAS", "CORE-10", "CORE-OM", "WEMWBS", "SWEMWBS", "ReQoL-10", "DIALOG", "HoNOS", "GBO", "QPR", "BDI-II")


def test_the_measures_asked_for_are_there():
    assert set(EXPECTED) <= set(ALL)
    assert all(code == m.code for code, m in ALL.items())


@pytest.mark.parametrize("m", ALL.values(), ids=ALL)
def test_every_number_has_a_source_with_a_year(m: Measure):
    sources = dict(m.sources)
    for number, source in measures.NUMBERS.items():
        if getattr(m, number) not in (None, ()):
            assert re.search(r"\b(19|20)\d\d\b", sources.get(source, "")), f"{number} of {m.code}"
    assert set(sources) == {s for n, s in measures.NUMBERS.items() if getattr(m, n) not in (None, ())}, "a source for a number that is not there"
    assert "memory" not in " ".join([*sources.values(), m.notes]).casefold()


@pytest.mark.parametrize("m", ALL.values(), ids=ALL)
def test_numbers_are_sane_and_fit_the_store(m: Measure):
    assert m.lowest < m.highest
    for value in (m.lowest, m.highest, m.step, m.cutoff, m.reliable_change, m.important_difference, *(v for pair in m.conversion for v in pair)):
        if value is not None:
            assert isinstance(value, Decimal)
            assert abs(value) < 10**6 and value == value.quantize(Decimal("0.001")), "does not fit DECIMAL(9,3)"
    if m.cutoff is not None:
        assert m.lowest < m.cutoff < m.highest
        assert m.clinical_side == ("at or above" if m.better == "lower" else "at or below")
    if m.reliable_change is not None:
        assert 0 < m.reliable_change < (m.highest - m.lowest) / 2
    for (_, _, end), (_, start, _) in zip(m.bands, m.bands[1:], strict=False):
        assert start - end == m.step, "bands leave a gap"
    assert m.licence and m.notes


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("PHQ-9", (0, 27, "lower", 10, 6)), ("GAD-7", (0, 21, "lower", 8, 4)), ("CORE-10", (0, 40, "lower", 11, 6)), ("WSAS", (0, 40, "lower", 10, None)),
        ("WEMWBS", (14, 70, "higher", None, 9)), ("SWEMWBS", (7, 35, "higher", None, 3)), ("ReQoL-10", (0, 40, "higher", 23, None)),
        ("HoNOS", (0, 48, "lower", None, 8)), ("GBO", (0, 10, "higher", None, 3)), ("QPR", (0, 60, "higher", None, None)),
        ("DIALOG", (1, 7, "higher", None, None)), ("BDI-II", (0, 63, "lower", 14, None)), ("CORE-OM", (0, 40, "lower", 10, None)),
    ],
)  # fmt: skip
def test_facts_as_published(code: str, expected: tuple[object, ...]):
    m = ALL[code]
    assert (m.lowest, m.highest, m.better, m.cutoff, m.reliable_change) == expected


def test_honos_is_rated_by_a_practitioner():
    assert ALL["HoNOS"].headline_perspective == "practitioner"
    assert {m.headline_perspective for code, m in ALL.items() if code != "HoNOS"} == {"person"}


def test_no_threshold_is_passed_off_as_published():
    """BDI-II has a published reliability and no published reliable change that we could source: it waits for Recompute."""
    assert ALL["BDI-II"].reliability == Decimal("0.92") and ALL["BDI-II"].reliable_change is None


@pytest.mark.parametrize("text", ["PHQ9", "phq-9", " PHQ 9 ", "Patient Health Questionnaire-9", "patient health questionnaire, depression"])
def test_people_write_names_as_they_like(text: str):
    assert measures.named(text) is ALL["PHQ-9"]


@pytest.mark.parametrize("text", ["", "  ", "-", "PHQ", "BDI", "9"])
def test_what_is_not_a_measure_is_none(text: str):
    assert measures.named(text) is None


def test_short_wellbeing_scores_are_kept_as_metric_scores():
    m = ALL["SWEMWBS"]
    assert [raw for raw, _ in m.conversion] == list(range(7, 36))
    assert measures.stored_score(m, Decimal(21)) == Decimal("19.25")
    assert measures.stored_score(m, Decimal("21.000")) == Decimal("19.25")
    assert measures.stored_score(m, Decimal("19.25")) == Decimal("19.25")
    assert measures.stored_score(ALL["PHQ-9"], Decimal(21)) == 21
    # The rule "a whole number is a raw total" is safe because no metric score is one, save where both are the same.
    assert [raw for raw, metric in m.conversion if metric == metric.to_integral_value()] == [7, 35]
    assert all(raw == metric for raw, metric in m.conversion if metric == metric.to_integral_value())


GOOD = """[[measure]]
code = "X-1"
name = "Example"
lowest = 0
highest = 10
better = "lower"
cutoff = 4
clinical_side = "at or above"
[measure.sources]
range = "Somebody (2020)"
cutoff = "Somebody (2020)"
"""


def test_a_site_may_add_and_override(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(GOOD + GOOD.replace("X-1", "PHQ-9").replace("Example", "Ours"), encoding="utf-8")
    both = measures.merged(measures.load(path))
    assert both["X-1"].cutoff == 4 and both["PHQ-9"].name == "Ours" and both["GAD-7"] is ALL["GAD-7"]


NAME = 'name = "Example"\n'
MALFORMED = [
    ("[[measure]]", "[[measure", "could not be read"),
    ("[[measure]]", "[[measures]]", "holds no"),
    ('"lower"', '"down"', "higher or lower"),
    ("highest = 10", "highest = -1", "makes no sense"),
    ("highest = 10\n", "", "'highest' is missing"),
    ("highest = 10", "highest = true", "must be a number"),
    ("highest = 10", "highest = nan", "must be a number"),
    ("cutoff = 4", "cutoff = 12", "outside the range"),
    ("cutoff = 4\n", "", "go together"),
    ('"at or above"', '"at or below"', "clinical side"),
    ('cutoff = "Somebody (2020)"', "", "has no source"),
    ("Somebody (2020)", "Somebody", "no year"),
    (NAME, "name = 3\n", "quotation marks"),
    (NAME, NAME + "cutof = 3\n", "unknown entry"),
    (NAME, NAME + 'synonyms = "X1"\n', "list of words"),
    (NAME, NAME + "items = 1.5\n", "whole number"),
    (NAME, NAME + "reliable_change = 40\n", "cannot be"),
    (NAME, NAME + "reliability = 1.2\n", "between 0 and 1"),
    (NAME, NAME + 'headline_perspective = "nurse"\n', "headline_perspective"),
    (NAME, NAME + 'bands = [["low", 0]]\n', "lists of 3"),
    (NAME, NAME + 'bands = [["low", 0, 3], ["high", 3, 10]]\n', "overlap"),
    (NAME, NAME + 'bands = [["low", 1, 3], ["high", 4, 10]]\n', "do not cover"),
    (NAME, NAME + "sources = 3\n", "could not be read"),
]


@pytest.mark.parametrize(("instead_of", "there_is", "says"), MALFORMED)
def test_a_malformed_file_is_told_in_words(tmp_path, instead_of, there_is, says):
    path = tmp_path / "own.toml"
    assert instead_of in GOOD
    path.write_text(GOOD.replace(instead_of, there_is), encoding="utf-8")
    with pytest.raises(Shown, match=re.escape(says)) as caught:
        measures.load(path)
    assert "own.toml" in str(caught.value)


def test_one_name_cannot_mean_two_measures(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(GOOD + GOOD, encoding="utf-8")
    with pytest.raises(Shown, match="used by two"):
        measures.load(path)
    path.write_text(GOOD + GOOD.replace("X-1", "Y-1").replace('"Example"', '"x1"'), encoding="utf-8")
    with pytest.raises(Shown, match="used by two"):
        measures.load(path)


def test_a_missing_file_is_told_in_words(tmp_path):
    with pytest.raises(Shown, match="could not be opened"):
        measures.load(tmp_path / "none.toml")
