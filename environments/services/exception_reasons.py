"""Exceptions that nobody gave a reason for: those set in a chat, where none is asked for.

The database wants something there. What stands for it is a dash, which is the same in every language; that it came from
a chat is what its origin says, to each reader in their own.
"""

from __future__ import annotations

from typing import Final

NOT_GIVEN: Final = "–"


def given(reason: str) -> str:
    """What somebody wrote as the reason; empty where nobody did."""
    return "" if reason == NOT_GIVEN else reason
