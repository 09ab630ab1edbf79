"""What in a piece of text says who somebody is: numbers by their check digits, telephone numbers, postcodes, e-mails, dates of birth, names with a title.

Whole columns at once: one pattern over the Arrow column finds the few texts worth a look, and only those are judged one by one. Only the kind is ever
told, never the text. How much of a labelled set this finds stands in docs/identifiers.md; indirect descriptions and names without a title it does not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import nhs_number
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

HEALTH, INSURANCE, EMAIL, PHONE, POSTCODE, BIRTH, NAME = (
    "an NHS or CHI number", "a National Insurance number", "an e-mail address", "a telephone number", "a postcode", "a date of birth", "a person's name",
)  # fmt: skip

_TEN_DIGITS = re.compile(r"(?<![\d.,£$€])(\d{3})([ -]?)(\d{3})([ -]?)(\d{4})(?![\d%]|[.,]\d)")
_NEAR_HEALTH = re.compile(r"\b(?:nhs|chi|h ?& ?c|hcn)\b\W*(?:no|num|number|id)?\W*(?:is|was)?\W*$", re.I)
_ISSUED = (nhs_number.REGION_ENGLAND_WALES_IOM, nhs_number.REGION_SCOTLAND, nhs_number.REGION_NORTHERN_IRELAND)
# GOV.UK, National Insurance Manual NIM39110: prefix letters without D F I Q U V (second also without O), suffix A to D; seven pairs are never used.
INSURANCE_PATTERN = re.compile(
    r"(?<![A-Za-z0-9])(?!bg|gb|nk|kn|tn|nt|zz)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?\d{2}[ -]?\d{2}[ -]?\d{2}[ -]?[A-D](?![A-Za-z0-9])", re.I
)
# RFC 5321: at most 64 characters before the @. The bound also keeps one endless word from costing its length squared.
EMAIL_PATTERN = re.compile(
    r"[\w.+'-]{1,64} ?(?:@|\(at\)|\[at\]) ?[\w-]+(?: ?(?:\.|\(dot\)|\[dot\]) ?[\w-]+)+|(?<!\w)\w{1,64}[._]\w[\w.-]{0,64} at [\w-]{1,63}\.[\w.-]+", re.I
)
_PHONE = re.compile(r"(?<![\w.£$€])(?:\+|00)?\(?\d[\d ().-]{7,18}\d(?![\d%])")
# Royal Mail, Postcode Address File guide: one of 124 areas, a district, then a digit and two letters that are not C I K M O V.
_AREAS = (
    "AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS "
    "HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM "
    "SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE"
)
_AREA = "|".join(sorted(_AREAS.split(), key=len, reverse=True))
_POSTCODE = re.compile(rf"(?<![A-Z0-9])(?:{_AREA})\d[A-Z\d]?[ -]{{0,2}}(\d[ABD-HJLNP-UW-Z]{{2}})(?![A-Z0-9])", re.I)
_ORDINAL = re.compile(r"\d(?:st|nd|rd|th)$", re.I)
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
_BIRTH = re.compile(
    rf"\bd\.?\s?o\.?\s?b\b|\b(?:date of birth|birth ?date)\b|\bborn\s+(?:on\s+)?(?:a\s+\w+\s+)?(?:the\s+)?\d|\bborn\s++(?:on|in)?\s*+{_MONTH}\s+\d"
    r"|\bbirthday\s+(?:is|was|on|falls)\b",
    re.I,
)
# A title and a capital: `Mr Smith`, `Mrs. O'Neill`, `Dr J Patel`. `Miss Tuesday's group` is no name, and Dr Gray's Hospital is a place.
_NAME = re.compile(
    r"\b(?:Mr|Mrs|Ms|Mx|Miss|Dr|Prof)\b\.? (?:[A-Z]\.? )?(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)[A-Z][\w'’-]++(?! (?:Hospital|House|School|Trust)\b)"
    r"|\b(?:mr|mrs)\b\.? (?!s\b)[a-z][\w'’-]+"
    r"|\b(?i:my|his|her|their|whose) (?i:full |first )?(?i:name is|name was) [A-Z][\w'’-]+"
)
# What every pattern above needs; run over a whole column at once.
_MAYBE = (
    r"(?i)\d[ ().a-z-]{0,3}\d|@|\w[._]\w[\w.-]* at [\w-]+\.|[(\[]at[)\]]|\bd\.?\s?o\.?\s?b|birth|\bborn\b|\b(?:mr|mrs|ms|mx|miss|dr|prof)\b|\bname (?:is|was)\b"
)


def check_digit(digits: str) -> bool:
    """Whether ten digits pass the modulus-11 check of NHS numbers (NHS Data Dictionary, NHS NUMBER), shared by Scotland's CHI and Northern Ireland's H&C."""
    return len(digits) == 10 and digits.isascii() and digits.isdigit() and nhs_number.is_valid(digits)


def kinds(text: str) -> list[str]:
    """The kinds of identifier in a piece of text, in words. Empty when none was found (others may still be there)."""
    found = []
    if _health(text):
        found.append(HEALTH)
    if INSURANCE_PATTERN.search(text):
        found.append(INSURANCE)
    if EMAIL_PATTERN.search(text):
        found.append(EMAIL)
    if any(_is_phone(m[0]) for m in _PHONE.finditer(text)):
        found.append(PHONE)
    if any(not _ORDINAL.search(m[0]) for m in _POSTCODE.finditer(text)):
        found.append(POSTCODE)
    if _BIRTH.search(text):
        found.append(BIRTH)
    if _NAME.search(text):
        found.append(NAME)
    return found


def screen(texts: pa.Array) -> dict[int, list[str]]:
    """Position in an array of texts -> kinds of identifier found there. One pass over the column, then only the likely ones in turn."""
    likely = pc.match_substring_regex(texts, _MAYBE).fill_null(False).to_numpy(zero_copy_only=False).nonzero()[0]
    return {int(i): found for i in likely if (found := kinds(texts[int(i)].as_py()))}


def _health(text: str) -> bool:
    """Ten digits that pass: written 3-3-4, or in a range that is issued, or with the words beside them. Then also with a slip in the check digit."""
    for match in _TEN_DIGITS.finditer(text):
        digits = match[1] + match[3] + match[5]
        if _NEAR_HEALTH.search(text[max(0, match.start() - 80) : match.start()]):
            return True
        grouped = bool(match[2]) and match[2] == match[4]
        if check_digit(digits) and (grouped or any(nhs_number.is_valid(digits, region) for region in _ISSUED)):
            return True
    return False


def _is_phone(text: str) -> bool:
    """Whether a run of digits is a telephone number: a possible British one that begins 0 or +44, or a valid one of another country with its + or 00."""
    digits = re.sub(r"\D", "", text)
    abroad = text.startswith(("+", "00"))
    if not 9 <= len(digits) <= 15 or not (abroad or digits.startswith("0")):
        return False
    try:
        number = phonenumbers.parse(re.sub(r"^00", "+", re.sub(r"(\+?44)[ .-]*\(0\)", r"\1", text)), "GB")
    except phonenumbers.NumberParseException:
        return False
    # 07700 900… and the like are set aside for drama: possible, but given to nobody. Somebody who types one means a telephone number all the same.
    return phonenumbers.is_valid_number(number) or (digits[:2] == "07" and len(digits) == 11) or (digits[:3] == "447" and len(digits) == 12)


def by_chance(references: Sequence[str]) -> frozenset[str]:
    """Those of a column's distinct references that pass the check of NHS numbers, where so few do that they are the provider's own ten-digit ones.

    One ten-digit number in eleven passes. What passes is taken for NHS numbers if every ten-digit reference does, if it is written 3-3-4, or if so
    many pass that it would happen by chance less than once in a thousand columns; otherwise for chance.
    """
    ten = {text: digits for text in references if len(text) >= 10 and len(digits := re.sub(r"[ -]", "", text)) == 10 and digits.isdigit()}
    passing = [text for text, digits in ten.items() if check_digit(digits)]
    written = [text for text in passing if re.fullmatch(r"\d{3}([ -])\d{3}\1\d{4}", text)]
    if not passing or written or len(passing) == len(ten) or _tail(len(passing), len(ten)) < 0.001:
        return frozenset()
    return frozenset(passing)


def _tail(k: int, n: int, p: float = 1 / 11) -> float:
    """P(k or more of n by chance); for many the normal approximation, which is near enough for a threshold."""
    if n > 500:
        return math.erfc((k - 0.5 - n * p) / math.sqrt(2 * n * p * (1 - p))) / 2
    return sum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))
