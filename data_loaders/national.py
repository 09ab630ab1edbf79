"""The NHS Talking Therapies data set, recognised without being told: its tables, as sheets or CSV files, become People, Contacts and Assessments.

Known by their element names, whatever the file is called (NHS Digital, IAPT v2.1 Enhanced Technical Output Specification v2.1.22, 2022). The tables
point at each other (a score at an activity, that at a contact, that at a referral, that at a person); the pointers are followed by column.
Names, birth dates, NHS numbers and postcodes are in the national tables by their nature: they are never read, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_loaders import national_scores, screen, values
from data_loaders.found import Found, letters
from data_loaders.questions import ALWAYS, LEAVE_OUT, About, Mapping, Question, identity, layout_of, plain
from data_loaders.read import RawSheet
from domain import fields, snomed
from domain.types import Field, Finding

LATEST = date(2200, 1, 1)
WITHIN = 10  # rows in which the element names are looked for
# Our word for an element -> the names it goes by, letters and digits only.
ELEMENTS: dict[str, tuple[str, ...]] = {
    "person": ("localpatientid", "localpatientidextended", "personid"),
    "referral": ("servicerequestid", "uniqueservicerequestid", "pathwayid"),
    "received": ("referralrequestreceiveddate",),
    "discharged": ("servdischdate", "servicedischargedate"),
    "end code": ("endcode",),
    "age": ("agereferralrequestreceiveddate", "ageservreferrecdate"),
    "gender": ("genderidcode", "gender", "personstatedgendercode"),
    "ethnic": ("ethniccategory", "validatedethniccategory"),
    "born": ("personbirthdate", "birthdate"),
    "contact": ("carecontactid", "uniquecarecontactid"),
    "contact date": ("carecontdate", "carecontactdate"),
    "contact time": ("careconttime",),
    "attended": ("attendordnacode", "attendedordidnotattendcode"),
    "type": ("apptype", "appointmenttype"),
    "activity": ("careactid", "careactivityid", "uniquecareactivityid"),
    "complaint": ("prescomp", "presentingcomplaint", "validatedpresentingcomplaint"),
    "significance": ("prescompcodsig",),
    "complaint date": ("prescompdate",),
    "tool": ("codedasstooltype",),
    "score": ("persscore",),
    "score date": ("asstoolcompdate", "asstoolcomptimestamp"),
}
# Table -> what it must hold. The first that fits is taken, so the more telling ones stand first.
TABLES: dict[str, tuple[str, ...]] = {
    "IDS606": ("referral", "tool", "score", "score date"),
    "IDS607": ("activity", "tool", "score"),
    "IDS603": ("referral", "complaint"),
    "IDS101": ("referral", "received"),
    "IDS201": ("contact", "contact date", "referral"),
    "IDS202": ("activity", "contact"),
    "IDS001": ("person", "gender"),
}
KNOWN_AS = {name: element for element, names in ELEMENTS.items() for name in names}
NOT_READ = ("nhsnumber", "personbirthdate", "postcode", "postcodeofusualaddress", "personfullname", "personfamilyname", "persongivenname")


@dataclass(frozen=True)
class National:
    """Tables of the return made of national ones; `used` are the sheets (by id) that nobody else need look at."""

    found: list[Found] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    used: frozenset[int] = frozenset()
    layouts: frozenset[str] = frozenset()


@dataclass
class Table:
    """One national table: where its elements stand."""

    name: str
    raw: RawSheet
    file: str
    header: int  # index in the table
    elements: dict[str, int]
    headings: tuple[str, ...]

    def texts(self, element: str) -> pa.Array:
        """A column below its heading, trimmed; nothing but nulls where the table lacks it."""
        n = self.raw.table.num_rows - self.header - 1
        if element not in self.elements:
            return pa.nulls(n, pa.string())
        column = pc.utf8_trim_whitespace(self.raw.table.column(self.elements[element]).slice(self.header + 1).cast(pa.string())).combine_chunks()
        return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)

    def add(self, column: pa.Array) -> int:
        """One column more, and its place."""
        whole = pa.concat_arrays([pa.nulls(self.header + 1, pa.string()), column.cast(pa.string())])
        self.raw = replace(self.raw, table=self.raw.table.append_column(str(self.raw.table.num_columns), whole))
        return self.raw.table.num_columns - 1

    @property
    def row(self) -> int:
        return self.raw.first_row + self.header

    def look(self, code: str, message: str, fix: str, element: str = "", count: int = 1) -> Finding:
        column = letters(self.raw.first_column + self.elements[element]) if element in self.elements else ""
        return Finding("look", code, message, fix, self.raw.name, self.row, column, self.file, count)


def recognise(sheets: list[tuple[RawSheet, str]], mapping: Mapping, about: About) -> National:
    """National tables among the sheets of an upload (each with its file's name), as tables of the return."""
    tables = [t for raw, file in sheets if (t := _table(raw, file))]
    names = {t.name for t in tables}
    if not (names & {"IDS101", "IDS606", "IDS607"} and len(names) >= 2) and "IDS101" not in names:
        return National()
    used = frozenset(id(t.raw) for t in tables)
    referrals = [t for t in tables if t.name == "IDS101"]
    findings = [_not_read(t) for t in tables if _identifying(t)]
    first = referrals[0] if referrals else tables[0]
    layout = layout_of(first.headings)
    layouts = frozenset({layout})
    if not referrals:
        message = "These are tables of the NHS Talking Therapies data set, and the table of referrals (IDS101) is not among them."
        return National([], [*findings, Finding("stops", "no-referrals", message, "Send IDS101 together with the others.", file=first.file)], [], used, layouts)
    service, questions = _service(first, layout, mapping, about)
    if questions:
        return National([], findings, questions, used, layouts)
    asked_of = _Links(tables)
    found = [_people(t, tables, service, about) for t in referrals]
    for t in tables:
        if t.name == "IDS201":
            found.append(_contacts(t, asked_of, service, findings))
        elif t.name in ("IDS606", "IDS607"):
            found += national_scores.assessments(t, asked_of.person_of(t), asked_of.date_of(t), service, about, findings)
    for t in tables:
        message = f"'{t.raw.name}' was taken as {t.name} of the NHS Talking Therapies data set."
        findings.append(t.look("national-layout", message, "Nothing to do."))
    return National(found, findings, [], used, layouts)


def _table(raw: RawSheet, file: str) -> Table | None:
    top = raw.table.slice(0, WITHIN).to_pydict()
    for header, cells in enumerate(zip(*top.values(), strict=True)):
        names = [re.sub(r"[^a-z0-9]", "", (cell or "").casefold()) for cell in cells]
        elements: dict[str, int] = {}
        for index, name in enumerate(names):
            element = KNOWN_AS.get(name)
            if element and (element not in elements or ELEMENTS[element].index(name) < ELEMENTS[element].index(names[elements[element]])):
                elements[element] = index
        if len(elements) < 2:
            continue
        said = re.search(r"IDS ?(\d{3})", f"{raw.name} {file}", re.I)
        named = f"IDS{said[1]}" if said else ""
        if named in TABLES and all(e in elements for e in TABLES[named]):
            return Table(named, raw, file, header, elements, tuple(plain(c or "") for c in cells))
        for name, wanted in TABLES.items():
            if all(e in elements for e in wanted) and (name != "IDS001" or "referral" not in elements):
                return Table(name, raw, file, header, elements, tuple(plain(c or "") for c in cells))
    return None


def _identifying(table: Table) -> bool:
    return any(heading.replace(" ", "") in NOT_READ for heading in table.headings)


def _not_read(table: Table) -> Finding:
    message = f"'{table.raw.name}' holds NHS numbers, birth dates or postcodes, as the national table does. They were not read and are not kept."
    return table.look("identifiers-not-read", message, "Nothing to do; if you can, leave those columns out next time.")


def _service(table: Table, layout: str, mapping: Mapping, about: About) -> tuple[str, list[Question]]:
    """The service all of it is about: the only one there is, the one said before, or a question. The national tables do not name it."""
    answer = mapping.get("column", "people.service_code", layout, table.raw.name)
    if answer and answer.startswith(ALWAYS):
        return answer[1:], []
    if len(about.services) == 1:
        return next(iter(about.services)), []
    options = tuple((f"{ALWAYS}{code}", f"{name} ({code})") for code, name in about.services.items())
    what = identity("column", layout, "people.service_code")
    ask = "Which service are the NHS Talking Therapies tables about?"
    why = "" if options else "There is no service yet: send a Services sheet first."
    return "", [
        Question(what, "column", ask, options or ((LEAVE_OUT, "There is no service yet"),), why=why, sheet=table.raw.name, file=table.file, needed=True)
    ]


# ---------------------------------------------------------------- following the pointers


class _Links:
    """Whose and when: from an activity to its contact, from a contact to its referral, from a referral to its person."""

    def __init__(self, tables: list[Table]) -> None:
        self.person = _lookup(tables, "IDS101", "referral", "person")
        self.referral = _lookup(tables, "IDS201", "contact", "referral")
        self.day = _lookup(tables, "IDS201", "contact", "contact date")
        self.contact = _lookup(tables, "IDS202", "activity", "contact")

    def _contact_of(self, table: Table) -> pa.Array:
        return table.texts("contact") if "contact" in table.elements else self.contact(table.texts("activity"))

    def person_of(self, table: Table) -> pa.Array:
        if "person" in table.elements and "referral" not in table.elements:
            return table.texts("person")
        referral = table.texts("referral") if "referral" in table.elements else self.referral(self._contact_of(table))
        return self.person(referral)

    def date_of(self, table: Table) -> pa.Array:
        return table.texts("score date") if "score date" in table.elements else self.day(self._contact_of(table))


def _lookup(tables: list[Table], name: str, key: str, value: str) -> Callable[[pa.Array], pa.Array]:
    some = [t for t in tables if t.name == name and key in t.elements and value in t.elements]
    keys = pa.concat_arrays([t.texts(key) for t in some]) if some else pa.array([], pa.string())
    held = pa.concat_arrays([t.texts(value) for t in some]) if some else pa.array([], pa.string())
    return lambda wanted: held.take(pc.index_in(wanted, value_set=keys, skip_nulls=True))


def words_of(texts: pa.Array, words: dict[str, str], otherwise: str | None = None) -> pa.Array:
    """Each text exchanged for its word; leading noughts do not count ('05' is '5')."""
    encoded = texts.dictionary_encode()
    known = [words.get(t) or words.get(t.lstrip("0") or "0") or words.get(t.upper()) or otherwise for t in encoded.dictionary.to_pylist()]
    return pa.array(known, pa.string()).take(encoded.indices)


# ---------------------------------------------------------------- tables of the return


def _constant(table: Table, text: str, there: pa.Array) -> int:
    return table.add(pc.if_else(there, pa.scalar(text), pa.scalar(None, pa.string())))


def _people(table: Table, tables: list[Table], service: str, about: About) -> Found:
    """One stay for each referral: from the day it was received to the day of discharge."""
    person, referral = table.texts("person"), table.texts("referral")
    columns = {"person": table.elements.get("person", -1), "started_on": table.elements["received"]}
    source: dict[str, int] = {}
    if columns["person"] < 0:
        columns["person"] = table.add(referral)
        source["person"] = table.elements["referral"]
    if "discharged" in table.elements:
        columns["ended_on"] = table.elements["discharged"]
    columns["service_code"] = _constant(table, service, pc.is_valid(table.texts("received")))
    if "end code" in table.elements:
        columns["how_it_ended"] = table.add(words_of(table.texts("end code"), snomed.ENDINGS, "not known"))
        source["how_it_ended"] = table.elements["end code"]
    made = {"service_code", "gender", "ethnic_group", "age_band", "main_need"}
    for column, element, words in (("gender", "gender", snomed.GENDERS), ("ethnic_group", "ethnic", snomed.ETHNIC_GROUPS)):
        known = words_of(_lookup(tables, "IDS001", "person", element)(person), words, "not stated")
        if known.null_count < len(known):
            columns[column] = table.add(known)
    ages = table.texts("age") if "age" in table.elements else _ages(table, _lookup(tables, "IDS001", "person", "born")(person), about)
    bands = pa.array([screen.age_band(int(a)) if a and a.isdigit() and int(a) <= 120 else None for a in ages.to_pylist()], pa.string())
    if bands.null_count < len(bands):
        columns["age_band"] = table.add(bands)
    needs = _needs([t for t in tables if t.name == "IDS603"])
    main = pa.array([needs.get(r) for r in referral.to_pylist()], pa.string())
    if main.null_count < len(main):
        columns["main_need"] = table.add(main)
    return Found(fields.BY_TABLE["people"], table.raw.name, table.file, table.row, columns, table.raw, source, frozenset(made & set(columns)), (), "IDS101")


def _ages(table: Table, born: pa.Array, about: About) -> pa.Array:
    """Whole years between birth and referral; the birth date itself goes no further."""
    (y0, m0, d0), (y1, m1, d1) = (_parts(texts, about.today) for texts in (born, table.texts("received")))
    years = y1 - y0 - ((m1 < m0) | ((m1 == m0) & (d1 < d0)))
    return pa.array(np.char.mod("%d", years), pa.string(), mask=(y0 == 0) | (y1 == 0))


def _parts(texts: pa.Array, today: date) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Year, month and day of each date; noughts where there is none. Each distinct text is read once."""
    encoded = texts.dictionary_encode()
    days, _ = values.dates(Field("", "date", "date", column="operating_since"), encoded.dictionary.to_pylist(), today)
    place = encoded.indices.fill_null(len(days)).to_numpy(zero_copy_only=False)
    parts = np.array([(day.year, day.month, day.day) if day else (0, 0, 0) for day in [*days, None]], dtype=np.int64)[place]
    return parts[:, 0], parts[:, 1], parts[:, 2]


def _needs(tables: list[Table]) -> dict[str, str]:
    """Referral -> the problem: the primary complaint before others, then the latest (NHS England, metadata of measure M203)."""
    best: dict[str, tuple[tuple[bool, int], str]] = {}
    for t in tables:
        problems = t.texts("complaint").dictionary_encode()
        known = [snomed.problem(code) for code in problems.dictionary.to_pylist()]
        year, month, day = _parts(t.texts("complaint date"), LATEST)
        primary = pc.equal(pc.utf8_ltrim(t.texts("significance"), characters="0"), "1").fill_null(False).to_pylist()
        rows = zip(t.texts("referral").to_pylist(), problems.indices.to_pylist(), primary, (year * 10_000 + month * 100 + day).tolist(), strict=True)
        for referral, at, first, when in rows:
            words = known[at] if at is not None else ""
            if not referral or not words:
                continue
            rank = (first, when)
            if referral not in best or rank > best[referral][0]:
                best[referral] = rank, words
    return {referral: words for referral, (_, words) in best.items()}


def _contacts(table: Table, links: _Links, service: str, findings: list[Finding]) -> Found:
    """Treatment appointments and what became of them. Assessments alone and follow-ups are no treatment and are left out, which is said."""
    kinds = table.texts("type")
    stripped = pc.utf8_ltrim(kinds, characters="0")
    treatment = pc.or_(pc.is_null(stripped), pc.is_in(stripped, value_set=pa.array(snomed.TREATMENT)))
    there = pc.and_(treatment, pc.is_valid(table.texts("contact date")))
    left = int(pc.sum(pc.and_(pc.invert(treatment), pc.is_valid(table.texts("contact date")))).as_py() or 0)
    if left:
        message = f"{left:,} appointment{'s' if left != 1 else ''} of '{table.raw.name}' were assessments or follow-ups, not treatment, and were left out."
        findings.append(table.look("not-treatment", message, "Nothing to do.", "type", left))
    none = pa.scalar(None, pa.string())
    columns = {
        "person": table.add(pc.if_else(there, links.person_of(table), none)),
        "service_code": _constant(table, service, there),
        "date": table.add(pc.if_else(there, table.texts("contact date"), none)),
        "kind": _constant(table, "planned contact", there),
    }
    source = {"person": table.elements["referral"], "date": table.elements["contact date"]}
    if "contact time" in table.elements:
        columns["time"] = table.add(pc.if_else(there, table.texts("contact time"), none))
        source["time"] = table.elements["contact time"]
    if "attended" in table.elements:
        columns["response"] = table.add(pc.if_else(there, words_of(table.texts("attended"), snomed.ATTENDANCE), none))
        source["response"] = table.elements["attended"]
    sheet = fields.BY_TABLE["contacts"]
    return Found(sheet, table.raw.name, table.file, table.row, columns, table.raw, source, frozenset({"service_code", "kind"}), (), "IDS201")


__all__ = ["National", "Table", "recognise"]
