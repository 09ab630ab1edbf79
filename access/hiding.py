"""Which figures of one release table are hidden, and the proof that the rest does not give them away.

A release table is groups x cells with row totals (the base of each group), column totals and a grand total. Whoever reads it knows every figure shown,
so what they know is a list of *facts*: "these hidden figures add up to so much". A hidden figure is safe when the facts still allow it to lie anywhere in a
range at least 5 wide, which linear programming decides exactly (the facts of one table make a network, so its extremes are whole numbers). That one
test contains the older rules of thumb: a single hidden figure in a total has a range of 0, two that add up to 4 a range of at most 4.

Facts from earlier versions of the same table stay facts. A figure is therefore named with the version since which it has had its value: the same
figure in two versions is one unknown, a changed one is two. Subtracting one version from another is then nothing special, only more facts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

WIDTH = 5  # a hidden figure's feasible range is at least this wide
FAR = 1000.0  # how far other figures may move while one is tested: a smaller world than the reader's, so an error is on the safe side
TRIES = 14  # further figures tried against one that could be worked out, before a total is hidden

Group = tuple[str, bool]  # its name and whether its people are still with the service
Place = tuple[Group, str]  # a group and one cell of the family
Figure = tuple[str, bool, str, int]  # group, still open, cell, and the version since which it has had its value
Sum = frozenset[Figure]


@dataclass
class Table:
    """One release table while its hiding is planned. `groups` in order of hiding: smallest first, then by name; `cells` in order of interest."""

    groups: tuple[Group, ...]
    cells: tuple[str, ...]
    figure: Mapping[Place, Figure]
    value: Mapping[Figure, int]  # of these figures and of earlier ones still in a fact
    known: frozenset[Figure] = frozenset()  # shown before and unchanged since, or about nobody: hiding them protects nothing
    facts: frozenset[Sum] = frozenset()  # what earlier versions told
    totalled: frozenset[Group] = frozenset()  # the groups whose totals this version shows; none: no totals
    hidden: set[Place] = field(default_factory=set)
    hidden_base: set[Group] = field(default_factory=set)
    hidden_total: set[str] = field(default_factory=set)
    hidden_total_base: bool = False

    def copy(self) -> Table:
        return replace(
            self, hidden=set(self.hidden), hidden_base=set(self.hidden_base), hidden_total=set(self.hidden_total), hidden_total_base=self.hidden_total_base
        )

    def hide_row(self, group: Group) -> None:
        self.hidden_base.add(group)
        self.hidden.update((group, cell) for cell in self.cells)

    def hide_total(self) -> None:
        self.hidden_total_base = True
        self.hidden_total.update(self.cells)

    def row(self, group: Group) -> Sum:
        return frozenset(self.figure[group, cell] for cell in self.cells)

    def column(self, cell: str) -> Sum:
        return frozenset(self.figure[group, cell] for group in self.totalled)

    def whole(self) -> Sum:
        return frozenset(self.figure[group, cell] for group in self.totalled for cell in self.cells)

    def unknown(self, figures: Iterable[Figure]) -> Sum:
        """Those of the figures that protect each other: hidden now and not known from before."""
        return frozenset(f for f in figures if f not in self.known and ((f[0], f[1]), f[2]) in self.hidden)

    def sum(self, figures: Iterable[Figure]) -> int:
        return sum(self.value[f] for f in figures)

    def may_hide(self, group: Group, cell: str) -> bool:
        """Whether hiding this cell would protect anything: it is shown and was not known before."""
        return (group, cell) not in self.hidden and self.figure[group, cell] not in self.known

    def now_known(self) -> frozenset[Figure]:
        return self.known | {figure for place, figure in self.figure.items() if place not in self.hidden}

    def tells_nothing(self) -> bool:
        """Whether nothing is left that could be hidden."""
        return all(g in self.hidden_base for g in self.groups) and (not self.totalled or self.hidden_total_base)

    def all_facts(self) -> frozenset[Sum]:
        """Every sum a reader knows, from this version and earlier ones, less the figures they know one by one."""
        told = [*self.facts, *(self.row(g) for g in self.groups if g not in self.hidden_base)]
        if self.totalled:
            told += [self.column(c) for c in self.cells if c not in self.hidden_total] + ([] if self.hidden_total_base else [self.whole()])
        known = self.now_known()
        return frozenset(f - known for f in told) - {frozenset()}

    def to_protect(self) -> list[Sum]:
        """Every hidden figure and hidden total, as sums of figures nobody knows one by one, in a fixed order."""
        known = self.now_known()
        sums = {frozenset({f}) for fact in self.all_facts() for f in fact} | {self.row(g) - known for g in self.hidden_base}
        if self.totalled:
            sums |= {self.column(c) - known for c in self.hidden_total} | ({self.whole() - known} if self.hidden_total_base else set())
        return sorted(sums - {frozenset()}, key=lambda s: (len(s), sorted(s)))

    def unsafe(self, safe: Collection[Sum] = ()) -> list[Sum]:
        """The hidden figures and totals that a reader could place within a range narrower than 5; `safe` are those proved before."""
        return too_narrow(self.all_facts(), self.value, [s for s in self.to_protect() if s not in safe])


def too_narrow(facts: Collection[Sum], value: Mapping[Figure, int], sums: list[Sum], width: float = WIDTH) -> list[Sum]:
    """Those of `sums` whose feasible range, given that the facts are true and no figure is negative, is narrower than `width`.

    First a cheap proof: a few linear programmes push many figures up or down at once, and every answer is a possible world for all of them. What is
    still not proved is decided one by one, exactly.
    """
    figures = sorted({f for fact in facts for f in fact})
    at = {f: i for i, f in enumerate(figures)}
    sums = [s for s in sums if all(f in at for f in s)]  # a figure in no fact may be anything
    if not sums:
        return []

    def matrix(rows: Collection[Sum]) -> csr_array:
        places = [(r, at[f]) for r, row in enumerate(rows) for f in sorted(row)]
        return csr_array((np.ones(len(places)), tuple(zip(*places, strict=True))), shape=(len(rows), len(figures)))

    ordered = sorted(facts, key=lambda s: (len(s), sorted(s)))
    equal, wanted = LinearConstraint(matrix(ordered), 0, 0), matrix(sums)
    down = np.array([-float(value[f]) for f in figures])
    low, high = np.zeros(len(sums)), np.zeros(len(sums))  # 0 is the truth itself: figures are counted from where they are

    def push(direction: np.ndarray, up: float) -> None:
        # Nothing here must be whole: `milp` is the same solver as `linprog`, asked with less ado.
        world = milp(-direction, bounds=Bounds(down, up), constraints=equal).x
        if world is not None:
            moved = wanted @ world
            np.minimum(low, moved, out=low)
            np.maximum(high, moved, out=high)

    def open_() -> np.ndarray:
        return np.flatnonzero(high - low < width - 1e-6)

    signs = np.random.default_rng(7)  # which figures are pushed together; any choice proves, so the same every time
    for _ in range(12):
        left = open_()
        if not len(left):
            return []
        weights = np.zeros(len(sums))
        weights[left] = signs.choice([-1.0, 1.0], len(left)) if len(left) > 1 else 1.0
        push(wanted.T @ weights, 4 * width)
        if len(open_()):
            push(-(wanted.T @ weights), 4 * width)
        if len(open_()) == len(left):
            break
    for i in open_():
        if high[i] - low[i] >= width - 1e-6:
            continue  # another figure's proof has settled it
        one = wanted[[i]].toarray()[0]
        push(one, FAR)
        if high[i] - low[i] < width - 1e-6:
            push(-one, FAR)
    return [sums[i] for i in open_()]


def complete(table: Table) -> None:
    """Hides further figures until every total shown has no hidden figure, or at least two that add up to 5 or more: cheap, and nearly always enough.

    The last cell of the family goes first, the smallest group first; a group that hides something already before one that hides nothing.
    """
    while _step(table):
        pass


def _few(table: Table, figures: Sum) -> bool:
    return bool(figures) and (len(figures) < 2 or table.sum(figures) < WIDTH)


def _step(table: Table) -> bool:
    for group in table.groups:
        if group not in table.hidden_base and _few(table, table.unknown(table.row(group))):
            more = [cell for cell in reversed(table.cells) if table.may_hide(group, cell)]
            if more:
                table.hidden.add((group, more[0]))
            else:
                table.hide_row(group)
            return True
    if not table.totalled:
        return False
    if not table.hidden_total_base:
        hidden = [g for g in table.groups if g in table.totalled and g in table.hidden_base and table.unknown(table.row(g))]
        if hidden and (len(hidden) < 2 or sum(table.sum(table.row(g)) for g in hidden) < WIDTH):
            more_groups = [g for g in table.groups if g in table.totalled and g not in table.hidden_base and table.row(g) - table.known]
            if more_groups:
                table.hide_row(more_groups[0])
            else:
                table.hide_total()
            return True
        if table.hidden_total:
            figures = {f for c in table.hidden_total for f in table.column(c)}
            if len(table.hidden_total) < 2 or table.sum(figures) < WIDTH:
                shown = [c for c in reversed(table.cells) if c not in table.hidden_total]
                if shown:
                    table.hidden_total.add(shown[0])
                else:
                    table.hide_total()
                return True
    for cell in reversed(table.cells):
        if cell not in table.hidden_total and _few(table, table.unknown(table.column(cell))):
            others = [g for g in table.groups if g in table.totalled and table.may_hide(g, cell)]
            if others:
                table.hidden.add((min(others, key=lambda g: (_forces(table, g), table.groups.index(g))), cell))
            else:
                table.hidden_total.add(cell)
            return True
    return False


def _forces(table: Table, group: Group) -> int:
    """How many more figures of its row must go when one more of a group's cells is hidden."""
    return 0 if group in table.hidden_base or table.unknown(table.row(group)) else 1


def protect(table: Table) -> None:
    """Completes the table, then hides more until no hidden figure or total can be placed within a range narrower than 5.

    Ends always: when no single further cell helps, a total goes, and when everything is hidden this version tells nothing new.
    """
    complete(table)
    safe: set[Sum] = set()
    while (bad := table.unsafe(safe)) and not table.tells_nothing():
        # Hiding more only widens what is possible, so what is proved stays proved.
        safe |= set(table.to_protect()) - set(bad)
        _relieve(table, bad[0])
        complete(table)


def _relieve(table: Table, target: Sum) -> None:
    for change in _changes(table, target):
        trial = table.copy()
        change(trial)
        complete(trial)
        if not too_narrow(trial.all_facts(), table.value, [target - trial.known]):
            change(table)
            return
    if table.totalled and not table.hidden_total_base:
        table.hide_total()
        return
    for group in table.groups:
        if group not in table.hidden_base:
            table.hide_row(group)


def _changes(table: Table, target: Sum) -> list[Callable[[Table], None]]:
    """What might help against one figure that could be worked out, best first: a cell beside it or below it, a group, a column total."""
    groups, cells = {(f[0], f[1]) for f in target}, {f[2] for f in target}
    ranked = []
    for g, group in enumerate(table.groups):
        for c, cell in enumerate(table.cells):
            if table.may_hide(group, cell):
                near = 0 if group in groups else 1 if cell in cells and not _forces(table, group) else 2 if cell in cells else 3 + _forces(table, group)
                ranked.append(((near, -c, g), (group, cell)))
    places = [place for _, place in sorted(ranked)[:TRIES]]
    rows = [g for g in table.groups if g not in table.hidden_base and table.row(g) - table.known]
    changes: list[Callable[[Table], None]] = [partial(_hide_cell, place=place) for place in places]
    changes += [partial(Table.hide_row, group=group) for group in [*[g for g in rows if g in groups], *rows[:3]]]
    if table.totalled:
        changes += [partial(_hide_column_total, cell=cell) for cell in reversed(table.cells) if cell in cells and cell not in table.hidden_total]
    return changes


def _hide_cell(table: Table, place: Place) -> None:
    table.hidden.add(place)


def _hide_column_total(table: Table, cell: str) -> None:
    table.hidden_total.add(cell)
