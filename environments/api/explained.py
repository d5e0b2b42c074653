"""What the plans of many environments say now, in words; worked out once for as long as it stays the same.

A plan's answer changes when it is judged anew (`judged_at`: whoever changes what a plan is made of has it judged), at
its next change, and its words at midnight. Until then it is remembered by each process, at most a minute.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final

from environments import rules
from environments.models import Environment
from environments.services.specs import same_plan, spec_of

from . import kept
from .schemas import z

LASTS: Final = timedelta(minutes=1)
QUARTER: Final = timedelta(minutes=15)
STEPS: Final = 60
MOST: Final = 20_000

_lock = Lock()
_known: OrderedDict[Hashable, tuple[datetime, Says]] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Says:
    """What a plan says: plain data, as it stands in an answer."""

    desired: str
    reason: str
    until: str | None
    then: str | None
    exception: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Asked:
    """An environment whose plan is asked for, and what its answer depends on."""

    pk: int
    judged_at: datetime | None
    next_at: datetime | None
    zone: str

    def key(self, language: str) -> Hashable:
        return (self.pk, self.judged_at, self.next_at, self.zone, language)

    def stands(self, now: datetime) -> bool:
        """Whether the tick has nothing to judge: then what was found out is remembered."""
        return self.judged_at is not None and self.next_at is not None and self.next_at > now


def of_each(asked: Iterable[Asked], *, language: str, now: datetime) -> dict[int, Says]:
    """By id. Those that are not remembered are read together, in a fixed number of queries."""
    found: dict[int, Says] = {}
    missing: dict[int, Asked] = {}
    for one in asked:
        known = _known.get(one.key(language)) if one.stands(now) else None
        if known is not None and now < known[0]:
            found[one.pk] = known[1]
        else:
            missing[one.pk] = one
    if missing:
        read = _read(missing, language, now)
        _remember({missing[pk]: says for pk, says in read.items() if missing[pk].stands(now)}, language, now)
        found |= read
    return found


def forget() -> None:
    """Find out all anew; also what was answered by it."""
    with _lock:
        _known.clear()
    kept.forget()


def _read(missing: Mapping[int, Asked], language: str, now: datetime) -> dict[int, Says]:
    answers: dict[Hashable, Says] = {}
    found = {}
    for environment in Environment.objects.filter(pk__in=missing).with_plan(now):
        key = same_plan(environment)
        if key not in answers:
            answers[key] = says(environment, language, now)
        found[environment.pk] = answers[key]
    return found


def says(environment: Environment, language: str, now: datetime) -> Says:
    """What its plan says; of a schedule that cannot be read, why. Needs `with_plan()`."""
    try:
        found = rules.explain(spec_of(environment, now), now)
        text = found.text(language, environment.zone_name)
    except rules.RuleError as error:
        return Says("any", error.text(language), None, None, None)
    by_exception = found.source.kind is rules.SourceKind.EXCEPTION
    return Says(
        desired=found.desired.value,
        reason=text,
        until=z(found.until) if found.until else None,
        then=found.then.value if found.then else None,
        exception={"id": found.source.id, "text": found.reason.text(language)} if by_exception else None,
    )


def _remember(read: Mapping[Asked, Says], language: str, now: datetime) -> None:
    """For half a minute to a whole one, each for another time: read anew all at once, a thousand stop every answer for
    a while. No longer than the quarter of the hour, at which the midnights of all zones lie."""
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0) + QUARTER
    with _lock:
        for one, its in read.items():
            _known[one.key(language)] = (min(quarter, now + LASTS * (0.5 + one.pk % STEPS / STEPS / 2)), its)
        while len(_known) > MOST:
            _known.popitem(last=False)


def asked_of(row: Any, zone: str) -> Asked:
    """Of a row with `pk`, `judged_at` and `next_transition_at`."""
    return Asked(row.pk, row.judged_at, row.next_transition_at, zone)
