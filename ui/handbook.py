"""The Handbook's content: the metric and measure registries in words, and the glossary. Here the technical words may be said."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import pandas as pd

from domain.measures import all_measures
from domain.types import Measure
from metrics.handbook import ENTRIES
from metrics.registry import METRICS
from ui import words

GLOSSARY = {
    "Provider": "An organisation with a stable code that runs one or more services.",
    "Service": "What is commissioned: one contract, grant or agreement, with a code that is unique on the site.",
    "Target plan": "What a service expects for a plan year (April to March), in five sections with milestones and performance targets.",
    "Performance target": "A change in people's behaviour, condition or satisfaction.",
    "Milestone": "A point people reach on the way that anyone could check.",
    "Projection": "What a plan line expects in a quarter. In the first year it is an educated guess.",
    "Return": "A service's quarter: its figures, the words that explain them, its activity and usually records of people.",
    "Person": "One person within one provider, known only by a scrambled reference. Across providers some people may be counted twice.",
    "Code name": "A readable label, so that people in the room can speak of a line without knowing whose it is.",
    "Time with a service (in the code: episode)": "One person's time with one service. Back within 30 days continues it; later is a new one: 'came back'.",
    "Score": "The total or a part of a questionnaire on a date, as seen by the person, a carer or a practitioner.",
    "First and last": "For time that has ended, the first and the last score; for time still open, from the last score before the period to the last in it.",
    "Gain": "Last minus first, turned round where lower is better, so that more is always better.",
    "The questionnaire's own wobble (reliable change)": "How far a score can move by chance alone. A change smaller than this is called about the same.",
    "Clinical range (caseness)": "The side of a questionnaire's cut-off on which people who seek help usually score.",
    "Clearly worse (in the literature: deteriorated)": "The score worsened by at least the reliable change. Lives change for many reasons.",
    "Out of whom (denominator)": "The people a rate is out of. A rate means little until one knows whom it is out of.",
    "Due a second score": "People who have ended, or have been with the service for 13 weeks.",
    "Followed up": "Of the people due a second score, those who have one.",
    "Likely between (95% interval)": "Where the true figure probably lies: of many such ranges, 19 in 20 hold it.",
    "Hidden (suppressed)": "Not shown, so that nobody can be recognised, here or by subtraction. Hidden does not mean zero.",
    "Data date": "Up to when the data speak. It stands on every page and file.",
    "Data version": "A number that goes up with every change to the data, so that two people can see whether they look at the same figures.",
    "Far from the rest (outlier)": "A service whose figure chance alone would rarely bring about. It is a question, never an answer.",
}

PROTECTION = (
    "**Managers** see their own services exactly, and other services only as groups of at least three other providers.",
    "**Commissioners** see figures in which groups of one to four people are hidden, and as many further groups as it takes that "
    "nobody can work out the hidden ones by subtraction.",
    "**Presenters, and everything that leaves the organisation,** see counts rounded to the nearest five and rates worked out from the rounded counts.",
    "**Administrators** see no outcome figures.",
    "**Journeys** are one line per person. They are coded records of real people and stay personal information whatever is hidden. "
    "Each opening is written down: who, when, and which group of people.",
    "A group that is too small is widened, and says so. If nothing can be shown, the plan, the return and the words stand in its place. "
    "That is never a mark against a service.",
    "Figures are never for payment or for choosing cuts.",
)


@dataclass(frozen=True)
class Entry:
    id: str
    title: str
    question: str
    facts: pd.DataFrame


def told(entry: Entry) -> str:
    """The facts of an entry as lines of Markdown: cheaper than a table, of which the page would have dozens."""
    return "\n".join(f"- **{name}:** {words.plain(says)}" for name, says in zip(entry.facts.index, entry.facts["says"], strict=True))


@cache  # the registry is the same as long as the app runs
def metrics() -> list[Entry]:
    """One entry per metric of the registry, in its order."""
    return [
        Entry(
            m.id,
            m.title,
            m.question,
            _facts(
                {
                    "Counted": words.capital(m.numerator_words),
                    "Out of": words.capital(m.denominator_words),
                    "Given in": "per cent" if m.unit == "%" else m.unit,
                    "Better is": {"higher": "higher", "lower": "lower", "neither": "neither"}[m.better],
                    "Range": m.method,
                    "Source": m.source,
                    "In links and files": m.id,
                }
            ),
        )
        for m in METRICS.values()
    ]


@cache
def statistics() -> list[Entry]:
    """One entry per statistic, in the order of its registry: in plain words, then its formula and source."""
    return [
        Entry(
            e.heading,
            e.title,
            e.words,
            _facts(
                {"Formula": e.formula, "Source": e.source}
                | ({"Where we differ from other software": e.differs} if e.differs else {})
                | ({"On the command line": f"python so_what.py {e.command}"} if e.command else {})
            ),
        )
        for e in ENTRIES
    ]


def measures() -> dict[str, str]:
    """Questionnaires by code, in words."""
    return {code: f"{code}: {m.name}" if m.name != code else code for code, m in all_measures().items()}


@cache
def measure_table() -> pd.DataFrame:
    """One row per questionnaire."""
    return pd.DataFrame(
        [
            {
                "Questionnaire": m.code,
                "Name": m.name,
                "Runs from": number(m.lowest),
                "to": number(m.highest),
                "Better is": m.better,
                "Cut-off": f"{number(m.cutoff)} {m.clinical_side}" if m.cutoff is not None else "none published here",
                "Clear change": number(m.reliable_change) if m.reliable_change is not None else "computed on this site, or no verdict",
            }
            for m in all_measures().values()
        ]
    )


def measure_facts(code: str) -> pd.DataFrame:
    """One row per fact about one questionnaire, its sources last."""
    m: Measure = all_measures()[code]
    facts = {
        "Runs": f"{number(m.lowest)} to {number(m.highest)}, in steps of {number(m.step)}; better is {m.better}",
        "Items": str(m.items or "not stated"),
        "Cut-off": f"{number(m.cutoff)}, {m.clinical_side}" if m.cutoff is not None else "none published here",
        "Clear change": f"{number(m.reliable_change)} points" if m.reliable_change is not None else "none published here",
        "Bands": "; ".join(f"{name} {number(low)} to {number(high)}" for name, low, high in m.bands) or "none",
        "Parts": "; ".join(f"{name} {number(low)} to {number(high)}" for name, low, high in m.subscales) or "none",
        "Whose view counts": m.headline_perspective,
        "Licence": m.licence or "not stated",
    }
    return _facts(facts | {f"Source: {which}": where for which, where in m.sources})


def number(value: Decimal | None) -> str:
    """A score as the form shows it: no idle zeros."""
    return "" if value is None else f"{value.normalize():f}"


def _facts(pairs: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame({"what": list(pairs), "says": list(pairs.values())}).set_index("what")
