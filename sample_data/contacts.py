"""The made-up contacts, hard times, goals and goal reviews."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sample_data import planted, words
from sample_data.people import BEGIN, BETTER, DAY, END, QUARTERS, WORSE, choose
from sample_data.rows import Array, Frame
from sample_data.services import Service


def planned_contacts(rng: np.random.Generator, stays: Frame, service: Service, sessions: Array | None) -> Frame:
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
    reason = choose(rng, {"did not attend": 0.5, "cancelled by the person": 0.35, "cancelled by the service": 0.15}, len(who))
    return pd.DataFrame(
        {
            "person": stays["person"].to_numpy()[who],
            "service_code": service.code,
            "date": day,
            "kind": "planned contact",
            "response": np.where(away, reason, "attended"),
            "worker": np.char.add("W", (1 + who % 9).astype(str)).astype(object),
        }
    )


def hard_times(rng: np.random.Generator, stays: Frame, service: Service) -> Frame:
    """Crisis contacts, incidents, near misses and safeguarding concerns: more in a person's first three months than later."""
    crisis = {"MCW-1": 0.5, "BEC-1": 0.6, "MCH-1": 0.35, "FEN-1": 0.8, "COM-1": 0.4, "HAR-2": 0.8, "COM-2": 0.4}.get(service.code, 0.0)
    events = {"residential": 0.6, "supported accommodation": 0.4, "step-down": 0.15, "day support or employment": 0.05, "support at home": 0.06}.get(
        service.type, 0.0
    )
    if service.code in planted.TOTALS_ONLY or service.code in (planted.SIX_BEDS, planted.ALLOTMENT) or not (crisis or events):
        return pd.DataFrame()
    start = np.maximum(stays["started_on"].to_numpy().astype("datetime64[D]"), BEGIN)
    end = np.minimum(stays["ends"].to_numpy().astype("datetime64[D]"), END)
    span = np.maximum((end - start).astype(int), 1)
    parts = []
    for kinds, rate in (
        ({"crisis contact": 0.72, "urgent response": 0.28}, crisis),
        ({"incident": 0.5, "near miss": 0.36, "safeguarding concern": 0.14}, events),
    ):
        count = rng.poisson(rate, len(stays))
        who = np.repeat(np.arange(len(stays)), count)
        day = start[who] + np.floor(rng.beta(0.8, 1.7, len(who)) * span[who]).astype(int) * DAY
        kind = choose(rng, kinds, len(who))
        unlinked = rng.random(len(who)) < 0.07
        parts.append(
            pd.DataFrame(
                {
                    "person": np.where(unlinked, None, stays["person"].to_numpy()[who]),
                    "service_code": service.code,
                    "date": day,
                    "kind": kind,
                    "time": [f"{h:02d}:{m:02d}" for h, m in zip(rng.integers(7, 24, len(who)), rng.integers(0, 12, len(who)) * 5, strict=True)],
                    "response": np.where(np.isin(kind, ("crisis contact", "urgent response")), "attended", None),
                    "resolved_without_escalation": choose(rng, {"yes": 0.78, "no": 0.22}, len(who)),
                    "partner": np.where(rng.random(len(who)) < 0.25, choose(rng, {"GP": 0.3, "CMHT": 0.4, "crisis team": 0.3}, len(who)), None),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def night_calls(rng: np.random.Generator, stays: Frame) -> Frame:
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
                        "person": np.where(known, one["person"].to_numpy(), None),
                        "service_code": planted.CRISIS_HOUSE,
                        "date": day,
                        "time": [f"{h:02d}:{m:02d}" for h, m in zip(rng.integers(8, 24, count), np.arange(count) % 60, strict=True)],
                        "kind": kind,
                        "trigger": planted.EARLY_SIGNS
                        if kind == "planned contact"
                        else choose(rng, {"no sleep for several nights": 0.4, "a row at home": 0.25, "bad news by post": 0.2, "medicine ran out": 0.15}, count),
                        "response": "attended",
                        "resolved_without_escalation": choose(
                            rng,
                            {
                                "planned contact": {"yes": 0.97, "no": 0.03},
                                "urgent response": {"yes": 0.45, "no": 0.55},
                                "crisis contact": {"yes": 0.8, "no": 0.2},
                            }[kind],
                            count,
                        ),
                        "partner": np.where((rng.random(count) < 0.35) & (kind != "planned contact"), "crisis team", None),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def goals_of(rng: np.random.Generator, stays: Frame, service: Service) -> tuple[Frame, Frame]:
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
            "person": people["person"].to_numpy()[who],
            "service_code": service.code,
            "goal_ref": np.char.add("G", (number + 1).astype(str)).astype(object),
            "agreed_on": agreed,
            "agreed_with_the_person": np.where(rng.random(len(who)) < 0.96, "yes", "no"),
            "outcome_area": [g[0] for g in chosen],
            "in_the_persons_words": [g[1] for g in chosen],
            "why_it_matters": [g[2] for g in chosen],
            "kind": [g[3] for g in chosen],
            "scale": scale,
            "baseline": baseline,
            "target": target,
            "importance": rng.integers(1, 4, len(who)),
            "difficulty": rng.integers(1, 4, len(who)),
        }
    )
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
            "person": goals["person"].to_numpy()[row],
            "service_code": service.code,
            "goal_ref": goals["goal_ref"].to_numpy()[row],
            "date": day,
            "level": level,
            "progress": progress,
            "barrier": pick_words(words.BARRIERS, hard & (some < 0.8)),
            "adapted_support": pick_words(words.ADAPTED, hard & (some < 0.7)),
            "next_step": pick_words(words.NEXT_STEPS, (progress != "achieved") & (some < 0.6)),
        }
    )
    return goals, made


def setback_goals() -> tuple[Frame, Frame]:
    who = {"person": planted.SETBACK_PERSON, "service_code": planted.CRISIS_HOUSE}
    goal = who | {"outcome_area": "self-management", "kind": "improve", "scale": "GBO", "agreed_with_the_person": "yes", "importance": 3, "difficulty": 2}
    goals = [
        goal
        | {
            "goal_ref": "G1",
            "agreed_on": "2024-03-18",
            "in_the_persons_words": "I want to ring before it gets dark in my head",
            "why_it_matters": "Last time I waited too long",
            "baseline": 2,
            "target": 7,
        },
        goal
        | {
            "goal_ref": "G2",
            "agreed_on": "2025-10-27",
            "in_the_persons_words": "I want to come through the winter at home",
            "why_it_matters": "I know now that I can",
            "baseline": 4,
            "target": 8,
        },
    ]
    reviews = [
        ("G1", "2024-04-29", 4, "on track", None, None, "ring at noon on Mondays"),
        (
            "G1",
            "2024-07-08",
            1,
            "setback",
            "shifts changed to nights and the plan no longer fitted",
            "the plan was rewritten around night shifts, and the agreed call moved to noon",
            "look at it again in three weeks",
        ),
        ("G1", "2024-09-16", 5, "on track", None, None, "keep going as it is"),
        ("G1", "2024-12-09", 8, "achieved", None, None, None),
        ("G2", "2025-12-15", 6, "on track", None, None, "look again in six weeks"),
        ("G2", "2026-03-09", 7, "on track", None, None, "keep going as it is"),
    ]
    columns = ("goal_ref", "date", "level", "progress", "barrier", "adapted_support", "next_step")
    return pd.DataFrame(goals), pd.DataFrame([who | dict(zip(columns, review, strict=True)) for review in reviews])
