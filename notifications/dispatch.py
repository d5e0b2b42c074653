"""How what is owed gets out: claim, send, record. Run by workers; safe to run twice, and to be killed anywhere.

Four promises, and what keeps them:

- Nothing is lost: rows are the truth, and the sweep wakes what is due, whether or not anybody was told.
- Nothing is sent twice by itself: a message is claimed by compare-and-swap, and a try that was cut off becomes
  `unknown`. That holds for Discord too, where a repeat would be harmless: a doubled "Failed to start" sends two people
  after one thing, while an unknown one stands in the list of deliveries with a button. (A refused connection is no such
  case: nothing went out.)
- A slow or dead channel delays only itself: at most `LANES` of its messages are under way at once, and after some
  failures in a row it rests (`channel_health`).
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
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from notifications import asking, channel_health, dead_channels, messages, news, slow, wakeups
from notifications.backoff import backoff
from notifications.claims import Claimed, claim
from notifications.masking import scrub
from notifications.models import Channel, Delivery, DeliveryAttempt
from notifications.models.delivery import LANES
from notifications.routing import Why
from notifications.senders import in_time
from notifications.senders.base import NoNewsError, Sent, TransportError
from notifications.texts import Text, Texts, filled, render

logger = logging.getLogger(__name__)

TOO_LATE = _("The deadline passed before it could be sent.")
CUT_OFF = _("The worker ended while sending. It may have arrived.")
SWEEP_AT_MOST = 500
LOOKED_AT = 32
_LOOKED_FOR = ("recipient", "sequence", "status", "not_before", "deadline_at", "why", "lease_until", "sent_with")
LONGEST_ERROR = 500
HURRIED = 3
"""However often a message to somebody who is being asked has failed, the next try comes as after so many: within a
minute. Whoever is next is asked meanwhile all the same."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    unknown: int
    failed: int
    woken: int
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class _Try:
    """One claimed try, and how it ended."""

    claimed: Claimed
    ended_at: datetime
    duration_ms: int

    @property
    def delivery(self) -> Delivery:
        return self.claimed.delivery

    def complete(self, outcome: DeliveryAttempt.Outcome, error: Texts, code: int | None) -> None:
        for attempt in self.claimed.attempts:
            attempt.complete(outcome, error=error, code=code, duration_ms=self.duration_ms)


def deliver(delivery_id: int, now: datetime) -> Delivery.Status | None:
    """Sends one delivery, if it may be sent now, with what is bundled with it, and says where that left it; None when
    there was nothing to do.

    Side effects: one request to the outside, one attempt in the log for each delivery, perhaps the channel paused,
    resting or switched off, and a wake-up for the channel's next message. Never raises for what a channel does.
    """
    if not slow.is_any():
        return _deliver(delivery_id, now)
    channel_id = Delivery.objects.filter(pk=delivery_id).values_list("channel_id", flat=True).first()
    with slow.slot(channel_id or 0) as free:
        return _deliver(delivery_id, now) if free else None


def _deliver(delivery_id: int, now: datetime) -> Delivery.Status | None:
    came = time.monotonic()
    claimed = claim(delivery_id, now)
    if claimed is None:
        return None
    began = time.monotonic()
    result = _send(claimed, now, came)
    took = timedelta(seconds=time.monotonic() - began)
    slow.note(claimed.delivery.channel_id, took.total_seconds())
    tried = _Try(claimed, now + took, round(took / timedelta(milliseconds=1)))
    with transaction.atomic():
        status = _sent(tried, result) if isinstance(result, Sent) else _not_sent(tried, result)
    wakeups.wake(due(claimed.delivery.channel, now + took)[:1])
    return status


def due(channel: Channel, now: datetime) -> list[int]:
    """The next deliveries of a channel that may be sent now: as many as it has lanes free, oldest first. After so many
    failures that one message tries: what was tried least comes first, so that the try is not the same message's again.

    A hint, for a claim asks again. So it looks at the oldest that the channel owes, and at all of it only where each of
    those waits for another.
    """
    if channel.has_tripped:
        least_tried = Delivery.objects.claimable(now).filter(channel=channel).order_by("attempts", "pk")
        return list(least_tried.values_list("pk", flat=True)[:LANES])
    # The condition on recipients changes nothing, and has SQLite take the index of what is unfinished.
    owed = Delivery.objects.holding_up(now).filter(channel=channel, recipient__gte="").order_by(F("pk") + 0)
    rows = list(owed.only(*_LOOKED_FOR)[:LOOKED_AT])
    free = LANES - sum(row.is_under_way(now) for row in rows)
    found: list[int] = []
    before: set[tuple[str, str]] = set()
    for row in rows:
        line = (row.recipient, row.sequence)
        waits = row.status in Delivery.WAITING and (row.why == Why.ASKED or channel.is_open(now))
        if waits and row.not_before <= now < row.deadline_at and not (row.sequence and line in before):
            found.append(row.pk)
        before.add(line)
    if not found and len(rows) == LOOKED_AT:
        claimable = Delivery.objects.claimable(now).filter(channel=channel).order_by("pk")
        return list(claimable.values_list("pk", flat=True)[:LANES])
    return found[: max(free, 0)]


def sweep(now: datetime) -> Swept:
    """Settles what no worker will (dead workers, passed deadlines) and wakes what is due, a few of each channel.

    Two sweeps at once do no harm. It sends nothing itself: a channel that hangs must not hold up the sweep. Of a
    channel that rests, waits or is off only tests are looked for, however much it owes.
    """
    lost = list(Delivery.objects.lost(now).select_related("channel").order_by("pk")[:SWEEP_AT_MOST])
    unknown = sum(_cut_off(delivery, now) for delivery in lost)
    dropped = Delivery.objects.drop_old_news(now, render(in_time.OLD_NEWS))
    failed = Delivery.objects.give_up(now, render(TOO_LATE))
    dead_channels.tell_of_silence(now)
    waiting = Delivery.objects.waiting().filter(channel=OuterRef("pk"), not_before__lte=now)
    usable = Q(pk__in=Channel.objects.sending(now)) | Exists(waiting.filter(why=Why.ASKED))
    owing = Channel.objects.filter(usable, Exists(waiting)).order_by("pk").defer("config")
    found = [delivery_id for channel in owing for delivery_id in due(channel, now)]
    wakeups.wake(found)
    return Swept(unknown=unknown, failed=failed, woken=len(found), dropped=dropped)


def _send(claimed: Claimed, now: datetime, came: float) -> Sent | TransportError | messages.NobodyThereError:
    """Sends, and returns failures as values; `came`: what the monotonic clock said at `now`. Whatever a sender raises
    against its contract may have come after the request.
    """
    delivery, channel = claimed.delivery, claimed.delivery.channel
    if not channel.config.readable:
        return TransportError(
            _("Its settings cannot be read with the present keys. Enter them again."), closes_channel=True
        )
    try:
        if why := news.why_none(delivery.event, now):
            return messages.NobodyThereError(why)
        message = messages.compose(delivery, claimed.together)
        with in_time.until(came + (message.until - now).total_seconds() if message.until else None):
            in_time.check()
            return channel.sender.send(message, channel.config)
    except NoNewsError as error:
        return messages.NobodyThereError(error.message)
    except (TransportError, messages.NobodyThereError) as error:
        return error
    except Exception as error:  # noqa: BLE001 - one broken sender must not stop the others
        # The type alone: the text may hold an address with its secret.
        logger.error("Delivery %s: %s in the %s sender.", delivery.pk, type(error).__name__, channel.kind)
        return TransportError(filled(_("Internal error (%(name)s)."), name=type(error).__name__), unknown=True)


def _sent(tried: _Try, sent: Sent) -> Delivery.Status:
    tried.delivery.mark_sent(tried.ended_at, sent.external_id)
    tried.complete(DeliveryAttempt.Outcome.SENT, {}, sent.code)
    tried.delivery.channel.note_success()
    dead_channels.tell_it_works(tried.delivery.channel, tried.ended_at)
    return Delivery.Status.SENT


def _not_sent(tried: _Try, error: TransportError | messages.NobodyThereError) -> Delivery.Status:
    delivery, channel = tried.delivery, tried.delivery.channel
    if isinstance(error, messages.NobodyThereError):
        return _dropped(tried, render(error.said))
    text = _presentable(error.message, channel)
    if error.closes_channel:
        outcome = _fail(delivery, text)
        if channel.switch_off(text, tried.ended_at):
            channel_health.tell_switched_off(channel, text, tried.ended_at)
    else:
        outcome = _judged(tried, error, text)
    tried.complete(outcome, text, error.code)
    return Delivery.Status(outcome.value)


def _judged(tried: _Try, error: TransportError, text: Texts) -> DeliveryAttempt.Outcome:
    """A service that refuses a message for good or for its reader's sake, or asks to wait, is alive; one that fails or
    is silent may not be."""
    delivery, channel = tried.delivery, tried.delivery.channel
    # A gateway that says when it may be back is no more alive for that; of 4xx, a service that limits us is.
    asked_to_wait = error.retry_after is not None and (error.code or 0) < 500
    answered = error.permanent or error.of_reader
    pause = None if error.of_reader else error.retry_after
    channel.note_failure(text, tried.ended_at, pause=pause, counts=not answered and not asked_to_wait)
    if answered:
        channel.note_alive()
    if error.permanent:
        return _fail(delivery, text)
    if error.unknown:
        delivery.mark_unknown(text)
        return DeliveryAttempt.Outcome.UNKNOWN
    return _retry(delivery, text, tried.ended_at, error.retry_after)


def _dropped(tried: _Try, reason: Texts) -> Delivery.Status:
    """Nobody was asked anything: the try stands in the log as one that came to nothing."""
    tried.delivery.mark_dropped(reason)
    tried.complete(DeliveryAttempt.Outcome.FAILED, reason, None)
    return Delivery.Status.DROPPED


def _presentable(message: Text, channel: Channel) -> Texts:
    """What may be kept of an error: in each language, without the channel's secrets, not too long."""
    secrets = channel.secrets()
    return {code: scrub(said, secrets)[:LONGEST_ERROR] for code, said in render(message).items()}


def _retry(delivery: Delivery, text: Texts, now: datetime, retry_after: float | None) -> DeliveryAttempt.Outcome:
    # `attempts` was read before the claim counted this one.
    tries = delivery.attempts + 1
    if tries > HURRIED and delivery.contact_id is not None and asking.is_asked(delivery.contact_id, delivery.event):
        tries = HURRIED
    not_before = now + backoff(tries, jitter=random.random(), retry_after=retry_after)  # noqa: S311
    if not_before >= delivery.deadline_at:
        return _fail(delivery, text)
    delivery.mark_retry(not_before, text)
    return DeliveryAttempt.Outcome.RETRY


def _fail(delivery: Delivery, text: Texts) -> DeliveryAttempt.Outcome:
    delivery.mark_failed(text)
    return DeliveryAttempt.Outcome.FAILED


def _cut_off(delivery: Delivery, now: datetime) -> bool:
    """A worker that never came back: its message is unknown, and its channel has failed once, for it may be what held
    the worker."""
    with transaction.atomic():
        said = render(CUT_OFF)
        if not delivery.mark_unknown(said):
            return False
        # What went within it is unknown by now as well, and no later sweep finds it.
        with_it = Delivery.objects.filter(Q(pk=delivery.pk) | Q(sent_with=delivery), lease_token=delivery.lease_token)
        open_attempts = DeliveryAttempt.objects.filter(
            delivery__in=with_it.values("pk"), outcome=DeliveryAttempt.Outcome.STARTED
        )
        # Of a bundle one counts, and of two sweeps the first.
        if open_attempts.update(outcome=DeliveryAttempt.Outcome.UNKNOWN, error=said):
            delivery.channel.note_failure(said, now, counts=True)
        return True
