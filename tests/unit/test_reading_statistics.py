"""Sentences about series, funnels, waiting and groups, whole: each situation and exactly what the page says."""

from __future__ import annotations

import math
import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from metrics import equity, funnel, reading, spc, survival
from tests.house.test_rules import NEVER_SHOWN
from tests.unit.test_reading import SITUATIONS as RATES

STEADY = [50, 52, 48, 51, 49, 53, 47, 50, 52, 48, 51, 49]
MORE = "by more than chance alone would give"
NOT_WHAT = "It shows that something changed, not what."
HELPED = "What was tried, and what would have helped?"
STARTS = "A funnel starts a conversation: it does not say why."
STARTS_FEW = "A funnel starts a conversation: it does not say why, and with fewer than 10 services we cannot tell how much they usually differ."
NOT_SAME = "which is not proof that they are the same."
NOT_WHY = "That says there is a difference, not why: who comes and who is followed up differ too."
SEEN = "Scores are taken now and then, so the change itself may have come earlier."
ALONE = "This does not show that the service alone made the difference."
WOBBLE = "improved by more than the questionnaire's own wobble"
OUTSIDE = "lies outside the usual ups and downs, between"
SOMETIMES = "so it will sometimes be met and sometimes not, by chance alone."
GUESS = "something would have to change, or the target was a guess."
NOT_HALF = "That is fewer than half, so we do not know yet how long it takes half of them"
STILL = "Some are still with the service, so this is not the last word."
NO_DIFFERENCE = "By gender, no difference we can see in who improved. That is not proof that there is none."
NO_MARK = "That is no mark against the service."


REBASED = spc.charts(
    pd.DataFrame({"series": 0, "date": pd.date_range("2023-04-01", periods=24, freq="MS"), "value": STEADY + [v + 10 for v in STEADY]}),
    rebase=[spc.Rebase(date(2024, 4, 1), "the merger")],
)


def series(
    values: list[float], better: spc.Better = "higher", target: float | None = None, unit: str = "", baseline: int | None = None, reason: str = ""
) -> str:
    charted = spc.chart(values, better, baseline=baseline)
    return reading.spc(spc.verdicts(charted, {} if target is None else {0: target}, better).to_dict("records")[0], unit, reason=reason)


def units(counts: list[tuple[int, int]], overdispersion: bool = False) -> str:
    x, n = zip(*counts, strict=True)
    return reading.funnel(funnel.proportions(x, n, overdispersion, [f"S{i}" for i in range(len(x))]))


def median(n: int, events: int, weeks: float, lower: float, upper: float) -> str:
    return reading.survival({"n": n, "events": events, "median": weeks, "lower": lower, "upper": upper})


def groups(*counts: tuple[str, int, int]) -> str:
    return reading.equity(equity.against_rest(pd.DataFrame(counts, columns=["group", "numerator", "denominator"])), "improved", "gender")


SAME = "About the same: the latest figure, 49, is within the usual ups and downs, between 42 and 58. That is not proof that nothing changed."
SITUATIONS = [
    # series
    ("about the same", series(STEADY), SAME),
    ("one point", series([50]), "One point so far; not enough points yet to tell a change from the usual ups and downs (12 are needed)."),
    ("five points", series(STEADY[:5]), "5 points so far; not enough points yet to tell a change from the usual ups and downs (12 are needed)."),
    (
        "a short baseline", series(STEADY, baseline=6),
        "The usual range rests on 6 points; not enough points yet to tell a change from the usual ups and downs (12 are needed).",
    ),
    ("no figures", reading.spc({"n": 0}), "There are no figures yet."),
    ("never varies", series([10] * 14), "Every figure is 10. That can happen. Were they counted, or carried over?"),
    ("better than chance", series([*STEADY, 70], unit="%"), f"Improved, {MORE}: the latest figure, 70%, {OUTSIDE} 39% and 64%. {NOT_WHAT}"),
    (
        "worse", series([*STEADY, 30], unit="%"),
        f"Worse, {MORE}: the latest figure, 30%, {OUTSIDE} 36% and 60%. {HELPED}",
    ),
    ("lower is better", series([*STEADY, 30], "lower"), f"Improved, {MORE}: the latest figure, 30, {OUTSIDE} 36 and 60. {NOT_WHAT}"),
    ("neither is better", series([*STEADY, 70], "neither"), f"Higher than usual, {MORE}: the latest figure, 70, {OUTSIDE} 39 and 64. {NOT_WHAT}"),
    ("neither, low", series([*STEADY, 30], "neither"), f"Lower than usual, {MORE}: the latest figure, 30, {OUTSIDE} 36 and 60. {NOT_WHAT}"),
    ("rising", series([*STEADY, 46, 47, 48, 49, 50, 51, 52]), f"Improved, {MORE}: the latest 7 figures or more each moved the same way. {NOT_WHAT}"),
    (
        "one side", series([*STEADY, *STEADY, 53, 54, 52, 54, 53, 52, 54]),
        f"Improved, {MORE}: the latest 7 figures or more all lie on one side of the average, 51. {NOT_WHAT}",
    ),
    (
        "two of three", series([*STEADY, *STEADY, 52, 57, 57]),
        f"Improved, {MORE}: two of three figures at the end are close to the edge of the usual ups and downs, between 43 and 59. {NOT_WHAT}",
    ),
    ("target out of reach", series(STEADY, target=80), f"{SAME} As things are, the target of 80 will not be met; {GUESS}"),
    ("target always met", series(STEADY, target=20), f"{SAME} As things are, the target of 20 will be met every time."),
    ("target by chance", series(STEADY, target=50), f"{SAME} The target of 50 lies within the usual ups and downs, {SOMETIMES}"),
    ("target, neither better", series(STEADY, "neither", target=80), SAME),
    ("afresh", series(STEADY, reason="the merger in May 2025"), SAME.replace("58.", "58 (counted afresh since the merger in May 2025).")),
    (
        "before and after", reading.before_after(spc.before_after(REBASED).to_dict("records")[0], "%", reason="the merger"),
        "Before the merger the figures averaged 50%, since then 60%. That is before and after, not proof that one brought the other about.",
    ),
    # funnels
    ("nothing to compare", units([(5, 10)]), "There are not enough services to compare."),
    (
        "none stands out", units([(50, 100), (52, 100)] * 6),
        f"The 12 services together: 51%. None of the services stands out: they differ no more than chance would give, {NOT_SAME} {STARTS}",
    ),
    ("one high", units([(50, 100)] * 11 + [(75, 100)]), f"The 12 services together: 52%. S11 lies higher than chance would give. {STARTS}"),
    (
        "high and low", units([(50, 100)] * 10 + [(90, 100), (20, 100)]),
        f"The 12 services together: 51%. S10 lies higher and S11 lies lower than chance would give. {STARTS}",
    ),
    (
        "many high", units([(20, 100)] * 14 + [(70, 100)] * 6),
        f"The 20 services together: 35%. S14, S15, S16, S17 and 2 more lie higher and S0, S1, S2, S3 and 10 more lie lower than chance would give. {STARTS}",
    ),
    (
        "spread as usual", units([(20, 100)] * 14 + [(70, 100)] * 6, overdispersion=True),
        f"The 20 services together: 35%. None of the services stands out: they differ no more than such services usually differ, {NOT_SAME} {STARTS}",
    ),
    (
        "too few to tell", units([(50, 100), (90, 100), (52, 100)]),
        f"The 3 services together: 64%. S1 lies higher than chance would give. {STARTS_FEW}",
    ),
    (
        "against what was expected",
        reading.funnel(funnel.ratios([5, 40] + [10] * 10, [10.0] * 12, groups=list("ABCDEFGHIJKL")), about_ratio=True),
        f"12 services are compared with what was expected of each. B lies higher than chance would give. {STARTS}",
    ),
    # time to improvement
    ("half by", median(52, 34, 7, 5, 9), f"Half of 52 people had {WOBBLE} by 7 weeks (likely between 5 and 9). {SEEN} {ALONE}"),
    ("half by, open", median(52, 30, 7, 5, math.nan), f"Half of 52 people had {WOBBLE} by 7 weeks (likely 5 or more). {SEEN} {ALONE}"),
    ("half by, unsure", median(12, 7, 7, math.nan, math.nan), f"Half of 12 people had {WOBBLE} by 7 weeks (we cannot say how surely). {SEEN} {ALONE}"),
    (
        "not half", median(52, 14, math.nan, 9, math.nan),
        f"14 of 52 people have {WOBBLE} so far. {NOT_HALF} (likely not before 9 weeks). {SEEN}",
    ),
    (
        "one so far", median(20, 1, math.nan, math.nan, math.nan),
        f"One of 20 people has {WOBBLE} so far. {NOT_HALF}. {SEEN}",
    ),
    ("none yet", median(20, 0, math.nan, math.nan, math.nan), f"None of 20 people has {WOBBLE} yet. {STILL}"),
    ("too few for time", median(6, 3, 7, 5, 9), f"Fewer than 10 people have a first score, so we do not say how long it took. {NO_MARK}"),
    ("times differ", reading.survival_groups(survival.LogRank(13.5, 5, 0.019)), f"How long it took differs between the groups {MORE}. {NOT_WHY}"),
    (
        "times too close", reading.survival_groups(survival.LogRank(1.9, 2, 0.40)),
        f"How long it took does not differ between the groups by more than chance would give: too close to call, {NOT_SAME}",
    ),
    ("times unknown", reading.survival_groups(survival.LogRank(math.nan, 0, math.nan)), "There is not enough yet to compare how long it took."),
    # equity
    (
        "two groups differ", groups(("women", 80, 100), ("men", 40, 100)),
        f"women: 80 of 100 improved, 80%, against 40% of everybody else; higher by 40 percentage points (likely between 27 and 51). {NOT_WHY}",
    ),
    ("no difference we can see", groups(("women", 50, 100), ("men", 45, 100)), f"{NO_DIFFERENCE}"),
    (
        "one of many", groups(("women", 50, 100), ("men", 48, 100), ("another", 5, 40)),
        "another: 5 of 40 improved, 13%, against 49% of everybody else; lower by 37 percentage points (likely between 21 and 46). "
        f"{NOT_WHY} 3 comparisons were made, and about one in twenty differs by chance alone.",
    ),
    (
        "perhaps by chance", groups(("A", 50, 100), ("B", 50, 100), ("C", 36, 100), ("D", 48, 100), ("E", 46, 100)),
        f"{NO_DIFFERENCE} "
        "5 comparisons were made, and about one in twenty differs by chance alone.",
    ),
    (
        "a small group", groups(("women", 50, 100), ("men", 45, 100), ("another", 0, 4)),
        f"{NO_DIFFERENCE} "
        "3 comparisons were made, and about one in twenty differs by chance alone; 1 group of fewer than 10 people is not judged.",
    ),
    ("nobody to compare", groups(("women", 5, 8), ("men", 2, 3)), f"No group by gender has 10 people and 10 others beside it, so we do not compare. {NO_MARK}"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), [s[1:] for s in SITUATIONS], ids=[s[0] for s in SITUATIONS])
def test_sentence(said: str, expected: str):
    assert said == expected


def test_there_are_forty_situations_and_no_word_that_is_never_shown():
    assert len(SITUATIONS) >= 40 and len({name for name, _, _ in SITUATIONS}) == len(SITUATIONS)
    assert [name for name, said, _ in SITUATIONS if NEVER_SHOWN.search(said)] == []


def test_each_takes_one_to_three_sentences():
    """A group that differs takes one more each; no situation here has two."""
    long = {name: said for name, said, _ in (*SITUATIONS, *RATES) if not 1 <= len(re.findall(r"[.?](?= [A-Z0-9]|$)", said)) <= 3}
    assert not long
    named = {name for name, _, _ in (*SITUATIONS, *RATES)}
    assert {"too few", "no follow-up", "no difference we can see", "better than chance"} <= named


def test_what_may_be_chance_is_not_called_a_difference():
    """The third of five groups lies beyond its own 95% and not beyond that shared among five; the sentence above leaves it out."""
    found = equity.against_rest(pd.DataFrame({"group": list("ABCDE"), "numerator": [50, 50, 36, 48, 46], "denominator": [100] * 5}))
    assert found["differs"].tolist() == [False, False, True, False, False]
    assert not found["differs_of_many"].any() and np.all(found["comparisons"] == 5)
