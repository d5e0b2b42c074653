"""Bills as rows: written as AWS tells them, each with the environment that its tag names, where there is one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeVar

from django.db.models import Exists, Max, OuterRef, Q, Sum

from environments.aws.cost_explorer import Bill
from environments.models import Account, DailyBill, DailyCost, Environment, Target
from environments.models.rate import Rate
from portal.history import changes_of

from . import bill_estimates

AT_ONCE: Final = 500
UNIQUE = ["account", "tagged", "day", "currency"]
_One = TypeVar("_One")


class Owner(NamedTuple):
    """Whose a row is: the name and the team are those of when it was written, and stay; `environment` is None for one
    that is gone."""

    environment: int | None = None
    name: str = ""
    team: int | None = None

    def fields(self) -> dict[str, Any]:
        return {"environment_id": self.environment, "environment_name": self.name, "team_id": self.team}


NOBODY: Final = Owner()
OWNER: Final = ("environment_id", "environment_name", "team_id")
# What has had an owner waits for no other.
_WAITING: Final = Q(environment=None, environment_name="")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value of the tag that no environment of the account has, and what was billed for it."""

    tagged: str
    currency: str
    amount: Decimal
    until: date


def write(*, account: Account, first: date, end: date, bills: Iterable[Bill]) -> None:
    """Let the rows of `[first, end)` be what AWS tells of these days, in the caller's transaction.

    What AWS tells no more goes. A row keeps its owner, with the name and the team that it had, also when that is gone;
    one that never had any gets the environment whose short name or name is the tag's value, else who had this value
    last, be it there or gone. So do older rows that still wait for one.

    Accounts may use one value for different things: only environments that have, or had, a target in this account get
    its bills. Rows of any day that are another's are nobody's from then on.
    """
    told = {(one.tagged, one.day, one.currency): one for one in bills}
    rows = DailyBill.objects.filter(account=account)
    _take_from_strangers(account)
    stood: dict[tuple[str, date, str], tuple[int, Owner]] = {
        (tagged, day, currency): (pk, Owner(*owner))
        for pk, tagged, day, currency, *owner in rows.filter(day__gte=first, day__lt=end)
        .order_by()
        .values_list("pk", "tagged", "day", "currency", *OWNER)
    }
    waiting = set(rows.filter(_WAITING).exclude(tagged="").order_by().values_list("tagged", flat=True).distinct())
    named = environments_of({tagged for tagged, _day, _currency in told} | waiting, account=account)
    known = _known_before(account, {tagged for tagged, _day, _currency in told} - named.keys())
    made = []
    for key, one in told.items():
        _pk, owner = stood.get(key, (0, NOBODY))
        if owner == NOBODY:
            owner = named.get(one.tagged) or known.get(one.tagged) or NOBODY
        amounts = {"amount": one.amount, "is_final": one.is_final}
        places = {"tagged": one.tagged, "day": one.day, "currency": one.currency}
        made.append(DailyBill(account=account, **owner.fields(), **places, **amounts))
    DailyBill.objects.bulk_create(
        made,
        batch_size=AT_ONCE,
        update_conflicts=True,
        unique_fields=UNIQUE,
        update_fields=["environment", "environment_name", "team", "amount", "is_final"],
    )
    for some in _parts(pk for key, (pk, _owner) in stood.items() if key not in told):
        DailyBill.objects.filter(pk__in=some).delete()
    bill_estimates.note(rows.filter(day__gte=first, day__lt=end))
    for tagged in waiting & named.keys():
        rows.filter(_WAITING, tagged=tagged).update(**named[tagged].fields())
        bill_estimates.note(rows.filter(tagged=tagged))


def environments_of(values: Collection[str], *, account: Account) -> dict[str, Owner]:
    """The environment of an account whose short name a value is, else the one whose name it is; a query for each 500
    values."""
    by_slug, by_name = dict[str, Owner](), dict[str, Owner]()
    for some in _parts(value for value in values if value):
        found = Environment.objects.filter(
            _has_or_had_a_target_in(account), Q(slug__in=some) | Q(name__in=some)
        ).order_by()
        for pk, slug, name, team in found.values_list("pk", "slug", "name", "team_id"):
            by_slug[slug] = by_name[name] = Owner(pk, name, team)
    wanted = set(values)
    return {value: owner for value, owner in (by_name | by_slug).items() if value in wanted}


def unknown_values(*, account: Account, since: date) -> list[Unknown]:
    """Values that no environment of the account has or had, and what was billed for each from a day on: the dearest
    first. One query."""
    rows = DailyBill.objects.filter(_WAITING, account=account, day__gte=since).exclude(tagged="")
    sums = rows.order_by().values_list("tagged", "currency").annotate(billed=Sum("amount"), until=Max("day"))
    return sorted((Unknown(*one) for one in sums), key=lambda one: (-one.amount, one.tagged))


def _has_or_had_a_target_in(account: Account) -> Q:
    """Of environments. Targets that were removed or went elsewhere are in the history, their costs and their prices."""
    here = {"environment": OuterRef("pk"), "account": account.pk}
    past = [changes_of(Target).filter(**here).order_by(), DailyCost.objects.filter(**here).order_by()]
    found = Q(Exists(Target.objects.filter(**here).order_by()))
    for rows in (*past, Rate.objects.filter(**here).order_by()):
        found |= Q(Exists(rows))
    return found


def _take_from_strangers(account: Account) -> None:
    """Leave rows of environments that never were in the account with their tag alone. Two queries at most."""
    rows = DailyBill.objects.filter(account=account)
    billed = rows.exclude(environment=None).order_by().values("environment")
    strangers = Environment.objects.filter(~_has_or_had_a_target_in(account), pk__in=billed).order_by()
    ids = list(strangers.values_list("pk", flat=True))
    for some in _parts(ids):
        rows.filter(environment__in=some).update(**NOBODY.fields(), estimate=None)


def _known_before(account: Account, values: Collection[str]) -> dict[str, Owner]:
    """Whose each value was last: a tag keeps its value when the environment is given another short name, and AWS bills
    the last days of one that is gone after these."""
    found: dict[str, Owner] = {}
    for some in _parts(value for value in values if value):
        rows = DailyBill.objects.filter(account=account, tagged__in=some).exclude(_WAITING)
        owners = rows.order_by().values_list("tagged", *OWNER).annotate(last=Max("day")).order_by("last")
        found |= {tagged: Owner(*owner) for tagged, *owner, _last in owners}
    # Those that are there go by what they are called and whose they are now.
    now = _called({one.environment for one in found.values() if one.environment})
    return found | {tagged: now[one.environment] for tagged, one in found.items() if one.environment in now}


def _called(environments: Collection[int]) -> dict[int | None, Owner]:
    """What they are called and whose they are now. A query for each 500."""
    found: dict[int | None, Owner] = {}
    for ids in _parts(environments):
        rows = Environment.objects.filter(pk__in=ids).order_by().values_list("pk", "name", "team_id")
        found |= {pk: Owner(pk, name, team) for pk, name, team in rows}
    return found


def _parts(values: Iterable[_One]) -> Iterator[list[_One]]:
    """As many at a time as the database is sent."""
    all_of_them = list(values)
    return (all_of_them[first : first + AT_ONCE] for first in range(0, len(all_of_them), AT_ONCE))
