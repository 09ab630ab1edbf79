"""Rows of a sheet by the workbook's one definition: a column or choice that `domain.fields` no longer has stops the generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from domain import fields

Frame = pd.DataFrame
Array = np.ndarray[Any, Any]


def sheet(name: str, columns: dict[str, Any]) -> Frame:
    """A frame of one sheet by store columns; columns not given are blank. LookupError when the workbook's definition has no such column."""
    defined = fields.BY_NAME[name]
    unknown = set(columns) - set(defined.columns)
    if unknown:
        raise LookupError(
            f"sample_data writes {sorted(unknown)} on the sheet {name}, which domain/fields does not define: rename it in sample_data/generate.py too."
        )
    length = max((len(v) for v in columns.values() if not isinstance(v, str) and hasattr(v, "__len__")), default=1)
    return pd.DataFrame({f.column: columns.get(f.column, pd.Series([None] * length, dtype=object)) for f in defined.fields})


def typed(name: str, frame: Frame) -> Frame:
    """The frame with columns of the kinds domain/fields gives them, checked against its choices and its natural key."""
    defined = fields.BY_NAME[name]
    for f in defined.fields:
        if f.kind == "date":
            frame[f.column] = pd.to_datetime(frame[f.column]).astype("datetime64[s]")
        elif f.kind in ("number", "score", "money", "integer"):
            frame[f.column] = pd.to_numeric(frame[f.column]).astype("float64")
        else:
            text = frame[f.column].astype(object)
            frame[f.column] = text.where(text.notna() & (text != ""), None)
        if f.kind == "choice":
            strange = set(frame[f.column].dropna()) - set(f.choices)
            if strange:
                raise LookupError(f"sample_data writes {sorted(strange)} in {name}, {f.name}, which is not in the list of domain/codes.")
        if f.required and frame[f.column].isna().any():
            raise ValueError(f"sample_data leaves {name}, {f.name} blank, which domain/fields requires.")
    twice = frame.duplicated(list(defined.key))
    if twice.any():
        raise ValueError(f"sample_data writes {int(twice.sum())} rows of {name} twice by their natural key {defined.key}.")
    return frame


def rows_of(name: str, rows: Sequence[dict[str, Any]]) -> Frame:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return sheet(name, {column: pd.Series([row.get(column) for row in rows], dtype=object) for column in columns})


def join(name: str, parts: list[Frame]) -> Frame:
    parts = [part for part in parts if len(part)]
    made = pd.concat(parts, ignore_index=True)
    return sheet(name, {column: made[column] for column in made.columns})


def until(frame: Frame, column: str, today: pd.Timestamp) -> Frame:
    return frame[pd.to_datetime(frame[column]) <= today].reset_index(drop=True)
