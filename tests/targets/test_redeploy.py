"""A running stack is brought to the newest image: only that changes, once, and what goes wrong is put back and said."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from environments.targets import registry
from environments.targets.base import AccountRef, Goal, ParameterRef, TargetError, TargetRef, Wait, chain

from .driving import REF, Stack

MEDIA = "application/vnd.docker.distribution.manifest.v2+json"
TEMPLATE = """
Parameters:
  Tag: {Type: String, Default: none}
  Size: {Type: String, Default: small}
  Password: {Type: String, NoEcho: true, Default: first}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub "app-${Tag}"}}
  Queue: {Type: AWS::SQS::Queue}
"""
TAG = ParameterRef("Tag", "ecr", "app")


def push(aws: Any, tag: str, repository: str = "app") -> None:
    """Push an image; each lies a minute after the one before."""
    ecr = aws.client("ecr")
    if repository not in [one["repositoryName"] for one in ecr.describe_repositories()["repositories"]]:
        ecr.create_repository(repositoryName=repository)
    aws.advance(60)
    manifest = {"schemaVersion": 2, "mediaType": MEDIA, "config": {"digest": tag}, "layers": []}
    ecr.put_image(repositoryName=repository, imageManifest=json.dumps(manifest), imageTag=tag)


def running(stack: Stack, template: str = TEMPLATE, *parameters: ParameterRef) -> Stack:
    """The stack "demo", started with image 1.0.0."""
    push(stack.aws, "1.0.0")
    ref = replace(REF, options={"template_body": template}, parameters=parameters or (TAG,))
    made = Stack(stack.aws, ref)
    made.run("start")
    return made


def parameters_of(aws: Any, name: str = "demo") -> dict[str, str]:
    stack = aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}


def updates(aws: Any) -> int:
    """How many updates AWS carried out."""
    return sum(one["done"] and one["status"] in {0, 200} for one in aws.requests(action="UpdateStack"))


def test_a_kind_without_images_has_no_steps_to_redeploy() -> None:
    assert chain(registry.driver("cloudformation"), Goal.REDEPLOY)
    assert chain(registry.driver("ec2"), Goal.REDEPLOY) == ()


def test_a_newer_image_reaches_the_running_stack_and_nothing_else_changes(stack: Stack) -> None:
    made = running(stack)
    push(made.aws, "1.1.0")
    said = made.run("redeploy")
    assert said[0] == "demo is there (CREATE_COMPLETE)"
    assert said[1] == "app 1.0.0 → 1.1.0"
    assert said[-1].startswith("demo is updated after")
    assert said[-1].endswith(": app 1.0.0 → 1.1.0")
    assert made.status() == "UPDATE_COMPLETE"
    assert parameters_of(made.aws)["Tag"] == "1.1.0"
    sent = made.aws.requests(action="UpdateStack")[0]["parameters"]
    assert sent["UsePreviousTemplate"] is True
    kept = {p["ParameterKey"] for p in sent["Parameters"] if p.get("UsePreviousValue")}
    assert kept == {"Size", "Password"}


def test_the_newest_already_is_said_and_nothing_is_asked_of_aws(stack: Stack) -> None:
    made = running(stack)
    assert made.run("redeploy") == ["demo is there (CREATE_COMPLETE)", "demo runs the newest already: app 1.0.0"]
    assert updates(made.aws) == 0


def test_no_updates_are_to_be_performed_is_success(stack: Stack) -> None:
    made = running(stack)
    push(made.aws, "1.1.0")
    for step in ("look", "resolve"):
        made.perform("redeploy", step)
    # Somebody else brings it there in the meantime.
    other = Stack(made.aws, made.ref)
    other.runs = 7
    other.run("redeploy")
    outcome = made.perform("redeploy", "update")
    assert outcome.detail["en"] == "demo runs the newest already: app 1.1.0"
    assert outcome.finished  # type: ignore[union-attr]


def test_an_update_whose_answer_was_lost_is_not_sent_again(stack: Stack) -> None:
    made = running(stack)
    push(made.aws, "1.1.0")
    for step in ("look", "resolve", "update"):
        made.perform("redeploy", step)
    before = len(made.aws.requests(action="UpdateStack"))
    again = made.perform("redeploy", "update", retried=True)
    assert again.detail["en"] == "AWS is updating demo"
    made.move(60)
    assert made.perform("redeploy", "update", retried=True).detail["en"] == "AWS is updating demo"
    assert made.perform("redeploy", "wait").detail["en"].startswith("demo is updated")
    assert len(made.aws.requests(action="UpdateStack")) == before


def test_a_lost_answer_to_botos_own_second_try_is_no_failure(stack: Stack) -> None:
    made = running(stack)
    push(made.aws, "1.1.0")
    made.aws.fault("lost", action="UpdateStack")
    assert made.run("redeploy")[-1].startswith("demo is updated")
    events = made.aws.client("cloudformation").describe_stack_events(StackName="demo")["StackEvents"]
    begun = [e for e in events if e["LogicalResourceId"] == "demo" and e["ResourceStatus"] == "UPDATE_IN_PROGRESS"]
    assert len(begun) == 1


def test_a_failing_update_is_put_back_by_aws_and_said_with_its_reason(stack: Stack) -> None:
    made = running(stack)
    push(made.aws, "1.1.0")
    made.aws.fail_resource("Topic", operation="update", reason="The image does not start.")
    with pytest.raises(TargetError) as failed:
        made.run("redeploy")
    assert made.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert parameters_of(made.aws)["Tag"] == "1.0.0"
    assert "Topic (AWS::SNS::Topic): The image does not start." in failed.value.texts["en"]
    assert "runs on as before" in failed.value.texts["en"]
    assert "이전 버전으로 계속 실행 중" in failed.value.texts["ko"]


def test_after_a_failure_it_can_be_redeployed_again(stack: Stack) -> None:
    made = running(stack)
    push(made.aws, "1.1.0")
    made.aws.fail_resource("Topic", operation="update")
    with pytest.raises(TargetError):
        made.run("redeploy")
    assert made.run("redeploy")[-1].endswith("app 1.0.0 → 1.1.0")


def test_what_aws_could_not_put_back_is_left_to_a_person_in_words(stack: Stack) -> None:
    made = running(stack)
    push(made.aws, "1.1.0")
    made.aws.fail_resource("Topic", operation="update", reason="Broken for good.", times=None)
    with pytest.raises(TargetError, match="A person must look") as failed:
        made.run("redeploy")
    assert made.status() == "UPDATE_ROLLBACK_FAILED"
    assert "Broken for good." in failed.value.texts["en"]
    with pytest.raises(TargetError, match="A person must look"):
        made.run("redeploy")


def test_one_that_is_not_there_takes_the_newest_image_at_its_next_start(stack: Stack) -> None:
    ref = replace(REF, parameters=(TAG,))
    with pytest.raises(TargetError, match="at its next start") as refused:
        Stack(stack.aws, ref).run("redeploy")
    assert not refused.value.retryable


def test_one_that_somebody_changes_is_waited_for(stack: Stack) -> None:
    made = running(stack)
    push(made.aws, "1.1.0")
    made.aws.client("cloudformation").update_stack(
        StackName="demo", UsePreviousTemplate=True, Parameters=[{"ParameterKey": "Size", "ParameterValue": "large"}]
    )
    assert isinstance(made.perform("redeploy", "look"), Wait)
    assert made.run("redeploy")[-1].startswith("demo is updated")
    assert parameters_of(made.aws)["Size"] == "large"


def test_progress_is_reported_while_it_is_under_way(stack: Stack) -> None:
    made = running(stack)
    push(made.aws, "1.1.0")
    made.now = made.aws.now()
    for step in ("look", "resolve", "update"):
        made.perform("redeploy", step)
    made.move(2)
    outcome = made.perform("redeploy", "wait")
    assert isinstance(outcome, Wait)
    assert outcome.progress["total"] == 1
    assert "UPDATE_IN_PROGRESS" in {line["status"] for line in outcome.progress["lines"]}


def test_a_value_that_something_with_data_is_made_of_is_refused(stack: Stack) -> None:
    template = TEMPLATE + '  Table: {Type: "AWS::DynamoDB::Table", Properties: {TableName: !Sub "t-${Size}"}}\n'
    sizes = ParameterRef("Size", "fixed", "small")
    made = running(stack, template, TAG, sizes)
    push(made.aws, "1.1.0")
    assert made.run("redeploy")[1] == "app 1.0.0 → 1.1.0"
    made.ref = replace(made.ref, parameters=(TAG, ParameterRef("Size", "fixed", "large")))
    with pytest.raises(TargetError) as refused:
        made.run("redeploy")
    assert "Size would change" in refused.value.texts["en"]
    assert "Table (AWS::DynamoDB::Table)" in refused.value.texts["en"]
    assert parameters_of(made.aws)["Size"] == "small"


def test_a_condition_made_of_the_value_counts_too(stack: Stack) -> None:
    template = TEMPLATE.replace(
        "Resources:", "Conditions: {Big: !Equals [!Ref Size, large], Kept: !Condition Big}\nResources:"
    )
    template += '  Table: {Type: "AWS::DynamoDB::Table", Condition: Kept, Properties: {TableName: t}}\n'
    made = running(stack, template, ParameterRef("Size", "fixed", "small"))
    made.ref = replace(made.ref, parameters=(ParameterRef("Size", "fixed", "large"),))
    with pytest.raises(TargetError, match="keeps data"):
        made.run("redeploy")


def test_a_parameter_that_the_running_template_lacks_is_named(stack: Stack) -> None:
    made = running(stack)
    made.ref = replace(made.ref, parameters=(TAG, ParameterRef("Colour", "fixed", "blue")))
    with pytest.raises(TargetError, match="has no parameter Colour"):
        made.run("redeploy")


def test_a_hidden_parameter_keeps_its_value_until_the_next_start(stack: Stack) -> None:
    made = running(stack, TEMPLATE, TAG, ParameterRef("Password", "fixed", "second"))
    made.ref = replace(made.ref, parameters=(TAG, ParameterRef("Password", "fixed", "third")))
    assert made.run("redeploy")[-1] == "demo runs the newest already: app 1.0.0"


def test_the_reference_case_goes_from_tag_to_tag_with_one_look_at_its_repository(aws: Any, stack: Stack) -> None:
    aws.seed_reference()
    url = "https://chat-app-templates.s3.ap-northeast-2.amazonaws.com/chat-app/master.yaml"
    tags = ("APIServerImageTag", "ChatServerImageTag", "NotificationServerImageTag")
    ref = TargetRef(
        "cloudformation",
        "ChatAppMasterStack",
        AccountRef("123456789012", "development", "arn:aws:iam::123456789012:role/DaybreakPortal", "daybreak-demo"),
        "ap-northeast-2",
        {"template_url": url, "capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]},
        tuple(ParameterRef(tag, "ecr", "chat-chat-http") for tag in tags),
    )
    made = Stack(aws, ref)
    made.run("start")
    push(aws, "2.14.4", "chat-chat-http")
    aws.forget_requests()
    said = made.run("redeploy")
    assert said[1] == "chat-chat-http 2.14.3 → 2.14.4"
    assert len(aws.requests(action="DescribeImages")) == 2, "one page after the other, once"
    assert parameters_of(aws, "ChatAppMasterStack").items() >= dict.fromkeys(tags, "2.14.4").items()
