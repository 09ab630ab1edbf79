"""The made-up sample database: filled on the first run through the same intake a user's file takes, once, while visitors see how far it is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from access import history, intake, record
from domain import errors
from domain.types import Viewer
from sample_data import generate, life
from warehouse.connect import Store

LOG = logging.getLogger("so_what")
BANNER = "Every organisation, person, score and story here is invented."
JOURNEYS = ("trying the app with made-up people", "none needed: nobody here is real", "whoever runs this machine")
_FILLING = threading.Lock()
_far: dict[str, tuple[int, int]] = {}  # path -> (workbooks loaded, of how many); written only while _FILLING is held


def marker(store: Store) -> Path:
    """A file beside the database, written when the whole sample is in: a run cut short is taken up again at the next start."""
    return store.path.with_suffix(".complete")


def ready(store: Store) -> bool:
    return marker(store).exists() and store.data_version > 0


def progress(store: Store) -> tuple[int, int]:
    """(workbooks loaded, of how many); (0, 0) before the number is known."""
    return _far.get(str(store.path), (0, 0))


def ensure(store: Store) -> None:
    """Fills the sample if it is not full; a second caller waits for the first. Workbooks already in are unchanged and cost little."""
    if ready(store):
        return
    with _FILLING:
        if ready(store):
            return
        viewer = Viewer("sample data", "commissioner", session="sample")
        books = generate.workbooks()
        for number, (name, content) in enumerate(books.items()):
            _far[str(store.path)] = (number, len(books))
            received = intake.receive(store, [(name, content)], viewer)
            if received.blocked:
                raise errors.Shown(f"The sample workbook {name} was not accepted: {received.findings[0].message}")
            if not received.unchanged:
                intake.send(store, received, viewer)
        if not history.begun(store):  # when each return came, and what was asked, answered and decided since
            history.keep(store, viewer, [history.Past(*change) for change in life.changes()])
        if not record.allowed_inside(store):  # these people are made up, so their lines may be looked at
            record.allow_inside(store, Viewer("sample data", "administrator", session="sample"), *JOURNEYS)
        _far[str(store.path)] = (len(books), len(books))
        marker(store).write_text("The sample data were loaded completely.\n")


def ensure_in_background(opened: Callable[[], Store]) -> threading.Thread:
    """Starts filling when the server starts. A problem is met again, and told, by the first visitor."""

    def fill() -> None:
        try:
            ensure(opened())
        except Exception as problem:
            LOG.warning("the sample could not be filled early: %s", type(problem).__name__)

    thread = threading.Thread(target=fill, name="sample", daemon=True)
    thread.start()
    return thread
