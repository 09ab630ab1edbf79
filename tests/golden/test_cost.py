"""Cost for each person and each gain, and attainment of several services: figures worked by hand and against SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from metrics import attainment, cost


def test_cost_for_each_worked_by_hand() -> None:
    """Byar for 100: lower 100(1 − 1/900 − 1.959964/30)³ = 81.36, upper 101(1 − 1/909 + 1.959964/(3√101))³ = 121.63 (Breslow and Day 1987, p. 69)."""
    lower = 100 * (1 - 1 / 900 - 1.959964 / 30) ** 3
    upper = 101 * (1 - 1 / 909 + 1.959964 / (3 * math.sqrt(101))) ** 3
    assert (round(lower, 2), round(upper, 2)) == (81.36, 121.63)
    found = cost.each(50_000, 100)
    assert found.value == 500 and found.people == 100
    assert found.lower == pytest.approx(50_000 / upper, rel=1e-6) and found.upper == pytest.approx(50_000 / lower, rel=1e-6)


def test_under_ten_the_interval_is_exact() -> None:
    """4 seen: Garwood's limits are 1.0899 and 10.2416 (Garwood 1936, table)."""
    found = cost.each(10_000, 4)
    assert found.value == 2_500
    assert found.lower == pytest.approx(10_000 / 10.2416, rel=1e-4) and found.upper == pytest.approx(10_000 / 1.0899, rel=1e-4)


def test_none_seen_is_more_than_a_369th_of_the_hundreds() -> None:
    """With none seen up to 3.69 could have been expected: −ln(0.025)."""
    assert pytest.approx(-math.log(0.025)) == cost.NONE_SEEN and round(cost.NONE_SEEN, 2) == 3.69
    found = cost.each(36_900, 0)
    assert found.value is None and found.upper is None and found.lower == pytest.approx(10_000, rel=1e-3)


@pytest.mark.parametrize(("spend", "people"), [(-1, 3), (10, -1)])
def test_nothing_is_below_nothing(spend: float, people: int) -> None:
    with pytest.raises(ValueError, match="below nothing"):
        cost.each(spend, people)


def test_people_supported_in_a_year_are_not_added_up_quarter_by_quarter() -> None:
    """40 in the first quarter, then 10, 12 and 8 who started: 70, though the quarters' own figures add up to 170."""
    quarters = [{"people_supported": s, "people_started": n} for s, n in ((40, 9), (42, 10), (45, 12), (43, 8))]
    assert cost.supported_in_a_year(quarters) == 70
    assert cost.supported_in_a_year([*quarters[:3], {"people_supported": 43, "people_started": None}]) is None
    assert cost.supported_in_a_year([]) is None


def test_pounds_as_people_say_them() -> None:
    assert [cost.pounds(v) for v in (412.4, 999, 1_336.58, 21_588, 280_000)] == ["£412", "£999", "£1,340", "£21,600", "£280,000"]


# ---- attainment of several services ----------------------------------------------------------------------------------------------------------


def test_services_alike_have_the_exact_poisson_range() -> None:
    """30 of 30 planned at two services that both came out as planned: no spread, Garwood's limits of 60 over 60."""
    found = attainment.pooled([(30, 30), (30, 30)])
    assert found is not None and found.ratio == 1 and found.spread == 1
    assert found.lower == pytest.approx(stats.chi2.ppf(0.025, 120) / 2 / 60) and found.upper == pytest.approx(stats.chi2.ppf(0.975, 122) / 2 / 60)


def test_services_that_differ_widen_the_range() -> None:
    """50 and 10 of 30 planned each: ratio 1, Pearson χ² = (20² + 20²)/30 = 26.67 over one degree, so the range is that of 60/26.67 = 2.25 counts."""
    found = attainment.pooled([(50, 30), (10, 30)])
    assert found is not None and found.ratio == 1 and found.spread == pytest.approx(800 / 30)
    seen = 60 / (800 / 30)
    assert found.lower == pytest.approx(800 / 30 * stats.chi2.ppf(0.025, 2 * seen) / 2 / 60)
    assert found.upper == pytest.approx(800 / 30 * stats.chi2.ppf(0.975, 2 * seen + 2) / 2 / 60)


def test_nobody_seen_nothing_planned() -> None:
    found = attainment.pooled([(0, 12)])
    assert found is not None and found.ratio == 0 and found.lower == 0 and found.upper == pytest.approx(-math.log(0.025) / 12)
    assert attainment.pooled([(3, 0)]) is None and attainment.pooled([]) is None


def test_the_range_holds_the_truth() -> None:
    """Simulated services that truly reach 90% of their plans, some more and some less: the range holds it about as often as it says."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        pairs = [(float(rng.poisson(0.9 * p * rng.gamma(8, 1 / 8))), float(p)) for p in (20, 30, 25, 40, 30, 22, 28, 35)]
        found = attainment.pooled(pairs)
        assert found is not None
        held += found.lower <= 0.9 <= found.upper
    assert held / 400 >= 0.91
