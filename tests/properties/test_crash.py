"""kill -9 while uploads are being kept, 50 times: each upload is there whole or not at all, and none that was acknowledged is lost."""

from __future__ import annotations

import random
import subprocess
import sys
import time

import pytest

from domain.settings import ROOT, Settings
from tests.properties.crash_child import rows
from warehouse import backup, ledger
from warehouse.connect import Store

KILLS = 10  # in each of five stores


@pytest.mark.parametrize("seed", range(5))
def test_killed_loads_are_all_or_nothing(tmp_path, seed):
    rng = random.Random(seed)
    path = tmp_path / "store.duckdb"
    acknowledged: set[int] = set()
    attempted = 0
    for _ in range(KILLS):
        child = subprocess.Popen([sys.executable, "-m", "tests.properties.crash_child", str(path), str(attempted)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert child.stdout and child.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0, 0.4))
        child.kill()
        for line in child.stdout.read().splitlines():
            number, what = line.split()
            attempted = max(attempted, int(number) + 1)
            if what == "done":
                acknowledged.add(int(number))
        child.wait()
    assert attempted > 0
    store = Store(path, Settings())
    with store.reading() as cursor:
        held = {}
        for name, per_upload in (("services", 1), ("people", 20), ("assessments", 40), ("headline", 20)):
            column = "service" if name == "headline" else "service_code"
            held[name] = dict(cursor.execute(f"select {column}, count(*) from {name} group by 1").fetchall())
            assert set(held[name].values()) <= {per_upload}, name
        uploads = cursor.execute("select count(*) from upload").fetchone()[0]
    assert held["services"].keys() == held["people"].keys() == held["assessments"].keys() == held["headline"].keys()
    assert {f"S{n}" for n in acknowledged} <= held["services"].keys()
    assert len(held["services"]) == uploads == len(ledger.logged(store.ledger))
    assert {line["id"] for line in ledger.logged(store.ledger)} == {p.name for p in store.ledger.iterdir() if p.is_dir() and p.name != "orphaned"}
    before = _contents(store)
    store.close()
    store = backup.rebuild(path, Settings())
    assert _contents(store) == before
    store.close()


def _contents(store):
    with store.reading() as cursor:
        return [
            cursor.execute(f"select count(*), sum(hash(t)::hugeint) from {name} t").fetchone()
            for name in ("services", "people", "assessments", "episode", "score", "outcome", "headline", "code_name")
        ]


def test_the_child_makes_what_the_test_counts():
    made = rows(3)
    assert [len(made[n]) for n in ("services", "people", "assessments")] == [1, 20, 40]
