"""The same POST twice is done once: with an `Idempotency-Key`, the answer of the first is told again.

A row is claimed before anything is done (one a token and key, by a constraint of the database). The change and its
answer are then written in one transaction: a process that dies between the two has done nothing. What failed here
(5xx) is not kept, so that it can be tried again. Answers are kept for a day, for who may still do what they could.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from notifications import audience
from portal.models import ApiAnswer, ApiToken

from .call import call_of
from .problems import MEDIA_TYPE, Problem, answer, failed, invalid

HEADER: Final = "Idempotency-Key"
LONGEST: Final = 200
KEPT: Final = timedelta(days=1)
UNDER_WAY: Final = timedelta(minutes=5)
"""Longer no request takes: one that began before, and has no answer, has died with its process."""


class Replay(Exception):
    """This was answered before: `kept` says what."""

    def __init__(self, kept: ApiAnswer) -> None:
        super().__init__(kept.key)
        self.kept = kept


def claim(request: HttpRequest, token: ApiToken, *, now: datetime) -> ApiAnswer:
    """Note that this request is being done, and begin the transaction that it is done in: `concluded` ends it.

    Raises Replay where it was answered before; Problem 409 while the same is under way, or when the account's rights
    are others than then; 422 for a key of another request or one that cannot be a key.
    """
    row = _claimed(token, _key(request), _asked(request), _rights(token), now)
    work = ExitStack()
    work.enter_context(transaction.atomic())
    call_of(request).work = work
    return row


def _claimed(token: ApiToken, key: str, asked: str, rights: str, now: datetime) -> ApiAnswer:
    row, made = ApiAnswer.objects.get_or_create(
        token=token, key=key, defaults={"fingerprint": asked + rights, "created_at": now}
    )
    if made:
        return row
    if row.created_at <= now - KEPT or (row.status is None and row.created_at <= now - UNDER_WAY):
        return _anew(row, asked + rights, now)
    if not row.fingerprint.startswith(asked):
        raise invalid(HEADER, _("This key was used for another request. Each request needs a key of its own."))
    if row.fingerprint != asked + rights:
        said = _("What its account may do is not what it was then. Nothing was done again: see what became of it.")
        raise Problem(409, _("This was answered already"), said)
    if row.status is None:
        raise _twice()
    raise Replay(row)


@contextmanager
def whole(request: HttpRequest) -> Iterator[None]:
    """Around a request: whatever cuts it short, what it has done with a key is undone."""
    try:
        yield
    except BaseException as error:
        call = call_of(request)
        if call.work is not None:
            call.work.__exit__(type(error), error, error.__traceback__)
        raise


def concluded(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Keep the answer together with what was done, and end their transaction; of a refusal, only the answer is kept.

    The answer that is to be given: 500 where writing failed, 409 where another has taken over the claim meanwhile.
    In both nothing was done.
    """
    call = call_of(request)
    row, work = call.kept, call.work
    if row is None or work is None:
        return response
    call.work = None
    ours = True
    try:
        with work:
            if response.status_code >= 400:
                transaction.set_rollback(True)
            elif not settle(row, response):
                ours = False
                transaction.set_rollback(True)
    except Exception as error:  # noqa: BLE001 - also of what follows the commit: then the row has and keeps its answer
        response = failed(request, error)
    if not ours:
        return answer(request, _twice())
    if response.status_code >= 400:
        settle(row, response)
    return response


def settle(row: ApiAnswer, response: HttpResponse) -> bool:
    """Keep the answer; nothing of a failure of ours. False where another has taken over the claim meanwhile."""
    rows = ApiAnswer.objects.filter(pk=row.pk, created_at=row.created_at, status__isnull=True)
    if response.status_code >= 500:
        return bool(rows.delete()[0])
    return bool(rows.update(status=response.status_code, body=response.content.decode()))


def again(kept: ApiAnswer) -> HttpResponse:
    """The answer as it was."""
    status = kept.status or 200
    media = MEDIA_TYPE if status >= 400 else "application/json; charset=utf-8"
    return HttpResponse(kept.body, status=status, content_type=media, headers={"Idempotency-Replayed": "true"})


def prune(*, now: datetime) -> int:
    """Forget the answers that are older than a day; how many there were."""
    return ApiAnswer.objects.filter(created_at__lte=now - KEPT).delete()[0]


def _anew(row: ApiAnswer, fingerprint: str, now: datetime) -> ApiAnswer:
    """Take over a claim that is over; the problem of what is under way when another was faster."""
    with transaction.atomic():
        rows = ApiAnswer.objects.filter(pk=row.pk, created_at=row.created_at)
        if not rows.update(fingerprint=fingerprint, status=None, body="", created_at=now):
            raise _twice()
    row.fingerprint, row.status, row.body, row.created_at = fingerprint, None, "", now
    return row


def _twice() -> Problem:
    said = _("The same request is being done at this moment. Ask again in a moment for its answer.")
    return Problem(409, detail=said, headers={"Retry-After": "1"})


def _key(request: HttpRequest) -> str:
    key = request.headers.get(HEADER, "").strip()
    if not key or len(key) > LONGEST or not key.isprintable():
        raise invalid(HEADER, _("Use 1 to %(most)s printable characters, for example a UUID.") % {"most": LONGEST})
    return key


def _asked(request: HttpRequest) -> str:
    """The request itself; half of a row's fingerprint."""
    said = f"{request.method} {request.get_full_path()}\n".encode("utf-8", "surrogateescape")
    return _half(said + request.body)


def _rights(token: ApiToken) -> str:
    """What the account may do and see, its other half: who has lost a role or a team is not told again what they were
    told then."""
    user = token.user
    return _half(repr((sorted(user.get_all_permissions()), sorted(audience.teams_of(user)))).encode())


def _half(said: bytes) -> str:
    return sha256(said).hexdigest()[:32]
