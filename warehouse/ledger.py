"""The ledger: every change is a folder of Parquet and an event, written and synced before the database knows of it. The database can be rebuilt from it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

LOG = "log.jsonl"


def folder_of(database: Path) -> Path:
    """`data/so-what.duckdb` keeps its ledger in `data/so-what-ledger`, so that the sample's and one's own never meet."""
    return database.parent / f"{database.stem}-ledger"


def write(root: Path, upload_id: str, tables: dict[str, pa.Table], event: dict[str, Any]) -> Path:
    """Writes one change: to a temporary name, synced, renamed, and the parent synced. Returns the folder.

    Raises OSError with nothing left behind when the disk refuses.
    """
    root.mkdir(parents=True, exist_ok=True)
    temporary, final = root / f".{upload_id}.tmp", root / upload_id
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir()
        for name, table in sorted(tables.items()):
            # Nobody searches these files by value, and hashes of people do not repeat enough to be worth a dictionary. The database reads a group of rows
            # with each of its threads.
            words = [column for column in table.column_names if column != "person"]
            pq.write_table(table, temporary / f"{name}.parquet", row_group_size=122_880, compression="snappy", use_dictionary=words, write_statistics=False)
            _sync(temporary / f"{name}.parquet")
        (temporary / "event.json").write_text(json.dumps(event, sort_keys=True, indent=1, default=str))
        _sync(temporary / "event.json")
        _sync(temporary)
        temporary.rename(final)
        _sync(root)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return final


def discard(root: Path, upload_id: str) -> None:
    """Removes the folder of a change the database did not take."""
    shutil.rmtree(root / upload_id, ignore_errors=True)


def log(root: Path, upload_id: str) -> None:
    """Appends the change's id and the SHA-256 of its folder to the log, and syncs it. Only now is the change acknowledged."""
    _append(root, {"id": upload_id, "sha256": digest(root / upload_id)})


def _append(root: Path, line: dict[str, str]) -> None:
    with (root / LOG).open("a") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def logged(root: Path) -> list[dict[str, str]]:
    """One dict (id, sha256) per acknowledged change, in order. A half-written last line is not an acknowledgement.

    An erasure that rewrote a change adds a line with its new SHA-256; the change keeps its place.
    """
    if not (root / LOG).exists():
        return []
    lines: dict[str, dict[str, str]] = {}
    for text in (root / LOG).read_text().splitlines():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            continue
        lines[line["id"]] = line
    return list(lines.values())


def log_rewritten(root: Path, upload_id: str, sha256: str) -> None:
    """Appends the SHA-256 an earlier change is about to have, because an erasure takes something out of it."""
    end_line(root / LOG)
    _append(root, {"id": upload_id, "sha256": sha256})


def replace(file: Path, content: bytes) -> None:
    """Puts new content in the place of one file of a change: whole or not at all."""
    temporary = file.parent.parent / f".{file.parent.name}.{file.name}"
    temporary.write_bytes(content)
    _sync(temporary)
    os.replace(temporary, file)
    _sync(file.parent)


def digest(folder: Path) -> str:
    """SHA-256 over the names and bytes of a change's files."""
    return digest_of({file.name: file.read_bytes() for file in folder.iterdir()})


def digest_of(contents: dict[str, bytes]) -> str:
    """The same over files that are not written yet."""
    sha = hashlib.sha256()
    for name, content in sorted(contents.items()):
        sha.update(name.encode() + b"\0" + content)
    return sha.hexdigest()


def read_event(root: Path, upload_id: str) -> dict[str, Any]:
    return json.loads((root / upload_id / "event.json").read_text())


def parquet(root: Path, upload_id: str, table: str) -> Path | None:
    """The file of one table of one change, or None where the change does not hold it."""
    path = root / upload_id / f"{table}.parquet"
    return path if path.exists() else None


def recover(root: Path, stored: list[str]) -> list[str]:
    """Makes log and folders agree with the database after a crash. Returns a sentence for each thing found.

    A row without a log line was committed: its line is appended. A folder without a row never was: it moves to `orphaned/`.
    """
    told: list[str] = []
    if not root.exists():
        return told
    known = {line["id"] for line in logged(root)}
    for upload_id in stored:
        if upload_id not in known and (root / upload_id).exists():
            end_line(root / LOG)
            log(root, upload_id)
            told.append(f"The change {upload_id} had been kept but not written to the log; the log is complete again.")
    for folder in sorted(root.iterdir()):
        if folder.name.startswith("."):
            shutil.rmtree(folder, ignore_errors=True) if folder.is_dir() else folder.unlink(missing_ok=True)
        elif folder.is_dir() and folder.name != "orphaned" and folder.name not in stored:
            (root / "orphaned").mkdir(exist_ok=True)
            shutil.rmtree(root / "orphaned" / folder.name, ignore_errors=True)
            folder.rename(root / "orphaned" / folder.name)
            told.append(f"The change {folder.name} was interrupted before it was kept. Nothing of it is in the figures; please send it again.")
    return told


def end_line(path: Path) -> None:
    """A crash may have left half a line; a new one must not be glued to it."""
    if path.exists() and (content := path.read_bytes()) and not content.endswith(b"\n"):
        with path.open("ab") as file:
            file.write(b"\n")


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot sync a folder
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
