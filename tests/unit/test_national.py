"""The NHS Talking Therapies data set as CSV files or sheets: known without being told, its pointers followed, its codes made words."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from data_loaders import screen
from data_loaders.check import Checked, Known, check
from data_loaders.questions import About, Mapping
from data_loaders.read import RawSheet, Workbook
from data_loaders.recognise import Understood, understand
from domain import measures, snomed

KNOWN = Known({"TT1": "ORG"}, measures.all_measures(), date(2026, 1, 15))
ABOUT = About({"TT1": "Talking Therapies"}, today=KNOWN.today)

IDS001 = [
    ("LocalPatientId", "NHSNumber", "PersonBirthDate", "GenderIDCode", "EthnicCategory"),
    ("P1", "9434765919", "1990-06-01", "2", "A"),
    ("P2", "9434765870", "1960-02-03", "1", "J"),
]
IDS101 = [
    ("ServiceRequestId", "LocalPatientId", "ReferralRequestReceivedDate", "ServDischDate", "EndCode"),
    ("R1", "P1", "2025-04-07", "2025-06-30", "46"),
    ("R2", "P2", "2025-04-10", None, None),
]
IDS201 = [
    ("CareContactId", "ServiceRequestId", "CareContDate", "AttendOrDNACode", "AppType"),
    ("C1", "R1", "2025-04-14", "5", "02"),
    ("C2", "R1", "2025-06-02", "06", "02"),
    ("C3", "R1", "2025-06-09", "3", "03"),
    ("C4", "R2", "2025-04-20", "5", "01"),
]
IDS202 = [("CareActId", "CareContactId"), ("A1", "C1"), ("A2", "C2"), ("A4", "C4")]
IDS603 = [
    ("ServiceRequestId", "FindSchemeInUse", "PresComp", "PresCompCodSig", "PresCompDate"),
    ("R1", "02", "F41.1", "2", "2025-05-01"),
    ("R1", "02", "F40.1", "1", "2025-04-07"),
    ("R2", "02", "F33.0", "1", "2025-04-10"),
]
WSAS = ("932621000000100", "932581000000100", "932611000000106", "932591000000103", "932601000000109")
IDS607 = [
    ("CareActId", "CodedAssToolType", "PersScore"),
    ("A1", "720433000", "18"), ("A1", "445455005", "15"),
    *[("A1", code, score) for code, score in zip(WSAS, "93456", strict=True)],
    ("A2", "720433000", "9"), ("A2", "445455005", "6"), ("A2", WSAS[0], "2"), ("A2", WSAS[1], "2"),
    ("A4", "747901000000107", "4"), ("A4", "12345", "4"),
]  # fmt: skip
IDS606 = [("ServiceRequestId", "CodedAssToolType", "PersScore", "AssToolCompDate"), ("R2", "720433000", "20", "2025-04-10")]
ALL = {"IDS001MPI": IDS001, "IDS101Referral": IDS101, "IDS201": IDS201, "IDS202": IDS202, "IDS603": IDS603, "IDS606": IDS606, "IDS607": IDS607}


def raw(name: str, rows: list[tuple[Any, ...]]) -> RawSheet:
    table = pa.table({str(i): pa.array(column, pa.string()) for i, column in enumerate(zip(*rows, strict=True))})
    return RawSheet(name, False, 1, 1, table, (), ())


def files(tables: dict[str, list[tuple[Any, ...]]]) -> list[Workbook]:
    return [Workbook(f"{name}.csv", "", (raw(name, rows),), ()) for name, rows in tables.items()]


def told(tables: dict[str, list[tuple[Any, ...]]], about: About = ABOUT, mapping: Mapping | None = None) -> tuple[Understood, Checked]:
    made = understand(files(tables), mapping or Mapping(), about)
    return made, check(made.found, KNOWN)


def test_the_tables_become_people_contacts_and_assessments() -> None:
    made, checked = told(ALL)
    assert not made.questions and not [f for f in (*made.findings, *checked.findings) if f.severity == "stops"]
    people = {row["person"]: row for row in checked.tables["people"].to_pylist()}
    assert people["P1"]["started_on"] == date(2025, 4, 7) and people["P1"]["ended_on"] == date(2025, 6, 30) and people["P2"]["ended_on"] is None
    assert (people["P1"]["how_it_ended"], people["P1"]["gender"], people["P1"]["age_band"]) == ("as planned", "female", "25-34")
    assert (people["P2"]["gender"], people["P2"]["ethnic_group"], people["P2"]["age_band"]) == ("male", "Asian or Asian British", "65-74")
    assert people["P1"]["main_need"] == "social anxiety", "the primary complaint, although another is later"
    contacts = [(r["person"], r["date"], r["response"]) for r in checked.tables["contacts"].to_pylist()]
    assert contacts == [("P1", date(2025, 4, 14), "attended"), ("P1", date(2025, 6, 2), "attended"), ("P1", date(2025, 6, 9), "did not attend")]
    scores = {(r["person"], r["measure"], r["date"]): float(r["score"]) for r in checked.tables["assessments"].to_pylist() if r["score"] is not None}
    assert scores == {
        ("P1", "PHQ-9", date(2025, 4, 14)): 18, ("P1", "GAD-7", date(2025, 4, 14)): 15, ("P1", "WSAS", date(2025, 4, 14)): 18,
        ("P1", "PHQ-9", date(2025, 6, 2)): 9, ("P1", "GAD-7", date(2025, 6, 2)): 6, ("P2", "PHQ-9", date(2025, 4, 10)): 20,
    }  # fmt: skip
    codes = {f.code for f in (*made.findings, *checked.findings)}
    assert {"identifiers-not-read", "not-treatment", "unknown-measure", "not-a-measure", "items-totalled", "items-not-applicable", "items-missing"} <= codes


def test_nothing_that_says_who_somebody_is_goes_further() -> None:
    made, checked = told(ALL)
    kept = repr([t.to_pylist() for t in checked.tables.values()]) + repr(made.findings) + repr(checked.findings)
    assert not any(secret in kept for secret in ("9434765919", "9434765870", "1990-06-01", "1960-02-03", "datetime.date(1990"))


@pytest.mark.parametrize("named", [True, False])
def test_element_names_are_enough(named: bool) -> None:
    tables = ALL if named else {f"export {n}": rows for n, rows in enumerate(ALL.values())}
    _, checked = told(tables)
    assert {name: t.num_rows for name, t in checked.tables.items()} == {"people": 2, "contacts": 3, "assessments": 7}


def test_order_of_rows_and_files_changes_nothing() -> None:
    turned = {name: [rows[0], *rows[:0:-1]] for name, rows in reversed(ALL.items())}
    ours, theirs = ({n: sorted(map(repr, t.drop_columns(["row"]).to_pylist())) for n, t in told(x)[1].tables.items()} for x in (ALL, turned))
    assert ours == theirs


def test_which_service_is_asked_once() -> None:
    two = About({"TT1": "Talking Therapies", "TT2": "The other"}, today=KNOWN.today)
    made, _ = told(ALL, two)
    assert len(made.questions) == 1 and not made.found
    made, checked = told(ALL, two, Mapping({made.questions[0].id: "=TT1"}))
    assert not made.questions and set(checked.tables["people"]["service_code"].to_pylist()) == {"TT1"}


def test_without_referrals_it_is_said_what_is_missing() -> None:
    made, _ = told({"IDS201": IDS201, "IDS202": IDS202, "IDS607": IDS607})
    assert [f.code for f in made.findings if f.severity == "stops"] == ["no-referrals"]


def test_every_code_is_of_a_measure_we_have_and_none_stands_twice() -> None:
    known = measures.all_measures()
    assert set(snomed.totals().values()) <= set(known)
    assert sorted(n for m, n in snomed.answers().values() if m == "WSAS") == list(range(1, (known["WSAS"].items or 0) + 1))
    assert not set(snomed.totals()) & set(snomed.answers()) and not (set(snomed.totals()) | set(snomed.answers())) & set(snomed.passed_over())
    for code, measure in snomed.totals().items():
        others = [m.code for m in known.values() if code in m.snomed]
        assert others in ([], [measure])


@pytest.mark.parametrize("seed", range(3))
def test_totals_and_ages_are_those_of_a_plain_loop(seed: int) -> None:
    """Answers of WSAS drawn at random, some missing, wrong, twice or not applicable, and birth dates: added up by columns, and here one by one."""
    rng = random.Random(seed)
    referrals, people, scores = [IDS101[0]], [IDS001[0]], [("ServiceRequestId", "CodedAssToolType", "PersScore", "AssToolCompDate")]
    answers: dict[tuple[str, date], dict[int, str]] = {}
    ages: dict[str, str] = {}
    for n in range(40):
        who, ref, day = f"P{n}", f"R{n}", date(2025, 4, 1 + n % 28)
        born = date(rng.randrange(1940, 2005), rng.randrange(1, 13), rng.randrange(1, 29))
        age = sum(date(year, born.month, born.day) <= day for year in range(born.year + 1, 2026))
        ages[who] = screen.age_band(age)
        told_of = {"ServiceRequestId": ref, "LocalPatientId": who, "ReferralRequestReceivedDate": day.isoformat()}
        referrals.append(tuple(told_of.get(h, "") if h in told_of else "" for h in IDS101[0]))
        people.append((who, "", born.isoformat(), "1", "A"))
        for question in rng.sample(range(1, 6), rng.choice((3, 4, 5, 5, 5, 5))):
            for answer in [rng.choice("01234567899")] * rng.choice((1, 1, 1, 2)):
                scores.append((ref, WSAS[question - 1], answer, day.isoformat()))
                answers.setdefault((who, day), {}).setdefault(question, answer)
    numbers = {code: n for code, (_, n) in snomed.answers().items() if code in WSAS}
    expected = {}
    for key, held in answers.items():
        at = {numbers[WSAS[q - 1]]: a for q, a in held.items()}
        if len(at) == 5 and all(a != "9" or q == 1 for q, a in at.items()):
            expected[key] = sum(int(a) for a in at.values() if a != "9")
    _, checked = told({"IDS001": people, "IDS101": referrals, "IDS606": scores})
    ready, _ = checked.parted()
    assert {(r["person"], r["date"]): int(r["score"]) for r in ready["assessments"].to_pylist()} == expected and expected
    assert {r["person"]: r["age_band"] for r in checked.tables["people"].to_pylist()} == ages
