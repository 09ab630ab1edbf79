"""Questionnaires and scales, read from `measures.toml`: facts for scoring and judging change, never question texts.

A site may add or override measures with a file of its own in the same form (`load(path)`), merged by `merged`.
"""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from domain.codes import PERSPECTIVES
from domain.errors import Shown
from domain.types import Measure

FILE = Path(__file__).with_name("measures.toml")

# Which entry of [measure.sources] must stand beside which number.
NUMBERS: dict[str, str] = {
    "lowest": "range",
    "highest": "range",
    "items": "items",
    "cutoff": "cutoff",
    "reliable_change": "reliable_change",
    "reliability": "reliability",
    "important_difference": "important_difference",
    "bands": "bands",
    "subscales": "subscales",
    "snomed": "snomed",
    "conversion": "conversion",
}
_REQUIRED = ("code", "name", "lowest", "highest", "better")
_DECIMALS = ("lowest", "highest", "step", "cutoff", "reliable_change", "reliability", "important_difference")
_TRIPLES = ("bands", "subscales")
_WORDS = ("code", "name", "better", "clinical_side", "headline_perspective", "licence", "notes")
_KEYS = {*_WORDS, *_DECIMALS, *_TRIPLES, "items", "synonyms", "snomed", "conversion", "sources"}


def load(path: Path | None = None) -> dict[str, Measure]:
    """The measures of a TOML file (default: the one shipped) by code, in the order of the file. Checked; scores and thresholds are Decimals.

    Raises errors.Shown naming the measure and what is wrong with it.
    """
    path = path or FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise Shown(f"The list of questionnaires, {path.name}, could not be opened.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Shown(f"The list of questionnaires, {path.name}, could not be read: {error}. Correct the file and try again.") from error
    entries = content.get("measure")
    if not isinstance(entries, list) or not entries:
        raise Shown(f"{path.name} holds no [[measure]].")
    measures: dict[str, Measure] = {}
    called: dict[str, str] = {}
    for entry in entries:
        measure = _measure(entry, path.name)
        for name in (measure.code, measure.name, *measure.synonyms):
            owner = called.setdefault(plain(name), measure.code)
            if owner != measure.code or measure.code in measures:
                raise Shown(f"{path.name}: '{name}' is used by two measures, {owner} and {measure.code}. Every name may belong to one only.")
        measures[measure.code] = measure
    return measures


@cache
def all_measures() -> dict[str, Measure]:
    """The shipped measures by code, read once per process."""
    return load()


def merged(own: dict[str, Measure]) -> dict[str, Measure]:
    """The shipped measures with a site's own in place of those of the same code, and the rest of its own after them."""
    return {**all_measures(), **own}


def plain(text: str) -> str:
    """A name as it is compared: letters and digits only, in lower case, so that `PHQ 9`, `phq-9` and `PHQ9` are one."""
    return re.sub(r"[^a-z0-9]+", "", text.casefold())


def named(text: str, measures: dict[str, Measure] | None = None) -> Measure | None:
    """The measure a person means by `text`: its code, name or a synonym, whatever the spaces, hyphens and capitals. None when it is none of them."""
    wanted = plain(text)
    for measure in (measures or all_measures()).values():
        if wanted and wanted in (plain(measure.code), plain(measure.name), *map(plain, measure.synonyms)):
            return measure
    return None


def stored_score(measure: Measure, score: Decimal) -> Decimal:
    """The score as it is kept. Where a measure has a conversion table (SWEMWBS), a total found in it is a raw total and becomes the metric score.

    A score that is not in the table is kept as it is: metric scores other than the two ends, which are the same in both, are never whole numbers.
    """
    return dict(measure.conversion).get(score, score)


def _measure(entry: dict[str, Any], file: str) -> Measure:
    code = str(entry.get("code", "a measure without a code"))

    def wrong(what: str) -> Shown:
        return Shown(f"{file}, {code}: {what}")

    if unknown := set(entry) - _KEYS:
        raise wrong(f"unknown entry '{sorted(unknown)[0]}'.")
    if missing := [key for key in _REQUIRED if entry.get(key) in (None, "")]:
        raise wrong(f"'{missing[0]}' is missing.")
    values: dict[str, Any] = {}
    for key, value in entry.items():
        if key in _WORDS:
            if not isinstance(value, str):
                raise wrong(f"'{key}' must be words in quotation marks.")
            values[key] = value.strip()
        elif key in _DECIMALS:
            values[key] = _number(value, key, wrong)
        elif key in _TRIPLES:
            values[key] = tuple((str(a), _number(b, key, wrong), _number(c, key, wrong)) for a, b, c in _lists(value, 3, key, wrong))
        elif key == "conversion":
            values[key] = tuple((_number(a, key, wrong), _number(b, key, wrong)) for a, b in _lists(value, 2, key, wrong))
        elif key in ("synonyms", "snomed"):
            if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
                raise wrong(f"'{key}' must be a list of words in quotation marks.")
            values[key] = tuple(value)
        elif key == "items":
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise wrong("'items' must be a whole number.")
            values[key] = value
        else:  # sources
            if not isinstance(value, dict):
                raise wrong("'sources' must be a table.")
            values[key] = tuple((name, str(words).strip()) for name, words in value.items())
    measure = Measure(**{"step": Decimal(1), **values})
    if problem := _problem(measure):
        raise wrong(problem)
    return measure


def _number(value: object, key: str, wrong: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
        raise wrong(f"'{key}' must be a number.")
    return Decimal(value)


def _lists(value: object, length: int, key: str, wrong: Any) -> list[list[Any]]:
    if not isinstance(value, list) or not all(isinstance(part, list) and len(part) == length for part in value):
        raise wrong(f"'{key}' must be a list of lists of {length}.")
    return value


def _problem(m: Measure) -> str:
    """What is wrong with a measure, in words; nothing when it is sound."""
    if m.better not in ("higher", "lower"):
        return "'better' must be higher or lower."
    if m.lowest >= m.highest or m.step <= 0:
        return f"the range {m.lowest} to {m.highest} in steps of {m.step} makes no sense."
    if m.headline_perspective not in PERSPECTIVES:
        return f"'headline_perspective' must be one of {', '.join(PERSPECTIVES)}."
    if (m.cutoff is None) != (m.clinical_side is None):
        return "a cut-off and its clinical side go together."
    if m.cutoff is not None:
        if m.clinical_side != ("at or above" if m.better == "lower" else "at or below"):
            return f"with better = {m.better} the clinical side of the cut-off must be {'at or above' if m.better == 'lower' else 'at or below'}."
        if not m.lowest < m.cutoff <= m.highest and not m.lowest <= m.cutoff < m.highest:
            return f"the cut-off {m.cutoff} lies outside the range {m.lowest} to {m.highest}."
    for name in ("reliable_change", "important_difference"):
        value = getattr(m, name)
        if value is not None and not 0 < value < m.highest - m.lowest:
            return f"'{name}' = {value} cannot be with a range of {m.lowest} to {m.highest}."
    if m.reliability is not None and not 0 < m.reliability < 1:
        return "'reliability' must lie between 0 and 1."
    if any(a > b or a < m.lowest or b > m.highest for _, a, b in m.bands):
        return "a band lies outside the range."
    if any(later[1] <= earlier[2] for earlier, later in zip(m.bands, m.bands[1:], strict=False)):
        return "the bands overlap or are out of order."
    if m.bands and (m.bands[0][1] != m.lowest or m.bands[-1][2] != m.highest):
        return "the bands do not cover the range."
    if any(a >= b for _, a, b in m.subscales):
        return "a subscale has no range."
    if any(a[0] >= b[0] or a[1] >= b[1] for a, b in zip(m.conversion, m.conversion[1:], strict=False)):
        return "the conversion table must rise."
    have = dict(m.sources)
    for number, source in NUMBERS.items():
        if getattr(m, number) not in (None, ()) and not have.get(source):
            return f"'{number}' has no source."
    return next((f"the source of '{name}' has no year." for name, words in m.sources if not re.search(r"\b(19|20)\d\d\b", words)), "")
