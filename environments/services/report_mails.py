"""Mails of reports: who may have them, and the sending of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext_noop

from environments.models import ReportMail

from . import owed_mails, report_readers
from .owed_mails import BROKEN, CUT_OFF, LEASE, MOST_TRIES, REPEATABLE, Status
from .report_messages import compose

__all__ = [
    "CUT_OFF",
    "GONE",
    "LATE",
    "LEASE",
    "MOST_TRIES",
    "OWN_WORDS",
    "REPEATABLE",
    "Status",
    "send_again",
    "send_due",
]

LATE = gettext_noop("It waited for a month and is no news any more.")
GONE = gettext_noop("The reader is no longer in the team, has no address, or wants no more of these mails.")
OWN_WORDS: Final = frozenset({LATE, GONE, CUT_OFF, BROKEN})
"""What the portal itself says of a mail, translated where it is shown."""

MAILS: Final = owed_mails.Kind(
    model=ReportMail,
    related=("report__team", "reader__preference"),
    may_go=lambda mail: report_readers.may_still_read(mail.reader, mail.report.team),
    compose=compose,
    # News of the month before last is none. Also what waited for a mail server that was set up much later.
    too_old=timedelta(days=31),
    late=LATE,
    gone=GONE,
)


def send_due(*, now: datetime) -> int:
    """Send the mails that are due; see `owed_mails.send_due`."""
    return owed_mails.send_due(MAILS, now=now)


def send_again(*, mail: ReportMail, now: datetime) -> bool:
    """Owe a failed or unknown mail once more; see `owed_mails.send_again`."""
    return owed_mails.send_again(MAILS, mail=mail, now=now)
