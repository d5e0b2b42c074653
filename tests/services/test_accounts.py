"""AWS accounts: the test of a connection, what it keeps, and what a change must not break."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from environments.aws import access
from environments.aws.access_policy import actions_of
from environments.models import Account, Target
from environments.services import accounts
from environments.targets.client import forget_clients
from environments.targets.registry import KINDS
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(aws: Any) -> Account:
    """The development account, whose role can be assumed in the simulated AWS."""
    forget_clients()
    made = factories.account()
    aws.register_role(made.role_arn, made.external_id)
    return made


def tried(account: Account, **wanted: Any) -> Account:
    """The account as it is kept after a test."""
    accounts.try_connection(account=account, user=factories.administrator(), now=timezone.now(), **wanted)
    return Account.objects.get(pk=account.pk)


def verdicts(account: Account) -> dict[str, str]:
    return {row["action"]: row["verdict"] for row in account.check_report}


def test_a_test_keeps_when_it_was_and_what_it_found_in_both_languages(account: Account) -> None:
    before = timezone.now()
    kept = tried(account)
    assert kept.checked_at is not None
    assert kept.checked_at >= before
    assert set(verdicts(kept)) == {"sts:AssumeRole"} | {action for kind in KINDS for action in actions_of(kind)}
    for row in kept.check_report:
        assert set(row) == {"region", "action", "verdict", "texts"}
        assert set(row["texts"]) == {"en", "ko"}


def test_exactly_the_kinds_in_use_are_tested_and_all_when_none_is(account: Account) -> None:
    everything = set(verdicts(tried(account)))
    Target.objects.create(
        environment=factories.environment(), kind="ec2", identifier="i-1", account=account, region=factories.REGION
    )
    assert set(verdicts(tried(account))) == {"sts:AssumeRole", *actions_of("ec2")} < everything


def test_each_region_is_told_of_and_one_without_targets_only_whether_the_role_is_let_in(account: Account) -> None:
    Account.objects.update(regions=[factories.REGION, "us-east-1"])
    account.refresh_from_db()
    factories.stack(factories.environment())
    found = {(row["region"], row["action"]) for row in tried(account).check_report}
    assert {action for region, action in found if region == "us-east-1"} == {"sts:AssumeRole"}
    assert (factories.REGION, "cloudformation:DescribeStacks") in found


@pytest.mark.parametrize("person", [factories.operator, factories.manager, factories.viewer])
def test_only_who_may_change_the_account_may_have_aws_asked(aws: Any, account: Account, person: Any) -> None:
    with pytest.raises(PermissionDenied, match="administrator"):
        accounts.try_connection(account=account, user=person(), now=timezone.now())
    assert aws.requests() == []
    assert Account.objects.get(pk=account.pk).checked_at is None


def test_what_was_found_of_an_account_that_was_edited_meanwhile_is_not_kept(account: Account) -> None:
    Account.objects.update(external_id="edited-meanwhile")
    assert accounts.try_connection(account=account, user=factories.administrator(), now=timezone.now()) is None
    assert Account.objects.get(pk=account.pk).check_report == []


def test_what_is_denied_is_given_as_the_policy_to_add_for_exactly_these_targets(aws: Any, account: Account) -> None:
    factories.stack(factories.environment())
    aws.fault("denied", action="DescribeImages", times=None)
    kept = tried(account)
    assert verdicts(kept)["ecr:DescribeImages"] == "denied"
    assert [document["Statement"] for document in accounts.missing(kept)] == [
        [
            {
                "Sid": "LookEcrByName",
                "Effect": "Allow",
                "Action": ["ecr:DescribeImages"],
                "Resource": ["arn:aws:ecr:ap-northeast-2:123456789012:repository/chat-chat-http"],
            }
        ]
    ]


def test_a_role_that_cannot_be_assumed_has_no_policy_to_add(account: Account) -> None:
    Account.objects.update(external_id="wrong")
    account.refresh_from_db()
    kept = tried(account)
    assert verdicts(kept) == {"sts:AssumeRole": "denied"}
    assert accounts.missing(kept) == []


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_aws_is_asked(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    ask = access.try_actions

    def watched(*args: Any, **named: Any) -> Any:
        seen.append(connection.in_atomic_block)
        return ask(*args, **named)

    monkeypatch.setattr(access, "try_actions", watched)
    tried(account)
    assert seen == [False]


def test_regions_in_use_are_named_with_their_environments() -> None:
    account = factories.account()
    for number in range(7):
        factories.stack(factories.environment(f"env-{number}"), f"stack-{number}")
    assert accounts.targets_outside(account, ["us-east-1"]) == {
        factories.REGION: ["env-0", "env-1", "env-2", "env-3", "env-4", "+2"]
    }
    assert accounts.targets_outside(account, [factories.REGION, "us-east-1"]) == {}
