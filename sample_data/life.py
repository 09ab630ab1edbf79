"""The made-up life of the returns: on which day each came, what was decided, asked and answered. Planted stories are in planted.py; the rest came on time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import numpy as np

from domain.quarters import Quarter, british
from sample_data import planted
from sample_data.people import QUARTERS
from sample_data.services import SERVICES

DUE_DAYS = 30  # the setting's default: the sample's past was lived under it


class Change(NamedTuple):
    """What one side did at one time: rows by table of the life-cycle."""

    happened_at: datetime
    side: str  # manager or commissioner
    rows: dict[str, list[dict[str, Any]]]


class Asked(NamedTuple):
    """A question about a return and the turns after it: (days later, side, kind, reason, words)."""

    service: str
    at: tuple[int, int]
    ref: str
    about: str
    by: str  # app, commissioner or provider
    after: int  # days after the quarter's end
    words: str
    turns: tuple[tuple[int, str, str, str, str], ...]


ASKED: tuple[Asked, ...] = (
    Asked(
        planted.COPIED_RETURN, planted.COPIED_QUARTER, "", "matches", "app", 34,
        "All six figures are the same as the plan. That can happen. Were they counted, or carried over? If counted, say so and we will not ask again "
        "this year.",
        ((3, "manager", "answer", "how it is recorded", "They were copied while our system was down. From October on we count again."),
         (9, "commissioner", "enough", "", "Thank you for saying so plainly.")),
    ),
    Asked(
        planted.AMBITIOUS, (2024, 4), "T1", "gap", "app", 33,
        "You expected more people to be in paid work between January and March than were. What happened?",
        ((5, "manager", "answer", "the projection was a first guess", "We aimed high on purpose. An interview is not nearly a job."),
         (12, "commissioner", "again", "", "What would an honest figure be for next year?"),
         (16, "manager", "answer", "the projection was a first guess", "About two thirds of it."),
         (20, "commissioner", "enough", "", "Thank you. Let us plan with that.")),
    ),
    Asked(
        planted.CAUTIOUS, (2025, 2), "T1", "other", "commissioner", 36,
        "You are well above the plan again. What would a bolder projection be, and what would you need for it?",
        ((8, "manager", "answer", "something worked better", "Two employers now ring us first. With half a post more we could plan for a third more people."),
         (11, "commissioner", "enough", "", "Thank you; let us take it into next year's plan.")),
    ),
    Asked(
        planted.ALLOTMENT, (2025, 1), "", "other", "provider", 20,
        "Do people count who come to the shed and do not garden?",
        ((6, "commissioner", "answer", "", "Yes: whoever is there counts. What they do there is theirs to choose."),
         (7, "manager", "closed", "", "")),
    ),
    Asked(
        planted.FULL_HOME, (2025, 4), "M1", "gap", "app", 31,
        "You expected 14 people to live in the home and say it is their home at the end of March; 11 of 14 did. What happened?",
        ((4, "manager", "answer", "something worked better", "Three people moved to flats of their own, each at their own wish."),),
    ),
)  # fmt: skip


# Lessons Learned seminars: day, name, and the returns shown there (service, quarter).
SEMINARS: tuple[tuple[date, str, tuple[tuple[str, tuple[int, int]], ...]], ...] = (
    (date(2024, 11, 21), "Lessons Learned: who stays with us", ((planted.TALKING_THERAPIES, (2024, 2)), (planted.BETTER_SERVICE_LOWER_FIGURE, (2024, 2)))),
    (date(2025, 6, 19), "Lessons Learned: work", ((planted.CAUTIOUS, (2024, 4)), (planted.AMBITIOUS, (2024, 4)))),
    (date(2025, 11, 20), "Lessons Learned: before a crisis", ((planted.CRISIS_HOUSE, (2025, 2)), (planted.ALLOTMENT, (2025, 2)))),
)


def changes() -> list[Change]:
    """Every change, oldest first. What was sent is in the workbooks; here is when, and what came of it."""
    rng = np.random.default_rng(planted.SEED)
    came, made = [], []
    late, reopened = dict(planted.LATE), dict(planted.REOPENED)
    for service in SERVICES:
        for quarter in QUARTERS:
            days = int(rng.integers(8, DUE_DAYS))
            at = (quarter.year, quarter.number)
            if quarter.end < service.from_ or quarter.start > service.to or (service.code in planted.NOT_IN_YET and quarter == QUARTERS[-1]):
                continue
            if service.code == planted.MERGED_INTO and at == planted.AGREED_LATE_QUARTER:
                days = (planted.AGREED_LATE_DATE - quarter.end).days - 1
            days = DUE_DAYS + late[service.code, at] if (service.code, at) in late else days
            came.append(_slot(service.code, quarter) | {"step": "came", "due_on": quarter.end + timedelta(days=days)})
    made.append(Change(_at(QUARTERS[-1].end + timedelta(days=60)), "commissioner", {"return_step": came}))
    agreed = Quarter(*planted.AGREED_LATE_QUARTER)
    asks = _slot(planted.MERGED_INTO, agreed) | {
        "step": "asks for a date",
        "due_on": planted.AGREED_LATE_DATE,
        "reason": "Two record systems are being joined.",
    }
    says = _slot(planted.MERGED_INTO, agreed) | {"step": "new date", "due_on": planted.AGREED_LATE_DATE}
    made.append(Change(_at(agreed.end + timedelta(days=12)), "manager", {"return_step": [asks]}))
    made.append(Change(_at(agreed.end + timedelta(days=14)), "commissioner", {"return_step": [says]}))
    for quarter in QUARTERS[:-1]:  # the last quarter still waits to be read
        steps = [
            _slot(service.code, quarter) | {"step": step}
            for service in SERVICES if not (quarter.end < service.from_ or quarter.start > service.to)
            for step in (("read", "accepted", "locked") if quarter.year < planted.YEARS[-1] else ("read", "accepted"))
        ]  # fmt: skip
        made.append(Change(_at(quarter.end + timedelta(days=75)), "commissioner", {"return_step": steps}))
    for (code, at), why in reopened.items():
        step = _slot(code, Quarter(*at)) | {"step": "reopened", "reason": why}
        made.append(Change(_at(Quarter(*at).end + timedelta(days=90)), "commissioner", {"return_step": [step]}))
    made += [_seminar(*held) for held in SEMINARS]
    made += [change for n, asked in enumerate(ASKED) for change in _conversation(n, asked)]
    made.append(Change(_at(QUARTERS[-1].end + timedelta(days=40)), "manager", {"talk": [_ring(planted.RINGS, QUARTERS[-1].end + timedelta(days=40))]}))
    return sorted(made, key=lambda change: change.happened_at)


def _conversation(n: int, asked: Asked) -> list[Change]:
    quarter, identity = Quarter(*asked.at), f"sample-{n:02d}"
    start = quarter.end + timedelta(days=asked.after)
    question = _slot(asked.service, quarter) | {"question_id": identity, "ref": asked.ref, "about": asked.about, "words": asked.words, "asked_by": asked.by}
    made = [Change(_at(start), "manager" if asked.by == "provider" else "commissioner", {"question": [question]})]
    for later, side, kind, reason, words in asked.turns:
        row = {"question_id": identity, "kind": kind, "reason": reason or None, "words": words or None}
        made.append(Change(_at(start + timedelta(days=later)), side, {"answer": [row]}))
    return made


def _seminar(held_on: date, name: str, shown: tuple[tuple[str, tuple[int, int]], ...]) -> Change:
    title = f"{name}, {british(held_on)}"
    steps = [_slot(code, Quarter(*at)) | {"step": "shown", "reason": title} for code, at in shown]
    talk = {"service_code": "(the commissioner)", "kind": "seminar", "happened_on": held_on, "words": name}
    return Change(_at(held_on), "commissioner", {"talk": [talk], "return_step": steps})


def _ring(service: str, on: date) -> dict[str, Any]:
    return {"service_code": service, "kind": "ring me", "happened_on": on, "words": "About next year's plan."}


def _slot(service: str, quarter: Quarter) -> dict[str, Any]:
    return {"service_code": service, "year": quarter.year, "quarter": quarter.number}


def _at(day: date) -> datetime:
    return datetime.combine(day, time(10))
