"""A server that nobody has visited yet, asked straight for a page its visitor may not have; and what the server answers to others."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Any

from tests.conftest import Server, settled


def test_a_cold_server_does_not_serve_an_administrators_page(start_server: Callable[..., Server], page: Any) -> None:
    """With the main script beside pages/, Streamlit would run pages/x.py without the router until somebody had opened the first page."""
    server = start_server()
    for address in ("/administration", "/about.administration", "/administration.py"):
        page.goto(server.url + address)
        page.get_by_text("Nobody watches these scores").wait_for(state="attached")  # the foot is drawn last, and by the router alone
        settled(page)
        text = page.inner_text("body")
        assert "View as" in page.content(), address
        assert "What happened" not in text and "Thresholds" not in text, address


def test_it_answers_this_machine_by_its_own_names_only(server: Server) -> None:
    answers = {}
    for host in (f"127.0.0.1:{server.port}", f"localhost:{server.port}", "so-what.example", f"evil.example:{server.port}"):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/", headers={"Host": host})
        answer = connection.getresponse()
        answers[host.split(":")[0]] = answer.status
        assert answer.getheader("x-content-type-options") == "nosniff" and answer.getheader("x-frame-options") == "DENY"
        connection.close()
    assert answers == {"127.0.0.1": 200, "localhost": 200, "so-what.example": 403, "evil.example": 403}
