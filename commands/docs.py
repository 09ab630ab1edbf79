"""The pages of docs/ that are made from the code: `python -m commands.docs` writes them, `--check` says whether they are current."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from decimal import Decimal

from domain import fields, settings
from domain.measures import all_measures
from domain.types import Field, Measure, Metric
from exports import plan_files
from metrics import registry

DOCS = settings.ROOT / "docs"
MADE = "<!-- Made by `make docs` from {origin}. Change it there. -->"
KINDS = {
    "code": "a code, kept exactly as typed",
    "person": "your own reference, scrambled before anything is kept",
    "text": "free text, read for identifiers before it is kept",
    "name": "a short label, never a person's name",
    "choice": "one of a list",
    "category": "suggested words; others form groups of their own",
    "list": "several codes with semicolons between",
    "measure": "a questionnaire (see [measures](measures.md))",
    "score": "a number within the questionnaire's range",
    "number": "a number",
    "integer": "a whole number",
    "money": "pounds",
    "date": "a date, day first",
    "time": "a time, such as 14:30",
    "year": "a plan year, such as 2025-26",
    "quarter": "a quarter, such as Q3 or 3",
}
LOADING = {
    "quarter": "Sending the sheet again replaces what it said about the same service and quarter.",
    "record": "A row with the same key replaces the earlier one; rows left out stay, unless you say that the file is complete for its dates.",
}


def main(arguments: list[str]) -> int:
    """Writes the pages, or with --check prints which are out of date; 0 when all are current."""
    stale = []
    for name, made in PAGES.items():
        path, text = DOCS / name, made()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(text, encoding="utf-8", newline="\n")
    if stale and "--check" in arguments:
        print(f"Out of date: {', '.join(f'docs/{name}' for name in stale)}. `make docs` writes {'it' if len(stale) == 1 else 'them'} again.")
        return 1
    print(f"docs/ is current: {', '.join(PAGES)}." if not stale else f"Written: {', '.join(stale)}.")
    return 0


def workbook() -> str:
    """docs/workbook.md: every sheet and column of the return workbook, as domain/fields defines them."""
    lines = [
        "# The return workbook", "", MADE.format(origin="domain/fields.py"), "",
        "A workbook may hold any of these sheets, in any order, for any number of services. Columns marked ● are needed; the rest may be left out.",
        "The order of columns does not matter, a title above the table does no harm, and the other names in the last column are understood too.",
        "`python so_what.py template return.xlsx` writes a blank one with drop-downs.", "",
        "Dates are day first. Zero is a value; blank is missing. `2025-26 Q3` and `Q3 25/26` both mean October to December 2025.",
        "Never send names, dates of birth, NHS or CHI numbers, addresses, postcodes, phone numbers or e-mail addresses: such columns are refused.",
    ]  # fmt: skip
    for sheet in fields.SHEETS:
        key = ", ".join(sheet.field(column).name for column in sheet.key)
        lines += ["", f"## {sheet.name}", "", sheet.purpose, "", f"One row is the same row again when it has the same {key}. {LOADING[sheet.loading]}", ""]
        lines += ["| column | | what goes in it | allowed | also understood |", "|---|---|---|---|---|"]
        lines += [_table_row(_field(field)) for field in sheet.fields]
    return _text(lines)


def _field(field: Field) -> list[str]:
    allowed = KINDS[field.kind]
    if field.choices:
        allowed = f"{'suggested' if field.kind == 'category' else 'one of'}: {' · '.join(field.choices)}"
    if field.lowest is not None or field.highest is not None:
        allowed += f", {_range(field.lowest, field.highest)}"
    return [field.name, "●" if field.required else "", field.help, allowed, "; ".join(field.synonyms)]


def _range(lowest: float | None, highest: float | None) -> str:
    if highest is None:
        return f"{lowest:g} or more"
    return f"up to {highest:g}" if lowest is None else f"{lowest:g} to {highest:g}"


def measures() -> str:
    """docs/measures.md: every questionnaire, its range, threshold and the source of each number."""
    lines = [
        "# Questionnaires and scales", "", MADE.format(origin="domain/measures.toml"), "",
        "Facts for scoring and for judging change; never the questions themselves, whose licences differ. Every number has its source.",
        "Without a published reliable change no one is called clearly better or worse until one has been worked out from the portfolio's own scores.", "",
        "| code | name | range | better | reliable change | clinical range | |", "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    every = all_measures().values()
    for m in every:
        clinical = f"{m.clinical_side} {_n(m.cutoff)}" if m.cutoff is not None else "none published here"
        cells = [m.code, m.name, f"{_n(m.lowest)} to {_n(m.highest)}", m.better, _n(m.reliable_change) or "none published here", clinical]
        lines.append(_table_row([*cells, f"[sources](#{_anchor(m.code)})"]))
    for m in every:
        lines += ["", f"## {m.code}", "", f"{m.name}.", ""]
        lines += [f"- {words}" for words in _facts(m)]
        lines += ["", "| number | source |", "|---|---|", *(_table_row([name.replace("_", " "), source]) for name, source in m.sources)]
    return _text(lines)


def _facts(m: Measure) -> list[str]:
    facts = [f"runs from {_n(m.lowest)} to {_n(m.highest)} in steps of {_n(m.step)}; {m.better} is better; mainly as seen by the {m.headline_perspective}"]
    if m.items:
        facts.append(f"{m.items} item{'s' if m.items > 1 else ''}")
    if m.important_difference is not None:
        facts.append(f"smallest difference that matters: {_n(m.important_difference)}")
    if m.reliability is not None:
        facts.append(f"reliability {_n(m.reliability)}")
    if m.bands:
        facts.append("bands: " + " · ".join(f"{words} {_n(a)}–{_n(b)}" for words, a, b in m.bands))
    if m.subscales:
        facts.append("parts: " + " · ".join(f"{code} {_n(a)}–{_n(b)}" for code, a, b in m.subscales))
    if m.conversion:
        facts.append(f"a raw total is turned into the published metric score ({len(m.conversion)} entries)")
    if m.synonyms:
        facts.append("also understood: " + "; ".join(m.synonyms))
    if m.snomed:
        facts.append("SNOMED CT: " + ", ".join(m.snomed))
    if m.licence:
        facts.append(f"licence: {m.licence}")
    return facts


def metrics() -> str:
    """docs/metrics.md: every metric, its words and, beside them, the conditions that say the same in SQL."""
    lines = [
        "# The figures", "", MADE.format(origin="metrics/registry.py"), "",
        "Each is a command of its own, `python so_what.py ID`, an address in the app and the name of its downloads.",
        "The conditions are over the marts `outcome` (one questionnaire asked for) and `headline` (a service's main measures together): see",
        "[the house](architecture.md).", "", "| id | title | kind | unit | better |", "|---|---|---|---|---|",
    ]  # fmt: skip
    every = registry.METRICS.values()
    lines += [_table_row([f"[`{m.id}`](#{_anchor(m.id)})", m.title, m.kind, m.unit, m.better]) for m in every]
    for m in every:
        lines += ["", f"## {m.id}", "", f"**{m.title}.** {m.question}{f' (Over the mart `{m.mart}`.)' if m.mart else ''}", ""]
        lines += ["| | in words | condition |", "|---|---|---|", *_conditions(m), "", f"Method: {m.method}.", "", f"Source: {m.source}."]
    return _text(lines)


def _conditions(m: Metric) -> list[str]:
    first = "how many" if m.kind == "proportion" else "value"
    return [_table_row([first, m.numerator_words, f"`{m.numerator}`"]), _table_row(["out of whom", m.denominator_words, f"`{m.denominator}`"])]


def _n(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _anchor(heading: str) -> str:
    return "".join(c for c in heading.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def _table_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "plans-worked.md": plan_files.worked_page,
    "plans-templates.md": plan_files.templates_page,
    "workbook.md": workbook,
    "measures.md": measures,
    "metrics.md": metrics,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
