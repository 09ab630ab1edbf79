"""Coded scored assessments of the national data set (IDS606, IDS607): SNOMED codes -> questionnaires; answers sent one by one added up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_loaders import items
from data_loaders.found import Found
from data_loaders.questions import About
from data_loaders.values import Trouble, number
from data_loaders.wide import ITEMS
from domain import fields, snomed
from domain.types import Finding

if TYPE_CHECKING:
    from data_loaders.national import Table


def assessments(table: Table, person: pa.Array, day: pa.Array, service: str, about: About, findings: list[Finding]) -> list[Found]:
    """One table of assessments: a row for each total, and for answers sent one by one a row at the first of them with their total."""
    codes = table.texts("tool").dictionary_encode()
    tools = [code.split(":")[0].split("|")[0].strip() for code in codes.dictionary.to_pylist()]
    totals, answers, known = snomed.totals(), snomed.answers(), snomed.passed_over()
    measure = pa.array([m if (m := totals.get(t)) in about.measures else None for t in tools], pa.string()).take(codes.indices)
    unknown = [t for t in tools if t not in totals and t not in answers and t not in known]
    _told(table, codes, tools, totals, answers, unknown, findings)
    scores = table.texts("score")
    texts = np.array(scores.to_pylist(), dtype=object)
    called = np.array(measure.to_pylist(), dtype=object)
    troubles: list[tuple[int, str, Trouble]] = []
    if any(t in answers for t in tools):
        _add_up(table, codes, tools, person, day, texts, called, about, troubles, findings)
    there = pa.array([m is not None for m in called.tolist()])
    none = pa.scalar(None, pa.string())
    columns = {
        "person": table.add(pc.if_else(there, person, none)),
        "service_code": table.add(pc.if_else(there, pa.scalar(service), none)),
        "date": table.add(pc.if_else(there, day, none)),
        "measure": table.add(pa.array(called.tolist(), pa.string())),
        "score": table.add(pc.if_else(there, pa.array(texts.tolist(), pa.string()), none)),
    }
    pointer = table.elements.get("referral", table.elements.get("activity", table.elements["tool"]))
    source = {"person": pointer, "measure": table.elements["tool"], "score": table.elements["score"], "date": table.elements.get("score date", pointer)}
    return [
        Found(
            fields.BY_TABLE["assessments"],
            table.raw.name,
            table.file,
            table.row,
            columns,
            table.raw,
            source,
            frozenset({"service_code"}),
            tuple(troubles),
            table.name,
        )
    ]


def _told(
    table: Table, codes: pa.Array, tools: list[str], totals: dict[str, str], answers: dict[str, tuple[str, int]], unknown: list[str], findings: list[Finding]
) -> None:
    n_known = sum(1 for t in tools if t in totals or t in answers)
    counts = np.bincount(codes.indices.fill_null(len(tools)).to_numpy(zero_copy_only=False), minlength=len(tools) + 1)[: len(tools)]
    passed = [i for i, t in enumerate(tools) if t not in totals and t not in answers]
    if unknown:
        such = next((f"(such as {t}) " for t in unknown if t.isdigit()), "")  # anything but digits may be anything
        message = f"{len(unknown)} code{'s' if len(unknown) != 1 else ''} of '{table.raw.name}' {such}are not of a questionnaire we know."
        n = int(sum(counts[i] for i in passed if tools[i] in unknown))
        findings.append(table.look("unknown-measure", message, "Those scores were left out. Ask your commissioner to add the questionnaire.", "tool", n))
    left = [i for i in passed if tools[i] not in unknown]
    if left:
        message = f"{int(counts[left].sum()):,} scores of questionnaires that are no part of the return (experience, other conditions) were left out."
        findings.append(table.look("not-a-measure", message, "Nothing to do.", "tool", int(counts[left].sum())))
    if not n_known:
        findings.append(
            table.look("unknown-measure", f"No score of '{table.raw.name}' is of a questionnaire we know.", "Check the column CodedAssToolType.", "tool")
        )


def _add_up(
    table: Table, codes: pa.Array, tools: list[str], person: pa.Array, day: pa.Array, texts: np.ndarray, called: np.ndarray, about: About,
    troubles: list[tuple[int, str, Trouble]], findings: list[Finding],
) -> None:  # fmt: skip
    """Totals of questionnaires sent answer by answer: those of one person on one day, by the rules of data_loaders.items. Of an answer sent twice the first."""
    answers = snomed.answers()
    asked = sorted({answers[t][0] for t in tools if t in answers})
    which = np.array([asked.index(answers[t][0]) if t in answers else -1 for t in tools] + [-1])
    question_of = np.array([answers[t][1] if t in answers else 0 for t in tools] + [0])
    at = codes.indices.fill_null(len(tools)).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero((which[at] >= 0) & person.is_valid().to_numpy(zero_copy_only=False) & day.is_valid().to_numpy(zero_copy_only=False))
    if not len(rows):
        return
    whose, when = (_places(column, rows) for column in (person, day))
    _, group = np.unique((which[at[rows]] * (whose.max() + 1) + whose) * (when.max() + 1) + when, return_inverse=True)
    _, first = np.unique(group * 100 + question_of[at[rows]], return_index=True)
    rows, group = rows[first], group[first]
    measure, question = which[at[rows]], question_of[at[rows]]
    value, spared = _answered(texts[rows], measure, question, asked)
    wrong = (value < 0) & ~spared

    groups = int(group.max()) + 1
    held = np.bincount(group, minlength=groups)
    total = np.bincount(group, weights=np.where(value > 0, value, 0), minlength=groups).astype(np.int64)
    begins, of = np.full(groups, len(texts)), np.zeros(groups, dtype=np.int64)
    np.minimum.at(begins, group, rows)
    of[group] = measure
    whole = np.array([about.measures[m].items or 0 for m in asked])[of]
    allowed = np.array([items.RULES[m].allowed if m in items.RULES else 0 for m in asked])[of]
    sound = np.bincount(group, weights=wrong, minlength=groups) == 0
    names = np.array(asked, dtype=object)

    first_row = table.row + 1
    for row, m in zip(rows[wrong].tolist(), measure[wrong].tolist(), strict=True):
        message = f"An answer of {asked[m]} runs from 0 to {ITEMS[asked[m]]}; this one does not."
        troubles.append((first_row + row, "score", Trouble("out-of-range", message, "Correct the answer at its source.")))
    called[rows[wrong]] = names[measure[wrong]]
    short = np.flatnonzero(sound & (whole - held > allowed))
    for g in short.tolist():
        message = f"{held[g]} of the {whole[g]} answers of {asked[of[g]]} are here, so there is no total."
        troubles.append((first_row + int(begins[g]), "score", Trouble("items-missing", message, "Send all of its answers, or none.")))
    texts[begins[short]] = None
    good = np.flatnonzero(sound & (whole - held <= allowed))
    texts[begins[good]] = [str(n) for n in total[good].tolist()]
    for some in (short, good):
        called[begins[some]] = names[of[some]]
    if len(good):
        findings.append(table.look("items-totalled", f"Answers sent one by one were added up to {len(good):,} totals.", "Nothing to do.", "score"))
    if n := int(spared.sum()):
        message = f"In {n:,} of them the question on work does not apply; the total is that of the other four."
        findings.append(table.look("items-not-applicable", message, "Nothing to do.", "score", n))


def _places(column: pa.Array, rows: np.ndarray) -> np.ndarray:
    """A number for each row, the same where the texts are the same."""
    return column.take(pa.array(rows)).dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _answered(texts: np.ndarray, measure: np.ndarray, question: np.ndarray, asked: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """(the answers, -1 where there is none within the range; where the question was said not to apply). Each distinct text is looked at once."""
    encoded = pa.array(texts.tolist(), pa.string()).dictionary_encode()
    words = [text.casefold() for text in encoded.dictionary.to_pylist()]
    read = [number(word) for word in words]
    whole = np.array([int(v) if v is not None and v == v.to_integral_value() else -1 for v in read] + [-1])
    place = encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
    value = whole[place]
    spared = np.zeros(len(texts), dtype=bool)
    for m, name in enumerate(asked):
        n, spare = items.NOT_APPLICABLE.get(name, (0, ()))
        spared |= (measure == m) & (question == n) & np.array([word in spare for word in words] + [False])[place]
        value = np.where((measure == m) & ((value > ITEMS[name]) | (value < 0)), -1, value)
    return np.where(spared, -1, value), spared
