"""Prices looked up: what a target really has, and what the AWS Price List says of it (docs/prices-from-aws.md).

A look is a row of `Pricing` whose time has come. Who moves its `wanted_at` on has it, for as long as a look may take at
the most; whatever wants a look meanwhile moves it again, and what was found is left to the next one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from environments.aws import inventory, price_list
from environments.aws import inventory_texts as texts
from environments.aws.inventory_parts import Thing, Unpriced
from environments.models import Operation
from environments.models.rate import Pricing
from environments.targets import registry
from environments.targets.base import Seen, TargetError, TargetRef, Texts
from environments.targets.client import UNREACHABLE
from environments.targets.lanes import lanes
from environments.targets.limits import Busy

from . import rate_following
from .rates import Line, replace_from_price_list
from .step_errors import defect
from .workflow_steps import target_reference

log = logging.getLogger(__name__)

EVERY: Final = timedelta(days=7)
# What is stopped is looked at again by then, when nobody started it through the portal.
STOPPED_AGAIN: Final = timedelta(days=1)
SETTLING_AGAIN: Final = timedelta(minutes=10)
BUSY_AGAIN: Final = timedelta(minutes=5)
LEASE: Final = timedelta(minutes=30)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(hours=1), timedelta(days=1)
# The next turn, minutes later, goes on where this one ends.
AT_ONCE: Final = 60
SECONDS_A_TURN: Final = 240
LONGEST_LABEL: Final = 120


@dataclass(frozen=True, slots=True)
class Found:
    """What a look has found: price lines, and what has none."""

    lines: Sequence[Line]
    unpriced: Sequence[Unpriced]


@dataclass(frozen=True, slots=True)
class NotNow:
    """Nothing was looked up: the lines stay, and it is looked again after `again`. `why` is for a target that has never
    been priced."""

    why: Texts
    again: timedelta


def look_due(*, now: datetime) -> int:
    """Look up the prices that are due, for some minutes at most; how many targets were looked at.

    Targets of environments that are just being switched come later. An account that cannot be reached holds up no
    other: what else is due of it waits, too. Side effect: prices follow their targets first, and new targets are given
    a row.
    """
    rate_following.follow(now=now)
    end, away, count = time.monotonic() + SECONDS_A_TURN, set[str](), 0
    moving = Operation.objects.unfinished().filter(environment=OuterRef("target__environment"))
    due = Pricing.objects.filter(~Exists(moving), automatic=True, wanted_at__lte=now).order_by("wanted_at", "pk")
    of_targets = ("target__parameters", "target__guard_acceptances")
    for row in due.select_related("target__account").prefetch_related(*of_targets)[:AT_ONCE]:
        account = row.target.account.account_id
        if account in away or time.monotonic() > end or not _claim(row, now):
            continue
        count += 1
        if _look(row, now) == UNREACHABLE:
            away.add(account)
    return count


def _claim(row: Pricing, now: datetime) -> bool:
    lease = now + LEASE
    ours = Pricing.objects.filter(pk=row.pk, wanted_at=row.wanted_at)
    if not ours.update(wanted_at=lease, attempts=row.attempts + 1):
        return False
    row.wanted_at, row.attempts = lease, row.attempts + 1
    return True


def _look(row: Pricing, now: datetime) -> str:
    """Look at one target, outside of any transaction; the code of what went wrong, or nothing."""
    try:
        with lanes.lane(row.target.account.account_id):
            found = _found(target_reference(row.target), is_known=row.looked_at is not None, now=now)
    except Busy:
        # Nothing was tried: its account has all the threads, or all the requests, that it gets.
        _settle(row, attempts=row.attempts - 1, wanted_at=now + BUSY_AGAIN)
    except TargetError as error:
        log.warning("Prices of %s could not be looked up: %s", row.target, error.raw or error)
        return _failed(row, error, now)
    except Exception as error:  # a defect of ours with one target must not keep the others from their turn
        log.exception("Looking up the prices of %s broke.", row.target)
        return _failed(row, defect(error), now)
    else:
        _keep(row, found, now)
    return ""


def _found(ref: TargetRef, *, is_known: bool, now: datetime) -> Found | NotNow:
    """Ask AWS what there is and what it costs. What is stopped keeps the lines of the time when it ran."""
    seen = registry.driver(ref.kind).state(ref)
    if seen is Seen.STOPPED and (is_known or ref.kind in inventory.DELETED_WHEN_STOPPED):
        return NotNow(texts.FIRST_START, STOPPED_AGAIN)
    if seen is Seen.PARTLY and ref.kind in inventory.DELETED_WHEN_STOPPED:
        return NotNow(texts.NOT_SETTLED, SETTLING_AGAIN)
    taken = inventory.take(ref)
    lines, unpriced = [], list(taken.unpriced)
    for thing in taken.things:
        price = price_list.price_of(thing, ref.account, ref.region, now)
        if isinstance(price, price_list.Price):
            lines.append(_line(thing, price, now))
        else:
            unpriced.append(Unpriced(_what(thing), price))
    return Found(lines, unpriced)


def _line(thing: Thing, price: price_list.Price, now: datetime) -> Line:
    details = {
        **thing.details,
        "service": thing.service_code,
        "filters": dict(thing.filters),
        "usage": thing.usage,
        "sku": price.sku,
        "asked_at": now.isoformat(),
    }
    label = thing.label[:LONGEST_LABEL]
    return Line(label, price.amount, price.currency, str(thing.unit), thing.quantity, thing.always, details)


def _what(thing: Thing) -> Texts:
    return texts.plain(thing.label if thing.quantity == 1 else f"{thing.label} × {thing.quantity:f}")


def _keep(row: Pricing, found: Found | NotNow, now: datetime) -> None:
    if isinstance(found, NotNow):
        problem = dict(found.why) if row.looked_at is None else {}
        _settle(row, attempts=0, wanted_at=now + found.again, problem=problem)
        return
    unpriced = [one.as_data() for one in found.unpriced]
    with transaction.atomic():
        written = replace_from_price_list(target=row.target, lines=found.lines, unpriced=unpriced, now=now)
        settled = _settle(row, attempts=0, wanted_at=now + EVERY, looked_at=now, problem={})
        if written is None or not settled:
            # It names something else by now, or another look is wanted: that one sees what is true then.
            transaction.set_rollback(True)


def _failed(row: Pricing, error: TargetError, now: datetime) -> str:
    """Say why, and try again after an hour, then later and later. The lines stay as they are."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.attempts - 1, 10))
    _settle(row, wanted_at=now + pause, problem=_problem(error))
    return error.code


def _problem(error: TargetError) -> dict[str, str]:
    """In plain words, with AWS's own."""
    return {**error.texts, "raw": error.raw}


def _settle(row: Pricing, **fields: Mapping[str, Any] | datetime | int) -> bool:
    """Write down how the look ended, unless another one is wanted by now."""
    return bool(Pricing.objects.filter(pk=row.pk, wanted_at=row.wanted_at).update(**fields))
