"""Whether and by which tag an account's bills are read, and reading them now, as operators wish."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from environments.models import Account, BillLook

from . import bills

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

CHANGE: Final = "environments.change_billlook"
# The look of the day, and three by hand or after errors: more would find nothing new.
MOST_A_DAY: Final = 4


def of(account: Account) -> BillLook:
    """How its bills are read; a row that is not saved where nobody has said anything."""
    return BillLook.objects.filter(account=account).first() or BillLook(account=account)


def configure(*, account: Account, enabled: bool, tag: str, user: User | AnonymousUser, now: datetime) -> bool:
    """Read the account's bills from now on, by this tag, or no more; whether that is a change.

    What was read stays. With another tag all is read anew, as the first time. Raises PermissionDenied, and
    ValidationError for what is no tag.
    """
    _require(user)
    with transaction.atomic():
        BillLook.objects.get_or_create(account=account)
        row = BillLook.objects.select_for_update().get(account=account)
        if (row.enabled, row.tag) == (enabled, tag):
            return False
        if row.tag != tag:
            row.known_until, row.problem = None, {}
        row.enabled, row.tag = enabled, tag
        row.clean_fields()
        row.wanted_at = _soonest(row, now) if enabled else None
        row.save(update_fields=["enabled", "tag", "known_until", "problem", "wanted_at"])
    return True


def ask_now(*, account: Account, user: User | AnonymousUser, now: datetime) -> None:
    """Have the bills read within minutes. Raises PermissionDenied, and ValidationError saying why it cannot be."""
    _require(user)
    with transaction.atomic():
        row = BillLook.objects.select_for_update().filter(account=account, enabled=True).first()
        if row is None:
            raise ValidationError(_("The bills of this account are not read. Turn that on first."))
        if bills.is_under_way(row, now):
            raise ValidationError(_("AWS is being asked at this moment."))
        if bills.asked_today(row, now) >= MOST_A_DAY:
            said = _(
                "AWS was asked %(count)s times today. Each request costs 0.01 USD, and AWS adds to its bill about once"
                " a day: it is asked again tomorrow (UTC)."
            )
            raise ValidationError(said % {"count": bills.asked_today(row, now)})
        row.wanted_at = now
        row.save(update_fields=["wanted_at"])


def _soonest(row: BillLook, now: datetime) -> datetime:
    """At once, unless it was asked so often today that turning it off and on again would only cost money."""
    often = bills.asked_today(row, now) >= MOST_A_DAY
    return bills.next_day(row.account.account_id, now) if often else now.astimezone(UTC)


def _require(user: User | AnonymousUser) -> None:
    if not user.has_perm(CHANGE):
        raise PermissionDenied(_("You may look at what AWS billed. An operator decides whether and how it is read."))
