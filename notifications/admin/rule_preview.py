"""What if: who would have heard of the last events, while somebody still fills in a rule's form."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import formats
from django.utils.translation import gettext, ngettext

from notifications import kinds, trial
from notifications.admin import displays
from notifications.models import Channel, Contact, ContactGroup
from notifications.texts import here
from notifications.trial import Heard, Trial
from portal.moments import stamp

SHOWN = 10
"""So many of the events are shown one by one; all of them are counted."""
NO_MATTER = {"name", NON_FIELD_ERRORS}
"""Without a name, with one that is taken, or before anybody is chosen, a rule can be tried all the same."""


@dataclass(frozen=True, slots=True)
class _Names:
    """What the ids in a trial are called."""

    channels: Mapping[int, str]
    people: Mapping[int, str]

    def told(self, channel_id: int, contact_id: int | None) -> str:
        """“Team room”; of a person “Minseo Kim (SMS)”."""
        channel = self.channels.get(channel_id, "")
        return f"{self.people.get(contact_id, '')} ({channel})" if contact_id is not None else channel


def preview(request: HttpRequest, form: forms.ModelForm[Any]) -> HttpResponse:
    """The panel for what is in the form now. Changes nothing; what is wrong in the form is all said at once."""
    form.is_valid()
    wrong = {name: said for name, said in form.errors.items() if name not in NO_MATTER}
    context: dict[str, Any] = {"errors": [(name, text) for name, said in wrong.items() for text in said]}
    if not wrong:
        context |= _shown(trial.of(form.facts()))  # type: ignore[attr-defined]
    return TemplateResponse(request, "notifications/rule_preview.html", context)


def _shown(found: Trial) -> dict[str, Any]:
    names = _names(found)
    messages = found.messages()
    return {
        "nothing_yet": not found.looked_at,
        "summary": _summary(found),
        "messages": [
            (names.told(*to), formats.number_format(count, use_l10n=True)) for to, count in messages.most_common()
        ],
        "groups": list(ContactGroup.objects.filter(pk__in=found.groups).values_list("name", flat=True)),
        "unreached": sorted(names.people.get(one, "") for one in found.unreached()),
        "events": [_row(one, names) for one in found.heard[:SHOWN]],
        "more": len(found.heard[SHOWN:]),
    }


def _summary(found: Trial) -> str:
    """“12 of the last 100 events, since 20 Nov 2026 09:00 (Asia/Seoul)”."""
    if not found.looked_at:
        return ""
    said = ngettext(
        "%(heard)s of the last event, of %(since)s",
        "%(heard)s of the last %(count)s events, since %(since)s",
        len(found.looked_at),
    )
    values = {"heard": len(found.heard), "count": len(found.looked_at), "since": stamp(found.looked_at[-1].at)}
    return said % values


def _row(one: Heard, names: _Names) -> dict[str, Any]:
    return {
        "when": stamp(one.event.at),
        "severity": displays.severity(one.event),
        "kind": kinds.label(one.event.kind),
        "title": here(one.event.title),
        "whom": [_whom(to.channel_id, to.contact_id, one, names) for to in one.recipients],
    }


def _whom(channel_id: int, contact_id: int | None, one: Heard, names: _Names) -> str:
    said = names.told(channel_id, contact_id)
    if contact_id is None and channel_id in one.anyway:
        return gettext("%(name)s (hears of it anyway)") % {"name": said}
    return said


def _names(found: Trial) -> _Names:
    recipients = [to for one in found.heard for to in one.recipients]
    people = {to.contact_id for to in recipients} | set(found.unreached())
    return _Names(_named(Channel, (to.channel_id for to in recipients)), _named(Contact, people))


def _named(model: type[Channel] | type[Contact], ids: Iterable[int | None]) -> dict[int, str]:
    wanted = {one for one in ids if one is not None}
    return dict(model.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}
