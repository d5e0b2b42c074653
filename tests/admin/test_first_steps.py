"""A board without environments says what to do next, to each as far as they may; the sample goes with a click."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from environments.admin import first_steps
from environments.models import Account, Environment
from notifications.models import Channel
from tests import factories

from .conftest import Enter

pytestmark = pytest.mark.django_db
CHANNEL = {"name": "ops", "kind": "discord", "config": {"webhook_url": "https://discord.com/api/webhooks/1/a"}}


def steps(user: User) -> dict[str, Any]:
    request = RequestFactory().get("/")
    request.user = User.objects.get(pk=user.pk)
    return first_steps.section(request)


def told(user: User) -> dict[str, bool]:
    return {step.title: step.done for step in steps(user)["steps"]}


def test_an_administrator_is_led_from_the_account_to_the_first_environment() -> None:
    ada = factories.administrator()
    assert told(ada) == dict.fromkeys(
        ["AWS account", "Teams and people", "Schedule", "Say who hears of failures", "First environment"], False
    )
    assert steps(ada)["next_step"].title == "AWS account"
    account = factories.account()
    assert [link.words for link in steps(ada)["next_step"].links] == ["Test the connection"]
    Account.objects.filter(pk=account.pk).update(checked_at=timezone.now())
    factories.manager()
    assert steps(ada)["next_step"].title == "Schedule"
    factories.schedule()
    assert steps(ada)["next_step"].title == "Say who hears of failures"
    Channel.objects.create(**CHANNEL)
    assert steps(ada)["next_step"].title == "First environment"
    assert [link.words for link in steps(ada)["next_step"].links] == ["Find in AWS", "Add by hand"]


def test_somebody_hears_of_failures_only_once_a_channel_is_switched_on() -> None:
    ada = factories.administrator()
    channel = Channel.objects.create(**CHANNEL, enabled=False)
    (step,) = (step for step in steps(ada)["steps"] if step.title == "Say who hears of failures")
    assert (step.done, [link.words for link in step.links]) == (False, ["Switch one on"])
    assert step.links[0].address == reverse("admin:notifications_channel_changelist")
    Channel.objects.filter(pk=channel.pk).update(enabled=True)
    assert told(ada)["Say who hears of failures"]


def test_an_operator_sees_what_operators_do_and_whom_to_ask_for_the_rest() -> None:
    factories.administrator()
    oskar = factories.operator()
    shown = steps(oskar)
    assert [step.title for step in shown["steps"]] == ["Schedule", "First environment"]
    assert (shown["waits_for_account"], [person.name for person in shown["asked"]]) == (True, ["administrator"])


def test_a_manager_reads_whom_to_ask_and_by_which_mail(enter: Enter) -> None:
    User.objects.filter(pk=factories.operator().pk).update(first_name="Oskar", last_name="Per", email="o@example.com")
    page = enter(factories.manager()).get("/").content.decode()
    assert "Your team has no environments yet" in page
    assert "Oskar Per" in page
    assert "mailto:o@example.com" in page
    assert "/environments/environment/add/" not in page


def test_every_button_of_the_steps_leads_somewhere(as_administrator: Client) -> None:
    factories.account()
    links = [link for step in steps(User.objects.get(username="administrator"))["steps"] for link in step.links]
    assert len(links) >= 6
    assert {link.address: as_administrator.get(link.address).status_code for link in links} == {
        link.address: 200 for link in links
    }


def test_the_number_of_queries_does_not_grow() -> None:
    ada = factories.administrator()
    counts = []
    for number in range(2):
        for extra in range(number * 4):
            factories.account(account_id=f"{extra:012}", name=f"account {extra}")
            factories.person(f"person {extra}", "Operator")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            steps(ada)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 5


class TestSample:
    @pytest.fixture
    def ada(self, settings: Any, enter: Enter) -> Client:
        settings.DEMO = True
        call_command("seed_demo")
        return enter(User.objects.get(username="admin"))

    def test_the_board_says_that_it_is_sample_data_to_those_who_may_remove_it(self, ada: Client, enter: Enter) -> None:
        assert ada.get("/").content.decode().count("You are looking at sample data") == 1
        for other in ("operator", "manager"):
            page = enter(User.objects.get(username=other)).get("/").content.decode()
            assert "You are looking at sample data" not in page

    def test_asking_lists_what_goes_and_changes_nothing_sending_removes_it(self, ada: Client) -> None:
        asked = ada.get("/sample/").content.decode()
        assert all(name in asked for name in ("chat-dev", "Office hours Seoul", "Vivi Ewer", "Ada Min"))
        assert Environment.objects.exists()
        assert "<dialog" not in asked, "the page is the confirmation"
        assert 'action="/sample/"' in asked
        board = ada.post("/sample/", follow=True).content.decode()
        assert not Environment.objects.exists()
        assert "Everybody can read your password" in board
        assert "First steps" in board

    def test_somebody_elses_post_is_refused(self, ada: Client, enter: Enter) -> None:
        assert enter(User.objects.get(username="operator")).post("/sample/").status_code == 403
        assert Environment.objects.exists()
