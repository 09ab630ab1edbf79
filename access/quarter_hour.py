"""*This quarter in an hour*: what is missing, the conversations worth having, thank-yous, what can be accepted as it stands; and what waits for a viewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from access import conversation, plans, returns
from access.conversation import Question, Talk
from domain.quarters import Quarter, british
from domain.types import Viewer
from warehouse import returns as kept
from warehouse.connect import Store

MOST_CONVERSATIONS = 10


@dataclass(frozen=True)
class Thanks:
    """One service to thank, and for what."""

    service: str
    words: str


@dataclass(frozen=True)
class Worth:
    """One conversation worth having: a service, what it is about, in a sentence, and the question if there is one."""

    service: str
    kind: str  # ring me, their question, their answer, waits for them, figures like the plan, gap, how it is counted
    words: str
    question: Question | None = None


@dataclass(frozen=True)
class Hour:
    """A quarter as a commissioner takes it in within an hour."""

    quarter: Quarter
    expected: int
    received: int
    missing: list[returns.Return]
    conversations: list[Worth]  # at most ten
    more: int  # conversations beyond those
    thanks: list[Thanks]
    nothing_to_ask: list[str]  # services whose return can be accepted as it stands
    accepted: int


def quarter_in_an_hour(store: Store, viewer: Viewer, today: date, quarter: Quarter | None = None) -> Hour:
    """Missing returns, at most ten conversations worth having, thank-yous, and what can be accepted as it stands, for one quarter.

    Without a quarter: the latest one that has ended and for which a return is expected or here. Managers see their own services.
    """
    chosen, here, before = returns.around(store, viewer, today, quarter)
    gaps = [g for g in plans.gaps(store, viewer, (), chosen.year, chosen.number) if g.asked]
    asked, waiting = conversation.to_ask(store, viewer, (), chosen), [q for q in conversation.questions(store, viewer) if q.open]
    talks = conversation.to_ring(store, viewer)
    worth = _worth(asked, waiting, talks, chosen)
    busy = {w.service for w in worth} | {g.service for g in gaps} | {q.service for q in waiting if q.quarter == chosen}
    free = [r.service for r in here if r.state == "sent" and r.service not in busy]
    with store.reading() as cursor:
        learned = kept.learned(cursor, chosen.year, chosen.number)
    return Hour(
        chosen, len(here), sum(r.is_in for r in here), [r for r in here if r.timeliness == "missing"], worth[:MOST_CONVERSATIONS],
        max(0, len(worth) - MOST_CONVERSATIONS), _thanks(here, before, gaps, learned), free, sum(r.state in ("accepted", "locked") for r in here),
    )  # fmt: skip


def _worth(asked: Sequence[Question], waiting: Sequence[Question], talks: Sequence[Talk], chosen: Quarter) -> list[Worth]:
    """Who waits for a call, whose question or answer waits, then what the app would ask: one for each service, the largest gap first."""
    found = [Worth(t.service, "ring me", f"Asks to be rung.{' ' + t.words if t.words else ''}") for t in talks]
    for q in waiting:
        if q.waits_for == "commissioner":
            last = q.turns[-1] if q.turns else None
            said = f"{q.words.split(' What happened?')[0]} They say: {_said(last.reason, last.words)}" if last else f"They ask: {q.words}"
            found.append(Worth(q.service, "their answer" if last else "their question", said, q))
        elif q.quarter == chosen:
            found.append(Worth(q.service, "waits for them", q.words, q))
    about: dict[str, Question] = {}
    for q in sorted(asked, key=lambda q: -q.size):
        about.setdefault(q.service, q)
    kinds = {"matches": "figures like the plan", conversation.HOW: "how it is counted"}
    found += [Worth(s, kinds.get(q.about, "gap"), q.words, q) for s, q in about.items()]
    return found


def _said(reason: str, words: str) -> str:
    return f"“{words}” ({reason})" if reason and words else f"“{words or reason}”"


def _thanks(here: Sequence[returns.Return], last: Sequence[returns.Return], gaps: Sequence[plans.PlanGap], learned: Mapping[str, str]) -> list[Thanks]:
    """Services to thank: for an explanation nobody had to ask for, for what they learned, for being on time after a late return."""
    before = {r.service: r.timeliness for r in last}
    unexplained = {g.service for g in gaps if not (g.explanation or g.reason)}
    explained = {g.service for g in gaps if g.explanation} - unexplained
    found = []
    for r in here:
        if not r.is_in or r.state == "reopened":
            continue
        if r.service in explained:
            found.append(Thanks(r.service, "Explained what was different before anybody asked."))
        elif r.service in learned:
            found.append(Thanks(r.service, f"Wrote down what they learned: “{learned[r.service]}”"))
        elif r.timeliness == "on time" and before.get(r.service) == "late":
            found.append(Thanks(r.service, "Sent this return on time, after a late one."))
    return found


def accept_all_with_nothing_to_ask(store: Store, viewer: Viewer, today: date, quarter: Quarter | None = None) -> list[str]:
    """Accepts every return of the quarter about which there is nothing to ask, as one change. Returns the services."""
    hour = quarter_in_an_hour(store, viewer, today, quarter)
    for service in hour.nothing_to_ask:
        conversation.check_commissions(store, viewer, service)
    free = [r for r in returns.calendar(store, viewer, today, year=hour.quarter.year) if r.quarter == hour.quarter and r.service in hour.nothing_to_ask]
    if free:
        returns.step(store, viewer, free, "accepted")
    return [r.service for r in free]


def waiting(store: Store, viewer: Viewer, today: date) -> list[str]:
    """What waits for the viewer, a sentence each: their first page opens with it."""
    told = []
    side = conversation.side_of(viewer.role)
    mine = [q for q in conversation.questions(store, viewer) if q.waits_for == side]
    if side == "provider":
        recent = [r for r in returns.calendar(store, viewer, today) if r.quarter.end < today]
        latest = {r.service: r.quarter for r in recent if r.is_in}  # in order: the newest return of each service
        mine = mine + [q for q in conversation.to_ask(store, viewer) if q.quarter == latest.get(q.service)]
        told += [
            f"{r.service} for {r.quarter.months()}: {returns.due_sentence(r)}"
            for r in recent
            if r.timeliness == "missing" or (r.state == "reopened" and not r.nothing_to_report)
        ]
    else:
        told += [f"{t.service} asks to be rung." for t in conversation.to_ring(store, viewer)]
        told += [
            f"{r.service} asks for a later date, {british(r.asked_for)}: {r.asked_why}"
            for r in returns.calendar(store, viewer, today)
            if r.asked_for is not None and not r.is_in
        ]
    if mine:
        told.insert(0, f"{len(mine)} question{'s wait' if len(mine) > 1 else ' waits'} for you.")
    return told
