"""The life-cycle of a return: draft, sent, asked about, accepted, locked; on time, late or missing; and *This quarter in an hour*.

Whether a return is in is what the figures themselves say; the steps say when it was sent and what was decided. Managers see and send for their own
services; commissioners accept, lock, open again and agree dates; presenters have no part in it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from access import conversation, intake, plans
from access.conversation import Question, Talk
from data_loaders import return_template
from domain import codes
from domain.errors import Shown
from domain.quarters import Quarter, british
from domain.types import Event, Upload, Viewer
from metrics import plan
from warehouse import plan_queries
from warehouse import returns as kept
from warehouse import store as writes
from warehouse.connect import Store

MOST_CONVERSATIONS = 10
TIMES = ("on time", "late", "missing", "not due yet", "came with the history")
STATES = ("not sent", "draft", "sent", "asked about", "accepted", "locked", "reopened")
FIGURES = ("actual", "out_of")
WORDS = ("explanation", "learning", "verified_how", "verified_by")
CHOICES = {"reason": codes.REASONS, "who_may_read_this": codes.READERS}


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


@dataclass(frozen=True)
class Thanks:
    """One service to thank, and for what."""

    service: str
    words: str


@dataclass(frozen=True)
class Worth:
    """One conversation worth having: a service, what it is about, in a sentence, and the question if there is one."""

    service: str
    kind: str  # ring me, their question, their answer, figures like the plan, gap
    words: str
    question: Question | None = None


@dataclass(frozen=True)
class Hour:
    """A quarter as a commissioner takes it in within an hour."""

    quarter: Quarter
    expected: int
    received: int
    missing: list[Return]
    conversations: list[Worth]  # at most ten
    more: int  # conversations beyond those
    thanks: list[Thanks]
    nothing_to_ask: list[str]  # services whose return can be accepted as it stands
    accepted: int


@dataclass(frozen=True)
class Form:
    """The one-page return: its lines with what is stored, drafted, or still open."""

    service: str
    quarter: Quarter
    lines: tuple[return_template.Line, ...]
    saved_at: datetime | None = None  # of the draft shown; None: what is stored, or nothing yet
    findings: tuple[Any, ...] = field(default=())


# ---- where each return stands ----------------------------------------------------------------------------------------------------------------


def calendar(store: Store, viewer: Viewer, today: date, services: Sequence[str] = (), year: int | None = None) -> list[Return]:
    """Every return that is expected or here, by service and quarter (with `year`, of that plan year).

    A quarter that has not ended is told once something was kept about it. Raises Refused where the viewer may not look.
    """
    codes_ = conversation.own_services(store, viewer, services)
    with store.reading() as cursor:
        expected, held, began = kept.expected(cursor, codes_), kept.held(cursor, codes_), kept.began(cursor)
        steps, drafts = kept.kept(cursor, "return_step", codes_), kept.kept(cursor, "return_draft", codes_)
    by_return: dict[tuple[str, int, int], list[dict[str, Any]]] = defaultdict(list)
    for s in steps:
        by_return[s["service_code"], s["year"], s["quarter"]].append(s)
    drafted = {(d["service_code"], d["year"], d["quarter"]) for d in drafts}
    asked = {(q.service, q.quarter.year, q.quarter.number) for q in conversation.questions(store, viewer, services) if q.waits_for == "provider"}
    ended = {at for at in expected if Quarter(at[1], at[2]).end < today}
    found = []
    for at in sorted(ended | set(held) | set(by_return) | drafted):
        if year in (None, at[1]):
            known = Known(held.get(at), at in drafted, at in asked, at in expected, began, store.settings.return_due_days)
            found.append(_standing(at, by_return[at], known, today))
    return found


@dataclass(frozen=True)
class Known:
    """What is known of one return beside its steps."""

    held_since: datetime | None
    drafted: bool
    asked: bool
    expected: bool
    began: datetime | None
    due_days: int


def _standing(at: tuple[str, int, int], steps: Sequence[Mapping[str, Any]], known: Known, today: date) -> Return:
    """The state of a return from its steps, in order."""
    quarter = Quarter(at[1], at[2])
    due, agreed, wish, why, reason, read_on = quarter.end + timedelta(days=known.due_days), False, None, "", "", None
    sent: list[datetime] = []
    decided, nothing, shown = "", False, []
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
    if known.held_since is None and not nothing:  # its figures were taken back: nothing that was decided about them holds
        sent, decided = [], "reopened" if decided == "reopened" else ""
    elif known.held_since is not None and not sent:
        sent, decided = [known.held_since], decided or "sent"
    state = decided or ("draft" if known.drafted else "not sent")
    state = "asked about" if state == "sent" and known.asked else state
    sent_on = min(sent).date() if sent else None
    return Return(
        at[0], quarter, state, _timeliness(sent_on, due, known, today), due, agreed, wish, why, sent_on, nothing and bool(sent), reason, read_on, tuple(shown)
    )


def _timeliness(sent_on: date | None, due: date, known: Known, today: date) -> str:
    if sent_on is None:
        return "missing" if known.expected and today > due else "not due yet"
    if sent_on <= due:
        return "on time"
    # What was due before the first upload of all reached its commissioner by other ways; on which day is not known here.
    return "came with the history" if known.began and due < known.began.date() else "late"


def version(store: Store) -> int:
    """Changes with every upload, step, question and answer: what may be remembered of returns is remembered under it."""
    with store.reading() as cursor:
        return kept.latest(cursor)


def one(store: Store, viewer: Viewer, service: str, quarter: Quarter, today: date) -> Return:
    """Where one return stands, whether or not anything is known of it yet."""
    found = next((r for r in calendar(store, viewer, today, [service], quarter.year) if r.quarter == quarter), None)
    return found or _standing((service, quarter.year, quarter.number), (), Known(None, False, False, False, None, store.settings.return_due_days), today)


def due_sentence(r: Return) -> str:
    """When the return is or was due, and what can be done about it."""
    day = british(r.due_on)
    agreed = ", the date we agreed" if r.date_agreed else ""
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
    _check_open(r)
    if r.is_in and not r.nothing_to_report:
        raise Shown("Figures are in for this quarter. Take that upload back first if there is nothing to report after all.")
    _step(store, viewer, [r], "nothing to report")


def ask_for_date(store: Store, viewer: Viewer, service: str, quarter: Quarter, due_on: date, why: str, today: date) -> None:
    """The service asks for a later date and says why; the commissioner agrees it or rings."""
    conversation.check_speaks(store, viewer, service)
    _check_date(due_on, quarter, today)
    _step(store, viewer, [one(store, viewer, service, quarter, today)], "asks for a date", conversation.screened(why), due_on)


def agree_date(store: Store, viewer: Viewer, service: str, quarter: Quarter, due_on: date, today: date) -> None:
    """A new date for one return: sent by then, it counts as on time. It may lie in the past, for what was agreed by other ways."""
    conversation.check_commissions(store, viewer, service)
    if due_on <= quarter.end:
        raise Shown(f"The quarter ends on {british(quarter.end)}. Choose a day after it.")
    _step(store, viewer, [one(store, viewer, service, quarter, today)], "new date", "", due_on)


def note_read(store: Store, viewer: Viewer, service: str, quarter: Quarter, today: date) -> None:
    """The commissioner has read the return; noted once, so that the service sees it."""
    conversation.check_commissions(store, viewer, service)
    r = one(store, viewer, service, quarter, today)
    if r.is_in and r.read_on is None:
        _step(store, viewer, [r], "read")


def note_shown(store: Store, viewer: Viewer, service: str, quarter: Quarter, where: str, today: date) -> None:
    """The return was shown at a seminar (its name)."""
    conversation.check_commissions(store, viewer, service)
    _step(store, viewer, [one(store, viewer, service, quarter, today)], "shown", conversation.screened(where))


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
    _step(store, viewer, [r], "accepted")


def lock(store: Store, viewer: Viewer, service: str, quarter: Quarter, today: date) -> None:
    """An accepted return is closed to changes until it is opened again with a reason."""
    conversation.check_commissions(store, viewer, service)
    r = one(store, viewer, service, quarter, today)
    if r.state != "accepted":
        raise Shown("Only an accepted return can be locked.")
    _step(store, viewer, [r], "locked")


def reopen(store: Store, viewer: Viewer, service: str, quarter: Quarter, reason: str, today: date) -> None:
    """Opens an accepted or locked return again. Raises Shown without a reason: both sides should know why."""
    conversation.check_commissions(store, viewer, service)
    if not reason.strip():
        raise Shown("Say why it is opened again, so that both sides know.")
    r = one(store, viewer, service, quarter, today)
    if r.state not in ("accepted", "locked"):
        raise Shown("Only an accepted or locked return can be opened again; this one is open.")
    _step(store, viewer, [r], "reopened", conversation.screened(reason))


def _check_open(r: Return) -> None:
    if r.state == "locked":
        raise Shown(f"The return for {r.quarter.months()} is locked. Ask your commissioner to open it again and say why; nothing has been changed.")


def _check_date(due_on: date, quarter: Quarter, today: date) -> None:
    if due_on <= max(quarter.end, today):
        raise Shown("Choose a day that is still to come, after the end of the quarter.")


def _step(store: Store, viewer: Viewer, about: Sequence[Return], step: str, reason: str = "", due_on: date | None = None) -> None:
    rows = [
        {"service_code": r.service, "year": r.quarter.year, "quarter": r.quarter.number, "step": step, "reason": reason or None, "due_on": due_on}
        for r in about
    ]
    detail = {"returns": [f"{r.service} {r.quarter}" for r in about], **({"due_on": due_on} if due_on else {})}
    writes.keep(store, {"return_step": rows}, Event(f"return {step}", viewer.user, viewer.role, conversation.now(), detail))


# ---- the one-page return ---------------------------------------------------------------------------------------------------------------------


def form(store: Store, viewer: Viewer, service: str, quarter: Quarter) -> Form:
    """The plan's lines of a quarter with projection and year to date, and what is drafted or stored of each."""
    conversation.check_may_see(store, viewer, service)
    with store.reading() as cursor:
        rows = plan_queries.plan_figures(cursor, [service])
        draft = next((d for d in kept.kept(cursor, "return_draft", [service]) if (d["year"], d["quarter"]) == (quarter.year, quarter.number)), None)
        stored = {r["ref"]: r for r in kept.rows_of(cursor, service, quarter.year, quarter.number)}
    typed: dict[str, dict[str, Any]] = json.loads(draft["content"]) if draft else stored
    figures = {(f.year, f.quarter, f.ref): f for f in plan.figures(rows)}
    lines = []
    for r in rows:
        if (r["year"], r["quarter"]) == (quarter.year, quarter.number):
            t = typed.get(r["ref"], {})
            before = figures.get((quarter.year, quarter.number - 1, r["ref"]))
            lines.append(
                return_template.Line(
                    r["ref"], r["what"], r["counted_as"], r["projection"], before.to_date_actual if before else None,
                    t.get("out_of"), t.get("actual"), t.get("explanation") or "", t.get("reason") or "", t.get("learning") or "",
                    t.get("who_may_read_this") or "",
                )
            )  # fmt: skip
    return Form(service, quarter, tuple(lines), draft["happened_at"] if draft else None)


def prefilled(store: Store, viewer: Viewer, service: str, quarter: Quarter, name: str = "") -> bytes:
    """The return workbook of a service and quarter, prefilled from its plan. Raises Shown where there is no plan for the quarter."""
    lines = form(store, viewer, service, quarter).lines
    if not lines:
        raise Shown("There is no plan for this quarter yet. Draft one on Target plan, or take a blank workbook on Upload.")
    return return_template.prefilled(service, name or service, quarter, lines)


def save_draft(store: Store, viewer: Viewer, service: str, quarter: Quarter, typed: Mapping[str, Mapping[str, Any]], today: date) -> None:
    """Keeps what was typed so far ({ref: column -> value}) as the draft of a return. It counts nowhere.

    Raises Shown where the return is locked or words hold somebody's identifiers.
    """
    conversation.check_speaks(store, viewer, service)
    _check_open(one(store, viewer, service, quarter, today))
    content = json.dumps({ref: _cleaned(given) for ref, given in typed.items()}, sort_keys=True)
    row = {"service_code": service, "year": quarter.year, "quarter": quarter.number, "content": content}
    detail = {"returns": [f"{service} {quarter}"]}
    writes.keep(store, {"return_draft": [row]}, Event("return draft", viewer.user, viewer.role, conversation.now(), detail))


def _cleaned(given: Mapping[str, Any]) -> dict[str, Any]:
    kept_: dict[str, Any] = {}
    for column in FIGURES:
        if given.get(column) is not None:
            kept_[column] = float(given[column])
    for column in WORDS:
        if given.get(column):
            kept_[column] = conversation.screened(str(given[column]))
    for column, choices in CHOICES.items():
        if given.get(column):
            if given[column] not in choices:
                raise Shown("Choose from the list, or leave it blank.")
            kept_[column] = given[column]
    return kept_


def send(store: Store, viewer: Viewer, service: str, quarter: Quarter, typed: Mapping[str, Mapping[str, Any]], today: date) -> Upload | list[Any]:
    """Sends a return typed on the page through the same door as a file. Returns the upload, or the findings that stand in its way.

    Lines without a figure are left out: blank is missing. Raises Shown where nothing was typed.
    """
    conversation.check_speaks(store, viewer, service)
    _check_open(one(store, viewer, service, quarter, today))
    rows = [
        {"service_code": service, "year": quarter.year, "quarter": quarter.number, "ref": ref, **given}
        for ref, given in typed.items()
        if given.get("actual") is not None
    ]
    if not rows:
        raise Shown("No line has a figure yet. If there is nothing to report this quarter, tick that instead; 0 is a figure too.")
    return _send(store, viewer, rows, today)


def _send(store: Store, viewer: Viewer, rows: Sequence[Mapping[str, Any]], today: date) -> Upload | list[Any]:
    received = intake.receive(store, [("typed on the page.xlsx", return_template.typed({"Quarterly return": rows}))], viewer, today)
    return received.findings if received.blocked else intake.send(store, received, viewer)


def answer(store: Store, viewer: Viewer, question: Question, today: date, reason: str = "", words: str = "", kind: str = "answer", readers: str = "") -> str:
    """An answer as conversation.answer keeps it; a service's answer about one of its figures also goes into the return, so that it travels with the figure."""
    answered = conversation.answer(store, viewer, question, reason, words, kind, readers)
    if kind == "answer" and viewer.role == "manager" and question.ref:
        with store.reading() as cursor:
            rows = kept.rows_of(cursor, question.service, question.quarter.year, question.quarter.number)
            locked = (question.service, question.quarter.year, question.quarter.number) in kept.locked(cursor)
        if not locked and any(r["ref"] == question.ref for r in rows):
            told = [_explained(r, reason, words.strip(), readers) if r["ref"] == question.ref else r for r in rows]
            _send(store, viewer, told, today)
    return answered


def _explained(row: Mapping[str, Any], reason: str, words: str, readers: str) -> dict[str, Any]:
    said = " ".join(part for part in (row["explanation"], words) if part)
    return {**row, "explanation": said or None, "reason": reason or row["reason"], "who_may_read_this": readers or row["who_may_read_this"]}


# ---- this quarter in an hour -----------------------------------------------------------------------------------------------------------------


def quarter_in_an_hour(store: Store, viewer: Viewer, today: date, quarter: Quarter | None = None) -> Hour:
    """Missing returns, at most ten conversations worth having, thank-yous, and what can be accepted as it stands, for one quarter.

    Without a quarter: the latest one that has ended and for which a return is expected or here. Managers see their own services.
    """
    everything = calendar(store, viewer, today)
    chosen = quarter or max((r.quarter for r in everything if r.quarter.end < today), default=conversation.latest_ended(today))
    here = [r for r in everything if r.quarter == chosen]
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
        max(0, len(worth) - MOST_CONVERSATIONS), _thanks(here, everything, gaps, learned), free, sum(r.state in ("accepted", "locked") for r in here),
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
    found += [Worth(s, "figures like the plan" if q.about == "matches" else "gap", q.words, q) for s, q in about.items()]
    return found


def _said(reason: str, words: str) -> str:
    return f"“{words}” ({reason})" if reason and words else f"“{words or reason}”"


def _thanks(here: Sequence[Return], everything: Sequence[Return], gaps: Sequence[plans.PlanGap], learned: Mapping[str, str]) -> list[Thanks]:
    """Services to thank: for an explanation nobody had to ask for, for what they learned, for being on time after a late return."""
    before = {r.service: r.timeliness for r in everything if r.quarter == here[0].quarter.previous()} if here else {}
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
    free = [r for r in calendar(store, viewer, today, year=hour.quarter.year) if r.quarter == hour.quarter and r.service in hour.nothing_to_ask]
    if free:
        _step(store, viewer, free, "accepted")
    return [r.service for r in free]


def waiting(store: Store, viewer: Viewer, today: date) -> list[str]:
    """What waits for the viewer, a sentence each: their first page opens with it."""
    told = []
    side = conversation.side_of(viewer.role)
    mine = [q for q in conversation.questions(store, viewer) if q.waits_for == side]
    if side == "provider":
        recent = [r for r in calendar(store, viewer, today) if r.quarter.end < today]
        mine = mine + [q for q in conversation.to_ask(store, viewer, (), conversation.latest_ended(today))]
        told += [f"{r.quarter.months()}: {due_sentence(r)}" for r in recent if r.timeliness == "missing" or (r.state == "reopened" and not r.nothing_to_report)]
    else:
        told += [f"{t.service} asks to be rung." for t in conversation.to_ring(store, viewer)]
        told += [
            f"{r.service} asks for a later date, {british(r.asked_for)}: {r.asked_why}"
            for r in calendar(store, viewer, today)
            if r.asked_for is not None and not r.is_in
        ]
    if mine:
        told.insert(0, f"{len(mine)} question{'s wait' if len(mine) > 1 else ' waits'} for you.")
    return told
