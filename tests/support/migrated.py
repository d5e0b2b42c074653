"""A migrated SQLite database, kept between runs and shared by test workers: migrations run when there are new ones.

A worker copies it in the place of an empty database, and migrates all the same: there is then nothing left to apply,
and what is written after each migrate (roles, permissions, entries of beat) is written by the code as it is now.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from portal.env import BASE_DIR


@contextmanager
def kept(folder: Path, database: Path) -> Iterator[None]:
    """Put the kept database in the place of `database`, when there is one.

    When there was none, what is in `database` at the end of the block is kept. Other processes wait for that.
    """
    ours = folder / f"{_fingerprint()}.sqlite3"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = ours.is_file()
        if found:
            shutil.copyfile(ours, database)
            fcntl.flock(lock, fcntl.LOCK_UN)
        yield
        if not found:
            for old in folder.glob("*.sqlite3*"):
                old.unlink()
            _copy(database, ours)


def _fingerprint() -> str:
    """Of all migrations: our own by their text, those of packages by the versions that are pinned."""
    said = hashlib.sha256(sqlite3.sqlite_version.encode())
    for path in [BASE_DIR / "requirements.txt", *sorted(BASE_DIR.glob("*/migrations/*.py"))]:
        said.update(f"{path.relative_to(BASE_DIR)}\n".encode())
        said.update(path.read_bytes())
    return said.hexdigest()[:16]


def _copy(database: Path, to: Path) -> None:
    """Whole, with what still stands in its write-ahead log; it is under its name when it is complete."""
    unfinished = to.with_suffix(".sqlite3.part")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    unfinished.rename(to)
