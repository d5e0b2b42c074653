"""Whose events somebody may read, and whom an event concerns. Teams and environments are only words in events' labels
here: another app says who is in which."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

_teams_of: list[Callable[[Any], Sequence[str]]] = []
_people_of: list[Callable[[Mapping[str, str]], Sequence[int]]] = []


def ask_for_teams(answer: Callable[[Any], Sequence[str]]) -> None:
    """Have `answer` say, for a user, the names of their teams; the last one registered counts."""
    _teams_of[:] = [answer]


def teams_of(user: Any) -> Sequence[str]:
    """The names of the user's teams; none while nobody has been registered."""
    return _teams_of[0](user) if _teams_of else ()


def ask_for_people(answer: Callable[[Mapping[str, str]], Sequence[int]]) -> None:
    """Have `answer` say, for the labels of an event, the ids of the contacts whom it concerns, in a fixed number of
    queries; the last one registered counts."""
    _people_of[:] = [answer]


def people_of(labels: Mapping[str, str]) -> Sequence[int]:
    """The contacts of the environment that the labels name, else of its team; none while nobody has been
    registered."""
    return _people_of[0](labels) if _people_of else ()
