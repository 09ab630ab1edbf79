"""The same answers in plain loops: slow, obvious, sharing no line with the warehouse. Rows are dicts with the store's column names."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa

from domain import fields

TYPES = {
    "VARCHAR": pa.string(), "UUID": pa.string(), "DECIMAL(9,3)": pa.decimal128(9, 3), "DOUBLE": pa.float64(), "INTEGER": pa.int32(),
    "DECIMAL(14,2)": pa.decimal128(14, 2), "DATE": pa.date32(), "TIME": pa.time64("us"),
}  # fmt: skip


def table(name: str, rows: list[dict]) -> pa.Table:
    """Checked rows as intake hands them to the store."""
    sheet = fields.BY_TABLE[name]
    columns = {f.column: pa.array([r.get(f.column) for r in rows], TYPES[fields.sql_type(f)]) for f in sheet.fields}
    columns["file"] = pa.array(["made-up.xlsx"] * len(rows), pa.string())
    columns["sheet"] = pa.array([sheet.name] * len(rows), pa.string())
    columns["row"] = pa.array(range(2, len(rows) + 2), pa.int32())
    return pa.table(columns)


def made_up(seed: int, n_people: int = 300, n_services: int = 5) -> dict[str, list[dict]]:
    """Services, people with second stays, carers and blanks, and scores with ties, follow-ups, other perspectives and stray dates."""
    rng = random.Random(seed)
    services = [
        {"service_code": f"S{i}", "service_name": f"Service {i}", "provider_code": f"P{i % 3}", "provider_name": f"Provider {i % 3}",
         "service_type": ("counselling", "residential")[i % 2], "sector": ("voluntary", "statutory", None)[i % 3], "locality": ("North", None)[i % 2],
         "main_result": (None, "PHQ-9", "GAD-7; PHQ-9", "goals; maintained", "CORE-10")[i % 5]}
        for i in range(n_services)
    ]  # fmt: skip
    people: dict[tuple, dict] = {}
    scores: dict[tuple, dict] = {}
    for i in range(n_people):
        person, service = f"{i:032x}", f"S{rng.randrange(n_services)}"
        start = date(2024, 4, 1) + timedelta(days=rng.randrange(600))
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            end = start + timedelta(days=rng.randrange(5, 250)) if rng.random() < 0.85 else None
            people[(person, service, start)] = {
                "person": person, "service_code": service, "started_on": start, "ended_on": end, "role": rng.choice((None, "person", "person", "carer")),
                "gender": rng.choice(("female", "male", None)), "age_band": rng.choice(("18-24", "25-34")), "main_need": rng.choice(("anxiety", None)),
                "ethnic_group": None, "deprivation_quintile": rng.choice(("1", "5")), "shares_record": rng.choice(("yes", "yes", "no", None)),
            }  # fmt: skip
            last = end or start + timedelta(days=300)
            for _ in range(rng.randrange(5)):
                day = start + timedelta(days=rng.randrange(-40, (last - start).days + 45))
                for code, high in (("PHQ-9", 27), ("GAD-7", 21), ("SWEMWBS", 35)):
                    if rng.random() < 0.6:
                        occasion, view = rng.choice((None, "start", "end", "review", "follow-up")), rng.choice((None, "person", "carer"))
                        low = 7 if code == "SWEMWBS" else 0
                        key = (person, service, day, code, view or "person")
                        scores[key] = {
                            "person": person, "service_code": service, "date": day, "measure": code, "score": Decimal(rng.randrange(low, high + 1)),
                            "perspective": view, "occasion": occasion,
                        }  # fmt: skip
            if end is None:
                break
            start = end + timedelta(days=rng.randrange(1, 80))
    return {"services": services, "people": list(people.values()), "assessments": list(scores.values())}


def episodes(data: dict[str, list[dict]]) -> list[dict]:
    """Stays, a return within 30 days continuing the one before."""
    services = {s["service_code"]: s for s in data["services"]}
    found: list[dict] = []
    for row in sorted(data["people"], key=lambda r: (r["service_code"], r["person"], r["started_on"])):
        last = found[-1] if found else None
        same = last and (last["service"], last["person"]) == (row["service_code"], row["person"])
        if same and (last["ended_on"] is None or (row["started_on"] - last["ended_on"]).days <= 30):
            if last["ended_on"] is not None:
                last["ended_on"] = None if row["ended_on"] is None else max(last["ended_on"], row["ended_on"])
            last["parts"].append(row)
        else:
            found.append(
                {"service": row["service_code"], "person": row["person"], "started_on": row["started_on"], "ended_on": row["ended_on"], "parts": [row]}
            )
    for e in found:
        s = services[e["service"]]
        e |= {
            "provider": s["provider_code"],
            "service_type": s["service_type"],
            "sector": s["sector"] or "not stated",
            "locality": s["locality"] or "not stated",
        }
        for name, blank in (("role", "person"), ("gender", "not stated"), ("age_band", "not stated"), ("main_need", "not stated"),
                            ("ethnic_group", "not stated"), ("deprivation_quintile", "not stated"), ("shares_record", "not asked")):  # fmt: skip
            told = [p[name] for p in e["parts"] if p.get(name) is not None]
            e[name] = told[-1] if told else blank
        e["start_quarter"] = quarter(e["started_on"])
        e["end_quarter"] = quarter(e["ended_on"]) if e["ended_on"] else "still open"
    return found


def quarter(day: date) -> str:
    year = day.year if day.month >= 4 else day.year - 1
    number = {4: 1, 5: 1, 6: 1, 7: 2, 8: 2, 9: 2, 10: 3, 11: 3, 12: 3, 1: 4, 2: 4, 3: 4}[day.month]
    return f"{year}-{(year + 1) % 100:02d} Q{number}"


def place(data: dict[str, list[dict]], stays: list[dict]) -> None:
    """Gives each stay its scores: {(measure, perspective): [(date, occasion, score)]}, follow-ups left out."""
    for e in stays:
        e["scores"] = {}
    for a in data["assessments"]:
        if a["occasion"] == "follow-up":
            continue
        fits = [
            e for e in stays
            if (e["service"], e["person"]) == (a["service_code"], a["person"])
            and e["started_on"] - timedelta(days=28) <= a["date"]
            and (e["ended_on"] is None or a["date"] <= e["ended_on"] + timedelta(days=28))
        ]  # fmt: skip
        if fits:
            best = max(fits, key=lambda e: e["started_on"])
            best["scores"].setdefault((a["measure"], a["perspective"] or "person"), []).append((a["date"], a["occasion"] or "", a["score"]))


RANK = {"start": 0, "": 1, "review": 2, "end": 3}


def first_last(scores: list[tuple]) -> tuple | None:
    """(first date, first score, last date, last score), or None without scores."""
    if not scores:
        return None
    ordered = sorted(scores, key=lambda s: (s[0], RANK[s[1]]))
    return ordered[0][0], ordered[0][2], ordered[-1][0], ordered[-1][2]
