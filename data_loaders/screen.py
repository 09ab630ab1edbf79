"""Finding what says who somebody is: in references, and in words. Only the kind is ever told, never the text.

Patterns and check digits find numbers, addresses and the like; they do not find first names in lower case or indirect descriptions, and nothing here claims so.
"""

from __future__ import annotations

import re
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

_TEN_DIGITS = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")
# GOV.UK, National Insurance Manual NIM39110: prefix letters without D F I Q U V (second also without O), suffix A to D.
_NI = re.compile(r"(?<![A-Za-z0-9])[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z][A-CEGHJ-NPR-TW-Za-ceghj-npr-tw-z] ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d](?![A-Za-z0-9])")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_PHONE = re.compile(r"(?<![\w.])(?:\+44|0044|\(?0)[ ().-]{0,2}(?:\d[ ().-]{0,2}){8,9}\d(?![\d])")
# Royal Mail: outward code, then a digit and two letters that are not C I K M O V.
_POSTCODE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[ABD-HJLNP-UW-Zabd-hjlnp-uw-z]{2}(?![A-Za-z0-9])")
_ORDINAL = re.compile(r"\d(?:st|nd|rd|th)$", re.I)
_BIRTH = re.compile(r"\bd\.?\s?o\.?\s?b\b|\bdate of birth\b|\bborn\s+(?:on\s+)?(?:the\s+)?\d|\bbirthday\s+(?:is|was)\b", re.I)
_MAYBE = r"(?i)\d[ ().a-z-]{0,2}\d|@|\bd\.?\s?o\.?\s?b|birth|\bborn\b"  # what every pattern above needs; run over a whole column at once
_NAME = re.compile(r"^(?:(?:mr|mrs|ms|miss|mx|dr)\.? )?[^\W\d_]+(?:['’-][^\W\d_]+)*(?:,? [^\W\d_]+(?:['’-][^\W\d_]+)*)+$", re.I)


def nhs_check_digit(digits: str) -> bool:
    """Whether ten digits pass the modulus-11 check of NHS numbers (NHS Data Dictionary, NHS NUMBER), shared by Scotland's CHI and Northern Ireland's H&C."""
    if len(digits) != 10 or not digits.isascii() or not digits.isdigit():
        return False
    check = 11 - sum((10 - i) * int(d) for i, d in enumerate(digits[:9])) % 11
    return check % 11 == int(digits[9]) if check != 10 else False


def identifiers(text: str) -> list[str]:
    """The kinds of identifier in a piece of text, in words: `an NHS number`, `a postcode` … Empty when none was found (others may still be there)."""
    found = []
    if any(nhs_check_digit(re.sub(r"\D", "", m[0])) for m in _TEN_DIGITS.finditer(text)):
        found.append("an NHS or CHI number")
    if _NI.search(text):
        found.append("a National Insurance number")
    if _EMAIL.search(text):
        found.append("an e-mail address")
    if _PHONE.search(text):
        found.append("a telephone number")
    if any(not _ORDINAL.search(m[0]) for m in _POSTCODE.finditer(text)):
        found.append("a postcode")
    if _BIRTH.search(text):
        found.append("a date of birth")
    return found


def screen(texts: pa.Array) -> dict[int, list[str]]:
    """Position in an array of texts -> kinds of identifier found there. One pass over the column, then only the likely ones in turn."""
    likely = pc.match_substring_regex(texts, _MAYBE).to_numpy(zero_copy_only=False).nonzero()[0]
    return {int(i): kinds for i in likely if (kinds := identifiers(texts[int(i)].as_py()))}


def reference_trouble(reference: str) -> str:
    """What a person reference is that it must not be: `an NHS or CHI number`, `a name` …; empty when it looks like a provider's own reference."""
    digits = re.sub(r"[ -]", "", reference)
    if nhs_check_digit(digits):
        return "an NHS or CHI number"
    if _NI.fullmatch(reference) or _NI.fullmatch(digits):
        return "a National Insurance number"
    if "@" in reference and _EMAIL.search(reference):
        return "an e-mail address"
    if _NAME.match(reference):
        return "a name"
    if re.fullmatch(r"\d{1,2}[/.]\d{1,2}[/.](\d{4}|\d{2})", reference):
        return "a date, perhaps of birth"
    if digits.isdigit() and len(digits) == 11 and digits.startswith("07"):
        return "a telephone number"
    return ""


def age_band(age: int) -> str:
    """The band of an age in years."""
    bands = ((18, "under 18"), (25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64"), (75, "65-74"))
    return next((band for below, band in bands if age < below), "75 and over")


def year_of(two_digits: int, today: date) -> int:
    """The year meant by two digits: never more than five years ahead of today."""
    return 2000 + two_digits if 2000 + two_digits <= today.year + 5 else 1900 + two_digits
