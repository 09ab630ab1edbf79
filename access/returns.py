"""The life-cycle of a return: draft, sent, asked about, accepted, locked; on time, late or missing.

Whether a return is in is what the figures themselves say; the steps say when it was sent and what was decided. Managers see and send for their own
services; commissioners accept, lock, open again and agree dates; presenters have no part in it. The return typed on one page: access.return_page; *This
quarter in an hour*: access.quarter_hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from access import conversation
from domain.errors import Shown
from domain.quarters import Quarter, british
from domain.types import Event, Viewer
from warehouse import returns as kept
from warehouse import store as writes
from warehouse.connect import Store

TIMES = ("on time", "late", "missing", "not due yet", "came with the history")
STATES = ("not sent", "draft", "sent", "asked about", "accepted", "locked", "reopened")


@dataclass(frozen=True)
class Return:
    """One service's return for one quarter. `state` is one of STATES, `timeliness` one of TIMES."""

    service: str
    quarter: Quarter
    state: str
    timeliness: str
    due_on: date
    date_agreed: bool
    asked_for: date | None  # a later date the service asked for and nobody has agreed yet
    asked_why: str
    sent_on: date | None
    nothing_to_report: bool
    reason: str  # why it was opened again
    read_on: date | None
    shown_at: tuple[str, ...]  # the seminars at which it was shown

    @property
    def is_in(self) -> bool:
        return self.state in ("sent", "asked about", "accepted", "locked") or (self.state == "reopened" and self.sent_on is not None)


# ---- where each return stands ----------------------------------------------------------------------------------------------------------------


def calendar(store: Store, viewer: Viewer, today: date, services: Sequence[str] = (), year: int | None = None) -> list[Return]:
    """Every return that is expected or here, by service and quarter (with `year`, of that plan year).

    A quarter that has not ended is told once something was kept about it. Raises Refused where the viewer may not look.
    """
    codes_ = conversation.own_services(store, viewer, services)
    told: dict[Any, list[Return]] = store.remembered("calendars", dict)  # what follows depends on the services, the day and the year alone
    what = (tuple(codes_), today, year, version(store))
    if what not in told:
        kept_ = _kept(store, codes_, today, what[-1])
        told[what] = _standings(store, viewer, services, kept_, [at for at in kept_.slots if year in (None, at[1])], today)
    return list(told[what])


def around(store: Store, viewer: Viewer, today: date, quarter: Quarter | None = None) -> tuple[Quarter, list[Return], list[Return]]:
    """A quarter (none: the latest that has ended and for which a return is expected or here), its returns, and those of the quarter before.

    Raises Refused where the viewer may not look.
    """
    codes_ = conversation.own_services(store, viewer)
    kept_ = _kept(store, codes_, today, version(store))
    past = (Quarter(year, number) for year, number in {at[1:] for at in kept_.slots})
    chosen = quarter or max((q for q in past if q.end < today), default=conversation.latest_ended(today))
    both: dict[tuple[int, int], list[Return]] = {(q.year, q.number): [] for q in (chosen, chosen.previous())}
    for r in _standings(store, viewer, (), kept_, [at for at in kept_.slots if at[1:] in both], today):
        both[r.quarter.year, r.quarter.number].append(r)
    here, before = both.values()
    return chosen, here, before


Slot = tuple[str, int, int]  # service, plan year, quarter


@dataclass(frozen=True)
class Kept:
    """What is kept of the returns of some services, and which returns there are to tell of by a day, in order."""

    slots: list[Slot]
    expected: set[Slot]
    held: Mapping[Slot, datetime]
    began: datetime | None
    steps: Mapping[Slot, list[dict[str, Any]]]
    drafted: set[Slot]


def _kept(store: Store, codes_: Sequence[str], today: date, now: int) -> Kept:
    def asked() -> Kept:
        with store.reading() as cursor:
            expected, held, began = kept.expected(cursor, codes_), kept.held(cursor, codes_), kept.began(cursor)
            steps, drafts = kept.kept(cursor, "return_step", codes_), kept.kept(cursor, "return_draft", codes_)
        by_return: dict[Slot, list[dict[str, Any]]] = defaultdict(list)
        for s in steps:
            by_return[s["service_code"], s["year"], s["quarter"]].append(s)
        drafted = {(d["service_code"], d["year"], d["quarter"]) for d in drafts}
        past = {slot for slot in {at[1:] for at in expected} if Quarter(*slot).end < today}
        ended = {at for at in expected if at[1:] in past}
        return Kept(sorted(ended | set(held) | set(by_return) | drafted), expected, held, began, dict(by_return), drafted)

    found: Kept = store.remembered(f"returns kept {now} {today} {codes_}", asked)
    return found


def _standings(store: Store, viewer: Viewer, services: Sequence[str], kept_: Kept, slots: Sequence[Slot], today: date) -> list[Return]:
    asked = {(q.service, q.quarter.year, q.quarter.number) for q in conversation.questions(store, viewer, services) if q.waits_for == "provider"}
    days = store.settings.return_due_days
    return [
        _standing(
            at, kept_.steps.get(at, ()), Known(kept_.held.get(at), at in kept_.drafted, at in asked, at in kept_.expected, kept_.began, days), today
        )
        for at in slots
    ]  # fmt: skip


class Known(NamedTuple):
    """What is known of one return beside its steps."""

    held_since: datetime | None
    drafted: bool
    asked: bool
    expected: bool
    began: datetime | None
    due_days: int


def _standing(at: Slot, steps: Sequence[Mapping[str, Any]], known: Known, today: date) -> Return:
    """The state of a return from its steps, in order."""
    quarter = Quarter(at[1], at[2])
    due, agreed, wish, why, reason, read_on = quarter.end + timedelta(days=known.due_days), False, None, "", "", None
    sent: list[datetime] = []
    decided, nothing, shown, came = "", False, [], None
    for s in steps:
        step = s["step"]
        if step in ("sent", "nothing to report"):
            sent.append(s["happened_at"])
            decided, nothing = "sent", step == "nothing to report"
        elif step in ("accepted", "locked", "reopened"):
            decided, reason = step, s["reason"] or "" if step == "reopened" else reason
        elif step == "new date":
            due, agreed, wish, why = s["due_on"], True, None, ""
        elif step == "asks for a date":
            wish, why = s["due_on"], s["reason"] or ""
        elif step == "read":
            read_on = read_on or s["happened_at"].date()
        elif step == "shown":
            shown.append(s["reason"] or "")
        elif step == "came":
            came = s["due_on"]
    if known.held_since is None and not nothing:  # its figures were taken back: nothing that was decided about them holds
        sent, decided = [], "reopened" if decided == "reopened" else ""
    elif known.held_since is not None and not sent:
        sent, decided = [known.held_since], decided or "sent"
    state = decided or ("draft" if known.drafted else "not sent")
    state = "asked about" if state == "sent" and known.asked else state
    sent_on = min(min(sent).date(), came or date.max) if sent else None
    return Return(
        at[0],
        quarter,
        state,
        _timeliness(sent_on, due, known, today, came),
        due,
        agreed,
        wish,
        why,
        sent_on,
        nothing and bool(sent),
        reason,
        read_on,
        tuple(shown),
    )


def _timeliness(sent_on: date | None, due: date, known: Known, today: date, came: date | None = None) -> str:
    if sent_on is None:
        return "missing" if known.expected and today > due else "not due yet"
    if sent_on <= due:
        return "on time"
    # What was due before the first upload of all reached its commissioner by other ways; on which day is not known here.
    return "came with the history" if came is None and known.began and due < known.began.date() else "late"


def version(store: Store) -> int:
    """Changes with every upload, step, question and answer: what may be remembered of returns is remembered under it."""
    return conversation.latest_change(store)


def one(store: Store, viewer: Viewer, service: str, quarter: Quarter, today: date) -> Return:
    """Where one return stands, whether or not anything is known of it yet."""
    found = next((r for r in calendar(store, viewer, today, [service], quarter.year) if r.quarter == quarter), None)
    return found or _standing((service, quarter.year, quarter.number), (), Known(None, False, False, False, None, store.settings.return_due_days), today)


def due_sentence(r: Return, side: conversation.Side = "provider") -> str:
    """When the return is or was due, and what can be done about it, said to the one who sends it or to the one who reads it."""
    day = british(r.due_on)
    agreed = ", the date we agreed" if r.date_agreed else ""
    if side == "commissioner" and r.timeliness == "missing":
        return f"This was due on {day}{agreed}. If something got in the way, agree a new date; sent by then, it counts as on time."
    if side == "commissioner" and r.timeliness in ("on time", "late") and r.sent_on:
        return f"It came on {british(r.sent_on)}, {r.timeliness}: it was due on {day}{agreed}."
    if r.timeliness == "missing":
        return f"This was due on {day}{agreed}. If something got in the way, tell us and agree a new date; sent by then, it counts as on time."
    if r.timeliness == "not due yet":
        return f"Due on {day}{agreed}."
    if r.timeliness == "came with the history":
        return "This came with the returns of earlier years, so we do not know on which day it was first sent. It counts neither as on time nor as late."
    told = "Thank you, it is in." if r.timeliness == "on time" else f"It is in, thank you. It was due on {day}{agreed}."
    return f"{told} You can change it until it is locked." if r.state not in ("locked", "accepted") else told


def state_sentence(r: Return) -> str:
    """What has become of the return, in words."""
    told = {
        "not sent": "Not sent yet.",
        "draft": "A draft is saved. Nobody but you and your commissioner can see it, and it counts nowhere until you send it.",
        "sent": "Sent, and not looked at yet." if r.read_on is None else f"Sent, and read on {british(r.read_on)}.",
        "asked about": "There are questions about it.",
        "accepted": "Accepted. If a figure turns out to be wrong, send it again and we will look again.",
        "locked": "Accepted and locked. If a figure turns out to be wrong, ask your commissioner to open it again.",
        "reopened": f"Opened again: {r.reason}" if r.reason else "Opened again.",
    }[r.state]
    told = f"Nothing to report this quarter. {told}" if r.nothing_to_report else told
    return f"{told} Shown at {'; '.join(r.shown_at)}." if r.shown_at else told


# ---- steps -----------------------------------------------------------------------------------------------------------------------------------


def nothing_to_report(store: Store, viewer: Viewer, service: str, quarter: Quarter, today: date) -> None:
    """One tick stands for the quarter's return. Raises Shown where figures are in already or it is locked."""
    conversation.check_speaks(store, viewer, service)
    r = one(store, viewer, service, quarter, today)
    check_open(r)
    if r.is_in and not r.nothing_to_report:
        raise Shown("Figures are in for this quarter. Take that upload back first if there is nothing to report after all.")
    step(store, viewer, [r], "nothing to report")


def ask_for_date(store: Store, viewer: Viewer, service: str, quarter: Quarter, due_on: date, why: str, today: date) -> None:
    """The service asks for a later date and says why; the commissioner agrees it or rings."""
    conversation.check_speaks(store, viewer, service)
    _check_date(due_on, quarter, today)
    step(store, viewer, [one(store, viewer, service, quarter, today)], "asks for a date", conversation.screened(why), due_on)


def agree_date(store: Store, viewer: Viewer, service: str, quarter: Quarter, due_on: date, today: date) -> None:
    """A new date for one return: sent by then, it counts as on time. It may lie in the past, for what was agreed by other ways."""
    conversation.check_commissions(store, viewer, service)
    if due_on <= quarter.end:
        raise Shown(f"The quarter ends on {british(quarter.end)}. Choose a day after it.")
    step(store, viewer, [one(store, viewer, service, quarter, today)], "new date", "", due_on)


def note_read(store: Store, viewer: Viewer, service: str, quarter: Quarter, today: date) -> None:
    """The commissioner has read the return; noted once, so that the service sees it."""
    conversation.check_commissions(store, viewer, service)
    r = one(store, viewer, service, quarter, today)
    if r.is_in and r.read_on is None:
        step(store, viewer, [r], "read")


def note_came(store: Store, viewer: Viewer, service: str, quarter: Quarter, on: date, today: date) -> None:
    """The day on which a return reached its commissioner before it was here (on paper, by e-mail): whether it was on time is judged by that day.

    Raises Shown where the return is not in, or for a day within its quarter or still to come.
    """
    conversation.check_commissions(store, viewer, service)
    r = one(store, viewer, service, quarter, today)
    if not r.is_in:
        raise Shown("This return is not in yet, so there is no day on which it came.")
    if not quarter.end < on <= today:
        raise Shown(f"The quarter ended on {british(quarter.end)}. Choose a day after it that is not still to come.")
    step(store, viewer, [r], "came", "", on)


def accept(store: Store, viewer: Viewer, service: str, quarter: Quarter, today: date) -> None:
    """The commissioner accepts a return; its open questions to the service are closed with thanks. Raises Shown where it is not in."""
    conversation.check_commissions(store, viewer, service)
    r = one(store, viewer, service, quarter, today)
    if not r.is_in or r.state == "reopened":
        raise Shown("This return is not in, so there is nothing to accept yet.")
    if r.state in ("accepted", "locked"):
        raise Shown("This return has been accepted already.")
    for q in conversation.questions(store, viewer, [service], quarter):
        if q.open and q.asked_by != "provider":
            conversation.answer(store, viewer, q, kind="enough")
    step(store, viewer, [r], "accepted")


def lock(store: Store, viewer: Viewer, service: str, quarter: Quarter, today: date) -> None:
    """An accepted return is closed to changes until it is opened again with a reason."""
    conversation.check_commissions(store, viewer, service)
    r = one(store, viewer, service, quarter, today)
    if r.state != "accepted":
        raise Shown("Only an accepted return can be locked.")
    step(store, viewer, [r], "locked")


def reopen(store: Store, viewer: Viewer, service: str, quarter: Quarter, reason: str, today: date) -> None:
    """Opens an accepted or locked return again. Raises Shown without a reason: both sides should know why."""
    conversation.check_commissions(store, viewer, service)
    if not reason.strip():
        raise Shown("Say why it is opened again, so that both sides know.")
    r = one(store, viewer, service, quarter, today)
    if r.state not in ("accepted", "locked"):
        raise Shown("Only an accepted or locked return can be opened again; this one is open.")
    step(store, viewer, [r], "reopened", conversation.screened(reason))


def check_open(r: Return) -> None:
    """Raises Shown for a locked return."""
    if r.state == "locked":
        raise Shown(f"The return for {r.quarter.months()} is locked. Ask your commissioner to open it again and say why; nothing has been changed.")


def _check_date(due_on: date, quarter: Quarter, today: date) -> None:
    if due_on <= max(quarter.end, today):
        raise Shown("Choose a day that is still to come, after the end of the quarter.")


def step(store: Store, viewer: Viewer, about: Sequence[Return], step: str, reason: str = "", due_on: date | None = None) -> None:
    """Keeps one step of each of these returns, as one change."""
    rows = [
        {"service_code": r.service, "year": r.quarter.year, "quarter": r.quarter.number, "step": step, "reason": reason or None, "due_on": due_on}
        for r in about
    ]
    detail = {"returns": [f"{r.service} {r.quarter}" for r in about], **({"due_on": due_on} if due_on else {})}
    writes.keep(store, {"return_step": rows}, Event(f"return {step}", viewer.user, viewer.role, conversation.now(), detail))
