"""The store's SQL relies on nothing that DuckLake lacks, and every value travels as a parameter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.settings import ROOT

LACKING = r"\b(primary\s+key|foreign\s+key|unique|create\s+(unique\s+)?index|create\s+sequence|nextval|check\s*\(|references|on\s+conflict)\b"
FILES = sorted([*(ROOT / "warehouse").rglob("*.sql"), *(ROOT / "warehouse").glob("*.py")])


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_ducklake_lacks(path: Path):
    text = re.sub(r"--[^\n]*", "", path.read_text())
    if path.suffix == ".py":
        text = " ".join(re.findall(r'"""(?:.|\n)*?"""|f?"[^"\n]*"', text))
        text = re.sub(r'"""[A-Z](?:.|\n)*?"""', "", text)  # docstrings are prose
    assert not re.search(LACKING, text, re.I), path


def test_the_rule_can_fail():
    assert re.search(LACKING, "create table t (id integer primary key)", re.I)
    assert re.search(LACKING, "insert into t values (1) on conflict do nothing", re.I)
