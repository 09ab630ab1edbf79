"""The stories planted in the sample data: which service, when, and the figures that must come out. Told in README.md, held by tests."""

from __future__ import annotations

from datetime import date

SEED = 2026
DATA_END = date(2026, 3, 31)
FIRST_YEAR = 2023  # the plan years are 2023-24, 2024-25 and 2025-26
YEARS = (2023, 2024, 2025)

# A full home of 14 places: 14 at every quarter end, then 11, with a reason.
FULL_HOME = "HAR-1"
FULL_HOME_LINE = "M1"
FULL_HOME_PLACES = 14
FULL_HOME_LAST = 11

# Six beds: eight people in three years. Every outcome cell is hidden; plan, words and one story speak.
SIX_BEDS = "ROW-1"
SIX_BEDS_PLACES = 6
SIX_BEDS_PEOPLE = 8

# Counselling, by the plan year in which people ended: (ended, with a first and a later score, clearly better, clearly worse).
BETTER_SERVICE_LOWER_FIGURE = "LAN-1"
LOWER_FIGURE = {2024: (122, 50, 34, 3), 2025: (120, 100, 57, 6)}

# A return copied from the plan, and said so; real counts before and after.
COPIED_RETURN = "MCW-1"
COPIED_QUARTER = (2025, 2)

# Employment: what was projected against what happened, every year.
CAUTIOUS = "BRI-1"
AMBITIOUS = "STE-1"

# Carers gain while the person stays steady; the worker says 7, the person says 4.
CARERS = "CAR-1"
WORKER_AND_PERSON_DIFFER = "KC-0002"
WORKER_SAYS = 7
PERSON_SAYS = 4

# Crisis alternative: early contacts rise, urgent ones fall; one setback, adapted support, and later a second stay. Its ladder widens: one person with
# a plan may get in touch early several times, so it is asked whether the two lines count different things. Nobody else's does.
CRISIS_HOUSE = "NIG-1"
SETBACK_PERSON = "NH-0021"
EARLY_SIGNS = "rang on noticing early warning signs, as agreed in their own plan"

# Talking therapies: fewer from the poorest fifth of neighbourhoods stayed, until evening sessions with interpreters began.
TALKING_THERAPIES = "OWT-1"
EVENING_SESSIONS_FROM = date(2025, 1, 6)

# Advocacy: two services become one on 1 October, with percent targets, running totals, a rename and a late date agreed beforehand.
MERGED_FROM = ("SPK-1", "VOX-1")
MERGED_INTO = "SPK-2"
MERGED_ON = date(2024, 10, 1)
RENAMED_LINE = ("M2", "M2a")  # in the plan for 2025-26, from quarter 3
AGREED_LATE_QUARTER = (2024, 3)
AGREED_LATE_DATE = date(2025, 2, 28)

# Fourteen people and an allotment: totals first, a messy sheet second (workbooks/messy.xlsx), records by the third quarter.
ALLOTMENT = "ALL-1"
ALLOTMENT_PEOPLE = 14
ALLOTMENT_RECORDS_FROM = date(2025, 10, 1)

# Services whose return for the last quarter has not come yet.
NOT_IN_YET = ("COM-2", "DOV-2")

# Services that send totals, never records of people.
TOTALS_ONLY = ("MCW-2", "MCW-3", "DOV-2", "WLC-2", "CAR-2", "MCH-5")

# Returns that came late, by how many days; everything else was on time (or by the date agreed beforehand).
LATE = {
    ("ALL-1", (2025, 1)): 9, ("ALL-1", (2025, 2)): 4, ("FEN-1", (2023, 2)): 12, ("BEC-1", (2023, 4)): 3, ("PEL-1", (2024, 1)): 17,
    ("CAR-2", (2024, 2)): 6, ("DOV-1", (2024, 4)): 21, ("COM-2", (2025, 3)): 15, ("OAK-1", (2023, 1)): 2,
}  # fmt: skip
# Accepted, and opened again: a reason both sides can read.
REOPENED = {("MCW-1", (2025, 2)): "These are copies of the plan. Please send what was counted, when you have it."}
RINGS = "WIL-1"  # would like to be rung
