"""The return workbook, defined once: template, reader, checker, tables, sample data and docs/workbook.md all follow from here."""

from __future__ import annotations

import re
from typing import Any

from domain import codes
from domain.types import Field, Sheet

# kind -> type in the store. A `person` is a provider's own reference and is stored as a keyed hash.
KINDS: dict[str, str] = {
    "code": "VARCHAR",  # an identifier of a service, provider, line, goal or story: kept as text, exactly
    "person": "UUID",  # the 128 bits of the keyed hash
    "text": "VARCHAR",  # free text, screened for identifiers
    "name": "VARCHAR",  # a short label that is not a person's name
    "choice": "VARCHAR",  # one of a closed list
    "category": "VARCHAR",  # suggested words; others form groups of their own
    "list": "VARCHAR",  # several codes, separated by semicolons
    "measure": "VARCHAR",
    "score": "DECIMAL(9,3)",
    "number": "DOUBLE",
    "integer": "INTEGER",
    "money": "DECIMAL(14,2)",
    "date": "DATE",
    "time": "TIME",
    "year": "INTEGER",  # the calendar year in which the plan year starts
    "quarter": "INTEGER",  # 1 to 4
}


def _column(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"\(.*?\)", "", name.lower().replace("'", ""))).strip("_")


def _sheet(name: str, loading: str, key: str, purpose: str, *fields: Field) -> Sheet:
    made = tuple(Field(**{**f.__dict__, "sheet": name, "column": f.column or _column(f.name)}) for f in fields)
    table = _column(name)
    return Sheet(name, table, tuple(key.split()), made, loading, purpose)  # type: ignore[arg-type]


def _f(name: str, kind: str, help: str = "", *, synonyms: str = "", choices: tuple[str, ...] = (), **more: Any) -> Field:
    required = name.endswith("*")
    words = tuple(s.strip() for s in synonyms.split(";") if s.strip())
    return Field("", name.rstrip("*"), kind, required, choices, help=help, synonyms=words, **more)


def _service() -> Field:
    return _f("service code*", "code", "The code your commissioner gave this service.", synonyms="service; service id; service ref; svc code; project code")


def _person(required: bool = True) -> Field:
    return _f(
        f"person ref{'*' if required else ''}", "person",
        "Your own reference for the person: never a name or an NHS number. It is scrambled before anything is kept.",
        synonyms="person; client ref; client id; person id; service user ref; service user id; case number; ref no", personal=True, column="person",
    )  # fmt: skip


def _quarter_fields(year_required: bool = True) -> tuple[Field, Field]:
    return (
        _f(
            f"year{'*' if year_required else ''}",
            "year",
            "The plan year, such as 2025-26 (April 2025 to March 2026).",
            synonyms="plan year; financial year; fy",
        ),
        _f("quarter*", "quarter", "1 to 4: 1 is April to June, 2 July to September, 3 October to December, 4 January to March.", synonyms="qtr; q"),
    )


def _readers() -> Field:
    return _f(
        "who may read this", "choice", "Who may read your words. Left blank: provider and commissioner.", choices=codes.READERS, synonyms="audience; readers"
    )


def _number(name: str, help: str = "", **more: Any) -> Field:
    return _f(name, "number", help, **more)


SHEETS: tuple[Sheet, ...] = (
    _sheet(
        "Services", "record", "service_code", "What is commissioned: one row for each service.",
        _service(),
        _f("service name*", "name", "The name people know it by.", synonyms="name of service; project name"),
        _f("provider code*", "code", "A short stable code for the organisation.", synonyms="provider id; organisation code; org code"),
        _f("provider name*", "name", "The organisation's name.", synonyms="organisation; organisation name; provider"),
        _f("sector", "choice", "Independent, voluntary or statutory.", choices=codes.SECTORS),
        _f("service type*", "choice", "The kind of service, from the list.", choices=codes.SERVICE_TYPES, synonyms="type; kind of service"),
        _f("locality", "name", "The part of the area it serves.", synonyms="area; neighbourhood; district"),
        _f("setting", "name", "For example: own home, group home, clinic, online."),
        _f("ages served", "name", "For example: 18 and over."),
        _f("funding basis", "choice", "Grant, contract or SLA.", choices=codes.FUNDING),
        _f("annual funding (£)", "money", "What the commissioner pays in a year.", synonyms="annual funding; funding; contract value", lowest=0),
        _f("places", "integer", "How many people it can support at one time.", synonyms="capacity; beds; units", lowest=0, highest=100000),
        _f("operating since", "date", "When the service began."),
        _f("contract from", "date", "First day of the present contract.", synonyms="contract start"),
        _f("contract to", "date", "Last day of the present contract.", synonyms="contract end"),
        _f("continues (codes)", "list", "Codes of the services this one continues, separated by semicolons.", synonyms="continues; replaces"),
        _f("main result", "list", "What this service is mainly for: measure codes (PHQ-9; GAD-7), goals, milestone or maintained.", synonyms="main outcome; main measure"),
        _f("contribution to the strategic goal", "text", "One or two sentences: how this service helps the area's mental-health strategy.", longest=2000),
    ),
    _sheet(
        "Target plan", "record", "service_code year section from_quarter", "The words of the plan for a year, in five sections.",
        _service(),
        _f("year*", "year", "The plan year, such as 2025-26.", synonyms="plan year; financial year"),
        _f("from quarter", "quarter", "The quarter from which this version holds. Left blank: the first."),
        _f("section*", "choice", "Which of the five sections.", choices=codes.SECTIONS),
        _f("text*", "text", "What the plan says.", longest=10000),
    ),
    _sheet(
        "Milestones", "record", "service_code year ref from_quarter", "The lines of the plan: what people will achieve, and how many in each quarter.",
        _service(),
        _f("year*", "year", "The plan year, such as 2025-26.", synonyms="plan year; financial year"),
        _f("from quarter", "quarter", "The quarter from which this line holds. Left blank: the first."),
        _f("ref*", "code", "A short reference for the line, such as M1 or T1.", synonyms="milestone ref; line; reference; no"),
        _f("replaces ref", "code", "The earlier line this one takes the place of."),
        _f("kind*", "choice", "A milestone on the way, or a performance target.", choices=codes.LINE_KINDS),
        _f("what people will achieve*", "text", "What people will be doing, feeling or have, not what staff will do.", synonyms="milestone; target; description", longest=1000),
        _f("what changes", "choice", "Behaviour, condition or satisfaction.", choices=codes.WHAT_CHANGES),
        _f("direction", "choice", "Improve, or maintain (staying as well is a result).", choices=codes.DIRECTIONS),
        _f("counted as*", "choice", "How the figure is counted.", choices=codes.COUNTED_AS),
        _number("out of", "If the figure is out of a known number of people.", lowest=0),
        _f("verification", "text", "How anyone could check it.", longest=1000),
        _number("baseline", "Where things stood before."),
        _number("Q1", "Projection for April to June; blank if not in contract.", synonyms="quarter 1; apr-jun", lowest=0),
        _number("Q2", "Projection for July to September.", synonyms="quarter 2; jul-sep", lowest=0),
        _number("Q3", "Projection for October to December.", synonyms="quarter 3; oct-dec", lowest=0),
        _number("Q4", "Projection for January to March.", synonyms="quarter 4; jan-mar", lowest=0),
    ),
    _sheet(
        "Quarterly return", "quarter", "service_code year quarter ref", "What happened in the quarter, line by line, in figures and words.",
        _service(), *_quarter_fields(),
        _f("ref*", "code", "The plan's reference for the line.", synonyms="milestone ref; line; reference; no"),
        _number("actual*", "What was counted. Zero is a value; blank is missing.", synonyms="actual figure; achieved; number achieved", lowest=0),
        _number("out of", "If the figure is out of a known number.", lowest=0),
        _f("explanation", "text", "What lies behind the figure, in your words.", synonyms="comment; comments; narrative", longest=4000),
        _f("reason", "choice", "The nearest reason. 'We do not know' is a good answer.", choices=codes.REASONS),
        _f("learning", "text", "What you learned.", longest=4000),
        _readers(),
        _f("verified how", "text", "How the figure was checked.", longest=1000),
        _f("verified by", "name", "The role of whoever checked it: never a person's name."),
    ),
    _sheet(
        "Activity", "quarter", "service_code year quarter", "How much was done: one row for each service and quarter.",
        _service(), *_quarter_fields(year_required=False),
        _f("referrals", "integer", "People referred in the quarter.", lowest=0), _f("people started", "integer", "People who started.", synonyms="starts", lowest=0),
        _f("people supported", "integer", "Different people supported in the quarter.", synonyms="supported; caseload", lowest=0),
        _f("people ended", "integer", "People who ended.", synonyms="endings; discharges", lowest=0),
        _number("contact hours", "Hours with people.", lowest=0), _number("opening hours", "Hours open.", lowest=0),
        _number("staff (WTE)", "Whole-time-equivalent staff.", synonyms="staff; wte", lowest=0),
        _f("spend (£)", "money", "What the service cost in the quarter.", synonyms="spend; cost; expenditure", lowest=0),
        _number("hours to prepare this return", "We want to know what our asking costs you.", lowest=0, highest=1000),
    ),
    _sheet(
        "Indicators", "quarter", "service_code period_start period_end indicator", "Totals, for those who cannot send records. Shown apart, never added to counts of records.",
        _service(),
        _f("period start*", "date", "First day of the period.", synonyms="from; start"), _f("period end*", "date", "Last day of the period.", synonyms="to; end"),
        _f("indicator*", "name", "What is counted.", synonyms="measure; name"), _number("numerator*", "How many.", lowest=0), _number("denominator*", "Out of how many.", lowest=0),
    ),
    _sheet(
        "People", "record", "person service_code started_on", "One row for each time a person is with a service. No names, no dates of birth.",
        _person(), _service(),
        _f("started on*", "date", "The first day with the service.", synonyms="start date; started; referral date; date started; admitted"),
        _f("ended on", "date", "The last day; blank while the person is still with you.", synonyms="end date; ended; discharge date; closed; date ended"),
        _f("how it ended", "choice", "Why the time with the service ended.", choices=codes.ENDINGS, synonyms="end reason; reason for leaving; outcome of referral"),
        _f("moved to service", "code", "The code of the service the person moved on to."),
        _f("role", "choice", "Person, or unpaid carer with outcomes of their own. Left blank: person.", choices=codes.ROLES),
        _f("cares for (ref)", "person", "For a carer: your reference for the person they care for.", personal=True),
        _f("age band", "category", "Age in bands, never a date of birth.", choices=codes.AGE_BANDS, synonyms="age; age group", longest=40),
        _f("gender", "category", "In the person's own words where you can.", choices=codes.GENDERS, synonyms="sex", longest=40),
        _f("ethnic group", "category", "As the census groups it, or your own words.", choices=codes.ETHNIC_GROUPS, synonyms="ethnicity; ethnic origin", longest=60),
        _f("deprivation quintile", "category", "1 is the most deprived fifth of neighbourhoods, 5 the least.", choices=codes.QUINTILES, synonyms="imd quintile; imd; simd quintile; deprivation", longest=12),
        _f("main need", "category", "What the person mainly came with.", choices=codes.MAIN_NEEDS, synonyms="primary need; problem; presenting problem; diagnosis", longest=60),
        _f("already known to statutory services", "choice", "Yes or no.", choices=codes.YES_NO, synonyms="known to services"),
        _f("shares record", "choice", "Whether the person agreed that their coded record may be seen by the commissioner.", choices=codes.SHARES, synonyms="consent; shares"),
    ),
    _sheet(
        "Assessments", "record", "person service_code date measure subscale perspective occasion", "One row for each score on a date.",
        _person(), _service(),
        _f("date*", "date", "The day the questionnaire was completed.", synonyms="assessment date; completed on; date completed"),
        _f("measure*", "measure", "The questionnaire, such as PHQ-9.", synonyms="questionnaire; tool; scale; assessment"),
        _f("score*", "score", "The total (or the subscale's score).", synonyms="total; total score; value; result"),
        _f("subscale", "name", "Left blank for the total.", longest=60),
        _f("perspective", "choice", "Whose view. Left blank: the person's.", choices=codes.PERSPECTIVES, synonyms="completed by; rater"),
        _f("occasion", "choice", "Start, review, end or follow-up.", choices=codes.OCCASIONS, synonyms="stage; point; time point"),
        _f("recorded on", "date", "When it was typed in, if later."),
    ),
    _sheet(
        "Goals", "record", "person service_code goal_ref", "What matters to the person, in their words.",
        _person(), _service(), _f("goal ref*", "code", "A short reference for the goal.", synonyms="goal; goal id; goal no"),
        _f("agreed on*", "date", "When it was agreed.", synonyms="date agreed; set on"),
        _f("agreed with the person", "choice", "Yes or no.", choices=codes.YES_NO),
        _f("outcome area*", "choice", "Which part of life.", choices=codes.OUTCOME_AREAS, synonyms="area; domain"),
        _f("in the person's words", "text", "What they want, as they said it.", synonyms="goal text; goal description", personal=True, longest=2000, column="in_the_persons_words"),
        _f("why it matters", "text", "Why, as they said it.", personal=True, longest=2000),
        _f("kind", "choice", "Improve, or maintain.", choices=codes.DIRECTIONS),
        _f("scale", "choice", "GAS (-2 to +2), GBO (0 to 10), or met.", choices=codes.GOAL_SCALES),
        _number("baseline", "Where they put themselves at the start.", lowest=-2, highest=10), _number("target", "Where they want to be.", lowest=-2, highest=10),
        _number("importance", "1 to 3.", lowest=1, highest=3), _number("difficulty", "1 to 3.", lowest=1, highest=3),
        _f("milestone ref", "code", "The plan's line this belongs to."),
    ),
    _sheet(
        "Goal reviews", "record", "person service_code goal_ref date", "How each goal is going, on a date.",
        _person(), _service(), _f("goal ref*", "code", "The goal's reference.", synonyms="goal; goal id; goal no"), _f("date*", "date", "The day of the review.", synonyms="review date; reviewed on"),
        _number("level*", "On the goal's scale: GAS -2 to +2, GBO 0 to 10, met 0 or 1.", synonyms="score; rating", lowest=-2, highest=10),
        _f("progress", "choice", "On track, no movement, setback or achieved.", choices=codes.PROGRESS),
        _f("barrier", "text", "What stood in the way.", personal=True, longest=1000), _f("adapted support", "text", "What was changed.", personal=True, longest=1000),
        _f("next step", "text", "What comes next.", personal=True, longest=1000),
    ),
    _sheet(
        "Contacts", "record", "person service_code date time kind", "Contacts and events, linked to a person or not.",
        _person(required=False), _service(), _f("date*", "date", "The day.", synonyms="contact date"), _f("time", "time", "The time, if it matters."),
        _f("kind*", "choice", "What kind of contact or event.", choices=codes.CONTACT_KINDS, synonyms="type; contact type"),
        _f("trigger", "text", "What led to it.", personal=True, longest=500),
        _f("response", "category", "Attended, did not attend, cancelled, or what was done.", choices=codes.ATTENDANCE, synonyms="attendance; outcome", longest=200),
        _f("resolved without escalation", "choice", "Yes or no.", choices=codes.YES_NO), _f("partner", "choice", "Who else was involved.", choices=codes.PARTNERS),
        _f("goal ref", "code", "The goal it belongs to."), _f("worker", "code", "A code or role for the worker: never a name.", personal=True),
    ),
    _sheet(
        "Stories", "record", "service_code story_ref", "Short accounts of change, with consent.",
        _service(), _f("story ref*", "code", "A short reference.", synonyms="story; story id"), _f("date*", "date", "When it was told."),
        _f("voice*", "choice", "Who tells it.", choices=codes.VOICES), _f("outcome area*", "choice", "Which part of life.", choices=codes.OUTCOME_AREAS, synonyms="area"),
        _f("story*", "text", "The story, without anything that says who it is.", synonyms="text", personal=True, longest=6000, column="story"),
        _f("what enabled it", "text", "What made it possible.", personal=True, longest=2000), _person(required=False),
        _f("consent*", "choice", "Who may read it.", choices=codes.CONSENTS), _f("given on", "date", "When consent was given."), _f("how", "name", "How it was given: in writing, said, recorded.", longest=100),
        _f("wording checked with the person", "choice", "Yes or no.", choices=codes.YES_NO),
    ),
    _sheet(
        "Learning", "quarter", "service_code year quarter source what_happened", "What was learned, and what changed because of it.",
        _service(), *_quarter_fields(year_required=False), _f("source*", "choice", "Where it came from.", choices=codes.LEARNING_SOURCES),
        _f("what happened*", "text", "What happened, without anything that says who.", longest=4000), _f("what we learned*", "text", "What it taught you.", longest=4000),
        _f("what changed", "text", "What you do differently now.", longest=4000), _f("type of change", "choice", "The nearest kind.", choices=codes.CHANGE_TYPES),
        _f("partner", "name", "Who else was involved: an organisation, never a person."), _readers(),
    ),
)  # fmt: skip

BY_NAME: dict[str, Sheet] = {s.name: s for s in SHEETS}
BY_TABLE: dict[str, Sheet] = {s.table: s for s in SHEETS}
STARTER_SHEETS = ("Quarterly return", "People", "Assessments")


def sql_type(field: Field) -> str:
    """The column type in the store for a field."""
    return KINDS[field.kind]
