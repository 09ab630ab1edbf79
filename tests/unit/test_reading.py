"""Sentences, whole: each situation and exactly what the page says."""

from __future__ import annotations

import re

import pytest

from domain.measures import all_measures
from domain.types import Released, ReleasedRow, Scope
from metrics import intervals, reading
from metrics.registry import METRICS

PHQ9, WEMWBS = all_measures()["PHQ-9"], all_measures()["WEMWBS"]
CHANGE, EFFECT, FOLLOWED = METRICS["mean-change"], METRICS["effect-size"], METRICS["follow-up-rate"]
HIDDEN = ReleasedRow("g", None, None, None, None, None, hidden=True)
HIDES = "Hidden so that nobody can be recognised, here or by subtraction. Hidden does not mean zero."
ALONE = "This does not show that the service alone made the difference."
NO_MARK = "That is no mark against the service."
RESULT = "That is a result, not a lack of one."
NO_AVERAGE = f"Fewer than 10 people have two scores, so we give no average. {NO_MARK}"
WOBBLE = "improved by more than the questionnaire's own wobble"


def rate(x: int, n: int) -> ReleasedRow:
    """A released proportion: percentages with Wilson's interval, as the desk gives it."""
    value, lower, upper = (100 * v for v in intervals.wilson(x, n)) if n else (None, None, None)
    return ReleasedRow("g", x, n, value, lower, upper)


def average(value: float | None, lower: float | None = None, upper: float | None = None, n: int | None = 52, too_few: bool = False) -> ReleasedRow:
    return ReleasedRow("g", None, n, value, lower, upper, too_few=too_few)


SITUATIONS = [
    # improvement
    ("improved", reading.improvement(rate(34, 52)), f"34 of 52 people {WOBBLE}: 65% (likely between 52% and 77%). {ALONE}"),
    ("somewhere", reading.improvement(rate(34, 52), "at Granby"), f"34 of 52 people at Granby {WOBBLE}: 65% (likely between 52% and 77%). {ALONE}"),
    ("nobody improved", reading.improvement(rate(0, 12)), f"None of 12 people {WOBBLE}: 0% (likely between 0% and 24%)."),
    ("everybody improved", reading.improvement(rate(12, 12)), f"All 12 people {WOBBLE}: 100% (likely between 76% and 100%). {ALONE}"),
    ("one of two", reading.improvement(rate(1, 2)), f"1 of 2 people {WOBBLE}: 50% (likely between 9% and 91%). {ALONE}"),
    ("one person", reading.improvement(rate(1, 1)), f"One person has two scores and {WOBBLE}. One person cannot tell us about a service."),
    (
        "one person, not", reading.improvement(rate(0, 1), "at Granby"),
        "One person at Granby has two scores and did not improve by more than the questionnaire's own wobble. One person cannot tell us about a service.",
    ),
    ("nobody paired", reading.improvement(rate(0, 0)), "Nobody has two scores yet, so we do not know. That is no mark against the service."),
    ("hidden", reading.improvement(HIDDEN, "at Granby"), HIDES),
    ("no numbers", reading.improvement(average(None, n=None)), "Too few people have two scores to say more. That is no mark against the service."),
    ("England", reading.improvement(rate(452284, 670419)), f"452,284 of 670,419 people {WOBBLE}: 67.5% (likely between 67.4% and 67.6%). {ALONE}"),
    ("rounded", reading.improvement(rate(35, 50), about=True), f"About 35 of about 50 people {WOBBLE}: 70% (likely between 56% and 81%). {ALONE}"),
    ("hardly any", reading.improvement(rate(1, 400)), f"1 of 400 people {WOBBLE}: 0.3% (likely between 0.0% and 1.4%). {ALONE}"),
    # worse
    (
        "worse", reading.worse(rate(6, 52)),
        "6 of 52 people scored clearly worse than at the start. Lives change for many reasons. What was tried, and what would have helped?",
    ),
    ("nobody worse", reading.worse(rate(0, 52)), "None of 52 people scored clearly worse than at the start (likely no more than 7% of people like them)."),
    ("one person not worse", reading.worse(rate(0, 1)), "The one person counted did not score clearly worse than at the start."),
    (
        "one person worse", reading.worse(rate(1, 1)),
        "The one person counted scored clearly worse than at the start. Lives change for many reasons. What was tried, and what would have helped?",
    ),
    ("worse hidden", reading.worse(HIDDEN), HIDES),
    # maintained
    ("maintained", reading.maintained(rate(20, 26)), "26 people set out to stay as well as they were; 20 have. That is a result, not a lack of one."),
    ("all maintained", reading.maintained(rate(26, 26)), "26 people set out to stay as well as they were; all have. That is a result, not a lack of one."),
    ("one maintained", reading.maintained(rate(1, 1)), "One person set out to stay as well as they were, and has. That is a result, not a lack of one."),
    (
        "none maintained", reading.maintained(rate(0, 3)),
        "3 people set out to stay as well as they were; all scored clearly worse. What got in the way, and what would have helped?",
    ),
    ("about maintained", reading.maintained(rate(20, 25), about=True), f"About 25 people set out to stay as well as they were; about 20 have. {RESULT}"),
    # any proportion
    (
        "any proportion", reading.proportion(FOLLOWED, rate(19, 31)),
        f"Followed up: 19 of 31, or 61% (likely between 44% and 76%). Counted are {FOLLOWED.numerator_words}, out of {FOLLOWED.denominator_words}.",
    ),
    ("any proportion of nobody", reading.proportion(FOLLOWED, rate(0, 0)), f"Followed up: nobody to count yet ({FOLLOWED.denominator_words})."),
    ("any proportion hidden", reading.proportion(FOLLOWED, HIDDEN), HIDES),
    # means
    (
        "gain", reading.mean(CHANGE, average(6.2, 5.1, 7.3), PHQ9),
        f"Across 52 people, scores on PHQ-9 improved by 6.2 points on average (likely between 5.1 and 7.3). PHQ-9 runs from 0 to 27; lower is better. {ALONE}",
    ),
    (
        "gain where higher is better", reading.mean(CHANGE, average(4.06, 2.0, 6.1), WEMWBS),
        "Across 52 people, scores on WEMWBS improved by 4.1 points on average (likely between 2.0 and 6.1). "
        f"WEMWBS runs from 14 to 70; higher is better. {ALONE}",
    ),
    (
        "loss", reading.mean(CHANGE, average(-1.2, -2.3, -0.1)),
        "Across 52 people, scores were 1.2 points worse on average (likely between 0.1 and 2.3 worse). Lives change for many reasons.",
    ),
    (
        "perhaps nothing", reading.mean(CHANGE, average(0.7, -0.4, 1.9)),
        f"Across 52 people, scores improved by 0.7 points on average (likely between 0.4 worse and 1.9 better, so perhaps no change at all). {ALONE}",
    ),
    (
        "nothing", reading.mean(CHANGE, average(0.0, -0.4, 0.4)),
        "Across 52 people, scores did not change on average (likely between 0.4 worse and 0.4 better, so perhaps no change at all). "
        "Lives change for many reasons.",
    ),
    ("too few for a mean", reading.mean(CHANGE, average(3.0, 1.0, 5.0, n=9)), NO_AVERAGE),
    ("said to be too few", reading.mean(CHANGE, average(None, n=None, too_few=True)), NO_AVERAGE),
    ("no spread", reading.mean(EFFECT, average(None), PHQ9), "Across 52 people, first scores do not differ, so this cannot be worked out."),
    ("mean hidden", reading.mean(CHANGE, HIDDEN, PHQ9), HIDES),
    (
        "effect size", reading.mean(EFFECT, average(-0.13, -0.3, 0.1), PHQ9),
        f"Across 52 people, the average gain on PHQ-9 was −0.13 standard deviations of first scores (likely between −0.30 and 0.10). {ALONE}",
    ),
    # follow-up
    (
        "little follow-up", reading.follow_up(19, 31, 8),
        "31 people were due a second score; 19 have one and 8 of those improved. We do not know about the other 12, so between 26% and 65% of the 31 improved.",
    ),
    ("no follow-up", reading.follow_up(0, 31, 0), "31 people were due a second score; none has one yet. We do not know how they are."),
    ("full follow-up", reading.follow_up(31, 31, 8), "All 31 people due a second score have one; 8 of those improved: 26%."),
    (
        "one missing", reading.follow_up(30, 31, 30),
        "31 people were due a second score; 30 have one and all of those improved. "
        "We do not know about the other one, so between 97% and 100% of the 31 improved.",
    ),
    (
        "one followed up", reading.follow_up(1, 31, 0),
        "31 people were due a second score; 1 has one and that person did not improve. "
        "We do not know about the other 30, so between 0% and 97% of the 31 improved.",
    ),
    ("nobody due", reading.follow_up(0, 0, 0), "Nobody was due a second score yet."),
    ("one due", reading.follow_up(0, 1, 0), "One person was due a second score and has none yet, so we do not know how they are."),
    ("outcome hidden", reading.follow_up(19, 31), "31 people were due a second score; 19 have one."),
    ("follow-up hidden", reading.follow_up(None, 31, 8), HIDES),
    (
        "cautious count", reading.missing_not_improved(8, 31),
        "If everybody without a second score is counted as not improved: 8 of 31, 26%. That is the most cautious way to count.",
    ),
    # comparison
    (
        "no difference", reading.compare(rate(24, 40), rate(320, 500)),
        "24 of 40 here and 320 of 500 in like services: 60% and 64%. Too close to call, which is not proof that they are the same.",
    ),
    (
        "lower", reading.compare(rate(24, 40), rate(420, 500)),
        "24 of 40 here and 420 of 500 in like services: 60% and 84%. Lower here by 24 percentage points (likely between 10 and 40). "
        "That says there is a difference, not why: who comes and who is followed up differ too.",
    ),
    (
        "higher", reading.compare(rate(420, 500), rate(24, 40), "in 2025-26", "in 2024-25"),
        "420 of 500 in 2025-26 and 24 of 40 in 2024-25: 84% and 60%. Higher in 2025-26 by 24 percentage points (likely between 10 and 40). "
        "That says there is a difference, not why: who comes and who is followed up differ too.",
    ),
    ("comparing hidden", reading.compare(HIDDEN, rate(24, 40)), f"These two cannot be compared. {HIDES}"),
    ("comparing nobody", reading.compare(rate(0, 0), rate(24, 40)), "There is nothing to compare yet, here or in like services."),
    # the rest
    (
        "too few", reading.too_few(instead="the whole year"),
        f"Fewer than 10 people have two scores this quarter, so we show the whole year instead. {NO_MARK}",
    ),
    (
        "too few anywhere", reading.too_few("in October to December 2025"),
        "Fewer than 10 people have two scores in October to December 2025, so the plan, the return and people's own words stand here instead of rates. "
        "That is no mark against the service.",
    ),
    (
        "widened", reading.widened("October to December 2025", "April 2025 to March 2026"),
        f"This shows April 2025 to March 2026, not October to December 2025 alone, where fewer than 10 people have two scores. {NO_MARK}",
    ),
    ("speaks for some", reading.speaks_for(27, 42, 9, 6), "From 27 of 42 services; 9 send totals; 6 have nothing to show yet."),
    ("speaks for all", reading.speaks_for(42, 42, 0, 0), "From all 42 services."),
    ("speaks for none", reading.speaks_for(0, 42, 30, 12), "From none of 42 services; 30 send totals; 12 have nothing to show yet."),
    ("speaks for one", reading.speaks_for(1, 3, 1, 1), "From 1 of 3 services; 1 sends totals; 1 has nothing to show yet."),
    ("no services", reading.speaks_for(0, 0, 0, 0), "There are no services yet."),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), [s[1:] for s in SITUATIONS], ids=[s[0] for s in SITUATIONS])
def test_what_the_page_says(said: str, expected: str):
    assert said == expected


@pytest.mark.parametrize("said", [s[1] for s in SITUATIONS], ids=[s[0] for s in SITUATIONS])
def test_no_word_that_people_should_not_see(said: str):
    assert not re.search(r"caseness|deteriorat|harmed|relaps|outlier|suppress|episode|denominator|None\b(?! of)|nan|\bNone\.", said)
    assert said[0].isupper() or said[0].isdigit()
    assert said.endswith((".", "?")) and "  " not in said and ".." not in said


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
@pytest.mark.parametrize("row", [HIDDEN, rate(0, 0), rate(0, 1), rate(1, 1), rate(3, 9), rate(40, 60), average(None, n=None, too_few=True)])
def test_every_metric_has_a_sentence_for_every_row(metric, row):
    said = reading.sentence(metric, row, "at Granby", PHQ9)
    assert said.endswith((".", "?")) and "nan" not in said
    assert (said == HIDES) == row.hidden
    if row.hidden:
        assert not re.search(r"\d", said)


@pytest.mark.parametrize(("policy", "expected"), [("own", False), ("inside", False), ("outside", True)])
def test_only_figures_for_outside_are_about(policy, expected):
    assert reading.rounded(Released("reliable-improvement", Scope(), policy, (), None)) is expected


@pytest.mark.parametrize(("value", "words"), [(0.0, "0%"), (0.2, "under 1%"), (0.5, "1%"), (64.5, "65%"), (99.4, "99%"), (99.6, "over 99%"), (100.0, "100%")])
def test_something_is_never_nothing_and_not_quite_all_is_never_all(value, words):
    assert reading._percent(value) == words
