"""Getting at AWS: roles, a busy or absent AWS, image tags."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from environments.aws import ecr
from environments.targets.base import AccountRef, TargetError
from environments.targets.client import in_words

from .driving import ACCOUNT, REF, Stack


def test_an_sts_that_is_busy_is_worth_another_try_and_not_a_role_that_cannot_be_assumed() -> None:
    for code, status in (("Throttling", 400), ("InternalFailure", 500), ("ServiceUnavailable", 503)):
        answer = {"Error": {"Code": code, "Message": "-"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        with pytest.raises(TargetError) as busy, in_words("sts", "AssumeRole", ACCOUNT, "ap-northeast-2"):
            raise ClientError(answer, "AssumeRole")  # type: ignore[arg-type]
        assert busy.value.retryable


def test_signatures_pushed_beside_an_image_are_not_its_newest_tag() -> None:
    pushed = datetime(2026, 11, 23, tzinfo=UTC)
    image = ecr._newer(None, {"imageTags": ["1.2.3"], "imagePushedAt": pushed})
    signature = {"imageTags": [f"sha256-{'a' * 64}.sig"], "imagePushedAt": pushed + timedelta(seconds=3)}
    assert ecr._newer(image, signature) == image


def test_a_role_that_cannot_be_assumed_says_which_and_what_to_check(aws: Any, stack: Stack) -> None:
    stranger = AccountRef("123456789012", "development", "arn:aws:iam::123456789012:role/Nobody", "daybreak")
    with pytest.raises(TargetError) as failed:
        Stack(aws, replace(REF, account=stranger)).run("start")
    assert "role/Nobody of account development (123456789012) cannot be assumed" in failed.value.texts["en"]
    assert not failed.value.retryable


def test_a_wrong_external_id_is_a_role_that_cannot_be_assumed(aws: Any, stack: Stack) -> None:
    aws.register_role("arn:aws:iam::123456789012:role/DaybreakPortal", "the right one")
    wrong = AccountRef("123456789012", "development", "arn:aws:iam::123456789012:role/DaybreakPortal", "the wrong one")
    with pytest.raises(TargetError, match="cannot be assumed"):
        Stack(aws, replace(REF, account=wrong)).run("start")
    Stack(aws, replace(REF, account=replace(wrong, external_id="the right one"))).run("start")


def test_an_aws_that_is_not_reachable_is_worth_another_try(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(TargetError, match="cannot be reached") as failed:
        stack.perform("start", "look")
    assert failed.value.retryable
