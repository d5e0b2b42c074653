"""Who gets a team's reports by mail, and how somebody stops that without signing in: by a signed link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import User
from django.core import signing
from django.db.models import Exists, OuterRef, QuerySet

from environments.models import ReportStop, Team

VIEW: Final = "environments.view_monthlyreport"
_SALT: Final = "environments.report_mail"


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody's reports of a team, by mail."""

    reader: User
    team: Team


def of_team(team: Team) -> QuerySet[User]:
    """The people of a team who may read its reports, have an address and have not stopped them."""
    may = User.objects.with_perm(VIEW, backend="django.contrib.auth.backends.ModelBackend")
    stopped = ReportStop.objects.filter(team=team, reader=OuterRef("pk"))
    return may.filter(~Exists(stopped), teams=team).exclude(email="").order_by("pk").distinct()


def may_still_read(reader: User, team: Team) -> bool:
    """Whether a mail that waits may go: they may have left the team, or stopped the mails, since."""
    return of_team(team).filter(pk=reader.pk).exists()


def token(*, reader: int, team: int) -> str:
    """What the link of a mail holds: signed, so that nobody stops somebody else's mails. It does not expire."""
    return signing.dumps([reader, team], salt=_SALT)


def read(token: str) -> Reading | None:
    """Whom a link is for; None when it was not made here, or when the person or the team is no more."""
    try:
        reader, team = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    found = User.objects.select_related("preference").filter(pk=reader).first(), Team.objects.filter(pk=team).first()
    return Reading(*found) if found[0] and found[1] else None  # type: ignore[arg-type]


def is_stopped(reading: Reading) -> bool:
    return ReportStop.objects.filter(team=reading.team, reader=reading.reader).exists()


def stop(reading: Reading) -> None:
    """No more mails of this team's reports; those that wait are not sent. Done twice, it is done."""
    ReportStop.objects.get_or_create(team=reading.team, reader=reading.reader)


def resume(reading: Reading) -> None:
    """Mails again, from the next report on."""
    ReportStop.objects.filter(team=reading.team, reader=reading.reader).delete()
