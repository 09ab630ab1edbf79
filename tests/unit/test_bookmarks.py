"""Saved views: each viewer's own, kept through a rebuild, holding nothing but a page and what its link may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from access import bookmarks
from domain import settings
from domain.errors import Refused, Shown
from domain.types import Scope, Viewer
from tests.conftest import ADMINISTRATOR, COMMISSIONER, manager_of
from warehouse import backup
from warehouse import store as writes
from warehouse.connect import Store

SCOPE = Scope(services=("S1",), measure="PHQ-9").where("gender", "female")
LINK = {name: [value] if isinstance(value, str) else value for name, value in SCOPE.to_query().items()}


def test_a_view_is_saved_found_replaced_and_deleted(store: Store) -> None:
    before = store.data_version
    bookmarks.save(
        store, COMMISSIONER, "  Women   at The Elms ", "cohorts", {**LINK, "v": ["3"], "data": ["sample"], "opened": ["Ash Lantern"], "metric": ["recovery"]}
    )
    (saved,) = bookmarks.of(store, COMMISSIONER)
    assert (saved.name, saved.page) == ("Women at The Elms", "cohorts")
    assert saved.query == {**SCOPE.to_query(), "metric": "recovery"}, "only the scope and choices of closed lists are kept"
    bookmarks.save(store, COMMISSIONER, "Women at The Elms", "service", {"service": ["S2"]})
    assert [(each.page, dict(each.query)) for each in bookmarks.of(store, COMMISSIONER)] == [("service", {"service": ["S2"]})]
    assert store.data_version == before, "no figure has changed"
    assert bookmarks.delete(store, COMMISSIONER, "no such view") is None
    bookmarks.delete(store, COMMISSIONER, "Women at The Elms")
    assert bookmarks.of(store, COMMISSIONER) == ()
    bookmarks.save(store, COMMISSIONER, "Women at The Elms", "cohorts", LINK)
    assert len(bookmarks.of(store, COMMISSIONER)) == 1


def test_nobody_finds_anybody_elses(store: Store) -> None:
    viewers = [
        Viewer("local", "commissioner"),
        Viewer("local", "presenter"),
        Viewer("local", "manager", ("P1",)),
        Viewer("local", "manager", ("P2",)),
        Viewer("other", "commissioner"),
    ]
    for n, viewer in enumerate(viewers):
        bookmarks.save(store, viewer, f"view {n}", "overview", {})
    assert [[each.name for each in bookmarks.of(store, viewer)] for viewer in viewers] == [[f"view {n}"] for n in range(5)]
    with pytest.raises(Refused):
        bookmarks.save(store, ADMINISTRATOR, "figures", "overview", {})


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "NHS number 943 476 5919", "jo@example.org"])
def test_a_name_that_cannot_be_kept_is_told_and_not_repeated(store: Store, name: str) -> None:
    with pytest.raises(Shown) as told:
        bookmarks.save(store, COMMISSIONER, name, "overview", {})
    assert bookmarks.of(store, COMMISSIONER) == ()
    assert not name.strip() or name not in str(told.value)


def test_there_is_an_end_to_them(store: Store) -> None:
    for n in range(bookmarks.MOST):
        bookmarks.save(store, COMMISSIONER, f"view {n}", "overview", {})
    with pytest.raises(Shown, match="Delete one"):
        bookmarks.save(store, COMMISSIONER, "one more", "overview", {})
    bookmarks.save(store, COMMISSIONER, "view 0", "compare", {})  # the same name again is no more


def test_a_rebuild_keeps_them_and_the_audit_names_none(store: Store, own_database: Path) -> None:
    bookmarks.save(store, manager_of("P1"), "Our women", "cohorts", LINK)
    bookmarks.save(store, manager_of("P1"), "Gone", "cohorts", LINK)
    bookmarks.delete(store, manager_of("P1"), "Gone")
    told = [(event.kind, event.detail) for event in writes.audited(store)]
    assert [kind for kind, _ in told].count("view saved") == 2 and [kind for kind, _ in told].count("view deleted") == 1
    assert "Our women" not in str(told) and "Gone" not in str(told)
    store.close()
    again = backup.rebuild(own_database, settings.load())
    try:
        assert [each.name for each in bookmarks.of(again, manager_of("P1"))] == ["Our women"]
    finally:
        again.close()
