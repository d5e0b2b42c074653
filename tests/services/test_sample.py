"""The sample leaves as a whole, what people made themselves stays, and nobody keeps a password that everybody knows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.utils import timezone

from environments.models import (
    Account,
    Calendar,
    Environment,
    Heartbeat,
    Interval,
    Operation,
    Schedule,
    Tag,
    Target,
    Team,
)
from environments.models.budget import Budget
from environments.models.daily import DailyCost, DailyRun, MonthlyCost, StaleDays
from environments.models.rate import Pricing, Rate
from environments.models.sample import SampleRecord
from environments.services import heartbeats, rates, sample
from notifications import intake
from notifications.inbound import sns
from notifications.models import Arrival, Channel, Delivery, Event, Topic
from notifications.outbox import publish
from tests import factories

pytestmark = pytest.mark.django_db
OF_THE_SAMPLE = (Environment, Schedule, Calendar, Team, Account, Tag, Target, Operation, Interval)
COSTS = (Rate, Pricing, DailyRun, DailyCost, MonthlyCost, Budget, StaleDays)


@pytest.fixture
def admin(settings: Any) -> User:
    """Ada of the sample, signed in."""
    settings.DEMO = True
    call_command("seed_demo")
    ada = User.objects.get(username="admin")
    User.objects.filter(pk=ada.pk).update(last_login=timezone.now())
    return ada


def planned(user: User) -> sample.Removal:
    found = sample.plan(user=user)
    assert found is not None
    return found


def removed(user: User) -> sample.Removal:
    done = sample.remove(user=user, now=timezone.now())
    assert done is not None
    return done


def notes(lines: list[sample.Line], name: str) -> tuple[str, ...]:
    return next(line.notes for line in lines if line.name.startswith(name))


def test_all_of_it_goes_and_the_one_who_removes_it_stays(admin: User) -> None:
    factories.operation(Environment.objects.get(name="chat-dev"))
    assert planned(admin).own_password_known
    removed(admin)
    assert {model: model._default_manager.count() for model in OF_THE_SAMPLE} == dict.fromkeys(OF_THE_SAMPLE, 0)
    assert list(User.objects.values_list("username", flat=True)) == ["admin"]
    assert not sample.is_there()
    assert sample.remove(user=admin, now=timezone.now()) is None


def told(environment: str, team: str = "Chat") -> None:
    labels = {"environment": environment, "team": team}
    publish(kind="environment.failed", severity="error", labels=labels, title=environment or team, now=timezone.now())


def test_what_was_told_of_it_and_came_in_for_it_goes_too_and_that_of_others_stays(admin: User) -> None:
    call, topic = Heartbeat.objects.get(), Topic.objects.get()
    for door, subject in ((heartbeats.DOOR, call.pk), (sns.ALARM_DOOR, topic.pk), (heartbeats.DOOR, 10**9)):
        intake.accept(door=door, subject=subject, key="", payload={}, now=timezone.now())
    Channel.objects.create(name="ops", kind="discord", config={"webhook_url": "https://discord.com/api/webhooks/1/a"})
    told("old-name")
    Environment.objects.get(name="chat-dev").history.update(slug="old-name")
    for name in ("payments-qa", "search-dev", ""):
        told(name)
    factories.environment("mine", team=Team.objects.create(name="Mine"), schedule=None)
    told("mine", "Mine")
    removed(admin)
    assert [event.title["en"] for event in Event.objects.all()] == ["mine"]
    assert [str(one.event) for one in Delivery.objects.all()] == ["mine"]
    assert list(Arrival.objects.values_list("subject", flat=True)) == [10**9]


def test_its_prices_costs_and_budgets_go_with_it_and_those_of_others_stay(admin: User) -> None:
    mine = factories.environment("mine", team=Team.objects.create(name="Mine"), schedule=None)
    for environment in (Environment.objects.get(name="chat-dev"), mine):
        days: dict[str, Any] = {"environment": environment, "environment_name": environment.name}
        sums = {"currency": "USD", "estimate": 1, "always_on": 2}
        DailyRun.objects.create(**days, day="2026-11-01", seconds=60, hours=bytes(24), known_until=timezone.now())
        DailyCost.objects.create(**days, **sums, day="2026-11-01", known_until=timezone.now())
        MonthlyCost.objects.create(**days, **sums, month="2026-11-01")
        Budget.objects.create(environment=environment, amount=900)
    assert Rate.objects.exists()
    removed(admin)
    left = {model: set(model._default_manager.values_list("environment", flat=True)) for model in COSTS[2:-1]}
    assert left == {model: {mine.pk} for model in COSTS[2:-1]}
    assert not any(model.objects.exists() for model in (Rate, Pricing, StaleDays))


def test_what_is_not_of_the_sample_stays_whatever_its_name(admin: User) -> None:
    Environment.objects.filter(name="chat-dev").update(name="renamed", slug="renamed")
    mine = factories.environment("chat-dev", team=Team.objects.create(name="Mine"), schedule=None)
    assert ("renamed", ("changed: name, short name",)) in [(line.name, line.notes) for line in planned(admin).goes]
    removed(admin)
    assert list(Environment.objects.all()) == [mine]


def test_what_an_own_environment_uses_of_the_sample_stays_with_it(admin: User) -> None:
    office = Schedule.objects.get(name="Office hours Seoul")
    mine = factories.environment("billing", team=Team.objects.get(name="Chat"), schedule=office)
    mine.needs.add(Environment.objects.get(name="chat-dev"))
    Environment.objects.filter(pk=mine.pk).update(next_transition_at=None)
    assert notes(planned(admin).stays, "Office hours Seoul") == ("used by billing",)
    removed(admin)
    mine.refresh_from_db()
    assert (mine.team.name, mine.schedule) == ("Chat", office)
    assert list(Calendar.objects.values_list("name", flat=True)) == ["Korea"]
    assert not Account.objects.exists()
    assert mine.next_transition_at is not None, "it needed what is gone: its plan is read anew"


def test_what_people_changed_and_added_is_told_before(admin: User) -> None:
    chat = Environment.objects.get(name="chat-dev")
    factories.hold(chat)
    factories.stack(chat, "Another", account=Account.objects.get(), parameters={})
    Environment.objects.filter(pk=chat.pk).update(description="ours now")
    told = notes(planned(admin).goes, "chat-dev")
    assert told == ("changed: description", "1 target was added", "a hold")


def test_a_known_password_opens_nothing_afterwards(admin: User) -> None:
    User.objects.filter(username="manager").update(last_login=timezone.now())
    operator = User.objects.get(username="operator")
    operator.set_password("correct horse battery")
    operator.save()
    removed(admin)
    people = {person.username: (person.is_active, person.check_password("daybreak")) for person in User.objects.all()}
    assert people == {"admin": (True, True), "manager": (False, False), "operator": (True, False)}


def test_nothing_goes_while_an_operation_is_under_way(admin: User) -> None:
    factories.operation(Environment.objects.get(name="chat-dev"), status="running")
    with pytest.raises(ValidationError, match="An operation is under way: chat-dev"):
        sample.remove(user=admin, now=timezone.now())
    assert planned(admin).busy == ["chat-dev"]
    assert Environment.objects.filter(name="chat-dev").exists()


def test_it_is_all_or_nothing(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(decided: sample.Removal) -> None:
        Environment.objects.all().delete()
        raise OSError("the disk is full")

    monkeypatch.setattr(sample, "_delete", broken)
    with pytest.raises(OSError, match="disk"):
        sample.remove(user=admin, now=timezone.now())
    assert Environment.objects.exists()
    assert SampleRecord.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "manager", "operator"])
def test_only_administrators_remove_it(admin: User, role: str) -> None:
    with pytest.raises(PermissionDenied):
        sample.remove(user=User.objects.get(username=role), now=timezone.now())
    assert Environment.objects.exists()


def test_a_price_and_a_budget_that_people_added_are_said_and_the_samples_own_budget_goes(settings: Any) -> None:
    settings.DEMO = True
    call_command("seed_demo")
    chat = Environment.objects.get(name="chat-dev")
    Budget.objects.create(environment=chat, amount=20)
    rates.set_line(
        target=chat.targets.get(),
        label="Volume",
        unit_price=Decimal("0.1"),
        valid_from=timezone.localdate(),
        actor=None,
        now=timezone.now(),
    )
    admin = User.objects.get(username="admin")
    found = sample.plan(user=admin)
    assert found is not None
    assert {"1 price line", "1 budget"} <= set(next(one.notes for one in found.goes if one.name == "chat-dev"))
    assert any(one.kind == "budget" for one in found.goes)
    mine = factories.environment("mine", team=chat.team)
    removed(admin)
    assert mine.team.name == "Chat"
    assert not Budget.objects.exists()
