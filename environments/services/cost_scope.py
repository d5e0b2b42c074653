"""Whose costs are asked for: of what somebody may see, the environments, team, account and tag that they chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model, QuerySet

from environments.models import Environment, Team
from environments.models.environment import SEE_EVERY_TEAM, EnvironmentQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_Row = TypeVar("_Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Scope:
    """`environments` are ids and `removed` names of environments that are no more; both empty: all. `team`, `account`
    and `tag` are ids.

    Costs of an environment are for those who see it now; those of a removed one for the team that had it.
    """

    user: User | AnonymousUser
    environments: tuple[int, ...] = ()
    removed: tuple[str, ...] = ()
    team: int | None = None
    account: int | None = None
    tag: int | None = None

    @property
    def sees_all(self) -> bool:
        return self.user.is_active and self.user.has_perm(SEE_EVERY_TEAM)

    @property
    def names_environments(self) -> bool:
        return bool(self.environments or self.removed)

    @property
    def is_whole_teams(self) -> bool:
        """Nothing narrower than a team is chosen."""
        return not (self.names_environments or self.account or self.tag)

    def living(self) -> EnvironmentQuerySet:
        """The environments of now."""
        found = Environment.objects.visible_to(self.user)
        if self.names_environments:
            found = found.filter(pk__in=self.environments)
        if self.team:
            found = found.filter(team=self.team)
        if self.account:
            found = found.filter(pk__in=_in_account(self.account))
        if self.tag:
            found = found.filter(pk__in=_tagged(self.tag))
        return found.order_by()

    def kept(self, rows: QuerySet[_Row], *, has_account: bool = True) -> QuerySet[_Row]:
        """Rows that outlive their environment and keep its team and name: costs of days and months, and runs.

        `has_account`: they tell of one account each; those that do not are chosen by what their environment has now.
        """
        first, *others = self.parts(rows, has_account=has_account)
        for other in others:
            first = first | other
        return first

    def parts(self, rows: QuerySet[_Row], *, has_account: bool = True) -> list[QuerySet[_Row]]:
        """The same rows, in one part or in two that share none: of environments that are there, and of removed ones.

        Databases read each by an index, and both together by none.
        """
        rows = rows.order_by()
        if self.team:
            rows = rows.filter(team=self.team)
        if self.account and has_account:
            rows = rows.filter(account=self.account)
        if self.sees_all and not (self.names_environments or self.tag or (self.account and not has_account)):
            return [rows]
        living = self._those(rows)
        if self.account and not has_account:
            living = living.filter(environment__in=_in_account(self.account))
        if self.tag or (self.account and not has_account) or (self.names_environments and not self.removed):
            return [living]
        gone = rows.filter(environment=None)
        if not self.sees_all:
            gone = gone.filter(team__in=_teams_of(self.user)) if self.user.is_active else gone.none()
        if self.names_environments:
            gone = gone.filter(environment_name__in=self.removed)
        return [living, gone]

    def _those(self, rows: QuerySet[_Row]) -> QuerySet[_Row]:
        """Rows of environments that are there, that somebody sees, that are named and that have the tag."""
        if not self.sees_all:
            rows = rows.filter(environment__in=Environment.objects.visible_to(self.user).order_by().values("pk"))
        if self.names_environments:
            rows = rows.filter(environment__in=self.environments)
        if self.tag:
            rows = rows.filter(environment__in=_tagged(self.tag))
        return rows if not self.sees_all or self.names_environments or self.tag else rows.exclude(environment=None)

    def of_living(self, rows: QuerySet[_Row], *, has_account: bool = True) -> QuerySet[_Row]:
        """Rows of the environments of now, without those that are gone: bills, forecasts and holds."""
        if not self.sees_all or not self.is_whole_teams or self.team:
            rows = rows.filter(environment__in=self.living().values("pk"))
        else:
            rows = rows.filter(environment__isnull=False)
        if self.account and has_account:
            rows = rows.filter(account=self.account)
        return rows.order_by()


def _tagged(tag: int) -> QuerySet[Environment, Any]:
    return Environment.objects.filter(tags=tag).order_by().values("pk")


def _teams_of(user: User | AnonymousUser) -> QuerySet[Any, Any]:
    return Team.objects.filter(members=user.pk).order_by().values("pk")


def _in_account(account: int) -> QuerySet[Environment, Any]:
    return Environment.objects.filter(targets__account=account).order_by().values("pk")
