"""Which figures of a release table are hidden: too few people first, then further ones until nobody can get at a hidden one by subtraction (`hiding`).

**A shown figure stays until at least 5 (outside 10) more people's results differ.** Otherwise whoever looks before and after an upload sees what the one
new person's result was. So the figures shown of a table are remembered (`remembered`, `earlier`), and the next version is planned against them:

- A cell that was shown keeps its figure until its own count has moved by 5; the hidden cells of a group, which show only as what is left of its base, move
  together once 5 people in them differ. So no difference between two versions has fewer than 5 people behind it.
- A group new since then appears with its own figures. Until enough has changed beside it, the *total* stays as it was: new total less old total would be
  the new group, hidden cells included. A group that goes takes 5 people with it, or its row stays.
- What earlier versions told is kept as facts and counts in the proof that nothing hidden can be worked out, whatever was hidden or shown when.
- Totals are sums of the group figures shown, never of the exact ones, so they say nothing that the rows do not.

What this does not protect (the plan across linked tables comes later): the same people counted in two tables (by gender and by age, quarter and year, one
measure and another, the base of one family as a cell of another), totals over ended and open stays taken from different tables, and someone who knows
a member of the group and their result. A person may have several stays in several groups: thresholds use distinct people, and for a total, whose distinct
people cannot be had from its groups, `Counts.total_people`, or without it the largest group, which is never too many.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from access import hiding
from access.hiding import Figure, Group, Place, Sum
from access.shown_before import Shown, ShownMeans
from domain.types import Counts, Moments, Policy
from metrics.registry import FAMILIES, METRICS

FEWEST = 5  # people: fewer are hidden inside
FEWEST_FOR_A_MEAN = 10
ENOUGH_CHANGED: dict[Policy, int] = {"own": 0, "inside": 5, "outside": 10}
BASE = "base"
WHOLE: Group = ("", False)  # the place of the totals in what is remembered

HIDDEN_NOTE = "Hidden so that nobody can be recognised, here or by subtraction. Hidden does not mean zero."
STAYED_NOTE = (
    "Some figures are as they were before the latest uploads: they change once enough people's results differ, "
    "so that nobody's can be read from the difference."
)
TOTAL_STAYED_NOTE = "The total is as it was before the latest uploads, so that a group that is new or hidden cannot be read from the difference."


@dataclass(frozen=True)
class Plan:
    """Which cells of one release table are hidden, one entry per group of `counts`; looked up, never decided by a page.

    `counts` are the figures to show, which may be those of an earlier version; `totals` those of the total row (None: this table has no total).
    """

    policy: Policy
    counts: Counts
    hidden_base: tuple[bool, ...]
    hidden_cells: dict[str, tuple[bool, ...]]
    totals: dict[str, int] | None = None
    hidden_total_base: bool = False
    hidden_total_cells: dict[str, bool] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    shown: Shown | None = None


@dataclass(frozen=True)
class MeansPlan:
    """Which means of one release table are hidden or have too few people, one entry per group of `moments` (the figures to show)."""

    policy: Policy
    moments: Moments
    hidden: tuple[bool, ...]
    too_few: tuple[bool, ...]
    total: dict[str, float] | None = None
    hidden_total: bool = False
    notes: tuple[str, ...] = ()
    shown: ShownMeans | None = None


# ---- counts: the plan ------------------------------------------------------------------------------------------------------------------------


def plan(counts: Counts, policy: Policy, threshold: int, earlier: Shown | ShownMeans | None = None, groups_partition: bool = True) -> Plan:
    """The plan of one release table. `threshold` is the smallest count shown outside; `earlier` what was shown of this table before, if anything.

    Groups of people still with the service are rows of their own and are in no total; without `groups_partition` (one person in several groups, as by
    questionnaire) there is no total. A group without anyone is shown as such inside (nothing is learned about anybody) and hidden outside.
    """
    family = FAMILIES[METRICS[counts.metric].family]
    cells = tuple(family.cells)
    if policy == "own":
        return _everything(counts, cells, groups_partition)
    was = earlier if isinstance(earlier, Shown) and earlier.policy == policy else None
    new_figure, value, people = _kept(counts, cells, was, ENOUGH_CHANGED[policy])
    groups = tuple(dict.fromkeys(group for group, _ in new_figure))
    if was and (was.threshold, was.partition) == (threshold, groups_partition) and set(was.present) == set(new_figure.values()):
        return _as_plan(counts, cells, replace(was, people=people), groups)

    table = hiding.Table(
        groups=tuple(sorted(groups, key=lambda g: (sum(value[new_figure[g, c]] for c in cells), g))),
        cells=cells,
        figure=new_figure,
        value=value | (was.value if was else {}),
        known=was.known if was else frozenset(),
        totalled=frozenset(g for g in groups if not g[1]) if groups_partition else frozenset(),
    )
    if policy == "inside":
        table.known |= {new_figure[g, c] for g in groups for c in cells if not table.sum(table.row(g))}
    _hide_small(table, people, counts.total_people, policy, threshold, family.about_outcome)
    alone = table.copy()
    hiding.protect(alone)
    planned, total = alone, tuple(sorted(alone.whole()))
    if was:
        together = alone.copy()
        together.facts = was.facts
        loses = {c for c in cells if c in alone.hidden_total and (WHOLE, c) not in was.hidden}
        if (was.total and loses) or not _total_may_move(together, was, ENOUGH_CHANGED[policy]) or together.unsafe():
            together = _with_the_old_total(table, was)
            total = was.total
        planned = together
    return _as_plan(counts, cells, _remember(planned, policy, threshold, groups_partition, was, total, people), groups)


def _everything(counts: Counts, cells: tuple[str, ...], partition: bool) -> Plan:
    shown = tuple(False for _ in counts.groups)
    ended = [i for i, (_, still_open) in enumerate(counts.groups) if not still_open]
    totals = {c: sum(counts.cells[c][i] for i in ended) for c in cells} if ended and partition else None
    return Plan("own", counts, shown, dict.fromkeys(cells, shown), totals, False, dict.fromkeys(cells, False))


def _kept(counts: Counts, cells: tuple[str, ...], was: Shown | None, enough: int) -> tuple[dict[Place, Figure], dict[Figure, int], dict[Place, int]]:
    """The figures to show of each cell, their values, and the distinct people behind them: the new ones where enough people differ, else the earlier."""
    version = was.version + 1 if was else 1
    new = {(g, c): (counts.cells[c][i], counts.people[c][i]) for i, g in enumerate(counts.groups) for c in cells}
    base = {g: counts.people[BASE][i] for i, g in enumerate(counts.groups)}
    old = {((f[0], f[1]), f[2]): f for f in was.present} if was else {}
    figure: dict[Place, Figure] = {}
    value: dict[Figure, int] = {}
    people: dict[Place, int] = {}
    for group in dict.fromkeys([*base, *(g for g, _ in old)]):
        stays: set[str] = set()
        if was and (group, cells[0]) in old:
            moved = {c: _moved(new.get((group, c), (0, 0)), (was.value[old[group, c]], was.people[group, c])) for c in cells}
            nobody_before = not any(was.value[old[group, c]] for c in cells)
            if nobody_before or group not in base:
                # Comes or goes as a whole: the difference is then the group itself, which was or will be protected as a group.
                stays = set(cells) if _behind(moved.values()) < enough else set()
                if not stays and group not in base:
                    continue
            else:
                hidden = {c for c in cells if old[group, c] not in was.known}
                stays = {c for c in cells if c not in hidden and abs(moved[c]) < enough}
                stays |= hidden if _behind(moved[c] for c in hidden) < enough else {c for c in hidden if new[group, c][0] == was.value[old[group, c]]}
        for c in cells:
            if was and c in stays:
                figure[group, c] = old[group, c]
                value[figure[group, c]], people[group, c] = was.value[old[group, c]], was.people[group, c]
            else:
                figure[group, c] = (*group, c, version)
                value[figure[group, c]], people[group, c] = new[group, c]
        if was and stays == set(cells):
            people[group, BASE] = was.people[group, BASE]
        else:
            twice = sum(new[group, c][1] for c in cells) - base[group]  # people who stand in more than one cell
            people[group, BASE] = max(*(people[group, c] for c in cells), sum(people[group, c] for c in cells) - twice)
    return figure, value, people


def _moved(new: tuple[int, int], old: tuple[int, int]) -> int:
    """By how many a cell has moved, in people at least: several stays of one person are one person's results."""
    by = new[0] - old[0]
    return int(math.copysign(min(abs(by), abs(new[1] - old[1])), by))


def _behind(moved: Iterable[int]) -> int:
    """How many people's results differ, at least: someone who goes from one cell to another is in both sums."""
    moves = list(moved)
    return max(sum(m for m in moves if m > 0), -sum(m for m in moves if m < 0))


def _hide_small(table: hiding.Table, people: Mapping[Place, int], total_people: Mapping[str, int], policy: Policy, threshold: int, outcome: bool) -> None:
    """Hides what is small in itself: groups, cells and their complements, and the same of the total."""

    def group_small(n: int) -> bool:
        return n < threshold if policy == "outside" else 1 <= n < FEWEST

    def cell_small(n: int) -> bool:
        return n < threshold if policy == "outside" else (0 if outcome else 1) <= n < FEWEST

    def small_cells(of: Mapping[str, int]) -> set[str]:
        # Distinct people outside a cell: at least those in the base and not in it, and at least those of any other cell.
        others = {c: max(of[BASE] - of[c], *(of[d] for d in table.cells if d != c)) for c in table.cells}
        return {c for c in table.cells if cell_small(of[c]) or cell_small(others[c])}

    for group in table.groups:
        if not table.sum(table.row(group)) and policy == "inside":
            continue
        of = {c: people[group, c] for c in (*table.cells, BASE)}
        if group_small(of[BASE]):
            table.hide_row(group)
        else:
            table.hidden |= {(group, c) for c in small_cells(of)}
    if table.totalled and (table.sum(table.whole()) or policy == "outside"):
        of = {c: total_people.get(c, max(people[g, c] for g in table.totalled)) for c in (*table.cells, BASE)}
        if group_small(of[BASE]):
            table.hide_total()
        else:
            table.hidden_total |= small_cells(of)


def _total_may_move(table: hiding.Table, was: Shown, enough: int) -> bool:
    """Whether every difference between the new totals and the old that could be seen has no hidden change, or enough people, behind it."""
    if not was.total:
        return True
    before, after = frozenset(was.total), table.whole()

    def seen(cells: Iterable[str]) -> bool:
        moved = _hidden_moves({f for f in before if f[2] in cells}, {f for f in after if f[2] in cells}, table.now_known(), table.value)
        return not any(moved) or _behind(moved) >= enough

    return all(seen([c]) for c in table.cells if c not in table.hidden_total and (WHOLE, c) not in was.hidden) and (
        table.hidden_total_base or (WHOLE, BASE) in was.hidden or seen(table.cells)
    )


def _hidden_moves(before: Iterable[Figure], after: Iterable[Figure], known: frozenset[Figure], value: Mapping[Figure, int]) -> list[int]:
    """By how much each cell of a total has moved, where a reader does not know the cell both before and after."""
    old = {f[:3]: f for f in before}
    new = {f[:3]: f for f in after}
    moves = []
    for place in {*old, *new}:
        both = [f for f in (old.get(place), new.get(place)) if f is not None]
        if not known.issuperset(both):
            moves.append((value[new[place]] if place in new else 0) - (value[old[place]] if place in old else 0))
    return moves


def _with_the_old_total(small: hiding.Table, was: Shown) -> hiding.Table:
    """The plan when the total stays as it was: what was hidden and has not changed stays hidden, and more is hidden if it must be."""
    table = small.copy()
    table.facts, table.totalled, table.hidden_total, table.hidden_total_base = was.facts, frozenset(), set(), False
    unchanged = set(was.present)
    for place, figure in table.figure.items():
        if figure in unchanged and place in was.hidden:
            table.hidden.add(place)
    for group in table.groups:
        if (group, BASE) in was.hidden and table.row(group) <= unchanged:
            table.hide_row(group)
    hiding.protect(table)
    return table


def _remember(
    table: hiding.Table, policy: Policy, threshold: int, partition: bool, was: Shown | None, total: tuple[Figure, ...], people: dict[Place, int]
) -> Shown:
    """What to keep of the planned table: facts that still touch a figure shown or hidden now, and the values they need."""
    present = tuple(sorted(table.figure.values()))
    facts = table.all_facts()
    alive: set[Sum] = set()
    reached = set(present) | set(total)
    while found := {f for f in facts - alive if f & reached}:
        alive |= found
        reached |= {figure for f in found for figure in f}
    hidden = {*table.hidden, *((g, BASE) for g in table.hidden_base)}
    if table.totalled:
        hidden |= {(WHOLE, c) for c in table.hidden_total} | ({(WHOLE, BASE)} if table.hidden_total_base else set())
    elif was and was.total:
        hidden |= {place for place in was.hidden if place[0] == WHOLE}
    else:
        hidden |= {(WHOLE, c) for c in (*table.cells, BASE)}
    return Shown(
        policy, threshold, partition, was.version + 1 if was else 1, {f: table.value[f] for f in sorted(reached)}, people, present, total,
        frozenset(table.now_known() & reached), frozenset(alive), frozenset(hidden),
    )  # fmt: skip


def _as_plan(counts: Counts, cells: tuple[str, ...], shown: Shown, groups: tuple[Group, ...]) -> Plan:
    value = {((f[0], f[1]), f[2]): shown.value[f] for f in shown.present}
    figures = replace(
        counts,
        groups=groups,
        cells={c: tuple(value[g, c] for g in groups) for c in cells},
        people={c: tuple(shown.people[g, c] for g in groups) for c in (*cells, BASE)},
    )
    ended = any(not still_open for _, still_open in groups)
    totals = {c: sum(shown.value[f] for f in shown.total if f[2] == c) for c in cells} if ended and shown.partition else None
    same = counts.groups == groups and all(counts.cells[c] == figures.cells[c] for c in cells)
    total_same = totals is None or set(shown.total) == {f for f in shown.present if not f[1]}
    notes: tuple[str, ...] = (HIDDEN_NOTE,) if any(g in groups or totals is not None for g, _ in shown.hidden) else ()
    notes += () if same else (STAYED_NOTE,)
    notes += () if total_same else (TOTAL_STAYED_NOTE,)
    return Plan(
        shown.policy,
        figures,
        tuple((g, BASE) in shown.hidden for g in groups),
        {c: tuple((g, c) in shown.hidden for g in groups) for c in cells},
        totals,
        (WHOLE, BASE) in shown.hidden,
        {c: (WHOLE, c) in shown.hidden for c in cells},
        notes,
        shown,
    )


# ---- means -----------------------------------------------------------------------------------------------------------------------------------


def plan_means(
    moments: Moments, policy: Policy, threshold: int, earlier: Shown | ShownMeans | None = None, groups_partition: bool = True, same_people: Plan | None = None
) -> MeansPlan:
    """The plan of a table of means: a mean needs 10 people (under every policy: it is a matter of sense too), and a base not hidden in `same_people`.

    If a hidden mean could be had from the total and the others, the next smallest group is hidden too, or the total. Between versions a group's mean stays
    until its number of people has moved by 5 (outside 10); how many results were merely corrected cannot be seen from sums, so corrections alone wait.
    """
    fewest = max(FEWEST_FOR_A_MEAN, threshold) if policy == "outside" else FEWEST_FOR_A_MEAN
    was = earlier if isinstance(earlier, ShownMeans) and earlier.policy == policy and policy != "own" else None
    figure, value = _kept_means(moments, was, ENOUGH_CHANGED[policy])
    groups = tuple(figure)
    n = {g: value[figure[g]]["people"] for g in groups}
    few = {g for g in groups if n[g] < fewest}
    hidden = set(few)
    if same_people and policy != "own":
        hidden |= {g for g, is_hidden in zip(same_people.counts.groups, same_people.hidden_base, strict=True) if is_hidden and g in figure}
    value |= was.value if was else {}
    nobody = frozenset(figure[g] for g in groups if not n[g])  # nothing is learned about anyone
    known = nobody | (was.known if was else frozenset())
    ended = [g for g in sorted(groups, key=lambda g: (n[g], g)) if not g[1]] if groups_partition else []
    total = tuple(sorted(figure[g] for g in ended))
    hidden_total = not ended or sum(n[g] for g in ended) < fewest
    facts: frozenset[Sum] = was.facts if was else frozenset()
    if policy != "own":
        first = set(hidden)
        hidden_total = _hide_more_means(ended, hidden, hidden_total, figure, known, n)
        now = known | {figure[g] for g in groups if g not in hidden}
        told = facts | ({frozenset(total)} if total and not hidden_total else frozenset())
        if was and was.total and (_exact(told, now) or not _mean_total_may_move(was, total, now, value, ENOUGH_CHANGED[policy])):
            unchanged = set(was.present)
            hidden = first | {g for g in groups if g in was.hidden and figure[g] in unchanged}
            total, hidden_total, told = was.total, WHOLE in was.hidden, facts
            now = known | {figure[g] for g in groups if g not in hidden}
            for g in sorted(groups, key=lambda g: (n[g], g)):
                # What remains can only be told by a group shown now and hidden when it last changed, or new: hide until nothing follows.
                if _exact(told, now) and figure[g] not in known:
                    hidden.add(g)
                    now = known | {figure[h] for h in groups if h not in hidden}
        facts = frozenset(f - now for f in told) - {frozenset()}
        known = now
    keys = [k for k in value[figure[groups[0]]] if k not in ("n", "people")] if groups else []
    shown_moments = replace(
        moments,
        groups=groups,
        n=tuple(int(value[figure[g]]["n"]) for g in groups),
        people=tuple(int(n[g]) for g in groups),
        sums={k: tuple(value[figure[g]][k] for g in groups) for k in keys},
    )
    used = {f for fact in facts for f in fact} | set(figure.values()) | set(total)
    # The same figures are the same version: nothing is written only because somebody looked again
    version = 1 if was is None else was.version if set(was.present) == set(figure.values()) else was.version + 1
    remembered_ = ShownMeans(
        policy, version, {f: value[f] for f in sorted(used)}, tuple(sorted(figure.values())), total, known & used, facts,
        frozenset(hidden | ({WHOLE} if hidden_total else set())),
    )  # fmt: skip
    notes: tuple[str, ...] = (HIDDEN_NOTE,) if hidden - few or (hidden_total and ended) else ()
    if groups and (shown_moments.groups != moments.groups or shown_moments.n != moments.n or shown_moments.sums != moments.sums):
        notes += (STAYED_NOTE,)
    if total and set(total) != {figure[g] for g in ended}:
        notes += (TOTAL_STAYED_NOTE,)
    return MeansPlan(
        policy,
        shown_moments,
        tuple(g in hidden for g in groups),
        tuple(g in few for g in groups),
        {k: sum(value[f][k] for f in total) for k in (*keys, "n", "people")} if total else None,
        hidden_total,
        notes,
        None if policy == "own" else remembered_,
    )


def _kept_means(moments: Moments, was: ShownMeans | None, enough: int) -> tuple[dict[Group, Figure], dict[Figure, dict[str, float]]]:
    version = was.version + 1 if was else 1
    columns = {"n": moments.n, "people": moments.people, **moments.sums}
    new = {g: {k: float(v[i]) for k, v in columns.items()} for i, g in enumerate(moments.groups)}
    old = {(f[0], f[1]): f for f in was.present} if was else {}
    figure: dict[Group, Figure] = {}
    value: dict[Figure, dict[str, float]] = {}
    for group in dict.fromkeys([*new, *old]):
        if was and group in old and (abs(new[group]["people"] if group in new else 0) - was.value[old[group]]["people"]) ** 2 < enough**2:
            figure[group] = old[group]
            value[old[group]] = was.value[old[group]]
        elif group in new:
            figure[group] = (*group, "mean", version)
            value[figure[group]] = new[group]
    return figure, value


def _hide_more_means(
    ended: list[Group], hidden: set[Group], hidden_total: bool, figure: Mapping[Group, Figure], known: frozenset[Figure], n: Mapping[Group, float]
) -> bool:
    """Hides further groups, smallest first, until those hidden are at least two with 10 people between them; whether the total must go instead."""
    while not hidden_total:
        secret = [g for g in ended if g in hidden and figure[g] not in known and n[g]]
        if not secret or (len(secret) >= 2 and sum(n[g] for g in secret) >= FEWEST_FOR_A_MEAN):
            return False
        more = [g for g in ended if g not in hidden and figure[g] not in known]
        if not more:
            return True
        hidden.add(more[0])
    return True


def _mean_total_may_move(
    was: ShownMeans, total: tuple[Figure, ...], known: frozenset[Figure], value: Mapping[Figure, Mapping[str, float]], enough: int
) -> bool:
    """Whether the difference between the new total and the old has no hidden change, or enough people, behind it."""
    if WHOLE in was.hidden:
        return True
    moved = _hidden_moves(was.total, total, known, {f: int(value[f]["people"]) for f in (*total, *was.total)})
    return not any(moved) or _behind(moved) >= enough


def _exact(facts: Iterable[Sum], known: frozenset[Figure]) -> bool:
    """Whether any one unknown figure follows from the facts: a sum in a mean may be negative, so only exact recovery is possible."""
    left = sorted({fact - known for fact in facts} - {frozenset()}, key=lambda s: (len(s), sorted(s)))
    figures = sorted({f for fact in left for f in fact})
    if not figures:
        return False
    rows = np.array([[float(f in fact) for f in figures] for fact in left])
    rank = np.linalg.matrix_rank(rows)
    return any(np.linalg.matrix_rank(np.vstack([rows, np.eye(len(figures))[i]])) == rank for i in range(len(figures)))
