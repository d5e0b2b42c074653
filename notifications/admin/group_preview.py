"""In which order people would be asked, while somebody still fills in a group's form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import ngettext

from notifications import fanout, reaching
from notifications.admin.group_form import Places, in_order
from notifications.models import GroupMember


def preview(request: HttpRequest, form: forms.ModelForm[Any], places: Places) -> HttpResponse:
    """The panel for what is in the form now. Changes nothing; what is wrong in it is all said at once. A group that has
    no name yet has an order all the same."""
    form.is_valid()
    places.is_valid()
    wrong = [(name, text) for name, said in form.errors.items() if name != "name" for text in said]
    for line in places.forms:
        wrong += [(f"{line.prefix}-{name}", text) for name, said in line.errors.items() for text in said]
    context: dict[str, Any] = {"errors": wrong}
    if not wrong:
        rounds = form.cleaned_data["rounds"]
        members = [line.instance for line in places.kept()]
        context |= {
            "order": in_order(members),
            "rounds": ngettext("once", "%(count)s times", rounds) % {"count": rounds},
            "unreached": _unreached(members),
        }
    return TemplateResponse(request, "notifications/group_preview.html", context)


def _unreached(members: Sequence[GroupMember]) -> list[str]:
    """Whom no error would reach as it is now, in none of their places."""
    known = fanout.facts([one.contact_id for one in members])
    missed = {one.contact_id: one.contact.name for one in members}
    for one in members:
        person = known.people.get(one.contact_id)
        if person and reaching.place_way(person, one.channel_id, reaching.ERROR, known.listeners) is not None:
            missed.pop(one.contact_id, None)
    return sorted(missed.values())
