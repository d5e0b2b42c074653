"""Whose an arrival is, in words: the topic, the gateway, or what another app says it is."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from notifications.admin import displays
from notifications.inbound import sms, sns
from notifications.models import Arrival, Gateway, Topic


@dataclass(frozen=True, slots=True)
class _Subjects:
    rows: QuerySet[Any]
    page: str
    naming: tuple[str, ...]


_of_doors: dict[str, _Subjects] = {}


def register(door: str, rows: QuerySet[Any], page: str, *naming: str) -> None:
    """The numbers of this door's subjects are keys of `rows`, whose values of `naming`, with colons, are their names;
    `page` is how the admin calls them: “notifications_topic”."""
    _of_doors[door] = _Subjects(rows, page, naming)


def tell(arrivals: Iterable[Arrival], user: User | AnonymousUser) -> None:
    """Note on each row whose it is, for `told`: with a link for who may follow it. One query for each door."""
    of_door: defaultdict[str, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        if arrival.subject is not None:
            of_door[arrival.door].append(arrival)
    for door, its in of_door.items():
        if subjects := _of_doors.get(door):
            _tell(subjects, its, user)


def told(arrival: Arrival) -> SafeString | str:
    """The name that `tell` has noted; the bare number where nobody has a name for it, a dash where there is none."""
    if arrival.subject is None:
        return "–"
    name, address = getattr(arrival, "whose", (str(arrival.subject), ""))
    return displays.link(address, name) or name


def _tell(subjects: _Subjects, arrivals: list[Arrival], user: User | AnonymousUser) -> None:
    rows = subjects.rows.filter(pk__in={one.subject for one in arrivals}).order_by()
    names = {pk: ": ".join(parts) for pk, *parts in rows.values_list("pk", *subjects.naming)}
    may = user.has_perm(subjects.page.replace("_", ".view_", 1))
    for arrival in arrivals:
        name, address = names.get(arrival.subject, ""), ""
        if name and may:
            address = reverse(f"admin:{subjects.page}_change", args=[arrival.subject])
        name = name or _("no longer there (%(number)s)") % {"number": arrival.subject}
        arrival.whose = name, address  # type: ignore[attr-defined]


register(sns.DOOR, Topic.objects.all(), "notifications_topic", "name")
register(sns.ALARM_DOOR, Topic.objects.all(), "notifications_topic", "name")
register(sms.DOOR, Gateway.objects.all(), "notifications_gateway", "name")
