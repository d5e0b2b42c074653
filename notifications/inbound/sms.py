"""The door of SMS: gateways bring in the text messages that devices send.

Each gateway has a secret address, and signs its calls: Twilio as Twilio does, any other with JSON and an HMAC. What a
message says is judged afterwards, by whoever registered for the door `sms`. A message that comes again is the same
arrival. A call that is not signed as it should be is answered 403 and counted on its gateway.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from notifications import intake, secret_doors
from notifications.inbound import sms_signature
from notifications.models import Gateway
from notifications.secret_doors import (
    SEALED,
    Door,
    NotUnderstood,
    Refused,
    check_fresh,
    digest,
    form_fields,
    json_object,
    unix_time,
)
from notifications.texts import Text, render

DOOR: Final = "sms"
TIMESTAMP, SIGNATURE = "X-Daybreak-Timestamp", "X-Daybreak-Signature"
# What it signs with, among a gateway's settings.
SECRET = "secret"  # noqa: S105 - the name of a setting
_TWIML: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

Message = dict[str, str]


def address(gateway: Gateway) -> str:
    """Where the gateway calls; empty when its settings cannot be read."""
    return secret_doors.address(gateway, DOOR)


@csrf_exempt
@require_POST
def receive(request: HttpRequest, secret: str) -> HttpResponse:
    """`/hooks/sms/<secret>/`: 200 when it is written, 400 for what is no message, 403 when it is refused, 404 for an
    address that is none, 413 when it is too long."""
    return _DOOR.receive(request, secret, partial(_accept, request))


def _accept(request: HttpRequest, gateway: Gateway, body: bytes, now: datetime) -> HttpResponse:
    name, message = _let_in(gateway, request, body, now)
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
        raise Refused(SEALED)
    if gateway.kind == Gateway.Kind.TWILIO:
        return _of_twilio(gateway, request, body)
    return _of_json(gateway, request, body, now)


def _of_twilio(gateway: Gateway, request: HttpRequest, body: bytes) -> tuple[str, Message]:
    fields = form_fields(body)
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
    check_fresh(unix_time(timestamp), now)
    said = json_object(body)
    name = said.get("id")
    return _message(str(name) if isinstance(name, int) else name, said.get("from", ""), said.get("text"))


def _first(fields: Mapping[str, list[str]], name: str) -> str | None:
    values = fields.get(name)
    return values[0] if values else None


def _message(name: object, sender: object, text: object) -> tuple[str, Message]:
    if not isinstance(name, str) or not name or not isinstance(text, str):
        raise NotUnderstood("The message has no id or no text.")
    return name, {"from": sender[:40] if isinstance(sender, str) else "", "text": text[:1600]}


_DOOR: Final = Door(
    "gateway",
    lambda secret: Gateway.objects.filter(digest=digest(secret)).first(),
    lambda gateway_id, why: count(gateway_id, refused=1, why=why),
)
