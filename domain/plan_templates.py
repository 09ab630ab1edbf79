"""Where a target plan may begin, read from `plan_templates.toml`: words and specimen lines for each type of service, and one plan worked through.

Data, not code: nothing here knows a figure of any service. Specimen lines have no projections; those are for the service to set.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from domain import codes, settings
from domain.errors import Shown

FILE = Path(__file__).with_name("plan_templates.toml")  # the one that is shipped
LIMITS = {"kind": codes.LINE_KINDS, "what_changes": codes.WHAT_CHANGES, "direction": codes.DIRECTIONS, "counted_as": codes.COUNTED_AS}
QUARTERS = ("q1", "q2", "q3", "q4")
_TO_FILL = re.compile(r"\[[^\[\]]+\]")


@dataclass(frozen=True)
class SpecimenLine:
    """One line of a plan to begin from. `figures` are baseline, out_of and the four quarters where the worked plan gives them; `note` is guidance."""

    ref: str
    kind: str
    what: str
    what_changes: str
    direction: str
    counted_as: str
    verification: str
    note: str
    figures: Mapping[str, float]

    def row(self) -> dict[str, Any]:
        """The line as a row of the Milestones sheet: column -> value, blank ones None."""
        given = {
            "ref": self.ref, "replaces_ref": None, "kind": self.kind, "what_people_will_achieve": self.what, "what_changes": self.what_changes,
            "direction": self.direction, "counted_as": self.counted_as, "verification": self.verification,
        }  # fmt: skip
        return given | {column: self.figures.get(column) for column in ("out_of", "baseline", *QUARTERS)}


@dataclass(frozen=True)
class Template:
    """A plan to begin from: words by section with [gaps] to fill, a note beside each section, and specimen lines."""

    name: str  # the service type, or `commissioner`
    about: str
    sections: Mapping[str, str]
    notes: Mapping[str, str]
    lines: tuple[SpecimenLine, ...]

    def rows(self) -> list[dict[str, Any]]:
        return [line.row() for line in self.lines]


@dataclass(frozen=True)
class WorkedPlan:
    """A made-up service with a whole plan: five sections in words, lines with every figure. `service` is its row of the Services sheet."""

    service: Mapping[str, Any]
    year: int
    shaped: str  # how people who use the service shaped it
    sections: Mapping[str, str]
    lines: tuple[SpecimenLine, ...]


@dataclass(frozen=True)
class Library:
    """All of the file. `guidance` is by section; `line_guidance` by column of a line."""

    guidance: Mapping[str, str]
    line_guidance: Mapping[str, str]
    templates: Mapping[str, Template]
    worked: WorkedPlan
    commissioner: Template


@cache
def library() -> Library:
    """The templates of this site: of the file the setting names, else those that are shipped. Read once."""
    return load(settings.load().plan_templates)


def template_for(service_type: str) -> Template:
    """The template of a service type; of a type nobody knows, that for `other`."""
    found = library().templates
    return found.get(service_type) or found["other"]


def to_fill(text: str) -> list[str]:
    """The [gaps] of the templates that still stand in a text, in order: what somebody else put in brackets is theirs."""
    return [gap for gap in _TO_FILL.findall(text) if gap in _gaps()]


@cache
def _gaps() -> frozenset[str]:
    every = [*library().templates.values(), library().commissioner]
    return frozenset(gap for t in every for text in t.sections.values() for gap in _TO_FILL.findall(text))


def load(path: Path) -> Library:
    """A file of templates, checked. Raises Shown naming what is wrong: a type or section left out, or a word that is not of the workbook's lists."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Shown(f"The plan templates, {path.name}, could not be opened.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Shown(f"The plan templates, {path.name}, could not be read: {error}. Correct the file and try again.") from error
    try:
        templates = {t["type"]: _template(t["type"], t) for t in content["template"]}
        worked = content["worked"]
        made = Library(
            _sections("guidance", content["guidance"]), dict(content["lines"]), templates, _worked(worked), _template("commissioner", content["commissioner"])
        )
    except KeyError as error:
        raise Shown(f"The plan templates, {path.name}, lack {error}.") from error
    if missing := [t for t in codes.SERVICE_TYPES if t not in templates]:
        raise Shown(f"The plan templates, {path.name}, have none for {', '.join(missing)}.")
    if unknown := [t for t in templates if t not in codes.SERVICE_TYPES]:
        raise Shown(f"The plan templates, {path.name}, name {unknown[0]}, which is no service type.")
    return made


def _template(name: str, given: Mapping[str, Any]) -> Template:
    notes = _sections(name, given["notes"]) if "notes" in given else {}
    return Template(name, given["about"], _sections(name, given["sections"]), notes, _lines(name, given["lines"]))


def _worked(given: Mapping[str, Any]) -> WorkedPlan:
    columns = ("service_code", "service_name", "provider_code", "provider_name", "sector", "service_type", "locality", "places", "main_result")
    service = {c: given[c] for c in columns} | {"contribution_to_the_strategic_goal": given["contribution"]}
    return WorkedPlan(service, given["year"], given["shaped"], _sections("worked", given["sections"]), _lines("worked", given["lines"]))


def _sections(name: str, given: Mapping[str, str]) -> dict[str, str]:
    if tuple(given) != codes.SECTIONS:
        raise Shown(f"The plan template {name} must have the five sections, in order.")
    return dict(given)


def _lines(name: str, given: list[dict[str, Any]]) -> tuple[SpecimenLine, ...]:
    made = []
    for line in given:
        line = {"direction": "improve", **line}
        for column, allowed in LIMITS.items():
            if line[column] not in allowed:
                raise Shown(f"The plan template {name}, line {line['ref']}: '{line[column]}' is not one of {', '.join(allowed)}.")
        figures = {c: float(line[c]) for c in ("out_of", "baseline", *QUARTERS) if c in line}
        made.append(
            SpecimenLine(
                line["ref"],
                line["kind"],
                line["what"],
                line["what_changes"],
                line["direction"],
                line["counted_as"],
                line["verification"],
                line["note"],
                figures,
            )
        )
    if len({line.ref for line in made}) < len(made):
        raise Shown(f"The plan template {name} has two lines of one reference.")
    return tuple(made)
