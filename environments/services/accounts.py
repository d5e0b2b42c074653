"""AWS accounts: what the portal needs in them, what works there, and what a change of one must not break."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from environments.aws import access, access_policy
from environments.aws.access_findings import Finding, Row
from environments.aws.access_grants import Ask, grants
from environments.models import Account, BillLook, Target
from environments.targets import registry
from environments.targets.base import AccountRef, TargetRef

from .workflow_steps import target_reference

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser

CHANGE = "environments.change_account"
NAMED = 5


def reference(account: Account) -> AccountRef:
    return AccountRef(account.account_id, account.name, account.role_arn, account.external_id)


def in_use(account: Account) -> list[TargetRef]:
    """All that the portal switches in the account, in a fixed order, of the kinds that the registry still has."""
    rows = Target.objects.filter(account=account, kind__in=registry.KINDS).select_related("account")
    rows = rows.prefetch_related("parameters", "guard_acceptances")
    return [target_reference(row) for row in rows.order_by("region", "kind", "identifier")]


def needs(account: Account, *, all_kinds: bool = False) -> list[Ask]:
    """The actions that exactly its targets need; those of every kind when it has none, or when they are asked for.

    Reading bills counts where it is on.
    With a target of a kind, its source of values counts too: images are asked for only where a parameter names one.
    """
    refs = in_use(account)
    kinds: Collection[str] = registry.KINDS if all_kinds or not refs else ()
    partition = access_policy.partition_of(reference(account), account.regions)
    bills = all_kinds or BillLook.objects.filter(account=account, enabled=True).exists()
    asks = access_policy.asks(reference(account), [] if kinds else refs, kinds, partition=partition, bills=bills)
    return [ask for ask in asks if grants(ask)]


def policy(account: Account, *, all_kinds: bool = False) -> list[access_policy.Document]:
    """The least that the account's role must be allowed; more than one where IAM takes no larger."""
    stated = access_policy.statements(needs(account, all_kinds=all_kinds), own_role=account.role_arn)
    return access_policy.documents(stated)


def try_connection(
    *, account: Account, user: Person, now: datetime, patience_s: float = access.PATIENCE_S
) -> list[Row] | None:
    """Find out what works in each of the account's regions, and keep it with the account.

    Only for those who may change the account: AWS is asked in its name. Takes `patience_s` at the most, and holds no
    transaction meanwhile. None, and nothing is kept, when the account was edited in the meantime.
    """
    if not user.has_perm(CHANGE):
        raise PermissionDenied(_("You may look at AWS accounts. An administrator can test their connections."))
    needed = needs(account)
    by_region = {
        region: [ask for ask in needed if ask.ref is None or ask.ref.region == region] for region in account.regions
    }
    rows = access.try_actions(reference(account), by_region, patience_s=patience_s)
    as_tested = {name: getattr(account, name) for name in ("account_id", "role_arn", "external_id", "regions")}
    kept = Account.objects.filter(pk=account.pk, **as_tested).update(
        checked_at=now, check_report=[row.as_data() for row in rows]
    )
    return rows if kept else None


def missing(account: Account) -> list[access_policy.Document]:
    """The policies to add for what the last test was denied; empty when nothing was, or it has no policy to be in."""
    denied: dict[str, set[str]] = {}
    for row in account.check_report:
        if row["verdict"] == Finding.DENIED and not row["action"].startswith("sts:"):
            denied.setdefault(row["region"], set()).add(row["action"])
    if not denied:
        return []
    lacking = [
        ask
        for ask in needs(account)
        if any(
            ask.action in actions and (ask.ref is None or ask.ref.region == region)
            for region, actions in denied.items()
        )
    ]
    return access_policy.documents(access_policy.statements(lacking))


def targets_outside(account: Account, regions: Collection[str]) -> Mapping[str, Sequence[str]]:
    """Regions that targets of the account use and that are not among these: with the environments', at most five
    names and then how many more."""
    rows = Target.objects.filter(account=account).exclude(region__in=regions).select_related("environment")
    found: dict[str, list[str]] = {}
    for row in rows.order_by("region", "environment__name", "identifier"):
        name = row.environment.name
        names = found.setdefault(row.region, [])
        if name not in names:
            names.append(name)
    return {
        region: [*names[:NAMED], *([f"+{len(names) - NAMED}"] if len(names) > NAMED else [])]
        for region, names in found.items()
    }
