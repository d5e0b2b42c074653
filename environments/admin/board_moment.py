"""The clock above the board: the reader's own, else that of all environments they see, else the portal's."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.utils import formats
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from environments.models import Environment
from environments.rules.zones import zone
from portal.moments import reader_zone

from .displays import also
from .unknown_zones import is_known


class Moment:
    """Now, as the head of somebody's board says it. One query, whatever the number of environments."""

    def __init__(self, user: User | AnonymousUser, now: datetime) -> None:
        shared = shared_zone(user)
        self.now = now
        self.zone = reader_zone() or shared or settings.TIME_ZONE
        # Rows speak by the clock of the environments: it stands beside, where the reader's says otherwise.
        self.beside = shared if shared and also(now, shared, now) else ""

    @property
    def day(self) -> date:
        return self.now.astimezone(zone(self.zone)).date()

    @property
    def seen(self) -> tuple[str, str, date]:
        """Changes when the head reads otherwise, but for its clocks, which the browser lets go on."""
        return self.zone, self.beside, self.day

    @property
    def html(self) -> SafeString:
        """“Saturday, November 21, 06:32 (Europe/Berlin) = 14:32 Asia/Seoul”."""
        said = _("%(weekday)s, %(day)s, %(clock)s (%(zone)s)") % {
            "weekday": escape(formats.date_format(self.day, "l")),
            "day": escape(formats.date_format(self.day, "MONTH_DAY_FORMAT")),
            "clock": self._clock(self.zone),
            "zone": escape(self.zone),
        }
        beside = format_html(" = {} {}", self._clock(self.beside), self.beside) if self.beside else ""
        return mark_safe(said + beside)  # noqa: S308 - each part is escaped above

    def _clock(self, name: str) -> SafeString:
        return format_html('<time data-clock="{}">{}</time>', name, f"{self.now.astimezone(zone(name)):%H:%M}")


def shared_zone(user: User | AnonymousUser) -> str:
    """The zone in which all environments live that they see; empty where there are several, none, or one that is not
    known here."""
    pairs = Environment.objects.visible_to(user).order_by().values_list("timezone", "schedule__timezone").distinct()
    found = {own or of_schedule or settings.TIME_ZONE for own, of_schedule in pairs}
    only = found.pop() if len(found) == 1 else ""
    return only if only and is_known(only) else ""
