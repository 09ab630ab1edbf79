"""Scores side by side in one row per person: which headings are scores of which questionnaire, at which point or on which day.

`PHQ9 start`, `GAD-7 (final)`, `PHQ-9 12/05/2025`, `Date of first PHQ9`, `PHQ9_3` (an answer), or a merged `PHQ-9` over `Start` and `End`.
Nothing is guessed from numbers below: a heading that is not wholly understood is no score.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from data_loaders import values
from domain import measures as named
from domain.types import Field, Measure

OCCASIONS: dict[str, str] = {
    **dict.fromkeys(("start", "first", "initial", "baseline", "pre", "entry", "intake", "beginning", "referral", "before", "opening", "started"), "start"),
    **dict.fromkeys(("end", "last", "final", "post", "exit", "discharge", "closing", "completion", "ending", "after", "latest", "ended"), "end"),
    **dict.fromkeys(("review", "mid", "midpoint", "interim", "middle", "midway"), "review"),
    **dict.fromkeys(("followup", "fu"), "follow-up"),
}
DATED = ("date", "dated", "when", "day", "completed")
PASSED_OVER = (
    "score", "scores", "total", "result", "sum", "value", "assessment", "questionnaire", "of", "at", "the", "on", "for", "in", "treatment", "session", "points",
)  # fmt: skip
ANSWERS = ("q", "item", "question", "i", "answer")
ITEMS: dict[str, int] = {"PHQ-9": 3, "GAD-7": 3, "WSAS": 8, "CORE-10": 4}  # measures whose answers are added up -> the highest answer
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?: \d{2}:\d{2}:\d{2}(?:\.\d+)?)?|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{1,2}(?:st|nd|rd|th)? [A-Za-z]{3,9},? \d{2,4}")


@dataclass(frozen=True)
class Part:
    """What one heading says. `number` is the answer's number, or that of a review; `day` the text of a date in the heading itself."""

    index: int
    measure: str  # code; empty for a date that belongs to an occasion of any questionnaire
    role: str  # score, date, answer
    occasion: str = ""
    number: int = 0
    day: str = ""
    subscale: str = ""


@dataclass(frozen=True)
class Group:
    """The columns of one score: `PHQ-9 start`. Either `score` or `answers` (number -> column) or both; the date is a column, a day of the heading, or asked."""

    measure: str
    occasion: str
    number: int
    day: str
    subscale: str
    score: int | None
    answers: dict[int, int]
    date: int | None = None

    @property
    def called(self) -> str:
        """`PHQ-9 start`, `PHQ-9 review 2`, `PHQ-9 of 12 May 2025`."""
        words = [self.measure, self.subscale, self.occasion, str(self.number) if self.number else ""]
        return " ".join(w for w in words if w) + (f" of {self.day.split(' 00:')[0]}" if self.day else "")


def names_of(measures: dict[str, Measure]) -> dict[str, Measure]:
    """Every name of every measure, letters and digits only -> the measure."""
    return {name: m for m in measures.values() for name in map(named.plain, (m.code, m.name, *m.synonyms)) if len(name) >= 3}


def parse(index: int, text: str, names: dict[str, Measure], usual: Measure | None = None) -> Part | None:
    """What a heading says of a score, or None. `usual` is the questionnaire the whole sheet is about, where its headings do not name it."""
    day = ""
    if (match := _DAY.search(text)) and _is_day(match[0]):
        day, text = match[0], f"{text[: match.start()]} {text[match.end() :]}"
    tokens = re.findall(r"[^\W\d_]+|\d+", text.casefold().replace("follow-up", "followup").replace("follow up", "followup").replace("w&sas", "wsas"))
    measure, tokens = _measure(tokens, names)
    if measure is None and day and not [t for t in tokens if t not in PASSED_OVER and t not in OCCASIONS]:
        measure = usual
    if measure is None and not ("date" in tokens and {"assessment", "score", "questionnaire"} & set(tokens)):
        return None
    subscale = ""
    for called, _, _ in measure.subscales if measure else ():
        words = re.findall(r"[^\W\d_]+", called.casefold())
        if words and " ".join(words) in " ".join(tokens):
            subscale, tokens = called, [t for t in tokens if t not in words]
            break
    occasion, number, role = "", 0, "date" if set(tokens) & set(DATED) else "score"
    asked = bool(set(tokens) & set(ANSWERS))
    for place, token in enumerate(tokens):
        if token in OCCASIONS:
            if occasion and occasion != OCCASIONS[token]:
                return None
            occasion = OCCASIONS[token]
        elif token.isdigit():
            if place + 1 < len(tokens) and re.fullmatch(r"m|mo|months?|w|wks?|weeks?", tokens[place + 1]):
                number = int(token)
            elif number or int(token) > 99:
                return None
            else:
                number = int(token)
        elif token not in (*PASSED_OVER, *DATED, *ANSWERS, "m", "mo", "month", "months", "w", "wk", "wks", "week", "weeks", "t", "no", "number"):
            return None
    if asked and number and role == "score":
        role = "answer"
    return Part(index, measure.code if measure else "", role, occasion, number, day, subscale)


def measure_in(text: str, names: dict[str, Measure]) -> Measure | None:
    """The questionnaire a title names, if it names one."""
    return _measure(re.findall(r"[^\W\d_]+|\d+", text.casefold()), names)[0]


def _is_day(text: str) -> bool:
    made, troubles = values.dates(Field("", "heading", "date"), [text], date(2200, 1, 1))
    return made[0] is not None or any(t.code == "ambiguous-date" for t in troubles.values())


def _measure(tokens: list[str], names: dict[str, Measure]) -> tuple[Measure | None, list[str]]:
    """The measure with the longest name among the tokens, and the tokens without it."""
    for length in range(min(len(tokens), 7), 0, -1):
        for begin in range(len(tokens) - length + 1):
            found = names.get("".join(tokens[begin : begin + length]))
            if found is not None:
                return found, tokens[:begin] + tokens[begin + length :]
    return None, tokens


def groups(parts: list[Part], measures: dict[str, Measure]) -> tuple[list[Group], list[int]]:
    """The scores the headings tell of, in the order of their columns, and the columns of scores that stand twice (told, never chosen between)."""
    numbered: dict[tuple[str, str, str, str], set[int]] = {}
    for p in parts:
        if p.role == "score" and p.number and p.measure in ITEMS:
            numbered.setdefault((p.measure, p.occasion, p.day, p.subscale), set()).add(p.number)
    # `PHQ9_1 … PHQ9_9` are the nine answers; `PHQ9 1, PHQ9 2` are a first and a second time.
    answers = {key for key, found in numbered.items() if max(found) <= (measures[key[0]].items or 0) and len(found) >= 0.6 * (measures[key[0]].items or 99)}
    made: dict[tuple[str, str, int, str, str], dict[str, object]] = {}
    twice: list[int] = []
    for p in parts:
        if p.role == "date" or not p.measure:
            continue
        is_answer = p.role == "answer" or ((p.measure, p.occasion, p.day, p.subscale) in answers and p.number > 0)
        if is_answer and p.measure not in ITEMS:
            continue
        key = (p.measure, p.occasion, 0 if is_answer else p.number, p.day, p.subscale)
        held = made.setdefault(key, {"score": None, "answers": {}})
        if is_answer:
            if p.number in held["answers"]:  # type: ignore[operator]
                twice.append(p.index)
            held["answers"][p.number] = p.index  # type: ignore[index]
        elif held["score"] is not None:
            twice.append(p.index)
        else:
            held["score"] = p.index
    found = []
    for (measure, occasion, number, day, subscale), held in made.items():
        dated = _date_of(parts, measure, occasion, number, day)
        found.append(Group(measure, occasion, number, day, subscale, held["score"], dict(held["answers"]), dated))  # type: ignore[arg-type, call-overload]
    return found, twice


def _date_of(parts: list[Part], measure: str, occasion: str, number: int, day: str) -> int | None:
    """The date column of a score: of the same questionnaire and point; else of the point, whatever the questionnaire."""
    if day:
        return None
    dates = [p for p in parts if p.role == "date"]
    for wanted in (measure, ""):
        for p in dates:
            if (p.measure, p.occasion, p.number) == (wanted, occasion, number):
                return p.index
    return None


def is_wide(found: list[Group]) -> bool:
    """Whether these columns are scores side by side: two or more, or one that adds up its answers."""
    return len(found) >= 2 or any(g.answers for g in found) or any(g.day or g.occasion for g in found)
