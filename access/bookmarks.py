"""Views saved under a name, each for the viewer who saved it and nobody else.

A view is a page and what its link says (the scope, and choices of closed lists), never figures: opening it asks anew, under the rights of whoever
opens it. Whose it is: the user, the role and the providers looked for. Where there is no sign-in the user is the role's own ("local manager"), so
that on one machine commissioner, presenter and the manager of each provider keep views apart from each other's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlencode

from access import rules
from data_loaders import screen
from domain.errors import Shown
from domain.types import Event, Scope, Upload, Viewer
from warehouse import bookmarks
from warehouse.connect import Store

LONGEST = 60  # characters of a name
MOST = 30  # views one viewer keeps
# What a link says beside its scope: choices of closed lists. Nothing else of a link is kept
CHOICES = ("metric",)
_WORD = re.compile(r"[a-z0-9-]{1,60}")


@dataclass(frozen=True)
class Bookmark:
    """One saved view: a page of the menu, and the parameters of its link."""

    name: str
    page: str
    query: Mapping[str, str | list[str]]


def owner(viewer: Viewer) -> str:
    """Whose views these are: user, role, and the providers a manager looks for."""
    return "|".join((viewer.user, viewer.role, *sorted(viewer.providers)))


def of(store: Store, viewer: Viewer) -> tuple[Bookmark, ...]:
    """The viewer's own saved views, by name."""
    rules.check_sees_groups(viewer)
    whose = owner(viewer)
    return store.remembered(f"bookmarks of {whose}", lambda: tuple(Bookmark(name, page, _read(query)) for name, page, query in bookmarks.of(store, whose)))


def save(store: Store, viewer: Viewer, name: str, page: str, query: Mapping[str, Sequence[str]]) -> Upload:
    """Keeps what a link says under a name; the same name again takes the place of the one before.

    Raises Shown where there is no name, where it is too long or seems to say who somebody is, and where there are MOST already.
    """
    called = " ".join(name.split())
    if not called:
        raise Shown("Give the view a name, so that you find it again.")
    if len(called) > LONGEST:
        raise Shown(f"That name is longer than {LONGEST} characters. A shorter one is easier to find.")
    if kinds := screen.identifiers(called):
        raise Shown(f"This name seems to hold {', '.join(kinds)}. Name the view after what it shows. Nothing has been kept.")
    known = {each.name for each in of(store, viewer)}
    if called not in known and len(known) >= MOST:
        raise Shown(f"There are {MOST} saved views already. Delete one you no longer need, then save this one.")
    event = Event("view saved", viewer.user, viewer.role, datetime.now(), {"page": page})
    return bookmarks.keep(store, owner(viewer), called, page, urlencode(_kept(query), doseq=True), event)


def delete(store: Store, viewer: Viewer, name: str) -> Upload | None:
    """Takes a saved view away; None where the viewer has none of this name."""
    if name not in {each.name for each in of(store, viewer)}:
        return None
    return bookmarks.keep(store, owner(viewer), name, "", "", Event("view deleted", viewer.user, viewer.role, datetime.now()))


def _kept(query: Mapping[str, Sequence[str]]) -> dict[str, str | list[str]]:
    """The parts of a link that are a scope's or one of CHOICES."""
    given = {name: list(values) for name, values in query.items()}
    chosen = {name: given[name][-1] for name in CHOICES if given.get(name) and _WORD.fullmatch(given[name][-1])}
    return {**Scope.from_query(given).to_query(), **chosen}


def _read(query: str) -> dict[str, str | list[str]]:
    return _kept(parse_qs(query))
