"""The rules of plan against return: running totals, versions, gaps, questions, matches, realism, the ladder. And honest services, simulated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from metrics import plan

FLOW, TOTAL, STOCK, PERCENT, AVERAGE = plan.FLOW, plan.TOTAL, plan.STOCK, plan.PERCENT, plan.AVERAGE


def row(quarter: int, projection: float | None, actual: float | None, ref: str = "M1", counted_as: str = FLOW, year: int = 2025, **more: Any) -> dict[str, Any]:
    plain = {"service": "S1", "replaces_ref": None, "direction": "improve", "plan_out_of": None, "projection_before": None, "out_of": None, "places": None}
    return plain | {"year": year, "quarter": quarter, "ref": ref, "counted_as": counted_as, "projection": projection, "actual": actual} | more


def line(projections: list[float | None], actuals: list[float | None], **more: Any) -> list[plan.Figure]:
    return plan.figures(row(q, p, a, **more) for q, (p, a) in enumerate(zip(projections, actuals, strict=True), 1))


def told(figures: list[plan.Figure]) -> list[tuple[float | None, float | None]]:
    return [(f.projection, f.actual) for f in figures]


# ---- running totals, versions, years ---------------------------------------------------------------------------------------------------------


def test_running_totals_are_differenced() -> None:
    assert plan.flows([10, 19, 33, 40]) == [10, 9, 14, 7]
    assert plan.flows([10, None, 33, 40]) == [10, None, None, 7]
    figures = line([10, 20, 30, 41], [9, 21, 30, 36], counted_as=TOTAL)
    assert told(figures) == [(10, 9), (10, 12), (10, 9), (11, 6)]
    assert [(f.to_date_projection, f.to_date_actual) for f in figures] == [(10, 9), (20, 21), (30, 30), (41, 36)]
    assert plan.year_figure(figures) == (41, 36, None, None, True)


def test_a_missing_running_total_hides_one_quarter_and_not_the_year() -> None:
    figures = line([10, 20, 30, 40], [9, None, 31, 38], counted_as=TOTAL)
    assert told(figures) == [(10, 9), (10, None), (10, None), (10, 7)]
    assert [f.to_date_actual for f in figures] == [9, None, 31, 38]
    assert plan.year_figure(figures) == (40, 38, None, None, True)


def test_a_running_total_that_falls_is_no_negative_count() -> None:
    figures = line([10, 20, 30, 40], [12, 8, 20, 30], counted_as=TOTAL)
    assert [f.actual for f in figures] == [12, None, 12, 10] and [f.falls for f in figures] == [False, True, False, False]
    assert not any(j.quarter.material for j in plan.judged(figures))


def test_a_flow_compares_only_quarters_with_both_figures() -> None:
    figures = line([10, 10, None, 10], [None, 12, 5, 9])
    assert [(f.to_date_projection, f.to_date_actual) for f in figures] == [(None, None), (10, 12), (None, None), (20, 21)]
    assert not plan.year_figure(figures).complete
    assert plan.gap(None, 5) == (None, None, False)  # blank: nothing was planned, no test


def test_a_quarter_out_of_contract_is_no_gap_in_a_running_total() -> None:
    figures = line([None, None, 36, 74], [None, None, 42, 82], counted_as=TOTAL)
    assert told(figures) == [(None, None), (None, None), (36, 42), (38, 40)]
    assert plan.year_figure(figures).complete


def test_a_renamed_line_is_one_line() -> None:
    rows = [row(1, 21, 17, "M2", TOTAL), row(2, 41, 44, "M2", TOTAL)]
    rows += [row(3, 62, 62, "M2A", TOTAL, replaces_ref="M2"), row(4, 84, 86, "M2A", TOTAL, replaces_ref="M2")]
    rows += [row(1, 20, 20, "M2A", TOTAL, year=2026), row(1, 5, 5, "M2", FLOW, year=2026)]  # next year M2 is a new line of that name
    figures = plan.figures(rows)
    first = [f for f in figures if f.line == (2025, "M2")]
    assert told(first) == [(21, 17), (20, 27), (21, 18), (22, 24), (20, 20)]
    assert [f.last.ref if f.last else None for f in first] == [None, "M2", "M2", "M2A", "M2A"]
    assert [f.line for f in figures if f.year == 2026 and f.ref == "M2"] == [(2026, "M2")]


def test_a_later_version_is_differenced_against_its_own_figures() -> None:
    rows = [row(1, 10, 8, counted_as=TOTAL), row(2, 30, 20, counted_as=TOTAL)]
    rows += [row(3, 36, 34, counted_as=TOTAL, projection_before=24), row(4, 48, 45, counted_as=TOTAL, projection_before=36)]
    figures = plan.figures(rows)
    assert [f.projection for f in figures] == [10, 20, 12, 12]
    assert figures[-1].to_date_projection == 54  # each quarter by the plan in force when it began


def test_a_year_of_each_kind() -> None:
    assert plan.year_figure(line([5, 5, 5, 5], [4, 6, 5, 9]))[:2] == (20, 24)
    assert plan.year_figure(line([14, 14, 14, 14], [14, 14, 14, 11], counted_as=STOCK, out_of=14)) == (14, 11, 14, None, True)
    assert plan.year_figure(line([8, 8, 8, 8], [7, 8, 9, 8.4], counted_as=AVERAGE))[:2] == (8, 8.1)
    assert plan.year_figure(line([80, 80, 80, 80], [70, 90, 80, 76], counted_as=PERCENT))[:2] == (80, 79)
    rows = [row(1, 80, 50, counted_as=PERCENT, out_of=10), row(2, 80, 90, counted_as=PERCENT, out_of=30)]
    assert plan.year_figure(plan.figures(rows)) == (80, 80, 40, None, True)  # pooled: 5 of 10 and 27 of 30
    assert not plan.year_figure(line([5, 5, 5, 5], [4, 6, 5, None])).complete
    assert plan.year_figure(line([None] * 4, [None] * 4)) == (None, None, None, None, False)


# ---- gaps ------------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("projection", "actual", "material"),
    [
        (12, 5, True),  # 7 fewer, p = 0.042
        (12, 6, False),  # 6 fewer, p = 0.11
        (100, 81, False),  # 19%: not wide enough
        (100, 80, True),
        (2, 6, True),
        (1, 2, False),  # one person
        (0, 1, False),
        (0, 2, True),
        (0, 0, False),
    ],
)  # fmt: skip
def test_which_gaps_are_worth_asking_about(projection: float, actual: float, material: bool) -> None:
    found = plan.gap(projection, actual)
    assert found.gap == actual - projection
    assert found.material == material


def test_p_alone_or_size_alone_is_not_enough() -> None:
    small = plan.gap(1000, 900)
    assert small.probability is not None and small.probability < 0.01 and not small.material
    rare = plan.gap(8, 4)
    assert abs(rare.gap or 0) >= 2 and rare.probability is not None and rare.probability > 0.05 and not rare.material


def test_out_of_a_known_number() -> None:
    assert plan.gap(14, 11, STOCK, 14) == (-3, 0.0, True)  # all 14 were expected
    assert not plan.gap(14, 13, STOCK, 14).material  # one person
    assert plan.gap(12, 8, STOCK, 14).material and not plan.gap(12, 8).material  # out of 14, chance is narrower than around a free count
    assert plan.gap(20, 24, FLOW, 30, 25).probability == pytest.approx(1)  # 20 of 25 planned, 24 of 30 came: the same share
    assert plan.gap(14, 11, STOCK, 11).probability == plan.poisson_p(11, 14)  # more planned than there are: the plan was a number, not a share
    assert plan.gap(5, 9, STOCK, 8).probability == plan.poisson_p(9, 5)  # a wrong 'out of' is not used


def test_percents_are_tested_in_people() -> None:
    assert plan.gap(88, 60, PERCENT, 20).material  # 12 of 20 where 17 or 18 were expected
    assert not plan.gap(88, 75, PERCENT, 8).material  # 6 of 8
    assert plan.gap(90, 0, PERCENT, 1) == (-90, pytest.approx(0.1), False)  # one person
    unknown = plan.gap(88, 60, PERCENT)
    assert unknown == (-28, None, False)
    assert plan.untold(line([88], [60], counted_as=PERCENT)[0]) and not plan.untold(line([88], [75], counted_as=PERCENT)[0])
    assert not plan.untold(line([88], [60], counted_as=PERCENT, out_of=20)[0])


def test_averages_follow_the_rule_of_a_fifth() -> None:
    assert plan.gap(8, 6.4, AVERAGE) == (pytest.approx(-1.6), None, True)
    assert not plan.gap(8, 6.5, AVERAGE).material and not plan.gap(8, 8, AVERAGE).material


def test_a_fraction_of_a_person_is_taken_towards_the_plan() -> None:
    assert plan.poisson_p(5.5, 12) == plan.poisson_p(6, 12) and plan.poisson_p(20.5, 12) == plan.poisson_p(20, 12)


def test_the_year_to_date_can_be_off_where_no_quarter_is() -> None:
    found = plan.judged(line([10, 10, 10, 10], [6, 6, 6, 6]))
    assert [j.quarter.material for j in found] == [False] * 4
    assert [j.material for j in found] == [False, False, True, True]
    assert [j.asked for j in found] == [False, False, True, False]  # the same thing is not asked about again


def test_three_questions_a_return_largest_first() -> None:
    rows = [row(1, 20, a, ref) for ref, a in (("M1", 8), ("M2", 4), ("M3", 40), ("M4", 6), ("M5", 20))]
    found = {j.figure.ref: j for j in plan.judged(plan.figures(rows))}
    assert {ref for ref, j in found.items() if j.asked} == {"M2", "M3", "M4"} and found["M1"].listed and not found["M5"].listed


def test_a_tested_gap_comes_before_one_that_cannot_be() -> None:
    rows = [row(1, 12, 5, f"M{i}") for i in (1, 2, 3)] + [row(1, 8, 1, "A1", AVERAGE)]
    assert [j.figure.ref for j in plan.judged(plan.figures(rows)) if j.asked] == ["M1", "M2", "M3"]


def test_a_first_year_is_asked_about_once_at_its_end() -> None:
    figures = line([12, 12, 12, 12], [5, 5, 12, 6])
    found = plan.judged(figures, first_year=2025)
    assert [j.material for j in found] == [True, True, True, True] and [j.asked for j in found] == [False, False, False, True] == [j.listed for j in found]
    assert [j.asked for j in plan.judged(figures, first_year=2024)] == [True, True, False, False]  # 6 for 12 is chance, and the year is known
    short = plan.judged(line([12, 12, None, None], [5, 5, None, None]), first_year=2025)  # a contract of half a year ends in quarter 2
    assert [j.asked for j in short] == [False, True, False, False]
    made_up = plan.judged(line([12, 12, 12, 12], [5, 19, 12, 12]), first_year=2025)  # by the year's end nothing is left to ask
    assert not any(j.asked for j in made_up)


# ---- figures exactly as planned --------------------------------------------------------------------------------------------------------------


def returned(projections: list[float], actuals: list[float], **more: Any) -> list[plan.Figure]:
    return plan.figures(row(1, p, a, f"M{i}", **more) for i, (p, a) in enumerate(zip(projections, actuals, strict=True)))


def asked(figures: list[plan.Figure], rare: float = plan.RARE_MATCHES) -> plan.Matches:
    return plan.matches((plan.match(f) for f in figures), rare)


def test_a_copied_return_is_asked_about() -> None:
    found = asked(returned([15, 13, 12, 10, 8, 10], [15, 13, 12, 10, 8, 10]), plan.RARE_IN_A_RETURN)
    assert (found.figures, found.equal_to_plan, found.questioned, found.pattern) == (6, 6, True, "plan")
    assert found.probability == pytest.approx(2.814e-6, rel=1e-3)


def test_three_alike_are_never_asked_about() -> None:
    found = asked(returned([50, 60, 70], [50, 60, 70]))
    assert found.probability < 0.0005 and not found.questioned


def test_four_small_ones_among_many_are_not_rare() -> None:
    assert not asked(returned([1] * 12, [1, 1, 1, 1, 0, 0, 2, 2, 0, 3, 0, 2])).questioned


def test_last_quarter_copied() -> None:
    rows = [row(q, 20, a, f"M{i}") for i, a in enumerate((14, 27, 18, 23, 16)) for q in (1, 2)]
    found = asked(plan.figures(rows))
    assert (found.equal_to_plan, found.equal_to_last_quarter, found.questioned, found.pattern) == (0, 5, True, "last quarter")


def test_lines_whose_equality_says_nothing_do_not_count() -> None:
    for more in ({"counted_as": STOCK}, {"counted_as": PERCENT}, {"direction": "maintain"}, {"places": 15}):
        assert asked(returned([14] * 6, [14] * 6, **more)).figures == 0
    assert asked(returned([13] * 6, [13] * 6, places=15)).figures == 6  # 13 of 15 is not full
    assert asked(returned([0] * 6, [0] * 6)).figures == 0
    assert asked(returned([10] * 5, [10] * 5, counted_as=TOTAL)).questioned


def test_out_of_a_known_number_equality_is_likelier() -> None:
    free, known = (plan.match(f[0]) for f in (returned([9], [9]), returned([9], [9], out_of=10)))
    assert free and known and known.chance_plan == pytest.approx(10 * 0.9**9 * 0.1) and known.chance_plan > 2 * free.chance_plan


def test_a_full_home_is_never_asked() -> None:
    rng = np.random.default_rng(14)
    for places in (4, 6, 14, 30):
        rows = []
        for year in (2023, 2024, 2025):
            for q in (1, 2, 3, 4):
                rows += [row(q, places, places, "M1", STOCK, year, direction="maintain", places=places, out_of=places, plan_out_of=places)]
                rows += [row(q, places, places, f"F{i}", FLOW, year, places=places) for i in range(4)]
                rows += [row(q, round(0.7 * places), float(rng.binomial(places, 0.7)), "M2", STOCK, year, places=places, out_of=places)]
        figures = plan.figures(rows)
        assert not asked(figures).questioned
        assert not any(asked([f for f in figures if (f.year, f.quarter) == (y, q)]).questioned for y in (2023, 2024, 2025) for q in (1, 2, 3, 4))
        assert not any(j.material for j in plan.judged(figures) if j.figure.ref != "M2")


def honest(rng: np.random.Generator, service: str, drift: float) -> list[plan.Figure]:
    """A year of four to eight lines, projections from 1 to 60, counts as chance brings them around a level near the projection."""
    rows = []
    for i in range(int(rng.integers(4, 9))):
        level, off = float(np.exp(rng.uniform(0, np.log(60)))), float(np.exp(rng.normal(0, drift)))
        for q, season in enumerate((1, 0.95, 1, 1.05), 1):
            projection = float(max(1, round(level * season)))
            rows.append(row(q, projection, float(rng.poisson(projection * off)), f"M{i}", service=service))
    return plan.figures(rows)


def test_2000_honest_service_years() -> None:
    """The question about figures exactly as planned, at the year or at any of its returns: below 1% of years. And how often gaps are asked about."""
    rng = np.random.default_rng(2026)
    years = questioned = figures = in_quarter = material = 0
    for n in range(2_000):
        of_year = honest(rng, f"S{n}", drift=0.1)
        found = [(f.quarter, plan.match(f)) for f in of_year]
        returns = [plan.matches((m for quarter, m in found if quarter == q), plan.RARE_IN_A_RETURN).questioned for q in (1, 2, 3, 4)]
        years, questioned = years + 1, questioned + (plan.matches(m for _, m in found).questioned or any(returns))
        if n < 200:
            judged = plan.judged(of_year)
            figures, material = figures + len(judged), material + sum(j.material for j in judged)
            in_quarter += sum(j.quarter.material for j in judged)
    assert years == 2_000 and 0 < questioned / years < 0.01
    assert in_quarter / figures < 0.08 and material / figures < 0.14  # the level itself is 10% off: more than chance alone


# ---- cautious, about right, ambitious --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("projection", "actual", "verdict"),
    [(57, 92, "cautious"), (107, 65, "ambitious"), (400, 404, "about right"), (20, 21, "cannot tell"), (100, 118, "about right"), (0, 3, "cannot tell")],
)
def test_verdicts(projection: float, actual: float, verdict: str) -> None:
    assert plan.realism(projection, actual).verdict == verdict


def test_verdicts_keep_to_the_limits() -> None:
    for actual in range(0, 400):
        found = plan.realism(100, actual)
        assert found.lower is not None and found.upper is not None
        expected = (
            "cautious"
            if found.lower > 1.1
            else "ambitious"
            if found.upper < 0.9
            else "cannot tell"
            if found.lower <= 0.9 and found.upper >= 1.1
            else "about right"
        )
        assert found.verdict == expected


def test_a_full_home_planned_full_is_about_right() -> None:
    assert plan.realism(14, 14, STOCK, 14, 14).verdict == "about right"


def test_no_interval_no_verdict() -> None:
    assert plan.realism(88, 60, PERCENT) == (60 / 88, None, None, "cannot tell")
    assert plan.realism(8, 4, AVERAGE).verdict == "cannot tell"
    assert plan.realism(88, 40, PERCENT, 60).verdict == "ambitious"


# ---- the ladder ------------------------------------------------------------------------------------------------------------------------------


def test_the_ladder() -> None:
    assert plan.conversion(40, 25) == 0.625 and plan.conversion(0, 3) is None and plan.conversion(10, None) is None
    assert plan.widens([40, 25, 30, None, 31, 5]) == [2, 4] and plan.widens([40, 40, 12]) == []


def test_figures_that_only_rise() -> None:
    assert plan.only_rise([10, 19, 31, 40]) and plan.only_rise([10, 20, 30])
    assert (
        not plan.only_rise([10, 11, 12, 13])
        and not plan.only_rise([10, 19, 18, 40])
        and not plan.only_rise([10, 20])
        and not plan.only_rise([10, None, 30, 40])
    )
    assert not plan.only_rise([0, 1, 2]) and not plan.only_rise([2, 4, 7, 8], [5, 5, 5, 5])  # a service that grows into its plan
    assert plan.only_rise([10, 19, 31, 40], [10, 10, 10, 11])
