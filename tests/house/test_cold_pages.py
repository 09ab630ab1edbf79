"""A page that is run without the router shows nothing but that it is not open; with it, each role meets only the pages that serve it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.house import source
from tests.house.test_pages import PAGES


@pytest.mark.parametrize("page", PAGES, ids=source.short)
def test_a_page_without_the_router_shows_nothing(page: source.Path) -> None:
    at = AppTest.from_file(str(page), default_timeout=30)
    at.session_state["role"] = "administrator"
    at.run()
    assert not at.exception
    assert [w.value for w in at.warning] == ["This page is not open to you. Choose another from the menu above."]
    assert not at.title and not at.dataframe and not at.markdown and not at.button


def test_the_menu_and_the_pages_name_the_same_roles() -> None:
    from ui import frame, session

    for section in frame.MENU.values():
        for name, _, _, roles in section:
            body = source.tree(source.ROOT / "pages" / session.PAGES[name]).body
            call = next(n for n in ast.walk(ast.Module(body, [])) if isinstance(n, ast.Call) and source.name_of(n) == "session.page_for")
            assert {a.value for a in call.args if isinstance(a, ast.Constant)} == set(roles), name


@pytest.mark.parametrize("role", ["commissioner", "manager", "presenter"])
def test_nobody_else_reaches_an_administrators_page(role: str, app: Callable[..., Any]) -> None:
    at = app(role=role)
    assert not at.exception
    assert "Administration" not in [t.value for t in at.title]
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        at.switch_page("about/administration.py")
