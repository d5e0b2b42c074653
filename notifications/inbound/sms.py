"""The door of SMS: gateways bring in the text messages that devices send.

Each gateway has a secret address, and signs its calls: Twilio as Twilio does, any other with JSON and an HMAC. What a
message says is judged afterwards, by whoever registered for the door `sms`. A message that comes again is the same
arrival. A call that is not signed as it should be is answered 403 and counted on its gateway.
"""

import hashlib
import json
import logging
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from notifications import intake
from notifications.inbound import sms_signature
from notifications.models import Gateway
from notifications.models.fields import Config
from notifications.texts import Text, render

logger = logging.getLogger(__name__)

DOOR: Final = "sms"
LARGEST: Final = 64 * 1024
TIMESTAMP, SIGNATURE = "X-Daybreak-Timestamp", "X-Daybreak-Signature"
# Names in a gateway's settings: the secret part of its address, and what it signs with.
KEY, SECRET = "key", "secret"
_MOST_FIELDS: Final = 100
_TWIML: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

Message = dict[str, str]


class Refused(Exception):
    """The call is not let in; `why` is read by people."""

    def __init__(self, why: Promise) -> None:
        super().__init__(str(why))
        self.why = why


class NotUnderstood(Exception):
    """The call is the gateway's, and no message."""


def digest(key: str) -> str:
    """What a gateway is found by."""
    return hashlib.sha256(key.encode()).hexdigest()


def new_address(gateway: Gateway) -> None:
    """Gives the row, unsaved, a new secret address; the old one, if any, leads nowhere once it is saved."""
    key = secrets.token_urlsafe(24)
    gateway.config = Config(dict(gateway.config) | {KEY: key})
    gateway.digest = digest(key)


def address(gateway: Gateway) -> str:
    """Where the gateway calls; empty when its settings cannot be read."""
    key = gateway.config.get(KEY, "")
    return settings.BASE_URL.rstrip("/") + reverse("sms", args=[key]) if key else ""


@csrf_exempt
@require_POST
def receive(request: HttpRequest, secret: str) -> HttpResponse:
    """`/hooks/sms/<secret>/`: 200 when it is written, 400 for what is no message, 403 when it is refused, 404 for an
    address that is none, 413 when it is too long."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST:
        return HttpResponse(status=413)
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        return HttpResponse(status=413)
    gateway = Gateway.objects.filter(digest=digest(secret)).first()
    if gateway is None:
        return HttpResponseNotFound("There is no gateway at this address.\n", content_type="text/plain")
    now = timezone.now()
    try:
        name, message = _let_in(gateway, request, body, now)
    except Refused as refused:
        logger.warning("A call of the SMS gateway %s was refused: %s", gateway.pk, refused)
        count(gateway.pk, refused=1, why=refused.why)
        return HttpResponse("Refused.\n", status=403, content_type="text/plain")
    except NotUnderstood as error:
        count(gateway.pk, refused=1, why=_("A call held no message that could be read."))
        return HttpResponse(f"{error}\n", status=400, content_type="text/plain")
    intake.accept(door=DOOR, subject=gateway.pk, key=f"{gateway.pk} {name}", payload=message, now=now)
    if gateway.kind == Gateway.Kind.TWILIO:
        return HttpResponse(_TWIML, content_type="text/xml; charset=utf-8")
    return JsonResponse({"ok": True})


def count(gateway_id: int, *, refused: int, why: Text | None = None, last_at: datetime | None = None) -> None:
    """Counts what was refused of a gateway, and notes the last reason (None: nothing is wrong) and message. For the
    door, and for judges of what came in by it."""
    values: dict[str, object] = {"refused": F("refused") + refused, "last_error": render(why) if why else {}}
    if last_at is not None:
        values["last_at"] = last_at
    Gateway.objects.filter(pk=gateway_id).update(**values)


def _let_in(gateway: Gateway, request: HttpRequest, body: bytes, now: datetime) -> tuple[str, Message]:
    """The gateway's name for the message, and the message. Raises Refused or NotUnderstood."""
    if not gateway.is_on:
        raise Refused(_("It is switched off."))
    if not gateway.config.readable:
        raise Refused(_("Its settings were sealed with another key. Enter its secret again."))
    if gateway.kind == Gateway.Kind.TWILIO:
        return _of_twilio(gateway, request, body)
    return _of_json(gateway, request, body, now)


def _of_twilio(gateway: Gateway, request: HttpRequest, body: bytes) -> tuple[str, Message]:
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise NotUnderstood("The body is no form.") from None
    # As the gateway was told, and as the request says that it was called (a proxy may have another name).
    known = [settings.BASE_URL.rstrip("/") + request.get_full_path(), request.build_absolute_uri()]
    given = request.headers.get("X-Twilio-Signature", "")
    if not sms_signature.is_of_twilio(gateway.config.get(SECRET, ""), known, fields, given):
        raise Refused(_("The signature is wrong. Is its auth token the right one, and its address in Twilio this one?"))
    return _message(_first(fields, "MessageSid"), _first(fields, "From"), _first(fields, "Body"))


def _of_json(gateway: Gateway, request: HttpRequest, body: bytes, now: datetime) -> tuple[str, Message]:
    timestamp, given = request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")
    if not sms_signature.is_of_gateway(gateway.config.get(SECRET, ""), timestamp, body, given):
        raise Refused(_("The signature is wrong. Is its secret the right one?"))
    if not sms_signature.is_recent(timestamp, now):
        raise Refused(_("Its time is more than five minutes off. Is its clock right?"))
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise NotUnderstood("The body is no JSON.") from None
    if not isinstance(said, dict):
        raise NotUnderstood("The body is no JSON object.")
    name = said.get("id")
    return _message(str(name) if isinstance(name, int) else name, said.get("from", ""), said.get("text"))


def _first(fields: Mapping[str, list[str]], name: str) -> str | None:
    values = fields.get(name)
    return values[0] if values else None


def _message(name: object, sender: object, text: object) -> tuple[str, Message]:
    if not isinstance(name, str) or not name or not isinstance(text, str):
        raise NotUnderstood("The message has no id or no text.")
    return name, {"from": sender[:40] if isinstance(sender, str) else "", "text": text[:1600]}
