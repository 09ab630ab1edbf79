"""The made-up providers and services of Merrowdale, a made-up place. Nothing here is, or stands for, a real organisation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Provider:
    code: str
    name: str
    sector: str


@dataclass(frozen=True)
class Service:
    """What the generator needs to know of a service. Rates are shares of people; `stay` is the usual number of weeks."""

    code: str
    name: str
    provider: str
    type: str
    locality: str
    setting: str
    funding: str
    pounds: int  # a year
    main_result: str
    contribution: str
    prefix: str  # of its person refs
    people: int  # in three years; none for services that send totals
    stay: float
    needs: tuple[str, ...]
    scores: tuple[tuple[str, str], ...] = ()  # (measure code, perspective)
    followed_up: float = 0.7
    better: float = 0.5
    worse: float = 0.06
    places: int | None = None
    since: date = date(2012, 4, 1)
    from_: date = date(2023, 4, 1)
    to: date = date(2027, 3, 31)
    continues: str = ""
    goals: float = 0.0  # share of people with goals
    goal_scale: str = "GBO"
    contacts: float = 0.0  # planned contacts for each person, on average
    poor: float = 0.3  # share from the poorest fifth
    ages: str = "18 and over"


PROVIDERS: tuple[Provider, ...] = (
    Provider("MCW", "Merrowdale Council Wellbeing", "statutory"),
    Provider("MCH", "Merrowdale Community Health", "statutory"),
    Provider("OWT", "Openwater Health Partnership", "statutory"),
    Provider("WLC", "Wexley Dock Adult Learning", "statutory"),
    Provider("HAR", "Harbour Homes of Merrowdale", "voluntary"),
    Provider("LAN", "Lantern Counselling", "voluntary"),
    Provider("TID", "Tidepool Counselling Collective", "voluntary"),
    Provider("WIL", "The Willow Room", "voluntary"),
    Provider("SPK", "Speak Up Pellgate", "voluntary"),
    Provider("VOX", "Quillham Voices", "voluntary"),
    Provider("ALL", "Green Plot Neighbours", "voluntary"),
    Provider("CAR", "Kindred Carers of Merrowdale", "voluntary"),
    Provider("BRI", "Bridgework Merrowdale", "voluntary"),
    Provider("STE", "Stepstone Works", "voluntary"),
    Provider("NIG", "Nightlight House Association", "voluntary"),
    Provider("OAK", "Oakapple Community Links", "voluntary"),
    Provider("FEN", "Fennel Row Homes", "voluntary"),
    Provider("DOV", "Dovecote Day and Neighbours", "voluntary"),
    Provider("ROW", "Rowan Lodge", "independent"),
    Provider("SAL", "Saltmarrow Residential", "independent"),
    Provider("BEC", "Beckside Home Support", "independent"),
    Provider("COM", "Compass Rose Care", "independent"),
    Provider("LOD", "Loadstone Step-Down", "independent"),
    Provider("PEL", "Pellgate Therapy Rooms", "independent"),
)

_LOW = ("anxiety", "depression", "anxiety and depression", "trauma", "loneliness")
_LONG = ("psychosis", "bipolar disorder", "depression", "personality difficulties", "trauma")
_MIXED = ("depression", "anxiety", "anxiety and depression", "psychosis", "loneliness", "bipolar disorder", "alcohol or drugs")
_CARE = ("psychosis", "dementia", "bipolar disorder", "depression")

SERVICES: tuple[Service, ...] = (
    # residential
    Service(
        "HAR-1", "Harbour House", "HAR", "residential", "Wexley Dock", "group home", "contract", 780_000, "maintained",
        "Gives fourteen people who have spent long spells in hospital a settled home near the sea, so that staying well, rather than going back, becomes the ordinary thing.",
        "HH", 30, 150, ("psychosis", "bipolar disorder"), (("HoNOS", "practitioner"), ("DIALOG", "person")), 0.9, 0.2, 0.05, places=14, since=date(1998, 9, 1), goals=0.5,
    ),
    Service(
        "ROW-1", "Rowan Lodge", "ROW", "residential", "Brackenwick", "group home", "contract", 410_000, "goals",
        "Six people share one ordinary house at their own pace; for each of them living in a street, not on a ward, is the strategy.",
        "RL", 8, 200, ("psychosis", "trauma"), (("SWEMWBS", "person"),), 0.5, 0.5, 0.0, places=6, since=date(2009, 2, 2), goals=0.75, goal_scale="met",
    ),
    Service(
        "SAL-1", "Saltmarrow Court", "SAL", "residential", "Saltmarrow", "residential home", "contract", 1_150_000, "HoNOS; maintained",
        "Keeps twenty-two people close to family and friends who would otherwise be placed out of the area, and helps them keep what they have rebuilt.",
        "SC", 44, 120, _CARE, (("HoNOS", "practitioner"),), 0.82, 0.28, 0.08, places=22, since=date(2004, 6, 1),
    ),
    # supported accommodation
    Service(
        "HAR-2", "Harbour Steps", "HAR", "supported accommodation", "Wexley Dock", "self-contained flats", "contract", 420_000, "ReQoL-10; milestone",
        "A bridge between Harbour House and a front door of one's own: people practise running a home with someone down the hall.",
        "HS", 62, 60, _LONG, (("ReQoL-10", "person"),), 0.74, 0.46, 0.07, places=18, since=date(2006, 4, 3), goals=0.4,
    ),
    Service(
        "FEN-1", "Fennel Row", "FEN", "supported accommodation", "Oldermere", "shared houses", "contract", 560_000, "goals",
        "Turns 'nowhere to be discharged to' into a tenancy, and a tenancy into a life with neighbours in it.",
        "FR", 84, 56, _LONG, (("GBO", "person"), ("GBO", "practitioner")), 0.72, 0.52, 0.06, places=26, since=date(2001, 5, 1), goals=0.95,
    ),
    Service(
        "FEN-2", "Fennel Row Starting Out", "FEN", "supported accommodation", "Oldermere", "shared houses", "grant", 310_000, "goals",
        "New in January 2026 for people of 18 to 25 leaving care or hospital. This is a first year: we are all guessing, and we will say what we learn.",
        "FS", 9, 52, ("trauma", "anxiety and depression", "psychosis"), (("GBO", "person"),), 0.6, 0.5, 0.06, places=12,
        since=date(2026, 1, 5), from_=date(2026, 1, 1), to=date(2028, 12, 31), goals=0.9, ages="18 to 25",
    ),
    Service(
        "SAL-2", "Saltmarrow Flats", "SAL", "supported accommodation", "Saltmarrow", "self-contained flats", "contract", 380_000, "ReQoL-10",
        "Lets people move on from Saltmarrow Court without losing the people who know them.",
        "SF", 48, 70, _LONG, (("ReQoL-10", "person"),), 0.66, 0.42, 0.08, places=16, since=date(2011, 10, 3),
    ),
    Service(
        "MCW-3", "Doorstep Tenancies", "MCW", "supported accommodation", "Pellgate", "own tenancy", "SLA", 340_000, "milestone",
        "Keeps people in the homes they already have: the cheapest and kindest step in the whole housing pathway.",
        "DT", 0, 40, _LONG, places=60, since=date(2016, 4, 1),
    ),
    # support at home
    Service(
        "BEC-1", "Beckside at Home", "BEC", "support at home", "Brackenwick", "own home", "contract", 640_000, "DIALOG; maintained",
        "Daily and weekly visits that keep people steady where they already live; holding on to ordinary life is the result we pay for.",
        "BH", 140, 60, _LONG, (("DIALOG", "person"),), 0.78, 0.3, 0.06, goals=0.3, since=date(2008, 4, 1), contacts=4,
    ),
    Service(
        "COM-1", "Compass Rose at Home", "COM", "support at home", "Quillham", "own home", "contract", 520_000, "WEMWBS; maintained",
        "Reaches people in the villages whom a weekly clinic would miss, and spots early when someone is having a harder week.",
        "CH", 142, 52, _LONG, (("WEMWBS", "person"),), 0.58, 0.34, 0.07, since=date(2010, 4, 1), poor=0.18,
    ),
    Service(
        "COM-2", "Compass Rose Evenings", "COM", "support at home", "Quillham", "own home", "contract", 180_000, "goals",
        "Covers the hours when loneliness is longest, from five to ten, so that evenings need not end in a crisis call.",
        "CE", 74, 34, ("loneliness", "depression", "psychosis"), (("GBO", "person"),), 0.63, 0.5, 0.06, goals=0.85, since=date(2019, 4, 1), poor=0.2,
    ),
    Service(
        "MCH-1", "Recovery at Home", "MCH", "support at home", "Oldermere", "own home", "SLA", 690_000, "ReQoL-10",
        "Brings care to the kitchen table for people coming out of hospital, so that the first six weeks at home are not faced alone.",
        "RH", 200, 22, _LONG, (("ReQoL-10", "person"),), 0.69, 0.5, 0.07, since=date(2013, 4, 1), contacts=3,
    ),
    # counselling
    Service(
        "LAN-1", "Lantern Counselling", "LAN", "counselling", "Wexley Dock", "clinic", "contract", 210_000, "CORE-10",
        "Offers unhurried counselling to people whose difficulties fall between the family doctor and specialist care.",
        "LC", 398, 14, _LOW, (("CORE-10", "person"),), 0.5, 0.6, 0.06, since=date(2002, 1, 7), contacts=6,
    ),
    Service(
        "LAN-2", "Lantern Bereavement Room", "LAN", "counselling", "Wexley Dock", "clinic", "grant", 95_000, "CORE-10",
        "Sits with people after a death, including a death by suicide, so that grief does not have to be carried alone.",
        "LB", 176, 16, ("depression", "anxiety and depression", "other"), (("CORE-10", "person"),), 0.71, 0.55, 0.06, since=date(2014, 9, 1), contacts=5,
    ),
    Service(
        "TID-1", "Tidepool Counselling", "TID", "counselling", "Saltmarrow", "clinic", "grant", 160_000, "CORE-10",
        "Low-cost counselling by the bus station: no letter of referral, no long form, and a first conversation within three weeks.",
        "TC", 240, 13, _LOW, (("CORE-10", "person"),), 0.66, 0.57, 0.07, since=date(2007, 3, 5), contacts=6, poor=0.38,
    ),
    Service(
        "WIL-1", "The Willow Room", "WIL", "counselling", "Oldermere", "women's centre", "contract", 185_000, "CORE-10; goals",
        "A safe place for women living with the effects of violence and abuse, with time enough for trust to come first.",
        "WR", 160, 26, ("trauma", "anxiety and depression"), (("CORE-10", "person"),), 0.76, 0.54, 0.08, since=date(2015, 6, 1), goals=0.35, contacts=8,
    ),
    Service(
        "PEL-1", "Pellgate Therapy Rooms", "PEL", "counselling", "Pellgate", "clinic and online", "contract", 150_000, "PHQ-9; GAD-7",
        "Gives people on the longest waiting lists a choice of room, phone or screen, close to the market square.",
        "PT", 170, 12, _LOW, (("PHQ-9", "person"), ("GAD-7", "person")), 0.81, 0.58, 0.06, since=date(2018, 10, 1), contacts=5,
    ),
    # talking therapies
    Service(
        "OWT-1", "Openwater Talking Therapies", "OWT", "talking therapies", "Wexley Dock", "clinics and online", "contract", 1_350_000, "PHQ-9; GAD-7",
        "The area's first offer for anxiety and depression: evidence-based therapy that anyone may ask for without going through a doctor.",
        "OW", 760, 14, ("anxiety", "depression", "anxiety and depression"), (("PHQ-9", "person"), ("GAD-7", "person"), ("WSAS", "person")),
        0.997, 0.725, 0.06, since=date(2009, 10, 1), poor=0.36,
    ),
    Service(
        "OWT-2", "Openwater Online", "OWT", "talking therapies", "Merrowdale wide", "online", "contract", 420_000, "PHQ-9; GAD-7",
        "Guided self-help by screen and message for people who work shifts, care for others, or would rather write than talk.",
        "OO", 280, 11, ("anxiety", "depression", "anxiety and depression"), (("PHQ-9", "person"), ("GAD-7", "person")),
        0.997, 0.69, 0.055, since=date(2020, 9, 1), poor=0.2,
    ),
    Service(
        "MCH-2", "Oldermere Talking Therapies", "MCH", "talking therapies", "Oldermere", "clinics", "SLA", 980_000, "PHQ-9; GAD-7",
        "Therapy in health centres across Oldermere and Brackenwick, with the same door for a first worry and a long-carried one.",
        "OT", 520, 14, ("anxiety", "depression", "anxiety and depression"), (("PHQ-9", "person"), ("GAD-7", "person"), ("WSAS", "person")),
        0.997, 0.715, 0.06, since=date(2009, 10, 1), poor=0.22,
    ),
    # community support
    Service(
        "OAK-1", "Oakapple Connections", "OAK", "community support", "Oldermere", "community venues", "contract", 330_000, "SWEMWBS",
        "Introduces people to what is already on their doorstep and goes with them the first few times.",
        "OC", 200, 24, _MIXED, (("SWEMWBS", "person"),), 0.6, 0.44, 0.06, since=date(2012, 4, 2), goals=0.25,
    ),
    Service(
        "OAK-2", "Oakapple Peer Support", "OAK", "community support", "Oldermere", "community venues", "grant", 140_000, "QPR",
        "People who have been there beside people who are there now: hope at first hand.",
        "OP", 138, 30, _LONG, (("QPR", "person"),), 0.55, 0.45, 0.06, since=date(2017, 4, 3),
    ),
    Service(
        "MCW-1", "Community Bridge Team", "MCW", "community support", "Pellgate", "own home and community", "SLA", 450_000, "goals",
        "Helps people leaving specialist teams to stand on ground that holds: money, home, company, something to get up for.",
        "CB", 200, 30, _LONG, (("GBO", "person"),), 0.68, 0.52, 0.07, since=date(2011, 4, 1), goals=0.9,
    ),
    Service(
        "MCH-3", "The Wellbeing Hub", "MCH", "community support", "Saltmarrow", "community venues", "SLA", 510_000, "WEMWBS",
        "One front door for advice, groups and a listening ear, so that nobody is told they have come to the wrong place.",
        "WH", 240, 16, _MIXED, (("WEMWBS", "person"),), 0.52, 0.42, 0.06, since=date(2016, 1, 4), poor=0.4,
    ),
    Service(
        "DOV-2", "Dovecote Neighbours", "DOV", "community support", "Brackenwick", "own home and community", "grant", 120_000, "milestone",
        "Volunteers who call, walk the dog and notice: small kindnesses that keep older people in touch.",
        "DN", 0, 40, _MIXED, since=date(2013, 9, 2),
    ),
    # day support or employment
    Service(
        "BRI-1", "Bridgework Into Employment", "BRI", "day support or employment", "Wexley Dock", "in the workplace", "contract", 260_000, "milestone",
        "Finds the job first and supports the person in it, because work people choose is good for most of us.",
        "BE", 248, 38, _MIXED, (("SWEMWBS", "person"),), 0.62, 0.46, 0.06, since=date(2010, 9, 1),
    ),
    Service(
        "STE-1", "Stepstone Into Work", "STE", "day support or employment", "Saltmarrow", "in the workplace", "contract", 280_000, "milestone",
        "Aims high for people whom everyone else has stopped asking what they would like to do.",
        "SW", 210, 40, _MIXED, (("SWEMWBS", "person"),), 0.56, 0.42, 0.07, since=date(2014, 4, 1), poor=0.42,
    ),
    Service(
        "DOV-1", "Dovecote Day Centre", "DOV", "day support or employment", "Brackenwick", "day centre", "contract", 240_000, "WEMWBS; maintained",
        "A kitchen, a garden and a reason to get up on a Tuesday, open to people other doors have closed on.",
        "DD", 96, 80, _LONG, (("WEMWBS", "person"),), 0.7, 0.36, 0.07, places=45, since=date(1996, 5, 1),
    ),
    Service(
        "STE-2", "Stepstone Workshop", "STE", "day support or employment", "Saltmarrow", "workshop", "contract", 130_000, "SWEMWBS",
        "Bicycles mended, furniture restored, people recovering the habit of being relied upon.",
        "SK", 92, 44, _MIXED, (("SWEMWBS", "person"),), 0.64, 0.47, 0.06, places=24, since=date(2016, 9, 5), poor=0.4,
    ),
    Service(
        "ALL-1", "The Green Plot Allotment", "ALL", "day support or employment", "Pellgate", "allotment", "grant", 38_000, "SWEMWBS",
        "Fourteen people, eleven beds of vegetables and a kettle: company and purpose out of doors for people who had neither.",
        "GP", 14, 60, ("loneliness", "depression", "anxiety", "psychosis"), (("SWEMWBS", "person"),), 0.9, 0.5, 0.06, places=16,
        since=date(2025, 4, 1), from_=date(2025, 4, 1), to=date(2026, 9, 30),
    ),
    # advocacy
    Service(
        "SPK-1", "Speak Up Pellgate", "SPK", "advocacy", "Pellgate", "wherever people are", "contract", 120_000, "milestone",
        "Stands beside people when decisions are made about them, so that their own voice is the first one heard.",
        "SP", 110, 12, _LONG, since=date(2005, 4, 1), to=date(2024, 9, 30),
    ),
    Service(
        "VOX-1", "Quillham Voices Advocacy", "VOX", "advocacy", "Quillham", "wherever people are", "grant", 105_000, "milestone",
        "Independent advocacy for the villages, by people who know how far the nearest meeting is.",
        "VX", 90, 12, _LONG, since=date(2008, 4, 1), to=date(2024, 9, 30), poor=0.18,
    ),
    Service(
        "SPK-2", "Speak Up Merrowdale", "SPK", "advocacy", "Merrowdale wide", "wherever people are", "contract", 215_000, "milestone",
        "One advocacy service for the whole area since 1 October 2024: one number to ring, and an advocate who knows your town.",
        "SM", 200, 12, _LONG, since=date(2024, 10, 1), from_=date(2024, 10, 1), continues="SPK-1; VOX-1",
    ),
    Service(
        "MCW-2", "Rights and Choices", "MCW", "advocacy", "Merrowdale wide", "wherever people are", "SLA", 170_000, "milestone",
        "Makes sure that people whose liberty or care is being decided know their rights and can use them.",
        "RC", 0, 10, _LONG, since=date(2009, 4, 1),
    ),
    # training
    Service(
        "WLC-1", "Wexley Dock Recovery College", "WLC", "training", "Wexley Dock", "college and online", "SLA", 290_000, "SWEMWBS",
        "Learning, not treatment: courses written and taught by people with lived experience beside people with training.",
        "WD", 300, 18, _MIXED, (("SWEMWBS", "person"),), 0.48, 0.4, 0.055, since=date(2015, 9, 7),
    ),
    Service(
        "WLC-2", "Mindful Managers", "WLC", "training", "Merrowdale wide", "in the workplace", "contract", 85_000, "milestone",
        "Helps local employers to notice and to ask, so that people keep the jobs they have.",
        "MM", 0, 6, _MIXED, since=date(2021, 4, 1),
    ),
    # step-down
    Service(
        "LOD-1", "Loadstone House", "LOD", "step-down", "Brackenwick", "ten-bed house", "contract", 690_000, "HoNOS",
        "Ten beds between hospital and home: time to find one's feet before the front door closes.",
        "LH", 140, 9, _LONG, (("HoNOS", "practitioner"), ("DIALOG", "person")), 0.88, 0.5, 0.07, places=10, since=date(2013, 2, 4),
    ),
    Service(
        "MCH-4", "Homeward Step-Down", "MCH", "step-down", "Oldermere", "own home", "SLA", 470_000, "HoNOS; ReQoL-10",
        "Brings people home days or weeks sooner, with someone at the door every day of the first fortnight.",
        "HW", 180, 8, _LONG, (("HoNOS", "practitioner"), ("ReQoL-10", "person")), 0.73, 0.48, 0.07, since=date(2018, 4, 2),
    ),
    # crisis alternative
    Service(
        "NIG-1", "Nightlight House", "NIG", "crisis alternative", "Pellgate", "house and phone line", "contract", 520_000, "goals; CORE-10",
        "Somewhere to go that is not a hospital, and someone to ring before it comes to that.",
        "NH", 190, 26, _LONG, (("CORE-10", "person"),), 0.7, 0.56, 0.07, places=5, since=date(2017, 11, 6), goals=0.8, poor=0.36,
    ),
    Service(
        "MCH-5", "The Lamplight Café", "MCH", "crisis alternative", "Wexley Dock", "evening café", "SLA", 260_000, "milestone",
        "Open from six until midnight without an appointment. People need not give a name, so we count evenings, not people.",
        "LM", 0, 1, _MIXED, since=date(2019, 12, 2),
    ),
    # other
    Service(
        "CAR-1", "Kindred Carers", "CAR", "other", "Merrowdale wide", "own home and community", "contract", 180_000, "WEMWBS; maintained",
        "Looks after the people who look after others: when carers have a life of their own, both can go on.",
        "KC", 220, 40, ("caring",), (("WEMWBS", "person"),), 0.75, 0.56, 0.05, since=date(2006, 11, 1), goals=0.5,
    ),
    Service(
        "CAR-2", "Kindred Short Breaks", "CAR", "other", "Merrowdale wide", "own home and community", "grant", 110_000, "milestone",
        "A day, a night, a weekend: breaks arranged around what the carer and the person would both enjoy.",
        "KB", 0, 20, ("caring",), since=date(2018, 4, 1),
    ),
)  # fmt: skip

BY_CODE: dict[str, Service] = {s.code: s for s in SERVICES}
PROVIDER: dict[str, Provider] = {p.code: p for p in PROVIDERS}
