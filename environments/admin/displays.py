"""Words and forms of things on pages."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

STEP_NAMES = {
    "look": gettext_lazy("Look at what is there"),
    "guard": gettext_lazy("Check that no data is lost"),
    "announce": gettext_lazy("Tell people"),
    "clear": gettext_lazy("Clear the remains away"),
    "resolve": gettext_lazy("Find the image tags"),
    "create": gettext_lazy("Create"),
    "delete": gettext_lazy("Delete"),
    "wait": gettext_lazy("Wait until it is done"),
}


def language() -> str:
    return (translation.get_language() or "en").split("-")[0]


def step_name(name: str) -> str:
    return str(STEP_NAMES.get(name, name))


def at_words(at: datetime, zone: str, now: datetime) -> str:
    """A time in a zone as people say it: “18:00” today, “Mon 09:00” within a week, else with the date."""
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    days = (local.date() - today).days
    clock = f"{local:%H:%M}"
    if days == 0:
        return clock
    if days == 1:
        return _("tomorrow %(clock)s") % {"clock": clock}
    if 0 < days < 7:
        return f"{formats.date_format(local, 'D')} {clock}"
    return f"{formats.date_format(local, 'MONTH_DAY_FORMAT')} {clock}"
