"""What AWS billed, on an account's page: whether and by which tag it is read, how far it has come, what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from environments.models import Account, BillLook
from environments.models.texts import in_language
from environments.services import bill_rows, bill_wishes, bills
from portal.money import money_words

from .costs_words import day_words
from .own_clock import at_place_words

# What a page that is answered costs: https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/.
A_REQUEST, CURRENCY = Decimal("0.01"), "USD"
A_MONTH: Final = 30 * A_REQUEST
# Values that no environment has, of so many days, and so many of them.
LATELY, SHOWN = timedelta(days=31), 20
Act = Callable[[HttpRequest, Account, datetime], tuple[str, bool]]
"""Says what was done, and whether that is a change."""


def context(account: Account, request: HttpRequest, now: datetime) -> dict[str, Any]:
    """What the card shows; nothing to those who may not see how bills are read. Two queries at the most."""
    if not request.user.has_perm("environments.view_billlook"):
        return {}
    row = bill_wishes.of(account)
    since = now.astimezone(UTC).date() - LATELY
    unknown = bill_rows.unknown_values(account=account, since=since) if row.pk else []
    return {
        "bills": row,
        "bills_may": request.user.has_perm(bill_wishes.CHANGE),
        "bills_price": _price(),
        "bills_spent": _spent(row),
        "bills_asked": at_place_words(row.asked_at, settings.TIME_ZONE, now) if row.asked_at else "",
        "bills_next": _next(row, now),
        "bills_until": day_words(row.known_until, year=True) if row.known_until else "",
        "bills_delay": _delay(row, now),
        "bills_problem": in_language(row.problem),
        "bills_unknown": [
            (one.tagged, money_words(one.amount, one.currency), day_words(one.until)) for one in unknown[:SHOWN]
        ],
        "bills_count": len(unknown),
        "bills_more": len(unknown) - SHOWN,
    }


def urls(site: ModelAdmin[Account]) -> list[URLPattern]:
    """Addresses below an account's, for its admin."""
    return [
        path(
            f"<int:object_id>/bills/{end}",
            site.admin_site.admin_view(require_POST(_view(site, act))),
            name=f"environments_account_{name}",
        )
        for end, name, act in (("", "bills", _configure), ("ask/", "bills_ask", _ask))
    ]


def _view(site: ModelAdmin[Account], act: Act) -> Callable[[HttpRequest, int], HttpResponse]:
    def view(request: HttpRequest, object_id: int) -> HttpResponse:
        account = Account.objects.filter(pk=object_id).first()
        if account is None:
            raise Http404(_("There is no such account (any more)."))
        try:
            said, has_changed = act(request, account, timezone.now())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            if has_changed:
                site.log_change(request, account, said)
            messages.success(request, said)
        return redirect("admin:environments_account_change", account.pk)

    return view


def _configure(request: HttpRequest, account: Account, now: datetime) -> tuple[str, bool]:
    enabled, tag = request.POST.get("enabled") == "on", request.POST.get("tag", "").strip()
    changed = bill_wishes.configure(account=account, enabled=enabled, tag=tag, user=request.user, now=now)
    if not changed:
        return _("Nothing is new: it stays as it was."), False
    if not enabled:
        return _("The bills are not read any more. What was read stays."), True
    return _("The bills are read by the tag “%(tag)s”, in the next minutes and then once a day.") % {"tag": tag}, True


def _ask(request: HttpRequest, account: Account, now: datetime) -> tuple[str, bool]:
    bill_wishes.ask_now(account=account, user=request.user, now=now)
    return _("AWS is asked for the bills in the next minutes."), True


def _price() -> str:
    words = {"request": money_words(A_REQUEST, CURRENCY), "month": money_words(A_MONTH, CURRENCY)}
    return _("AWS charges %(request)s for each request: one a day, about %(month)s a month.") % words


def _spent(row: BillLook) -> str:
    if not row.requests:
        return ""
    said = ngettext("%(n)s request so far, %(amount)s", "%(n)s requests so far, %(amount)s", row.requests)
    return said % {"n": f"{row.requests:,}", "amount": money_words(row.requests * A_REQUEST, CURRENCY)}


def _next(row: BillLook, now: datetime) -> str:
    if not row.enabled or row.wanted_at is None:
        return ""
    if bills.is_under_way(row, now):
        return _("AWS is being asked at this moment.")
    if row.wanted_at <= now:
        return _("in the next minutes")
    return at_place_words(row.wanted_at, settings.TIME_ZONE, now)


def _delay(row: BillLook, now: datetime) -> str:
    """“AWS is 2 days behind”, by days of UTC; empty where nothing is known."""
    if row.known_until is None:
        return ""
    days = (now.astimezone(UTC).date() - row.known_until).days
    return ngettext("AWS is %(days)s day behind", "AWS is %(days)s days behind", days) % {"days": days}
