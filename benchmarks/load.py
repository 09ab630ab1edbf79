"""The whole way of a large Assessments sheet, from bytes to committed rows with their marts, beside openpyxl merely reading."""

from __future__ import annotations

import io
import resource
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl

from access import intake
from benchmarks.intake import make_assessments
from benchmarks.measured import Ratio
from domain.settings import Settings
from domain.types import Viewer
from warehouse import code_names
from warehouse.connect import Store, build_marts

MACHINE = Viewer("benchmark", "administrator", (), "command line")


def ratios(rows: int = 100_000, repeats: int = 3) -> list[Ratio]:
    """From bytes to committed rows, the reader's process and the marts included, beside openpyxl merely reading, in its two ways; and the peak of memory.

    The best of a few runs of each, taken in turn, so that a machine that is busy for a while slows all alike.
    """
    content = make_assessments(rows)
    settings = Settings().replaced(largest_file_mb=max(25, (len(content) >> 20) + 1))
    ours: list[float] = []
    loaded: list[float] = []
    streamed: list[float] = []
    ours.append(_load(content, settings, rows))
    child, parent = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))  # before openpyxl takes its own
    for _ in range(repeats):
        ours.append(_load(content, settings, rows))
        loaded.append(_seconds(lambda: openpyxl.load_workbook(io.BytesIO(content))))
        streamed.append(_seconds(lambda: _stream(content)))
    size = f"{rows:,} rows, {len(content) / 1e6:.1f} MB."
    return [
        Ratio("Assessments from bytes to committed, marts included", min(ours), "openpyxl.load_workbook alone", min(loaded), 0.25, size),
        Ratio("the same", min(ours), "openpyxl streaming (read_only), its values alone", min(streamed), 0.5, size),
        Ratio("peak memory of the larger process, reader or app", max(child, parent), "allowed", 600, 1, size, "MB"),
    ]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _stream(content: bytes) -> None:
    for _ in openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True).active.iter_rows(values_only=True):
        pass


def _load(content: bytes, settings: Settings, rows: int) -> float:
    """Seconds from bytes to committed, of people already known."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        store = Store(folder / "store.duckdb", settings)
        _people(store, folder, content, settings)
        began = time.perf_counter()
        received = intake.receive(store, [("assessments.xlsx", content)], MACHINE, date(2026, 1, 31))
        if received.blocked or received.rows["Assessments"] != rows:
            raise SystemExit(f"The benchmark's own file was not read clean: {received.findings[:3]}")
        intake.send(store, received, MACHINE)
        ours = time.perf_counter() - began
        with store.reading() as cursor:
            kept = cursor.execute("select (select count(*) from assessments), (select count(*) from score)").fetchone()
        store.close()
    if kept != (rows, rows):
        raise SystemExit(f"Not every row was kept and counted: {kept}")
    return ours


def _people(store: Store, folder: Path, content: bytes, settings: Settings) -> None:
    """Fills in the services, and one stay for each person of the sheet, hashed by the same key."""
    from data_loaders.check import Known, check
    from data_loaders.mask import load_key, mask
    from data_loaders.read import read
    from data_loaders.recognise import recognise

    services = {f"SVC{n:03d}": f"ORG{n % 24:02d}" for n in range(42)}
    found, _ = recognise(read("assessments.xlsx", content, settings))
    masked = mask(check(found, Known(services, store.measures, date(2026, 1, 31), None)).tables, services, load_key(folder / "person.key"))["assessments"]
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
