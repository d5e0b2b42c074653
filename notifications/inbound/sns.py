"""The door of AWS SNS: alarms of CloudWatch and events of EventBridge come in by HTTPS.

A message is let in when its topic is one of ours (`Topic`, switched on), it is not older than an hour, and AWS has
signed it. What it says is judged afterwards: notifications by whoever reads the door `alarm`, subscriptions here.
A subscription is confirmed by a visit to AWS, in the background; a message that AWS sends again is the same arrival.

Refusals are answered 403, which SNS does not try again; 503 (a certificate that could not be had just now) it does.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from notifications import intake
from notifications.inbound import sns_signature
from notifications.inbound.sns_signature import Refused, Unavailable
from notifications.intake import Outcome
from notifications.models import Arrival, Topic
from notifications.secret_doors import body_of
from notifications.texts import Texts, filled, render

logger = logging.getLogger(__name__)

DOOR: Final = "sns"
ALARM_DOOR: Final = "alarm"
LARGEST: Final = 256 * 1024
OLDEST: Final = timedelta(hours=1)
NOTIFICATION, SUBSCRIBED, UNSUBSCRIBED = "Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"
_ASKED_FOR: Final = {
    NOTIFICATION: ("Message", "MessageId", "Timestamp", "TopicArn"),
    SUBSCRIBED: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn"),
    UNSUBSCRIBED: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn"),
}
TO_CONFIRM, CONFIRMED, FAILED, ENDED = "to confirm", "confirmed", "failed", "unsubscribed"
# SNS takes a token for three days.
CONFIRM_WITHIN: Final = timedelta(days=3)
CONFIRM_TRIES: Final = 17
CONFIRMED_AT_ONCE: Final = 10


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """`/hooks/sns/`: 200 when it is written, 403 when it is refused, 413 when it is too long, 503 to have it again."""
    body = body_of(request, LARGEST)
    if body is None:
        return HttpResponse(status=413)
    now = timezone.now()
    try:
        topic, message = _let_in(request, body, now)
    except Refused as why:
        logger.warning("A message at the door of SNS was refused: %s.", why)
        return HttpResponse("Refused.\n", status=403, content_type="text/plain")
    except Unavailable as why:
        logger.warning("A message at the door of SNS could not be checked: %s.", why)
        return HttpResponse("Try again.\n", status=503, content_type="text/plain")
    kind = message["Type"]
    kept = {name: message[name] for name in (*_ASKED_FOR[kind], "Type", "Subject") if name in message}
    door = ALARM_DOOR if kind == NOTIFICATION else DOOR
    intake.accept(door=door, subject=topic.pk, key=message["MessageId"], payload=kept, now=now)
    return HttpResponse("ok\n", content_type="text/plain")


def heard(arrivals: Iterable[Arrival]) -> None:
    """Notes on the topics when they were last heard of. For judges of what came in by this door."""
    last: dict[int, datetime] = {}
    for arrival in arrivals:
        if arrival.subject is not None:
            last[arrival.subject] = max(arrival.received_at, last.get(arrival.subject, arrival.received_at))
    for topic_id, at in sorted(last.items()):
        Topic.objects.filter(pk=topic_id).update(last_at=at, last_error={})


def judge(arrivals: Sequence[Arrival], now: datetime) -> Mapping[int, Outcome]:
    """What became of subscriptions: one that was ended is noted, one that was begun waits for `confirm_due`."""
    outcomes = {}
    for arrival in arrivals:
        if arrival.payload["Type"] == UNSUBSCRIBED:
            said = render(_("The subscription was ended. Subscribe again to hear of alarms."))
            _topic(arrival).update(confirmed_at=None, last_error=said)
            outcomes[arrival.pk] = Outcome(ENDED)
        else:
            outcomes[arrival.pk] = Outcome(TO_CONFIRM)
    return outcomes


def confirm_due(now: datetime) -> int:
    """Visits the addresses that confirm subscriptions, outside of any transaction; how many were confirmed.

    A visit that fails is repeated, with longer and longer pauses, for as long as SNS takes the token. Two visits do no
    harm.
    """
    waiting = Arrival.objects.filter(door=DOOR, outcome=TO_CONFIRM).order_by("id")
    due = [arrival for arrival in waiting if _is_due(arrival, now)]
    # Those that failed least come first: what fails for days holds up nobody.
    due.sort(key=lambda arrival: arrival.attempts)
    return sum(_confirm(arrival, now) for arrival in due[:CONFIRMED_AT_ONCE])


def _let_in(request: HttpRequest, body: bytes, now: datetime) -> tuple[Topic, dict[str, str]]:
    """The topic and the message. Raises `Refused` or `Unavailable`; on a topic of ours its error is noted."""
    if request.headers.get("x-amz-sns-rawdelivery", "").lower() == "true":
        raise Refused("raw delivery, which nobody signs")
    message = _read(body)
    topic = Topic.objects.filter(arn=message["TopicArn"]).first()
    if topic is None or not topic.is_on:
        raise Refused("not from a topic that is let in")
    try:
        _check_age(message["Timestamp"], now)
        if message["Type"] == SUBSCRIBED:
            sns_signature.confirmation_address(message)
        sns_signature.verify(message, now)
    except Refused as why:
        said = render(filled(_("A message was refused: %(why)s."), why=why))
        Topic.objects.filter(pk=topic.pk).exclude(last_error=said).update(last_error=said)
        raise
    return topic, message


def _read(body: bytes) -> dict[str, str]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("no JSON") from None
    if not isinstance(message, dict):
        raise Refused("no message of SNS")
    read = {name: value for name, value in message.items() if isinstance(value, str)}
    if read.get("Type") not in _ASKED_FOR:
        raise Refused("no message of SNS")
    missing = [name for name in _ASKED_FOR[read["Type"]] if name not in read]
    if missing or not read["MessageId"]:
        raise Refused("a message of SNS that is not whole")
    if "Subject" in message and not isinstance(message["Subject"], str | None):
        raise Refused("a subject that is no text")
    return read


def _check_age(timestamp: str, now: datetime) -> None:
    try:
        sent_at = datetime.fromisoformat(timestamp)
        too_far = abs(now - sent_at) > OLDEST
    except (ValueError, TypeError, OverflowError):
        raise Refused("a time that cannot be read") from None
    if too_far:
        raise Refused("older than an hour, or from the future")


def _is_due(arrival: Arrival, now: datetime) -> bool:
    """At once, then 4 seconds after it came in, 8, 16 and so on."""
    pause = timedelta(seconds=2.0 ** (arrival.attempts + 1)) if arrival.attempts else timedelta()
    return arrival.received_at + pause <= now


def _topic(arrival: Arrival) -> QuerySet[Topic]:
    return Topic.objects.filter(pk=arrival.subject or 0)


def _confirm(arrival: Arrival, now: datetime) -> int:
    message = arrival.payload
    try:
        if not _topic(arrival).filter(arn=message["TopicArn"], is_on=True).exists():
            raise Refused("its topic is not let in any more")
        sns_signature.get(sns_signature.confirmation_address(message))
    except Refused as why:
        return _not_confirmed(arrival, FAILED, why)
    except Unavailable as why:
        over = now - arrival.received_at > CONFIRM_WITHIN or arrival.attempts >= CONFIRM_TRIES
        return _not_confirmed(arrival, FAILED if over else TO_CONFIRM, why)
    Arrival.objects.filter(pk=arrival.pk).update(outcome=CONFIRMED, note={})
    _topic(arrival).update(confirmed_at=now, last_at=arrival.received_at, last_error={})
    return 1


def _not_confirmed(arrival: Arrival, outcome: str, why: Exception) -> int:
    said: Texts = render(filled(_("The subscription could not be confirmed: %(why)s."), why=why))
    Arrival.objects.filter(pk=arrival.pk).update(outcome=outcome, note=said, attempts=F("attempts") + 1)
    _topic(arrival).update(last_error=said)
    return 0
