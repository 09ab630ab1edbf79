"""Local mode: only this machine is answered, and every answer carries its headers. The guard stands before Streamlit, so it is tested without it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ui import guard

HOST = (b"host", b"localhost:8501")


def request(kind: str = "http", client: str = "127.0.0.1", path: str = "/", headers: list[tuple[bytes, bytes]] | None = None) -> dict[str, Any]:
    return {"type": kind, "client": (client, 50000), "path": path, "headers": [HOST] if headers is None else headers}


def answered(scope: dict[str, Any]) -> tuple[bool, list[dict[str, Any]]]:
    """(whether the app behind the guard was reached, what was sent)."""
    reached, sent = [], []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"public"), (b"x-frame-options", b"SAMEORIGIN")]})
            await send({"type": "http.response.body", "body": b"ok"})

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    # On a thread of its own: a browser test in the same process keeps a loop running on the main one
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, guard.LocalOnly(behind)(scope, receive, send)).result()
    return bool(reached), sent


@pytest.mark.parametrize("host", ["localhost", "localhost:8501", "127.0.0.1:1", "[::1]:8501", "LOCALHOST"])
def test_names_of_this_machine_are_answered(host: str) -> None:
    assert guard.why_refused(request(headers=[(b"host", host.encode())])) == ""


@pytest.mark.parametrize("host", ["example.org", "localhost.example.org", "127.0.0.1.example.org", "192.168.1.4:8501", "", "[", "localhost@example.org:1"])
def test_any_other_name_is_refused(host: str) -> None:
    reached, sent = answered(request(headers=[(b"host", host.encode())]))
    assert not reached
    assert sent[0]["status"] == 403
    assert host == "" or host.encode() not in sent[1]["body"], "a refusal repeats nothing of what was asked"


@pytest.mark.parametrize("client", ["192.168.1.4", "10.0.0.1", "2001:db8::1", ""])
def test_a_caller_on_another_machine_is_refused(client: str) -> None:
    assert not answered(request(client=client))[0]


@pytest.mark.parametrize("header", [b"x-forwarded-for", b"forwarded", b"x-real-ip", b"x-forwarded-host"])
def test_a_request_through_a_proxy_is_refused(header: bytes) -> None:
    assert not answered(request(headers=[HOST, (header, b"127.0.0.1")]))[0]


@pytest.mark.parametrize(
    ("origin", "open_"),
    [(b"http://localhost:8501", True), (b"http://localhost:9999", False), (b"https://example.org", False), (b"null", False), (None, False)],
)
def test_a_websocket_needs_an_origin_of_its_own(origin: bytes | None, open_: bool) -> None:
    headers = [HOST] + ([(b"origin", origin)] if origin is not None else [])
    reached, sent = answered(request("websocket", headers=headers))
    assert reached is open_
    assert open_ or sent[0]["type"] == "websocket.close"


def test_a_foreign_page_cannot_post_an_upload() -> None:
    assert not answered(request(path="/_stcore/upload_file/x/y", headers=[HOST, (b"origin", b"https://example.org")]))[0]


def test_every_answer_carries_the_headers_once() -> None:
    _, sent = answered(request())
    names = [name for name, _ in sent[0]["headers"]]
    for name in guard.HEADERS:
        assert names.count(name.encode()) == 1, name
    assert dict(sent[0]["headers"])[b"x-frame-options"] == b"DENY"
    assert b"public" in dict(sent[0]["headers"])[b"cache-control"]


@pytest.mark.parametrize("path", ["/media/abc.xlsx", "/_stcore/upload_file/a/b"])
def test_no_copy_of_a_download_or_an_upload_is_kept(path: str) -> None:
    _, sent = answered(request(path=path))
    assert [value for name, value in sent[0]["headers"] if name == b"cache-control"] == [b"no-store"]


def test_no_script_may_be_written_into_a_page_but_streamlits_own() -> None:
    scripts = next(part for part in guard.CONTENT_SECURITY_POLICY.split("; ") if part.startswith("script-src"))
    assert "unsafe-inline" not in scripts and "unsafe-eval" not in scripts
    assert scripts.count("sha256-") == len(guard.inline_scripts()) > 0


@pytest.mark.parametrize(
    ("address", "loopback"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("192.168.0.2", False), ("", False)]
)
def test_what_a_loopback_address_is(address: str, loopback: bool) -> None:
    assert guard.is_loopback(address) is loopback
