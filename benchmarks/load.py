"""The whole way of a large Assessments sheet, from bytes to committed rows with their marts, beside openpyxl merely reading.

Each side runs in a process of its own, so that neither's memory nor its leftovers count for the other. Ours starts with the app imported, the database
open and the process of which readers are forks awake, as the app is when a file arrives (the page wakes it while somebody chooses one); the reading
process itself, a fork, starts within what is measured.
"""

from __future__ import annotations

import io
import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.intake import make_assessments
from benchmarks.measured import Ratio
from domain.settings import ROOT, Settings
from domain.types import Viewer

MACHINE = Viewer("benchmark", "administrator", (), "command line")
TODAY = date(2026, 1, 31)
CHOOSING = 2.0  # seconds from opening the page to dropping a file, at the very least
LOOK_EVERY = 0.02  # seconds between two looks at the memory
_OTHERS: dict[int, float] = {}  # process id -> processor seconds it has used


def ratios(rows: int = 100_000, repeats: int = 3, at_most: float = 1 / 5, streaming: float = 1 / 2, memory: float = 600, theirs: int = 3) -> list[Ratio]:
    """From bytes to committed rows, the reader's process and the marts included, beside openpyxl merely reading, in its two ways; and the peak of memory.

    The median of our runs beside the best of theirs, taken in turn, so that a machine that is busy for a while slows all alike.
    """
    content = make_assessments(rows)
    ours, loaded, streamed = [], [], []
    with TemporaryDirectory() as name:
        folder = Path(name) / "ready"
        folder.mkdir()
        prepare(folder, content)
        for nth in range(repeats):
            copy = Path(name) / "copy"
            shutil.copytree(folder, copy)
            ours.append(apart("ours", copy))
            shutil.rmtree(copy)
            if nth < theirs:
                loaded.append(apart("loaded", folder))
                streamed.append(apart("streamed", folder))
    taken = sorted(one["seconds"] for one in ours)
    middle = statistics.median(taken)
    size = f"{rows:,} rows, {len(content) / 1e6:.1f} MB."
    worked, their_work = (statistics.median(one["processor"] for one in runs) for runs in (ours, loaded))
    spread = f"Ours from {taken[0]:.2f} to {taken[-1]:.2f} s in {len(taken)} runs."
    note = f"{size} {spread} Processor time {worked:.2f} s and {their_work:.2f} s, ratio {worked / their_work:.3f}."
    return [
        Ratio("Assessments from bytes to committed, marts included", middle, "openpyxl.load_workbook alone", _least(loaded), at_most, note),
        Ratio("the same", middle, "openpyxl streaming (read_only), its values alone", _least(streamed), streaming, size),
        Ratio("peak memory, app and reading process together", max(one["both"] for one in ours), "allowed", memory, 1, size, "MB"),
    ]


def million() -> list[Ratio]:
    """The same with a million rows: three runs of ours, and one of openpyxl's, which takes two minutes."""
    return ratios(1_000_000, 3, 1 / 6, 1 / 3, 1200, theirs=1)


def _least(runs: list[dict[str, Any]]) -> float:
    return float(min(one["seconds"] for one in runs))


def apart(what: str, folder: Path) -> dict[str, Any]:
    """What a process of its own measured: `ours`, `loaded` or `streamed`, of the workbook and the database in the folder."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.load", what, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The benchmark's own file was not read clean: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))


def prepare(folder: Path, content: bytes) -> None:
    """The workbook, and a database with its services and one stay for each person of the sheet, hashed by the same key."""
    (folder / "assessments.xlsx").write_bytes(content)
    apart_code = subprocess.run([sys.executable, "-m", "benchmarks.load", "people", str(folder)], cwd=ROOT, capture_output=True, text=True, check=False)
    if apart_code.returncode:
        raise SystemExit(apart_code.stderr[-2000:])


def _settings(content: bytes) -> Settings:
    return Settings().replaced(largest_file_mb=max(Settings().largest_file_mb, (len(content) >> 20) + 1))


def _people(folder: Path, content: bytes) -> None:
    import pyarrow.compute as pc

    from data_loaders.mask import load_key, mask
    from data_loaders.read import read
    from warehouse import code_names
    from warehouse.connect import Store, build_marts

    settings = _settings(content)
    store = Store(folder / "store.duckdb", settings)
    table = read("assessments.xlsx", content, settings).sheets[0].table.slice(1)
    days = pc.strptime(table.column(2), "%Y-%m-%d %H:%M:%S", "s").cast("date32")
    services = {f"SVC{n:03d}": f"ORG{n % 24:02d}" for n in range(42)}
    import pyarrow as pa

    plain = pa.table({"person": table.column(0), "service_code": table.column(1), "date": days})
    masked = mask({"assessments": plain}, services, load_key(folder / "person.key"))["assessments"]
    began = masked.group_by(["person", "service_code"]).aggregate([("date", "min"), ("date", "max")])
    with store.writing() as cursor:
        cursor.execute(
            "insert into services (service_code, service_name, provider_code, provider_name, service_type) "
            "select format('SVC{:03d}', range), 'Service', format('ORG{:02d}', range % 24), 'Provider', 'counselling' from range(42)"
        )
        cursor.register("began", began)
        cursor.execute("insert into people (person, service_code, started_on, ended_on) select person::uuid, service_code, date_min, date_max from began")
        code_names.give(cursor)
        build_marts(cursor, settings, None)
    store.close()


def _ours(folder: Path, content: bytes) -> dict[str, Any]:
    """Seconds from bytes to committed, of people already known; megabytes meanwhile."""
    import pandas  # noqa: F401  the app has it imported, and Arrow imports it at its first list
    import psutil

    from access import intake
    from warehouse.connect import Store

    store = Store(folder / "store.duckdb", _settings(content))
    with store.reading() as cursor:
        rows = cursor.execute("select count(*) from people").fetchone()
    assert rows and rows[0]
    intake.ready()
    stages: list[tuple[str, float, float]] = []
    peak = {"app": 0.0, "reader": 0.0, "both": 0.0}
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(psutil.Process(), peak, ended))
    watcher.start()
    time.sleep(CHOOSING)
    worked = _processor()
    began = time.perf_counter()

    def stage(said: str, _: float) -> None:
        stages.append((said, time.perf_counter(), _processor()))

    received = intake.receive(store, [("assessments.xlsx", content)], MACHINE, TODAY, progress=stage)
    stages.append(("Sending", time.perf_counter(), _processor()))
    if received.blocked:
        raise SystemExit(str(received.findings[:3]))
    intake.send(store, received, MACHINE)
    seconds = time.perf_counter() - began
    processor = _processor() - worked
    ended.set()
    watcher.join()
    with store.reading() as cursor:
        kept = cursor.execute("select (select count(*) from assessments), (select count(*) from score)").fetchone()
    store.close()
    if kept != (received.rows["Assessments"],) * 2:
        raise SystemExit(f"Not every row was kept and counted: {kept}")
    after = [*stages[1:], ("", began + seconds, worked + processor)]
    lasted = [(said, b[1] - a, b[2] - work) for (said, a, work), b in zip(stages, after, strict=True)]
    return {"seconds": seconds, "processor": processor, "stages": lasted, **peak}


def _watch(app: Any, peak: dict[str, float], ended: threading.Event) -> None:
    import psutil

    while not ended.wait(LOOK_EVERY):
        try:
            ours = app.memory_info().rss / 2**20
            reading = app.children(recursive=True)
            reader = sum(child.memory_info().rss for child in reading) / 2**20
            _OTHERS.update({child.pid: sum(child.cpu_times()[:2]) for child in reading})
        except psutil.Error:  # it ended between the two looks
            continue
        for name, size in (("app", ours), ("reader", reader), ("both", ours + reader)):
            peak[name] = max(peak[name], size)


def _processor() -> float:
    """Processor seconds this process has used, and the reading processes as last looked at."""
    return time.process_time() + sum(_OTHERS.values())


def _theirs(content: bytes, streaming: bool) -> dict[str, Any]:
    import openpyxl

    worked, began = _processor(), time.perf_counter()
    if streaming:
        for _ in openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True).active.iter_rows(values_only=True):
            pass
    else:
        openpyxl.load_workbook(io.BytesIO(content))
    return {"seconds": time.perf_counter() - began, "processor": _processor() - worked}


def main(what: str, folder: Path) -> None:
    """Measures one side, in this process, and prints what it found as JSON."""
    content = (folder / "assessments.xlsx").read_bytes()
    if what == "people":
        _people(folder, content)
    elif what == "ours":
        print(json.dumps(_ours(folder, content)))
    else:
        print(json.dumps(_theirs(content, what == "streamed")))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
