"""Where “I look after it” of a message leads: one button; then nobody else is asked."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import escalations, links, offer_use, texts
from notifications.messages import absolute
from notifications.models import Delivery
from notifications.public.answers import answered, as_read_by, not_ours
from portal.origin import client_address


# Whoever has the address may, signed in or not, so a forged form could do no more than its forger can. And the browsers
# within mail and chat apps often keep no cookie to check it by.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Says who looks after it, or has the button; a POST takes it on. A link of long ago says that it is too late, and
    how it stands. 404 for a link that is none of ours."""
    now, delivery_id = timezone.now(), links.read_acknowledge(token)
    delivery = offer_use.live_delivery(delivery_id) if delivery_id is not None else None
    escalation = escalations.latest_of(delivery.event) if delivery else None
    if delivery is None or escalation is None:
        return not_ours(request)
    late = escalations.may_be_acknowledged(escalation) and now >= _last_moment(delivery)
    taken = request.method == "POST" and not late and _take(request, delivery, now)
    if request.method == "POST":
        escalation.refresh_from_db()
    end, since = escalations.standing(escalation)
    with as_read_by(delivery.contact, delivery.channel):
        link = absolute(delivery.event.link)
        if late:
            said = escalations.Acknowledging().standing(subject=str(delivery.event_id), now=now)
            heading = {"label": texts.here(delivery.event.title), "state": offer_use.State.LATE}
            return answered(request, "offer", {**heading, "standing": said, "link": link})
        context = {
            "title": texts.here(delivery.event.title),
            "escalation": {"by": escalation.by, "ended_at": since},
            "end": end,
            "may": escalations.may_be_acknowledged(escalation),
            "taken": taken,
            "link": link,
        }
        return answered(request, "acknowledge", context)


def _last_moment(delivery: Delivery) -> datetime:
    """Until when its link is good: so long from when its reader has got it."""
    return (delivery.sent_at or delivery.not_before) + offer_use.GOOD_FOR


def _take(request: HttpRequest, delivery: Delivery, now: datetime) -> bool:
    user = delivery.contact.user if delivery.contact else None
    with offer_use.by_link(user, client_address(request), now):
        return escalations.acknowledge(
            event=delivery.event,
            by=offer_use.reader_of(delivery),
            contact=delivery.contact,
            origin=offer_use.LINK,
            now=now,
        )
