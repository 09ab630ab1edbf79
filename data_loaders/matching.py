"""How like one heading or word is to another, and what a column holds: the reasons given when a match is suggested."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from rapidfuzz import fuzz, process, utils

from data_loaders import screen, values
from data_loaders.questions import About, plain
from domain import fields
from domain.types import Field, Sheet

LIKE = 80.0  # per cent alike from which a heading is suggested
WORD_LIKE = 70.0
SAMPLED = 400  # distinct values looked at to see what a column holds


# What other systems call our columns, often enough to be suggested and not so surely that it goes without asking.
OFTEN: dict[str, tuple[str, ...]] = {
    "person": ("client", "id", "ref", "reference", "client number", "client no", "urn", "case", "unique id", "user id", "patient id", "record number"),
    "service_code": ("team", "project", "scheme", "site", "provision"),
    "started_on": ("opened", "date opened", "entry date", "joined", "date joined", "admission date", "first seen", "date of referral", "from date"),
    "ended_on": ("finished", "finish date", "date finished", "left", "date left", "leaving date", "exit date", "date closed", "last seen", "to date"),
    "how_it_ended": ("why ended", "reason ended", "reason for ending", "closure reason", "reason closed", "leaving reason", "exit reason", "outcome"),
    "age_band": ("age range", "age bracket", "age in years"),
    "gender": ("gender identity", "m f", "m/f"),
    "main_need": ("main problem", "reason for referral", "needs", "main issue", "primary diagnosis"),
    "date": ("when", "date of assessment", "date taken", "date of score", "completed", "test date"),
    "measure": ("test", "instrument", "outcome measure", "assessment tool", "name of tool"),
    "score": ("points", "mark", "outcome score", "total points"),
    "occasion": ("time", "assessment type", "pre post", "pre/post"),
    "ref": ("milestone number", "milestone no", "target ref", "line no"),
    "actual": ("figure", "number", "count", "this quarter", "delivered"),
    "explanation": ("notes", "reason for variance", "commentary"),
}  # fmt: skip


def _named(sheet: Sheet) -> tuple[list[str], list[str], list[str]]:
    """(column, name, plain name) of every name and synonym of a sheet's columns."""
    pairs = [(f.column, name) for f in sheet.fields for name in (f.name, *f.synonyms)]
    return [column for column, _ in pairs], [name for _, name in pairs], [plain(name) for _, name in pairs]


NAMES = {sheet.name: _named(sheet) for sheet in fields.SHEETS}
OFTEN_AS: dict[str, list[str]] = {}
for _column, _names in OFTEN.items():
    for _name in _names:
        OFTEN_AS.setdefault(plain(_name), []).append(_column)


def alike(first: str, second: str) -> float:
    """0 to 100: the better of the same letters in order and the same words in any order, with short words never alike by accident."""
    if not first or not second:
        return 0.0
    whole, words = fuzz.ratio(first, second), fuzz.token_sort_ratio(first, second)
    if abs(len(first) - len(second)) > max(len(first), len(second)) * 0.6:
        return min(whole, words)
    return max(whole, words)


def best_heading(heading: str, sheet: Sheet, taken: Iterable[str] = ()) -> tuple[str, float, str]:
    """(field.column, per cent, the name it is like) of the free field whose name or synonym is most like a heading; nothing under LIKE."""
    done, found = set(taken), ("", 0.0, "")
    if len(heading) < 2:
        return found
    columns, names, plains = NAMES[sheet.name]
    whole, words = (process.cdist([heading], plains, scorer=scorer, score_cutoff=LIKE)[0] for scorer in (fuzz.ratio, fuzz.token_sort_ratio))
    for i in np.flatnonzero(np.maximum(whole, words)).tolist():
        score = alike(heading, plains[i])
        if score > found[1] and columns[i] not in done and (len(heading) >= 5 or score >= 95):
            found = (columns[i], score, names[i])
    if found[1] < 90:
        column = next((c for c in OFTEN_AS.get(heading, ()) if c not in done and c in sheet.columns), "")
        found = (column, 90.0, sheet.field(column).name) if column else found
    return found if found[1] >= LIKE else ("", 0.0, "")


def best_word(typed: str, words: dict[str, str]) -> tuple[str, float]:
    """(the word kept, per cent) most like what was typed; abbreviations such as `Home Supp.` count each word by its beginning."""
    found = ("", 0.0)
    key = utils.default_process(typed)
    for name, kept in words.items():
        other = utils.default_process(name)
        score = max(alike(key, other), _abbreviated(key, other))
        if score > found[1]:
            found = (kept, score)
    return found if found[1] >= WORD_LIKE else ("", 0.0)


def _abbreviated(short: str, long: str) -> float:
    """90 where every word of the short text begins, or is the initial of, a word of the long one; words may change places."""
    parts, whole = short.split(), long.split()
    if not parts or sum(map(len, parts)) < 3:
        return 0.0
    left = list(whole)
    for part in parts:
        hit = next((word for word in left if word.startswith(part) or part.startswith(word)), None)
        if hit is None:
            return 0.0
        left.remove(hit)
    return 90.0 - 3 * len([w for w in left if len(w) > 3])


def distinct(column: pa.ChunkedArray, most: int = SAMPLED) -> list[str]:
    """Distinct filled texts of a column, trimmed; at most `most` of them."""
    seen: dict[str, None] = {}
    for text in column.slice(0, 20_000).unique().to_pylist():
        if text and (trimmed := text.strip()):
            seen[trimmed] = None
            if len(seen) >= most:
                break
    return list(seen)


def fits(f: Field, texts: list[str], about: About) -> float:
    """Share of distinct texts that a field could hold: 1 for a column of dates under a date field. 0.5 where the kind says nothing."""
    if not texts:
        return 0.0
    match f.kind:
        case "date":
            _, troubles = values.dates(f, texts, about.today)
            return 1 - sum(t.code == "not-a-date" for t in troubles.values()) / len(texts)
        case "number" | "integer" | "money" | "score":
            return sum(values.number(t) is not None for t in texts) / len(texts)
        case "choice":
            _, troubles = values.choices(f, texts)
            return 1 - len(troubles) / len(texts)
        case "category":
            known = values.choice_words(f)
            return 0.5 if len(texts) < 30 and not any(t.casefold() in known for t in texts) else float(any(t.casefold() in known for t in texts))
        case "measure":
            _, troubles = values.measure_codes(f, texts, about.measures)
            return 1 - len(troubles) / len(texts)
        case "quarter" | "year":
            return sum(bool(re.search(r"\d", t)) for t in texts) / len(texts)
        case "person" | "code":
            return sum(" " not in t and len(t) <= 30 for t in texts) / len(texts)
        case _:
            return 0.5


CODED = ("date", "number", "integer", "money", "score", "choice", "category", "measure", "quarter", "year")


def samples(f: Field, texts: list[str], about: About, most: int = 3) -> tuple[str, ...]:
    """A few values of a coded column, to see what is meant; none of a column that may hold references, names or words of a person."""
    if f.kind not in CODED or f.personal or (fits(f, texts, about) < 0.8 and f.kind != "choice"):
        return ()
    return tuple(said for t in texts[: 4 * most] if (said := word(t)))[:most]


def word(text: str) -> str:
    """A value of a coded column as it may be shown and kept, or nothing where it is long or looks like personal details."""
    text = re.sub(r"\s+", " ", text).strip()
    day = re.fullmatch(r"(\d{4}-\d\d-\d\d) 00:00:00(?:\.0+)?", text)
    if day:
        return day[1]
    return "" if len(text) > 40 or screen.identifiers(text) or text.count(" ") > 5 else text
