"""Counting stays and distinct people: one question for all the cells of a table, and stays of a small service once for all its quarters.

A stay is told apart only by which cells it falls into, one bit for each: DuckDB thinks longer about a dozen filtered counts than it takes to count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from domain.types import Scope
from warehouse import tallies

Row = tuple[Any, ...]  # (group, still_open, alone, bits, n, *sums): `alone` None where n are distinct people with several stays


def bits(cells: Sequence[str]) -> str:
    """The SQL of a whole number with a bit for each cell that holds."""
    return " | ".join(f"case when {cell} then {1 << i} else 0 end" for i, cell in enumerate(cells))


def one_by_one(source: str, where: str, group: str, still_open: str, cells: Sequence[str], sums: Mapping[str, str]) -> str:
    """SQL for stays that fall into the same cells: group, still_open, only_stay, person (only of those with several stays), bits, n and the sums.

    Nearly everybody has one stay: only the others need the dear count of distinct people.
    """
    added = "".join(f", sum(({sql})::double) as {name}" for name, sql in sums.items())
    return f"""select {group} as grp, {still_open} as still_open, only_stay, case when not only_stay then person end as person, {bits(cells)} as bits,
            count(*) as n{added} from {source} where {where} group by all"""


def a_person_at_a_time(
    source: str, where: str, group: str, still_open: str, cells: Sequence[str], sums: Mapping[str, str] | None = None, also: str = ""
) -> str:  # fmt: skip
    """SQL for the rows `folded` adds up, from rows of single stays; `also` is SQL of further such rows."""
    sums = sums or {}
    added, nothing = "".join(f", sum({name})" for name in sums), ", 0" * len(sums)
    return f"""with each as ({one_by_one(source, where, group, still_open, cells, sums)})
        select grp, still_open, only_stay as alone, bits, sum(n)::bigint{added} from each group by grp, still_open, only_stay, bits
        union all
        select grp, still_open, null, bits, count(*){nothing} from (
            select grp, still_open, bit_or(bits) as bits from each where not only_stay group by grp, still_open, person
        ) group by grp, still_open, bits{also}"""


def added_up(
    scope: Scope, mart: str, copy: str, where: str, group: str, cells: Sequence[str], sums: Sequence[str] = (), large: bool = True
) -> str:  # fmt: skip
    """The same, also of the stays that stand in the tally; `where` are the conditions of the scope and of what is counted, `sums` are names of tallies.SUMS.

    Not `large`: no service of the scope has a tally.
    """
    split, along = tallies.cut(scope)
    still_open = "false" if scope.basis == "ended" else "ended_on is null"
    also = ""
    if large:
        ended = "date '1900-01-01'" if scope.basis == "ended" else "case when not still_open then date '1900-01-01' end"
        added = "".join(f", sum(sum_{name})::double" for name in sums)
        also = f"""
        union all
        select {group} as grp, {still_open} as still_open, true, {bits(cells)} as bits, sum(n)::bigint{added}
        from (select *, {ended} as ended_on, null::date as started_on from tally{copy} where mart = '{mart}' and split = '{split}' and along = '{along}')
        where {where} group by 1, 2, 4"""
    source = f"one_by_one{copy}"
    return a_person_at_a_time(source, f"mart = '{mart}' and {where}", group, still_open, cells, {name: tallies.SUMS[name] for name in sums}, also)


def folded(found: Iterable[Row], cells: int, sums: Sequence[str] = ()) -> list[dict[str, Any]]:
    """A dict per group and whether still open, in order: grp, still_open, of each cell the stays `n_0`, `n_1` …, distinct people `once_0` … with one
    stay and `again_0` … with several; and the sums among the stays of the last cell."""
    zero, last = [0] * cells, 1 << (cells - 1)
    made: dict[Any, tuple[list[int], list[int], list[int], list[float]]] = {}
    for grp, still_open, alone, held, n, *added in found:
        key = (tuple(grp) if isinstance(grp, list) else grp, bool(still_open))
        if key not in made:
            made[key] = (zero[:], zero[:], zero[:], [0.0] * len(sums))
        stays, once, again, total = made[key]
        for i in range(cells):
            if held >> i & 1:
                if alone is None:
                    again[i] += n
                    continue
                stays[i] += n
                if alone:
                    once[i] += n
        if added and alone is not None and held & last:
            for i, value in enumerate(added):
                total[i] += value or 0.0
    return [
        {"grp": grp, "still_open": still_open}
        | {f"{name}_{i}": n for name, counted in (("n", stays), ("once", once), ("again", again)) for i, n in enumerate(counted)}
        | dict(zip(sums, total, strict=True))
        for (grp, still_open), (stays, once, again, total) in sorted(made.items(), key=lambda item: item[0])
    ]


def regrouped(stays: Iterable[Row], of: Callable[[Any], Any]) -> list[Row]:
    """Rows of `one_by_one` as rows for `folded`, under other groups: `of` gives that of a row's own group, None where the row is not asked about."""
    made: list[Row] = []
    people: dict[tuple[Any, Any, Any], int] = {}
    for grp, still_open, alone, person, held, n, *sums in stays:
        group = of(grp)
        if group is None:
            continue
        made.append((group, still_open, alone, held, n, *sums))
        if not alone:
            key = group, still_open, person
            people[key] = people.get(key, 0) | held
    made += [(group, still_open, None, held, 1) for (group, still_open, _), held in people.items()]
    return made
