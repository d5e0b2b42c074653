"""Words and forms of things on pages."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import formats, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from environments.models import OperationStatus, State, StepStatus
from environments.rules.zones import known_zone
from portal.moments import reader_zone

STEP_NAMES = {
    "needs": gettext_lazy("Wait for what it needs"),
    "look": gettext_lazy("Look at what is there"),
    "guard": gettext_lazy("Check that no data is lost"),
    "announce": gettext_lazy("Tell people"),
    "clear": gettext_lazy("Clear the remains away"),
    "resolve": gettext_lazy("Find the image tags"),
    "create": gettext_lazy("Create"),
    "update": gettext_lazy("Update"),
    "delete": gettext_lazy("Delete"),
    "remember": gettext_lazy("Remember what there is"),
    "snapshot": gettext_lazy("Take a snapshot"),
    "suspend": gettext_lazy("Suspend automatic scaling"),
    "scale": gettext_lazy("Set the number of tasks or instances"),
    "restore": gettext_lazy("Resume automatic scaling"),
    "start": gettext_lazy("Start"),
    "stop": gettext_lazy("Stop"),
    "wait": gettext_lazy("Wait until it is done"),
    "health": gettext_lazy("Wait until it answers"),
}
# One colour for a state wherever it is shown; the style sheet has them as db-tone-….
STATE_TONES = {
    State.RUNNING: "running",
    State.STARTING: "moving",
    State.STOPPING: "moving",
    State.REDEPLOYING: "moving",
    State.STOPPED: "stopped",
    State.FAILED_TO_START: "failed",
    State.FAILED_TO_STOP: "failed",
    State.UNKNOWN: "unknown",
}
OPERATION_TONES = {
    OperationStatus.SUCCEEDED: "running",
    OperationStatus.FAILED: "failed",
    OperationStatus.CANCELLED: "stopped",
    OperationStatus.PENDING: "moving",
    OperationStatus.RUNNING: "moving",
}
STEP_TONES = {
    StepStatus.DONE: "running",
    StepStatus.SKIPPED: "stopped",
    StepStatus.PENDING: "stopped",
    StepStatus.RUNNING: "moving",
    StepStatus.FAILED: "failed",
}


def language() -> str:
    return (translation.get_language() or "en").split("-")[0]


def step_name(name: str) -> str:
    return str(STEP_NAMES.get(name, name))


def name_of(person: User) -> str:
    return person.get_full_name() or person.get_username()


def toned(word: StrOrPromise, tone: str) -> SafeString:
    """A state: a dot in its colour, and always the word."""
    dot = '<span class="db-state-small db-tone-{}"><span class="db-dot" aria-hidden="true"></span>{}</span>'
    return format_html(dot, tone, word)


def link(address: str, words: StrOrPromise) -> SafeString:
    return format_html('<a class="db-link" href="{}">{}</a>', address, words)


def at_words(at: datetime, zone: str, now: datetime, *, beside: str = "") -> str:
    """A time in a zone as people say it: “18:00” today, “Mon 09:00” within a week, else with the date.

    While it is another date `beside`, where the reader is (else the portal), nobody could tell whose today and tomorrow
    are meant: then these too are named by their weekdays. For pages that name the zone beside it; elsewhere `at_place`
    does.
    """
    local, today = at.astimezone(known_zone(zone)), now.astimezone(known_zone(zone)).date()
    theirs = now.astimezone(ZoneInfo(beside or reader_zone() or settings.TIME_ZONE)).date()
    days = (local.date() - today).days
    clock = f"{local:%H:%M}"
    if -1 <= days <= 1 and today != theirs:
        return f"{formats.date_format(local, 'D')} {clock}"
    if days == 0:
        return clock
    if days == 1:
        return _("tomorrow %(clock)s") % {"clock": clock}
    if days == -1:
        return _("yesterday %(clock)s") % {"clock": clock}
    if 0 < days < 7:
        return f"{formats.date_format(local, 'D')} {clock}"
    year = "MONTH_DAY_FORMAT" if local.year == today.year else "DATE_FORMAT"
    return f"{formats.date_format(local, year)} {clock}"


def at_place(at: datetime | None, zone: str, now: datetime) -> str:
    """`at_words` with the zone, for lists whose rows may lie in different ones; a dash without a time."""
    return f"{at_words(at, zone, now)} ({zone})" if at else "–"


def also(at: datetime | None, zone: str, now: datetime) -> str:
    """The same moment by the reader's own clock, for a second line: “= 14:00 Europe/Berlin”.

    Empty when they chose no zone of their own, or their clock says the same as that of `zone`.
    """
    mine = reader_zone()
    if (
        at is None
        or not mine
        or at.astimezone(ZoneInfo(mine)).utcoffset() == at.astimezone(known_zone(zone)).utcoffset()
    ):
        return ""
    return f"= {at_words(at, mine, now, beside=zone)} {mine}"


def by_both_clocks(at: datetime, zone: str, now: datetime) -> str:
    """`at_words`, with the reader's own clock where it says otherwise: “18:00 (= 10:00 Europe/Berlin)”."""
    mine = also(at, zone, now)
    return f"{at_words(at, zone, now)} ({mine})" if mine else at_words(at, zone, now)
