"""Who hears of a ticket by mail, and how somebody stops that without signing in: by a signed link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from environments.models import Team, Ticket, TicketRule
from environments.models.environment import SEE_EVERY_TEAM
from portal.origin import acting

VIEW: Final = "environments.view_ticket"
_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"
_SALT: Final = "environments.ticket_mail"


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody's mails of a ticket; `by_rule`: its link was made when only a rule of theirs brought the mail."""

    reader: User
    ticket: Ticket
    by_rule: bool


def of_ticket(ticket: Ticket, *, opened_or_done: bool) -> QuerySet[User]:
    """Its watchers, among them its author and its assignee unless they stopped that, and whose rules say so; of these,
    who may see it and has an address."""
    watching = Ticket.watchers.through.objects.filter(ticket=ticket, user=OuterRef("pk"))
    rules = _rules_for(ticket).filter(reader=OuterRef("pk"))
    if not opened_or_done:
        rules = rules.filter(hears=TicketRule.Hears.EVERYTHING)
    return _who_may(ticket).filter(Exists(watching) | Exists(rules)).exclude(email="").order_by("pk")


def may_still_read(reader: User, ticket: Ticket, *, opened_or_done: bool) -> bool:
    """Whether a mail that waits may go: they may have left the team, or stopped the mails, since."""
    return of_ticket(ticket, opened_or_done=opened_or_done).filter(pk=reader.pk).exists()


def may_see(reader: User, ticket: Ticket) -> bool:
    return _who_may(ticket).filter(pk=reader.pk).exists()


def people_of(ticket: Ticket) -> QuerySet[User]:
    """Who sees a ticket."""
    return _who_may(ticket)


def who_see(team: Team) -> QuerySet[User]:
    """Who sees the tickets of a team: its members, and who may see every team."""
    may = User.objects.with_perm(VIEW, backend=_BACKEND)
    everywhere = User.objects.with_perm(SEE_EVERY_TEAM, backend=_BACKEND).values("pk")
    members = Team.members.through.objects.filter(team=team, user=OuterRef("pk"))
    return may.filter(Exists(members) | Q(pk__in=everywhere))


def token(*, reader: int, ticket: int, by_rule: bool) -> str:
    """What the link of a mail holds: signed, so that nobody stops somebody else's mails. It does not expire."""
    return signing.dumps([reader, ticket, int(by_rule)], salt=_SALT)


def read(token: str) -> Reading | None:
    """Whom a link is for; None when it was not made here, or when the person or the ticket is no more."""
    try:
        reader, number, by_rule = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    person = User.objects.select_related("preference").filter(pk=reader).first()
    ticket = Ticket.objects.select_related("team", "environment__team").filter(pk=number).first()
    return Reading(person, ticket, bool(by_rule)) if person and ticket else None


def is_watching(reader: User, ticket: Ticket) -> bool:
    return ticket.watchers.filter(pk=reader.pk).exists()


def rules_of(reader: User, ticket: Ticket) -> list[TicketRule]:
    """The reader's rules that bring mails of this ticket; one query."""
    return list(_rules_for(ticket).filter(reader=reader).select_related("team").order_by("pk"))


def rules_words(rules: Iterable[TicketRule]) -> list[str]:
    """“Chat · Incidents and tasks · each change”, in the language of whoever reads; what says the same, once."""
    return list(dict.fromkeys(map(_rule_words, rules)))


def _rule_words(rule: TicketRule) -> str:
    team = rule.team.name if rule.team else _("All teams")
    kind = capfirst(rule.get_kind_display()) if rule.kind else _("Incidents and tasks")
    return f"{team} · {kind} · {rule.get_hears_display()}"


def is_stopped(reading: Reading) -> bool:
    """Whether no mail of this ticket is sent to them: they do not watch it, and no rule of theirs brings it."""
    return not is_watching(reading.reader, reading.ticket) and not rules_of(reading.reader, reading.ticket)


def stop(reading: Reading) -> None:
    """No more mails of this ticket, see `silence`."""
    with acting(reading.reader, "link"):
        silence(reading.reader, reading.ticket)


def silence(reader: User, ticket: Ticket) -> list[TicketRule]:
    """They watch it no more, and their rules that bring it are removed, also where these bring other tickets: as there
    is no rule for a single ticket, this alone ends its mails. Mails that wait are not sent. The rules removed; done
    twice, it is done."""
    with transaction.atomic():
        ticket.watchers.remove(reader)
        rules = rules_of(reader, ticket)
        for rule in rules:
            rule.delete()  # one by one: the history keeps each
    return rules


def resume(reading: Reading) -> None:
    """A watcher again, of what they may still see. Rules that are gone come back on the page of the tickets."""
    if may_see(reading.reader, reading.ticket):
        with acting(reading.reader, "link"):
            reading.ticket.watchers.add(reading.reader)


def _rules_for(ticket: Ticket) -> QuerySet[TicketRule]:
    team = _team_id(ticket)
    return TicketRule.objects.filter(Q(team=None) | Q(team=team), Q(kind="") | Q(kind=ticket.kind))


def _who_may(ticket: Ticket) -> QuerySet[User]:
    return who_see(Team(pk=_team_id(ticket)))


def _team_id(ticket: Ticket) -> int:
    """Of the environment, which may have moved to another team since."""
    return ticket.environment.team_id if ticket.environment else ticket.team_id
