"""What `make check` looks at holds: style, layout, floors, types, and documents made from the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

TOOLS = {
    "style": [sys.executable, "-m", "ruff", "check", "."],
    "layout": [sys.executable, "-m", "ruff", "format", "--check", "."],
    "floors": [sys.executable, "-c", "from importlinter.cli import lint_imports_command as command; command()"],
    "types": [sys.executable, "-m", "mypy"],
    "documents": [sys.executable, "-m", "commands.docs", "--check"],
}


@pytest.mark.parametrize("tool", TOOLS)
def test_the_check_holds(tool: str) -> None:
    ran = subprocess.run(TOOLS[tool], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-4000:]


def test_make_check_runs_as_many_tools() -> None:
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert recipe and len(recipe[1].splitlines()) == len(TOOLS)


def test_ci_calls_the_readme_test_command_and_nothing_else() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().splitlines()
    assert script[-1] == "make test"
    assert re.search(r"^\s+make test$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)


def test_the_script_of_ci_can_be_executed() -> None:
    assert Path(ROOT / ".ci" / "run").stat().st_mode & 0o111
