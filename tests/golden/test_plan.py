"""Tails, exact intervals and ranges of metrics.plan against SciPy, R's documented examples and sums by hand in plain loops."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from metrics import plan

SAME = 1e-9


def poisson_chances(mean: float, upto: int) -> list[float]:
    """pmf(0), pmf(1), … one from the other."""
    made = [math.exp(-mean)]
    for k in range(1, upto + 1):
        made.append(made[-1] * mean / k)
    return made


def binomial_chances(n: int, share: float) -> list[float]:
    return [math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]


def no_likelier(chances: list[float], k: int) -> float:
    return sum(p for p in chances if p <= chances[k] * (1 + 1e-7))


# ---- two-sided exact tests -------------------------------------------------------------------------------------------------------------------


def test_the_examples_of_r() -> None:
    """?binom.test (Mendel's peas) and ?poisson.test (Welsh nuclear plants), as R prints them."""
    assert round(plan.binomial_p(682, 925, 0.75), 4) == 0.3825
    assert round(plan.binomial_p(11, 11 + 6 + 8 + 7, 800 / (800 + 1083 + 1050 + 878)), 5) == 0.07967  # a ratio of two rates is a binomial test
    assert plan.poisson_p(137, 24.19893) < 2.2e-16


@pytest.mark.parametrize("projection", [0.4, 1, 2, 4.5, 7, 12, 14, 30, 60])
def test_poisson_against_plain_loops(projection: float) -> None:
    chances = poisson_chances(projection, 400 if projection < 50 else 700)
    for actual in range(0, int(projection * 3) + 6):
        assert_allclose(plan.poisson_p(actual, projection), min(1, no_likelier(chances, actual)), rtol=SAME, atol=1e-14)


def test_by_hand() -> None:
    """Five where two are expected: pmf(5) = 0.0361 lies between pmf(4) = 0.0902 and nothing below it, so p is the upper tail alone."""
    assert_allclose(plan.poisson_p(5, 2), 1 - math.exp(-2) * (1 + 2 + 2 + 8 / 6 + 16 / 24), rtol=SAME)
    # 1 of 4 at one half: 1 and 3 and the ends, all but the 6/16 of the middle
    assert_allclose(plan.binomial_p(1, 4, 0.5), 10 / 16, rtol=SAME)
    assert plan.poisson_p(3, 0) == 0 and plan.poisson_p(0, 0) == 1 and plan.binomial_p(14, 14, 1) == 1 and plan.binomial_p(11, 14, 1) == 0


def test_large_counts_stay_exact() -> None:
    for actual, projection in ((900, 1000), (1_100, 1_000), (10_300, 10_000)):
        far = stats.poisson(projection)
        mirror = range(projection, 4 * projection) if actual < projection else range(projection, -1, -1)
        other = next(k for k in mirror if far.pmf(k) <= far.pmf(actual) * (1 + 1e-7))
        both = far.cdf(actual) + far.sf(other - 1) if actual < projection else far.sf(actual - 1) + far.cdf(other)
        assert_allclose(plan.poisson_p(actual, projection), both, rtol=1e-6)
    assert 0 <= plan.poisson_p(10**7, 5) < 1e-300


@pytest.mark.parametrize("n", [1, 4, 14, 33])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.5, 0.88, 1.0])
def test_binomial_against_scipy_and_plain_loops(n: int, share: float) -> None:
    chances = binomial_chances(n, share)
    for k in range(n + 1):
        ours = plan.binomial_p(k, n, share)
        assert_allclose(ours, stats.binomtest(k, n, share).pvalue, rtol=SAME, atol=1e-14)
        assert_allclose(ours, min(1, no_likelier(chances, k)), rtol=1e-7, atol=1e-14)


def test_a_binomial_needs_what_can_be() -> None:
    for wrong in ((5, 4, 0.5), (-1, 4, 0.5), (1, 4, 1.2)):
        with pytest.raises(ValueError, match="0 <= actual <= out of"):
            plan.binomial_p(*wrong)


# ---- exact intervals -------------------------------------------------------------------------------------------------------------------------


def root(rising: object, low: float, high: float) -> float:
    """Where a rising function is 0, by halving."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)  # type: ignore[operator]
    return (low + high) / 2


@pytest.mark.parametrize(("actual", "projection"), [(0, 4), (1, 3), (16, 10), (65, 107), (92, 57)])
def test_the_interval_of_a_ratio_of_counts(actual: int, projection: int) -> None:
    """The lower limit is the mean under which so many or more come once in 40, the upper that under which so many or fewer do."""
    ratio, lower, upper = plan.attainment(projection, actual)
    assert ratio == actual / projection
    upper_mean = root(lambda m: 0.025 - sum(poisson_chances(m, actual)), 0, 400)
    lower_mean = 0 if actual == 0 else root(lambda m: 1 - sum(poisson_chances(m, actual - 1)) - 0.025, 0, 400)
    assert_allclose((lower, upper), (lower_mean / projection, upper_mean / projection), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("count", "n"), [(0, 10), (3, 10), (11, 14), (14, 14), (40, 120)])
def test_the_interval_of_a_share(count: int, n: int) -> None:
    exact = stats.binomtest(count, n).proportion_ci(0.95, "exact")
    assert_allclose(plan.exact_share(count, n), (exact.low, exact.high), rtol=1e-9, atol=1e-12)
    assert_allclose(plan.attainment(8, count, plan.STOCK, n)[1:], (exact.low / (8 / n), exact.high / (8 / n)), rtol=1e-9, atol=1e-12)


# ---- figures exactly as planned --------------------------------------------------------------------------------------------------------------


def test_the_poisson_binomial_by_every_subset() -> None:
    chances = [0.37, 0.27, 0.13, 0.099, 0.08, 0.2, 0.05, 0.6]
    for k in range(len(chances) + 2):
        by_hand = sum(
            math.prod(p if hit else 1 - p for p, hit in zip(chances, hits, strict=True))
            for hits in itertools.product((False, True), repeat=len(chances))
            if sum(hits) >= k
        )
        assert_allclose(plan.at_least(k, chances), by_hand, rtol=SAME, atol=1e-15)
    assert_allclose(plan.at_least(3, [0.1] * 12), stats.binom.sf(2, 12, 0.1), rtol=SAME)


def test_the_chance_of_one_match_by_hand() -> None:
    before = plan.Figure("S", (2025, "M1"), "M1", 2025, 1, plan.FLOW, False, 7, 9)
    found = plan.match(plan.Figure("S", (2025, "M1"), "M1", 2025, 2, plan.FLOW, False, 12, 12, last=before))
    a, b = poisson_chances(7, 200), poisson_chances(12, 200)
    assert found is not None and found.equals_plan and found.equals_last is False
    assert_allclose((found.chance_plan, found.chance_last), (b[12], sum(x * y for x, y in zip(a, b, strict=True))), rtol=SAME)


# ---- reality check ---------------------------------------------------------------------------------------------------------------------------


def negative_binomial_centiles(mean: float, variance: float) -> tuple[int, int]:
    """The first counts at which 10% and 90% are reached, adding up the distribution one count at a time."""
    p, r = mean / variance, mean * mean / (variance - mean)
    chance, total, ends = p**r, 0.0, []
    for k in range(100_000):
        total += chance
        while len(ends) < 2 and total >= (0.1, 0.9)[len(ends)]:
            ends.append(k)
        if len(ends) == 2:
            return ends[0], ends[1]
        chance *= (k + r) / (k + 1) * (1 - p)
    raise AssertionError("never reached")


@pytest.mark.parametrize(
    "quarters", [[10, 10, 10, 10], [3, 9, 2, 14, 8], [0, 0, 0, 0], [40, 55, 38, 61, 47, 52, 49, 58, 44, 60, 51, 39], [1, 0, 2, 0, 1, 0, 0, 9]]
)
def test_the_range_of_a_year_by_brute_force(quarters: list[int]) -> None:
    n, total = len(quarters), sum(quarters)
    mean = 4 * (total + 0.5) / n
    chi = sum((q - total / n) ** 2 / (total / n) for q in quarters) if total else 0
    variance = max(1, chi / (n - 1)) * mean * (1 + 4 / n)
    assert plan.reality_check(quarters) == negative_binomial_centiles(mean, variance)


def test_worked_by_hand_for_four_equal_quarters() -> None:
    """Four tens: m = 4 × 40.5 / 4 = 40.5, no spread beyond chance, v = 40.5 × 2 = 81, so p = 1/2 and r = 40.5."""
    low, high = plan.reality_check([10, 10, 10, 10]) or (0, 0)
    assert (low, high) == tuple(stats.nbinom.ppf((0.1, 0.9), 40.5, 0.5)) == (29, 52)


def test_only_the_last_twelve_quarters_count_and_under_four_is_too_few() -> None:
    assert plan.reality_check([90] * 8 + [10] * 12) == plan.reality_check([10] * 12)
    assert plan.reality_check([10, 10, 10]) is None and plan.reality_check([]) is None


def test_poisson_where_nothing_varies_more() -> None:
    chances = poisson_chances(20, 200)
    ends = [next(k for k in range(200) if sum(chances[: k + 1]) >= e) for e in (0.1, 0.9)]
    assert plan.centiles(20, 20) == plan.centiles(20, 15) == tuple(ends)


# ---- the false-alarm rate the rule implies ---------------------------------------------------------------------------------------------------


def by_chance(projection: int) -> float:
    """How often a service whose projection is right is asked about one figure: every count looked at one by one."""
    chances = poisson_chances(projection, 3 * projection + 40)
    rate = 0.0
    for k, p in enumerate(chances):
        if abs(k - projection) >= 2 and 5 * abs(k - projection) >= projection and no_likelier(chances, k) < 0.05:
            rate += p
    return rate


def test_false_alarms_for_projections_from_1_to_100() -> None:
    rates = [plan.chance_of_asking(m) for m in range(1, 101)]
    assert_allclose(rates, [by_chance(m) for m in range(1, 101)], rtol=1e-6)
    assert max(rates) < 0.05
    assert_allclose((rates[0], rates[1], rates[11], rates[99]), (0.01899, 0.01656, 0.04162, 0.04535), atol=5e-5)
    assert 0.037 < np.mean(rates[:20]) < 0.041 and 0.044 < np.mean(rates) < 0.045  # about 1 in 26 for small lines, 1 in 22 over all


def test_a_simulation_agrees_with_the_enumeration() -> None:
    rng = np.random.default_rng(2026)
    n = 4_000
    alarms = 0
    for m in range(1, 101):
        counts, times = np.unique(rng.poisson(m, n), return_counts=True)
        alarms += sum(int(t) for k, t in zip(counts, times, strict=True) if plan.gap(m, float(k)).material)
    rates = np.array([plan.chance_of_asking(m) for m in range(1, 101)])
    expected, spread = n * rates.sum(), math.sqrt(n * (rates * (1 - rates)).sum())
    assert abs(alarms - expected) < 3 * spread


def test_false_alarms_out_of_a_known_number() -> None:
    for n, projection in ((14, 12), (30, 21), (10, 5), (14, 14)):
        chances = binomial_chances(n, projection / n)
        rate = sum(p for k, p in enumerate(chances) if plan.gap(projection, k, plan.STOCK, n).material)
        assert_allclose(plan.chance_of_asking(projection, n), rate, rtol=1e-9, atol=1e-15)
