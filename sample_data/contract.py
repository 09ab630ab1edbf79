"""The made-up plans, returns, activity and totals: what was projected, what was counted, and what managers say of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from domain import quarters
from domain.quarters import Quarter
from sample_data import plans, planted, words
from sample_data.people import ENDED_WELL, QUARTERS
from sample_data.rows import Frame
from sample_data.services import SERVICES, Service

_NOMINAL = {"MCW-2": 50, "MCW-3": 18, "DOV-2": 20, "WLC-2": 1, "CAR-2": 40, "MCH-5": 1}  # people a quarter, where only totals are sent
STEP = 1.1  # how many more take a step than the one after it, where the records of people would have it the other way round


def _live(service: Service) -> list[Quarter]:
    """The quarters of the data in which a service is in contract."""
    return [q for q in QUARTERS if q.end >= service.from_ and q.start <= service.to]


def _lines(service: Service) -> tuple[plans.Line, ...]:
    return plans.OWN_LINES.get(service.code) or plans.LINES[service.type]


def _facts(stays: Frame, live: Sequence[Quarter]) -> dict[Quarter, dict[str, int]]:
    """What the people's records say of each quarter."""
    if stays.empty:
        return {q: {"started": 0, "ended": 0, "ended well": 0, "open": 0, "supported": 0} for q in live}
    start, end = (stays[c].to_numpy().astype("datetime64[D]") for c in ("started_on", "ends"))
    well = stays["how_it_ended"].isin(ENDED_WELL).to_numpy()
    person = pd.factorize(stays["person"])[0]
    made = {}
    for quarter in live:
        first, last = np.datetime64(quarter.start, "D"), np.datetime64(quarter.end, "D")
        ended = (end >= first) & (end <= last)
        made[quarter] = {
            "started": int(((start >= first) & (start <= last)).sum()),
            "ended": int(ended.sum()),
            "ended well": int((ended & well).sum()),
            "open": len(np.unique(person[(start <= last) & (end > last)])),
            "supported": len(np.unique(person[(start <= last) & (end >= first)])),
        }
    return made


def _level(service: Service, line: plans.Line, facts: list[dict[str, int]]) -> float:
    """The usual quarterly figure of a line: from the records where it is tied to them, else its size of a usual quarter."""
    if line.counted in (plans.PERCENT, plans.AVERAGE):
        return line.size
    if line.tie and facts and any(f[line.tie] for f in facts) and service.code not in (planted.CAUTIOUS, planted.AMBITIOUS):
        return float(np.mean([f[line.tie] for f in facts]))
    if line.counted == plans.STOCK:
        usual = float(np.mean([f["open"] for f in facts])) if any(f["open"] for f in facts) else float(service.places or _NOMINAL.get(service.code, 10))
        return line.size * usual
    started = float(np.mean([f["started"] for f in facts]))
    return line.size * (started or _NOMINAL.get(service.code, 10))


def _laddered(service: Service, lines: Sequence[plans.Line], levels: dict[str, float]) -> dict[str, float]:
    """The levels with the steps of a ladder narrowing: nobody's plan but the one planted has more people on a step than took the step before."""
    raised = dict(levels)
    if service.code == planted.CRISIS_HOUSE:
        return raised
    ladder = [line for line in lines if line.counted == plans.FLOW]
    for before, after in reversed(list(pairwise(ladder))):
        if not before.tie and raised[before.ref] < raised[after.ref]:
            raised[before.ref] = STEP * raised[after.ref]
    return raised


def _asked(fact: dict[str, int]) -> int:
    """How many people a percent is asked of in a usual quarter."""
    return max(fact["ended"], fact["open"] // 2, 12)


def _out_of(service: Service, line: plans.Line, facts: list[dict[str, int]]) -> float | None:
    """What a line of the plan is out of: the places, or of how many people a percent is expected to speak."""
    if line.counted == plans.STOCK and line.tie == "open":
        return service.places
    if line.counted != plans.PERCENT:
        return None
    return float(planted.SIX_BEDS_PLACES if service.code == planted.SIX_BEDS else round(np.mean([_asked(fact) for fact in facts])))


def _projections(service: Service, line: plans.Line, level: float, year: int) -> list[float | None]:
    """Projections for the four quarters of a year; running totals rise; None where the service is not in contract."""
    live = {q.number for q in _live(service) if q.year == year}
    if line.counted in (plans.PERCENT, plans.AVERAGE):
        return [level if number in live else None for number in (1, 2, 3, 4)]
    if line.counted == plans.STOCK:
        full = service.code == planted.FULL_HOME and line.ref == planted.FULL_HOME_LINE
        return [(float(planted.FULL_HOME_PLACES) if full else max(1.0, round(level))) if number in live else None for number in (1, 2, 3, 4)]
    grow = {2023: 0.97, 2024: 1.0, 2025: 1.03}[year]
    made: list[float | None] = []
    total = 0.0
    for number, season in zip((1, 2, 3, 4), (1.0, 0.95, 1.0, 1.05), strict=True):
        if number not in live:
            made.append(None)
            continue
        figure = max(1.0, round(level * grow * season))
        total += figure
        made.append(total if line.counted == plans.TOTAL else figure)
    return made


class _Words:
    """Hands out explanations: never the same one twice to one service, the least used first."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.used = dict.fromkeys(range(len(words.EXPLANATIONS)), 0)
        self.order = {i: float(rng.random()) for i in self.used}

    def why(self, service: Service, way: str, quarter: int, said: set[int]) -> words.Explanation | None:
        fit = [
            i
            for i, e in enumerate(words.EXPLANATIONS)
            if e.way == way and i not in said and (not e.types or service.type in e.types) and (not e.quarters or quarter in e.quarters)
        ]
        if not fit:
            return None
        best = min(fit, key=lambda i: (self.used[i], self.order[i]))
        self.used[best] += 1
        said.add(best)
        return words.EXPLANATIONS[best]


def _actual(
    rng: np.random.Generator, service: Service, line: plans.Line, quarter: Quarter, projection: float, fact: dict[str, int], drift: float
) -> tuple[float, float | None]:
    """(what was counted, out of how many) in one quarter; for running totals, what was new in it."""
    if service.code == planted.FULL_HOME and line.ref == planted.FULL_HOME_LINE:
        return float(fact["open"]), float(planted.FULL_HOME_PLACES)
    if service.code in (planted.CAUTIOUS, planted.AMBITIOUS) and line.counted == plans.FLOW:
        # Up and down by a fifth as well: figures that hardly moved would look carried over from the quarter before.
        wobble = rng.uniform(0.93, 1.07) * (1.2 if quarter.number % 2 else 0.8)
        return float(max(0, round(projection * (1.7 if service.code == planted.CAUTIOUS else 0.55) * wobble))), None
    if line.counted == plans.PERCENT:
        asked = max(6, int(rng.poisson(_asked(fact))))
        if service.code == planted.SIX_BEDS:
            asked = 6
        return float(round(100 * rng.binomial(asked, min(0.97, line.size / 100 * drift)) / asked)), float(asked)
    if line.counted == plans.AVERAGE:
        return float(np.clip(round(rng.normal(line.size * min(drift, 1.06), 0.3), 1), 0, 10)), None
    if line.counted == plans.STOCK:
        here = fact["open"] or int(service.places or 10)
        if line.tie == "open":
            return float(fact["open"]), float(service.places) if service.places else None
        return float(rng.binomial(here, min(0.97, line.size * min(drift, 1.1)))), float(here)
    if line.tie and any(fact.values()):
        return float(fact[line.tie]), None
    return float(rng.poisson(projection * drift)), None


def contract_rows(rng: np.random.Generator, stays: dict[str, Frame]) -> dict[str, list[dict[str, Any]]]:
    """Rows of Target plan, Milestones, Quarterly return, Activity and Indicators."""
    out: dict[str, list[dict[str, Any]]] = {name: [] for name in ("Target plan", "Milestones", "Quarterly return", "Activity", "Indicators")}
    spoken = _Words(rng)
    for service in SERVICES:
        live = _live(service)
        facts = _facts(stays[service.code], live)
        said: set[int] = set()
        lines = _lines(service)
        levels = {line.ref: _level(service, line, list(facts.values())) for line in lines}
        raised = _laddered(service, lines, levels)
        drifts = {line.ref: float(rng.lognormal(0, 0.11)) for line in lines}
        missing = {live[-1]} if service.code in planted.NOT_IN_YET else set()
        for year in sorted({q.year for q in live}):
            name = quarters.year_name(year)
            begins = next(q.number for q in live if q.year == year)
            version = f"Q{begins}" if begins > 1 else None
            out["Target plan"] += _plan_words(service, year, version)
            for line in lines:
                out["Milestones"] += _milestone_rows(service, line, year, version, _projections(service, line, raised[line.ref], year), list(facts.values()))
            so_far = dict.fromkeys(levels, 0.0)
            for quarter in (q for q in live if q.year == year and q not in missing):
                for line in lines:
                    projected = _projections(service, line, levels[line.ref], year)
                    projection = projected[quarter.number - 1]
                    assert projection is not None  # the quarter is in contract
                    before = (projected[quarter.number - 2] or 0.0) if line.counted == plans.TOTAL and quarter.number > 1 else 0.0
                    actual, out_of = _actual(rng, service, line, quarter, projection - before, facts[quarter], drifts[line.ref])
                    if line.counted == plans.TOTAL:
                        so_far[line.ref] += actual
                        actual = so_far[line.ref]
                    row: dict[str, Any] = {
                        "service_code": service.code,
                        "year": name,
                        "quarter": f"Q{quarter.number}",
                        "ref": _ref(service, line, quarter),
                        "actual": actual,
                        "out_of": out_of,
                    }
                    told = row | _explained(rng, service, line, quarter, row, projection, spoken, said)
                    planned = _projections(service, line, raised[line.ref], year)[quarter.number - 1]
                    if planned != projection and planned is not None:  # counted as the smaller line would have been, so the words with it still fit
                        told["actual"] = float(round(told["actual"] * planned / projection))
                    out["Quarterly return"].append(told)
                out["Activity"].append(_activity(rng, service, quarter, facts[quarter]))
                out["Indicators"] += _totals(rng, service, quarter)
    return out


def _ref(service: Service, line: plans.Line, quarter: Quarter) -> str:
    old, new = planted.RENAMED_LINE
    return new if service.code == planted.MERGED_INTO and line.ref == old and (quarter.year, quarter.number) >= (2025, 3) else line.ref


def _plan_words(service: Service, year: int, version: str | None) -> list[dict[str, Any]]:
    rows = []
    place = "Merrowdale" if service.locality.startswith("Merrowdale") else service.locality
    for section, text in plans.SECTIONS[service.type].items():
        own = plans.OWN_WORDS.get((service.code, year, section, version or ""))
        later = plans.OWN_WORDS.get((service.code, year, section, "Q3")) if not version else None
        about = {"service_code": service.code, "year": quarters.year_name(year), "section": section}
        rows.append(about | {"from_quarter": version, "text": own or text.format(name=service.name, locality=place)})
        if later:
            rows.append(about | {"from_quarter": "Q3", "text": later})
    return rows


def _milestone_rows(
    service: Service, line: plans.Line, year: int, version: str | None, projected: list[float | None], facts: list[dict[str, int]]
) -> list[dict[str, Any]]:
    row: dict[str, Any] = {
        "service_code": service.code,
        "year": quarters.year_name(year),
        "from_quarter": version,
        "ref": line.ref,
        "kind": line.kind,
        "what_people_will_achieve": line.words,
        "what_changes": line.changes,
        "direction": line.direction,
        "counted_as": line.counted,
        "verification": line.verification,
        "out_of": _out_of(service, line, facts),
    }
    old, new = planted.RENAMED_LINE
    if service.code == planted.MERGED_INTO and line.ref == old and year == 2025:
        renamed = row | {
            "ref": new,
            "replaces_ref": old,
            "from_quarter": "Q3",
            "what_people_will_achieve": "People have their say, in their own words, at the meeting that decides",
        }
        return [row | {"q1": projected[0], "q2": projected[1]}, renamed | {"q3": projected[2], "q4": projected[3]}]
    return [row | {f"q{i + 1}": figure for i, figure in enumerate(projected)}]


_COPIED = "Our system was down, so we copied the plan. These are not counts. We will send what we counted from October on."


def _explained(
    rng: np.random.Generator, service: Service, line: plans.Line, quarter: Quarter, row: dict[str, Any], projection: float, spoken: _Words, said: set[int]
) -> dict[str, Any]:
    """The words that go with a figure, and for planted stories the figure itself."""
    at = (quarter.year, quarter.number)
    checked = {"verified_how": line.verification, "verified_by": "service manager"} if rng.random() < 0.2 else {}
    if service.code == planted.COPIED_RETURN and at == planted.COPIED_QUARTER:
        return {
            "actual": projection,
            "explanation": _COPIED if line.ref == "M1" else "Copied from the plan, like the others. Our system was down.",
            "reason": "how it is recorded",
        }
    if service.code == planted.COPIED_RETURN and at == (2025, 3) and line.ref == "M1":
        return {
            "explanation": "Counted from the paper tally and the new system together. Last quarter's figures were copies; these are real.",
            "reason": "how it is recorded",
        }
    if service.code == planted.FULL_HOME and line.ref == planted.FULL_HOME_LINE and row["actual"] < planted.FULL_HOME_PLACES:
        return {
            "explanation": "Three people moved on to flats of their own at Harbour Steps in February, each at their own wish. "
            "We are keeping their rooms free until April, so that anyone who is unsure can come back.",
            "reason": "something worked better",
            "learning": "A settled home is also a place to leave from. We now ask everyone once a year.",
            "who_may_read_this": "seminar",
            "verified_how": line.verification,
            "verified_by": "service manager",
        }
    if service.code == planted.MERGED_INTO and at == planted.AGREED_LATE_QUARTER and line.ref == "M1":
        return {
            "explanation": "Sent in February 2025, by the later date we had agreed: two record systems were being joined. Figures count from 1 October.",
            "reason": "pathway change",
        }
    if service.code == planted.BETTER_SERVICE_LOWER_FIGURE and line.ref == "T1" and at in ((2024, 4), (2025, 4)):
        words_ = (
            "Please read this with care: we know how things went for two in five of those who finished. The rest left without a last questionnaire."
            if at == (2024, 4)
            else "We now know how things went for five in six. Hearing from everyone has lowered our share who improved; more people in all did."
        )
        return {"explanation": words_, "reason": "how it is recorded", "who_may_read_this": "seminar"}
    if service.code == planted.TALKING_THERAPIES and line.ref == "M2" and at == (2025, 1):
        return {
            "explanation": "Evening sessions with interpreters began in January. More people from the poorest streets are staying for the whole course.",
            "reason": "something worked better",
            "who_may_read_this": "public",
        }
    if service.code == planted.ALLOTMENT and at == (2025, 1) and line.ref == "M1":
        return {"explanation": "Totals from the book in the shed; names are not in it, only ticks. Records will follow.", "reason": "how it is recorded"}
    if service.code == planted.ALLOTMENT and at == (2025, 2) and line.ref == "M1":
        return {
            "explanation": "Our sheet was in a mess and was returned to us with kind notes. These figures are right; the sheet was not.",
            "reason": "how it is recorded",
            "learning": "Four columns are enough.",
        }
    if service.code == planted.CAUTIOUS and quarter.number == 4 and line.ref == "T1":
        return {
            "explanation": "Above the plan for the whole year, as last year. Our projection is too low and we would like to set a bolder one together.",
            "reason": "the projection was a first guess",
        }
    if service.code == planted.AMBITIOUS and quarter.number == 4 and line.ref == "T1":
        return {
            "explanation": "Below the plan for the whole year. We aimed high on purpose; an honest projection would be about two thirds of it.",
            "reason": "the projection was a first guess",
            "learning": "An interview is not nearly a job.",
        }
    gap = row["actual"] - projection
    if line.counted == plans.AVERAGE:
        wide = abs(gap) >= 0.7
    elif line.counted == plans.PERCENT:
        wide = abs(gap) >= 12
    else:
        wide = abs(gap) >= max(2.5, 0.3 * projection)
    if wide and rng.random() < 0.72:
        why = spoken.why(service, "over" if gap > 0 else "under", quarter.number, said)
        if why:
            reader = rng.choice(["", "seminar", "public"], p=[0.7, 0.2, 0.1])
            return {"explanation": why.words, "reason": why.reason, "learning": why.learning, "who_may_read_this": reader} | checked
    if not wide and rng.random() < 0.03:
        return {"explanation": words.STEADY[int(rng.integers(0, len(words.STEADY)))]} | checked
    return checked


def _activity(rng: np.random.Generator, service: Service, quarter: Quarter, fact: dict[str, int]) -> dict[str, Any]:
    started, supported, ended = fact["started"], fact["supported"], fact["ended"]
    if not service.people:
        usual = {"MCH-5": 250, "WLC-2": 40}.get(service.code, _NOMINAL[service.code])
        started = int(rng.poisson(usual))
        supported = started + int(rng.poisson({"MCW-3": 58, "DOV-2": 60}.get(service.code, 8)))
        ended = int(rng.poisson(usual))
    staff = max(1.0, round(service.pounds / 46_000 * 2) / 2)
    hours = {("ALL-1", 1): 9.0, ("ALL-1", 2): 11.0, ("ALL-1", 3): 4.0, ("ALL-1", 4): 2.5}.get(
        (service.code, quarter.number), float(round(rng.uniform(2, 9) * 2) / 2)
    )
    yearly = 1 + 0.03 * (quarter.year - 2025)
    return {
        "service_code": service.code,
        "year": quarters.year_name(quarter.year),
        "quarter": f"Q{quarter.number}",
        "referrals": started + int(rng.poisson(started * 0.3)),
        "people_started": started,
        "people_supported": max(supported, started),
        "people_ended": min(ended, max(supported, started)),  # nobody ends who was not there
        "contact_hours": float(round(staff * rng.uniform(150, 210))),
        "opening_hours": 2184.0 if service.type in ("residential", "crisis alternative", "step-down") else float(round(rng.uniform(440, 520))),
        "staff": staff,
        "spend": float(round(service.pounds / 4 * yearly * rng.uniform(0.95, 1.04), -1)),
        "hours_to_prepare_this_return": hours,
    }


def _totals(rng: np.random.Generator, service: Service, quarter: Quarter) -> list[dict[str, Any]]:
    if service.code not in words.TOTALS or (service.code == planted.ALLOTMENT and quarter.number > 2):
        return []
    rows = []
    for indicator, part, whole in words.TOTALS[service.code]:
        of = whole if service.code == planted.ALLOTMENT else max(4, int(rng.poisson(whole)))
        rows.append(
            {
                "service_code": service.code,
                "period_start": quarter.start,
                "period_end": quarter.end,
                "indicator": indicator,
                "numerator": int(rng.binomial(of, part / whole)),
                "denominator": of,
            }
        )
    return rows
