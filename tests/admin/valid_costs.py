"""For each address of what things cost, a form that changes something when it is sent by somebody who may.

As in `valid_forms`, each is made for one sending and undone after it.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone

from environments.models import Account, BillLook, ReportMail
from environments.models.advice import Advice
from environments.models.rate import Pricing, Rate, RateTemplate
from portal.history import changes_of

from .valid_forms import Form, Scene, Sending, day_ahead, only, plainly


def ask_for_bills(scene: Scene) -> Sending:
    BillLook.objects.create(account=Account.objects.get(), enabled=True)
    return Sending({})


def price(scene: Scene) -> Sending:
    fields = {"target": str(scene.environment.targets.get().pk), "label": "Volume", "unit_price": "0.0912"}
    fields |= {"unit": "month", "quantity": "100", "currency": "USD", "valid_from": f"{day_ahead(0)}"}
    return Sending(fields)


def advised(scene: Scene) -> Sending:
    return Sending({"advice": str(Advice.objects.get().pk)})


def advice_set_aside(scene: Scene) -> Sending:
    row = Advice.objects.get()
    Advice.objects.update(status=Advice.Status.DISMISSED, ended_at=timezone.now())
    return Sending({"advice": str(row.pk)})


def end_price(scene: Scene) -> Sending:
    return Sending({"line": str(Rate.objects.get().pk), "day": f"{day_ahead(1)}"})


def restore_price(scene: Scene) -> Sending:
    Rate.objects.update(valid_until=day_ahead(0))
    return Sending({"line": str(Rate.objects.get().pk)})


def undo_price(scene: Scene) -> Sending:
    made = changes_of(Rate).get()
    return Sending({"changes": str(made.pk)})


def prices_of_template(scene: Scene) -> Sending:
    fields = {"template": only(RateTemplate), "targets": [str(scene.environment.targets.get().pk)]}
    return Sending({**fields, "valid_from": f"{day_ahead(0)}"})


def keep_prices(scene: Scene) -> Sending:
    return Sending({"target": str(scene.environment.targets.get().pk), "name": "Kept", "description": ""})


def look_up_prices(scene: Scene) -> Sending:
    Pricing.objects.update_or_create(target=scene.environment.targets.get(), defaults={"automatic": True})
    return Sending({})


def prices_by_hand(scene: Scene) -> Sending:
    return Sending({**look_up_prices(scene).fields, "target": str(scene.environment.targets.get().pk), "wished": "0"})


def send_report_again(scene: Scene) -> Sending:
    User.objects.filter(username="manager").update(email="manager@example.com")
    return Sending({"mail": ReportMail.objects.get().pk})


FORMS_OF_COSTS: dict[str, Form] = {
    "environments:advice_apply": advised,
    "environments:advice_dismiss": advised,
    "environments:advice_undo": advice_set_aside,
    "environments:price_line": price,
    "environments:price_end": end_price,
    "environments:price_restore": restore_price,
    "environments:price_undo": undo_price,
    "environments:price_template": prices_of_template,
    "environments:price_keep": keep_prices,
    "environments:price_look": look_up_prices,
    "environments:price_automatic": prices_by_hand,
    "admin:environments_account_bills": plainly(enabled="on", tag="Environment"),
    "admin:environments_account_bills_ask": ask_for_bills,
    "environments:costs_report_again": send_report_again,
}
