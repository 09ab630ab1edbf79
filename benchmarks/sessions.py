"""Twenty people at once for a minute, and what each further session costs in memory: a real server, and clients that speak its own protocol.

The clients are no browsers: they ask for a page, wait until its script has run, think for three seconds, and ask for the next. Loopback only.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

import psutil
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import generated
from benchmarks.pages import CLICKS, percentile95
from benchmarks.served import served

SESSIONS, SECONDS, THINKING = 20, 60, 3.0
SLOWEST, MEGABYTES = 1.0, 10.0  # promised: 95th percentile, seconds; memory of one more session


class Visitor:
    """One session: a websocket that asks for pages and waits until each has run."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: websockets.ClientConnection | None = None

    async def enter(self) -> None:
        self.socket = await websockets.connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream", subprotocols=["streamlit"], max_size=None, origin=f"http://127.0.0.1:{self.port}"
        )

    async def look(self, page: str, query: dict[str, str]) -> float:
        """Seconds until the page has run. Raises RuntimeError where the script ended otherwise."""
        assert self.socket is not None
        asked = BackMsg()
        asked.rerun_script.query_string = urllib.parse.urlencode(query)
        asked.rerun_script.page_name = page
        began = time.perf_counter()
        await self.socket.send(asked.SerializeToString())
        while True:
            told = ForwardMsg()
            told.ParseFromString(await self.socket.recv())
            if told.WhichOneof("type") == "script_finished":
                if told.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    if told.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                        continue
                    raise RuntimeError("a page did not run to its end")
                return time.perf_counter() - began
            if told.WhichOneof("type") == "delta" and told.delta.new_element.WhichOneof("type") == "exception":
                raise RuntimeError("a page showed an error")

    async def leave(self) -> None:
        if self.socket is not None:
            await self.socket.close()


def pages() -> list[tuple[str, dict[str, str]]]:
    """What the visitors look at: the pages and clicks of the other benchmark, as the links name them."""
    names = {"overview": ""}
    found = []
    for path, query in CLICKS:
        name = path.rsplit("/", 1)[-1].removesuffix(".py").replace("_", "-")
        found.append((names.get(name, name), query))
    return found


async def visit(port: int, seed: int, until: float) -> list[float]:
    chosen, visitor, taken = random.Random(seed), Visitor(port), []
    await visitor.enter()
    await asyncio.sleep(chosen.uniform(0, THINKING))
    while time.monotonic() < until:
        taken.append(await visitor.look(*chosen.choice(pages())))
        await asyncio.sleep(THINKING)
    await visitor.leave()
    return taken


async def crowd(port: int) -> list[float]:
    until = time.monotonic() + SECONDS
    return [t for one in await asyncio.gather(*(visit(port, seed, until) for seed in range(SESSIONS))) for t in one]


async def memory(port: int, process: psutil.Process) -> float:
    """Megabytes per further session, from 5 sessions to 25, each having looked at every page; caches are warm by then."""
    visitors: list[Visitor] = []
    seen: dict[int, float] = {}
    for count in (5, 25):
        while len(visitors) < count:
            visitors.append(Visitor(port))
            await visitors[-1].enter()
            for page, query in pages():
                await visitors[-1].look(page, query)
        await asyncio.sleep(1)
        seen[count] = process.memory_info().rss / 1e6
    for visitor in visitors:
        await visitor.leave()
    return (seen[25] - seen[5]) / 20


def main(scores: int = 1_000_000) -> None:
    """Prints the memory of one more session, and how long twenty visitors waited for their pages."""
    with tempfile.TemporaryDirectory() as name:
        store, _ = generated.filled(Path(name), scores)
        store.close()
        measured(store.path, scores)


def measured(path: Path, scores: int) -> None:
    with served(path) as (port, process):
        slope = asyncio.run(memory(port, process))
        print(f"{scores:,} scores: one more session takes {slope:.1f} MB (promised {MEGABYTES:g})")
        taken = asyncio.run(crowd(port))
        print(
            f"{SESSIONS} sessions with {THINKING:g} s of thinking for {SECONDS} s: {len(taken)} pages, no error, "
            f"median {sorted(taken)[len(taken) // 2]:.2f} s, 95th percentile {percentile95(taken):.2f} s (promised {SLOWEST:g})",
            flush=True,
        )


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
