"""Views saved under a name: kept as changes like any other (store.keep), so that a rebuild has them too. No figure changes with them."""

from __future__ import annotations

from domain.types import Event, Upload
from warehouse import store as writes
from warehouse.connect import Store


def of(store: Store, owner: str) -> list[tuple[str, str, str]]:
    """(name, page, query) of the views an owner has saved and not taken away, by name."""
    with store.reading() as cursor:
        return cursor.execute(
            """select name, max_by(page, position) as page, max_by(query, position) as query from bookmark where owner = $owner
            group by name having max_by(page, position) <> '' order by lower(name), name""",
            {"owner": owner},
        ).fetchall()


def keep(store: Store, owner: str, name: str, page: str, query: str, event: Event) -> Upload:
    """Keeps one view; the same name again takes the place of the one before, and no page at all takes it away."""
    return writes.keep(store, {"bookmark": [{"owner": owner, "name": name, "page": page, "query": query}]}, event)
