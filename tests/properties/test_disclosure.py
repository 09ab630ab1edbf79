"""Nothing hidden can be worked out: not from one table, not from a table before and after uploads. The attacker here shares no code with the door."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from access import disclosure, hiding_plans, shown_before
from domain.types import Counts, Moments, Policy, Scope
from metrics.registry import FAMILIES, METRICS

METRIC_OF = {"change": "reliable-improvement", "maintained": "maintained", "second score": "follow-up-rate"}
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SIZES = st.one_of(st.integers(0, 8), st.integers(0, 60))
POLICIES = st.sampled_from(["inside", "outside"])


@st.composite
def tables(draw: st.DrawFn, fewest: int = 2) -> Counts:
    """A release table of 2 to 12 groups, some of people still with the service; people never more than stays."""
    family = draw(st.sampled_from(sorted(METRIC_OF)))
    cells = tuple(FAMILIES[family].cells)
    groups = tuple((f"g{i:02}", i > 1 and draw(st.integers(0, 7)) == 0) for i in range(draw(st.integers(fewest, 12))))
    counts = {c: tuple(draw(SIZES) for _ in groups) for c in cells}
    return table(family, groups, counts, draw(st.booleans()))


def table(family: str, groups: tuple[tuple[str, bool], ...], counts: dict[str, tuple[int, ...]], came_back: bool = False) -> Counts:
    """With `came_back`, one person in each cell has two stays, and the person of the first cell stands in the second too."""
    people = {c: tuple(n - 1 if came_back and n > 1 else n for n in of) for c, of in counts.items()}
    base = tuple(sum(of) for of in zip(*people.values(), strict=True))
    if came_back:
        pairs = zip(*people.values(), strict=True)
        base = tuple(sum(of) - (1 if of[0] and of[1] else 0) for of in pairs)
    total = {c: sum(n for n, g in zip(of, groups, strict=True) if not g[1]) for c, of in (people | {"base": base}).items()}
    return Counts(METRIC_OF[family], Scope(by="service"), groups, counts, people | {"base": base}, total_people=total)


@dataclass
class Attacker:
    """Someone who keeps every table they were shown and adds and subtracts. An unknown is (group, cell, version of its value)."""

    equations: list[tuple[list[tuple], int]]
    truth: dict[tuple, int]
    secrets: list[tuple[str, list[tuple]]]  # what was hidden from them

    def widths(self) -> dict[str, float]:
        """How wide the range is that each hidden figure may lie in."""
        names = sorted(self.truth)
        at = {name: i for i, name in enumerate(names)}
        rows, right = np.zeros((len(self.equations), len(names))), np.zeros(len(self.equations))
        for r, (members, value) in enumerate(self.equations):
            for m in members:
                rows[r, at[m]] += 1
            right[r] = value
        widths, known = {}, LinearConstraint(rows, right, right) if len(rows) else ()
        for label, members in self.secrets:
            goal = np.zeros(len(names))
            for m in members:
                goal[at[m]] += 1
            ends = []
            for sign in (1, -1):
                answer = milp(sign * goal, bounds=Bounds(0, 10_000), constraints=known)
                assert answer.status == 0, answer.message
                ends.append(sign * answer.fun)
            widths[label] = ends[1] - ends[0]
        return widths


def attack(plans: list[hiding_plans.Plan]) -> dict[str, float]:
    """What an attacker makes of successive versions of one table, told even which figures are the same ones as before."""
    attacker = Attacker([], {}, [])
    told: set[tuple] = set()
    secrets: list[tuple[str, list[tuple]]] = []
    for v, p in enumerate(plans):
        assert p.shown is not None
        name = {((f[0], f[1]), f[2]): f for f in p.shown.present}
        cells = list(p.counts.cells)
        ended = [i for i, g in enumerate(p.counts.groups) if not g[1]]
        for i, g in enumerate(p.counts.groups):
            row = [name[g, c] for c in cells]
            figures = [p.counts.cells[c][i] for c in cells]
            attacker.truth |= dict(zip(row, figures, strict=True))
            if not p.hidden_base[i]:
                attacker.equations.append((row, sum(figures)))
            else:
                secrets.append((f"{v} {g} base", row))
            for c, figure, n in zip(cells, row, figures, strict=True):
                if p.hidden_cells[c][i]:
                    secrets.append((f"{v} {g} {c}", [figure]))
                else:
                    attacker.equations.append(([figure], n))
                    told.add(figure)
        if p.totals is None or hiding_plans.TOTAL_STAYED_NOTE in p.notes:
            continue
        for c in cells:
            column = [name[p.counts.groups[i], c] for i in ended]
            if p.hidden_total_cells[c]:
                secrets.append((f"{v} total {c}", column))
            else:
                attacker.equations.append((column, p.totals[c]))
        everything = [name[p.counts.groups[i], c] for i in ended for c in cells]
        if p.hidden_total_base:
            secrets.append((f"{v} total base", everything))
        else:
            attacker.equations.append((everything, sum(p.totals.values())))
    # A figure that was told in one version and is hidden in another is no secret any more, nor is a sum of such figures.
    attacker.secrets = [(label, members) for label, members in secrets if not set(members) <= told]
    for members, value in attacker.equations:
        assert sum(attacker.truth[m] for m in members) == value, "the attacker was told something untrue"
    return attacker.widths()


def shown_cells(p: hiding_plans.Plan) -> set[tuple]:
    return {(g, c) for i, g in enumerate(p.counts.groups) for c in p.counts.cells if not p.hidden_cells[c][i]}


@QUICK
@given(tables(), POLICIES)
def test_no_hidden_figure_can_be_placed_within_a_range_narrower_than_five(counts: Counts, policy: Policy) -> None:
    plan = hiding_plans.plan(counts, policy, 5)
    narrow = {label: width for label, width in attack([plan]).items() if width < 5 - 1e-6}
    assert narrow == {}


@QUICK
@given(tables(), POLICIES, st.sampled_from([5, 10]))
def test_what_is_shown_is_not_small(counts: Counts, policy: Policy, threshold: int) -> None:
    plan = hiding_plans.plan(counts, policy, threshold)
    outcome = FAMILIES[METRICS[counts.metric].family].about_outcome

    def small(people: int) -> bool:
        return people < threshold if policy == "outside" else people < 5 and (outcome or people > 0)

    for i, _ in enumerate(counts.groups):
        base = counts.people["base"][i]
        if not plan.hidden_base[i]:
            assert base >= threshold if policy == "outside" else base == 0 or base >= 5
        for c in counts.cells:
            if not plan.hidden_cells[c][i] and base:
                others = sum(n[i] for d, n in counts.people.items() if d not in (c, "base"))
                assert not plan.hidden_base[i]
                assert not small(counts.people[c][i]) and not small(others)
    for c in counts.cells:
        if plan.totals is not None and not plan.hidden_total_cells[c] and sum(plan.totals.values()):
            assert not small(counts.total_people[c])


@QUICK
@given(tables(), POLICIES, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(counts: Counts, policy: Policy, chance) -> None:
    order = list(range(len(counts.groups)))
    chance.shuffle(order)
    moved = replace(
        counts,
        groups=tuple(counts.groups[i] for i in order),
        cells={c: tuple(of[i] for i in order) for c, of in counts.cells.items()},
        people={c: tuple(of[i] for i in order) for c, of in counts.people.items()},
    )
    one, other = hiding_plans.plan(counts, policy, 5), hiding_plans.plan(moved, policy, 5)
    assert shown_cells(one) == shown_cells(other)
    assert (one.hidden_total_base, one.hidden_total_cells) == (other.hidden_total_base, other.hidden_total_cells)
    assert shown_before.remembered(one.shown) == shown_before.remembered(other.shown)


@QUICK
@given(tables(fewest=1))
def test_own_hides_and_rounds_nothing(counts: Counts) -> None:
    metric = METRICS[counts.metric]
    released = disclosure.release(counts, hiding_plans.plan(counts, "own", 5), metric)
    assert [row.numerator for row in released.rows] == list(counts.cells[metric.cells[0]])
    assert [row.denominator for row in released.rows] == [sum(of) for of in zip(*counts.cells.values(), strict=True)]
    assert not any(row.hidden for row in released.rows)


@QUICK
@given(tables(fewest=1), POLICIES)
def test_a_hidden_row_has_no_number_and_a_shown_one_follows_from_the_plan(counts: Counts, policy: Policy) -> None:
    plan = hiding_plans.plan(counts, policy, 5)
    for metric in (m for m in METRICS.values() if m.family == METRICS[counts.metric].family):
        released = disclosure.release(counts, plan, metric)
        for i, row in enumerate([*released.rows, *([released.total] if released.total else [])]):
            numbers = (row.numerator, row.denominator, row.value, row.lower, row.upper)
            if row.hidden:
                assert set(numbers) == {None} and row.extra == ()
            elif i < len(counts.groups):
                assert not plan.hidden_base[i]
            if policy == "outside" and not row.hidden:
                assert all(n % 5 == 0 for n in numbers[:2]) and all(p == round(p) for p in numbers[2:])


# ---- successive uploads ----------------------------------------------------------------------------------------------------------------------


@st.composite
def histories(draw: st.DrawFn) -> list[Counts]:
    """A table through three to five uploads: a few people more or fewer here, many there, groups that come and go."""
    family = draw(st.sampled_from(sorted(METRIC_OF)))
    cells = tuple(FAMILIES[family].cells)
    rows = {(f"g{i}", False): [draw(SIZES) for _ in cells] for i in range(draw(st.integers(1, 6)))}
    versions = []
    for v in range(draw(st.integers(3, 5))):
        if v:
            for group in list(rows):
                kind = draw(st.sampled_from(["same", "same", "few", "few", "many", "moved", "gone"]))
                at = draw(st.integers(0, len(cells) - 1))
                if kind == "few":
                    rows[group][at] = max(0, rows[group][at] + draw(st.integers(-4, 4)))
                elif kind == "many":
                    rows[group] = [n + draw(st.integers(0, 12)) for n in rows[group]]
                elif kind == "moved":
                    some = min(rows[group][at], draw(st.integers(1, 8)))
                    rows[group][at] -= some
                    rows[group][at - 1] += some
                elif kind == "gone" and len(rows) > 1 and draw(st.booleans()):
                    del rows[group]
            if draw(st.booleans()):
                rows[f"n{v}", False] = [draw(SIZES) for _ in cells]
        versions.append(table(family, tuple(rows), {c: tuple(of[i] for of in rows.values()) for i, c in enumerate(cells)}))
    return versions


def successive(versions: list[Counts], policy: Policy) -> list[hiding_plans.Plan]:
    """The plans of each version, each remembered as text in between, as the desk does."""
    plans: list[hiding_plans.Plan] = []
    for counts in versions:
        before = shown_before.earlier(shown_before.remembered(plans[-1].shown)) if plans else None
        plans.append(hiding_plans.plan(counts, policy, 5, before))
    return plans


@pytest.mark.slow
@SLOW
@given(histories(), POLICIES)
def test_no_hidden_figure_can_be_worked_out_from_any_number_of_versions(versions: list[Counts], policy: Policy) -> None:
    narrow = {label: width for label, width in attack(successive(versions, policy)).items() if width < 5 - 1e-6}
    assert narrow == {}


def behind(changes: list[int]) -> int:
    return max(sum(n for n in changes if n > 0), -sum(n for n in changes if n < 0))


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), POLICIES)
def test_no_difference_between_two_versions_has_fewer_than_five_people_behind_it(versions: list[Counts], policy: Policy) -> None:
    enough = {"inside": 5, "outside": 10}[policy]
    plans = successive(versions, policy)
    for before, after in pairwise(plans):
        was = {(g, c): before.counts.cells[c][i] for i, g in enumerate(before.counts.groups) for c in before.counts.cells}
        now = {(g, c): after.counts.cells[c][i] for i, g in enumerate(after.counts.groups) for c in after.counts.cells}
        both = shown_cells(before) & shown_cells(after)
        for place in both:
            came = not any(was[place[0], c] for c in before.counts.cells)
            assert came or now[place] == was[place] or abs(now[place] - was[place]) >= enough, place
        for i, group in enumerate(after.counts.groups):
            if group not in before.counts.groups or after.hidden_base[i] or before.hidden_base[before.counts.groups.index(group)]:
                continue
            # What is left of the base beside the cells seen both times, and the base itself
            rest = [now[group, c] - was[group, c] for c in after.counts.cells if (group, c) not in both]
            assert not any(rest) or behind(rest) >= enough
            whole = [now[group, c] - was[group, c] for c in after.counts.cells]
            assert not any(whole) or behind(whole) >= enough


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), POLICIES)
def test_a_total_never_moves_by_fewer_than_five_people_whose_group_is_hidden(versions: list[Counts], policy: Policy) -> None:
    """Compared with the version in which the total last moved: what has changed in cells that a reader has not seen one by one."""
    enough = {"inside": 5, "outside": 10}[policy]
    told: set[tuple] = set()
    last: dict[tuple, tuple[tuple, int]] = {}
    last_plan = None
    for p in successive(versions, policy):
        assert p.shown is not None
        now = {((f[0], f[1]), f[2]): (f, p.shown.value[f]) for f in p.shown.present}
        told |= {now[place][0] for place in shown_cells(p)}
        if p.totals is None or hiding_plans.TOTAL_STAYED_NOTE in p.notes:
            continue
        for c in p.counts.cells:
            if last_plan is None or last_plan.hidden_total_cells[c] or p.hidden_total_cells[c]:
                continue
            places = {place for place in {*now, *last} if place[1] == c}
            secret = {place for place in places if not {of[place][0] for of in (now, last) if place in of} <= told}
            changes = [now.get(place, ((), 0))[1] - last.get(place, ((), 0))[1] for place in secret]
            assert not any(changes) or behind(changes) >= enough, (c, changes)
        last, last_plan = now, p


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(histories(), POLICIES)
def test_the_same_data_give_the_same_figures_and_nothing_drifts_far(versions: list[Counts], policy: Policy) -> None:
    """Asked again, a table does not change; and what is shown of a group is never further from the truth than the changes that were waiting."""
    enough = {"inside": 5, "outside": 10}[policy]
    plans = successive(versions, policy)
    again = hiding_plans.plan(versions[-1], policy, 5, shown_before.earlier(shown_before.remembered(plans[-1].shown)))
    assert again.counts.cells == plans[-1].counts.cells
    assert shown_cells(again) == shown_cells(plans[-1])
    for i, group in enumerate(versions[-1].groups):
        at = plans[-1].counts.groups.index(group)
        for c, of in versions[-1].cells.items():
            assert abs(plans[-1].counts.cells[c][at] - of[i]) < 2 * enough


# ---- means -----------------------------------------------------------------------------------------------------------------------------------


def moments(rows: dict[str, tuple[int, float]]) -> Moments:
    n_of = tuple(n for n, _ in rows.values())
    return Moments(
        "mean-change", Scope(by="service", measure="PHQ-9"), tuple((g, False) for g in rows), n_of, n_of,
        {"gain": tuple(n * m for n, m in rows.values()), "gain2": tuple(n * (m * m + 4) for n, m in rows.values())},
    )  # fmt: skip


MEANS = st.dictionaries(st.sampled_from([f"g{i}" for i in range(7)]), st.tuples(st.integers(0, 40), st.floats(-5, 9)), min_size=1)


@settings(max_examples=120, deadline=None)
@given(st.lists(MEANS, min_size=1, max_size=4), POLICIES)
def test_no_hidden_mean_follows_from_the_others_and_the_total(versions: list[dict[str, tuple[int, float]]], policy: Policy) -> None:
    """Gaussian elimination over every mean and total told in every version: no hidden group with people in it comes out."""
    before, told, secret, number = None, [], set(), {}
    for rows in versions:
        plan = hiding_plans.plan_means(moments(rows), policy, 5, before)
        before = shown_before.earlier(shown_before.remembered(plan.shown))
        assert plan.shown is not None
        for figure in plan.shown.present:
            group = (figure[0], figure[1])
            hidden = plan.hidden[plan.moments.groups.index(group)]
            number.setdefault(figure, len(number))
            people = plan.moments.people[plan.moments.groups.index(group)]
            if not hidden:
                told.append([figure])
                assert people >= 10
            elif people:
                secret.add(figure)
        if plan.total is not None and not plan.hidden_total:
            for figure in plan.shown.total:
                number.setdefault(figure, len(number))
            told.append(list(plan.shown.total))
    secret -= {fact[0] for fact in told if len(fact) == 1}
    rows_ = np.zeros((len(told) + 1, len(number)))
    for r, members in enumerate(told):
        rows_[r, [number[m] for m in members]] = 1
    rank = np.linalg.matrix_rank(rows_[:-1]) if told else 0
    for figure in secret:
        rows_[-1] = 0
        rows_[-1, number[figure]] = 1
        assert np.linalg.matrix_rank(rows_) == rank + 1, figure
