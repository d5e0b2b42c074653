"""One row that cannot be written must not keep a whole batch from it."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError


def are_to_blame(error: Exception) -> bool:
    """Whether writing failed for what was to be written, and not for the database or others that write.

    SQLite says that a sum overflows as it says that the database is locked, in other words.
    """
    return not isinstance(error, InterfaceError | OperationalError) or "overflow" in str(error)
