"""References that must not be ones: an NHS number, a name … Only the kind is ever told, never the text. What hides in words is found by `identifiers`."""

from __future__ import annotations

import re
from datetime import date

from data_loaders.identifiers import EMAIL, EMAIL_PATTERN, HEALTH, INSURANCE, INSURANCE_PATTERN, PHONE, by_chance, screen
from data_loaders.identifiers import check_digit as nhs_check_digit
from data_loaders.identifiers import kinds as identifiers

__all__ = ["age_band", "by_chance", "identifiers", "nhs_check_digit", "reference_trouble", "screen", "year_of"]

_NAME = re.compile(r"^(?:(?:mr|mrs|ms|miss|mx|dr)\.? )?[^\W\d_]+(?:['’-][^\W\d_]+)*(?:,? [^\W\d_]+(?:['’-][^\W\d_]+)*)+$", re.I)


def reference_trouble(reference: str) -> str:
    """What a person reference is that it must not be: `an NHS or CHI number`, `a name` …; empty when it looks like a provider's own reference."""
    digits = re.sub(r"[ -]", "", reference)
    if nhs_check_digit(digits):
        return HEALTH
    if INSURANCE_PATTERN.fullmatch(reference):
        return INSURANCE
    if "@" in reference and EMAIL_PATTERN.search(reference):
        return EMAIL
    if _NAME.match(reference):
        return "a name"
    if re.fullmatch(r"\d{1,2}[/.]\d{1,2}[/.](\d{4}|\d{2})", reference):
        return "a date, perhaps of birth"
    if digits.isdigit() and len(digits) == 11 and digits.startswith("07"):
        return PHONE
    return ""


def age_band(age: int) -> str:
    """The band of an age in years."""
    bands = ((18, "under 18"), (25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64"), (75, "65-74"))
    return next((band for below, band in bands if age < below), "75 and over")


def year_of(two_digits: int, today: date) -> int:
    """The year meant by two digits: never more than five years ahead of today."""
    return 2000 + two_digits if 2000 + two_digits <= today.year + 5 else 1900 + two_digits
