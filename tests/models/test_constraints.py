"""What the database itself refuses, whoever writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from environments.models import Account, Environment, Operation, Period, Schedule, Target, TargetParameter
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("09:00")


def _refused(write: Callable[[], Any], constraint: str) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        write()
    assert constraint in str(refused.value)


def test_an_account_id_has_twelve_digits() -> None:
    _refused(lambda: Account.objects.create(name="x", account_id="12345", regions=["us-east-1"]), "twelve_digits")


def test_a_period_does_not_begin_when_it_ends() -> None:
    made = factories.schedule()
    write = lambda: Period.objects.create(schedule=made, begin_time="09:00", end_time="09:00")  # noqa: E731
    _refused(write, "period_begin_differs_from_end")
    Period.objects.create(schedule=made)  # neither: the whole day


def test_an_override_is_running_or_stopped() -> None:
    _refused(lambda: Schedule.objects.create(name="x", override="maybe"), "schedule_override_known")


def test_an_environment_has_a_known_state_and_wish() -> None:
    chat = factories.environment()
    _refused(lambda: Environment.objects.filter(pk=chat.pk).update(state="odd"), "environment_state_known")
    _refused(lambda: Environment.objects.filter(pk=chat.pk).update(wish="odd"), "environment_wish_known")


def test_one_aws_thing_belongs_to_one_environment() -> None:
    factories.stack(factories.environment("one"))
    _refused(lambda: factories.stack(factories.environment("two")), "")


def test_a_target_has_an_order_from_1_to_99() -> None:
    target = factories.stack(factories.environment())
    _refused(lambda: Target.objects.filter(pk=target.pk).update(order=100), "target_order_from_1_to_99")


def test_a_parameter_of_a_target_has_one_value_from_a_known_source() -> None:
    target = factories.stack(factories.environment(), parameters={"Tag": ("fixed", "1")})
    _refused(lambda: TargetParameter.objects.create(target=target, name="Tag", value="2"), "")
    _refused(lambda: TargetParameter.objects.update(source="guess"), "parameter_source_known")


def test_an_operation_that_has_ended_says_when_and_one_that_has_not_does_not() -> None:
    chat = factories.environment()
    fields = {"environment": chat, "kind": "start", "trigger": "hold", "created_at": NOW, "not_before": NOW}

    def write(**more: Any) -> Operation:
        return Operation.objects.create(**fields, deadline_at=NOW, **more)

    _refused(lambda: write(status="succeeded"), "operation_finished_when_final")
    _refused(lambda: write(status="pending", finished_at=NOW), "operation_finished_when_final")


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"begin_time": "25:00", "end_time": "18:00"}, "begin_time", "25:00"),
        ({"begin_time": "09:00", "end_time": "9 o'clock"}, "end_time", "o'clock"),
        ({"weekdays": "mon,someday"}, "weekdays", "someday"),
        ({"monthdays": "32"}, "monthdays", "32"),
        ({"months": "jan-foo"}, "months", "foo"),
    ],
)
def test_what_a_period_cannot_mean_is_refused_at_its_field_naming_the_part(
    fields: dict[str, str], field: str, words: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Period(
            schedule=factories.schedule(), **{k: v[:5] if k.endswith("time") else v for k, v in fields.items()}
        ).clean()
    assert set(refused.value.message_dict) == {field}
    assert words[:3] in refused.value.message_dict[field][0]


def test_an_account_says_what_does_not_fit_together() -> None:
    lonely = Account(name="x", account_id="123456789012", external_id="abc", regions=["us-east-1"])
    with pytest.raises(ValidationError, match="only works together with a role"):
        lonely.full_clean()
    other = Account(
        name="x", account_id="123456789012", role_arn="arn:aws:iam::999999999999:role/Other", regions=["us-east-1"]
    )
    with pytest.raises(ValidationError, match="another account"):
        other.full_clean()
    with pytest.raises(ValidationError, match="“Seoul” is not the name of an AWS region"):
        Account(name="x", account_id="123456789012", regions=["Seoul"]).full_clean()


def test_a_target_in_a_region_its_account_does_not_use_is_refused_with_those_it_does() -> None:
    target = factories.stack(factories.environment())
    target.region = "us-east-1"
    with pytest.raises(ValidationError, match="is not used in us-east-1; its regions are: ap-northeast-2"):
        target.full_clean()


def test_everything_says_what_it_is() -> None:
    chat = factories.environment()
    target = factories.stack(chat, parameters={"Tag": ("ecr", "repo")})
    period = chat.schedule.periods.get()  # type: ignore[union-attr]
    said = [
        str(thing)
        for thing in (chat.team, target.account, chat, target, target.parameters.get(), chat.schedule, period)
    ]
    assert said == [
        "Chat",
        "development (123456789012)",
        "chat-dev",
        "ChatAppMasterStack (cloudformation)",
        "Tag ← repo",
        "Office hours Seoul",
        "09:00–18:00 mon-fri",
    ]
