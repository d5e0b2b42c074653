"""Kinds of events to tick, under the headings of the apps that tell them."""

from itertools import chain
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications import kinds
from portal.unfolded import Checkboxes

NO_LONGER = _("Not told any more")
"""Over what was chosen once and no app declares now."""


class KindCheckboxes(Checkboxes):
    """Its choices are kinds with their labels, in any order; with a script, each heading has a box for all below it."""

    template_name = "notifications/widgets/kinds.html"

    class Media:
        css = {"all": ["portal/event_kinds.css"]}
        js = ["portal/event_kinds.js"]

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        """As Django's: headings with their options."""
        listed = chain.from_iterable(options for _none, options, _index in super().optgroups(name, value, attrs))
        left = {option["value"]: option for option in listed}
        found: list[tuple[StrOrPromise, list[Any]]] = [
            (heading, [left.pop(kind) for kind in names if kind in left]) for heading, names in kinds.groups()
        ]
        found.append((NO_LONGER, list(left.values())))
        return [(heading, options, index) for index, (heading, options) in enumerate(found) if options]
