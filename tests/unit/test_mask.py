"""Masking: references become keyed hashes; the same person is the same, and nobody without the key can find out who."""

from __future__ import annotations

import hashlib
import hmac
import stat
import threading
from datetime import date
from pathlib import Path

import pytest

from data_loaders.mask import fingerprint, hasher, load_key, mask, person_hash, providers_of
from domain.errors import Shown
from tests.unit.books import ASSESSMENTS, KNOWN, PEOPLE, book, through

KEY = bytes(range(32))
DAY = date(2025, 5, 1)


def test_the_hash_is_hmac_sha256_of_provider_and_reference_cut_to_128_bits() -> None:
    expected = hmac.new(KEY, b"ORG01|C-7", hashlib.sha256).hexdigest()[:32]
    assert person_hash(KEY, "ORG01", "C-7") == expected == person_hash(KEY, "org01 ", " c-7 ")
    assert len({expected, person_hash(KEY, "ORG02", "C-7"), person_hash(KEY, "ORG01", "C-8"), person_hash(bytes(32), "ORG01", "C-7")}) == 4


def test_many_hashes_under_one_key_are_the_same_hashes() -> None:
    for key in (KEY, bytes(32), b"short"):
        hash_of = hasher(key)
        for text in ("", "ORG01|C-7", "ORG01|" + "x" * 200, "ORG01|é"):
            assert hash_of(text) == hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


def test_every_person_column_is_hashed_and_nothing_else_changes() -> None:
    heads = (*PEOPLE, "cares for (ref)")
    checked, findings = through(
        book(
            {
                "People": [heads, ("C1", "SVC001", DAY, None, "C2"), ("C2", "SVC001", DAY, None, None), ("C1", "SVC002", DAY, None, None)],
                "Assessments": [ASSESSMENTS, ("c1", "SVC003", DAY, "PHQ-9", 3)],
            }
        )
    )
    assert not findings
    masked = mask(checked.tables, KNOWN.services, KEY)
    one, two, other = person_hash(KEY, "ORG01", "C1"), person_hash(KEY, "ORG01", "C2"), person_hash(KEY, "ORG02", "C1")
    assert masked["people"]["person"].to_pylist() == [one, two, other]
    assert masked["people"]["cares_for"].to_pylist() == [two, None, None]
    assert masked["assessments"]["person"].to_pylist() == [one]  # another service of the same provider: the same person
    for name, table in checked.tables.items():
        untouched = [c for c in table.column_names if c not in ("person", "cares_for")]
        assert masked[name].select(untouched).equals(table.select(untouched))
        assert "C1" not in str(masked[name].to_pylist())


def test_a_person_of_nobodys_service_is_dropped_not_left_bare() -> None:
    checked, _ = through(book({"People": [PEOPLE, ("C1", "SVC099", DAY, None)]}))
    assert mask(checked.tables, KNOWN.services, KEY)["people"]["person"].to_pylist() == [None]


def test_services_of_the_upload_count() -> None:
    services = ("service code", "service name", "provider code", "provider name", "service type")
    checked, _ = through(book({"Services": [services, ("SVC050", "New", "ORG01", "Org", "advocacy")], "People": [PEOPLE, ("C1", "SVC050", DAY, None)]}))
    masked = mask(checked.tables, providers_of(checked.tables, KNOWN.services), KEY)
    assert masked["people"]["person"].to_pylist() == [person_hash(KEY, "ORG01", "C1")]


def test_tables_without_people_pass_unchanged() -> None:
    checked, _ = through(book({"Activity": [("service code", "quarter"), ("SVC001", "2025-26 Q1")]}))
    assert mask(checked.tables, KNOWN.services, KEY)["activity"].equals(checked.tables["activity"])


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "person.key"
    key = load_key(path)
    assert len(key) == 32 and load_key(path) == key and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["person.key"]
    assert load_key(tmp_path / "other.key") != key


def test_all_who_ask_first_get_the_same_key(tmp_path: Path) -> None:
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(load_key(tmp_path / "person.key"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8 and len(set(keys)) == 1


def test_a_damaged_key_is_refused_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "person.key"
    path.write_bytes(b"short")
    with pytest.raises(Shown):
        load_key(path)
    assert path.read_bytes() == b"short"


def test_the_fingerprint_tells_keys_apart_and_is_no_key() -> None:
    assert fingerprint(KEY) == hmac.new(KEY, b"so-what fingerprint", hashlib.sha256).hexdigest()[:16]
    assert fingerprint(KEY) != fingerprint(bytes(32)) and KEY.hex() not in fingerprint(KEY)
