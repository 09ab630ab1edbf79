"""Rows of a statistic on stdout, as CSV or JSON, and what an analyst should know besides on stderr."""

from __future__ import annotations

import json
import math
import sys
from datetime import date
from typing import Any

import numpy as np
import pandas as pd


def rows(frame: pd.DataFrame, form: str) -> int:
    """Prints a frame: numbers in full, a blank where there is no number; returns the exit code 0."""
    if form == "json":
        told = [{name: _json(value) for name, value in row.items()} for row in frame.to_dict("records")]
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return 0
    frame.assign(**{name: _printed(frame[name]) for name in frame.columns}).to_csv(sys.stdout, index=False, na_rep="", lineterminator="\n")
    return 0


def note(sentence: str) -> None:
    """One sentence to stderr."""
    print(sentence, file=sys.stderr)


def _printed(column: pd.Series) -> pd.Series:
    """Whole numbers without a point, true and false in small letters, and text that a spreadsheet would take for a formula made inert."""
    if column.dtype == bool:
        return column.map({True: "true", False: "false"})
    if pd.api.types.is_float_dtype(column) and (column.dropna() == np.floor(column.dropna())).all():
        return column.astype("Int64")
    if pd.api.types.is_numeric_dtype(column):
        return column
    text = column.astype(object)
    risky = text.map(lambda v: isinstance(v, str)) & text.astype(str).str.match(r"[=+\-@\t\r]").astype(bool) & pd.to_numeric(text, errors="coerce").isna()
    return text.where(~risky, "'" + text.astype(str))


def _json(value: Any) -> Any:
    if value is None or value is pd.NA:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return None if math.isnan(value) else int(value) if value.is_integer() else value
    return value.isoformat() if isinstance(value, date) else value
