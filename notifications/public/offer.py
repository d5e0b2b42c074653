"""Where “Keep on 2 h” of a message leads: one button, that does it once."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import links, offer_use, texts
from notifications.messages import absolute
from notifications.public.answers import answered, as_read_by, not_ours
from portal.origin import client_address


# Whoever has the address may, signed in or not, so a forged form could do no more than its forger can. And the browsers
# within mail and chat apps often keep no cookie to check it by.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Says what is true now and has the button; a POST does it. 404 for a link that is none of ours."""
    read, now = links.read_offer(token), timezone.now()
    if read is None:
        return not_ours(request)
    delivery_id, choice = read
    if request.method == "POST":
        offered = offer_use.take(
            delivery_id=delivery_id,
            choice=choice,
            value=request.POST.get("value", "")[:40],
            address=client_address(request),
            now=now,
        )
    else:
        offered = offer_use.found(delivery_id, choice, now)
    if offered is None:
        return not_ours(request)
    delivery = offered.delivery
    with as_read_by(delivery.contact, delivery.channel):
        context = {
            "offered": offered,
            "state": offered.state.value,
            "title": texts.here(delivery.event.title),
            "label": texts.here(offered.choice["label"]),
            "note": texts.here(offered.choice["note"]),
            "asks": offered.choice["asks"],
            "value": request.POST.get("value", "")[:40],
            "said": texts.here(offered.said),
            "standing": texts.here(offered.standing),
            "until": delivery.event.until,
            "link": absolute(delivery.event.link),
        }
        return answered(request, "offer", context)
