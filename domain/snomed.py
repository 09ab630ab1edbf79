"""SNOMED CT codes of scored assessments, as the national data sets send them, and the few national codes that become words of the return."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("snomed.toml")

# NHS Data Dictionary: PERSON STATED GENDER CODE and GENDER IDENTITY CODE (read in 2026).
GENDERS = {"1": "male", "2": "female", "3": "non-binary", "4": "another way", "9": "another way", "X": "not stated", "Z": "not stated"}
# NHS Data Dictionary: ETHNIC CATEGORY CODE (16+1 of the 2001 census), grouped as the censuses of 2011 and 2021 do.
ETHNIC_GROUPS = {
    **dict.fromkeys("ABC", "White"), **dict.fromkeys("DEFG", "Mixed or multiple ethnic groups"), **dict.fromkeys("HJKLR", "Asian or Asian British"),
    **dict.fromkeys("MNP", "Black or Black British"), "S": "Other ethnic group", "Z": "not stated", "99": "not stated",
}  # fmt: skip
# End codes of NHS Talking Therapies v2 (NHS England, Talking-Therapies, published SQL of 21 July 2025).
ENDINGS = {
    "10": "other", "11": "moved to another service", "12": "by agreement early", "13": "moved to another service", "14": "declined", "16": "stopped coming",
    "17": "died", "46": "as planned", "47": "stopped coming", "48": "other", "49": "died", "50": "other", "95": "not known", "96": "not known",
}  # fmt: skip
# NHS Data Dictionary: ATTENDED OR DID NOT ATTEND CODE; 5 and 6 are seen.
ATTENDANCE = {
    "2": "cancelled by the person", "3": "did not attend", "4": "cancelled by the service", "5": "attended", "6": "attended", "7": "did not attend",
}  # fmt: skip
TREATMENT = ("2", "3", "5")  # appointment types that are treatment (NHS IAPT v2.1, 2022); 1 is assessment, 6 follow-up
# Problem descriptors (Clark, 2018, Table 2; NHS IAPT v2.1, 2022): the beginning of an ICD-10 code, or a SNOMED CT code -> the need in words.
PROBLEMS = {
    "F32": "depression", "F33": "depression", "F411": "anxiety", "F412": "anxiety and depression", "F401": "social anxiety", "F431": "trauma",
    "F400": "agoraphobia", "F402": "specific phobia", "F42": "obsessive-compulsive disorder", "F410": "panic disorder", "F452": "health anxiety",
    "G933": "chronic fatigue", "K58": "irritable bowel syndrome", "83482000": "body dysmorphic disorder", "723916001": "medically unexplained symptoms",
}  # fmt: skip


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def totals() -> dict[str, str]:
    """SNOMED code -> the questionnaire it is the total of."""
    return dict(_content()["totals"])


def answers() -> dict[str, tuple[str, int]]:
    """SNOMED code -> (questionnaire, number of the answer), for questionnaires sent answer by answer."""
    return {code: (str(measure), int(number)) for code, (measure, number) in _content()["answers"].items()}


def passed_over() -> dict[str, str]:
    """SNOMED codes that are known and no part of the return -> what they are."""
    return dict(_content()["passed_over"])


def problem(code: str) -> str:
    """The need in words of a presenting complaint's code; empty where it is none of the problem descriptors."""
    plain = code.replace(".", "").strip().upper()
    return next((words for begin, words in PROBLEMS.items() if (plain.startswith(begin) if begin[0].isalpha() else plain == begin)), "")
