"""Identifiers: how much of a labelled set is found, and what ten-digit references of a provider's own are taken for."""

from __future__ import annotations

import random
import re
import time

import pyarrow as pa
import pytest

from data_loaders import identifiers, screen, values
from data_loaders.identifiers import HEALTH, PHONE
from domain.settings import ROOT
from tests.unit import labelled
from tests.unit.books import PEOPLE, book, codes, through

SET = labelled.sentences()


def measured() -> dict[str, tuple[int, int]]:
    """Of the labelled set: kind -> (found, there), `held` -> (rightly held back, held back at all)."""
    found = identifiers.screen(pa.array([text for text, _ in SET]))
    told: dict[str, tuple[int, int]] = {}
    for kind in labelled.EACH:
        there = [i for i, (_, k) in enumerate(SET) if k == kind]
        told[kind] = (sum(i in found for i in there), len(there))
    told["held"] = (sum(bool(SET[i][1]) for i in found), len(found))
    return told


def test_precision_and_recall_are_as_the_documentation_says(capsys: pytest.CaptureFixture[str]) -> None:
    told = measured()
    there, found = sum(n for k, (_, n) in told.items() if k != "held"), told["held"][0]
    precision, recall = found / told["held"][1], found / there
    lines = [f"precision {100 * precision:.1f}% ({found} of {told['held'][1]} sentences held back)", f"recall {100 * recall:.1f}% ({found} of {there})"]
    lines += [f"{kind}: {a} of {b}" for kind, (a, b) in told.items() if kind != "held"]
    with capsys.disabled():
        print("\nidentifiers on 500 labelled sentences: " + "; ".join(lines))
    assert len(SET) == 500 and there == 250
    assert precision >= 0.95 and recall >= 0.95, [(t, k) for i, (t, k) in enumerate(SET) if bool(k) != (i in identifiers.screen(pa.array([t for t, _ in SET])))]
    document = (ROOT / "docs" / "identifiers.md").read_text(encoding="utf-8")
    assert [line for line in lines if line not in document] == [], "docs/identifiers.md says something else than what is measured"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_holds_for_other_sentences_too(seed: int) -> None:
    """The documented set is one draw: others, never looked at while the patterns were written, do as well within a few points."""
    others = labelled.sentences(seed)
    found = identifiers.screen(pa.array([text for text, _ in others]))
    right = sum(bool(others[i][1]) for i in found)
    assert right / len(found) > 0.92 and right / 250 > 0.92


def test_what_is_not_found_is_not_claimed() -> None:
    assert identifiers.screen(pa.array(labelled.INDIRECT)) == {}
    assert "never claimed that none is left" in re.sub(r"\s+", " ", (ROOT / "docs" / "identifiers.md").read_text(encoding="utf-8"))


def test_a_column_is_screened_at_speed() -> None:
    """Ordinary words cost one pass: a column of 200,000 is screened in well under the time of judging each."""
    ordinary = [text for text, kind in SET if not kind and "ref" not in text.lower()]
    column = pa.array([ordinary[i % len(ordinary)][:30] + f" again {i % 7}" for i in range(200_000)])
    began = time.process_time()
    identifiers.screen(column.dictionary_encode().dictionary)
    assert time.process_time() - began < 2


# ---- ten-digit references --------------------------------------------------------------------------------------------------------------------


def own_ten_digits(n: int, seed: int = 7) -> list[str]:
    r = random.Random(seed)
    return sorted({f"{r.randint(10**9, 10**10 - 1)}" for _ in range(n)})


def nhs_numbers(n: int, seed: int = 7) -> list[str]:
    r = random.Random(seed)
    found: list[str] = []
    while len(found) < n:
        made = re.sub(r"\D", "", labelled.health(r))
        if len(made) == 10 and made not in found:
            found.append(made)
    return found


def people(refs: list[str]) -> set[str]:
    _, findings = through(book({"People": [PEOPLE, *((ref, "SVC001", "2025-04-07", None) for ref in refs)]}))
    return codes(findings)


@pytest.mark.parametrize("n", [60, 200])
def test_a_provider_whose_own_references_have_ten_digits_is_not_stopped(n: int) -> None:
    refs = own_ten_digits(n)
    by_chance = [ref for ref in refs if identifiers.check_digit(ref)]
    assert by_chance and identifiers.by_chance(refs) == frozenset(by_chance)
    assert "looks-like-nhs-number" not in people(refs)


@pytest.mark.parametrize(
    "refs", [nhs_numbers(1), nhs_numbers(40), [*nhs_numbers(9), *own_ten_digits(20)], ["C1", "C2", *nhs_numbers(1)], ["943 476 5919", *own_ten_digits(40)]]
)
def test_nhs_numbers_as_references_stop_the_file(refs: list[str]) -> None:
    assert "looks-like-nhs-number" in people(refs)


def test_the_share_of_providers_stopped_by_chance_is_small() -> None:
    """Of 300 providers with forty ten-digit references of their own hardly one is stopped; before, all but a few were."""
    stopped = sum(not identifiers.by_chance(refs) and any(map(identifiers.check_digit, refs)) for refs in (own_ten_digits(40, seed) for seed in range(300)))
    assert stopped <= 3


@pytest.mark.parametrize("text", ["NHS number 4010232138 as he read it out", "his CHI is 0101701234", "nhs no: 9434765918"])
def test_a_number_called_an_nhs_number_is_one_even_with_a_slip_in_it(text: str) -> None:
    assert identifiers.kinds(text) == [HEALTH]


@pytest.mark.parametrize("text", ["on 00353 1 234 5678", "+1 202 555 0173 from abroad", "07700 900123", "(0151) 496 0123"])
def test_telephone_numbers_of_all_sorts(text: str) -> None:
    assert PHONE in identifiers.kinds(text)


LONG = 30_000
WORDS = (
    "x", "1", "-", "_", ".", "x ", "1 ", "a.b", "a_b", "A1 ", "Xx ", "a@", "@", "born ", "born" + " " * 50, "nhs 1234567890 ", "d o b ", "Mr ", "(0", "+44 ",
    "SW1 ", "'x",
)  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_no_text_takes_longer_than_its_length_allows(word: str) -> None:
    """One cell of one endless word must not keep everybody waiting: a pattern that looks back over it again and again takes minutes for this."""
    text = (word * LONG)[:LONG]
    began = time.process_time()
    identifiers.kinds(text)
    screen.reference_trouble(text)
    values.show(text)
    assert time.process_time() - began < 2
