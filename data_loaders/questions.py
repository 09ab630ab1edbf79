"""What is asked about a file that is not quite ours, and the answers a provider has given: the mapping is nothing but answers by question.

A question's id is `kind|where|what`: where is the fingerprint of a layout's headings, `sheet NAME` (mappings typed as TOML), or `*` for everything a
provider sends. So an answer holds for exactly the layouts it was given for, and the next quarter's file asks nothing.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from domain import fields, measures
from domain.errors import Shown
from domain.types import Measure, Sheet

LEAVE_OUT = "-"  # the answer that a column, sheet or value is not part of the return
ALWAYS = "="  # before a value: no column holds it, it is the same in every row


@dataclass(frozen=True)
class Question:
    """One thing only the sender knows. `options` are (answer, words); `why` gives the reason for `suggested`. Samples are of coded columns only."""

    id: str
    kind: str  # sheet, column, value, dates, wide, wide-date, bare-quarter
    ask: str
    options: tuple[tuple[str, str], ...]
    suggested: str = ""
    why: str = ""
    sheet: str = ""
    file: str = ""
    samples: tuple[str, ...] = ()
    needed: bool = False  # without an answer the sheet cannot be read


@dataclass(frozen=True)
class About:
    """What is known when a file is looked at: the services its sender may send for (code -> name), the questionnaires, and today."""

    services: dict[str, str] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=measures.all_measures)
    today: date = field(default_factory=date.today)


@dataclass(frozen=True)
class Mapping:
    """A provider's answers by question id."""

    answers: dict[str, str] = field(default_factory=dict)

    def get(self, kind: str, what: str = "", layout: str = "", named: str = "") -> str | None:
        """The answer for this layout, else for a sheet of this name, else for everything this provider sends; None where nobody was asked."""
        places = (layout, f"sheet {plain(named)}" if named else "", "*")
        return next((self.answers[key] for place in places if place and (key := identity(kind, place, what)) in self.answers), None)

    def elsewhere(self, kind: str, what: str) -> str:
        """What this provider answered to the same question about another layout: a suggestion, no more."""
        found = {answer for key, answer in self.answers.items() if key.split("|")[0] == kind and key.split("|", 2)[2] == what}
        return found.pop() if len(found) == 1 else ""

    def with_(self, answers: dict[str, str]) -> Mapping:
        return Mapping({**self.answers, **answers})

    @property
    def layouts(self) -> frozenset[str]:
        return frozenset(key.split("|")[1] for key in self.answers)


NOTHING = Mapping()


def identity(kind: str, where: str, what: str = "") -> str:
    return f"{kind}|{where}|{what}"


def plain(heading: str) -> str:
    """A heading as compared: without case, asterisks, punctuation, line breaks, unusual spaces."""
    text = unicodedata.normalize("NFKC", heading).casefold().replace("'", "").replace("’", "")
    return re.sub(r"[^\w£%&]+|_+", " ", text).strip()


_A_DATE = re.compile(r"\b(\d{4} \d{1,2} \d{1,2}( \d{2} \d{2} \d{2}( \d+)?)?|\d{1,2} \d{1,2} \d{4}|\d{1,2} [a-z]{3,9} \d{2,4}|\d{2} \d{2} \d{2})\b")


def layout_of(headings: Iterable[str]) -> str:
    """Twelve hex characters for a set of plain headings, whatever their order. Dates in headings count as one: next quarter they are others."""
    words = {_A_DATE.sub("(date)", heading) for heading in headings if heading}
    return hashlib.sha256("|".join(sorted(words)).encode()).hexdigest()[:12]


# ---------------------------------------------------------------- a mapping written by hand


def from_toml(text: str) -> Mapping:
    """The mapping of a TOML file (docs/mapping.md). Raises Shown naming the entry that is wrong."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Shown(f"The mapping could not be read: {error}.") from None
    answers: dict[str, str] = {}
    for key, value in content.items():
        if key == "bare_quarter":
            if value not in ("plan", "calendar"):
                raise Shown("The mapping: 'bare_quarter' is plan or calendar.")
            answers[identity("bare-quarter", "*")] = value
        elif key == "values":
            answers |= _values(_table(value, "values"))
        elif key == "sheets":
            for name, entry in _table(value, "sheets").items():
                answers |= _sheet(name, _table(entry, f"sheets.{name}"))
        else:
            raise Shown(f"The mapping: there is no entry '{key}'. There are bare_quarter, sheets and values.")
    return Mapping(answers)


def _table(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Shown(f"The mapping: '{name}' must be a table.")
    return value


def _values(entries: dict[str, Any]) -> dict[str, str]:
    answers = {}
    by_name = {f"{s.name} {f.name}".casefold(): (s, f) for s in fields.SHEETS for f in s.fields}
    for name, words in entries.items():
        sheet, f = by_name.get(name.casefold(), (None, None))
        if sheet is None or f is None:
            raise Shown(f"The mapping: values.'{name}' is no column. Write the sheet and the column, such as 'People gender'.")
        for typed, kept in _table(words, f"values.{name}").items():
            if f.choices and kept not in f.choices and kept != "leave out":
                raise Shown(f"The mapping: '{kept}' is not a word for {name}; allowed is {', '.join(f.choices)}.")
            answers[identity("value", "*", f"{sheet.table}.{f.column}.{plain(typed)}")] = LEAVE_OUT if kept == "leave out" else str(kept)
    return answers


def _sheet(name: str, entry: dict[str, Any]) -> dict[str, str]:
    where = f"sheet {plain(name)}" if name != "*" else "*"
    answers: dict[str, str] = {}
    sheet: Sheet | None = None
    for key, value in entry.items():
        if key == "is":
            sheet = fields.BY_NAME.get(str(value))
            if sheet is None and value != "leave out":
                raise Shown(f"The mapping, sheet '{name}': '{value}' is no sheet of the return. There are {', '.join(fields.BY_NAME)}.")
            answers[identity("sheet", where)] = sheet.table if sheet else LEAVE_OUT
    if "is" not in entry and any(key in entry for key in ("columns", "always")):
        raise Shown(f"The mapping, sheet '{name}': say which sheet of the return it is, such as is = \"People\".")
    for key, value in entry.items():
        if key in ("columns", "always") and sheet:
            known = {plain(f.name): f for f in sheet.fields}
            for heading, given in _table(value, key).items():
                wanted, answer = (given, plain(heading)) if key == "columns" else (heading, f"{ALWAYS}{given}")
                if plain(str(wanted)) not in known:
                    raise Shown(f"The mapping, sheet '{name}': '{wanted}' is no column of {sheet.name}.")
                answers[identity("column", where, f"{sheet.table}.{known[plain(str(wanted))].column}")] = answer
        elif key == "dates":
            for heading, order in _table(value, key).items():
                if order not in ("day first", "month first"):
                    raise Shown(f"The mapping, sheet '{name}': dates are 'day first' or 'month first'.")
                answers[identity("dates", where, plain(heading))] = order.split()[0]
        elif key == "scores":
            if not isinstance(value, bool):
                raise Shown(f"The mapping, sheet '{name}': 'scores' is true or false.")
            answers[identity("wide", where)] = "yes" if value else "no"
        elif key == "score_dates":
            for occasion, column in _table(value, key).items():
                answers[identity("wide-date", where, plain(occasion))] = plain(str(column)).replace(" ", "_")
        elif key not in ("is", "columns", "always"):
            raise Shown(f"The mapping, sheet '{name}': there is no entry '{key}'.")
    return answers
