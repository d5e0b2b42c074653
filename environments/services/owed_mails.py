"""Mails that are owed get out: claimed, sent outside of any transaction, and what became of each written down.

Each goes once by itself: a mail is claimed by compare-and-swap, and one whose sending was cut off, by the connection or
by the end of the worker, is `unknown` and waits for somebody to send it again. Mails of several kinds (`Kind`) are each
a model with the same fields of where its mails stand.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.mail import EmailMessage
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_noop

from environments.models import ReportMail
from notifications.backoff import backoff
from portal.mail import NotReachedError, Outcome, Post, State, is_configured

log = logging.getLogger(__name__)

Status = ReportMail.Status  # every kind of mail has these
LEASE: Final = timedelta(minutes=10)
AT_ONCE: Final = 200
SECONDS_A_TURN: Final = 120
# A try each quarter of an hour: about a day.
MOST_TRIES: Final = 100
REPEATABLE: Final = frozenset({Status.FAILED, Status.UNKNOWN})

# Written by the portal itself, translated where they are shown; anything else are the mail server's words.
CUT_OFF = gettext_noop("The worker ended while sending. It may have arrived.")
BROKEN = gettext_noop("The mail could not be written. The portal's log says why.")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of mail. `related`: what `may_go` (whether its reader still wants it and may have it) and `compose` read
    of it; `late` and `gone`: why one was given up, after `too_old` and when it may not go."""

    model: Any
    related: tuple[str, ...]
    may_go: Callable[[Any], bool]
    compose: Callable[[Any], EmailMessage]
    too_old: timedelta
    late: str
    gone: str


def send_due(kind: Kind, *, now: datetime) -> int:
    """Send the mails that are due, for two minutes at most, over one connection; how many the server has taken.

    Without a mail server they wait, until they are too old. While it cannot be reached one mail a turn is tried. Never
    raises for what a server does, nor for one mail that breaks: that one has failed. Three queries where nothing is
    due.
    """
    _settle(kind, now)
    if not is_configured():
        return 0
    began, sent = time.monotonic(), 0
    rows = kind.model.objects.filter(status=Status.PENDING, leased_until=None, not_before__lte=now)
    due = rows.select_related(*kind.related).order_by("not_before", "pk")
    with Post() as post:
        for mail in due[:AT_ONCE]:
            took = timedelta(seconds=time.monotonic() - began)
            if took.total_seconds() > SECONDS_A_TURN:
                break
            if why := _why_not(kind, mail):
                waiting = kind.model.objects.filter(pk=mail.pk, status=Status.PENDING, leased_until=None)
                _give_up(waiting, why)
                continue
            if not _claim(kind, mail, now + took):
                continue
            try:
                outcome = _sent(kind, mail, post)
            except NotReachedError as error:
                _finish(kind, mail, Outcome(State.LATER, str(error)), now + took)
                break
            ended = now + timedelta(seconds=time.monotonic() - began)
            sent += _finish(kind, mail, outcome, ended) == Status.SENT
    return sent


def send_again(kind: Kind, *, mail: Any, now: datetime) -> bool:
    """Owe a failed or unknown mail once more, as if new. False when it is in another state by now, or its reader may
    not have it any more or wants no more of them."""
    own = kind.model.objects.filter(pk=mail.pk, status__in=REPEATABLE)
    if _why_not(kind, mail):
        return False
    return bool(own.update(status=Status.PENDING, not_before=now, leased_until=None, attempts=0, error=""))


def _settle(kind: Kind, now: datetime) -> None:
    """What no worker will: mails whose worker has ended, and those that are too late."""
    waiting = kind.model.objects.filter(status=Status.PENDING)
    cut_off = waiting.filter(leased_until__lte=now)
    # The lease stays: should the worker be only slow, its word counts.
    cut_off.update(status=Status.UNKNOWN, error=CUT_OFF)
    _give_up(waiting.filter(leased_until=None, not_before__lte=now - kind.too_old), kind.late)


def _why_not(kind: Kind, mail: Any) -> str:
    """Why a mail is not sent; empty where it may go."""
    try:
        return "" if kind.may_go(mail) else kind.gone
    except Exception:  # as for writing it: the others have their turn
        if not connection.is_usable():
            raise
        log.exception("The mail %s (%s) broke.", mail.pk, kind.model.__name__)
        return BROKEN


def _give_up(rows: QuerySet[Any], why: str) -> None:
    rows.update(status=Status.FAILED, error=why)


def _claim(kind: Kind, mail: Any, now: datetime) -> bool:
    """Nobody else has it; `attempts` counts this try."""
    free = kind.model.objects.filter(pk=mail.pk, status=Status.PENDING, leased_until=None)
    mail.leased_until, mail.attempts = now + LEASE, mail.attempts + 1
    return bool(free.update(leased_until=mail.leased_until, attempts=F("attempts") + 1, error=""))


def _sent(kind: Kind, mail: Any, post: Post) -> Outcome:
    try:
        message = kind.compose(mail)
        return post.send(message)
    except NotReachedError:
        raise
    except Exception:  # a defect with one mail must not keep the others from their turn
        log.exception("The mail %s (%s) broke.", mail.pk, kind.model.__name__)
        return Outcome(State.REFUSED, BROKEN)


def _finish(kind: Kind, mail: Any, outcome: Outcome, now: datetime) -> str:
    """Write down how it ended. A word that comes after the lease was over still counts: it is the truth."""
    fields: dict[str, Any]
    if outcome.state is State.SENT:
        fields = {"status": Status.SENT, "sent_at": now, "error": ""}
    elif outcome.state is State.UNKNOWN:
        fields = {"status": Status.UNKNOWN, "error": outcome.said}
    elif outcome.state is State.REFUSED or mail.attempts >= MOST_TRIES:
        fields = {"status": Status.FAILED, "error": outcome.said}
    else:
        again = now + backoff(mail.attempts, jitter=random.random())  # noqa: S311
        fields = {"status": Status.PENDING, "not_before": again, "error": outcome.said}
    ours = Q(pk=mail.pk, leased_until=mail.leased_until, status__in=[Status.PENDING, Status.UNKNOWN])
    kind.model.objects.filter(ours).update(leased_until=None, **fields)
    return str(fields["status"])
