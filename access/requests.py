"""Answering a person: what is kept about them, a copy of it, and taking it out for good; and what the controller's retention rule takes out.

A reference is typed by whoever asks for the person, turned into the keyed hash here, and kept nowhere: not in an answer, an event or a message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from access import intake, rules
from data_loaders import mask
from data_loaders.values import normal_reference
from domain import fields
from domain.errors import Refused, Shown
from domain.types import Event, Upload, Viewer
from warehouse import erasing, erasure, personal, versions
from warehouse import store as writes
from warehouse.connect import Store

BECAUSE = {"erased": "they asked us to erase it", "objection": "they object to our keeping it"}


@dataclass(frozen=True)
class Kept:
    """What is kept about one person: a row per sheet (rows, first and last date, services), and how much of it counts no more."""

    provider: str
    code_name: str
    sheets: list[dict[str, Any]]  # sheet, rows, first, last, services
    earlier: int  # rows in earlier uploads that are not what counts now
    waiting: int  # rows held back until somebody corrects them
    barred: bool  # erased before: what is sent about them is left out

    @property
    def nothing(self) -> bool:
        return not self.sheets and not self.earlier and not self.waiting

    def words(self) -> str:
        """One sentence; names nobody."""
        if self.nothing:
            left_out = " They were taken out before, and what is sent about them is left out." if self.barred else ""
            return f"Nothing is kept under this reference for {self.provider}. Check the spelling: references are compared without case.{left_out}"
        n = sum(s["rows"] for s in self.sheets)
        services = sorted({service for s in self.sheets for service in s["services"]})
        more = f" {self.earlier} more in earlier uploads no longer count." if self.earlier else ""
        wait = f" {self.waiting} wait for a correction." if self.waiting else ""
        named = f", under the code name {self.code_name}" if self.code_name else ""
        return f"{n} row{'s' if n != 1 else ''} of {', '.join(services) or 'no service'}{named}.{more}{wait}"


def check_answers(viewer: Viewer, provider: str) -> None:
    """A manager answers for their own provider, an administrator for all."""
    if viewer.role == "administrator" or (viewer.role == "manager" and provider in viewer.providers):
        return
    raise Refused("Requests of people are answered by the manager of the provider who holds the reference, or by an administrator.")


def check_copies(viewer: Viewer, provider: str) -> None:
    """A copy holds scores and words, which administrators do not see on screen."""
    check_answers(viewer, provider)
    if viewer.role == "administrator" and viewer.session != rules.COMMAND_LINE:
        raise Refused("A copy holds scores and words. The provider's manager makes it, or whoever runs this machine, with 'export'.")


def find(store: Store, viewer: Viewer, provider: str, ref: str) -> Kept:
    """What is kept about the person with this reference at this provider: sheets, dates, services and counts, no contents."""
    check_answers(viewer, provider)
    person = _person(store, provider, ref)
    sheets = []
    for name, rows in personal.rows_of(store, person).items():
        dated = _dated(name)
        days = [row[dated] for row in rows if dated and row.get(dated)]
        sheets.append({
            "sheet": name, "rows": len(rows), "first": min(days, default=None), "last": max(days, default=None),
            "services": sorted({row["service_code"] for row in rows}),
        })  # fmt: skip
    earlier = sum(map(len, personal.earlier_rows(store, person).values()))
    barred, _ = personal.barred(store, erasure.person_digest(person))
    kept = Kept(provider, personal.code_name(store, person), sheets, earlier, personal.held_rows(store, person), barred)
    _note(store, viewer, "request: find", provider, {"found": not kept.nothing})
    return kept


def copy(store: Store, viewer: Viewer, provider: str, ref: str) -> dict[str, Any]:
    """Everything kept about the person: `about` (provider, code name, day), `now` and `earlier` (sheet -> rows). Raises Shown where there is nothing."""
    check_copies(viewer, provider)
    person = _person(store, provider, ref)
    now, earlier = personal.rows_of(store, person), personal.earlier_rows(store, person)
    if not now and not earlier:
        raise Shown(f"Nothing is kept under this reference for {provider}, so there is nothing to copy.")
    _note(store, viewer, "request: copy", provider, {"sheets": len(now)})
    about = {"provider": provider, "code name": personal.code_name(store, person), "made": date.today().isoformat()}
    return {"about": about, "now": now, "earlier": earlier}


def erase(store: Store, viewer: Viewer, provider: str, ref: str, because: str = "erased") -> Upload:
    """Takes the person out of everything, for good; what is sent about them later is left out too. `because` is a key of BECAUSE.

    Also where nothing is kept now: an older backup may hold them.
    """
    check_answers(viewer, provider)
    if because not in BECAUSE:
        raise Shown(f"Say why: {' or '.join(BECAUSE)}.")
    return _erase(store, viewer, because, provider, [erasure.Mark("person", erasure.person_digest(_person(store, provider, ref)))])


def let_back(store: Store, viewer: Viewer, provider: str, ref: str, today: date | None = None) -> Upload:
    """What is recorded from today on about somebody erased before may come in again: they came back and agreed. Raises Shown where nothing bars them."""
    check_answers(viewer, provider)
    digest = erasure.person_digest(_person(store, provider, ref))
    if not personal.barred(store, digest)[0]:
        raise Shown("Nobody with this reference was erased, so nothing stands in their way.")
    return _erase(store, viewer, erasure.LET_BACK, provider, [erasure.Mark("person", digest, today or date.today())])


def withdraw_story(store: Store, viewer: Viewer, service: str, story_ref: str, today: date | None = None) -> Upload:
    """Takes a story out for good because consent was withdrawn; it may come back only with a consent given after today. Raises Shown where it is unknown."""
    provider = writes.known_services(store).get(service, "")
    check_answers(viewer, provider)
    ref = normal_reference(story_ref)
    if not personal.has_story(store, service, ref):
        raise Shown("There is no such story of this service. Look at its reference on the Stories sheet.")
    mark = erasure.Mark("story", erasure.story_digest(service, ref), (today or date.today()) + timedelta(days=1))
    return _erase(store, viewer, "withdrawn consent", provider, [mark])


def past_retention(store: Store, viewer: Viewer, today: date | None = None) -> tuple[date, int, int] | None:
    """(the day before which everything goes, people, stories of nobody in particular) under the controller's rule; None while there is no rule."""
    rules.check_administers(viewer)
    if (before := _retention(store, today)) is None:
        return None
    people, stories = personal.past(store, before)
    return before, len(people), len(stories)


def retain(store: Store, viewer: Viewer, today: date | None = None) -> Upload | None:
    """Takes out everybody of whom nothing was recorded within the retention time. None where there is nobody. Raises Shown while there is no rule."""
    rules.check_administers(viewer)
    if (before := _retention(store, today)) is None:
        raise Shown("How long records of people are kept has not been decided. The controller sets SO_WHAT_RETENTION_YEARS; docs/data-protection.md says how.")
    people, stories = personal.past(store, before)
    marks = [erasure.Mark("person", erasure.person_digest(p), before) for p in people]
    marks += [erasure.Mark("story", erasure.story_digest(s, r)) for s, r in stories]
    return _erase(store, viewer, "retention", "", marks) if marks else None


def _retention(store: Store, today: date | None) -> date | None:
    years, day = store.settings.retention_years, today or date.today()
    if years <= 0:
        return None
    return day.replace(year=day.year - years, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _erase(store: Store, viewer: Viewer, what: str, provider: str, marks: list[erasure.Mark]) -> Upload:
    detail = {"what": what, "marks": len(marks)} | ({"provider": provider} if provider else {})
    return erasing.erase(store, what, marks, Event("erasure", viewer.user, viewer.role, datetime.now(), detail))


def _person(store: Store, provider: str, ref: str) -> str:
    check_known(store, provider)
    if not ref.strip():
        raise Shown("Type the reference the provider uses for the person.")
    return mask.person_hash(intake.person_key(store), provider, ref)


def check_known(store: Store, provider: str) -> None:
    """Raises Shown for the code of no provider. One whose uploads were all taken back is still known: what they sent is in the ledger."""
    if provider not in set(writes.known_services(store).values()) and provider not in set(versions.once_known(store).values()):
        raise Shown("There is no such provider here. Use the provider's code as on the Services sheet.")


def _dated(sheet: str) -> str:
    return next((f.column for f in fields.BY_NAME[sheet].fields if f.kind == "date" and f.required), "")


def _note(store: Store, viewer: Viewer, kind: str, provider: str, detail: dict[str, Any]) -> None:
    writes.note_event(store, Event(kind, viewer.user, viewer.role, datetime.now(), {"provider": provider, **detail}))
