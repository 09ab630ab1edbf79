"""The outermost layer of the web server: in local mode nothing but this machine is answered, and every answer carries its headers.

Pure ASGI, so that it stands before Streamlit's own routes: uploads and websockets are refused before any script runs.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit

from ui import in_browser

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
REFUSAL = "So What? runs in local mode and answers only this machine, at http://localhost. Sign-in has not been set up."


def inline_scripts() -> list[str]:
    """The CSP hash of each script written into Streamlit's own page, and of ours, so that no other inline script may run."""
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    scripts = re.findall(r"<script>(.*?)</script>", page.read_text(encoding="utf-8") + in_browser.TAG, re.S)
    return [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts]


# Streamlit writes its styles at run time (style 'unsafe-inline'); Plotly draws to data: and blob: images.
# A browser test opens every page and fails on any violation these words cause.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        " ".join(["script-src 'self'", *inline_scripts()]),
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-src 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
NOT_KEPT = ("/media", "/_stcore/upload_file")  # downloads and uploads: no browser or proxy keeps a copy


def is_loopback(address: str) -> bool:
    """True for an address or name by which only this machine can be reached."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]").split("%")[0]).is_loopback
    except ValueError:
        return False


def host_name(host: str) -> str:
    """The name in a Host header, without its port: `localhost`, `127.0.0.1`, `::1`. Empty when it is malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def why_refused(scope: dict[str, Any]) -> str:
    """Empty when a request may be answered in local mode; else the reason, for the log. Never repeats what was sent."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}
    client = (scope.get("client") or ("",))[0]
    if not is_loopback(client):
        return "the caller is on another machine"
    # A request that came through a proxy comes from somewhere else, whatever address the proxy has.
    if any(name in headers for name in ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")):
        return "the request came through a proxy"
    host = headers.get("host", "")
    if host_name(host) not in LOCAL_NAMES:
        return "the address asked for is not a name of this machine"
    origin = headers.get("origin")
    if scope["type"] == "websocket" and origin is None:
        return "a websocket without an origin"
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        return "the request comes from another web page"
    return ""


class LocalOnly:
    """Refuses what does not come from this machine and adds the security headers to everything that is answered."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if why_refused(scope):
            await _refuse(scope, receive, send)
            return

        # scope["path"], never the URL: a Host header can change the latter (Starlette CVE-2026-48710).
        keep = not scope["path"].startswith(NOT_KEPT)

        async def send_with_headers(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                given = [(name, value) for name, value in message.get("headers", []) if name.lower().decode() not in HEADERS]
                if not keep:
                    given = [(name, value) for name, value in given if name.lower() != b"cache-control"] + [(b"cache-control", b"no-store")]
                message = {**message, "headers": given + [(name.encode(), value.encode()) for name, value in HEADERS.items()]}
            await send(message)

        await self.app(scope, receive, send_with_headers)


async def _refuse(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4403, "reason": "local mode"})
        return
    body = REFUSAL.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers + [(n.encode(), v.encode()) for n, v in HEADERS.items()]})
    await send({"type": "http.response.body", "body": body})
