"""Where reading processes come from: each file is read by a fork of one small process that has imported what they need and never meets a file.

Starting an interpreter for every file costs more than reading most files. The parent of them all (`python -m data_loaders.reader_home`) is a fresh
interpreter with one thread, no file and nothing of our environment; it is handed one end of a socket for each file, forks, and forgets both. The fork
reads the question and the file from that socket, sets its own limits before it looks, answers and ends. Linux only: elsewhere `read` starts an
interpreter for each file.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress

from domain.settings import ROOT

FORKS = sys.platform == "linux"
WHOLE = b"\x00"  # follows an answer that came to its end: whoever dies on the way has not said it

# Only a process with one thread should fork (a test counts them): Arrow brings an allocator, unused here, that would start another.
ONE_THREAD = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}

_LOCK = threading.Lock()
_HOME: list[tuple[subprocess.Popen[bytes], socket.socket]] = []


def born(environment: dict[str, str]) -> socket.socket:
    """Our end of the conversation with a new reading process."""
    ours, theirs = socket.socketpair()
    with theirs, _LOCK:
        for _ in range(2):
            try:
                socket.send_fds(_home(environment), [b"1"], [theirs.fileno()])
                return ours
            except OSError:  # it was ended from outside: the next one will do
                _leave()
    ours.close()
    raise OSError("no reading process could be started")


def wake(environment: dict[str, str]) -> None:
    """Starts it where it does not run yet, and does not wait: the next file finds it ready."""
    with _LOCK, suppress(OSError):  # a file that needs it will say what is wrong
        _home(environment)


def _home(environment: dict[str, str]) -> socket.socket:
    if not _HOME:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "data_loaders.reader_home"], cwd=ROOT, env=environment | ONE_THREAD,
                stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        _HOME.append((process, ours))
    return _HOME[0][1]


@atexit.register
def _leave() -> None:
    """It ends by itself once nobody can ask it any more."""
    while _HOME:
        process, ours = _HOME.pop()
        ours.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)


def main() -> None:
    import signal

    sys.modules["numpy"] = None  # type: ignore[assignment]  # as in reader_child
    import fastexcel  # noqa: F401
    import pyarrow.ipc  # noqa: F401

    from data_loaders import delimited, preflight, reader_child, sheet_xml  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here: who asked sees the end of the answer
    home = socket.socket(fileno=0)
    while True:
        word, handed, _, _ = socket.recv_fds(home, 1, 1)
        if not word:
            os._exit(0)
        if os.fork():
            os.close(handed[0])
            continue
        try:
            home.detach()
            os.dup2(handed[0], 0)  # which closes the way home
            os.dup2(handed[0], 1)
            os.close(handed[0])
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            reader_child.converse()
            os.write(1, WHOLE)
        finally:
            os._exit(1)


if __name__ == "__main__":
    main()
