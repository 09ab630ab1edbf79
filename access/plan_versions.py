"""What one version of a plan changed against another, line by line in words: pure, so that every step of a negotiation can be told in the same way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from domain.quarters import Quarter
from metrics import plan_reading

QUARTERS = ("q1", "q2", "q3", "q4")
WORDS = {
    "kind": "its kind", "what_changes": "what changes", "direction": "its direction", "counted_as": "counted as", "out_of": "out of",
    "verification": "how to check it", "baseline": "the baseline",
}  # fmt: skip
Line = Mapping[str, Any]


def differences(
    old: Sequence[Line], new: Sequence[Line], year: int, old_sections: Mapping[str, str] | None = None, new_sections: Mapping[str, str] | None = None
) -> list[str]:
    """A sentence for each thing that is new, changed or taken out: lines in the order of the new version, then those taken out, then the words."""
    was = {line["ref"]: line for line in old}
    now = {line["ref"] for line in new}
    replaced = {line["replaces_ref"] for line in new if line["replaces_ref"] and line["replaces_ref"] not in now}
    told: list[str] = []
    for line in new:
        ref, before = line["ref"], was.get(line["ref"])
        instead = line["replaces_ref"] if line["replaces_ref"] != ref else None
        if before is None and instead in was:
            told.append(f"{ref} is new in place of {instead}: {line['what_people_will_achieve']}.")
            before = {**was[instead], "what_people_will_achieve": line["what_people_will_achieve"]}
        elif before is None:
            place = f" in place of {instead}" if instead else ""
            told.append(f"{ref} is new{place}: {line['what_people_will_achieve']}.")
            continue
        elif _given(line.get("replaces_ref")) and line["replaces_ref"] != before.get("replaces_ref"):
            told.append(f"{ref} takes the place of {line['replaces_ref']}.")
        told += _line(ref, before, line, year)
    told += [f"{ref} was taken out." for ref in was if ref not in now and ref not in replaced]
    return told + _sections(old_sections or {}, new_sections or {})


def _line(ref: str, was: Line, now: Line, year: int) -> list[str]:
    told = []
    for n, column in enumerate(QUARTERS, start=1):
        if _differs(was.get(column), now.get(column)):
            told.append(f"{ref}, {Quarter(year, n).months()}: {figure(was.get(column))} became {figure(now.get(column))}.")
    if was["what_people_will_achieve"] != now["what_people_will_achieve"]:
        told.append(f"{ref} now reads: {now['what_people_will_achieve']}.")
    for column, words in WORDS.items():
        if _differs(was.get(column), now.get(column)):
            told.append(f"{ref}, {words}: {_said(was.get(column))} became {_said(now.get(column))}.")
    return told


def _sections(was: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    told = []
    for section in dict.fromkeys([*now, *was]):
        old, new = _sentences(was.get(section, "")), _sentences(now.get(section, ""))
        if old == new:
            continue
        if not old:
            told.append(f"“{section}” is new.")
        elif not new:
            told.append(f"The words of “{section}” were taken out.")
        else:
            told += [f"“{section}” now also says: “{sentence}”" for sentence in new if sentence not in old]
            told += [f"“{section}” no longer says: “{sentence}”" for sentence in old if sentence not in new]
    return told


def _sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.!?])\s+", " ".join(text.split())) if part]


def figure(value: float | None) -> str:
    """A projection in words: a blank one is not in the contract."""
    return plan_reading.number(value) if _given(value) else "not in the contract"


def _said(value: Any) -> str:
    if not _given(value):
        return "nothing"
    return plan_reading.number(value) if isinstance(value, int | float) else f"“{value}”"


def _given(value: Any) -> bool:
    return value is not None and value != ""


def _differs(a: Any, b: Any) -> bool:
    return a != b and (_given(a) or _given(b))
