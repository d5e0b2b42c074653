"""Signing in: what fails too often is locked out for a while, and every try is kept. docs/sign-in.md says it to people.

django-axes tells us of each try (its signals and its backend) and has the tables; what counts is decided here:

- `LIMIT` failures of one name from one address lock that name from that address, for `PAUSE` after the last of them.
- `NAME_LIMIT` failures of one name within `NAME_SPAN`, from wherever, lock it for `NAME_SPAN` from addresses that it
  never signed in from. Where it did, it still may: so nobody outside can keep an administrator away from their desk.

A try while it is locked is refused without looking at the password, does not count, and so does not prolong the lock.
Names that nobody has are counted like others: nothing tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils import timezone

from portal import signin_events
from portal.origin import client_address

if TYPE_CHECKING:

    class AxesDatabaseHandler:
        def user_logged_in(self, sender: Any, request: Any, user: Any, **signal: Any) -> None: ...

else:
    from axes.handlers.database import AxesDatabaseHandler

LIMIT: Final = 5
PAUSE: Final = timedelta(minutes=15)
NAME_LIMIT: Final = 50
NAME_SPAN: Final = timedelta(hours=1)
NOWHERE: Final = "0.0.0.0"  # noqa: S104  (an address for those who have none, such as a socket's)
ANYWHERE: Final = "::"
"""The address of the row that counts a name's failures from everywhere. Its time is when that count began."""
REFUSED_EVERY: Final = timedelta(minutes=1)


def address_of(request: HttpRequest) -> str:
    """Who asks, by address; what django-axes keeps with each try."""
    return client_address(request) or NOWHERE


def lock_end(attempt: AccessAttempt) -> datetime | None:
    """When the lock that this row stands for ends or ended; None when it has not come to one."""
    limit, span = (NAME_LIMIT, NAME_SPAN) if attempt.ip_address == ANYWHERE else (LIMIT, PAUSE)
    return attempt.attempt_time + span if attempt.failures_since_start >= limit else None


def locked_until(*, name: str, address: str, now: datetime) -> datetime | None:
    """Until when this name cannot sign in from this address; None when it may try."""
    ends = []
    for attempt in AccessAttempt.objects.filter(username=name, ip_address__in=[address, ANYWHERE]):
        end = lock_end(attempt)
        if end and end > now and not (attempt.ip_address == ANYWHERE and _is_known(name, address)):
            ends.append(end)
    return max(ends, default=None)


def let_in(*, names: Sequence[str]) -> int:
    """Forget the failures of these names, from every address; how many counts there were. The log stays."""
    return int(AccessAttempt.objects.filter(username__in=names).delete()[0])


def prune(*, now: datetime) -> None:
    """Remove what is older than the log is kept (`SIGN_IN_LOG_DAYS`), and counts that are over."""
    oldest = now - timedelta(days=settings.SIGN_IN_LOG_DAYS)
    for log in (AccessLog, AccessFailureLog):
        log.objects.filter(attempt_time__lt=oldest).delete()
    _forget_spent(now)


class Handler(AxesDatabaseHandler):
    """What django-axes asks, and tells of each try. Its own counts know no failures of a name from many addresses,
    and make a longer one of every further failure's form."""

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        name, address = name_in(credentials), request.axes_ip_address
        locked = locked_until(name=name, address=address, now=request.axes_attempt_time)
        return LIMIT if locked else 0

    def user_login_failed(self, sender: Any, credentials: dict[str, Any], request: Any = None, **signal: Any) -> None:
        """Counts and tells the failure, unless it was refused already; logs it. Without a request nobody tried."""
        if request is None:
            return
        name, address, now = name_in(credentials), request.axes_ip_address, request.axes_attempt_time
        refused = locked_until(name=name, address=address, now=now) is not None
        if not refused:
            _forget_spent(now)
            _count(name, address, now)
            _count(name, ANYWHERE, now)
        until = locked_until(name=name, address=address, now=now)
        request.axes_locked_out = until is not None
        request.axes_credentials = credentials
        if not refused:
            signin_events.failed(name=name, address=address, locked_until=until, now=now)
        if not (refused and _just_refused(name, address, now)):
            AccessFailureLog.objects.create(locked_out=refused, **_try(request, name))

    def user_logged_in(self, sender: Any, request: Any, user: Any, **signal: Any) -> None:
        """Keeps it in the log; what failed before from there was a slip."""
        super().user_logged_in(sender, request, user, **signal)
        AccessAttempt.objects.filter(username=user.get_username(), ip_address=request.axes_ip_address).delete()

    def clean_expired_user_attempts(self, request: Any = None, credentials: Any = None) -> int:
        """What axes' own command and its signals call."""
        return _forget_spent(timezone.now())


def name_in(credentials: dict[str, Any] | None) -> str:
    """The name that was tried, as far as the tables have room for it."""
    return str((credentials or {}).get("username") or "")[:255]


def _try(request: Any, name: str) -> dict[str, Any]:
    return {
        "username": name,
        "ip_address": request.axes_ip_address,
        "user_agent": request.axes_user_agent,
        "http_accept": request.axes_http_accept,
        "path_info": request.axes_path_info,
    }


def _is_known(name: str, address: str) -> bool:
    return bool(AccessLog.objects.filter(username=name, ip_address=address).exists())


def _count(name: str, address: str, now: datetime) -> None:
    blank = {"get_data": "", "post_data": "", "http_accept": "", "path_info": "", "failures_since_start": 0}
    row, _made = AccessAttempt.objects.get_or_create(username=name, ip_address=address, user_agent="", defaults=blank)
    rows = AccessAttempt.objects.filter(pk=row.pk)
    rows.update(failures_since_start=F("failures_since_start") + 1)
    # From the last failure; the count of a name runs from its first, and its lock from the one that was too many.
    (rows.filter(failures_since_start=NAME_LIMIT) if address == ANYWHERE else rows).update(attempt_time=now)


def _just_refused(name: str, address: str, now: datetime) -> bool:
    """Who goes on and on is not to fill the log."""
    rows = AccessFailureLog.objects.filter(username=name, ip_address=address, locked_out=True)
    return bool(rows.filter(attempt_time__gt=now - REFUSED_EVERY).exists())


def _forget_spent(now: datetime) -> int:
    spent = Q(attempt_time__lte=now - NAME_SPAN) | (~Q(ip_address=ANYWHERE) & Q(attempt_time__lte=now - PAUSE))
    return int(AccessAttempt.objects.filter(spent).delete()[0])
