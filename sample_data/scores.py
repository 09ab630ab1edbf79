"""The made-up scores: where people begin, the bending path they take, where they are last."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from domain import measures
from domain.types import Measure
from sample_data import planted
from sample_data.people import BEGIN, BETTER, DAY, END, SAME, WORSE
from sample_data.rows import Array, Frame
from sample_data.services import Service

# Usual first scores (mean, standard deviation) and a change worth the name, in points as typed. SWEMWBS is typed as its raw total.
FIRST: dict[str, tuple[float, float, float]] = {
    "PHQ-9": (16.0, 4.6, 6),
    "GAD-7": (14.2, 3.9, 4),
    "WSAS": (21.0, 7.5, 9),
    "CORE-10": (20.5, 5.2, 6),
    "WEMWBS": (38.0, 6.5, 9),
    "SWEMWBS": (19.5, 3.6, 5),
    "ReQoL-10": (17.0, 6.0, 7),
    "DIALOG": (4.1, 0.75, 0.8),
    "HoNOS": (17.0, 4.6, 8),
    "GBO": (3.0, 1.2, 3),
    "QPR": (30.0, 8.5, 9),
}
STEP: dict[str, float] = {"DIALOG": 0.125}  # the mean of eight questions; everything else is typed as a whole number


@cache
def _measures() -> dict[str, Measure]:
    return measures.load()


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


def _scores(
    rng: np.random.Generator,
    stays: Frame,
    service: Service,
    code: str,
    perspective: str,
    when: tuple[Array, Array, Array, Array],
    change: Array,
) -> Frame:
    """One row per score: from the first to the last of each stay along a bending path, the last exactly where the change says."""
    measure = _measures()[code]
    lowest, highest = float(measure.lowest), float(measure.highest)
    step = STEP.get(code, 1.0)
    mean, spread, worth = FIRST[code]
    if measure.reliable_change is not None and code != "SWEMWBS":
        worth = float(measure.reliable_change)
    up = measure.better == "higher"
    who, position, total, day = when
    n = len(stays)
    first = np.clip(rng.normal(mean, spread, n), lowest, highest)
    big = worth * (1.18 + rng.gamma(1.7, 0.34, n))
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
            "person": stays["person"].to_numpy()[who],
            "service_code": service.code,
            "date": day,
            "measure": code,
            "score": np.round(score, 3),
            "perspective": None if perspective == "person" else perspective,
            "occasion": occasion,
        }
    )


def assessments_of(rng: np.random.Generator, stays: Frame, service: Service, sessions: Array | None) -> Frame:
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
                    "person": left["person"],
                    "service_code": service.code,
                    "date": day,
                    "measure": code,
                    "score": np.clip(left["person"].map(last) + rng.integers(-2, 3, len(left)), 0, 40),
                    "perspective": None,
                    "occasion": "follow-up",
                }
            )
        )
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
                    "person": stays["person"].to_numpy()[who],
                    "service_code": planted.CARERS,
                    "date": day,
                    "measure": "GBO",
                    "score": score,
                    "perspective": perspective,
                    "occasion": np.where(position == 0, "start", "review"),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)
