"""What doors with a secret address have in common: the address, the body of a call, and what becomes of a call that is
not let in.

A platform or a gateway calls `/hooks/<door>/<secret>/`. Its row keeps the secret sealed among its settings, and is
found by the secret's digest.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, Protocol, TypeVar
from urllib.parse import parse_qs

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.models.fields import Config
from notifications.texts import Text

logger = logging.getLogger(__name__)

LARGEST: Final = 64 * 1024
OLDEST: Final = timedelta(minutes=5)
# The secret part of the address, among the row's settings.
KEY: Final = "key"
SEALED: Final = _("Its settings were sealed with another key. Enter its secrets again.")
UNREADABLE: Final = _("A call held nothing that could be read.")
_MOST_FIELDS: Final = 100


class Called(Protocol):
    """A row with a secret address."""

    pk: Any
    digest: Any
    config: Any


Row = TypeVar("Row", bound=Called)


class Refused(Exception):
    """The call is not let in; `why` is read by people."""

    def __init__(self, why: Promise) -> None:
        super().__init__(str(why))
        self.why = why


class NotUnderstood(Exception):
    """The caller is known, and what it says is nothing that the door knows."""


def digest(key: str) -> str:
    """What a row is found by."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def new_address(row: Called) -> None:
    """Gives the row, unsaved, a new secret address; the old one, if any, leads nowhere once it is saved."""
    key = secrets.token_urlsafe(24)
    row.config = Config(dict(row.config) | {KEY: key})
    row.digest = digest(key)


def has_address(row: Called) -> bool:
    """Whether there is one that can be read."""
    return bool(row.digest and row.config.get(KEY))


def address(row: Called, door: str) -> str:
    """Where the other side calls; empty when the row's settings cannot be read. `door`: the address's name."""
    key = row.config.get(KEY, "")
    return settings.BASE_URL.rstrip("/") + reverse(door, args=[key]) if key else ""


def body_of(request: HttpRequest, largest: int = LARGEST) -> bytes | None:
    """The body as it came, before anything has parsed it; None when it is longer than any that is meant for us."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > largest:
        return None
    body = request.read(largest + 1)
    return None if len(body) > largest else body


def json_object(body: bytes | str) -> dict[str, Any]:
    """What is said in JSON. Raises NotUnderstood for what is no object."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise NotUnderstood("The body is no JSON.") from None
    if not isinstance(said, dict):
        raise NotUnderstood("The body is no JSON object.")
    return said


def form_fields(body: bytes) -> dict[str, list[str]]:
    """The fields of a form, empty ones too. Raises NotUnderstood for what is none."""
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise NotUnderstood("The body is no form.") from None


def unix_time(said: str) -> datetime | None:
    """The moment of a unix time in seconds; None for what is none."""
    is_one = said.isascii() and said.isdecimal() and len(said) <= 11
    return datetime.fromtimestamp(int(said), UTC) if is_one else None


def check_fresh(said_at: datetime | None, now: datetime) -> None:
    """Raises Refused for what was said more than five minutes ago, later than now by as much, or at no time."""
    if said_at is None or abs(now - said_at) > OLDEST:
        raise Refused(_("Its time is more than five minutes off. Is its clock right?"))


@dataclass(frozen=True, slots=True)
class Door(Generic[Row]):
    """Who is known behind a kind of address, and where what was refused is counted."""

    knows: str
    at: Callable[[str], Row | None]
    count_refused: Callable[[Any, Text], None]
    refuses_with: int = 403

    def receive(
        self, request: HttpRequest, secret: str, answer: Callable[[Row, bytes, datetime], HttpResponse]
    ) -> HttpResponse:
        """What `answer` returns; 400 for what is no call (NotUnderstood), `refuses_with` when it is refused (Refused),
        404 for an address that is none, 413 when it is too long. Each refusal is counted, with its reason."""
        body = body_of(request)
        if body is None:
            return HttpResponse(status=413)
        row = self.at(secret)
        if row is None:
            return HttpResponseNotFound(f"There is no {self.knows} at this address.\n", content_type="text/plain")
        try:
            return answer(row, body, timezone.now())
        except Refused as refused:
            logger.warning("A call of the %s %s was refused: %s", self.knows, row.pk, refused)
            self.count_refused(row.pk, refused.why)
            return HttpResponse("Refused.\n", status=self.refuses_with, content_type="text/plain")
        except NotUnderstood as error:
            self.count_refused(row.pk, UNREADABLE)
            return HttpResponse(f"{error}\n", status=400, content_type="text/plain")
