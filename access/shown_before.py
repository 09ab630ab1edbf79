"""What is remembered of a release table between two versions, so that the next is planned against it (`hiding_plans`): exact figures, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from access.hiding import Figure, Group, Place, Sum
from domain.types import Policy


@dataclass(frozen=True)
class Shown:
    """What is remembered of one release table between versions: exact figures that were to be shown, what was hidden, and what readers can add up."""

    policy: Policy
    threshold: int
    partition: bool
    version: int
    value: dict[Figure, int]
    people: dict[Place, int]  # distinct people of each present cell, and of each group under the cell "base"
    present: tuple[Figure, ...]
    total: tuple[Figure, ...]  # the figures the shown total is the sum of; it may be older than the rows
    known: frozenset[Figure]
    facts: frozenset[Sum]
    hidden: frozenset[Place]  # cells and "base" of groups, and of the total under the group ("", False)


@dataclass(frozen=True)
class ShownMeans:
    """The same for a table of means. `value` has n, people and the sums behind each mean."""

    policy: Policy
    version: int
    value: dict[Figure, dict[str, float]]
    present: tuple[Figure, ...]
    total: tuple[Figure, ...]
    known: frozenset[Figure]
    facts: frozenset[Sum]
    hidden: frozenset[Group]  # the total under ("", False)


def remembered(s: Shown | ShownMeans | None) -> str:
    """What must be kept of a table until its next version, as JSON (the same plan gives the same text); empty for none (`own`).

    It holds exact figures of hidden groups: keep it where the counts are kept.
    """
    if s is None:
        return ""
    numbered = {f: i for i, f in enumerate(sorted(s.value))}

    def numbers(figures: Iterable[Figure]) -> list[int]:
        return sorted(numbered[f] for f in figures)

    common: dict[str, object] = {
        "policy": s.policy, "version": s.version, "figures": sorted(numbered), "value": [s.value[f] for f in sorted(numbered)],
        "present": numbers(s.present), "total": numbers(s.total), "known": numbers(s.known), "facts": sorted(numbers(f) for f in s.facts),
        "hidden": sorted(s.hidden),
    }  # fmt: skip
    if isinstance(s, Shown):
        common |= {"threshold": s.threshold, "partition": s.partition, "people": sorted((g, c, n) for (g, c), n in s.people.items())}
    return json.dumps(common, ensure_ascii=False, separators=(",", ":"))


def earlier(text: str) -> Shown | ShownMeans | None:
    """What `remembered` kept, or None for an empty text."""
    if not text:
        return None
    kept = json.loads(text)
    figures: list[Figure] = [(str(g), bool(o), str(c), int(v)) for g, o, c, v in kept["figures"]]

    def these(numbers: Iterable[int]) -> tuple[Figure, ...]:
        return tuple(figures[i] for i in numbers)

    facts = frozenset(frozenset(these(f)) for f in kept["facts"])
    value = dict(zip(figures, kept["value"], strict=True))
    present, total, known = these(kept["present"]), these(kept["total"]), frozenset(these(kept["known"]))
    if "people" not in kept:
        return ShownMeans(kept["policy"], kept["version"], value, present, total, known, facts, frozenset((str(g), bool(o)) for g, o in kept["hidden"]))
    people = {((str(g), bool(o)), str(c)): int(n) for (g, o), c, n in kept["people"]}
    hidden = frozenset(((str(g), bool(o)), str(c)) for (g, o), c in kept["hidden"])
    return Shown(kept["policy"], kept["threshold"], kept["partition"], kept["version"], value, people, present, total, known, facts, hidden)
