"""What `python so_what.py …` understands: the same doors as the pages, without a screen.

Exit codes: 0 done; 1 findings that stop the file, or a request that was refused; 2 a file that could not be read (or words the command line
does not know); 3 the app is running and holds the database; 70 a fault of ours, told as a reference number.
"""

from __future__ import annotations

import argparse
import logging
import secrets
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from commands import figures, files, from_csv, keeping, plans, requests, statistics
from domain import errors, fields
from domain.settings import load as load_settings
from metrics import registry

DONE, STOPPED, UNREADABLE, HELD, OUR_FAULT = 0, 1, 2, 3, 70


def main(arguments: Sequence[str]) -> int:
    """Runs one command and returns its exit code. Sentences for people go to stderr, so stdout holds only what was asked for."""
    asked = parser().parse_args(arguments)
    try:
        return asked.run(asked)
    except errors.DatabaseBusy as busy:
        return _say(busy, HELD)
    except errors.Unreadable as unreadable:
        return _say(unreadable, UNREADABLE)
    except errors.Shown as shown:
        return _say(shown, STOPPED)
    except BrokenPipeError:  # `… | head` has read enough
        sys.stderr.close()
        return DONE
    except KeyboardInterrupt:
        print("Stopped. Nothing half-done was kept.", file=sys.stderr)
        return 130
    except Exception as fault:
        return _say(f"Something went wrong, and it is our fault. Nothing half-done was kept. Reference {_note(fault)} (so-what.log).", OUR_FAULT)


def _say(sentence: object, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code


def _note(fault: Exception) -> str:
    """Writes where a fault arose to so-what.log beside the database and returns its reference. The fault's own words are left out: they may hold a value."""
    reference = secrets.token_hex(4)
    place = load_settings().database.parent
    log = logging.getLogger("so_what")
    log.propagate = False
    try:
        place.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(place / "so-what.log", encoding="utf-8")
    except OSError:
        return reference
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log.addHandler(handler)
    frames = "".join(f"\n  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(fault.__traceback__))
    log.error("%s %s%s", reference, type(fault).__name__, frames)
    log.removeHandler(handler)
    handler.close()
    return reference


def parser() -> argparse.ArgumentParser:
    """Every command and what it takes; one command for each metric of the registry, under the metric's own id."""
    top = argparse.ArgumentParser(
        prog="python so_what.py",
        description="So What? without a screen: check and load returns, ask for figures, keep the database safe.",
        epilog="'python so_what.py metrics' lists the figures that can be asked for; each is a command of its own.",
        allow_abbrev=False,
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, help: str, run: object, *, hidden: bool = False) -> argparse.ArgumentParser:
        made = commands.add_parser(name, description=help, allow_abbrev=False, **({} if hidden else {"help": help}))  # type: ignore[arg-type]
        made.set_defaults(run=run)
        return made

    def database(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made.add_argument("--database", type=Path, metavar="PATH", help="the database file (otherwise SO_WHAT_DATABASE, or data/so-what.duckdb)")
        return made

    made = command("template", "write a blank return workbook", files.template)
    made.add_argument("out", type=Path, metavar="OUT.xlsx")
    made.add_argument(
        "--sheets", nargs="+", metavar="SHEET", choices=[s.name for s in fields.SHEETS], default=list(fields.STARTER_SHEETS),
        help=f"which sheets it holds (otherwise: {', '.join(fields.STARTER_SHEETS)})",
    )  # fmt: skip
    made = database(command("check", "say what is wrong in a return, and where, without storing anything", files.check))
    files.about_files(made)
    made.add_argument("--json", action="store_true", help="print the findings as JSON")
    made = database(command("load", "send a return: check it and store it", files.load))
    files.about_files(made)
    made.add_argument("--hold-back", action="store_true", help="send the rows that are ready and let the others wait for you")
    made.add_argument("--json", action="store_true", help="print what was stored as JSON")
    database(command("waiting", "list the rows that were held back and wait for you", files.waiting))
    database(command("uploads", "list what has been sent", files.uploads))
    made = database(command("undo", "take an upload back", files.undo))
    made.add_argument("upload_id", metavar="UPLOAD_ID")

    made = database(command("backup", "copy the database and its ledger into a new folder", keeping.backup))
    made.add_argument("out", type=Path, metavar="OUT")
    made = database(command("restore", "put a backup in place of the database", keeping.restore))
    made.add_argument("backup", type=Path, metavar="IN")
    database(command("rebuild", "make the database again from its ledger", keeping.rebuild))

    requests.add(command, database)

    help = "work out from 50 or more first scores how large a change counts, where nobody has published it"
    database(command("recompute", help, figures.recompute))
    from_csv.register(command)
    plans.add(command, database)
    statistics.add(command)
    command("metrics", "list the figures that can be asked for", figures.metrics)
    for metric in (m for m in registry.METRICS.values() if m.kind != "curve"):  # a curve is a command of its own, among the statistics
        made = database(command(metric.id, metric.question, figures.ask, hidden=True))
        made.set_defaults(metric=metric.id)
        figures.add_scope(made)
        statistics.options(made, metric)
    return top
