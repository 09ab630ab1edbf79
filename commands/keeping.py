"""Keeping the database safe from the command line: backup, restore, rebuild."""

from __future__ import annotations

import argparse
import sys

from commands import opened
from warehouse import backup as safe
from warehouse import ledger


def backup(asked: argparse.Namespace) -> int:
    """Copies the database and its ledger, as they are at one moment, into a new folder."""
    with opened.store(opened.settings_of(asked)) as store:
        safe.backup(store, asked.out)
    print(f"The backup is in {asked.out}. The key that scrambles person references (person.key) is not in it: keep a copy of that apart.")
    return 0


def restore(asked: argparse.Namespace) -> int:
    """Puts a backup in place of the database; what stood there is kept beside it."""
    settings = opened.settings_of(asked, may_be_new=True)
    restored = safe.restore(asked.backup, settings.database, settings)
    restored.close()
    _tell(restored.notices)
    print(f"Restored from {asked.backup}. What stood there before is kept beside it.")
    return 0


def rebuild(asked: argparse.Namespace) -> int:
    """Makes the database again from its ledger. Raises Unreadable where there is neither."""
    settings = opened.settings_of(asked, may_be_new=True)
    if not ledger.folder_of(settings.database).is_dir():
        opened.check_there(settings.database)
    rebuilt = safe.rebuild(settings.database, settings)
    rebuilt.close()
    _tell(rebuilt.notices)
    print("The database is made again from its ledger. The old one is kept beside it.")
    return 0


def _tell(notices: list[str]) -> None:
    for notice in notices:
        print(notice, file=sys.stderr)
