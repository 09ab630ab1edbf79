"""Answering a person from the command line: find, export, erase; and retain. The reference is typed at a prompt, never on the command line:
what stands there is kept in the shell's history and shown to everybody who lists what runs."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from access import mappings, requests
from commands import opened
from domain.errors import Shown
from exports import person
from warehouse.connect import Store


def add(command: Callable[..., argparse.ArgumentParser], database: Callable[[argparse.ArgumentParser], argparse.ArgumentParser]) -> None:
    """The commands and what each takes."""
    made = database(command("find", "say what is kept about a person (their reference is asked for)", find))
    made.add_argument("--provider", required=True, metavar="P", help="the provider's code or name")
    made.add_argument("--json", action="store_true", help="print the answer as JSON")
    made = database(command("export", "write a copy of everything kept about a person (their reference is asked for)", export))
    made.add_argument("--provider", required=True, metavar="P", help="the provider's code or name")
    made.add_argument("out", type=Path, metavar="OUT.json|csv|xlsx", help="the new file the copy is written to")
    made = database(command("erase", "take a person out of everything, for good (their reference is asked for)", erase))
    made.add_argument("--provider", required=True, metavar="P", help="the provider's code or name")
    made.add_argument("--because", choices=list(requests.BECAUSE), default="erased", help="erased: they asked for it; objection: they object to our keeping it")
    made.add_argument("--story", nargs=2, metavar=("SERVICE", "STORY_REF"), help="take out one story instead: its consent was withdrawn")
    made.add_argument("--let-back", action="store_true", help="they came back and agreed: what is recorded from today on may come in again")
    made.add_argument("--yes", action="store_true", help="do not ask whether to go on")
    made = database(command("retain", "take out everybody of whom nothing was recorded within the retention time", retain))
    made.add_argument("--yes", action="store_true", help="do not ask whether to go on")


def find(asked: argparse.Namespace) -> int:
    """Which sheets, services and dates, and how many rows; no contents."""
    settings = opened.settings_of(asked)
    ref = _reference()
    with opened.store(settings) as store:
        kept = requests.find(store, opened.viewer(), _provider(store, asked), ref)
    if asked.json:
        told = {
            "provider": kept.provider,
            "code_name": kept.code_name,
            "sheets": kept.sheets,
            "earlier": kept.earlier,
            "waiting": kept.waiting,
            "barred": kept.barred,
        }
        print(json.dumps(told, ensure_ascii=False, indent=1, default=str))
        return 0
    print(kept.words())
    for sheet in kept.sheets:
        days = f"{sheet['first']} to {sheet['last']}" if sheet["first"] else "no date"
        print(sheet["sheet"], sheet["rows"], days, ", ".join(sheet["services"]), sep="\t")
    return 0


def export(asked: argparse.Namespace) -> int:
    """Writes the copy to a new file that only its owner may read."""
    form = asked.out.suffix.lower().lstrip(".")
    if form not in person.FORMS:
        raise Shown("The copy is written as .json, .csv or .xlsx: name the file so.")
    if asked.out.exists():
        raise Shown(f"{asked.out.name} exists already. Choose a new name, so that nobody's copy is written over.")
    settings = opened.settings_of(asked)
    ref = _reference()
    with opened.store(settings) as store:
        content = person.made(requests.copy(store, opened.viewer(), _provider(store, asked), ref), form)
    try:
        with os.fdopen(os.open(asked.out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except OSError:
        raise Shown(f"{asked.out.name} could not be written. Is the folder there?") from None
    print(f"A copy of everything kept is in {asked.out}. Hand it to the person by a way you trust, then delete the file.")
    return 0


def erase(asked: argparse.Namespace) -> int:
    """Takes somebody, or one story, out for good, after saying what is there."""
    settings = opened.settings_of(asked)
    if asked.story:
        with opened.store(settings) as store:
            _go_on(asked, "The story goes from everything, for good.")
            requests.withdraw_story(store, opened.viewer(), *asked.story)
        return _done(asked, "The story is out of everything, and out of the earlier uploads.")
    ref = _reference()
    with opened.store(settings) as store:
        viewer, provider = opened.viewer(), _provider(store, asked)
        if asked.let_back:
            requests.let_back(store, viewer, provider, ref)
            print("What is recorded about them from today on may come in again. What was taken out stays out.")
            return 0
        kept = requests.find(store, viewer, provider, ref)
        print(kept.words())
        if kept.nothing and not asked.yes:
            print("Taking them out all the same keeps them out of what is sent later and of older backups.")
        _go_on(asked, "They go from everything, for good; what is sent about them later is left out.")
        requests.erase(store, viewer, provider, ref, asked.because)
    return _done(asked, "They are out of everything, and out of the earlier uploads.")


def retain(asked: argparse.Namespace) -> int:
    """Applies the controller's retention rule."""
    with opened.store(opened.settings_of(asked)) as store:
        past = requests.past_retention(store, opened.viewer())
        if past and past[1] + past[2]:
            before, people, stories = past
            print(f"Nothing was recorded since {before} about {people} {'person' if people == 1 else 'people'}; stories of nobody in particular: {stories}.")
            _go_on(asked, "They go from everything, for good.")
        made = requests.retain(store, opened.viewer())
    if made is None:
        print("Nobody is past the retention time.")
        return 0
    return _done(asked, "They are out of everything.")


def _provider(store: Store, asked: argparse.Namespace) -> str:
    """The code of the provider named, by code or name. Raises Shown where there is none."""
    try:
        return mappings.named(store, opened.viewer(), asked.provider)
    except Shown:
        requests.check_known(store, asked.provider)  # a provider whose uploads were all taken back has no name any more
        return str(asked.provider)


def _done(asked: argparse.Namespace, sentence: str) -> int:
    # Opening once more writes the file anew, so that nothing of them is left in its free space.
    with opened.store(opened.settings_of(asked)) as store:
        notices = store.notices
    for notice in notices:
        print(notice, file=sys.stderr)
    print(f"{sentence} Backups made before today still hold them; when one is restored, this is done again by itself.")
    return 0


def _reference() -> str:
    """What is typed at the prompt, unseen; from a pipe, its first line."""
    if sys.stdin.isatty():
        return getpass.getpass("The reference the provider uses for the person (it is not shown): ")
    return sys.stdin.readline().rstrip("\r\n")


def _go_on(asked: argparse.Namespace, what: str) -> None:
    """Asks once; anything but yes raises Shown."""
    if asked.yes:
        return
    print(f"{what} Type yes to go on: ", end="", flush=True)
    if sys.stdin.readline().strip().lower() != "yes":
        raise Shown("Nothing was changed.")
