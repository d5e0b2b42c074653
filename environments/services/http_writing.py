"""What came of HTTP checks becomes states, samples and warnings: a fixed number of queries for a batch of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from environments import check_events
from environments.models import Check, CheckState, Environment, HealthSample, HttpCheck
from environments.probes.http import Question
from environments.rules.health import Expectation
from environments.rules.http_answers import Answer
from environments.rules.http_verdicts import (
    CERTIFICATE_PAUSE,
    Expected,
    Pace,
    Turn,
    follows,
    judge,
    must_warn,
)

from . import health, http_rows
from .health import Move

# What others may write of a check, and of its environment, while it is asked.
STANDING = ("state", "state_since", "reason", "failures", "seen_at")
OF_ENVIRONMENT = ("state", "wish", "state_since")
# What a round of tries may end with.
JUDGED = (CheckState.UP, CheckState.DOWN)


@dataclass(frozen=True, slots=True)
class Taken:
    """A check that is being asked, as it was read: until when it is ours, and what it is asked; or what is known
    without asking."""

    check: HttpCheck
    lease: datetime
    question: Question | None
    given: Answer | None

    @property
    def expected(self) -> Expected:
        return self.question.expected if self.question else Expected(())

    @property
    def is_silent(self) -> bool:
        return was_silent(self.check)


def was_silent(check: HttpCheck) -> bool:
    """Whether it was tried before and did not answer: it may well hang again."""
    return check.failures > 0 and check.last_status is None


def write(taken: Mapping[int, Taken], answers: Sequence[Answer], *, now: datetime) -> int:
    """Judge these answers and write what follows, in one transaction; how many were still wanted."""
    if not answers:
        return 0
    with transaction.atomic():
        ours = _still_ours(taken)
        judged = [(taken[answer.key].check, answer) for answer in answers if answer.key in ours]
        moves, samples, kept = list[Move](), list[HealthSample](), list[http_rows.Row]()
        told = _told_of_certificates(judged, now)
        for check, answer in judged:
            verdict = judge(taken[check.pk].expected, answer)
            comes_up = health.coming_up(check, check.environment, now)
            turn = follows(verdict, pace=_pace(check), failures=check.failures, comes_up=comes_up)
            if turn.state is not None and (turn.state, turn.reason) != (check.state, check.reason):
                moves.append(Move(check.pk, turn.state, turn.reason))
            samples += _samples(check, answer, turn, now)
            kept.append(_row(check, answer, turn, now, told.get(check.pk)))
        http_rows.write(kept)
        HealthSample.objects.bulk_create(samples)
        health.settle(moves, now=now)
    return len(judged)


def _still_ours(taken: Mapping[int, Taken]) -> set[int]:
    """Those that nobody has taken, edited or put to sleep; locked, and how they stand by now read into their rows."""
    rows = Check.objects.switched_on().filter(pk__in=taken).select_for_update(no_key=True).order_by("pk")
    ours = set()
    for pk, due_at, *values in rows.values_list("pk", "due_at", *STANDING):
        if due_at == taken[pk].lease:
            ours.add(pk)
            _read(taken[pk].check, STANDING, values)
    # Only now: of rows that it had to wait for, PostgreSQL shows only the locked table as it is by then.
    numbers = {taken[pk].check.environment_id for pk in ours}
    environments = Environment.objects.filter(pk__in=numbers).values_list("pk", *OF_ENVIRONMENT)
    found = {pk: values for pk, *values in environments}
    for pk in ours:
        _read(taken[pk].check.environment, OF_ENVIRONMENT, found[taken[pk].check.environment_id])
    return ours


def _read(row: Check | Environment, names: Sequence[str], values: Sequence[object]) -> None:
    for name, value in zip(names, values, strict=True):
        setattr(row, name, value)


def _pace(check: HttpCheck) -> Pace:
    return Pace(check.every_s, check.retries, check.retry_every_s)


def _samples(check: HttpCheck, answer: Answer, turn: Turn, now: datetime) -> list[HealthSample]:
    """One for each round of tries, of what came out of it: a try that is followed by another soon is none, or some
    seconds of failures would weigh as much as minutes of good answers. Only of times at which it should be up: what
    comes up is not down."""
    if turn.state not in JUDGED or health.expected(check.environment, check) is not Expectation.EXPECTED:
        return []
    ms = answer.ms if answer.status else None
    is_up = turn.state == CheckState.UP
    return [HealthSample(check_row_id=check.pk, at=now, is_up=is_up, ms=ms, status=answer.status)]


def _told_of_certificates(judged: Sequence[tuple[HttpCheck, Answer]], now: datetime) -> dict[int, datetime]:
    """When people were lately warned of certificates, by check; no query where there is nothing to warn of."""
    if not any(
        must_warn(until=_until(check, answer), warned=check.certificate_warned, days=check.certificate_days, now=now)
        for check, answer in judged
    ):
        return {}
    return check_events.certificates_told(now - CERTIFICATE_PAUSE)


def _until(check: HttpCheck, answer: Answer) -> datetime | None:
    """An answer tells, also that it came without a certificate, over http; where none came, what was known stays."""
    if answer.certificate_until or answer.status is not None:
        return answer.certificate_until
    return check.certificate_until


def _row(check: HttpCheck, answer: Answer, turn: Turn, now: datetime, told_at: datetime | None) -> http_rows.Row:
    """Side effect: people are told of a certificate that ends soon."""
    until, warned = _until(check, answer), check.certificate_warned
    due = must_warn(until=until, warned=warned, days=check.certificate_days, now=now, told_at=told_at)
    if due and until is not None:
        check_events.certificate(check, until, now)
        warned = until
    answered = answer.status is not None
    return http_rows.Row(
        id=check.pk,
        due_at=now + turn.look_in,
        failures=turn.failures,
        seen_at=now if answered else check.seen_at,
        last_ms=answer.ms if answered else None,
        last_status=answer.status,
        certificate_until=until,
        certificate_warned=warned,
    )
