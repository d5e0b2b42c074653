"""Who the people of an environment are: those who are named there, else the managers of its team.

Who has no account is a contact all the same. A manager's contact is made from their account, within five minutes
where nobody made it; not of who was erased (`contacts.enter`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from django.contrib.auth.models import User
from django.db.models import QuerySet

from environments.models import Environment, Team
from notifications import contacts
from notifications.models import Contact

from .permissions import SWITCH

_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


def of_each(environments: Iterable[Environment]) -> dict[int, list[int]]:
    """The ids of the contacts of each environment's people, by the id of the environment; of those who get messages.

    Two queries, however many environments there are.
    """
    teams = {environment.pk: environment.team_id for environment in environments}
    named = _named(teams)
    managers = _managers({team for pk, team in teams.items() if pk not in named})
    return {pk: named[pk] if pk in named else managers[team] for pk, team in teams.items()}


def of_labels(labels: Mapping[str, str]) -> Sequence[int]:
    """The same for what an event is about (`audience.ask_for_people`): its environment, else its team; nobody where it
    names neither. Three queries at most."""
    slug, team = labels.get("environment", ""), labels.get("team", "")
    if slug and (environment := Environment.objects.filter(slug=slug).only("pk", "team_id").first()):
        return of_each([environment])[environment.pk]
    found = Team.objects.filter(name=team).values_list("pk", flat=True).first() if team else None
    return _managers({found})[found] if found else ()


def enter_managers(environments: Iterable[Environment]) -> int:
    """Makes the contacts of managers who have none yet, of the teams of environments that name nobody; their number.

    From their account, where that has an e-mail address. Two queries where there is nobody to enter.
    """
    teams = {environment.pk: environment.team_id for environment in environments}
    named = _named(teams)
    unnamed = {team for pk, team in teams.items() if pk not in named}
    return _enter(_without_entry().filter(teams__in=unnamed)) if unnamed else 0


def enter_everybody() -> int:
    """Makes the contacts of all who may switch and have none yet, from their accounts: rules reach them, too, before
    anything of theirs is to stop. Their number; one query where there is nobody to enter."""
    return _enter(_without_entry())


def _enter(users: QuerySet[User]) -> int:
    return len([user for user in users.order_by("pk").distinct() if contacts.enter(user) is not None])


def _without_entry() -> QuerySet[User]:
    """Who may switch, can sign in and has an address but no entry; without those who were erased."""
    found = _may_switch().filter(is_active=True, contact=None)
    return found.exclude(email="").exclude(preference__without_entry=True)


def _named(environments: Iterable[int]) -> dict[int, list[int]]:
    """Of those that name anybody; who gets no messages, or has an account that is switched off, is named all the
    same."""
    found: dict[int, list[int]] = {}
    links = Environment.contacts.through.objects.filter(environment__in=list(environments)).order_by("contact")
    columns = ("environment", "contact", "contact__is_on", "contact__user__is_active")
    for pk, contact, is_on, is_active in links.values_list(*columns):
        those = found.setdefault(pk, [])
        if is_on and is_active is not False:  # None: no account
            those.append(contact)
    return found


def _managers(teams: Iterable[int]) -> defaultdict[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    wanted = set(teams)
    if wanted:
        # One join: the teams that are read are those that were asked for.
        rows = Contact.objects.filter(user__teams__in=wanted, is_on=True, user__in=_may_switch().values("pk"))
        for team, contact in rows.order_by("pk").values_list("user__teams", "pk"):
            found[team].append(contact)
    return found


def _may_switch() -> QuerySet[User]:
    return User.objects.with_perm(SWITCH, backend=_BACKEND)
