"""Person references -> keyed hashes, before anything is stored. Whoever has the store but not the key cannot go back to a reference."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from data_loaders.values import normal_reference
from domain.errors import Shown
from domain.fields import BY_TABLE
from domain.types import Sheet


def load_key(path: Path) -> bytes:
    """The 32 bytes of this machine's person key; made on first use with mode 0600, whole or not at all. Raises errors.Shown when the file is not a key."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")  # mkstemp makes it 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(name, path)  # fails if another process was first: then its key is the key
            except FileExistsError:
                pass
            except OSError:  # file systems without links
                if not path.exists():
                    os.rename(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
    key = path.read_bytes()
    if len(key) != 32:
        raise Shown(f"The person key {path.name} is not 32 bytes long. Restore it from your backup; without it people cannot be recognised again.")
    return key


def fingerprint(key: bytes) -> str:
    """16 hex characters that say which key this is and nothing else; may be stored beside the data."""
    return hmac.digest(key, b"so-what fingerprint", "sha256").hex()[:16]


def person_hash(key: bytes, provider: str, ref: str) -> str:
    """32 hex characters for one person of one provider: HMAC-SHA-256 of provider|ref, cut to 128 bits. The reference is normalised first."""
    return hasher(key)(f"{provider.strip().upper()}|{normal_reference(ref)}")


def hasher(key: bytes) -> Callable[[str], str]:
    """HMAC-SHA-256 under one key of at most 64 bytes, as 32 hex characters. What HMAC makes of the key alone (RFC 2104) is worked out once for a whole
    column, which takes half the time of `hmac.digest` for each."""
    padded = key.ljust(64, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in padded)) for pad in (0x36, 0x5C))

    def hash_of(text: str) -> str:
        within, around = inner.copy(), outer.copy()
        within.update(text.encode())
        around.update(within.digest())
        return around.hexdigest()[:32]

    return hash_of


def mask(tables: dict[str, pa.Table], provider_of: dict[str, str], key: bytes, stand_ins: Mapping[str, str] | None = None) -> dict[str, pa.Table]:
    """The same tables with every person column hashed under the provider of the row's service. A row whose service has no provider loses its person.

    `provider_of` maps service code to provider code and must include the services of this upload (`providers_of`). `stand_ins` maps references that
    stand for somebody known already (the one-page form keeps no others) to their hash.
    """
    return {name: _masked(BY_TABLE[name], table, provider_of, key, stand_ins or {}) for name, table in tables.items()}


def providers_of(tables: dict[str, pa.Table], stored: dict[str, str]) -> dict[str, str]:
    """Service code -> provider code of the store and of the Services sheet of this upload."""
    found = dict(stored)
    if "services" in tables:
        services = tables["services"]
        found |= {s: p for s, p in zip(services["service_code"].to_pylist(), services["provider_code"].to_pylist(), strict=True) if s and p}
    return found


def _masked(sheet: Sheet, table: pa.Table, provider_of: dict[str, str], key: bytes, stand_ins: Mapping[str, str]) -> pa.Table:
    for f in sheet.fields:
        if f.kind != "person":
            continue
        services = table.column("service_code").combine_chunks().dictionary_encode()
        people = table.column(f.column).combine_chunks().dictionary_encode()
        providers = [provider_of.get(code) for code in services.dictionary.to_pylist()]
        names = sorted({p for p in providers if p})
        heads = [f"{name.strip().upper()}|" for name in names]
        place = np.array([names.index(p) if p else -1 for p in providers] + [-1], dtype=np.int64)
        who = people.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        whose = place[services.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
        pair = np.where((who < 0) | (whose < 0), -1, whose * (len(people.dictionary) + 1) + who)
        pairs = pa.array(pair).dictionary_encode()  # what np.unique gives, without sorting
        distinct, position = pairs.dictionary, pairs.indices
        refs = people.dictionary.to_pylist()  # already normalised by the checker
        width, hash_of = len(refs) + 1, hasher(key)
        hashes = pa.array(
            [None if p < 0 else stand_ins.get(refs[p % width]) or hash_of(heads[p // width] + refs[p % width]) for p in distinct.to_pylist()], pa.string()
        )
        table = table.set_column(table.schema.get_field_index(f.column), f.column, hashes.take(position))
    return table
