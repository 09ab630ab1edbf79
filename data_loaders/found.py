"""What recognising hands to checking: one table of the return on one sheet of a file, each of its columns at its place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from data_loaders.questions import plain
from data_loaders.read import RawSheet
from data_loaders.values import Trouble
from domain import fields
from domain.excel import letters
from domain.types import Sheet

IDENTIFIER_HEADINGS = re.compile(
    r"^(names?|initials|dob|chi|nino|postcode|post code|address|tel|phone|mobile|telephone|e ?mail|contact details|next of kin)$"
    r"|\b(first|last|sur|fore|middle|given|family|full|preferred|maiden|known as) ?names?\b"
    r"|\b(person|people|client|patient|user|customer|resident|tenant|participant|member|carer|relative)s? names?\b"
    r"|\b(worker|staff|keyworker|practitioner|therapist|gp)s? names?\b"
    r"|\bnames? of (the )?(person|people|client|patient|service user|user|customer|resident|tenant|participant|member|carer|worker|relative)s?\b"
    r"|\bd ?o ?b\b|\bdate of birth\b|\bbirth ?(date|day)\b"
    r"|\bnhs ?(number|no|num|id)\b|\bchi ?(number|no)\b|\bh ?& ?c (number|no)\b|\bhospital (number|no)\b|\b(national insurance|ni) ?(number|no)\b"
    r"|\bpost ?code\b"
    r"|\b(home|postal|email|e mail|street|client|patient) address\b|\baddress line\b|\be ?mail\b|\b(tele)?phone( number| no)?\b|\bmobile (number|no)\b"
)


# Rows of two tables of one kind beside each other would share their addresses. No sheet of Excel's may be called with a bracket.
_BESIDE = re.compile(r" \[from column [A-Z]{1,3}\]$")


def beside(sheet: str, letter: str) -> str:
    """What a table is called that stands beside another of its kind on a sheet, and begins at this column."""
    return f"{sheet} [from column {letter}]"


def on_sheet(named: str) -> str:
    """The name of the sheet on which a table so called stands."""
    return _BESIDE.sub("", named)


@dataclass(frozen=True)
class Found:
    """One table of the return as found on a sheet. `header_row` is Excel's row number; `columns` maps field.column to a column of `raw.table`.
    `named` is the sheet's name, or `beside` where an earlier table of the same kind stands on it.

    A sheet may hold several (scores side by side are one table each, a row per person): they share its rows, so that every address is Excel's own.
    `source` says for a column that was made here (a total of answers, a word that is the same in every row) at which column of the sheet it is told;
    `made` names the columns whose cells are not this table's own to count; `troubles` are rows held back before checking: (Excel's row, column, why).
    """

    sheet: Sheet
    named: str
    file: str
    header_row: int
    columns: dict[str, int]
    raw: RawSheet
    source: dict[str, int] = field(default_factory=dict)
    made: frozenset[str] = frozenset()
    troubles: tuple[tuple[int, str, Trouble], ...] = ()
    part: str = ""

    def letter(self, column: str) -> str:
        """Excel's letter of a field's column; nothing where the file has none."""
        index = self.source.get(column, self.columns.get(column, -1))
        return letters(self.raw.first_column + index) if index >= 0 and (column not in self.made or column in self.source) else ""


def _names(sheet: Sheet) -> list[dict[str, str]]:
    """Headings -> field.column, in two strengths: the field's own names first, then what other people call it."""
    own: dict[str, str] = {}
    called: dict[str, str] = {}
    for f in sheet.fields:
        for text in (f.name, f.column, re.sub(r"\(.*?\)", "", f.name)):
            own.setdefault(plain(text), f.column)
        for text in f.synonyms:
            called.setdefault(plain(text), f.column)
    return [own, {text: column for text, column in called.items() if text not in own}]


NAMES = {sheet.name: _names(sheet) for sheet in fields.SHEETS}
NAMED = {key: sheet for sheet in fields.SHEETS for key in (plain(sheet.name), plain(sheet.table))}


def named_sheet(name: str) -> Sheet | None:
    """The sheet of the return a sheet's name says it is, if it says so."""
    known = plain(name)
    return NAMED.get(known) or next((sheet for key, sheet in NAMED.items() if known.startswith(f"{key} ")), None)
