"""Pages are short, do no sums, hold no SQL and say first whom they serve."""

from __future__ import annotations

import ast

import pytest

from domain import types
from tests.house import source

PAGES = [path for path in source.files("pages") if path.name not in ("__init__.py", "_main.py")]
SUMS = (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)  # `+` also joins words and lists


def test_there_are_pages() -> None:
    assert len(PAGES) >= 6


@pytest.mark.parametrize("page", PAGES, ids=source.short)
def test_a_page_is_short(page: source.Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 60, "If a page grows, something belongs downstairs."


@pytest.mark.parametrize("page", PAGES, ids=source.short)
def test_a_page_does_no_sums(page: source.Path) -> None:
    found = [node.lineno for node in ast.walk(source.tree(page)) if isinstance(node, ast.BinOp) and isinstance(node.op, SUMS)]
    found += [node.lineno for node in ast.walk(source.tree(page)) if isinstance(node, ast.Call) and source.name_of(node) in ("sum", "round", "divmod", "pow")]
    assert found == [], "Arithmetic belongs in metrics/ or the desk."


@pytest.mark.parametrize("page", PAGES, ids=source.short)
def test_the_first_line_of_a_page_names_the_roles_it_serves(page: source.Path) -> None:
    body = [node for node in source.tree(page).body if not isinstance(node, ast.Import | ast.ImportFrom)]
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]  # the docstring
    first = body[0]
    assert isinstance(first, ast.Expr | ast.Assign) and isinstance(first.value, ast.Call), ast.unparse(first)
    assert source.name_of(first.value) == "session.page_for"
    roles = [argument.value for argument in first.value.args if isinstance(argument, ast.Constant)]
    assert roles and len(roles) == len(first.value.args) and set(roles) <= set(types.ROLES)


def test_the_router_is_short_too() -> None:
    assert len((source.ROOT / "pages" / "_main.py").read_text(encoding="utf-8").splitlines()) <= 120
