"""What a person should know about a file: the first thing to do as a sentence, then everything, grouped, in a table one can copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from domain.types import Finding
from ui import words

GROUPS = {"stops": "Stops the file", "holds": "Holds back a row", "look": "Please look"}

ALT = "Every finding: where it is, what is there, what to do, and what it does to the file."
SHORT = 40  # findings: a table that wraps its words; more than that, one that scrolls and can be searched


def show(findings: Sequence[Finding], read: Mapping[str, int]) -> None:
    """One sentence on where to start, then the table: one row per finding, the ones that stop the file first. `read` is how many rows each sheet has."""
    n_rows = sum(read.values())
    need = [f for f in findings if f.severity != "look"]
    if not findings:
        st.markdown(f"We read {words.count(n_rows, 'row')} and found nothing to ask about.")
        return
    if need:
        first = need[0]
        rows = in_need(need, read)
        ready = f"We read {words.count(n_rows, 'row')}; {n_rows - rows:,} are ready and {rows:,} {'needs' if rows == 1 else 'need'} you"
        if rows == n_rows:
            ready = f"We read {words.count(n_rows, 'row')}, and none is ready yet"
        st.markdown(f"**{ready if 0 < rows <= n_rows else 'Something needs you first'}; start here.**")
        st.markdown(" ".join(words.plain(part) for part in (f"{first.cell}:" if first.cell else "", first.message, first.fix) if part))
    else:
        st.markdown(f"We read {words.count(n_rows, 'row')}. Nothing stops them; {words.count(len(findings), 'thing is', 'things are')} worth a look.")
    made = table(findings)
    with st.expander(f"All {words.count(len(findings), 'finding')}" if len(findings) > 1 else "The finding as a table", expanded=1 < len(findings) <= SHORT):
        if len(made) <= SHORT:
            st.table(made.map(words.plain).set_index("Where"), border="horizontal", alt=ALT)
        else:
            st.dataframe(made, hide_index=True, alt=ALT, row_height=56)


def in_need(need: Sequence[Finding], read: Mapping[str, int]) -> int:
    """How many rows are held back: rows told one by one, and those told together as one finding, never more than a sheet has."""
    told: dict[str, set[tuple[str, int]]] = {}
    more: dict[str, int] = {}
    for f in need:
        if f.row:
            told.setdefault(f.sheet, set()).add((f.file, f.row))
            more[f.sheet] = more.get(f.sheet, 0) + f.count - 1
    most = sum(read.values())
    return min(most, sum(min(len(rows) + more[sheet], max(read.get(sheet, most), len(rows))) for sheet, rows in told.items()))


def table(findings: Sequence[Finding]) -> pd.DataFrame:
    """One row per finding, in the order in which they matter."""
    order = list(GROUPS)
    ranked = sorted(findings, key=lambda f: order.index(f.severity))
    made = pd.DataFrame(
        {
            "Where": [f.cell for f in ranked],
            "What is there": [f.message for f in ranked],
            "What to do": [f.fix for f in ranked],
            "": [GROUPS[f.severity] for f in ranked],
            "Cells": [str(f.count) for f in ranked],
        }
    )
    return made if any(f.count > 1 for f in ranked) else made.drop(columns="Cells")
