"""What comes in from outside: written first and answered, judged afterwards.

A door (`sns`, `ping`, `sms`, …) authenticates a request and calls `accept`, which is one INSERT; the request is over.
`judge_due`, each two seconds, hands what waits to the judge that was registered for its door, some at once, and writes
the outcome in the same transaction as everything that the judge changes. So:

- Nothing is lost: a worker that dies amid it leaves rows that wait, as they were.
- Nothing counts twice: the same key at the same door is one row, and two judges never have the same row.
- Nothing overtakes: a door has one judge at a time, who takes the oldest first.
- Nobody is held up: an arrival whose judgement breaks is judged by itself from then on, and after `TRIES` put aside.
  The try is written before, so that one whose judgement kills its worker is counted, too.

`now` is when the work begins; what is judged later adds the time that has passed.
"""

import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from notifications.models import Arrival
from notifications.models.arrival import ArrivalQuerySet
from notifications.storing import fitting, storable
from notifications.texts import Texts, filled, render

logger = logging.getLogger(__name__)

BROKEN: Final = "broken"
TRIES: Final = 5
# How long a judgement that broke is let alone: twice as long after each try, so that a passing fault passes.
PAUSE: Final = timedelta(seconds=2)
RUN_S: Final = 20.0
LONGEST_BREATH_S: Final = 0.1
LATE_AFTER: Final = timedelta(minutes=1)
PRUNED_AT_ONCE: Final = 1000
TRIED_AGAIN_AT_ONCE: Final = 200
ALIKE_AT_MOST: Final = 6
# Of the locks that PostgreSQL keeps by two numbers: this one, and one of the door's name.
LOCKS: Final = 0x0DB7
# A worker whose machine is gone says nothing more; PostgreSQL would keep its door shut for hours, as TCP has it.
SILENT_FOR: Final = timedelta(minutes=1)
BEGUN: Final[Texts] = {"en": "Judging it was begun.", "ko": "판정을 시작했어요."}
KILLED: Final[Texts] = {
    "en": f"Put aside: judging it was begun {TRIES} times and never ended.",
    "ko": f"판정을 {TRIES}번 시작했지만 끝나지 않아 제쳐 두었어요.",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an arrival: a word for lists (24 characters at most), and a remark for people."""

    word: str
    note: Texts = field(default_factory=dict)


Judge = Callable[[Sequence[Arrival], datetime], Mapping[int, Outcome]]
"""Gets arrivals, oldest first, inside a transaction, and says what became of each, by id. Whatever it raises undoes
all that it did. It makes no request to the outside: what needs one is left for a task of its own."""


@dataclass(frozen=True, slots=True)
class _Door:
    judge: Judge
    at_once: int


_doors: dict[str, _Door] = {}


def register(door: str, judge: Judge, *, at_once: int = 200) -> None:
    """Whose judge handles what came in by `door`, at most `at_once` in one transaction. The last one named counts."""
    _doors[door] = _Door(judge, at_once)


def accept(
    *, door: str, subject: int | None = None, key: str = "", payload: Mapping[str, Any], now: datetime
) -> Arrival | None:
    """Writes what came in; None when this key came in by this door before. Safe for two at once.

    One INSERT and nothing else: the caller has authenticated it, and answers when this returns. What a database cannot
    keep of the payload (NUL, half characters, infinities) is replaced.
    """
    row = Arrival(door=door, subject=subject, key=fitting(key), payload=storable(dict(payload)), received_at=now)
    if not key:
        row.save(force_insert=True)
        return row
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return row


def judge_due(*, now: datetime) -> int:
    """Judges what waits, door by door in turn, until nothing does or 20 seconds have passed; how many were judged.

    What comes in while the rest of a door is judged is left to the next turn: call by call it would cost several times
    as much, and on SQLite keep others from writing.
    Any number may run at once. Never raises for what a judge does; a database that is away is raised.
    """
    began = time.monotonic()

    def present() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    judged = 0
    waiting = _doors_with_arrivals()
    while waiting and time.monotonic() - began < RUN_S:
        door = waiting.pop(0)
        took = time.monotonic()
        handled, settled = _judge_some(door, present())
        if handled and connection.vendor == "sqlite":
            # Who waits to write asks again only now and then: without a pause the next batch is there before them.
            time.sleep(min(time.monotonic() - took, LONGEST_BREATH_S))
        judged += settled
        if handled >= _doors[door].at_once:
            waiting.append(door)
    for arrival_id, door in _to_try_again(now):
        if time.monotonic() - began >= RUN_S:
            break
        judged += _judge_alone(door, arrival_id, present()) or 0
    return judged


def prune(now: datetime) -> int:
    """Removes what was judged and came in more than ARRIVAL_DAYS ago; what still waits stays. How many went."""
    old = Arrival.objects.filter(
        judged_at__isnull=False, received_at__lt=now - timedelta(days=settings.ARRIVAL_DAYS)
    ).order_by("received_at")
    removed = 0
    while ids := list(old.values_list("pk", flat=True)[:PRUNED_AT_ONCE]):
        removed += Arrival.objects.filter(pk__in=ids).delete()[0]
    return removed


def late(now: datetime) -> int:
    """How many have waited for more than a minute: then nobody judges, or not fast enough."""
    return Arrival.objects.filter(judged_at__isnull=True, received_at__lt=now - LATE_AFTER).count()


def _doors_with_arrivals() -> list[str]:
    """Doors that have a judge and arrivals that were never tried; one cheap read when nothing waits."""
    found = Arrival.objects.filter(judged_at__isnull=True, attempts=0).order_by().values_list("door", flat=True)
    return sorted(door for door in found.distinct() if door in _doors)


def _fresh(door: str) -> ArrivalQuerySet:
    return Arrival.objects.waiting().filter(door=door, attempts=0)


def _is_ours(door: str) -> bool:
    """Whether nobody else judges at this door until the transaction ends. SQLite has no such locks: its transactions
    (IMMEDIATE) come in turn."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        until_gone = "set_config('idle_in_transaction_session_timeout', %s, true)"
        silent_ms = str(round(SILENT_FOR / timedelta(milliseconds=1)))
        cursor.execute(f"SELECT pg_try_advisory_xact_lock(%s, hashtext(%s)), {until_gone}", [LOCKS, door, silent_ms])
        return bool(cursor.fetchone()[0])


def _judge_some(door: str, now: datetime) -> tuple[int, int]:
    """One batch, in one transaction: how many there were, and how many of them are settled now. None where somebody
    else is at this door. When the judge raises, or a batch was begun before and not ended, each is judged by itself.
    """
    if _was_begun(door, now):
        logger.error("Judging arrivals of door %s was begun and did not end: one by one now.", door)
        return _judge_each(door, list(_fresh(door).values_list("pk", flat=True)[: _doors[door].at_once]), now)
    rows: list[Arrival] = []
    try:
        with transaction.atomic():
            rows = list(_fresh(door)[: _doors[door].at_once]) if _is_ours(door) else []
            if rows:
                _settle(door, rows, now)
    except Exception as error:
        if not rows:
            raise
        logger.warning("Judging %s arrivals of door %s together: %s.", len(rows), door, type(error).__name__)
        return _judge_each(door, [row.pk for row in rows], now)
    return len(rows), len(rows)


def _was_begun(door: str, now: datetime) -> bool:
    """Whether the oldest is late, and its judging was begun a minute ago and did not end: whoever did is dead. A newer
    mark may be of one who is at it just now. Where nobody has begun, that is written: the next one knows."""
    oldest = _fresh(door).only("received_at", "note").first()
    if oldest is None or oldest.received_at >= now - LATE_AFTER:
        return False
    if not oldest.note:
        Arrival.objects.filter(pk=oldest.pk, judged_at__isnull=True).update(note=BEGUN | {"at": now.isoformat()})
        return False
    begun_at = oldest.note.get("at")
    if begun_at and datetime.fromisoformat(begun_at) > now - LATE_AFTER:
        return False
    with transaction.atomic():
        # Who takes long over it has the door, on SQLite the turn to write, and is done when that is ours.
        return _is_ours(door) and _fresh(door).filter(pk=oldest.pk).exists()


def _judge_each(door: str, ids: Sequence[int], now: datetime) -> tuple[int, int]:
    """One by one, until somebody else is at this door: how many were handled, and how many of them are settled."""
    handled = settled = 0
    for arrival_id in ids:
        judged = _judge_alone(door, arrival_id, now)
        if judged is None:
            break
        handled, settled = handled + 1, settled + judged
    return handled, settled


def _judge_alone(door: str, arrival_id: int, now: datetime) -> int | None:
    """One arrival in a transaction of its own; 1 when it was judged now, or put aside. None: somebody else is at this
    door."""
    row = Arrival.objects.filter(pk=arrival_id, judged_at__isnull=True)
    with transaction.atomic():
        if not _is_ours(door):
            return None
        if aside := row.filter(attempts__gte=TRIES).update(judged_at=now, outcome=BROKEN, note=KILLED):
            return aside
        row.update(attempts=F("attempts") + 1)
    try:
        with transaction.atomic():
            is_ours = _is_ours(door)
            # The try counts unless this transaction ends well.
            row.update(attempts=F("attempts") - 1)
            rows = list(row) if is_ours else []
            if rows:
                _settle(door, rows, now)
    except Exception as error:  # noqa: BLE001 - one arrival must not hold up the others
        return _failed(arrival_id, door, error, now)
    return len(rows) if is_ours else None


def _settle(door: str, rows: list[Arrival], now: datetime) -> None:
    outcomes = _doors[door].judge(rows, now)
    for row in rows:
        outcome = outcomes[row.pk]
        row.judged_at, row.outcome, row.note = now, outcome.word, outcome.note
    _write(rows, now)


def _write(rows: list[Arrival], now: datetime) -> None:
    """Alike outcomes together: `bulk_update` took longer than judging, and most batches have one or two outcomes."""
    alike: defaultdict[str, list[Arrival]] = defaultdict(list)
    for row in rows:
        alike[json.dumps([row.outcome, row.note], sort_keys=True)].append(row)
    if len(alike) > ALIKE_AT_MOST:
        Arrival.objects.bulk_update(rows, ["judged_at", "outcome", "note"])
        return
    for ones in alike.values():
        Arrival.objects.filter(pk__in=[one.pk for one in ones]).update(
            judged_at=now, outcome=ones[0].outcome, note=ones[0].note
        )


def _failed(arrival_id: int, door: str, error: Exception, now: datetime) -> int:
    """After `TRIES` the arrival is put aside, with the kind of error (its text may hold secrets)."""
    logger.error("Judging arrival %s of door %s failed.", arrival_id, door, exc_info=error)
    row = Arrival.objects.filter(pk=arrival_id, judged_at__isnull=True)
    note = render(
        filled(_("Put aside: judging it failed %(tries)s times (%(error)s)."), tries=TRIES, error=type(error).__name__)
    )
    return row.filter(attempts__gte=TRIES).update(judged_at=now, outcome=BROKEN, note=note)


def _to_try_again(now: datetime) -> list[tuple[int, str]]:
    """Those that broke before and have been let alone for long enough, oldest first."""
    tried = Arrival.objects.waiting().filter(attempts__gt=0, door__in=list(_doors))
    rows = tried.values_list("pk", "door", "attempts", "received_at")[:TRIED_AGAIN_AT_ONCE]
    return [(pk, door) for pk, door, attempts, received_at in rows if received_at + PAUSE * 2**attempts <= now]
