"""Loads one upload after another into a store until it is killed. Says `ready`, then `N start` and `N done` for each."""

import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from domain.settings import Settings
from domain.types import Event
from tests.second_opinion.plain import table
from warehouse import store as writes
from warehouse.connect import Store


def rows(n: int) -> dict[str, list[dict]]:
    """Upload n: 20 people and 40 scores of its own service, all recognisable by n."""
    code, begun = f"S{n}", date(2025, 1, 1)
    people = [{"person": f"{n:016x}{i:016x}", "service_code": code, "started_on": begun, "ended_on": begun + timedelta(days=90)} for i in range(20)]
    scores = [
        {"person": p["person"], "service_code": code, "date": begun + timedelta(days=60 * k), "measure": "PHQ-9", "score": Decimal(20 - 8 * k)}
        for p in people for k in (0, 1)
    ]  # fmt: skip
    service = {"service_code": code, "service_name": code, "provider_code": "P", "provider_name": "P", "service_type": "counselling"}
    return {"services": [service], "people": people, "assessments": scores}


if __name__ == "__main__":
    path, first = Path(sys.argv[1]), int(sys.argv[2])
    store = Store(path, Settings())
    print("ready", flush=True)
    for n in range(first, first + 500):
        tables = {name: table(name, found) for name, found in rows(n).items()}
        print(n, "start", flush=True)
        writes.commit(store, tables, Event("upload", "test", "administrator", datetime(2026, 3, 31)))
        print(n, "done", flush=True)
