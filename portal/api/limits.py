"""How often a token may ask: `API_REQUESTS_PER_MINUTE`, counted in its row, so that it holds over all web processes."""

from __future__ import annotations

import math
from collections import OrderedDict
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import F, Q
from django.utils.translation import gettext as _

from portal.models import ApiToken

from .problems import Problem

WINDOW: Final = timedelta(minutes=1)
WRONG_A_MINUTE: Final = 30
"""So many wrong tokens an address may send in a minute until it is told to wait; counted by each process for itself."""
ADDRESSES_KEPT: Final = 10_000

_wrong: OrderedDict[str, tuple[datetime, int]] = OrderedDict()
_lock = Lock()
# SQLite has one writer, and threads that find it busy sleep before they look again: so they queue here instead.
_one_writer = Lock()


def count(token: ApiToken, *, address: str | None, now: datetime) -> bool:
    """Count a request of the token, also in `token`; False when it has had its requests of this minute.

    One UPDATE by the row's number; two or three as a new window begins, which is also noted as the token's last use:
    once a minute at most.
    """
    under_way = token.window_at is not None and token.window_at > now - WINDOW
    if under_way or not _begin(token, address, now):
        return _within(token, now, known=under_way)
    return True


def _begin(token: ApiToken, address: str | None, now: datetime) -> bool:
    """Begin a new window; False when somebody else has just done so."""
    over = Q(window_at__isnull=True) | Q(window_at__lte=now - WINDOW)
    with _turn_to_write():
        begun = ApiToken.objects.filter(over, pk=token.pk).update(
            window_count=1, window_at=now, last_used_at=now, last_address=address
        )
    if begun:
        token.window_at, token.window_count = now, 1
    return bool(begun)


def _within(token: ApiToken, now: datetime, *, known: bool) -> bool:
    """Count within the window that is under way; `known`: the one that the token was read with."""
    limit = settings.API_REQUESTS_PER_MINUTE
    here = ApiToken.objects.filter(pk=token.pk, window_at__gt=now - WINDOW)
    with _turn_to_write():
        counted = here.filter(window_count__lt=limit).update(window_count=F("window_count") + 1)
    if not known:
        token.refresh_from_db(fields=["window_at", "window_count"])
    else:
        token.window_count = token.window_count + 1 if counted else max(limit, token.window_count)
    return bool(counted)


def _turn_to_write() -> AbstractContextManager[object]:
    return _one_writer if connection.vendor == "sqlite" else nullcontext()


def headers(token: ApiToken, *, now: datetime) -> dict[str, str]:
    """What every answer tells of the limit (the RateLimit fields of the IETF's draft, in their older and wider used
    form): requests a minute, how many are left, seconds until they are there anew."""
    limit = settings.API_REQUESTS_PER_MINUTE
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(max(0, limit - token.window_count)),
        "RateLimit-Reset": str(_left(token, now)),
    }


def refuse(token: ApiToken, *, now: datetime) -> None:
    """Raises the problem of a token that has had its requests."""
    wait = _left(token, now)
    said = _("This token may ask %(limit)s times a minute. Try again in %(seconds)s s.")
    words = {"limit": settings.API_REQUESTS_PER_MINUTE, "seconds": wait}
    raise Problem(429, detail=said % words, headers={"Retry-After": str(wait)})


def refuse_guessing(address: str | None, *, now: datetime) -> None:
    """Count a wrong token; raises the problem of an address that has sent too many of them. Tokens that are right are
    let in from there all the same: others may share the address."""
    with _lock:
        began, number = _wrong.pop(address or "", (now, 0))
        if not now - WINDOW < began <= now:
            began, number = now, 0
        _wrong[address or ""] = (began, number + 1)
        while len(_wrong) > ADDRESSES_KEPT:
            _wrong.popitem(last=False)
    if number >= WRONG_A_MINUTE:
        wait = max(1, math.ceil((began + WINDOW - now).total_seconds()))
        said = _("Too many wrong tokens came from this address. Try again in %(seconds)s s.")
        raise Problem(429, detail=said % {"seconds": wait}, headers={"Retry-After": str(wait)})


def forget_guessing() -> None:
    """Begin the counts of wrong tokens anew."""
    with _lock:
        _wrong.clear()


def _left(token: ApiToken, now: datetime) -> int:
    """Seconds until the window is over, rounded up."""
    end = (token.window_at or now) + WINDOW
    return max(1, math.ceil((end - now).total_seconds()))
