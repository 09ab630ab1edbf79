"""Distinct texts of one column -> typed values, or what is wrong with each. One function per kind of field; no rows here, only distinct values.

Each converter returns (values, troubles): a list of Python values in the order of `texts` (None where there is trouble) and a dict from
position to Trouble.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from data_loaders import screen
from domain import codes, measures, quarters
from domain.types import Field, Measure, Severity

EARLIEST = date(1940, 1, 1)  # before this a date is a slip: Excel shows the numbers 1 to 14,000 as dates of 1900 to 1938
MAY_BE_AHEAD = ("contract_from", "contract_to")
OLD = ("operating_since",)


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a value, in words for the person who sent it."""

    code: str
    message: str
    fix: str
    severity: Severity = "holds"
    together: bool = False  # told once for all cells that hold this value


Converted = tuple[list[Any], dict[int, Trouble]]


def show(text: str) -> str:
    """A value of a coded column in quotation marks, cut short; nothing that could say who somebody is."""
    if screen.identifiers(text) or screen.reference_trouble(text) not in ("", "a name"):
        return "something that looks like personal details"
    text = re.sub(r"\s+", " ", text)
    return f"'{text}'" if len(text) <= 30 else f"'{text[:29]}…'"


def normal_reference(text: str) -> str:
    """A reference as compared and hashed: NFKC, one space between words, upper case. `c-007 ` and `C-007` are one, `007` and `7` are two."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().upper()


# ---------------------------------------------------------------- numbers

_PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?|[+-]?\.\d+", re.ASCII)
_DIGITS = {ord("−"): "-", ord("－"): "-", ord("﹣"): "-", ord("＋"): "+", ord("．"): ".", ord("，"): ",", **{0xFF10 + d: str(d) for d in range(10)}}
_NOTHING = ("-", "–", "—", "n/a", "na", "n.a.", "none", "nil", "null", "not known", "unknown", "missing", "?", "x", ".", "tbc")


def number(text: str) -> Decimal | None:
    """The exact number written in a cell, or None: `12`, ` 12 `, `1,234`, `−3`, `１２`. Never a guess: `12%`, `£5`, `1.2E+11`, `1,23` are None."""
    text = text.translate(_DIGITS)
    return Decimal(text.replace(",", "")) if _PLAIN_NUMBER.fullmatch(text) else None


def _not_a_number(f: Field, text: str) -> Trouble:
    if text.casefold() in _NOTHING:
        return Trouble(
            "not-a-number",
            f"'{f.name}' holds {show(text)}, which is not a number.",
            "Leave the cell blank if it is not known; type 0 only if it was counted and there were none.",
        )
    if _is_date_cell(text):
        return Trouble("not-a-number", f"'{f.name}' holds a date where a number is expected.", "Type the number again and format the cell as Number.")
    if text.endswith("%"):
        return Trouble("not-a-number", f"'{f.name}' holds {show(text)}: a percentage written as text.", "Type the number alone, without the % sign.")
    return Trouble("not-a-number", f"'{f.name}' holds {show(text)}, which is not a number.", "Type the number alone: digits, and a point if you need one.")


def _bounds(f: Field, text: str, value: Decimal, largest: Decimal) -> Trouble | None:
    if abs(value) > largest:
        return Trouble("out-of-range", f"'{f.name}' is larger than any figure we can keep.", "Check the figure and type it again.")
    low = Decimal(str(f.lowest)) if f.lowest is not None else None
    high = Decimal(str(f.highest)) if f.highest is not None else None
    if (low is not None and value < low) or (high is not None and value > high):
        allowed = f"from {low} to {high}" if low is not None and high is not None else f"{low} or more" if low is not None else f"up to {high}"
        return Trouble("out-of-range", f"'{f.name}' is {show(text)}; allowed is {allowed}.", "Check the figure and type it again.")
    return None


def numbers(f: Field, texts: list[str]) -> Converted:
    """Kinds number (float), integer (int), money and score (Decimal). A score's range and steps are its measure's: checked with the rows."""
    values: list[Any] = [None] * len(texts)
    troubles: dict[int, Trouble] = {}
    largest = {"integer": Decimal(2_000_000_000), "money": Decimal(10**11), "score": Decimal(999_999)}.get(f.kind, Decimal(10**15))
    places = {"money": Decimal("0.01"), "score": Decimal("0.001")}.get(f.kind)
    for i, text in enumerate(texts):
        value = number(text)
        if value is None:
            troubles[i] = _not_a_number(f, text)
        elif trouble := _bounds(f, text, value, largest):
            troubles[i] = trouble
        elif f.kind == "integer":
            if value != value.to_integral_value():
                troubles[i] = Trouble("not-a-whole-number", f"'{f.name}' is {show(text)}; it is counted in whole numbers.", "Type a whole number.")
            else:
                values[i] = int(value)
        elif places is not None:
            rounded = value.quantize(places)
            # A sum of cells may come as 10.100000000000001; anything further off is a figure of its own.
            if f.kind == "score" and abs(rounded - value) > Decimal("1e-9"):
                told = f"'{f.name}' is {show(text)}: more than three decimal places."
                troubles[i] = Trouble("out-of-range", told, "Type the score as the form gives it.")
            else:
                values[i] = rounded
        else:
            values[i] = float(value)
    return values, troubles


# ---------------------------------------------------------------- dates and times

_DATE_CELL = re.compile(r"(\d{4})-(\d{2})-(\d{2}) \d{2}:\d{2}:\d{2}(?:\.\d+)?")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?")
NUMERIC_DATE = re.compile(r"(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{4}|\d{2})(?: \d{1,2}:\d{2}(?::\d{2})?)?")
_NAMED = re.compile(r"(?:[a-z]+,? )?(\d{1,2})(?:st|nd|rd|th)?[ -]+([a-z]{3,9})\.?,?[ -]+(\d{4}|\d{2})", re.I)
_NAMED_FIRST = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", re.I)
_MONTHS = {name[:n].lower(): i + 1 for i, name in enumerate(quarters.MONTHS) for n in range(3, len(name) + 1)} | {"sept": 9}
DAY_FIRST = "Write dates day first, such as 3 April 2025 or 03/04/2025."


def _is_date_cell(text: str) -> bool:
    return _DATE_CELL.fullmatch(text) is not None


def dates(f: Field, texts: list[str], today: date) -> Converted:
    """Dates, day first; the order is decided from the column as a whole, and a column that reads both ways is asked about, never guessed."""
    parts: list[tuple[int, int, int] | None] = [None] * len(texts)
    troubles: dict[int, Trouble] = {}
    cells: list[int] = []
    numeric: list[int] = []
    for i, text in enumerate(texts):
        if match := _DATE_CELL.fullmatch(text):
            cells.append(i)
            parts[i] = (int(match[1]), int(match[2]), int(match[3]))
        elif match := _ISO.fullmatch(text):
            parts[i] = (int(match[1]), int(match[2]), int(match[3]))
        elif match := NUMERIC_DATE.fullmatch(text):
            numeric.append(i)
            year = int(match[3]) if len(match[3]) == 4 else screen.year_of(int(match[3]), today)
            parts[i] = (year, int(match[2]), int(match[1]))
        elif (match := _NAMED.fullmatch(text)) and match[2].lower() in _MONTHS:
            year = int(match[3]) if len(match[3]) == 4 else screen.year_of(int(match[3]), today)
            parts[i] = (year, _MONTHS[match[2].lower()], int(match[1]))
        elif (match := _NAMED_FIRST.fullmatch(text)) and match[1].lower() in _MONTHS:
            parts[i] = (int(match[3]), _MONTHS[match[1].lower()], int(match[2]))
        else:
            troubles[i] = Trouble(
                "not-a-date",
                f"'{f.name}' does not hold a date that we can read.",
                f"{DAY_FIRST} A bare number: format the cell as a date and look what it says.",
            )

    day_first = [i for i in numeric if _day(parts[i]) > 12]
    month_first = [i for i in numeric if _month(parts[i]) > 12]
    if month_first and not day_first:
        for i in numeric:
            troubles[i] = Trouble(
                "ambiguous-date",
                f"Dates under '{f.name}' look as if the month came first.",
                f"{DAY_FIRST} Then check that no day and month have changed places.",
            )
    elif month_first:
        for i in month_first:
            troubles[i] = Trouble("ambiguous-date", f"This date under '{f.name}' has the month first, others in the column have the day first.", DAY_FIRST)
    # Excel set to American dates turns 03/04/2025 into 4 March and leaves 13/04/2025 as text: true dates all within day 12, texts all beyond it.
    if len(cells) >= 3 and len(day_first) >= 3 and len(day_first) == len(numeric) and all(_day(parts[i]) <= 12 for i in cells):
        for i in cells:
            troubles[i] = Trouble(
                "ambiguous-date", f"Under '{f.name}' Excel has turned some dates round: days up to 12 became months, later days stayed text.",
                "In Excel, set the region to English (United Kingdom) before you open or paste the list, then send it again.",
            )  # fmt: skip

    values: list[Any] = [None] * len(texts)
    for i, part in enumerate(parts):
        if part is None or i in troubles:
            continue
        try:
            day = date(*part)
        except ValueError:
            troubles[i] = Trouble("impossible-date", f"'{f.name}' holds a date that does not exist.", DAY_FIRST)
            continue
        if (day < EARLIEST and f.column not in OLD) or day.year > 2200:
            troubles[i] = Trouble("impossible-date", f"'{f.name}' holds a date in {day.year}.", f"Check the year. {DAY_FIRST}")
        elif day > today and f.column not in MAY_BE_AHEAD:
            troubles[i] = Trouble(
                "future-date",
                f"'{f.name}' lies in the future; today is {quarters.british(today)}.",
                "Check the year, and that day and month have not changed places.",
            )
        else:
            values[i] = day
    return values, troubles


def _day(part: tuple[int, int, int] | None) -> int:
    return part[2] if part else 0


def _month(part: tuple[int, int, int] | None) -> int:
    return part[1] if part else 0


_TIME = re.compile(r"(?:\d{4}-\d\d-\d\d )?(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?\s*([ap]m)?", re.I)


def times(f: Field, texts: list[str]) -> Converted:
    """Times of day: `9:30`, `14.05`, `2:15 pm` or a true time cell."""
    values: list[Any] = [None] * len(texts)
    troubles: dict[int, Trouble] = {}
    for i, text in enumerate(texts):
        match = _TIME.fullmatch(text)
        try:
            if match is None:
                raise ValueError
            hour = int(match[1]) % 12 + (12 if match[4].lower() == "pm" else 0) if match[4] else int(match[1])
            values[i] = time(hour, int(match[2]), int(match[3] or 0))
        except ValueError:
            troubles[i] = Trouble("not-a-time", f"'{f.name}' does not hold a time that we can read.", "Write times such as 09:30 or 14:05.")
    return values, troubles


# ---------------------------------------------------------------- years and quarters

BARE_QUARTER = re.compile(r"(\d{4})[ /-]*Q(?:uarter ?)?([1-4])|Q(?:uarter ?)?([1-4])[ /,-]*(\d{4})", re.I)


def years(f: Field, texts: list[str], bare: str) -> Converted:
    """The calendar year in which the plan year starts. A bare 2025 is asked about unless the provider has said what it means."""
    values: list[Any] = [None] * len(texts)
    troubles: dict[int, Trouble] = {}
    for i, text in enumerate(texts):
        year = quarters.parse_year(text)
        if year is None and re.fullmatch(r"(?:19|20|21)\d\d", text):
            if bare == "plan":
                year = int(text)
            else:
                troubles[i] = Trouble(
                    "ambiguous-quarter",
                    f"'{f.name}' is {show(text)}: {_meanings(int(text))}",
                    f"Write the plan year in full, such as {quarters.year_name(int(text))}.",
                    together=True,
                )
                continue
        if year is None or not 1940 <= year <= 2200:
            troubles[i] = Trouble(
                "not-in-list", f"'{f.name}' is {show(text)}, which is not a plan year.", "Write it such as 2025-26 (April 2025 to March 2026).", together=True
            )
        else:
            values[i] = year
    return values, troubles


def _meanings(year: int) -> str:
    return f"it may mean {quarters.year_name(year - 1)} or {quarters.year_name(year)}."


def quarter_values(f: Field, texts: list[str], today: date, bare: str) -> Converted:
    """(starting year or None, quarter) of each text. `bare` says what 2025Q3 means to this provider: `plan`, `calendar`, or nothing: then it is asked."""
    values: list[Any] = [None] * len(texts)
    troubles: dict[int, Trouble] = {}
    for i, text in enumerate(texts):
        found = quarters.parse_quarter(text)
        if found is None and (match := BARE_QUARTER.fullmatch(text)):
            year, n = int(match[1] or match[4]), int(match[2] or match[3])
            plan = quarters.Quarter(year, n)
            calendar = quarters.quarter_of(date(year, 3 * n - 2, 1))
            if bare not in ("plan", "calendar"):
                troubles[i] = Trouble(
                    "ambiguous-quarter", f"'{f.name}' is {show(text)}: it may mean {plan.months()} or {calendar.months()}.",
                    f"Write {plan} or {calendar}, whichever you mean.", together=True,
                )  # fmt: skip
                continue
            meant = plan if bare == "plan" else calendar
            found = meant.year, meant.number
        if found is None:
            troubles[i] = Trouble(
                "not-in-list",
                f"'{f.name}' is {show(text)}, which is not a quarter.",
                "Write 1, 2, 3 or 4 (1 is April to June), or the whole quarter such as 2025-26 Q3.",
                together=True,
            )
        elif found[0] is not None and f.column == "quarter" and quarters.Quarter(found[0], found[1]).start > today:
            troubles[i] = Trouble(
                "future-date", f"'{f.name}' is {quarters.Quarter(found[0], found[1]).months()}, which has not begun.", "Check the year and the quarter."
            )
        else:
            values[i] = found
    return values, troubles


# ---------------------------------------------------------------- words and codes


def _word(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"\s*[‐‑‒–—-]\s*", "-", text)
    return re.sub(r"\s+", " ", text).strip(" .")


def choice_words(f: Field) -> dict[str, str]:
    """What may be typed for each choice of a field -> the word kept."""
    words: dict[str, str] = {}
    groups = {"gender": codes.GENDERS, "yes_no": codes.YES_NO, "counted_as": codes.COUNTED_AS}
    for name, table in codes.SYNONYMS.items():
        kept = groups.get(name, ("not stated",))
        if set(kept) <= set(f.choices):
            words |= {_word(text): word for text, word in table.items() if text and word in f.choices}
    return words | {_word(word): word for word in f.choices}


def choices(f: Field, texts: list[str]) -> Converted:
    """Words of a closed list, whatever their case. For a `category` other words are kept as they are; the caller says how many."""
    words = choice_words(f)
    loose = {re.sub(r"\W+", "", key): word for key, word in words.items()}
    values: list[Any] = [None] * len(texts)
    troubles: dict[int, Trouble] = {}
    for i, text in enumerate(texts):
        key = _word(text)
        kept = words.get(key) or loose.get(re.sub(r"\W+", "", key) or key)
        if kept is None and f.column == "age_band" and re.fullmatch(r"\d{1,3}", key) and int(key) <= 120:
            kept = screen.age_band(int(key))
        if kept is not None:
            values[i] = kept
        elif f.kind == "category":
            values[i] = re.sub(r"\s+", " ", text)
        else:
            allowed = ", ".join(f.choices[:14]) + (" …" if len(f.choices) > 14 else "")
            troubles[i] = Trouble("not-in-list", f"'{f.name}' is {show(text)}; allowed is: {allowed}.", "Choose one of these words.", together=True)
    return values, troubles


def measure_codes(f: Field, texts: list[str], known: dict[str, Measure]) -> Converted:
    """Codes of measures, by code, name or synonym."""
    called = {name: m.code for m in known.values() for name in (*map(measures.plain, m.synonyms), measures.plain(m.name), measures.plain(m.code))}
    values: list[Any] = [called.get(measures.plain(text)) for text in texts]
    troubles = {
        i: Trouble(
            "unknown-measure",
            f"'{f.name}' is {show(text)}, a questionnaire we do not know.",
            f"We know {', '.join(known)}. Ask your commissioner to add another.",
            together=True,
        )
        for i, text in enumerate(texts)
        if values[i] is None
    }
    return values, troubles


_ORDINARY = re.compile(r"[A-Z]{0,6}[-/]?\d{1,8}", re.ASCII)  # most references: nothing below can be wrong with them
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:\.\d+)?E[+-]?\d+", re.I)


def references(f: Field, texts: list[str]) -> Converted:
    """Codes and person references, kept as text. What Excel has changed on the way (dates, powers of ten, lost digits) is held back."""
    values: list[Any] = [None] * len(texts)
    troubles: dict[int, Trouble] = {}
    ordinary = _ORDINARY.fullmatch
    chance = screen.by_chance(texts) if f.kind == "person" else ()
    for i, text in enumerate(texts):
        if ordinary(text):
            values[i] = text
            continue
        if _is_date_cell(text):
            changed = "into a date"
        elif _SCIENTIFIC.fullmatch(text) and ("." in text or "+" in text):
            changed = "into a number with E"
        elif re.fullmatch(r"\d{16,}", text):
            changed = "by rounding its last digits (it keeps 15)"
        else:
            changed = ""
        if changed:
            troubles[i] = Trouble(
                "excel-changed-id",
                f"Excel seems to have changed this '{f.name}' {changed}.",
                "Format the column as Text, type the reference again, and send the file again.",
            )
        elif len(text) > f.longest:
            troubles[i] = too_long(f, len(text))
        elif f.kind == "person" and text not in chance and (trouble := screen.reference_trouble(text)):
            if trouble == "a name":
                troubles[i] = Trouble("identifier-in-text", f"'{f.name}' looks like a name.", "Use your own reference for each person, never a name.")
            else:
                troubles[i] = Trouble(
                    "looks-like-nhs-number",
                    f"'{f.name}' looks like {trouble}.",
                    "Use your own reference for each person, never a number or address used elsewhere. Delete these from the file.",
                    "stops",
                )
        else:
            values[i] = normal_reference(text)
    return values, troubles


def too_long(f: Field, length: int) -> Trouble:
    return Trouble("too-long", f"'{f.name}' has {length:,} characters; up to {f.longest:,} can be kept.", "Shorten it to what matters most.")


def words(f: Field, texts: list[str]) -> Converted:
    """Free text and short labels, kept as typed."""
    return list(texts), {i: too_long(f, len(text)) for i, text in enumerate(texts) if len(text) > f.longest}


def lists(f: Field, texts: list[str], known: dict[str, Measure]) -> Converted:
    """Several codes in one cell, kept as `A; B`. For `main result`: measure codes, goals, milestone, maintained."""
    values: list[Any] = [None] * len(texts)
    troubles: dict[int, Trouble] = {}
    for i, text in enumerate(texts):
        parts = [part.strip() for part in re.split(r"[;,\n]", text) if part.strip()]
        if f.column != "main_result":
            values[i] = "; ".join(dict.fromkeys(map(normal_reference, parts)))
            continue
        plain_words = {
            "goal": "goals",
            "goals": "goals",
            "milestone": "milestone",
            "milestones": "milestone",
            "maintained": "maintained",
            "maintain": "maintained",
        }
        kept = [plain_words.get(part.casefold()) or (m.code if (m := measures.named(part, known)) else None) for part in parts]
        if None in kept:
            troubles[i] = Trouble(
                "not-in-list", f"'{f.name}' is {show(text)}; allowed are the codes of questionnaires ({', '.join(known)}), goals, milestone and maintained.",
                "Write one or more of these with semicolons between.", together=True,
            )  # fmt: skip
        else:
            values[i] = "; ".join(dict.fromkeys(part for part in kept if part))
    return values, troubles
