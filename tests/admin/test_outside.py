"""What people read of changes made outside of the portal, and of accounts that cannot be seen."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import Environment, Scan, Schedule
from tests import factories
from tests.support.times import monday, on

from .conftest import Enter

pytestmark = pytest.mark.django_db


def chat(name: str = "chat-dev", state: str = "stopped", **fields: Any) -> Environment:
    """An environment that should run: it is Monday, ten o'clock."""
    made = factories.chat_app(name, f"{name}-stack")
    Environment.objects.filter(pk=made.pk).update(state=state, **fields)
    return made


def drifted(name: str = "chat-dev") -> Environment:
    return chat(name, drift_since=monday("09:40"), wish="running")


def read(browser: Client, address: str, language: str = "en") -> str:
    answer = browser.get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return " ".join(unescape(" ".join(part.split(">")[-1] for part in answer.content.decode().split("<"))).split())


def test_the_page_says_what_was_done_until_when_it_is_left_and_since_when(as_manager: Client) -> None:
    drifted()
    assert "Changed outside Stopped outside the portal: left alone until 18:00 Seen at 09:40." in read(
        as_manager, "/env/chat-dev/"
    )
    assert "외부에서 중지됨: 18:00까지 그대로 둬요" in read(as_manager, "/env/chat-dev/", "ko")


def test_the_board_lists_it_after_failures_and_before_holds_without_an_end(as_manager: Client) -> None:
    factories.hold(chat("held", "running"), until=None)
    drifted("outside")
    chat("broken", "failed_to_start")
    html = as_manager.get("/").content.decode().split("db-tiles")[0]
    assert html.index("/env/broken/") < html.index("/env/outside/") < html.index("/env/held/")
    assert "Stopped outside the portal: left alone until 18:00" in html


def test_a_hold_without_an_end_that_was_broken_outside_is_one_line_and_can_be_released(as_manager: Client) -> None:
    factories.hold(drifted(), until=None, reason="training")
    html = as_manager.get("/").content.decode()
    needs = html.split('id="board-lines"')[1].split("</section>")[0]
    assert needs.count('id="need-') == 1
    assert "Stopped outside the portal: left alone" in needs
    assert 'data-ask="/env/chat-dev/ask/release/"' in html
    assert "until released: training" in read(as_manager, "/env/chat-dev/")


def test_the_list_has_the_same_word(as_operator: Client) -> None:
    drifted()
    assert "Changed outside" in read(as_operator, "/environments/environment/")


def test_what_is_spared_says_so_before_and_after_the_end_of_its_period(as_manager: Client, time_machine: Any) -> None:
    chat(state="running", retained=True)
    Schedule.objects.update(retain_running=True)
    page = read(as_manager, "/env/chat-dev/")
    assert "Running until 18:00 · Office hours Seoul Left running at the end: it ran before 09:00." in page
    assert "left as it is from 18:00" in page
    time_machine.move_to(on("tuesday", "02:00"), tick=False)
    page = read(as_manager, "/env/chat-dev/")
    assert "Left running: it ran before Mon 09:00." in page
    assert "starts Tue 09:00" in page  # it is Monday for the portal


def test_what_is_spared_and_yet_stopped_by_an_exception_says_only_that(as_manager: Client) -> None:
    made = chat(state="running", retained=True)
    Schedule.objects.update(retain_running=True)
    factories.hold(made, "stopped", until=monday("17:00"))
    assert "Left running" not in read(as_manager, "/env/chat-dev/")


@pytest.fixture
def accounts() -> None:
    account = factories.account(regions=[factories.REGION, "us-east-1", "eu-west-1"])
    Scan.objects.create(
        account=account, region=factories.REGION, started_at=monday("09:58"), finished_at=monday("09:58")
    )
    denied = {"en": "AWS does not allow DescribeStacks.", "ko": "AWS가 허용하지 않아요."}
    Scan.objects.create(account=account, region="us-east-1", finished_at=monday("08:00"), error=denied)
    Scan.objects.create(account=account, region="eu-west-1")


@pytest.mark.parametrize("who", [factories.administrator, factories.operator])
def test_an_account_says_of_each_region_when_it_was_seen_and_what_is_wrong(
    who: Any, enter: Enter, accounts: None
) -> None:
    page = read(enter(who()), f"/environments/account/{factories.account().pk}/change/")
    assert "ap-northeast-2 Seen 00:58 (UTC)" in page
    assert "us-east-1 Cannot be seen AWS does not allow DescribeStacks. (last seen yesterday 23:00 (UTC))" in page
    assert "eu-west-1 Not looked at yet" in page


def test_the_list_of_accounts_costs_the_same_for_one_and_for_many(as_administrator: Client, accounts: None) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert "us-east-1 Cannot be seen" in read(as_administrator, "/environments/account/")
        return len(queries)

    one = cost()
    for n in range(5):
        other = factories.account(account_id=f"22222222222{n}", name=f"other {n}", role_arn="", external_id="")
        Scan.objects.create(account=other, region=factories.REGION)
    assert cost() == one


def test_a_saved_account_is_looked_at_at_once(as_administrator: Client, accounts: None) -> None:
    account = factories.account()
    form = {"name": "dev", "account_id": account.account_id, "role_arn": "", "external_id": "", "regions": "us-east-1"}
    as_administrator.post(f"/environments/account/{account.pk}/change/", form)
    assert set(Scan.objects.values_list("started_at", flat=True)) == {None}
