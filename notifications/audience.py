"""Whose events somebody may read. Teams are only words in events' labels here: another app says who is in which."""

from collections.abc import Callable, Sequence
from typing import Any

_teams_of: list[Callable[[Any], Sequence[str]]] = []


def ask_for_teams(answer: Callable[[Any], Sequence[str]]) -> None:
    """Have `answer` say, for a user, the names of their teams; the last one registered counts."""
    _teams_of[:] = [answer]


def teams_of(user: Any) -> Sequence[str]:
    """The names of the user's teams; none while nobody has been registered."""
    return _teams_of[0](user) if _teams_of else ()
