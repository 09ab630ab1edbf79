"""The made-up people and their times with the services: when they come, how long they stay, how it ends, how they change."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from domain import quarters
from domain.quarters import Quarter
from sample_data import planted
from sample_data.rows import Array, Frame
from sample_data.services import Service

DAY = np.timedelta64(1, "D")
END = np.datetime64(planted.DATA_END, "D")
BEGIN = np.datetime64(date(planted.FIRST_YEAR, 4, 1), "D")
QUARTERS: tuple[Quarter, ...] = tuple(Quarter(year, number) for year in planted.YEARS for number in (1, 2, 3, 4))
SEASON = np.array([1.25, 1.05, 1.1, 0.95, 1.0, 1.0, 0.9, 0.75, 1.15, 1.15, 1.05, 0.65])  # people starting, January to December
SAME, BETTER, WORSE = 0, 1, 2
GRADIENT = {"1": -0.08, "2": -0.02, "3": 0.0, "4": 0.03, "5": 0.06, "not stated": 0.0}  # on the share who improve, by deprivation quintile

# How a time with a service ends: shares of the endings, by whether people come for a while or live with it.
_SHORT = {
    "as planned": 0.60,
    "by agreement early": 0.11,
    "stopped coming": 0.19,
    "moved to another service": 0.03,
    "moved away": 0.03,
    "declined": 0.015,
    "hospital or crisis": 0.01,
    "died": 0.005,
    "not known": 0.01,
}
_LONG = {
    "as planned": 0.58,
    "by agreement early": 0.10,
    "stopped coming": 0.07,
    "moved to another service": 0.06,
    "hospital or crisis": 0.07,
    "moved away": 0.06,
    "died": 0.04,
    "other": 0.02,
}
_SHORT_TYPES = ("counselling", "talking therapies", "training", "advocacy", "community support", "day support or employment", "other")
ENDED_WELL = ("as planned", "by agreement early")
_HOUSES = ("HAR-1", "HAR-2", "ROW-1", "SAL-1", "SAL-2", "FEN-1", "LOD-1")  # places that are filled, left and filled again


def choose(rng: np.random.Generator, shares: dict[str, float], n: int) -> Array:
    names = np.array(list(shares), dtype=object)
    p = np.array(list(shares.values()))
    return names[rng.choice(len(names), n, p=p / p.sum())]


def weekday(days: Array) -> Array:
    """Saturdays and Sundays moved to the Friday before."""
    number = (days.astype("datetime64[D]").astype(int) + 3) % 7  # 0 is Monday
    return days - np.maximum(number - 4, 0) * DAY


def _starts(rng: np.random.Generator, first: np.datetime64, last: np.datetime64, n: int) -> Array:
    """n starting days between two days, more in January and fewer in August and December."""
    days = np.arange(first, last + DAY)
    weights = SEASON[days.astype("datetime64[M]").astype(int) % 12]
    return weekday(np.sort(rng.choice(days, n, p=weights / weights.sum())))


def _slots(rng: np.random.Generator, service: Service, places: int) -> tuple[Array, Array]:
    """(start, end) of stays that fill each place one after another, a few empty days between; many began before the data do."""
    starts, ends = [], []
    opened = np.datetime64(service.from_, "D")
    for _ in range(places):
        length = max(14, int(service.stay * 7 * rng.lognormal(0, 0.5)))
        at = opened - int(rng.uniform(0, 0.9) * length) * DAY
        while at <= END:
            length = max(14, int(service.stay * 7 * rng.lognormal(0, 0.5))) if at > opened else length
            starts.append(at)
            ends.append(at + length * DAY)
            at = at + (length + int(rng.integers(2, 16))) * DAY
    order = np.argsort(np.array(starts), kind="stable")
    return weekday(np.array(starts)[order]), weekday(np.array(ends)[order])


def _full_home(rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Harbour House: 14 at the end of every quarter; a room left is filled within the quarter; three move on in the last and their rooms stay empty."""
    changes = (1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 1)
    stays = [[BEGIN - int(days) * DAY, None, ""] for days in np.sort(rng.integers(60, 3200, planted.FULL_HOME_PLACES))[::-1]]
    living = list(range(planted.FULL_HOME_PLACES))
    for quarter, number in zip(QUARTERS, changes, strict=False):
        for which in range(number):
            leaver = living.pop(int(rng.integers(0, 5)))
            left = np.datetime64(quarter.start, "D") + int(rng.integers(10, 45)) * DAY
            stays[leaver][1:] = [left, ("as planned", "moved away", "hospital or crisis", "died")[(quarter.year + quarter.number + which) % 4]]
            stays.append([left + int(rng.integers(4, 18)) * DAY, None, ""])
            living.append(len(stays) - 1)
    for leaver, days in zip(living[:3], (34, 41, 55), strict=True):
        stays[leaver][1:] = [np.datetime64(QUARTERS[-1].start, "D") + days * DAY, "moved to another service"]
    ends = [END + 400 * DAY if end is None else end for _, end, _ in stays]
    return weekday(np.array([s[0] for s in stays])), weekday(np.array(ends)), np.array([s[2] or "as planned" for s in stays], dtype=object)


def _lower_figure(rng: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    """Lantern Counselling: (start, end, followed up, change), exact in the years that are planted, by the day people ended."""
    parts = []
    for year, (ended, paired, better, worse) in ({2023: (118, 53, 34, 4)} | planted.LOWER_FIGURE).items():
        first, last = (np.datetime64(day, "D") for day in quarters.year_dates(year))
        end = _starts(rng, first + 7 * DAY, last - 3 * DAY, ended)  # clear of the year's edges, so that a Friday before is the same year
        change = np.full(ended, SAME)
        mixed = rng.permutation(ended)
        change[mixed[:better]] = BETTER
        change[mixed[better : better + worse]] = WORSE
        followed = np.zeros(ended, dtype=bool)
        followed[mixed[:paired]] = True
        parts.append((end - rng.integers(42, 140, ended) * DAY, end, followed, change))
    n = 38
    start = _starts(rng, END - 80 * DAY, END - 5 * DAY, n)
    parts.append((start, END + rng.integers(20, 90, n) * DAY, rng.random(n) < 0.8, rng.choice(3, n, p=[0.34, 0.6, 0.06])))
    start, end, followed, change = (np.concatenate([p[i] for p in parts]) for i in range(4))
    return weekday(start), end, followed, change


def _characteristics(rng: np.random.Generator, service: Service, n: int) -> dict[str, Array]:
    old = service.type in ("residential", "support at home", "other") or service.code == "DOV-2"
    ages = {"18-24": 0.13, "25-34": 0.24, "35-44": 0.21, "45-54": 0.18, "55-64": 0.14, "65-74": 0.06, "75 and over": 0.03, "not stated": 0.01}
    if old:
        ages = {"25-34": 0.1, "35-44": 0.16, "45-54": 0.22, "55-64": 0.24, "65-74": 0.17, "75 and over": 0.1, "not stated": 0.01}
    if service.code == "FEN-2":
        ages = {"18-24": 1.0}
    women = 0.96 if service.code == "WIL-1" else 0.66 if service.type in ("counselling", "talking therapies", "other") else 0.5
    quintiles = {"1": service.poor, "2": 0.25, "3": 0.2, "4": 0.16, "5": 0.12, "not stated": 0.02}
    groups = {
        "White": 0.78,
        "Asian or Asian British": 0.08,
        "Black or Black British": 0.05,
        "Mixed or multiple ethnic groups": 0.03,
        "Other ethnic group": 0.02,
        "not stated": 0.04,
    }
    needs = {need: weight for need, weight in zip(service.needs, (0.3, 0.26, 0.2, 0.12, 0.08, 0.05, 0.05), strict=False)} | {"not stated": 0.02}
    return {
        "age_band": choose(rng, ages, n),
        "gender": choose(rng, {"female": women, "male": 0.96 - women + 0.02, "non-binary": 0.012, "not stated": 0.008}, n),
        "ethnic_group": choose(rng, groups, n),
        "deprivation_quintile": choose(rng, quintiles, n),
        "main_need": choose(rng, needs, n),
        "already_known_to_statutory_services": choose(
            rng, {"yes": 0.2 if service.type in ("counselling", "talking therapies", "training") else 0.7, "no": 0.4}, n
        ),
        "shares_record": choose(rng, {"yes": 0.9, "no": 0.05, "not asked": 0.05}, n),
    }


def stays_of(rng: np.random.Generator, service: Service) -> Frame:
    """One row per time with the service, with its true end (perhaps after the data end), whether it is followed up and how it changes."""
    well: Array | None = None
    followed: Array | None = None
    change: Array | None = None
    first = max(np.datetime64(service.from_, "D"), BEGIN)
    last = min(np.datetime64(service.to, "D") - 7 * DAY, END - 1 * DAY)
    if service.code == planted.FULL_HOME:
        start, end, well = _full_home(rng)
    elif service.code == planted.SIX_BEDS:
        start = np.array(
            ["2015-05-11", "2017-09-04", "2019-02-18", "2020-10-05", "2021-06-14", "2022-03-07", "2024-06-17", "2025-05-12"], dtype="datetime64[D]"
        )
        end = np.array(["2024-06-06", "2025-04-25", *["2027-06-01"] * 6], dtype="datetime64[D]")
        well = np.array(["as planned", "moved away", *["as planned"] * 6], dtype=object)
        followed = np.array([True, False, True, True, False, True, False, False])
        change = np.array([SAME, SAME, BETTER, SAME, SAME, BETTER, SAME, SAME])
    elif service.code == planted.BETTER_SERVICE_LOWER_FIGURE:
        start, end, followed, change = _lower_figure(rng)
    elif service.code in _HOUSES:
        start, end = _slots(rng, service, service.places or 0)
        if service.code == "HAR-2":  # three flats are kept for the people from Harbour House
            kept = np.flatnonzero(end > END)[:3]
            end[kept] = np.datetime64("2026-01-16", "D")
            start, end = start[start < np.datetime64("2026-01-16", "D")], end[start < np.datetime64("2026-01-16", "D")]
    elif service.code == planted.ALLOTMENT:
        start = np.sort(np.datetime64("2025-04-01", "D") + rng.integers(0, 60, planted.ALLOTMENT_PEOPLE) * DAY)
        end = np.full(planted.ALLOTMENT_PEOPLE, END + 200 * DAY)
    else:
        early = first if service.from_ > date(planted.FIRST_YEAR, 4, 1) else first - int(min(service.stay, 40) * 4) * DAY
        start = _starts(rng, early, last, service.people)
        end = weekday(start + np.maximum(5, (service.stay * 7 * rng.lognormal(-0.1, 0.5, service.people))).astype(int) * DAY)
        end = np.maximum(end, start)
    n = len(start)
    frame = pd.DataFrame({"service_code": service.code, "started_on": start, "ends": end} | _characteristics(rng, service, n))
    frame["role"] = "person"
    frame["person"] = [f"{service.prefix}-{i:04d}" for i in range(1, n + 1)]
    how = choose(rng, _SHORT if service.type in _SHORT_TYPES else _LONG, n)
    if service.code == planted.TALKING_THERAPIES:
        how = _stay_by_neighbourhood(rng, frame, how)
    frame["how_it_ended"] = well if well is not None else how
    length = (frame["ends"] - frame["started_on"]).dt.days.to_numpy()
    stopped = (frame["how_it_ended"] == "stopped coming").to_numpy() & (service.code not in (planted.BETTER_SERVICE_LOWER_FIGURE, planted.ALLOTMENT))
    frame.loc[stopped, "ends"] = frame["started_on"] + pd.to_timedelta(np.maximum(3, length * rng.uniform(0.1, 0.6, n)).astype(int), "D")
    if service.type == "talking therapies":
        frame["sessions"] = _sessions(rng, frame)
        frame["ends"] = frame[["ends"]].assign(least=frame["started_on"] + pd.to_timedelta(7 * frame["sessions"] + 4, "D")).max(axis=1)
    poorest = (frame["deprivation_quintile"] == "1").to_numpy()
    if followed is None:
        scheme = service.type == "talking therapies"
        likely = service.followed_up * np.where(stopped & (not scheme), 0.45, 1.06) * np.where(poorest & (not scheme), 0.94, 1.0)
        followed = rng.random(n) < np.minimum(likely, 0.995)
    if change is None:
        better = np.clip(service.better + frame["deprivation_quintile"].map(GRADIENT).to_numpy(dtype=float), 0.02, 0.95)
        draw = (rng.permutation(n) + rng.random(n)) / n  # spread evenly, so that a small service is what services.py says of it
        change = np.where(draw < better, BETTER, np.where(draw > 1 - service.worse, WORSE, SAME))
    frame["followed"], frame["change"] = followed, change
    if service.code in (planted.BETTER_SERVICE_LOWER_FIGURE, planted.SIX_BEDS):
        frame["shares_record"] = "yes"
    if service.code == planted.CARERS:
        frame = _carers(rng, frame)
    moved = frame["how_it_ended"] == "moved to another service"
    frame["moved_to_service"] = None
    onward = {
        "HAR-1": "HAR-2",
        "SAL-1": "SAL-2",
        "LAN-1": "LAN-2",
        "OWT-1": "OWT-2",
        "OWT-2": "OWT-1",
        "OAK-1": "OAK-2",
        "MCH-4": "MCH-1",
        "MCH-2": "MCH-3",
        "SPK-1": "SPK-2",
    }
    if service.code in onward:
        frame.loc[moved, "moved_to_service"] = onward[service.code]
    if service.code in planted.MERGED_FROM:
        closes = pd.Timestamp(service.to)
        still = frame["ends"] > closes
        frame.loc[still, "ends"] = closes
        frame.loc[still, "how_it_ended"] = "moved to another service"
        frame.loc[still, "moved_to_service"] = planted.MERGED_INTO if service.provider == "SPK" else None
    return frame


def _stay_by_neighbourhood(rng: np.random.Generator, frame: Frame, how: Array) -> Array:
    """Fewer from the poorest fifth stay, until evening sessions with interpreters begin. Others stay about as before."""
    n = len(frame)
    poorest = (frame["deprivation_quintile"] == "1").to_numpy()
    evenings = (frame["started_on"] >= pd.Timestamp(planted.EVENING_SESSIONS_FROM)).to_numpy()
    stay = np.where(poorest, np.where(evenings, 0.71, 0.44), 0.74)
    ended_well = choose(rng, {"as planned": 0.86, "by agreement early": 0.14}, n)
    left = choose(rng, {"stopped coming": 0.84, "declined": 0.05, "moved away": 0.05, "moved to another service": 0.04, "not known": 0.02}, n)
    return np.where(rng.random(n) < stay, ended_well, left)


def _carers(rng: np.random.Generator, frame: Frame) -> Frame:
    """Each carer (odd refs) beside the person they care for (even refs). Carers gain; the people they care for stay about as they were."""
    n = len(frame) // 2
    frame = frame.iloc[: 2 * n].reset_index(drop=True)
    person = np.arange(2 * n) % 2 == 1
    frame["role"] = np.where(person, "person", "carer")
    frame["cares_for"] = np.where(person, None, frame["person"].shift(-1))
    frame.loc[person, "started_on"] = frame["started_on"].shift(1)[person]
    frame.loc[person, "ends"] = frame["ends"].shift(1)[person]
    for column in ("deprivation_quintile", "how_it_ended", "followed"):
        frame.loc[person, column] = frame[column].shift(1)[person]
    frame["followed"] = frame["followed"].astype(bool)
    frame.loc[person, "main_need"] = choose(rng, {"dementia": 0.5, "psychosis": 0.2, "bipolar disorder": 0.15, "depression": 0.15}, n)
    frame.loc[person, "age_band"] = choose(rng, {"35-44": 0.1, "55-64": 0.2, "65-74": 0.3, "75 and over": 0.4}, n)
    frame.loc[~person, "main_need"] = "caring"
    frame.loc[person, "change"] = rng.choice(3, n, p=[0.86, 0.06, 0.08])
    frame.loc[~person, "change"] = rng.choice(3, n, p=[0.33, 0.62, 0.05])
    frame.loc[:1, "started_on"], frame.loc[:1, "ends"], frame.loc[:1, "followed"] = pd.Timestamp("2025-01-14"), END + 60 * DAY, True
    frame.loc[1, ["change", "main_need", "shares_record", "deprivation_quintile"]] = [SAME, "dementia", "yes", "3"]
    return frame


def came_back(rng: np.random.Generator, stays: Frame, service: Service) -> Frame:
    """Second times with the service: about 2% back within 30 days (which continues the first), about 4% later."""
    quiet = {planted.BETTER_SERVICE_LOWER_FIGURE, planted.SIX_BEDS, planted.FULL_HOME, planted.ALLOTMENT, planted.CARERS, *planted.MERGED_FROM, *_HOUSES}
    if service.code in quiet:
        return stays
    ended = stays[(stays["ends"] <= END - 60 * DAY) & ~stays["how_it_ended"].isin(("died", "moved away"))]
    if len(ended) < 8:
        return stays
    soon = rng.random(len(ended)) < 0.02
    later = ~soon & (rng.random(len(ended)) < 0.045)
    again = ended[soon | later].copy()
    gap = np.where(soon, rng.integers(6, 29, len(ended)), rng.integers(70, 420, len(ended)))[soon | later]
    again["started_on"] = weekday((again["ends"] + pd.to_timedelta(gap, "D")).to_numpy().astype("datetime64[D]"))
    again["started_on"] = np.maximum(again["started_on"], ended["ends"][soon | later] + pd.Timedelta(days=2))
    again["ends"] = again["started_on"] + pd.to_timedelta((service.stay * 7 * rng.uniform(0.4, 0.9, len(again))).astype(int) + 5, "D")
    if "sessions" in again:
        again["ends"] = again[["ends"]].assign(least=again["started_on"] + pd.to_timedelta(7 * again["sessions"] + 4, "D")).max(axis=1)
    again["how_it_ended"] = np.where(again["how_it_ended"] == "stopped coming", "as planned", again["how_it_ended"])
    again["change"] = rng.choice(3, len(again), p=[0.45, 0.48, 0.07])
    again = again[(again["started_on"] <= pd.Timestamp(END) - pd.Timedelta(days=2)) & (again["started_on"] <= pd.Timestamp(service.to))]
    return pd.concat([stays, again], ignore_index=True)


def setback(stays: Frame) -> Frame:
    """The person at Nightlight House whose setback was met with adapted support, and who came back at once a year later."""
    rows = stays[stays["person"] != planted.SETBACK_PERSON]
    one = stays[stays["person"] == planted.SETBACK_PERSON].iloc[:1]
    first = one.assign(
        started_on=pd.Timestamp("2024-03-04"),
        ends=pd.Timestamp("2024-12-13"),
        how_it_ended="as planned",
        followed=True,
        change=BETTER,
        shares_record="yes",
        moved_to_service=None,
    )
    second = one.assign(
        started_on=pd.Timestamp("2025-10-20"),
        ends=pd.Timestamp("2026-07-01"),
        how_it_ended="as planned",
        followed=True,
        change=BETTER,
        shares_record="yes",
        moved_to_service=None,
    )
    return pd.concat([rows, first, second], ignore_index=True)


def _sessions(rng: np.random.Generator, stays: Frame) -> Array:
    """How many sessions each person in talking therapies attended: two or more for those who stayed, often one or two for those who stopped."""
    n = len(stays)
    stopped = stays["how_it_ended"].isin(("stopped coming", "declined")).to_numpy()
    weeks = ((stays["ends"] - stays["started_on"]).dt.days / 7).to_numpy()
    stayed = np.clip(np.rint(weeks * 0.62 + rng.normal(0, 1, n)), 2, 16)
    return np.where(stopped, rng.choice([0, 1, 1, 2, 3], n), stayed).astype(int)
