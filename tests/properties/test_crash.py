"""kill -9 while uploads are being kept, 50 times: each upload is there whole or not at all, and none that was acknowledged is lost."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from domain.settings import ROOT
from tests.conftest import ONE_THREAD
from tests.properties.crash_child import rows
from warehouse import backup, ledger
from warehouse.connect import Store

KILLS = 25  # in each of two stores


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_killed_loads_are_all_or_nothing(tmp_path, seed):
    path = tmp_path / "store.duckdb"
    ended = subprocess.run([sys.executable, "-m", "tests.properties.crash_child", str(path), str(KILLS), str(seed)], capture_output=True, text=True, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    acknowledged = set(said["acknowledged"])
    assert len(said["attempted"]) >= len(acknowledged) > 0
    store = Store(path, ONE_THREAD)
    with store.reading() as cursor:
        held = {}
        for name, per_upload in (("services", 1), ("people", 6), ("assessments", 12), ("headline", 6), ("held", 1)):
            column = "service" if name == "headline" else "service_code"
            held[name] = dict(cursor.execute(f"select {column}, count(*) from {name} group by 1").fetchall())
            assert set(held[name].values()) <= {per_upload}, name
        uploads = cursor.execute("select count(*) from upload").fetchone()[0]
    assert held["services"].keys() == held["people"].keys() == held["assessments"].keys() == held["headline"].keys() == held["held"].keys()
    assert {f"S{n}" for n in acknowledged} <= held["services"].keys()
    assert len(held["services"]) == uploads == len(ledger.logged(store.ledger))
    assert {line["id"] for line in ledger.logged(store.ledger)} == {p.name for p in store.ledger.iterdir() if p.is_dir() and p.name != "orphaned"}
    before = _contents(store)
    store.close()
    store = backup.rebuild(path, ONE_THREAD)
    assert _contents(store) == before
    store.close()


def _contents(store):
    with store.reading() as cursor:
        return [
            cursor.execute(f"select count(*), sum(hash(t)::hugeint) from {name} t").fetchone()
            for name in ("services", "people", "assessments", "episode", "score", "outcome", "headline", "code_name", "held")
        ]


def test_the_child_makes_what_the_test_counts():
    made = rows(3)
    assert [len(made[n]) for n in ("services", "people", "assessments")] == [1, 6, 12]
