"""The conversation about a return: what is asked, who answers, whose turn it is, and when it is enough. Either side may ask, and either may close.

The app itself asks at most three questions a return (figures exactly as planned, gaps worth asking about, how a line is counted); one it has asked is kept
only once somebody answers it, so that a corrected figure takes its question away.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from access import plan_doubts, planned, plans
from data_loaders import screen
from domain import codes
from domain.errors import Refused, Shown
from domain.quarters import Quarter, quarter_of
from domain.types import Event, Viewer
from warehouse import returns as kept
from warehouse import store as writes
from warehouse.connect import Store

MOST_ASKED = 3  # questions of the app about one return
HOW = "how counted"  # what a question is about that a doubt of access.plan_doubts became
LONGEST = 4000
Side = Literal["provider", "commissioner", "app"]
KINDS = {
    "answer": "answered", "counted": "said the figures were counted", "again": "asked again", "enough": "said thank you, that is enough", "closed": "closed it",
}  # fmt: skip
CLOSING = ("enough", "closed")


@dataclass(frozen=True)
class Turn:
    """One thing said in answer to a question."""

    side: Side
    kind: str
    reason: str
    words: str
    happened_at: datetime


@dataclass(frozen=True)
class Question:
    """One question about a return. Without an id it is the app's and not kept yet. `waits_for`: whose turn it is; empty when it is closed."""

    question_id: str
    service: str
    quarter: Quarter
    ref: str
    about: str  # gap, matches, how counted, other
    words: str
    asked_by: Side
    asked_at: datetime | None
    turns: tuple[Turn, ...]
    waits_for: str
    answer_by: date | None
    size: float = 0.0  # how far off, to put the largest first

    @property
    def open(self) -> bool:
        return bool(self.waits_for)


@dataclass(frozen=True)
class Talk:
    """A call, a visit, or the wish for one."""

    service: str
    kind: str
    happened_on: date
    words: str
    side: Side


def side_of(role: str) -> Side:
    return "provider" if role == "manager" else "app" if role == "app" else "commissioner"


def check_may_see(store: Store, viewer: Viewer, service: str) -> None:
    """A manager their own services, a commissioner all; nobody else. Raises Refused, or Shown for a service nobody knows."""
    planned.check_sees_plans(viewer)
    owner = store.remembered("providers", lambda: writes.known_services(store)).get(service)
    if owner is None:
        raise Shown("There is no such service. It may have been renamed; the Overview lists them all.")
    if viewer.role == "manager" and owner not in viewer.providers:
        raise Refused("That service belongs to another provider. You can see your own services here.")


def check_speaks(store: Store, viewer: Viewer, service: str) -> None:
    """Who may ask, answer, close and log calls: the service's manager and the commissioner."""
    check_may_see(store, viewer, service)
    if viewer.role not in ("manager", "commissioner"):
        raise Refused("The conversation about a return is between the service's manager and its commissioner.")


def check_commissions(store: Store, viewer: Viewer, service: str) -> None:
    """What only the commissioner decides: accepting, locking, opening again, agreeing a date or a plan."""
    check_may_see(store, viewer, service)
    if viewer.role != "commissioner":
        raise Refused("This is for the commissioner to decide. You can ask them: press 'Please ring me', or ask a question.")


def own_services(store: Store, viewer: Viewer, services: Sequence[str] = ()) -> list[str]:
    """The codes the viewer may look at, of those named (none named: all)."""
    planned.check_sees_plans(viewer)
    for code in services:
        check_may_see(store, viewer, code)
    owner = store.remembered("providers", lambda: writes.known_services(store))
    return sorted(set(services) or {c for c, provider in owner.items() if viewer.role != "manager" or provider in viewer.providers})


# ---- what is asked ---------------------------------------------------------------------------------------------------------------------------


def questions(store: Store, viewer: Viewer, services: Sequence[str] = (), quarter: Quarter | None = None) -> list[Question]:
    """Questions that were put, by anybody, oldest first; closed ones too.

    Raises Refused where the viewer may not look.
    """
    codes_ = own_services(store, viewer, services)

    def put() -> list[Question]:
        return _questions(store, codes_)

    return [q for q in store.remembered(f"questions {latest_change(store)} {codes_}", put) if quarter in (None, q.quarter)]


def latest_change(store: Store) -> int:
    """The number of the latest change of any kind, asked anew each time: what is remembered under it is never older."""
    with store.reading() as cursor:
        return kept.latest(cursor)


def _questions(store: Store, codes_: Sequence[str]) -> list[Question]:
    with store.reading() as cursor:
        asked = kept.kept(cursor, "question", codes_)
        told = kept.answers(cursor, codes_) if asked else []
    turns: dict[str, list[Turn]] = defaultdict(list)
    for a in told:
        turns[a["question_id"]].append(Turn(side_of(a["role"]), a["kind"], a["reason"] or "", a["words"] or "", a["happened_at"]))
    return [_question(q, tuple(turns[q["question_id"]]), store.settings.answer_working_days) for q in asked]


def _question(q: dict[str, Any], turns: tuple[Turn, ...], days: int) -> Question:
    asked_by: Side = q["asked_by"]
    last = turns[-1] if turns else None
    if last is None:
        waits = "commissioner" if asked_by == "provider" else "provider"
    elif last.kind in CLOSING:
        waits = ""
    elif last.kind == "counted":
        waits = ""  # that is all there was to ask
    else:
        waits = "commissioner" if last.side == "provider" else "provider"
    since = (last.happened_at if last else q["happened_at"]).date()
    return Question(
        q["question_id"], q["service_code"], Quarter(q["year"], q["quarter"]), q["ref"] or "", q["about"], q["words"], asked_by, q["happened_at"], turns, waits,
        working_days_after(since, days) if waits else None,
    )  # fmt: skip


def working_days_after(day: date, n: int) -> date:
    """The n-th day after `day` that is no Saturday or Sunday."""
    while n > 0:
        day += timedelta(days=1)
        n -= day.weekday() < 5
    return day


def to_ask(store: Store, viewer: Viewer, services: Sequence[str] = (), quarter: Quarter | None = None) -> list[Question]:
    """What the app would ask and nobody has put yet: for each return at most three, counting those that were put; matches first, then the largest gaps,
    then how lines are counted.

    Gaps that the return itself explains are not asked again. `quarter` keeps to the returns of one quarter.
    """
    return [q for asked, _ in _candidates(store, viewer, services, quarter).values() for q in asked]


def asked_and_listed(store: Store, viewer: Viewer, service: str, quarter: Quarter) -> tuple[list[Question], list[Question]]:
    """What the app would ask about one return (see `to_ask`), and what it only lists beside that: asked or answered if somebody wants to."""
    return _candidates(store, viewer, [service], quarter).get((service, quarter), ([], []))


def _candidates(
    store: Store, viewer: Viewer, services: Sequence[str], quarter: Quarter | None
) -> dict[tuple[str, Quarter], tuple[list[Question], list[Question]]]:
    """(service, quarter) -> what the app asks, and what it only lists."""
    put = questions(store, viewer, services)
    counted = {(q.service, q.quarter.year) for q in put if q.about == "matches" and any(t.kind == "counted" for t in q.turns)}
    already: dict[tuple[str, Quarter], int] = defaultdict(int)
    for q in put:
        already[q.service, q.quarter] += q.about != "other"
    known = {(q.service, q.quarter, q.about, q.ref) for q in put}
    how = {(q.service, q.quarter.year, q.ref) for q in put if q.about == HOW}  # once a plan year
    year, number = (quarter.year, quarter.number) if quarter else (None, None)
    gaps = plans.gaps(store, viewer, services, year, number)
    made: dict[tuple[str, Quarter], list[Question]] = defaultdict(list)
    for at in sorted({g.quarter for g in gaps if g.actual is not None}):
        for m in plans.matches(store, viewer, services, at.year, at.number):
            explained = "thank you" in m.question.lower()
            if m.questioned and not explained and (m.service, at.year) not in counted and (m.service, at, "matches", "") not in known:
                made[m.service, at].append(_candidate(m.service, at, "", "matches", m.question, float("inf")))
    open_ = [g for g in gaps if not (g.explanation or g.reason) and (g.service, g.quarter, "gap", g.ref) not in known]
    for g in sorted((g for g in open_ if g.asked), key=lambda g: -g.size):
        made[g.service, g.quarter].append(_candidate(g.service, g.quarter, g.ref, "gap", g.question, g.size))
    for d in plan_doubts.doubts(store, viewer, services, year):
        if d.quarter is not None and quarter in (None, d.quarter) and (d.service, d.year, d.ref) not in how:
            made[d.service, d.quarter].append(_candidate(d.service, d.quarter, d.ref, HOW, d.question, 0.0))
            how.add((d.service, d.year, d.ref))  # of a line in doubt both ways, the plan is asked about
    more: dict[tuple[str, Quarter], list[Question]] = defaultdict(list)
    for g in sorted((g for g in open_ if g.material and g.question and not g.asked), key=lambda g: -g.size):
        more[g.service, g.quarter].append(_candidate(g.service, g.quarter, g.ref, "gap", g.question, g.size))
    room = {of: max(0, MOST_ASKED - already[of]) for of in (*made, *more)}
    return {of: (made[of][: room[of]], [*made[of][room[of] :], *more[of]]) for of in sorted(room)}


def _candidate(service: str, quarter: Quarter, ref: str, about: str, words: str, size: float) -> Question:
    return Question("", service, quarter, ref, about, words, "app", None, (), "provider", None, size)


# ---- asking, answering, closing --------------------------------------------------------------------------------------------------------------


def ask(store: Store, viewer: Viewer, service: str, quarter: Quarter, words: str, ref: str = "", about: str = "other") -> str:
    """Either side asks a question about a return, in words of its own or (`about` and `ref` as there) one of those the app would ask. Returns its id.

    Raises Refused, or Shown where there are no words, they hold somebody's identifiers, or it is not for this side to ask.
    """
    check_speaks(store, viewer, service)
    side = side_of(viewer.role)
    if about not in ("other", "gap", "matches", HOW):
        raise Shown("A question is about a figure, about figures like the plan, about how a line is counted, or in your own words.")
    if about != "other" and side != "commissioner":
        raise Shown("This question is for the commissioner to put. You can answer it, or ask one in your own words.")
    question = Question("", service, quarter, ref, about, screened(words), side, None, (), "", None)
    return _put(store, viewer, [question], now())[0]


def put_all(store: Store, viewer: Viewer, service: str, quarter: Quarter) -> int:
    """The commissioner puts the app's questions about a return to the service. Returns how many."""
    check_commissions(store, viewer, service)
    return len(_put(store, viewer, to_ask(store, viewer, [service], quarter), now()))


def _put(store: Store, viewer: Viewer, asked: Sequence[Question], at: datetime, answered: dict[str, Any] | None = None) -> list[str]:
    """Keeps questions, and with the first of them an answer, as one change."""
    if not asked:
        return []
    rows: list[dict[str, Any]] = [
        {
            "question_id": f"{at:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}", "service_code": q.service, "year": q.quarter.year, "quarter": q.quarter.number,
            "ref": q.ref, "about": q.about, "words": q.words, "asked_by": q.asked_by,
        }
        for q in asked
    ]  # fmt: skip
    added: dict[str, list[dict[str, Any]]] = {"question": rows}
    if answered:
        added["answer"] = [answered | {"question_id": rows[0]["question_id"]}]
    about = [f"{q.service} {q.quarter} {q.ref}".strip() for q in asked]
    writes.keep(store, added, Event("question", viewer.user, viewer.role, at, {"about": about}))
    return [r["question_id"] for r in rows]


def answer(store: Store, viewer: Viewer, question: Question, reason: str = "", words: str = "", kind: str = "answer", readers: str = "") -> str:
    """Adds a turn: an answer (a reason, words, or both; 'we do not know' is one), *counted*, *again*, *enough* or *closed*. Returns the question's id.

    Raises Refused, or Shown where nothing is said, the reason is not of the list, or it is not this side's turn.
    """
    check_speaks(store, viewer, question.service)
    side = side_of(viewer.role)
    if kind not in KINDS:
        raise Shown("An answer, another question, or a close: choose one of these.")
    if reason and reason not in codes.REASONS:
        raise Shown("Choose one of the reasons in the list, or leave it blank and say it in words.")
    if readers and readers not in codes.READERS:
        raise Shown("Choose who may read this from the list.")
    if kind in ("answer", "again") and not reason and not words.strip():
        raise Shown("Choose a reason or write a word. 'We do not know' is a good answer.")
    if kind == "counted" and (side != "provider" or question.about != "matches"):
        raise Shown("Only the service can say that its figures were counted.")
    if kind == "enough" and side != "commissioner":
        raise Shown("It is for whoever asked to say that it is enough. You can close the question instead.")
    row = {"kind": kind, "reason": reason or None, "words": screened(words) if words.strip() else None, "readers": readers or None}
    if not question.question_id:  # the app's own, kept now that somebody has something to say about it
        asked, rest = asked_and_listed(store, viewer, question.service, question.quarter)
        check = [q for q in (*asked, *rest) if (q.about, q.ref) == (question.about, question.ref)]
        if not check:
            raise Shown("That question is no longer open: the figure was changed, or somebody has answered it.")
        return _put(store, viewer, check[:1], now(), row)[0]
    current = next((q for q in questions(store, viewer, [question.service]) if q.question_id == question.question_id), None)
    if current is None or not current.open:
        raise Shown("That question is closed. Ask a new one if there is more to say.")
    detail = {"about": f"{current.service} {current.quarter} {current.ref}".strip(), "kind": kind}
    writes.keep(store, {"answer": [row | {"question_id": current.question_id}]}, Event("answer", viewer.user, viewer.role, now(), detail))
    return current.question_id


# ---- calls and visits ------------------------------------------------------------------------------------------------------------------------


def ring_me(store: Store, viewer: Viewer, service: str, words: str = "") -> None:
    """A manager asks to be rung about a service."""
    check_speaks(store, viewer, service)
    _talk(store, viewer, service, "ring me", date.today(), words)


def log_talk(store: Store, viewer: Viewer, service: str, kind: str, on: date, words: str = "") -> None:
    """Either side notes a call or a visit. A wish to be rung is met by it."""
    check_speaks(store, viewer, service)
    if kind not in ("call", "visit"):
        raise Shown("A call or a visit: choose one of the two.")
    if on > date.today():
        raise Shown("That day is still to come. Note the call or the visit once it has happened.")
    _talk(store, viewer, service, kind, on, words)


def _talk(store: Store, viewer: Viewer, service: str, kind: str, on: date, words: str) -> None:
    row = {"service_code": service, "kind": kind, "happened_on": on, "words": screened(words) if words.strip() else None}
    writes.keep(store, {"talk": [row]}, Event(kind, viewer.user, viewer.role, now(), {"service": service}))


def talks(store: Store, viewer: Viewer, services: Sequence[str] = ()) -> list[Talk]:
    """Calls, visits and wishes to be rung, in the order they were noted."""
    with store.reading() as cursor:
        rows = kept.kept(cursor, "talk", own_services(store, viewer, services))
    return [Talk(r["service_code"], r["kind"], r["happened_on"], r["words"] or "", side_of(r["role"])) for r in rows]


def to_ring(store: Store, viewer: Viewer) -> list[Talk]:
    """Wishes to be rung that no call or visit has met since."""
    waiting: dict[str, Talk] = {}
    for t in talks(store, viewer):
        if t.kind == "ring me":
            waiting[t.service] = t
        else:
            waiting.pop(t.service, None)
    return list(waiting.values())


# ---- small things ----------------------------------------------------------------------------------------------------------------------------


def screened(words: str) -> str:
    """The words, if they hold nothing that says who somebody is. It is never claimed that none is left. Raises Shown otherwise."""
    said = words.strip()
    if not said:
        raise Shown("There are no words yet. Write a line, then try again.")
    if len(said) > LONGEST:
        raise Shown(f"That is longer than {LONGEST:,} characters. Shorten it, or send the rest as a workbook.")
    if kinds := screen.identifiers(said):
        raise Shown(f"These words seem to hold {', '.join(kinds)}. Take that out, then try again. Nothing has been kept.")
    return said


def now() -> datetime:
    return datetime.now()


def latest_ended(today: date) -> Quarter:
    """The quarter that ended last."""
    return quarter_of(today).previous()
