"""The store and the viewer of a local command line: whoever runs it administers this machine, and the audit says so."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import Unreadable
from domain.settings import Settings
from domain.settings import load as load_settings
from domain.types import Viewer
from warehouse.connect import Store


def settings_of(asked: argparse.Namespace, may_be_new: bool = False) -> Settings:
    """This machine's settings, with the database the command names, if it names one.

    Raises Unreadable where there is none, unless it `may_be_new`: a mistyped path would otherwise become an empty database that answers "nothing is kept".
    """
    settings = load_settings()
    if asked.database:
        settings = settings.replaced(database=asked.database.expanduser().resolve())
    if not may_be_new:
        check_there(settings.database)
    return settings


def check_there(database: Path) -> None:
    """Raises Unreadable where there is no database."""
    if not database.is_file():
        raise Unreadable(f"There is no database at {database}. Look at the path; a first return sent with 'load' makes one. Nothing was changed.")


def viewer() -> Viewer:
    """The administrator of this machine. A figure's policy is asked for by name, so the role alone decides nothing here."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = "unknown"
    return Viewer(user=user, role="administrator", session="command line")


@contextmanager
def store(settings: Settings, path: Path | None = None) -> Iterator[Store]:
    """The open store; raises errors.DatabaseBusy when the app holds it."""
    opened = Store(path or settings.database, settings)
    try:
        yield opened
    finally:
        opened.close()
