"""The nouns. Frozen values that every floor may hold; none of them does anything but describe itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from domain import quarters

Role = Literal["commissioner", "manager", "presenter", "administrator"]
Policy = Literal["own", "inside", "outside"]
Basis = Literal["ended", "started", "measured"]
Severity = Literal["stops", "holds", "look"]  # stops the file; holds back this row; please look

ROLES: tuple[Role, ...] = ("commissioner", "manager", "presenter", "administrator")
POLICIES: tuple[Policy, ...] = ("own", "inside", "outside")
BASES: tuple[Basis, ...] = ("ended", "started", "measured")

# The breakdowns of the release menu and of `--by`: URL word -> words on screen. The column of the marts is the URL word.
BREAKDOWNS: dict[str, str] = {
    "service": "service",
    "service_type": "service type",
    "provider": "provider",
    "sector": "sector",
    "locality": "locality",
    "start_quarter": "starting quarter",
    "end_quarter": "ending quarter",
    "measure": "questionnaire",
    "perspective": "whose view",
    "age_band": "age",
    "gender": "gender",
    "ethnic_group": "ethnic group",
    "deprivation_quintile": "deprivation of the neighbourhood (1 = most deprived)",
    "main_need": "main need",
    "role": "person or carer",
}
# Breakdowns that only some figures have: those of goals, those of one questionnaire.
OWN_BREAKDOWNS: dict[str, str] = {"outcome_area": "part of life", "first_band": "first score"}
CHARACTERISTICS = ("start_quarter", "end_quarter", "age_band", "gender", "ethnic_group", "deprivation_quintile", "main_need", "role", "perspective")
ENTRIES = ("service_type", "provider", "sector", "locality")  # groups of services in the release menu, beside portfolio and service


@dataclass(frozen=True)
class Viewer:
    """Who looks. `providers` are the provider codes whose own records a manager may see."""

    user: str
    role: Role
    providers: tuple[str, ...] = ()
    session: str = ""


@dataclass(frozen=True)
class Measure:
    """A questionnaire or scale from `measures.toml`. Score, cut-off and change are points of the total unless a subscale is named."""

    code: str
    name: str
    lowest: Decimal
    highest: Decimal
    step: Decimal
    better: Literal["higher", "lower"]
    items: int | None = None
    cutoff: Decimal | None = None  # the first score on the clinical side
    clinical_side: Literal["at or above", "at or below"] | None = None
    reliable_change: Decimal | None = None
    reliability: Decimal | None = None  # used to compute a threshold where none is published
    important_difference: Decimal | None = None
    bands: tuple[tuple[str, Decimal, Decimal], ...] = ()  # (words, from, to)
    subscales: tuple[tuple[str, Decimal, Decimal], ...] = ()  # (code, lowest, highest)
    headline_perspective: str = "person"
    synonyms: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    conversion: tuple[tuple[Decimal, Decimal], ...] = ()  # raw -> metric
    licence: str = ""
    sources: tuple[tuple[str, str], ...] = ()  # (which number, where it comes from and when)
    notes: str = ""  # where sources disagree, what we chose and why; how the score is to be typed


@dataclass(frozen=True)
class Field:
    """One column of one sheet of the return workbook. `column` is its name in tables and files of the store."""

    sheet: str
    name: str
    kind: str  # see fields.KINDS
    required: bool = False
    choices: tuple[str, ...] = ()
    personal: bool = False  # its values never appear in a message, log, URL or export
    help: str = ""
    synonyms: tuple[str, ...] = ()
    column: str = ""
    lowest: float | None = None
    highest: float | None = None
    longest: int = 200


@dataclass(frozen=True)
class Sheet:
    """One sheet of the workbook: its fields in order and the columns that make a row the same row again."""

    name: str
    table: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    loading: Literal["quarter", "record"]
    purpose: str

    def field(self, column: str) -> Field:
        return next(f for f in self.fields if f.column == column)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(f.column for f in self.fields)


@dataclass(frozen=True)
class Finding:
    """One thing a person should know about a file. `row` is the row number Excel shows, `column` the letter Excel shows."""

    severity: Severity
    code: str
    message: str
    fix: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    file: str = ""
    count: int = 1  # how many cells share this finding, when they are told as one

    @property
    def cell(self) -> str:
        """`Assessments!E17`, `Assessments row 17`, `Assessments` or the file."""
        if self.sheet and self.row and self.column:
            return f"{self.sheet}!{self.column}{self.row}"
        if self.sheet and self.row:
            return f"{self.sheet} row {self.row}"
        return f"{self.sheet}!{self.column}" if self.sheet and self.column else self.sheet or self.file


@dataclass(frozen=True)
class Upload:
    """One change to the store as the ledger keeps it. `state` is live or undone."""

    upload_id: str
    kind: str
    happened_at: datetime
    user: str
    files: tuple[str, ...]
    content: str  # SHA-256 of the checked content
    rows: dict[str, int]
    state: str = "live"


@dataclass(frozen=True)
class Event:
    """What is written with every change or opening: who did what to what, without any personal value."""

    kind: str
    user: str
    role: str
    happened_at: datetime
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scope:
    """Which services, period, basis, measure and cohort a question is about. The same value is URL, SQL parameters, sentence and cache key."""

    services: tuple[str, ...] = ()  # none = all
    entry: str = ""  # one of ENTRIES, with `value`; or nothing
    value: str = ""
    start: date | None = None
    end: date | None = None
    basis: Basis = "ended"
    measure: str = ""  # none = headline
    subscale: str = ""
    perspective: str = ""  # none = the measure's headline perspective
    cohort: tuple[tuple[str, str], ...] = ()  # (characteristic, value), sorted
    by: str = ""
    providers: tuple[str, ...] = ()  # a viewer's own, set by narrowed_to; never in the URL
    picked: tuple[tuple[str, tuple[str, ...]], ...] = ()  # a selection of one's own people, under `own` alone; never in the URL (warehouse/picked.py)

    def narrowed_to(self, viewer: Viewer) -> Scope:
        """The same question over a manager's own providers only."""
        return replace(self, providers=viewer.providers) if viewer.role == "manager" else self

    def with_(self, **changes: Any) -> Scope:
        return replace(self, **changes)

    def where(self, characteristic: str, value: str) -> Scope:
        """The scope narrowed to people with one characteristic (replacing an earlier choice of it)."""
        kept = [pair for pair in self.cohort if pair[0] != characteristic]
        return replace(self, cohort=tuple(sorted([*kept, (characteristic, value)])))

    def without(self, characteristic: str) -> Scope:
        return replace(self, cohort=tuple(pair for pair in self.cohort if pair[0] != characteristic))

    def to_query(self) -> dict[str, str | list[str]]:
        """URL parameters; only stable codes, dates and words of closed lists, never anything about one person."""
        query: dict[str, str | list[str]] = {}
        if self.services:
            query["service"] = list(self.services)
        if self.entry and self.value:
            query[self.entry] = self.value
        if self.start:
            query["from"] = self.start.isoformat()
        if self.end:
            query["to"] = self.end.isoformat()
        if self.basis != "ended":
            query["basis"] = self.basis
        for name in ("measure", "subscale", "by"):
            if getattr(self, name):
                query[name] = getattr(self, name)
        if self.perspective:
            query["view"] = self.perspective
        for characteristic, value in self.cohort:
            query[f"is-{characteristic}"] = value
        return query

    @classmethod
    def from_query(cls, query: dict[str, list[str]]) -> Scope:
        """The scope of a link. Unknown or malformed parts are dropped, so an old or a mistyped link still opens."""

        def one(name: str) -> str:
            return (query.get(name) or [""])[-1]

        def day(name: str) -> date | None:
            try:
                return date.fromisoformat(one(name))
            except ValueError:
                return None

        entry = next((name for name in ENTRIES if one(name)), "")
        basis = one("basis")
        cohort = tuple(sorted((name, one(f"is-{name}")) for name in CHARACTERISTICS if one(f"is-{name}")))
        return cls(
            services=tuple(sorted(s for s in query.get("service", []) if s)),
            entry=entry,
            value=one(entry) if entry else "",
            start=day("from"),
            end=day("to"),
            basis=basis if basis in BASES else "ended",
            measure=one("measure"),
            subscale=one("subscale"),
            perspective=one("view"),
            cohort=cohort,
            by=one("by") if one("by") in BREAKDOWNS else "",
        )

    def describe(self, names: dict[str, str] | None = None) -> str:
        """The scope in words: `Ended in October to December 2025 · PHQ-9 · gender: female`. `names` maps service codes to names."""
        return " · ".join(words for _, words in self.chips(names))

    def chips(self, names: dict[str, str] | None = None) -> list[tuple[str, str]]:
        """(part, words) for each narrowing, in the order a person would say them."""
        names = names or {}
        period = quarters.period_name(self.start, self.end)
        verb = {"ended": "Ended", "started": "Started", "measured": "Measured"}[self.basis]
        chips = [("period", f"{verb} in {period}" if self.start and self.end else f"{verb}, {period}")]
        if self.services:
            chips.append(("services", ", ".join(names.get(s, s) for s in self.services)))
        if self.entry and self.value:
            chips.append((self.entry, names.get(self.value, self.value)))
        if self.measure:
            chips.append(("measure", " ".join(filter(None, (self.measure, self.subscale)))))
        if self.perspective:
            chips.append(("perspective", f"as seen by the {self.perspective}"))
        chips += [(name, f"{BREAKDOWNS[name]}: {value}") for name, value in self.cohort]
        if self.picked:
            chips.append(("picked", "only the people picked out"))
        return chips


@dataclass(frozen=True)
class Family:
    """Cells that together make up one base: every row of the base falls in exactly one cell, so hiding is planned over all of them at once."""

    id: str
    base: str  # SQL condition
    cells: dict[str, str]  # cell -> SQL condition, in order of interest: the last is hidden first
    about_outcome: bool


@dataclass(frozen=True)
class Metric:
    """A number shown. The conditions are SQL over the columns of the outcome and headline marts and say the same as the words beside them."""

    id: str
    title: str
    question: str
    kind: Literal["proportion", "mean", "rate", "curve"]
    family: str  # metrics of one family share a release table: see access.disclosure
    cells: tuple[str, ...]  # which cells of the family make the numerator (proportion); the column whose mean is taken (mean)
    numerator: str  # SQL condition (proportion) or value (mean); a test holds it against the cells
    denominator: str  # SQL condition
    numerator_words: str
    denominator_words: str
    unit: str
    better: Literal["higher", "lower", "neither"]
    about_outcome: bool
    method: str
    source: str
    needs_measure: bool = False
    mart: str = ""  # the mart it is counted in, where that is not outcome or headline: goal, attainment, course, contact, contact_time


@dataclass(frozen=True)
class Counts:
    """Exact counts: one row per (group, still_open). May not be shown; only access.disclosure turns them into Released.

    `cells` maps each cell of the metric's family to its count, `people` to its distinct people, in group order.
    """

    metric: str
    scope: Scope
    groups: tuple[tuple[str, bool], ...]
    cells: dict[str, tuple[int, ...]]
    people: dict[str, tuple[int, ...]]
    total_people: dict[str, int] = field(default_factory=dict)  # distinct people of each cell and of "base" over all groups of ended stays
    data_version: int = 0
    data_date: date | None = None


@dataclass(frozen=True)
class Moments:
    """Exact n, sums and sums of squares per group for means. May not be shown."""

    metric: str
    scope: Scope
    groups: tuple[tuple[str, bool], ...]
    n: tuple[int, ...]
    people: tuple[int, ...]
    sums: dict[str, tuple[float, ...]]  # first, last, gain, first2, last2, gain2, first_last
    data_version: int = 0
    data_date: date | None = None


@dataclass(frozen=True)
class ReleasedRow:
    """One protected figure. A hidden figure has no numbers at all. Rates are percentages 0-100; means are points."""

    group: str
    numerator: int | None
    denominator: int | None  # n for means
    value: float | None
    lower: float | None
    upper: float | None
    hidden: bool = False
    too_few: bool = False  # shown as words: fewer people than a mean needs
    still_open: bool = False
    extra: tuple[tuple[str, float | None], ...] = ()  # e.g. mean first score, mean last score, standard deviation


@dataclass(frozen=True)
class Released:
    """What may be seen. Made by access.disclosure.release and nowhere else (a test looks)."""

    metric: str
    scope: Scope
    policy: Policy
    rows: tuple[ReleasedRow, ...]
    total: ReleasedRow | None
    notes: tuple[str, ...] = ()
    data_version: int = 0
    data_date: date | None = None
    widened: str = ""  # how and why the scope was widened, in words
