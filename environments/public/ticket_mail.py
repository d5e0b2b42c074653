"""Where the link of a ticket's mail leads: one button, that stops the mails or has them sent again. No sign-in: the
link is signed. It says the number of the ticket and nothing of what is in it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from environments.services import report_messages, ticket_readers


@csrf_exempt  # mail programs send it themselves (RFC 8058); who has the link may
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Shows whether the mails come; a POST stops them, with `resume` it has them sent again. 404 for a link that is
    none of ours."""
    reading = ticket_readers.read(token)
    if reading is None:
        return render(request, "environments/ticket_stop.html", status=404)
    if request.method == "POST":
        (ticket_readers.resume if "resume" in request.POST else ticket_readers.stop)(reading)
    with translation.override(report_messages.language_of(reading.reader)):
        rules = ticket_readers.rules_of(reading.reader, reading.ticket)
        context = {
            "reading": reading,
            "is_stopped": ticket_readers.is_stopped(reading),
            "is_watching": ticket_readers.is_watching(reading.reader, reading.ticket),
            "rules": ticket_readers.rules_words(rules),
        }
        return render(request, "environments/ticket_stop.html", context)
