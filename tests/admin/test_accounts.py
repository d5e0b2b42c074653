"""An account's page: testing the connection, what was found, and edits that would break what is in use."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from environments.models import Account
from environments.targets.client import forget_clients
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(aws: Any) -> Account:
    forget_clients()
    made = factories.account()
    aws.register_role(made.role_arn, made.external_id)
    return made


def page(account: Account, rest: str = "change") -> str:
    return f"/environments/account/{account.pk}/{rest}/"


def told(browser: Client, account: Account) -> str:
    return " ".join(browser.get(page(account)).content.decode().split())


def form(account: Account, **changed: str) -> dict[str, str]:
    fields = ("name", "account_id", "role_arn", "external_id")
    return {name: getattr(account, name) for name in fields} | {"regions": ", ".join(account.regions)} | changed


def test_the_button_tests_and_the_page_says_what_works(as_administrator: Client, account: Account) -> None:
    assert "Not tested since it was entered or edited" in told(as_administrator, account)
    answer = as_administrator.post(page(account, "test"), follow=True)
    html = " ".join(answer.content.decode().split())
    assert answer.redirect_chain == [(page(account), 302)]
    assert "cloudformation:DeleteStack" in html
    assert f'<h3 class="acc-region">{factories.REGION}' in html
    assert "Add this policy" not in html
    assert ">tested " in html


def test_what_is_missing_stands_there_with_the_policy_to_add(
    as_administrator: Client, account: Account, aws: Any
) -> None:
    factories.stack(factories.environment())
    aws.fault("denied", action="ListStackResources", times=None)
    as_administrator.post(page(account, "test"))
    html = told(as_administrator, account)
    assert "1 permission is missing" in html
    assert "The role&#x27;s policy lacks cloudformation:ListStackResources." in html
    assert "Add this policy to the role" in html
    assert "arn:aws:cloudformation:ap-northeast-2:123456789012:stack/ChatAppMasterStack/*" in html


def test_a_korean_reader_is_told_in_korean(as_administrator: Client, account: Account, aws: Any) -> None:
    aws.fault("denied", action="ListStackResources", times=None)
    as_administrator.post(page(account, "test"))
    as_administrator.cookies.load({"django_language": "ko"})
    assert "역할의 정책에 cloudformation:ListStackResources 권한이 없어요." in told(as_administrator, account)


def test_who_looks_after_targets_sees_what_was_found_and_cannot_test(
    as_administrator: Client, as_operator: Client, account: Account, aws: Any
) -> None:
    as_administrator.post(page(account, "test"))
    before = Account.objects.values().get()
    html = told(as_operator, account)
    assert "cloudformation:DeleteStack" in html
    assert page(account, "test") not in html
    assert "An administrator can test the connection." in html
    aws.forget_requests()
    assert as_operator.post(page(account, "test")).status_code == 403
    assert aws.requests() == []
    assert Account.objects.values().get() == before


def test_looking_at_the_address_tests_nothing(as_administrator: Client, account: Account, aws: Any) -> None:
    assert as_administrator.get(page(account, "test")).status_code == 405
    assert aws.requests() == []


def test_an_account_that_is_gone_is_said_to_be_gone(as_administrator: Client, account: Account) -> None:
    account.delete()
    assert as_administrator.post("/environments/account/999999/test/").status_code == 404


def test_a_region_in_which_targets_are_cannot_be_removed_and_they_are_named(
    as_administrator: Client, account: Account
) -> None:
    factories.stack(factories.environment("chat-dev"))
    answer = as_administrator.post(page(account), form(account, regions="us-east-1"))
    assert "ap-northeast-2 is still used by targets of: chat-dev." in answer.content.decode()
    assert Account.objects.get().regions == [factories.REGION]
    assert as_administrator.post(page(account), form(account, regions="ap-northeast-2, us-east-1")).status_code == 302
    assert as_administrator.post(page(account), form(account)).status_code == 302
    assert Account.objects.get().regions == [factories.REGION]


@pytest.mark.parametrize(
    ("changed", "kept"),
    [({"external_id": "another-one"}, False), ({"regions": "us-east-1"}, False), ({"name": "x"}, True)],
)
def test_what_was_found_is_forgotten_when_what_it_was_about_is_edited(
    as_administrator: Client, account: Account, changed: dict[str, str], kept: bool
) -> None:
    row = {"region": factories.REGION, "action": "sts:AssumeRole", "verdict": "allowed", "texts": {"en": "Works."}}
    Account.objects.update(checked_at=timezone.now(), check_report=[row])
    assert as_administrator.post(page(account), form(account, **changed)).status_code == 302
    now = Account.objects.get()
    assert (now.check_report == [row], now.checked_at is not None) == (kept, kept)


def test_the_test_is_in_the_accounts_history(as_administrator: Client, account: Account) -> None:
    as_administrator.post(page(account, "test"))
    assert "Connection tested" in as_administrator.get(page(account, "history")).content.decode()
