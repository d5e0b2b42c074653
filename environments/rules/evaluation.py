"""Schedules and instants in a JSON document, answered without a database (`manage.py evaluate`; docs/rules.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from environments.rules.errors import RuleError
from environments.rules.explaining import explain_many
from environments.rules.periods import Period, parse_period
from environments.rules.reasons import Desired
from environments.rules.spec import EnvironmentSpec, Schedule

_PERIOD_FIELDS: Final = ("begintime", "endtime", "weekdays", "monthdays", "months")
_PERIOD_KEYS: Final = frozenset({*_PERIOD_FIELDS, "name", "description"})
_SCHEDULE_KEYS: Final = frozenset({"timezone", "periods", "override_status", "name", "description"})
_YEARS: Final = range(1970, 2200)


class RefusedDocumentError(ValueError):
    """A document that is refused as a whole; `problems` says what is wrong, one sentence a place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _Vector(NamedTuple):
    schedule: str
    written: str
    at: datetime


def evaluate(document: object) -> list[dict[str, str]]:
    """The answers to `{"schedules": {name: {…}}, "vectors": [{"schedule", "at"}]}`, in the order of the vectors.

    Each answer is {"schedule", "at", "desired", "reason"}. Raises RefusedDocumentError, which names schedule, field and
    part of everything that cannot be understood; then nothing is answered.
    """
    problems: list[str] = []
    if not isinstance(document, Mapping):
        raise RefusedDocumentError(["the document must be an object with 'schedules' and 'vectors'"])
    schedules = _schedules(document.get("schedules"), problems)
    vectors = _vectors(document.get("vectors"), schedules, problems)
    if problems:
        raise RefusedDocumentError(problems)
    return _answers({name: schedule for name, schedule in schedules.items() if schedule is not None}, vectors)


def _answers(schedules: Mapping[str, Schedule], vectors: Sequence[_Vector]) -> list[dict[str, str]]:
    positions: dict[str, list[int]] = defaultdict(list)
    for position, vector in enumerate(vectors):
        positions[vector.schedule].append(position)
    answers: list[dict[str, str]] = [{}] * len(vectors)
    for name, places in positions.items():
        schedule = schedules[name]
        spec = EnvironmentSpec(schedule, schedule.timezone)
        explanations = explain_many(spec, [vectors[place].at for place in places])
        for place, explanation in zip(places, explanations, strict=True):
            answers[place] = {
                "schedule": name,
                "at": vectors[place].written,
                "desired": explanation.desired.value,
                "reason": explanation.text("en"),
            }
    return answers


def _schedules(given: object, problems: list[str]) -> dict[str, Schedule | None]:
    """The schedules by name; None for one that is refused."""
    if not isinstance(given, Mapping):
        problems.append("'schedules' must be an object of schedules by name")
        return {}
    found: dict[str, Schedule | None] = {}
    for name, definition in given.items():
        before = len(problems)
        found[name] = None
        where = f"schedule '{name}'"
        if not isinstance(definition, Mapping):
            problems.append(f"{where}: must be an object")
            continue
        _refuse_unknown(definition, _SCHEDULE_KEYS, where, problems)
        periods = _periods(definition.get("periods", []), where, problems)
        try:
            override = _override(definition.get("override_status"))
            schedule = Schedule(name, name, definition.get("timezone", ""), periods, override)
        except RuleError as refused:
            problems.append(f"{where}, {refused}")
        if len(problems) == before:
            found[name] = schedule
    return found


def _override(given: object) -> Desired | None:
    if given in (Desired.RUNNING, Desired.STOPPED, None):
        return None if given is None else Desired(str(given))
    raise RuleError(
        "override_status",
        repr(given),
        f"{given!r} is neither 'running' nor 'stopped'",
        f"{given!r}은(는) 'running'도 'stopped'도 아니에요",
    )


def _periods(given: object, where: str, problems: list[str]) -> tuple[Period, ...]:
    if not isinstance(given, list):
        problems.append(f"{where}, periods: must be a list")
        return ()
    periods: list[Period] = []
    for number, definition in enumerate(given, 1):
        place = f"{where}, period {number}"
        if not isinstance(definition, Mapping):
            problems.append(f"{place}: must be an object")
            continue
        _refuse_unknown(definition, _PERIOD_KEYS, place, problems)
        fields: dict[str, Any] = {field: definition.get(field) for field in _PERIOD_FIELDS}
        try:
            periods.append(parse_period(f"period {number}", **fields))
        except RuleError as refused:
            problems.append(f"{place}, {refused}")
    return tuple(periods)


def _refuse_unknown(given: Mapping[str, object], known: Collection[str], where: str, problems: list[str]) -> None:
    fields = ", ".join(sorted(known))
    problems.extend(f"{where}, {key}: is not a field; there are {fields}" for key in sorted(given.keys() - known))


def _vectors(given: object, schedules: Mapping[str, Schedule | None], problems: list[str]) -> list[_Vector]:
    if not isinstance(given, list):
        problems.append("'vectors' must be a list")
        return []
    found: list[_Vector] = []
    for number, vector in enumerate(given, 1):
        where = f"vector {number}"
        if not isinstance(vector, Mapping):
            problems.append(f"{where}: must be an object")
            continue
        name, written = vector.get("schedule"), vector.get("at")
        if not isinstance(name, str) or name not in schedules:
            problems.append(f"{where}, schedule: there is no schedule {name!r}")
        elif problem := _instant_problem(written):
            problems.append(f"{where} of schedule '{name}', at: {problem}")
        else:
            found.append(_Vector(name, str(written), datetime.fromisoformat(str(written))))
    return found


def _instant_problem(written: object) -> str:
    """What is wrong with an instant, or nothing."""
    if not isinstance(written, str):
        return f"{written!r} must be text like '2026-11-21T09:00:00+09:00'"
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return f"'{written}' is not an instant like '2026-11-21T09:00:00+09:00'"
    if at.tzinfo is None:
        return f"'{written}' has no UTC offset, so it is not known when it is; add one, like '+09:00' or 'Z'"
    if at.year not in _YEARS:
        return f"'{written}' lies outside of the years {_YEARS.start}-{_YEARS.stop - 1}"
    return ""
