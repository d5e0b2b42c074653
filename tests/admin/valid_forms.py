"""For each address of a page that takes a form, one that changes something when it is sent by somebody who may.

The forms are made anew for each sending, inside of a transaction that is undone afterwards, so that each may first
bring about what it is about: a pause to resume, a stack that is stuck.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.utils import timezone

from environments.admin.exception_forms import value_of
from environments.models import (
    Account,
    Calendar,
    DayException,
    Environment,
    GuardAcceptance,
    Hold,
    PlanFeed,
    StatusPage,
)
from environments.services import exceptions, feeds, pauses, permissions, sample, stuck_deletes
from notifications.models import Delivery
from portal.history import changes_of
from tests import factories
from tests.support.ics import event, ics
from tests.targets.worlds import world as aws_world

from .test_stuck import BUCKET
from .world import example


class Sending(NamedTuple):
    """What is sent, and what the address has behind it."""

    fields: dict[str, Any]
    query: str = ""


class Scene(NamedTuple):
    """Who sends it, and what there is: the environment of `world.furnish`, and a simulated AWS."""

    environment: Environment
    user: User
    aws: Any


Form = Callable[[Scene], Sending]

ASKED_IN_DIALOG = {"_form_submitted": "on"}
# Name of an address -> why no form of it changes anything.
CHANGING_NOTHING = {
    "environments:find_propose": "shows what would be added",
    "admin:environments_schedule_preview": "shows what a schedule would do",
    "admin:environments_schedule_preview_new": "shows what a schedule would do",
    "admin:notifications_rule_preview": "shows what a rule would have told",
    "admin:notifications_rule_preview_new": "shows what a rule would have told",
    "admin:notifications_contactgroup_preview": "shows who would be asked when",
    "admin:notifications_contactgroup_preview_new": "shows who would be asked when",
    "admin:notifications_wording_preview": "shows how a message would read",
    "admin:notifications_wording_preview_new": "shows how a message would read",
    "admin:environments_heartbeat_expected": "shows when a call would be expected",
    "admin:environments_heartbeat_expected_new": "shows when a call would be expected",
    "admin:environments_httpcheck_try": "shows what an address answers",
    "admin:environments_httpcheck_try_new": "shows what an address answers",
    "admin:index": "Django's admin answers any method",
    "admin:search": "Django's admin answers any method",
    "admin:app_list": "Django's admin answers any method",
}


def day_ahead(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def plainly(**fields: Any) -> Form:
    return lambda scene: Sending(fields)


def on_a_day(scene: Scene) -> Sending:
    return Sending({"day": f"{day_ahead(3)}", "reason": "demo"})


def exception(scene: Scene) -> Sending:
    fields = {"kind": "off", "first": f"{day_ahead(3)}", "scope": value_of(scene.environment), "reason": "demo"}
    return Sending(fields)


def of_exception(**more: str) -> Form:
    return lambda scene: Sending({"batch": str(_exception().batch), **more})


def of_removed_exception(scene: Scene) -> Sending:
    gone, now = _exception(), timezone.now()
    exceptions.remove(exceptions=[gone], author=User.objects.get(username="manager"), now=now)
    return Sending({"batch": str(gone.batch), "ended": now.isoformat()})


def copy(scene: Scene) -> Sending:
    there = _exception()
    return Sending({"to": [f"{day_ahead(4)}"]}, f"?day={there.day}&batch={there.batch}")


def many(scene: Scene) -> Sending:
    return Sending({"do": "off", "env": [str(scene.environment.pk)], **on_a_day(scene).fields})


def keep_on(scene: Scene) -> Sending:
    """What is held until somebody releases it is given no end by this: it is held for half an hour before."""
    Hold.objects.open().update(until=timezone.now() + timedelta(minutes=30))
    return Sending({"choice": "+1"})


def undo_many(scene: Scene) -> Sending:
    return Sending({"env": [str(scene.environment.pk)], "hold": [str(Hold.objects.open().get().pk)]})


def undo_hold(scene: Scene) -> Sending:
    return Sending({"hold": str(Hold.objects.open().get().pk)})


def undo_change(scene: Scene) -> Sending:
    made = changes_of(Hold).filter(id=Hold.objects.open().get().pk).latest("history_date")
    return Sending({"kind": "hold", "change": str(made.pk)})


def start_from_status_page(scene: Scene) -> Sending:
    StatusPage.objects.create(environment=scene.environment, is_public=True)
    return Sending({})


def resume(scene: Scene) -> Sending:
    now = timezone.now()
    author = User.objects.get(username="operator")
    pauses.place(environment=scene.environment, until=now + timedelta(days=2), author=author, now=now)
    return Sending({})


def redeploy(scene: Scene) -> Sending:
    Environment.objects.filter(pk=scene.environment.pk).update(state="running", wish="running")
    return Sending({"reason": "fixes the login"})


def revoke(scene: Scene) -> Sending:
    """A feed of one's own; of those who cannot have one, somebody's."""
    if permissions.may_see_scope(scene.user, scene.environment):
        feeds.make(scope=scene.environment, author=scene.user, language="en", now=timezone.now())
    return Sending({"feed": str(PlanFeed.objects.latest("pk").pk)})


def withdraw(scene: Scene) -> Sending:
    return Sending({"acceptance": str(GuardAcceptance.objects.get().pk)})


def leave_behind(scene: Scene) -> Sending:
    stopping = factories.operation(scene.environment, "stop", "failed", at=timezone.now())
    factories.step(stopping, "wait", "failed", memo={"stuck": [BUCKET]}, error={"en": "It could not be deleted."})
    return Sending({"resource": [stuck_deletes.key(BUCKET)]})


def send_again(scene: Scene) -> Sending:
    Delivery.objects.update(status=Delivery.Status.FAILED)
    return Sending(ASKED_IN_DIALOG)


def remove_sample(scene: Scene) -> Sending:
    with sample.recording():
        factories.schedule("Of the sample")
    return Sending({})


def found(scene: Scene) -> Sending:
    Account.objects.update(role_arn="", external_id="")
    made: Any = aws_world("ec2", scene.aws)
    machine = made.launch("web", {"environment": "shop"})
    fields = {"account": str(Account.objects.get().pk), "pick": [f"ec2|{factories.REGION}|{machine}"]}
    return Sending(fields | {"name": "shop", "slug": "shop", "team": str(factories.team().pk), "order-0": "1"})


def import_schedules(scene: Scene) -> Sending:
    """What the report's page carries for whoever chose the files."""
    period = {"type": "period", "name": "office", "begintime": "09:00", "endtime": "18:00"}
    table = f'[{{"type": "schedule", "name": "imported", "periods": ["office"]}}, {period}]'.replace("'", '"')
    carried = {"files": [("table.json", table)], "update": False, "zone": "Asia/Seoul"}
    return Sending({"carried": signing.dumps(carried, salt=f"environments.schedule_import.{scene.user.pk}")})


def import_devices(scene: Scene) -> Sending:
    carried = {"environment": scene.environment.pk, "content": "name,number\nA-2,43"}
    return Sending({"carried": signing.dumps(carried, salt=f"environments.device_import.{scene.user.pk}")})


def import_days(scene: Scene) -> Sending:
    Calendar.objects.update(ics_url="")
    return Sending({"file": SimpleUploadedFile("company.ics", ics(event("Party", f"{day_ahead(9):%Y%m%d}")))})


def read_days(scene: Scene) -> Sending:
    """Nobody answers at the address, which is kept as what went wrong."""
    Calendar.objects.update(ics_url="https://127.0.0.1:9/none.ics")
    return Sending({})


def sign_in(scene: Scene) -> Sending:
    return Sending({"username": scene.user.username, "password": "correct horse"})


def new_password(old: bool) -> Form:
    asked = {"new_password1": "a mule and a cart", "new_password2": "a mule and a cart"}
    asked = asked | {"old_password": "correct horse"} if old else {"password1": "a mule 7", "password2": "a mule 7"}
    return plainly(**asked)


def _exception() -> DayException:
    return DayException.objects.in_force().get()


def only(model: type[Model]) -> str:
    return str(example(model).pk)


_EXCEPTIONS: dict[str, Form] = {
    "place": exception,
    "remove": of_exception(),
    "restore": of_removed_exception,
    "undo": of_exception(),
}
FORMS_OF_PAGES: dict[str, Form] = {
    "preferences": plainly(language="ko", timezone="Europe/Berlin"),
    "preferences_messages": plainly(language="ko", timezone="Europe/Berlin", digest="daily", is_on="on"),
    "preferences_chat_code": plainly(),
    "admin:login": sign_in,
    "admin:password_change": new_password(old=True),
    "admin:auth_user_password_change": new_password(old=False),
    "environments:sample": remove_sample,
    "environments:find_propose": found,
    "environments:find_save": found,
    "environments:board_many": many,
    "environments:board_many_undo": undo_many,
    "environments:board_undo": undo_hold,
    "environments:ask_start": plainly(until="1"),
    "environments:ask_stop": plainly(until="1", reason="nobody works"),
    "environments:ask_keep": keep_on,
    "environments:ask_off": on_a_day,
    "environments:ask_on": on_a_day,
    "environments:ask_release": plainly(),
    "environments:ask_retry": plainly(),
    "environments:star": plainly(wished="1"),
    "environments:check_now": plainly(),
    "environments:metrics": plainly(),
    **{f"environments:{page}_{verb}": form for page in ("exception", "calendar") for verb, form in _EXCEPTIONS.items()},
    "environments:calendar_copy": copy,
    "environments:feed_make": plainly(scope="environment"),
    "environments:feed_revoke": revoke,
    "environments:pause": lambda scene: Sending({"until": f"{day_ahead(5)}", "reason": "a freeze"}),
    "environments:resume": resume,
    "public:status_start": start_from_status_page,
    "environments:redeploy": redeploy,
    "environments:change_undo": undo_change,
    "environments:accept": plainly(fingerprint="f1"),
    "environments:withdraw": withdraw,
    "environments:leave_behind": leave_behind,
    "admin:environments_hold_release": plainly(**ASKED_IN_DIALOG),
    "admin:environments_dayexception_remove": plainly(**ASKED_IN_DIALOG),
    "admin:environments_dayexception_restore": of_removed_exception,
    "admin:environments_dayexception_undo": of_exception(),
    "admin:environments_schedule_import": import_schedules,
    "admin:environments_calendar_import": import_days,
    "admin:environments_device_import": import_devices,
    "admin:environments_device_key": plainly(do="new"),
    "admin:environments_calendar_read": read_days,
    "admin:environments_calendar_clear": plainly(),
    "admin:environments_account_test": plainly(),
    "admin:axes_accessattempt_let_them_in": plainly(**ASKED_IN_DIALOG),
    "admin:notifications_channel_send_test": plainly(**ASKED_IN_DIALOG),
    "admin:environments_heartbeat_new_address": plainly(**ASKED_IN_DIALOG),
    "admin:environments_httpcheck_check_now": plainly(**ASKED_IN_DIALOG),
    "admin:notifications_delivery_send_again": send_again,
    "admin:notifications_escalation_acknowledge": plainly(**ASKED_IN_DIALOG),
    "chat": plainly(text="zebra-dev force_start"),
    "admin:portal_apitoken_revoke": plainly(**ASKED_IN_DIALOG),
    "admin:notifications_chatapp_new_address": plainly(**ASKED_IN_DIALOG),
    "admin:notifications_gateway_new_address": plainly(**ASKED_IN_DIALOG),
}
