"""A server of ours on a port of its own, for the benchmarks that look at it from outside."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def served(path: Path) -> Iterator[tuple[int, psutil.Process]]:
    """The port and the process of a server that answers, with the store at a path as its own database; it ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "SO_WHAT_DATABASE": str(path), "SO_WHAT_SAMPLE_DATABASE": str(path.with_name("sample.duckdb"))}
    options = ["--server.address", "127.0.0.1", "--server.port", str(port), "--server.headless", "true"]
    server = subprocess.Popen([sys.executable, "-m", "streamlit", "run", "app.py", *options], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                break
            except OSError:  # a port can be open long before anybody answers at it
                if server.poll() is not None:
                    raise SystemExit("The server did not start.") from None
                time.sleep(0.2)
        else:
            raise SystemExit("The server did not answer within two minutes.")
        yield port, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(20)
