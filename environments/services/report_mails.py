"""Mails of reports get out: claimed, sent outside of any transaction, and what became of each written down.

Each goes once by itself: a mail is claimed by compare-and-swap, and one whose sending was cut off, by the connection or
by the end of the worker, is `unknown` and waits for somebody to send it again.
"""

from __future__ import annotations

import logging
import random
import time
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_noop

from environments.models import ReportMail
from notifications.backoff import backoff
from portal.mail import NotReachedError, Outcome, Post, State, is_configured

from . import report_readers
from .report_messages import compose

log = logging.getLogger(__name__)

Status = ReportMail.Status
LEASE: Final = timedelta(minutes=10)
AT_ONCE: Final = 200
SECONDS_A_TURN: Final = 120
# A try each quarter of an hour: about a day.
MOST_TRIES: Final = 100
# News of the month before last is none. Also what waited for a mail server that was set up much later.
TOO_OLD: Final = timedelta(days=31)
REPEATABLE: Final = frozenset({Status.FAILED, Status.UNKNOWN})

# Written by the portal itself, translated where they are shown; anything else are the mail server's words.
LATE = gettext_noop("It waited for a month and is no news any more.")
GONE = gettext_noop("The reader is no longer in the team, has no address, or wants no more of these mails.")
CUT_OFF = gettext_noop("The worker ended while sending. It may have arrived.")
BROKEN = gettext_noop("The mail could not be written. The portal's log says why.")
OWN_WORDS: Final = frozenset({LATE, GONE, CUT_OFF, BROKEN})


def send_due(*, now: datetime) -> int:
    """Send the mails that are due, for two minutes at most, over one connection; how many the server has taken.

    Without a mail server they wait. While it cannot be reached one mail a turn is tried. Never raises for what a server
    does. Three queries where nothing is due.
    """
    if not is_configured():
        return 0
    _settle(now)
    began, sent = time.monotonic(), 0
    rows = ReportMail.objects.filter(status=Status.PENDING, leased_until=None, not_before__lte=now)
    due = rows.select_related("report__team", "reader__preference").order_by("not_before", "pk")
    with Post() as post:
        for mail in due[:AT_ONCE]:
            took = timedelta(seconds=time.monotonic() - began)
            if took.total_seconds() > SECONDS_A_TURN:
                break
            if not report_readers.may_still_read(mail.reader, mail.report.team):
                _give_up(ReportMail.objects.filter(pk=mail.pk, status=Status.PENDING, leased_until=None), GONE)
                continue
            if not _claim(mail, now + took):
                continue
            try:
                outcome = _sent(mail, post)
            except NotReachedError as error:
                _finish(mail, Outcome(State.LATER, str(error)), now + took)
                break
            sent += _finish(mail, outcome, now + timedelta(seconds=time.monotonic() - began)) == Status.SENT
    return sent


def send_again(*, mail: ReportMail, now: datetime) -> bool:
    """Owe a failed or unknown mail once more, as if new. False when it is in another state by now, or its reader may
    not have it any more or wants no more of them."""
    own = ReportMail.objects.filter(pk=mail.pk, status__in=REPEATABLE)
    if not report_readers.may_still_read(mail.reader, mail.report.team):
        return False
    return bool(own.update(status=Status.PENDING, not_before=now, leased_until=None, attempts=0, error=""))


def _settle(now: datetime) -> None:
    """What no worker will: mails whose worker has ended, and those that are too late."""
    waiting = ReportMail.objects.filter(status=Status.PENDING)
    cut_off = waiting.filter(leased_until__lte=now)
    # The lease stays: should the worker be only slow, its word counts.
    cut_off.update(status=Status.UNKNOWN, error=CUT_OFF)
    _give_up(waiting.filter(leased_until=None, not_before__lte=now - TOO_OLD), LATE)


def _give_up(rows: QuerySet[ReportMail], why: str) -> None:
    rows.update(status=Status.FAILED, error=why)


def _claim(mail: ReportMail, now: datetime) -> bool:
    """Nobody else has it; `attempts` counts this try."""
    free = ReportMail.objects.filter(pk=mail.pk, status=Status.PENDING, leased_until=None)
    mail.leased_until, mail.attempts = now + LEASE, mail.attempts + 1
    return bool(free.update(leased_until=mail.leased_until, attempts=F("attempts") + 1, error=""))


def _sent(mail: ReportMail, post: Post) -> Outcome:
    try:
        message = compose(mail)
        return post.send(message)
    except NotReachedError:
        raise
    except Exception:  # a defect with one mail must not keep the others from their turn
        log.exception("The mail %s of a report broke.", mail.pk)
        return Outcome(State.REFUSED, BROKEN)


def _finish(mail: ReportMail, outcome: Outcome, now: datetime) -> ReportMail.Status:
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
    ReportMail.objects.filter(ours).update(leased_until=None, **fields)
    return Status(fields["status"])
