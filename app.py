"""The web server. `make run`, `streamlit run app.py` or `uvicorn app:app`; the screens begin in pages/_main.py.

Local mode: until sign-in is built, the server refuses to start on any address but a loopback one, and refuses every request that does not come
from this machine. The router lives inside pages/ on purpose: a folder called pages/ beside the main script would be served without it.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

sys.path.insert(0, str(Path(__file__).resolve().parent))
from ui import guard, session


def refuse_other_addresses(address: str | None) -> None:
    """Stops the process, with a sentence, unless it serves this machine alone. No address at all means every address."""
    if not guard.is_loopback(address or ""):
        sys.exit(
            f"So What? runs in local mode and serves only this machine; the address given is {address or 'every address of this machine'}.\n"
            "Start it with --server.address localhost, or leave .streamlit/config.toml as it is."
        )


async def healthz(request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, object]]:
    session.open_early()
    yield {}


refuse_other_addresses(st.get_option("server.address"))
app = st.App(
    Path(__file__).resolve().parent / "pages" / "_main.py",
    lifespan=lifespan,
    routes=[Route("/healthz", healthz)],
    middleware=[Middleware(guard.LocalOnly)],
    on_script_error=session.tell,
)
