"""A database of its own for a benchmark, on the server the settings name, removed afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def fresh_database() -> Iterator[None]:
    """Migrated and empty. On SQLite it is a file, with the options of production: memory would flatter the figures."""
    name = str(connection.settings_dict["NAME"])
    with tempfile.TemporaryDirectory(prefix="daybreak-bench-") as directory:
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = str(Path(directory) / "bench.sqlite3")
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)


def address_of(database: BaseDatabaseWrapper) -> str:
    """The address under which another process reaches the database that is connected to."""
    given = database.settings_dict
    if database.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    sign_in = f"{given['USER']}:{given['PASSWORD']}".rstrip(":")
    return f"postgresql://{sign_in}@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"
