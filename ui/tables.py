"""Tables of several columns that a phone can show: there each row stands as a block, every figure beside the name of its column."""

from __future__ import annotations

import textwrap
import zlib
from collections.abc import Iterable

import pandas as pd
import streamlit as st

from ui import words

WORDS = 240  # pixels of a column of words: on a phone the whole of it is seen
LETTERS, LINE, LEAST = 28, 21, 72  # letters to a line of it, pixels of a line; under 4 rem of height Streamlit breaks no line


def height(texts: Iterable[object]) -> int:
    """How high, in pixels, the rows of a table to edit must be for the longest of these texts to be seen in a column `WORDS` wide."""
    longest = max((len(textwrap.wrap(str(text or ""), LETTERS)) for text in texts), default=1)
    return max(LEAST, LINE * longest + 14)


def wide(frame: pd.DataFrame, alt: str) -> None:
    """A table of words whose first column names the rows. `alt` says what it is; no two tables of one page say the same.

    Every cell begins with the name of its column in italics: `ui/frame.py` shows it on a phone, and only there.
    """
    shown = frame.map(words.plain)
    for name in frame.columns[1:]:
        shown[name] = [f"*{words.plain(name)}* {text}" for text in shown[name]]
    with st.container(key=f"wide-{zlib.crc32(alt.encode()):x}"):
        st.table(shown.set_index(frame.columns[0]), border="horizontal", alt=alt)
