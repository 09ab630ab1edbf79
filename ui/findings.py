"""What a person should know about a file: the first thing to do as a sentence, then everything, grouped, in a table one can copy."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from domain.types import Finding
from ui import words

GROUPS = {"stops": "Stops the file", "holds": "Holds back a row", "look": "Please look"}


def show(findings: Sequence[Finding], n_rows: int) -> None:
    """One sentence on where to start, then the table: one row per finding, the ones that stop the file first."""
    need = [f for f in findings if f.severity != "look"]
    if not findings:
        st.markdown(f"We read {words.count(n_rows, 'row')} and found nothing to ask about.")
        return
    if need:
        first, cells = need[0], sum(f.count for f in need)
        what = words.count(cells, "row needs", "rows need") if any(f.row for f in need) else words.count(cells, "thing needs", "things need")
        st.markdown(f"**{words.capital(what)} you; start here.**")
        st.markdown(" ".join(words.plain(part) for part in (f"{first.cell}:" if first.cell else "", first.message, first.fix) if part))
    else:
        st.markdown(f"We read {words.count(n_rows, 'row')}. Nothing stops them; {words.count(len(findings), 'thing is', 'things are')} worth a look.")
    with st.expander(f"All {words.count(len(findings), 'finding')}" if len(findings) > 1 else "The finding as a table", expanded=1 < len(findings) <= 12):
        st.dataframe(table(findings), hide_index=True, alt="Every finding: what it does, where it is, what is there and what to do.")


def table(findings: Sequence[Finding]) -> pd.DataFrame:
    """One row per finding, in the order in which they matter."""
    order = list(GROUPS)
    ranked = sorted(findings, key=lambda f: order.index(f.severity))
    return pd.DataFrame(
        {
            "": [GROUPS[f.severity] for f in ranked],
            "Where": [f.cell for f in ranked],
            "What is there": [f.message for f in ranked],
            "What to do": [f.fix for f in ranked],
            "Cells": [f.count for f in ranked],
        }
    )
