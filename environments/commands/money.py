"""Money in answers, for those who may see it: what was spent, what was saved, what more hours would cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from environments.models import Environment
from environments.rules.durations import spoken
from environments.services import cost_totals, costs
from environments.services.cost_now import Now, hours_of
from environments.services.permissions import SEE_COSTS
from notifications.chat.spoken import Answer
from portal.money import money_words, share_words

from . import texts
from .orders import page_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from .orders import Order


def cost_of(order: Order, environment: Environment) -> Answer:
    """Today, this month and what was saved, of one environment. Refused for those who may not see costs."""
    if refused := _not_theirs(order):
        return refused
    today = costs.so_far(environments=[environment], now=order.now)[environment.pk]
    these = Environment.objects.filter(pk=environment.pk)
    month = costs.month_of_each(environments=these, now=order.now).get(environment.pk, [])
    return _told(order, environment.name, today, month, page_of(environment))


def cost_of_all(order: Order) -> Answer:
    """The same of everything that they see together."""
    if refused := _not_theirs(order):
        return refused
    seen = Environment.objects.visible_to(order.user)
    found = cost_totals.totals(environments=seen, now=order.now)
    return _told(order, texts.ALL(order.language, count=seen.count()), found.today, found.month)


def today_words(user: User, environment: Environment, order: Order) -> str:
    """“$1.23”; empty where nothing has a price, and for those who may not see costs."""
    if not user.has_perm(SEE_COSTS):
        return ""
    found = costs.so_far(environments=[environment], now=order.now)[environment.pk]
    return _words((one.estimate, one.currency) for one in found)


def price_of(order: Order, environment: Environment, length: timedelta) -> str:
    """“$0.44 for 2 h more”; empty where nothing has a price, and for those who may not see costs."""
    if not order.user.has_perm(SEE_COSTS) or length <= timedelta():
        return ""
    hours = hours_of(length)
    an_hour = costs.an_hour(environments=[environment], now=order.now)[environment.pk]
    each = [(amount * hours.numerator / hours.denominator, name) for name, amount in sorted(an_hour.items())]
    amount = _words(each)
    return texts.PRICE_OF(order.language, amount=amount, length=spoken(length, order.language)) if amount else ""


def _told(order: Order, name: str, today: Sequence[Now], month: Sequence[Now], link: str = "") -> Answer:
    language = order.language
    if not (today or month):
        return Answer(texts.NO_PRICES(language, name=name), link=link, private=True)
    spent = _words((one.estimate, one.currency) for one in today) or "–"
    saved = [(one.saved, one.currency) for one in month if one.saved > 0]
    fields = [
        (texts.TODAY(language), spent),
        (texts.THIS_MONTH(language), _words((one.estimate, one.currency) for one in month) or "–"),
    ]
    if saved:
        amount = _words(saved)
        if len(month) == 1:
            amount = texts.SAVED_OF(language, amount=amount, share=share_words(_not_all(month[0].share)))
        fields.append((texts.SAVED(language), amount))
    return Answer(texts.COST(language, name=name), fields=tuple(fields), link=link, private=True)


def _not_theirs(order: Order) -> Answer | None:
    return None if order.user.has_perm(SEE_COSTS) else order.refusal(texts.NO_COSTS(order.language))


def _words(amounts: Iterable[tuple[Decimal, str]]) -> str:
    """Several currencies stand beside each other: they are never added."""
    return " + ".join(money_words(amount, currency) for amount, currency in amounts)


def _not_all(share: Decimal) -> Decimal:
    """What is not all is never rounded to it."""
    return min(share, Decimal("0.99")) if share < 1 else share
