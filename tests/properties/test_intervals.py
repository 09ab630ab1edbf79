"""What must hold of every interval and every change, whatever the numbers."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from metrics import change, effects, intervals

COUNTS = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
SCORES = st.lists(st.tuples(st.integers(0, 63), st.integers(0, 63)), min_size=3, max_size=60)
TRACE = 1e-12


def moments(pairs: list[tuple[int, int]], better: change.Better = "lower") -> dict[str, float]:
    gains = [change.gain(a, b, better) for a, b in pairs]
    return {
        "first": sum(a for a, _ in pairs), "last": sum(b for _, b in pairs), "gain": sum(gains), "first2": sum(a * a for a, _ in pairs),
        "last2": sum(b * b for _, b in pairs), "gain2": sum(g * g for g in gains), "first_last": sum(a * b for a, b in pairs),
    }  # fmt: skip


@given(COUNTS, st.floats(0.5, 0.999))
def test_a_proportion_lies_in_its_interval_and_the_interval_in_nought_to_one(counts, confidence):
    value, lower, upper = intervals.wilson(*counts, confidence)
    assert 0 <= lower <= value + TRACE and value - TRACE <= upper <= 1


@given(COUNTS, st.integers(2, 50))
def test_more_people_at_the_same_rate_narrow_the_interval(counts, times):
    x, n = counts
    _, lower, upper = intervals.wilson(x, n)
    _, closer, further = intervals.wilson(x * times, n * times)
    assert further - closer < upper - lower


@given(COUNTS, COUNTS, SCORES, st.integers(2, 50))
def test_more_people_alike_narrow_every_other_interval(one, other, pairs, times):
    def width(found, of=float):
        return of(found[2]) - of(found[1])

    (x, n), (y, m) = one, other
    assert width(intervals.newcombe(x * times, n * times, y * times, m * times)) < width(intervals.newcombe(x, n, y, m))
    assert width(intervals.byar(x * times)) * x <= width(intervals.byar(x)) * x * times  # of a rate: the time grows with the people
    if x and y and (x < n or y < m):
        closer, before = (intervals.risk_ratio(x * k, n * k, y * k, m * k) for k in (times, 1))
        assert width(closer, math.log) < width(before, math.log)
    few, many = moments(pairs), {name: times * total for name, total in moments(pairs).items()}
    assume(min(intervals.sd(len(pairs), few["gain"], few["gain2"]), intervals.sd(len(pairs), few["first"], few["first2"])) > 0.1)
    for found in (lambda k, m: intervals.mean_t(k, m["gain"], m["gain2"]), effects.srm):
        closer, before = found(times * len(pairs), many), found(len(pairs), few)
        assert width(closer) < width(before)
    value, lower, upper = effects.effect_size(len(pairs), few)
    assert lower <= value <= upper


@given(COUNTS)
def test_counting_the_others_mirrors_the_interval(counts):
    x, n = counts
    value, lower, upper = intervals.wilson(x, n)
    other, other_lower, other_upper = intervals.wilson(n - x, n)
    assert math.isclose(value, 1 - other, abs_tol=TRACE)
    assert math.isclose(lower, 1 - other_upper, abs_tol=1e-9) and math.isclose(upper, 1 - other_lower, abs_tol=1e-9)


@given(COUNTS)
def test_greater_confidence_widens(counts):
    _, lower, upper = intervals.wilson(*counts, 0.95)
    _, wider_lower, wider_upper = intervals.wilson(*counts, 0.998)
    assert wider_lower <= lower + TRACE and upper - TRACE <= wider_upper


@given(st.lists(COUNTS, min_size=1, max_size=30))
def test_arrays_give_what_single_numbers_give(many):
    x, n = np.array(many).T
    together = intervals.wilson(x, n)
    for i, one in enumerate(many):
        assert tuple(column[i] for column in together) == intervals.wilson(*one)


@given(st.integers(0, 10**6))
def test_a_count_lies_in_its_interval(x):
    for found in (intervals.byar(x), intervals.exact_poisson(x)):
        assert 0 <= found[1] <= x <= found[2]


@given(st.integers(10, 10**5))
def test_byar_is_close_to_exact(x):
    assert np.allclose(intervals.byar(x), intervals.exact_poisson(x), rtol=2e-3)


@given(COUNTS, COUNTS)
def test_a_difference_lies_in_its_interval_and_turns_with_its_order(a, b):
    value, lower, upper = intervals.newcombe(*a, *b)
    assert -1 - TRACE <= lower <= value + TRACE and value - TRACE <= upper <= 1 + TRACE
    back, back_lower, back_upper = intervals.newcombe(*b, *a)
    assert math.isclose(value, -back, abs_tol=TRACE)
    assert math.isclose(lower, -back_upper, abs_tol=TRACE) and math.isclose(upper, -back_lower, abs_tol=TRACE)


@given(SCORES)
def test_a_mean_is_that_of_the_rows(pairs):
    m = moments(pairs)
    value, lower, upper = intervals.mean_t(len(pairs), m["gain"], m["gain2"])
    gains = [a - b for a, b in pairs]
    assert math.isclose(value, np.mean(gains), abs_tol=1e-9) and lower <= value <= upper
    assert math.isclose(intervals.sd(len(pairs), m["gain"], m["gain2"]), np.std(gains, ddof=1), rel_tol=1e-6, abs_tol=1e-5)


@given(SCORES)
def test_turning_the_scale_round_turns_the_gain_and_nothing_else(pairs):
    """A questionnaire scored the other way round (63 - score, higher is better) must give the same gains, effect sizes and verdicts."""
    turned = [(63 - a, 63 - b) for a, b in pairs]
    for (a, b), (c, d) in zip(pairs, turned, strict=True):
        assert change.gain(a, b, "lower") == change.gain(c, d, "higher") == -change.gain(a, b, "higher")
    one, other = moments(pairs), moments(turned, "higher")
    assume(intervals.sd(len(pairs), one["first"], one["first2"]) > 0.1)
    assert np.allclose(effects.effect_size(len(pairs), one), effects.effect_size(len(pairs), other), atol=1e-6)
    against = moments(pairs, "higher")
    assert math.isclose(effects.effect_size(len(pairs), one)[0], -effects.effect_size(len(pairs), against)[0], abs_tol=1e-9)


@given(st.integers(-63, 63), st.floats(0.5, 30), st.booleans())
def test_better_and_worse_are_mirror_images(gained, threshold, computed):
    mirror = {"improved": "worsened", "worsened": "improved", "same": "same"}
    assert change.verdict(-gained, threshold, computed) == mirror[change.verdict(gained, threshold, computed)]
    assert change.verdict(0, threshold, computed) == "same"


@given(st.integers(1, 5000).flatmap(lambda due: st.integers(0, due).flatmap(lambda paired: st.tuples(st.integers(0, paired), st.just(paired), st.just(due)))))
def test_bounds_hold_every_way_the_missing_may_have_gone(counts):
    improved, paired, due = counts
    lowest, highest = change.bounds(improved, paired, due)
    for gone_well in {0, (due - paired) // 2, due - paired}:
        assert lowest <= (improved + gone_well) / due <= highest
    assert math.isclose(highest - lowest, (due - paired) / due, abs_tol=TRACE)
