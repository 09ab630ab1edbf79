"""Target plans as files and pages: the worked plan and the templates in Markdown and as a workbook, and a service's reality check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

import pandas as pd

from access.plan_beside import Beside
from data_loaders import return_template
from domain import plan_templates
from domain.plan_templates import QUARTERS, SpecimenLine
from domain.quarters import Quarter, british, year_name
from exports import files

NOT_KNOWN = "not known"
RANGE = (
    "Likely from … to: where a year like the last 4 to 12 quarters falls eight times in ten (10th to 90th centile of a negative binomial distribution, "
    "wider where the quarters vary more). Only for people counted anew; too few quarters: none."
)


# ---- the worked plan and the templates -------------------------------------------------------------------------------------------------------


def worked() -> str:
    """The worked plan as a page of Markdown, without its heading."""
    plan = plan_templates.library().worked
    lines = [
        f"*Made up from beginning to end, to show what a plan may look like: nobody in it is real. {plan.service['service_name']}, "
        f"{plan.service['locality']}: {plan.service['service_type']}, {plan.service['places']} places. Plan year {year_name(plan.year)} "
        f"(April {plan.year} to March {plan.year + 1}).*",
        "",
    ]
    for section, text in plan.sections.items():
        lines += [f"**{_capital(section)}.** {text}", ""]
    lines += ["| line | what people will achieve | counted as | baseline | " + " | ".join(_months(plan.year)) + " | out of |"]
    lines += ["|---|---|---|---|---|---|---|---|---|"]
    lines += [_row([x.ref, x.what, x.counted_as, _n(x, "baseline"), *(_n(x, q) for q in QUARTERS), _n(x, "out_of")]) for x in plan.lines]
    lines += ["", "Behind each line:", ""]
    for x in plan.lines:
        lines.append(f"- **{x.ref}** ({x.kind}; {x.what_changes}; {x.direction}). How anyone could check it: {x.verification}. {x.note}")
    lines += ["", f"**How people who use the service shaped it.** {plan.shaped}"]
    return "\n".join(lines)


def worked_page() -> str:
    """docs/plans-worked.md."""
    head = ["# A target plan, worked through", "", _made(), ""]
    foot = [
        "", "The page *Target plan* shows it too, and hands it out as a workbook that can be sent back as it is.",
        "See also [where a plan may begin](plans-templates.md) and [how plan and return are compared](plans.md).",
    ]  # fmt: skip
    return "\n".join([*head, worked(), *foot]) + "\n"


def templates_page() -> str:
    """docs/plans-templates.md: the guidance, and for each type of service its words and specimen lines."""
    library = plan_templates.library()
    lines = [
        "# Where a target plan may begin", "", _made(), "",
        "A plan has five sections and a few lines. On *Target plan* a service may begin from the template of its type: the words are filled in with [gaps] to",
        "complete, the lines stand there without figures, and the projections are the service's to set. See also [a plan worked through](plans-worked.md).", "",
        "## The five sections", "", *(f"- **{_capital(s)}.** {text}" for s, text in library.guidance.items()), "",
        "## A line", "", *(f"- **{_capital(c.replace('_', ' '))}.** {text}" for c, text in library.line_guidance.items()),
    ]  # fmt: skip
    for t in library.templates.values():
        lines += ["", f"## {_capital(t.name)}", "", t.about, ""]
        for section, text in t.sections.items():
            lines += [f"- **{_capital(section)}.** {text} *{t.notes[section]}*"]
        lines += ["", "| line | what people will achieve | counted as | how to check it | setting the figures |", "|---|---|---|---|---|"]
        lines += [_row([x.ref, x.what, _counted(x), x.verification, x.note]) for x in t.lines]
    return "\n".join(lines) + "\n"


def guidance(service_type: str) -> str:
    """The notes of a type's template as Markdown: by section, then by line."""
    library, made = plan_templates.library(), plan_templates.template_for(service_type)
    lines = [made.about, "", *(f"- **{_capital(s)}.** {library.guidance[s]} {made.notes[s]}" for s in made.sections), ""]
    return "\n".join([*lines, *(f"- **{x.what}** ({_counted(x)}). {x.note}" for x in made.lines)])


@cache
def worked_book() -> bytes:
    """The worked plan as a workbook; our own reader finds nothing to ask in it."""
    return return_template.worked_book(plan_templates.library().worked)


def _made() -> str:
    return "<!-- Made by `make docs` from domain/plan_templates.toml. Change it there. -->"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _counted(line: SpecimenLine) -> str:
    return line.counted_as if line.direction == "improve" else f"{line.counted_as}; maintain"


def _months(year: int) -> list[str]:
    return [" to ".join(month[:3] for month in Quarter(year, n).months().split(" to ")) for n in (1, 2, 3, 4)]


def _n(line: SpecimenLine, column: str) -> str:
    return f"{line.figures[column]:g}" if column in line.figures else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


# ---- the reality check -----------------------------------------------------------------------------------------------------------------------


def reality_frame(rows: Sequence[Beside]) -> pd.DataFrame:
    """One row per line: last year's plan and figure, the likely range, proposed, agreed, what became of past projections, and the last quarters."""
    return pd.DataFrame(
        {
            "line": [r.ref for r in rows],
            "what people will achieve": [r.what for r in rows],
            "counted as": [r.counted_as for r in rows],
            "last year's plan": [_known(r.last_plan) for r in rows],
            "last year": [_known(r.last_actual) for r in rows],
            "likely from": [_known(r.low) for r in rows],
            "likely to": [_known(r.high) for r in rows],
            "proposed": [_known(r.proposed) for r in rows],
            "agreed": [_known(r.agreed) for r in rows],
            "past projections": ["; ".join(r.past) or NOT_KNOWN for r in rows],
            "quarters counted": ["; ".join(f"{q}: {a:g}" for q, a in r.quarters) or NOT_KNOWN for r in rows],
        },
        dtype=object,
    )


def reality_about(name: str, year: int, data_date: date | None, data_version: int) -> list[str]:
    """What a file of the reality check says of itself."""
    day = british(data_date) if data_date else NOT_KNOWN
    return [
        f"Reality check of {name} for {year_name(year)}: last year, the likely range, and the plan.", RANGE,
        "A range says what a year like these quarters would bring. It says nothing about what would be worth trying.",
        "Contract figures, exact, between the service and its commissioner.", f"Data up to {day}, data version {data_version}.", *files.STANDING[1:],
    ]  # fmt: skip


def reality_csv(rows: Sequence[Beside], about: Sequence[str]) -> bytes:
    return files._csv(reality_frame(rows), about)


def reality_xlsx(rows: Sequence[Beside], about: Sequence[str]) -> bytes:
    return files.xlsx_bytes({"Reality check": reality_frame(rows)}, about)


def _known(value: float | None) -> float | str:
    return NOT_KNOWN if value is None else value
