"""The sample data: three made-up years of Merrowdale, from one seed. The same seed gives the same frames and the same bytes.

Every column, choice and heading is looked up in `domain.fields`: a column renamed there follows here, a column or choice that is gone stops the generator.
What is planted is in `planted.py` and told in README.md.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from domain import fields, quarters
from domain.quarters import Quarter
from sample_data import planted, spreadsheet, words
from sample_data.contacts import goals_of, hard_times, night_calls, planned_contacts, setback_goals
from sample_data.contract import contract_rows
from sample_data.people import END, came_back, setback, stays_of
from sample_data.rows import Frame, join, rows_of, sheet, typed, until
from sample_data.scores import assessments_of
from sample_data.services import PROVIDER, SERVICES


def _movers(stays: dict[str, Frame]) -> None:
    """People who moved between services of one provider are in both, under the same ref."""
    for source, target, limit in (("HAR-1", "HAR-2", 3), ("SPK-1", "SPK-2", 12)):
        moved = stays[source][(stays[source]["moved_to_service"] == target) & (stays[source]["ends"] <= pd.Timestamp(END))]
        moved = moved.sort_values("ends").tail(limit)
        length = 30 if target == "SPK-2" else 500
        again = moved.assign(
            service_code=target,
            started_on=moved["ends"] + pd.Timedelta(days=1),
            ends=moved["ends"] + pd.Timedelta(days=length),
            how_it_ended="as planned",
            moved_to_service=None,
        )
        stays[target] = pd.concat([stays[target], again], ignore_index=True)


def _services() -> Frame:
    rows = [
        {
            "service_code": s.code,
            "service_name": s.name,
            "provider_code": s.provider,
            "provider_name": PROVIDER[s.provider].name,
            "sector": PROVIDER[s.provider].sector,
            "service_type": s.type,
            "locality": s.locality,
            "setting": s.setting,
            "ages_served": s.ages,
            "funding_basis": s.funding,
            "annual_funding": s.pounds,
            "places": s.places,
            "operating_since": s.since,
            "contract_from": s.from_,
            "contract_to": s.to,
            "continues": s.continues,
            "main_result": s.main_result,
            "contribution_to_the_strategic_goal": s.contribution,
        }
        for s in SERVICES
    ]
    return rows_of("Services", rows)


def _words_said(today: date) -> tuple[Frame, Frame]:
    """(stories, learning), each told by `today`."""
    stories: list[dict[str, Any]] = []
    for number, story in enumerate(sorted(words.STORIES, key=lambda s: s.on), 1):
        on = date.fromisoformat(story.on)
        stories.append(
            {
                "service_code": story.service,
                "story_ref": f"S{number:02d}",
                "date": on,
                "voice": story.voice,
                "outcome_area": story.area,
                "story": story.words,
                "what_enabled_it": story.enabled,
                "consent": story.consent,
                "given_on": on,
                "how": story.how,
                "wording_checked_with_the_person": "yes",
            }
        )
    learning = [
        {
            "service_code": lesson.service,
            "year": quarters.year_name(lesson.year),
            "quarter": f"Q{lesson.quarter}",
            "source": lesson.source,
            "what_happened": lesson.happened,
            "what_we_learned": lesson.learned,
            "what_changed": lesson.changed,
            "type_of_change": lesson.kind,
            "partner": lesson.partner,
            "who_may_read_this": lesson.readers,
        }
        for lesson in words.LESSONS
        if Quarter(lesson.year, lesson.quarter).end <= today
    ]
    return rows_of("Stories", [s for s in stories if s["date"] <= today]), rows_of("Learning", learning)


def frames(seed: int = planted.SEED, today: date = planted.DATA_END) -> dict[str, Frame]:
    """One frame per sheet of the workbook, its columns headed as in the workbook (Field.name), its values as a manager would type them.

    The data end on `today` or on 31 March 2026, whichever is earlier: nobody starts, ends or is asked anything after it.
    """
    today = min(today, planted.DATA_END)
    cut = pd.Timestamp(today)
    seeds = np.random.SeedSequence(seed).spawn(len(SERVICES) + 1)  # a generator for each service: adding one leaves the others as they were
    rngs = {service.code: np.random.default_rng(one) for service, one in zip(SERVICES, seeds, strict=False)}
    stays: dict[str, Frame] = {}
    for service in SERVICES:
        made = stays_of(rngs[service.code], service) if service.people else pd.DataFrame()
        made = came_back(rngs[service.code], made, service) if len(made) else made
        stays[service.code] = setback(made) if service.code == planted.CRISIS_HOUSE else made
    _movers(stays)
    assessments, contacts, goals, reviews = [], [], [], []
    for service in SERVICES:
        rng, its = rngs[service.code], stays[service.code]
        if not len(its):
            continue
        sessions = its["sessions"].to_numpy(dtype=int) if "sessions" in its else None
        assessments.append(assessments_of(rng, its, service, sessions))
        contacts += [planned_contacts(rng, its, service, sessions), hard_times(rng, its, service)]
        agreed, seen = goals_of(rng, its, service)
        goals.append(agreed)
        reviews.append(seen)
        if service.code == planted.CRISIS_HOUSE:
            contacts.append(night_calls(rng, its))
            agreed, seen = setback_goals()
            goals.append(agreed)
            reviews.append(seen)
    people = pd.concat([part for part in stays.values() if len(part)], ignore_index=True)
    people = until(people, "started_on", cut)
    still = people["ends"] > cut
    people["ended_on"] = people["ends"].where(~still)
    people.loc[still, ["how_it_ended", "moved_to_service"]] = None
    people["role"] = people["role"].where(people["role"] == "carer", None)  # left blank: person
    scores = until(join("Assessments", assessments), "date", cut)
    scores["recorded_on"] = scores["recorded_on"].where(pd.to_datetime(scores["recorded_on"]) <= cut)
    agreed = until(join("Goals", goals), "agreed_on", cut)
    seen = until(join("Goal reviews", reviews), "date", cut)
    seen = seen.merge(agreed[["person", "service_code", "goal_ref"]], on=["person", "service_code", "goal_ref"]).drop_duplicates(
        ["person", "service_code", "goal_ref", "date"]
    )
    met = until(join("Contacts", contacts), "date", cut).drop_duplicates(list(fields.BY_NAME["Contacts"].key), ignore_index=True)
    contract = {name: rows_of(name, rows) for name, rows in contract_rows(np.random.default_rng(seeds[-1]), stays).items()}
    for name in ("Quarterly return", "Activity"):
        ends = [
            Quarter(quarters.parse_year(year) or 0, int(quarter[1])).end
            for year, quarter in zip(contract[name]["year"], contract[name]["quarter"], strict=True)
        ]
        contract[name] = contract[name][np.array([end <= today for end in ends])].reset_index(drop=True)
    contract["Indicators"] = until(contract["Indicators"], "period_end", cut)
    stories, learning = _words_said(today)
    columns = [c for c in fields.BY_NAME["People"].columns if c in people]
    made = contract | {
        "Services": _services(),
        "People": sheet("People", {c: people[c] for c in columns}),
        "Assessments": scores,
        "Goals": agreed,
        "Goal reviews": seen,
        "Contacts": met,
        "Stories": stories,
        "Learning": learning,
    }
    return {s.name: typed(s.name, made[s.name]).rename(columns={f.column: f.name for f in s.fields}) for s in fields.SHEETS}


def _heading(sheet_name: str, column: str) -> str:
    return fields.BY_NAME[sheet_name].field(column).name


def workbooks(made: dict[str, Frame] | None = None) -> dict[str, bytes]:
    """File name -> .xlsx bytes, to be loaded in this order: services and plans, then one workbook for each plan year. The same frames give the same bytes."""
    made = frames() if made is None else made
    once = ("Services", "Target plan", "Milestones")
    books = {"1-services-and-plans.xlsx": spreadsheet.workbook({name: made[name] for name in once})}
    dated = {
        "Indicators": "period_end",
        "People": "started_on",
        "Assessments": "date",
        "Goals": "agreed_on",
        "Goal reviews": "date",
        "Contacts": "date",
        "Stories": "date",
    }
    for number, year in enumerate(planted.YEARS, 2):
        name, last = quarters.year_name(year), pd.Timestamp(quarters.year_dates(year)[1])
        first = pd.Timestamp(quarters.year_dates(year)[0]) if year != planted.FIRST_YEAR else pd.Timestamp("1900-01-01")
        parts: dict[str, Any] = {}
        for s in fields.SHEETS:
            if s.name in once:
                continue
            frame = made[s.name]
            if s.name in dated:
                day = frame[_heading(s.name, dated[s.name])]
                frame = frame[(day >= first) & (day <= last)]
            else:
                frame = frame[frame[_heading(s.name, "year")] == name]
            if len(frame):
                parts[s.name] = frame
        if parts:
            books[f"{number}-returns-and-records-{name}.xlsx"] = spreadsheet.workbook(parts)
    return books
