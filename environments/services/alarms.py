"""Alarms of CloudWatch: kept in their latest state, given to the checks that want them, and judged there.

A check of alarms is down while any of its alarms rings, and up otherwise once one was heard of. What rings while its
environment sleeps or starts is kept and no trouble; if it still does some minutes after that runs, it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Final

from django.db import transaction
from django.db.models import Max

from environments import alarm_events
from environments.models.alarm import Alarm, AlarmCheck
from environments.models.check import Check, CheckState
from environments.rules.alarm_messages import AlarmChange

from . import alarm_claims, health, health_telling

NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
TAKEN, OLDER, SAME = "taken", "older", "same"
LONGEST_REASON: Final = 600
NAMED: Final = 3
WAITING_AT_ONCE: Final = 500
NOTHING_HEARD = {
    "en": "Nothing has been heard of its alarms yet.",
    "ko": "아직 이 점검의 경보 소식을 받은 적이 없어요.",
}
REMOVED: Final = {"en": "The check was removed.", "ko": "점검이 삭제됐어요."}


def take(changes: Sequence[AlarmChange], *, now: datetime) -> list[str]:
    """Notes what was heard of alarms and judges the checks that it concerns; for each change whether it was taken.

    In the caller's transaction. By the time of the change, not of its message: what is older than what is known moves
    nothing. Two that bring changes of the same alarms wait for each other.
    """
    if not changes:
        return []
    arns = {change.arn for change in changes}
    known = set(Alarm.objects.filter(arn__in=arns).values_list("arn", flat=True))
    fresh = {change.arn: change for change in changes if change.arn not in known}
    Alarm.objects.bulk_create([_new(fresh[arn], now) for arn in sorted(fresh)], ignore_conflicts=True)
    rows = {row.arn: row for row in Alarm.objects.select_for_update().filter(arn__in=arns).order_by("pk")}
    words, moved, was_ringing = [], {}, dict[int, bool]()
    for change in changes:
        row = rows[change.arn]
        if change.changed_at < row.changed_at:
            words.append(OLDER)
        elif change.changed_at == row.changed_at and change.state == row.state:
            words.append(SAME)
        else:
            was_ringing[row.pk] = was_ringing.get(row.pk, row.state == Alarm.State.ALARM)
            _apply(change, row, now)
            moved[row.pk] = row
            words.append(TAKEN)
    concerned = alarm_claims.assign(list(moved.values()))
    Alarm.objects.bulk_update(
        moved.values(),
        ["name", "state", "reason", "description", "namespace", "metric", "dimensions", "changed_at", "received_at"],
        batch_size=200,
    )
    judge(concerned | {row.check_row_id for row in moved.values() if row.check_row_id}, now=now)
    _tell_of_nobodys([row for row in moved.values() if (row.state == Alarm.State.ALARM) != was_ringing[row.pk]], now)
    return words


def judge(check_ids: Collection[int], *, now: datetime) -> int:
    """Brings these checks to what their alarms say; how many changed. Four queries, and those of `health.settle`."""
    if not check_ids:
        return 0
    checks = Check.objects.switched_on().filter(pk__in=check_ids, kind=Check.Kind.ALARM)
    ringing: defaultdict[int | None, list[Alarm]] = defaultdict(list)
    with transaction.atomic():
        # Before its alarms are read: who judges it at the same moment has told of other alarms by then.
        held = list(checks.select_for_update(no_key=True).order_by("pk"))
        rows = Alarm.objects.filter(check_row__in=[check.pk for check in held])
        for alarm in rows.filter(state=Alarm.State.ALARM).order_by("changed_at", "pk"):
            ringing[alarm.check_row_id].append(alarm)
        last = dict(rows.values_list("check_row").annotate(Max("received_at")).order_by())
        return health.settle([_move(check, ringing[check.pk], last.get(check.pk)) for check in held], now=now)


def name_the_ringing(*, now: datetime) -> int:
    """Checks whose environment woke while an alarm rang say by now which; how many there were."""
    woken = Check.objects.in_trouble().filter(kind=Check.Kind.ALARM, reason__en=health.IN_ALARM["en"]).order_by("pk")
    ids = list(woken.values_list("pk", flat=True)[:500])
    judge(ids, now=now)
    return len(ids)


def judge_waiting(*, now: datetime) -> int:
    """Judges checks whose alarms rang before their environment ran and whose grace is over; how many there were. By the
    index on `due_at`."""
    waiting = Check.objects.due(now).filter(kind=Check.Kind.ALARM).order_by("due_at", "pk")
    ids = list(waiting.values_list("pk", flat=True)[:WAITING_AT_ONCE])
    judge(ids, now=now)
    return len(ids)


def match_all(*, now: datetime) -> int:
    """Gives each alarm to the check that wants it by now and judges all checks that are awake: after a check or a
    target was edited, and now and then, for whatever was missed. How many checks changed because of it."""
    with transaction.atomic():
        concerned = alarm_claims.assign(list(Alarm.objects.order_by("pk")))
        # How they wake is for `health` to say.
        awake = Check.objects.switched_on().filter(kind=Check.Kind.ALARM).exclude(state__in=health.BEFORE_AWAKE)
        return judge(concerned | set(awake.values_list("pk", flat=True)), now=now)


def remove(*, checks: Sequence[AlarmCheck], now: datetime) -> None:
    """Remove checks; their incidents are over, and their alarms are given to whoever wants them now."""
    with transaction.atomic():
        ids = [check.pk for check in checks]
        # Alarms before checks, as whoever judges them.
        list(Alarm.objects.select_for_update().filter(check_row__in=ids).order_by("pk").values_list("pk"))
        health_telling.removed(ids, REMOVED, now=now)
        for row in AlarmCheck.objects.filter(pk__in=ids):
            row.delete()
        match_all(now=now)


def _tell_of_nobodys(changed: Sequence[Alarm], now: datetime) -> None:
    """What rings or has fallen silent and is no check's. An alarm whose tags may still make it one's waits for these
    (`alarm_tags`)."""
    nobodys = [alarm for alarm in changed if alarm.check_row_id is None and alarm.state != Alarm.State.NO_DATA]
    awaited = alarm_claims.awaiting_tags(nobodys) if nobodys else set()
    for alarm in nobodys:
        if alarm.pk not in awaited:
            alarm_events.changed(alarm, now)


def _new(change: AlarmChange, now: datetime) -> Alarm:
    """A row that anything heard is newer than."""
    return Alarm(
        arn=change.arn,
        name=change.name,
        account_id=change.account_id,
        region=change.region,
        state=Alarm.State.NO_DATA,
        changed_at=NEVER,
        received_at=now,
    )


def _apply(change: AlarmChange, row: Alarm, now: datetime) -> None:
    row.name, row.state, row.reason = change.name, change.state, change.reason
    row.description, row.namespace, row.metric = change.description, change.namespace, change.metric
    row.dimensions = {name: list(values) for name, values in change.dimensions.items()}
    row.changed_at, row.received_at = change.changed_at, now


def _move(check: Check, ringing: Sequence[Alarm], heard_at: datetime | None) -> health.Move:
    """What its alarms say; that nothing is trouble while it sleeps or comes up, `health` sees to."""
    if ringing:
        rang_at = max(alarm.changed_at for alarm in ringing)
        return health.Move(check.pk, CheckState.DOWN, _why(ringing), heard_at, rang_at)
    if heard_at is None:
        return health.Move(check.pk, CheckState.UNKNOWN, NOTHING_HEARD)
    return health.Move(check.pk, CheckState.UP, health.NO_ALARM, heard_at)


def _why(ringing: Sequence[Alarm]) -> dict[str, str]:
    """“Alarm chat-dev-cpu: Threshold Crossed: …”, the first that rang in AWS's own words, others by name."""
    first, others = ringing[0], ringing[1:]
    said = first.reason[:LONGEST_REASON]
    names = ", ".join(alarm.name for alarm in others[:NAMED]) + (", …" if len(others) > NAMED else "")
    why = {"en": f"Alarm {first.name}: {said}", "ko": f"경보 {first.name}: {said}"}
    if others:
        why["en"] += f" Also ringing: {names}."
        why["ko"] += f" 함께 울리는 경보: {names}."
    return why
