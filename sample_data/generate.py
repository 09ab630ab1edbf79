"""The sample data: three made-up years of Merrowdale, from one seed. The same seed gives the same frames and the same bytes.

Every column, choice and heading is looked up in `domain.fields`: a column renamed there follows here, a column or choice that is gone stops the generator.
What is planted is in `planted.py` and told in README.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from domain import fields, measures, quarters
from domain.quarters import Quarter
from sample_data import plans, planted, spreadsheet, words
from sample_data.services import PROVIDER, SERVICES, Service

Frame = pd.DataFrame
Array = np.ndarray[Any, Any]

DAY = np.timedelta64(1, "D")
END = np.datetime64(planted.DATA_END, "D")
BEGIN = np.datetime64(date(planted.FIRST_YEAR, 4, 1), "D")
QUARTERS: tuple[Quarter, ...] = tuple(Quarter(year, number) for year in planted.YEARS for number in (1, 2, 3, 4))

# Usual first scores (mean, standard deviation) and a change worth the name, in points as typed. SWEMWBS is typed as its raw total.
FIRST: dict[str, tuple[float, float, float]] = {
    "PHQ-9": (16.0, 4.6, 6), "GAD-7": (14.2, 3.9, 4), "WSAS": (21.0, 7.5, 9), "CORE-10": (20.5, 5.2, 6), "WEMWBS": (38.0, 6.5, 9), "SWEMWBS": (19.5, 3.6, 5),
    "ReQoL-10": (17.0, 6.0, 7), "DIALOG": (4.1, 0.75, 0.8), "HoNOS": (17.0, 4.6, 8), "GBO": (3.0, 1.2, 3), "QPR": (30.0, 8.5, 9),
}  # fmt: skip
STEP: dict[str, float] = {"DIALOG": 0.125}  # the mean of eight questions; everything else is typed as a whole number

SEASON = np.array([1.25, 1.05, 1.1, 0.95, 1.0, 1.0, 0.9, 0.75, 1.15, 1.15, 1.05, 0.65])  # people starting, January to December
SAME, BETTER, WORSE = 0, 1, 2

# How a time with a service ends: shares of the endings, by whether people come for a while or live with it.
_SHORT = {
    "as planned": 0.60, "by agreement early": 0.11, "stopped coming": 0.19, "moved to another service": 0.03, "moved away": 0.03, "declined": 0.015,
    "hospital or crisis": 0.01, "died": 0.005, "not known": 0.01,
}  # fmt: skip
_LONG = {
    "as planned": 0.58, "by agreement early": 0.10, "stopped coming": 0.07, "moved to another service": 0.06, "hospital or crisis": 0.07, "moved away": 0.06,
    "died": 0.04, "other": 0.02,
}  # fmt: skip
_SHORT_TYPES = ("counselling", "talking therapies", "training", "advocacy", "community support", "day support or employment", "other")
_ENDED_WELL = ("as planned", "by agreement early")
_HOUSES = ("HAR-1", "HAR-2", "ROW-1", "SAL-1", "SAL-2", "FEN-1", "LOD-1")  # places that are filled, left and filled again
_NOMINAL = {"MCW-2": 50, "MCW-3": 18, "DOV-2": 20, "WLC-2": 1, "CAR-2": 40, "MCH-5": 1}  # people a quarter, where only totals are sent


# --- the rows of a sheet, by the definition of the workbook ---------------------------------------------------------------------------


def sheet(name: str, columns: dict[str, Any]) -> Frame:
    """A frame of one sheet by store columns; columns not given are blank. LookupError when the workbook's definition has no such column."""
    defined = fields.BY_NAME[name]
    unknown = set(columns) - set(defined.columns)
    if unknown:
        raise LookupError(f"sample_data writes {sorted(unknown)} on the sheet {name}, which domain/fields does not define: rename it in sample_data/generate.py too.")
    length = max((len(v) for v in columns.values() if not isinstance(v, str) and hasattr(v, "__len__")), default=1)
    return pd.DataFrame({f.column: columns.get(f.column, pd.Series([None] * length, dtype=object)) for f in defined.fields})


def _typed(name: str, frame: Frame) -> Frame:
    """The frame with columns of the kinds domain/fields gives them, checked against its choices and its natural key."""
    defined = fields.BY_NAME[name]
    for f in defined.fields:
        if f.kind == "date":
            frame[f.column] = pd.to_datetime(frame[f.column]).astype("datetime64[s]")
        elif f.kind in ("number", "score", "money", "integer"):
            frame[f.column] = pd.to_numeric(frame[f.column]).astype("float64")
        else:
            text = frame[f.column].astype(object)
            frame[f.column] = text.where(text.notna() & (text != ""), None)
        if f.kind == "choice":
            strange = set(frame[f.column].dropna()) - set(f.choices)
            if strange:
                raise LookupError(f"sample_data writes {sorted(strange)} in {name}, {f.name}, which is not in the list of domain/codes.")
        if f.required and frame[f.column].isna().any():
            raise ValueError(f"sample_data leaves {name}, {f.name} blank, which domain/fields requires.")
    twice = frame.duplicated(list(defined.key))
    if twice.any():
        raise ValueError(f"sample_data writes {int(twice.sum())} rows of {name} twice by their natural key {defined.key}.")
    return frame


# --- people -------------------------------------------------------------------------------------------------------------------------


def _choose(rng: np.random.Generator, shares: dict[str, float], n: int) -> Array:
    names = np.array(list(shares), dtype=object)
    p = np.array(list(shares.values()))
    return names[rng.choice(len(names), n, p=p / p.sum())]


def _weekday(days: Array) -> Array:
    """Saturdays and Sundays moved to the Friday before."""
    weekday = (days.astype("datetime64[D]").astype(int) + 3) % 7  # 0 is Monday
    return days - np.maximum(weekday - 4, 0) * DAY


def _starts(rng: np.random.Generator, first: np.datetime64, last: np.datetime64, n: int) -> Array:
    """n starting days between two days, more in January and fewer in August and December."""
    days = np.arange(first, last + DAY)
    weights = SEASON[days.astype("datetime64[M]").astype(int) % 12]
    return _weekday(np.sort(rng.choice(days, n, p=weights / weights.sum())))


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
    return _weekday(np.array(starts)[order]), _weekday(np.array(ends)[order])


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
    return _weekday(np.array([s[0] for s in stays])), _weekday(np.array(ends)), np.array([s[2] or "as planned" for s in stays], dtype=object)


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
    return _weekday(start), end, followed, change


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
        "White": 0.78, "Asian or Asian British": 0.08, "Black or Black British": 0.05, "Mixed or multiple ethnic groups": 0.03, "Other ethnic group": 0.02, "not stated": 0.04,
    }  # fmt: skip
    needs = {need: weight for need, weight in zip(service.needs, (0.3, 0.26, 0.2, 0.12, 0.08, 0.05, 0.05), strict=False)} | {"not stated": 0.02}
    return {
        "age_band": _choose(rng, ages, n),
        "gender": _choose(rng, {"female": women, "male": 0.96 - women + 0.02, "non-binary": 0.012, "not stated": 0.008}, n),
        "ethnic_group": _choose(rng, groups, n),
        "deprivation_quintile": _choose(rng, quintiles, n),
        "main_need": _choose(rng, needs, n),
        "already_known_to_statutory_services": _choose(rng, {"yes": 0.2 if service.type in ("counselling", "talking therapies", "training") else 0.7, "no": 0.4}, n),
        "shares_record": _choose(rng, {"yes": 0.9, "no": 0.05, "not asked": 0.05}, n),
    }


def _stays(rng: np.random.Generator, service: Service) -> Frame:
    """One row per time with the service, with its true end (perhaps after the data end), whether it is followed up and how it changes."""
    well: Array | None = None
    followed: Array | None = None
    change: Array | None = None
    first = max(np.datetime64(service.from_, "D"), BEGIN)
    last = min(np.datetime64(service.to, "D") - 7 * DAY, END - 1 * DAY)
    if service.code == planted.FULL_HOME:
        start, end, well = _full_home(rng)
    elif service.code == planted.SIX_BEDS:
        start = np.array(["2015-05-11", "2017-09-04", "2019-02-18", "2020-10-05", "2021-06-14", "2022-03-07", "2024-06-17", "2025-05-12"], dtype="datetime64[D]")
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
        end = _weekday(start + np.maximum(5, (service.stay * 7 * rng.lognormal(-0.1, 0.5, service.people))).astype(int) * DAY)
        end = np.maximum(end, start)
    n = len(start)
    frame = pd.DataFrame({"service_code": service.code, "started_on": start, "ends": end} | _characteristics(rng, service, n))
    frame["role"] = "person"
    frame["person"] = [f"{service.prefix}-{i:04d}" for i in range(1, n + 1)]
    how = _choose(rng, _SHORT if service.type in _SHORT_TYPES else _LONG, n)
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
    best = frame["deprivation_quintile"].isin(("4", "5")).to_numpy()
    if followed is None:
        scheme = service.type == "talking therapies"
        likely = service.followed_up * np.where(stopped & (not scheme), 0.45, 1.06) * np.where(poorest & (not scheme), 0.94, 1.0)
        followed = rng.random(n) < np.minimum(likely, 0.995)
    if change is None:
        better = np.clip(service.better + np.where(poorest, -0.05, 0.0) + np.where(best, 0.03, 0.0), 0.02, 0.95)
        draw = (rng.permutation(n) + rng.random(n)) / n  # spread evenly, so that a small service is what services.py says of it
        change = np.where(draw < better, BETTER, np.where(draw > 1 - service.worse, WORSE, SAME))
    frame["followed"], frame["change"] = followed, change
    if service.code in (planted.BETTER_SERVICE_LOWER_FIGURE, planted.SIX_BEDS):
        frame["shares_record"] = "yes"
    if service.code == planted.CARERS:
        frame = _carers(rng, frame)
    moved = frame["how_it_ended"] == "moved to another service"
    frame["moved_to_service"] = None
    onward = {"HAR-1": "HAR-2", "SAL-1": "SAL-2", "LAN-1": "LAN-2", "OWT-1": "OWT-2", "OWT-2": "OWT-1", "OAK-1": "OAK-2", "MCH-4": "MCH-1", "MCH-2": "MCH-3", "SPK-1": "SPK-2"}
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
    ended_well = _choose(rng, {"as planned": 0.86, "by agreement early": 0.14}, n)
    left = _choose(rng, {"stopped coming": 0.84, "declined": 0.05, "moved away": 0.05, "moved to another service": 0.04, "not known": 0.02}, n)
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
    frame.loc[person, "main_need"] = _choose(rng, {"dementia": 0.5, "psychosis": 0.2, "bipolar disorder": 0.15, "depression": 0.15}, n)
    frame.loc[person, "age_band"] = _choose(rng, {"35-44": 0.1, "55-64": 0.2, "65-74": 0.3, "75 and over": 0.4}, n)
    frame.loc[~person, "main_need"] = "caring"
    frame.loc[person, "change"] = rng.choice(3, n, p=[0.86, 0.06, 0.08])
    frame.loc[~person, "change"] = rng.choice(3, n, p=[0.33, 0.62, 0.05])
    frame.loc[:1, "started_on"], frame.loc[:1, "ends"], frame.loc[:1, "followed"] = pd.Timestamp("2025-01-14"), END + 60 * DAY, True
    frame.loc[1, ["change", "main_need", "shares_record", "deprivation_quintile"]] = [SAME, "dementia", "yes", "3"]
    return frame


def _came_back(rng: np.random.Generator, stays: Frame, service: Service) -> Frame:
    """Second times with the service: about 2% back within 30 days (which continues the first), about 4% later."""
    quiet = {planted.BETTER_SERVICE_LOWER_FIGURE, planted.SIX_BEDS, planted.FULL_HOME, planted.ALLOTMENT, planted.CARERS, *planted.MERGED_FROM, "HAR-2"}
    if service.code in quiet:
        return stays
    ended = stays[(stays["ends"] <= END - 60 * DAY) & ~stays["how_it_ended"].isin(("died", "moved away"))]
    if len(ended) < 8:
        return stays
    soon = rng.random(len(ended)) < 0.02
    later = ~soon & (rng.random(len(ended)) < 0.045)
    again = ended[soon | later].copy()
    gap = np.where(soon, rng.integers(6, 29, len(ended)), rng.integers(70, 420, len(ended)))[soon | later]
    again["started_on"] = _weekday((again["ends"] + pd.to_timedelta(gap, "D")).to_numpy().astype("datetime64[D]"))
    again["started_on"] = np.maximum(again["started_on"], ended["ends"][soon | later] + pd.Timedelta(days=2))
    again["ends"] = again["started_on"] + pd.to_timedelta((service.stay * 7 * rng.uniform(0.4, 0.9, len(again))).astype(int) + 5, "D")
    if "sessions" in again:
        again["ends"] = again[["ends"]].assign(least=again["started_on"] + pd.to_timedelta(7 * again["sessions"] + 4, "D")).max(axis=1)
    again["how_it_ended"] = np.where(again["how_it_ended"] == "stopped coming", "as planned", again["how_it_ended"])
    again["change"] = rng.choice(3, len(again), p=[0.45, 0.48, 0.07])
    again = again[(again["started_on"] <= pd.Timestamp(END) - pd.Timedelta(days=2)) & (again["started_on"] <= pd.Timestamp(service.to))]
    return pd.concat([stays, again], ignore_index=True)


def _setback(stays: Frame) -> Frame:
    """The person at Nightlight House whose setback was met with adapted support, and who came back at once a year later."""
    rows = stays[stays["person"] != planted.SETBACK_PERSON]
    one = stays[stays["person"] == planted.SETBACK_PERSON].iloc[:1]
    first = one.assign(started_on=pd.Timestamp("2024-03-04"), ends=pd.Timestamp("2024-12-13"), how_it_ended="as planned", followed=True, change=BETTER, shares_record="yes", moved_to_service=None)
    second = one.assign(started_on=pd.Timestamp("2025-10-20"), ends=pd.Timestamp("2026-07-01"), how_it_ended="as planned", followed=True, change=BETTER, shares_record="yes", moved_to_service=None)
    return pd.concat([rows, first, second], ignore_index=True)


# --- scores -------------------------------------------------------------------------------------------------------------------------


def _times(rng: np.random.Generator, stays: Frame, service: Service, sessions: Array | None) -> tuple[Array, Array, Array, Array]:
    """(stay, position, how many, date) of each assessment, as flat arrays."""
    n = len(stays)
    start = stays["started_on"].to_numpy().astype("datetime64[D]")
    end = stays["ends"].to_numpy().astype("datetime64[D]")
    span = (end - start).astype(int)
    if service.code == planted.ALLOTMENT:  # records only from the third quarter
        start = np.full(n, np.datetime64(planted.ALLOTMENT_RECORDS_FROM, "D")) + rng.integers(4, 40, n) * DAY
        end = np.full(n, END) - rng.integers(2, 25, n) * DAY
        span = (end - start).astype(int)
    begun = start + np.minimum(rng.integers(0, 9, n), np.maximum(span // 6, 0)) * DAY
    finish = np.maximum(end - np.minimum(rng.integers(0, 8, n), np.maximum(span // 6, 0)) * DAY, begun)
    before = np.maximum(begun, BEGIN + rng.integers(0, 80, n) * DAY)  # those here before the data began were first asked then
    begun = np.minimum(np.where(begun < BEGIN - 60 * DAY, before, begun), finish)
    open_ = end > END
    finish = np.where(open_ & (service.stay > 30), np.minimum(finish, END - rng.integers(3, 60, n) * DAY), finish)  # people still here were asked lately
    room = (finish - begun).astype(int)
    weeks = room / 7
    if sessions is not None:
        many = np.clip(sessions, 1, 8)
    elif service.type == "talking therapies":
        many = np.clip((weeks / 1.6).astype(int), 2, 8)
    else:
        many = np.clip(2 + (weeks / (3 if service.stay < 20 else 7 if service.stay < 60 else 15)).astype(int), 2, 8)
    never = rng.random(n) < 0.04
    if service.code in (planted.BETTER_SERVICE_LOWER_FIGURE, planted.ALLOTMENT) or service.type == "talking therapies":
        never[:] = False
    if service.code == planted.SIX_BEDS:
        never = np.array([False, True, False, False, True, False, False, False])
    count = np.where(stays["followed"].to_numpy() & (room >= 10), np.minimum(many, np.maximum(room // 5, 1)), 1)
    count = np.where(never & ~(stays["followed"].to_numpy()), 0, count)
    who = np.repeat(np.arange(n), count)
    position = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
    total = count[who]
    share = np.where(total > 1, position / np.maximum(total - 1, 1), 0.0)
    inner = (position > 0) & (position < total - 1)
    gap = room[who] / np.maximum(total - 1, 1)
    wobble = np.where(inner, np.floor(rng.uniform(-0.3, 0.3, len(who)) * gap), 0)
    day = begun[who] + np.rint(share * room[who] + wobble).astype(int) * DAY
    return who, position, total, day


def _scores(rng: np.random.Generator, stays: Frame, service: Service, code: str, perspective: str, when: tuple[Array, Array, Array, Array], change: Array, easy: float = 1.0) -> Frame:
    """One row per score: from the first to the last of each stay along a bending path, the last exactly where the change says."""
    measure = measures.load()[code]
    lowest, highest = float(measure.lowest), float(measure.highest)
    step = STEP.get(code, 1.0)
    mean, spread, worth = FIRST[code]
    if measure.reliable_change is not None and code != "SWEMWBS":
        worth = float(measure.reliable_change)
    up = measure.better == "higher"
    who, position, total, day = when
    n = len(stays)
    first = np.clip(rng.normal(mean, spread, n), lowest, highest)
    big = worth * (1.18 + rng.gamma(1.7, 0.34, n) * easy)
    little = worth * rng.uniform(-0.55, 0.62, n)
    back = -worth * (1.2 + rng.exponential(0.25, n))
    if service.type == "talking therapies":
        mild = (np.arange(n) % 19) == 7  # a few come below the range of the scheme
        first = np.where(mild, rng.uniform(2, 7, n), first)
        change = np.where(mild & (change == BETTER) & (rng.random(n) < 0.5), SAME, change)
        share = rng.normal(0.62, 0.14, n)  # most who improve leave the clinical range
        big = np.maximum(big, first * share)
    # Room to change on the questionnaire: someone who gains must have had something to gain.
    need = worth * 1.3
    if up:
        first = np.where(change == BETTER, np.minimum(first, highest - need), first)
        first = np.where(change == WORSE, np.maximum(first, lowest + need), first)
    else:
        first = np.where(change == BETTER, np.maximum(first, lowest + need), first)
        first = np.where(change == WORSE, np.minimum(first, highest - need), first)
    first = np.clip(np.rint(first / step) * step, lowest, highest)
    gain = np.where(change == BETTER, big, np.where(change == WORSE, back, little))
    gain = np.where(change == SAME, np.trunc(gain / step), np.where(gain > 0, np.ceil(gain / step), np.floor(gain / step))) * step
    if service.code == planted.SIX_BEDS:
        gain = np.where(change == BETTER, 7, np.where(change == SAME, 1, gain))
    last = np.clip(first + (gain if up else -gain), lowest, highest)
    share = np.where(total > 1, position / np.maximum(total - 1, 1), 0.0) ** 0.75
    ends_here = (position == 0) | (position == total - 1)
    noise = np.where(ends_here, 0.0, rng.normal(0, spread * 0.28, len(who)))
    score = np.clip(np.rint((first[who] + (last - first)[who] * share + noise) / step) * step, lowest, highest)
    ended = stays["ends"].to_numpy().astype("datetime64[D]")[who] <= END
    occasion = np.where(position == 0, "start", np.where((position == total - 1) & ended & (total > 1), "end", "review"))
    return pd.DataFrame(
        {
            "person": stays["person"].to_numpy()[who], "service_code": service.code, "date": day, "measure": code, "score": np.round(score, 3),
            "perspective": None if perspective == "person" else perspective, "occasion": occasion,
        }
    )  # fmt: skip


def _assessments(rng: np.random.Generator, stays: Frame, service: Service, sessions: Array | None) -> Frame:
    """All scores of a service's people."""
    if not service.scores or not len(stays):
        return pd.DataFrame()
    change = stays["change"].to_numpy()
    when = _times(rng, stays, service, sessions)
    parts = []
    for number, (code, perspective) in enumerate(service.scores):
        its = change if number == 0 else np.where(rng.random(len(stays)) < 0.86, change, SAME)
        times = when
        if code == "WSAS":  # asked less often than the other two
            keep = (when[1] == 0) | (when[1] == when[2] - 1) | (when[1] % 3 == 0)
            times = tuple(part[keep] for part in when)  # type: ignore[assignment]
        parts.append(_scores(rng, stays, service, code, perspective, times, its))
    if service.code == "BEC-1":  # some carers give their own view of how the person is doing
        seen = parts[0][parts[0]["person"].isin(stays["person"][::7])].copy()
        seen["score"] = np.clip(np.rint((seen["score"] - 0.25 + rng.normal(0, 0.4, len(seen))) * 8) / 8, 1, 7)
        parts.append(seen.assign(perspective="carer"))
    if service.code in ("WIL-1", "MCH-1"):  # a few are asked again some weeks after leaving
        left = stays[stays["followed"] & (stays["ends"] <= END - 30 * DAY)].iloc[::9]
        last = parts[0][parts[0]["person"].isin(left["person"])].groupby("person").tail(1).set_index("person")["score"]
        left = left[left["person"].isin(last.index)].drop_duplicates("person", keep="last")
        day = left["ends"] + pd.to_timedelta(rng.integers(14, 27, len(left)), "D")
        code = service.scores[0][0]
        parts.append(
            pd.DataFrame(
                {
                    "person": left["person"], "service_code": service.code, "date": day, "measure": code,
                    "score": np.clip(left["person"].map(last) + rng.integers(-2, 3, len(left)), 0, 40), "perspective": None, "occasion": "follow-up",
                }
            )
        )  # fmt: skip
    if service.code == planted.CARERS:
        parts.append(_worker_and_person(rng, stays, when))
    made = pd.concat(parts, ignore_index=True)
    late = rng.random(len(made)) < 0.08
    made["recorded_on"] = pd.to_datetime(made["date"]).where(late) + pd.to_timedelta(rng.integers(1, 9, len(made)), "D")
    return made.drop_duplicates(["person", "date", "measure", "perspective"])


def _worker_and_person(rng: np.random.Generator, stays: Frame, when: tuple[Array, Array, Array, Array]) -> Frame:
    """Progress with the person's goals (GBO) as the person and as the worker see it: the worker about three points higher at the last."""
    who, position, total, day = when
    person = (stays["role"] == "person").to_numpy()[who]
    who, position, total, day = (part[person] for part in (who, position, total, day))
    share = np.where(total > 1, position / np.maximum(total - 1, 1), 0.0)
    rows = []
    for perspective, low, high in ((None, 3.4, planted.PERSON_SAYS), ("practitioner", 4.2, planted.WORKER_SAYS)):
        score = np.clip(np.rint(low + (high - low) * share + rng.normal(0, 0.6, len(who))), 0, 10)
        named = stays["person"].to_numpy()[who] == planted.WORKER_AND_PERSON_DIFFER
        score = np.where(named & (position == total - 1), high, score)
        rows.append(
            pd.DataFrame(
                {
                    "person": stays["person"].to_numpy()[who], "service_code": planted.CARERS, "date": day, "measure": "GBO", "score": score, "perspective": perspective,
                    "occasion": np.where(position == 0, "start", "review"),
                }
            )
        )  # fmt: skip
    return pd.concat(rows, ignore_index=True)


# --- contacts -----------------------------------------------------------------------------------------------------------------------


def _sessions(rng: np.random.Generator, stays: Frame) -> Array:
    """How many sessions each person in talking therapies attended: two or more for those who stayed, often one or two for those who stopped."""
    n = len(stays)
    stopped = stays["how_it_ended"].isin(("stopped coming", "declined")).to_numpy()
    weeks = ((stays["ends"] - stays["started_on"]).dt.days / 7).to_numpy()
    stayed = np.clip(np.rint(weeks * 0.62 + rng.normal(0, 1, n)), 2, 16)
    return np.where(stopped, rng.choice([0, 1, 1, 2, 3], n), stayed).astype(int)


def _planned_contacts(rng: np.random.Generator, stays: Frame, service: Service, sessions: Array | None) -> Frame:
    """Planned contacts, attended or not, spread over each stay."""
    if sessions is None and not service.contacts:
        return pd.DataFrame()
    n = len(stays)
    attended = sessions if sessions is not None else rng.poisson(service.contacts, n)
    start = stays["started_on"].to_numpy().astype("datetime64[D]")
    start = np.maximum(start, BEGIN)
    span = (stays["ends"].to_numpy().astype("datetime64[D]") - start).astype(int)
    missed = rng.binomial(np.maximum(attended, 1), 0.15)
    count = np.where(span > 0, np.minimum(attended + missed, np.maximum(span // 2, 1)), np.minimum(attended, 1))
    who = np.repeat(np.arange(n), count)
    position = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
    day = start[who] + np.floor((position + 0.5) / np.maximum(count[who], 1) * span[who]).astype(int) * DAY
    draw = rng.random(len(who))
    lost = count - np.minimum(attended, count)  # the missed ones, anywhere but the first
    order = np.lexsort((draw, np.where(position == 0, 1, 0), who))
    rank = np.empty(len(who), dtype=int)
    rank[order] = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
    away = rank < lost[who]
    reason = _choose(rng, {"did not attend": 0.5, "cancelled by the person": 0.35, "cancelled by the service": 0.15}, len(who))
    return pd.DataFrame(
        {
            "person": stays["person"].to_numpy()[who], "service_code": service.code, "date": day, "kind": "planned contact",
            "response": np.where(away, reason, "attended"), "worker": np.char.add("W", (1 + who % 9).astype(str)).astype(object),
        }
    )  # fmt: skip


def _hard_times(rng: np.random.Generator, stays: Frame, service: Service) -> Frame:
    """Crisis contacts, incidents, near misses and safeguarding concerns: more in a person's first three months than later."""
    crisis = {"MCW-1": 0.5, "BEC-1": 0.6, "MCH-1": 0.35, "FEN-1": 0.8, "COM-1": 0.4, "HAR-2": 0.8, "COM-2": 0.4}.get(service.code, 0.0)
    events = {"residential": 0.6, "supported accommodation": 0.4, "step-down": 0.15, "day support or employment": 0.05, "support at home": 0.06}.get(service.type, 0.0)
    if service.code in planted.TOTALS_ONLY or service.code in (planted.SIX_BEDS, planted.ALLOTMENT) or not (crisis or events):
        return pd.DataFrame()
    start = np.maximum(stays["started_on"].to_numpy().astype("datetime64[D]"), BEGIN)
    end = np.minimum(stays["ends"].to_numpy().astype("datetime64[D]"), END)
    span = np.maximum((end - start).astype(int), 1)
    parts = []
    for kinds, rate in (({"crisis contact": 0.72, "urgent response": 0.28}, crisis), ({"incident": 0.5, "near miss": 0.36, "safeguarding concern": 0.14}, events)):
        count = rng.poisson(rate, len(stays))
        who = np.repeat(np.arange(len(stays)), count)
        day = start[who] + np.floor(rng.beta(0.8, 1.7, len(who)) * span[who]).astype(int) * DAY
        kind = _choose(rng, kinds, len(who))
        unlinked = rng.random(len(who)) < 0.07
        parts.append(
            pd.DataFrame(
                {
                    "person": np.where(unlinked, None, stays["person"].to_numpy()[who]), "service_code": service.code, "date": day, "kind": kind,
                    "time": [f"{h:02d}:{m:02d}" for h, m in zip(rng.integers(7, 24, len(who)), rng.integers(0, 12, len(who)) * 5, strict=True)],
                    "response": np.where(np.isin(kind, ("crisis contact", "urgent response")), "attended", None),
                    "resolved_without_escalation": _choose(rng, {"yes": 0.78, "no": 0.22}, len(who)),
                    "partner": np.where(rng.random(len(who)) < 0.25, _choose(rng, {"GP": 0.3, "CMHT": 0.4, "crisis team": 0.3}, len(who)), None),
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _night_calls(rng: np.random.Generator, stays: Frame) -> Frame:
    """Nightlight House: calls on early signs rise from quarter to quarter, urgent responses fall, crisis calls fall a little."""
    early = np.rint(np.linspace(14, 58, 12)).astype(int) + np.array([0, 1, -1, 1, 0, -1, 1, 0, 1, -1, 0, 1])
    urgent = np.rint(np.linspace(36, 10, 12)).astype(int) + np.array([0, -1, 1, 0, 1, -1, 0, 1, -1, 0, 1, 0])
    crisis = np.rint(np.linspace(44, 30, 12)).astype(int)
    parts = []
    for number, quarter in enumerate(QUARTERS):
        first, last = np.datetime64(quarter.start, "D"), np.datetime64(quarter.end, "D")
        here = stays[(stays["started_on"] <= last - 10 * DAY) & (stays["ends"] >= first + 10 * DAY)]
        for kind, count in (("planned contact", early[number]), ("urgent response", urgent[number]), ("crisis contact", crisis[number])):
            one = here.iloc[rng.integers(0, len(here), count)]
            low = np.maximum(one["started_on"].to_numpy().astype("datetime64[D]"), first)
            high = np.minimum(one["ends"].to_numpy().astype("datetime64[D]"), last)
            day = low + np.floor(rng.random(count) * ((high - low).astype(int) + 1)).astype(int) * DAY
            known = rng.random(count) < (1.0 if kind == "planned contact" else 0.93)
            parts.append(
                pd.DataFrame(
                    {
                        "person": np.where(known, one["person"].to_numpy(), None), "service_code": planted.CRISIS_HOUSE, "date": day,
                        "time": [f"{h:02d}:{m:02d}" for h, m in zip(rng.integers(8, 24, count), np.arange(count) % 60, strict=True)], "kind": kind,
                        "trigger": planted.EARLY_SIGNS if kind == "planned contact" else _choose(rng, {"no sleep for several nights": 0.4, "a row at home": 0.25, "bad news by post": 0.2, "medicine ran out": 0.15}, count),
                        "response": "attended",
                        "resolved_without_escalation": _choose(rng, {"planned contact": {"yes": 0.97, "no": 0.03}, "urgent response": {"yes": 0.45, "no": 0.55}, "crisis contact": {"yes": 0.8, "no": 0.2}}[kind], count),
                        "partner": np.where((rng.random(count) < 0.35) & (kind != "planned contact"), "crisis team", None),
                    }
                )
            )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


# --- goals --------------------------------------------------------------------------------------------------------------------------


def _goals(rng: np.random.Generator, stays: Frame, service: Service) -> tuple[Frame, Frame]:
    """(goals, goal reviews): one to three goals for a share of people, reviewed up to the end of their time with the service."""
    if not service.goals:
        return pd.DataFrame(), pd.DataFrame()
    people = stays.drop_duplicates("person")
    if service.code == planted.CARERS:
        people = people[people["role"] == "carer"]
    people = people[(rng.random(len(people)) < service.goals) & (people["person"] != planted.SETBACK_PERSON)]
    people = people[people["ends"] > people["started_on"] + pd.Timedelta(days=25)]
    n = len(people)
    count = rng.choice([1, 2, 3], n, p=[0.45, 0.38, 0.17])
    who = np.repeat(np.arange(n), count)
    number = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
    carers = [i for i, g in enumerate(words.GOALS) if g[0] in ("a life of my own", "health and wellbeing")]
    others = [i for i, g in enumerate(words.GOALS) if i not in carers]
    pool = np.array(carers if service.code == planted.CARERS else others)
    pick = pool[(rng.integers(0, len(pool), n)[who] + number * 3) % len(pool)] if len(pool) > 3 else pool[(np.arange(len(who))) % len(pool)]
    chosen = [words.GOALS[i] for i in pick]
    start = people["started_on"].to_numpy().astype("datetime64[D]")[who]
    end = people["ends"].to_numpy().astype("datetime64[D]")[who]
    agreed = np.maximum(start + rng.integers(2, 22, len(who)) * DAY, BEGIN + rng.integers(0, 30, len(who)) * DAY)
    scale = {"HAR-2": "GAS"}.get(service.code, service.goal_scale)
    baseline = {"GBO": np.clip(np.rint(rng.normal(3, 1.2, len(who))), 0, 6), "GAS": rng.choice([-2, -1], len(who)), "met": np.zeros(len(who))}[scale]
    target = {"GBO": np.clip(baseline + rng.integers(3, 6, len(who)), 0, 10), "GAS": np.zeros(len(who)), "met": np.ones(len(who))}[scale]
    keep_well = np.array([g[3] == "maintain" for g in chosen])
    target = np.where(keep_well & (scale == "GBO"), baseline, target)
    goals = pd.DataFrame(
        {
            "person": people["person"].to_numpy()[who], "service_code": service.code, "goal_ref": np.char.add("G", (number + 1).astype(str)).astype(object), "agreed_on": agreed,
            "agreed_with_the_person": np.where(rng.random(len(who)) < 0.96, "yes", "no"), "outcome_area": [g[0] for g in chosen], "in_the_persons_words": [g[1] for g in chosen],
            "why_it_matters": [g[2] for g in chosen], "kind": [g[3] for g in chosen], "scale": scale, "baseline": baseline, "target": target,
            "importance": rng.integers(1, 4, len(who)), "difficulty": rng.integers(1, 4, len(who)),
        }
    )  # fmt: skip
    until = np.minimum(end, END)
    span = (until - agreed).astype(int)
    reviews = np.where(span < 20, 0, np.clip(span // 75 + 1, 1, 4))
    row = np.repeat(np.arange(len(who)), reviews)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(reviews) - reviews, reviews)
    share = (turn + 1) / np.maximum(reviews[row], 1)
    day = agreed[row] + np.floor(share * span[row]).astype(int) * DAY
    change = people["change"].to_numpy()[who]
    lift = {
        "GBO": np.where(change == BETTER, rng.integers(3, 6, len(who)), np.where(change == WORSE, -1, rng.integers(0, 3, len(who)))),
        "GAS": np.where(change == BETTER, rng.integers(2, 4, len(who)), np.where(change == WORSE, 0, 1)),
        "met": (change == BETTER).astype(int),
    }[scale]
    lift = np.where(keep_well, np.where(change == WORSE, -2, rng.integers(0, 2, len(who))), lift)
    low, high = {"GBO": (0, 10), "GAS": (-2, 2), "met": (0, 1)}[scale]
    move = lift[row] * share
    move = np.where(turn < reviews[row] - 1, np.floor(move + rng.uniform(0, 0.9, len(row)) - 0.3), lift[row])
    level = np.clip(baseline[row] + move, low, high)
    setback = (rng.random(len(row)) < 0.1) & (turn < reviews[row] - 1)
    level = np.where(setback, np.maximum(baseline[row] - (scale == "GBO"), low), level)
    progress = np.where(setback, "setback", np.where(level >= target[row], "achieved", np.where(level > baseline[row], "on track", "no movement")))
    hard = np.isin(progress, ("setback", "no movement"))
    some = rng.random(len(row))

    def pick_words(options: Sequence[str], where: Array) -> Array:
        return np.where(where, np.array(options, dtype=object)[rng.integers(0, len(options), len(row))], None)

    made = pd.DataFrame(
        {
            "person": goals["person"].to_numpy()[row], "service_code": service.code, "goal_ref": goals["goal_ref"].to_numpy()[row], "date": day, "level": level, "progress": progress,
            "barrier": pick_words(words.BARRIERS, hard & (some < 0.8)), "adapted_support": pick_words(words.ADAPTED, hard & (some < 0.7)),
            "next_step": pick_words(words.NEXT_STEPS, (progress != "achieved") & (some < 0.6)),
        }
    )  # fmt: skip
    return goals, made


def _setback_goals() -> tuple[Frame, Frame]:
    who = {"person": planted.SETBACK_PERSON, "service_code": planted.CRISIS_HOUSE}
    goal = who | {"outcome_area": "self-management", "kind": "improve", "scale": "GBO", "agreed_with_the_person": "yes", "importance": 3, "difficulty": 2}
    goals = [
        goal | {"goal_ref": "G1", "agreed_on": "2024-03-18", "in_the_persons_words": "I want to ring before it gets dark in my head", "why_it_matters": "Last time I waited too long", "baseline": 2, "target": 7},
        goal | {"goal_ref": "G2", "agreed_on": "2025-10-27", "in_the_persons_words": "I want to come through the winter at home", "why_it_matters": "I know now that I can", "baseline": 4, "target": 8},
    ]
    reviews = [
        ("G1", "2024-04-29", 4, "on track", None, None, "ring at noon on Mondays"),
        ("G1", "2024-07-08", 1, "setback", "shifts changed to nights and the plan no longer fitted", "the plan was rewritten around night shifts, and the agreed call moved to noon", "look at it again in three weeks"),
        ("G1", "2024-09-16", 5, "on track", None, None, "keep going as it is"),
        ("G1", "2024-12-09", 8, "achieved", None, None, None),
        ("G2", "2025-12-15", 6, "on track", None, None, "look again in six weeks"),
        ("G2", "2026-03-09", 7, "on track", None, None, "keep going as it is"),
    ]
    columns = ("goal_ref", "date", "level", "progress", "barrier", "adapted_support", "next_step")
    return pd.DataFrame(goals), pd.DataFrame([who | dict(zip(columns, review, strict=True)) for review in reviews])


# --- plans, returns, activity ---------------------------------------------------------------------------------------------------------


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
    well = stays["how_it_ended"].isin(_ENDED_WELL).to_numpy()
    person = pd.factorize(stays["person"])[0]
    made = {}
    for quarter in live:
        first, last = np.datetime64(quarter.start, "D"), np.datetime64(quarter.end, "D")
        ended = (end >= first) & (end <= last)
        made[quarter] = {
            "started": int(((start >= first) & (start <= last)).sum()), "ended": int(ended.sum()), "ended well": int((ended & well).sum()),
            "open": len(np.unique(person[(start <= last) & (end > last)])), "supported": len(np.unique(person[(start <= last) & (end >= first)])),
        }  # fmt: skip
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

    def why(self, service: Service, way: str, said: set[int]) -> words.Explanation | None:
        fit = [i for i, e in enumerate(words.EXPLANATIONS) if e.way == way and i not in said and (not e.types or service.type in e.types)]
        if not fit:
            return None
        best = min(fit, key=lambda i: (self.used[i], self.order[i]))
        self.used[best] += 1
        said.add(best)
        return words.EXPLANATIONS[best]


def _actual(rng: np.random.Generator, service: Service, line: plans.Line, quarter: Quarter, projection: float, fact: dict[str, int], drift: float) -> tuple[float, float | None]:
    """(what was counted, out of how many) in one quarter; for running totals, what was new in it."""
    if service.code == planted.FULL_HOME and line.ref == planted.FULL_HOME_LINE:
        return float(fact["open"]), float(planted.FULL_HOME_PLACES)
    if service.code in (planted.CAUTIOUS, planted.AMBITIOUS) and line.counted == plans.FLOW:
        return float(max(0, round(projection * (1.6 if service.code == planted.CAUTIOUS else 0.6) * rng.uniform(0.93, 1.07)))), None
    if line.counted == plans.PERCENT:
        asked = max(6, int(rng.poisson(max(fact["ended"], fact["open"] // 2, 12))))
        if service.code == planted.SIX_BEDS:
            asked = 6
        return float(round(100 * rng.binomial(asked, min(0.97, line.size / 100 * drift)) / asked)), None  # 'out of' belongs to counts
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


def _contract(rng: np.random.Generator, stays: dict[str, Frame]) -> dict[str, list[dict[str, Any]]]:
    """Rows of Target plan, Milestones, Quarterly return, Activity and Indicators."""
    out: dict[str, list[dict[str, Any]]] = {name: [] for name in ("Target plan", "Milestones", "Quarterly return", "Activity", "Indicators")}
    spoken = _Words(rng)
    for service in SERVICES:
        live = _live(service)
        facts = _facts(stays[service.code], live)
        said: set[int] = set()
        lines = _lines(service)
        levels = {line.ref: _level(service, line, list(facts.values())) for line in lines}
        drifts = {line.ref: float(rng.lognormal(0, 0.11)) for line in lines}
        missing = {live[-1]} if service.code in planted.NOT_IN_YET else set()
        for year in sorted({q.year for q in live}):
            name = quarters.year_name(year)
            begins = next(q.number for q in live if q.year == year)
            version = f"Q{begins}" if begins > 1 else None
            out["Target plan"] += _plan_words(service, year, version)
            for line in lines:
                out["Milestones"] += _milestone_rows(service, line, year, version, _projections(service, line, levels[line.ref], year))
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
                    row: dict[str, Any] = {"service_code": service.code, "year": name, "quarter": f"Q{quarter.number}", "ref": _ref(service, line, quarter), "actual": actual, "out_of": out_of}
                    out["Quarterly return"].append(row | _explained(rng, service, line, quarter, row, projection, spoken, said))
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


def _milestone_rows(service: Service, line: plans.Line, year: int, version: str | None, projected: list[float | None]) -> list[dict[str, Any]]:
    row: dict[str, Any] = {
        "service_code": service.code, "year": quarters.year_name(year), "from_quarter": version, "ref": line.ref, "kind": line.kind, "what_people_will_achieve": line.words,
        "what_changes": line.changes, "direction": line.direction, "counted_as": line.counted, "verification": line.verification,
        "out_of": service.places if line.counted == plans.STOCK and line.tie == "open" else None,
    }  # fmt: skip
    old, new = planted.RENAMED_LINE
    if service.code == planted.MERGED_INTO and line.ref == old and year == 2025:
        renamed = row | {"ref": new, "replaces_ref": old, "from_quarter": "Q3", "what_people_will_achieve": "People have their say, in their own words, at the meeting that decides"}
        return [row | {"q1": projected[0], "q2": projected[1]}, renamed | {"q3": projected[2], "q4": projected[3]}]
    return [row | {f"q{i + 1}": figure for i, figure in enumerate(projected)}]


_COPIED = "Our system was down, so we copied the plan. These are not counts. We will send what we counted from October on."


def _explained(rng: np.random.Generator, service: Service, line: plans.Line, quarter: Quarter, row: dict[str, Any], projection: float, spoken: _Words, said: set[int]) -> dict[str, Any]:
    """The words that go with a figure, and for planted stories the figure itself."""
    at = (quarter.year, quarter.number)
    checked = {"verified_how": line.verification, "verified_by": "service manager"} if rng.random() < 0.2 else {}
    if service.code == planted.COPIED_RETURN and at == planted.COPIED_QUARTER:
        return {"actual": projection, "explanation": _COPIED if line.ref == "M1" else "Copied from the plan, like the others. Our system was down.", "reason": "how it is recorded"}
    if service.code == planted.COPIED_RETURN and at == (2025, 3) and line.ref == "M1":
        return {"explanation": "Counted from the paper tally and the new system together. Last quarter's figures were copies; these are real.", "reason": "how it is recorded"}
    if service.code == planted.FULL_HOME and line.ref == planted.FULL_HOME_LINE and row["actual"] < planted.FULL_HOME_PLACES:
        return {
            "explanation": "Three people moved on to flats of their own at Harbour Steps in February, each at their own wish. We are keeping their rooms free until April, so that anyone who is unsure can come back.",
            "reason": "something worked better", "learning": "A settled home is also a place to leave from. We now ask everyone once a year.", "who_may_read_this": "seminar",
            "verified_how": line.verification, "verified_by": "service manager",
        }  # fmt: skip
    if service.code == planted.MERGED_INTO and at == planted.AGREED_LATE_QUARTER and line.ref == "M1":
        return {"explanation": "Sent in February 2025, by the later date we had agreed, because two record systems were being joined. Figures count from 1 October.", "reason": "pathway change"}
    if service.code == planted.BETTER_SERVICE_LOWER_FIGURE and line.ref == "T1" and at in ((2024, 4), (2025, 4)):
        words_ = (
            "Please read this with care: we know how things went for two in five of those who finished. The rest left without a last questionnaire."
            if at == (2024, 4)
            else "We now know how things went for five in six. Hearing from everyone has lowered our share who improved; more people in all did."
        )
        return {"explanation": words_, "reason": "how it is recorded", "who_may_read_this": "seminar"}
    if service.code == planted.TALKING_THERAPIES and line.ref == "M2" and at == (2025, 1):
        return {"explanation": "Evening sessions with interpreters began in January. More people from the poorest streets are staying for the whole course.", "reason": "something worked better", "who_may_read_this": "public"}
    if service.code == planted.ALLOTMENT and at == (2025, 1) and line.ref == "M1":
        return {"explanation": "Totals from the book in the shed; names are not in it, only ticks. Records will follow.", "reason": "how it is recorded"}
    if service.code == planted.ALLOTMENT and at == (2025, 2) and line.ref == "M1":
        return {"explanation": "Our sheet was in a mess and was returned to us with kind notes. These figures are right; the sheet was not.", "reason": "how it is recorded", "learning": "Four columns are enough."}
    if service.code == planted.CAUTIOUS and quarter.number == 4 and line.ref == "T1":
        return {"explanation": "Above the plan for the whole year, as last year. Our projection is too low and we would like to set a bolder one together.", "reason": "the projection was a first guess"}
    if service.code == planted.AMBITIOUS and quarter.number == 4 and line.ref == "T1":
        return {"explanation": "Below the plan for the whole year. We aimed high on purpose; an honest projection would be about two thirds of it.", "reason": "the projection was a first guess", "learning": "An interview is not nearly a job."}
    gap = row["actual"] - projection
    if line.counted == plans.AVERAGE:
        wide = abs(gap) >= 0.7
    elif line.counted == plans.PERCENT:
        wide = abs(gap) >= 12
    else:
        wide = abs(gap) >= max(2.5, 0.3 * projection)
    if wide and rng.random() < 0.72:
        why = spoken.why(service, "over" if gap > 0 else "under", said)
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
    hours = {("ALL-1", 1): 9.0, ("ALL-1", 2): 11.0, ("ALL-1", 3): 4.0, ("ALL-1", 4): 2.5}.get((service.code, quarter.number), float(round(rng.uniform(2, 9) * 2) / 2))
    yearly = 1 + 0.03 * (quarter.year - 2025)
    return {
        "service_code": service.code, "year": quarters.year_name(quarter.year), "quarter": f"Q{quarter.number}", "referrals": started + int(rng.poisson(started * 0.3)), "people_started": started,
        "people_supported": max(supported, started), "people_ended": ended, "contact_hours": float(round(staff * rng.uniform(150, 210))),
        "opening_hours": 2184.0 if service.type in ("residential", "crisis alternative", "step-down") else float(round(rng.uniform(440, 520))), "staff": staff,
        "spend": float(round(service.pounds / 4 * yearly * rng.uniform(0.95, 1.04), -1)), "hours_to_prepare_this_return": hours,
    }  # fmt: skip


def _totals(rng: np.random.Generator, service: Service, quarter: Quarter) -> list[dict[str, Any]]:
    if service.code not in words.TOTALS or (service.code == planted.ALLOTMENT and quarter.number > 2):
        return []
    rows = []
    for indicator, part, whole in words.TOTALS[service.code]:
        of = whole if service.code == planted.ALLOTMENT else max(4, int(rng.poisson(whole)))
        rows.append({"service_code": service.code, "period_start": quarter.start, "period_end": quarter.end, "indicator": indicator, "numerator": int(rng.binomial(of, part / whole)), "denominator": of})
    return rows


# --- everything together --------------------------------------------------------------------------------------------------------------


def _movers(stays: dict[str, Frame]) -> None:
    """People who moved between services of one provider are in both, under the same ref."""
    for source, target, limit in (("HAR-1", "HAR-2", 3), ("SPK-1", "SPK-2", 12)):
        moved = stays[source][(stays[source]["moved_to_service"] == target) & (stays[source]["ends"] <= pd.Timestamp(END))]
        moved = moved.sort_values("ends").tail(limit)
        length = 30 if target == "SPK-2" else 500
        again = moved.assign(service_code=target, started_on=moved["ends"] + pd.Timedelta(days=1), ends=moved["ends"] + pd.Timedelta(days=length), how_it_ended="as planned", moved_to_service=None)
        stays[target] = pd.concat([stays[target], again], ignore_index=True)


def _services() -> Frame:
    rows = [
        {
            "service_code": s.code, "service_name": s.name, "provider_code": s.provider, "provider_name": PROVIDER[s.provider].name, "sector": PROVIDER[s.provider].sector,
            "service_type": s.type, "locality": s.locality, "setting": s.setting, "ages_served": s.ages, "funding_basis": s.funding, "annual_funding": s.pounds, "places": s.places,
            "operating_since": s.since, "contract_from": s.from_, "contract_to": s.to, "continues": s.continues, "main_result": s.main_result,
            "contribution_to_the_strategic_goal": s.contribution,
        }
        for s in SERVICES
    ]  # fmt: skip
    return _rows("Services", rows)


def _rows(name: str, rows: Sequence[dict[str, Any]]) -> Frame:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return sheet(name, {column: pd.Series([row.get(column) for row in rows], dtype=object) for column in columns})


def _words_said(today: date) -> tuple[Frame, Frame]:
    """(stories, learning), each told by `today`."""
    stories: list[dict[str, Any]] = []
    for number, story in enumerate(sorted(words.STORIES, key=lambda s: s.on), 1):
        on = date.fromisoformat(story.on)
        stories.append(
            {
                "service_code": story.service, "story_ref": f"S{number:02d}", "date": on, "voice": story.voice, "outcome_area": story.area, "story": story.words,
                "what_enabled_it": story.enabled, "consent": story.consent, "given_on": on, "how": story.how, "wording_checked_with_the_person": "yes",
            }
        )  # fmt: skip
    learning = [
        {
            "service_code": lesson.service, "year": quarters.year_name(lesson.year), "quarter": f"Q{lesson.quarter}", "source": lesson.source, "what_happened": lesson.happened,
            "what_we_learned": lesson.learned, "what_changed": lesson.changed, "type_of_change": lesson.kind, "partner": lesson.partner, "who_may_read_this": lesson.readers,
        }
        for lesson in words.LESSONS
        if Quarter(lesson.year, lesson.quarter).end <= today
    ]  # fmt: skip
    return _rows("Stories", [s for s in stories if s["date"] <= today]), _rows("Learning", learning)


def _join(name: str, parts: list[Frame]) -> Frame:
    parts = [part for part in parts if len(part)]
    made = pd.concat(parts, ignore_index=True)
    return sheet(name, {column: made[column] for column in made.columns})


def _until(frame: Frame, column: str, today: pd.Timestamp) -> Frame:
    return frame[pd.to_datetime(frame[column]) <= today].reset_index(drop=True)


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
        made = _stays(rngs[service.code], service) if service.people else pd.DataFrame()
        made = _came_back(rngs[service.code], made, service) if len(made) else made
        stays[service.code] = _setback(made) if service.code == planted.CRISIS_HOUSE else made
    _movers(stays)
    assessments, contacts, goals, reviews = [], [], [], []
    for service in SERVICES:
        rng, its = rngs[service.code], stays[service.code]
        if not len(its):
            continue
        sessions = its["sessions"].to_numpy(dtype=int) if "sessions" in its else None
        assessments.append(_assessments(rng, its, service, sessions))
        contacts += [_planned_contacts(rng, its, service, sessions), _hard_times(rng, its, service)]
        agreed, seen = _goals(rng, its, service)
        goals.append(agreed)
        reviews.append(seen)
        if service.code == planted.CRISIS_HOUSE:
            contacts.append(_night_calls(rng, its))
            agreed, seen = _setback_goals()
            goals.append(agreed)
            reviews.append(seen)
    people = pd.concat([part for part in stays.values() if len(part)], ignore_index=True)
    people = _until(people, "started_on", cut)
    still = people["ends"] > cut
    people["ended_on"] = people["ends"].where(~still)
    people.loc[still, ["how_it_ended", "moved_to_service"]] = None
    people["role"] = people["role"].where(people["role"] == "carer", None)  # left blank: person
    scores = _until(_join("Assessments", assessments), "date", cut)
    scores["recorded_on"] = scores["recorded_on"].where(pd.to_datetime(scores["recorded_on"]) <= cut)
    agreed = _until(_join("Goals", goals), "agreed_on", cut)
    seen = _until(_join("Goal reviews", reviews), "date", cut)
    seen = seen.merge(agreed[["person", "service_code", "goal_ref"]], on=["person", "service_code", "goal_ref"]).drop_duplicates(["person", "service_code", "goal_ref", "date"])
    met = _until(_join("Contacts", contacts), "date", cut).drop_duplicates(list(fields.BY_NAME["Contacts"].key), ignore_index=True)
    contract = {name: _rows(name, rows) for name, rows in _contract(np.random.default_rng(seeds[-1]), stays).items()}
    for name in ("Quarterly return", "Activity"):
        ends = [Quarter(quarters.parse_year(year) or 0, int(quarter[1])).end for year, quarter in zip(contract[name]["year"], contract[name]["quarter"], strict=True)]
        contract[name] = contract[name][np.array([end <= today for end in ends])].reset_index(drop=True)
    contract["Indicators"] = _until(contract["Indicators"], "period_end", cut)
    stories, learning = _words_said(today)
    columns = [c for c in fields.BY_NAME["People"].columns if c in people]
    made = contract | {
        "Services": _services(), "People": sheet("People", {c: people[c] for c in columns}), "Assessments": scores, "Goals": agreed, "Goal reviews": seen, "Contacts": met,
        "Stories": stories, "Learning": learning,
    }  # fmt: skip
    return {s.name: _typed(s.name, made[s.name]).rename(columns={f.column: f.name for f in s.fields}) for s in fields.SHEETS}


def _heading(sheet_name: str, column: str) -> str:
    return fields.BY_NAME[sheet_name].field(column).name


def workbooks(made: dict[str, Frame] | None = None) -> dict[str, bytes]:
    """File name -> .xlsx bytes, to be loaded in this order: services and plans, then one workbook for each plan year. The same frames give the same bytes."""
    made = frames() if made is None else made
    once = ("Services", "Target plan", "Milestones")
    books = {"1-services-and-plans.xlsx": spreadsheet.workbook({name: made[name] for name in once})}
    dated = {
        "Indicators": "period_end", "People": "started_on", "Assessments": "date", "Goals": "agreed_on", "Goal reviews": "date", "Contacts": "date", "Stories": "date",
    }  # fmt: skip
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
