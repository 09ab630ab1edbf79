"""The whole way of a large Assessments sheet, from bytes to committed rows with their marts, beside openpyxl merely reading."""

from __future__ import annotations

import resource
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from access import intake
from benchmarks.intake import _openpyxl, make_assessments
from domain.settings import Settings
from domain.types import Viewer
from warehouse import code_names
from warehouse.connect import Store, build_marts

MACHINE = Viewer("benchmark", "administrator", (), "command line")


def whole(rows: int) -> tuple[float, float, float, float]:
    """(seconds ours, seconds openpyxl's read alone, peak megabytes of the reader's child, of this process)."""
    content = make_assessments(rows)
    settings = Settings().replaced(largest_file_mb=max(25, (len(content) >> 20) + 1))
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
            kept = cursor.execute("select count(*), count(distinct person) from assessments").fetchone()
            scored = cursor.execute("select count(*) from score").fetchone()
        if not kept or not scored or kept[0] != rows or scored[0] != rows:
            raise SystemExit(f"Not every row was kept and counted: {kept}, {scored}")
        store.close()
        (folder / "assessments.xlsx").write_bytes(content)
        memory = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)]
        theirs = _openpyxl(folder / "assessments.xlsx")
    return ours, theirs, memory[0], memory[1]


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


def main(rows: int = 100_000) -> float:
    """Prints one line and returns the ratio."""
    ours, theirs, child, parent = whole(rows)
    print(
        f"{rows:,} Assessments rows from bytes to committed with marts: {ours:.2f} s; openpyxl merely reading: {theirs:.2f} s; ratio {ours / theirs:.3f} "
        f"(promised: 0.25). Peak memory: reader {child:.0f} MB, app {parent:.0f} MB (promised: 600)"
    )
    return ours / theirs


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
