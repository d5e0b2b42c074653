"""The CloudFormation target against the simulated AWS: every status, every way it can go wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from environments.targets import stack_status
from environments.targets.base import ParameterRef, Seen, TargetError, Wait

from .driving import REF, TEMPLATE, Stack, chat


def test_every_documented_status_has_a_meaning_and_an_unknown_one_is_left_to_people() -> None:
    assert len(stack_status.STATUSES) == 23
    for status, look in stack_status.STATUSES.items():
        moving = look in {stack_status.Look.MOVING, stack_status.Look.LEAVING}
        assert moving == (status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS")
    assert stack_status.look_at("SOMETHING_NEW") is stack_status.Look.BROKEN
    assert stack_status.look_at(None) is stack_status.Look.ABSENT


def test_it_is_created_waited_for_and_deleted(stack: Stack) -> None:
    started = stack.run("start")
    assert stack.status() == "CREATE_COMPLETE"
    assert stack.driver.state(REF) is Seen.RUNNING
    assert started[0] == "demo does not exist yet"
    assert started[-1].startswith("demo is up after")
    stack.run("stop")
    assert stack.driver.state(REF) is Seen.STOPPED


def test_one_that_is_up_already_needs_nothing(stack: Stack) -> None:
    stack.run("start")
    assert stack.run("start") == ["demo is up already (CREATE_COMPLETE)"]
    assert len(stack.aws.requests(action="CreateStack")) == 1


def test_one_that_does_not_exist_is_stopped(stack: Stack) -> None:
    assert stack.run("stop") == ["demo does not exist: nothing to stop"]


def test_progress_counts_resources_and_brings_aws_events(stack: Stack) -> None:
    for step in ("look", "clear", "resolve", "create"):
        stack.perform("start", step)
    stack.move(10)
    outcome = stack.perform("start", "wait")
    assert isinstance(outcome, Wait)
    assert outcome.progress["total"] == 2
    assert outcome.detail["en"] == f"{outcome.progress['done']} of 2 resources up"
    assert {line["status"] for line in outcome.progress["lines"]} >= {"CREATE_IN_PROGRESS"}


def test_a_second_try_of_a_create_whose_answer_was_lost_does_not_create_again(stack: Stack) -> None:
    for step in ("look", "clear", "resolve", "create"):
        stack.perform("start", step)
    first = stack.memo.pop("stack_id")
    stack.perform("start", "create", retried=True)
    assert stack.memo["stack_id"] == first
    assert len(stack.aws.requests(action="CreateStack")) == 1


def test_one_that_somebody_else_created_in_the_meantime_is_followed(stack: Stack) -> None:
    for step in ("look", "clear", "resolve"):
        stack.perform("start", step)
    stack.aws.client("cloudformation").create_stack(StackName="demo", TemplateBody=TEMPLATE)
    outcome = stack.perform("start", "create")
    assert "somebody else" in outcome.detail["en"]
    assert stack.memo["stack_id"].startswith("arn:")


def test_one_that_is_being_changed_is_waited_for_in_both_directions(stack: Stack) -> None:
    stack.aws.client("cloudformation").create_stack(StackName="demo", TemplateBody=TEMPLATE)
    for goal in ("start", "stop"):
        outcome = stack.perform(goal, "look")
        assert isinstance(outcome, Wait)
        assert "CREATE_IN_PROGRESS" in outcome.detail["en"]


def test_one_that_is_being_deleted_is_waited_for_and_then_created(stack: Stack) -> None:
    stack.run("start")
    stack.aws.client("cloudformation").delete_stack(StackName="demo")
    assert stack.run("start")[-1].startswith("demo is up after")


def test_a_failing_resource_ends_in_its_reason_once_aws_has_rolled_back(stack: Stack) -> None:
    stack.aws.fail_resource("Topic", reason="No capacity for topics.")
    with pytest.raises(TargetError) as failed:
        stack.run("start")
    assert stack.status() == "ROLLBACK_COMPLETE"
    assert "Topic (AWS::SNS::Topic): No capacity for topics." in failed.value.texts["en"]
    assert "No capacity for topics." in failed.value.texts["ko"]
    assert "demo / Topic" in failed.value.raw


def test_a_rolled_back_stack_is_deleted_first_and_then_created_anew(stack: Stack) -> None:
    stack.aws.fail_resource("Topic", reason="No capacity.")
    with pytest.raises(TargetError):
        stack.run("start")
    said = stack.run("start")
    assert said[1] == "The remains of an earlier try were deleted"
    assert stack.status() == "CREATE_COMPLETE"


def test_a_failure_inside_a_nested_stack_names_the_resource_in_it(aws: Any, stack: Stack) -> None:
    aws.seed_reference()
    aws.fail_resource("Redis", reason="No capacity for cache.t3.micro.", stack="ChatAppMasterStack")
    with pytest.raises(TargetError) as failed:
        Stack(aws, chat(aws)).run("start")
    assert "No capacity for cache.t3.micro." in failed.value.texts["en"]
    assert "Embedded stack" not in failed.value.texts["en"]


def test_the_progress_of_the_reference_case_is_counted_in_its_five_stacks(aws: Any, stack: Stack) -> None:
    aws.seed_reference()
    made = Stack(aws, chat(aws))
    for step in ("look", "clear", "resolve", "create"):
        made.perform("start", step)
    made.move(12)
    outcome = made.perform("start", "wait")
    assert isinstance(outcome, Wait)
    assert (outcome.progress["total"], outcome.progress["unit"]) == (5, "stacks")
    assert {line["stack"] for line in outcome.progress["lines"]} - {""}, "lines of nested stacks"


def test_a_delete_that_fails_names_what_holds_it(stack: Stack) -> None:
    stack.run("start")
    stack.aws.fail_resource("Topic", operation="delete", reason="It is in use by i-123.")
    with pytest.raises(TargetError) as failed:
        stack.run("stop")
    assert stack.status() == "DELETE_FAILED"
    assert "Topic (AWS::SNS::Topic): It is in use by i-123." in failed.value.texts["en"]
    assert stack.run("stop")[-1].startswith("demo is gone after")


def test_a_stack_whose_delete_failed_is_not_started_over_but_explained(stack: Stack) -> None:
    stack.run("start")
    stack.aws.fail_resource("Topic", operation="delete", reason="It is in use.")
    with pytest.raises(TargetError):
        stack.run("stop")
    with pytest.raises(TargetError, match="DELETE_FAILED, which AWS does not leave by itself"):
        stack.run("start")


def test_termination_protection_is_respected_with_what_to_do(aws: Any, stack: Stack) -> None:
    protected = Stack(aws, replace(REF, options=REF.options | {"termination_protection": True}))  # type: ignore[operator]
    protected.run("start")
    with pytest.raises(TargetError, match="Switch the protection off in AWS"):
        protected.run("stop")
    assert aws.requests(action="DeleteStack") == []


def test_a_template_that_does_not_validate_says_what_aws_says(aws: Any, stack: Stack) -> None:
    bad = Stack(
        aws, replace(REF, options={"template_body": "Resources: {A: {Type: 'AWS::SNS::Topic', DependsOn: Nobody}}"})
    )
    with pytest.raises(TargetError) as failed:
        bad.run("start")
    assert "AWS refused CreateStack" in failed.value.texts["en"]
    assert "Nobody" in failed.value.texts["en"]
    assert not failed.value.retryable


def test_a_stack_is_made_with_its_parameters_tags_capabilities_and_a_token(aws: Any, stack: Stack) -> None:
    options = {"template_body": TEMPLATE, "tags": {"team": "chat"}, "capabilities": ["CAPABILITY_IAM"]}
    ref = replace(REF, options=options, parameters=(ParameterRef("Name", "fixed", "two"),))
    Stack(aws, ref).run("start")
    made = aws.client("cloudformation").describe_stacks(StackName="demo")["Stacks"][0]
    assert made["Parameters"] == [{"ParameterKey": "Name", "ParameterValue": "two"}]
    assert made["Tags"] == [{"Key": "team", "Value": "chat"}]
    assert made["Capabilities"] == ["CAPABILITY_IAM"]
    assert aws.requests(action="CreateStack")[0]["parameters"]["ClientRequestToken"] == "token-1-start-create"


def test_the_reason_of_a_failure_is_found_however_late_another_worker_takes_over(aws: Any, stack: Stack) -> None:
    stack.aws.fail_resource("Topic", reason="No capacity for topics.")
    for step in ("look", "clear", "resolve", "create"):
        stack.perform("start", step)
    stack.move(1200)
    with pytest.raises(TargetError, match="No capacity for topics"):
        stack.perform("start", "wait")


def test_a_change_set_that_waits_for_approval_is_left_to_whoever_made_it() -> None:
    assert stack_status.look_at("REVIEW_IN_PROGRESS") is stack_status.Look.DRAFT


@pytest.mark.parametrize(("stacks", "calls"), [(5, 1), (250, 3)])
def test_a_scan_takes_one_call_a_page_and_never_one_a_stack(stack: Stack, stacks: int, calls: int) -> None:
    aws = stack.aws
    aws.set_seconds(0)
    for n in range(stacks):
        aws.client("cloudformation").create_stack(StackName=f"env-{n}", TemplateBody=TEMPLATE)
    refs = [replace(REF, identifier=f"env-{n}") for n in range(0, stacks, 2)]
    aws.forget_requests()
    seen = stack.driver.scan(REF.account, REF.region, [*refs, replace(REF, identifier="not-there")])
    assert seen == {ref.identifier: Seen.RUNNING for ref in refs}
    assert [request["action"] for request in aws.requests()] == ["DescribeStacks"] * calls


def test_a_scan_and_a_single_look_see_the_same_on_every_way(stack: Stack) -> None:
    def both() -> list[Seen]:
        found = stack.driver.scan(REF.account, REF.region, [REF])
        return [stack.driver.state(REF), found.get("demo", Seen.STOPPED)]

    cfn = stack.aws.client("cloudformation")
    assert both() == [Seen.STOPPED] * 2
    cfn.create_stack(StackName="demo", TemplateBody=TEMPLATE)
    assert both() == [Seen.PARTLY] * 2
    stack.move(30)
    assert both() == [Seen.RUNNING] * 2
    cfn.delete_stack(StackName="demo")
    assert both() == [Seen.PARTLY] * 2
    stack.move(30)
    assert both() == [Seen.STOPPED] * 2, "AWS does not list what is deleted"


def test_a_scan_of_an_account_that_denies_says_what_to_do(stack: Stack) -> None:
    account = replace(REF.account, role_arn="arn:aws:iam::123456789012:role/Nobody")
    with pytest.raises(TargetError, match=r"role/Nobody of account development .* cannot be assumed"):
        stack.driver.scan(account, REF.region, [REF])
