"""Closed lists of words used in the workbook. The words on the left are the words everywhere: file, database, screen."""

from __future__ import annotations

SECTORS = ("independent", "voluntary", "statutory")
SERVICE_TYPES = (
    "counselling", "support at home", "supported accommodation", "residential", "day support or employment", "advocacy",
    "training", "community support", "step-down", "crisis alternative", "talking therapies", "other",
)  # fmt: skip
FUNDING = ("grant", "contract", "SLA")
SECTIONS = ("the service", "the people it serves", "what will change for them", "how we will know", "milestones and performance targets")
LINE_KINDS = ("milestone", "performance target")
WHAT_CHANGES = ("behaviour", "condition", "satisfaction")
DIRECTIONS = ("improve", "maintain")
COUNTED_AS = ("newly in the quarter", "running total", "in that position at quarter end", "percent", "average")
REASONS = (
    "demand", "who was referred", "staffing", "pathway change", "how it is recorded", "one-off event",
    "waiting for another organisation", "illness or death", "something worked better", "the projection was a first guess",
    "other", "we do not know",
)  # fmt: skip
READERS = ("provider and commissioner", "seminar", "public")
ENDINGS = (
    "as planned", "by agreement early", "stopped coming", "moved to another service", "hospital or crisis", "moved away",
    "died", "declined", "other", "not known",
)  # fmt: skip
ROLES = ("person", "carer")
YES_NO = ("yes", "no")
SHARES = ("yes", "no", "not asked")
PERSPECTIVES = ("person", "carer", "practitioner")
OCCASIONS = ("start", "review", "end", "follow-up")
GOAL_SCALES = ("GAS", "GBO", "met")
PROGRESS = ("on track", "no movement", "setback", "achieved")
CONTACT_KINDS = ("planned contact", "crisis contact", "urgent response", "incident", "near miss", "safeguarding concern")
ATTENDANCE = ("attended", "did not attend", "cancelled by the person", "cancelled by the service", "other")
PARTNERS = ("GP", "CMHT", "crisis team", "housing", "other")
VOICES = ("person", "carer", "practitioner", "family or friend")
CONSENTS = ("this service", "commissioner", "seminar", "public")
LEARNING_SOURCES = ("incident", "near miss", "safeguarding", "review", "seminar")
CHANGE_TYPES = ("training", "pathway", "threshold", "other")

# Suggested words for characteristics: other words are accepted and form a group of their own, so a provider's own categories survive.
AGE_BANDS = ("under 18", "18-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75 and over", "not stated")
GENDERS = ("female", "male", "non-binary", "another way", "not stated")
ETHNIC_GROUPS = (
    "Asian or Asian British", "Black or Black British", "Mixed or multiple ethnic groups", "White", "Other ethnic group", "not stated",
)  # fmt: skip
QUINTILES = ("1", "2", "3", "4", "5", "not stated")
MAIN_NEEDS = (
    "anxiety", "depression", "anxiety and depression", "psychosis", "bipolar disorder", "trauma", "personality difficulties",
    "eating difficulties", "alcohol or drugs", "dementia", "loneliness", "caring", "other", "not stated",
)  # fmt: skip
OUTCOME_AREAS = (
    "feeling safe", "having things to do", "seeing people", "staying as well as you can", "living where and as you want",
    "dealing with stigma", "listened to", "having a say", "treated with respect", "responded to", "reliability",
    "confidence and morale", "skills", "mobility", "symptoms", "a life of my own", "health and wellbeing",
    "relationship with the person I care for", "freedom from financial hardship", "choice in caring and its limits",
    "informed and equipped", "satisfaction in caring", "partnership with services", "self-management", "daily living",
    "meaningful activity", "accommodation", "work, education or training",
)  # fmt: skip

# What people type for these words (compared after trimming and lower-casing).
SYNONYMS = {
    "gender": {"f": "female", "woman": "female", "women": "female", "m": "male", "man": "male", "men": "male", "nonbinary": "non-binary"},
    "yes_no": {"y": "yes", "true": "yes", "1": "yes", "n": "no", "false": "no", "0": "no"},
    "counted_as": {
        "flow": "newly in the quarter", "new": "newly in the quarter", "cumulative": "running total",
        "running total since the year began": "running total", "ytd": "running total", "stock": "in that position at quarter end",
        "at quarter end": "in that position at quarter end", "percentage": "percent", "%": "percent", "mean": "average",
    },
    "not stated": {"not known": "not stated", "unknown": "not stated", "prefer not to say": "not stated", "n/k": "not stated", "": "not stated"},
}  # fmt: skip
