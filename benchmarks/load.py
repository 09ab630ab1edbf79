"""How long a large return takes from a file to committed, checked and scrambled rows, beside openpyxl merely reading it."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import fastexcel
import psutil
from openpyxl import Workbook, load_workbook

from benchmarks.intake import make_assessments
from benchmarks.measured import Ratio
from domain.settings import ROOT

ROWS, LARGEST_MB = 100_000, 600


def ratios() -> list[Ratio]:
    """The whole command line, its start and the reader's included, on 100,000 assessments of people already known; time and peak memory."""
    content = make_assessments(ROWS)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "people.xlsx").write_bytes(people_of(content))
        (place / "assessments.xlsx").write_bytes(content)
        _load(place, "people.xlsx")
        ours, megabytes = _load(place, "assessments.xlsx")
        began = time.perf_counter()
        merely_read(place / "assessments.xlsx")
        theirs = time.perf_counter() - began
    rows = f"{ROWS:,} rows, {len(content) / 1e6:.1f} MB."
    return [
        Ratio("`load`, from start to committed", ours, "openpyxl, only reading", theirs, 0.25, rows),
        Ratio("peak memory of `load`, all its processes", megabytes, "allowed", LARGEST_MB, 1, rows, "MB"),
    ]


def people_of(content: bytes) -> bytes:
    """A workbook with the services and people that an Assessments workbook speaks of; everyone started on their first date and has not ended."""
    scores = fastexcel.read_excel(content).load_sheet(0).to_pandas()
    person, service, day = scores.columns[:3]
    first = scores.groupby([person, service], sort=False)[day].min()
    book = Workbook(write_only=True)
    services = book.create_sheet("Services")
    services.append(["service code", "service name", "provider code", "provider name", "service type"])
    for code in sorted({code for _, code in first.index}):
        services.append([code, f"Service {code}", "P1", "Provider", "talking therapies"])
    people = book.create_sheet("People")
    people.append(["person ref", "service code", "started on"])
    for (ref, code), started in first.items():
        people.append([ref, code, started])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def merely_read(path: Path) -> int:
    """Every value of every row with openpyxl at its fastest: the number of rows."""
    book = load_workbook(path, read_only=True, data_only=True)
    rows = sum(1 for sheet in book for _ in sheet.iter_rows(values_only=True))
    book.close()
    return rows


def _load(place: Path, name: str) -> tuple[float, float]:
    """Seconds and peak megabytes of one `load`; both processes' memory is added up, every 20 ms."""
    began = time.perf_counter()
    command = [sys.executable, "so_what.py", "load", str(place / name), "--database", str(place / "bench.duckdb")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    peak, watched = 0, psutil.Process(process.pid)
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended between two looks
            peak = max(peak, sum(p.memory_info().rss for p in (watched, *watched.children(recursive=True))))
        time.sleep(0.02)
    taken = time.perf_counter() - began
    said = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise RuntimeError(f"{name} was not loaded: {said[-500:]}")
    return taken, peak / 1e6
