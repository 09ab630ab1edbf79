"""What may be seen of how long something took: exact stays in, protected steps out (DESIGN §5 for a curve).

Under `own` nothing is coarsened. Elsewhere times stand on a grid of four weeks, and steps are joined forward until behind each there are at least 5 people
who improved or none, and at least 5 who were last seen there or none: no step and no change of the numbers still followed is a few people's.
A group is hidden with fewer than 10 people, or fewer than 5 who improved or who did not. Where too few are hidden to keep each other's secret, the next
smallest group is hidden too. Outside, counts are rounded to 5, and curve, medians and tests come from the rounded counts.

A group's steps stay as they were until 5 (outside 10) people's results differ, so that no upload shows what its one new person's result was.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from access.disclosure import ROUNDED_TO
from access.hiding_plans import FEWEST, FEWEST_FOR_A_MEAN
from domain.types import Policy

STEP = 28  # days: four weeks
ENOUGH_CHANGED: dict[Policy, int] = {"own": 0, "inside": 5, "outside": 10}  # people whose results differ before a curve follows them


@dataclass(frozen=True)
class Binned:
    """One group, exact: distinct people, people with one score, and how many had the event or were last seen by the end of each step (its number)."""

    people: int
    alone: int
    events: Mapping[int, int]
    censored: Mapping[int, int]

    @property
    def n(self) -> int:
        return self.alone + sum(self.events.values()) + sum(self.censored.values())


@dataclass(frozen=True)
class Protected:
    """What may be seen: one row per person-like unit (group, weeks, event), those with a single score apart; which groups are hidden or have too few.

    `alone` is None where a few people's single scores are left out. `stayed` names the groups shown as they were before the latest uploads.
    """

    rows: pd.DataFrame
    alone: dict[str, int | None]
    hidden: tuple[str, ...]
    too_few: tuple[str, ...]
    stayed: tuple[str, ...] = ()
    remembered: str = ""


def protect(times: pd.DataFrame, policy: Policy, threshold: int, earlier: str = "", partition: bool = True) -> Protected:
    """The protected steps of every group of `times` (grp, person, days, event, alone). `earlier` is what `remembered` was when this was last shown.

    Without `partition` (groups that do not make a whole) no further group is hidden for another's sake.
    """
    new = {str(group): _binned(rows) for group, rows in times.groupby("grp", sort=True)}
    if policy == "own":
        few = tuple(g for g, b in new.items() if b.people < FEWEST_FOR_A_MEAN)
        shown = times[~times["grp"].isin(few)]
        rows = pd.DataFrame({"group": shown["grp"].astype(object), "weeks": shown["days"] / 7, "event": shown["event"]}).reset_index(drop=True)
        return Protected(rows, {g: b.alone for g, b in new.items() if g not in few}, (), few)
    old = _earlier(earlier)
    same = {g for g, was in old.items() if _differ(new.get(g), was) < ENOUGH_CHANGED[policy]}
    kept = {g: old[g] if g in same else new[g] for g in sorted({*new, *same})}
    least = max(FEWEST, threshold) if policy == "outside" else FEWEST
    few = tuple(g for g, b in kept.items() if b.people < max(FEWEST_FOR_A_MEAN, least))
    hidden = {g for g, b in kept.items() if g not in few and min(sum(b.events.values()), sum(b.censored.values())) < least}
    _hide_more(kept, set(few), hidden, partition)
    parts, alone = [], {}
    for group, binned in kept.items():
        if group in few or group in hidden:
            continue
        alone[group] = None if 0 < binned.alone < least else _told(binned.alone, policy)
        parts.append(_rows(group, [(0, 0, alone[group] or 0), *((k, _told(d, policy), _told(c, policy)) for k, d, c in joined(binned, least))]))
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"group": [], "weeks": [], "event": []})
    stayed = tuple(sorted(g for g in same if new.get(g) != old[g]))
    return Protected(rows, alone, tuple(sorted(hidden)), few, stayed, _text(kept))


def joined(binned: Binned, least: int) -> list[tuple[int, int, int]]:
    """(step, events, last seen): each of the two joined forward until it is 0 or at least `least`.

    The curve ends at the last step of events that is full: the few who improved later were still followed then, and count so. Joining tells an event or
    a last sight some weeks later, never earlier, so improvement never seems quicker than it was. Needs at least `least` events.
    """
    events = _forward(binned.events, least)
    end = max(events)
    seen = Counter({end: sum(binned.events.values()) - sum(events.values())})
    for k, n in binned.censored.items():
        seen[min(k, end)] += n
    last_seen = _forward(seen, least)
    if left := sum(seen.values()) - sum(last_seen.values()):
        last_seen[end] = left + (last_seen.pop(max(last_seen)) if last_seen else 0)
    return [(k, events.get(k, 0), last_seen.get(k, 0)) for k in sorted({*events, *last_seen})]


def _forward(counts: Mapping[int, int], least: int) -> dict[int, int]:
    """The counts joined forward into steps of at least `least`; what is left at the end is in none."""
    out: dict[int, int] = {}
    waiting = 0
    for k in sorted(counts):
        waiting += counts[k]
        if waiting >= least:
            out[k], waiting = waiting, 0
    return out


def _binned(rows: pd.DataFrame) -> Binned:
    several = rows[~rows["alone"]]
    step = -(-several["days"] // STEP)
    happened = several["event"] == 1
    return Binned(
        int(rows["person"].nunique()), int(rows["alone"].sum()),
        dict(Counter(int(k) for k in step[happened])), dict(Counter(int(k) for k in step[~happened])),
    )  # fmt: skip


def _differ(new: Binned | None, old: Binned) -> int:
    """By how many people's results two versions of a group differ, at least."""
    cells = [(new.events if new else {}, old.events), (new.censored if new else {}, old.censored), ({0: new.alone} if new else {}, {0: old.alone})]
    moved = [now.get(k, 0) - before.get(k, 0) for now, before in cells for k in {*now, *before}]
    return max(sum(m for m in moved if m > 0), -sum(m for m in moved if m < 0))


def _hide_more(kept: Mapping[str, Binned], few: set[str], hidden: set[str], partition: bool) -> None:
    """Hides the next smallest group until those out of sight are none, or at least two with 10 people between them."""
    while partition and len(kept) > 1:
        secret = [g for g in {*few, *hidden} if kept[g].n]
        shown = sorted((kept[g].n, g) for g in kept if g not in few and g not in hidden)
        if not secret or not shown or (len(secret) >= 2 and sum(kept[g].n for g in secret) >= FEWEST_FOR_A_MEAN):
            return
        hidden.add(shown[0][1])


def _told(n: int, policy: Policy) -> int:
    return int(ROUNDED_TO * np.floor(n / ROUNDED_TO + 0.5)) if policy == "outside" else n


def _rows(group: str, steps: list[tuple[int, int, int]]) -> pd.DataFrame:
    weeks = np.concatenate([np.full(d + c, k * STEP / 7) for k, d, c in steps])
    event = np.concatenate([np.repeat([1, 0], [d, c]) for _, d, c in steps])
    return pd.DataFrame({"group": np.full(len(weeks), group, dtype=object), "weeks": weeks, "event": event})


def _text(kept: Mapping[str, Binned]) -> str:
    told = {g: [b.people, b.alone, sorted(b.events.items()), sorted(b.censored.items())] for g, b in kept.items()}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _earlier(text: str) -> dict[str, Binned]:
    return {g: Binned(people, alone, dict(events), dict(censored)) for g, (people, alone, events, censored) in json.loads(text or "{}").items()}
