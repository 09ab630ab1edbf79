"""The small workbooks for trying an upload: `python -m sample_data.write_small` writes them again, byte for byte the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from domain import fields
from sample_data import generate, planted
from sample_data.spreadsheet import Bold, Error, workbook

FOLDER = Path(__file__).with_name("workbooks")
Rows = list[Sequence[Any]]

KITEWOOD = "KIT-1"
KITEWOOD_PEOPLE = 24
KITEWOOD_SCORES = 46


def _heads(sheet: str, columns: Sequence[str]) -> list[Any]:
    """The workbook's own headings of some columns; a column that is gone stops the writer."""
    return [Bold(fields.BY_NAME[sheet].field(column).name) for column in columns]


def clean() -> bytes:
    """One made-up provider's quarter, January to March 2026: it loads as it is, on an empty database and beside the sample."""
    rng = np.random.default_rng(41)
    services = (
        "service_code",
        "service_name",
        "provider_code",
        "provider_name",
        "sector",
        "service_type",
        "locality",
        "funding_basis",
        "annual_funding",
        "contract_from",
        "contract_to",
        "main_result",
    )
    lines = ("service_code", "year", "ref", "kind", "what_people_will_achieve", "what_changes", "counted_as", "verification", "q4")
    returns = ("service_code", "year", "quarter", "ref", "actual", "explanation", "reason")
    people = (
        "person",
        "service_code",
        "started_on",
        "ended_on",
        "how_it_ended",
        "age_band",
        "gender",
        "ethnic_group",
        "deprivation_quintile",
        "main_need",
        "shares_record",
    )
    scores = ("person", "service_code", "date", "measure", "score", "occasion")
    rows_people: Rows = [_heads("People", people)]
    rows_scores: Rows = [_heads("Assessments", scores)]
    ended = 0
    for number in range(1, KITEWOOD_PEOPLE + 1):
        ref = f"KW-{number:04d}"
        start = date(2026, 1, 5) + timedelta(days=int(rng.integers(0, 5)) + 7 * (number // 5))
        left = start + timedelta(days=int(rng.integers(42, 56))) if number % 6 else None
        left = left if left and left <= date(2026, 3, 27) else None
        ended += left is not None
        rows_people.append(
            (
                ref,
                KITEWOOD,
                start,
                left,
                ("as planned" if number % 5 else "by agreement early") if left else None,
                ("18-24", "25-34", "35-44", "45-54")[number % 4],
                ("female", "male")[number % 3 == 0],
                "White" if number % 4 else "Asian or Asian British",
                str(1 + number % 5),
                ("anxiety", "depression")[number % 2],
                "yes" if number % 8 else "not asked",
            )
        )
        first = int(rng.integers(17, 27))
        rows_scores.append((ref, KITEWOOD, start + timedelta(days=2), "CORE-10", first, "start"))
        if number not in (7, 19):
            gain = int(rng.choice([-7, 1, 2, 3, 8, 9, 11], p=[0.06, 0.14, 0.15, 0.1, 0.2, 0.2, 0.15]))
            day = (left or date(2026, 3, 25)) - timedelta(days=2)
            rows_scores.append((ref, KITEWOOD, day, "CORE-10", first - gain, "end" if left else "review"))
    return workbook(
        {
            "Services": [
                _heads("Services", services),
                (
                    KITEWOOD,
                    "Kitewood Counselling",
                    "KIT",
                    "Kitewood Counselling",
                    "voluntary",
                    "counselling",
                    "Quillham",
                    "grant",
                    64_000,
                    date(2026, 1, 1),
                    date(2026, 12, 31),
                    "CORE-10",
                ),
            ],
            "Milestones": [
                _heads("Milestones", lines),
                (
                    KITEWOOD,
                    "2025-26",
                    "M1",
                    "milestone",
                    "People come to a first session within three weeks of asking",
                    "behaviour",
                    "newly in the quarter",
                    "Appointment book.",
                    22,
                ),
                (
                    KITEWOOD,
                    "2025-26",
                    "T1",
                    "performance target",
                    "People and their counsellor agree together when it is time to finish",
                    "behaviour",
                    "newly in the quarter",
                    "Closing form signed by both.",
                    18,
                ),
            ],
            "Quarterly return": [
                _heads("Quarterly return", returns),
                (
                    KITEWOOD,
                    "2025-26",
                    "Q4",
                    "M1",
                    KITEWOOD_PEOPLE,
                    "Our first quarter. More people asked than we had guessed, after a talk at the library.",
                    "the projection was a first guess",
                ),
                (KITEWOOD, "2025-26", "Q4", "T1", ended, "Most of the others will finish in April.", "the projection was a first guess"),
            ],
            "People": rows_people,
            "Assessments": rows_scores,
        }
    )


def messy(made: dict[str, pd.DataFrame]) -> bytes:
    """The Green Plot's sheet for July to September 2025, as it came: titles above, headings of their own, and mistakes told in README.md."""
    people = made["People"]
    regulars = people[people["service code"] == planted.ALLOTMENT].reset_index(drop=True)
    refs, starts = regulars["person ref"].tolist(), [day.date() for day in regulars["started on"]]
    scores: Rows = [
        (None, None, Bold("The Green Plot: how are we all doing?")),
        (None, None, "Summer 2025, copied from the book in the shed"),
        (None, None, None),
        (None, None, None),
        (None, None, Bold("Ref no"), Bold("Project code"), Bold("Date completed"), Bold("Questionnaire"), Bold("Total score"), Bold("Stage")),
    ]
    totals: list[Any] = [18, 21, 16, 19, 99, 20, 17, "about 20", 22, 15, 18, Error("#REF!")]
    for number, total in enumerate(totals):
        measure = "Happy Scale" if number == 8 else "SWEMWBS"
        scores.append((None, None, refs[number], planted.ALLOTMENT, date(2025, 7, 8) + timedelta(days=7 * (number // 3)), measure, total, "start"))
    who: Rows = [
        (Bold("Who comes to the allotment"),),
        (),
        (
            Bold("Case number"),
            Bold("Service ref"),
            Bold("Date started"),
            Bold("Discharge date"),
            Bold("Reason for leaving"),
            Bold("Sex"),
            Bold("Age group"),
            Bold("Shed notes"),
        ),
    ]
    for number, (ref, start) in enumerate(zip(refs, starts, strict=True)):
        left = start - timedelta(days=30) if number == 3 else None
        who.append(
            (
                ref,
                planted.ALLOTMENT,
                start,
                left,
                "moved away" if left else None,
                ("F", "M")[number % 2],
                ("45-54", "55-64", "35-44")[number % 3],
                "likes beans" if number % 4 == 0 else None,
            )
        )
    figures: Rows = [
        (Bold("Our figures for the quarter"),),
        (Bold("Project code"), Bold("Plan year"), Bold("Qtr"), Bold("Line"), Bold("Number achieved"), Bold("Comments")),
        (planted.ALLOTMENT, "2025/26", "Q2", "M1", 11, "ticks in the book"),
        (planted.ALLOTMENT, "2025/26", "Q2", "M2", "two, or three if you count the herb pot", ""),
        (planted.ALLOTMENT, "2025/26", "Q2", "T1", Error("#REF!"), "the sum has gone wrong"),
    ]
    return workbook({"Our scores": scores, "Who comes": who, "Figures": figures})


def another_system() -> bytes:
    """An export of another system: one row for each client, first and last scores side by side. Made for a reader of such layouts, which is still to come."""
    rng = np.random.default_rng(43)
    rows: Rows = [
        tuple(
            Bold(h)
            for h in (
                "CLIENT_ID",
                "PROJECT",
                "REF_ACCEPTED",
                "CASE_CLOSED",
                "CLOSURE_REASON",
                "AGE",
                "SEX",
                "PHQ9_FIRST_DATE",
                "PHQ9_FIRST",
                "GAD7_FIRST",
                "PHQ9_LAST_DATE",
                "PHQ9_LAST",
                "GAD7_LAST",
                "SESSIONS_ATTENDED",
                "SESSIONS_DNA",
            )
        )
    ]
    for number in range(1, 41):
        start = date(2025, 9, 1) + timedelta(days=int(rng.integers(0, 120)))
        weeks = int(rng.integers(5, 14))
        closed = start + timedelta(days=7 * weeks)
        phq, gad = int(rng.integers(10, 24)), int(rng.integers(8, 20))
        fall = int(rng.integers(-2, 10))
        rows.append(
            (
                f"X{7000 + number}",
                "PELLGATE",
                start,
                closed,
                ("Completed", "Disengaged", "Completed", "Referred on")[number % 4],
                int(rng.integers(19, 71)),
                ("F", "M")[number % 2],
                start + timedelta(days=1),
                phq,
                gad,
                closed - timedelta(days=1) if number % 7 else None,
                max(0, phq - fall) if number % 7 else None,
                max(0, gad - fall // 2) if number % 7 else None,
                weeks,
                int(rng.integers(0, 3)),
            )
        )
    return workbook({"Export": rows})


def small() -> dict[str, bytes]:
    """File name -> bytes of the committed small workbooks."""
    return {"clean.xlsx": clean(), "messy.xlsx": messy(generate.frames()), "another-system.xlsx": another_system()}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, content in small().items():
        (FOLDER / name).write_bytes(content)
        print(f"{name}: {len(content):,} bytes")


if __name__ == "__main__":
    main()
