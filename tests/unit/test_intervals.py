"""Edges of the statistics: nothing, one, all, and numbers that cannot be."""

from __future__ import annotations

import math

import pytest

from metrics import change, effects, intervals


def test_nobody_gives_nothing_rather_than_an_error():
    assert all(math.isnan(v) for v in intervals.wilson(0, 0))
    assert all(math.isnan(v) for v in intervals.mean_t(0, 0, 0))


def test_one_value_has_a_mean_and_no_limits():
    mean, lower, upper = intervals.mean_t(1, 7, 49)
    assert mean == 7 and math.isnan(lower) and math.isnan(upper)


def test_ends_are_exact():
    assert intervals.wilson(0, 37)[1] == 0 and intervals.wilson(37, 37)[2] == 1
    assert intervals.byar(0)[1] == 0 and math.isclose(intervals.byar(0)[2], 3.688879454, rel_tol=1e-9)  # "more than spend / 3.69" in the design


@pytest.mark.parametrize(("x", "n"), [(-1, 5), (6, 5)])
def test_impossible_proportions_are_refused(x, n):
    with pytest.raises(ValueError, match="0 <= x <= n"):
        intervals.wilson(x, n)


def test_impossible_counts_and_spreads_are_refused():
    with pytest.raises(ValueError, match="negative"):
        intervals.byar(-1)
    with pytest.raises(ValueError, match="reliability"):
        change.reliable_change_threshold(5, 1.2)
    for improved, paired, due in ((3, 2, 5), (1, 6, 5), (0, 0, 0)):
        with pytest.raises(ValueError, match="bounds need"):
            change.bounds(improved, paired, due)
    with pytest.raises(ValueError, match="3 pairs"):
        effects.hedges_j(2)
    with pytest.raises(ValueError):
        effects.national_effect_size(4.0, 0.0)


def test_a_published_threshold_counts_when_reached_and_a_computed_one_only_beyond():
    assert change.verdict(6, 6) == "improved" and change.verdict(-6, 6) == "worsened" and change.verdict(5, 6) == "same"
    assert change.verdict(6, 6, computed=True) == "same" and change.verdict(7, 6, computed=True) == "improved"


def test_first_scores_without_spread_give_no_effect_size():
    same = {"first": 30, "last": 18, "gain": 12, "first2": 300, "last2": 116, "gain2": 56, "first_last": 180}
    assert all(math.isnan(v) for v in effects.effect_size(3, same))


def test_last_scores_without_spread_take_the_wider_interval():
    # first 4, 6, 8; last 2, 2, 2; gains 2, 4, 6: r does not exist, so 2(1 - 0)/3 + 2²/6
    sums = {"first": 18, "last": 6, "gain": 12, "first2": 116, "last2": 12, "gain2": 56, "first_last": 36}
    assert math.isnan(effects.correlation(3, sums))
    d, lower, _ = effects.effect_size(3, sums)
    assert d == 2 and math.isclose(d - lower, intervals.z() * math.sqrt(2 / 3 + 4 / 6))


def test_missing_second_scores_leave_the_answer_open():
    """31 due, 19 with a second score, 8 improved: the example of the house."""
    assert [round(100 * v) for v in change.bounds(8, 19, 31)] == [26, 65]


# NHS England, NHS Talking Therapies annual report 2024-25, therapy-based outcomes: first mean, its SD, last mean, published effect size.
PUBLISHED = [(14.2, 6.1, 9.5, 0.8), (13.3, 5.1, 8.6, 0.9), (13.5, 5.9, 9.4, 0.7), (14.4, 5.7, 9.3, 0.9), (15.0, 6.0, 10.4, 0.8), (17.6, 9.1, 13.3, 0.5)]


@pytest.mark.parametrize(("first", "sd", "last", "published"), PUBLISHED)
def test_the_nhs_convention_gives_published_effect_sizes(first: float, sd: float, last: float, published: float):
    assert round(effects.national_effect_size(first - last, sd), 1) == published
