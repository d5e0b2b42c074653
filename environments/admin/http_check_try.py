"""“Try it”: an address is asked once, for some seconds, as the form stands, and what came is said in words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from environments.models import HttpCheck
from environments.models.texts import in_language
from environments.rules.http_answers import trouble_texts
from environments.services import http_tries

from .http_check_form import ASKING, SECRETS
from .own_clock import at_place_words

SHOWN = 300
"""Letters of an answer: enough to know it again."""


def tried(request: HttpRequest, form_class: type[forms.ModelForm[HttpCheck]], row: HttpCheck | None) -> HttpResponse:
    """The part of the dialog. What of the form says how to ask must be right; the rest of it may be empty yet."""
    form = form_class(request.POST, instance=row or HttpCheck())
    errors = [
        (form.fields[name].label, text) for name, texts in form.errors.items() if name in ASKING for text in texts
    ]
    context: dict[str, Any] = {"errors": errors}
    if not errors:
        values = {name: form.cleaned_data[name] for name in ASKING if name != SECRETS}
        context |= _outcome(HttpCheck(**values, secret_headers=form.cleaned_data[SECRETS]))
    return TemplateResponse(request, "environments/_http_check_tried.html", context)


def _outcome(draft: HttpCheck) -> dict[str, Any]:
    try:
        found = http_tries.try_out(draft)
    except http_tries.BusyError:
        return {"busy": True}
    answer, verdict = found.answer, found.verdict
    until = answer.certificate_until
    return {
        "answer": answer,
        "judged": verdict is not None,
        "good": verdict is not None and verdict.is_good,
        "said": in_language(verdict.reason if verdict else trouble_texts(answer)),
        "longest": http_tries.LONGEST_S,
        "waits": draft.timeout_s,
        "body": answer.body[:SHOWN],
        "more": len(answer.body) > SHOWN,
        "until": at_place_words(until, settings.TIME_ZONE, timezone.now()) if until else "",
    }
