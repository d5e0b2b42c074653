"""How what is owed gets out: claim, send, record. Run by workers; safe to run twice, and to be killed anywhere.

Four promises, and what keeps them:

- Nothing is lost: rows are the truth, and the sweep wakes what is due, whether or not anybody was told.
- Nothing is sent twice by itself: a message is claimed by compare-and-swap, and a try that was cut off becomes
  `unknown`. That holds for Discord too, where a repeat would be harmless: a doubled "Failed to start" sends two people
  after one thing, while an unknown one stands in the list of deliveries with a button. (A refused connection is no such
  case: nothing went out.)
- A slow or dead channel delays only itself: at most `LANES` of its messages are under way at once.
- Order: a message waits for those of the same environment before it in its channel, until they are settled.

No request to the outside is made inside a transaction. `now` is when the work begins; what ends later adds the time it
took.
"""

import logging
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from notifications import outbox, wakeups
from notifications.backoff import backoff
from notifications.masking import scrub
from notifications.messages import compose
from notifications.models import Channel, Delivery, DeliveryAttempt, Severity
from notifications.models.delivery import LANES
from notifications.senders.base import Sent, TransportError
from notifications.texts import Text, Texts, filled, lazily, render

logger = logging.getLogger(__name__)

TOO_LATE = _("The deadline passed before it could be sent.")
CUT_OFF = _("The worker ended while sending. It may have arrived.")
SWEEP_AT_MOST = 500
LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    unknown: int
    failed: int
    woken: int


@dataclass(frozen=True, slots=True)
class _Try:
    """One claimed try, and how it ended."""

    delivery: Delivery
    attempt: DeliveryAttempt
    ended_at: datetime
    duration_ms: int

    def complete(self, outcome: DeliveryAttempt.Outcome, error: Texts, code: int | None) -> None:
        self.attempt.complete(outcome, error=error, code=code, duration_ms=self.duration_ms)


def deliver(delivery_id: int, now: datetime) -> Delivery.Status | None:
    """Sends one delivery, if it may be sent now, and says where that left it; None when there was nothing to do.

    Side effects: one request to the outside, one attempt in the log, perhaps the channel paused or switched off, and a
    wake-up for the channel's next message. Never raises for what a channel does.
    """
    delivery = Delivery.objects.select_related("event", "channel").filter(pk=delivery_id).first()
    attempt = delivery.claim(now) if delivery else None
    if delivery is None or attempt is None:
        return None
    began = time.monotonic()
    result = _send(delivery)
    took = timedelta(seconds=time.monotonic() - began)
    tried = _Try(delivery, attempt, now + took, round(took / timedelta(milliseconds=1)))
    with transaction.atomic():
        status = _sent(tried, result) if isinstance(result, Sent) else _not_sent(tried, result)
    wakeups.wake(due(delivery.channel, now + took)[:1])
    return status


def due(channel: Channel, now: datetime) -> list[int]:
    """The next deliveries of a channel that may be sent now: as many as it has lanes, oldest first."""
    claimable = Delivery.objects.claimable(now).filter(channel=channel).order_by("pk")
    return list(claimable.values_list("pk", flat=True)[:LANES])


def sweep(now: datetime) -> Swept:
    """Settles what no worker will (dead workers, passed deadlines) and wakes what is due, a few of each channel.

    Two sweeps at once do no harm. It sends nothing itself: a channel that hangs must not hold up the sweep.
    """
    lost = list(Delivery.objects.lost(now).order_by("pk")[:SWEEP_AT_MOST])
    unknown = sum(_cut_off(delivery) for delivery in lost)
    failed = Delivery.objects.give_up(now, render(TOO_LATE))
    owing = Channel.objects.filter(pk__in=Delivery.objects.waiting().filter(not_before__lte=now).values("channel"))
    found = [delivery_id for channel in owing.order_by("pk").defer("config") for delivery_id in due(channel, now)]
    wakeups.wake(found)
    return Swept(unknown=unknown, failed=failed, woken=len(found))


def _send(delivery: Delivery) -> Sent | TransportError:
    """Sends, and returns failures as values. Whatever a sender raises against its contract may have come after the
    request.
    """
    channel = delivery.channel
    if not channel.config.readable:
        return TransportError(
            _("Its settings cannot be read with the present keys. Enter them again."), closes_channel=True
        )
    try:
        return channel.sender.send(compose(delivery.event, channel, key=str(delivery.pk)), channel.config)
    except TransportError as error:
        return error
    except Exception as error:  # noqa: BLE001 - one broken sender must not stop the others
        # The type alone: the text may hold an address with its secret.
        logger.error("Delivery %s: %s in the %s sender.", delivery.pk, type(error).__name__, channel.kind)
        return TransportError(filled(_("Internal error (%(name)s)."), name=type(error).__name__), unknown=True)


def _sent(tried: _Try, sent: Sent) -> Delivery.Status:
    tried.delivery.mark_sent(tried.ended_at, sent.external_id)
    tried.complete(DeliveryAttempt.Outcome.SENT, {}, sent.code)
    tried.delivery.channel.note_success()
    return Delivery.Status.SENT


def _not_sent(tried: _Try, error: TransportError) -> Delivery.Status:
    delivery, channel = tried.delivery, tried.delivery.channel
    text = _presentable(error.message, channel)
    if error.closes_channel:
        outcome = _fail(delivery, text)
        if channel.switch_off(text, tried.ended_at):
            _tell_others(channel, text, tried.ended_at)
    else:
        channel.note_failure(text, tried.ended_at, pause=error.retry_after)
        if error.permanent:
            outcome = _fail(delivery, text)
        elif error.unknown:
            delivery.mark_unknown(text)
            outcome = DeliveryAttempt.Outcome.UNKNOWN
        else:
            outcome = _retry(delivery, text, tried.ended_at, error.retry_after)
    tried.complete(outcome, text, error.code)
    return Delivery.Status(outcome.value)


def _presentable(message: Text, channel: Channel) -> Texts:
    """What may be kept of an error: in each language, without the channel's secrets, not too long."""
    secrets = channel.secrets()
    return {code: scrub(said, secrets)[:LONGEST_ERROR] for code, said in render(message).items()}


def _retry(delivery: Delivery, text: Texts, now: datetime, retry_after: float | None) -> DeliveryAttempt.Outcome:
    # `attempts` was read before the claim counted this one.
    not_before = now + backoff(delivery.attempts + 1, jitter=random.random(), retry_after=retry_after)  # noqa: S311
    if not_before >= delivery.deadline_at:
        return _fail(delivery, text)
    delivery.mark_retry(not_before, text)
    return DeliveryAttempt.Outcome.RETRY


def _fail(delivery: Delivery, text: Texts) -> DeliveryAttempt.Outcome:
    delivery.mark_failed(text)
    return DeliveryAttempt.Outcome.FAILED


def _cut_off(delivery: Delivery) -> bool:
    with transaction.atomic():
        said = render(CUT_OFF)
        if not delivery.mark_unknown(said):
            return False
        open_attempts = delivery.attempt_log.filter(outcome=DeliveryAttempt.Outcome.STARTED)
        open_attempts.update(outcome=DeliveryAttempt.Outcome.UNKNOWN, error=said)
        return True


def _tell_others(channel: Channel, reason: Texts, now: datetime) -> None:
    outbox.publish(
        kind=outbox.CHANNEL_OFF,
        severity=Severity.ERROR,
        labels={"channel": channel.name},
        title=filled(_("Channel “%(name)s” was switched off"), name=channel.name),
        body=filled(
            _("%(reason)s Correct its settings and switch it on again: what waits is then sent."), reason=lazily(reason)
        ),
        link=_page_of(channel),
        now=now,
    )


def _page_of(channel: Channel) -> str:
    try:
        return reverse("admin:notifications_channel_change", args=[channel.pk])
    except NoReverseMatch:
        return ""
