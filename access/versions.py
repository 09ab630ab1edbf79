"""Earlier versions of what was sent: what each upload changed, two compared, and one brought back. For the provider's own eyes only.

Bringing an upload back sends what it held once more, as a change of its own: its rows count again, quarters it held are as it had them, and records
that only later uploads hold stay. Locks and agreed plans hold as for any upload, and what was erased stays out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from access import intake, rules, settled
from domain.errors import Refused, Shown
from domain.quarters import Quarter
from domain.types import Event, Upload, Viewer
from warehouse import arrivals, versions
from warehouse import store as writes
from warehouse.connect import Store
from warehouse.versions import Difference

__all__ = ["Difference", "Version", "compare", "listed", "restore", "what_changed", "would_change"]


@dataclass(frozen=True)
class Version:
    """One upload. `changes` maps a sheet's name to what it changed when it came; empty where the viewer may not see that."""

    upload: Upload
    services: tuple[str, ...]
    changes: dict[str, Difference]
    restores: str = ""  # the upload it brought back


def listed(store: Store, viewer: Viewer, services: Sequence[str] = (), newest: int = 20) -> list[Version]:
    """The uploads that touched these services (none: all the viewer may know of), newest first; for a manager with what each changed."""
    touched = writes.services_touched(store)
    sent = [u for u in intake.uploads(store, viewer) if u.kind == "upload" and (not services or set(services) & set(touched.get(u.upload_id, [])))][:newest]
    changes = {}
    if _own(viewer):
        codes = sorted({s for u in sent for s in touched.get(u.upload_id, []) if not services or s in services})
        changes = versions.each(store, [u.upload_id for u in sent], codes)
    details = writes.details(store)
    return [
        Version(u, tuple(touched.get(u.upload_id, [])), changes.get(u.upload_id, {}), str(details.get(u.upload_id, {}).get("restores") or "")) for u in sent
    ]


def what_changed(store: Store, viewer: Viewer, upload_id: str) -> dict[str, Difference]:
    """What one upload changed when it came, with the cells."""
    services = _services(store, viewer, upload_id)
    return versions.made_by(store, upload_id, services)


def compare(store: Store, viewer: Viewer, first: str, second: str) -> dict[str, Difference]:
    """How what is stored differs between just after the earlier and just after the later of two uploads, for the services either touched."""
    services = sorted({*_services(store, viewer, first), *_services(store, viewer, second)})
    return versions.between(store, first, second, services)


def would_change(store: Store, viewer: Viewer, upload_id: str) -> dict[str, dict[str, int]]:
    """By sheet: rows new, changed, unchanged and gone if this upload were brought back now. Raises Shown where something stands against it."""
    _services(store, viewer, upload_id)
    tables, complete, _ = versions.tables_of(store, upload_id)
    _check_settled(store, viewer, tables)
    return arrivals.examine(store, tables, complete, crosscheck=False).preview


def restore(store: Store, viewer: Viewer, upload_id: str) -> Upload:
    """Brings an earlier upload back as a new one and returns that. Raises Shown where it is what counts already, or where something stands against it."""
    with store.lock:
        preview = would_change(store, viewer, upload_id)
        if not any(of["new"] or of["changed"] or of["gone"] for of in preview.values()):
            raise Shown("All of that upload is what counts now, so there is nothing to bring back.")
        tables, complete, fingerprint = versions.tables_of(store, upload_id)
        was = next(u for u in writes.uploads(store) if u.upload_id == upload_id)
        event = Event("upload", viewer.user, viewer.role, datetime.now(), {"restores": upload_id, "rows": sum(t.num_rows for t in tables.values())})
        letters = writes.details(store).get(upload_id, {}).get("columns")
        return writes.commit(store, tables, event, was.files, fingerprint, complete, restores=upload_id, letters=letters)


def _own(viewer: Viewer) -> bool:
    return viewer.role == "manager" or viewer.session == rules.COMMAND_LINE


def _services(store: Store, viewer: Viewer, upload_id: str) -> list[str]:
    """The services an upload touched, for who may look into it: a manager whose own they all are."""
    rules.check_uploads(viewer)
    if not _own(viewer):
        raise Refused("What changed from one version to the next is for the provider's own eyes: a difference could say something of one person.")
    if upload_id not in {u.upload_id for u in intake.uploads(store, viewer)}:
        raise Shown("There is no such upload of yours.")
    return writes.services_touched(store).get(upload_id, [])


def _check_settled(store: Store, viewer: Viewer, tables: dict[str, pa.Table]) -> None:
    """A locked return does not change, and a manager changes no agreed plan by way of an earlier upload."""
    stands = settled.against(store, viewer, tables)
    for service, year, number in stands.locked:
        months = Quarter(year, number).months()
        raise Shown(f"The return of {service} for {months} is locked, and that upload says something else. Ask your commissioner to open it again.")
    if stands.agreed:
        raise Shown("The plan was agreed since, and that upload would change a line of it. Propose the change on the page Target plan instead.")
