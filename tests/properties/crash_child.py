"""A process that lets children load one upload after another, and kills each with -9 at a random moment.

Children are forked, not started: what takes time is the loading and the killing, not importing. Prints what was attempted and acknowledged as JSON.
"""

import json
import os
import random
import signal
import sys
import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from domain.settings import Settings
from domain.types import Event
from tests.second_opinion.plain import table
from warehouse import store as writes
from warehouse.connect import Store


def rows(n: int) -> dict[str, list[dict]]:
    """Upload n: 6 people and 12 scores of its own service, all recognisable by n."""
    code, begun = f"S{n}", date(2025, 1, 1)
    people = [{"person": f"{n:016x}{i:016x}", "service_code": code, "started_on": begun, "ended_on": begun + timedelta(days=90)} for i in range(6)]
    scores = [
        {"person": p["person"], "service_code": code, "date": begun + timedelta(days=60 * k), "measure": "PHQ-9", "score": Decimal(20 - 8 * k)}
        for p in people for k in (0, 1)
    ]  # fmt: skip
    service = {"service_code": code, "service_name": code, "provider_code": "P", "provider_name": "P", "service_type": "counselling"}
    return {"services": [service], "people": people, "assessments": scores}


def waiting(n: int) -> pa.Table:
    """One row of upload n that is held back, as the ledger keeps it."""
    row = {"file": f"{n}.xlsx", "sheet": "Assessments", "row": 42, "table_name": "assessments", "provider": "P", "service_code": f"S{n}",
           "person": f"{n:016x}{0:016x}", "key": f"{n:032x}", "sound": [f"date={n:016x}"], "codes": "out-of-range", "cells": "{}"}  # fmt: skip
    types = [pa.list_(pa.string()) if name == "sound" else pa.int32() if name == "row" else pa.string() for name in row]
    return pa.table({name: pa.array([value], kind) for (name, value), kind in zip(row.items(), types, strict=True)})


def load(path: Path, first: int, tell: int) -> None:
    """Loads uploads `first`, `first` + 1, … until it is killed; says `ready`, then `N start` and `N done` for each."""
    store = Store(path, Settings(database_threads=1))
    os.write(tell, b"ready\n")
    for n in range(first, first + 500):
        tables = {name: table(name, found) for name, found in rows(n).items()}
        os.write(tell, f"{n} start\n".encode())
        writes.commit(store, tables, Event("upload", "test", "administrator", datetime(2026, 3, 31)), waiting=waiting(n))
        os.write(tell, f"{n} done\n".encode())


def kill_often(path: Path, kills: int, seed: int) -> dict[str, list[int]]:
    rng = random.Random(seed)
    attempted: set[int] = set()
    acknowledged: set[int] = set()
    for _ in range(kills):
        hear, tell = os.pipe()
        if (child := os.fork()) == 0:
            os.close(hear)
            load(path, max(attempted, default=-1) + 1, tell)
            os._exit(0)
        os.close(tell)
        with os.fdopen(hear) as said:
            if said.readline() != "ready\n":
                raise SystemExit("the store could not be opened again")
            heard: list[str] = []
            wanted = rng.choice((0, 0, 0, 1))  # however slow the machine, some die in their first upload and some in a later one
            while sum(line.endswith("done\n") for line in heard) < wanted:
                heard.append(said.readline())
            time.sleep(rng.uniform(0, 0.25))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            heard += said.readlines()
            for number, what in (line.split() for line in heard if line.endswith(("start\n", "done\n"))):
                (acknowledged if what == "done" else attempted).add(int(number))
    return {"attempted": sorted(attempted), "acknowledged": sorted(acknowledged)}


if __name__ == "__main__":
    print(json.dumps(kill_often(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
