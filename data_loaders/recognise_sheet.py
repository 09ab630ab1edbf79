"""One sheet of a file: which sheet of the return it is, where its headings stand, which column holds which field, and what only the sender can say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import pyarrow as pa

from data_loaders import headings, matching, wide
from data_loaders.found import IDENTIFIER_HEADINGS, NAMES, letters, named_sheet
from data_loaders.headings import Head
from data_loaders.questions import ALWAYS, LEAVE_OUT, About, Mapping, Question, identity, layout_of, plain
from data_loaders.read import RawSheet
from domain import fields
from domain.types import Field, Finding, Measure, Sheet

ASSESSMENTS = fields.BY_TABLE["assessments"]
PEOPLE = fields.BY_TABLE["people"]


@dataclass
class Reading:
    """One sheet as it was read. `sheet` is nothing where it holds only scores side by side; `constants` are words that are the same in every row."""

    raw: RawSheet
    file: str
    head: Head
    layout: str
    sheet: Sheet | None
    columns: dict[str, int] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    groups: list[wide.Group] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    beside: str = ""  # what its rows are called where the sheet holds an earlier table of the same kind

    @property
    def named(self) -> str:
        return self.beside or self.raw.name

    @property
    def header_row(self) -> int:
        return self.raw.first_row + self.head.row

    def letter(self, index: int) -> str:
        return letters(self.raw.first_column + index)

    def tell(self, severity: str, code: str, message: str, fix: str, index: int | None = None) -> None:
        column = "" if index is None else self.letter(index)
        self.findings.append(Finding(severity, code, message, fix, self.raw.name, self.header_row, column, self.file))  # type: ignore[arg-type]

    def place(self, heading: str) -> int | None:
        """The column under a heading, by its plain words: those it was asked by, else those of both its rows."""
        for words in (self.head.plain, tuple(map(plain, self.head.texts))):
            if heading in words:
                return words.index(heading)
        return None

    def ask(self, kind: str, what: str, ask: str, options: list[tuple[str, str]], **more: object) -> None:
        where = "*" if kind in ("value", "bare-quarter") else self.layout
        self.questions.append(Question(identity(kind, where, what), kind, ask, tuple(options), sheet=self.raw.name, file=self.file, **more))  # type: ignore[arg-type]

    def shown(self, index: int) -> str:
        """A heading as the sender wrote it, cut short."""
        text = re.sub(r"\s+", " ", self.head.texts[index]).strip()
        return text if len(text) <= 40 else f"{text[:39]}…"


def read_sheet(raw: RawSheet, file: str, mapping: Mapping, about: About, alone: bool = True) -> Reading | None:
    """What one visible sheet is. None where nothing on it looks like a part of the return; then it is said to be unused.

    A table that is not `alone` on its sheet is known by its headings, whatever the sheet is called.
    """
    every = headings.heads(raw)
    named = named_sheet(raw.name) if alone else None
    exact = best(raw, [h for h in every if not h.two_rows], named)
    if exact is not None and complete(exact[0], exact[1]):
        sheet, head = exact
        reading = Reading(raw, file, head, layout_of(head.plain), sheet)
        said = mapping.get("sheet", "", reading.layout, raw.name)
        if said in (None, sheet.table):
            _sides(reading, about)
            _columns(reading, mapping, about)
            return reading
    chosen = _foreign(raw, file, every, mapping, about)
    if chosen is None:
        if exact is None and named is not None:
            first = next((h for h in every if sum(map(bool, h.plain)) >= 2), every[0])
            exact = named, first
        if exact is None:
            return None
        sheet, head = exact
        reading = Reading(raw, file, head, layout_of(head.plain), sheet)
        _sides(reading, about)
    else:
        reading = chosen
        said = mapping.get("sheet", "", reading.layout, raw.name)
        if said == LEAVE_OUT:
            reading.tell("look", "left-out", f"The sheet '{raw.name}' was left out, as you asked.", "Nothing to do.")
            reading.sheet, reading.groups = None, []
            return reading
        if said is not None:
            reading.sheet = fields.BY_TABLE[said]
        elif reading.sheet is not None and not reading.groups and not _certain(reading):
            _ask_sheet(reading, mapping)
    _columns(reading, mapping, about)
    return reading


# ---------------------------------------------------------------- which sheet


def best(raw: RawSheet, heads: list[Head], named: Sheet | None) -> tuple[Sheet, Head] | None:
    """By the sheet's name where it says (`named`), else by headings that are known word for word."""
    likeliest: tuple[float, Head, Sheet] | None = None
    for sheet in fields.SHEETS:
        own, called = NAMES[sheet.name]
        required = {f.column for f in sheet.fields if f.required}
        for head in heads:
            matched = {column for h in head.plain if h and (column := own.get(h) or called.get(h))}
            n_required = len(matched & required)
            if sheet is named:
                fits = len(matched) >= 2 or (len(matched) == 1 and sum(map(bool, head.plain)) <= 2)
            else:
                fits = n_required == len(required) or (n_required >= 3 and n_required > len(required) / 2)
            exact = sum(1 for h in head.plain if h in own)
            score = (50 if sheet is named else 0) + 4 * n_required / len(required) + len(matched) + exact / 10 - head.row / 1000
            if fits and (likeliest is None or score > likeliest[0]):
                likeliest = (score, head, sheet)
    return (likeliest[2], likeliest[1]) if likeliest else None


def complete(sheet: Sheet, head: Head) -> bool:
    """Whether every required column is there under a name we know: then nothing needs to be guessed about which sheet this is."""
    own, called = NAMES[sheet.name]
    matched = {own.get(h) or called.get(h) for h in head.plain if h}
    return all(f.column in matched or (f.kind == "year" and "quarter" in matched) for f in sheet.fields if f.required)


def _foreign(raw: RawSheet, file: str, every: list[Head], mapping: Mapping, about: About) -> Reading | None:
    """The likeliest reading of a sheet that is not word for word ours; None where even that is unlikely."""
    names = wide.names_of(about.measures)
    usual = _about_measure(raw, every, names)
    named = named_sheet(raw.name)
    best: tuple[float, Reading] | None = None
    for head in every:
        if sum(map(bool, head.plain)) < 2:
            continue
        layout = layout_of(head.plain)
        said = mapping.get("sheet", "", layout, raw.name)
        wanted = fields.BY_TABLE.get(said or "")
        parts = [p for i, text in enumerate(head.texts) if text and (p := wide.parse(i, text, names, usual))]
        if not parts and not wanted and sum(bool(re.fullmatch(r"[\d ]+", words)) for words in head.plain) * 2 > sum(map(bool, head.plain)):
            continue  # numbers and days: a row of the table itself
        sides, _ = wide.groups(parts, about.measures)
        taken = {p.index for p in parts}
        whole = head
        for sheet in (wanted,) if wanted else (PEOPLE, ASSESSMENTS) if sides else fields.SHEETS:
            head = _parted(whole, sheet, taken)
            matched = _alike(sheet, head, taken if sides else set())
            required = [f.column for f in sheet.fields if f.required and not (f.column == "year" and "quarter" in matched)]
            got = sum(matched.get(c, 0.0) for c in required)
            if sides and sheet is ASSESSMENTS:  # the measure and the score stand in the headings; the date may be asked
                required, got = ["person"], matched.get("person", 0.0)
            enough = got >= 0.75 * len(required) - (1 if "service_code" in required and "service_code" not in matched else 0) and len(matched) >= 2
            if sides:
                enough = "person" in matched and (sheet is ASSESSMENTS or "started_on" in matched)
            if not (enough or wanted or (sheet is named and len(matched) >= 2)):
                continue
            score = (50 if wanted or sheet is named else 0) + 4 * got / max(1, len(required)) + sum(matched.values()) + len(sides) - head.row / 1000
            score -= 0.25 if head.two_rows else 0.0
            score += 0.5 if sides and sheet is PEOPLE else 0.0
            if best is None or score > best[0]:
                best = score, Reading(raw, file, head, layout, None if sides and sheet is ASSESSMENTS else sheet, groups=sides)
    if best is None:
        return None
    return best[1]


def _parted(head: Head, sheet: Sheet, taken: set[int]) -> Head:
    """Of two rows of headings, a column whose lower one alone is ours is called that: `Person` over `Age` is the age."""
    if not head.two_rows:
        return head
    own, called = NAMES[sheet.name]
    plains = []
    for i, (whole, low) in enumerate(zip(head.plain, head.lower, strict=True)):
        better = bool(low) and i not in taken and (low in own or low in called or matching.best_heading(low, sheet)[1] > matching.best_heading(whole, sheet)[1])
        plains.append(low if better else whole)
    return replace(head, plain=tuple(plains))


def _about_measure(raw: RawSheet, every: list[Head], names: dict[str, Measure]) -> Measure | None:
    """The questionnaire a sheet's name or title speaks of, for sheets headed by dates alone."""
    titles = [raw.name, *(t for head in every[:4] if sum(map(bool, head.plain)) == 1 for t in head.texts if t)]
    found = [m for m in (wide.measure_in(t, names) for t in titles) if m]
    return found[0] if found else None


def _alike(sheet: Sheet, head: Head, taken: set[int]) -> dict[str, float]:
    """field.column -> how surely some heading is it, 1 for a name we know."""
    own, called = NAMES[sheet.name]
    matched: dict[str, float] = {}
    rest = []
    for i, heading in enumerate(head.plain):
        if not heading or i in taken:
            continue
        column = own.get(heading) or called.get(heading)
        if column:
            matched[column] = 1.0
        elif not IDENTIFIER_HEADINGS.search(heading):
            rest.append(heading)
    for heading in rest:
        column, score, _ = matching.best_heading(heading, sheet, matched)
        if column:
            matched[column] = score / 100
    return matched


def _certain(reading: Reading) -> bool:
    """The sheet is ours by its name, or all it needs stands under names we know but for the service, which is asked apart."""
    sheet = reading.sheet
    if sheet is None or named_sheet(reading.raw.name) is sheet:
        return True
    own, called = NAMES[sheet.name]
    matched = {own.get(h) or called.get(h) for h in reading.head.plain if h}
    required = {f.column for f in sheet.fields if f.required and not (f.kind == "year" and "quarter" in matched)} - {"service_code"}
    return required <= matched and len(required) >= 2


def _ask_sheet(reading: Reading, mapping: Mapping) -> None:
    assert reading.sheet is not None
    options = [(s.table, f"{s.name}: {s.purpose}") for s in fields.SHEETS] + [(LEAVE_OUT, "Not part of the return: leave it out")]
    alike = sorted({reading.sheet.field(c).name for c in _alike(reading.sheet, reading.head, set())})
    reading.ask(
        "sheet", "", f"Which sheet of the return is '{reading.raw.name}'?", options, suggested=reading.sheet.table, needed=True,
        why=f"Its headings are most like those of {reading.sheet.name} ({', '.join(alike[:5])}).",
    )  # fmt: skip


def _sides(reading: Reading, about: About) -> None:
    """Scores side by side among the columns that are not the sheet's own."""
    sheet = reading.sheet
    if sheet not in (PEOPLE, ASSESSMENTS) or sheet is None:
        return
    own, called = NAMES[sheet.name]
    extra = [(i, text) for i, text in enumerate(reading.head.texts) if text and not (own.get(reading.head.plain[i]) or called.get(reading.head.plain[i]))]
    if not extra or (sheet is ASSESSMENTS and {"measure", "score"} <= {own.get(h) or called.get(h) for h in reading.head.plain}):
        return
    names = wide.names_of(about.measures)
    parts = [p for i, text in extra if (p := wide.parse(i, text, names))]
    sides, _ = wide.groups(parts, about.measures)
    if wide.is_wide(sides):
        reading.groups = sides


# ---------------------------------------------------------------- which column


def _columns(reading: Reading, mapping: Mapping, about: About) -> None:
    """Fills `columns` and `constants`, asks for what is like one of ours but not the same, and tells of columns nobody reads."""
    sheet = reading.sheet or ASSESSMENTS
    plains = reading.head.plain
    sides = {i for g in reading.groups for i in (g.score, g.date, *g.answers.values()) if i is not None}
    own, called = NAMES[sheet.name]
    columns, strong = reading.columns, set[str]()
    for f in sheet.fields if mapping.answers else ():
        answer = mapping.get("column", f"{sheet.table}.{f.column}", reading.layout, reading.raw.name)
        if answer is None:
            continue
        if answer.startswith(ALWAYS):
            reading.constants[f.column] = answer[1:]
        elif (at := reading.place(answer)) is not None:
            columns[f.column] = at
            strong.add(f.column)
    placed = set(columns.values())
    for strength, words in enumerate((own, called)):
        for index, heading in enumerate(plains):
            column = words.get(heading) if heading else None
            if column is None or index in placed or index in sides or column in reading.constants or (strength == 1 and column in strong):
                continue
            if column in columns:
                if column not in strong or strength == 0:
                    _twice(reading, sheet.field(column), index, strength == 0)
                placed.add(index)
                continue
            columns[column] = index
            placed.add(index)
            if strength == 0:
                strong.add(column)
    rest = [i for i in range(len(plains)) if i not in placed and i not in sides]
    named = [i for i in rest if plains[i] and not IDENTIFIER_HEADINGS.search(plains[i])]
    asked = _ask_columns(reading, sheet, named, mapping, about)
    _missing(reading, sheet, [i for i in named if i not in asked], mapping, about)
    _unread(reading, sheet, [i for i in rest if i not in asked])


def _twice(reading: Reading, f: Field, index: int, same: bool) -> None:
    first, second = reading.letter(reading.columns[f.column]), reading.letter(index)
    both = f"are both headed '{f.name}'." if same else f"both look like '{f.name}'."
    fix = "Keep one of them, or give the other a different heading." if same else f"Head the one you mean '{f.name}' and rename the other."
    reading.tell("stops", "duplicate-column", f"Columns {first} and {second} {both}", fix, index)


def _options(reading: Reading, f: Field, free: list[int], about: About) -> list[tuple[str, str]]:
    """Every column that is free, then for the service the services known, then none."""
    made = [(reading.head.plain[i], f"Column {reading.letter(i)}: {reading.shown(i)}") for i in free]
    if f.column == "service_code":
        made += [(f"{ALWAYS}{code}", f"All rows are {name} ({code})") for code, name in about.services.items()]
    return [*made, (LEAVE_OUT, "No column holds it")]


def _ask_columns(reading: Reading, sheet: Sheet, free: list[int], mapping: Mapping, about: About) -> set[int]:
    """Asks about headings that are like one of ours. Returns the columns asked about."""
    open_fields = {f.column: f for f in sheet.fields if not _settled(reading, sheet, f, mapping)}
    found = []
    for i in free:
        column, score, name = matching.best_heading(reading.head.plain[i], sheet, set(sheet.columns) - set(open_fields))
        if column:
            found.append((score, i, column, name))
    asked: set[int] = set()
    done: set[str] = set()
    for score, i, column, name in sorted(found, key=lambda s: (-s[0], s[1])):
        if column in done or i in asked:
            continue
        f = open_fields[column]
        texts = matching.distinct(reading.raw.table.column(i).slice(reading.head.row + 1))
        if f.kind in ("date", "score", "number", "integer", "money", "measure") and texts and matching.fits(f, texts, about) < 0.5:
            continue
        like = f"is {score:.0f}% like '{name}'" if name != f.name or score != 90 else "is what others call it"
        why = f"Its heading {like}" + (" and what it holds fits." if f.kind in matching.CODED and texts else ".")
        ask = f"Is column {reading.letter(i)} ('{reading.shown(i)}') what we call '{f.name}'?"
        reading.ask(
            "column", f"{sheet.table}.{column}", ask, _options(reading, f, free, about),
            suggested=reading.head.plain[i], why=why, needed=f.required, samples=matching.samples(f, texts, about),
        )  # fmt: skip
        asked.add(i)
        done.add(column)
    return asked


def _settled(reading: Reading, sheet: Sheet, f: Field, mapping: Mapping) -> bool:
    if f.column in reading.columns or f.column in reading.constants:
        return True
    if reading.sheet is None and f.column not in ("person", "service_code", "perspective"):
        return True  # only scores side by side: the rest stands in the headings
    return mapping.get("column", f"{sheet.table}.{f.column}", reading.layout, reading.raw.name) == LEAVE_OUT


def _missing(reading: Reading, sheet: Sheet, free: list[int], mapping: Mapping, about: About) -> None:
    """What every row needs and no heading is like: the only service one has is certain, else it is asked, and where nothing could hold it, told."""
    asked = {q.id.split("|", 2)[2] for q in reading.questions if q.kind == "column"}
    for f in sheet.fields:
        what = f"{sheet.table}.{f.column}"
        if not f.required or what in asked or _settled(reading, sheet, f, mapping):
            if f.required and f.column not in reading.columns and f.column not in reading.constants and what not in asked and reading.sheet is not None:
                _told_missing(reading, sheet, f)  # answered with: no column holds it
            continue
        if f.kind == "year" and "quarter" in reading.columns:
            continue  # the quarter may hold the year ("2025-26 Q3"); the checker asks row by row
        if f.column == "service_code" and len(about.services) == 1:
            code, name = next(iter(about.services.items()))
            reading.constants["service_code"] = code
            reading.tell(
                "look", "one-service", f"No column says which service. All rows were taken as {name} ({code}), the only one you have.", "Nothing to do."
            )
            continue
        services = f.column == "service_code" and bool(about.services)
        if not free and not services:
            _told_missing(reading, sheet, f)
            continue
        likely = _by_content(reading, f, free, about)
        suggested = reading.head.plain[likely] if likely is not None else mapping.elsewhere("column", what)
        why = "It is the only column whose values fit." if likely is not None else "That is what you said of another file." if suggested else ""
        texts = matching.distinct(reading.raw.table.column(likely).slice(reading.head.row + 1)) if likely is not None else []
        question = f"Which column holds the '{f.name}'?" if not services else "Which service are these rows about?"
        options = _options(reading, f, free, about)
        known = suggested if suggested in {value for value, _ in options} else ""
        reading.ask("column", what, question, options, suggested=known, why=why, needed=True, samples=matching.samples(f, texts, about))


def _by_content(reading: Reading, f: Field, free: list[int], about: About) -> int | None:
    if f.kind not in ("date", "measure", "quarter"):
        return None
    fit = [i for i in free if (texts := matching.distinct(reading.raw.table.column(i).slice(reading.head.row + 1))) and matching.fits(f, texts, about) >= 0.9]
    return fit[0] if len(fit) == 1 else None


def _told_missing(reading: Reading, sheet: Sheet, f: Field) -> None:
    called = f" (we also understand: {', '.join(f.synonyms)})" if f.synonyms else ""
    reading.tell(
        "stops", "missing-column", f"The sheet {sheet.name} needs a column '{f.name}' and we did not find one in row {reading.header_row}.",
        f"Head the column that holds it '{f.name}'{called}, or add it. The template has all columns of {sheet.name}.",
    )  # fmt: skip


def _filled_below(raw: RawSheet, index: int, header: int) -> bool:
    """Whether a column without heading holds anything, but for the cells that make single rows too long: those are told with their row."""
    column = raw.table.column(index).slice(header)
    within = [at for row, _, _ in raw.ragged if 0 <= (at := row - raw.first_row - header) < len(column)]
    told = len(within) - column.take(pa.array(within, pa.int64())).null_count if within else 0
    return len(column) - column.null_count > told


def _unread(reading: Reading, sheet: Sheet, extra: list[int]) -> None:
    """Columns nobody reads: those that would say who somebody is stop the file, the others are said."""
    raw, head = reading.raw, reading.head
    for index in extra:
        heading = head.plain[index]
        if not heading:
            if _filled_below(raw, index, head.row):
                reading.tell(
                    "look", "unknown-column", f"Column {reading.letter(index)} has no heading, so it was not read.",
                    "If it belongs to the return, give it its heading.", index,
                )  # fmt: skip
        elif IDENTIFIER_HEADINGS.search(heading):
            reading.tell(
                "stops", "identifier-column", f"Column {reading.letter(index)} is headed '{reading.shown(index)}'. "
                "We never take names, dates of birth, NHS numbers, addresses or contact details.",
                "Delete the whole column, keep your own reference for each person, save, and send the file again.", index,
            )  # fmt: skip
        else:
            reading.tell(
                "look", "unknown-column",
                f"Column {reading.letter(index)} ('{reading.shown(index)}') is not part of the sheet {sheet.name}, so it was not read.",
                "Nothing to do, unless it is one of ours under another name: then use the template's heading.", index,
            )  # fmt: skip
