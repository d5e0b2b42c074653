"""In plain words: when the next call is expected, as a form stands or as a heartbeat is."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from environments.models import Heartbeat
from environments.rules.durations import spoken
from environments.rules.expecting import Occurrence, Rhythm, next_due, occurrences

from .displays import also, at_words, by_both_clocks, language

EXPECTING = ("rhythm", "every_min", "windows", "grace_min")
SHOWN = 4
FormClass = type[forms.ModelForm[Heartbeat]]


def previewed(request: HttpRequest, form_class: FormClass, row: Heartbeat | None) -> HttpResponse:
    """The part of the form's page. What says when to call must be right; the rest of the form may be empty yet."""
    form = form_class(request.POST, instance=row or Heartbeat())
    wrong = {name: texts for name, texts in form.errors.items() if name in EXPECTING}
    errors = [(form.fields[name].label, text) for name, texts in wrong.items() for text in texts]
    context: dict[str, Any] = {"errors": errors}
    if not errors:
        environment = form.cleaned_data.get("environment")
        zone = environment.zone_name if environment else settings.TIME_ZONE
        draft = Heartbeat(**{name: form.cleaned_data[name] for name in EXPECTING})
        rhythm, now = draft.expected(zone), timezone.now()
        context |= {"first": first(rhythm, now), "then": following(rhythm, now), "grace": grace(rhythm)}
    return TemplateResponse(request, "environments/_heartbeat_expected.html", context)


def first(rhythm: Rhythm, now: datetime, *, since: datetime | None = None, last_at: datetime | None = None) -> str:
    """When the next call is expected; nothing where no window comes within a year."""
    if rhythm.every is not None:
        due = next_due(rhythm, since=since or now, last_at=last_at, now=now)
        return _("Next expected by %(time)s, %(zone)s; then each %(duration)s after the call before.") % {
            "time": by_both_clocks(due, rhythm.zone, now),
            "zone": rhythm.zone,
            "duration": spoken(rhythm.every, language()),
        }
    coming = next(occurrences(rhythm, now), None)
    if coming is None:
        return _("No such time comes within a year.")
    today = now.astimezone(ZoneInfo(rhythm.zone)).date()
    is_today = coming.begin.astimezone(ZoneInfo(rhythm.zone)).date() == today
    said = (
        _("Next expected between %(begin)s and %(end)s today, %(zone)s.")
        if is_today
        else _("Next expected between %(begin)s and %(end)s, %(zone)s.")
    )
    begin, end = _span(coming, rhythm.zone, now, is_today)
    text = said % {"begin": begin, "end": end, "zone": rhythm.zone}
    mine = also(coming.begin, rhythm.zone, now)
    return f"{text} ({mine} – {also(coming.end, rhythm.zone, now)})" if mine else text


def following(rhythm: Rhythm, now: datetime) -> list[str]:
    """The windows after the next one."""
    if rhythm.every is not None:
        return []
    found = [one for one, _number in zip(occurrences(rhythm, now), range(SHOWN), strict=False)]
    return [" – ".join(_span(one, rhythm.zone, now, False)) for one in found[1:]]


def grace(rhythm: Rhythm) -> str:
    if not rhythm.grace:
        return _("After that it is missed at once.")
    return _("After that it is late for %(duration)s, then missed.") % {"duration": spoken(rhythm.grace, language())}


def _span(one: Occurrence, zone: str, now: datetime, is_today: bool) -> tuple[str, str]:
    clock = ZoneInfo(zone)
    begin, end = one.begin.astimezone(clock), one.end.astimezone(clock)
    same = begin.date() == end.date()
    return (
        f"{begin:%H:%M}" if is_today else at_words(one.begin, zone, now),
        f"{end:%H:%M}" if same else at_words(one.end, zone, now),
    )
