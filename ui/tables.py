"""Tables of several columns that a phone can show: there each row stands as a block, every figure beside the name of its column."""

from __future__ import annotations

import zlib

import pandas as pd
import streamlit as st

from ui import words


def wide(frame: pd.DataFrame, alt: str) -> None:
    """A table of words whose first column names the rows. `alt` says what it is; no two tables of one page say the same.

    Every cell begins with the name of its column in italics: `ui/frame.py` shows it on a phone, and only there.
    """
    shown = frame.map(words.plain)
    for name in frame.columns[1:]:
        shown[name] = [f"*{words.plain(name)}* {text}" for text in shown[name]]
    with st.container(key=f"wide-{zlib.crc32(alt.encode()):x}"):
        st.table(shown.set_index(frame.columns[0]), border="horizontal", alt=alt)
