"""What events can be about. Labels are only words here: another app says which environments and teams there are."""

from collections.abc import Callable, Mapping, Sequence

Choices = Mapping[str, Sequence[tuple[str, str]]]
"""By the name of a label ("environment", "team"): what events carry, and what people read."""

_choices: list[Callable[[], Choices]] = []


def ask_for_choices(answer: Callable[[], Choices]) -> None:
    """Have `answer` say what there is, each time somebody is to choose; the last one registered counts."""
    _choices[:] = [answer]


def choices(label: str) -> list[tuple[str, str]]:
    """What there is to choose for a label; nothing while nobody has been registered."""
    return list(_choices[0]().get(label, ())) if _choices else []
