"""The project's own source as the house tests read it: files, trees, strings that are not docstrings."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("domain", "metrics", "data_loaders", "warehouse", "sample_data", "access", "charts", "exports", "ui", "commands", "pages")
NOT_OURS = {".venv", ".git", "data", "build", "__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache", ".import_linter_cache", ".hypothesis"}


def files(*names: str, suffix: str = ".py") -> list[Path]:
    """The files of these folders (or these files themselves), in order."""
    found: list[Path] = []
    for name in names:
        path = ROOT / name
        found += [path] if path.is_file() else sorted(p for p in path.rglob(f"*{suffix}") if not NOT_OURS & set(p.relative_to(ROOT).parts))
    return found


@cache
def every_file() -> tuple[Path, ...]:
    """Every file of the project, without what tools and people leave beside it (and without walking through that: .venv alone has 30,000)."""
    found = []
    for folder, inside, names in os.walk(ROOT):
        inside[:] = [name for name in inside if name not in NOT_OURS]
        found += [Path(folder, name) for name in names if name not in NOT_OURS]
    return tuple(sorted(found))


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def nodes(of: ast.AST) -> tuple[ast.AST, ...]:
    """Every node of a tree, walked once."""
    return tuple(ast.walk(of))


def docstrings(of: ast.AST) -> set[int]:
    """The ids of the nodes that are docstrings."""
    found = set()
    for node in nodes(of):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node) is not None:
            found.add(id(node.body[0].value))  # type: ignore[attr-defined]
    return found


@cache
def strings(of: ast.AST) -> tuple[tuple[int, str], ...]:
    """(line, text) of every string that is not a docstring; the parts of an f-string come as one, each value as `{}`."""
    passed_over = docstrings(of)
    found = []
    for node in nodes(of):
        if isinstance(node, ast.JoinedStr):
            passed_over |= {id(part) for part in ast.walk(node) if isinstance(part, ast.Constant)}
            found.append((node.lineno, "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)))
    found += [(n.lineno, n.value) for n in nodes(of) if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in passed_over]
    return tuple(found)


def name_of(node: ast.AST) -> str:
    """`st.cache_data` of a Name or an Attribute (through a call too); empty for anything else."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def functions(of: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in nodes(of) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def imports(of: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, module) of every import, at the top or inside a function; `from a import b` gives a.b too."""
    for node in nodes(of):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
