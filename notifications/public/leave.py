"""Where the way out of a message leads: one button, that stops a person's messages or has them sent again."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import links, offer_use
from notifications.models import Contact
from notifications.public.answers import answered, as_read_by, not_ours
from portal.origin import client_address


@csrf_exempt  # mail programs send it themselves (RFC 8058); who has the link may
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Shows whether messages come; a POST stops them, with `resume` it has them sent again. 404 for a link that is
    none of ours, and for a person who is no more."""
    contact_id = links.read_leave(token)
    contact = Contact.objects.select_related("user").filter(pk=contact_id).first() if contact_id is not None else None
    if contact is None:
        return not_ours(request)
    if request.method == "POST":
        now = timezone.now()
        with offer_use.by_link(contact.user, client_address(request), now):
            _leave(contact, None if "resume" in request.POST else now)
    with as_read_by(contact):
        return answered(request, "leave", {"contact": contact})


def _leave(contact: Contact, at: datetime | None) -> None:
    """Done twice, it is done once: the first moment stays."""
    if (contact.left_at is None) != (at is None):
        contact.left_at = at
        contact.save(update_fields=["left_at"])
