"""What AWS billed, read from Cost Explorer account by account, once a day (docs/bills.md).

A look is a row of `BillLook` whose time has come. Who moves its `wanted_at` on has it, for as long as a look may take
at the most. `attempts` counts the looks of the day (UTC) of `asked_at`: each request costs money.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F

from environments.aws import cost_explorer
from environments.aws import cost_explorer_texts as texts
from environments.aws.cost_explorer import Bill
from environments.models import BillLook, DailyBill, Interval
from environments.targets.base import TargetError
from environments.targets.lanes import lanes
from environments.targets.limits import Busy

from . import bill_rows
from .accounts import reference
from .step_errors import defect

log = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=30)
BUSY_AGAIN: Final = timedelta(minutes=5)
# Where another try can help there are so many a day, an hour after the first and two after the second.
TRIES, FIRST_PAUSE = 3, timedelta(hours=1)
AT_ONCE, SECONDS_A_TURN = 20, 240
DAY: Final = timedelta(days=1)
# AWS still corrects the bill of so many days.
MOVING: Final = timedelta(days=14)
# AWS keeps thirteen months by the day; https://docs.aws.amazon.com/cost-management/latest/userguide/ce-what-is.html.
OLDEST: Final = timedelta(days=365)
# The bill of a month is made some days into the next one: from this day on it is asked once more, until it is final.
CLOSED_BY: Final = 6


def look_due(*, now: datetime) -> int:
    """Read the bills that are due, for some minutes at most; of how many accounts."""
    end, count = time.monotonic() + SECONDS_A_TURN, 0
    due = BillLook.objects.filter(enabled=True, wanted_at__lte=now).order_by("wanted_at", "pk")
    for row in due.select_related("account")[:AT_ONCE]:
        if time.monotonic() < end and _claim(row, now):
            _look(row, now)
            count += 1
    return count


def asked_today(row: BillLook, now: datetime) -> int:
    """How often the account was asked since midnight, UTC."""
    return row.attempts if row.asked_at and _day(row.asked_at) == _day(now) else 0


def is_under_way(row: BillLook, now: datetime) -> bool:
    """Whether it is being asked at this moment."""
    return bool(row.asked_at and row.wanted_at == row.asked_at + LEASE and now < row.wanted_at)


def next_day(account_id: str, now: datetime) -> datetime:
    """Tomorrow (UTC), at the account's own minute: the same each day, another one for each account."""
    midnight = datetime.combine(_day(now) + DAY, datetime.min.time(), UTC)
    return midnight + timedelta(minutes=int(account_id) % (24 * 60))


def span_of(row: BillLook, now: datetime) -> tuple[date, date]:
    """The first day to ask for, and the day before which to end: today.

    The last days, as long as they move, and all since the last answer; the month before, from the sixth on, while some
    of it is not final. The first time: since the account's targets first ran, a year at most.
    """
    today = _day(now)
    first = today - MOVING
    if row.known_until is None:
        began = Interval.objects.filter(target__account=row.account_id).order_by("began_at").values_list("began_at")
        first = min([first, *(_day(begin) for (begin,) in began[:1])])
    else:
        first = min(first, row.known_until)
        this_month = today.replace(day=1)
        last_month = (this_month - DAY).replace(day=1)
        open_days = DailyBill.objects.filter(
            account=row.account_id, day__gte=last_month, day__lt=this_month, is_final=False
        )
        if today.day >= CLOSED_BY and open_days.exists():
            first = min(first, last_month)
    return max(first, today - OLDEST), today


def _claim(row: BillLook, now: datetime) -> bool:
    lease, attempts = now + LEASE, asked_today(row, now) + 1
    ours = BillLook.objects.filter(pk=row.pk, wanted_at=row.wanted_at, enabled=True, tag=row.tag)
    if not ours.update(wanted_at=lease, asked_at=now, attempts=attempts):
        return False
    row.wanted_at, row.attempts = lease, attempts
    return True


def _look(row: BillLook, now: datetime) -> None:
    """Ask for one account, outside of any transaction, and write what came."""
    found: list[Bill] = []
    try:
        first, end = span_of(row, now)
        with lanes.lane(row.account.account_id):
            for page in cost_explorer.pages(reference(row.account), row.account.regions, row.tag, first, end):
                # Each page that is answered is paid for, whatever becomes of the next.
                BillLook.objects.filter(pk=row.pk).update(requests=F("requests") + 1)
                found += page
        _keep(row, first, end, found, now)
    except Busy:
        # Nothing was asked: its account has all the threads that it gets.
        _settle(row, attempts=row.attempts - 1, asked_at=row.asked_at, wanted_at=now + BUSY_AGAIN)
    except TargetError as error:
        log.warning("Bills of %s could not be read: %s", row.account, error.raw or error)
        _failed(row, error, now)
    except Exception as error:  # a defect of ours with one account must not keep the others from their turn
        log.exception("Reading the bills of %s broke.", row.account)
        _failed(row, defect(error), now)


def _keep(row: BillLook, first: date, end: date, found: list[Bill], now: datetime) -> None:
    no_tags = any(one.amount for one in found) and not any(one.tagged for one in found)
    problem = {**texts.untagged(row.tag), "raw": ""} if no_tags else {}
    until = max((one.day for one in found), default=row.known_until)
    with transaction.atomic():
        bill_rows.write(account=row.account, first=first, end=end, bills=found)
        if not _settle(row, wanted_at=next_day(row.account.account_id, now), known_until=until, problem=problem):
            # It was switched off, or asks for another tag by now: that look sees what is true then.
            transaction.set_rollback(True)


def _failed(row: BillLook, error: TargetError, now: datetime) -> None:
    """Say why; what was read stays. Tried again today only where that can help, and seldom."""
    again = next_day(row.account.account_id, now)
    if error.retryable and row.attempts < TRIES:
        again = now + FIRST_PAUSE * 2 ** (row.attempts - 1)
    _settle(row, wanted_at=again, problem={**error.texts, "raw": error.raw})


def _settle(row: BillLook, **fields: Mapping[str, Any] | datetime | date | int | None) -> bool:
    """Write down how the look ended, unless another one is wanted by now."""
    return bool(BillLook.objects.filter(pk=row.pk, wanted_at=row.wanted_at, tag=row.tag).update(**fields))


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
